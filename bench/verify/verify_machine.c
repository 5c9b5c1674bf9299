/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_machine.c - the machine of a sequence, and the part of the address space that it uses.
 *
 * The kernel's own code has to be built for each machine, which takes a second. So most sequences take one of
 * a handful, and a few one of two dozen that are drawn by their number, the same ones each time: between them
 * they have odd and tiny arrays, all page sizes and cache lines, and every number of nodes.
 */
#include "verify/verify_draw_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/nearest.h"

/* What a kernel is compiled for, and what is on its command line. */
static const struct mb_machine usual[] = {
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
	{ .addr_bits = 32, .no_numa = true, .no_kho_scratch = true, .no_deferred_init = true },
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

enum { USUAL = sizeof(usual) / sizeof(usual[0]), DRAWN = 26, DRAWN_EVERY = 12 };

/* The kernel's code is built for each: so many seeds in a row draw the same one. */
enum { DRAWN_SEEDS = 32 };

#define PICK(g, list) (list)[below(g, sizeof(list) / sizeof((list)[0]))]

/* Machine @number of those that are drawn. */
static struct mb_machine drawn(unsigned number)
{
	static const unsigned slots[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 17, 33, 128 };
	enum { SLOTS = sizeof(slots) / sizeof(slots[0]) };
	static const unsigned nodes[] = { 2, 4, 8, 16, 64, 64, 64, 128, 256, 1024 };
	static const uint64_t low_pfns[] = { 0, 1, 16, 1 << 16, 1 << 20, 1ULL << 40 };
	struct verify_generator g = { .random = number * 0xd1342543de82ef95ULL };
	struct mb_machine m = { .page_size = 4096ULL << number % 5,
				.cache_line = 16u << (number / 5 + number) % 5,
				.addr_bits = number % 4 == 3 ? 32 : 64 };

	m.memory_slots = slots[number % SLOTS];
	m.reserved_slots = slots[(number * 5 + 3) % SLOTS];
	m.max_page_order = one_in(&g, 3) ? 1 + (unsigned)below(&g, 12) : 0;
	m.physmem = one_in(&g, 3);
	m.no_numa = one_in(&g, 6);
	m.max_numnodes = m.no_numa ? 0 : PICK(&g, nodes);
	m.max_low_pfn = PICK(&g, low_pfns);
	m.movable_node = one_in(&g, 3);
	m.kernelcore_mirror = one_in(&g, 3);
	m.keep_memblock = one_in(&g, 3);
	m.highmem = one_in(&g, 4);
	m.no_kho_scratch = one_in(&g, 5);
	m.no_deferred_init = one_in(&g, 4);
	return m;
}

/* ---- a sequence -------------------------------------------------------------------------------- */

/* A start anywhere, and regions of any size: as many address bits as there are, every one as likely. */
static void choose_vast_space(struct verify_generator *g)
{
	uint64_t page = page_size(g), space, span;
	unsigned bits = address_bits(g);

	if (g->machine.metadata == MB_METADATA_SELF && bits > 44)
		bits = 44; /* arrays must be where they can be mapped */
	space = UINT64_MAX >> (64 - bits);
	do
		g->unit = page << below(g, bits);
	while (!g->unit || g->unit > space / 2 / g->units);
	span = g->unit * g->units;
	g->start = (random64(g) >> (64 - bits) >> below(g, bits - 16)) & ~(page - 1);
	if (g->start > space - span)
		g->start = space - span + 1;
}

/* The part of the address space: near 0, around 4 GiB, somewhere, or up to the very end. */
static void choose_space(struct verify_generator *g)
{
	static const unsigned sizes[] = { 24, 64, 256, 1024 };
	uint64_t page = page_size(g), span;
	bool self = g->machine.metadata == MB_METADATA_SELF;

	g->units = sizes[below(g, 4)];
	g->unit = one_in(g, 4) ? page / 4 : one_in(g, 3) ? page * 16 : page;
	if (g->shape == VERIFY_FULL || g->fill)
		g->units = g->fill > 1000 ? 8192 : 1024;
	if (one_in(g, 6)) {
		choose_vast_space(g);
		return;
	}
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

/* ---- what the user holds ----------------------------------------------------------------------- */

void verify_machine_hold(struct mb_machine *machine, const char *held)
{
	for (; held && *held; held += strcspn(held, ","), held += *held == ',')
		mb_machine_read(machine, held, strcspn(held, ","));
}

/* A key that traces do not have: which was meant? */
static int refuse_key(const char *word, size_t length)
{
	struct nearest nearest = nearest_to(word, length);
	char keys[512];
	const char *key;
	size_t used = 0;

	for (unsigned i = 0; (key = mb_machine_key(i)); i++) {
		nearest_offer(&nearest, key, strlen(key));
		used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", i ? ", " : "",
					 key);
	}
	return mb_fail(
		MB_EXIT_USAGE,
		"verify: --machine: unknown key '%.*s'; docs/traces.md has those there are, %s%s",
		(int)length, word, keys, nearest_words(&nearest));
}

/* KEY=VALUE, the keys of *seen being before it. */
static int check_pair(struct mb_machine *machine, const char *pair, size_t length, uint32_t *seen)
{
	size_t of_key = strcspn(pair, "=,");
	char range[64];
	const char *key;
	unsigned i = 0;
	int code = mb_machine_read(machine, pair, length);

	if (code == -ENOENT)
		return refuse_key(pair, of_key);
	while ((key = mb_machine_key(i)) && (strlen(key) != of_key || strncmp(key, pair, of_key)))
		i++;
	if (!mb_machine_takes(i, machine, range, sizeof(range)) || code)
		return mb_fail(MB_EXIT_USAGE,
			       "verify: --machine: bad value in '%.*s'; %s=NUMBER is wanted, %s",
			       (int)length, pair, key, range);
	if (*seen & 1U << i)
		return mb_fail(MB_EXIT_USAGE, "verify: --machine: %s is given twice", key);
	*seen |= 1U << i;
	return MB_EXIT_OK;
}

int verify_machine_check(const char *held)
{
	struct mb_machine machine = { 0 };
	uint32_t seen = 0;
	size_t length;

	for (const char *at = held;; at += length + 1) {
		int status;

		length = strcspn(at, ",");
		status = check_pair(&machine, at, length, &seen);
		if (status)
			return status;
		if (!at[length])
			break;
	}
	if (machine.no_numa && machine.max_numnodes > 1)
		return mb_fail(
			MB_EXIT_USAGE,
			"verify: --machine: max_numnodes=%u contradicts no_numa=1, which has one",
			machine.max_numnodes);
	return MB_EXIT_OK;
}

/* ---- the start of a sequence ------------------------------------------------------------------- */

void verify_generator_start(struct verify_generator *g, uint64_t seed,
			    const struct verify_profiles *profiles, int metadata, const char *held)
{
	const struct verify_profiles known = verify_profiles_known();

	if (!profiles)
		profiles = &known;
	memset(g, 0, sizeof(*g));
	g->random = seed * 0xd1342543de82ef95ULL + 1;
	g->config = (int)(one_in(g, DRAWN_EVERY) ? USUAL + seed / DRAWN_SEEDS % DRAWN :
						   below(g, USUAL));
	g->machine = g->config < USUAL ? usual[g->config] : drawn((unsigned)g->config - USUAL);
	verify_machine_hold(&g->machine, held);
	g->machine.profile = profiles->of[below(g, profiles->count)];
	g->machine.metadata = one_in(g, 3) ? MB_METADATA_SELF : MB_METADATA_HOST;
	if (metadata >= 0)
		g->machine.metadata = (enum mb_metadata)metadata;
	g->shape = (enum verify_shape)below(g, VERIFY_SHAPES);
	g->nodes = 1 + (unsigned)below(g, one_in(g, 4) ? 64 : 4);
	if (g->nodes > (unsigned)max_numnodes(g))
		g->nodes = (unsigned)max_numnodes(g);
	if (g->shape == VERIFY_BUILD)
		g->fill = one_in(g, 24) ? 1001 + (unsigned)below(g, 3000) :
					  40 + (unsigned)below(g, 300);
	if (g->shape == VERIFY_LATE && one_in(g, 4)) /* arrays that have grown are given back */
		g->fill = 40 + (unsigned)below(g, 300);
	choose_space(g);
	g->length = 40 + (unsigned)below(g, g->units < 100 || g->units > 1024 ? 400 : 800);
	g->resize = g->shape == VERIFY_FULL ? one_in(g, 2) : !one_in(g, 8);
	if (g->shape == VERIFY_FULL) {
		unsigned slots = g->machine.reserved_slots ? g->machine.reserved_slots : 128;

		g->fill = slots - (unsigned)below(g, slots / 8 + 2);
	}
	g->length += g->fill;
	g->debug = one_in(g, 6);
}
