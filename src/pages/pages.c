/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages.c - a buddy allocator in bitmaps; memblock/pages.h says what it is for.
 *
 * A kernel keeps free blocks on lists that run through its page structs. Here a page has no struct:
 * per zone and order there is one bitmap of free blocks and one of used ones (bitset_impl.h), so a free
 * block is one bit wherever it lies, the lowest free block is a few words away, and the bitmaps of a
 * huge machine are address space that nobody touched. A zone is memory that touches and has one
 * node; bitmaps of all zones lie in one mapping.
 *
 * Every event that memblock sends is checked against what is known about the page. What cannot be
 * (a page freed twice) is counted and remembered as a fault and changes nothing, as the caller could
 * not be told: mb_pages_check() reports it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <memblock/variant.h>

#include "pages/pages_impl.h"

/* ---- set-up ------------------------------------------------------------------------------------ */

/* Blocks of @order that a zone meets. */
static uint64_t blocks_in(const struct zone *z, unsigned order)
{
	return ((z->end - 1) >> order) - (z->start >> order) + 1;
}

static uint64_t zone_words(const struct zone *z, unsigned max_order)
{
	uint64_t words = 2 * bitset_words(z->end - z->start);

	for (unsigned o = 0; o <= max_order; o++)
		words += 2 * bitset_words(blocks_in(z, o));
	return words;
}

static uint64_t *zone_init(struct zone *z, unsigned max_order, uint64_t *words)
{
	words = bitset_init(&z->reserved, z->end - z->start, words);
	words = bitset_init(&z->late, z->end - z->start, words);
	for (unsigned o = 0; o <= max_order; o++) {
		words = bitset_init(&z->free[o], blocks_in(z, o), words);
		words = bitset_init(&z->used[o], blocks_in(z, o), words);
	}
	z->managed = z->end - z->start;
	return words;
}

static int add_zone(struct mb_pages *pages, uint32_t *max, uint64_t start, uint64_t end, int nid,
		    bool has_node)
{
	if (start >= end)
		return 0;
	if (pages->zone_count == *max) {
		struct zone *more;

		*max = *max ? 2 * *max : 16;
		more = realloc(pages->zones, *max * sizeof(*more));
		if (!more)
			return -ENOMEM;
		pages->zones = more;
	}
	pages->zones[pages->zone_count++] = (struct zone){
		.start = start,
		.end = end,
		.nid = nid,
		.has_node = has_node,
	};
	return 0;
}

/*
 * Record the memory of @mb: regions of one node that touch become one zone, whole pages of the whole.
 * Their flags do not matter here, as hand-over clears some, which may merge regions inside a page.
 */
static int find_zones(struct mb_pages *pages, struct mb *mb)
{
	uint64_t mask = mb->page_size - 1, base = 0, end = 0;
	uint32_t max = 0;
	struct mb_iter it;
	struct mb_range r;
	int nid = -1, rc = 0;
	bool has_node = false, more;

	mb_iter_regions(&it, mb, MB_MEMORY, false);
	do {
		bool noded = false;
		int node = -1;

		more = mb_next(&it, &r);
		if (more) {
			noded = r.nid >= 0 && (unsigned)r.nid < mb_max_numnodes(mb);
			node = noded ? r.nid : 0;
		}
		if (more && r.base == end && node == nid) {
			end = r.end;
			has_node = has_node && noded;
			continue;
		}
		/* No page begins in the topmost one's last bytes. */
		if (nid >= 0 && base <= mb->addr_max - mask)
			rc = add_zone(pages, &max, (base + mask) / mb->page_size,
				      end / mb->page_size, nid, has_node);
		if (more) {
			base = r.base;
			end = r.end;
			nid = node;
			has_node = noded;
		}
	} while (more && !rc);
	return rc;
}

int mb_pages_create(struct mb *mb, struct mb_pages **out)
{
	struct mb_pages *pages = calloc(1, sizeof(*pages));
	uint64_t words = 1, *at;
	int rc;

	if (!pages)
		return -ENOMEM;
	pages->page_size = mb->page_size;
	pages->max_order = mb->machine.max_page_order;
	pages->max_numnodes = mb->max_numnodes;
	rc = find_zones(pages, mb);
	for (uint32_t i = 0; i < pages->zone_count; i++)
		words += zone_words(&pages->zones[i], pages->max_order);
	if (!rc) {
		void *storage = mmap(NULL, words * sizeof(*at), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (storage == MAP_FAILED)
			rc = -ENOMEM;
		else
			pages->storage = storage;
	}
	if (rc) {
		mb_pages_destroy(pages);
		return rc;
	}
	pages->storage_bytes = words * sizeof(*at);
	at = pages->storage;
	for (uint32_t i = 0; i < pages->zone_count; i++)
		at = zone_init(&pages->zones[i], pages->max_order, at);
	*out = pages;
	return 0;
}

void mb_pages_destroy(struct mb_pages *pages)
{
	if (!pages)
		return;
	if (pages->storage)
		munmap(pages->storage, pages->storage_bytes);
	free(pages->zones);
	free(pages);
}

/* ---- looking ----------------------------------------------------------------------------------- */

/* The first zone that ends above @pfn; zone_count if there is none. */
static uint32_t zone_from(const struct mb_pages *pages, uint64_t pfn)
{
	uint32_t low = 0, high = pages->zone_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (pages->zones[middle].end <= pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct zone *pages_zone(const struct mb_pages *pages, uint64_t pfn)
{
	uint32_t at = zone_from(pages, pfn);

	if (at == pages->zone_count || pages->zones[at].start > pfn)
		return NULL;
	return &pages->zones[at];
}

enum mb_page_state mb_page_state(const struct mb_pages *pages, uint64_t pfn)
{
	const struct zone *z = pages_zone(pages, pfn);

	if (!z)
		return MB_PAGE_ABSENT;
	for (unsigned o = 0; o <= pages->max_order; o++) {
		if (zone_has(z, z->free, pfn, o))
			return MB_PAGE_FREE;
		if (zone_has(z, z->used, pfn, o))
			return MB_PAGE_USED;
	}
	return bitset_has(&z->reserved, pfn - z->start) ? MB_PAGE_RESERVED : MB_PAGE_UNKNOWN;
}

int mb_page_node(const struct mb_pages *pages, uint64_t pfn)
{
	const struct zone *z = pages_zone(pages, pfn);

	return z ? z->nid : -1;
}

void mb_pages_count(const struct mb_pages *pages, int nid, struct mb_pages_counts *out)
{
	*out = (struct mb_pages_counts){ 0 };
	for (uint32_t i = 0; i < pages->zone_count; i++) {
		const struct zone *z = &pages->zones[i];

		if (nid >= 0 && z->nid != nid)
			continue;
		out->present += z->end - z->start;
		out->managed += z->managed;
		out->reserved += z->reserved.count;
		for (unsigned o = 0; o <= pages->max_order; o++) {
			out->free += z->free[o].count << o;
			out->used += z->used[o].count << o;
		}
	}
	out->unknown = out->present - out->reserved - out->free - out->used;
}

uint64_t mb_pages_free_blocks(const struct mb_pages *pages, int nid, unsigned order)
{
	uint64_t blocks = 0;

	for (uint32_t i = 0; i < pages->zone_count && order <= pages->max_order; i++) {
		if (nid < 0 || pages->zones[i].nid == nid)
			blocks += pages->zones[i].free[order].count;
	}
	return blocks;
}

/* ---- blocks ------------------------------------------------------------------------------------ */

static uint64_t block_number(const struct zone *z, uint64_t pfn, unsigned order)
{
	return (pfn >> order) - (z->start >> order);
}

/* Put a block among the free ones, merged with its buddies as far as they are free. */
static void add_free(const struct mb_pages *pages, struct zone *z, uint64_t pfn, unsigned order)
{
	for (; order < pages->max_order; order++) {
		uint64_t buddy = pfn ^ 1ULL << order;

		if (buddy < z->start || buddy + (1ULL << order) > z->end ||
		    !zone_has(z, z->free, buddy, order))
			break;
		bitset_drop(&z->free[order], block_number(z, buddy, order));
		pfn &= ~(1ULL << order);
	}
	bitset_add(&z->free[order], block_number(z, pfn, order));
}

/* Take the lowest free block of order @from in @z, cut down to @order; MB_PAGES_NONE without one. */
static uint64_t take(struct zone *z, unsigned from, unsigned order)
{
	uint64_t number = bitset_next(&z->free[from], 0);
	uint64_t pfn;

	if (number == BITSET_NONE)
		return MB_PAGES_NONE;
	bitset_drop(&z->free[from], number);
	pfn = (number + (z->start >> from)) << from;
	while (from > order) { /* keep the lower half, the upper one stays free */
		from--;
		bitset_add(&z->free[from], block_number(z, pfn + (1ULL << from), from));
	}
	bitset_add(&z->used[order], block_number(z, pfn, order));
	return pfn;
}

static uint64_t take_on_node(struct mb_pages *pages, unsigned order, int nid)
{
	for (unsigned from = order; from <= pages->max_order; from++) {
		for (uint32_t i = 0; i < pages->zone_count; i++) {
			uint64_t pfn = MB_PAGES_NONE;

			if (pages->zones[i].nid == nid)
				pfn = take(&pages->zones[i], from, order);
			if (pfn != MB_PAGES_NONE)
				return pfn;
		}
	}
	return MB_PAGES_NONE;
}

/* The lowest node above @nid; INT32_MAX if there is none. */
static int node_after(const struct mb_pages *pages, int nid)
{
	int next = INT32_MAX;

	for (uint32_t i = 0; i < pages->zone_count; i++) {
		int node = pages->zones[i].nid;

		if (node > nid && node < next)
			next = node;
	}
	return next;
}

uint64_t mb_pages_alloc(struct mb_pages *pages, unsigned order, int nid)
{
	uint64_t pfn = MB_PAGES_NONE;

	if (order > pages->max_order)
		return MB_PAGES_NONE;
	if (nid >= 0)
		pfn = take_on_node(pages, order, nid);
	for (int node = -1; pfn == MB_PAGES_NONE;) {
		node = node_after(pages, node);
		if (node == INT32_MAX)
			return MB_PAGES_NONE;
		pfn = take_on_node(pages, order, node);
	}
	return pfn;
}

int mb_pages_free(struct mb_pages *pages, uint64_t pfn, unsigned order)
{
	struct zone *z = pages_zone(pages, pfn);

	if (!z || order > pages->max_order || pfn & ((1ULL << order) - 1) ||
	    !zone_has(z, z->used, pfn, order))
		return -EINVAL;
	bitset_drop(&z->used[order], block_number(z, pfn, order));
	add_free(pages, z, pfn, order);
	return 0;
}

/* ---- what memblock says ------------------------------------------------------------------------ */

static void fault(struct mb_pages *pages, const char *what, uint64_t pfn)
{
	if (!pages->faults++)
		snprintf(pages->fault, sizeof(pages->fault), "page 0x%llx: %s",
			 (unsigned long long)pfn, what);
}

static void on_reset_managed(void *ctx)
{
	struct mb_pages *pages = ctx;

	pages->handed_over = true;
	for (uint32_t i = 0; i < pages->zone_count; i++)
		pages->zones[i].managed = 0;
}

/* Does a free or used block meet [pfn, end) of @z? */
static bool meets_block(const struct mb_pages *pages, const struct zone *z, uint64_t pfn,
			uint64_t end)
{
	for (unsigned o = 0; o <= pages->max_order; o++) {
		uint64_t first = block_number(z, pfn, o);
		uint64_t last = block_number(z, end - 1, o);

		if (bitset_meets(&z->free[o], first, last + 1) ||
		    bitset_meets(&z->used[o], first, last + 1))
			return true;
	}
	return false;
}

/* [pfn, end) of @z is reserved. */
static void reserve_pages(struct mb_pages *pages, struct zone *z, uint64_t pfn, uint64_t end)
{
	if (!meets_block(pages, z, pfn, end)) {
		bitset_add_range(&z->reserved, pfn - z->start, end - z->start);
		return;
	}
	for (; pfn < end; pfn++) {
		if (meets_block(pages, z, pfn, pfn + 1))
			fault(pages, "reserved after it was freed", pfn);
		else
			bitset_add(&z->reserved, pfn - z->start);
	}
}

/* Pages outside memory have no page struct: reserved ranges may well lie there. */
static void on_init_reserved(void *ctx, uint64_t base, uint64_t end, int nid)
{
	struct mb_pages *pages = ctx;
	uint64_t pfn = base / pages->page_size;
	uint64_t end_pfn = end / pages->page_size + (end % pages->page_size != 0);

	for (uint32_t i = zone_from(pages, pfn); i < pages->zone_count; i++) {
		struct zone *z = &pages->zones[i];
		uint64_t first = pfn > z->start ? pfn : z->start;
		uint64_t last = end_pfn < z->end ? end_pfn : z->end;

		if (first >= last)
			break;
		/* A range without a node of its own is told with that of its first page. */
		if (first == pfn && z->has_node && nid >= 0 &&
		    (unsigned)nid < pages->max_numnodes && nid != z->nid)
			fault(pages, "reserved on a node that is not its own", first);
		reserve_pages(pages, z, first, last);
	}
}

/* Has a page of the block been free, used or reserved before? */
static bool block_is_known(const struct mb_pages *pages, const struct zone *z, uint64_t pfn,
			   unsigned order)
{
	uint64_t end = pfn + (1ULL << order);

	return bitset_meets(&z->reserved, pfn - z->start, end - z->start) ||
	       meets_block(pages, z, pfn, end);
}

static void on_free_block(void *ctx, uint64_t pfn, unsigned order)
{
	struct mb_pages *pages = ctx;
	struct zone *z = pages_zone(pages, pfn);

	if (order > pages->max_order || pfn & ((1ULL << order) - 1))
		fault(pages, "a block that is too large or not aligned", pfn);
	else if (!z || pfn + (1ULL << order) > z->end)
		fault(pages, "freed, but not memory of one node", pfn);
	else if (block_is_known(pages, z, pfn, order))
		fault(pages, "freed, but reserved or free already", pfn);
	else {
		add_free(pages, z, pfn, order);
		z->managed += 1ULL << order;
		pages->handed_over = true;
	}
}

/* Has memblock a reservation in the page? As far as is known: without an instance to ask it has. */
static bool is_held(const struct mb_pages *pages, uint64_t pfn)
{
	return !pages->mb ||
	       mb_is_region_reserved(pages->mb, pfn * pages->page_size, pages->page_size);
}

static void on_free_page(void *ctx, uint64_t pfn)
{
	struct mb_pages *pages = ctx;
	struct zone *z = pages_zone(pages, pfn);

	if (!z || !bitset_has(&z->reserved, pfn - z->start)) {
		fault(pages, "released, but not reserved", pfn);
		return;
	}
	bitset_drop(&z->reserved, pfn - z->start);
	if (is_held(pages, pfn))
		bitset_add(&z->late, pfn - z->start);
	add_free(pages, z, pfn, 0);
	z->managed++;
}

void mb_pages_sink(struct mb_pages *pages, struct mb_page_sink *sink)
{
	*sink = (struct mb_page_sink){
		.ctx = pages,
		.reset_managed = on_reset_managed,
		.init_reserved = on_init_reserved,
		.free_block = on_free_block,
		.free_page = on_free_page,
	};
}

void mb_pages_attach(struct mb_pages *pages, struct mb *mb)
{
	struct mb_page_sink sink;

	mb_pages_sink(pages, &sink);
	pages->mb = mb;
	mb_set_page_sink(mb, &sink);
}
