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
 * The first fit, in the direction, in the gaps that reserved regions leave of the memory [lo, hi). *@r is the
 * first of them that has a part in it: from there the walk goes on, and there it stays for the next memory,
 * which may have a part of it too.
 *
 *     memory      [ lo                              hi )
 *     reserved  [    )      [   )        [ )        [     )
 *                    |-----|    |--------| |--------|
 *
 * Top-down hi falls to the base of each region that is passed, bottom-up lo climbs to its end, so that a
 * gap is known by what it lacks: one subtraction and one comparison each.
 */
EITHER_DIRECTION struct mb_found find_in_memory(struct mb *mb, struct mb_collection *c, mb_pos *r,
						uint64_t lo, uint64_t hi, uint64_t size,
						uint64_t align, bool top_down)
{
	const struct mb_found nothing = { 0, MB_NIL, MB_NIL };
	uint64_t at;

	/* Regions between this memory and the one before; then one that reaches over where the walk begins. */
	while (*r != MB_NIL &&
	       (top_down ? store_at(c, *r)->base >= hi : region_end(store_at(c, *r)) <= lo))
		*r = walk_next(mb, c, *r, top_down);
	if (*r != MB_NIL) {
		const struct mb_region *region = store_at(c, *r);
		uint64_t base = region->base, end = base + region->size;

		if (top_down ? end > hi : base < lo) {
			if (top_down ? base <= lo : end >= hi)
				return nothing;
			if (top_down)
				hi = base;
			else
				lo = end;
			*r = walk_next(mb, c, *r, top_down);
		}
	}
	for (; *r != MB_NIL; *r = walk_next(mb, c, *r, top_down)) {
		const struct mb_region *region = store_at(c, *r);
		uint64_t base = region->base, end = base + region->size;

		MB_COUNT(mb, regions_visited, 1);
		if (top_down ? base <= lo : end >= hi)
			break;
		if (top_down ? hi - end >= size : base - lo >= size) {
			at = top_down ? fit_top_down(end, hi, size, align) :
					fit_bottom_up(mb, lo, base, size, align);
			if (at)
				goto found;
		}
		if (top_down)
			hi = base;
		else
			lo = end;
	}
	/* What is left at the far end. */
	if (*r != MB_NIL && top_down)
		lo = max_u64(lo, region_end(store_at(c, *r)));
	if (*r != MB_NIL && !top_down)
		hi = min_u64(hi, store_at(c, *r)->base);
	at = lo < hi ? fit(mb, lo, hi, size, align, top_down) : 0;
	if (!at)
		return nothing;
found:
	if (top_down)
		return (struct mb_found){ at, *r, walk_back(mb, c, *r, true) };
	return (struct mb_found){ at, walk_back(mb, c, *r, false), *r };
}

EITHER_DIRECTION struct mb_found find_in_gaps(struct mb *mb, uint64_t size, uint64_t align,
					      uint64_t start, uint64_t end, int nid, uint32_t flags,
					      bool top_down)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	bool by_node = nid_selects(mb, nid);
	mb_pos m, r = MB_NIL;
	bool placed = false; /* r is set: the regions that it has passed are out of the way */

#ifdef store_knows_gaps
	if (store_knows_gaps(reserved))
		__builtin_unreachable(); /* find_place() asked */
#endif
	m = top_down ? store_below(mb, memory, end) : store_lower(mb, memory, start);
	for (; m != MB_NIL; m = walk_next(mb, memory, m, top_down)) {
		const struct mb_region *mr = store_at(memory, m);
		uint64_t lo = max_u64(mr->base, start);
		uint64_t hi = min_u64(region_end(mr), end);
		struct mb_found found;

		MB_COUNT(mb, regions_visited, 1);
		if (top_down ? hi <= start : lo >= end)
			break;
		if (hi - lo < size || region_is_hidden(mb, mr, by_node, nid, flags))
			continue;
		if (!placed)
			r = top_down ? store_below(mb, reserved, hi) :
				       store_lower(mb, reserved, lo);
		placed = true;
		found = find_in_memory(mb, reserved, &r, lo, hi, size, align, top_down);
		if (found.at)
			return found;
	}
	return (struct mb_found){ 0, MB_NIL, MB_NIL };
}

/* From the bottom, which few machines do, and those for a part of their boot. */
static __attribute__((noinline)) struct mb_found find_upwards(struct mb *mb, uint64_t size,
							      uint64_t align, uint64_t start,
							      uint64_t end, int nid, uint32_t flags)
{
	return find_in_gaps(mb, size, align, start, end, nid, flags, false);
}
#endif

/*
 * A request for no bytes matches any range, even one that the window clips to nothing, so it has to
 * see every free range, not only those that meet the window.
 */
static MB_RARE uint64_t find_nothing(struct mb *mb, uint64_t align, uint64_t start, uint64_t end,
				     int nid, uint32_t flags)
{
	struct mb_iter it MB_UNINITIALIZED;

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

/* The window of a search: page 0 is never found, and two ends stand for the limit. */
static inline uint64_t window_start(const struct mb *mb, uint64_t start)
{
	return max_u64(start, mb->page_size);
}

static inline uint64_t window_end(const struct mb *mb, uint64_t start, uint64_t end)
{
	if (end == MB_ALLOC_ACCESSIBLE || end == MB_ALLOC_NOLEAKTRACE)
		end = mb->current_limit;
	return max_u64(start, end);
}

/* Where @size bytes fit, and between which reserved regions (unless @size is 0). */
static __attribute__((noinline)) struct mb_found find_place(struct mb *mb, uint64_t size,
							    uint64_t align, uint64_t start,
							    uint64_t end, int nid, uint32_t flags)
{
	start = window_start(mb, start);
	end = window_end(mb, start, end);
	if (__builtin_expect(!size, 0))
		return (struct mb_found){ find_nothing(mb, align, start, end, nid, flags), MB_NIL,
					  MB_NIL };
#ifdef STORE_FIND
	return STORE_FIND(mb, size, align, start, end, nid, flags);
#else
#ifdef store_knows_gaps
	if (store_knows_gaps(&mb->c[MB_RESERVED]))
		return store_find_gap(mb, size, align, start, end, nid, flags);
#endif
	if (__builtin_expect(mb->bottom_up, 0))
		return find_upwards(mb, size, align, start, end, nid, flags);
	return find_in_gaps(mb, size, align, start, end, nid, flags, true);
#endif
}

/* The same for the first try of an allocation, which mostly is the last: a search from the top stands in it, unless
 * the store has a search or an allocation of its own for that. */
MB_ALWAYS_INLINE struct mb_found find_first(struct mb *mb, uint64_t size, uint64_t align,
					    uint64_t start, uint64_t end, int nid, uint32_t flags)
{
#if !defined(STORE_FIND) && !defined(STORE_ALLOC_RANGE) && !defined(store_knows_gaps)
	if (__builtin_expect(!mb->bottom_up && size, 1)) {
		start = window_start(mb, start);
		return find_in_gaps(mb, size, align, start, window_end(mb, start, end), nid, flags,
				    true);
	}
#endif
	return find_place(mb, size, align, start, end, nid, flags);
}

static uint64_t step_find_free(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			       uint64_t end, int nid, uint32_t flags)
{
	return find_place(mb, size, align, start, end, nid, flags).at;
}
