/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_import.c - memblock-bench import: a boot log to a trace file. */
#include "import/cmd_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <memblock/trace.h>

#include "boots/boots.h"
#include "cli/cli.h"
#include "cli/json.h"

struct asked {
	const char *in, *out;
	const struct mb_profile *profile;
	bool json;
};

static const struct asked presets;

static const struct cli_option options[] = {
	MB_BOOT_OPERAND(CLI_FIELD(struct asked, in), 1),
	{ "o", "TRACE", CLI_FIELD(struct asked, out), .required = true, .complete = "@files",
	  .help = "where to; compressed if it ends in .zst; - for standard output" },
	CLI_OPTION_PROFILE(CLI_FIELD(struct asked, profile)),
	CLI_OPTION_FORMAT(CLI_FIELD(struct asked, json),
			  "json: one object on standard output, which TRACE cannot be then"),
	{ 0 },
};

const struct cli_command mb_import_command = {
	.name = "import",
	.what = "turn a boot log into a trace file",
	.about = { "Reads a console log of a memblock=debug boot (or a trace), works out what it does not "
		   "show, and writes a trace file (docs/traces.md). Says how sure the result is: how many "
		   "of the captured allocations and dumps it explains, and where the first of the others "
		   "is." },
	.stray = "one file at a time",
	.options = options,
	CLI_PRESETS(presets),
};

/* What was written, on standard error if the trace itself went to standard output. */
static void report(const struct mb_trace *trace, const char *out)
{
	FILE *file = strcmp(out, "-") ? stdout : stderr;
	const struct mb_account *a = &trace->account;

	fprintf(file, "%s: %zu operations (%zu reconstructed), %zu dumps, profile %s\n",
		strcmp(out, "-") ? out : "standard output", trace->count, trace->reconstructed,
		trace->dump_count, trace->machine.profile->name);
	if (!a->known)
		return;
	fprintf(file,
		"  %" PRIu64 " of %" PRIu64 " allocations as captured, %" PRIu64 " of %" PRIu64
		" dumps matched",
		a->allocs_as_captured, a->allocs, a->dumps_matched, a->dumps);
	if (a->allocs_unknown)
		fprintf(file, ", %" PRIu64 " results lost", a->allocs_unknown);
	if (a->unrecognised)
		fprintf(file, ", %" PRIu64 " lines not recognised", a->unrecognised);
	if (!a->unexplained)
		fprintf(file, "; nothing is unexplained");
	else
		fprintf(file, "; %" PRIu64 " unexplained, first at line %" PRIu32, a->unexplained,
			a->first_unexplained);
	if (a->searched)
		fprintf(file,
			",\n  but %" PRIu64 " thing%s only a search decided, or an assumption",
			a->searched, a->searched == 1 ? "" : "s");
	fputc('\n', file);
}

static json_t *account_as_json(const struct mb_account *a)
{
	if (!a->known)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "allocations",
			 (json_int_t)a->allocs, "as_captured", (json_int_t)a->allocs_as_captured,
			 "unknown", (json_int_t)a->allocs_unknown, "dumps", (json_int_t)a->dumps,
			 "matched", (json_int_t)a->dumps_matched, "unexplained",
			 (json_int_t)a->unexplained, "first_unexplained",
			 (json_int_t)a->first_unexplained, "searched", (json_int_t)a->searched,
			 "unrecognised", (json_int_t)a->unrecognised);
}

/* The same as one object, with the warnings and the operations that were worked out. */
static int report_json(const struct mb_trace *trace, const char *out)
{
	json_t *warnings = json_array(), *reconstructed = json_array();

	for (size_t i = 0; i < trace->warning_count; i++)
		json_array_append_new(warnings,
				      json_pack("{s:I, s:o}", "line",
						(json_int_t)trace->warnings[i].line, "text",
						mb_json_text(trace->warnings[i].text)));
	for (size_t i = 0; i < trace->count; i++)
		if (trace->ops[i].why)
			json_array_append_new(reconstructed,
					      json_pack("{s:I, s:s, s:I, s:o}", "operation",
							(json_int_t)i + 1, "kind",
							mb_op_name(trace->ops[i].kind), "line",
							(json_int_t)trace->ops[i].line, "why",
							mb_json_text(trace->ops[i].why)));
	return mb_print_json(json_pack("{s:o, s:I, s:I, s:s, s:I, s:o, s:o, s:o}", "trace",
				       mb_json_text(out), "operations", (json_int_t)trace->count,
				       "lines", (json_int_t)trace->lines, "profile",
				       trace->machine.profile->name, "dumps",
				       (json_int_t)trace->dump_count, "account",
				       account_as_json(&trace->account), "warnings", warnings,
				       "reconstructed", reconstructed),
			     JSON_INDENT(2));
}

static void print_warnings(const struct mb_trace *trace, const char *in)
{
	for (size_t i = 0; i < trace->warning_count; i++) {
		const struct mb_trace_warning *w = &trace->warnings[i];

		fprintf(stderr, "memblock-bench: %s", in);
		if (w->line)
			fprintf(stderr, ":%" PRIu32, w->line);
		fprintf(stderr, ": warning: %s\n", w->text);
	}
}

int mb_cmd_import(int argc, char **argv)
{
	struct mb_text_error error;
	struct mb_trace *trace;
	struct asked asked;
	int status = cli_parse(&mb_import_command, argc, argv, &asked);

	if (status)
		return status;
	if (asked.json && !strcmp(asked.out, "-"))
		return mb_fail(MB_EXIT_USAGE, "import: --format=json and -o - both want standard "
					      "output; name a file");
	status = mb_boot_load(asked.in, asked.profile, &trace);
	if (status)
		return status;
	print_warnings(trace, asked.in);
	if (mb_trace_write(trace, asked.out, &error))
		status = mb_fail(MB_EXIT_USAGE, "%s", error.text);
	else if (asked.json)
		status = report_json(trace, asked.out);
	else
		report(trace, asked.out);
	mb_trace_free(trace);
	return status;
}
