/* SPDX-License-Identifier: GPL-2.0-or-later */
/* latency.c - single operations of a replay, timed; latency.h has the method. */
#include "timed/latency.h"

#include "measure/random.h"
#include "timed/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than this above the median no clock that steps makes a reading. */
#define STEPS_ABOVE 2.0
#define SHARE_ABOVE 0.5

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

double bench_latency_typical(float *ns, unsigned n, double step)
{
	double median, sum = 0;
	unsigned used = 0;

	if (!n)
		return 0;
	qsort(ns, n, sizeof(*ns), compare_floats);
	median = ns[n / 2];
	while (used < n &&
	       ns[used] <= median + STEPS_ABOVE * step + SHARE_ABOVE * (median > 0 ? median : 0))
		sum += ns[used++];
	return sum > 0 ? sum / used : 0;
}

/* ---- readings ---------------------------------------------------------------------------------- */

/* The replays of one variant. */
struct readings {
	struct mb_replayer *replayer;
	float *ns; /* [operation * replays + replay] */
};

static int make_room(struct readings *r, unsigned replays)
{
	r->ns = malloc((r->replayer->count * replays + 1) * sizeof(float));
	if (!r->ns)
		return -ENOMEM;
	mb_replayer_restore(r->replayer);
	mb_replayer_run_untimed(r->replayer); /* warm up, and map what growth touches */
	return 0;
}

/* Begin the next operation anywhere between two steps of the clock, up to some 30 ns away. */
static void wait_a_little(uint64_t *random)
{
	for (unsigned n = (unsigned)(bench_random(random) & 31); n; n--)
		__asm__ volatile("");
}

static void replay_once(struct readings *r, unsigned replay, unsigned replays, uint64_t *random)
{
	const struct mb_replayer *replayer = r->replayer;

	mb_replayer_restore(r->replayer);
	for (size_t i = 0; i < replayer->count; i++) {
		struct bench_reading reading = bench_reading_of_time();

		wait_a_little(random);
		replayer->loops->one(replayer->mb, &replayer->ops[i], &reading);
		r->ns[i * replays + replay] =
			(float)((double)reading.ticks * bench_clock.ns_per_tick -
				bench_clock.empty_ns);
	}
}

/* The smallest difference between two readings of neighbouring replays that is not one of rounding. */
static double find_step(const struct readings *r, unsigned replays)
{
	double step = 0;

	for (size_t i = 1; i < r->replayer->count * replays; i++) {
		double away = (double)r->ns[i] - (double)r->ns[i - 1];

		if (away < 0)
			away = -away;
		if (away > 0.2 && (!step || away < step))
			step = away;
	}
	return step;
}

/* ---- what grew --------------------------------------------------------------------------------- */

struct growths {
	struct bench_growth *list;
	size_t count, room, operation;
	bool lost; /* there was no memory to note one */
};

static void note_growth(void *ctx, const struct mb_growth *growth)
{
	struct growths *g = ctx;

	if (g->count == g->room) {
		size_t room = g->room ? g->room * 2 : 16;
		void *list = realloc(g->list, room * sizeof(*g->list));

		if (!list) {
			g->lost = true;
			return;
		}
		g->list = list;
		g->room = room;
	}
	g->list[g->count++] = (struct bench_growth){ g->operation, growth->which, growth->entries };
}

/* Replay once more, untimed, on an instance that tells of its growths. */
static int find_growths(const struct mb_trace *trace, const struct mb_variant_spec *spec,
			enum mb_metadata metadata, struct growths *g)
{
	struct mb_hooks hooks = { .ctx = g, .grew = note_growth };
	struct mb_replayer r;
	int rc = mb_replayer_create_hooked(trace, &hooks, spec, metadata, &r);

	if (rc)
		return rc;
	for (g->operation = 0; g->operation < r.count; g->operation++)
		mb_replayer_run_op(r.mb, &r.ops[g->operation]);
	mb_replayer_destroy(&r);
	return g->lost ? -ENOMEM : 0;
}

/* ---- results ----------------------------------------------------------------------------------- */

static void evaluate(const struct readings *r, unsigned replays, double *typical,
		     struct bench_latency *result)
{
	memset(result, 0, sizeof(*result));
	result->replays = replays;
	result->clock_step_ns = find_step(r, replays);
	result->worst_ns = -1;
	for (size_t i = 0; i < r->replayer->count; i++) {
		float *ns = &r->ns[i * replays];
		double takes = bench_latency_typical(ns, replays, result->clock_step_ns);
		double least = ns[0] > 0 ? ns[0] : 0; /* it is sorted now */

		bench_histogram_add(&result->histogram, takes);
		if (typical)
			typical[i] = takes;
		if (least > result->worst_ns) {
			result->worst_ns = least;
			result->worst = i;
			result->worst_op = r->replayer->ops[i];
		}
	}
}

int bench_latency_of(struct mb_replayer *replayer, unsigned replays, double *typical,
		     struct bench_latency *result)
{
	struct readings r = { .replayer = replayer };
	uint64_t random = 1;
	int rc = make_room(&r, replays);

	for (unsigned replay = 0; replay < replays && !rc; replay++)
		replay_once(&r, replay, replays, &random);
	if (!rc)
		evaluate(&r, replays, typical, result);
	free(r.ns);
	return rc;
}

/* What grew in the worst operation. */
static int explain_worst(const struct mb_trace *trace, const struct mb_variant_spec *spec,
			 enum mb_metadata metadata, struct bench_latency *result)
{
	struct growths g = { .list = NULL };
	int rc = find_growths(trace, spec, metadata, &g);

	for (size_t i = 0; i < g.count && !rc; i++) {
		if (g.list[i].operation == result->worst) {
			result->worst_grew = true;
			result->growth = g.list[i];
		}
	}
	free(g.list);
	return rc;
}

/* One variant of several. */
struct contest {
	struct mb_replayer replayer;
	struct readings readings;
};

static int enter(struct contest *c, const struct mb_trace *trace,
		 const struct mb_variant_spec *spec, enum mb_metadata metadata, unsigned replays)
{
	int rc = mb_replayer_create(trace, spec, metadata, &c->replayer);

	c->readings.replayer = &c->replayer;
	return rc ? rc : make_room(&c->readings, replays);
}

int bench_latency_measure(const struct mb_trace *trace, const struct mb_variant_spec *specs,
			  const bool *skip, int count, enum mb_metadata metadata, unsigned replays,
			  struct bench_latency *results)
{
	struct contest *all = calloc((size_t)count + 1, sizeof(*all));
	uint64_t random = 1;
	int rc = all ? 0 : -ENOMEM;

	bench_clock_start();
	memset(results, 0, (size_t)count * sizeof(*results));
	for (int i = 0; i < count && !rc; i++)
		if (!skip[i])
			rc = enter(&all[i], trace, &specs[i], metadata, replays);
	for (unsigned replay = 0; replay < replays && !rc; replay++)
		for (int i = 0; i < count; i++)
			if (!skip[i])
				replay_once(&all[i].readings, replay, replays, &random);
	for (int i = 0; i < count && !rc; i++) {
		if (skip[i])
			continue;
		evaluate(&all[i].readings, replays, NULL, &results[i]);
		rc = explain_worst(trace, &specs[i], metadata, &results[i]);
	}
	for (int i = 0; i < count && all; i++) {
		mb_replayer_destroy(&all[i].replayer);
		free(all[i].readings.ns);
	}
	free(all);
	return rc;
}

void bench_latency_worst(const struct bench_latency *latency, char *text, size_t size)
{
	char call[160], where[40] = "", grew[80] = "";

	mb_op_text(&latency->worst_op, call, sizeof(call));
	if (latency->worst_op.line)
		snprintf(where, sizeof(where), " (line %" PRIu32 ")", latency->worst_op.line);
	if (latency->worst_grew)
		snprintf(grew, sizeof(grew), ": it enlarges %s to %" PRIu32 " slots",
			 mb_which_name(latency->growth.which), latency->growth.entries);
	snprintf(text, size, "operation %zu%s, %s%s", latency->worst + 1, where, call, grew);
}
