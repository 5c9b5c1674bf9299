/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boots.c - a file, a captured boot by its name, or a synthetic one (boots.h). */
#include "boots/boots.h"

#include <errno.h>
#include <memblock/input.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "cli/cli.h"
#include "cli/nearest.h"
#include "synthetic/synthetic.h"

/* The file of the captured boot @name, or NULL: then @nearest was shown all names. */
static char *find_captured(const char *name, struct nearest *nearest)
{
	struct mb_catalogue boots;
	char *path = NULL;

	mb_catalogue_boots(&boots);
	for (size_t i = 0; i < boots.count && !path; i++) {
		if (!strcmp(boots.names[i], name))
			path = strdup(boots.paths[i]);
		nearest_offer(nearest, boots.names[i], strlen(boots.names[i]));
	}
	mb_catalogue_free(&boots);
	return path;
}

bool mb_boot_is_generated(const char *name)
{
	return gen_is_name(name);
}

int mb_boot_open(const char *name, const struct mb_profile *profile, struct mb_trace **trace,
		 struct mb_text_error *error)
{
	return gen_is_name(name) ? gen_load(name, profile, trace, error) :
				   mb_trace_load_as(name, profile, trace, error);
}

int mb_boot_load(const char *name, const struct mb_profile *profile, struct mb_trace **trace)
{
	struct nearest nearest = nearest_to(name, strlen(name));
	struct mb_text_error error = { "" };
	char *path;
	int rc;

	if (!*name)
		return mb_fail(MB_EXIT_USAGE, "an empty file name");
	rc = mb_boot_open(name, profile, trace, &error);
	if (rc == -ENOENT && !strchr(name, '/')) {
		path = find_captured(name, &nearest);
		if (!path)
			return mb_fail(MB_EXIT_USAGE,
				       "%s: No such file or workload; see 'list workloads'%s", name,
				       nearest_words(&nearest));
		rc = mb_trace_load_as(path, profile, trace, &error);
		free(path);
	}
	return rc ? mb_fail(MB_EXIT_USAGE, "%s", error.text) : MB_EXIT_OK;
}
