/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the freestanding files of src/ share. */
#ifndef MB_INTERNAL_H
#define MB_INTERNAL_H

#include <memblock/variant.h>

#define MB_EINVAL 22 /* EINVAL; <errno.h> is not freestanding */

/* Which code called a public function, as an address: there are no symbols here. */
#define CALLER ((unsigned long long)(uintptr_t)__builtin_return_address(0))

/* Hex digits of a printed address. */
static inline int mb_digits(const struct mb *mb)
{
	return mb->machine.addr_bits == 32 ? 8 : 16;
}

#endif
