/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * per_copy.c - what an empty pair of readings itself counts, and what one copy of some work does.
 */
#include "counters/perf_impl.h"

#include "measure/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS 101 /* that the cost of one is the median of */

void counters_measure_pairs(struct counter_set *set)
{
	static double samples[COUNTERS_MAX][PAIRS];

	for (unsigned g = 0; g < set->group_count; g++) {
		unsigned taken[COUNTERS_MAX] = { 0 };

		counters_select(set, g);
		for (unsigned pair = 0; pair < PAIRS; pair++) {
			struct counter_reading before, after;
			double value, fraction;

			counters_read(set, &before);
			counters_read(set, &after);
			for (unsigned i = 0; i < set->count; i++)
				if (set->counters[i].group == g &&
				    counters_delta(set, &before, &after, i, &value, &fraction) !=
					    COUNTER_NOT_COUNTED)
					samples[i][taken[i]++] = value;
		}
		for (unsigned i = 0; i < set->count; i++)
			if (taken[i])
				set->pair_cost[i] = bench_median(samples[i], taken[i]);
	}
	counters_select(set, COUNTERS_EVERY_GROUP);
}

/* ---- n and 2n copies --------------------------------------------------------------------------- */

struct copies {
	struct counter_set *set;
	void (*prepare)(void *ctx, unsigned n);
	void (*body)(void *ctx, unsigned n);
	void *ctx;
	double values[COUNTERS_MAX], fractions[COUNTERS_MAX]; /* of the last run */
};

/* Values are NaN where nothing was counted. */
static void run_copies(struct copies *copies, unsigned n)
{
	struct counter_reading before, after;

	if (copies->prepare)
		copies->prepare(copies->ctx, n);
	counters_read(copies->set, &before);
	copies->body(copies->ctx, n);
	counters_read(copies->set, &after);
	for (unsigned i = 0; i < copies->set->count; i++)
		if (counters_delta(copies->set, &before, &after, i, &copies->values[i],
				   &copies->fractions[i]) == COUNTER_NOT_COUNTED)
			copies->values[i] = NAN;
}

void counters_per_copy_prepared(struct counter_set *set, void (*prepare)(void *ctx, unsigned n),
				void (*body)(void *ctx, unsigned n), void *ctx, unsigned n,
				unsigned rounds, double *values, double *fractions)
{
	struct copies copies = { .set = set, .prepare = prepare, .body = body, .ctx = ctx };
	double *samples = calloc((size_t)rounds * COUNTERS_MAX, sizeof(*samples));
	unsigned taken[COUNTERS_MAX] = { 0 };

	for (unsigned i = 0; i < set->count; i++) {
		values[i] = NAN;
		if (fractions)
			fractions[i] = 1;
	}
	for (unsigned g = 0; g < set->group_count && samples; g++) {
		counters_select(set, g);
		for (unsigned round = 0; round < rounds; round++) {
			double once[COUNTERS_MAX];

			run_copies(&copies, n);
			memcpy(once, copies.values, sizeof(once));
			run_copies(&copies, 2 * n);
			for (unsigned i = 0; i < set->count; i++) {
				double more = copies.values[i] - once[i];

				if (set->counters[i].group != g || isnan(more))
					continue;
				samples[(size_t)i * rounds + taken[i]++] = more / n;
				if (fractions && copies.fractions[i] < fractions[i])
					fractions[i] = copies.fractions[i];
			}
		}
	}
	for (unsigned i = 0; i < set->count && samples; i++)
		if (taken[i])
			values[i] = bench_median(&samples[(size_t)i * rounds], taken[i]);
	counters_select(set, COUNTERS_EVERY_GROUP);
	free(samples);
}

void counters_per_copy(struct counter_set *set, void (*body)(void *ctx, unsigned n), void *ctx,
		       unsigned n, unsigned rounds, double *values, double *fractions)
{
	counters_per_copy_prepared(set, NULL, body, ctx, n, rounds, values, fractions);
}
