/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block_measure_impl.h - measuring a block in this process, which does nothing else.
 *
 * Its result is Google Benchmark's JSON with a section more:
 *
 *     { "context": ..., "benchmarks": [ rows ], "block": { "id", "specification", "seconds", ... },
 *       "sha256": of the rest }
 */
#ifndef BENCH_BLOCK_MEASURE_H
#define BENCH_BLOCK_MEASURE_H

#include "run/block.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the environment of a block's process: its length, which is random, displaces the stack. */
#define BENCH_LAYOUT_VARIABLE "MEMBLOCK_BENCH_LAYOUT"

/**
 * bench_block_measure() - measure the block in the file @options->block, write @options->out.
 *
 * Nothing is measured if it is another block here: the program, a boot or the kernel's code has changed.
 *
 * Return: an exit status; benchmarks that failed are in the result.
 */
int bench_block_measure(const struct bench_options *options);

/* False: it cannot be read. */
bool bench_file_digest(const char *path, char hex[65]);

/* The digest of a result, without the one that is in it. False: no memory. */
bool bench_result_digest(json_t *result, char hex[65]);

#ifdef __cplusplus
}
#endif
#endif
