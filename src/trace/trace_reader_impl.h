/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_reader_impl.h - what the reader of trace files is made of, for its parts only.
 *
 *     trace_words.c     lines, words, numbers
 *     trace_header.c    the lines above the empty one
 *     trace_parse.c     the operations and dumps below it
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
	const char *at, *end; /* rest of the text */
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

/* What a word says; false: it does not. */
bool span_is(struct span s, const char *word);
bool span_starts(struct span s, const char *start);
bool span_number(struct span s, uint64_t *value); /* decimal, or 0x and lower-case hexadecimal */
bool span_u32(struct span s, uint32_t *value);
bool span_node(struct span s, int32_t *nid);
bool span_bound(struct span s, uint64_t *bound);
bool span_flags(struct span s, uint32_t *flags); /* none, or names and numbers joined by | */
bool span_which(struct span s, enum mb_which *which);

static inline bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* One line of the header, which was read. 0 or -errno. */
int reader_header_line(struct reader *r);

#endif
