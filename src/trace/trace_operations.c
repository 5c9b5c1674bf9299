/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_operations.c - the rows of operations.def as tables, and what can be read off them.
 */
#include <memblock/trace.h>
#include <string.h>

const char *const mb_flag_names[8] = {
	"hotplug", "mirror", "nomap", "driver_managed", "noinit", "kern", "kho_scratch", "hugetlb",
};

const char *const mb_event_words[] = {
	"handed_over", "cut", "hang", "panic", "oops", "bug", "warning", "failed", NULL,
};

const struct mb_operation mb_operations[MB_OP_KINDS] = {
#define MB_OPERATION(id, word, arguments, nature, collection, path, ...)                           \
	{ word, arguments, MB_##nature, MB_PATH_##path },
#include <memblock/operations.def>
};

static const struct mb_argument arguments[] = {
#define MB_ARGUMENT(letter, field, key, form, max, preset)                                         \
	{ letter, key, preset, MB_FORM_##form, max, offsetof(struct mb_op, field) },
#include <memblock/operations.def>
};

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

	while (a->letter != letter)
		a++;
	return a;
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
	const char *takes = mb_operations[op->kind].arguments;
	bool has_bounds = strchr(takes, 'u');

	if (mb_op_nature(op->kind) != MB_ALLOCATES)
		return false;
	*request = (struct mb_request){
		.size = op->size,
		.align = op->kind == MB_OP_ALLOC_HUGETLB ? op->size : op->align,
		.lo = op->lo,
		.hi = has_bounds                  ? op->hi :
		      op->kind == MB_OP_ALLOC_LOW ? MB_LOW_ADDRESS_LIMIT :
						    MB_ALLOC_ACCESSIBLE,
		.nid = strchr(takes, 'q') ? op->nid : MB_NUMA_NO_NODE,
		.exact = op->kind == MB_OP_ALLOC_EXACT || (strchr(takes, 'x') && op->value),
	};
	switch (op->kind) {
	case MB_OP_PHYS_ALLOC_RANGE:
	case MB_OP_PHYS_ALLOC:
	case MB_OP_PHYS_ALLOC_TRY_NID:
	case MB_OP_ALLOC_CORE:
		request->physical = true;
		break;
	case MB_OP_ALLOC_RAW:
	case MB_OP_ALLOC_EXACT:
	case MB_OP_ALLOC_SIMPLE_RAW:
	case MB_OP_ALLOC_HUGETLB:
		break;
	default:
		request->zeroed = true;
	}
	return true;
}
