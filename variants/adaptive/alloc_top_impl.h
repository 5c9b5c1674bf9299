/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc_top_impl.h - what boots are made of, while collections are small: an allocation from the top,
 * on the node asked for, and an addition that meets nothing. Either asks for the form once and is done in
 * one pass; an allocation begins behind what the last ones passed (passed_impl.h). All else is the
 * library's. Stands on its find.h, pieces.h, range.h and alloc.h.
 */

/* As order_below(), and two regions are looked at first: above memory there may lie one of firmware. */
static inline mb_pos below_top(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	for (mb_pos pos = c->cnt - 1; pos != MB_NIL && pos + 2 >= c->cnt; pos--) {
		MB_COUNT(mb, regions_visited, 1);
		if (order_at(c, pos)->base < addr)
			return pos;
	}
	return order_below(mb, c, addr);
}

/* The highest place for @size bytes in the memory [lo, hi) that reserved regions leave, and the region
 * below it; 0: there is none. There are reserved regions. */
MB_ALWAYS_INLINE uint64_t place_below(struct mb *mb, struct mb_collection *c, uint64_t lo,
				      uint64_t hi, uint64_t size, uint64_t align, mb_pos *below)
{
	const struct mb_region *regions = order_regions(c), *r;
	uint64_t base, end = lo, top = hi, at;
	mb_pos pos = below_top(mb, c, hi), from = pos;

	if (pos != MB_NIL) { /* one that reaches over the top */
		r = &regions[order_get(c, pos)];
		MB_COUNT(mb, regions_visited, 1);
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
	for (; pos != MB_NIL; pos--, hi = base) {
		r = &regions[order_get(c, pos)];
		MB_COUNT(mb, regions_visited, 1);
		base = r->base;
		end = base + r->size;
		if (base <= lo)
			break;
		if (hi - end >= size) {
			at = align_down(hi - size, align);
			if (at >= end)
				goto found;
		}
	}
	/* The lowest gap. */
	end = pos == MB_NIL ? lo : max_u64(end, lo);
	if (hi <= end || hi - end < size)
		return 0;
	at = align_down(hi - size, align);
	if (at < end)
		return 0;
found:
	if (from - pos > PASSED_WORTH && pos + 1 < c->cnt && !(align & (align - 1))) {
		c->store[PASSED_RANK] = pos + 1;
		passed_set(c, PASSED_SIZE, size);
		passed_set(c, PASSED_ALIGN, align);
		passed_set(c, PASSED_BELOW, top);
	}
	*below = pos;
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
	uint64_t lo = window_start(mb, start), hi = window_end(mb, 0, end), at;
	uint32_t flags = request_flags(mb);
	bool by_node = nid_selects(mb, nid);
	mb_pos below;

	/* Last: reserved is empty, as 0 - 1 is above everything, or full. */
	if (__builtin_expect(mb->bottom_up | mb->debug | mb->discarded | c->untidy |
				     memory->store[BTREE_COUNT] | c->store[BTREE_COUNT],
			     0) ||
	    !size || c->cnt - 1 >= c->max - 1)
		return alloc_otherwise(mb, size, align, start, end, nid, exact_nid);
	for (mb_pos m = memory->cnt; m-- > 0;) {
		const struct mb_region *r = order_at(memory, m);
		uint64_t base = max_u64(r->base, lo), top = min_u64(region_end(r), hi);

		MB_COUNT(mb, regions_visited, 1);
		if (top <= lo)
			break;
		if (top < base || top - base < size || region_is_hidden(mb, r, by_node, nid, flags))
			continue;
		at = place_below(mb, c, base, top, size, align, &below);
		if (at)
			goto found;
	}
	return alloc_otherwise(mb, size, align, start, end, nid, exact_nid);
found:
	if (is_tree(c))
		__builtin_unreachable(); /* as was asked */
	if (mb->machine.no_numa)
		nid = 0;
	else if (!mb->profile->rsrv_nid_requested)
		nid = (int)mb->max_numnodes;
	add_between(mb, c, below, below + 1 < c->cnt ? below + 1 : MB_NIL, at, at + size, nid,
		    reserved_kern_flags(mb));
	return at;
}

/* An addition that meets no region, as most of a boot's do. */
static __attribute__((noinline)) int add_small(struct mb *mb, struct mb_collection *c,
					       uint64_t base, uint64_t size, int nid,
					       uint32_t flags)
{
	uint64_t end = base + cap_size(mb, base, size);
	mb_pos pos;

	if (c->untidy || base == end || !c->cnt)
		return add_anywhere(mb, c, base, size, nid, flags);
	pos = order_lower(mb, c, base);
	if (c->cnt >= c->max || (pos != MB_NIL && order_at(c, pos)->base < end))
		return add_anywhere(mb, c, base, size, nid, flags);
	if (is_tree(c))
		__builtin_unreachable(); /* STORE_ADD_RANGE asked */
	add_between(mb, c, pos == MB_NIL ? c->cnt - 1 : pos - 1, pos, base, end,
		    mb->machine.no_numa ? 0 : nid, flags);
	return 0;
}
