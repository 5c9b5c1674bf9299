/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_encodings.c - the names of counters on processors that are not there.
 *
 * LIBPFM_FORCE_PMU makes libpfm4 believe in a PMU. It is read once and what it enabled stays, so every
 * processor gets a process of its own. The numbers are those of the vendors' manuals: event in
 * the low byte, unit mask in the next one.
 */
#include "harness.h"

#include "counters/perf_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TYPE_RAW 4

struct expected {
	const char *counter;
	uint64_t config;
};

#define NAMES_MAX 8

static const struct processor {
	const char *pmu;
	struct expected names[NAMES_MAX];
} processors[] = {
	{ "skl",
	  { { "instructions", 0xc0 },
	    { "cycles", 0x3c },
	    { "branches", 0xc4 },
	    { "branch_misses", 0xc5 },
	    { "l1d_misses", 0x151 },
	    { "llc_misses", 0x412e },
	    { "dtlb_misses", 0xe08 },
	    { "itlb_misses", 0xe85 } } },
	{ "spr",
	  { { "instructions", 0xc0 },
	    { "cycles", 0x3c },
	    { "branches", 0xc4 },
	    { "branch_misses", 0xc5 },
	    { "l1d_misses", 0x151 },
	    { "llc_misses", 0x412e },
	    { "dtlb_misses", 0xe12 },
	    { "itlb_misses", 0xe11 } } },
	{ "amd64_fam19h_zen4",
	  { { "instructions", 0xc0 },
	    { "cycles", 0x76 },
	    { "branches", 0xc2 },
	    { "branch_misses", 0xc3 },
	    { "dtlb_misses", 0x1045 },
	    { "itlb_misses", 0x885 } } },
};

/* The first of the counter's events that libpfm4 knows. */
static int encode_first(const char *name, struct counter_encoding *encoding)
{
	const struct counter_definition *definition = counter_definition_find(name);
	char why[160];

	for (unsigned i = 0; definition && i < CANDIDATES_MAX && definition->candidates[i]; i++)
		if (!counter_encode(definition->candidates[i], encoding, why, sizeof(why)))
			return 0;
	return -ENOENT;
}

/* In a process of its own: how many names are encoded wrongly. */
static int check_processor(const struct processor *processor)
{
	struct counter_encoding encoding;
	int wrong = 0;

	setenv("LIBPFM_FORCE_PMU", processor->pmu, 1);
	for (unsigned i = 0; i < NAMES_MAX && processor->names[i].counter; i++) {
		const struct expected *expected = &processor->names[i];
		int rc = encode_first(expected->counter, &encoding);

		if (!rc && encoding.type == TYPE_RAW && encoding.config == expected->config)
			continue;
		fprintf(stderr, "%s: %s: %d, type %u, config %#llx instead of %#llx\n",
			processor->pmu, expected->counter, rc, encoding.type,
			(unsigned long long)encoding.config, (unsigned long long)expected->config);
		wrong++;
	}
	return wrong;
}

/* What @run returns in a child. */
static int in_child(int (*run)(const struct processor *), const struct processor *processor)
{
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(run(processor));
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void names_are_encoded_per_processor(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(processors) / sizeof(processors[0]); i++)
		assert_int_equal(in_child(check_processor, &processors[i]), 0);
}

/* Names of one vendor are unknown to the other's processor, and bad attributes are refused. */
static int check_refusals(const struct processor *processor)
{
	static const struct {
		const char *event, *message;
	} bad[] = {
		{ "RETIRED_INSTRUCTIONS", "event not found" },
		{ "NO_SUCH_EVENT", "event not found" },
		{ "INSTRUCTION_RETIRED:no_such_mask", "attribute" },
		{ "MEM_LOAD_RETIRED", "unit mask" },
		{ "INSTRUCTION_RETIRED:k", "drop the ':k'" },
	};
	struct counter_encoding encoding;
	int wrong = 0;

	setenv("LIBPFM_FORCE_PMU", processor->pmu, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char why[200] = "";
		int rc = counter_encode(bad[i].event, &encoding, why, sizeof(why));

		if (rc == -EINVAL && strstr(why, bad[i].message) && strstr(why, bad[i].event))
			continue;
		fprintf(stderr, "%s: %d: '%s'\n", bad[i].event, rc, why);
		wrong++;
	}
	return wrong;
}

static void bad_names_are_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_refusals, &processors[0]), 0);
}

/* Modifiers that are no part of the encoding do not change it. */
static int check_modifiers(const struct processor *processor)
{
	struct counter_encoding plain, user;
	char why[160];

	setenv("LIBPFM_FORCE_PMU", processor->pmu, 1);
	return counter_encode("INSTRUCTION_RETIRED", &plain, why, sizeof(why)) ||
	       counter_encode("INSTRUCTION_RETIRED:u", &user, why, sizeof(why)) ||
	       plain.config != user.config || plain.type != user.type;
}

static void user_mode_is_the_default(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_modifiers, &processors[1]), 0);
}

/* Software events have generic encodings, wherever. */
static void software_events_are_told_apart(void **state)
{
	struct counter_encoding encoding;

	(void)state;
	assert_int_equal(encode_first("page_faults", &encoding), 0);
	assert_true(counter_is_software(&encoding));
	assert_false(counter_is_in_kernel(&encoding));
	assert_int_equal(encode_first("context_switches", &encoding), 0);
	assert_true(counter_is_software(&encoding));
	assert_true(counter_is_in_kernel(&encoding));
	assert_int_equal(encode_first("instructions", &encoding), 0);
	assert_false(counter_is_software(&encoding));
}

static void names_are_distinct_and_described(void **state)
{
	(void)state;
	for (unsigned i = 0; i < counter_definition_count; i++) {
		const struct counter_definition *definition = &counter_definitions[i];

		assert_ptr_equal(counter_definition_find(definition->name), definition);
		assert_true(*definition->description);
		assert_non_null(definition->candidates[0]);
		assert_true(definition->probe < PROBES);
	}
	for (unsigned i = 0; i < counter_preset_count; i++) {
		assert_null(counter_definition_find(counter_presets[i].name));
		for (unsigned j = 0; j < 4 && counter_presets[i].counters[j]; j++)
			assert_non_null(counter_definition_find(counter_presets[i].counters[j]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_encoded_per_processor),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(user_mode_is_the_default),
		cmocka_unit_test(software_events_are_told_apart),
		cmocka_unit_test(names_are_distinct_and_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
