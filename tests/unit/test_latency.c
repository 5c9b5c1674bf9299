/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_latency.c - histograms and the times of single operations.
 *
 * No time is expected of this machine: where an estimate of one is judged, the clock is simulated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/random.h"
#include "timed/latency.h"

#include "harness.h"

/* ---- histograms -------------------------------------------------------------------------------- */

static double stored_as(double ns)
{
	struct bench_histogram h = { 0 };

	bench_histogram_add(&h, ns);
	assert_int_equal(h.count, 1);
	return bench_histogram_percentile(&h, 100);
}

static void a_value_comes_back_within_the_stated_error(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		double ns = ldexp(1 + (double)(bench_random(&random) >> 12) * 0x1p-52,
				  (int)(bench_random(&random) % 43) - 4);

		if (ns < 8)
			assert_true(fabs(stored_as(ns) - ns) <= 1.0 / 32);
		else
			assert_true(fabs(stored_as(ns) - ns) <= ns * BENCH_HISTOGRAM_ERROR);
	}
}

static void buckets_ascend(void **state)
{
	(void)state;
	for (size_t i = 1; i < BENCH_HISTOGRAM_BUCKETS; i++)
		assert_true(bench_histogram_value(i) > bench_histogram_value(i - 1));
}

static void what_is_out_of_range_counts_at_its_end(void **state)
{
	(void)state;
	assert_true(stored_as(-5) <= 1.0 / 16);
	assert_true(stored_as(0) <= 1.0 / 16);
	assert_true(stored_as(1e300) > 0x1p39);
	assert_true(stored_as(INFINITY) > 0x1p39);
}

static int ascending(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
	static const double percents[] = { 0.01, 1, 50, 90, 99, 99.9, 100 };
	static double values[10007];
	struct bench_histogram h = { 0 };
	uint64_t random = 2;

	(void)state;
	for (unsigned i = 0; i < 10007; i++) {
		values[i] = 10 + (double)(bench_random(&random) % 1000000) / 7;
		bench_histogram_add(&h, values[i]);
	}
	qsort(values, 10007, sizeof(*values), ascending);
	for (unsigned i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		double exact = values[(size_t)ceil(percents[i] / 100 * 10007) - 1];
		double got = bench_histogram_percentile(&h, percents[i]);

		assert_true(fabs(got - exact) <= exact * BENCH_HISTOGRAM_ERROR);
	}
	memset(&h, 0, sizeof(h));
	assert_true(bench_histogram_percentile(&h, 50) == 0);
}

/* ---- what one operation takes ------------------------------------------------------------------ */

/* A clock that steps by @step reads an operation of @ns that begins at @phase of a step. */
static float read_clock(double ns, double step, double phase)
{
	return (float)(floor((phase * step + ns) / step) * step);
}

/*
 * Operations of 0.7 to 60 ns on a clock that steps by 10 ns: no reading is right, their mean is. The bound
 * is four standard deviations of a mean of quantised readings, step / (2 sqrt n) each.
 */
static void times_below_the_step_of_the_clock_are_told(void **state)
{
	enum { REPLAYS = 1001 };
	static float ns[REPLAYS];
	uint64_t random = 3;

	(void)state;
	for (unsigned tenths = 7; tenths < 600; tenths += 13) {
		double truth = tenths / 10.0, got;

		for (unsigned i = 0; i < REPLAYS; i++)
			ns[i] = read_clock(truth, 10,
					   (double)(bench_random(&random) >> 11) * 0x1p-53);
		got = bench_latency_typical(ns, REPLAYS, 10);
		assert_true(fabs(got - truth) <= 4 * 10 / (2 * sqrt(REPLAYS)));
	}
}

/* One reading in twenty is longer by microseconds: it does not show. */
static void interruptions_are_left_out(void **state)
{
	static float ns[1000];
	uint64_t random = 4;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		ns[i] = read_clock(33, 10, (double)(bench_random(&random) >> 11) * 0x1p-53) +
			(i % 20 ? 0.0f : 5000.0f + (float)i);
	assert_true(fabs(bench_latency_typical(ns, 1000, 10) - 33) < 0.7);
}

static void nothing_takes_less_than_nothing(void **state)
{
	float negative[] = { -8, -8, 2, -8, -8, -8, -8 };

	(void)state;
	assert_true(bench_latency_typical(negative, 7, 10) == 0);
	assert_true(bench_latency_typical(negative, 0, 10) == 0);
}

/* ---- replays ----------------------------------------------------------------------------------- */

#define MIB (UINT64_C(1) << 20)

/* Memory, then @n reservations apart: `array` with 128 slots has to double for the 129th. */
static struct mb_trace *reservations(unsigned n)
{
	struct mb_trace *trace = mb_trace_new("test", "generated");
	struct mb_op add = { .kind = MB_OP_ADD, .base = MIB, .size = 1024 * MIB };
	struct mb_op resize = { .kind = MB_OP_ALLOW_RESIZE };

	mb_trace_add(trace, &add);
	mb_trace_add(trace, &resize);
	for (unsigned i = 0; i < n; i++) {
		struct mb_op reserve = { .kind = MB_OP_RESERVE,
					 .base = (2 + i) * MIB,
					 .size = 4096 };

		mb_trace_add(trace, &reserve);
	}
	mb_trace_seal(trace);
	return trace;
}

static void each_operation_counts_once(void **state)
{
	struct mb_trace *trace = reservations(40);
	const struct mb_variant_spec specs[] = { spec_of("array", MB_KFLAGS),
						 spec_of("list", MB_KFLAGS),
						 spec_of("rbtree", MB_KFLAGS) };
	const bool skip[] = { false, true, false };
	struct bench_latency results[3];
	char text[256];

	(void)state;
	assert_int_equal(bench_latency_measure(trace, specs, skip, 3, MB_METADATA_SELF, 7, results),
			 0);
	assert_int_equal(results[1].replays, 0);
	for (unsigned i = 0; i < 3; i += 2) {
		assert_int_equal(results[i].replays, 7);
		assert_int_equal(results[i].histogram.count, 42);
		assert_true(results[i].worst < 42);
		assert_false(results[i].worst_grew); /* nothing does */
		bench_latency_worst(&results[i], text, sizeof(text));
		assert_non_null(strstr(text, mb_op_name(results[i].worst_op.kind)));
	}
	mb_trace_free(trace);
}

/*
 * The doubling to 65536 slots costs hundreds of ordinary operations: it is the worst one, whatever else
 * the machine does, since nothing else is slow in every replay.
 */
static void the_worst_operation_names_the_doubling(void **state)
{
	struct mb_trace *trace = mb_trace_new("test", "generated");
	const struct mb_variant_spec spec = spec_of("rbtree", MB_KFLAGS);
	struct mb_op add = { .kind = MB_OP_ADD, .base = MIB, .size = 4096 * MIB };
	struct mb_op resize = { .kind = MB_OP_ALLOW_RESIZE };
	const bool skip = false;
	struct bench_latency result;
	char text[256];

	(void)state;
	mb_trace_add(trace, &add);
	mb_trace_add(trace, &resize);
	for (unsigned i = 0; i < 40000; i++) {
		struct mb_op reserve = { .kind = MB_OP_RESERVE,
					 .base = 2 * MIB + i * UINT64_C(16384),
					 .size = 4096 };

		mb_trace_add(trace, &reserve);
	}
	mb_trace_seal(trace);
	assert_int_equal(
		bench_latency_measure(trace, &spec, &skip, 1, MB_METADATA_SELF, 7, &result), 0);
	assert_true(result.worst_grew);
	assert_int_equal(result.growth.which, MB_RESERVED);
	assert_int_equal(result.growth.entries, 65536);
	assert_true(result.worst_ns > bench_histogram_percentile(&result.histogram, 99));
	bench_latency_worst(&result, text, sizeof(text));
	assert_non_null(strstr(text, "it enlarges reserved to 65536 slots"));
	mb_trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_comes_back_within_the_stated_error),
		cmocka_unit_test(buckets_ascend),
		cmocka_unit_test(what_is_out_of_range_counts_at_its_end),
		cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
		cmocka_unit_test(times_below_the_step_of_the_clock_are_told),
		cmocka_unit_test(interruptions_are_left_out),
		cmocka_unit_test(nothing_takes_less_than_nothing),
		cmocka_unit_test(each_operation_counts_once),
		cmocka_unit_test(the_worst_operation_names_the_doubling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
