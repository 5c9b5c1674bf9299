/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_list.c - memblock-bench list: what can be asked for by name. */
#include "list/cmd_list.h"

#include <ctype.h>
#include <jansson.h>
#include <memblock/trace.h>
#include <stdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "count/counting.h"
#include "synthetic/synthetic.h"
#include "timed/operations.h"

static bool whole = true; /* nothing is missing in the array */

/* One entry: a line of text, or an object in the array. */
static void entry(json_t *list, const char *name, const char *kind, const char *text)
{
	if (list)
		whole &= !json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "name",
								mb_json_text(name), "kind", kind,
								"description", mb_json_text(text)));
	else
		printf("%-34s %-9s %s\n", name, kind, text);
}

static void describe_params(const struct mb_param *p)
{
	for (; p->name; p++) {
		char range[64], preset[32];

		if (p->choices) {
			snprintf(range, sizeof(range), "%s%s", p->choices,
				 p->kind == MB_PARAM_RELEASE ? "|X.Y" : "");
			mb_param_text(p, p->preset, preset, sizeof(preset));
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
	static const char *const kinds[] = { "store", "null", "kernel", "peer", "bounded" };
	const char *alias, *name;
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
	for (n = 0; (alias = mb_variant_alias(n, &name)); n++) {
		char text[64];

		snprintf(text, sizeof(text), "stands for %s, the store that is recommended", name);
		entry(list, alias, "alias", text);
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
	entry(list, "replay_cold_llc", "boot",
	      "the same, and what the instance and its code have in any cache flushed");
}

/* A word of operations.def, as others have theirs. */
static const char *lower(const char *word, char text[24])
{
	size_t i;

	for (i = 0; word[i] && i + 1 < 24; i++)
		text[i] = word[i] != '_' ? (char)tolower((unsigned char)word[i]) :
			  isdigit((unsigned char)word[i - 1]) ? '.' :
								' ';
	text[i] = '\0';
	return text;
}

/* The operations of traces: which collection and hot path they belong to, and their arguments, by the keys that
 * families have for them. */
static void list_trace_operations(json_t *list)
{
	for (unsigned i = 0; i < MB_OP_KINDS; i++) {
		const struct mb_operation *o = &mb_operations[i];
		char nature[24], collection[24], path[24], kernels[24], text[200];
		size_t used;

		used = (size_t)snprintf(
			text, sizeof(text), "%s, %s%s%s;", lower(o->collection, collection),
			lower(o->path_name, path), strcmp(o->kernels, "ALL") ? ", kernels " : "",
			strcmp(o->kernels, "ALL") ? lower(o->kernels, kernels) : "");
		for (const char *at = o->arguments; *at && used < sizeof(text); at++) {
			const struct mb_argument *a = mb_argument_of(*at);

			if (a->key || a->form == MB_FORM_EVENT || a->form == MB_FORM_RESULT)
				used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
							 a->key                   ? a->key :
							 a->form == MB_FORM_EVENT ? "event" :
										    "=>");
		}
		if (text[used - 1] == ';')
			text[used - 1] = '\0';
		entry(list, o->word, lower(o->nature_name, nature), text);
	}
}

static void list_counters(json_t *list)
{
	whole &= bench_counting_list(list);
}

/* What `linux:with=` can change in the kernel's own file. */
static void list_steps(json_t *list)
{
	const char *name, *text;

	for (unsigned i = 0; (name = mb_variant_step(i, &text)); i++)
		entry(list, name, "step", text);
}

/* ---- the command ------------------------------------------------------------------------------- */

struct asked {
	unsigned list;
	bool json;
};

static const struct asked presets;

static const struct cli_option options[] = {
	{ .value = "WHAT",
	  .choices = "variants|workloads|operations|counters|trace-operations|steps",
	  CLI_FIELD(struct asked, list),
	  .min = 1,
	  .max = 1,
	  .help = "variants, workloads, operations, counters, trace-operations or steps" },
	CLI_OPTION_FORMAT(CLI_FIELD(struct asked, json), "a line each, or one array of objects"),
	{ 0 },
};

const struct cli_command mb_list_command = {
	.name = "list",
	.what = "variants, workloads, operations, counters: what can be named",
	.about = { "Lists what other commands can be asked for by name: variants with their parameters, "
		   "workloads, operations of run, counters with the reason of each that is absent, and "
		   "the operations of traces and families with their arguments; steps are what "
		   "linux:with= can change in the kernel's own file." },
	.stray = "one list at a time",
	.options = options,
	CLI_PRESETS(presets),
};

int mb_cmd_list(int argc, char **argv)
{
	/* In the order of the choices. */
	static void (*const lists[])(json_t * list) = {
		list_variants, list_workloads,        list_operations,
		list_counters, list_trace_operations, list_steps,
	};
	struct asked asked;
	json_t *list;
	int status = cli_parse(&mb_list_command, argc, argv, &asked);

	if (status)
		return status;
	list = asked.json ? json_array() : NULL;
	lists[asked.list](list);
	if (asked.json && !whole) {
		json_decref(list);
		list = NULL;
	}
	return asked.json ? mb_print_json(list, 0) : MB_EXIT_OK;
}
