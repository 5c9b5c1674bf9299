/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_options.c - the options of `memblock-bench run`, and what follows from them. */
#include "run/run_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "run/cmd_run.h"
#include "timed/state.h"

#define REGIONS "16,128,1024,8192,65536"
#define QUICK_REGIONS "16,128"

/* What is asked for, and what of it is not used as it stands. */
struct asked {
	struct bench_options o;
	enum { KFLAGS, O2, BOTH, NOT_GIVEN } build;
	uint64_t budget; /* seconds; UINT64_MAX: not given */
};

/* ---- values that are no number, choice or text ------------------------------------------------- */

static bool parse_regions(struct bench_options *o, const char *value)
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

static int set_regions(void *target, const struct cli_option *option, const char *value)
{
	struct asked *asked = target;

	(void)option;
	return parse_regions(&asked->o, value) ? MB_EXIT_OK : MB_EXIT_USAGE;
}

static int set_profile(void *target, const struct cli_option *option, const char *value)
{
	struct asked *asked = target;

	if (!mb_profile_find(value))
		return mb_fail(MB_EXIT_USAGE, "bad value '%s' for --%s; 6.1, 6.12 or new", value,
			       option->name);
	asked->o.profile = value;
	return MB_EXIT_OK;
}

static int set_pin(void *target, const struct cli_option *option, const char *value)
{
	struct asked *asked = target;
	uint64_t cpu;

	asked->o.pin = BENCH_PIN_NONE;
	if (!strcmp(value, "no"))
		return MB_EXIT_OK;
	if (!mb_parse_number(option->name, value, 0, 4095, &cpu))
		return MB_EXIT_USAGE;
	asked->o.pin = (int)cpu;
	return MB_EXIT_OK;
}

/* ---- options ----------------------------------------------------------------------------------- */

static const struct asked presets = {
	.o = { .workloads = "all",
	       .operations = "all",
	       .counters = "auto",
	       .metadata = MB_METADATA_SELF,
	       .pin = -1,
	       .seed = 1 },
	.build = NOT_GIVEN,
	.budget = UINT64_MAX,
};

static const struct cli_option options[] = {
	{ "variants", "LIST", CLI_FIELD(struct asked, o.variants), .may_be_empty = true,
	  .preset = "linux, the newest, 6.12 and 6.1, all, null, empty",
	  .complete = "all @variants",
	  .help = "what is compared, separated by commas; linux: the kernel of each workload's profile" },
	{ "workloads", "LIST", CLI_FIELD(struct asked, o.workloads),
	  .complete = "all captured synthetic @workloads @files",
	  .help = "random, ascending, descending, gaps; islands: a stress; names of captured boots; trace or log files; or "
		  "synthetic; captured: every boot; all: synthetic and the core of the captured boots" },
	{ "operations", "LIST", CLI_FIELD(struct asked, o.operations),
	  .complete = "all @operations", .help = "see 'memblock-bench list operations'" },
	{ "regions", "LIST", .set = set_regions, .preset = REGIONS "; with --quick " QUICK_REGIONS,
	  .help = "sizes of synthetic states" },
	{ "profile", .set = set_profile, .value = "6.1|6.12|new", .complete = "6.1 6.12 new",
	  .preset = "the newest kernel's of which there is a source",
	  .help = "behaviour of the synthetic states" },
	{ "filter", "REGEX", CLI_FIELD(struct asked, o.filter), .may_be_empty = true,
	  .help = "only benchmarks whose name matches (extended regular expression)" },
	{ "metadata", .choices = "self|host", CLI_FIELD(struct asked, o.metadata),
	  .help = "self: metadata grows out of the managed memory; host: outside" },
	{ "build", .choices = "kflags|o2|both", CLI_FIELD(struct asked, build),
	  .preset = "kflags; with --full both",
	  .help = "kflags: compiled as a kernel is; o2; both: o2 rows are named VARIANT+o2" },
	{ "counters", "WHICH", CLI_FIELD(struct asked, o.counters),
	  .complete = "auto perf callgrind none @counters",
	  .help = "auto: what there is; perf: hardware counters, or fail; perf:NAME+NAME: these, presets "
		  "or events of libpfm4 (see 'list counters'); callgrind: those of a simulated "
		  "processor, exact and repeatable; none" },
	{ "processes", "N", CLI_FIELD(struct asked, o.processes), .min = 1, .max = 1000,
	  .preset = "3; --quick 1, --full 10; with --precision 30 at most",
	  .help = "one after the other, each with another layout of memory" },
	{ "repetitions", "N", CLI_FIELD(struct asked, o.repetitions), .min = 1, .max = 10000,
	  .preset = "5, in a single process 15, or fewer to end in time; --quick 1",
	  .help = "of each benchmark in each process, interleaved; N given: all of them" },
	{ "precision", "PERCENT", CLI_FIELD(struct asked, o.precision), .min = 1, .max = 100,
	  .help = "go on with further processes until every ratio is known that well" },
	{ "budget", "SECONDS", CLI_FIELD(struct asked, budget), .max = 1000000,
	  .preset = "100; with --precision 600; --quick, --full and --repetitions: what it takes",
	  .help = "what the whole run may take" },
	{ "pin", "CPU|no", .set = set_pin, .preset = "the highest that is allowed",
	  .complete = "no", .help = "the processor to stay on" },
	{ "executables", "LIST", CLI_FIELD(struct asked, o.executables), .may_be_empty = true,
	  .complete = "@files", .help = "other links of this program, which take turns with it" },
	{ "quick", CLI_FIELD(struct asked, o.quick),
	  .help = "every benchmark once, small: a test of seconds, not a measurement" },
	{ "full", CLI_FIELD(struct asked, o.full),
	  .help = "every power of two from 16 to 65536, longer repetitions" },
	{ "seed", "N", CLI_FIELD(struct asked, o.seed), .max = UINT64_MAX,
	  .help = "of the synthetic workloads" },
	{ "out", "FILE", CLI_FIELD(struct asked, o.out), .complete = "@files",
	  .help = "write the results there, as Google Benchmark's JSON, raw repetitions; what is "
		  "finished of a run that was stopped is in FILE.blocks/, and the same command goes on "
		  "with it; an older run is kept as FILE.~1~" },
	CLI_OPTION_FORMAT(CLI_FIELD(struct asked, o.json), "print the table, or the JSON"),
	{ "block", "FILE", CLI_FIELD(struct asked, o.block), .hidden = true,
	  .help = "measure that block; the program starts itself with it" },
	{ 0 },
};

const struct cli_command mb_run_command = {
	.name = "run",
	.what = "benchmark variants; the table, and results as JSON",
	.about = { "Measure operations on synthetic states and replays of captured boots, verify every "
		   "answer, and print a table." },
	.notes = "A benchmark is named OPERATION/WORKLOAD/VARIANT/regions:N.",
	.stray = "files go into --workloads=FILE",
	.options = options,
	CLI_PRESETS(presets),
};

/* ---- what follows from them -------------------------------------------------------------------- */

/* Repetitions, processes and times that depend on how thorough the run is; explicit options win. */
static void divide_effort(struct bench_options *o, bool explicit_budget)
{
	bool explicit_repetitions = o->repetitions;

	o->repetition_ns_max = o->full ? 10e6 : 20e6;
	o->repetition_ns_min = o->quick ? 0.1e6 : o->full ? o->repetition_ns_max : 0.5e6;
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

int bench_options_parse(int argc, char **argv, struct bench_options *o)
{
	struct asked asked;
	int status = cli_parse(&mb_run_command, argc, argv, &asked);
	bool explicit_budget = asked.budget != UINT64_MAX;

	if (status)
		return status;
	*o = asked.o;
	if (o->quick && o->full)
		return mb_fail(MB_EXIT_USAGE, "run: --quick and --full exclude each other");
	o->callgrind = !strcmp(o->counters, "callgrind");
	if (o->callgrind)
		o->counters = "none";
	o->kflags = asked.build != O2;
	o->o2 = asked.build == O2 || asked.build == BOTH || (asked.build == NOT_GIVEN && o->full);
	if (explicit_budget)
		o->total_ns = (double)asked.budget * 1e9;
	divide_effort(o, explicit_budget);
	if (o->full && !o->region_count)
		for (uint32_t n = 16; n <= 65536; n *= 2)
			o->regions[o->region_count++] = n;
	if (!o->region_count && !parse_regions(o, o->quick ? QUICK_REGIONS : REGIONS))
		return MB_EXIT_ENVIRONMENT;
	return MB_EXIT_OK;
}
