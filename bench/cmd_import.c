/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_import.c - memblock-bench import: a boot log to a trace file. */
#include <inttypes.h>
#include <stdio.h>

#include <memblock/trace.h>

#include "cli.h"

static const char help[] =
	"usage: memblock-bench import FILE -o TRACE\n\n"
	"Reads a console log of a memblock=debug boot (or a trace), works out what it does not show,\n"
	"and writes a trace file (docs/traces.md), compressed when TRACE ends in .zst.\n";

int mb_cmd_import(int argc, char **argv)
{
	static const struct mb_option options[] = { { "help", 'h', false },
						    { "o", 'o', true },
						    { NULL, 0, false } };
	struct mb_args args = { argc, argv, options, 1, false };
	const char *value, *in = NULL, *out = NULL;
	struct mb_text_error error;
	struct mb_trace *trace;
	int id;

	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'o':
			out = value;
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
	if (mb_trace_load(in, &trace, &error))
		return mb_fail(MB_EXIT_USAGE, "%s", error.text);
	for (size_t i = 0; i < trace->warning_count; i++)
		fprintf(stderr, "memblock-bench: %s:%" PRIu32 ": warning: %s\n", in,
			trace->warnings[i].line, trace->warnings[i].text);
	if (mb_trace_write(trace, out, &error)) {
		mb_trace_free(trace);
		return mb_fail(MB_EXIT_USAGE, "%s", error.text);
	}
	printf("%s: %zu operations (%zu reconstructed), %zu dumps, profile %s\n", out, trace->count,
	       trace->reconstructed, trace->dump_count, trace->machine.profile->name);
	mb_trace_free(trace);
	return MB_EXIT_OK;
}
