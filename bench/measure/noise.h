/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise.h - what spoils times: found out before, during and after a run, and told as warnings.
 *
 * A run is pinned to one processor and reads the conditions of the machine at its start and end; each
 * repetition asks the kernel what happened to it (interruptions, page faults, migrations). The warnings are
 * the head of the table and the context of the result.
 */
#ifndef BENCH_NOISE_H
#define BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of the machine, at one moment. */
struct bench_conditions {
	double load;            /* average of one minute; negative: not known */
	uint64_t steal, ticks;  /* of all processors since the boot, in ticks of /proc/stat */
	uint64_t frequency_khz; /* of the processor that this runs on; 0: not known */
};

void bench_conditions_read(struct bench_conditions *conditions);

/**
 * bench_conditions_text() - what the machine did between two readings, whether it is worth a warning or not.
 *
 * As "load 0.2 to 1.0, 0.1 % of the time stolen"; what is not known is said to be.
 */
void bench_conditions_text(const struct bench_conditions *start, const struct bench_conditions *end,
			   char *text, size_t size);

/* What happened to repetitions while they ran. */
struct bench_disturbances {
	uint64_t repetitions; /* that were asked about */
	uint64_t faulted;     /* those with page faults, ... */
	uint64_t interrupted; /* ... that lost the processor against their will, ... */
	uint64_t migrated;    /* ... that ended on another processor than they began on */
};

/* The same of the calling thread, to be taken before and after a repetition. */
struct bench_usage {
	long faults, switches;
	int cpu;
};

void bench_usage_read(struct bench_usage *usage);
/* Count a repetition that went from @before to now. */
void bench_disturbances_add(struct bench_disturbances *disturbances,
			    const struct bench_usage *before);

/**
 * bench_noise() - the warnings, separated by "; "; empty if nothing was noticed.
 * @start:        read before the program made load of its own.
 * @end:          NULL: not yet.
 * @disturbances: NULL: not yet.
 */
void bench_noise(const struct bench_conditions *start, const struct bench_conditions *end,
		 const struct bench_disturbances *disturbances, char *text, size_t size);

/**
 * bench_pin() - keep this process on one processor.
 * @wanted: its number; -1: the highest allowed, which has the fewest interrupts on most machines.
 *
 * Return: the processor, or -errno.
 */
int bench_pin(int wanted);

/* How many processors it may run on. */
unsigned bench_cpus_allowed(void);

/* The first line of @path that begins with @key, without it and its colon; false if there is none. */
bool bench_read_field(const char *path, const char *key, char *value, size_t size);

#ifdef __cplusplus
}
#endif
#endif
