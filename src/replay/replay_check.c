/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_check.c - a trace's operations on an instance, and the comparison with what was captured.
 *
 * mb_replay_check() runs a trace once and compares everything that the capture knows: the address of
 * each allocation, the regions and totals of each dump, each growth of an array. What differs is a
 * result, not an error, and the replay goes on with the variant's own answer, as the boot would have.
 *
 * A captured growth is treated as the kind of metadata asks:
 *
 *     self  the store grows by itself and reserves its array; the captured event is what to expect
 *     host  the store's growth leaves no mark in the managed memory, so the captured array is reserved,
 *           and the one before it freed, as ordinary operations: on every variant alike, or later
 *           addresses and dumps could not match
 */
#include <memblock/replay.h>

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay_slab.h"

struct replay {
	const struct mb_trace *trace;
	struct mb_replay_result *result;
	struct mb *mb;
	const struct mb_op *op; /* under way */
	jmp_buf panicked;
	struct mb_answers answers;
	struct replay_slab slab;
	bool joins;                   /* mb_variant_joins() */
	uint64_t zero_base, zero_end; /* zeroed, and not among the answers yet */
	/* Growths of the instance that no captured one was compared with yet. */
	struct mb_growth *growths;
	size_t growth_count, growth_room;
	size_t next_check; /* of the store's own structure: the operation, while it is large */
};

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct replay *replay = ctx;

	vsnprintf(replay->result->panic, sizeof(replay->result->panic), fmt, ap);
	longjmp(replay->panicked, 1);
}

static uint64_t operation_number(const struct replay *replay, const struct mb_op *op)
{
	return (uint64_t)(op - replay->trace->ops) + 1;
}

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	struct replay *replay = ctx;
	struct mb_limit *full = &replay->result->full;
	uint64_t digest;
	char line[256];

	if (!strcmp(fmt, MB_LIMIT_LINE)) {
		full->operation = operation_number(replay, replay->op);
		full->line = replay->op->line;
		full->collection = va_arg(ap, const char *);
		full->regions = va_arg(ap, uint32_t);
		return;
	}
	vsnprintf(line, sizeof(line), fmt, ap);
	digest = mb_line_digest(line, replay->mb->machine.metadata);
	if (digest)
		mb_answer(&replay->answers, "log", level, digest);
}

static uint64_t on_slab_alloc(void *ctx, uint64_t size, int nid, void **ptr)
{
	struct replay *replay = ctx;

	(void)nid;
	return replay_slab_alloc(&replay->slab, size, ptr);
}

static void on_free_block(void *ctx, uint64_t pfn, unsigned order)
{
	mb_answer(&((struct replay *)ctx)->answers, "free block", pfn, order);
}

static void on_free_page(void *ctx, uint64_t pfn)
{
	mb_answer(&((struct replay *)ctx)->answers, "free page", pfn, 0);
}

/* Where memory has no node the one of its pages is not memblock's to tell. */
static void on_init_reserved(void *ctx, uint64_t base, uint64_t end, int nid)
{
	struct replay *replay = ctx;
	bool valid = nid >= 0 && nid < (int)mb_max_numnodes(replay->mb);

	mb_answer(&replay->answers, "reserved pages", base, end);
	mb_answer(&replay->answers, "node of reserved pages", base, valid ? (uint64_t)nid : 0);
}

static void on_leak_alloc(void *ctx, uint64_t pa, uint64_t size)
{
	mb_answer(&((struct replay *)ctx)->answers, "traced from here on", pa, size);
}

static void on_leak_free(void *ctx, uint64_t pa, uint64_t size)
{
	mb_answer(&((struct replay *)ctx)->answers, "untraced", pa, size);
}

static void on_accept(void *ctx, uint64_t pa, uint64_t size)
{
	mb_answer(&((struct replay *)ctx)->answers, "accepted", pa, size);
}

static void tell_zeroed(struct replay *replay)
{
	if (replay->zero_base != replay->zero_end)
		mb_answer(&replay->answers, "zeroed", replay->zero_base, replay->zero_end);
	replay->zero_base = replay->zero_end = 0;
}

/* What is zeroed counts, not in how many calls: a kernel releases memory page by page. What slab gives
 * is zeroed already; that a kernel does it once more does not count. */
static void on_zero(void *ctx, uint64_t pa, uint64_t size)
{
	struct replay *replay = ctx;

	if (replay_slab_has(&replay->slab, pa))
		return;
	if (pa != replay->zero_end) {
		tell_zeroed(replay);
		replay->zero_base = pa;
	}
	replay->zero_end = pa + size;
}

static void on_growth(void *ctx, const struct mb_growth *growth)
{
	struct replay *replay = ctx;

	if (replay->growth_count == replay->growth_room) {
		size_t more = replay->growth_room ? replay->growth_room * 2 : 16;
		void *larger = realloc(replay->growths, more * sizeof(*growth));

		if (!larger)
			return; /* shows as a growth that is not as captured */
		replay->growths = larger;
		replay->growth_room = more;
	}
	replay->growths[replay->growth_count++] = *growth;
}

static void sample_peaks(struct replay *replay)
{
	struct mb_replay_result *result = replay->result;
	uint32_t memory = mb_cnt(replay->mb, MB_MEMORY);
	uint32_t reserved = mb_cnt(replay->mb, MB_RESERVED);
	uint64_t bytes = mb_metadata_bytes(replay->mb);

	if (memory > result->memory_peak)
		result->memory_peak = memory;
	if (reserved > result->reserved_peak)
		result->reserved_peak = reserved;
	if (bytes > result->metadata_bytes_peak)
		result->metadata_bytes_peak = bytes;
}

static void check_alloc(struct replay *replay, const struct mb_op *op, uint64_t got)
{
	struct mb_replay_result *result = replay->result;
	struct mb_request request = { 0 };

	mb_op_request(op, &request);
	if (request.zeroed && got)
		result->bytes_zeroed += op->size;
	if (op->result == MB_RESULT_UNKNOWN)
		return;
	result->allocs++;
	if (got == op->result) {
		result->allocs_as_captured++;
		return;
	}
	if (result->diverged_count < MB_DIVERGENCES_MAX)
		result->diverged[result->diverged_count++] =
			(struct mb_divergence){ op->line, operation_number(replay, op), op->result,
						got };
}

static void check_dump(struct replay *replay, const struct mb_op *op)
{
	struct mb_replay_result *result = replay->result;
	char why[sizeof(result->first_dump_why)] = "";

	result->dumps++;
	if (mb_dump_matches(replay->mb, &replay->trace->dumps[op->dump], why, sizeof(why))) {
		result->dumps_matched++;
		return;
	}
	if (!result->dump_differs) {
		result->dump_differs = true;
		result->first_dump_differs = op->line;
		result->first_dump_operation = operation_number(replay, op);
		memcpy(result->first_dump_why, why, sizeof(why));
	}
}

static void check_growths(struct replay *replay)
{
	struct mb_replay_result *result = replay->result;
	const struct mb_trace *trace = replay->trace;
	size_t at = 0, i;

	for (i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];
		const struct mb_growth *own;

		if (op->kind != MB_OP_GREW)
			continue;
		result->growths_captured++;
		if (at >= replay->growth_count)
			continue;
		own = &replay->growths[at];
		result->growths_as_captured += own->which == op->which &&
					       own->entries == op->value && own->base == op->base &&
					       own->size == op->size;
		at++;
	}
	result->growths = replay->growth_count;
	for (i = 0; i < replay->growth_count; i++)
		result->growth_bytes += replay->growths[i].size;
}

/* The store's own structure after an operation; false ends the replay. Large states are looked at the
 * more seldom the larger they are, so that all checks together take linear time. */
static bool state_holds(struct replay *replay, size_t i)
{
	enum { OFTEN = 1024, EACH = 4 };
	uint32_t cnt = mb_cnt(replay->mb, MB_RESERVED);
	const char *why;

	if (mb_cnt(replay->mb, MB_MEMORY) > cnt)
		cnt = mb_cnt(replay->mb, MB_MEMORY);
	if (i < replay->next_check && cnt > OFTEN)
		return true;
	replay->next_check = i + cnt / EACH;
	if (!mb_check(replay->mb, &why))
		return true;
	if (replay->trace->ops[i].line)
		snprintf(replay->result->panic, sizeof(replay->result->panic), "line %u: %s",
			 replay->trace->ops[i].line, why);
	else
		snprintf(replay->result->panic, sizeof(replay->result->panic), "operation %zu: %s",
			 i + 1, why);
	return false;
}

static void run_all(struct replay *replay, enum mb_metadata metadata)
{
	const struct mb_trace *trace = replay->trace;
	size_t i;

	for (i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];
		struct mb_op joined;
		uint64_t got;

		replay->op = op;
		if (op->kind == MB_OP_DUMP) {
			check_dump(replay, op);
			mb_ask(replay->mb, &replay->answers);
			continue;
		}
		if (op->kind == MB_OP_GREW) {
			if (metadata == MB_METADATA_HOST)
				mb_op_run_growth(replay->mb, op);
			if (replay->result->full.operation)
				return;
			sample_peaks(replay);
			continue;
		}
		if (op->kind == MB_OP_DISCARD && !replay->result->left.known)
			mb_count_free_blocks(replay->mb, &replay->result->left);
		if (replay->joins && i + 1 < trace->count && mb_op_joins(op, op + 1, &joined)) {
			mb_answer(&replay->answers, mb_op_name(op->kind), i,
				  mb_op_run(replay->mb, &joined));
			replay->result->joined++;
			got = 0; /* of the mark that is not made */
			op = &trace->ops[++i];
		} else {
			got = mb_op_run(replay->mb, op);
		}
		if (replay->result->full.operation)
			return;
		if (op->kind == MB_OP_FREE_ALL)
			mb_count_free_blocks(replay->mb, &replay->result->left);
		tell_zeroed(replay);
		mb_answer(&replay->answers, mb_op_name(op->kind), i, got);
		if (mb_op_has_result(op->kind))
			check_alloc(replay, op, got);
		sample_peaks(replay);
		if (!state_holds(replay, i))
			return;
	}
	if (!replay->result->left.known)
		mb_count_free_blocks(replay->mb, &replay->result->left);
}

/* Does this variant grow where the kernel does, so that growths can be compared? */
static bool grows_like_kernel(const struct mb_variant_spec *spec, const struct mb_machine *machine)
{
	uint32_t init = spec->params[MB_PARAM_INIT];
	uint32_t slots = machine->memory_slots ? machine->memory_slots : 128;

	return (spec->variant->kind == MB_KIND_KERNEL ||
		(!strcmp(spec->variant->name, "array") && spec->params[MB_PARAM_GROWTH] == 200)) &&
	       (!init || (init == slots && machine->reserved_slots == machine->memory_slots));
}

/* With 32-bit addresses a kernel's region is smaller than a slot of ours: what grows lands elsewhere. */
static bool slots_differ(const struct mb_variant_spec *spec, const struct mb_machine *machine)
{
	return machine->addr_bits == 32 && spec->variant->kind != MB_KIND_KERNEL;
}

/* How many regions there are at most where they fit: in array. 0 or -errno. */
static int find_need(const struct mb_trace *trace, struct mb_limit *full)
{
	struct mb_replay_result *whole = malloc(sizeof(*whole));
	struct mb_variant_spec array;
	char unused[128];
	int code = whole ? mb_variant_parse("array", &array, unused, sizeof(unused)) : -ENOMEM;

	if (!code)
		code = mb_replay_check(trace, &array, MB_METADATA_HOST, whole);
	/* It may lack only the two spare slots that a cut wants, or be of physmem, of which there is no peak. */
	full->needs = full->regions + 1;
	for (unsigned w = MB_MEMORY; !code && w <= MB_RESERVED; w++) {
		uint32_t peak = w == MB_MEMORY ? whole->memory_peak : whole->reserved_peak;

		if (!strcmp(full->collection, mb_which_name(w)) && peak > full->needs)
			full->needs = peak;
	}
	free(whole);
	return code;
}

int mb_replay_check(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		    enum mb_metadata metadata, struct mb_replay_result *result)
{
	struct replay replay = { .trace = trace,
				 .result = result,
				 .joins = mb_variant_joins(spec) };
	struct mb_machine machine = trace->machine;
	struct mb_hooks hooks = {
		.ctx = &replay,
		.mem_ctx = &replay,
		.panic = on_panic,
		.log = on_log,
		.zero = on_zero,
		.grew = on_growth,
		.accept = on_accept,
		.leak_alloc = on_leak_alloc,
		.leak_free = on_leak_free,
		.slab_alloc = on_slab_alloc,
		.slab_free = replay_slab_free,
	};
	const struct mb_page_sink sink = {
		.ctx = &replay,
		.init_reserved = on_init_reserved,
		.free_block = on_free_block,
		.free_page = on_free_page,
	};
	int code;

	memset(result, 0, sizeof(*result));
	machine.metadata = metadata;
	replay_slab_init(&replay.slab, &machine);
	code = mb_create(&machine, &hooks, spec, &replay.mb);
	if (code)
		return code;
	mb_set_page_sink(replay.mb, &sink);
	sample_peaks(&replay);
	if (!setjmp(replay.panicked))
		run_all(&replay, metadata);
	check_growths(&replay);
	if (metadata != MB_METADATA_SELF || result->joined || !grows_like_kernel(spec, &machine) ||
	    (replay.growth_count && slots_differ(spec, &machine)))
		result->growths_as_captured = UINT64_MAX;
	result->warnings = mb_warnings(replay.mb);
	result->answers = replay.answers.sum;
	mb_state_digest(replay.mb, result->state_digest);
	mb_destroy(replay.mb);
	replay_slab_release(&replay.slab);
	free(replay.growths);
	return result->full.operation ? find_need(trace, &result->full) : 0;
}
