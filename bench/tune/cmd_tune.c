/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_tune.c - memblock-bench tune: which slots, growth, search and steps suit given boots.
 *
 * The work is done in Python, bench/tune/tune.py; this checks the options and becomes it.
 */
#include "tune/cmd_tune.h"

#include "cli/cli.h"
#include "cli/cli_script.h"

static const struct cli_script presets = CLI_SCRIPT_PRESETS;

static const struct cli_option options[] = {
	{ .value = "FILE|WORKLOAD",
	  CLI_FIELD(struct cli_script, operands),
	  .min = 1,
	  .max = 64,
	  .complete = "@files @boots @families",
	  .help = "boots, captured or generated; -: standard input" },
	{ "variants", "LIST", .set = cli_script_pass, .complete = "@variants",
	  .preset = "slots and steps of linux, parameters of array, default; docs/tuning.md",
	  .help = "what is tried: variants whose parameters may be ranges (growth=1.25..4), several "
		  "values (init=128|512) or all there are (search=*, with=*)" },
	{ "time", "SECONDS", .set = cli_script_pass, .min = 10, .max = 86400, .preset = "300",
	  .help = "about as long; what has not been tried by then is told" },
	{ "deterministic", .set = cli_script_pass,
	  .help = "by counts alone: the same answer each time, no gain in time, and --time does not bound it" },
	{ "processes", "N", .set = cli_script_pass, .min = 3, .max = 100, .preset = "8",
	  .help = "that the last candidates, and then the best, are timed in" },
	{ "format", .choices = "text|json", .set = cli_script_pass, .preset = "text",
	  .help = "tables and advice, or one object" },
	{ 0 },
};

const struct cli_command mb_tune_command = {
	.name = "tune",
	.what = "which slots, growth, search and steps suit given boots",
	.about = { "Tries configurations on boots and recommends one, or to change nothing: all are replayed, "
		   "their instructions counted on fewer and fewer, the last ones timed with cold caches beside "
		   "the kernel as it is, and the best once more, afresh.",
		   "Names the initial slots that these boots need before an array may grow, where a full one "
		   "is fatal." },
	.notes = "docs/tuning.md goes from a boot to a decision.",
	.stray = "name boots and options",
	.options = options,
	CLI_PRESETS(presets),
};

int mb_cmd_tune(int argc, char **argv)
{
	struct cli_script arguments;
	int status = cli_parse(&mb_tune_command, argc, argv, &arguments);

	return status ? status :
			cli_script_start(&arguments, "tune", "bench/tune/tune.py", argv[0]);
}
