/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample_trace.c - a trace with every operation, every remark and every kind of number.
 *
 * Operations are in the order of their numbers. What one has beside its kind says a row of the table, or
 * several where it comes several times; those without a row have what their letters in operations.def ask
 * for, with a caller and evidence in turn.
 */
#include "sample_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define TOP_PAGE 0xfffffffffffff000
#define A_NODE "sparse_init_nid+0x9f"
#define SETUP "setup_arch+0xc74"

static const struct mb_op rows[] = {
	{ .kind = MB_OP_GREW, .which = MB_RESERVED, .value = 256, .base = 0x9d000, .size = 0x2000 },
	{ .kind = MB_OP_GREW,
	  .which = MB_RESERVED,
	  .value = 256,
	  .base = 0x9d000,
	  .size = 0x2000,
	  .old_base = 0x1000,
	  .old_size = 0x3000 },
	{ .kind = MB_OP_PHYS_ALLOC_RANGE,
	  .size = 4097,
	  .align = 0x40,
	  .lo = 0x1000000,
	  .hi = MB_ALLOC_ACCESSIBLE,
	  .nid = 0,
	  .result = TOP_PAGE,
	  .caller = A_NODE },
	{ .kind = MB_OP_ALLOC,
	  .size = 4097,
	  .align = 0x40,
	  .lo = 0x1000000,
	  .hi = MB_ALLOC_ANYWHERE,
	  .nid = -1,
	  .result = TOP_PAGE,
	  .caller = A_NODE },
	{ .kind = MB_OP_ALLOC_RAW,
	  .size = 4097,
	  .align = 0x40,
	  .lo = 0x1000000,
	  .hi = MB_ALLOC_NOLEAKTRACE,
	  .nid = -1,
	  .result = TOP_PAGE,
	  .caller = A_NODE },
	{ .kind = MB_OP_ALLOC_EXACT,
	  .size = 4097,
	  .align = 0x40,
	  .lo = 0x1000000,
	  .hi = MB_ALLOC_ACCESSIBLE,
	  .nid = -1,
	  .result = 0,
	  .caller = A_NODE },
	{ .kind = MB_OP_ALLOC_CORE,
	  .size = 4097,
	  .align = 0x40,
	  .lo = 0x1000000,
	  .hi = 0x140000000,
	  .nid = -1,
	  .value = 1,
	  .result = TOP_PAGE,
	  .caller = A_NODE },
	{ .kind = MB_OP_FIND,
	  .size = 4096,
	  .align = 0x1000,
	  .nid = -1,
	  .flags = MB_MIRROR,
	  .result = 0x8000 },
	{ .kind = MB_OP_SET_NODE,
	  .which = MB_MEMORY,
	  .size = UINT64_MAX,
	  .nid = 1024,
	  .why = "NUMA setup: dump at line 110" },
	{ .kind = MB_OP_ADD_NODE,
	  .base = 0x100000,
	  .size = 0x1000,
	  .nid = 2,
	  .flags = MB_HOTPLUG | MB_DRIVER_MANAGED },
	{ .kind = MB_OP_RESERVE_MEM, .text = "12K:4096:trace" },
	{ .kind = MB_OP_RESERVE_MEM, .text = " 0x1:\t08kK:a \"b\" \\; => why=\x01\xff" },
	{ .kind = MB_OP_RESERVE_MEM, .text = "" },
	{ .kind = MB_OP_EVENT, .value = 3, .text = "Kernel panic - not syncing: no memory" },
	{ .kind = MB_OP_ALLOC_HUGETLB,
	  .size = 0x200000,
	  .nid = -1,
	  .value = 1,
	  .result = 0x40000000 },
	{ .kind = MB_OP_RESERVE_NODE,
	  .base = 0x7000,
	  .size = 0x800,
	  .nid = -1,
	  .flags = MB_RSRV_KERN },
	{ .kind = MB_OP_RESERVE,
	  .base = 0x8000,
	  .size = 0x1000,
	  .result = MB_RESULT_FAILED,
	  .caller = SETUP },
	{ .kind = MB_OP_PHYS_ALLOC, .size = 64, .align = 64, .result = 0x8000, .owner = 1 + 7 },
};

static void add_dump(struct mb_trace *trace)
{
	struct mb_region memory[] = { { 0x1000, 0x2000, -1, 0 },
				      { 0x10000, 0x3000, 3, MB_HOTPLUG | MB_NOMAP } };
	struct mb_region reserved = { 0, 0xffffffffffffffff, 0, 0x10000 };
	struct mb_dump dump = { .size = { UINT64_MAX, 0x1234, 0 },
				.cnt = { 2, 1, 0 },
				.regions = { memory, &reserved, NULL } };

	mb_trace_add_dump(trace, &dump, 77);
}

/* xorshift64* of Vigna, "An experimental exploration of Marsaglia's xorshift generators" (2016). */
static uint64_t draw(uint64_t *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return *random * 0x2545f4914f6cdd1dULL;
}

/* Any byte but 0, mostly printable; the text lasts until the next but 7. */
static const char *draw_text(uint64_t *random)
{
	static char texts[8][256];
	static unsigned next;
	char *text = texts[next++ % 8];
	size_t length = draw(random) % (draw(random) % 16 ? 20 : 256);

	for (size_t i = 0; i < length; i++)
		text[i] = (char)(draw(random) % 4 ? ' ' + (char)(draw(random) % 95) :
						    (char)(1 + draw(random) % 255));
	text[length] = '\0';
	return text;
}

static uint32_t draw_flag(uint64_t *random, bool set)
{
	static const uint32_t flags[] = { MB_HOTPLUG, MB_NOMAP,       MB_KHO_SCRATCH,
					  MB_MIRROR,  MB_RSRV_NOINIT, MB_RSRV_KERN };

	return flags[draw(random) % (set ? 6 : 3)];
}

static void draw_argument(const struct mb_argument *a, uint64_t *random, struct mb_op *op)
{
	uint64_t number = draw(random) >> draw(random) % 64,
		 *field = (void *)((char *)op + a->offset);

	switch (a->form) {
	case MB_FORM_HEX:
	case MB_FORM_DECIMAL:
		*field = a->max == UINT64_MAX ? number : number % (a->max + 1);
		break;
	case MB_FORM_ALIGN:
		*field = number % 65 ? 1ULL << number % 64 : 0;
		break;
	case MB_FORM_BOUND:
	case MB_FORM_LIMIT:
		*field = number % 4 ? number : MB_ALLOC_ANYWHERE;
		break;
	case MB_FORM_NODE:
		op->nid = (int32_t)(number % 1025) - 1;
		break;
	case MB_FORM_FLAGS:
		op->flags = (uint32_t)number;
		break;
	case MB_FORM_FLAG_SET:
	case MB_FORM_FLAG_CLEARED:
		op->flags = draw_flag(random, a->form == MB_FORM_FLAG_SET);
		break;
	case MB_FORM_COLLECTION:
		op->which = number % MB_COLLECTIONS;
		break;
	case MB_FORM_EVENT:
		op->value = number % 8;
		break;
	case MB_FORM_TEXT:
		op->text = draw_text(random);
		break;
	case MB_FORM_SAID:
		break;
	case MB_FORM_OLD:
		if (number & 1) {
			op->old_base = number;
			op->old_size = draw(random) | 1;
		}
		break;
	case MB_FORM_RESULT:
		op->result = number % 5 == 4 ? MB_RESULT_UNKNOWN : number - number / UINT64_MAX;
		break;
	}
}

struct mb_op random_operation(enum mb_op_kind kind, uint64_t *random)
{
	struct mb_op op = { .kind = kind };
	const char *letter = mb_operations[kind].arguments;

	for (; *letter; letter++)
		draw_argument(mb_argument_of(*letter), random, &op);
	if (!mb_op_has_result(kind) && mb_op_nature(kind) != MB_ASKS &&
	    mb_op_nature(kind) != MB_NOTES && draw(random) % 8 == 0)
		op.result = MB_RESULT_FAILED;
	if (!strpbrk(mb_operations[kind].arguments, "nq") && draw(random) % 8 == 0)
		op.owner = 1 + (uint32_t)(draw(random) % 1024);
	op.line = draw(random) % 4 ? (uint32_t)draw(random) : 0;
	op.caller = draw(random) % 4 ? SETUP : NULL;
	op.why = draw(random) % 4 ? NULL : "x; y => z @1 why=not";
	return op;
}

/* All that the table has of a kind, or one that is made up. */
static void add_operations(struct mb_trace *trace, enum mb_op_kind kind)
{
	uint64_t random = kind + 1;
	struct mb_op op = random_operation(kind, &random);
	bool listed = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_op row = rows[i];

		if (row.kind != kind)
			continue;
		row.line = kind * 7;
		assert_non_null(mb_trace_add(trace, &row));
		listed = true;
	}
	op.line = kind * 7;
	if (!listed)
		assert_non_null(mb_trace_add(trace, &op));
}

struct mb_trace *make_sample_trace(void)
{
	struct mb_trace *trace = mb_trace_new("made up.log", "dmesg");

	assert_non_null(trace);
	trace->kernel = (char *)mb_trace_strdup(trace, "6.12.0 (somebody@somewhere)");
	trace->machine.addr_bits = 64;
	trace->machine.movable_node = true;
	trace->machine.physmem = true;
	trace->machine.memory_slots = 1024;
	trace->machine.profile = mb_profile_find("new");
	for (unsigned kind = 0; kind < MB_OP_KINDS; kind++) {
		if (kind == MB_OP_DUMP)
			add_dump(trace);
		else
			add_operations(trace, kind);
	}
	mb_trace_warn(trace, 12, "an array grew: '%s'", "no reason");
	return trace;
}
