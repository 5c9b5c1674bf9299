/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import.h - console logs as inputs: what a kernel printed of its boot. */
#ifndef MB_IMPORT_H
#define MB_IMPORT_H

#include <memblock/trace.h>

/* mb_import_as() (memblock/input.h): the lines are read here, src/reconstruct/ explains them. */
int mb_log_import(const char *text, size_t size, const char *source,
		  const struct mb_profile *profile, struct mb_trace **out,
		  struct mb_text_error *error);

#endif
