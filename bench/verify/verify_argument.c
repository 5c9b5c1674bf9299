/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_argument.c - what an operation is called with, by the letters of its arguments in operations.def.
 *
 * Uniformly random ranges would mostly miss each other, so
 *
 *     half of all bounds are on a grid of few units          regions touch, merge and split
 *     a third are edges of regions that exist, or a byte off cuts that hit, zero-sized gaps
 *     the rest are odd bytes, zero sizes, ends of the address space
 *
 * And now and then an argument is at its boundary, whatever it is for: the least and the largest number that
 * its row allows and the machine's addresses hold, and their neighbours.
 */
#include "verify/verify_draw_impl.h"

#include <stdio.h>

/* ---- ranges and addresses ---------------------------------------------------------------------- */

static uint64_t grid_address(struct verify_generator *g)
{
	uint64_t unit = below(g, g->units + 1);

	return !unit ? g->start : grid(g, unit);
}

/* An edge of a region that is there, perhaps one byte off. */
static bool edge(struct verify_generator *g, const struct verify_lab *lab, uint64_t *at)
{
	unsigned w = (unsigned)below(g, one_in(g, 8) ? 3 : 2);
	const struct mb_region *r;

	if (!lab->cnt[w])
		return false;
	r = &lab->regions[w][below(g, lab->cnt[w])];
	*at = one_in(g, 2) ? r->base : r->base + r->size;
	if (one_in(g, 12))
		*at += one_in(g, 2) ? 1 : UINT64_MAX;
	*at &= address_max(g);
	return true;
}

static uint64_t address(struct verify_generator *g, const struct verify_lab *lab)
{
	uint64_t at;

	switch (below(g, 16)) {
	case 0:
		return grid_address(g) + below(g, g->unit) <= address_max(g) ?
			       g->start + below(g, g->units * g->unit) :
			       g->start;
	case 1:
		return one_in(g, 4) ? (one_in(g, 2) ? 0 : address_max(g) - below(g, 3)) : g->start;
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
		if (edge(g, lab, &at))
			return at;
		/* fall through */
	default:
		return grid_address(g);
	}
}

/* A size for the range at op->base, which may become its end. */
static void extend(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	uint64_t end, max = address_max(g);

	switch (below(g, 16)) {
	case 0:
		op->size = one_in(g, 3) ? 0 : 1 + below(g, g->unit * 3);
		break;
	case 1:
		op->size = one_in(g, 4) ? max : below(g, g->units) * g->unit;
		break;
	case 2:
	case 3:
	case 4:
		end = address(g, lab);
		if (end < op->base) {
			op->size = op->base - end;
			op->base = end;
		} else {
			op->size = end - op->base;
		}
		if (op->size > g->unit * 64 && !one_in(g, 8))
			op->size = g->unit * (1 + below(g, 16));
		break;
	default:
		op->size = g->unit * (1 + below(g, one_in(g, 4) ? 24 : 4));
	}
}

/* ---- nodes, flags, bounds ---------------------------------------------------------------------- */

/* A node to store. */
static int node(struct verify_generator *g)
{
	switch (below(g, 12)) {
	case 0:
		return MB_NUMA_NO_NODE;
	case 1:
		return max_numnodes(g);
	default:
		return (int)below(g, g->nodes);
	}
}

/* A node to ask for. */
static int wanted_node(struct verify_generator *g)
{
	switch (below(g, 8)) {
	case 0:
	case 1:
	case 2:
		return MB_NUMA_NO_NODE;
	case 3:
		return max_numnodes(g);
	case 4:
		return max_numnodes(g) + 7;
	default:
		return (int)below(g, g->nodes + 1u);
	}
}

static uint32_t flag_to_mark(struct verify_generator *g, bool mark)
{
	static const uint32_t flags[] = { MB_HOTPLUG,     MB_NOMAP,     MB_MIRROR,
					  MB_RSRV_NOINIT, MB_RSRV_KERN, MB_KHO_SCRATCH };
	uint32_t flag = flags[below(g, mark ? 6 : 2)];

	if (!mark && is_profile(g, "new") && one_in(g, 3))
		flag = MB_KHO_SCRATCH;
	if ((flag == MB_RSRV_NOINIT && is_profile(g, "6.1")) ||
	    (flag & (MB_RSRV_KERN | MB_KHO_SCRATCH) && !is_profile(g, "new")))
		flag = MB_NOMAP; /* of later kernels */
	return flag;
}

static uint32_t flags_to_reserve(struct verify_generator *g)
{
	if (is_profile(g, "6.1") || one_in(g, 3))
		return MB_NONE;
	if (is_profile(g, "6.12"))
		return MB_RSRV_NOINIT;
	return (MB_RSRV_KERN | MB_RSRV_NOINIT | MB_RSRV_HUGETLB) & (uint32_t)random64(g);
}

/* Flags of a request, which need not be any that memory can have. */
static uint32_t flags_to_ask(struct verify_generator *g)
{
	const uint32_t all = MB_HOTPLUG | MB_MIRROR | MB_NOMAP | MB_DRIVER_MANAGED | MB_KHO_SCRATCH;

	if (one_in(g, 2))
		return MB_NONE;
	return one_in(g, 2) ? 1u << below(g, 8) : all & (uint32_t)random64(g);
}

/* The size of an allocation. */
static uint64_t wanted_size(struct verify_generator *g)
{
	switch (below(g, 8)) {
	case 0:
		return one_in(g, 6) ? 0 : 1 + below(g, page_size(g));
	case 1:
		return one_in(g, 8) ? random64(g) >> below(g, 40) & address_max(g) :
				      below(g, g->units) * g->unit;
	default:
		return g->unit * (1 + below(g, 12));
	}
}

static uint64_t wanted_end(struct verify_generator *g, const struct verify_lab *lab)
{
	uint64_t end = MB_ALLOC_ACCESSIBLE;

	switch (below(g, 6)) {
	case 0:
		end = MB_ALLOC_ANYWHERE;
		break;
	case 1:
		end = MB_ALLOC_NOLEAKTRACE;
		break;
	case 2:
		end = address(g, lab);
		break;
	}
	return end > address_max(g) ? address_max(g) : end;
}

/* ---- reserve_mem= ------------------------------------------------------------------------------ */

/*
 * A number as people may spell it: in other bases, with suffixes; and as they should not: without digits,
 * with a blank, a sign, two suffixes, more digits than 64 bits, 8 in an octal number, B as a suffix.
 */
static int spell_number(struct verify_generator *g, char *text, size_t size, uint64_t n)
{
	static const char *const formats[] = { "%llu",  "0x%llx", "0X%llX", "0%llo",   "0x1%016llx",
					       "%llu ", " %llu",  "+%llu",  "-%llu",   "%lluB",
					       "",      "m",      "0x",     "08%llukK" };
	static const char *const kibibytes[] = { "%lluK", "0x%llxk" };
	unsigned i = (unsigned)below(g, 16);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return i < 14 ? snprintf(text, size, formats[i], (unsigned long long)n) :
			snprintf(text, size, kibibytes[i - 14], (unsigned long long)n / 1024);
#pragma GCC diagnostic pop
}

/* A name behind its colon: 15 bytes at most, not only blanks, of which one has eight bits; a colon may be part of it. */
static void spell_name(struct verify_generator *g, char *text, size_t size, bool odd)
{
	static const char *const formats[] = { ":n%u",  ": n%u", ":n%014u",  ":n%015u",
					       ":n%u:", ":",     ":\xa0\t ", "" };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, formats[odd ? below(g, 8) : 0],
		 (unsigned)below(g, one_in(g, 2) ? 10 : 40));
#pragma GCC diagnostic pop
}

/* Half of the parameters are as they should be, the others are spelled oddly. @name: only the name. */
static const char *parameter(struct verify_generator *g, bool name)
{
	bool odd = one_in(g, 2);
	uint64_t size = g->unit * (1 + below(g, 4)), align = one_in(g, 2) ? 0 : page_size(g);
	unsigned n = g->text_count[name]++;
	char *text = g->texts[name][n % VERIFY_TEXTS], *at = text, *end = text + VERIFY_TEXT;

	if (n >= VERIFY_TEXTS) /* one of those before */
		return name && *text == ':' ? text + 1 : text;
	if (name) {
		spell_name(g, text, VERIFY_TEXT, odd);
		return *text ? text + 1 : text;
	}
	if (odd && !one_in(g, 3))
		at += spell_number(g, at, (size_t)(end - at), size);
	else
		at += snprintf(at, (size_t)(end - at), "%llu", (unsigned long long)size);
	*at++ = ':';
	if (odd && one_in(g, 3))
		at += spell_number(g, at, (size_t)(end - at), align);
	else
		at += snprintf(at, (size_t)(end - at), "%llu", (unsigned long long)align);
	spell_name(g, at, (size_t)(end - at), odd);
	return text;
}

/* Where an address or a size is wanted. */
static void draw_place(struct verify_generator *g, const struct verify_lab *lab, char letter,
		       struct mb_op *op)
{
	uint64_t page = page_size(g);

	switch (letter) {
	case 'b':
		op->base = address(g, lab);
		break;
	case 's':
		extend(g, lab, op);
		break;
	case 'z':
		op->size = wanted_size(g);
		break;
	case 'h':
		op->size = page << below(g, 6);
		break;
	case 'a':
		op->align = one_in(g, 48) ? 0 :
					    1ULL << below(g, one_in(g, 6) ? address_bits(g) : 16);
		if (one_in(g, 2))
			op->align = page;
		break;
	case 'p':
		op->align = page << below(g, 4);
		break;
	case 'l':
		if (!one_in(g, 3))
			op->lo = one_in(g, 2) ? 0 : address(g, lab);
		break;
	case 'u':
		op->hi = wanted_end(g, lab);
		break;
	case 'k':
		op->hi = one_in(g, 2) ? address_max(g) : address(g, lab);
		break;
	case 'm':
		if (!one_in(g, 16))
			op->value = below(g, g->units) * g->unit +
				    (one_in(g, 4) ? below(g, g->unit) : 0);
		break;
	}
}

/* A number at the end of what it may be. */
static uint64_t boundary(struct verify_generator *g, uint64_t max)
{
	switch (below(g, 5)) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return max - 1;
	case 3:
		return (max >> 1) + 1; /* the topmost bit */
	default:
		return 1;
	}
}

static int boundary_node(struct verify_generator *g)
{
	const int nodes[] = { INT32_MIN,           -2,
			      MB_NUMA_NO_NODE,     0,
			      max_numnodes(g) - 1, max_numnodes(g),
			      max_numnodes(g) + 1, INT32_MAX };

	return nodes[below(g, sizeof(nodes) / sizeof(nodes[0]))];
}

/* The argument at one of its boundaries, by its row. False: it has none, or they cost too much time. */
static bool draw_boundary(struct verify_generator *g, char letter, struct mb_op *op)
{
	const struct mb_argument *a = mb_argument_of(letter);
	uint64_t max = a->max < address_max(g) ? a->max : address_max(g), value;
	char *field = (char *)op + a->offset;

	switch (a->form) {
	case MB_FORM_HEX:
	case MB_FORM_DECIMAL:
	case MB_FORM_BOUND:
	case MB_FORM_LIMIT:
		value = boundary(g, max);
		if (letter == 'c' && value > 1 && !one_in(g, 64))
			return false;
		if (letter == 'h') /* a size of pages */
			value &= -value;
		break;
	case MB_FORM_ALIGN:
		value = boundary(g, max);
		value &= -value;
		break;
	case MB_FORM_NODE:
		op->nid = boundary_node(g);
		return true;
	case MB_FORM_FLAGS:
		op->flags = (uint32_t)boundary(g, a->max);
		return true;
	default:
		return false;
	}
	memcpy(field, &value, sizeof(value));
	return true;
}

void verify_draw(struct verify_generator *g, const struct verify_lab *lab, char letter,
		 struct mb_op *op)
{
	if (one_in(g, 40) && draw_boundary(g, letter, op))
		return;
	switch (letter) {
	case 'n':
		op->nid = node(g);
		break;
	case 'q':
		op->nid = wanted_node(g);
		break;
	case 'f':
		op->flags =
			one_in(g, 4) ? (MB_HOTPLUG | MB_DRIVER_MANAGED) & (uint32_t)random64(g) : 0;
		break;
	case 'r':
		op->flags = flags_to_reserve(g);
		if (is_profile(g, "new") && one_in(g, 6)) { /* mb_reserve_kern() */
			op->nid = MB_NUMA_NO_NODE;
			op->flags = MB_RSRV_KERN;
		}
		break;
	case 'i':
	case 'j':
		op->flags = flag_to_mark(g, letter == 'i');
		break;
	case 'd':
		op->flags = flags_to_ask(g);
		break;
	case 'w':
		op->which = one_in(g, 3) ? MB_RESERVED : MB_MEMORY;
		if (g->machine.physmem && one_in(g, 8))
			op->which = MB_PHYSMEM;
		break;
	case 'x':
		op->value = one_in(g, 3);
		break;
	case 'o':
		op->value = one_in(g, 2);
		break;
	case 'c':
		op->value = 1 + below(g, 8);
		break;
	case 't':
	case 'y':
		op->text = parameter(g, letter == 'y');
		break;
	default:
		draw_place(g, lab, letter, op);
	}
}
