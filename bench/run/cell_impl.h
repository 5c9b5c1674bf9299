/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cell_impl.h - one benchmark: an operation on a workload with a variant at a size.
 *
 * A cell is a subject (timed/subject.h) that is registered with Google Benchmark. The time it reports is
 * always nanoseconds per operation.
 */
#ifndef BENCH_CELL_H
#define BENCH_CELL_H

#include "measure/gbench.h"
#include "measure/noise.h"
#include "timed/subject.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bench_progress;
struct bench_counts;
struct bench_simulated;

/*
 * The end of a run by the clock on the wall. A plan is made of what one check took; on a machine with
 * other things to do the repetitions take longer. Those that would begin behind the end are
 * dropped, of all benchmarks alike since their order is random, but for the first few of each.
 */
struct bench_watch {
	uint64_t end_ns; /* by the monotonic clock; 0: there is no end */
	unsigned least;  /* repetitions of a benchmark that run in any case */
};

#define BENCH_CELL_LABEL 104

struct bench_cell {
	struct bench_subject subject;
	const char *operation, *workload;
	char variant[BENCH_CELL_LABEL]; /* as asked for; "+o2" appended in that build */
	uint32_t n;
	bool is_kernel;     /* a kernel's file, with steps of ours or without */
	const char *object; /* the file that the kernel's code is in; empty: another variant */

	unsigned next_batch; /* a repetition goes on where the last one ended */
	int64_t iterations;  /* operations in a repetition, a multiple of those in a turn */
	struct bench_structure structure;
	struct bench_simulated *simulated; /* of bench_simulate(); NULL: nothing was */
	struct bench_counts *counts;       /* of bench_count_subject(); NULL: nothing was counted */
	char label[80];

	unsigned begun, dropped, timed; /* repetitions */

	const struct bench_watch *watch;
	struct bench_disturbances *disturbances; /* of all cells of the run */
	struct bench_progress *progress;
};

/* "replay", "replay_cold" and "replay_cold_llc" are operations, too; NULL: @name is none. */
const char *bench_replay_operation(const char *name);

/* Set name, and the parts of it that it consists of. @label: of mb_variant_ops(), in place of the
 * variant. */
void bench_cell_name(struct bench_cell *cell, const char *operation, const char *workload,
		     const struct mb_variant_spec *spec, const char *label, uint32_t n);

/* The third part of its name. @label: of BENCH_CELL_LABEL bytes. */
void bench_cell_label(const struct bench_cell *cell, char *label);

/* Fill in what follows from the parts. */
void bench_cell_synthetic(struct bench_cell *cell, const struct bench_queries *queries,
			  struct bench_state *state);
void bench_cell_replay(struct bench_cell *cell, struct bench_replay *replay,
		       enum bench_warmth cold);

/* Choose iterations so that a repetition takes about @ns, one turn at least. */
void bench_cell_plan(struct bench_cell *cell, double ns);
/* What a repetition will take, ns. */
double bench_cell_cost(const struct bench_cell *cell);

void bench_cell_register(struct bench_cell *cell, unsigned repetitions);

/* All repetitions are over: one that neither gave a time nor was dropped is an error. */
void bench_cell_complete(struct bench_cell *cell, unsigned repetitions);

void bench_cell_release(struct bench_cell *cell);

#ifdef __cplusplus
}
#endif
#endif
