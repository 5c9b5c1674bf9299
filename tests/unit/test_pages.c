/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_pages.c - the page allocator, and every store handing over to it.
 *
 * Blocks that split and merge, node preference, what it refuses; then machines: worked ones where
 * each page's fate is known, random ones on every store and profile where mb_pages_check() says that
 * no page is both reserved and free and none is lost, and planted faults that it must find.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/pages.h>

#include "harness.h"

static uint64_t random_state;

static uint64_t rnd(uint64_t below)
{
	return random_below(&random_state, below);
}

/* ---- blocks ------------------------------------------------------------------------------------ */

/* A started fixture with an allocator attached. */
struct machine {
	struct fixture f;
	struct mb_pages *pages;
};

static void machine_start(struct machine *m, const struct mb_machine *machine,
			  const struct mb_variant_spec *spec)
{
	fixture_start(&m->f, machine, spec);
	m->pages = NULL;
}

static uint64_t hand_over(struct machine *m)
{
	assert_int_equal(mb_pages_create(m->f.mb, &m->pages), 0);
	mb_pages_attach(m->pages, m->f.mb);
	return mb_free_all(m->f.mb);
}

static void machine_stop(struct machine *m)
{
	mb_pages_destroy(m->pages);
	fixture_stop(&m->f);
}

static void check(struct machine *m)
{
	const char *why;

	if (mb_pages_check(m->pages, m->f.mb, &why))
		fail_msg("%s: %s", fixture_name(&m->f), why);
}

static void expect_fault(struct machine *m, const char *text)
{
	const char *why;

	assert_int_equal(mb_pages_check(m->pages, m->f.mb, &why), -EINVAL);
	if (!why || !strstr(why, text))
		fail_msg("%s: \"%s\", expected \"%s\"", fixture_name(&m->f), why ? why : "", text);
}

/* Free blocks per order, from order 0 on: "1 0 2". */
static void expect_blocks(struct machine *m, int nid, const char *expected)
{
	char text[128] = "";
	size_t len = 0;
	unsigned last = m->f.machine.max_page_order ? m->f.machine.max_page_order : 10;

	for (unsigned o = 0; o <= last; o++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu", o ? " " : "",
					(unsigned long long)mb_pages_free_blocks(m->pages, nid, o));
	assert_string_equal(text, expected);
}

static void test_blocks_split_and_merge(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct machine m;
	struct mb_pages_counts c;

	(void)state;
	machine.max_page_order = 3;
	machine_start(&m, &machine, &spec);
	/* pages 3 to 10 on node 0, 16 to 23 on node 2 */
	mb_add_node(m.f.mb, 0x3000, 0x8000, 0, 0);
	mb_add_node(m.f.mb, 0x10000, 0x8000, 2, 0);
	assert_int_equal(hand_over(&m), 16);
	check(&m);
	expect_blocks(&m, 0, "2 1 1 0"); /* 3, 10; 8-9; 4-7 */
	expect_blocks(&m, 2, "0 0 0 1");
	expect_blocks(&m, -1, "2 1 1 1");

	/* The smallest block that is large enough, the lowest of them, on the node. */
	assert_int_equal(mb_pages_alloc(m.pages, 0, 0), 3);
	assert_int_equal(mb_pages_alloc(m.pages, 0, 0), 10);
	assert_int_equal(mb_pages_alloc(m.pages, 0, 0), 8);
	assert_int_equal(mb_pages_alloc(m.pages, 1, 0), 4);
	assert_int_equal(mb_pages_alloc(m.pages, 1, 2), 16);
	expect_blocks(&m, -1, "1 2 1 0");
	assert_int_equal(mb_page_state(m.pages, 4), MB_PAGE_USED);
	assert_int_equal(mb_page_state(m.pages, 5), MB_PAGE_USED);
	assert_int_equal(mb_page_state(m.pages, 6), MB_PAGE_FREE);
	assert_int_equal(mb_page_state(m.pages, 2), MB_PAGE_ABSENT);
	assert_int_equal(mb_page_node(m.pages, 17), 2);
	assert_int_equal(mb_page_node(m.pages, 12), -1);
	check(&m);

	/* Node 0 has no block of four: node 2 serves. Nobody has eight. */
	assert_int_equal(mb_pages_alloc(m.pages, 2, 0), 20);
	assert_true(mb_pages_alloc(m.pages, 3, 2) == MB_PAGES_NONE);
	assert_true(mb_pages_alloc(m.pages, 4, -1) == MB_PAGES_NONE);
	assert_int_equal(mb_pages_alloc(m.pages, 1, 9), 6); /* a node without memory: any */
	mb_pages_count(m.pages, -1, &c);
	assert_int_equal(c.present, 16);
	assert_int_equal(c.managed, 16);
	assert_int_equal(c.used, 13);
	assert_int_equal(c.free, 3);
	check(&m);

	/* Not in use, the wrong order, not aligned, no memory, twice. */
	assert_int_equal(mb_pages_free(m.pages, 9, 0), -EINVAL);
	assert_int_equal(mb_pages_free(m.pages, 20, 1), -EINVAL);
	assert_int_equal(mb_pages_free(m.pages, 21, 2), -EINVAL);
	assert_int_equal(mb_pages_free(m.pages, 40, 0), -EINVAL);
	assert_int_equal(mb_pages_free(m.pages, 0, 31), -EINVAL);
	assert_int_equal(mb_pages_free(m.pages, 8, 0), 0);
	assert_int_equal(mb_pages_free(m.pages, 8, 0), -EINVAL);

	assert_int_equal(mb_pages_free(m.pages, 20, 2), 0);
	assert_int_equal(mb_pages_free(m.pages, 16, 1), 0);
	expect_blocks(&m, 2, "0 0 0 1"); /* merged again */
	assert_int_equal(mb_pages_free(m.pages, 4, 1), 0);
	assert_int_equal(mb_pages_free(m.pages, 6, 1), 0);
	assert_int_equal(mb_pages_free(m.pages, 10, 0), 0);
	assert_int_equal(mb_pages_free(m.pages, 3, 0), 0);
	expect_blocks(&m, 0, "2 1 1 0");
	check(&m);
	machine_stop(&m);
}

static void test_counts_before_hand_over(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	static struct machine m;
	struct mb_pages_counts c;

	(void)state;
	machine_start(&m, &fixture_machine, &spec);
	mb_add(m.f.mb, 0x1800, 0x6800); /* whole pages 2 to 7, node 0 for want of another */
	mb_reserve(m.f.mb, 0x2800, 0x100);
	assert_int_equal(mb_pages_create(m.f.mb, &m.pages), 0);
	mb_pages_count(m.pages, 0, &c);
	assert_int_equal(c.present, 6);
	assert_int_equal(c.managed, 6);
	assert_int_equal(c.unknown, 6);
	mb_pages_attach(m.pages, m.f.mb);
	assert_int_equal(mb_free_all(m.f.mb), 5);
	mb_pages_count(m.pages, 0, &c);
	assert_int_equal(c.managed, 5);
	assert_int_equal(c.reserved, 1);
	assert_int_equal(c.unknown, 0);
	mb_set_page_sink(m.f.mb, NULL); /* and nobody listens any more */
	mb_free_late(m.f.mb, 0x2000, 0x1000);
	mb_pages_count(m.pages, 0, &c);
	assert_int_equal(c.reserved, 1);
	check(&m);
	machine_stop(&m);
}

/* ---- planted faults ---------------------------------------------------------------------------- */

/* @profile: handed over; NULL: about to be. */
static void start_small(struct machine *m, const char *profile)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);

	machine.profile = mb_profile_find(profile ? profile : "6.12");
	machine_start(m, &machine, &spec);
	mb_add_node(m->f.mb, 0x1000, 0x1f000, 0, 0);
	mb_reserve(m->f.mb, 0x4000, 0x4000);
	if (!profile) {
		assert_int_equal(mb_pages_create(m->f.mb, &m->pages), 0);
		mb_pages_attach(m->pages, m->f.mb);
		return;
	}
	hand_over(m);
	check(m);
}

static void test_check_finds_what_is_wrong(void **state)
{
	static struct machine m;

	(void)state;
	/* Allocated between hand-over and slab: two owners. */
	start_small(&m, "6.12");
	assert_true(mb_phys_alloc(m.f.mb, 0x1000, 0x1000) != 0);
	expect_fault(&m, "page 0x1f: both reserved and free");
	machine_stop(&m);

	/* Freed in memblock after the hand-over: nobody's. Released late it is right again. */
	start_small(&m, "6.12");
	mb_phys_free(m.f.mb, 0x4000, 0x2000);
	expect_fault(&m, "page 0x4: lost");
	mb_free_late(m.f.mb, 0x4000, 0x2000);
	check(&m);
	/* Once is enough. */
	mb_free_late(m.f.mb, 0x5000, 0x1000);
	expect_fault(&m, "page 0x5: released, but not reserved");
	machine_stop(&m);

	/* The newest kernels release what is freed, once slab is up. */
	start_small(&m, "new");
	mb_set_slab_available(m.f.mb, true);
	mb_phys_free(m.f.mb, 0x4800, 0x2000);
	assert_int_equal(mb_page_state(m.pages, 4), MB_PAGE_RESERVED);
	assert_int_equal(mb_page_state(m.pages, 5), MB_PAGE_FREE);
	assert_int_equal(mb_page_state(m.pages, 6), MB_PAGE_RESERVED);
	check(&m);
	machine_stop(&m);

	/* Released, seen to be free, and allocated by memblock once more: two owners. */
	for (unsigned keep = 0; keep < 2; keep++) {
		start_small(&m, "6.12");
		mb_free_late(m.f.mb, 0x4000, 0x4000);
		mb_phys_free(m.f.mb, 0x4000, 0x4000);
		if (keep) /* without a look in between it cannot be told from the old reservation */
			check(&m);
		mb_reserve(m.f.mb, 0x5000, 0x1000);
		if (keep)
			expect_fault(&m, "page 0x5: both reserved and free");
		else
			check(&m);
		machine_stop(&m);
	}
	start_small(&m, "6.12");
	mb_phys_free(m.f.mb, 0x4000, 0x4000);
	mb_free_late(m.f.mb, 0x4000, 0x4000);
	mb_reserve(m.f.mb, 0x5000, 0x1000);
	expect_fault(&m, "page 0x5: both reserved and free");
	machine_stop(&m);

	/* Told otherwise than it is: a node that is not its own; counts that nobody reset. */
	start_small(&m, "6.12");
	m.f.mb->sink.init_reserved(m.f.mb->sink.ctx, 0x4000, 0x5000, 3);
	expect_fault(&m, "page 0x4: reserved on a node that is not its own");
	machine_stop(&m);
	start_small(&m, NULL);
	m.f.mb->sink.reset_managed = NULL;
	mb_free_all(m.f.mb);
	expect_fault(&m, "free and used pages are not the managed ones");
	machine_stop(&m);

	/* Twice handed over; memory that came too late. */
	start_small(&m, "6.12");
	mb_free_all(m.f.mb);
	expect_fault(&m, "freed, but reserved or free already");
	machine_stop(&m);
	start_small(&m, "6.12");
	mb_add_node(m.f.mb, 0x40000, 0x1000, 0, 0);
	expect_fault(&m, "never saw");
	machine_stop(&m);
}

/* ---- random machines --------------------------------------------------------------------------- */

/* Pages of arrays that memblock still uses: not ours to release. */
static bool is_storage(const struct mb *mb, uint64_t base, uint64_t end)
{
	mb_cnt(mb,
	       MB_RESERVED); /* brings mb->c up to date where the variant keeps its own record */
	for (unsigned i = 0; i < MB_COLLECTIONS; i++) {
		struct mb_segment s;

		for (unsigned k = 0; mb_storage(mb, &mb->c[i], k, &s); k++)
			if (s.origin == MB_MANAGED && base < s.pa + s.bytes && s.pa < end)
				return true;
	}
	return false;
}

/* Memory with holes, unaligned edges, nodes and attributes; firmware and kernel reservations. */
static void describe(struct mb *mb, unsigned pages)
{
	uint64_t at = rnd(4) * 0x800;

	mb_allow_resize(mb);
	for (unsigned i = 0, n = 1 + (unsigned)rnd(12); i < n; i++) {
		uint64_t size = (1 + rnd(pages)) << 12;
		uint32_t flags = rnd(6) ? 0 : rnd(2) ? MB_HOTPLUG : MB_DRIVER_MANAGED;

		if (rnd(3) == 0)
			size += rnd(0x1000);
		mb_add_node(mb, at, size, rnd(8) ? (int)rnd(4) : 16, flags);
		if (rnd(4) == 0)
			mb_mark_nomap(mb, at + rnd(size), rnd(size) + 1);
		at += size + (rnd(3) ? rnd(pages) << 11 : 0);
	}
	for (unsigned i = 0, n = (unsigned)rnd(40); i < n; i++) {
		uint64_t base = rnd(at), size = 1 + rnd(0x3000);

		mb_reserve(mb, base, size);
		if (rnd(5) == 0 && !is_storage(mb, base, base + size))
			mb_reserved_mark_noinit(mb, base, size);
	}
	mb_set_bottom_up(mb, rnd(2));
	for (unsigned i = 0, n = (unsigned)rnd(20); i < n; i++) {
		uint64_t p =
			mb_phys_alloc_try_nid(mb, 1 + rnd(0x4000), 1ULL << rnd(15), (int)rnd(5));

		if (p && rnd(3) == 0)
			mb_phys_free(mb, p + rnd(0x800), rnd(0x1000));
	}
}

/* Allocate and free at random; all used blocks come back at the end. */
static void churn(struct machine *m)
{
	struct block {
		uint64_t pfn;
		unsigned order;
	} blocks[64];
	struct mb_pages_counts before, after;
	unsigned n = 0;

	mb_pages_count(m->pages, -1, &before);
	for (unsigned step = 0; step < 200; step++) {
		if (n < 64 && rnd(2)) {
			unsigned order = (unsigned)rnd(6);
			uint64_t pfn = mb_pages_alloc(m->pages, order, (int)rnd(5) - 1);

			if (pfn == MB_PAGES_NONE)
				continue;
			assert_int_equal(pfn & ((1U << order) - 1), 0);
			assert_int_equal(mb_page_state(m->pages, pfn), MB_PAGE_USED);
			blocks[n++] = (struct block){ pfn, order };
		} else if (n) {
			unsigned i = (unsigned)rnd(n);

			assert_int_equal(mb_pages_free(m->pages, blocks[i].pfn, blocks[i].order),
					 0);
			blocks[i] = blocks[--n];
		}
		if (step % 50 == 0)
			check(m);
	}
	while (n--)
		assert_int_equal(mb_pages_free(m->pages, blocks[n].pfn, blocks[n].order), 0);
	mb_pages_count(m->pages, -1, &after);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* Release what the allocator knows as reserved, piece by piece, as late code would. */
static void release_some(struct machine *m)
{
	uint64_t page = m->f.machine.page_size;
	struct mb_range picks[16], r;
	struct mb_iter it;
	unsigned n = 0;

	for (mb_iter_regions(&it, m->f.mb, MB_RESERVED, false); mb_next(&it, &r);) {
		if (n < 16 && !(r.flags & MB_RSRV_NOINIT) && rnd(3) == 0)
			picks[n++] = r;
	}
	for (unsigned i = 0; i < n; i++) {
		for (uint64_t at = picks[i].base / page * page + page; at + page <= picks[i].end;
		     at += page) {
			/* What lies outside memory has no page, and what is not mapped stays taken. */
			if (mb_page_state(m->pages, at / page) != MB_PAGE_RESERVED ||
			    !mb_is_map_memory(m->f.mb, at) || is_storage(m->f.mb, at, at + page))
				continue;
			if (m->f.machine.profile->free_releases_pages)
				mb_phys_free(m->f.mb, at, page);
			else
				mb_free_late(m->f.mb, at, page);
			assert_int_equal(mb_page_state(m->pages, at / page), MB_PAGE_FREE);
		}
	}
}

static void discard(struct machine *m)
{
	struct mb_pages_counts before, after;
	uint64_t arrays = 0;

	mb_cnt(m->f.mb, MB_RESERVED);
	for (unsigned i = MB_MEMORY; i <= MB_RESERVED; i++) {
		struct mb_segment s;

		for (unsigned k = 0; mb_storage(m->f.mb, &m->f.mb->c[i], k, &s); k++)
			if (s.origin == MB_MANAGED && !m->f.machine.keep_memblock)
				arrays += s.bytes / m->f.machine.page_size;
	}
	mb_pages_count(m->pages, -1, &before);
	mb_discard(m->f.mb);
	mb_pages_count(m->pages, -1, &after);
	assert_int_equal(after.free, before.free + arrays);
	assert_int_equal(after.managed, before.managed + arrays);
	assert_int_equal(after.reserved, before.reserved - arrays);
	check(m);
	assert_int_equal(mb_check(m->f.mb, NULL), 0);
}

/* What the allocator has, per node: one line. */
static void account(struct machine *m, char *text, size_t size)
{
	size_t len = strlen(text);

	for (int nid = -1; nid < 4 && len < size; nid++) {
		struct mb_pages_counts c;

		mb_pages_count(m->pages, nid, &c);
		len += (size_t)snprintf(text + len, size - len, "%s%llu/%llu/%llu/%llu",
					nid < 0 ? "" : " ", (unsigned long long)c.unknown,
					(unsigned long long)c.reserved, (unsigned long long)c.free,
					(unsigned long long)c.used);
		for (unsigned o = 0; o <= 10 && len < size; o++)
			len += (size_t)snprintf(text + len, size - len, ":%llu",
						(unsigned long long)mb_pages_free_blocks(m->pages,
											 nid, o));
	}
	if (len < size)
		snprintf(text + len, size - len, "\n");
}

#define ACCOUNT 4096

/* One machine from description to discard. @text: the account of it, or why it ended early. */
static void live_once(struct machine *m, const struct mb_machine *machine,
		      const struct mb_variant_spec *spec, unsigned seed, unsigned fillers,
		      char text[ACCOUNT])
{
	struct mb_pages_counts c;
	uint64_t given;

	text[0] = 0;
	random_state = seed;
	machine_start(m, machine, spec);
	/* Both arrays growing at once in a corner may meet, in a kernel too: that machine is dead. */
	if (fixture_catch(&m->f)) {
		assert_non_null(strstr(m->f.panic, "grown"));
		snprintf(text, ACCOUNT, "%s\n", m->f.panic);
		machine_stop(m);
		return;
	}
	describe(m->f.mb, 1 + (unsigned)rnd(seed % 4 ? 40 : 3000));
	for (unsigned i = 0; i < fillers; i++)
		mb_reserve(m->f.mb, (uint64_t)i * 0x3000, 0x800);
	given = hand_over(m);
	m->f.catching = false;
	mb_pages_count(m->pages, -1, &c);
	assert_int_equal(c.free, given);
	assert_int_equal(c.managed, given);
	check(m);
	account(m, text, ACCOUNT);
	churn(m);
	account(m, text, ACCOUNT);
	mb_set_slab_available(m->f.mb, true);
	release_some(m);
	check(m);
	account(m, text, ACCOUNT);
	discard(m);
	account(m, text, ACCOUNT);
	churn(m);
	check(m);
	machine_stop(m);
}

static void vary(struct mb_machine *machine, unsigned seed)
{
	machine->max_low_pfn = seed % 5 ? 0 : 0x40;
	machine->highmem = seed % 10 == 0;
	machine->keep_memblock = seed % 7 == 0;
	machine->no_numa = seed % 11 == 0;
}

static void test_random_machines(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);
	static struct machine m;

	(void)state;
	for (unsigned i = 0; i < n * 3 * 2; i++) {
		struct mb_machine machine = fixture_machine;
		struct mb_variant_spec spec;
		char text[96];

		/* Few static slots, so that arrays grow and can be discarded. */
		snprintf(text, sizeof(text), "%s:init=%u", specs[i % n].variant->name, 4 + i % 5);
		spec = spec_of(text, MB_O2);
		machine.profile = mb_profile_find(profiles[i / n % 3]);
		machine.metadata = i / n / 3 ? MB_METADATA_HOST : MB_METADATA_SELF;
		for (unsigned seed = 1; seed <= 40; seed++) {
			static char text[ACCOUNT];

			vary(&machine, seed);
			live_once(&m, &machine, &spec, seed, 0, text);
		}
	}
}

/* The kernel's own file hands the same machines over: the page allocator is left in the same state. */
static void test_random_machines_as_the_kernel(void **state)
{
	static char ours[ACCOUNT], kernels[ACCOUNT];
	struct mb_variant_spec array = spec_of("array", MB_O2), kernel;
	static struct machine m;

	(void)state;
	if (!kernel_is_there(&kernel))
		skip();
	kernel.build = MB_O2;
	for (unsigned i = 0; i < 4; i++) {
		struct mb_machine machine = fixture_machine;

		machine.profile = mb_profile_find(i / 2 ? "6.12" : "6.1");
		machine.metadata = i % 2 ? MB_METADATA_HOST : MB_METADATA_SELF;
		for (unsigned seed = 1; seed <= 60; seed++) {
			unsigned fillers = seed % 3 ? 60 * (seed % 4) : 0;

			if (seed % 7 == 0 || seed % 10 == 0 || seed % 11 == 0)
				continue; /* other builds of the file */
			vary(&machine, seed);
			live_once(&m, &machine, &array, seed, fillers, ours);
			live_once(&m, &machine, &kernel, seed, fillers, kernels);
			if (strcmp(ours, kernels) != 0)
				fail_msg("profile %s, seed %u: ours\n%skernel's\n%s",
					 machine.profile->name, seed, ours, kernels);
		}
	}
}

/* A machine that no bitmap of all its pages would fit into: 64 TiB, and 1 GiB at the very top. */
static void test_64_tib(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	const uint64_t tib = 1ULL << 40;
	static struct machine m;
	struct mb_pages_counts c;

	(void)state;
	machine.max_page_order = 18; /* 1 GiB: as with gigantic pages, and quicker */
	machine_start(&m, &machine, &spec);
	mb_add_node(m.f.mb, 0, 32 * tib, 0, 0);
	mb_add_node(m.f.mb, 32 * tib, 32 * tib, 1, 0);
	mb_add_node(m.f.mb, UINT64_MAX - (1 << 30) + 1, 1 << 30, 2, 0);
	mb_reserve(m.f.mb, 0, 0x1000);
	mb_reserve(m.f.mb, 40 * tib, 1 << 30);
	assert_true(hand_over(&m) == (64 * tib >> 12) - 1 - (1 << 18) + (1 << 18) - 1);
	check(&m);
	mb_pages_count(m.pages, 1, &c);
	assert_true(c.present == 32 * tib >> 12);
	assert_true(c.reserved == 1 << 18);
	assert_true(mb_pages_alloc(m.pages, 18, 1) == 32 * tib >> 12);
	assert_true(mb_pages_alloc(m.pages, 0, 2) == (UINT64_MAX >> 12) - 1);
	mb_free_late(m.f.mb, 40 * tib, 1 << 30);
	assert_true(mb_pages_free_blocks(m.pages, 1, 18) == (32 * tib >> 30) - 1);
	check(&m);
	machine_stop(&m);
}

/*
 * A TiB of reserved pages is told and checked by the word: 268 million pages are 4 million words, which
 * one by one would take most of this program's time limit in an instrumented build. The reservation begins in
 * one zone, goes through a hole and ends in the next one, in the middle of words.
 */
static void test_reserved_tib(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	const uint64_t tib = 1ULL << 40;
	static struct machine m;
	struct mb_pages_counts c;

	(void)state;
	machine_start(&m, &machine, &spec);
	mb_add_node(m.f.mb, 0x1000, tib / 2, 0, 0);
	mb_add_node(m.f.mb, tib, tib, 1, 0);
	mb_reserve(m.f.mb, 0x5800, 2 * tib - 0xa000);
	assert_true(hand_over(&m) == 4 + 4);
	check(&m);
	mb_pages_count(m.pages, 0, &c);
	assert_true(c.reserved == (tib / 2 >> 12) - 4 && c.free == 4 && c.unknown == 0);
	mb_pages_count(m.pages, 1, &c);
	assert_true(c.reserved == (tib >> 12) - 4 && c.free == 4 && c.unknown == 0);
	assert_int_equal(mb_page_state(m.pages, 4), MB_PAGE_FREE);
	assert_int_equal(mb_page_state(m.pages, 5), MB_PAGE_RESERVED);
	assert_int_equal(mb_page_state(m.pages, (tib / 2 >> 12) + 1), MB_PAGE_ABSENT);
	assert_int_equal(mb_page_state(m.pages, (tib >> 12) - 1), MB_PAGE_ABSENT);
	assert_int_equal(mb_page_state(m.pages, tib >> 12), MB_PAGE_RESERVED);
	assert_int_equal(mb_page_state(m.pages, (2 * tib >> 12) - 5), MB_PAGE_RESERVED);
	assert_int_equal(mb_page_state(m.pages, (2 * tib >> 12) - 4), MB_PAGE_FREE);
	mb_free_late(m.f.mb, tib, 1 << 30);
	check(&m);
	mb_pages_count(m.pages, 1, &c);
	assert_true(c.free == 4 + (1 << 18));
	machine_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_split_and_merge),
		cmocka_unit_test(test_counts_before_hand_over),
		cmocka_unit_test(test_check_finds_what_is_wrong),
		cmocka_unit_test(test_random_machines),
		cmocka_unit_test(test_random_machines_as_the_kernel),
		cmocka_unit_test(test_64_tib),
		cmocka_unit_test(test_reserved_tib),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
