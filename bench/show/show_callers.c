/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_callers.c - who called: the operations of a boot by the function that asked for them.
 *
 * A log names the place, setup_log_buf+0xd4; here it is the function alone. What a log does not name
 * stands as "(worked out)" or "(not named)".
 */
#include "show/show_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void show_caller_name(const struct mb_op *op, char name[64])
{
	if (op->caller)
		snprintf(name, 64, "%.*s", (int)strcspn(op->caller, "+/ "), op->caller);
	else
		snprintf(name, 64, "%s", op->why ? "(worked out)" : "(not named)");
}

/* Is it a call that somebody made for memory, and not a setting or a checkpoint? */
static bool counts(const struct mb_op *op)
{
	switch (op->kind) {
	case MB_OP_ADD:
	case MB_OP_ADD_NODE:
	case MB_OP_REMOVE:
	case MB_OP_PHYSMEM_ADD:
	case MB_OP_RESERVE:
	case MB_OP_RESERVE_NODE:
	case MB_OP_FREE:
	case MB_OP_FREE_LATE:
	case MB_OP_PHYS_ALLOC_RANGE:
	case MB_OP_ALLOC:
	case MB_OP_ALLOC_RAW:
	case MB_OP_ALLOC_EXACT:
	case MB_OP_ALLOC_CORE:
	case MB_OP_ALLOC_HUGETLB:
	case MB_OP_RESERVE_MEM:
		return true;
	default:
		return false;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct caller *)a)->name, ((const struct caller *)b)->name);
}

static int by_calls(const void *a, const void *b)
{
	const struct caller *x = a, *y = b;

	if (x->calls != y->calls)
		return x->calls < y->calls ? 1 : -1;
	return strcmp(x->name, y->name);
}

int show_callers(struct sight *s)
{
	struct caller *rows = calloc(s->done + 1, sizeof(*rows));
	size_t n = 0, kept = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < s->done; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		if (!counts(op))
			continue;
		show_caller_name(op, rows[n].name);
		rows[n].calls = 1;
		rows[n].bytes = op->size;
		rows[n].zeroed = op->kind == MB_OP_ALLOC ? op->size : 0;
		rows[n].regions = s->delta[i];
		n++;
	}
	qsort(rows, n, sizeof(*rows), by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept && !strcmp(rows[kept - 1].name, rows[i].name)) {
			rows[kept - 1].calls++;
			rows[kept - 1].bytes += rows[i].bytes;
			rows[kept - 1].zeroed += rows[i].zeroed;
			rows[kept - 1].regions += rows[i].regions;
		} else {
			rows[kept++] = rows[i];
		}
	}
	qsort(rows, kept, sizeof(*rows), by_calls);
	s->callers = rows;
	s->caller_count = kept;
	return 0;
}
