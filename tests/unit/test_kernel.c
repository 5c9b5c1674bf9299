/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_kernel.c - kernel.h: fields that are read and written, iterators and their indices, the
 * calls.
 *
 * Each test runs on every store and every profile (EVERY). Expectations about iterators are text: a
 * range and, in parentheses, the index after it was yielded, all hexadecimal:
 *
 *     memory    [1000        4000)    [6000        8000)
 *     reserved       [2000 3000) [3800      6800)
 *     free      "1000-2000(100000000) 3000-3800(200000000) 6800-8000(200000002)"
 *
 * The kernel's own suite runs against the same header in tests/conformance/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CONFIG_NUMA
#define CONFIG_NODES_SHIFT 4
#define CONFIG_HAVE_MEMBLOCK_PHYS_MAP
#define SMP_CACHE_BYTES 32
#include <memblock/kernel.h>

#include "kernel_stores.h"

#define EVERY EVERY_STORE(use)

static void use(void)
{
	movable_node_enabled = false;
	mirrored_kernelcore = false;
	max_low_pfn = 0;
	if (memblock_use(variant, profile))
		fail_msg("memblock_use(%s, %s) failed", variant, profile);
}

/* ---- what an iteration yields, as text --------------------------------------------------------- */

static char text[1024];

static void say(u64 index, phys_addr_t start, phys_addr_t end)
{
	size_t n = strlen(text);

	snprintf(text + n, sizeof(text) - n, "%s%llx-%llx(%llx)", n ? " " : "",
		 (unsigned long long)start, (unsigned long long)end, (unsigned long long)index);
}

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

static const char *memory_ranges(bool reverse)
{
	phys_addr_t start, end;
	u64 i;

	text[0] = 0;
	if (reverse)
		for_each_mem_range_rev(i, &start, &end) say(i, start, end);
	else
		for_each_mem_range(i, &start, &end) say(i, start, end);
	return text;
}

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

/* ---- indices ----------------------------------------------------------------------------------- */

static void add(phys_addr_t base, phys_addr_t end)
{
	assert_int_equal(memblock_add(base, end - base), 0);
}

static void reserve(phys_addr_t base, phys_addr_t end)
{
	assert_int_equal(memblock_reserve(base, end - base), 0);
}

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
		assert_int_equal(memblock.reserved.max, 256);
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
		cmocka_unit_test(max_numnodes_is_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
