/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootstrap.h - how sure a time or a ratio is: a hierarchical bootstrap over builds, processes and
 * repetitions.
 *
 * Repetitions of one process share its layout of memory, and processes of one build share the places that
 * the linker gave; so repetitions alone say nothing of another layout, however many there are. An interval
 * is found by drawing anew, with replacement, at each level: builds, then processes of each build drawn,
 * then repetitions of each process drawn (the three levels of Kalibera and Jones, "Rigorous benchmarking in
 * reasonable time", 2013).
 *
 *     a process     median of its repetitions, less that of the harness (null) in the same process;
 *                   for a ratio divided by the same of the reference in the same process, so that
 *                   what slowed both down cancels out
 *     a build       median over its processes
 *     the value     median over builds
 *
 * Draws come from a fixed seed: the same samples give the same interval.
 */
#ifndef BENCH_BOOTSTRAP_H
#define BENCH_BOOTSTRAP_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A repetition. */
struct bench_sample {
	double ns; /* per operation */
	unsigned build, process;
};

/* Those of one benchmark, with those of one process next to each other. */
struct bench_series {
	const struct bench_sample *samples; /* NULL: there is none, and it counts as 0 */
	unsigned count;
};

/* value and its interval of 95 %; with one sample low and high are the value. */
struct bench_interval {
	double low, value, high;
	unsigned builds, processes; /* that it comes from */
};

/**
 * bench_time_interval() - of a time net of the harness, ns per operation, not below 0.
 * Return: false if there is no sample, or no memory.
 */
bool bench_time_interval(struct bench_series of, struct bench_series harness,
			 struct bench_interval *interval);

/**
 * bench_ratio_interval() - of the ratio of two net times.
 *
 * Return: false if no process has both, the reference takes no more than the harness, or there is no
 * memory.
 */
bool bench_ratio_interval(struct bench_series of, struct bench_series of_harness,
			  struct bench_series reference, struct bench_series reference_harness,
			  struct bench_interval *interval);

#ifdef __cplusplus
}
#endif
#endif
