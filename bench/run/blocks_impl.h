/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocks_impl.h - a run: its blocks one after the other, each in a process of its own.
 *
 *     options ──> plan ──> blocks of process 1, 2, ...    (block.h)
 *                             |
 *                             +── finished already: read ────────────+
 *                             +── else: this program again with it ──+──> gather.h ──> table, results
 *
 * This process measures nothing. What is started gets an environment of random size, and address
 * randomisation is left on: with its heap it is another draw of the layout of memory.
 *
 * A block gets its part of the time that is left, by what its kind took in the process before, or by its
 * number of benchmarks; what it leaves goes to those after it. A process that was begun is finished: every
 * workload is in all of them.
 */
#ifndef BENCH_BLOCKS_H
#define BENCH_BLOCKS_H

#include "run/block_folder_impl.h"
#include "run/gather_impl.h"
#include "run/plan_impl.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * bench_blocks_run() - run the blocks of a plan, those that @folder does not have.
 * @start_ns: of the run, by the monotonic clock.
 * @gather:   gets all results.
 *
 * As many processes as the options say; with a precision, until every ratio is known that well or the time is
 * over. A signal that stops this process stops the block that runs, and is to be asked for (measure/child.h).
 *
 * Return: MB_EXIT_OK, or the exit status to end with, with a message printed that says what is kept.
 */
int bench_blocks_run(const struct bench_plan *plan, struct bench_folder *folder, uint64_t start_ns,
		     struct bench_gather *gather);

#ifdef __cplusplus
}
#endif
#endif
