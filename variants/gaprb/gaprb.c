/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaprb - red-black trees of regions, and of what they leave free, augmented with the largest gap.
 *
 *     regions          memory [ m1 ]     reserved [ r2 ]         keyed by base; memblock/rb_regions_impl.h
 *                            /    \              /    \
 *                        [ m0 ]  [ m2 ]      [ r0 ]  [ r3 ]
 *
 *     free pieces      class (node 0, no flags)  [ r2: 3G-4G  ]  room: 1G for any alignment
 *                                                 /         \
 *                              [ m0: 0-640K ] room ...    [ r3 ] room ...
 *                      class (node 1, no flags)  ...
 *
 * A free piece is a range of one memory region that no reserved region covers. Its node lies in the slot of
 * the region that it begins at (gaprb_pieces_impl.h), and it is in the tree of its memory's class, node and
 * flags. Each node knows the largest room in its subtree, for six alignments, so that a search goes
 * straight to the first piece that fits (gaprb_find_impl.h).
 *
 * Changes keep the pieces right, one primitive at a time: what a change of a region does to them is local. Nothing is
 * noted for later, so that a question finds an answer without writing.
 *
 * Slots never move: storage grows by segments (gaprb_slots_impl.h).
 */
#include <memblock/variant.h>

#define MB_STORE gaprb

#include <memblock/rb_impl.h>

#define ROOMS 6 /* alignments that the index knows: room_shift[] */

/* The piece that a region of memory or reserved is host of. */
struct piece {
	uint32_t epoch; /* that of the index: the piece exists */
	mb_pos class;   /* its record */
	struct rb_links links;
	uint64_t lo,
		hi; /* [lo, hi) is free; lo is where the host's memory begins, or the host ends */
	int32_t room[ROOMS]; /* the largest at and below this node by alignment, in ROOM_UNITs */
};

/* Has nothing to do with the slot that it lies in. */
struct class_record {
	mb_pos root; /* of the tree of its pieces; never MB_NIL while it is chained */
	mb_pos next; /* class */
	int32_t nid;
	uint32_t flags;
	uint32_t bottom, top; /* all of its pieces are between these, in MiB */
};

/* What a search follows is the upper half. */
struct store_slot {
	struct mb_region region;
	struct rb_links links; /* child[LEFT] chains unused slots */
	struct class_record class;
	struct piece piece;
};

#include "gaprb_slots_impl.h"

/* c->store[] */
enum {
	RB_ROOT = POOL_WORDS,
	RB_FIRST, /* lowest region */
	RB_LAST,  /* highest region */
};

#include <memblock/rb_regions_impl.h>
#include "gaprb_pieces_impl.h"
#include "gaprb_check_impl.h"

static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	{ .name = NULL },
};

/* Storage that it had may be gone. */
static void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	regions_init(c);
	slots_init(mb, c, max);
	index_emptied(mb, c->which);
}

#define store_clear store_clear
static void store_clear(struct mb *mb, struct mb_collection *c)
{
	regions_init(c);
	slots_clear(c);
	index_emptied(mb, c->which);
}

static __attribute__((noinline)) mb_pos store_insert(struct mb *mb, struct mb_collection *c,
						     mb_pos before, const struct mb_region *region)
{
	mb_pos pos = slot_take(c);

	slot_at(c, pos)->piece.epoch = 0;
	regions_link(c, pos, before, region);
	if (c->which == MB_RESERVED)
		index_reserved_added(mb, pos);
	else if (c->which == MB_MEMORY)
		index_memory_added(mb, pos);
	return pos;
}

static __attribute__((noinline)) mb_pos store_erase(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, uint32_t n)
{
	while (n--) {
		mb_pos after = store_next(mb, c, pos);

		if (c->which == MB_RESERVED)
			index_reserved_removed(mb, pos);
		else if (c->which == MB_MEMORY)
			index_memory_removed(mb, pos);
		regions_unlink(c, pos, after);
		slot_give(c, pos);
		pos = after;
	}
	return pos;
}

#define store_changed store_changed
static __attribute__((noinline)) void store_changed(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, unsigned what)
{
	if (c->which == MB_RESERVED) {
		if (what & MB_CHANGED_BASE)
			index_reserved_base(mb, pos);
		if (what & MB_CHANGED_END)
			index_reserved_end(mb, pos);
	} else if (c->which == MB_MEMORY) {
		if (what & MB_CHANGED_BASE)
			index_memory_base(mb, pos);
		if (what & MB_CHANGED_END)
			index_memory_end(mb, pos);
		if (what & MB_CHANGED_ATTRIBUTES)
			index_memory_class(mb, pos);
	}
}

/* Memory is looked at first: when reserved is, both trees can be walked. */
static const char *store_check(const struct mb_collection *c)
{
	const char *why = regions_check(c);

	if (!why && c->which == MB_RESERVED)
		why = check_index((struct mb *)(uintptr_t)(c - MB_RESERVED));
	return why;
}

_Static_assert(offsetof(struct mb, c) == 0, "store_check() goes from a collection to the instance");

static struct mb_found gaprb_find(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				  uint64_t end, int nid, uint32_t flags);
#define STORE_FIND gaprb_find

#include <memblock/variant_impl.h>
#include "gaprb_find_impl.h"
