/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_capture.h - memblock-bench capture. */
#ifndef MB_CMD_CAPTURE_H
#define MB_CMD_CAPTURE_H

/* Return: the exit status (cli/cli.h). @argv[0] is the subcommand's name. */
int mb_cmd_capture(int argc, char **argv);

#endif
