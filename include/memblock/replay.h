/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.h - a trace's operations on an instance, and what comes of it compared with the capture.
 *
 *     mb_op_run()          one operation; a timed replay calls nothing else
 *     mb_dump_matches()    does an instance hold what a kernel's dump shows?
 *     mb_ask()             all answers of an instance, as one number: do two of them agree?
 *     mb_state_digest()    its regions, as a line that two machines or two years can compare
 *     mb_count_free_blocks()  how whole its free memory is: aligned blocks
 *     mb_replay_check()    all of that, over a whole trace, on an instance of its own
 *
 * Traces and operations are described in memblock/trace.h. Nothing here keeps or changes a trace; an
 * instance belongs to the caller, whose hooks are called as always.
 */
#ifndef MEMBLOCK_REPLAY_H
#define MEMBLOCK_REPLAY_H

#include <memblock/trace.h>
#include <memblock/variant.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- one operation ----------------------------------------------------------------------------- */

/**
 * mb_op_run() - execute one operation on an instance. GREW and DUMP do nothing.
 * Return: the address an allocation or FIND gave (0: none); of FREE_ALL the pages handed over; of the
 * other questions their answers, folded; of everything else what it returned, 0 or -errno as a 64-bit
 * two's complement (0 where it returns nothing).
 */
uint64_t mb_op_run(struct mb *mb, const struct mb_op *op);

/**
 * mb_op_joins() - what a caller with step noinit does instead of @op and @next, which follows it.
 * @joined: where @op reserves and @next marks the same range NOINIT: one reservation with that flag.
 */
bool mb_op_joins(const struct mb_op *op, const struct mb_op *next, struct mb_op *joined);

/* Execute a captured growth as ordinary operations (metadata=host). */
void mb_op_run_growth(struct mb *mb, const struct mb_op *op);

/* ---- comparison with a dump -------------------------------------------------------------------- */

/*
 * Does @mb hold what @dump shows: regions with base, size, node as printed and flags, and the
 * totals of the header? @why (may be NULL) gets the first difference.
 */
bool mb_dump_matches(struct mb *mb, const struct mb_dump *dump, char *why, size_t why_size);
/* The node that a dump of @mb prints for a region that stores @nid; -1: none. */
int mb_printed_node(const struct mb *mb, int nid);

/* ---- answers ----------------------------------------------------------------------------------- */

/*
 * What can be asked of a state besides its regions: every iteration, forward and in reverse, by node
 * and by flags, and the queries at the edges of regions. Folded into one sum, for comparing two
 * instances; with @entries each answer is kept as well, to find the one that differs.
 */
struct mb_answer {
	const char *what; /* static: the function */
	uint64_t argument, answer;
};

struct mb_answers {
	uint64_t sum;
	uint64_t count;
	struct mb_answer *entries; /* NULL: only the sum; else room for @room */
	uint64_t room;
};

/* Ask everything of @mb and append it to @answers. Changes no collection. */
void mb_ask(struct mb *mb, struct mb_answers *answers);
/* Two of its iterations, by @number: cheap enough for after every operation. */
void mb_ask_walks(struct mb *mb, struct mb_answers *answers, uint64_t number);
/* Append one answer. */
void mb_answer(struct mb_answers *answers, const char *what, uint64_t argument, uint64_t answer);

/**
 * mb_line_digest() - a log line as a number, for comparing instances line by line.
 * @metadata: with metadata on the host only some variants report growth, so its lines do not count.
 *
 * The caller at the end of a memblock=debug line does not take part: it is the place in our own
 * code or in the kernel's. Return: 0 for a line that does not count.
 */
uint64_t mb_line_digest(const char *line, enum mb_metadata metadata);

/* ---- the state as a digest --------------------------------------------------------------------- */

/* SHA-256 over lines "LIST BASE END NODE|x FLAGS" of memory, reserved, physmem; hex with final 0. */
void mb_state_digest(struct mb *mb, char digest[65]);

/* ---- what placement leaves --------------------------------------------------------------------- */

/* Of all free memory, marked for hotplug or not, highmem too; pieces that touch on one node are one. */
struct mb_free_blocks {
	bool known; /* counted at all: a replay that ended early was not */
	uint64_t pieces, bytes;
	uint64_t blocks_2m, blocks_1g; /* that lie in a piece whole, aligned to their size */
};

/* Changes no collection. Not after mb_discard(). */
void mb_count_free_blocks(struct mb *mb, struct mb_free_blocks *blocks);

/* ---- a checked replay -------------------------------------------------------------------------- */

struct mb_divergence {
	uint32_t line;      /* 0: the trace does not say */
	uint64_t operation; /* from 1 */
	uint64_t captured, got;
};

#define MB_DIVERGENCES_MAX 64

/* Where a bounded store was full. A replay ends there; what came before it is compared. */
struct mb_limit {
	uint64_t operation;     /* from 1; 0: it was never full */
	uint32_t line;          /* its line; 0: the trace does not say */
	const char *collection; /* "memory" ... */
	uint32_t regions;       /* that fit */
	uint32_t needs;         /* that the boot has at most where they fit; more than `regions` */
};

/* What a checked replay of a trace on one variant found. */
struct mb_replay_result {
	uint64_t allocs, allocs_as_captured;               /* those with a captured result */
	struct mb_divergence diverged[MB_DIVERGENCES_MAX]; /* the first ones */
	unsigned diverged_count;
	uint64_t dumps, dumps_matched;
	bool dump_differs;
	uint32_t first_dump_differs;   /* line of the first that does; 0: none, or without one */
	uint64_t first_dump_operation; /* the same as a number from 1 */
	char first_dump_why[160];
	uint64_t growths;             /* of the variant, whatever was captured */
	uint64_t growth_bytes;        /* of managed memory that all of them together took */
	uint64_t growths_captured;    /* of the kernel */
	uint64_t growths_as_captured; /* of both, at the same places; UINT64_MAX: not compared */
	uint32_t memory_peak, reserved_peak;
	uint64_t metadata_bytes_peak;
	uint64_t joined;       /* pairs that were one call (mb_op_joins()) */
	uint64_t bytes_zeroed; /* what the boot would have zeroed */
	uint64_t warnings;
	struct mb_free_blocks left; /* after the hand-over; where the trace has none, at its end */
	/* Statuses, log lines, and at each dump everything that mb_ask() asks. Equal on all variants with
	 * the same slots (metadata=host), or that grow like the kernel (self). */
	uint64_t answers;
	char state_digest[65];
	char panic[160]; /* "" or the message that ended the replay */
	struct mb_limit full;
};

/**
 * mb_replay_check() - replay once, comparing everything; untimed.
 * @spec:     variant and build.
 * @metadata: self or host.
 *
 * Return: 0 (divergences are results, not errors), or -errno if no instance could be made.
 */
int mb_replay_check(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		    enum mb_metadata metadata, struct mb_replay_result *result);

#ifdef __cplusplus
}
#endif
#endif
