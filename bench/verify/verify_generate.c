/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_generate.c - random operations that are worth trying.
 *
 * A seed makes one sequence: a machine and a part of the address space of so many units (verify_machine.c), a
 * shape and a length. Shapes differ in what they do most; what an operation is called with is drawn by the
 * letters of its arguments (verify_argument.c). Some states need preparation: hundreds of regions, an array
 * with one free slot. The first `fill` operations see to that; they are part of the sequence, and
 * shrink with it.
 */
#include "verify/verify_draw_impl.h"

static const unsigned short weights[MB_OP_KINDS][VERIFY_SHAPES] = {
#define UNPACK(...)                                                                                \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define NEVER (0)
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, tried, ...)           \
	[MB_OP_##id] = UNPACK tried,
#include <memblock/operations.def>
};

static enum mb_op_kind pick(struct verify_generator *g)
{
	unsigned sum = 0, at, kind;

	for (kind = 0; kind < MB_OP_KINDS; kind++)
		sum += weights[kind][g->shape];
	at = (unsigned)below(g, sum);
	for (kind = 0; at >= weights[kind][g->shape]; kind++)
		at -= weights[kind][g->shape];
	return kind;
}

/* Regions with gaps between them, in both collections, on nodes that alternate. */
static void fill(struct verify_generator *g, struct mb_op *op)
{
	uint64_t n = g->step;

	op->kind = g->shape != VERIFY_FULL && one_in(g, 2) ? MB_OP_ADD_NODE : MB_OP_RESERVE;
	op->base = grid(g, 1 + n * 2 % (g->units - 2));
	if (op->kind == MB_OP_ADD_NODE)
		op->nid = (int)(n % g->nodes);
	op->size = g->unit;
	if (g->step + 1 == g->fill && one_in(g, 2)) {
		op->kind = MB_OP_ADD;
		op->base = g->start;
		op->size = g->units * g->unit;
	}
}

/* Calls that this kernel has, and that are worth their time. */
static bool is_known(const struct verify_generator *g, enum mb_op_kind kind)
{
	enum { ALL, SINCE_6_12, UNTIL_6_12, NEW, PHYSMEM };
	static const unsigned char kernels[MB_OP_KINDS] = {
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, ...)                  \
	[MB_OP_##id] = kernels,
#include <memblock/operations.def>
	};

	switch (kernels[kind]) {
	case SINCE_6_12:
		return !is_profile(g, "6.1");
	case UNTIL_6_12:
		return !is_profile(g, "new");
	case NEW:
		return is_profile(g, "new");
	case PHYSMEM:
		return g->machine.physmem;
	default:
		return true;
	}
}

bool verify_generate(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	const char *letter;

	*op = (struct mb_op){ 0 };
	if (g->step == g->length)
		return false;
	if (g->debug) {
		g->debug = false;
		op->kind = MB_OP_DEBUG;
		op->value = 1;
		return true;
	}
	if (g->resize) {
		g->resize = false;
		op->kind = MB_OP_ALLOW_RESIZE;
		return true;
	}
	if (g->step < g->fill) {
		fill(g, op);
		g->step++;
		return true;
	}
	g->step++;
	for (;;) {
		*op = (struct mb_op){ .kind = pick(g) };
		if (!is_known(g, op->kind))
			continue;
		for (letter = mb_operations[op->kind].arguments; *letter; letter++)
			verify_draw(g, lab, *letter, op);
		if (op->kind == MB_OP_FREE_POINTER)
			op->size = (size_t)op->size; /* as its kernel's argument */
		/* What a kernel does not survive is rarely tried, lest most sequences end there. */
		if ((op->kind == MB_OP_FREE || op->kind == MB_OP_FREE_POINTER) &&
		    verify_meets_array(lab, op->base, op->size) && !one_in(g, 256))
			continue;
		return true;
	}
}
