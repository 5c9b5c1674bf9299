/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_import.h - memblock-bench import. */
#ifndef MB_CMD_IMPORT_H
#define MB_CMD_IMPORT_H

#include "cli/options.h"

extern const struct cli_command mb_import_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_import(int argc, char **argv);

#endif
