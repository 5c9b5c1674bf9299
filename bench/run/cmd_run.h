/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_run.h - memblock-bench run. */
#ifndef MB_CMD_RUN_H
#define MB_CMD_RUN_H

#include "cli/options.h"

extern const struct cli_command mb_run_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_run(int argc, char **argv);

#endif
