/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_patch.c - memblock-bench patch: steps as patches for a kernel tree.
 *
 * The work is done in Python, variants/linux/steps/patch.py; this checks the options and becomes it.
 */
#include "patch/cmd_patch.h"

#include "cli/cli.h"
#include "cli/cli_script.h"

static const struct cli_script presets = CLI_SCRIPT_PRESETS;

static const struct cli_option options[] = {
	{ .value = "STEP",
	  CLI_FIELD(struct cli_script, operands),
	  .min = 1,
	  .max = 16,
	  .complete = "@steps",
	  .help = "of 'list steps', with those that it needs; all: what the tree has the files of" },
	{ "linux", "TREE", .set = cli_script_pass, .required = true, .complete = "@files",
	  .help = "the kernel tree that the patches are for" },
	{ "o", "DIR", .set = cli_script_pass, .required = true, .complete = "@files",
	  .help = "a new folder for them" },
	{ "workloads", "LIST", .set = cli_script_pass, .complete = "@workloads",
	  .preset = "the captured boots of kernels that behave as the tree",
	  .help = "what is counted for the changelogs: boots by name or file, separated by commas; none: nothing is" },
	{ 0 },
};

const struct cli_command mb_patch_command = {
	.name = "patch",
	.what = "write steps as patches for a kernel tree",
	.about = { "Writes one patch for each step, to be applied with git am, and a cover letter. Each changelog "
		   "ends with what was counted before and after it on that tree: instructions of whole "
		   "boots, simulated by Valgrind.",
		   "They are signed off by the identity that git has for the tree, and looked at by the tree's "
		   "scripts/checkpatch.pl where it is there." },
	.notes =
		"docs/patches.md says what each step buys, and what reviewers asked of earlier attempts.",
	.stray = "name the steps, --linux=TREE and -o DIR",
	.options = options,
	CLI_PRESETS(presets),
};

int mb_cmd_patch(int argc, char **argv)
{
	struct cli_script arguments;
	int status = cli_parse(&mb_patch_command, argc, argv, &arguments);

	return status ? status :
			cli_script_start(&arguments, "patch", "variants/linux/steps/patch.py",
					 argv[0]);
}
