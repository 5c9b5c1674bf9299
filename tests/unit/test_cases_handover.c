/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases_handover.c - the end of memblock: hand-over to a page allocator, frees after it, named
 * reservations, discard.
 *
 * Worked cases on every variant, build, profile and metadata mode; the language is that of script.h.
 * A hand-over gives blocks PFN:ORDER, ascending, as large as their start and the end of the free range
 * allow, and sets up the pages of reserved (and NOMAP) memory, base-end@node:
 *
 *     memory    [3000                     b000)
 *     pages      3 | 4 5 6 7 | 8 9 | a
 *     blocks     3:0   4:2     8:1   a:0
 */
#include "script.h"

static const struct script_case cases[] = {
	{ 82, "blocks", 0, "add 3000-b000; handover => 8; sink: reset 3:0 4:2 8:1 a:0" },
	{ 83, "page_zero_and_largest_blocks", 0,
	  "add 0-5000; add 400000+801000; handover => 806; sink: reset 0:2 4:0 400:10 800:10 c00:0" },
	{ 84, "nomap_pages_are_set_up", ON_612 | ON_NEW,
	  "add 1800-4800; add 8000-a000@1; nomap 8000-9000; rsv 2800-2900; handover => 2\n"
	  /* Memory without a node: the kernel's "none" is a number to its page allocator. */
	  "ours| sink: reset 8000-9000@1 2800-2900@0 3:0 9:0\n"
	  "linux| sink: reset 8000-9000@1 2800-2900@16 3:0 9:0" },
	{ 84, "reserved_pages_come_first_in_6_1", ON_61,
	  "add 1800-4800; add 8000-a000@1; nomap 8000-9000; rsv 2800-2900; handover => 2\n"
	  "sink: reset 2800-2900@-1 8000-9000@-1 3:0 9:0" },
	{ 85, "reserved_is_split_at_nodes", ON_612 | ON_NEW,
	  "add 1000-3000@0; add 3000-5000@1; rsv 2000-4000; rsv 8000-9000; handover => 2\n"
	  "R: 2000-3000@0 3000-4000@1 8000-9000; sink: reset 2000-3000@0 3000-4000@1 8000-9000@0 "
	  "1:0 4:0" },
	{ 85, "reserved_stays_whole_in_6_1", ON_61,
	  "add 1000-3000@0; add 3000-5000@1; rsv 2000-4000; rsv 8000-9000; handover => 2\n"
	  "R: 2000-4000 8000-9000; sink: reset 2000-4000@-1 8000-9000@-1 1:0 4:0" },
	{ 86, "cut_at_max_low_pfn", 0,
	  "add 1000-9000; set max_low_pfn 4; handover => 3; sink: reset 1:0 2:1" },
	{ 87, "noinit_pages_are_left_alone", ON_612 | ON_NEW,
	  "add 1000-3000; rsv 1000-2000; noinit 1000-2000; handover => 1; sink: reset 2:0" },
	{ 88, "free_late", ON_61 | ON_612,
	  "add 1000-8000; rsv 1000-5000; late 1800+2800; sink: +2 +3; M: 1000-8000; R: 1000-5000\n"
	  "leaks: -1800-4000" },
	{ 88, "new_free_releases_pages", ON_NEW,
	  "add 1000-8000; rsv 1000-5000; slab up; free 1800+2000; sink: +2; R: 1000-5000\n"
	  "M: 1000-8000" },
	{ 0, "new_nothing_is_released_before_page_structs_are_there", ON_NEW,
	  "add 1000-8000; rsv 1000-5000; deferred; slab up; free 1000-3000; warns 1; sink:\n"
	  "area 3000-5000 -1 init => 0; warns 2; sink:" },
	{ 0, "without_deferred_initialisation_nobody_is_asked", 0,
	  "machine no_deferred_init=1; add 1000-8000@1; rsv 1000-4000@1; nomap 7000-8000; deferred\n"
	  "zone 1 0 100: 4-7; handover => 3\n"
	  "6.1| sink: reset 1000-4000@-1 7000-8000@-1 4:1 6:0\n"
	  "post| sink: reset 7000-8000@1 1000-4000@1 4:1 6:0\n"
	  "slab up; free 1000-3000; area 3000-4000 -1 init => 1; warns 0; info Freeing init memory: 4K\n"
	  "new| sink: +1 +2 +3; old| sink: +3" },
	{ 0, "a_machine_without_physmem_has_nothing_of_it", 0,
	  "machine physmem=0; cnt P 0; P:; minus P - any 0:; 6.1| cnt M 1; post| cnt M 0" },
	{ 89, "named_reservations", ON_612 | ON_NEW,
	  "add 10000000-10100000; named 12K:4096:trace => 1; found trace => 100fd000 3000\n"
	  "named 4K:0:trace => EBUSY; new| err reserve_mem: name \"trace\" was already used\n"
	  "named 4K:4096 => EINVAL; new| err reserve_mem: empty or malformed parameter\n"
	  "named 0:4096:x => EINVAL; new| err reserve_mem: empty or malformed parameter\n"
	  "named 4K:4096:abcdefghijklmnop => EINVAL\n"
	  "new| err reserve_mem: empty or malformed parameter\n"
	  "named \"4K:4096: \t \" => EINVAL; new| err reserve_mem: empty or malformed parameter\n"
	  "named 1G:4096:big => ENOMEM; new| err reserve_mem: memblock allocation failed\n"
	  "named 4K:0:b => 1; named 4K:0:c => 1; named 4K:0:d => 1; named 4K:0:e => 1\n"
	  "named 4K:0:f => 1; named 4K:0:g => 1; named 4K:0:abcdefghijklmno => 1\n"
	  "named 4K:0:i => EBUSY; new| err reserve_mem: no more room for reserved memory\n"
	  "named nonsense => EBUSY; new| err reserve_mem: no more room for reserved memory\n"
	  "found abcdefghijklmno => 100f6000 1000; found i => 0; found tracer => 0; total R a000" },
	{ 90, "named_sizes_are_not_rounded", ON_612 | ON_NEW,
	  "add 1000-10000; named 100:0:n => 1; found n => ff80 64; old| R: ff80-ffe4\n"
	  "new| R: ff80-ffe4/20" },

	/* Cases of our own. */
	{ 0, "handover_of_nothing", 0, "handover => 0; sink: reset" },
	{ 0, "counts_are_reset_once", 0,
	  "add 1000-2000; handover => 1; sink: reset 1:0; handover => 1; sink: 1:0" },
	{ 0, "counts_are_reset_once_by_name", 0,
	  "reset_managed; sink: reset; add 1000-2000; handover => 1; sink: 1:0; reset_managed; sink:" },
	{ 0, "handover_clears_hotplug", 0,
	  "set movable; add 1000-4000@0; hotplug 2000-3000; handover => 3; M: 1000-4000@0\n"
	  "sink: reset 1:0 2:1" },
	{ 0, "handover_leaves_driver_managed_out", 0,
	  "add 1000-2000@0/8; add 2000-3000@0; handover => 1; sink: reset 2:0" },
	{ 0, "handover_of_partial_pages", 0,
	  "add 1800-4800@3; rsv 3400-3800; handover => 1; 6.1| sink: reset 3400-3800@-1 2:0\n"
	  "post| sink: reset 3400-3800@3 2:0" },
	{ 0, "highmem_is_cut", ON_61 | ON_612,
	  "machine highmem; add 1000-9000; set max_low_pfn 4; handover => 3; sink: reset 1:0 2:1" },
	{ 0, "new_highmem_is_not_cut", ON_NEW,
	  "machine highmem; add 1000-9000; set max_low_pfn 4; handover => 8; sink: reset 1:0 2:1 4:2 8:0" },
	{ 0, "smaller_largest_block", 0,
	  "machine max_order 2; add 0-10000; handover => 10; sink: reset 0:2 4:2 8:2 c:2" },
	{ 0, "new_handover_ends_scratch_only", ON_NEW,
	  "add 1000-5000; scratch 2000-3000; scratch_only on; handover => 4\n"
	  "sink: reset 1:0 2:0 3:0 4:0; phys 1000 1000 => 4000; M: 1000-2000 2000-3000/40 3000-5000\n"
	  "down; phys 1000 1000 => 3000" },
	{ 0, "noinit_and_its_neighbours", ON_612 | ON_NEW,
	  "add 1000-8000@2; rsv 1000-4000; noinit 2000-3000; handover => 4\n"
	  "R: 1000-2000@2 2000-3000@2/10 3000-4000@2; sink: reset 1000-2000@2 3000-4000@2 4:2" },
	{ 0, "nomap_is_reserved_even_where_reserved", ON_612 | ON_NEW,
	  "add 1000-4000@1; nomap 1000-3000; rsv 2000-3000; handover => 1\n"
	  "sink: reset 1000-3000@1 2000-3000@1 3:0" },
	{ 0, "twilight_allocations_succeed", 0,
	  "add 1000-3000; handover => 2; sink: reset 1:0 2:0; phys 1000 1000 => 2000" },
	{ 0, "late_without_a_whole_page", ON_61 | ON_612, "late 1800+1000; late 1000+0; sink:" },
	{ 0, "free_before_slab_edits_the_array", 0,
	  "rsv 1000-5000; free 1800+2000; R: 1000-1800 3800-5000; sink:" },
	{ 0, "free_after_slab_edits_the_array", ON_61 | ON_612,
	  "rsv 1000-5000; slab up; free 1800+2000; R: 1000-1800 3800-5000; sink:" },
	{ 0, "new_free_with_keep_memblock_does_both", ON_NEW,
	  "machine keep; rsv 1000-5000; slab up; free 1800+2000; R: 1000-1800 3800-5000; sink: +2\n"
	  "leaks: -1800-3800" },
	{ 0, "area_is_released_by_pages", 0,
	  "add 10000-20000; rsv 11000-16000; area 11800-14800 -1 initmem => 2; sink: +12 +13\n"
	  "info Freeing initmem memory: 8K; R: 11000-16000; area 11800-12800 -1 none => 0" },
	{ 0, "area_is_poisoned", 0,
	  "add 10000-20000; rsv 11000-16000; area 11800-14800 cc initmem => 2; sink: +12 +13\n"
	  "info Freeing initmem memory: 8K; byte 12000 cc; byte 13fff cc; area 14000-15000 0 none => 1\n"
	  "sink: +14; info Freeing none memory: 4K; byte 14000 00; byte 14fff 00" },
	{ 0, "new_area_with_keep_memblock_is_deleted", ON_NEW,
	  "machine keep; add 10000-20000; rsv 11000-16000; area 11000-14000 -1 init => 3\n"
	  "sink: +11 +12 +13; info Freeing init memory: 12K; R: 14000-16000" },
	{ 0, "reserved_pages_and_their_nodes", ON_612 | ON_NEW,
	  "add 1000-4800@1; add 8000-a000@2; rsv 4800-4900; rsv 7800-8800; rsv 20000-21000\n"
	  "handover => 4; sink: reset 4800-4900@1 7800-8000@0 8000-8800@2 20000-21000@0 1:0 2:1 9:0" },
	{ 0, "area_in_the_topmost_page_is_none", NOT_LINUX, /* a kernel rounds up to 0 */
	  "area fffffffffffff800-ffffffffffffffff -1 top => 0; sink:" },
	{ 0, "new_named_release", ON_NEW,
	  "add 10000000-10100000; named 8K:4K:log => 1; found log => 100fe000 2000; release log => 1\n"
	  "sink: +100fe +100ff; info Freeing reserve_mem:log memory: 8K; found log => 0\n"
	  "release log => 0; release other => 0" },
	{ 0, "named_sizes_and_alignments", ON_612 | ON_NEW,
	  "add 10000000-10100000; named 0x1000:0x8000:a => 1; found a => 100f8000 1000\n"
	  "named 16k:64K:b => 1; found b => 100f0000 4000; named 1:1:c:d => 1; found c:d => 100fffe0 1" },
	{ 0, "new_named_taken_over_from_handover", ON_NEW | NOT_LINUX, /* no KHO there */
	  "preserved; add 1000-10000; named 8K:4K:kept => 1; found kept => 8000 2000; total R 0\n"
	  "info Revived memory reservation 'kept' from KHO; named 4K:4K:other => 1\n"
	  "found other => f000 1000" },
	{ 0, "new_named_differs_from_handover", ON_NEW | NOT_LINUX,
	  "preserved; add 1000-10000; named 4K:4K:kept => 1; found kept => f000 1000\n"
	  "warning KHO reserve-mem 'kept' has wrong size (0x2000 != 0x1000)" },
	{ 0, "new_named_differs_from_handover_in_place", ON_NEW | NOT_LINUX,
	  "preserved; add 1000-30000; named 8K:64K:kept => 1; found kept => 20000 2000\n"
	  "warning KHO reserve-mem 'kept' has wrong alignment (0x10000, 0x8000)" },
	{ 0, "discard_stops_hiding", 0,
	  "add 1000-4000; nomap 2000-3000; free any 0: 1000-2000 3000-4000; discard\n"
	  "free any 0: 1000-2000 2000-3000/4 3000-4000; mem: 1000-2000 2000-3000/4 3000-4000" },
	{ 0, "discard_with_keep_memblock_does_nothing", 0,
	  "machine keep; add 1000-4000; nomap 2000-3000; discard; free any 0: 1000-2000 3000-4000" },
	{ 0, "discard_releases_arrays", ON_ARRAY_SELF | ON_61 | ON_612,
	  "allow; add 10000000-10100000; fill R 128 1000; fill M 127 11000000; add 20000000-20001000\n"
	  "grew M 256 100fe000+2000; grew R 256 100fc000+2000; discard\n"
	  "sink: +100fc +100fd +100fe +100ff" },
	{ 0, "new_discard_before_slab_edits_reserved", ON_ARRAY_SELF | ON_NEW,
	  "allow; add 10000000-10100000; fill R 128 1000; rsv 20000000-20001000\n"
	  "grew R 256 100fe000+2000; fill R 125 21000000; cnt R 255; discard\n"
	  "grew R 512 100fb000+3000 100fe000+2000; leaks: -100fe000-10100000 -100fe000-10100000; sink:" },
	{ 0, "discard_gives_slab_arrays_back", ON_ARRAY_SELF,
	  "allow; add 10000000-10100000; fill R 128 1000; slab up; rsv 1001000-1002000\n"
	  "grew R 256 -; slabs 1 0; discard; slabs 1 1" },
};

int main(void)
{
	return script_run_all("hand-over", cases, sizeof(cases) / sizeof(cases[0]));
}
