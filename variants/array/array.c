/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * array - regions in one flat array sorted by base; the kernel's structure.
 *
 *     slots   | r0 | r1 | r2 | r3 | ... |    |    |        position = index
 *             |<------- cnt ----------->|
 *             |<------------- max ---------------->|
 *
 * 24 bytes a region, as in the kernel, so growth asks for the same bytes and lands on the same
 * addresses. An insert or erase moves the tail. What differs from the kernel's code is only how
 * often regions are looked at: one scan finds the place, and a piece that joins a neighbour extends
 * it instead of being inserted and merged away.
 *
 * search=linear scans like the kernel's add and isolate, search=binary halves instead, search=place
 * looks first where the last change was. The kernel itself uses two: lookups by address
 * (memblock_search) are binary there, and so they are here in every mode. merge=full looks at the
 * whole array after each add, as kernels before 6.2 did.
 */
#include <memblock/variant.h>

#define MB_STORE array

#include <memblock/flat_array_impl.h>

static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	FLAT_ARRAY_PARAMS,
	{ .name = NULL },
};

#include <memblock/variant_impl.h>
