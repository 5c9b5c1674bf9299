/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_reader_impl.h - what the reader of trace files is made of, for its parts only.
 *
 *     trace_words.c     lines, words, numbers
 *     trace_header.c    the lines above the empty one
 *     trace_argument.c  an argument of an operation, by its row in operations.def
 *     trace_parse.c     the operations and dumps below it
 *     trace_1.c         what operations looked like in version 1
 */
#ifndef MB_TRACE_READER_IMPL_H
#define MB_TRACE_READER_IMPL_H

#include "trace/trace_impl.h"

struct span {
	const char *at, *end;
};

struct reader {
	const char *path;
	struct mb_text_error *error;
	struct mb_trace *trace;
	unsigned version;
	char text[MB_TRACE_TEXT_MAX + 1]; /* of an argument between quotes, decoded */
	const char *at, *end;             /* rest of the text */
	uint32_t line_number;
	struct span line; /* the current line, without its newline */
	struct span rest; /* of the line, not read yet */
};

/* A message about @text, or about the whole line, which is named. Return: -EINVAL. */
int reader_fail(struct reader *r, const char *what, struct span text);
int reader_fail_line(struct reader *r, const char *what);
/* The next line. False at the end of the text. */
bool reader_next_line(struct reader *r);
/* The next word of the line; an empty one at its end. Exactly one blank separates words. */
struct span reader_next_word(struct reader *r);
/* The next argument, which is between quotes; *@text lives until the next one. 0 or -EINVAL. */
int reader_text(struct reader *r, const char **text);

/* What a word says; false: it does not. */
bool span_is(struct span s, const char *word);
bool span_starts(struct span s, const char *start);
bool span_number(struct span s, uint64_t *value); /* decimal, or 0x and lower-case hexadecimal */
bool span_u32(struct span s, uint32_t *value);
bool span_node(struct span s, int32_t *nid);
bool span_bound(struct span s, uint64_t *bound);
bool span_flags(struct span s, uint32_t *flags); /* none, or names and numbers joined by | */
bool span_which(struct span s, enum mb_which *which);
bool span_event(struct span s, uint64_t *event);

static inline bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* One line of the header, which was read. 0 or -errno. */
int reader_header_line(struct reader *r);

/* The argument of @letter into its field of @op. 0 or -errno. */
int reader_argument(struct reader *r, char letter, struct mb_op *op);

/* Version 1: did it have that word; the arguments behind it; and what has been read, as an operation of
 * today, 0 or -errno. */
bool reader_1_knows(enum mb_op_kind kind);
const char *reader_1_arguments(enum mb_op_kind kind);
int reader_1_operation(struct reader *r, struct mb_op *op);

#endif
