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
	switch (mb_op_nature(op->kind)) {
	case MB_ADDS:
	case MB_REMOVES:
	case MB_RESERVES:
	case MB_FREES:
	case MB_ALLOCATES:
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
		struct mb_request request = { 0 };

		if (!counts(op))
			continue;
		mb_op_request(op, &request);
		show_caller_name(op, rows[n].name);
		rows[n].calls = 1;
		rows[n].bytes = op->size;
		rows[n].zeroed = request.zeroed ? op->size : 0;
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
