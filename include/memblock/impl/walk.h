/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/walk.h - questions: which region is at an address, does one lie in a range, what comes next.
 * Part of memblock/variant_impl.h; stands on regions.h.
 *
 * Nothing here changes a region. (A store may move a hint when it is asked: the list does.)
 */

static bool step_search(struct mb *mb, struct mb_collection *c, uint64_t addr,
			struct mb_region *out)
{
#ifdef STORE_SEARCH
	const struct mb_region *r = STORE_SEARCH(mb, c, addr);
#else
	mb_pos pos = store_lower(mb, c, addr);
	const struct mb_region *r = pos == MB_NIL ? NULL : store_at(c, pos);
#endif

	if (!r || r->base > addr)
		return false;
	if (out)
		*out = *r;
	return true;
}

static bool step_overlaps(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	mb_pos pos;

	size = cap_size(mb, base, size);
	/* A zero-sized range strictly inside a region overlaps it; at its base it does not. */
	pos = store_lower(mb, c, base);
	if (pos == MB_NIL)
		return false;
	return store_at(c, pos)->base < base + size;
}

/* Whole regions from @pos on into the batch, in a loop for each direction. The position after. */
static inline mb_pos fill_batch(struct mb_iter *it, struct mb_collection *c, mb_pos pos,
				bool reverse)
{
	struct mb *mb = it->mb;
	bool filter = it->kind == MB_ITER_RANGES && it->a == MB_MEMORY;
	bool by_node = nid_selects(mb, it->nid);
	struct mb_range *out = it->batch;

	for (; pos != MB_NIL && out < it->batch + MB_ITER_BATCH;
	     pos = reverse ? store_prev(mb, c, pos) : store_next(mb, c, pos)) {
		const struct mb_region *r = store_at(c, pos);

		MB_COUNT(mb, regions_visited, 1);
		if (filter && region_is_hidden(mb, r, by_node, it->nid, it->flags))
			continue;
		*out++ = (struct mb_range){ r->base, region_end(r), r->nid, r->flags };
	}
	it->n = (unsigned)(out - it->batch);
	return pos;
}

/* Fill the batch with whole regions. */
static void batch_regions(struct mb_iter *it)
{
	struct mb *mb = it->mb;
	struct mb_collection *c = &mb->c[it->a];
	mb_pos pos = it->cursor[0];

	if (!it->placed)
		pos = it->reverse ? store_last(mb, c) : store_first(mb, c);
	pos = it->reverse ? fill_batch(it, c, pos, true) : fill_batch(it, c, pos, false);
	it->cursor[0] = pos;
	it->placed = true;
	it->done = pos == MB_NIL;
}

/*
 * Fill the batch with the parts of a's regions that b does not cover.
 *
 *     a    [     p     )        [        )
 *     b  [ )     [ q )[  )  [ )
 *     gap  |-----|    |  |--|              between neighbours of b: [end of one, base of the next)
 *
 * A walk stands at a region p of a and at a gap of b. As in the kernel an empty gap, between regions
 * of b that touch, gives an empty range where it lies inside p. `resume` is the side of the gap that
 * the walk came from: ascending its lower bound, with q the region above; descending the reverse.
 */
static void batch_free_forward(struct mb_iter *it)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	bool filter = it->a == MB_MEMORY, by_node = nid_selects(mb, it->nid);
	mb_pos p = it->placed ? it->cursor[0] : store_first(mb, a);
	mb_pos q = it->cursor[1];
	uint64_t gap_lo = it->resume;

	for (; p != MB_NIL; p = store_next(mb, a, p)) {
		const struct mb_region *r = store_at(a, p);
		uint64_t end = region_end(r);

		MB_COUNT(mb, regions_visited, 1);
		if (filter && region_is_hidden(mb, r, by_node, it->nid, it->flags))
			continue;
		if (!it->placed) {
			q = store_lower(mb, b, r->base);
			it->placed = true;
		}
		while (gap_lo < end) {
			uint64_t gap_hi = q == MB_NIL ? UINT64_MAX : store_at(b, q)->base;

			MB_COUNT(mb, regions_visited, 1);
			if (gap_hi > r->base) {
				if (it->n == MB_ITER_BATCH) {
					it->cursor[0] = p;
					it->cursor[1] = q;
					it->resume = gap_lo;
					return;
				}
				it->batch[it->n++] = (struct mb_range){ max_u64(gap_lo, r->base),
									min_u64(gap_hi, end),
									r->nid, r->flags };
				if (end <= gap_hi)
					break;
			}
			gap_lo = region_end(store_at(b, q));
			q = store_next(mb, b, q);
		}
	}
	it->done = true;
}

static void batch_free_reverse(struct mb_iter *it)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	bool filter = it->a == MB_MEMORY, by_node = nid_selects(mb, it->nid);
	mb_pos p = it->placed ? it->cursor[0] : store_last(mb, a);
	mb_pos q = it->cursor[1];
	uint64_t gap_hi = it->resume;

	for (; p != MB_NIL; p = store_prev(mb, a, p)) {
		const struct mb_region *r = store_at(a, p);
		uint64_t end = region_end(r);

		MB_COUNT(mb, regions_visited, 1);
		if (filter && region_is_hidden(mb, r, by_node, it->nid, it->flags))
			continue;
		if (!it->placed) {
			q = store_below(mb, b, end);
			it->placed = true;
		}
		while (gap_hi > r->base) {
			uint64_t gap_lo = q == MB_NIL ? 0 : region_end(store_at(b, q));

			MB_COUNT(mb, regions_visited, 1);
			if (gap_lo < end) {
				if (it->n == MB_ITER_BATCH) {
					it->cursor[0] = p;
					it->cursor[1] = q;
					it->resume = gap_hi;
					return;
				}
				it->batch[it->n++] = (struct mb_range){ max_u64(gap_lo, r->base),
									min_u64(gap_hi, end),
									r->nid, r->flags };
				if (r->base >= gap_lo)
					break;
			}
			gap_hi = store_at(b, q)->base;
			q = store_prev(mb, b, q);
		}
	}
	it->done = true;
}

static void step_next_batch(struct mb_iter *it)
{
	it->n = 0;
	it->at = 0;
	if (it->kind != MB_ITER_FREE)
		batch_regions(it);
	else if (it->reverse)
		batch_free_reverse(it);
	else
		batch_free_forward(it);
}
