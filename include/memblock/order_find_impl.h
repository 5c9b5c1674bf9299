/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order_find_impl.h - the search for free memory between the regions of an order. Stands on order_impl.h and on the
 * library's fit().
 *
 * The first fit in what reserved regions leave of [lo, hi), a part of one memory region: top-down hi falls to the base
 * of each region that is passed, bottom-up lo climbs to its end. It is most of what a boot executes here, so
 * the loop is written out: a slot number, base and size of the region, one subtraction and two comparisons.
 */
EITHER_DIRECTION struct mb_found order_find(struct mb *mb, struct mb_collection *c, uint64_t lo,
					    uint64_t hi, uint64_t size, uint64_t align,
					    bool top_down)
{
	const struct mb_found nothing = { 0, MB_NIL, MB_NIL };
	const struct mb_region *regions = order_regions(c);
	mb_pos pos = top_down ? order_below(mb, c, hi) : order_lower(mb, c, lo);
	mb_pos stop = top_down ? MB_NIL : c->cnt;
	uint64_t at;

	if (pos == MB_NIL)
		pos = stop;
	if (pos != stop) { /* one that reaches over where the walk begins */
		const struct mb_region *r = &regions[order_get(c, pos)];
		uint64_t base = r->base, end = base + r->size;

		if (top_down ? end > hi : base < lo) {
			if (top_down ? base <= lo : end >= hi)
				return nothing;
			if (top_down)
				hi = base;
			else
				lo = end;
			pos += top_down ? -1U : 1;
		}
	}
	for (; pos != stop; pos += top_down ? -1U : 1) {
		const struct mb_region *r = &regions[order_get(c, pos)];
		uint64_t base = r->base, end = base + r->size;

		MB_COUNT(mb, regions_visited, 1);
		if (top_down ? base <= lo : end >= hi) { /* what is left at the far end */
			if (top_down)
				lo = max_u64(lo, end);
			else
				hi = min_u64(hi, base);
			break;
		}
		if (__builtin_expect(top_down ? hi - end >= size : base - lo >= size, 0)) {
			at = top_down ? fit_top_down(end, hi, size, align) :
					fit_bottom_up(mb, lo, base, size, align);
			if (at)
				goto found;
		}
		if (top_down)
			hi = base;
		else
			lo = end;
	}
	at = lo < hi ? fit(mb, lo, hi, size, align, top_down) : 0;
	if (!at)
		return nothing;
found:
	if (top_down)
		return (struct mb_found){ at, pos, pos + 1 == c->cnt ? MB_NIL : pos + 1 };
	return (struct mb_found){ at, pos - 1, pos == c->cnt ? MB_NIL : pos };
}
