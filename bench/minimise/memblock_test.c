/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memblock_test.c - operations as a case of the kernel's own test suite, tools/testing/memblock.
 *
 * The suite links mm/memblock.c with stubs; its cases are functions that call memblock and compare. So an
 * operation becomes its call, with the answer of the referee, and at the end both collections are compared,
 * region by region. Calls that repeat with a step become a loop.
 *
 *     memblock_reserve(0x1000, 0x2000);                          its status is 0
 *     got = memblock_phys_alloc_range(...);
 *     ASSERT_EQ(0x7000, got);                                    an address, or a status that is not 0
 *
 * A virtual address is the physical one there. A case that grows an array or has memory zeroed maps what
 * memory it has, and lies where a program may have memory: at MEMBLOCK_TEST_BASE. The referee has it there,
 * too. The hand-over cannot be seen in the suite, because its stub of memblock_free_pages() is empty; the
 * head of a case says what to do.
 */
#include "minimise/memblock_test_impl.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/output.h>
#include <memblock/replay.h>

enum { REPEATS = 3 }; /* so many calls are a loop */

/*
 * The call of each operation: $ and a letter is an argument (memblock/operations.def). One that is missing
 * cannot be a case: the suite has no such call, or a stub that does nothing.
 */
static const char *const calls[MB_OP_KINDS] = {
	[MB_OP_ADD] = "memblock_add($b, $s)",
	[MB_OP_ADD_NODE] = "memblock_add_node($b, $s, $n, $f)",
	[MB_OP_REMOVE] = "memblock_remove($b, $s)",
	[MB_OP_RESERVE] = "memblock_reserve($b, $s)",
	[MB_OP_RESERVE_NODE] = "__memblock_reserve($b, $s, $n, $r)",
	[MB_OP_FREE] = "memblock_phys_free($b, $s)",
	[MB_OP_FREE_POINTER] = "memblock_free((void *)(uintptr_t)($b), $s)",
	[MB_OP_PHYS_ALLOC_RANGE] = "memblock_phys_alloc_range($z, $a, $l, $u)",
	[MB_OP_PHYS_ALLOC] = "memblock_phys_alloc($z, $a)",
	[MB_OP_PHYS_ALLOC_TRY_NID] = "memblock_phys_alloc_try_nid($z, $a, $q)",
	[MB_OP_ALLOC] = "(uintptr_t)memblock_alloc_try_nid($z, $a, $l, $u, $q)",
	[MB_OP_ALLOC_RAW] = "(uintptr_t)memblock_alloc_try_nid_raw($z, $a, $l, $u, $q)",
	[MB_OP_ALLOC_EXACT] = "(uintptr_t)memblock_alloc_exact_nid_raw($z, $a, $l, $u, $q)",
	[MB_OP_ALLOC_CORE] = "memblock_alloc_range_nid($z, $a, $l, $u, $q, $x)",
	[MB_OP_ALLOC_SIMPLE] = "(uintptr_t)memblock_alloc($z, $a)",
	[MB_OP_ALLOC_SIMPLE_RAW] = "(uintptr_t)memblock_alloc_raw($z, $a)",
	[MB_OP_ALLOC_FROM] = "(uintptr_t)memblock_alloc_from($z, $a, $l)",
	[MB_OP_ALLOC_LOW] = "(uintptr_t)memblock_alloc_low($z, $a)",
	[MB_OP_ALLOC_NODE] = "(uintptr_t)memblock_alloc_node($z, $a, $q)",
	[MB_OP_SET_NODE] = "memblock_set_node($b, $s, &memblock.$w, $n)",
	[MB_OP_MARK] = "memblock_$i($b, $s)",
	[MB_OP_CLEAR] = "memblock_clear_$j($b, $s)",
	[MB_OP_TRIM] = "memblock_trim_memory($p)",
	[MB_OP_ENFORCE_LIMIT] = "memblock_enforce_memory_limit($m)",
	[MB_OP_CAP_RANGE] = "memblock_cap_memory_range($b, $s)",
	[MB_OP_REMOVE_MAP] = "memblock_mem_limit_remove_map($m)",
	[MB_OP_SET_LIMIT] = "memblock_set_current_limit($k)",
	[MB_OP_SET_BOTTOM_UP] = "memblock_set_bottom_up($o)",
	[MB_OP_ALLOW_RESIZE] = "memblock_allow_resize()",
	[MB_OP_FREE_ALL] = "memblock_free_all()",
};

static const struct {
	uint32_t flag;
	const char *name, *marked, *cleared;
} flag_names[] = {
	{ MB_HOTPLUG, "MEMBLOCK_HOTPLUG", "mark_hotplug", "hotplug" },
	{ MB_MIRROR, "MEMBLOCK_MIRROR", "mark_mirror", NULL },
	{ MB_NOMAP, "MEMBLOCK_NOMAP", "mark_nomap", "nomap" },
	{ MB_DRIVER_MANAGED, "MEMBLOCK_DRIVER_MANAGED", NULL, NULL },
	{ MB_RSRV_NOINIT, "MEMBLOCK_RSRV_NOINIT", "reserved_mark_noinit", NULL },
	{ MB_RSRV_KERN, "MEMBLOCK_RSRV_KERN", "reserved_mark_kern", NULL },
	{ MB_KHO_SCRATCH, "MEMBLOCK_KHO_SCRATCH", NULL, NULL },
	{ MB_RSRV_HUGETLB, "MEMBLOCK_RSRV_HUGETLB", NULL, NULL },
};
enum { FLAGS = sizeof(flag_names) / sizeof(flag_names[0]) };

/* ---- what can be a case ------------------------------------------------------------------------ */

void memblock_test_machine(struct mb_machine *machine)
{
	machine->addr_bits = 64;
	machine->page_size = 4096;
	machine->cache_line = 32;
	machine->no_numa = false;
	machine->max_numnodes = 16;
	machine->memory_slots = machine->reserved_slots = 128;
	machine->movable_node = false;
	machine->physmem = false;
	machine->keep_memblock = false;
	machine->highmem = false;
	machine->no_kho_scratch = machine->no_deferred_init = false;
	machine->max_low_pfn = 0;
	machine->max_page_order = 10;
}

/* What a flag that is set or cleared is called in a function's name, or NULL. */
static const char *flag_in_call(const struct mb_op *op)
{
	for (int i = 0; i < FLAGS; i++) {
		if (flag_names[i].flag == op->flags)
			return op->kind == MB_OP_MARK ? flag_names[i].marked :
							flag_names[i].cleared;
	}
	return NULL;
}

/* Says nothing there. */
static bool is_silent(enum mb_op_kind kind)
{
	return kind == MB_OP_DUMP || kind == MB_OP_GREW || kind == MB_OP_DEBUG;
}

const char *memblock_test_lacks(const struct mb_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool by_flag = ops[i].kind == MB_OP_MARK || ops[i].kind == MB_OP_CLEAR;

		if (!is_silent(ops[i].kind) &&
		    (!calls[ops[i].kind] || (by_flag && !flag_in_call(&ops[i]))))
			return mb_op_name(ops[i].kind);
	}
	return NULL;
}

static bool takes(const struct mb_op *op, char letter)
{
	return strchr(mb_operations[op->kind].arguments, letter) != NULL;
}

static bool is_bound(uint64_t hi)
{
	return hi > MB_ALLOC_NOLEAKTRACE && hi != MB_ALLOC_ANYWHERE;
}

void memblock_test_move(struct mb_op *op)
{
	if (takes(op, 'b'))
		op->base += MEMBLOCK_TEST_BASE;
	if (takes(op, 'l') && op->lo)
		op->lo += MEMBLOCK_TEST_BASE;
	if ((takes(op, 'u') || takes(op, 'k')) && is_bound(op->hi))
		op->hi += MEMBLOCK_TEST_BASE;
}

/* ---- what the referee gives -------------------------------------------------------------------- */

static void on_block(void *ctx, uint64_t pfn, unsigned order)
{
	struct memblock_test *test = ctx;

	if (test->block_count == test->block_room) {
		size_t more = test->block_room ? 2 * test->block_room : 64;
		void *larger = realloc(test->blocks, more * sizeof(*test->blocks));

		if (!larger)
			return;
		test->blocks = larger;
		test->block_room = more;
	}
	test->blocks[test->block_count].pfn = pfn;
	test->blocks[test->block_count++].order = order;
}

int memblock_test_run(struct memblock_test *test)
{
	const struct mb_page_sink sink = { .ctx = test, .free_block = on_block };

	memblock_test_free(test);
	test->results = calloc(test->count + 1, sizeof(*test->results));
	if (!test->results)
		return -ENOMEM;
	mb_set_page_sink(test->mb, &sink);
	for (size_t i = 0; i < test->count; i++) {
		test->results[i] = mb_op_run(test->mb, &test->ops[i]);
		if (takes(&test->ops[i], 'Z') && test->results[i])
			test->writes = true;
	}
	return 0;
}

static bool regions_differ(struct mb *a, struct mb *b, enum mb_which which)
{
	struct mb_iter it, other;
	struct mb_range r, s;

	mb_iter_regions(&it, a, which, false);
	mb_iter_regions(&other, b, which, false);
	while (mb_next(&it, &r)) {
		if (!mb_next(&other, &s) || r.base != s.base || r.end != s.end || r.nid != s.nid ||
		    r.flags != s.flags)
			return true;
	}
	return mb_next(&other, &s);
}

bool memblock_test_differ(const struct memblock_test *a, const struct memblock_test *b)
{
	if (memcmp(a->results, b->results, a->count * sizeof(*a->results)) != 0 ||
	    a->block_count != b->block_count)
		return true;
	for (size_t i = 0; i < a->block_count; i++) {
		if (a->blocks[i].pfn != b->blocks[i].pfn ||
		    a->blocks[i].order != b->blocks[i].order)
			return true;
	}
	return regions_differ(a->mb, b->mb, MB_MEMORY) || regions_differ(a->mb, b->mb, MB_RESERVED);
}

void memblock_test_free(struct memblock_test *test)
{
	free(test->results);
	free(test->blocks);
	test->results = NULL;
	test->blocks = NULL;
	test->block_count = test->block_room = 0;
}

/* ---- as text ----------------------------------------------------------------------------------- */

static void put_flags(FILE *f, uint32_t flags)
{
	if (!flags)
		fputs("MEMBLOCK_NONE", f);
	for (int i = 0, put = 0; i < FLAGS; i++) {
		if (flags & flag_names[i].flag)
			fprintf(f, "%s%s", put++ ? " | " : "", flag_names[i].name);
	}
}

static void put_number(FILE *f, uint64_t number)
{
	if (number < 10)
		fprintf(f, "%" PRIu64, number);
	else
		fprintf(f, "0x%" PRIx64 "%s", number, number > UINT32_MAX ? "ULL" : "");
}

/* An address; those from MEMBLOCK_TEST_BASE on are written from there. */
static void put_address(FILE *f, uint64_t address, bool writes)
{
	if (writes && address >= MEMBLOCK_TEST_BASE) {
		fputs("BASE + ", f);
		address -= MEMBLOCK_TEST_BASE;
	}
	put_number(f, address);
}

static void put_node(FILE *f, int nid)
{
	if (nid == MB_NUMA_NO_NODE)
		fputs("NUMA_NO_NODE", f);
	else if (nid == 16)
		fputs("MAX_NUMNODES", f);
	else
		fprintf(f, "%d", nid);
}

static void put_bound(FILE *f, uint64_t hi, bool writes)
{
	if (hi == MB_ALLOC_ANYWHERE)
		fputs("MEMBLOCK_ALLOC_ANYWHERE", f);
	else if (hi == MB_ALLOC_ACCESSIBLE)
		fputs("MEMBLOCK_ALLOC_ACCESSIBLE", f);
	else if (hi == MB_ALLOC_NOLEAKTRACE)
		fputs("MEMBLOCK_ALLOC_NOLEAKTRACE", f);
	else
		put_address(f, hi, writes);
}

static void put_argument(FILE *f, const struct mb_op *op, char letter, uint64_t step, bool writes)
{
	switch (letter) {
	case 'b':
		put_address(f, op->base, writes);
		if (step) {
			fputs(" + i * ", f);
			put_number(f, step);
			fputs(step > UINT32_MAX ? "" : "ULL", f);
		}
		break;
	case 's':
	case 'z':
		put_number(f, op->size);
		break;
	case 'a':
	case 'p':
		put_number(f, op->align);
		break;
	case 'l':
		put_address(f, op->lo, writes);
		break;
	case 'u':
	case 'k':
		put_bound(f, op->hi, writes);
		break;
	case 'n':
	case 'q':
		put_node(f, op->nid);
		break;
	case 'f':
	case 'r':
		put_flags(f, op->flags);
		break;
	case 'i':
	case 'j':
		fputs(flag_in_call(op), f);
		break;
	case 'w':
		fputs(op->which == MB_MEMORY ? "memory" : "reserved", f);
		break;
	case 'x':
	case 'o':
		fputs(op->value ? "true" : "false", f);
		break;
	default:
		put_number(f, op->value);
	}
}

static void put_call(FILE *f, const struct mb_op *op, uint64_t step, bool writes)
{
	for (const char *c = calls[op->kind]; *c; c++) {
		if (*c == '$')
			put_argument(f, op, *++c, step, writes);
		else
			fputc(*c, f);
	}
}

/* How many of @ops, from the first on, are the same but for a step in their base. */
static size_t repeats(const struct memblock_test *test, size_t at, uint64_t *step)
{
	const struct mb_op *first = &test->ops[at];
	size_t n = 1;

	*step = 0;
	if (!takes(first, 'b') || mb_op_nature(first->kind) == MB_ALLOCATES)
		return 1;
	for (; at + n < test->count && test->results[at + n] == test->results[at]; n++) {
		struct mb_op other = test->ops[at + n];

		if (n == 1)
			*step = other.base - first->base;
		other.base -= n * *step;
		if (!mb_op_same(&other, first))
			break;
	}
	if (n >= REPEATS && *step && *step < 1ULL << 63)
		return n;
	*step = 0;
	return 1;
}

static void put_operation(FILE *f, const struct memblock_test *test, size_t at, size_t times,
			  uint64_t step)
{
	const struct mb_op *op = &test->ops[at];
	bool is_void = op->kind == MB_OP_FREE_ALL;
	uint64_t got = test->results[at];

	if (times > 1)
		fprintf(f, "\tfor (int i = 0; i < %zu; i++) {\n\t", times);
	fputc('\t', f);
	if (!is_void && (got || mb_op_nature(op->kind) == MB_ALLOCATES)) {
		/* ASSERT_EQ() looks at what it is given twice. */
		fputs("got = ", f);
		put_call(f, op, step, test->writes);
		fprintf(f, ";\n%s\tASSERT_EQ(", times > 1 ? "\t" : "");
		if (got > UINT64_MAX - 4096)
			fprintf(f, "%" PRId64, (int64_t)got);
		else
			put_address(f, got, test->writes);
		fputs(", got)", f);
	} else {
		put_call(f, op, step, test->writes);
	}
	fputs(times > 1 ? ";\n\t}\n" : ";\n", f);
}

static size_t put_regions(FILE *f, const struct memblock_test *test, enum mb_which which)
{
	const char *name = which == MB_MEMORY ? "memory" : "reserved";
	struct mb_range r;
	struct mb_iter it;
	size_t n = 0;

	for (mb_iter_regions(&it, test->mb, which, false); mb_next(&it, &r); n++) {
		if (!n)
			fprintf(f, "\tstatic const struct expected %s[] = {\n", name);
		fputs("\t\t{ ", f);
		put_address(f, r.base, test->writes);
		fputs(", ", f);
		put_number(f, r.end - r.base);
		fputs(", ", f);
		put_flags(f, r.flags);
		fputs(", ", f);
		put_node(f, r.nid);
		fputs(" },\n", f);
	}
	if (n)
		fputs("\t};\n", f);
	return n;
}

/* ---- the file ---------------------------------------------------------------------------------- */

/* The file's name, without what follows a dot, as an identifier. */
static void name_of(const char *path, char name[64])
{
	const char *slash = strrchr(path, '/');
	size_t n = 0;

	path = slash ? slash + 1 : path;
	if (!isalpha((unsigned char)*path))
		n = (size_t)snprintf(name, 64, "found_");
	for (; *path && *path != '.' && n < 63; path++)
		name[n++] = isalnum((unsigned char)*path) ? *path : '_';
	name[n] = 0;
}

static bool uses_nodes(const struct memblock_test *test)
{
	for (size_t i = 0; i < test->count; i++) {
		const struct mb_op *op = &test->ops[i];

		if ((takes(op, 'n') || takes(op, 'q')) && op->nid >= 0)
			return true;
	}
	return false;
}

static uint64_t find_end(const struct memblock_test *test)
{
	uint64_t end = 0;

	for (size_t i = 0; i < test->count; i++) {
		const struct mb_op *op = &test->ops[i];

		if (mb_op_nature(op->kind) == MB_ADDS && op->base + op->size > end)
			end = op->base + op->size;
	}
	return end;
}

static void put_head(FILE *f, const struct memblock_test *test, const char *name)
{
	fprintf(f,
		"// SPDX-License-Identifier: GPL-2.0-or-later\n"
		"/*\n"
		" * %s_api.c - %s\n"
		" *\n"
		" * Written by memblock-bench minimise. Expected is what %s answers.\n"
		" *\n"
		" * In tools/testing/memblock: this is tests/%s_api.c; Makefile: add tests/%s_api.o to TEST_OFILES;\n"
		" * main.c: declare int memblock_%s_checks(void), and call it before the other checks.\n"
		" * A suite that includes urcu/uatomic.h needs liburcu-dev to be built.\n",
		name, test->what, test->answers, name, name, name);
	if (test->blocks)
		fprintf(f,
			" * The hand-over is seen if the stub of memblock_free_pages() (mm_init.h, or internal.h) calls\n"
			" * memblock_%s_freed(pfn, order).\n",
			name);
	fprintf(f, " */\n#include \"common.h\"\n%s\n",
		test->writes ? "#include <sys/mman.h>\n" : "");
	if (test->writes)
		fprintf(f,
			"/* Memory that is written to, at the place for which the answers are. */\n"
			"#define BASE 0x%llxULL\n"
			"#define MAPPED 0x%" PRIx64 "\n\n",
			MEMBLOCK_TEST_BASE, (uint64_t)(find_end(test) - MEMBLOCK_TEST_BASE));
	fputs("struct expected {\n"
	      "\tphys_addr_t base, size;\n"
	      "\tunsigned int flags;\n"
	      "\tint nid;\n"
	      "};\n\n"
	      "static void expect_regions(struct memblock_type *type, const struct expected *expected,\n"
	      "\t\t\t   unsigned long cnt)\n"
	      "{\n"
	      "\tphys_addr_t total = 0;\n\n"
	      "\tASSERT_EQ(cnt, type->cnt);\n"
	      "\tfor (unsigned long i = 0; i < cnt; i++) {\n"
	      "\t\tASSERT_EQ(expected[i].base, type->regions[i].base);\n"
	      "\t\tASSERT_EQ(expected[i].size, type->regions[i].size);\n"
	      "\t\tASSERT_EQ(expected[i].flags, (unsigned int)type->regions[i].flags);\n"
	      "#ifdef CONFIG_NUMA\n"
	      "\t\tASSERT_EQ(expected[i].nid, memblock_get_region_node(&type->regions[i]));\n"
	      "#endif\n"
	      "\t\ttotal += expected[i].size;\n"
	      "\t}\n"
	      "\tASSERT_EQ(total, type->total_size);\n"
	      "}\n\n",
	      f);
}

static void put_blocks(FILE *f, const struct memblock_test *test, const char *name)
{
	if (!test->blocks)
		return;
	fputs("static const struct {\n"
	      "\tunsigned long pfn;\n"
	      "\tunsigned int order;\n"
	      "} freed[] = {\n",
	      f);
	for (size_t i = 0; i < test->block_count; i++)
		fprintf(f, "\t{ 0x%" PRIx64 ", %u },\n", test->blocks[i].pfn,
			test->blocks[i].order);
	fprintf(f,
		"};\n"
		"static unsigned int nr_freed;\n\n"
		"void memblock_%s_freed(unsigned long pfn, unsigned int order);\n"
		"void memblock_%s_freed(unsigned long pfn, unsigned int order)\n"
		"{\n"
		"\tASSERT_LT(nr_freed, sizeof(freed) / sizeof(freed[0]));\n"
		"\tASSERT_EQ(freed[nr_freed].pfn, pfn);\n"
		"\tASSERT_EQ(freed[nr_freed].order, order);\n"
		"\tnr_freed++;\n"
		"}\n\n",
		name, name);
}

static void put_setup(FILE *f, const struct memblock_test *test, bool mirror)
{
	if (mirror)
		fputs("\textern bool mirrored_kernelcore;\n", f);
	if (test->writes)
		fputs("\tstruct memblock_region *memory_regions = memblock.memory.regions;\n"
		      "\tstruct memblock_region *reserved_regions = memblock.reserved.regions;\n"
		      "\tvoid *mem = mmap((void *)BASE, MAPPED, PROT_READ | PROT_WRITE,\n"
		      "\t\t\t MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);\n",
		      f);
	fputs("\tlong long __maybe_unused got;\n\n\tPREFIX_PUSH();\n", f);
	if (test->writes)
		fputs("\tassert(mem == (void *)BASE);\n", f);
	fputs("\treset_memblock_regions();\n\treset_memblock_attributes();\n", f);
	if (mirror)
		fputs("\tmirrored_kernelcore = true;\n", f);
	if (test->blocks)
		fputs("\tmax_low_pfn = ~0UL >> PAGE_SHIFT;\n", f);
	fputc('\n', f);
}

static void put_end(FILE *f, const struct memblock_test *test, bool mirror)
{
	if (test->blocks)
		fputs("\tASSERT_EQ(sizeof(freed) / sizeof(freed[0]), nr_freed);\n"
		      "\tmax_low_pfn = 0;\n",
		      f);
	if (mirror)
		fputs("\tmirrored_kernelcore = false;\n", f);
	fputs("\ttest_pass_pop();\n\n", f);
	if (test->writes)
		fputs("\t/* The first arrays again, and all of them to be cleared. */\n"
		      "\tmemblock.memory.regions = memory_regions;\n"
		      "\tmemblock.memory.cnt = INIT_MEMBLOCK_REGIONS;\n"
		      "\tmemblock.reserved.regions = reserved_regions;\n"
		      "\tmemblock.reserved.cnt = INIT_MEMBLOCK_RESERVED_REGIONS;\n"
		      "\tmunmap(mem, MAPPED);\n",
		      f);
	fputs("\treset_memblock_regions();\n\treset_memblock_attributes();\n\n\treturn 0;\n}\n", f);
}

static void put_check(FILE *f, const struct memblock_test *test, const char *name)
{
	bool mirror = test->mb->machine.kernelcore_mirror, nodes = uses_nodes(test);
	size_t memory, reserved;

	if (nodes)
		fputs("#ifdef CONFIG_NUMA\n", f);
	put_blocks(f, test, name);
	fprintf(f, "static int %s_check(void)\n{\n", name);
	memory = put_regions(f, test, MB_MEMORY);
	reserved = put_regions(f, test, MB_RESERVED);
	put_setup(f, test, mirror);
	for (size_t i = 0, n; i < test->count; i += n) {
		uint64_t step;

		n = repeats(test, i, &step);
		if (!is_silent(test->ops[i].kind))
			put_operation(f, test, i, n, step);
	}
	fprintf(f,
		"\n\texpect_regions(&memblock.memory, %s, %zu);\n"
		"\texpect_regions(&memblock.reserved, %s, %zu);\n",
		memory ? "memory" : "NULL", memory, reserved ? "reserved" : "NULL", reserved);
	put_end(f, test, mirror);
	if (nodes)
		fprintf(f, "#else\nstatic int %s_check(void)\n{\n\treturn 0;\n}\n#endif\n", name);
	fprintf(f,
		"\nint memblock_%s_checks(void);\n"
		"int memblock_%s_checks(void)\n"
		"{\n"
		"\tprefix_reset();\n"
		"\tprefix_push(\"%s\");\n"
		"\ttest_print(\"Running %s tests...\\n\");\n\n"
		"\t%s_check();\n\n"
		"\tprefix_pop();\n\n"
		"\treturn 0;\n"
		"}\n",
		name, name, name, name, name);
}

int memblock_test_write(const struct memblock_test *test, const char *path)
{
	char name[64], *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int rc;

	if (!f)
		return -ENOMEM;
	name_of(path, name);
	put_head(f, test, name);
	put_check(f, test, name);
	rc = fclose(f) ? -ENOMEM : mb_write_file(path, text, size);
	free(text);
	return rc;
}
