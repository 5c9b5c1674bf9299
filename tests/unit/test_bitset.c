/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_bitset.c - the page allocator's sets of numbers against the same numbers one by one: single ones, ranges,
 * the next that is there or absent.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "pages/bitset_impl.h"

static uint64_t random_state;

static uint64_t rnd(uint64_t below)
{
	return random_below(&random_state, below);
}

static void test_bitset_against_array(void **state)
{
	enum { BITS = 9001 };
	static uint8_t member[BITS + 1];
	uint64_t *words = calloc(bitset_words(BITS), sizeof(*words));
	struct bitset set;
	uint64_t count = 0;

	(void)state;
	assert_non_null(words);
	if (!words)
		return;
	memset(member, 0, sizeof(member));
	assert_ptr_equal(bitset_init(&set, BITS, words), words + bitset_words(BITS));
	random_state = 7;
	for (unsigned step = 0; step < 20000; step++) {
		/* Sparse for most of the time: long jumps are what the summaries are for. */
		uint64_t n = rnd(BITS), next;
		bool add = rnd(1 + count / 16) == 0;

		if (add)
			bitset_add(&set, n);
		else
			bitset_drop(&set, n);
		count += (uint64_t)add - member[n];
		member[n] = add;
		n = next = rnd(BITS);
		while (next < BITS && !member[next])
			next++;
		assert_true(bitset_next(&set, n) == (next < BITS ? next : BITSET_NONE));
		assert_int_equal(bitset_has(&set, n), member[n]);
		assert_true(set.count == count);
	}
	assert_true(bitset_next(&set, BITS) == BITSET_NONE);
	free(words);
}

/* Ranges of every length, against the same numbers one by one. */
static void test_bitset_ranges(void **state)
{
	enum { BITS = 9001 };
	uint64_t words = bitset_words(BITS);
	uint64_t *storage = calloc(2 * words, sizeof(*storage));
	struct bitset set, plain;

	(void)state;
	assert_non_null(storage);
	if (!storage)
		return;
	random_state = 8;
	for (unsigned round = 0; round < 40; round++) {
		memset(storage, 0, 2 * words * sizeof(*storage));
		bitset_init(&set, BITS, storage);
		bitset_init(&plain, BITS, storage + words);
		for (unsigned step = 0; step < 25; step++) {
			uint64_t from = rnd(BITS + 1), end = from + rnd(round * round + 2);
			uint64_t absent = rnd(BITS);

			if (end > BITS)
				end = BITS;
			if (step % 5 == 0) { /* whole words */
				from &= ~63ULL;
				end &= ~63ULL;
			}
			bitset_add_range(&set, from, end);
			for (uint64_t n = from; n < end; n++)
				bitset_add(&plain, n);
			if (step % 7 == 0) {
				bitset_drop(&set, from % BITS);
				bitset_drop(&plain, from % BITS);
			}
			assert_true(set.count == plain.count);
			assert_memory_equal(storage, storage + words, words * sizeof(*storage));
			from = absent;
			while (absent < BITS && bitset_has(&set, absent))
				absent++;
			assert_true(bitset_next_absent(&set, from, BITS) == absent);
			if (absent > from) /* bounded */
				assert_true(bitset_next_absent(&set, from, absent) == absent);
		}
	}
	bitset_add_range(&set, 0, BITS);
	assert_true(set.count == BITS && bitset_next_absent(&set, 0, BITS) == BITS);
	free(storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bitset_against_array),
		cmocka_unit_test(test_bitset_ranges),
	};

	return cmocka_run_group_tests_name("bitsets", tests, NULL, NULL);
}
