/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workloads.c - finding the captured boots that come with the program. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "workloads.h"

#define SUFFIX ".trace.zst"

static void find_in(struct mb_boots *boots, const char *pattern)
{
	glob_t found;

	if (!glob(pattern, 0, NULL, &found) && found.gl_pathc) {
		boots->names = calloc(found.gl_pathc, sizeof(*boots->names));
		boots->paths = calloc(found.gl_pathc, sizeof(*boots->paths));
		for (size_t i = 0; i < found.gl_pathc && boots->names && boots->paths; i++) {
			const char *name = strrchr(found.gl_pathv[i], '/') + 1;

			boots->paths[i] = strdup(found.gl_pathv[i]);
			boots->names[i] = strndup(name, strlen(name) - strlen(SUFFIX));
			boots->count++;
		}
	}
	globfree(&found);
}

void mb_boots_find(struct mb_boots *boots)
{
	memset(boots, 0, sizeof(*boots));
	find_in(boots, MB_SOURCE_DIR "/workloads/captured/*" SUFFIX);
	if (!boots->count)
		find_in(boots, MB_DATA_DIR "/workloads/captured/*" SUFFIX);
}

void mb_boots_free(struct mb_boots *boots)
{
	for (size_t i = 0; i < boots->count; i++) {
		free(boots->names[i]);
		free(boots->paths[i]);
	}
	free(boots->names);
	free(boots->paths);
}
