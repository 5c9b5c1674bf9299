/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_records.c - what records say about each other: which reserve answers which request, and
 * whether a reserve is the allocator's.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reconstruct/reconstruct_impl.h"

bool mb_record_is_address(const char *word, size_t n)
{
	size_t i;

	if (n > 2 && word[0] == '0' && word[1] == 'x') {
		word += 2;
		n -= 2;
	}
	for (i = 0; i < n; i++)
		if (!isxdigit((unsigned char)word[i]))
			return false;
	return n >= 8;
}

bool rebuild_called_by(const struct record *r, const char *function)
{
	return r->caller && !strncmp(r->caller, function, strlen(function));
}

size_t rebuild_next_memblock_record(const struct boot_log *log, size_t at)
{
	while (at < log->count && (log->records[at].consumed || log->records[at].kind > REC_DUMP))
		at++;
	return at;
}

static bool names_allocator(const struct record *r)
{
	static const char *const names[] = { "memblock_alloc", "memblock_virt_alloc",
					     "__memblock_alloc", "__alloc_memory_core_early" };
	unsigned i;

	for (i = 0; r->caller && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(r->caller, names[i], strlen(names[i])))
			return true;
	return false;
}

bool rebuild_by_allocator(const struct record *r)
{
	return r->kind == REC_RESERVE && names_allocator(r);
}

/* ---- callers that are addresses ---------------------------------------------------------------- */

/* A reserve whose caller is an address: does it follow a request for as many bytes? */
struct bare_reserve {
	struct record *record;
	bool answers;
};

static int by_caller(const void *a, const void *b)
{
	const struct bare_reserve *x = a, *y = b;

	return strcmp(x->record->caller, y->record->caller);
}

static size_t collect_bare(struct boot_log *log, struct bare_reserve *bare)
{
	const struct record *before = NULL;
	size_t n = 0, i;

	for (i = 0; i < log->count; i++) {
		struct record *r = &log->records[i];

		if (r->kind > REC_DUMP)
			continue;
		if (r->kind == REC_RESERVE && names_allocator(r))
			return 0; /* then it has its name everywhere */
		if (r->kind == REC_RESERVE && r->caller && rebuild_is_bare(r->caller)) {
			if (bare)
				bare[n] = (struct bare_reserve){
					r, before && before->kind == REC_REQUEST &&
						   before->size == r->size
				};
			n++;
		}
		before = r;
	}
	return n;
}

/*
 * An allocation is a request and a reserve of as many bytes, which the allocator makes: always the same
 * few callers. Anybody else's reserve follows a failed request for as many bytes by chance only. So a
 * caller most of whose reserves answer the line before is the allocator.
 */
int rebuild_find_allocator(struct boot_log *log)
{
	size_t n = collect_bare(log, NULL), i, end, answers;
	struct bare_reserve *bare;

	if (!n)
		return 0;
	bare = calloc(n, sizeof(*bare));
	if (!bare)
		return -ENOMEM;
	collect_bare(log, bare);
	qsort(bare, n, sizeof(*bare), by_caller);
	for (i = 0; i < n; i = end) {
		answers = 0;
		for (end = i; end < n && !by_caller(&bare[i], &bare[end]); end++)
			answers += bare[end].answers;
		for (; 2 * answers > end - i && i < end; i++)
			bare[i].record->by_bare_allocator = true;
	}
	free(bare);
	return 0;
}

/* ---- requests and their answers ---------------------------------------------------------------- */

struct mb_op rebuild_op_of_request(const struct record *r)
{
	return (struct mb_op){
		.kind = r->op,
		.size = r->size,
		.align = r->align,
		.lo = r->lo,
		.hi = r->hi,
		.nid = r->op == MB_OP_PHYS_ALLOC_RANGE ? 0 : r->nid,
		.value = r->value,
		.line = r->line,
		.caller = r->caller,
	};
}

/* A record that stands for a reserve which satisfied a request of @size bytes. */
static bool answers(const struct record *r, uint64_t size)
{
	return r->kind == REC_RESERVE && r->size == size &&
	       (!r->caller || rebuild_by_allocator(r) || r->by_bare_allocator);
}

size_t rebuild_answer_of(const struct boot_log *log, size_t at)
{
	const struct record *request = &log->records[at];
	size_t next;

	for (next = rebuild_next_memblock_record(log, at + 1); next < log->count;
	     next = rebuild_next_memblock_record(log, next + 1)) {
		const struct record *r = &log->records[next];

		if (answers(r, request->size))
			return next;
		if (r->kind == REC_REQUEST || r->kind == REC_DUMP || rebuild_by_allocator(r))
			break;
	}
	return log->count;
}
