/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_replay.c - memblock-bench replay: a boot on every variant, compared with what the kernel did.
 *
 * Each file is replayed once per variant with everything compared (mb_replay_check()), then timed:
 * rounds of all variants in turn, the median per variant. Timed is the sequence of operations alone;
 * restoring the empty instance, zeroing and checks are outside. Variants are built with the kernel's
 * flags, as in `run`.
 */
#include "replay/cmd_replay.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/replay.h>

#include "boots/boots.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "timed/latency.h"
#include "timed/replay_time.h"

enum { NAME_WIDTH = 18 };

struct options {
	struct cli_words files;
	const char *variants; /* as given */
	struct mb_variant_spec specs[MB_VARIANTS_MAX];
	int count;
	enum mb_metadata metadata;
	const struct mb_profile *profile; /* NULL: what the file says */
	bool check, json, latency;
	uint64_t rounds;
};

static const struct options presets = { .variants = "all", .rounds = 31 };

static const struct cli_option option_table[] = {
	MB_BOOT_OPERAND(CLI_FIELD(struct options, files), 1024),
	{ "variants", "LIST", CLI_FIELD(struct options, variants), .may_be_empty = true,
	  .complete = "all @variants", .help = "NAME[:key=value...],... or all" },
	{ "metadata", .choices = "self|host", CLI_FIELD(struct options, metadata),
	  .help = "metadata out of the managed memory, as in a kernel, or outside it: host makes all "
		  "variants comparable" },
	{ "check", CLI_FIELD(struct options, check),
	  .help = "exit with status 1 when anything differs, or nothing can be compared; with "
		  "metadata=self only variants that keep their metadata where the kernel does are "
		  "checked" },
	{ "rounds", "N", CLI_FIELD(struct options, rounds), .max = 100000,
	  .help = "timed replays per variant; 0: no timing" },
	{ "latency", CLI_FIELD(struct options, latency),
	  .help = "each operation timed alone, too: percentiles over the operations, and the worst one "
		  "(at least 7 rounds)" },
	CLI_OPTION_FORMAT(CLI_FIELD(struct options, json), "json: one object per line and file"),
	CLI_OPTION_PROFILE(CLI_FIELD(struct options, profile)),
	{ 0 },
};

const struct cli_command mb_replay_command = {
	.name = "replay",
	.what = "replay a boot log or trace on variants and compare",
	.about = { "Replays boot logs (memblock=debug) or traces and compares every allocation and dump "
		   "with what the captured kernel did.",
		   "Columns: allocs, dumps and growth as captured, of how many; where the variant "
		   "need not grow as the kernel did, how often it did; peak m/r: the "
		   "most regions of memory and of reserved; metadata: bytes of their arrays at the "
		   "end; 2M/1G free: aligned blocks of those sizes in memory that is free then." },
	.stray = "too many files",
	.options = option_table,
	CLI_PRESETS(presets),
};

/* A variant for one file: a kernel is built for the machine, and has a behaviour of its own. */
struct contender {
	const struct mb_profile *profile;
	char label[MB_VARIANT_LABEL];
	struct mb_replay_result result;
	double ns;                    /* below 0: not timed */
	struct bench_latency latency; /* replays 0: not measured */
	const char *unlike;           /* the variant that it should answer like, and does not */
};

/*
 * Is a variant held to what the kernel did? With its own metadata in the way only a store that grows
 * like the kernel's must land there. null answers nothing.
 */
static bool is_checked(const struct options *o, const struct mb_variant_spec *spec,
		       const struct mb_replay_result *r)
{
	return spec->variant->kind != MB_KIND_NULL &&
	       (o->metadata == MB_METADATA_HOST || r->growths_as_captured != UINT64_MAX);
}

/* Did the replay of @r on @spec do what the kernel did, as far as @o's metadata mode allows to ask? */
static bool as_captured(const struct options *o, const struct mb_variant_spec *spec,
			const struct mb_replay_result *r)
{
	bool growth_known = r->growths_as_captured != UINT64_MAX;

	if (spec->variant->kind == MB_KIND_NULL)
		return true;
	if (*r->panic)
		return false;
	if (!is_checked(o, spec, r))
		return true;
	return r->allocs == r->allocs_as_captured && r->dumps == r->dumps_matched &&
	       (!growth_known || (r->growths == r->growths_as_captured &&
				  r->growths_captured == r->growths_as_captured));
}

static void hex(char text[24], uint64_t value)
{
	snprintf(text, 24, "0x%" PRIx64, value);
}

static json_t *input_json(const struct mb_trace *t)
{
	uint64_t adds = 0, removes = 0, reserves = 0, frees = 0, allocs = 0;
	json_t *warnings = json_array();

	for (size_t i = 0; i < t->count; i++) {
		enum mb_nature nature = mb_op_nature(t->ops[i].kind);

		adds += nature == MB_ADDS;
		removes += nature == MB_REMOVES;
		reserves += nature == MB_RESERVES;
		frees += nature == MB_FREES;
		allocs += nature == MB_ALLOCATES;
	}
	for (size_t i = 0; i < t->warning_count; i++)
		json_array_append_new(warnings, json_pack("{s:I, s:s}", "line",
							  (json_int_t)t->warnings[i].line, "text",
							  t->warnings[i].text));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "lines",
			 (json_int_t)t->lines, "operations", (json_int_t)t->count, "adds",
			 (json_int_t)adds, "removes", (json_int_t)removes, "reserves",
			 (json_int_t)reserves, "frees", (json_int_t)frees, "allocs",
			 (json_int_t)allocs, "dumps", (json_int_t)t->dump_count, "unrecognised",
			 (json_int_t)t->unrecognised, "warnings", warnings, "reconstructed",
			 (json_int_t)t->reconstructed);
}

static json_t *time_json(double value)
{
	return value < 0 ? json_null() : json_real(value);
}

static json_t *latency_json(const struct bench_latency *l)
{
	const struct bench_histogram *h = &l->histogram;
	json_t *buckets = json_array(), *worst, *j;
	char call[160];

	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
		if (h->buckets[i])
			json_array_append_new(buckets, json_pack("[f, I]", bench_histogram_value(i),
								 (json_int_t)h->buckets[i]));
	mb_op_text(&l->worst_op, call, sizeof(call));
	worst = json_pack("{s:f, s:I, s:I, s:s, s:o}", "ns", l->worst_ns, "operation",
			  (json_int_t)l->worst + 1, "line", (json_int_t)l->worst_op.line, "call",
			  call, "grew", json_null());
	if (worst && l->worst_grew)
		json_object_set_new(worst, "grew",
				    json_pack("{s:s, s:I}", "collection",
					      mb_which_name(l->growth.which), "slots",
					      (json_int_t)l->growth.entries));
	j = json_pack("{s:I, s:I, s:f, s:f, s:o, s:o}", "replays", (json_int_t)l->replays,
		      "operations", (json_int_t)h->count, "clock_step_ns", l->clock_step_ns,
		      "relative_error", BENCH_HISTOGRAM_ERROR, "worst", worst, "histogram_ns",
		      buckets);
	for (unsigned i = 0; j && i < BENCH_PERCENTILES; i++)
		json_object_set_new(
			j, bench_percentiles[i].name,
			json_real(bench_histogram_percentile(h, bench_percentiles[i].percent)));
	return j;
}

/* What placement left; null where the replay ended before the hand-over. */
static json_t *left_json(const struct mb_free_blocks *left)
{
	if (!left->known)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "pieces", (json_int_t)left->pieces, "bytes",
			 (json_int_t)left->bytes, "blocks_2M", (json_int_t)left->blocks_2m,
			 "blocks_1G", (json_int_t)left->blocks_1g);
}

static json_t *variant_json(const struct options *o, const struct mb_variant_spec *spec,
			    const struct contender *contender, size_t operations)
{
	const struct mb_replay_result *r = &contender->result;
	double ns = contender->ns;
	json_t *diverged = json_array();
	bool growth_known = r->growths_as_captured != UINT64_MAX;
	json_t *j;

	for (unsigned i = 0; i < r->diverged_count; i++) {
		char captured[24], got[24];

		hex(captured, r->diverged[i].captured);
		hex(got, r->diverged[i].got);
		json_array_append_new(diverged,
				      json_pack("{s:I, s:I, s:s, s:s}", "line",
						(json_int_t)r->diverged[i].line, "operation",
						(json_int_t)r->diverged[i].operation, "captured",
						captured, "got", got));
	}
	j = json_pack(
		"{s:s, s:s, s:b, s:{s:I, s:I, s:o}, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:o}, s:{s:I, s:I}, s:I, "
		"s:s, s:o, s:o, s:I, s:I}",
		"variant", spec->name, "metadata",
		o->metadata == MB_METADATA_HOST ? "host" : "self", "checked",
		is_checked(o, spec, r), "allocs", "total", (json_int_t)r->allocs, "as_captured",
		(json_int_t)r->allocs_as_captured, "diverged", diverged, "dumps", "total",
		(json_int_t)r->dumps, "matched", (json_int_t)r->dumps_matched, "growth_events",
		"total", (json_int_t)r->growths, "captured", (json_int_t)r->growths_captured,
		"bytes", (json_int_t)r->growth_bytes, "as_captured",
		growth_known ? json_integer((json_int_t)r->growths_as_captured) : json_null(),
		"regions", "memory_peak", (json_int_t)r->memory_peak, "reserved_peak",
		(json_int_t)r->reserved_peak, "metadata_bytes_peak",
		(json_int_t)r->metadata_bytes_peak, "state_digest", r->state_digest,
		"ns_per_replay", time_json(ns), "ns_per_operation",
		time_json(ns < 0 || !operations ? -1 : ns / (double)operations), "bytes_zeroed",
		(json_int_t)r->bytes_zeroed, "warnings", (json_int_t)r->warnings);
	if (j)
		json_object_set_new(j, "free_left", left_json(&r->left));
	if (j && r->joined)
		json_object_set_new(j, "joined", json_integer((json_int_t)r->joined));
	if (j && r->dump_differs)
		json_object_set_new(j, "first_difference",
				    json_pack("{s:I, s:I, s:o}", "line",
					      (json_int_t)r->first_dump_differs, "operation",
					      (json_int_t)r->first_dump_operation, "why",
					      mb_json_text(r->first_dump_why)));
	if (j && spec->variant->kind == MB_KIND_KERNEL) {
		json_object_set_new(j, "label", json_string(contender->label));
		json_object_set_new(j, "profile", json_string(contender->profile->name));
	}
	if (j && contender->latency.replays)
		json_object_set_new(j, "latency", latency_json(&contender->latency));
	if (j && contender->unlike)
		json_object_set_new(j, "answers_unlike", json_string(contender->unlike));
	if (j && *r->panic)
		json_object_set_new(j, "panic", json_string(r->panic));
	if (j && r->full.operation)
		json_object_set_new(
			j, "exceeded_limit",
			json_pack("{s:s, s:I, s:I, s:I, s:I}", "collection", r->full.collection,
				  "limit", (json_int_t)r->full.regions, "operation",
				  (json_int_t)r->full.operation, "line", (json_int_t)r->full.line,
				  "needs", (json_int_t)r->full.needs));
	return j;
}

/* A name as it fits into its column: itself, or its number in the legend. */
static const char *column_name(const struct mb_variant_spec *spec, int i, char buf[16])
{
	if (strlen(spec->name) <= NAME_WIDTH)
		return spec->name;
	snprintf(buf, 16, "[%d]", i + 1);
	return buf;
}

/* Where in the input: its line, or the operation's number in a trace that names no lines. */
static const char *place(char buf[40], uint32_t line, uint64_t operation)
{
	if (line)
		snprintf(buf, 40, "line %" PRIu32, line);
	else
		snprintf(buf, 40, "operation %" PRIu64, operation);
	return buf;
}

static void print_header(const struct options *o, const char *file, const struct mb_trace *t)
{
	const char *kernel = t->kernel ? t->kernel : "";

	printf("%s: %s, profile %s%s%.*s, metadata=%s\n", file, t->format, t->machine.profile->name,
	       t->kernel ? ", Linux " : "", (int)strcspn(kernel, " "), kernel,
	       o->metadata == MB_METADATA_HOST ? "host" : "self");
	printf("  %zu operations (%zu reconstructed), %zu dumps, %zu lines, %zu unrecognised\n",
	       t->count, t->reconstructed, t->dump_count, t->lines, t->unrecognised);
	for (size_t i = 0; i < t->warning_count; i++) {
		if (t->warnings[i].line)
			printf("  line %" PRIu32 ": ", t->warnings[i].line);
		else
			printf("  ");
		printf("warning: %s\n", t->warnings[i].text);
	}
	printf("\n  %-*s %11s %7s %6s %11s %9s %11s %8s %9s\n", NAME_WIDTH, "variant", "allocs",
	       "dumps", "growth", "peak m/r", "metadata", "2M/1G free", "ns/op", "us/replay");
}

static void print_findings(const struct options *o, const struct mb_variant_spec *spec,
			   const struct mb_replay_result *r, const char *unlike)
{
	char where[40];

	if (*r->panic)
		printf("    ended by: %s\n", r->panic);
	if (r->full.operation)
		printf("    exceeded its limit of %" PRIu32
		       " regions of %s at %s: needs at least %" PRIu32 "\n",
		       r->full.regions, r->full.collection,
		       place(where, r->full.line, r->full.operation), r->full.needs);
	if (!is_checked(o, spec, r) && spec->variant->kind != MB_KIND_NULL &&
	    (o->check || r->diverged_count || r->dump_differs)) {
		printf("    not checked: its metadata lies elsewhere than the kernel's; compare with "
		       "--metadata=host\n");
		if (o->check)
			return;
	}
	if (r->joined)
		printf("    %" PRIu64
		       " pairs of reserve and mark were one reservation with NOINIT\n",
		       r->joined);
	if (unlike)
		printf("    answers otherwise than %s: statuses, warnings, log lines or queries\n",
		       unlike);
	for (unsigned i = 0; i < r->diverged_count && i < 5; i++)
		printf("    %s: captured 0x%" PRIx64 ", got 0x%" PRIx64 "\n",
		       place(where, r->diverged[i].line, r->diverged[i].operation),
		       r->diverged[i].captured, r->diverged[i].got);
	if (r->dump_differs)
		printf("    dump at %s differs: %s\n",
		       place(where, r->first_dump_differs, r->first_dump_operation),
		       r->first_dump_why);
}

static void print_variant(const struct options *o, int i, const struct contender *c,
			  size_t operations)
{
	const struct mb_replay_result *r = &c->result;
	char allocs[48], dumps[48], growth[48], peak[32], left[48] = "-", name[16];
	double ns = c->ns;

	snprintf(allocs, sizeof(allocs), "%" PRIu64 "/%" PRIu64, r->allocs_as_captured, r->allocs);
	snprintf(dumps, sizeof(dumps), "%" PRIu64 "/%" PRIu64, r->dumps_matched, r->dumps);
	if (r->growths_as_captured == UINT64_MAX)
		snprintf(growth, sizeof(growth), "%" PRIu64, r->growths);
	else
		snprintf(growth, sizeof(growth), "%" PRIu64 "/%" PRIu64, r->growths_as_captured,
			 r->growths > r->growths_captured ? r->growths : r->growths_captured);
	snprintf(peak, sizeof(peak), "%" PRIu32 "/%" PRIu32, r->memory_peak, r->reserved_peak);
	if (r->left.known)
		snprintf(left, sizeof(left), "%" PRIu64 "/%" PRIu64, r->left.blocks_2m,
			 r->left.blocks_1g);
	printf("  %-*s %11s %7s %6s %11s %7.1f K %11s", NAME_WIDTH,
	       column_name(&o->specs[i], i, name), allocs, dumps, growth, peak,
	       (double)r->metadata_bytes_peak / 1024, left);
	if (ns < 0)
		printf(" %8s %9s\n", "-", "-");
	else
		printf(" %8.1f %9.2f\n", operations ? ns / (double)operations : 0, ns / 1000);
	print_findings(o, &o->specs[i], r, c->unlike);
}

static void print_table(const struct options *o, const struct contender *contenders,
			size_t operations)
{
	double null_ns = contenders[o->count].ns;

	for (int i = 0; i < o->count; i++)
		print_variant(o, i, &contenders[i], operations);
	if (null_ns >= 0)
		printf("  %-*s %60s %8.1f %9.2f\n", NAME_WIDTH, "(the harness)", "",
		       operations ? null_ns / (double)operations : 0, null_ns / 1000);
	for (int i = 0; i < o->count; i++)
		if (strlen(o->specs[i].name) > NAME_WIDTH)
			printf("  [%d] %s\n", i + 1, o->specs[i].name);
	for (int i = 0; i < o->count; i++)
		if (o->specs[i].variant->kind == MB_KIND_KERNEL)
			printf("  %s is %s\n", o->specs[i].name, contenders[i].label);
	putchar('\n');
}

static void print_percentiles(const char *name, const struct bench_latency *l)
{
	printf("  %-*s", NAME_WIDTH, name);
	for (unsigned p = 0; p < BENCH_PERCENTILES; p++)
		printf(" %9.1f",
		       bench_histogram_percentile(&l->histogram, bench_percentiles[p].percent));
	printf(" %11.1f\n", l->worst_ns);
}

/* Of single operations: a line per variant, and which operation was the worst. */
static void print_latencies(const struct options *o, const struct contender *contenders)
{
	const struct bench_latency *null = &contenders[o->count].latency;
	char name[16];

	if (!null->replays)
		return;
	printf("  single operations, ns, %u replays, clock step %.0f ns\n  %-*s", null->replays,
	       null->clock_step_ns, NAME_WIDTH, "variant");
	for (unsigned p = 0; p < BENCH_PERCENTILES; p++)
		printf(" %9s", bench_percentiles[p].name);
	printf(" %11s\n", "worst");
	for (int i = 0; i < o->count; i++) {
		const struct bench_latency *l = &contenders[i].latency;
		char worst[320];

		if (!l->replays)
			continue;
		print_percentiles(column_name(&o->specs[i], i, name), l);
		bench_latency_worst(l, worst, sizeof(worst));
		printf("    worst: %s\n", worst);
	}
	print_percentiles("(the harness)", null);
	puts("  percentiles: what each operation takes on average; worst: the largest of all minima\n");
}

/* Was the replay cut short? Then the rest is neither timed nor compared. */
static bool ended_early(const struct mb_replay_result *r)
{
	return *r->panic || r->full.operation;
}

/* Is there anything that a replay was compared with? One that ended early held something against it. */
static bool has_answers(const struct contender *contenders, int count)
{
	for (int i = 0; i < count; i++)
		if (contenders[i].result.allocs || contenders[i].result.dumps ||
		    ended_early(&contenders[i].result))
			return true;
	return false;
}

/* A text of mm/memblock.c that was not tested is named, once; not that of a tree in the list. */
static void tell_untested(const struct mb_variant_spec *spec, const char *label)
{
	static char told[MB_VARIANT_LABEL];

	if (spec->variant->kind != MB_KIND_KERNEL || *spec->src || mb_variant_is_tested(label) ||
	    !strcmp(told, label))
		return;
	fprintf(stderr,
		"memblock-bench: replay: %s: a text of mm/memblock.c that was not tested; "
		"'memblock-bench verify --variants=array,linux:version=%.*s' tests it\n",
		label, (int)strcspn(strchr(label, ':') + 1, "-"), strchr(label, ':') + 1);
	snprintf(told, sizeof(told), "%s", label);
}

/* The code for each variant; a message where a kernel's behaviour is another one than the file's. */
static int prepare(const struct options *o, const char *file, const struct mb_trace *t,
		   struct contender *contenders)
{
	for (int i = 0; i < o->count; i++) {
		const struct mb_ops *ops;
		char error[768];
		int rc = mb_variant_ops(&o->specs[i], &t->machine, &ops, &contenders[i].profile,
					contenders[i].label, error, sizeof(error));

		if (rc)
			return mb_fail(MB_EXIT_ENVIRONMENT, "%s: %s", file, error);
		tell_untested(&o->specs[i], contenders[i].label);
		if (contenders[i].profile != t->machine.profile) {
			const char *lacks = mb_variant_lacks(&o->specs[i], t->machine.profile);

			if (lacks)
				return mb_fail(MB_EXIT_ENVIRONMENT, "%s: profile %s; %s is %s: %s",
					       file, t->machine.profile->name, o->specs[i].name,
					       contenders[i].label, lacks);
			fprintf(stderr,
				"memblock-bench: %s: profile %s; %s behaves as %s, so its digest is not compared\n",
				file, t->machine.profile->name, o->specs[i].name,
				contenders[i].profile->name);
		}
	}
	return MB_EXIT_OK;
}

/* Of all variants that did not end early, and of null: what the harness itself takes. */
static int measure_latencies(const struct options *o, const struct mb_trace *t,
			     struct contender *contenders)
{
	unsigned replays = o->rounds > BENCH_LATENCY_REPLAYS_MIN ? (unsigned)o->rounds :
								   BENCH_LATENCY_REPLAYS_MIN;
	struct bench_latency *latencies = calloc((size_t)o->count + 1, sizeof(*latencies));
	struct mb_variant_spec specs[MB_VARIANTS_MAX + 1];
	bool skip[MB_VARIANTS_MAX + 1] = { false };
	char unused[128];
	int rc = latencies ? 0 : -ENOMEM;

	for (int i = 0; i < o->count; i++) {
		specs[i] = o->specs[i];
		skip[i] = ended_early(&contenders[i].result);
	}
	if (!rc)
		rc = mb_variant_parse("null", &specs[o->count], unused, sizeof(unused));
	specs[o->count].build = MB_KFLAGS;
	if (!rc)
		rc = bench_latency_measure(t, specs, skip, o->count + 1, o->metadata, replays,
					   latencies);
	for (int i = 0; i <= o->count && !rc; i++)
		contenders[i].latency = latencies[i];
	free(latencies);
	return rc;
}

static int time_all(const struct options *o, const struct mb_trace *t, struct contender *contenders)
{
	double ns[MB_VARIANTS_MAX + 1];
	bool skip[MB_VARIANTS_MAX];
	int rc;

	for (int i = 0; i < o->count; i++)
		skip[i] = ended_early(&contenders[i].result);
	rc = mb_time_replays(t, o->specs, skip, o->count, o->metadata, o->rounds, ns);
	for (int i = 0; i <= o->count; i++)
		contenders[i].ns = rc ? -1 : ns[i];
	if (!rc && o->latency)
		rc = measure_latencies(o, t, contenders);
	return rc;
}

/* Have both the same slots, at all times? A bounded one does not grow: then both have more than are ever wanted, as an
 * add is counted twice where twice the regions may not fit. */
static bool same_room(const struct mb_trace *t, const struct mb_variant_spec *a,
		      const struct mb_variant_spec *b, const struct mb_replay_result *r)
{
	const struct mb_variant_spec *specs[2] = { a, b };
	uint64_t peak = r->memory_peak > r->reserved_peak ? r->memory_peak : r->reserved_peak;

	if (a->params[MB_PARAM_INIT] == b->params[MB_PARAM_INIT] &&
	    a->params[MB_PARAM_GROWTH] == b->params[MB_PARAM_GROWTH])
		return true;
	if (a->variant->kind != MB_KIND_BOUNDED && b->variant->kind != MB_KIND_BOUNDED)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		const struct mb_machine *m = &t->machine;
		uint32_t slots = specs[i]->params[MB_PARAM_INIT];
		uint32_t memory = m->memory_slots ? m->memory_slots : 128;
		uint32_t reserved = m->reserved_slots ? m->reserved_slots : 128;

		if (!slots)
			slots = memory < reserved ? memory : reserved;
		if (2 * peak + 4 > slots)
			return false;
	}
	return true;
}

/*
 * The first variant whose answers must be those of variant @i and are not, or NULL. Statuses and
 * warnings depend on the slots there are, and with metadata=self on where arrays go.
 */
static const char *find_unlike(const struct options *o, const struct mb_trace *t,
			       const struct contender *contenders, int i)
{
	const struct mb_variant_spec *spec = &o->specs[i];
	const struct contender *c = &contenders[i];

	for (int k = 0; k < i; k++) {
		const struct mb_variant_spec *other = &o->specs[k];
		const struct contender *d = &contenders[k];

		if (!is_checked(o, spec, &c->result) || !is_checked(o, other, &d->result) ||
		    c->profile != t->machine.profile || d->profile != t->machine.profile ||
		    c->result.full.operation || d->result.full.operation ||
		    !same_room(t, spec, other, &c->result))
			continue;
		if (c->result.answers != d->result.answers ||
		    c->result.warnings != d->result.warnings)
			return other->name;
	}
	return NULL;
}

/* Replay on every variant. Sets *held to false when a check fails. 0 or -errno. */
static int replay_all(const struct options *o, const struct mb_trace *t,
		      struct contender *contenders, bool *held)
{
	const char *digest = NULL;

	for (int i = 0; i < o->count; i++) {
		struct contender *c = &contenders[i];
		int rc = mb_replay_check(t, &o->specs[i], o->metadata, &c->result);

		if (rc)
			return rc;
		c->unlike = find_unlike(o, t, contenders, i);
		if (!as_captured(o, &o->specs[i], &c->result) || c->unlike)
			*held = false;
		if (o->metadata == MB_METADATA_HOST && o->specs[i].variant->kind != MB_KIND_NULL &&
		    c->profile == t->machine.profile && !c->result.full.operation) {
			if (digest && strcmp(digest, c->result.state_digest))
				*held = false;
			digest = c->result.state_digest;
		}
	}
	return time_all(o, t, contenders);
}

/* Replay one file on every variant, built as a kernel is. Sets *held to false when a check fails. */
static int replay_file(const struct options *o, const char *file, bool *held)
{
	struct contender *contenders;
	size_t operations;
	struct mb_trace *t;
	int rc, status;

	status = mb_boot_load(file, o->profile, &t);
	if (status)
		return status;
	contenders = calloc(MB_VARIANTS_MAX + 1, sizeof(*contenders)); /* the last is null */
	if (!contenders) {
		mb_trace_free(t);
		return mb_fail(MB_EXIT_ENVIRONMENT, "%s: out of memory", file);
	}
	status = prepare(o, file, t, contenders);
	rc = status ? 0 : replay_all(o, t, contenders, held);
	if (rc)
		status = mb_fail(MB_EXIT_ENVIRONMENT, "%s: cannot create an instance: %s", file,
				 strerror(-rc));
	operations = mb_timed_operations(t, o->metadata);
	if (!status && !o->json) {
		print_header(o, file, t);
		print_table(o, contenders, operations);
		print_latencies(o, contenders);
	} else if (!status) {
		json_t *list = json_array();
		json_t *j;

		for (int i = 0; i < o->count; i++)
			json_array_append_new(list, variant_json(o, &o->specs[i], &contenders[i],
								 operations));
		j = json_pack("{s:o, s:s, s:s, s:s?, s:s, s:o, s:o, s:o}", "file",
			      mb_json_text(file), "format", t->format, "profile",
			      t->machine.profile->name, "kernel", t->kernel, "trace_digest",
			      t->digest, "input", input_json(t), "null_ns_per_replay",
			      time_json(contenders[o->count].ns), "variants", list);
		status = mb_print_json(j, JSON_REAL_PRECISION(6));
	}
	if (!status && o->check && !has_answers(contenders, o->count)) {
		fprintf(stderr, "memblock-bench: %s: nothing to check: no allocations, no dumps\n",
			file);
		*held = false;
	}
	free(contenders);
	mb_trace_free(t);
	return status;
}

int mb_cmd_replay(int argc, char **argv)
{
	struct options o;
	bool held = true;
	int status = cli_parse(&mb_replay_command, argc, argv, &o);

	if (status)
		return status;
	o.count = mb_parse_full_variants("replay", o.variants, o.specs);
	if (o.count < 0)
		return -o.count;
	for (int i = 0; i < o.count; i++)
		o.specs[i].build = MB_KFLAGS;
	for (unsigned i = 0; i < o.files.count && !status; i++)
		status = replay_file(&o, o.files.words[i], &held);
	return status ? status : o.check && !held ? MB_EXIT_CHECK : MB_EXIT_OK;
}
