/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.c - makes, writes, reads and names the blocks of block.h. */
#include "run/block.h"

#include "sources.h"
#include "run/plan_impl.h"
#include "timed/state.h"
#include "trace/sha256.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREPARING 0.25 /* of the time of a block, for a terminal */

/* ---- the fields -------------------------------------------------------------------------------- */

enum kind {
	TEXT, /* const char *; left out where it is NULL */
	SWITCH,
	COUNT, /* unsigned */
	SIGNED,
	WIDE, /* uint64_t, as text: JSON's integers end at 2^63 */
	REAL,
	METADATA, /* "self", "host" */
	SIZES,    /* of synthetic states */
	TABLE,    /* json_t *, an object */
};

#define AT(member) offsetof(struct bench_block, member)

static const struct field {
	const char *key;
	enum kind kind;
	size_t at;
	bool beside; /* it is not part of what a block is */
} fields[] = {
	{ "workload", TEXT, AT(workload), false },
	{ "trace", TEXT, AT(trace), false },
	{ "profile", TEXT, AT(profile), false },
	{ "captured", SWITCH, AT(captured), false },
	{ "operations", TEXT, AT(options.operations), false },
	{ "regions", SIZES, AT(options.regions), false },
	{ "variants", TEXT, AT(options.variants), false },
	{ "kflags", SWITCH, AT(options.kflags), false },
	{ "o2", SWITCH, AT(options.o2), false },
	{ "kernels", TABLE, AT(kernels), false },
	{ "filter", TEXT, AT(options.filter), false },
	{ "states", TEXT, AT(options.profile), false },
	{ "metadata", METADATA, AT(options.metadata), false },
	{ "seed", WIDE, AT(options.seed), false },
	{ "counters", TEXT, AT(options.counters), false },
	{ "callgrind", SWITCH, AT(options.callgrind), false },
	{ "pin", SIGNED, AT(options.pin), false },
	{ "quick", SWITCH, AT(options.quick), false },
	{ "full", SWITCH, AT(options.full), false },
	{ "repetitions", COUNT, AT(options.repetitions), false },
	{ "repetitions_min", COUNT, AT(options.repetitions_min), false },
	{ "repetition_ns_min", REAL, AT(options.repetition_ns_min), false },
	{ "repetition_ns_max", REAL, AT(options.repetition_ns_max), false },
	{ "process", COUNT, AT(process), false },
	{ "build", COUNT, AT(build), false },
	{ "program", TEXT, AT(program), false },
	{ "link", TEXT, AT(link), false },

	{ "file", TEXT, AT(options.workloads), true },
	{ "executable", TEXT, AT(executable), true },
	{ "wall_ns", REAL, AT(options.wall_ns), true },
	{ "budget_ns", REAL, AT(options.budget_ns), true },
	{ "count", SWITCH, AT(count), true },
	{ "progress_from", REAL, AT(progress_from), true },
	{ "progress_to", REAL, AT(progress_to), true },
	{ "start_ns", WIDE, AT(start_ns), true },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char *const metadata_names[] = {
	[MB_METADATA_SELF] = "self", [MB_METADATA_HOST] = "host"
};

/* ---- writing ----------------------------------------------------------------------------------- */

static json_t *write_sizes(const struct bench_options *o)
{
	json_t *sizes = json_array();

	for (unsigned i = 0; i < o->region_count; i++)
		json_array_append_new(sizes, json_integer(o->regions[i]));
	return sizes;
}

/* NULL: no memory, or a text that is not UTF-8. */
static json_t *write_field(const struct bench_block *block, const struct field *field)
{
	const void *at = (const char *)block + field->at;

	switch (field->kind) {
	case TEXT:
		return json_string(*(const char *const *)at);
	case SWITCH:
		return json_boolean(*(const bool *)at);
	case COUNT:
		return json_integer(*(const unsigned *)at);
	case SIGNED:
		return json_integer(*(const int *)at);
	case WIDE:
		return json_sprintf("%llu", (unsigned long long)*(const uint64_t *)at);
	case REAL:
		return json_real(*(const double *)at);
	case METADATA:
		return json_string(metadata_names[*(const enum mb_metadata *)at]);
	case SIZES:
		return write_sizes(&block->options);
	case TABLE:
		return json_incref(*(json_t *const *)at);
	}
	return NULL;
}

static bool is_absent(const struct bench_block *block, const struct field *field)
{
	return field->kind == TEXT && !*(const char *const *)((const char *)block + field->at);
}

json_t *bench_block_write(const struct bench_block *block, bool whole)
{
	json_t *json = json_object();
	int rc = json_object_set_new(json, "version", json_integer(BENCH_BLOCK_VERSION));

	for (size_t i = 0; i < FIELDS && !rc; i++)
		if ((whole || !fields[i].beside) && !is_absent(block, &fields[i]))
			rc = json_object_set_new(json, fields[i].key,
						 write_field(block, &fields[i]));
	if (!rc)
		return json;
	json_decref(json);
	return NULL;
}

bool bench_block_identify(const struct bench_block *block, char id[BENCH_BLOCK_ID])
{
	json_t *json = bench_block_write(block, false);
	char *text =
		json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) :
		       NULL;
	struct mb_sha256 sha;
	char hex[65];

	json_decref(json);
	if (!text)
		return false;
	mb_sha256_start(&sha);
	mb_sha256_add(&sha, text, strlen(text));
	mb_sha256_hex(&sha, hex);
	snprintf(id, BENCH_BLOCK_ID, "%d-%.32s", BENCH_BLOCK_VERSION, hex);
	free(text);
	return true;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool is_within(const json_t *value, json_int_t min, json_int_t max)
{
	return json_is_integer(value) && json_integer_value(value) >= min &&
	       json_integer_value(value) <= max;
}

static bool read_sizes(const json_t *value, struct bench_options *o)
{
	const json_t *size;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > BENCH_SIZES_MAX)
		return false;
	json_array_foreach(value, i, size)
	{
		if (!is_within(size, BENCH_REGIONS_MIN, BENCH_REGIONS_MAX))
			return false;
		o->regions[i] = (uint32_t)json_integer_value(size);
	}
	o->region_count = (unsigned)json_array_size(value);
	return true;
}

static bool read_wide(const json_t *value, uint64_t *number)
{
	const char *text = json_string_value(value);
	char *end;

	if (!text || !*text)
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *text != '-';
}

static bool read_metadata(const json_t *value, enum mb_metadata *metadata)
{
	for (unsigned i = 0; json_is_string(value) && i < 2; i++) {
		if (strcmp(json_string_value(value), metadata_names[i]))
			continue;
		*metadata = (enum mb_metadata)i;
		return true;
	}
	return false;
}

/* False: it is of another kind, or there is no memory. */
static bool read_field(json_t *value, const struct field *field, struct bench_block *block)
{
	void *at = (char *)block + field->at;

	switch (field->kind) {
	case TEXT:
		*(char **)at = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
		return *(char **)at != NULL;
	case SWITCH:
		*(bool *)at = json_is_true(value);
		return json_is_boolean(value);
	case COUNT:
		*(unsigned *)at = (unsigned)json_integer_value(value);
		return is_within(value, 0, UINT_MAX);
	case SIGNED:
		*(int *)at = (int)json_integer_value(value);
		return is_within(value, INT_MIN, INT_MAX);
	case WIDE:
		return read_wide(value, at);
	case REAL:
		*(double *)at = json_number_value(value);
		return json_is_number(value);
	case METADATA:
		return read_metadata(value, at);
	case SIZES:
		return read_sizes(value, &block->options);
	case TABLE:
		*(json_t **)at = json_is_object(value) ? json_incref(value) : NULL;
		return json_is_object(value);
	}
	return false;
}

static const struct field *find_field(const char *key)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (!strcmp(fields[i].key, key))
			return &fields[i];
	return NULL;
}

int bench_block_parse(const json_t *json, struct bench_block *block, char *error, size_t error_size)
{
	json_int_t version = json_integer_value(json_object_get(json, "version"));
	const char *key;
	json_t *value;

	*block = (struct bench_block){ .options = { .processes = 1, .one_workload = true } };
	if (version != BENCH_BLOCK_VERSION) {
		snprintf(error, error_size, "a block of version %lld; this program knows %d",
			 (long long)version, BENCH_BLOCK_VERSION);
		return -EINVAL;
	}
	json_object_foreach((json_t *)json, key, value)
	{
		const struct field *field = find_field(key);

		if (!field && strcmp(key, "version")) {
			snprintf(error, error_size, "unknown key '%.60s' in a block", key);
			return -EINVAL;
		}
		if (field && !read_field(value, field, block)) {
			snprintf(error, error_size, "bad value of '%s' in a block", key);
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < FIELDS; i++) {
		if (fields[i].kind == TEXT || json_object_get(json, fields[i].key) ||
		    fields[i].beside)
			continue;
		snprintf(error, error_size, "a block without '%s'", fields[i].key);
		return -EINVAL;
	}
	if (block->workload && block->program && block->options.operations &&
	    block->options.variants && block->options.counters)
		return 0;
	snprintf(error, error_size,
		 "a block without workload, operations, variants, counters or "
		 "program");
	return -EINVAL;
}

void bench_block_progress(const struct bench_block *block, struct bench_progress *progress,
			  bool preparing)
{
	double from = block->progress_from, to = block->progress_to;
	double prepared = from + (to - from) * PREPARING;

	bench_progress_within(progress, preparing ? from : prepared, preparing ? prepared : to,
			      block->start_ns);
}

void bench_block_release(struct bench_block *block)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].kind == TEXT)
			free(*(char **)((char *)block + fields[i].at));
	json_decref(block->kernels);
	*block = (struct bench_block){ .process = 0 };
}

/* ---- making ------------------------------------------------------------------------------------ */

static bool is_about(const struct bench_plan_item *item, const struct bench_block_workload *of)
{
	return item->boot == of->boot && (of->boot || item->workload == of->workload);
}

size_t bench_block_workloads(const struct bench_plan *plan, struct bench_block_workload *workloads)
{
	size_t count = 0;

	for (size_t i = 0; i < BENCH_SYNTHETIC + plan->boot_count; i++) {
		struct bench_block_workload of = {
			.boot = i < BENCH_SYNTHETIC ? NULL : plan->boots[i - BENCH_SYNTHETIC],
			.workload = (unsigned)i,
		};

		for (size_t j = 0; j < plan->count; j++)
			of.cells += is_about(&plan->items[j], &of);
		if (of.cells)
			workloads[count++] = of;
	}
	return count;
}

/* A list for options, of words that come once each; NULL: no memory. */
static char *add_word(char *list, const char *word)
{
	size_t length = strlen(word), used = list ? strlen(list) : 0;
	char *more;

	for (const char *at = list; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && !memcmp(at, word, length))
			return list;
	more = realloc(list, used + length + 2);
	if (!more) {
		free(list);
		return NULL;
	}
	sprintf(more + used, "%s%s", used ? "," : "", word);
	return more;
}

/* The kernel's code of a cell: what it was asked for as, and the digest of all that it was built from, which
 * ends the name of its file (variants/linux/build.sh). */
static int add_kernel(const struct bench_cell *cell, json_t *kernels)
{
	const char *digest = strrchr(cell->object, '-');
	char label[BENCH_CELL_LABEL];

	bench_cell_label(cell, label);
	if (json_object_get(kernels, label))
		return 0;
	return json_object_set_new(kernels, label,
				   json_pack("{ss ss%}", "variant", cell->variant, "object",
					     digest ? digest + 1 : "",
					     digest ? strcspn(digest + 1, ".") : 0));
}

/* What of the cells takes part, in their order. */
static int narrow(const struct bench_plan *plan, const struct bench_block_workload *of,
		  struct bench_block *block)
{
	char *operations = NULL, *variants = NULL;
	int rc = 0;

	block->options.kflags = block->options.o2 = false;
	for (size_t i = 0; i < plan->count && !rc; i++) {
		const struct bench_cell *cell = &plan->cells[i];
		const struct mb_variant_spec *spec = plan->items[i].spec;

		if (!is_about(&plan->items[i], of))
			continue;
		operations = add_word(operations, cell->operation);
		variants = add_word(variants, spec->name);
		if (!operations || !variants)
			rc = -ENOMEM;
		else if (cell->is_kernel)
			rc = add_kernel(cell, block->kernels);
		if (spec->variant->kind == MB_KIND_PEER)
			continue; /* it has its own build, whatever is asked for */
		*(spec->build == MB_O2 ? &block->options.o2 : &block->options.kflags) = true;
	}
	block->options.operations = operations;
	block->options.variants = variants;
	return rc;
}

static const char *copy(const char *text, bool *ok)
{
	char *made = text ? strdup(text) : NULL;

	*ok &= !text || made;
	return made;
}

int bench_block_make(const struct bench_plan *plan, const struct bench_block_workload *of,
		     unsigned process, unsigned build, const char *link, struct bench_block *block)
{
	const struct bench_options *o = plan->options;
	const struct bench_boot *boot = of->boot;
	bool ok = true;

	*block = (struct bench_block){ .options = *o, .process = process, .build = build };
	block->kernels = json_object();
	block->options.processes = 1;
	block->options.one_workload = true;
	block->options.out = block->options.executables = block->options.block = NULL;
	block->workload = copy(boot ? boot->name : bench_workload_names[of->workload], &ok);
	/* One of the project's is found by its name. */
	block->options.workloads =
		copy(boot && !boot->captured ? boot->path : block->workload, &ok);
	block->options.filter = copy(o->filter, &ok);
	block->options.profile = copy(boot ? NULL : plan->profile->name, &ok);
	/* Counted is once. */
	block->options.counters = copy(process > 1 ? "none" : o->counters, &ok);
	block->options.callgrind = o->callgrind && process == 1;
	block->program = copy(MB_SOURCES_DIGEST, &ok);
	block->link = copy(link, &ok);
	if (boot) {
		block->captured = boot->captured;
		block->trace = copy(boot->trace->digest, &ok);
		block->profile = copy(boot->trace->machine.profile->name, &ok);
		block->options.region_count = 0;
	}
	return narrow(plan, of, block) || !ok || !block->kernels ? -ENOMEM : 0;
}
