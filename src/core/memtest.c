/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memtest.c - write and verify patterns in free memory, and reserve what does not hold them.
 *
 * Every free range, cut to the window, is filled with a pattern and read back; words that differ and
 * touch each other become one reserved range. Reserving changes the free ranges while they are
 * walked, and may put a grown array of memblock's own into the range under test. So the walk asks
 * anew for the free range above the last one, and a word that is reserved by now is not bad.
 *
 * Patterns, their order and the lines are those of mm/memtest.c in Linux 6.1 and 6.12. The lines name
 * exclusive ends, and a pattern by its bytes in memory, the lowest address first, of a big-endian word.
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

/* Constant words, halves, nibbles: bits that stick, or that follow a neighbour. */
static const uint64_t patterns_known[] = {
	0x0000000000000000, 0xffffffffffffffff, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
	0x1111111111111111, 0x2222222222222222, 0x4444444444444444, 0x8888888888888888,
	0x3333333333333333, 0x6666666666666666, 0x9999999999999999, 0xcccccccccccccccc,
	0x7777777777777777, 0xbbbbbbbbbbbbbbbb, 0xdddddddddddddddd, 0xeeeeeeeeeeeeeeee,
	0x7a6c7258554e494c, /* ASCII, as the lines below print it */
};

#define PATTERNS (sizeof(patterns_known) / sizeof(patterns_known[0]))
#define WORD sizeof(uint64_t)

/* The lowest free range that ends above @at, cut to [at, end). */
static bool next_free(struct mb *mb, uint64_t at, uint64_t end, struct mb_range *out)
{
	struct mb_iter it MB_UNINITIALIZED;

	for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false); mb_next(&it, out);) {
		if (out->base < at)
			out->base = at;
		if (out->end > end)
			out->end = end;
		if (out->base < out->end)
			return true;
	}
	return false;
}

/* A pattern as lines print it. */
static unsigned long long big_endian(uint64_t pattern)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? pattern : __builtin_bswap64(pattern);
}

static void reserve_bad(struct mb *mb, uint64_t pattern, uint64_t base, uint64_t end)
{
	mb_log(mb, MB_INFO, "  %016llx bad mem addr 0x%0*llx - 0x%0*llx reserved",
	       big_endian(pattern), mb_digits(mb), (unsigned long long)base, mb_digits(mb),
	       (unsigned long long)end);
	mb_reserve(mb, base, end - base);
	mb->memtest_bad += end - base;
}

/* Test the words of [base, end). */
static void test_range(struct mb *mb, uint64_t pattern, uint64_t base, uint64_t end)
{
	const struct mb_hooks *h = &mb->hooks;
	volatile uint64_t *words = NULL;
	uint64_t bad = 0, bad_end = 0; /* the run of bad words not yet reserved */

	if ((!h->read || !h->write) && !h->map)
		return; /* no way to touch it */
	mb->memtest_done = true;
	mb_log(mb, MB_INFO, "  0x%0*llx - 0x%0*llx pattern %016llx", mb_digits(mb),
	       (unsigned long long)base, mb_digits(mb), (unsigned long long)end,
	       big_endian(pattern));

	base = (base + WORD - 1) / WORD * WORD;
	end = end / WORD * WORD;
	if (base >= end)
		return;
	if (!h->read || !h->write) {
		words = h->map(h->mem_ctx, base, end - base);
		if (!words)
			return;
	}
	for (uint64_t at = base; at < end; at += WORD) {
		if (words)
			words[(at - base) / WORD] = pattern;
		else
			h->write(h->ctx, at, pattern);
	}
	for (uint64_t at = base; at < end; at += WORD) {
		uint64_t word = words ? words[(at - base) / WORD] : h->read(h->ctx, at);

		if (word == pattern || mb_is_reserved(mb, at))
			continue;
		if (at != bad_end) {
			if (bad_end)
				reserve_bad(mb, pattern, bad, bad_end);
			bad = at;
		}
		bad_end = at + WORD;
	}
	if (bad_end)
		reserve_bad(mb, pattern, bad, bad_end);
}

void mb_memtest(struct mb *mb, uint64_t start, uint64_t end, unsigned patterns)
{
	if (!patterns)
		return;
	mb_log(mb, MB_INFO, "early_memtest: # of tests: %u", patterns);
	while (patterns--) {
		uint64_t at = start;
		struct mb_range r;

		for (; next_free(mb, at, end, &r); at = r.end)
			test_range(mb, patterns_known[patterns % PATTERNS], r.base, r.end);
	}
}

void mb_memtest_report(struct mb *mb, mb_line_fn *line, void *ctx)
{
	uint64_t kib = mb->memtest_bad / 1024;

	if (!mb->memtest_done)
		return;
	/* 0 says that there was a test and nothing was found. */
	if (mb->memtest_bad && !kib)
		kib = 1;
	mb_emit(line, ctx, "EarlyMemtestBad:   %5llu kB", (unsigned long long)kib);
}
