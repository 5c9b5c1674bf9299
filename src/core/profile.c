/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile.c - where kernels differ, as one table of named switches.
 *
 * Nothing else in the tree asks for a version: code reads the switch that it is about. The profiles
 * are Linux 6.1, Linux 6.12, and `new`, which is Linux 7.3. docs/kernels.md has them beside each other.
 */
#include <memblock/memblock.h>

static const struct mb_profile profiles[] = {
	{
		.name = "6.1",
		.empty_has_dummy = true,
		.merge_scans_all = true,
		.counts_if_just_room = true,
	},
	{
		.name = "6.12",
		.no_resize_panics = true,
		.invalid_nid_is_any = true,
		.nomap_pages_first = true,
		.slab_check_in_core = true,
		.numa_reset_is_no_node = true,
		.dump_node_if_valid = true,
		.accepts_memory = true,
		.debugfs_shows_flags = true,
	},
	{
		.name = "new",
		.no_resize_panics = true,
		.rsrv_nid_requested = true,
		.alloc_sets_rsrv_kern = true,
		.flag_mismatch_needs_flags = true,
		.invalid_nid_is_any = true,
		.nomap_pages_first = true,
		.slab_check_in_core = true,
		.numa_reset_is_no_node = true,
		.dump_node_if_valid = true,
		.kern_size_in_estimate = true,
		.scratch_is_flag = true,
		.accepts_memory = true,
		.debugfs_shows_flags = true,
		.free_releases_pages = true,
		.reserve_mem_reports = true,
		.sizes_saturate = true,
		.debugfs_names_kern = true,
		.debugfs_names_hugetlb = true,
		.highmem_is_handed_over = true,
	},
};

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct mb_profile *mb_profile_find(const char *name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (same_text(profiles[i].name, name))
			return &profiles[i];
	}
	return NULL;
}
