/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_import.c - memblock-bench import: a boot log to a trace file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <memblock/trace.h>

#include "cli.h"
#include "input.h"

static const char help[] =
	"usage: memblock-bench import FILE -o TRACE [OPTION...]\n\n"
	"Reads a console log of a memblock=debug boot (or a trace), works out what it does not show,\n"
	"and writes a trace file (docs/traces.md), compressed when TRACE ends in .zst; - writes to\n"
	"standard output.\n\n" MB_INPUT_HELP "\n" MB_PROFILE_HELP;

/* What was written, on standard error if the trace itself went to standard output. */
static void report(const struct mb_trace *trace, const char *out)
{
	fprintf(strcmp(out, "-") ? stdout : stderr,
		"%s: %zu operations (%zu reconstructed), %zu dumps, profile %s\n",
		strcmp(out, "-") ? out : "standard output", trace->count, trace->reconstructed,
		trace->dump_count, trace->machine.profile->name);
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
	static const struct mb_option options[] = { { "help", 'h', false },
						    { "o", 'o', true },
						    { "profile", 'p', true },
						    { NULL, 0, false } };
	struct mb_args args = { argc, argv, options, 1, false };
	const char *value, *in = NULL, *out = NULL;
	const struct mb_profile *profile = NULL;
	struct mb_text_error error;
	struct mb_trace *trace;
	int id, status;

	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'o':
			out = value;
			break;
		case 'p':
			if (!mb_parse_profile(value, &profile))
				return MB_EXIT_USAGE;
			break;
		case MB_ARG_FILE:
			if (in)
				return mb_fail(MB_EXIT_USAGE, "import: one file at a time: '%s'",
					       value);
			in = value;
			break;
		default:
			return MB_EXIT_USAGE;
		}
	}
	if (!in || !out)
		return mb_fail(MB_EXIT_USAGE, "import: give FILE and -o TRACE; see --help");
	if (!*out)
		return mb_fail(MB_EXIT_USAGE, "import: an empty name after -o");
	status = mb_input_load(in, profile, &trace);
	if (status)
		return status;
	print_warnings(trace, in);
	if (mb_trace_write(trace, out, &error)) {
		mb_trace_free(trace);
		return mb_fail(MB_EXIT_USAGE, "%s", error.text);
	}
	report(trace, out);
	mb_trace_free(trace);
	return MB_EXIT_OK;
}
