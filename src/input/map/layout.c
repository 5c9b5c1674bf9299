/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.c - a memory map becomes a trace: which kind it is, its lists, and the words of errors.
 *
 *     bytes --> detect --> layout_*_read() --> struct layout --> layout_boot() --> trace
 *
 * Nothing here trusts the input. Ranges are counted and bounded, a device tree is checked as a whole
 * before it is walked, and text is only ever looked at between two pointers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/map/layout.h"
#include "input/map/layout_impl.h"

static const char *const kind_words[] = {
	[LAYOUT_NONE] = "memory map", [LAYOUT_E820] = "e820 map",   [LAYOUT_EFI] = "EFI memory map",
	[LAYOUT_FDT] = "device tree", [LAYOUT_DEBUGFS] = "debugfs",
};

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

/* ---- detection and the way to a trace ---------------------------------------------------------- */

static bool is_fdt(const char *data, size_t size)
{
	return size >= 4 && !memcmp(data, "\xd0\x0d\xfe\xed", 4);
}

bool mb_layout_certain(const char *data, size_t size)
{
	return is_fdt(data, size) || layout_is_debugfs(data, size);
}

/* Lines of memblock=debug that the importer gave up on must not be passed over. */
static bool has_memblock_lines(const char *data, size_t size)
{
	static const char *const signs[] = { "memblock_add", "memblock_reserve",
					     "memblock_alloc_try", "MEMBLOCK configuration" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		struct layout_span all = { data, data + size };

		if (size && layout_after(&all, signs[i]))
			return true;
	}
	return false;
}

bool mb_layout_possible(const char *data, size_t size)
{
	return !has_memblock_lines(data, size) && layout_text_kind(data, size) != LAYOUT_NONE;
}

static int read_layout(struct layout *l, const char *data, size_t size)
{
	if (is_fdt(data, size)) {
		l->kind = LAYOUT_FDT;
		return layout_fdt_read(l, data, size);
	}
	if (layout_is_debugfs(data, size)) {
		l->kind = LAYOUT_DEBUGFS;
		return layout_debugfs_read(l, data, size);
	}
	l->kind = layout_text_kind(data, size);
	return layout_text_read(l, data, size);
}

static void describe(struct layout *l, struct mb_trace *trace)
{
	trace->lines = l->lines;
	if (l->kernel)
		trace->kernel = (char *)mb_trace_strndup(trace, l->kernel, l->kernel_size);
	if (l->kind == LAYOUT_DEBUGFS)
		mb_trace_warn(
			trace, 0,
			"generated from a listing of memblock in debugfs, not captured: its ranges "
			"in ascending order; what came when, and what was freed, is not known");
	else
		mb_trace_warn(
			trace, 0,
			"generated from %s %s, not captured: what a kernel would do with such "
			"memory; order and sizes of allocations are assumed",
			l->kind == LAYOUT_FDT ? "a" : "an", kind_words[l->kind]);
}

static void release(struct layout *l)
{
	free(l->map.r);
	free(l->memory.r);
	free(l->reserved.r);
	free(l->nodes.r);
	free(l->physmem.r);
}

int mb_layout_load(const char *data, size_t size, const char *path,
		   const struct mb_profile *profile, struct mb_trace **out,
		   struct mb_text_error *error)
{
	struct layout l = { .path = path, .error = error };
	const char *slash = strrchr(path, '/');
	struct mb_trace *trace = NULL;
	char format[48];
	int code = read_layout(&l, data, size);

	if (!code && !l.memory.n)
		code = layout_fail(&l, 0, "a memory map without usable memory", NULL, 0, NULL);
	snprintf(format, sizeof(format), "%s (generated)", kind_words[l.kind]);
	if (!code)
		trace = mb_trace_new(slash ? slash + 1 : path, format);
	if (!code && !trace)
		code = -ENOMEM;
	if (!code) {
		if (l.profile)
			trace->machine.profile = l.profile;
		if (profile)
			trace->machine.profile = profile;
		describe(&l, trace);
		code = layout_boot(&l, trace);
		mb_trace_seal(trace);
	}
	if (!code && mb_trace_failed(trace))
		code = -ENOMEM;
	if (code == -ENOMEM)
		mb_text_fail(error, code, path, 0, "no memory", NULL, 0, NULL);
	release(&l);
	if (code) {
		mb_trace_free(trace);
		return code;
	}
	*out = trace;
	return 0;
}
