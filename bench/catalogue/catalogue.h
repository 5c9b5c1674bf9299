/* SPDX-License-Identifier: GPL-2.0-or-later */
/* catalogue.h - finding the captured boots and the synthetic families that come with the program. */
#ifndef MB_CATALOGUE_H
#define MB_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

/* Files found, sorted by name; names are file names without .trace.zst or .json. */
struct mb_catalogue {
	char **names, **paths;
	size_t count;
	char tried[3 * 4200]; /* the folders that were looked into, as a list for people */
};

/*
 * Look for captured/ where the installation that the program belongs to has it, in the source tree, and
 * where the build was to be installed: what the first of these that has any has. Finding nothing gives a
 * count of 0.
 */
void mb_catalogue_boots(struct mb_catalogue *boots);
/* The same for the definitions of synthetic families, synthetic/NAME.json. */
void mb_catalogue_families(struct mb_catalogue *families);
/* Is boot @name, at @path, one of the few that a run takes unasked? catalogue.json beside it says. */
bool mb_catalogue_is_core(const char *path, const char *name);
void mb_catalogue_free(struct mb_catalogue *boots);

#endif
