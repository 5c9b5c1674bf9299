/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.h - what the program and a built kernel object say to each other.
 *
 * An object is mm/memblock.c of one kernel tree, in one configuration and flag set, compiled with
 * adapter.c into a shared library by build.sh and loaded by src/host/linux.c. It exports one function.
 */
#ifndef MB_LINUX_OBJECT_H
#define MB_LINUX_OBJECT_H

#include <memblock/variant.h>

/* Functions of the program that the object calls. */
struct mb_linux_services {
	size_t mb_bytes; /* sizeof(struct mb): both sides were compiled with the same headers */
	void (*warn)(struct mb *mb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
	void (*bug)(struct mb *mb, const char *fmt, ...)
		__attribute__((format(printf, 2, 3), noreturn));
	void (*log)(struct mb *mb, enum mb_level level, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
	/* mb_free_reserved_area(), for a tree that has it elsewhere. */
	uint64_t (*free_area)(struct mb *mb, void *start, void *end, int poison, const char *name);
	/* The writable data of the object, which is the state of the kernel's file. */
	void *data;
	size_t data_bytes;
	/* As many bytes, for the state of an instance before its first call. */
	void *pristine;
};

struct mb_linux_object {
	const struct mb_ops *ops;
	/* What this kernel does, as its text says. The name is that of the profile that it comes after
	 * ("6.1+"), for a mixture that is none. */
	const struct mb_profile *behaviour;
};

/* Called once, before anything else; @services is copied. NULL: the headers differ. */
typedef const struct mb_linux_object *mb_linux_open_fn(const struct mb_linux_services *services);
#define MB_LINUX_OPEN "mb_linux_open"

#endif
