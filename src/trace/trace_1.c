/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_1.c - operations of version 1 of the format, read as operations of today.
 *
 * In version 1 some operations hid in the value of another, which was any number:
 *
 *     alloc_core ... V     exact_nid if V is 0 or 1; from 2 on another form of allocation
 *     free, free_late ... [V]           by pointer, an area, if there is a V
 *     reserve_mem SIZE ALIGN V          reserve_mem=SIZE:ALIGN:nN, N = V % 1000000; the digits of
 *     release_mem V                     V / 1000000 are how size, alignment and name are spelled
 *
 * Nothing writes it any more.
 */
#include <stdio.h>
#include <string.h>

#include "trace/trace_reader_impl.h"

bool reader_1_knows(enum mb_op_kind kind)
{
	static const enum mb_op_kind words[] = {
		MB_OP_ADD,          MB_OP_ADD_NODE,      MB_OP_REMOVE,
		MB_OP_PHYSMEM_ADD,  MB_OP_RESERVE,       MB_OP_RESERVE_NODE,
		MB_OP_FREE,         MB_OP_FREE_LATE,     MB_OP_PHYS_ALLOC_RANGE,
		MB_OP_ALLOC,        MB_OP_ALLOC_RAW,     MB_OP_ALLOC_EXACT,
		MB_OP_ALLOC_CORE,   MB_OP_ALLOC_HUGETLB, MB_OP_SET_NODE,
		MB_OP_STAMP_NODE,   MB_OP_MARK,          MB_OP_CLEAR,
		MB_OP_TRIM,         MB_OP_ENFORCE_LIMIT, MB_OP_CAP_RANGE,
		MB_OP_REMOVE_MAP,   MB_OP_SET_LIMIT,     MB_OP_SET_BOTTOM_UP,
		MB_OP_ALLOW_RESIZE, MB_OP_SCRATCH_ONLY,  MB_OP_SLAB,
		MB_OP_DEBUG,        MB_OP_RESERVE_MEM,   MB_OP_RELEASE_MEM,
		MB_OP_FREE_ALL,     MB_OP_FIND,          MB_OP_SEARCH_PFN,
		MB_OP_SEARCH_CHAIN, MB_OP_MAP_MEMORY,    MB_OP_OVERLAPS,
		MB_OP_WALK_FREE,    MB_OP_WALK_ZONE,     MB_OP_DISCARD,
		MB_OP_GREW,         MB_OP_DUMP,
	};
	unsigned i = 0, count = sizeof(words) / sizeof(words[0]);

	while (i < count && words[i] != kind)
		i++;
	return i < count;
}

const char *reader_1_arguments(enum mb_op_kind kind)
{
	switch (kind) {
	case MB_OP_ALLOC_CORE:
		return "zaluqe=";
	case MB_OP_ALLOC_HUGETLB:
		return "hqe=";
	case MB_OP_RESERVE_MEM:
		return "sae";
	case MB_OP_RELEASE_MEM:
	case MB_OP_SET_BOTTOM_UP:
	case MB_OP_SCRATCH_ONLY:
	case MB_OP_SLAB:
	case MB_OP_DEBUG:
		return "e";
	default:
		return mb_operations[kind].arguments;
	}
}

/* ---- reserve_mem= as it was spelled ------------------------------------------------------------ */

enum { SPELLED = 48 };

static void spell_number(char text[SPELLED], uint64_t n, unsigned spelling)
{
	static const char *const plain[] = { "%llu",       "0x%llx", "0%llo", "%lluK", "0x%llxk",
					     "0x1%016llx", "",       "%llu ", "+%llu", "%lluB" };
	static const char *const odd[] = {
		[1] = "0X%llX", [6] = "m", [7] = " %llu", [8] = "-%llu", [9] = "08%llukK"
	};
	bool other = spelling == 1 ? n & 1 : spelling > 5 && n & 0x1000;
	const char *format = other ? odd[spelling] : plain[spelling];

	if (spelling == 6 && (n & 0x3000) == 0x1000)
		format = "0x";
	if (spelling == 3 || spelling == 4)
		n /= 1024;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, SPELLED, format, (unsigned long long)n);
#pragma GCC diagnostic pop
}

/* With the colon before it. */
static void spell_name(char text[SPELLED], uint64_t value)
{
	unsigned long long n = value % 1000000;

	switch (value / 100000000 % 10) {
	case 1:
		snprintf(text, SPELLED, ": n%llu", n);
		break;
	case 2:
		snprintf(text, SPELLED, ":n%014llu", n);
		break;
	case 3:
		snprintf(text, SPELLED, ":n%015llu", n);
		break;
	case 4:
		snprintf(text, SPELLED, ":n%llu:", n);
		break;
	case 5:
		snprintf(text, SPELLED, "%s", n & 1 ? ":" : ": \t ");
		break;
	case 6:
		text[0] = '\0';
		break;
	default:
		snprintf(text, SPELLED, ":n%llu", n);
	}
}

/* ---- operations -------------------------------------------------------------------------------- */

/* What alloc_core was with a value from 2 on. */
static const enum mb_op_kind forms[] = {
	MB_OP_PHYS_ALLOC, MB_OP_PHYS_ALLOC_TRY_NID, MB_OP_ALLOC_SIMPLE, MB_OP_ALLOC_SIMPLE_RAW,
	MB_OP_ALLOC_FROM, MB_OP_ALLOC_LOW,          MB_OP_ALLOC_NODE,   MB_OP_ALLOC_OR_PANIC,
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

/* Keep what the form takes. */
static void take_form(struct mb_op *op)
{
	struct mb_op was = *op;

	*op = (struct mb_op){ .kind = forms[was.value - 2], .size = was.size, .align = was.align };
	if (op->kind == MB_OP_ALLOC_FROM)
		op->lo = was.lo;
	if (op->kind == MB_OP_PHYS_ALLOC_TRY_NID || op->kind == MB_OP_ALLOC_NODE)
		op->nid = was.nid;
	op->result = was.result;
}

/* A value behind the arguments, which is not 0. */
static int optional_value(struct reader *r, struct mb_op *op)
{
	if (r->rest.end - r->rest.at > 1 && r->rest.at[1] >= '1' && r->rest.at[1] <= '9')
		return reader_argument(r, 'e', op);
	return 0;
}

int reader_1_operation(struct reader *r, struct mb_op *op)
{
	char size[SPELLED], align[SPELLED], name[SPELLED];
	uint64_t value = op->value;
	int error = 0;

	switch (op->kind) {
	case MB_OP_FREE:
	case MB_OP_FREE_LATE:
		error = optional_value(r, op);
		if (op->value)
			op->kind = op->kind == MB_OP_FREE ? MB_OP_FREE_POINTER : MB_OP_FREE_AREA;
		op->value = 0;
		break;
	case MB_OP_ALLOC_CORE:
		if (value > 1 && value < 2 + FORMS)
			take_form(op);
		else
			op->value = value != 0;
		break;
	case MB_OP_ALLOC_HUGETLB:
	case MB_OP_SET_BOTTOM_UP:
	case MB_OP_SCRATCH_ONLY:
	case MB_OP_SLAB:
	case MB_OP_DEBUG:
		op->value = value != 0;
		break;
	case MB_OP_RESERVE_MEM:
		spell_number(size, op->size, (unsigned)(value / 1000000 % 10));
		spell_number(align, op->align, (unsigned)(value / 10000000 % 10));
		spell_name(name, value);
		snprintf(r->text, sizeof(r->text), "%s:%s%s", size, align, name);
		*op = (struct mb_op){ .kind = op->kind, .text = r->text };
		break;
	case MB_OP_RELEASE_MEM:
		spell_name(name, value);
		snprintf(r->text, sizeof(r->text), "%s", *name ? name + 1 : name);
		*op = (struct mb_op){ .kind = op->kind, .text = r->text };
		break;
	default:
		break;
	}
	return error;
}
