/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bitset_impl.h - a set of small numbers, large and mostly empty.
 *
 * A bitmap with summaries: a bit of level 1 says that a word of level 0 is not zero, and so on up to
 * one word. Looking for the next member skips 64 numbers per level, and storage that is zero to
 * begin with (a fresh mapping) is touched only where members are.
 *
 *     level 2   [1]
 *     level 1   [1 . . 1 ...]
 *     level 0   [..1..1..] [0] [0] [....1...] ...
 *
 * The storage is the caller's: zeroed, bitset_words() words.
 */
#ifndef MB_BITSET_IMPL_H
#define MB_BITSET_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITSET_LEVELS 9
#define BITSET_NONE UINT64_MAX

struct bitset {
	uint64_t bits;  /* numbers are below this */
	uint64_t count; /* members */
	unsigned levels;
	uint64_t *level[BITSET_LEVELS];
	uint64_t words[BITSET_LEVELS]; /* of each level */
};

/* Words of storage for numbers below @bits. */
uint64_t bitset_words(uint64_t bits);
/* Make an empty set over zeroed @words; returns the word behind its storage. */
uint64_t *bitset_init(struct bitset *set, uint64_t bits, uint64_t *words);

static inline bool bitset_has(const struct bitset *set, uint64_t n)
{
	return set->level[0][n / 64] >> n % 64 & 1;
}

void bitset_add(struct bitset *set, uint64_t n); /* a member already: nothing */
void bitset_drop(struct bitset *set, uint64_t n);
/* All of [from, end), a word of 64 at a time. */
void bitset_add_range(struct bitset *set, uint64_t from, uint64_t end);
/* The lowest member that is at least @from, or BITSET_NONE. */
uint64_t bitset_next(const struct bitset *set, uint64_t from);

/* The lowest number from @from on that is no member, at most @end. */
uint64_t bitset_next_absent(const struct bitset *set, uint64_t from, uint64_t end);

/* Is there a member in [from, end)? */
static inline bool bitset_meets(const struct bitset *set, uint64_t from, uint64_t end)
{
	return set->count && bitset_next(set, from) < end;
}

#endif
