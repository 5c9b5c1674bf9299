/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context.c - describing machine, build and conditions of a run.
 *
 * Google Benchmark records date, host name, number and clock of the processors, caches, load and
 * whether frequency scaling is on; this adds the rest. All values are strings.
 */
#define _GNU_SOURCE /* sched_getaffinity */
#include "context.h"

#include "clock.h"
#include "commit.h"
#include "config.h"
#include "gbench.h"

#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define BUSY_LOAD 0.5

/* The rest of the first line of @path that begins with @key, behind "key : ". */
static bool read_field(const char *path, const char *key, char *value, size_t size)
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

void bench_cpu_name(char *name, size_t size)
{
	struct utsname uts;

	if (read_field("/proc/cpuinfo", "model name", name, size))
		return;
	snprintf(name, size, "unknown %s", uname(&uts) ? "processor" : uts.machine);
}

static unsigned allowed_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 0 : (unsigned)CPU_COUNT(&set);
}

static void add_noise(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add_noise(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	if (used && used + 3 < size)
		used += (size_t)snprintf(text + used, size - used, "; ");
	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}

static bool is_virtual(void)
{
	char flags[4096];

	return read_field("/proc/cpuinfo", "flags", flags, sizeof(flags)) &&
	       strstr(flags, " hypervisor");
}

void bench_noise(char *text, size_t size)
{
	char governor[64];
	double load;

	*text = '\0';
	if (MB_SANITIZED)
		add_noise(text, size, "built with sanitizers: the times mean nothing");
	if (strcmp(MB_BUILD_TYPE, "Release"))
		add_noise(text, size, "build type %s", MB_BUILD_TYPE);
	if (getloadavg(&load, 1) == 1 && load > BUSY_LOAD)
		add_noise(text, size, "load %.1f at the start", load);
	if (allowed_cpus() != 1)
		add_noise(text, size, "not pinned to a processor (taskset -c N)");
	if (read_field("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", governor,
		       sizeof(governor)) &&
	    strcmp(governor, "performance"))
		add_noise(text, size, "frequency governor %s", governor);
	if (is_virtual())
		add_noise(text, size, "virtual machine: others may take time unseen");
}

void bench_context(const char *key, const char *fmt, ...)
{
	char value[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	gb_context(key, value);
}

void bench_context_machine(const char *noise)
{
	char cpu[256], aslr[16] = "unknown", governor[64] = "unknown";
	struct utsname uts;

	bench_cpu_name(cpu, sizeof(cpu));
	read_field("/proc/sys/kernel/randomize_va_space", "", aslr, sizeof(aslr));
	read_field("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", governor,
		   sizeof(governor));
	bench_context("cpu", "%s", cpu);
	if (!uname(&uts))
		bench_context("kernel", "%s %s %s", uts.sysname, uts.release, uts.machine);
	bench_context("governor", "%s", governor);
	bench_context("cpus_allowed", "%u", allowed_cpus());
	bench_context("randomize_va_space", "%s", aslr);
	bench_context("noise", "%s", noise);
	bench_context("clock", "%s; an empty pair takes %.1f ns and is subtracted",
		      bench_clock.source, bench_clock.empty_ns);

	bench_context("memblock_bench", "%s", MB_VERSION);
	bench_context("commit", "%s", MB_COMMIT);
	bench_context("commit_dirty", "%s", MB_COMMIT_DIRTY ? "yes" : "no");
	bench_context("compiler", "%s %s", MB_COMPILER_ID, MB_COMPILER_VERSION);
	bench_context("build_type", "%s%s", MB_BUILD_TYPE, MB_SANITIZED ? ", sanitized" : "");
	bench_context("flags_kflags", "%s", MB_FLAGS_KFLAGS);
	bench_context("flags_o2", "%s", MB_FLAGS_O2);
	bench_context(
		"library_build_type_note",
		"library_build_type is Google Benchmark's own, which Debian builds without NDEBUG; "
		"build_type is this project's");
}

void bench_context_counters(void)
{
	static const char *const structural[] = { "regions_visited", "bytes_moved",
						  "metadata_bytes" };
	static const char *const hardware[] = { "instructions", "cycles",     "branch_misses",
						"l1d_misses",   "llc_misses", "dtlb_misses" };
	char key[64];

	for (size_t i = 0; i < sizeof(structural) / sizeof(structural[0]); i++) {
		snprintf(key, sizeof(key), "counter:%s", structural[i]);
		bench_context(key,
			      "structural: counted by the variant itself, in its counted build");
	}
	for (size_t i = 0; i < sizeof(hardware) / sizeof(hardware[0]); i++) {
		snprintf(key, sizeof(key), "counter:%s", hardware[i]);
		bench_context(key, "absent: this version reads no hardware or simulated counters");
	}
}
