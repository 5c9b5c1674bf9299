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

/* An empty word was read: that must be the end of the line, without a blank before it. */
static int end_of_words(struct reader *r)
{
	if (r->rest.at != r->rest.end)
		return reader_fail_line(r, "more than one blank");
	return r->rest.at[-1] == ' ' ? reader_fail_line(r, "a blank at the end of the line") : 0;
}

/* The remedy for a word that is not known; version 1 has no more of them. */
static const char *newer(const struct reader *r)
{
	return r->version == 1 ? "version 1 of the format has none" :
				 "a newer memblock-bench may know it";
}

/* Is it a call without an address, so that it can be said to have failed? */
static bool can_fail(enum mb_op_kind kind)
{
	return !mb_op_has_result(kind) && mb_op_nature(kind) != MB_ASKS &&
	       mb_op_nature(kind) != MB_NOTES;
}

/* One of @LINE caller=SYMBOL why=TEXT node=N; *@last: it goes to the end of the line. */
static int parse_remark(struct reader *r, struct span word, struct mb_op *op, bool *last)
{
	const char *takes = mb_operations[op->kind].arguments;
	bool again = (*word.at == '@' && op->line) || (*word.at == 'c' && op->caller) ||
		     (*word.at == 'n' && op->owner);

	if (again && r->version > 1)
		return reader_fail(r, "a remark twice", word);
	if (*word.at == '@') {
		word.at++;
		if (!span_u32(word, &op->line))
			return reader_fail(r, "bad line number", word);
	} else if (span_starts(word, "caller=")) {
		op->caller =
			mb_trace_strndup(r->trace, word.at + 7, (size_t)(word.end - word.at - 7));
	} else if (span_starts(word, "why=")) {
		op->why = mb_trace_strndup(r->trace, word.at + 4,
					   (size_t)(r->rest.end - word.at - 4));
		*last = true;
	} else if (span_starts(word, "node=") && r->version > 1) {
		if (strpbrk(takes, "nq") || op->kind == MB_OP_DUMP)
			return reader_fail(r, "node= is for requests without a NODE argument",
					   word);
		if (!span_u32((struct span){ word.at + 5, word.end }, &op->owner) ||
		    op->owner++ > INT32_MAX)
			return reader_fail(r, "bad node", word);
	} else {
		return mb_text_fail(r->error, -EINVAL, r->path, r->line_number, "unknown remark",
				    word.at, (size_t)(word.end - word.at), newer(r));
	}
	return 0;
}

/* What follows the arguments: [=> failed] [; [@LINE] [node=N] [caller=...] [why=...]]. */
static int parse_tail(struct reader *r, struct mb_op *op)
{
	struct span word = reader_next_word(r);
	bool last = false;
	int error = 0;

	if (span_is(word, "=>") && r->version > 1 && can_fail(op->kind)) {
		word = reader_next_word(r);
		if (!span_is(word, "failed"))
			return reader_fail(r, "bad result", word);
		op->result = MB_RESULT_FAILED;
		word = reader_next_word(r);
	}
	if (word.at == word.end)
		return end_of_words(r);
	if (!span_is(word, ";"))
		return reader_fail(r, "an argument too many", word);
	for (word = reader_next_word(r); word.at != word.end && !last && !error;
	     word = last ? word : reader_next_word(r))
		error = parse_remark(r, word, op, &last);
	return error || last ? error : end_of_words(r);
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

static int parse_operation(struct reader *r)
{
	struct mb_op op = { .kind = MB_OP_KINDS };
	struct span word = reader_next_word(r);
	const char *letter;
	int error = 0;

	op.kind = mb_op_find(word.at, (size_t)(word.end - word.at));
	if (op.kind == MB_OP_KINDS || (r->version == 1 && !reader_1_knows(op.kind)))
		return mb_text_fail(
			r->error, -EINVAL, r->path, r->line_number, "unknown operation", word.at,
			(size_t)(word.end - word.at),
			r->version == 1 ?
				"'memblock-bench list trace-operations' has those of version 2" :
				"see 'memblock-bench list trace-operations'; a newer version may know it");
	if (r->trace->count >= MB_TRACE_OPS_MAX)
		return reader_fail_line(r, "more than 5000000 operations");
	letter = r->version == 1 ? reader_1_arguments(op.kind) : mb_operations[op.kind].arguments;
	for (; *letter && !error; letter++)
		error = reader_argument(r, *letter, &op);
	if (!error && r->version == 1)
		error = reader_1_operation(r, &op);
	if (!error)
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
	r->version = span_is(r->line, MB_TRACE_MAGIC_1) ? 1 : 2;
	if (r->version == 2 && !span_is(r->line, MB_TRACE_MAGIC))
		return mb_text_fail(r->error, -EINVAL, r->path, 1, "unknown version of the format",
				    r->line.at, (size_t)(r->line.end - r->line.at),
				    r->line.end > r->line.at && r->line.end[-1] == '\r' ?
					    "its lines end in carriage returns; remove them" :
					    "1 and 2 are known");
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
	if (r.version == 1) /* a boot has the same digest whatever it was written in */
		mb_trace_seal(r.trace);
	mb_trace_fold_warnings(r.trace);
	*out = r.trace;
	return 0;
}
