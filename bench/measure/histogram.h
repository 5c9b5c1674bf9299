/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * histogram.h - many times, kept in buckets of bounded relative width, and their percentiles.
 *
 *     ns    0 . . . . . . . 8 . . . . . . 16 . . . . . . 32 . . .      . 2^40
 *           128 buckets of   64 buckets   64 buckets    64 ...          and what is above
 *           1/16 ns each     of 1/8 ns    of 1/4 ns
 *
 * Linear up to 8 ns, then 64 buckets to each power of two, so a bucket from 8 ns on is at most 1/64 of its
 * value wide. A value that is read back is the middle of its bucket: at most 1/128 (0.8 %) away from
 * what was put in, or 1/32 ns below 8 ns. The idea of such buckets is that of HdrHistogram (Gil Tene);
 * the code is ours, as Debian packages none for C.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_HISTOGRAM_ERROR (1.0 / 128) /* relative, from 8 ns on */
#define BENCH_HISTOGRAM_BUCKETS (128 + 37 * 64)

struct bench_histogram {
	uint64_t count; /* values in all buckets */
	uint64_t buckets[BENCH_HISTOGRAM_BUCKETS];
};

/* @ns: negative ones count as 0, those above 2^40 (18 minutes) as that. */
void bench_histogram_add(struct bench_histogram *h, double ns);

/* The smallest value that is not below @percent of all (nearest rank; 0 < @percent <= 100); 0 if empty. */
double bench_histogram_percentile(const struct bench_histogram *h, double percent);

/* The percentiles that are told: p50, p90, p99, p99.9. */
#define BENCH_PERCENTILES 4
struct bench_percentile {
	const char *name, *counter; /* "p99.9" in tables, "ns_p999" in results */
	double percent;
};
extern const struct bench_percentile bench_percentiles[BENCH_PERCENTILES];

/* The middle of a bucket, ns. */
double bench_histogram_value(size_t bucket);

#ifdef __cplusplus
}
#endif
#endif
