/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_impl.h - the result of a run for people: at most 100 columns of text.
 *
 * A block per operation, a row per workload and size, a column per variant with its time, how far its
 * interval reaches, and its ratio to the reference (the kernel's code, else array). Captured boots
 * come last, each with what it amounts to in microseconds and what the boot itself does beside it.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "run/cell_impl.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * bench_table_print() - print the table.
 * @cells: in the order in which rows shall appear; those with samples or an error are shown, but never null.
 */
void bench_table_print(FILE *out, const struct bench_cell *cells, size_t count);

/**
 * bench_table_imprecise() - how many ratios of the table are known less well than within @percent: half of
 * their interval of 95 % is more than that of their value.
 * @ratios: set to how many there are.
 */
unsigned bench_table_imprecise(const struct bench_cell *cells, size_t count, double percent,
			       unsigned *ratios);

#ifdef __cplusplus
}
#endif
#endif
