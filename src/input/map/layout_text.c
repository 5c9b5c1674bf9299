/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_text.c - firmware memory maps as kernels print them, in any log or alone.
 *
 *     BIOS-e820: [mem 0x0000000000100000-0x00000000bffdffff] usable        the map of x86
 *     BIOS-e820: 0000000000100000 - 00000000bffe0000 (usable)              before 3.3: end exclusive
 *     e820: update [mem 0x00000000-0x00000fff] usable ==> reserved         applied in order
 *     e820: remove [mem 0x000a0000-0x000fffff] usable
 *     user: [mem ...] usable     modified: [mem ...] usable                replace the map
 *     efi: mem00: [Conventional Memory|...|WB|WT|WC|UC] range=[0x0-0x9efff] (0MB)
 *     efi: mem00: type=7, attr=0xf, range=[0x0-0x9f000) (0MB)              before 4.3: end exclusive
 *     efi:   0x000040000000-0x0000bbffffff [Conventional Memory|...]       arm64
 *
 * Both may be there: then e820 says what memory is, and EFI what boot services still use. Taken into
 * account where a log has them: RAMDISK, crashkernel reserved, "node N: [mem" of the early node
 * ranges, kernelcore=mirror and movable_node on the command line, and the kernel's version.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "input/map/layout_impl.h"

#define LINE_MAX_LOOK 4096 /* of a line; no such line is as long */
#define E820_MAX                                                                                   \
	16384 /* entries and, apart from them, changes; a kernel has room for a few thousand */

struct efi_type {
	const char *name;
	unsigned type;
};

/* Longer names before those that they begin with. */
static const struct efi_type efi_types[] = {
	{ "Reserved", 0 },     { "Loader Code", 1 },  { "Loader Data", 2 },
	{ "Boot Code", 3 },    { "Boot Data", 4 },    { "Runtime Code", 5 },
	{ "Runtime Data", 6 }, { "Conventional", 7 }, { "Unusable", 8 },
	{ "ACPI Reclaim", 9 }, { "ACPI Mem", 10 },    { "Memory Mapped I/O", 11 },
	{ "MMIO Port", 12 },   { "MMIO", 11 },        { "PAL Code", 13 },
	{ "Persistent", 14 },  { "Unaccepted", 15 },
};

struct text {
	struct layout *l;
	uint32_t line;
	struct layout_span whole;
	unsigned changes;
	bool e820_only; /* EFI lines only say what boot services use */
};

/* A line, cut to what can matter. */
static bool next_line(const char **at, const char *end, struct layout_span *line)
{
	if (!layout_line(at, end, line))
		return false;
	if (line->end - line->at > LINE_MAX_LOOK)
		line->end = line->at + LINE_MAX_LOOK;
	return true;
}

static int bad_line(struct text *t, const char *what)
{
	return layout_fail(t->l, t->line, what, t->whole.at, (size_t)(t->whole.end - t->whole.at),
			   NULL);
}

/* ---- which lines are meant --------------------------------------------------------------------- */

/* An entry of the map: @s is behind its name. @anew: such a list replaces the one before. */
static bool is_e820(struct layout_span *s, bool *anew)
{
	static const char *const replacing[] = { "user: [mem 0x", "modified: [mem 0x" };

	*anew = false;
	if (layout_after(s, "BIOS-e820: "))
		return true;
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

/* An entry of an EFI map: @s is behind "efi: memNN:", or at the address of arm64's form. */
static bool is_efi(struct layout_span *s)
{
	struct layout_span rest = *s;
	uint64_t value;

	if (!layout_after(&rest, "efi: "))
		return false;
	layout_blanks(&rest);
	if (layout_take(&rest, "mem")) {
		const char *from = rest.at;

		while (rest.at < rest.end && *rest.at >= '0' && *rest.at <= '9')
			rest.at++;
		if (rest.at == from || !layout_take(&rest, ":"))
			return false;
		*s = rest;
		return true;
	}
	*s = rest;
	return layout_take(&rest, "0x") && layout_hex(&rest, &value) && layout_take(&rest, "-0x");
}

enum layout_kind layout_text_kind(const char *text, size_t size)
{
	struct layout_span line;
	const char *at = text;
	bool efi = false, anew;

	while (next_line(&at, text + size, &line)) {
		struct layout_span s = line;

		if (is_e820(&s, &anew))
			return LAYOUT_E820;
		s = line;
		efi = efi || is_efi(&s);
	}
	return efi ? LAYOUT_EFI : LAYOUT_NONE;
}

/* ---- e820 -------------------------------------------------------------------------------------- */

/* "[mem 0xA-0xB]", end inclusive, or "A - B", end exclusive, perhaps in parentheses later. */
static bool take_range(struct layout_span *s, struct layout_range *r)
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
	*s = stop;
}

static int read_e820(struct text *t, struct layout_span s)
{
	struct layout_range r = { .nid = -1, .line = t->line };

	if (!take_range(&s, &r))
		return bad_line(t, "an e820 entry whose range cannot be read");
	take_type(&s, "\n", r.what);
	if (!*r.what)
		return bad_line(t, "an e820 entry without a type");
	if (t->l->map.n >= E820_MAX)
		return bad_line(t, "more than 16384 e820 entries");
	return layout_add(t->l, &t->l->map, &r);
}

/* What is of type @from in [base, end) becomes @to; NULL: it goes. */
static int change(struct text *t, const struct layout_range *r, const char *from, const char *to)
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

/* "update [mem A-B] FROM ==> TO", "remove [mem A-B] FROM"; @s is behind "e820: ". */
static int read_change(struct text *t, struct layout_span s)
{
	bool update = layout_take(&s, "update "), remove = !update && layout_take(&s, "remove ");
	struct layout_range r = { 0 };
	char from[24], to[24];

	layout_take(&s, "range: ");
	if ((!update && !remove) || s.at == s.end || (*s.at != '[' && *s.at != '0'))
		return 0; /* some other message of e820 */
	if (!take_range(&s, &r))
		return bad_line(t, "a change of the e820 map that cannot be read");
	take_type(&s, update ? "==>" : "\n", from);
	take_type(&s, "\n", to);
	if (update && !*to)
		return bad_line(t, "an update of the e820 map without a new type");
	if (t->changes++ >= E820_MAX || t->l->map.n >= E820_MAX)
		return bad_line(t, "more than 16384 changes of the e820 map");
	return change(t, &r, from, update ? to : NULL);
}

/* ---- EFI --------------------------------------------------------------------------------------- */

static bool has_attribute(struct layout_span s, const char *name)
{
	char text[8];
	struct layout_span rest;

	/* Columns have blanks around, or a closing bracket behind. */
	snprintf(text, sizeof(text), "|%s", name);
	while (layout_after(&s, text)) {
		rest = s;
		layout_blanks(&rest);
		if (rest.at < rest.end && (*rest.at == '|' || *rest.at == ']'))
			return true;
	}
	return false;
}

/* "[0xA-0xB]" inclusive, "[0xA-0xB)" exclusive, or "0xA-0xB" inclusive. */
static bool take_efi_range(struct layout_span s, struct layout_range *r)
{
	uint64_t base, last;
	struct layout_span rest = s;
	bool exclusive;

	if (layout_after(&rest, "range=["))
		s = rest;
	else if (layout_after(&rest, "[mem "))
		s = rest;
	layout_blanks(&s);
	if (!layout_hex(&s, &base) || !layout_take(&s, "-") || !layout_hex(&s, &last))
		return false;
	exclusive = s.at < s.end && *s.at == ')';
	if (last < base)
		return false;
	r->base = base;
	r->end = exclusive || last == UINT64_MAX ? last : last + 1;
	return true;
}

enum { EFI_UC = 1, EFI_WC = 2, EFI_WT = 4, EFI_WB = 8, EFI_MR = 0x10000, EFI_SP = 0x40000 };

static bool take_efi_type(struct layout_span s, unsigned *type, uint64_t *attributes, char what[24])
{
	struct layout_span rest = s;
	uint64_t number;

	if (layout_after(&rest, "type=")) {
		if (!layout_hex(&rest, &number) || number > 15 || !layout_after(&rest, "attr=") ||
		    !layout_hex(&rest, attributes))
			return false;
		*type = (unsigned)number;
		for (size_t i = 0; i < sizeof(efi_types) / sizeof(efi_types[0]); i++)
			if (efi_types[i].type == number)
				snprintf(what, 24, "%s", efi_types[i].name);
		return true;
	}
	for (size_t i = 0; i < sizeof(efi_types) / sizeof(efi_types[0]); i++) {
		char open[32];

		snprintf(open, sizeof(open), "[%s", efi_types[i].name);
		rest = s;
		if (!layout_after(&rest, open))
			continue;
		*type = efi_types[i].type;
		snprintf(what, 24, "%s", efi_types[i].name);
		*attributes = (has_attribute(rest, "WB") ? EFI_WB : 0) |
			      (has_attribute(rest, "WT") ? EFI_WT : 0) |
			      (has_attribute(rest, "WC") ? EFI_WC : 0) |
			      (has_attribute(rest, "MR") ? EFI_MR : 0) |
			      (has_attribute(rest, "SP") ? EFI_SP : 0);
		return true;
	}
	return false;
}

static bool efi_is_usable(unsigned type, uint64_t attributes)
{
	if (!(attributes & EFI_WB) || attributes & EFI_SP)
		return false;
	return (type >= 1 && type <= 4) || type == 7 || type == 9 || type == 14;
}

/* As generic EFI start-up does: what is cached is memory, and what is not free of use stays unmapped. */
static int read_efi(struct text *t, struct layout_span s)
{
	struct layout_range r = { .nid = -1, .line = t->line };
	uint64_t attributes = 0;
	unsigned type = 0;
	int code = 0;

	if (!take_efi_range(s, &r))
		return bad_line(t, "an EFI entry whose range cannot be read");
	if (!take_efi_type(s, &type, &attributes, r.what))
		return bad_line(t, "an EFI entry whose type cannot be read");
	if (t->e820_only) {
		if (type == 3 || type == 4)
			code = layout_add(t->l, &t->l->reserved, &r);
		return code;
	}
	if (!(attributes & (EFI_WB | EFI_WT | EFI_WC)))
		return 0;
	r.flags = efi_is_usable(type, attributes) ? 0 : MB_NOMAP;
	if (attributes & EFI_MR)
		r.flags |= MB_MIRROR;
	code = layout_add(t->l, &t->l->memory, &r);
	r.flags = 0;
	if (!code && type == 9)
		code = layout_add(t->l, &t->l->reserved, &r);
	return code;
}

/* ---- what else a log tells --------------------------------------------------------------------- */

static void read_version(struct text *t, struct layout_span s)
{
	unsigned major = 0, minor = 0;
	const char *end = s.at;

	t->l->kernel = s.at;
	t->l->kernel_size = (size_t)(s.end - s.at) < 160 ? (size_t)(s.end - s.at) : 160;
	while (end < s.end && *end >= '0' && *end <= '9' && major < 1000)
		major = major * 10 + (unsigned)(*end++ - '0');
	if (end < s.end && *end == '.')
		end++;
	while (end < s.end && *end >= '0' && *end <= '9' && minor < 1000)
		minor = minor * 10 + (unsigned)(*end++ - '0');
	if (!major)
		return;
	major = major * 1000 + minor;
	t->l->profile = mb_profile_find(major < 6008 ? "6.1" : major < 6016 ? "6.12" : "new");
}

/* "node   N: [mem A-B]" of "Early memory node ranges". */
static int read_node(struct text *t, struct layout_span s)
{
	struct layout_range r = { .line = t->line };
	unsigned node = 0;
	const char *from;

	layout_blanks(&s);
	from = s.at;
	while (s.at < s.end && *s.at >= '0' && *s.at <= '9' && node < 100000)
		node = node * 10 + (unsigned)(*s.at++ - '0');
	if (s.at == from || !layout_take(&s, ":") || node > 1023 || !take_range(&s, &r))
		return 0;
	r.nid = (int)node;
	snprintf(r.what, sizeof(r.what), "node");
	return layout_add(t->l, &t->l->nodes, &r);
}

static int read_other(struct text *t, struct layout_span line)
{
	struct layout_range r = { .nid = -1, .line = t->line };
	struct layout_span s = line;
	uint64_t last;

	if (!t->l->kernel && layout_after(&s, "Linux version "))
		read_version(t, s);
	s = line;
	if (layout_after(&s, "ommand line: ")) {
		struct layout_span word = s;

		t->l->mirror = t->l->mirror || layout_after(&word, "kernelcore=mirror");
		word = s;
		t->l->movable_node = t->l->movable_node || layout_after(&word, "movable_node");
		return 0;
	}
	s = line;
	if (layout_after(&s, "RAMDISK: [mem ")) {
		s.at -= 5;
		snprintf(r.what, sizeof(r.what), "initrd");
		return take_range(&s, &r) ? layout_add(t->l, &t->l->reserved, &r) : 0;
	}
	s = line;
	if (layout_after(&s, "crashkernel reserved: ") && layout_hex(&s, &r.base) &&
	    layout_take(&s, " - ") && layout_hex(&s, &last)) {
		r.end = last;
		snprintf(r.what, sizeof(r.what), "crash kernel");
		return layout_add(t->l, &t->l->reserved, &r);
	}
	s = line;
	return layout_after(&s, " node ") ? read_node(t, s) : 0;
}

/* ---- all of it --------------------------------------------------------------------------------- */

/* The entries of the map that a kernel adds, in its order: sorted. */
static int take_usable(struct layout *l)
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

int layout_text_read(struct layout *l, const char *text, size_t size)
{
	struct text t = { .l = l, .e820_only = l->kind == LAYOUT_E820 };
	struct layout_span line, s;
	bool replaced = false, anew;
	const char *at = text;
	int code = 0;

	while (!code && next_line(&at, text + size, &line)) {
		l->lines++;
		t.line = (uint32_t)l->lines;
		t.whole = line;
		s = line;
		if (is_e820(&s, &anew)) {
			if (anew && !replaced)
				l->map.n = 0;
			replaced = replaced || anew;
			code = anew || !replaced ? read_e820(&t, s) : 0;
			continue;
		}
		s = line;
		if (layout_after(&s, "e820: ") || layout_after(&s, "e820 ")) {
			code = read_change(&t, s);
			continue;
		}
		s = line;
		code = is_efi(&s) ? read_efi(&t, s) : read_other(&t, line);
	}
	if (!code && l->kind == LAYOUT_E820)
		code = take_usable(l);
	return code;
}
