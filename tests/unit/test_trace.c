/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_trace.c - traces as files: what is written is read back the same, what is damaged is refused with
 * its line and text.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <memblock/input.h>

#include "harness.h"
#include "sample_trace.h"
#include "traces.h"

#define HEADER "memblock-trace 2\n\n"

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void assert_same_dump(const struct mb_dump *a, const struct mb_dump *b)
{
	unsigned which, i;

	assert_int_equal(a->line, b->line);
	for (which = 0; which < MB_COLLECTIONS; which++) {
		assert_true(a->size[which] == b->size[which]);
		assert_int_equal(a->cnt[which], b->cnt[which]);
		for (i = 0; i < a->cnt[which]; i++)
			assert_memory_equal(&a->regions[which][i], &b->regions[which][i],
					    sizeof(struct mb_region));
	}
}

static void assert_same_trace(const struct mb_trace *a, const struct mb_trace *b)
{
	size_t i;

	assert_string_equal(a->source, b->source);
	assert_true(same_string(a->kernel, b->kernel));
	assert_ptr_equal(a->machine.profile, b->machine.profile);
	assert_int_equal(a->machine.addr_bits, b->machine.addr_bits);
	assert_int_equal(a->machine.movable_node, b->machine.movable_node);
	assert_int_equal(a->machine.no_numa, b->machine.no_numa);
	assert_int_equal(a->machine.memory_slots, b->machine.memory_slots);
	assert_int_equal(a->machine.no_kho_scratch, b->machine.no_kho_scratch);
	assert_int_equal(a->machine.no_deferred_init, b->machine.no_deferred_init);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->dump_count, b->dump_count);
	assert_int_equal(a->reconstructed, b->reconstructed);
	assert_int_equal(a->warning_count, b->warning_count);
	for (i = 0; i < a->warning_count; i++) {
		assert_int_equal(a->warnings[i].line, b->warnings[i].line);
		assert_string_equal(a->warnings[i].text, b->warnings[i].text);
	}
	for (i = 0; i < a->count; i++)
		if (!mb_op_same(&a->ops[i], &b->ops[i]))
			fail_now("operation %zu (%s) differs", i, mb_op_name(a->ops[i].kind));
	for (i = 0; i < a->dump_count; i++)
		assert_same_dump(&a->dumps[i], &b->dumps[i]);
}

/* ---- written and read back --------------------------------------------------------------------- */

static void round_trip(const char *path)
{
	struct mb_text_error error = { "" };
	struct mb_trace *made = make_sample_trace(), *read = NULL, *again = NULL;

	if (mb_trace_write(made, path, &error) || mb_trace_load(path, &read, &error))
		fail_now("%s", error.text);
	assert_same_trace(made, read);
	assert_string_equal(read->format, "trace");
	assert_int_equal(strlen(read->digest), 64);
	assert_int_equal(mb_trace_write(read, path, &error), 0);
	assert_int_equal(mb_trace_load(path, &again, &error), 0);
	assert_string_equal(read->digest, again->digest);
	mb_trace_free(made);
	mb_trace_free(read);
	mb_trace_free(again);
}

static void round_trip_text(void **state)
{
	size_t size;
	char *text;

	(void)state;
	round_trip("rt.trace");
	text = read_file("rt.trace", &size);
	assert_memory_equal(text, "memblock-trace 2\n", 17);
	free(text);
}

static void round_trip_compressed(void **state)
{
	size_t size;
	char *text;

	(void)state;
	round_trip("rt.trace.zst");
	text = read_file("rt.trace.zst", &size);
	assert_memory_equal(text, "\x28\xb5\x2f\xfd", 4);
	/* Every cut is noticed. */
	refuse("cut.zst", text, size / 2, "truncated zstd data");
	refuse("cut.zst", text, size - 1, "truncated zstd data");
	refuse("cut.zst", text, 5, "truncated zstd data");
	text[size / 2] ^= 0x55;
	text[size / 2 + 1] ^= 0x55;
	refuse("bad.zst", text, size, "bad.zst");
	free(text);
	refuse_text("plain.zst", HEADER "allow_resize\n", "not zstd data");
}

/* The example of the documentation is a trace, and stays one. */
static void documented_example_loads(void **state)
{
	struct mb_trace *trace;
	char *text, *start, *end;
	size_t size;

	(void)state;
	text = read_file(source_path("docs/traces.md"), &size);
	start = strstr(text, "\nmemblock-trace 2\n");
	assert_non_null(start);
	end = strstr(start, "\n```");
	assert_non_null(end);
	end[1] = '\0';
	trace = load_text("documented.trace", start + 1);
	assert_int_equal(trace->count, 11);
	assert_int_equal(trace->reconstructed, 5);
	mb_trace_free(trace);
	free(text);
}

/* ---- refused traces ---------------------------------------------------------------------------- */

static const struct {
	const char *body, *expected;
} malformed_lines[] = {
	{ "frobnicate 1\n",
	  ":3: unknown operation: 'frobnicate'; see 'memblock-bench list trace-operations'; a" },
	{ "add 0x1000\n", ":3: an argument is missing: 'add 0x1000'" },
	{ "add 0x1000 0x1000 0x1000\n", ":3: an argument too many: '0x1000'" },
	{ "add 0x1000  0x1000\n", ":3: more than one blank" },
	{ "add 0x1000 0x1000 \n", ":3: a blank at the end of the line" },
	{ " add 0x1000 0x1000\n", ":3: unknown operation" },
	{ "add 0x10000000000000000 1\n", ":3: bad argument: '0x10000000000000000'" },
	{ "add 18446744073709551616 1\n", ":3: bad argument: '18446744073709551616'" },
	{ "add -1 1\n", ":3: bad argument: '-1'" },
	{ "add 0X10 1\n", ":3: bad argument: '0X10'" },
	{ "add 0x 1\n", ":3: bad argument: '0x'" },
	{ "add 12ab 1\n", ":3: bad argument: '12ab'" },
	{ "allow_resize\nreserve 1 x\n", ":4: bad argument: 'x'" },
	{ "alloc 1 3 0 0 -1 => 0x1000\n", ":3: bad argument: '3'" },
	{ "alloc 1 4 0 0 -1\n", ":3: the result is missing" },
	{ "alloc 1 4 0 0 -1 => 0x0\n", ":3: bad result: '0x0'" },
	{ "alloc 1 4 0 0 -1 => perhaps\n", ":3: bad result: 'perhaps'" },
	{ "alloc 1 4 0 somewhere -1 => failed\n", ":3: bad argument: 'somewhere'" },
	{ "alloc 1 4 0 0 4294967296 => failed\n", ":3: bad argument: '4294967296'" },
	{ "mark 0 1 shiny\n", ":3: bad argument: 'shiny'" },
	{ "clear 0 1 mirror\n", ":3: bad argument: 'mirror'; clear takes one of hotplug, nomap" },
	{ "clear 0 1 noinit\n", ":3: bad argument: 'noinit'; clear takes one of hotplug, nomap" },
	{ "mark 0 1 hotplug|nomap\n", "'hotplug|nomap'; mark takes one of" },
	{ "mark 0 1 hotplug|\n", ":3: bad argument: 'hotplug|'" },
	{ "set_node everything 0 1 0\n", ":3: bad argument: 'everything'" },
	{ "add 0 1 ; 12\n", ":3: unknown remark: '12'" },
	{ "add 0 1 ; @12x\n", ":3: bad line number: '12x'" },
	{ "add 0 1 ; @1  caller=x\n", ":3: more than one blank" },
	{ "grew memory 256 0 1 old=5\n", ":3: bad argument: 'old=5'" },
	{ "dump\n memory 0 1 x none\n", ":3: a dump without its end" },
	{ "dump\nadd 0 1\n", ":4: not a line of a dump: 'add 0 1'" },
	{ "dump\n memory 0 1 y none\nend\n", ":4: bad node: 'y'" },
	{ "dump\n memory 0 1 x none 3\nend\n", ":4: bad region" },
	{ "dump\n highmem 0 1 x none\nend\n", ":4: unknown line of a dump: 'highmem'" },
	{ "dump\n size 1\nend\n", ":4: bad size" },
	{ "free 0 1 1\n", ":3: an argument too many: '1'" },
	{ "set_bottom_up 2\n", ":3: bad argument: '2'; 0 or 1" },
	{ "alloc_core 1 4 0 0 -1 2 => failed\n", ":3: bad argument: '2'; 0 or 1" },
	{ "search_pfn 0 1 1000001\n", ":3: bad argument: '1000001'; a number, 1000000 at most" },
	{ "reserve 0 1 => 0x1000\n", ":3: bad result: '0x1000'" },
	{ "reserve 0 1 => unknown\n", ":3: bad result: 'unknown'" },
	{ "alloc 1 4 0 0 -1 => 0xffffffffffffffff\n", ":3: bad result" },
	{ "alloc 1 4 0 0 -1 => 0xfffffffffffffffe\n", ":3: bad result" },
	{ "find 1 4 0 0 -1 none => failed => failed\n", ":3: an argument too many: '=>'" },
	{ "overlaps memory 0 1 => failed\n", ":3: an argument too many: '=>'" },
	{ "event cut \"\" => failed\n", ":3: an argument too many: '=>'" },
	{ "dump => failed\nend\n", ":3: an argument too many: '=>'" },
	{ "add 0 1 ; node=1 node=2\n", ":3: a remark twice: 'node=2'" },
	{ "add 0 1 ; @3 @4\n", ":3: a remark twice: '@4'" },
	{ "add 0 1 ; caller=a caller=b\n", ":3: a remark twice: 'caller=b'" },
	{ "reserve 0x1000 ; @4\n", ":3: an argument is missing" },
	{ "set_limit accessible\n", ":3: bad argument: 'accessible'; an address, or anywhere" },
	{ "add_node 0 1 2 none ; node=2\n", ":3: node= is for requests without a NODE argument" },
	{ "add 0 1 ; node=-1\n", ":3: bad node: 'node=-1'" },
	{ "event earthquake \"\"\n", ":3: bad argument: 'earthquake'; handed_over, cut" },
	{ "event panic\n", ":3: a text between quotes is missing" },
	{ "reserve_mem 4096\n", ":3: a text between quotes is missing" },
	{ "reserve_mem \"4096\n", ":3: a text without its end" },
	{ "reserve_mem \"a\"b\n", ":3: an argument too many: 'b'" },
	{ "reserve_mem \"a\\tb\"\n", ":3: in a text a quote is \\x22, a backslash \\x5c" },
	{ "reserve_mem \"a\\x0\"\n", ":3: in a text a quote is" },
	{ "reserve_mem \"a\\x00\"\n", ":3: in a text a quote is" },
	{ "reserve_mem \"a\tb\"\n", ":3: in a text a quote is" },
	{ "reserve_mem  \"a\"\n", ":3: a text between quotes is missing" },
	{ "add 0 1", "truncated" },
	{ "", ": no operations" },
};

static void malformed_lines_are_refused(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(malformed_lines) / sizeof(malformed_lines[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), HEADER "%s", malformed_lines[i].body);
		refuse_text("bad.trace", text, malformed_lines[i].expected);
	}
}

static void malformed_headers_are_refused(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "memblock-trace 3\n\nallow_resize\n",
		  ":1: unknown version of the format: 'memblock-trace 3'; 1 and 2 are known" },
		{ "memblock-trace 2\r\n\r\nallow_resize\r\n", "carriage returns" },
		{ "memblock-trace 2\nsource: x\n", "the header does not end" },
		{ "memblock-trace 2\ncolour: red\n\n", ":2: unknown header: 'colour:'" },
		{ "memblock-trace 2\nallow_resize\n",
		  ":2: no header; operations follow an empty line: 'allow_resize'" },
		{ "memblock-trace 2\nprofile: 7.0\n\n", ":2: unknown profile: '7.0'" },
		{ "memblock-trace 2\nmachine: wheels=4\n\n", ":2: bad machine field: 'wheels=4'" },
		{ "memblock-trace 2\nmachine: page_size=3\n\n", ":2: a machine that cannot be" },
		{ "memblock-trace 2\nmachine: addr_bits=16\n\n", ":2: a machine that cannot be" },
		{ "memblock-trace 2\nmachine: no_numa=2\n\n", ":2: bad machine field" },
		{ "memblock-trace 2\n\nset_node physmem 0x0 0x1000 0\n",
		  ":3: this machine has no physmem: 'physmem'; physmem=1 in the line machine:" },
		{ "memblock-trace 2\ndigest: 12\n\n", ":2: a digest has 64 digits: '12'" },
		{ "memblock-trace 2\nwarning: late\n\n", ":2: warning without its line: 'late'" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_text("head.trace", rows[i].text, rows[i].expected);
}

/* Each key takes what a machine can have; a switch is 0 or 1. */
static void keys_of_a_machine(void **state)
{
	struct mb_machine m = { 0 };
	const char *key;
	unsigned keys = 0;
	char text[64];

	(void)state;
	for (; (key = mb_machine_key(keys)); keys++) {
		bool is_switch;

		snprintf(text, sizeof(text), "%s=32", key);
		is_switch = mb_machine_read(&m, text, strlen(text)) == -EINVAL;
		snprintf(text, sizeof(text), "%s=1", key);
		assert_int_equal(mb_machine_read(&m, text, strlen(text)), 0);
		assert_int_equal(is_switch, !strncmp(key, "no_", 3) || !strcmp(key, "physmem") ||
						    !strcmp(key, "movable_node") ||
						    !strcmp(key, "kernelcore_mirror") ||
						    !strcmp(key, "keep_memblock") ||
						    !strcmp(key, "highmem"));
	}
	assert_int_equal(keys, 17);
	assert_true(m.no_deferred_init && m.no_kho_scratch && m.highmem);
	assert_int_equal(m.max_low_pfn, 1);
	assert_false(mb_machine_can_be(&m)); /* addresses of one bit */
	assert_int_equal(mb_machine_read(&m, "addr_bits=32,", 12), 0);
	assert_true(mb_machine_can_be(&m));
	assert_int_equal(mb_machine_read(&m, "addr_bits", 9), -EINVAL);
	assert_int_equal(mb_machine_read(&m, "addr_bit=32", 11), -ENOENT);
	assert_int_equal(mb_machine_read(&m, "max_numnodes=0x100000000", 24), -EINVAL);
	assert_true(mb_machine_takes(0, &m, text, sizeof(text)));
	assert_string_equal(text, "32 or 64");
	m.page_size = 0; /* as if nothing were said */
	assert_true(mb_machine_can_be(&m));
	assert_false(mb_machine_takes(1, &m, text, sizeof(text)));
	assert_string_equal(text, "a power of two, 1 to 16777216");
	m.memory_slots = (1 << 20) + 1;
	assert_false(mb_machine_can_be(&m));
}

/* ---- version 1 --------------------------------------------------------------------------------- */

/* What hid in a value there has a name of its own. */
static void version_1_is_read(void **state)
{
	static const struct {
		const char *was, *is;
	} rows[] = {
		{ "add 0x1000 0x2000", "add 0x1000 0x2000" },
		{ "free 0x1000 0x2000 ; @3", "free 0x1000 0x2000" },
		{ "free 0x1000 0x2000 1", "free_pointer 0x1000 0x2000" },
		{ "free_late 0x1000 0x2000", "free_late 0x1000 0x2000" },
		{ "free_late 0x1000 0x2000 12 ; why=x", "free_area 0x1000 0x2000" },
		{ "alloc_core 64 0x40 0x1 0x2 3 0 => 0x40",
		  "alloc_core 64 0x40 0x1 0x2 3 0 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 1 => failed",
		  "alloc_core 64 0x40 0x5 0x6 3 1 => failed" },
		{ "alloc_core 64 0x40 0x5 0x6 3 2 => 0x40", "phys_alloc 64 0x40 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 3 => unknown",
		  "phys_alloc_try_nid 64 0x40 3 => unknown" },
		{ "alloc_core 64 0x40 0x5 0x6 3 4 => 0x40", "alloc_simple 64 0x40 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 5 => 0x40", "alloc_simple_raw 64 0x40 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 6 => 0x40", "alloc_from 64 0x40 0x5 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 7 => 0x40", "alloc_low 64 0x40 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 8 => 0x40", "alloc_node 64 0x40 3 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 9 => 0x40", "alloc_or_panic 64 0x40 => 0x40" },
		{ "alloc_core 64 0x40 0x5 0x6 3 10 => 0x40",
		  "alloc_core 64 0x40 0x5 0x6 3 1 => 0x40" },
		{ "alloc_hugetlb 4096 -1 7 => 0x1000", "alloc_hugetlb 4096 -1 1 => 0x1000" },
		{ "set_bottom_up 2", "set_bottom_up 1" },
		{ "debug 0", "debug 0" },
		{ "grew reserved 256 0x1 0x2 old=0x3:0x4",
		  "grew reserved 256 0x1 0x2 old=0x3:0x4" },
		{ "reserve_mem 0x3000 0x1000 7", "reserve_mem \"12288:4096:n7\"" },
		{ "reserve_mem 0x3000 0x0 111000007", "reserve_mem \"0x3000:0x0: n7\"" },
		{ "reserve_mem 0x1001 0x1000 971000001", "reserve_mem \"0X1001: 4096:n1\"" },
		{ "reserve_mem 0x2000 0x1000 603000004", "reserve_mem \"8K:4096\"" },
		{ "reserve_mem 0x2000 0x1000 586000004", "reserve_mem \":-4096: \\x09 \"" },
		{ "release_mem 12", "release_mem \"n12\"" },
		{ "release_mem 100000012", "release_mem \" n12\"" },
		{ "release_mem 600000012", "release_mem \"\"" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];
		struct mb_trace *trace;

		snprintf(text, sizeof(text), "memblock-trace 1\n\n%s\n", rows[i].was);
		trace = load_text("version1.trace", text);
		mb_op_text(&trace->ops[0], text, sizeof(text));
		assert_string_equal(text, rows[i].is);
		mb_trace_free(trace);
	}
}

/* The same boot has the same digest, whichever version it was written in. */
static void versions_have_one_digest(void **state)
{
	struct mb_trace *one = load_text("one.trace", "memblock-trace 1\n\nfree 0x1 16 1 ; @3\n");
	struct mb_trace *two = load_text("two.trace", HEADER "free_pointer 0x1 0x10 ; @3\n");

	(void)state;
	assert_string_equal(one->digest, two->digest);
	mb_trace_free(one);
	mb_trace_free(two);
}

static void version_1_is_closed(void **state)
{
	static const char *const rows[] = { "free_pointer 0 1",      "alloc_simple 1 1 => failed",
					    "event panic \"\"",      "scratch_area 0 1",
					    "reserve 0 1 => failed", "reserve 0 1 ; node=1",
					    "reserve_mem \"4K:0:a\"" };

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "memblock-trace 1\n\n%s\n", rows[i]);
		refuse_text("closed.trace", text, ":3: ");
	}
	refuse_text("damaged.trace",
		    "memblock-trace 1\ndigest: "
		    "0000000000000000000000000000000000000000000000000000000000000000\n\nadd 0 1\n",
		    "do not have the digest of the header");
}

/* ---- random ones ------------------------------------------------------------------------------- */

struct memory {
	char data[16384];
	size_t used;
};

static int keep(void *ctx, const char *data, size_t size)
{
	struct memory *memory = ctx;

	assert_true(size < sizeof(memory->data) - memory->used);
	memcpy(memory->data + memory->used, data, size);
	memory->used += size;
	return 0;
}

#define PHYSMEM_HEADER "memblock-trace 2\nmachine: physmem=1\n\n"

static void random_traces_come_back(void **state)
{
#ifdef __SANITIZE_ADDRESS__
	const unsigned traces = 10000;
#else
	const unsigned traces = 100000;
#endif
	uint64_t random = 1;

	(void)state;
	for (unsigned n = 0; n < traces; n++) {
		struct memory memory = { PHYSMEM_HEADER, sizeof(PHYSMEM_HEADER) - 1 };
		struct mb_trace *made = mb_trace_new("random.trace", "trace"), *read;
		struct mb_text_error error = { "" };

		assert_non_null(made);
		for (unsigned i = 0; i <= n % 5; i++) {
			unsigned kind = (unsigned)(random >> 32) % MB_OP_KINDS;
			struct mb_op op =
				random_operation(kind == MB_OP_DUMP ? MB_OP_ADD : kind, &random);

			assert_non_null(mb_trace_add(made, &op));
		}
		mb_trace_seal(made);
		assert_int_equal(mb_trace_write_ops(made, keep, &memory), 0);
		if (mb_trace_parse(memory.data, memory.used, "random.trace", &read, &error))
			fail_now("%s", error.text);
		assert_same_trace(made, read);
		assert_string_equal(made->digest, read->digest);
		mb_trace_free(made);
		mb_trace_free(read);
	}
}

/* ---- damaged ----------------------------------------------------------------------------------- */

/* One digit of one address changed: the digest notices. */
static void changed_operation_is_refused(void **state)
{
	struct mb_trace *made = make_sample_trace();
	char *text, *at;
	size_t size;

	(void)state;
	assert_int_equal(mb_trace_write(made, "changed.trace", NULL), 0);
	text = read_file("changed.trace", &size);
	at = strstr(text, "reserve 0x8000");
	assert_non_null(at);
	at[10] = '9';
	refuse("changed.trace", text, size, "digest");
	free(text);
	mb_trace_free(made);
}

/* ---- files that cannot be read or written ------------------------------------------------------ */

static void missing_file_is_named(void **state)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;

	(void)state;
	assert_int_equal(mb_trace_load("no-such-file.log", &trace, &error), -ENOENT);
	assert_string_equal(error.text,
			    "no-such-file.log: cannot read: 'No such file or directory'");
	assert_int_equal(mb_trace_load(".", &trace, &error), -EISDIR);
	assert_null(trace);
}

static void unwritable_output_leaves_nothing(void **state)
{
	struct mb_text_error error = { "" };
	struct mb_trace *made = make_sample_trace();

	(void)state;
	assert_int_equal(mb_trace_write(made, "no-such-folder/x.trace", &error), -ENOENT);
	assert_non_null(strstr(error.text, "no-such-folder/x.trace: cannot write"));
	assert_int_equal(mkdir("folder.trace", 0777) == 0 || errno == EEXIST, 1);
	assert_true(mb_trace_write(made, "folder.trace", &error) < 0);
	assert_int_equal(rmdir("folder.trace"), 0); /* nothing was left inside or beside it */
	if (access("/dev/full", W_OK) == 0) {
		assert_int_equal(mb_trace_write(made, "/dev/full", &error), -ENOSPC);
		assert_non_null(strstr(error.text, "No space left"));
	}
	assert_int_equal(mb_trace_write(made, "/dev/null", &error), 0);
	mb_trace_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_text),
		cmocka_unit_test(round_trip_compressed),
		cmocka_unit_test(documented_example_loads),
		cmocka_unit_test(malformed_lines_are_refused),
		cmocka_unit_test(malformed_headers_are_refused),
		cmocka_unit_test(keys_of_a_machine),
		cmocka_unit_test(version_1_is_read),
		cmocka_unit_test(versions_have_one_digest),
		cmocka_unit_test(version_1_is_closed),
		cmocka_unit_test(random_traces_come_back),
		cmocka_unit_test(changed_operation_is_refused),
		cmocka_unit_test(missing_file_is_named),
		cmocka_unit_test(unwritable_output_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
