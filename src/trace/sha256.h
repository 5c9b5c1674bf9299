/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sha256.h - SHA-256 of anything, piece by piece. */
#ifndef MB_SHA256_H
#define MB_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct mb_sha256 {
	uint64_t state[32]; /* room for, and alignment of, the context of the library used */
};

void mb_sha256_start(struct mb_sha256 *sha);
void mb_sha256_add(struct mb_sha256 *sha, const void *data, size_t size);
/* The digest in hexadecimal, with its final 0. */
void mb_sha256_hex(struct mb_sha256 *sha, char hex[65]);

#endif
