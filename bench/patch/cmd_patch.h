/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_patch.h - memblock-bench patch. */
#ifndef MB_CMD_PATCH_H
#define MB_CMD_PATCH_H

#include "cli/options.h"

extern const struct cli_command mb_patch_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_patch(int argc, char **argv);

#endif
