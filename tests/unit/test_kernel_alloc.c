/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_kernel_alloc.c - kernel.h: that each function of the kernel's name that allocates does what it says,
 * with each of its arguments. The others are in test_kernel_calls.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel_hooks.h"

static void physical_allocations(void **state)
{
	(void)state;
	EVERY
	{
		two_nodes();
		memblock_set_bottom_up(true);
		assert_true(memblock_bottom_up());
		assert_int_equal(memblock_phys_alloc_range(0x1000, 0x2000, 0x2800, 0x8000), 0x4000);
		memblock_set_bottom_up(false);
		assert_false(memblock_bottom_up());
		assert_int_equal(memblock_phys_alloc_range(0x1800, 0x800, 0x1000, 0x7000), 0x5800);
		assert_int_equal(memblock_phys_alloc_range(0x1000, 0x1000, 0x7001, 0x8000), 0);
		assert_int_equal(memblock_phys_alloc_range(0x1000, 0x1000, 0x7000, 0x7fff), 0);
		memblock_set_current_limit(0xf000);
		assert_int_equal(memblock_get_current_limit(), 0xf000);
		assert_int_equal(memblock.current_limit, 0xf000);
		assert_int_equal(memblock_phys_alloc(0x800, 0x1000), 0xe000);
		assert_int_equal(memblock_reserved_size(), 0x3000);
		assert_int_equal(memblock_phys_alloc_try_nid(0x800, 0x1000, 0), 0x7000);
		assert_int_equal(memblock_reserved_size(), 0x3800);
		assert_int_equal(memblock_phys_alloc_try_nid(0x4000, 0x1000, 0), 0xa000);
	}
	EVERY
	{
		two_nodes();
		/* Each bound, the alignment and the node decide; then the node only if it must. */
		assert_int_equal(memblock_alloc_range_nid(0x1000, 0x1000, 0x3000, 0x6000, 0, true),
				 0x5000);
		assert_int_equal(memblock_alloc_range_nid(0x800, 0x2000, 0x6000, 0x8000, 0, true),
				 0x6000);
		assert_int_equal(memblock_reserved_size(), 0x1800);
		assert_int_equal(memblock_alloc_range_nid(0x1000, 0x1000, 0x7001, 0x9000, 0, true),
				 0);
		assert_int_equal(memblock_alloc_range_nid(0x1000, 0x1000, 0x7001, 0x9000, 0, false),
				 0x8000);
		assert_int_equal(memblock_alloc_range_nid(0x1000, 0x1000, 0x2000,
							  MEMBLOCK_ALLOC_ANYWHERE, 0, false),
				 0x7000);
	}
}

static void virtual_allocations(void **state)
{
	const phys_addr_t any = MEMBLOCK_ALLOC_ACCESSIBLE;
	void *p;

	(void)state;
	EVERY
	{
		two_real_nodes();
		p = memblock_alloc_try_nid(0x2000, 0x1000, 0, at + 0xc000, 1);
		expect_at("try_nid", p, 0xa000);
		expect_bytes(p, 0x2000, 0);
		memset(base, 1, SIZE);
		p = memblock_alloc_try_nid_raw(0x1000, 0x1000, 0, at + 0xa000, 1);
		expect_at("try_nid_raw", p, 0x9000);
		expect_bytes(p, 0x1000, 1);
		p = memblock_alloc_exact_nid_raw(0x800, 0x1000, at + 0x1000, at + 0x5800, 0);
		expect_at("exact_nid_raw", p, 0x5000);
		expect_bytes(p, 0x800, 1);
		assert_int_equal(memblock_reserved_size(), 0x3800);
		/* The other node above the lower bound, before this node below it. */
		expect_at("try_nid", memblock_alloc_try_nid(0x1000, 0x1000, at + 0xf000, any, 0),
			  0xf000);
		expect_at("try_nid", memblock_alloc_try_nid(0x1000, 0x1000, at + 0xe001, any, 0),
			  0x7000);
		expect_at("try_nid_raw",
			  memblock_alloc_try_nid_raw(0x1000, 0x1000, at + 0xe000, any, 0), 0xe000);
		expect_at("try_nid_raw",
			  memblock_alloc_try_nid_raw(0x1000, 0x1000, at + 0xd001, any, 0), 0x6000);
		expect_at("exact_nid_raw",
			  memblock_alloc_exact_nid_raw(0x1000, 0x1000, at + 0x4000, any, 0),
			  0x4000);
		expect_at("exact_nid_raw",
			  memblock_alloc_exact_nid_raw(0x1000, 0x1000, at + 0x5001, any, 0),
			  0x3000);
		assert_null(memblock_alloc_exact_nid_raw(0x4000, 0x1000, 0, any, 0));
		memblock_set_bottom_up(true);
		expect_at("exact_nid_raw",
			  memblock_alloc_exact_nid_raw(0x1000, 0x1000, at + 0x1001, any, 0),
			  0x2000);
	}
	EVERY
	{
		two_real_nodes();
		p = memblock_alloc(0x800, 0x2000);
		expect_at("alloc", p, 0xe000);
		expect_bytes(p, 0x800, 0);
		p = memblock_alloc_raw(0x800, 0x1000);
		expect_at("alloc_raw", p, 0xf000);
		expect_bytes(p, 0x800, 1);
		memset(base, 1, SIZE);
		p = memblock_alloc_from(0x1000, 0x1000, at + 0xd000);
		expect_at("alloc_from", p, 0xd000);
		expect_bytes(p, 0x1000, 0);
		expect_at("alloc_from", memblock_alloc_from(0x1000, 0x1000, at + 0xd001), 0xc000);
		p = memblock_alloc_node(0x1000, 0x1000, 0);
		expect_at("alloc_node", p, 0x7000);
		expect_bytes(p, 0x1000, 0);
		assert_null(memblock_alloc_low(0x1000, 0x1000)); /* all of it is above 4 GiB */
		assert_int_equal(memblock_reserved_size(), 0x4000);
		memblock_set_bottom_up(true);
		expect_at("alloc_from", memblock_alloc_from(0x1000, 0x1000, at + 0x1001), 0x2000);
	}
}

static void allocations_below_4_gib(void **state)
{
	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add(0xfff00000, 0x200000), 0);
		assert_int_equal((uintptr_t)memblock_alloc_low(0x1000, 0x1000), 0xffffe000);
		assert_int_equal((uintptr_t)memblock_alloc(0x800, 0x1000), 0x1000ff000);
		assert_int_equal(memblock_reserved_size(), 0x1800);
	}
}

static void hugetlb_pages(void **state)
{
	(void)state;
	EVERY
	{
		two_real_nodes();
		expect_at("hugetlb", memblock_alloc_hugetlb(0x4000, 1, true), 0xc000);
		expect_at("hugetlb", memblock_alloc_hugetlb(0x2000, 0, false), 0x6000);
		expect_at("hugetlb", memblock_alloc_hugetlb(0x4000, 1, true), 0x8000);
		assert_null(memblock_alloc_hugetlb(0x4000, 1, true));
		expect_at("hugetlb", memblock_alloc_hugetlb(0x4000, 1, false), 0);
		assert_int_equal(memblock_reserved_hugetlb_size(PHYS_ADDR_MAX, NUMA_NO_NODE),
				 0xe000);
		assert_int_equal(memblock_reserved_hugetlb_size(at + 0x3000, NUMA_NO_NODE), 0x3000);
		assert_int_equal(memblock_reserved_kern_size(at + 0x3000, NUMA_NO_NODE), 0x3000);
		assert_int_equal(memblock_reserved_kern_size(PHYS_ADDR_MAX, 1), 0x8000);
		assert_int_equal(memblock_reserved_hugetlb_size(PHYS_ADDR_MAX, 1), 0x8000);
	}
}

static void hugetlb_beside_scratch(void **state)
{
	(void)state;
	EVERY
	{
		two_real_nodes();
		assert_false(kho_scratch_overlap(at + 0xc000, 0x4000));
		assert_int_equal(memblock_mark_kho_scratch(at, 0x10000), 0);
		assert_int_equal(memblock_add_scratch_area(at + 0xd000, 0x1000), 0);
		assert_true(kho_scratch_overlap(at + 0xc000, 0x4000));
		expect_at("hugetlb", memblock_alloc_hugetlb(0x4000, 1, true), 0x8000);
		assert_null(memblock_alloc_hugetlb(0x4000, 1, true));
	}
}

/* Apart, because a jump back may forget what the caller's loops are at. */
static void expect_panics(void)
{
	if (!setjmp(panicked)) {
		__memblock_alloc_or_panic(0x20000, 0x1000, "early");
		fail_msg("no panic");
	}
	expect("panic", said, "early: Failed to allocate 0x0000000000020000 bytes\n");
	if (!setjmp(panicked)) {
		memblock_alloc_or_panic(0x20000, 0x1000);
		fail_msg("no panic");
	}
	expect("panic", said, "expect_panics: Failed to allocate 0x0000000000020000 bytes\n");
}

static void allocations_or_a_panic(void **state)
{
	(void)state;
	EVERY
	{
		two_real_nodes();
		expect_at("or_panic", memblock_alloc_or_panic(0x800, 0x1000), 0xf000);
		expect_bytes(base + 0xf000, 0x800, 0);
		expect_at("or_panic", __memblock_alloc_or_panic(0x1000, 0x2000, "early"), 0xe000);
		assert_int_equal(memblock_reserved_size(), 0x1800);
		expect_panics();
	}
}

static void scratch_only(void **state)
{
	(void)state;
	EVERY
	{
		two_nodes();
		assert_int_equal(memblock_mark_kho_scratch(0x4000, 0x2000), 0);
		memblock_set_kho_scratch_only();
		assert_int_equal(memblock_phys_alloc(0x1000, 0x1000), is("new") ? 0x5000 : 0xf000);
		memblock_clear_kho_scratch_only();
		assert_int_equal(memblock_phys_alloc(0x1000, 0x1000), is("new") ? 0xf000 : 0xe000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(physical_allocations),
		cmocka_unit_test(virtual_allocations),
		cmocka_unit_test(allocations_below_4_gib),
		cmocka_unit_test(hugetlb_pages),
		cmocka_unit_test(hugetlb_beside_scratch),
		cmocka_unit_test(allocations_or_a_panic),
		cmocka_unit_test(scratch_only),
	};

	return cmocka_run_group_tests_name("allocations of kernel.h", tests, get_memory,
					   free_memory);
}
