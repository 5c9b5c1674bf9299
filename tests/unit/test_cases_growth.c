/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases_growth.c - where `array` puts its metadata: exactly where the kernel does.
 *
 * Reserved is filled to its 128 static slots; the next region makes it grow out of the managed
 * memory, [10000000, 10100000) if nothing else is said. The new array (256 slots of 24 bytes, two
 * pages) is looked for above the range about to be reserved, then below it, and is itself reserved:
 *
 *     reserved before   =  =  =  = ... (128)
 *     reserve           |=|                                  10000000-10001000
 *     array                                      |==|        100fe000-10100000
 */
#include "script.h"

#define FULL "allow; add 10000000-10100000; fill R 128 1000; "

static const struct script_case cases[] = {
	{ 71, "array_above_the_request", ON_ARRAY_SELF,
	  FULL "rsv 10000000-10001000; grew R 256 100fe000+2000; cap_slots R 256; cnt R 130\n"
	       "is_reserved 100fe000 => 1; is_reserved 100fdfff => 0" },
	{ 72, "array_below_the_request", ON_ARRAY_SELF,
	  "allow; add 10000000-10010000; fill R 128 1000; rsv 1000e000-10010000\n"
	  "grew R 256 1000c000+2000; is_reserved 1000c000 => 1; old| cnt R 129; new| cnt R 130" },
	{ 73, "array_inside_the_request_if_base_is_0", ON_ARRAY_SELF,
	  "allow; add 10000000-10010000; fill R 128 20000000; rsv 0-10010000\n"
	  "grew R 256 1000e000+2000; old| cnt R 129" },
	{ 73, "no_room_outside_the_request", ON_ARRAY_SELF,
	  "allow; add 10000000-10010000; fill R 128 20000000; rsv 1000-10010000 => ENOMEM\n"
	  "cnt R 128; total R 80000; cap_slots R 128\n"
	  "err memblock: Failed to double reserved array from 128 to 256 entries !" },
	{ 74, "array_for_an_allocation_top_down", ON_ARRAY_SELF,
	  "allow; add 10000000-10100000; fill R 128 20000000; phys 1000 1000 => 100ff000\n"
	  "grew R 256 100fd000+2000" },
	{ 74, "array_for_an_allocation_bottom_up", ON_ARRAY_SELF,
	  "allow; add 10000000-10100000; fill R 128 20000000; up; phys 1000 1000 => 10000000\n"
	  "grew R 256 10001000+2000" },
	{ 75, "second_growth_frees_the_first_array", ON_ARRAY_SELF,
	  FULL "rsv 10000000-10001000; grew R 256 100fe000+2000; fill R 126 200000; cnt R 256\n"
	       "rsv 400000-401000; grew R 512 100fb000+3000 100fe000+2000; cap_slots R 512\n"
	       "is_reserved 100fb000 => 1; is_reserved 100fdfff => 1; is_reserved 100fe000 => 0\n"
	       "is_reserved 100fffff => 0; cnt R 257" },
	{ 76, "growth_not_permitted", ON_ARRAY_SELF | ON_612 | ON_NEW,
	  "fill R 128 1000; rsv 1000-2000; cnt R 128; rsv 1001000-1002000 "
	  "=> panic memblock: cannot resize reserved array" },
	{ 76, "growth_not_permitted_6_1", ON_ARRAY_SELF | ON_61,
	  "fill R 128 1000; rsv 1000-2000; rsv 1001000-1002000 => ENOMEM; cnt R 128; total R 80000" },
	{ 77, "free_of_absent_wants_two_slots", ON_ARRAY_SELF | ON_612 | ON_NEW,
	  "fill R 126 1000; free 8000000-8001000; cnt R 126; rsv 9000000-9001000\n"
	  "free 8000000-8001000 => panic memblock: cannot resize reserved array" },
	{ 77, "free_of_absent_wants_two_slots_6_1", ON_ARRAY_SELF | ON_61,
	  "fill R 127 1000; free 8000000-8001000 => ENOMEM; cnt R 127" },
	{ 78, "no_memory_to_grow_in", ON_ARRAY_SELF,
	  "allow; fill R 128 1000; rsv 1001000-1002000 => ENOMEM; cnt R 128\n"
	  "err memblock: Failed to double reserved array from 128 to 256 entries !" },
	{ 79, "array_from_slab_and_back", ON_ARRAY_SELF,
	  FULL "slab up; rsv 1001000-1002000; grew R 256 -; slabs 1 0; cnt R 129; total R 81000\n"
	       "slab down; fill R 127 20000000; cnt R 256; rsv 30000000-30001000\n"
	       "grew R 512 100fd000+3000; slabs 1 1; is_reserved 100fd000 => 1; cnt R 258" },
	{ 80, "memory_growth_makes_reserved_grow", ON_ARRAY_SELF,
	  FULL "fill M 127 11000000; cnt M 128; add 20000000-20001000\n"
	       "grew M 256 100fe000+2000; grew R 256 100fc000+2000\n"
	       "cap_slots M 256; cap_slots R 256; cnt M 129; cnt R 129; is_reserved 100fc000 => 1\n"
	       "is_reserved 100fe000 => 1; is_reserved 100fbfff => 0" },
	{ 81, "warnings_of_one_and_two_passes", ON_ARRAY_SELF,
	  "fill M 63 10000; node 0-8000000 1; add f000-10800@0; warns 1; cnt M 64\n"
	  "add 11800-12800@0; warns 3" },

	/* Cases of our own. */
	{ 0, "warnings_of_odd_slots", ON_ALL_PROFILES,
	  "machine slots 3; add 1000-2000@1; add 0-3000@0; 6.1| warns 2; post| warns 1; cnt M 3" },
	{ 0, "array_of_one_slot_doubles", ON_ARRAY_SELF,
	  "machine slots 1; allow; add 10000000-10100000; rsv 1000-2000; cap_slots R 1; rsv 3000-4000\n"
	  "grew R 2 100ff000+1000; grew R 4 100fe000+1000 100ff000+1000; cap_slots R 4; cnt R 3" },
	{ 0, "growth_frees_storage_inside_the_range", ON_ARRAY_SELF | ON_61 | ON_612,
	  "machine slots 4; allow; add 10000000-10100000; rsv 1000-2000; rsv 3000-4000; rsv 5000-6000\n"
	  "rsv 100fe000-100ff000; rsv 7000-8000; grew R 8 100ff000+1000; add 30000000-30010000\n"
	  "rsv 10100000-10101000; rsv 9000-a000; rsv b000-c000; rsv 20000000-20001000; cnt R 8\n"
	  "ours| rsv 1000-10101000 => panic memblock: no free slot in reserved\n"
	  "linux| rsv 1000-10101000 => panic BUG: type->cnt >= type->max" },
	{ 0, "grown_memory_array_cannot_be_reserved", ON_ARRAY_SELF | ON_61 | ON_612,
	  "machine slots 4; allow; add 10000000-10001000; add 20000000-20000800; add 21000000-21000800\n"
	  "add 22000000-22000800; rsv 1000-2000; rsv 3000-4000; rsv 5000-6000; rsv 7000-8000\n"
	  "ours| add 23000000-23000800 => panic memblock: cannot reserve the grown memory array\n"
	  "linux| add 23000000-23000800 => panic BUG: memblock_reserve(addr, new_alloc_size)" },
	{ 0, "huge_page_that_cannot_be_reserved", ON_ARRAY_SELF | ON_NEW,
	  "machine slots 4; allow; add 10000000-10001000; rsv 1000-2000; rsv 3000-4000; rsv 5000-6000\n"
	  "rsv 7000-8000; hugetlb 1000 any 0 => 0; cnt R 4\n"
	  "err memblock: Failed to double reserved array from 4 to 8 entries !" },
	{ 0, "dummy_takes_a_slot", ON_ARRAY_SELF,
	  "machine slots 2; allow; add 10000000-10100000; free 1000-2000\n"
	  "6.1| grew R 4 100ff000+1000; 6.1| cap_slots R 4; post| cap_slots R 2" },
	{ 0, "current_limit_bounds_the_array", ON_ARRAY_SELF,
	  FULL "limit 10080000; rsv 1001000-1002000; grew R 256 1007e000+2000" },
	{ 0, "node_and_mirror_do_not_matter_for_arrays", ON_ARRAY_SELF,
	  "allow; add 10000000-10100000@3; add 10100000-10200000@4; set mirror\n"
	  "mirror 10000000-10100000; fill R 128 1000; rsv 1001000-1002000\n"
	  "grew R 256 100fe000+2000" },
	{ 0, "array_falls_back_from_mirror", ON_ARRAY_SELF,
	  "allow; add 10000000-10100000; set mirror; mirror 20000000-20001000; fill R 128 1000\n"
	  "rsv 1001000-1002000; grew R 256 100fe000+2000\n"
	  "warning Could not allocate 0x0000000000002000 bytes of mirrored memory" },
	{ 0, "memory_array_has_no_exclusion", ON_ARRAY_SELF,
	  "allow; fill M 127 11000000; add 10000000-10100000; add 20000000-20100000\n"
	  "grew M 256 100fe000+2000; cnt R 1; cnt M 129" },
	{ 0, "remove_makes_memory_grow", ON_ARRAY_SELF,
	  "allow; fill M 126 11000000; add 10000000-10100000; remove 5000-6000\n"
	  "grew M 256 100fe000+2000; cnt M 127" },
	{ 0, "lines_of_a_growth", ON_ARRAY_SELF | ON_61 | ON_612,
	  FULL
	  "rsv 10000000-10001000; fill R 126 200000; debug; rsv 400000-401000\n"
	  "grew R 256 100fe000+2000; grew R 512 100fb000+3000 100fe000+2000\n"
	  "log memblock_reserve: [0x0000000000400000-0x0000000000400fff]\n"
	  "log memblock: reserved is doubled to 512 at [0x00000000100fb000-0x00000000100fdfff]\n"
	  "log memblock_phys_free: [0x00000000100fe000-0x00000000100fffff] memblock_double_array\n"
	  "log memblock_reserve: [0x00000000100fb000-0x00000000100fdfff] memblock_double_array" },
	{ 0, "array_from_slab_says_where_it_is", ON_ARRAY_SELF | ON_61 | ON_612,
	  FULL
	  "slab up; debug; rsv 1001000-1002000; grew R 256 -\n"
	  "log memblock_reserve: [0x0000000001001000-0x0000000001001fff]\n"
	  "info memblock: reserved is doubled to 256 at [0x0000f00001000000-0x0000f000010017ff]" },
	{ 0, "new_array_from_slab_says_where_it_is", ON_ARRAY_SELF | ON_NEW,
	  FULL
	  "slab up; debug; rsv 1001000-1002000; grew R 256 -\n"
	  "info __memblock_reserve: [0x0000000001001000-0x0000000001001fff] nid=-1 flags=0\n"
	  "info memblock: reserved is doubled to 256 at [0x0000f00001000000-0x0000f000010017ff]" },
	{ 0, "new_lines_of_a_growth", ON_ARRAY_SELF | ON_NEW,
	  FULL
	  "rsv 10000000-10001000; grew R 256 100fe000+2000; fill R 126 200000; debug\n"
	  "rsv 400000-401000; grew R 512 100fb000+3000 100fe000+2000\n"
	  "info __memblock_reserve: [0x0000000000400000-0x0000000000400fff] nid=-1 flags=0\n"
	  "info memblock: reserved is doubled to 512 at [0x00000000100fb000-0x00000000100fdfff]\n"
	  "info memblock_phys_free: [0x00000000100fe000-0x00000000100fffff] memblock_double_array\n"
	  "info __memblock_reserve: [0x00000000100fb000-0x00000000100fdfff] nid=-1 flags=20 "
	  "memblock_double_array" },
	{ 0, "lines_of_a_growth_within_a_growth", ON_ARRAY_SELF | ON_61 | ON_612,
	  FULL
	  "fill M 127 11000000; debug; add 20000000-20001000\n"
	  "grew M 256 100fe000+2000; grew R 256 100fc000+2000\n"
	  "log memblock_add: [0x0000000020000000-0x0000000020000fff]\n"
	  "log memblock: memory is doubled to 256 at [0x00000000100fe000-0x00000000100ff7ff]\n"
	  "log memblock_reserve: [0x00000000100fe000-0x00000000100fffff] memblock_double_array\n"
	  "log memblock: reserved is doubled to 256 at [0x00000000100fc000-0x00000000100fd7ff]\n"
	  "log memblock_reserve: [0x00000000100fc000-0x00000000100fdfff] memblock_double_array" },
	/* Found by verify, whose page allocator is told that it is asked. */
	{ 0, "new_array_given_back_before_page_structs_are_there", ON_ARRAY_SELF | ON_NEW,
	  "allow; add 10000000-10100000; fill M 127 11000000; add 20000000-20001000\n"
	  "grew M 256 100fe000+2000; fill M 127 21000000; slab up; deferred\n"
	  "add 30000000-30001000; grew M 512 - 100fe000+2000; warns 1; sink:" },
	{ 0, "new_array_given_back_after_slab_asks_for_no_slots", ON_ARRAY_SELF | ON_NEW,
	  "allow; add 10000000-10100000; fill M 127 11000000; add 20000000-20001000\n"
	  "grew M 256 100fe000+2000; fill M 127 21000000; fill R 126 1000; cnt R 127; slab up\n"
	  "add 30000000-30001000; grew M 512 - 100fe000+2000; cnt R 127; sink: +100fe +100ff" },
	{ 0, "old_memory_array_stays_reserved_if_freeing_it_fails", ON_ARRAY_SELF,
	  "allow; add 10000000-10100000; fill M 127 11000000; add 20000000-20001000\n"
	  "grew M 256 100fe000+2000; fill R 400 1000; grew R 256 100fc000+2000\n"
	  "grew R 512 100f9000+3000 100fc000+2000; fill M 127 21000000; cnt M 256\n"
	  "fill R 108 8000000; cnt R 510; rsv 10000000-100f6000; cnt R 511\n"
	  "add 30000000-30001000; grew M 512 100f6000+3000 100fe000+2000; cnt M 257\n"
	  "err memblock: Failed to double reserved array from 512 to 1024 entries !\n"
	  "cap_slots R 512; is_reserved 100f6000 => 1; is_reserved 100fe000 => 1" },
	{ 0, "grown_arrays_in_one_place",
	  ON_ARRAY_SELF | NOT_LINUX, /* a kernel overwrites the first */
	  "allow; add 10000000-10100000; fill M 127 11000000; add 20000000-20001000\n"
	  "grew M 256 100fe000+2000; fill R 400 1000; grew R 256 100fc000+2000\n"
	  "grew R 512 100f9000+3000 100fc000+2000; fill M 127 21000000; fill R 108 8000000\n"
	  "rsv 10000000-100f1000; cnt R 511; add 30000000-30001000 "
	  "=> panic memblock: the grown reserved array overlaps the grown memory array" },
	{ 0, "arrays_are_accepted", ON_ARRAY_SELF | ON_612 | ON_NEW,
	  FULL "rsv 10000000-10001000; grew R 256 100fe000+2000; accepts: 100fe000-10100000\n"
	       "phys 1000 1000 => 100fd000; accepts: 100fd000-100fe000" },
	{ 0, "new_array_is_confined_to_scratch", ON_ARRAY_SELF | ON_NEW,
	  FULL "scratch 10010000-10020000; scratch_only on; rsv 1001000-1002000\n"
	       "grew R 256 1001e000+2000" },
	{ 0, "new_array_carries_kern", ON_ARRAY_SELF | ON_NEW,
	  FULL "rsv 1001000-1002000; grew R 256 100fe000+2000; kern_size max any => 2000\n"
	       "node_at R 100fe000 => -1; kern_size 100ff000 any => 1000" },
	{ 0, "slab_cannot_deliver_an_array", ON_ARRAY_SELF,
	  FULL "slab up; slab fails; rsv 1001000-1002000 => ENOMEM; cnt R 128; slabs 0 0\n"
	       "err memblock: Failed to double reserved array from 128 to 256 entries !" },
	{ 0, "reserved_again_while_full", ON_ARRAY_SELF,
	  "allow; fill R 128 1000; rsv 1000-1800; rsv 3000-4000; cnt R 128" },
	{ 0, "failed_allocation_of_metadata_is_no_allocation", ON_ARRAY_SELF,
	  "allow; add 10000000-10001000; fill R 128 1000; phys 1000 1000 => 0; cnt R 128\n"
	  "err memblock: Failed to double reserved array from 128 to 256 entries !" },
};

int main(void)
{
	return script_run_all("growth", cases, sizeof(cases) / sizeof(cases[0]));
}
