/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.c - the boots that subcommands are given, and text from outside in JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "gen/gen.h"
#include "boots/boots.h"
#include "catalogue/catalogue.h"

/* The file of the captured boot @name, or NULL. */
static char *find_captured(const char *name)
{
	struct mb_boots boots;
	char *path = NULL;

	mb_boots_find(&boots);
	for (size_t i = 0; i < boots.count && !path; i++)
		if (!strcmp(boots.names[i], name))
			path = strdup(boots.paths[i]);
	mb_boots_free(&boots);
	return path;
}

int mb_input_load(const char *name, const struct mb_profile *profile, struct mb_trace **trace)
{
	struct mb_text_error error = { "" };
	char *path;
	int rc;

	if (!*name)
		return mb_fail(MB_EXIT_USAGE, "an empty file name");
	rc = gen_is_name(name) ? gen_load(name, profile, trace, &error) :
				 mb_trace_load_as(name, profile, trace, &error);
	if (rc == -ENOENT && !strchr(name, '/')) {
		path = find_captured(name);
		if (!path)
			return mb_fail(MB_EXIT_USAGE,
				       "%s: No such file or workload; see 'list workloads'", name);
		rc = mb_trace_load_as(path, profile, trace, &error);
		free(path);
	}
	return rc ? mb_fail(MB_EXIT_USAGE, "%s", error.text) : MB_EXIT_OK;
}

bool mb_parse_profile(const char *value, const struct mb_profile **profile)
{
	*profile = mb_profile_find(value);
	if (!*profile)
		mb_fail(MB_EXIT_USAGE, "unknown profile '%s'; 6.1, 6.12 or new", value);
	return *profile;
}

json_t *mb_json_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json)
		return json;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

int mb_print_json(json_t *json, size_t flags)
{
	int rc = json ? json_dumpf(json, stdout, flags) : -1;

	json_decref(json);
	if (rc)
		return mb_fail(MB_EXIT_USAGE, "the JSON cannot be written");
	putchar('\n');
	return MB_EXIT_OK;
}
