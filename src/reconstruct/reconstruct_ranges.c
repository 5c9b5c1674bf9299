/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_ranges.c - sets of addresses: sorted ranges, disjoint and not touching.
 */
#include "reconstruct/reconstruct_ranges_impl.h"

#include <stdlib.h>
#include <string.h>

/* Replace ranges [from, to) by @n new ones. */
static void splice(struct ranges *set, size_t from, size_t to, const struct range *with, size_t n)
{
	size_t count = set->count - (to - from) + n;

	if (count > set->room) {
		size_t room = count * 2 + 16;
		void *larger = realloc(set->r, room * sizeof(*set->r));

		if (!larger) {
			set->failed = true;
			return;
		}
		set->r = larger;
		set->room = room;
	}
	if (set->count > to)
		memmove(set->r + from + n, set->r + to, (set->count - to) * sizeof(*set->r));
	if (n)
		memcpy(set->r + from, with, n * sizeof(*with));
	set->count = count;
}

static uint64_t end_of(uint64_t base, uint64_t size)
{
	return size > UINT64_MAX - base ? UINT64_MAX : base + size;
}

/* The first range whose end is @address or above. */
static size_t first_ending_from(const struct ranges *set, uint64_t address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->r[middle].end < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void ranges_add(struct ranges *set, uint64_t base, uint64_t size)
{
	struct range new = { base, end_of(base, size) };
	size_t from, to;

	if (new.base == new.end)
		return;
	from = first_ending_from(set, new.base);
	for (to = from; to < set->count && set->r[to].base <= new.end; to++) {
		if (set->r[to].base < new.base)
			new.base = set->r[to].base;
		if (set->r[to].end > new.end)
			new.end = set->r[to].end;
	}
	splice(set, from, to, &new, 1);
}

void ranges_remove(struct ranges *set, uint64_t base, uint64_t size)
{
	uint64_t end = end_of(base, size);
	struct range left[2];
	size_t from, to, n = 0;

	if (base == end)
		return;
	from = first_ending_from(set, base + 1);
	for (to = from; to < set->count && set->r[to].base < end; to++) {
		if (set->r[to].base < base)
			left[n++] = (struct range){ set->r[to].base, base };
		if (set->r[to].end > end)
			left[n++] = (struct range){ end, set->r[to].end };
	}
	splice(set, from, to, left, n);
}

void ranges_subtract(struct ranges *set, const struct ranges *other)
{
	struct ranges left = { 0 };
	size_t i, j = 0;

	for (i = 0; i < set->count; i++) {
		uint64_t base = set->r[i].base, end = set->r[i].end;

		while (j < other->count && other->r[j].end <= base)
			j++;
		for (; j < other->count && other->r[j].base < end; j++) {
			if (other->r[j].base > base)
				ranges_add(&left, base, other->r[j].base - base);
			base = other->r[j].end;
			if (base >= end)
				break; /* it may reach into the next one */
		}
		if (base < end)
			ranges_add(&left, base, end - base);
	}
	left.failed |= set->failed;
	free(set->r);
	*set = left;
}

bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
	return a->count == b->count && (!a->count || !memcmp(a->r, b->r, a->count * sizeof(*a->r)));
}

void ranges_of_dump(struct ranges *set, const struct mb_dump *dump, enum mb_which which)
{
	uint32_t i;

	for (i = 0; i < dump->cnt[which]; i++)
		ranges_add(set, dump->regions[which][i].base, dump->regions[which][i].size);
}

void ranges_of_model(struct ranges *set, struct mb *model, enum mb_which which)
{
	struct mb_range r;
	struct mb_iter it;

	for (mb_iter_regions(&it, model, which, false); mb_next(&it, &r);)
		ranges_add(set, r.base, r.end - r.base);
}
