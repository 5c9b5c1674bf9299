/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * statistics.h - the few numbers that stand for many.
 *
 * The first two sort the values that they are given, in place. Without values the result is 0.
 */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

double bench_median(double *values, size_t n);

/*
 * Mean without the lowest and the highest tenth. The counters of some machines step by 10 ns, so that the
 * median of short times is one step or the next; their mean is not quantised, and without the highest
 * tenth it does not see interruptions.
 */
double bench_trimmed_mean(double *values, size_t n);

/* Median absolute deviation of @values, which stay as they are, from their @median. */
double bench_deviation(const double *values, size_t n, double median);

#ifdef __cplusplus
}
#endif
#endif
