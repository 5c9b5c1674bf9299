/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases_iterate.c - iteration in both directions, and queries.
 *
 * Worked cases on every variant, build, profile and metadata mode; the language is that of script.h.
 * An iteration is checked forward and backward: both must give the same ranges.
 *
 *     memory    [1000        4000)    [6000        8000)
 *     reserved       [2000 3000) [3800      6800)
 *     free      [1000)    [3000 3800)       [6800  8000)
 */
#include "script.h"

static const struct script_case cases[] = {
	{ 53, "free_ranges", 0,
	  "add 1000-4000; add 6000-8000; rsv 2000-3000; rsv 3800-6800\n"
	  "free any 0: 1000-2000 3000-3800 6800-8000" },
	{ 54, "free_nothing_reserved", 0,
	  "add 1000-2000; add 3000-4000; free any 0: 1000-2000 3000-4000" },
	{ 54, "free_one_region", 0, "add 1000-10000; free any 0: 1000-10000" },
	{ 55, "free_reserved_beyond_memory", 0,
	  "add 1000-8000; rsv 0-2000; rsv 7000-9000; free any 0: 2000-7000" },
	{ 56, "free_by_node", 0,
	  "add 1000-2000@0; add 2000-3000@1; free any 0: 1000-2000@0 2000-3000@1\n"
	  "free 1 0: 2000-3000@1; free 5 0:" },
	{ 57, "memory_without_nomap", 0,
	  "add 1000-4000; nomap 2000-3000; mem: 1000-2000 3000-4000\n"
	  "free any 4: 1000-2000 2000-3000/4 3000-4000; free any 0: 1000-2000 3000-4000" },
	{ 58, "hotplug_with_movable_node", 0,
	  "set movable; add 1000-2000; hotplug 1000-2000; add 3000-4000; free any 0: 3000-4000\n"
	  "free any 1: 1000-2000/1 3000-4000; mem: 1000-2000/1 3000-4000" },
	{ 59, "pfn_ranges", 0,
	  "add 1800-4800@0; add 5100-5f00@0; add 8000-a000@1; pfn 10: 2-4 8-a; post| pfn any: 2-4 8-a\n"
	  "pfn 1: 8-a; region_pfns M 1800 => 2 4; region_pfns R 1800 => 1 5" },
	{ 0, "pfn_ranges_by_number",
	  0, /* 6.1 knows one number for all nodes, and stored -1 is a number */
	  "add 1000-3000@0; add 4000-6000; add 8000-a000@-1; pfn 10: 1-3 4-6 8-a\n"
	  "post| pfn any: 1-3 4-6 8-a; 6.1| pfn any: 8-a; post| pfn 1388: 1-3 4-6 8-a; 6.1| pfn 1388:\n"
	  "pfn 0: 1-3" },
	{ 60, "reserved_is_not_filtered", 0,
	  "rsv 1000-2000; rsv 4000-5000; rnode 1000-2000 0; rnode 4000-5000 1\n"
	  "minus R - 1 0: 1000-2000@0 4000-5000@1" },
	{ 61, "region_memory_is_one_region", 0,
	  "add 1000-2000@0; add 2000-3000@1; region_memory 1000 2000 => 0\n"
	  "region_memory 1000 1000 => 1; region_memory 1000 0 => 1; region_memory 2000 max => 0" },
	{ 62, "region_reserved", 0,
	  "rsv 2000-3000; region_reserved 2000 0 => 0; region_reserved 2800 0 => 1\n"
	  "region_reserved 1000 1000 => 0; region_reserved 1000 1001 => 1\n"
	  "region_reserved 2fff max => 1; region_reserved 3000 max => 0" },
	{ 63, "search_pfn_nid", 0,
	  "add 1800-4800@2; pfn_nid 1 => -1; pfn_nid 4 => 2 1 4\n"
	  "pfn_nid 5 => -1" },
	{ 64, "top_byte_is_not_memory", 0,
	  "add fffffffffffff000+1000; region_memory fffffffffffff000 10000 => 1\n"
	  "is_memory ffffffffffffffff => 0; is_memory fffffffffffffffe => 1" },

	/* Cases of our own. */
	{ 0, "dummy_has_a_node_and_no_flags", ON_61,
	  "minus M - any 0: 0-0@0; minus M - 10 0: 0-0@0; minus M - 0 0: 0-0@0; minus M - 1 0:\n"
	  "minus M - any 2:; minus R - 1 2: 0-0@0; warns 2; add 1000-2000; remove 1000-2000\n"
	  "minus M - any 1: 0-0; minus M - 10 0: 0-0; minus M - 0 0:; minus M - 1 0:; minus M - any 2:; warns 2" },
	{ 0, "empty_has_no_region", ON_612 | ON_NEW,
	  "M:; R:; P:; free any 0:; mem:; pfn any:; is_memory 0 => 0; is_reserved 0 => 0\n"
	  "region_memory 0 0 => 0; region_reserved 0 max => 0; overlaps M 0 max => 0\n"
	  "pfn_nid 0 => -1; dram => 0 0; coverage 0 => 1" },
	{ 0, "empty_has_dummy_in_6_1", ON_61,
	  "cnt M 1; M: 0-0@0; mem: 0-0@0; free any 0:; pfn any:; is_memory 0 => 0; dram => 0 0\n"
	  "region_memory 0 0 => 0; region_reserved 0 max => 0\n"
	  "add 1000-2000; M: 1000-2000; mem: 1000-2000; remove 1000-2000; cnt M 1; M: 0-0" },
	{ 0, "batches_are_seamless", 0,
	  "fill M 40 10000; fill R 40 10800\n"
	  "free any 0: 10000-10800 12000-12800 14000-14800 16000-16800 18000-18800 1a000-1a800 "
	  "1c000-1c800 1e000-1e800 20000-20800 22000-22800 24000-24800 26000-26800 28000-28800 "
	  "2a000-2a800 2c000-2c800 2e000-2e800 30000-30800 32000-32800 34000-34800 36000-36800 "
	  "38000-38800 3a000-3a800 3c000-3c800 3e000-3e800 40000-40800 42000-42800 44000-44800 "
	  "46000-46800 48000-48800 4a000-4a800 4c000-4c800 4e000-4e800 50000-50800 52000-52800 "
	  "54000-54800 56000-56800 58000-58800 5a000-5a800 5c000-5c800 5e000-5e800; cnt M 40" },
	{ 0, "batches_within_one_region", 0,
	  "add 0-30000; fill R 20 2000\n"
	  "free any 0: 0-2000 3000-4000 5000-6000 7000-8000 9000-a000 b000-c000 d000-e000 "
	  "f000-10000 11000-12000 13000-14000 15000-16000 17000-18000 19000-1a000 1b000-1c000 "
	  "1d000-1e000 1f000-20000 21000-22000 23000-24000 25000-26000 27000-28000 29000-30000" },
	{ 0, "batch_ends_at_region_end", 0,
	  "fill M 16 10000; M: 10000-11000 12000-13000 14000-15000 16000-17000 18000-19000 "
	  "1a000-1b000 1c000-1d000 1e000-1f000 20000-21000 22000-23000 24000-25000 26000-27000 "
	  "28000-29000 2a000-2b000 2c000-2d000 2e000-2f000; rsv 2e000-2f000\n"
	  "free any 0: 10000-11000 12000-13000 14000-15000 16000-17000 18000-19000 1a000-1b000 "
	  "1c000-1d000 1e000-1f000 20000-21000 22000-23000 24000-25000 26000-27000 28000-29000 "
	  "2a000-2b000 2c000-2d000" },
	{ 0, "free_reservation_over_several_regions", 0,
	  "add 1000-2000; add 3000-4000; add 5000-8000; rsv 1800-6000; free any 0: 1000-1800 6000-8000" },
	{ 0, "free_touching_regions_stay_apart", 0,
	  "add 1000-2000@0; add 2000-3000@1; rsv 1800-2800; free any 0: 1000-1800@0 2800-3000@1" },
	{ 0, "free_mirror_only", 0,
	  "set mirror; add 1000-4000; mirror 2000-3000; free any 2: 2000-3000/2\n"
	  "free any 0: 1000-2000 2000-3000/2 3000-4000" },
	{ 0, "free_driver_managed", 0,
	  "add 1000-2000; add 2000-3000@0/8; free any 0: 1000-2000; free any 8: 1000-2000 2000-3000@0/8\n"
	  "mem: 1000-2000 2000-3000@0/8" },
	{ 0, "free_everything_reserved", 0, "add 1000-3000; rsv 0-8000; free any 0:" },
	{ 0, "minus_reserved_physmem", 0,
	  "rsv 1000-5000; physmem 2000-3000; physmem 4000-8000; minus R P any 0: 1000-2000 3000-4000\n"
	  "minus P R any 0: 5000-8000; minus P - any 0: 2000-3000 4000-8000" },
	{ 0, "minus_ignores_flags_of_subtrahend", 0,
	  "add 1000-4000; rsv 2000-3000; noinit 2000-3000; free any 0: 1000-2000 3000-4000" },
	{ 0, "node_and_flags_of_memory", 0,
	  "add 1000-3000@0; add 3000-6000@1; nomap 4000-5000; rsv 3000-3800; minus M R 1 0: 3800-4000@1 "
	  "5000-6000@1; minus M R 1 4: 3800-4000@1 4000-5000@1/4 5000-6000@1; minus M - 0 0: 1000-3000@0" },
	{ 0, "node_and_flags_of_other_collections", 0,
	  "rsv 1000-2000@0/10; physmem 1000-5000; minus P - 3 0: 1000-5000; minus R - 3 2: 1000-2000@0/10" },
	{ 0, "zone_of_a_node", 0,
	  "add 1000-8000@0; add 8000-10000@1; rsv 2800-3400; rsv 9000-a000; rsv b000-b800\n"
	  "zone 0 0 100: 1-2 4-8; zone 1 0 100: 8-9 a-b c-10; zone 1 9 d: a-b c-d\n"
	  "zone 0 2 6: 4-6; zone 0 0 1:; zone 1 10 20:; zone any 7 9: 7-8 8-9" },
	{ 0, "zone_passes_over_partial_pages", 0,
	  "add 1800-2800; add 3400-3c00; add 4800-7000; add 9000-a000; zone any 0 8: 5-7\n"
	  "zone any 5 6: 5-6; zone any 6 9: 6-7; nomap 4800-7000; zone any 0 100: 9-a" },
	{ 0, "addrs_overlap", 0,
	  "addrs_overlap 1000 1000 2000 1000 => 0; addrs_overlap 1000 1001 2000 1000 => 1\n"
	  "addrs_overlap 2000 1000 1000 1001 => 1; addrs_overlap 2000 1000 1000 1000 => 0\n"
	  "addrs_overlap 1800 0 1000 1000 => 1; addrs_overlap 1000 0 1000 1000 => 0\n"
	  "addrs_overlap fffffffffffff000 1000 0 1000 => 0\n"
	  "addrs_overlap fffffffffffff000 2000 0 1000 => 0" },
	{ 0, "extent_of_dram_with_gaps_and_nomap", 0,
	  "add 5000-8000; nomap 7000-8000; dram => 5000 8000; remove 5000-6000; dram => 6000 8000" },
	{ 0, "dump_is_silent_without_debug", 0, "add 1000-2000; dump" },
	{ 0, "dump", 0,
	  "set mirror; add 1000-3000@1; nomap 2000-3000; add 8000-9000; rsv 1000-1800; trim 1000\n"
	  "remove 1000-2000; add a000-b800@3/1; trim 1000; physmem 4000-5000; debug; dump\n"
	  "info MEMBLOCK configuration:\n"
	  "info \" memory size = 0x0000000000003800 reserved size = 0x0000000000000800\"\n"
	  "info \" memory.cnt  = 0x3\"\n"
	  "info \" memory[0x0]\t[0x0000000000002000-0x0000000000002fff], 0x0000000000001000 bytes "
	  "on node 1 flags: 0x4\"\n"
	  "info \" memory[0x1]\t[0x0000000000008000-0x0000000000008fff], 0x0000000000001000 bytes "
	  "flags: 0x0\"\n"
	  "info \" memory[0x2]\t[0x000000000000a000-0x000000000000afff], 0x0000000000001000 bytes "
	  "on node 3 flags: 0x1\"\n"
	  "info \" reserved.cnt  = 0x1\"\n"
	  "info \" reserved[0x0]\t[0x0000000000001000-0x00000000000017ff], 0x0000000000000800 "
	  "bytes flags: 0x0\"\n"
	  "info \" physmem.cnt  = 0x1\"\n"
	  "info \" physmem[0x0]\t[0x0000000000004000-0x0000000000004fff], 0x0000000000001000 "
	  "bytes flags: 0x0\"" },
	{ 0, "dump_of_nothing", 0,
	  "debug; dump; info MEMBLOCK configuration:\n"
	  "info \" memory size = 0x0000000000000000 reserved size = 0x0000000000000000\"\n"
	  "post| info \" memory.cnt  = 0x0\"\n"
	  "6.1| info \" memory.cnt  = 0x1\"\n"
	  "6.1| info \" memory[0x0]\t[0x0000000000000000-0xffffffffffffffff], 0x0000000000000000 bytes "
	  "on node 0 flags: 0x0\"\n"
	  "post| info \" reserved.cnt  = 0x0\"\n"
	  "6.1| info \" reserved.cnt  = 0x1\"\n"
	  "6.1| info \" reserved[0x0]\t[0x0000000000000000-0xffffffffffffffff], 0x0000000000000000 bytes "
	  "on node 0 flags: 0x0\"\n"
	  "post| info \" physmem.cnt  = 0x0\"\n"
	  "6.1| info \" physmem.cnt  = 0x1\"\n"
	  "6.1| info \" physmem[0x0]\t[0x0000000000000000-0xffffffffffffffff], 0x0000000000000000 "
	  "bytes on node 0 flags: 0x0\"" },
	{ 0, "invalid_node_selects_any", ON_612 | ON_NEW,
	  "add 1000-2000@0; add 3000-4000; free 63 0: 1000-2000@0 3000-4000; pfn 63: 1-2 3-4\n"
	  "free 10 0: 1000-2000@0 3000-4000" },
	{ 0, "invalid_node_selects_none_in_6_1", ON_61,
	  "add 1000-2000@0; add 3000-4000; free 63 0:; free 10 0: 1000-2000@0 3000-4000\n"
	  "warns 2; free 10 0: 1000-2000@0 3000-4000; warns 2; try 100 100 10 => 3f00; warns 3\n"
	  "try 100 100 10 => 3e00; warns 3" },
	{ 0, "pages_of_an_invalid_node_in_6_1", ON_61, /* the node is only compared */
	  "add 1000-2000@0; add 3000-4000; pfn 63:; pfn 10: 1-2 3-4; pfn any:\n"
	  "add 5000-6000@63; pfn 63: 5-6" },
	{ 0, "touching_regions_in_queries", 0,
	  "add 1000-2000; add 2000-3000@0; is_memory 1fff => 1; is_memory 2000 => 1\n"
	  "is_memory 3000 => 0; is_memory fff => 0; is_reserved 1000 => 0" },
	{ 0, "map_memory", 0,
	  "add 1000-4000; nomap 2000-3000; is_map 1000 => 1; is_map 2000 => 0; is_memory 2000 => 1\n"
	  "is_map 4000 => 0" },
	{ 0, "overlaps_by_one_byte", 0,
	  "add 2000-3000; overlaps M 1000 1000 => 0; overlaps M 1000 1001 => 1\n"
	  "overlaps M 2fff 1 => 1; overlaps M 3000 1 => 0; overlaps R 2000 1000 => 0" },
	{ 0, "extent_of_dram", 0, "add 5000-8000; add 1000-2000; dram => 1000 8000" },
	{ 0, "pfn_nid_without_node", 0, "add 1000-3000; pfn_nid 2 => 16 1 3" },
	{ 0, "coverage_counts_whole_pages", 0,
	  "add 100800-200800; add 400000-500000@0; coverage ff000 => 1; coverage fefff => 0\n"
	  "err NUMA: no nodes coverage for 0MB of 2MB RAM" },
};

int main(void)
{
	return script_run_all("iterate and query", cases, sizeof(cases) / sizeof(cases[0]));
}
