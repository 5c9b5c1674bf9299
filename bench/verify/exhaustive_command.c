/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exhaustive_command.c - verify --exhaustive: which searches are made, and what is said of them.
 *
 * Without --profile it is each profile that all kernels of the list have, or all three without a kernel; without
 * --metadata both kinds. A difference ends it and is told as one of a random sequence is: the sequence has no call
 * too many already, so shrinking finds simpler layouts and numbers only.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/json.h"
#include "shrink/shrink.h"
#include "verify/exhaustive_impl.h"

enum { SHRINK_MS = 20000, PROGRESS_EVERY = 64 };

/* What a command is made of. */
struct command {
	const struct exhaustive_request *request;
	struct exhaustive totals;       /* of all searches; the difference is the last one's */
	uint64_t took[MB_VARIANTS_MAX]; /* calls, of each of the variants */
	uint64_t compared;              /* calls in which two took part */
	uint64_t begun;                 /* ms */
	unsigned searches;
	const struct mb_profile *profiles[3]; /* of the searches */
	unsigned profile_count;
	bool of_metadata[2];
	bool terminal;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* Making instances of the kernel's code takes some time, but only the first time. */
static double seconds_of(const struct command *c)
{
	return (double)(shrink_now_ms() - c->begun - c->totals.building_ms) / 1e3;
}

/* ---- while it goes on -------------------------------------------------------------------------- */

static void count_call(void *ctx, const struct verify_lab *lab)
{
	struct command *c = ctx;
	unsigned present = 0;

	for (int i = 0; i < lab->count; i++) {
		if (lab->instances[i].left)
			continue;
		c->took[lab->instances[i].spec - c->request->specs]++;
		present++;
	}
	c->compared += present > 1;
}

/* After each state. */
static bool is_stopped(void *ctx, const struct exhaustive *x)
{
	const struct command *c = ctx;

	if (c->terminal && x->states % PROGRESS_EVERY == 0)
		fprintf(stderr, "\r%" PRIu64 " calls, %" PRIu64 " states, %.0f s\033[K",
			c->totals.calls + x->calls, c->totals.states + x->states, seconds_of(c));
	return interrupted ||
	       (c->request->seconds &&
		seconds_of(c) - (double)x->building_ms / 1e3 >= (double)c->request->seconds);
}

static void add_totals(struct exhaustive *sum, const struct exhaustive *x)
{
	sum->starts += x->starts;
	sum->states += x->states;
	sum->calls += x->calls;
	sum->spared += x->spared;
	sum->not_tried += x->not_tried;
	sum->growing += x->growing;
	sum->panics += x->panics;
	sum->ended += x->ended;
	sum->building_ms += x->building_ms;
	sum->stopped |= x->stopped || interrupted;
	for (unsigned i = 0; i < EXHAUSTIVE_DEPTH; i++)
		sum->per_level[i] += x->per_level[i];
	sum->lab = x->lab;
	sum->theme = x->theme;
	memcpy(sum->ops, x->ops, sizeof(x->ops));
	sum->op_count = x->op_count;
}

static int search(struct command *c, const struct mb_profile *profile, enum mb_metadata metadata)
{
	const struct exhaustive_request *request = c->request;
	struct exhaustive *x = calloc(1, sizeof(*x));
	int rc;

	if (!x)
		return -ENOMEM;
	*x = (struct exhaustive){
		.specs = request->specs,
		.count = request->count,
		.profile = profile,
		.metadata = metadata,
		.depth = request->depth,
		.pages = request->pages,
		.all = request->profile,
		.explained = request->explained,
		.ctx = c,
		.stepped = count_call,
		.stop = is_stopped,
	};
	for (int i = 0; i < request->count; i++)
		x->kernel |= request->specs[i].variant->kind == MB_KIND_KERNEL;
	rc = exhaustive_search(x);
	add_totals(&c->totals, x);
	free(x);
	return rc;
}

/* What a report says the search was of. */
static void note_search(struct command *c, const struct mb_profile *profile, int metadata)
{
	c->searches++;
	c->of_metadata[metadata] = true;
	if (!c->profile_count || c->profiles[c->profile_count - 1] != profile)
		c->profiles[c->profile_count++] = profile;
}

static int search_all(struct command *c, const struct mb_profile **profile)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	const struct exhaustive_request *request = c->request;

	for (unsigned i = 0; i < (request->profile ? 1 : 3); i++)
		for (int metadata = MB_METADATA_SELF; metadata <= MB_METADATA_HOST; metadata++) {
			int rc;

			*profile = request->profile ? request->profile :
						      mb_profile_find(profiles[i]);
			if (interrupted || c->totals.stopped ||
			    (request->metadata >= 0 && request->metadata != metadata))
				continue;
			rc = search(c, *profile, (enum mb_metadata)metadata);
			if (rc == -EPROTONOSUPPORT && !request->profile)
				continue;
			note_search(c, *profile, metadata);
			if (rc)
				return rc;
		}
	return c->searches || interrupted ? 0 : -EPROTONOSUPPORT;
}

/* ---- reports ----------------------------------------------------------------------------------- */

/* The names of the variants, separated by commas. */
static void name_variants(const struct command *c, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < c->request->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "",
					 c->request->specs[i].name);
}

static int print_json(const struct command *c, const char *names)
{
	const struct exhaustive *x = &c->totals;
	json_t *levels = json_array(), *took = json_object();
	json_t *profiles = json_array(), *metadata = json_array();

	for (unsigned i = 0; i < c->request->depth; i++)
		json_array_append_new(levels, json_integer((json_int_t)x->per_level[i]));
	for (int i = 0; i < c->request->count; i++)
		json_object_set_new(took, c->request->specs[i].name,
				    json_integer((json_int_t)c->took[i]));
	for (unsigned i = 0; i < c->profile_count; i++)
		json_array_append_new(profiles, json_string(c->profiles[i]->name));
	for (unsigned i = 0; i < 2; i++)
		if (c->of_metadata[i])
			json_array_append_new(metadata, json_string(verify_metadata_name(i)));
	return mb_print_json(
		json_pack(
			"{s:b, s:b, s:s, s:i, s:i, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, "
			"s:I, s:o, s:o, s:f, s:f}",
			"differs", 0, "complete", !x->stopped, "variants", names, "exhaustive",
			(int)c->request->depth, "pages", (int)c->request->pages, "profiles",
			profiles, "metadata", metadata, "starts", (json_int_t)x->starts, "states",
			(json_int_t)x->states, "states_per_level", levels, "calls",
			(json_int_t)x->calls, "calls_compared", (json_int_t)c->compared, "spared",
			(json_int_t)x->spared, "skipped", (json_int_t)x->not_tried,
			"calls_with_growth", (json_int_t)x->growing, "calls_with_panic",
			(json_int_t)x->panics, "calls_that_end", (json_int_t)x->ended, "took_part",
			took, "set_aside", verify_explained_json(c->request->explained), "seconds",
			seconds_of(c), "seconds_building", (double)x->building_ms / 1e3),
		JSON_REAL_PRECISION(6));
}

static void print_searches(const struct command *c)
{
	for (unsigned i = 0; i < c->profile_count; i++)
		printf("%s%s", i ? ", " : "searched of profile ", c->profiles[i]->name);
	if (c->searches)
		printf("; metadata %s%s%s\n", c->of_metadata[MB_METADATA_SELF] ? "self" : "",
		       c->of_metadata[0] && c->of_metadata[1] ? ", " : "",
		       c->of_metadata[MB_METADATA_HOST] ? "host" : "");
}

static int report_same(const struct command *c)
{
	const struct exhaustive_request *request = c->request;
	const struct exhaustive *x = &c->totals;
	double seconds = seconds_of(c);
	char names[1024];

	name_variants(c, names, sizeof(names));
	if (request->json)
		return print_json(c, names);
	if (request->count == 1)
		printf("nothing was compared, %s is alone; its own checks held%s: ", names,
		       x->stopped ? " so far, stopped before the end" : "");
	else
		printf("no difference%s: ", x->stopped ? " so far, stopped before the end" : "");
	printf("every sequence of %u call%s from every layout of %u page%s%s%s\n", request->depth,
	       request->depth == 1 ? "" : "s", request->pages, request->pages == 1 ? "" : "s",
	       request->count == 1 ? "" : " on ", request->count == 1 ? "" : names);
	if (request->count > 1 && c->compared != x->calls)
		printf("nothing was compared in %" PRIu64 " calls: only one variant took part\n",
		       x->calls - c->compared);
	print_searches(c);
	printf("%" PRIu64 " starts, %" PRIu64 " states", x->starts, x->states);
	for (unsigned i = 0; i < request->depth && request->depth > 1; i++)
		printf("%s%" PRIu64, i ? " + " : " = ", x->per_level[i]);
	printf(", %" PRIu64 " calls; %" PRIu64 " were spared, %" PRIu64 " not tried\n", x->calls,
	       x->spared, x->not_tried);
	for (int i = 0; i < request->count; i++)
		if (c->took[i] != x->calls)
			printf("%s took part in %" PRIu64 " of %" PRIu64 " calls\n",
			       request->specs[i].name, c->took[i], x->calls);
	verify_explained_print(request->explained, request->explain);
	printf("arrays grew in %" PRIu64 " calls, %" PRIu64
	       " ended by a panic\n%.1f s, %.0f calls per second; %.1f s more to build kernels and make instances\n",
	       x->growing, x->panics, seconds, seconds > 0 ? (double)x->calls / seconds : 0,
	       (double)x->building_ms / 1e3);
	return MB_EXIT_OK;
}

/* An instance that places its arrays elsewhere is compared by a replay with metadata on the host only. */
static struct verify_lab *comparable_lab(struct command *c)
{
	struct exhaustive *x = &c->totals;
	struct mb_machine machine = x->lab->machine;
	struct verify_lab *host;
	int code;

	if (x->lab->instances[x->lab->differs].exact || x->lab->alone)
		return x->lab;
	machine.metadata = MB_METADATA_HOST;
	host = verify_lab_new(&machine, c->request->specs, c->request->count, &code);
	if (host) {
		host->explained = c->request->explained;
		verify_keep_kind(host, x->lab->kind);
	}
	if (host && verify_again(host, -1, x->ops, x->op_count)) {
		verify_lab_free(x->lab);
		x->lab = host;
	} else if (host) {
		verify_lab_free(host);
	}
	return x->lab;
}

/* What a trace can name: of a mixture ("6.12+"), the profile that it comes after. */
static const struct mb_profile *named_profile(const struct mb_profile *profile)
{
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(profile->name, "+"), profile->name);
	return mb_profile_find(name);
}

/* The sequence to the file. 0, or an exit status. */
static int write_trace(const struct command *c, struct verify_lab *lab, const struct mb_op *ops,
		       size_t count, const char *path)
{
	struct mb_text_error error = { "out of memory" };
	struct mb_trace *trace;
	char source[64];
	int code = -ENOMEM;

	snprintf(source, sizeof(source), "verify --exhaustive=%u --pages=%u", c->request->depth,
		 c->request->pages);
	trace = verify_trace(lab, ops, count, source);
	if (trace) {
		trace->machine.profile = named_profile(trace->machine.profile);
		code = mb_trace_write(trace, path, &error);
	}
	mb_trace_free(trace);
	if (!code)
		return MB_EXIT_OK;
	for (size_t i = 0; i < count && !c->request->json; i++) /* what was found is not lost */
		verify_print_operation(&ops[i]);
	fflush(stdout);
	return mb_fail(MB_EXIT_USAGE, "%s", error.text);
}

static int report_difference(struct command *c)
{
	struct exhaustive *x = &c->totals;
	struct verify_lab *lab = x->lab;
	const struct verify_instance *inst;
	const char *out = c->request->out ? c->request->out : "verify-exhaustive.trace", *name;
	char names[2 * sizeof(c->request->specs->name)];
	int status;

	if (!c->request->json) {
		printf("difference: %" PRIu64
		       " calls made, layouts of %s, profile %s, metadata %s\n"
		       "  %s\n",
		       x->calls, x->theme, lab->machine.profile->name,
		       verify_metadata_name(lab->machine.metadata), lab->what);
		verify_print_operation(&x->ops[x->op_count - 1]);
		fflush(stdout);
	}
	lab = comparable_lab(c);
	x->op_count = verify_shrink(lab, x->ops, x->op_count, SHRINK_MS);
	inst = &lab->instances[lab->differs];
	name = lab->instances[lab->reference].spec->name;
	snprintf(names, sizeof(names), "%s%s%s", lab->alone ? "" : name, lab->alone ? "" : ",",
		 inst->spec->name);
	if (!c->request->json)
		printf("shrunk to %zu operations: %s\n", x->op_count, lab->what);
	if (!c->request->json)
		verify_explained_print(c->request->explained, c->request->explain);
	status = write_trace(c, lab, x->ops, x->op_count, out);
	if (status)
		return status;
	if (c->request->json) {
		status = mb_print_json(
			json_pack("{s:b, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:s}", "differs",
				  1, "layouts", x->theme, "profile", lab->machine.profile->name,
				  "metadata", verify_metadata_name(lab->machine.metadata),
				  "variants", names, "what", mb_json_text(lab->what), "calls",
				  (json_int_t)x->calls, "shrunk_operations",
				  (json_int_t)x->op_count, "set_aside",
				  verify_explained_json(c->request->explained), "trace", out),
			0);
		return status ? status : MB_EXIT_CHECK;
	}
	if (lab->alone || inst->exact)
		printf("see it again:\n  memblock-bench replay --check --metadata=%s --variants=%s "
		       "%s\n",
		       verify_metadata_name(lab->machine.metadata), names, out);
	else
		printf("written to %s; replay --check does not compare %s with metadata=self: "
		       "see it again by the same command\n",
		       out, inst->spec->name);
	return MB_EXIT_CHECK;
}

int exhaustive_command(const struct exhaustive_request *request, const struct mb_profile **profile)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct command *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->request = request;
	c->terminal = isatty(STDERR_FILENO);
	c->begun = shrink_now_ms();
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	verify_catch_signals();
	rc = search_all(c, profile);
	if (c->terminal)
		fputs("\r\033[K", stderr);
	if (rc > 0)
		rc = report_difference(c);
	else if (!rc || interrupted) /* else it may be a build that ended with us */
		rc = report_same(c);
	if (c->totals.lab)
		verify_lab_free(c->totals.lab);
	free(c);
	return rc;
}
