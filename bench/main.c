/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - memblock-bench: finds the subcommand, of those that program.c has; help about them. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/nearest.h"
#include "config.h"
#include "program.h"

/* ---- help -------------------------------------------------------------------------------------- */

struct asked {
	const char *command;
	bool man, bash;
};

static const struct asked presets;

static const struct cli_option help_options[] = {
	{ .value = "COMMAND",
	  CLI_FIELD(struct asked, command),
	  .max = 1,
	  .help = "what is described" },
	{ "man", CLI_FIELD(struct asked, man), .help = "print the manual page, for man -l -" },
	{ "bash", CLI_FIELD(struct asked, bash),
	  .help = "print completion for bash, to be sourced" },
	{ 0 },
};

static const struct cli_command help_command = {
	.name = "help",
	.what = "describe a command, or all",
	.stray = "one command at a time",
	.options = help_options,
	CLI_PRESETS(presets),
};

/* The entry of command @name; NULL with a message: there is none. */
static const struct cli_subcommand *find_command(const char *name)
{
	struct nearest nearest = nearest_to(name, strlen(name));
	const struct cli_subcommand *command;

	nearest_offer(&nearest, help_command.name, strlen(help_command.name));
	for (command = mb_program.commands; command->table; command++) {
		if (!strcmp(name, command->table->name))
			return command;
		nearest_offer(&nearest, command->table->name, strlen(command->table->name));
	}
	mb_fail(MB_EXIT_USAGE, "unknown command '%s'%s", name,
		*nearest_words(&nearest) ? nearest_words(&nearest) :
					   "; see 'memblock-bench --help'");
	return NULL;
}

static int help(int argc, char **argv)
{
	const struct cli_subcommand *command;
	struct asked asked;
	int status = cli_parse(&help_command, argc, argv, &asked);

	if (status)
		return status;
	if (asked.man) {
		cli_print_man(stdout, &mb_program);
	} else if (asked.bash) {
		cli_print_bash(stdout, &mb_program);
	} else if (!asked.command) {
		cli_print_program(stdout, &mb_program);
	} else if (!strcmp(asked.command, help_command.name)) {
		cli_print_command(stdout, &help_command);
	} else {
		command = find_command(asked.command);
		if (!command)
			return MB_EXIT_USAGE;
		cli_print_command(stdout, command->table);
	}
	return MB_EXIT_OK;
}

/* ---- finding the command ----------------------------------------------------------------------- */

static int run(int argc, char **argv)
{
	const struct cli_subcommand *command;
	const char *first = argv[1];

	if (!strcmp(first, help_command.name))
		return help(argc - 1, argv + 1);
	if (!strcmp(first, "--help") || !strcmp(first, "-h")) {
		cli_print_program(stdout, &mb_program);
		return MB_EXIT_OK;
	}
	if (!strcmp(first, "--version")) {
		printf("memblock-bench %s (%s %s, %s)\n", MB_VERSION, MB_COMPILER_ID,
		       MB_COMPILER_VERSION, MB_BUILD_TYPE);
		return MB_EXIT_OK;
	}
	command = find_command(first);
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
