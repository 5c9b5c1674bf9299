/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loops.c - what runs between two readings (loops.h), compiled twice: BENCH_LOOPS is the table's name.
 *
 * Nothing of bench is called: what loops need comes as arguments, so the object with the kernel's flags
 * stands alone.
 */
#include "timed/loops.h"

#include "measure/ticks.h"

#include <memblock/variant.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT (void)0
#endif

#ifndef BENCH_LOOPS
#define BENCH_LOOPS bench_loops_o2
#endif

/* ---- readings ---------------------------------------------------------------------------------- */

static inline uint64_t begin(const struct bench_reading *r)
{
	if (r->what == BENCH_READ_TIME)
		return bench_ticks_begin(r->tsc);
	if (r->what == BENCH_READ_COUNTS)
		CALLGRIND_TOGGLE_COLLECT;
	return 0;
}

static inline void end(struct bench_reading *r, uint64_t began)
{
	if (r->what == BENCH_READ_TIME)
		r->ticks += bench_ticks_end(r->tsc) - began;
	else if (r->what == BENCH_READ_COUNTS)
		CALLGRIND_TOGGLE_COLLECT;
}

/* ---- batches ----------------------------------------------------------------------------------- */

#define BATCH(name, call)                                                                          \
	static uint64_t run_##name(struct mb *mb, const struct bench_query *q, unsigned n,         \
				   struct bench_reading *r)                                        \
	{                                                                                          \
		uint64_t sum = 0, began = begin(r);                                                \
                                                                                                   \
		for (unsigned i = 0; i < n; i++)                                                   \
			sum = bench_fold(sum, (uint64_t)(call));                                   \
		end(r, began);                                                                     \
		return sum;                                                                        \
	}

BATCH(add, mb_add(mb, q[i].base, q[i].size))
BATCH(remove, mb_remove(mb, q[i].base, q[i].size))
BATCH(reserve, mb_reserve(mb, q[i].base, q[i].size))
BATCH(free, mb_phys_free(mb, q[i].base, q[i].size))
BATCH(mark, mb_mark_hotplug(mb, q[i].base, q[i].size))
BATCH(set_node, mb_set_node(mb, q[i].base, q[i].size, MB_MEMORY, q[i].nid))
BATCH(overlap, mb_overlaps_region(mb, MB_RESERVED, q[i].base, q[i].size))
BATCH(find_free, mb_find(mb, q[i].size, BENCH_PAGE, q[i].lo, q[i].hi, MB_NUMA_NO_NODE, MB_NONE))
BATCH(alloc, mb_phys_alloc_range(mb, q[i].size, BENCH_PAGE, q[i].lo, q[i].hi))
BATCH(find_on_node, mb_find(mb, q[i].size, q[i].align, q[i].lo, q[i].hi, q[i].nid, MB_NONE))
BATCH(alloc_on_node,
      mb_alloc_range_nid(mb, q[i].size, q[i].align, q[i].lo, q[i].hi, q[i].nid, true))

static inline uint64_t search(struct mb *mb, const struct bench_query *q)
{
	struct mb_region found;

	return mb_search(mb, MB_RESERVED, q->base, &found) ? found.base : 1;
}

BATCH(search, search(mb, &q[i]))

static inline uint64_t iterate(struct mb *mb, const struct bench_query *q, uint64_t sum)
{
	struct mb_range range;
	struct mb_iter it MB_UNINITIALIZED;

	for (mb_iter_regions(&it, mb, MB_MEMORY, q->nid != 0); mb_next(&it, &range);)
		sum = bench_fold(sum, range.base ^ range.end);
	return sum;
}

/*
 * Cut [pfn, end) into the aligned powers of two that the page allocator takes, as the hand-over
 * does: the order of a chunk is the alignment of its first page, at most 10, lowered until the
 * chunk fits.
 */
static inline uint64_t cut(uint64_t pfn, uint64_t end, uint64_t sum)
{
	while (pfn < end) {
		unsigned order = pfn ? (unsigned)__builtin_ctzll(pfn) : 10;

		if (order > 10)
			order = 10;
		while (pfn + (UINT64_C(1) << order) > end)
			order--;
		sum = bench_fold(sum, pfn + order);
		pfn += UINT64_C(1) << order;
	}
	return sum;
}

static inline uint64_t hand_over(struct mb *mb, uint64_t sum)
{
	struct mb_range range;
	struct mb_iter it MB_UNINITIALIZED;

	for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false); mb_next(&it, &range);)
		sum = cut((range.base + BENCH_PAGE - 1) / BENCH_PAGE, range.end / BENCH_PAGE, sum);
	return sum;
}

static inline uint64_t walk_free(struct mb *mb, uint64_t sum)
{
	struct mb_range range;
	struct mb_iter it MB_UNINITIALIZED;

	for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false); mb_next(&it, &range);)
		sum = bench_fold(sum, range.base ^ range.end);
	return sum;
}

#define WALK(name, call)                                                                           \
	static uint64_t run_##name(struct mb *mb, const struct bench_query *q, unsigned n,         \
				   struct bench_reading *r)                                        \
	{                                                                                          \
		uint64_t sum = 0, began = begin(r);                                                \
                                                                                                   \
		(void)q;                                                                           \
		for (unsigned i = 0; i < n; i++)                                                   \
			sum = call;                                                                \
		end(r, began);                                                                     \
		return sum;                                                                        \
	}

WALK(iterate, iterate(mb, &q[i], sum))
WALK(handover, hand_over(mb, sum))
WALK(walk_free, walk_free(mb, sum))

/* ---- the whole hand-over ----------------------------------------------------------------------- */

static __attribute__((__noinline__)) void take_reserved(void *ctx, uint64_t base, uint64_t end,
							int nid)
{
	struct bench_handed *handed = ctx;

	if (base - BENCH_METADATA_BASE >= BENCH_METADATA_SIZE)
		handed->reserved =
			bench_fold(bench_fold(handed->reserved, base ^ (uint32_t)nid), end);
}

static __attribute__((__noinline__)) void take_block(void *ctx, uint64_t pfn, unsigned order)
{
	struct bench_handed *handed = ctx;

	handed->blocks++;
	handed->hash = bench_fold(handed->hash, pfn << 6 | order);
}

static uint64_t run_free_all(struct mb *mb, const struct bench_query *q, unsigned n,
			     struct bench_reading *r)
{
	struct bench_handed *handed = mb->sink.ctx;
	uint64_t pages, began;

	(void)q, (void)n;
	handed->blocks = handed->hash = handed->reserved = 0;
	began = begin(r);
	pages = mb_free_all(mb);
	end(r, began);
	return bench_fold(bench_fold(bench_fold(pages, handed->blocks), handed->hash),
			  handed->reserved);
}

/* ---- operations of a trace --------------------------------------------------------------------- */

static uint64_t replay(struct mb *mb, const struct mb_op *ops, size_t n, struct bench_reading *r)
{
	uint64_t sum = 0, began = begin(r);

	for (size_t i = 0; i < n; i++)
		sum = bench_fold(sum, mb_replayer_run_op(mb, &ops[i]));
	end(r, began);
	return sum;
}

/* The record of the operation is copied after the disturbance, so that reading it is not what is measured. */
static uint64_t cold(struct mb *mb, const struct mb_op *ops, size_t n,
		     void (*disturb)(void *ctx, const struct mb_op *op), void *ctx,
		     struct bench_reading *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t began, answer;
		struct mb_op op;

		disturb(ctx, &ops[i]);
		op = ops[i];
		began = begin(r);
		answer = mb_replayer_run_op(mb, &op);
		end(r, began);
		sum = bench_fold(sum, answer);
	}
	return sum;
}

static uint64_t one(struct mb *mb, const struct mb_op *op, struct bench_reading *r)
{
	uint64_t began = begin(r), answer = mb_replayer_run_op(mb, op);

	end(r, began);
	return answer;
}

static uint64_t searches(struct mb *mb, const struct bench_search *s, unsigned n,
			 struct bench_reading *r)
{
	uint64_t found = 0, began = begin(r);

	for (; n; n--, s++)
		found = mb_find(mb, s->size, s->align, s->start, s->end, s->nid, s->flags);
	end(r, began);
	return found;
}

static void nothing(unsigned n, struct bench_reading *r)
{
	for (; n; n--)
		end(r, begin(r));
}

const struct bench_loops BENCH_LOOPS = {
	.run = {
		[BENCH_RUN_ADD] = run_add,
		[BENCH_RUN_REMOVE] = run_remove,
		[BENCH_RUN_RESERVE] = run_reserve,
		[BENCH_RUN_FREE] = run_free,
		[BENCH_RUN_FIND_FREE] = run_find_free,
		[BENCH_RUN_ALLOC] = run_alloc,
		[BENCH_RUN_SEARCH] = run_search,
		[BENCH_RUN_OVERLAP] = run_overlap,
		[BENCH_RUN_MARK] = run_mark,
		[BENCH_RUN_SET_NODE] = run_set_node,
		[BENCH_RUN_ITERATE] = run_iterate,
		[BENCH_RUN_HANDOVER] = run_handover,
		[BENCH_RUN_WALK_FREE] = run_walk_free,
		[BENCH_RUN_FIND_ON_NODE] = run_find_on_node,
		[BENCH_RUN_ALLOC_ON_NODE] = run_alloc_on_node,
		[BENCH_RUN_FREE_ALL] = run_free_all,
	},
	.replay = replay,
	.cold = cold,
	.one = one,
	.search = searches,
	.nothing = nothing,
	.sink = { .init_reserved = take_reserved, .free_block = take_block },
};
