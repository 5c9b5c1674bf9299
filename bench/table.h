/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - the result of a run for people: at most 100 columns of text.
 *
 * A block per operation, a row per workload and size, a column per variant with the median over the
 * repetitions, its spread, and its ratio to the reference (array if it took part). Captured boots
 * come last, each with what it amounts to in microseconds and what the boot itself does beside it.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "cell.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * bench_table_print() - print the table.
 * @cells: in the order in which rows shall appear; those with samples or an error are shown, but never null.
 */
void bench_table_print(FILE *out, struct bench_cell *cells, size_t count, unsigned repetitions);

#ifdef __cplusplus
}
#endif
#endif
