/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_run.c - `memblock-bench run`: benchmarks, the table, and results as Google Benchmark's JSON.
 *
 * A run goes through
 *
 *     options (run_options.c) -> selection, plan (plan.c, prepare.c) -> run -> output (table.c)
 *
 * The plan (plan.c) builds every state, has every benchmark's answers checked, and decides how long
 * each repetition takes so that the whole fits its budget. Nothing is written before the end: an
 * output that cannot be written is found out first, and a run that is stopped leaves nothing.
 */
#include "run/cmd_run.h"

#include "run/run_impl.h"

#include "cli/cli.h"
#include "count/counting.h"
#include "count/simulate.h"
#include "measure/clock.h"
#include "measure/context.h"
#include "measure/disturb.h"
#include "measure/gbench.h"
#include "measure/noise.h"
#include "measure/random.h"
#include "run/plan_impl.h"
#include "run/processes_impl.h"
#include "run/table_impl.h"

#include <errno.h>
#include <memblock/output.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	return strcmp((*x)->subject.name, (*y)->subject.name);
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
		int order = strcmp(name, collector->by_name[at]->subject.name);

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
	bench_counting_structural_context();
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
		if (!*plan->cells[i].subject.error)
			continue;
		if (failed++ < 10)
			mb_fail(MB_EXIT_CHECK, "%s: %s", plan->cells[i].subject.name,
				plan->cells[i].subject.error);
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
			failed += *plan->cells[j].subject.error != '\0';
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

/* The subjects of all cells, in their order; NULL: no memory. Released with free(). */
static struct bench_subject **subjects_of(struct bench_plan *plan)
{
	struct bench_subject **subjects = calloc(plan->count + 1, sizeof(struct bench_subject *));

	for (size_t i = 0; subjects && i < plan->count; i++)
		subjects[i] = &plan->cells[i].subject;
	return subjects;
}

static int simulate_cells(struct bench_plan *plan, const struct conditions *conditions)
{
	struct bench_subject **subjects = subjects_of(plan);
	struct bench_simulated **simulated =
		calloc(plan->count + 1, sizeof(struct bench_simulated *));
	int status;

	if (subjects && simulated)
		status = bench_simulate(subjects, plan->count, conditions->argv, conditions->argc,
					simulated);
	else
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	for (size_t i = 0; simulated && i < plan->count; i++)
		plan->cells[i].simulated = simulated[i];
	free(simulated);
	free(subjects);
	return status;
}

/* Count, time, print. */
static int measure(const struct bench_options *o, struct bench_plan *plan,
		   struct conditions *conditions, struct bench_progress *progress)
{
	char *json = NULL;
	int status = MB_EXIT_OK, rc;

	if (o->callgrind)
		status = simulate_cells(plan, conditions);
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
	struct bench_plan *plan = simulation->plan;
	int rc = bench_plan_prepare(plan, simulation->progress);
	struct bench_subject **subjects = rc ? NULL : subjects_of(plan);

	if (!rc && !subjects)
		rc = -ENOMEM;
	simulation->status = rc ? mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc)) :
				  bench_simulate_inside(subjects, plan->count);
	free(subjects);
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
	status = bench_options_parse(argc, argv, &options);
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
