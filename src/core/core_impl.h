/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the freestanding files of src/ share. */
#ifndef MB_INTERNAL_H
#define MB_INTERNAL_H

#include <memblock/variant.h>

#define MB_EINVAL 22 /* EINVAL; <errno.h> is not freestanding */
#define MB_EBUSY 16  /* EBUSY */

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

/*
 * Misuse that a kernel leaves undefined: debug builds stop, the others do what the kernel does. (A
 * size that reaches over the top of the address space is defined for the operations on collections:
 * it is cut.)
 */
static inline void assert_align(struct mb *mb, uint64_t align)
{
#ifndef NDEBUG
	if (align & (align - 1))
		mb_bug(mb, "memblock: alignment 0x%llx is not a power of two",
		       (unsigned long long)align);
#else
	(void)mb;
	(void)align;
#endif
}

static inline void assert_no_wrap(struct mb *mb, uint64_t base, uint64_t size)
{
#ifndef NDEBUG
	if (base > mb->addr_max || size > mb->addr_max - base)
		mb_bug(mb,
		       "memblock: 0x%llx bytes from 0x%llx on reach over the end of the address space",
		       (unsigned long long)size, (unsigned long long)base);
#else
	(void)mb;
	(void)base;
	(void)size;
#endif
}

/* The line `<function>: [first-last] caller` of memblock=debug (src/core/core.c). */
void mb_log_range(struct mb *mb, const char *function, uint64_t base, uint64_t size,
		  unsigned long long caller);
/* The line of a reservation by @caller. */
void mb_log_reserved(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags,
		     const char *caller);
/* Make @which empty again, over its static slots. */
void mb_reset_collection(struct mb *mb, enum mb_which which);

/* Formats one line for @line. */
void mb_emit(mb_line_fn *line, void *ctx, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* May reserved pages be released already? Warns if not (src/core/handover.c). */
bool mb_can_release(struct mb *mb);

/* Hex digits of a printed address. */
static inline int mb_digits(const struct mb *mb)
{
	return mb->machine.addr_bits == 32 ? 8 : 16;
}

#endif
