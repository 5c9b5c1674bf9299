/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_efi.c - the memory map of EFI, as kernels print it.
 *
 *     efi: mem00: [Conventional Memory|...|WB|WT|WC|UC] range=[0x0-0x9efff] (0MB)
 *     efi: mem00: type=7, attr=0xf, range=[0x0-0x9f000) (0MB)              before 4.3: end exclusive
 *     efi:   0x000040000000-0x0000bbffffff [Conventional Memory|...]       arm64
 *
 * Where a log has an e820 map as well, that one says what memory is, and EFI what boot services still use.
 */
#include <stdio.h>
#include <string.h>

#include "input/map/layout_impl.h"

bool layout_is_efi(struct layout_span *s)
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
int layout_read_efi(struct layout_log *t, struct layout_span s)
{
	struct layout_range r = { .nid = -1, .line = t->line };
	uint64_t attributes = 0;
	unsigned type = 0;
	int code = 0;

	if (!take_efi_range(s, &r))
		return layout_bad_line(t, "an EFI entry whose range cannot be read");
	if (!take_efi_type(s, &type, &attributes, r.what))
		return layout_bad_line(t, "an EFI entry whose type cannot be read");
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
