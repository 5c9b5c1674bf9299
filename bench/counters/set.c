/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set.c - from a request to open groups of events.
 *
 * Hardware events share groups as far as the PMU has room, so that what is compared with one another
 * covers the same instructions. How much room there is nobody tells: a member too many is refused
 * (EINVAL) and begins the next group; and where somebody else holds a counter, as the NMI watchdog does,
 * the kernel accepts a group that then never runs, which is found out by running each alone.
 */
#include "counters/perf_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPIN 1000000u /* turns: some tenths of a millisecond */

/* ---- what is asked for ------------------------------------------------------------------------- */

static int fail(struct counter_error *error, bool environment, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct counter_error *error, bool environment, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, ap);
	va_end(ap);
	error->environment = environment;
	return -EINVAL;
}

static int add_counter(struct counter_set *set, const char *name, bool required,
		       struct counter_error *error)
{
	const struct counter_definition *definition = counter_definition_find(name);
	struct counter_encoding encoding;
	struct counter *counter = &set->counters[set->count];
	char why[160];

	for (unsigned i = 0; i < set->count; i++)
		if (!strcmp(set->counters[i].name, name))
			return 0; /* a preset has it, too */
	if (strlen(name) >= COUNTER_NAME_SIZE || set->count == COUNTERS_MAX)
		return fail(error, false, "counters: '%.80s': %s", name,
			    set->count == COUNTERS_MAX ? "too many" : "the name is too long");
	*counter = (struct counter){ .source = COUNTER_HARDWARE, .state = COUNTER_ABSENT };
	set->members[set->count] = (struct counter_member){ .fd = -1, .probe = PROBE_ALL };
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	if (definition) {
		counter->source = definition->source;
		set->members[set->count].probe = definition->probe;
	} else if (counter_encode(name, &encoding, why, sizeof(why))) {
		return fail(error, false,
			    "unknown counter '%.80s' (%s); see 'memblock-bench list counters', or "
			    "name an event of libpfm4 for this processor",
			    name, why);
	} else if (counter_is_software(&encoding)) {
		counter->source = COUNTER_SOFTWARE;
	}
	set->required[set->count++] = required;
	return 0;
}

static int add_name(struct counter_set *set, const char *name, struct counter_error *error)
{
	for (unsigned i = 0; i < counter_preset_count; i++) {
		const struct counter_preset *preset = &counter_presets[i];
		int rc = 0;

		if (strcmp(name, preset->name))
			continue;
		for (unsigned j = 0; j < 4 && preset->counters[j] && !rc; j++)
			rc = add_counter(set, preset->counters[j], true, error);
		return rc;
	}
	return add_counter(set, name, true, error);
}

static int parse(struct counter_set *set, const char *request, struct counter_error *error)
{
	bool all = !strcmp(request, "all");
	const char *at = request + 5;

	if (all || !strcmp(request, "auto") || !strcmp(request, "perf")) {
		int rc = 0;

		for (unsigned i = 0; i < counter_definition_count && !rc; i++)
			if (all || counter_definitions[i].by_default)
				rc = add_counter(set, counter_definitions[i].name, false, error);
		return rc;
	}
	if (strncmp(request, "perf:", 5))
		return fail(error, false,
			    "unknown counters '%.80s'; auto, perf or perf:NAME+NAME (see "
			    "'memblock-bench list counters')",
			    request);
	for (;;) {
		size_t length = strcspn(at, "+");
		char name[128];
		int rc;

		if (!length || length >= sizeof(name))
			return fail(error, false,
				    "counters '%.80s': an empty or too long name; perf:NAME+NAME",
				    request);
		memcpy(name, at, length);
		name[length] = '\0';
		rc = add_name(set, name, error);
		if (rc || !at[length])
			return rc;
		at += length + 1;
	}
}

/* ---- opening ----------------------------------------------------------------------------------- */

static const char *candidate(const struct counter *counter, unsigned i)
{
	const struct counter_definition *definition = counter_definition_find(counter->name);

	if (definition)
		return i < CANDIDATES_MAX ? definition->candidates[i] : NULL;
	return i ? NULL : counter->name;
}

/* Is there another event to try after @error? */
static bool is_other_event(int error)
{
	return error == -ENOENT || error == -ENODEV || error == -EOPNOTSUPP || error == -EINVAL;
}

/* The file, or -errno, the first reason being kept in @counter; -EINVAL with a group: no room in it. */
static int open_counter(struct counter *counter, int group_fd)
{
	int first = 0;

	for (unsigned i = 0; candidate(counter, i); i++) {
		const char *event = candidate(counter, i);
		struct counter_encoding encoding;
		bool count_kernel;
		char why[160];
		int fd;

		if (counter_encode(event, &encoding, why, sizeof(why))) {
			if (!*counter->reason)
				snprintf(counter->reason, sizeof(counter->reason), "%s", why);
			continue;
		}
		count_kernel = counter_is_in_kernel(&encoding);
		fd = counter_kernel.open(&encoding, count_kernel, group_fd);
		if (fd == -EINVAL && group_fd >= 0)
			return fd;
		if (fd >= 0 || !first) {
			snprintf(counter->event, sizeof(counter->event), "%s", event);
			counter->reason[0] = '\0';
		}
		if (fd >= 0)
			return fd;
		if (!first) {
			first = fd;
			counter_reason(fd, event, count_kernel, counter->reason,
				       sizeof(counter->reason));
		}
		if (!is_other_event(fd))
			break;
	}
	return first ? first : -ENOENT;
}

static void close_members(struct counter_set *set)
{
	for (unsigned i = set->count; i-- > 0;) {
		struct counter_member *member = &set->members[i];

		if (member->page)
			counter_kernel.unmap(member->page);
		if (member->fd >= 0)
			counter_kernel.close(member->fd);
		member->page = NULL;
		member->fd = -1;
	}
	set->group_count = 0;
}

/* Open counter @i, in the last group or as the leader of a new one. @room: members of a group. */
static void open_member(struct counter_set *set, unsigned i, unsigned room)
{
	struct counter *counter = &set->counters[i];
	struct counter_member *member = &set->members[i];
	bool software = counter->source == COUNTER_SOFTWARE;
	struct counter_group *group = set->group_count ? &set->groups[set->group_count - 1] : NULL;
	int fd = -EINVAL;

	counter->reason[0] = '\0';
	if (group && group->software == software && group->members < room)
		fd = open_counter(counter, group->leader);
	else
		group = NULL;
	if (fd == -EINVAL) {
		group = NULL;
		fd = open_counter(counter, -1);
	}
	if (fd >= 0 && counter_kernel.identify(fd, &member->id)) {
		counter_kernel.close(fd);
		fd = -ENOTTY;
		counter_reason(fd, counter->event, false, counter->reason, sizeof(counter->reason));
	}
	set->error[i] = fd < 0 ? fd : 0;
	if (fd < 0)
		return;
	if (!group) {
		group = &set->groups[set->group_count++];
		*group = (struct counter_group){ .leader = fd,
						 .user_read = true,
						 .software = software };
	}
	member->fd = fd;
	member->page = software ? NULL : counter_kernel.map(fd);
	group->members++;
	group->user_read &= member->page != NULL;
	counter->group = set->group_count - 1;
	counter->state = COUNTER_UNVERIFIED;
}

static void open_members(struct counter_set *set, unsigned room)
{
	/* Software last: hardware groups are numbered from 0. */
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < set->count; i++)
			if ((set->counters[i].source == COUNTER_SOFTWARE) == (pass == 1))
				open_member(set, i, pass ? COUNTERS_MAX : room);
	for (unsigned i = 0; i < set->count; i++)
		set->counters[i].user_read = set->members[i].fd >= 0 &&
					     set->groups[set->counters[i].group].user_read;
	for (unsigned g = 0; g < set->group_count; g++)
		set->enabled[g] = false;
	counters_select(set, COUNTERS_EVERY_GROUP);
}

/* Members of the largest group of several that never runs though it is alone; 0: there is none. */
static unsigned find_stalled(struct counter_set *set)
{
	unsigned stalled = 0;

	for (unsigned g = 0; g < set->group_count; g++) {
		struct counter_reading before, after;
		double value, fraction;
		unsigned i = 0;

		if (set->groups[g].members < 2 || set->groups[g].software)
			continue;
		while (set->members[i].fd < 0 || set->counters[i].group != g)
			i++;
		counters_select(set, g);
		counters_read(set, &before);
		counter_kernel.probe(PROBE_LOOP, SPIN);
		counters_read(set, &after);
		if (counters_delta(set, &before, &after, i, &value, &fraction) ==
			    COUNTER_NOT_COUNTED &&
		    set->groups[g].members > stalled)
			stalled = set->groups[g].members;
	}
	counters_select(set, COUNTERS_EVERY_GROUP);
	return stalled;
}

/* Is something that must be had not there? */
static int find_missing(const struct counter_set *set, const char *request,
			struct counter_error *error)
{
	const struct counter *lacking = NULL;
	int rc = 0;

	for (unsigned i = 0; i < set->count && !lacking; i++) {
		if (!set->required[i] || set->counters[i].state == COUNTER_BELIEVED)
			continue;
		lacking = &set->counters[i];
		rc = set->error[i] ? set->error[i] : -ENODATA;
	}
	if (!strcmp(request, "perf")) {
		for (unsigned i = set->count; i-- > 0;) {
			if (set->counters[i].source != COUNTER_HARDWARE)
				continue;
			if (set->counters[i].state == COUNTER_BELIEVED)
				return 0;
			lacking = &set->counters[i];
			rc = set->error[i] ? set->error[i] : -ENODATA;
		}
	}
	if (!lacking)
		return 0;
	fail(error, true, "counter %s: %s", lacking->name, lacking->reason);
	return rc;
}

int counters_open(const char *request, struct counter_set **out, struct counter_error *error)
{
	struct counter_set *set = calloc(1, sizeof(*set));
	unsigned room = COUNTERS_MAX, stalled;
	int rc;

	*out = NULL;
	*error = (struct counter_error){ 0 };
	if (!set) {
		fail(error, true, "counters: out of memory");
		return -ENOMEM;
	}
	rc = parse(set, request, error);
	if (!rc) {
		open_members(set, room);
		while ((stalled = find_stalled(set)) > 1) {
			room = stalled - 1;
			close_members(set);
			open_members(set, room);
		}
		counters_probe(set);
		counters_measure_pairs(set);
		rc = find_missing(set, request, error);
	}
	if (rc) {
		counters_close(set);
		return rc;
	}
	*out = set;
	return 0;
}

void counters_close(struct counter_set *set)
{
	if (!set)
		return;
	close_members(set);
	free(set);
}

/* ---- what it has ------------------------------------------------------------------------------- */

unsigned counters_count(const struct counter_set *set)
{
	return set->count;
}

const struct counter *counters_get(const struct counter_set *set, unsigned i)
{
	return &set->counters[i];
}

double counters_pair_cost(const struct counter_set *set, unsigned i)
{
	return set->pair_cost[i];
}

unsigned counters_groups(const struct counter_set *set)
{
	return set->group_count;
}
