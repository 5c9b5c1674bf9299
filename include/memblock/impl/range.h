/* SPDX-License-Identifier: GPL-2.0-or-later */
/* impl/range.h - add, isolate, remove and change a range. Part of memblock/variant_impl.h. */

/*
 * Existing regions are never altered: only the parts of [base, end) that none covers are added.
 *
 *     before      [ a )      [ b )  [ c )
 *     add      [--------------------------)
 *     pieces   [-)     [----)     [-)    [-)
 *
 * The kernel complains, for each piece that precedes a region it meets, if node or flags differ
 * from that region's.
 */
static void diagnose_piece(struct mb *mb, const struct mb_region *r, int nid, uint32_t flags)
{
	if (!mb->machine.no_numa && nid != r->nid)
		mb_warn(mb, "memblock: node %d added before a region of node %d", nid, r->nid);
	if (flags != r->flags && (flags || !mb->profile->flag_mismatch_needs_flags))
		mb_warn(mb, "memblock: flags %#x added before a region of flags %#x", flags,
			r->flags);
}

/* Pieces that [base, end) falls into; @pos is the first region that ends above base. */
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

		if (region_end(b) == base && b->nid == nid && b->flags == flags) {
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
static int add_pieces(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t end, int nid,
		      uint32_t flags)
{
	mb_pos pos = store_lower(mb, c, base);
	mb_pos first = MB_NIL;
	uint32_t seen = 0;    /* regions from the first piece on */
	uint32_t regions = 0; /* the same up to the last piece, both included */

	if (pos == MB_NIL || store_at(c, pos)->base >= end) {
		add_one(mb, c, pos, base, end, nid, flags);
		return 0;
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
	if (first != MB_NIL) {
		mb_pos before = store_prev(mb, c, first);

		merge_from(mb, c, before == MB_NIL ? first : before, regions + (before != MB_NIL));
	}
	return 0;
}

static int step_add_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			  int nid, uint32_t flags)
{
	uint64_t end;
	uint32_t pieces;
	mb_pos pos;

	size = cap_size(mb, base, size);
	end = base + size;
	if (!size)
		return 0;
	if (mb->machine.no_numa)
		nid = 0;
	if (!c->cnt) {
		struct mb_region r = { .base = base, .size = size, .nid = nid, .flags = flags };

		if (c->total_size)
			mb_warn(mb, "memblock: %s is empty but its size is not 0",
				mb_which_name(c->which));
		c->total_size = size;
		put(mb, c, MB_NIL, &r);
		return 0;
	}
	pos = store_lower(mb, c, base);
	if (pos == MB_NIL || store_at(c, pos)->base >= end) {
		/* Nothing is met: one piece, and no second look at the regions. */
		if (c->cnt < c->max) {
			add_one(mb, c, pos, base, end, nid, flags);
			goto merged;
		}
		pieces = 1;
	} else {
		pieces = count_pieces(mb, c, pos, base, end, nid, flags);
	}
	if (!pieces)
		return 0;
	if (2 * (uint64_t)c->cnt + 1 > c->max) {
		/*
		 * Here the kernel counts first and inserts in a second pass, which complains again.
		 * Growing gives old storage back; where that lies inside the range it makes one
		 * more piece, for which the kernel would find no slot and stop.
		 */
		do {
			while ((uint64_t)c->cnt + pieces > c->max) {
				int rc = grow(mb, c, base, size);

				if (rc)
					return rc;
			}
			pieces = count_pieces(mb, c, store_lower(mb, c, base), base, end, nid,
					      flags);
		} while ((uint64_t)c->cnt + pieces > c->max);
	}
	add_pieces(mb, c, base, end, nid, flags);
merged:
	merge_all_if_wanted(mb, c);
	return 0;
}

/* ---- isolate, remove, change ------------------------------------------------------------------- */

/* Two slots are wanted by every operation that isolates, even if it will split nothing. */
static inline int room_to_isolate(struct mb *mb, struct mb_collection *c, uint64_t base,
				  uint64_t size)
{
	while (__builtin_expect(c->cnt + 2 > c->max, 0)) {
		int rc = grow(mb, c, base, size);

		if (rc)
			return rc;
	}
	return 0;
}

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
 * result how many there are. There is room for two splits.
 */
static uint32_t isolate(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t end,
			mb_pos *first)
{
	mb_pos pos = store_lower(mb, c, base);
	uint32_t n = 0;

	*first = MB_NIL;
	if (pos == MB_NIL || store_at(c, pos)->base >= end)
		return 0;
	if (store_at(c, pos)->base < base)
		pos = split(mb, c, pos, base);
	*first = pos;
	while (pos != MB_NIL && store_at(c, pos)->base < end) {
		uint64_t region_ends = region_end(store_at(c, pos));

		MB_COUNT(mb, regions_visited, 1);
		n++;
		if (region_ends > end) {
			bool only = pos == *first;

			pos = split(mb, c, pos, end);
			if (only)
				*first = store_prev(mb, c, pos);
		}
		if (region_ends >= end)
			break;
		pos = store_next(mb, c, pos);
	}
	return n;
}

/* Delete [base, end) from @c; there is room for the one region that a hole adds. */
static void cut_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t end)
{
	mb_pos pos = store_lower(mb, c, base), first;
	struct mb_region *r;
	uint32_t n = 0;

	if (pos == MB_NIL || store_at(c, pos)->base >= end)
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
	if (pos != MB_NIL && store_at(c, pos)->base < end) {
		r = store_at(c, pos);
		c->total_size -= end - r->base;
		r->size = region_end(r) - end;
		r->base = end;
		store_changed(mb, c, pos);
	}
	if (n)
		note_if_emptied(mb, c);
}

static int step_remove_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	int rc;

	size = cap_size(mb, base, size);
	if (!size)
		return 0;
	rc = room_to_isolate(mb, c, base, size);
	if (rc)
		return rc;
	cut_range(mb, c, base, base + size);
	return 0;
}

/* Merge around @n regions from @first on, after they were changed. */
static void merge_around(struct mb *mb, struct mb_collection *c, mb_pos first, uint32_t n)
{
	mb_pos before = store_prev(mb, c, first);

	if (before == MB_NIL)
		merge_from(mb, c, first, n);
	else
		merge_from(mb, c, before, n + 1);
	merge_all_if_wanted(mb, c);
}

/* Set and clear flags on a range, and store *@nid if there is one. */
static inline int change_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			       uint32_t set, uint32_t clear, const int *nid)
{
	mb_pos first, pos;
	uint32_t n;
	int rc;

	size = cap_size(mb, base, size);
	if (!size) {
		merge_all_if_wanted(mb, c);
		return 0;
	}
	rc = room_to_isolate(mb, c, base, size);
	if (rc)
		return rc;
	n = isolate(mb, c, base, base + size, &first);
	if (!n) {
		merge_all_if_wanted(mb, c);
		return 0;
	}
	pos = first;
	for (uint32_t i = 0; i < n; i++, pos = store_next(mb, c, pos)) {
		struct mb_region *r = store_at(c, pos);

		r->flags = (r->flags | set) & ~clear;
		if (nid)
			r->nid = *nid;
		store_changed(mb, c, pos);
	}
	merge_around(mb, c, first, n);
	return 0;
}

static int step_change_flags(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			     uint32_t set, uint32_t clear)
{
	return change_range(mb, c, base, size, set, clear, NULL);
}

static int step_change_node(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			    int nid)
{
	return change_range(mb, c, base, size, 0, 0, &nid);
}

static void step_stamp_node(struct mb *mb, struct mb_collection *c, uint64_t addr, int nid)
{
	mb_pos pos = store_lower(mb, c, addr);

	if (pos == MB_NIL || store_at(c, pos)->base > addr)
		return;
	store_at(c, pos)->nid = nid;
	store_changed(mb, c, pos);
	mb->untidy = true; /* neighbours may be alike now */
}

static void step_trim(struct mb *mb, struct mb_collection *c, uint64_t align)
{
	mb_pos pos = store_first(mb, c);

	while (pos != MB_NIL) {
		struct mb_region *r = store_at(c, pos);
		uint64_t end = align_down(region_end(r), align);
		uint64_t base = align_up(mb, r->base, align);

		MB_COUNT(mb, regions_visited, 1);
		/* A base in the topmost block rounds up to 0; such a region has nothing left. */
		if (base >= end || base < r->base) {
			c->total_size -= r->size;
			pos = drop(mb, c, pos, 1);
			note_if_emptied(mb, c);
			continue;
		}
		if (base != r->base || end != region_end(r)) {
			/* The kernel does not account for what it cuts here; nor do we. */
			r->base = base;
			r->size = end - base;
			mb->untidy = true;
			store_changed(mb, c, pos);
		}
		pos = store_next(mb, c, pos);
	}
}

static int step_keep_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			   uint32_t spared)
{
	uint64_t end;
	mb_pos pos;
	int rc;

	size = cap_size(mb, base, size);
	end = base + size;
	if (size) { /* a range that starts at the last address is empty: nothing is inside */
		rc = room_to_isolate(mb, c, base, size);
		if (rc)
			return rc;
		isolate(mb, c, base, end, &pos);
	}
	if (!c->cnt && mb->profile->empty_has_dummy) /* the dummy goes, and comes back */
		note_if_emptied(mb, c);
	mb->untidy = true; /* spared regions that were split at the boundary stay split */
	for (pos = store_first(mb, c); pos != MB_NIL;) {
		struct mb_region *r = store_at(c, pos);

		MB_COUNT(mb, regions_visited, 1);
		if ((r->base >= base && r->base < end) || (r->flags & spared)) {
			pos = store_next(mb, c, pos);
			continue;
		}
		c->total_size -= r->size;
		pos = drop(mb, c, pos, 1);
		note_if_emptied(mb, c);
	}
	return 0;
}
