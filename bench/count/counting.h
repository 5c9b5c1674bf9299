/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counting.h - counters in a run: what is counted of a benchmark, and of a replay by its phases.
 *
 * Counts are taken once per benchmark, in passes of their own that nothing times, and go out with each of
 * its repetitions. Per operation: n and 2n copies, subtracted, so that calls, readings and restored
 * states cancel. A copy is a batch, each on a state of its own where it changes the state, or a whole
 * replay; what is told is the median of rounds, and of the first two batches the mean, as the structural
 * counts are. Only counters that are believed (counters/counters.h) go out.
 */
#ifndef BENCH_COUNTING_H
#define BENCH_COUNTING_H

#include <jansson.h>
#include <stdio.h>

#include "measure/gbench.h"
#include "timed/subject.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bench_counting; /* the open counters of a run */
struct bench_counts;   /* what was counted of a subject */

/**
 * bench_counting_start() - open what --counters= asks for.
 * @request: auto, none, perf or perf:NAME+NAME.
 * @out:     released with bench_counting_end(), which takes NULL, too.
 *
 * Return: MB_EXIT_OK, or the exit status with a message printed.
 */
int bench_counting_start(const char *request, struct bench_counting **out);
void bench_counting_end(struct bench_counting *counting);

/**
 * bench_count_subject() - count one that is ready to be timed.
 * @spec, @metadata: what it was made with.
 * @out:             released with bench_counts_free(). NULL: nothing was counted, because nothing was asked
 *                   for or @subject has an error.
 *
 * Restores its states. Wrong answers become the subject's error. Return: 0 or -ENOMEM.
 */
int bench_count_subject(struct bench_counting *counting, struct bench_subject *subject,
			const struct mb_variant_spec *spec, enum mb_metadata metadata,
			struct bench_counts **out);
void bench_counts_free(struct bench_counts *counts);

/* The user counters of a repetition. @counts may be NULL. */
void bench_counting_emit(const struct bench_counts *counts, struct gb_state *s);

/* The context of the result: "counter:NAME" of everything that was asked for, with its source or why
 * it is absent, the cost of a reading, and the fraction of the time that was seen. After the subjects. */
void bench_counting_context(const struct bench_counting *counting);
/* The same of the structural counters, which are always there. */
void bench_counting_structural_context(void);

/* For the head of the table: why there are no hardware counters, or which. */
void bench_counting_print(FILE *out, const struct bench_counting *counting);

/* `list counters`: all that have a name, their state here, and presets; appended to @list, or printed where
 * that is NULL. False: out of memory. */
bool bench_counting_list(json_t *list);

#ifdef __cplusplus
}
#endif
#endif
