/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rbtree - regions in a red-black tree keyed by base.
 *
 *     slots   | n0 | n1 | n2 | n3 | ...  |    |    |      position = index of the slot
 *             |<---- handed out once --->|<- fresh |
 *
 *     links            [ n3 ]              region + child[2] + parent + state, 40 bytes
 *                     /      \             links are slot indices, MB_NIL for none
 *                [ n0 ]      [ n2 ]
 *                      \                   in order: n0 n1 n3 n2, ascending base
 *                      [ n1 ]
 *
 * A region keeps its slot for life: an insert takes a slot and links it, an erase relinks its
 * neighbours and gives the slot back (memblock/slot_pool_impl.h, chained through child[LEFT]). The tree is
 * memblock/rb_regions_impl.h, linked and rebalanced by memblock/rb_impl.h; what is left here is the slots.
 */
#include <memblock/variant.h>

#define MB_STORE rbtree

#include <memblock/rb_impl.h>

struct store_slot {
	struct mb_region region;
	struct rb_links links; /* child[LEFT] chains unused slots */
};

_Static_assert(sizeof(struct store_slot) == 40, "a region and four words");

#define SLOT_LINK links.child[LEFT]
#define SLOT_MARK links.state
#define SLOT_UNUSED UNUSED
#include <memblock/slot_pool_impl.h>

/* c->store[] */
enum {
	RB_ROOT = POOL_WORDS,
	RB_FIRST, /* lowest region */
	RB_LAST,  /* highest region */
};

static inline uint32_t slot_after(const struct mb_collection *c, uint32_t pos)
{
	(void)c;
	return pos + 1;
}

#include <memblock/rb_regions_impl.h>

static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	{ .name = NULL },
};

static inline void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	(void)mb;
	(void)max;
	regions_init(c);
	slots_init(c);
}

static __attribute__((noinline)) mb_pos store_insert(struct mb *mb, struct mb_collection *c,
						     mb_pos before, const struct mb_region *region)
{
	mb_pos pos = slot_take(c);

	(void)mb;
	regions_link(c, pos, before, region);
	return pos;
}

static __attribute__((noinline)) mb_pos store_erase(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, uint32_t n)
{
	while (n--) {
		mb_pos after = store_next(mb, c, pos);

		regions_unlink(c, pos, after);
		slot_give(c, pos);
		pos = after;
	}
	return pos;
}

static const char *store_check(const struct mb_collection *c)
{
	return regions_check(c);
}

#include <memblock/variant_impl.h>
