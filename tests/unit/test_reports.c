/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_reports.c - what surrounds memblock proper: debugfs text, early memtest, system hash tables,
 * named reservations in odd spellings, HugeTLB pages beside scratch areas.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const char *const profiles[] = { "6.1", "6.12", "new" };

static void start(struct fixture *f, const char *variant, const struct mb_machine *base,
		  const char *profile)
{
	struct mb_machine machine = base ? *base : fixture_machine;
	struct mb_variant_spec spec = spec_of(variant, MB_O2);

	machine.profile = mb_profile_find(profile);
	fixture_start(f, &machine, &spec);
}

static void expect(struct fixture *f, const char *got, const char *expected)
{
	if (strcmp(got, expected) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", fixture_name(f), got, expected);
}

/* Lines of a report, each ended by a newline. */
static char report[4096];

__attribute__((format(printf, 2, 0))) static void on_line(void *ctx, const char *fmt, va_list ap)
{
	size_t len = strlen(report);

	assert_ptr_equal(ctx, report);
	len += (size_t)vsnprintf(report + len, sizeof(report) - len, fmt, ap);
	snprintf(report + len, sizeof(report) - len, "\n");
}

static const char *show(struct mb *mb, enum mb_which which)
{
	report[0] = 0;
	mb_debugfs_show(mb, which, on_line, report);
	return report;
}

/* ---- debugfs ----------------------------------------------------------------------------------- */

static void describe(struct mb *mb)
{
	mb_add_node(mb, 0x1000, 0x9e000, 0, 0);
	mb_add_node(mb, 0x100000000, 0x40000000, 99, MB_HOTPLUG | MB_NOMAP);
	mb_add_node(mb, 0x200000000, 0x1000, 15, MB_KHO_SCRATCH | MB_DRIVER_MANAGED | MB_MIRROR);
	mb_reserve_node(mb, 0x2000, 0x1000, 3, MB_RSRV_NOINIT | MB_RSRV_KERN | MB_RSRV_HUGETLB);
	mb_physmem_add(mb, 0x5000, 0x1000);
}

static void test_debugfs_lines(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);
	static struct fixture f;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		start(&f, specs[i].variant->name, NULL, "6.1");
		expect(&f, show(f.mb, MB_RESERVED),
		       "   0: 0x0000000000000000..0xffffffffffffffff\n");
		describe(f.mb);
		expect(&f, show(f.mb, MB_MEMORY),
		       "   0: 0x0000000000001000..0x000000000009efff\n"
		       "   1: 0x0000000100000000..0x000000013fffffff\n"
		       "   2: 0x0000000200000000..0x0000000200000fff\n");
		fixture_stop(&f);

		start(&f, specs[i].variant->name, NULL, "6.12");
		expect(&f, show(f.mb, MB_RESERVED), "");
		describe(f.mb);
		expect(&f, show(f.mb, MB_MEMORY),
		       "   0: 0x0000000000001000..0x000000000009efff    0 NONE\n"
		       "   1: 0x0000000100000000..0x000000013fffffff    x HOTPLUG|NOMAP\n"
		       "   2: 0x0000000200000000..0x0000000200000fff   15 MIRROR|DRV_MNG|UNKNOWN\n");
		expect(&f, show(f.mb, MB_RESERVED),
		       "   0: 0x0000000000002000..0x0000000000002fff    3 RSV_NIT|UNKNOWN|UNKNOWN\n");
		expect(&f, show(f.mb, MB_PHYSMEM),
		       "   0: 0x0000000000005000..0x0000000000005fff    x NONE\n");
		fixture_stop(&f);

		start(&f, specs[i].variant->name, NULL, "new");
		describe(f.mb);
		expect(&f, show(f.mb, MB_RESERVED),
		       "   0: 0x0000000000002000..0x0000000000002fff    3 RSV_NIT|RSV_KERN|RSV_HUGETLB\n");
		mb_remove(f.mb, 0, 0x100001000);
		expect(&f, show(f.mb, MB_MEMORY),
		       "   0: 0x0000000100001000..0x000000013fffffff    x HOTPLUG|NOMAP\n"
		       "   1: 0x0000000200000000..0x0000000200000fff   15 MIRROR|DRV_MNG|KHO_SCRATCH\n");
		fixture_stop(&f);
	}
}

static void test_debugfs_narrow_machine(void **state)
{
	const struct mb_machine machine = { .addr_bits = 32, .no_numa = true };
	static struct fixture f;

	(void)state;
	start(&f, "array", &machine, "6.12");
	mb_add(f.mb, 0xfffff000, 0x1000);
	expect(&f, show(f.mb, MB_MEMORY), "   0: 0xfffff000..0xfffffffe    0 NONE\n");
	/* A size as wide as an address: its upper half is lost. */
	assert_int_equal(mb_reserve_mem(f.mb, "4G:64:none"), -22);
	assert_int_equal(mb_reserve_mem(f.mb, "0x100000100:64:some"), 1);
	assert_int_equal(mb_reserved_size(f.mb), 0x100);
	fixture_stop(&f);
}

static void test_debugfs_reserve_mem(void **state)
{
	static struct fixture f;

	(void)state;
	start(&f, "array", NULL, "new");
	mb_add(f.mb, 0x1000, 1ULL << 40);
	assert_int_equal(mb_reserve_mem(f.mb, "12K:4096:trace"), 1);
	assert_int_equal(mb_reserve_mem(f.mb, "100:0:few"), 1);
	assert_int_equal(mb_reserve_mem(f.mb, "4k:0:page"), 1);
	assert_int_equal(mb_reserve_mem(f.mb, "0x177C00:0:odd"), 1); /* 1503 KiB */
	assert_int_equal(mb_reserve_mem(f.mb, "10239:0:carry"), 1);
	assert_int_equal(mb_reserve_mem(f.mb, "1G:2M:big"), 1);
	assert_int_equal(mb_reserve_mem(f.mb, "200M:0:hundreds"), 1);
	assert_int_equal(mb_reserve_mem_release_by_name(f.mb, "few"), 1);
	assert_int_equal(mb_reserve_mem(f.mb, "64:0:tiny"), 1);
	report[0] = 0;
	mb_debugfs_reserve_mem(f.mb, on_line, report);
	expect(&f, report,
	       "trace\t\t(12.0 KiB)\npage\t\t(4.00 KiB)\nodd\t\t(1.47 MiB)\n"
	       "carry\t\t(10.00 KiB)\nbig\t\t(1.00 GiB)\nhundreds\t\t(200 MiB)\n"
	       "tiny\t\t(64.0 B)\n");
	fixture_stop(&f);
}

/* ---- named reservations ------------------------------------------------------------------------ */

static const struct {
	const char *text;
	int rc;
	uint64_t size;
} spellings[] = {
	{ "8K:4096:plain", 1, 0x2000 },
	{ "0x1000:0x1000:hex", 1, 0x1000 },
	{ "0XFf:0:HEX", 1, 0xff },
	{ "010:64:octal", 1, 8 },
	{ "1m:0:lower", 1, 1 << 20 },
	{ "0x10k:0:hex-suffix", 1, 0x4000 },
	{ "4K:4096:with:colons", 1, 0x1000 },
	{ "4K:4096: x", 1, 0x1000 },
	{ "4K:4096:fifteen-letters", 1, 0x1000 },
	/* No digits are 0, which is an alignment, and a suffix behind them is read. */
	{ "4K::x", 1, 0x1000 },
	{ "4K:K:x", 1, 0x1000 },
	{ "4K:e:x", 1, 0x1000 },
	/* What 64 bits do not hold is lost; or it is all ones. */
	{ "0x10000000000001000:0:wrap", 1, 0x1000 },
	{ "18446744073709551716:0:wrap", 1, 100 },
	{ "0x20000000000004K:0:bit-63", -12, 0 },
	{ "0xffc0000000000004K:0:wrap", 1, 0x1000 },
	{ "18446744073709551616:0:x", -22, 0 },
	{ "16E:0:x", -22, 0 },
	{ "0x3fffffffffffffk:0:large", -12, 0 },
	{ "0x40000000000000k:0:large", -22, 0 },
	{ "", -22, 0 },
	{ "K:0:x", -22, 0 },
	{ "0:0:x", -22, 0 },
	{ "4K", -22, 0 },
	{ "4K:", -22, 0 },
	{ "4K:4096", -22, 0 },
	{ "4K:4096:", -22, 0 },
	{ "4K:4096:   ", -22, 0 },
	{ "4K:4096:\xa0\t", -22, 0 }, /* a blank of Latin-1 */
	{ "4K:4096:sixteen-letters!", -22, 0 },
	{ "4Kx:4096:x", -22, 0 },
	{ "4KK:4096:x", -22, 0 },
	{ "4 K:4096:x", -22, 0 },
	/* 0x is a 0 and an x unless a digit follows; 8 is no octal digit. */
	{ "4K:0x:x", -22, 0 },
	{ "4K:0X:x", -22, 0 },
	{ "4K:0xg:x", -22, 0 },
	{ "0x:0:x", -22, 0 },
	{ "4K:08:x", -22, 0 },
	{ "4K:fff:x", -22, 0 },
	/* Neither blanks nor signs. */
	{ " 4K:4096:x", -22, 0 },
	{ "+4K:4096:x", -22, 0 },
	{ "-1:4096:x", -22, 0 },
	{ "4K: 4096:x", -22, 0 },
	{ "4K:+4096:x", -22, 0 },
	{ "4K:-1:x", -22, 0 },
	{ "4K:4096 :x", -22, 0 },
	{ "1P:0:huge", -12, 0 },
	{ "1t:0:huge", -12, 0 },
	{ "4K:0:taken", -16, 0 },
};

/* Of these: what profile new says, where a size that is too large is all ones and a suffix needs digits. */
static const struct {
	const char *text;
	int rc;
} saturated[] = {
	{ "4K:K:x", -22 },
	{ "4K:e:x", -22 },
	{ "0x10000000000001000:0:wrap", -12 },
	{ "18446744073709551716:0:wrap", -12 },
	{ "0xffc0000000000004K:0:wrap", -12 },
	{ "18446744073709551616:0:x", -12 },
	{ "16E:0:x", -12 },
	{ "0x40000000000000k:0:large", -12 },
};

static int expected_rc(size_t i, bool is_new)
{
	for (size_t k = 0; is_new && k < sizeof(saturated) / sizeof(saturated[0]); k++) {
		if (!strcmp(saturated[k].text, spellings[i].text))
			return saturated[k].rc;
	}
	return spellings[i].rc;
}

/* Every spelling for itself, as there is room for eight names only. */
static void spell(const char *variant, const char *profile)
{
	bool explains = !strcmp(profile, "new"); /* line by line */
	static struct fixture f;

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const char *text = spellings[i].text, *name = strchr(text, ':');
		int want = expected_rc(i, explains);
		uint64_t base = 1, size = 2;
		int rc;

		start(&f, variant, NULL, profile);
		mb_add(f.mb, 0x1000, 1 << 30);
		assert_int_equal(mb_reserve_mem(f.mb, NULL), -22);
		assert_int_equal(mb_reserve_mem(f.mb, "64:0:taken"), 1);
		rc = mb_reserve_mem(f.mb, text);
		if (rc != want)
			fail_msg("%s: '%s': %d, expected %d", fixture_name(&f), text, rc, want);
		assert_int_equal(f.line_count, explains ? 1 + (rc < 0) : 0);
		name = name ? strchr(name + 1, ':') : NULL;
		if (rc == 1 && name) {
			assert_int_equal(mb_reserve_mem_find_by_name(f.mb, name + 1, &base, &size),
					 1);
			if (size != spellings[i].size || base % 0x20)
				fail_msg("%s: '%s': 0x%llx bytes at 0x%llx", fixture_name(&f), text,
					 (unsigned long long)size, (unsigned long long)base);
		}
		fixture_stop(&f);
	}
}

static void test_reserve_mem_spellings(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);

	(void)state;
	for (unsigned i = 0; i < n * 3; i++)
		spell(specs[i / 3].variant->name, profiles[i % 3]);
}

static void test_reserve_mem_spellings_as_the_kernel(void **state)
{
	const char *tree = getenv("MEMBLOCK_TREE");
	struct mb_variant_spec kernel;
	char newest[400];

	(void)state;
	if (!kernel_is_there(&kernel))
		skip();
	spell("linux", "6.12"); /* 6.1 has no reserve_mem= */
	if (tree) {
		snprintf(newest, sizeof(newest), "linux:src=%s", tree);
		spell(newest, "new");
	}
}

static bool on_preserved(void *ctx, const char *name, uint64_t *base, uint64_t *size)
{
	(void)ctx;
	*base = 0x123000;
	*size = 0x2000;
	return !strcmp(name, "kept");
}

static void test_reserve_mem_revived(void **state)
{
	static struct fixture f;
	uint64_t base, size;
	char text[64];

	(void)state;
	for (unsigned p = 0; p < 3; p++) {
		start(&f, "list", NULL, profiles[p]);
		f.mb->hooks.preserved = on_preserved;
		mb_add(f.mb, 0x1000, 0xf000);
		assert_int_equal(mb_reserve_mem(f.mb, "8K:4K:kept"), 1);
		assert_int_equal(mb_reserve_mem_find_by_name(f.mb, "kept", &base, &size), 1);
		assert_true(base == (p == 2 ? 0x123000 : 0xe000));
		if (p == 2) {
			expect(&f, f.lines[0], "Revived memory reservation 'kept' from KHO");
			expect(&f, regions_text(f.mb, MB_RESERVED, text, sizeof(text)), "");
		}
		fixture_stop(&f);
	}
	/* Preserved, but another size, or not aligned as is wanted now: allocated anew. */
	start(&f, "list", NULL, "new");
	f.mb->hooks.preserved = on_preserved;
	mb_add(f.mb, 0x1000, 0xf000);
	assert_int_equal(mb_reserve_mem(f.mb, "4K:4K:kept"), 1);
	assert_int_equal(f.line_count, 1);
	assert_int_equal(f.levels[0], MB_WARNING);
	expect(&f, regions_text(f.mb, MB_RESERVED, text, sizeof(text)), "f000-10000/20");
	fixture_stop(&f);
}

/* ---- early memtest ----------------------------------------------------------------------------- */

/* Memory in which the words of [bad, bad_end) hold everything but one bit. */
static struct {
	uint64_t words[0x10000 / 8];
	uint64_t bad, bad_end, stuck;
	unsigned long reads, writes;
} ram;

static uint64_t on_read(void *ctx, uint64_t pa)
{
	(void)ctx;
	ram.reads++;
	assert_true(pa < sizeof(ram.words));
	if (pa >= ram.bad && pa < ram.bad_end)
		return ram.words[pa / 8] | ram.stuck;
	return ram.words[pa / 8];
}

static void on_write(void *ctx, uint64_t pa, uint64_t value)
{
	(void)ctx;
	ram.writes++;
	assert_true(pa < sizeof(ram.words));
	ram.words[pa / 8] = value;
}

static const char *bad_line(struct mb *mb)
{
	report[0] = 0;
	mb_memtest_report(mb, on_line, report);
	return report;
}

static void test_memtest_reserves_bad_words(void **state)
{
	static struct fixture f;
	char text[128];

	(void)state;
	for (unsigned p = 0; p < 3; p++) {
		start(&f, "rbtree", NULL, profiles[p]);
		f.mb->hooks.read = on_read;
		f.mb->hooks.write = on_write;
		memset(&ram, 0, sizeof(ram));
		mb_add(f.mb, 0x1000, 0x3000);
		mb_add(f.mb, 0x5001, 0x2ffe); /* words in part are left alone */
		mb_reserve(f.mb, 0x2000, 0x800);

		expect(&f, bad_line(f.mb), "");
		mb_memtest(f.mb, 0, UINT64_MAX, 0);
		expect(&f, bad_line(f.mb), "");
		assert_int_equal(f.line_count, 0);

		mb_memtest(f.mb, 0, UINT64_MAX, 1);
		expect(&f, bad_line(f.mb), "EarlyMemtestBad:       0 kB\n");
		expect(&f, f.lines[0], "early_memtest: # of tests: 1");
		assert_int_equal(f.line_count, 4); /* three free ranges */
		f.line_count = 0;
		mb_memtest(f.mb, 0x1000, 0x2000, 18); /* the 17 of them, from the first again */
		expect(&f, f.lines[1],
		       "  0x0000000000001000 - 0x0000000000002000 pattern 0000000000000000");
		expect(&f, f.lines[2],
		       "  0x0000000000001000 - 0x0000000000002000 pattern 4c494e5558726c7a");
		assert_int_equal(ram.words[0x1000 / 8], 0);
		assert_int_equal(ram.reads, (0x1000 + 0x1800 + 0x2ff0 + 18 * 0x1000) / 8);
		assert_int_equal(ram.writes, ram.reads);

		/* A bit that is stuck at 1 in three words: the all-zero pattern shows it. */
		ram.bad = 0x5ff0;
		ram.bad_end = 0x6008;
		ram.stuck = 0x10;
		f.line_count = 0;
		mb_memtest(f.mb, 0, 0x6004, 1); /* the third lies half outside */
		expect(&f, regions_text(f.mb, MB_RESERVED, text, sizeof(text)),
		       "2000-2800 5ff0-6000");
		assert_non_null(strstr(f.lines[f.line_count - 1], "bad mem"));
		mb_memtest(f.mb, 0x3000, 0x10000, 17);
		expect(&f, regions_text(f.mb, MB_RESERVED, text, sizeof(text)),
		       "2000-2800 5ff0-6008");
		expect(&f, bad_line(f.mb), "EarlyMemtestBad:       1 kB\n");
		fixture_stop(&f);
	}
}

/* Without the hooks simulated memory is tested, which has no faults; allocated memory is spared. */
static void test_memtest_on_simulated_memory(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);
	static struct fixture f;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		unsigned char *p;

		start(&f, specs[i].variant->name, NULL, "6.12");
		mb_add(f.mb, 0x1000, 0x20000);
		p = mb_alloc(f.mb, 0x2000, 0x1000);
		assert_non_null(p);
		mb_memtest(f.mb, 0x2000, UINT64_MAX, 3);
		expect(&f, bad_line(f.mb), "EarlyMemtestBad:       0 kB\n");
		for (unsigned b = 0; p && b < 0x2000; b++)
			assert_int_equal(p[b], 0);
		fixture_stop(&f);
	}
}

/* ---- system hash tables ------------------------------------------------------------------------ */

static void hash(struct fixture *f, uint64_t bucket, uint64_t entries, unsigned scale,
		 unsigned flags, uint64_t low, uint64_t high, uint64_t expected)
{
	unsigned shift = 0, mask = 0;

	f->line_count = 0;
	assert_non_null(mb_alloc_large_system_hash(f->mb, "Test", bucket, entries, scale, flags,
						   &shift, &mask, low, high));
	if (1ULL << shift != expected || mask != expected - 1)
		fail_msg("%s: %llu buckets, expected %llu", fixture_name(f), 1ULL << shift,
			 (unsigned long long)expected);
}

static void test_hash_sizes(void **state)
{
	const unsigned early = MB_HASH_EARLY;
	static struct fixture f;

	(void)state;
	start(&f, "array", NULL, "6.12");
	mb_set_zeroing(f.mb, false);
	mb_add(f.mb, 0x100000, 512ULL << 30); /* three factors of two above 64 GiB: two steps */
	hash(&f, 8, 0, 14, early, 0, 0, 8 << 20);
	expect(&f, f.lines[0],
	       "Test hash table entries: 8388608 (order: 14, 67108864 bytes, linear)");
	hash(&f, 8, 0, 14, early, 0, 1 << 30, 32 << 20); /* a limit: no adapting */
	hash(&f, 8, 1000, 0, early, 0, 0, 1024);
	expect(&f, f.lines[0], "Test hash table entries: 1024 (order: 1, 8192 bytes, linear)");
	hash(&f, 8, 100, 0, early, 0, 0, 128);
	expect(&f, f.lines[0], "Test hash table entries: 128 (order: 0, 1024 bytes, linear)");
	hash(&f, 24, 1000, 0, early, 0, 0,
	     1024); /* a block's order is that of its size rounded up */
	expect(&f, f.lines[0], "Test hash table entries: 1024 (order: 3, 24576 bytes, linear)");
	hash(&f, 16, 100, 0, early, 256, 0, 256);
	hash(&f, 16, 1000, 0, early, 0, 300, 256); /* a limit that is no power of two */
	hash(&f, 1, UINT64_C(1) << 40, 0, early, 0, 0, 1U << 31);
	fixture_stop(&f);

	start(&f, "array", NULL, "6.12");
	mb_add(f.mb, 0x100000, 0x3000); /* 3 pages count as 1 MiB; a page of buckets at least */
	hash(&f, 8, 0, 19, early, 0, 64, 64);
	hash(&f, 8, 0, 12, early, 0, 0, 64); /* and at most 1/16 of memory */
	fixture_stop(&f);
}

static void test_hash_storage(void **state)
{
	static struct fixture f;
	unsigned shift = 3, char_count;
	const unsigned char *table;

	(void)state;
	/* Halved until it fits: 1 MiB wanted, 256 KiB found. */
	start(&f, "array", NULL, "6.12");
	mb_add(f.mb, 0x100000, 0x80000);
	mb_reserve(f.mb, 0x148000, 0x1000);
	hash(&f, 0x100, 0x1000, 0, MB_HASH_EARLY, 0, 0x1000, 0x400);
	assert_true(mb_is_region_reserved(f.mb, 0x100000, 0x40000));
	/* Zeroed if wanted. */
	hash(&f, 0x10, 0x100, 0, MB_HASH_EARLY | MB_HASH_ZERO, 0, 0x100, 0x100);
	/* Not even a page. */
	mb_reserve(f.mb, 0x100000, 0x80000);
	if (!fixture_catch(&f))
		hash(&f, 8, 0x1000, 0, MB_HASH_EARLY, 0, 0x1000, 0);
	expect(&f, f.panic, "Failed to allocate Test hash table");
	fixture_stop(&f);

	/* Late: from slab, told apart by size and NUMA. Small: below a page, if it is early. */
	start(&f, "array", NULL, "6.1");
	mb_add(f.mb, 0x100000, 0x80000);
	assert_true(mb_hashdist_default(f.mb));
	f.mb->machine.no_numa = true;
	assert_false(mb_hashdist_default(f.mb));
	f.mb->machine.no_numa = false;
	table = mb_alloc_large_system_hash(f.mb, "Late", 8, 0x100, 0, MB_HASH_ZERO, NULL, NULL, 0,
					   0x100);
	assert_ptr_equal(table, f.slab_last);
	for (char_count = 0; table && char_count < 0x800; char_count++)
		assert_int_equal(table[char_count], 0);
	expect(&f, f.lines[0], "Late hash table entries: 256 (order: 0, 2048 bytes, vmalloc)");
	assert_non_null(mb_alloc_large_system_hash(
		f.mb, "Small", 8, 0, 30, MB_HASH_EARLY | MB_HASH_SMALL, &shift, NULL, 0, 0x1000));
	assert_int_equal(shift, 3);
	fixture_stop(&f);

	/* Without NUMA a table is spread if no block of pages is large enough for it. */
	start(&f, "array", &(struct mb_machine){ .no_numa = true, .max_page_order = 4 }, "6.12");
	mb_add(f.mb, 0x100000, 0x80000);
	hash(&f, 16, 0x1000, 0, 0, 0, 0x1000, 0x1000);
	expect(&f, f.lines[0], "Test hash table entries: 4096 (order: 4, 65536 bytes, linear)");
	fixture_stop(&f); /* it holds one block of slab at a time */
	start(&f, "array", &(struct mb_machine){ .no_numa = true, .max_page_order = 4 }, "6.12");
	mb_add(f.mb, 0x100000, 0x80000);
	hash(&f, 24, 0x1000, 0, 0, 0, 0x1000, 0x1000);
	expect(&f, f.lines[0], "Test hash table entries: 4096 (order: 5, 98304 bytes, vmalloc)");
	hash(&f, 24, 0x1000, 0, MB_HASH_EARLY, 0, 0x1000, 0x1000);
	expect(&f, f.lines[0], "Test hash table entries: 4096 (order: 5, 98304 bytes, linear)");
	fixture_stop(&f);
}

/* ---- HugeTLB ----------------------------------------------------------------------------------- */

static void test_hugetlb_avoids_scratch(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);
	static struct fixture f;
	char text[128];

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		start(&f, specs[i].variant->name, NULL, "new");
		mb_add_node(f.mb, 0x1000, 0xf000, 0, 0);
		mb_add_node(f.mb, 0x10000, 0x10000, 1, 0);
		mb_add_scratch_area(f.mb, 0x5000, 0x800);
		mb_add_scratch_area(f.mb, 0x8000, 0x1000);
		mb_set_bottom_up(f.mb, true);
		mb_set_debug(f.mb, true);
		/* 4000 meets 5000-5800, 8000 meets 8000-9000: the first place is c000. */
		assert_true(mb_virt_to_phys(f.mb, mb_alloc_hugetlb(f.mb, 0x4000, 0, true)) ==
			    0xc000);
		assert_non_null(strstr(f.lines[0],
				       "memblock_alloc_hugetlb: 16384 bytes, nid=0, exact_nid=1 "));
		expect(&f, f.lines[1],
		       "__memblock_reserve: [0x000000000000c000-0x000000000000ffff] nid=0 flags=a0 "
		       "memblock_alloc_hugetlb");
		assert_null(mb_alloc_hugetlb(f.mb, 0x4000, 0, true));
		assert_true(mb_virt_to_phys(f.mb, mb_alloc_hugetlb(f.mb, 0x4000, 0, false)) ==
			    0x10000);
		expect(&f, regions_text(f.mb, MB_RESERVED, text, sizeof(text)),
		       "c000-10000@0/a0 10000-14000/a0");
		assert_true(mb_reserved_hugetlb_size(f.mb, UINT64_MAX, -1) == 0x8000);
		mb_set_kho_scratch_only(f.mb);
		assert_null(mb_alloc_hugetlb(f.mb, 0x1000, -1, false));
		fixture_stop(&f);

		/* A scratch area from 0 on leaves nothing below it, and the search ends. */
		start(&f, specs[i].variant->name, NULL, "new");
		mb_add(f.mb, 0, 0x10000);
		mb_add_scratch_area(f.mb, 0, 0x10000);
		assert_null(mb_alloc_hugetlb(f.mb, 0x1000, -1, false));
		mb_set_bottom_up(f.mb, true);
		assert_null(mb_alloc_hugetlb(f.mb, 0x1000, -1, false));
		fixture_stop(&f);
	}
}

/* The list of a handover: how much it takes, what overlaps, and that a snapshot has it. */
static void test_scratch_areas(void **state)
{
	static struct fixture f;
	void *before;

	(void)state;
	start(&f, "array", NULL, "new");
	before = malloc(mb_snapshot_size(f.mb));
	mb_snapshot(f.mb, before);
	assert_int_equal(mb_add_scratch_area(f.mb, 0x5000, 0), 0);
	assert_int_equal(mb_add_scratch_area(f.mb, UINT64_MAX, 1), 0);
	assert_false(mb_kho_scratch_overlap(f.mb, 0, UINT64_MAX));
	for (unsigned i = 0; i < MB_SCRATCH_MAX; i++)
		assert_int_equal(mb_add_scratch_area(f.mb, 0x900000 - i * 0x2000, 0x1000), 0);
	assert_int_equal(mb_add_scratch_area(f.mb, 0x1000, 0x1000), -MB_ENOMEM);
	assert_true(mb_kho_scratch_overlap(f.mb, 0x900fff, 1));
	assert_true(mb_kho_scratch_overlap(f.mb, 0x8ff000, 0x1001));
	assert_false(mb_kho_scratch_overlap(f.mb, 0x901000, 0x1000));
	assert_false(mb_kho_scratch_overlap(f.mb, 0x8ff000, 0x1000));
	mb_restore(f.mb, before);
	assert_false(mb_kho_scratch_overlap(f.mb, 0x900fff, 1));
	assert_int_equal(mb_add_scratch_area(f.mb, UINT64_MAX - 0x1000, 0x2000), 0);
	assert_true(mb_kho_scratch_overlap(f.mb, UINT64_MAX - 1, 1));
	free(before);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scratch_areas),
		cmocka_unit_test(test_debugfs_lines),
		cmocka_unit_test(test_debugfs_narrow_machine),
		cmocka_unit_test(test_debugfs_reserve_mem),
		cmocka_unit_test(test_reserve_mem_spellings),
		cmocka_unit_test(test_reserve_mem_spellings_as_the_kernel),
		cmocka_unit_test(test_reserve_mem_revived),
		cmocka_unit_test(test_memtest_reserves_bad_words),
		cmocka_unit_test(test_memtest_on_simulated_memory),
		cmocka_unit_test(test_hash_sizes),
		cmocka_unit_test(test_hash_storage),
		cmocka_unit_test(test_hugetlb_avoids_scratch),
	};

	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
