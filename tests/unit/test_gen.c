/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_gen.c - generated workloads: formulas, one value after the other; random numbers that are the same on
 * every machine; a family whose every byte is known; and questions as operations of a trace.
 */
#include <memblock/replay.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "synthetic/formula_impl.h"
#include "synthetic/synthetic.h"

#include "harness.h"

/* ---- formulas ---------------------------------------------------------------------------------- */

static struct formula_scope make_scope(void)
{
	struct formula_scope scope = { .seed = 1, .stream = 1 };

	scope.values[formula_add_name(&scope, "i")] = 7;
	scope.values[formula_add_name(&scope, "size")] = 100;
	assert_int_equal(formula_add_table(&scope, "blocks", 4), 0);
	scope.tables[0][2] = 0x1000;
	return scope;
}

static void gives(const char *text, int64_t expected)
{
	struct formula_scope scope = make_scope();
	struct formula formula;
	const char *why, *at;
	int64_t value;

	if (formula_compile(&formula, text, &scope, &why, &at))
		fail_msg("%s: %s at '%s'", text, why, at);
	if (formula_eval(&formula, &scope, &value, &why))
		fail_msg("%s: %s", text, why);
	if (value != expected)
		fail_msg("%s: %lld", text, (long long)value);
	formula_release(&formula);
	formula_scope_release(&scope);
}

static void test_formulas(void **state)
{
	(void)state;
	gives("42", 42);
	gives("0x10", 16);
	gives("4K + 1M + 2G + 1T", 4096 + (1LL << 20) + (2LL << 30) + (1LL << 40));
	gives("1 + 2 * 3 - 4 / 2", 5);
	gives("(1 + 2) * 3", 9);
	gives("10 - 3 - 2", 5);
	gives("100 / 7 % 4", 2);
	gives("1 + i << 2", 29);
	gives("-i + 8", 1);
	gives("!i + !0", 1);
	gives("i == 7 && size > 99 || 1 / 0", 1);
	gives("i != 7 && 1 / 0", 0);
	gives("i <= 7 && i >= 7 && !(i < 7)", 1);
	gives("i > 7 ? 1 / 0 : size ? 5 : 6", 5);
	gives("5 && 3", 1);
	gives("0 || 3", 1);
	gives("min(3, i) + max(i, 9)", 12);
	gives("round_up(5, 4) + round_down(7, 4)", 12);
	gives("zeros(48) + log2(48)", 9);
	gives("zeros(0)", 63);
	gives("blocks[i - 5] + blocks[0]", 0x1000);
	gives("pick(1, 2, 5, 5)", 5);
	gives("random(3, 3)", 3);
}

static void refuses(const char *text, const char *expected)
{
	struct formula_scope scope = make_scope();
	struct formula formula;
	const char *why, *at;
	int64_t value;

	if (!formula_compile(&formula, text, &scope, &why, &at) &&
	    !formula_eval(&formula, &scope, &value, &why))
		fail_msg("%s: is %lld", text, (long long)value);
	if (!why || !strstr(why, expected))
		fail_msg("%s: %s", text, why ? why : "no word");
	formula_release(&formula);
	formula_scope_release(&scope);
}

static void test_bad_formulas(void **state)
{
	char deep[200] = "", long_one[1200] = "1";

	(void)state;
	refuses("", "a value is missing");
	refuses("1 +", "a value is missing");
	refuses("(1", ") is missing");
	refuses("1 2", "follows");
	refuses("nothing", "unknown name");
	refuses("nothing(1)", "unknown function");
	refuses("min(1)", "argument is missing");
	refuses("blocks[1", "] is missing");
	refuses("1 ? 2", ": is missing");
	refuses("12x", "not a number");
	refuses("99999999999999999999", "does not fit");
	refuses("9000000T", "does not fit");
	refuses("1 / (i - 7)", "divided");
	refuses("1 << 63", "too far");
	refuses("4 << 62", "does not fit");
	refuses("1T * 1T", "does not fit");
	refuses("blocks[4]", "end of a table");
	refuses("blocks[-1]", "end of a table");
	refuses("random(2, 1)", "nothing to draw");
	refuses("log2(0)", "no bits");
	memset(deep, '(', 100);
	refuses(deep, "deep");
	for (int i = 0; i < 200; i++)
		strcat(long_one, " + 1");
	refuses(long_one, "too long");
}

static void test_names(void **state)
{
	struct formula_scope scope = make_scope();

	(void)state;
	assert_int_equal(formula_add_name(&scope, "i"), -1);
	assert_int_equal(formula_add_name(&scope, "blocks"), -1);
	assert_int_equal(formula_add_name(&scope, "min"), -1);
	assert_int_equal(formula_add_name(&scope, "two words"), -1);
	assert_int_equal(formula_add_name(&scope, ""), -1);
	assert_int_equal(formula_add_name(&scope, "a_name_that_is_longer_than_anybody_wants"), -1);
	assert_true(formula_add_name(&scope, "_x1") >= 0);
	formula_scope_release(&scope);
}

/* splitmix64, written down: traces of old seeds must come out the same for ever. */
static void test_random_numbers(void **state)
{
	static const int64_t first[] = { 281265, 874927, 405271, 757068 };

	(void)state;
	for (int k = 0; k < 4; k++)
		assert_int_equal(formula_pick(1, 2, k, 0, 999999), first[k]);
	assert_int_equal(formula_pick(1, 2, 3, INT64_MIN, INT64_MAX),
			 formula_pick(1, 2, 3, INT64_MIN, INT64_MAX));
	for (int k = 0; k < 1000; k++) {
		int64_t value = formula_pick(5, 1, k, 10, 12);

		assert_true(value >= 10 && value <= 12);
	}
}

/* ---- a family ---------------------------------------------------------------------------------- */

/* The reserved array grows, in random order; a table is used; a question is asked. */
static const char example[] =
	"{ \"name\": \"example\", \"title\": \"t\", \"problem\": \"p\", \"source\": \"s\",\n"
	"\"parameters\": {\n"
	"\"size\": { \"default\": 200, \"min\": 16, \"max\": 1000, \"about\": \"a\" },\n"
	"\"seed\": { \"default\": 1, \"min\": 0, \"max\": 9, \"about\": \"a\" } },\n"
	"\"tables\": { \"got\": \"size\" },\n"
	"\"phases\": [\n"
	"{ \"about\": \"memory\", \"do\": [\n"
	"{ \"op\": \"add_node\", \"base\": \"16M\", \"size\": \"size * 64K\", \"node\": 0 },\n"
	"{ \"op\": \"add_node\", \"base\": \"4G\", \"size\": \"1M\", \"node\": 1 },\n"
	"{ \"op\": \"allow_resize\" } ] },\n"
	"{ \"about\": \"ranges\", \"repeat\": \"size\", \"order\": \"shuffled\", \"do\": [\n"
	"{ \"op\": \"reserve\", \"base\": \"16M + i * 64K\", \"size\": \"random(1, 8) * 4K\" } ] },\n"
	"{ \"about\": \"blocks\", \"repeat\": \"size / 4\", \"order\": \"descending\", \"do\": [\n"
	"{ \"op\": \"alloc\", \"size\": \"pick(1, i, 1, 4) * 4K\", \"save\": \"got\" },\n"
	"{ \"op\": \"free\", \"base\": \"got[i]\", \"size\": 4096, \"if\": \"i % 3 == 0\" } ] },\n"
	"{ \"about\": \"a question\", \"do\": [\n"
	"{ \"op\": \"find\", \"size\": \"32K\", \"high\": \"anywhere\", \"node\": 1 },\n"
	"{ \"op\": \"overlaps\", \"collection\": \"reserved\", \"base\": \"16M\", \"size\": 1 },\n"
	"{ \"op\": \"dump\" } ] } ] }\n";

static struct gen_family *load_example(void)
{
	struct mb_text_error error = { "" };
	struct gen_family *family = NULL;
	FILE *file = fopen("example.json", "w");

	assert_non_null(file);
	if (!file)
		return NULL;
	assert_int_equal(fputs(example, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
	if (gen_family_load("example.json", &family, &error))
		fail_msg("%s", error.text);
	return family;
}

static struct mb_trace *make(const char *setting, struct gen_summary *summary)
{
	struct gen_family *family = load_example();
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;
	struct gen_settings settings;

	gen_settings_preset(family, &settings);
	if (setting)
		assert_int_equal(
			gen_settings_set(family, &settings, setting, strlen(setting), &error), 0);
	if (gen_trace(family, &settings, &trace, summary, &error))
		fail_msg("%s", error.text);
	gen_family_free(family);
	return trace;
}

static void test_bytes(void **state)
{
	struct gen_summary summary;
	struct mb_trace *trace = make(NULL, &summary), *again = make("seed=1", NULL),
			*other = make("seed=2", NULL);

	(void)state;
	assert_string_equal(trace->source, "gen example size=200 seed=1 profile=6.12");
	assert_string_equal(trace->digest, again->digest);
	assert_string_not_equal(trace->digest, other->digest);
	assert_string_equal(trace->digest,
			    "6bc88e2657453316ce5dde473e2b348d420af99a4501059b21da36bc3ce262d7");
	assert_true(summary.self);
	assert_int_equal(summary.allocs, 51);
	assert_true(summary.growths > 0);
	assert_int_equal(trace->dump_count, 2);
	mb_trace_free(trace);
	mb_trace_free(again);
	mb_trace_free(other);
}

static void check_replay(const struct mb_trace *trace, const char *variant,
			 enum mb_metadata metadata, uint64_t *answers)
{
	struct mb_replay_result result;
	struct mb_variant_spec spec = spec_of(variant, MB_O2);

	assert_int_equal(mb_replay_check(trace, &spec, metadata, &result), 0);
	assert_string_equal(result.panic, "");
	assert_int_equal(result.allocs, 51);
	assert_int_equal(result.allocs_as_captured, 51);
	assert_int_equal(result.dumps_matched, 2);
	if (metadata == MB_METADATA_SELF)
		assert_int_equal(result.growths_as_captured, result.growths);
	if (!*answers)
		*answers = result.answers;
	assert_int_equal(*answers, result.answers);
}

static void test_replay(void **state)
{
	static const char *const profiles[] = { "profile=6.1", "profile=6.12", "profile=new" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct mb_trace *trace = make(profiles[i], NULL);
		uint64_t self = 0, host = 0;

		check_replay(trace, "array", MB_METADATA_SELF, &self);
		check_replay(trace, "array", MB_METADATA_HOST, &host);
		check_replay(trace, "rbtree", MB_METADATA_HOST, &host);
		check_replay(trace, "list", MB_METADATA_HOST, &host);
		mb_trace_free(trace);
	}
}

/* ---- questions --------------------------------------------------------------------------------- */

static uint64_t ask(struct mb *mb, struct mb_op op)
{
	return mb_op_run(mb, &op);
}

/* Each answer is that before it, rotated by a bit, and its own. */
static void ask_more(struct mb *mb)
{
	const struct {
		struct mb_op op;
		uint64_t answer;
	} asked[] = {
		{ { .kind = MB_OP_SEARCH, .base = 0x5800 }, (0x5000 << 1 ^ 0x3000) << 1 ^ 1 },
		{ { .kind = MB_OP_SEARCH, .base = 0x9000 }, 0 },
		{ { .kind = MB_OP_IS_REGION, .base = 0x4800, .size = 0x800 }, 3 },
		{ { .kind = MB_OP_IS_REGION, .base = 0x4800, .size = 0x801 }, 1 },
		{ { .kind = MB_OP_IS_REGION, .which = MB_RESERVED, .base = 0x5fff, .size = 2 }, 2 },
		{ { .kind = MB_OP_WALK_FREE_DOWN, .nid = 1 },
		  (0x7000 ^ 0x8000) << 1 ^ 0x5000 ^ 0x6000 },
		{ { .kind = MB_OP_WALK, .nid = -1, .value = 1 },
		  (0x5000 ^ 0x8000) << 1 ^ 0x1000 ^ 0x4000 },
		{ { .kind = MB_OP_WALK, .nid = 1, .flags = MB_NOMAP },
		  (0x4000 ^ 0x5000) << 1 ^ 0x5000 ^ 0x8000 },
		{ { .kind = MB_OP_WALK, .which = MB_RESERVED, .nid = 1 }, 0x6000 ^ 0x7000 },
		{ { .kind = MB_OP_WALK_PAGES, .nid = 1 },
		  ((4 ^ 5) << 1 ^ 1) << 1 ^ (5 ^ 8) << 1 ^ 1 },
		{ { .kind = MB_OP_SIZES, .hi = 0x10000, .nid = -1 },
		  (((0x7000 << 1 ^ 0x1000) << 3 ^ 6) << 1 ^ 0x1000) << 1 ^ 0x8000 },
		{ { .kind = MB_OP_NUMA_COVERAGE, .value = 0 }, 1 },
		{ { .kind = MB_OP_FIND_NAMED, .text = "x" }, 0 },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		assert_int_equal(ask(mb, asked[i].op), asked[i].answer);
	assert_int_equal(mb_reserve_mem(mb, "4096:4096:x"), 1);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_FIND_NAMED, .text = "x" }),
			 (1 << 1 ^ 0x7000) << 1 ^ 0x1000);
}

static void test_questions(void **state)
{
	struct mb_op chain = {
		.kind = MB_OP_SEARCH_CHAIN, .base = 0x1000, .size = 0x7000, .value = 9
	};
	struct mb_machine machine = { .metadata = MB_METADATA_HOST };
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	uint64_t node_0, node_1;
	struct mb *mb = NULL;

	(void)state;
	assert_int_equal(mb_create(&machine, NULL, &spec, &mb), 0);
	if (!mb)
		return;
	mb_add_node(mb, 0x1000, 0x3000, 0, MB_NONE);
	mb_add_node(mb, 0x4000, 0x4000, 1, MB_NONE);
	mb_mark_nomap(mb, 0x4000, 0x1000);
	mb_reserve(mb, 0x6000, 0x1000);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_FIND,
						 .size = 0x1000,
						 .align = 64,
						 .hi = 0x7000,
						 .nid = -1 }),
			 0x5000);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_FIND,
						 .size = 0x4000,
						 .align = 64,
						 .hi = MB_ALLOC_ANYWHERE,
						 .nid = -1 }),
			 0);
	/* is_map_memory folds its answers, the last in the lowest bit. */
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_MAP_MEMORY,
						 .base = 0,
						 .size = 0x1000,
						 .value = 9 }),
			 0xee);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_OVERLAPS,
						 .which = MB_RESERVED,
						 .base = 0x5fff,
						 .size = 2 }),
			 1);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_OVERLAPS,
						 .which = MB_RESERVED,
						 .base = 0x5fff,
						 .size = 1 }),
			 0);
	/* Frames 1 to 4 of node 0, 5 to 8 of node 1: start ^ end << 1 ^ node. */
	node_0 = ask(mb, (struct mb_op){ .kind = MB_OP_SEARCH_PFN, .base = 0x2000, .value = 1 });
	node_1 = ask(mb, (struct mb_op){ .kind = MB_OP_SEARCH_PFN, .base = 0x5000, .value = 1 });
	assert_int_equal(node_0, 1 ^ 4 << 1);
	assert_int_equal(node_1, 5 ^ 8 << 1 ^ 1);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_SEARCH_PFN,
						 .base = 0x2000,
						 .size = 0x3000,
						 .value = 2 }),
			 node_0 << 1 ^ node_1);
	assert_int_equal(ask(mb, chain), ask(mb, chain));
	/* Free on node 1: 5 to 6 and 7 to 8; the zone begins at 7. */
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_WALK_FREE, .nid = 1 }),
			 (0x5000 ^ 0x6000) << 1 ^ 0x7000 ^ 0x8000);
	assert_int_equal(ask(mb, (struct mb_op){ .kind = MB_OP_WALK_ZONE,
						 .base = 0x7000,
						 .size = 0x1000,
						 .nid = 1 }),
			 7 ^ 8);
	ask_more(mb);
	mb_destroy(mb);
}

/* ---- settings ---------------------------------------------------------------------------------- */

static void refuses_setting(const char *text, const char *expected)
{
	struct gen_family *family = load_example();
	struct mb_text_error error = { "" };
	struct gen_settings settings;

	gen_settings_preset(family, &settings);
	assert_int_not_equal(gen_settings_set(family, &settings, text, strlen(text), &error), 0);
	if (!strstr(error.text, expected))
		fail_msg("%s: %s", text, error.text);
	gen_family_free(family);
}

static void test_settings(void **state)
{
	(void)state;
	refuses_setting("size=15", "a number from 16 to 1000");
	refuses_setting("size=1001", "a number from 16 to 1000");
	refuses_setting("size=0x20", "a number from 16 to 1000");
	refuses_setting("size=99999999999999999999", "a number from 16 to 1000");
	refuses_setting("sizes=20", "unknown parameter 'sizes'; known are size, seed, profile");
	refuses_setting("size", "KEY=VALUE");
	refuses_setting("profile=5.0", "6.1, 6.12 or new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formulas),  cmocka_unit_test(test_bad_formulas),
		cmocka_unit_test(test_names),     cmocka_unit_test(test_random_numbers),
		cmocka_unit_test(test_bytes),     cmocka_unit_test(test_replay),
		cmocka_unit_test(test_questions), cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests_name("gen", tests, NULL, NULL);
}
