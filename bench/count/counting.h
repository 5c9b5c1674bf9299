/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counting.h - counters in a run: what is counted of a benchmark, and of a replay by its phases.
 *
 * Counts are taken once per benchmark, in passes of their own that nothing times, and go out with each of
 * its repetitions. Per operation: n and 2n copies, subtracted, so that calls, readings and restored
 * states cancel. A copy is a batch, each on a state of its own where it changes the state, or a whole
 * replay; what is told is the median of rounds, and of the first two batches the mean, as the structural
 * counts are. Only counters that are believed (counters/counters.h) go out.
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
 *             start;
 *             bench_phases_run(phases, i);
 *             stop: add to whole[bench_phases_of(phases, i)]
 *     }
 *     mb_replayer_restore(r);                             searches alone
 *     for (i = 0; i < r->count; i++) {
 *             if (bench_phases_searches(phases, i)) {
 *                     start;
 *                     bench_phases_search(phases, i);
 *                     stop: add to search
 *             }
 *             bench_phases_run(phases, i);
 *     }
 *     whole[BENCH_PHASE_FIND_FREE] += search;
 *     whole[BENCH_PHASE_RESERVE] -= search;
 *
 * bench_phases_of() of an allocation whose search is known is RESERVE; where it is not (huge pages, the
 * slab allocator is up) the allocation is OTHER, whole.
 */
#ifndef BENCH_COUNTING_H
#define BENCH_COUNTING_H

#include "run/cell_impl.h"
#include "timed/replay_time.h"

#include <jansson.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a run ------------------------------------------------------------------------------------- */

struct bench_counting; /* the open counters of a run */
struct bench_counts;   /* what was counted of a cell */

/**
 * bench_counting_start() - open what --counters= asks for.
 * @request: auto, none, perf or perf:NAME+NAME.
 * @out:     released with bench_counting_end(), which takes NULL, too.
 *
 * Return: MB_EXIT_OK, or the exit status with a message printed.
 */
int bench_counting_start(const char *request, struct bench_counting **out);
void bench_counting_end(struct bench_counting *counting);

/**
 * bench_counting_cell() - count a cell that is ready to be timed; sets cell->counts or cell->error.
 * @spec, @metadata: what it was made with.
 *
 * Restores its states. Return: 0 or -ENOMEM.
 */
int bench_counting_cell(struct bench_counting *counting, struct bench_cell *cell,
			const struct mb_variant_spec *spec, enum mb_metadata metadata);
void bench_counts_free(struct bench_counts *counts);

/* One of them as it goes out: "instructions" per operation, "instructions_add" per replay. False: there is
 * no such count. */
bool bench_counts_get(const struct bench_counts *counts, const char *name, double *value);

/* The user counters of a repetition. @counts may be NULL. */
void bench_counting_emit(const struct bench_counts *counts, struct gb_state *s);

/* The context of the result: "counter:NAME" of everything that was asked for, with its source or why
 * it is absent, the cost of a reading, and the fraction of the time that was seen. After the cells. */
void bench_counting_context(const struct bench_counting *counting);

/* For the head of the table: why there are no hardware counters, or which. */
void bench_counting_print(FILE *out, const struct bench_counting *counting);

/* `list counters`: all that have a name, their state here, and presets; appended to @list, or printed where
 * that is NULL. False: out of memory. */
bool bench_counting_list(json_t *list);

/* A line of text in as many as it needs, of at most 96 columns, the later ones indented. */
void bench_print_wrapped(FILE *out, const char *text);

/* ---- the phases of a replay -------------------------------------------------------------------- */

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
uint64_t bench_phases_search(const struct bench_phases *phases, size_t i);
/* Run the operation. Return: its answer. */
uint64_t bench_phases_run(const struct bench_phases *phases, size_t i);

#ifdef __cplusplus
}
#endif
#endif
