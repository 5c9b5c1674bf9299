/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_digest.c - what an instance holds, as one line of hex.
 *
 * The state digest is the SHA-256 of the regions as text, one line each:
 *
 *     memory 0x1000 0x9f000 0 0x0
 *     reserved 0x0 0x10000 x 0x0
 *
 * list, base, exclusive end, node (x where the region has none), flags. Text rather than the bytes
 * of a structure, so that it does not depend on a variant, a word size or a compiler. The raw value
 * of "no node" (-1 or MAX_NUMNODES) does not show: it has no meaning outside.
 */
#include <inttypes.h>
#include <memblock/replay.h>
#include <stdio.h>

#include "trace/sha256.h"

void mb_state_digest(struct mb *mb, char digest[65])
{
	struct mb_sha256 sha;
	enum mb_which which;

	mb_sha256_start(&sha);
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		struct mb_range r;
		struct mb_iter it;

		if (which == MB_PHYSMEM && !mb->machine.physmem)
			continue;
		for (mb_iter_regions(&it, mb, which, false); mb_next(&it, &r);) {
			char line[128], node[16] = "x";
			int n;

			if (r.base == r.end)
				continue; /* the stand-in of an empty collection in profile 6.1 */
			if (!mb->machine.no_numa && r.nid >= 0 &&
			    (unsigned)r.nid < mb_max_numnodes(mb))
				snprintf(node, sizeof(node), "%d", r.nid);
			n = snprintf(line, sizeof(line),
				     "%s 0x%" PRIx64 " 0x%" PRIx64 " %s 0x%" PRIx32 "\n",
				     mb_which_name(which), r.base, r.end, node, r.flags);
			mb_sha256_add(&sha, line, (size_t)n);
		}
	}
	mb_sha256_hex(&sha, digest);
}
