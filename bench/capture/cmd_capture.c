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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "config.h"

#define SCRIPT "workloads/capture/capture.py"
#define ARGUMENTS_MAX 64

static const char help[] =
	"usage: memblock-bench capture [OPTION...] -o FILE\n\n"
	"Boots a Debian kernel in QEMU, without hardware acceleration, and records what it does with\n"
	"memblock. FILE gets the console log; if it ends in .trace or .trace.zst, a trace.\n\n"
	"  -o FILE            where to\n"
	"  --arch=ARCH        x86_64 (default), i386, arm64, ppc64le, s390x\n"
	"  --release=6.1|6.12 the newest Debian package of that kernel (default: 6.12)\n"
	"  --flavour=NAME     its flavour: amd64, cloud-amd64, 686, 686-pae, arm64, arm64-16k, ...\n"
	"  --package=NAME[=VERSION]  that package and no other\n"
	"  --kernel=IMAGE     an image of your own; no package is used\n"
	"  --memory=SIZE      4G unless given; the host needs as much as is touched, not all of it\n"
	"  --numa=N|SIZES     N nodes of equal size, or of these sizes: 2G,0,2G\n"
	"  --hotplug=N|LIST   the last N nodes, or those listed (2,3), are hot-pluggable (x86_64)\n"
	"  --firmware=NAME    x86_64: bios or ovmf; arm64: dt (device tree) or aavmf (UEFI, ACPI)\n"
	"  --reserved=N       that many reserved ranges in the device tree, every third NOMAP (arm64)\n"
	"  --holes=N          that many holes of 4 KiB in the memory map, by memmap= (x86)\n"
	"  --cpu=MODEL        of QEMU; max has gigantic pages and large nodes\n"
	"  --initrd=SIZE|FILE|none   initial ramdisk (default: 1M of noise)\n"
	"  --append=ARGS      more kernel arguments\n"
	"  --timeout=S        seconds until the boot counts as failed (300; exact: 1800)\n"
	"  --log=FILE         keep the console log, too\n"
	"  --exact            every call with arguments, result and state, from the running kernel, by\n"
	"                     QEMU's debugger interface; a trace (x86_64 and arm64). Takes the symbols from\n"
	"                     the -dbg package, 280 to 1000 MB\n"
	"  --counts           the instructions that the kernel executes in each function of memblock until\n"
	"                     its slab allocator is up, as JSON, and beside it the boot as a trace:\n"
	"                     two boots, the first as with --exact (x86_64 and arm64)\n"
	"  --symbols=MAP      a System.map, for --exact and --counts with --kernel\n"
	"  --json             say what was recorded as JSON\n\n"
	"docs/capture.md has examples, and how to record a machine of one's own.\n";

static const struct mb_option options[] = {
	{ "help", 'h', false },   { "o", 'o', true },        { "arch", 'a', true },
	{ "release", 's', true }, { "flavour", 's', true },  { "package", 's', true },
	{ "kernel", 's', true },  { "memory", 's', true },   { "numa", 's', true },
	{ "hotplug", 's', true }, { "firmware", 's', true }, { "cpu", 's', true },
	{ "initrd", 's', true },  { "append", 'e', true },   { "log", 's', true },
	{ "symbols", 's', true }, { "reserved", 'n', true }, { "holes", 'n', true },
	{ "timeout", 't', true }, { "exact", 'x', false },   { "json", 'x', false },
	{ "counts", 'x', false }, { NULL, 0, false },
};

static bool known_architecture(const char *value)
{
	static const char *const names[] = { "x86_64", "i386", "arm64", "ppc64le", "s390x" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(value, names[i]))
			return true;
	mb_fail(MB_EXIT_USAGE,
		"capture: unknown architecture '%s'; x86_64, i386, arm64, ppc64le or s390x", value);
	return false;
}

/* Is @value of option @id, given as @arg, one that is worth starting anything for? */
static bool check_value(int id, const char *arg, const char *value)
{
	char name[16];
	uint64_t number;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg + 2, "="), arg + 2);

	switch (id) {
	case 'a':
		return known_architecture(value);
	case 'n':
		return mb_parse_number(name, value, 1, 200, &number);
	case 't':
		return mb_parse_number(name, value, 1, 86400, &number);
	case 's':
	case 'o':
		if (*value)
			return true;
		mb_fail(MB_EXIT_USAGE, "capture: an empty value of '%s'", arg);
		return false;
	default:
		return true;
	}
}

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

/* The option, name and value, as one word for the script: as it stands in @argv, or joined. */
static char *as_word(char *const *argv, int before, int after)
{
	const char *name = argv[before];
	bool lone = after - before == 2;
	size_t size = strlen(name) + (lone ? strlen(argv[before + 1]) : 0) + 3;
	char *word = malloc(size);

	if (!word)
		return NULL;
	if (!strncmp(name, "-o", 2) && name[2] == '=') /* argparse has no -o=FILE */
		snprintf(word, size, "-o%s", name + 3);
	else
		snprintf(word, size, "%s%s%s", name, lone && strcmp(name, "-o") ? "=" : "",
			 lone ? argv[before + 1] : "");
	return word;
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
	struct mb_args args = { argc, argv, options, 1, false };
	char *arguments[ARGUMENTS_MAX] = { NULL };
	int id, before, used = 4, status = MB_EXIT_OK;
	const char *value;
	bool out = false;

	for (before = 1; (id = mb_next_arg(&args, &value)) != MB_ARG_END; before = args.index) {
		if (id == 'h') {
			fputs(help, stdout);
			goto done;
		}
		if (id == MB_ARG_FILE)
			mb_fail(MB_EXIT_USAGE, "capture: '%s' is no option; the output is -o FILE",
				value);
		if (id < 0 || (value && !check_value(id, argv[before], value)))
			break;
		out |= id == 'o';
		if (used == ARGUMENTS_MAX - 1) {
			mb_fail(MB_EXIT_USAGE, "capture: too many options");
			break;
		}
		arguments[used] = as_word(argv, before, args.index);
		if (!arguments[used++])
			break;
	}
	if (id != MB_ARG_END)
		status = MB_EXIT_USAGE;
	else if (!out)
		status = mb_fail(MB_EXIT_USAGE, "capture: give -o FILE; see --help");
	else
		status = start(arguments, argv);
done:
	for (int i = 4; i < used; i++)
		free(arguments[i]);
	return status;
}
