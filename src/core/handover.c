/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover.c - the end of memblock: all free memory goes to the page allocator, and what follows.
 *
 *     memory      |############|      |##########|
 *     reserved       |==|  |=|           |==|
 *     given       [..]  [..] [.]      [..]  [....]      whole pages, as blocks of 2^order pages
 *
 * mb_free_all() tells the page allocator (struct mb_page_sink) which pages are reserved, then gives
 * it everything else in ascending order, cut into the largest blocks that alignment allows. From
 * then on memblock's collections are history: memory that was reserved is released page by page
 * (mb_free_late(), mb_free_reserved_area(), and with profiles that have free_releases_pages every
 * ordinary free once slab is up), and mb_discard() gives back the arrays themselves.
 *
 * Between the hand-over and slab an allocation still succeeds and returns memory that the page
 * allocator owns as well. Nothing detects that here, as nothing does in a kernel; mb_pages_check()
 * (memblock/pages.h) does.
 *
 * A kernel with a flat, holey memmap first frees the parts of it that describe holes; an instance
 * has no memmap, so that step has nothing to do.
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

void mb_set_page_sink(struct mb *mb, const struct mb_page_sink *sink)
{
	static const struct mb_page_sink none;

	mb->sink = sink ? *sink : none;
	settings_changed(mb);
}

void mb_reset_all_zones_managed_pages(struct mb *mb)
{
	if (IS_WHOLE(mb, reset_all_zones_managed_pages)) {
		WHOLE(mb, reset_all_zones_managed_pages);
		return;
	}
	if (mb->managed_reset)
		return;
	mb->managed_reset = true;
	if (mb->sink.reset_managed)
		mb->sink.reset_managed(mb->sink.ctx);
}

/* ---- reserved pages ---------------------------------------------------------------------------- */

static void init_reserved(struct mb *mb, uint64_t base, uint64_t end, int nid)
{
	if (mb->sink.init_reserved)
		mb->sink.init_reserved(mb->sink.ctx, base, end, nid);
}

static bool node_is_valid(const struct mb *mb, int nid)
{
	return nid >= 0 && (uint32_t)nid < mb->max_numnodes;
}

/* The node of the page with @addr; the first one where memory does not say. */
static int node_of_page(struct mb *mb, uint64_t addr)
{
	struct mb_region r;

	if (mb_search(mb, MB_MEMORY, addr & ~(mb->page_size - 1), &r) && node_is_valid(mb, r.nid))
		return r.nid;
	return 0;
}

/*
 * None of these is inlined: iterators are large, and a kernel's stack is not.
 *
 * Old kernels: reserved ranges, then NOMAP ones, and nobody asks for nodes.
 */
static __attribute__((noinline)) void init_reserved_without_nodes(struct mb *mb)
{
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	mb_iter_ranges(&it, mb, MB_RESERVED, MB_COLLECTIONS, MB_NUMA_NO_NODE, 0, false);
	while (mb_next(&it, &r))
		init_reserved(mb, r.base, r.end, MB_NUMA_NO_NODE);
	for (mb_iter_regions(&it, mb, MB_MEMORY, false); mb_next(&it, &r);) {
		if (r.flags & MB_NOMAP)
			init_reserved(mb, r.base, r.end, MB_NUMA_NO_NODE);
	}
}

/*
 * Stamp the nodes of memory on reserved, which cuts reserved regions at node boundaries. Cutting may
 * grow the reserved array, which adds a region of its own, perhaps in memory that was already passed:
 * then everything is done once more.
 */
static __attribute__((noinline)) void stamp_nodes(struct mb *mb)
{
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;
	uint32_t slots;

	do {
		slots = mb_max(mb, MB_RESERVED);
		for (mb_iter_regions(&it, mb, MB_MEMORY, false); mb_next(&it, &r);) {
			int nid = mb->machine.no_numa ? 0 : r.nid;

			if (r.flags & MB_NOMAP)
				init_reserved(mb, r.base, r.end, nid);
			mb_set_node(mb, r.base, r.end - r.base, MB_RESERVED, nid);
		}
	} while (mb_max(mb, MB_RESERVED) != slots);
}

static __attribute__((noinline)) void init_reserved_with_nodes(struct mb *mb)
{
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	stamp_nodes(mb);
	if (!mb->sink.init_reserved)
		return;
	for (mb_iter_regions(&it, mb, MB_RESERVED, false); mb_next(&it, &r);) {
		int nid = r.nid;

		if (r.flags & MB_RSRV_NOINIT)
			continue;
		if (!node_is_valid(mb, nid))
			nid = node_of_page(mb, r.base);
		init_reserved(mb, r.base, r.end, nid);
	}
}

/* ---- free pages -------------------------------------------------------------------------------- */

/* Give [pfn, end) away in the largest blocks that alignment, @largest and the end allow. */
static inline void free_pages(const struct mb_page_sink *sink, uint64_t pfn, uint64_t end,
			      uint64_t largest)
{
	do {
		unsigned order = (unsigned)__builtin_ctzll(pfn | largest);

		if (end - pfn < 1ULL << order)
			order = 63 - (unsigned)__builtin_clzll(end - pfn);
		sink->free_block(sink->ctx, pfn, order);
		pfn += 1ULL << order;
	} while (pfn < end);
}

uint64_t mb_free_all(struct mb *mb)
{
	/* Dividing takes longer than the rest. */
	const unsigned page_shift = (unsigned)__builtin_ctzll(mb->page_size);
	const uint64_t largest = 1ULL << mb->machine.max_page_order;
	uint64_t pages = 0, limit = mb_handover_end(mb);
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	if (IS_WHOLE(mb, free_all))
		return WHOLE(mb, free_all);
	mb_reset_all_zones_managed_pages(mb);
	mb_clear_kho_scratch_only(mb);
	mb_clear_hotplug(mb, 0, mb->addr_max);
	if (mb->profile->nomap_pages_first)
		init_reserved_with_nodes(mb);
	else
		init_reserved_without_nodes(mb);

	for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false); mb_next(&it, &r);) {
		uint64_t pfn, end = r.end >> page_shift;

		/* A start in the topmost page has no page above it to round up to. */
		if (r.base > mb->addr_max - (mb->page_size - 1))
			continue;
		pfn = (r.base + mb->page_size - 1) >> page_shift;
		if (end > limit)
			end = limit;
		if (pfn >= end)
			continue;
		pages += end - pfn;
		if (mb->sink.free_block)
			free_pages(&mb->sink, pfn, end, largest);
	}
	return pages;
}

/* ---- after the hand-over ----------------------------------------------------------------------- */

static void free_late(struct mb *mb, uint64_t base, uint64_t size, unsigned long long caller)
{
	log_range(mb, "memblock_free_late", base, size, caller);
	if (mb->hooks.leak_free)
		mb->hooks.leak_free(mb->hooks.ctx, base, (size_t)size);
	mb_release_pages(mb, base, (base + size) & mb->addr_max);
}

void mb_free_late(struct mb *mb, uint64_t base, uint64_t size)
{
	assert_no_wrap(mb, base, size);
	if (IS_WHOLE(mb, free_late)) {
		WHOLE(mb, free_late, base, size);
		return;
	}
	free_late(mb, base, size, CALLER);
}

/* Fill [base, base + size), which is whole pages, with @byte. */
static void poison_pages(struct mb *mb, uint64_t base, uint64_t size, int byte)
{
	void *at;

	if (!mb->zeroing)
		return;
	if (!byte && mb->hooks.zero) {
		mb->hooks.zero(mb->hooks.mem_ctx, base, size);
		return;
	}
	at = mb->hooks.map ? mb->hooks.map(mb->hooks.mem_ctx, base, size) : NULL;
	if (at)
		mb_memset(at, byte, size);
}

uint64_t mb_free_reserved_area(struct mb *mb, void *start, void *end, int poison, const char *name)
{
	uint64_t base = mb_virt_to_phys(mb, start), limit = mb_virt_to_phys(mb, end);
	uint64_t mask = mb->page_size - 1, pages = 0;

	if (IS_WHOLE(mb, free_reserved_area))
		return WHOLE(mb, free_reserved_area, start, end, poison, name);
	if (mb->profile->free_releases_pages && mb->machine.keep_memblock && limit > base)
		mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, limit - base);
	/* A start in the topmost page has no page above it to round up to. */
	base = base > mb->addr_max - mask ? mb->addr_max : (base + mask) & ~mask;
	limit &= ~mask;
	if (mb_can_release(mb) && base < limit) {
		if (poison >= 0 && poison <= 255)
			poison_pages(mb, base, limit - base, poison);
		pages = mb_release_pages(mb, base, limit);
	}
	if (pages && name)
		mb_log(mb, MB_INFO, "Freeing %s memory: %lluK", name,
		       (unsigned long long)(pages * mb->page_size / 1024));
	return pages;
}

/* A piece of storage of a collection goes back to where it came from. Static slots stay as they are. */
static void give_back(struct mb *mb, const struct mb_segment *s)
{
	if (s->origin == MB_SLAB && mb->hooks.slab_free)
		mb->hooks.slab_free(mb->hooks.ctx, s->slots, s->bytes);
	else if (s->origin == MB_MANAGED && mb->profile->free_releases_pages)
		mb_phys_free(mb, s->pa, s->bytes);
	else if (s->origin == MB_MANAGED)
		free_late(mb, s->pa, s->bytes, CALLER);
}

/* The newest piece first: an ordinary free before slab is up still edits reserved, which may add another. */
static void give_back_all(struct mb *mb, enum mb_which which)
{
	struct mb_segment s;
	unsigned n = 0;

	while (mb_storage(mb, &mb->c[which], n, &s))
		n++;
	while (n--)
		if (mb_storage(mb, &mb->c[which], n, &s))
			give_back(mb, &s);
}

void mb_discard(struct mb *mb)
{
	if (IS_WHOLE(mb, discard)) {
		WHOLE(mb, discard);
		return;
	}
	if (mb->machine.keep_memblock)
		return;
	/* What arrays described is gone with them, but not before both are: see above. */
	give_back_all(mb, MB_RESERVED);
	give_back_all(mb, MB_MEMORY);
	for (int i = MB_MEMORY; i <= MB_RESERVED; i++) {
		if (mb->c[i].origin == MB_MANAGED || mb->c[i].origin == MB_SLAB)
			mb_reset_collection(mb, i);
	}
	mb->discarded = true;
}
