/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_shrink.c - from a thousand operations that end in a difference to the few that cause it.
 *
 * First delta debugging: leave out a half, a quarter, ... single operations, and keep what still
 * differs; a difference that comes earlier cuts off what follows. Then the arguments of what is left are
 * made simpler, one at a time: no flags, no node, no bounds, round numbers. Any difference counts, not
 * only the first one seen, since operations lead to one fault in several ways. Whether an operation may
 * be run at all is judged while it runs (verify_run.c), so leaving things out cannot make the rest ask
 * for what a kernel does not survive.
 *
 * Iterations and queries are compared at the end of a try only. A fault that needs them therefore has
 * its last operation just before them.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verify.h"

struct shrink {
	struct verify_lab *lab;
	struct mb_op *ops, *attempt;
	size_t count;
	int differs;    /* the instance that takes part besides the reference */
	uint64_t until; /* ms */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

size_t verify_again(struct verify_lab *lab, int only, const struct mb_op *ops, size_t count)
{
	verify_lab_begin(lab);
	for (int i = 0; i < lab->count; i++)
		lab->instances[i].left = only >= 0 && i != lab->reference && i != only;
	for (size_t i = 0; i < count; i++) {
		switch (verify_step(lab, &ops[i], i + 1 == count)) {
		case VERIFY_DIFFERS:
			return i + 1;
		case VERIFY_OVER:
			return 0;
		default:
			break;
		}
	}
	return 0;
}

static size_t differs_after(struct shrink *s, const struct mb_op *ops, size_t count)
{
	return verify_again(s->lab, s->differs, ops, count);
}

/* Keep the attempt if it still differs. */
static bool accept(struct shrink *s, size_t count)
{
	size_t n = differs_after(s, s->attempt, count);

	if (!n)
		return false;
	memcpy(s->ops, s->attempt, n * sizeof(*s->ops));
	s->count = n;
	return true;
}

/* Leave out @size operations at a time, from the end. True if anything went. */
static bool leave_out(struct shrink *s, size_t size)
{
	bool any = false;

	for (size_t end = s->count; end > 0 && now_ms() < s->until;) {
		size_t start = end > size ? end - size : 0;
		size_t rest = s->count - end;

		memcpy(s->attempt, s->ops, start * sizeof(*s->ops));
		memcpy(s->attempt + start, s->ops + end, rest * sizeof(*s->ops));
		if (accept(s, start + rest))
			any = true;
		end = start < s->count ? start : s->count;
	}
	return any;
}

/* Alternatives for the arguments of one operation, simplest first. False: there is no such one. */
static bool simpler(struct mb_op *op, unsigned n)
{
	const struct mb_op was = *op;

	switch (n) {
	case 0:
		op->flags = op->kind == MB_OP_MARK || op->kind == MB_OP_CLEAR ? op->flags : 0;
		break;
	case 1:
		op->nid = op->kind == MB_OP_ADD_NODE || op->kind == MB_OP_SET_NODE ? 0 : -1;
		break;
	case 2:
		if (op->kind == MB_OP_ADD_NODE && !op->flags)
			*op = (struct mb_op){ .kind = MB_OP_ADD,
					      .base = op->base,
					      .size = op->size };
		else if (op->kind == MB_OP_RESERVE_NODE && !op->flags)
			*op = (struct mb_op){ .kind = MB_OP_RESERVE,
					      .base = op->base,
					      .size = op->size };
		break;
	case 3:
		op->lo = 0;
		break;
	case 4:
		op->hi = op->kind == MB_OP_SET_LIMIT ? MB_ALLOC_ANYWHERE : MB_ALLOC_ACCESSIBLE;
		break;
	case 5:
		op->align = op->align > 4096 ? 4096 : op->align;
		break;
	case 6:
		op->align = op->align ? 1 : 0;
		break;
	case 7:
		op->value = op->kind == MB_OP_ALLOC_CORE ? 0 : op->value;
		break;
	case 8:
		op->size = op->size > 4096 ? 4096 : op->size;
		break;
	case 9:
		op->size /= 2;
		break;
	case 10:
		if (op->size < UINT32_MAX - 4095)
			op->size = (op->size + 4095) & ~4095ULL;
		break;
	case 11:
		op->base &= ~4095ULL;
		break;
	case 12:
		op->base &= ~0xffffULL;
		break;
	case 13:
		op->base &= 0xffffffULL;
		break;
	default:
		return false;
	}
	if (op->kind == MB_OP_ALLOC_HUGETLB && op->size & (op->size - 1))
		*op = was;
	return true;
}

static void simplify(struct shrink *s)
{
	for (size_t i = 0; i < s->count && now_ms() < s->until; i++) {
		for (unsigned n = 0; i < s->count; n++) {
			memcpy(s->attempt, s->ops, s->count * sizeof(*s->ops));
			if (!simpler(&s->attempt[i], n))
				break;
			if (memcmp(&s->attempt[i], &s->ops[i], sizeof(*s->ops)))
				accept(s, s->count);
		}
	}
}

static size_t shrink(struct shrink *s, size_t count)
{
	size_t n = differs_after(s, s->ops, count);

	s->count = n ? n : count;
	/* What does not differ with two instances does not differ at all: it stays as it is. */
	while (n) {
		size_t before = s->count;

		for (size_t size = (s->count + 1) / 2; size; size = size == 1 ? 0 : (size + 1) / 2)
			while (leave_out(s, size) && size == 1 && now_ms() < s->until)
				;
		simplify(s);
		if (s->count == before || now_ms() >= s->until)
			break;
	}
	if (n)
		differs_after(s, s->ops, s->count); /* lab->what is of this one */
	return s->count;
}

size_t verify_shrink(struct verify_lab *lab, struct mb_op *ops, size_t count, unsigned ms)
{
	struct mb_op *attempt = calloc(count, sizeof(*ops));
	struct shrink s = {
		.lab = lab,
		.ops = ops,
		.attempt = attempt,
		.differs = lab->differs,
		.until = now_ms() + ms,
	};

	if (!attempt)
		return count;
	lab->shrinking = true;
	count = shrink(&s, count);
	free(attempt);
	return count;
}

/* ---- as a trace -------------------------------------------------------------------------------- */

/* What the reference holds, as a checkpoint. */
static void add_dump(struct mb_trace *trace, struct verify_lab *lab)
{
	struct mb_dump dump = { 0 };

	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		dump.cnt[w] = lab->cnt[w];
		dump.regions[w] = lab->regions[w];
		dump.size[w] = lab->total[w];
		for (uint32_t i = 0; i < lab->cnt[w]; i++) {
			struct mb_region *r = &lab->regions[w][i];

			if (lab->machine.no_numa || r->nid < 0 ||
			    r->nid >= (int)mb_max_numnodes(lab->instances[lab->reference].mb))
				r->nid = -1;
		}
	}
	mb_trace_add_dump(trace, &dump, 0);
}

/* With metadata=self the growth of the reference is what to expect. */
static void add_growths(struct mb_trace *trace, const struct verify_instance *ref)
{
	for (unsigned i = 0; i < ref->grown_count; i++) {
		const struct mb_growth *g = &ref->grown[i];
		struct mb_op op = {
			.kind = MB_OP_GREW,
			.which = g->which,
			.value = g->entries,
			.base = g->base,
			.size = g->size,
			.old_base = g->old_base,
			.old_size = g->old_size,
		};

		mb_trace_add(trace, &op);
	}
}

static bool has_result(enum mb_op_kind kind)
{
	return kind == MB_OP_PHYS_ALLOC_RANGE || kind == MB_OP_ALLOC || kind == MB_OP_ALLOC_RAW ||
	       kind == MB_OP_ALLOC_EXACT || kind == MB_OP_ALLOC_CORE || kind == MB_OP_ALLOC_HUGETLB;
}

struct mb_trace *verify_trace(struct verify_lab *lab, const struct mb_op *ops, size_t count,
			      const char *source)
{
	struct verify_instance *ref = &lab->instances[lab->reference];
	struct mb_trace *trace = mb_trace_new(source, "trace");
	char what[sizeof(lab->what)];

	if (!trace)
		return NULL;
	memcpy(what, lab->what, sizeof(what));
	what[strcspn(what, "\n")] = '\0';
	mb_trace_warn(trace, 0, "%s", what);
	trace->machine = lab->machine;
	verify_lab_begin(lab);
	for (size_t i = 0; i < count; i++) {
		struct mb_op op = ops[i];
		enum verify_verdict verdict = verify_step(lab, &op, false);

		if (verdict == VERIFY_SKIPPED)
			continue;
		if (has_result(op.kind))
			op.result = ref->did.value;
		mb_trace_add(trace, &op);
		if (lab->machine.metadata == MB_METADATA_SELF)
			add_growths(trace, ref);
	}
	if (!ref->did.panicked && !ref->did.signal)
		add_dump(trace, lab);
	return trace;
}
