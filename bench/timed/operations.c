/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * operations.c - the operations of operations.h, one table row each.
 *
 * To add one: write its loop (loops.c) and its queries, add a row; it then shows up in `run`,
 * `list operations`, the tests and the charts. Names are part of the contract (docs/method.md).
 */
#include "timed/operations.h"

#include "measure/clock.h"
#include "measure/random.h"
#include "timed/islands_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#define BATCH_MIN 4u  /* queries of a batch that changes the state ... */
#define BATCH_MAX 64u /* ... and of every other one; fewer where one query may take long: */
#define BATCH_LARGE 32u
#define BATCH_HUGE 16u
#define LARGE 4096u /* regions */
#define HUGE 32768u
#define BATCHES 16u /* prepared */
#define BATCHES_LARGE 8u

/* ---- queries ----------------------------------------------------------------------------------- */

static const struct mb_region *region(const struct bench_layout *layout, uint64_t i)
{
	return &layout->regions[i];
}

/* @n different numbers below @limit, in random order; @limit is at least twice @n. */
static void draw_distinct(uint64_t *random, uint32_t limit, uint32_t *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		bool taken;

		do {
			out[i] = (uint32_t)bench_random_below(random, limit);
			taken = false;
			for (unsigned j = 0; j < i; j++)
				taken |= out[j] == out[i];
		} while (taken);
	}
}

/*
 * New ranges. random: in the middle of gaps, touching nothing. ascending, descending: beyond the
 * last region, below the first. gaps: exactly a gap, so that three regions become one.
 */
static void prepare_new(const struct bench_layout *layout, uint64_t *random, struct bench_query *q,
			unsigned n)
{
	uint32_t place[BATCH_MAX];

	draw_distinct(random, layout->count - 1, place, n);
	for (unsigned i = 0; i < n; i++) {
		uint64_t pages = 1 + bench_random_below(random, 2);
		uint64_t gap_base = region(layout, place[i])->base + region(layout, place[i])->size;
		uint64_t gap_end = region(layout, place[i] + 1)->base;
		uint64_t step = (i + 1) * 4 * BENCH_PAGE;

		q[i].size = pages * BENCH_PAGE;
		switch (layout->workload) {
		case BENCH_ASCENDING:
			q[i].base = bench_layout_last(layout) + step;
			break;
		case BENCH_DESCENDING:
			q[i].base = bench_layout_first(layout) - step;
			break;
		case BENCH_GAPS:
			q[i].base = gap_base;
			q[i].size = gap_end - gap_base;
			break;
		default:
			q[i].base = gap_base + BENCH_PAGE;
			q[i].size = gap_end - gap_base - 2 * BENCH_PAGE;
		}
	}
}

/* Existing ranges: whole regions in the workload's order. gaps: a page in the middle of one. */
static void prepare_existing(const struct bench_layout *layout, uint64_t *random,
			     struct bench_query *q, unsigned n)
{
	uint32_t place[BATCH_MAX];

	draw_distinct(random, layout->count, place, n);
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = place[i];
		const struct mb_region *r;

		if (layout->workload == BENCH_ASCENDING)
			at = i;
		else if (layout->workload == BENCH_DESCENDING)
			at = layout->count - 1 - i;
		r = region(layout, at);
		q[i].base = r->base;
		q[i].size = r->size;
		if (layout->workload == BENCH_GAPS) {
			q[i].base += BENCH_PAGE;
			q[i].size = BENCH_PAGE;
		}
		q[i].nid = 1 + (int32_t)bench_random_below(random, 7);
	}
}

static int compare_bases(const void *a, const void *b)
{
	uint64_t x = ((const struct bench_query *)a)->base;
	uint64_t y = ((const struct bench_query *)b)->base;

	return (x > y) - (x < y);
}

/* Addresses to look up: anywhere between first and last, sorted where the workload is ordered.
 * gaps: in gaps only, where nothing is found. */
static void prepare_lookup(const struct bench_layout *layout, uint64_t *random,
			   struct bench_query *q, unsigned n)
{
	uint64_t first = bench_layout_first(layout), last = bench_layout_last(layout);

	for (unsigned i = 0; i < n; i++) {
		q[i].size = (1 + bench_random_below(random, 4)) * BENCH_PAGE;
		q[i].base = first + bench_random_below(random, last - first);
		if (layout->workload == BENCH_GAPS) {
			const struct mb_region *r =
				region(layout, bench_random_below(random, layout->count - 1));

			q[i].base = r->base + r->size + bench_random_below(random, BENCH_PAGE);
			q[i].size = 1;
		}
	}
	if (layout->workload != BENCH_ASCENDING && layout->workload != BENCH_DESCENDING)
		return;
	qsort(q, n, sizeof(*q), compare_bases);
	for (unsigned i = 0; layout->workload == BENCH_DESCENDING && i < n / 2; i++) {
		struct bench_query swap = q[i];

		q[i] = q[n - 1 - i];
		q[n - 1 - i] = swap;
	}
}

/* islands: for node 0, what only the harbour has; every other time the harbour is outside of the window. */
static void prepare_request_on_node(const struct bench_layout *layout, struct bench_query *q,
				    unsigned n)
{
	struct bench_islands islands = bench_islands_of(layout->workload);

	for (unsigned i = 0; i < n; i++) {
		q[i] = (struct bench_query){ .size = islands.size,
					     .align = islands.align,
					     .lo = layout->base,
					     .hi = layout->end };
		if (i % 2 && islands.up)
			q[i].hi = layout->harbour;
		else if (i % 2)
			q[i].lo = layout->harbour_end;
	}
}

/*
 * Requests for memory. random: 1 to 8 pages below a random bound, so the search starts anywhere.
 * ascending (bottom-up) and descending (top-down): the first gap looked at is large enough.
 * gaps: two pages, which only the room below the first region has. islands: see above.
 */
static void prepare_request(const struct bench_layout *layout, uint64_t *random,
			    struct bench_query *q, unsigned n)
{
	uint64_t first = bench_layout_first(layout), last = bench_layout_last(layout);

	if (layout->workload >= BENCH_ISLANDS) {
		prepare_request_on_node(layout, q, n);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		q[i].size = (1 + bench_random_below(random, 8)) * BENCH_PAGE;
		q[i].lo = layout->base;
		q[i].hi = layout->end;
		if (layout->workload == BENCH_RANDOM) {
			q[i].hi = first + bench_random_below(random, last - first);
		} else if (layout->workload == BENCH_GAPS) {
			q[i].size = 2 * BENCH_PAGE;
			q[i].hi = last;
		}
	}
}

/* A walk; downwards in `descending`. */
static void prepare_walk(const struct bench_layout *layout, uint64_t *random, struct bench_query *q,
			 unsigned n)
{
	(void)random;
	(void)n;
	q->nid = layout->workload == BENCH_DESCENDING;
}

/* ---- the table --------------------------------------------------------------------------------- */

const struct bench_operation bench_operations[] = {
	{ .name = "add",
	  .loaded = MB_MEMORY,
	  .changes = true,
	  .by_peers = true,
	  .run = BENCH_RUN_ADD,
	  .prepare = prepare_new,
	  .description = "a new range of memory" },
	{ .name = "remove",
	  .loaded = MB_MEMORY,
	  .changes = true,
	  .by_peers = true,
	  .run = BENCH_RUN_REMOVE,
	  .prepare = prepare_existing,
	  .description = "a range of memory goes (gaps: a page out of its middle)" },
	{ .name = "reserve",
	  .loaded = MB_RESERVED,
	  .changes = true,
	  .by_peers = true,
	  .run = BENCH_RUN_RESERVE,
	  .prepare = prepare_new,
	  .description = "a new reserved range (gaps: it joins two others)" },
	{ .name = "free",
	  .loaded = MB_RESERVED,
	  .changes = true,
	  .by_peers = true,
	  .run = BENCH_RUN_FREE,
	  .prepare = prepare_existing,
	  .description = "a reserved range goes (gaps: a page out of its middle)" },
	{ .name = "find_free",
	  .loaded = MB_RESERVED,
	  .by_peers = true,
	  .run = BENCH_RUN_FIND_FREE,
	  .run_on_node = BENCH_RUN_FIND_ON_NODE,
	  .prepare = prepare_request,
	  .description = "find memory (gaps: only the lowest gap fits)" },
	{ .name = "alloc",
	  .loaded = MB_RESERVED,
	  .changes = true,
	  .by_peers = true,
	  .run = BENCH_RUN_ALLOC,
	  .run_on_node = BENCH_RUN_ALLOC_ON_NODE,
	  .prepare = prepare_request,
	  .description = "find memory and reserve it (gaps: only the lowest gap fits)" },
	{ .name = "search",
	  .loaded = MB_RESERVED,
	  .by_peers = true,
	  .run = BENCH_RUN_SEARCH,
	  .prepare = prepare_lookup,
	  .description = "which reserved region holds an address (gaps: none)" },
	{ .name = "overlap",
	  .loaded = MB_RESERVED,
	  .by_peers = true,
	  .run = BENCH_RUN_OVERLAP,
	  .prepare = prepare_lookup,
	  .description = "does a range meet a reserved region (gaps: no)" },
	{ .name = "mark",
	  .loaded = MB_MEMORY,
	  .changes = true,
	  .run = BENCH_RUN_MARK,
	  .prepare = prepare_existing,
	  .description = "mark memory as hotplug (gaps: a page in its middle, two splits)" },
	{ .name = "set_node",
	  .loaded = MB_MEMORY,
	  .changes = true,
	  .run = BENCH_RUN_SET_NODE,
	  .prepare = prepare_existing,
	  .description = "set the node of memory (gaps: a page in its middle, two splits)" },
	{ .name = "iterate",
	  .loaded = MB_MEMORY,
	  .walks = true,
	  .run = BENCH_RUN_ITERATE,
	  .prepare = prepare_walk,
	  .description = "walk over the regions of memory; per region" },
	{ .name = "handover",
	  .loaded = MB_RESERVED,
	  .walks = true,
	  .run = BENCH_RUN_HANDOVER,
	  .prepare = prepare_walk,
	  .description = "walk over free ranges, cut into page orders; per range" },
	{ .name = "walk_free",
	  .loaded = MB_RESERVED,
	  .walks = true,
	  .run = BENCH_RUN_WALK_FREE,
	  .prepare = prepare_walk,
	  .description = "walk over free ranges; per range" },
	{ .name = "free_all",
	  .loaded = MB_RESERVED,
	  .walks = true,
	  .changes = true,
	  .setting = BENCH_HANDOVER,
	  .run = BENCH_RUN_FREE_ALL,
	  .prepare = prepare_walk,
	  .description = "hand all free memory over to a page sink; per block" },
	{ .name = "free_all_undeferred",
	  .loaded = MB_RESERVED,
	  .walks = true,
	  .changes = true,
	  .setting = BENCH_HANDOVER_UNDEFERRED,
	  .run = BENCH_RUN_FREE_ALL,
	  .prepare = prepare_walk,
	  .description = "the same without deferred initialisation of page structs" },
};

const unsigned bench_operation_count = COUNT_OF(bench_operations);

const struct bench_operation *bench_operation_find(const char *name)
{
	for (unsigned i = 0; i < bench_operation_count; i++)
		if (!strcmp(bench_operations[i].name, name))
			return &bench_operations[i];
	return NULL;
}

/* ---- queries of a layout ----------------------------------------------------------------------- */

/* What a walk over the restored @state counts as: ranges, or blocks handed over. */
static uint64_t steps_of_walk(const struct bench_operation *operation, struct bench_state *state)
{
	struct bench_reading nothing = BENCH_READING_OF_NOTHING;
	struct mb *mb = state->mb;
	struct mb_iter it;
	struct mb_range r;
	uint64_t n = 0;

	if (operation->run == BENCH_RUN_FREE_ALL) {
		state->loops->run[BENCH_RUN_FREE_ALL](mb, NULL, 1, &nothing);
		return state->handed.blocks ? state->handed.blocks : 1;
	}
	if (operation->loaded == MB_MEMORY)
		mb_iter_regions(&it, mb, MB_MEMORY, false);
	else
		mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false);
	while (mb_next(&it, &r))
		n++;
	return n ? n : 1;
}

static void size_batches(struct bench_queries *queries, uint32_t n)
{
	queries->batch = n < LARGE ? BATCH_MAX : n < HUGE ? BATCH_LARGE : BATCH_HUGE;
	queries->batches = n < LARGE ? BATCHES : BATCHES_LARGE;
	if (queries->operation->changes && queries->batch > n / 8)
		queries->batch = n / 8 > BATCH_MIN ? n / 8 : BATCH_MIN;
	if (queries->operation->walks)
		queries->batch = queries->batches = 1;
}

static uint64_t run_batch(const struct bench_queries *queries, struct bench_state *state,
			  unsigned i)
{
	struct bench_reading r = BENCH_READING_OF_NOTHING;

	return bench_run_queries(queries, i, queries->batch, state, &r);
}

static bool digest_after(const struct bench_queries *queries, unsigned i)
{
	return i == 0 || i == queries->batches - 1;
}

struct bench_queries *bench_queries_new(const struct bench_operation *operation,
					struct bench_state *reference, uint64_t seed)
{
	const struct bench_layout *layout = reference->layout;
	struct bench_queries *queries = calloc(1, sizeof(*queries));
	uint64_t random =
		bench_hash(bench_hash(seed, layout->digest), operation - bench_operations);
	uint64_t answers = 0;

	if (!queries)
		return NULL;
	queries->operation = operation;
	queries->run = layout->workload >= BENCH_ISLANDS && operation->run_on_node ?
			       operation->run_on_node :
			       operation->run;
	size_batches(queries, layout->n);
	queries->q = calloc((size_t)queries->batches * queries->batch, sizeof(*queries->q));
	queries->expected = calloc(queries->batches, sizeof(*queries->expected));
	if (!queries->q || !queries->expected) {
		bench_queries_free(queries);
		return NULL;
	}
	for (unsigned i = 0; i < queries->batches; i++)
		operation->prepare(layout, &random, &queries->q[(size_t)i * queries->batch],
				   queries->batch);

	bench_state_restore(reference);
	queries->ops = operation->walks ? steps_of_walk(operation, reference) : queries->batch;
	for (unsigned i = 0; i < queries->batches; i++) {
		bench_state_restore(reference);
		queries->expected[i] = run_batch(queries, reference, i);
		answers = bench_hash(answers, queries->expected[i]);
		if (i == 0)
			queries->first_state = bench_state_digest(reference);
		if (i == queries->batches - 1)
			queries->last_state = bench_state_digest(reference);
	}
	answers = bench_hash(answers, queries->first_state);
	queries->answers = (uint32_t)bench_hash(answers, queries->last_state);
	return queries;
}

void bench_queries_free(struct bench_queries *queries)
{
	if (!queries)
		return;
	free(queries->q);
	free(queries->expected);
	free(queries);
}

static uint64_t slots_of(const struct mb *mb)
{
	return (uint64_t)mb->c[MB_MEMORY].max << 32 | mb->c[MB_RESERVED].max;
}

int bench_queries_verify(const struct bench_queries *queries, struct bench_state *state,
			 bool compare, double *ns, char *why, size_t why_size)
{
	double total_ns = 0;

	for (unsigned i = 0; i < queries->batches; i++) {
		uint64_t t = bench_clock_begin();
		uint64_t answer, slots;

		bench_state_restore(state);
		slots = slots_of(state->mb);
		answer = run_batch(queries, state, i);
		total_ns += bench_clock_ns(bench_clock_end() - t);
		if (!compare)
			continue;
		if (slots_of(state->mb) != slots) {
			snprintf(why, why_size,
				 "the slots grow within batch %u, which would be timed with it", i);
			return -1;
		}
		if (answer != queries->expected[i]) {
			snprintf(why, why_size, "answers of batch %u differ from those of array",
				 i);
			return -1;
		}
		if (digest_after(queries, i) &&
		    bench_state_digest(state) != (i ? queries->last_state : queries->first_state)) {
			snprintf(why, why_size, "state after batch %u differs from that of array",
				 i);
			return -1;
		}
	}
	*ns = total_ns / queries->batches;
	return 0;
}

void bench_queries_count(const struct bench_queries *queries, struct bench_state *counted,
			 struct bench_structure *structure)
{
	unsigned batches = queries->batches < 2 ? 1 : 2;
	double ops = (double)batches * (double)queries->ops;

	*structure = (struct bench_structure){ 0 };
	for (unsigned i = 0; i < batches; i++) {
		struct mb_counts before;

		bench_state_restore(counted);
		before = counted->mb->counts;
		run_batch(queries, counted, i);
		structure->regions_visited +=
			(double)(counted->mb->counts.regions_visited - before.regions_visited);
		structure->bytes_moved +=
			(double)(counted->mb->counts.bytes_moved - before.bytes_moved);
		structure->metadata_bytes = (double)mb_metadata_bytes(counted->mb);
	}
	structure->regions_visited /= ops;
	structure->bytes_moved /= ops;
}
