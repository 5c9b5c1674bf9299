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

static const char help[] =
	"usage: memblock-bench show FILE [OPTION...]\n\n"
	"What a boot did to its memory: how full the arrays were before and after they could grow,\n"
	"what is free at the end and in which pieces, who asked for it, when; and advice, each piece\n"
	"tried by replaying the boot once more.\n\n" MB_BOOT_HELP "\n"
	"  --format=text           a page to read (default)\n"
	"  --all                   all callers, moments and ranges, not only the first or largest\n"
	"  --format=json           one object, with a timeline and snapshots of all ranges\n" MB_PROFILE_HELP;

static int show(const char *path, const struct mb_profile *profile, bool json, bool all)
{
	struct sight *s = calloc(1, sizeof(*s));
	struct mb_text_error error = { "" };
	int status;

	if (!s)
		return mb_fail(MB_EXIT_USAGE, "show: %s", strerror(ENOMEM));
	s->path = path;
	status = mb_boot_load(path, profile, &s->trace);
	if (!status && show_observe(s, &error))
		status = mb_fail(MB_EXIT_USAGE, "%s", error.text);
	if (!status) {
		show_advise(s);
		show_hand_over(s);
		if (json)
			status = show_json(s);
		else
			show_text(s, all);
	}
	show_release(s);
	return status;
}

int mb_cmd_show(int argc, char **argv)
{
	static const struct mb_option options[] = { { "help", 'h', false },
						    { "format", 'f', true },
						    { "profile", 'p', true },
						    { "all", 'a', false },
						    { NULL, 0, false } };
	struct mb_args args = { argc, argv, options, 1, false };
	const struct mb_profile *profile = NULL;
	const char *value, *path = NULL;
	bool json = false, all = false;
	int id;

	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'f':
			if (!mb_parse_format(value, &json))
				return MB_EXIT_USAGE;
			break;
		case 'a':
			all = true;
			break;
		case 'p':
			if (!mb_parse_profile(value, &profile))
				return MB_EXIT_USAGE;
			break;
		case MB_ARG_FILE:
			if (path)
				return mb_fail(MB_EXIT_USAGE, "show: one file at a time: '%s'",
					       value);
			path = value;
			break;
		default:
			return MB_EXIT_USAGE;
		}
	}
	if (!path)
		return mb_fail(MB_EXIT_USAGE, "show: give FILE; see --help");
	return show(path, profile, json, all);
}
