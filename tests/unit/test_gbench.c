/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_gbench.c - the border to Google Benchmark (bench/measure/gbench.h).
 *
 * What the harness relies on: names and rows come out plain, iterations are exact, manual time is what
 * is reported, an error becomes a row without a time, the JSON holds the same rows. The last test
 * measures what the calls cost and prints it; only gross mistakes fail there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/clock.h"
#include "measure/gbench.h"
#include "measure/statistics.h"

#define ROWS_MAX 64

struct seen {
	struct gb_row rows[ROWS_MAX]; /* strings are copies */
	double counters[ROWS_MAX];    /* the counter "a", -1 if there is none */
	unsigned count;
};

static void see(void *ctx, const struct gb_row *row)
{
	struct seen *seen = ctx;
	struct gb_row *copy = &seen->rows[seen->count];

	assert_in_range(seen->count, 0, ROWS_MAX - 1);
	*copy = *row;
	copy->name = strdup(row->name);
	copy->label = strdup(row->label);
	copy->error = row->error ? strdup(row->error) : NULL;
	if (!gb_row_counter(row, "a", &seen->counters[seen->count]))
		seen->counters[seen->count] = -1;
	seen->count++;
}

static void forget(struct seen *seen)
{
	for (unsigned i = 0; i < seen->count; i++) {
		free((void *)(uintptr_t)seen->rows[i].name);
		free((void *)(uintptr_t)seen->rows[i].label);
		free((void *)(uintptr_t)seen->rows[i].error);
	}
	seen->count = 0;
}

/* Run what is registered; the parsed JSON is the caller's. */
static json_t *run(struct seen *seen)
{
	struct gb_sink sink = { .row = see, .ctx = seen };
	json_error_t error;
	json_t *root;
	char *text;

	assert_true(gb_run(&sink, &text) > 0);
	root = json_loads(text, 0, &error);
	assert_non_null(root);
	free(text);
	return root;
}

static json_t *row_of(json_t *root, size_t i)
{
	return json_array_get(json_object_get(root, "benchmarks"), i);
}

struct calls {
	unsigned count;
	int64_t range, asked, done, turns;
};

/* ---- functions under the library's control ----------------------------------------------------- */

static void count_calls(struct gb_state *s, void *arg)
{
	struct calls *calls = arg;

	calls->count++;
	calls->asked = gb_max_iterations(s);
	while (gb_keep_running_batch(s, 10))
		calls->turns++;
	calls->done = gb_done_iterations(s);
	gb_label(s, "a label");
	gb_counter(s, "a", 7, GB_PLAIN);
	gb_counter(s, "b", 300, GB_PER_ITERATION);
	gb_items_processed(s, 5);
}

static void half_a_second_a_turn(struct gb_state *s, void *arg)
{
	(void)arg;
	while (gb_keep_running_batch(s, 100))
		gb_set_iteration_time(s, 0.5);
}

static void time_after_loop(struct gb_state *s, void *arg)
{
	(void)arg;
	while (gb_keep_running(s))
		;
	gb_set_iteration_time(s, 2);
}

static void skip_at_once(struct gb_state *s, void *arg)
{
	(void)arg;
	gb_skip(s, "not today");
}

static void skip_in_loop(struct gb_state *s, void *arg)
{
	struct calls *calls = arg;

	while (gb_keep_running(s)) {
		calls->turns++;
		if (calls->turns == 3)
			gb_skip(s, "enough");
	}
}

static void read_range(struct gb_state *s, void *arg)
{
	struct calls *calls = arg;

	calls->range = gb_range(s, 0);
	while (gb_keep_running(s))
		;
}

/* ---- tests ------------------------------------------------------------------------------------- */

/* Every setting that would append to the name. Expect: the name, three rows, exact iterations. */
static void plain_names_and_exact_iterations(void **state)
{
	static struct seen seen;
	struct calls calls = { 0 };
	struct gb_benchmark *b = gb_register("op/work/load/regions:1", count_calls, &calls);
	json_t *root;

	(void)state;
	gb_iterations(b, 1000);
	gb_repetitions(b, 3);
	gb_use_real_time(b);
	gb_arg(b, 42);
	root = run(&seen);
	assert_int_equal(calls.count, 3);
	assert_int_equal(calls.asked, 1000);
	assert_int_equal(calls.done, 1000);
	assert_int_equal(calls.turns, 300);
	assert_int_equal(seen.count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(seen.rows[i].name, "op/work/load/regions:1");
		assert_string_equal(seen.rows[i].label, "a label");
		assert_null(seen.rows[i].error);
		assert_int_equal(seen.rows[i].repetition, i);
		assert_int_equal(seen.rows[i].iterations, 1000);
		assert_true(seen.counters[i] == 7);
	}
	assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 3);
	for (unsigned i = 0; i < 3; i++) { /* no mean, median or deviation rows */
		json_t *row = row_of(root, i);

		assert_string_equal(json_string_value(json_object_get(row, "run_type")),
				    "iteration");
		assert_string_equal(json_string_value(json_object_get(row, "name")),
				    "op/work/load/regions:1");
		assert_true(json_number_value(json_object_get(row, "a")) == 7);
		assert_true(json_number_value(json_object_get(row, "b")) == 0.3);
		assert_non_null(json_object_get(row, "items_per_second"));
	}
	json_decref(root);
	forget(&seen);
}

/* 105 operations in batches of 10: the last one overshoots, and is counted. */
static void last_batch_overshoots(void **state)
{
	static struct seen seen;
	struct calls calls = { 0 };

	(void)state;
	gb_iterations(gb_register("overshoot", count_calls, &calls), 105);
	json_decref(run(&seen));
	assert_int_equal(calls.turns, 11);
	assert_int_equal(seen.rows[0].iterations, 110);
	forget(&seen);
}

/* Ten turns of 100 operations and half a second each; expect 5 ms an operation. */
static void manual_time_is_per_operation(void **state)
{
	static struct seen seen;
	struct gb_benchmark *b = gb_register("manual", half_a_second_a_turn, NULL);

	(void)state;
	gb_iterations(b, 1000);
	gb_use_manual_time(b);
	json_decref(run(&seen));
	assert_true(seen.rows[0].real_time_ns > 4.999e6);
	assert_true(seen.rows[0].real_time_ns < 5.001e6);
	forget(&seen);
}

static void manual_time_behind_the_loop(void **state)
{
	static struct seen seen;
	struct gb_benchmark *b = gb_register("behind", time_after_loop, NULL);

	(void)state;
	gb_iterations(b, 1000);
	gb_use_manual_time(b);
	json_decref(run(&seen));
	assert_true(seen.rows[0].real_time_ns > 1.999e6);
	assert_true(seen.rows[0].real_time_ns < 2.001e6);
	forget(&seen);
}

/* An error is a row with a message and without a time, and the others still run. */
static void skipped_ones_say_why(void **state)
{
	static struct seen seen;
	struct calls calls = { 0 }, other = { 0 };
	json_t *root;

	(void)state;
	gb_iterations(gb_register("at_once", skip_at_once, NULL), 10);
	gb_iterations(gb_register("in_loop", skip_in_loop, &calls), 10);
	gb_iterations(gb_register("fine", count_calls, &other), 10);
	root = run(&seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(calls.turns, 3);
	for (unsigned i = 0; i < 3; i++) {
		bool fine = !strcmp(seen.rows[i].name, "fine");

		assert_int_equal(!seen.rows[i].error, fine);
		if (!strcmp(seen.rows[i].name, "at_once"))
			assert_string_equal(seen.rows[i].error, "not today");
	}
	assert_true(json_is_true(json_object_get(row_of(root, 0), "error_occurred")));
	assert_string_equal(json_string_value(json_object_get(row_of(root, 1), "error_message")),
			    "enough");
	assert_null(json_object_get(row_of(root, 2), "error_occurred"));
	json_decref(root);
	forget(&seen);
}

/* Twenty benchmarks run interleaved in a random order; the JSON has the order of registration. */
static void json_is_in_order(void **state)
{
	static struct seen seen;
	struct calls calls = { 0 };
	json_t *root;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		char name[16];
		struct gb_benchmark *b;

		snprintf(name, sizeof(name), "n%02u", i);
		b = gb_register(name, count_calls, &calls);
		gb_iterations(b, 10);
		gb_repetitions(b, 2);
	}
	root = run(&seen);
	assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 40);
	for (unsigned i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%02u", i / 2);
		assert_string_equal(json_string_value(json_object_get(row_of(root, i), "name")),
				    name);
		assert_int_equal(
			json_integer_value(json_object_get(row_of(root, i), "repetition_index")),
			i % 2);
	}
	json_decref(root);
	forget(&seen);
}

static void context_and_range_arrive(void **state)
{
	static struct seen seen;
	struct calls calls = { 0 };
	struct gb_benchmark *b = gb_register("range", read_range, &calls);
	json_t *root, *context;

	(void)state;
	gb_context("seed", "17");
	gb_arg(b, -5);
	gb_iterations(b, 1);
	root = run(&seen);
	context = json_object_get(root, "context");
	assert_int_equal(calls.range, -5);
	assert_string_equal(json_string_value(json_object_get(context, "seed")), "17");
	assert_string_equal(json_string_value(json_object_get(context, "executable")),
			    "test_gbench");
	assert_non_null(json_object_get(context, "date"));
	json_decref(root);
	forget(&seen);
}

/* Without gb_iterations() the library calls the function until the time is long enough. */
static void min_time_is_honoured(void **state)
{
	static struct seen seen;
	struct calls calls = { 0 };
	struct gb_benchmark *b = gb_register("min_time", count_calls, &calls);

	(void)state;
	gb_min_time(b, 0.01);
	gb_min_warmup_time(b, 0.001);
	gb_use_real_time(b);
	json_decref(run(&seen));
	assert_int_equal(seen.count, 1);
	assert_true(seen.rows[0].real_time_ns * (double)seen.rows[0].iterations >= 0.009e9);
	forget(&seen);
}

/* Two of four repetitions are dropped: two rows, and the context may still say so. */
static void drop_every_other(struct gb_state *s, void *arg)
{
	struct calls *calls = arg;

	if (calls->count++ % 2) {
		gb_drop(s);
		return;
	}
	while (gb_keep_running(s))
		;
}

static void say_at_the_end(void *ctx)
{
	gb_context("rows_at_the_end", ((struct seen *)ctx)->count == 2 ? "two" : "other");
}

static void dropped_ones_leave_no_row(void **state)
{
	static struct seen seen;
	struct gb_sink sink = { .row = see, .ctx = &seen, .end = say_at_the_end };
	struct calls calls = { 0 };
	struct gb_benchmark *b = gb_register("drop", drop_every_other, &calls);
	json_t *root;
	char *text;

	(void)state;
	gb_iterations(b, 10);
	gb_repetitions(b, 4);
	assert_true(gb_run(&sink, &text) > 0);
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	free(text);
	assert_int_equal(calls.count, 4);
	assert_int_equal(seen.count, 2);
	assert_int_equal(json_array_size(json_object_get(root, "benchmarks")), 2);
	assert_string_equal(json_string_value(json_object_get(json_object_get(root, "context"),
							      "rows_at_the_end")),
			    "two");
	json_decref(root);
	forget(&seen);
}

/* The library's variables, set for a program that is started anew: this one, with an argument. */
static void variables_do_not_take_over(void **state)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)state;
	assert_true(length > 0);
	path[length] = '\0';
	setenv("SELF", path, 1);
	setenv("BENCHMARK_LIST_TESTS", "true", 1);
	setenv("BENCHMARK_BENCHMARK_LIST_TESTS", "true", 1);
	setenv("BENCHMARK_FILTER", "nothing", 1);
	setenv("BENCHMARK_REPETITIONS", "7", 1);
	setenv("BENCHMARK_BENCHMARK_REPETITIONS", "7", 1);
	assert_int_equal(system("\"$SELF\" variables"), 0);
	unsetenv("BENCHMARK_LIST_TESTS");
	unsetenv("BENCHMARK_BENCHMARK_LIST_TESTS");
	unsetenv("BENCHMARK_FILTER");
	unsetenv("BENCHMARK_REPETITIONS");
	unsetenv("BENCHMARK_BENCHMARK_REPETITIONS");
}

/* What it does then: one benchmark, once. 0: it did. */
static int run_one_with_variables(void)
{
	static struct seen seen;
	struct gb_sink sink = { .row = see, .ctx = &seen };
	struct calls calls = { 0 };

	if (getenv("BENCHMARK_REPETITIONS"))
		return 1;
	gb_start("test_gbench", true);
	gb_iterations(gb_register("one", count_calls, &calls), 10);
	return gb_run(&sink, NULL) == 1 && calls.count == 1 && seen.count == 1 ? 0 : 1;
}

/* ---- what it costs ----------------------------------------------------------------------------- */

static void only_keep_running(struct gb_state *s, void *arg)
{
	(void)arg;
	while (gb_keep_running(s))
		;
}

static void only_batches(struct gb_state *s, void *arg)
{
	(void)arg;
	while (gb_keep_running_batch(s, 1024))
		;
}

static void only_set_time(struct gb_state *s, void *arg)
{
	(void)arg;
	while (gb_keep_running(s))
		gb_set_iteration_time(s, 1e-9);
}

/* The shortest of its repetitions: others may be busy with the machine. */
static double time_of(const struct seen *seen, const char *name)
{
	double least = 1e9;

	for (unsigned i = 0; i < seen->count; i++)
		if (!strcmp(seen->rows[i].name, name) && seen->rows[i].real_time_ns < least)
			least = seen->rows[i].real_time_ns;
	assert_true(least < 1e9);
	return least;
}

static void costs_are_as_documented(void **state)
{
	static const struct {
		const char *name;
		gb_function *fn;
	} loops[] = {
		{ "turn", only_keep_running },
		{ "batch", only_batches },
		{ "set", only_set_time },
	};
	static struct seen seen;
	double turn_ns, batch_ns, set_ns;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct gb_benchmark *b = gb_register(loops[i].name, loops[i].fn, NULL);

		gb_iterations(b, 102400);
		gb_repetitions(b, 20);
	}
	json_decref(run(&seen));
	turn_ns = time_of(&seen, "turn");
	batch_ns = time_of(&seen, "batch");
	set_ns = time_of(&seen, "set") - turn_ns;
	print_message(
		"gb_keep_running() %.2f ns, gb_keep_running_batch(1024) %.3f ns an operation, "
		"gb_set_iteration_time() %.2f ns, an empty pair of clock readings %.1f ns\n",
		turn_ns, batch_ns, set_ns, bench_clock.empty_ns);
	assert_true(batch_ns < turn_ns);
	assert_true(turn_ns < 1000);
	forget(&seen);
}

/* The clock of the timed parts: it runs, and its own cost is taken off. */
static void clock_measures(void **state)
{
	uint64_t start_ns = bench_clock_monotonic_ns(), t = bench_clock_begin();
	double ns, real_ns;

	(void)state;
	while (bench_clock_monotonic_ns() - start_ns < 20000000)
		;
	ns = bench_clock_ns(bench_clock_end() - t);
	real_ns = (double)(bench_clock_monotonic_ns() - start_ns);
	assert_true(ns > 0.9 * 20e6);
	assert_true(ns < 1.1 * real_ns);
	assert_true(bench_clock.empty_ns < 10000);
	assert_true(bench_clock_ns(0) == 0);
}

static void trimmed_mean_forgets_outliers(void **state)
{
	double values[20];

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		values[i] = i < 2 ? -1e6 : i < 18 ? 10 : 1e9;
	assert_true(bench_trimmed_mean(values, 20) == 10);
	assert_true(bench_trimmed_mean(values + 2, 1) == 10);
	assert_true(bench_trimmed_mean(values, 0) == 0);
}

static int start(void **state)
{
	(void)state;
	bench_clock_start();
	gb_start("test_gbench", true);
	return 0;
}

static int end(void **state)
{
	(void)state;
	gb_end();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_names_and_exact_iterations),
		cmocka_unit_test(last_batch_overshoots),
		cmocka_unit_test(manual_time_is_per_operation),
		cmocka_unit_test(manual_time_behind_the_loop),
		cmocka_unit_test(skipped_ones_say_why),
		cmocka_unit_test(json_is_in_order),
		cmocka_unit_test(context_and_range_arrive),
		cmocka_unit_test(min_time_is_honoured),
		cmocka_unit_test(dropped_ones_leave_no_row),
		cmocka_unit_test(variables_do_not_take_over),
		cmocka_unit_test(costs_are_as_documented),
		cmocka_unit_test(clock_measures),
		cmocka_unit_test(trimmed_mean_forgets_outliers),
	};

	if (argc > 1 && !strcmp(argv[1], "variables"))
		return run_one_with_variables();
	return cmocka_run_group_tests(tests, start, end);
}
