/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_kernel_calls.c - kernel.h: that each function of the kernel's name does what it says, with each
 * of its arguments.
 *
 * What the functions do is tested under our names, mostly by the worked cases; here it is that the
 * kernel's names lead there: a call that does nothing, drops or swaps an argument, or does not show its
 * outcome in the view fails. Each test runs on every store and in every profile (EVERY). What allocates is
 * in test_kernel_alloc.c; test_kernel.c has the fields, test_kernel_iterators.c the iterators.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel_hooks.h"

/* ---- collections ------------------------------------------------------------------------------- */

static void adding_and_removing(void **state)
{
	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add(0x1000, 0x7000), 0);
		assert_int_equal(memblock_add_node(0x9000, 0x2000, 3, MEMBLOCK_NOMAP), 0);
		assert_int_equal(memblock_remove(0x2000, 0x1800), 0);
		EXPECT_MEMORY("1000-2000 3800-8000 9000-b000@3/4");
		assert_int_equal(memblock_reserve(0x1000, 0x4000), 0);
		assert_int_equal(__memblock_reserve(0x6000, 0x1800, 2, MEMBLOCK_RSRV_KERN), 0);
		assert_int_equal(memblock_reserve_kern(0x9000, 0x800), 0);
		EXPECT_RESERVED("1000-5000 6000-7800@2/20 9000-9800/20");
		assert_int_equal(memblock_phys_free(0x2000, 0x1800), 0);
		memblock_free((void *)0x7000, 0x400);
		EXPECT_RESERVED("1000-2000 3800-5000 6000-7000@2/20 7400-7800@2/20 9000-9800/20");
	}
}

static void truncating(void **state)
{
	(void)state;
	EVERY
	{
		/* Row 68. */
		assert_int_equal(memblock_add(0x1000, 0x8000), 0);
		assert_int_equal(memblock_mark_nomap(0x8000, 0x1000), 0);
		assert_int_equal(memblock_reserve(0x1000, 0x1000), 0);
		assert_int_equal(memblock_reserve(0x3000, 0x2000), 0);
		assert_int_equal(memblock_reserve(0x8000, 0x800), 0);
		memblock_cap_memory_range(0x2000, 0x2000);
		EXPECT_MEMORY("2000-4000 8000-9000/4");
		EXPECT_RESERVED("3000-4000");
		/* NOMAP memory counts, and stays. */
		memblock_mem_limit_remove_map(0x1800);
		EXPECT_MEMORY("2000-3800 8000-9000/4");
		EXPECT_RESERVED("3000-3800");
		memblock_enforce_memory_limit(0x1801);
		EXPECT_MEMORY("2000-3800 8000-8001/4");
	}
}

/* ---- attributes and nodes ---------------------------------------------------------------------- */

static void attributes_of_memory(void **state)
{
	const struct memblock_region *r = memblock.memory.regions;

	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add(0x1000, 0x4000), 0);
		assert_int_equal(memblock_mark_hotplug(0x2000, 0x1000), 0);
		EXPECT_MEMORY("1000-2000 2000-3000/1 3000-5000");
		assert_true(memblock_is_hotpluggable(&r[1]));
		assert_false(memblock_is_hotpluggable(&r[0]));
		assert_int_equal(memblock_clear_hotplug(0x2800, 0x800), 0);
		EXPECT_MEMORY("1000-2000 2000-2800/1 2800-5000");
		assert_int_equal(memblock_clear_hotplug(0, PHYS_ADDR_MAX), 0);
		assert_int_equal(memblock_mark_mirror(0x2000, 0x1000), 0);
		EXPECT_MEMORY("1000-5000");
		assert_false(memblock_has_mirror());
		mirrored_kernelcore = true;
		assert_int_equal(memblock_mark_mirror(0x2000, 0x1000), 0);
		assert_true(memblock_has_mirror());
		EXPECT_MEMORY("1000-2000 2000-3000/2 3000-5000");
		assert_true(memblock_is_mirror(&r[1]));
		assert_false(memblock_is_mirror(&r[0]));
		assert_int_equal(memblock_mark_nomap(0x3000, 0x1000), 0);
		EXPECT_MEMORY("1000-2000 2000-3000/2 3000-4000/4 4000-5000");
		assert_true(memblock_is_nomap(&r[2]));
		assert_false(memblock_is_nomap(&r[1]));
		assert_int_equal(memblock_clear_nomap(0x3000, 0x800), 0);
		EXPECT_MEMORY("1000-2000 2000-3000/2 3000-3800 3800-4000/4 4000-5000");
		assert_int_equal(memblock_mark_kho_scratch(0x1000, 0x1000), 0);
		EXPECT_MEMORY("1000-2000/40 2000-3000/2 3000-3800 3800-4000/4 4000-5000");
		assert_true(memblock_is_kho_scratch(&r[0]));
		assert_false(memblock_is_kho_scratch(&r[1]));
		assert_int_equal(memblock_clear_kho_scratch(0x1000, 0x800), 0);
		EXPECT_MEMORY("1000-1800 1800-2000/40 2000-3000/2 3000-3800 3800-4000/4 4000-5000");
	}
	EVERY
	{
		assert_int_equal(memblock_add_node(0x1000, 0x1000, 2, MEMBLOCK_DRIVER_MANAGED), 0);
		assert_int_equal(memblock_add_node(0x2000, 0x1000, 2, MEMBLOCK_NONE), 0);
		assert_true(memblock_is_driver_managed(&r[0]));
		assert_false(memblock_is_driver_managed(&r[1]));
	}
}

static void attributes_of_reserved(void **state)
{
	const struct memblock_region *r = memblock.reserved.regions;

	(void)state;
	EVERY
	{
		assert_int_equal(memblock_reserve(0x1000, 0x4000), 0);
		assert_int_equal(memblock_reserved_mark_noinit(0x2000, 0x1000), 0);
		EXPECT_RESERVED("1000-2000 2000-3000/10 3000-5000");
		assert_true(memblock_is_reserved_noinit(&r[1]));
		assert_false(memblock_is_reserved_noinit(&r[0]));
		assert_int_equal(memblock_reserved_mark_kern(0x4000, 0x800), 0);
		EXPECT_RESERVED("1000-2000 2000-3000/10 3000-4000 4000-4800/20 4800-5000");
		assert_int_equal(memblock_set_node(0x1000, 0x800, &memblock.reserved, 3), 0);
		EXPECT_RESERVED("1000-1800@3 1800-2000 2000-3000/10 3000-4000 4000-4800/20 "
				"4800-5000");
		assert_int_equal(memblock_get_region_node(&r[0]), 3);
		EXPECT_MEMORY("");
	}
}

/* Row 70. */
static void coverage_of_nodes(void **state)
{
	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add_node(0x100000, 0x200000, 0, MEMBLOCK_NONE), 0);
		assert_int_equal(memblock_add(0x300000, 0x100000), 0);
		assert_true(memblock_validate_numa_coverage(0x100000));
		assert_false(memblock_validate_numa_coverage(0xfffff));
		expect("lines", said, "NUMA: no nodes coverage for 1MB of 3MB RAM\n");
	}
}

/* ---- queries ----------------------------------------------------------------------------------- */

static void edges_of_queries(void **state)
{
	unsigned long first, end;

	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add_node(0x1000, 0x1000, 2, MEMBLOCK_NONE), 0);
		assert_int_equal(memblock_add_node(0x2000, 0x1000, 3, MEMBLOCK_NOMAP), 0);
		assert_int_equal(memblock_reserve(0x2000, 0x1000), 0);
		assert_false(memblock_is_memory(0xfff));
		assert_true(memblock_is_memory(0x2fff));
		assert_false(memblock_is_memory(0x3000));
		assert_true(memblock_is_map_memory(0x1000));
		assert_true(memblock_is_map_memory(0x1fff));
		assert_false(memblock_is_map_memory(0x2000));
		assert_false(memblock_is_reserved(0x1fff));
		assert_true(memblock_is_reserved(0x2000));
		assert_true(memblock_is_reserved(0x2fff));
		assert_false(memblock_is_reserved(0x3000));
		assert_true(memblock_is_region_memory(0x1000, 0x1000));
		assert_false(memblock_is_region_memory(0x1000, 0x1001));
		assert_false(memblock_is_region_memory(0xfff, 0x1));
		/* Row 62. */
		assert_false(memblock_is_region_reserved(0x2000, 0));
		assert_true(memblock_is_region_reserved(0x2800, 0));
		assert_false(memblock_is_region_reserved(0x1000, 0x1000));
		assert_true(memblock_is_region_reserved(0x1000, 0x1001));
		assert_true(memblock_is_region_reserved(0x2fff, PHYS_ADDR_MAX));
		assert_false(memblock_is_region_reserved(0x3000, PHYS_ADDR_MAX));
		assert_false(memblock_overlaps_region(&memblock.memory, 0x0, 0x1000));
		assert_true(memblock_overlaps_region(&memblock.memory, 0x0, 0x1001));
		assert_false(memblock_overlaps_region(&memblock.reserved, 0x3000, 0x1000));
		assert_true(memblock_overlaps_region(&memblock.reserved, 0x2fff, 0x1000));
		assert_int_equal(memblock_addrs_overlap(0x1000, 0x1000, 0x2000, 0x1000), 0);
		assert_int_equal(memblock_addrs_overlap(0x1000, 0x1001, 0x2000, 0x1000), 1);
		assert_int_equal(memblock_addrs_overlap(0x2000, 0x1000, 0x1000, 0x1000), 0);
		assert_int_equal(memblock_addrs_overlap(0x2000, 0x1000, 0x1000, 0x1001), 1);
		assert_int_equal(memblock_search_pfn_nid(1, &first, &end), 2);
		assert_int_equal(memblock_search_pfn_nid(2, &first, &end), 3);
		assert_int_equal(first, 2);
		assert_int_equal(end, 3);
	}
}

static void sizes_of_reservations(void **state)
{
	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add(0x1000, 0xf000), 0);
		assert_int_equal(memblock_reserve_kern(0x2000, 0x1000), 0);
		assert_int_equal(memblock_reserve(0x4000, 0x1000), 0);
		assert_int_equal(__memblock_reserve(0x6000, 0x2000, 1, MEMBLOCK_RSRV_KERN), 0);
		assert_int_equal(memblock_reserved_kern_size(PHYS_ADDR_MAX, NUMA_NO_NODE), 0x3000);
		assert_int_equal(memblock_reserved_kern_size(0x6fff, NUMA_NO_NODE), 0x1fff);
		assert_int_equal(memblock_reserved_kern_size(PHYS_ADDR_MAX, 1), 0x2000);
		assert_int_equal(memblock_reserved_kern_size(PHYS_ADDR_MAX, 2), 0);
		assert_int_equal(memblock_reserved_hugetlb_size(PHYS_ADDR_MAX, NUMA_NO_NODE), 0);
		assert_int_equal(memblock_reserved_size(), 0x4000);
		assert_int_equal(memblock_phys_mem_size(), 0xf000);
		assert_int_equal(memblock_estimated_nr_free_pages(), is("new") ? 12 : 11);
		assert_int_equal(memblock_start_of_DRAM(), 0x1000);
		assert_int_equal(memblock_end_of_DRAM(), 0x10000);
	}
}

static void dump(void **state)
{
	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add_node(0x1000, 0x1000, 2, MEMBLOCK_NONE), 0);
		assert_int_equal(memblock_add_node(0x2000, 0x1000, 3, MEMBLOCK_NOMAP), 0);
		assert_int_equal(__memblock_reserve(0x2000, 0x800, 3, MEMBLOCK_NONE), 0);
		assert_int_equal(memblock_physmem_add(0x1000, 0x1000), 0);
		memblock_dump_all();
		expect("dump without memblock=debug", said, "");
		mb_set_debug(memblock_instance(), true);
		memblock_dump_all();
		expect("dump", said,
		       "MEMBLOCK configuration:\n"
		       " memory size = 0x0000000000002000 reserved size = 0x0000000000000800\n"
		       " memory.cnt  = 0x2\n"
		       " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 "
		       "bytes on node 2 flags: 0x0\n"
		       " memory[0x1]\t[0x0000000000002000-0x0000000000002fff], 0x0000000000001000 "
		       "bytes on node 3 flags: 0x4\n"
		       " reserved.cnt  = 0x1\n"
		       " reserved[0x0]\t[0x0000000000002000-0x00000000000027ff], "
		       "0x0000000000000800 bytes on node 3 flags: 0x0\n"
		       " physmem.cnt  = 0x1\n"
		       " physmem[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 "
		       "bytes flags: 0x0\n");
	}
}

/* ---- single steps of iterations ---------------------------------------------------------------- */

static void steps_of_iterations(void **state)
{
	phys_addr_t start = 0, end = 0;
	unsigned long first = 0, last = 0;
	int nid = 0, region = 0;
	u64 i = UINT64_MAX;

	(void)state;
	EVERY
	{
		two_nodes();
		assert_int_equal(memblock_reserve(0x3000, 0x1000), 0);
		i = UINT64_MAX;
		__next_mem_range_rev(&i, 0, MEMBLOCK_NONE, &memblock.memory, &memblock.reserved,
				     &start, &end, &nid);
		assert_int_equal(start, 0x4000);
		assert_int_equal(end, 0x8000);
		assert_int_equal(nid, 0);
		assert_int_equal(i, 0);
		__next_mem_range_rev(&i, 0, MEMBLOCK_NONE, &memblock.memory, &memblock.reserved,
				     NULL, &end, NULL);
		assert_int_equal(end, 0x3000);
		assert_int_equal(i, 0xffffffff);
		i = 0x100000000; /* go on behind the first gap */
		__next_mem_range(&i, 1, MEMBLOCK_NONE, &memblock.memory, &memblock.reserved, &start,
				 NULL, &nid);
		assert_int_equal(start, 0x8000);
		assert_int_equal(nid, 1);
		assert_int_equal(i, 0x100000002);
		region = 0;
		__next_mem_pfn_range(&region, NUMA_NO_NODE, &first, &last, &nid);
		assert_int_equal(region, is("6.1") ? -1 : 1);
		region = -1;
		__next_mem_pfn_range(&region, 1, &first, &last, &nid);
		assert_int_equal(region, 1);
		assert_int_equal(first, 8);
		assert_int_equal(last, 16);
		assert_int_equal(nid, 1);
		assert_int_equal(memblock_physmem_add(0x2000, 0x4000), 0);
		i = 0;
		__next_physmem_range(&i, &memblock.reserved, &start, &end);
		assert_int_equal(start, 0x2000);
		assert_int_equal(end, 0x3000);
		assert_int_equal(i, 0x100000000);
	}
}

static void walks_downwards(void **state)
{
	const struct memblock_region *r;
	phys_addr_t start, end, sum;
	u64 i;

	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add_node(0x1000, 0x1000, 0, MEMBLOCK_NONE), 0);
		assert_int_equal(memblock_add_node(0x2000, 0x1000, 0, MEMBLOCK_NOMAP), 0);
		assert_int_equal(memblock_add_node(0x3000, 0x1000, 0, MEMBLOCK_DRIVER_MANAGED), 0);
		assert_int_equal(memblock_reserve(0x1000, 0x800), 0);
		assert_int_equal(memblock_reserve(0x8000, 0x400), 0);
		sum = 0;
		for_each_free_mem_range_reverse(i, 0, MEMBLOCK_NOMAP, &start, &end, NULL)
			sum = sum << 16 | start;
		assert_int_equal(sum, 0x20001800);
		sum = 0;
		for_each_mem_range_rev(i, &start, &end) sum = sum << 16 | start;
		assert_int_equal(sum, 0x30001000);
		sum = 0;
		for_each_reserved_mem_region(r) sum = sum << 16 | r->size;
		assert_int_equal(sum, 0x8000400);
	}
}

/* Row 54: what 6.1 counts in an untouched collection is seen in the index. */
static void index_of_an_untouched_collection(void **state)
{
	phys_addr_t start, end;
	u64 i;

	(void)state;
	EVERY
	{
		assert_int_equal(memblock_add(0x1000, 0xf000), 0);
		for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		{
			assert_int_equal(start, 0x1000);
			assert_int_equal(end, 0x10000);
			assert_int_equal(i, is("6.1") ? 0x100000001 : 1);
		}
	}
}

/* ---- the instance behind the view -------------------------------------------------------------- */

static void calls_on_the_instance(void **state)
{
	(void)state;
	EVERY
	{
		struct mb *mb;

		two_nodes();
		memblock.memory.regions[1].size = 0x1000;
		memblock.memory.total_size = 0x8000;
		mb = memblock_load();
		assert_ptr_equal(mb, memblock_instance());
		assert_int_equal(mb_end_of_DRAM(mb), 0x9000);
		assert_int_equal(mb_reserve(mb, 0x2000, 0x1000), 0);
		EXPECT_RESERVED("");
		memblock_store();
		EXPECT_RESERVED("2000-3000");
		EXPECT_MEMORY("1000-8000@0 8000-9000@1");
	}
}

/* mb_check() looks after each step of other tests: it has to see what is wrong. */
static void faults_are_found(void **state)
{
	const char *why;
	struct mb *mb;

	(void)state;
	EVERY
	{
		two_nodes();
		mb = memblock_load();
		assert_int_equal(mb_check(mb, &why), 0);
		assert_null(why);
		mb->c[MB_MEMORY].total_size++;
		assert_int_not_equal(mb_check(mb, &why), 0);
		expect("why", why, "total_size differs from the sum of the regions");
		memblock.memory.regions[1].base -= 0x800;
		assert_int_not_equal(mb_check(memblock_load(), &why), 0);
		assert_non_null(why);
		memblock.memory.regions[1].base += 0x800;
		assert_int_equal(mb_check(memblock_load(), &why), 0);
		memblock.memory.regions[1].size = 0;
		memblock.memory.total_size -= 0x8000;
		assert_int_not_equal(mb_check(memblock_load(), &why), 0);
		assert_non_null(why);
	}
}

/* ---- hand-over and after ----------------------------------------------------------------------- */

static void after_the_hand_over(void **state)
{
	phys_addr_t start = 7, size = 8;
	char wanted[64];

	(void)state;
	EVERY
	{
		reset_all_zones_managed_pages();
		reset_all_zones_managed_pages();
		expect("counts are reset once", pages, "reset ");
		pages[0] = 0;
		memblock_free_late(0x1800, 0x2800);
		expect("late", pages, "2 3 ");
	}
	EVERY
	{
		unsigned long long pfn = at >> 12;

		two_real_nodes();
		assert_int_equal(free_reserved_area(base + 0x800, base + 0x3800, 0xaa, "init"), 2);
		snprintf(wanted, sizeof(wanted), "%llx %llx ", pfn + 1, pfn + 2);
		expect("area", pages, wanted);
		expect("lines", said, "Freeing init memory: 8K\n");
		expect_bytes(base + 0x1000, 0x2000, 0xaa);
		assert_int_equal(memblock_reserve_mem("4K:8K:trace"), 1);
		start = 7;
		assert_int_equal(reserve_mem_find_by_name("other", &start, &size), 0);
		assert_int_equal(start, 7);
		assert_int_equal(reserve_mem_find_by_name("trace", &start, &size), 1);
		expect_at("found", (void *)(uintptr_t)start, 0xe000);
		assert_int_equal(size, 0x1000);
		assert_int_equal(reserve_mem_release_by_name("other"), 0);
		pages[0] = 0;
		assert_int_equal(reserve_mem_release_by_name("trace"), 1);
		snprintf(wanted, sizeof(wanted), "%llx ", pfn + 0xe);
		expect("released", pages, wanted);
		assert_int_equal(reserve_mem_find_by_name("trace", &start, &size), 0);
	}
	EVERY
	{
		memblock_set_page_sink(NULL);
		assert_int_equal(memblock_add(0x3000, 0x8000), 0);
		memblock_free_all();
		expect("row 82, to memblock_free_pages()", pages, "3:0 4:2 8:1 a:0 ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_and_removing),
		cmocka_unit_test(truncating),
		cmocka_unit_test(attributes_of_memory),
		cmocka_unit_test(attributes_of_reserved),
		cmocka_unit_test(coverage_of_nodes),
		cmocka_unit_test(edges_of_queries),
		cmocka_unit_test(sizes_of_reservations),
		cmocka_unit_test(dump),
		cmocka_unit_test(steps_of_iterations),
		cmocka_unit_test(walks_downwards),
		cmocka_unit_test(index_of_an_untouched_collection),
		cmocka_unit_test(calls_on_the_instance),
		cmocka_unit_test(faults_are_found),
		cmocka_unit_test(after_the_hand_over),
	};

	return cmocka_run_group_tests_name("calls of kernel.h", tests, get_memory, free_memory);
}
