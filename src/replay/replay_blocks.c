/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_blocks.c - how whole the memory is that a boot leaves: aligned blocks in its free ranges.
 *
 *     free        [..............)    [...)      [...........)
 *     aligned         |====|====|                   |====|         three blocks
 *
 * Two free ranges that touch on one node are one: memory regions that differ in flags alone are one piece to the page
 * allocator. Those of two nodes are not.
 */
#include <memblock/replay.h>

static uint64_t blocks_in(uint64_t base, uint64_t end, unsigned shift)
{
	uint64_t first = (base >> shift) + !!(base & ((1ULL << shift) - 1)), limit = end >> shift;

	return limit > first ? limit - first : 0;
}

static void count_piece(struct mb_free_blocks *blocks, uint64_t base, uint64_t end)
{
	if (base == end)
		return;
	blocks->pieces++;
	blocks->bytes += end - base;
	blocks->blocks_2m += blocks_in(base, end, 21);
	blocks->blocks_1g += blocks_in(base, end, 30);
}

void mb_count_free_blocks(struct mb *mb, struct mb_free_blocks *blocks)
{
	uint64_t base = 0, end = 0;
	int nid = MB_NUMA_NO_NODE;
	struct mb_range r;
	struct mb_iter it;

	*blocks = (struct mb_free_blocks){ .known = true };
	/* Hotplug: a hand-over takes that mark away before it asks. */
	for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_HOTPLUG, false); mb_next(&it, &r);) {
		if (r.base != end || r.nid != nid) {
			count_piece(blocks, base, end);
			base = r.base;
			nid = r.nid;
		}
		end = r.end;
	}
	count_piece(blocks, base, end);
}
