/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_machines.c - machines that are not the usual one: large, narrow, without nodes, with large pages,
 * with physmem; and those that no instance is created for.
 */
#include <errno.h>

#include "harness.h"

/* ---- large and odd machines ------------------------------------------------------------------- */

/* 64 TiB: metadata and zeroed allocations at the top end, nothing reserved on the host for it. */
static void large_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	uint64_t top = 64ULL << 40;
	unsigned char *p;

	mb_allow_resize(mb);
	mb_add_node(mb, 0, top / 2, 0, 0);
	mb_add_node(mb, top / 2, top / 2, 1, 0);
	fill_reserved(mb, 1 << 20, 40);
	p = mb_alloc_node(mb, 0x2000, 0x1000, 0);
	assert_non_null(p);
	assert_int_equal(p[0] | p[0x1fff], 0);
	assert_true(mb_virt_to_phys(mb, p) < top / 2);
	p[0x1fff] = 1;
	p = mb_alloc(mb, 0x2000, 0x1000);
	assert_non_null(p);
	assert_true(mb_virt_to_phys(mb, p) > top - 0x100000);
	assert_int_equal(p[0] | p[0x1fff], 0);
	assert_int_equal(mb_phys_mem_size(mb), top);
}

static void test_64_tib(void **state)
{
	(void)state;
	every_build(large_body, NULL, FEW);
}

static void no_numa_body(struct fixture *f)
{
	struct mb *mb = f->mb;

	/* Regions have no node: what is given is not stored, and so does not prevent a merge. */
	assert_int_equal(mb_max_numnodes(mb), 1);
	mb_add_node(mb, 0x1000, 0x1000, 0, 0);
	mb_add(mb, 0x2000, 0x1000);
	mb_add_node(mb, 0x3000, 0x1000, 5, 0);
	assert_int_equal(mb_cnt(mb, MB_MEMORY), 1);
	assert_int_equal(mb_set_node(mb, 0x1000, 0x1000, MB_MEMORY, 0), 0);
	assert_int_equal(mb_cnt(mb, MB_MEMORY), 1);
	assert_int_equal(mb_reserve_node(mb, 0x1000, 0x800, 3, 0), 0);
	assert_int_equal(mb_reserve(mb, 0x1800, 0x800), 0);
	assert_int_equal(mb_cnt(mb, MB_RESERVED), 1);
	assert_int_equal(mb_warnings(mb), 0);
	/* Any node will do, whichever is asked for. */
	assert_int_equal(mb_phys_alloc_try_nid(mb, 0x1000, 0x1000, 3), 0x3000);
	assert_int_equal(mb_virt_to_phys(mb, mb_alloc_exact_nid_raw(mb, 0x1000, 0x1000, 0,
								    MB_ALLOC_ACCESSIBLE, 7)),
			 0x2000);
}

static void test_no_numa(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.no_numa = true;
	every_build(no_numa_body, &machine, PRESET_SLOTS);
}

static void narrow_body(struct fixture *f)
{
	struct mb *mb = f->mb;

	mb_allow_resize(mb);
	mb_add(mb, 0xffff0000, 0x20000); /* cut at 0xffffffff */
	assert_int_equal(mb_phys_mem_size(mb), 0xffff);
	assert_int_equal(mb_phys_alloc(mb, 0x1000, 0x1000), 0xffffe000);
	mb_set_bottom_up(mb, true);
	assert_int_equal(mb_phys_alloc(mb, 0x1000, 0x10000), 0xffff0000);
	mb_remove(mb, 0xffff8000, UINT64_MAX);
	assert_int_equal(mb_end_of_DRAM(mb), 0xffff8000);
	mb_set_debug(mb, true);
	mb_dump_all(mb);
	assert_string_equal(f->lines[1], " memory size = 0x00008000 reserved size = 0x00002000");
	assert_string_equal(f->lines[3],
			    " memory[0x0]\t[0xffff0000-0xffff7fff], 0x00008000 bytes flags: 0x0");
}

static void test_32_bit(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.addr_bits = 32;
	every_build(narrow_body, &machine, PRESET_SLOTS);
}

/* 64 KiB pages, as on ppc64: grown storage and the lowest address found are whole pages. */
static void large_pages_body(struct fixture *f)
{
	struct mb *mb = f->mb;

	mb_allow_resize(mb);
	mb_add(mb, 0, 0x1000000);
	mb_set_bottom_up(mb, true);
	assert_int_equal(mb_phys_alloc(mb, 0x1000, 0x1000), 0x10000);
	mb_set_bottom_up(mb, false);
	fill_reserved(mb, 0x10000, 10);
	assert_true(f->growth_count > 0);
	for (unsigned i = 0; i < f->growth_count; i++) {
		assert_int_equal(f->growths[i].base % 0x10000, 0);
		assert_int_equal(f->growths[i].size % 0x10000, 0);
		assert_int_equal(f->growths[i].size != 0, f->machine.metadata == MB_METADATA_SELF);
	}
}

static void test_large_pages(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.page_size = 0x10000;
	every_build(large_pages_body, &machine, FEW);
}

static void no_physmem_body(struct fixture *f)
{
	const struct mb_region region = { .base = 0x1000, .size = 0x1000 };

	assert_int_equal(mb_max(f->mb, MB_PHYSMEM), 0);
	for (unsigned resize = 0; resize < 2; resize++) {
		assert_int_equal(mb_physmem_add(f->mb, 0x1000, 0x1000), -EINVAL);
		assert_int_equal(mb_set_node(f->mb, 0, 0x1000, MB_PHYSMEM, 1), -ENOMEM);
		assert_int_equal(mb_load(f->mb, MB_PHYSMEM, &region, 1, NULL), -ENOMEM);
		assert_int_equal(mb_cnt(f->mb, MB_PHYSMEM), 0);
		mb_allow_resize(f->mb);
	}
}

/* A machine without it has no slots for it, and what would need some is refused. */
static void test_no_physmem(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.physmem = false;
	every_build(no_physmem_body, &machine, FEW);
}

static void test_physmem(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct fixture f;

	(void)state;
	machine.physmem = true;
	fixture_start(&f, &machine, &spec);
	assert_int_equal(mb_max(f.mb, MB_PHYSMEM), 4);
	mb_allow_resize(f.mb);
	mb_add(f.mb, 0x10000000, 0x100000);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(mb_physmem_add(f.mb, 0x1000 + i * 0x2000, 0x1000), 0);
	assert_int_equal(mb_cnt(f.mb, MB_PHYSMEM), 5);
	assert_int_equal(mb_max(f.mb, MB_PHYSMEM), 8);
	assert_int_equal(f.growths[0].which, MB_PHYSMEM);
	assert_true(mb_is_reserved(f.mb, f.growths[0].base));
	fixture_stop(&f);
}

/* ---- creation ---------------------------------------------------------------------------------- */

static void test_create_defaults(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct mb *mb;

	(void)state;
	assert_int_equal(mb_create(NULL, NULL, &spec, &mb), 0);
	assert_int_equal(mb_max_numnodes(mb), 1024);
	assert_int_equal(mb_max(mb, MB_MEMORY), 128);
	assert_int_equal(mb_max(mb, MB_RESERVED), 128);
	assert_int_equal(mb_cnt(mb, MB_MEMORY), 0);
	assert_int_equal(mb_metadata_bytes(mb), 2 * 128 * 24);
	assert_false(mb_bottom_up(mb));
	assert_true(mb_get_current_limit(mb) == MB_ALLOC_ANYWHERE);
	assert_int_equal(mb_check(mb, NULL), 0);
	mb_destroy(mb);
	mb_destroy(NULL);
}

static void test_create_bad_machines(void **state)
{
	const struct mb_machine bad[] = {
		{ .page_size = 3 },  { .page_size = 0x1001 }, { .addr_bits = 31 },
		{ .addr_bits = 65 }, { .cache_line = 48 },    { .max_numnodes = 0x80000000u },
	};
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct mb *mb;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(mb_create(&bad[i], NULL, &spec, &mb), -EINVAL);
}

static void test_slots_of_the_machine(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct fixture f;

	(void)state;
	machine.memory_slots = 1024;
	machine.reserved_slots = 137;
	fixture_start(&f, &machine, &spec);
	assert_int_equal(mb_max(f.mb, MB_MEMORY), 1024);
	assert_int_equal(mb_max(f.mb, MB_RESERVED), 137);
	fixture_stop(&f);
	spec = spec_of("array:init=16", MB_O2);
	fixture_start(&f, &machine, &spec);
	assert_int_equal(mb_max(f.mb, MB_MEMORY), 16);
	assert_int_equal(mb_max(f.mb, MB_RESERVED), 16);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_64_tib),
		cmocka_unit_test(test_no_numa),
		cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_large_pages),
		cmocka_unit_test(test_no_physmem),
		cmocka_unit_test(test_physmem),
		cmocka_unit_test(test_create_defaults),
		cmocka_unit_test(test_create_bad_machines),
		cmocka_unit_test(test_slots_of_the_machine),
	};

	return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
