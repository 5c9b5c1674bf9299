/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify_draw_impl.h - random numbers of a sequence, and what its machine allows. For what generates. */
#ifndef BENCH_VERIFY_DRAW_H
#define BENCH_VERIFY_DRAW_H

#include <string.h>

#include "verify/verify_impl.h"

static inline uint64_t random64(struct verify_generator *g)
{
	uint64_t x = g->random += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static inline uint64_t below(struct verify_generator *g, uint64_t n)
{
	return random64(g) % n;
}

static inline bool one_in(struct verify_generator *g, unsigned n)
{
	return !below(g, n);
}

static inline uint64_t address_max(const struct verify_generator *g)
{
	if (g->machine.addr_bits == 32)
		return UINT32_MAX;
	return sizeof(long) < 8 ? (1ULL << 36) - 1 :
				  UINT64_MAX; /* what a kernel's page numbers reach */
}

static inline unsigned address_bits(const struct verify_generator *g)
{
	return g->machine.addr_bits == 32 ? 32 : sizeof(long) < 8 ? 36 : 64;
}

static inline uint64_t page_size(const struct verify_generator *g)
{
	return g->machine.page_size ? g->machine.page_size : 4096;
}

static inline int max_numnodes(const struct verify_generator *g)
{
	return g->machine.no_numa      ? 1 :
	       g->machine.max_numnodes ? (int)g->machine.max_numnodes :
					 1024;
}

/* A mixture ("6.12+") counts as what it comes after; but its reservations can be told apart. */
static inline bool is_profile(const struct verify_generator *g, const char *name)
{
	const struct mb_profile *profile = g->machine.profile;

	if (profile->alloc_sets_rsrv_kern)
		return !strcmp(name, "new");
	return !strncmp(profile->name, name, strcspn(profile->name, "+")) &&
	       strlen(name) == strcspn(profile->name, "+");
}

/* The address of a place on the grid that a sequence uses. */
static inline uint64_t grid(const struct verify_generator *g, uint64_t unit)
{
	uint64_t at = g->start + unit * g->unit;

	return at - 1 >= address_max(g) ? address_max(g) : at; /* one past the end wraps to 0 */
}

#endif
