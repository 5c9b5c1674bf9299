/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_block.c - a block through its JSON and back, what it refuses, what its identifier depends on; and results
 * of blocks put together. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/block.h"
#include "run/gather_impl.h"
#include "run/plan_impl.h"

/* A plan of two workloads and three variants, with everything else as the options have it. */
struct made {
	struct bench_options options;
	struct bench_plan plan;
	struct bench_block_workload workloads[BENCH_SYNTHETIC];
};

static void make(struct made *made)
{
	*made = (struct made){ .options = {
				       .variants = "rbtree,array,null",
				       .workloads = "random,gaps",
				       .operations = "reserve,add",
				       .filter = "^",
				       .profile = "6.12",
				       .counters = "auto",
				       .regions = { 16, 128 },
				       .region_count = 2,
				       .metadata = MB_METADATA_HOST,
				       .kflags = true,
				       .o2 = true,
				       .quick = true,
				       .repetitions = 3,
				       .repetitions_min = 2,
				       .processes = 3,
				       .pin = -1,
				       .seed = UINT64_MAX,
				       .repetition_ns_min = 1e5,
				       .repetition_ns_max = 1.0 / 3,
			       } };
	assert_int_equal(bench_plan_make(&made->options, &made->plan), 0);
	assert_int_equal(bench_block_workloads(&made->plan, made->workloads), 2);
}

static void make_block(struct made *made, unsigned workload, unsigned process,
		       struct bench_block *block)
{
	assert_int_equal(bench_block_make(&made->plan, &made->workloads[workload], process, 0, NULL,
					  block),
			 0);
}

static void a_block_survives_its_json(void **state)
{
	struct bench_block block, again;
	char id[BENCH_BLOCK_ID], other[BENCH_BLOCK_ID], error[200];
	struct made made;
	json_t *json;

	(void)state;
	make(&made);
	make_block(&made, 1, 2, &block);
	block.options.wall_ns = 5e8;
	block.count = true;
	block.start_ns = UINT64_MAX - 1;
	block.executable = strdup("./a link");
	json = bench_block_write(&block, true);
	assert_non_null(json);
	assert_int_equal(bench_block_parse(json, &again, error, sizeof(error)), 0);
	assert_string_equal(again.workload, "gaps");
	assert_string_equal(again.options.workloads, "gaps");
	assert_string_equal(again.options.variants, "rbtree,array,null");
	assert_string_equal(again.options.operations, "add,reserve");
	assert_string_equal(again.options.filter, "^");
	assert_string_equal(again.options.counters, "none"); /* counted is in process 1 */
	assert_string_equal(again.executable, "./a link");
	assert_null(again.trace);
	assert_int_equal(again.options.region_count, 2);
	assert_int_equal(again.options.regions[1], 128);
	assert_int_equal(again.options.metadata, MB_METADATA_HOST);
	assert_true(again.options.seed == UINT64_MAX && again.start_ns == UINT64_MAX - 1);
	assert_true(again.options.kflags && again.options.o2 && again.options.quick && again.count);
	assert_int_equal(again.options.pin, -1);
	assert_int_equal(again.process, 2);
	assert_true(again.options.repetition_ns_max == 1.0 / 3 && again.options.wall_ns == 5e8);
	assert_true(bench_block_identify(&block, id));
	assert_true(bench_block_identify(&again, other));
	assert_string_equal(id, other);
	assert_int_equal(strlen(id), 2 + 32);
	assert_memory_equal(id, "1-", 2);
	json_decref(json);
	bench_block_release(&again);
	bench_block_release(&block);
	bench_plan_release(&made.plan);
}

/* Change one key of a written block (@value NULL: take it out), and parse. */
static void refuse(const char *key, json_t *value, const char *expected)
{
	struct bench_block block, parsed;
	char error[200] = "";
	struct made made;
	json_t *json;
	int rc;

	make(&made);
	make_block(&made, 0, 1, &block);
	json = bench_block_write(&block, false);
	if (value)
		json_object_set_new(json, key, value);
	else
		json_object_del(json, key);
	rc = bench_block_parse(json, &parsed, error, sizeof(error));
	bench_block_release(&parsed);
	assert_int_equal(rc, -EINVAL);
	if (!strstr(error, expected))
		fail_msg("'%s' instead of '%s'", error, expected);
	json_decref(json);
	bench_block_release(&block);
	bench_plan_release(&made.plan);
}

static void what_is_not_understood_is_refused_by_name(void **state)
{
	(void)state;
	refuse("regionz", json_array(), "unknown key 'regionz'");
	refuse("version", json_integer(2), "version 2; this program knows 1");
	refuse("version", NULL, "version 0; this program knows 1");
	refuse("seed", NULL, "without 'seed'");
	refuse("seed", json_integer(1), "bad value of 'seed'");
	refuse("seed", json_string("18446744073709551616"), "bad value of 'seed'");
	refuse("metadata", json_string("there"), "bad value of 'metadata'");
	refuse("process", json_integer(-1), "bad value of 'process'");
	refuse("process", json_integer(4294967298), "bad value of 'process'");
	refuse("pin", json_integer(4294967296), "bad value of 'pin'");
	refuse("pin", json_integer(-4294967296), "bad value of 'pin'");
	refuse("regions", json_pack("[I]", (json_int_t)-4294967280), "bad value of 'regions'");
	refuse("regions", json_pack("[I]", (json_int_t)4294967312), "bad value of 'regions'");
	refuse("regions", json_pack("[i]", 7), "bad value of 'regions'");
	refuse("regions", json_pack("[s]", "16"), "bad value of 'regions'");
	refuse("kernels", json_array(), "bad value of 'kernels'");
	refuse("variants", json_null(), "bad value of 'variants'");
	refuse("program", NULL, "without workload, operations, variants, counters or program");
}

/* Does a block with @key set to @value, which is taken, have another identifier? */
static bool depends_on(const char *key, json_t *value)
{
	char id[BENCH_BLOCK_ID], other[BENCH_BLOCK_ID], error[200];
	struct bench_block block, changed;
	struct made made;
	json_t *json;

	make(&made);
	make_block(&made, 0, 1, &block);
	json = bench_block_write(&block, true);
	json_object_set_new(json, key, value);
	assert_int_equal(bench_block_parse(json, &changed, error, sizeof(error)), 0);
	assert_true(bench_block_identify(&block, id));
	assert_true(bench_block_identify(&changed, other));
	json_decref(json);
	bench_block_release(&changed);
	bench_block_release(&block);
	bench_plan_release(&made.plan);
	return strcmp(id, other) != 0;
}

static void an_identifier_is_what_a_block_is(void **state)
{
	struct {
		const char *key;
		json_t *other;
	} parts[] = {
		{ "workload", json_string("ascending") },
		{ "trace", json_string("00") },
		{ "profile", json_string("6.1") },
		{ "captured", json_true() },
		{ "operations", json_string("add") },
		{ "regions", json_pack("[i]", 16) },
		{ "variants", json_string("array,rbtree,null") },
		{ "kflags", json_false() },
		{ "o2", json_false() },
		{ "kernels", json_pack("{s{ss ss}}", "linux:6.12-0", "variant", "linux", "object",
				       "0123456789abcdef") },
		{ "filter", json_string("^reserve") },
		{ "states", json_string("6.1") },
		{ "metadata", json_string("self") },
		{ "seed", json_string("1") },
		{ "counters", json_string("perf") },
		{ "callgrind", json_true() },
		{ "pin", json_integer(0) },
		{ "quick", json_false() },
		{ "full", json_true() },
		{ "repetitions", json_integer(4) },
		{ "repetitions_min", json_integer(1) },
		{ "repetition_ns_min", json_real(2e5) },
		{ "repetition_ns_max", json_real(1) },
		{ "process", json_integer(2) },
		{ "build", json_integer(1) },
		{ "program", json_string("00") },
		{ "link", json_string("00") },
	};
	struct bench_block block;
	struct made made;
	const char *key;
	json_t *json, *value;

	(void)state;
	/* All that is written: what is new stands above, too. */
	make(&made);
	make_block(&made, 0, 1, &block);
	json = bench_block_write(&block, false);
	json_object_foreach(json, key, value)
	{
		bool known = !strcmp(key, "version");

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			known |= !strcmp(key, parts[i].key);
		if (!known)
			fail_msg("'%s' is part of a block", key);
	}
	json_decref(json);
	bench_block_release(&block);
	bench_plan_release(&made.plan);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!depends_on(parts[i].key, parts[i].other))
			fail_msg("'%s' is no part of a block", parts[i].key);
	/* Neither the time that it gets nor where things lie. */
	assert_false(depends_on("wall_ns", json_real(1e9)));
	assert_false(depends_on("budget_ns", json_real(1e9)));
	assert_false(depends_on("executable", json_string("./link")));
	assert_false(depends_on("file", json_string("elsewhere.trace")));
	assert_false(depends_on("count", json_true()));
	assert_false(depends_on("progress_to", json_real(0.5)));
}

/* Of a run that may take longer, or be less precise, the blocks are the same. */
static void the_time_of_a_run_is_no_part_of_its_blocks(void **state)
{
	char id[BENCH_BLOCK_ID], other[BENCH_BLOCK_ID];
	struct bench_block block;
	struct made made;

	(void)state;
	make(&made);
	make_block(&made, 0, 1, &block);
	assert_true(bench_block_identify(&block, id));
	bench_block_release(&block);
	made.options.total_ns = 6e9;
	made.options.precision = 5;
	made.options.processes = 7;
	make_block(&made, 0, 1, &block);
	assert_true(bench_block_identify(&block, other));
	assert_string_equal(id, other);
	bench_block_release(&block);
	bench_plan_release(&made.plan);
}

/* The plan that a block makes by itself must make the same block: a process checks that. */
static void a_block_makes_itself_again(void **state)
{
	char id[BENCH_BLOCK_ID], other[BENCH_BLOCK_ID];
	struct bench_block_workload workloads[BENCH_SYNTHETIC];
	struct bench_block block, again;
	struct bench_plan plan;
	struct made made;

	(void)state;
	make(&made);
	make_block(&made, 1, 3, &block);
	assert_int_equal(bench_plan_make(&block.options, &plan), 0);
	assert_int_equal(bench_block_workloads(&plan, workloads), 1);
	assert_int_equal(
		bench_block_make(&plan, workloads, block.process, block.build, NULL, &again), 0);
	assert_true(bench_block_identify(&block, id));
	assert_true(bench_block_identify(&again, other));
	assert_string_equal(id, other);
	bench_block_release(&again);
	bench_block_release(&block);
	bench_plan_release(&plan);
	bench_plan_release(&made.plan);
}

/* ---- results of blocks, put together ---- */

/* Add a result of one row, called @name (NULL: it has none). */
static int add(struct bench_gather *gather, struct made *made, unsigned workload, unsigned process,
	       const char *context, const char *name, bool taken_over, char error[200])
{
	struct bench_block block;
	json_t *result, *row = json_pack("{sf}", "real_time", 1.0);
	int rc;

	if (name)
		json_object_set_new(row, "name", json_string(name));
	make_block(made, workload, process, &block);
	result = json_pack("{so s[o] s{so}}", "context", json_loads(context, 0, NULL), "benchmarks",
			   row, "block", "specification", bench_block_write(&block, false));
	assert_non_null(result);
	*error = '\0';
	rc = bench_gather_add(gather, result, taken_over, error, 200);
	json_decref(result);
	bench_block_release(&block);
	return rc;
}

static const char *said(const json_t *in, const char *key)
{
	return json_string_value(json_object_get(in, key));
}

static void unlike_conditions_are_told(void **state)
{
	static const char row[] = "reserve/random/array/regions:16";
	static const char *const contexts[] = {
		"{\"host_name\": \"a\", \"date\": \"2020-01-03\", \"layout\": \"heap 16\","
		" \"counter:x\": \"software: event x; an empty pair of readings counts 5\"}",
		"{\"host_name\": \"a\", \"date\": \"2020-01-01\", \"layout\": \"heap 32\","
		" \"counter:x\": \"software: event x; an empty pair of readings counts 6\"}",
		"{\"host_name\": \"b\", \"date\": \"2020-01-02\", \"counter:x\": \"absent: no\"}",
		"{\"host_name\": \"a\", \"counter:x\": \"absent: not asked for\"}",
	};
	const json_t *context, *blocks;
	struct bench_gather gather;
	struct made made;
	char error[200], *text;
	size_t size;
	FILE *out;

	(void)state;
	make(&made);
	assert_int_equal(bench_gather_start(&gather), 0);
	context = json_object_get(gather.document, "context");
	assert_int_equal(add(&gather, &made, 0, 1, contexts[0], row, false, error), 0);
	assert_int_equal(add(&gather, &made, 1, 1, contexts[1], row, true, error), 0);
	out = open_memstream(&text, &size);
	bench_gather_unlike(&gather, out, "");
	fclose(out);
	assert_string_equal(text, "");
	free(text);
	/* Further processes count nothing: that is no difference. */
	assert_int_equal(add(&gather, &made, 0, 2, contexts[3], row, false, error), 0);
	assert_string_equal(said(context, "counter:x"),
			    "software: event x; an empty pair of readings counts 5");
	assert_int_equal(add(&gather, &made, 1, 1, contexts[2], row, true, error), 0);
	assert_string_equal(said(context, "host_name"), "a; from process 1 of gaps on: b");
	assert_string_equal(said(context, "counter:x"),
			    "software: event x; an empty pair of readings counts 5; "
			    "from process 1 of gaps on: absent: no");
	assert_int_equal(add(&gather, &made, 1, 2, contexts[3], row, false, error), 0);
	assert_string_equal(said(context, "host_name"),
			    "a; from process 1 of gaps on: b; from process 2 of gaps on: a");
	out = open_memstream(&text, &size);
	bench_gather_unlike(&gather, out, "> ");
	fclose(out);
	assert_non_null(strstr(text, "> host_name: a; from process 1 of gaps on: b; "));
	assert_non_null(strstr(text, "\n> counter:x: software: "));
	free(text);
	text = bench_gather_end(&gather, "a command");
	assert_non_null(text);
	free(text);
	assert_string_equal(said(context, "date"), "2020-01-03");
	assert_string_equal(said(context, "resumed"), "2 blocks of 2020-01-01 to 2020-01-02");
	/* Each block has its own. */
	blocks = json_object_get(gather.document, "blocks");
	context = json_object_get(json_array_get(blocks, 1), "context");
	assert_string_equal(said(context, "date"), "2020-01-01");
	assert_string_equal(said(context, "layout"), "heap 32");
	assert_string_equal(said(context, "host_name"), "a");
	context = json_object_get(json_array_get(blocks, 3), "context");
	assert_string_equal(said(context, "counter:x"), "absent: no");
	bench_gather_release(&gather);
	bench_plan_release(&made.plan);
}

static void what_is_no_row_is_named(void **state)
{
	struct bench_gather gather;
	struct made made;
	char error[200];

	(void)state;
	make(&made);
	assert_int_equal(bench_gather_start(&gather), 0);
	assert_int_equal(add(&gather, &made, 0, 1, "{}", NULL, false, error), -EINVAL);
	assert_string_equal(error, "a row without a name");
	assert_int_equal(add(&gather, &made, 0, 1, "{}", "reserve/random", false, error), -EINVAL);
	assert_string_equal(error, "'reserve/random' is no name of a benchmark");
	bench_gather_release(&gather);
	bench_plan_release(&made.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_survives_its_json),
		cmocka_unit_test(what_is_not_understood_is_refused_by_name),
		cmocka_unit_test(an_identifier_is_what_a_block_is),
		cmocka_unit_test(the_time_of_a_run_is_no_part_of_its_blocks),
		cmocka_unit_test(a_block_makes_itself_again),
		cmocka_unit_test(unlike_conditions_are_told),
		cmocka_unit_test(what_is_no_row_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
