/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * latency.h - how long single operations of a replay take: percentiles, and the worst one.
 *
 * Each operation of a trace is timed alone, in every one of R replays, the variants in turn. Two
 * questions are asked of its R readings:
 *
 *     what it takes    their mean, without those that an interruption made longer
 *                      (bench_latency_typical()); the percentiles are over all operations
 *     the worst        the maximum over operations of each one's minimum over the replays. An
 *                      interruption does not hit the same operation in every replay, so it does not show;
 *                      an array that is doubled is doubled in every replay, so it does
 *
 * **Below the clock's resolution.** A clock that steps by s reads an operation of length t as one of two
 * neighbouring multiples of s, so that no single reading, no minimum and no median is nearer than s.
 * But if the operation begins anywhere between two steps with equal probability, the *mean* of the
 * readings is t exactly; its standard deviation over R readings is at most s / (2 sqrt R). So each
 * operation is preceded by a short wait of random length, a mean is taken, and only readings that no
 * quantisation explains are left out. The minimum is not a mean: the worst operation is up to two steps
 * more than is said of it, which matters only where everything is fast.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <memblock/trace.h>

#include "measure/histogram.h"
#include "timed/replay_time.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_LATENCY_REPLAYS_MIN 7u

/* A growth of a collection's slots within an operation. */
struct bench_growth {
	size_t operation; /* of the replayer's, from 0 */
	enum mb_which which;
	uint32_t entries; /* slots after it */
};

struct bench_latency {
	unsigned replays;
	double clock_step_ns; /* smallest difference between two readings that are not equal */
	struct bench_histogram histogram; /* what each operation takes */
	double worst_ns;
	size_t worst;          /* index into the operations of the replayer */
	struct mb_op worst_op; /* its strings are the trace's */
	bool worst_grew;       /* slots were enlarged in it: */
	struct bench_growth growth;
};

/**
 * bench_latency_typical() - what one operation takes, from its readings.
 * @ns:   @n readings, less what an empty pair takes; may be negative then. Sorted in place.
 * @step: of the clock, ns.
 *
 * Return: the mean of the readings that are at most two steps and a half of the median above it; not
 * negative.
 */
double bench_latency_typical(float *ns, unsigned n, double step);

/**
 * bench_latency_measure() - time each operation of a trace alone on each variant, in turn.
 * @skip:    variants that are not timed: they panicked.
 * @replays: BENCH_LATENCY_REPLAYS_MIN or more.
 * @results: @count of them; replays 0 where skipped.
 *
 * Takes 4 bytes per operation, replay and variant while it runs.
 *
 * Return: 0 or -errno.
 */
int bench_latency_measure(const struct mb_trace *trace, const struct mb_variant_spec *specs,
			  const bool *skip, int count, enum mb_metadata metadata, unsigned replays,
			  struct bench_latency *results);

/**
 * bench_latency_of() - the same of one replayer that exists already.
 * @typical: set to what each of its operations takes, ns: room for replayer->count.
 *
 * Restores @replayer before each replay; what grew in the worst operation is not found out.
 */
int bench_latency_of(struct mb_replayer *replayer, unsigned replays, double *typical,
		     struct bench_latency *result);

/* "reserve 0x.. 0x..": how the worst operation is called in a trace, and where it is. */
void bench_latency_worst(const struct bench_latency *latency, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
