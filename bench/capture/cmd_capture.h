/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_capture.h - memblock-bench capture. */
#ifndef MB_CMD_CAPTURE_H
#define MB_CMD_CAPTURE_H

#include "cli/options.h"

extern const struct cli_command mb_capture_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_capture(int argc, char **argv);

#endif
