/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btree_find_impl.h - the search for a gap of the B+tree. Stands on btree_impl.h.
 *
 * The gap that is looked for lies in [lo, hi), a part of one memory region. First those of the leaf where the walk begins
 * are tried, one by one. Then it climbs, passes children whose largest gap is too small, and descends into the first one
 * that has a gap that is large enough. There it fits, unless the alignment or the window's end prevents it.
 */

/* The place of leaf @n's parent where the walk goes on, and the child there: the next one, in the direction, whose largest
 * gap has @size bytes; MB_NIL: there is none before [lo, hi) ends. */
static uint32_t btree_next_leaf_with(struct mb *mb, const struct mb_collection *c, uint32_t n,
				     uint64_t lo, uint64_t hi, uint64_t size, bool top_down)
{
	const struct btree_node *up = btree_node(c, n);
	uint32_t i;

	(void)mb;
	for (;;) { /* climb until there is a child to descend into */
		uint32_t from = n;

		n = up->up;
		if (n == MB_NIL)
			return MB_NIL;
		up = btree_node(c, n);
		i = btree_place_in(up, from);
		for (;;) {
			if (top_down ? i-- == 0 : ++i == up->cnt)
				break;
			MB_COUNT(mb, regions_visited, 1);
			/* Regions below a base at or under lo have their gaps below it. */
			if (top_down && i + 1 < up->cnt && up->key[i + 1] <= lo)
				return MB_NIL;
			if (up->gap[i] >= size)
				goto descend;
			if (!top_down && up->key[i] >= hi)
				return MB_NIL;
		}
	}
descend:
	for (;;) {
		n = up->child[i];
		up = btree_node(c, n);
		if (up->kind == BTREE_LEAF)
			return n;
		i = top_down ? up->cnt - 1U : 0;
		while (up->gap[i] < size) { /* one of them is as large as the node above says */
			MB_COUNT(mb, regions_visited, 1);
			i += top_down ? -1U : 1;
		}
	}
}

/* One body for both directions: a search here is long enough for a few branches more. */
static __attribute__((noinline)) struct mb_found
store_find_gap(struct mb *mb, struct mb_collection *c, uint64_t lo, uint64_t hi, uint64_t size,
	       uint64_t align, bool top_down)
{
	const struct mb_found nothing = { 0, MB_NIL, MB_NIL };
	mb_pos pos;
	uint32_t n, place;
	uint64_t at;

	/* Above the highest region there is a gap that none stands for. */
	pos = btree_last(c);
	if (pos == MB_NIL || btree_end(btree_at(c, pos)) <= lo) {
		at = fit(mb, lo, hi, size, align, top_down);
		return at ? (struct mb_found){ at, pos, MB_NIL } : nothing;
	}
	/* Top-down: the gap between hi and the region below it, whichever region stands for that. */
	if (top_down) {
		mb_pos above;
		uint64_t floor;

		pos = btree_below(mb, c, hi);
		above = pos == MB_NIL ? btree_first(c) : btree_next(c, pos);
		floor = pos == MB_NIL ? lo : max_u64(lo, btree_end(btree_at(c, pos)));
		at = floor < hi ? fit_top_down(floor, hi, size, align) : 0;
		if (at)
			return (struct mb_found){ at, pos, above };
		if (pos == MB_NIL)
			return nothing;
	} else {
		pos = btree_lower(mb, c, lo);
	}
	n = btree_leaf_of(pos);
	place = btree_place_of(pos);
	for (;;) {
		const struct btree_node *leaf = btree_node(c, n);

		for (;;) {
			uint64_t base = btree_gap_base(c, leaf, place),
				 end = leaf->region[place].base;

			MB_COUNT(mb, regions_visited, 1);
			if (end - base >= size && min_u64(end, hi) > max_u64(base, lo)) {
				at = fit(mb, max_u64(base, lo), min_u64(end, hi), size, align,
					 top_down);
				pos = btree_pos(n, place);
				if (at)
					return (struct mb_found){ at, btree_prev(c, pos), pos };
			}
			if (top_down ? end <= lo : end >= hi)
				return nothing;
			if (top_down ? place-- == 0 : ++place == leaf->cnt)
				break;
		}
		if (!top_down && leaf->next == MB_NIL)
			break;
		n = btree_next_leaf_with(mb, c, n, lo, hi, size, top_down);
		if (n == MB_NIL)
			break;
		place = top_down ? btree_node(c, n)->cnt - 1U : 0;
	}
	if (top_down)
		return nothing;
	pos = btree_last(c);
	lo = max_u64(lo, btree_end(btree_at(c, pos)));
	at = lo < hi ? fit_bottom_up(mb, lo, hi, size, align) : 0;
	return at ? (struct mb_found){ at, pos, MB_NIL } : nothing;
}
