/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_console_logs.c - logs as they come from consoles: prefixes, wrapped and torn lines, a boot that is
 * there twice; what is no log is refused with its remedy. Every form of a line is in test_line_forms.c.
 */
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

#define A16(x) "0x00000000" x
#define LOG_ADD "memblock_add: [" A16("00100000") "-" A16("3fffffff") "] memory_setup+0x73/0xb0\n"
#define LOG_RESERVE                                                                                \
	"memblock_reserve: [" A16("3ffff000") "-" A16(                                             \
		"3fffffff") "] memblock_alloc_range_nid+0xbd/0x180\n"
#define LOG_ALLOC                                                                                  \
	"memblock_alloc_try_nid: 4096 bytes align=0x1000 nid=-1 from=" A16(                        \
		"00000000") " max_addr=" A16("00000000") " setup+0x1/0x2\n"

static void useless_logs_are_refused(void **state)
{
	static const char zeroes[4096] = "\177ELF\2\1\1";
	static const char boot[] = "[    0.000000] Linux version 6.1.0\n[    0.1] nothing else\n";

	(void)state;
	refuse_text("empty.log", "", ":1: the file is empty");
	refuse("elf.log", zeroes, sizeof(zeroes), ":1: neither a trace nor a console log");
	refuse_text("quiet.log", boot, ":1: no memblock lines");
	refuse_text("quiet.log", "\n\n\n", "no memblock lines");
	refuse_text("torn.log", "x\nMEMBLOCK configuration:\n memory size = 0x1\n",
		    ":3: nothing that can be replayed");
	refuse_text("torn.log", "memblock_reserve: [0x12", ":1: nothing that can be replayed");
}

static void packed_files_have_a_remedy(void **state)
{
	(void)state;
	refuse_text("packed.log", "\x1f\x8b\x08", ": gzip data; unpack it first: gzip -dc");
	refuse_text("packed.log",
		    "\xfd"
		    "7zXZ",
		    ": xz data; unpack it first: xz -dc");
	refuse_text("packed.log", "BZh91AY", ": bzip2 data; unpack it first: bzip2 -dc");
	refuse_text("packed.log", "\xff\xfe[", ": UTF-16 text; convert it first: iconv");
}

/* The same three lines under everything that consoles and mail programs do to them. */
static void prefixes_are_understood(void **state)
{
	static const char *const prefixes[] = {
		"",
		"[    0.000000] ",
		"[    0.000000][    T0] ",
		"[    0.000000@0] ",
		"<6>[    0.010840] ",
		"<6>",
		"[Tue Dec  5 22:32:38 2023] ",
		"> [    0.000000] ",
		"> > ",
		"+[    0.000000] ",
		"\033[2J\033[01;01H\033c[    0.000000] ",
		"Nov 22 10:00:00 host kernel: [    0.000000] ",
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *p = prefixes[i];
		const struct mb_op *op;
		struct mb_trace *trace;
		char text[2048];

		snprintf(text, sizeof(text),
			 "%s" LOG_ADD "%s" LOG_ALLOC "%s" LOG_RESERVE "%s" LOG_ADD, p, p, p, p);
		trace = load_text("prefix.log", text);
		assert_int_equal(trace->unrecognised, 0);
		assert_int_equal(trace->warning_count, 1); /* no version */
		op = find_op(trace, MB_OP_ALLOC);
		assert_non_null(op);
		assert_true(op->result == 0x3ffff000);
		assert_int_equal(op->line, 2);
		assert_string_equal(op->caller, "setup+0x1");
		mb_trace_free(trace);
	}
}

static void wrapped_lines_are_joined(void **state)
{
	struct mb_trace *trace = load_text(
		"wrapped.log",
		"[    0.000000] memblock_remove:\n[0x0001000000000000-0x0000fffffffffffe] "
		"arm64_memblock_init+0x28/0x224\n"
		"\n"
		"[    0.000000] memblock_reserve:\n[0x0000000040080000-0x00000000413c3fff]\n"
		"arm64_memblock_init+0x188/0x224\n"
		"[    0.000000] memblock_alloc_try_nid: 8257 bytes align=0x40 nid=-1\n"
		"from=0x0000000000000000 max_addr=0x0000000000000000 setup+0x1/0x2\n"
		"[    0.000000] memblock_add: [0x0000000040000000-0x000000007fffffff]\n"
		"setup_arch+0x1/0x2\n");
	const struct mb_op *op = find_op(trace, MB_OP_REMOVE);

	(void)state;
	assert_int_equal(trace->unrecognised, 0);
	assert_non_null(op);
	assert_true(op->base == 0x1000000000000 && op->size == UINT64_MAX);
	op = find_op(trace, MB_OP_RESERVE);
	assert_non_null(op);
	assert_string_equal(op->caller, "arm64_memblock_init+0x188");
	assert_int_equal(op->line, 4);
	op = find_op(trace, MB_OP_ALLOC);
	assert_non_null(op);
	assert_true(op->result == 0); /* no reserve follows, and the model has no room: it failed */
	assert_non_null(find_op(trace, MB_OP_ADD));
	mb_trace_free(trace);
}

static void text_from_outside_is_ascii(void **state)
{
	struct mb_trace *trace = load_text("bytes.log",
					   "Linux version 6.12.0-\xc3\xa4\xff (gcc)\n" LOG_ADD
					   "memblock_reserve: [0x1-0x2] \xfe\xff+0x1/0x2\n"
					   "memblock_reserve: [0x3-0x4] a\xff+0x1/0x2\n"
					   "memblock_reserve: [0x5- \xff\n");
	size_t i;

	(void)state;
	assert_string_equal(trace->kernel, "6.12.0-??? (gcc)");
	for (i = 0; i < trace->count; i++)
		for (const char *c = trace->ops[i].caller; c && *c; c++)
			assert_true(*c > 0x20 && *c < 0x7f);
	assert_string_equal(trace->ops[trace->count - 1].caller, "a?+0x1");
	assert_int_equal(trace->warning_count, 1);
	assert_non_null(strchr(trace->warnings[0].text, '?'));
	mb_trace_free(trace);
}

/* A request that no reserve follows: lost where there was room, failed where there was none. */
static void lost_results_are_told_from_failures(void **state)
{
	struct mb_trace *trace = load_text(
		"lost.log",
		"Linux version 6.12.0\n" LOG_ADD LOG_ALLOC
		"memblock_alloc_try_nid: 4294967296 bytes align=0x1000 nid=-1 from=" A16("00000000") " max_addr=" A16(
			"00000000") " setup+0x1/0x2\n" LOG_ADD
				    "MEMBLOCK configuration:\n memory.cnt  = 0x1\n"
				    " memory[0x0]\t[" A16("00100000") "-" A16(
					    "3fffffff") "]\n"
							" reserved[0x0]\t[" A16("3ffff000") "-" A16(
								"3fffffff") "]\n");
	struct mb_trace *read = NULL;
	struct mb_text_error error;
	const struct mb_op *op = find_op(trace, MB_OP_ALLOC);

	(void)state;
	assert_non_null(op);
	if (!op)
		return; /* for the static analyser: assert_non_null() does not come back */
	assert_true(op->result == MB_RESULT_UNKNOWN && op->why);
	assert_true(op[1].kind == MB_OP_ALLOC && op[1].result == 0 && !op[1].why);
	assert_int_equal(trace->warning_count, 2);
	assert_non_null(strstr(trace->warnings[0].text, "reserved.cnt line missing; 1 regions"));
	assert_int_equal(trace->warnings[1].line, 3);
	assert_non_null(strstr(trace->warnings[1].text, "result line missing"));
	assert_int_equal(mb_trace_write(trace, "lost.trace", &error), 0);
	assert_int_equal(mb_trace_load_as("lost.trace", mb_profile_find("6.1"), &read, &error), 0);
	assert_true(find_op(read, MB_OP_ALLOC)->result == MB_RESULT_UNKNOWN);
	assert_string_equal(read->machine.profile->name, "6.1");
	mb_trace_free(read);
	mb_trace_free(trace);
}

/* A reserve of the allocator without its request: whatever lands is taken, and that is said. */
static void what_only_a_search_decided_is_told(void **state)
{
	struct mb_trace *trace =
		load_text("orphan.log", "Linux version 6.12.0\n" LOG_ADD LOG_RESERVE);
	struct mb_trace *read = NULL;
	struct mb_text_error error;

	(void)state;
	assert_non_null(find_op(trace, MB_OP_ALLOC_CORE));
	assert_int_equal(trace->account.allocs_as_captured, 1);
	assert_int_equal(trace->account.unexplained, 0);
	assert_int_equal(trace->account.searched, 1);
	assert_int_equal(mb_trace_write(trace, "orphan.trace", &error), 0);
	assert_int_equal(mb_trace_load("orphan.trace", &read, &error), 0);
	assert_int_equal(read->account.searched, 1);
	mb_trace_free(read);
	mb_trace_free(trace);

	trace = load_text("plain.log", "Linux version 6.12.0\n" LOG_ADD LOG_ALLOC LOG_RESERVE);
	assert_int_equal(trace->account.allocs_as_captured, 1);
	assert_int_equal(trace->account.searched, 0);
	mb_trace_free(trace);
}

static void unreadable_lines_are_counted(void **state)
{
	struct mb_trace *trace = load_text(
		"odd.log", LOG_ADD "memblock_reserve: [0x000000003fff\nnoise\n"
				   " memory[0x0]\t[0x1-0x2], 0x2 bytes\n" LOG_ADD
				   "MEMBLOCK configuration:\n memory.cnt  = 0x2\n"
				   " memory[0x0]\t[" A16("00100000") "-" A16("3fffffff") "]\n");

	(void)state;
	assert_int_equal(trace->unrecognised, 2);
	assert_int_equal(trace->warning_count, 4);
	assert_int_equal(trace->warnings[3].line, 0);
	assert_non_null(strstr(trace->warnings[3].text, "no 'Linux version' line"));
	assert_int_equal(trace->warnings[0].line, 2);
	assert_int_equal(trace->warnings[1].line, 4);
	assert_int_equal(trace->warnings[2].line, 6);
	assert_non_null(strstr(trace->warnings[2].text, "incomplete dump: 1 of 2"));
	assert_int_equal(trace->dump_count, 0);
	mb_trace_free(trace);
}

/* Until 3.13 the end of an operation was printed exclusively, that of a dump inclusively. */
static void exclusive_ends_are_noticed(void **state)
{
	struct mb_trace *trace = load_text(
		"exclusive.log",
		"memblock_reserve: [0x00000080300000-0x00000081c4e2e4] arm_memblock_init+0x68/0x1a0\n"
		"MEMBLOCK configuration:\n memory size = 0x8c00000 reserved size = 0x194e2e4\n"
		" memory.cnt  = 0x1\n memory[0x0]     [0x00000080200000-0x00000088dfffff], 0x8c00000 bytes\n"
		" reserved.cnt  = 0x1\n"
		" reserved[0x0]   [0x00000080300000-0x00000081c4e2e3], 0x194e2e4 bytes\n");
	const struct mb_op *op = find_op(trace, MB_OP_RESERVE);

	(void)state;
	assert_non_null(op);
	assert_true(op->size == 0x194e2e4);
	assert_int_equal(trace->dump_count, 1);
	assert_int_equal(trace->warning_count, 1); /* no version */
	mb_trace_free(trace);
}

/* A kept early console: everything once more from the start, and then each line twice. */
static void replayed_log_counts_once(void **state)
{
#define BOOT                                                                                         \
	"[    0.000000] Linux version 6.12.1 (x86_64-linux-gnu-gcc)\n"                               \
	"[    0.000000] Command line: earlyprintk=serial,ttyS0,115200,keep memblock=debug\n" LOG_ADD \
		LOG_ALLOC LOG_RESERVE
	struct mb_trace *trace = load_text(
		"keep.log", BOOT BOOT
		"[    0.1] printk: legacy console [ttyS0] enabled\n"
		"[    0.1] printk: legacy console [ttyS0] enabled\n"
		"memblock_phys_free: [0x000000003ffff000-0x000000003fffffff] f+0x1/0x2\n"
		"memblock_phys_free: [0x000000003ffff000-0x000000003fffffff] f+0x1/0x2\n");
	size_t i, adds = 0, frees = 0;

	(void)state;
	for (i = 0; i < trace->count; i++) {
		adds += trace->ops[i].kind == MB_OP_ADD;
		frees += trace->ops[i].kind == MB_OP_FREE;
	}
	assert_int_equal(adds, 1);
	assert_int_equal(frees, 1);
	assert_string_equal(trace->machine.profile->name, "6.12");
	assert_int_equal(trace->warning_count, 1); /* says that only the last boot counts */
	mb_trace_free(trace);
}

static void reboot_without_memblock_is_left_out(void **state)
{
	struct mb_trace *trace =
		load_text("reboot.log", BOOT "[    0.000000] Linux version 6.1.0 (gcc)\nquiet\n");

	(void)state;
	assert_non_null(find_op(trace, MB_OP_ALLOC));
	assert_string_equal(trace->machine.profile->name, "6.12");
	mb_trace_free(trace);
}

static void old_and_new_forms_are_known(void **state)
{
	struct mb_trace *trace = load_text(
		"forms.log",
		"memblock_reserve: [0x00000080200000-0x000000810c45a3] flags 0x0 arm_memblock_init+0x44/0x23c\n"
		"   memblock_free: [0x0000000000791000-0x00000000007910bf] free+0x1/0x2\n"
		"memblock add: [0x0000000000100000-0x00000000001fffff] 0xffffffff81000000\n"
		"memblock_virt_alloc_try_nid_nopanic: 64 bytes align=0x40 nid=-1 from=0x0 max_addr=0x0 "
		"x+0x1/0x2\n"
		"memblock_add_node: [0x0000000000200000-0x00000000002fffff] nid=1 flags=1 y+0x1/0x2\n"
		"__memblock_reserve: [0x0000000000100000-0x0000000000100fff] nid=-1 flags=20 z+0x1/0x2\n"
		"memblock_phys_free: [0x0000000000300000-0x00000000002fffff] zero+0x1/0x2\n");
	const struct mb_op *op;

	(void)state;
	assert_int_equal(trace->unrecognised, 0);
	op = find_op(trace, MB_OP_RESERVE);
	assert_true(op && op->base == 0x80200000 && op->size == 0xec45a4);
	op = find_op(trace, MB_OP_ADD_NODE);
	assert_true(op && op->nid == 1 && op->flags == MB_HOTPLUG);
	op = find_op(trace,
		     MB_OP_RESERVE_NODE); /* z: neither node nor flags are what reserve stores */
	assert_true(op && op->base == 0x100000 && op->nid == -1 && op->flags == MB_RSRV_KERN);
	op = find_op(trace, MB_OP_FREE);
	assert_true(op && op->size == 0xc0);
	op = find_op(trace, MB_OP_ALLOC);
	assert_true(op && op->result == MB_RESULT_UNKNOWN); /* there was room */
	assert_true(trace->ops[trace->count - 1].kind == MB_OP_FREE);
	assert_true(trace->ops[trace->count - 1].size == 0); /* end = base - 1 */
	assert_string_equal(trace->machine.profile->name, "new");
	mb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(useless_logs_are_refused),
		cmocka_unit_test(packed_files_have_a_remedy),
		cmocka_unit_test(prefixes_are_understood),
		cmocka_unit_test(text_from_outside_is_ascii),
		cmocka_unit_test(lost_results_are_told_from_failures),
		cmocka_unit_test(wrapped_lines_are_joined),
		cmocka_unit_test(what_only_a_search_decided_is_told),
		cmocka_unit_test(unreadable_lines_are_counted),
		cmocka_unit_test(exclusive_ends_are_noticed),
		cmocka_unit_test(replayed_log_counts_once),
		cmocka_unit_test(reboot_without_memblock_is_left_out),
		cmocka_unit_test(old_and_new_forms_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
