/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/pieces.h - a range goes in, comes out or is marked off, where there is room for it. Part of
 * memblock/variant_impl.h; stands on regions.h.
 *
 * Nothing here asks whether there is a slot: that is range.h, which may grow the collection first,
 * and grow.h, which edits `reserved` by these functions while it does so.
 */

/* ---- in ------------------------------------------------------------------------------------------ */

/* The kernel complains, for each piece that precedes a region it meets, if node or flags differ from that
 * region's. */
static void diagnose_piece(struct mb *mb, const struct mb_region *r, int nid, uint32_t flags)
{
	if (!mb->machine.no_numa && nid != r->nid)
		mb_warn(mb, "memblock: node %d added before a region of node %d", nid, r->nid);
	if (flags != r->flags && (flags || !mb->profile->flag_mismatch_needs_flags))
		mb_warn(mb, "memblock: flags %#x added before a region of flags %#x", flags,
			r->flags);
}

/*
 * Adding never alters a region: only the parts of [base, end) that none covers are added.
 *
 *     before      [ a )      [ b )  [ c )
 *     add      [--------------------------)
 *     pieces   [-)     [----)     [-)    [-)
 *
 * How many are they? @pos is the first region that ends above base.
 */
static uint32_t count_pieces(struct mb *mb, struct mb_collection *c, mb_pos pos, uint64_t base,
			     uint64_t end, int nid, uint32_t flags)
{
	uint32_t pieces = 0;

	for (; pos != MB_NIL; pos = store_next(mb, c, pos)) {
		const struct mb_region *r = store_at(c, pos);

		MB_COUNT(mb, regions_visited, 1);
		if (r->base >= end)
			break;
		if (r->base > base) {
			pieces++;
			diagnose_piece(mb, r, nid, flags);
		}
		base = min_u64(region_end(r), end);
	}
	return pieces + (base < end);
}

/* Put the whole of [base, end) before @pos, joining its neighbours where they are alike. */
static void add_one(struct mb *mb, struct mb_collection *c, mb_pos pos, uint64_t base, uint64_t end,
		    int nid, uint32_t flags)
{
	struct mb_region piece = { .base = base, .size = end - base, .nid = nid, .flags = flags };
	mb_pos before = pos == MB_NIL ? store_last(mb, c) : store_prev(mb, c, pos);

	c->total_size += piece.size;
	MB_COUNT(mb, regions_visited, 2);
	if (before != MB_NIL) {
		struct mb_region *b = store_at(c, before);

		if (regions_join(b, &piece)) {
			b->size += piece.size;
			if (pos != MB_NIL && regions_join(b, store_at(c, pos))) {
				b->size += store_at(c, pos)->size;
				drop(mb, c, pos, 1);
			}
			store_changed(mb, c, before);
			return;
		}
	}
	if (pos != MB_NIL && regions_join(&piece, store_at(c, pos))) {
		struct mb_region *n = store_at(c, pos);

		n->base = base;
		n->size += piece.size;
		store_changed(mb, c, pos);
		return;
	}
	put(mb, c, pos, &piece);
}

/* Add what is missing of [base, end); there is room. Merging looks at the pieces' surroundings. */
static void add_pieces(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t end, int nid,
		       uint32_t flags)
{
	mb_pos pos = store_lower(mb, c, base);
	mb_pos first = MB_NIL;
	uint32_t seen = 0;    /* regions from the first piece on */
	uint32_t regions = 0; /* the same up to the last piece, both included */

	if (!begins_below(c, pos, end)) {
		add_one(mb, c, pos, base, end, nid, flags);
		return;
	}
	for (; base < end; seen += first != MB_NIL) {
		struct mb_region *r = pos == MB_NIL ? NULL : store_at(c, pos);
		struct mb_region piece = { .base = base, .nid = nid, .flags = flags };

		if (r && r->base <= base) { /* covered up to the end of r */
			base = min_u64(region_end(r), end);
			pos = store_next(mb, c, pos);
			continue;
		}
		piece.size = (r ? min_u64(r->base, end) : end) - base;
		pos = put(mb, c, pos, &piece);
		c->total_size += piece.size;
		if (first == MB_NIL)
			first = pos;
		regions = seen + 1;
		base += piece.size;
		pos = store_next(mb, c, pos);
	}
	if (first != MB_NIL)
		merge_around(mb, c, first, regions);
}

/* ---- mark off, take out ------------------------------------------------------------------------ */

/* Split the region at @pos at @addr; returns the position of the upper half. */
static mb_pos split(struct mb *mb, struct mb_collection *c, mb_pos pos, uint64_t addr)
{
	struct mb_region lower = *store_at(c, pos);
	struct mb_region *r;

	lower.size = addr - lower.base;
	pos = store_next(mb, c, put(mb, c, pos, &lower));
	r = store_at(c, pos);
	r->base = addr;
	r->size -= lower.size;
	store_changed(mb, c, pos);
	return pos;
}

/*
 * Make region boundaries coincide with [base, end). *first is the first region inside and the
 * result how many there are. There is room for two splits, and base < end.
 */
static uint32_t isolate(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t end,
			mb_pos *first)
{
	mb_pos pos = store_lower(mb, c, base);
	uint32_t n = 0;

	*first = MB_NIL;
	if (!begins_below(c, pos, end))
		return 0;
	if (store_at(c, pos)->base < base)
		pos = split(mb, c, pos, base);
	*first = pos;
	do {
		uint64_t region_ends = region_end(store_at(c, pos));

		MB_COUNT(mb, regions_visited, 1);
		n++;
		if (region_ends > end) {
			bool only = pos == *first;

			pos = split(mb, c, pos, end);
			if (only)
				*first = store_prev(mb, c, pos);
			return n;
		}
		if (region_ends == end)
			return n;
		pos = store_next(mb, c, pos);
	} while (begins_below(c, pos, end));
	return n;
}

/* Delete [base, end) from @c; there is room for the one region that a hole adds. */
static void cut_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t end)
{
	mb_pos pos = store_lower(mb, c, base), first;
	struct mb_region *r;
	uint32_t n = 0;

	if (!begins_below(c, pos, end))
		return;
	r = store_at(c, pos);
	MB_COUNT(mb, regions_visited, 1);
	if (r->base < base) {
		uint64_t old_end = region_end(r);

		if (old_end > end) { /* a hole: [ r ) becomes [  )..[  ) */
			pos = store_prev(mb, c, split(mb, c, pos, end));
			r = store_at(c, pos);
			old_end = end;
		}
		r->size = base - r->base;
		c->total_size -= old_end - base;
		store_changed(mb, c, pos);
		pos = store_next(mb, c, pos);
	}
	first = pos;
	while (pos != MB_NIL) {
		r = store_at(c, pos);
		MB_COUNT(mb, regions_visited, 1);
		if (region_end(r) > end)
			break;
		c->total_size -= r->size;
		n++;
		pos = store_next(mb, c, pos);
	}
	if (n)
		pos = drop(mb, c, first, n);
	if (begins_below(c, pos, end)) {
		r = store_at(c, pos);
		c->total_size -= end - r->base;
		r->size = region_end(r) - end;
		r->base = end;
		store_changed(mb, c, pos);
	}
	if (n)
		note_if_emptied(mb, c);
}
