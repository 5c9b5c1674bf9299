/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.h - the boot that a subcommand was given: a file, "-", or the name of a workload. */
#ifndef MB_INPUT_H
#define MB_INPUT_H

#include <jansson.h>
#include <memblock/trace.h>

/* For help texts. */
#define MB_INPUT_HELP                                                                              \
	"FILE is a console log of a memblock=debug boot, a trace, or a memory map (e820, EFI,\n"   \
	"device tree, debugfs: docs/inputs.md), plain or .zst; - for standard input; or the\n"     \
	"name of a captured boot (see list workloads) or of a generated one,\n"                    \
	"gen:FAMILY:KEY=VALUE:... (see gen --list).\n"
#define MB_PROFILE_HELP                                                                            \
	"  --profile=6.1|6.12|new  behaviour of the kernel (default: what the file says)\n"

/**
 * mb_input_load() - read a boot.
 * @name:    as given by the user. A file comes before a workload of the same name.
 * @profile: NULL: what the file says.
 *
 * Return: MB_EXIT_OK, or a status for which a line was printed.
 */
int mb_input_load(const char *name, const struct mb_profile *profile, struct mb_trace **trace);

/* Parse --profile. False: a message was printed. */
bool mb_parse_profile(const char *value, const struct mb_profile **profile);

/* Text that may be in any encoding, a file name: as it is if it is UTF-8, else with '?' for what is
 * not ASCII. */
json_t *mb_json_text(const char *text);

/* Print @json on standard output as one line, and release it. NULL (it could not be built) is an
 * error like any other. Return: the exit status. */
int mb_print_json(json_t *json, size_t flags);

#endif
