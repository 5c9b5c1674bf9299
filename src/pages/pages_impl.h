/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages_impl.h - what the page allocator (pages.c) and its checks (pages_check.c) share. */
#ifndef MB_PAGES_IMPL_H
#define MB_PAGES_IMPL_H

#include <memblock/pages.h>

#include "pages/bitset_impl.h"

#define PAGES_ORDERS 31 /* mb_init() allows max_page_order up to 30 */

/*
 * Touching whole-page memory of one node. A free block never reaches over its end, so buddies are
 * looked for inside only. Block numbers in free[] and used[] count from start >> order; page numbers
 * in reserved and late from start.
 */
struct zone {
	uint64_t start, end; /* page frames */
	int nid;
	bool has_node;    /* else it is counted to node 0 */
	uint64_t managed; /* pages; valid from the hand-over on */
	struct bitset free[PAGES_ORDERS], used[PAGES_ORDERS];
	struct bitset reserved;
	struct bitset late; /* pages that memblock held reserved when they were released */
};

struct mb_pages {
	struct mb *mb; /* whom mb_pages_attach() let feed it, or NULL */
	uint64_t page_size;
	unsigned max_order, max_numnodes;
	bool handed_over; /* counts of managed pages were reset */
	uint32_t zone_count;
	struct zone *zones; /* ascending */
	void *storage;      /* of all bitmaps */
	uint64_t storage_bytes;
	uint64_t faults;
	char fault[128]; /* the first: what was asked that cannot be */
	char why[128];   /* of the last mb_pages_check() */
};

/* The zone with @pfn, or NULL. */
struct zone *pages_zone(const struct mb_pages *pages, uint64_t pfn);

/* Is the block of @order that contains @pfn a member of @sets[order]? */
static inline bool zone_has(const struct zone *z, const struct bitset *sets, uint64_t pfn,
			    unsigned order)
{
	return bitset_has(&sets[order], (pfn >> order) - (z->start >> order));
}

#endif
