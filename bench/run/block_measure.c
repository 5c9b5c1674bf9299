/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block_measure.c - what a block's process does (block_measure_impl.h).
 *
 *     block ──> plan of its one workload ──> is it that block? ──> prepare, count, time ──> result
 *
 * One process is one draw of where code, stack, heap and metadata lie: the environment was given a random size
 * by who started it (blocks.c), and the heap is displaced here. Under Valgrind nothing is random.
 */
#include "run/block_measure_impl.h"

#include "cli/cli.h"
#include "count/counting.h"
#include "count/simulate.h"
#include "measure/clock.h"
#include "measure/context.h"
#include "measure/disturb.h"
#include "measure/noise.h"
#include "measure/random.h"
#include "run/plan_impl.h"
#include "trace/sha256.h"

#include <errno.h>
#include <malloc.h>
#include <memblock/output.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_MAX 65536u

/* ---- the process ------------------------------------------------------------------------------- */

struct measuring {
	const struct bench_options *options; /* those of the command */
	struct bench_block block;
	char id[BENCH_BLOCK_ID];
	struct bench_plan plan;
	struct bench_progress progress;
	struct bench_conditions start, end;
	uint64_t start_ns;
	size_t heap_bytes; /* by which the heap was displaced, and the environment: */
	size_t environment_bytes;
	int pinned; /* to which processor; negative: not */
};

static int out_of_memory(void)
{
	return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
}

/* What is allocated from now on begins at a random place; large pieces, too, so that they do not all begin at
 * a page. */
static size_t displace_heap(uint64_t random)
{
	static void *volatile piece; /* for as long as the process lives */
	size_t size = (size_t)bench_random_below(&random, HEAP_MAX / 16) * 16;

	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, -1);
	piece = malloc(size + 16);
	return piece ? size : 0;
}

/* The opposite, for counts: pieces of a page and more begin at a page, whatever was allocated before them, so
 * that the sets of a cache that they share are always the same. */
static void align_heap(void)
{
	mallopt(M_MMAP_THRESHOLD, 4096);
	mallopt(M_MMAP_MAX, 1 << 16);
}

/* Its processor and its layout, before anything is allocated that is measured. */
static int settle(struct measuring *m)
{
	const char *layout = getenv(BENCH_LAYOUT_VARIABLE);
	uint64_t random = bench_clock_monotonic_ns();
	int pin = m->block.options.pin;

	m->pinned = -1;
	if (m->block.count) {
		align_heap();
		return MB_EXIT_OK;
	}
	if (pin != BENCH_PIN_NONE)
		m->pinned = bench_pin(pin);
	if (m->pinned < 0 && pin >= 0)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: --pin=%d: %s", pin, strerror(-m->pinned));
	m->heap_bytes = displace_heap(bench_random(&random));
	m->environment_bytes = layout ? strlen(layout) : 0;
	return MB_EXIT_OK;
}

static int read_block(struct measuring *m)
{
	const char *path = m->options->block;
	json_error_t why;
	json_t *json = json_load_file(path, 0, &why);
	char error[200];
	int rc;

	if (!json && why.line < 1)
		return mb_fail(MB_EXIT_USAGE, "run: --block: %s", why.text);
	if (!json)
		return mb_fail(MB_EXIT_USAGE, "%s:%d: %s", path, why.line, why.text);
	rc = bench_block_parse(json, &m->block, error, sizeof(error));
	json_decref(json);
	if (rc)
		return mb_fail(MB_EXIT_USAGE, "%s: %s", path, error);
	if (!m->block.options.workloads)
		return mb_fail(MB_EXIT_USAGE, "%s: a block without 'file'", path);
	return bench_block_identify(&m->block, m->id) ? MB_EXIT_OK : out_of_memory();
}

/* The plan that the block makes here must make that block. */
static int make_plan(struct measuring *m)
{
	struct bench_block_workload *workloads;
	struct bench_block here = { .process = 0 };
	char id[BENCH_BLOCK_ID] = "";
	int status = bench_plan_make(&m->block.options, &m->plan);

	if (status)
		return status;
	m->plan.block = &m->block;
	m->plan.start_ns = m->start_ns;
	workloads = calloc(BENCH_SYNTHETIC + m->plan.boot_count, sizeof(*workloads));
	if (!workloads)
		return out_of_memory();
	if (bench_block_workloads(&m->plan, workloads) == 1 &&
	    (bench_block_make(&m->plan, workloads, m->block.process, m->block.build, m->block.link,
			      &here) ||
	     !bench_block_identify(&here, id)))
		status = out_of_memory();
	else if (strcmp(id, m->id))
		status = mb_fail(
			MB_EXIT_ENVIRONMENT,
			"%s: another block here: the program, the boot or the kernel's code "
			"is not that of block %s",
			m->options->block, m->id);
	bench_block_release(&here);
	free(workloads);
	return status;
}

/* ---- counting ---------------------------------------------------------------------------------- */

/* The subjects of all cells, in their order; NULL: no memory. Released with free(). */
static struct bench_subject **subjects_of(struct bench_plan *plan)
{
	struct bench_subject **subjects = calloc(plan->count + 1, sizeof(struct bench_subject *));

	for (size_t i = 0; subjects && i < plan->count; i++)
		subjects[i] = &plan->cells[i].subject;
	return subjects;
}

/* The same block with a word more, for Valgrind, beside the result. */
static int write_counted(const struct measuring *m, const char *path)
{
	struct bench_block counted = m->block;
	json_t *json;
	int rc;

	counted.count = true;
	json = bench_block_write(&counted, true);
	rc = json ? json_dump_file(json, path, JSON_REAL_PRECISION(17)) : -1;
	json_decref(json);
	return rc ? mb_fail(MB_EXIT_ENVIRONMENT, "run: '%s' cannot be written: %s", path,
			    strerror(errno)) :
		    MB_EXIT_OK;
}

static int simulate_cells(struct measuring *m)
{
	struct bench_plan *plan = &m->plan;
	struct bench_subject **subjects = subjects_of(plan);
	struct bench_simulated **simulated =
		calloc(plan->count + 1, sizeof(struct bench_simulated *));
	char path[4200];
	int status = subjects && simulated ? MB_EXIT_OK : out_of_memory();

	snprintf(path, sizeof(path), "%.4000s.counted", m->options->out);
	if (!status)
		status = write_counted(m, path);
	if (!status)
		status = bench_simulate(subjects, plan->count, path, m->options->out, simulated);
	for (size_t i = 0; simulated && i < plan->count; i++)
		plan->cells[i].simulated = simulated[i];
	remove(path);
	free(simulated);
	free(subjects);
	return status;
}

/* What a process under Valgrind does. */
struct counting {
	struct measuring *m;
	int status;
};

static void *count_prepared(void *ctx)
{
	struct counting *counting = ctx;
	struct bench_plan *plan = &counting->m->plan;
	int rc = bench_plan_prepare(plan, &counting->m->progress);
	struct bench_subject **subjects = rc ? NULL : subjects_of(plan);

	if (!rc && !subjects)
		rc = -ENOMEM;
	counting->status = rc ? mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc)) :
				bench_simulate_inside(subjects, plan->count);
	free(subjects);
	return NULL;
}

/*
 * In a thread, which has a stack and a heap of its own: where they begin does not depend on arguments, the
 * environment, or the names of files that were looked at before, and so the sets of the caches do not.
 */
static int count_apart(struct measuring *m)
{
	struct counting counting = { m, MB_EXIT_OK };
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, count_prepared, &counting);

	if (rc)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(rc));
	pthread_join(thread, NULL);
	return counting.status;
}

/* ---- timing ------------------------------------------------------------------------------------ */

static size_t count_dropped(const struct bench_plan *plan)
{
	size_t dropped = 0;

	for (size_t i = 0; i < plan->count; i++)
		dropped += plan->cells[i].dropped;
	return dropped;
}

/* What is known only when everything has run. */
static void describe_end(void *ctx)
{
	struct measuring *m = ctx;
	char noise[1024];

	bench_conditions_read(&m->end);
	bench_noise(&m->start, &m->end, &m->plan.disturbances, noise, sizeof(noise));
	bench_context("noise", "%s", noise);
	bench_context("repetitions_dropped", "%zu", count_dropped(&m->plan));
}

static void describe_start(const struct measuring *m)
{
	const struct bench_options *o = &m->block.options;
	const struct bench_plan *plan = &m->plan;

	bench_context("quick", "%s", o->quick ? "yes: not a measurement" : "no");
	bench_context_machine();
	if (m->pinned >= 0)
		bench_context("pinned", "processor %d", m->pinned);
	else
		bench_context("pinned", "no");
	bench_context("layout", "randomised: heap displaced by %zu bytes, environment by %zu",
		      m->heap_bytes, m->environment_bytes);
	bench_context("metadata", "%s", o->metadata == MB_METADATA_SELF ? "self" : "host");
	bench_context("builds", "%s%s%s", o->kflags ? "kflags" : "", o->kflags && o->o2 ? " " : "",
		      o->o2 ? "o2" : "");
	bench_context("seed", "%llu", (unsigned long long)o->seed);
	bench_context("repetitions", "%u", plan->repetitions);
	bench_context("processes", "1");
	bench_context("interleaved", "yes: the repetitions of all benchmarks of a block in one "
				     "random order");
	bench_context("zeroing", "off: timed replays do not zero what they allocate");
	bench_context("real_time", "ns per operation; cpu_time includes untimed parts");
	bench_plan_context(plan);
	bench_counting_structural_context();
	if (o->callgrind)
		bench_simulate_context();
	else if (plan->counting)
		bench_counting_context(plan->counting);
}

static int run_cells(struct measuring *m, char **json)
{
	struct bench_plan *plan = &m->plan;
	struct gb_sink sink = { .end = describe_end, .ctx = m };
	double total = 0;
	int rc;

	describe_start(m);
	for (size_t i = 0; i < plan->count; i++) {
		struct bench_cell *cell = &plan->cells[i];

		cell->progress = &m->progress;
		cell->watch = &plan->watch;
		cell->disturbances = &plan->disturbances;
		bench_cell_register(cell, plan->repetitions);
		total += bench_cell_cost(cell) * plan->repetitions;
	}
	bench_progress_start(&m->progress, NULL, total);
	bench_block_progress(&m->block, &m->progress, false);
	rc = gb_run(&sink, json);
	bench_progress_end(&m->progress);
	return rc < 0 ? rc : 0;
}

/* ---- the result -------------------------------------------------------------------------------- */

/* Names of rows are in the order of cells. Each says where it comes from. */
static void mark_rows(struct measuring *m, json_t *rows)
{
	struct bench_cell *cells = m->plan.cells;
	size_t i, at = 0;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));

		while (at + 1 < m->plan.count && name && strcmp(cells[at].subject.name, name))
			at++;
		cells[at].timed += !json_object_get(row, "error_occurred");
		json_object_set_new(row, "process", json_integer(m->block.process));
		json_object_set_new(row, "build", json_integer(m->block.build));
		json_object_set_new(row, "block", json_string(m->id));
	}
}

/* Name of a benchmark: what is wrong with it. */
static json_t *describe_failures(struct bench_plan *plan)
{
	json_t *failures = json_object();

	for (size_t i = 0; i < plan->count; i++) {
		struct bench_cell *cell = &plan->cells[i];

		bench_cell_complete(cell, plan->repetitions);
		if (*cell->subject.error)
			json_object_set_new(failures, cell->subject.name,
					    json_string(cell->subject.error));
	}
	return failures;
}

/* What a boot is and does, of the first store that replays it; NULL: there is none. */
static json_t *describe_boot(const struct bench_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct bench_subject *subject = &plan->cells[i].subject;
		const struct bench_replay *replay = subject->replay;
		const struct bench_boot *boot = plan->items[i].boot;

		uint64_t bytes;

		if (!replay || subject->is_null)
			continue;
		bytes = replay->pages_handed_over * replay->replayer.mb->page_size;
		return json_pack("{sI sI sI sb sI sI sI}", "operations",
				 (json_int_t)replay->replayer.count, "bytes_zeroed",
				 (json_int_t)replay->bytes_zeroed, "bytes_handed_over",
				 (json_int_t)bytes, "captured", boot->captured, "allocs",
				 (json_int_t)boot->allocs, "allocs_as_captured",
				 (json_int_t)boot->allocs_as_captured, "warnings",
				 (json_int_t)boot->trace->warning_count);
	}
	return NULL;
}

static json_t *describe_machine(const struct measuring *m)
{
	const struct bench_disturbances *d = &m->plan.disturbances;

	return json_pack("{sf sf sI sI sI sI sI sI sI sI}", "load_start", m->start.load, "load_end",
			 m->end.load, "steal", (json_int_t)(m->end.steal - m->start.steal), "ticks",
			 (json_int_t)(m->end.ticks - m->start.ticks), "khz_start",
			 (json_int_t)m->start.frequency_khz, "khz_end",
			 (json_int_t)m->end.frequency_khz, "repetitions",
			 (json_int_t)d->repetitions, "faulted", (json_int_t)d->faulted,
			 "interrupted", (json_int_t)d->interrupted, "migrated",
			 (json_int_t)d->migrated);
}

bool bench_file_digest(const char *path, char hex[65])
{
	unsigned char buffer[65536];
	struct mb_sha256 sha;
	size_t size;
	FILE *f = fopen(path, "rb");
	bool ok;

	if (!f)
		return false;
	mb_sha256_start(&sha);
	while ((size = fread(buffer, 1, sizeof(buffer), f)) > 0)
		mb_sha256_add(&sha, buffer, size);
	ok = !ferror(f);
	fclose(f);
	mb_sha256_hex(&sha, hex);
	return ok;
}

static json_t *describe_file(const char *path)
{
	char hex[65];

	return json_string(bench_file_digest(path, hex) ? hex : "unknown");
}

/* The files that ran: this program, and the kernel's code in it, by its name in results. */
static json_t *describe_objects(const struct bench_plan *plan)
{
	json_t *objects = json_object();

	json_object_set_new(objects, "program", describe_file("/proc/self/exe"));
	for (size_t i = 0; i < plan->count; i++) {
		const struct bench_cell *cell = &plan->cells[i];
		char label[BENCH_CELL_LABEL];

		bench_cell_label(cell, label);
		if (cell->is_kernel && !json_object_get(objects, label))
			json_object_set_new(objects, label, describe_file(cell->object));
	}
	return objects;
}

/* What the head of the table says of counters; NULL: nothing. */
static json_t *describe_counting(const struct bench_plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *said = NULL;

	if (!out)
		return NULL;
	bench_counting_print(out, plan->counting);
	if (!fclose(out) && *text)
		said = json_string(text);
	free(text);
	return said;
}

bool bench_result_digest(json_t *result, char hex[65])
{
	struct mb_sha256 sha;
	char *text;

	json_object_del(result, "sha256");
	text = json_dumps(result, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
	if (!text)
		return false;
	mb_sha256_start(&sha);
	mb_sha256_add(&sha, text, strlen(text));
	mb_sha256_hex(&sha, hex);
	free(text);
	return true;
}

/* The section that makes Google Benchmark's result that of a block. */
static json_t *describe_block(struct measuring *m)
{
	struct bench_plan *plan = &m->plan;
	double seconds = (double)(bench_clock_monotonic_ns() - m->start_ns) / 1e9;
	json_t *block = json_pack("{ss so sf sI sI sI sI so so so so*}", "id", m->id,
				  "specification", bench_block_write(&m->block, false), "seconds",
				  seconds, "benchmarks", (json_int_t)plan->count, "repetitions",
				  (json_int_t)plan->repetitions, "dropped",
				  (json_int_t)count_dropped(plan), "least",
				  (json_int_t)plan->watch.least, "failures",
				  describe_failures(plan), "machine", describe_machine(m),
				  "objects", describe_objects(plan), "boot", describe_boot(plan));

	if (m->block.executable)
		json_object_set_new(block, "executable", json_string(m->block.executable));
	if (!m->block.options.callgrind)
		json_object_set_new(block, "counting", describe_counting(plan));
	return block;
}

static int write_result(struct measuring *m, const char *measured)
{
	json_t *result = json_loads(measured, 0, NULL), *block;
	const char *path = m->options->out;
	char hex[65], *text = NULL;
	int rc;

	if (!result)
		return out_of_memory();
	mark_rows(m, json_object_get(result, "benchmarks"));
	block = describe_block(m);
	if (block && !json_object_set_new(result, "block", block) &&
	    bench_result_digest(result, hex) &&
	    !json_object_set_new(result, "sha256", json_string(hex)))
		text = json_dumps(result, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
	json_decref(result);
	if (!text)
		return out_of_memory();
	rc = mb_write_file(path, text, strlen(text));
	free(text);
	return rc ? mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", path, strerror(-rc)) :
		    MB_EXIT_OK;
}

/* ---- all of it --------------------------------------------------------------------------------- */

/* Prepare, count, time, write. */
static int time_cells(struct measuring *m)
{
	char *json = NULL;
	int rc = bench_plan_prepare(&m->plan, &m->progress), status = MB_EXIT_OK;

	if (!rc && m->block.options.callgrind)
		status = simulate_cells(m);
	if (!rc && !status)
		rc = run_cells(m, &json);
	if (rc)
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc));
	else if (!status)
		status = write_result(m, json);
	free(json);
	return status;
}

static int measure(struct measuring *m, struct bench_counting *counting)
{
	int status = make_plan(m);

	m->plan.counting = counting;
	if (status)
		return status;
	bench_clock_start();
	if (bench_disturb_start())
		return out_of_memory();
	gb_start("memblock-bench", true);
	status = m->block.count ? count_apart(m) : time_cells(m);
	gb_end();
	bench_disturb_end();
	return status;
}

int bench_block_measure(const struct bench_options *options)
{
	struct measuring m = { .options = options, .start_ns = bench_clock_monotonic_ns() };
	struct bench_counting *counting = NULL;
	int status;

	bench_conditions_read(&m.start);
	status = read_block(&m);
	if (!status && !m.block.count && !options->out)
		status = mb_fail(MB_EXIT_USAGE, "run: --block=FILE wants --out=FILE");
	if (!status)
		status = settle(&m);
	if (!status)
		status = bench_counting_start(m.block.count ? "none" : m.block.options.counters,
					      &counting);
	if (!status)
		status = measure(&m, counting);
	bench_plan_release(&m.plan);
	bench_counting_end(counting);
	bench_block_release(&m.block);
	return status;
}
