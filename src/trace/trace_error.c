/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_error.c - one way to word what is wrong with an input.
 */
#include <stdio.h>
#include <string.h>

#include "trace/trace_impl.h"

int mb_text_fail(struct mb_text_error *error, int code, const char *file, uint32_t line,
		 const char *what, const char *text, size_t size, const char *remedy)
{
	char shown[84] = "", where[16] = "";
	size_t i;

	if (!error)
		return code;
	if (line)
		snprintf(where, sizeof(where), ":%u", line);
	if (text) {
		for (i = 0; i < size && i < sizeof(shown) - 4; i++)
			shown[i] = mb_printable(text[i]);
		strcpy(shown + i, i < size ? "..." : "");
	}
	snprintf(error->text, sizeof(error->text), "%s%s: %s%s%s%s%s%s", file, where, what,
		 text ? ": '" : "", shown, text ? "'" : "", remedy ? "; " : "",
		 remedy ? remedy : "");
	return code;
}
