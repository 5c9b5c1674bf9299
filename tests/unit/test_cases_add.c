/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases_add.c - adding, removing, reserving, freeing, attributes and truncating.
 *
 * Worked cases on every variant, build, profile and metadata mode; the language is that of script.h:
 *
 *     add 1000-3000; add 4000-6000; remove 2000-5000; M: 1000-2000 5000-6000
 *
 *     memory   [1000   3000)  [4000   6000)
 *     remove       [2000          5000)
 *     expect   [1000 2000)        [5000 6000)
 */
#include "script.h"

static const struct script_case cases[] = {
	{ 1, "add_above_adjacent", 0, "add 1000-2000; add 2000-3000; M: 1000-3000; total M 2000" },
	{ 2, "add_fills_hole", 0,
	  "add 1000-2000; add 3000-4000; add 2000-3000; M: 1000-4000; cnt M 1" },
	{ 3, "add_twice", 0, "add 2000-4000; add 2000-4000; M: 2000-4000; total M 2000" },
	{ 4, "add_covers_two", 0,
	  "add 2000-3000; add 5000-6000; add 1000-7000; M: 1000-7000; total M 6000" },
	{ 5, "add_overlaps_top_other_node", 0,
	  "add 1000-3000@0; add 2000-4000@1; M: 1000-3000@0 3000-4000@1" },
	{ 6, "add_covers_other_node", 0,
	  "add 2000-4000@1; add 1000-5000@0; M: 1000-2000@0 2000-4000@1 4000-5000@0; warns 1" },
	{ 7, "add_adjacent_other_flags", 0,
	  "add 1000-2000@0/1; add 2000-3000@0; M: 1000-2000@0/1 2000-3000@0" },
	{ 8, "add_adjacent_no_node", 0,
	  "add 1000-2000@0; add 2000-3000; M: 1000-2000@0 2000-3000; cnt M 2\n"
	  "node_at M 1000 => 0; node_at M 2000 => 16" },
	{ 9, "add_nothing", 0, "add 1000+0; post| cnt M 0; 6.1| cnt M 1; total M 0" },
	{ 10, "add_at_top_of_address_space", 0,
	  "add fffffffffffff000+2000; M: fffffffffffff000-ffffffffffffffff; total M fff\n"
	  "add ffffffffffffffff+1; cnt M 1; total M fff\n"
	  "M: fffffffffffff000-ffffffffffffffff" },
	{ 11, "reserve_around_noinit", 0,
	  "rsv 2000-3000; noinit 2000-3000; rsv 1000-4000\n"
	  "R: 1000-2000 2000-3000/10 3000-4000; old| warns 1; new| warns 0" },
	{ 12, "remove_within", 0,
	  "add 1000-5000; remove 2000-3000; M: 1000-2000 3000-5000; total M 3000" },
	{ 13, "remove_across_hole", 0,
	  "add 1000-3000; add 4000-6000; remove 2000-5000; M: 1000-2000 5000-6000" },
	{ 14, "remove_last_region", 0,
	  "add 1000-2000; remove 0-10000; post| cnt M 0; post| M:; 6.1| cnt M 1; total M 0\n"
	  "add 3000-4000; M: 3000-4000; cnt M 1; total M 1000" },
	{ 15, "remove_size_capped", 0,
	  "add 1000-3000; remove 2000+ffffffffffffffff; M: 1000-2000" },
	{ 16, "free_then_free_absent", 0,
	  "rsv 1000-3000; rsv 2000-4000; free 1000+2000; R: 3000-4000\n"
	  "free 9000-a000; R: 3000-4000" },
	{ 17, "remove_leaves_reserved", 0,
	  "add 1000-4000; rsv 2000-3000; remove 1000-4000; post| M:; R: 2000-3000" },
	{ 18, "hotplug_and_back", 0,
	  "add 1000-5000; hotplug 2000-3000; M: 1000-2000 2000-3000/1 3000-5000\n"
	  "unhotplug 2000-3000; M: 1000-5000" },
	{ 19, "nomap_across_hole", 0,
	  "add 1000-2000; add 3000-4000; nomap 1000+3000; M: 1000-2000/4 3000-4000/4" },
	{ 20, "mirror_needs_kernelcore_mirror", 0,
	  "add 1000-3000; mirror 1000+1000; M: 1000-3000\n"
	  "set mirror; mirror 1000+1000; M: 1000-2000/2 2000-3000" },
	{ 21, "set_node_splits_and_merges", 0,
	  "add 1000-5000; node 1000-3000 0; node 3000-5000 1; M: 1000-3000@0 3000-5000@1\n"
	  "node 0+ffffffffffffffff 0; M: 1000-5000@0" },
	{ 22, "set_node_is_not_page_rounded", 0,
	  "add 1000-3000; node 1800-2000 3; M: 1000-1800 1800-2000@3 2000-3000" },
	{ 23, "mark_without_regions", 0,
	  "nomap 1000-2000; noinit 1000-2000; post| M:; post| R:\n"
	  "add 8000-9000; rsv 8000-9000; nomap 1000-2000; noinit a000-b000; M: 8000-9000; R: 8000-9000" },

	{ 65, "trim_edges_and_small_regions", 0,
	  "add 1800-4800; add 5100-5f00; trim 1000; M: 2000-4000; total M 3000" },
	{ 65, "trim_leaves_stale_total", 0,
	  "add 1800-4800; trim 1000; M: 2000-4000; total M 3000\n"
	  "remove 0+ffffffffffffffff; post| M:; total M 1000; warns 1\n"
	  "add 5000-7000; M: 5000-7000; total M 2000; warns 2" },
	{ 66, "enforce_cuts_both_collections", 0,
	  "add 1000-3000; add 5000-8000; rsv 2000-3000; rsv 7000-9000; enforce 3000\n"
	  "M: 1000-3000 5000-6000; R: 2000-3000" },
	{ 67, "enforce_all_of_memory_cuts_reserved", 0,
	  "add 1000-3000; rsv 2000-2800; rsv 8000-9000; enforce 2000; M: 1000-3000; R: 2000-2800" },
	{ 68, "cap_spares_nomap", 0,
	  "add 1000-9000; nomap 8000-9000; rsv 1000-2000; rsv 3000-5000; rsv 8000-8800\n"
	  "cap 2000+2000; M: 2000-4000 8000-9000/4; R: 3000-4000; total M 3000; total R 1000" },
	{ 68, "cap_without_overlap_empties", 0,
	  "add 1000-3000; cap 8000+1000; post| M:; total M 0" },
	{ 69, "remove_map_spares_nomap", 0,
	  "add 1000-9000; nomap 8000-9000; remove_map 3000; M: 1000-4000 8000-9000/4" },
	{ 70, "numa_coverage", 0,
	  "add 100000-300000@0; add 300000-400000; coverage 100000 => 1; coverage fffff => 0\n"
	  "err NUMA: no nodes coverage for 1MB of 3MB RAM" },

	/* Cases of our own: what the functions promise and the table does not show. */
	{ 0, "add_below_adjacent", 0, "add 2000-3000; add 1000-2000; M: 1000-3000; cnt M 1" },
	{ 0, "add_overlaps_bottom", 0, "add 2000-4000; add 1000-3000; M: 1000-4000; total M 3000" },
	{ 0, "add_within", 0, "add 1000-8000; add 2000-3000; M: 1000-8000; total M 7000" },
	{ 0, "add_between_other_nodes", 0,
	  "add 1000-2000@0; add 3000-4000@1; add 2000-3000@2; M: 1000-2000@0 2000-3000@2 3000-4000@1" },
	{ 0, "add_minus_one_is_not_max_numnodes", 0,
	  "add 1000-2000; add 2000-3000@any; M: 1000-2000 2000-3000; cnt M 2" },
	{ 0, "add_flags_over_plain_warns", 0,
	  "add 2000-3000@0; add 1000-4000@0/4; warns 1\n"
	  "M: 1000-2000@0/4 2000-3000@0 3000-4000@0/4" },
	{ 0, "add_plain_over_flags_warns_in_old_profiles", 0,
	  "add 2000-3000@0/4; add 1000-4000@0; old| warns 1; new| warns 0\n"
	  "M: 1000-2000@0 2000-3000@0/4 3000-4000@0" },
	{ 0, "add_node_and_flags_warn_separately", 0,
	  "add 2000-3000@1; add 1000-3000@0/4; warns 2; M: 1000-2000@0/4 2000-3000@1" },
	{ 0, "final_piece_does_not_warn", 0,
	  "add 1000-2000@1; add 1000-3000@0; warns 0; M: 1000-2000@1 2000-3000@0" },
	{ 0, "add_size_wraps_is_capped", 0,
	  "add 8000000000000000+ffffffffffffffff; M: 8000000000000000-ffffffffffffffff" },
	{ 0, "remove_nothing", 0, "add 1000-2000; remove 1000+0; M: 1000-2000" },
	{ 0, "remove_overlaps_top", 0,
	  "add 1000-4000; remove 3000-6000; M: 1000-3000; total M 2000" },
	{ 0, "remove_overlaps_bottom", 0, "add 2000-4000; remove 1000-3000; M: 3000-4000" },
	{ 0, "remove_covers_three", 0,
	  "add 1000-2000; add 3000-4000; add 5000-6000; remove 1800-5800; M: 1000-1800 5800-6000" },
	{ 0, "remove_hole_keeps_attributes", 0,
	  "add 1000-5000@3/4; remove 2000-3000; M: 1000-2000@3/4 3000-5000@3/4" },
	{ 0, "reserve_overlaps_top", 0,
	  "rsv 1000-3000; rsv 2000-5000; R: 1000-5000; total R 4000" },
	{ 0, "reserve_needs_no_memory", 0, "rsv 1000-3000; post| M:; R: 1000-3000" },
	{ 0, "reserve_node_keeps_what_is_there", 0,
	  "rsv 2000-3000@1/20; rsv 1000-4000@2/20; R: 1000-2000@2/20 2000-3000@1/20 3000-4000@2/20\n"
	  "warns 1" },
	{ 0, "free_within_splits", 0, "rsv 1000-5000; free 2000-3000; R: 1000-2000 3000-5000" },
	{ 0, "mark_is_idempotent", 0,
	  "add 1000-5000; nomap 2000-3000; nomap 2000-3000; M: 1000-2000 2000-3000/4 3000-5000\n"
	  "unnomap 0-8000; M: 1000-5000" },
	{ 0, "marks_combine", 0,
	  "add 1000-5000; nomap 2000-4000; hotplug 3000-5000\n"
	  "M: 1000-2000 2000-3000/4 3000-4000/5 4000-5000/1" },
	{ 0, "set_node_on_reserved", 0,
	  "rsv 1000-5000; rnode 2000-3000 2; R: 1000-2000 2000-3000@2 3000-5000\n"
	  "rnode 1000-5000 2; R: 1000-5000@2" },
	{ 0, "set_node_stores_unchecked", 0,
	  "add 1000-5000@0; node 1000-2000 -1; node 2000-3000 10; cnt M 3\n"
	  "M: 1000-2000 2000-3000 3000-5000@0" },
	{ 0, "region_node_is_raw", 0,
	  "add 1000-3000@0; add 3000-5000@1; region_node M 4800 0; M: 1000-3000@0 3000-5000@0\n"
	  "cnt M 2; region_node M 8000 3; region_node M 1000 -7; node_at M 2fff => -7\n"
	  "node_at M 3000 => 0; rsv 1000-2000; region_node R 1000 2; R: 1000-2000@2\n"
	  "node 3000-3000 9; M: 1000-3000 3000-5000@0; node 4000-5000 0; M: 1000-3000 3000-5000@0" },
	{ 0, "predicates_of_a_region", 0,
	  "set mirror; add 1000-2000@0/8; add 3000-4000; hotplug 3000-4000; add 5000-6000\n"
	  "mirror 5000-6000; add 7000-8000; nomap 7000-8000; add 9000-a000; rsv 1000-2000\n"
	  "flags_at M 1000 => driver; flags_at M 3000 => hotplug; flags_at M 5000 => mirror\n"
	  "flags_at M 7000 => nomap; flags_at M 9000 => none; flags_at R 1000 => none\n"
	  "hotplug 5000-8000; flags_at M 5000 => hotplug mirror; flags_at M 7000 => hotplug nomap" },
	{ 0, "predicate_noinit", ON_612 | ON_NEW,
	  "rsv 1000-3000; noinit 2000-3000; flags_at R 1000 => none; flags_at R 2000 => noinit" },
	{ 0, "new_kho_scratch_and_back", ON_NEW,
	  "add 1000-5000; scratch 2000-3000; M: 1000-2000 2000-3000/40 3000-5000\n"
	  "flags_at M 2000 => scratch; unscratch 2800-3000; M: 1000-2000 2000-2800/40 2800-5000\n"
	  "unscratch 0-8000; M: 1000-5000; scratch 8000-9000; M: 1000-5000" },
	{ 0, "new_mark_kern", ON_NEW,
	  "rsv 1000-5000; mark_kern 2000-3000; R: 1000-2000 2000-3000/20 3000-5000\n"
	  "mark_kern 8000-9000; noinit 2000-4000; R: 1000-2000 2000-3000/30 3000-4000/10 4000-5000\n"
	  "total R 4000" },
	{ 0, "marks_that_a_kernel_lacks", ON_61 | ON_612,
	  "rsv 1000-5000; mark_kern 2000-3000; R: 1000-2000 2000-3000/20 3000-5000\n"
	  "mark_kern 1000-5000; R: 1000-5000/20" },
	{ 0, "marks_and_zero_sizes", 0,
	  "add 1000-3000; rsv 1000-3000; hotplug 1000+0; nomap 1000+0; unnomap 2000+0\n"
	  "node 1000+0 3; noinit 1000+0; free 1000+0; M: 1000-3000; R: 1000-3000" },
	{ 0, "marks_reach_to_the_top", 0,
	  "add 1000-3000; add fffffffffffff000+1000; hotplug 2000+max; M: 1000-2000 2000-3000/1 "
	  "fffffffffffff000-ffffffffffffffff/1; unhotplug 0+max\n"
	  "M: 1000-3000 fffffffffffff000-ffffffffffffffff" },
	{ 0, "has_mirror", 0,
	  "add 1000-3000; mirror 1000-2000; has_mirror => 0; set mirror; has_mirror => 0\n"
	  "mirror 8000-9000; has_mirror => 1; M: 1000-3000; total R 0" },
	{ 0, "noinit_splits_reserved", 0,
	  "rsv 1000-5000; noinit 2000-3000; R: 1000-2000 2000-3000/10 3000-5000; total R 4000" },
	{ 0, "trim_keeps_aligned", 0, "add 1000-3000; trim 1000; M: 1000-3000; total M 2000" },
	{ 0, "trim_to_large_blocks", 0,
	  "add 3000-9000; add a000-b000; trim 4000; M: 4000-8000; total M 6000" },
	{ 0, "trim_keeps_touching_regions_apart", 0,
	  "add 1000-2800@0; add 2800-5000@1; trim 1000; M: 1000-2000@0 3000-5000@1" },
	{ 0, "enforce_nothing", 0,
	  "add 1000-3000; rsv 8000-9000; enforce 0; M: 1000-3000; R: 8000-9000" },
	{ 0, "enforce_more_than_there_is", 0,
	  "add 1000-3000; rsv 8000-9000; enforce 2001; M: 1000-3000; R: 8000-9000" },
	{ 0, "enforce_counts_nomap", 0,
	  "add 1000-3000; nomap 1000-2000; enforce 1000; M: 1000-2000/4" },
	{ 0, "cap_zero_size", 0, "add 1000-3000; cap 2000+0; M: 1000-3000" },
	{ 0, "cap_without_memory", 0,
	  "rsv 1000-2000; cap 4000+1000; R: 1000-2000\n"
	  "warning memblock_cap_memory_range: No memory registered yet" },
	{ 0, "cap_splits_at_both_ends", 0,
	  "add 1000-9000@1; cap 2800+2000; M: 2800-4800@1; total M 2000" },
	{ 0, "cap_splits_nomap_at_boundary", 0,
	  "add 1000-9000; nomap 3000-5000; cap 4000+2000; M: 3000-4000/4 4000-5000/4 5000-6000" },
	{ 0, "remove_map_nothing", 0,
	  "add 1000-3000; remove_map 0; remove_map 8000; M: 1000-3000" },
	{ 0, "physmem_is_apart", 0,
	  "physmem 1000-5000; physmem 5000-6000; P: 1000-6000; post| M:; post| R:\n"
	  "add 1000-3000; enforce 1000; P: 1000-6000; M: 1000-2000" },
};

int main(void)
{
	return script_run_all("add, remove, attributes", cases, sizeof(cases) / sizeof(cases[0]));
}
