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

#ifndef MB_OVERRIDE_FIND_FREE
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
EITHER_DIRECTION uint64_t find_in_gaps(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				       uint64_t end, int nid, uint32_t flags, bool top_down)
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
			return 0;
		if (hi - lo < size || region_is_hidden(mb, mr, by_node, nid, flags))
			continue;
		if (!placed) {
			r = top_down ? store_below(mb, reserved, hi) :
				       store_lower(mb, reserved, lo);
			placed = true;
		}
		for (;;) {
			const struct mb_region *rr;
			uint64_t gap_lo, gap_hi, at;

			if (r == MB_NIL) {
				at = fit(mb, lo, hi, size, align, top_down);
				if (at)
					return at;
				break;
			}
			rr = store_at(reserved, r);
			MB_COUNT(mb, regions_visited, 1);
			/* The gap on this side of r, then cut to [lo, hi). */
			gap_lo = top_down ? region_end(rr) : lo;
			gap_hi = top_down ? hi : rr->base;
			if (gap_lo < gap_hi) {
				at = fit(mb, max_u64(gap_lo, lo), min_u64(gap_hi, hi), size, align,
					 top_down);
				if (at)
					return at;
			}
			if (top_down ? rr->base <= lo : region_end(rr) >= hi)
				break; /* r may reach into the next memory region: keep it */
			if (top_down)
				hi = min_u64(hi, rr->base);
			else
				lo = max_u64(lo, region_end(rr));
			r = walk_next(mb, reserved, r, top_down);
		}
	}
	return 0;
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

static uint64_t step_find_free(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			       uint64_t end, int nid, uint32_t flags)
{
	start = max_u64(start, mb->page_size); /* page 0 is never found */
	/* A search that fails is tried again on other nodes and without the lower bound: null's would
	 * cost more than the others', and it is there to show what they have in common. */
	if (MB_VARIANT_IS_NULL)
		return start;
	if (end == MB_ALLOC_ACCESSIBLE || end == MB_ALLOC_NOLEAKTRACE)
		end = mb->current_limit;
	end = max_u64(start, end);
	if (!size)
		return find_nothing(mb, align, start, end, nid, flags);
#ifdef MB_OVERRIDE_FIND_FREE
	return MB_OVERRIDE_FIND_FREE(mb, size, align, start, end, nid, flags);
#else
	if (!mb->bottom_up)
		return find_in_gaps(mb, size, align, start, end, nid, flags, true);
	return find_in_gaps(mb, size, align, start, end, nid, flags, false);
#endif
}
