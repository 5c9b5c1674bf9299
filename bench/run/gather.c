/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.c - puts results of blocks together (gather_impl.h). */
#include "run/gather_impl.h"

#include "timed/operations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT "object:" /* begins keys of the context: the digest of a file that ran */

/* The result of a block, taken apart. */
struct part {
	const json_t *context, *section, *rows;
	struct bench_block block;
	const struct bench_boot_facts *boot;
	char *error; /* what is wrong with it, where -EINVAL is the answer */
	size_t error_size;
};

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? -ENOMEM : 0;
}

static unsigned number_of(const json_t *object, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(object, key));
}

/* ---- the machine ------------------------------------------------------------------------------- */

static double real_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static uint64_t wide_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* From the start of the first block to the end of the last one; ticks and disturbances in blocks only. */
static void add_machine(struct bench_machine *machine, const json_t *said)
{
	struct bench_disturbances *d = &machine->disturbances;

	if (!machine->known)
		machine->start = (struct bench_conditions){
			.load = real_of(said, "load_start"),
			.frequency_khz = wide_of(said, "khz_start"),
		};
	machine->known = true;
	machine->end.load = real_of(said, "load_end");
	machine->end.frequency_khz = wide_of(said, "khz_end");
	machine->end.steal += wide_of(said, "steal");
	machine->end.ticks += wide_of(said, "ticks");
	d->repetitions += wide_of(said, "repetitions");
	d->faulted += wide_of(said, "faulted");
	d->interrupted += wide_of(said, "interrupted");
	d->migrated += wide_of(said, "migrated");
}

void bench_gather_noise(const struct bench_machine *machine, char *text, size_t size)
{
	bench_noise(&machine->start, &machine->end, &machine->disturbances, text, size);
}

/* ---- entries ----------------------------------------------------------------------------------- */

static struct bench_entry *find_entry(struct bench_gather *gather, const char *name)
{
	/* The rows of one benchmark follow one another. */
	for (size_t i = 0; i < gather->count; i++) {
		size_t at = (gather->last + i) % gather->count;

		if (!strcmp(gather->entries[at].name, name)) {
			gather->last = at;
			return &gather->entries[at];
		}
	}
	return NULL;
}

/* Does it measure the harness? */
static bool is_null(const char *variant)
{
	size_t length = strcspn(variant, ":+");

	return (length == 4 && !memcmp(variant, "null", 4)) ||
	       (length == 5 && !memcmp(variant, "empty", 5));
}

/* The parts of OPERATION/WORKLOAD/VARIANT/regions:N. */
static int split_name(const struct part *part, struct bench_entry *entry)
{
	char label[BENCH_CELL_LABEL];
	const char *asked;

	if (sscanf(entry->name, "%23[^/]/%95[^/]/%103[^/]/regions:%u", entry->operation,
		   entry->workload, label, &entry->n) != 4) {
		snprintf(part->error, part->error_size, "'%.100s' is no name of a benchmark",
			 entry->name);
		return -EINVAL;
	}
	asked = text_of(json_object_get(part->block.kernels, label), "variant");
	entry->is_kernel = asked != NULL;
	entry->is_yardstick = asked && !strncmp(label, "linux:", strlen("linux:"));
	snprintf(entry->variant, sizeof(entry->variant), "%s", asked ? asked : label);
	entry->is_null = is_null(entry->variant);
	entry->boot = part->boot;
	return 0;
}

/* Of the name; a new one if there is none yet. */
static int take_entry(struct bench_gather *gather, const struct part *part, const char *name,
		      struct bench_entry **out)
{
	struct bench_entry *entry = find_entry(gather, name);

	*out = entry;
	if (entry) {
		if (!entry->boot)
			entry->boot = part->boot;
		return 0;
	}
	if (gather->count == gather->room) {
		size_t room = gather->room ? gather->room * 2 : 256;
		void *more = realloc(gather->entries, room * sizeof(*gather->entries));

		if (!more)
			return -ENOMEM;
		gather->entries = more;
		gather->room = room;
	}
	entry = *out = &gather->entries[gather->count];
	*entry = (struct bench_entry){ .order = gather->count };
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	gather->count++;
	return split_name(part, entry);
}

static int add_sample(struct bench_entry *entry, const struct bench_sample *sample)
{
	if (entry->sample_count == entry->sample_room) {
		unsigned room = entry->sample_room ? entry->sample_room * 2 : 16;
		struct bench_sample *more = realloc(entry->samples, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		entry->samples = more;
		entry->sample_room = room;
	}
	entry->samples[entry->sample_count++] = *sample;
	return 0;
}

/* A repetition. The first that has answers says which are right. */
static int take_row(struct bench_gather *gather, const struct part *part, json_t *row)
{
	const char *name = text_of(row, "name"), *label = text_of(row, "label");
	const struct bench_sample sample = {
		.ns = json_number_value(json_object_get(row, "real_time")),
		.build = part->block.build,
		.process = part->block.process,
	};
	struct bench_entry *entry;
	int rc = name ? take_entry(gather, part, name, &entry) : -EINVAL;

	if (!name)
		snprintf(part->error, part->error_size, "a row without a name");
	if (rc || json_object_get(row, "error_occurred"))
		return rc;
	if (!entry->row) {
		entry->row = json_incref(row);
		snprintf(entry->label, sizeof(entry->label), "%s", label ? label : "");
	} else if (!*entry->error && strcmp(label ? label : "", entry->label)) {
		snprintf(entry->error, sizeof(entry->error),
			 "process %u gave other answers: %.60s instead of %.60s",
			 part->block.process, label ? label : "none", entry->label);
	}
	return add_sample(entry, &sample);
}

static int take_failures(struct bench_gather *gather, const struct part *part)
{
	json_t *failures = json_object_get(part->section, "failures"), *why;
	const char *name;

	json_object_foreach(failures, name, why)
	{
		struct bench_entry *entry;
		int rc = take_entry(gather, part, name, &entry);

		if (rc)
			return rc;
		if (*entry->error)
			continue;
		if (part->block.process == 1)
			snprintf(entry->error, sizeof(entry->error), "%s", json_string_value(why));
		else
			snprintf(entry->error, sizeof(entry->error), "process %u: %.150s",
				 part->block.process, json_string_value(why));
	}
	return 0;
}

/* What its boot is, for the table; they live as long as all entries do. */
static int take_boot(struct bench_gather *gather, struct part *part)
{
	const json_t *said = json_object_get(part->section, "boot");
	struct bench_boot_facts *boot, **boots;

	if (!said)
		return 0;
	boot = calloc(1, sizeof(*boot));
	boots = realloc(gather->boots,
			(gather->boot_count + 1) * sizeof(struct bench_boot_facts *));
	if (boots)
		gather->boots = boots;
	if (!boot || !boots) {
		free(boot);
		return -ENOMEM;
	}
	gather->boots[gather->boot_count++] = boot;
	*boot = (struct bench_boot_facts){
		.operations = wide_of(said, "operations"),
		.bytes_zeroed = wide_of(said, "bytes_zeroed"),
		.bytes_handed_over = wide_of(said, "bytes_handed_over"),
		.allocs = wide_of(said, "allocs"),
		.allocs_as_captured = wide_of(said, "allocs_as_captured"),
		.warnings = wide_of(said, "warnings"),
		.captured = json_is_true(json_object_get(said, "captured")),
	};
	part->boot = boot;
	return 0;
}

/* ---- the document ------------------------------------------------------------------------------ */

/* "; scaled: seen 0.50 of the time at least"; 1 where it is not. */
static double seen_of(const char *text)
{
	const char *at = text ? strstr(text, "; scaled: seen ") : NULL;

	return at ? strtod(at + strlen("; scaled: seen "), NULL) : 1;
}

static bool is_counter(const char *key)
{
	return !strncmp(key, "counter:", strlen("counter:"));
}

/* Is it something that should be the same in all blocks? Counters are, where they are counted. */
static bool is_fact(const char *key)
{
	static const char *const facts[] = {
		"host_name", "cpu",    "kernel", "governor",     "randomize_va_space",
		"pinned",    "commit", "clock",  "commit_dirty",
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!strcmp(key, facts[i]))
			return true;
	return is_counter(key);
}

/* Up to here a text says what something is. What follows was measured: what a pair of readings costs, how much a
 * counter saw, or saw too much. */
static size_t told_length(const char *text)
{
	return strcspn(text, strncmp(text, "absent:", 7) ? ";" : ":");
}

static bool is_alike(const char *a, const char *b)
{
	size_t length = told_length(a);

	return length == told_length(b) && !memcmp(a, b, length);
}

/* What another block has told stays, but that the least is told of how much counters saw. A fact that changes is
 * followed by what it is from then on. */
static int add_fact(struct bench_gather *gather, json_t *context, const struct part *part,
		    const char *key, json_t *value)
{
	const char *now = json_string_value(value), *before = text_of(gather->facts, key);
	const char *told = text_of(context, key);
	bool alike = before && is_alike(before, now);

	if (alike && seen_of(now) >= seen_of(before))
		return 0;
	if (json_object_set(gather->facts, key, value))
		return -ENOMEM;
	if (!before || (alike && !strcmp(before, told)))
		return json_object_set(context, key, value) ? -ENOMEM : 0;
	if (alike)
		return 0;
	if (!json_object_get(gather->unlike, key) && set(gather->unlike, key, json_true()))
		return -ENOMEM;
	return set(context, key,
		   json_sprintf("%s; from process %u of %s on: %s", told, part->block.process,
				part->block.workload, now));
}

static int add_context(struct bench_gather *gather, json_t *context, const struct part *part)
{
	const char *counters = part->block.options.counters;
	bool counts = part->block.options.callgrind || strcmp(counters, "none") != 0;
	const char *key, *date = text_of(part->context, "date"), *last = text_of(context, "date");
	json_t *value;
	int rc = 0;

	if (date && last && strcmp(date, last) > 0)
		rc = set(context, "date", json_string(date));
	json_object_foreach((json_t *)part->context, key, value)
	{
		bool there = json_object_get(context, key) != NULL;

		if (rc)
			break;
		if (is_fact(key) && json_is_string(value) && (!is_counter(key) || counts || !there))
			rc = add_fact(gather, context, part, key, value);
		else if (!there)
			rc = json_object_set(context, key, value) ? -ENOMEM : 0;
	}
	return rc;
}

/* The section of a block, with what its context has of its own. */
static int add_section(struct bench_gather *gather, const struct part *part)
{
	json_t *section = json_copy((json_t *)part->section), *own = json_object(), *value;
	const char *key;
	int rc = json_object_set(section, "context", own) ? -ENOMEM : 0;

	json_object_foreach((json_t *)part->context, key, value)
	{
		if (!rc && (is_fact(key) || !strcmp(key, "date") || !strcmp(key, "layout")) &&
		    json_object_set(own, key, value))
			rc = -ENOMEM;
	}
	if (!rc && json_array_append(json_object_get(gather->document, "blocks"), section))
		rc = -ENOMEM;
	json_decref(own);
	json_decref(section);
	return rc;
}

/* Objects of one name that differ are all named: they should not be in one result. */
static int add_object(json_t *context, const char *name, unsigned build, const json_t *digest)
{
	const char *text = json_string_value(digest), *old;
	char key[BENCH_CELL_LABEL + 32];

	snprintf(key, sizeof(key), build ? OBJECT "%s of build %u" : OBJECT "%s", name, build);
	old = text_of(context, key);
	if (old && strstr(old, text))
		return 0;
	return set(context, key, old ? json_sprintf("%s, %s", old, text) : json_string(text));
}

static int describe_process(json_t *context, const struct part *part,
			    const struct bench_machine *machine)
{
	char key[32], conditions[96], noise[1024];

	bench_conditions_text(&machine->start, &machine->end, conditions, sizeof(conditions));
	bench_gather_noise(machine, noise, sizeof(noise));
	snprintf(key, sizeof(key), "process:%u", part->block.process);
	return set(context, key,
		   json_sprintf("%s; %s; noise: %s",
				part->block.executable ? part->block.executable : "this program",
				conditions, *noise ? noise : "none noticed"));
}

static void note_resumed(struct bench_gather *gather, const struct part *part)
{
	const char *date = text_of(part->context, "date");

	if (!date)
		date = "an unknown date";
	if (!gather->resumed++ || strcmp(date, gather->resumed_first) < 0)
		snprintf(gather->resumed_first, sizeof(gather->resumed_first), "%s", date);
	if (strcmp(date, gather->resumed_last) > 0)
		snprintf(gather->resumed_last, sizeof(gather->resumed_last), "%s", date);
}

/* Empty: none was. */
static void describe_resumed(const struct bench_gather *gather, char *text, size_t size)
{
	bool several = strcmp(gather->resumed_first, gather->resumed_last) != 0;

	*text = '\0';
	if (gather->resumed)
		snprintf(text, size, "%u block%s of %s%s%s", gather->resumed,
			 gather->resumed == 1 ? "" : "s", gather->resumed_first,
			 several ? " to " : "", several ? gather->resumed_last : "");
}

void bench_gather_unlike(const struct bench_gather *gather, FILE *out, const char *begin)
{
	const json_t *context = json_object_get(gather->document, "context");
	const char *key;
	json_t *value;

	json_object_foreach(gather->unlike, key, value)
		fprintf(out, "%s%s: %s\n", begin, key, text_of(context, key));
}

/* Counts over blocks. */
static int take_counts(struct bench_gather *gather, const struct part *part)
{
	unsigned repetitions = number_of(part->section, "repetitions");
	unsigned benchmarks = number_of(part->section, "benchmarks");
	const char *counting = json_string_value(json_object_get(part->section, "counting"));

	gather->repetitions_asked = part->block.options.repetitions;
	if (!gather->blocks || repetitions < gather->repetitions_least)
		gather->repetitions_least = repetitions;
	if (repetitions > gather->repetitions_most)
		gather->repetitions_most = repetitions;
	gather->repetitions += (size_t)repetitions * benchmarks;
	gather->dropped += number_of(part->section, "dropped");
	gather->kept_least = number_of(part->section, "least");
	gather->seconds += real_of(part->section, "seconds");
	gather->blocks++;
	if (part->block.process > gather->processes)
		gather->processes = part->block.process;
	if (!counting || gather->counting)
		return 0;
	gather->counting = strdup(counting);
	return gather->counting ? 0 : -ENOMEM;
}

int bench_gather_start(struct bench_gather *gather)
{
	*gather = (struct bench_gather){ .blocks = 0 };
	gather->document = json_pack("{s{} s[] s[]}", "context", "benchmarks", "blocks");
	gather->facts = json_object();
	gather->unlike = json_object();
	return gather->document && gather->facts && gather->unlike ? 0 : -ENOMEM;
}

static int add_part(struct bench_gather *gather, struct part *part)
{
	json_t *context = json_object_get(gather->document, "context");
	const json_t *said = json_object_get(part->section, "machine");
	json_t *row, *digest;
	const char *name;
	size_t i;
	int rc = take_boot(gather, part);

	json_array_foreach(part->rows, i, row)
	{
		rc = rc ? rc : take_row(gather, part, row);
		if (!rc && json_array_append(json_object_get(gather->document, "benchmarks"), row))
			rc = -ENOMEM;
	}
	if (!rc)
		rc = take_failures(gather, part);
	if (!rc)
		rc = add_context(gather, context, part);
	json_object_foreach(json_object_get(part->section, "objects"), name, digest)
		rc = rc ? rc :
			  add_object(context, name, strcmp(name, "program") ? 0 : part->block.build,
				     digest);
	add_machine(&gather->machine, said);
	if (part->block.process != gather->process) /* they come process by process */
		gather->process_machine = (struct bench_machine){ .known = false };
	gather->process = part->block.process;
	add_machine(&gather->process_machine, said);
	if (!rc)
		rc = describe_process(context, part, &gather->process_machine);
	if (!rc)
		rc = take_counts(gather, part);
	return rc ? rc : add_section(gather, part);
}

int bench_gather_add(struct bench_gather *gather, const json_t *result, bool taken_over,
		     char *error, size_t error_size)
{
	struct part part = {
		.context = json_object_get(result, "context"),
		.section = json_object_get(result, "block"),
		.rows = json_object_get(result, "benchmarks"),
		.error = error,
		.error_size = error_size,
	};
	int rc = bench_block_parse(json_object_get(part.section, "specification"), &part.block,
				   error, error_size);
	const char *executable = json_string_value(json_object_get(part.section, "executable"));

	if (!rc && executable) {
		part.block.executable = strdup(executable);
		rc = part.block.executable ? 0 : -ENOMEM;
	}
	if (!rc)
		rc = add_part(gather, &part);
	if (!rc && taken_over)
		note_resumed(gather, &part);
	bench_block_release(&part.block);
	return rc;
}

/* ---- the end ----------------------------------------------------------------------------------- */

/* Where an operation stands in the table: boots last, and each boot by itself. */
static unsigned rank_of(const char *operation)
{
	for (unsigned i = 0; i < bench_operation_count; i++)
		if (!strcmp(bench_operations[i].name, operation))
			return i;
	return bench_operation_count;
}

static int compare_entries(const void *a, const void *b)
{
	const struct bench_entry *x = a, *y = b;
	unsigned rank_x = rank_of(x->operation), rank_y = rank_of(y->operation);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* A row, and where it goes: process by process, each as the table has it. */
struct place {
	json_t *row;
	unsigned process, rank;
	size_t order;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int sort_rows(struct bench_gather *gather)
{
	json_t *rows = json_object_get(gather->document, "benchmarks"), *row;
	struct place *places = calloc(json_array_size(rows) + 1, sizeof(*places));
	json_t *sorted = json_array();
	size_t i;
	int rc = places && sorted ? 0 : -ENOMEM;

	json_array_foreach(rows, i, row)
	{
		char operation[24] = "";

		if (rc)
			break;
		sscanf(json_string_value(json_object_get(row, "name")), "%23[^/]", operation);
		places[i] = (struct place){ row, number_of(row, "process"), rank_of(operation), i };
	}
	if (!rc)
		qsort(places, json_array_size(rows), sizeof(*places), compare_places);
	for (i = 0; i < json_array_size(rows) && !rc; i++) {
		json_int_t family =
			find_entry(gather, text_of(places[i].row, "name")) - gather->entries;

		/* The library's numbers are those of the block. */
		rc = set(places[i].row, "family_index", json_integer(family));
		if (json_array_append(sorted, places[i].row))
			rc = -ENOMEM;
	}
	free(places);
	if (rc || json_object_set(gather->document, "benchmarks", sorted))
		rc = -ENOMEM;
	json_decref(sorted);
	return rc;
}

char *bench_gather_end(struct bench_gather *gather, const char *command)
{
	json_t *context = json_object_get(gather->document, "context");
	char noise[1024], resumed[160];
	int rc;

	qsort(gather->entries, gather->count, sizeof(*gather->entries), compare_entries);
	if (sort_rows(gather))
		return NULL;
	bench_gather_noise(&gather->machine, noise, sizeof(noise));
	describe_resumed(gather, resumed, sizeof(resumed));
	rc = set(context, "command", json_string(command)) |
	     set(context, "noise", json_string(noise)) |
	     set(context, "layout",
		 json_string("randomised in each block: environment and heap displaced")) |
	     set(context, "processes", json_sprintf("%u", gather->processes)) |
	     set(context, "repetitions_dropped", json_sprintf("%zu", gather->dropped)) |
	     set(context, "repetitions",
		 gather->repetitions_least == gather->repetitions_most ?
			 json_sprintf("%u", gather->repetitions_most) :
			 json_sprintf("%u to %u", gather->repetitions_least,
				      gather->repetitions_most));
	if (*resumed)
		rc |= set(context, "resumed", json_string(resumed));
	if (rc)
		return NULL;
	return json_dumps(gather->document, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
}

void bench_gather_release(struct bench_gather *gather)
{
	for (size_t i = 0; i < gather->count; i++) {
		json_decref(gather->entries[i].row);
		free(gather->entries[i].samples);
	}
	for (size_t i = 0; i < gather->boot_count; i++)
		free(gather->boots[i]);
	free(gather->boots);
	free(gather->entries);
	free(gather->counting);
	json_decref(gather->facts);
	json_decref(gather->unlike);
	json_decref(gather->document);
}
