/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_bootstrap.c - intervals over builds, processes and repetitions, on samples that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "measure/bootstrap.h"
#include "measure/random.h"

enum { SAMPLES_MAX = 1024 };

/* Samples that are grouped as bootstrap.h wants them. */
struct made {
	struct bench_sample samples[SAMPLES_MAX];
	unsigned count;
};

static struct bench_series series_of(const struct made *made)
{
	return (struct bench_series){ made->samples, made->count };
}

static const struct bench_series none;

/* Roughly normal, mean 0, deviation 1: the sum of twelve uniform numbers. */
static double noise(uint64_t *random)
{
	double sum = -6;

	for (unsigned i = 0; i < 12; i++)
		sum += (double)(bench_random(random) >> 11) * 0x1p-53;
	return sum;
}

/* Times around @ns: each build, process and repetition deviates by so many percent of it. */
static void make(struct made *made, double ns, unsigned builds, unsigned processes,
		 unsigned repetitions, double build_percent, double process_percent,
		 double repetition_percent, uint64_t seed)
{
	made->count = 0;
	for (unsigned b = 0; b < builds; b++) {
		double of_build = 1 + noise(&seed) * build_percent / 100;

		for (unsigned p = 0; p < processes; p++) {
			double of_process = of_build * (1 + noise(&seed) * process_percent / 100);

			for (unsigned r = 0; r < repetitions; r++)
				made->samples[made->count++] = (struct bench_sample){
					ns * of_process *
						(1 + noise(&seed) * repetition_percent / 100),
					b, b * processes + p
				};
		}
	}
}

static double width(const struct bench_interval *i)
{
	return (i->high - i->low) / i->value;
}

static void one_sample_is_its_own_interval(void **state)
{
	struct made one = { { { 42, 0, 0 } }, 1 };
	struct bench_interval i;

	(void)state;
	assert_true(bench_time_interval(series_of(&one), none, &i));
	assert_true(i.low == 42 && i.value == 42 && i.high == 42);
	assert_int_equal(i.processes, 1);
	assert_false(bench_time_interval(none, none, &i));
	assert_false(bench_ratio_interval(series_of(&one), none, none, none, &i));
}

static void the_same_samples_give_the_same_interval(void **state)
{
	struct made a;
	struct bench_interval first, again;

	(void)state;
	make(&a, 100, 2, 5, 7, 2, 3, 5, 1);
	assert_true(bench_time_interval(series_of(&a), none, &first));
	assert_true(bench_time_interval(series_of(&a), none, &again));
	assert_memory_equal(&first, &again, sizeof(first));
	assert_int_equal(first.builds, 2);
	assert_int_equal(first.processes, 10);
	assert_true(first.low <= first.value && first.value <= first.high);
}

static void the_harness_is_taken_off_and_nothing_is_negative(void **state)
{
	struct made a, harness;
	struct bench_interval i;

	(void)state;
	make(&a, 30, 1, 4, 5, 0, 0, 0, 1);
	make(&harness, 8, 1, 4, 5, 0, 0, 0, 1);
	assert_true(bench_time_interval(series_of(&a), series_of(&harness), &i));
	assert_true(fabs(i.value - 22) < 1e-9);
	assert_true(bench_time_interval(series_of(&harness), series_of(&a), &i));
	assert_true(i.value == 0 && i.low == 0);
}

/*
 * Repetitions that agree and processes that do not: a bootstrap over repetitions alone would call the
 * result exact.
 */
static void processes_that_differ_widen_the_interval(void **state)
{
	struct made same, differing;
	struct bench_interval narrow, wide;

	(void)state;
	make(&same, 100, 1, 10, 9, 0, 0, 1, 1);
	make(&differing, 100, 1, 10, 9, 0, 10, 1, 1);
	assert_true(bench_time_interval(series_of(&same), none, &narrow));
	assert_true(bench_time_interval(series_of(&differing), none, &wide));
	assert_true(width(&narrow) < 0.02);
	assert_true(width(&wide) > 0.05);
}

static void builds_that_differ_widen_it_too(void **state)
{
	struct made same, differing;
	struct bench_interval narrow, wide;

	(void)state;
	make(&same, 100, 4, 5, 5, 0, 0, 1, 2);
	make(&differing, 100, 4, 5, 5, 10, 0, 1, 2);
	assert_true(bench_time_interval(series_of(&same), none, &narrow));
	assert_true(bench_time_interval(series_of(&differing), none, &wide));
	assert_true(width(&wide) > 3 * width(&narrow));
}

/* What makes a whole process slow makes both slow: the ratio does not see it. */
static void a_ratio_is_taken_within_each_process(void **state)
{
	struct made of = { .count = 0 }, reference = { .count = 0 };
	struct bench_interval i;
	uint64_t random = 5;

	(void)state;
	for (unsigned p = 0; p < 10; p++) {
		double slow = 1 + (double)p; /* up to ten times */

		for (unsigned r = 0; r < 5; r++) {
			of.samples[of.count++] =
				(struct bench_sample){ slow * 50 * (1 + noise(&random) * 0.005), 0,
						       p };
			reference.samples[reference.count++] =
				(struct bench_sample){ slow * 100 * (1 + noise(&random) * 0.005), 0,
						       p };
		}
	}
	assert_true(bench_ratio_interval(series_of(&of), none, series_of(&reference), none, &i));
	assert_true(fabs(i.value - 0.5) < 0.01);
	assert_true(width(&i) < 0.02);
}

static void a_process_that_lacks_one_side_does_not_count(void **state)
{
	struct made of, reference;
	struct bench_interval i;

	(void)state;
	make(&of, 50, 1, 4, 3, 0, 0, 0, 1);
	make(&reference, 100, 1, 3, 3, 0, 0, 0, 1);
	assert_true(bench_ratio_interval(series_of(&of), none, series_of(&reference), none, &i));
	assert_int_equal(i.processes, 3);
	assert_true(fabs(i.value - 0.5) < 1e-9);
	/* A reference that takes no more than the harness is nothing to divide by. */
	assert_false(bench_ratio_interval(series_of(&of), none, series_of(&reference),
					  series_of(&reference), &i));
}

/* The truth is in about 95 of 100 intervals; with ten processes a few less, as is known of the method. */
static void intervals_hold_the_truth(void **state)
{
	unsigned held = 0;

	(void)state;
	for (unsigned trial = 0; trial < 200; trial++) {
		struct made a;
		struct bench_interval i;

		make(&a, 100, 1, 10, 5, 0, 4, 2, 1000 + trial);
		assert_true(bench_time_interval(series_of(&a), none, &i));
		held += i.low <= 100 && 100 <= i.high;
	}
	assert_true(held >= 176); /* 88 % */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_sample_is_its_own_interval),
		cmocka_unit_test(the_same_samples_give_the_same_interval),
		cmocka_unit_test(the_harness_is_taken_off_and_nothing_is_negative),
		cmocka_unit_test(processes_that_differ_widen_the_interval),
		cmocka_unit_test(builds_that_differ_widen_it_too),
		cmocka_unit_test(a_ratio_is_taken_within_each_process),
		cmocka_unit_test(a_process_that_lacks_one_side_does_not_count),
		cmocka_unit_test(intervals_hold_the_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
