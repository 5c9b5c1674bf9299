/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_capture.c - memblock-bench capture: boots a kernel in QEMU and records it.
 *
 * The work is done in Python, workloads/capture/capture.py. This checks the options and becomes that
 * program, so that signals, terminal and exit status are its own.
 */
#include "capture/cmd_capture.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "config.h"

#define SCRIPT "workloads/capture/capture.py"
#define ARGUMENTS_MAX 64

/* What the script is started with: first the interpreter, its own options, the script and --bench. */
struct arguments {
	char *words[ARGUMENTS_MAX];
	int used;
	size_t text_used;
	char text[32768]; /* of the words */
};

/* A checked option goes on to the script, as one word. */
static int pass(void *target, const struct cli_option *option, const char *value)
{
	struct arguments *arguments = target;
	char *word = arguments->text + arguments->text_used;
	size_t room = sizeof(arguments->text) - arguments->text_used;
	const char *between = value && option->name[1] ? "=" : ""; /* argparse has no -o=FILE */
	size_t length = (size_t)snprintf(word, room, "%s%s%s%s", cli_dashes(option->name),
					 option->name, between, value ? value : "");

	if (length >= room || arguments->used == ARGUMENTS_MAX - 1)
		return mb_fail(MB_EXIT_USAGE, "capture: too many options, at --%s", option->name);
	arguments->words[arguments->used++] = word;
	arguments->text_used += length + 1;
	return MB_EXIT_OK;
}

static const struct arguments presets = { .used = 4 };

static const struct cli_option options[] = {
	{ "o", "FILE", .set = pass, .required = true, .complete = "@files", .help = "where to" },
	{ "arch", .choices = "x86_64|i386|arm64|ppc64le|s390x", .set = pass, .preset = "x86_64",
	  .help = "the architecture" },
	{ "release", "X.Y", .set = pass, .preset = "6.12; kexec: newest",
	  .complete = "6.1 6.12 7.3",
	  .help = "the newest Debian package of that kernel; with --kexec, of its source" },
	{ "flavour", "NAME", .set = pass,
	  .help = "its flavour: amd64, cloud-amd64, 686, 686-pae, arm64, arm64-16k, ..." },
	{ "package", "NAME[=VERSION]", .set = pass, .help = "that package and no other" },
	{ "kernel", "IMAGE", .set = pass, .complete = "@files",
	  .help = "an image of your own; no package is used" },
	{ "memory", "SIZE", .set = pass, .preset = "4G",
	  .help = "the host needs as much as is touched, not all of it" },
	{ "numa", "N|SIZES", .set = pass,
	  .help = "N nodes of equal size, or of these sizes: 2G,0,2G" },
	{ "hotplug", "N|LIST", .set = pass,
	  .help = "the last N nodes, or those listed (2,3), are hot-pluggable (x86_64)" },
	{ "firmware", "NAME", .set = pass, .complete = "bios ovmf dt aavmf",
	  .help = "x86_64: bios or ovmf; arm64: dt (device tree) or aavmf (UEFI, ACPI)" },
	{ "reserved", "N", .min = 1, .max = 200, .set = pass,
	  .help = "that many reserved ranges in the device tree, every third NOMAP (arm64)" },
	{ "holes", "N", .min = 1, .max = 200, .set = pass,
	  .help = "that many holes of 4 KiB in the memory map, by memmap= (x86)" },
	{ "cpu", "MODEL", .set = pass, .help = "of QEMU; max has gigantic pages and large nodes" },
	{ "kexec", "SIZE", .set = pass,
	  .help = "a handover: a small kernel with KEXEC_HANDOVER, built from the newest source and kept, "
		  "preserves SIZE of memory files and starts itself again; the second boot is recorded "
		  "(x86_64, arm64)" },
	{ "pages", "4K|2M|4K,2M", .set = pass, .preset = "4K", .complete = "4K 2M 4K,2M",
	  .help = "with --kexec: of the memory files; of two sizes each file in turn has one" },
	{ "files", "N", .min = 1, .max = 64, .set = pass, .preset = "1 for each size",
	  .help = "with --kexec: how many files" },
	{ "runs", "PAGES", .min = 1, .max = 512, .set = pass,
	  .help = "with --kexec: memory is broken up before, into runs of that many free pages" },
	{ "source", "FOLDER", .set = pass, .complete = "@files",
	  .help = "with --kexec: build that source, an unpacked tree or a tarball" },
	{ "initrd", "SIZE|FILE|none", .set = pass, .preset = "1M of noise",
	  .complete = "none @files", .help = "initial ramdisk" },
	{ "append", "ARGS", .set = pass, .may_be_empty = true, .help = "more kernel arguments" },
	{ "timeout", "S", .min = 1, .max = 86400, .set = pass, .preset = "300; exact: 1800",
	  .help = "seconds until the boot counts as failed" },
	{ "log", "FILE", .set = pass, .complete = "@files", .help = "keep the console log, too" },
	{ "exact", .set = pass,
	  .help = "every call with arguments, result and state, from the running kernel, by QEMU's "
		  "debugger interface; a trace (x86_64 and arm64). Takes the symbols from the -dbg "
		  "package, 280 to 1000 MB" },
	{ "counts", .set = pass,
	  .help = "the instructions that the kernel executes in each function of memblock until its "
		  "slab allocator is up, as JSON, and beside it the boot as a trace: two boots, the "
		  "first as with --exact (x86_64 and arm64)" },
	{ "symbols", "MAP", .set = pass, .complete = "@files",
	  .help = "a System.map, for --exact and --counts with --kernel" },
	{ "json", .set = pass, .help = "say what was recorded as JSON" },
	{ 0 },
};

const struct cli_command mb_capture_command = {
	.name = "capture",
	.what = "boot a kernel in QEMU and record it",
	.about = { "Boots a Debian kernel in QEMU, without hardware acceleration, and records what it does "
		   "with memblock. FILE gets the console log; if it ends in .trace or .trace.zst, a trace." },
	.notes = "docs/capture.md has examples, and how to record a machine of one's own.",
	.stray = "the output is -o FILE",
	.options = options,
	CLI_PRESETS(presets),
};

/* The script: installed beside the program, in the source tree, or where it was to be installed. */
static bool find_script(const char *program, char path[PATH_MAX + 64])
{
	const char *slash = strrchr(program, '/');

	if (slash) {
		snprintf(path, PATH_MAX + 64, "%.*s/../share/memblock-bench/" SCRIPT,
			 (int)(slash - program), program);
		if (!access(path, R_OK))
			return true;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, PATH_MAX + 64, "%s/" SCRIPT, i ? MB_DATA_DIR : MB_SOURCE_DIR);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

/* Become the script. Returns only if that fails. */
static int start(char **arguments, char *const *argv)
{
	char program[PATH_MAX], script[PATH_MAX + 64], bench[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[length > 0 ? length : 0] = 0;
	if (!find_script(program, script))
		return mb_fail(MB_EXIT_ENVIRONMENT,
			       "capture: its scripts are not installed at '%s/workloads/capture'",
			       MB_DATA_DIR);
	snprintf(bench, sizeof(bench), "--bench=%s", *program ? program : argv[0]);
	arguments[0] = (char *)MB_PYTHON;
	arguments[1] = (char *)"-B"; /* leave no compiled files beside the scripts */
	arguments[2] = script;
	arguments[3] = bench;
	fflush(NULL);
	execv(MB_PYTHON, arguments);
	return mb_fail(MB_EXIT_ENVIRONMENT,
		       "capture: cannot start '%s' (%s); install it with: apt install python3",
		       MB_PYTHON, strerror(errno));
}

int mb_cmd_capture(int argc, char **argv)
{
	struct arguments arguments;
	int status = cli_parse(&mb_capture_command, argc, argv, &arguments);

	return status ? status : start(arguments.words, argv);
}
