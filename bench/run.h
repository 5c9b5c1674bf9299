/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run.h - the options of `memblock-bench run`, as far as the plan needs them. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <memblock/variant.h>

#include <stdbool.h>
#include <stdint.h>

#define BENCH_SIZES_MAX 32

struct bench_options {
	const char *variants;               /* as given; NULL: linux, if it can be had, all, null */
	const char *workloads, *operations; /* lists as given */
	const char *filter;                 /* NULL: everything */
	const char *out;                    /* NULL: no file */
	uint32_t regions[BENCH_SIZES_MAX];
	unsigned region_count;
	enum mb_metadata metadata;
	bool kflags, o2; /* builds to measure */
	bool quick, full, json;
	unsigned repetitions, repetitions_min; /* wanted; and what the budget may cut them to */
	uint64_t seed;
	double repetition_ns_min, repetition_ns_max; /* how long a repetition lasts, within: */
	double budget_ns;                            /* what all of them take together */
	double wall_ns; /* when the run shall be over, preparation included; 0: does not matter */
};

#endif
