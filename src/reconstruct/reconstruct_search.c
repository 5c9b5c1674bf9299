/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_search.c - the last resort: a search for what must have changed in silence.
 *
 * Where the model gives an allocation another address than the kernel did, something happened that no
 * line shows. The hypotheses, simplest first:
 *
 *     direction     top-down searches became bottom-up ones, or the reverse
 *     nodes         memory has its nodes by now, as the next dump or the node lines show them
 *     limit         the current limit is another one: an end of memory that the log mentions, or a
 *                   round address just above the captured one
 *     mem=          the command line cut memory, and no later dump shows it
 *     kernel end    before 5.12: a bottom-up search began behind the kernel's image
 *     held          what lies between the captured address and the model's was taken before the log
 *                   began; only for a log of which the beginning is missing
 *
 * and some combinations. Each is tried on the model: it must give the captured address, and is then
 * judged by the allocations that follow. The one that lets most of them land is taken, the simpler one
 * where several do, none if the allocations that follow would land better without.
 *
 *     request  request  request ... (LOOKAHEAD of them, or up to the next dump)
 *        ^ captured?  ^ captured? ^ captured?         -> score
 *
 * All of this is bounded: a fixed list of hypotheses, a fixed number of requests, and REBUILD_SEARCH_WORK
 * in one import, beyond which addresses are only compared.
 */
#include <stdlib.h>
#include <string.h>

#include "reconstruct/reconstruct_impl.h"

#define LOOKAHEAD 24 /* requests */
#define RECORDS_AHEAD 256
#define HELD_MAX 32

struct hypothesis {
	bool flip, nodes, limited, cut, above_kernel, held;
	bool once; /* the direction is the old one again right after this allocation */
	uint64_t limit, kernel_end;
	enum mb_op_kind cut_by;
	uint64_t cut_at;
};

struct held {
	uint64_t base[HELD_MAX], size[HELD_MAX];
	unsigned count;
};

static uint64_t mem_parameter(const struct rebuild *rb);

/* ---- limits ------------------------------------------------------------------------------------ */

void rebuild_note_limits(struct rebuild *rb)
{
	const struct boot_log *log = rb->log;
	size_t i;

	for (i = 0; i < log->count && rb->mapping_limit_count < 4; i++)
		if (log->records[i].kind == REC_REQUEST &&
		    rebuild_called_by(&log->records[i], "init_mem_mapping"))
			rb->mapping_limits[rb->mapping_limit_count++] = log->records[i].hi;
}

unsigned rebuild_limit_candidates(const struct rebuild *rb, uint64_t limits[REBUILD_LIMITS])
{
	const struct boot_log *log = rb->log;
	unsigned n = 0, i;

	if (log->low_ram_end)
		limits[n++] = log->low_ram_end;
	if (log->last_pfn)
		limits[n++] = log->last_pfn << 12;
	for (i = 0; i < rb->mapping_limit_count && n < 4; i++)
		limits[n++] = rb->mapping_limits[i];
	limits[n++] = mb_end_of_DRAM(rb->model);
	limits[n++] = MB_ALLOC_ANYWHERE;
	return n;
}

/* Round addresses just above what was captured, the largest units first. */
static unsigned round_limits(const struct mb_op *op, uint64_t *limits, unsigned room)
{
	static const unsigned shifts[] = { 32, 31, 30, 29, 28, 27, 26, 25, 24, 21, 20, 16, 12 };
	uint64_t end = op->result + op->size;
	unsigned n = 0, i;

	for (i = 0; i < sizeof(shifts) / sizeof(shifts[0]) && n < room; i++) {
		uint64_t unit = 1ULL << shifts[i], limit = (end + unit - 1) & -unit;

		if (limit >= end && (!n || limit != limits[n - 1]))
			limits[n++] = limit;
	}
	return n;
}

/* ---- the future -------------------------------------------------------------------------------- */

/* Make the model hold what the kernel held, whatever the model gave. */
static void correct(struct rebuild *rb, const struct mb_op *op, uint64_t got)
{
	if (got == op->result)
		return;
	if (got)
		mb_phys_free(rb->model, got, op->size);
	if (op->result)
		mb_reserve(rb->model, op->result, op->size);
}

static void raise_lo(struct mb_op *op, uint64_t kernel_end)
{
	if (op->lo < kernel_end && (op->hi <= MB_ALLOC_NOLEAKTRACE || op->hi > kernel_end))
		op->lo = kernel_end;
}

static void apply_range(struct rebuild *rb, const struct record *r)
{
	switch (r->kind == REC_RESERVE ? MB_OP_RESERVE : r->op) {
	case MB_OP_RESERVE:
		mb_reserve(rb->model, r->base, r->size);
		break;
	case MB_OP_ADD:
		mb_add(rb->model, r->base, r->size);
		break;
	case MB_OP_REMOVE:
		mb_remove(rb->model, r->base, r->size);
		break;
	case MB_OP_FREE:
		mb_phys_free(rb->model, r->base, r->size);
		break;
	default:
		break;
	}
}

/* How many of the allocations after record @at land, as the model is now? */
static unsigned score(struct rebuild *rb, size_t at, uint64_t kernel_end)
{
	const struct boot_log *log = rb->log;
	size_t answers[LOOKAHEAD], end = at + RECORDS_AHEAD;
	unsigned seen = 0, landed = 0, i;

	for (at++; at < log->count && at < end && seen < LOOKAHEAD; at++) {
		const struct record *r = &log->records[at];
		struct mb_op op;
		size_t answer;

		if (r->kind == REC_DUMP)
			break;
		if (r->consumed || r->kind == REC_DOUBLED || r->kind > REC_DUMP)
			continue;
		for (i = 0; i < seen && answers[i] != at; i++)
			;
		if (i < seen)
			continue;
		if (r->kind != REC_REQUEST) {
			apply_range(rb, r);
			rb->work += mb_cnt(rb->model, MB_RESERVED);
			continue;
		}
		answer = rebuild_answer_of(rb->log, at);
		answers[seen++] = answer;
		if (answer == log->count)
			continue;
		op = rebuild_op_of_request(r);
		op.result = log->records[answer].base;
		if (mb_bottom_up(rb->model))
			raise_lo(&op, kernel_end);
		i = rebuild_run(rb, &op) == op.result;
		landed += i;
		if (!i) {
			/* It is not known where it went: take that back, and the captured place. */
			mb_reserve(rb->model, op.result, op.size);
		}
	}
	return landed;
}

/* ---- hypotheses -------------------------------------------------------------------------------- */

/* Will something be put here later, before anything is freed? Then it is free now. */
static bool used_later(const struct rebuild *rb, size_t at, uint64_t base, uint64_t end)
{
	const struct boot_log *log = rb->log;
	size_t stop = at + RECORDS_AHEAD;

	for (; at < log->count && at < stop; at++) {
		const struct record *r = &log->records[at];

		if (r->kind == REC_OP && r->op == MB_OP_FREE && r->base < end &&
		    base < r->base + r->size)
			return false;
		if (r->kind == REC_RESERVE && r->base < end && base < r->base + r->size)
			return true;
	}
	return false;
}

/* Hold what is in the way of @op, piece by piece, until it lands. */
static bool hold(struct rebuild *rb, const struct mb_op *op, size_t at, struct held *held)
{
	held->count = 0;
	while (held->count < HELD_MAX) {
		uint64_t got = rebuild_run(rb, op), base, end;

		if (got == op->result)
			return true;
		if (!got)
			return false;
		mb_phys_free(rb->model, got, op->size);
		base = got > op->result ? op->result + op->size : got;
		end = got > op->result ? got + op->size : op->result;
		if (base < got && used_later(rb, at + 1, base, end))
			base = got;
		if (end > got + op->size && used_later(rb, at + 1, base, end))
			end = got + op->size;
		if (base >= end || used_later(rb, at + 1, base, end))
			return false;
		held->base[held->count] = base;
		held->size[held->count++] = end - base;
		mb_reserve(rb->model, base, end - base);
	}
	return false;
}

/* Change the model as @h says. */
static void assume(struct rebuild *rb, const struct hypothesis *h, size_t at)
{
	if (h->flip)
		mb_set_bottom_up(rb->model, !mb_bottom_up(rb->model));
	if (h->limited)
		mb_set_current_limit(rb->model, h->limit);
	if (h->nodes)
		rebuild_apply_nodes(rb, at);
	if (h->cut && h->cut_by == MB_OP_ENFORCE_LIMIT)
		mb_enforce_memory_limit(rb->model, h->cut_at);
	else if (h->cut)
		mb_mem_limit_remove_map(rb->model, h->cut_at);
}

/* What @h is worth: 0 if @op does not land, otherwise 1 and one for each later one that does. */
static unsigned judge(struct rebuild *rb, const struct mb_op *op, size_t at,
		      const struct hypothesis *h, struct held *held)
{
	struct mb_op run = *op;
	unsigned worth = 0;
	bool lands;

	if (!rebuild_may_search(rb, op->line) || !rebuild_save(rb))
		return 0;
	assume(rb, h, at);
	if (h->above_kernel)
		raise_lo(&run, h->kernel_end);
	lands = h->held ? hold(rb, &run, at, held) : rebuild_run(rb, &run) == op->result;
	if (h->once)
		mb_set_bottom_up(rb->model, !mb_bottom_up(rb->model));
	if (lands)
		worth = 1 + score(rb, at, h->above_kernel ? h->kernel_end : rb->kernel_end);
	rebuild_undo(rb);
	return worth;
}

/* What the allocations that follow are worth if this one stays unexplained. */
static unsigned judge_nothing(struct rebuild *rb, const struct mb_op *op, size_t at)
{
	unsigned worth;

	if (!rebuild_may_search(rb, op->line) || !rebuild_save(rb))
		return 0;
	correct(rb, op, 0);
	worth = score(rb, at, rb->kernel_end);
	rebuild_undo(rb);
	return worth;
}

struct search {
	struct rebuild *rb;
	const struct mb_op *op;
	size_t at;
	unsigned best;
	struct hypothesis found;
	struct held held;
};

static void consider(struct search *s, const struct hypothesis *h)
{
	struct held held = { .count = 0 };
	unsigned worth = judge(s->rb, s->op, s->at, h, &held);

	if (worth <= s->best)
		return;
	s->best = worth;
	s->found = *h;
	s->held = held;
}

/* Direction, nodes and limits, alone and together. */
static void consider_switches(struct search *s, const uint64_t *limits, unsigned count)
{
	/* bit 0: direction, bit 1: nodes, bit 2: limit */
	static const unsigned order[] = { 1, 2, 4, 3, 5, 6, 7 };
	bool nodes = rebuild_nodes_differ(s->rb, s->at);
	unsigned i, j;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct hypothesis h = {
			.flip = order[i] & 1,
			.nodes = order[i] & 2,
			.limited = order[i] & 4,
		};

		if ((h.limited && !rebuild_bounded_by_limit(s->op)) || (h.nodes && !nodes))
			continue;
		for (j = 0; j < (h.limited ? count : 1); j++) {
			h.limit = limits[j];
			h.once = false;
			consider(s, &h);
			h.once = true;
			if (h.flip)
				consider(s, &h);
		}
	}
}

static void consider_mem_parameter(struct search *s)
{
	uint64_t size = mem_parameter(s->rb);
	struct hypothesis h = { .cut = true, .cut_by = MB_OP_ENFORCE_LIMIT, .cut_at = size };

	if (!size)
		return;
	consider(s, &h);
	h.cut_by = MB_OP_REMOVE_MAP;
	consider(s, &h);
}

/* The ends of reservations below the captured address: one of them is the kernel's image. */
static void consider_kernel_end(struct search *s)
{
	const struct boot_log *log = s->rb->log;
	unsigned tries = 0;
	size_t i;

	if (log->version >= 5012)
		return;
	s->rb->work += s->at / 8;
	for (i = 0; i < s->at && tries < 16; i++) {
		const struct record *r = &log->records[i];
		struct hypothesis h = {
			.above_kernel = true,
			.kernel_end = r->base + r->size,
			.flip = !mb_bottom_up(s->rb->model),
		};

		if (r->kind != REC_RESERVE || h.kernel_end > s->op->result ||
		    s->op->result - h.kernel_end > 1 << 24)
			continue;
		tries++;
		consider(s, &h);
	}
}

static void emit_held(struct rebuild *rb, const struct held *held, uint32_t line)
{
	unsigned i;

	for (i = 0; i < held->count; i++) {
		struct mb_op op = {
			.kind = MB_OP_RESERVE,
			.base = held->base[i],
			.size = held->size[i],
			.line = line,
			.why = "taken before the log begins; decides the next address",
		};

		rebuild_emit(rb, &op);
	}
}

/* Make @h part of the trace. */
static void emit_hypothesis(struct rebuild *rb, struct mb_op *op, size_t at,
			    const struct hypothesis *h, const struct held *held)
{
	static const char why[] = "decides the next address";

	rb->log->trace->account.searched++;
	if (h->flip)
		rebuild_emit_simple(rb, MB_OP_SET_BOTTOM_UP, !mb_bottom_up(rb->model), op->line,
				    why);
	if (h->limited && h->limit != mb_get_current_limit(rb->model))
		rebuild_emit_simple(rb, MB_OP_SET_LIMIT, h->limit, op->line, why);
	if (h->nodes)
		rebuild_emit_nodes(rb, at, op->line, why);
	if (h->cut)
		rebuild_emit_simple(rb, h->cut_by, h->cut_at, op->line,
				    rebuild_why(rb, "mem= on the command line at line %u; %s",
						rb->log->cmdline_line, why));
	if (h->held)
		emit_held(rb, held, op->line);
	if (h->above_kernel) {
		rb->kernel_end = h->kernel_end;
		rebuild_above_kernel(rb, op);
	}
}

/* Does the log lack its beginning: no dump before @at tells what was taken already? */
static bool beginning_is_missing(const struct rebuild *rb)
{
	return rb->log->dump_count == 0;
}

bool rebuild_explain(struct rebuild *rb, struct mb_op *op, size_t at)
{
	struct search s = { .rb = rb, .op = op, .at = at };
	uint64_t limits[REBUILD_LIMITS + 16];
	unsigned mentioned = rebuild_limit_candidates(rb, limits), nothing;

	if (!rebuild_may_search(rb, op->line))
		return false;
	consider_switches(&s, limits, mentioned);
	consider_mem_parameter(&s);
	if (!s.best) {
		struct hypothesis h = { .limited = true };
		unsigned count = round_limits(op, limits, 16), i;

		for (i = 0; i < count && rebuild_bounded_by_limit(op); i++) {
			h.limit = limits[i];
			consider(&s, &h);
		}
	}
	if (!s.best && mb_cnt(rb->model, MB_MEMORY))
		consider_kernel_end(&s);
	if (!s.best && beginning_is_missing(rb)) {
		struct hypothesis h = { .held = true };

		consider(&s, &h);
		h.flip = true;
		consider(&s, &h);
	}
	if (!s.best)
		return false;
	nothing = judge_nothing(rb, op, at);
	if (nothing >= s.best)
		return false;
	emit_hypothesis(rb, op, at, &s.found, &s.held);
	return true;
}

void rebuild_above_kernel(struct rebuild *rb, struct mb_op *op)
{
	struct mb_op raised = *op;

	if (!rb->kernel_end || !mb_bottom_up(rb->model))
		return;
	raise_lo(&raised, rb->kernel_end);
	if (raised.lo == op->lo && op->lo > rb->kernel_end && !rebuild_would_land(rb, op))
		raised.lo = rb->kernel_end; /* nothing was free above LOW: repeated without it */
	if (raised.lo == op->lo || !rebuild_would_land(rb, &raised))
		return;
	op->why = rebuild_why(rb,
			      "LOW %s: before 5.12 bottom-up searches began at the kernel's end",
			      raised.lo > op->lo ? "raised" : "given up");
	op->lo = raised.lo;
}

/* ---- the command line -------------------------------------------------------------------------- */

/* The bytes of mem=, 0: none. */
static uint64_t mem_parameter(const struct rebuild *rb)
{
	const char *at = rb->log->cmdline, *digits;
	uint64_t size;
	char *end;

	for (; at && (at = strstr(at, "mem=")); at += 4) {
		if (at != rb->log->cmdline && at[-1] != ' ')
			continue;
		digits = at + 4;
		size = strtoull(digits, &end, 0);
		switch (*end) {
		case 'T':
		case 't':
			size <<= 10;
			/* fall through */
		case 'G':
		case 'g':
			size <<= 10;
			/* fall through */
		case 'M':
		case 'm':
			size <<= 10;
			/* fall through */
		case 'K':
		case 'k':
			size <<= 10;
			break;
		default:
			break;
		}
		return end == digits ? 0 : size;
	}
	return 0;
}
