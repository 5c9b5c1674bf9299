/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ticks.h - reading the clock, in ticks; what they are worth says clock.h.
 *
 * Apart from it because loops that are timed are compiled as a kernel is, too (timed/loops.h), where there is
 * no floating point.
 */
#ifndef BENCH_TICKS_H
#define BENCH_TICKS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#define BENCH_CLOCK_TSC 1
#else
#define BENCH_CLOCK_TSC 0
#endif

static inline uint64_t bench_clock_monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* @tsc: the time-stamp counter is read (struct bench_clock). The intrinsic of lfence wants SSE2. */
static inline uint64_t bench_ticks_begin(bool tsc)
{
#if BENCH_CLOCK_TSC
	if (tsc) {
		uint64_t t;

		__asm__ volatile("lfence" ::: "memory");
		t = __builtin_ia32_rdtsc();
		__asm__ volatile("lfence" ::: "memory");
		return t;
	}
#endif
	(void)tsc;
	return bench_clock_monotonic_ns();
}

static inline uint64_t bench_ticks_end(bool tsc)
{
#if BENCH_CLOCK_TSC
	if (tsc) {
		unsigned cpu;
		uint64_t t = __builtin_ia32_rdtscp(&cpu);

		__asm__ volatile("lfence" ::: "memory");
		return t;
	}
#endif
	(void)tsc;
	return bench_clock_monotonic_ns();
}

#endif
