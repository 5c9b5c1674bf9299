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
 * neighbours and gives the slot back (memblock/slot_pool_impl.h, chained through child[0]).
 *
 * Inserts compare nothing: the caller knows the region that will follow, and the new node becomes
 * that region's left child, or the right child of its predecessor. The lowest and the highest node
 * are cached, so both ends of the order are found at once.
 *
 * Invariants, verified by store_check(): the root is black; a red node has no red child; every path
 * from a node down to a missing child passes the same number of black nodes. Hence no path is
 * longer than twice the shortest, and a search looks at 2 log2(n + 1) regions at most.
 */
#include <memblock/variant.h>

#define MB_STORE rbtree

enum rb_side { LEFT, RIGHT };
enum rb_state { BLACK, RED, UNUSED };

struct store_slot {
	struct mb_region region;
	uint32_t child[2]; /* by side; child[LEFT] chains unused slots */
	uint32_t parent;
	uint32_t state; /* a word of its own: the alignment leaves room for it */
};

_Static_assert(sizeof(struct store_slot) == 40, "a region and four words");

#define SLOT_LINK child[LEFT]
#define SLOT_MARK state
#define SLOT_UNUSED UNUSED
#include <memblock/slot_pool_impl.h>

/* c->store[] */
enum {
	RB_ROOT = POOL_WORDS,
	RB_FIRST, /* lowest region */
	RB_LAST,  /* highest region */
};

static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	{ .name = NULL },
};

static inline void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	(void)mb;
	(void)max;
	c->store[RB_ROOT] = MB_NIL;
	c->store[RB_FIRST] = MB_NIL;
	c->store[RB_LAST] = MB_NIL;
	slots_init(c);
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

/* The outermost node on @side of the subtree at @pos. */
static inline mb_pos outermost(const struct mb_collection *c, mb_pos pos, enum rb_side side)
{
	for (;;) {
		mb_pos child = slot_at(c, pos)->child[side];

		if (child == MB_NIL)
			return pos;
		pos = child;
	}
}

/* The neighbour on @side: nearest below in the tree if there is a child there, else above. */
static inline mb_pos neighbour(const struct mb_collection *c, mb_pos pos, enum rb_side side)
{
	mb_pos at = slot_at(c, pos)->child[side];

	if (at != MB_NIL)
		return outermost(c, at, !side);
	at = slot_at(c, pos)->parent;
	while (at != MB_NIL && slot_at(c, at)->child[side] == pos) {
		pos = at;
		at = slot_at(c, pos)->parent;
	}
	return at;
}

static inline mb_pos store_next(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return neighbour(c, pos, RIGHT);
}

static inline mb_pos store_prev(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return neighbour(c, pos, LEFT);
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
		pos = s->child[!ends_above];
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
		pos = s->child[begins_below];
	}
	return best;
}

/* ---- linking ----------------------------------------------------------------------------------- */

static inline bool is_red(const struct mb_collection *c, mb_pos pos)
{
	return pos != MB_NIL && slot_at(c, pos)->state == RED;
}

/* On which side of @parent is @pos? */
static inline enum rb_side side_of(const struct mb_collection *c, mb_pos parent, mb_pos pos)
{
	return slot_at(c, parent)->child[RIGHT] == pos ? RIGHT : LEFT;
}

/* Put @pos, MB_NIL allowed, below @parent; MB_NIL as parent means at the root. */
static inline void link_below(struct mb_collection *c, mb_pos parent, enum rb_side side, mb_pos pos)
{
	if (parent == MB_NIL)
		c->store[RB_ROOT] = pos;
	else
		slot_at(c, parent)->child[side] = pos;
	if (pos != MB_NIL)
		slot_at(c, pos)->parent = parent;
}

/* Let @pos take the place of @old below @parent. */
static inline void replace_child(struct mb_collection *c, mb_pos parent, mb_pos old, mb_pos pos)
{
	link_below(c, parent, parent == MB_NIL ? LEFT : side_of(c, parent, old), pos);
}

/*
 * @pos goes down to @side; its other child comes up in its place. With side LEFT:
 *
 *        pos                up
 *       /   \              /  \
 *      a     up    ->    pos   c        in order, before and after: a pos b up c
 *           /  \        /   \
 *          b    c      a     b
 */
static void rotate(struct mb_collection *c, mb_pos pos, enum rb_side side)
{
	struct store_slot *s = slot_at(c, pos);
	mb_pos up = s->child[!side];

	replace_child(c, s->parent, pos, up);
	link_below(c, pos, !side, slot_at(c, up)->child[side]);
	link_below(c, up, side, pos);
}

/*
 * The red node @pos was put in; its parent may be red too. P and G: parent and grandparent, U: the
 * other child of G, lower case red. side is that of p below G.
 *
 *   u red                 G            g        colours move up; g may now clash with its parent
 *                        / \          / \
 *                       p   u   ->   P   U
 *                       |            |
 *                      pos          pos
 *
 *   U black, pos inner    G            G               P      a rotation makes it the next case,
 *   U black, pos outer   / \          / \             / \     which one more rotation finishes
 *                       p   U   ->  pos  U    ->   pos   g
 *                        \          /                     \
 *                        pos       p                       U
 */
static __attribute__((noinline)) void rebalance_after_insert(struct mb_collection *c, mb_pos pos)
{
	for (;;) {
		mb_pos p = slot_at(c, pos)->parent, g, u;
		enum rb_side side;

		if (p == MB_NIL) {
			slot_at(c, pos)->state = BLACK;
			return;
		}
		if (!is_red(c, p))
			return;
		g = slot_at(c, p)->parent; /* exists: the root is black and p is not */
		side = side_of(c, g, p);
		u = slot_at(c, g)->child[!side];
		if (is_red(c, u)) {
			slot_at(c, p)->state = BLACK;
			slot_at(c, u)->state = BLACK;
			slot_at(c, g)->state = RED;
			pos = g;
			continue;
		}
		if (side_of(c, p, pos) != side) {
			rotate(c, p, side);
			p = pos;
		}
		rotate(c, g, !side);
		slot_at(c, p)->state = BLACK;
		slot_at(c, g)->state = RED;
		return;
	}
}

/*
 * Every path through @parent's child on @side has become one black node short. S: the child on the
 * other side, which exists; its children are near and far, as seen from the short side.
 *
 *   s red            rotate it above parent: the new S is black
 *   near, far black  colour S red: parent's subtree is as short as a whole; go on above it, unless
 *                    parent is red and can be coloured black instead
 *   near red         rotate near above S: it is the new S, and far is red
 *   far red          rotate S above parent: the short side has gained a black node
 */
static __attribute__((noinline)) void rebalance_after_erase(struct mb_collection *c, mb_pos parent,
							    enum rb_side side)
{
	while (parent != MB_NIL) {
		mb_pos s = slot_at(c, parent)->child[!side], far, above;

		if (is_red(c, s)) {
			rotate(c, parent, side);
			slot_at(c, s)->state = BLACK;
			slot_at(c, parent)->state = RED;
			s = slot_at(c, parent)->child[!side];
		}
		far = slot_at(c, s)->child[!side];
		if (!is_red(c, far)) {
			mb_pos near = slot_at(c, s)->child[side];

			if (!is_red(c, near)) {
				slot_at(c, s)->state = RED;
				if (is_red(c, parent)) {
					slot_at(c, parent)->state = BLACK;
					return;
				}
				above = slot_at(c, parent)->parent;
				if (above != MB_NIL)
					side = side_of(c, above, parent);
				parent = above;
				continue;
			}
			rotate(c, s, !side);
			slot_at(c, s)->state = RED;
			far = s;
			s = near;
		}
		rotate(c, parent, side);
		slot_at(c, s)->state = slot_at(c, parent)->state;
		slot_at(c, parent)->state = BLACK;
		slot_at(c, far)->state = BLACK;
		return;
	}
}

/*
 * Take @pos out of the tree; @after is its successor. With two children the successor, which has no
 * left child, moves into its place: by its links, so that no region changes its slot.
 */
static __attribute__((noinline)) void take_out(struct mb_collection *c, mb_pos pos, mb_pos after)
{
	struct store_slot *s = slot_at(c, pos);
	mb_pos left = s->child[LEFT], right = s->child[RIGHT];
	mb_pos up, parent; /* what moves up where a node is missing now, and below which node */
	enum rb_side side = LEFT;
	uint32_t lost = s->state;

	if (left == MB_NIL || right == MB_NIL) {
		up = left == MB_NIL ? right : left;
		parent = s->parent;
		if (parent != MB_NIL)
			side = side_of(c, parent, pos);
		link_below(c, parent, side, up);
	} else {
		struct store_slot *a = slot_at(c, after);

		lost = a->state;
		up = a->child[RIGHT];
		parent = a->parent;
		if (parent == pos) {
			parent = after;
			side = RIGHT;
		} else {
			link_below(c, parent, LEFT, up);
			link_below(c, after, RIGHT, right);
		}
		link_below(c, after, LEFT, left);
		replace_child(c, s->parent, pos, after);
		a->state = s->state;
	}
	if (lost == RED)
		return;
	if (up != MB_NIL) /* a lone child is red: it can stand in */
		slot_at(c, up)->state = BLACK;
	else
		rebalance_after_erase(c, parent, side);
}

static __attribute__((noinline)) mb_pos store_insert(struct mb *mb, struct mb_collection *c,
						     mb_pos before, const struct mb_region *region)
{
	mb_pos pos = slot_take(c), parent = before;
	enum rb_side side = LEFT;
	struct store_slot *s;

	(void)mb;
	if (before == MB_NIL) {
		parent = c->store[RB_LAST];
		side = RIGHT;
		c->store[RB_LAST] = pos;
		if (parent == MB_NIL)
			c->store[RB_FIRST] = pos;
	} else if (before == c->store[RB_FIRST]) {
		c->store[RB_FIRST] = pos;
	} else if (slot_at(c, before)->child[LEFT] != MB_NIL) {
		parent = outermost(c, slot_at(c, before)->child[LEFT], RIGHT);
		side = RIGHT;
	}
	s = slot_at(c, pos);
	s->region = *region;
	s->child[LEFT] = MB_NIL;
	s->child[RIGHT] = MB_NIL;
	s->state = RED;
	link_below(c, parent, side, pos);
	rebalance_after_insert(c, pos);
	return pos;
}

static __attribute__((noinline)) mb_pos store_erase(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, uint32_t n)
{
	while (n--) {
		mb_pos after = store_next(mb, c, pos);

		if (pos == c->store[RB_FIRST])
			c->store[RB_FIRST] = after;
		if (pos == c->store[RB_LAST])
			c->store[RB_LAST] = store_prev(mb, c, pos);
		take_out(c, pos, after);
		slot_give(c, pos);
		pos = after;
	}
	return pos;
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* What is wrong with the links of node @pos? */
static const char *check_node(const struct mb_collection *c, mb_pos pos)
{
	const struct store_slot *s = slot_at(c, pos);

	if ((s->parent == MB_NIL) != (pos == c->store[RB_ROOT]))
		return "rbtree: a node without a parent is not the root, or the root has one";
	if (s->parent == MB_NIL && s->state != BLACK)
		return "rbtree: the root is red";
	if (s->parent != MB_NIL &&
	    (!slot_in_use(c, s->parent) ||
	     slot_at(c, s->parent)->child[side_of(c, s->parent, pos)] != pos))
		return "rbtree: a parent does not know its child";
	if (s->child[LEFT] == s->child[RIGHT] && s->child[LEFT] != MB_NIL)
		return "rbtree: one node is both children of another";
	for (unsigned side = LEFT; side <= RIGHT; side++) {
		mb_pos child = s->child[side];

		if (child == MB_NIL)
			continue;
		if (!slot_in_use(c, child))
			return "rbtree: a link leads to a slot that is not in use";
		if (slot_at(c, child)->parent != pos)
			return "rbtree: a child does not know its parent";
		if (s->state == RED && slot_at(c, child)->state == RED)
			return "rbtree: a red node has a red child";
	}
	return NULL;
}

static uint32_t black_above(const struct mb_collection *c, mb_pos pos)
{
	uint32_t black = 0;

	for (; pos != MB_NIL; pos = slot_at(c, pos)->parent)
		black += slot_at(c, pos)->state == BLACK;
	return black;
}

/*
 * Slot by slot first: once each child and its parent agree, no walk from the root can run in
 * circles. Then in order, which must meet every node.
 */
static const char *store_check(const struct mb_collection *c)
{
	const char *why = slots_check(c);
	uint32_t in_use = 0, nodes = 0, height = 0;
	mb_pos last = MB_NIL, pos;

	for (pos = 0; pos < c->store[POOL_FRESH] && !why; pos++) {
		if (slot_at(c, pos)->state > UNUSED)
			return "rbtree: a slot has no valid state";
		if (slot_in_use(c, pos)) {
			in_use++;
			why = check_node(c, pos);
		}
	}
	if (why)
		return why;
	if (c->cnt != in_use)
		return "rbtree: slots in use and regions differ in number";

	pos = c->store[RB_ROOT];
	if (pos == MB_NIL && c->cnt)
		return "rbtree: there are regions and no root";
	if (pos != MB_NIL && !slot_in_use(c, pos))
		return "rbtree: the root is a slot that is not in use";
	if (pos != MB_NIL)
		pos = outermost(c, pos, LEFT);
	if (pos != c->store[RB_FIRST])
		return "rbtree: the cached lowest region is wrong";
	for (; pos != MB_NIL; last = pos, pos = neighbour(c, pos, RIGHT)) {
		const struct store_slot *s = slot_at(c, pos);

		nodes++;
		if (last != MB_NIL &&
		    store_at(c, last)->base + store_at(c, last)->size > s->region.base)
			return "rbtree: regions are out of order or overlap";
		if (s->child[LEFT] != MB_NIL && s->child[RIGHT] != MB_NIL)
			continue;
		if (!height)
			height = black_above(c, pos);
		if (black_above(c, pos) != height)
			return "rbtree: paths differ in their number of black nodes";
	}
	if (last != c->store[RB_LAST])
		return "rbtree: the cached highest region is wrong";
	return nodes == c->cnt ? NULL : "rbtree: a region is not in the tree";
}

#include <memblock/variant_impl.h>
