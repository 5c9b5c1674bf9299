/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_kernel.c - kernel.h: fields that are read and written, the calls, which instance is behind it.
 *
 * Each test runs on every store and every profile (EVERY). Iterators are in test_kernel_iterators.c, each
 * function with each of its arguments in test_kernel_calls.c and test_kernel_alloc.c. The kernel's own
 * suite runs against the same header in tests/conformance/.
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

/* The regions of a collection as its fields show them, "base-end@nid/flags". */
static const char *fields(const struct memblock_type *type)
{
	size_t n = 0;

	text[0] = 0;
	for (unsigned long i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		unsigned long long base = r->base, size = r->size;

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%llx-%llx@%d/%x", i ? " " : "",
				      base, base + size, r->nid, r->flags);
	}
	return text;
}

/* ---- fields ------------------------------------------------------------------------------------ */

static void fields_at_the_start(void **state)
{
	(void)state;
	EVERY
	{
		assert_int_equal(memblock.memory.cnt, is("6.1") ? 1 : 0);
		assert_int_equal(memblock.reserved.cnt, is("6.1") ? 1 : 0);
		assert_int_equal(memblock.memory.max, 128);
		assert_int_equal(memblock.memory.total_size, 0);
		assert_int_equal(memblock.memory.regions[0].size, 0);
		assert_string_equal(memblock.memory.name, "memory");
		assert_string_equal(memblock.reserved.name, "reserved");
		assert_false(memblock_bottom_up());
		assert_true(memblock_get_current_limit() == MEMBLOCK_ALLOC_ANYWHERE);
	}
}

static void slots_are_updated_in_place(void **state)
{
	(void)state;
	EVERY
	{
		const struct memblock_region *first = &memblock.memory.regions[0];
		const struct memblock_region *second = &memblock.memory.regions[1];

		add(0x3000, 0x4000);
		assert_int_equal(first->base, 0x3000);
		assert_int_equal(first->nid, MAX_NUMNODES);
		memblock_add_node(0x1000, 0x1000, 2, MEMBLOCK_HOTPLUG);
		assert_int_equal(first->base, 0x1000);
		assert_int_equal(first->nid, 2);
		assert_int_equal(first->flags, MEMBLOCK_HOTPLUG);
		assert_int_equal(second->base, 0x3000);
		/* Row 14: the emptied slot is cleared and has no node. */
		memblock_remove(0, 0x10000);
		assert_int_equal(memblock.memory.cnt, is("6.1") ? 1 : 0);
		assert_int_equal(first->base, 0);
		assert_int_equal(first->size, 0);
		assert_int_equal(first->flags, 0);
		assert_int_equal(first->nid, MAX_NUMNODES);
		add(0x5000, 0x6000);
		assert_int_equal(first->base, 0x5000);
		assert_int_equal(memblock.memory.cnt, 1);
	}
}

static void what_is_written_counts(void **state)
{
	(void)state;
	EVERY
	{
		struct memblock_type *memory = &memblock.memory;
		struct memblock_region *r = memory->regions;

		/* Regions that are alike and touch, and a size that is not their sum. */
		r[0] = (struct memblock_region){ .base = 0x1000, .size = 0x1000, .nid = 0 };
		r[1] = (struct memblock_region){ .base = 0x2000, .size = 0x1000, .nid = 0 };
		r[2] = (struct memblock_region){ .base = 0x8000, .size = 0x1000, .nid = 0 };
		memory->cnt = 3;
		memory->total_size = 0x5000;
		assert_true(memblock_is_region_memory(0x2000, 0x1000));
		assert_false(memblock_is_region_memory(0x1000, 0x2000));
		assert_int_equal(memblock_phys_mem_size(), 0x5000);
		memblock_remove(0x8000, 0x1000);
		expect("far away they stay apart", fields(memory), "1000-2000@0/0 2000-3000@0/0");
		assert_int_equal(memory->total_size, 0x4000);
		memblock_add_node(0x3000, 0x1000, 0, MEMBLOCK_NONE);
		/* Old kernels look at the whole collection, which heals them. */
		expect("add", fields(memory),
		       is("6.1") ? "1000-4000@0/0" : "1000-2000@0/0 2000-4000@0/0");

		/* Cleared by hand, as the kernel's suite does it. */
		memset(r, 0, 3 * sizeof(*r));
		memory->cnt = is("6.1") ? 1 : 0;
		memory->total_size = 0;
		assert_false(memblock_is_memory(0x1000));
		add(0x6000, 0x7000);
		expect("after the reset", fields(memory), "6000-7000@16/0");

		memblock.current_limit = 0x6800;
		memblock.bottom_up = true;
		assert_int_equal(memblock_phys_alloc(0x400, 0x400), 0x6000);
		memblock.bottom_up = false;
		assert_int_equal(memblock_phys_alloc(0x400, 0x400), 0x6400);
		assert_int_equal(memblock_phys_alloc(0x400, 0x400), 0);
	}
}

static void a_dummy_is_no_region(void **state)
{
	(void)state;
	EVERY
	{
		/* One region of size 0 is empty to every kernel, whatever cnt says. */
		memblock.memory.cnt = 1;
		add(0x1000, 0x2000);
		expect("added", fields(&memblock.memory), "1000-2000@16/0");
	}
}

/* A page-aligned piece of this process: metadata may grow into it. */
static phys_addr_t some_memory(size_t size)
{
	void *at = aligned_alloc(4096, size);

	assert_non_null(at);
	memset(at, 1, size);
	return (phys_addr_t)(uintptr_t)at;
}

/*
 * Reserved grows, the memory it grew into is released, and the program puts the first pointer back:
 * from then on the instance must not touch what is gone (AddressSanitizer would say so).
 */
static void the_first_array_is_put_back(void **state)
{
	const size_t size = 1 << 16;

	(void)state;
	EVERY
	{
		struct memblock_region *first = memblock.reserved.regions;
		phys_addr_t memory = some_memory(size);
		bool self = memblock_instance()->machine.metadata == MB_METADATA_SELF;

		memblock_allow_resize();
		memblock_add(memory, size);
		for (unsigned i = 0; i < 128; i++)
			reserve(0x1000 + i * 0x2000ULL, 0x2000 + i * 0x2000ULL);
		assert_ptr_equal(memblock.reserved.regions, first);
		assert_int_equal(memblock.reserved.max, 128);
		reserve(0x1000 + 128 * 0x2000ULL, 0x2000 + 128 * 0x2000ULL);
		assert_ptr_not_equal(memblock.reserved.regions, first);
		assert_true(memblock.reserved.max > 128); /* or what whole pages hold */
		assert_int_equal(memblock.reserved.cnt, self ? 130 : 129);
		if (self) /* 256 regions of 24 bytes, in whole pages, at the top */
			assert_int_equal(memblock.reserved.regions[129].base,
					 memory + size - 0x2000);
		assert_int_equal(first[0].base, 0x1000); /* left as it was */
		free((void *)(uintptr_t)memory);

		memblock.reserved.regions = first;
		memset(first, 0, 128 * sizeof(*first));
		memblock.reserved.cnt = is("6.1") ? 1 : 0;
		memblock.reserved.max = 128;
		memblock.reserved.total_size = 0;
		reserve(0x5000, 0x6000);
		assert_ptr_equal(memblock.reserved.regions, first);
		assert_int_equal(memblock.reserved.max, 128);
		assert_int_equal(first[0].base, 0x5000);
		assert_int_equal(memblock.reserved.cnt, 1);
	}
}

static void a_collection_of_the_program(void **state)
{
	struct memblock_region own[1] = { { .base = 0x1000, .size = 0x1000 } };
	struct memblock_type type = { .cnt = 1, .max = 1, .regions = own, .name = "own" };

	(void)state;
	EVERY
	{
		assert_true(memblock_overlaps_region(&type, 0x1fff, 0x10));
		assert_false(memblock_overlaps_region(&type, 0x2000, PHYS_ADDR_MAX));
		add(0x1000, 0x3000);
		assert_true(memblock_overlaps_region(&memblock.memory, 0x2fff, 1));
	}
}

/* ---- calls ------------------------------------------------------------------------------------- */

static void allocations(void **state)
{
	const size_t size = 1 << 16;
	phys_addr_t memory = some_memory(size);
	unsigned char *at;

	(void)state;
	EVERY
	{
		memset((void *)(uintptr_t)memory, 1, size);
		memblock_add_node(memory, size, 1, MEMBLOCK_NONE);
		at = memblock_alloc(100, 0x40);
		assert_ptr_equal(at, (void *)(uintptr_t)(memory + size - 0x80));
		for (unsigned i = 0; i < 100; i++)
			assert_int_equal(at[i], 0);
		assert_int_equal(at[100], 1); /* exactly the size */
		at = memblock_alloc_raw(16, 0x20);
		assert_non_null(at);
		assert_int_equal(at[0], 1);
		memblock_free(at, 16);
		assert_false(memblock_is_reserved((phys_addr_t)(uintptr_t)at));
		assert_int_equal(memblock_reserved_size(), 100);
		assert_non_null(memblock_alloc_node(16, 0x20, 1));
		assert_non_null(memblock_alloc_from(16, 0x20, memory + 0x1000));
		assert_null(
			memblock_alloc_exact_nid_raw(16, 0x20, 0, MEMBLOCK_ALLOC_ACCESSIBLE, 2));
		assert_null(memblock_alloc_low(16, 0x20)); /* all of it is above 4 GiB */
		assert_non_null(memblock_alloc_or_panic(16, 0x20));
		assert_int_equal(memblock_alloc_range_nid(0x1000, 0x1000, memory, memory + 0x2000,
							  1, true),
				 memory + 0x1000);
		assert_non_null(memblock_alloc_hugetlb(0x1000, 1, true));
	}
	free((void *)(uintptr_t)memory);
}

static void queries(void **state)
{
	unsigned long start = 7, end = 8;

	(void)state;
	EVERY
	{
		memblock_add_node(0x1800, 0x3000, 2, MEMBLOCK_NONE);
		reserve(0x2000, 0x3000);
		start = 7;
		assert_int_equal(memblock_search_pfn_nid(1, &start, &end), NUMA_NO_NODE);
		assert_int_equal(start, 7);
		assert_int_equal(memblock_search_pfn_nid(4, &start, &end), 2);
		assert_int_equal(start, 1);
		assert_int_equal(end, 4);
		assert_int_equal(memblock_start_of_DRAM(), 0x1800);
		assert_int_equal(memblock_end_of_DRAM(), 0x4800);
		assert_true(memblock_is_reserved(0x2fff));
		assert_true(memblock_is_region_reserved(0x1000, 0x1001));
		assert_true(memblock_is_map_memory(0x1800));
		assert_int_equal(memblock_addrs_overlap(0, 2, 1, 1), 1);
		assert_int_equal(memblock_addrs_overlap(0, 1, 1, 1), 0);
		assert_true(memblock_validate_numa_coverage(0));
		assert_int_equal(memblock_reserve_kern(0x8000, 0x1000), 0);
		assert_int_equal(memblock_reserved_kern_size(PHYS_ADDR_MAX, NUMA_NO_NODE), 0x1000);
		assert_int_equal(memblock_reserved_hugetlb_size(PHYS_ADDR_MAX, NUMA_NO_NODE), 0);
		assert_int_equal(memblock_estimated_nr_free_pages(), is("new") ? 2 : 1);
		memblock_set_node(0, 0x3000, &memblock.memory, 1);
		expect("set_node", fields(&memblock.memory), "1800-3000@1/0 3000-4800@2/0");
		memblock_trim_memory(0x1000);
		expect("trim", fields(&memblock.memory), "2000-3000@1/0 3000-4000@2/0");
		assert_int_equal(memblock_phys_mem_size(), 0x3000); /* stale, as in the kernel */
		memblock_enforce_memory_limit(0x1800);
		expect("enforce", fields(&memblock.memory), "2000-3000@1/0 3000-3800@2/0");
	}
}

/* Row 82, seen by the page allocator of this program. */
static void page_block(void *ctx, uint64_t pfn, unsigned order)
{
	size_t n = strlen(text);

	(void)ctx;
	snprintf(text + n, sizeof(text) - n, "%s%llx:%u", n ? " " : "", (unsigned long long)pfn,
		 order);
}

static void hand_over(void **state)
{
	const struct mb_page_sink sink = { .free_block = page_block };
	struct zone zones[] = { { .managed_pages = 5 }, { .managed_pages = 6 } };
	pg_data_t node = { .node_zones = zones, .nr_zones = 2 };

	(void)state;
	EVERY
	{
		memblock_set_page_sink(&sink);
		add(0x3000, 0xb000);
		assert_int_equal(memblock_mark_nomap(0x3000, 0x1000), 0);
		assert_int_equal(memblock_clear_nomap(0x3000, 0x1000), 0);
		text[0] = 0;
		memblock_free_all();
		expect("row 82", text, "3:0 4:2 8:1 a:0");
		max_low_pfn = 4;
		text[0] = 0;
		memblock_free_all();
		expect("cut at max_low_pfn", text, "3:0");
		assert_int_equal(memblock_mark_nomap(0x3000, 0x1000), 0);
		expect("hidden", memory_ranges(false), "4000-b000(2)");
		memblock_discard();
		expect("nothing is hidden after a discard", memory_ranges(false),
		       "3000-4000(1) 4000-b000(2)");
		memblock_set_page_sink(NULL);
	}
	reset_node_managed_pages(&node);
	assert_int_equal(zones[0].managed_pages + zones[1].managed_pages, 0);
}

static void choosing(void **state)
{
	struct mb_machine machine = { .no_numa = true, .memory_slots = 8, .reserved_slots = 8 };

	(void)state;
	assert_int_equal(memblock_use("array", "6.12"), 0);
	add(0x1000, 0x2000);
	/* What cannot be changes nothing. */
	assert_true(memblock_use("no-such-variant", "6.12") < 0);
	assert_true(memblock_use("null", "6.12") < 0); /* it would hold nothing */
	assert_true(memblock_use("array", "5.0") < 0);
	machine.memory_slots = 1 << 20;
	assert_true(memblock_use_machine("array", &machine, NULL) < 0);
	assert_true(memblock_is_memory(0x1000));
	/* Without NUMA nodes are neither stored nor asked for. */
	machine.memory_slots = 8;
	assert_int_equal(memblock_use_machine("rbtree", &machine, NULL), 0);
	assert_int_equal(memblock.memory.max, 8);
	assert_int_equal(memblock.memory.cnt, 0);
	memblock_add_node(0x1000, 0x1000, 3, MEMBLOCK_NONE);
	memblock_add_node(0x2000, 0x1000, 4, MEMBLOCK_NONE);
	assert_int_equal(memblock.memory.cnt, 1);
	assert_int_equal(memblock_set_node(0x1000, 0x1000, &memblock.memory, 1), 0);
	assert_int_equal(memblock.memory.cnt, 1);
	assert_int_equal(memblock_use(NULL, NULL), 0);
	assert_int_equal(memblock.memory.max, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_at_the_start),
		cmocka_unit_test(slots_are_updated_in_place),
		cmocka_unit_test(what_is_written_counts),
		cmocka_unit_test(a_dummy_is_no_region),
		cmocka_unit_test(the_first_array_is_put_back),
		cmocka_unit_test(a_collection_of_the_program),
		cmocka_unit_test(allocations),
		cmocka_unit_test(queries),
		cmocka_unit_test(hand_over),
		cmocka_unit_test(choosing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
