/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe.c - loops that are known, and what each must do to a counter.
 *
 * A counter that opened may count nothing (emulators, hypervisors), or something else. So each kind has
 * a loop that must move it, run at two sizes: where the count of a step is known, the difference of
 * the two must be that of the steps, and the cost of reading cancels; elsewhere it must not stay 0.
 */
#define _GNU_SOURCE /* sched_setaffinity, MADV_NOHUGEPAGE */
#include "counters/perf_impl.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

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
	_mm_clflush((const void *)(uintptr_t)line);
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

static const struct {
	void (*run)(unsigned n);
	unsigned small, large; /* steps */
	const char *what;
} probes[PROBES] = {
	[PROBE_LOOP] = { run_loop, 50000, 250000, "a loop of 250000 turns" },
	[PROBE_BRANCHES] = { run_branches, 2000, 10000, "10000 branches at random" },
	[PROBE_LINES] = { run_lines, 1000, 4000, "4000 cache lines that were flushed" },
	[PROBE_PAGES] = { run_pages, 2 * PAGES, 4 * PAGES, "4096 pages, four times each" },
	[PROBE_CODE] = { run_code, 2 * PAGES, 4 * PAGES, "code in 4096 pages" },
	[PROBE_FAULTS] = { run_faults, 16, 64, "64 pages touched for the first time" },
	[PROBE_SLEEP] = { run_sleep, 1, 4, "4 short sleeps" },
	[PROBE_MIGRATE] = { run_migrations, 1, 2, "a visit to each processor" },
};

void counters_run_probe(enum counter_probe kind, unsigned steps)
{
	probes[kind].run(steps);
}

/* ---- judging ----------------------------------------------------------------------------------- */

struct probe_counts {
	double small[COUNTERS_MAX], large[COUNTERS_MAX]; /* NaN: not counted */
	bool scaled[COUNTERS_MAX];
};

static void count_probe(struct counter_set *set, enum counter_probe kind, unsigned n,
			double *values, bool *scaled)
{
	struct counter_reading before, after;

	counters_read(set, &before);
	counter_kernel.probe(kind, n);
	counters_read(set, &after);
	for (unsigned i = 0; i < set->count; i++) {
		double fraction;
		enum counter_outcome outcome =
			counters_delta(set, &before, &after, i, &values[i], &fraction);

		if (outcome == COUNTER_NOT_COUNTED)
			values[i] = NAN;
		scaled[i] |= outcome == COUNTER_SCALED;
	}
}

/* Does the difference of the two sizes fit? Interrupts add an instruction here and there; a count that was
 * extrapolated is that much less sure. */
static bool fits(double more, double expected, bool scaled)
{
	return fabs(more - expected) <= expected * (scaled ? 0.2 : 0.002) + 2;
}

static void judge(struct counter_set *set, unsigned i, unsigned kind,
		  const struct probe_counts *counts)
{
	struct counter *counter = &set->counters[i];
	const struct counter_definition *definition = counter_definition_find(counter->name);
	double more = counts->large[i] - counts->small[i], expected;
	cpu_set_t processors;

	if (isnan(more)) {
		snprintf(
			counter->reason, sizeof(counter->reason),
			"%s: opened, but never ran: somebody else holds the PMU's counters; end other "
			"users, or: sysctl kernel.nmi_watchdog=0",
			counter->event);
		return;
	}
	expected = definition && (LOOP_IS_EXACT || kind != PROBE_LOOP) ?
			   (double)definition->exact *
				   (double)(probes[kind].large - probes[kind].small) :
			   0;
	if (set->members[i].probe == PROBE_ALL && counts->large[i] <= 0)
		snprintf(
			counter->reason, sizeof(counter->reason),
			"%s: opened, but stayed 0 over every known loop: nothing counts it here, or "
			"none of them moves it",
			counter->event);
	else if (kind == PROBE_MIGRATE && allowed_processors(&processors) < 2)
		snprintf(counter->reason, sizeof(counter->reason),
			 "%s: only one processor is allowed, so nothing can move it",
			 counter->event);
	else if (counts->large[i] <= 0)
		snprintf(counter->reason, sizeof(counter->reason),
			 "%s: opened, but stayed 0 over %s: nothing counts it here", counter->event,
			 probes[kind].what);
	else if (expected > 0 && !fits(more, expected, counts->scaled[i]))
		snprintf(counter->reason, sizeof(counter->reason),
			 "%s: opened, but counted %.0f over %s, where %.0f are known",
			 counter->event, more, probes[kind].what, expected);
	else
		counter->state = COUNTER_BELIEVED;
	if (counter->state == COUNTER_BELIEVED)
		counter->reason[0] = '\0';
}

static void probe_group(struct counter_set *set, unsigned group, unsigned kind)
{
	struct probe_counts counts = { .scaled = { false } };
	bool wanted = false;

	for (unsigned i = 0; i < set->count; i++) {
		const struct counter_member *member = &set->members[i];

		if (member->fd >= 0 && set->counters[i].group == group &&
		    set->counters[i].state != COUNTER_BELIEVED)
			wanted |= member->probe == kind || member->probe == PROBE_ALL;
	}
	if (!wanted)
		return;
	count_probe(set, kind, probes[kind].small, counts.small, counts.scaled);
	count_probe(set, kind, probes[kind].large, counts.large, counts.scaled);
	for (unsigned i = 0; i < set->count; i++) {
		const struct counter_member *member = &set->members[i];

		if (member->fd >= 0 && set->counters[i].group == group &&
		    set->counters[i].state != COUNTER_BELIEVED &&
		    (member->probe == kind || member->probe == PROBE_ALL))
			judge(set, i, kind, &counts);
	}
}

void counters_probe(struct counter_set *set)
{
	for (unsigned g = 0; g < set->group_count; g++) {
		counters_select(set, g);
		for (unsigned kind = 0; kind < PROBES; kind++)
			probe_group(set, g, kind);
	}
	counters_select(set, COUNTERS_EVERY_GROUP);
}
