/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iterate.c - iteration by batch.
 *
 * An iterator holds a batch of ranges and the variant's positions in the collections it walks; the
 * variant fills the next batch from there. Positions are opaque, which is what lets every store serve
 * an iteration at one indirect call per batch; the kernel's 64-bit index exists only in kernel.h.
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

/* Is the dummy of an empty memory, a region without flags, passed over? It has a node as others have. */
static bool hides_dummy(const struct mb *mb, int dummy_nid, int nid, uint32_t flags)
{
	bool by_node = nid != MB_NUMA_NO_NODE && nid != (int)mb->max_numnodes;

	return !mb->discarded && ((by_node && nid != dummy_nid) || (flags & MB_MIRROR));
}

static void start(struct mb_iter *it, struct mb *mb, enum mb_iter_kind kind, enum mb_which a,
		  enum mb_which b, int nid, uint32_t flags, bool reverse)
{
	it->mb = mb;
	it->kind = kind;
	it->a = a;
	it->b = b;
	it->nid = nid;
	it->flags = flags;
	it->reverse = reverse;
	it->done = false;
	it->placed = false;
	it->resume = reverse ? UINT64_MAX : 0;
	it->at = 0;
	it->n = 0;
	if (kind != MB_ITER_REGIONS && !mb->ops->whole && nid == (int)mb->max_numnodes)
		mb_deprecated_nid(mb, reverse);
	/* Profile 6.1: an empty collection shows a region of size 0, to all but free-range walks. */
	if (kind != MB_ITER_FREE && !mb->c[a].cnt && mb_has_dummy(mb, a) && !mb->ops->whole) {
		/* The slot is zero as long as it was never written. */
		bool none = mb->c[a].emptied && !mb->machine.no_numa;
		int dummy_nid = none ? (int)mb->max_numnodes : 0;

		it->done = true;
		if (kind == MB_ITER_RANGES && a == MB_MEMORY &&
		    hides_dummy(mb, dummy_nid, nid, flags))
			return;
		it->batch[0] = (struct mb_range){ 0, 0, dummy_nid, 0 };
		it->n = 1;
	}
}

void mb_iter_regions(struct mb_iter *it, struct mb *mb, enum mb_which which, bool reverse)
{
	start(it, mb, MB_ITER_REGIONS, which, MB_COLLECTIONS, MB_NUMA_NO_NODE, 0, reverse);
}

void mb_iter_ranges(struct mb_iter *it, struct mb *mb, enum mb_which a, enum mb_which b, int nid,
		    uint32_t flags, bool reverse)
{
	start(it, mb, b == MB_COLLECTIONS ? MB_ITER_RANGES : MB_ITER_FREE, a, b, nid, flags,
	      reverse);
}

void mb_iter_memory(struct mb_iter *it, struct mb *mb, bool reverse)
{
	mb_iter_ranges(it, mb, MB_MEMORY, MB_COLLECTIONS, MB_NUMA_NO_NODE,
		       MB_HOTPLUG | MB_DRIVER_MANAGED, reverse);
}

void mb_iter_free(struct mb_iter *it, struct mb *mb, int nid, uint32_t flags, bool reverse)
{
	mb_iter_ranges(it, mb, MB_MEMORY, MB_RESERVED, nid, flags, reverse);
}

bool mb_refill(struct mb_iter *it)
{
	do {
		if (it->done)
			return false;
		it->mb->ops->next_batch(it);
	} while (it->at == it->n);
	return true;
}

bool mb_next_pfn_range(struct mb_iter *it, int nid, struct mb_range *out)
{
	struct mb *mb = it->mb;
	bool by_node = mb->profile->invalid_nid_is_any ?
			       nid >= 0 && (uint32_t)nid < mb->max_numnodes :
			       nid != (int)mb->max_numnodes;
	struct mb_range r;

	if (IS_WHOLE(mb, next_pfn_range))
		return mb->ops->whole->next_pfn_range(it, nid, out);
	while (mb_next(it, &r)) {
		struct mb_region region = { .base = r.base, .size = r.end - r.base };
		uint64_t first = mb_region_memory_base_pfn(mb, &region);
		uint64_t end = mb_region_memory_end_pfn(mb, &region);

		if (first >= end || (by_node && r.nid != nid))
			continue;
		*out = (struct mb_range){ first, end, r.nid, r.flags };
		return true;
	}
	return false;
}

bool mb_next_free_pfn_in_zone(struct mb_iter *it, uint64_t zone_start_pfn, uint64_t zone_end_pfn,
			      struct mb_range *out)
{
	struct mb *mb = it->mb;
	struct mb_range r;

	if (IS_WHOLE(mb, next_free_pfn_in_zone))
		return mb->ops->whole->next_free_pfn_in_zone(it, zone_start_pfn, zone_end_pfn, out);
	while (mb_next(it, &r)) {
		struct mb_region region = { .base = r.base, .size = r.end - r.base };
		uint64_t first = mb_region_memory_base_pfn(mb, &region);
		uint64_t end = mb_region_memory_end_pfn(mb, &region);

		if (end <= zone_start_pfn || first >= end)
			continue;
		if (first >= zone_end_pfn) {
			it->at = it->n; /* nothing above can lie in the zone */
			it->done = true;
			return false;
		}
		*out = (struct mb_range){ first > zone_start_pfn ? first : zone_start_pfn,
					  end < zone_end_pfn ? end : zone_end_pfn, r.nid, r.flags };
		return true;
	}
	return false;
}
