/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/alloc.h - allocation: the search with its fallbacks, then the reservation. Part of
 * memblock/variant_impl.h; stands on find.h for the one and on range.h for the other.
 */

/* Reserve what was found. Nothing is met there, so with room it is one piece at a known place. */
static inline int reserve_found(struct mb *mb, const struct mb_found *found, uint64_t size, int nid,
				uint32_t flags)
{
	struct mb_collection *c = &mb->c[MB_RESERVED];

	if (__builtin_expect(!c->cnt || !size || !store_fits(c, 1), 0))
		return step_add_range(mb, c, found->at, size, nid, flags);
#ifdef STORE_ALLOC_RANGE
	/* Such a store brings its frequent allocations itself: short rather than fast. */
	add_one(mb, c, found->above, found->at, found->at + size, mb->machine.no_numa ? 0 : nid,
		flags);
#else
	add_between(mb, c, found->below, found->above, found->at, found->at + size,
		    mb->machine.no_numa ? 0 : nid, flags);
#endif
	merge_all_if_wanted(mb, c);
	return 0;
}

/* With all the fallbacks. */
static __attribute__((unused)) uint64_t alloc_anywhere(struct mb *mb, uint64_t size, uint64_t align,
						       uint64_t start, uint64_t end, int nid,
						       bool exact_nid)
{
	int stored = mb->profile->rsrv_nid_requested ? nid : reserved_nid(mb);
	uint32_t flags = request_flags(mb), kern = reserved_kern_flags(mb);
	struct mb_found found = find_first(mb, size, align, start, end, nid, flags);
	int asked = nid;

	for (;;) {
		if (__builtin_expect(found.at != 0, 1)) {
			if (__builtin_expect(mb->debug, 0))
				mb_log_allocated(mb, found.at, size, stored, kern);
			if (!reserve_found(mb, &found, size, stored, kern))
				return found.at;
		}
		/* Not there: on any node, and then both once more without the preference for mirrored memory. */
		if (asked == nid && nid_selects(mb, nid) && !exact_nid) {
			asked = MB_NUMA_NO_NODE;
			stored = mb->profile->rsrv_nid_requested ? asked : stored;
		} else if (flags & MB_MIRROR) {
			flags &= ~(uint32_t)MB_MIRROR;
			mb_warn_mirror(mb, size);
			asked = nid;
			stored = mb->profile->rsrv_nid_requested ? nid : stored;
		} else {
			return 0;
		}
		found = find_place(mb, size, align, start, end, asked, flags);
	}
}

static uint64_t step_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				 uint64_t end, int nid, bool exact_nid)
{
#ifdef STORE_ALLOC_RANGE
	return STORE_ALLOC_RANGE(mb, size, align, start, end, nid, exact_nid);
#else
	return alloc_anywhere(mb, size, align, start, end, nid, exact_nid);
#endif
}
