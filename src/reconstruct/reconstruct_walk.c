/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_walk.c - from records to a trace: what the log shows, and what it must have left out.
 *
 * A boot does much that memblock does not print: reservations before memblock=debug was parsed, the
 * trimming of memory, nodes, attributes, limits, the direction of searches, allocations without a
 * line of their own. What it leaves behind shows all the same, in the dumps, in other lines of the
 * log, and above all in the addresses that later allocations got. So the records are executed on a
 * model while they are translated, and every gap is closed where it first matters:
 *
 *     record   ->  what must have happened before it?  ->  operations, marked with their evidence
 *              ->  its own operation, executed; does the model give the captured address?
 *     dump     ->  does the model hold it?  if not: trimmed? nodes? attributes? unseen ranges?
 *
 * Nothing is assumed silently: an operation that is not in the log carries why it must have been
 * there, and whatever cannot be explained is kept as captured and reported with its line.
 *
 * What is known about the order of things on x86, in the terms of the log:
 *
 *     early reservations      first dump minus what the log shows, at the start
 *     bottom-up               movable_node on the command line; until NUMA setup
 *     limit 1 MiB, resize     before the first memblock_add of the firmware's map
 *     trim to pages           after the last of them, seen in the first dump
 *     limit raised            when the direct map is complete: after init_mem_mapping()
 *     NUMA setup              after the SRAT lines: nodes reset, hotplug marked, top-down again, nodes
 *                             set on memory, then on reserved
 *     node data               allocations without a line of their own
 *
 * The parts, each of which knows only those above it:
 *
 *     reconstruct_records.c   what records say about each other
 *     reconstruct_machine.c   the machine
 *     reconstruct_model.c     the model, and the trace beside it
 *     reconstruct_nodes.c     nodes: x86's NUMA setup, and what dumps show of it
 *     reconstruct_ranges.c    sets of ranges, for what a dump shows otherwise than the model
 *     reconstruct_dump.c      what a dump shows
 *     reconstruct_handover.c  scratch memory of kexec handovers
 *     reconstruct_memory.c    memory that nothing shows
 *     reconstruct_search.c    an address that the model does not give: what changed in silence?
 *     reconstruct_walk.c      the walk over the records
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "reconstruct/reconstruct.h"
#include "reconstruct/reconstruct_impl.h"

#define ISA_END 0x100000ULL
#define ATTEMPTS 20 /* each with larger arrays; one that is given up costs little */

/* ---- before a record --------------------------------------------------------------------------- */

/*
 * The limit of 1 MiB ends with the direct map. Which of the candidates it became is decided by the
 * next allocation that it bears on.
 */
static void raise_limit(struct rebuild *rb, size_t at)
{
	const struct boot_log *log = rb->log;
	uint64_t limits[8];
	unsigned count = rebuild_limit_candidates(rb, limits), i;
	struct mb_op op = { 0 };
	size_t answer = log->count;

	for (; at < log->count && log->records[at].kind != REC_DUMP; at++) {
		if (log->records[at].consumed || log->records[at].kind != REC_REQUEST)
			continue;
		op = rebuild_op_of_request(&log->records[at]);
		answer = rebuild_answer_of(rb->log, at);
		if (rebuild_bounded_by_limit(&op) && answer < log->count)
			break;
		answer = log->count;
	}
	for (i = 0; answer < log->count && i < count; i++) {
		uint64_t before = mb_get_current_limit(rb->model);
		bool lands;

		op.result = log->records[answer].base;
		mb_set_current_limit(rb->model, limits[i]);
		lands = rebuild_would_land(rb, &op);
		mb_set_current_limit(rb->model, before);
		if (lands)
			break;
	}
	if (answer == log->count || i == count)
		i = 0;
	rebuild_emit_simple(
		rb, MB_OP_SET_LIMIT, limits[i], log->records[at < log->count ? at : 0].line,
		limits[i] == log->low_ram_end    ? "direct map complete; end of low ram" :
		limits[i] == log->last_pfn << 12 ? "direct map complete; last_pfn" :
						   "direct map complete; decides the next address");
	rb->limit_low = false;
}

static bool maps_memory(const struct record *r)
{
	return rebuild_called_by(r, "init_mem_mapping") ||
	       rebuild_called_by(r, "alloc_low_pages") ||
	       rebuild_called_by(r, "init_memory_mapping") ||
	       rebuild_called_by(r, "find_early_table_space");
}

/* x86: whatever setup_arch() does, without a line, before the record at @at. */
static void before_x86(struct rebuild *rb, size_t at)
{
	const struct record *r = &rb->log->records[at];
	size_t next;

	if (r->kind == REC_OP && r->op == MB_OP_ADD && !rb->described) {
		rb->described = true;
		rb->limit_low = true;
		rebuild_emit_simple(rb, MB_OP_SET_LIMIT, ISA_END, r->line,
				    "x86, until the direct map is complete");
		rebuild_emit_simple(rb, MB_OP_ALLOW_RESIZE, 0, r->line,
				    "x86, before the first memblock_add");
	}
	if (!rb->limit_low)
		return;
	if (maps_memory(r)) {
		rb->mapping = true;
		return;
	}
	/* The reserve of a mapping's own allocation is no sign that mapping has ended. */
	if (rb->mapping && !rebuild_by_allocator(r)) {
		raise_limit(rb, at);
		return;
	}
	if (r->kind == REC_REQUEST) {
		struct mb_op op = rebuild_op_of_request(r);

		next = rebuild_answer_of(rb->log, at);
		if (next == rb->log->count || !rebuild_bounded_by_limit(&op))
			return;
		op.result = rb->log->records[next].base;
		if (op.result >= ISA_END)
			raise_limit(rb, at);
	}
}

/* The NODE_DATA line that tells which node an allocation was for. */
static const struct record *node_data_of(const struct rebuild *rb, size_t at)
{
	const struct boot_log *log = rb->log;
	const struct record *reserve = &log->records[at];
	size_t i;

	if (reserve->kind != REC_RESERVE)
		return NULL;
	for (i = at + 1; i < log->count && i < at + 8; i++) {
		const struct record *r = &log->records[i];

		if (r->kind == REC_NODE_DATA && r->base == reserve->base &&
		    r->size == reserve->size)
			return r;
	}
	return NULL;
}

static void before_record(struct rebuild *rb, size_t at)
{
	rb->next = at;
	if (rb->log->arch == ARCH_X86)
		before_x86(rb, at);
	/* Where a device tree tells of nodes, theirs are the first lines. */
	if (rb->numa_pending ||
	    (!rb->numa_done && rebuild_has_numa_setup(rb) && node_data_of(rb, at)))
		rebuild_numa(rb, at);
	rebuild_handover_before(rb, at);
	if (rb->slab_pending)
		rebuild_emit_simple(rb, MB_OP_SLAB, 1, rb->log->records[at].line,
				    "a line of the slab allocator's");
	rb->slab_pending = false;
}

/* ---- allocations ------------------------------------------------------------------------------- */

/*
 * Emit an allocation. If nothing explains its address the model is made to hold what the kernel
 * held, so that one unexplained line does not spoil the next thousand.
 */
static void emit_alloc(struct rebuild *rb, struct mb_op *op, size_t at)
{
	struct mb_account *account = &rb->log->trace->account;
	uint64_t got;

	if (!rebuild_may_run(rb, op->line)) {
		account->allocs++;
		mb_trace_add(rb->log->trace, op);
		return;
	}
	if (op->result && !mb_is_region_memory(rb->model, op->result, op->size))
		rebuild_assume_memory(rb, op->line);
	rebuild_above_kernel(rb, op);
	if (!rebuild_would_land(rb, op) && op->result)
		rebuild_explain(rb, op, at);
	if (!rebuild_save(rb))
		return;
	got = rebuild_run(rb, op);
	account->allocs++;
	account->allocs_as_captured += got == op->result;
	if (got != op->result) {
		rebuild_unexplained(rb, op->line);
		mb_trace_warn(rb->log->trace, op->line,
			      "unexplained address: captured 0x%" PRIx64
			      ", the model gives 0x%" PRIx64,
			      op->result, got);
		rebuild_undo(rb);
		if (op->result)
			mb_reserve(rb->model, op->result, op->size);
	}
	mb_trace_add(rb->log->trace, op);
	rebuild_settle_growth(rb, op->line);
}

/*
 * A request that no line answers. Either the kernel found no room, or the line that says where was
 * lost on its way. The model knows: where it finds room the kernel did, and that is also the best
 * guess where. Return: true if so; the operation was emitted with an unknown result.
 */
static bool emit_unanswered(struct rebuild *rb, struct mb_op *op)
{
	uint64_t got;

	if (!rebuild_may_run(rb, op->line) || !rebuild_save(rb))
		return false;
	got = rebuild_run(rb, op);
	if (!got) {
		rebuild_undo(rb);
		return false;
	}
	mb_trace_warn(rb->log->trace, op->line,
		      "result line missing: an allocation of %" PRIu64
		      " bytes, placed by the model at 0x%" PRIx64,
		      op->size, got);
	rb->log->trace->account.allocs_unknown++;
	rebuild_unexplained(rb, op->line);
	op->result = MB_RESULT_UNKNOWN;
	op->why = "result line missing; placed by the model";
	mb_trace_add(rb->log->trace, op);
	rebuild_settle_growth(rb, op->line);
	return true;
}

/* A request, together with the reserve that answers it, unless the log ends here. */
static void handle_request(struct rebuild *rb, size_t at)
{
	struct boot_log *log = rb->log;
	struct mb_op op = rebuild_op_of_request(&log->records[at]);
	size_t answer = rebuild_answer_of(rb->log, at);

	if (answer == log->count && rebuild_next_memblock_record(rb->log, at + 1) == log->count) {
		mb_trace_warn(log->trace, op.line, "the log ends inside an allocation; not used");
		return;
	}
	if (answer < log->count) {
		op.result = log->records[answer].base;
		log->records[answer].consumed = true;
		/* What the kernel printed after the answer comes next, growth included. */
		if (rebuild_next_memblock_record(rb->log, at + 1) > answer)
			rb->next = answer + 1;
	} else if (emit_unanswered(rb, &op)) {
		return;
	}
	emit_alloc(rb, &op, at);
	rebuild_handover_allocated(rb, at, &op);
}

/*
 * The reserve of an allocation that has no line of its own: the core function called directly, with
 * unknown alignment, node and bounds. The first combination that gives the captured address is
 * taken; small alignments come first, because they leave the least to chance.
 */
static void handle_orphan(struct rebuild *rb, size_t at)
{
	const struct record *r = &rb->log->records[at];
	const struct record *data = node_data_of(rb, at);
	uint64_t line = rb->log->trace->machine.cache_line,
		 page = rb->log->trace->machine.page_size;
	uint64_t largest = r->base & -r->base;
	uint64_t aligns[48] = { line, 64, 128, 32, page };
	/* CMA and crash kernels are kept where a device or the next kernel can reach them. */
	static const uint64_t bounds[] = { MB_ALLOC_ACCESSIBLE, 1ULL << 32, 1ULL << 30 };
	int nodes[66];
	unsigned align_count = 5, node_count = 0, i, k;
	struct mb_op op = {
		.kind = MB_OP_ALLOC_CORE,
		.size = r->size,
		.result = r->base,
		.line = r->line,
		.caller = r->caller,
	};

	if (rebuild_handover_area(rb, at, &op)) {
		emit_alloc(rb, &op, at);
		rebuild_handover_allocated(rb, at, &op);
		return;
	}
	for (; align_count < 48 && aligns[align_count - 1] < largest; align_count++)
		aligns[align_count] = aligns[align_count - 1] * 2;
	if (data && data->nid >= 0) {
		nodes[node_count++] = data->nid;
	} else if (r->nid >= 0) { /* newer kernels show it */
		nodes[node_count++] = r->nid;
	} else {
		nodes[node_count++] = MB_NUMA_NO_NODE;
		while (node_count < 66 && rb->log->has_nodes) {
			nodes[node_count] = (int)node_count - 1;
			node_count++;
		}
	}
	op.why = data ? rebuild_why(rb, "no request line; NODE_DATA at line %u", data->line) :
			"no request line; arguments by search";
	for (k = 0; k < sizeof(bounds) / sizeof(bounds[0]) * node_count; k++) {
		if (!rebuild_may_search(rb, op.line))
			break;
		op.hi = rebuild_bound_within(rb, bounds[k / node_count]);
		op.nid = nodes[k % node_count];
		for (i = 0; i < align_count; i++) {
			op.align = aligns[i];
			if (aligns[i] <= largest && rebuild_would_land(rb, &op)) {
				rb->log->trace->account.searched += !data;
				emit_alloc(rb, &op, at);
				return;
			}
		}
	}
	op.hi = MB_ALLOC_ACCESSIBLE;
	op.nid = nodes[0];
	op.align = line <= largest ? line : largest;
	emit_alloc(rb, &op, at);
}

/* ---- the walk ---------------------------------------------------------------------------------- */

static void handle_range(struct rebuild *rb, size_t at)
{
	const struct record *r = &rb->log->records[at];
	struct mb_op op = {
		.kind = r->op,
		.base = r->base,
		.size = r->size,
		.line = r->line,
		.caller = r->caller,
	};

	if (r->op == MB_OP_ADD_NODE || r->op == MB_OP_RESERVE_NODE) {
		op.nid = r->nid;
		op.flags = r->flags;
	}
	rb->next = at + 1;
	rebuild_emit(rb, &op);
}

static void handle_record(struct rebuild *rb, size_t at)
{
	struct record *r = &rb->log->records[at];

	if (r->kind == REC_NUMA_RANGE || r->kind == REC_NUMA_LINE) {
		rb->numa_pending |= rebuild_has_numa_setup(rb) && !rb->numa_done;
		return;
	}
	/* Where frees still change reserved then, nothing does any more. */
	if (r->kind == REC_SLAB)
		rb->slab_pending = rb->model->profile->free_releases_pages;
	if (r->kind > REC_DUMP)
		return;
	before_record(rb, at);
	if (r->consumed) /* by what came before it */
		return;
	r->consumed = true;
	rb->next = at + 1;
	switch (r->kind) {
	case REC_REQUEST:
		handle_request(rb, at);
		break;
	case REC_RESERVE:
		if (rebuild_by_allocator(r)) {
			handle_orphan(rb, at);
			break;
		}
		/* Newer kernels show node and flags; what mb_reserve() stores needs no mention. */
		r->op = rb->model->profile->rsrv_nid_requested &&
					(r->nid != MB_NUMA_NO_NODE || r->flags) ?
				MB_OP_RESERVE_NODE :
				MB_OP_RESERVE;
		handle_range(rb, at);
		break;
	case REC_OP:
		handle_range(rb, at);
		break;
	case REC_DOUBLED:
		r->consumed = false;
		rb->next = at;
		if (r->which == MB_MEMORY && rebuild_reset_grows(rb, r->line))
			break;
		mb_trace_warn(rb->log->trace, r->line,
			      "an array grew where the model did not expect it");
		rebuild_unexplained(rb, r->line);
		rebuild_emit_growth(rb, at);
		rb->grown_count = 0;
		break;
	default:
		rebuild_dump(rb, at);
		break;
	}
	rebuild_handover_after(rb, at);
}

static bool adds_memory(const struct boot_log *log)
{
	size_t i;

	for (i = 0; i < log->count; i++)
		if (log->records[i].kind == REC_OP && log->records[i].op == MB_OP_ADD)
			return true;
	return false;
}

static void walk(struct rebuild *rb)
{
	struct boot_log *log = rb->log;
	size_t i;

	rebuild_note_limits(rb);
	rebuild_early(rb);
	rebuild_handover_early(rb);
	rebuild_memory_of_nodes(rb);
	if (log->trace->machine.movable_node && log->arch == ARCH_X86)
		rebuild_emit_simple(rb, MB_OP_SET_BOTTOM_UP, 1, 0,
				    "movable_node on the command line");
	if (log->arch != ARCH_X86 || !adds_memory(log))
		rebuild_emit_simple(rb, MB_OP_ALLOW_RESIZE, 0, 0, "not shown; harmless here");
	for (i = 0; i < log->count && !rebuild_stops(rb); i++)
		if (!log->records[i].consumed)
			handle_record(rb, i);
}

/* One attempt with the machine of the trace. */
static int rebuild_once(struct rebuild *rb, struct mb_text_error *error)
{
	struct boot_log *log = rb->log;
	int code = rebuild_model_make(rb, error);

	if (code)
		return code;
	if (!setjmp(rb->panicked)) {
		walk(rb);
	} else {
		mb_trace_warn(log->trace, 0, "the log contradicts itself (%.100s); cut there",
			      rb->panic);
		rebuild_unexplained(rb, 0);
	}
	mb_destroy(rb->model);
	free(rb->saved);
	return rb->failed ? -ENOMEM : 0;
}

/* Forget what an attempt added to the trace. */
static void start_again(struct boot_log *log)
{
	struct mb_trace *trace = log->trace;
	size_t i;

	mb_trace_unwarn(trace);
	trace->count = trace->dump_count = trace->reconstructed = 0;
	for (i = 0; i < log->count; i++)
		log->records[i].consumed = false;
}

/*
 * An array that outgrows its slots although the log tells of no growth had more of them: it had grown
 * before the log began, or the kernel was built with more. So try again with twice as many.
 */
int mb_reconstruct(struct boot_log *log, struct mb_text_error *error)
{
	struct rebuild *rb = calloc(1, sizeof(*rb));
	uint64_t work = 0;
	unsigned tries;
	int code = 0;

	if (!rb)
		return -ENOMEM;
	rebuild_infer_machine(log);
	code = rebuild_find_allocator(log);
	mb_trace_mark_warnings(log->trace);
	for (tries = 0; !code && tries < ATTEMPTS; tries++) {
		struct mb_machine *m = &log->trace->machine;

		memset(rb, 0, sizeof(*rb));
		memset(&log->trace->account, 0, sizeof(log->trace->account));
		rb->log = log;
		rb->work = work;
		rb->last_attempt = tries == ATTEMPTS - 1;
		code = rebuild_once(rb, error);
		if (code || (!rb->too_small[MB_MEMORY] && !rb->too_small[MB_RESERVED]))
			break;
		if (rb->last_attempt)
			break;
		work = rb->work;
		start_again(log);
		m->memory_slots <<= rb->too_small[MB_MEMORY];
		m->reserved_slots <<= rb->too_small[MB_RESERVED];
	}
	log->trace->account.known = true;
	log->trace->account.unrecognised = log->trace->unrecognised;
	free(rb);
	return code;
}
