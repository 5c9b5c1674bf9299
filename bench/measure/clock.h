/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.h - reading the time around a few operations.
 *
 * On x86 with a constant time-stamp counter a pair of readings is rdtsc ... rdtscp, fenced so that
 * nothing timed leaks out of the pair and nothing outside leaks in. Elsewhere it is
 * clock_gettime(CLOCK_MONOTONIC). Either way an empty pair costs something (8 to 20 ns): it is
 * measured once by bench_clock_start(), and bench_clock_ns() subtracts it.
 *
 *     t = bench_clock_begin();
 *     ... operations ...
 *     ns = bench_clock_ns(bench_clock_end() - t);
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include "measure/ticks.h"

struct bench_clock {
	bool tsc;           /* the time-stamp counter is used */
	double ns_per_tick; /* 1 for clock_gettime */
	double empty_ns;    /* cost of an empty pair */
	char source[32];    /* for the context of a result */
};

extern struct bench_clock bench_clock;

/* Choose and calibrate the clock; takes about 10 ms. Later calls do nothing. */
void bench_clock_start(void);

static inline uint64_t bench_clock_begin(void)
{
	return bench_ticks_begin(bench_clock.tsc);
}

static inline uint64_t bench_clock_end(void)
{
	return bench_ticks_end(bench_clock.tsc);
}

/* Ticks between a begin and an end to nanoseconds, less the cost of the pair, never negative. */
static inline double bench_clock_ns(uint64_t ticks)
{
	double ns = (double)ticks * bench_clock.ns_per_tick - bench_clock.empty_ns;

	return ns > 0 ? ns : 0;
}

#endif
