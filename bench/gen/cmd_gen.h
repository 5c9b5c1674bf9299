/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_gen.h - memblock-bench gen. */
#ifndef MB_CMD_GEN_H
#define MB_CMD_GEN_H

#include "cli/options.h"

extern const struct cli_command mb_gen_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_gen(int argc, char **argv);

#endif
