/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_stores.c - the stores and profiles that kernel.h is tested on; see kernel_stores.h. */
#include "kernel_stores.h"

#include <string.h>

const char *variant, *profile;

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

bool take(unsigned v, unsigned p)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };

	assert_true(store_name(2) != NULL); /* three stores at least, or nothing would be tested */
	variant = store_name(v);
	profile = p < 3 ? profiles[p] : NULL;
	return variant && profile;
}

bool is(const char *name)
{
	return strcmp(profile, name) == 0;
}

void expect(const char *what, const char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0)
		fail_msg("%s, profile %s: %s: got '%s', expected '%s'", variant, profile, what, got,
			 wanted);
}
