/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_parse.c - the text of a trace file becomes a trace: its operations and dumps.
 *
 * It is read strictly. Whatever is not exactly as docs/traces.md says (an unknown word, a number
 * that does not fit, an argument too many, a dump that never ends, a digest that does not match) is
 * refused with the line and the offending text, because a measurement of a damaged input is worse
 * than none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/sha256.h"
#include "trace/trace_reader_impl.h"

/* ---- operations -------------------------------------------------------------------------------- */

static int parse_argument(struct reader *r, char letter, struct mb_op *op)
{
	struct span word = reader_next_word(r);
	bool ok = false;

	switch (letter) {
	case 'b':
		ok = span_number(word, &op->base);
		break;
	case 's':
		ok = span_number(word, &op->size);
		break;
	case 'a':
		ok = span_number(word, &op->align) && (!op->align || is_power_of_two(op->align));
		break;
	case 'l':
		ok = span_number(word, &op->lo);
		break;
	case 'u':
		ok = span_bound(word, &op->hi);
		break;
	case 'n':
		ok = span_node(word, &op->nid);
		break;
	case 'f':
		ok = span_flags(word, &op->flags);
		break;
	case 'w':
		ok = span_which(word, &op->which);
		break;
	case 'v':
		ok = span_number(word, &op->value);
		break;
	}
	if (ok)
		return 0;
	return word.at == word.end ? reader_fail_line(r, "an argument is missing") :
				     reader_fail(r, "bad argument", word);
}

/* old=BASE:SIZE of a growth. */
static bool parse_old(struct span word, struct mb_op *op)
{
	const char *colon = memchr(word.at, ':', (size_t)(word.end - word.at));

	if (!span_starts(word, "old=") || !colon)
		return false;
	return span_number((struct span){ word.at + 4, colon }, &op->old_base) &&
	       span_number((struct span){ colon + 1, word.end }, &op->old_size);
}

/* An empty word was read: that must be the end of the line, without a blank before it. */
static int end_of_words(struct reader *r)
{
	if (r->rest.at != r->rest.end)
		return reader_fail_line(r, "more than one blank");
	return r->rest.at[-1] == ' ' ? reader_fail_line(r, "a blank at the end of the line") : 0;
}

/* A captured address: neither of the values that mean something else. */
static bool parse_address(struct span word, uint64_t *address)
{
	return span_number(word, address) && *address && *address != MB_RESULT_UNKNOWN;
}

/* What follows the arguments: [old=...] [=> RESULT] [; [@LINE] [caller=...] [why=...]]. */
static int parse_tail(struct reader *r, struct mb_op *op)
{
	struct span word = reader_next_word(r);

	if (op->kind == MB_OP_GREW && span_starts(word, "old=")) {
		if (!parse_old(word, op))
			return reader_fail(r, "bad argument", word);
		word = reader_next_word(r);
	}
	if (mb_op_has_result(op->kind)) {
		if (!span_is(word, "=>"))
			return reader_fail_line(r, "the result is missing");
		word = reader_next_word(r);
		if (span_is(word, "unknown"))
			op->result = MB_RESULT_UNKNOWN;
		else if (!span_is(word, "failed") && !parse_address(word, &op->result))
			return reader_fail(r, "bad result", word);
		word = reader_next_word(r);
	}
	if (word.at == word.end)
		return end_of_words(r);
	if (!span_is(word, ";"))
		return reader_fail(r, "an argument too many", word);
	for (word = reader_next_word(r); word.at != word.end; word = reader_next_word(r)) {
		if (*word.at == '@') {
			word.at++;
			if (!span_u32(word, &op->line))
				return reader_fail(r, "bad line number", word);
		} else if (span_starts(word, "caller=")) {
			op->caller = mb_trace_strndup(r->trace, word.at + 7,
						      (size_t)(word.end - word.at - 7));
		} else if (span_starts(word, "why=")) {
			op->why = mb_trace_strndup(r->trace, word.at + 4,
						   (size_t)(r->rest.end - word.at - 4));
			return 0;
		} else {
			return reader_fail(r, "unknown remark", word);
		}
	}
	return end_of_words(r);
}

struct dump_builder {
	struct mb_dump dump;
	uint32_t room[MB_COLLECTIONS];
};

static int dump_region(struct reader *r, struct dump_builder *b, struct span word)
{
	struct mb_region region = { .nid = MB_NUMA_NO_NODE };
	struct span node;
	enum mb_which which;

	if (!span_which(word, &which))
		return reader_fail(r, "unknown line of a dump", word);
	if (!span_number(reader_next_word(r), &region.base) ||
	    !span_number(reader_next_word(r), &region.size))
		return reader_fail_line(r, "bad region");
	node = reader_next_word(r);
	if (!span_is(node, "x") && (!span_node(node, &region.nid) || region.nid < 0))
		return reader_fail(r, "bad node", node);
	if (!span_flags(reader_next_word(r), &region.flags) || r->rest.at != r->rest.end)
		return reader_fail_line(r, "bad region");
	if (b->dump.cnt[which] == b->room[which]) {
		uint32_t more = b->room[which] ? b->room[which] * 2 : 128;
		void *larger = realloc(b->dump.regions[which], more * sizeof(region));

		if (!larger)
			return -ENOMEM;
		b->dump.regions[which] = larger;
		b->room[which] = more;
	}
	b->dump.regions[which][b->dump.cnt[which]++] = region;
	return 0;
}

static int dump_sizes(struct reader *r, struct dump_builder *b)
{
	enum mb_which which;

	for (which = MB_MEMORY; which <= MB_RESERVED; which++) {
		struct span word = reader_next_word(r);

		if (!span_is(word, "-") && !span_number(word, &b->dump.size[which]))
			return reader_fail(r, "bad size", word);
	}
	return r->rest.at == r->rest.end ? 0 : reader_fail_line(r, "a size too many");
}

static int parse_dump(struct reader *r, uint32_t line)
{
	struct dump_builder b = { .dump.size = { MB_SIZE_UNKNOWN, MB_SIZE_UNKNOWN, 0 } };
	uint32_t first = r->line_number;
	enum mb_which which;
	int error = 0;

	while (!error) {
		struct span word;

		if (!reader_next_line(r)) {
			r->line_number = first;
			error = reader_fail(r, "a dump without its end",
					    (struct span){ NULL, NULL });
			break;
		}
		if (span_is(r->line, "end")) {
			mb_trace_add_dump(r->trace, &b.dump, line);
			break;
		}
		if (r->line.at == r->line.end || *r->line.at != ' ') {
			error = reader_fail_line(r, "not a line of a dump");
			break;
		}
		r->rest.at++;
		word = reader_next_word(r);
		error = span_is(word, "size") ? dump_sizes(r, &b) : dump_region(r, &b, word);
	}
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
		free(b.dump.regions[which]);
	return error;
}

/* The attributes that a caller can set and take back. Nothing takes back the others. */
static int check_flags(struct reader *r, const struct mb_op *op)
{
	uint32_t known = MB_HOTPLUG | MB_NOMAP | MB_KHO_SCRATCH;

	if (op->kind == MB_OP_MARK)
		known |= MB_MIRROR | MB_RSRV_NOINIT | MB_RSRV_KERN;
	else if (op->kind != MB_OP_CLEAR)
		return 0;
	if (is_power_of_two(op->flags) && (op->flags & known))
		return 0;
	return reader_fail_line(
		r, op->kind == MB_OP_MARK ?
			   "mark takes one of hotplug, mirror, nomap, noinit, kern, kho_scratch" :
			   "clear takes one of hotplug, nomap, kho_scratch");
}

/* One operation's questions must come to an end. */
static int check_count(struct reader *r, const struct mb_op *op)
{
	bool counts = op->kind == MB_OP_SEARCH_PFN || op->kind == MB_OP_SEARCH_CHAIN ||
		      op->kind == MB_OP_MAP_MEMORY;

	if (!counts || op->value <= MB_TRACE_COUNT_MAX)
		return 0;
	return reader_fail_line(r, "more than 1000000 questions in one operation");
}

static int parse_operation(struct reader *r)
{
	struct mb_op op = { .kind = MB_OP_KINDS };
	struct span word = reader_next_word(r);
	const char *letter;
	unsigned kind;
	int error;

	for (kind = 0; kind < MB_OP_KINDS; kind++)
		if (span_is(word, mb_op_name(kind)))
			op.kind = kind;
	if (op.kind == MB_OP_KINDS)
		return reader_fail(r, "unknown operation", word);
	if (r->trace->count >= MB_TRACE_OPS_MAX)
		return reader_fail_line(r, "more than 5000000 operations");
	for (letter = mb_op_args(op.kind); *letter && *letter != '='; letter++) {
		error = parse_argument(r, *letter, &op);
		if (error)
			return error;
	}
	/* Written only when it is not 0. */
	if (mb_op_may_have_value(op.kind) && r->rest.end - r->rest.at > 1 && r->rest.at[1] >= '1' &&
	    r->rest.at[1] <= '9') {
		error = parse_argument(r, 'v', &op);
		if (error)
			return error;
	}
	error = check_flags(r, &op);
	if (!error)
		error = check_count(r, &op);
	if (error)
		return error;
	error = parse_tail(r, &op);
	if (error)
		return error;
	if (op.kind == MB_OP_DUMP)
		return parse_dump(r, op.line);
	mb_trace_add(r->trace, &op);
	return 0;
}

static int parse_all(struct reader *r)
{
	char expected[65] = "";
	struct mb_sha256 sha;
	int error;

	reader_next_line(r);
	if (!span_is(r->line, MB_TRACE_MAGIC))
		return mb_text_fail(r->error, -EINVAL, r->path, 1, "unknown version of the format",
				    r->line.at, (size_t)(r->line.end - r->line.at),
				    "'" MB_TRACE_MAGIC "' is the one known");
	for (;;) {
		if (!reader_next_line(r))
			return reader_fail(r, "the header does not end",
					   (struct span){ NULL, NULL });
		if (r->line.at == r->line.end)
			break;
		error = reader_header_line(r);
		if (error)
			return error;
	}
	memcpy(expected, r->trace->digest, sizeof(expected));
	mb_sha256_start(&sha);
	mb_sha256_add(&sha, r->at, (size_t)(r->end - r->at));
	mb_sha256_hex(&sha, r->trace->digest);
	if (r->at == r->end)
		return reader_fail(r, "no operations", (struct span){ NULL, NULL });
	if (r->end[-1] != '\n')
		return mb_text_fail(r->error, -EINVAL, r->path, 0,
				    "truncated: the last line has no end", NULL, 0, NULL);
	while (reader_next_line(r)) {
		error = parse_operation(r);
		if (error)
			return error;
	}
	if (expected[0] && strcmp(expected, r->trace->digest))
		return mb_text_fail(r->error, -EINVAL, r->path, 0,
				    "the operations do not have the digest of the header", expected,
				    64, "the file was damaged, or edited: remove the digest line");
	return 0;
}

int mb_trace_parse(const char *text, size_t size, const char *path, struct mb_trace **out,
		   struct mb_text_error *error)
{
	struct reader r = { .path = path, .error = error, .at = text, .end = text + size };
	const char *slash = strrchr(path, '/');
	int code;

	r.trace = mb_trace_new(slash ? slash + 1 : path, "trace");
	if (!r.trace)
		return mb_text_fail(error, -ENOMEM, path, 0, "no memory", NULL, 0, NULL);
	code = parse_all(&r);
	if (code == -ENOMEM || (!code && mb_trace_failed(r.trace)))
		code = mb_text_fail(error, -ENOMEM, path, 0, "no memory", NULL, 0, NULL);
	if (code) {
		mb_trace_free(r.trace);
		return code;
	}
	r.trace->lines = r.line_number;
	mb_trace_fold_warnings(r.trace);
	*out = r.trace;
	return 0;
}
