/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault.c - a planted fault, to show that the conformance run sees one.
 *
 * Linked with --wrap=mb_reserve: every reservation through kernel.h is one byte short.
 */
#include <memblock/memblock.h>

int __real_mb_reserve(struct mb *mb, uint64_t base, uint64_t size);
int __wrap_mb_reserve(struct mb *mb, uint64_t base, uint64_t size);

int __wrap_mb_reserve(struct mb *mb, uint64_t base, uint64_t size)
{
	return __real_mb_reserve(mb, base, size ? size - 1 : 0);
}
