/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_gen.c - memblock-bench gen: a trace of a synthetic family. */
#include "gen/cmd_gen.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "synthetic/synthetic.h"

struct asked {
	const char *family, *out;
	struct cli_words settings;
	bool list, json;
};

static const struct asked presets;

static const struct cli_option options[] = {
	{ .value = "FAMILY",
	  CLI_FIELD(struct asked, family),
	  .max = 1,
	  .complete = "@families @files",
	  .help = "a name that --list shows, or a file NAME.json (docs/workloads.md)" },
	{ .value = "KEY=VALUE",
	  CLI_FIELD(struct asked, settings),
	  .max = 2 * (uint64_t)GEN_PARAMS,
	  .help = "its parameters; every family has size, seed and profile (6.1, 6.12 or new)" },
	{ "o", "TRACE", CLI_FIELD(struct asked, out), .complete = "@files",
	  .help = "where to; compressed if it ends in .zst; - for standard output" },
	{ "list", CLI_FIELD(struct asked, list),
	  .help = "the families and their parameters, or all that is known of one" },
	CLI_OPTION_FORMAT(CLI_FIELD(struct asked, json), "of the list"),
	{ 0 },
};

const struct cli_command mb_gen_command = {
	.name = "gen",
	.what = "make the trace of a synthetic workload",
	.synopsis = { "FAMILY [KEY=VALUE...] -o TRACE", "--list [FAMILY] [--format=text|json]" },
	.about = { "Makes a trace (docs/traces.md) of a synthetic workload: the same parameters give the "
		   "same bytes on any machine." },
	.notes =
		"Wherever a boot can be named, gen:FAMILY:KEY=VALUE:... is such a trace without a file.",
	.stray = "too many parameters",
	.options = options,
	CLI_PRESETS(presets),
};

static json_t *family_json(const struct gen_family *f)
{
	json_t *params = json_array();

	for (unsigned i = 0; i < f->param_count; i++) {
		const struct gen_param *p = &f->params[i];

		json_array_append_new(params, json_pack("{s:s, s:I, s:I, s:I, s:s}", "name",
							p->name, "default", (json_int_t)p->preset,
							"min", (json_int_t)p->min, "max",
							(json_int_t)p->max, "about", p->about));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", f->name, "title", f->title,
			 "problem", f->problem, "source", f->source, "profile", f->profile->name,
			 "parameters", params);
}

static void print_family(const struct gen_family *f, bool whole)
{
	printf("%s: %s\n", f->name, f->title);
	if (whole) {
		fputs("    ", stdout);
		mb_print_wrapped(stdout, f->problem, 4, 4, 96);
		printf("\n    Source: %s\n", f->source);
	}
	for (unsigned i = 0; i < f->param_count; i++) {
		const struct gen_param *p = &f->params[i];
		char range[64];

		snprintf(range, sizeof(range), "%s=%" PRId64 "..%" PRId64, p->name, p->min, p->max);
		printf("    %-28s (default %" PRId64 ")  %s\n", range, p->preset, p->about);
	}
	printf("    %-28s (default %s)  behaviour of the kernel\n\n", "profile=6.1|6.12|new",
	       f->profile->name);
}

static int open_family(const char *name, struct gen_family **family)
{
	struct mb_text_error error = { "" };
	size_t length = strlen(name);
	bool file = length > 5 && !strcmp(name + length - 5, ".json");
	int rc = file ? gen_family_load(name, family, &error) :
			gen_family_find(name, family, &error);

	return rc ? mb_fail(MB_EXIT_USAGE, "%s", error.text) : MB_EXIT_OK;
}

/* All families, or @name alone. */
static int list(const char *name, bool json)
{
	struct mb_catalogue families;
	json_t *all = json ? json_array() : NULL;
	int status = MB_EXIT_OK;

	mb_catalogue_families(&families);
	for (size_t i = 0; !status && i < (name ? 1 : families.count); i++) {
		struct gen_family *family;

		status = open_family(name ? name : families.paths[i], &family);
		if (status)
			break;
		if (json)
			json_array_append_new(all, family_json(family));
		else
			print_family(family, name);
		gen_family_free(family);
	}
	if (!status && !name && !families.count)
		status = mb_fail(MB_EXIT_USAGE, "gen: no families in %s", families.tried);
	mb_catalogue_free(&families);
	if (json && !status)
		return mb_print_json(all, 0);
	json_decref(all);
	return status;
}

static int write(const struct mb_trace *trace, const char *out, const struct gen_summary *s)
{
	FILE *report = strcmp(out, "-") ? stdout : stderr;
	struct mb_text_error error;

	if (mb_trace_write(trace, out, &error))
		return mb_fail(MB_EXIT_USAGE, "%s", error.text);
	fprintf(report,
		"%s: %zu operations, %" PRIu64 " with an address (%" PRIu64 " failed), %" PRIu64
		" growths%s, profile %s\n",
		strcmp(out, "-") ? out : "standard output", trace->count, s->allocs, s->failed,
		s->growths, s->self ? "" : " (not recorded: check with --metadata=host)",
		trace->machine.profile->name);
	return MB_EXIT_OK;
}

static int generate(const struct asked *asked)
{
	struct mb_text_error error = { "" };
	struct gen_settings settings;
	struct gen_summary summary;
	struct gen_family *family;
	struct mb_trace *trace;
	int rc = 0, status = open_family(asked->family, &family);

	if (status)
		return status;
	gen_settings_preset(family, &settings);
	for (unsigned i = 0; i < asked->settings.count && !rc; i++)
		rc = gen_settings_set(family, &settings, asked->settings.words[i],
				      strlen(asked->settings.words[i]), &error);
	if (!rc)
		rc = gen_trace(family, &settings, &trace, &summary, &error);
	gen_family_free(family);
	if (rc)
		return mb_fail(MB_EXIT_USAGE, "gen: %s", error.text);
	status = write(trace, asked->out, &summary);
	mb_trace_free(trace);
	return status;
}

int mb_cmd_gen(int argc, char **argv)
{
	struct asked asked;
	int status = cli_parse(&mb_gen_command, argc, argv, &asked);

	if (status)
		return status;
	if (asked.list && asked.settings.count)
		return mb_fail(MB_EXIT_USAGE, "gen: --list takes one family: '%s'",
			       *asked.settings.words);
	if (asked.list)
		return list(asked.family, asked.json);
	if (!asked.family || !asked.out)
		return mb_fail(MB_EXIT_USAGE, "gen: give FAMILY and -o TRACE; see --list, --help");
	return generate(&asked);
}
