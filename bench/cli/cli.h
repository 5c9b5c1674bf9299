/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - what the subcommands of memblock-bench share.
 *
 * A subcommand is a folder beside this one with one function, mb_cmd_<name>(argc, argv) with argv[0] its
 * name, and one table, mb_<name>_command (options.h), that cmd_<name>.h declares, and one line in program.c. The
 * function returns the exit status.
 */
#ifndef MB_CLI_H
#define MB_CLI_H

#include <stdbool.h>
#include <stdint.h>
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

/* Parse a list of variants into @specs (MB_VARIANTS_MAX); the count, or minus the exit status with a
 * message. */
int mb_parse_variants(const char *value, struct mb_variant_spec *specs);
/* The same for @command, which needs every call: peers, which offer a few, are refused. */
int mb_parse_full_variants(const char *command, const char *value, struct mb_variant_spec *specs);
/* A whole number from @min to @max; false with a message naming @option. */
bool mb_parse_number(const char *option, const char *value, uint64_t min, uint64_t max,
		     uint64_t *number);

/*
 * Text in lines of at most @width columns, which ends without a newline; those after the first are indented.
 * @column: where the first begins; beyond @indent it goes on behind a blank. Return: the column reached.
 */
unsigned mb_print_wrapped(FILE *out, const char *text, unsigned column, unsigned indent,
			  unsigned width);

#endif
