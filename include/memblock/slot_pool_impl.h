/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slot_pool_impl.h - which slots are free, for a store whose regions keep their slot for life.
 *
 *     slots   | s0 | s1 | s2 | s3 | ...  |    |    |      position = index of the slot
 *             |<---- handed out once --->|<- fresh |
 *
 *     returned -> [ s2 ] -> [ s0 ] -> nothing             given back last, handed out first
 *
 * Slots that were given back are chained through one of their own links; the others are handed out from
 * a high-water mark. So an empty store needs no preparation, however large, and a copy needs only
 * the bytes below the mark. The slot that was given back last goes out first: it is warm.
 *
 * A store with links (a list, a tree) includes this after its struct store_slot, which has a member
 * `region`, and three names:
 *
 *   SLOT_LINK     the member of a slot that chains unused ones: next, child[0]
 *   SLOT_MARK     a member whose value tells that a slot is unused, ...
 *   SLOT_UNUSED   ... and that value: one that a slot in use never has there
 *
 * What it gets: the primitives store_at(), store_used_bytes(), store_order() of variant_impl.h, and
 *
 *   slots_init(c)                 no slot is handed out; from store_init()
 *   slot_at(c, pos)               the slot itself, with its links
 *   slot_take(c)                  a slot for a new region; there is one. All of it is to be written
 *   slot_give(c, pos)             the slot of a region that is gone
 *   slots_give(c, first, last)    the same for a run that SLOT_LINK chains and SLOT_MARK marks already
 *   slot_in_use(c, pos)           for checks: does @pos lead to a region?
 *   slots_check(c)                NULL, or what is wrong with the pool: the beginning of store_check()
 *
 * The pool keeps the first POOL_WORDS words of c->store[]; the store's own begin there:
 *
 *     enum { TREE_ROOT = POOL_WORDS, TREE_FIRST };
 */
#ifndef SLOT_LINK
#error "define SLOT_LINK, SLOT_MARK and SLOT_UNUSED before including slot_pool_impl.h"
#endif

/* c->store[] */
enum {
	POOL_RETURNED, /* slots given back, chained; MB_NIL if there are none */
	POOL_FRESH,    /* slots from here on were never handed out */
	POOL_WORDS,
};

static inline struct store_slot *slot_at(const struct mb_collection *c, uint32_t pos)
{
	return (struct store_slot *)c->slots + pos;
}

static inline struct mb_region *store_at(const struct mb_collection *c, mb_pos pos)
{
	return &slot_at(c, pos)->region;
}

static inline void slots_init(struct mb_collection *c)
{
	c->store[POOL_RETURNED] = MB_NIL;
	c->store[POOL_FRESH] = 0;
}

static inline uint32_t slot_take(struct mb_collection *c)
{
	uint32_t pos = c->store[POOL_RETURNED];

	if (pos != MB_NIL)
		c->store[POOL_RETURNED] = slot_at(c, pos)->SLOT_LINK;
	else
		pos = c->store[POOL_FRESH]++;
	return pos;
}

static inline void slots_give(struct mb_collection *c, uint32_t first, uint32_t last)
{
	slot_at(c, last)->SLOT_LINK = c->store[POOL_RETURNED];
	c->store[POOL_RETURNED] = first;
}

static inline void slot_give(struct mb_collection *c, uint32_t pos)
{
	slot_at(c, pos)->SLOT_MARK = SLOT_UNUSED;
	slots_give(c, pos, pos);
}

/* Slots 0 to n - 1 count as handed out and given back, the first of @order last. */
#define store_order store_order
static inline void store_order(struct mb *mb, struct mb_collection *c, const uint32_t *order,
			       uint32_t n)
{
	(void)mb;
	c->store[POOL_FRESH] = n;
	c->store[POOL_RETURNED] = MB_NIL;
	while (n--)
		slot_give(c, order[n]);
}

static inline size_t store_used_bytes(const struct mb_collection *c)
{
	return c->store[POOL_FRESH] * sizeof(struct store_slot);
}

static inline bool slot_in_use(const struct mb_collection *c, uint32_t pos)
{
	return pos < c->store[POOL_FRESH] && slot_at(c, pos)->SLOT_MARK != SLOT_UNUSED;
}

/* The walk is bounded by the number of slots, and each link verified before it is followed. */
static inline const char *slots_check(const struct mb_collection *c)
{
	uint32_t fresh = c->store[POOL_FRESH], unused = 0;

	if (fresh > c->max)
		return MB_QUOTE(MB_STORE) ": more slots were handed out than there are";
	for (uint32_t pos = c->store[POOL_RETURNED]; pos != MB_NIL;
	     pos = slot_at(c, pos)->SLOT_LINK)
		if (pos >= fresh || slot_in_use(c, pos) || unused++ >= fresh)
			return MB_QUOTE(MB_STORE) ": the chain of unused slots leads astray";
	if (unused + c->cnt != fresh)
		return MB_QUOTE(MB_STORE) ": a slot is neither in use nor chained as unused";
	return NULL;
}
