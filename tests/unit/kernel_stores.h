/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_stores.h - kernel.h as its tests have it: one configuration, every store, every profile.
 */
#ifndef MB_TEST_KERNEL_STORES_H
#define MB_TEST_KERNEL_STORES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#define CONFIG_NUMA
#define CONFIG_NODES_SHIFT 4
#define CONFIG_HAVE_MEMBLOCK_PHYS_MAP
#define SMP_CACHE_BYTES 32
#include <memblock/kernel.h>
#include <memblock/variant.h>

extern const char *variant, *profile; /* under test */

/* Take store @v and profile @p; false when all were taken. */
bool take(unsigned v, unsigned p);

/* @begin(): make an instance of `variant` and `profile`. */
#define EVERY_STORE(begin)                                                                         \
	for (unsigned v_ = 0; take(v_, 0); v_++)                                                   \
		for (unsigned p_ = 0; take(v_, p_) && (begin(), true); p_++)

/* Is that the profile under test? */
bool is(const char *name);

/* Two texts must be the same; @what: for the message. */
void expect(const char *what, const char *got, const char *wanted);

#endif
