/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_impl.h - the options of `memblock-bench run`. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <memblock/variant.h>

#include <stdbool.h>
#include <stdint.h>

#define BENCH_SIZES_MAX 32

struct bench_options {
	const char *variants;               /* as given; NULL: linux, if it can be had, all, null */
	const char *workloads, *operations; /* lists as given */
	bool one_workload;                  /* of a block: workloads is one name, commas and all */
	const char *filter;                 /* NULL: everything */
	const char *profile;                /* of synthetic states; NULL: the newest kernel's */
	const char *out;                    /* NULL: no file */
	const char *counters;               /* as given */
	uint32_t regions[BENCH_SIZES_MAX];
	unsigned region_count;
	enum mb_metadata metadata;
	bool kflags, o2; /* builds to measure */
	bool quick, full, json;
	/* Of each process: wanted; and what the budget may cut them to. */
	unsigned repetitions, repetitions_min;
	unsigned processes;      /* at most, where a precision is wanted */
	bool callgrind;          /* simulated counters are wanted */
	double precision;        /* percent; 0: none is wanted */
	const char *executables; /* further links of the program, as given; NULL: none */
	const char *block; /* the file of a block to measure, instead of all else; NULL: a run */
	int pin;           /* a processor; -1: any one; BENCH_PIN_NONE */
	uint64_t seed;
	double repetition_ns_min, repetition_ns_max; /* how long a repetition lasts, within: */
	/* Of a process, or a block: what all repetitions take together; and when it shall be over,
	 * preparation included (0: does not matter). */
	double budget_ns, wall_ns;
	double total_ns; /* when the whole run shall be over; 0: does not matter */
};

#define BENCH_PIN_NONE (-2)

/* MB_EXIT_OK, or the status to end with, with a message printed; -1: help was printed. */
int bench_options_parse(int argc, char **argv, struct bench_options *o);

#endif
