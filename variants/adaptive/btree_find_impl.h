/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btree_find_impl.h - the search for a gap of the B+tree. Stands on btree_impl.h.
 *
 * Memory regions are taken in the order of the search, and for each, [lo, hi), the walk through the gaps goes on where the last one
 * left it, in the same leaf or the next; only where memory lies further on the tree is asked. Gaps of a leaf are tried
 * one by one. Then it climbs past nodes whose largest gap is too small, and descends into the first one that has
 * a gap that is large enough. There it fits, unless the alignment or the window's end prevents it. A node that
 * has none is not entered: what is above it knows that.
 *
 * One body serves both directions, compiled for either; what is called once in a leaf goes by @step, 1 or -1.
 */

/* Has the subtree of @node a gap of @size bytes? Of the root nobody says. */
static inline bool btree_may_have(const struct mb_collection *c, const struct btree_node *node,
				  uint64_t size)
{
	return node->up == MB_NIL || btree_told_gap(c, node) >= size;
}

/* The next leaf from leaf @n on with a gap of @size bytes; MB_NIL: there is none before [lo, hi) ends. */
static __attribute__((noinline)) uint32_t btree_next_leaf_with(const struct mb_collection *c,
							       const struct btree_node *node,
							       uint64_t lo, uint64_t hi,
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

/* Where the walk through the gaps is: below a region of a leaf. */
struct btree_walk {
	const struct btree_node *leaf;
	uint32_t n, place; /* MB_NIL: nowhere yet */
	uint64_t bottom,
		top; /* base of the lowest region and end of the highest; 0: there is none */
};

/* Is @at, the near end of memory, in a gap of @leaf or beyond it? Else the memory begins in a leaf further on. */
static inline bool btree_meets(const struct mb_collection *c, const struct btree_node *leaf,
			       uint64_t at, bool top_down)
{
	if (top_down)
		return leaf->region[0].base < at || btree_gap_base(c, leaf, 0) < at;
	return btree_end(&leaf->region[leaf->cnt - 1]) > at;
}

static inline mb_pos btree_end_of(const struct mb_collection *c, uint32_t n, bool highest)
{
	return btree_pos(n, highest ? btree_node(c, n)->cnt - 1U : 0);
}

/* The gap where memory with the near end @at begins; if the leaf after @n has it, the tree is not asked. */
static __attribute__((noinline)) mb_pos btree_walk_on(struct mb *mb, const struct mb_collection *c,
						      uint32_t n, uint64_t at, uint64_t top,
						      uint64_t size, bool top_down)
{
	mb_pos pos;

	if (n != MB_NIL)
		n = top_down ? btree_node(c, n)->prev : btree_node(c, n)->next;
	if (n != MB_NIL && btree_meets(c, btree_node(c, n), at, top_down))
		return btree_end_of(c, n, top_down);
	pos = at >= top ? btree_last(c) : btree_lower(mb, c, at);
	n = btree_leaf_of(pos);
	return btree_may_have(c, btree_node(c, n), size) ? pos : btree_end_of(c, n, !top_down);
}

static inline void btree_walk_to(const struct mb_collection *c, struct btree_walk *w, mb_pos pos)
{
	w->n = btree_leaf_of(pos);
	w->leaf = btree_node(c, w->n);
	w->place = btree_place_of(pos);
}

/* The first fit in the gaps below regions that memory, [lo, hi), has a part in; it comes in the order of the walk. */
EITHER_DIRECTION uint64_t btree_walk_gaps(struct mb *mb, const struct mb_collection *c,
					  struct btree_walk *w, uint64_t lo, uint64_t hi,
					  uint64_t size, uint64_t align, bool top_down)
{
	const int step = top_down ? -1 : 1;

	if (w->n == MB_NIL || !btree_meets(c, w->leaf, top_down ? hi : lo, top_down))
		btree_walk_to(c, w,
			      btree_walk_on(mb, c, w->n, top_down ? hi : lo, w->top, size,
					    top_down));
	for (;;) {
		const struct mb_region *first = w->leaf->region, *r = &first[w->place];
		const struct mb_region *last = top_down ? first : &first[w->leaf->cnt - 1];
		uint64_t base, at;
		uint32_t n;

		for (;; r += step) {
			/* Those that are too small, without a question that has to do with a leaf's end. */
			while (r != first && r != last && r->base - btree_end(r - 1) < size) {
				MB_COUNT(mb, regions_visited, 1);
				r += step;
			}
			MB_COUNT(mb, regions_visited, 1);
			base = r != first ? btree_end(r - 1) : btree_gap_base(c, w->leaf, 0);
			if (r->base - base >= size) {
				w->place = (uint32_t)(r - first);
				at = fit(mb, max_u64(base, lo), min_u64(r->base, hi), size, align,
					 top_down);
				/* The next memory may have a part of this gap, too. */
				if (at || (top_down ? base <= lo : r->base >= hi))
					return at;
			}
			if (r == last)
				break;
		}
		w->place = (uint32_t)(r - first);
		if (top_down ? r->base <= lo : r->base >= hi)
			return 0;
		n = btree_next_leaf_with(c, w->leaf, lo, hi, size, step);
		if (n == MB_NIL)
			return 0;
		w->n = n;
		w->leaf = btree_node(c, n);
		w->place = top_down ? w->leaf->cnt - 1U : 0;
	}
}

/* In what lies above the highest region, for which none stands, or below the lowest, which the tree does not know. */
static inline uint64_t btree_fit_outside(struct mb *mb, const struct btree_walk *w, uint64_t lo,
					 uint64_t hi, uint64_t size, uint64_t align, bool top_down,
					 bool above)
{
	if (above)
		lo = max_u64(lo, w->top);
	else
		hi = min_u64(hi, w->bottom);
	return lo < hi ? fit(mb, lo, hi, size, align, top_down) : 0;
}

/* The first fit in the memory [lo, hi). */
EITHER_DIRECTION struct mb_found btree_find_within(struct mb *mb, const struct mb_collection *c,
						   struct btree_walk *w, uint64_t lo, uint64_t hi,
						   uint64_t size, uint64_t align, bool top_down)
{
	bool above = top_down;
	uint64_t at;

	if (top_down)
		hi = passed_top(c, hi, size, align);
	at = btree_fit_outside(mb, w, lo, hi, size, align, top_down, above);
	if (!at && lo < w->top && hi > w->bottom) {
		mb_pos pos;

		at = btree_walk_gaps(mb, c, w, lo, hi, size, align, top_down);
		pos = btree_pos(w->n, w->place);
		if (at)
			return (struct mb_found){ at, btree_prev(c, pos), pos };
	}
	if (!at) {
		above = !top_down;
		at = btree_fit_outside(mb, w, lo, hi, size, align, top_down, above);
	}
	return (struct mb_found){ at, at && above ? btree_last(c) : MB_NIL,
				  at && !above ? btree_first(c) : MB_NIL };
}

/* As find_in_gaps(). Regions of a leaf of memory, too, are read one beside the other. */
EITHER_DIRECTION struct mb_found btree_find(struct mb *mb, uint64_t size, uint64_t align,
					    uint64_t start, uint64_t end, int nid, uint32_t flags,
					    bool top_down)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *c = &mb->c[MB_RESERVED];
	mb_pos m = top_down ? store_below(mb, memory, end) : store_lower(mb, memory, start);
	const struct btree_node *highest = btree_node(c, c->store[BTREE_LAST]);
	struct btree_walk w = { .n = MB_NIL };
	bool by_node = nid_selects(mb, nid);
	struct mb_found found = { 0, MB_NIL, MB_NIL };

	if (c->cnt) {
		w.bottom = btree_node(c, c->store[BTREE_FIRST])->region[0].base;
		w.top = btree_end(&highest->region[highest->cnt - 1]);
	}
	while (m != MB_NIL) {
		const struct mb_region *r = store_at(memory, m);
		uint32_t run = !is_tree(memory) ? 1 :
			       top_down         ? btree_place_of(m) + 1 :
						  btree_span(memory, m).n;

		for (m += top_down ? 1 - run : run - 1; run; run--, r += top_down ? -1 : 1) {
			uint64_t lo = max_u64(r->base, start), hi = min_u64(region_end(r), end);

			MB_COUNT(mb, regions_visited, 1);
			if (top_down ? hi <= start : lo >= end)
				return found;
			if (region_is_hidden(mb, r, by_node, nid, flags) || hi - lo < size)
				continue;
			found = btree_find_within(mb, c, &w, lo, hi, size, align, top_down);
			if (found.at)
				return found;
		}
		m = walk_next(mb, memory, m, top_down);
	}
	return found;
}

static __attribute__((noinline)) struct mb_found btree_find_up(struct mb *mb, uint64_t size,
							       uint64_t align, uint64_t start,
							       uint64_t end, int nid,
							       uint32_t flags)
{
	return btree_find(mb, size, align, start, end, nid, flags, false);
}

static __attribute__((noinline)) struct mb_found btree_find_down(struct mb *mb, uint64_t size,
								 uint64_t align, uint64_t start,
								 uint64_t end, int nid,
								 uint32_t flags)
{
	return btree_find(mb, size, align, start, end, nid, flags, true);
}

static inline struct mb_found store_find_gap(struct mb *mb, uint64_t size, uint64_t align,
					     uint64_t start, uint64_t end, int nid, uint32_t flags)
{
	return mb->bottom_up ? btree_find_up(mb, size, align, start, end, nid, flags) :
			       btree_find_down(mb, size, align, start, end, nid, flags);
}
