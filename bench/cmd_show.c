/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_show.c - memblock-bench show FILE: what a boot did to its memory.
 *
 * The trace is executed once, untimed, on the variant `array` with metadata=host, so that every
 * range is where the captured kernel had it. On the way the state is looked at:
 *
 *     operation   0 ....:....:....:....:....:....:.... n
 *     timeline    x    x    x    x    x    x    x    x     totals and counts, TIMELINE_MAX at most
 *     frames      x         x         x         x    x     all ranges, FRAMES_MAX at most
 *     end                                            x     all ranges with node and flags
 *
 * Observing happens here (observe()); the two printers below it only read `struct sight`. Text is a
 * page for a person, JSON one object that plots/ reads; docs/charts.md describes its members.
 *
 * Addresses are strings ("0x1000") in JSON: they have 64 bits, and readers of numbers often 53.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <memblock/trace.h>

#include "cli.h"
#include "input.h"

#define TIMELINE_MAX 512
#define FRAMES_MAX 64
#define NODES_MAX 1025 /* the nodes of a kernel, and one row for memory without a node */

/* A list of ranges, copied out of an instance. */
struct ranges {
	struct mb_range *r;
	size_t n, max;
};

/* The three lists of the memory map. Free is memory that an allocation could get: no NOMAP. */
struct map {
	struct ranges memory, reserved, free;
};

struct sample {
	size_t done; /* operations executed so far */
	uint64_t memory_bytes, reserved_bytes, free_bytes;
	uint32_t memory_regions, reserved_regions;
};

struct frame {
	size_t done;
	struct map map;
};

/* Everything that was seen. */
struct sight {
	const char *path;
	struct mb_trace *trace;
	struct mb *mb;
	struct map end;
	struct sample timeline[TIMELINE_MAX + 2];
	size_t samples;
	struct frame frames[FRAMES_MAX + 2];
	size_t frame_count;
	uint64_t kind_count[MB_OP_KINDS], kind_reconstructed[MB_OP_KINDS], kind_bytes[MB_OP_KINDS];
	uint32_t memory_peak, reserved_peak;
	uint64_t reserved_bytes_peak, metadata_bytes_peak;
	size_t done; /* operations executed; fewer than the trace has after a panic */
	jmp_buf panicked;
	char panic[160];
};

/* ---- observing --------------------------------------------------------------------------------- */

static int ranges_copy(struct ranges *to, struct mb_iter *it)
{
	struct mb_range r;

	while (mb_next(it, &r)) {
		if (r.base == r.end) /* the dummy of an empty 6.1 collection */
			continue;
		if (to->n == to->max) {
			size_t max = to->max ? to->max * 2 : 32;
			struct mb_range *more = realloc(to->r, max * sizeof(*more));

			if (!more)
				return -ENOMEM;
			to->r = more;
			to->max = max;
		}
		to->r[to->n++] = r;
	}
	return 0;
}

static int map_copy(struct map *map, struct mb *mb)
{
	struct mb_iter it;
	int rc;

	mb_iter_regions(&it, mb, MB_MEMORY, false);
	rc = ranges_copy(&map->memory, &it);
	if (rc)
		return rc;
	mb_iter_regions(&it, mb, MB_RESERVED, false);
	rc = ranges_copy(&map->reserved, &it);
	if (rc)
		return rc;
	mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_HOTPLUG, false);
	return ranges_copy(&map->free, &it);
}

static void map_release(struct map *map)
{
	free(map->memory.r);
	free(map->reserved.r);
	free(map->free.r);
}

static uint64_t ranges_bytes(const struct ranges *list)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < list->n; i++)
		bytes += list->r[i].end - list->r[i].base;
	return bytes;
}

static void take_sample(struct sight *s)
{
	struct sample *sample = &s->timeline[s->samples++];
	struct mb_iter it;
	struct mb_range r;

	*sample = (struct sample){
		.done = s->done,
		.memory_bytes = mb_phys_mem_size(s->mb),
		.reserved_bytes = mb_reserved_size(s->mb),
		.memory_regions = mb_cnt(s->mb, MB_MEMORY),
		.reserved_regions = mb_cnt(s->mb, MB_RESERVED),
	};
	mb_iter_free(&it, s->mb, MB_NUMA_NO_NODE, MB_HOTPLUG, false);
	while (mb_next(&it, &r))
		sample->free_bytes += r.end - r.base;
}

static int take_frame(struct sight *s)
{
	struct frame *frame = &s->frames[s->frame_count++];

	frame->done = s->done;
	return map_copy(&frame->map, s->mb);
}

static void note_peaks(struct sight *s)
{
	uint32_t memory = mb_cnt(s->mb, MB_MEMORY);
	uint32_t reserved = mb_cnt(s->mb, MB_RESERVED);
	uint64_t bytes = mb_reserved_size(s->mb);
	uint64_t metadata = mb_metadata_bytes(s->mb);

	if (memory > s->memory_peak)
		s->memory_peak = memory;
	if (reserved > s->reserved_peak)
		s->reserved_peak = reserved;
	if (bytes > s->reserved_bytes_peak)
		s->reserved_bytes_peak = bytes;
	if (metadata > s->metadata_bytes_peak)
		s->metadata_bytes_peak = metadata;
}

static void count_kinds(struct sight *s)
{
	for (size_t i = 0; i < s->trace->count; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		s->kind_count[op->kind]++;
		s->kind_bytes[op->kind] += op->size;
		if (op->why)
			s->kind_reconstructed[op->kind]++;
	}
}

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct sight *s = ctx;

	vsnprintf(s->panic, sizeof(s->panic), fmt, ap);
	longjmp(s->panicked, 1);
}

/* Is position @at of @count one of about @wanted evenly spaced ones? Exactly @wanted of them are. */
static bool due(size_t at, size_t count, size_t wanted)
{
	if (count <= wanted)
		return true;
	return (uint64_t)at * wanted / count != (uint64_t)(at + 1) * wanted / count;
}

/* Execute the trace up to its end or to a panic, which is a finding and not an error. */
static int execute(struct sight *s)
{
	size_t count = s->trace->count;
	int rc;

	if (setjmp(s->panicked))
		return 0;
	take_sample(s);
	rc = take_frame(s);
	while (!rc && s->done < count) {
		const struct mb_op *op = &s->trace->ops[s->done];

		if (op->kind == MB_OP_GREW)
			mb_op_run_growth(s->mb, op);
		else
			mb_op_run(s->mb, op);
		note_peaks(s);
		s->done++;
		if (due(s->done - 1, count, TIMELINE_MAX))
			take_sample(s);
		if (due(s->done - 1, count, FRAMES_MAX))
			rc = take_frame(s);
	}
	return rc;
}

static int observe(struct sight *s, struct mb_text_error *error)
{
	struct mb_hooks hooks = { .ctx = s, .panic = on_panic };
	struct mb_machine machine = s->trace->machine;
	struct mb_variant_spec spec;
	char why[256];
	int rc;

	rc = mb_variant_parse("array", &spec, why, sizeof(why));
	if (rc) {
		snprintf(error->text, sizeof(error->text), "%s", why);
		return rc;
	}
	machine.metadata = MB_METADATA_HOST;
	rc = mb_create(&machine, &hooks, &spec, &s->mb);
	if (rc) {
		snprintf(error->text, sizeof(error->text),
			 "%s: the machine it describes cannot be made: %s", s->path, strerror(-rc));
		return rc;
	}
	mb_set_zeroing(s->mb, false);
	count_kinds(s);
	rc = execute(s);
	if (!rc)
		rc = map_copy(&s->end, s->mb);
	if (rc)
		snprintf(error->text, sizeof(error->text), "%s: %s", s->path, strerror(-rc));
	return rc;
}

static void sight_release(struct sight *s)
{
	for (size_t i = 0; i < s->frame_count; i++)
		map_release(&s->frames[i].map);
	map_release(&s->end);
	mb_destroy(s->mb);
	mb_trace_free(s->trace);
	free(s);
}

/* ---- words ------------------------------------------------------------------------------------- */

static const char *const flag_words[] = { "hotplug",        "mirror",      "nomap",
					  "driver-managed", "rsrv-noinit", "rsrv-kern",
					  "kho-scratch",    "rsrv-hugetlb" };

/* Flags as words joined by '+'; "" for none. */
static const char *flags_text(uint32_t flags, char buf[128])
{
	size_t at = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++)
		if (flags & (1u << i))
			at += (size_t)snprintf(buf + at, 128 - at, "%s%s", at ? "+" : "",
					       flag_words[i]);
	return buf;
}

/* Bytes in the largest binary unit that leaves one digit before the point. */
static const char *bytes_text(uint64_t bytes, char buf[32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	unsigned unit = 0;

	for (; value >= 1024 && unit < 6; unit++)
		value /= 1024;
	snprintf(buf, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

/* The node to show for a stored one; -1: none. */
static int node_shown(const struct sight *s, int32_t nid)
{
	if (s->trace->machine.no_numa || nid < 0 || (unsigned)nid >= mb_max_numnodes(s->mb))
		return -1;
	return nid;
}

/* ---- text -------------------------------------------------------------------------------------- */

static void text_header(const struct sight *s)
{
	const struct mb_trace *trace = s->trace;
	const struct mb_machine *m = &trace->machine;
	char bytes[32];

	printf("%s: %s, %zu operations", s->path, trace->format, trace->count);
	if (trace->reconstructed)
		printf(", %zu of them worked out", trace->reconstructed);
	printf("\n");
	printf("kernel   %s\n", trace->kernel ? trace->kernel : "not named");
	printf("machine  %u-bit addresses, pages of %s, %s, profile %s\n",
	       m->addr_bits ? m->addr_bits : 64,
	       bytes_text(m->page_size ? m->page_size : 4096, bytes),
	       m->no_numa ? "no NUMA" : "NUMA", m->profile ? m->profile->name : "6.12");
	if (s->panic[0])
		printf("panic    after %zu operations: %s\n", s->done, s->panic);
}

static void text_operations(const struct sight *s)
{
	char bytes[32];

	printf("\noperations            count  worked out        bytes\n");
	for (unsigned k = 0; k < MB_OP_KINDS; k++)
		if (s->kind_count[k])
			printf("  %-17s %7" PRIu64 "  %10" PRIu64 "  %11s\n", mb_op_name(k),
			       s->kind_count[k], s->kind_reconstructed[k],
			       s->kind_bytes[k] ? bytes_text(s->kind_bytes[k], bytes) : "");
}

static void text_peaks(const struct sight *s)
{
	const struct mb_machine *m = &s->trace->machine;
	char bytes[32];

	printf("\npeaks\n");
	printf("  memory    %5u regions, %u static slots\n", s->memory_peak,
	       m->memory_slots ? m->memory_slots : 128);
	printf("  reserved  %5u regions, %u static slots, %s\n", s->reserved_peak,
	       m->reserved_slots ? m->reserved_slots : 128,
	       bytes_text(s->reserved_bytes_peak, bytes));
}

static void text_growth(const struct sight *s)
{
	bool any = false;

	printf("\ngrowth captured\n");
	for (size_t i = 0; i < s->trace->count; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		if (op->kind != MB_OP_GREW)
			continue;
		printf("  line %u: %s to %" PRIu64 " slots at [0x%" PRIx64 ", 0x%" PRIx64 ")\n",
		       op->line, mb_which_name(op->which), op->value, op->base,
		       op->base + op->size);
		any = true;
	}
	if (!any)
		printf("  none: the static slots were enough\n");
}

/* What a node has: reserved is memory that is not free, so NOMAP counts as reserved here. */
static void text_nodes(const struct sight *s)
{
	static uint64_t memory[NODES_MAX], available[NODES_MAX], largest[NODES_MAX];
	char a[32], b[32], c[32], d[32];

	memset(memory, 0, sizeof(memory));
	memset(available, 0, sizeof(available));
	memset(largest, 0, sizeof(largest));
	for (size_t i = 0; i < s->end.memory.n; i++) {
		const struct mb_range *r = &s->end.memory.r[i];
		int node = node_shown(s, r->nid);

		memory[node < 0 || node >= NODES_MAX - 1 ? NODES_MAX - 1 : node] +=
			r->end - r->base;
	}
	for (size_t i = 0; i < s->end.free.n; i++) {
		const struct mb_range *r = &s->end.free.r[i];
		int node = node_shown(s, r->nid);

		node = node < 0 || node >= NODES_MAX - 1 ? NODES_MAX - 1 : node;
		available[node] += r->end - r->base;
		if (r->end - r->base > largest[node])
			largest[node] = r->end - r->base;
	}
	printf("\nat the end  node       memory        taken         free  largest free\n");
	for (int n = 0; n < NODES_MAX; n++) {
		char name[12] = "none";

		if (!memory[n])
			continue;
		if (n < NODES_MAX - 1)
			snprintf(name, sizeof(name), "%d", n);
		printf("            %-4s  %11s  %11s  %11s  %12s\n", name, bytes_text(memory[n], a),
		       bytes_text(memory[n] - available[n], b), bytes_text(available[n], c),
		       bytes_text(largest[n], d));
	}
}

static void text_ranges(const struct sight *s, const char *name, const struct ranges *list)
{
	char bytes[32], flags[128];

	printf("\n%s: %zu ranges, %s\n", name, list->n, bytes_text(ranges_bytes(list), bytes));
	for (size_t i = 0; i < list->n; i++) {
		const struct mb_range *r = &list->r[i];
		int node = node_shown(s, r->nid);

		printf("  [0x%012" PRIx64 ", 0x%012" PRIx64 ")  %11s", r->base, r->end,
		       bytes_text(r->end - r->base, bytes));
		if (node >= 0)
			printf("  node %d", node);
		if (r->flags)
			printf("  %s", flags_text(r->flags, flags));
		printf("\n");
	}
}

static void print_text(const struct sight *s)
{
	text_header(s);
	text_operations(s);
	text_peaks(s);
	text_growth(s);
	text_nodes(s);
	text_ranges(s, "memory", &s->end.memory);
	text_ranges(s, "reserved", &s->end.reserved);
	text_ranges(s, "free", &s->end.free);
}

/* ---- JSON -------------------------------------------------------------------------------------- */

static json_t *json_address(uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return json_string(text);
}

/* [[base, end, node or null, flags] ...], or [[base, end] ...] without @attributes. */
static json_t *json_ranges(const struct sight *s, const struct ranges *list, bool attributes)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct mb_range *r = &list->r[i];
		int node = node_shown(s, r->nid);
		json_t *row = json_array();

		json_array_append_new(row, json_address(r->base));
		json_array_append_new(row, json_address(r->end));
		if (attributes) {
			json_array_append_new(row, node < 0 ? json_null() : json_integer(node));
			json_array_append_new(row, json_integer(r->flags));
		}
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *json_machine(const struct sight *s)
{
	const struct mb_machine *m = &s->trace->machine;

	return json_pack("{s:i, s:I, s:b, s:i, s:i, s:i, s:s}", "addr_bits",
			 m->addr_bits ? (int)m->addr_bits : 64, "page_size",
			 (json_int_t)(m->page_size ? m->page_size : 4096), "numa", !m->no_numa,
			 "max_numnodes", (int)mb_max_numnodes(s->mb), "memory_slots",
			 m->memory_slots ? (int)m->memory_slots : 128, "reserved_slots",
			 m->reserved_slots ? (int)m->reserved_slots : 128, "profile",
			 m->profile ? m->profile->name : "6.12");
}

static json_t *json_operations(const struct sight *s)
{
	json_t *kinds = json_object();

	for (unsigned k = 0; k < MB_OP_KINDS; k++)
		if (s->kind_count[k])
			json_object_set_new(kinds, mb_op_name(k),
					    json_pack("{s:I, s:I, s:I}", "count",
						      (json_int_t)s->kind_count[k], "reconstructed",
						      (json_int_t)s->kind_reconstructed[k], "bytes",
						      (json_int_t)s->kind_bytes[k]));
	return json_pack("{s:I, s:I, s:I, s:o}", "total", (json_int_t)s->trace->count, "executed",
			 (json_int_t)s->done, "reconstructed", (json_int_t)s->trace->reconstructed,
			 "kinds", kinds);
}

static json_t *json_growth(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->trace->count; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		if (op->kind != MB_OP_GREW)
			continue;
		json_array_append_new(
			array, json_pack("{s:I, s:I, s:s, s:I, s:o, s:o}", "operation",
					 (json_int_t)i, "line", (json_int_t)op->line, "collection",
					 mb_which_name(op->which), "slots", (json_int_t)op->value,
					 "base", json_address(op->base), "end",
					 json_address(op->base + op->size)));
	}
	return array;
}

static json_t *json_timeline(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->samples; i++) {
		const struct sample *sample = &s->timeline[i];

		json_array_append_new(
			array, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "operation",
					 (json_int_t)sample->done, "memory_bytes",
					 (json_int_t)sample->memory_bytes, "reserved_bytes",
					 (json_int_t)sample->reserved_bytes, "free_bytes",
					 (json_int_t)sample->free_bytes, "memory_regions",
					 (json_int_t)sample->memory_regions, "reserved_regions",
					 (json_int_t)sample->reserved_regions));
	}
	return array;
}

static json_t *json_frames(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->frame_count; i++) {
		const struct map *map = &s->frames[i].map;

		json_array_append_new(array,
				      json_pack("{s:I, s:o, s:o, s:o}", "operation",
						(json_int_t)s->frames[i].done, "memory",
						json_ranges(s, &map->memory, false), "reserved",
						json_ranges(s, &map->reserved, false), "free",
						json_ranges(s, &map->free, false)));
	}
	return array;
}

static int print_json(const struct sight *s)
{
	const struct mb_trace *trace = s->trace;
	json_t *end = json_pack("{s:o, s:o, s:o}", "memory", json_ranges(s, &s->end.memory, true),
				"reserved", json_ranges(s, &s->end.reserved, true), "free",
				json_ranges(s, &s->end.free, true));
	json_t *peaks = json_pack("{s:I, s:I, s:I, s:I}", "memory_regions",
				  (json_int_t)s->memory_peak, "reserved_regions",
				  (json_int_t)s->reserved_peak, "reserved_bytes",
				  (json_int_t)s->reserved_bytes_peak, "metadata_bytes",
				  (json_int_t)s->metadata_bytes_peak);
	json_t *root = json_pack("{s:o, s:s, s:s?, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file",
				 mb_json_text(s->path), "format", trace->format, "kernel",
				 trace->kernel, "digest", trace->digest, "machine", json_machine(s),
				 "operations", json_operations(s), "peaks", peaks, "growth",
				 json_growth(s), "end", end, "timeline", json_timeline(s), "frames",
				 json_frames(s));

	if (root && s->panic[0])
		json_object_set_new(root, "panic", json_string(s->panic));
	return mb_print_json(root, JSON_COMPACT);
}

/* ---- the command ------------------------------------------------------------------------------- */

static const char help[] =
	"usage: memblock-bench show FILE [OPTION...]\n\n"
	"The memory map of a boot at its end, its operations by kind, the peaks of both lists and\n"
	"the growth of the kernel's arrays.\n\n" MB_INPUT_HELP "\n"
	"  --format=text           a page to read (default)\n"
	"  --format=json           one object, with a timeline and snapshots of all ranges\n" MB_PROFILE_HELP;

static int show(const char *path, const struct mb_profile *profile, bool json)
{
	struct sight *s = calloc(1, sizeof(*s));
	struct mb_text_error error = { "" };
	int status;

	if (!s)
		return mb_fail(MB_EXIT_USAGE, "show: %s", strerror(ENOMEM));
	s->path = path;
	status = mb_input_load(path, profile, &s->trace);
	if (!status && observe(s, &error))
		status = mb_fail(MB_EXIT_USAGE, "%s", error.text);
	else if (!status && json)
		status = print_json(s);
	else if (!status)
		print_text(s);
	sight_release(s);
	return status;
}

int mb_cmd_show(int argc, char **argv)
{
	static const struct mb_option options[] = { { "help", 'h', false },
						    { "format", 'f', true },
						    { "profile", 'p', true },
						    { NULL, 0, false } };
	struct mb_args args = { argc, argv, options, 1, false };
	const struct mb_profile *profile = NULL;
	const char *value, *path = NULL;
	bool json = false;
	int id;

	while ((id = mb_next_arg(&args, &value)) != MB_ARG_END) {
		switch (id) {
		case 'h':
			fputs(help, stdout);
			return MB_EXIT_OK;
		case 'f':
			if (!mb_parse_format(value, &json))
				return MB_EXIT_USAGE;
			break;
		case 'p':
			if (!mb_parse_profile(value, &profile))
				return MB_EXIT_USAGE;
			break;
		case MB_ARG_FILE:
			if (path)
				return mb_fail(MB_EXIT_USAGE, "show: one file at a time: '%s'",
					       value);
			path = value;
			break;
		default:
			return MB_EXIT_USAGE;
		}
	}
	if (!path)
		return mb_fail(MB_EXIT_USAGE, "show: give FILE; see --help");
	return show(path, profile, json);
}
