/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe.c - what each known loop must do to a counter.
 *
 * A counter that opened may count nothing (emulators, hypervisors), or something else. So each kind has
 * a loop that must move it (probe_loops.c), run at two sizes: where the count of a step is known, the
 * difference of the two must be that of the steps, and the cost of reading cancels; elsewhere it must
 * not stay 0.
 */
#include "counters/perf_impl.h"

#include <math.h>
#include <stdio.h>

struct probe_counts {
	double small[COUNTERS_MAX], large[COUNTERS_MAX]; /* NaN: not counted */
	bool scaled[COUNTERS_MAX];
};

static void count_probe(struct counter_set *set, enum counter_probe kind, unsigned n,
			double *values, bool *scaled)
{
	struct counter_reading before, after;

	counters_read(set, &before);
	counter_kernel.probe(kind, n);
	counters_read(set, &after);
	for (unsigned i = 0; i < set->count; i++) {
		double fraction;
		enum counter_outcome outcome =
			counters_delta(set, &before, &after, i, &values[i], &fraction);

		if (outcome == COUNTER_NOT_COUNTED)
			values[i] = NAN;
		scaled[i] |= outcome == COUNTER_SCALED;
	}
}

/* Does the difference of the two sizes fit? Interrupts add an instruction here and there; a count that was
 * extrapolated is that much less sure. */
static bool fits(double more, double expected, bool scaled)
{
	return fabs(more - expected) <= expected * (scaled ? 0.2 : 0.002) + 2;
}

static void judge(struct counter_set *set, unsigned i, unsigned kind,
		  const struct probe_counts *counts)
{
	struct counter *counter = &set->counters[i];
	const struct counter_definition *definition = counter_definition_find(counter->name);
	double more = counts->large[i] - counts->small[i], expected;

	if (isnan(more)) {
		snprintf(
			counter->reason, sizeof(counter->reason),
			"%s: opened, but never ran: somebody else holds the PMU's counters; end other "
			"users, or: sysctl kernel.nmi_watchdog=0",
			counter->event);
		return;
	}
	expected = definition && counter_loops[kind].exact ?
			   (double)definition->exact *
				   (double)(counter_loops[kind].large - counter_loops[kind].small) :
			   0;
	if (set->members[i].probe == PROBE_ALL && counts->large[i] <= 0)
		snprintf(
			counter->reason, sizeof(counter->reason),
			"%s: opened, but stayed 0 over every known loop: nothing counts it here, or "
			"none of them moves it",
			counter->event);
	else if (kind == PROBE_MIGRATE && counters_allowed_processors() < 2)
		snprintf(counter->reason, sizeof(counter->reason),
			 "%s: only one processor is allowed, so nothing can move it",
			 counter->event);
	else if (counts->large[i] <= 0)
		snprintf(counter->reason, sizeof(counter->reason),
			 "%s: opened, but stayed 0 over %s: nothing counts it here", counter->event,
			 counter_loops[kind].what);
	else if (expected > 0 && !fits(more, expected, counts->scaled[i]))
		snprintf(counter->reason, sizeof(counter->reason),
			 "%s: opened, but counted %.0f over %s, where %.0f are known",
			 counter->event, more, counter_loops[kind].what, expected);
	else
		counter->state = COUNTER_BELIEVED;
	if (counter->state == COUNTER_BELIEVED)
		counter->reason[0] = '\0';
}

static void probe_group(struct counter_set *set, unsigned group, unsigned kind)
{
	struct probe_counts counts = { .scaled = { false } };
	bool wanted = false;

	for (unsigned i = 0; i < set->count; i++) {
		const struct counter_member *member = &set->members[i];

		if (member->fd >= 0 && set->counters[i].group == group &&
		    set->counters[i].state != COUNTER_BELIEVED)
			wanted |= member->probe == kind || member->probe == PROBE_ALL;
	}
	if (!wanted)
		return;
	count_probe(set, kind, counter_loops[kind].small, counts.small, counts.scaled);
	count_probe(set, kind, counter_loops[kind].large, counts.large, counts.scaled);
	for (unsigned i = 0; i < set->count; i++) {
		const struct counter_member *member = &set->members[i];

		if (member->fd >= 0 && set->counters[i].group == group &&
		    set->counters[i].state != COUNTER_BELIEVED &&
		    (member->probe == kind || member->probe == PROBE_ALL))
			judge(set, i, kind, &counts);
	}
}

void counters_probe(struct counter_set *set)
{
	for (unsigned g = 0; g < set->group_count; g++) {
		counters_select(set, g);
		for (unsigned kind = 0; kind < PROBES; kind++)
			probe_group(set, g, kind);
	}
	counters_select(set, COUNTERS_EVERY_GROUP);
}
