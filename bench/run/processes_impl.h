/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * processes_impl.h - the same run in further processes, each with another layout of memory.
 *
 *     process 1 (this one)    prepare, measure ---------------+--> table, results
 *     process 2                    prepare, measure --> rows -+
 *     process 3                         prepare, measure --> rows
 *
 * A process is one draw of where code, stack, heap and metadata lie, and no number of repetitions in it says
 * what another draw gives. So a further process starts this program (or another link of it) with the same
 * options, an environment of random size, a heap that begins at a random place, and address
 * randomisation left on; its rows are added to the results with its number. They run one after the other.
 */
#ifndef BENCH_PROCESSES_H
#define BENCH_PROCESSES_H

#include "run/plan_impl.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * bench_processes_run() - run the further processes of a plan that this process has measured.
 * @plan:     its cells get the samples; a process that answers otherwise is an error of the cell.
 * @argv:     of `run`, from its name on, @argc of them.
 * @start_ns: of the run, by the monotonic clock.
 * @json:     the result of this process; becomes that of all. Released and allocated anew.
 *
 * As many as the options say; with a precision, until every ratio is known that well or the time is over.
 * Should this process end, so does the one that is running.
 *
 * Return: 0, or the exit status to end with, with a message printed.
 */
int bench_processes_run(struct bench_plan *plan, char **argv, int argc, uint64_t start_ns,
			char **json);

/**
 * bench_displace_heap() - let what is allocated from now on begin at a random place.
 * @random: a number drawn for this process.
 *
 * Large blocks come from the same heap, so that they do not all begin at a page. Return: bytes.
 */
size_t bench_displace_heap(uint64_t random);

/* The opposite, for counts: blocks of a page and more begin at a page, whatever was allocated before them, so
 * that the sets of a cache that they share are always the same. */
void bench_align_heap(void);

#ifdef __cplusplus
}
#endif
#endif
