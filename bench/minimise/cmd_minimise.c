/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_minimise.c - memblock-bench minimise: the smallest trace with the same failure or hot spot.
 *
 * What is kept is one thing that the whole trace shows, found before anything is left out:
 *
 *     panic        a variant panics, with the same words (numbers aside)
 *     divergence   an allocation that was captured at C lands at G: it still does, and all allocations
 *                  before it still land as captured
 *     dump         a dump differs in the same first place, and all allocations land as captured
 *     difference   two variants that must answer alike do not
 *     hot spot     the operation that costs most, in bytes of metadata looked at or moved (counted
 *                  build): the same operation, last in the trace, still costs so many per cent
 *
 * The search (shrink.c) is bounded by the number of operations that are tried, not by time: the same
 * input gives the same output. With --format=memblock-test a difference becomes a case in C (memblock_test.c)
 * instead of a trace. Where the captured results are not what is kept, those of the first
 * variant take their place, so that a replay of the result shows the failure and nothing else.
 */
#include "minimise/cmd_minimise.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/replay.h>

#include "boots/boots.h"
#include "cli/cli.h"
#include "minimise/memblock_test_impl.h"
#include "shrink/shrink.h"

enum { GROWTHS_MAX = 64 }; /* of an array that doubles each time */

#define KINDS "any|panic|divergence|dump|difference" /* what --failure takes */

/* In that order. */
enum kind { ANY, PANIC, DIVERGENCE, DUMP, DIFFERENCE, HOT_SPOT };

/* In what two variants answer unlike, the weakest last. */
enum unlike { NOT, IN_PANIC, IN_REGIONS, IN_WARNINGS, IN_ANSWERS };

static const char *const unlike_words[] = {
	[NOT] = "nothing",
	[IN_PANIC] = "whether they panic",
	[IN_REGIONS] = "the regions at the end",
	[IN_WARNINGS] = "the number of warnings",
	[IN_ANSWERS] = "statuses, log lines, hooks or questions at dumps",
};

struct minimise {
	const char *in, *out;
	const char *variants; /* as given; NULL: not */
	const struct mb_profile *profile;
	struct mb_trace *trace;
	struct mb_variant_spec specs[MB_VARIANTS_MAX];
	int count;
	enum mb_metadata metadata;
	enum kind kind;
	enum { TRACE, MEMBLOCK_TEST } format;
	uint64_t percent, budget;
	/* What is kept. */
	struct mb_replay_result found; /* of specs[at] */
	int at, other;                 /* other: DIFFERENCE ... */
	enum unlike unlike;            /* ... in what; of a trace that of the result */
	struct mb_op op;               /* DIVERGENCE, HOT_SPOT */
	uint64_t cost;                 /* HOT_SPOT */
	size_t op_at;                  /* HOT_SPOT: which operation it is, from 1 */
	/* An instance to run on, and its empty state. */
	struct mb *mb, *other_mb; /* the other: MEMBLOCK_TEST */
	void *empty, *other_empty;
	jmp_buf panicked;
	/* Growth of the result: each with the operation, from 0, that it happened in. */
	struct mb_growth grown[GROWTHS_MAX];
	size_t grown_at[GROWTHS_MAX], grown_count, running;
};

/* ---- running ----------------------------------------------------------------------------------- */

static int replay(const struct minimise *m, int at, const struct mb_op *ops, size_t count,
		  struct mb_replay_result *result)
{
	struct mb_trace part = *m->trace;

	part.ops = (struct mb_op *)(uintptr_t)ops;
	part.count = count;
	return mb_replay_check(&part, &m->specs[at], m->metadata, result);
}

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	(void)fmt, (void)ap;
	longjmp(((struct minimise *)ctx)->panicked, 1);
}

static void on_growth(void *ctx, const struct mb_growth *growth)
{
	struct minimise *m = ctx;

	if (m->grown_count == GROWTHS_MAX)
		return;
	m->grown_at[m->grown_count] = m->running;
	m->grown[m->grown_count++] = *growth;
}

static int make_instance(struct minimise *m, int at, enum mb_build build, struct mb **mb,
			 void **empty)
{
	struct mb_hooks hooks = { .ctx = m, .panic = on_panic, .grew = on_growth };
	struct mb_machine machine = m->trace->machine;
	struct mb_variant_spec spec = m->specs[at];
	int rc;

	spec.build = build;
	machine.metadata = m->metadata;
	rc = mb_create(&machine, &hooks, &spec, mb);
	if (rc)
		return rc;
	mb_set_zeroing(*mb, false);
	*empty = malloc(mb_snapshot_size(*mb));
	if (!*empty)
		return -ENOMEM;
	mb_snapshot(*mb, *empty);
	return 0;
}

static uint64_t run_op(struct minimise *m, const struct mb_op *op)
{
	if (op->kind == MB_OP_GREW && m->metadata == MB_METADATA_HOST)
		mb_op_run_growth(m->mb, op);
	return op->kind == MB_OP_GREW ? 0 : mb_op_run(m->mb, op);
}

/* What the variant gives for each allocation becomes what is expected of it. */
static void take_results(struct minimise *m, struct mb_op *ops, size_t count)
{
	mb_restore(m->mb, m->empty);
	m->grown_count = 0;
	if (setjmp(m->panicked))
		return;
	for (size_t i = 0; i < count; i++) {
		uint64_t got;

		m->running = i;
		got = run_op(m, &ops[i]);
		if (mb_op_nature(ops[i].kind) == MB_ALLOCATES)
			ops[i].result = got;
	}
}

/* ---- what is kept ------------------------------------------------------------------------------ */

/* Equal but for digits, so that another address or line is the same failure. */
static bool same_words(const char *a, const char *b)
{
	static const char numbers[] = "0123456789abcdefx";

	for (;;) {
		bool number = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';

		if (number) {
			a += strspn(a, numbers);
			b += strspn(b, numbers);
			continue;
		}
		if (*a != *b || !*a)
			return *a == *b;
		a++;
		b++;
	}
}

static enum unlike answers_unlike(const struct mb_replay_result *a,
				  const struct mb_replay_result *b, enum mb_metadata metadata)
{
	if (*a->panic || *b->panic)
		return !*a->panic != !*b->panic ? IN_PANIC : NOT;
	if (metadata == MB_METADATA_SELF &&
	    (a->growths_as_captured == UINT64_MAX || b->growths_as_captured == UINT64_MAX))
		return NOT;
	if (strcmp(a->state_digest, b->state_digest) != 0)
		return IN_REGIONS;
	if (a->warnings != b->warnings)
		return IN_WARNINGS;
	return a->answers != b->answers ? IN_ANSWERS : NOT;
}

/* Run what @test has on its instance, which is @empty again. False: it panics. */
static bool run_test(struct minimise *m, struct memblock_test *test, const void *empty)
{
	mb_restore(test->mb, empty);
	m->grown_count = 0;
	if (setjmp(m->panicked) || memblock_test_run(test))
		return false;
	test->writes |= m->grown_count > 0;
	return true;
}

/* Would a case that expects what the first variant answers fail on the other one? */
static bool test_would_fail(struct minimise *m, const struct mb_op *ops, size_t count)
{
	struct memblock_test referee = { .mb = m->mb, .ops = ops, .count = count };
	struct memblock_test other = { .mb = m->other_mb, .ops = ops, .count = count };
	bool fails = run_test(m, &referee, m->empty) && (!run_test(m, &other, m->other_empty) ||
							 memblock_test_differ(&referee, &other));

	memblock_test_free(&referee);
	memblock_test_free(&other);
	return fails;
}

static size_t shows_failure(void *ctx, const struct mb_op *ops, size_t count)
{
	struct minimise *m = ctx;
	struct mb_replay_result now, other;
	enum unlike unlike;
	size_t at;

	memset(&now, 0, sizeof(now)); /* a case of the kernel's suite has none */
	if (m->format == TRACE && replay(m, m->at, ops, count, &now))
		return 0;
	switch (m->kind) {
	case PANIC:
		return *now.panic && same_words(now.panic, m->found.panic) ? count : 0;
	case DIVERGENCE:
		if (!now.diverged_count ||
		    now.diverged[0].captured != m->found.diverged[0].captured ||
		    now.diverged[0].got != m->found.diverged[0].got)
			return 0;
		at = (size_t)now.diverged[0].operation;
		return mb_op_same(&ops[at - 1], &m->op) ? at : 0;
	case DUMP:
		if (!now.dump_differs || now.diverged_count ||
		    strcmp(now.first_dump_why, m->found.first_dump_why) != 0)
			return 0;
		return (size_t)now.first_dump_operation;
	case DIFFERENCE:
		if (m->format == MEMBLOCK_TEST)
			return test_would_fail(m, ops, count) ? count : 0;
		if (replay(m, m->other, ops, count, &other))
			return 0;
		unlike = answers_unlike(&now, &other, m->metadata);
		if (unlike == NOT || unlike > m->unlike) /* not a weaker one */
			return 0;
		m->unlike = unlike;
		return count;
	default:
		return 0;
	}
}

static uint64_t cost_of(const struct minimise *m, const struct mb_counts *before)
{
	const struct mb_counts *now = &m->mb->counts;

	return (now->regions_visited - before->regions_visited) * m->mb->ops->slot_size +
	       (now->bytes_moved - before->bytes_moved);
}

static size_t shows_hot_spot(void *ctx, const struct mb_op *ops, size_t count)
{
	struct minimise *m = ctx;
	struct mb_counts before;

	if (!mb_op_same(&ops[count - 1], &m->op))
		return 0;
	mb_restore(m->mb, m->empty);
	if (setjmp(m->panicked))
		return 0;
	for (size_t i = 0; i + 1 < count; i++)
		run_op(m, &ops[i]);
	before = m->mb->counts;
	run_op(m, &ops[count - 1]);
	return cost_of(m, &before) * 100 >= m->cost * m->percent ? count : 0;
}

/* ---- finding it -------------------------------------------------------------------------------- */

static bool wanted(const struct minimise *m, enum kind kind)
{
	return m->kind == ANY || m->kind == kind;
}

/* Does variant @at fail by itself? Sets what is kept. */
static bool fails_alone(struct minimise *m, int at)
{
	const struct mb_replay_result *r = &m->found;
	bool checked = m->metadata == MB_METADATA_HOST || r->growths_as_captured != UINT64_MAX;

	m->at = at;
	if (*r->panic && wanted(m, PANIC)) {
		m->kind = PANIC;
	} else if (checked && r->diverged_count && wanted(m, DIVERGENCE)) {
		m->kind = DIVERGENCE;
		m->op = m->trace->ops[r->diverged[0].operation - 1];
	} else if (checked && r->dump_differs && !r->diverged_count && wanted(m, DUMP)) {
		m->kind = DUMP;
	} else {
		return false;
	}
	return true;
}

static int find_failure(struct minimise *m)
{
	struct mb_replay_result *results = calloc((size_t)m->count, sizeof(*results));
	int rc = results ? 0 : -ENOMEM;
	bool found = false;

	for (int i = 0; i < m->count && !rc && !found; i++) {
		if (m->specs[i].variant->kind == MB_KIND_NULL)
			continue;
		rc = replay(m, i, m->trace->ops, m->trace->count, &results[i]);
		m->found = results[i];
		found = !rc && fails_alone(m, i);
		for (int k = 0; k < i && !rc && !found && wanted(m, DIFFERENCE); k++) {
			if (m->specs[k].variant->kind == MB_KIND_NULL)
				continue;
			m->unlike = answers_unlike(&results[k], &results[i], m->metadata);
			if (m->unlike == NOT)
				continue;
			found = true;
			m->kind = DIFFERENCE;
			m->found = results[k];
			m->at = k;
			m->other = i;
		}
	}
	free(results);
	return rc ? rc : found;
}

/* The operation that costs most; the trace ends with it from here on. 1, or 0: none costs anything. */
static int find_hot_spot(struct minimise *m)
{
	volatile size_t worst = 0;
	int rc = make_instance(m, 0, MB_O2_COUNTED, &m->mb, &m->empty);

	if (rc)
		return rc;
	if (!setjmp(m->panicked)) {
		for (size_t i = 0; i < m->trace->count; i++) {
			struct mb_counts before = m->mb->counts;
			uint64_t cost;

			run_op(m, &m->trace->ops[i]);
			cost = cost_of(m, &before);
			if (cost <= m->cost || m->trace->ops[i].kind == MB_OP_GREW)
				continue;
			m->cost = cost;
			worst = i;
		}
	}
	if (!m->cost)
		return 0;
	m->op = m->trace->ops[worst];
	m->op_at = worst + 1;
	m->trace->count = worst + 1;
	return 1;
}

/* ---- the result -------------------------------------------------------------------------------- */

static void describe(const struct minimise *m, char text[240])
{
	const char *name = m->specs[m->at].name;
	char place[40];

	switch (m->kind) {
	case PANIC:
		snprintf(text, 240, "%s panics: %s", name, m->found.panic);
		break;
	case DIVERGENCE:
		snprintf(text, 240, "%s gives 0x%" PRIx64 " where 0x%" PRIx64 " was captured", name,
			 m->found.diverged[0].got, m->found.diverged[0].captured);
		break;
	case DUMP:
		snprintf(text, 240, "%s differs from a dump: %s", name, m->found.first_dump_why);
		break;
	case DIFFERENCE:
		snprintf(text, 240, "%s and %s answer unlike%s%s", name, m->specs[m->other].name,
			 m->format == TRACE ? " in " : "",
			 m->format == TRACE ? unlike_words[m->unlike] : "");
		break;
	default:
		if (m->op.line)
			snprintf(place, sizeof(place), "line %" PRIu32, m->op.line);
		else
			snprintf(place, sizeof(place), "operation %zu", m->op_at);
		snprintf(text, 240,
			 "hot spot of %s: %s (%s) costs %" PRIu64
			 " bytes of metadata, here at least %" PRIu64 " %%",
			 name, mb_op_name(m->op.kind), place, m->cost, m->percent);
	}
}

/* The growth that operation @i caused, as a replay with metadata=self has it. */
static void add_growths(const struct minimise *m, struct mb_trace *trace, size_t i)
{
	for (size_t g = 0; g < m->grown_count && m->metadata == MB_METADATA_SELF; g++) {
		struct mb_op op = mb_op_of_growth(&m->grown[g]);

		if (m->grown_at[g] == i)
			mb_trace_add(trace, &op);
	}
}

/* A new trace of @ops; NULL without memory. */
static struct mb_trace *build(const struct minimise *m, const struct mb_op *ops, size_t count,
			      size_t before)
{
	struct mb_trace *trace = mb_trace_new(m->trace->source, "trace");
	char text[240];

	if (!trace)
		return NULL;
	trace->machine = m->trace->machine;
	trace->kernel = m->trace->kernel ? (char *)mb_trace_strdup(trace, m->trace->kernel) : NULL;
	describe(m, text);
	mb_trace_warn(trace, 0, "minimised from %zu operations: %s", before, text);
	for (size_t i = 0; i < count; i++) {
		if (ops[i].kind == MB_OP_DUMP)
			mb_trace_add_dump(trace, &m->trace->dumps[ops[i].dump], ops[i].line);
		else
			mb_trace_add(trace, &ops[i]);
		add_growths(m, trace, i);
	}
	printf("%zu of %zu operations: %s\n", count, before, text);
	return trace;
}

/* The case of the kernel's test suite. */
static int write_test(struct minimise *m, struct mb_op *ops, size_t count, size_t before)
{
	struct memblock_test test = { .mb = m->mb, .ops = ops, .count = count };
	char what[320], answers[160], text[240];
	bool possible;
	int rc;

	describe(m, text);
	snprintf(what, sizeof(what), "minimised from %zu operations: %.240s", before, text);
	snprintf(answers, sizeof(answers), "%.100s as kernel %.20s", m->specs[m->at].name,
		 m->trace->machine.profile->name);
	test.what = what;
	test.answers = answers;
	possible = run_test(m, &test, m->empty);
	if (possible && test.writes) {
		for (size_t i = 0; i < count; i++)
			memblock_test_move(&ops[i]);
		possible = shows_failure(m, ops, count) && run_test(m, &test, m->empty);
	}
	rc = possible ? memblock_test_write(&test, m->out) : 0;
	memblock_test_free(&test);
	if (!possible)
		return mb_fail(
			MB_EXIT_USAGE,
			"%s: no case for the kernel's test suite: %s panics, or the difference needs "
			"its very addresses",
			m->in, m->specs[m->at].name);
	if (rc)
		return mb_fail(MB_EXIT_USAGE, "%s: %s", m->out, strerror(-rc));
	printf("%zu of %zu operations: %s\n", count, before, text);
	return MB_EXIT_OK;
}

static int shrink_and_write(struct minimise *m, size_t before)
{
	struct mb_op *ops = calloc(m->trace->count + 1, sizeof(*ops));
	struct shrink s = {
		.shows = m->kind == HOT_SPOT ? shows_hot_spot : shows_failure,
		.ctx = m,
		.simplify = m->kind == PANIC || m->kind == DIFFERENCE,
		/* Of many calls those stay alike that are: they become loops. */
		.simplify_below = m->format == MEMBLOCK_TEST ? 32 : 0,
		.budget = m->budget * 1000000,
	};
	struct mb_text_error error = { "" };
	struct mb_trace *result;
	size_t count;
	int rc = ops ? 0 : -ENOMEM;

	if (!rc)
		memcpy(ops, m->trace->ops, m->trace->count * sizeof(*ops));
	if (!rc && m->kind != HOT_SPOT)
		rc = make_instance(m, m->at, MB_O2, &m->mb, &m->empty);
	if (!rc && m->format == MEMBLOCK_TEST)
		rc = make_instance(m, m->other, MB_O2, &m->other_mb, &m->other_empty);
	if (rc) {
		free(ops);
		return mb_fail(MB_EXIT_ENVIRONMENT, "minimise: %s", strerror(-rc));
	}
	if (m->format == MEMBLOCK_TEST && !shows_failure(m, ops, m->trace->count)) {
		free(ops);
		return mb_fail(
			MB_EXIT_USAGE,
			"%s: %s and %s answer unlike in %s, but no case for the kernel's test suite would see it",
			m->in, m->specs[m->at].name, m->specs[m->other].name,
			unlike_words[m->unlike]);
	}
	count = shrink_ops(&s, ops, m->trace->count);
	if (m->format == MEMBLOCK_TEST) {
		rc = write_test(m, ops, count, before);
		free(ops);
		return rc;
	}
	m->grown_count = 0;
	if (m->kind != DIVERGENCE && m->kind != DUMP)
		take_results(m, ops, count);
	result = build(m, ops, count, before);
	free(ops);
	if (!result)
		return mb_fail(MB_EXIT_ENVIRONMENT, "minimise: %s", strerror(ENOMEM));
	rc = mb_trace_write(result, m->out, &error);
	mb_trace_free(result);
	return rc ? mb_fail(MB_EXIT_USAGE, "%s", error.text) : MB_EXIT_OK;
}

/* Only what can be a case is looked at, on the suite's machine. */
static int prepare_test(struct minimise *m)
{
	const char *lacks = memblock_test_lacks(m->trace->ops, m->trace->count);

	if ((m->kind != ANY && m->kind != DIFFERENCE) || m->metadata != MB_METADATA_SELF)
		return mb_fail(MB_EXIT_USAGE,
			       "minimise: --format=memblock-test takes a difference, with "
			       "--metadata=self");
	if (lacks)
		return mb_fail(MB_EXIT_USAGE,
			       "%s: the kernel's test suite has nothing for the operation '%s'",
			       m->in, lacks);
	m->kind = DIFFERENCE;
	memblock_test_machine(&m->trace->machine);
	return MB_EXIT_OK;
}

static int minimise(struct minimise *m)
{
	size_t before = m->trace->count;
	int rc = m->kind == HOT_SPOT ? find_hot_spot(m) : find_failure(m);
	const char *kind;
	size_t length = cli_choice(KINDS, m->kind, &kind);

	if (rc < 0)
		return mb_fail(MB_EXIT_ENVIRONMENT, "%s: cannot create an instance: %s", m->in,
			       strerror(-rc));
	if (!rc && m->kind == HOT_SPOT)
		return mb_fail(MB_EXIT_USAGE, "%s: no operation costs anything", m->in);
	if (!rc)
		return mb_fail(
			MB_EXIT_USAGE,
			"%s: nothing fails (%.*s) on these variants; --hot-spot=90 keeps what "
			"costs most",
			m->in, (int)length, kind);
	return shrink_and_write(m, before);
}

/* ---- the command ------------------------------------------------------------------------------- */

static int want_hot_spot(void *target, const struct cli_option *option, const char *value)
{
	struct minimise *m = target;

	(void)option, (void)value;
	m->kind = HOT_SPOT;
	return MB_EXIT_OK;
}

static const struct minimise presets = { .budget = 200 };

static const struct cli_option options[] = {
	MB_BOOT_OPERAND(CLI_FIELD(struct minimise, in), 1),
	{ "o", "FILE", CLI_FIELD(struct minimise, out), .required = true, .complete = "@files",
	  .help = "where to; a trace is compressed if it ends in .zst; - for standard output" },
	{ "format", .choices = "trace|memblock-test", CLI_FIELD(struct minimise, format),
	  .help = "a trace, or of a difference a case in C for the kernel's tools/testing/memblock, which "
		  "expects what the first of --variants answers" },
	{ "failure", "KIND", .choices = KINDS, CLI_FIELD(struct minimise, kind),
	  .help = "panic, divergence, dump, difference (two variants answer unlike), or any: the first "
		  "of these that the boot shows" },
	{ "hot-spot", "PERCENT", CLI_FIELD(struct minimise, percent), .min = 1, .max = 100,
	  .set = want_hot_spot,
	  .help = "instead: the operation that costs most metadata bytes, looked at and moved, still "
		  "costs so many per cent of it" },
	{ "variants", "LIST", CLI_FIELD(struct minimise, variants), .may_be_empty = true,
	  .preset = "all; a hot spot: array", .complete = "all @variants",
	  .help = "where to look for it" },
	{ "metadata", .choices = "self|host", CLI_FIELD(struct minimise, metadata),
	  .help = "as for replay" },
	{ "budget", "N", CLI_FIELD(struct minimise, budget), .min = 1, .max = 1000000,
	  .help = "operations to try, in millions" },
	CLI_OPTION_PROFILE(CLI_FIELD(struct minimise, profile)),
	{ 0 },
};

const struct cli_command mb_minimise_command = {
	.name = "minimise",
	.what = "the smallest trace with the same failure or hot spot",
	.about = { "Leaves out of a boot what is not needed to show one thing, and writes the rest as a "
		   "trace." },
	.stray = "one file at a time",
	.options = options,
	CLI_PRESETS(presets),
};

int mb_cmd_minimise(int argc, char **argv)
{
	struct minimise *m = calloc(1, sizeof(*m));
	const char *variants;
	int status;

	if (!m)
		return mb_fail(MB_EXIT_ENVIRONMENT, "minimise: %s", strerror(ENOMEM));
	status = cli_parse(&mb_minimise_command, argc, argv, m);
	if (!status) {
		variants = m->variants ? m->variants : m->kind == HOT_SPOT ? "array" : "all";
		m->count = mb_parse_full_variants("minimise", variants, m->specs);
		status = m->count < 0 ? -m->count : MB_EXIT_OK;
	}
	if (!status)
		status = mb_boot_load(m->in, m->profile, &m->trace);
	if (!status && m->format == MEMBLOCK_TEST)
		status = prepare_test(m);
	if (!status)
		status = minimise(m);
	mb_destroy(m->mb);
	mb_destroy(m->other_mb);
	mb_trace_free(m->trace);
	free(m->empty);
	free(m->other_empty);
	free(m);
	return status;
}
