/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_options.c - the options of `memblock-bench run`, and what follows from them. */
#include "run/run_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "timed/state.h"

static const char help[] =
	"usage: memblock-bench run [OPTION...]\n"
	"\n"
	"Measure operations on synthetic states and replays of captured boots, verify every answer,\n"
	"and print a table.\n"
	"\n"
	"  --variants=LIST     what is compared, separated by commas (linux,all,null)\n"
	"  --workloads=LIST    random, ascending, descending, gaps; names of captured boots; trace or log\n"
	"                      files; or synthetic; captured: every boot; all: synthetic and the\n"
	"                      core of the captured boots (all)\n"
	"  --operations=LIST   see 'memblock-bench list operations' (all)\n"
	"  --regions=LIST      sizes of synthetic states (16,128,1024,8192,65536)\n"
	"  --filter=REGEX      only benchmarks whose name matches (extended regular expression)\n"
	"  --metadata=MODE     self: metadata grows out of the managed memory; host: outside (self)\n"
	"  --build=SET         kflags: compiled as a kernel is; o2; both: o2 rows are named VARIANT+o2\n"
	"                      (kflags; with --full both)\n"
	"  --counters=WHICH    auto: what there is; perf: hardware counters, or fail; perf:NAME+NAME: these,\n"
	"                      presets or events of libpfm4 (see 'list counters'); callgrind: those\n"
	"                      of a simulated processor, exact and repeatable; none (auto)\n"
	"  --processes=N       one after the other, each with another layout of memory (3; --quick 1,\n"
	"                      --full 10; with --precision 30 at most)\n"
	"  --repetitions=N     of each benchmark in each process, interleaved (5, in a single process\n"
	"                      15, or fewer to end in time; --quick 1; N given: all of them)\n"
	"  --precision=PERCENT go on with further processes until every ratio is known that well\n"
	"  --budget=SECONDS    what the whole run may take (100; with --precision 600; --quick, --full\n"
	"                      and --repetitions: what it takes)\n"
	"  --pin=CPU|no        the processor to stay on (the highest that is allowed)\n"
	"  --executables=LIST  other links of this program, which take turns with it\n"
	"  --quick             every benchmark once, small: a test of seconds, not a measurement\n"
	"  --full              every power of two from 16 to 65536, longer repetitions\n"
	"  --seed=N            of the synthetic workloads (1)\n"
	"  --out=FILE          write the results there, as Google Benchmark's JSON, raw repetitions\n"
	"  --format=text|json  print the table, or the JSON (text)\n"
	"\n"
	"A benchmark is named OPERATION/WORKLOAD/VARIANT/regions:N.\n";

/* ---- options ----------------------------------------------------------------------------------- */

static const struct mb_option options_table[] = {
	{ "variants", 'v', true },  { "workloads", 'w', true }, { "operations", 'o', true },
	{ "regions", 'n', true },   { "filter", 'f', true },    { "metadata", 'm', true },
	{ "build", 'b', true },     { "counters", 'c', true },  { "repetitions", 'r', true },
	{ "quick", 'Q', false },    { "full", 'F', false },     { "seed", 's', true },
	{ "out", 'O', true },       { "format", 'j', true },    { "help", 'h', false },
	{ "processes", 'P', true }, { "process", 'k', true },   { "precision", 'p', true },
	{ "budget", 'B', true },    { "pin", 'i', true },       { "executables", 'e', true },
	{ "simulate", 'S', false }, { NULL, 0, false },
};

static bool parse_builds(const char *value, struct bench_options *o)
{
	o->kflags = strcmp(value, "o2") != 0;
	o->o2 = strcmp(value, "kflags") != 0;
	if ((o->kflags && o->o2) && strcmp(value, "both")) {
		mb_fail(MB_EXIT_USAGE, "unknown build '%s'; kflags, o2 or both", value);
		return false;
	}
	return true;
}

static bool parse_regions(const char *value, struct bench_options *o)
{
	char *list = strdup(value), *save = NULL;
	bool ok = list != NULL;

	o->region_count = 0;
	for (char *at = list ? strtok_r(list, ",", &save) : NULL; at && ok;
	     at = strtok_r(NULL, ",", &save)) {
		uint64_t n;

		ok = mb_parse_number("regions", at, BENCH_REGIONS_MIN, BENCH_REGIONS_MAX, &n);
		if (ok && o->region_count == BENCH_SIZES_MAX)
			ok = !mb_fail(MB_EXIT_USAGE, "--regions=%s: at most %d sizes", value,
				      BENCH_SIZES_MAX);
		for (unsigned i = 0; ok && i < o->region_count; i++)
			if (o->regions[i] == n)
				ok = !mb_fail(MB_EXIT_USAGE, "--regions=%s: %s twice", value, at);
		if (ok)
			o->regions[o->region_count++] = (uint32_t)n;
	}
	if (ok && !o->region_count)
		ok = !mb_fail(MB_EXIT_USAGE, "bad value '%s' for --regions; numbers", value);
	free(list);
	return ok;
}

static bool parse_pin(const char *value, int *pin)
{
	uint64_t cpu;

	*pin = BENCH_PIN_NONE;
	if (!strcmp(value, "no"))
		return true;
	if (!mb_parse_number("pin", value, 0, 4095, &cpu))
		return false;
	*pin = (int)cpu;
	return true;
}

/* Repetitions, processes and times that depend on how thorough the run is; explicit options win. */
static void divide_effort(struct bench_options *o, bool explicit_budget)
{
	bool explicit_repetitions = o->repetitions;

	o->repetition_ns_max = o->full ? 10e6 : 20e6;
	o->repetition_ns_min = o->quick ? 0.1e6 : o->full ? o->repetition_ns_max : 0.5e6;
	if (o->process)
		o->processes = 1;
	if (!o->processes)
		o->processes = o->precision > 0 ? 30 : o->quick ? 1 : o->full ? 10 : 3;
	if (!explicit_repetitions)
		o->repetitions = o->quick ? 1 : o->processes == 1 ? 15 : 5;
	o->repetitions_min = o->repetitions;
	if (!explicit_budget)
		o->total_ns = o->precision > 0                            ? 600e9 :
			      o->quick || o->full || explicit_repetitions ? 0 :
									    100e9;
	/* A quarter of the time is for preparation. What is not to end at some time takes what it takes. */
	o->wall_ns = o->total_ns / o->processes;
	o->budget_ns = o->quick ? 0.5e9 : o->wall_ns > 0 ? o->wall_ns * 0.75 : 75e9 / o->processes;
	if (o->full && !explicit_budget)
		o->budget_ns = 1e15;
	if (o->wall_ns > 0 && o->repetitions > 3)
		o->repetitions_min = o->processes == 1 && o->repetitions > 5 ? 5 : 3;
}

static void fill_defaults(struct bench_options *o, bool explicit_build, bool explicit_budget)
{
	static const uint32_t usual[] = { 16, 128, 1024, 8192, 65536 }, quick[] = { 16, 128 };

	divide_effort(o, explicit_budget);
	if (!explicit_build) {
		o->kflags = true;
		o->o2 = o->full;
	}
	if (o->region_count)
		return;
	if (o->full) {
		for (uint32_t n = 16; n <= 65536; n *= 2)
			o->regions[o->region_count++] = n;
		return;
	}
	o->region_count = o->quick ? 2 : 5;
	memcpy(o->regions, o->quick ? quick : usual, o->region_count * sizeof(*usual));
}

/* Options with a number. Return: was it one of them? *@ok: the number was good. */
static bool set_number(struct bench_options *o, int id, const char *value, bool *ok)
{
	uint64_t number;

	switch (id) {
	case 'r':
		*ok = mb_parse_number("repetitions", value, 1, 10000, &number);
		o->repetitions = (unsigned)number;
		return true;
	case 'P':
		*ok = mb_parse_number("processes", value, 1, 1000, &number);
		o->processes = (unsigned)number;
		return true;
	case 'k': /* of a further process; processes.c gives it */
		*ok = mb_parse_number("process", value, 2, 1000, &number);
		o->process = (unsigned)number;
		return true;
	case 'p':
		*ok = mb_parse_number("precision", value, 1, 100, &number);
		o->precision = (double)number;
		return true;
	case 'B':
		*ok = mb_parse_number("budget", value, 0, 1000000, &number);
		o->total_ns = (double)number * 1e9;
		return true;
	case 's':
		*ok = mb_parse_number("seed", value, 0, UINT64_MAX, &o->seed);
		return true;
	default:
		return false;
	}
}

/* The others. False: a message was printed. */
static bool set_option(struct bench_options *o, int id, const char *value)
{
	switch (id) {
	case 'v':
		o->variants = value;
		return true;
	case 'w':
		o->workloads = value;
		return true;
	case 'o':
		o->operations = value;
		return true;
	case 'n':
		return parse_regions(value, o);
	case 'f':
		o->filter = value;
		return true;
	case 'm':
		return mb_parse_metadata(value, &o->metadata);
	case 'b':
		return parse_builds(value, o);
	case 'c':
		o->callgrind = !strcmp(value, "callgrind");
		o->counters = o->callgrind ? "none" : value;
		return true;
	case 'S': /* of the process under Valgrind; simulate.c gives it */
		o->simulate = true;
		return true;
	case 'i':
		return parse_pin(value, &o->pin);
	case 'e':
		o->executables = value;
		return true;
	case 'Q':
		o->quick = true;
		return true;
	case 'F':
		o->full = true;
		return true;
	case 'O':
		o->out = value;
		return *value || !mb_fail(MB_EXIT_USAGE, "--out=: no file is named");
	case 'j':
		return mb_parse_format(value, &o->json);
	case MB_ARG_FILE:
		return !mb_fail(MB_EXIT_USAGE,
				"run: unexpected '%s'; files go into --workloads=FILE", value);
	default:
		return false;
	}
}

int bench_options_parse(int argc, char **argv, struct bench_options *o)
{
	struct mb_args args = { .argc = argc, .argv = argv, .options = options_table, .index = 1 };
	const char *value;
	bool explicit_build = false, explicit_budget = false;
	int id;

	*o = (struct bench_options){ .workloads = "all",
				     .operations = "all",
				     .counters = "auto",
				     .metadata = MB_METADATA_SELF,
				     .pin = -1,
				     .seed = 1 };
	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		bool ok;

		if (id == 'h') {
			fputs(help, stdout);
			return -1;
		}
		explicit_build |= id == 'b';
		explicit_budget |= id == 'B';
		if (!set_number(o, id, value, &ok))
			ok = set_option(o, id, value);
		if (!ok)
			return MB_EXIT_USAGE;
	}
	if (o->quick && o->full)
		return mb_fail(MB_EXIT_USAGE, "run: --quick and --full exclude each other");
	fill_defaults(o, explicit_build, explicit_budget);
	return MB_EXIT_OK;
}
