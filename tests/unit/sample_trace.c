/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample_trace.c - a trace with every operation, every remark and every kind of number.
 *
 * Operations are in the order of their numbers. What one has beside its kind says a row of the table, or
 * several where it comes several times; those without a row are ranges with a caller and evidence in turn.
 */
#include "sample_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
	{ .kind = MB_OP_SEARCH_PFN, .size = 0x1000, .value = 100 },
	{ .kind = MB_OP_SEARCH_CHAIN, .size = 0x1000, .value = 100 },
	{ .kind = MB_OP_MAP_MEMORY, .size = 0x1000, .value = 100 },
	{ .kind = MB_OP_OVERLAPS, .which = MB_RESERVED, .size = 0x1000 },
	{ .kind = MB_OP_WALK_FREE, .nid = 1, .flags = MB_HOTPLUG },
	{ .kind = MB_OP_WALK_ZONE, .size = 0x1000, .nid = 1 },
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
	{ .kind = MB_OP_MARK, .size = 0x1000, .flags = MB_NOMAP },
	{ .kind = MB_OP_CLEAR, .size = 0x1000, .flags = MB_NOMAP },
	{ .kind = MB_OP_TRIM, .align = 0x1000 },
	{ .kind = MB_OP_ENFORCE_LIMIT, .value = 0x80000000 },
	{ .kind = MB_OP_REMOVE_MAP, .value = 0x80000000 },
	{ .kind = MB_OP_SET_LIMIT, .hi = 0x100000 },
	{ .kind = MB_OP_SET_BOTTOM_UP, .value = 1 },
	{ .kind = MB_OP_SCRATCH_ONLY, .value = 1 },
	{ .kind = MB_OP_SLAB, .value = 1 },
	{ .kind = MB_OP_DEBUG, .value = 1 },
	{ .kind = MB_OP_RELEASE_MEM, .value = 12 },
	{ .kind = MB_OP_RESERVE_MEM, .size = 0x3000, .align = 0x1000, .value = 7 },
	{ .kind = MB_OP_ALLOC_HUGETLB,
	  .size = 0x200000,
	  .nid = -1,
	  .value = 1,
	  .result = 0x40000000 },
	{ .kind = MB_OP_STAMP_NODE, .which = MB_RESERVED, .base = 0x7000, .nid = 3 },
	{ .kind = MB_OP_RESERVE_NODE,
	  .base = 0x7000,
	  .size = 0x800,
	  .nid = -1,
	  .flags = MB_RSRV_KERN },
	/* One whose value is written, and one whose value is not. */
	{ .kind = MB_OP_FREE, .base = 0x8000, .size = 0x123, .value = 1, .caller = SETUP },
	{ .kind = MB_OP_FREE_LATE, .base = 0x8000, .size = 0x123, .caller = SETUP },
	{ .kind = MB_OP_ALLOW_RESIZE },
	{ .kind = MB_OP_FREE_ALL },
	{ .kind = MB_OP_DISCARD },
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

/* All that the table has of a kind, or one range. */
static void add_operations(struct mb_trace *trace, enum mb_op_kind kind)
{
	struct mb_op op = { .kind = kind,
			    .base = 0x8000,
			    .size = 0x123,
			    .caller = kind % 2 ? SETUP : NULL,
			    .why = kind % 3 ? "x; y => z @1 why=not" : NULL };
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
	trace->machine.addr_bits = 32;
	trace->machine.movable_node = true;
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
