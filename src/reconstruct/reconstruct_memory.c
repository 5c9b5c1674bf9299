/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_memory.c - memory of a log that neither adds any nor has a dump: that of the lines which
 * mention it, or else the smallest that holds all allocations.
 */
#include <stddef.h>

#include "reconstruct/reconstruct_impl.h"

static void emit_memory(struct rebuild *rb, uint64_t base, uint64_t size, int nid, uint32_t line,
			const char *why)
{
	struct mb_op op = {
		.kind = nid >= 0 && !rb->log->trace->machine.no_numa ? MB_OP_ADD_NODE : MB_OP_ADD,
		.base = base,
		.size = size,
		.line = line,
		.why = why,
	};

	op.nid = op.kind == MB_OP_ADD_NODE ? nid : 0;
	rebuild_emit(rb, &op);
}

static bool shows_memory(const struct boot_log *log)
{
	size_t i;

	for (i = 0; i < log->count; i++)
		if (log->records[i].kind == REC_DUMP ||
		    (log->records[i].kind == REC_OP &&
		     (log->records[i].op == MB_OP_ADD || log->records[i].op == MB_OP_ADD_NODE)))
			return true;
	return false;
}

void rebuild_memory_of_nodes(struct rebuild *rb)
{
	const struct boot_log *log = rb->log;
	enum record_kind kind = REC_RAM_RANGE;
	size_t i;

	if (shows_memory(log))
		return;
	for (i = 0; i < log->count; i++)
		if (log->records[i].kind == REC_NODE_RANGE)
			kind = REC_NODE_RANGE;
	for (i = 0; i < log->count; i++) {
		const struct record *r = &log->records[i];

		if (r->kind == kind)
			emit_memory(rb, r->base, r->size, r->nid, r->line,
				    kind == REC_RAM_RANGE ?
					    "the firmware's map of memory" :
					    "before the log; shown when memory is handed to the "
					    "zones");
	}
}

struct hull {
	uint64_t base, end;
	uint32_t line;
	bool used;
};

/* No allocation wraps: the line of one that does is damaged. */
static bool wraps(const struct boot_log *log, const struct record *r)
{
	uint64_t max = log->trace->machine.addr_bits == 32 ? UINT32_MAX : UINT64_MAX;

	return r->size > max - r->base;
}

static void widen(struct hull *hull, const struct record *r)
{
	if (!hull->used || r->base < hull->base)
		hull->base = r->base;
	if (!hull->used || r->base + r->size > hull->end)
		hull->end = r->base + r->size;
	if (!hull->used)
		hull->line = r->line;
	hull->used = true;
}

/* Do the hulls of two nodes overlap? Then they do not tell the nodes' memory. */
static bool overlapping(const struct hull *hulls, unsigned count)
{
	unsigned i, j;

	for (i = 0; i < count; i++)
		for (j = i + 1; j < count; j++)
			if (hulls[i].used && hulls[j].used && hulls[i].base < hulls[j].end &&
			    hulls[j].base < hulls[i].end)
				return true;
	return false;
}

/* Does one of the hulls hold @r? */
static bool within(const struct hull *hulls, unsigned count, const struct record *r)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (hulls[i].used && hulls[i].base <= r->base && r->base + r->size <= hulls[i].end)
			return true;
	return false;
}

#define HULLS 64

void rebuild_assume_memory(struct rebuild *rb, uint32_t line)
{
	static const char why[] = "assumed: nothing shows memory; the smallest that holds the "
				  "allocations";
	const struct boot_log *log = rb->log;
	struct hull hulls[HULLS] = { { 0 } }, all = { 0 };
	uint64_t page = log->trace->machine.page_size;
	bool apart = true;
	unsigned n;
	size_t i;

	if (rb->memory_assumed || log->dump_count)
		return;
	rb->memory_assumed = true;
	rb->log->trace->account.searched++;
	for (i = 0; i < log->count; i++) {
		const struct record *r = &log->records[i];
		size_t answer;

		if (r->kind != REC_REQUEST)
			continue;
		answer = rebuild_answer_of(rb->log, i);
		if (answer == log->count && i + 1 < log->count &&
		    log->records[i + 1].kind == REC_RESERVE && log->records[i + 1].size == r->size)
			answer = i + 1; /* the one that is being emitted */
		if (answer == log->count || wraps(log, &log->records[answer]))
			continue;
		widen(&all, &log->records[answer]);
		if (r->nid < 0 || r->nid >= HULLS || r->op == MB_OP_PHYS_ALLOC_RANGE)
			apart = false;
		else
			widen(&hulls[r->nid], &log->records[answer]);
	}
	/* Allocations without a request do not tell their node. */
	for (i = 0; i < log->count; i++) {
		const struct record *r = &log->records[i];

		if (!rebuild_by_allocator(r) || wraps(log, r) || within(hulls, HULLS, r))
			continue;
		widen(&all, r);
		apart = false;
	}
	rebuild_unexplained(rb, line);
	mb_trace_warn(log->trace, line,
		      "neither a dump nor an add nor a node's line shows the memory of this "
		      "allocation; the smallest that holds all of them is assumed");
	if (!apart || overlapping(hulls, HULLS)) {
		all.base &= -page;
		all.end = (all.end + page - 1) & -page;
		emit_memory(rb, all.base, all.end - all.base, -1, line, why);
		return;
	}
	for (n = 0; n < HULLS; n++) {
		if (!hulls[n].used)
			continue;
		hulls[n].base &= -page;
		hulls[n].end = (hulls[n].end + page - 1) & -page;
		emit_memory(rb, hulls[n].base, hulls[n].end - hulls[n].base, (int)n, line, why);
	}
}
