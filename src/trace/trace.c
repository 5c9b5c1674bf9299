/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.c - a trace in memory: how it is built, owned and released.
 *
 * Everything hangs off one object. Operations, dumps and warnings are arrays that grow by doubling;
 * strings and the regions of dumps live in an arena, a chain of blocks that is released as a whole,
 * because a boot has tens of thousands of short strings and none of them is ever freed alone.
 *
 *     struct box { struct mb_trace, room of each array, failed }
 *          |-- ops[]       arena: |block|->|block|->...   callers, evidence, regions
 *          |-- dumps[]
 *          `-- warnings[]
 *
 * Want of memory is remembered (mb_trace_failed()), so that whoever builds a trace checks once, at
 * its end, and not after each of a thousand calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/sha256.h"
#include "trace/trace_impl.h"

#define BLOCK_SIZE (64 * 1024)

struct block {
	struct block *next;
	size_t used, size;
	char data[];
};

#define WARNINGS_OF_KIND 20     /* kept; the others are counted */
#define WARNINGS_OF_HEADER 1000 /* those that a trace file has already */
#define WARNING_KINDS 64

/* What one place in the code has warned of. */
struct warning_kind {
	const char *format;
	size_t count;
	uint32_t line; /* of the first one that was not kept */
	char text[160];
};

struct box {
	struct mb_trace trace; /* first: a trace is its box */
	size_t ops_room, dumps_room, warnings_room;
	struct warning_kind kinds[WARNING_KINDS], marked_kinds[WARNING_KINDS];
	size_t marked_warnings;
	bool failed;
};

static struct box *box_of(const struct mb_trace *trace)
{
	return (struct box *)trace;
}

bool mb_trace_failed(const struct mb_trace *trace)
{
	return box_of(trace)->failed;
}

/* Room for one more element of @size bytes in *@array. */
static bool make_room(struct box *box, void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *larger;

	if (count < *room)
		return true;
	larger = realloc(*array, more * size);
	if (!larger) {
		box->failed = true;
		return false;
	}
	*array = larger;
	*room = more;
	return true;
}

static void *arena_alloc(struct mb_trace *trace, size_t size)
{
	struct block *block = trace->arena;
	void *result;

	size = (size + 7) & ~(size_t)7;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block) {
			box_of(trace)->failed = true;
			return NULL;
		}
		block->next = trace->arena;
		block->used = 0;
		block->size = room;
		trace->arena = block;
	}
	result = block->data + block->used;
	block->used += size;
	return result;
}

const char *mb_trace_strndup(struct mb_trace *trace, const char *text, size_t size)
{
	char *copy = arena_alloc(trace, size + 1);
	size_t i;

	if (!copy)
		return NULL;
	for (i = 0; i < size; i++)
		copy[i] = mb_printable(text[i]);
	copy[size] = '\0';
	return copy;
}

const char *mb_trace_strdup(struct mb_trace *trace, const char *text)
{
	return text ? mb_trace_strndup(trace, text, strlen(text)) : NULL;
}

struct mb_trace *mb_trace_new(const char *source, const char *format)
{
	struct box *box = calloc(1, sizeof(*box));
	struct mb_trace *trace;

	if (!box)
		return NULL;
	trace = &box->trace;
	trace->source = (char *)mb_trace_strdup(trace, source);
	trace->format = (char *)mb_trace_strdup(trace, format);
	trace->machine.profile = mb_profile_find("6.12");
	if (box->failed) {
		mb_trace_free(trace);
		return NULL;
	}
	return trace;
}

void mb_trace_free(struct mb_trace *trace)
{
	struct block *block, *next;
	size_t i;

	if (!trace)
		return;
	for (i = 0; i < trace->warning_count; i++)
		free(trace->warnings[i].text);
	free(trace->warnings);
	free(trace->dumps);
	free(trace->ops);
	for (block = trace->arena; block; block = next) {
		next = block->next;
		free(block);
	}
	free(box_of(trace));
}

/* The copy of @text, shared with @previous where they say the same, as neighbours often do. */
static const char *share(struct mb_trace *trace, const char *text, const char *previous)
{
	if (text && previous && !strcmp(text, previous))
		return previous;
	return mb_trace_strdup(trace, text);
}

static bool takes_text(enum mb_op_kind kind)
{
	return strpbrk(mb_operations[kind].arguments, "ty");
}

/* The copy of an argument between quotes, byte by byte. */
static const char *copy_text(struct mb_trace *trace, const char *text)
{
	size_t length = text ? strnlen(text, MB_TRACE_TEXT_MAX) : 0;
	char *copy = text ? arena_alloc(trace, length + 1) : NULL;

	if (copy) {
		memcpy(copy, text, length);
		copy[length] = '\0';
	}
	return copy;
}

struct mb_op *mb_trace_add(struct mb_trace *trace, const struct mb_op *op)
{
	struct box *box = box_of(trace);
	const struct mb_op *last;
	struct mb_op *copy;

	if (trace->count >= MB_TRACE_OPS_MAX) {
		box->failed = true;
		return NULL;
	}
	if (!make_room(box, (void **)&trace->ops, trace->count, &box->ops_room, sizeof(*op)))
		return NULL;
	last = trace->count ? &trace->ops[trace->count - 1] : NULL;
	copy = &trace->ops[trace->count];
	*copy = *op;
	if (takes_text(op->kind))
		copy->text = copy_text(trace, op->text);
	copy->caller = share(trace, op->caller, last ? last->caller : NULL);
	copy->why = share(trace, op->why, last ? last->why : NULL);
	trace->reconstructed += op->why != NULL;
	trace->count++;
	return copy;
}

void mb_trace_add_dump(struct mb_trace *trace, const struct mb_dump *dump, uint32_t line)
{
	struct mb_op op = { .kind = MB_OP_DUMP, .line = line };
	struct box *box = box_of(trace);
	struct mb_dump *copy;
	enum mb_which which;

	if (!make_room(box, (void **)&trace->dumps, trace->dump_count, &box->dumps_room,
		       sizeof(*dump)))
		return;
	copy = &trace->dumps[trace->dump_count];
	*copy = *dump;
	copy->line = line;
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		size_t size = dump->cnt[which] * sizeof(struct mb_region);

		copy->regions[which] = arena_alloc(trace, size);
		if (!copy->regions[which])
			return;
		if (size)
			memcpy(copy->regions[which], dump->regions[which], size);
	}
	op.dump = (uint32_t)trace->dump_count;
	if (mb_trace_add(trace, &op))
		trace->dump_count++;
}

/* The kind of warnings that have the format @fmt; a last one for all that find no place. */
static struct warning_kind *kind_of(struct box *box, const char *fmt)
{
	struct warning_kind *kind = box->kinds;

	while (kind < &box->kinds[WARNING_KINDS - 1] && kind->format && strcmp(kind->format, fmt))
		kind++;
	kind->format = fmt;
	return kind;
}

static void keep_warning(struct mb_trace *trace, uint32_t line, const char *text)
{
	struct box *box = box_of(trace);
	struct mb_trace_warning *warning;

	if (!make_room(box, (void **)&trace->warnings, trace->warning_count, &box->warnings_room,
		       sizeof(*warning)))
		return;
	warning = &trace->warnings[trace->warning_count];
	warning->line = line;
	warning->text = strdup(text);
	if (!warning->text) {
		box->failed = true;
		return;
	}
	trace->warning_count++;
}

void mb_trace_warn(struct mb_trace *trace, uint32_t line, const char *fmt, ...)
{
	struct warning_kind *kind = kind_of(box_of(trace), fmt);
	size_t most = strcmp(fmt, MB_TRACE_HEADER_WARNING) ? WARNINGS_OF_KIND : WARNINGS_OF_HEADER;
	char text[256], *c;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (c = text; *c; c++)
		*c = mb_printable(*c);
	if (kind->count++ < most) {
		keep_warning(trace, line, text);
	} else if (kind->count == most + 1) {
		kind->line = line;
		snprintf(kind->text, sizeof(kind->text), "%.159s", text);
	}
}

void mb_trace_fold_warnings(struct mb_trace *trace)
{
	struct box *box = box_of(trace);

	for (size_t i = 0; i < WARNING_KINDS; i++) {
		struct warning_kind *kind = &box->kinds[i];
		char text[256];

		if (kind->text[0]) {
			size_t kept = strcmp(kind->format, MB_TRACE_HEADER_WARNING) ?
					      WARNINGS_OF_KIND :
					      WARNINGS_OF_HEADER;

			snprintf(text, sizeof(text), "... and %zu more of this kind; the first: %s",
				 kind->count - kept, kind->text);
			keep_warning(trace, kind->line, text);
		}
		*kind = (struct warning_kind){ 0 };
	}
}

void mb_trace_mark_warnings(struct mb_trace *trace)
{
	struct box *box = box_of(trace);

	memcpy(box->marked_kinds, box->kinds, sizeof(box->kinds));
	box->marked_warnings = trace->warning_count;
}

void mb_trace_unwarn(struct mb_trace *trace)
{
	struct box *box = box_of(trace);

	while (trace->warning_count > box->marked_warnings)
		free(trace->warnings[--trace->warning_count].text);
	memcpy(box->kinds, box->marked_kinds, sizeof(box->kinds));
}

static int hash_bytes(void *ctx, const char *data, size_t size)
{
	mb_sha256_add(ctx, data, size);
	return 0;
}

void mb_trace_seal(struct mb_trace *trace)
{
	struct mb_sha256 sha;

	mb_trace_fold_warnings(trace);
	mb_sha256_start(&sha);
	mb_trace_write_ops(trace, hash_bytes, &sha);
	mb_sha256_hex(&sha, trace->digest);
}
