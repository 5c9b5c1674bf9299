/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bitset.c - the levels of a set, and the next member in them (bitset_impl.h). */
#include "pages/bitset_impl.h"

static uint64_t words_for(uint64_t bits)
{
	return bits / 64 + (bits % 64 != 0);
}

uint64_t bitset_words(uint64_t bits)
{
	uint64_t total = 0;

	do {
		bits = words_for(bits);
		total += bits;
	} while (bits > 1);
	return total;
}

uint64_t *bitset_init(struct bitset *set, uint64_t bits, uint64_t *words)
{
	uint64_t n = bits;

	set->bits = bits;
	set->count = 0;
	set->levels = 0;
	do {
		n = words_for(n);
		set->level[set->levels] = words;
		set->words[set->levels++] = n;
		words += n;
	} while (n > 1);
	return words;
}

void bitset_add(struct bitset *set, uint64_t n)
{
	if (bitset_has(set, n))
		return;
	set->count++;
	for (unsigned i = 0; i < set->levels; i++, n /= 64) {
		uint64_t *word = &set->level[i][n / 64];
		uint64_t before = *word;

		*word |= 1ULL << n % 64;
		if (before)
			return; /* the summaries say so already */
	}
}

void bitset_drop(struct bitset *set, uint64_t n)
{
	if (!bitset_has(set, n))
		return;
	set->count--;
	for (unsigned i = 0; i < set->levels; i++, n /= 64) {
		uint64_t *word = &set->level[i][n / 64];

		*word &= ~(1ULL << n % 64);
		if (*word)
			return;
	}
}

void bitset_add_range(struct bitset *set, uint64_t from, uint64_t end)
{
	if (from >= end)
		return;
	/* The words of a level that were changed are the members of the next one. */
	for (unsigned i = 0; i < set->levels; i++) {
		uint64_t last = (end - 1) / 64;

		for (uint64_t at = from / 64; at <= last; at++) {
			uint64_t bits = ~0ULL;

			if (at == from / 64)
				bits &= ~0ULL << from % 64;
			if (at == last)
				bits &= ~0ULL >> (63 - (end - 1) % 64);
			if (!i)
				set->count +=
					(uint64_t)__builtin_popcountll(bits & ~set->level[0][at]);
			set->level[i][at] |= bits;
		}
		from /= 64;
		end = last + 1;
	}
}

uint64_t bitset_next_absent(const struct bitset *set, uint64_t from, uint64_t end)
{
	while (from < end) {
		uint64_t absent = ~set->level[0][from / 64] & ~0ULL << from % 64;

		if (absent) {
			from = from / 64 * 64 + (uint64_t)__builtin_ctzll(absent);
			break;
		}
		from = (from / 64 + 1) * 64;
	}
	return from < end ? from : end;
}

uint64_t bitset_next(const struct bitset *set, uint64_t from)
{
	unsigned i = 0;

	if (from >= set->bits || !set->count)
		return BITSET_NONE;
	/* Up, until a word has a bit at or above the place; one above the word just seen. */
	for (;;) {
		uint64_t word = set->level[i][from / 64] & ~0ULL << from % 64;

		if (word) {
			from = from / 64 * 64 + (uint64_t)__builtin_ctzll(word);
			break;
		}
		from = from / 64 + 1;
		if (++i == set->levels || from / 64 >= set->words[i])
			return BITSET_NONE;
	}
	/* Down again, always to the lowest bit. */
	while (i--)
		from = from * 64 + (uint64_t)__builtin_ctzll(set->level[i][from]);
	return from;
}
