/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.h - memblock-bench as a table: its subcommands, and what its manual page says of all. */
#ifndef MB_PROGRAM_H
#define MB_PROGRAM_H

#include "cli/options.h"

extern const struct cli_program mb_program;

#endif
