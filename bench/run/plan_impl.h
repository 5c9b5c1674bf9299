/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_impl.h - which benchmarks a run consists of, and how long each takes.
 *
 * bench_plan_make() turns the options into a list of cells, in the order of the table, without
 * building anything but the boots that they name. bench_plan_prepare() builds every state and replay,
 * checks its answers, and divides the time.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "cli/progress.h"
#include "run/cell_impl.h"
#include "run/run_impl.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a cell is to be made of. */
struct bench_plan_item {
	const struct bench_operation *operation; /* NULL: a replay */
	enum bench_workload workload;
	const struct bench_boot *boot;
	const struct mb_variant_spec *spec;
	const struct mb_profile *profile; /* that it behaves as */
	enum bench_warmth cold;
};

struct bench_block;
struct bench_part; /* a layout, state, set of queries or replay */

struct bench_plan {
	const struct bench_options *options;
	const struct bench_block *block; /* that it is the plan of; NULL: of a run */
	struct mb_variant_spec *specs;   /* a variant and build each */
	unsigned spec_count;
	const struct mb_profile *profile; /* of synthetic states */
	json_t *not_timed; /* {row: why, where a kernel or a peer has no call for it}; NULL: nothing */
	struct bench_boot **boots;
	size_t boot_count;

	struct bench_cell *cells;
	struct bench_plan_item *items; /* one per cell */
	size_t count, room;
	struct bench_counting *counting; /* the caller's; NULL: nothing is counted */
	unsigned repetitions;
	uint64_t start_ns; /* of this process, by the monotonic clock */
	struct bench_watch watch;
	struct bench_disturbances disturbances; /* of the repetitions of this process */

	uint64_t workload_digests[BENCH_SYNTHETIC]; /* over all sizes that take part */
	struct bench_part *parts;
	size_t part_count, part_room;
};

/* MB_EXIT_OK, or an exit status with a message printed. Release in any case. */
int bench_plan_make(const struct bench_options *options, struct bench_plan *plan);
void bench_plan_release(struct bench_plan *plan);

/* 0 or -errno. What is wrong with one cell becomes its error. */
int bench_plan_prepare(struct bench_plan *plan, struct bench_progress *progress);
/* Release what that made; bench_plan_release() does it. */
void bench_plan_release_parts(struct bench_plan *plan);

/* Variants, their parameters, and workload digests, for the context of the result. */
void bench_plan_context(const struct bench_plan *plan);

#ifdef __cplusplus
}
#endif
#endif
