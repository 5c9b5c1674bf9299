/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * simulate.h - `run --counters=callgrind`: the counts of a simulated processor for each benchmark.
 *
 *     a block of a run            prepare, simulate ----------> time, results
 *        `- the same under valgrind  prepare, count -> parts -^
 *
 * The program starts itself under Valgrind with the same block (run/block.h), so that the same benchmarks are made there
 * from the same seed; nothing is timed there. What is counted of each:
 *
 *     warm      batches or replays, after one that warms up; restoring states is not collected, and what
 *               switching collection on and off counts is known from empty parts, and subtracted
 *     cold      single operations on empty caches: the lines of code and of data that one touches
 *     a replay  also by its phases, operation by operation
 *
 * For the counts alone the environment is fixed, address randomisation is off, and the C library's choice of
 * memory functions is pinned: they are the same run after run and, but for the last cache, machine after
 * machine.
 */
#ifndef BENCH_SIMULATE_H
#define BENCH_SIMULATE_H

#include "measure/gbench.h"
#include "timed/subject.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bench_simulated; /* what was counted of a subject */

/**
 * bench_simulate() - count all subjects of a run, which are prepared.
 * @block:     the file of the block that they are, which says that they are to be counted.
 * @out:       a name that files of Valgrind's begin with; they are gone afterwards.
 * @simulated: gets @count of what was counted, each released with bench_simulated_free(); one without counts
 *             stays NULL and says why in the result.
 *
 * Return: MB_EXIT_OK, or the exit status with a message printed: MB_EXIT_ENVIRONMENT where there is no
 * Valgrind.
 */
int bench_simulate(struct bench_subject *const *subjects, size_t count, const char *block,
		   const char *out, struct bench_simulated **simulated);

/* Is there a Valgrind? NULL, or what is missing and the remedy. To be asked before anything else is done. */
const char *bench_simulate_lacks(void);

/* The other side: count the same subjects, under callgrind. Return: an exit status. */
int bench_simulate_inside(struct bench_subject *const *subjects, size_t count);

void bench_simulated_free(struct bench_simulated *simulated);
/* The user counters of a repetition. @simulated may be NULL. */
void bench_simulated_emit(const struct bench_simulated *simulated, struct gb_state *s);
/* "counter:NAME" of each in the context of the result. */
void bench_simulate_context(void);

#ifdef __cplusplus
}
#endif
#endif
