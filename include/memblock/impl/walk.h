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

/*
 * The two loops below are where the time of a walk goes: what they need of the iterator is read once for a
 * batch and written once, and the ranges go where nothing else points, so that the compiler need not read the
 * collection again after each of them.
 */

/* Fill the batch with whole regions. */
EITHER_DIRECTION void batch_regions(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *c = &mb->c[it->a];
	bool filter = it->kind == MB_ITER_RANGES && it->a == MB_MEMORY;
	bool by_node = nid_selects(mb, it->nid);
	struct mb_range *restrict out = it->batch;
	struct mb_range *full = it->batch + MB_ITER_BATCH;
	mb_pos pos = it->placed ? it->cursor[0] : walk_first(mb, c, reverse);

	for (; pos != MB_NIL && out < full; pos = walk_next(mb, c, pos, reverse)) {
		const struct mb_region *r = store_at(c, pos);

		MB_COUNT(mb, regions_visited, 1);
		if (filter && region_is_hidden(mb, r, by_node, it->nid, it->flags))
			continue;
		*out++ = (struct mb_range){ r->base, region_end(r), r->nid, r->flags };
	}
	it->n = (unsigned)(out - it->batch);
	it->cursor[0] = pos;
	it->placed = true;
	it->done = pos == MB_NIL;
}

/* The side of the gap before @q, in the direction of a walk, that @q bounds; and that of the gap behind it. */
EITHER_DIRECTION uint64_t gap_far(const struct mb_collection *c, mb_pos q, bool reverse)
{
	if (q == MB_NIL)
		return reverse ? 0 : UINT64_MAX;
	return reverse ? region_end(store_at(c, q)) : store_at(c, q)->base;
}

EITHER_DIRECTION uint64_t gap_near(const struct mb_collection *c, mb_pos q, bool reverse)
{
	return reverse ? store_at(c, q)->base : region_end(store_at(c, q));
}

/*
 * Fill the batch with the parts of a's regions that b does not cover.
 *
 *     a    [     p     )        [        )
 *     b  [ )     [ q )[  )  [ )
 *     gap  |-----|    |  |--|              between neighbours of b: [end of one, base of the next)
 *
 * A walk stands at a region p of a and at a gap of b, from `near`, the side that the walk came from and
 * which `resume` keeps, to q. As in the kernel an empty gap, between regions of b that touch, gives an
 * empty range where it lies inside p.
 */
EITHER_DIRECTION void batch_free(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	bool filter = it->a == MB_MEMORY, by_node = nid_selects(mb, it->nid), placed = it->placed;
	mb_pos p = placed ? it->cursor[0] : walk_first(mb, a, reverse);
	mb_pos q = it->cursor[1];
	uint64_t near = it->resume;
	struct mb_range *restrict out = it->batch;
	struct mb_range *full = it->batch + MB_ITER_BATCH;

	for (; p != MB_NIL; p = walk_next(mb, a, p, reverse)) {
		const struct mb_region *r = store_at(a, p);
		uint64_t base = r->base, end = region_end(r), far;
		uint32_t flags = r->flags;
		int nid = r->nid;

		MB_COUNT(mb, regions_visited, 1);
		if (filter && region_is_hidden(mb, r, by_node, it->nid, it->flags))
			continue;
		if (!placed)
			q = reverse ? store_below(mb, b, end) : store_lower(mb, b, base);
		placed = true;

		/* Gaps that end before p begins. */
		for (far = gap_far(b, q, reverse);
		     reverse ? near > base && far >= end : near < end && far <= base;
		     far = gap_far(b, q, reverse)) {
			MB_COUNT(mb, regions_visited, 1);
			near = gap_near(b, q, reverse);
			q = walk_next(mb, b, q, reverse);
		}
		/* Gaps in p; the last may reach into the next region of a. */
		near = reverse ? min_u64(near, end) : max_u64(near, base);
		while (reverse ? near > base : near < end) {
			MB_COUNT(mb, regions_visited, 1);
			if (out == full)
				goto full;
			far = gap_far(b, q, reverse);
			if (reverse ? far <= base : far >= end) {
				*out++ = (struct mb_range){ reverse ? base : near,
							    reverse ? near : end, nid, flags };
				break;
			}
			*out++ = (struct mb_range){ reverse ? far : near, reverse ? near : far, nid,
						    flags };
			near = gap_near(b, q, reverse);
			q = walk_next(mb, b, q, reverse);
		}
	}
	it->done = true;
full:
	it->cursor[0] = p;
	it->cursor[1] = q;
	it->placed = placed;
	it->resume = near;
	it->n = (unsigned)(out - it->batch);
}

/* Not inlined: for its second caller, in find.h, gcc would cut it into a head and a body. */
static __attribute__((noinline)) void step_next_batch(struct mb_iter *it)
{
	it->at = 0;
	if (it->kind != MB_ITER_FREE)
		it->reverse ? batch_regions(it, true) : batch_regions(it, false);
	else
		it->reverse ? batch_free(it, true) : batch_free(it, false);
}
