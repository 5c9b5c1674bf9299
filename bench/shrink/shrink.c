/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shrink.c - from a thousand operations that show something to the few that it takes.
 *
 * First delta debugging: leave out a half, a quarter, ... single operations, and keep what still shows
 * it; where it shows earlier, what follows is cut off. Then, if wanted, the arguments of what is left
 * are made simpler, one at a time: no flags, no node, no bounds, round numbers.
 */
#include "shrink/shrink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t shrink_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Is there nothing left to try with? */
static bool is_over(const struct shrink *s)
{
	return (s->until_ms && shrink_now_ms() >= s->until_ms) ||
	       (s->budget && s->spent >= s->budget);
}

/* Keep the attempt if it still shows. */
static bool accept(struct shrink *s, size_t count)
{
	size_t n = count ? s->shows(s->ctx, s->attempt, count) : 0;

	s->spent += count + 1;
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

	for (size_t end = s->count; end > 0 && !is_over(s);) {
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
	const char *takes = mb_operations[op->kind].arguments;
	const struct mb_op was = *op;

	switch (n) {
	case 0:
		op->flags = strpbrk(takes, "ij") ? op->flags : 0; /* one there must be */
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
		op->hi = strchr(takes, 'k') ? MB_ALLOC_ANYWHERE : MB_ALLOC_ACCESSIBLE;
		break;
	case 5:
		op->align = op->align > 4096 ? 4096 : op->align;
		break;
	case 6:
		op->align = op->align ? 1 : 0;
		break;
	case 7:
		if (strchr(takes, 'x') && strchr(takes, 'a'))
			op->value = 0;
		else if (op->kind == MB_OP_RESERVE_MEM)
			op->text = "4096:0:n0";
		else if (op->kind == MB_OP_FREE_POINTER)
			op->kind = MB_OP_FREE;
		break;
	case 8:
		op->size = op->size > 4096 ? 4096 : op->size;
		break;
	case 9:
		op->size -= op->size / 2; /* never nothing */
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
	if (strchr(takes, 'h') && op->size & (op->size - 1))
		*op = was;
	return true;
}

static void simplify(struct shrink *s)
{
	for (size_t i = 0; i < s->count && !is_over(s); i++) {
		for (unsigned n = 0; i < s->count; n++) {
			memcpy(s->attempt, s->ops, s->count * sizeof(*s->ops));
			if (!simpler(&s->attempt[i], n))
				break;
			if (!mb_op_same(&s->attempt[i], &s->ops[i]))
				accept(s, s->count);
		}
	}
}

size_t shrink_ops(struct shrink *s, struct mb_op *ops, size_t count)
{
	size_t n = s->shows(s->ctx, ops, count);

	s->ops = ops;
	s->attempt = calloc(count, sizeof(*ops));
	s->count = n && s->attempt ? n : count;
	while (n && s->attempt) {
		size_t before = s->count;

		for (size_t size = (s->count + 1) / 2; size; size = size == 1 ? 0 : (size + 1) / 2)
			while (leave_out(s, size) && size == 1 && !is_over(s))
				;
		if (s->simplify && (!s->simplify_below || s->count < s->simplify_below))
			simplify(s);
		if (s->count == before || is_over(s))
			break;
	}
	free(s->attempt);
	s->attempt = NULL;
	return s->count;
}
