/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/find.h - the search for free memory. Part of memblock/variant_impl.h; stands on regions.h and
 * walk.h.
 */

/* Where a block of @size lands in the free range [lo, hi), or 0. The two rules of the search. */
static inline uint64_t fit_top_down(uint64_t lo, uint64_t hi, uint64_t size, uint64_t align)
{
	uint64_t at;

	if (hi < size)
		return 0;
	at = align_down(hi - size, align);
	return at >= lo ? at : 0;
}

static inline uint64_t fit_bottom_up(const struct mb *mb, uint64_t lo, uint64_t hi, uint64_t size,
				     uint64_t align)
{
	uint64_t at = align_up(mb, lo, align);

	return at >= lo && at < hi && hi - at >= size ? at : 0;
}

static inline uint64_t fit(const struct mb *mb, uint64_t lo, uint64_t hi, uint64_t size,
			   uint64_t align, bool top_down)
{
	return top_down ? fit_top_down(lo, hi, size, align) :
			  fit_bottom_up(mb, lo, hi, size, align);
}

#ifndef STORE_FIND
/*
 * The first fit in the gaps that reserved regions r leave of memory regions m, in the direction:
 *
 *     m    [ lo                       hi )       [        )
 *     r  [  )      [   )        [ )           [     )
 *            |-----|   |--------| |---|              |----|
 *
 * Bottom-up lo climbs to the end of each r that is passed, top-down hi falls to its base. Above the
 * last r, or below the first, [lo, hi) is all gap.
 */
EITHER_DIRECTION struct mb_found find_in_gaps(struct mb *mb, uint64_t size, uint64_t align,
					      uint64_t start, uint64_t end, int nid, uint32_t flags,
					      bool top_down)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	bool by_node = nid_selects(mb, nid);
	mb_pos m = top_down ? store_below(mb, memory, end) : store_lower(mb, memory, start);
	mb_pos r = MB_NIL;
	bool placed = false; /* r is set: the regions that it has passed are out of the way */

	for (; m != MB_NIL; m = walk_next(mb, memory, m, top_down)) {
		const struct mb_region *mr = store_at(memory, m);
		uint64_t lo = max_u64(mr->base, start);
		uint64_t hi = min_u64(region_end(mr), end);

		MB_COUNT(mb, regions_visited, 1);
		if (top_down ? hi <= start : lo >= end)
			break;
		if (hi - lo < size || region_is_hidden(mb, mr, by_node, nid, flags))
			continue;
		if (!placed)
			r = top_down ? store_below(mb, reserved, hi) :
				       store_lower(mb, reserved, lo);
		placed = true;
		for (;;) {
			const struct mb_region *rr = r == MB_NIL ? NULL : store_at(reserved, r);
			uint64_t near = top_down ? hi : lo, far, at;

			MB_COUNT(mb, regions_visited, 1);
			if (!rr)
				far = top_down ? lo : hi;
			else if (top_down ? rr->base >= hi : region_end(rr) <= lo)
				goto passed; /* it lies between two regions of memory */
			else
				far = top_down ? max_u64(lo, region_end(rr)) :
						 min_u64(hi, rr->base);
			at = top_down ?
				     (far < near ? fit_top_down(far, near, size, align) : 0) :
				     (near < far ? fit_bottom_up(mb, near, far, size, align) : 0);
			if (at && top_down)
				return (struct mb_found){ at, r, walk_back(mb, reserved, r, true) };
			if (at)
				return (struct mb_found){ at, walk_back(mb, reserved, r, false),
							  r };
			if (!rr || (top_down ? rr->base <= lo : region_end(rr) >= hi))
				break; /* r may reach into the next memory region: keep it */
			if (top_down)
				hi = rr->base;
			else
				lo = region_end(rr);
passed:
			r = walk_next(mb, reserved, r, top_down);
		}
	}
	return (struct mb_found){ 0, MB_NIL, MB_NIL };
}
#endif

/*
 * A request for no bytes matches any range, even one that the window clips to nothing, so it has to
 * see every free range, not only those that meet the window.
 */
static uint64_t find_nothing(struct mb *mb, uint64_t align, uint64_t start, uint64_t end, int nid,
			     uint32_t flags)
{
	struct mb_iter it;

	it.mb = mb;
	it.kind = MB_ITER_FREE;
	it.a = MB_MEMORY;
	it.b = MB_RESERVED;
	it.nid = nid;
	it.flags = flags;
	it.reverse = !mb->bottom_up;
	it.done = false;
	it.resume = it.reverse ? UINT64_MAX : 0;
	it.placed = false;
	while (!it.done) {
		step_next_batch(&it);
		for (unsigned i = 0; i < it.n; i++) {
			uint64_t lo = min_u64(max_u64(it.batch[i].base, start), end);
			uint64_t hi = min_u64(max_u64(it.batch[i].end, start), end);
			uint64_t at = fit(mb, lo, hi, 0, align, !mb->bottom_up);

			if (at)
				return at;
		}
	}
	return 0;
}

/* Where @size bytes fit, and between which reserved regions (unless @size is 0). */
static inline struct mb_found find_place(struct mb *mb, uint64_t size, uint64_t align,
					 uint64_t start, uint64_t end, int nid, uint32_t flags)
{
	start = max_u64(start, mb->page_size); /* page 0 is never found */
	if (end == MB_ALLOC_ACCESSIBLE || end == MB_ALLOC_NOLEAKTRACE)
		end = mb->current_limit;
	end = max_u64(start, end);
	if (__builtin_expect(!size, 0))
		return (struct mb_found){ find_nothing(mb, align, start, end, nid, flags), MB_NIL,
					  MB_NIL };
#ifdef STORE_FIND
	return STORE_FIND(mb, size, align, start, end, nid, flags);
#else
	if (!mb->bottom_up)
		return find_in_gaps(mb, size, align, start, end, nid, flags, true);
	return find_in_gaps(mb, size, align, start, end, nid, flags, false);
#endif
}

static uint64_t step_find_free(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			       uint64_t end, int nid, uint32_t flags)
{
	return find_place(mb, size, align, start, end, nid, flags).at;
}
