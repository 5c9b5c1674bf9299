/* SPDX-License-Identifier: GPL-2.0-or-later */
/* draw.h - numbers that look random and are the same each time: xorshift, Marsaglia 2003, with his seed. */
#include <stdint.h>

static uint64_t draw(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}
