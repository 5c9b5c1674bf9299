/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.c - `memblock-bench run`: benchmarks, the table, and results as Google Benchmark's JSON.
 *
 * A run goes through
 *
 *     options -> selection -> plan -> run -> output
 *
 * The plan (plan.c) builds every state, has every benchmark's answers checked, and decides how long
 * each repetition takes so that the whole fits its budget. Nothing is written before the end: an
 * output that cannot be written is found out first, and a run that is stopped leaves nothing.
 */
#include "run/cmd_run.h"

#include "run/run_impl.h"

#include "cli/cli.h"
#include "measure/clock.h"
#include "measure/context.h"
#include "count/counting.h"
#include "measure/disturb.h"
#include "measure/gbench.h"
#include "measure/noise.h"
#include "run/plan_impl.h"
#include "run/processes_impl.h"
#include "count/simulate.h"
#include "run/table_impl.h"

#include <errno.h>
#include <memblock/output.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* MB_EXIT_OK, or the status to end with; -1: help was printed. */
static int parse_options(int argc, char **argv, struct bench_options *o)
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
		bool ok = true;
		uint64_t number;

		switch (id) {
		case 'h':
			fputs(help, stdout);
			return -1;
		case 'v':
			o->variants = value;
			break;
		case 'w':
			o->workloads = value;
			break;
		case 'o':
			o->operations = value;
			break;
		case 'n':
			ok = parse_regions(value, o);
			break;
		case 'f':
			o->filter = value;
			break;
		case 'm':
			ok = mb_parse_metadata(value, &o->metadata);
			break;
		case 'b':
			ok = parse_builds(value, o);
			explicit_build = true;
			break;
		case 'c':
			o->callgrind = !strcmp(value, "callgrind");
			o->counters = o->callgrind ? "none" : value;
			break;
		case 'S': /* of the process under Valgrind; simulate.c gives it */
			o->simulate = true;
			break;
		case 'r':
			ok = mb_parse_number("repetitions", value, 1, 10000, &number);
			o->repetitions = (unsigned)number;
			break;
		case 'P':
			ok = mb_parse_number("processes", value, 1, 1000, &number);
			o->processes = (unsigned)number;
			break;
		case 'k': /* of a further process; processes.c gives it */
			ok = mb_parse_number("process", value, 2, 1000, &number);
			o->process = (unsigned)number;
			break;
		case 'p':
			ok = mb_parse_number("precision", value, 1, 100, &number);
			o->precision = (double)number;
			break;
		case 'B':
			ok = mb_parse_number("budget", value, 0, 1000000, &number);
			o->total_ns = (double)number * 1e9;
			explicit_budget = true;
			break;
		case 'i':
			ok = parse_pin(value, &o->pin);
			break;
		case 'e':
			o->executables = value;
			break;
		case 's':
			ok = mb_parse_number("seed", value, 0, UINT64_MAX, &o->seed);
			break;
		case 'Q':
			o->quick = true;
			break;
		case 'F':
			o->full = true;
			break;
		case 'O':
			o->out = value;
			if (!*value)
				ok = !mb_fail(MB_EXIT_USAGE, "--out=: no file is named");
			break;
		case 'j':
			ok = mb_parse_format(value, &o->json);
			break;
		case MB_ARG_FILE:
			return mb_fail(MB_EXIT_USAGE,
				       "run: unexpected '%s'; files go into --workloads=FILE",
				       value);
		default:
			return MB_EXIT_USAGE;
		}
		if (!ok)
			return MB_EXIT_USAGE;
	}
	if (o->quick && o->full)
		return mb_fail(MB_EXIT_USAGE, "run: --quick and --full exclude each other");
	fill_defaults(o, explicit_build, explicit_budget);
	return MB_EXIT_OK;
}

/* ---- what is known at the start --------------------------------------------------------------- */

/* Taken before the run makes load of its own, and told at its end. */
struct conditions {
	struct bench_conditions machine;
	char noise[1024]; /* known when everything has run */
	char *command;    /* as a shell would take it */
	char **argv;      /* of the command, for further processes */
	int argc;
	uint64_t start_ns;
	size_t heap_bytes; /* by which the heap was displaced */
	int pinned;        /* to which processor; negative: not */
};

static void print_quoted(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=,.:/+@%";

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else /* the charts print it in one line */
			fputc((unsigned char)*word < ' ' ? ' ' : *word, out);
	}
	fputc('\'', out);
}

static int note_conditions(int argc, char **argv, struct conditions *conditions)
{
	size_t size;
	FILE *out;

	conditions->start_ns = bench_clock_monotonic_ns();
	conditions->argc = argc;
	conditions->argv = argv;
	bench_conditions_read(&conditions->machine);
	out = open_memstream(&conditions->command, &size);
	if (!out)
		return -ENOMEM;
	fputs("memblock-bench", out);
	for (int i = 0; i < argc; i++) {
		fputc(' ', out);
		print_quoted(out, argv[i]);
	}
	return fclose(out) ? -ENOMEM : 0;
}

/* ---- running ----------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	const struct bench_cell *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

struct collector {
	struct bench_cell **by_name;
	size_t count;
	struct conditions *conditions;
	const struct bench_disturbances *disturbances;
};

static struct bench_cell *find_cell(const struct collector *collector, const char *name)
{
	size_t low = 0, high = collector->count;

	while (low < high) {
		size_t at = (low + high) / 2;
		int order = strcmp(name, collector->by_name[at]->name);

		if (!order)
			return collector->by_name[at];
		if (order < 0)
			high = at;
		else
			low = at + 1;
	}
	return NULL;
}

static void collect(void *ctx, const struct gb_row *row)
{
	struct bench_cell *cell = find_cell(ctx, row->name);

	if (cell)
		bench_cell_row(cell, row);
}

/* What is known only when everything has run. */
static void describe_end(void *ctx)
{
	const struct collector *collector = ctx;
	struct bench_conditions end;
	size_t dropped = 0;

	for (size_t i = 0; i < collector->count; i++)
		dropped += collector->by_name[i]->dropped;
	bench_context("repetitions_dropped", "%zu", dropped);
	bench_conditions_read(&end);
	bench_noise(&collector->conditions->machine, &end, collector->disturbances,
		    collector->conditions->noise, sizeof(collector->conditions->noise));
	bench_context("noise", "%s", collector->conditions->noise);
}

static int run_cells(struct bench_plan *plan, struct conditions *conditions,
		     struct bench_progress *progress, char **json)
{
	struct collector collector = { .count = plan->count,
				       .conditions = conditions,
				       .disturbances = &plan->disturbances };
	struct gb_sink sink = { .row = collect, .end = describe_end, .ctx = &collector };
	double total = 0;
	int rc;

	collector.by_name = calloc(plan->count + 1, sizeof(struct bench_cell *));
	if (!collector.by_name)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count; i++) {
		struct bench_cell *cell = &plan->cells[i];

		collector.by_name[i] = cell;
		cell->progress = progress;
		cell->watch = &plan->watch;
		cell->disturbances = &plan->disturbances;
		bench_cell_register(cell, plan->repetitions);
		total += bench_cell_cost(cell) * plan->repetitions;
	}
	qsort(collector.by_name, plan->count, sizeof(struct bench_cell *), compare_names);
	bench_progress_start(progress, NULL, total);
	rc = gb_run(&sink, json);
	bench_progress_end(progress);
	free(collector.by_name);
	return rc < 0 ? rc : 0;
}

static void describe_run(const struct bench_options *o, const struct bench_plan *plan,
			 const struct conditions *conditions)
{
	gb_context("command", conditions->command); /* whole: it may be long */
	bench_context("quick", "%s", o->quick ? "yes: not a measurement" : "no");
	bench_context_machine();
	if (conditions->pinned >= 0)
		bench_context("pinned", "processor %d", conditions->pinned);
	else
		bench_context("pinned", "no");
	bench_context("layout", "randomised: heap displaced by %zu bytes", conditions->heap_bytes);
	bench_context("metadata", "%s", o->metadata == MB_METADATA_SELF ? "self" : "host");
	bench_context("builds", "%s%s%s", o->kflags ? "kflags" : "", o->kflags && o->o2 ? " " : "",
		      o->o2 ? "o2" : "");
	bench_context("seed", "%llu", (unsigned long long)o->seed);
	bench_context("repetitions", "%u", plan->repetitions);
	bench_context("processes", "1");
	bench_context("interleaved", "yes: the repetitions of all benchmarks in one random order");
	bench_context("zeroing", "off: timed replays do not zero what they allocate");
	bench_context("real_time", "ns per operation; cpu_time includes untimed parts");
	bench_plan_context(plan);
	bench_context_counters();
	if (o->callgrind)
		bench_simulate_context();
	else if (plan->counting)
		bench_counting_context(plan->counting);
}

/* What failed, a line each for the first ones. */
static size_t report_failures(const struct bench_plan *plan)
{
	size_t failed = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (!*plan->cells[i].error)
			continue;
		if (failed++ < 10)
			mb_fail(MB_EXIT_CHECK, "%s: %s", plan->cells[i].name, plan->cells[i].error);
	}
	if (failed > 10)
		mb_fail(MB_EXIT_CHECK, "%zu more benchmarks failed", failed - 10);
	return failed;
}

/* How many repetitions the watch of the plan dropped. */
static size_t count_dropped(const struct bench_plan *plan)
{
	size_t dropped = 0;

	for (size_t i = 0; i < plan->count; i++)
		dropped += plan->cells[i].dropped;
	return dropped;
}

/* Said only where there are fewer than were asked for. */
static void print_repetitions(const struct bench_options *o, const struct bench_plan *plan)
{
	size_t dropped = count_dropped(plan);

	if (plan->repetitions < o->repetitions)
		printf("repetitions: %u instead of %u in a process, to end in time\n",
		       plan->repetitions, o->repetitions);
	if (dropped)
		printf("slower than planned: %zu of %zu repetitions dropped, %u of each kept at least\n",
		       dropped, plan->count * plan->repetitions, plan->watch.least);
}

/* Which variants failed, and how often. */
static void print_failed_variants(const struct bench_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const char *variant = plan->cells[i].variant;
		size_t all = 0, failed = 0, before = 0;

		for (size_t j = 0; j < plan->count; j++) {
			if (strcmp(plan->cells[j].variant, variant))
				continue;
			all++;
			failed += *plan->cells[j].error != '\0';
			before += j < i;
		}
		if (failed && !before)
			printf("%s: %zu of its %zu benchmarks failed.\n", variant, failed, all);
	}
}

static void print_header(const struct bench_options *o, const struct bench_plan *plan,
			 const struct conditions *conditions)
{
	char cpu[256], noise[sizeof(conditions->noise)];

	bench_cpu_name(cpu, sizeof(cpu));
	memcpy(noise, conditions->noise, sizeof(noise));
	printf("memblock-bench run: %zu benchmarks, metadata=%s, build %s%s%s, seed %llu\n%s\n",
	       plan->count, o->metadata == MB_METADATA_SELF ? "self" : "host",
	       o->kflags ? "kflags" : "", o->kflags && o->o2 ? "+" : "", o->o2 ? "o2" : "",
	       (unsigned long long)o->seed, cpu);
	for (char *save, *at = strtok_r(noise, ";", &save); at; at = strtok_r(NULL, ";", &save))
		printf("%s%s\n", at == noise ? "noise: " : "      ", at);
	if (plan->counting)
		bench_counting_print(stdout, plan->counting);
	if (o->callgrind)
		puts("counters: simulated by callgrind; no time is among them");
	print_repetitions(o, plan);
}

static int finish(const struct bench_options *o, struct bench_plan *plan,
		  const struct conditions *conditions, const char *json)
{
	size_t failed;
	int rc;

	failed = report_failures(plan);
	if (o->json) {
		fputs(json, stdout);
	} else {
		print_header(o, plan, conditions);
		bench_table_print(stdout, plan->cells, plan->count);
		if (o->quick)
			puts("\n--quick: a test that everything runs; these are no measurements.");
		printf("\nAnswers verified: %zu of %zu benchmarks.\n", plan->count - failed,
		       plan->count);
		print_failed_variants(plan);
	}
	if (o->out) {
		rc = mb_write_file(o->out, json, strlen(json));
		if (rc)
			return mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", o->out,
				       strerror(-rc));
		if (!o->json)
			printf("Results: %s\n", o->out);
	}
	return failed ? MB_EXIT_CHECK : MB_EXIT_OK;
}

/* Count, time, print. */
static int measure(const struct bench_options *o, struct bench_plan *plan,
		   struct conditions *conditions, struct bench_progress *progress)
{
	char *json = NULL;
	int status = MB_EXIT_OK, rc;

	if (o->callgrind)
		status = bench_simulate(plan, conditions->argv, conditions->argc);
	if (status)
		return status;
	describe_run(o, plan, conditions);
	rc = run_cells(plan, conditions, progress, &json);
	for (size_t i = 0; i < plan->count && !rc; i++)
		bench_cell_complete(&plan->cells[i], plan->repetitions);
	if (rc)
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc));
	else if (o->processes > 1)
		status = bench_processes_run(plan, conditions->argv, conditions->argc,
					     conditions->start_ns, &json);
	if (!status)
		status = finish(o, plan, conditions, json);
	free(json);
	return status;
}

/* What a process under Valgrind does. */
struct simulation {
	struct bench_plan *plan;
	struct bench_progress *progress;
	int status;
};

static void *simulate(void *ctx)
{
	struct simulation *simulation = ctx;
	int rc = bench_plan_prepare(simulation->plan, simulation->progress);

	simulation->status = rc ? mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc)) :
				  bench_simulate_inside(simulation->plan);
	return NULL;
}

/*
 * In a thread, which has a stack and a heap of its own: where they begin does not depend on arguments, the
 * environment, or the names of files that were looked at before, and so the sets of the caches do not.
 */
static int simulate_apart(struct bench_plan *plan, struct bench_progress *progress)
{
	struct simulation simulation = { plan, progress, MB_EXIT_OK };
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, simulate, &simulation);

	if (rc)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(rc));
	pthread_join(thread, NULL);
	return simulation.status;
}

static int run_plan(const struct bench_options *o, struct bench_plan *plan,
		    struct conditions *conditions)
{
	struct bench_progress progress;
	int rc, status;

	bench_clock_start();
	if (bench_disturb_start())
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	gb_start("memblock-bench", true);
	plan->start_ns = conditions->start_ns;
	rc = o->simulate ? 0 : bench_plan_prepare(plan, &progress);
	if (rc)
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc));
	else if (o->simulate)
		status = simulate_apart(plan, &progress);
	else
		status = measure(o, plan, conditions, &progress);
	gb_end();
	bench_disturb_end();
	return status;
}

/* Its processor and its layout, before anything is allocated that is measured. */
static int prepare_process(const struct bench_options *o, struct conditions *conditions)
{
	uint64_t random = bench_clock_monotonic_ns();

	if (o->simulate) {
		bench_align_heap();
		conditions->pinned = -1;
		return MB_EXIT_OK;
	}
	conditions->pinned = o->pin == BENCH_PIN_NONE ? -1 : bench_pin(o->pin);
	if (conditions->pinned < 0 && o->pin >= 0)
		return mb_fail(MB_EXIT_ENVIRONMENT,
			       "run: --pin=%d: %s; see 'taskset -p $$' for what is allowed", o->pin,
			       strerror(-conditions->pinned));
	conditions->heap_bytes = bench_displace_heap(bench_random(&random));
	return MB_EXIT_OK;
}

int mb_cmd_run(int argc, char **argv)
{
	struct conditions conditions = { 0 };
	int rc = note_conditions(argc, argv, &conditions), status;
	struct bench_counting *counting = NULL;
	struct bench_options options;
	struct bench_plan plan;

	if (rc)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc));
	status = parse_options(argc, argv, &options);
	if (!status && options.callgrind && bench_simulate_lacks())
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: --counters=callgrind: %s",
				 bench_simulate_lacks());
	if (!status)
		status = prepare_process(&options, &conditions);
	if (!status && options.out) {
		rc = mb_output_probe(options.out);
		if (rc)
			status = mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", options.out,
					 strerror(-rc));
	}
	if (!status)
		status = bench_counting_start(options.counters, &counting);
	if (!status) {
		status = bench_plan_make(&options, &plan);
		plan.counting = counting;
		if (!status)
			status = run_plan(&options, &plan, &conditions);
		bench_plan_release(&plan);
	}
	bench_counting_end(counting);
	free(conditions.command);
	return status < 0 ? MB_EXIT_OK : status;
}
