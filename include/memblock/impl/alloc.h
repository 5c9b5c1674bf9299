/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/alloc.h - allocation: the search with its fallbacks, then the reservation. Part of
 * memblock/variant_impl.h; stands on find.h for the one and on range.h for the other.
 */

static uint64_t try_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			  uint64_t end, int nid, uint32_t flags)
{
	uint64_t at = step_find_free(mb, size, align, start, end, nid, flags);
	int stored = mb->profile->rsrv_nid_requested ? nid : reserved_nid(mb);
	uint32_t kern = reserved_kern_flags(mb);

	if (!at)
		return 0;
	if (__builtin_expect(mb->debug, 0))
		mb_log_allocated(mb, at, size, stored, kern);
	return step_add_range(mb, &mb->c[MB_RESERVED], at, size, stored, kern) ? 0 : at;
}

static uint64_t step_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				 uint64_t end, int nid, bool exact_nid)
{
	uint32_t flags = request_flags(mb);
	bool other_nodes = nid_selects(mb, nid) && !exact_nid;

	for (;;) {
		uint64_t at = try_alloc(mb, size, align, start, end, nid, flags);

		if (!at && other_nodes)
			at = try_alloc(mb, size, align, start, end, MB_NUMA_NO_NODE, flags);
		if (at || !(flags & MB_MIRROR))
			return at;
		flags &= ~(uint32_t)MB_MIRROR;
		mb_warn_mirror(mb, size);
	}
}
