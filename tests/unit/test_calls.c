/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_calls.c - each public call that a variant may answer whole goes to its entry, and to no other.
 *
 * All of it comes from the rows of memblock/operations.def. The variant here is a store with a struct
 * mb_whole of entries that note what they were given. A call gets arguments that differ from each other,
 * and must reach its entry with these and return what that returns: where all entries are set, so that a
 * wrong one is named, and where its own is the only one. Where none is set it is the library's code that
 * runs, as in a store. A row that is not the function that memblock.h declares does not compile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* ---- macros over the arguments of a row -------------------------------------------------------- */

#define UNPACK(...) __VA_ARGS__
#define MAP_1(f, a) f(a)
#define MAP_2(f, a, ...) f(a), MAP_1(f, __VA_ARGS__)
#define MAP_3(f, a, ...) f(a), MAP_2(f, __VA_ARGS__)
#define MAP_4(f, a, ...) f(a), MAP_3(f, __VA_ARGS__)
#define MAP_5(f, a, ...) f(a), MAP_4(f, __VA_ARGS__)
#define MAP_6(f, a, ...) f(a), MAP_5(f, __VA_ARGS__)
#define MAP_7(f, a, ...) f(a), MAP_6(f, __VA_ARGS__)
#define MAP_OF(a, b, c, d, e, f, g, map, ...) map
/* f(a), f(b), f(c) */
#define MAP(f, ...)                                                                                \
	MAP_OF(__VA_ARGS__, MAP_7, MAP_6, MAP_5, MAP_4, MAP_3, MAP_2, MAP_1, 0)(f, __VA_ARGS__)

/* Whatever it is, as a number. */
#define WORD(a) (uint64_t)(uintptr_t)(a)
#define WORDS(args)                                                                                \
	(struct words)                                                                             \
	{                                                                                          \
		{                                                                                  \
			MAP(WORD, UNPACK args)                                                     \
		}                                                                                  \
	}
#define ZERO(a) 0

/* WITH_VALUE(type, call) or, where the type is void, WITHOUT_VALUE(type, call). */
#define TYPE_void
#define BY_VALUE(type) BY_VALUE_(type)
#define BY_VALUE_(...) BY_VALUE_OF(0, ##__VA_ARGS__, WITH_VALUE, WITHOUT_VALUE)
#define BY_VALUE_OF(zero, type, with, ...) with
#define WITH_VALUE(type, call) (promised = WORD((type)answer), returned = WORD(call))
#define WITHOUT_VALUE(type, call) (call)

/* ---- what is passed and seen ------------------------------------------------------------------- */

struct words {
	uint64_t word[7]; /* unused ones are 0 */
};

static struct fixture f;
static const char *entered;   /* the entry that was reached, "" for none */
static struct words got, due; /* its arguments, and those that it should have */
static uintptr_t answer;      /* what entries return, whatever their type makes of it */
static uint64_t promised, returned;

/* Arguments: each differs from others of its type in the same call, and is fit for the library's code. */
static unsigned place; /* of the parameter, from 1 */
static bool yes;
static struct mb_iter walk;
static struct mb_region region = { .base = 0x2100, .size = 0x3000 };
static struct mb_range range;
static uint64_t numbers[8];
static const char texts[8][12] = { "", "4K:4K:a", "8K:4K:b", "4K:8K:c",
				   "", "4K:4K:d", "4K:4K:e", "4K:4K:f" };

/* Give the parameter @a its argument. */
#define FILL(a)                                                                                    \
	(place++, a = (__typeof__(a))(uintptr_t)_Generic((a),                                      \
			  struct mb *: f.mb,                                                       \
			  const struct mb *: f.mb,                                                 \
			  struct mb_iter *: &walk,                                                 \
			  const struct mb_region *: &region,                                       \
			  struct mb_range *: &range,                                               \
			  uint64_t *: &numbers[place],                                             \
			  const char *: texts[place],                                              \
			  void *: mb_phys_to_virt(f.mb, 0x1000ULL << place),                       \
			  bool: yes,                                                               \
			  int: 100 + place,                                                        \
			  unsigned: MB_RESERVED, /* uint32_t and enum mb_which: once in a call */  \
			  uint64_t: 0x1000ULL << place))

/* ---- entries that note ------------------------------------------------------------------------- */

#define ENTRY(name, type, params, args)                                                            \
	static type entry_##name params                                                            \
	{                                                                                          \
		entered = #name;                                                                   \
		got = WORDS(args);                                                                 \
		return (type)answer;                                                               \
	}

#define MB_CALL(name, kernel, type, params, args, where, remarks) ENTRY(name, type, params, args)
#include <memblock/operations.def>

ENTRY(mark, int, (struct mb * mb, uint64_t base, uint64_t size, uint32_t flag, bool set),
      (mb, base, size, flag, set))
ENTRY(region_pfn, uint64_t,
      (const struct mb *mb, const struct mb_region *r, enum mb_which which, bool end),
      (mb, r, which, end))

static void nothing(struct mb *mb)
{
	(void)mb;
}

/* Of those that are never NULL, what calls use. */
#define NEVER_NULL .settings = nothing, .refresh = nothing

static const struct mb_whole none = { NEVER_NULL };
static const struct mb_whole all = {
#define MB_CALL(name, kernel, type, params, args, where, remarks) .name = entry_##name,
#include <memblock/operations.def>
	.mark = entry_mark,
	.region_pfn = entry_region_pfn,
	NEVER_NULL,
};

#define ONLY(name) static const struct mb_whole only_##name = { .name = entry_##name, NEVER_NULL };
#define MB_CALL(name, kernel, type, params, args, where, remarks) ONLY(name)
#include <memblock/operations.def>
ONLY(mark)
ONLY(region_pfn)

/* ---- calls ------------------------------------------------------------------------------------- */

/* call_<name>() is given nothing that matters: it has the parameters of the call, and fills them. */
#define CALL(name, type, params, args, passed)                                                     \
	type mb_##name params; /* as in memblock.h */                                              \
                                                                                                   \
	static void call_##name params                                                             \
	{                                                                                          \
		(void)(MAP(FILL, UNPACK args));                                                    \
		due = WORDS(passed);                                                               \
		(void)BY_VALUE(TYPE_##type)(type, mb_##name args);                                 \
	}                                                                                          \
                                                                                                   \
	static void run_##name(void)                                                               \
	{                                                                                          \
		call_##name(MAP(ZERO, UNPACK args));                                               \
	}

#define MB_CALL(name, kernel, type, params, args, where, remarks)                                  \
	CALL(name, type, params, args, args)
#define MB_CALL_SHARED(name, kernel, type, params, args, entry, passed, remarks)                   \
	CALL(name, type, params, args, passed)
#include <memblock/operations.def>

static const struct call {
	const char *name, *entry;
	const struct mb_whole *only;
	void (*run)(void);
} calls[] = {
#define MB_CALL(name, kernel, type, params, args, where, remarks)                                  \
	{ #name, #name, &only_##name, run_##name },
#define MB_CALL_SHARED(name, kernel, type, params, args, entry, passed, remarks)                   \
	{ #name, #entry, &only_##entry, run_##name },
#include <memblock/operations.def>
};

/* Make the call on an instance whose variant has @whole. */
static void run(const struct call *c, const struct mb_whole *whole)
{
	const struct mb_ops *store = f.mb->ops;
	struct mb_ops ops = *store;

	ops.whole = whole;
	entered = "";
	place = 0;
	promised = returned = 0;
	mb_iter_regions(&walk, f.mb, MB_MEMORY, false);
	f.mb->ops = &ops;
	c->run();
	f.mb->ops = store;
}

static int start(void **state)
{
	struct mb_machine machine = fixture_machine;
	struct mb_variant_spec spec = spec_of("array", MB_O2);

	(void)state;
	machine.kernelcore_mirror = true; /* mb_mark_mirror() */
	fixture_start(&f, &machine, &spec);
	mb_add(f.mb, 0x1000, 0x100000);
	mb_reserve(f.mb, 0x9000, 0x5000);
	mb_set_debug(f.mb, true); /* mb_dump_all() */
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fixture_stop(&f);
	return 0;
}

/* ---- tests ------------------------------------------------------------------------------------- */

static void expect_entry(const struct call *c, const struct mb_whole *whole)
{
	const char *entries = whole == &all ? "all entries" : "its entry alone";

	run(c, whole);
	if (!*entered)
		fail_msg("mb_%s() with %s: its entry was not reached", c->name, entries);
	if (strcmp(entered, c->entry) != 0)
		fail_msg("mb_%s() with %s reached %s", c->name, entries, entered);
	for (unsigned i = 0; i < sizeof(due.word) / sizeof(due.word[0]); i++)
		if (got.word[i] != due.word[i])
			fail_msg("mb_%s(): argument %u of its entry is %#llx, not %#llx", c->name,
				 i + 1, (unsigned long long)got.word[i],
				 (unsigned long long)due.word[i]);
	if (returned != promised)
		fail_msg("mb_%s() returned %#llx, its entry %#llx", c->name,
			 (unsigned long long)returned, (unsigned long long)promised);
}

static void calls_reach_their_entries(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int round = 0; round < 2; round++) {
			yes = round;
			answer = round ? 0x1f2e3d : 0;
			expect_entry(&calls[i], &all);
			expect_entry(&calls[i], calls[i].only);
		}
	}
}

/* What a call left and told. Debug lines hold where it was called from, which is not the same place. */
static void outcome(char *buf, size_t size)
{
	char memory[1024], reserved[1024];

	snprintf(buf, size, "%llx | %s | %s | %s | %s | %llx-%llx | %llx %llx | %u lines",
		 (unsigned long long)returned, regions_text(f.mb, MB_MEMORY, memory, 1024),
		 regions_text(f.mb, MB_RESERVED, reserved, 1024), f.sink, f.leaks,
		 (unsigned long long)range.base, (unsigned long long)range.end,
		 (unsigned long long)numbers[3], (unsigned long long)numbers[4], f.line_count);
	f.sink[0] = f.leaks[0] = 0;
	f.line_count = 0;
	range = (struct mb_range){ 0 };
	memset(numbers, 0, sizeof(numbers));
}

static void without_an_entry_the_library_answers(void **state)
{
	void *before = malloc(mb_snapshot_size(f.mb));
	static char expected[16384], text[16384];

	(void)state;
	assert_non_null(before);
	mb_snapshot(f.mb, before);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		run(&calls[i], NULL);
		outcome(expected, sizeof(expected));
		mb_restore(f.mb, before);
		run(&calls[i], &none);
		outcome(text, sizeof(text));
		mb_restore(f.mb, before);
		if (*entered || strcmp(text, expected) != 0)
			fail_msg("mb_%s() without an entry: \"%s\", of a store: \"%s\"",
				 calls[i].name, text, expected);
	}
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_reach_their_entries, start, stop),
		cmocka_unit_test_setup_teardown(without_an_entry_the_library_answers, start, stop),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
