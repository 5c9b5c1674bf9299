/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_replay.c - captured boots: every allocation where the kernel had it, every dump met, every growth
 * where it was, on every store. The six boots of the catalogue are always there; the console logs
 * they came from, and others, are read where the folder with captures is present ($MB_SHARED).
 *
 * With metadata=host all stores must agree with the capture and with each other, address by address.
 * With metadata=self that holds for array, which grows as the kernel does; the other stores put their
 * metadata elsewhere, and must merely come to the end with sound collections.
 */
#include <dirent.h>
#include <errno.h>
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
#include <memblock/replay.h>

#include "harness.h"
#include "traces.h"

static const char *const catalogue[] = {
	"x86_64-6.1-full-4G",
	"x86_64-6.12-cloud-4G-2node",
	"x86_64-6.12-cloud-ovmf-4G-q35",
	"x86_64-6.12-full-8G-srat-hotplug-movablenode",
	"x86_64-6.1-cloud-4G-memmap190-doubling",
	"x86_64-6.12-full-127G-127node",
};

static struct mb_trace *load_catalogue(unsigned i)
{
	char name[256];

	snprintf(name, sizeof(name), "workloads/captured/%s.trace.zst", catalogue[i]);
	return load_file(source_path(name));
}

static void replay(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		   enum mb_metadata metadata, struct mb_replay_result *result)
{
	assert_int_equal(mb_replay_check(trace, spec, metadata, result), 0);
	if (result->panic[0])
		fail_now("%s on %s: panic: %s", trace->source, spec->name, result->panic);
}

static void assert_as_captured(const struct mb_trace *trace, const struct mb_variant_spec *spec,
			       const struct mb_replay_result *result)
{
	if (result->diverged_count)
		fail_now("%s:%u on %s: captured 0x%" PRIx64 ", got 0x%" PRIx64, trace->source,
			 result->diverged[0].line, spec->name, result->diverged[0].captured,
			 result->diverged[0].got);
	assert_true(result->allocs == result->allocs_as_captured);
	if (result->dumps != result->dumps_matched)
		fail_now("%s:%u on %s: %s", trace->source, result->first_dump_differs, spec->name,
			 result->first_dump_why);
	if (result->growths_as_captured != UINT64_MAX &&
	    result->growths_as_captured != result->growths)
		fail_now("%s on %s: %" PRIu64 " of %" PRIu64 " growths as captured", trace->source,
			 spec->name, result->growths_as_captured, result->growths);
}

/* Everything that must hold for a boot whose log tells enough. */
static void assert_lands_everywhere(const struct mb_trace *trace)
{
	struct mb_replay_result result;
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16), i;
	char digest[65] = "";

	assert_true(trace->dump_count > 0);
	for (i = 0; i < n; i++) {
		replay(trace, &specs[i], MB_METADATA_HOST, &result);
		assert_as_captured(trace, &specs[i], &result);
		assert_true(result.growths_as_captured == UINT64_MAX);
		if (digest[0])
			assert_string_equal(digest, result.state_digest);
		memcpy(digest, result.state_digest, sizeof(digest));

		replay(trace, &specs[i], MB_METADATA_SELF, &result);
		if (strcmp(specs[i].variant->name, "array"))
			continue;
		assert_as_captured(trace, &specs[i], &result);
		assert_true(result.growths_as_captured == result.growths);
		assert_string_equal(digest, result.state_digest);
	}
}

/* ---- the catalogue ----------------------------------------------------------------------------- */

static void catalogue_lands_everywhere(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(catalogue) / sizeof(catalogue[0]); i++) {
		struct mb_trace *trace = load_catalogue(i);

		assert_int_equal(trace->warning_count, 0);
		assert_lands_everywhere(trace);
		mb_trace_free(trace);
	}
}

static void catalogue_shows_what_it_promises(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_replay_result result;
	struct mb_trace *trace;

	(void)state;
	trace = load_catalogue(4);
	replay(trace, &array, MB_METADATA_SELF, &result);
	assert_int_equal(result.growths, 2);
	assert_int_equal(result.memory_peak, 193);
	assert_true(result.metadata_bytes_peak >= 2 * 256 * 24);
	assert_true(result.bytes_zeroed > 0);
	mb_trace_free(trace);

	trace = load_catalogue(5);
	replay(trace, &array, MB_METADATA_SELF, &result);
	assert_int_equal(result.growths, 3);
	assert_int_equal(result.memory_peak, 128);
	assert_true(result.reserved_peak > 256);
	mb_trace_free(trace);
}

/* A store that starts smaller, or grows by another factor, lands there too with metadata=host. */
static void parameters_do_not_move_anything(void **state)
{
	static const char *const texts[] = { "array:init=8", "array:growth=1.5",
					     "array:search=binary:merge=full", "rbtree:init=16",
					     "list:init=16:growth=4" };
	struct mb_trace *trace = load_catalogue(5);
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct mb_variant_spec spec;
		struct mb_replay_result result;
		char error[256];

		if (mb_variant_parse(texts[i], &spec, error, sizeof(error)))
			continue; /* a parameter this variant does not have */
		replay(trace, &spec, MB_METADATA_HOST, &result);
		assert_as_captured(trace, &spec, &result);
		replay(trace, &spec, MB_METADATA_SELF, &result);
		if (!strcmp(texts[i], "array:growth=1.5") || !strcmp(texts[i], "array:init=8"))
			assert_true(result.growths_as_captured == UINT64_MAX);
	}
	mb_trace_free(trace);
}

/* ---- what differs is found --------------------------------------------------------------------- */

static struct mb_op *nth_op(struct mb_trace *trace, enum mb_op_kind kind, unsigned n)
{
	struct mb_op *op = find_nth_op(trace, kind, n);

	if (!op)
		fail_now("no such %s", mb_op_name(kind));
	return op;
}

static void divergence_is_reported(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_trace *trace = load_catalogue(0);
	struct mb_op *op = nth_op(trace, MB_OP_ALLOC, 3);
	struct mb_replay_result result;
	uint64_t real = op->result;

	(void)state;
	op->result -= 0x40;
	replay(trace, &array, MB_METADATA_HOST, &result);
	assert_int_equal(result.diverged_count, 1);
	assert_int_equal(result.diverged[0].line, op->line);
	assert_true(result.diverged[0].captured == real - 0x40);
	assert_true(result.diverged[0].got == real);
	assert_true(result.allocs_as_captured == result.allocs - 1);
	assert_true(result.dumps_matched == result.dumps);
	mb_trace_free(trace);
}

static void differing_dump_is_reported(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_replay_result result;
	unsigned field;

	(void)state;
	for (field = 0; field < 6; field++) {
		struct mb_trace *trace = load_catalogue(1);
		struct mb_dump *dump = &trace->dumps[1];

		switch (field) {
		case 0:
			dump->regions[MB_MEMORY][2].base += 0x1000;
			break;
		case 1:
			dump->regions[MB_RESERVED][2].size -= 1;
			break;
		case 2:
			dump->regions[MB_MEMORY][3].nid = 0;
			break;
		case 3:
			dump->regions[MB_MEMORY][0].flags = MB_NOMAP;
			break;
		case 4:
			dump->size
				[MB_MEMORY]--; /* the total is stale after the trim, and must be */
			break;
		case 5:
			dump->cnt[MB_RESERVED]--;
			break;
		}
		replay(trace, &array, MB_METADATA_HOST, &result);
		assert_int_equal(result.dumps_matched, result.dumps - 1);
		assert_int_equal(result.first_dump_differs, dump->line);
		assert_true(result.first_dump_why[0]);
		mb_trace_free(trace);
	}
}

/* What a variant did is counted, not what was captured: neither an array that is large enough, nor one that grows in
 * larger steps, nor a store that holds nothing, enlarges three times. */
static void growth_is_what_the_variant_did(void **state)
{
	static const struct {
		const char *variant;
		unsigned growths;
	} rows[] = {
		{ "array", 3 }, { "array:init=512", 0 }, { "array:growth=8", 2 }, { "empty", 0 }
	};
	struct mb_trace *trace = load_catalogue(5);
	struct mb_replay_result result;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_variant_spec spec = spec_of(rows[i].variant, MB_O2);

		for (int metadata = MB_METADATA_SELF; metadata <= MB_METADATA_HOST; metadata++) {
			replay(trace, &spec, metadata, &result);
			assert_int_equal(result.growths, rows[i].growths);
			assert_int_equal(result.growths_captured, 3);
		}
	}
	mb_trace_free(trace);
}

static void differing_growth_is_reported(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_trace *trace = load_catalogue(5);
	struct mb_replay_result result;
	struct mb_op *op;

	(void)state;
	nth_op(trace, MB_OP_GREW, 1)->base += 0x1000;
	replay(trace, &array, MB_METADATA_SELF, &result);
	assert_int_equal(result.growths, 3);
	assert_int_equal(result.growths_as_captured, 2);
	assert_int_equal(result.diverged_count, 0); /* self: expected, not executed */

	/* A growth that the capture does not have is not as captured. */
	op = nth_op(trace, MB_OP_GREW, 2);
	*op = (struct mb_op){ .kind = MB_OP_ALLOW_RESIZE };
	replay(trace, &array, MB_METADATA_SELF, &result);
	assert_int_equal(result.growths, 3);
	assert_int_equal(result.growths_captured, 2);
	assert_int_equal(result.growths_as_captured, 1);

	/* host: a captured array that is missing shows in the addresses. */
	replay(trace, &array, MB_METADATA_HOST, &result);
	assert_true(result.diverged_count > 0);
	mb_trace_free(trace);
}

static void panic_ends_a_replay(void **state)
{
	struct mb_variant_spec array = spec_of("array:init=8", MB_O2);
	struct mb_trace *trace = mb_trace_new("made up", "trace");
	struct mb_replay_result result;
	struct mb_op op = { .kind = MB_OP_RESERVE, .size = 0x1000 };
	unsigned i;

	(void)state;
	for (i = 0; i < 20; i++) {
		op.base = 0x10000 + i * 0x2000;
		mb_trace_add(trace, &op);
	}
	assert_int_equal(mb_replay_check(trace, &array, MB_METADATA_SELF, &result), 0);
	assert_non_null(strstr(result.panic, "cannot resize reserved array"));
	assert_true(result.reserved_peak <= 8);
	assert_false(result.left.known);
	mb_trace_free(trace);
}

/* The forms that take fewer arguments, and the frees by pointer and of an area. */
static void short_forms_choose_the_rest(void **state)
{
	struct mb_machine machine = { .profile = mb_profile_find("new") };
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb *mb = NULL;
	struct mb_op op;
	struct mb_region r;

	(void)state;
	assert_int_equal(mb_create(&machine, NULL, &array, &mb), 0);
#define FORM(form, ...)                                                                            \
	(op =                                                                                      \
		 (struct mb_op){                                                                   \
			 .kind = MB_OP_##form, .size = 0x1000, .align = 0x1000, __VA_ARGS__ },     \
	 mb_op_run(mb, &op))
	mb_add_node(mb, 0x10000, 0x10000, 0, 0);
	mb_add_node(mb, 0x200000000, 0x10000, 1, 0);
	assert_true(FORM(PHYS_ALLOC, .nid = 0, .hi = 0x20000) == 0x20000f000);
	assert_true(FORM(PHYS_ALLOC_TRY_NID, .nid = 0) == 0x1f000);
	assert_true(FORM(ALLOC_SIMPLE, .nid = 0, .hi = 0x20000) == 0x20000e000);
	assert_true(FORM(ALLOC_SIMPLE_RAW, .nid = 0) == 0x20000d000);
	assert_true(FORM(ALLOC_LOW, .nid = 1) == 0x1e000);
	assert_true(FORM(ALLOC_NODE, .nid = 0) == 0x1d000);
	mb_set_bottom_up(mb, true);
	assert_true(FORM(ALLOC_FROM, .lo = 0x15000) == 0x15000);
	assert_true(FORM(ALLOC_OR_PANIC, .lo = 0x15000) == 0x10000);
#undef FORM
	op = (struct mb_op){ .kind = MB_OP_FREE_POINTER, .base = 0x15000, .size = 0x1000 };
	mb_op_run(mb, &op);
	assert_false(mb_is_reserved(mb, 0x15000));
	op = (struct mb_op){ .kind = MB_OP_FREE_AREA, .base = 0x10800, .size = 0x2800 };
	assert_true(mb_op_run(mb, &op) == 2);
	op = (struct mb_op){ .kind = MB_OP_RESERVE_NODE,
			     .base = 0x18000,
			     .size = 0x1000,
			     .nid = MB_NUMA_NO_NODE,
			     .flags = MB_RSRV_KERN };
	mb_op_run(mb, &op);
	assert_true(mb_search(mb, MB_RESERVED, 0x18000, &r) && r.flags == MB_RSRV_KERN);
	mb_destroy(mb);
}

/* Every operation does on an instance what its name says. */
static void operations_do_what_they_say(void **state)
{
	struct mb_machine machine = { .physmem = true };
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_region r;
	struct mb *mb = NULL;
	struct mb_op op;

	(void)state;
	assert_int_equal(mb_create(&machine, NULL, &array, &mb), 0);
#define RUN(...) (op = (struct mb_op){ __VA_ARGS__ }, mb_op_run(mb, &op))
	RUN(.kind = MB_OP_ALLOW_RESIZE);
	RUN(.kind = MB_OP_ADD, .base = 0x1800, .size = 0xfe800);
	RUN(.kind = MB_OP_ADD_NODE, .base = 0x100000, .size = 0x100000, .nid = 1);
	RUN(.kind = MB_OP_PHYSMEM_ADD, .base = 0, .size = 0x200000);
	RUN(.kind = MB_OP_TRIM, .align = 0x1000);
	assert_true(mb_start_of_DRAM(mb) == 0x2000);
	assert_true(mb_cnt(mb, MB_PHYSMEM) == 1);
	RUN(.kind = MB_OP_SET_NODE, .which = MB_MEMORY, .base = 0, .size = 0x100000, .nid = 0);
	assert_true(mb_search(mb, MB_MEMORY, 0x2000, &r) && r.nid == 0);
	RUN(.kind = MB_OP_SET_LIMIT, .hi = 0x180000);
	assert_true(RUN(.kind = MB_OP_ALLOC, .size = 0x1000, .align = 0x1000, .nid = -1) ==
		    0x17f000);
	assert_true(RUN(.kind = MB_OP_ALLOC_RAW, .size = 0x1000, .align = 0x1000, .nid = 0) ==
		    0xff000);
	assert_true(RUN(.kind = MB_OP_ALLOC_EXACT, .size = 0x1000, .align = 0x1000, .nid = 3) == 0);
	assert_true(RUN(.kind = MB_OP_PHYS_ALLOC_RANGE, .size = 0x1000, .align = 0x1000,
			.hi = MB_ALLOC_ANYWHERE) == 0x1ff000);
	RUN(.kind = MB_OP_SET_BOTTOM_UP, .value = 1);
	assert_true(RUN(.kind = MB_OP_ALLOC_CORE, .size = 0x1000, .align = 0x1000, .nid = 1,
			.value = 1) == 0x100000);
	RUN(.kind = MB_OP_FREE, .base = 0x100000, .size = 0x1000);
	assert_false(mb_is_reserved(mb, 0x100000));
	RUN(.kind = MB_OP_FREE_LATE, .base = 0xff000, .size = 0x1000);
	assert_true(mb_is_reserved(mb, 0xff000));
	RUN(.kind = MB_OP_RESERVE, .base = 0x50000, .size = 0x1000);
	assert_true(mb_is_reserved(mb, 0x50000));
	RUN(.kind = MB_OP_MARK, .base = 0x2000, .size = 0x1000, .flags = MB_NOMAP);
	assert_false(mb_is_map_memory(mb, 0x2000));
	RUN(.kind = MB_OP_CLEAR, .base = 0x2000, .size = 0x1000, .flags = MB_NOMAP);
	assert_true(mb_is_map_memory(mb, 0x2000));
	RUN(.kind = MB_OP_MARK, .base = 0x2000, .size = 0x1000, .flags = MB_HOTPLUG);
	assert_true(mb_search(mb, MB_MEMORY, 0x2000, &r) && r.flags == MB_HOTPLUG);
	RUN(.kind = MB_OP_CLEAR, .base = 0x2000, .size = 0x1000, .flags = MB_HOTPLUG);
	RUN(.kind = MB_OP_MARK, .base = 0x50000, .size = 0x1000, .flags = MB_RSRV_NOINIT);
	assert_true(mb_search(mb, MB_RESERVED, 0x50000, &r) && r.flags == MB_RSRV_NOINIT);
	RUN(.kind = MB_OP_REMOVE, .base = 0x2000, .size = 0x1000);
	assert_true(mb_start_of_DRAM(mb) == 0x3000);
	RUN(.kind = MB_OP_REMOVE_MAP, .value = 0x100000);
	assert_true(mb_end_of_DRAM(mb) == 0x103000);
	RUN(.kind = MB_OP_CAP_RANGE, .base = 0, .size = 0x80000);
	assert_true(mb_end_of_DRAM(mb) == 0x80000);
	RUN(.kind = MB_OP_ENFORCE_LIMIT, .value = 0x10000);
	assert_true(mb_end_of_DRAM(mb) == 0x13000);
	mb_op_run_growth(mb, &(struct mb_op){ .base = 0x8000, .size = 0x1000 });
	assert_true(mb_is_reserved(mb, 0x8000));
	mb_op_run_growth(mb, &(struct mb_op){ .base = 0x9000,
					      .size = 0x1000,
					      .old_base = 0x8000,
					      .old_size = 0x1000 });
	assert_false(mb_is_reserved(mb, 0x8000));
	assert_true(mb_is_reserved(mb, 0x9000));
	mb_destroy(mb);
}

/* Operations of newer kernels and of the end of a boot; what fails says so. */
static void later_operations_do_what_they_say(void **state)
{
	struct mb_machine machine = { .profile = mb_profile_find("new") };
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_region r;
	struct mb *mb = NULL;
	struct mb_op op;

	(void)state;
	assert_int_equal(mb_create(&machine, NULL, &array, &mb), 0);
	RUN(.kind = MB_OP_ADD_NODE, .base = 0x100000, .size = 0x700000, .nid = 0);
	RUN(.kind = MB_OP_RESERVE_NODE, .base = 0x100000, .size = 0x1000, .nid = 2,
	    .flags = MB_RSRV_NOINIT);
	assert_true(mb_search(mb, MB_RESERVED, 0x100000, &r) && r.nid == 2 &&
		    r.flags == MB_RSRV_NOINIT);
	RUN(.kind = MB_OP_STAMP_NODE, .which = MB_RESERVED, .base = 0x100800, .nid = 3);
	assert_true(mb_search(mb, MB_RESERVED, 0x100000, &r) && r.nid == 3);
	RUN(.kind = MB_OP_MARK, .base = 0x100000, .size = 0x1000, .flags = MB_RSRV_KERN);
	assert_true(mb_reserved_kern_size(mb, UINT64_MAX, -1) == 0x1000);
	assert_true(RUN(.kind = MB_OP_ALLOC_HUGETLB, .size = 0x200000, .nid = -1) == 0x600000);
	assert_true(RUN(.kind = MB_OP_SCRATCH_AREA, .base = 0x400000, .size = 0x1000) == 0);
	assert_true(RUN(.kind = MB_OP_ALLOC_HUGETLB, .size = 0x200000, .nid = -1) == 0x200000);
	RUN(.kind = MB_OP_FREE, .base = 0x200000, .size = 0x200000);
	RUN(.kind = MB_OP_MARK, .base = 0x200000, .size = 0x1000, .flags = MB_KHO_SCRATCH);
	RUN(.kind = MB_OP_SCRATCH_ONLY, .value = 1);
	assert_true(RUN(.kind = MB_OP_PHYS_ALLOC_RANGE, .size = 0x1000, .align = 0x1000,
			.hi = MB_ALLOC_ANYWHERE) == 0x200000);
	RUN(.kind = MB_OP_SCRATCH_ONLY);
	RUN(.kind = MB_OP_CLEAR, .base = 0x200000, .size = 0x1000, .flags = MB_KHO_SCRATCH);
	assert_true(mb_search(mb, MB_MEMORY, 0x200000, &r) && r.flags == 0);
	assert_true(RUN(.kind = MB_OP_RESERVE_MEM, .text = "4K:4096:n7") == 1);
	assert_true(RUN(.kind = MB_OP_RESERVE_MEM, .text = "4K:4096:n7") == (uint64_t)-EBUSY);
	assert_true(RUN(.kind = MB_OP_RELEASE_MEM, .text = "n7") == 1);
	RUN(.kind = MB_OP_DEBUG, .value = 1);
	assert_true(mb->debug);
	/* 1792 pages, less those of the reservation, the page, the scratch page, and the name. */
	assert_true(RUN(.kind = MB_OP_FREE_ALL) == 0x700 - 1 - 0x200 - 1 - 1);
	RUN(.kind = MB_OP_SLAB, .value = 1);
	assert_true(mb->slab_up);
	RUN(.kind = MB_OP_DISCARD);
	assert_true(mb->discarded);
	mb_destroy(mb);

	/* No slots, no permission to grow: 6.1 says so. */
	machine = (struct mb_machine){ .profile = mb_profile_find("6.1"), .reserved_slots = 4 };
	assert_int_equal(mb_create(&machine, NULL, &array, &mb), 0);
	for (unsigned i = 1; i <= 4; i++)
		assert_true(RUN(.kind = MB_OP_RESERVE, .base = i * 0x10000, .size = 1) == 0);
	assert_true(RUN(.kind = MB_OP_RESERVE, .base = 0x90000, .size = 1) == (uint64_t)-ENOMEM);
	mb_destroy(mb);
}

/* Answers tell states apart that hold the same regions, and do not tell equal ones apart. */
static void answers_are_of_the_state(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2), list = spec_of("list", MB_O2);
	struct mb_answers a = { 0 }, b = { 0 }, c = { 0 }, kept = { 0 };
	struct mb *x = NULL, *y = NULL;

	(void)state;
	assert_int_equal(mb_create(NULL, NULL, &array, &x), 0);
	assert_int_equal(mb_create(NULL, NULL, &list, &y), 0);
	for (unsigned i = 0; i < 50; i++) {
		mb_add_node(x, i * 0x10000ULL, 0x8000, (int)i % 3, i % 5 ? 0 : MB_HOTPLUG);
		mb_add_node(y, i * 0x10000ULL, 0x8000, (int)i % 3, i % 5 ? 0 : MB_HOTPLUG);
		mb_reserve(x, i * 0x10000ULL + 0x1000, 0x800);
		mb_reserve(y, i * 0x10000ULL + 0x1000, 0x800);
	}
	mb_ask(x, &a);
	mb_ask(y, &b);
	assert_true(a.sum == b.sum && a.count == b.count && a.count > 1000);
	kept.room = 100000;
	kept.entries = calloc(kept.room, sizeof(*kept.entries));
	mb_ask(y, &kept);
	assert_true(kept.count > a.count && kept.entries && kept.entries[0].what);
	mb_set_bottom_up(y, true);
	mb_ask(y, &c);
	assert_true(c.sum != a.sum);
	free(kept.entries);
	mb_destroy(x);
	mb_destroy(y);
}

/* Node and flags show in the digest; how "no node" is stored does not. */
static void state_digest_is_of_the_answer(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2), list = spec_of("list", MB_O2);
	char a[65], b[65], empty[65];
	struct mb *x = NULL, *y = NULL;

	(void)state;
	assert_int_equal(mb_create(NULL, NULL, &array, &x), 0);
	assert_int_equal(mb_create(NULL, NULL, &list, &y), 0);
	mb_state_digest(x, empty);
	assert_string_equal(empty,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	mb_add(x, 0x1000, 0x2000);
	mb_add_node(y, 0x1000, 0x2000, MB_NUMA_NO_NODE, 0);
	mb_state_digest(x, a);
	mb_state_digest(y, b);
	assert_string_equal(a, b);
	/* printf 'memory 0x1000 0x3000 x 0x0\n' | sha256sum */
	assert_string_equal(a, "70643976a39c9f50170efbedd8f3745b4091699699f8628e8463f5f0c1c908bb");
	mb_set_node(y, 0, 0x10000, MB_MEMORY, 0);
	mb_state_digest(y, b);
	assert_string_not_equal(a, b);
	mb_destroy(x);
	mb_destroy(y);
}

/* ---- console logs ------------------------------------------------------------------------------ */

typedef void (*log_check)(const char *path, struct mb_trace *trace);

/* Load every .log of $MB_SHARED/@folder and check it. Skips, and says so, where there is none. */
static void each_log(const char *folder, log_check check)
{
	const char *shared = getenv("MB_SHARED");
	unsigned count = 0;
	struct dirent *entry;
	char path[4096];
	DIR *dir = NULL;

	if (shared) {
		snprintf(path, sizeof(path), "%s/%s", shared, folder);
		dir = opendir(path);
	}
	if (!dir) {
		print_message("SKIPPED: no folder %s (MB_SHARED=%s)\n", folder,
			      shared ? shared : "");
		skip();
		abort();
	}
	while ((entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		struct mb_trace *trace;

		if (!dot || strcmp(dot, ".log"))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", shared, folder, entry->d_name);
		trace = load_file(path);
		check(path, trace);
		mb_trace_free(trace);
		count++;
	}
	closedir(dir);
	assert_true(count > 0);
}

static void check_capture(const char *path, struct mb_trace *trace)
{
	static const char *const names[] = { "rt.trace", "rt.trace.zst" };
	unsigned i;

	assert_int_equal(trace->unrecognised, 0);
	/* The one warning there is: that the log holds the boot twice. */
	assert_int_equal(trace->warning_count, strstr(path, "earlykeep") ? 1 : 0);
	assert_lands_everywhere(trace);
	for (i = 0; i < 2; i++) {
		struct mb_text_error error = { "" };
		struct mb_trace *again;

		if (mb_trace_write(trace, names[i], &error))
			fail_now("%s", error.text);
		again = load_file(names[i]);
		assert_string_equal(again->digest, trace->digest);
		assert_int_equal(again->reconstructed, trace->reconstructed);
		assert_lands_everywhere(again);
		mb_trace_free(again);
	}
}

static void captures_land_everywhere(void **state)
{
	(void)state;
	each_log("captures", check_capture);
}

/* The catalogue is what the importer makes of the captures today. */
static void check_in_catalogue(const char *path, struct mb_trace *trace)
{
	unsigned i;

	(void)path;
	for (i = 0; i < sizeof(catalogue) / sizeof(catalogue[0]); i++) {
		struct mb_trace *kept;

		if (strncmp(trace->source, catalogue[i], strlen(catalogue[i])) ||
		    trace->source[strlen(catalogue[i])] != '.' ||
		    strcmp(trace->source + strlen(catalogue[i]), ".log"))
			continue;
		kept = load_catalogue(i);
		assert_string_equal(kept->digest, trace->digest);
		mb_trace_free(kept);
	}
}

static void catalogue_is_current(void **state)
{
	(void)state;
	each_log("captures", check_in_catalogue);
}

/* Other people's excerpts: cut, wrapped, quoted. They need not land, but must come to an end. */
static void check_excerpt(const char *path, struct mb_trace *trace)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16), i;

	(void)path;
	for (i = 0; i < n; i++) {
		struct mb_replay_result result;

		assert_int_equal(mb_replay_check(trace, &specs[i], MB_METADATA_SELF, &result), 0);
		assert_int_equal(mb_replay_check(trace, &specs[i], MB_METADATA_HOST, &result), 0);
		assert_true(result.dumps == result.dumps_matched);
	}
}

static void excerpts_are_read(void **state)
{
	(void)state;
	each_log("found-logs", check_excerpt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(catalogue_lands_everywhere),
		cmocka_unit_test(catalogue_shows_what_it_promises),
		cmocka_unit_test(parameters_do_not_move_anything),
		cmocka_unit_test(divergence_is_reported),
		cmocka_unit_test(differing_dump_is_reported),
		cmocka_unit_test(growth_is_what_the_variant_did),
		cmocka_unit_test(differing_growth_is_reported),
		cmocka_unit_test(panic_ends_a_replay),
		cmocka_unit_test(short_forms_choose_the_rest),
		cmocka_unit_test(operations_do_what_they_say),
		cmocka_unit_test(later_operations_do_what_they_say),
		cmocka_unit_test(answers_are_of_the_state),
		cmocka_unit_test(state_digest_is_of_the_answer),
		cmocka_unit_test(captures_land_everywhere),
		cmocka_unit_test(catalogue_is_current),
		cmocka_unit_test(excerpts_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
