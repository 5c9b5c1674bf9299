/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_list.h - memblock-bench list. */
#ifndef MB_CMD_LIST_H
#define MB_CMD_LIST_H

#include "cli/options.h"

extern const struct cli_command mb_list_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_list(int argc, char **argv);

#endif
