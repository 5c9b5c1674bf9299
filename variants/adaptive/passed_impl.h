/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passed_impl.h - what an allocation from the top remembers of the gaps that it passed (alloc_top_impl.h).
 *
 * Small gaps gather at the top of memory, where every search begins, and one that did not hold a block does not hold a
 * larger one or one that is aligned more strictly:
 *
 *     reserved   [ .. )   [ PASSED_RANK )   [ )  [ )  [ )  [ )         below PASSED_BELOW, above the region PASSED_RANK: no gap
 *                                      |-|  |--|  |--|              for PASSED_SIZE bytes at a multiple of PASSED_ALIGN
 *
 * An insert makes gaps smaller and moves the rank along, growth of a region makes them smaller; whatever makes one
 * larger forgets all. Only allocations note it: a search reads it at most.
 *
 * A tree has no ranks: it notes the address where the last block ended, which inserts do not move. Its largest gaps let a search
 * pass those that are too small, so what this is for are thousands that are not aligned.
 */

/* c->store[], two words each but for the rank. */
enum {
	PASSED_RANK = BTREE_FRESH + 1, /* MB_NIL: nothing is known */
	PASSED_FLOOR = PASSED_RANK,    /* of a tree; nothing is known where PASSED_BELOW is 0 */
	PASSED_SIZE = PASSED_FLOOR + 2,
	PASSED_ALIGN = PASSED_SIZE + 2,
	PASSED_BELOW = PASSED_ALIGN + 2,
	PASSED_WORDS = PASSED_BELOW + 2,
};

_Static_assert(PASSED_WORDS <= MB_STORE_WORDS, "c->store[] has no room");

#define PASSED_WORTH 3 /* regions that were passed, for a note to be worth its stores */
#define PASSED_FAR 64  /* blocks of the size, of a tree */

static inline uint64_t passed_get(const struct mb_collection *c, unsigned word)
{
	return c->store[word] | (uint64_t)c->store[word + 1] << 32;
}

static inline void passed_set(struct mb_collection *c, unsigned word, uint64_t value)
{
	c->store[word] = (uint32_t)value;
	c->store[word + 1] = (uint32_t)(value >> 32);
}

static inline void passed_forget(struct mb_collection *c)
{
	c->store[PASSED_RANK] = MB_NIL;
}

/* A region is about to be inserted at rank @pos. */
static inline void passed_inserted(struct mb_collection *c, mb_pos pos)
{
	c->store[PASSED_RANK] += c->store[PASSED_RANK] != MB_NIL && pos <= c->store[PASSED_RANK];
}

/* ---- of a tree --------------------------------------------------------------------------------- */

static inline void passed_forget_of_tree(struct mb_collection *c)
{
	passed_set(c, PASSED_BELOW, 0);
}

/* Below @hi no gap is of use before this address. */
static inline uint64_t passed_top(const struct mb_collection *c, uint64_t hi, uint64_t size,
				  uint64_t align)
{
	if (hi > passed_get(c, PASSED_BELOW) || size < passed_get(c, PASSED_SIZE) ||
	    align < passed_get(c, PASSED_ALIGN) || (align & (align - 1)))
		return hi;
	return passed_get(c, PASSED_FLOOR) < hi ? passed_get(c, PASSED_FLOOR) : hi;
}
