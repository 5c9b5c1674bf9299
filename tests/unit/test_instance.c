/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_instance.c - an instance as a thing: simulated memory, snapshots, failure, dumps, hooks.
 *
 * What the worked cases and the model do not touch: that zeroed memory is zero and nothing else is
 * written, that instances do not see each other, that a state comes back from a snapshot whatever
 * happened since, that growth which fails changes nothing, and that hot paths never call malloc. Machines
 * that are not the usual one are in test_machines.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "harness.h"

/* ---- counting malloc --------------------------------------------------------------------------- */

/*
 * The C library's allocator under another name, so that calls can be counted. Sanitizers bring
 * their own; there the counter stays at 0 and the test says that it is skipped.
 */
static unsigned long malloc_calls;

#if !MB_SANITIZED && defined(__GLIBC__)
#define COUNTS_MALLOC 1
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);

void *malloc(size_t size)
{
	malloc_calls++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	malloc_calls++;
	return __libc_calloc(n, size);
}

void *realloc(void *ptr, size_t size)
{
	malloc_calls++;
	return __libc_realloc(ptr, size);
}
#else
#define COUNTS_MALLOC 0
#endif

static char *text_of(struct mb *mb, char *buf, size_t size)
{
	size_t len;

	regions_text(mb, MB_MEMORY, buf, size);
	len = strlen(buf);
	snprintf(buf + len, size - len, " | ");
	len = strlen(buf);
	regions_text(mb, MB_RESERVED, buf + len, size - len);
	return buf;
}

static void expect_text(struct fixture *f, const char *expected)
{
	char buf[8192];

	text_of(f->mb, buf, sizeof(buf));
	if (strcmp(buf, expected) != 0)
		fail_msg("%s: \"%s\" expected \"%s\"", fixture_name(f), buf, expected);
}

/* ---- snapshots --------------------------------------------------------------------------------- */

static void snapshot_body(struct fixture *f)
{
	static char before[8192], after[8192];
	struct mb *mb = f->mb;
	uint32_t slots;
	uint64_t metadata;
	void *small, *large;

	mb_allow_resize(mb);
	mb_add_node(mb, 0x10000000, 0x1000000, 3, 0);
	mb_reserve(mb, 0x10000000, 0x1000);
	small = malloc(mb_snapshot_size(mb));
	assert_non_null(small);
	mb_snapshot(mb, small);
	text_of(mb, before, sizeof(before));
	slots = mb_max(mb, MB_RESERVED);
	metadata = mb_metadata_bytes(mb);

	/* Grow well past the static slots, change direction and limit, and come back. */
	fill_reserved(mb, 0, 60);
	mb_mark_nomap(mb, 0x10004000, 0x1000);
	mb_set_bottom_up(mb, true);
	mb_set_current_limit(mb, 0x10800000);
	assert_true(mb_max(mb, MB_RESERVED) > slots);
	large = malloc(mb_snapshot_size(mb));
	assert_non_null(large);
	mb_snapshot(mb, large);
	text_of(mb, after, sizeof(after));

	mb_restore(mb, small);
	expect_text(f, before);
	assert_int_equal(mb_max(mb, MB_RESERVED), slots);
	assert_int_equal(mb_metadata_bytes(mb), metadata);
	assert_false(mb_bottom_up(mb));
	assert_true(mb_get_current_limit(mb) == MB_ALLOC_ANYWHERE);
	assert_int_equal(mb_check(mb, NULL), 0);

	/* What follows overwrites the storage that the larger state used; it must come back all the same. */
	fill_reserved(mb, 1000, 40);
	mb_phys_alloc(mb, 0x20000, 0x1000);
	mb_restore(mb, large);
	expect_text(f, after);
	assert_int_equal(mb_check(mb, NULL), 0);
	assert_true(mb_bottom_up(mb));

	/* And from there go on as if nothing had happened, twice with the same result. */
	for (unsigned i = 0; i < 2; i++) {
		static char end[2][8192];

		mb_restore(mb, small);
		fill_reserved(mb, 0, 60);
		mb_phys_free(mb, 0x3000, 0x5000);
		mb_phys_alloc(mb, 0x3000, 0x1000);
		text_of(mb, end[i], sizeof(end[i]));
		if (i)
			assert_string_equal(end[0], end[1]);
	}
	free(small);
	free(large);
}

static void test_snapshot_restore(void **state)
{
	(void)state;
	every_build(snapshot_body, NULL, FEW);
	every_build(snapshot_body, NULL, FEW_SLOWLY);
}

/* ---- zeroing ----------------------------------------------------------------------------------- */

static void zeroing_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	unsigned char *p, *page;

	mb_add(mb, 0x1000, 0x10000);
	p = mb_alloc(mb, 0x3000, 0x1000); /* makes the pages accessible */
	assert_non_null(p);
	assert_int_equal(mb_virt_to_phys(mb, p), 0xe000);
	assert_ptr_equal(mb_phys_to_virt(mb, 0xe000), p);
	for (unsigned i = 0; i < 0x3000; i++)
		assert_int_equal(p[i], 0);

	/* Exactly size bytes: 0x64 in the middle of pages full of ones. */
	memset(p, 0xff, 0x3000);
	mb_free(mb, p, 0x3000);
	mb_reserve(mb, 0xf800, 0x1800);
	page = p;
	p = mb_alloc(mb, 0x64, 0x40);
	assert_int_equal(mb_virt_to_phys(mb, p), 0xf780);
	for (unsigned i = 0; i < 0x3000; i++)
		assert_int_equal(page[i], i >= 0x1780 && i < 0x17e4 ? 0 : 0xff);

	/* Raw ones are left as they are, and so are all while zeroing is off. */
	p = mb_alloc_raw(mb, 0x40, 0x40);
	assert_int_equal(p[0], 0xff);
	p = mb_alloc_try_nid_raw(mb, 0x40, 0x40, 0, MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
	assert_int_equal(p[0], 0xff);
	p = mb_alloc_exact_nid_raw(mb, 0x40, 0x40, 0, MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
	assert_int_equal(p[0], 0xff);
	mb_set_zeroing(mb, false);
	p = mb_alloc(mb, 0x40, 0x40);
	assert_int_equal(p[0], 0xff);
	mb_set_zeroing(mb, true);
	p = mb_alloc_node(mb, 0x40, 0x40, 1);
	assert_int_equal(p[0], 0);
	p = mb_alloc_low(mb, 0x40, 0x40);
	assert_int_equal(p[0], 0);
	mb_free(mb, NULL, 0x1000);
}

static void test_zeroing(void **state)
{
	(void)state;
	every_build(zeroing_body, NULL, PRESET_SLOTS);
}

/* ---- several instances --------------------------------------------------------------------------- */

static void test_instances_are_apart(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);
	static struct fixture f[16];
	unsigned char *p[16];

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		fixture_start(&f[i], &fixture_machine, &specs[i]);
		mb_add(f[i].mb, 0x100000, 0x100000 + i * 0x1000);
		p[i] = mb_alloc(f[i].mb, 0x1000, 0x1000);
		assert_non_null(p[i]);
		memset(p[i], (int)i + 1, 0x1000);
	}
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(mb_virt_to_phys(f[i].mb, p[i]), 0x1ff000 + i * 0x1000);
		for (unsigned k = 0; k < 0x1000; k++)
			assert_int_equal(p[i][k], i + 1);
	}
	for (unsigned i = 0; i < n; i += 2)
		fixture_stop(&f[i]);
	for (unsigned i = 1; i < n; i += 2) {
		assert_int_equal(p[i][0xfff], i + 1);
		assert_int_equal(mb_reserved_size(f[i].mb), 0x1000);
		fixture_stop(&f[i]);
	}
}

/* ---- growth that fails ------------------------------------------------------------------------- */

/* A host that refuses memory after so many requests. What it gave lives until release(). */
static unsigned refuse_after;
static void *given[256];
static unsigned given_count;

static void *refusing_host(void *ctx, uint64_t at, uint64_t size)
{
	void *p;

	(void)ctx;
	(void)at;
	if (!refuse_after || given_count == sizeof(given) / sizeof(given[0]))
		return NULL;
	refuse_after--;
	p = calloc(1, size);
	given[given_count++] = p;
	return p;
}

static void release(void)
{
	while (given_count)
		free(given[--given_count]);
}

/* Fill both until growth number @n is refused; they must be as they were before the call. */
static unsigned fail_growth(const struct mb_variant_spec *spec, enum mb_metadata metadata,
			    unsigned n)
{
	struct mb_machine machine = fixture_machine;
	const struct mb_hooks hooks = { .map = refusing_host, .host_alloc = refusing_host };
	static char before[16384], after[16384];
	unsigned done = 0;
	struct mb *mb;

	machine.metadata = metadata;
	refuse_after = n;
	assert_int_equal(mb_create(&machine, &hooks, spec, &mb), 0);
	mb_allow_resize(mb);
	mb_add(mb, 0x10000000, 0x1000000);
	for (unsigned i = 0; i < 200; i++) {
		uint64_t base = 0x10000000 + (uint64_t)i * 0x2000, total = mb_reserved_size(mb);
		uint32_t max = mb_max(mb, MB_RESERVED);
		int rc;

		text_of(mb, before, sizeof(before));
		switch (i % 5) {
		case 0:
			rc = mb_reserve(mb, base, 0x1000);
			break;
		case 1:
			rc = mb_phys_free(mb, base - 0x1c00, 0x400);
			break;
		case 2:
			rc = mb_set_node(mb, base - 0x4000, 0x400, MB_RESERVED, 2);
			break;
		case 3:
			rc = mb_add_node(mb, base + 0x10000000, 0x1000, (int)i % 3, 0);
			break;
		default:
			rc = mb_phys_alloc(mb, 0x1000, 0x1000) ? 0 : -ENOMEM;
		}
		assert_int_equal(mb_check(mb, NULL), 0);
		if (!rc) {
			done++;
			continue;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(refuse_after, 0);
		text_of(mb, after, sizeof(after));
		assert_string_equal(before, after);
		assert_int_equal(mb_reserved_size(mb), total);
		assert_int_equal(mb_max(mb, MB_RESERVED), max);
	}
	mb_destroy(mb);
	release();
	return done;
}

static void test_failed_growth_changes_nothing(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);

	(void)state;
	for (unsigned i = 0; i < n * 2; i++) {
		char text[96];
		struct mb_variant_spec spec;
		unsigned done = 0;

		snprintf(text, sizeof(text), "%s:init=8", specs[i / 2].variant->name);
		spec = spec_of(text, MB_O2);
		/* Refuse the first growth, the second, ... until nothing is refused any more. */
		for (unsigned k = 0; k < 10 && done < 200; k++) {
			unsigned more =
				fail_growth(&spec, i % 2 ? MB_METADATA_HOST : MB_METADATA_SELF, k);

			assert_true(more >= done);
			done = more;
		}
		assert_int_equal(done, 200);
	}
}

/* A host may show the managed memory anywhere: what was taken of it is told by its own addresses, which are reserved. */
static void test_pieces_are_reserved(void **state)
{
	const struct mb_hooks hooks = { .map = refusing_host };
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct mb_segment s;
		struct mb_region r;
		unsigned pieces = 0;
		struct mb *mb;

		refuse_after = 200;
		assert_int_equal(mb_create(&fixture_machine, &hooks, &specs[i], &mb), 0);
		mb_allow_resize(mb);
		mb_add(mb, 0x10000000, 0x1000000);
		for (unsigned k = 0; k < 600; k++)
			assert_int_equal(mb_reserve(mb, 0x10000000 + k * 0x2000, 0x1000), 0);
		for (unsigned k = 0; mb_storage(mb, &mb->c[MB_RESERVED], k, &s); k++) {
			if (s.origin != MB_MANAGED)
				continue;
			pieces++;
			assert_int_equal(s.bytes % 0x1000, 0);
			assert_true(mb_search(mb, MB_RESERVED, s.pa, &r));
			assert_true(r.base + r.size - s.pa >= s.bytes);
		}
		assert_true(pieces > 0);
		mb_destroy(mb);
		release();
	}
}

/* ---- no malloc --------------------------------------------------------------------------------- */

static void no_malloc_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	static char state[1 << 16];
	unsigned long before;
	struct mb_range r;
	struct mb_iter it;

	mb_allow_resize(mb);
	mb_set_zeroing(mb, false);
	mb_add(mb, 0x10000000, 0x10000000);
	mb_add_node(mb, 0x30000000, 0x1000000, 1, 0);
	fill_reserved(mb, 0, 100);
	assert_true(mb_snapshot_size(mb) < sizeof(state));
	mb_snapshot(mb, state);

	before = malloc_calls;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t at = mb_phys_alloc(mb, 0x3000, 0x1000);

		mb_alloc_try_nid_raw(mb, 0x40, 0x40, 0, MB_ALLOC_ACCESSIBLE, 1);
		mb_alloc(mb, 0x1000, 0x1000);
		mb_phys_free(mb, at + 0x1000, 0x1000);
		mb_reserve(mb, 0x8000000 + i * 0x4000, 0x1000);
		mb_set_node(mb, 0x8000000 + i * 0x4000, 0x800, MB_RESERVED, 2);
		mb_mark_nomap(mb, 0x10000000 + i * 0x4000, 0x1000);
		mb_clear_nomap(mb, 0x10000000, 0x8000);
		mb_is_reserved(mb, at);
		for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, 0, i & 1); mb_next(&it, &r);)
			;
	}
	mb_restore(mb, state);
	mb_snapshot(mb, state);
	assert_int_equal(malloc_calls, before);
}

static void test_no_malloc_on_hot_paths(void **state)
{
	(void)state;
	if (!COUNTS_MALLOC) {
		print_message(
			"SKIPPED: a sanitizer has the allocator; its calls are not counted\n");
		skip();
	}
	free(malloc(1));
	assert_true(malloc_calls > 0);
	every_build(no_malloc_body, NULL, PRESET_SLOTS);
}

/* ---- the dump ---------------------------------------------------------------------------------- */

static void dump_body(struct fixture *f)
{
	static const char *const expected[] = {
		"MEMBLOCK configuration:",
		" memory size = 0x0000000000006000 reserved size = 0x0000000000000800",
		" memory.cnt  = 0x3",
		" memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes flags: 0x0",
		" memory[0x1]\t[0x0000000000002000-0x0000000000004fff], 0x0000000000003000 bytes on node 0 flags: 0x0",
		" memory[0x2]\t[0x0000000000008000-0x0000000000009fff], 0x0000000000002000 bytes on node 12 flags: 0x5",
		" reserved.cnt  = 0x1",
		" reserved[0x0]\t[0x0000000000001000-0x00000000000017ff], 0x0000000000000800 bytes flags: 0x0",
		" physmem.cnt  = 0x0",
	};
	struct mb *mb = f->mb;
	const unsigned lines = sizeof(expected) / sizeof(expected[0]);

	mb_add(mb, 0x1000, 0x1000);
	mb_add_node(mb, 0x2000, 0x3000, 0, 0);
	mb_add_node(mb, 0x8000, 0x2000, 12, MB_HOTPLUG | MB_NOMAP);
	mb_reserve(mb, 0x1000, 0x800);
	mb_dump_all(mb);
	assert_int_equal(f->line_count, 0); /* debugging is off */
	mb_set_debug(mb, true);
	mb_dump_all(mb);
	assert_int_equal(f->line_count, lines);
	for (unsigned i = 0; i < lines; i++) {
		assert_string_equal(f->lines[i], expected[i]);
		assert_int_equal(f->levels[i], MB_INFO);
	}
}

static void test_dump(void **state)
{
	(void)state;
	every_build(dump_body, NULL, PRESET_SLOTS);
}

/* Sizes are as counted, stale after a trim; -1 is a node to 6.1; an empty 6.1 shows its dummy. */
static void test_dump_oddities(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct fixture f;

	(void)state;
	machine.physmem = false;
	fixture_start(&f, &machine, &spec);
	mb_add(f.mb, 0x1800, 0x3000);
	mb_set_node(f.mb, 0x1800, 0x3000, MB_MEMORY, MB_NUMA_NO_NODE);
	mb_trim_memory(f.mb, 0x1000);
	mb_set_debug(f.mb, true);
	mb_dump_all(f.mb);
	assert_int_equal(f.line_count, 5);
	assert_string_equal(f.lines[1], " memory size = 0x0000000000003000 reserved size = "
					"0x0000000000000000");
	assert_string_equal(f.lines[3], " memory[0x0]\t[0x0000000000002000-0x0000000000003fff], "
					"0x0000000000002000 bytes flags: 0x0");
	assert_string_equal(f.lines[4], " reserved.cnt  = 0x0");
	fixture_stop(&f);

	machine.profile = mb_profile_find("6.1");
	fixture_start(&f, &machine, &spec);
	mb_add(f.mb, 0x1000, 0x1000);
	mb_set_node(f.mb, 0x1000, 0x1000, MB_MEMORY, MB_NUMA_NO_NODE);
	mb_set_debug(f.mb, true);
	mb_dump_all(f.mb);
	assert_int_equal(f.line_count, 6);
	assert_string_equal(f.lines[3], " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], "
					"0x0000000000001000 bytes on node -1 flags: 0x0");
	assert_string_equal(f.lines[4], " reserved.cnt  = 0x1");
	assert_string_equal(f.lines[5], " reserved[0x0]\t[0x0000000000000000-0xffffffffffffffff], "
					"0x0000000000000000 bytes on node 0 flags: 0x0");
	fixture_stop(&f);
}

/* ---- counts, and the skeleton ------------------------------------------------------------------ */

static void counts_body(struct fixture *f)
{
	const struct mb_counts *counts = &f->mb->counts;
	bool counted = f->spec.build == MB_O2_COUNTED || f->spec.build == MB_KFLAGS_COUNTED;

	mb_allow_resize(f->mb);
	mb_add(f->mb, 0x10000000, 0x1000000);
	for (unsigned i = 40; i > 0; i--)
		mb_reserve(f->mb, i * 0x2000, 0x1000);
	mb_phys_free(f->mb, 0x2000, 0x2000);
	assert_int_equal(counts->regions_visited > 0, counted);
	/* Growth moves what any store holds; one that adds a segment may move nothing. */
	if (!f->mb->ops->segment || !counted)
		assert_int_equal(counts->bytes_moved > 0, counted);
	assert_int_equal(counts->inserts > 0, counted);
	assert_int_equal(counts->erases > 0, counted);
	assert_int_equal(counts->growths > 0, counted);
}

static void test_only_counted_builds_count(void **state)
{
	(void)state;
	every_build(counts_body, NULL, FEW);
}

/* null and empty answer nothing, but everything can be called. */
static void test_null_can_be_called(void **state)
{
	static struct fixture f;
	struct mb_range r;
	struct mb_iter it;

	(void)state;
	for (unsigned b = 0; b < 2 * MB_BUILDS; b++) {
		struct mb_variant_spec spec = spec_of(b % 2 ? "null" : "empty", b / 2);

		fixture_start(&f, &fixture_machine, &spec);
		for (unsigned i = 0; i < 300; i++) {
			assert_int_equal(mb_add(f.mb, i * 0x2000, 0x1000), 0);
			assert_int_equal(mb_reserve(f.mb, i * 0x2000, 0x1000), 0);
		}
		mb_phys_alloc(f.mb, 0x1000, 0x1000);
		assert_int_equal(mb_remove(f.mb, 0x1000, 0x1000), 0);
		assert_int_equal(mb_mark_nomap(f.mb, 0x1000, 0x1000), 0);
		mb_trim_memory(f.mb, 0x1000);
		mb_is_memory(f.mb, 0x1000);
		for (mb_iter_free(&it, f.mb, MB_NUMA_NO_NODE, 0, false); mb_next(&it, &r);)
			;
		fixture_stop(&f);
	}
}

/* ---- questions -------------------------------------------------------------------------------- */

static void ask_everywhere(struct mb *mb, uint64_t end)
{
	struct mb_region region;
	struct mb_range range;
	struct mb_iter it;

	for (uint64_t at = 0x800; at < end; at += 0x5800) {
		mb_search(mb, MB_RESERVED, at, &region);
		mb_is_memory(mb, at);
		mb_overlaps_region(mb, MB_RESERVED, at, 0x1000);
		mb_find(mb, 0x1000, 0x1000, 0, at + 0x4000, MB_NUMA_NO_NODE, MB_NONE);
	}
	for (unsigned reverse = 0; reverse < 2; reverse++)
		for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, 0, reverse); mb_next(&it, &range);)
			;
}

static void questions_body(struct fixture *f)
{
	static char before[1 << 17], after[sizeof(before)];
	struct mb *mb = f->mb;

	mb_add(mb, 0x1000, 1 << 20);
	for (uint64_t i = 1; i <= 60; i++)
		mb_reserve(mb, 0x1000 + i * 0x3000, 0x1000);
	assert_true(mb_snapshot_size(mb) <= sizeof(before));
	mb_snapshot(mb, before);
	ask_everywhere(mb, 1 << 20);
	mb_snapshot(mb, after);
	assert_memory_equal(before, after, mb_snapshot_size(mb));
}

/* Threads may ask side by side: no question changes a byte. */
static void test_questions_never_write(void **state)
{
	(void)state;
	every_build(questions_body, NULL, PRESET_SLOTS);
}

/* ---- hooks ------------------------------------------------------------------------------------- */

static void leak_body(struct fixture *f)
{
	struct mb *mb = f->mb;

	mb_add(mb, 0x1000, 0x10000);
	mb_phys_alloc(mb, 0x1000, 0x1000);
	mb_alloc_raw(mb, 0x1000, 0x1000);
	assert_int_equal(f->leak_allocs, 2);
	mb_alloc_try_nid_raw(mb, 0x1000, 0x1000, 0, MB_ALLOC_NOLEAKTRACE, MB_NUMA_NO_NODE);
	mb_phys_alloc_range(mb, 0x1000, 0x1000, 0, MB_ALLOC_NOLEAKTRACE);
	mb_phys_alloc(mb, 0x100000, 0x1000); /* does not fit */
	assert_int_equal(f->leak_allocs, 2);
	mb_phys_free(mb, 0x1000, 0x1000);
	assert_int_equal(f->leak_frees, 1);
}

static void test_leak_tracer(void **state)
{
	(void)state;
	every_build(leak_body, NULL, PRESET_SLOTS);
}

static void test_addresses_overlap(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct fixture f;

	(void)state;
	fixture_start(&f, &fixture_machine, &spec);
	assert_true(mb_addrs_overlap(f.mb, 0x1000, 0x1000, 0x1fff, 1));
	assert_false(mb_addrs_overlap(f.mb, 0x1000, 0x1000, 0x2000, 1));
	assert_false(mb_addrs_overlap(f.mb, 0x1000, 0x1000, 0xfff, 1));
	assert_true(mb_addrs_overlap(f.mb, 0x1800, 0, 0x1000, 0x1000));
	assert_false(mb_addrs_overlap(f.mb, 0x1000, 0, 0x1000, 0x1000));
	assert_false(mb_has_mirror(f.mb));
	fixture_stop(&f);
}

static void test_profiles(void **state)
{
	(void)state;
	assert_string_equal(mb_profile_find("6.1")->name, "6.1");
	assert_string_equal(mb_profile_find("6.12")->name, "6.12");
	assert_string_equal(mb_profile_find("new")->name, "new");
	assert_null(mb_profile_find("6"));
	assert_null(mb_profile_find(""));
	assert_null(mb_profile_find("6.123"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot_restore),
		cmocka_unit_test(test_zeroing),
		cmocka_unit_test(test_instances_are_apart),
		cmocka_unit_test(test_failed_growth_changes_nothing),
		cmocka_unit_test(test_no_malloc_on_hot_paths),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_oddities),
		cmocka_unit_test(test_only_counted_builds_count),
		cmocka_unit_test(test_null_can_be_called),
		cmocka_unit_test(test_pieces_are_reserved),
		cmocka_unit_test(test_questions_never_write),
		cmocka_unit_test(test_leak_tracer),
		cmocka_unit_test(test_addresses_overlap),
		cmocka_unit_test(test_profiles),
	};

	return cmocka_run_group_tests_name("instances", tests, NULL, NULL);
}
