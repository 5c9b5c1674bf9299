/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bitset.c - see bitset.h. */
#include "bitset.h"

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
