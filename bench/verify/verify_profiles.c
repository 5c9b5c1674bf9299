/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_profiles.c - the profiles that sequences are of: those in which there is something to compare.
 *
 * A store behaves as any profile, the kernel's own code as its text does. That may be none of the three, but a
 * mixture; then there are sequences of this mixture.
 */
#include "verify/verify_impl.h"

#include <errno.h>
#include <stdio.h>

struct verify_profiles verify_profiles_known(void)
{
	static const char *const names[] = { "6.1", "6.12", "new" };
	struct verify_profiles known = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		known.of[known.count++] = mb_profile_find(names[i]);
	return known;
}

static void add_profile(struct verify_profiles *profiles, const struct mb_profile *profile)
{
	for (unsigned i = 0; i < profiles->count; i++)
		if (profiles->of[i] == profile)
			return;
	if (profiles->count < VERIFY_PROFILES_MAX)
		profiles->of[profiles->count++] = profile;
}

int verify_profiles_choose(const struct mb_variant_spec *specs, int count,
			   struct verify_profiles *profiles, char *error, size_t error_size)
{
	struct verify_profiles possible = verify_profiles_known();
	const struct mb_profile *behaves[MB_VARIANTS_MAX] = { 0 };
	bool takes_part[MB_VARIANTS_MAX] = { 0 };

	profiles->count = 0;
	for (unsigned p = 0; p < possible.count; p++) { /* mixtures are added as they are met */
		const struct mb_machine machine = { .profile = possible.of[p] };
		const struct mb_ops *ops;
		bool is_in[MB_VARIANTS_MAX];
		int present = 0;

		for (int i = 0; i < count; i++) {
			int code = mb_variant_ops(&specs[i], &machine, &ops, &behaves[i], NULL,
						  error, error_size);

			if (code)
				return code;
			is_in[i] = behaves[i] == possible.of[p];
			present += is_in[i];
			add_profile(&possible, behaves[i]);
		}
		if (present < 2 && present < count)
			continue;
		add_profile(profiles, possible.of[p]);
		for (int i = 0; i < count; i++)
			takes_part[i] |= is_in[i];
	}
	for (int i = 0; i < count; i++) {
		if (takes_part[i])
			continue;
		snprintf(
			error, error_size,
			"'%s' behaves as profile %s, and no other variant that was named does: there is "
			"nothing to compare it with; add array",
			specs[i].name, behaves[i]->name);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

int verify_profile_of_tree(const struct mb_variant_spec *specs, int count,
			   const struct mb_profile **profile)
{
	static const struct mb_machine machine;
	const struct mb_ops *ops;
	char error[768];

	for (int i = 0; i < count; i++) {
		if (!*specs[i].src)
			continue;
		if (mb_variant_ops(&specs[i], &machine, &ops, profile, NULL, error, sizeof(error)))
			return mb_fail(MB_EXIT_ENVIRONMENT, "verify: %s", error);
		return MB_EXIT_OK;
	}
	return mb_fail(MB_EXIT_USAGE, "verify: --profile=tree needs linux:src=DIR in --variants");
}
