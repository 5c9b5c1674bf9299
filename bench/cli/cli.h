/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - what the subcommands of memblock-bench share.
 *
 * A subcommand is a folder beside this one with one function, mb_cmd_<name>(argc, argv) with argv[0] its
 * name, that cmd_<name>.h declares, and one line in the table of main.c. It returns the exit status.
 */
#ifndef MB_CLI_H
#define MB_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <memblock/variant.h>

enum mb_exit {
	MB_EXIT_OK = 0,    /* done, and all checks that were asked for held */
	MB_EXIT_CHECK = 1, /* a check failed */
	MB_EXIT_USAGE = 2, /* bad usage or bad input; one line was printed */
	MB_EXIT_ENVIRONMENT =
		3, /* the environment lacks what was asked for; the line says the remedy */
};

#define MB_VARIANTS_MAX 32 /* in one list */

/* Print "memblock-bench: <text>" on stderr and return @status. */
int mb_fail(enum mb_exit status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Options are --name=value or --name value, matched by name only (no abbreviations), anywhere among
 * the file names. mb_next_arg() steps through them:
 *
 *     struct mb_args args = { argc, argv, options, .index = 1 };
 *     const char *value;
 *     int id;
 *
 *     while ((id = mb_next_arg(&args, &value)) != MB_ARG_END)
 *             switch (id) { case MB_ARG_FILE: ... case MB_ARG_BAD: return MB_EXIT_USAGE; case 'v': ... }
 */
struct mb_option {
	const char *name; /* without dashes; NULL ends the table */
	int id;           /* positive */
	bool takes_value;
};

struct mb_args {
	int argc;
	char **argv;
	const struct mb_option *options;
	int index;
	bool only_files; /* after "--" */
};

enum { MB_ARG_END = -1, MB_ARG_FILE = -2, MB_ARG_BAD = -3 };

int mb_next_arg(struct mb_args *args, const char **value);

/* Parse --format, --metadata. False: a message was printed. */
bool mb_parse_format(const char *value, bool *json);
bool mb_parse_metadata(const char *value, enum mb_metadata *metadata);
/* Parse a list of variants into @specs (MB_VARIANTS_MAX); the count, or minus the exit status with a
 * message. */
int mb_parse_variants(const char *value, struct mb_variant_spec *specs);
/* Parse --profile. False: a message was printed. */
bool mb_parse_profile(const char *value, const struct mb_profile **profile);
#define MB_PROFILE_HELP                                                                            \
	"  --profile=6.1|6.12|new  behaviour of the kernel (default: what the file says)\n"
/* A whole number from @min to @max; false with a message naming @option. */
bool mb_parse_number(const char *option, const char *value, uint64_t min, uint64_t max,
		     uint64_t *number);

/* A line of text in as many as it needs, of at most 96 columns, the later ones indented. */
void mb_print_wrapped(FILE *out, const char *text);

#endif
