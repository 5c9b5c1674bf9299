/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_impl.h - the result of a run for people: at most 100 columns of text.
 *
 * A block per operation, a row per workload and size, a column per variant with its time, how far its
 * interval reaches, and its ratio to the reference (the kernel's code, else array). Captured boots
 * come last, each with what it amounts to in microseconds and what the boot itself does beside it.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "measure/bootstrap.h"
#include "run/cell_impl.h"
#include "timed/boot.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a boot is and does, whatever replays it. */
struct bench_boot_facts {
	uint64_t operations, bytes_zeroed, bytes_handed_over;
	uint64_t allocs, allocs_as_captured, warnings;
	bool captured; /* one of the project's */
};

/* A benchmark, with its repetitions in all processes. */
struct bench_entry {
	char name[256];
	char operation[24], workload[96];
	char variant[BENCH_CELL_LABEL]; /* as asked for; "+o2" appended in that build */
	uint32_t n;
	bool is_kernel, is_null; /* a kernel's file; the harness */
	bool is_yardstick;       /* a kernel's file as it is: its own slots, no steps */
	char error[200];         /* empty: all is well */
	char label[80];          /* the digest of its answers */
	struct bench_sample *samples;
	unsigned sample_count, sample_room;
	json_t *row;                         /* its first one, which has the counts; NULL: none */
	const struct bench_boot_facts *boot; /* NULL: none, or nothing replays it */
	size_t order;
};

/* Is it no failure, but the result that a bounded store does not hold so much? */
static inline bool bench_entry_exceeds(const struct bench_entry *entry)
{
	return strstr(entry->error, BENCH_EXCEEDED) != NULL;
}

/* What a table says of a cell without a time. */
static inline const char *bench_entry_word(const struct bench_entry *entry)
{
	return bench_entry_exceeds(entry) ? "full" : "failed";
}

/**
 * bench_table_print() - print the table.
 * @entries: in the order in which rows shall appear; those with samples or an error are shown, but never null and empty.
 */
void bench_table_print(FILE *out, const struct bench_entry *entries, size_t count);

/**
 * bench_table_imprecise() - how many ratios of the table are known less well than within @percent: half of
 * their interval of 95 % is more than that of their value.
 * @ratios: set to how many there are.
 */
unsigned bench_table_imprecise(const struct bench_entry *entries, size_t count, double percent,
			       unsigned *ratios);

#ifdef __cplusplus
}
#endif
#endif
