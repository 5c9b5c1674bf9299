/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gather_impl.h - results of blocks, put together: the merged document, and what the table shows.
 *
 * Nothing is known here but the results: from the same blocks, in the same order, come the same table and the
 * same document, whoever measured them and when. What should be the same in all blocks (the machine, the
 * processor, the commit, the sources of counters) is said where it is not.
 */
#ifndef BENCH_GATHER_H
#define BENCH_GATHER_H

#include "run/block.h"
#include "run/table_impl.h"

#include "measure/noise.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What happened to the machine during some blocks. */
struct bench_machine {
	struct bench_conditions start, end;
	struct bench_disturbances disturbances;
	bool known;
};

struct bench_gather {
	json_t *document; /* of Google Benchmark's form; its context is that of the first block, and more */
	json_t *facts;  /* of the block that was added last, and should be those of all */
	json_t *unlike; /* keys of those that are not */
	struct bench_entry *entries;
	size_t count, room, last; /* the entry that was found last */
	struct bench_boot_facts **boots;
	size_t boot_count;

	struct bench_machine machine, process_machine; /* of all, and of the process under way: */
	unsigned process;
	unsigned blocks, processes;
	unsigned repetitions_asked, repetitions_least, repetitions_most; /* in a block */
	size_t repetitions, dropped;                                     /* of all blocks */
	unsigned kept_least; /* of each benchmark, of those that were not dropped */
	char *counting;      /* what the head of the table says of counters; NULL: nothing */
	double seconds;      /* that they took together */

	unsigned
		resumed; /* blocks that were taken over, and when the first and the last were measured */
	char resumed_first[40], resumed_last[40];
};

/* 0 or -ENOMEM. Release in any case. */
int bench_gather_start(struct bench_gather *gather);

/* Add the result of a block, which is whole; 0, -ENOMEM, or -EINVAL with @error. @taken_over: from a run that
 * was stopped. */
int bench_gather_add(struct bench_gather *gather, const json_t *result, bool taken_over,
		     char *error, size_t error_size);

/**
 * bench_gather_end() - everything was added.
 * @command: as a shell would take it.
 *
 * Entries are sorted as the table shows them. Return: the text of the document, or NULL: no memory.
 */
char *bench_gather_end(struct bench_gather *gather, const char *command);

/* A line for each thing that should be the same in all blocks, and is not. */
void bench_gather_unlike(const struct bench_gather *gather, FILE *out, const char *begin);

/* The warnings of all blocks (measure/noise.h). */
void bench_gather_noise(const struct bench_machine *machine, char *text, size_t size);

void bench_gather_release(struct bench_gather *gather);

#ifdef __cplusplus
}
#endif
#endif
