/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_tune.h - memblock-bench tune. */
#ifndef MB_CMD_TUNE_H
#define MB_CMD_TUNE_H

#include "cli/options.h"

extern const struct cli_command mb_tune_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_tune(int argc, char **argv);

#endif
