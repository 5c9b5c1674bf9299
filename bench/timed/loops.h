/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loops.h - everything that runs between two readings of the clock, in both flag sets.
 *
 *     struct bench_reading r = bench_reading_of_time();
 *     sum = bench_loops_of(spec->build)->replay(mb, ops, count, &r);        r.ticks
 *
 * The two readings are inside the loops, and what is between them calls nothing outside of its own flag set: in
 * the kernel's, loops, mb_op_run(), the core, every store and the memory functions are one object, with no
 * symbol of theirs in common with the plain ones (cmake/kflags.cmake). So a store is measured as `linux` is, whose
 * object is compiled whole. A subject chooses its table once (of bench_state, of mb_replayer).
 *
 * A kernel has no floating point: loops keep ticks, the caller makes nanoseconds of them.
 */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#include <memblock/replay.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_PAGE 4096u

/* Where the metadata of synthetic states is (state.h). */
#define BENCH_METADATA_BASE (UINT64_C(1) << 40)
#define BENCH_METADATA_SIZE (UINT64_C(1) << 30)

/* One prepared call; what is used depends on the operation. */
struct bench_query {
	uint64_t base, size;
	uint64_t lo, hi; /* the window of a search */
	uint64_t align;  /* of a request for a node */
	int32_t nid;
};

/* A search as an allocation asks it: arguments of mb_find(). */
struct bench_search {
	uint64_t size, align, start, end;
	int32_t nid;
	uint32_t flags;
};

/* What is read before and after. */
struct bench_reading {
	enum { BENCH_READ_NOTHING, BENCH_READ_TIME, BENCH_READ_COUNTS } what;
	bool tsc;       /* TIME: of struct bench_clock */
	uint64_t ticks; /* TIME: between the two, of a loop with several the sum */
};

/* COUNTS: callgrind collects in between (counters/callgrind.h). */
#define BENCH_READING_OF_COUNTS ((struct bench_reading){ .what = BENCH_READ_COUNTS })
#define BENCH_READING_OF_NOTHING ((struct bench_reading){ .what = BENCH_READ_NOTHING })

/* What came through the sink of the table below, since a FREE_ALL began: its ctx. */
struct bench_handed {
	uint64_t blocks;   /* of free pages */
	uint64_t hash;     /* of their numbers and orders, as they came */
	uint64_t reserved; /* of the reserved ranges but metadata, nodes included, as they came */
};

/* Batches of queries: of the operation of that name (operations.c). */
enum bench_run {
	BENCH_RUN_ADD,
	BENCH_RUN_REMOVE,
	BENCH_RUN_RESERVE,
	BENCH_RUN_FREE,
	BENCH_RUN_FIND_FREE,
	BENCH_RUN_ALLOC,
	BENCH_RUN_SEARCH,
	BENCH_RUN_OVERLAP,
	BENCH_RUN_MARK,
	BENCH_RUN_SET_NODE,
	BENCH_RUN_ITERATE,
	BENCH_RUN_HANDOVER,
	BENCH_RUN_WALK_FREE,
	BENCH_RUN_FIND_ON_NODE,
	BENCH_RUN_ALLOC_ON_NODE,
	BENCH_RUN_FREE_ALL,
	BENCH_RUNS
};

struct bench_loops {
	/* Perform @n queries between two readings; the fold of their answers. */
	uint64_t (*run[BENCH_RUNS])(struct mb *mb, const struct bench_query *q, unsigned n,
				    struct bench_reading *r);
	/* The same of operations of a trace. */
	uint64_t (*replay)(struct mb *mb, const struct mb_op *ops, size_t n,
			   struct bench_reading *r);
	/* Each operation between two readings, after @disturb(@ctx, mb, op). */
	uint64_t (*cold)(struct mb *mb, const struct mb_op *ops, size_t n,
			 void (*disturb)(void *ctx, const struct mb_op *op), void *ctx,
			 struct bench_reading *r);
	/* One operation, one or several searches (the last answer), and nothing @n times. */
	uint64_t (*one)(struct mb *mb, const struct mb_op *op, struct bench_reading *r);
	uint64_t (*search)(struct mb *mb, const struct bench_search *s, unsigned n,
			   struct bench_reading *r);
	void (*nothing)(unsigned n, struct bench_reading *r);
	/* The page allocator of every instance; FREE_ALL wants it with a ctx. Its functions are never inlined. */
	struct mb_page_sink sink;
};

extern const struct bench_loops bench_loops_o2, bench_loops_kflags;

static inline const struct bench_loops *bench_loops_of(enum mb_build build)
{
	return build == MB_O2 || build == MB_O2_COUNTED ? &bench_loops_o2 : &bench_loops_kflags;
}

/* How answers become one number. Two cycles, and no part of the next operation waits for them. */
static inline uint64_t bench_fold(uint64_t sum, uint64_t answer)
{
	return (sum << 1 | sum >> 63) ^ answer;
}

/* Run one operation of a replay; what it answered (mb_op_run()), 0 for a captured growth. */
static inline uint64_t mb_replayer_run_op(struct mb *mb, const struct mb_op *op)
{
	if (op->kind != MB_OP_GREW)
		return mb_op_run(mb, op);
	mb_op_run_growth(mb, op);
	return 0;
}

#ifdef __cplusplus
}
#endif
#endif
