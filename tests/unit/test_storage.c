/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_storage.c - what regions are kept in: which pieces there are, and that each holds what it says.
 */
#include <errno.h>

#include "harness.h"

/* ---- storage ---------------------------------------------------------------------------------- */

static const void *wanted;
static unsigned found;

static void note_storage(const void *at, size_t bytes)
{
	found += (uintptr_t)wanted - (uintptr_t)at < bytes;
}

static unsigned in_storage(const struct mb *mb, const void *at)
{
	wanted = at;
	found = 0;
	mb_each_storage(mb, note_storage);
	return found;
}

static void storage_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	unsigned before;

	assert_int_equal(in_storage(mb, mb), 1);
	assert_int_equal(in_storage(mb, mb->c[MB_RESERVED].slots), 1);
	assert_int_equal(in_storage(mb, &before), 0);
	mb_add(mb, 0, 1 << 24);
	mb_allow_resize(mb);
	for (uint64_t i = 1; i <= 300; i++)
		mb_reserve(mb, i * 0x2000, 0x1000);
	assert_true(mb->c[MB_RESERVED].origin != MB_STATIC);
	assert_int_equal(in_storage(mb, mb->c[MB_RESERVED].slots), 1);
}

/* What an instance has of its own is told, and nothing else: where it began, and where it grew to. */
static void test_storage_is_told(void **state)
{
	(void)state;
	every_build(storage_body, NULL, FEW);
}

/* ---- filling ------------------------------------------------------------------------------------ */

#define FILLED 3000

/* Exactly @n regions, whatever was there; the state that is left must hold. */
static void fill_with(struct mb *mb, const struct mb_region *r, uint32_t n)
{
	struct mb_range got;
	struct mb_iter it;
	const char *why;
	uint32_t i = 0;

	assert_int_equal(mb->ops->fill(mb, &mb->c[MB_RESERVED], r, n), 0);
	if (mb_check(mb, &why))
		fail_msg("%s: %u regions in %u slots: %s", mb->ops->name, n,
			 mb_max(mb, MB_RESERVED), why);
	for (mb_iter_regions(&it, mb, MB_RESERVED, false); mb_next(&it, &got); i++)
		assert_true(got.base == r[i].base && got.end == r[i].base + r[i].size);
	assert_int_equal(i, n);
}

static void fill_body(struct fixture *f)
{
	static struct mb_region r[4 * FILLED];
	struct mb *mb = f->mb;

	for (uint32_t i = 0; i < 4 * FILLED; i++)
		r[i] = (struct mb_region){ 0x1000 + i * 0x3000ULL, 0x1000, 0, MB_NUMA_NO_NODE };
	if (f->machine.metadata != MB_METADATA_HOST)
		return; /* it would have to be among what is filled in */
	mb_allow_resize(mb);
	for (;;) {
		uint32_t slots = mb_max(mb, MB_RESERVED);

		assert_true(slots < 4 * FILLED);
		assert_int_equal(mb->ops->fill(mb, &mb->c[MB_RESERVED], r, slots + 1), -ENOMEM);
		for (uint32_t n = slots > 40 ? slots - 40 : 1; n <= slots; n++)
			fill_with(mb, r, n);
		if (slots > FILLED)
			return;
		/* A full one grows with the next region, wherever that goes; and a loaded one has room for more. */
		assert_int_equal(mb_reserve(mb, 0x3000, 0x800), 0);
		assert_true(mb_max(mb, MB_RESERVED) > slots);
		assert_int_equal(mb_check(mb, NULL), 0);
		assert_int_equal(mb_cnt(mb, MB_RESERVED), slots + 1);
	}
}

/* @n regions, of which 16 each touch and are unlike; then one range over all of them, so that a piece comes into each
 * gap, which are as far apart as nodes of a tree are large. */
static void add_over(struct mb *mb, struct mb_region *r, uint32_t n)
{
	const uint64_t end = 0x1000 + (n + n / 16 + 1) * 0x1000ULL;
	uint64_t at = 0x1000;
	const char *why;

	for (uint32_t i = 0; i < n; i++, at += 0x1000) {
		at += i % 16 ? 0 : 0x1000;
		r[i] = (struct mb_region){ at, 0x1000, i % 2 ? MB_RSRV_KERN : 0, MB_NUMA_NO_NODE };
	}
	fill_with(mb, r, n);
	assert_int_equal(mb_reserve_node(mb, 0x1000, end - 0x1000, 3, MB_RSRV_NOINIT), 0);
	if (mb_check(mb, &why))
		fail_msg("%s: a range over %u regions: %s", mb->ops->name, n, why);
	assert_int_equal(mb_reserved_size(mb), end - 0x1000);
	assert_int_equal(mb_cnt(mb, MB_RESERVED), n + n / 16 + 1);
}

static void pieces_body(struct fixture *f)
{
	static struct mb_region r[4 * FILLED];
	struct mb *mb = f->mb;

	if (f->machine.metadata != MB_METADATA_HOST)
		return;
	mb_allow_resize(mb);
	while (mb_max(mb, MB_RESERVED) < FILLED) {
		uint32_t slots = mb_max(mb, MB_RESERVED);

		for (uint32_t n = slots > 40 ? slots - 40 : 1; n < slots; n += 3)
			add_over(mb, r, n);
		add_over(mb, r, slots); /* which grows it */
	}
}

static void test_a_piece_in_every_gap(void **state)
{
	(void)state;
	every_build(pieces_body, NULL, FEW);
	every_build(pieces_body, NULL, FEW_SLOWLY);
}

/* As many regions as there are slots, at every size that growth leads to. */
static void test_fill_to_the_last_slot(void **state)
{
	(void)state;
	every_build(fill_body, NULL, FEW);
	every_build(fill_body, NULL, FEW_SLOWLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storage_is_told),
		cmocka_unit_test(test_a_piece_in_every_gap),
		cmocka_unit_test(test_fill_to_the_last_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
