/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_minimise.h - memblock-bench minimise. */
#ifndef MB_CMD_MINIMISE_H
#define MB_CMD_MINIMISE_H

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_minimise(int argc, char **argv);

#endif
