/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bounded - array without growth: as many regions as were provided for, and then it fails.
 *
 *     slots   | r0 | r1 | r2 | r3 | ... | rn |        cnt == max: -ENOMEM, and a line that says so
 *             |<----------- max ------------>|
 *
 * What firmware and hypervisors have: a table whose size somebody chose. README.md says who, how large, and
 * how many machines need more. Up to the limit it is array: the same code, the same answers.
 */
#include <memblock/variant.h>

#define MB_STORE bounded
#define STORE_NEVER_GROWS

#include <memblock/flat_array_impl.h>

#define LIMIT 256 /* Xen's: the largest that README.md has found */

static const struct mb_param store_params[] = {
	{ "init", MB_PARAM_UINT, 4, 1 << 20, LIMIT, NULL,
	  "the limit: slots of memory, and as many of reserved, for good" },
	{ "growth", MB_PARAM_RATIO, 100, 100, 100, NULL, "none" },
	FLAT_ARRAY_PARAMS,
	{ .name = NULL },
};

#include <memblock/variant_impl.h>
