/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - the invariants of an instance, walked the slow way. For tests. */
#include <memblock/variant.h>

#include "core/core_impl.h"

static const char *check_regions(struct mb *mb, enum mb_which which)
{
	struct mb_collection *c = &mb->c[which];
	struct mb_range r, before = { 0 };
	uint64_t total = 0;
	uint32_t cnt = 0;
	struct mb_iter it;

	/* Profile 6.1 shows a dummy: nothing to look at. */
	if (!c->cnt || (c->cnt == 1 && !c->total_size && mb->profile->empty_has_dummy))
		return NULL;
	for (mb_iter_regions(&it, mb, which, false); mb_next(&it, &r); before = r) {
		if (cnt == c->cnt)
			return "more regions are linked than are counted";
		if (r.base == r.end && c->cnt == 1 && mb->profile->empty_has_dummy)
			return NULL; /* its total may be stale after a trim */
		if (r.base >= r.end)
			return "a region is empty or wraps";
		if (cnt && before.end > r.base)
			return "regions overlap or are not sorted";
		if (cnt && !c->untidy && before.end == r.base && before.nid == r.nid &&
		    before.flags == r.flags)
			return "neighbours that are alike are not merged";
		total += r.end - r.base;
		cnt++;
	}
	if (cnt != c->cnt)
		return "cnt differs from the regions found";
	if (c->cnt > c->max)
		return "more regions than slots";
	if (!c->stale_total && total != c->total_size)
		return "total_size differs from the sum of the regions";
	return NULL;
}

int mb_check(struct mb *mb, const char **why)
{
	const char *fault = NULL;

	refresh(mb);
	for (unsigned i = 0; i < MB_COLLECTIONS && !fault; i++) {
		fault = mb->ops->check(mb, &mb->c[i]);
		if (!fault)
			fault = check_regions(mb, i);
	}
	if (why)
		*why = fault;
	return fault ? -MB_EINVAL : 0;
}
