/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf_impl.h - what the files of the counter layer share; nothing else includes it but its tests.
 *
 *     presets.c      names of this project -> names of libpfm4, in the order in which they are tried
 *     encode.c       libpfm4: a name -> what perf_event_open(2) is given
 *     reason.c       errno -> a sentence with the remedy
 *     probe_loops.c  loops that move a counter of their kind
 *     perf.c         perf_event_open(2) and what goes with it
 *     reading.c      which groups count, reading them, and what lies between two readings
 *     per_copy.c     the cost of an empty pair of readings, and of one copy of some work
 *     probe.c        what the known loops must do to a counter
 *     set.c          a request, and its groups
 *
 * Each calls only those above it.
 */
#ifndef BENCH_COUNTERS_PERF_H
#define BENCH_COUNTERS_PERF_H

#include "counters/counters.h"

#include <sys/types.h>

/* ---- names ------------------------------------------------------------------------------------- */

/* What moves a counter of this kind. */
enum counter_probe {
	PROBE_LOOP,     /* a loop of 2 instructions, one of them a branch */
	PROBE_BRANCHES, /* branches that nothing predicts */
	PROBE_LINES,    /* cache lines that were flushed */
	PROBE_PAGES,    /* more pages than a TLB holds */
	PROBE_CODE,     /* the same of code */
	PROBE_FAULTS,   /* pages touched for the first time */
	PROBE_SLEEP,
	PROBE_MIGRATE,
	PROBES,
	PROBE_ALL = PROBES, /* not known what it counts */
};

#define CANDIDATES_MAX 8

struct counter_definition {
	const char *name;
	const char *description;
	enum counter_source source;
	enum counter_probe probe;
	bool by_default;
	const char *candidates[CANDIDATES_MAX]; /* up to the first NULL */
	unsigned exact; /* what one step of the probe counts; 0: not known, it must move */
};

extern const struct counter_definition counter_definitions[];
extern const unsigned counter_definition_count;

const struct counter_definition *counter_definition_find(const char *name);

/* ---- known loops ------------------------------------------------------------------------------- */

struct counter_loop {
	void (*run)(unsigned steps);
	unsigned small, large; /* steps of its two sizes */
	const char *what;      /* the large one, in words */
	bool exact;            /* what a step counts is known, where it is known of the counter */
};

extern const struct counter_loop counter_loops[PROBES];

/* Run @steps of a known loop. */
void counters_run_probe(enum counter_probe kind, unsigned steps);
/* How many processors this thread may run on. */
unsigned counters_allowed_processors(void);

/* ---- encoding ---------------------------------------------------------------------------------- */

/* The part of struct perf_event_attr that says what is counted. */
struct counter_encoding {
	uint32_t type;
	uint64_t config, config1, config2;
};

/* 0, or -EINVAL with the reason in @why. */
int counter_encode(const char *event, struct counter_encoding *encoding, char *why,
		   size_t why_size);

/* An event of the kernel's own; one that happens inside the kernel only, so that it must not be left out. */
bool counter_is_software(const struct counter_encoding *encoding);
bool counter_is_in_kernel(const struct counter_encoding *encoding);

/* ---- the kernel -------------------------------------------------------------------------------- */

/* What is asked of the kernel and the processor; tests put their own here. -errno on failure. */
struct counter_kernel {
	int (*open)(const struct counter_encoding *encoding, bool count_kernel, int group_fd);
	int (*identify)(int fd, uint64_t *id);
	int (*enable)(int leader_fd, bool on); /* the whole group */
	ssize_t (*read)(int fd, void *buffer, size_t size);
	void (*close)(int fd);
	void *(*map)(int fd); /* its page; NULL: none */
	void (*unmap)(void *page);
	/* Value and times out of the page; false: ask with read(). */
	bool (*read_page)(const void *page, uint64_t *value, uint64_t *enabled, uint64_t *running);
	void (*probe)(enum counter_probe kind, unsigned steps); /* run the known loop */
};

extern struct counter_kernel counter_kernel;

/* Why @event could not be opened, with the remedy. @count_kernel: it cannot exclude the kernel. */
void counter_reason(int error, const char *event, bool count_kernel, char *text, size_t size);

/* ---- a set ------------------------------------------------------------------------------------- */

/* Events that count together: their leader's file is read for all. */
struct counter_group {
	int leader; /* a file */
	unsigned members;
	bool user_read; /* every member can be read without a system call */
	bool software;
};

struct counter_member {
	int fd; /* -1: not open */
	uint64_t id;
	void *page;
	enum counter_probe probe;
};

struct counter_set {
	unsigned count;
	struct counter counters[COUNTERS_MAX];
	struct counter_member members[COUNTERS_MAX];
	bool required[COUNTERS_MAX];
	int error[COUNTERS_MAX]; /* of opening: -errno */
	double pair_cost[COUNTERS_MAX];
	struct counter_group groups[COUNTERS_MAX];
	unsigned group_count;
	bool enabled[COUNTERS_MAX]; /* groups */
};

/* Run the known loops; each open counter becomes believed or unverified. */
void counters_probe(struct counter_set *set);
/* Fill in pair_cost. */
void counters_measure_pairs(struct counter_set *set);

#endif
