/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_minimise.h - memblock-bench minimise. */
#ifndef MB_CMD_MINIMISE_H
#define MB_CMD_MINIMISE_H

#include "cli/options.h"

extern const struct cli_command mb_minimise_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_minimise(int argc, char **argv);

#endif
