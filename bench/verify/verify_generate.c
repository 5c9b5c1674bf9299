/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_generate.c - random machines, and random operations that are worth trying.
 *
 * A seed makes one sequence: a machine (a table of few, because the kernel's own code has to be built
 * for each), a part of the address space of so many units, a shape and a length. Uniformly random
 * ranges would mostly miss each other, so
 *
 *     half of all bounds are on a grid of few units          regions touch, merge and split
 *     a third are edges of regions that exist, or a byte off cuts that hit, zero-sized gaps
 *     the rest are odd bytes, zero sizes, ends of the address space
 *
 * and shapes differ in what they do most. Some states need preparation: hundreds of regions, an array
 * with one free slot. The first `fill` operations see to that; they are part of the sequence, and
 * shrink with it.
 */
#include "verify/verify_impl.h"

#include <stdio.h>
#include <string.h>

enum shape { MIXED, BUILD, FULL, ALLOCATE, ATTRIBUTES, LATE, SHAPES };

static const unsigned short weights[MB_OP_KINDS][SHAPES] = {
#define UNPACK(...)                                                                                \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define NEVER (0)
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, tried, ...)           \
	[MB_OP_##id] = UNPACK tried,
#include <memblock/operations.def>
};

/* What a kernel is compiled for, and what is on its command line. */
static const struct mb_machine machines[] = {
	{ .memory_slots = 128, .reserved_slots = 128 },
	{ .memory_slots = 8,
	  .reserved_slots = 8,
	  .kernelcore_mirror = true,
	  .max_low_pfn = 1 << 20 }, /* 4 GiB */
	{ .memory_slots = 16,
	  .reserved_slots = 16,
	  .cache_line = 32,
	  .max_numnodes = 16,
	  .max_low_pfn = 16,
	  .movable_node = true },
	{ .addr_bits = 32, .no_numa = true },
	{ .page_size = 65536,
	  .memory_slots = 16,
	  .reserved_slots = 16,
	  .cache_line = 128,
	  .max_numnodes = 256,
	  .physmem = true,
	  .keep_memblock = true },
	{ .addr_bits = 32,
	  .page_size = 16384,
	  .memory_slots = 8,
	  .reserved_slots = 16,
	  .max_numnodes = 4,
	  .max_low_pfn = 1 << 16, /* 1 GiB, and no matter */
	  .highmem = true,
	  .movable_node = true,
	  .kernelcore_mirror = true },
};

#define MACHINES (sizeof(machines) / sizeof(machines[0]))

/* ---- numbers ----------------------------------------------------------------------------------- */

static uint64_t random64(struct verify_generator *g)
{
	uint64_t x = g->random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t below(struct verify_generator *g, uint64_t n)
{
	return random64(g) % n;
}

static bool one_in(struct verify_generator *g, unsigned n)
{
	return !below(g, n);
}

static uint64_t address_max(const struct verify_generator *g)
{
	return g->machine.addr_bits == 32 ? UINT32_MAX :
	       sizeof(long) < 8		  ? (1ULL << 36) - 1 : /* page numbers of kernels of 32 bits */
					    UINT64_MAX;
}

static uint64_t page_size(const struct verify_generator *g)
{
	return g->machine.page_size ? g->machine.page_size : 4096;
}

static int max_numnodes(const struct verify_generator *g)
{
	return g->machine.no_numa      ? 1 :
	       g->machine.max_numnodes ? (int)g->machine.max_numnodes :
					 1024;
}

/* A mixture ("6.12+") counts as what it comes after; but its reservations can be told apart. */
static bool is_profile(const struct verify_generator *g, const char *name)
{
	const struct mb_profile *profile = g->machine.profile;

	if (profile->alloc_sets_rsrv_kern)
		return !strcmp(name, "new");
	return !strncmp(profile->name, name, strcspn(profile->name, "+")) &&
	       strlen(name) == strcspn(profile->name, "+");
}

/* ---- a sequence -------------------------------------------------------------------------------- */

/* The part of the address space: near 0, around 4 GiB, somewhere, or up to the very end. */
static void choose_space(struct verify_generator *g)
{
	static const unsigned sizes[] = { 24, 64, 256, 1024 };
	uint64_t page = page_size(g), span;
	bool self = g->machine.metadata == MB_METADATA_SELF;

	g->units = sizes[below(g, 4)];
	g->unit = one_in(g, 4) ? page / 4 : one_in(g, 3) ? page * 16 : page;
	if (g->shape == FULL || g->shape == BUILD)
		g->units = 1024;
	span = g->unit * g->units;
	switch (below(g, 5)) {
	case 0:
		g->start = 0;
		break;
	case 1:
		g->start = (1ULL << 32) - span / 2 / page * page;
		break;
	case 2:
		g->start = page * (1 + below(g, 1024));
		break;
	case 3: /* arrays must be where they can be mapped */
		g->start = self ? 1ULL << 39 : 1ULL << 46;
		break;
	default:
		g->start = self ? 1ULL << 30 : address_max(g) - span + 1;
	}
	if (g->start > address_max(g) - span + 1)
		g->start = address_max(g) - span + 1;
}

void verify_generator_start(struct verify_generator *g, uint64_t seed,
			    const struct mb_profile *profile, int metadata)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };

	memset(g, 0, sizeof(*g));
	g->random = seed * 0xd1342543de82ef95ULL + 1;
	g->config = (int)below(g, MACHINES);
	g->machine = machines[g->config];
	g->machine.profile = mb_profile_find(profiles[below(g, 3)]);
	g->machine.metadata = one_in(g, 3) ? MB_METADATA_SELF : MB_METADATA_HOST;
	if (profile)
		g->machine.profile = profile;
	if (metadata >= 0)
		g->machine.metadata = (enum mb_metadata)metadata;
	g->shape = (int)below(g, SHAPES);
	g->nodes = g->machine.no_numa ? 1 : 1 + (unsigned)below(g, 4);
	choose_space(g);
	g->length = 40 + (unsigned)below(g, g->units < 100 ? 400 : 800);
	g->resize = g->shape == FULL ? one_in(g, 2) : !one_in(g, 8);
	if (g->shape == BUILD)
		g->fill = 40 + (unsigned)below(g, 300);
	if (g->shape == FULL) {
		unsigned slots = g->machine.reserved_slots ? g->machine.reserved_slots : 128;

		g->fill = slots - (unsigned)below(g, slots / 8 + 2);
	}
	g->length += g->fill;
	g->debug = one_in(g, 6);
}

/* ---- ranges and addresses ---------------------------------------------------------------------- */

static uint64_t grid(const struct verify_generator *g, uint64_t unit)
{
	uint64_t at = g->start + unit * g->unit;

	return at - 1 >= address_max(g) ? address_max(g) : at; /* one past the end wraps to 0 */
}

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

/* A node to ask for. Kernel 6.1 warns about MAX_NUMNODES once and never again. */
static int wanted_node(struct verify_generator *g)
{
	switch (below(g, 8)) {
	case 0:
	case 1:
	case 2:
		return MB_NUMA_NO_NODE;
	case 3:
		return is_profile(g, "6.1") ? MB_NUMA_NO_NODE : max_numnodes(g);
	case 4:
		return is_profile(g, "6.1") ? 0 : max_numnodes(g) + 7;
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

/* A name behind its colon: 15 bytes at most, not only blanks; a colon may be part of it. */
static void spell_name(struct verify_generator *g, char *text, size_t size, bool odd)
{
	static const char *const formats[] = { ":n%u",  ": n%u", ":n%014u", ":n%015u",
					       ":n%u:", ":",     ": \t ",   "" };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, formats[odd ? below(g, 8) : 0], (unsigned)below(g, 10));
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

/* ---- operations -------------------------------------------------------------------------------- */

static enum mb_op_kind pick(struct verify_generator *g)
{
	unsigned sum = 0, at, kind;

	for (kind = 0; kind < MB_OP_KINDS; kind++)
		sum += weights[kind][g->shape];
	at = (unsigned)below(g, sum);
	for (kind = 0; at >= weights[kind][g->shape]; kind++)
		at -= weights[kind][g->shape];
	return kind;
}

/* Regions with gaps between them, in both collections, on nodes that alternate. */
static void fill(struct verify_generator *g, struct mb_op *op)
{
	uint64_t n = g->step;

	op->kind = g->shape == BUILD && one_in(g, 2) ? MB_OP_ADD_NODE : MB_OP_RESERVE;
	op->base = grid(g, 1 + n * 2 % (g->units - 2));
	if (op->kind == MB_OP_ADD_NODE)
		op->nid = (int)(n % g->nodes);
	op->size = g->unit;
	if (g->step + 1 == g->fill && one_in(g, 2)) {
		op->kind = MB_OP_ADD;
		op->base = g->start;
		op->size = g->units * g->unit;
	}
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
		op->align = one_in(g, 48) ? 0 : 1ULL << below(g, one_in(g, 6) ? 28 : 16);
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
		op->value = below(g, g->units) * g->unit + (one_in(g, 4) ? below(g, g->unit) : 0);
		break;
	}
}

/* The argument that the letter stands for in operations.def. */
static void draw(struct verify_generator *g, const struct verify_lab *lab, char letter,
		 struct mb_op *op)
{
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
	case 'w':
		op->which = one_in(g, 3) ? MB_RESERVED : MB_MEMORY;
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

/* Calls that this kernel has, and that are worth their time. */
static bool is_known(const struct verify_generator *g, enum mb_op_kind kind)
{
	enum { ALL, SINCE_6_12, UNTIL_6_12, NEW, PHYSMEM };
	static const unsigned char kernels[MB_OP_KINDS] = {
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, ...)                  \
	[MB_OP_##id] = kernels,
#include <memblock/operations.def>
	};

	switch (kernels[kind]) {
	case SINCE_6_12:
		return !is_profile(g, "6.1");
	case UNTIL_6_12:
		return !is_profile(g, "new");
	case NEW:
		return is_profile(g, "new");
	case PHYSMEM:
		return g->machine.physmem;
	default:
		return true;
	}
}

bool verify_generate(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	const char *letter;

	*op = (struct mb_op){ 0 };
	if (g->step == g->length)
		return false;
	if (g->debug) {
		g->debug = false;
		op->kind = MB_OP_DEBUG;
		op->value = 1;
		return true;
	}
	if (g->resize) {
		g->resize = false;
		op->kind = MB_OP_ALLOW_RESIZE;
		return true;
	}
	if (g->step < g->fill) {
		fill(g, op);
		g->step++;
		return true;
	}
	g->step++;
	for (;;) {
		*op = (struct mb_op){ .kind = pick(g) };
		if (!is_known(g, op->kind))
			continue;
		for (letter = mb_operations[op->kind].arguments; *letter; letter++)
			draw(g, lab, *letter, op);
		if (op->kind == MB_OP_FREE_POINTER)
			op->size = (size_t)op->size; /* as its kernel's argument */
		/* What a kernel does not survive is rarely tried, lest most sequences end there. */
		if ((op->kind == MB_OP_FREE || op->kind == MB_OP_FREE_POINTER) &&
		    verify_meets_array(lab, op->base, op->size) && !one_in(g, 256))
			continue;
		return true;
	}
}
