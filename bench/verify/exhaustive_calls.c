/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exhaustive_calls.c - every call on a tiny machine, with every argument that can matter there.
 *
 * The arguments of an operation are letters in operations.def; each has a few values, and a call is made for each
 * combination:
 *
 *     ranges      all of whole pages; one beyond the last, one that reaches beyond; nothing; half a page from half a
 *                 page on, two bytes around a border; all that can be addressed, and from a page on
 *     nodes       0, 1, none, invalid
 *     flags       those that the profile has, one by one
 *     requests    less than a cache line, half a page, a page, two; aligned to a line, a page, two; nothing
 *     windows     none; from a page on, beyond the limit; inverted, up to the middle of a page; beyond the last page
 *
 * All combinations of requests are made of the core of allocation. The functions in front of it, which change
 * bounds or what becomes of the result, are called with fewer.
 */
#include "verify/exhaustive_impl.h"

#include <string.h>

#define PAGE UINT64_C(4096)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct making {
	struct exhaustive_calls *calls;
	const struct mb_profile *profile;
	unsigned pages;
	int max_numnodes;
};

/* What the result depends on, besides settings. */
static unsigned char reads(const struct mb_op *op)
{
	const uint32_t of_reserved = MB_RSRV_NOINIT | MB_RSRV_KERN | MB_RSRV_HUGETLB;

	switch (op->kind) {
	case MB_OP_ADD:
	case MB_OP_ADD_NODE:
	case MB_OP_REMOVE:
	case MB_OP_CLEAR:
	case MB_OP_TRIM:
		return EXHAUSTIVE_MEMORY;
	case MB_OP_RESERVE:
	case MB_OP_RESERVE_NODE:
	case MB_OP_FREE:
	case MB_OP_FREE_POINTER:
	case MB_OP_FREE_LATE:
	case MB_OP_FREE_AREA:
		return EXHAUSTIVE_RESERVED;
	case MB_OP_MARK:
		return op->flags & of_reserved ? EXHAUSTIVE_RESERVED : EXHAUSTIVE_MEMORY;
	case MB_OP_SET_NODE:
	case MB_OP_STAMP_NODE:
		return op->which == MB_MEMORY ? EXHAUSTIVE_MEMORY : EXHAUSTIVE_RESERVED;
	default:
		break;
	}
	switch (mb_op_nature(op->kind)) {
	case MB_SETS:
		return EXHAUSTIVE_SEARCH;
	case MB_FREES:
	case MB_TRUNCATES:
	case MB_HANDS_OVER:
		return EXHAUSTIVE_BOTH;
	default:
		return EXHAUSTIVE_BOTH | EXHAUSTIVE_SEARCH;
	}
}

static void vary(struct making *m, const struct mb_op *op, const char *letters);

/* ---- places ------------------------------------------------------------------------------------ */

static void vary_range(struct making *m, const struct mb_op *op, const char *rest)
{
	uint64_t n = m->pages;
	const struct mb_op others[] = {
		{ .base = n * PAGE, .size = PAGE },  { .base = (n - 1) * PAGE, .size = 3 * PAGE },
		{ .base = PAGE, .size = 0 },         { .base = PAGE / 2, .size = PAGE },
		{ .base = 2 * PAGE - 1, .size = 2 }, { .base = PAGE, .size = UINT64_MAX },
		{ .base = 0, .size = UINT64_MAX },
	};
	struct mb_op with = *op;

	for (uint64_t base = 0; base < n; base++)
		for (uint64_t end = base + 1; end <= n; end++) {
			with.base = base * PAGE;
			with.size = (end - base) * PAGE;
			vary(m, &with, rest);
		}
	for (size_t i = 0; i < COUNT(others); i++) {
		with.base = others[i].base;
		with.size = others[i].size;
		vary(m, &with, rest);
	}
}

static void vary_base(struct making *m, const struct mb_op *op, const char *rest)
{
	struct mb_op with = *op;

	for (uint64_t page = 0; page <= m->pages; page++) {
		with.base = page * PAGE + (page == 1 ? PAGE / 2 : 0);
		vary(m, &with, rest);
	}
}

/* Bytes that stay, or the limit of searches: every page and a bit. */
static void vary_amount(struct making *m, const struct mb_op *op, char letter, const char *rest)
{
	struct mb_op with = *op;

	for (uint64_t n = 0; n <= m->pages + 2; n++) {
		uint64_t bytes = n * PAGE;

		if (n == m->pages + 1)
			bytes = PAGE + PAGE / 2;
		if (n == m->pages + 2)
			bytes = UINT64_MAX;
		if (letter == 'm')
			with.value = bytes;
		else
			with.hi = bytes;
		vary(m, &with, rest);
	}
}

/* ---- requests ---------------------------------------------------------------------------------- */

/* The first few are those of the functions in front. */
static void vary_request(struct making *m, const struct mb_op *op, const char *rest)
{
	static const struct mb_op requests[] = {
		{ .size = PAGE / 2, .align = PAGE }, { .size = 2 * PAGE, .align = PAGE },
		{ .size = PAGE, .align = 2 * PAGE }, { .size = 48, .align = 0 },
		{ .size = 3 * PAGE, .align = 64 },   { .size = 0, .align = PAGE },
	};
	unsigned count = op->kind == MB_OP_ALLOC_CORE ? COUNT(requests) : 2;
	struct mb_op with = *op;

	for (unsigned i = 0; i < count; i++) {
		with.size = requests[i].size;
		with.align = requests[i].align;
		vary(m, &with, rest);
	}
}

static void vary_window(struct making *m, const struct mb_op *op, const char *rest)
{
	const struct mb_op windows[] = {
		{ .lo = 0, .hi = MB_ALLOC_ACCESSIBLE },
		{ .lo = 2 * PAGE, .hi = MB_ALLOC_ANYWHERE },
		{ .lo = 3 * PAGE, .hi = 2 * PAGE + PAGE / 2 },
		{ .lo = m->pages * PAGE, .hi = MB_ALLOC_NOLEAKTRACE },
	};
	struct mb_op with = *op;

	for (size_t i = 0; i < COUNT(windows); i++) {
		with.lo = windows[i].lo;
		with.hi = windows[i].hi;
		vary(m, &with, rest);
	}
}

static void vary_low(struct making *m, const struct mb_op *op, const char *rest)
{
	struct mb_op with = *op;

	for (uint64_t lo = 0; lo <= m->pages * PAGE; lo += 2 * PAGE) {
		with.lo = lo;
		vary(m, &with, rest);
	}
}

/* ---- nodes, flags, the rest -------------------------------------------------------------------- */

static void vary_node(struct making *m, const struct mb_op *op, char letter, const char *rest)
{
	const int nodes[] = { MB_NUMA_NO_NODE, 1, 0, m->max_numnodes };
	bool few = letter == 'q' && op->kind != MB_OP_ALLOC_CORE;
	struct mb_op with = *op;

	for (unsigned i = 0; i < (few ? 2 : COUNT(nodes)); i++) {
		with.nid = nodes[i];
		vary(m, &with, rest);
	}
}

static void vary_flags(struct making *m, const struct mb_op *op, char letter, const char *rest)
{
	static const struct {
		uint32_t flag;
		const char *letters; /* who takes it */
		const char *kernels;
	} flags[] = {
		{ MB_NONE, "fr", "ALL" },          { MB_HOTPLUG, "fij", "ALL" },
		{ MB_MIRROR, "i", "ALL" },         { MB_NOMAP, "ij", "ALL" },
		{ MB_DRIVER_MANAGED, "f", "ALL" }, { MB_RSRV_NOINIT, "ri", "SINCE_6_12" },
		{ MB_RSRV_KERN, "ri", "NEW" },     { MB_KHO_SCRATCH, "ij", "NEW" },
		{ MB_RSRV_HUGETLB, "r", "NEW" },
	};
	struct mb_op with = *op;

	for (size_t i = 0; i < COUNT(flags); i++) {
		if (!strchr(flags[i].letters, letter) ||
		    !exhaustive_knows(m->profile, flags[i].kernels))
			continue;
		with.flags = flags[i].flag;
		vary(m, &with, rest);
	}
}

static void vary_value(struct making *m, const struct mb_op *op, const char *rest)
{
	struct mb_op with = *op;

	for (uint64_t value = 0; value < 2; value++) {
		with.value = value;
		vary(m, &with, rest);
	}
}

static void vary_text(struct making *m, const struct mb_op *op, char letter, const char *rest)
{
	static const char *const texts[] = { "4096:4096:a", "6000:0:b", "0:4096:c" };
	static const char *const names[] = { "a", "b", "" };
	struct mb_op with = *op;

	for (size_t i = 0; i < COUNT(texts); i++) {
		with.text = letter == 't' ? texts[i] : names[i];
		vary(m, &with, rest);
	}
}

/* Pages that are a power of two: what is trimmed to, the size of a huge page. */
static void vary_pages(struct making *m, const struct mb_op *op, char letter, const char *rest)
{
	struct mb_op with = *op;

	for (uint64_t bytes = PAGE; bytes <= 2 * PAGE; bytes *= 2) {
		if (letter == 'p')
			with.align = bytes;
		else
			with.size = bytes;
		vary(m, &with, rest);
	}
}

static void vary_collection(struct making *m, const struct mb_op *op, const char *rest)
{
	struct mb_op with = *op;

	for (unsigned w = 0; w < MB_PHYSMEM; w++) {
		with.which = w;
		vary(m, &with, rest);
	}
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void keep(struct making *m, const struct mb_op *op)
{
	struct exhaustive_calls *calls = m->calls;

	calls->overflow |= calls->count == EXHAUSTIVE_CALLS;
	if (calls->overflow)
		return;
	calls->reads[calls->count] = reads(op);
	calls->ops[calls->count++] = *op;
}

/* A call for each value of each of the arguments. */
static void vary(struct making *m, const struct mb_op *op, const char *letters)
{
	char letter = *letters++;

	if (!letter)
		keep(m, op);
	else if (letter == 'b' && *letters == 's')
		vary_range(m, op, letters + 1);
	else if (letter == 'b')
		vary_base(m, op, letters);
	else if (letter == 'm' || letter == 'k')
		vary_amount(m, op, letter, letters);
	else if (letter == 'z' && *letters == 'a')
		vary_request(m, op, letters + 1);
	else if (letter == 'l' && *letters == 'u')
		vary_window(m, op, letters + 1);
	else if (letter == 'l')
		vary_low(m, op, letters);
	else if (letter == 'n' || letter == 'q')
		vary_node(m, op, letter, letters);
	else if (strchr("frij", letter))
		vary_flags(m, op, letter, letters);
	else if (letter == 'x' || letter == 'o')
		vary_value(m, op, letters);
	else if (letter == 't' || letter == 'y')
		vary_text(m, op, letter, letters);
	else if (letter == 'p' || letter == 'h')
		vary_pages(m, op, letter, letters);
	else if (letter == 'w')
		vary_collection(m, op, letters);
	else /* what the operation says by itself, its result */
		vary(m, op, letters);
}

void exhaustive_calls(struct exhaustive_calls *calls, const struct exhaustive_theme *theme,
		      unsigned pages)
{
	struct making m = { calls, theme->machine.profile, pages,
			    (int)theme->machine.max_numnodes };

	calls->count = 0;
	calls->overflow = false;
	for (unsigned kind = 0; kind < MB_OP_KINDS; kind++) {
		const struct mb_operation *row = &mb_operations[kind];
		struct mb_op op = { .kind = kind };

		/* Questions are asked otherwise; messages are always on. */
		if (row->nature == MB_ASKS || row->nature == MB_NOTES || kind == MB_OP_DEBUG ||
		    !exhaustive_knows(m.profile, row->kernels))
			continue;
		vary(&m, &op, row->arguments);
	}
}
