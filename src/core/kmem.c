/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmem.c - memmove and memset with general registers only.
 *
 * Where memblock lives the vector unit is not usable, so kernel-flag builds must not be timed with
 * the C library's AVX routines. Four words a step, overlap decided by direction; x86's own kernel
 * routine does the same. Compiled with the kernel's flags and without loop idioms, so the compiler
 * cannot turn the loops back into calls of memmove.
 */
#include <memblock/variant.h>

typedef uint64_t __attribute__((may_alias, aligned(1))) word;
typedef uint32_t __attribute__((may_alias, aligned(1))) half;
typedef uint16_t __attribute__((may_alias, aligned(1))) quarter;

void *mb_kmemmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if (d <= s || d >= s + n) {
		for (; n >= 32; n -= 32, d += 32, s += 32) {
			word a = ((const word *)s)[0], b = ((const word *)s)[1];
			word c = ((const word *)s)[2], e = ((const word *)s)[3];

			((word *)d)[0] = a;
			((word *)d)[1] = b;
			((word *)d)[2] = c;
			((word *)d)[3] = e;
		}
		for (; n >= 8; n -= 8, d += 8, s += 8)
			*(word *)d = *(const word *)s;
		if (!n)
			return to;
		if (n & 4) {
			*(half *)d = *(const half *)s;
			d += 4;
			s += 4;
		}
		if (n & 2) {
			*(quarter *)d = *(const quarter *)s;
			d += 2;
			s += 2;
		}
		if (n & 1)
			*d = *s;
		return to;
	}
	d += n;
	s += n;
	for (; n >= 32; n -= 32) {
		word a, b, c, e;

		d -= 32;
		s -= 32;
		a = ((const word *)s)[0];
		b = ((const word *)s)[1];
		c = ((const word *)s)[2];
		e = ((const word *)s)[3];
		((word *)d)[0] = a;
		((word *)d)[1] = b;
		((word *)d)[2] = c;
		((word *)d)[3] = e;
	}
	for (; n >= 8; n -= 8) {
		d -= 8;
		s -= 8;
		*(word *)d = *(const word *)s;
	}
	if (!n)
		return to;
	if (n & 4) {
		d -= 4;
		s -= 4;
		*(half *)d = *(const half *)s;
	}
	if (n & 2) {
		d -= 2;
		s -= 2;
		*(quarter *)d = *(const quarter *)s;
	}
	if (n & 1)
		d[-1] = s[-1];
	return to;
}

void *mb_kmemset(void *to, int byte, size_t n)
{
	uint64_t pattern = 0x0101010101010101ULL * (unsigned char)byte;
	char *d = to;

	for (; n >= 8; n -= 8, d += 8)
		*(word *)d = pattern;
	for (; n; n--)
		*d++ = (char)byte;
	return to;
}
