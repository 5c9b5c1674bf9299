/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context.c - describing machine, build and conditions of a run.
 *
 * Google Benchmark records date, host name, number and clock of the processors, caches, load and
 * whether frequency scaling is on; this adds the rest. All values are strings.
 */
#include "measure/context.h"

#include "commit.h"
#include "config.h"
#include "measure/clock.h"
#include "measure/gbench.h"
#include "measure/noise.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

void bench_cpu_name(char *name, size_t size)
{
	struct utsname uts;

	if (bench_read_field("/proc/cpuinfo", "model name", name, size))
		return;
	snprintf(name, size, "unknown %s", uname(&uts) ? "processor" : uts.machine);
}

void bench_kernel_name(char *name, size_t size)
{
	struct utsname uts;

	if (uname(&uts))
		snprintf(name, size, "unknown");
	else
		snprintf(name, size, "%s %s %s", uts.sysname, uts.release, uts.machine);
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

void bench_context_machine(void)
{
	char cpu[256], kernel[256], aslr[16] = "unknown", governor[64] = "unknown";

	bench_cpu_name(cpu, sizeof(cpu));
	bench_read_field("/proc/sys/kernel/randomize_va_space", "", aslr, sizeof(aslr));
	bench_read_field("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", governor,
			 sizeof(governor));
	bench_context("cpu", "%s", cpu);
	bench_kernel_name(kernel, sizeof(kernel));
	bench_context("kernel", "%s", kernel);
	bench_context("governor", "%s", governor);
	bench_context("cpus_allowed", "%u", bench_cpus_allowed());
	bench_context("randomize_va_space", "%s", aslr);
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
