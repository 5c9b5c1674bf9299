/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_observe.c - the trace is executed once, and its state looked at on the way.
 *
 *     operation   0 ....:....:....:....:....:....:.... n
 *     timeline    x    x    x    x    x    x    x    x     totals and counts, SHOW_TIMELINE_MAX at most
 *     frames      x         x         x         x    x     all ranges, SHOW_FRAMES_MAX at most
 *     events        x x      x     x                x      what a reader looks for: first add, growth ...
 *     end                                            x     all ranges with node and flags
 *
 * The hand-over of pages, which hardly a log reaches, is executed after all that if the trace has none:
 * show_hand_over(), which changes the instance and therefore comes after the advice.
 * Two more replays, compared with the capture and growing by themselves, say how far it can be trusted.
 */
#include "show/show_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- copies of the state ----------------------------------------------------------------------- */

static void fill_sample(const struct sight *s, struct sample *sample)
{
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
	return show_map_copy(&frame->map, s->mb);
}

/* ---- on the way -------------------------------------------------------------------------------- */

static void note_peak(struct peak *peak, uint32_t regions, size_t done)
{
	if (regions > peak->regions)
		*peak = (struct peak){ regions, done };
}

static void note_peaks(struct sight *s)
{
	unsigned phase = s->resize_at && s->done >= s->resize_at ? AFTER_RESIZE : BEFORE_RESIZE;
	uint64_t bytes = mb_reserved_size(s->mb);
	uint64_t metadata = mb_metadata_bytes(s->mb);

	note_peak(&s->peak[MB_MEMORY][phase], mb_cnt(s->mb, MB_MEMORY), s->done);
	note_peak(&s->peak[MB_RESERVED][phase], mb_cnt(s->mb, MB_RESERVED), s->done);
	if (bytes > s->reserved_bytes_peak)
		s->reserved_bytes_peak = bytes;
	if (metadata > s->metadata_bytes_peak)
		s->metadata_bytes_peak = metadata;
}

/* The largest free range that a request may use: within its bounds and on its node. */
static uint64_t room_for(struct sight *s, const struct mb_request *q)
{
	uint64_t limit = q->hi == MB_ALLOC_ACCESSIBLE || q->hi == MB_ALLOC_NOLEAKTRACE ?
				 mb_get_current_limit(s->mb) :
				 q->hi;
	uint64_t room = 0;
	struct mb_iter it;
	struct mb_range r;

	mb_iter_free(&it, s->mb, q->exact ? q->nid : MB_NUMA_NO_NODE, MB_NONE, false);
	while (mb_next(&it, &r)) {
		uint64_t base = r.base > q->lo ? r.base : q->lo;
		uint64_t end = r.end < limit ? r.end : limit;

		if (end > base && end - base > room)
			room = end - base;
	}
	return room;
}

static bool is_alloc(enum mb_op_kind kind)
{
	return mb_op_nature(kind) == MB_ALLOCATES;
}

static void note_alloc(struct sight *s, const struct mb_op *op, uint64_t got)
{
	struct mb_request request = { 0 };

	mb_op_request(op, &request);
	if (request.zeroed && got) {
		s->bytes_zeroed += op->size;
		s->allocs_zeroed++;
	} else if (got) {
		s->bytes_raw += op->size;
		s->allocs_raw++;
	}
	s->unknown += op->result == MB_RESULT_UNKNOWN;
	if (op->result)
		return;
	if (!s->failed++) {
		s->failed_first = s->done;
		s->failed_room = room_for(s, &request);
	}
}

/* Each of its kind is a moment. */
static bool is_rare(enum mb_op_kind kind)
{
	switch (mb_op_nature(kind)) {
	case MB_SETS:
		return kind != MB_OP_DEBUG;
	case MB_TRUNCATES:
	case MB_HANDS_OVER:
	case MB_NOTES:
		return true;
	default:
		return false;
	}
}

/* What makes this operation a moment to show: the first of its kind, or one that is rare. */
static bool is_event(const struct sight *s, size_t i, char what[64])
{
	const struct mb_op *op = &s->trace->ops[i];
	enum mb_op_kind kind = op->kind;
	char bytes[32];

	if (!is_rare(kind)) {
		const char *every[MB_OP_KINDS] = { [MB_OP_ADD] = "memory is added",
						   [MB_OP_ADD_NODE] = "memory is added",
						   [MB_OP_SET_NODE] = "nodes are set",
						   [MB_OP_TRIM] = "trimmed to pages" };

		if (!every[kind] && !is_alloc(kind))
			return false;
		for (size_t k = i; k-- > 0;)
			if (s->trace->ops[k].kind == kind ||
			    (is_alloc(kind) && is_alloc(s->trace->ops[k].kind)))
				return false;
		snprintf(what, 64, "%s", every[kind] ? every[kind] : "first allocation");
		return true;
	}
	switch (kind) {
	case MB_OP_SET_LIMIT:
		if (op->hi == MB_ALLOC_ANYWHERE)
			snprintf(what, 64, "no limit");
		else
			snprintf(what, 64, "limit %s", show_bytes_text(op->hi, bytes));
		break;
	case MB_OP_GREW:
		snprintf(what, 64, "%s has %" PRIu64 " slots", mb_which_name(op->which), op->value);
		break;
	case MB_OP_SET_BOTTOM_UP:
		snprintf(what, 64, op->value ? "bottom-up" : "top-down");
		break;
	case MB_OP_ALLOW_RESIZE:
		snprintf(what, 64, "arrays may grow");
		break;
	case MB_OP_FREE_ALL:
		snprintf(what, 64, "pages are handed over");
		break;
	case MB_OP_EVENT:
		snprintf(what, 64, "%s%s%.50s", mb_event_word(op->value),
			 op->text && *op->text ? ": " : "", op->text ? op->text : "");
		for (char *c = what; *c; c++) /* it may be anything */
			*c = *c < 0x20 || *c == 0x7f ? '?' : *c;
		break;
	default:
		snprintf(what, 64, "%s", mb_op_name(kind));
	}
	return true;
}

/* s->done operations are executed: was the last one an event? */
static void note_event(struct sight *s)
{
	struct event event = { .line = s->trace->ops[s->done - 1].line };

	if (!is_event(s, s->done - 1, event.what))
		return;
	if (s->event_count == SHOW_EVENTS_MAX) {
		s->events_left_out++;
		return;
	}
	fill_sample(s, &event.state);
	s->events[s->event_count++] = event;
}

static void count_kinds(struct sight *s)
{
	for (size_t i = 0; i < s->trace->count; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		s->kind_count[op->kind]++;
		s->kind_bytes[op->kind] += op->size;
		if (op->why)
			s->kind_reconstructed[op->kind]++;
		if (op->kind == MB_OP_ALLOW_RESIZE && !s->resize_at)
			s->resize_at = i + 1;
	}
}

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct sight *s = ctx;

	vsnprintf(s->panic, sizeof(s->panic), fmt, ap);
	longjmp(s->panicked, 1);
}

/* A block that the page allocator is given. */
static void on_block(void *ctx, uint64_t pfn, unsigned order)
{
	(void)pfn, (void)order;
	((struct sight *)ctx)->pages_blocks++;
}

/* Is position @at of @count one of about @wanted evenly spaced ones? Exactly @wanted of them are. */
static bool due(size_t at, size_t count, size_t wanted)
{
	if (count <= wanted)
		return true;
	return (uint64_t)at * wanted / count != (uint64_t)(at + 1) * wanted / count;
}

static void run_one(struct sight *s, const struct mb_op *op)
{
	int64_t before = mb_cnt(s->mb, MB_RESERVED);
	uint64_t got = 0;

	if (op->kind == MB_OP_GREW)
		mb_op_run_growth(s->mb, op);
	else
		got = mb_op_run(s->mb, op);
	s->delta[s->done] = (int32_t)((int64_t)mb_cnt(s->mb, MB_RESERVED) - before);
	s->done++;
	note_peaks(s);
	if (is_alloc(op->kind))
		note_alloc(s, op, got);
	if (op->kind == MB_OP_FREE_ALL) {
		s->pages_handed_over += got;
		s->handover_in_trace = true;
	}
	note_event(s);
}

/* Execute the trace up to its end or to a panic, which is a finding and not an error. */
static int execute(struct sight *s)
{
	size_t count = s->trace->count;
	int rc;

	if (setjmp(s->panicked))
		return 0;
	fill_sample(s, &s->timeline[s->samples++]);
	rc = take_frame(s);
	while (!rc && s->done < count) {
		run_one(s, &s->trace->ops[s->done]);
		if (due(s->done - 1, count, SHOW_TIMELINE_MAX))
			fill_sample(s, &s->timeline[s->samples++]);
		if (due(s->done - 1, count, SHOW_FRAMES_MAX))
			rc = take_frame(s);
	}
	return rc;
}

/* ---- at the end -------------------------------------------------------------------------------- */

static void look_at_end(struct sight *s)
{
	const struct ranges *list = &s->end.free;

	s->blocks[0] = show_blocks(&s->end, 2ULL << 20);
	s->blocks[1] = show_blocks(&s->end, 1ULL << 30);
	for (size_t i = 0; i < list->n; i++) {
		uint64_t bytes = list->r[i].end - list->r[i].base;

		s->free_bytes += bytes;
		if (bytes > s->free_largest)
			s->free_largest = bytes;
		if (bytes < show_page_size(s)) {
			s->crumbs++;
			s->crumb_bytes += bytes;
		}
	}
}

static int compare(struct sight *s)
{
	struct trial as_it_is = { .grown = &s->grown };
	struct mb_variant_spec spec;
	struct outcome outcome;
	char why[128];
	int rc = mb_variant_parse("array", &spec, why, sizeof(why));

	if (!rc)
		rc = mb_replay_check(s->trace, &spec, MB_METADATA_SELF, &s->replay);
	if (!rc)
		rc = show_try(s, &as_it_is, &outcome);
	if (!rc)
		s->grown_count = outcome.grown_count;
	return rc;
}

int show_observe(struct sight *s, struct mb_text_error *error)
{
	struct mb_hooks hooks = { .ctx = s, .panic = on_panic };
	const struct mb_page_sink sink = { .ctx = s, .free_block = on_block };
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
	mb_set_page_sink(s->mb, &sink);
	s->delta = calloc(s->trace->count + 1, sizeof(*s->delta));
	count_kinds(s);
	rc = s->delta ? execute(s) : -ENOMEM;
	if (!rc)
		rc = show_map_copy(&s->end, s->mb);
	if (!rc)
		rc = show_callers(s);
	if (!rc)
		rc = compare(s);
	if (!rc)
		look_at_end(s);
	else
		snprintf(error->text, sizeof(error->text), "%s: %s", s->path, strerror(-rc));
	return rc;
}

void show_hand_over(struct sight *s)
{
	if (s->handover_in_trace || *s->panic)
		return;
	if (setjmp(s->panicked)) {
		s->panic[0] = '\0'; /* not the boot's */
		s->pages_handed_over = 0;
		s->pages_blocks = 0;
		return;
	}
	s->pages_handed_over = mb_free_all(s->mb);
}
