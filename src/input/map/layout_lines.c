/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_lines.c - a kernel's log, or a part of one, that has a firmware's memory map and no memblock lines.
 *
 *     BIOS-e820: [mem ...] usable        layout_e820.c
 *     efi: mem00: [...] range=[...]      layout_efi.c
 *
 * Both may be there: then e820 says what memory is. Taken into account where a log has them: RAMDISK,
 * crashkernel reserved, "node N: [mem" of the early node ranges, kernelcore=mirror and movable_node on
 * the command line, and the kernel's version.
 */
#include <stdio.h>
#include <string.h>

#include "input/map/layout_impl.h"

#define LINE_MAX_LOOK 4096 /* of a line; no such line is as long */

/* A line, cut to what can matter. */
static bool next_line(const char **at, const char *end, struct layout_span *line)
{
	if (!layout_line(at, end, line))
		return false;
	if (line->end - line->at > LINE_MAX_LOOK)
		line->end = line->at + LINE_MAX_LOOK;
	return true;
}

enum layout_kind layout_log_kind(const char *text, size_t size)
{
	struct layout_span line;
	const char *at = text;
	bool efi = false, anew;

	while (next_line(&at, text + size, &line)) {
		struct layout_span s = line;

		if (layout_is_e820(&s, &anew))
			return LAYOUT_E820;
		s = line;
		efi = efi || layout_is_efi(&s);
	}
	return efi ? LAYOUT_EFI : LAYOUT_NONE;
}

static void read_version(struct layout_log *t, struct layout_span s)
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
static int read_node(struct layout_log *t, struct layout_span s)
{
	struct layout_range r = { .line = t->line };
	unsigned node = 0;
	const char *from;

	layout_blanks(&s);
	from = s.at;
	while (s.at < s.end && *s.at >= '0' && *s.at <= '9' && node < 100000)
		node = node * 10 + (unsigned)(*s.at++ - '0');
	if (s.at == from || !layout_take(&s, ":") || node > 1023 || !layout_take_range(&s, &r))
		return 0;
	r.nid = (int)node;
	snprintf(r.what, sizeof(r.what), "node");
	return layout_add(t->l, &t->l->nodes, &r);
}

static int read_other(struct layout_log *t, struct layout_span line)
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
		return layout_take_range(&s, &r) ? layout_add(t->l, &t->l->reserved, &r) : 0;
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

int layout_log_read(struct layout *l, const char *text, size_t size)
{
	struct layout_log t = { .l = l, .e820_only = l->kind == LAYOUT_E820 };
	struct layout_span line, s;
	bool replaced = false, anew;
	const char *at = text;
	int code = 0;

	while (!code && next_line(&at, text + size, &line)) {
		l->lines++;
		t.line = (uint32_t)l->lines;
		t.whole = line;
		s = line;
		if (layout_is_e820(&s, &anew)) {
			if (anew && !replaced)
				l->map.n = 0;
			replaced = replaced || anew;
			code = anew || !replaced ? layout_read_e820(&t, s) : 0;
			continue;
		}
		s = line;
		if (layout_after(&s, "e820: ") || layout_after(&s, "e820 ")) {
			code = layout_change_e820(&t, s);
			continue;
		}
		s = line;
		code = layout_is_efi(&s) ? layout_read_efi(&t, s) : read_other(&t, line);
	}
	if (!code && l->kind == LAYOUT_E820)
		code = layout_take_usable(l);
	return code;
}
