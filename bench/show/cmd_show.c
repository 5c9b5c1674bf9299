/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_show.c - memblock-bench show FILE: what a boot did to its memory, and what to do about it.
 *
 * The parts are listed in show_impl.h.
 */
#include "show/cmd_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boots/boots.h"
#include "cli/cli.h"
#include "show/show_impl.h"

struct asked {
	const char *path;
	const struct mb_profile *profile;
	bool json, all;
};

static const struct asked presets;

static const struct cli_option options[] = {
	MB_BOOT_OPERAND(CLI_FIELD(struct asked, path), 1),
	CLI_OPTION_FORMAT(
		CLI_FIELD(struct asked, json),
		"a page to read, or one object with a timeline and snapshots of all ranges"),
	{ "all", CLI_FIELD(struct asked, all),
	  .help = "all callers, moments and ranges, not only the first or largest" },
	CLI_OPTION_PROFILE(CLI_FIELD(struct asked, profile)),
	{ 0 },
};

const struct cli_command mb_show_command = {
	.name = "show",
	.what = "what a boot did: memory map, operations, growth, advice",
	.about = { "What a boot did to its memory: how full the arrays were before and after they could "
		   "grow, what is free at the end and in which pieces, who asked for it, when; and "
		   "advice, each piece tried by replaying the boot once more." },
	.stray = "one file at a time",
	.options = options,
	CLI_PRESETS(presets),
};

static int show(const struct asked *asked)
{
	struct sight *s = calloc(1, sizeof(*s));
	struct mb_text_error error = { "" };
	int status;

	if (!s)
		return mb_fail(MB_EXIT_USAGE, "show: %s", strerror(ENOMEM));
	s->path = asked->path;
	status = mb_boot_load(asked->path, asked->profile, &s->trace);
	if (!status && show_observe(s, &error))
		status = mb_fail(MB_EXIT_USAGE, "%s", error.text);
	if (!status) {
		show_advise(s);
		show_hand_over(s);
		if (asked->json)
			status = show_json(s);
		else
			show_text(s, asked->all);
	}
	show_release(s);
	return status;
}

int mb_cmd_show(int argc, char **argv)
{
	struct asked asked;
	int status = cli_parse(&mb_show_command, argc, argv, &asked);

	return status ? status : show(&asked);
}
