/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_model.c - the model that a boot is reconstructed on, and the trace that grows beside it.
 *
 * The model is the array variant with its metadata on the host, so that an array grows where the
 * kernel's did and leaves no trace; the captured growth is executed in its place. What is emitted is
 * appended to the trace and executed on the model, at the expense of the budget.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reconstruct/reconstruct_impl.h"

/* ---- the model --------------------------------------------------------------------------------- */

static void on_growth(void *ctx, const struct mb_growth *growth)
{
	struct rebuild *rb = ctx;

	if (rb->grown_count < REBUILD_GROWTHS)
		rb->grown[rb->grown_count++] = growth->which;
}

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct rebuild *rb = ctx;

	vsnprintf(rb->panic, sizeof(rb->panic), fmt, ap);
	longjmp(rb->panicked, 1);
}

int rebuild_model_make(struct rebuild *rb, struct mb_text_error *error)
{
	struct mb_hooks hooks = { .ctx = rb, .panic = on_panic, .grew = on_growth };
	struct boot_log *log = rb->log;
	struct mb_machine machine = log->trace->machine;
	struct mb_variant_spec spec;
	char why[128];
	int code;

	machine.metadata = MB_METADATA_HOST;
	code = mb_variant_parse("array:search=binary", &spec, why, sizeof(why));
	if (!code)
		code = mb_create(&machine, &hooks, &spec, &rb->model);
	if (code)
		return mb_text_fail(error, code, log->path, 0, "cannot make a model of the machine",
				    NULL, 0, NULL);
	mb_set_zeroing(rb->model, false);
	mb_allow_resize(rb->model); /* where the trace has it only matters to a replay */
	return 0;
}

/* ---- budget, going back ------------------------------------------------------------------------ */

/* Say once that a part of the work ends at @line. */
static void end_of_budget(struct rebuild *rb, uint32_t line, const char *what)
{
	rebuild_unexplained(rb, line);
	mb_trace_warn(rb->log->trace, line, "the log is too large to work all of it out: %s", what);
}

bool rebuild_may_search(struct rebuild *rb, uint32_t line)
{
	if (rb->work <= REBUILD_SEARCH_WORK)
		return true;
	if (!rb->search_ended)
		end_of_budget(rb, line, "from here on no silent changes are searched for");
	rb->search_ended = true;
	return false;
}

bool rebuild_may_run(struct rebuild *rb, uint32_t line)
{
	if (rb->work <= REBUILD_MODEL_WORK)
		return true;
	if (!rb->model_ended)
		end_of_budget(rb, line, "from here on lines are taken as captured, unchecked");
	rb->model_ended = true;
	return false;
}

#define NEAR 64 /* regions */

/* Is the place of a reserved range among the last regions? Then few are moved. */
static bool is_near_the_end(const struct rebuild *rb, const struct mb_op *op)
{
	struct mb_range r;
	struct mb_iter it;
	unsigned n = 0;

	if (op->kind != MB_OP_RESERVE && op->kind != MB_OP_RESERVE_NODE && op->kind != MB_OP_FREE &&
	    (op->kind != MB_OP_MARK || op->flags != MB_RSRV_NOINIT))
		return false;
	for (mb_iter_regions(&it, rb->model, MB_RESERVED, true); n < NEAR && mb_next(&it, &r); n++)
		if (r.base <= op->base)
			return true;
	return false;
}

uint64_t rebuild_run(struct rebuild *rb, const struct mb_op *op)
{
	rb->work += is_near_the_end(rb, op) ?
			    NEAR :
			    16 + mb_cnt(rb->model, MB_MEMORY) + mb_cnt(rb->model, MB_RESERVED);
	return mb_op_run(rb->model, op);
}

bool rebuild_stops(const struct rebuild *rb)
{
	return rb->failed ||
	       (!rb->last_attempt && (rb->too_small[MB_MEMORY] || rb->too_small[MB_RESERVED]));
}

bool rebuild_save(struct rebuild *rb)
{
	size_t size = mb_snapshot_size(rb->model);

	if (size > rb->saved_room) {
		void *larger = realloc(rb->saved, size * 2);

		if (!larger) {
			rb->failed = true;
			return false;
		}
		rb->saved = larger;
		rb->saved_room = size * 2;
	}
	mb_snapshot(rb->model, rb->saved);
	rb->work += size / sizeof(struct mb_region) + 32;
	return true;
}

void rebuild_undo(struct rebuild *rb)
{
	mb_restore(rb->model, rb->saved);
	rb->grown_count = 0;
}

const char *rebuild_why(struct rebuild *rb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rb->why, sizeof(rb->why), fmt, ap);
	va_end(ap);
	return rb->why;
}

void rebuild_unexplained(struct rebuild *rb, uint32_t line)
{
	struct mb_account *account = &rb->log->trace->account;

	if (!account->unexplained++)
		account->first_unexplained = line;
}

/* ---- growth ------------------------------------------------------------------------------------ */

/* Is the record at @at the free or reserve that belongs to a growth? */
static bool of_growth(const struct rebuild *rb, size_t at, enum mb_op_kind op)
{
	const struct record *r = &rb->log->records[at];

	return at < rb->log->count && r->op == op &&
	       (r->kind == REC_OP || r->kind == REC_RESERVE) &&
	       (rebuild_called_by(r, "memblock_double_array") ||
		(r->caller && rebuild_is_bare(r->caller)));
}

void rebuild_emit_growth(struct rebuild *rb, size_t at)
{
	struct record *doubled = &rb->log->records[at];
	uint64_t page = rb->log->trace->machine.page_size;
	struct mb_op op = {
		.kind = MB_OP_GREW,
		.which = doubled->which,
		.value = doubled->entries,
		.base = doubled->base,
		.size = (doubled->size + page - 1) & ~(page - 1),
		.line = doubled->line,
	};
	size_t next = rebuild_next_memblock_record(rb->log, at + 1);
	struct mb_op old;
	bool foreign;

	doubled->consumed = true;
	if (of_growth(rb, next, MB_OP_FREE)) {
		struct record *r = &rb->log->records[next];

		op.old_base = r->base;
		op.old_size = r->size;
		op.caller = NULL;
		r->consumed = true;
		next = rebuild_next_memblock_record(rb->log, next + 1);
	}
	if (of_growth(rb, next, MB_OP_RESERVE) && rb->log->records[next].base == op.base) {
		op.size = rb->log->records[next].size;
		rb->log->records[next].consumed = true;
	}
	/*
	 * The array had grown before the log began: a store that grows by itself starts with one of
	 * that size, which is nobody's memory, and cannot give back the old one.
	 */
	foreign = !rb->growth_seen[op.which] && op.old_size;
	rb->growth_seen[op.which] = true;
	old = op;
	if (foreign)
		op.old_base = op.old_size = 0;
	mb_trace_add(rb->log->trace, &op);
	if (!rb->model_ended)
		mb_op_run_growth(rb->model, &op);
	if (foreign) {
		struct mb_op free = {
			.kind = MB_OP_FREE,
			.base = old.old_base,
			.size = old.old_size,
			.line = op.line,
			.why = "the array's storage from a growth before the log began",
		};

		if (!rb->model_ended)
			rebuild_run(rb, &free);
		mb_trace_add(rb->log->trace, &free);
	}
}

void rebuild_settle_growth(struct rebuild *rb, uint32_t line)
{
	while (rb->grown_count) {
		enum mb_which which = rb->grown[0];
		size_t at = rebuild_next_memblock_record(rb->log, rb->next);
		const struct record *r = &rb->log->records[at];

		rb->grown_count--;
		memmove(rb->grown, rb->grown + 1, rb->grown_count * sizeof(rb->grown[0]));
		if (at < rb->log->count && r->kind == REC_DOUBLED && r->which == which) {
			rebuild_emit_growth(rb, at);
			continue;
		}
		/* No growth of this array is logged at all: it was larger from the start. */
		if (which < MB_PHYSMEM && !rb->growth_seen[which])
			rb->too_small[which] = true;
		rebuild_unexplained(rb, line);
		mb_trace_warn(rb->log->trace, line,
			      "the %s array should have grown here; the log does not say so",
			      mb_which_name(which));
	}
}

/* ---- appending to the trace -------------------------------------------------------------------- */

void rebuild_emit(struct rebuild *rb, const struct mb_op *op)
{
	if (rebuild_stops(rb))
		return;
	if (rebuild_may_run(rb, op->line))
		rebuild_run(rb, op);
	mb_trace_add(rb->log->trace, op);
	rebuild_settle_growth(rb, op->line);
}

uint64_t rebuild_bound_within(const struct rebuild *rb, uint64_t bound)
{
	bool narrow = rb->log->trace->machine.addr_bits == 32;

	return narrow && bound > UINT32_MAX ? MB_ALLOC_ANYWHERE : bound;
}

void rebuild_emit_simple(struct rebuild *rb, enum mb_op_kind kind, uint64_t value, uint32_t line,
			 const char *why)
{
	struct mb_op op = { .kind = kind, .line = line, .why = why };

	if (kind == MB_OP_SET_LIMIT)
		op.hi = rebuild_bound_within(rb, value);
	else if (kind == MB_OP_TRIM)
		op.align = value;
	else
		op.value = value;
	rebuild_emit(rb, &op);
}

void rebuild_emit_range(struct rebuild *rb, enum mb_op_kind kind, uint64_t base, uint64_t end,
			uint32_t line, const char *why)
{
	struct mb_op op = {
		.kind = kind,
		.base = base,
		.size = end - base,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

void rebuild_emit_node(struct rebuild *rb, enum mb_which which, uint64_t base, uint64_t size,
		       int nid, uint32_t line, const char *why)
{
	struct mb_op op = {
		.kind = MB_OP_SET_NODE,
		.which = which,
		.base = base,
		.size = size,
		.nid = nid,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

void rebuild_emit_flag(struct rebuild *rb, enum mb_op_kind kind, uint64_t base, uint64_t size,
		       uint32_t flag, uint32_t line, const char *why)
{
	struct mb_op op = {
		.kind = kind,
		.base = base,
		.size = size,
		.flags = flag,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

int rebuild_no_node(const struct rebuild *rb)
{
	const struct mb_machine *m = &rb->log->trace->machine;

	return m->profile->numa_reset_is_no_node ? MB_NUMA_NO_NODE : (int)m->max_numnodes;
}

/* ---- allocations ------------------------------------------------------------------------------- */

static bool is_virtual(const struct mb_op *op)
{
	struct mb_request request;

	return mb_op_request(op, &request) && !request.physical;
}

bool rebuild_bounded_by_limit(const struct mb_op *op)
{
	return is_virtual(op) || op->hi == MB_ALLOC_ACCESSIBLE || op->hi == MB_ALLOC_NOLEAKTRACE;
}

bool rebuild_would_land(struct rebuild *rb, const struct mb_op *op)
{
	bool lands;

	if (!rebuild_save(rb))
		return false;
	lands = rebuild_run(rb, op) == op->result;
	rebuild_undo(rb);
	return lands;
}
