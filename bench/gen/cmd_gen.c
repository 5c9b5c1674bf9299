/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_gen.c - memblock-bench gen: a trace of a synthetic family. */
#include "gen/cmd_gen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "synthetic/synthetic.h"

static const char help[] =
	"usage: memblock-bench gen FAMILY [KEY=VALUE...] -o TRACE\n"
	"       memblock-bench gen --list [FAMILY] [--format=text|json]\n\n"
	"Makes a trace (docs/traces.md) of a synthetic workload: the same parameters give the same\n"
	"bytes on any machine. Compressed when TRACE ends in .zst; - writes to standard output.\n"
	"FAMILY is a name that --list shows, or a file NAME.json (docs/workloads.md). Every family\n"
	"has the parameters size, seed and profile (6.1, 6.12 or new).\n\n"
	"Wherever a boot can be named, gen:FAMILY:KEY=VALUE:... is such a trace without a file.\n";

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

/* @text in lines of @width, indented by four blanks. */
static void print_wrapped(const char *text, size_t width)
{
	while (*text) {
		size_t length = strlen(text), line = length;

		if (length > width)
			for (line = width; line > 1 && text[line] != ' ';)
				line--;
		printf("    %.*s\n", (int)line, text);
		text += line;
		text += *text == ' ';
	}
}

static void print_family(const struct gen_family *f, bool whole)
{
	printf("%s: %s\n", f->name, f->title);
	if (whole) {
		print_wrapped(f->problem, 92);
		printf("    Source: %s\n", f->source);
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

static int generate(char **words, int count, const char *out)
{
	struct mb_text_error error = { "" };
	struct gen_settings settings;
	struct gen_summary summary;
	struct gen_family *family;
	struct mb_trace *trace;
	int rc = 0, status = open_family(words[0], &family);

	if (status)
		return status;
	gen_settings_preset(family, &settings);
	for (int i = 1; i < count && !rc; i++)
		rc = gen_settings_set(family, &settings, words[i], strlen(words[i]), &error);
	if (!rc)
		rc = gen_trace(family, &settings, &trace, &summary, &error);
	gen_family_free(family);
	if (rc)
		return mb_fail(MB_EXIT_USAGE, "gen: %s", error.text);
	status = write(trace, out, &summary);
	mb_trace_free(trace);
	return status;
}

int mb_cmd_gen(int argc, char **argv)
{
	static const struct mb_option options[] = { { "help", 'h', false },
						    { "o", 'o', true },
						    { "list", 'l', false },
						    { "format", 'f', true },
						    { NULL, 0, false } };
	struct mb_args args = { argc, argv, options, 1, false };
	char *words[1 + 2 * GEN_PARAMS];
	const char *value, *out = NULL;
	bool json = false, listing = false;
	int id, count = 0;

	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'o':
			out = value;
			break;
		case 'l':
			listing = true;
			break;
		case 'f':
			if (!mb_parse_format(value, &json))
				return MB_EXIT_USAGE;
			break;
		case MB_ARG_FILE:
			if (count == 1 + 2 * GEN_PARAMS)
				return mb_fail(MB_EXIT_USAGE, "gen: too many parameters: '%s'",
					       value);
			words[count++] = (char *)(uintptr_t)value;
			break;
		default:
			return MB_EXIT_USAGE;
		}
	}
	if (listing && count > 1)
		return mb_fail(MB_EXIT_USAGE, "gen: --list takes one family: '%s'", words[1]);
	if (listing)
		return list(count ? words[0] : NULL, json);
	if (!count)
		return mb_fail(MB_EXIT_USAGE, "gen: give FAMILY and -o TRACE; see --list, --help");
	if (!out || !*out)
		return mb_fail(MB_EXIT_USAGE, "gen: give -o TRACE; see --help");
	return generate(words, count, out);
}
