/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - memory maps as inputs: what firmware or a running kernel says about a machine's memory.
 *
 * A layout says what memory there is, not what a kernel did with it. So every operation of the trace
 * is marked as generated, with the line it comes from or the assumption behind it, and no address is
 * expected of an allocation. docs/inputs.md has the forms.
 */
#ifndef MB_LAYOUT_H
#define MB_LAYOUT_H

#include <memblock/trace.h>

/* Is it a layout for sure, whatever else is in it: a device tree, or debugfs? */
bool mb_layout_certain(const char *data, size_t size);
/* Is it one, if it is not a log with memblock lines? */
bool mb_layout_possible(const char *data, size_t size);
/* Read it and generate a boot. @profile NULL: what the input suggests. */
int mb_layout_load(const char *data, size_t size, const char *path,
		   const struct mb_profile *profile, struct mb_trace **out,
		   struct mb_text_error *error);

#endif
