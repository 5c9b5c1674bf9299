/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/walk.h - questions: which region is at an address, does one lie in a range, what comes next.
 * Part of memblock/variant_impl.h; stands on regions.h.
 *
 * Nothing here changes a region, and a store should write nothing either when it is asked: readers may be
 * many. (list does, its finger: variants/list/README.md.)
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
	size = cap_size(mb, base, size);
	/* A zero-sized range strictly inside a region overlaps it; at its base it does not. */
	return begins_below(c, store_lower(mb, c, base), base + size);
}

/* Where a walk begins, and what comes after @pos on it. */
EITHER_DIRECTION mb_pos walk_first(struct mb *mb, struct mb_collection *c, bool reverse)
{
	return reverse ? store_last(mb, c) : store_first(mb, c);
}

EITHER_DIRECTION mb_pos walk_next(struct mb *mb, struct mb_collection *c, mb_pos pos, bool reverse)
{
	return reverse ? store_prev(mb, c, pos) : store_next(mb, c, pos);
}

/* What came before @pos on it; of MB_NIL the last one. */
EITHER_DIRECTION mb_pos walk_back(struct mb *mb, struct mb_collection *c, mb_pos pos, bool reverse)
{
	if (pos == MB_NIL)
		return walk_first(mb, c, !reverse);
	return walk_next(mb, c, pos, !reverse);
}

/* Whole regions from @pos on into the batch. The position after. */
EITHER_DIRECTION mb_pos fill_batch(struct mb_iter *it, struct mb_collection *c, mb_pos pos,
				   bool reverse)
{
	struct mb *mb = it->mb;
	bool filter = it->kind == MB_ITER_RANGES && it->a == MB_MEMORY;
	bool by_node = nid_selects(mb, it->nid);
	struct mb_range *out = it->batch;

	for (; pos != MB_NIL && out < it->batch + MB_ITER_BATCH;
	     pos = walk_next(mb, c, pos, reverse)) {
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
		pos = walk_first(mb, c, it->reverse);
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
 * of b that touch, gives an empty range where it lies inside p. `near` is the side of the gap that the
 * walk came from, and kept in `resume`: ascending its lower bound, with q the region above; descending
 * the reverse.
 */
EITHER_DIRECTION void batch_free(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	bool filter = it->a == MB_MEMORY, by_node = nid_selects(mb, it->nid);
	mb_pos p = it->placed ? it->cursor[0] : walk_first(mb, a, reverse);
	mb_pos q = it->cursor[1];
	uint64_t near = it->resume;

	for (; p != MB_NIL; p = walk_next(mb, a, p, reverse)) {
		const struct mb_region *r = store_at(a, p);
		uint64_t end = region_end(r);

		MB_COUNT(mb, regions_visited, 1);
		if (filter && region_is_hidden(mb, r, by_node, it->nid, it->flags))
			continue;
		if (!it->placed) {
			q = reverse ? store_below(mb, b, end) : store_lower(mb, b, r->base);
			it->placed = true;
		}
		while (reverse ? near > r->base : near < end) {
			uint64_t lo = near, hi = near; /* the gap */

			if (reverse)
				lo = q == MB_NIL ? 0 : region_end(store_at(b, q));
			else
				hi = q == MB_NIL ? UINT64_MAX : store_at(b, q)->base;
			MB_COUNT(mb, regions_visited, 1);
			if (reverse ? lo < end : hi > r->base) {
				if (it->n == MB_ITER_BATCH) {
					it->cursor[0] = p;
					it->cursor[1] = q;
					it->resume = near;
					return;
				}
				it->batch[it->n++] = (struct mb_range){ max_u64(lo, r->base),
									min_u64(hi, end), r->nid,
									r->flags };
				if (reverse ? r->base >= lo : end <= hi)
					break; /* the gap may reach into the next region of a */
			}
			near = reverse ? store_at(b, q)->base : region_end(store_at(b, q));
			q = walk_next(mb, b, q, reverse);
		}
	}
	it->done = true;
}

/* Not inlined: for its second caller, in find.h, gcc would cut it into a head and a body. */
static __attribute__((noinline)) void step_next_batch(struct mb_iter *it)
{
	it->n = 0;
	it->at = 0;
	if (it->kind != MB_ITER_FREE)
		batch_regions(it);
	else if (!it->reverse)
		batch_free(it, false);
	else
		batch_free(it, true);
}
