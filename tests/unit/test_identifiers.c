/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_identifiers.c - constants, types and variables of kernel.h and memblock.h: the kernel's values.
 *
 * What a program was compiled against must be what a kernel would have given it, so that traces, dumps
 * and ported code mean the same.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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
	assert_int_equal(sizeof(enum mb_hash_flags), sizeof(int));
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

/* ---- what only boots do ------------------------------------------------------------------------ */

#define ROOM (64 << 12)
static _Alignas(1 << 16) unsigned char room[ROOM];
static char said[256];
unsigned int memtest_pattern = 3;

/* Of this program's own memory, as all that kernel.h gives out. */
static phys_addr_t start_with_room(void)
{
	phys_addr_t base = (phys_addr_t)(uintptr_t)room;

	assert_int_equal(memblock_use("array", "6.12"), 0);
	assert_int_equal(memblock_add(base, ROOM), 0);
	return base;
}

void seq_puts(struct seq_file *m, const char *text)
{
	assert_ptr_equal(m, said);
	strncat(said, text, sizeof(said) - strlen(said) - 1);
}

static void test_system_hash(void **state)
{
	phys_addr_t base = start_with_room();
	unsigned int shift = 0, mask = 0;
	unsigned char *table;

	(void)state;
	memset(room, 1, sizeof(room));
	table = alloc_large_system_hash("Names", 16, 500, 14, HASH_EARLY | HASH_ZERO, &shift, &mask,
					0, 0);
	assert_int_equal((uintptr_t)table, base + ROOM - 512 * 16);
	assert_int_equal(shift, 9);
	assert_int_equal(mask, 511);
	for (unsigned i = 0; i < 512 * 16; i++)
		assert_int_equal(table[i], 0);
	assert_int_equal(table[-1], 1);
	assert_int_equal(memblock_reserved_size(), 512 * 16);
	alloc_large_system_hash("Names", 16, 500, 14, HASH_EARLY, &shift, &mask, 0, 256);
	assert_int_equal(shift, 8);
	alloc_large_system_hash("Names", 16, 500, 14, HASH_EARLY, &shift, &mask, 1024, 4096);
	assert_int_equal(shift, 10);
}

/*
 * 6.1 has one value for HASH_SMALL that others have for HASH_ZERO. Whatever they are here: each means
 * itself, in every profile.
 */
static void test_hash_flags_by_name(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	phys_addr_t base = (phys_addr_t)(uintptr_t)room;

	(void)state;
	for (unsigned i = 0; i < 3 * 4; i++) {
		bool zero = i & 1, small = i & 2;
		unsigned int shift = 3, mask = 0;
		unsigned char *table;

		assert_int_equal(memblock_use("array", profiles[i / 4]), 0);
		assert_int_equal(memblock_add(base, ROOM), 0);
		memset(room, 1, sizeof(room));
		/* So few buckets are wanted that without HASH_SMALL a page of them is given. */
		table = alloc_large_system_hash("Names", 8, 0, 30,
						HASH_EARLY | (zero ? HASH_ZERO : 0) |
							(small ? HASH_SMALL : 0),
						&shift, &mask, 0, 1 << 16);
		assert_int_equal(shift, small ? 3 : 9);
		assert_int_equal(mask, small ? 7 : 511);
		assert_int_equal(memblock_reserved_size(), small ? 64 : 4096);
		assert_int_equal(table[0], !zero);
		assert_int_equal(table[63], !zero);
	}
}

static void test_reserve_mem_by_text(void **state)
{
	phys_addr_t base = start_with_room(), at = 0, size = 0;

	(void)state;
	assert_int_equal(memblock_reserve_mem("8K:4096:trace"), 1);
	assert_int_equal(memblock_reserve_mem("8K:4096:trace"), -EBUSY);
	assert_int_equal(memblock_reserve_mem("8K:4096"), -EINVAL);
	assert_int_equal(memblock_reserve_mem(NULL), -EINVAL);
	assert_int_equal(memblock_reserve_mem("1G:0:large"), -ENOMEM);
	assert_int_equal(memblock.reserved.cnt, 1); /* the view shows it */
	assert_int_equal(reserve_mem_find_by_name("trace", &at, &size), 1);
	assert_int_equal(at, base + ROOM - 0x2000);
	assert_int_equal(size, 0x2000);
}

static void test_memtest(void **state)
{
	phys_addr_t base = start_with_room();

	(void)state;
	said[0] = 0;
	memtest_report_meminfo((struct seq_file *)said);
	assert_string_equal(said, "");
	memset(room, 1, sizeof(room));
	assert_int_equal(memblock_reserve(base + 0x1000, 0x1000), 0);
	early_memtest(0, base + ROOM / 2);
	/* All zeroes come last; what is reserved or outside the window is left alone. */
	assert_int_equal(room[0], 0);
	assert_int_equal(room[0x1000], 1);
	assert_int_equal(room[ROOM / 2 - 1], 0);
	assert_int_equal(room[ROOM / 2], 1);
	assert_int_equal(memblock.reserved.cnt, 1);
	memtest_report_meminfo((struct seq_file *)said);
	assert_string_equal(said, "EarlyMemtestBad:       0 kB\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_variables), /* first of those that use memblock */
		cmocka_unit_test(test_system_hash),
		cmocka_unit_test(test_hash_flags_by_name),
		cmocka_unit_test(test_reserve_mem_by_text),
		cmocka_unit_test(test_memtest),
	};

	return cmocka_run_group_tests_name("identifiers", tests, NULL, NULL);
}
