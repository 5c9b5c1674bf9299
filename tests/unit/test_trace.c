/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces and logs as files: what is written is read back the same, what is damaged is refused with
 * its line and text, and what real consoles do to a log is understood.
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

#include <memblock/trace.h>

/* fail_msg() does not return, but only cmocka knows. */
#define fail_now(...)                                                                              \
	do {                                                                                       \
		fail_msg(__VA_ARGS__);                                                             \
		abort();                                                                           \
	} while (0)

#define HEADER "memblock-trace 1\n\n"

/* ---- helpers ----------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	*size = fread(text, 1, (1 << 20) - 1, file);
	fclose(file);
	return text;
}

static struct mb_trace *load_text(const char *name, const char *text)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;

	write_file(name, text, strlen(text));
	if (mb_trace_load(name, &trace, &error))
		fail_now("%s", error.text);
	return trace;
}

/* @text must be refused with a message that contains @expected, on one line. */
static void refuse(const char *name, const char *text, size_t size, const char *expected)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;
	int code;

	write_file(name, text, size);
	code = mb_trace_load(name, &trace, &error);
	if (code != -EINVAL)
		fail_now("status %d instead of -EINVAL for '%.60s'", code, text);
	if (!strstr(error.text, expected))
		fail_now("message '%s' lacks '%s'", error.text, expected);
	if (strncmp(error.text, name, strlen(name)))
		fail_now("message '%s' does not begin with the file", error.text);
	assert_null(strchr(error.text, '\n'));
	assert_null(trace);
}

static void refuse_text(const char *name, const char *text, const char *expected)
{
	refuse(name, text, strlen(text), expected);
}

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
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->dump_count, b->dump_count);
	assert_int_equal(a->reconstructed, b->reconstructed);
	assert_int_equal(a->warning_count, b->warning_count);
	for (i = 0; i < a->warning_count; i++) {
		assert_int_equal(a->warnings[i].line, b->warnings[i].line);
		assert_string_equal(a->warnings[i].text, b->warnings[i].text);
	}
	for (i = 0; i < a->count; i++) {
		struct mb_op x = a->ops[i], y = b->ops[i];

		if (!same_string(x.caller, y.caller) || !same_string(x.why, y.why))
			fail_now("operation %zu: caller or evidence differs", i);
		x.caller = y.caller = x.why = y.why = NULL;
		if (memcmp(&x, &y, sizeof(x)))
			fail_now("operation %zu (%s) differs", i, mb_op_name(x.kind));
	}
	for (i = 0; i < a->dump_count; i++)
		assert_same_dump(&a->dumps[i], &b->dumps[i]);
}

/* A trace with every operation, every remark and every kind of number. */
static struct mb_trace *make_trace(void)
{
	struct mb_region memory[] = { { 0x1000, 0x2000, -1, 0 },
				      { 0x10000, 0x3000, 3, MB_HOTPLUG | MB_NOMAP } };
	struct mb_region reserved = { 0, 0xffffffffffffffff, 0, 0x10000 };
	struct mb_dump dump = { .size = { UINT64_MAX, 0x1234, 0 },
				.cnt = { 2, 1, 0 },
				.regions = { memory, &reserved, NULL } };
	struct mb_trace *trace = mb_trace_new("made up.log", "dmesg");
	unsigned kind;

	assert_non_null(trace);
	trace->kernel = (char *)mb_trace_strdup(trace, "6.12.0 (somebody@somewhere)");
	trace->machine.addr_bits = 32;
	trace->machine.movable_node = true;
	trace->machine.memory_slots = 1024;
	trace->machine.profile = mb_profile_find("new");
	for (kind = 0; kind < MB_OP_KINDS; kind++) {
		struct mb_op op = { .kind = kind, .line = kind * 7 };

		switch (kind) {
		case MB_OP_DUMP:
			mb_trace_add_dump(trace, &dump, 77);
			continue;
		case MB_OP_GREW:
			op.which = MB_RESERVED;
			op.value = 256;
			op.base = 0x9d000;
			op.size = 0x2000;
			mb_trace_add(trace, &op);
			op.old_base = 0x1000;
			op.old_size = 0x3000;
			break;
		case MB_OP_PHYS_ALLOC_RANGE:
		case MB_OP_ALLOC:
		case MB_OP_ALLOC_RAW:
		case MB_OP_ALLOC_EXACT:
		case MB_OP_ALLOC_CORE:
			op.size = 4097;
			op.align = 0x40;
			op.lo = 0x1000000;
			op.hi = kind == MB_OP_ALLOC      ? MB_ALLOC_ANYWHERE :
				kind == MB_OP_ALLOC_RAW  ? MB_ALLOC_NOLEAKTRACE :
				kind == MB_OP_ALLOC_CORE ? 0x140000000 :
							   MB_ALLOC_ACCESSIBLE;
			op.nid = kind == MB_OP_PHYS_ALLOC_RANGE ? 0 : -1;
			op.value = kind == MB_OP_ALLOC_CORE;
			op.result = kind == MB_OP_ALLOC_EXACT ? 0 : 0xfffffffffffff000;
			op.caller = "sparse_init_nid+0x9f";
			break;
		case MB_OP_FIND:
			op.size = 4096;
			op.align = 0x1000;
			op.nid = -1;
			op.flags = MB_MIRROR;
			op.result = 0x8000;
			break;
		case MB_OP_SEARCH_PFN:
		case MB_OP_SEARCH_CHAIN:
		case MB_OP_MAP_MEMORY:
			op.size = 0x1000;
			op.value = 100;
			break;
		case MB_OP_OVERLAPS:
			op.which = MB_RESERVED;
			op.size = 0x1000;
			break;
		case MB_OP_WALK_FREE:
			op.nid = 1;
			op.flags = MB_HOTPLUG;
			break;
		case MB_OP_WALK_ZONE:
			op.size = 0x1000;
			op.nid = 1;
			break;
		case MB_OP_SET_NODE:
			op.which = MB_MEMORY;
			op.size = UINT64_MAX;
			op.nid = 1024;
			op.why = "NUMA setup: dump at line 110";
			break;
		case MB_OP_ADD_NODE:
			op.nid = 2;
			op.base = 0x100000;
			op.size = 0x1000;
			op.flags = MB_HOTPLUG | MB_DRIVER_MANAGED;
			break;
		case MB_OP_MARK:
		case MB_OP_CLEAR:
			op.size = 0x1000;
			op.flags = MB_NOMAP;
			break;
		case MB_OP_TRIM:
			op.align = 0x1000;
			break;
		case MB_OP_ENFORCE_LIMIT:
		case MB_OP_REMOVE_MAP:
			op.value = 0x80000000;
			break;
		case MB_OP_SET_LIMIT:
			op.hi = 0x100000;
			break;
		case MB_OP_SET_BOTTOM_UP:
		case MB_OP_SCRATCH_ONLY:
		case MB_OP_SLAB:
		case MB_OP_DEBUG:
			op.value = 1;
			break;
		case MB_OP_RELEASE_MEM:
			op.value = 12;
			break;
		case MB_OP_RESERVE_MEM:
			op.size = 0x3000;
			op.align = 0x1000;
			op.value = 7;
			break;
		case MB_OP_ALLOC_HUGETLB:
			op.size = 0x200000;
			op.nid = -1;
			op.value = 1;
			op.result = 0x40000000;
			break;
		case MB_OP_STAMP_NODE:
			op.which = MB_RESERVED;
			op.base = 0x7000;
			op.nid = 3;
			break;
		case MB_OP_RESERVE_NODE:
			op.base = 0x7000;
			op.size = 0x800;
			op.nid = -1;
			op.flags = MB_RSRV_KERN;
			break;
		case MB_OP_FREE:
		case MB_OP_FREE_LATE:
			op.base = 0x8000;
			op.size = 0x123;
			op.value = kind ==
				   MB_OP_FREE; /* one that is written, and one that is not */
			op.caller = "setup_arch+0xc74";
			break;
		case MB_OP_ALLOW_RESIZE:
		case MB_OP_FREE_ALL:
		case MB_OP_DISCARD:
			break;
		default:
			op.base = 0x8000;
			op.size = 0x123;
			op.caller = kind % 2 ? "setup_arch+0xc74" : NULL;
			op.why = kind % 3 ? "x; y => z @1 why=not" : NULL;
		}
		assert_non_null(mb_trace_add(trace, &op));
	}
	mb_trace_warn(trace, 12, "an array grew: '%s'", "no reason");
	return trace;
}

/* ---- written and read back --------------------------------------------------------------------- */

static void round_trip(const char *path)
{
	struct mb_text_error error = { "" };
	struct mb_trace *made = make_trace(), *read = NULL, *again = NULL;

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
	assert_memory_equal(text, "memblock-trace 1\n", 17);
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
	const char *root = getenv("MB_SOURCE_DIR");
	struct mb_trace *trace;
	char path[4096], *text, *start, *end;
	size_t size;

	(void)state;
	if (!root)
		skip();
	snprintf(path, sizeof(path), "%s/docs/traces.md", root);
	text = read_file(path, &size);
	start = strstr(text, "\nmemblock-trace 1\n");
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

static void malformed_lines_are_refused(void **state)
{
	static const struct {
		const char *body, *expected;
	} rows[] = {
		{ "frobnicate 1\n", ":3: unknown operation: 'frobnicate'" },
		{ "add 0x1000\n", ":3: an argument is missing: 'add 0x1000'" },
		{ "add 0x1000 0x1000 0x1000\n", ":3: an argument too many: '0x1000'" },
		{ "add 0x1000  0x1000\n", ":3: an argument is missing" },
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
		{ "clear 0 1 mirror\n", ":3: clear takes one of hotplug, nomap" },
		{ "clear 0 1 noinit\n", ":3: clear takes one of hotplug, nomap" },
		{ "mark 0 1 hotplug|nomap\n", ":3: mark takes one of" },
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
		{ "add 0 1", "truncated" },
		{ "", ": no operations" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), HEADER "%s", rows[i].body);
		refuse_text("bad.trace", text, rows[i].expected);
	}
}

static void malformed_headers_are_refused(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "memblock-trace 2\n\nallow_resize\n", ":1: unknown version of the format" },
		{ "memblock-trace 1\nsource: x\n", "the header does not end" },
		{ "memblock-trace 1\ncolour: red\n\n", ":2: unknown header: 'colour:'" },
		{ "memblock-trace 1\nallow_resize\n",
		  ":2: no header; operations follow an empty line: 'allow_resize'" },
		{ "memblock-trace 1\nprofile: 7.0\n\n", ":2: unknown profile: '7.0'" },
		{ "memblock-trace 1\nmachine: wheels=4\n\n", ":2: bad machine field: 'wheels=4'" },
		{ "memblock-trace 1\nmachine: page_size=3\n\n", ":2: a machine that cannot be" },
		{ "memblock-trace 1\nmachine: addr_bits=16\n\n", ":2: a machine that cannot be" },
		{ "memblock-trace 1\nmachine: no_numa=2\n\n", ":2: bad machine field" },
		{ "memblock-trace 1\ndigest: 12\n\n", ":2: a digest has 64 digits: '12'" },
		{ "memblock-trace 1\nwarning: late\n\n", ":2: warning without its line: 'late'" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_text("head.trace", rows[i].text, rows[i].expected);
}

/* One digit of one address changed: the digest notices. */
static void changed_operation_is_refused(void **state)
{
	struct mb_trace *made = make_trace();
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
	struct mb_trace *made = make_trace();

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

/* ---- logs -------------------------------------------------------------------------------------- */

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

static const struct mb_op *find_op(const struct mb_trace *trace, enum mb_op_kind kind)
{
	size_t i;

	for (i = 0; i < trace->count; i++)
		if (trace->ops[i].kind == kind)
			return &trace->ops[i];
	return NULL;
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
		cmocka_unit_test(round_trip_text),
		cmocka_unit_test(round_trip_compressed),
		cmocka_unit_test(documented_example_loads),
		cmocka_unit_test(malformed_lines_are_refused),
		cmocka_unit_test(malformed_headers_are_refused),
		cmocka_unit_test(changed_operation_is_refused),
		cmocka_unit_test(missing_file_is_named),
		cmocka_unit_test(unwritable_output_leaves_nothing),
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
