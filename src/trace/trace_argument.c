/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_argument.c - an argument of an operation is read as its row in operations.def says.
 */
#include <errno.h>
#include <string.h>

#include "trace/trace_reader_impl.h"

/* The attributes that a caller can set and take back. Nothing takes back the others. */
static bool is_one_flag(uint32_t flags, enum mb_argument_form form)
{
	uint32_t known = MB_HOTPLUG | MB_NOMAP | MB_KHO_SCRATCH;

	if (form == MB_FORM_FLAG_SET)
		known |= MB_MIRROR | MB_RSRV_NOINIT | MB_RSRV_KERN;
	return is_power_of_two(flags) && (flags & known);
}

bool mb_argument_read(const struct mb_argument *a, const char *text, size_t length,
		      struct mb_op *op)
{
	struct span word = { text, text + length };
	void *field = (char *)op + a->offset;
	uint64_t *number = field;

	switch (a->form) {
	case MB_FORM_HEX:
	case MB_FORM_DECIMAL:
		return span_number(word, number) && *number <= a->max;
	case MB_FORM_ALIGN:
		return span_number(word, number) && (!*number || is_power_of_two(*number));
	case MB_FORM_BOUND:
		return span_bound(word, number);
	case MB_FORM_LIMIT:
		*number = MB_ALLOC_ANYWHERE;
		return span_is(word, "anywhere") || span_number(word, number);
	case MB_FORM_NODE:
		return span_node(word, field);
	case MB_FORM_FLAGS:
		return span_flags(word, field);
	case MB_FORM_FLAG_SET:
	case MB_FORM_FLAG_CLEARED:
		return span_flags(word, field) && is_one_flag(*(uint32_t *)field, a->form);
	case MB_FORM_COLLECTION:
		return span_which(word, field);
	case MB_FORM_EVENT:
		return span_event(word, number);
	case MB_FORM_TEXT:
	case MB_FORM_SAID:
	case MB_FORM_OLD:
	case MB_FORM_RESULT:
		break;
	}
	return false;
}

/* old=BASE:SIZE of a growth, which may be left out. */
static int parse_old(struct reader *r, struct mb_op *op)
{
	struct span before = r->rest, word = reader_next_word(r);
	const char *colon = memchr(word.at, ':', (size_t)(word.end - word.at));

	if (!span_starts(word, "old=")) {
		r->rest = before;
		return 0;
	}
	if (colon && span_number((struct span){ word.at + 4, colon }, &op->old_base) &&
	    span_number((struct span){ colon + 1, word.end }, &op->old_size))
		return 0;
	return mb_text_fail(r->error, -EINVAL, r->path, r->line_number, "bad argument", word.at,
			    (size_t)(word.end - word.at), "old=BASE:SIZE");
}

/* => ADDRESS, failed or unknown. An address is neither of the values that mean something else. */
static int parse_result(struct reader *r, uint64_t *result)
{
	struct span word = reader_next_word(r);

	if (!span_is(word, "=>"))
		return reader_fail_line(r, "the result is missing");
	word = reader_next_word(r);
	if (span_is(word, "failed"))
		*result = 0;
	else if (span_is(word, "unknown"))
		*result = MB_RESULT_UNKNOWN;
	else if (!span_number(word, result) || !*result || *result >= MB_RESULT_FAILED)
		return reader_fail(r, "bad result", word);
	return 0;
}

/* What an argument takes. */
static const char *taken(const struct mb_argument *a)
{
	switch (a->form) {
	case MB_FORM_HEX:
		return "a number, decimal or 0x and lower-case hex";
	case MB_FORM_DECIMAL:
		return a->max == 1         ? "0 or 1" :
		       a->max < UINT64_MAX ? "a number, 1000000 at most" :
					     "a number, decimal or 0x and lower-case hex";
	case MB_FORM_ALIGN:
		return "0 or a power of two";
	case MB_FORM_BOUND:
		return "an address, anywhere, accessible or noleaktrace";
	case MB_FORM_LIMIT:
		return "an address, or anywhere";
	case MB_FORM_NODE:
		return "a node's number, or -1";
	case MB_FORM_FLAGS:
		return "none, or names of attributes joined by |";
	case MB_FORM_FLAG_SET:
		return "mark takes one of hotplug, mirror, nomap, noinit, kern, kho_scratch";
	case MB_FORM_FLAG_CLEARED:
		return "clear takes one of hotplug, nomap, kho_scratch";
	case MB_FORM_COLLECTION:
		return "memory, reserved or physmem";
	case MB_FORM_EVENT:
		return "handed_over, cut, hang, panic, oops, bug, warning or failed";
	default:
		return NULL;
	}
}

/* More than 32 bits, and no word for "no bound". A kernel with short addresses would cut it. */
static bool is_wide(const struct mb_argument *a, const struct mb_op *op)
{
	bool address = a->form == MB_FORM_HEX || a->form == MB_FORM_DECIMAL ||
		       a->form == MB_FORM_ALIGN;
	bool bound = a->form == MB_FORM_BOUND || a->form == MB_FORM_LIMIT;
	uint64_t value = 0;

	if (address || bound)
		memcpy(&value, (const char *)op + a->offset, sizeof(value));
	return value > UINT32_MAX && !(bound && value == MB_ALLOC_ANYWHERE);
}

int reader_argument(struct reader *r, char letter, struct mb_op *op)
{
	const struct mb_argument *a = mb_argument_of(letter);
	struct span word;

	if (a->form == MB_FORM_SAID)
		return 0;
	if (a->form == MB_FORM_RESULT)
		return parse_result(r, &op->result);
	if (a->form == MB_FORM_OLD)
		return parse_old(r, op);
	if (a->form == MB_FORM_TEXT)
		return reader_text(r, &op->text);
	word = reader_next_word(r);
	if (mb_argument_read(a, word.at, (size_t)(word.end - word.at), op)) {
		if (a->form == MB_FORM_COLLECTION && !r->trace->machine.physmem &&
		    span_is(word, mb_which_name(MB_PHYSMEM)))
			return mb_text_fail(r->error, -EINVAL, r->path, r->line_number,
					    "this machine has no physmem", word.at,
					    (size_t)(word.end - word.at),
					    "physmem=1 in the line machine: says that it has");
		if (r->trace->machine.addr_bits != 32 || !is_wide(a, op))
			return 0;
		return mb_text_fail(r->error, -EINVAL, r->path, r->line_number,
				    "wider than an address of this machine", word.at,
				    (size_t)(word.end - word.at),
				    "with addr_bits=32 it is 0xffffffff at most");
	}
	if (word.at == word.end && r->rest.at != r->rest.end)
		return reader_fail_line(r, "more than one blank");
	if (word.at == word.end || span_is(word, ";") || span_is(word, "=>"))
		return reader_fail_line(r, "an argument is missing");
	return mb_text_fail(r->error, -EINVAL, r->path, r->line_number, "bad argument", word.at,
			    (size_t)(word.end - word.at), taken(a));
}
