/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exhaustive_layouts.c - tiny machines, and every layout of their memory and reserved.
 *
 * Pages are numbered from 0, which is part of the machine because it is special. The number of a start is that
 * of its settings, then a digit for each page: 0 none, 1 or 2 the kind, of reserved and of memory,
 *
 *     memory     . 1 1 2 . 1        [1,3) of the first kind, [3,4) of the second, [5,6) of the first
 *     reserved   . . 1 1 . .        [2,4)
 *
 * With four slots a change to a collection of three regions wants to grow; layouts have four regions at most.
 */
#include "verify/exhaustive_impl.h"

#include <string.h>

enum { SLOTS = 4, PAGE = 4096, NO_KIND = INT32_MIN, LIKE_RESERVE = INT32_MIN + 1 };
enum { FIXED = 1, BOTTOM_UP = 2, SCRATCH_ONLY = 4, SETTINGS = 8 };

#define TINY .memory_slots = SLOTS, .reserved_slots = SLOTS, .max_numnodes = 4
#define KIND(node, bits)                                                                           \
	{                                                                                          \
		.nid = (node), .flags = (bits)                                                     \
	}
#define RESERVED KIND(LIKE_RESERVE, 0) /* as mb_reserve() makes it */
#define NONE KIND(NO_KIND, 0)

static const struct exhaustive_theme themes[] = {
	{ .name = "nodes",
	  .machine = { TINY },
	  .memory = { KIND(0, 0), KIND(1, 0) },
	  .reserved = { RESERVED, NONE },
	  .kernels = "ALL" },
	{ .name = "hotplug",
	  .machine = { TINY, .movable_node = true, .keep_memblock = true },
	  .memory = { KIND(0, 0), KIND(0, MB_HOTPLUG) },
	  .reserved = { RESERVED, NONE },
	  .kernels = "ALL" },
	{ .name = "mirror",
	  .machine = { TINY, .kernelcore_mirror = true },
	  .memory = { KIND(0, 0), KIND(0, MB_MIRROR) },
	  .reserved = { RESERVED, NONE },
	  .mirror = true,
	  .kernels = "ALL" },
	{ .name = "nomap",
	  .machine = { TINY },
	  .memory = { KIND(0, 0), KIND(0, MB_NOMAP) },
	  .reserved = { RESERVED, NONE },
	  .kernels = "ALL" },
	{ .name = "driver_managed",
	  .machine = { TINY, .max_low_pfn = 3 },
	  .memory = { KIND(0, 0), KIND(0, MB_DRIVER_MANAGED) },
	  .reserved = { RESERVED, NONE },
	  .kernels = "ALL" },
	{ .name = "kho_scratch",
	  .machine = { TINY },
	  .memory = { KIND(0, 0), KIND(0, MB_KHO_SCRATCH) },
	  .reserved = { RESERVED, NONE },
	  .scratch_only = true,
	  .kernels = "NEW" },
	{ .name = "reserved nodes",
	  .machine = { TINY },
	  .memory = { KIND(0, 0), NONE },
	  .reserved = { KIND(0, 0), KIND(1, 0) },
	  .kernels = "ALL" },
	{ .name = "noinit",
	  .machine = { TINY },
	  .memory = { KIND(0, 0), NONE },
	  .reserved = { RESERVED, KIND(LIKE_RESERVE, MB_RSRV_NOINIT) },
	  .kernels = "SINCE_6_12" },
	{ .name = "kern, hugetlb",
	  .machine = { TINY },
	  .memory = { KIND(0, 0), NONE },
	  .reserved = { KIND(LIKE_RESERVE, MB_RSRV_KERN), KIND(LIKE_RESERVE, MB_RSRV_HUGETLB) },
	  .kernels = "NEW" },
};

bool exhaustive_knows(const struct mb_profile *profile, const char *kernels)
{
	/* A mixture counts as what it comes after; but its reservations can be told apart. */
	bool old = !strcmp(profile->name, "6.1"), newest = profile->alloc_sets_rsrv_kern;

	if (!strcmp(kernels, "SINCE_6_12"))
		return !old;
	if (!strcmp(kernels, "UNTIL_6_12"))
		return !newest;
	if (!strcmp(kernels, "NEW"))
		return newest;
	return !strcmp(kernels, "ALL");
}

bool exhaustive_theme(unsigned n, const struct mb_profile *profile, struct exhaustive_theme *theme,
		      bool *more)
{
	*more = n < sizeof(themes) / sizeof(themes[0]);
	if (!*more)
		return false;
	*theme = themes[n];
	theme->machine.profile = profile;
	for (unsigned i = 0; i < 2; i++)
		if (theme->reserved[i].nid == LIKE_RESERVE)
			theme->reserved[i].nid = profile->rsrv_nid_requested ?
							 MB_NUMA_NO_NODE :
							 (int)theme->machine.max_numnodes;
	return exhaustive_knows(profile, theme->kernels);
}

/* ---- numbers ----------------------------------------------------------------------------------- */

/* What a page can be: kinds, and none. */
static unsigned choices(const struct mb_region kinds[2])
{
	return kinds[1].nid == NO_KIND ? 2 : 3;
}

static uint64_t power(uint64_t base, unsigned n)
{
	uint64_t x = 1;

	while (n--)
		x *= base;
	return x;
}

uint64_t exhaustive_starts(const struct exhaustive_theme *theme, unsigned pages)
{
	return power(choices(theme->memory), pages) * power(choices(theme->reserved), pages) *
	       SETTINGS;
}

/* Neighbours of a kind are one region. Their number; with @regions they are put there, of the first page
 * and of the pages, with the kind as its flags. */
static unsigned regions_of(uint64_t digits, unsigned choice, unsigned pages,
			   struct mb_region *regions)
{
	unsigned n = 0, last = 0;

	for (unsigned page = 0; page < pages; page++, digits /= choice) {
		unsigned kind = (unsigned)(digits % choice);

		if (kind && kind == last) {
			if (regions)
				regions[n - 1].size++;
		} else if (kind) {
			if (regions)
				regions[n] = (struct mb_region){ page, 1, kind - 1, 0 };
			n++;
		}
		last = kind;
	}
	return n;
}

/* The digits of memory and of reserved, and the settings. */
static void split(const struct exhaustive_theme *theme, unsigned pages, uint64_t start,
		  uint64_t digits[2], unsigned *settings)
{
	uint64_t layouts = power(choices(theme->reserved), pages);

	*settings = (unsigned)(start % SETTINGS);
	start /= SETTINGS;
	digits[MB_RESERVED] = start % layouts;
	digits[MB_MEMORY] = start / layouts;
}

unsigned exhaustive_regions(const struct exhaustive_theme *theme, unsigned pages, uint64_t start)
{
	unsigned settings;
	uint64_t digits[2];

	split(theme, pages, start, digits, &settings);
	return regions_of(digits[MB_MEMORY], choices(theme->memory), pages, NULL) +
	       regions_of(digits[MB_RESERVED], choices(theme->reserved), pages, NULL);
}

/* ---- building one ------------------------------------------------------------------------------ */

static size_t set_up(const struct exhaustive_theme *theme, unsigned settings, struct mb_op *ops)
{
	size_t n = 0;

	ops[n++] = (struct mb_op){ .kind = MB_OP_DEBUG, .value = 1 };
	if (!(settings & FIXED))
		ops[n++] = (struct mb_op){ .kind = MB_OP_ALLOW_RESIZE };
	if (theme->mirror)
		ops[n++] = (struct mb_op){ .kind = MB_OP_MARK, .size = PAGE, .flags = MB_MIRROR };
	if (settings & BOTTOM_UP)
		ops[n++] = (struct mb_op){ .kind = MB_OP_SET_BOTTOM_UP, .value = 1 };
	if (settings & SCRATCH_ONLY)
		ops[n++] = (struct mb_op){ .kind = MB_OP_SCRATCH_ONLY, .value = 1 };
	return n;
}

size_t exhaustive_start(const struct exhaustive_theme *theme, unsigned pages, uint64_t start,
			struct mb_op *ops)
{
	const struct mb_region *kinds[2] = { theme->memory, theme->reserved };
	struct mb_region regions[2][2 * SLOTS];
	unsigned settings, cnt[2];
	uint64_t digits[2];
	size_t n;

	split(theme, pages, start, digits, &settings);
	for (unsigned w = 0; w < 2; w++)
		cnt[w] = regions_of(digits[w], choices(kinds[w]), pages, NULL);
	if (cnt[MB_MEMORY] > SLOTS || cnt[MB_RESERVED] > SLOTS)
		return 0;
	if ((settings & SCRATCH_ONLY) && !theme->scratch_only)
		return 0;
	/* That arrays may not grow matters where one would. */
	if ((settings & FIXED) && cnt[MB_MEMORY] + 2 <= SLOTS && cnt[MB_RESERVED] + 2 <= SLOTS)
		return 0;
	n = set_up(theme, settings, ops);
	for (unsigned w = 0; w < 2; w++) {
		regions_of(digits[w], choices(kinds[w]), pages, regions[w]);
		for (unsigned i = 0; i < cnt[w]; i++) {
			const struct mb_region *kind = &kinds[w][regions[w][i].flags];
			struct mb_op op = { .kind = MB_OP_ADD_NODE,
					    .base = regions[w][i].base * PAGE,
					    .size = regions[w][i].size * PAGE,
					    .nid = kind->nid,
					    .flags = kind->flags };

			if (w == MB_RESERVED)
				op.kind = MB_OP_RESERVE_NODE;
			ops[n++] = op;
		}
	}
	return n;
}
