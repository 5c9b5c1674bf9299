/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_e820.c - the e820 map of x86, as kernels print it.
 *
 *     BIOS-e820: [mem 0x0000000000100000-0x00000000bffdffff] usable        the map of x86
 *     BIOS-e820: [mem 0x0000000000100000-0x00000000bffdffff]  System RAM   since 7.0
 *     BIOS-e820: [gap 0x00000000c0000000-0x00000000fffbffff]               since 7.0: no entry
 *     BIOS-e820: 0000000000100000 - 00000000bffe0000 (usable)              before 3.3: end exclusive
 *     e820: update [mem 0x00000000-0x00000fff] usable ==> reserved         applied in order
 *     e820: remove [mem 0x000a0000-0x000fffff] usable
 *     user: [mem ...] usable     modified: [mem ...] usable                replace the map
 */
#include <stdio.h>
#include <string.h>

#include "input/map/layout_impl.h"

#define E820_MAX                                                                                   \
	16384 /* entries and, apart from them, changes; a kernel has room for a few thousand */

bool layout_is_e820(struct layout_span *s, bool *anew)
{
	static const char *const replacing[] = { "user: [mem 0x", "modified: [mem 0x" };

	*anew = false;
	if (layout_after(s, "BIOS-e820: ")) {
		struct layout_span rest = *s;

		return !layout_take(&rest, "[gap ");
	}
	for (size_t i = 0; i < 2; i++) {
		struct layout_span rest = *s;

		if (!layout_after(&rest, replacing[i]))
			continue;
		*anew = true;
		s->at = rest.at - strlen("[mem 0x");
		return true;
	}
	return false;
}

/* The rest of an entry is its type, in parentheses in old kernels. */
static void take_type(struct layout_span *s, const char *until, char type[24])
{
	struct layout_span stop = *s;
	size_t size;

	layout_blanks(s);
	layout_take(s, "(");
	stop = *s;
	size = layout_after(&stop, until) ? (size_t)(stop.at - s->at) - strlen(until) :
					    (size_t)(s->end - s->at);
	while (size && (s->at[size - 1] == ' ' || s->at[size - 1] == ')'))
		size--;
	snprintf(type, 24, "%.*s", (int)(size < 23 ? size : 23), s->at);
	for (char *c = type; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (!strcmp(type, "System RAM"))
		strcpy(type, "usable");
	*s = stop;
}

int layout_read_e820(struct layout_log *t, struct layout_span s)
{
	struct layout_range r = { .nid = -1, .line = t->line };

	if (!layout_take_range(&s, &r))
		return layout_bad_line(t, "an e820 entry whose range cannot be read");
	take_type(&s, "\n", r.what);
	if (!*r.what)
		return layout_bad_line(t, "an e820 entry without a type");
	if (t->l->map.n >= E820_MAX)
		return layout_bad_line(t, "more than 16384 e820 entries");
	return layout_add(t->l, &t->l->map, &r);
}

/* What is of type @from in [base, end) becomes @to; NULL: it goes. */
static int change(struct layout_log *t, const struct layout_range *r, const char *from,
		  const char *to)
{
	struct layout_list *map = &t->l->map;
	size_t count = map->n;
	int code = 0;

	for (size_t i = 0; i < count && !code; i++) {
		struct layout_range e = map->r[i], part = e;

		if (strcmp(e.what, from) != 0 || e.end <= r->base || e.base >= r->end)
			continue;
		part.base = e.base > r->base ? e.base : r->base;
		part.end = e.end < r->end ? e.end : r->end;
		map->r[i].end = part.base; /* empty where the entry begins inside */
		if (e.end > part.end) {
			struct layout_range above = e;

			above.base = part.end;
			code = layout_add(t->l, map, &above);
		}
		if (!code && to) {
			snprintf(part.what, sizeof(part.what), "%s", to);
			part.line = t->line;
			code = layout_add(t->l, map, &part);
		}
	}
	return code;
}

int layout_change_e820(struct layout_log *t, struct layout_span s)
{
	bool update = layout_take(&s, "update "), remove = !update && layout_take(&s, "remove ");
	struct layout_range r = { 0 };
	char from[24], to[24];

	layout_take(&s, "range: ");
	if ((!update && !remove) || s.at == s.end || (*s.at != '[' && *s.at != '0'))
		return 0; /* some other message of e820 */
	if (!layout_take_range(&s, &r))
		return layout_bad_line(t, "a change of the e820 map that cannot be read");
	take_type(&s, update ? "==>" : "\n", from);
	take_type(&s, "\n", to);
	if (update && !*to)
		return layout_bad_line(t, "an update of the e820 map without a new type");
	if (t->changes++ >= E820_MAX || t->l->map.n >= E820_MAX)
		return layout_bad_line(t, "more than 16384 changes of the e820 map");
	return change(t, &r, from, update ? to : NULL);
}

int layout_take_usable(struct layout *l)
{
	int code = 0;

	layout_sort(&l->map);
	for (size_t i = 0; i < l->map.n && !code; i++) {
		const struct layout_range *r = &l->map.r[i];

		if (!strcmp(r->what, "usable"))
			code = layout_add(l, &l->memory, r);
		else if (!strcmp(r->what, "soft reserved") || !strcmp(r->what, "Soft Reserved"))
			code = layout_add(l, &l->reserved, r);
	}
	return code;
}
