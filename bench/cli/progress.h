/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - one line on stderr, redrawn, while a run lasts; nothing unless that is a terminal.
 *
 *      43%  1m12s left  reserve/random/list/regions:8192
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_progress {
	bool terminal;
	double total, done; /* estimated cost, in any unit */
	uint64_t start_ns, shown_ns;
	const char *phase; /* shown instead of the time left while that is unknown */
};

/* Begin a phase of @total cost. @phase: NULL if costs are times, so that the rest can be told. */
void bench_progress_start(struct bench_progress *progress, const char *phase, double total);
/* What was begun is the part from @from to @to of something that began at @start_ns; before anything is done. */
void bench_progress_within(struct bench_progress *progress, double from, double to,
			   uint64_t start_ns);
void bench_progress_show(struct bench_progress *progress, const char *what);
void bench_progress_done(struct bench_progress *progress, double cost);
/* Wipe the line. */
void bench_progress_end(struct bench_progress *progress);

#endif
