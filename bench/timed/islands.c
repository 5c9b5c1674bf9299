/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * islands.c - layouts in two dimensions: n regions of memory x n of reserved (islands_impl.h).
 *
 * For an alignment A of 64 KiB and more an island is a little less than 4A long, and a reserved region parts it.
 * A request wants A bytes:
 *
 *     0         A         2A        3A        4A
 *     |..######################################..|      memory
 *     |..       .       |==|        .          ..|      right node: no gap holds [A, 2A) or [2A, 3A) or [3A, 4A)
 *     |..       .         .         .        ==..|      others: both of the middle do
 *
 * though each gap on the right node is nearly 2A long: a search by length alone looks into each. For 4 KiB a request is two
 * pages, gaps on the right node are one page each, the others' six. Holes of four pages and more part the islands.
 *
 * The harbour, on the right node, has room for a whole batch. It lies where a search comes last.
 */
#include "timed/islands_impl.h"

#include <stdlib.h>

#define ISLANDS_BASE (UINT64_C(2) << 40) /* above the metadata */
#define EDGE (2 * BENCH_PAGE)
#define HARBOUR_BLOCKS 70u /* a batch, and its ends */

struct bench_islands bench_islands_of(enum bench_workload workload)
{
	static const uint64_t aligns[] = { BENCH_PAGE, 64 << 10, 2 << 20, 1 << 30 };
	unsigned which = workload - BENCH_ISLANDS;

	return (struct bench_islands){ .nodes = which < 8 ? 2 : 64,
				       .align = aligns[which / 2 % 4],
				       .size = which / 2 % 4 ? aligns[which / 2 % 4] :
							       2 * BENCH_PAGE,
				       .up = which % 2 };
}

static struct mb_region region(uint64_t base, uint64_t end, int nid)
{
	return (struct mb_region){ .base = base, .size = end - base, .nid = nid };
}

/* The island at @at, and its reserved region; where the next one may lie. */
static uint64_t set_island(const struct bench_islands *islands, uint64_t at, int nid,
			   struct mb_region *memory, struct mb_region *reserved)
{
	uint64_t a = islands->align, page = BENCH_PAGE;

	if (a == page) {
		*memory = region(at, at + (nid ? 7 : 3) * page, nid);
		*reserved = region(at + (nid ? 6 : 1) * page, at + (nid ? 7 : 2) * page, 0);
		return at + 16 * page;
	}
	*memory = region(at + EDGE, at + 4 * a - EDGE, nid);
	if (nid)
		*reserved = region(at + 4 * a - EDGE - page, at + 4 * a - EDGE, 0);
	else
		*reserved = region(at + 2 * a - page, at + 2 * a + page, 0);
	return at + 4 * a;
}

/* Reserved at both ends, so that all collections begin and end alike. */
static uint64_t set_harbour(struct bench_layout *layout, uint64_t at, struct mb_region *memory,
			    struct mb_region *low, struct mb_region *high)
{
	struct bench_islands islands = bench_islands_of(layout->workload);
	uint64_t end = at + HARBOUR_BLOCKS * islands.size;

	*memory = region(at, end, 0);
	*low = region(at, at + BENCH_PAGE, 0);
	*high = region(end - BENCH_PAGE, end, 0);
	layout->harbour = at;
	layout->harbour_end = end;
	return end + 4 * islands.size;
}

bool bench_islands_fill(struct bench_layout *layout)
{
	struct bench_islands islands = bench_islands_of(layout->workload);
	uint32_t n = layout->n, count = n - 1;
	struct mb_region *memory = calloc((size_t)n + 1, sizeof(*memory));
	struct mb_region *reserved = calloc((size_t)n + 1, sizeof(*reserved));
	struct mb_region *island = memory + 1, *taken = reserved;
	uint64_t at = ISLANDS_BASE;

	layout->memory = memory;
	layout->reserved = reserved;
	if (!memory || !reserved)
		return false;
	memory[0] = region(BENCH_METADATA_BASE, BENCH_METADATA_BASE + BENCH_METADATA_SIZE, 0);
	layout->base = at;
	if (!islands.up) {
		at = set_harbour(layout, at, island++, taken, taken + 1);
		taken += 2;
	}
	for (uint32_t i = 1; i < count; i++)
		at = set_island(&islands, at, (int)(i % islands.nodes), island++, taken++);
	if (islands.up)
		at = set_harbour(layout, at, island, taken, taken + 1);
	layout->end = at;
	layout->regions = layout->loaded == MB_MEMORY ? memory + 1 : reserved;
	return true;
}

int bench_islands_load(struct mb *mb, const struct bench_layout *layout)
{
	bool loads_memory = layout->loaded == MB_MEMORY;
	int rc = mb_add(mb, BENCH_METADATA_BASE, BENCH_METADATA_SIZE);

	if (rc)
		return rc;
	mb_allow_resize(mb);
	for (uint32_t i = 0; i < layout->n;
	     i++) /* none yet: reservations are made before nodes are known */
		layout->reserved[i].nid = (int)mb_max_numnodes(mb);
	/* Reserved first: its slots find room in the metadata's memory only as long as there is no other. */
	rc = mb_load(mb, MB_RESERVED, layout->reserved, layout->n,
		     loads_memory ? NULL : layout->order);
	if (!rc)
		rc = mb_load(mb, MB_MEMORY, layout->memory, layout->n,
			     loads_memory ? layout->order : NULL);
	return rc;
}
