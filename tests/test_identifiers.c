/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_identifiers.c - constants, types and variables of kernel.h and memblock.h: the kernel's values.
 *
 * What a program was compiled against must be what a kernel would have given it, so that traces, dumps
 * and ported code mean the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define CONFIG_NUMA
#define CONFIG_NODES_SHIFT 4
#define CONFIG_HAVE_MEMBLOCK_PHYS_MAP
#include <memblock/kernel.h>

static void test_flags(void **state)
{
	static const struct {
		uint32_t kernel, ours, value;
	} flags[] = {
		{ MEMBLOCK_NONE, MB_NONE, 0 },
		{ MEMBLOCK_HOTPLUG, MB_HOTPLUG, 0x1 },
		{ MEMBLOCK_MIRROR, MB_MIRROR, 0x2 },
		{ MEMBLOCK_NOMAP, MB_NOMAP, 0x4 },
		{ MEMBLOCK_DRIVER_MANAGED, MB_DRIVER_MANAGED, 0x8 },
		{ MEMBLOCK_RSRV_NOINIT, MB_RSRV_NOINIT, 0x10 },
		{ MEMBLOCK_RSRV_KERN, MB_RSRV_KERN, 0x20 },
		{ MEMBLOCK_KHO_SCRATCH, MB_KHO_SCRATCH, 0x40 },
		{ MEMBLOCK_RSRV_HUGETLB, MB_RSRV_HUGETLB, 0x80 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		assert_int_equal(flags[i].kernel, flags[i].value);
		assert_int_equal(flags[i].ours, flags[i].value);
	}
	assert_int_equal(sizeof(enum memblock_flags), sizeof(enum mb_flags));
}

static void test_bounds(void **state)
{
	(void)state;
	assert_true(MEMBLOCK_ALLOC_ANYWHERE == UINT64_MAX);
	assert_true(MEMBLOCK_ALLOC_ANYWHERE == MB_ALLOC_ANYWHERE);
	assert_true(PHYS_ADDR_MAX == UINT64_MAX);
	assert_int_equal(MEMBLOCK_ALLOC_ACCESSIBLE, 0);
	assert_int_equal(MB_ALLOC_ACCESSIBLE, 0);
	assert_int_equal(MEMBLOCK_ALLOC_NOLEAKTRACE, 1);
	assert_int_equal(MB_ALLOC_NOLEAKTRACE, 1);
	assert_int_equal(MEMBLOCK_LOW_LIMIT, 0);
	assert_int_equal(MB_LOW_LIMIT, 0);
	assert_int_equal(ARCH_LOW_ADDRESS_LIMIT, 0xffffffff);
	assert_int_equal(MB_LOW_ADDRESS_LIMIT, 0xffffffff);
	assert_int_equal(NUMA_NO_NODE, -1);
	assert_int_equal(MB_NUMA_NO_NODE, -1);
	assert_int_equal(MAX_NUMNODES, 16);
	assert_int_equal(HASH_EARLY, 1);
	assert_int_equal(MB_HASH_EARLY, 1);
	assert_int_equal(HASH_ZERO, 2);
	assert_int_equal(MB_HASH_ZERO, 2);
	assert_int_equal(HASH_SMALL, 2); /* of 6.1, where HASH_ZERO is another */
	assert_true(MB_HASH_SMALL & ~(MB_HASH_EARLY | MB_HASH_ZERO));
}

/* Fields in the order of the kernel's header, 24 bytes a region. */
static void test_layouts(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct memblock_region), 24);
	assert_int_equal(sizeof(struct mb_region), 24);
	assert_int_equal(offsetof(struct memblock_region, size), 8);
	assert_int_equal(offsetof(struct memblock_region, flags), 16);
	assert_int_equal(offsetof(struct memblock_region, nid), 20);
	assert_int_equal(offsetof(struct memblock_type, cnt), 0);
	assert_true(offsetof(struct memblock_type, max) <
		    offsetof(struct memblock_type, total_size));
	assert_true(offsetof(struct memblock_type, regions) < offsetof(struct memblock_type, name));
	assert_int_equal(offsetof(struct memblock, bottom_up), 0);
	assert_true(offsetof(struct memblock, memory) < offsetof(struct memblock, reserved));
}

/* The section markers are nothing, but code that has them compiles. */
static int __initdata_memblock marked_data = 3;

static int __init_memblock marked_code(void)
{
	return marked_data;
}

static void test_variables(void **state)
{
	(void)state;
	assert_int_equal(marked_code(), 3);
	/* An architecture sets these; nothing here does. */
	assert_int_equal(max_low_pfn, 0);
	assert_int_equal(min_low_pfn, 0);
	assert_int_equal(max_pfn, 0);
	assert_int_equal(max_possible_pfn, 0);
	assert_int_equal(sizeof(max_possible_pfn), 8);
	assert_string_equal(memblock.memory.name, "memory");
	assert_string_equal(memblock.reserved.name, "reserved");
	assert_string_equal(physmem.name, "physmem");
	assert_int_equal(memblock.memory.max, INIT_MEMBLOCK_MEMORY_REGIONS);
	assert_int_equal(memblock.reserved.max, INIT_MEMBLOCK_RESERVED_REGIONS);
	assert_int_equal(physmem.max, INIT_PHYSMEM_REGIONS);
	assert_false(memblock.bottom_up);
	assert_true(memblock.current_limit == MEMBLOCK_ALLOC_ANYWHERE);
	assert_int_equal(hashdist, HASHDIST_DEFAULT);
	assert_int_equal(HASHDIST_DEFAULT, sizeof(long) == 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests_name("identifiers", tests, NULL, NULL);
}
