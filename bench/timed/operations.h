/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * operations.h - what is measured on a synthetic state.
 *
 * An operation is a loop (loops.h) that performs a batch of prepared queries and folds the answers into a
 * checksum, so that nothing is optimised away and every timed batch can be verified. Queries depend
 * on the layout only: all variants get the same. Two kinds:
 *
 *   - one that changes the state: each batch starts from the restored state, and only the batch is
 *     timed. A batch is at most an eighth of the regions (4 at least), so the state stays near n.
 *   - one that only reads: batches follow one another on the same state.
 *
 * The answers that are expected come from the reference: `array` with its metadata on the host.
 */
#ifndef BENCH_OPERATIONS_H
#define BENCH_OPERATIONS_H

#include "timed/state.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bench_operation {
	const char *name;
	const char *description;
	enum mb_which loaded; /* collection that holds n regions */
	bool changes;
	bool by_peers; /* peers offer it */
	bool walks; /* one query is a walk over everything; one operation is one range, or block handed over */
	enum bench_setting setting;
	enum bench_run run;         /* the loop that performs a batch, ... */
	enum bench_run run_on_node; /* ... and where requests are for a node, if that is another */
	/* Fill @q with @n queries of one batch. */
	void (*prepare)(const struct bench_layout *layout, uint64_t *random, struct bench_query *q,
			unsigned n);
};

extern const struct bench_operation bench_operations[];
extern const unsigned bench_operation_count;

/* NULL for an unknown name. */
const struct bench_operation *bench_operation_find(const char *name);

/* The queries of one operation on one layout, with the answers that are expected. */
struct bench_queries {
	const struct bench_operation *operation;
	enum bench_run run; /* of the operation's the one for this layout */
	unsigned batches;
	unsigned batch;        /* queries in a batch */
	uint64_t ops;          /* operations in a batch: the queries, or the ranges of a walk */
	struct bench_query *q; /* batches * batch of them */
	uint64_t *expected;    /* answers of each batch */
	uint64_t first_state, last_state; /* digests after the first and the last batch */
	uint32_t answers;                 /* all of that in short, for the label */
};

/**
 * bench_queries_new() - prepare the queries and have the reference answer them.
 * @reference: a state of the same layout.
 *
 * Return: NULL when there is no memory.
 */
struct bench_queries *bench_queries_new(const struct bench_operation *operation,
					struct bench_state *reference, uint64_t seed);
void bench_queries_free(struct bench_queries *queries);

static inline const struct bench_query *bench_batch(const struct bench_queries *queries, unsigned i)
{
	return &queries->q[(size_t)i * queries->batch];
}

/* Perform @n queries of batch @i between two readings; the fold of their answers. */
static inline uint64_t bench_run_queries(const struct bench_queries *queries, unsigned i,
					 unsigned n, struct bench_state *state,
					 struct bench_reading *r)
{
	return state->loops->run[queries->run](state->mb, bench_batch(queries, i), n, r);
}

/**
 * bench_queries_verify() - run every batch and compare answers and states.
 * @compare: false for a variant that has no answers (null): it is only timed.
 * @ns:      set to what one batch takes on average, the restoring included.
 *
 * Return: 0, or -1 with @why saying what differs.
 */
int bench_queries_verify(const struct bench_queries *queries, struct bench_state *state,
			 bool compare, double *ns, char *why, size_t why_size);

/* What one operation costs in countable things, on a counted build. */
struct bench_structure {
	double regions_visited, bytes_moved; /* per operation */
	double metadata_bytes;               /* after the batch */
};

void bench_queries_count(const struct bench_queries *queries, struct bench_state *counted,
			 struct bench_structure *structure);

#ifdef __cplusplus
}
#endif
#endif
