/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_layout.c - memory maps as inputs: each form gives the memory that it describes, says that the
 * boot is generated, and what is damaged is refused. The last tests flip bytes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include <memblock/replay.h>

#include "input/map/layout.h"

#include "harness.h"
#include "traces.h"

/* Load, expecting success. */
static struct mb_trace *load(const char *text, size_t size)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;

	if (mb_layout_load(text, size, "test", NULL, &trace, &error))
		fail_msg("%s", error.text);
	return trace;
}

static struct mb_trace *load_map(const char *text)
{
	return load(text, strlen(text));
}

static void refuses(const char *text, const char *part)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;

	assert_int_equal(mb_layout_load(text, strlen(text), "test", NULL, &trace, &error), -EINVAL);
	assert_null(trace);
	if (!strstr(error.text, part))
		fail_msg("'%s' is not in: %s", part, error.text);
}

static void has(const struct mb_trace *trace, enum mb_op_kind kind, unsigned nth, uint64_t base,
		uint64_t end, uint32_t line)
{
	const struct mb_op *op = find_nth_op(trace, kind, nth);

	assert_non_null(op);
	if (!op)
		return;
	assert_int_equal(op->base, base);
	assert_int_equal(op->base + op->size, end);
	assert_int_equal(op->line, line);
}

/* All of it is marked, no address is expected, and the boot survives. */
static void check_generated(const struct mb_trace *trace)
{
	struct mb_replay_result result;
	struct mb_variant_spec spec = spec_of("array", MB_O2);

	assert_true(strstr(trace->format, "generated") != NULL);
	assert_true(trace->warning_count > 0);
	assert_true(strstr(trace->warnings[0].text, "not captured") != NULL);
	for (size_t i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];

		assert_true(op->kind == MB_OP_DUMP ||
			    (op->why && !strncmp(op->why, "generated: ", 11)));
		assert_true(!mb_op_has_result(op->kind) || op->result == MB_RESULT_UNKNOWN);
	}
	assert_int_equal(mb_replay_check(trace, &spec, MB_METADATA_SELF, &result), 0);
	assert_string_equal(result.panic, "");
	assert_int_equal(result.dumps, result.dumps_matched);
}

static const char e820[] =
	"[    0.000000] Linux version 6.12.1 (test)\n"
	"[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\n"
	"[    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved\n"
	"[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000007ffdffff] usable\n"
	"[    0.000000] BIOS-e820: [mem 0x0000000100000000-0x000000017fffffff] usable\n"
	"[    0.000000] e820: update [mem 0x00000000-0x00000fff] usable ==> reserved\n"
	"[    0.000000] e820: remove [mem 0x000a0000-0x000fffff] usable\n"
	"[    0.000000] RAMDISK: [mem 0x7f000000-0x7fffefff]\n";

static void e820_gives_usable_memory(void **state)
{
	struct mb_trace *trace = load_map(e820);

	(void)state;
	has(trace, MB_OP_ADD, 0, 0x1000, 0x9fc00, 2);
	has(trace, MB_OP_ADD, 1, 0x100000, 0x7ffe0000, 4);
	has(trace, MB_OP_ADD, 2, 0x100000000, 0x180000000, 5);
	assert_null(find_nth_op(trace, MB_OP_ADD, 3));
	assert_string_equal(trace->machine.profile->name, "6.12");
	assert_int_equal(trace->ops[3].kind, MB_OP_SET_LIMIT);
	check_generated(trace);
	mb_trace_free(trace);
}

static void e820_of_old_kernels_has_exclusive_ends(void **state)
{
	struct mb_trace *trace = load_map(
		" BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)\n"
		" BIOS-e820: 0000000000100000 - 0000000040000000 (usable)\n"
		"e820 update range: 0000000000000000 - 0000000000001000 (usable) ==> (reserved)\n");

	(void)state;
	has(trace, MB_OP_ADD, 0, 0x1000, 0x9fc00, 1);
	has(trace, MB_OP_ADD, 1, 0x100000, 0x40000000, 2);
	check_generated(trace);
	mb_trace_free(trace);
}

/* Types have other names since 7.0, and what is no entry has lines, too. */
static void e820_of_new_kernels_has_gaps(void **state)
{
	struct mb_trace *trace = load_map(
		"[    0.000000] Linux version 7.3.4 (test)\n"
		"[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff]  System RAM\n"
		"[    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff]  device reserved\n"
		"[    0.000000] BIOS-e820: [gap 0x00000000000a0000-0x00000000000fffff]\n"
		"[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000007fffffff]  System RAM\n"
		"[    0.000000] BIOS-e820: [mem 0x0000000080000000-0x000000008fffffff]  soft reserved\n"
		"[    0.000000] e820: update [mem 0x00000000-0x00000fff] System RAM ==> device reserved\n"
		"[    0.000000] e820: remove [mem 0x7f000000-0x7fffffff] System RAM\n");

	(void)state;
	has(trace, MB_OP_ADD, 0, 0x1000, 0x9fc00, 2);
	has(trace, MB_OP_ADD, 1, 0x100000, 0x7f000000, 5);
	assert_null(find_nth_op(trace, MB_OP_ADD, 2));
	assert_string_equal(trace->machine.profile->name, "new");
	check_generated(trace);
	mb_trace_free(trace);
}

static void a_user_map_replaces_the_firmware_map(void **state)
{
	struct mb_trace *trace =
		load_map("BIOS-e820: [mem 0x0000000000100000-0x00000000ffffffff] usable\n"
			 "e820: user-defined physical RAM map:\n"
			 "user: [mem 0x0000000000100000-0x000000000fffffff] usable\n");

	(void)state;
	has(trace, MB_OP_ADD, 0, 0x100000, 0x10000000, 3);
	assert_null(find_nth_op(trace, MB_OP_ADD, 1));
	mb_trace_free(trace);
}

static void efi_types_decide(void **state)
{
	struct mb_trace *trace = load_map(
		"efi:   0x000040000000-0x00007f5bffff [Conventional Memory|   |  |  |  |  |  |   |WB|WT|WC|UC]\n"
		"efi:   0x00007f5c0000-0x00007f64ffff [Runtime Data       |RUN|  |  |  |  |  |   |WB|WT|WC|UC]*\n"
		"efi:   0x00007f650000-0x00007fffffff [ACPI Reclaim Memory|   |  |  |  |  |  |   |WB|WT|WC|UC]\n"
		"efi:   0x000009010000-0x000009010fff [Memory Mapped I/O  |RUN|  |  |  |  |  |   |  |  |  |UC]\n"
		"efi: mem04: [Boot Data          |   |  |MR|  |  |  |   |WB|WT|WC|UC] range=[0x0000000080000000-0x0000000080ffffff] (16MB)\n"
		"efi: mem05: type=7, attr=0xf, range=[0x0000000081000000-0x0000000082000000) (16MB)\n");

	(void)state;
	has(trace, MB_OP_ADD, 0, 0x40000000, 0x7f5c0000, 1);
	has(trace, MB_OP_ADD, 1, 0x7f5c0000, 0x7f650000, 2);
	has(trace, MB_OP_MARK, 0, 0x7f5c0000, 0x7f650000, 2);
	has(trace, MB_OP_ADD, 2, 0x7f650000, 0x80000000, 3);
	has(trace, MB_OP_ADD, 3, 0x80000000, 0x81000000, 5);
	has(trace, MB_OP_ADD, 4, 0x81000000, 0x82000000, 6);
	assert_null(find_nth_op(trace, MB_OP_ADD, 5));
	has(trace, MB_OP_RESERVE, 0, 0x7f650000, 0x80000000, 3);
	check_generated(trace);
	mb_trace_free(trace);
}

#define MEMORY_LIST                                                                                \
	"   0: 0x0000000000001000..0x000000000009efff    0 NONE\n"                                 \
	"   1: 0x0000000100000000..0x000000013fffffff    x HOTPLUG|NOMAP\n"
#define RESERVED_LIST                                                                              \
	"   0: 0x0000000000000000..0x000000000000ffff    x NONE\n"                                 \
	"   1: 0x0000000100200000..0x00000001002fffff    0 RSV_NIT\n"

static void debugfs_in_each_form(void **state)
{
	static const char *const forms[] = {
		MEMORY_LIST RESERVED_LIST,
		"==> /sys/kernel/debug/memblock/memory <==\n" MEMORY_LIST
		"\n==> /sys/kernel/debug/memblock/reserved <==\n" RESERVED_LIST,
		"memory:   0: 0x0000000000001000..0x000000000009efff    0 NONE\n"
		"memory:   1: 0x0000000100000000..0x000000013fffffff    x HOTPLUG|NOMAP\n"
		"reserved:   0: 0x0000000000000000..0x000000000000ffff    x NONE\n"
		"reserved:   1: 0x0000000100200000..0x00000001002fffff    0 RSV_NIT\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct mb_trace *trace;

		assert_true(mb_layout_certain(forms[i], strlen(forms[i])));
		trace = load_map(forms[i]);
		assert_int_equal(trace->dump_count, 1);
		assert_int_equal(trace->dumps[0].cnt[MB_MEMORY], 2);
		assert_int_equal(trace->dumps[0].cnt[MB_RESERVED], 2);
		assert_int_equal(trace->dumps[0].regions[MB_MEMORY][1].flags,
				 MB_HOTPLUG | MB_NOMAP);
		assert_int_equal(trace->dumps[0].regions[MB_RESERVED][1].flags, MB_RSRV_NOINIT);
		check_generated(trace);
		mb_trace_free(trace);
	}
}

static void debugfs_of_6_1_has_ranges_only(void **state)
{
	struct mb_trace *trace = load_map("   0: 0x0000000040000000..0x00000000bfffffff\n"
					  "   0: 0x0000000000000000..0xffffffffffffffff\n");

	(void)state;
	assert_string_equal(trace->machine.profile->name, "6.1");
	assert_int_equal(trace->dumps[0].cnt[MB_RESERVED], 0);
	check_generated(trace);
	mb_trace_free(trace);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	(void)state;
	refuses("BIOS-e820: [mem 0x0000000000100000-0x000000zz] usable\n", "test:1: an e820 entry");
	refuses("BIOS-e820: [mem 0x0000000000100000-0x0000000000000fff] usable\n",
		"cannot be read");
	refuses("BIOS-e820: [mem 0x0000000000100000-0x00000000001fffff]\n", "without a type");
	refuses("BIOS-e820: [mem 0x0000000000100000-0x00000000001fffff] reserved\n",
		"without usable memory");
	refuses("efi: mem00: [Nonsense|WB] range=[0x0-0xfff] (0MB)\n", "type cannot be read");
	refuses("efi: mem00: [Boot Code|WB] range=[0x-0xfff] (0MB)\n", "range cannot be read");
	refuses("   0: 0x1000..0x1fff    0 NONE\n   2: 0x3000..0x3fff    0 NONE\n",
		"test:2: an entry is missing");
	refuses("   0: 0x1000..0x1fff    0 NONE\n   1: 0x1000..0x3fff    0 NONE\n",
		"below the end");
	refuses("   0: 0x1000..0x1fff    0 NONE\nwhat is this\n", "not a line of");
	refuses("   0: 0x1000..0x1fff    0 NONE\n==> reserve_mem_param <==\n", "does not have");
	refuses("\xd0\x0d\xfe\xed", "device tree");
}

/* ---- device trees ------------------------------------------------------------------------------ */

static void put_ranges(void *fdt, const char *name, const uint64_t *words, unsigned count)
{
	fdt64_t cells[16];

	for (unsigned i = 0; i < count; i++)
		cells[i] = cpu_to_fdt64(words[i]);
	assert_int_equal(fdt_property(fdt, name, cells, (int)(count * sizeof(cells[0]))), 0);
}

#define PUT_RANGES(fdt, name, ...)                                                                 \
	put_ranges(fdt, name, (uint64_t[]){ __VA_ARGS__ },                                         \
		   sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* Two nodes of memory, one of them hot-pluggable, and every kind of reservation. */
static size_t build_tree(void *fdt, int size)
{
	fdt_create(fdt, size);
	fdt_add_reservemap_entry(fdt, 0x48000000, 0x4000);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_property_u32(fdt, "#address-cells", 2);
	fdt_property_u32(fdt, "#size-cells", 2);
	fdt_begin_node(fdt, "memory@40000000");
	fdt_property_string(fdt, "device_type", "memory");
	PUT_RANGES(fdt, "reg", 0x40000000, 0x40000000, 0x100000000, 0x40000000);
	fdt_property_u32(fdt, "numa-node-id", 0);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "memory@200000000");
	fdt_property_string(fdt, "device_type", "memory");
	PUT_RANGES(fdt, "reg", 0x200000000, 0x40000000);
	fdt_property_u32(fdt, "numa-node-id", 1);
	fdt_property(fdt, "hotpluggable", NULL, 0);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "reserved-memory");
	fdt_property_u32(fdt, "#address-cells", 2);
	fdt_property_u32(fdt, "#size-cells", 2);
	fdt_property(fdt, "ranges", NULL, 0);
	fdt_begin_node(fdt, "secure@50000000");
	PUT_RANGES(fdt, "reg", 0x50000000, 0x100000);
	fdt_property(fdt, "no-map", NULL, 0);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "buffer@51000000");
	PUT_RANGES(fdt, "reg", 0x51000000, 0x200000);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "pool");
	PUT_RANGES(fdt, "size", 0x1000000);
	PUT_RANGES(fdt, "alignment", 0x400000);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "chosen");
	PUT_RANGES(fdt, "linux,initrd-start", 0x49000000);
	PUT_RANGES(fdt, "linux,initrd-end", 0x49800000);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	assert_int_equal(fdt_finish(fdt), 0);
	return fdt_totalsize(fdt);
}

static void device_tree_gives_all_of_it(void **state)
{
	static _Alignas(8) char fdt[4096];
	struct mb_trace *trace = load(fdt, build_tree(fdt, sizeof(fdt)));
	const struct mb_op *op;

	(void)state;
	has(trace, MB_OP_ADD, 0, 0x40000000, 0x80000000, 0);
	has(trace, MB_OP_ADD, 1, 0x100000000, 0x140000000, 0);
	has(trace, MB_OP_ADD, 2, 0x200000000, 0x240000000, 0);
	has(trace, MB_OP_MARK, 0, 0x200000000, 0x240000000, 0); /* hotplug */
	has(trace, MB_OP_MARK, 1, 0x50000000, 0x50100000, 0);   /* no-map */
	has(trace, MB_OP_RESERVE, 0, 0x48000000, 0x48004000, 0);
	has(trace, MB_OP_RESERVE, 1, 0x51000000, 0x51200000, 0);
	has(trace, MB_OP_RESERVE, 2, 0x49000000, 0x49800000, 0);
	op = find_nth_op(trace, MB_OP_SET_NODE, 2);
	assert_true(op && op->nid == 1 && op->base == 0x200000000);
	op = NULL;
	for (size_t i = 0; i < trace->count; i++)
		if (trace->ops[i].align == 0x400000)
			op = &trace->ops[i];
	assert_true(op && op->size == 0x1000000);
	check_generated(trace);
	mb_trace_free(trace);
}

static void cut_and_lying_trees_are_refused(void **state)
{
	static _Alignas(8) char fdt[4096];
	struct mb_text_error error = { "" };
	size_t size = build_tree(fdt, sizeof(fdt));
	struct mb_trace *trace;

	(void)state;
	for (size_t n = 4; n < size; n += 13) {
		char *cut = malloc(n);

		assert_non_null(cut);
		if (!cut)
			return;
		memcpy(cut, fdt, n);
		assert_int_equal(mb_layout_load(cut, n, "cut", NULL, &trace, &error), -EINVAL);
		free(cut);
	}
	fdt_set_totalsize(fdt, 0x7fffffff);
	assert_int_equal(mb_layout_load(fdt, size, "lie", NULL, &trace, &error), -EINVAL);
	assert_true(strstr(error.text, "cut off") != NULL);
}

/* ---- damage ------------------------------------------------------------------------------------ */

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Whatever the bytes are: a trace, or -EINVAL with a message. In a block of its own size. */
static void flip(const char *text, size_t size, unsigned rounds, uint64_t seed)
{
	for (unsigned i = 0; i < rounds; i++) {
		struct mb_text_error error = { "" };
		struct mb_trace *trace = NULL;
		char *copy = malloc(size);
		int code;

		assert_non_null(copy);
		if (!copy)
			return;
		memcpy(copy, text, size);
		for (unsigned flips = 1 + (unsigned)(next_random(&seed) % 6); flips; flips--)
			copy[next_random(&seed) % size] = (char)next_random(&seed);
		code = mb_layout_load(copy, size, "damaged", NULL, &trace, &error);
		assert_true(code == 0 || code == -EINVAL);
		assert_true(code == 0 || *error.text);
		mb_trace_free(trace);
		free(copy);
	}
}

static void damaged_inputs_do_no_harm(void **state)
{
	static const char lists[] = MEMORY_LIST RESERVED_LIST;
	static _Alignas(8) char fdt[4096];

	(void)state;
	flip(fdt, build_tree(fdt, sizeof(fdt)), 3000, 1);
	flip(e820, sizeof(e820) - 1, 1000, 2);
	flip(lists, sizeof(lists) - 1, 1000, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e820_gives_usable_memory),
		cmocka_unit_test(e820_of_old_kernels_has_exclusive_ends),
		cmocka_unit_test(e820_of_new_kernels_has_gaps),
		cmocka_unit_test(a_user_map_replaces_the_firmware_map),
		cmocka_unit_test(efi_types_decide),
		cmocka_unit_test(debugfs_in_each_form),
		cmocka_unit_test(debugfs_of_6_1_has_ranges_only),
		cmocka_unit_test(what_cannot_be_meant_is_refused),
		cmocka_unit_test(device_tree_gives_all_of_it),
		cmocka_unit_test(cut_and_lying_trees_are_refused),
		cmocka_unit_test(damaged_inputs_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
