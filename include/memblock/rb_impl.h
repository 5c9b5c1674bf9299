/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rb_impl.h - linking and rebalancing of a red-black tree whose links are indices, for stores that have one or
 * several: included once for each kind of tree, after defining
 *
 *   RB_NAME             what its functions' names begin with: RB_NAME##_neighbour() ...
 *   RB_TREE             the type that leads to its nodes: struct mb_collection, struct mb
 *   RB_LINKS(t, pos)    struct rb_links * of node @pos
 *   RB_SET_ROOT(t, pos) @pos is the root now (MB_NIL where the last node goes)
 *   RB_IN_USE(t, pos)   for checks: is there a node at @pos?
 *
 * and, for a tree whose nodes have a summary of what is at and below them, all three of
 *
 *   RB_RECOMPUTE(t, pos) take that of @pos from its children anew; true if it is another than before
 *   RB_RAISE(t, pos)     the same for a new leaf, and for all nodes above it
 *   RB_COPY(t, to, from) @to has come to where @from was, and has the same nodes below it
 *
 * which are undefined again at the end. Without RB_NAME it declares struct rb_links, the part of a slot that it works on,
 * and nothing else. What it gives, NAME being RB_NAME:
 *
 *   NAME_outermost(t, pos, side)         the outermost node on @side of the subtree at @pos
 *   NAME_neighbour(t, pos, side)         the next node in order on @side, MB_NIL at the end
 *   NAME_put_in(t, pos, links, parent, side)
 *                                        @pos, all of it but its @links set, becomes the child of @parent on @side,
 *                                        where there is none; MB_NIL: the root of an empty tree
 *   NAME_take_out(t, pos, after)         @pos goes; @after is the next in order (asked for only if @pos has two
 *                                        children). Its state is the caller's
 *   NAME_update(t, pos, beyond)          with summaries: a node changed, or what it has: up from @pos until nothing
 *                                        changes, and at any rate beyond @beyond (MB_NIL: no node)
 *   NAME_check_links(t, pos), NAME_black_above(t, pos)
 *                                        for checks: what is wrong around @pos, which is in use, or NULL;
 *                                        black nodes from @pos to the root
 *
 * Invariants: the root is black; a red node has no red child; every path from a node down to a missing
 * child passes the same number of black nodes. Hence no path is longer than twice the shortest.
 *
 * Source: Guibas and Sedgewick 1978; the form with erase by relinking follows Cormen et al.
 */
#ifndef MEMBLOCK_RB_IMPL_H
#define MEMBLOCK_RB_IMPL_H

enum rb_side { LEFT, RIGHT };
enum rb_state { BLACK, RED, UNUSED };

struct rb_links {
	uint32_t child[2]; /* by side */
	uint32_t parent;
	uint32_t state; /* a word of its own: the alignment leaves room for it */
};

#define RB_PASTE_(prefix, name) prefix##_##name
#define RB_PASTE(prefix, name) RB_PASTE_(prefix, name)
#define RB(name) RB_PASTE(RB_NAME, name)
#endif

#ifdef RB_NAME

/* The outermost node on @side of the subtree at @pos. */
static inline mb_pos RB(outermost)(const RB_TREE *t, mb_pos pos, enum rb_side side)
{
	for (;;) {
		mb_pos child = RB_LINKS(t, pos)->child[side];

		if (child == MB_NIL)
			return pos;
		pos = child;
	}
}

/* The neighbour on @side: nearest below in the tree if there is a child there, else above. */
static inline mb_pos RB(neighbour)(const RB_TREE *t, mb_pos pos, enum rb_side side)
{
	mb_pos at = RB_LINKS(t, pos)->child[side];

	if (at != MB_NIL)
		return RB(outermost)(t, at, !side);
	at = RB_LINKS(t, pos)->parent;
	while (at != MB_NIL && RB_LINKS(t, at)->child[side] == pos) {
		pos = at;
		at = RB_LINKS(t, pos)->parent;
	}
	return at;
}

static inline bool RB(is_red)(const RB_TREE *t, mb_pos pos)
{
	return pos != MB_NIL && RB_LINKS(t, pos)->state == RED;
}

/* On which side of @parent is @pos? */
static inline enum rb_side RB(side_of)(const RB_TREE *t, mb_pos parent, mb_pos pos)
{
	return RB_LINKS(t, parent)->child[RIGHT] == pos ? RIGHT : LEFT;
}

/* Put @pos, MB_NIL allowed, below @parent; MB_NIL as parent means at the root. */
static inline void RB(link_below)(RB_TREE *t, mb_pos parent, enum rb_side side, mb_pos pos)
{
	if (parent == MB_NIL)
		RB_SET_ROOT(t, pos);
	else
		RB_LINKS(t, parent)->child[side] = pos;
	if (pos != MB_NIL)
		RB_LINKS(t, pos)->parent = parent;
}

/* Let @pos take the place of @old below @parent. */
static inline void RB(replace_child)(RB_TREE *t, mb_pos parent, mb_pos old, mb_pos pos)
{
	RB(link_below)(t, parent, parent == MB_NIL ? LEFT : RB(side_of)(t, parent, old), pos);
}

#ifdef RB_RECOMPUTE
static __attribute__((noinline)) void RB(update)(RB_TREE *t, mb_pos pos, mb_pos beyond)
{
	for (; pos != MB_NIL; pos = RB_LINKS(t, pos)->parent) {
		bool changed = RB_RECOMPUTE(t, pos);

		if (pos == beyond) /* what it had before was of another place */
			beyond = MB_NIL;
		else if (!changed && beyond == MB_NIL)
			return;
	}
}
#endif

/*
 * @pos goes down to @side; its other child comes up in its place. With side LEFT:
 *
 *        pos                up
 *       /   \              /  \
 *      a     up    ->    pos   c        in order, before and after: a pos b up c
 *           /  \        /   \
 *          b    c      a     b
 */
static void RB(rotate)(RB_TREE *t, mb_pos pos, enum rb_side side)
{
	struct rb_links *s = RB_LINKS(t, pos);
	mb_pos up = s->child[!side];

	RB(replace_child)(t, s->parent, pos, up);
	RB(link_below)(t, pos, !side, RB_LINKS(t, up)->child[side]);
	RB(link_below)(t, up, side, pos);
#ifdef RB_RECOMPUTE
	RB_COPY(t, up, pos);
	RB_RECOMPUTE(t, pos);
#endif
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
static __attribute__((noinline)) void RB(rebalance_after_insert)(RB_TREE *t, mb_pos pos)
{
	for (;;) {
		mb_pos p = RB_LINKS(t, pos)->parent, g, u;
		enum rb_side side;

		if (p == MB_NIL) {
			RB_LINKS(t, pos)->state = BLACK;
			return;
		}
		if (!RB(is_red)(t, p))
			return;
		g = RB_LINKS(t, p)->parent; /* exists: the root is black and p is not */
		side = RB(side_of)(t, g, p);
		u = RB_LINKS(t, g)->child[!side];
		if (RB(is_red)(t, u)) {
			RB_LINKS(t, p)->state = BLACK;
			RB_LINKS(t, u)->state = BLACK;
			RB_LINKS(t, g)->state = RED;
			pos = g;
			continue;
		}
		if (RB(side_of)(t, p, pos) != side) {
			RB(rotate)(t, p, side);
			p = pos;
		}
		RB(rotate)(t, g, !side);
		RB_LINKS(t, p)->state = BLACK;
		RB_LINKS(t, g)->state = RED;
		return;
	}
}

static inline void RB(put_in)(RB_TREE *t, mb_pos pos, struct rb_links *s, mb_pos parent,
			      enum rb_side side)
{
	s->child[LEFT] = MB_NIL;
	s->child[RIGHT] = MB_NIL;
	s->state = RED;
	RB(link_below)(t, parent, side, pos);
#ifdef RB_RECOMPUTE
	RB_RAISE(t, pos);
#endif
	RB(rebalance_after_insert)(t, pos);
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
static __attribute__((noinline)) void RB(rebalance_after_erase)(RB_TREE *t, mb_pos parent,
								enum rb_side side)
{
	while (parent != MB_NIL) {
		mb_pos s = RB_LINKS(t, parent)->child[!side], far, above;

		if (RB(is_red)(t, s)) {
			RB(rotate)(t, parent, side);
			RB_LINKS(t, s)->state = BLACK;
			RB_LINKS(t, parent)->state = RED;
			s = RB_LINKS(t, parent)->child[!side];
		}
		far = RB_LINKS(t, s)->child[!side];
		if (!RB(is_red)(t, far)) {
			mb_pos near = RB_LINKS(t, s)->child[side];

			if (!RB(is_red)(t, near)) {
				RB_LINKS(t, s)->state = RED;
				if (RB(is_red)(t, parent)) {
					RB_LINKS(t, parent)->state = BLACK;
					return;
				}
				above = RB_LINKS(t, parent)->parent;
				if (above != MB_NIL)
					side = RB(side_of)(t, above, parent);
				parent = above;
				continue;
			}
			RB(rotate)(t, s, !side);
			RB_LINKS(t, s)->state = RED;
			far = s;
			s = near;
		}
		RB(rotate)(t, parent, side);
		RB_LINKS(t, s)->state = RB_LINKS(t, parent)->state;
		RB_LINKS(t, parent)->state = BLACK;
		RB_LINKS(t, far)->state = BLACK;
		return;
	}
}

/*
 * Take @pos out of the tree; @after is its successor. With two children the successor, which has no
 * left child, moves into its place: by its links, so that nothing changes its slot.
 */
static __attribute__((noinline)) void RB(take_out)(RB_TREE *t, mb_pos pos, mb_pos after)
{
	struct rb_links *s = RB_LINKS(t, pos);
	mb_pos left = s->child[LEFT], right = s->child[RIGHT];
	mb_pos up, parent; /* what moves up where a node is missing now, and below which node */
	mb_pos moved = MB_NIL;
	enum rb_side side = LEFT;
	uint32_t lost = s->state;

	if (left == MB_NIL || right == MB_NIL) {
		up = left == MB_NIL ? right : left;
		parent = s->parent;
		if (parent != MB_NIL)
			side = RB(side_of)(t, parent, pos);
		RB(link_below)(t, parent, side, up);
	} else {
		struct rb_links *a = RB_LINKS(t, after);

		moved = after;
		lost = a->state;
		up = a->child[RIGHT];
		parent = a->parent;
		if (parent == pos) {
			parent = after;
			side = RIGHT;
		} else {
			RB(link_below)(t, parent, LEFT, up);
			RB(link_below)(t, after, RIGHT, right);
		}
		RB(link_below)(t, after, LEFT, left);
		RB(replace_child)(t, s->parent, pos, after);
		a->state = s->state;
	}
#ifdef RB_RECOMPUTE
	RB(update)(t, parent, moved);
#endif
	(void)moved;
	if (lost == RED)
		return;
	if (up != MB_NIL) /* a lone child is red: it can stand in */
		RB_LINKS(t, up)->state = BLACK;
	else
		RB(rebalance_after_erase)(t, parent, side);
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* Once each node and its children agree, no walk from the root can run in circles. */
static const char *RB(check_links)(const RB_TREE *t, mb_pos pos)
{
	const struct rb_links *s = RB_LINKS(t, pos);

	if (s->parent == MB_NIL && s->state != BLACK)
		return MB_QUOTE(MB_STORE) ": the root is red";
	if (s->parent != MB_NIL &&
	    (!RB_IN_USE(t, s->parent) ||
	     RB_LINKS(t, s->parent)->child[RB(side_of)(t, s->parent, pos)] != pos))
		return MB_QUOTE(MB_STORE) ": a parent does not know its child";
	if (s->child[LEFT] == s->child[RIGHT] && s->child[LEFT] != MB_NIL)
		return MB_QUOTE(MB_STORE) ": one node is both children of another";
	for (unsigned side = LEFT; side <= RIGHT; side++) {
		mb_pos child = s->child[side];

		if (child == MB_NIL)
			continue;
		if (!RB_IN_USE(t, child))
			return MB_QUOTE(MB_STORE) ": a link leads to a slot that is not in use";
		if (RB_LINKS(t, child)->parent != pos)
			return MB_QUOTE(MB_STORE) ": a child does not know its parent";
		if (s->state == RED && RB_LINKS(t, child)->state == RED)
			return MB_QUOTE(MB_STORE) ": a red node has a red child";
	}
	return NULL;
}

static uint32_t RB(black_above)(const RB_TREE *t, mb_pos pos)
{
	uint32_t black = 0;

	for (; pos != MB_NIL; pos = RB_LINKS(t, pos)->parent)
		black += RB_LINKS(t, pos)->state == BLACK;
	return black;
}

#undef RB_NAME
#undef RB_TREE
#undef RB_LINKS
#undef RB_SET_ROOT
#undef RB_RECOMPUTE
#undef RB_RAISE
#undef RB_COPY
#undef RB_IN_USE
#endif
