/* SPDX-License-Identifier: GPL-2.0-or-later */
/* histogram.c - buckets of times, and the percentile of them (histogram.h). */
#include "measure/histogram.h"

#include <math.h>

#define UNITS_PER_NS 16.0
#define LINEAR 128u /* buckets of one unit each, 2^7 */
#define LINEAR_BITS 7u
#define STEPS 64u /* buckets to a power of two, 2^6 */

const struct bench_percentile bench_percentiles[BENCH_PERCENTILES] = {
	{ "p50", "ns_p50", 50 },
	{ "p90", "ns_p90", 90 },
	{ "p99", "ns_p99", 99 },
	{ "p99.9", "ns_p999", 99.9 },
};

static size_t bucket_of(uint64_t units)
{
	unsigned octave;

	if (units < LINEAR)
		return units;
	/* 2^(7 + octave) <= units: the six bits below the leading one choose the bucket. */
	octave = 63 - (unsigned)__builtin_clzll(units) - LINEAR_BITS;
	return LINEAR + octave * STEPS + ((units >> (octave + 1)) - STEPS);
}

void bench_histogram_add(struct bench_histogram *h, double ns)
{
	uint64_t units = ns > 0 ? (uint64_t)fmin(ns * UNITS_PER_NS, 0x1p44 - 1) : 0;

	h->buckets[bucket_of(units)]++;
	h->count++;
}

double bench_histogram_value(size_t bucket)
{
	size_t octave, step;

	if (bucket < LINEAR)
		return ((double)bucket + 0.5) / UNITS_PER_NS;
	octave = (bucket - LINEAR) / STEPS;
	step = STEPS + (bucket - LINEAR) % STEPS;
	return ldexp((double)step + 0.5, (int)octave + 1) / UNITS_PER_NS;
}

double bench_histogram_percentile(const struct bench_histogram *h, double percent)
{
	double rank = ceil(percent / 100 * (double)h->count - 1e-9);
	uint64_t seen = 0;

	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen && (double)seen >= rank)
			return bench_histogram_value(i);
	}
	return 0;
}
