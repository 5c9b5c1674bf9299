/* SPDX-License-Identifier: GPL-2.0-or-later */
/* queries.c - questions that change nothing: sizes, bounds, what is where. */
#include <memblock/variant.h>

#include "core/core_impl.h"

unsigned mb_max_numnodes(const struct mb *mb)
{
	return mb->max_numnodes;
}

bool mb_has_mirror(const struct mb *mb)
{
	return mb->has_mirror;
}

uint32_t mb_cnt(const struct mb *mb, enum mb_which which)
{
	uint32_t cnt;

	refresh(mb);
	cnt = mb->c[which].cnt;
	return !cnt && mb_has_dummy(mb, which) ? 1 : cnt;
}

uint32_t mb_max(const struct mb *mb, enum mb_which which)
{
	refresh(mb);
	return mb->c[which].max;
}

uint64_t mb_total_size(const struct mb *mb, enum mb_which which)
{
	refresh(mb);
	return mb->c[which].total_size & mb->addr_max; /* when stale it can wrap */
}

uint64_t mb_phys_mem_size(const struct mb *mb)
{
	refresh(mb);
	return mb->c[MB_MEMORY].total_size & mb->addr_max;
}

uint64_t mb_reserved_size(const struct mb *mb)
{
	refresh(mb);
	return mb->c[MB_RESERVED].total_size & mb->addr_max;
}

/* Bytes below @limit in reserved regions with @flag, of node @nid if that is valid. */
static uint64_t flagged_size(struct mb *mb, uint32_t flag, uint64_t limit, int nid)
{
	bool by_node = nid >= 0 && (uint32_t)nid < mb->max_numnodes && !mb->machine.no_numa;
	uint64_t bytes = 0;
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	for (mb_iter_regions(&it, mb, MB_RESERVED, false); mb_next(&it, &r);) {
		if (!(r.flags & flag) || (by_node && r.nid != nid))
			continue;
		if (r.base >= limit)
			break;
		bytes += (r.end < limit ? r.end : limit) - r.base;
	}
	return bytes;
}

uint64_t mb_reserved_kern_size(struct mb *mb, uint64_t limit, int nid)
{
	if (IS_WHOLE(mb, reserved_kern_size))
		return WHOLE(mb, reserved_kern_size, limit, nid);
	return flagged_size(mb, MB_RSRV_KERN, limit, nid);
}

uint64_t mb_reserved_hugetlb_size(struct mb *mb, uint64_t limit, int nid)
{
	if (IS_WHOLE(mb, reserved_hugetlb_size))
		return WHOLE(mb, reserved_hugetlb_size, limit, nid);
	return flagged_size(mb, MB_RSRV_HUGETLB, limit, nid);
}

uint64_t mb_estimated_nr_free_pages(const struct mb *mb)
{
	struct mb *m = (struct mb *)(uintptr_t)mb; /* iterating changes only the iterator */
	uint64_t taken = mb->c[MB_RESERVED].total_size;

	if (IS_WHOLE(mb, estimated_nr_free_pages))
		return WHOLE(mb, estimated_nr_free_pages);
	if (mb->profile->kern_size_in_estimate)
		taken = flagged_size(m, MB_RSRV_KERN, mb->addr_max, MB_NUMA_NO_NODE);
	return ((mb->c[MB_MEMORY].total_size - taken) & mb->addr_max) / mb->page_size;
}

static bool outermost(struct mb *mb, bool last, struct mb_range *out)
{
	struct mb_iter it MB_UNINITIALIZED;

	mb_iter_regions(&it, mb, MB_MEMORY, last);
	return mb_next(&it, out);
}

uint64_t mb_start_of_DRAM(struct mb *mb)
{
	struct mb_range r;

	if (IS_WHOLE(mb, start_of_DRAM))
		return WHOLE(mb, start_of_DRAM);
	return outermost(mb, false, &r) ? r.base : 0;
}

uint64_t mb_end_of_DRAM(struct mb *mb)
{
	struct mb_range r;

	if (IS_WHOLE(mb, end_of_DRAM))
		return WHOLE(mb, end_of_DRAM);
	return outermost(mb, true, &r) ? r.end : 0;
}

bool mb_search(struct mb *mb, enum mb_which which, uint64_t addr, struct mb_region *out)
{
	return mb->ops->search(mb, &mb->c[which], addr, out);
}

bool mb_is_memory(struct mb *mb, uint64_t addr)
{
	if (IS_WHOLE(mb, is_memory))
		return WHOLE(mb, is_memory, addr);
	return mb->ops->search(mb, &mb->c[MB_MEMORY], addr, NULL);
}

bool mb_is_map_memory(struct mb *mb, uint64_t addr)
{
	struct mb_region r;

	if (IS_WHOLE(mb, is_map_memory))
		return WHOLE(mb, is_map_memory, addr);
	return mb->ops->search(mb, &mb->c[MB_MEMORY], addr, &r) && !(r.flags & MB_NOMAP);
}

bool mb_is_reserved(struct mb *mb, uint64_t addr)
{
	if (IS_WHOLE(mb, is_reserved))
		return WHOLE(mb, is_reserved, addr);
	return mb->ops->search(mb, &mb->c[MB_RESERVED], addr, NULL);
}

bool mb_is_region_memory(struct mb *mb, uint64_t base, uint64_t size)
{
	struct mb_region r;

	if (IS_WHOLE(mb, is_region_memory))
		return WHOLE(mb, is_region_memory, base, size);
	if (!mb->ops->search(mb, &mb->c[MB_MEMORY], base, &r))
		return false;
	size = size < mb->addr_max - base ? size : mb->addr_max - base;
	return r.base + r.size >= base + size;
}

bool mb_overlaps_region(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, overlaps_region))
		return WHOLE(mb, overlaps_region, which, base, size);
	return mb->ops->overlaps(mb, &mb->c[which], base, size);
}

bool mb_is_region_reserved(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, is_region_reserved))
		return WHOLE(mb, is_region_reserved, base, size);
	return mb_overlaps_region(mb, MB_RESERVED, base, size);
}

bool mb_addrs_overlap(const struct mb *mb, uint64_t base1, uint64_t size1, uint64_t base2,
		      uint64_t size2)
{
	if (IS_WHOLE(mb, addrs_overlap))
		return WHOLE(mb, addrs_overlap, base1, size1, base2, size2);
	return base1 < ((base2 + size2) & mb->addr_max) && base2 < ((base1 + size1) & mb->addr_max);
}

int mb_search_pfn_nid(struct mb *mb, uint64_t pfn, uint64_t *start_pfn, uint64_t *end_pfn)
{
	struct mb_region r;

	if (IS_WHOLE(mb, search_pfn_nid))
		return WHOLE(mb, search_pfn_nid, pfn, start_pfn, end_pfn);
	if (!mb->ops->search(mb, &mb->c[MB_MEMORY], pfn * mb->page_size & mb->addr_max, &r))
		return MB_NUMA_NO_NODE;
	*start_pfn = r.base / mb->page_size;
	*end_pfn = (r.base + r.size) / mb->page_size;
	return r.nid;
}

bool mb_validate_numa_coverage(struct mb *mb, uint64_t threshold_bytes)
{
	uint64_t pages = 0, mib = 1024 * 1024;
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	if (IS_WHOLE(mb, validate_numa_coverage))
		return WHOLE(mb, validate_numa_coverage, threshold_bytes);
	mb_iter_regions(&it, mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, (int)mb->max_numnodes, &r)) {
		if (r.nid < 0 || (uint32_t)r.nid >= mb->max_numnodes)
			pages += r.end - r.base;
	}
	if (pages * mb->page_size <= threshold_bytes)
		return true;
	mb_log(mb, MB_ERR, "NUMA: no nodes coverage for %lluMB of %lluMB RAM",
	       (unsigned long long)(pages * mb->page_size / mib),
	       (unsigned long long)(mb_phys_mem_size(mb) / mib));
	return false;
}

uint64_t mb_warnings(const struct mb *mb)
{
	return mb->warnings;
}

uint64_t mb_metadata_bytes(const struct mb *mb)
{
	unsigned collections = mb_collections(&mb->machine);
	uint64_t bytes = 0;

	for (unsigned i = 0; i < collections; i++) {
		struct mb_segment segment;

		for (unsigned k = 0; mb_storage(mb, &mb->c[i], k, &segment); k++)
			bytes += segment.bytes;
	}
	return bytes;
}
