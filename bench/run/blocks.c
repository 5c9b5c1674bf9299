/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blocks.c - runs the blocks of a run (blocks_impl.h). */
#define _GNU_SOURCE /* environ, strsignal */
#include "run/blocks_impl.h"

#include "cli/cli.h"
#include "measure/child.h"
#include "measure/clock.h"
#include "measure/context.h"
#include "measure/random.h"
#include "run/block_measure_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENVIRONMENT_MAX 8192u
#define BLOCK_CELLS 40    /* as many benchmarks as starting a process and preparing weighs */
#define BLOCKS_SHARE 0.95 /* of the time is for blocks; the rest is for planning and the table */
#define LEAST_NS 1e6      /* that a block is given: 0 would be all that it takes */

/* A build: an executable that blocks are measured with. */
struct build {
	char *executable;  /* NULL: this program */
	char digest[65];   /* of that file; empty: it cannot be read, and starting it will fail */
	char measured[65]; /* of what runs, once a result says it: the file may be a script */
};

/* The blocks of a run, [process - 1][workload]. */
struct run {
	const struct bench_plan *plan;
	struct bench_folder *folder;
	struct bench_gather *gather;
	struct bench_block_workload *workloads;
	size_t count; /* of them */
	unsigned processes;
	char (*ids)[BENCH_BLOCK_ID]; /* the folder's */
	json_t **finished;           /* results that were there; NULL where there was none */
	double *weights;             /* of a block of each workload */
	char **files;                /* where its boot can be read once more; NULL: where it was */
	uint64_t start_ns;
	double spent_ns;      /* by blocks that were finished */
	struct build *builds; /* the first is this program */
	unsigned build_count;
};

static int out_of_memory(void)
{
	return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
}

/* ---- starting one ------------------------------------------------------------------------------ */

/* What it is executed with. */
struct command {
	const char *executable;
	char *arguments[5];
	char **environment;
};

static void become(void *ctx)
{
	const struct command *command = ctx;

	execve(command->executable, command->arguments, command->environment);
}

/* The environment with one variable more, of a length that is drawn. Another at each start, as the heap: a block
 * that is measured again is another draw. */
static char **make_environment(uint64_t random)
{
	size_t count = 0, length = (size_t)bench_random_below(&random, ENVIRONMENT_MAX);
	char *variable = malloc(sizeof(BENCH_LAYOUT_VARIABLE) + length + 2);
	char **environment;

	while (environ[count])
		count++;
	environment = calloc(count + 2, sizeof(char *));
	if (!environment || !variable) {
		free(environment);
		free(variable);
		return NULL;
	}
	sprintf(variable, BENCH_LAYOUT_VARIABLE "=");
	memset(variable + strlen(variable), 'x', length);
	variable[strlen(BENCH_LAYOUT_VARIABLE) + 1 + length] = '\0';
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

/* Start this program, or another link, with the block in the folder, and wait. -1, or what bench_child_run()
 * returns. */
static int start(const struct bench_folder *folder, const struct bench_block *block)
{
	char file[4400], out[4400];
	struct command command = {
		.executable = block->executable ? block->executable : "/proc/self/exe",
		.arguments = { (char *)"memblock-bench", (char *)"run", file, out },
		.environment = make_environment(bench_clock_monotonic_ns()),
	};
	int status = -1;

	snprintf(file, sizeof(file), "--block=%s", folder->block);
	snprintf(out, sizeof(out), "--out=%s", folder->result);
	if (command.environment)
		status = bench_child_run(become, &command);
	free_environment(command.environment);
	return status;
}

static int write_block(const struct bench_folder *folder, const struct bench_block *block)
{
	json_t *json = bench_block_write(block, true);
	int rc = json ? json_dump_file(json, folder->block,
				       JSON_INDENT(1) | JSON_REAL_PRECISION(17)) :
			-1;

	json_decref(json);
	return rc ? mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", folder->block,
			    strerror(errno)) :
		    MB_EXIT_OK;
}

/* Say why there is no result. A process that ended with a status of the program's has said it itself. */
static int say_failure(const struct bench_block *block, int status, const char *error)
{
	if (bench_child_stopped())
		return MB_EXIT_ENVIRONMENT;
	if (status == BENCH_CHILD_UNABLE)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: process %u: '%s' cannot be started",
			       block->process,
			       block->executable ? block->executable : "this program");
	if (status > BENCH_CHILD_SIGNAL)
		return mb_fail(MB_EXIT_ENVIRONMENT,
			       "run: process %u of %s was ended by signal %d (%s)", block->process,
			       block->workload, status - BENCH_CHILD_SIGNAL,
			       strsignal(status - BENCH_CHILD_SIGNAL));
	if (status < 0)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: process %u of %s: no child: %s",
			       block->process, block->workload, strerror(errno));
	if (status > MB_EXIT_ENVIRONMENT)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: process %u ended with status %d",
			       block->process, status);
	return status ? status :
			mb_fail(MB_EXIT_ENVIRONMENT, "run: process %u of %s left no result: %s",
				block->process, block->workload, error);
}

/* ---- planning ---------------------------------------------------------------------------------- */

static int make_block(const struct run *run, unsigned process, size_t workload,
		      struct bench_block *block)
{
	unsigned build = (process - 1) % run->build_count;
	const char *executable = run->builds[build].executable;

	if (bench_block_make(run->plan, &run->workloads[workload], process, build,
			     build ? run->builds[build].digest : NULL, block))
		return -ENOMEM;
	if (run->files[workload]) {
		free((char *)block->options.workloads);
		block->options.workloads = strdup(run->files[workload]);
	}
	block->executable = executable ? strdup(executable) : NULL;
	return !block->options.workloads || (executable && !block->executable) ? -ENOMEM : 0;
}

/* What came through a pipe is there once: each process shall have it. */
static int keep_boots(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct bench_boot *boot = run->workloads[i].boot;
		struct mb_text_error error;
		struct stat st;
		char path[4600];

		if (!boot || boot->captured || stat(boot->path, &st) || S_ISREG(st.st_mode))
			continue;
		snprintf(path, sizeof(path), "%.*s/%s.trace",
			 (int)(strrchr(run->folder->block, '/') - run->folder->block),
			 run->folder->block, boot->name);
		if (mb_trace_write(boot->trace, path, &error))
			return mb_fail(MB_EXIT_USAGE, "%s", error.text);
		run->files[i] = strdup(path);
		if (!run->files[i])
			return out_of_memory();
	}
	return MB_EXIT_OK;
}

static int list_builds(struct run *run)
{
	const char *list = run->plan->options->executables;
	char *copy = strdup(list ? list : ""), *save = NULL;
	int rc = 0;

	run->builds = calloc(strlen(list ? list : "") + 2, sizeof(*run->builds));
	if (!copy || !run->builds) {
		free(copy);
		return -ENOMEM;
	}
	run->build_count = 1;
	if (bench_file_digest("/proc/self/exe", run->builds[0].digest))
		memcpy(run->builds[0].measured, run->builds[0].digest,
		       sizeof(run->builds[0].digest));
	for (char *at = strtok_r(copy, ",", &save); at && !rc; at = strtok_r(NULL, ",", &save)) {
		struct build *build = &run->builds[run->build_count++];

		build->executable = strdup(at);
		rc = build->executable ? 0 : -ENOMEM;
		bench_file_digest(at, build->digest);
	}
	free(copy);
	return rc;
}

/* Which blocks there are, and what they weigh before one has run. */
static int list_blocks(struct run *run)
{
	const struct bench_plan *plan = run->plan;
	size_t all;

	run->processes = plan->options->processes;
	run->workloads = calloc(BENCH_SYNTHETIC + plan->boot_count, sizeof(*run->workloads));
	if (!run->workloads || list_builds(run))
		return -ENOMEM;
	run->count = bench_block_workloads(plan, run->workloads);
	all = run->count * run->processes;
	run->ids = run->folder->ids = calloc(all, sizeof(*run->ids));
	run->folder->count = run->ids ? all : 0;
	run->finished = calloc(all, sizeof(json_t *));
	run->weights = calloc(run->count, sizeof(*run->weights));
	run->files = calloc(run->count, sizeof(char *));
	if (!run->ids || !run->finished || !run->weights || !run->files)
		return -ENOMEM;
	for (size_t i = 0; i < all; i++) {
		struct bench_block block;
		int rc = make_block(run, (unsigned)(i / run->count) + 1, i % run->count, &block);

		if (!rc && !bench_block_identify(&block, run->ids[i]))
			rc = -ENOMEM;
		bench_block_release(&block);
		if (rc)
			return rc;
		run->weights[i % run->count] =
			(double)(run->workloads[i % run->count].cells + BLOCK_CELLS);
	}
	return 0;
}

/* Was a result, of block number @at, measured by the program that its build was until now? */
static bool is_of_its_build(const struct run *run, size_t at, const json_t *result)
{
	struct build *build = &run->builds[at / run->count % run->build_count];
	const json_t *section = json_object_get(result, "block");
	const char *program =
		json_string_value(json_object_get(json_object_get(section, "objects"), "program"));

	if (!*build->measured)
		snprintf(build->measured, sizeof(build->measured), "%s", program ? program : "");
	return program && !strcmp(program, build->measured);
}

/* Was it measured on a machine like this one? */
static bool is_from_here(const char *id, const json_t *result)
{
	const json_t *context = json_object_get(result, "context");
	const char *cpu = json_string_value(json_object_get(context, "cpu"));
	const char *kernel = json_string_value(json_object_get(context, "kernel"));
	char own_cpu[256], own_kernel[256];

	bench_cpu_name(own_cpu, sizeof(own_cpu));
	bench_kernel_name(own_kernel, sizeof(own_kernel));
	if (cpu && kernel && !strcmp(cpu, own_cpu) && !strcmp(kernel, own_kernel))
		return true;
	mb_fail(MB_EXIT_ENVIRONMENT,
		"run: block %s was measured on %s, %s; this is %s, %s: go on there, or name another "
		"--out",
		id, cpu ? cpu : "an unknown processor", kernel ? kernel : "an unknown kernel",
		own_cpu, own_kernel);
	return false;
}

/* Those of another machine end the run, which may go on there; those of another executable, though of the same
 * sources, are measured once more. MB_EXIT_OK, or an exit status with a message printed. */
static int find_finished(struct run *run)
{
	size_t all = run->folder->kept ? run->count * run->processes : 0, rebuilt = 0;

	for (size_t i = 0; i < all; i++) {
		json_t *result = bench_folder_read(run->folder, run->ids[i]);
		const json_t *section = json_object_get(result, "block");

		if (!result)
			continue;
		run->finished[i] = result;
		if (!is_from_here(run->ids[i], result)) {
			run->folder->finished = 0; /* here */
			return MB_EXIT_ENVIRONMENT;
		}
		if (is_of_its_build(run, i, result)) {
			run->spent_ns +=
				json_number_value(json_object_get(section, "seconds")) * 1e9;
			continue;
		}
		rebuilt++;
		run->folder->finished--;
		run->finished[i] = NULL;
		json_decref(result);
	}
	if (all)
		bench_folder_tell_others(run->folder);
	if (rebuilt)
		fprintf(stderr,
			"memblock-bench: run: %s: not used: %zu finished block%s of another executable of "
			"the same sources: measured again\n",
			run->folder->path, rebuilt, rebuilt == 1 ? "" : "s");
	if (run->folder->finished)
		fprintf(stderr, "memblock-bench: run: %zu finished block%s taken over from %s\n",
			run->folder->finished, run->folder->finished == 1 ? "" : "s",
			run->folder->path);
	return MB_EXIT_OK;
}

/* ---- time -------------------------------------------------------------------------------------- */

static double left_of(const struct run *run)
{
	double passed_ns = (double)(bench_clock_monotonic_ns() - run->start_ns);

	return run->plan->options->total_ns * BLOCKS_SHARE - run->spent_ns - passed_ns;
}

/* Of all blocks from number @from on that are not finished, in units of a whole process. */
static double weight_left(const struct run *run, size_t from)
{
	double whole = 0, left = 0;

	for (size_t i = 0; i < run->count; i++)
		whole += run->weights[i];
	for (size_t i = from; i < run->count * run->processes; i++)
		left += run->finished[i] ? 0 : run->weights[i % run->count];
	return left / whole;
}

/* The time of block number @at, and what of it its repetitions may take. */
static void give_time(const struct run *run, size_t at, struct bench_block *block)
{
	const struct bench_options *o = run->plan->options;
	double whole = 0, part, share;

	for (size_t i = 0; i < run->count; i++)
		whole += run->weights[i];
	part = run->weights[at % run->count] / whole;
	block->options.wall_ns = 0;
	/* What is not to end at some time takes what it takes. */
	block->options.budget_ns = o->budget_ns * part;
	if (o->total_ns <= 0)
		return;
	share = left_of(run) * part / weight_left(run, at);
	/* How many processes a precision needs is not known. */
	if (o->precision > 0 && share < o->wall_ns * part)
		share = o->wall_ns * part;
	block->options.wall_ns = share > LEAST_NS ? share : LEAST_NS;
	block->options.budget_ns = block->options.wall_ns * 0.9;
}

static void place_progress(const struct run *run, size_t at, struct bench_block *block)
{
	double left = weight_left(run, at), all = weight_left(run, 0);

	block->progress_from = 1 - left / all;
	block->progress_to = 1 - weight_left(run, at + 1) / all;
	block->start_ns = run->start_ns;
}

/* ---- running ----------------------------------------------------------------------------------- */

/* Measure block number @at: its result, or an exit status with a message printed. */
static int measure(const struct run *run, size_t at, json_t **result)
{
	struct bench_folder *folder = run->folder;
	struct bench_block block;
	char error[700] = "";
	int rc = make_block(run, (unsigned)(at / run->count) + 1, at % run->count, &block), status;

	*result = NULL;
	if (rc) {
		bench_block_release(&block);
		return out_of_memory();
	}
	give_time(run, at, &block);
	place_progress(run, at, &block);
	status = write_block(folder, &block);
	if (!status) {
		status = start(folder, &block);
		if (!status && !bench_child_stopped())
			*result = bench_folder_finish(folder, run->ids[at], error, sizeof(error));
		if (!*result)
			status = say_failure(&block, status, error);
	}
	bench_block_release(&block);
	return status;
}

static int take(const struct run *run, size_t at)
{
	char error[300] = "";
	json_t *result = run->finished[at];
	int status = MB_EXIT_OK, rc;

	if (!result)
		status = measure(run, at, &result);
	if (status)
		return status;
	rc = -EINVAL;
	if (is_of_its_build(run, at, result))
		rc = bench_gather_add(run->gather, result, run->finished[at] != NULL, error,
				      sizeof(error));
	else
		snprintf(error, sizeof(error), "build %zu is another program than it was until now",
			 at / run->count % run->build_count);
	if (!run->finished[at])
		json_decref(result);
	if (!rc)
		return MB_EXIT_OK;
	return rc == -EINVAL ?
		       mb_fail(MB_EXIT_ENVIRONMENT, "run: block %s: %s", run->ids[at], error) :
		       out_of_memory();
}

/* Is every ratio known as well as was wanted? Two processes agree by chance, three less often. */
static bool is_precise(const struct run *run, unsigned processes)
{
	double percent = run->plan->options->precision;
	unsigned ratios;

	return percent > 0 && processes >= 3 &&
	       !bench_table_imprecise(run->gather->entries, run->gather->count, percent, &ratios);
}

/* Is the process after @done others to be begun, or was it, or one after it? What was taken over is used. */
static bool goes_on(const struct run *run, unsigned done)
{
	if (done >= run->processes)
		return false;
	for (size_t i = done * run->count; i < run->count * run->processes; i++)
		if (run->finished[i])
			return true;
	if (is_precise(run, done))
		return false;
	return !done || run->plan->options->total_ns <= 0 || left_of(run) > 0;
}

/* What blocks of each workload took in the last process: so much they weigh in the next. */
static void weigh(struct run *run)
{
	const json_t *blocks = json_object_get(run->gather->document, "blocks");
	size_t first = json_array_size(blocks) - run->count;

	for (size_t i = 0; i < run->count; i++)
		run->weights[i] = json_number_value(
			json_object_get(json_array_get(blocks, first + i), "seconds"));
}

/* What is kept of a run that ends before its time. */
static void say_kept(const struct run *run)
{
	const struct bench_folder *folder = run->folder;

	if (isatty(STDERR_FILENO)) /* the line of progress */
		fputs("\r\033[K", stderr);
	if (folder->kept && folder->finished)
		fprintf(stderr,
			"memblock-bench: run: %zu of %s%zu blocks are finished, in %s; the same "
			"command goes on with them\n",
			folder->finished, run->plan->options->precision > 0 ? "at most " : "",
			run->count * run->processes, folder->path);
	else if (bench_child_stopped())
		fprintf(stderr, "memblock-bench: run: stopped; %s\n",
			folder->kept ? "no block was finished" :
				       "nothing is kept without --out=FILE");
}

int bench_blocks_run(const struct bench_plan *plan, struct bench_folder *folder, uint64_t start_ns,
		     struct bench_gather *gather)
{
	struct run run = { .plan = plan, .folder = folder, .gather = gather, .start_ns = start_ns };
	int status = list_blocks(&run) ? out_of_memory() : MB_EXIT_OK;

	if (!status)
		status = keep_boots(&run);
	if (!status)
		status = find_finished(&run);
	for (unsigned done = 0; !status && goes_on(&run, done); done++) {
		for (size_t i = 0; i < run.count && !status; i++)
			status = take(&run, done * run.count + i);
		if (!status)
			weigh(&run);
	}
	if (status)
		say_kept(&run);
	for (size_t i = 0; run.finished && i < run.count * run.processes; i++)
		json_decref(run.finished[i]);
	for (unsigned i = 1; i < run.build_count; i++)
		free(run.builds[i].executable);
	for (size_t i = 0; run.files && i < run.count; i++)
		free(run.files[i]);
	free(run.files);
	free(run.builds);
	free(run.finished);
	free(run.weights);
	free(run.workloads);
	return status;
}
