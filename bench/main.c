/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - memblock-bench: finds the subcommand. One line per subcommand in the table. */
#include <stdio.h>
#include <string.h>

#include "capture/cmd_capture.h"
#include "cli/cli.h"
#include "config.h"
#include "gen/cmd_gen.h"
#include "import/cmd_import.h"
#include "list/cmd_list.h"
#include "minimise/cmd_minimise.h"
#include "replay/cmd_replay.h"
#include "run/cmd_run.h"
#include "show/cmd_show.h"
#include "verify/cmd_verify.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "list", mb_cmd_list, "variants, workloads, operations or counters" },
	{ "run", mb_cmd_run, "benchmark variants; the table, and results as JSON" },
	{ "replay", mb_cmd_replay, "replay a boot log or trace on variants and compare" },
	{ "import", mb_cmd_import, "turn a boot log into a trace file" },
	{ "gen", mb_cmd_gen, "make the trace of a synthetic workload" },
	{ "capture", mb_cmd_capture, "boot a kernel in QEMU and record it" },
	{ "verify", mb_cmd_verify, "random operations on all variants at once, compared" },
	{ "show", mb_cmd_show, "what a boot did: memory map, operations, growth, advice" },
	{ "minimise", mb_cmd_minimise, "the smallest trace with the same failure or hot spot" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("usage: memblock-bench COMMAND [OPTION...] [FILE...]\n\n"
	      "Benchmarks of boot-time memory management (memblock) over interchangeable stores.\n\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\n'memblock-bench help COMMAND' describes one. Exit status: 0 done, 1 a check failed,\n"
	      "2 bad usage or input, 3 the environment lacks something that was asked for.\n",
	      out);
}

/* Run command @name with @argv; argv[0] is its name. */
static int run_command(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc, argv);
	return mb_fail(MB_EXIT_USAGE, "unknown command '%s'; see 'memblock-bench --help'", name);
}

static int run(int argc, char **argv)
{
	const char *first = argv[1];

	if (!strcmp(first, "help") && argc > 2) {
		char *help[] = { argv[2], (char *)"--help", NULL };

		return run_command(argv[2], 2, help);
	}
	if (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help")) {
		print_help(stdout);
		return MB_EXIT_OK;
	}
	if (!strcmp(first, "--version")) {
		printf("memblock-bench %s (%s %s, %s)\n", MB_VERSION, MB_COMPILER_ID,
		       MB_COMPILER_VERSION, MB_BUILD_TYPE);
		return MB_EXIT_OK;
	}
	return run_command(first, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	const char *incomplete = mb_variant_check();
	int status;

	if (incomplete)
		return mb_fail(MB_EXIT_USAGE, "%s", incomplete);
	if (argc < 2) {
		print_help(stderr);
		return MB_EXIT_USAGE;
	}
	status = run(argc, argv);
	/* Output that could not be written is a failure, not silence. */
	if ((fflush(stdout) || ferror(stdout)) && status != MB_EXIT_USAGE)
		return mb_fail(MB_EXIT_USAGE, "cannot write to standard output");
	return status;
}
