/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_loops.c - loops that are known to move a counter of their kind.
 *
 * Each is run at two sizes. They count nothing themselves: perf.c runs them, or what a test puts in its
 * place, and probe.c judges by them.
 */
#define _GNU_SOURCE /* sched_setaffinity, MADV_NOHUGEPAGE */
#include "counters/perf_impl.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096u
#define PAGES 4096u /* more than a TLB of the second level holds */
#define LINE 64u

/* @n steps of two instructions, one of them a branch. */
static void run_loop(unsigned n)
{
	unsigned long left = n;

#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("1:\tsub $1, %0\n\tjnz 1b" : "+r"(left) : : "cc");
#elif defined(__aarch64__)
	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(left) : : "cc");
#else
	while (left--)
		__asm__ volatile("");
#endif
}

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
#define LOOP_IS_EXACT true
#else
#define LOOP_IS_EXACT false
#endif

static void run_branches(unsigned n)
{
	uint32_t random = 1;

	for (unsigned i = 0; i < n; i++) {
		random = random * 1664525 + 1013904223;
		if (random >> 31)
			__asm__ volatile("nop" : "+r"(random));
		else
			__asm__ volatile("" : "+r"(random));
	}
}

static void flush(const volatile char *line)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("clflush (%0)" ::"r"(line) : "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
#else
	(void)line;
#endif
}

static void run_lines(unsigned n)
{
	static volatile char lines[4096][LINE];

	for (unsigned i = 0; i < 4096; i++)
		flush(lines[i]);
	__sync_synchronize();
	for (unsigned i = 0; i < n; i++)
		(void)lines[i * 1667 % 4096][0]; /* no order that is prefetched */
}

/* Fresh memory in small pages, NULL if there is none. */
static char *map_pages(unsigned pages, int protection)
{
	char *at = mmap(NULL, (size_t)pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, (size_t)pages * PAGE, MADV_NOHUGEPAGE);
	return at;
}

static void run_pages(unsigned n)
{
	volatile char *at = map_pages(PAGES, PROT_READ);

	if (!at)
		return;
	for (unsigned i = 0; i < n; i++)
		(void)at[(size_t)(i * 1667 % PAGES) * PAGE + i % LINE * LINE];
	munmap((void *)(uintptr_t)at, (size_t)PAGES * PAGE);
}

/* Functions that only return, each in a page of its own. */
static void run_code(unsigned n)
{
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
#if defined(__aarch64__)
	static const uint32_t function = 0xd65f03c0;
#else
	static const uint8_t function = 0xc3;
#endif
	char *at = map_pages(PAGES, PROT_READ | PROT_WRITE);

	if (!at)
		return;
	for (unsigned i = 0; i < PAGES; i++)
		memcpy(at + (size_t)i * PAGE + i % LINE * LINE, &function, sizeof(function));
	__builtin___clear_cache(at, at + (size_t)PAGES * PAGE);
	if (!mprotect(at, (size_t)PAGES * PAGE, PROT_READ | PROT_EXEC)) {
		for (unsigned i = 0; i < n; i++) {
			size_t page = i * 1667 % PAGES;
			void (*call)(void) =
				(void (*)(void))(uintptr_t)(at + page * PAGE + page % LINE * LINE);

			call();
		}
	}
	munmap(at, (size_t)PAGES * PAGE);
#else
	(void)n;
#endif
}

static void run_faults(unsigned n)
{
	volatile char *at = map_pages(n, PROT_READ | PROT_WRITE);

	for (unsigned i = 0; at && i < n; i++)
		at[(size_t)i * PAGE] = 1;
	if (at)
		munmap((void *)(uintptr_t)at, (size_t)n * PAGE);
}

static void run_sleep(unsigned n)
{
	const struct timespec short_time = { .tv_nsec = 1000 };

	for (unsigned i = 0; i < n; i++)
		nanosleep(&short_time, NULL);
}

static unsigned allowed_processors(cpu_set_t *set)
{
	return sched_getaffinity(0, sizeof(*set), set) ? 1 : (unsigned)CPU_COUNT(set);
}

unsigned counters_allowed_processors(void)
{
	cpu_set_t set;

	return allowed_processors(&set);
}

/* To every processor that is allowed, and back to where any of them will do. */
static void run_migrations(unsigned n)
{
	cpu_set_t all, one;

	if (allowed_processors(&all) < 2)
		return;
	for (unsigned i = 0; i < n; i++) {
		for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (!CPU_ISSET(cpu, &all))
				continue;
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			sched_setaffinity(0, sizeof(one), &one);
		}
	}
	sched_setaffinity(0, sizeof(all), &all);
}

const struct counter_loop counter_loops[PROBES] = {
	[PROBE_LOOP] = { run_loop, 50000, 250000, "a loop of 250000 turns", LOOP_IS_EXACT },
	[PROBE_BRANCHES] = { run_branches, 2000, 10000, "10000 branches at random", true },
	[PROBE_LINES] = { run_lines, 1000, 4000, "4000 cache lines that were flushed", true },
	[PROBE_PAGES] = { run_pages, 2 * PAGES, 4 * PAGES, "4096 pages, four times each", true },
	[PROBE_CODE] = { run_code, 2 * PAGES, 4 * PAGES, "code in 4096 pages", true },
	[PROBE_FAULTS] = { run_faults, 16, 64, "64 pages touched for the first time", true },
	[PROBE_SLEEP] = { run_sleep, 1, 4, "4 short sleeps", true },
	[PROBE_MIGRATE] = { run_migrations, 1, 2, "a visit to each processor", true },
};

void counters_run_probe(enum counter_probe kind, unsigned steps)
{
	counter_loops[kind].run(steps);
}
