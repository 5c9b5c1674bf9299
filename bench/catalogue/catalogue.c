/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue.c - finding the captured boots and the synthetic families that come with the program. */
#include "catalogue/catalogue.h"

#include "config.h"

#include <glob.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is looked for: files below workloads/. */
struct kind {
	const char *folder, *suffix;
};

static const struct kind captured = { "captured", ".trace.zst" };
static const struct kind synthetic = { "synthetic", ".json" };

static void add_found(struct mb_catalogue *boots, const char *suffix, const glob_t *found)
{
	boots->names = calloc(found->gl_pathc, sizeof(*boots->names));
	boots->paths = calloc(found->gl_pathc, sizeof(*boots->paths));
	for (size_t i = 0; i < found->gl_pathc && boots->names && boots->paths; i++) {
		const char *name = strrchr(found->gl_pathv[i], '/') + 1;

		boots->paths[i] = strdup(found->gl_pathv[i]);
		boots->names[i] = strndup(name, strlen(name) - strlen(suffix));
		boots->count++;
	}
}

/* Unless there are boots already, those in @folder, whose name is taken literally. */
static void find_in(struct mb_catalogue *boots, const struct kind *kind, const char *workloads)
{
	char path[PATH_MAX], pattern[2 * PATH_MAX + 32], *to = pattern;
	const char *folder = path;
	size_t used = strlen(boots->tried);
	glob_t found;

	if (boots->count || strlen(workloads) + strlen(kind->folder) + 2 > sizeof(path))
		return;
	strcpy(path, workloads);
	strcat(strcat(path, "/"), kind->folder);
	snprintf(boots->tried + used, sizeof(boots->tried) - used, "%s%s", used ? ", " : "",
		 folder);
	for (; *folder; folder++) {
		if (strchr("*?[\\", *folder))
			*to++ = '\\';
		*to++ = *folder;
	}
	strcpy(to, "/*");
	strcat(to, kind->suffix);
	if (!glob(pattern, 0, NULL, &found))
		add_found(boots, kind->suffix, &found);
	globfree(&found);
}

/* bin/memblock-bench belongs to share/memblock-bench/. */
static void find_beside_program(struct mb_catalogue *boots, const struct kind *kind)
{
	static const char below[] = "/../share/memblock-bench/workloads";
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
	find_in(boots, kind, path);
}

static void find(struct mb_catalogue *boots, const struct kind *kind)
{
	memset(boots, 0, sizeof(*boots));
	find_beside_program(boots, kind);
	find_in(boots, kind, MB_SOURCE_DIR "/workloads");
	find_in(boots, kind, MB_DATA_DIR "/workloads");
}

void mb_catalogue_boots(struct mb_catalogue *boots)
{
	find(boots, &captured);
}

void mb_catalogue_families(struct mb_catalogue *families)
{
	find(families, &synthetic);
}

bool mb_catalogue_is_core(const char *path, const char *name)
{
	char catalogue[PATH_MAX + sizeof("catalogue.json")];
	const char *slash = strrchr(path, '/');
	bool core = false;
	json_t *list, *entry;
	size_t i;

	snprintf(catalogue, sizeof(catalogue), "%.*s/catalogue.json",
		 slash ? (int)(slash - path) : 1, slash ? path : ".");
	list = json_load_file(catalogue, 0, NULL);
	if (!list) /* nothing says that there are too many */
		return true;
	json_array_foreach(list, i, entry)
	{
		const char *of = json_string_value(json_object_get(entry, "name"));

		if (of && !strcmp(of, name))
			core = json_is_true(json_object_get(entry, "core"));
	}
	json_decref(list);
	return core;
}

void mb_catalogue_free(struct mb_catalogue *boots)
{
	for (size_t i = 0; i < boots->count; i++) {
		free(boots->names[i]);
		free(boots->paths[i]);
	}
	free(boots->names);
	free(boots->paths);
}
