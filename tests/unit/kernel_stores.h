/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_stores.h - what the tests of kernel.h have in common: each runs on every store and in every
 * profile. Included behind kernel.h, whose configuration is the test's.
 */
#ifndef MB_TEST_KERNEL_STORES_H
#define MB_TEST_KERNEL_STORES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <memblock/variant.h>

static const char *variant, *profile; /* under test */

/* The name of store number @n, NULL if there are not so many. */
static const char *store_name(unsigned n)
{
	unsigned count;
	const struct mb_variant *all = mb_variants(&count);

	for (unsigned i = 0; i < count; i++)
		if (all[i].kind == MB_KIND_STORE && !n--)
			return all[i].name;
	return NULL;
}

/* Take store @v and profile @p; false when all were taken. */
static bool take(unsigned v, unsigned p)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };

	assert_true(store_name(2) != NULL); /* three stores at least, or nothing would be tested */
	variant = store_name(v);
	profile = p < 3 ? profiles[p] : NULL;
	return variant && profile;
}

/* @begin(): make an instance of `variant` and `profile`. */
#define EVERY_STORE(begin)                                                                         \
	for (unsigned v_ = 0; take(v_, 0); v_++)                                                   \
		for (unsigned p_ = 0; take(v_, p_) && (begin(), true); p_++)

static bool is(const char *name)
{
	return strcmp(profile, name) == 0;
}

static void expect(const char *what, const char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0)
		fail_msg("%s, profile %s: %s: got '%s', expected '%s'", variant, profile, what, got,
			 wanted);
}

#endif
