/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_text.c - a trace as text: one operation per line, dumps as blocks. docs/traces.md has the format.
 *
 * It is produced as a stream into a sink. No more than one buffer of text exists at any time.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "trace/trace_impl.h"

struct text {
	char data[8192];
	size_t used;
	mb_trace_sink sink;
	void *ctx;
	int error;
};

static void text_flush(struct text *t)
{
	if (!t->error && t->used)
		t->error = t->sink(t->ctx, t->data, t->used);
	t->used = 0;
}

__attribute__((format(printf, 2, 3))) static void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (sizeof(t->data) - t->used < 256)
		text_flush(t);
	va_start(ap, fmt);
	n = vsnprintf(t->data + t->used, sizeof(t->data) - t->used, fmt, ap);
	va_end(ap);
	t->used += (size_t)n;
}

/* A string of any length on one line: control characters, and blanks if @word, become '_'. */
static void text_put_string(struct text *t, const char *string, bool word)
{
	for (; *string; string++) {
		unsigned char c = (unsigned char)*string;

		if (t->used == sizeof(t->data))
			text_flush(t);
		t->data[t->used++] = (char)(c < 0x20 || c == 0x7f || (word && c == ' ') ? '_' : c);
	}
}

static void put_flags(struct text *t, uint32_t flags)
{
	const char *separator = " ";
	unsigned bit;

	if (!flags) {
		text_put(t, " none");
		return;
	}
	for (bit = 0; bit < 32; bit++) {
		if (!(flags & (1u << bit)))
			continue;
		if (bit < 8)
			text_put(t, "%s%s", separator, mb_flag_names[bit]);
		else
			text_put(t, "%s0x%x", separator, 1u << bit);
		separator = "|";
	}
}

static void put_bound(struct text *t, uint64_t bound, bool is_limit)
{
	if (bound == MB_ALLOC_ANYWHERE)
		text_put(t, " anywhere");
	else if (bound == MB_ALLOC_ACCESSIBLE && !is_limit)
		text_put(t, " accessible");
	else if (bound == MB_ALLOC_NOLEAKTRACE && !is_limit)
		text_put(t, " noleaktrace");
	else
		text_put(t, " 0x%" PRIx64, bound);
}

/* Any text between quotes: what is not printable ASCII, a quote, a backslash as \xNN. */
static void put_quoted(struct text *t, const char *string)
{
	text_put(t, " \"");
	for (; string && *string; string++) {
		unsigned char c = (unsigned char)*string;
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		text_put(t, plain ? "%c" : "\\x%02x", c);
	}
	text_put(t, "\"");
}

static void put_result(struct text *t, uint64_t result)
{
	if (result == MB_RESULT_UNKNOWN)
		text_put(t, " => unknown");
	else if (result)
		text_put(t, " => 0x%" PRIx64, result);
	else
		text_put(t, " => failed");
}

static void put_argument(struct text *t, const struct mb_argument *argument, const struct mb_op *op)
{
	const char *field = (const char *)op + argument->offset;

	switch (argument->form) {
	case MB_FORM_HEX:
	case MB_FORM_ALIGN:
		text_put(t, " 0x%" PRIx64, *(const uint64_t *)field);
		break;
	case MB_FORM_DECIMAL:
		text_put(t, " %" PRIu64, *(const uint64_t *)field);
		break;
	case MB_FORM_BOUND:
	case MB_FORM_LIMIT:
		put_bound(t, *(const uint64_t *)field, argument->form == MB_FORM_LIMIT);
		break;
	case MB_FORM_NODE:
		text_put(t, " %" PRId32, *(const int32_t *)field);
		break;
	case MB_FORM_FLAGS:
	case MB_FORM_FLAG_SET:
	case MB_FORM_FLAG_CLEARED:
		put_flags(t, *(const uint32_t *)field);
		break;
	case MB_FORM_COLLECTION:
		text_put(t, " %s", mb_which_name(*(const enum mb_which *)field));
		break;
	case MB_FORM_EVENT:
		text_put(t, " %s", mb_event_word(*(const uint64_t *)field));
		break;
	case MB_FORM_TEXT:
		put_quoted(t, *(const char *const *)field);
		break;
	case MB_FORM_SAID:
		break;
	case MB_FORM_OLD:
		if (op->old_size)
			text_put(t, " old=0x%" PRIx64 ":0x%" PRIx64, op->old_base, op->old_size);
		break;
	case MB_FORM_RESULT:
		put_result(t, *(const uint64_t *)field);
		break;
	}
}

static void put_operation(struct text *t, const struct mb_op *op)
{
	const char *letter = mb_operations[op->kind].arguments;

	text_put(t, "%s", mb_op_name(op->kind));
	for (; *letter; letter++)
		put_argument(t, mb_argument_of(*letter), op);
	if (op->result == MB_RESULT_FAILED && !mb_op_has_result(op->kind))
		text_put(t, " => failed");
}

static void put_dump(struct text *t, const struct mb_dump *dump)
{
	enum mb_which which;
	uint32_t i;

	text_put(t, " size");
	for (which = MB_MEMORY; which <= MB_RESERVED; which++) {
		if (dump->size[which] == MB_SIZE_UNKNOWN)
			text_put(t, " -");
		else
			text_put(t, " 0x%" PRIx64, dump->size[which]);
	}
	text_put(t, "\n");
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		for (i = 0; i < dump->cnt[which]; i++) {
			const struct mb_region *r = &dump->regions[which][i];

			text_put(t, " %s 0x%" PRIx64 " 0x%" PRIx64, mb_which_name(which), r->base,
				 r->size);
			if (r->nid < 0)
				text_put(t, " x");
			else
				text_put(t, " %" PRId32, r->nid);
			put_flags(t, r->flags);
			text_put(t, "\n");
		}
	}
	text_put(t, "end\n");
}

struct line {
	char *data;
	size_t used, size;
};

static int line_sink(void *ctx, const char *data, size_t size)
{
	struct line *line = ctx;

	for (size_t i = 0; i < size && line->used + 1 < line->size; i++)
		line->data[line->used++] = data[i];
	return 0;
}

void mb_op_text(const struct mb_op *op, char *text, size_t size)
{
	struct line line = { text, 0, size };
	struct text t = { .sink = line_sink, .ctx = &line };

	put_operation(&t, op);
	text_flush(&t);
	text[line.used] = '\0';
}

int mb_trace_write_ops(const struct mb_trace *trace, mb_trace_sink sink, void *ctx)
{
	struct text t = { .sink = sink, .ctx = ctx };
	size_t i;

	for (i = 0; i < trace->count && !t.error; i++) {
		const struct mb_op *op = &trace->ops[i];
		uint32_t owner = op->kind == MB_OP_DUMP ? 0 : op->owner;

		put_operation(&t, op);
		if (op->line || owner || op->caller || op->why)
			text_put(&t, " ;");
		if (op->line)
			text_put(&t, " @%" PRIu32, op->line);
		if (owner)
			text_put(&t, " node=%" PRIu32, owner - 1);
		if (op->caller) {
			text_put(&t, " caller=");
			text_put_string(&t, op->caller, true);
		}
		if (op->why) {
			text_put(&t, " why=");
			text_put_string(&t, op->why, false);
		}
		text_put(&t, "\n");
		if (op->kind == MB_OP_DUMP)
			put_dump(&t, &trace->dumps[op->dump]);
	}
	text_flush(&t);
	return t.error;
}

int mb_trace_write_header(const struct mb_trace *trace, const char *digest, mb_trace_sink sink,
			  void *ctx)
{
	struct text text = { .sink = sink, .ctx = ctx }, *t = &text;
	const struct mb_account *a = &trace->account;
	const struct mb_machine *m = &trace->machine;
	size_t i;

	text_put(t, MB_TRACE_MAGIC "\nsource: ");
	text_put_string(t, trace->source, false);
	if (trace->kernel) {
		text_put(t, "\nkernel: ");
		text_put_string(t, trace->kernel, false);
	}
	text_put(t, "\nprofile: %s\nmachine: addr_bits=%u page_size=%" PRIu64 " cache_line=%u",
		 m->profile ? m->profile->name : "6.12", m->addr_bits ? m->addr_bits : 64,
		 m->page_size ? m->page_size : 4096, m->cache_line ? m->cache_line : 64);
	if (m->no_numa)
		text_put(t, " no_numa=1");
	else
		text_put(t, " max_numnodes=%u", m->max_numnodes ? m->max_numnodes : 1024);
	text_put(t, " memory_slots=%u reserved_slots=%u", m->memory_slots ? m->memory_slots : 128,
		 m->reserved_slots ? m->reserved_slots : 128);
	if (m->physmem_slots)
		text_put(t, " physmem_slots=%u", m->physmem_slots);
	if (m->max_page_order)
		text_put(t, " max_page_order=%u", m->max_page_order);
	if (m->max_low_pfn)
		text_put(t, " max_low_pfn=0x%" PRIx64, m->max_low_pfn);
	text_put(t, "%s%s%s%s%s%s%s\n", m->movable_node ? " movable_node=1" : "",
		 m->kernelcore_mirror ? " kernelcore_mirror=1" : "", m->physmem ? " physmem=1" : "",
		 m->keep_memblock ? " keep_memblock=1" : "", m->highmem ? " highmem=1" : "",
		 m->no_kho_scratch ? " no_kho_scratch=1" : "",
		 m->no_deferred_init ? " no_deferred_init=1" : "");
	if (a->known)
		text_put(t,
			 "account: allocations=%" PRIu64 " as_captured=%" PRIu64 " unknown=%" PRIu64
			 " dumps=%" PRIu64 " matched=%" PRIu64 " unexplained=%" PRIu64
			 " first=%" PRIu32 " searched=%" PRIu64 " unrecognised=%" PRIu64 "\n",
			 a->allocs, a->allocs_as_captured, a->allocs_unknown, a->dumps,
			 a->dumps_matched, a->unexplained, a->first_unexplained, a->searched,
			 a->unrecognised);
	for (i = 0; i < trace->warning_count; i++) {
		text_put(t, "warning: @%" PRIu32 " ", trace->warnings[i].line);
		text_put_string(t, trace->warnings[i].text, false);
		text_put(t, "\n");
	}
	text_put(t, "digest: %s\n\n", digest);
	text_flush(t);
	return t->error;
}
