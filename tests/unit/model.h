/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - memblock as a plain array of units: slow, obvious, and nothing like the real thing.
 *
 * The model divides a small address space into units of MODEL_UNIT bytes and keeps, per unit and
 * collection, whether it is there, its node and its flags. Regions, free ranges and placements are
 * derived from that whenever they are asked for. So there is no insertion, split or merge to get
 * wrong:
 *
 *     unit        0  1  2  3  4  5  6  7
 *     memory      -  0  0  0  1  1  -  -      (node)      regions 1-4@0 4-6@1
 *     reserved    -  -  x  -  -  x  x  -                  regions 2-3 5-7
 *     free ranges    [1-2) [3-4) [4-5)                    never across two memory regions
 *
 * The space may end at the top of the address space, where the last byte is not representable and
 * the last unit therefore one byte short.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "harness.h"

#define MODEL_UNIT 0x100u
#define MODEL_UNITS 512

struct model_unit {
	bool there;
	int nid;
	uint32_t flags;
};

struct model {
	uint64_t origin; /* address of unit 0 */
	const struct mb_machine *machine;
	struct model_unit units[MB_COLLECTIONS][MODEL_UNITS];
	uint64_t total[MB_COLLECTIONS]; /* as the kernel counts: stale after a trim */
	bool emptied[MB_COLLECTIONS];   /* lost its last region once */
	uint64_t limit;
	bool bottom_up, has_mirror, scratch_only;
	bool listed[MODEL_UNITS]; /* in an area of a handover's list, which is not the flag */
	unsigned areas;
	bool warned_nid; /* 6.1: an allocation asked for node MAX_NUMNODES, which warns once */
	bool warned;     /* the last operation should have warned */
	bool unmerged;   /* the last operation may have left neighbours that are alike */
};

void model_init(struct model *m, const struct mb_machine *machine, uint64_t origin);

/* Address of a unit; MODEL_UNITS gives the end of the space. */
uint64_t model_address(const struct model *m, unsigned unit);

/* Ranges are units [first, end). */
void model_add(struct model *m, enum mb_which which, unsigned first, unsigned end, int nid,
	       uint32_t flags);
void model_remove(struct model *m, enum mb_which which, unsigned first, unsigned end);
void model_reserve(struct model *m, unsigned first, unsigned end, uint32_t flags);
void model_change(struct model *m, enum mb_which which, unsigned first, unsigned end, uint32_t set,
		  uint32_t clear);
void model_add_scratch_area(struct model *m, unsigned first, unsigned end);
void model_set_node(struct model *m, enum mb_which which, unsigned first, unsigned end, int nid);
void model_trim(struct model *m, uint64_t align);
void model_enforce(struct model *m, uint64_t limit);
void model_cap(struct model *m, unsigned first, unsigned end);
void model_remove_map(struct model *m, uint64_t limit);

uint64_t model_find(const struct model *m, uint64_t size, uint64_t align, uint64_t start,
		    uint64_t end, int nid, uint32_t flags);
uint64_t model_alloc_core(struct model *m, uint64_t size, uint64_t align, uint64_t start,
			  uint64_t end, int nid, bool exact);
/* The family that returns pointers. */
uint64_t model_alloc(struct model *m, uint64_t size, uint64_t align, uint64_t min_addr,
		     uint64_t max_addr, int nid, bool exact);

uint64_t model_alloc_hugetlb(struct model *m, uint64_t size, int nid, bool exact);

/* Bytes below @limit in reserved units with @flag, of node @nid if that is valid. */
uint64_t model_reserved_size(const struct model *m, uint32_t flag, uint64_t limit, int nid);

/* Regions of a collection; @out has room for MODEL_UNITS. Returns how many. */
unsigned model_regions(const struct model *m, enum mb_which which, struct mb_range *out);
/* @a minus @b (MB_COLLECTIONS: nothing) as an iteration for (@nid, @flags) gives it, ascending. */
unsigned model_ranges(const struct model *m, enum mb_which a, enum mb_which b, int nid,
		      uint32_t flags, struct mb_range *out);

#endif
