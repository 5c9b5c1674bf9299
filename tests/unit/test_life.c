/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_life.c - the later life of an instance: hand-over in odd places, slab, frees that release
 * pages, discard, misuse. Every store, every profile, metadata on both sides. What the worked cases
 * say line by line is in test_cases_handover.c; whole machines are in test_pages.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static bool is_61(const struct fixture *f)
{
	return !strcmp(f->machine.profile->name, "6.1");
}

static bool is_new(const struct fixture *f)
{
	return !strcmp(f->machine.profile->name, "new");
}

static void expect(struct fixture *f, const char *what, const char *got, const char *expected)
{
	if (strcmp(got, expected) != 0)
		fail_msg("%s: %s is \"%s\", expected \"%s\"", fixture_name(f), what, got, expected);
}

/* ---- hand-over --------------------------------------------------------------------------------- */

/*
 * Stamping nodes cuts reserved regions, the array grows into memory that was already passed, and
 * everything is done again: in the end all reserved memory has the node of its memory.
 */
static void stamping_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	unsigned unstamped = 0, nomap_told = 0;
	uint32_t slots;
	struct mb_iter it;
	struct mb_range r;

	mb_allow_resize(mb);
	for (int n = 0; n < 8; n++)
		mb_add_node(mb, 0x100000 + (uint64_t)n * 0x10000, 0x10000, n, 0);
	mb_mark_nomap(mb, 0x178000, 0x1000);
	mb_reserve(mb, 0x108000, 0x60000); /* one region over seven nodes */
	mb_reserve(mb, 0x300000, 0x1000);  /* and one outside memory */
	mb_set_bottom_up(mb, true);        /* growth lands on node 0, which comes first */
	slots = mb_max(mb, MB_RESERVED);
	mb_free_all(mb);
	for (const char *s = f->sink; (s = strstr(s, "178000-179000")); s++)
		nomap_told++;
	if (is_61(f)) {
		assert_int_equal(mb_max(mb, MB_RESERVED), slots);
		assert_int_equal(nomap_told, 1);
		return;
	}
	assert_true(mb_max(mb, MB_RESERVED) > slots);
	assert_int_equal(nomap_told, 2);
	for (mb_iter_regions(&it, mb, MB_RESERVED, false); mb_next(&it, &r);) {
		if (r.base >= 0x300000)
			continue;
		assert_true(r.nid >= 0 && r.nid < 8);
		assert_int_equal(r.nid, (int)((r.base - 0x100000) / 0x10000));
		unstamped += r.end > 0x100000 + ((uint64_t)r.nid + 1) * 0x10000;
	}
	assert_int_equal(unstamped, 0);
}

static void test_hand_over_stamps_until_nothing_grows(void **state)
{
	(void)state;
	every_profile(stamping_body, NULL, FEW);
}

/* Blocks never end above max_low_pfn, unless the kernel has highmem and is a newer one. */
static void low_memory_body(struct fixture *f)
{
	bool cut = !f->machine.highmem || strcmp(f->machine.profile->name, "new") != 0;

	mb_add(f->mb, 0x1000, 0x10000);
	assert_int_equal(mb_free_all(f->mb), cut ? 5 : 16);
	expect(f, "the hand-over", f->sink,
	       cut ? "reset 1:0 2:1 4:1" : "reset 1:0 2:1 4:2 8:3 10:0");
}

static void test_hand_over_stops_at_max_low_pfn(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.max_low_pfn = 6;
	every_profile(low_memory_body, &machine, MANY);
	machine.highmem = true;
	every_profile(low_memory_body, &machine, MANY);
}

/* The last page of the address space is not whole, the first one is. */
static void edges_body(struct fixture *f)
{
	mb_add(f->mb, 0, 0x1000);
	mb_add(f->mb, UINT64_MAX - 0x1fff, 0x2000);
	mb_add(f->mb, 0x5001, 0xffe); /* no whole page */
	assert_int_equal(mb_free_all(f->mb), 2);
	expect(f, "the hand-over", f->sink, "reset 0:0 ffffffffffffe:0");
	assert_int_equal(mb_free_all(f->mb), 2); /* counts are reset once */
	expect(f, "the hand-over", f->sink, "reset 0:0 ffffffffffffe:0 0:0 ffffffffffffe:0");
}

static void test_hand_over_at_the_edges(void **state)
{
	(void)state;
	every_profile(edges_body, NULL, MANY);
}

static void scratch_body(struct fixture *f)
{
	bool confined = f->machine.profile->scratch_is_flag;

	mb_add(f->mb, 0x1000, 0xf000);
	mb_mark_hotplug(f->mb, 0x8000, 0x1000);
	mb_set_kho_scratch_only(f->mb);
	assert_true(mb_phys_alloc(f->mb, 0x1000, 0x1000) == (confined ? 0 : 0xf000));
	mb_free_all(f->mb);
	assert_true(mb_phys_alloc(f->mb, 0x1000, 0x1000) ==
		    (confined ? 0xf000 : 0xe000));     /* twilight */
	assert_int_equal(mb_cnt(f->mb, MB_MEMORY), 1); /* hotplug is gone */
}

static void test_hand_over_lifts_restrictions(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.movable_node = true;
	every_profile(scratch_body, &machine, MANY);
}

/* Without a page allocator there is nothing to tell; the answers are the same. */
static void no_sink_body(struct fixture *f)
{
	char page;

	mb_set_page_sink(f->mb, NULL);
	mb_add(f->mb, 0x1000, 0x3000);
	mb_reserve(f->mb, 0x2000, 0x1000);
	assert_int_equal(mb_free_all(f->mb), 2);
	mb_free_late(f->mb, 0x2000, 0x1000);
	assert_int_equal(mb_free_reserved_area(f->mb, &page, &page, -1, NULL), 0);
	mb_discard(f->mb);
	expect(f, "the hand-over", f->sink, "");
}

static void test_hand_over_to_nobody(void **state)
{
	(void)state;
	every_profile(no_sink_body, NULL, MANY);
}

/* ---- slab -------------------------------------------------------------------------------------- */

static uint64_t dirty_slab(void *ctx, uint64_t size, int nid, void **ptr)
{
	struct fixture *f = ctx;

	(void)nid;
	f->slab_allocs++;
	if (f->slab_fails)
		return 0;
	f->slab_last = realloc(f->slab_last, size);
	f->slab_last_size = size;
	assert_non_null(f->slab_last);
	if (!f->slab_last)
		return 0;
	memset(f->slab_last, 0xa5, size);
	*ptr = f->slab_last;
	return 0x1234000;
}

static void slab_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	const unsigned char *bytes;

	mb_add(mb, 0x1000, 0xf000);
	mb->hooks.slab_alloc = dirty_slab;
	mb_set_slab_available(mb, true);

	/* Reported once, however often it happens; slab memory is zeroed even for raw requests. */
	assert_true(mb_virt_to_phys(mb, mb_alloc_raw(mb, 0x40, 0x40)) == 0x1234000);
	bytes = f->slab_last;
	for (unsigned i = 0; bytes && i < 0x40; i++)
		assert_int_equal(bytes[i], 0);
	assert_non_null(mb_alloc(mb, 0x40, 0x40));
	assert_non_null(mb_alloc_exact_nid_raw(mb, 0x40, 0x40, 0x1000, 0, 3));
	assert_int_equal(mb_warnings(mb), 1);
	assert_int_equal(f->slab_allocs, 3);
	assert_int_equal(f->leak_allocs, 0);

	/* Old kernels look at slab on the way to a virtual address only. */
	assert_true(mb_phys_alloc(mb, 0x1000, 0x1000) == (is_61(f) ? 0xf000 : 0x1234000));

	/* Slab has nothing: with a lower bound the core is asked twice. */
	f->slab_fails = true;
	f->slab_allocs = 0;
	assert_null(mb_alloc_from(mb, 0x40, 0x40, 0x1000));
	assert_int_equal(f->slab_allocs, is_61(f) ? 1 : 2);
	assert_int_equal(mb_warnings(mb), 1);
	assert_non_null(mb_alloc_hugetlb(mb, 0x1000, -1, false)); /* never asks */
}

static void test_slab_serves_and_warns_once(void **state)
{
	(void)state;
	every_profile(slab_body, NULL, MANY);
}

/* ---- frees that release pages ------------------------------------------------------------------ */

static void late_body(struct fixture *f)
{
	char text[256];

	mb_add(f->mb, 0x1000, 0xf000);
	mb_reserve(f->mb, 0x1000, 0x4000);
	mb_set_slab_available(f->mb, true);
	assert_int_equal(mb_phys_free(f->mb, 0x1800, 0x2000), 0);
	if (is_new(f)) {
		expect(f, "the release", f->sink, "+2");
		expect(f, "reserved", regions_text(f->mb, MB_RESERVED, text, sizeof(text)),
		       f->machine.keep_memblock ? "1000-1800 3800-5000" : "1000-5000");
	} else {
		expect(f, "the release", f->sink, "");
		expect(f, "reserved", regions_text(f->mb, MB_RESERVED, text, sizeof(text)),
		       "1000-1800 3800-5000");
	}
	f->sink[0] = 0;
	mb_free_late(f->mb, 0x1001, 0x2fff); /* 2 and 3, consulting nobody */
	expect(f, "the release", f->sink, "+2 +3");
	expect(f, "leaks", f->leaks, "-1800-3800 -1001-4000");
}

static void test_late_frees_release_whole_pages(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	every_profile(late_body, &machine, MANY);
	machine.keep_memblock = true;
	every_profile(late_body, &machine, MANY);
}

static void poison_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	unsigned char *p;
	char text[256];

	mb_add(mb, 0x1000, 0xf000);
	p = mb_alloc(mb, 0x4000, 0x1000);
	assert_non_null(p);
	if (!p)
		return;
	memset(p, 0x11, 0x4000);
	mb_free_all(mb);
	f->sink[0] = 0;
	/* Whole pages only: 0xd000 to 0xf000. */
	assert_int_equal(mb_free_reserved_area(mb, p + 0x800, p + 0x3fff, 0xcc, "thing"), 2);
	expect(f, "the release", f->sink, "+d +e");
	expect(f, "the line", f->lines[0], "Freeing thing memory: 8K");
	for (unsigned i = 0; i < 0x4000; i++)
		assert_int_equal(p[i], i >= 0x1000 && i < 0x3000 ? 0xcc : 0x11);
	assert_int_equal(mb_free_reserved_area(mb, p, p + 0x1000, 0, NULL), 1);
	assert_int_equal(p[0xfff], 0);
	/* No byte: pages stay as they are. Nothing whole: no line. */
	assert_int_equal(mb_free_reserved_area(mb, p + 0x3000, p + 0x4000, -1, NULL), 1);
	assert_int_equal(p[0x3000], 0x11);
	assert_int_equal(mb_free_reserved_area(mb, p + 1, p + 0x1fff, -1, "nothing"), 0);
	assert_int_equal(f->line_count, 1);
	regions_text(mb, MB_RESERVED, text, sizeof(text));
	if (is_new(f)) /* which keeps its record straight where it lives on */
		expect(f, "reserved", text, "");
	else
		expect(f, "reserved", text, "c000-10000");
}

static void test_released_pages_are_poisoned(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.keep_memblock = true;
	every_profile(poison_body, &machine, MANY);
}

static bool is_deferred(void *ctx)
{
	(void)ctx;
	return true;
}

/* Page structs are not all set up: the newest kernels warn and release nothing. */
static void deferred_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	unsigned char *p;

	mb_add(mb, 0x1000, 0xf000);
	p = mb_alloc(mb, 0x4000, 0x1000);
	assert_non_null(p);
	mb_set_slab_available(mb, true);
	mb->sink.deferred = is_deferred;
	assert_int_equal(mb_free_reserved_area(mb, p, p + 0x1000, 0xcc, "early"),
			 is_new(f) ? 0 : 1);
	assert_int_equal(p ? p[0] : 0, is_new(f) ? 0 : 0xcc);
	assert_int_equal(mb_phys_free(mb, 0xd000, 0x1000), 0);
	/* Not a page in it: the state is what is wrong, not the range. */
	assert_int_equal(mb_free_reserved_area(mb, p, p + 0x800, -1, "early"), 0);
	assert_int_equal(mb_warnings(mb), is_new(f) ? 3 : 0);
	expect(f, "the release", f->sink, is_new(f) ? "" : "+c");
}

static void test_nothing_is_released_too_early(void **state)
{
	(void)state;
	every_profile(deferred_body, NULL, MANY);
}

/* ---- discard ----------------------------------------------------------------------------------- */

static void fill(struct mb *mb, enum mb_which which, unsigned count, uint64_t base)
{
	for (unsigned i = 0; i < count; i++, base += 0x2000) {
		if (which == MB_MEMORY)
			mb_add(mb, base, 0x1000);
		else
			mb_reserve(mb, base, 0x1000);
	}
}

static void discard_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	char expected[256] = "";
	struct mb_segment s;
	size_t len = 0;

	mb_allow_resize(mb);
	mb_add(mb, 0x10000000, 0x100000);
	fill(mb, MB_MEMORY, 20, 0x20000000);
	fill(mb, MB_RESERVED, 20, 0x30000000);
	mb_free_all(mb);
	mb_set_slab_available(mb, true);
	for (unsigned i = 0; i < 2; i++) { /* reserved first, and the newest piece of each */
		const struct mb_collection *c = &mb->c[i ? MB_MEMORY : MB_RESERVED];
		unsigned n = 0;

		while (mb_storage(mb, c, n, &s))
			n++;
		while (n-- && mb_storage(mb, c, n, &s) && s.origin == MB_MANAGED)
			for (uint64_t at = s.pa; at < s.pa + s.bytes; at += 0x1000)
				len += (size_t)snprintf(expected + len, sizeof(expected) - len,
							"%s+%llx", len ? " " : "",
							(unsigned long long)at >> 12);
	}
	f->sink[0] = f->leaks[0] = 0;
	mb_discard(mb);
	if (f->machine.keep_memblock || f->machine.metadata == MB_METADATA_HOST) {
		expect(f, "the release", f->sink, "");
		assert_true(mb_cnt(mb, MB_MEMORY) == 21);
		return;
	}
	expect(f, "the release", f->sink, expected);
	assert_true(mb->c[MB_MEMORY].cnt == 0);
	assert_true(mb->c[MB_RESERVED].cnt == 0);
	assert_false(mb_is_memory(mb, 0x10000000));
	mb_discard(mb); /* nothing is left */
	expect(f, "the release", f->sink, expected);
}

static void test_discard_releases_arrays(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	every_profile(discard_body, &machine, FEW);
	machine.keep_memblock = true;
	every_profile(discard_body, &machine, FEW);
}

static void discard_slab_body(struct fixture *f)
{
	struct mb *mb = f->mb;

	if (f->machine.metadata == MB_METADATA_HOST)
		return;
	mb_allow_resize(mb);
	mb_add(mb, 0x10000000, 0x100000);
	mb_set_slab_available(mb, true);
	fill(mb, MB_RESERVED, 6, 0x30000000);
	assert_int_equal(f->slab_allocs, 1);
	mb_discard(mb);
	assert_int_equal(f->slab_frees, 1);
	assert_true(mb->c[MB_RESERVED].cnt == 0);
	assert_true(mb_cnt(mb, MB_MEMORY) == 1); /* static slots stay */
	expect(f, "the release", f->sink, "");
}

static void test_discard_gives_slab_its_own(void **state)
{
	(void)state;
	every_profile(discard_slab_body, NULL, FEW);
}

static void blind_body(struct fixture *f)
{
	struct mb_iter it;
	char text[256];

	mb_add_node(f->mb, 0x1000, 0x1000, 0, 0);
	mb_add_node(f->mb, 0x3000, 0x1000, 1, MB_NOMAP);
	mb_add_node(f->mb, 0x5000, 0x1000, 2, MB_HOTPLUG);
	mb_discard(f->mb);
	mb_iter_memory(&it, f->mb, false);
	expect(f, "memory", ranges_text(&it, text, sizeof(text)),
	       "1000-2000@0 3000-4000@1/4 5000-6000@2/1");
	mb_iter_free(&it, f->mb, 1, MB_MIRROR, true);
	expect(f, "free memory", ranges_text(&it, text, sizeof(text)),
	       "5000-6000@2/1 3000-4000@1/4 1000-2000@0");
}

static void test_discard_hides_nothing_any_more(void **state)
{
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.movable_node = true;
	every_profile(blind_body, &machine, MANY);
}

/* ---- snapshots --------------------------------------------------------------------------------- */

static void snapshot_body(struct fixture *f)
{
	struct mb *mb = f->mb;
	uint64_t base, size;
	void *state;

	mb_add(mb, 0x1000, 0xf000);
	state = malloc(mb_snapshot_size(mb));
	assert_non_null(state);
	if (!state)
		return;
	mb_snapshot(mb, state);
	for (unsigned i = 0; i < 2; i++) {
		f->sink[0] = 0;
		assert_int_equal(mb_reserve_mem(mb, "4K:4096:x"), 1);
		assert_int_equal(mb_free_all(mb), 14);
		mb_discard(mb);
		expect(f, "the hand-over", strncmp(f->sink, "reset ", 6) ? f->sink : "", "");
		mb_restore(mb, state); /* nothing of that happened */
		assert_int_equal(mb_reserve_mem_find_by_name(mb, "x", &base, &size), 0);
	}
	free(state);
}

static void test_snapshot_before_the_end(void **state)
{
	(void)state;
	every_profile(snapshot_body, NULL, MANY);
}

/* ---- misuse ------------------------------------------------------------------------------------ */

#define MISUSES 6

static void misuse(struct fixture *f, unsigned which)
{
	switch (which) {
	case 0:
		mb_phys_alloc(f->mb, 0x1000, 0x1800);
		break;
	case 1:
		mb_alloc_raw(f->mb, 0x1000, 3);
		break;
	case 2:
		mb_alloc_exact_nid_raw(f->mb, 0x1000, 0x3000, 0, 0, -1);
		break;
	case 3:
		mb_trim_memory(f->mb, 0x1800);
		break;
	case 4:
		mb_alloc_hugetlb(f->mb, 0x3000, -1, false);
		break;
	default:
		mb_free_late(f->mb, 0x2000, UINT64_MAX);
		break;
	}
}

/* A caller's mistake that a kernel leaves undefined: debug builds say so and stop. */
static void test_misuse_stops_debug_builds(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct fixture f;
	static unsigned i;

	(void)state;
	for (i = 0; i < MISUSES; i++) {
		fixture_start(&f, &fixture_machine, &spec);
		mb_add(f.mb, 0x1000, 0xf000);
		f.panic[0] = 0;
		if (!fixture_catch(&f))
			misuse(&f, i);
#ifdef NDEBUG
		expect(&f, "the panic", f.panic, "");
		expect(&f, "the release", f.sink, "");
#else
		if (!strstr(f.panic,
			    i == 5 ? "over the end of the address space" : "is not a power of two"))
			fail_msg("misuse %u: panic \"%s\"", i, f.panic);
#endif
		fixture_stop(&f);
	}
	/* Sizes that a kernel cuts are no mistake, nor is no alignment. */
	fixture_start(&f, &fixture_machine, &spec);
	assert_int_equal(mb_add(f.mb, 0x1000, UINT64_MAX), 0);
	assert_int_equal(mb_reserve(f.mb, 0x2000, UINT64_MAX), 0);
	assert_int_equal(mb_phys_free(f.mb, 0x3000, UINT64_MAX), 0);
	assert_true(mb_phys_alloc(f.mb, 0x10, 0) != 0);
	assert_true(mb_phys_alloc(f.mb, UINT64_MAX, 0x1000) == 0);
	fixture_stop(&f);
}

#ifdef NDEBUG
/* Release builds round as a kernel's macros do, whatever comes of it. */
static void odd_alignments_body(struct fixture *f)
{
	static const struct {
		uint64_t align, at;
	} expected[] = { { 0x300, 0x1300 }, { 0x1800, 0x1800 }, { 0x3000, 0x4000 } };
	struct mb *mb = f->mb;
	char text[128];

	mb_add(mb, 0x1000, 0x7f000);
	mb_set_bottom_up(mb, true);
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		uint64_t at = mb_phys_alloc_range(mb, 0x101, expected[i].align, 0x1234, 0x80000);

		if (at != expected[i].at)
			fail_msg("%s: alignment 0x%llx: 0x%llx, expected 0x%llx", fixture_name(f),
				 (unsigned long long)expected[i].align, (unsigned long long)at,
				 (unsigned long long)expected[i].at);
	}
	mb_remove(mb, 0, 0x80000);
	mb_add(mb, 0x20001, 0x5555);
	mb_trim_memory(mb, 0x3000);
	expect(f, "trimmed memory", regions_text(mb, MB_MEMORY, text, sizeof(text)), "23000-25000");
}

static void test_odd_alignments_as_the_kernel(void **state)
{
	struct mb_variant_spec kernel;
	static struct fixture f;

	(void)state;
	every_profile(odd_alignments_body, &fixture_machine, MANY);
	if (!kernel_is_there(&kernel))
		return;
	kernel.build = MB_O2;
	fixture_start(&f, &fixture_machine, &kernel);
	odd_alignments_body(&f);
	fixture_stop(&f);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef NDEBUG
		cmocka_unit_test(test_odd_alignments_as_the_kernel),
#endif
		cmocka_unit_test(test_hand_over_stamps_until_nothing_grows),
		cmocka_unit_test(test_hand_over_stops_at_max_low_pfn),
		cmocka_unit_test(test_hand_over_at_the_edges),
		cmocka_unit_test(test_hand_over_lifts_restrictions),
		cmocka_unit_test(test_hand_over_to_nobody),
		cmocka_unit_test(test_slab_serves_and_warns_once),
		cmocka_unit_test(test_late_frees_release_whole_pages),
		cmocka_unit_test(test_released_pages_are_poisoned),
		cmocka_unit_test(test_nothing_is_released_too_early),
		cmocka_unit_test(test_discard_releases_arrays),
		cmocka_unit_test(test_discard_gives_slab_its_own),
		cmocka_unit_test(test_discard_hides_nothing_any_more),
		cmocka_unit_test(test_snapshot_before_the_end),
		cmocka_unit_test(test_misuse_stops_debug_builds),
	};

	return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
