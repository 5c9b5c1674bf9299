/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cell.c - a repetition of a benchmark: the timed loops.
 *
 * A turn of the loop, by kind of cell:
 *
 *   changes      restore, clock, batch, clock
 *   reads        clock, batch, clock
 *   walks        the same; a batch is one walk, an operation one range of it
 *   replay       restore, clock, all operations, clock
 *   replay_cold  restore, then for each operation: disturb, clock, operation, clock; replay_cold_llc too
 *
 * Restoring costs more than the batch where n is large, so it cannot be timed with it, and pausing the
 * library's timer costs 300 ns: so the times are our own, handed over as manual time. What is handed
 * over for a repetition is the mean of its turns without the fastest and the slowest tenth. A turn that
 * was interrupted is longer by microseconds to milliseconds; on a machine with other things to do, a
 * plain mean reports those.
 *
 * One turn, untimed, precedes the loop, so that the repetition does not begin with the caches of
 * another cell (cold cells do without). Every turn's answers are compared with the expected ones
 * between the timed parts.
 */
#include "run/cell_impl.h"

#include "cli/progress.h"
#include "count/counting.h"
#include "count/simulate.h"
#include "measure/clock.h"
#include "measure/statistics.h"
#include "timed/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP_NS 5e6 /* a turn longer than this warms itself up */
#define TURNS_MAX 1024 /* times kept of a repetition */

const char *bench_replay_operation(const char *name)
{
	for (unsigned i = 0; i < BENCH_WARMTHS; i++)
		if (!strcmp(name, bench_replay_names[i]))
			return bench_replay_names[i];
	return NULL;
}

void bench_cell_name(struct bench_cell *cell, const char *operation, const char *workload,
		     const struct mb_variant_spec *spec, const char *label, uint32_t n)
{
	const char *build = spec->build == MB_O2 ? "+o2" : "";

	cell->operation = operation;
	cell->workload = workload;
	cell->n = n;
	cell->subject.is_null = spec->variant->kind == MB_KIND_NULL;
	cell->is_kernel = spec->variant->kind == MB_KIND_KERNEL;
	snprintf(cell->variant, sizeof(cell->variant), "%.96s%s", spec->name, build);
	snprintf(cell->subject.name, sizeof(cell->subject.name), "%.20s/%.95s/%.96s%s/regions:%u",
		 operation, workload, label, build, n);
}

void bench_cell_label(const struct bench_cell *cell, char *label)
{
	const char *at = strchr(strchr(cell->subject.name, '/') + 1, '/') + 1;

	snprintf(label, BENCH_CELL_LABEL, "%.*s", (int)strcspn(at, "/"), at);
}

void bench_cell_synthetic(struct bench_cell *cell, const struct bench_queries *queries,
			  struct bench_state *state)
{
	cell->subject.queries = queries;
	cell->subject.state = state;
	cell->subject.turn_ops = (int64_t)queries->ops;
	if (!cell->subject.is_null)
		snprintf(cell->label, sizeof(cell->label), "answers:%08x", queries->answers);
}

void bench_cell_replay(struct bench_cell *cell, struct bench_replay *replay, enum bench_warmth cold)
{
	cell->subject.replay = replay;
	cell->subject.cold = cold;
	cell->subject.turn_ops = (int64_t)replay->replayer.count;
	cell->structure = replay->structure;
	if (!cell->subject.is_null)
		snprintf(cell->label, sizeof(cell->label), "answers:%08x as_captured:%llu/%llu",
			 (uint32_t)(replay->answers ^ replay->answers >> 32),
			 (unsigned long long)replay->allocs_as_captured,
			 (unsigned long long)replay->allocs);
}

/* ---- planning ---------------------------------------------------------------------------------- */

void bench_cell_plan(struct bench_cell *cell, double ns)
{
	double turns = cell->subject.turn_ns > 0 ? ns / cell->subject.turn_ns : 1;

	if (turns < 1)
		turns = 1;
	if (turns > 1e6)
		turns = 1e6;
	cell->iterations = (int64_t)turns * cell->subject.turn_ops;
}

static bool warms_up(const struct bench_cell *cell)
{
	return !cell->subject.cold && cell->subject.turn_ns < WARM_UP_NS;
}

double bench_cell_cost(const struct bench_cell *cell)
{
	double turns = (double)cell->iterations / (double)cell->subject.turn_ops + warms_up(cell);

	return *cell->subject.error ? 0 : turns * cell->subject.turn_ns;
}

/* ---- the loops --------------------------------------------------------------------------------- */

static bool is_wrong(const struct bench_cell *cell, uint64_t answer, uint64_t expected)
{
	return answer != expected && !cell->subject.is_null;
}

static uint64_t run_batch(const struct bench_cell *cell, unsigned i, struct bench_reading *r)
{
	const struct bench_queries *queries = cell->subject.queries;

	return bench_run_queries(queries, i, queries->batch, cell->subject.state, r);
}

/* Times of the turns of the repetition under way: evenly spread ones where there are more. */
struct turns {
	double ns[TURNS_MAX];
	unsigned count;
	int64_t total, at, stride;
};

static struct turns turns;

static void start_turns(const struct gb_state *s, const struct bench_cell *cell)
{
	turns.total = (gb_max_iterations(s) + cell->subject.turn_ops - 1) / cell->subject.turn_ops;
	turns.stride = (turns.total + TURNS_MAX - 1) / TURNS_MAX;
	turns.count = 0;
	turns.at = 0;
}

static void add_turn(double ns)
{
	if (turns.at++ % turns.stride == 0 && turns.count < TURNS_MAX)
		turns.ns[turns.count++] = ns;
}

static double typical_turn(void)
{
	return bench_trimmed_mean(turns.ns, turns.count);
}

static bool time_batches(struct gb_state *s, struct bench_cell *cell)
{
	const struct bench_queries *queries = cell->subject.queries;
	bool restores = queries->operation->changes, wrong = false;

	while (gb_keep_running_batch(s, cell->subject.turn_ops)) {
		struct bench_reading r = bench_reading_of_time();
		unsigned i = cell->next_batch;
		uint64_t answer;

		if (restores)
			bench_state_restore(cell->subject.state);
		answer = run_batch(cell, i, &r);
		add_turn(bench_clock_ns(r.ticks));
		wrong |= is_wrong(cell, answer, queries->expected[i]);
		cell->next_batch = i + 1 < queries->batches ? i + 1 : 0;
	}
	return wrong;
}

static bool time_replays(struct gb_state *s, const struct bench_cell *cell)
{
	bool wrong = false;

	while (gb_keep_running_batch(s, cell->subject.turn_ops)) {
		double ns;
		uint64_t answer = cell->subject.cold ? bench_replay_cold(cell->subject.replay,
									 cell->subject.cold, &ns) :
						       bench_replay_warm(cell->subject.replay, &ns);

		add_turn(ns);
		wrong |= is_wrong(cell, answer, cell->subject.replay->answers);
	}
	return wrong;
}

static void count_replay(struct gb_state *s, const struct bench_cell *cell, double replay_ns)
{
	const struct bench_replay *replay = cell->subject.replay;

	gb_counter(s, "ns_per_replay", replay_ns, GB_PLAIN);
	gb_counter(s, "operations", (double)replay->replayer.count, GB_PLAIN);
	gb_counter(s, "bytes_zeroed", (double)replay->bytes_zeroed, GB_PLAIN);
	gb_counter(s, "pages_handed_over", (double)replay->pages_handed_over, GB_PLAIN);
	if (cell->subject.cold)
		return;
	for (unsigned i = 0; i < BENCH_SHARES; i++)
		gb_counter(s, bench_share_names[i], replay->ns_shares[i], GB_PLAIN);
	for (unsigned i = 0; i < BENCH_PERCENTILES; i++)
		gb_counter(s, bench_percentiles[i].counter,
			   bench_histogram_percentile(&replay->latency.histogram,
						      bench_percentiles[i].percent),
			   GB_PLAIN);
	gb_counter(s, "ns_worst", replay->latency.worst_ns, GB_PLAIN);
}

static void run_cell(struct gb_state *s, void *arg)
{
	struct bench_cell *cell = arg;
	struct bench_usage usage;
	double turn_ns;
	bool wrong;

	bench_progress_show(cell->progress, cell->subject.name);
	if (*cell->subject.error) {
		gb_skip(s, cell->subject.error);
		return;
	}
	if (cell->begun >= cell->watch->least && cell->watch->end_ns &&
	    bench_clock_monotonic_ns() > cell->watch->end_ns) {
		cell->dropped++;
		gb_drop(s);
		return;
	}
	cell->begun++;
	start_turns(s, cell);
	if (cell->subject.replay) {
		double unused;

		if (warms_up(cell))
			bench_replay_warm(cell->subject.replay, &unused);
		bench_usage_read(&usage);
		wrong = time_replays(s, cell);
	} else {
		bench_state_restore(cell->subject.state);
		if (warms_up(cell))
			run_batch(cell, 0, &BENCH_READING_OF_NOTHING);
		bench_usage_read(&usage);
		wrong = time_batches(s, cell);
	}
	bench_disturbances_add(cell->disturbances, &usage);
	turn_ns = typical_turn();
	gb_set_iteration_time(s, turn_ns * (double)turns.total * 1e-9);
	bench_progress_done(cell->progress, bench_cell_cost(cell));
	if (wrong) {
		snprintf(cell->subject.error, sizeof(cell->subject.error),
			 "a timed batch gave other answers");
		gb_skip(s, cell->subject.error);
		return;
	}
	if (*cell->label)
		gb_label(s, cell->label);
	bench_counting_emit(cell->counts, s);
	bench_simulated_emit(cell->simulated, s);
	if (cell->subject.is_null)
		return;
	gb_counter(s, "regions_visited", cell->structure.regions_visited, GB_PLAIN);
	gb_counter(s, "bytes_moved", cell->structure.bytes_moved, GB_PLAIN);
	gb_counter(s, "metadata_bytes", cell->structure.metadata_bytes, GB_PLAIN);
	if (cell->subject.replay)
		count_replay(s, cell, turn_ns);
}

void bench_cell_register(struct bench_cell *cell, unsigned repetitions)
{
	struct gb_benchmark *b = gb_register(cell->subject.name, run_cell, cell);

	if (cell->iterations < 1) /* it will be skipped */
		cell->iterations = 1;
	gb_iterations(b, cell->iterations);
	gb_repetitions(b, (int)repetitions);
	gb_use_manual_time(b);
}

void bench_cell_complete(struct bench_cell *cell, unsigned repetitions)
{
	if (*cell->subject.error || cell->timed + cell->dropped >= repetitions)
		return;
	snprintf(cell->subject.error, sizeof(cell->subject.error),
		 "only %u of %u repetitions gave a time", cell->timed, repetitions - cell->dropped);
}

void bench_cell_release(struct bench_cell *cell)
{
	bench_simulated_free(cell->simulated);
	cell->simulated = NULL;
	bench_counts_free(cell->counts);
	cell->counts = NULL;
}
