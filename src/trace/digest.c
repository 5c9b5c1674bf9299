/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests: one line of hex that two implementations, two machines or two years can compare.
 *
 * The state digest is the SHA-256 of the final regions as text, one line each:
 *
 *     memory 0x1000 0x9f000 0 0x0
 *     reserved 0x0 0x10000 x 0x0
 *
 * list, base, exclusive end, node (x where the region has none), flags. Text rather than the bytes
 * of a structure, so that it does not depend on a variant, a word size or a compiler. The raw value
 * of "no node" (-1 or MAX_NUMNODES) does not show: it has no meaning outside.
 */
#include <inttypes.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>

#include "trace/trace_impl.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct mb_sha256), "room for the hash context");

void mb_sha256_start(struct mb_sha256 *sha)
{
	SHA256_Init((SHA256_CTX *)sha);
}

void mb_sha256_add(struct mb_sha256 *sha, const void *data, size_t size)
{
	SHA256_Update((SHA256_CTX *)sha, data, size);
}

void mb_sha256_hex(struct mb_sha256 *sha, char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[SHA256_DIGEST_LENGTH];
	unsigned i;

	SHA256_Final(bytes, (SHA256_CTX *)sha);
	for (i = 0; i < sizeof(bytes); i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[64] = '\0';
}

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
