/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_clues.c - what the importer works out of a log that does not say it outright: the cache line, exclusive
 * ends, the version, what was there before the log began. The logs are invented; each has one feature of a
 * published one.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <memblock/input.h>

#include "traces.h"

static void assert_all_explained(const struct mb_trace *trace, unsigned allocs, unsigned dumps)
{
	if (trace->warning_count)
		fail_now("warning at line %u: %s", trace->warnings[0].line,
			 trace->warnings[0].text);
	assert_int_equal(trace->account.allocs, allocs);
	assert_int_equal(trace->account.allocs_as_captured, allocs);
	assert_int_equal(trace->account.dumps, dumps);
	assert_int_equal(trace->account.dumps_matched, dumps);
	assert_int_equal(trace->account.unexplained, 0);
}

/* ---- the cache line ----------------------------------------------------------------------------- */

/* A kernel with cache lines of @line bytes serves @n requests that ask for no alignment. */
static void serve(char *log, unsigned line, unsigned n)
{
	static const unsigned sizes[] = { 720, 28, 147, 4, 16384, 27, 100, 1, 256, 69, 388, 40 };
	uint64_t end = 0x81000000;
	unsigned i;

	log += sprintf(log, "Linux version 4.18.0 (x)\n"
			    "memblock_add: [0x80000000-0x80ffffff] setup+0x1/0x2\n");
	for (i = 0; i < n; i++) {
		unsigned size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];

		end = (end - size) & -(uint64_t)line;
		log += sprintf(log,
			       "memblock_virt_alloc_try_nid: %u bytes align=0x0 nid=-1 from=0x0 "
			       "max_addr=0x0 ask+0x1/0x2\n"
			       "memblock_reserve: [0x%08" PRIx64 "-0x%08" PRIx64
			       "] memblock_virt_alloc_internal+0x1/0x2\n",
			       size, end, end + size - 1);
	}
}

static void requests_without_alignment_tell_the_cache_line(void **state)
{
	static char log[1 << 14];
	unsigned line;

	(void)state;
	for (line = 4; line <= 256; line *= 2) {
		struct mb_trace *trace;

		serve(log, line, 20);
		trace = import_log(log);
		assert_int_equal(trace->machine.cache_line, line);
		assert_all_explained(trace, 20, 0);
		mb_trace_free(trace);
	}
}

/* A few addresses that happen to be multiples of more are no reason to believe in it. */
static void few_requests_leave_the_usual_cache_line(void **state)
{
	static char log[1 << 14];
	struct mb_trace *trace;

	(void)state;
	serve(log, 128, 3);
	trace = import_log(log);
	assert_int_equal(trace->machine.cache_line, 64);
	mb_trace_free(trace);
	serve(log, 16, 3);
	trace = import_log(log);
	assert_int_equal(trace->machine.cache_line, 16); /* 64 would be a contradiction */
	assert_all_explained(trace, 3, 0);
	mb_trace_free(trace);
}

/* ---- ends --------------------------------------------------------------------------------------- */

static void ends_of_whole_pages_tell_whether_they_are_exclusive(void **state)
{
	static const struct {
		const char *log;
		uint64_t size;
	} rows[] = {
		{ "memblock_reserve: [0x00000000100000-0x00000000200000] a+0x1/0x2\n"
		  "memblock_reserve: [0x00000000400123-0x00000000400456] b+0x1/0x2\n",
		  0x100000 },
		{ "memblock_reserve: [0x00000000100000-0x000000001fffff] a+0x1/0x2\n"
		  "memblock_reserve: [0x00000000400123-0x00000000400456] b+0x1/0x2\n",
		  0x100000 },
		/* A version is a better clue than an odd size. */
		{ "Linux version 4.9.0 (x)\n"
		  "memblock_reserve: [0x00000000100000-0x00000000200000] flags 0x0 a+0x1/0x2\n",
		  0x100001 },
		/* A dump is the best. */
		{ "Linux version 3.14.0-rc1 (x)\n"
		  "memblock_reserve: [0x00000000100000-0x00000000200000] a+0x1/0x2\n"
		  "MEMBLOCK configuration:\n memory size = 0x1000000 reserved size = 0x100000\n"
		  " memory.cnt  = 0x1\n memory[0x0]\t[0x00000000000000-0x00000000ffffff], 0x1000000 "
		  "bytes\n reserved.cnt  = 0x1\n"
		  " reserved[0x0]\t[0x00000000100000-0x000000001fffff], 0x100000 bytes\n",
		  0x100000 },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_trace *trace = import_log(rows[i].log);
		const struct mb_op *op = find_op(trace, MB_OP_RESERVE);

		if (!op || op->size != rows[i].size)
			fail_now("row %u: 0x%" PRIx64, i, op ? op->size : 0);
		mb_trace_free(trace);
	}
}

/* ---- the version -------------------------------------------------------------------------------- */

#define RESERVE "memblock_reserve: [0x0000000000001000-0x0000000000001fff] keep+0x1/0x2\n"

static void an_oops_tells_the_version(void **state)
{
	static const struct {
		const char *log, *kernel, *profile;
	} rows[] = {
		{ RESERVE "CPU: 0 PID: 0 Comm: swapper Not tainted 6.4.0-rc1-g1234 #66\n",
		  "6.4.0-rc1-g1234 #66", "6.1" },
		{ RESERVE "[    0.1] CPU: 2 PID: 635 Comm: test Tainted: G        W  O      "
			  "5.10.0+ #31\n",
		  "5.10.0+ #31", "6.1" },
		{ RESERVE "> CPU: 0 PID: 0 Comm: swapper Not tainted\n> 6.16.0-rc3-dirty #7\n",
		  "6.16.0-rc3-dirty #7", "new" },
		{ RESERVE "Pid: 0, comm: swapper Not tainted 3.5.0-rc2 #447  \n", "3.5.0-rc2 #447",
		  "6.1" },
		{ RESERVE "CPU: 0 UID: 0 PID: 0 Comm: swapper Not tainted 6.12.1 #1 PREEMPT\n",
		  "6.12.1 #1 PREEMPT", "6.12" },
		/* The first line of a log knows better. */
		{ "Linux version 6.12.0 (x)\n" RESERVE
		  "CPU: 0 PID: 0 Comm: swapper Not tainted 6.4.0 #6\n",
		  "6.12.0 (x)", "6.12" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_trace *trace = import_log(rows[i].log);

		assert_non_null(trace->kernel);
		assert_string_equal(trace->kernel, rows[i].kernel);
		assert_string_equal(trace->machine.profile->name, rows[i].profile);
		assert_int_equal(trace->warning_count, 0);
		mb_trace_free(trace);
	}
}

/* ---- the width of addresses --------------------------------------------------------------------- */

static void digits_and_the_processor_tell_the_width(void **state)
{
	static const char arm[] =
		"CPU: ARMv7 Processor [410fc075] revision 5 (ARMv7), cr=30c5387d\n";
	static const struct {
		const char *clue, *reserve;
		unsigned bits;
	} rows[] = {
		{ "", "[0x40000000-0x40000fff]", 32 },
		{ "", "[0x0000000040000000-0x0000000040000fff]", 64 },
		/* Until 4.12 all kernels printed fourteen digits. */
		{ "", "[0x00000040000000-0x00000040000fff] flags 0x0", 64 },
		{ arm, "[0x00000040000000-0x00000040000fff] flags 0x0", 32 },
		{ "low ram: 0 - 3edfe000\n", "[0x00000040000000-0x00000040000fff] flags 0x0", 32 },
		/* Large addresses on a 32-bit processor: LPAE. */
		{ arm, "[0x00000140000000-0x00000140000fff] flags 0x0", 64 },
		{ arm, "[0x0000000040000000-0x0000000040000fff]", 64 },
		{ arm, "[0x40000000-0x40000fff]", 32 },
		/* Digits cut by hand: one address needs more. */
		{ "",
		  "[0x40000000-0x40000fff] f+0x1/0x2\nmemblock_add: [0x40000000-0x4fffffff] f+0x1/0x2\n"
		  "memblock_add: [0x100000000-0x1ffffffff]",
		  64 },
		/* A request's bound needs more. */
		{ arm,
		  "[0x00000040000000-0x00000040000fff] flags 0x0 f+0x1/0x2\n"
		  "memblock_virt_alloc_try_nid: 64 bytes align=0x40 nid=-1 from=0x0 max_addr=0xffffffffffffffff",
		  64 },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_trace *trace;
		char log[512];

		snprintf(log, sizeof(log),
			 "Linux version 4.9.0 (x)\n%smemblock_reserve: %s f+0x1/0x2\n",
			 rows[i].clue, rows[i].reserve);
		trace = import_log(log);
		if (trace->machine.addr_bits != rows[i].bits)
			fail_now("row %u: %u bits", i, trace->machine.addr_bits);
		mb_trace_free(trace);
	}
}

/*
 * A device tree's areas may lie above the limit. On a 32-bit kernel no bound is above its addresses: it would
 * be cut to nothing there.
 */
static void areas_above_the_limit_have_a_bound_that_fits(void **state)
{
	static const struct {
		const char *log;
		uint64_t bound;
	} rows[] = {
		{ "Linux version 5.4.0 (x)\n"
		  "memblock_add: [0x00000000-0xbfffffff] early_init_dt_add+0x1/0x2\n"
		  "memblock_reserve: [0x7f800000-0x7fffffff] memblock_alloc_range_nid+0x40/0x58\n"
		  "memblock_reserve: [0xb8000000-0xbfffffff] memblock_alloc_range_nid+0x40/0x58\n",
		  MB_ALLOC_ANYWHERE },
		{ "Linux version 5.4.0 (x)\n"
		  "memblock_add: [0x0000000000000000-0x00000000bfffffff] early_init_dt_add+0x1/0x2\n"
		  "memblock_reserve: [0x000000007f800000-0x000000007fffffff] "
		  "memblock_alloc_range_nid+0x40/0x58\n"
		  "memblock_reserve: [0x00000000b8000000-0x00000000bfffffff] "
		  "memblock_alloc_range_nid+0x40/0x58\n",
		  1ULL << 32 },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_trace *trace = import_log(rows[i].log);
		const struct mb_op *last = &trace->ops[trace->count - 1];

		assert_int_equal(trace->account.allocs_as_captured, 2);
		if (last->hi != rows[i].bound)
			fail_now("row %u: below 0x%" PRIx64, i, last->hi);
		mb_trace_free(trace);
	}
}

/* 4 GiB of memory end where 32 bits do, and a limit of that size would be none. */
static void no_limit_of_a_32_bit_kernel_is_above_its_addresses(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 5.10.0 (x)\n"
		"last_pfn = 0x100000 max_arch_pfn = 0x100000\n"
		"memblock_add: [0x00001000-0x0009efff] e820__memblock_setup+0x1/0x2\n"
		"memblock_add: [0x00100000-0xffffefff] e820__memblock_setup+0x1/0x2\n"
		"memblock_alloc_try_nid: 4096 bytes align=0x1000 nid=-1 from=0x00000000 "
		"max_addr=0x00000000 f+0x1/0x2\n"
		"memblock_reserve: [0xffffe000-0xffffefff] memblock_alloc_range_nid+0x1/0x2\n");
	unsigned limits = 0;
	size_t i;

	(void)state;
	assert_all_explained(trace, 1, 0);
	for (i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];

		limits += op->kind == MB_OP_SET_LIMIT;
		if (op->hi > UINT32_MAX && op->hi != MB_ALLOC_ANYWHERE)
			fail_now("line %u: 0x%" PRIx64, op->line, op->hi);
	}
	assert_int_equal(limits, 2);
	mb_trace_free(trace);
}

/* A digit was lost: no allocation ends before it begins. The others tell where memory is. */
static void a_damaged_allocation_does_not_stretch_memory(void **state)
{
	static const char *const logs[] = {
		"memblock_reserve: [0x35080000-0x35080fff] memblock_alloc_range_nid+0x1/0x2\n"
		"memblock_reserve: [0x35f79a40-0x35079a43] memblock_alloc_range_nid+0x1/0x2\n"
		"memblock_reserve: [0x3507f000-0x3507ffff] memblock_alloc_range_nid+0x1/0x2\n",
		"memblock_reserve: [0x0000000035080000-0x0000000035080fff] memblock_alloc_range_nid+0x1/0x2\n"
		"memblock_reserve: [0x0000000035f79a40-0x0000000035079a43] memblock_alloc_range_nid+0x1/0x2\n"
		"memblock_reserve: [0x000000003507f000-0x000000003507ffff] memblock_alloc_range_nid+0x1/0x2\n",
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct mb_trace *trace = import_log(logs[i]);
		const struct mb_op *add = find_op(trace, MB_OP_ADD);

		assert_non_null(add);
		if (add->base != 0x3507f000 || add->size != 0x2000)
			fail_now("row %u: memory 0x%" PRIx64 ", 0x%" PRIx64, i, add->base,
				 add->size);
		assert_int_equal(trace->account.allocs, 3);
		assert_int_equal(trace->account.allocs_as_captured, 2);
		mb_trace_free(trace);
	}
}

/* ---- before the log ----------------------------------------------------------------------------- */

/* A boot loader has a list of ranges that looks like a dump of memblock's. */
static void a_boot_loaders_list_is_no_dump(void **state)
{
	struct mb_trace *trace = import_log(
		"=> bdinfo\nlmb_dump_all:\n memory.cnt  = 0x1\n"
		" memory[0]      [0x40000000-0x13fffffff], 0x100000000 bytes flags: 0\n"
		" reserved.cnt  = 0x2\n"
		" reserved[0]    [0x13ddb3000-0x13fffffff], 0x0224d000 bytes flags: 0\n"
		" reserved[1]    [0x13edb6930-0x13fffffff], 0x012496d0 bytes flags: 0\n"
		"=> bootm\n[    0.000000] Linux version 6.12.0 (x)\n"
		"[    0.000000] MEMBLOCK configuration:\n"
		"[    0.000000]  memory size = 0x0000000001000000 reserved size = 0x0000000000001000\n"
		"[    0.000000]  memory.cnt  = 0x1\n"
		"[    0.000000]  memory[0x0]\t[0x0000000040000000-0x0000000040ffffff], "
		"0x0000000001000000 bytes flags: 0x0\n"
		"[    0.000000]  reserved.cnt  = 0x1\n"
		"[    0.000000]  reserved[0x0]\t[0x0000000040000000-0x0000000040000fff], "
		"0x0000000000001000 bytes flags: 0x0\n");

	(void)state;
	assert_all_explained(trace, 0, 1);
	mb_trace_free(trace);
}

#define DUMP_OF_X86                                                                                \
	"MEMBLOCK configuration:\n"                                                                \
	" memory size = 0x000000000fe9ec00 reserved size = 0x0000000000001000\n"                   \
	" memory.cnt  = 0x2\n"                                                                     \
	" memory[0x0]\t[0x0000000000001000-0x000000000009efff], 0x000000000009e000 bytes flags: "  \
	"0x0\n"                                                                                    \
	" memory[0x1]\t[0x0000000000200000-0x000000000fffffff], 0x000000000fe00000 bytes flags: "  \
	"0x0\n"                                                                                    \
	" reserved.cnt  = 0x1\n"                                                                   \
	" reserved[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes "       \
	"flags: 0x0\n"

/* An excerpt that begins after memory was trimmed: its dump counts bytes that it does not list. */
static void a_total_tells_what_was_trimmed(void **state)
{
	struct mb_trace *trace = import_log("Linux version 6.1.0 (x)\n" DUMP_OF_X86 RESERVE);

	(void)state;
	assert_all_explained(trace, 0, 1);
	assert_non_null(find_op(trace, MB_OP_TRIM));
	mb_trace_free(trace);
}

/* A dump that was cut off says nothing about what it does not get to. */
static void half_a_dump_is_no_dump(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 6.1.0 (x)\n" RESERVE "MEMBLOCK configuration:\n"
		" memory size = 0x0000000010000000 reserved size = 0x0000000000001000\n"
		" memory.cnt  = 0x1\n"
		" memory[0x0]\t[0x0000000000000000-0x000000000fffffff], 0x0000000010000000 bytes "
		"flags: 0x0\n ...\n" RESERVE);

	(void)state;
	assert_int_equal(trace->dump_count, 0);
	assert_int_equal(trace->warning_count, 2);
	assert_int_equal(trace->warnings[0].line, 3);
	assert_non_null(strstr(trace->warnings[0].text,
			       "incomplete dump: reserved.cnt line missing; 0 regions"));
	assert_int_equal(trace->warnings[1].line, 7);
	assert_non_null(strstr(trace->warnings[1].text, "lines were left out"));
	mb_trace_free(trace);
}

/* x86 allows its arrays to grow before it adds memory, whether the log has that or not. */
static void an_excerpt_of_x86_may_grow(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 6.1.0 (x86_64-linux-gnu-gcc)\nlast_pfn = 0x10000 max\n" DUMP_OF_X86);
	const struct mb_op *op = find_op(trace, MB_OP_ALLOW_RESIZE);
	size_t i, allowed = 0;

	(void)state;
	assert_non_null(op);
	mb_trace_free(trace);
	trace = import_log("Linux version 6.1.0 (x86_64-linux-gnu-gcc)\n"
			   "memblock_add: [0x0000000000001000-0x000000000fffffff] setup+0x1/0x2\n");
	for (i = 0; i < trace->count; i++)
		allowed += trace->ops[i].kind == MB_OP_ALLOW_RESIZE;
	assert_int_equal(allowed, 1);
	mb_trace_free(trace);
}

/* ---- searches ----------------------------------------------------------------------------------- */

#define ASK(size, align, from)                                                                     \
	"memblock_alloc_try_nid: " size " bytes align=" align " nid=-1 from=" from                 \
	" max_addr=0x0000000000000000 ask+0x1/0x2\n"
#define GOT(base, last)                                                                            \
	"memblock_reserve: [0x0000000000" base "-0x0000000000" last                                \
	"] memblock_alloc_internal+0x1/0x2\n"
#define FROM_0 "0x0000000000000000"

/*
 * Before 5.12 a bottom-up search began behind the kernel. One that finds nothing above its lower bound is
 * repeated without, and begins there, too.
 */
static void a_search_that_is_repeated_begins_behind_the_kernel(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 4.20.0 (x)\n"
		"memblock_add: [0x0000000000100000-0x000000000fffffff] setup+0x1/0x2\n"
		"memblock_reserve: [0x0000000000200000-0x00000000004fffff] kernel+0x1/0x2\n" ASK(
			"104", "0x20", FROM_0) GOT("500000", "500067") ASK("64", "0x20", FROM_0)
			GOT("500080", "5000bf") ASK("4096", "0x1000", "0x000003ffffffffff")
				GOT("501000", "501fff") ASK("40", "0x20", FROM_0)
					GOT("5000c0", "5000e7"));

	(void)state;
	assert_all_explained(trace, 4, 0);
	mb_trace_free(trace);
}

/* Kernels of the days of bootmem searched first and reserved then, in a function of its own. */
static void bootmems_reserves_are_allocations(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 4.9.0 (x)\n"
		"memblock_add: [0x00000000000000-0x0000000fffffff] flags 0x0 setup+0x1/0x2\n"
		"memblock_reserve: [0x0000000ffff000-0x0000000fffffff] flags 0x0 "
		"__alloc_memory_core_early+0x9c/0xe4\n"
		"memblock_reserve: [0x0000000fffef80-0x0000000fffefc2] flags 0x0 "
		"__alloc_memory_core_early+0x9c/0xe4\n");

	(void)state;
	assert_all_explained(trace, 2, 0);
	assert_int_equal(trace->account.searched, 2);
	mb_trace_free(trace);
}

/* Where nothing shows memory, what is assumed holds allocations without a line of their own, too. */
static void assumed_memory_holds_all_allocations(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 4.18.0 (x)\n"
		"memblock_reserve: [0x0000000000000000-0x00000000003fffff] kernel+0x1/0x2\n"
		"memblock_reserve: [0x0000000000400000-0x0000000000400fff] "
		"__alloc_memory_core_early+0x86/0xb8\n"
		"memblock_reserve: [0x0000000000401000-0x0000000000401fff] "
		"__alloc_memory_core_early+0x86/0xb8\n"
		"memblock_reserve: [0x0000000000402000-0x0000000000402fff] "
		"__alloc_memory_core_early+0x86/0xb8\n" ASK("4096", "0x40", FROM_0)
			GOT("403000", "403fff") ASK("64", "0x40", FROM_0) GOT("404000", "40403f"));

	(void)state;
	assert_int_equal(trace->account.allocs, 5);
	assert_int_equal(trace->account.allocs_as_captured, 5);
	assert_int_equal(trace->account.unexplained, 1); /* the memory */
	assert_int_equal(trace->warning_count, 1);
	mb_trace_free(trace);
}

/* MIPS prints what memory the firmware told of, before it has any of it in memblock. */
static void a_map_of_memory_is_memory(void **state)
{
	struct mb_trace *trace = import_log(
		"Linux version 4.18.0 (x)\nDetermined physical RAM map:\n"
		" memory: 08000000 @ 00000000 (usable)\n"
		" memory: 00100000 @ 08000000 (reserved)\n"
		" memory: 0000000010000000 @ 0000000090000000 (usable after init)\n"
		"memblock_reserve: [0x0000000000000000-0x00000000003fffff] kernel+0x1/0x2\n" ASK(
			"100", "0x40", FROM_0) GOT("9fffff80", "9fffffe3"));
	const struct mb_op *op = find_op(trace, MB_OP_ADD);

	(void)state;
	assert_all_explained(trace, 1, 0);
	assert_int_equal(trace->account.searched, 0);
	assert_true(op && op->base == 0 && op->size == 0x8000000);
	assert_true(op && op[1].kind == MB_OP_ADD && op[1].base == 0x90000000);
	mb_trace_free(trace);
	/* Ranges of nodes say the same, and which node it is. */
	trace = import_log(
		"Linux version 4.18.0 (x)\n memory: 08000000 @ 00000000 (usable)\n"
		"memblock_reserve: [0x0000000000001000-0x0000000000001fff] kernel+0x1/0x2\n"
		"  node   0: [mem 0x0000000000100000-0x0000000000ffffff]\n");
	op = find_op(trace, MB_OP_ADD);
	assert_true(op && op->base == 0x100000 && op->size == 0xf00000);
	mb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_without_alignment_tell_the_cache_line),
		cmocka_unit_test(few_requests_leave_the_usual_cache_line),
		cmocka_unit_test(ends_of_whole_pages_tell_whether_they_are_exclusive),
		cmocka_unit_test(an_oops_tells_the_version),
		cmocka_unit_test(digits_and_the_processor_tell_the_width),
		cmocka_unit_test(areas_above_the_limit_have_a_bound_that_fits),
		cmocka_unit_test(no_limit_of_a_32_bit_kernel_is_above_its_addresses),
		cmocka_unit_test(a_damaged_allocation_does_not_stretch_memory),
		cmocka_unit_test(a_boot_loaders_list_is_no_dump),
		cmocka_unit_test(a_total_tells_what_was_trimmed),
		cmocka_unit_test(half_a_dump_is_no_dump),
		cmocka_unit_test(an_excerpt_of_x86_may_grow),
		cmocka_unit_test(a_search_that_is_repeated_begins_behind_the_kernel),
		cmocka_unit_test(bootmems_reserves_are_allocations),
		cmocka_unit_test(assumed_memory_holds_all_allocations),
		cmocka_unit_test(a_map_of_memory_is_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
