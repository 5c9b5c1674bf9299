/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core_impl.h - what the files of this folder share.
 *
 * The public functions are thin: they apply what is common to all variants (arguments, profile
 * switches) and make one indirect call into the variant's compiled step (memblock/variant_impl.h).
 * Freestanding, as everything here that a kernel could use (MB_CORE in CMakeLists.txt).
 *
 * A file calls only files of the lines above its own; kmem.c, which calls kthunk.c, is for variants:
 *
 *     messages  profile  regions  address  settings  attributes
 *     setup  release  iterate
 *     collections  queries
 *     truncate  alloc  check  dump  debugfs  memtest
 *     handover  system_hash
 *     reserve_mem
 */
#ifndef MB_CORE_IMPL_H
#define MB_CORE_IMPL_H

#include <memblock/variant.h>

#define MB_EINVAL 22 /* EINVAL; <errno.h> is not freestanding */
#define MB_EBUSY 16  /* EBUSY */

/* Which code called a public function, as an address: there are no symbols here. */
#define CALLER ((unsigned long long)(uintptr_t)__builtin_return_address(0))

/* Does this instance's variant answer a public call whole? (struct mb_whole) */
#define IS_WHOLE(mb, call) (__builtin_expect((mb)->ops->whole != NULL, 0) && (mb)->ops->whole->call)
#define WHOLE(mb, call, ...) ((mb)->ops->whole->call(mb, ##__VA_ARGS__))

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

/* What mb_phys_to_virt() and mb_virt_to_phys() do, for the way of every allocation. A pointer of 32 bits
 * stands for an address below 4 GiB. */
static inline void *phys_to_virt(const struct mb *mb, uint64_t pa)
{
#if UINTPTR_MAX < UINT64_MAX
	if (pa > UINTPTR_MAX)
		mb_bug((struct mb *)(uintptr_t)mb,
		       "memblock: no pointer of this host reaches 0x%llx", (unsigned long long)pa);
#endif
	return (void *)(uintptr_t)(pa + mb->offset);
}

static inline uint64_t virt_to_phys(const struct mb *mb, const void *ptr)
{
	return (uintptr_t)ptr - (uintptr_t)mb->offset;
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

/*
 * Lines of memblock=debug (src/core/messages.c), which are not to cost anything where it is off: the
 * question is asked where a public function begins, the answer is elsewhere.
 */
void mb_log_range(struct mb *mb, const char *function, uint64_t base, uint64_t size,
		  unsigned long long caller) __attribute__((cold));
void mb_log_node(struct mb *mb, const char *function, uint64_t base, uint64_t size, int nid,
		 uint32_t flags, unsigned long long caller) __attribute__((cold));
/* The line of a reservation by @caller, debugging or not. */
void mb_log_reserved(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags,
		     const char *caller);

/* `<function>: [first-last] caller` */
static inline void log_range(struct mb *mb, const char *function, uint64_t base, uint64_t size,
			     unsigned long long caller)
{
	if (__builtin_expect(mb->debug, 0))
		mb_log_range(mb, function, base, size, caller);
}

/* Formats one line for @line (src/core/messages.c). */
void mb_emit(mb_line_fn *line, void *ctx, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Make @which empty again, over its static slots (src/core/setup.c). */
void mb_reset_collection(struct mb *mb, enum mb_which which);

/* Has an empty collection a region of size 0? One that the machine does not have has nothing. */
static inline bool mb_has_dummy(const struct mb *mb, enum mb_which which)
{
	return mb->profile->empty_has_dummy && (which != MB_PHYSMEM || mb->machine.physmem);
}

/* Hex digits of a printed address. */
static inline int mb_digits(const struct mb *mb)
{
	return mb->machine.addr_bits == 32 ? 8 : 16;
}

#endif
