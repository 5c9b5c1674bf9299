/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_run.c - `memblock-bench run`: benchmarks, the table, and results as Google Benchmark's JSON.
 *
 * A run goes through
 *
 *     options (run_options.c) -> plan (plan.c) -> blocks (blocks.c) -> gather.c -> output (table.c)
 *                                                  |  ^
 *                                                  v  |  a process each
 *                                block_measure.c: prepare.c, cell.c
 *
 * The plan knows every benchmark; each block builds its states, has every answer checked, and decides how long
 * each repetition takes so that it fits its share of the time. An output that cannot be written is found out
 * first. Results are written at the end and whole; until then finished blocks are kept beside them.
 */
#include "run/cmd_run.h"

#include "run/run_impl.h"

#include "cli/cli.h"
#include "count/counting.h"
#include "count/simulate.h"
#include "measure/child.h"
#include "measure/clock.h"
#include "measure/noise.h"
#include "run/block_measure_impl.h"
#include "run/blocks_impl.h"
#include "run/plan_impl.h"
#include "run/sizes_impl.h"
#include "run/table_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <memblock/output.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is known at the start --------------------------------------------------------------- */

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

/* As a shell would take it; NULL: no memory. */
static char *quote_command(int argc, char **argv)
{
	char *command;
	size_t size;
	FILE *out = open_memstream(&command, &size);

	if (!out)
		return NULL;
	fputs("memblock-bench", out);
	for (int i = 0; i < argc; i++) {
		fputc(' ', out);
		print_quoted(out, argv[i]);
	}
	return fclose(out) ? NULL : command;
}

/* What was asked for and is not to be had is said before anything else is done. */
static int check_environment(const struct bench_options *o)
{
	struct bench_counting *counting = NULL;
	int status = MB_EXIT_OK, pinned = 0;

	if (o->callgrind && bench_simulate_lacks())
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: --counters=callgrind: %s",
			       bench_simulate_lacks());
	if (o->pin != BENCH_PIN_NONE) /* and so are all blocks */
		pinned = bench_pin(o->pin);
	if (pinned < 0 && o->pin >= 0)
		return mb_fail(MB_EXIT_ENVIRONMENT,
			       "run: --pin=%d: %s; see 'taskset -p $$' for what is allowed", o->pin,
			       strerror(-pinned));
	if (o->out) {
		int rc = mb_output_probe(o->out);

		if (rc)
			return mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", o->out,
				       strerror(-rc));
	}
	if (strcmp(o->counters, "auto")) {
		status = bench_counting_start(o->counters, &counting);
		bench_counting_end(counting);
	}
	return status;
}

/* ---- output ------------------------------------------------------------------------------------ */

/* What failed, a line each for the first ones. */
static size_t report_failures(const struct bench_gather *gather)
{
	size_t failed = 0;

	for (size_t i = 0; i < gather->count; i++) {
		if (!*gather->entries[i].error || bench_entry_exceeds(&gather->entries[i]))
			continue;
		if (failed++ < 10)
			mb_fail(MB_EXIT_CHECK, "%s: %s", gather->entries[i].name,
				gather->entries[i].error);
	}
	if (failed > 10)
		mb_fail(MB_EXIT_CHECK, "%zu more benchmarks failed", failed - 10);
	return failed;
}

/* Said only where there are fewer than were asked for. */
static void print_repetitions(const struct bench_gather *gather)
{
	unsigned least = gather->repetitions_least, most = gather->repetitions_most;

	if (least < gather->repetitions_asked && least == most)
		printf("repetitions: %u instead of %u in a process, to end in time\n", least,
		       gather->repetitions_asked);
	else if (least < gather->repetitions_asked)
		printf("repetitions: %u to %u instead of %u in a process, to end in time\n", least,
		       most, gather->repetitions_asked);
	if (gather->dropped)
		printf("slower than planned: %zu of %zu repetitions dropped, %u of each kept at least\n",
		       gather->dropped, gather->repetitions, gather->kept_least);
}

/* What a bounded store does not hold, a line each. Return: how many. */
static size_t print_exceeded(const struct bench_gather *gather)
{
	size_t exceeded = 0;

	for (size_t i = 0; i < gather->count; i++) {
		const struct bench_entry *entry = &gather->entries[i];

		if (!bench_entry_exceeds(entry))
			continue;
		exceeded++;
		printf("%s%s: %s\n", exceeded == 1 ? "\n" : "", entry->name, entry->error);
	}
	return exceeded;
}

/* Which variants failed, and how often. */
static void print_failed_variants(const struct bench_gather *gather)
{
	for (size_t i = 0; i < gather->count; i++) {
		const char *variant = gather->entries[i].variant;
		size_t all = 0, failed = 0, before = 0;

		for (size_t j = 0; j < gather->count; j++) {
			if (strcmp(gather->entries[j].variant, variant))
				continue;
			all++;
			failed += *gather->entries[j].error &&
				  !bench_entry_exceeds(&gather->entries[j]);
			before += j < i;
		}
		if (failed && !before)
			printf("%s: %zu of its %zu benchmarks failed.\n", variant, failed, all);
	}
}

static void print_header(const struct bench_options *o, const struct bench_gather *gather)
{
	const json_t *context = json_object_get(gather->document, "context");
	const char *cpu = json_string_value(json_object_get(context, "cpu"));
	const char *resumed = json_string_value(json_object_get(context, "resumed"));
	char noise[1024];

	bench_gather_noise(&gather->machine, noise, sizeof(noise));
	printf("memblock-bench run: %zu benchmarks, metadata=%s, build %s%s%s, seed %llu\n%s\n",
	       gather->count, o->metadata == MB_METADATA_SELF ? "self" : "host",
	       o->kflags ? "kflags" : "", o->kflags && o->o2 ? "+" : "", o->o2 ? "o2" : "",
	       (unsigned long long)o->seed, cpu ? cpu : "unknown processor");
	if (resumed)
		printf("resumed: %s were taken over\n", resumed);
	bench_gather_unlike(gather, stdout, "measured under unlike conditions: ");
	for (char *save, *at = strtok_r(noise, ";", &save); at; at = strtok_r(NULL, ";", &save))
		printf("%s%s\n", at == noise ? "noise: " : "      ", at);
	if (gather->counting)
		fputs(gather->counting, stdout);
	if (o->callgrind)
		puts("counters: simulated by callgrind; no time is among them");
	print_repetitions(gather);
}

/* A peer is in the flag set o2, whatever the others are in. */
static void print_peers(const struct bench_plan *plan)
{
	for (unsigned i = 0; i < plan->spec_count; i++)
		if (plan->specs[i].variant->kind == MB_KIND_PEER)
			printf("%s+o2: a C++ container on malloc, compiled as an application is (-O2, SSE), "
			       "not as a kernel\n",
			       plan->specs[i].name);
}

/* What was left out of the table, since a kernel, or a peer, has no call for it. */
static void print_not_timed(const struct bench_plan *plan)
{
	const char *row;
	json_t *why;

	json_object_foreach(plan->not_timed, row, why)
		printf("\nnot timed: %s: %s", row, json_string_value(why));
	if (plan->not_timed)
		putchar('\n');
}

/* 0, or -1: no memory. */
static int set_not_timed(const struct bench_plan *plan, json_t *context)
{
	const char *row;
	json_t *why;
	char key[512];
	int rc = 0;

	json_object_foreach(plan->not_timed, row, why)
	{
		snprintf(key, sizeof(key), "not_timed:%s", row);
		rc |= json_object_set(context, key, why);
	}
	return rc;
}

static void print(const struct bench_plan *plan, const struct bench_gather *gather, size_t failed)
{
	const struct bench_options *o = plan->options;
	size_t exceeded;

	print_header(o, gather);
	print_peers(plan);
	bench_table_print(stdout, gather->entries, gather->count);
	bench_sizes_print(stdout, json_object_get(gather->document, "context"));
	print_not_timed(plan);
	if (o->quick)
		puts("\n--quick: a test that everything runs; these are no measurements.");
	exceeded = print_exceeded(gather);
	printf("\nAnswers verified: %zu of %zu benchmarks.\n", gather->count - exceeded - failed,
	       gather->count - exceeded);
	print_failed_variants(gather);
}

enum { KEPT_AS = 4400 };

/* An older run that is in the file stays, as FILE.~1~ or so: @kept, or "". 0 or -errno. */
static int spare(const char *out, char kept[KEPT_AS])
{
	struct stat st;

	*kept = '\0';
	if (stat(out, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	for (unsigned n = 1; n < 10000; n++) {
		snprintf(kept, KEPT_AS, "%.4090s.~%u~", out, n);
		if (!linkat(AT_FDCWD, out, AT_FDCWD, kept, AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

/* The results into their file; then its blocks are not needed any more. */
static int keep(const struct bench_options *o, const char *json, struct bench_folder *folder,
		char kept[KEPT_AS])
{
	int rc = o->out ? spare(o->out, kept) : 0;

	if (o->out && !rc)
		rc = mb_write_file(o->out, json, strlen(json));
	bench_folder_close(folder, !rc);
	if (rc)
		mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s%s%s", o->out, strerror(-rc),
			folder->kept ? "; the same command goes on with the blocks in " : "",
			folder->kept ? folder->path : "");
	return rc ? MB_EXIT_USAGE : MB_EXIT_OK;
}

/* All blocks are there. Written first: whoever reads the table may go away. */
static int finish(const struct bench_plan *plan, struct bench_gather *gather, const char *command,
		  struct bench_folder *folder)
{
	const struct bench_options *o = plan->options;
	json_t *context = json_object_get(gather->document, "context");
	char *json = NULL, kept[KEPT_AS];
	size_t failed;
	int status;

	if (!set_not_timed(plan, context))
		json = bench_gather_end(gather, command);
	if (!json) {
		bench_folder_close(folder, false);
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	}
	status = keep(o, json, folder, kept);
	bench_gather_unlike(gather, stderr,
			    "memblock-bench: run: measured under unlike conditions: ");
	failed = report_failures(gather);
	if (o->json)
		fputs(json, stdout);
	else
		print(plan, gather, failed);
	free(json);
	if (!status && o->out && !o->json)
		printf("Results: %s%s%s\n", o->out, *kept ? "; what was there is " : "", kept);
	return status ? status : failed ? MB_EXIT_CHECK : MB_EXIT_OK;
}

/* ---- all of it --------------------------------------------------------------------------------- */

static int run_blocks(const struct bench_options *o, const struct bench_plan *plan,
		      uint64_t start_ns, const char *command)
{
	struct bench_folder folder;
	struct bench_gather gather;
	int status;

	bench_child_guard(); /* what is made from here on is tidied up */
	status = bench_folder_open(o->out, &folder);
	if (status)
		return status;
	if (bench_gather_start(&gather))
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	if (!status)
		status = bench_blocks_run(plan, &folder, start_ns, &gather);
	if (status)
		bench_folder_close(&folder, false);
	else
		status = finish(plan, &gather, command, &folder);
	bench_gather_release(&gather);
	if (bench_child_stopped())
		bench_child_end();
	return status;
}

int mb_cmd_run(int argc, char **argv)
{
	uint64_t start_ns = bench_clock_monotonic_ns();
	struct bench_options options;
	struct bench_plan plan;
	char *command;
	int status = bench_options_parse(argc, argv, &options);

	if (status)
		return status < 0 ? MB_EXIT_OK : status;
	if (options.block)
		return bench_block_measure(&options);
	status = check_environment(&options);
	if (status)
		return status;
	command = quote_command(argc, argv);
	if (!command)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	status = bench_plan_make(&options, &plan);
	if (!status)
		status = run_blocks(&options, &plan, start_ns, command);
	bench_plan_release(&plan);
	free(command);
	return status;
}
