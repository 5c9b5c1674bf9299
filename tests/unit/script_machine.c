/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_machine.c - the worked cases on another machine than the one that they are written for.
 *
 * Without NUMA, with two nodes, with more slots a case comes out otherwise than it says, and the kernel's own
 * file, compiled for that machine, is the referee of how. So each case is run on both, everything that can be
 * seen after each statement is written down, and the two records have to be the same. How many cases came out as
 * they say is counted besides.
 *
 * Left out, and counted, are cases with addresses of more bits than the machine has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/trace.h>

#include "script_impl.h"

/* KEY=VALUE,... on top of the machine of the cases; "" is that machine. */
static struct mb_machine machine_of(const char *text)
{
	struct mb_machine machine = fixture_machine;

	for (; *text; text += strcspn(text, ","), text += *text == ',')
		if (mb_machine_read(&machine, text, strcspn(text, ",")))
			fail_msg("MB_TEST_MACHINE: '%s'", text);
	return machine;
}

/* Is there a number of more than 32 bits in the text? "max" is the end of any address space. */
static bool has_wide_number(const char *text)
{
	while (*text) {
		size_t digits = strspn(text, "0123456789abcdef");

		if (digits > 8 && strspn(text, "0") < digits - 8)
			return true;
		text += digits ? digits : 1;
	}
	return false;
}

static bool is_left_out(const struct script_case *c, const struct mb_machine *machine)
{
	return c->on & NOT_LINUX || (machine->addr_bits == 32 && has_wide_number(c->text));
}

/* Does the case run with this kind of metadata? Where a kernel's slots are smaller nothing may grow into the managed
 * memory; cases of growth have their arrays on the host there. */
static bool has_metadata(const struct script_case *c, const struct mb_machine *machine)
{
	if (machine->addr_bits == 32)
		return machine->metadata == MB_METADATA_HOST || !strstr(c->text, "allow");
	return machine->metadata == MB_METADATA_SELF || !(c->on & ON_ARRAY_SELF);
}

/* The first line in which two records differ, and the statement that it belongs to. */
static void print_difference(const char *kernel, const char *ours)
{
	const char *line = kernel, *other = ours;

	while (*kernel && *kernel == *ours) {
		if (*kernel == '\n') {
			line = kernel + 1;
			other = ours + 1;
		}
		kernel++;
		ours++;
	}
	print_error("  kernel: %.*s\n  array:  %.*s\n", (int)strcspn(line, "\n"), line,
		    (int)strcspn(other, "\n"), other);
}

enum { CASES_MAX = 256 }; /* of a program */
enum outcome { SAME, OTHERWISE, LEFT_OUT, DIFFERS };

/* @c on the kernel's file and on array, with both kinds of metadata. */
static enum outcome compare_case(const struct script_case *c, const struct mb_variant_spec *kernel,
				 const struct mb_variant_spec *ours, struct mb_machine machine)
{
	static struct script_record records[2];
	enum outcome outcome = LEFT_OUT;

	if (is_left_out(c, &machine))
		return LEFT_OUT;
	for (int m = MB_METADATA_SELF; m <= MB_METADATA_HOST; m++) {
		machine.metadata = (enum mb_metadata)m;
		if (!has_metadata(c, &machine))
			continue;
		for (int i = 0; i < 2; i++) {
			records[i].used = 0;
			records[i].otherwise = false;
			if (!script_run_case(c, i ? ours : kernel, &machine, &records[i]))
				return DIFFERS;
		}
		if (records[0].used >= sizeof(records[0].text)) {
			print_error("row %u %s: more than can be written down\n", c->row, c->name);
			return DIFFERS;
		}
		if (strcmp(records[0].text, records[1].text) != 0) {
			print_error("row %u %s, metadata=%s, differs:\n", c->row, c->name,
				    m == MB_METADATA_HOST ? "host" : "self");
			print_difference(records[0].text, records[1].text);
			return DIFFERS;
		}
		outcome = records[0].otherwise || outcome == OTHERWISE ? OTHERWISE : SAME;
	}
	return outcome;
}

/* A row has several cases; it is as good as the worst of them, and left out if all are. */
static void count(const enum outcome *outcomes, const struct script_case *cases, const bool *runs,
		  size_t n, unsigned rows[4])
{
	for (size_t i = 0; i < n; i++) {
		enum outcome worst = LEFT_OUT;
		bool first = cases[i].row && runs[i];

		for (size_t k = 0; k < n && first; k++) {
			if (cases[k].row != cases[i].row || !runs[k])
				continue;
			first = k >= i;
			if (outcomes[k] != LEFT_OUT && (worst == LEFT_OUT || outcomes[k] > worst))
				worst = outcomes[k];
		}
		if (first)
			rows[worst]++;
	}
}

static unsigned bit_of(const struct mb_profile *profile)
{
	return !strcmp(profile->name, "6.1")  ? ON_61 :
	       !strcmp(profile->name, "6.12") ? ON_612 :
						ON_NEW;
}

int script_run_on_machine(const char *group, const struct script_case *cases, size_t n)
{
	const char *name = getenv("MB_TEST_KERNEL"), *only = getenv("MB_TEST_CASE");
	const char *held = getenv("MB_TEST_MACHINE");
	struct mb_machine machine = machine_of(held ? held : "");
	static enum outcome outcomes[CASES_MAX];
	static bool runs[CASES_MAX];
	unsigned rows[4] = { 0 }, own[4] = { 0 };
	struct mb_variant_spec kernel, ours = spec_of("array", MB_O2);
	const struct mb_ops *ops;
	char error[768];

	assert_true(n <= CASES_MAX);
	if (mb_variant_parse(name ? name : "linux", &kernel, error, sizeof(error)) ||
	    mb_variant_ops(&kernel, &machine, &ops, &machine.profile, NULL, error, sizeof(error))) {
		print_error("MB_TEST_KERNEL: %s\n", error);
		return 3;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned on = cases[i].on & (ON_61 | ON_612 | ON_NEW);

		runs[i] = (!on || on & bit_of(machine.profile)) &&
			  (!only || !strcmp(only, cases[i].name));
		if (!runs[i])
			continue;
		outcomes[i] = compare_case(&cases[i], &kernel, &ours, machine);
		own[outcomes[i]] += !cases[i].row;
	}
	count(outcomes, cases, runs, n, rows);
	printf("%s: profile %s: rows: %u as they say, %u otherwise, %u left out, %u differ; "
	       "others: %u, %u, %u, %u\n",
	       group, machine.profile->name, rows[SAME], rows[OTHERWISE], rows[LEFT_OUT],
	       rows[DIFFERS], own[SAME], own[OTHERWISE], own[LEFT_OUT], own[DIFFERS]);
	return rows[DIFFERS] || own[DIFFERS];
}
