/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/walk.h - questions: which region is at an address, does one lie in a range, what comes next.
 * Part of memblock/variant_impl.h; stands on regions.h.
 *
 * Nothing here changes a region, and a store writes nothing either when it is asked: readers may be many.
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

/* Is memory region @r hidden from the walk? A function of its own, so that the loops stay short. */
static __attribute__((noinline)) bool walk_hides(const struct mb_iter *it,
						 const struct mb_region *r)
{
	return region_is_hidden(it->mb, r, nid_selects(it->mb, it->nid), it->nid, it->flags);
}

/*
 * The time of a walk goes into two loops, here and in batch_free(): what they need of the iterator is read once
 * for a batch and written once.
 */

/* Fill the batch with whole regions. */
EITHER_DIRECTION void batch_regions(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *c = &mb->c[it->a];
	bool filter = it->kind == MB_ITER_RANGES && it->a == MB_MEMORY;
	struct mb_range *out = it->batch, *full = it->batch + MB_ITER_BATCH;
	mb_pos pos = it->placed ? it->cursor[0] : walk_first(mb, c, reverse);

	for (; pos != MB_NIL && out < full; pos = walk_next(mb, c, pos, reverse)) {
		const struct mb_region *r = store_at(c, pos);
		uint32_t run = reverse ? 1 : store_run(c, pos);

		for (;; r++, pos++) {
			MB_COUNT(mb, regions_visited, 1);
			if (!filter || !walk_hides(it, r))
				*out++ = (struct mb_range){ r->base, region_end(r), r->nid,
							    r->flags };
			if (--run == 0 || out == full)
				break;
		}
	}
	it->n = (unsigned)(out - it->batch);
	it->cursor[0] = pos;
	it->placed = true;
	it->done = pos == MB_NIL;
}

/*
 * The parts of a's regions that b does not cover.
 *
 *     a    [     p     )        [        )
 *     b  [ )     [ q )[  )  [ )
 *     gap  |-----|    |  |--|              between neighbours of b: [end of one, base of the next)
 *
 * A walk stands at a region p of a (cursor[0]) and before a region q of b (cursor[1]), in the gap that begins
 * at `near` (resume). Ascending the gap goes from near up to q's base, descending down to q's end. As in the
 * kernel an empty gap, between regions of b that touch, gives an empty range where it lies inside p.
 */

/* Go on to the next region p that the walk shows, past the gaps that end before it. False: there is none. */
static __attribute__((noinline)) bool walk_enter(struct mb_iter *it)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	bool reverse = it->reverse;
	mb_pos p = it->placed ? walk_next(mb, a, it->cursor[0], reverse) :
				walk_first(mb, a, reverse);
	const struct mb_region *r;
	uint64_t near = it->resume;
	mb_pos q;

	for (;; p = walk_next(mb, a, p, reverse)) {
		if (p == MB_NIL)
			return false;
		r = store_at(a, p);
		MB_COUNT(mb, regions_visited, 1);
		if (it->a != MB_MEMORY || !walk_hides(it, r))
			break;
	}
	if (it->placed)
		q = it->cursor[1];
	else
		q = reverse ? store_below(mb, b, region_end(r)) : store_lower(mb, b, r->base);
	while (q != MB_NIL) {
		const struct mb_region *s = store_at(b, q);

		if (reverse ? near <= r->base || region_end(s) < region_end(r) :
			      near >= region_end(r) || s->base > r->base)
			break;
		MB_COUNT(mb, regions_visited, 1);
		near = reverse ? s->base : region_end(s);
		q = walk_next(mb, b, q, reverse);
	}
	it->resume = reverse ? min_u64(near, region_end(r)) : max_u64(near, r->base);
	it->cursor[0] = p;
	it->cursor[1] = q;
	it->placed = true;
	return true;
}

/* Fill the batch with them. */
EITHER_DIRECTION void batch_free(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	struct mb_range *out = it->batch, *full = it->batch + MB_ITER_BATCH;

	for (bool more = it->placed || walk_enter(it); more; more = walk_enter(it)) {
		const struct mb_region *r = store_at(a, it->cursor[0]);
		const uint64_t base = r->base, end = region_end(r);
		const uint32_t flags = r->flags;
		const int nid = r->nid;
		uint64_t near = it->resume;
		mb_pos q = it->cursor[1];

		/* Gaps that end in p. What lies behind q is read after the range was written: a value less to keep. */
		while (q != MB_NIL && out < full) {
			const struct mb_region *s = store_at(b, q);
			uint32_t run = reverse ? 1 : store_run(b, q);
			uint64_t far = reverse ? region_end(s) : s->base;

			if (reverse ? far <= base : far >= end)
				break;
			for (;; s++, q++) {
				MB_COUNT(mb, regions_visited, 1);
				*out++ = (struct mb_range){ reverse ? far : near,
							    reverse ? near : far, nid, flags };
				near = reverse ? s->base : region_end(s);
				if (--run == 0 || out == full || s[1].base >= end)
					break;
				far = s[1].base;
			}
			q = walk_next(mb, b, q, reverse);
		}
		it->cursor[1] = q;
		it->resume = near;
		/* One that p ends in: it may reach into the next region of a. */
		if (reverse ? near > base : near < end) {
			if (out == full)
				goto full;
			MB_COUNT(mb, regions_visited, 1);
			*out++ = (struct mb_range){ reverse ? base : near, reverse ? near : end,
						    nid, flags };
		}
	}
	it->done = true;
full:
	it->n = (unsigned)(out - it->batch);
}

/* Downwards, which few walks go. */
static __attribute__((noinline)) void next_batch_reverse(struct mb_iter *it)
{
	if (it->kind != MB_ITER_FREE)
		batch_regions(it, true);
	else
		batch_free(it, true);
}

/* Not inlined: for its second caller, in find.h, gcc would cut it into a head and a body. */
static __attribute__((noinline)) void step_next_batch(struct mb_iter *it)
{
	it->at = 0;
	if (__builtin_expect(it->reverse, 0))
		next_batch_reverse(it);
	else if (it->kind != MB_ITER_FREE)
		batch_regions(it, false);
	else
		batch_free(it, false);
}
