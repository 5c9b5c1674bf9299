/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counting_list.c - `list counters`: what can be counted here, and why the rest cannot; where structural
 * counts come from.
 */
#include "count/counting.h"

#include "cli/cli.h"
#include "count/simulate.h"
#include "counters/counters.h"
#include "measure/context.h"

#include <string.h>

static const struct {
	const char *name, *description;
} structural[] = {
	{ "regions_visited", "regions looked at, per operation" },
	{ "bytes_moved", "metadata moved or copied, per operation" },
	{ "metadata_bytes", "bytes that hold the regions" },
};

/* Of run --counters=callgrind. */
static const struct {
	const char *name, *description;
} simulated[] = {
	{ "instructions", "exact, with --counters=callgrind; so are branches" },
	{ "branches", "conditional and indirect ones" },
	{ "branch_misses", "of a simple predictor" },
	{ "l1i_misses", "of a code cache of 32 KiB" },
	{ "l1d_misses", "of a data cache of 32 KiB" },
	{ "llc_misses", "of a cache of 8 MiB" },
	{ "code_lines", "lines of 64 bytes that one operation touches" },
	{ "data_lines", "the same of data" },
};

#define SIMULATED (sizeof(simulated) / sizeof(simulated[0]))
#define STRUCTURAL (sizeof(structural) / sizeof(structural[0]))

static const char *const state_names[] = {
	[COUNTER_BELIEVED] = "believed",
	[COUNTER_UNVERIFIED] = "unverified",
	[COUNTER_ABSENT] = "absent",
};

/* The same reason holds for many events: the part behind the event's name, told once. */
static const char *common_reason(const struct counter *counter)
{
	size_t length = strlen(counter->event);

	if (!strncmp(counter->reason, counter->event, length) &&
	    !strncmp(counter->reason + length, ": ", 2))
		return counter->reason + length + 2;
	return counter->reason;
}

/* Its number among the distinct reasons, from 1. */
static unsigned number_reason(const char **reasons, unsigned *count, const char *reason)
{
	for (unsigned i = 0; i < *count; i++)
		if (!strcmp(reasons[i], reason))
			return i + 1;
	reasons[(*count)++] = reason;
	return *count;
}

static void print_counter(const char *name, enum counter_source source, const char *state,
			  const char *description)
{
	printf("%-18s %-11s %-15s %s\n", name, counter_source_names[source], state, description);
}

static void print_counters(const struct counter_set *set)
{
	const char *reasons[COUNTERS_MAX + 1], *lacks = bench_simulate_lacks();
	unsigned count = 0;

	for (size_t i = 0; i < STRUCTURAL; i++)
		print_counter(structural[i].name, COUNTER_STRUCTURAL, state_names[COUNTER_BELIEVED],
			      structural[i].description);
	for (unsigned i = 0; i < counters_count(set); i++) {
		const struct counter *counter = counters_get(set, i);
		char state[32];

		snprintf(state, sizeof(state), "%s", state_names[counter->state]);
		if (*counter->reason)
			snprintf(state, sizeof(state), "%s [%u]", state_names[counter->state],
				 number_reason(reasons, &count, common_reason(counter)));
		print_counter(counter->name, counter->source, state,
			      counter_description(counter->name));
	}
	for (size_t i = 0; i < SIMULATED; i++) {
		char state[32] = "believed";

		if (lacks)
			snprintf(state, sizeof(state), "absent [%u]",
				 number_reason(reasons, &count, lacks));
		print_counter(simulated[i].name, COUNTER_SIMULATED, state,
			      simulated[i].description);
	}
	for (unsigned i = 0; i < counter_preset_count; i++) {
		printf("%-18s %-11s ", counter_presets[i].name, "preset");
		for (unsigned j = 0; j < 4 && counter_presets[i].counters[j]; j++)
			printf("%s%s", j ? "+" : "", counter_presets[i].counters[j]);
		putchar('\n');
	}
	for (unsigned i = 0; i < count; i++) {
		char text[COUNTER_NAME_SIZE + sizeof(counters_get(set, 0)->reason)];

		snprintf(text, sizeof(text), "[%u] %s", i + 1, reasons[i]);
		mb_print_wrapped(stdout, text, 0, 2, 96);
		putchar('\n');
	}
	puts("--counters=perf: also takes any event of libpfm4 for this processor.");
}

static bool append_preset(json_t *list, const struct counter_preset *preset)
{
	json_t *counters = json_array();
	bool ok = counters != NULL;

	for (unsigned i = 0; i < 4 && preset->counters[i]; i++)
		ok &= !json_array_append_new(counters, json_string(preset->counters[i]));
	return ok & !json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", preset->name,
							   "kind", "preset", "counters", counters));
}

static bool append_counter(json_t *list, const struct counter *counter, const char *description)
{
	return !json_array_append_new(
		list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", counter->name, "kind",
				counter_source_names[counter->source], "description", description,
				"state", state_names[counter->state], "event", counter->event,
				"reason", counter->reason));
}

static bool append_counters(json_t *list, const struct counter_set *set)
{
	bool ok = true;

	for (size_t i = 0; i < STRUCTURAL; i++) {
		struct counter counter = { .source = COUNTER_STRUCTURAL,
					   .state = COUNTER_BELIEVED };

		snprintf(counter.name, sizeof(counter.name), "%s", structural[i].name);
		ok &= append_counter(list, &counter, structural[i].description);
	}
	for (unsigned i = 0; i < counters_count(set); i++)
		ok &= append_counter(list, counters_get(set, i),
				     counter_description(counters_get(set, i)->name));
	for (size_t i = 0; i < SIMULATED; i++) {
		const char *lacks = bench_simulate_lacks();
		struct counter counter = { .source = COUNTER_SIMULATED,
					   .state = lacks ? COUNTER_ABSENT : COUNTER_BELIEVED };

		snprintf(counter.name, sizeof(counter.name), "%s", simulated[i].name);
		snprintf(counter.reason, sizeof(counter.reason), "%s", lacks ? lacks : "");
		ok &= append_counter(list, &counter, simulated[i].description);
	}
	for (unsigned i = 0; i < counter_preset_count; i++)
		ok &= append_preset(list, &counter_presets[i]);
	return ok;
}

bool bench_counting_list(json_t *list)
{
	struct counter_error error;
	struct counter_set *set;
	bool ok = true;

	if (counters_open("all", &set, &error)) {
		mb_fail(MB_EXIT_ENVIRONMENT, "list: %s", error.text);
		return false;
	}
	if (list)
		ok = append_counters(list, set);
	else
		print_counters(set);
	counters_close(set);
	return ok;
}

void bench_counting_structural_context(void)
{
	char key[64];

	for (size_t i = 0; i < STRUCTURAL; i++) {
		snprintf(key, sizeof(key), "counter:%s", structural[i].name);
		bench_context(key,
			      "structural: counted by the variant itself, in its counted build");
	}
}
