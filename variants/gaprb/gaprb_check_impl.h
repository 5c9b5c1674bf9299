/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaprb_check_impl.h - is every piece what memory without reserved leaves, and every tree of them in order?
 */

/* Is the piece of @host [lo, hi) of a region like @m, or, where lo >= hi, none? */
static const char *check_piece(const struct mb *mb, mb_pos host, const struct mb_region *m,
			       uint64_t lo, uint64_t hi)
{
	const struct piece *p = piece_at(mb, host);
	bool exists = piece_exists(mb, host);

	if (exists != (lo < hi))
		return exists ? "gaprb: a piece is there that should not be" :
				"gaprb: a free range has no piece";
	if (!exists || !m) /* without @m there is no lo < hi */
		return NULL;
	if (p->lo != lo || p->hi != hi)
		return "gaprb: a piece is not what is free";
	if (!is_of_class(class_at(mb, p->class), m))
		return "gaprb: a piece is of another class than its memory";
	if (!class_is_between(class_at(mb, p->class), hi - 1, lo))
		return "gaprb: a piece is not within the bounds of its class";
	for (unsigned k = 0; k < ROOMS; k++)
		if (p->room[k] != largest_room(p, k, rooms_of(mb, p->links.child[LEFT]),
					       rooms_of(mb, p->links.child[RIGHT])))
			return "gaprb: the largest room of a subtree is wrong";
	return piece_check_links(mb, host);
}

/* Every host, in both collections; *pieces: how many have one. */
static const char *check_hosts(struct mb *mb, uint32_t *pieces)
{
	const struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	const char *why = NULL;

	*pieces = 0;
	for (mb_pos m = store_first(mb, memory); m != MB_NIL && !why;
	     m = store_next(mb, memory, m)) {
		const struct mb_region *mr = store_at(memory, m);
		mb_pos r = store_lower(mb, reserved, mr->base);
		uint64_t hi = end_of(memory, m);

		if (r != MB_NIL && base_of(reserved, r) < hi)
			hi = base_of(reserved, r);
		why = check_piece(mb, m, mr, mr->base, hi);
		*pieces += piece_exists(mb, m);
	}
	for (mb_pos r = store_first(mb, reserved); r != MB_NIL && !why;
	     r = store_next(mb, reserved, r)) {
		mb_pos m = store_below(mb, memory, end_of(reserved, r));
		mb_pos next = store_next(mb, reserved, r);
		uint64_t lo = end_of(reserved, r), hi = 0;

		if (m != MB_NIL)
			hi = end_of(memory, m);
		if (next != MB_NIL && base_of(reserved, next) < hi)
			hi = base_of(reserved, next);
		why = check_piece(mb, r | IN_RESERVED, m == MB_NIL ? NULL : store_at(memory, m), lo,
				  hi);
		*pieces += piece_exists(mb, r | IN_RESERVED);
	}
	return why;
}

/* The tree of a class in order; *pieces falls by its nodes, and not below 0. */
static const char *check_class(const struct mb *mb, mb_pos class, uint32_t *pieces)
{
	mb_pos pos = class_at(mb, class)->root, last = MB_NIL;
	uint32_t height = 0;

	if (!piece_in_use(mb, pos) || piece_at(mb, pos)->links.parent != MB_NIL)
		return "gaprb: a class has no root";
	for (pos = piece_outermost(mb, pos, LEFT); pos != MB_NIL;
	     last = pos, pos = piece_neighbour(mb, pos, RIGHT)) {
		const struct piece *p = piece_at(mb, pos);

		if (!(*pieces)--)
			return "gaprb: a piece is in two trees";
		if (p->class != class)
			return "gaprb: a piece is in the tree of another class";
		if (last != MB_NIL && piece_at(mb, last)->hi > p->lo)
			return "gaprb: pieces are out of order";
		if (p->links.child[LEFT] != MB_NIL && p->links.child[RIGHT] != MB_NIL)
			continue;
		if (!height)
			height = piece_black_above(mb, pos);
		if (piece_black_above(mb, pos) != height)
			return "gaprb: paths differ in their number of black nodes";
	}
	return NULL;
}

/* Both collections have been looked at, each by itself. */
static const char *check_index(struct mb *mb)
{
	const struct mb_collection *memory = &mb->c[MB_MEMORY];
	uint32_t pieces, classes = 0;
	const char *why = check_hosts(mb, &pieces);

	for (mb_pos class = memory->store[CLASS_FIRST]; class != MB_NIL && !why;
	     class = class_at(mb, class)->next) {
		if (class >= memory->store[CLASS_FRESH] || classes++ >= memory->cnt)
			return "gaprb: the chain of classes leads astray";
		why = check_class(mb, class, &pieces);
	}
	if (!why && memory->store[CLASS_FRESH] > memory->store[POOL_FRESH])
		why = "gaprb: a class lies where no slot was handed out";
	if (!why && pieces)
		why = "gaprb: a piece is in no tree";
	return why;
}
