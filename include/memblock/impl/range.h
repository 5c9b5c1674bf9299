/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/range.h - add, remove, change, trim and keep a range. Part of memblock/variant_impl.h; stands
 * on pieces.h, and on grow.h for the room that it asks for first.
 */

/* The first region. */
static __attribute__((noinline)) int add_first(struct mb *mb, struct mb_collection *c,
					       uint64_t base, uint64_t size, int nid,
					       uint32_t flags)
{
	struct mb_region r = { .base = base, .size = size, .nid = nid, .flags = flags };

	if (c->total_size)
		mb_warn(mb, "memblock: %s is empty but its size is not 0", mb_which_name(c->which));
	c->total_size = size;
	c->stale_total = false;
	put(mb, c, MB_NIL, &r);
	return 0;
}

/* With all that may come of it. */
static __attribute__((unused)) int add_anywhere(struct mb *mb, struct mb_collection *c,
						uint64_t base, uint64_t size, int nid,
						uint32_t flags)
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
	if (!c->cnt)
		return add_first(mb, c, base, size, nid, flags);
	pos = store_lower(mb, c, base);
	if (!begins_below(c, pos, end)) {
		/* Nothing is met: one piece, and no second look at the regions. */
		if (store_fits(c, 1)) {
			add_one(mb, c, pos, base, end, nid, flags);
			goto merged;
		}
		pieces = 1;
	} else {
		pieces = count_pieces(mb, c, pos, base, end, nid, flags);
	}
	if (!pieces)
		return 0;
	if (!store_fits(c, pieces) ||
	    2 * (uint64_t)c->cnt + 1 + mb->profile->counts_if_just_room > c->max) {
		/*
		 * Here the kernel counts first and inserts in a second pass, which complains again.
		 * Growing gives old storage back; where that makes one more piece of the range and
		 * all slots are wanted, none is left for it: put() stops, as the kernel does.
		 */
		while (!store_fits(c, pieces)) {
			int rc = grow(mb, c, base, size);

			if (rc)
				return rc;
		}
		count_pieces(mb, c, store_lower(mb, c, base), base, end, nid, flags);
	}
	add_pieces(mb, c, base, end, nid, flags);
merged:
	merge_all_if_wanted(mb, c);
	return 0;
}

static int step_add_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			  int nid, uint32_t flags)
{
#ifdef STORE_ADD_RANGE
	return STORE_ADD_RANGE(mb, c, base, size, nid, flags);
#else
	return add_anywhere(mb, c, base, size, nid, flags);
#endif
}

/* ---- remove and change ------------------------------------------------------------------- */

/* Two slots are wanted by every operation that isolates, even if it will split nothing. */
static inline int room_to_isolate(struct mb *mb, struct mb_collection *c, uint64_t base,
				  uint64_t size)
{
	while (__builtin_expect(!store_fits(c, 3), 0) && !fits_two(mb, c)) {
		int rc = grow(mb, c, base, size);

		if (rc)
			return rc;
	}
	return 0;
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

/* Set and clear flags on region @r at @pos, and store *@nid if there is one. */
static inline void change_region(struct mb *mb, struct mb_collection *c, mb_pos pos,
				 struct mb_region *r, uint32_t set, uint32_t clear, const int *nid)
{
	r->flags = (r->flags | set) & ~clear;
	if (nid)
		r->nid = *nid;
	store_changed(mb, c, pos, MB_CHANGED_ATTRIBUTES);
}

/* Those of the span, at @pos and on. */
MB_ALWAYS_INLINE void change_span(struct mb *mb, struct mb_collection *c, mb_pos pos,
				  const struct mb_span *span, uint32_t set, uint32_t clear,
				  const int *nid, bool by_slot)
{
	int to = nid ? *nid : 0; /* read once: what is written may be anywhere */

	for (uint32_t i = 0; i < span->n; i++)
		change_region(mb, c, pos + i, span_at(span, i, by_slot), set, clear,
			      nid ? &to : NULL);
}

/* The same on [base, end), which lies inside of region @r at @pos: both sides stay as they were, so that either all is
 * alike still, or nothing is to be merged. */
static __attribute__((noinline)) void change_middle(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, struct mb_region *r, uint64_t base,
						    uint64_t end, uint32_t set, uint32_t clear,
						    const int *nid)
{
	struct mb_region upper = *r, middle = { .base = base,
						.size = end - base,
						.nid = nid ? *nid : r->nid,
						.flags = (r->flags | set) & ~clear };

	if (middle.nid == r->nid && middle.flags == r->flags)
		return;
	upper.base = end;
	upper.size = region_end(r) - end;
	r->size = base - r->base;
	store_changed(mb, c, pos, MB_CHANGED_END | MB_CHANGED_SMALLER);
	pos = put(mb, c, store_next(mb, c, pos), &middle);
	put(mb, c, store_next(mb, c, pos), &upper);
}

/* The same on a range, of which regions are a part or several; @pos is the first that ends above base. */
static __attribute__((noinline)) void change_several(struct mb *mb, struct mb_collection *c,
						     mb_pos pos, uint64_t base, uint64_t end,
						     uint32_t set, uint32_t clear, const int *nid)
{
	mb_pos first;
	uint32_t n = isolate(mb, c, pos, base, end, &first), left = n;

	for (pos = first; left; pos = store_next(mb, c, pos)) {
		const struct mb_span span = span_from(c, pos, left);

		if (span.slots)
			change_span(mb, c, pos, &span, set, clear, nid, true);
		else
			change_span(mb, c, pos, &span, set, clear, nid, false);
		left -= span.n;
		pos += span.n - 1;
	}
	merge_around(mb, c, first, n);
}

static int change_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			uint32_t set, uint32_t clear, const int *nid)
{
	struct mb_region *r;
	mb_pos pos;
	int rc;

	size = cap_size(mb, base, size);
	rc = size ? room_to_isolate(mb, c, base, size) : 0;
	if (rc)
		return rc;
	pos = size ? store_lower(mb, c, base) : MB_NIL;
	if (begins_below(c, pos, base + size)) {
		r = store_at(c, pos);
		MB_COUNT(mb, regions_visited, 1);
		if (r->base == base && r->size == size) { /* mostly it is one region, whole */
			change_region(mb, c, pos, r, set, clear, nid);
			merge_beside(mb, c, pos, r);
		} else if (r->base < base && region_end(r) > base + size) {
			change_middle(mb, c, pos, r, base, base + size, set, clear, nid);
		} else {
			change_several(mb, c, pos, base, base + size, set, clear, nid);
		}
	}
	merge_all_if_wanted(mb, c);
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
	store_changed(mb, c, pos, MB_CHANGED_ATTRIBUTES);
	c->untidy = true; /* neighbours may be alike now */
}

static MB_RARE void step_trim(struct mb *mb, struct mb_collection *c, uint64_t align)
{
	mb_pos pos = store_first(mb, c);

	while (pos != MB_NIL) {
		struct mb_region *r = store_at(c, pos);
		uint64_t end = align_down(region_end(r), align);
		uint64_t base = align_up(mb, r->base, align);

		MB_COUNT(mb, regions_visited, 1);
		/* A base in the topmost block rounds up to 0; such a region has nothing left. */
		if (base >= end || base < r->base) {
			pos = drop_whole(mb, c, pos);
			continue;
		}
		if (base != r->base || end != region_end(r)) {
			/* The kernel does not account for what it cuts here; nor do we. */
			r->base = base;
			r->size = end - base;
			c->stale_total = true;
			store_changed(mb, c, pos,
				      MB_CHANGED_BASE | MB_CHANGED_END | MB_CHANGED_SMALLER);
		}
		pos = store_next(mb, c, pos);
	}
}

static MB_RARE int step_keep_range(struct mb *mb, struct mb_collection *c, uint64_t base,
				   uint64_t size, uint32_t spared)
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
		isolate(mb, c, store_lower(mb, c, base), base, end, &pos);
	}
	if (!c->cnt && mb->profile->empty_has_dummy) /* the dummy goes, and comes back */
		note_if_emptied(mb, c);
	c->untidy = true; /* spared regions that were split at the boundary stay split */
	for (pos = store_first(mb, c); pos != MB_NIL;) {
		struct mb_region *r = store_at(c, pos);

		MB_COUNT(mb, regions_visited, 1);
		if ((r->base >= base && r->base < end) || (r->flags & spared)) {
			pos = store_next(mb, c, pos);
			continue;
		}
		pos = drop_whole(mb, c, pos);
	}
	return 0;
}
