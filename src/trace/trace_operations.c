/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_operations.c - the rows of operations.def as tables, and what can be read off them.
 */
#include <assert.h>
#include <memblock/trace.h>
#include <string.h>

const char *const mb_flag_names[8] = {
	"hotplug", "mirror", "nomap", "driver_managed", "noinit", "kern", "kho_scratch", "hugetlb",
};

const char *const mb_event_words[] = {
	"handed_over", "cut", "hang", "panic", "oops", "bug", "warning", "failed", NULL,
};

const struct mb_operation mb_operations[MB_OP_KINDS] = {
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, ...)                  \
	{ word, arguments, MB_##nature, MB_PATH_##path, #nature, #collection, #path, #kernels },
#include <memblock/operations.def>
};

static const struct mb_argument arguments[] = {
#define MB_ARGUMENT(letter, field, key, form, max, preset)                                         \
	{ letter, key, preset, MB_FORM_##form, max, offsetof(struct mb_op, field) },
#include <memblock/operations.def>
};

const char *mb_event_word(uint64_t event)
{
	enum { EVENTS = sizeof(mb_event_words) / sizeof(mb_event_words[0]) - 1 };

	return event < EVENTS ? mb_event_words[event] : "unknown";
}

enum mb_op_kind mb_op_find(const char *word, size_t length)
{
	unsigned kind = 0;

	while (kind < MB_OP_KINDS && (strlen(mb_operations[kind].word) != length ||
				      memcmp(mb_operations[kind].word, word, length)))
		kind++;
	return kind;
}

const struct mb_argument *mb_argument_of(char letter)
{
	const struct mb_argument *a = arguments;
	const struct mb_argument *last = a + sizeof(arguments) / sizeof(arguments[0]) - 1;

	while (a->letter != letter && a < last)
		a++;
	assert(a->letter == letter); /* the test `api` looks at all rows */
	return a;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool mb_op_same(const struct mb_op *a, const struct mb_op *b)
{
	bool same = a->kind == b->kind && a->which == b->which && a->nid == b->nid &&
		    a->flags == b->flags && a->base == b->base && a->size == b->size &&
		    a->align == b->align && a->lo == b->lo && a->hi == b->hi &&
		    a->value == b->value && a->result == b->result && a->dump == b->dump &&
		    a->line == b->line && same_text(a->caller, b->caller) &&
		    same_text(a->why, b->why);

	if (!same || !strpbrk(mb_operations[a->kind].arguments, "ty"))
		return same && a->old_base == b->old_base && a->old_size == b->old_size;
	return same_text(a->text, b->text);
}

struct mb_op mb_op_of_growth(const struct mb_growth *growth)
{
	return (struct mb_op){ .kind = MB_OP_GREW,
			       .which = growth->which,
			       .value = growth->entries,
			       .base = growth->base,
			       .size = growth->size,
			       .old_base = growth->old_base,
			       .old_size = growth->old_size };
}

bool mb_op_request(const struct mb_op *op, struct mb_request *request)
{
	const char *letter = mb_operations[op->kind].arguments;

	if (mb_op_nature(op->kind) != MB_ALLOCATES)
		return false;
	*request = (struct mb_request){ .size = op->size,
					.align = op->align,
					.lo = op->lo,
					.hi = MB_ALLOC_ACCESSIBLE,
					.nid = MB_NUMA_NO_NODE };
	for (; *letter; letter++) {
		switch (*letter) {
		case 'h':
			request->align = op->size;
			break;
		case 'u':
			request->hi = op->hi;
			break;
		case 'q':
			request->nid = op->nid;
			break;
		case 'x':
			request->exact = op->value;
			break;
		case 'P':
			request->physical = true;
			break;
		case 'L':
			request->hi = MB_LOW_ADDRESS_LIMIT;
			break;
		case 'E':
			request->exact = true;
			break;
		case 'Z':
			request->zeroed = true;
			break;
		}
	}
	return true;
}
