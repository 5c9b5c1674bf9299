/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.c - choosing and calibrating the clock of clock.h.
 *
 * The time-stamp counter is used where the kernel lists it as constant and not stopping
 * (/proc/cpuinfo). Its rate is taken from 10 ms of CLOCK_MONOTONIC: the error, some 20 ns in 10 ms,
 * is far below anything reported.
 */
#include "measure/clock.h"

#include "measure/statistics.h"

#include <stdio.h>
#include <string.h>

#define CALIBRATION_NS 10000000u
#define EMPTY_PAIRS 10001

struct bench_clock bench_clock;

static bool tsc_is_constant(void)
{
	bool constant = false;
	char line[4096];
	FILE *f;

	if (!BENCH_CLOCK_TSC)
		return false;
	f = fopen("/proc/cpuinfo", "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "flags", 5))
			continue;
		constant = strstr(line, " constant_tsc") && strstr(line, " nonstop_tsc") &&
			   strstr(line, " rdtscp");
		break;
	}
	fclose(f);
	return constant;
}

static double measure_rate(void)
{
	uint64_t start_ns = bench_clock_monotonic_ns(), now_ns;
	uint64_t start = bench_clock_begin();

	do {
		now_ns = bench_clock_monotonic_ns();
	} while (now_ns - start_ns < CALIBRATION_NS);
	return (double)(now_ns - start_ns) / (double)(bench_clock_begin() - start);
}

static double measure_empty(void)
{
	static double ns[EMPTY_PAIRS];

	for (unsigned i = 0; i < EMPTY_PAIRS; i++) {
		uint64_t t = bench_clock_begin();

		ns[i] = (double)(bench_clock_end() - t) * bench_clock.ns_per_tick;
	}
	return bench_trimmed_mean(ns, EMPTY_PAIRS);
}

void bench_clock_start(void)
{
	if (bench_clock.ns_per_tick > 0)
		return;
	bench_clock.tsc = tsc_is_constant();
	bench_clock.ns_per_tick = bench_clock.tsc ? measure_rate() : 1;
	bench_clock.empty_ns = measure_empty();
	snprintf(bench_clock.source, sizeof(bench_clock.source), "%s",
		 bench_clock.tsc ? "rdtsc/rdtscp, fenced" : "clock_gettime");
}
