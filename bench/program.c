/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.c - the subcommands, a line each, and what the manual page says besides. */
#include "program.h"

#include "capture/cmd_capture.h"
#include "config.h"
#include "gen/cmd_gen.h"
#include "import/cmd_import.h"
#include "list/cmd_list.h"
#include "minimise/cmd_minimise.h"
#include "replay/cmd_replay.h"
#include "run/cmd_run.h"
#include "show/cmd_show.h"
#include "verify/cmd_verify.h"

static const struct cli_subcommand commands[] = {
	{ &mb_list_command, mb_cmd_list },         { &mb_run_command, mb_cmd_run },
	{ &mb_replay_command, mb_cmd_replay },     { &mb_import_command, mb_cmd_import },
	{ &mb_gen_command, mb_cmd_gen },           { &mb_capture_command, mb_cmd_capture },
	{ &mb_verify_command, mb_cmd_verify },     { &mb_show_command, mb_cmd_show },
	{ &mb_minimise_command, mb_cmd_minimise }, { 0 },
};

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
