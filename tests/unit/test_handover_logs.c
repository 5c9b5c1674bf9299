/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_handover_logs.c - logs of kernels since 7.0: scratch memory, preserved memory, flags of reservations.
 *
 * The boots are acted by an instance that logs where such a kernel does, under its callers' names, and is silent
 * where it is. Its log, imported, must replay to the same state with every address where it was.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/input.h>
#include <memblock/replay.h>

#include "harness.h"
#include "traces.h"

#define MiB 0x100000ULL
#define GiB 0x40000000ULL
#define PAGE 0x1000ULL

/* A kernel that boots: its log so far, and the name for whoever calls memblock next. */
struct kernel {
	struct mb *mb;
	const char *caller;
	char text[1 << 22];
	size_t used;
};

static void say(struct kernel *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct kernel *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	k->used += (size_t)vsnprintf(k->text + k->used, sizeof(k->text) - k->used, fmt, ap);
	va_end(ap);
	assert_true(k->used < sizeof(k->text));
}

/* A line of memblock's: the address at its end gets the caller's name. */
static void keep_line(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	struct kernel *k = ctx;
	char line[256], *last;

	(void)level;
	vsnprintf(line, sizeof(line), fmt, ap);
	last = strrchr(line, ' ');
	if (strstr(line, "memblock_") && last && !strncmp(last, " 0x", 3))
		snprintf(last, sizeof(line) - (size_t)(last - line), " %s+0x1b/0x40", k->caller);
	say(k, "%s\n", line);
}

static void switch_on(struct kernel *k, const char *first_lines)
{
	struct mb_hooks hooks = { .ctx = k, .log = keep_line };
	struct mb_machine machine = { .profile = mb_profile_find("new") };
	struct mb_variant_spec spec = spec_of("array", MB_O2);

	k->used = 0;
	say(k, "%s", first_lines);
	assert_int_equal(mb_create(&machine, &hooks, &spec, &k->mb), 0);
	mb_set_zeroing(k->mb, false);
}

/* Memblock, for a call that is logged under the name of its caller; and for one that is not logged. */
static struct mb *by(struct kernel *k, const char *caller)
{
	k->caller = caller;
	mb_set_debug(k->mb, true);
	return k->mb;
}

static struct mb *silent(struct kernel *k)
{
	mb_set_debug(k->mb, false);
	return k->mb;
}

/* ---- the acts of an x86 boot ------------------------------------------------------------------- */

/* Two nodes; memory in three pieces, of which the first has half a page too many. */
static const struct mb_range memory[] = {
	{ 0x1000, 0x9fc00, 0, 0 },
	{ MiB, 0xbffe0000, 0, 0 },
	{ 4 * GiB, 10 * GiB, 1, 0 },
};
#define TOP (10 * GiB)

#define VERSION "Linux version 7.3.4 (test)\n"
#define LAST_PFN "last_pfn = 0x280000 max_arch_pfn = 0x400000000\n"

/* What is taken before the command line is read, and after; the map; the trampoline. */
static void set_up_memory(struct kernel *k)
{
	mb_reserve_kern(silent(k), 16 * MiB, 0x9ae000);
	mb_reserve(silent(k), 0, 0x10000);
	mb_reserve_kern(silent(k), 0xbfccb000, 0x315000);
	mb_reserve(silent(k), 0x9f000, 0x61000);
	say(k, LAST_PFN);
	mb_reserve_kern(by(k, "setup_arch"), 0x19ae000, 0x8000);
	mb_set_current_limit(silent(k), MiB);
	mb_allow_resize(silent(k));
	for (unsigned i = 0; i < 3; i++)
		mb_add(by(k, "e820__memblock_setup"), memory[i].base,
		       memory[i].end - memory[i].base);
	mb_mark_kho_scratch(silent(k), 0, MiB);
	mb_trim_memory(silent(k), PAGE);
	mb_dump_all(by(k, ""));
	assert_int_not_equal(mb_phys_alloc_range(by(k, "reserve_real_mode"), 0x6000, PAGE, 0, MiB),
			     0);
	mb_reserve(by(k, "reserve_real_mode"), 0, MiB);
	mb_clear_kho_scratch(silent(k), 0, MiB);
}

/* Memory for what each node is described by, without a request's line. */
static void show_node_data(struct kernel *k)
{
	for (int nid = 0; nid < 2; nid++) {
		uint64_t at = mb_phys_alloc_try_nid(by(k, ""), 0x3180, 64, nid);

		say(k, "NODE_DATA(%d) allocated [mem 0x%llx-0x%llx]\n", nid, (long long)at,
		    (long long)at + 0x317f);
	}
}

/* The direct map, nodes, and what they hold. Firmware's tables are reserved, and one of them marked as kept. */
static void set_up_nodes(struct kernel *k)
{
	mb_phys_alloc_range(by(k, "alloc_low_pages"), PAGE, PAGE, MiB, TOP);
	mb_set_current_limit(silent(k), TOP);
	mb_alloc(by(k, "setup_log_buf"), MiB, 8);
	mb_reserve(by(k, "acpi_reserve_initial_tables"), 0xbffe0000, 0x19eb);
	mb_reserved_mark_kern(silent(k), 0xbffe0000, 0x100);
	say(k, "ACPI: SRAT: Node 0 PXM 0 [mem 0x00000000-0xbfffffff]\n"
	       "ACPI: SRAT: Node 1 PXM 1 [mem 0x100000000-0x27fffffff]\n");
	mb_set_node(silent(k), 0, UINT64_MAX, MB_MEMORY, MB_NUMA_NO_NODE);
	mb_set_node(silent(k), 0, UINT64_MAX, MB_RESERVED, MB_NUMA_NO_NODE);
	mb_set_node(silent(k), PAGE, 0xbffe0000 - PAGE, MB_MEMORY, 0);
	mb_set_node(silent(k), 4 * GiB, 6 * GiB, MB_MEMORY, 1);
	mb_set_node(silent(k), PAGE, 0xbffe0000 - PAGE, MB_RESERVED, 0);
	mb_set_node(silent(k), 4 * GiB, 6 * GiB, MB_RESERVED, 1);
	show_node_data(k);
	mb_dump_all(by(k, ""));
}

/* Tables per node, per processor, for hashes. */
static void allocate(struct kernel *k, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		mb_alloc_try_nid_raw(by(k, "vmemmap_populate_hugepages"), 2 * MiB, 2 * MiB,
				     16 * MiB, MB_ALLOC_NOLEAKTRACE, (int)i % 2);
		mb_alloc(by(k, "__memblock_alloc_or_panic"), 64 + i, 64);
	}
}

/* Both states after the boot, ours and that of the log's replay, and every address on the way. */
static struct mb_trace *switch_off(struct kernel *k, unsigned dumps)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct mb_replay_result result;
	struct mb_trace *trace;
	char digest[65];

	mb_state_digest(k->mb, digest);
	mb_destroy(k->mb);
	trace = import_log(k->text);
	for (size_t i = 0; i < trace->warning_count; i++)
		fail_now("line %u: %s", trace->warnings[i].line, trace->warnings[i].text);
	assert_int_equal(trace->account.unexplained, 0);
	assert_string_equal(trace->machine.profile->name, "new");
	assert_int_equal(mb_replay_check(trace, &spec, MB_METADATA_SELF, &result), 0);
	assert_int_equal(result.dumps_matched, dumps);
	assert_int_equal(result.dumps, dumps);
	assert_int_equal(result.allocs_as_captured, result.allocs);
	assert_string_equal(result.state_digest, digest);
	return trace;
}

/* Is there an operation of this kind on [base, base + size)? */
static const struct mb_op *op_on(const struct mb_trace *trace, enum mb_op_kind kind, uint64_t base,
				 uint64_t size)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->ops[i].kind == kind && trace->ops[i].base == base &&
		    trace->ops[i].size == size)
			return &trace->ops[i];
	fail_now("no %s of 0x%llx, 0x%llx", mb_op_name(kind), (long long)base, (long long)size);
}

static unsigned count_ops(const struct mb_trace *trace, enum mb_op_kind kind)
{
	unsigned n = 0;

	while (find_nth_op(trace, kind, n))
		n++;
	return n;
}

static struct kernel kernel;

/* ---- boots ------------------------------------------------------------------------------------- */

/* A kernel without KHO, as Debian's are: the low megabyte is marked all the same. */
static void a_plain_boot_is_whole(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	switch_on(k, VERSION);
	set_up_memory(k);
	set_up_nodes(k);
	allocate(k, 20);
	mb_alloc_range_nid(by(k, ""), 3 * MiB, MiB, 0, MB_ALLOC_ACCESSIBLE, 0, false);
	trace = switch_off(k, 2);
	assert_int_equal(find_nth_op(trace, MB_OP_ALLOC_CORE, 2)->nid, 0); /* the line has it */
	op_on(trace, MB_OP_MARK, 0, MiB);
	op_on(trace, MB_OP_CLEAR, 0, MiB);
	assert_int_equal(op_on(trace, MB_OP_RESERVE_NODE, 16 * MiB, 0x9ae000)->flags, MB_RSRV_KERN);
	assert_int_equal(op_on(trace, MB_OP_MARK, 0xbffe0000, 0x100)->flags, MB_RSRV_KERN);
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_AREA), 0);
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_ONLY), 0);
	mb_trace_free(trace);
}

/* The kernel that will hand over: its areas are the list, those of nodes without a request's line. */
static void a_first_boot_lists_its_areas(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;
	uint64_t areas[4];

	(void)state;
	switch_on(k, VERSION);
	set_up_memory(k);
	set_up_nodes(k);
	allocate(k, 5);
	mb_alloc(by(k, "kho_memory_init"), 64, PAGE);
	areas[0] = mb_phys_alloc_range(by(k, "kho_memory_init"), 28 * MiB, 4 * MiB, 0, UINT32_MAX);
	areas[1] = mb_phys_alloc(by(k, "kho_memory_init"), 12 * MiB, 4 * MiB);
	for (int nid = 0; nid < 2; nid++)
		areas[2 + nid] = mb_alloc_range_nid(by(k, ""), 24 * MiB, 4 * MiB, 0,
						    MB_ALLOC_ACCESSIBLE, nid, true);
	trace = switch_off(k, 2);
	op_on(trace, MB_OP_SCRATCH_AREA, areas[0], 28 * MiB);
	op_on(trace, MB_OP_SCRATCH_AREA, areas[1], 12 * MiB);
	for (unsigned i = 2; i < 4; i++) {
		const struct mb_op *op = find_nth_op(trace, MB_OP_ALLOC_CORE, i);

		op_on(trace, MB_OP_SCRATCH_AREA, areas[i], 24 * MiB);
		assert_int_equal(op->result, areas[i]);
		assert_int_equal(op->value, 1); /* on that node or nowhere */
	}
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_AREA), 4);
	assert_int_equal(trace->account.searched, 0);
	mb_trace_free(trace);
}

/* Areas of a second boot; two of them touch. */
static const struct mb_range areas[] = {
	{ 0xae000000, 0xb2000000, 0, 0 },
	{ 0x78000000, 0x7c000000, 0, 0 },
	{ 9 * GiB, 9 * GiB + 64 * MiB, 0, 0 },
	{ 9 * GiB + 64 * MiB, 9 * GiB + 128 * MiB, 0, 0 },
};

static void find_handover(struct kernel *k)
{
	switch_on(k, VERSION);
	for (unsigned i = 0; i < 4; i++) {
		mb_add(silent(k), areas[i].base, areas[i].end - areas[i].base);
		mb_mark_kho_scratch(silent(k), areas[i].base, areas[i].end - areas[i].base);
		mb_add_scratch_area(silent(k), areas[i].base, areas[i].end - areas[i].base);
	}
	mb_reserve(silent(k), areas[0].base, 64);
	mb_set_kho_scratch_only(silent(k));
	say(k, "KHO: found kexec handover data.\n");
}

/* Blocks of 1 GiB without anything preserved become scratch memory; @busy: bit n for block n. */
static void extend_scratch(struct kernel *k, unsigned busy)
{
	void *node[3];

	for (unsigned i = 0; i < 3; i++)
		node[i] = mb_alloc(by(k, "kho_radix_alloc_node"), PAGE, PAGE);
	for (unsigned i = 0; i < 10; i++)
		if (!(busy & 1u << i))
			mb_mark_kho_scratch(silent(k), i * GiB, GiB);
	for (unsigned i = 3; i--;)
		mb_free(by(k, "kho_radix_free_node"), node[i], PAGE);
}

/* @n pages, @each and a gap: the pages of an order come one after the other. */
static void retrieve(struct kernel *k, uint64_t base, uint64_t size, unsigned n, uint64_t gap)
{
	for (unsigned i = 0; i < n; i++, base += size + gap) {
		mb_reserve(by(k, "kho_preserved_memory_reserve"), base, size);
		mb_reserved_mark_noinit(by(k, ""), base, size); /* if it grows, that has lines */
	}
}

/*
 * All there is of a second boot. Blocks 0 and 4 hold preserved memory, block 9 pages of the tree that says so, which
 * only addresses show; none shows what block 1 and those from 5 to 8 are.
 */
static void a_second_boot_is_whole(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	find_handover(k);
	set_up_memory(k);
	set_up_nodes(k);
	extend_scratch(k, 1u << 0 | 1u << 4 | 1u << 9);
	allocate(k, 40);
	retrieve(k, 4 * GiB + 0x4000, PAGE, 300, 0);
	retrieve(k, 5 * GiB - 64 * MiB, 2 * MiB, 8, 2 * MiB);
	retrieve(k, 64 * MiB, PAGE, 150, PAGE); /* the array grows, in scratch memory */
	trace = switch_off(k, 2);
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_AREA), 3);
	op_on(trace, MB_OP_SCRATCH_AREA, 9 * GiB, 128 * MiB);
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_ONLY), 1);
	assert_true(count_ops(trace, MB_OP_GREW) > 0);
	assert_non_null(strstr(op_on(trace, MB_OP_MARK, GiB, 3 * GiB)->why, "of 1 of 2 blocks"));
	assert_non_null(
		strstr(op_on(trace, MB_OP_MARK, 5 * GiB, 4 * GiB)->why, "of 4 of 4 blocks"));
	assert_int_equal(trace->account.searched, 3); /* block 9, and those assumptions */
	assert_int_equal(op_on(trace, MB_OP_MARK, 4 * GiB + 0x4000, PAGE)->flags, MB_RSRV_NOINIT);
	mb_trace_free(trace);
}

/*
 * arm64 with a device tree: memory and areas are there before the first line, page tables are allocated before the
 * only dump, and nothing tells of nodes but their own data.
 */
static void a_second_boot_of_arm64_is_whole(void **state)
{
	static const struct mb_range area[] = { { 0x7e000000, 0x80000000, 0, 0 },
						{ 0xf0000000, 0xf4000000, 0, 0 } };
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	switch_on(k, "Linux version 7.3.4 (test) (aarch64-linux-gnu-gcc)\n");
	mb_add(silent(k), GiB, 3 * GiB);
	for (unsigned i = 0; i < 2; i++) {
		mb_add(silent(k), area[i].base, area[i].end - area[i].base);
		mb_mark_kho_scratch(silent(k), area[i].base, area[i].end - area[i].base);
	}
	mb_set_kho_scratch_only(silent(k));
	say(k, "KHO: found kexec handover data.\n");
	mb_allow_resize(silent(k));
	mb_reserve(silent(k), 0x40200000, 0x1000000);
	for (unsigned i = 0; i < 30; i++)
		mb_phys_alloc_range(by(k, "pgd_pgtable_alloc_init_mm"), PAGE, PAGE, 0,
				    MB_ALLOC_NOLEAKTRACE);
	mb_set_node(silent(k), 0, UINT64_MAX, MB_MEMORY, MB_NUMA_NO_NODE);
	mb_set_node(silent(k), 0, UINT64_MAX, MB_RESERVED, MB_NUMA_NO_NODE);
	for (int nid = 0; nid < 2; nid++)
		for (unsigned which = MB_MEMORY; which <= MB_RESERVED; which++)
			mb_set_node(silent(k), GiB + nid * GiB, (1 + nid) * GiB, which, nid);
	show_node_data(k);
	mb_reserve(by(k, "dma_contiguous_reserve"), 0x50000000, 16 * MiB);
	mb_dump_all(by(k, ""));
	extend_scratch(k, 1u << 2);
	allocate(k, 4);
	retrieve(k, 2 * GiB, PAGE, 9, PAGE);
	trace = switch_off(k, 1);
	op_on(trace, MB_OP_SCRATCH_AREA, area[0].base, area[0].end - area[0].base);
	assert_int_equal(op_on(trace, MB_OP_SET_NODE, 2 * GiB, 2 * GiB)->nid, 1);
	assert_non_null(strstr(op_on(trace, MB_OP_MARK, 0, 2 * GiB)->why, "of 1 of 1 blocks"));
	assert_non_null(strstr(op_on(trace, MB_OP_MARK, 3 * GiB, GiB)->why, "as addresses show"));
	assert_int_equal(trace->account.searched, 1);
	mb_trace_free(trace);
}

/* Pages of which no two touch, more than an import could work out if each cost what all of them do. */
static void many_pages_apart_stay_within_the_budget(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	find_handover(k);
	set_up_memory(k);
	for (unsigned i = 0; i < 36000; i++)
		say(k,
		    "__memblock_reserve: [0x%016llx-0x%016llx] nid=-1 flags=0 kho_mem_retrieve+0x1/0x2\n",
		    4 * GiB + i * 2 * PAGE, 4 * GiB + i * 2 * PAGE + PAGE - 1);
	mb_destroy(k->mb);
	trace = import_log(k->text);
	assert_int_equal(trace->warning_count, 0);
	assert_int_equal(trace->account.unexplained, 0);
	mb_trace_free(trace);
}

/* Kernels before 7.3 mark no more than the areas. */
static void an_older_second_boot_stays_in_its_areas(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	find_handover(k);
	set_up_memory(k);
	set_up_nodes(k);
	allocate(k, 20);
	mb_reserve(by(k, "deserialize_bitmap"), 5 * GiB, PAGE);
	mb_reserved_mark_noinit(silent(k), 5 * GiB, PAGE);
	trace = switch_off(k, 2);
	assert_int_equal(count_ops(trace, MB_OP_MARK), 3 + 2 + 1); /* areas, low, kern, noinit */
	mb_trace_free(trace);
}

/* Where the line about the handover is lost, and nothing was preserved, the marks in the dump are enough. */
static void areas_in_a_dump_are_enough(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	find_handover(k);
	set_up_memory(k);
	set_up_nodes(k);
	allocate(k, 20);
	memcpy(strstr(k->text, "KHO: found"), "KHO: lost.", 10);
	trace = switch_off(k, 2);
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_ONLY), 1);
	mb_trace_free(trace);
}

/* Without a dump nobody knows what is scratch memory, and that is said. */
static void areas_that_nothing_shows_are_unknown(void **state)
{
	struct mb_trace *trace = import_log(
		VERSION
		"KHO: found kexec handover data.\n" LAST_PFN
		"memblock_add: [0x0000000000100000-0x00000000bffdffff] e820__memblock_setup+0x1/0x2\n");

	(void)state;
	assert_int_equal(trace->warning_count, 1);
	assert_int_equal(trace->warnings[0].line, 2);
	assert_non_null(strstr(trace->warnings[0].text, "no dump shows which"));
	assert_int_equal(trace->account.unexplained, 1);
	assert_int_equal(count_ops(trace, MB_OP_SCRATCH_ONLY), 0);
	mb_trace_free(trace);
}

/* A huge page's page structs but the first are not set up with the others: three regions instead of one. */
static void huge_pages_are_marked(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;
	uint64_t at;

	(void)state;
	switch_on(k, VERSION);
	set_up_memory(k);
	set_up_nodes(k);
	at = mb_virt_to_phys(k->mb, mb_alloc_hugetlb(by(k, "alloc_bootmem"), GiB, 1, true));
	mb_reserved_mark_noinit(silent(k), at + PAGE, GiB - PAGE);
	trace = switch_off(k, 2);
	assert_int_equal(op_on(trace, MB_OP_MARK, at + PAGE, GiB - PAGE)->flags, MB_RSRV_NOINIT);
	mb_trace_free(trace);
}

/* In a second boot it comes from what was marked besides the areas: those must be free for the next one. */
static void huge_pages_of_a_second_boot_keep_off_the_areas(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;
	uint64_t at;

	(void)state;
	find_handover(k);
	set_up_memory(k);
	set_up_nodes(k);
	extend_scratch(k, 0);
	for (unsigned i = 0; i < 2; i++) {
		at = mb_virt_to_phys(k->mb, mb_alloc_hugetlb(by(k, "alloc_bootmem"), GiB, 1, true));
		assert_int_equal(at, (8 - i) * GiB); /* the one at 9 GiB has areas */
		mb_reserved_mark_noinit(silent(k), at + PAGE, GiB - PAGE);
	}
	trace = switch_off(k, 2);
	assert_int_equal(trace->account.searched, 1); /* the other blocks */
	mb_trace_free(trace);
}

/* Once slab is up a free releases pages, and reserved stays as it is. */
static void frees_after_slab_leave_reserved_alone(void **state)
{
	struct kernel *k = &kernel;
	struct mb_trace *trace;

	(void)state;
	switch_on(k, VERSION);
	set_up_memory(k);
	set_up_nodes(k);
	allocate(k, 3);
	say(k, "SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=2, Nodes=2\n");
	mb_set_slab_available(silent(k), true);
	mb_phys_free(by(k, "memblock_discard"), 16 * MiB, PAGE);
	trace = switch_off(k, 2);
	assert_int_equal(count_ops(trace, MB_OP_SLAB), 1);
	mb_trace_free(trace);
}

/* ---- a captured one ---------------------------------------------------------------------------- */

static uint64_t up(uint64_t size)
{
	return (size + 4 * MiB - 1) & -(4 * MiB);
}

static uint64_t kern(struct mb *mb, uint64_t limit, int nid)
{
	return 2 *
	       (mb_reserved_kern_size(mb, limit, nid) - mb_reserved_hugetlb_size(mb, limit, nid));
}

/*
 * The kernel makes each area twice as large as what it has reserved for itself so far, below 4 GiB, in all and on each
 * node. So the sizes that it asked for tell whether flags and nodes of reservations are what they were, where no dump
 * shows them any more.
 */
static void sizes_of_areas_are_those_of_kernel_reservations(void **state)
{
	const char *shared = getenv("MB_SHARED");
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct mb_replay_result result;
	uint64_t low = 0, all = 0;
	struct mb_trace *trace;
	unsigned areas_seen = 0;
	char path[512];
	struct mb *mb;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/captures-2/x86_64-7.3-small-4G-2node.log",
		 shared ? shared : "");
	file = fopen(path, "r");
	if (!file) {
		print_message("skipped: no %s\n", path);
		skip();
	}
	fclose(file);
	trace = load_file(path);
	assert_int_equal(mb_replay_check(trace, &spec, MB_METADATA_SELF, &result), 0);
	assert_int_equal(result.allocs_as_captured, 78);
	assert_int_equal(result.dumps_matched, 2);
	assert_int_equal(mb_create(&trace->machine, NULL, &spec, &mb), 0);
	mb_set_zeroing(mb, false);
	for (size_t i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];

		if (op->caller && strstr(op->caller, "kho_memory_init") && !low) {
			low = kern(mb, UINT32_MAX, MB_NUMA_NO_NODE);
			all = kern(mb, MB_ALLOC_ANYWHERE, MB_NUMA_NO_NODE);
		}
		if (op->kind == MB_OP_SCRATCH_AREA) {
			const struct mb_op *alloc = op - 1;
			int nid = (int)areas_seen - 2;
			uint64_t size = areas_seen == 0 ? up(low) : up(all - low);

			/* An allocation's own area counts on its node: asked before it. */
			if (areas_seen >= 2)
				size = up(kern(mb, MB_ALLOC_ANYWHERE, nid) - 2 * alloc->size);
			assert_int_equal(alloc->size, size);
			areas_seen++;
		}
		mb_op_run(mb, op);
	}
	assert_int_equal(areas_seen, 4);
	mb_destroy(mb);
	mb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_boot_is_whole),
		cmocka_unit_test(a_first_boot_lists_its_areas),
		cmocka_unit_test(a_second_boot_is_whole),
		cmocka_unit_test(a_second_boot_of_arm64_is_whole),
		cmocka_unit_test(many_pages_apart_stay_within_the_budget),
		cmocka_unit_test(an_older_second_boot_stays_in_its_areas),
		cmocka_unit_test(areas_in_a_dump_are_enough),
		cmocka_unit_test(areas_that_nothing_shows_are_unknown),
		cmocka_unit_test(huge_pages_are_marked),
		cmocka_unit_test(huge_pages_of_a_second_boot_keep_off_the_areas),
		cmocka_unit_test(frees_after_slab_leave_reserved_alone),
		cmocka_unit_test(sizes_of_areas_are_those_of_kernel_reservations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
