/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_bounded.c - a store that never grows: up to its limit it is array, at it it fails and stays as it is.
 *
 * The limit is met by each way in which regions come to be: an add, an allocation, a cut that makes two of one.
 */
#include <string.h>

#include "harness.h"

#define PAGE 0x1000ull

static struct fixture f;

/* An instance with memory to reserve from; it may grow, as far as the machine goes. */
static void start(const char *text, enum mb_metadata metadata, const char *profile)
{
	struct mb_variant_spec spec = spec_of(text, MB_O2);
	struct mb_machine machine = fixture_machine;

	machine.metadata = metadata;
	machine.profile = mb_profile_find(profile);
	assert_non_null(machine.profile);
	fixture_start(&f, &machine, &spec);
	assert_int_equal(mb_add(f.mb, 0, 1024 * PAGE), 0);
	mb_allow_resize(f.mb);
}

static void expect_full(const char *line)
{
	const char *why = "";

	assert_int_equal(f.line_count, 1);
	assert_string_equal(f.lines[0], line);
	assert_int_equal(f.levels[0], MB_ERR);
	f.line_count = 0;
	assert_int_equal(f.growth_count, 0);
	if (mb_check(f.mb, &why))
		fail_msg("%s: %s", fixture_name(&f), why);
}

static void fills_up(enum mb_metadata metadata, const char *profile)
{
	static const char full[] = "memblock: reserved is full: no more than 8 regions fit";
	char before[512], after[512];

	start("bounded:init=8", metadata, profile);
	fill_reserved(f.mb, 0, 8);
	assert_int_equal(f.line_count, 0);
	assert_int_equal(mb_cnt(f.mb, MB_RESERVED), 8);
	assert_int_equal(mb_max(f.mb, MB_RESERVED), 8);
	regions_text(f.mb, MB_RESERVED, before, sizeof(before));

	assert_int_equal(mb_reserve(f.mb, 100 * PAGE, PAGE), -MB_ENOMEM);
	expect_full(full);
	assert_int_equal(mb_phys_alloc(f.mb, PAGE, PAGE), 0);
	assert_true(f.line_count >= 1); /* each attempt says it */
	f.line_count = 1;
	expect_full(full);
	/* Two slots are wanted by a cut, even if it splits nothing. */
	assert_int_equal(mb_phys_free(f.mb, PAGE, PAGE), -MB_ENOMEM);
	expect_full(full);
	assert_string_equal(regions_text(f.mb, MB_RESERVED, after, sizeof(after)), before);

	/* Pieces are counted before they join: what would close a gap fails, too, as in the kernel. */
	assert_int_equal(mb_reserve(f.mb, 2 * PAGE, PAGE), -MB_ENOMEM);
	expect_full(full);
	assert_int_equal(mb_reserve(f.mb, PAGE, PAGE), 0); /* it is reserved */
	assert_int_equal(f.line_count, 0);
	assert_int_equal(mb_cnt(f.mb, MB_MEMORY), 1);
	fixture_stop(&f);
}

static void test_fails_at_its_limit(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };

	(void)state;
	for (size_t p = 0; p < sizeof(profiles) / sizeof(profiles[0]); p++) {
		fills_up(MB_METADATA_SELF, profiles[p]);
		fills_up(MB_METADATA_HOST, profiles[p]);
	}
}

static void test_memory_has_the_same_limit(void **state)
{
	(void)state;
	start("bounded:init=4", MB_METADATA_SELF, "6.12");
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(mb_add(f.mb, (2048 + 2 * i) * PAGE, PAGE), 0);
	assert_int_equal(mb_add(f.mb, 4096 * PAGE, PAGE), -MB_ENOMEM);
	expect_full("memblock: memory is full: no more than 4 regions fit");
	assert_int_equal(mb_mark_nomap(f.mb, 8 * PAGE, PAGE), -MB_ENOMEM);
	expect_full("memblock: memory is full: no more than 4 regions fit");
	assert_int_equal(mb_cnt(f.mb, MB_MEMORY), 4);
	fixture_stop(&f);
}

/* Before growth is permitted a kernel may have to stop there; a table that never grows fails as ever. */
static void test_no_panic_early(void **state)
{
	struct mb_variant_spec spec = spec_of("bounded:init=4", MB_O2);
	struct mb_machine machine = fixture_machine;

	(void)state;
	machine.profile = mb_profile_find("new");
	fixture_start(&f, &machine, &spec);
	fill_reserved(f.mb, 0, 4);
	if (fixture_catch(&f))
		fail_msg("it panics: %s", f.panic);
	assert_int_equal(mb_reserve(f.mb, 100 * PAGE, PAGE), -MB_ENOMEM);
	expect_full("memblock: reserved is full: no more than 4 regions fit");
	fixture_stop(&f);
}

/* Random calls beside array with as many slots: the same, up to the first that does not fit. */
static void test_is_array_up_to_it(void **state)
{
	static struct fixture other;
	uint64_t random = 1, most = 0;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		struct mb_variant_spec array = spec_of("array:init=32", MB_O2);
		char a[4096], b[4096];

		start("bounded:init=32", MB_METADATA_HOST, "6.12");
		fixture_start(&other, &f.machine, &array);
		assert_int_equal(mb_add(other.mb, 0, 1024 * PAGE), 0);
		mb_allow_resize(other.mb);
		for (;;) {
			uint64_t base = random_below(&random, 1000) * PAGE;
			uint64_t size = (1 + random_below(&random, 4)) * PAGE;
			bool frees = !random_below(&random, 4);
			int got = frees ? mb_phys_free(f.mb, base, size) :
					  mb_reserve(f.mb, base, size);

			if (f.line_count)
				break;
			assert_int_equal(got, frees ? mb_phys_free(other.mb, base, size) :
						      mb_reserve(other.mb, base, size));
			assert_string_equal(regions_text(f.mb, MB_RESERVED, a, sizeof(a)),
					    regions_text(other.mb, MB_RESERVED, b, sizeof(b)));
		}
		assert_true(mb_cnt(f.mb, MB_RESERVED) > 32 - 3);
		most = mb_cnt(f.mb, MB_RESERVED) > most ? mb_cnt(f.mb, MB_RESERVED) : most;
		fixture_stop(&other);
		fixture_stop(&f);
	}
	assert_int_equal(most, 32); /* some round used them all */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fails_at_its_limit),
		cmocka_unit_test(test_memory_has_the_same_limit),
		cmocka_unit_test(test_no_panic_early),
		cmocka_unit_test(test_is_array_up_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
