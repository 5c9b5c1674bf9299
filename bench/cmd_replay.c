/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_replay.c - memblock-bench replay: a boot on every variant, compared with what the kernel did.
 *
 * Each file is replayed once per variant with everything compared (mb_replay_check()), then timed:
 * rounds of all variants in turn, the median per variant. Timed is the sequence of operations alone;
 * restoring the empty instance, zeroing and checks are outside. Variants are built with the kernel's
 * flags, as in `run`.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/trace.h>

#include "cli.h"
#include "replay_time.h"

static const char help[] =
	"usage: memblock-bench replay FILE... [OPTION...]\n\n"
	"Replays boot logs (memblock=debug) or traces and compares every allocation and dump with\n"
	"what the captured kernel did.\n\n"
	"  --variants=LIST         NAME[:key=value...],... or all (default: all)\n"
	"  --metadata=self|host    metadata out of the managed memory, as in a kernel, or outside it\n"
	"                          (default: self; host makes all variants comparable)\n"
	"  --check                 exit with status 1 when anything differs\n"
	"  --rounds=N              timed replays per variant (default: 31; 0: no timing)\n"
	"  --format=text|json      json: one object per line and file\n";

enum { MAX_FILES = 1024 };

struct options {
	struct mb_variant_spec specs[MB_VARIANTS_MAX];
	int count;
	enum mb_metadata metadata;
	bool check, json;
	uint64_t rounds;
};

/* Did the replay of @r on @spec do what the kernel did, as far as @o's metadata mode allows to ask? */
static bool as_captured(const struct options *o, const struct mb_variant_spec *spec,
			const struct mb_replay_result *r)
{
	bool growth_known = r->growths_as_captured != UINT64_MAX;

	if (spec->variant->kind == MB_KIND_NULL)
		return true;
	if (*r->panic)
		return false;
	/* With its own metadata in the way only a store that grows like the kernel's must land there. */
	if (o->metadata == MB_METADATA_SELF && !growth_known)
		return true;
	return r->allocs == r->allocs_as_captured && r->dumps == r->dumps_matched &&
	       (!growth_known || r->growths == r->growths_as_captured);
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
		switch (t->ops[i].kind) {
		case MB_OP_ADD:
		case MB_OP_ADD_NODE:
		case MB_OP_PHYSMEM_ADD:
			adds++;
			break;
		case MB_OP_REMOVE:
			removes++;
			break;
		case MB_OP_RESERVE:
			reserves++;
			break;
		case MB_OP_FREE:
		case MB_OP_FREE_LATE:
			frees++;
			break;
		case MB_OP_PHYS_ALLOC_RANGE:
		case MB_OP_ALLOC:
		case MB_OP_ALLOC_RAW:
		case MB_OP_ALLOC_EXACT:
		case MB_OP_ALLOC_CORE:
			allocs++;
			break;
		default:
			break;
		}
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

static json_t *variant_json(const struct options *o, const struct mb_variant_spec *spec,
			    const struct mb_replay_result *r, double ns, size_t operations)
{
	json_t *diverged = json_array();
	bool growth_known = r->growths_as_captured != UINT64_MAX;
	json_t *j;

	for (unsigned i = 0; i < r->diverged_count; i++) {
		char captured[24], got[24];

		hex(captured, r->diverged[i].captured);
		hex(got, r->diverged[i].got);
		json_array_append_new(diverged, json_pack("{s:I, s:s, s:s}", "line",
							  (json_int_t)r->diverged[i].line,
							  "captured", captured, "got", got));
	}
	j = json_pack(
		"{s:s, s:s, s:{s:I, s:I, s:o}, s:{s:I, s:I}, s:{s:I, s:o}, s:{s:I, s:I}, s:I, "
		"s:s, s:o, s:o, s:I, s:I}",
		"variant", spec->name, "metadata",
		o->metadata == MB_METADATA_HOST ? "host" : "self", "allocs", "total",
		(json_int_t)r->allocs, "as_captured", (json_int_t)r->allocs_as_captured, "diverged",
		diverged, "dumps", "total", (json_int_t)r->dumps, "matched",
		(json_int_t)r->dumps_matched, "growth_events", "total", (json_int_t)r->growths,
		"as_captured",
		growth_known ? json_integer((json_int_t)r->growths_as_captured) : json_null(),
		"regions", "memory_peak", (json_int_t)r->memory_peak, "reserved_peak",
		(json_int_t)r->reserved_peak, "metadata_bytes_peak",
		(json_int_t)r->metadata_bytes_peak, "state_digest", r->state_digest,
		"ns_per_replay", time_json(ns), "ns_per_operation",
		time_json(ns < 0 || !operations ? -1 : ns / (double)operations), "bytes_zeroed",
		(json_int_t)r->bytes_zeroed, "warnings", (json_int_t)r->warnings);
	if (*r->panic)
		json_object_set_new(j, "panic", json_string(r->panic));
	return j;
}

static void print_header(const char *file, const struct mb_trace *t)
{
	printf("%s: %s, profile %s%s%.40s\n", file, t->format, t->machine.profile->name,
	       t->kernel ? ", Linux " : "", t->kernel ? t->kernel : "");
	printf("  %zu operations (%zu reconstructed), %zu dumps, %zu lines, %zu unrecognised\n",
	       t->count, t->reconstructed, t->dump_count, t->lines, t->unrecognised);
	for (size_t i = 0; i < t->warning_count; i++)
		printf("  line %" PRIu32 ": warning: %s\n", t->warnings[i].line,
		       t->warnings[i].text);
	printf("\n  %-24s %-4s %15s %9s %9s %11s %9s %8s %10s\n", "variant", "meta", "allocs",
	       "dumps", "growth", "peak m/r", "metadata", "ns/op", "us/replay");
}

static void print_variant(const struct options *o, const struct mb_variant_spec *spec,
			  const struct mb_replay_result *r, double ns, size_t operations)
{
	char allocs[32], dumps[32], growth[32], peak[32];

	snprintf(allocs, sizeof(allocs), "%" PRIu64 "/%" PRIu64, r->allocs_as_captured, r->allocs);
	snprintf(dumps, sizeof(dumps), "%" PRIu64 "/%" PRIu64, r->dumps_matched, r->dumps);
	if (r->growths_as_captured == UINT64_MAX)
		snprintf(growth, sizeof(growth), "%" PRIu64, r->growths);
	else
		snprintf(growth, sizeof(growth), "%" PRIu64 "/%" PRIu64, r->growths_as_captured,
			 r->growths);
	snprintf(peak, sizeof(peak), "%" PRIu32 "/%" PRIu32, r->memory_peak, r->reserved_peak);
	printf("  %-24s %-4s %15s %9s %9s %11s %7.1f K", spec->name,
	       o->metadata == MB_METADATA_HOST ? "host" : "self", allocs, dumps, growth, peak,
	       (double)r->metadata_bytes_peak / 1024);
	if (ns < 0)
		printf(" %8s %10s\n", "-", "-");
	else
		printf(" %8.1f %10.2f\n", operations ? ns / (double)operations : 0, ns / 1000);
	if (*r->panic)
		printf("    ended by: %s\n", r->panic);
	for (unsigned i = 0; i < r->diverged_count && i < 5; i++)
		printf("    line %" PRIu32 ": captured 0x%" PRIx64 ", got 0x%" PRIx64 "\n",
		       r->diverged[i].line, r->diverged[i].captured, r->diverged[i].got);
	if (r->first_dump_differs)
		printf("    dump at line %" PRIu32 " differs: %s\n", r->first_dump_differs,
		       r->first_dump_why);
}

/* Replay one file on every variant, built as a kernel is. Sets *held to false when a check fails. */
static int replay_file(const struct options *o, const char *file, bool *held)
{
	struct mb_replay_result results[MB_VARIANTS_MAX];
	double ns[MB_VARIANTS_MAX + 1];
	struct mb_text_error error;
	struct mb_trace *t;
	const char *digest = NULL;
	size_t operations;
	json_t *list;
	int rc = 0;

	if (mb_trace_load(file, &t, &error))
		return mb_fail(MB_EXIT_USAGE, "%s", error.text);
	for (int i = 0; i < o->count && !rc; i++) {
		rc = mb_replay_check(t, &o->specs[i], o->metadata, &results[i]);
		if (rc)
			break;
		if (!as_captured(o, &o->specs[i], &results[i]))
			*held = false;
		if (o->metadata == MB_METADATA_HOST && o->specs[i].variant->kind != MB_KIND_NULL) {
			if (digest && strcmp(digest, results[i].state_digest))
				*held = false;
			digest = results[i].state_digest;
		}
	}
	if (!rc)
		rc = mb_time_replays(t, o->specs, results, o->count, o->metadata, o->rounds, ns);
	if (rc) {
		mb_trace_free(t);
		return mb_fail(MB_EXIT_ENVIRONMENT, "%s: cannot create an instance: %s", file,
			       strerror(-rc));
	}
	operations = mb_timed_operations(t, o->metadata);
	if (!o->json) {
		print_header(file, t);
		for (int i = 0; i < o->count; i++)
			print_variant(o, &o->specs[i], &results[i], ns[i], operations);
		if (ns[o->count] >= 0)
			printf("  %-24s %62s %8.1f %10.2f\n", "(null: the harness)", "",
			       operations ? ns[o->count] / (double)operations : 0,
			       ns[o->count] / 1000);
		putchar('\n');
	} else {
		json_t *j;

		list = json_array();
		for (int i = 0; i < o->count; i++)
			json_array_append_new(list, variant_json(o, &o->specs[i], &results[i],
								 ns[i], operations));
		j = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:o, s:o, s:o}", "file", file, "format",
			      t->format, "profile", t->machine.profile->name, "kernel", t->kernel,
			      "trace_digest", t->digest, "input", input_json(t),
			      "null_ns_per_replay", time_json(ns[o->count]), "variants", list);
		json_dumpf(j, stdout, JSON_REAL_PRECISION(6));
		putchar('\n');
		json_decref(j);
	}
	mb_trace_free(t);
	return MB_EXIT_OK;
}

int mb_cmd_replay(int argc, char **argv)
{
	static const struct mb_option option_table[] = {
		{ "help", 'h', false },  { "variants", 'v', true }, { "metadata", 'm', true },
		{ "check", 'c', false }, { "rounds", 'r', true },   { "format", 'f', true },
		{ NULL, 0, false },
	};
	struct mb_args args = { argc, argv, option_table, 1, false };
	struct options o = { .rounds = 31 };
	const char *files[MAX_FILES];
	const char *value;
	bool held = true;
	int n = 0, id;

	o.count = mb_parse_variants("all", o.specs);
	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'v':
			o.count = mb_parse_variants(value, o.specs);
			if (o.count < 0)
				return MB_EXIT_USAGE;
			break;
		case 'm':
			if (!mb_parse_metadata(value, &o.metadata))
				return MB_EXIT_USAGE;
			break;
		case 'c':
			o.check = true;
			break;
		case 'r':
			if (!mb_parse_number("rounds", value, 0, 100000, &o.rounds))
				return MB_EXIT_USAGE;
			break;
		case 'f':
			if (!mb_parse_format(value, &o.json))
				return MB_EXIT_USAGE;
			break;
		case MB_ARG_FILE:
			if (n == MAX_FILES)
				return mb_fail(MB_EXIT_USAGE, "replay: more than %d files",
					       MAX_FILES);
			files[n++] = value;
			break;
		default:
			return MB_EXIT_USAGE;
		}
	}
	if (!n)
		return mb_fail(MB_EXIT_USAGE, "replay: no file given; see --help");
	for (int i = 0; i < o.count; i++)
		o.specs[i].build = MB_KFLAGS;
	for (int i = 0; i < n; i++) {
		int status = replay_file(&o, files[i], &held);

		if (status)
			return status;
	}
	return o.check && !held ? MB_EXIT_CHECK : MB_EXIT_OK;
}
