/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_replay.h - memblock-bench replay. */
#ifndef MB_CMD_REPLAY_H
#define MB_CMD_REPLAY_H

#include "cli/options.h"

extern const struct cli_command mb_replay_command;

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_replay(int argc, char **argv);

#endif
