/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_words.c - the lines of a trace file, their words, and what a word can be.
 *
 * Text is only ever looked at between two pointers: it need not end in 0, and may hold zeros.
 */
#include <errno.h>
#include <string.h>

#include "trace/trace_reader_impl.h"

int reader_fail(struct reader *r, const char *what, struct span text)
{
	return mb_text_fail(r->error, -EINVAL, r->path, r->line_number, what, text.at,
			    (size_t)(text.end - text.at), NULL);
}

int reader_fail_line(struct reader *r, const char *what)
{
	return reader_fail(r, what, r->line);
}

bool span_is(struct span s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s.end - s.at) == n && !memcmp(s.at, word, n);
}

bool span_starts(struct span s, const char *start)
{
	size_t n = strlen(start);

	return (size_t)(s.end - s.at) >= n && !memcmp(s.at, start, n);
}

bool reader_next_line(struct reader *r)
{
	const char *newline;

	if (r->at == r->end)
		return false;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	r->line.at = r->at;
	r->line.end = newline ? newline : r->end;
	r->rest = r->line;
	r->at = newline ? newline + 1 : r->end;
	r->line_number++;
	return true;
}

struct span reader_next_word(struct reader *r)
{
	struct span word;

	if (r->rest.at < r->rest.end && *r->rest.at == ' ' && r->rest.at > r->line.at)
		r->rest.at++;
	word.at = r->rest.at;
	while (r->rest.at < r->rest.end && *r->rest.at != ' ')
		r->rest.at++;
	word.end = r->rest.at;
	return word;
}

/* Of a number, lower-case; 16 and more: none. */
static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* A byte of a text: itself, or \xNN. */
static bool text_byte(struct span *rest, char *byte)
{
	unsigned value = 0;

	*byte = *rest->at++;
	if (*byte != '\\')
		return *byte >= 0x20 && *byte < 0x7f;
	if (rest->end - rest->at < 3 || *rest->at++ != 'x')
		return false;
	for (unsigned i = 0; i < 2; i++) {
		unsigned digit = digit_of(*rest->at++);

		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*byte = (char)value;
	return value;
}

int reader_text(struct reader *r, const char **text)
{
	struct span rest = { r->rest.at, r->rest.end };
	size_t n = 0;

	if (rest.end - rest.at < 2 || rest.at[0] != ' ' || rest.at[1] != '"')
		return reader_fail_line(r, "a text between quotes is missing");
	rest.at += 2;
	while (rest.at < rest.end && *rest.at != '"') {
		if (n == MB_TRACE_TEXT_MAX)
			return reader_fail_line(r, "a text of more than 255 bytes");
		if (!text_byte(&rest, &r->text[n++]))
			return reader_fail_line(
				r,
				"in a text a quote is \\x22, a backslash \\x5c, other bytes are \\x01 to \\xff");
	}
	if (rest.at == rest.end)
		return reader_fail_line(r, "a text without its end");
	r->text[n] = '\0';
	r->rest.at = rest.at + 1;
	*text = r->text;
	return 0;
}

bool span_number(struct span s, uint64_t *value)
{
	bool hex = s.end - s.at > 2 && s.at[0] == '0' && s.at[1] == 'x';
	uint64_t v = 0;

	if (hex)
		s.at += 2;
	if (s.at == s.end)
		return false;
	for (; s.at < s.end; s.at++) {
		unsigned digit = digit_of(*s.at);

		if (digit >= (hex ? 16 : 10))
			return false;
		if (__builtin_mul_overflow(v, (uint64_t)(hex ? 16 : 10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit, &v))
			return false;
	}
	*value = v;
	return true;
}

bool span_u32(struct span s, uint32_t *value)
{
	uint64_t v;

	if (!span_number(s, &v) || v > UINT32_MAX)
		return false;
	*value = (uint32_t)v;
	return true;
}

bool span_node(struct span s, int32_t *nid)
{
	bool negative = s.at < s.end && *s.at == '-';
	uint64_t v;

	s.at += negative;
	if (!span_number(s, &v) || v > INT32_MAX)
		return false;
	*nid = negative ? -(int32_t)v : (int32_t)v;
	return true;
}

bool span_bound(struct span s, uint64_t *bound)
{
	if (span_is(s, "anywhere"))
		*bound = MB_ALLOC_ANYWHERE;
	else if (span_is(s, "accessible"))
		*bound = MB_ALLOC_ACCESSIBLE;
	else if (span_is(s, "noleaktrace"))
		*bound = MB_ALLOC_NOLEAKTRACE;
	else
		return span_number(s, bound);
	return true;
}

bool span_flags(struct span s, uint32_t *flags)
{
	*flags = 0;
	if (span_is(s, "none"))
		return true;
	for (;;) {
		const char *bar = memchr(s.at, '|', (size_t)(s.end - s.at));
		struct span name = { s.at, bar ? bar : s.end };
		uint32_t value;
		unsigned bit;

		for (bit = 0; bit < 8 && !span_is(name, mb_flag_names[bit]); bit++)
			;
		if (bit < 8)
			*flags |= 1u << bit;
		else if (span_u32(name, &value))
			*flags |= value;
		else
			return false;
		if (!bar)
			return true;
		s.at = bar + 1;
	}
}

bool span_which(struct span s, enum mb_which *which)
{
	for (*which = MB_MEMORY; *which < MB_COLLECTIONS; ++*which)
		if (span_is(s, mb_which_name(*which)))
			return true;
	return false;
}

bool span_event(struct span s, uint64_t *event)
{
	for (*event = 0; mb_event_words[*event]; ++*event)
		if (span_is(s, mb_event_words[*event]))
			return true;
	return false;
}
