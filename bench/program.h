/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.h - memblock-bench as a table: its subcommands, and what its manual page says of all. */
#ifndef MB_PROGRAM_H
#define MB_PROGRAM_H

#include "cli/options.h"

extern const struct cli_program mb_program;

/* The entry of command @name; NULL with a message: there is none. */
const struct cli_subcommand *mb_find_command(const char *name);

#endif
