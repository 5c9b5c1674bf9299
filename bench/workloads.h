/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workloads.h - finding the captured boots that come with the program. */
#ifndef MB_WORKLOADS_H
#define MB_WORKLOADS_H

#include <stddef.h>

/* Boots found, sorted by name; names are file names without .trace.zst. */
struct mb_boots {
	char **names, **paths;
	size_t count;
};

/* Look in workloads/captured of the source tree, or of the installation where that is gone. Finding
 * nothing gives a count of 0. */
void mb_boots_find(struct mb_boots *boots);
void mb_boots_free(struct mb_boots *boots);

#endif
