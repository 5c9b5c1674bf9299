/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_json.c - what was seen of a boot, as one JSON object. docs/charts.md describes its members.
 *
 * Addresses are strings ("0x1000"): they have 64 bits, and readers of numbers often 53.
 */
#include "show/show_impl.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/json.h"

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
		int node = show_node(s, r->nid);
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

/* Most regions while the arrays could not grow, or once they could. */
static json_t *json_phase(const struct sight *s, unsigned phase)
{
	const struct peak *memory = &s->peak[MB_MEMORY][phase];
	const struct peak *reserved = &s->peak[MB_RESERVED][phase];

	return json_pack("{s:I, s:I, s:I, s:I}", "memory_regions", (json_int_t)memory->regions,
			 "memory_operation", (json_int_t)memory->operation, "reserved_regions",
			 (json_int_t)reserved->regions, "reserved_operation",
			 (json_int_t)reserved->operation);
}

/* The growth of a replay on `array` with metadata=self. */
static json_t *json_replayed_growth(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->grown_count; i++) {
		const struct growth *g = &s->grown[i];

		json_array_append_new(
			array, json_pack("{s:I, s:s, s:I, s:o, s:o, s:o}", "operation",
					 (json_int_t)g->operation, "collection",
					 mb_which_name(g->g.which), "slots",
					 (json_int_t)g->g.entries, "base", json_address(g->g.base),
					 "end", json_address(g->g.base + g->g.size), "node",
					 g->node < 0 ? json_null() : json_integer(g->node)));
	}
	return array;
}

static json_t *json_callers(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->caller_count; i++) {
		const struct caller *c = &s->callers[i];

		json_array_append_new(array, json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", c->name,
						       "calls", (json_int_t)c->calls, "bytes",
						       (json_int_t)c->bytes, "zeroed",
						       (json_int_t)c->zeroed, "reserved_regions",
						       (json_int_t)c->regions));
	}
	return array;
}

static json_t *json_events(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->event_count; i++) {
		const struct event *e = &s->events[i];

		json_array_append_new(
			array,
			json_pack("{s:I, s:I, s:s, s:I, s:I, s:I}", "operation",
				  (json_int_t)e->state.done, "line", (json_int_t)e->line, "what",
				  e->what, "memory_bytes", (json_int_t)e->state.memory_bytes,
				  "reserved_bytes", (json_int_t)e->state.reserved_bytes,
				  "reserved_regions", (json_int_t)e->state.reserved_regions));
	}
	return array;
}

static json_t *json_blocks(const struct blocks *b)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "free", (json_int_t)b->free, "all",
			 (json_int_t)b->all, "nearly_free", (json_int_t)b->nearly,
			 "nearly_free_taken", (json_int_t)b->nearly_bytes);
}

static json_t *json_fragmentation(const struct sight *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "free_bytes",
			 (json_int_t)s->free_bytes, "free_ranges", (json_int_t)s->end.free.n,
			 "largest_bytes", (json_int_t)s->free_largest, "below_page",
			 (json_int_t)s->crumbs, "below_page_bytes", (json_int_t)s->crumb_bytes,
			 "blocks_2M", json_blocks(&s->blocks[0]), "blocks_1G",
			 json_blocks(&s->blocks[1]));
}

static json_t *json_advice(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->advice_count; i++) {
		const struct advice *a = &s->advice[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:b}", "kind", a->kind,
						       "text", a->text, "tried", a->check, "holds",
						       (int)a->holds));
	}
	return array;
}

static json_t *json_warnings(const struct sight *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->trace->warning_count; i++)
		json_array_append_new(array, json_pack("{s:I, s:s}", "line",
						       (json_int_t)s->trace->warnings[i].line,
						       "text", s->trace->warnings[i].text));
	return array;
}

/* What is said besides the maps. */
static void add_findings(const struct sight *s, json_t *root)
{
	const struct mb_replay_result *r = &s->replay;

	json_object_set_new(root, "replay",
			    json_pack("{s:I, s:I, s:I, s:I}", "allocs", (json_int_t)r->allocs,
				      "allocs_as_captured", (json_int_t)r->allocs_as_captured,
				      "dumps", (json_int_t)r->dumps, "dumps_matched",
				      (json_int_t)r->dumps_matched));
	json_object_set_new(root, "growth_replayed", json_replayed_growth(s));
	json_object_set_new(root, "callers", json_callers(s));
	json_object_set_new(root, "events", json_events(s));
	json_object_set_new(root, "fragmentation", json_fragmentation(s));
	json_object_set_new(root, "zeroed",
			    json_pack("{s:I, s:I, s:I, s:I}", "bytes", (json_int_t)s->bytes_zeroed,
				      "allocs", (json_int_t)s->allocs_zeroed, "raw_bytes",
				      (json_int_t)s->bytes_raw, "raw_allocs",
				      (json_int_t)s->allocs_raw));
	json_object_set_new(root, "handover",
			    json_pack("{s:I, s:I, s:b}", "pages", (json_int_t)s->pages_handed_over,
				      "blocks", (json_int_t)s->pages_blocks, "in_trace",
				      (int)s->handover_in_trace));
	json_object_set_new(root, "advice", json_advice(s));
	json_object_set_new(root, "warnings", json_warnings(s));
}

int show_json(const struct sight *s)
{
	const struct mb_trace *trace = s->trace;
	json_t *end = json_pack("{s:o, s:o, s:o}", "memory", json_ranges(s, &s->end.memory, true),
				"reserved", json_ranges(s, &s->end.reserved, true), "free",
				json_ranges(s, &s->end.free, true));
	json_t *peaks = json_pack("{s:I, s:I, s:I, s:I}", "memory_regions",
				  (json_int_t)show_peak(s, MB_MEMORY), "reserved_regions",
				  (json_int_t)show_peak(s, MB_RESERVED), "reserved_bytes",
				  (json_int_t)s->reserved_bytes_peak, "metadata_bytes",
				  (json_int_t)s->metadata_bytes_peak);
	json_t *root;

	json_object_set_new(peaks, "resize_operation", json_integer((json_int_t)s->resize_at));
	json_object_set_new(peaks, "before_resize", json_phase(s, BEFORE_RESIZE));
	json_object_set_new(peaks, "after_resize", json_phase(s, AFTER_RESIZE));
	root = json_pack("{s:o, s:s, s:s?, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file",
			 mb_json_text(s->path), "format", trace->format, "kernel", trace->kernel,
			 "digest", trace->digest, "machine", json_machine(s), "operations",
			 json_operations(s), "peaks", peaks, "growth", json_growth(s), "end", end,
			 "timeline", json_timeline(s), "frames", json_frames(s));

	if (root)
		add_findings(s, root);
	if (root && s->panic[0])
		json_object_set_new(root, "panic", json_string(s->panic));
	return mb_print_json(root, JSON_COMPACT);
}
