/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btree_edit_impl.h - inserts, erases and loads of the B+tree. Stands on btree_impl.h. */

static inline void btree_move_regions(struct btree_node *to, uint32_t to_place,
				      const struct btree_node *from, uint32_t place, uint32_t n)
{
	mb_memmove(&to->region[to_place], &from->region[place], n * sizeof(struct mb_region));
}

/* Move the children of @from from @place on, @n of them, to @to_place of @to. Counts are the caller's. */
static MB_RARE void btree_move_children(struct btree_node *to, uint32_t to_place,
					const struct btree_node *from, uint32_t place, uint32_t n)
{
	mb_memmove(&to->key[to_place], &from->key[place], n * sizeof(to->key[0]));
	mb_memmove(&to->gap[to_place], &from->gap[place], n * sizeof(to->gap[0]));
	mb_memmove(&to->child[to_place], &from->child[place], n * sizeof(to->child[0]));
}

/* ---- inner nodes ------------------------------------------------------------------------------- */

/* The children of inner node @n from @place on came or moved: say so to them. */
static inline void btree_adopt(struct mb_collection *c, uint32_t n, uint32_t place)
{
	const struct btree_node *node = btree_node(c, n);

	for (; place < node->cnt; place++) {
		struct btree_node *child = btree_node(c, node->child[place]);

		child->up = n;
		child->place = (uint8_t)place;
	}
}

/* Give the children of the full inner node @n from @keep on to a new one on its right, which is linked nowhere yet. */
static MB_RARE uint32_t btree_split_inner(struct mb_collection *c, uint32_t n, uint32_t keep)
{
	uint32_t right = btree_take(c, BTREE_INNER);
	struct btree_node *from = btree_node(c, n), *to = btree_node(c, right);

	to->cnt = (uint8_t)(from->cnt - keep);
	from->cnt = (uint8_t)keep;
	btree_move_children(to, 0, from, keep, to->cnt);
	btree_pad(from);
	btree_adopt(c, right, 0);
	return right;
}

static MB_RARE void btree_put_child(struct mb_collection *c, uint32_t up, uint32_t place,
				    uint32_t n)
{
	struct btree_node *node = btree_node(c, up), *child = btree_node(c, n);

	btree_move_children(node, place + 1, node, place, node->cnt - place);
	node->cnt++;
	node->key[place] = btree_lowest_base(child);
	node->gap[place] = btree_find_widest(c, child);
	node->child[place] = n;
	btree_adopt(c, up, place);
}

/*
 * Link the new node @right behind its left neighbour @n, on the same level. What @right has comes from @n, so that
 * the node above hears of both. Nodes above are split as they have to be.
 */
static MB_RARE void btree_link(struct mb_collection *c, uint32_t n, uint32_t right)
{
	for (;;) {
		struct btree_node *left = btree_node(c, n), *node;
		uint32_t up = left->up, place = left->place, more = MB_NIL;

		if (up == MB_NIL) { /* a new root above both */
			up = btree_take(c, BTREE_INNER);
			c->store[BTREE_ROOT] = up;
			c->store[BTREE_HEIGHT]++;
			btree_put_child(c, up, 0, n);
			btree_put_child(c, up, 1, right);
			return;
		}
		node = btree_node(c, up);
		node->gap[place] = btree_find_widest(c, left);
		place++;
		if (node->cnt == BTREE_CHILDREN)
			more = btree_split_inner(
				c, up, place == BTREE_CHILDREN ? place : BTREE_CHILDREN / 2);
		if (place <= node->cnt && node->cnt < BTREE_CHILDREN)
			btree_put_child(c, up, place, right);
		else
			btree_put_child(c, more, place - node->cnt, right);
		if (more == MB_NIL) {
			btree_tell(c, node);
			return;
		}
		n = up;
		right = more;
	}
}

/* Take the empty node @n out, and inner nodes that are empty then; a root with one child goes as well. */
static MB_RARE void btree_unlink(struct mb_collection *c, uint32_t n)
{
	uint32_t up;

	for (;;) {
		struct btree_node *node;
		uint32_t place;

		up = btree_node(c, n)->up;
		if (up == MB_NIL)
			return; /* an empty leaf is the tree */
		btree_give(c, n);
		node = btree_node(c, up);
		place = btree_node(c, n)->place;
		node->cnt--;
		btree_move_children(node, place, node, place + 1, node->cnt - place);
		btree_pad(node);
		btree_adopt(c, up, place);
		if (node->cnt)
			break;
		n = up;
	}
	btree_tell(c, btree_node(c, up));
	for (n = c->store[BTREE_ROOT];
	     btree_node(c, n)->kind == BTREE_INNER && btree_node(c, n)->cnt == 1;) {
		uint32_t child = btree_node(c, n)->child[0];

		btree_give(c, n);
		btree_node(c, child)->up = MB_NIL;
		c->store[BTREE_ROOT] = n = child;
		c->store[BTREE_HEIGHT]--;
	}
}

/* ---- leaves ------------------------------------------------------------------------------------ */

/* Chain the new leaf @n behind @prev, or first. */
static inline void btree_chain(struct mb_collection *c, uint32_t prev, uint32_t n)
{
	uint32_t next = prev == MB_NIL ? c->store[BTREE_FIRST] : btree_node(c, prev)->next;

	btree_node(c, n)->prev = prev;
	btree_node(c, n)->next = next;
	if (prev == MB_NIL)
		c->store[BTREE_FIRST] = n;
	else
		btree_node(c, prev)->next = n;
	if (next == MB_NIL)
		c->store[BTREE_LAST] = n;
	else
		btree_node(c, next)->prev = n;
}

static inline void btree_unchain(struct mb_collection *c, uint32_t n)
{
	uint32_t prev = btree_node(c, n)->prev, next = btree_node(c, n)->next;

	if (prev == MB_NIL)
		c->store[BTREE_FIRST] = next;
	else
		btree_node(c, prev)->next = next;
	if (next == MB_NIL)
		c->store[BTREE_LAST] = prev;
	else
		btree_node(c, next)->prev = prev;
}

/* Nodes that a split of leaf @n takes: one for it, for each full node above it, and for a new root above the last. */
static inline uint32_t btree_split_takes(const struct mb_collection *c, uint32_t n)
{
	uint32_t takes = 1;

	for (n = btree_node(c, n)->up; n != MB_NIL; n = btree_node(c, n)->up) {
		if (btree_node(c, n)->cnt < BTREE_CHILDREN)
			return takes;
		takes++;
	}
	return takes + 1;
}

/*
 * The leaf @n is full: make room for a region at @place, and say where that is then. A neighbour takes half of what it
 * has room for; if both are full too, a new leaf takes the upper half. At an end, where regions may come in order, there is
 * a new leaf at once: it takes all but one, or nothing, and is chained then, but not linked to an inner node yet.
 */
static MB_RARE mb_pos btree_make_room(struct mb *mb, struct mb_collection *c, uint32_t n,
				      uint32_t place)
{
	struct btree_node *leaf = btree_node(c, n), *to;
	uint32_t other = leaf->next, moved;
	bool at_end = leaf->next == MB_NIL && place == BTREE_REGIONS;
	bool at_begin = leaf->prev == MB_NIL && !place;

	(void)mb;
	if (!at_end && !at_begin && other != MB_NIL &&
	    btree_node(c, other)->cnt < BTREE_REGIONS - 1) {
		to = btree_node(c, other);
		moved = (BTREE_REGIONS + 1U - to->cnt) / 2;
		btree_move_regions(to, moved, to, 0, to->cnt);
		btree_move_regions(to, 0, leaf, BTREE_REGIONS - moved, moved);
		to->cnt = (uint8_t)(to->cnt + moved);
		leaf->cnt = (uint8_t)(leaf->cnt - moved);
		btree_tell(c, leaf);
		btree_tell(c, to);
	} else if (!at_end && leaf->prev != MB_NIL &&
		   btree_node(c, leaf->prev)->cnt < BTREE_REGIONS - 1) {
		to = btree_node(c, leaf->prev);
		moved = (BTREE_REGIONS + 1U - to->cnt) / 2;
		btree_move_regions(to, to->cnt, leaf, 0, moved);
		to->cnt = (uint8_t)(to->cnt + moved);
		leaf->cnt = (uint8_t)(leaf->cnt - moved);
		btree_move_regions(leaf, 0, leaf, moved, leaf->cnt);
		btree_pad(leaf);
		btree_tell(c, to);
		btree_tell(c, leaf);
		MB_COUNT(mb, bytes_moved, BTREE_REGIONS * sizeof(struct mb_region));
		if (place >= moved)
			return btree_pos(n, place - moved);
		return btree_pos(leaf->prev, place + to->cnt - moved);
	} else {
		moved = at_end ? 0 : at_begin ? BTREE_REGIONS - 1 : BTREE_REGIONS / 2;
		if (btree_split_takes(c, n) > c->store[BTREE_FREE])
			mb_bug(mb, "memblock: no free node in %s", mb_which_name(c->which));
		other = btree_take(c, BTREE_LEAF);
		to = btree_node(c, other);
		btree_move_regions(to, 0, leaf, BTREE_REGIONS - moved, moved);
		to->cnt = (uint8_t)moved;
		leaf->cnt = (uint8_t)(leaf->cnt - moved);
		btree_chain(c, n, other);
		if (moved)
			btree_link(c, n, other);
	}
	btree_pad(leaf);
	MB_COUNT(mb, bytes_moved, to->cnt * sizeof(struct mb_region));
	/* The upper part is in the other leaf now; where nothing moved, the new leaf is for this region. */
	if (place > leaf->cnt || leaf->cnt == BTREE_REGIONS)
		return btree_pos(other, place - leaf->cnt);
	return btree_pos(n, place);
}

/* A region came to @place of @leaf, where it splits a gap into two or takes a part of that below the next leaf; what was
 * the first of all has a gap now. */
static inline void btree_tell_of_new(struct mb_collection *c, struct btree_node *leaf,
				     uint32_t place)
{
	leaf->widest = (uint8_t)(leaf->widest + (leaf->widest >= place));
	if (!place)
		btree_tell_key(c, leaf);
	if (place + 1 == leaf->cnt) {
		btree_tell_gap(c, leaf, place);
		btree_tell_first_gap(c, leaf->next);
	} else if (!place || place + 1 == leaf->widest) {
		btree_note_rest(leaf, btree_gap(c, leaf, place));
		btree_tell_gap(c, leaf, place + 1);
	}
}

/* The regions at @place and on of @leaf went, @n of them, but not all that it had: their gaps are one now. */
static inline void btree_tell_of_gone(struct mb_collection *c, struct btree_node *leaf,
				      uint32_t place, uint32_t n)
{
	if (leaf->widest >= place + n)
		leaf->widest = (uint8_t)(leaf->widest - n);
	else if (leaf->widest > place)
		leaf->widest = (uint8_t)place;
	if (place < leaf->cnt) {
		if (!place)
			btree_tell_key(c, leaf);
		btree_tell_gap(c, leaf, place);
		return;
	}
	if (leaf->widest == place)
		btree_tell(c, leaf);
	btree_tell_first_gap(c, leaf->next);
}

static __attribute__((noinline)) mb_pos btree_insert(struct mb *mb, struct mb_collection *c,
						     mb_pos before, const struct mb_region *region)
{
	uint32_t n = before == MB_NIL ? c->store[BTREE_LAST] : btree_leaf_of(before);
	struct btree_node *leaf = btree_node(c, n);
	uint32_t place = before == MB_NIL ? leaf->cnt : btree_place_of(before);
	struct mb_region *r;

	if (leaf->cnt == BTREE_REGIONS) {
		mb_pos pos = btree_make_room(mb, c, n, place);

		n = btree_leaf_of(pos);
		place = btree_place_of(pos);
		leaf = btree_node(c, n);
	}
	MB_COUNT(mb, bytes_moved, (leaf->cnt - place) * sizeof(*region));
	for (r = &leaf->region[leaf->cnt]; r > &leaf->region[place]; r--)
		*r = r[-1]; /* few: a call costs more */
	*r = *region;
	leaf->cnt++;
	c->store[BTREE_FINGER] = n;
	if (leaf->cnt == 1 && leaf->prev != MB_NIL)
		btree_link(c, leaf->prev, n); /* it was made for this region */
	else
		btree_tell_of_new(c, leaf, place);
	return btree_pos(n, place);
}

/* Take leaf @n, which is empty, out of the tree and the chain; the only leaf stays. */
static MB_RARE void btree_drop_leaf(struct mb_collection *c, uint32_t n)
{
	if (btree_node(c, n)->up == MB_NIL)
		return;
	btree_unchain(c, n);
	btree_unlink(c, n);
	btree_tell_key(c, btree_node(c, c->store[BTREE_FIRST]));
}

/* A leaf with few regions takes those of the next one, if they have room to spare: positions below stay. */
static MB_RARE void btree_join_next(struct mb_collection *c, uint32_t n)
{
	struct btree_node *leaf = btree_node(c, n), *next = btree_node(c, leaf->next);

	if (leaf->cnt + next->cnt > BTREE_REGIONS * 3 / 4)
		return;
	btree_move_regions(leaf, leaf->cnt, next, 0, next->cnt);
	leaf->cnt = (uint8_t)(leaf->cnt + next->cnt);
	next->cnt = 0;
	btree_drop_leaf(c, leaf->next);
	btree_tell(c, leaf);
}

static __attribute__((noinline)) mb_pos btree_erase(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, uint32_t n)
{
	uint32_t at = btree_leaf_of(pos), place = btree_place_of(pos);

	(void)mb;
	for (;;) {
		struct btree_node *leaf = btree_node(c, at);
		uint32_t here = leaf->cnt - place < n ? leaf->cnt - place : n;
		uint32_t next = leaf->next;
		struct mb_region *r;

		MB_COUNT(mb, bytes_moved, (leaf->cnt - place - here) * sizeof(struct mb_region));
		leaf->cnt = (uint8_t)(leaf->cnt - here);
		for (r = &leaf->region[place]; r < &leaf->region[leaf->cnt]; r++)
			*r = r[here];
		for (uint32_t i = 0; i < here; i++)
			r[i].base = BTREE_ABOVE_ALL;
		n -= here;
		if (leaf->cnt) {
			btree_tell_of_gone(c, leaf, place, here);
			if (!n) {
				if (next != MB_NIL && leaf->cnt <= BTREE_REGIONS / 2)
					btree_join_next(c, at);
				break;
			}
		} else {
			btree_drop_leaf(c, at);
		}
		if (next == MB_NIL) {
			c->store[BTREE_FINGER] = c->store[BTREE_LAST];
			return MB_NIL;
		}
		at = next;
		place = 0;
		if (!n) {
			btree_tell_first_gap(c, at);
			break;
		}
	}
	c->store[BTREE_FINGER] = at;
	if (place < btree_node(c, at)->cnt)
		return btree_pos(at, place);
	at = btree_node(c, at)->next;
	return at == MB_NIL ? MB_NIL : btree_pos(at, 0);
}

/* ---- making a tree ------------------------------------------------------------------------------ */

static uint32_t btree_nodes(const struct mb_collection *c)
{
	uint32_t nodes = 0;

	for (uint32_t i = 0; i < c->store[BTREE_COUNT]; i++)
		nodes += btree_segment_nodes(btree_table(c), i);
	return nodes;
}

/* An empty tree over the segments that there are: one leaf. */
static MB_RARE void btree_clear(struct mb_collection *c)
{
	struct btree_node *root;

	c->store[BTREE_RETURNED] = MB_NIL;
	c->store[BTREE_FRESH] = 0;
	c->store[BTREE_HEIGHT] = 0;
	c->store[BTREE_FREE] = btree_nodes(c);
	c->store[BTREE_FIRST] = MB_NIL;
	c->store[BTREE_ROOT] = btree_take(c, BTREE_LEAF);
	root = btree_node(c, c->store[BTREE_ROOT]);
	root->widest = root->rest = 0; /* of a root they mean nothing, but are read */
	btree_chain(c, MB_NIL, c->store[BTREE_ROOT]);
	c->store[BTREE_FINGER] = c->store[BTREE_ROOT];
}

/* Inner nodes above @leaves that were linked in order: all of a level are full but the last. */
static inline uint32_t btree_above(uint32_t leaves)
{
	uint32_t inner = 0;

	while (leaves > 1) {
		leaves = (leaves + BTREE_CHILDREN - 1) / BTREE_CHILDREN;
		inner += leaves;
	}
	return inner;
}

/* Leaves that can be had of @nodes, with the inner nodes above them. */
static inline uint32_t btree_leaves(uint32_t nodes)
{
	uint32_t leaves = nodes - nodes / (BTREE_CHILDREN + 1);

	while (leaves + btree_above(leaves) > nodes)
		leaves--;
	return leaves;
}

/*
 * @n regions in order into an empty tree: @r, or those of @order, which is in the form of order_impl.h. They are spread
 * evenly over the leaves: as random inserts would have left them, or, of an order, fuller, as the first segment has few
 * nodes; in any case no more leaves than there are.
 */
static void btree_load(struct mb_collection *c, const struct mb_region *r,
		       const struct mb_collection *order, uint32_t n)
{
	uint32_t most = btree_leaves(c->store[BTREE_FREE] + 1), at = c->store[BTREE_ROOT];
	uint32_t fill = order ? BTREE_GROWN : BTREE_LOADED, leaves = (n + fill - 1) / fill, i = 0;

	if (leaves > most)
		leaves = most;
	for (uint32_t k = 0; k < leaves; k++) {
		uint32_t end = (uint32_t)((uint64_t)n * (k + 1) / leaves);
		struct btree_node *leaf;

		if (k) {
			uint32_t more = btree_take(c, BTREE_LEAF);

			btree_chain(c, at, more);
			at = more;
		}
		leaf = btree_node(c, at);
		while (i < end) {
			leaf->region[leaf->cnt++] = r ? r[i] : *order_at(order, i);
			i++;
		}
		if (k)
			btree_link(c, leaf->prev, at);
	}
}

/* Room for @n regions as a load leaves them, and for what follows. */
static inline bool btree_holds(const struct mb_collection *c, uint32_t n)
{
	return n / BTREE_LOADED + 8 <= btree_leaves(btree_nodes(c)) * 7 / 8;
}
