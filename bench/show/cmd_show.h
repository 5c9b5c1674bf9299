/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_show.h - memblock-bench show. */
#ifndef MB_CMD_SHOW_H
#define MB_CMD_SHOW_H

#include "cli/options.h"

extern const struct cli_command mb_show_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_show(int argc, char **argv);

#endif
