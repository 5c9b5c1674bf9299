/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters.h - counts of what a processor did, each with its source, or the reason why there is none.
 *
 * A counter is asked for by a name of this project (`instructions`, `cycles`, `branch_misses` ...), by a
 * preset (`cache`, `branch`, `tlb`) or by any event name that libpfm4 knows. It comes from one of four
 * sources, which is shown beside every number:
 *
 *     hardware     the PMU, through libpfm4's encodings and perf_event_open(2)       (perf.c)
 *     software     the kernel's own perf events: page faults, context switches ...   (perf.c)
 *     simulated    Valgrind's model of a processor                                   (callgrind.c)
 *     structural   the variants themselves: regions visited, bytes moved ...         (counted builds)
 *
 * This header is the first two. The life of a set:
 *
 *     rc = counters_open("auto", &set, &error);       encodes, opens, probes
 *     counters_read(set, &before);
 *     ... what is counted ...
 *     counters_read(set, &after);
 *     state = counters_delta(set, &before, &after, i, &value, &fraction);
 *     counters_close(set);
 *
 * Members are opened in groups, so that the counts of one group cover the same instructions; a group
 * that the PMU has no room for (EINVAL) is split. Kernel and hypervisor are excluded. Where groups take
 * turns on the PMU a count is scaled by time_enabled / time_running of the interval, and the fraction is
 * told; an interval in which a group never ran is "not counted", never 0.
 *
 * An event is not believed because it opened: known loops are run at two sizes, and `instructions` must
 * grow as the loop says, others must move (probe.c). One that does not is unverified, with the reason.
 *
 * Not thread-safe; counts the calling thread, on whatever processor it runs.
 */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COUNTERS_MAX 32
#define COUNTER_NAME_SIZE 64

enum counter_source {
	COUNTER_HARDWARE,
	COUNTER_SOFTWARE,
	COUNTER_SIMULATED,
	COUNTER_STRUCTURAL,
};

extern const char *const counter_source_names[]; /* "hardware" ... */

enum counter_state {
	COUNTER_BELIEVED,   /* opened, and the known loops moved it as they must */
	COUNTER_UNVERIFIED, /* opened; stayed 0, or moved as it must not: not reported */
	COUNTER_ABSENT,     /* could not be encoded or opened */
};

struct counter {
	char name[COUNTER_NAME_SIZE];  /* as in results: `instructions` */
	char event[COUNTER_NAME_SIZE]; /* what libpfm4 was given: `perf::INSTRUCTIONS` */
	enum counter_source source;
	enum counter_state state;
	char reason[256]; /* why it is not believed, with the remedy where there is one; else "" */
	unsigned group;   /* members of one group count together */
	bool user_read;   /* read in user space (rdpmc), without a system call */
};

struct counter_set;

/* Values and times of every open counter at one moment. Times are the kernel's, in ns, since opening;
 * no reset sets them back, so only differences mean anything. */
struct counter_reading {
	uint64_t value[COUNTERS_MAX];
	uint64_t enabled[COUNTERS_MAX], running[COUNTERS_MAX];
};

enum counter_outcome {
	COUNTER_COUNTED,     /* the whole interval */
	COUNTER_SCALED,      /* a part of it; value is extrapolated */
	COUNTER_NOT_COUNTED, /* none of it: there is no value */
};

struct counter_error {
	bool environment; /* exit status 3 rather than 2 */
	char text[512];   /* one line, with the remedy */
};

/* A name for several. */
struct counter_preset {
	const char *name;
	const char *counters[4]; /* up to the first NULL */
};

extern const struct counter_preset counter_presets[];
extern const unsigned counter_preset_count;

/* Those that are asked for by "auto", from 0 up to a NULL. */
const char *counter_default(unsigned i);

/* What @name, one of this project's or of libpfm4's, counts. */
const char *counter_description(const char *name);

/**
 * counters_open() - encode, open and probe what is asked for.
 * @request: "auto" (whatever there is of the default events), "all" (the same of every event that has a
 *           name of this project), "perf" (auto, and an error if there is no hardware counter), or
 *           "perf:NAME+NAME": names of this project, presets, and libpfm4 names; each of these must be
 *           had, or it is an error.
 *
 * Takes some 10 ms: the probes run.
 *
 * Return: 0; -EINVAL for a name that nothing knows (@error->environment false); -ENOENT, -EACCES or
 * another -errno where the machine lacks what was explicitly asked for (@error->environment true).
 * *out is released with counters_close(), and NULL on error.
 */
int counters_open(const char *request, struct counter_set **out, struct counter_error *error);
void counters_close(struct counter_set *set);

/* Everything that was asked for, believed or not. */
unsigned counters_count(const struct counter_set *set);
const struct counter *counters_get(const struct counter_set *set, unsigned i);

/* What an empty pair of readings itself counts, of counter @i, its group being selected: the median of many. */
double counters_pair_cost(const struct counter_set *set, unsigned i);

void counters_read(const struct counter_set *set, struct counter_reading *reading);

/*
 * Groups, from 0 to counters_groups() - 1. All count when a set was opened. More groups than the PMU has
 * room for take turns there, by the kernel's clock of milliseconds: what takes microseconds is then
 * seen by one group at most. So each can be made to count alone; for the others an interval is then "not
 * counted". A group of software events counts always.
 */
#define COUNTERS_EVERY_GROUP UINT32_MAX

unsigned counters_groups(const struct counter_set *set);
void counters_select(struct counter_set *set, unsigned group);

/**
 * counters_delta() - what counter @i counted between two readings.
 * @value:    set unless COUNTER_NOT_COUNTED is returned; scaled where the group did not always run.
 * @fraction: of the interval that was counted, 0 to 1.
 */
enum counter_outcome counters_delta(const struct counter_set *set,
				    const struct counter_reading *before,
				    const struct counter_reading *after, unsigned i, double *value,
				    double *fraction);

/**
 * counters_per_copy() - the cost of one copy of @body, measurement excluded: n and 2n copies, subtracted.
 * @body:   performs @n copies of the work; called with n, then 2n, @rounds times alternately, for each
 *          group in turn.
 * @values: counters_count() of them, per copy; medians over rounds; NaN where not counted.
 * @fractions: the smallest fraction seen, per counter. May be NULL.
 */
void counters_per_copy(struct counter_set *set, void (*body)(void *ctx, unsigned n), void *ctx,
		       unsigned n, unsigned rounds, double *values, double *fractions);

/* The same, with @prepare called right before each call of @body, uncounted. */
void counters_per_copy_prepared(struct counter_set *set, void (*prepare)(void *ctx, unsigned n),
				void (*body)(void *ctx, unsigned n), void *ctx, unsigned n,
				unsigned rounds, double *values, double *fractions);

#ifdef __cplusplus
}
#endif
#endif
