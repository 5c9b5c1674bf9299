/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaprb_find_impl.h - the search for free memory, in the tree of each class that is not hidden.
 *
 * A subtree whose largest room is below the size has nothing. The room for an alignment of the index is exact but for
 * its unit, so a piece that has it fits, unless the window cuts it: one at either edge. For an alignment between
 * two of the index the lower one's room is but a bound, and pieces that turn out not to fit are passed one by one.
 *
 * near is the side that the search comes from: RIGHT top-down, LEFT bottom-up.
 */

/* The index's alignment that a request for @align is served by. One that is no power of two has its length only. */
static inline unsigned room_for(uint64_t align)
{
	unsigned k = ROOMS - 1;

	if (align & (align - 1))
		return 0;
	while (k && align >> room_shift[k] == 0)
		k--;
	return k;
}

/* What a search asks of a piece. */
struct request {
	uint64_t size, align, start, end;
	unsigned k;    /* the index's alignment */
	int32_t units; /* of size */
};

static inline bool has_room(const struct mb *mb, mb_pos pos, const struct request *q)
{
	return pos != MB_NIL && piece_at(mb, pos)->room[q->k] >= q->units;
}

/* Would @p itself do, if it were all in the window and the alignment the index's? */
static inline bool is_room(const struct piece *p, const struct request *q)
{
	uint64_t length = p->hi - p->lo;

	return length >= q->size && length - q->size >= (-p->lo & ((1ull << room_shift[q->k]) - 1));
}

/* The nearest piece with room in the subtree at @pos, which has room, if only in units. */
EITHER_DIRECTION mb_pos nearest_with_room(struct mb *mb, mb_pos pos, const struct request *q,
					  enum rb_side near)
{
	for (;;) {
		const struct piece *p = piece_at(mb, pos);

		MB_COUNT(mb, regions_visited, 1);
		if (has_room(mb, p->links.child[near], q)) {
			pos = p->links.child[near];
			continue;
		}
		if (is_room(p, q) || !has_room(mb, p->links.child[!near], q))
			return pos;
		pos = p->links.child[!near];
	}
}

/* The next one behind @pos. */
EITHER_DIRECTION mb_pos next_with_room(struct mb *mb, mb_pos pos, const struct request *q,
				       enum rb_side near)
{
	const struct piece *p = piece_at(mb, pos);
	mb_pos far = p->links.child[!near];

	while (!has_room(mb, far, q)) {
		mb_pos up = p->links.parent;

		MB_COUNT(mb, regions_visited, 1);
		if (up == MB_NIL)
			return MB_NIL;
		p = piece_at(mb, up);
		far = MB_NIL;
		if (p->links.child[near] == pos) {
			if (is_room(p, q))
				return up;
			far = p->links.child[!near];
		}
		pos = up;
	}
	return nearest_with_room(mb, far, q, near);
}

/*
 * The nearest piece with room that reaches into the window, from below its end down or from above its start up; the
 * root has room. Where the near child of a node inside leads to nothing but what is outside, it is that node's turn.
 */
EITHER_DIRECTION mb_pos nearest_in_window(struct mb *mb, mb_pos pos, const struct request *q,
					  bool top_down)
{
	enum rb_side near = top_down ? RIGHT : LEFT;
	mb_pos turn = MB_NIL;

	for (;;) {
		const struct piece *p = piece_at(mb, pos);
		bool inside = top_down ? p->lo < q->end : p->hi > q->start;
		mb_pos child = p->links.child[inside ? near : !near];

		MB_COUNT(mb, regions_visited, 1);
		if (has_room(mb, child, q)) {
			if (inside)
				turn = pos;
			pos = child;
			continue;
		}
		if (!inside)
			break;
		if (is_room(p, q) || !has_room(mb, p->links.child[!near], q))
			return pos;
		return nearest_with_room(mb, p->links.child[!near], q, near);
	}
	if (turn == MB_NIL || is_room(piece_at(mb, turn), q))
		return turn;
	return next_with_room(mb, turn, q, near);
}

/* The first fit in one class, whose root has room: its piece, and in *at the address. */
EITHER_DIRECTION mb_pos find_in_class(struct mb *mb, mb_pos root, const struct request *q,
				      bool top_down, uint64_t *at)
{
	enum rb_side near = top_down ? RIGHT : LEFT;
	mb_pos pos = nearest_in_window(mb, root, q, top_down);

	for (; pos != MB_NIL; pos = next_with_room(mb, pos, q, near)) {
		const struct piece *p = piece_at(mb, pos);
		uint64_t lo = max_u64(p->lo, q->start), hi = min_u64(p->hi, q->end);

		if (top_down ? p->hi <= q->start : p->lo >= q->end)
			break;
		*at = lo < hi ? fit(mb, lo, hi, q->size, q->align, top_down) : 0;
		if (*at)
			return pos;
	}
	return MB_NIL;
}

/* A find narrows the window for the classes that follow: they have to be nearer. */
EITHER_DIRECTION mb_pos find_piece(struct mb *mb, struct request *q, int nid, uint32_t flags,
				   bool top_down, uint64_t *at)
{
	bool by_node = nid_selects(mb, nid);
	const struct class_record *class;
	mb_pos best = MB_NIL;

	for (mb_pos next = mb->c[MB_MEMORY].store[CLASS_FIRST]; next != MB_NIL;
	     next = class->next) {
		struct mb_region like;
		uint64_t found;
		mb_pos pos;

		class = class_at(mb, next);
		like.nid = class->nid;
		like.flags = class->flags;
		if (!class_is_between(class, q->start, q->end) ||
		    region_is_hidden(mb, &like, by_node, nid, flags) ||
		    !has_room(mb, class->root, q))
			continue;
		pos = find_in_class(mb, class->root, q, top_down, &found);
		if (pos == MB_NIL)
			continue;
		best = pos;
		*at = found;
		if (top_down)
			q->start = piece_at(mb, pos)->hi;
		else
			q->end = piece_at(mb, pos)->lo;
	}
	return best;
}

static struct mb_found gaprb_find(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				  uint64_t end, int nid, uint32_t flags)
{
	const struct mb_collection *reserved = &mb->c[MB_RESERVED];
	struct request q = { size, align, start, end, room_for(align), room_units(size) };
	struct mb_found found = { 0, MB_NIL, MB_NIL };
	mb_pos piece;

	if (!mb->bottom_up)
		piece = find_piece(mb, &q, nid, flags, true, &found.at);
	else
		piece = find_piece(mb, &q, nid, flags, false, &found.at);
	if (piece == MB_NIL)
		return found;
	if (piece & IN_RESERVED) {
		found.below = piece & ~IN_RESERVED;
		found.above = store_next(mb, reserved, found.below);
	} else {
		found.above = store_lower(mb, reserved, piece_at(mb, piece)->lo);
		found.below = below_or_last(mb, reserved, found.above);
	}
	return found;
}
