/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - what commands print as JSON (json.h). */
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

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
