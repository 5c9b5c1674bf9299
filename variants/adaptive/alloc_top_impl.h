/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc_top_impl.h - the allocation that boots are made of: from the top, without a preference for mirrored memory,
 * while both collections are small. It finds and reserves in one pass; all else is alloc_anywhere()'s.
 *
 * It remembers what it passed. Small gaps gather at the top of memory, where every search begins, and one that did
 * not hold a block does not hold a larger one or one that is aligned more strictly:
 *
 *     reserved   [ .. )   [ TOP_RANK )   [ )  [ )  [ )  [ )         below TOP_BELOW, above the region TOP_RANK: no gap
 *                                      |-|  |--|  |--|              for TOP_SIZE bytes at a multiple of TOP_ALIGN
 *
 * An insert makes gaps smaller and moves the rank along, growth of a region makes them smaller; whatever makes one
 * larger forgets all. Only allocations note it: a search reads it at most.
 */

/* c->store[], two words each but for the rank. */
enum {
	TOP_RANK = ADAPTIVE_STATIC + 1, /* MB_NIL: nothing is known */
	TOP_SIZE,
	TOP_ALIGN = TOP_SIZE + 2,
	TOP_BELOW = TOP_ALIGN + 2,
	TOP_WORDS = TOP_BELOW + 2,
};

_Static_assert(TOP_WORDS <= MB_STORE_WORDS, "c->store[] has no room");

#define TOP_WORTH 3 /* regions that were passed, for a note to be worth its stores */

static inline uint64_t top_get(const struct mb_collection *c, unsigned word)
{
	return c->store[word] | (uint64_t)c->store[word + 1] << 32;
}

static inline void top_set(struct mb_collection *c, unsigned word, uint64_t value)
{
	c->store[word] = (uint32_t)value;
	c->store[word + 1] = (uint32_t)(value >> 32);
}

static inline void top_forget(struct mb_collection *c)
{
	c->store[TOP_RANK] = MB_NIL;
}

/* A region is about to be inserted at rank @pos. */
static inline void top_inserted(struct mb_collection *c, mb_pos pos)
{
	c->store[TOP_RANK] += c->store[TOP_RANK] != MB_NIL && pos <= c->store[TOP_RANK];
}
