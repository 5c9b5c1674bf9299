/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block.h - the unit of a run: one process, one workload with its sizes, all that is compared interleaved.
 *
 * Ratios exist only inside a block, so null and the reference take part in each. A block is made of a plan,
 * written as JSON, carried to wherever it shall run, and read there:
 *
 *     plan ── bench_block_make() ──> struct bench_block ── bench_block_write() ──> {"version": 1, ...}
 *                                           ^                                            |
 *                                           +── bench_block_parse() ─────────────────────+
 *
 * One table (block.c) says which fields there are, how they are written, and which of them a block *is*: its
 * identifier is a digest of those. It holds the workload (of a boot the digest of its operations), the sources
 * that the program was built from, all that the kernels in it were built from, and what effort was asked for;
 * neither the share of time that the block gets, nor where files lie, nor the machine. So equal identifiers
 * are equal measurements, where they are made on equal machines: what is known of those is in the result.
 */
#ifndef BENCH_BLOCK_H
#define BENCH_BLOCK_H

#include "run/run_impl.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_BLOCK_VERSION 1
#define BENCH_BLOCK_ID 40 /* "1-" and 32 digits, with room for later versions */

struct bench_plan;

struct bench_block {
	/* Those of the run, narrowed to what takes part in this workload. Its time is in wall_ns, budget_ns. */
	struct bench_options options;
	const char *workload;
	const char *trace, *profile; /* of a boot; NULL */
	bool captured;               /* the boot is one of the project's */
	json_t *kernels; /* label in names of benchmarks: {variant: as asked for, object: its digest} */
	unsigned process, build; /* from 1; from 0: this program */
	const char *program;     /* digest of its sources and flags */
	const char *link;        /* digest of the executable of another build; NULL: this program */

	/* Not part of what it is: */
	const char *executable;            /* NULL: this program */
	bool count;                        /* under Valgrind: count, do not time */
	double progress_from, progress_to; /* the part of the run that it is, for a terminal ... */
	uint64_t start_ns;                 /* ... and when that began, by the monotonic clock */
};

/* What the cells of a plan are about: a boot, or a synthetic workload. */
struct bench_block_workload {
	const struct bench_boot *boot; /* NULL: synthetic */
	unsigned workload;
	size_t cells;
};

/* The workloads of a plan that have cells, in its order: at most @plan->boot_count + BENCH_SYNTHETIC. */
size_t bench_block_workloads(const struct bench_plan *plan, struct bench_block_workload *workloads);

/* A block of a plan that is made. @link: NULL where @build is 0. Release in any case. 0 or -ENOMEM. */
int bench_block_make(const struct bench_plan *plan, const struct bench_block_workload *workload,
		     unsigned process, unsigned build, const char *link, struct bench_block *block);

/**
 * bench_block_parse() - a block out of its JSON.
 * @error: what is wrong, where the answer is not 0: a key that is unknown or missing, a newer version.
 *
 * Return: 0, -EINVAL or -ENOMEM. Release in any case.
 */
int bench_block_parse(const json_t *json, struct bench_block *block, char *error,
		      size_t error_size);

/* @whole: with what is not part of what it is. NULL: no memory. */
json_t *bench_block_write(const struct bench_block *block, bool whole);

/* False: no memory. */
bool bench_block_identify(const struct bench_block *block, char id[BENCH_BLOCK_ID]);

struct bench_progress;

/* On a terminal the progress of a block, which was begun, is a part of that of the run: preparing it, or the
 * rest. */
void bench_block_progress(const struct bench_block *block, struct bench_progress *progress,
			  bool preparing);

void bench_block_release(struct bench_block *block);

#ifdef __cplusplus
}
#endif
#endif
