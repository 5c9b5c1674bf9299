/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - synthetic states: an instance that holds n regions, ready for one operation more.
 *
 * A layout is what every variant is given; a state is one variant's instance of it, with a snapshot
 * to return to. The address space of a layout:
 *
 *      low      | n regions with gaps between them               | top    |        | metadata  |
 *     |.........|##|...|####|..|###|....              ...|#####|.|........|        |...........|
 *     4 GiB     first                                            last     |        1 TiB
 *     base                                                                end
 *
 * With `memory` loaded the ### are regions of memory and nothing is reserved; with `reserved` loaded
 * all of [base, end) is memory and the ### are reserved. Metadata that a variant allocates for
 * itself lands in the region at 1 TiB, so that what happens below is the same in all variants; that
 * region is one of the n of `memory`, and is NOMAP once the state stands.
 *
 * Workloads differ in the order of insertion, which decides where a store with links put its
 * regions (slots scattered over the storage or in address order), in the gaps, and in the direction
 * of allocation:
 *
 *     random       any order; gaps of 3 to 8 pages
 *     ascending    address order; allocation is bottom-up
 *     descending   against address order; allocation is top-down
 *     gaps         any order; every gap is one page but the room below, so that a request of two
 *                  pages looks at every gap and finds the lowest
 *     islands-...  any order; n regions of both collections, above the metadata (islands_impl.h)
 */
#ifndef BENCH_STATE_H
#define BENCH_STATE_H

#include "timed/loops.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bench_workload {
	BENCH_RANDOM,
	BENCH_ASCENDING,
	BENCH_DESCENDING,
	BENCH_GAPS,
	BENCH_ISLANDS, /* the first of sixteen; those before it are the ones of a run that names none */
	BENCH_SYNTHETIC = BENCH_ISLANDS + 16,
};

extern const char *const bench_workload_names[BENCH_SYNTHETIC];
extern const char *const bench_workload_descriptions[BENCH_SYNTHETIC];

#define BENCH_REGIONS_MIN 8u
#define BENCH_REGIONS_MAX (1u << 20)

/* What the state is to stand for. */
enum bench_setting {
	BENCH_EARLY,               /* memory has no nodes yet */
	BENCH_HANDOVER,            /* it has one, as before a hand-over */
	BENCH_HANDOVER_UNDEFERRED, /* the same, page structs are all set up at once */
};

struct bench_layout {
	enum bench_workload workload;
	enum mb_which loaded; /* MB_MEMORY or MB_RESERVED: the collection that holds n regions */
	uint32_t n;           /* as in the benchmark's name */
	uint32_t count;       /* regions below the metadata: n, or n - 1 with memory loaded */
	struct mb_region *regions;           /* count of them, sorted; then room for one more */
	struct mb_region *memory, *reserved; /* islands: n of each, one of which is regions */
	uint64_t harbour, harbour_end;       /* islands: the memory that a search finds last */
	uint32_t *order;                     /* slots in the order of insertion; NULL: ascending */
	uint64_t base, end;
	uint64_t digest;                  /* of everything above */
	const struct mb_profile *profile; /* behaviour of its states; NULL: 6.12 */
	enum bench_setting setting;
};

/* Where the first region starts and the last one ends. */
static inline uint64_t bench_layout_first(const struct bench_layout *layout)
{
	return layout->regions[0].base;
}

static inline uint64_t bench_layout_last(const struct bench_layout *layout)
{
	const struct mb_region *r = &layout->regions[layout->count - 1];

	return r->base + r->size;
}

/* A layout, the same for the same arguments; NULL: no memory. @n: BENCH_REGIONS_MIN and more. */
struct bench_layout *bench_layout_new(enum bench_workload workload, enum mb_which loaded,
				      uint32_t n, uint64_t seed);
void bench_layout_free(struct bench_layout *layout);

/* @spec in the build that counts what the one to be timed does. */
static inline struct mb_variant_spec bench_counted(const struct mb_variant_spec *spec)
{
	struct mb_variant_spec counted = *spec;

	counted.build = spec->build == MB_O2 ? MB_O2_COUNTED : MB_KFLAGS_COUNTED;
	return counted;
}

struct bench_state {
	const struct bench_layout *layout;
	const struct bench_loops *loops; /* of the build of its variant */
	struct mb *mb;
	void *snapshot;
	struct bench_handed
		handed; /* what the hand-over gave; a walk that changes nothing leaves it */
};

/**
 * bench_state_new() - the layout in one variant.
 *
 * Return: 0; -EBADMSG if mb_check() finds the loaded state broken, with @why saying how; or another
 * -errno, with @why empty. *out is released with bench_state_free().
 */
int bench_state_new(const struct bench_layout *layout, const struct mb_variant_spec *spec,
		    enum mb_metadata metadata, struct bench_state **out, char *why,
		    size_t why_size);
void bench_state_free(struct bench_state *state);

/* Back to the layout. Copies the metadata, so its cost grows with n: outside of what is timed. */
static inline void bench_state_restore(struct bench_state *state)
{
	mb_restore(state->mb, state->snapshot);
}

/* Hash of memory and reserved below the metadata: equal for all variants after equal calls. */
uint64_t bench_state_digest(const struct bench_state *state);

#ifdef __cplusplus
}
#endif
#endif
