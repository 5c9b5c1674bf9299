/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_verify.c - memblock-bench verify: random sequences of operations on several variants at once.
 *
 * Sequence i of seed S is the sequence that seed S + i begins with, so what is printed on a difference
 * is the seed that repeats it at once. See verify_impl.h for who does what.
 *
 * A sequence has a behaviour (a profile), and a variant that does not behave so takes no part in it: the
 * kernel's own code behaves as its version. So profiles are those that two behave as (verify_profiles.c), it is
 * counted who took part in what, and a report of "no difference" says how many operations were compared. Sequences
 * in which no kernel takes part though one was named are made rarer, since nothing but the stores themselves is
 * compared there.
 */
#include "verify/cmd_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/json.h"
#include "verify/exhaustive_impl.h"
#include "verify/verify_impl.h"

enum { DEEP_EVERY = 64, SHRINK_MS = 20000, PROGRESS_EVERY = 64 };
enum { UNREFEREED = 4 }; /* of this many sequences without the kernel that was named, one is run */

struct verify {
	const char *variants; /* as given */
	struct mb_variant_spec specs[MB_VARIANTS_MAX];
	int count;
	int metadata;                     /* -1: both */
	const struct mb_profile *profile; /* NULL: of each sequence one of ... */
	struct verify_profiles profiles;  /* ... these; else it alone */
	bool of_tree;                     /* --profile=tree */
	const char *held;                 /* NULL, or of each machine: KEY=VALUE,... */
	uint64_t seed, operations, seconds;
	const char *explain;               /* NULL, or the file that ... */
	struct verify_explained explained; /* ... these are from */
	const char *out;                   /* NULL: named after the seed ... */
	char usual[40];                    /* ... so */
	bool json;
	unsigned exhaustive, pages; /* exhaustive 0: random sequences */
	struct verify_labs labs;
	struct verify_generator generator; /* of the sequence under way, and so of its texts */
	struct mb_machine machine;         /* of the sequence under way */
	struct mb_op *ops;                 /* of the sequence under way */
	size_t op_count, op_room;
	uint64_t done, sequences, skipped, growing, panics, tried; /* tried: seeds */
	uint64_t took[MB_VARIANTS_MAX]; /* operations, of each of specs */
	uint64_t compared;              /* in which two took part */
	double start, building;         /* when it began; seconds spent on making labs */
};

static const struct verify presets = {
	.variants = "all", .metadata = -1, .seed = 1, .operations = 1000000, .pages = 6
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- sequences --------------------------------------------------------------------------------- */

static struct verify_lab *lab_of(struct verify *v, int config, const struct mb_machine *machine,
				 int *code)
{
	double begun = now();
	uint64_t made = v->labs.made;
	struct verify_lab *lab = verify_labs_get(&v->labs, config, machine, code);

	if (v->labs.made != made)
		v->building += now() - begun;
	if (lab)
		lab->explained = &v->explained;
	return lab;
}

static bool keep_op(struct verify *v, const struct mb_op *op)
{
	if (v->op_count == v->op_room) {
		size_t room = v->op_room ? v->op_room * 2 : 1024;
		void *larger = realloc(v->ops, room * sizeof(*op));

		if (!larger)
			return false;
		v->ops = larger;
		v->op_room = room;
	}
	v->ops[v->op_count++] = *op;
	return true;
}

/* Seconds of running sequences: to build the kernel's code takes some, but only the first time. */
static double elapsed(const struct verify *v)
{
	return now() - v->start - v->building;
}

static bool is_enough(const struct verify *v)
{
	return interrupted || (v->operations && v->done >= v->operations) ||
	       (v->seconds && elapsed(v) >= (double)v->seconds);
}

static bool names_kernel(const struct verify *v)
{
	for (int i = 0; i < v->count; i++)
		if (v->specs[i].variant->kind == MB_KIND_KERNEL)
			return true;
	return false;
}

/* Who took part in the step just made. */
static void count_step(struct verify *v, const struct verify_lab *lab)
{
	unsigned present = 0;

	for (int i = 0; i < lab->count; i++) {
		if (lab->instances[i].left)
			continue;
		v->took[lab->instances[i].spec - v->specs]++;
		present++;
	}
	v->done++;
	v->compared += present > 1;
}

/* A sequence that ended by @op early: what could be asked of the state before it? */
static bool differs_before_the_end(struct verify *v, struct verify_lab *lab)
{
	size_t n = v->op_count > 1 ? verify_again(lab, -1, v->ops, v->op_count - 1) : 0;

	if (n)
		v->op_count = n;
	return n;
}

/* One sequence. 0: all the same; 1: a difference, in *lab; -errno. */
static int run_sequence(struct verify *v, uint64_t seed, struct verify_lab **lab)
{
	struct verify_generator *g = &v->generator;
	struct mb_op op;
	bool ended = false;
	int code = 0;

	verify_generator_start(g, seed, &v->profiles, v->metadata, v->held);
	v->machine = g->machine;
	*lab = lab_of(v, g->config, &g->machine, &code);
	if (!*lab)
		return code;
	v->op_count = 0;
	if (v->profile && (*lab)->count < v->count)
		return -EPROTONOSUPPORT;
	if (!(*lab)->count ||
	    (!v->profile && !(*lab)->has_kernel && names_kernel(v) && seed % UNREFEREED))
		return 0;
	v->sequences++;
	verify_lab_begin(*lab);
	while (verify_generate(g, *lab, &op)) {
		bool deep = v->op_count % DEEP_EVERY == DEEP_EVERY - 1 || g->step == g->length;
		enum verify_verdict verdict = verify_step(*lab, &op, deep);

		if (verdict == VERIFY_SKIPPED) {
			v->skipped++;
			continue;
		}
		if (!keep_op(v, &op))
			return -ENOMEM;
		count_step(v, *lab);
		if (verdict == VERIFY_DIFFERS)
			return 1;
		if (verdict == VERIFY_OVER) {
			v->panics += (*lab)->instances[(*lab)->reference].did.panicked;
			ended = true;
			break;
		}
		if (is_enough(v))
			break;
	}
	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		if ((*lab)->instances[(*lab)->reference].arrays[w].entries) {
			v->growing++;
			break;
		}
	return ended && differs_before_the_end(v, *lab);
}

/*
 * A difference in what only we ask: does the rest of the sequence show one that a caller sees? Then the operations
 * go on up to that one.
 */
static void seek_stronger(struct verify *v, struct verify_lab *lab)
{
	enum verify_verdict verdict = VERIFY_SAME;
	size_t count = v->op_count;
	struct mb_op op;

	if (lab->kind != VERIFY_ANSWERS)
		return;
	lab->weakest = VERIFY_ZEROED;
	while (verdict < VERIFY_OVER && verify_generate(&v->generator, lab, &op)) {
		verdict = verify_step(lab, &op, false);
		if (verdict != VERIFY_SKIPPED && !keep_op(v, &op))
			break;
	}
	if (verdict == VERIFY_DIFFERS)
		return;
	lab->weakest = VERIFY_ANSWERS;
	v->op_count = count;
	verify_again(lab, -1, v->ops, count);
}

/* ---- reports ----------------------------------------------------------------------------------- */

/* The names of the variants under test, separated by commas. */
static void name_variants(const struct verify *v, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < v->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "",
					 v->specs[i].name);
}

/* {"NAME": operations in which it took part (or sequences that it left, being @full), ...} */
static json_t *took_part(const struct verify *v, bool full)
{
	json_t *counts = json_object();

	for (int i = 0; i < v->count; i++) {
		uint64_t n = full ? verify_times_full(&v->labs, &v->specs[i]) : v->took[i];

		if (!full || v->specs[i].variant->kind == MB_KIND_BOUNDED)
			json_object_set_new(counts, v->specs[i].name, json_integer((json_int_t)n));
	}
	return counts;
}

/* ["6.12", ...]: what sequences were of. */
static json_t *profile_names(const struct verify *v)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < v->profiles.count; i++)
		json_array_append_new(names, json_string(v->profiles.of[i]->name));
	return names;
}

static void print_same(const struct verify *v, const char *names, double seconds)
{
	if (v->count == 1)
		printf("nothing was compared, %s is alone; its own checks held: %" PRIu64
		       " operations in %" PRIu64 " sequences\n",
		       names, v->done, v->sequences);
	else
		printf("no difference: %" PRIu64 " operations in %" PRIu64 " sequences on %s\n",
		       v->compared, v->sequences, names);
	for (int i = 0; i < v->count; i++)
		if (v->took[i] != v->done)
			printf("%s took part in %" PRIu64 " of %" PRIu64 " operations\n",
			       v->specs[i].name, v->took[i], v->done);
	for (int i = 0; i < v->count; i++)
		if (verify_times_full(&v->labs, &v->specs[i]))
			printf("%s exceeded its limit in %" PRIu64 " sequences, and left them\n",
			       v->specs[i].name, verify_times_full(&v->labs, &v->specs[i]));
	if (v->count > 1 && v->compared != v->done)
		printf("nothing was compared in %" PRIu64
		       " operations: only one variant took part\n",
		       v->done - v->compared);
	verify_explained_print(&v->explained, v->explain);
	for (unsigned i = 0; i < v->profiles.count; i++)
		printf("%s%s%s", i ? ", " : "sequences are of profile ", v->profiles.of[i]->name,
		       i + 1 < v->profiles.count ? "" : "\n");
	if (v->held)
		printf("on machines with %s\n", v->held);
	printf("seed %" PRIu64 "; arrays grew in %" PRIu64 " sequences, %" PRIu64
	       " ended by a panic; %" PRIu64 " operations were not tried\n"
	       "%.1f s, %.0f operations per second; %.1f s more to build kernels and make instances\n",
	       v->seed, v->growing, v->panics, v->skipped, seconds,
	       seconds > 0 ? (double)v->done / seconds : 0, v->building);
}

static int report_same(const struct verify *v)
{
	double seconds = elapsed(v);
	char names[1024];

	for (int i = 0; i < v->count; i++)
		if (v->done && !v->took[i])
			return mb_fail(MB_EXIT_ENVIRONMENT,
				       "verify: '%s' took part in none of the %" PRIu64
				       " operations: no sequence behaved as it does; raise "
				       "--operations, or name its --profile",
				       v->specs[i].name, v->done);
	name_variants(v, names, sizeof(names));
	if (v->json)
		return mb_print_json(
			json_pack(
				"{s:b, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:s*, s:f, s:f}",
				"differs", 0, "variants", names, "profiles", profile_names(v),
				"seed", (json_int_t)v->seed, "operations", (json_int_t)v->done,
				"operations_compared", (json_int_t)v->compared, "took_part",
				took_part(v, false), "exceeded_limit", took_part(v, true),
				"sequences", (json_int_t)v->sequences, "sequences_with_growth",
				(json_int_t)v->growing, "sequences_with_panic",
				(json_int_t)v->panics, "skipped", (json_int_t)v->skipped,
				"set_aside", verify_explained_json(&v->explained), "machine",
				v->held, "seconds", seconds, "seconds_building", v->building),
			JSON_REAL_PRECISION(6));
	print_same(v, names, seconds);
	return MB_EXIT_OK;
}

/*
 * An instance that places its arrays elsewhere cannot be compared by a replay, except with metadata on
 * the host. Most faults show there as well.
 */
static struct verify_lab *comparable_lab(struct verify *v, struct verify_lab *lab)
{
	struct mb_machine machine = lab->machine;
	struct verify_lab *host;
	int code;

	if (lab->instances[lab->differs].exact || lab->alone)
		return lab;
	machine.metadata = MB_METADATA_HOST;
	host = lab_of(v, lab->config, &machine, &code);
	if (host)
		verify_keep_kind(host, lab->kind);
	if (!host || !verify_again(host, -1, v->ops, v->op_count))
		return lab;
	return host;
}

/* What a trace can name: of a mixture, the profile that it comes after. */
static const struct mb_profile *named_profile(const struct mb_profile *profile)
{
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(profile->name, "+"), profile->name);
	return mb_profile_find(name);
}

/* Shrink the sequence, write it, say what there is to say. */
static int report_difference(struct verify *v, struct verify_lab *lab, uint64_t seed)
{
	struct mb_text_error error;
	size_t step = v->op_count, count;
	char what[sizeof(lab->what)], source[600], names[2 * sizeof(v->specs[0].name)];
	struct mb_trace *trace;
	bool alone;
	int code;

	memcpy(what, lab->what, sizeof(what));
	snprintf(v->usual, sizeof(v->usual), "verify-%" PRIu64 ".trace", seed);
	if (!v->out)
		v->out = v->usual;
	if (!v->json) {
		printf("difference: seed %" PRIu64 ", step %zu, profile %s, metadata %s\n  %s\n",
		       seed, step, lab->machine.profile->name,
		       verify_metadata_name(lab->machine.metadata), what);
		verify_print_operation(&v->ops[step - 1]);
		fflush(stdout);
	}
	seek_stronger(v, lab);
	lab = comparable_lab(v, lab);
	count = verify_shrink(lab, v->ops, v->op_count, SHRINK_MS);
	alone = lab->alone;
	snprintf(names, sizeof(names), "%s%s%s",
		 alone ? "" : lab->instances[lab->reference].spec->name, alone ? "" : ",",
		 lab->instances[lab->differs].spec->name);
	memcpy(what, lab->what, sizeof(what));
	snprintf(source, sizeof(source), "verify --seed=%" PRIu64 "%s%s", seed,
		 v->held ? " --machine=" : "", v->held ? v->held : "");
	trace = verify_trace(lab, v->ops, count, source);
	if (trace)
		trace->machine.profile = named_profile(trace->machine.profile);
	code = trace ? mb_trace_write(trace, v->out, &error) : -ENOMEM;
	mb_trace_free(trace);
	if (code) { /* what was found is not lost */
		for (size_t i = 0; i < count && !v->json; i++)
			verify_print_operation(&v->ops[i]);
		fflush(stdout);
		return mb_fail(MB_EXIT_USAGE, "%s", trace ? error.text : "out of memory");
	}
	if (v->json) {
		code = mb_print_json(
			json_pack("{s:b, s:I, s:I, s:s, s:s, s:s, s:o, s:I, s:o, s:s*, s:s}",
				  "differs", 1, "seed", (json_int_t)seed, "step", (json_int_t)step,
				  "profile", lab->machine.profile->name, "metadata",
				  verify_metadata_name(lab->machine.metadata), "variants", names,
				  "what", mb_json_text(what), "shrunk_operations",
				  (json_int_t)count, "set_aside",
				  verify_explained_json(&v->explained), "machine", v->held, "trace",
				  v->out),
			0);
		return code ? code : MB_EXIT_CHECK;
	}
	printf("shrunk to %zu operations: %s\n", count, what);
	verify_explained_print(&v->explained, v->explain);
	if (alone || lab->instances[lab->differs].exact)
		printf("see it again:\n  memblock-bench replay --check --metadata=%s --variants=%s %s\n",
		       verify_metadata_name(lab->machine.metadata), names, v->out);
	else
		printf("written to %s; replay --check does not compare %s with metadata=self: "
		       "see it again with --seed\n",
		       v->out, lab->instances[lab->differs].spec->name);
	return MB_EXIT_CHECK;
}

static void show_progress(const struct verify *v, bool terminal, bool end)
{
	if (!terminal)
		return;
	if (end)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%" PRIu64 " operations, %" PRIu64 " sequences, %.0f s\033[K",
			v->done, v->sequences, elapsed(v));
}

/* No instance: what the variant itself says about it. */
static int report_failure(const struct verify *v, int code)
{
	const struct mb_profile *profile;
	const struct mb_ops *ops;
	char error[768];

	for (int i = 0; i < v->count; i++) {
		if (mb_variant_ops(&v->specs[i], &v->machine, &ops, &profile, NULL, error,
				   sizeof(error)))
			return mb_fail(MB_EXIT_ENVIRONMENT, "verify: %s", error);
		if (code == -EPROTONOSUPPORT && profile != v->machine.profile)
			return mb_fail(MB_EXIT_ENVIRONMENT,
				       "verify: '%s' behaves as profile %s and cannot take part in "
				       "sequences of %s; leave it or --profile out%s",
				       v->specs[i].name, profile->name, v->machine.profile->name,
				       *v->specs[i].src ? ", or give --profile=tree" : "");
	}
	return mb_fail(MB_EXIT_ENVIRONMENT, "verify: cannot create an instance: %s",
		       strerror(-code));
}

/* 0, or an exit status. */
static int choose_profiles(struct verify *v)
{
	double begun = now();
	char error[768];

	if (v->profile)
		v->profiles = (struct verify_profiles){ { v->profile }, 1 };
	else if (verify_profiles_choose(v->specs, v->count, &v->profiles, error, sizeof(error)) &&
		 !interrupted) /* a build that ended with us is no error */
		return mb_fail(MB_EXIT_ENVIRONMENT, "verify: %s", error);
	v->building += now() - begun;
	return MB_EXIT_OK;
}

/* Not random, but complete. */
static int run_exhaustive(struct verify *v)
{
	const struct exhaustive_request request = {
		.specs = v->specs,
		.count = v->count,
		.profile = v->profile,
		.metadata = v->metadata,
		.depth = v->exhaustive,
		.pages = v->pages,
		.seconds = v->seconds,
		.explain = v->explain,
		.explained = &v->explained,
		.out = v->out,
		.json = v->json,
	};
	int status;

	if (v->seed != presets.seed || v->operations != presets.operations || v->held)
		return mb_fail(MB_EXIT_USAGE,
			       "verify: --seed, --operations and --machine are of random "
			       "sequences; --exhaustive goes by --pages");
	status = exhaustive_command(&request, &v->machine.profile);
	return status < 0 ? report_failure(v, status) : status;
}

static int run(struct verify *v)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	bool terminal = isatty(STDERR_FILENO);
	struct verify_lab *lab = NULL;
	int rc = 0, status;

	if (v->exhaustive)
		return run_exhaustive(v);
	if (v->pages != presets.pages)
		return mb_fail(MB_EXIT_USAGE, "verify: --pages is of --exhaustive=K; random "
					      "sequences draw their machines");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	verify_catch_signals();
	v->start = now();
	status = choose_profiles(v);
	if (status)
		return status;
	v->labs = (struct verify_labs){ .specs = v->specs, .count = v->count };
	for (uint64_t i = 0; !rc && !is_enough(v); i++) {
		v->tried = i;
		rc = run_sequence(v, v->seed + i, &lab);
		if (i % PROGRESS_EVERY == 0)
			show_progress(v, terminal, false);
	}
	show_progress(v, terminal, true);
	if (rc < 0 && !interrupted) /* else it may be a build that ended with us */
		status = report_failure(v, rc);
	else if (rc > 0 && lab)
		status = report_difference(v, lab, v->seed + v->tried);
	else
		status = report_same(v);
	verify_labs_free(&v->labs);
	free(v->ops);
	return status;
}

/* Can --out be written? Asked before there is something to lose. */
static bool is_writable(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (!stat(path, &st)) {
		if (!S_ISDIR(st.st_mode) && !access(path, W_OK))
			return true;
		if (S_ISDIR(st.st_mode))
			errno = EISDIR;
	} else if (errno == ENOENT) {
		snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
			 slash ? path : ".");
		if (*path && !access(folder, W_OK | X_OK))
			return true;
	}
	mb_fail(MB_EXIT_USAGE, "verify: cannot write --out='%s': %s", path, strerror(errno));
	return false;
}

/* ---- the command ------------------------------------------------------------------------------- */

static int note_tree(void *target, const struct cli_option *option, const char *value)
{
	struct verify *v = target;

	(void)option;
	v->of_tree = !strcmp(value, "tree");
	return MB_EXIT_OK;
}

static int check_held(void *target, const struct cli_option *option, const char *value)
{
	(void)target, (void)option;
	return verify_machine_check(value);
}

/* What a kernel cannot be built for. */
static bool nodes_can_be(const struct verify *v)
{
	struct mb_machine machine = { 0 };

	verify_machine_hold(&machine, v->held);
	return !names_kernel(v) || !(machine.max_numnodes & (machine.max_numnodes - 1));
}

static const struct cli_option options[] = {
	{ "variants", "LIST", CLI_FIELD(struct verify, variants), .may_be_empty = true,
	  .complete = "all @variants",
	  .help = "NAME[:key=value...],... or all; linux is the kernel's own code" },
	{ "metadata", .choices = "self|host", CLI_FIELD(struct verify, metadata),
	  .preset = "sequences of both",
	  .help = "with host all variants must agree in everything, with self array and linux" },
	{ "profile", .choices = "6.1|6.12|new|tree", CLI_FIELD(struct verify, profile),
	  .set = note_tree, .preset = "sequences of each that two of the variants behave as",
	  .help = "behaviour of the kernel; tree: that of the linux:src=DIR in the list, which may be a "
		  "mixture" },
	{ "machine", "KEY=VALUE,...", CLI_FIELD(struct verify, held), .set = check_held,
	  .preset = "all of it drawn",
	  .complete = "no_numa=1 addr_bits=32 no_deferred_init=1 no_kho_scratch=1 keep_memblock=1 "
		      "physmem=1 highmem=1 movable_node=1 kernelcore_mirror=1 max_numnodes= "
		      "page_size= cache_line= memory_slots= reserved_slots= max_page_order= "
		      "max_low_pfn=",
	  .help = "what is the same of each machine, in the words of a trace: no_numa=1" },
	{ "exhaustive", "K", CLI_FIELD(struct verify, exhaustive), .min = 1,
	  .max = EXHAUSTIVE_DEPTH, .preset = "random sequences",
	  .help = "not random: every sequence of K calls from every layout of memory and reserved on a "
		  "tiny machine" },
	{ "pages", "N", CLI_FIELD(struct verify, pages), .min = 1, .max = EXHAUSTIVE_PAGES,
	  .help = "of that machine" },
	{ "seed", "N", CLI_FIELD(struct verify, seed), .max = INT64_MAX,
	  .help = "of the first sequence" },
	{ "operations", "N", CLI_FIELD(struct verify, operations), .max = INT64_MAX,
	  .help = "how many; 0: until interrupted" },
	{ "time", "SECONDS", CLI_FIELD(struct verify, seconds), .min = 1, .max = 1000000000,
	  .help = "stop after this time; building the kernel's code does not count" },
	{ "explained", "FILE", CLI_FIELD(struct verify, explain), .complete = "@files",
	  .help = "differences that are known, a line each (CALL: WHAT ...): they are counted, and it goes on" },
	{ "out", "TRACE", CLI_FIELD(struct verify, out), .preset = "verify-SEED.trace",
	  .complete = "@files", .help = "where a sequence that differs is written" },
	CLI_OPTION_FORMAT(CLI_FIELD(struct verify, json), "lines, or one object"),
	{ 0 },
};

const struct cli_command mb_verify_command = {
	.name = "verify",
	.what = "random operations on all variants at once, compared",
	.about = { "Runs random sequences over the whole API step by step on all variants and compares what "
		   "they return, hold, log and answer, and what they tell their hooks. On a difference "
		   "prints seed and step, shrinks the sequence and writes it as a trace for replay "
		   "--check; the exit status is 1." },
	.stray = "it takes no file",
	.options = options,
	CLI_PRESETS(presets),
};

/* No source of the newest kernel: another is in its place, or there is nothing to do. */
static int tell_lacking(const struct verify *v)
{
	for (int i = 0; i < v->count; i++) {
		const char *lacks = mb_variant_lacks(&v->specs[i], v->profile);

		if (lacks && v->profile)
			return mb_fail(MB_EXIT_ENVIRONMENT, "verify: %s", lacks);
		if (lacks) {
			fprintf(stderr, "memblock-bench: verify: %s is not the newest kernel: %s\n",
				v->specs[i].name, lacks);
			break;
		}
	}
	return MB_EXIT_OK;
}

int mb_cmd_verify(int argc, char **argv)
{
	struct mb_text_error error;
	struct verify v;
	int status = cli_parse(&mb_verify_command, argc, argv, &v);

	if (status)
		return status;
	v.count = mb_parse_full_variants("verify", v.variants, v.specs);
	if (v.count < 0)
		return -v.count;
	for (int i = 0; i < v.count; i++)
		if (v.specs[i].variant->kind == MB_KIND_NULL)
			return mb_fail(MB_EXIT_USAGE,
				       "verify: '%s' answers nothing and cannot be compared",
				       v.specs[i].name);
	if (!nodes_can_be(&v))
		return mb_fail(MB_EXIT_USAGE,
			       "verify: --machine: a kernel has a power of two of nodes; "
			       "max_numnodes is none, and linux takes part");
	if (v.out && !is_writable(v.out))
		return MB_EXIT_USAGE;
	if (v.explain && verify_explained_read(v.explain, &v.explained, &error))
		status = mb_fail(MB_EXIT_USAGE, "%s", error.text);
	if (!status && v.of_tree)
		status = verify_profile_of_tree(v.specs, v.count, &v.profile);
	status = status ? status : tell_lacking(&v);
	status = status ? status : run(&v);
	verify_explained_free(&v.explained);
	return status;
}
