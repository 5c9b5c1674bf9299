/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages_check.c - is every page accounted for, once? See mb_pages_check() in memblock/pages.h.
 *
 * The allocator alone is walked block by block. The comparison with the instance goes through its
 * memory region by region, and within one alternates between what reserved touches and the rest:
 *
 *     memory      [ page | page | page | page | page | page )
 *     reserved              [====)            [==)
 *     expected     given   reserved      given  reserved  given
 *
 * where a page that is touched anywhere is reserved as a whole.
 */
#include <errno.h>
#include <stdio.h>

#include <memblock/variant.h>

#include "pages/pages_impl.h"

static bool complain(struct mb_pages *pages, uint64_t pfn, const char *what)
{
	snprintf(pages->why, sizeof(pages->why), "page 0x%llx: %s", (unsigned long long)pfn, what);
	return false;
}

/* ---- the allocator alone ----------------------------------------------------------------------- */

static bool meets(const struct zone *z, const struct bitset *sets, uint64_t pfn, uint64_t end,
		  unsigned order)
{
	uint64_t base = z->start >> order;

	return bitset_meets(&sets[order], (pfn >> order) - base, ((end - 1) >> order) - base + 1);
}

/* One block against reserved pages and against every block of a lower order. */
static bool check_block(struct mb_pages *pages, const struct zone *z, uint64_t pfn, unsigned order,
			bool is_free)
{
	uint64_t end = pfn + (1ULL << order), buddy = pfn ^ 1ULL << order;

	if (pfn < z->start || end > z->end)
		return complain(pages, pfn, "a block reaches over the end of its memory");
	if (bitset_meets(&z->reserved, pfn - z->start, end - z->start))
		return complain(pages, pfn, "reserved, and in a free or used block");
	for (unsigned o = 0; o < order; o++) {
		if (meets(z, z->free, pfn, end, o) || meets(z, z->used, pfn, end, o))
			return complain(pages, pfn, "blocks overlap");
	}
	if (!is_free)
		return true;
	if (zone_has(z, z->used, pfn, order))
		return complain(pages, pfn, "free and in use");
	if (order < pages->max_order && buddy >= z->start && buddy + (1ULL << order) <= z->end &&
	    zone_has(z, z->free, buddy, order))
		return complain(pages, pfn, "free buddies are not merged");
	return true;
}

static bool check_set(struct mb_pages *pages, const struct zone *z, unsigned order, bool is_free)
{
	const struct bitset *set = is_free ? &z->free[order] : &z->used[order];
	uint64_t found = 0;

	for (uint64_t n = bitset_next(set, 0); n != BITSET_NONE; n = bitset_next(set, n + 1)) {
		if (!check_block(pages, z, (n + (z->start >> order)) << order, order, is_free))
			return false;
		found++;
	}
	if (found != set->count)
		return complain(pages, z->start, "blocks are miscounted");
	return true;
}

static bool check_zone(struct mb_pages *pages, const struct zone *z)
{
	uint64_t blocks = 0;

	for (unsigned o = 0; o <= pages->max_order; o++) {
		if (!check_set(pages, z, o, true) || !check_set(pages, z, o, false))
			return false;
		blocks += (z->free[o].count + z->used[o].count) << o;
	}
	if (pages->handed_over && blocks != z->managed)
		return complain(pages, z->start, "free and used pages are not the managed ones");
	return true;
}

/* ---- against the instance ---------------------------------------------------------------------- */

struct walk {
	struct mb_pages *pages;
	struct mb *mb;
	uint64_t limit; /* pages from here on are not handed over */
};

/* The order of the free or used block that contains @pfn, or -1. */
static int block_of(const struct mb_pages *pages, const struct zone *z, uint64_t pfn)
{
	for (int o = (int)pages->max_order; o >= 0; o--) {
		if (zone_has(z, z->free, pfn, (unsigned)o) ||
		    zone_has(z, z->used, pfn, (unsigned)o))
			return o;
	}
	return -1;
}

/* Memblock has let go of [pfn, end): what it takes there from now on is no old reservation. */
static void forget_late(struct mb_pages *pages, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		struct zone *z = pages_zone(pages, pfn);
		uint64_t n = z ? bitset_next(&z->late, pfn - z->start) : BITSET_NONE;

		if (n == BITSET_NONE || n >= end - z->start)
			return;
		bitset_drop(&z->late, n);
		pfn = z->start + n + 1;
	}
}

/* [pfn, end) is not reserved in memblock: all of it was given. */
static bool expect_given(struct walk *w, uint64_t pfn, uint64_t end)
{
	if (end > w->limit)
		end = w->limit;
	forget_late(w->pages, pfn, end);
	while (pfn < end) {
		const struct zone *z = pages_zone(w->pages, pfn);
		int order;

		if (!z)
			return complain(w->pages, pfn, "memory that the page allocator never saw");
		if (bitset_has(&z->reserved, pfn - z->start))
			return complain(w->pages, pfn, "lost: free in memblock, reserved here");
		order = block_of(w->pages, z, pfn);
		if (order < 0)
			return complain(w->pages, pfn, "lost: neither free nor reserved");
		pfn = (pfn | ((1ULL << order) - 1)) + 1;
	}
	return true;
}

/* [pfn, end) is taken in memblock: reserved here (@set_up), or released since. */
static bool expect_taken(struct walk *w, uint64_t pfn, uint64_t end, bool set_up)
{
	while (pfn < end) {
		const struct zone *z = pages_zone(w->pages, pfn);
		uint64_t last;

		if (!z)
			return complain(w->pages, pfn, "memory that the page allocator never saw");
		last = end < z->end ? end : z->end;
		pfn = z->start + bitset_next_absent(&z->reserved, pfn - z->start, last - z->start);
		if (pfn == last)
			continue;
		if (bitset_has(&z->late, pfn - z->start)) {
			pfn++;
			continue;
		}
		if (block_of(w->pages, z, pfn) >= 0)
			return complain(w->pages, pfn, "both reserved and free");
		if (set_up)
			return complain(w->pages, pfn, "lost: reserved, but nobody said so");
		pfn++;
	}
	return true;
}

/* The whole pages [pfn, end) of an ordinary memory region. */
static bool check_memory(struct walk *w, uint64_t pfn, uint64_t end)
{
	struct mb *mb = w->mb;
	struct mb_iter it;
	struct mb_range r;

	mb_iter_regions(&it, mb, MB_RESERVED, false);
	while (pfn < end && mb_next(&it, &r)) {
		uint64_t first = r.base / mb->page_size;
		uint64_t last = r.end / mb->page_size + (r.end % mb->page_size != 0);

		if (first == last || last <= pfn)
			continue;
		if (first >= end)
			break;
		if (first > pfn && !expect_given(w, pfn, first))
			return false;
		if (first < pfn)
			first = pfn;
		if (last > end)
			last = end;
		if (!expect_taken(w, first, last, !(r.flags & MB_RSRV_NOINIT)))
			return false;
		pfn = last;
	}
	return pfn >= end || expect_given(w, pfn, end);
}

static bool check_instance(struct mb_pages *pages, struct mb *mb)
{
	struct walk w = { pages, mb, mb_handover_end(mb) };
	struct mb_iter it;
	struct mb_range r;

	if (mb->discarded && (!mb->c[MB_MEMORY].cnt || !mb->c[MB_RESERVED].cnt))
		return true;
	mb_iter_regions(&it, mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, (int)mb->max_numnodes, &r)) {
		bool good;

		if (r.flags & MB_NOMAP)
			good = expect_taken(&w, r.base, r.end, true);
		else if (r.flags & MB_DRIVER_MANAGED)
			good = expect_taken(&w, r.base, r.end, false);
		else
			good = check_memory(&w, r.base, r.end);
		if (!good)
			return false;
	}
	return true;
}

int mb_pages_check(struct mb_pages *pages, struct mb *mb, const char **why)
{
	bool good = true;

	if (pages->faults) {
		snprintf(pages->why, sizeof(pages->why), "%s", pages->fault);
		good = false;
	}
	for (uint32_t i = 0; i < pages->zone_count && good; i++)
		good = check_zone(pages, &pages->zones[i]);
	if (good && mb)
		good = check_instance(pages, mb);
	if (why)
		*why = good ? NULL : pages->why;
	return good ? 0 : -EINVAL;
}
