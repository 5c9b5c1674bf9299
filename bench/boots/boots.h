/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boots.h - the boot that a subcommand was given: a file, "-", or the name of a workload. */
#ifndef MB_BOOTS_H
#define MB_BOOTS_H

#include <memblock/trace.h>

/* The operand of commands that take boots (cli/options.h), @most of them. */
#define MB_BOOT_OPERAND(field, most)                                                               \
	{                                                                                          \
		.value = "FILE", field, .min = 1, .max = (most), .complete = "@boots @files",      \
		.help = "a console log of a memblock=debug boot, a trace, or a memory map (e820, " \
			"EFI, device tree, debugfs: docs/inputs.md), plain or .zst; - for "        \
			"standard input; or the name of a captured boot (see list workloads) or "  \
			"of a generated one, gen:FAMILY:KEY=VALUE:... (see gen --list)"            \
	}

/**
 * mb_boot_load() - read a boot.
 * @name:    as given by the user. A file comes before a workload of the same name.
 * @profile: NULL: what the file says.
 *
 * Return: MB_EXIT_OK, or a status for which a line was printed.
 */
int mb_boot_load(const char *name, const struct mb_profile *profile, struct mb_trace **trace);

/* Is this the name of a generated boot, which is no file? */
bool mb_boot_is_generated(const char *name);

/* The same of a file or a generated boot, without a message. 0 or -errno with @error set. */
int mb_boot_open(const char *name, const struct mb_profile *profile, struct mb_trace **trace,
		 struct mb_text_error *error);

#endif
