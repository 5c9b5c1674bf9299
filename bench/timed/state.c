/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.c - building the synthetic states of state.h.
 *
 * A state is loaded (mb_load(), linear time) instead of being built by n operations: 65536 random
 * inserts into a list would take minutes. mb_load() takes the order in which slots would have been
 * handed out, so the memory layout is the one that the inserts would have left.
 */
#include "timed/state.h"

#include "measure/random.h"
#include "timed/islands_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *const bench_workload_names[BENCH_SYNTHETIC] = {
	[BENCH_RANDOM] = "random",
	[BENCH_ASCENDING] = "ascending",
	[BENCH_DESCENDING] = "descending",
	[BENCH_GAPS] = "gaps",
	[BENCH_ISLANDS] = "islands-2-4K",
	[BENCH_ISLANDS + 1] = "islands-2-4K-up",
	[BENCH_ISLANDS + 2] = "islands-2-64K",
	[BENCH_ISLANDS + 3] = "islands-2-64K-up",
	[BENCH_ISLANDS + 4] = "islands-2-2M",
	[BENCH_ISLANDS + 5] = "islands-2-2M-up",
	[BENCH_ISLANDS + 6] = "islands-2-1G",
	[BENCH_ISLANDS + 7] = "islands-2-1G-up",
	[BENCH_ISLANDS + 8] = "islands-64-4K",
	[BENCH_ISLANDS + 9] = "islands-64-4K-up",
	[BENCH_ISLANDS + 10] = "islands-64-64K",
	[BENCH_ISLANDS + 11] = "islands-64-64K-up",
	[BENCH_ISLANDS + 12] = "islands-64-2M",
	[BENCH_ISLANDS + 13] = "islands-64-2M-up",
	[BENCH_ISLANDS + 14] = "islands-64-1G",
	[BENCH_ISLANDS + 15] = "islands-64-1G-up",
};

const char *const bench_workload_descriptions[BENCH_SYNTHETIC] = {
	[BENCH_RANDOM] = "regions inserted in random order; operations at random places",
	[BENCH_ASCENDING] = "inserted in address order; operations proceed upwards",
	[BENCH_DESCENDING] = "inserted against address order; operations proceed downwards",
	[BENCH_GAPS] = "adversarial: a search looks at every gap; changes merge and split",
	[BENCH_ISLANDS... BENCH_SYNTHETIC - 1] =
		"stress: memory x reserved on so many nodes; no gap on the right one holds an aligned block",
};

#define WINDOW_BASE (UINT64_C(4) << 30)
#define MARGIN (UINT64_C(16) << 20) /* room below the first region and above the last */

static void shuffle(uint32_t *order, uint32_t n, uint64_t *random)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = (uint32_t)bench_random_below(random, i);
		uint32_t swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

static void order_slots(struct bench_layout *layout, uint64_t *random)
{
	for (uint32_t i = 0; i < layout->n; i++)
		layout->order[i] = layout->workload == BENCH_DESCENDING ? layout->n - 1 - i : i;
	if (layout->workload != BENCH_DESCENDING)
		shuffle(layout->order, layout->n, random);
}

static uint64_t layout_digest(const struct bench_layout *layout)
{
	uint64_t hash = bench_hash(layout->workload, layout->loaded);
	const struct mb_region *other = layout->loaded == MB_MEMORY ? layout->reserved :
								      layout->memory;

	for (uint32_t i = 0; i < layout->count; i++) {
		hash = bench_hash(hash, layout->regions[i].base);
		hash = bench_hash(hash, layout->regions[i].size);
	}
	for (uint32_t i = 0; layout->order && i < layout->n; i++)
		hash = bench_hash(hash, layout->order[i]);
	for (uint32_t i = 0; other && i < layout->n; i++)
		hash = bench_hash(hash, other[i].base ^ other[i].size);
	return hash;
}

/* The regions of all workloads but islands. */
static bool fill(struct bench_layout *layout, uint64_t *random)
{
	uint64_t at = WINDOW_BASE + MARGIN;

	layout->regions = calloc((size_t)layout->count + 1, sizeof(*layout->regions));
	if (!layout->regions)
		return false;
	for (uint32_t i = 0; i < layout->count; i++) {
		uint64_t gap = layout->workload == BENCH_GAPS ? 1 :
								3 + bench_random_below(random, 6);
		uint64_t pages = 3 + bench_random_below(random, 6);

		at += gap * BENCH_PAGE;
		layout->regions[i].base = at;
		layout->regions[i].size = pages * BENCH_PAGE;
		at += pages * BENCH_PAGE;
	}
	layout->base = WINDOW_BASE;
	layout->end = at + MARGIN;
	return true;
}

struct bench_layout *bench_layout_new(enum bench_workload workload, enum mb_which loaded,
				      uint32_t n, uint64_t seed)
{
	struct bench_layout *layout = calloc(1, sizeof(*layout));
	uint64_t random = bench_hash(bench_hash(bench_hash(seed, workload), loaded), n);
	bool filled;

	if (!layout)
		return NULL;
	layout->workload = workload;
	layout->loaded = loaded;
	layout->n = n;
	layout->count = loaded == MB_MEMORY ? n - 1 : n;
	filled = workload >= BENCH_ISLANDS ? bench_islands_fill(layout) : fill(layout, &random);
	if (workload != BENCH_ASCENDING)
		layout->order = calloc(n, sizeof(*layout->order));
	if (!filled || (workload != BENCH_ASCENDING && !layout->order)) {
		bench_layout_free(layout);
		return NULL;
	}
	if (layout->order)
		order_slots(layout, &random);
	layout->digest = layout_digest(layout);
	return layout;
}

void bench_layout_free(struct bench_layout *layout)
{
	if (!layout)
		return;
	if (layout->workload < BENCH_ISLANDS)
		free(layout->regions);
	free(layout->memory);
	free(layout->reserved);
	free(layout->order);
	free(layout);
}

/* A peer has no call that marks memory; but it takes none of it either, so that can be NOMAP from the start. */
static int load_one(struct mb *mb, const struct bench_layout *layout, bool is_peer)
{
	uint32_t flags = is_peer ? MB_NOMAP : MB_NONE;
	int nid = (int)mb_max_numnodes(mb);
	uint32_t count = layout->count;
	int rc;

	rc = mb_add_node(mb, BENCH_METADATA_BASE, BENCH_METADATA_SIZE, nid, flags);
	if (rc)
		return rc;
	mb_allow_resize(mb);
	for (uint32_t i = 0; i < count; i++)
		layout->regions[i].nid = nid;
	if (layout->loaded == MB_MEMORY) {
		layout->regions[count] = (struct mb_region){ .base = BENCH_METADATA_BASE,
							     .size = BENCH_METADATA_SIZE,
							     .flags = flags,
							     .nid = nid };
		rc = mb_load(mb, MB_MEMORY, layout->regions, count + 1, layout->order);
	} else {
		rc = mb_add(mb, layout->base, layout->end - layout->base);
		if (!rc)
			rc = mb_load(mb, MB_RESERVED, layout->regions, count, layout->order);
	}
	return rc;
}

static int load(struct mb *mb, const struct bench_layout *layout, bool is_peer)
{
	bool islands = layout->workload >= BENCH_ISLANDS;
	int rc = islands ? bench_islands_load(mb, layout) : load_one(mb, layout, is_peer);

	if (rc)
		return rc;
	if (layout->setting != BENCH_EARLY && !islands)
		rc = mb_set_node(mb, 0, UINT64_MAX, MB_MEMORY, 0);
	if (rc)
		return rc;
	if (!is_peer)
		rc = mb_mark_nomap(mb, BENCH_METADATA_BASE, BENCH_METADATA_SIZE);
	mb_set_bottom_up(mb, islands ? bench_islands_of(layout->workload).up :
				       layout->workload == BENCH_ASCENDING);
	return rc;
}

int bench_state_new(const struct bench_layout *layout, const struct mb_variant_spec *spec,
		    enum mb_metadata metadata, struct bench_state **out, char *why, size_t why_size)
{
	struct mb_machine machine = { .metadata = metadata,
				      .profile = layout->profile,
				      .no_deferred_init = layout->setting ==
							  BENCH_HANDOVER_UNDEFERRED };
	struct bench_state *state = calloc(1, sizeof(*state));
	struct mb_page_sink sink;
	const char *broken = "";
	int rc;

	*why = '\0';
	if (!state)
		return -ENOMEM;
	state->layout = layout;
	state->loops = bench_loops_of(spec->build);
	sink = state->loops->sink;
	sink.ctx = &state->handed;
	rc = mb_create(&machine, NULL, spec, &state->mb);
	if (!rc)
		mb_set_page_sink(state->mb, &sink);
	if (!rc && spec->variant->kind != MB_KIND_NULL) { /* null holds nothing */
		mb_set_zeroing(state->mb, false);
		rc = load(state->mb, layout, spec->variant->kind == MB_KIND_PEER);
		if (!rc && mb_check(state->mb, &broken)) {
			snprintf(why, why_size, "state is broken after loading: %s: %s", spec->name,
				 broken);
			rc = -EBADMSG;
		}
	}
	if (!rc) {
		state->snapshot = malloc(mb_snapshot_size(state->mb));
		if (!state->snapshot)
			rc = -ENOMEM;
	}
	if (rc) {
		bench_state_free(state);
		return rc;
	}
	mb_snapshot(state->mb, state->snapshot);
	*out = state;
	return 0;
}

void bench_state_free(struct bench_state *state)
{
	if (!state)
		return;
	mb_destroy(state->mb);
	free(state->snapshot);
	free(state);
}

uint64_t bench_state_digest(const struct bench_state *state)
{
	uint64_t hash = 0;

	for (unsigned which = MB_MEMORY; which <= MB_RESERVED; which++) {
		struct mb_iter it;
		struct mb_range r;

		hash = bench_hash(hash, which);
		for (mb_iter_regions(&it, state->mb, which, false); mb_next(&it, &r);) {
			if (r.base - BENCH_METADATA_BASE < BENCH_METADATA_SIZE ||
			    r.base == r.end) /* or 6.1's of nothing */
				continue;
			hash = bench_hash(hash, r.base);
			hash = bench_hash(hash, r.end);
			hash = bench_hash(hash, (uint32_t)r.nid);
			hash = bench_hash(hash, r.flags);
		}
	}
	return hash;
}
