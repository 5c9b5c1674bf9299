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
static __attribute__((unused)) uint32_t count_pieces(struct mb *mb, struct mb_collection *c,
						     mb_pos pos, uint64_t base, uint64_t end,
						     int nid, uint32_t flags)
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

/* Put the whole of [base, end), which meets no region, between @before and @after, MB_NIL where there is none;
 * joined to them where they are alike. There is a free slot. */
MB_ALWAYS_INLINE void add_between(struct mb *mb, struct mb_collection *c, mb_pos before,
				  mb_pos after, uint64_t base, uint64_t end, int nid,
				  uint32_t flags)
{
	struct mb_region *lower = before == MB_NIL ? NULL : store_at(c, before);
	struct mb_region *upper = after == MB_NIL ? NULL : store_at(c, after);
	bool join_upper = upper && joins_below(upper, end, nid, flags);

	MB_COUNT(mb, regions_visited, 2);
	c->total_size += end - base;
	if (lower && joins_above(lower, base, nid, flags)) {
		if (__builtin_expect(join_upper, 0)) {
			end = region_end(upper);
			drop(mb, c, after, 1);
			lower = store_at(c, before);
		}
		lower->size = end - lower->base;
		store_changed(mb, c, before, MB_CHANGED_END);
	} else if (join_upper) {
		upper->size += end - base;
		upper->base = base;
		store_changed(mb, c, after, MB_CHANGED_BASE);
	} else {
		struct mb_region piece = {
			.base = base, .size = end - base, .nid = nid, .flags = flags
		};

		put(mb, c, after, &piece);
	}
}

/* The same, where only the region above is known. */
static __attribute__((noinline)) void add_one(struct mb *mb, struct mb_collection *c, mb_pos after,
					      uint64_t base, uint64_t end, int nid, uint32_t flags)
{
	mb_pos before = after == MB_NIL ? store_last(mb, c) : store_prev(mb, c, after);

	add_between(mb, c, before, after, base, end, nid, flags);
}

/* Add what is missing of [base, end); there is room. Merging looks at the pieces' surroundings. */
static __attribute__((unused)) void add_pieces(struct mb *mb, struct mb_collection *c,
					       uint64_t base, uint64_t end, int nid, uint32_t flags)
{
	mb_pos pos = store_lower(mb, c, base);
	uint64_t first = 0;   /* base of the first piece */
	bool added = false;   /* there is one */
	uint32_t seen = 0;    /* regions from the first piece on */
	uint32_t regions = 0; /* the same up to the last piece, both included */

	if (!begins_below(c, pos, end)) {
		add_one(mb, c, pos, base, end, nid, flags);
		return;
	}
	for (; base < end; seen += added) {
		const struct mb_region *r = pos == MB_NIL ? NULL : store_at(c, pos);
		struct mb_region piece = { .base = base, .nid = nid, .flags = flags };

		if (r && r->base <= base) { /* covered up to the end of r */
			base = min_u64(region_end(r), end);
			pos = store_next(mb, c, pos);
			continue;
		}
		piece.size = (r ? min_u64(r->base, end) : end) - base;
		pos = put(mb, c, pos, &piece);
		c->total_size += piece.size;
		if (!added)
			first = base;
		added = true;
		regions = seen + 1;
		base += piece.size;
		pos = store_next(mb, c, pos);
	}
	if (added) /* an insert may have moved the first piece */
		merge_around(mb, c, store_lower(mb, c, first), regions);
}

/* ---- mark off, take out ------------------------------------------------------------------------ */

/* Split the region at @pos at @addr; returns the position of the upper half. */
static mb_pos split(struct mb *mb, struct mb_collection *c, mb_pos pos, uint64_t addr)
{
	struct mb_region *r = store_at(c, pos);
	struct mb_region upper = *r;

	upper.base = addr;
	upper.size = region_end(r) - addr;
	r->size = addr - r->base;
	store_changed(mb, c, pos, MB_CHANGED_END | MB_CHANGED_SMALLER);
	return put(mb, c, store_next(mb, c, pos), &upper);
}

/*
 * Make region boundaries coincide with [base, end). *first is the first region inside and the
 * result how many there are. @pos is the first region that ends above base. There is room for two
 * splits, and base < end.
 */
static uint32_t isolate(struct mb *mb, struct mb_collection *c, mb_pos pos, uint64_t base,
			uint64_t end, mb_pos *first)
{
	const struct mb_region *r = pos == MB_NIL ? NULL : store_at(c, pos);
	uint32_t n = 0;

	*first = MB_NIL;
	if (!r || r->base >= end)
		return 0;
	if (r->base < base) {
		pos = split(mb, c, pos, base);
		r = store_at(c, pos);
	}
	*first = pos;
	do {
		uint64_t region_ends = region_end(r);

		MB_COUNT(mb, regions_visited, 1);
		n++;
		if (region_ends > end) {
			pos = split(mb, c, pos, end);
			/* the split may have moved it */
			*first = n == 1 ? store_prev(mb, c, pos) : store_lower(mb, c, base);
			return n;
		}
		if (region_ends == end)
			return n;
		pos = store_next(mb, c, pos);
		if (pos == MB_NIL)
			return n;
		r = store_at(c, pos);
	} while (r->base < end);
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
			struct mb_region upper = *r;

			upper.base = end;
			upper.size = old_end - end;
			r->size = base - r->base;
			c->total_size -= end - base;
			store_changed(mb, c, pos, MB_CHANGED_END | MB_CHANGED_SMALLER);
			put(mb, c, store_next(mb, c, pos), &upper);
			return;
		}
		r->size = base - r->base;
		c->total_size -= old_end - base;
		store_changed(mb, c, pos, MB_CHANGED_END | MB_CHANGED_SMALLER);
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
		store_changed(mb, c, pos, MB_CHANGED_BASE | MB_CHANGED_SMALLER);
	}
	if (n)
		note_if_emptied(mb, c);
}
