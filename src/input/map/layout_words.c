/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_words.c - what the readers of memory maps share: lists of ranges, lines and words, errors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/map/layout_impl.h"

int layout_fail(struct layout *l, uint32_t line, const char *what, const char *text, size_t size,
		const char *remedy)
{
	return mb_text_fail(l->error, -EINVAL, l->path, line, what, text, size, remedy);
}

int layout_add(struct layout *l, struct layout_list *list, const struct layout_range *range)
{
	if (range->base >= range->end)
		return 0;
	if (list->n >= LAYOUT_RANGES_MAX)
		return layout_fail(l, range->line, "more than 65536 ranges", NULL, 0, NULL);
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct layout_range *more = realloc(list->r, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->r = more;
		list->room = room;
	}
	list->r[list->n++] = *range;
	return 0;
}

static int by_base(const void *a, const void *b)
{
	const struct layout_range *x = a, *y = b;

	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void layout_sort(struct layout_list *list)
{
	if (list->n)
		qsort(list->r, list->n, sizeof(*list->r), by_base);
}

/* ---- scanning text ----------------------------------------------------------------------------- */

bool layout_line(const char **at, const char *end, struct layout_span *line)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	line->at = *at;
	line->end = newline ? newline : end;
	*at = newline ? newline + 1 : end;
	if (line->end > line->at && line->end[-1] == '\r')
		line->end--;
	return true;
}

bool layout_after(struct layout_span *s, const char *text)
{
	size_t size = strlen(text);

	for (const char *at = s->at; (size_t)(s->end - at) >= size; at++) {
		at = memchr(at, text[0], (size_t)(s->end - at));
		if (!at || (size_t)(s->end - at) < size)
			return false;
		if (!memcmp(at, text, size)) {
			s->at = at + size;
			return true;
		}
	}
	return false;
}

bool layout_take(struct layout_span *s, const char *text)
{
	size_t size = strlen(text);

	if ((size_t)(s->end - s->at) < size || memcmp(s->at, text, size) != 0)
		return false;
	s->at += size;
	return true;
}

bool layout_hex(struct layout_span *s, uint64_t *value)
{
	struct layout_span was = *s;
	unsigned digits = 0;

	layout_take(s, "0x");
	*value = 0;
	for (; s->at < s->end; s->at++, digits++) {
		char c = *s->at;
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			break;
		if (*value >> 60)
			break;
		*value = *value << 4 | digit;
	}
	if (digits && (s->at == s->end || !strchr("0123456789abcdefABCDEF", *s->at)))
		return true;
	*s = was;
	return false;
}

void layout_blanks(struct layout_span *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/* ---- lines of a log ---------------------------------------------------------------------------- */

int layout_bad_line(struct layout_log *t, const char *what)
{
	return layout_fail(t->l, t->line, what, t->whole.at, (size_t)(t->whole.end - t->whole.at),
			   NULL);
}

bool layout_take_range(struct layout_span *s, struct layout_range *r)
{
	uint64_t base, last;

	layout_blanks(s);
	if (layout_take(s, "[mem ")) {
		if (!layout_hex(s, &base) || !layout_take(s, "-") || !layout_hex(s, &last) ||
		    !layout_take(s, "]") || last < base)
			return false;
		r->base = base;
		r->end = last == UINT64_MAX ? last : last + 1;
		return true;
	}
	if (!layout_hex(s, &base) || !layout_take(s, " - ") || !layout_hex(s, &last) || last < base)
		return false;
	r->base = base;
	r->end = last;
	return true;
}
