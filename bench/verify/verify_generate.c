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

#include <string.h>

enum shape { MIXED, BUILD, FULL, ALLOCATE, ATTRIBUTES, LATE, SHAPES };

static const struct weight {
	enum mb_op_kind kind;
	unsigned char of[SHAPES];
} weights[] = {
	{ MB_OP_ADD, { 20, 40, 10, 8, 10, 10 } },
	{ MB_OP_ADD_NODE, { 30, 60, 16, 12, 16, 16 } },
	{ MB_OP_REMOVE, { 16, 14, 12, 4, 8, 6 } },
	{ MB_OP_PHYSMEM_ADD, { 4, 4, 4, 1, 1, 2 } },
	{ MB_OP_RESERVE, { 40, 60, 30, 16, 20, 20 } },
	{ MB_OP_RESERVE_NODE, { 10, 16, 8, 4, 12, 8 } },
	{ MB_OP_FREE, { 36, 24, 24, 24, 10, 20 } },
	{ MB_OP_FREE_LATE, { 1, 1, 1, 1, 1, 8 } },
	{ MB_OP_PHYS_ALLOC_RANGE, { 16, 10, 8, 40, 6, 14 } },
	{ MB_OP_ALLOC, { 16, 10, 8, 40, 6, 14 } },
	{ MB_OP_ALLOC_RAW, { 14, 8, 6, 30, 4, 10 } },
	{ MB_OP_ALLOC_EXACT, { 14, 8, 6, 30, 4, 10 } },
	{ MB_OP_ALLOC_CORE, { 20, 10, 8, 40, 6, 14 } },
	{ MB_OP_ALLOC_HUGETLB, { 6, 2, 2, 10, 4, 4 } },
	{ MB_OP_SET_NODE, { 14, 10, 10, 6, 40, 8 } },
	{ MB_OP_STAMP_NODE, { 1, 1, 1, 0, 4, 1 } },
	{ MB_OP_MARK, { 16, 8, 10, 8, 60, 10 } },
	{ MB_OP_CLEAR, { 12, 6, 8, 4, 40, 8 } },
	{ MB_OP_TRIM, { 1, 1, 1, 0, 1, 1 } },
	{ MB_OP_ENFORCE_LIMIT, { 1, 0, 1, 0, 0, 1 } },
	{ MB_OP_CAP_RANGE, { 1, 0, 1, 0, 1, 1 } },
	{ MB_OP_REMOVE_MAP, { 1, 0, 1, 0, 0, 1 } },
	{ MB_OP_SET_LIMIT, { 4, 1, 2, 8, 1, 2 } },
	{ MB_OP_SET_BOTTOM_UP, { 6, 2, 3, 10, 2, 4 } },
	{ MB_OP_ALLOW_RESIZE, { 1, 1, 1, 1, 1, 1 } },
	{ MB_OP_SCRATCH_ONLY, { 2, 0, 0, 4, 2, 1 } },
	{ MB_OP_SLAB, { 0, 0, 0, 0, 0, 4 } },
	{ MB_OP_DEBUG, { 1, 1, 1, 1, 1, 1 } },
	{ MB_OP_RESERVE_MEM, { 4, 1, 2, 8, 1, 6 } },
	{ MB_OP_RELEASE_MEM, { 1, 0, 0, 2, 0, 3 } },
	{ MB_OP_FREE_ALL, { 0, 0, 0, 0, 0, 6 } },
	{ MB_OP_DISCARD, { 0, 0, 0, 0, 0, 1 } },
};

#define WEIGHTS (sizeof(weights) / sizeof(weights[0]))

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
	return g->machine.addr_bits == 32 ? UINT32_MAX : UINT64_MAX;
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
	if (g->machine.addr_bits == 32 && g->start + span - 1 > UINT32_MAX)
		g->start = UINT32_MAX - span + 1;
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

static void range(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	uint64_t end, max = address_max(g);

	op->base = address(g, lab);
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

static void request(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	uint64_t page = page_size(g);

	switch (below(g, 8)) {
	case 0:
		op->size = one_in(g, 6) ? 0 : 1 + below(g, page);
		break;
	case 1:
		op->size = one_in(g, 8) ? random64(g) >> below(g, 40) & address_max(g) :
					  below(g, g->units) * g->unit;
		break;
	default:
		op->size = g->unit * (1 + below(g, 12));
	}
	op->align = one_in(g, 48) ? 0 : 1ULL << below(g, one_in(g, 6) ? 28 : 16);
	if (one_in(g, 2))
		op->align = page;
	if (!one_in(g, 3))
		op->lo = one_in(g, 2) ? 0 : address(g, lab);
	switch (below(g, 6)) {
	case 0:
		op->hi = MB_ALLOC_ANYWHERE;
		break;
	case 1:
		op->hi = MB_ALLOC_NOLEAKTRACE;
		break;
	case 2:
		op->hi = address(g, lab);
		break;
	default:
		op->hi = MB_ALLOC_ACCESSIBLE;
	}
	if (op->hi > address_max(g))
		op->hi = address_max(g);
	op->nid = wanted_node(g);
	op->value = one_in(g, 3);
}

/* mb_alloc_range_nid(), or one of the forms that take fewer arguments; the one that may panic, and so end
 * the sequence, is rare. */
static uint64_t form(struct verify_generator *g)
{
	if (one_in(g, 2))
		return one_in(g, 3);
	if (one_in(g, 128))
		return MB_FORM_ALLOC_OR_PANIC;
	return MB_FORM_PHYS_ALLOC + below(g, MB_FORM_ALLOC_OR_PANIC - MB_FORM_PHYS_ALLOC);
}

/* Half of the parameters reserve_mem= are as they should be, the others are spelled oddly. */
static uint64_t spelling(struct verify_generator *g)
{
	uint64_t code = below(g, 10);

	if (one_in(g, 3))
		code += 10 * below(g, 10);
	if (one_in(g, 2))
		code += 100 * below(g, 7);
	return one_in(g, 2) ? 0 : code * 1000000;
}

/* ---- operations -------------------------------------------------------------------------------- */

static enum mb_op_kind pick(struct verify_generator *g)
{
	unsigned sum = 0, at;
	size_t i;

	for (i = 0; i < WEIGHTS; i++)
		sum += weights[i].of[g->shape];
	at = (unsigned)below(g, sum);
	for (i = 0; at >= weights[i].of[g->shape]; i++)
		at -= weights[i].of[g->shape];
	return weights[i].kind;
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

/* Arguments of those that say the node or the flags of a range. */
static void attributes(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	switch (op->kind) {
	case MB_OP_ADD_NODE:
		range(g, lab, op);
		op->nid = node(g);
		op->flags =
			one_in(g, 4) ? (MB_HOTPLUG | MB_DRIVER_MANAGED) & (uint32_t)random64(g) : 0;
		break;
	case MB_OP_RESERVE_NODE:
		range(g, lab, op);
		op->nid = node(g);
		op->flags = flags_to_reserve(g);
		if (is_profile(g, "new") && one_in(g, 6)) { /* mb_reserve_kern() */
			op->nid = MB_NUMA_NO_NODE;
			op->flags = MB_RSRV_KERN;
		}
		break;
	case MB_OP_SET_NODE:
		range(g, lab, op);
		op->which = one_in(g, 3) ? MB_RESERVED : MB_MEMORY;
		op->nid = node(g);
		break;
	case MB_OP_STAMP_NODE:
		op->which = one_in(g, 2) ? MB_RESERVED : MB_MEMORY;
		op->base = address(g, lab);
		op->nid = node(g);
		break;
	default: /* mark, clear */
		range(g, lab, op);
		op->flags = flag_to_mark(g, op->kind == MB_OP_MARK);
		break;
	}
}

static void arguments(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
	switch (op->kind) {
	case MB_OP_ADD_NODE:
	case MB_OP_RESERVE_NODE:
	case MB_OP_SET_NODE:
	case MB_OP_STAMP_NODE:
	case MB_OP_MARK:
	case MB_OP_CLEAR:
		attributes(g, lab, op);
		break;
	case MB_OP_TRIM:
		op->align = page_size(g) << below(g, 4);
		break;
	case MB_OP_ENFORCE_LIMIT:
	case MB_OP_REMOVE_MAP:
		op->value = below(g, g->units) * g->unit + (one_in(g, 4) ? below(g, g->unit) : 0);
		break;
	case MB_OP_SET_LIMIT:
		op->hi = one_in(g, 2) ? address_max(g) : address(g, lab);
		break;
	case MB_OP_ALLOC_HUGETLB:
		op->size = page_size(g) << below(g, 6);
		op->nid = wanted_node(g);
		op->value = one_in(g, 3);
		break;
	case MB_OP_RESERVE_MEM:
		op->size = g->unit * (1 + below(g, 4));
		op->align = one_in(g, 2) ? 0 : page_size(g);
		/* fall through */
	case MB_OP_RELEASE_MEM:
		op->value = below(g, 10) + spelling(g);
		break;
	case MB_OP_FREE:
		range(g, lab, op);
		op->value = one_in(g, 4);
		break;
	case MB_OP_FREE_LATE: /* or a reserved area, which is all that the newest kernels have */
		range(g, lab, op);
		op->value = g->machine.profile->free_releases_pages || one_in(g, 3);
		break;
	case MB_OP_SET_BOTTOM_UP:
	case MB_OP_SCRATCH_ONLY:
	case MB_OP_SLAB:
	case MB_OP_DEBUG:
		op->value = one_in(g, 2);
		break;
	case MB_OP_PHYS_ALLOC_RANGE:
	case MB_OP_ALLOC:
	case MB_OP_ALLOC_RAW:
	case MB_OP_ALLOC_EXACT:
		request(g, lab, op);
		break;
	case MB_OP_ALLOC_CORE:
		request(g, lab, op);
		op->value = form(g);
		break;
	default:
		range(g, lab, op);
	}
}

/* Calls that this kernel has, and that are worth their time. */
static bool is_known(const struct verify_generator *g, const struct mb_op *op)
{
	bool is_new = is_profile(g, "new");

	switch (op->kind) {
	case MB_OP_ALLOC_HUGETLB:
	case MB_OP_SCRATCH_ONLY:
	case MB_OP_RELEASE_MEM:
		return is_new;
	case MB_OP_RESERVE_MEM:
		return !is_profile(g, "6.1");
	case MB_OP_PHYSMEM_ADD:
		return g->machine.physmem;
	default:
		return true;
	}
}

bool verify_generate(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op)
{
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
		if (!is_known(g, op))
			continue;
		arguments(g, lab, op);
		/* What a kernel does not survive is rarely tried, lest most sequences end there. */
		if (op->kind == MB_OP_FREE && verify_meets_array(lab, op->base, op->size) &&
		    !one_in(g, 256))
			continue;
		return true;
	}
}
