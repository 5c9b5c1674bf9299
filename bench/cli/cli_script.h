/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_script.h - subcommands whose work is done in Python: options are checked here, then the program becomes the script,
 * so that signals, terminal and exit status are its own.
 */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "cli/options.h"

enum {
	CLI_SCRIPT_WORDS = 96,
	CLI_SCRIPT_OWN = 4
}; /* the interpreter, its option, the script, --bench */

/* What a script is started with. Its presets: CLI_SCRIPT_PRESETS. */
struct cli_script {
	char *words[CLI_SCRIPT_WORDS];
	int used;
	size_t text_used;
	char text[32768]; /* of the words */
	struct cli_words operands;
};

#define CLI_SCRIPT_PRESETS                                                                         \
	{                                                                                          \
		.used = CLI_SCRIPT_OWN                                                             \
	}

/* cli_option.set of a row: a checked option goes on to the script, as one word. @target: a struct cli_script. */
int cli_script_pass(void *target, const struct cli_option *option, const char *value);

/**
 * cli_script_start() - become @script, a path below the source tree and below share/memblock-bench.
 * @command: whose it is, for messages.
 * @self:    argv[0], should the program not be found otherwise.
 *
 * Its arguments: --bench=PROGRAM, options, operands. Return: only if it cannot be started; an exit status.
 */
int cli_script_start(struct cli_script *arguments, const char *command, const char *script,
		     const char *self);

#endif
