/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_verify.h - memblock-bench verify. */
#ifndef MB_CMD_VERIFY_H
#define MB_CMD_VERIFY_H

#include "cli/options.h"

extern const struct cli_command mb_verify_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_verify(int argc, char **argv);

#endif
