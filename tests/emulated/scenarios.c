/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scenarios.c - the counter layer against what is known about a machine.
 *
 * The emulated processor retires one instruction in two cycles, always, and repeats itself exactly. So
 * counts of loops in assembly are known to the last instruction. Two sizes of a loop are compared where
 * the cost of reading, which a difference cancels, would be in the way.
 *
 * The PMU has six counters for any event, and one for cycles. There are two events that count here,
 * instructions and cycles; each has many names (raw ones, and letters large or small), which are as many
 * counters to the layer.
 */
#include "scenarios.h"

#include "counters/counters.h"

#define _GNU_SOURCE /* strcasestr */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CYCLES_PER_INSTRUCTION 2.0 /* QEMU's -icount shift=1 */

static void check(const char *name, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void check(const char *name, bool ok, const char *fmt, ...)
{
	va_list ap;

	printf("%s %s: ", ok ? "ok" : "not ok", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* ---- what is counted --------------------------------------------------------------------------- */

/* 2 instructions a turn; n > 0. */
static __attribute__((noinline)) void spin(void *ctx, unsigned n)
{
	unsigned long left = n;

	(void)ctx;
	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(left) : : "cc");
}

/* 5 instructions a turn, of which one asks the kernel for the process id: many more there. */
static __attribute__((noinline)) void call_kernel(void *ctx, unsigned n)
{
	unsigned long left = n;

	(void)ctx;
	__asm__ volatile("1:\tmov x8, #172\n\tsvc #0\n\tnop\n\tsubs %0, %0, #1\n\tb.ne 1b"
			 : "+r"(left)
			 :
			 : "x0", "x8", "cc", "memory");
}

/* n pages, each touched for the first time. */
static __attribute__((noinline)) void touch_pages(void *ctx, unsigned n)
{
	volatile char *at = mmap(NULL, (size_t)n * 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)ctx;
	for (unsigned i = 0; i < n; i++)
		at[(size_t)i * 4096] = 1;
	munmap((void *)(uintptr_t)at, (size_t)n * 4096);
}

/* ---- helpers ----------------------------------------------------------------------------------- */

/* NULL, after a verdict, if it does not open. */
static struct counter_set *open_set(const char *request)
{
	struct counter_error error;
	struct counter_set *set;
	int rc = counters_open(request, &set, &error);

	if (!rc)
		return set;
	check("open", false, "%s: %d: %s", request, rc, error.text);
	return NULL;
}

static const struct counter *find(const struct counter_set *set, const char *name)
{
	for (unsigned i = 0; i < counters_count(set); i++)
		if (!strcmp(counters_get(set, i)->name, name))
			return counters_get(set, i);
	check(name, false, "is not in the set");
	exit(1);
}

static const char *state_name(const struct counter *counter)
{
	static const char *const names[] = {
		[COUNTER_BELIEVED] = "believed",
		[COUNTER_UNVERIFIED] = "unverified",
		[COUNTER_ABSENT] = "absent",
	};

	return names[counter->state];
}

struct interval {
	enum counter_outcome outcome[COUNTERS_MAX];
	double value[COUNTERS_MAX], fraction[COUNTERS_MAX];
};

static void count(const struct counter_set *set, void (*body)(void *ctx, unsigned n), unsigned n,
		  struct interval *interval)
{
	struct counter_reading before, after;

	*interval = (struct interval){ 0 };
	counters_read(set, &before);
	body(NULL, n);
	counters_read(set, &after);
	for (unsigned i = 0; i < counters_count(set); i++) {
		interval->value[i] = NAN;
		interval->outcome[i] = counters_delta(set, &before, &after, i, &interval->value[i],
						      &interval->fraction[i]);
	}
}

/* What counter @i must count of @instructions. */
static double expected(const struct counter_set *set, unsigned i, double instructions)
{
	const char *event = counters_get(set, i)->event;
	bool cycles = strcasestr(event, "cycles") || strstr(event, "::r11") ||
		      strstr(event, "::r011") || strstr(event, "::r0011");

	return instructions * (cycles ? CYCLES_PER_INSTRUCTION : 1);
}

/* Every counter counted @body exactly, at two sizes, with nothing scaled. */
static void check_exact(const char *name, const struct counter_set *set,
			void (*body)(void *ctx, unsigned n), double instructions)
{
	struct interval small, large;

	count(set, body, 1000, &small);
	count(set, body, 51000, &large);
	for (unsigned i = 0; i < counters_count(set); i++) {
		double more = large.value[i] - small.value[i];
		double right = expected(set, i, 50000 * instructions);

		check(name,
		      large.outcome[i] == COUNTER_COUNTED && small.outcome[i] == COUNTER_COUNTED &&
			      large.fraction[i] == 1 && more == right,
		      "%s: %.0f for 50000 turns more, %.0f are right", counters_get(set, i)->name,
		      more, right);
	}
}

/* Every counter is believed and counts a body per copy exactly, however many groups there are. */
static void check_per_copy(const char *name, struct counter_set *set,
			   void (*body)(void *ctx, unsigned n), double instructions)
{
	double values[COUNTERS_MAX], fractions[COUNTERS_MAX];

	counters_per_copy(set, body, NULL, 1000, 3, values, fractions);
	for (unsigned i = 0; i < counters_count(set); i++)
		check(name,
		      counters_get(set, i)->state == COUNTER_BELIEVED && fractions[i] == 1 &&
			      values[i] == expected(set, i, instructions),
		      "%s: %.4f per copy, %.0f are right", counters_get(set, i)->name, values[i],
		      expected(set, i, instructions));
}

/* ---- scenarios --------------------------------------------------------------------------------- */

static void run_exact(void)
{
	struct counter_set *set = open_set("perf:instructions+cycles");
	struct interval small, large;

	if (!set)
		return;
	for (unsigned i = 0; i < counters_count(set); i++) {
		const struct counter *counter = counters_get(set, i);

		check("believed",
		      counter->state == COUNTER_BELIEVED && counter->source == COUNTER_HARDWARE &&
			      !*counter->reason && !counter->group,
		      "%s is %s (%s), group %u %s", counter->name, counter->event,
		      state_name(counter), counter->group, counter->reason);
	}
	check_exact("exact", set, spin, 2);
	count(set, spin, 1, &small);
	for (unsigned i = 0; i < counters_count(set); i++) {
		double left = small.value[i] - counters_pair_cost(set, i);

		/* The loop, and the call of it. */
		check("pair cost", left >= expected(set, i, 2) && left <= expected(set, i, 16),
		      "%s: %.0f of one turn, when %.0f of reading twice are taken off",
		      counters_get(set, i)->name, left, counters_pair_cost(set, i));
	}
	/* Members of one group are not swapped. */
	count(set, spin, 10000, &large);
	check("members", large.value[1] == CYCLES_PER_INSTRUCTION * large.value[0],
	      "%.0f cycles, %.0f instructions", large.value[1], large.value[0]);
	counters_close(set);
}

static void run_copies(void)
{
	struct counter_set *set = open_set("perf:instructions+cycles");

	if (!set)
		return;
	check_per_copy("per copy", set, spin, 2);
	check_per_copy("per copy", set, call_kernel, 5);
	counters_close(set);
}

/* Were the kernel counted, too, a turn would be a hundred instructions and more. */
static void run_user(void)
{
	struct counter_set *set = open_set("perf:instructions");

	if (!set)
		return;
	check_exact("user mode only", set, call_kernel, 5);
	counters_close(set);
}

static void run_software(void)
{
	struct counter_set *set = open_set("perf:page_faults+instructions");
	double values[COUNTERS_MAX];

	if (!set)
		return;
	check("software", find(set, "page_faults")->source == COUNTER_SOFTWARE, "page_faults");
	counters_per_copy(set, touch_pages, NULL, 100, 3, values, NULL);
	check("software", values[0] == 1, "%.2f page faults per page touched", values[0]);
	counters_close(set);
}

/*
 * Six names of instructions and cycles are what the PMU has room for. What is one too many is refused
 * (EINVAL); but the kernel leaves a group's leader out of the sum as long as it is disabled, as it is when the
 * others are opened. So where the leader takes one of the six, the eighth is let in, and then the group
 * never runs; where it takes the counter of cycles, the eighth is refused.
 */
#define SIX "instructions+INST_RETIRED+inst_retired+Inst_Retired+iNST_RETIRED+INST_RETIRED:u"
#define SEVEN "cycles+" SIX
#define EIGHT SEVEN "+perf_raw::r8"
#define EIGHT_LET_IN SIX "+cycles+perf_raw::r8"
#define SIXTEEN                                                                                    \
	EIGHT "+perf_raw::r08+perf_raw::r008+perf_raw::r0008+CPU_CYCLES+cpu_cycles+Cpu_Cycles"     \
	      "+perf_raw::r11+perf_raw::r011"

static void check_split(const char *name, const char *request)
{
	struct counter_set *set = open_set(request);

	if (!set)
		return;
	check(name,
	      counters_count(set) == 8 && counters_groups(set) == 2 &&
		      !counters_get(set, 6)->group && counters_get(set, 7)->group == 1,
	      "%u counters, %u groups", counters_count(set), counters_groups(set));
	check_per_copy(name, set, spin, 2);
	counters_close(set);
}

static void run_split(void)
{
	struct counter_set *set = open_set("perf:" SEVEN);

	if (!set)
		return;
	check("seven fit", counters_count(set) == 7 && counters_groups(set) == 1,
	      "%u counters, %u group", counters_count(set), counters_groups(set));
	check_exact("seven fit", set, spin, 2);
	counters_close(set);
	check_split("eighth refused", "perf:" EIGHT);
	check_split("eighth let in", "perf:" EIGHT_LET_IN);
}

/* Long enough for some fifty turns of the groups: what is missing is extrapolated. */
static void check_shares(const char *request, double bound)
{
	struct counter_set *set = open_set(request);
	struct interval interval;
	unsigned turns = 50000000;
	double worst = 0, share[COUNTERS_MAX] = { 0 }, sum = 0;

	if (!set)
		return;
	count(set, spin, turns, &interval);
	for (unsigned i = 0; i < counters_count(set); i++) {
		double right = expected(set, i, 2.0 * turns);
		double off = fabs(interval.value[i] / right - 1);

		worst = fmax(worst, off);
		share[counters_get(set, i)->group] = interval.fraction[i];
		if (interval.outcome[i] != COUNTER_SCALED || !(off <= bound) ||
		    interval.fraction[i] != share[counters_get(set, i)->group])
			check("taking turns", false, "%s: outcome %d, %.0f of %.0f, fraction %.3f",
			      counters_get(set, i)->name, (int)interval.outcome[i],
			      interval.value[i], right, interval.fraction[i]);
	}
	for (unsigned g = 0; g < counters_groups(set); g++) {
		sum += share[g];
		printf("   group %u: %.3f of the time\n", g, share[g]);
	}
	/* One group at a time, always one. */
	check("taking turns",
	      counters_groups(set) > 1 && fabs(sum - 1) < 0.1 && worst <= bound && worst > 0,
	      "%u counters in %u groups, %.3f of the time altogether, counts at most %.2f %% off",
	      counters_count(set), counters_groups(set), sum, 100 * worst);
	counters_close(set);
}

static void run_turns(void)
{
	check_shares("perf:" EIGHT, 0.01);
	check_shares("perf:" SIXTEEN, 0.01);
}

/*
 * While two groups take turns, a region of a thousand turns of a loop is seen by one of them from begin to
 * end, and not at all by the other: a count that is exact, and no count. After the long time before it,
 * in which each group ran about half: whoever forgot to take the difference of the times would scale.
 */
static void run_missed(void)
{
	struct counter_set *set = open_set("perf:" EIGHT);
	unsigned seen[2] = { 0 }, missed[2] = { 0 }, wrong = 0, left_out = 0;
	struct interval empty, interval;

	if (!set)
		return;
	for (unsigned round = 0; round < 40; round++) {
		spin(NULL, 700000); /* a third of a turn of the groups */
		count(set, spin, 1000, &empty);
		count(set, spin, 2000, &interval);
		for (unsigned i = 0; i < counters_count(set); i++) {
			unsigned group = counters_get(set, i)->group;

			/* The groups changed over within one of the two. */
			if (interval.outcome[i] == COUNTER_SCALED ||
			    interval.outcome[i] != empty.outcome[i]) {
				left_out++;
				continue;
			}
			if (interval.outcome[i] == COUNTER_NOT_COUNTED) {
				missed[group]++;
				wrong += !isnan(interval.value[i]) || interval.fraction[i] != 0;
				continue;
			}
			seen[group]++;
			wrong += interval.value[i] - empty.value[i] != expected(set, i, 2000) ||
				 interval.fraction[i] != 1;
		}
	}
	for (unsigned g = 0; g < 2; g++)
		check("not counted", seen[g] && missed[g],
		      "group %u: counted %u times, not counted %u times", g, seen[g], missed[g]);
	check("not counted", !wrong && left_out <= 32,
	      "%u of 320 counts are neither exact nor none, %u were left out", wrong, left_out);
	counters_close(set);
}

/* One group alone has a time base of its own: a count after it has been off is exact again. */
static void run_times(void)
{
	struct counter_set *set = open_set("perf:" EIGHT);

	if (!set)
		return;
	for (unsigned g = 0; g < 2; g++) {
		struct interval first, second;

		counters_select(set, g);
		count(set, spin, 1000, &first);
		count(set, spin, 2000, &second);
		for (unsigned i = 0; i < counters_count(set); i++) {
			bool alone = counters_get(set, i)->group == g;
			double more = second.value[i] - first.value[i];

			if (alone)
				check("alone",
				      second.outcome[i] == COUNTER_COUNTED &&
					      more == expected(set, i, 2000),
				      "group %u: %s: %.0f for 1000 turns more", g,
				      counters_get(set, i)->name, more);
			else
				check("alone", second.outcome[i] == COUNTER_NOT_COUNTED,
				      "group %u: %s is not counted", g, counters_get(set, i)->name);
		}
		counters_select(set, COUNTERS_EVERY_GROUP);
		spin(NULL, 5000000);
	}
	counters_close(set);
}

/* What happens only in the kernel needs another limit than what is counted in user space. */
static void run_kernel_only(void)
{
	struct counter_set *set = open_set("auto");
	const struct counter *counter;

	if (!set)
		return;
	counter = find(set, "context_switches");
	check("kernel only",
	      counter->state == COUNTER_ABSENT &&
		      strstr(counter->reason, "sysctl kernel.perf_event_paranoid=1"),
	      "%s is %s: %s", counter->name, state_name(counter), counter->reason);
	check("kernel only", find(set, "instructions")->state == COUNTER_BELIEVED,
	      "instructions is %s", state_name(find(set, "instructions")));
	counters_close(set);
}

/* Opens here as any raw event does, and counts nothing: nobody may believe its 0. */
static void run_unverified(void)
{
	struct counter_set *set = open_set("auto");
	struct counter_error error;
	int rc;

	if (!set)
		return;
	check("unverified",
	      find(set, "branches")->state == COUNTER_UNVERIFIED &&
		      strstr(find(set, "branches")->reason, "stayed 0"),
	      "branches is %s: %s", state_name(find(set, "branches")),
	      find(set, "branches")->reason);
	check("unverified", find(set, "instructions")->state == COUNTER_BELIEVED,
	      "instructions is %s", state_name(find(set, "instructions")));
	counters_close(set);
	rc = counters_open("perf:branches", &set, &error);
	check("unverified", rc == -ENODATA && !set && error.environment, "asked for: %d: %s", rc,
	      error.text);
}

/* @names: text that must be in the reason. */
static void check_refused(const char *name, int status, const char *const *texts)
{
	struct counter_error error;
	struct counter_set *set;
	int rc = counters_open("perf", &set, &error);
	bool ok = rc == status && !set && error.environment;

	for (unsigned i = 0; texts[i]; i++)
		ok &= strstr(error.text, texts[i]) != NULL;
	check(name, ok, "%d: %s", rc, error.text);

	set = open_set("auto");
	if (!set)
		return;
	for (unsigned i = 0; i < counters_count(set); i++) {
		const struct counter *counter = counters_get(set, i);

		if (counter->source != COUNTER_HARDWARE)
			continue;
		ok = counter->state == COUNTER_ABSENT;
		for (unsigned j = 0; texts[j]; j++)
			ok &= strstr(counter->reason, texts[j]) != NULL;
		/* What Arm has no name for is not asked of the kernel. */
		check(name, ok, "%s is %s: %s", counter->name, state_name(counter),
		      counter->reason);
	}
	counters_close(set);
}

static void run_denied(void)
{
	const char *const texts[] = { "kernel.perf_event_paranoid is 3",
				      "sysctl kernel.perf_event_paranoid=2", NULL };

	check_refused("denied", -EACCES, texts);
}

static void run_no_pmu(void)
{
	const char *const texts[] = { "no PMU", NULL };

	check_refused("no PMU", -ENOENT, texts);
}

/* Without QEMU's instruction counting the event of retired instructions opens by its number only. */
static void run_no_instructions(void)
{
	struct counter_set *set = open_set("auto");
	struct counter_error error;
	int rc;

	if (!set)
		return;
	check("no instructions",
	      find(set, "instructions")->state == COUNTER_UNVERIFIED &&
		      strstr(find(set, "instructions")->reason, "stayed 0"),
	      "instructions is %s: %s", state_name(find(set, "instructions")),
	      find(set, "instructions")->reason);
	check("no instructions", find(set, "cycles")->state == COUNTER_BELIEVED, "cycles is %s",
	      state_name(find(set, "cycles")));
	counters_close(set);
	rc = counters_open("perf:instructions", &set, &error);
	check("no instructions", rc == -ENODATA && !set && error.environment, "asked for: %d: %s",
	      rc, error.text);
}

const struct scenario scenarios[] = {
	{ "exact", run_exact },
	{ "copies", run_copies },
	{ "user", run_user },
	{ "software", run_software },
	{ "split", run_split },
	{ "turns", run_turns },
	{ "missed", run_missed },
	{ "times", run_times },
	{ "kernel-only", run_kernel_only },
	{ "unverified", run_unverified },
	{ "denied", run_denied },
	{ "no-pmu", run_no_pmu },
	{ "no-instructions", run_no_instructions },
};

const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
