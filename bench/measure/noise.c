/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noise.c - asks the machine and the kernel what disturbs (noise.h). */
#define _GNU_SOURCE /* sched_getaffinity, sched_getcpu, RUSAGE_THREAD */
#include "measure/noise.h"

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BUSY_LOAD 0.5
#define STEAL_PERCENT 0.5      /* of the time of all processors */
#define FREQUENCY_PERCENT 5    /* between start and end */
#define INTERRUPTED_PERCENT 10 /* of the repetitions; their slow turns are trimmed */

bool bench_read_field(const char *path, const char *key, char *value, size_t size)
{
	char line[4096];
	bool found = false;
	FILE *f = fopen(path, "r");

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		const char *at = line;

		if (strncmp(line, key, strlen(key)))
			continue;
		if (*key)
			at += strcspn(line, ":") + 1;
		at += strspn(at, " \t");
		snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
		found = true;
	}
	fclose(f);
	return found;
}

/* ---- processors -------------------------------------------------------------------------------- */

unsigned bench_cpus_allowed(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 0 : (unsigned)CPU_COUNT(&set);
}

int bench_pin(int wanted)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && wanted < 0; cpu--)
		if (CPU_ISSET(cpu, &allowed))
			wanted = cpu;
	if (wanted < 0 || wanted >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&one);
	CPU_SET(wanted, &one);
	return sched_setaffinity(0, sizeof(one), &one) ? -errno : wanted;
}

/* ---- conditions -------------------------------------------------------------------------------- */

/* user nice system idle iowait irq softirq steal: the rest is contained in these. */
static void read_ticks(struct bench_conditions *c)
{
	char line[512], *at = line;

	if (!bench_read_field("/proc/stat", "", line, sizeof(line)) || strncmp(line, "cpu ", 4))
		return;
	at += 4;
	for (unsigned i = 0; i < 8; i++) {
		uint64_t ticks = strtoull(at, &at, 10);

		c->ticks += ticks;
		if (i == 7)
			c->steal = ticks;
	}
}

void bench_conditions_read(struct bench_conditions *c)
{
	char path[96], text[64];

	*c = (struct bench_conditions){ .load = -1 };
	if (getloadavg(&c->load, 1) != 1)
		c->load = -1;
	read_ticks(c);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq",
		 sched_getcpu());
	if (bench_read_field(path, "", text, sizeof(text)))
		c->frequency_khz = strtoull(text, NULL, 10);
}

void bench_usage_read(struct bench_usage *usage)
{
	struct rusage r;

	*usage = (struct bench_usage){ .cpu = sched_getcpu() };
	if (getrusage(RUSAGE_THREAD, &r))
		return;
	usage->faults = r.ru_minflt + r.ru_majflt;
	usage->switches = r.ru_nivcsw;
}

void bench_disturbances_add(struct bench_disturbances *d, const struct bench_usage *before)
{
	struct bench_usage now;

	bench_usage_read(&now);
	d->repetitions++;
	d->faulted += now.faults != before->faults;
	d->interrupted += now.switches != before->switches;
	d->migrated += now.cpu != before->cpu;
}

/* ---- warnings ---------------------------------------------------------------------------------- */

struct warnings {
	char *text;
	size_t size;
};

static void warn(const struct warnings *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void warn(const struct warnings *w, const char *fmt, ...)
{
	size_t used = strlen(w->text);
	char warning[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(warning, sizeof(warning), fmt, ap);
	va_end(ap);
	snprintf(w->text + used, w->size - used, "%s%s", used ? "; " : "", warning);
}

static bool is_virtual(void)
{
	char flags[4096];

	return bench_read_field("/proc/cpuinfo", "flags", flags, sizeof(flags)) &&
	       strstr(flags, " hypervisor");
}

static void warn_of_setting(const struct warnings *w, const struct bench_conditions *start)
{
	char governor[64];

	if (MB_SANITIZED)
		warn(w, "built with sanitizers: the times mean nothing");
	if (strcmp(MB_BUILD_TYPE, "Release"))
		warn(w, "build type %s", MB_BUILD_TYPE);
	if (start->load > BUSY_LOAD)
		warn(w, "load %.1f at the start", start->load);
	if (bench_cpus_allowed() != 1)
		warn(w, "not pinned to a processor");
	if (bench_read_field("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", governor,
			     sizeof(governor)) &&
	    strcmp(governor, "performance"))
		warn(w, "frequency governor %s", governor);
	if (is_virtual())
		warn(w, "virtual machine: others may take time unseen");
}

/* Of the time of all processors. Negative: not known. */
static double percent_stolen(const struct bench_conditions *start,
			     const struct bench_conditions *end)
{
	double ticks = (double)(end->ticks - start->ticks);

	return ticks > 0 ? 100 * (double)(end->steal - start->steal) / ticks : -1;
}

static void write_figure(char *text, size_t size, double value)
{
	if (value < 0)
		snprintf(text, size, "unknown");
	else
		snprintf(text, size, "%.1f", value);
}

void bench_conditions_text(const struct bench_conditions *start, const struct bench_conditions *end,
			   char *text, size_t size)
{
	char from[16], to[16], stolen[16];

	write_figure(from, sizeof(from), start->load);
	write_figure(to, sizeof(to), end->load);
	write_figure(stolen, sizeof(stolen), percent_stolen(start, end));
	snprintf(text, size, "load %s to %s, %s %% of the time stolen", from, to, stolen);
}

static void warn_of_change(const struct warnings *w, const struct bench_conditions *start,
			   const struct bench_conditions *end)
{
	double steal = percent_stolen(start, end);
	double before = (double)start->frequency_khz, after = (double)end->frequency_khz;

	/* One of it is this program. */
	if (end->load > 1 + BUSY_LOAD)
		warn(w, "load %.1f at the end", end->load);
	if (steal >= STEAL_PERCENT)
		warn(w, "%.1f %% of the time was stolen by other machines", steal);
	if (before > 0 && (after > before * (1 + FREQUENCY_PERCENT / 100.0) ||
			   after < before * (1 - FREQUENCY_PERCENT / 100.0)))
		warn(w, "the processor went from %.0f to %.0f MHz", before / 1000, after / 1000);
}

static void warn_of_disturbances(const struct warnings *w, const struct bench_disturbances *d)
{
	if (d->faulted)
		warn(w, "page faults in %" PRIu64 " of %" PRIu64 " repetitions", d->faulted,
		     d->repetitions);
	if (d->migrated)
		warn(w, "another processor after %" PRIu64 " of %" PRIu64 " repetitions",
		     d->migrated, d->repetitions);
	if (d->interrupted * 100 > d->repetitions * INTERRUPTED_PERCENT)
		warn(w, "%" PRIu64 " of %" PRIu64 " repetitions were interrupted", d->interrupted,
		     d->repetitions);
}

void bench_noise(const struct bench_conditions *start, const struct bench_conditions *end,
		 const struct bench_disturbances *disturbances, char *text, size_t size)
{
	const struct warnings w = { text, size };

	*text = '\0';
	warn_of_setting(&w, start);
	if (end)
		warn_of_change(&w, start, end);
	if (disturbances)
		warn_of_disturbances(&w, disturbances);
}
