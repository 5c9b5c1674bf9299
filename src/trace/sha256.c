/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.c - SHA-256, as one line of hex that two machines or two years can compare.
 *
 * The library's type of a context stays in here.
 */
#include "trace/sha256.h"

#include <sha256.h>

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
