/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btree_find_impl.h - the search for a gap of the B+tree. Stands on btree_impl.h.
 *
 * The gap that is looked for lies in [lo, hi), a part of one memory region. First those of the leaf where the walk begins
 * are tried, one by one. Then it climbs past nodes whose largest gap is too small, and descends into the first one that has
 * a gap that is large enough. There it fits, unless the alignment or the window's end prevents it. A node that
 * has none is not entered: what is above it knows that.
 *
 * One body serves both directions: a walk goes by @step, 1 or -1, and only its ends ask where it goes.
 */

/* Has the subtree of @node a gap of @size bytes? Of the root nobody says. */
static inline bool btree_may_have(const struct mb_collection *c, const struct btree_node *node,
				  uint64_t size)
{
	return node->up == MB_NIL || btree_told_gap(c, node) >= size;
}

/* The next leaf from leaf @n on with a gap of @size bytes; MB_NIL: there is none before [lo, hi) ends. */
static inline uint32_t btree_next_leaf_with(const struct mb_collection *c,
					    const struct btree_node *node, uint64_t lo, uint64_t hi,
					    uint64_t size, int step)
{
	const struct btree_node *from;
	const uint64_t *gap, *end;
	uint32_t n;

	do { /* climb until there is a child to descend into */
		from = node;
		if (from->up == MB_NIL)
			return MB_NIL;
		node = btree_node(c, from->up);
		gap = &node->gap[from->place];
		end = step < 0 ? node->gap : &node->gap[node->cnt - 1];
		if (!btree_may_have(c, node, size))
			gap = end;
		while (gap != end && *(gap += step) < size)
			;
		/* The last one may be too small, or the one that this came from. */
	} while (*gap < size || gap == &node->gap[from->place]);
	/* What is below the one before it is outside, then its own gaps are, too. */
	if (step < 0 ? node->key[gap - node->gap + 1] <= lo : node->key[gap - node->gap - 1] >= hi)
		return MB_NIL;
	for (;;) {
		n = node->child[gap - node->gap];
		node = btree_node(c, n);
		if (node->kind == BTREE_LEAF)
			return n;
		gap = step < 0 ? &node->gap[node->cnt - 1] : node->gap;
		while (*gap < size) /* one of them is as large as the node above says */
			gap += step;
	}
}

/* Where the walk goes on from the gap below @place of leaf @n, which may have a part in [lo, hi). */
static inline struct mb_found btree_walk_gaps(struct mb *mb, const struct mb_collection *c,
					      uint32_t n, uint32_t place, uint64_t lo, uint64_t hi,
					      uint64_t size, uint64_t align, int step)
{
	const struct mb_found nothing = { 0, MB_NIL, MB_NIL };
	const struct btree_node *leaf = btree_node(c, n);
	bool may_have = btree_may_have(c, leaf, size);

	for (;;) {
		const struct mb_region *r = &leaf->region[place];
		uint32_t last = step < 0 ? 0 : leaf->cnt - 1U;
		uint64_t base;

		for (; may_have; r += step, place += (uint32_t)step) {
			/* Those that are too small, without a question that has to do with a leaf's end. */
			while (place && place != last && r->base - btree_end(r - 1) < size) {
				MB_COUNT(mb, regions_visited, 1);
				r += step;
				place += (uint32_t)step;
			}
			MB_COUNT(mb, regions_visited, 1);
			base = btree_gap_base(c, leaf, place);
			if (r->base - base >= size) {
				if (step < 0 ? r->base <= lo : base >= hi)
					return nothing;
				base = fit(mb, max_u64(base, lo), min_u64(r->base, hi), size, align,
					   step < 0);
				if (base)
					return (struct mb_found){
						base, btree_prev(c, btree_pos(n, place)),
						btree_pos(n, place)
					};
			}
			if (place == last)
				break;
		}
		if (step < 0 ? leaf->region[0].base <= lo : leaf->region[last].base >= hi)
			return nothing;
		n = btree_next_leaf_with(c, leaf, lo, hi, size, step);
		if (n == MB_NIL)
			return nothing;
		leaf = btree_node(c, n);
		place = step < 0 ? leaf->cnt - 1U : 0;
		may_have = true;
	}
}

/* In the gap below the first region, which the tree does not know. */
static inline struct mb_found btree_find_first(struct mb *mb, const struct mb_collection *c,
					       uint64_t lo, uint64_t hi, uint64_t size,
					       uint64_t align, bool top_down)
{
	struct mb_found found = { 0, MB_NIL, btree_first(c) };

	if (found.above != MB_NIL)
		hi = min_u64(hi, btree_at(c, found.above)->base);
	if (lo < hi)
		found.at = fit(mb, lo, hi, size, align, top_down);
	return found;
}

static __attribute__((noinline)) struct mb_found
store_find_gap(struct mb *mb, struct mb_collection *c, uint64_t lo, uint64_t hi, uint64_t size,
	       uint64_t align, bool top_down)
{
	struct mb_found found = { 0, MB_NIL, MB_NIL };
	mb_pos pos;

	if (!top_down) {
		found = btree_find_first(mb, c, lo, hi, size, align, false);
		if (found.at)
			return found;
	}
	pos = top_down ? btree_below(mb, c, hi) : btree_lower(mb, c, lo);
	/* Top-down: the gap between hi and the region below it, whichever region stands for that. */
	if (top_down) {
		uint64_t floor = pos == MB_NIL ? lo : max_u64(lo, btree_end(btree_at(c, pos)));

		if (floor < hi)
			found.at = fit_top_down(floor, hi, size, align);
		if (found.at) {
			found.below = pos;
			found.above = pos == MB_NIL ? btree_first(c) : btree_next(c, pos);
			return found;
		}
	}
	if (pos != MB_NIL)
		found = btree_walk_gaps(mb, c, btree_leaf_of(pos), btree_place_of(pos), lo, hi,
					size, align, top_down ? -1 : 1);
	if (found.at)
		return found;
	if (top_down)
		return btree_find_first(mb, c, lo, hi, size, align, true);
	/* Above the highest region there is a gap that none stands for. */
	pos = btree_last(c);
	if (pos != MB_NIL)
		lo = max_u64(lo, btree_end(btree_at(c, pos)));
	found.at = lo < hi ? fit_bottom_up(mb, lo, hi, size, align) : 0;
	return (struct mb_found){ found.at, pos, MB_NIL };
}
