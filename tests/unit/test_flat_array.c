/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_flat_array.c - the searches of a flat array, against looking at each region.
 *
 * Random sequences seldom come to a place that is out of date in just the way that one comparison would believe. So:
 * every size of the array up to some tens, every address around the bounds of its regions, every place.
 */
#include <stdlib.h>

#define MB_COUNTED 1
#include <memblock/variant.h>

#include "harness.h"

#define MB_STORE tested
#include <memblock/flat_array_impl.h>

#define REGIONS 50 /* three times as many as are scanned in any case */
#define FAR_AWAY 3 /* places beyond the last */

static const uint32_t searches[] = { SEARCH_LINEAR, SEARCH_BINARY, SEARCH_PLACE };

struct array {
	struct mb *mb;
	struct mb_collection *c;
	struct store_slot slots[REGIONS + FAR_AWAY];
};

/* Regions with a gap before each but every third, which touches the one below; what is behind them is of an array that
 * lay lower. */
static void array_fill(struct array *a, uint32_t cnt)
{
	a->c->cnt = cnt;
	for (uint32_t i = 0; i < REGIONS + FAR_AWAY; i++)
		a->slots[i].region = (struct mb_region){ .base = 16 * i + (i % 3 ? 4 : 0),
							 .size = i % 3 == 2 ? 12 : 8 };
	for (uint32_t i = cnt; i < REGIONS + FAR_AWAY; i++)
		a->slots[i].region = (struct mb_region){ .base = 16 * (i - cnt), .size = 8 };
}

static void array_start(struct array *a)
{
	a->mb = calloc(1, sizeof(*a->mb));
	assert_non_null(a->mb);
	a->c = &a->mb->c[MB_RESERVED];
	a->c->slots = a->slots;
	a->c->max = REGIONS;
	store_init(a->mb, a->c, REGIONS);
}

static mb_pos lower_by_looking(const struct mb_collection *c, uint64_t addr)
{
	for (uint32_t i = 0; i < c->cnt; i++) {
		const struct mb_region *r = store_at(c, i);

		if (r->base + r->size > addr)
			return i;
	}
	return MB_NIL;
}

static mb_pos below_by_looking(const struct mb_collection *c, uint64_t addr)
{
	mb_pos found = MB_NIL;

	for (uint32_t i = 0; i < c->cnt; i++) {
		if (store_at(c, i)->base < addr)
			found = i;
	}
	return found;
}

static void check_searches(struct array *a, uint32_t search, uint32_t place)
{
	a->mb->params[ARRAY_SEARCH] = search;
	a->c->store[ARRAY_PLACE] = place;
	for (uint64_t addr = 0; addr < 16 * (a->c->cnt + FAR_AWAY); addr++) {
		mb_pos lower = lower_by_looking(a->c, addr), below = below_by_looking(a->c, addr);

		if (store_lower(a->mb, a->c, addr) != lower ||
		    store_below(a->mb, a->c, addr) != below)
			fail_msg("search %u, %u regions, place %u: of %llu", search, a->c->cnt,
				 place, (unsigned long long)addr);
	}
}

static void searches_find_what_looking_finds(void **state)
{
	struct array a;

	(void)state;
	array_start(&a);
	for (uint32_t cnt = 0; cnt <= REGIONS; cnt++) {
		array_fill(&a, cnt);
		for (unsigned s = 0; s < sizeof(searches) / sizeof(searches[0]); s++) {
			for (uint32_t place = 0; place < cnt + FAR_AWAY; place++)
				check_searches(&a, searches[s], place);
			check_searches(&a, searches[s], MB_NIL);
		}
	}
	free(a.mb);
}

static uint64_t looked_at(struct array *a, uint64_t addr)
{
	a->mb->counts.regions_visited = 0;
	store_lower(a->mb, a->c, addr);
	return a->mb->counts.regions_visited;
}

/* Is the place where the last change was, and is it asked? Else search=place is search=binary. */
static void changes_are_remembered(void **state)
{
	const struct mb_region region = { .base = 16 * 20 + 1, .size = 1 };
	struct array a;

	(void)state;
	array_start(&a);
	array_fill(&a, REGIONS - 1);
	assert_int_equal(store_insert(a.mb, a.c, 20, &region), 20);
	a.c->cnt++;
	assert_int_equal(a.c->store[ARRAY_PLACE], 20);
	a.mb->params[ARRAY_SEARCH] = SEARCH_PLACE;
	assert_int_equal(looked_at(&a, region.base), 2 + 2);
	assert_int_equal(looked_at(&a, region.base + region.size), 2 + 4);
	assert_true(looked_at(&a, 16 * 25) > 2 + 4);
	store_changed(a.mb, a.c, 9, MB_CHANGED_END);
	assert_int_equal(a.c->store[ARRAY_PLACE], 9);
	assert_int_equal(store_erase(a.mb, a.c, 5, 2), 5);
	assert_int_equal(a.c->store[ARRAY_PLACE], 5);
	free(a.mb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_find_what_looking_finds),
		cmocka_unit_test(changes_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
