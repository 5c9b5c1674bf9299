/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - memblock-bench: finds the subcommand, of those that program.c has, and runs it. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "config.h"
#include "program.h"

static int run(int argc, char **argv)
{
	const struct cli_subcommand *command;
	const char *first = argv[1];

	if (!strcmp(first, "--help") || !strcmp(first, "-h")) {
		cli_print_program(stdout, &mb_program);
		return MB_EXIT_OK;
	}
	if (!strcmp(first, "--version")) {
		printf("memblock-bench %s (%s %s, %s)\n", MB_VERSION, MB_COMPILER_ID,
		       MB_COMPILER_VERSION, MB_BUILD_TYPE);
		return MB_EXIT_OK;
	}
	command = mb_find_command(first);
	if (!command)
		return MB_EXIT_USAGE;
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	const char *incomplete = mb_variant_check();
	int status;

	if (incomplete)
		return mb_fail(MB_EXIT_USAGE, "%s", incomplete);
	if (argc < 2) {
		cli_print_program(stderr, &mb_program);
		return MB_EXIT_USAGE;
	}
	status = run(argc, argv);
	if (status == CLI_HELP_PRINTED)
		status = MB_EXIT_OK;
	/* Output that could not be written is a failure, not silence. */
	if ((fflush(stdout) || ferror(stdout)) && status != MB_EXIT_USAGE)
		return mb_fail(MB_EXIT_USAGE, "cannot write to standard output");
	return status;
}
