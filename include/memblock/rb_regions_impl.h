/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rb_regions_impl.h - a collection's regions in a red-black tree keyed by base.
 *
 *     links            [ n3 ]              links are positions, MB_NIL for none
 *                     /      \
 *                [ n0 ]      [ n2 ]        in order: n0 n1 n3 n2, ascending base
 *                      \
 *                      [ n1 ]
 *
 * A region keeps its slot for life. Inserts compare nothing: the caller knows the region that will follow, and the new
 * node becomes that region's left child, or the right child of its predecessor. The lowest and the highest node
 * are cached, so both ends of the order are found at once. A search looks at 2 log2(n + 1) regions at most.
 *
 * A store includes this after its pool of slots (slot_pool_impl.h, or one of its own): slot_at(), store_at(),
 * slot_in_use(), slots_check(), slot_after(c, pos), the slot handed out next after @pos. struct store_slot has a
 * member `struct rb_links links`, a type that rb_impl.h declares when it is included without RB_NAME.
 * RB_ROOT, RB_FIRST and RB_LAST are words of c->store[]. The store gets the
 * primitives store_first/last/next/prev/lower/below(), and
 *
 *   regions_init(c)                      no region is linked; from store_init()
 *   regions_link(c, pos, before, region) put a region into slot @pos and link it; as store_insert()
 *   regions_unlink(c, pos, after)        ... and out again; @after: store_next(pos)
 *   regions_check(c)                     NULL, or what is wrong with the pool or the tree
 */
#define RB_NAME rb
#define RB_TREE struct mb_collection
#define RB_LINKS(c, pos) (&slot_at(c, pos)->links)
#define RB_SET_ROOT(c, pos) ((c)->store[RB_ROOT] = (pos))
#define RB_IN_USE(c, pos) slot_in_use(c, pos)
#include <memblock/rb_impl.h>

static inline void regions_init(struct mb_collection *c)
{
	c->store[RB_ROOT] = MB_NIL;
	c->store[RB_FIRST] = MB_NIL;
	c->store[RB_LAST] = MB_NIL;
}

/* ---- walking ----------------------------------------------------------------------------------- */

static inline mb_pos store_first(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return c->store[RB_FIRST];
}

static inline mb_pos store_last(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return c->store[RB_LAST];
}

static inline mb_pos store_next(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return rb_neighbour(c, pos, RIGHT);
}

static inline mb_pos store_prev(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return rb_neighbour(c, pos, LEFT);
}

/*
 * Both searches look at the highest region first: that answers ascending calls and searches from
 * the top, which are most of a boot, without going down the tree. Then they go down to a missing
 * child and remember the last node that qualified. There the outcome of a comparison cannot be
 * predicted, so it becomes the index of the next child and no branch; stopping early at a hit would
 * add one per level.
 */
static inline mb_pos store_lower(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	mb_pos pos = c->store[RB_LAST], best = MB_NIL;

	(void)mb;
	if (pos == MB_NIL)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	if (store_at(c, pos)->base + store_at(c, pos)->size <= addr)
		return MB_NIL;
	for (pos = c->store[RB_ROOT]; pos != MB_NIL;) {
		const struct store_slot *s = slot_at(c, pos);
		bool ends_above = s->region.base + s->region.size > addr;

		MB_COUNT(mb, regions_visited, 1);
		best = ends_above ? pos : best;
		pos = s->links.child[!ends_above];
	}
	return best;
}

static inline mb_pos store_below(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	mb_pos pos = c->store[RB_LAST], best = MB_NIL;

	(void)mb;
	if (pos == MB_NIL)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	if (store_at(c, pos)->base < addr)
		return pos;
	for (pos = c->store[RB_ROOT]; pos != MB_NIL;) {
		const struct store_slot *s = slot_at(c, pos);
		bool begins_below = s->region.base < addr;

		MB_COUNT(mb, regions_visited, 1);
		best = begins_below ? pos : best;
		pos = s->links.child[begins_below];
	}
	return best;
}

/* ---- linking ----------------------------------------------------------------------------------- */

static inline void regions_link(struct mb_collection *c, mb_pos pos, mb_pos before,
				const struct mb_region *region)
{
	mb_pos parent = before;
	enum rb_side side = LEFT;
	struct store_slot *s;

	if (before == MB_NIL) {
		parent = c->store[RB_LAST];
		side = RIGHT;
		c->store[RB_LAST] = pos;
		if (parent == MB_NIL)
			c->store[RB_FIRST] = pos;
	} else if (before == c->store[RB_FIRST]) {
		c->store[RB_FIRST] = pos;
	} else if (slot_at(c, before)->links.child[LEFT] != MB_NIL) {
		parent = rb_outermost(c, slot_at(c, before)->links.child[LEFT], RIGHT);
		side = RIGHT;
	}
	s = slot_at(c, pos);
	s->region = *region;
	rb_put_in(c, pos, &s->links, parent, side);
}

static inline void regions_unlink(struct mb_collection *c, mb_pos pos, mb_pos after)
{
	if (pos == c->store[RB_FIRST])
		c->store[RB_FIRST] = after;
	if (pos == c->store[RB_LAST])
		c->store[RB_LAST] = rb_neighbour(c, pos, LEFT);
	rb_take_out(c, pos, after);
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* Slot by slot first: once each child and its parent agree, no walk from the root can run in circles. Then in
 * order, which must meet every node. */
static const char *regions_check(const struct mb_collection *c)
{
	const char *why = slots_check(c);
	uint32_t in_use = 0, nodes = 0, height = 0;
	mb_pos last = MB_NIL, pos;

	for (pos = 0; pos < c->store[POOL_FRESH] && !why; pos = slot_after(c, pos)) {
		if (slot_at(c, pos)->links.state > UNUSED)
			return MB_QUOTE(MB_STORE) ": a slot has no valid state";
		if (!slot_in_use(c, pos))
			continue;
		in_use++;
		if ((slot_at(c, pos)->links.parent == MB_NIL) != (pos == c->store[RB_ROOT]))
			return MB_QUOTE(MB_STORE) ": a node without a parent is not the root, "
						  "or the root has one";
		why = rb_check_links(c, pos);
	}
	if (why)
		return why;
	if (c->cnt != in_use)
		return MB_QUOTE(MB_STORE) ": slots in use and regions differ in number";

	pos = c->store[RB_ROOT];
	if (pos == MB_NIL && c->cnt)
		return MB_QUOTE(MB_STORE) ": there are regions and no root";
	if (pos != MB_NIL && !slot_in_use(c, pos))
		return MB_QUOTE(MB_STORE) ": the root is a slot that is not in use";
	if (pos != MB_NIL)
		pos = rb_outermost(c, pos, LEFT);
	if (pos != c->store[RB_FIRST])
		return MB_QUOTE(MB_STORE) ": the cached lowest region is wrong";
	for (; pos != MB_NIL; last = pos, pos = rb_neighbour(c, pos, RIGHT)) {
		const struct store_slot *s = slot_at(c, pos);

		nodes++;
		if (last != MB_NIL &&
		    store_at(c, last)->base + store_at(c, last)->size > s->region.base)
			return MB_QUOTE(MB_STORE) ": regions are out of order or overlap";
		if (s->links.child[LEFT] != MB_NIL && s->links.child[RIGHT] != MB_NIL)
			continue;
		if (!height)
			height = rb_black_above(c, pos);
		if (rb_black_above(c, pos) != height)
			return MB_QUOTE(MB_STORE) ": paths differ in their number of black nodes";
	}
	if (last != c->store[RB_LAST])
		return MB_QUOTE(MB_STORE) ": the cached highest region is wrong";
	return nodes == c->cnt ? NULL : MB_QUOTE(MB_STORE) ": a region is not in the tree";
}
