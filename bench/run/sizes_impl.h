/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sizes_impl.h - code and data of each variant of a run: in the context of its result, and below its table.
 *
 * Text is that of the range code, as tests/sizes/sizes.py counts it when the program is built; of a kernel
 * what results/sizes has of that text of mm/memblock.c, if the same compiler made both. Where there is no figure there
 * is a reason.
 */
#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

#include <jansson.h>
#include <memblock/variant.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The context's size:@label, of a variant in the flags of a kernel; @label is what results call it. */
void bench_sizes_describe(const char *label, const struct mb_variant_spec *spec);

/* A row for each size: of a context; nothing if there is none. */
void bench_sizes_print(FILE *out, const json_t *context);

#ifdef __cplusplus
}
#endif
#endif
