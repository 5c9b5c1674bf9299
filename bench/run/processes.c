/* SPDX-License-Identifier: GPL-2.0-or-later */
/* processes.c - runs the further processes and merges their rows (processes_impl.h). */
#define _GNU_SOURCE /* environ */
#include "run/processes_impl.h"

#include "cli/cli.h"
#include "measure/child.h"
#include "measure/clock.h"
#include "measure/random.h"
#include "run/table_impl.h"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAYOUT_VARIABLE "MEMBLOCK_BENCH_LAYOUT" /* nothing reads it: its length is what it is for */
#define ENVIRONMENT_MAX 8192u
#define HEAP_MAX 65536u
#define OVERRIDES 9 /* arguments that a further process is given besides those of the run */

/* One of them. */
struct process {
	char **argv;
	int argc;
	const char *executable; /* NULL: this program */
	unsigned number, build;
	unsigned repetitions;
	double budget_s; /* the time it shall take; 0: what it takes */
	uint64_t seed;
};

/* ---- another layout ---------------------------------------------------------------------------- */

size_t bench_displace_heap(uint64_t random)
{
	static void *volatile block; /* for as long as the process lives */
	size_t size = (size_t)bench_random_below(&random, HEAP_MAX / 16) * 16;

	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, -1);
	block = malloc(size + 16);
	return block ? size : 0;
}

void bench_align_heap(void)
{
	mallopt(M_MMAP_THRESHOLD, 4096);
	mallopt(M_MMAP_MAX, 1 << 16);
}

/* The environment with one variable more, of a length that is drawn. */
static char **make_environment(uint64_t *random)
{
	size_t count = 0, length = (size_t)bench_random_below(random, ENVIRONMENT_MAX);
	char *variable = malloc(sizeof(LAYOUT_VARIABLE) + length + 2);
	char **environment;

	while (environ[count])
		count++;
	environment = calloc(count + 2, sizeof(char *));
	if (!environment || !variable) {
		free(environment);
		free(variable);
		return NULL;
	}
	sprintf(variable, LAYOUT_VARIABLE "=");
	memset(variable + strlen(variable), 'x', length);
	variable[strlen(LAYOUT_VARIABLE) + 1 + length] = '\0';
	environment[0] = variable;
	memcpy(environment + 1, environ, count * sizeof(char *));
	return environment;
}

static void free_environment(char **environment)
{
	if (environment)
		free(environment[0]);
	free(environment);
}

/* ---- one process ------------------------------------------------------------------------------- */

/* What it is executed with. */
struct command {
	const char *executable;
	char **arguments, **environment;
};

static void become(void *ctx)
{
	const struct command *command = ctx;

	execve(command->executable, command->arguments, command->environment);
}

static int start(const struct process *process, char *out)
{
	char repetitions[32], number[32], budget[40];
	char **arguments = calloc((size_t)process->argc + OVERRIDES, sizeof(char *));
	uint64_t random = process->seed ^ (uint64_t)process->number << 32;
	char **environment = make_environment(&random);
	struct command command = {
		.executable = process->executable ? process->executable : "/proc/self/exe",
		.arguments = arguments,
		.environment = environment,
	};
	int n = 0, status = -1;

	if (!arguments || !environment)
		goto out;
	/* Later options win. */
	arguments[n++] = (char *)"memblock-bench";
	for (int i = 0; i < process->argc; i++)
		arguments[n++] = process->argv[i];
	snprintf(number, sizeof(number), "--process=%u", process->number);
	snprintf(repetitions, sizeof(repetitions), "--repetitions=%u", process->repetitions);
	snprintf(budget, sizeof(budget), "--budget=%.0f", process->budget_s);
	arguments[n++] = number;
	arguments[n++] = repetitions;
	arguments[n++] = budget;
	arguments[n++] = (char *)"--counters=none";
	arguments[n++] = (char *)"--format=text";
	arguments[n++] = (char *)"--out";
	arguments[n++] = out;
	status = bench_child_run(become, &command);
out:
	free_environment(environment);
	free(arguments);
	return status < 0 ? MB_EXIT_ENVIRONMENT : status;
}

/* Run it to its end and read what it measured. 0, or the exit status to end with. */
static int run_process(const struct process *process, json_t **document, char *error,
		       size_t error_size)
{
	const char *folder = getenv("TMPDIR");
	char out[512];
	json_error_t why;
	int fd, status;

	snprintf(out, sizeof(out), "%.400s/memblock-bench.XXXXXX",
		 folder && *folder ? folder : "/tmp");
	fd = mkstemp(out);
	if (fd < 0) {
		snprintf(error, error_size, "'%s' cannot be written: %s; set TMPDIR", out,
			 strerror(errno));
		return MB_EXIT_ENVIRONMENT;
	}
	close(fd);
	status = start(process, out);
	*document = status ? NULL : json_load_file(out, 0, &why);
	unlink(out);
	if (status == BENCH_CHILD_UNABLE)
		snprintf(error, error_size, "process %u: '%s' cannot be started", process->number,
			 process->executable ? process->executable : "this program");
	else if (status)
		snprintf(error, error_size, "process %u ended with status %d", process->number,
			 status);
	else if (!*document)
		snprintf(error, error_size, "process %u left no result: %s", process->number,
			 why.text);
	if (!*document && !status)
		status = MB_EXIT_ENVIRONMENT;
	return status > MB_EXIT_ENVIRONMENT ? MB_EXIT_ENVIRONMENT : status;
}

/* ---- all of them ------------------------------------------------------------------------------- */

/* A result under construction. */
struct merge {
	struct bench_plan *plan;
	json_t *document;
	char **executables; /* the first is NULL: this program */
	unsigned executable_count;
};

static struct bench_cell *find_cell(struct bench_plan *plan, const char *name)
{
	static size_t last; /* the rows of one benchmark follow one another */

	for (size_t i = 0; i < plan->count; i++) {
		size_t at = (last + i) % plan->count;

		if (!strcmp(plan->cells[at].subject.name, name)) {
			last = at;
			return &plan->cells[at];
		}
	}
	return NULL;
}

/* A row of a further process: into its cell, and with its process into the result. */
static int take_row(struct merge *merge, json_t *row, const struct process *process)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	const char *label = json_string_value(json_object_get(row, "label"));
	struct bench_cell *cell = name ? find_cell(merge->plan, name) : NULL;
	const struct bench_sample sample = {
		.ns = json_number_value(json_object_get(row, "real_time")),
		.build = process->build,
		.process = process->number,
	};

	if (!cell)
		return 0; /* a kernel that was not there before, say */
	if (json_object_get(row, "error_occurred"))
		snprintf(cell->subject.error, sizeof(cell->subject.error), "process %u: %.150s",
			 process->number, json_string_value(json_object_get(row, "error_message")));
	else if (!*cell->subject.error && *cell->label && (!label || strcmp(label, cell->label)))
		snprintf(cell->subject.error, sizeof(cell->subject.error),
			 "process %u gave other answers: %.60s instead of %.60s", process->number,
			 label ? label : "none", cell->label);
	else if (!bench_cell_sample(cell, &sample))
		return -ENOMEM;
	json_object_set_new(row, "process", json_integer(process->number));
	json_object_set_new(row, "build", json_integer(process->build));
	return json_array_append(json_object_get(merge->document, "benchmarks"), row) ? -ENOMEM : 0;
}

static int take_result(struct merge *merge, json_t *result, const struct process *process)
{
	json_t *context = json_object_get(merge->document, "context"), *row;
	const char *noise =
		json_string_value(json_object_get(json_object_get(result, "context"), "noise"));
	char key[32];
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(result, "benchmarks"), i, row)
		rc = rc ? rc : take_row(merge, row, process);
	snprintf(key, sizeof(key), "process:%u", process->number);
	json_object_set_new(context, key,
			    json_sprintf("%s; noise: %s",
					 process->executable ? process->executable : "this program",
					 noise && *noise ? noise : "none noticed"));
	return rc;
}

/* The rows of this process are the first. */
static int start_merge(struct merge *merge, struct bench_plan *plan, const char *json)
{
	const char *list = plan->options->executables;
	char *copy = strdup(list ? list : ""), *save = NULL;
	json_t *row;
	size_t i;

	merge->plan = plan;
	merge->document = json_loads(json, 0, NULL);
	merge->executables = calloc(strlen(list ? list : "") + 2, sizeof(char *));
	if (!copy || !merge->document || !merge->executables) {
		free(copy);
		return -ENOMEM;
	}
	merge->executable_count = 1;
	for (char *at = strtok_r(copy, ",", &save); at; at = strtok_r(NULL, ",", &save))
		merge->executables[merge->executable_count++] = strdup(at);
	free(copy);
	json_array_foreach(json_object_get(merge->document, "benchmarks"), i, row)
	{
		json_object_set_new(row, "process", json_integer(1));
		json_object_set_new(row, "build", json_integer(0));
	}
	return 0;
}

static int end_merge(struct merge *merge, unsigned processes, char **json)
{
	char *merged = NULL;

	if (merge->document) {
		json_object_set_new(json_object_get(merge->document, "context"), "processes",
				    json_sprintf("%u", processes));
		merged = json_dumps(merge->document, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
	}
	for (unsigned i = 1; i < merge->executable_count; i++)
		free(merge->executables[i]);
	free(merge->executables);
	json_decref(merge->document);
	if (!merged)
		return -ENOMEM;
	free(*json);
	*json = merged;
	return 0;
}

/* Is every ratio known as well as was wanted? Two processes agree by chance, three less often. */
static bool is_precise(const struct bench_plan *plan, unsigned processes)
{
	unsigned ratios;

	return plan->options->precision > 0 && processes >= 3 &&
	       !bench_table_imprecise(plan->cells, plan->count, plan->options->precision, &ratios);
}

int bench_processes_run(struct bench_plan *plan, char **argv, int argc, uint64_t start_ns,
			char **json)
{
	const struct bench_options *o = plan->options;
	struct merge merge = { 0 };
	unsigned done = 1;
	int status = start_merge(&merge, plan, *json) ? MB_EXIT_ENVIRONMENT : MB_EXIT_OK;

	if (status)
		mb_fail(status, "run: out of memory");
	while (!status && done < o->processes && !is_precise(plan, done)) {
		double left_ns = o->total_ns - (double)(bench_clock_monotonic_ns() - start_ns);
		double share_ns = left_ns / (o->processes - done);
		struct process process = {
			.argv = argv,
			.argc = argc,
			.number = done + 1,
			.build = done % merge.executable_count,
			.repetitions = o->repetitions,
			.seed = o->seed,
		};
		char error[1024] = "";
		json_t *result;

		if (o->total_ns > 0 && left_ns <= 0)
			break;
		if (o->precision > 0 && share_ns < o->wall_ns)
			share_ns = o->wall_ns;
		process.executable = merge.executables[process.build];
		process.budget_s = o->total_ns > 0 ? share_ns / 1e9 + 1 : 0;
		status = run_process(&process, &result, error, sizeof(error));
		if (!status && take_result(&merge, result, &process))
			status = MB_EXIT_ENVIRONMENT;
		if (status)
			mb_fail(status, "run: %s", *error ? error : "out of memory");
		else
			json_decref(result);
		done += !status;
	}
	if (end_merge(&merge, done, json) && !status)
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	return status;
}
