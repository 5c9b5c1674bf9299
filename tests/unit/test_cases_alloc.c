/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases_alloc.c - searching and allocating, with all fallbacks.
 *
 * Worked cases on every variant, build, profile and metadata mode; the language is that of script.h.
 * Where a kernel with the newest semantics differs it is because allocations carry RSRV_KERN (/20)
 * and therefore do not join plain reservations.
 */
#include "script.h"

static const struct script_case cases[] = {
	{ 24, "alloc_both_directions", 0,
	  "add 1000-10000; phys 1000 1000 => f000; up; phys 1000 1000 => 1000; total R 2000\n"
	  "old| R: 1000-2000 f000-10000; new| R: 1000-2000/20 f000-10000/20" },
	{ 25, "page_zero_is_never_found", 0,
	  "add 0-2000; up; phys 1000 1000 => 1000; phys 1000 1000 => 0" },
	{ 26, "alignment_decides", 0, "add 0-1800; phys 1000 1000 => 0; phys 800 800 => 1000" },
	{ 27, "aligned_blocks_leave_holes", 0,
	  "add 1000-5000; phys 800 1000 => 4000; phys 800 1000 => 3000\n"
	  "old| R: 3000-3800 4000-4800; new| R: 3000-3800/20 4000-4800/20" },
	{ 28, "smaller_alignment_uses_hole", 0,
	  "add 1000-5000; phys 800 1000 => 4000; phys 800 800 => 4800" },
	{ 29, "odd_sizes", 0,
	  "add 1000-10000; phys 64 40 => ff80; phys 64 40 => ff00; total R c8\n"
	  "old| R: ff00-ff64 ff80-ffe4; new| R: ff00-ff64/20 ff80-ffe4/20" },
	{ 30, "window", 0,
	  "add 1000-10000; up; range 1000 1000 3800 8000 => 4000; down\n"
	  "range 1000 1000 0 8000 => 7000; range 1000 1000 7800 8000 => 0\n"
	  "range 1000 1000 9000 8000 => 0" },
	{ 31, "current_limit", 0,
	  "add 1000-10000; limit 8000; phys 1000 1000 => 7000; range 1000 1000 0 max => f000\n"
	  "range 1000 1000 0 10000 => e000; raw 1000 1000 0 10000 any => 6000\n"
	  "raw 1000 1000 0 max any => 5000; raw 1000 1000 0 acc any => 4000\n"
	  "raw 1000 1000 0 nlt any => 3000" },
	{ 32, "lower_bound_is_a_wish_for_virtual", 0,
	  "add 1000-8000; range 1000 1000 8000 acc => 0; raw 1000 1000 8000 acc any => 7000\n"
	  "exact 1000 1000 8000 acc any => 6000" },
	{ 33, "inverted_window", 0, "add 1000-8000; raw 1000 1000 6000 4000 any => 3000" },
	{ 34, "limit_zero", 0,
	  "add 1000-8000; limit 0; phys 1000 1000 => 0; range 1000 1000 0 8000 => 7000" },
	{ 35, "alloc_nothing", 0,
	  "add 1000-10000; phys 0 1000 => 10000; up; phys 0 1000 => 1000; post| R:; total R 0" },
	{ 36, "alignment_zero_is_a_cache_line", 0,
	  "add 1000-10000; phys 10 0 => ffe0; old| R: ffe0-fff0; new| R: ffe0-fff0/20\n"
	  "log memblock: allocation without an alignment" },
	{ 37, "node_preferred_and_exact", 0,
	  "add 1000-4000@0; add 4000-10000@1; try 1000 1000 0 => 3000; try 3000 1000 0 => d000\n"
	  "exact 3000 1000 0 acc 0 => 0" },
	{ 38, "wrong_node_above_bound_first", 0,
	  "add 1000-8000@0; add 8000-10000@1; raw 1000 1000 9000 acc 0 => f000\n"
	  "exact 1000 1000 9000 acc 0 => 7000" },
	{ 39, "invalid_node_is_any", 0, "add 1000-8000@0; try 1000 1000 63 => 7000" },
	{ 40, "mirror_preferred_then_dropped", 0,
	  "add 1000-3000@0; add 3000-10000@1; set mirror; mirror 1000-3000\n"
	  "phys 1000 1000 => 2000; try 1000 1000 1 => 1000; phys 1000 1000 => f000\n"
	  "warning Could not allocate 0x0000000000001000 bytes of mirrored memory\n"
	  "raw 20000 1000 1000 acc 1 => 0\n"
	  "warning Could not allocate 0x0000000000020000 bytes of mirrored memory\n"
	  "warning Could not allocate 0x0000000000020000 bytes of mirrored memory" },
	{ 41, "hotplug_hidden_by_movable_node", 0,
	  "add 1000-8000@0; add 8000-10000@1; hotplug 8000-10000; phys 1000 1000 => f000\n"
	  "set movable; phys 1000 1000 => 7000; exact 1000 1000 0 acc 1 => 0\n"
	  "try 1000 1000 1 => 6000" },
	{ 42, "driver_managed_and_nomap_hidden", 0,
	  "add 1000-8000; add 8000-10000@0/8; nomap 6000-8000; phys 1000 1000 => 5000" },
	{ 43, "never_spans_two_regions", 0,
	  "add 1000-3000@0; add 3000-5000@1; phys 3000 1000 => 0; phys 2000 1000 => 3000" },
	{ 44, "alloc_joins_reservation", 0,
	  "add 1000-10000; rsv f000-10000; phys 1000 1000 => e000\n"
	  "old| R: e000-10000; new| R: e000-f000/20 f000-10000" },
	{ 45, "rounding_up_wraps", 0,
	  "add fffffffffffff800-ffffffffffffffff; up; phys 10 1000 => 0" },
	{ 46, "bound_narrower_than_alignment", 0,
	  "add 1000-10000; range 1000 1000 f001 max => 0; range fff 1 f001 max => f001" },
	{ 47, "slab_cannot_deliver", ON_612 | ON_NEW,
	  "add 1000-10000; slab up; slab fails; phys 100 40 => 0; warns 1; R:" },
	{ 47, "slab_cannot_deliver_virtual", 0,
	  "add 1000-10000; slab up; slab fails; alloc_raw 100 40 => 0; warns 1; total R 0" },
	{ 47, "slab_unchecked_for_physical_in_6_1", ON_61,
	  "add 1000-10000; slab up; phys 100 40 => ff00; warns 0; R: ff00-10000" },
	{ 48, "new_requested_node_is_stored", ON_NEW,
	  "add 1000-8000@0; add 8000-10000@1; phys 1000 1000 => f000; try 1000 1000 1 => e000\n"
	  "try 7000 1000 1 => 1000; R: 1000-8000/20 e000-f000@1/20 f000-10000/20" },
	{ 49, "new_scratch_only", ON_NEW,
	  "add 1000-10000; scratch 4000-6000; phys 1000 1000 => f000; scratch_only on\n"
	  "phys 1000 1000 => 5000; phys 1000 1000 => 4000; phys 1000 1000 => 0\n"
	  "R: 4000-6000/20 f000-10000/20" },
	{ 50, "new_hugetlb", ON_NEW,
	  "add 1000-8000@0; add 8000-10000@1; scratch_area 8000-9000; hugetlb 4000 1 1 => c000\n"
	  "hugetlb 4000 1 1 => 0; hugetlb 4000 1 0 => 4000; R: 4000-8000/a0 c000-10000@1/a0" },
	{ 51, "new_estimate_counts_kernel_only", ON_NEW,
	  "kern 2000-3000; rsv 4000-5000; kern 6000-8000; add 1000-10000; total R 4000\n"
	  "kern_size max any => 3000; kern_size 7000 any => 2000; kern_size 6000 any => 1000\n"
	  "kern_size max 0 => 0; pages => c" },
	{ 52, "new_kernel_reservation_around_plain", ON_NEW,
	  "rsv 2000-3000; kern 1000-4000; R: 1000-2000/20 2000-3000 3000-4000/20; warns 1" },

	/* Cases of our own. */
	{ 0, "slab_delivers", ON_612 | ON_NEW,
	  "add 1000-10000; slab up; phys 100 40 => f00001000000; warns 1; slabs 1 0; R:" },
	{ 0, "slab_down_again", ON_612 | ON_NEW,
	  "add 1000-10000; slab up; slab down; phys 100 40 => ff00; warns 0; slabs 0 0" },
	{ 0, "old_node_is_not_stored", ON_61 | ON_612,
	  "add 1000-8000@0; add 8000-10000@1; try 1000 1000 1 => f000; R: f000-10000" },
	{ 0, "new_invalid_node_is_stored", ON_NEW,
	  "add 1000-8000@0; try 1000 1000 63 => 7000; phys 1000 1000 => 6000; cnt R 2\n"
	  "R: 6000-7000/20 7000-8000/20" },
	{ 0, "new_kernel_reservation_merges_with_alloc", ON_NEW,
	  "add 1000-8000; kern 7000-8000; phys 1000 1000 => 6000; R: 6000-8000/20\n"
	  "rsv 5000-6000; mark_kern 5000-6000; R: 5000-8000/20" },
	{ 0, "new_scratch_only_wins_over_mirror", ON_NEW,
	  "set mirror; add 1000-10000; mirror 8000-9000; scratch 2000-4000; scratch_only on\n"
	  "phys 1000 1000 => 3000; phys 2000 1000 => 0; scratch_only off; phys 1000 1000 => 8000" },
	{ 0, "new_scratch_only_by_node", ON_NEW,
	  "add 1000-8000@0; add 8000-10000@1; scratch 4000-6000; scratch e000-f000; scratch_only on\n"
	  "try 1000 1000 0 => 5000; exact 1000 1000 0 acc 1 => e000; exact 1000 1000 0 acc 1 => 0\n"
	  "try 1000 1000 1 => 4000; M: 1000-4000@0 4000-6000@0/40 6000-8000@0 8000-e000@1 "
	  "e000-f000@1/40 f000-10000@1" },
	{ 0, "new_scratch_is_plain_memory_otherwise", ON_NEW,
	  "add 1000-8000; scratch 6000-8000; phys 1000 1000 => 7000; free any 40: 6000-7000/40\n"
	  "free any 0: 1000-6000 6000-7000/40" },
	{ 0, "new_hugetlb_below_scratch", ON_NEW,
	  "add 4000-20000@0; scratch_area 11000-12000; scratch_area 1d000-1d800\n"
	  "hugetlb 4000 any 0 => 18000; hugetlb 4000 any 0 => 14000; hugetlb 4000 any 0 => c000\n"
	  "R: c000-10000/a0 14000-1c000/a0" },
	{ 0, "new_hugetlb_above_scratch", ON_NEW,
	  "up; add 4000-20000@0; scratch_area 5000-6000; scratch_area b000-c000\n"
	  "hugetlb 4000 any 0 => c000; hugetlb 4000 0 1 => 10000; R: c000-10000/a0 10000-14000@0/a0" },
	{ 0, "new_without_scratch_no_search_is_confined", ON_NEW,
	  "machine no_kho_scratch=1; add 4000-20000; scratch 8000-9000; scratch_only on\n"
	  "phys 1000 1000 => 1f000; scratch_area 18000-1c000 => error; hugetlb 4000 any 0 => 18000\n"
	  "free any 40: 8000-9000/40; unscratch 8000-9000; scratch_only off; phys 1000 1000 => 1e000" },
	{ 0, "new_hugetlb_on_any_node_begins_anew", ON_NEW,
	  "add 1000-8000@1; add 8000-10000@0; scratch_area 4000-8000; hugetlb 4000 1 1 => 0\n"
	  "hugetlb 4000 1 0 => c000; R: c000-10000/a0" },
	{ 0, "new_hugetlb_ignores_mirror", ON_NEW,
	  "set mirror; add 4000-20000; mirror 8000-c000; hugetlb 4000 any 0 => 1c000\n"
	  "phys 1000 1000 => b000; hugetlb 40000 any 0 => 0" },
	{ 0, "new_hugetlb_within_limit_and_sizes", ON_NEW,
	  "add 1000-20000@0; limit 11000; hugetlb 4000 0 0 => c000; phys 1000 1000 => 10000\n"
	  "hugetlb_size max any => 4000; hugetlb_size d000 any => 1000; hugetlb_size max 0 => 4000\n"
	  "hugetlb_size max 1 => 0; kern_size max any => 5000; kern_size max 0 => 4000; pages => 1a" },
	{ 0, "new_hugetlb_after_slab", ON_NEW,
	  "add 1000-20000; slab up; hugetlb 4000 any 0 => 1c000" },
	{ 0, "new_hugetlb_only_in_scratch", ON_NEW,
	  "add 1000-20000; scratch 8000-10000; scratch_area 8000-10000; scratch_only on\n"
	  "hugetlb 4000 any 0 => 0" },
	{ 0, "new_hugetlb_in_extended_scratch", ON_NEW,
	  "add 1000-20000; scratch_area 1c000-20000; scratch_area 8000-9000\n"
	  "scratch 8000-9000; scratch 14000-20000; scratch_only on; hugetlb 4000 any 0 => 18000\n"
	  "hugetlb 4000 any 0 => 14000; hugetlb 4000 any 0 => 0; R: 14000-1c000/a0" },
	{ 0, "new_marked_memory_is_no_area", ON_NEW,
	  "add 1000-20000; scratch 1000-20000; hugetlb 4000 any 0 => 1c000; scratch_area 18000-18001\n"
	  "hugetlb 4000 any 0 => 14000; up; hugetlb 4000 any 0 => 4000" },
	{ 0, "new_areas_in_any_order", ON_NEW,
	  "add 1000-20000; scratch_area 1f000-20000; scratch_area 10000-11000\n"
	  "scratch_area f000-1e000; scratch_area 30000-40000\n"
	  "hugetlb 4000 any 0 => 8000; up; hugetlb 4000 any 0 => 4000; hugetlb 4000 any 0 => 0" },
	{ 0, "new_area_to_the_top", ON_NEW,
	  "add fffffffffff00000-ffffffffffffffff; scratch_area fffffffffff20000-ffffffffffffffff\n"
	  "hugetlb 10000 any 0 => fffffffffff10000" },
	{ 0, "new_or_panic", ON_NEW,
	  "add 1000-10000; or_panic 1000 1000 => f000; or_panic 10000 1000 "
	  "=> panic early_setup: Failed to allocate 0x0000000000010000 bytes" },
	{ 0, "leak_tracer_is_told", 0,
	  "add 1000-10000; phys 1000 1000 => f000; alloc_raw 800 800 => e800; leaks: +f000-10000 "
	  "+e800-f000; raw 1000 1000 0 nlt any => d000; range 1000 1000 0 nlt => c000; leaks:\n"
	  "free c000-d000; leaks: -c000-d000; phys 20000 1 => 0; find 1000 1000 0 max any 0 => c000\n"
	  "remove 1000-2000; leaks:; free_ptr f000-10000; leaks: -f000-10000" },
	{ 0, "blocks_are_accepted", ON_612 | ON_NEW,
	  "add 1000-10000; phys 1000 1000 => f000; raw 800 800 0 nlt any => e800; rsv 1000-2000\n"
	  "accepts: f000-10000 e800-f000; free f000-10000; phys 20000 1 => 0; accepts:" },
	{ 0, "blocks_are_not_accepted_in_6_1", ON_61,
	  "add 1000-10000; phys 1000 1000 => f000; accepts:" },
	{ 0, "new_hugetlb_is_told_and_accepted", ON_NEW,
	  "add 1000-10000; hugetlb 4000 any 0 => c000; leaks: +c000-10000; accepts: c000-10000" },
	{ 0, "free_by_pointer", 0,
	  "add 1000-10000; alloc 2000 1000 => e000; free_ptr f000-10000; old| R: e000-f000\n"
	  "new| R: e000-f000/20" },
	{ 0, "estimate_counts_all_reserved", ON_612,
	  "add 1000-10000; rsv 2000-3000; rsv 4000-4800; pages => d" },
	{ 0, "alloc_without_memory", 0, "phys 1000 1000 => 0; up; phys 1000 1000 => 0; total R 0" },
	{ 0, "alloc_all_reserved", 0,
	  "add 1000-4000; rsv 1000-4000; phys 1000 1000 => 0; up; phys 1 1 => 0" },
	{ 0, "alloc_too_large", 0,
	  "add 1000-4000; phys 3001 1 => 0; phys 3000 1 => 1000; phys 1 1 => 0" },
	{ 0, "alloc_larger_than_address", 0,
	  "add 1000-4000; phys max 1 => 0; up; phys max 1 => 0" },
	{ 0, "alloc_second_fit", 0,
	  "add 1000-10000; rsv e000-f000; phys 2000 1000 => c000; up; rsv 2000-3000\n"
	  "phys 2000 1000 => 3000" },
	{ 0, "alloc_small_gaps", 0,
	  "add 1000-8000; rsv 1800-3000; rsv 3800-5000; rsv 5800-8000; phys 1000 1000 => 0\n"
	  "phys 800 800 => 5000; up; phys 800 800 => 1000" },
	{ 0, "alloc_between_reservations", 0,
	  "add 1000-10000; rsv 1000-8000; rsv 9000-10000; phys 1000 1000 => 8000; phys 1 1 => 0" },
	{ 0, "alloc_reserved_outside_memory", 0,
	  "add 4000-8000; rsv 1000-5000; rsv 7000-9000; phys 1000 1000 => 6000; up\n"
	  "phys 1000 1000 => 5000; phys 1 1 => 0" },
	{ 0, "alloc_reservation_spans_regions", 0,
	  "add 1000-4000@0; add 4000-8000@1; rsv 3000-5000; phys 2000 1000 => 6000\n"
	  "phys 2000 1000 => 1000; phys 1000 1000 => 5000" },
	{ 0, "alloc_high_then_low_region", 0,
	  "add 1000-4000; add 8000-9000; phys 2000 1000 => 2000; phys 1000 1000 => 8000\n"
	  "phys 1000 1000 => 1000" },
	{ 0, "from_falls_back_below", 0,
	  "add 1000-8000; rsv 6000-8000; from 1000 1000 6000 => 5000; from 1000 1000 2000 => 4000" },
	{ 0, "from_prefers_above", 0,
	  "add 1000-8000; up; from 1000 1000 4800 => 5000; from 1000 1000 4800 => 6000" },
	{ 0, "low_stays_below_4g", 0,
	  "add fff00000-100100000; alloc_low 1000 1000 => ffffe000; alloc 1000 1000 => 1000ff000" },
	{ 0, "low_ignores_memory_above", 0, "add 100000000-100100000; alloc_low 1000 1000 => 0" },
	{ 0, "node_alloc_prefers", 0,
	  "add 1000-8000@0; add 8000-10000@1; node_alloc 1000 1000 0 => 7000\n"
	  "node_alloc 8000 1000 0 => 8000" },
	{ 0, "zeroed_within_bounds_and_node", 0,
	  "add 1000-8000@0; add 8000-10000@1; nid 1000 1000 0 c000 1 => b000; total R 1000\n"
	  "nid 1000 1000 0 acc 0 => 7000; nid 1000 1000 f001 acc 0 => 6000; up\n"
	  "nid 800 1000 2001 acc 0 => 3000; total R 3800" },
	{ 0, "from_takes_its_bound_exactly", 0,
	  "add 1000-8000; up; from 1000 1000 7001 => 1000; from 800 1000 7000 => 7000\n"
	  "total R 1800" },
	{ 0, "node_alloc_reserves_its_size", 0,
	  "add 1000-8000@0; add 8000-10000@1; node_alloc 800 1000 0 => 7000; total R 800" },
	{ 0, "zeroed_and_raw_land_alike", 0,
	  "add 1000-8000; alloc 1000 1000 => 7000; alloc_raw 1000 1000 => 6000\n"
	  "nid 1000 1000 0 acc any => 5000; raw 1000 1000 0 acc any => 4000" },
	{ 0, "core_exact_and_not", 0,
	  "add 1000-8000@0; add 8000-9000@1; rsv 8000-9000; core 1000 1000 0 acc 1 1 => 0\n"
	  "core 1000 1000 0 acc 1 0 => 7000" },
	{ 0, "find_changes_nothing", 0,
	  "add 1000-8000; find 1000 1000 0 max any 0 => 7000; find 1000 1000 0 max any 0 => 7000\n"
	  "total R 0" },
	{ 0, "find_by_flags", 0,
	  "add 1000-8000; nomap 6000-8000; find 1000 1000 0 max any 4 => 7000\n"
	  "find 1000 1000 0 max any 0 => 5000" },
	{ 0, "mirror_on_wrong_node_beats_plain", 0,
	  "add 1000-3000@0; add 3000-10000@1; set mirror; mirror 2000-3000; try 1000 1000 1 => 2000" },
	{ 0, "mirror_without_regions_still_asked_for", 0,
	  "add 1000-8000; set mirror; mirror 9000-a000; phys 1000 1000 => 7000\n"
	  "warning Could not allocate 0x0000000000001000 bytes of mirrored memory" },
	{ 0, "exact_mirror_falls_back_on_its_node", 0,
	  "add 1000-3000@0; add 3000-10000@1; set mirror; mirror 1000-3000\n"
	  "exact 1000 1000 0 acc 1 => f000\n"
	  "warning Could not allocate 0x0000000000001000 bytes of mirrored memory" },
	{ 0, "hotplug_without_movable_node_is_plain", 0,
	  "add 1000-8000; hotplug 1000-8000; phys 1000 1000 => 7000" },
	{ 0, "free_makes_room_again", 0,
	  "add 1000-3000; phys 2000 1000 => 1000; phys 1000 1000 => 0; free 1000-2000\n"
	  "phys 1000 1000 => 1000" },
	{ 0, "alloc_nothing_in_full_memory", 0, "add 1000-3000; rsv 1000-3000; phys 0 1000 => 0" },
	{ 0, "alloc_nothing_outside_window", 0,
	  "add 1000-3000; range 0 1000 8000 9000 => 8000; up; range 0 1000 8000 9000 => 0" },
	{ 0, "reservation_over_two_memories", 0,
	  "add 1000-4000@0; add 4000-10000@1; rsv 2000-11000; phys 1000 1000 => 1000\n"
	  "phys 1000 1000 => 0" },
	{ 0, "what_one_search_passed_lies_in_more_memories", 0,
	  "add 1000-100000; rsv 2800-4000; rsv 4800-6000; rsv 6800-8000; rsv 8800-a000\n"
	  "rsv a800-100000; phys 1000 1000 => 1000; hotplug 80000-81000; phys 1000 1000 => 0\n"
	  "free 90000-91000; phys 1000 1000 => 90000" },
	{ 0, "huge_alignment", 0,
	  "add 1000-10000; phys 1000 8000 => 8000; phys 1000 10000 => 0; up; phys 1000 4000 => 4000" },
	{ 0, "top_of_address_space", 0,
	  "add ffffffffffff0000+10000; phys 1000 1000 => ffffffffffffe000\n"
	  "phys 10 1 => ffffffffffffffef; phys 1000 1000 => ffffffffffffd000" },
};

int main(void)
{
	return script_run_all("search and allocate", cases, sizeof(cases) / sizeof(cases[0]));
}
