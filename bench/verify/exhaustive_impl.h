/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exhaustive_impl.h - not random but complete: every sequence of K calls from every layout of a tiny machine.
 *
 *     exhaustive_layouts.c   where it starts      machines, and which layouts of memory and reserved they have
 *     exhaustive_calls.c     what is called       every operation with every argument that matters there
 *     exhaustive_states.c    where one is         which states were seen; back to a state
 *     exhaustive.c           the search           breadth first
 *     exhaustive_command.c   the command          searches, reports
 *
 * A *layout* says of each page of memory and of reserved whether a region covers it, and of which of two
 * kinds. All nodes and flags at once would be 97 kinds of page, so a *theme* has the two kinds, and the
 * machine on which they matter; there are as many searches as themes.
 *
 * Starts are layouts with settings (direction, whether arrays may grow). The states of level 0 are the
 * starts; those of level n are what a call makes of one of level n - 1, unless it was seen before. From each
 * state below level K every call is made. What was seen is told by the state of one store that must be exact: regions,
 * totals, slots, places of arrays, settings. How another store arranges the same regions inside is not part of it:
 * mb_check() looks at that after each call, by whatever way it was reached.
 *
 * A call that changes one collection, and grows nothing, reads no other; what searches for nothing does not read
 * the direction; what wants no room does not read whether arrays may grow. So the last call of a sequence is
 * made once for all that it reads, and not with everything else as well. (Earlier calls are: what follows may
 * read it.)
 */
#ifndef BENCH_EXHAUSTIVE_H
#define BENCH_EXHAUSTIVE_H

#include "verify/verify_impl.h"

#define EXHAUSTIVE_PATH 48u    /* operations that lead to a state, and one more */
#define EXHAUSTIVE_CALLS 3072u /* from a state */
#define EXHAUSTIVE_DEPTH 8u    /* calls in a row, at most */
#define EXHAUSTIVE_PAGES 8u    /* of a machine, at most: starts are counted in 32 bits */

/* ---- layouts (exhaustive_layouts.c) ------------------------------------------------------------ */

struct exhaustive_theme {
	const char *name;
	struct mb_machine machine;    /* profile and metadata are still missing */
	struct mb_region memory[2];   /* node and flags of the kinds; reserved's, too */
	struct mb_region reserved[2]; /* of a kind that there is not, nid is NO_KIND */
	bool mirror;                  /* some memory is known to be mirrored */
	bool scratch_only;            /* with and without */
	const char *kernels;          /* as in operations.def */
};

/* The theme of that number, with the profile's nodes and flags; false: there is none, or not in this profile
 * (then *more). */
bool exhaustive_theme(unsigned n, const struct mb_profile *profile, struct exhaustive_theme *theme,
		      bool *more);

/* How many numbers of starts there are on that many pages. Not all numbers are starts. */
uint64_t exhaustive_starts(const struct exhaustive_theme *theme, unsigned pages);
/* Regions of the start's layout, in both collections. */
unsigned exhaustive_regions(const struct exhaustive_theme *theme, unsigned pages, uint64_t start);
/* The operations that build it, in @ops; 0: it is none, because more regions than slots were needed, or because
 * it would differ from another in what nothing reads. */
size_t exhaustive_start(const struct exhaustive_theme *theme, unsigned pages, uint64_t start,
			struct mb_op *ops);

/* Does a kernel of that profile have what is marked so in operations.def? */
bool exhaustive_knows(const struct mb_profile *profile, const char *kernels);

/* ---- calls (exhaustive_calls.c) ---------------------------------------------------------------- */

struct exhaustive_calls {
	struct mb_op ops[EXHAUSTIVE_CALLS];
	unsigned char reads
		[EXHAUSTIVE_CALLS]; /* bits of collections: what it depends on, while nothing grows */
	unsigned count;
	bool overflow; /* there were more */
};

enum {
	EXHAUSTIVE_MEMORY = 1 << MB_MEMORY,
	EXHAUSTIVE_RESERVED = 1 << MB_RESERVED,
	EXHAUSTIVE_BOTH = EXHAUSTIVE_MEMORY | EXHAUSTIVE_RESERVED,
	EXHAUSTIVE_SEARCH = 4, /* direction, limit */
	EXHAUSTIVE_READS = 8,  /* combinations */
};

void exhaustive_calls(struct exhaustive_calls *calls, const struct exhaustive_theme *theme,
		      unsigned pages);

/* ---- states (exhaustive_states.c) -------------------------------------------------------------- */

/* Numbers that were met, each with as many bits as asked for. */
struct exhaustive_set {
	uint64_t *keys; /* 0: a free place */
	uint64_t *bits;
	size_t places, used, words; /* words of bits of each */
};

/* Its bits, or NULL without memory; *added: it was not there. */
uint64_t *exhaustive_meet(struct exhaustive_set *set, uint64_t key, bool *added);
void exhaustive_forget(struct exhaustive_set *set);

/* A state as numbers. */
struct exhaustive_digest {
	uint64_t collections[2]; /* contents and slots */
	uint64_t search;         /* direction, limit */
	uint64_t resize;         /* may arrays grow? */
	uint64_t settings;       /* all others */
};

void exhaustive_digest(const struct verify_lab *lab, struct exhaustive_digest *digest);

/* What all instances hold, to come back to. */
struct exhaustive_saved {
	struct {
		void *bytes;
		size_t room;
		struct mb_growth arrays[MB_COLLECTIONS];
		unsigned slab_count;
		uint64_t slab_used;
		bool left;
	} instances[MB_VARIANTS_MAX];
	struct mb_region *regions[MB_COLLECTIONS];
	uint32_t cnt[MB_COLLECTIONS], room[MB_COLLECTIONS];
	uint64_t total[MB_COLLECTIONS];
};

bool exhaustive_save(const struct verify_lab *lab, struct exhaustive_saved *saved);
void exhaustive_restore(struct verify_lab *lab, const struct exhaustive_saved *saved);
void exhaustive_saved_free(struct exhaustive_saved *saved);

/* ---- the search (exhaustive.c) ----------------------------------------------------------------- */

struct exhaustive {
	/* Asked for. */
	const struct mb_variant_spec *specs;
	int count;
	const struct mb_profile *profile;
	enum mb_metadata metadata;
	unsigned depth, pages;              /* K, EXHAUSTIVE_DEPTH at most; of the machine */
	bool all;                           /* all of specs must take part */
	bool kernel;                        /* or one that is a kernel's */
	struct verify_explained *explained; /* set aside; NULL: nothing is */
	void *ctx;                          /* of the two that follow */
	void (*stepped)(void *ctx, const struct verify_lab *lab); /* a call was made */
	bool (*stop)(void *ctx, const struct exhaustive *x);      /* after a state */
	/* Found. */
	uint64_t starts, states; /* from which calls were made */
	uint64_t calls;          /* made */
	uint64_t spared;         /* that read nothing new */
	uint64_t not_tried;      /* what a kernel does not survive */
	uint64_t growing, panics, ended;
	uint64_t per_level[EXHAUSTIVE_DEPTH]; /* states */
	uint64_t building_ms;                 /* time to make instances */
	bool stopped;
	/* The difference: in this lab, which is the caller's to free then, after these operations. */
	struct verify_lab *lab;
	struct mb_op ops[EXHAUSTIVE_PATH];
	size_t op_count;
	const char *theme;
};

/* 0: no difference; 1: one; -EPROTONOSUPPORT: not all take part that must; -errno. */
int exhaustive_search(struct exhaustive *x);

/* ---- the command (exhaustive_command.c) -------------------------------------------------------- */

struct exhaustive_request {
	const struct mb_variant_spec *specs;
	int count;
	const struct mb_profile *profile; /* NULL: each */
	int metadata;                     /* -1: both */
	unsigned depth, pages;
	uint64_t seconds;                   /* 0: until it is done */
	const char *explain;                /* the file that ... */
	struct verify_explained *explained; /* ... these are from: differences that are known */
	const char *out;                    /* NULL: as it is called here */
	bool json;
};

/* An exit status, with all said; or -errno, in searches of *profile. */
int exhaustive_command(const struct exhaustive_request *request, const struct mb_profile **profile);

#endif
