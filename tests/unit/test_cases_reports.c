/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases_reports.c - text for people, and what a boot does with memblock besides: debugfs files,
 * patterns in free memory, hash tables as large as the machine deserves.
 *
 * Worked cases on every variant, build, profile and metadata mode; the language is that of script.h.
 */
#include "script.h"

/* 64 MiB, of which a table may have 4. */
#define MEMORY "add 10000000-14000000; "

static const struct script_case cases[] = {
	/* memblock=debug: a line per call, which ends in the caller. */
	{ 0, "lines_of_adding_and_removing", 0,
	  "add 1000-2000; debug; add 1000-10000; info memblock_add: [0x0000000000001000-"
	  "0x000000000000ffff]; add 10000-20000@3/1; info memblock_add_node: [0x0000000000010000-"
	  "0x000000000001ffff] nid=3 flags=1; remove 8000-9000; info memblock_remove: "
	  "[0x0000000000008000-0x0000000000008fff]; physmem 1000-2000; info memblock_physmem_add: "
	  "[0x0000000000001000-0x0000000000001fff]; free 1000-2000; info memblock_phys_free: "
	  "[0x0000000000001000-0x0000000000001fff]; add 5000+0; info memblock_add: "
	  "[0x0000000000005000-0x0000000000004fff]; node 1000-2000 3; hotplug 1000-2000; trim 1000\n"
	  "enforce 100000; limit 20000; up; mirror 1000-2000" },
	{ 0, "lines_of_reserving", 0,
	  "debug; rsv 1000-2000; old| info memblock_reserve: [0x0000000000001000-0x0000000000001fff]\n"
	  "new| info __memblock_reserve: [0x0000000000001000-0x0000000000001fff] nid=-1 flags=0\n"
	  "new| kern 4000-5000\n"
	  "new| info __memblock_reserve: [0x0000000000004000-0x0000000000004fff] nid=-1 flags=20\n"
	  "new| rsv 8000-9000@3/10\n"
	  "new| info __memblock_reserve: [0x0000000000008000-0x0000000000008fff] nid=3 flags=10" },
	{ 0, "lines_of_allocations", 0,
	  "add 1000-20000; debug; phys 1000 1000 => 1f000; info memblock_phys_alloc_range: 4096 bytes "
	  "align=0x1000 from=0x0000000000000000 max_addr=0x0000000000000000\n"
	  "old| info memblock_reserve: [0x000000000001f000-0x000000000001ffff] memblock_alloc_range_nid\n"
	  "new| info __memblock_reserve: [0x000000000001f000-0x000000000001ffff] nid=-1 flags=20 "
	  "memblock_alloc_range_nid\n"
	  "range 100 40 2000 max => 1ef00; info memblock_phys_alloc_range: 256 bytes align=0x40 "
	  "from=0x0000000000002000 max_addr=0xffffffffffffffff\n"
	  "old| info memblock_reserve: [0x000000000001ef00-0x000000000001efff] memblock_alloc_range_nid\n"
	  "new| info __memblock_reserve: [0x000000000001ef00-0x000000000001efff] nid=-1 flags=20 "
	  "memblock_alloc_range_nid\n"
	  "try 100 100 3 => 1ee00\n"
	  "old| info memblock_reserve: [0x000000000001ee00-0x000000000001eeff] memblock_alloc_range_nid\n"
	  "new| info __memblock_reserve: [0x000000000001ee00-0x000000000001eeff] nid=-1 flags=20 "
	  "memblock_alloc_range_nid" },
	{ 0, "lines_of_virtual_allocations", 0,
	  "add 1000-2000; debug; alloc 2000 40 => 0; info memblock_alloc_try_nid: 8192 bytes align=0x40 "
	  "nid=-1 from=0x0000000000000000 max_addr=0x0000000000000000; raw 2000 40 1000 nlt 3 => 0\n"
	  "info memblock_alloc_try_nid_raw: 8192 bytes align=0x40 nid=3 from=0x0000000000001000 "
	  "max_addr=0x0000000000000001; exact 2000 40 1000 max 3 => 0; info "
	  "memblock_alloc_exact_nid_raw: 8192 bytes align=0x40 nid=3 from=0x0000000000001000 "
	  "max_addr=0xffffffffffffffff; alloc_low 2000 40 => 0; info memblock_alloc_try_nid: 8192 bytes "
	  "align=0x40 nid=-1 from=0x0000000000000000 max_addr=0x00000000ffffffff" },
	{ 0, "lines_of_late_frees", ON_61 | ON_612,
	  "debug; late 1000-2000; info memblock_free_late: [0x0000000000001000-0x0000000000001fff]\n"
	  "sink: +1" },
	{ 0, "new_lines_of_hugetlb", ON_NEW,
	  "add 1000-20000@3; debug; hugetlb 4000 3 1 => 1c000\n"
	  "info memblock_alloc_hugetlb: 16384 bytes, nid=3, exact_nid=1\n"
	  "info __memblock_reserve: [0x000000000001c000-0x000000000001ffff] nid=3 flags=a0 "
	  "memblock_alloc_hugetlb; hugetlb 40000 3 0 => 0\n"
	  "info memblock_alloc_hugetlb: 262144 bytes, nid=3, exact_nid=0" },

	{ 0, "debugfs_ranges_only_in_6_1", ON_61,
	  "add 1000-9f000@0; add 100000-140000; nomap 100000-140000; debugfs M\n"
	  "info \"   0: 0x0000000000001000..0x000000000009efff\"\n"
	  "info \"   1: 0x0000000000100000..0x000000000013ffff\"; debugfs R\n"
	  "info \"   0: 0x0000000000000000..0xffffffffffffffff\"" },
	{ 0, "debugfs_nodes_and_flags", ON_612 | ON_NEW,
	  "set mirror; add 1000-9f000@0; add 100000-140000; nomap 100000-140000; hotplug 100000-120000\n"
	  "add 200000-300000@12/8; mirror 200000-300000; add 400000-500000@12\n"
	  "node 400000-500000 12; rsv 1000-2000; noinit 1000-2000; debugfs M\n"
	  "info \"   0: 0x0000000000001000..0x000000000009efff    0 NONE\"\n"
	  "info \"   1: 0x0000000000100000..0x000000000011ffff    x HOTPLUG|NOMAP\"\n"
	  "info \"   2: 0x0000000000120000..0x000000000013ffff    x NOMAP\"\n"
	  "info \"   3: 0x0000000000200000..0x00000000002fffff    x MIRROR|DRV_MNG\"\n"
	  "info \"   4: 0x0000000000400000..0x00000000004fffff    x NONE\"; debugfs R\n"
	  "info \"   0: 0x0000000000001000..0x0000000000001fff    x RSV_NIT\"; debugfs P" },
	{ 0, "new_debugfs_names", ON_NEW,
	  "add 1000-20000@f; scratch 1000-2000; hugetlb 4000 15 0 => 1c000; kern 3000-4000\n"
	  "rsv 6000-7000@3/20; noinit 6000-7000; debugfs M\n"
	  "info \"   0: 0x0000000000001000..0x0000000000001fff   15 KHO_SCRATCH\"\n"
	  "info \"   1: 0x0000000000002000..0x000000000001ffff   15 NONE\"; debugfs R\n"
	  "info \"   0: 0x0000000000003000..0x0000000000003fff    x RSV_KERN\"\n"
	  "info \"   1: 0x0000000000006000..0x0000000000006fff    3 RSV_NIT|RSV_KERN\"\n"
	  "info \"   2: 0x000000000001c000..0x000000000001ffff    x RSV_KERN|RSV_HUGETLB\"" },
	{ 0, "debugfs_of_nothing", ON_612 | ON_NEW, "debugfs M; debugfs R; debugfs P" },
	{ 0, "debugfs_physmem", ON_612 | ON_NEW,
	  "physmem 1000-5000; debugfs P\n"
	  "info \"   0: 0x0000000000001000..0x0000000000004fff    x NONE\"" },
	{ 0, "new_debugfs_named", ON_NEW,
	  MEMORY "named 12K:4096:trace => 1; named 100:0:n => 1; named 2M:4K:log => 1\n"
		 "named 1000K:4K:k => 1; named 1536K:4K:m => 1; debugfs_named\n"
		 "info trace\t\t(12.0 KiB); info n\t\t(100 B); info log\t\t(2.00 MiB)\n"
		 "info k\t\t(1000 KiB); info m\t\t(1.50 MiB)" },

	{ 0, "memtest_finds_nothing", 0,
	  "add 1000-4000; rsv 2000-3000; meminfo; memtest 0 max 2; meminfo\n"
	  "info early_memtest: # of tests: 2\n"
	  "info \"  0x0000000000001000 - 0x0000000000002000 pattern ffffffffffffffff\"\n"
	  "info \"  0x0000000000003000 - 0x0000000000004000 pattern ffffffffffffffff\"\n"
	  "info \"  0x0000000000001000 - 0x0000000000002000 pattern 0000000000000000\"\n"
	  "info \"  0x0000000000003000 - 0x0000000000004000 pattern 0000000000000000\"\n"
	  "info \"EarlyMemtestBad:       0 kB\"; R: 2000-3000" },
	{ 0, "memtest_reserves_what_is_bad", 0,
	  "add 1000-4000; bad 1800-2400; memtest 0 max 1; meminfo; R: 1800-2400; total R c00\n"
	  "info early_memtest: # of tests: 1\n"
	  "info \"  0x0000000000001000 - 0x0000000000004000 pattern 0000000000000000\"\n"
	  "info \"  0000000000000000 bad mem addr 0x0000000000001800 - 0x0000000000002400 reserved\"\n"
	  "info \"EarlyMemtestBad:       3 kB\"" },
	{ 0, "memtest_within_a_window", 0,
	  "add 1000-8000; bad 1000-8000; memtest 3000 4000 1; meminfo; R: 3000-4000\n"
	  "info early_memtest: # of tests: 1\n"
	  "info \"  0x0000000000003000 - 0x0000000000004000 pattern 0000000000000000\"\n"
	  "info \"  0000000000000000 bad mem addr 0x0000000000003000 - 0x0000000000004000 reserved\"\n"
	  "info \"EarlyMemtestBad:       4 kB\"" },
	{ 0, "memtest_of_no_whole_word", 0,
	  "add 1000-1000; memtest 0 max 1; meminfo; add 1ffc-3000; memtest 0 2004 1; meminfo\n"
	  "info early_memtest: # of tests: 1; info early_memtest: # of tests: 1\n"
	  "info \"  0x0000000000001ffc - 0x0000000000002004 pattern 0000000000000000\"\n"
	  "info \"EarlyMemtestBad:       0 kB\"" },
	{ 0, "memtest_of_nothing", 0, "add 1000-8000; memtest 0 max 0; meminfo; total R 0" },

	/* One bucket for every 2^SCALE bytes; 64 MiB are 4000 pages. */
	{ 0, "hash_by_scale", 0,
	  MEMORY
	  "hash 8 0 14 1 0 0 => 13ff8000 12 fff\n"
	  "info Test hash table entries: 4096 (order: 3, 32768 bytes, linear); total R 8000" },
	{ 0, "hash_of_given_size", 0,
	  MEMORY "hash 10 1001 14 1 0 0 => 13fe0000 13 1fff\n"
		 "info Test hash table entries: 8192 (order: 5, 131072 bytes, linear)" },
	{ 0, "hash_limits", 0,
	  MEMORY "hash 8 10 14 3 400 0 => 13ffe000 10 3ff\n"
		 "info Test hash table entries: 1024 (order: 1, 8192 bytes, linear)\n"
		 "hash 8 0 0 1 0 800 => 13ffa000 11 7ff\n"
		 "info Test hash table entries: 2048 (order: 2, 16384 bytes, linear)\n"
		 "hash 8 0 0 1 0 0 => 13bfa000 19 7ffff\n"
		 "info Test hash table entries: 524288 (order: 10, 4194304 bytes, linear)" },
	{ 0, "hash_is_halved_until_it_fits", 0,
	  MEMORY "rsv 10002000-14000000; hash 8 1000 14 1 0 0 => 10000000 10 3ff\n"
		 "info Test hash table entries: 1024 (order: 1, 8192 bytes, linear)" },
	{ 0, "hash_without_room", 0,
	  MEMORY "rsv 10000800-14000000; hash 8 1000 14 1 0 0 "
		 "=> panic Failed to allocate Test hash table" },
	{ 0, "hash_tables_are_spread", 0, "hashdist => 1" },
};

int main(void)
{
	return script_run_all("reports", cases, sizeof(cases) / sizeof(cases[0]));
}
