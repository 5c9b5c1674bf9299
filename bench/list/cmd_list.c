/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_list.c - memblock-bench list: what can be asked for by name. */
#include "list/cmd_list.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "count/counting.h"
#include "synthetic/synthetic.h"
#include "timed/operations.h"

static const char help[] = "usage: memblock-bench list variants|workloads|operations|counters "
			   "[--format=text|json]\n";

static bool complete = true; /* nothing is missing in the array */

/* One entry: a line of text, or an object in the array. */
static void entry(json_t *list, const char *name, const char *kind, const char *text)
{
	if (list)
		complete &= !json_array_append_new(
			list, json_pack("{s:o, s:s, s:o}", "name", mb_json_text(name), "kind", kind,
					"description", mb_json_text(text)));
	else
		printf("%-34s %-9s %s\n", name, kind, text);
}

static void describe_params(const struct mb_param *p)
{
	for (; p->name; p++) {
		char range[64], preset[32];

		if (p->kind == MB_PARAM_CHOICE) {
			const char *word = p->choices;

			for (uint32_t i = 0; i < p->preset; i++)
				word += strcspn(word, "|") + 1;
			snprintf(range, sizeof(range), "%s", p->choices);
			snprintf(preset, sizeof(preset), "%.*s", (int)strcspn(word, "|"), word);
		} else if (p->kind == MB_PARAM_RATIO) {
			snprintf(range, sizeof(range), "%g..%g", p->min / 100.0, p->max / 100.0);
			snprintf(preset, sizeof(preset), "%g", p->preset / 100.0);
		} else {
			snprintf(range, sizeof(range), "%u..%u", p->min, p->max);
			snprintf(preset, sizeof(preset), "%u", p->preset);
		}
		printf("    :%s=%s (default %s)  %s\n", p->name, range, preset, p->help);
	}
}

/* Can some of the kernels not be had? Then @absent names one. */
static bool lacks_a_version(const char *name, char *absent, size_t size)
{
	static const char *const versions[] = { "6.12", "6.1" };
	struct mb_variant_spec spec;
	char text[64];

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		snprintf(text, sizeof(text), "%s:version=%s", name, versions[i]);
		if (mb_variant_parse(text, &spec, absent, size))
			return true;
	}
	return false;
}

static void list_variants(json_t *list)
{
	static const char *const kinds[] = { "store", "null", "kernel", "peer" };
	unsigned n;
	const struct mb_variant *v = mb_variants(&n);

	for (unsigned i = 0; i < n; i++) {
		struct mb_variant_spec spec;
		char absent[512], text[1024];
		const char *description = v[i].description;

		if (mb_variant_parse(v[i].name, &spec, absent, sizeof(absent)) ||
		    (v[i].kind == MB_KIND_KERNEL &&
		     lacks_a_version(v[i].name, absent, sizeof(absent)))) {
			snprintf(text, sizeof(text), "%s; absent: %s", description, absent);
			description = text;
		}
		entry(list, v[i].name, kinds[v[i].kind], description);
		if (!list && v[i].kind != MB_KIND_NULL)
			describe_params(mb_variant_params(&v[i]));
	}
}

/* The families of gen, under the names that workloads have. */
static void list_families(json_t *list)
{
	struct mb_catalogue families;

	mb_catalogue_families(&families);
	for (size_t i = 0; i < families.count; i++) {
		struct mb_text_error error = { "" };
		struct gen_family *family = NULL;
		char name[96];

		snprintf(name, sizeof(name), GEN_PREFIX "%.80s", families.names[i]);
		if (gen_family_load(families.paths[i], &family, &error))
			entry(list, name, "broken", error.text);
		else
			entry(list, name, "generated", family->title);
		gen_family_free(family);
	}
	mb_catalogue_free(&families);
}

static void list_workloads(json_t *list)
{
	struct mb_catalogue boots;

	for (unsigned i = 0; i < BENCH_SYNTHETIC; i++)
		entry(list, bench_workload_names[i], "synthetic", bench_workload_descriptions[i]);
	list_families(list);
	mb_catalogue_boots(&boots);
	for (size_t i = 0; i < boots.count; i++)
		entry(list, boots.names[i], "captured", boots.paths[i]);
	mb_catalogue_free(&boots);
}

static void list_operations(json_t *list)
{
	for (unsigned i = 0; i < bench_operation_count; i++)
		entry(list, bench_operations[i].name,
		      bench_operations[i].changes ? "changes" : "reads",
		      bench_operations[i].description);
	entry(list, "replay", "boot", "the operations of a captured boot, one after the other");
	entry(list, "replay_cold", "boot",
	      "the same with caches, TLB and predictors disturbed before each operation");
}

static void list_counters(json_t *list)
{
	complete &= bench_counting_list(list);
}

int mb_cmd_list(int argc, char **argv)
{
	static const struct mb_option options[] = { { "help", 'h', false },
						    { "format", 'f', true },
						    { NULL, 0, false } };
	static const struct {
		const char *name;
		void (*print)(json_t *list);
	} lists[] = {
		{ "variants", list_variants },
		{ "workloads", list_workloads },
		{ "operations", list_operations },
		{ "counters", list_counters },
	};
	struct mb_args args = { argc, argv, options, 1, false };
	const char *value, *what = NULL;
	bool json = false;
	int id;

	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'f':
			if (!mb_parse_format(value, &json))
				return MB_EXIT_USAGE;
			break;
		case MB_ARG_FILE:
			if (what)
				return mb_fail(MB_EXIT_USAGE, "list: one list at a time: '%s'",
					       value);
			what = value;
			break;
		default:
			return MB_EXIT_USAGE;
		}
	}
	if (!what)
		return mb_fail(MB_EXIT_USAGE,
			       "list: say what: variants, workloads, operations or counters");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = json ? json_array() : NULL;

		if (strcmp(lists[i].name, what)) {
			json_decref(list);
			continue;
		}
		lists[i].print(list);
		if (json && !complete) {
			json_decref(list);
			list = NULL;
		}
		return json ? mb_print_json(list, 0) : MB_EXIT_OK;
	}
	return mb_fail(MB_EXIT_USAGE,
		       "list: unknown list '%s'; variants, workloads, operations or counters",
		       what);
}
