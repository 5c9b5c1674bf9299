/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counting.c - counts of hardware and software, and what is said of those that are absent (counting.h).
 *
 * A group of counters counts alone (counters_select()), so the passes are repeated for each.
 *
 * Inside a replay each operation stands between two readings, whose own counts, those of an empty pair,
 * are subtracted for every one. That cancels exactly for instructions and branches. Cycles and misses
 * are those of operations that a reading interrupts: good for shares, and for what a cold operation
 * costs, not to be added up to the whole.
 */
#include "count/counting.h"

#include "cli/cli.h"
#include "cli/nearest.h"
#include "count/phases.h"
#include "counters/counters.h"
#include "measure/context.h"
#include "measure/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5u     /* that a count is the median of, at most: */
#define COUNT_NS 50e6 /* what counting a benchmark may take */
#define BATCHES 2u    /* that are counted */

struct bench_counting {
	struct counter_set *set;    /* NULL: --counters=none */
	bool hardware;              /* at least one counter of the PMU is believed */
	double least[COUNTERS_MAX]; /* fraction of an interval that was seen */
};

struct bench_counts {
	const struct counter_set *set;
	double per_operation[COUNTERS_MAX];        /* NaN: none */
	double phases[BENCH_PHASES][COUNTERS_MAX]; /* per replay; NaN: none */
};

/* ---- start and end ----------------------------------------------------------------------------- */

static bool is_believed(const struct counter_set *set, unsigned i)
{
	return counters_get(set, i)->state == COUNTER_BELIEVED;
}

static bool is_hardware(const struct counter_set *set, unsigned i)
{
	return counters_get(set, i)->source == COUNTER_HARDWARE;
}

static int unknown_counters(const char *request)
{
	static const char *const known[] = { "auto", "perf", "callgrind", "none" };
	struct nearest nearest = nearest_to(request, strlen(request));

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		nearest_offer(&nearest, known[i], strlen(known[i]));
	return mb_fail(MB_EXIT_USAGE,
		       "unknown counters '%s'; auto, perf, perf:NAME+NAME, callgrind or none%s",
		       request, nearest_words(&nearest));
}

int bench_counting_start(const char *request, struct bench_counting **out)
{
	struct counter_error error = { .environment = false };
	struct bench_counting *counting;
	bool none = !strcmp(request, "none");

	*out = NULL;
	if (!strcmp(request, "callgrind"))
		return mb_fail(
			MB_EXIT_ENVIRONMENT,
			"--counters=callgrind: this version reads no simulated counters; use "
			"--counters=auto");
	if (!none && strcmp(request, "auto") && strcmp(request, "perf") &&
	    strncmp(request, "perf:", 5))
		return unknown_counters(request);
	counting = calloc(1, sizeof(*counting));
	if (!counting)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	if (!none && counters_open(request, &counting->set, &error)) {
		free(counting);
		return mb_fail(error.environment ? MB_EXIT_ENVIRONMENT : MB_EXIT_USAGE,
			       "--counters=%s: %s", request, error.text);
	}
	for (unsigned i = 0; counting->set && i < counters_count(counting->set); i++) {
		counting->least[i] = 1;
		counting->hardware |= is_believed(counting->set, i) &&
				      is_hardware(counting->set, i);
	}
	*out = counting;
	return MB_EXIT_OK;
}

void bench_counting_end(struct bench_counting *counting)
{
	if (!counting)
		return;
	counters_close(counting->set);
	free(counting);
}

static unsigned rounds_of(const struct bench_counting *counting,
			  const struct bench_subject *subject)
{
	double round_ns = 3 * BATCHES * subject->turn_ns * counters_groups(counting->set);

	if (round_ns * 2 > COUNT_NS)
		return 1;
	return round_ns * ROUNDS > COUNT_NS ? (unsigned)(COUNT_NS / round_ns) : ROUNDS;
}

/* ---- copies of a subject -------------------------------------------------------------------------- */

/* The second copy is the one that counts: it follows another batch, as in the timed loop. */
struct copies {
	const struct bench_subject *subject;
	struct bench_state *states[2];
	struct mb_replayer *replayers[2];
	unsigned batches[2];
	uint64_t answers[2];
};

static void restore_states(void *ctx, unsigned n)
{
	const struct copies *copies = ctx;

	for (unsigned i = 0; i < n; i++)
		bench_state_restore(copies->states[i]);
}

static void run_batches(void *ctx, unsigned n)
{
	struct copies *copies = ctx;
	const struct bench_queries *queries = copies->subject->queries;

	for (unsigned i = 0; i < n; i++)
		copies->answers[i] = bench_run_queries(queries, copies->batches[i], queries->batch,
						       copies->states[i],
						       &BENCH_READING_OF_NOTHING);
}

static void restore_replays(void *ctx, unsigned n)
{
	const struct copies *copies = ctx;

	for (unsigned i = 0; i < n; i++)
		mb_replayer_restore(copies->replayers[i]);
}

static void run_replays(void *ctx, unsigned n)
{
	const struct copies *copies = ctx;

	for (unsigned i = 0; i < n; i++)
		mb_replayer_run_untimed(copies->replayers[i]);
}

static void note_fractions(struct bench_counting *counting, const double *fractions)
{
	for (unsigned i = 0; i < counters_count(counting->set); i++)
		if (fractions[i] < counting->least[i])
			counting->least[i] = fractions[i];
}

static bool answers_rightly(const struct copies *copies)
{
	const struct bench_queries *queries = copies->subject->queries;

	for (unsigned i = 0; i < 2; i++)
		if (copies->answers[i] != queries->expected[copies->batches[i]])
			return false;
	return true;
}

/* Software events are no measurement of an operation, but tell what disturbed it: one copy between two
 * readings will do. */
static void count_once(struct bench_counting *counting, struct copies *copies,
		       struct bench_counts *counts, void (*prepare)(void *ctx, unsigned n),
		       void (*body)(void *ctx, unsigned n))
{
	const struct counter_set *set = counting->set;
	struct counter_reading before, after;

	prepare(copies, 1);
	counters_read(set, &before);
	body(copies, 1);
	counters_read(set, &after);
	for (unsigned c = 0; c < counters_count(set); c++) {
		double value = NAN, fraction;

		if (counters_delta(set, &before, &after, c, &value, &fraction) !=
		    COUNTER_NOT_COUNTED)
			value -= counters_pair_cost(set, c);
		counts->per_operation[c] = value / (double)copies->subject->turn_ops;
	}
}

static int count_batches(struct bench_counting *counting, struct bench_subject *subject,
			 const struct mb_variant_spec *spec, enum mb_metadata metadata,
			 struct bench_counts *counts)
{
	const struct bench_queries *queries = subject->queries;
	struct copies copies = { .subject = subject, .states = { subject->state, subject->state } };
	unsigned rounds = rounds_of(counting, subject), batches = queries->batches;
	struct bench_state *twin = NULL;
	char unused[200];

	if (!counting->hardware) {
		count_once(counting, &copies, counts, restore_states, run_batches);
		return 0;
	}
	if (batches > BATCHES)
		batches = BATCHES;
	if (queries->operation->changes) {
		int rc = bench_state_new(subject->state->layout, spec, metadata, &twin, unused,
					 sizeof(unused));

		if (rc)
			return rc;
		copies.states[1] = twin;
	}
	bench_state_restore(subject->state);
	for (unsigned batch = 0; batch < batches; batch++) {
		double values[COUNTERS_MAX], fractions[COUNTERS_MAX];

		copies.batches[0] = (batch + 1) % queries->batches;
		copies.batches[1] = batch;
		counters_per_copy_prepared(counting->set, twin ? restore_states : NULL, run_batches,
					   &copies, 1, rounds, values, fractions);
		note_fractions(counting, fractions);
		for (unsigned i = 0; i < counters_count(counting->set); i++)
			counts->per_operation[i] += values[i] / (double)queries->ops / batches;
		if (!subject->is_null && !answers_rightly(&copies))
			snprintf(subject->error, sizeof(subject->error),
				 "a counted batch gave other answers");
	}
	bench_state_free(twin);
	return 0;
}

static int count_replays(struct bench_counting *counting, struct bench_subject *subject,
			 const struct mb_variant_spec *spec, enum mb_metadata metadata,
			 struct bench_counts *counts)
{
	double values[COUNTERS_MAX], fractions[COUNTERS_MAX];
	struct mb_replayer twin;
	struct copies copies = { .subject = subject,
				 .replayers = { &subject->replay->replayer, &twin } };
	int rc;

	if (!counting->hardware) {
		count_once(counting, &copies, counts, restore_replays, run_replays);
		return 0;
	}
	rc = mb_replayer_create(subject->replay->boot->trace, spec, metadata, &twin);
	if (rc)
		return rc;
	mb_replayer_run_untimed(&twin); /* maps what growth touches */
	counters_per_copy_prepared(counting->set, restore_replays, run_replays, &copies, 1,
				   rounds_of(counting, subject), values, fractions);
	note_fractions(counting, fractions);
	for (unsigned i = 0; i < counters_count(counting->set); i++)
		counts->per_operation[i] += values[i] / (double)subject->turn_ops;
	mb_replayer_destroy(&twin);
	return 0;
}

/* ---- the phases of a replay -------------------------------------------------------------------- */

/* A pass over a replay with the counters of one group. */
struct pass {
	struct bench_counting *counting;
	const struct bench_subject *subject;
	struct bench_phases *phases;
	unsigned group;
	double sums[BENCH_PHASES][COUNTERS_MAX]; /* NaN: some of it was not counted */
};

/* What one operation, or its search, counts; NaN: nothing. */
static void count_one(const struct pass *pass,
		      uint64_t (*run)(const struct bench_phases *phases, size_t i,
				      struct bench_reading *r),
		      size_t i, double values[COUNTERS_MAX])
{
	const struct counter_set *set = pass->counting->set;
	struct counter_reading before, after;

	if (pass->subject->cold)
		bench_replay_disturb(pass->subject->replay, pass->subject->cold);
	counters_read(set, &before);
	run(pass->phases, i, &BENCH_READING_OF_NOTHING);
	counters_read(set, &after);
	for (unsigned c = 0; c < counters_count(set); c++) {
		double fraction;

		if (counters_get(set, c)->group != pass->group ||
		    counters_delta(set, &before, &after, c, &values[c], &fraction) ==
			    COUNTER_NOT_COUNTED) {
			values[c] = NAN;
			continue;
		}
		values[c] -= counters_pair_cost(set, c);
		if (fraction < pass->counting->least[c])
			pass->counting->least[c] = fraction;
	}
}

static void add(struct pass *pass, enum bench_phase phase, double sign,
		const double values[COUNTERS_MAX])
{
	for (unsigned c = 0; c < counters_count(pass->counting->set); c++)
		pass->sums[phase][c] += sign * values[c];
}

/* Whole operations, then searches alone (phases.h). */
static void count_phases_once(struct pass *pass)
{
	struct mb_replayer *replayer = &pass->subject->replay->replayer;
	double values[COUNTERS_MAX] = { 0 };

	memset(pass->sums, 0, sizeof(pass->sums));
	mb_replayer_restore(replayer);
	for (size_t i = 0; i < replayer->count; i++) {
		count_one(pass, bench_phases_run, i, values);
		add(pass, bench_phases_of(pass->phases, i), 1, values);
	}
	mb_replayer_restore(replayer);
	for (size_t i = 0; i < replayer->count; i++) {
		if (bench_phases_searches(pass->phases, i)) {
			count_one(pass, bench_phases_search, i, values);
			add(pass, BENCH_PHASE_FIND_FREE, 1, values);
			add(pass, BENCH_PHASE_RESERVE, -1, values);
		}
		bench_phases_run(pass->phases, i, &BENCH_READING_OF_NOTHING);
	}
	mb_replayer_restore(replayer);
}

/* Which phases does the replay have? */
static void find_phases(const struct bench_phases *phases, size_t count, bool has[BENCH_PHASES])
{
	for (size_t i = 0; i < count; i++) {
		has[bench_phases_of(phases, i)] = true;
		has[BENCH_PHASE_FIND_FREE] |= bench_phases_searches(phases, i);
	}
}

static void count_group(struct pass *pass, const bool has[BENCH_PHASES],
			struct bench_counts *counts)
{
	static double samples[BENCH_PHASES][COUNTERS_MAX][ROUNDS];
	struct counter_set *set = pass->counting->set;
	unsigned taken[BENCH_PHASES][COUNTERS_MAX] = { { 0 } };

	counters_select(set, pass->group);
	for (unsigned round = 0; round < ROUNDS; round++) {
		count_phases_once(pass);
		for (unsigned p = 0; p < BENCH_PHASES; p++)
			for (unsigned c = 0; c < counters_count(set); c++)
				if (!isnan(pass->sums[p][c]))
					samples[p][c][taken[p][c]++] = pass->sums[p][c];
	}
	for (unsigned p = 0; p < BENCH_PHASES; p++)
		for (unsigned c = 0; c < counters_count(set); c++)
			if (has[p] && taken[p][c] && counters_get(set, c)->group == pass->group)
				counts->phases[p][c] = bench_median(samples[p][c], taken[p][c]);
}

/* Of a cold replay, which is counted operation by operation. */
static void add_phases(struct bench_counts *counts, const struct bench_subject *subject,
		       const bool has[BENCH_PHASES], unsigned counters)
{
	for (unsigned c = 0; c < counters; c++) {
		double sum = 0;

		for (unsigned p = 0; p < BENCH_PHASES; p++)
			if (has[p])
				sum += counts->phases[p][c];
		counts->per_operation[c] = sum / (double)subject->turn_ops;
	}
}

static int count_phases(struct bench_counting *counting, const struct bench_subject *subject,
			struct bench_counts *counts)
{
	struct pass pass = { .counting = counting, .subject = subject };
	struct counter_set *set = counting->set;
	bool has[BENCH_PHASES] = { false };
	int rc = bench_phases_new(&subject->replay->replayer, &pass.phases);

	if (rc)
		return rc;
	find_phases(pass.phases, subject->replay->replayer.count, has);
	for (pass.group = 0; pass.group < counters_groups(set); pass.group++) {
		bool hardware = false;

		for (unsigned c = 0; c < counters_count(set); c++)
			hardware |= counters_get(set, c)->group == pass.group &&
				    is_hardware(set, c) && is_believed(set, c);
		if (hardware)
			count_group(&pass, has, counts);
	}
	counters_select(set, COUNTERS_EVERY_GROUP);
	if (subject->cold)
		add_phases(counts, subject, has, counters_count(set));
	bench_phases_free(pass.phases);
	return 0;
}

int bench_count_subject(struct bench_counting *counting, struct bench_subject *subject,
			const struct mb_variant_spec *spec, enum mb_metadata metadata,
			struct bench_counts **out)
{
	struct bench_counts *counts;
	int rc = 0;

	*out = NULL;
	if (!counting->set || *subject->error)
		return 0;
	counts = calloc(1, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	*out = counts;
	counts->set = counting->set;
	for (unsigned c = 0; c < COUNTERS_MAX; c++) {
		counts->per_operation[c] = subject->cold ? NAN : 0;
		for (unsigned p = 0; p < BENCH_PHASES; p++)
			counts->phases[p][c] = NAN;
	}
	if (!subject->replay)
		rc = count_batches(counting, subject, spec, metadata, counts);
	else if (!subject->cold)
		rc = count_replays(counting, subject, spec, metadata, counts);
	if (!rc && subject->replay && counting->hardware)
		rc = count_phases(counting, subject, counts);
	return rc;
}

void bench_counts_free(struct bench_counts *counts)
{
	free(counts);
}

/* ---- results ----------------------------------------------------------------------------------- */

void bench_counting_emit(const struct bench_counts *counts, struct gb_state *s)
{
	for (unsigned c = 0; counts && c < counters_count(counts->set); c++) {
		const char *name = counters_get(counts->set, c)->name;

		if (!is_believed(counts->set, c))
			continue;
		if (!isnan(counts->per_operation[c]))
			gb_counter(s, name, counts->per_operation[c], GB_PLAIN);
		for (unsigned p = 0; p < BENCH_PHASES; p++) {
			char key[COUNTER_NAME_SIZE + 16];

			snprintf(key, sizeof(key), "%s_%s", name, bench_phase_names[p]);
			if (!isnan(counts->phases[p][c]))
				gb_counter(s, key, counts->phases[p][c], GB_PLAIN);
		}
	}
}

static void describe_counter(const struct bench_counting *counting, unsigned i)
{
	const struct counter *counter = counters_get(counting->set, i);
	char key[COUNTER_NAME_SIZE + 16], scaled[64] = "";

	snprintf(key, sizeof(key), "counter:%s", counter->name);
	if (counter->state != COUNTER_BELIEVED) {
		bench_context(key, "absent: %s", counter->reason);
		return;
	}
	if (counting->least[i] < 1)
		snprintf(scaled, sizeof(scaled), "; scaled: seen %.2f of the time at least",
			 counting->least[i]);
	bench_context(key, "%s: event %s, group %u, %s; an empty pair of readings counts %.0f%s",
		      counter_source_names[counter->source], counter->event, counter->group,
		      counter->user_read ? "read in user space" : "read by system call",
		      counters_pair_cost(counting->set, i), scaled);
}

void bench_counting_context(const struct bench_counting *counting)
{
	char key[COUNTER_NAME_SIZE + 16];

	for (unsigned i = 0; counting->set && i < counters_count(counting->set); i++)
		describe_counter(counting, i);
	for (unsigned i = 0; counter_default(i); i++) {
		bool asked = false;

		for (unsigned c = 0; counting->set && c < counters_count(counting->set); c++)
			asked |= !strcmp(counters_get(counting->set, c)->name, counter_default(i));
		if (asked)
			continue;
		snprintf(key, sizeof(key), "counter:%s", counter_default(i));
		bench_context(key, "absent: not asked for (--counters)");
	}
}

void bench_counting_print(FILE *out, const struct bench_counting *counting)
{
	const struct counter *lacking = NULL;
	char text[1024] = "counters:";
	size_t used = strlen(text);

	if (!counting->set)
		return;
	for (unsigned i = counters_count(counting->set); i-- > 0;)
		if (is_hardware(counting->set, i) && !is_believed(counting->set, i))
			lacking = counters_get(counting->set, i);
	for (unsigned i = 0; i < counters_count(counting->set) && used < sizeof(text); i++) {
		const struct counter *counter = counters_get(counting->set, i);

		if (is_believed(counting->set, i))
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s (%s)",
						 counter->name,
						 counter_source_names[counter->source]);
	}
	if (used > strlen("counters:")) {
		mb_print_wrapped(out, text, 0, 2, 96);
		fputc('\n', out);
	}
	if (!lacking)
		return;
	snprintf(text, sizeof(text), "%s: %s",
		 counting->hardware ? "counters absent" : "no hardware counters", lacking->reason);
	mb_print_wrapped(out, text, 0, 2, 96);
	fputc('\n', out);
}
