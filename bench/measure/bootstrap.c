/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootstrap.c - draws samples anew, level by level (bootstrap.h). */
#include "measure/bootstrap.h"

#include "measure/random.h"
#include "measure/statistics.h"

#include <math.h>
#include <stdlib.h>

#define DRAWS 1000
#define OUTSIDE 0.025 /* of the draws, on each side of the interval */
#define SEED 20130620

enum { OF, OF_HARNESS, REFERENCE, REFERENCE_HARNESS, SERIES };

/* What one process measured. */
struct unit {
	unsigned build, process;
	const struct bench_sample *samples[SERIES];
	unsigned count[SERIES];
};

struct problem {
	struct unit *units; /* those of one build next to each other */
	unsigned count, *build_first, builds;
	bool ratio;
	double *repetitions, *processes, *medians; /* room for draws */
	uint64_t random;
};

/* ---- units ------------------------------------------------------------------------------------- */

static void find_samples(struct unit *unit, unsigned which, struct bench_series series)
{
	for (unsigned i = 0; i < series.count; i++) {
		if (series.samples[i].build != unit->build ||
		    series.samples[i].process != unit->process)
			continue;
		if (!unit->count[which]++)
			unit->samples[which] = &series.samples[i];
	}
}

static int compare_units(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	if (x->build != y->build)
		return x->build < y->build ? -1 : 1;
	return (x->process > y->process) - (x->process < y->process);
}

/* The processes that measured everything that there is. */
static bool find_units(struct problem *p, const struct bench_series series[SERIES])
{
	const struct bench_series *of = &series[OF];
	unsigned longest = 1;

	p->units = calloc(of->count + 1, sizeof(*p->units));
	p->build_first = calloc(of->count + 2, sizeof(*p->build_first));
	if (!p->units || !p->build_first)
		return false;
	for (unsigned i = 0; i < of->count; i++) {
		const struct bench_sample *sample = &of->samples[i];
		struct unit *unit = &p->units[p->count];
		bool whole = true;

		if (i && sample[-1].build == sample->build && sample[-1].process == sample->process)
			continue;
		*unit = (struct unit){ .build = sample->build, .process = sample->process };
		for (unsigned s = 0; s < SERIES; s++) {
			find_samples(unit, s, series[s]);
			whole &= unit->count[s] || !series[s].count;
			longest = unit->count[s] > longest ? unit->count[s] : longest;
		}
		p->count += whole;
	}
	qsort(p->units, p->count, sizeof(*p->units), compare_units);
	for (unsigned i = 0; i < p->count; i++)
		if (!i || p->units[i].build != p->units[i - 1].build)
			p->build_first[p->builds++] = i;
	p->build_first[p->builds] = p->count;
	p->repetitions = malloc(longest * sizeof(double));
	p->processes = malloc((p->count + 1) * sizeof(double));
	p->medians = malloc((p->builds + 1) * sizeof(double));
	return p->count && p->repetitions && p->processes && p->medians;
}

static void release(struct problem *p)
{
	free(p->units);
	free(p->build_first);
	free(p->repetitions);
	free(p->processes);
	free(p->medians);
}

/* ---- one estimate ------------------------------------------------------------------------------ */

/* The number of one of @n things, drawn, or the next in order. */
static unsigned draw(struct problem *p, bool anew, unsigned i, unsigned n)
{
	return anew ? (unsigned)bench_random_below(&p->random, n) : i;
}

static double median_of(struct problem *p, const struct unit *unit, unsigned which, bool anew)
{
	unsigned n = unit->count[which];

	for (unsigned i = 0; i < n; i++)
		p->repetitions[i] = unit->samples[which][draw(p, anew, i, n)].ns;
	return bench_median(p->repetitions, n);
}

static double estimate_process(struct problem *p, const struct unit *unit, bool anew)
{
	double net = median_of(p, unit, OF, anew) - median_of(p, unit, OF_HARNESS, anew);
	double reference;

	net = net > 0 ? net : 0;
	if (!p->ratio)
		return net;
	reference =
		median_of(p, unit, REFERENCE, anew) - median_of(p, unit, REFERENCE_HARNESS, anew);
	return reference > 0 ? net / reference : INFINITY;
}

static double estimate(struct problem *p, bool anew)
{
	for (unsigned b = 0; b < p->builds; b++) {
		unsigned build = draw(p, anew, b, p->builds);
		unsigned first = p->build_first[build], n = p->build_first[build + 1] - first;

		for (unsigned i = 0; i < n; i++)
			p->processes[i] =
				estimate_process(p, &p->units[first + draw(p, anew, i, n)], anew);
		p->medians[b] = bench_median(p->processes, n);
	}
	return bench_median(p->medians, p->builds);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool solve(const struct bench_series series[SERIES], bool ratio,
		  struct bench_interval *interval)
{
	struct problem p = { .ratio = ratio, .random = SEED };
	double *draws = malloc(DRAWS * sizeof(*draws));
	bool found = draws && find_units(&p, series);

	if (found) {
		interval->builds = p.builds;
		interval->processes = p.count;
		interval->value = estimate(&p, false);
		for (unsigned i = 0; i < DRAWS; i++)
			draws[i] = estimate(&p, true);
		qsort(draws, DRAWS, sizeof(*draws), compare_doubles);
		interval->low = draws[(unsigned)(DRAWS * OUTSIDE)];
		interval->high = draws[DRAWS - 1 - (unsigned)(DRAWS * OUTSIDE)];
		found = isfinite(interval->value);
	}
	release(&p);
	free(draws);
	return found;
}

bool bench_time_interval(struct bench_series of, struct bench_series harness,
			 struct bench_interval *interval)
{
	const struct bench_series series[SERIES] = { [OF] = of, [OF_HARNESS] = harness };

	return solve(series, false, interval);
}

bool bench_ratio_interval(struct bench_series of, struct bench_series of_harness,
			  struct bench_series reference, struct bench_series reference_harness,
			  struct bench_interval *interval)
{
	const struct bench_series series[SERIES] = { of, of_harness, reference, reference_harness };

	return reference.count && solve(series, true, interval);
}
