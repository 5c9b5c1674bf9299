/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.c - the subcommands, a line each; help about them, and what the manual page says besides. */
#include "program.h"

#include <stdio.h>
#include <string.h>

#include "capture/cmd_capture.h"
#include "cli/cli.h"
#include "cli/nearest.h"
#include "config.h"
#include "gen/cmd_gen.h"
#include "import/cmd_import.h"
#include "list/cmd_list.h"
#include "minimise/cmd_minimise.h"
#include "patch/cmd_patch.h"
#include "replay/cmd_replay.h"
#include "run/cmd_run.h"
#include "show/cmd_show.h"
#include "tune/cmd_tune.h"
#include "verify/cmd_verify.h"

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
	  .complete = "@commands",
	  .help = "what is described" },
	{ "man", CLI_FIELD(struct asked, man), .help = "print the manual page, for man -l -" },
	{ "bash", CLI_FIELD(struct asked, bash),
	  .help = "print completion for bash, to be sourced" },
	{ 0 },
};

static const struct cli_command help_command = {
	.name = "help",
	.what = "this list, or what a command takes",
	.stray = "one command at a time",
	.options = help_options,
	CLI_PRESETS(presets),
};

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
	} else {
		command = mb_find_command(asked.command);
		if (!command)
			return MB_EXIT_USAGE;
		cli_print_command(stdout, command->table);
	}
	return MB_EXIT_OK;
}

/* ---- the subcommands ---------------------------------------------------------------------------- */

static const struct cli_subcommand commands[] = {
	{ &mb_list_command, mb_cmd_list },
	{ &mb_run_command, mb_cmd_run },
	{ &mb_replay_command, mb_cmd_replay },
	{ &mb_import_command, mb_cmd_import },
	{ &mb_gen_command, mb_cmd_gen },
	{ &mb_capture_command, mb_cmd_capture },
	{ &mb_verify_command, mb_cmd_verify },
	{ &mb_show_command, mb_cmd_show },
	{ &mb_minimise_command, mb_cmd_minimise },
	{ &mb_tune_command, mb_cmd_tune },
	{ &mb_patch_command, mb_cmd_patch },
	{ &help_command, help },
	{ 0 },
};

const struct cli_subcommand *mb_find_command(const char *name)
{
	struct nearest nearest = nearest_to(name, strlen(name));
	const struct cli_subcommand *command;

	nearest_offer(&nearest, "--help", 6);
	nearest_offer(&nearest, "--version", 9);
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

/* ---- what the manual page says besides --------------------------------------------------------- */

static const struct cli_note exit_status[] = {
	{ "0", "done, and all checks that were asked for held" },
	{ "1", "a check failed" },
	{ "2", "bad usage or input; one line on standard error names it" },
	{ "3", "the environment lacks what was asked for; the line says the remedy" },
	{ 0 },
};

static const struct cli_note environment[] = {
	{ "XDG_CACHE_HOME, HOME",
	  "where the kernel's file is kept once it is taken out of its package and built: "
	  "$XDG_CACHE_HOME/memblock-bench, or $HOME/.cache/memblock-bench" },
	{ "PATH", "where the compiler of the kernel's file is looked for, and valgrind for "
		  "--counters=callgrind" },
	{ "TMPDIR", "folder of temporary files, instead of /tmp" },
	{ 0 },
};

static const struct cli_note files[] = {
	{ "FILE.blocks/",
	  "of run --out=FILE, what is finished of a run that was stopped, which then ends by that signal" },
	{ "FILE.~1~", "what was in FILE before run --out=FILE" },
	{ MB_DATA_DIR "/workloads",
	  "captured boots, the definitions of synthetic families, and what boots kernels in QEMU" },
	{ "/usr/src/linux-source-6.12.tar.xz, /usr/src/linux-source-6.1.tar.xz",
	  "the kernel's own mm/memblock.c for the variant linux, of Debian's packages linux-source-6.12 "
	  "and linux-source-6.1" },
	{ 0 },
};

static const struct cli_note examples[] = {
	{ "memblock-bench replay boot.log --variants=array,rbtree --check",
	  "A boot on two variants; status 1 if one does not do what the kernel did." },
	{ "memblock-bench show boot.log",
	  "What the boot did to its memory, and what to do about it." },
	{ "memblock-bench run --quick --operations=reserve,find_free",
	  "Whether everything runs, in seconds. Without --quick it is a measurement." },
	{ "memblock-bench patch binary local --linux=$HOME/linux -o patches",
	  "Two steps, and what they need, as patches for a kernel tree." },
	{ "memblock-bench verify --variants=all,linux --operations=20000",
	  "Random operations on all stores and the kernel's own code." },
	{ "source <(memblock-bench help --bash)",
	  "Completion in this bash, where it is not installed." },
	{ 0 },
};

const struct cli_program mb_program = {
	.name = "memblock-bench",
	.version = MB_VERSION,
	.what = "benchmarks of boot-time memory management (memblock) on interchangeable stores",
	.about = { "Before a kernel has a page allocator it hands out memory with memblock: two sorted "
		   "lists of address ranges, what exists and what is reserved, in a small array that "
		   "doubles itself out of the memory that it manages. memblock-bench is the laboratory for "
		   "that problem: the memblock API over interchangeable stores, the kernel's own "
		   "mm/memblock.c among them, driven by boots captured from real kernels and by synthetic "
		   "states, each answer checked against what the kernel does, each operation measured.",
		   "A variant is named NAME[:key=value...], in a list separated by commas; list variants "
		   "shows names and keys. Results are printed as text, or with --format=json for "
		   "programs." },
	.commands = commands,
	.exit_status = exit_status,
	.environment = environment,
	.files = files,
	.examples = examples,
};
