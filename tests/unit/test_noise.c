/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_noise.c - what a run notices of the machine that it runs on. */
#define _GNU_SOURCE /* sched_getcpu */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "measure/noise.h"

#define PAGES 64
#define PAGE 4096

static void page_faults_are_noticed(void **state)
{
	struct bench_disturbances d = { 0 };
	struct bench_usage usage;
	char *fresh = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	(void)state;
	assert_ptr_not_equal(fresh, MAP_FAILED);
	bench_usage_read(&usage); /* the pages of the code itself are there after this */
	bench_disturbances_add(&d, &usage);
	d = (struct bench_disturbances){ 0 };

	bench_usage_read(&usage);
	for (unsigned i = 0; i < PAGES; i++)
		((volatile char *)fresh)[i * PAGE] = 1;
	bench_disturbances_add(&d, &usage);
	assert_int_equal(d.repetitions, 1);
	assert_int_equal(d.faulted, 1);

	bench_usage_read(&usage);
	bench_disturbances_add(&d, &usage);
	assert_int_equal(d.repetitions, 2);
	assert_int_equal(d.faulted, 1);
	munmap(fresh, PAGES * PAGE);
}

static void a_pinned_process_stays_where_it_is(void **state)
{
	int cpu = bench_pin(-1);

	(void)state;
	assert_true(cpu >= 0);
	assert_int_equal(bench_cpus_allowed(), 1);
	assert_int_equal(sched_getcpu(), cpu);
	assert_int_equal(bench_pin(cpu), cpu);
	assert_true(bench_pin(1 << 20) < 0);
}

static bool warns(const struct bench_conditions *start, const struct bench_conditions *end,
		  const struct bench_disturbances *d, const char *of)
{
	char text[1024];

	bench_noise(start, end, d, text, sizeof(text));
	return strstr(text, of) != NULL;
}

static void what_happened_becomes_a_warning(void **state)
{
	const struct bench_conditions calm = {
		.load = 0.1, .steal = 100, .ticks = 100000, .frequency_khz = 3000000
	};
	struct bench_conditions end = calm;
	struct bench_disturbances d = { .repetitions = 100 };

	(void)state;
	end.ticks += 1000;
	assert_false(warns(&calm, &end, &d, "load"));
	assert_false(warns(&calm, &end, &d, "stolen"));
	assert_false(warns(&calm, &end, &d, "MHz"));
	assert_false(warns(&calm, &end, &d, "repetitions"));

	end.steal += 50;
	assert_true(warns(&calm, &end, &d, "5.0 % of the time was stolen"));
	end.frequency_khz = 2000000;
	assert_true(warns(&calm, &end, &d, "from 3000 to 2000 MHz"));
	end.load = 2.5;
	assert_true(warns(&calm, &end, &d, "load 2.5 at the end"));
	d.faulted = 3;
	assert_true(warns(&calm, &end, &d, "page faults in 3 of 100 repetitions"));
	d.migrated = 1;
	assert_true(warns(&calm, &end, &d, "another processor after 1 of 100"));
	d.interrupted = 50;
	assert_true(warns(&calm, &end, &d, "50 of 100 repetitions were interrupted"));
}

static void conditions_are_told_even_when_calm(void **state)
{
	struct bench_conditions start = { .load = 0.25, .steal = 100, .ticks = 1000 };
	struct bench_conditions end = { .load = 1.04, .steal = 104, .ticks = 3000 };
	char text[96];

	(void)state;
	bench_conditions_text(&start, &end, text, sizeof(text));
	assert_string_equal(text, "load 0.2 to 1.0, 0.2 % of the time stolen");
	start.load = -1;
	end.ticks = start.ticks;
	bench_conditions_text(&start, &end, text, sizeof(text));
	assert_string_equal(text, "load unknown to 1.0, unknown % of the time stolen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_told_even_when_calm),
		cmocka_unit_test(page_faults_are_noticed),
		cmocka_unit_test(a_pinned_process_stays_where_it_is),
		cmocka_unit_test(what_happened_becomes_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
