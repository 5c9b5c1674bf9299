/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc_top_impl.h - the allocation that boots are made of: from the top, without a preference for mirrored memory, while
 * both collections are small. It finds and reserves in one pass, and begins behind what the last ones passed
 * (passed_impl.h); all else is alloc_anywhere()'s. Stands on the library's find.h and alloc.h.
 */

/* Reserve @size bytes at the highest place in the memory [lo, hi) that reserved regions leave; 0: there is none. */
MB_ALWAYS_INLINE uint64_t alloc_below(struct mb *mb, struct mb_collection *c, uint64_t lo,
				      uint64_t hi, uint64_t size, uint64_t align, int nid,
				      uint32_t flags)
{
	struct mb_region *regions = order_regions(c), *r;
	mb_pos pos = order_below(mb, c, hi), from = pos, above;
	uint64_t base, end, top = hi, at;

	if (pos != MB_NIL) { /* one that reaches over the top */
		r = &regions[order_get(c, pos)];
		if (r->base + r->size > hi) {
			hi = r->base;
			pos--;
		}
	}
	if (pos != MB_NIL && pos > c->store[PASSED_RANK] && size >= passed_get(c, PASSED_SIZE) &&
	    align >= passed_get(c, PASSED_ALIGN) && !(align & (align - 1)) &&
	    top <= passed_get(c, PASSED_BELOW)) {
		pos = c->store[PASSED_RANK];
		hi = regions[order_get(c, pos)].base;
		pos--;
	}
	for (;; pos--) {
		end = lo;
		base = 0;
		if (pos != MB_NIL) {
			r = &regions[order_get(c, pos)];
			MB_COUNT(mb, regions_visited, 1);
			base = r->base;
			end = base + r->size;
		}
		if (base <= lo) { /* the lowest gap */
			end = max_u64(end, lo);
			if (hi <= end)
				return 0;
		}
		if (hi - end >= size) {
			at = align_down(hi - size, align);
			if (at >= end)
				break;
		}
		if (base <= lo)
			return 0;
		hi = base;
	}
	above = pos + 1;
	if (from - pos > PASSED_WORTH && above < c->cnt && !(align & (align - 1))) {
		c->store[PASSED_RANK] = above;
		passed_set(c, PASSED_SIZE, size);
		passed_set(c, PASSED_ALIGN, align);
		passed_set(c, PASSED_BELOW, top);
	}
	if (is_tree(c))
		__builtin_unreachable(); /* the caller asked */
	add_between(mb, c, pos, above < c->cnt ? above : MB_NIL, at, at + size, nid, flags);
	return at;
}

/*
 * All other allocations. One in a tree notes that there was no place for it between the end of its block and the end of the
 * window, or of the memory there. How many gaps were passed is not counted: it may be many where that is far.
 */
static __attribute__((noinline)) uint64_t alloc_otherwise(struct mb *mb, uint64_t size,
							  uint64_t align, uint64_t start,
							  uint64_t end, int nid, bool exact_nid)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *c = &mb->c[MB_RESERVED];
	bool was_tree = is_tree(c); /* one that begins gives memory back */
	uint64_t at = alloc_anywhere(mb, size, align, start, end, nid, exact_nid);
	uint64_t floor = at + size, hi = window_end(mb, window_start(mb, start), end);

	if (!was_tree || !at || !size || (align & (align - 1)) ||
	    (hi - floor) / PASSED_FAR < size || mb->bottom_up || mb->discarded)
		return at;
	hi = min_u64(hi, region_end(store_at(memory, store_lower(mb, memory, at))));
	if ((hi - floor) / PASSED_FAR < size)
		return at;
	passed_set(c, PASSED_FLOOR, floor);
	passed_set(c, PASSED_SIZE, size);
	passed_set(c, PASSED_ALIGN, align);
	passed_set(c, PASSED_BELOW, hi);
	return at;
}

static uint64_t alloc_from_top(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			       uint64_t end, int nid, bool exact_nid)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *c = &mb->c[MB_RESERVED];
	uint64_t lo = window_start(mb, start), hi = window_end(mb, lo, end);
	bool by_node = nid_selects(mb, nid);

	/* Last: reserved is empty, as 0 - 1 is above everything, or full. */
	if (__builtin_expect(mb->bottom_up | mb->scratch_only | mb->has_mirror | mb->debug |
				     mb->discarded | c->untidy,
			     0) ||
	    is_tree(memory) || is_tree(c) || !size || c->cnt - 1 >= c->max - 1)
		return alloc_otherwise(mb, size, align, start, end, nid, exact_nid);
	for (mb_pos m = memory->cnt; m-- > 0;) {
		const struct mb_region *r = order_at(memory, m);
		uint64_t base = max_u64(r->base, lo), top = min_u64(region_end(r), hi), at;

		MB_COUNT(mb, regions_visited, 1);
		if (top <= lo)
			break;
		if (top < base || top - base < size ||
		    region_is_hidden(mb, r, by_node, nid, MB_NONE))
			continue;
		at = alloc_below(mb, c, base, top, size, align,
				 mb->machine.no_numa             ? 0 :
				 mb->profile->rsrv_nid_requested ? nid :
								   reserved_nid(mb),
				 reserved_kern_flags(mb));
		if (at)
			return at;
	}
	return alloc_otherwise(mb, size, align, start, end, nid, exact_nid);
}
