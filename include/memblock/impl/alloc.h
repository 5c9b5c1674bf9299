/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/alloc.h - allocation: the search with its fallbacks, then the reservation. Part of
 * memblock/variant_impl.h; stands on find.h for the one and on range.h for the other.
 */

#ifdef STORE_ALLOC_RANGE
static uint64_t step_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				 uint64_t end, int nid, bool exact_nid)
{
	return STORE_ALLOC_RANGE(mb, size, align, start, end, nid, exact_nid);
}
#else
/* Reserve what was found. Nothing is met there, so with room it is one piece at a known place. */
static inline int reserve_found(struct mb *mb, const struct mb_found *found, uint64_t size, int nid,
				uint32_t flags)
{
	struct mb_collection *c = &mb->c[MB_RESERVED];

	if (__builtin_expect(!c->cnt || !size || !store_fits(c, 1), 0))
		return step_add_range(mb, c, found->at, size, nid, flags);
	add_between(mb, c, found->below, found->above, found->at, found->at + size,
		    mb->machine.no_numa ? 0 : nid, flags);
	merge_all_if_wanted(mb, c);
	return 0;
}

static uint64_t try_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			  uint64_t end, int nid, uint32_t flags)
{
	struct mb_found found = find_place(mb, size, align, start, end, nid, flags);
	int stored = mb->profile->rsrv_nid_requested ? nid : reserved_nid(mb);
	uint32_t kern = reserved_kern_flags(mb);

	if (!found.at)
		return 0;
	if (__builtin_expect(mb->debug, 0))
		mb_log_allocated(mb, found.at, size, stored, kern);
	return reserve_found(mb, &found, size, stored, kern) ? 0 : found.at;
}

static uint64_t step_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				 uint64_t end, int nid, bool exact_nid)
{
	uint32_t flags = request_flags(mb);
	uint64_t at = try_alloc(mb, size, align, start, end, nid, flags);

	/* What follows is rare: any node, and then all of it once more without the preference for mirrored memory. */
	while (__builtin_expect(!at, 0)) {
		if (nid_selects(mb, nid) && !exact_nid)
			at = try_alloc(mb, size, align, start, end, MB_NUMA_NO_NODE, flags);
		if (at || !(flags & MB_MIRROR))
			break;
		flags &= ~(uint32_t)MB_MIRROR;
		mb_warn_mirror(mb, size);
		at = try_alloc(mb, size, align, start, end, nid, flags);
	}
	return at;
}
#endif
