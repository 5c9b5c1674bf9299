/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subject.h - what is timed and what is counted: an operation on a state, or a boot, with one variant,
 * made and ready.
 *
 * The same subject is timed by run/cell.c and counted by count/. It does not own its parts, which other
 * subjects share: all operations on one workload at one size use the same state, the warm and the cold
 * replay of a boot the same replay. Each use begins by restoring them.
 */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "timed/boot.h"
#include "timed/operations.h"

struct bench_subject {
	char name[256]; /* of the benchmark: OPERATION/WORKLOAD/VARIANT/regions:N */
	bool is_null;   /* measures the harness; its answers are not checked */

	/* Queries and the state that they ask ... */
	const struct bench_queries *queries;
	struct bench_state *state;
	/* ... or a replay. */
	struct bench_replay *replay;
	enum bench_warmth cold; /* not 0: each of its operations after a disturbance */

	double turn_ns;   /* one turn, a batch or a replay, untimed parts included: for planning */
	int64_t turn_ops; /* operations in a turn */
	char error[200];  /* not empty: it could not be made, or answered wrongly */
};

#endif
