/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the freestanding files of src/ share. */
#ifndef MB_INTERNAL_H
#define MB_INTERNAL_H

#include <memblock/variant.h>

#define MB_EINVAL 22 /* EINVAL; <errno.h> is not freestanding */

/* Which code called a public function, as an address: there are no symbols here. */
#define CALLER ((unsigned long long)(uintptr_t)__builtin_return_address(0))

/* Does this instance's variant answer a public call whole? (struct mb_whole) */
#define IS_WHOLE(mb, call) (__builtin_expect((mb)->ops->whole != NULL, 0) && (mb)->ops->whole->call)
#define WHOLE(mb, call, ...) ((mb)->ops->whole->call(mb, __VA_ARGS__))

/* The library changed a field that such a variant keeps a copy of. */
static inline void settings_changed(struct mb *mb)
{
	if (mb->ops->whole)
		mb->ops->whole->settings(mb);
}

/* cnt, max and total_size of the collections are wanted. */
static inline void refresh(const struct mb *mb)
{
	if (__builtin_expect(mb->ops->whole != NULL, 0))
		mb->ops->whole->refresh((struct mb *)(uintptr_t)mb);
}

/* Hex digits of a printed address. */
static inline int mb_digits(const struct mb *mb)
{
	return mb->machine.addr_bits == 32 ? 8 : 16;
}

#endif
