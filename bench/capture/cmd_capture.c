/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_capture.c - memblock-bench capture: boots a kernel in QEMU and records it.
 *
 * The work is done in Python, workloads/capture/capture.py; this checks the options and becomes it.
 */
#include "capture/cmd_capture.h"

#include "cli/cli.h"
#include "cli/cli_script.h"

#define SCRIPT "workloads/capture/capture.py"

static const struct cli_script presets = CLI_SCRIPT_PRESETS;

static const struct cli_option options[] = {
	{ "o", "FILE", .set = cli_script_pass, .required = true, .complete = "@files",
	  .help = "where to" },
	{ "arch", .choices = "x86_64|i386|arm64|ppc64le|s390x", .set = cli_script_pass,
	  .preset = "x86_64", .help = "the architecture" },
	{ "release", "X.Y", .set = cli_script_pass, .preset = "6.12; kexec: newest",
	  .complete = "6.1 6.12 7.3",
	  .help = "the newest Debian package of that kernel; with --kexec, of its source" },
	{ "flavour", "NAME", .set = cli_script_pass,
	  .help = "its flavour: amd64, cloud-amd64, 686, 686-pae, arm64, arm64-16k, ..." },
	{ "package", "NAME[=VERSION]", .set = cli_script_pass,
	  .help = "that package and no other" },
	{ "kernel", "IMAGE", .set = cli_script_pass, .complete = "@files",
	  .help = "an image of your own; no package is used" },
	{ "memory", "SIZE", .set = cli_script_pass, .preset = "4G",
	  .help = "the host needs as much as is touched, not all of it" },
	{ "numa", "N|SIZES", .set = cli_script_pass,
	  .help = "N nodes of equal size, or of these sizes: 2G,0,2G" },
	{ "hotplug", "N|LIST", .set = cli_script_pass,
	  .help = "the last N nodes, or those listed (2,3), are hot-pluggable (x86_64)" },
	{ "firmware", "NAME", .set = cli_script_pass, .complete = "bios ovmf dt aavmf",
	  .help = "x86_64: bios or ovmf; arm64: dt (device tree) or aavmf (UEFI, ACPI)" },
	{ "reserved", "N", .min = 1, .max = 200, .set = cli_script_pass,
	  .help = "that many reserved ranges in the device tree, every third NOMAP (arm64)" },
	{ "holes", "N", .min = 1, .max = 200, .set = cli_script_pass,
	  .help = "that many holes of 4 KiB in the memory map, by memmap= (x86)" },
	{ "cpu", "MODEL", .set = cli_script_pass,
	  .help = "of QEMU; max has gigantic pages and large nodes" },
	{ "kexec", "SIZE", .set = cli_script_pass,
	  .help = "a handover: a small kernel with KEXEC_HANDOVER, built from the newest source and kept, "
		  "preserves SIZE of memory files and starts itself again; the second boot is recorded "
		  "(x86_64, arm64)" },
	{ "pages", "4K|2M|4K,2M", .set = cli_script_pass, .preset = "4K", .complete = "4K 2M 4K,2M",
	  .help = "with --kexec: of the memory files; of two sizes each file in turn has one" },
	{ "files", "N", .min = 1, .max = 64, .set = cli_script_pass, .preset = "1 for each size",
	  .help = "with --kexec: how many files" },
	{ "runs", "PAGES", .min = 1, .max = 512, .set = cli_script_pass,
	  .help = "with --kexec: memory is broken up before, into runs of that many free pages" },
	{ "source", "FOLDER", .set = cli_script_pass, .complete = "@files",
	  .help = "with --kexec: build that source, an unpacked tree or a tarball" },
	{ "initrd", "SIZE|FILE|none", .set = cli_script_pass, .preset = "1M of noise",
	  .complete = "none @files", .help = "initial ramdisk" },
	{ "append", "ARGS", .set = cli_script_pass, .may_be_empty = true,
	  .help = "more kernel arguments" },
	{ "timeout", "S", .min = 1, .max = 86400, .set = cli_script_pass,
	  .preset = "300; exact: 1800", .help = "seconds until the boot counts as failed" },
	{ "log", "FILE", .set = cli_script_pass, .complete = "@files",
	  .help = "keep the console log, too" },
	{ "exact", .set = cli_script_pass,
	  .help = "every call with arguments, result and state, from the running kernel, by QEMU's "
		  "debugger interface; a trace (x86_64 and arm64). Takes the symbols from the -dbg "
		  "package, 280 to 1000 MB" },
	{ "counts", .set = cli_script_pass,
	  .help = "the instructions that the kernel executes in each function of memblock until its "
		  "slab allocator is up, as JSON, and beside it the boot as a trace: two boots, the "
		  "first as with --exact (x86_64 and arm64)" },
	{ "symbols", "MAP", .set = cli_script_pass, .complete = "@files",
	  .help = "a System.map, for --exact and --counts with --kernel" },
	{ "json", .set = cli_script_pass, .help = "say what was recorded as JSON" },
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

int mb_cmd_capture(int argc, char **argv)
{
	struct cli_script arguments;
	int status = cli_parse(&mb_capture_command, argc, argv, &arguments);

	return status ? status : cli_script_start(&arguments, "capture", SCRIPT, argv[0]);
}
