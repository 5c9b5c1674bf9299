/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli_script.c - subcommands whose work is done in Python (cli_script.h). */
#include "cli/cli_script.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "config.h"

int cli_script_pass(void *target, const struct cli_option *option, const char *value)
{
	struct cli_script *arguments = target;
	char *word = arguments->text + arguments->text_used;
	size_t room = sizeof(arguments->text) - arguments->text_used;
	const char *between = value && option->name[1] ? "=" : ""; /* argparse has no -o=FILE */
	size_t length = (size_t)snprintf(word, room, "%s%s%s%s", cli_dashes(option->name),
					 option->name, between, value ? value : "");

	if (length >= room || arguments->used == CLI_SCRIPT_WORDS - 1)
		return mb_fail(MB_EXIT_USAGE, "too many options, at --%s", option->name);
	arguments->words[arguments->used++] = word;
	arguments->text_used += length + 1;
	return MB_EXIT_OK;
}

/* The script: installed beside the program, in the source tree, or where it was to be installed. */
static bool find_script(const char *program, const char *script, char path[2 * PATH_MAX])
{
	const char *slash = strrchr(program, '/');

	if (slash) {
		snprintf(path, (size_t)2 * PATH_MAX, "%.*s/../share/memblock-bench/%s",
			 (int)(slash - program), program, script);
		if (!access(path, R_OK))
			return true;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, (size_t)2 * PATH_MAX, "%s/%s", i ? MB_DATA_DIR : MB_SOURCE_DIR,
			 script);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

int cli_script_start(struct cli_script *arguments, const char *command, const char *script,
		     const char *self)
{
	char program[PATH_MAX], path[2 * PATH_MAX], bench[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[length > 0 ? length : 0] = 0;
	if (!find_script(program, script, path))
		return mb_fail(MB_EXIT_ENVIRONMENT, "%s: its script is not installed at '%s/%s'",
			       command, MB_DATA_DIR, script);
	snprintf(bench, sizeof(bench), "--bench=%s", *program ? program : self);
	arguments->words[0] = (char *)MB_PYTHON;
	arguments->words[1] = (char *)"-B"; /* leave no compiled files beside the scripts */
	arguments->words[2] = path;
	arguments->words[3] = bench;
	for (unsigned i = 0; i < arguments->operands.count; i++) {
		if (arguments->used == CLI_SCRIPT_WORDS - 1)
			return mb_fail(MB_EXIT_USAGE, "%s: too many operands, at '%s'", command,
				       arguments->operands.words[i]);
		arguments->words[arguments->used++] = arguments->operands.words[i];
	}
	fflush(NULL);
	execv(MB_PYTHON, arguments->words);
	return mb_fail(MB_EXIT_ENVIRONMENT,
		       "%s: cannot start '%s' (%s); install it with: apt install python3", command,
		       MB_PYTHON, strerror(errno));
}
