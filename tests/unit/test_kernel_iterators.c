/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_kernel_iterators.c - kernel.h: the iterators of the kernel and the indices that they count with.
 *
 * Each test runs on every store and every profile (EVERY). Expectations are text: a range and, in
 * parentheses, the index after it was yielded (kernel_ranges.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel_ranges.h"

#define EVERY EVERY_STORE(use)

static const char *free_ranges(int nid, unsigned flags)
{
	phys_addr_t start, end;
	int found;
	u64 i;

	text[0] = 0;
	for_each_free_mem_range(i, nid, (enum memblock_flags)flags, &start, &end, &found)
		say(i, start, end);
	return text;
}

static const char *free_ranges_reverse(int nid, unsigned flags)
{
	phys_addr_t start, end;
	u64 i;

	text[0] = 0;
	for_each_free_mem_range_reverse(i, nid, (enum memblock_flags)flags, &start, &end, NULL)
		say(i, start, end);
	return text;
}

/* ---- indices ----------------------------------------------------------------------------------- */

static void index_of_free_ranges(void **state)
{
	(void)state;
	EVERY
	{
		add(0x1000, 0x4000);
		add(0x6000, 0x8000);
		reserve(0x2000, 0x3000);
		reserve(0x3800, 0x6800);
		expect("row 53", free_ranges(NUMA_NO_NODE, 0),
		       "1000-2000(100000000) 3000-3800(200000000) 6800-8000(200000002)");
		expect("row 53 down", free_ranges_reverse(NUMA_NO_NODE, 0),
		       "6800-8000(100000001) 3000-3800(0) 1000-2000(ffffffff)");
	}
}

static void index_with_nothing_reserved(void **state)
{
	(void)state;
	EVERY
	{
		add(0x1000, 0x2000);
		add(0x3000, 0x4000);
		/* 6.1 counts a dummy, so the gap is the one after it. */
		expect("row 54", free_ranges(NUMA_NO_NODE, 0),
		       is("6.1") ? "1000-2000(100000001) 3000-4000(100000002)" :
				   "1000-2000(1) 3000-4000(2)");
		expect("row 54 down", free_ranges_reverse(NUMA_NO_NODE, 0),
		       is("6.1") ? "3000-4000(100000000) 1000-2000(1ffffffff)" :
				   "3000-4000(0) 1000-2000(ffffffff)");
	}
}

static void index_with_reserved_beyond_memory(void **state)
{
	(void)state;
	EVERY
	{
		add(0x1000, 0x8000);
		reserve(0, 0x2000);
		reserve(0x7000, 0x9000);
		expect("row 55", free_ranges(NUMA_NO_NODE, 0), "2000-7000(200000000)");
		expect("row 55 down", free_ranges_reverse(NUMA_NO_NODE, 0), "2000-7000(0)");
	}
}

static void index_by_node(void **state)
{
	(void)state;
	EVERY
	{
		memblock_add_node(0x1000, 0x1000, 0, MEMBLOCK_NONE);
		memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_NONE);
		reserve(0x10000, 0x11000);
		expect("row 56", free_ranges(NUMA_NO_NODE, 0), "1000-2000(1) 2000-3000(2)");
		expect("row 56, node 1", free_ranges(1, 0), "2000-3000(2)");
		expect("row 56, node 5", free_ranges(5, 0), "");
		expect("row 56, MAX_NUMNODES", free_ranges(MAX_NUMNODES, 0),
		       "1000-2000(1) 2000-3000(2)");
		/* Profile 6.1 takes other numbers for nodes that have no memory. */
		expect("row 56, node 99", free_ranges(99, 0),
		       is("6.1") ? "" : "1000-2000(1) 2000-3000(2)");
	}
}

static void index_without_nomap(void **state)
{
	(void)state;
	EVERY
	{
		add(0x1000, 0x4000);
		assert_int_equal(memblock_mark_nomap(0x2000, 0x1000), 0);
		reserve(0x10000, 0x11000);
		expect("row 57", memory_ranges(false), "1000-2000(1) 3000-4000(3)");
		expect("row 57 down", memory_ranges(true), "3000-4000(1) 1000-2000(ffffffff)");
		expect("row 57, asked for", free_ranges(NUMA_NO_NODE, MEMBLOCK_NOMAP),
		       "1000-2000(1) 2000-3000(2) 3000-4000(3)");
	}
}

static void index_with_movable_node(void **state)
{
	(void)state;
	EVERY
	{
		add(0x1000, 0x2000);
		add(0x3000, 0x4000);
		reserve(0x10000, 0x11000);
		assert_int_equal(memblock_mark_hotplug(0x1000, 0x1000), 0);
		expect("without", free_ranges(NUMA_NO_NODE, 0), "1000-2000(1) 3000-4000(2)");
		movable_node_enabled = true;
		expect("row 58", free_ranges(NUMA_NO_NODE, 0), "3000-4000(2)");
		expect("row 58, asked for", free_ranges(NUMA_NO_NODE, MEMBLOCK_HOTPLUG),
		       "1000-2000(1) 3000-4000(2)");
		expect("row 58, memory", memory_ranges(false), "1000-2000(1) 3000-4000(2)");
	}
}

static void requests_that_exclude_the_rest(void **state)
{
	(void)state;
	EVERY
	{
		mirrored_kernelcore = true;
		add(0x1000, 0x2000);
		add(0x3000, 0x4000);
		reserve(0x10000, 0x11000);
		assert_false(memblock_has_mirror());
		assert_int_equal(memblock_mark_mirror(0x3000, 0x1000), 0);
		assert_true(memblock_has_mirror());
		expect("mirror", free_ranges(NUMA_NO_NODE, MEMBLOCK_MIRROR), "3000-4000(2)");
		assert_int_equal(memblock_mark_kho_scratch(0x1000, 0x1000), 0);
		expect("scratch", free_ranges(NUMA_NO_NODE, MEMBLOCK_KHO_SCRATCH), "1000-2000(1)");
		memblock_add_node(0x5000, 0x1000, 0, MEMBLOCK_DRIVER_MANAGED);
		expect("driver", free_ranges(NUMA_NO_NODE, 0), "1000-2000(1) 3000-4000(2)");
		expect("memory", memory_ranges(false), "1000-2000(1) 3000-4000(2) 5000-6000(3)");
	}
}

static void iteration_of_nothing(void **state)
{
	u64 kept = 5;

	(void)state;
	EVERY
	{
		expect("free", free_ranges(NUMA_NO_NODE, 0), "");
		expect("free down", free_ranges_reverse(NUMA_NO_NODE, 0), "");
		/* The dummy of 6.1 is seen. */
		expect("memory", memory_ranges(false), is("6.1") ? "0-0(1)" : "");
		kept = MEMBLOCK_ITER_END - 1;
		__next_mem_range(&kept, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.memory, NULL, NULL,
				 NULL, NULL);
		assert_true(kept == MEMBLOCK_ITER_END);
	}
}

static void iteration_resumes(void **state)
{
	phys_addr_t start = 0, end = 0;
	u64 i = 0;

	(void)state;
	EVERY
	{
		add(0x1000, 0x4000);
		reserve(0x2000, 0x3000);
		i = 0x100000000; /* as it was after the first range */
		__next_mem_range(&i, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.memory,
				 &memblock.reserved, &start, &end, NULL);
		assert_int_equal(start, 0x3000);
		assert_int_equal(end, 0x4000);
		__next_mem_range(&i, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.memory,
				 &memblock.reserved, &start, &end, NULL);
		assert_true(i == MEMBLOCK_ITER_END);
		assert_int_equal(start, 0x3000); /* outputs keep their last values */
	}
}

/* ---- other iterators --------------------------------------------------------------------------- */

static const char *pfn_ranges(int nid)
{
	unsigned long start, end;
	int i, found;

	text[0] = 0;
	for_each_mem_pfn_range(i, nid, &start, &end, &found)
	{
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%lx-%lx@%d(%d)", n ? " " : "", start, end,
			 found, i);
	}
	assert_int_equal(i, -1);
	return text;
}

static void pfn_ranges_of_memory(void **state)
{
	(void)state;
	EVERY
	{
		const struct memblock_region *r = memblock.memory.regions;

		memblock_add_node(0x1800, 0x3000, 0, MEMBLOCK_NONE);
		memblock_add_node(0x5100, 0xe00, 0, MEMBLOCK_NONE);
		memblock_add_node(0x8000, 0x2000, 1, MEMBLOCK_NONE);
		expect("row 59", pfn_ranges(MAX_NUMNODES), "2-4@0(0) 8-a@1(2)");
		/* 6.1 looks for regions that have -1 stored. */
		expect("row 59, any", pfn_ranges(NUMA_NO_NODE),
		       is("6.1") ? "" : "2-4@0(0) 8-a@1(2)");
		expect("row 59, node 1", pfn_ranges(1), "8-a@1(2)");
		assert_int_equal(memblock_region_memory_base_pfn(r), 2);
		assert_int_equal(memblock_region_memory_end_pfn(r), 4);
		assert_int_equal(memblock_region_reserved_base_pfn(r), 1);
		assert_int_equal(memblock_region_reserved_end_pfn(r), 5);
	}
}

static void reserved_is_not_filtered(void **state)
{
	phys_addr_t start, end;
	int nid;
	u64 i;

	(void)state;
	EVERY
	{
		__memblock_reserve(0x1000, 0x1000, 0, MEMBLOCK_NONE);
		__memblock_reserve(0x4000, 0x1000, 1, MEMBLOCK_NONE);
		text[0] = 0;
		__for_each_mem_range(i, &memblock.reserved, NULL, 1, MEMBLOCK_NONE, &start, &end,
				     &nid) say(i, start, end);
		expect("row 60", text, "1000-2000(1) 4000-5000(2)");
		text[0] = 0;
		__for_each_mem_range_rev(i, &memblock.reserved, NULL, 1, MEMBLOCK_NONE, &start,
					 &end, &nid) say(i, start, end);
		expect("row 60 down", text, "4000-5000(0) 1000-2000(ffffffff)");
		text[0] = 0;
		for_each_reserved_mem_range(i, &start, &end) say(i, start, end);
		expect("reserved", text, "1000-2000(1) 4000-5000(2)");
	}
}

static void regions_by_pointer(void **state)
{
	struct memblock_region *r;
	unsigned long total;

	(void)state;
	EVERY
	{
		add(0x1000, 0x2000);
		add(0x4000, 0x6000);
		reserve(0x4000, 0x5000);
		total = 0;
		for_each_mem_region(r)
		{
			memblock_set_region_node(r, 3);
			total += r->size;
		}
		assert_int_equal(total, 0x3000);
		assert_int_equal(memblock_get_region_node(&memblock.memory.regions[1]), 3);
		for_each_reserved_mem_region(r) assert_int_equal(r->base, 0x4000);
		expect("nodes that were written count", free_ranges(3, 0),
		       "1000-2000(1) 5000-6000(100000002)");
		assert_int_equal(memblock_phys_alloc_try_nid(0x1000, 0x1000, 3), 0x5000);
	}
}

static void physmem_minus_a_type(void **state)
{
	phys_addr_t start, end;
	u64 i;

	(void)state;
	EVERY
	{
		assert_int_equal(memblock_physmem_add(0x1000, 0x4000), 0);
		reserve(0x2000, 0x3000);
		text[0] = 0;
		for_each_physmem_range(i, &memblock.reserved, &start, &end) say(i, start, end);
		expect("minus reserved", text, "1000-2000(100000000) 3000-5000(100000001)");
		text[0] = 0;
		for_each_physmem_range(i, NULL, &start, &end) say(i, start, end);
		expect("all", text, "1000-5000(1)");
		assert_int_equal(physmem.cnt, 1);
		assert_string_equal(physmem.name, "physmem");
	}
}

static const char *zone_ranges(struct zone *zone, u64 *i, bool from)
{
	unsigned long start = 0, end = 0;

	text[0] = 0;
	if (from)
		for_each_free_mem_pfn_range_in_zone_from(*i, zone, &start, &end)
			say(*i, start, end);
	else
		for_each_free_mem_pfn_range_in_zone(*i, zone, &start, &end) say(*i, start, end);
	assert_true(*i == MEMBLOCK_ITER_END);
	assert_true(start == ULONG_MAX);
	assert_int_equal(end, 0);
	return text;
}

/*
 *     pages      1    4      8        c         10
 *     free       [    )      [        )         [  )
 *     zone          [3                     d)
 */
static void free_pages_of_a_zone(void **state)
{
	struct zone zone = { .zone_start_pfn = 3, .spanned_pages = 10, .node = 0 };
	unsigned long start = 0, end = 0;
	u64 i;

	(void)state;
	EVERY
	{
		memblock_add_node(0x800, 0x3800, 0, MEMBLOCK_NONE);
		memblock_add_node(0x5100, 0xe00, 0, MEMBLOCK_NONE); /* no whole page */
		memblock_add_node(0x6000, 0x1000, 1, MEMBLOCK_NONE);
		memblock_add_node(0x8000, 0x4000, 0, MEMBLOCK_NONE);
		memblock_add_node(0x10000, 0x1000, 0, MEMBLOCK_NONE);
		reserve(0x20000, 0x21000);
		expect("zone", zone_ranges(&zone, &i, false), "3-4(1) 8-c(4)");
		i = 0;
		__next_mem_pfn_range_in_zone(&i, &zone, &start, &end);
		assert_int_equal(start, 3);
		__next_mem_pfn_range_in_zone(&i, &zone, &start, &end);
		assert_int_equal(i, 4);
		expect("from", zone_ranges(&zone, &i, true), "0-0(4)");
	}
}

/* 6.1 warns of MAX_NUMNODES once in each of its places; who begins again is warned again. */
static unsigned warnings;

static void count_warning(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx;
	(void)fmt;
	(void)ap;
	warnings++;
}

static void walk_for_max_numnodes(bool up, bool down)
{
	phys_addr_t base, end;
	int nid;
	u64 i;

	for (unsigned times = 0; times < 2 && up; times++)
		for_each_free_mem_range(i, MAX_NUMNODES, MEMBLOCK_NONE, &base, &end, &nid)
			assert_int_equal(base, 0x1000);
	for (unsigned times = 0; times < 2 && down; times++)
		for_each_free_mem_range_reverse(i, MAX_NUMNODES, MEMBLOCK_NONE, &base, &end, &nid)
			assert_int_equal(base, 0x1000);
}

static void max_numnodes_is_warned_of(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };

	(void)state;
	for (unsigned p = 0; p < 3; p++) {
		struct mb_machine machine = { .max_numnodes = MAX_NUMNODES };
		const struct mb_hooks hooks = { .warn = count_warning };

		machine.profile = mb_profile_find(profiles[p]);
		for (unsigned start = 0; start < 3; start++) {
			bool up = start != 1, down = start != 2;

			assert_int_equal(memblock_use_machine("list", &machine, &hooks), 0);
			assert_int_equal(memblock_add_node(0x1000, 0x1000, 2, MEMBLOCK_NONE), 0);
			warnings = 0;
			walk_for_max_numnodes(up, down);
			assert_int_equal(warnings, p ? 0 : (unsigned)up + down);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_of_free_ranges),
		cmocka_unit_test(index_with_nothing_reserved),
		cmocka_unit_test(index_with_reserved_beyond_memory),
		cmocka_unit_test(index_by_node),
		cmocka_unit_test(index_without_nomap),
		cmocka_unit_test(index_with_movable_node),
		cmocka_unit_test(requests_that_exclude_the_rest),
		cmocka_unit_test(iteration_of_nothing),
		cmocka_unit_test(iteration_resumes),
		cmocka_unit_test(pfn_ranges_of_memory),
		cmocka_unit_test(reserved_is_not_filtered),
		cmocka_unit_test(regions_by_pointer),
		cmocka_unit_test(physmem_minus_a_type),
		cmocka_unit_test(free_pages_of_a_zone),
		cmocka_unit_test(max_numnodes_is_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
