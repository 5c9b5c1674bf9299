/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - what commands print as JSON. */
#ifndef MB_JSON_H
#define MB_JSON_H

#include <jansson.h>

/* Text that may be in any encoding, a file name: as it is if it is UTF-8, else with '?' for what is
 * not ASCII. */
json_t *mb_json_text(const char *text);

/* Print @json on standard output as one line, and release it. NULL (it could not be built) is an
 * error like any other. Return: the exit status. */
int mb_print_json(json_t *json, size_t flags);

#endif
