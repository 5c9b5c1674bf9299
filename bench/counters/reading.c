/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reading.c - which groups count, their values and times at one moment, and what lies between two.
 *
 * Values of a group come in the order of its opening, usually; they are told apart by their ids. The
 * kernel counts the time that a group was enabled and the time that it ran. Nothing sets these back, a
 * reset of the counts neither, so only their differences over the interval say how much of it was seen.
 */
#include "counters/perf_impl.h"

#include <stddef.h>

static bool is_selected(const struct counter_set *set, unsigned g, unsigned group)
{
	return group == COUNTERS_EVERY_GROUP || g == group || set->groups[g].software;
}

void counters_select(struct counter_set *set, unsigned group)
{
	bool change = false;

	for (unsigned g = 0; g < set->group_count; g++)
		change |= is_selected(set, g, group) != set->enabled[g];
	if (!change)
		return;
	/* All off, then on what is wanted: a group that was waiting while another one had its turn is let
	 * in when it is enabled, but when that other one is disabled only at the next change of turns. */
	for (unsigned g = 0; g < set->group_count; g++) {
		if (set->enabled[g] && !set->groups[g].software) {
			counter_kernel.enable(set->groups[g].leader, false);
			set->enabled[g] = false;
		}
	}
	for (unsigned g = 0; g < set->group_count; g++) {
		if (is_selected(set, g, group) && !set->enabled[g]) {
			counter_kernel.enable(set->groups[g].leader, true);
			set->enabled[g] = true;
		}
	}
}

/* As PERF_FORMAT_GROUP, ID and both times lay it out. */
struct group_values {
	uint64_t count, enabled, running;
	struct {
		uint64_t value, id;
	} values[COUNTERS_MAX];
};

static bool read_in_user_space(const struct counter_set *set, unsigned group,
			       struct counter_reading *reading)
{
	for (unsigned i = 0; i < set->count; i++) {
		const struct counter_member *member = &set->members[i];

		if (member->fd < 0 || set->counters[i].group != group)
			continue;
		if (!counter_kernel.read_page(member->page, &reading->value[i],
					      &reading->enabled[i], &reading->running[i]))
			return false;
	}
	return true;
}

static void read_group(const struct counter_set *set, unsigned group,
		       struct counter_reading *reading)
{
	struct group_values values;
	ssize_t n = counter_kernel.read(set->groups[group].leader, &values, sizeof(values));

	/* Nothing read: times of 0, which count nothing. */
	if (n < (ssize_t)offsetof(struct group_values, values) ||
	    (size_t)n <
		    offsetof(struct group_values, values) + values.count * sizeof(values.values[0]))
		return;
	for (unsigned i = 0; i < set->count; i++) {
		if (set->members[i].fd < 0 || set->counters[i].group != group)
			continue;
		for (uint64_t j = 0; j < values.count; j++) {
			if (values.values[j].id != set->members[i].id)
				continue;
			reading->value[i] = values.values[j].value;
			reading->enabled[i] = values.enabled;
			reading->running[i] = values.running;
		}
	}
}

void counters_read(const struct counter_set *set, struct counter_reading *reading)
{
	for (unsigned i = 0; i < set->count; i++)
		reading->value[i] = reading->enabled[i] = reading->running[i] = 0;
	for (unsigned g = 0; g < set->group_count; g++) {
		if (!set->enabled[g])
			continue;
		if (!set->groups[g].user_read || !read_in_user_space(set, g, reading))
			read_group(set, g, reading);
	}
}

enum counter_outcome counters_delta(const struct counter_set *set,
				    const struct counter_reading *before,
				    const struct counter_reading *after, unsigned i, double *value,
				    double *fraction)
{
	uint64_t enabled = after->enabled[i] - before->enabled[i];
	uint64_t running = after->running[i] - before->running[i];

	*fraction = 0;
	if (set->members[i].fd < 0 || after->running[i] <= before->running[i] ||
	    after->enabled[i] <= before->enabled[i])
		return COUNTER_NOT_COUNTED;
	*value = (double)(after->value[i] - before->value[i]);
	*fraction = 1;
	if (running >= enabled)
		return COUNTER_COUNTED;
	*fraction = (double)running / (double)enabled;
	*value /= *fraction;
	return COUNTER_SCALED;
}
