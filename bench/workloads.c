/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workloads.c - finding the captured boots that come with the program. */
#include "workloads.h"

#include "config.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".trace.zst"

static void add_found(struct mb_boots *boots, const glob_t *found)
{
	boots->names = calloc(found->gl_pathc, sizeof(*boots->names));
	boots->paths = calloc(found->gl_pathc, sizeof(*boots->paths));
	for (size_t i = 0; i < found->gl_pathc && boots->names && boots->paths; i++) {
		const char *name = strrchr(found->gl_pathv[i], '/') + 1;

		boots->paths[i] = strdup(found->gl_pathv[i]);
		boots->names[i] = strndup(name, strlen(name) - strlen(SUFFIX));
		boots->count++;
	}
}

/* Unless there are boots already, those in @folder, whose name is taken literally. */
static void find_in(struct mb_boots *boots, const char *folder)
{
	char pattern[2 * PATH_MAX + sizeof(SUFFIX) + 2], *to = pattern;
	size_t used = strlen(boots->tried);
	glob_t found;

	if (boots->count || strlen(folder) >= PATH_MAX)
		return;
	snprintf(boots->tried + used, sizeof(boots->tried) - used, "%s%s", used ? ", " : "",
		 folder);
	for (; *folder; folder++) {
		if (strchr("*?[\\", *folder))
			*to++ = '\\';
		*to++ = *folder;
	}
	strcpy(to, "/*" SUFFIX);
	if (!glob(pattern, 0, NULL, &found))
		add_found(boots, &found);
	globfree(&found);
}

/* bin/memblock-bench belongs to share/memblock-bench/. */
static void find_beside_program(struct mb_boots *boots)
{
	static const char below[] = "/../share/memblock-bench/workloads/captured";
	char path[PATH_MAX + sizeof(below)];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (length <= 0)
		return;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return;
	strcpy(slash, below);
	find_in(boots, path);
}

void mb_boots_find(struct mb_boots *boots)
{
	memset(boots, 0, sizeof(*boots));
	find_beside_program(boots);
	find_in(boots, MB_SOURCE_DIR "/workloads/captured");
	find_in(boots, MB_DATA_DIR "/workloads/captured");
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
