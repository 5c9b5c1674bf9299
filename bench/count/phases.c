/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phases.c - which operation of a replay belongs to which hot path (phases.h).
 *
 * The searches of an allocation are worked out once: asked in the order in which the allocation asks,
 * up to the one that finds something. The allocation that follows must return that very address, or the
 * search was another one, and the allocation is not split.
 */
#include "count/phases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_phase_names[BENCH_PHASES] = {
	[BENCH_PHASE_ADD] = "add",           [BENCH_PHASE_RESERVE] = "reserve",
	[BENCH_PHASE_FREE] = "free",         [BENCH_PHASE_FIND_FREE] = "find_free",
	[BENCH_PHASE_SET_NODE] = "set_node", [BENCH_PHASE_GROWTH] = "growth",
	[BENCH_PHASE_HANDOVER] = "handover", [BENCH_PHASE_OTHER] = "other",
};

#define SEARCHES_MAX 8 /* of one allocation: node or any, mirror or not, lower bound or not */

struct phase_op {
	enum bench_phase phase;
	unsigned searches; /* of search[], from first on */
	size_t first;
};

struct bench_phases {
	struct mb_replayer *replayer;
	struct phase_op *ops;
	struct bench_search *search;
	size_t search_count, search_room;
};

/* Of an operation that is not taken apart. */
static enum bench_phase phase_of(enum mb_op_kind kind)
{
	static const enum bench_phase of[] = {
		[MB_PATH_ADD] = BENCH_PHASE_ADD,       [MB_PATH_RESERVE] = BENCH_PHASE_RESERVE,
		[MB_PATH_FREE] = BENCH_PHASE_FREE,     [MB_PATH_FIND_FREE] = BENCH_PHASE_FIND_FREE,
		[MB_PATH_ALLOC] = BENCH_PHASE_OTHER,   [MB_PATH_SET_NODE] = BENCH_PHASE_SET_NODE,
		[MB_PATH_GROWTH] = BENCH_PHASE_GROWTH, [MB_PATH_HANDOVER] = BENCH_PHASE_HANDOVER,
		[MB_PATH_OTHER] = BENCH_PHASE_OTHER,
	};

	return of[mb_operations[kind].path];
}

/* ---- searches ---------------------------------------------------------------------------------- */

/* Does a request for @nid select one node, so that another may be tried after it? */
static bool selects_node(const struct mb *mb, int32_t nid)
{
	if (nid >= 0 && (uint32_t)nid < mb->max_numnodes)
		return true;
	return !mb->profile->invalid_nid_is_any && nid != MB_NUMA_NO_NODE &&
	       (uint32_t)nid != mb->max_numnodes;
}

static uint64_t run_search(struct mb *mb, const struct bench_search *s)
{
	return mb_find(mb, s->size, s->align, s->start, s->end, s->nid, s->flags);
}

/* What an allocation asks first; false: its search cannot be run alone. */
static bool first_search(const struct mb *mb, const struct mb_request *request,
			 struct bench_search *s)
{
	*s = (struct bench_search){ request->size, request->align, request->lo,
				    request->hi,   request->nid,   MB_NONE };
	if (!request->physical && s->end > mb->current_limit)
		s->end = mb->current_limit;
	if (!s->align)
		s->align = mb->machine.cache_line;
	if (mb->scratch_only)
		s->flags = MB_KHO_SCRATCH;
	else if (mb_has_mirror(mb))
		s->flags = MB_MIRROR;
	return !mb->slab_up;
}

static int add_search(struct bench_phases *phases, const struct bench_search *s)
{
	if (phases->search_count == phases->search_room) {
		size_t room = phases->search_room ? phases->search_room * 2 : 256;
		struct bench_search *more = realloc(phases->search, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		phases->search = more;
		phases->search_room = room;
	}
	phases->search[phases->search_count++] = *s;
	return 0;
}

/*
 * Ask as the allocation will: on its node, then on any, then both again without mirrored memory; a
 * virtual one then all of that without its lower bound.
 */
static int note_searches(struct bench_phases *phases, const struct mb_op *op, struct phase_op *to,
			 uint64_t *found)
{
	struct mb *mb = phases->replayer->mb;
	struct mb_request request;
	struct bench_search first, s;
	int rc = 0;

	*found = 0;
	to->first = phases->search_count;
	if (op->kind == MB_OP_ALLOC_HUGETLB || !mb_op_request(op, &request) ||
	    !first_search(mb, &request, &first))
		return 0;
	for (unsigned i = 0; i < SEARCHES_MAX && !*found && !rc; i++) {
		bool any_node = i & 1, unmirrored = i & 2, unbounded = i & 4;

		if ((any_node && (request.exact || !selects_node(mb, first.nid))) ||
		    (unmirrored && !(first.flags & MB_MIRROR)) ||
		    (unbounded && (request.physical || !first.start)))
			continue;
		s = first;
		if (any_node)
			s.nid = MB_NUMA_NO_NODE;
		if (unmirrored)
			s.flags = MB_NONE;
		if (unbounded)
			s.start = 0;
		rc = add_search(phases, &s);
		*found = run_search(mb, &s);
	}
	to->searches = (unsigned)(phases->search_count - to->first);
	return rc;
}

/* ---- the pass that counts nothing -------------------------------------------------------------- */

static uint64_t slots_of(const struct mb *mb)
{
	uint64_t slots = 0;

	for (unsigned i = 0; i < MB_COLLECTIONS; i++)
		slots += mb->c[i].max;
	return slots;
}

static int classify(struct bench_phases *phases, size_t i)
{
	const struct mb_op *op = &phases->replayer->ops[i];
	struct mb *mb = phases->replayer->mb;
	struct phase_op *to = &phases->ops[i];
	uint64_t slots = slots_of(mb), found, answer;
	int rc = note_searches(phases, op, to, &found);

	to->phase = to->searches ? BENCH_PHASE_RESERVE : phase_of(op->kind);
	answer = mb_replayer_run_op(phases->replayer->mb, &phases->replayer->ops[i]);
	if (slots_of(mb) != slots && to->phase != BENCH_PHASE_HANDOVER)
		to->phase = BENCH_PHASE_GROWTH;
	else if (to->searches && answer != found)
		to->phase = BENCH_PHASE_OTHER;
	if (to->searches && to->phase != BENCH_PHASE_RESERVE) {
		to->searches = 0;
		phases->search_count = to->first;
	}
	return rc;
}

int bench_phases_new(struct mb_replayer *replayer, struct bench_phases **out)
{
	struct bench_phases *phases = calloc(1, sizeof(*phases));
	int rc = 0;

	if (!phases)
		return -ENOMEM;
	phases->replayer = replayer;
	phases->ops = calloc(replayer->count + 1, sizeof(*phases->ops));
	if (!phases->ops)
		rc = -ENOMEM;
	mb_replayer_restore(replayer);
	for (size_t i = 0; i < replayer->count && !rc; i++)
		rc = classify(phases, i);
	mb_replayer_restore(replayer);
	if (rc) {
		bench_phases_free(phases);
		return rc;
	}
	*out = phases;
	return 0;
}

void bench_phases_free(struct bench_phases *phases)
{
	if (!phases)
		return;
	free(phases->ops);
	free(phases->search);
	free(phases);
}

/* ---- what is counted --------------------------------------------------------------------------- */

enum bench_phase bench_phases_of(const struct bench_phases *phases, size_t i)
{
	return phases->ops[i].phase;
}

bool bench_phases_searches(const struct bench_phases *phases, size_t i)
{
	return phases->ops[i].searches != 0;
}

uint64_t bench_phases_search(const struct bench_phases *phases, size_t i, struct bench_reading *r)
{
	const struct mb_replayer *replayer = phases->replayer;

	return replayer->loops->search(replayer->mb, &phases->search[phases->ops[i].first],
				       phases->ops[i].searches, r);
}

uint64_t bench_phases_run(const struct bench_phases *phases, size_t i, struct bench_reading *r)
{
	const struct mb_replayer *replayer = phases->replayer;

	return replayer->loops->one(replayer->mb, &replayer->ops[i], r);
}
