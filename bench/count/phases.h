/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phases.h - the hot paths of a replay, one for each of its operations.
 *
 * Which hot path did the instructions of a boot go into? Every operation of a replay belongs to one
 * phase. Two cases are not plain:
 *
 *     an allocation    is a search and a reservation. The search is found by running it alone, on the
 *                      state right before the allocation: `find_free`. The rest, whole less search, is
 *                      `reserve`.
 *     growth           an operation in which an array was doubled is `growth`, whole: known from the
 *                      state's max before and after it, in a pass that counts nothing.
 *
 * Whatever counts, it makes two kinds of passes, because a search that ran just before its allocation
 * would have filled the caches for it:
 *
 *     rc = bench_phases_new(&replay->replayer, &phases);
 *
 *     mb_replayer_restore(r);                             whole operations
 *     for (i = 0; i < r->count; i++) {
 *             bench_phases_run(phases, i, r);             between two readings
 *             add to whole[bench_phases_of(phases, i)]
 *     }
 *     mb_replayer_restore(r);                             searches alone
 *     for (i = 0; i < r->count; i++) {
 *             if (bench_phases_searches(phases, i)) {
 *                     bench_phases_search(phases, i, r);
 *                     add to search
 *             }
 *             bench_phases_run(phases, i, nothing);
 *     }
 *     whole[BENCH_PHASE_FIND_FREE] += search;
 *     whole[BENCH_PHASE_RESERVE] -= search;
 *
 * bench_phases_of() of an allocation whose search is known is RESERVE; where it is not (huge pages, the
 * slab allocator is up) the allocation is OTHER, whole.
 */
#ifndef BENCH_PHASES_H
#define BENCH_PHASES_H

#include "timed/replay_time.h"

enum bench_phase {
	BENCH_PHASE_ADD, /* add, with or without a node, to memory or physmem */
	BENCH_PHASE_RESERVE,
	BENCH_PHASE_FREE,
	BENCH_PHASE_FIND_FREE,
	BENCH_PHASE_SET_NODE,
	BENCH_PHASE_GROWTH,
	BENCH_PHASE_HANDOVER, /* of the free memory to the page allocator, and the discard */
	BENCH_PHASE_OTHER,    /* remove, marks, trims, limits, questions */
	BENCH_PHASES
};

/* "add", "reserve", "free", "find_free", "set_node", "growth", "handover", "other". */
extern const char *const bench_phase_names[BENCH_PHASES];

struct bench_phases;

/**
 * bench_phases_new() - classify the operations of a replay.
 * @replayer: stays the caller's, and as long as the result. It is restored, run once, and restored.
 *
 * Every search is checked: alone, it finds the address that its allocation then returns.
 *
 * Return: 0 or -ENOMEM. *out is released with bench_phases_free().
 */
int bench_phases_new(struct mb_replayer *replayer, struct bench_phases **out);
void bench_phases_free(struct bench_phases *phases);

/* Of operation @i of the replayer, below its count. */
enum bench_phase bench_phases_of(const struct bench_phases *phases, size_t i);
/* Is it an allocation with a search that can be run alone? */
bool bench_phases_searches(const struct bench_phases *phases, size_t i);

/* Run that search on the state that the replayer is in, as often as the allocation will: by its node,
 * on any node, without mirrored memory, without its lower bound. Return: the last answer. */
uint64_t bench_phases_search(const struct bench_phases *phases, size_t i, struct bench_reading *r);
/* Run the operation. Return: its answer. */
uint64_t bench_phases_run(const struct bench_phases *phases, size_t i, struct bench_reading *r);

#endif
