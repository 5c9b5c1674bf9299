/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * simulate.c - counts under Valgrind, and puts its parts together (simulate.h).
 *
 * A part of callgrind's output is named "SUBJECT WHAT PAIRS": the number of the subject in the run, which
 * is the same on both sides and checked by a digest of all names; what was counted; and how many times
 * collecting was switched on and off, the cost of which is known from empty parts.
 */
#define _GNU_SOURCE /* execvpe */
#include "count/simulate.h"

#include "cli/cli.h"
#include "count/phases.h"
#include "counters/callgrind.h"
#include "measure/child.h"
#include "measure/context.h"
#include "measure/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#define BATCHES 2u /* that are counted, as of hardware counters, ... */
#define COPIES 2u  /* ... so often, after one that warms up */
#define COLD 2u    /* single operations on empty caches */
#define EMPTY "empty"
/* Without these glibc's memory functions are the same on every x86-64 machine. */
#define TUNABLES "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-ERMS,-FSRM"

/* ---- what is told ------------------------------------------------------------------------------ */

enum { INSTRUCTIONS, BRANCHES, BRANCH_MISSES, L1I_MISSES, L1D_MISSES, LLC_MISSES, COUNTS };

static const char *const names[COUNTS] = { "instructions", "branches",   "branch_misses",
					   "l1i_misses",   "l1d_misses", "llc_misses" };

struct bench_simulated {
	double per_operation[COUNTS];
	double code_lines, data_lines; /* of one operation on empty caches */
	bool has_lines;
	bool has_phase[BENCH_PHASES];
	double phases[BENCH_PHASES][COUNTS]; /* per replay */
};

static void fold_events(const uint64_t events[CALLGRIND_EVENTS], double counts[COUNTS])
{
	counts[INSTRUCTIONS] = (double)events[CALLGRIND_IR];
	counts[BRANCHES] = (double)(events[CALLGRIND_BC] + events[CALLGRIND_BI]);
	counts[BRANCH_MISSES] = (double)(events[CALLGRIND_BCM] + events[CALLGRIND_BIM]);
	counts[L1I_MISSES] = (double)events[CALLGRIND_I1MR];
	counts[L1D_MISSES] = (double)(events[CALLGRIND_D1MR] + events[CALLGRIND_D1MW]);
	counts[LLC_MISSES] =
		(double)(events[CALLGRIND_ILMR] + events[CALLGRIND_DLMR] + events[CALLGRIND_DLMW]);
}

/* ---- inside: counting -------------------------------------------------------------------------- */

static void dump(size_t subject, const char *what, size_t pairs)
{
	char name[96];

	snprintf(name, sizeof(name), "%zu %s %zu", subject, what, pairs);
	callgrind_dump(name);
}

/* One batch of a subject; a changed state is restored before it, uncollected. */
static void run_batch(const struct bench_subject *subject, unsigned batch)
{
	const struct bench_queries *queries = subject->queries;

	if (queries->operation->changes)
		bench_state_restore(subject->state);
	bench_run_queries(queries, batch, queries->batch, subject->state, &BENCH_READING_OF_COUNTS);
}

static void count_batches(const struct bench_subject *subject, size_t number)
{
	unsigned batches = subject->queries->batches < BATCHES ? subject->queries->batches :
								 BATCHES;

	bench_state_restore(subject->state);
	callgrind_begin();
	for (unsigned i = 0; i <= COPIES; i++) {
		if (i == 1)
			callgrind_zero(); /* the first one warms up */
		for (unsigned batch = 0; batch < batches; batch++)
			run_batch(subject, batch);
	}
	dump(number, "warm", (size_t)COPIES * batches);
	callgrind_end();
}

/* The first operation of some batches; a walk is no single operation. */
static void count_cold(const struct bench_subject *subject, size_t number)
{
	const struct bench_queries *queries = subject->queries;

	for (unsigned i = 0; i < COLD && !queries->operation->walks; i++) {
		bench_state_restore(subject->state);
		callgrind_begin(); /* empties the caches */
		callgrind_zero();
		bench_run_queries(queries, i % queries->batches, 1, subject->state,
				  &BENCH_READING_OF_COUNTS);
		dump(number, "cold", 1);
		callgrind_end();
	}
}

static void count_replays(const struct bench_subject *subject, size_t number)
{
	struct mb_replayer *replayer = &subject->replay->replayer;

	callgrind_begin();
	for (unsigned i = 0; i <= COPIES; i++) {
		if (i == 1)
			callgrind_zero();
		mb_replayer_restore(replayer);
		mb_replayer_run(replayer, &BENCH_READING_OF_COUNTS);
	}
	dump(number, "warm", COPIES);
	callgrind_end();
}

/* A replay in which only the operations of @phase are collected, or (BENCH_PHASES) only searches alone. */
static void count_phase(const struct bench_subject *subject, size_t number,
			const struct bench_phases *phases, unsigned phase)
{
	struct mb_replayer *replayer = &subject->replay->replayer;
	size_t pairs = 0;

	mb_replayer_restore(replayer);
	callgrind_zero();
	for (size_t i = 0; i < replayer->count; i++) {
		bool collected = phase < BENCH_PHASES && bench_phases_of(phases, i) == phase;

		if (phase == BENCH_PHASES && bench_phases_searches(phases, i)) {
			bench_phases_search(phases, i, &BENCH_READING_OF_COUNTS);
			pairs++;
		}
		bench_phases_run(phases, i,
				 collected ? &BENCH_READING_OF_COUNTS : &BENCH_READING_OF_NOTHING);
		pairs += collected;
	}
	if (pairs)
		dump(number, phase < BENCH_PHASES ? bench_phase_names[phase] : "search", pairs);
}

static int count_phases(const struct bench_subject *subject, size_t number)
{
	struct bench_phases *phases;
	int rc = bench_phases_new(&subject->replay->replayer, &phases);

	if (rc)
		return rc;
	callgrind_begin();
	mb_replayer_run_untimed(&subject->replay->replayer);
	for (unsigned phase = 0; phase <= BENCH_PHASES; phase++)
		count_phase(subject, number, phases, phase);
	callgrind_end();
	bench_phases_free(phases);
	return 0;
}

/* What switching collection on and off counts by itself: once, and a thousand times. */
static void count_nothing(void)
{
	static const unsigned pairs[] = { 1, 1000, 1, 1000 }; /* the first two fill the caches */

	callgrind_begin();
	for (unsigned part = 0; part < sizeof(pairs) / sizeof(pairs[0]); part++) {
		callgrind_zero();
		bench_loops_kflags.nothing(pairs[part], &BENCH_READING_OF_COUNTS);
		dump(0, EMPTY, pairs[part]);
	}
	callgrind_end();
}

/* All subjects have the same numbers on both sides if they have the same names. */
static uint64_t digest_names(struct bench_subject *const *subjects, size_t count)
{
	uint64_t digest = count;

	for (size_t i = 0; i < count; i++)
		for (const char *at = subjects[i]->name; *at; at++)
			digest = bench_hash(digest, (unsigned char)*at);
	return digest;
}

int bench_simulate_inside(struct bench_subject *const *subjects, size_t count)
{
	char name[64];
	int rc = 0;

	if (!callgrind_is_running())
		return mb_fail(MB_EXIT_USAGE,
			       "run: a block that is to be counted wants --counters=callgrind");
	count_nothing();
	for (size_t i = 0; i < count && !rc; i++) {
		const struct bench_subject *subject = subjects[i];

		if (*subject->error || subject->cold)
			continue;
		if (subject->replay) {
			count_replays(subject, i);
			if (!subject->is_null)
				rc = count_phases(subject, i);
		} else {
			count_batches(subject, i);
			count_cold(subject, i);
		}
	}
	callgrind_begin();
	snprintf(name, sizeof(name), "names %016" PRIx64, digest_names(subjects, count));
	callgrind_dump(name);
	callgrind_end();
	return rc ? mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", strerror(-rc)) : MB_EXIT_OK;
}

/* ---- outside: starting Valgrind ---------------------------------------------------------------- */

const char *bench_simulate_lacks(void)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : ""), *save = NULL, file[4200];
	bool found = false;

	for (char *at = copy ? strtok_r(copy, ":", &save) : NULL; at && !found;
	     at = strtok_r(NULL, ":", &save)) {
		snprintf(file, sizeof(file), "%.4096s/valgrind", at);
		found = !access(file, X_OK);
	}
	free(copy);
	return found ? NULL : "no valgrind; install it with: apt install valgrind";
}

/* Only what the program needs, so that the environment's size does not matter. */
static void fill_environment(char *environment[8], char storage[6][4200])
{
	static const char *const kept[] = { "PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR" };
	unsigned n = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (!getenv(kept[i]))
			continue;
		snprintf(storage[n], 4200, "%s=%.4000s", kept[i], getenv(kept[i]));
		environment[n] = storage[n];
		n++;
	}
	environment[n++] = (char *)"LC_ALL=C";
	environment[n++] = (char *)"GLIBC_TUNABLES=" TUNABLES;
	environment[n] = NULL;
}

/* What Valgrind shall execute, and where it writes. */
struct command {
	char self[4096], block[4200], out[4300], log[4300];
};

/* In the child: become Valgrind, which becomes this program. */
static void become(void *ctx)
{
	struct command *command = ctx;
	char *environment[8], storage[6][4200];
	char *const arguments[] = {
		(char *)"valgrind",
		(char *)"--tool=callgrind",
		(char *)"--instr-atstart=no",
		(char *)"--collect-atstart=no",
		(char *)"--cache-sim=yes",
		(char *)"--branch-sim=yes",
		(char *)"--combine-dumps=yes",
		(char *)"--vgdb=no", /* whose pipes would stay when we are stopped */
		(char *)CALLGRIND_GEOMETRY,
		command->out,
		command->log,
		command->self,
		(char *)"run",
		command->block,
		NULL,
	};

	fill_environment(environment, storage);
	personality(ADDR_NO_RANDOMIZE); /* where that is refused, counts of caches vary a little */
	execvpe("valgrind", arguments, environment);
}

/* Run the program under Valgrind; 0, or the exit status with a message printed. */
static int start(const char *block, const char *out, const char *log)
{
	struct command command;
	ssize_t length = readlink("/proc/self/exe", command.self, sizeof(command.self) - 1);
	int status;

	if (length < 0)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: /proc/self/exe: %s", strerror(errno));
	command.self[length] = '\0';
	if (access(command.self, X_OK)) /* "... (deleted)" */
		return mb_fail(
			MB_EXIT_ENVIRONMENT,
			"run: --counters=callgrind: the program was replaced while it ran; start "
			"it again");
	snprintf(command.block, sizeof(command.block), "--block=%.4090s", block);
	snprintf(command.out, sizeof(command.out), "--callgrind-out-file=%.4200s", out);
	snprintf(command.log, sizeof(command.log), "--log-file=%.4200s", log);
	status = bench_child_run(become, &command);
	if (!status)
		return MB_EXIT_OK;
	return mb_fail(MB_EXIT_ENVIRONMENT,
		       "run: --counters=callgrind: valgrind ended with status %d", status);
}

/* ---- outside: putting the parts together ------------------------------------------------------- */

/* The name of a part, taken apart. */
struct label {
	size_t subject, pairs;
	char what[24];
};

static bool read_label(const char *name, struct label *label)
{
	return sscanf(name, "%zu %23s %zu", &label->subject, label->what, &label->pairs) == 3;
}

/* What collecting costs: a part of n pairs counts base + n * pair. */
struct cost {
	double base[COUNTS], pair[COUNTS];
};

static void find_cost(const struct callgrind_part *parts, size_t count, struct cost *cost)
{
	double first[COUNTS] = { 0 }, last[COUNTS] = { 0 };
	size_t first_pairs = 0, last_pairs = 0;

	for (size_t i = 0; i < count; i++) {
		struct label label;

		if (!read_label(parts[i].name, &label) || strcmp(label.what, EMPTY))
			continue;
		if (label.pairs == 1) {
			fold_events(parts[i].events, first);
			first_pairs = 1;
		} else {
			fold_events(parts[i].events, last);
			last_pairs = label.pairs;
		}
	}
	for (unsigned c = 0; c < COUNTS && first_pairs && last_pairs; c++) {
		cost->pair[c] = (last[c] - first[c]) / (double)(last_pairs - first_pairs);
		cost->base[c] = first[c] - cost->pair[c];
	}
}

static void take_phase(struct bench_simulated *simulated, const char *what,
		       const double counts[COUNTS])
{
	bool search = !strcmp(what, "search");

	for (unsigned p = 0; p < BENCH_PHASES; p++) {
		bool to = search ? p == BENCH_PHASE_FIND_FREE : !strcmp(what, bench_phase_names[p]);
		bool from = search && p == BENCH_PHASE_RESERVE;

		simulated->has_phase[p] |= to;
		for (unsigned c = 0; c < COUNTS; c++)
			simulated->phases[p][c] += to ? counts[c] : from ? -counts[c] : 0;
	}
}

/* One part of @subject into *@to. */
static int take_part(const struct bench_subject *subject, struct bench_simulated **to,
		     const struct label *label, const struct callgrind_part *part,
		     const struct cost *cost)
{
	struct bench_simulated *simulated = *to;
	double counts[COUNTS], operations = (double)subject->turn_ops;

	if (!simulated) {
		simulated = *to = calloc(1, sizeof(*simulated));
		if (!simulated)
			return -ENOMEM;
	}
	fold_events(part->events, counts);
	for (unsigned c = 0; c < COUNTS; c++)
		counts[c] -= cost->base[c] + cost->pair[c] * (double)label->pairs;
	if (!strcmp(label->what, "warm")) {
		/* Each pair is a batch or a replay. */
		for (unsigned c = 0; c < COUNTS; c++)
			simulated->per_operation[c] = counts[c] / (double)label->pairs / operations;
	} else if (!strcmp(label->what, "cold")) {
		simulated->has_lines = true;
		simulated->code_lines += (double)part->events[CALLGRIND_ILMR] / COLD;
		simulated->data_lines +=
			(double)(part->events[CALLGRIND_DLMR] + part->events[CALLGRIND_DLMW]) /
			COLD;
	} else {
		take_phase(simulated, label->what, counts);
	}
	return 0;
}

static int take_parts(struct bench_subject *const *subjects, size_t count,
		      const struct callgrind_part *parts, size_t part_count,
		      struct bench_simulated **simulated)
{
	struct cost cost = { .base = { 0 } };
	bool same = false;
	uint64_t digest;
	int rc = 0;

	for (size_t i = 0; i < part_count; i++)
		same |= sscanf(parts[i].name, "names %" SCNx64, &digest) == 1 &&
			digest == digest_names(subjects, count);
	if (!same)
		return mb_fail(
			MB_EXIT_ENVIRONMENT,
			"run: --counters=callgrind: other benchmarks were made under Valgrind");
	find_cost(parts, part_count, &cost);
	for (size_t i = 0; i < part_count && !rc; i++) {
		struct label label;

		if (read_label(parts[i].name, &label) && strcmp(label.what, EMPTY) &&
		    label.subject < count)
			rc = take_part(subjects[label.subject], &simulated[label.subject], &label,
				       &parts[i], &cost);
	}
	return rc ? mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory") : MB_EXIT_OK;
}

int bench_simulate(struct bench_subject *const *subjects, size_t count, const char *block,
		   const char *prefix, struct bench_simulated **simulated)
{
	struct callgrind_part *parts = NULL;
	char out[4200], log[4200], error[700];
	size_t part_count;
	int status;

	snprintf(out, sizeof(out), "%.4090s.callgrind", prefix);
	snprintf(log, sizeof(log), "%.4090s.log", prefix);
	status = start(block, out, log);
	if (!status && callgrind_read(out, &parts, &part_count, error, sizeof(error)))
		status = mb_fail(MB_EXIT_ENVIRONMENT, "run: --counters=callgrind: %s", error);
	else if (!status)
		status = take_parts(subjects, count, parts, part_count, simulated);
	free(parts);
	unlink(log);
	unlink(out);
	return status;
}

/* ---- results ----------------------------------------------------------------------------------- */

void bench_simulated_free(struct bench_simulated *simulated)
{
	free(simulated);
}

void bench_simulated_emit(const struct bench_simulated *simulated, struct gb_state *s)
{
	char name[64];

	for (unsigned c = 0; simulated && c < COUNTS; c++) {
		gb_counter(s, names[c], simulated->per_operation[c], GB_PLAIN);
		for (unsigned p = 0; p < BENCH_PHASES; p++) {
			if (!simulated->has_phase[p])
				continue;
			snprintf(name, sizeof(name), "%s_%s", names[c], bench_phase_names[p]);
			gb_counter(s, name, simulated->phases[p][c], GB_PLAIN);
		}
	}
	if (simulated && simulated->has_lines) {
		gb_counter(s, "code_lines", simulated->code_lines, GB_PLAIN);
		gb_counter(s, "data_lines", simulated->data_lines, GB_PLAIN);
	}
}

void bench_simulate_context(void)
{
	char key[64];

	for (unsigned c = 0; c < COUNTS; c++) {
		snprintf(key, sizeof(key), "counter:%s", names[c]);
		bench_context(key, "simulated: callgrind, %s",
			      c <= BRANCHES      ? "exact" :
			      c == BRANCH_MISSES ? "a simple predictor" :
						   "caches of 32 KiB and 8 MiB, no prefetching");
	}
	bench_context("counter:cycles", "absent: callgrind counts no time");
	bench_context("counter:dtlb_misses", "absent: callgrind has no TLB");
	bench_context("counter:code_lines",
		      "simulated: lines of 64 bytes that one operation touches, on empty caches");
	bench_context("counter:data_lines",
		      "simulated: lines of 64 bytes that one operation touches, on empty caches");
	bench_context("simulation", "valgrind --tool=callgrind, I1 and D1 32 KiB 8-way, LL 8 MiB "
				    "16-way; no address randomisation; GLIBC_TUNABLES=" TUNABLES);
}
