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

/* The regions from @pos on that a walk may take without asking again, see span_from(); downwards one. */
EITHER_DIRECTION struct mb_span walk_span(const struct mb_collection *c, mb_pos pos, uint32_t most,
					  bool reverse)
{
	if (reverse)
		return (struct mb_span){ store_at(c, pos), NULL, 1 };
	return span_from(c, pos, most);
}

/* Is memory region @r hidden from the walk? A function of its own, so that the loops stay short. */
static __attribute__((noinline)) bool walk_hides(const struct mb_iter *it,
						 const struct mb_region *r)
{
	return region_is_hidden(it->mb, r, nid_selects(it->mb, it->nid), it->nid, it->flags);
}

/*
 * The time of a walk goes into two loops, put_regions() and put_gaps(): what they need of the iterator is read once
 * for a batch and written once, and where regions are is asked once for a span of them.
 */

/* Write the regions of the span, those that the walk shows if @filter, to @out; the end of them. */
MB_ALWAYS_INLINE struct mb_range *put_regions(const struct mb_iter *it, struct mb_range *out,
					      const struct mb_span *span, bool filter, bool by_slot)
{
	for (uint32_t i = 0; i < span->n; i++) {
		const struct mb_region *r = span_at(span, i, by_slot);

		MB_COUNT(it->mb, regions_visited, 1);
		if (!filter || !walk_hides(it, r))
			*out++ = (struct mb_range){ r->base, region_end(r), r->nid, r->flags };
	}
	return out;
}

/* Fill the batch with whole regions. */
EITHER_DIRECTION void batch_regions(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *c = &mb->c[it->a];
	bool filter = it->kind == MB_ITER_RANGES && it->a == MB_MEMORY;
	struct mb_range *out = it->batch, *full = it->batch + MB_ITER_BATCH;
	mb_pos pos = it->placed ? it->cursor[0] : walk_first(mb, c, reverse);

	while (pos != MB_NIL && out < full) {
		const struct mb_span span = walk_span(c, pos, (uint32_t)(full - out), reverse);

		if (span.slots)
			out = put_regions(it, out, &span, filter, true);
		else
			out = put_regions(it, out, &span, filter, false);
		pos = walk_next(mb, c, pos + span.n - 1, reverse);
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

/* The gap of b where a walk is, and the region of a that it is cut to. */
struct walk_gap {
	uint64_t near;       /* the side of the gap that the walk came from */
	uint64_t base, end;  /* of the region */
	uint64_t attributes; /* its nid and flags, as they lie in a range: one store for both */
};

_Static_assert(offsetof(struct mb_range, flags) == offsetof(struct mb_range, nid) + 4 &&
		       offsetof(struct mb_region, nid) == offsetof(struct mb_region, flags) + 4,
	       "nid and flags do not lie side by side");

/* A range has them the other way round. */
static inline uint64_t walk_attributes(const struct mb_region *r)
{
	uint64_t both;

	__builtin_memcpy(&both, (const char *)r + offsetof(struct mb_region, flags), sizeof(both));
	return both >> 32 | both << 32;
}

MB_ALWAYS_INLINE void put_gap(struct mb_range *out, uint64_t base, uint64_t end,
			      uint64_t attributes)
{
	out->base = base;
	out->end = end;
	__builtin_memcpy((char *)out + offsetof(struct mb_range, nid), &attributes,
			 sizeof(attributes));
}

/* Write the gaps that lie before regions of the span and end in the region of a to @out; how many? */
EITHER_DIRECTION uint32_t put_gaps(struct walk_gap *gap, struct mb_range *out,
				   const struct mb_span *span, bool by_slot, bool reverse)
{
	uint32_t i = 0;

	do {
		const struct mb_region *s = span_at(span, i, by_slot);
		uint64_t far = reverse ? region_end(s) : s->base;

		if (reverse ? far <= gap->base : far >= gap->end)
			break;
		/* What lies behind is read after the range was written: a value less to keep. */
		put_gap(&out[i], reverse ? far : gap->near, reverse ? gap->near : far,
			gap->attributes);
		gap->near = reverse ? s->base : region_end(s);
	} while (++i < span->n);
	return i;
}

/* Fill the batch with them. */
EITHER_DIRECTION void batch_free(struct mb_iter *it, bool reverse)
{
	struct mb *mb = it->mb;
	struct mb_collection *a = &mb->c[it->a], *b = &mb->c[it->b];
	struct mb_range *out = it->batch, *full = it->batch + MB_ITER_BATCH;

	for (bool more = it->placed || walk_enter(it); more; more = walk_enter(it)) {
		const struct mb_region *r = store_at(a, it->cursor[0]);
		struct walk_gap gap = { it->resume, r->base, region_end(r), walk_attributes(r) };
		mb_pos q = it->cursor[1];

		while (q != MB_NIL && out < full) {
			const struct mb_span span =
				walk_span(b, q, (uint32_t)(full - out), reverse);
			uint32_t n;

			if (span.slots)
				n = put_gaps(&gap, out, &span, true, reverse);
			else
				n = put_gaps(&gap, out, &span, false, reverse);
			MB_COUNT(mb, regions_visited, n);
			out += n;
			if (n < span.n) {
				q += n; /* downwards 0 */
				break;
			}
			q = walk_next(mb, b, q + n - 1, reverse);
		}
		it->cursor[1] = q;
		it->resume = gap.near;
		/* One that p ends in: it may reach into the next region of a. */
		if (reverse ? gap.near > gap.base : gap.near < gap.end) {
			if (out == full)
				goto full;
			MB_COUNT(mb, regions_visited, 1);
			put_gap(out++, reverse ? gap.base : gap.near, reverse ? gap.near : gap.end,
				gap.attributes);
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
