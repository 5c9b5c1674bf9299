/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_handover.c - scratch memory of kexec handovers: what kernels since 6.16 do about it without a line.
 *
 * A kernel that hands over keeps areas free for the next one. That one, the second boot, finds them listed and takes
 * all memory from them until it knows what was preserved:
 *
 *     x86, any boot   the low megabyte is marked as scratch memory when memory is known, and no more when the
 *                     real-mode trampoline has its place and the megabyte is reserved
 *     first boot      an area in low memory, one anywhere and one on each node are allocated last of all; that is
 *                     the list. The nodes' requests have no line
 *     second boot     the areas are added to memory, marked and listed, and searches confined to them, before
 *                     memblock=debug is parsed; the first dump shows the marks, where areas that touch are one
 *                     range: what is in the list is known, not how it is cut
 *                     blocks of 1 GiB that hold nothing preserved, nor a page of the tree that says what is, are
 *                     marked as well: between the requests for the tree of these blocks and their frees
 *                     what was preserved is reserved, with a line each, and marked noinit, without
 *
 * Where the tree's own pages lie no line says. A block that holds such a page is found by the addresses that
 * would otherwise come from it, and stays unknown where there are none.
 */
#include <stdlib.h>

#include "reconstruct/reconstruct_impl.h"

#define LOW_SCRATCH 0x100000ULL
#define BLOCK_SHIFT 30 /* of what is marked as well */
#define BLOCKS_MAX (1U << 22)

/* The line that says that something was preserved here. */
static bool is_preserved(const struct record *r)
{
	return r->kind == REC_RESERVE && !rebuild_by_allocator(r) &&
	       (rebuild_called_by(r, "kho_preserved_memory_reserve") ||
		rebuild_called_by(r, "kho_mem_") || rebuild_called_by(r, "kho_memory_init+") ||
		rebuild_called_by(r, "deserialize_bitmap"));
}

/* Is this request for one of the areas that the first boot lists, or for the list? */
static bool lists_areas(const struct record *r)
{
	return r->kind == REC_REQUEST && (rebuild_called_by(r, "kho_reserve_scratch") ||
					  rebuild_called_by(r, "kho_memory_init+"));
}

/* Is this a request for the tree of blocks? */
static bool builds_blocks(const struct record *r)
{
	return r->kind == REC_REQUEST &&
	       (rebuild_called_by(r, "kho_radix_") || rebuild_called_by(r, "kho_extend_scratch") ||
		rebuild_called_by(r, "kho_memory_init_early"));
}

/* ---- a second boot, before its first line ------------------------------------------------------ */

static void emit_area(struct rebuild *rb, uint64_t base, uint64_t size, uint32_t line,
		      const char *why)
{
	struct mb_op op = {
		.kind = MB_OP_SCRATCH_AREA,
		.base = base,
		.size = size,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

static const struct mb_dump *first_dump(const struct boot_log *log)
{
	return log->dump_count ? &log->dumps[0] : NULL;
}

/* Does the log say that it is of a second boot? */
static bool says_second_boot(const struct boot_log *log)
{
	size_t i;

	for (i = 0; i < log->count && !log->handover_line; i++)
		if (is_preserved(&log->records[i]))
			return true;
	return log->handover_line;
}

void rebuild_handover_early(struct rebuild *rb)
{
	const struct boot_log *log = rb->log;
	const struct mb_dump *dump = first_dump(log);
	const char *why = NULL;
	uint32_t i;

	if (dump)
		why = rebuild_why(rb, "kexec handover, before the log; in the dump at line %u",
				  dump->line);
	for (i = 0; dump && i < dump->cnt[MB_MEMORY]; i++) {
		const struct mb_region *r = &dump->regions[MB_MEMORY][i];

		if (!(r->flags & MB_KHO_SCRATCH) ||
		    (log->arch == ARCH_X86 && r->base < LOW_SCRATCH))
			continue;
		rebuild_emit_range(rb, MB_OP_ADD, r->base, r->base + r->size, 0, why);
		rebuild_emit_flag(rb, MB_OP_MARK, r->base, r->size, MB_KHO_SCRATCH, 0, why);
		emit_area(rb, r->base, r->size, 0, why);
		rb->second_boot = true;
	}
	if (rb->second_boot) {
		rebuild_emit_simple(rb, MB_OP_SCRATCH_ONLY, 1, 0, why);
	} else if (says_second_boot(log)) {
		rebuild_unexplained(rb, log->handover_line);
		mb_trace_warn(log->trace, log->handover_line,
			      "a kernel that was handed memory over allocates from scratch areas "
			      "only, and no dump shows which; they are unknown");
	}
}

/* ---- more scratch memory ----------------------------------------------------------------------- */

struct blocks {
	uint64_t end; /* of memory */
	size_t count; /* of blocks up to there */
	/* ASSUMED: nothing shows whether it is marked. USED: an address came from it. BUSY: it is not marked. */
	enum { ASSUMED, USED, BUSY } * b;
};

static void find_preserved(const struct boot_log *log, struct blocks *blocks)
{
	uint64_t block, end;
	size_t i;

	for (i = 0; i < log->count; i++) {
		const struct record *r = &log->records[i];

		if (!is_preserved(r) || !r->size)
			continue;
		end = r->base + r->size - 1;
		for (block = r->base >> BLOCK_SHIFT;
		     block <= end >> BLOCK_SHIFT && block < blocks->count; block++)
			blocks->b[block] = BUSY;
	}
}

/* Where the next free blocks from @at on begin and end. */
static bool next_free(const struct blocks *blocks, size_t *at, uint64_t *base, uint64_t *end)
{
	while (*at < blocks->count && blocks->b[*at] == BUSY)
		++*at;
	*base = (uint64_t)*at << BLOCK_SHIFT;
	while (*at < blocks->count && blocks->b[*at] != BUSY)
		++*at;
	*end = (uint64_t)*at << BLOCK_SHIFT;
	if (*end > blocks->end)
		*end = blocks->end;
	return *base < *end;
}

/* Is this in one of the areas, whether its block is marked or not? */
static bool in_area(const struct boot_log *log, uint64_t address)
{
	const struct mb_dump *dump = first_dump(log);
	uint32_t i;

	for (i = 0; dump && i < dump->cnt[MB_MEMORY]; i++) {
		const struct mb_region *r = &dump->regions[MB_MEMORY][i];

		if ((r->flags & MB_KHO_SCRATCH) && address >= r->base &&
		    address - r->base < r->size)
			return true;
	}
	return false;
}

/*
 * Run what follows record @at on the model, up to where the handover's memory is reserved. Return: an address that
 * the model gives and the kernel did not; 0: none. Notes the blocks that addresses came from.
 */
static uint64_t first_wrong(struct rebuild *rb, size_t at, struct blocks *blocks)
{
	const struct boot_log *log = rb->log;

	for (; at < log->count; at++) {
		const struct record *r = &log->records[at];
		size_t answer;
		struct mb_op op;
		uint64_t got;

		if (r->kind == REC_DUMP || r->kind == REC_SLAB || is_preserved(r) ||
		    !rebuild_may_search(rb, r->line))
			break;
		if (r->consumed)
			continue;
		if (r->kind == REC_OP && r->op == MB_OP_FREE)
			mb_phys_free(rb->model, r->base, r->size);
		if (r->kind == REC_RESERVE) /* of an allocation: it is reserved already */
			mb_reserve(rb->model, r->base, r->size);
		answer = r->kind == REC_REQUEST ? rebuild_answer_of(log, at) : log->count;
		if (answer == log->count)
			continue;
		op = rebuild_op_of_request(r);
		op.result = log->records[answer].base;
		got = rebuild_run(rb, &op);
		if (got != op.result)
			return got;
		if (!in_area(log, got) && got >> BLOCK_SHIFT < blocks->count)
			blocks->b[got >> BLOCK_SHIFT] = USED;
	}
	return 0;
}

/* Mark all but the busy blocks on the model; find another busy one. Return: whether there is one. */
static bool find_busy(struct rebuild *rb, size_t at, struct blocks *blocks)
{
	uint64_t base, end, wrong;
	size_t block = 0;

	if (!rebuild_save(rb))
		return false;
	while (next_free(blocks, &block, &base, &end))
		mb_mark_kho_scratch(rb->model, base, end - base);
	wrong = first_wrong(rb, at, blocks);
	rebuild_undo(rb);
	if (!wrong || in_area(rb->log, wrong) || wrong >> BLOCK_SHIFT >= blocks->count)
		return false;
	blocks->b[wrong >> BLOCK_SHIFT] = BUSY;
	rb->log->trace->account.searched++;
	return true;
}

/* Mark free blocks, and say how many of those that have memory are assumed to be free. */
static void emit_marked(struct rebuild *rb, const struct blocks *blocks, uint64_t base,
			uint64_t end, uint32_t line)
{
	uint64_t at, size = 1ULL << BLOCK_SHIFT;
	unsigned with_memory = 0, assumed = 0;

	for (at = base; at < end; at += size) {
		if (!mb_overlaps_region(rb->model, MB_MEMORY, at, size))
			continue;
		with_memory++;
		assumed += blocks->b[at >> BLOCK_SHIFT] == ASSUMED;
	}
	rb->log->trace->account.searched += assumed > 0;
	rebuild_emit_flag(rb, MB_OP_MARK, base, end - base, MB_KHO_SCRATCH, line,
			  assumed ? rebuild_why(rb,
						"kexec handover: nothing preserved there; assumed "
						"of %u of %u blocks, which no address shows",
						assumed, with_memory) :
				    "kexec handover: nothing preserved there, as addresses show");
}

/* Before the record at @at: the blocks without preserved memory become scratch memory. */
static void extend(struct rebuild *rb, size_t at)
{
	uint32_t line = rb->log->records[at].line;
	struct blocks blocks = { .end = mb_end_of_DRAM(rb->model) };
	uint64_t base, end;
	size_t block = 0;

	blocks.count = (blocks.end + (1ULL << BLOCK_SHIFT) - 1) >> BLOCK_SHIFT;
	if (blocks.count > BLOCKS_MAX)
		blocks.count = BLOCKS_MAX;
	blocks.b = calloc(blocks.count + 1, sizeof(*blocks.b));
	if (!blocks.b) {
		rb->failed = true;
		return;
	}
	find_preserved(rb->log, &blocks);
	while (find_busy(rb, at, &blocks))
		;
	while (next_free(&blocks, &block, &base, &end))
		emit_marked(rb, &blocks, base, end, line);
	free(blocks.b);
}

/* ---- along the way ----------------------------------------------------------------------------- */

/* Does a dump show the low megabyte of x86 as scratch memory? */
static bool shows_low_scratch(const struct mb_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->cnt[MB_MEMORY]; i++)
		if (dump->regions[MB_MEMORY][i].base < LOW_SCRATCH &&
		    (dump->regions[MB_MEMORY][i].flags & MB_KHO_SCRATCH))
			return true;
	return false;
}

void rebuild_handover_before(struct rebuild *rb, size_t at)
{
	struct boot_log *log = rb->log;
	const struct record *r = &log->records[at];

	if (r->kind == REC_DUMP && log->arch == ARCH_X86 && rb->limit_low && !rb->low_scratch &&
	    shows_low_scratch(&log->dumps[r->dump])) {
		rb->low_scratch = true;
		rebuild_emit_flag(rb, MB_OP_MARK, 0, LOW_SCRATCH, MB_KHO_SCRATCH, r->line,
				  "x86, until the trampoline has its place; shown by the dump");
	}
	if (r->kind == REC_REQUEST && !lists_areas(r))
		rb->area_align = 0;
	if (rb->second_boot && builds_blocks(r))
		rb->extending = true;
	if (rb->extending && (r->kind == REC_DOUBLED || /* by a mark */
			      (r->kind == REC_OP && r->op == MB_OP_FREE))) {
		rb->extending = rb->second_boot = false;
		extend(rb, at);
	}
}

void rebuild_handover_after(struct rebuild *rb, size_t at)
{
	const struct record *r = &rb->log->records[at];

	if (rb->low_scratch && r->kind == REC_RESERVE && !r->base && r->size == LOW_SCRATCH) {
		rb->low_scratch = false;
		rebuild_emit_flag(rb, MB_OP_CLEAR, 0, LOW_SCRATCH, MB_KHO_SCRATCH, r->line,
				  "x86, the trampoline has its place");
	}
	if (is_preserved(r))
		rebuild_emit_flag(rb, MB_OP_MARK, r->base, r->size, MB_RSRV_NOINIT, r->line,
				  "kexec handover: preserved memory");
}

bool rebuild_handover_area(struct rebuild *rb, size_t at, struct mb_op *op)
{
	struct mb_op area = *op;

	if (!rb->area_align || rb->log->records[at].nid < 0)
		return false;
	area.align = rb->area_align;
	area.hi = MB_ALLOC_ACCESSIBLE;
	area.nid = rb->log->records[at].nid;
	area.value = 1;
	area.why = "no request line; kexec handover, an area on each node";
	if (!rebuild_would_land(rb, &area))
		return false;
	*op = area;
	return true;
}

void rebuild_handover_allocated(struct rebuild *rb, size_t at, const struct mb_op *op)
{
	const struct record *r = &rb->log->records[at];
	uint64_t page = rb->log->trace->machine.page_size;

	if (!op->result || op->result == MB_RESULT_UNKNOWN)
		return;
	if (lists_areas(r) && op->kind == MB_OP_PHYS_ALLOC_RANGE)
		rb->area_align = op->align;
	if (op->kind == MB_OP_ALLOC_HUGETLB && op->size > page && r->caller &&
	    (strstr(r->caller, "huge") || strstr(r->caller, "bootmem")))
		rebuild_emit_flag(rb, MB_OP_MARK, op->result + page, op->size - page,
				  MB_RSRV_NOINIT, op->line,
				  "HugeTLB sets up all page structs but the first");
	else if (rb->area_align && op->align == rb->area_align &&
		 (lists_areas(r) || op->kind == MB_OP_ALLOC_CORE))
		emit_area(rb, op->result, op->size, op->line, "kexec handover, for the next boot");
}
