/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_debugfs.c - the lists of /sys/kernel/debug/memblock: memory, reserved, physmem.
 *
 *     ==> memory <==                                                     or "memory:" before each line,
 *        0: 0x0000000000001000..0x000000000009efff    0 NONE             or nothing: an index that begins
 *        1: 0x0000000100000000..0x000000013fffffff    x HOTPLUG|NOMAP    again begins the next list
 *
 * So one file holds both: what `tail -n +1 memory reserved`, `grep . memory reserved` or
 * `cat memory reserved` printed. Old kernels (6.1) print the range alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "input/map/layout_impl.h"

static const struct {
	const char *name;
	uint32_t flag;
} flag_names[] = {
	{ "NONE", 0 },
	{ "HOTPLUG", MB_HOTPLUG },
	{ "MIRROR", MB_MIRROR },
	{ "NOMAP", MB_NOMAP },
	{ "DRV_MNG", MB_DRIVER_MANAGED },
	{ "RSV_NIT", MB_RSRV_NOINIT },
	{ "RSV_KERN", MB_RSRV_KERN },
	{ "KHO_SCRATCH", MB_KHO_SCRATCH },
	{ "RSV_HUGETLB", MB_RSRV_HUGETLB },
	{ "UNKNOWN", MB_RSRV_HUGETLB }, /* the only flag that a kernel had before it had its name */
};

struct entry {
	struct layout_range range;
	uint64_t index;
	const char *list; /* named on the line itself, or NULL */
	size_t list_size;
	bool has_flags, empty;
};

static bool take_number(struct layout_span *s, uint64_t *value)
{
	const char *from = s->at;

	*value = 0;
	while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && *value < UINT64_MAX / 16)
		*value = *value * 10 + (uint64_t)(*s->at++ - '0');
	return s->at > from;
}

static bool take_flags(struct layout_span *s, uint32_t *flags)
{
	*flags = 0;
	do {
		size_t i = 0;

		while (i < sizeof(flag_names) / sizeof(flag_names[0]) &&
		       !layout_take(s, flag_names[i].name))
			i++;
		if (i == sizeof(flag_names) / sizeof(flag_names[0]))
			return false;
		*flags |= flag_names[i].flag;
	} while (layout_take(s, "|"));
	return true;
}

/* "memory:" as grep writes it, perhaps with a path. */
static void take_list_name(struct layout_span *s, struct entry *e)
{
	const char *from = s->at, *at = s->at;

	while (at < s->end && *at != ':' && *at != ' ')
		at++;
	if (at == s->end || *at != ':' || (*from >= '0' && *from <= '9'))
		return;
	e->list = from;
	e->list_size = (size_t)(at - from);
	s->at = at + 1;
}

static bool parse_entry(struct layout_span s, struct entry *e)
{
	uint64_t base, last, node;

	*e = (struct entry){ .range = { .nid = -1 } };
	if (s.at == s.end)
		return false;
	take_list_name(&s, e);
	layout_blanks(&s);
	if (!take_number(&s, &e->index) || !layout_take(&s, ": ") || !layout_hex(&s, &base) ||
	    !layout_take(&s, "..") || !layout_hex(&s, &last))
		return false;
	e->empty = last == base - 1; /* the dummy of an empty list in 6.1 */
	if (!e->empty && last < base)
		return false;
	e->range.base = base;
	e->range.end = last == UINT64_MAX ? last : last + 1;
	layout_blanks(&s);
	if (s.at == s.end)
		return true;
	e->has_flags = true;
	if (!layout_take(&s, "x")) {
		if (!take_number(&s, &node) || node > INT32_MAX)
			return false;
		e->range.nid = (int)node;
	}
	layout_blanks(&s);
	if (!take_flags(&s, &e->range.flags))
		return false;
	layout_blanks(&s);
	return s.at == s.end;
}

/* Which list a name stands for: its last component. */
static struct layout_list *list_named(struct layout *l, const char *name, size_t size)
{
	static const char *const names[] = { "memory", "reserved", "physmem" };
	struct layout_list *const lists[] = { &l->memory, &l->reserved, &l->physmem };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(names[i]);

		if (size >= n && !memcmp(name + size - n, names[i], n) &&
		    (size == n || name[size - n - 1] == '/'))
			return lists[i];
	}
	return NULL;
}

/* "==> PATH <==": the path. */
static bool parse_heading(struct layout_span s, struct layout_span *name)
{
	if (!layout_take(&s, "==> ") || s.end - s.at < 5 || memcmp(s.end - 4, " <==", 4) != 0)
		return false;
	*name = (struct layout_span){ s.at, s.end - 4 };
	return true;
}

bool layout_is_debugfs(const char *text, size_t size)
{
	struct layout_span line, name;
	const char *at = text;
	struct entry e;

	for (int n = 0; n < 8 && layout_line(&at, text + size, &line); n++) {
		layout_blanks(&line);
		if (line.at == line.end || parse_heading(line, &name))
			continue;
		return line.end - line.at < 512 && parse_entry(line, &e);
	}
	return false;
}

struct scan {
	struct layout_list *list; /* the current one */
	uint64_t next;            /* index; 0: a list begins */
	unsigned lists;           /* begun without a name */
	bool flags, names_new;
};

static int begin_list(struct layout *l, struct scan *s, const char *name, size_t size,
		      uint32_t line)
{
	struct layout_list *const in_order[] = { &l->memory, &l->reserved, &l->physmem };

	if (name)
		s->list = list_named(l, name, size);
	else
		s->list = s->lists < 3 ? in_order[s->lists++] : NULL;
	s->next = 0;
	if (!s->list && name)
		return layout_fail(l, line, "a list that memblock does not have", name, size,
				   "memory, reserved or physmem");
	return s->list ? 0 : layout_fail(l, line, "a fourth list", NULL, 0, NULL);
}

static int take_entry(struct layout *l, struct scan *s, struct entry *e)
{
	struct layout_range *last;

	if (e->empty)
		return 0;
	last = s->list->n ? &s->list->r[s->list->n - 1] : NULL;
	if (last && e->range.base < last->end)
		return layout_fail(l, e->range.line, "a range below the end of the one before it",
				   NULL, 0, "lists are in order, as the kernel prints them");
	s->flags |= e->has_flags;
	s->names_new |= e->range.flags & (MB_RSRV_KERN | MB_KHO_SCRATCH | MB_RSRV_HUGETLB);
	snprintf(e->range.what, sizeof(e->range.what), "listed");
	return layout_add(l, s->list, &e->range);
}

int layout_debugfs_read(struct layout *l, const char *text, size_t size)
{
	struct scan s = { 0 };
	struct layout_span line, name;
	const char *at = text;
	struct entry e;
	int code = 0;

	while (!code && layout_line(&at, text + size, &line)) {
		struct layout_span whole = line;

		l->lines++;
		layout_blanks(&line);
		if (line.at == line.end)
			continue;
		if (parse_heading(line, &name)) {
			code = begin_list(l, &s, name.at, (size_t)(name.end - name.at),
					  (uint32_t)l->lines);
			continue;
		}
		if (!parse_entry(line, &e))
			return layout_fail(l, (uint32_t)l->lines,
					   "not a line of memblock's debugfs", whole.at,
					   (size_t)(whole.end - whole.at), NULL);
		e.range.line = (uint32_t)l->lines;
		if (e.list && (!s.list || e.index == 0))
			code = begin_list(l, &s, e.list, e.list_size, e.range.line);
		else if (!s.list || (e.index == 0 && s.next))
			code = begin_list(l, &s, NULL, 0, e.range.line);
		if (!code && e.index != s.next)
			code = layout_fail(l, e.range.line, "an entry is missing before", whole.at,
					   (size_t)(whole.end - whole.at), NULL);
		if (!code)
			code = take_entry(l, &s, &e);
		s.next++;
	}
	l->profile = mb_profile_find(s.names_new ? "new" : s.flags ? "6.12" : "6.1");
	return code;
}
