/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shrink.h - the shortest sequence of operations that still shows something.
 *
 * verify and minimise say what "shows" means; the search is the same. With a bound in tries or
 * operations it is deterministic; with one in time it is not.
 */
#ifndef BENCH_SHRINK_H
#define BENCH_SHRINK_H

#include <memblock/trace.h>

struct shrink {
	/* Does the sequence still show it? The operations up to where it shows; 0: it does not. */
	size_t (*shows)(void *ctx, const struct mb_op *ops, size_t count);
	void *ctx;
	bool simplify;         /* make arguments simpler, too */
	size_t simplify_below; /* only where fewer operations than that are left; 0: always */
	uint64_t until_ms;     /* by the monotonic clock; 0: no bound */
	uint64_t budget;       /* operations that may be tried in all; 0: no bound */
	/* For the search. */
	struct mb_op *ops, *attempt;
	size_t count;
	uint64_t spent;
};

uint64_t shrink_now_ms(void);

/**
 * shrink_ops() - shrink @ops in place.
 * Return: the new count; @count when it does not show at all, or without memory.
 */
size_t shrink_ops(struct shrink *s, struct mb_op *ops, size_t count);

#endif
