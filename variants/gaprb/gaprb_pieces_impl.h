/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaprb_pieces_impl.h - free memory as pieces, in a tree for each class of memory.
 *
 *     memory     [ m0  node 0         )[ m1  node 1      )     [ m2  node 0   )
 *     reserved       [ r0 )     [ r1        )      [ r2          )
 *     pieces     |---|    |-----|           |------|             |------------|
 *     hosts      m0       r0                r1                   r2
 *     class      A        A                 B                    A
 *
 * A piece is a maximal range of one memory region that no reserved region covers. It begins where that memory region
 * does or at the end of a reserved one, and its node lies in the slot of that region, its host (where both are at
 * one address, in that of memory): so there are never more pieces than slots, and none is ever allocated. A host has at
 * most one piece.
 *
 * A class is what decides whether a search may see a piece: node and flags of its memory region. Which classes are
 * hidden is asked by the search, never kept. Class records lie in slots of memory, from the first on, whatever those
 * slots hold otherwise: there are never more classes than regions. The chain of classes is searched from its head.
 *
 * When a collection is emptied the storage of it may be gone, so no piece in it is touched: all end at once, as a piece
 * exists only while its epoch is that of the index, and those of memory are made anew.
 */

/* The name of a piece: the position of its host, and which collection that is in. */
#define IN_RESERVED ((uint32_t)SEGMENTS_MAX << SEGMENT_BITS)

/* c->store[] of memory, behind the words of the trees */
enum {
	CLASS_FIRST = RB_LAST + 1, /* classes with pieces, chained */
	CLASS_UNUSED,              /* records without, chained */
	CLASS_FRESH,               /* records from here on were never used */
	EPOCH,                     /* of the pieces that there are; never 0 */
};

/* The alignments that the index knows, as shifts: none, a cache line, which most allocations of a boot ask for (what
 * they leave between them is too small or begins too late for any other), a page, and the larger blocks. */
static const uint8_t room_shift[ROOMS] = { 0, 6, 12, 16, 21, 30 };

static inline struct piece *piece_at(const struct mb *mb, mb_pos piece)
{
	return &slot_at(&mb->c[MB_MEMORY], piece)->piece;
}

static inline struct class_record *class_at(const struct mb *mb, mb_pos class)
{
	return &slot_at(&mb->c[MB_MEMORY], class)->class;
}

static inline bool piece_exists(const struct mb *mb, mb_pos piece)
{
	return piece_at(mb, piece)->epoch == mb->c[MB_MEMORY].store[EPOCH];
}

/*
 * A room is what is left of a piece from its first multiple of the alignment on, in units of 64 bytes, rounded
 * up: six of them take 24 bytes. Fewer units than a size has are not enough, as many are but for the last unit. What is
 * longer than ROOM_MAX counts as that long, and a size above ROOM_ENOUGH as that large.
 */
#define ROOM_UNIT_SHIFT 6
#define ROOM_MAX (1ull << 36)
#define ROOM_ENOUGH (1ull << 35)

static inline int32_t room_units(uint64_t size)
{
	return (int32_t)(((size < ROOM_ENOUGH ? size : ROOM_ENOUGH) + 63) >> ROOM_UNIT_SHIFT);
}

/* Where nothing is left, 0 or a negative number. */
static inline int32_t own_room(const struct piece *p, unsigned k)
{
	uint64_t length = p->hi - p->lo, skipped = -p->lo & ((1ull << room_shift[k]) - 1);

	return (int32_t)((int64_t)((length < ROOM_MAX ? length : ROOM_MAX) + 63 - skipped) >>
			 ROOM_UNIT_SHIFT);
}

/* The rooms at and below a child. */
static inline const int32_t *rooms_of(const struct mb *mb, mb_pos child)
{
	static const int32_t none[ROOMS];

	return child == MB_NIL ? none : piece_at(mb, child)->room;
}

/* The largest at and below @p, whose children have @l and @r; not below 0, as they are not. */
static inline int32_t largest_room(const struct piece *p, unsigned k, const int32_t *l,
				   const int32_t *r)
{
	int32_t below = l[k] > r[k] ? l[k] : r[k], own = own_room(p, k);

	return own > below ? own : below;
}

/* A room is never larger than that of a smaller alignment: behind a 0 there are only zeroes. */
static __attribute__((noinline)) bool piece_recompute(const struct mb *mb, mb_pos pos)
{
	struct piece *p = piece_at(mb, pos);
	const int32_t *l = rooms_of(mb, p->links.child[LEFT]);
	const int32_t *r = rooms_of(mb, p->links.child[RIGHT]);
	int32_t changed = 0;

#pragma GCC unroll 6
	for (unsigned k = 0; k < ROOMS; k++) {
		int32_t room = largest_room(p, k, l, r);

		changed |= room ^ p->room[k];
		if (!(room | p->room[k]))
			break;
		p->room[k] = room;
	}
	return changed != 0;
}

/* A piece is new or has grown: from it up, as far as it is the largest of something. */
static __attribute__((noinline)) void piece_raise(const struct mb *mb, mb_pos pos)
{
	struct piece *p = piece_at(mb, pos);
	int32_t own[ROOMS];

	for (unsigned k = 0; k < ROOMS; k++)
		own[k] = own_room(p, k);
	for (;;) {
		bool changed = false;

#pragma GCC unroll 6
		for (unsigned k = 0; k < ROOMS; k++) {
			if (p->room[k] >= own[k])
				continue;
			p->room[k] = own[k];
			changed = true;
		}
		if (!changed || p->links.parent == MB_NIL)
			return;
		p = piece_at(mb, p->links.parent);
	}
}

static inline void piece_copy_rooms(const struct mb *mb, mb_pos to, mb_pos from)
{
	mb_memmove(piece_at(mb, to)->room, piece_at(mb, from)->room, sizeof(int32_t) * ROOMS);
}

static inline void piece_is_root(struct mb *mb, mb_pos piece)
{
	class_at(mb, piece_at(mb, piece)->class)->root = piece;
}

static inline bool piece_in_use(const struct mb *mb, mb_pos piece)
{
	return slot_in_use(&mb->c[piece >> 31], piece & ~IN_RESERVED) && piece_exists(mb, piece);
}

#define RB_NAME piece
#define RB_TREE struct mb
#define RB_LINKS(mb, pos) (&piece_at(mb, pos)->links)
#define RB_SET_ROOT(mb, pos) piece_is_root(mb, pos)
#define RB_RECOMPUTE(mb, pos) piece_recompute(mb, pos)
#define RB_RAISE(mb, pos) piece_raise(mb, pos)
#define RB_COPY(mb, to, from) piece_copy_rooms(mb, to, from)
#define RB_IN_USE(mb, pos) piece_in_use(mb, pos)
#include <memblock/rb_impl.h>

/* ---- classes ----------------------------------------------------------------------------------- */

static inline bool is_of_class(const struct class_record *class, const struct mb_region *m)
{
	return class->nid == m->nid && class->flags == m->flags;
}

/* The class of memory region @m; there may be no piece of it yet. */
static mb_pos class_of(struct mb *mb, const struct mb_region *m)
{
	struct mb_collection *c = &mb->c[MB_MEMORY];
	mb_pos at = c->store[CLASS_FIRST];

	while (at != MB_NIL && !is_of_class(class_at(mb, at), m))
		at = class_at(mb, at)->next;
	if (at != MB_NIL)
		return at;
	at = c->store[CLASS_UNUSED];
	if (at != MB_NIL) {
		c->store[CLASS_UNUSED] = class_at(mb, at)->next;
	} else {
		at = c->store[CLASS_FRESH];
		c->store[CLASS_FRESH] = slot_after(c, at);
	}
	*class_at(mb, at) = (struct class_record){ .root = MB_NIL,
						   .next = c->store[CLASS_FIRST],
						   .nid = m->nid,
						   .flags = m->flags,
						   .bottom = UINT32_MAX };
	c->store[CLASS_FIRST] = at;
	return at;
}

#define MIB_SHIFT 20

/* A class's bounds only widen, until it is empty. Beyond 4 PiB they are no bounds. */
static void class_widen(struct class_record *class, uint64_t lo, uint64_t hi)
{
	uint64_t top = ((hi - 1) >> MIB_SHIFT) + 1;

	lo >>= MIB_SHIFT;
	if (lo < class->bottom)
		class->bottom = (uint32_t)lo;
	if (top > class->top)
		class->top = top < UINT32_MAX ? (uint32_t)top : UINT32_MAX;
}

/* Can pieces of it reach into [@start, @end)? */
static inline bool class_is_between(const struct class_record *class, uint64_t start, uint64_t end)
{
	return (class->top > start >> MIB_SHIFT || class->top == UINT32_MAX) &&
	       class->bottom <= end >> MIB_SHIFT;
}

/* Its last piece is gone. */
static void class_empty(struct mb *mb, mb_pos class)
{
	struct mb_collection *c = &mb->c[MB_MEMORY];
	uint32_t *from = &c->store[CLASS_FIRST];

	while (*from != class)
		from = &class_at(mb, *from)->next;
	*from = class_at(mb, class)->next;
	class_at(mb, class)->next = c->store[CLASS_UNUSED];
	c->store[CLASS_UNUSED] = class;
}

/* ---- one piece --------------------------------------------------------------------------------- */

static __attribute__((noinline)) void piece_drop(struct mb *mb, mb_pos piece)
{
	struct piece *p = piece_at(mb, piece);
	mb_pos right = p->links.child[RIGHT];

	if (!piece_exists(mb, piece))
		return;
	p->epoch = 0;
	if (p->links.parent == MB_NIL && right == MB_NIL && p->links.child[LEFT] == MB_NIL)
		class_empty(mb, p->class);
	else
		piece_take_out(mb, piece,
			       right == MB_NIL ? MB_NIL : piece_outermost(mb, right, LEFT));
}

/* A new one; lo and hi are set. @below: a piece of the same class that comes right before, or MB_NIL. */
static __attribute__((noinline)) void piece_link(struct mb *mb, mb_pos piece,
						 const struct mb_region *m, mb_pos below)
{
	struct piece *p = piece_at(mb, piece);
	enum rb_side side = RIGHT;
	mb_pos parent = below;

	if (below != MB_NIL) {
		mb_pos right = piece_at(mb, below)->links.child[RIGHT];

		p->class = piece_at(mb, below)->class;
		if (right != MB_NIL) {
			parent = piece_outermost(mb, right, LEFT);
			side = LEFT;
		}
	} else {
		p->class = class_of(mb, m);
		for (mb_pos at = class_at(mb, p->class)->root; at != MB_NIL;) {
			const struct piece *q = piece_at(mb, at);

			parent = at;
			side = q->lo < p->lo ? RIGHT : LEFT;
			at = q->links.child[side];
		}
	}
	class_widen(class_at(mb, p->class), p->lo, p->hi);
	mb_memset(p->room, 0, sizeof(p->room));
	p->epoch = mb->c[MB_MEMORY].store[EPOCH];
	piece_put_in(mb, piece, &p->links, parent, side);
}

/*
 * The piece of @piece's host is [lo, hi), of memory region @m; lo >= hi: there is none. Was it another? Where
 * both ends of a piece change it keeps its place in the order: nothing lies between.
 */
static bool piece_set(struct mb *mb, mb_pos piece, const struct mb_region *m, uint64_t lo,
		      uint64_t hi, mb_pos below)
{
	struct piece *p = piece_at(mb, piece);
	bool exists = piece_exists(mb, piece);

	if (lo >= hi) {
		piece_drop(mb, piece);
		return exists;
	}
	if (exists && is_of_class(class_at(mb, p->class), m)) {
		/* The room of a piece that counts as shorter may fall while it grows down. */
		bool grows = hi >= p->hi && (lo == p->lo || (lo < p->lo && hi - lo <= ROOM_MAX));

		if (p->lo == lo && p->hi == hi)
			return false;
		p->lo = lo;
		p->hi = hi;
		class_widen(class_at(mb, p->class), lo, hi);
		if (grows)
			piece_raise(mb, piece);
		else
			piece_update(mb, piece, MB_NIL);
		return true;
	}
	piece_drop(mb, piece);
	p->lo = lo;
	p->hi = hi;
	piece_link(mb, piece, m, below);
	return true;
}

/*
 * The piece of memory region @m in the gap between reserved regions @prev and @next, which are neighbours (MB_NIL:
 * there is none on that side). Was it another?
 */
static bool piece_in_gap(struct mb *mb, mb_pos m, mb_pos prev, mb_pos next, mb_pos below)
{
	struct mb_collection *reserved = &mb->c[MB_RESERVED];
	const struct mb_region *mr = store_at(&mb->c[MB_MEMORY], m);
	uint64_t lo = mr->base, hi = mr->base + mr->size;
	mb_pos host = m;

	MB_COUNT(mb, regions_visited, 1);
	if (prev != MB_NIL) {
		const struct mb_region *r = store_at(reserved, prev);

		if (r->base + r->size >= hi)
			return false; /* all of @m is below the gap */
		if (r->base + r->size > lo) {
			lo = r->base + r->size;
			host = prev | IN_RESERVED;
		}
	}
	if (next != MB_NIL && store_at(reserved, next)->base < hi)
		hi = store_at(reserved, next)->base;
	return piece_set(mb, host, mr, lo, hi, below);
}

static inline uint64_t base_of(const struct mb_collection *c, mb_pos pos)
{
	return store_at(c, pos)->base;
}

static inline uint64_t end_of(const struct mb_collection *c, mb_pos pos)
{
	return store_at(c, pos)->base + store_at(c, pos)->size;
}

/* The lowest region on a walk that came from @pos, or from the end where that is MB_NIL. */
static inline mb_pos above_or_first(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	return pos == MB_NIL ? store_first(mb, c) : store_next(mb, c, pos);
}

static inline mb_pos below_or_last(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	return pos == MB_NIL ? store_last(mb, c) : store_prev(mb, c, pos);
}

/* ---- what changes where reserved does ---------------------------------------------------------- */

/* @r has come to lie in what was a gap:  [ prev )  ....[ r )....  [ next )  */
static void index_reserved_added(struct mb *mb, mb_pos r)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos top = store_below(mb, memory, end_of(reserved, r)), m = top, below = MB_NIL;

	/* No memory region begins freely where @r is. */
	for (; m != MB_NIL && base_of(memory, m) >= base_of(reserved, r);
	     m = store_prev(mb, memory, m))
		piece_drop(mb, m);
	if (m != MB_NIL) {
		mb_pos prev = store_prev(mb, reserved, r);

		piece_in_gap(mb, m, prev, r, MB_NIL);
		if (m == top) {
			below = m;
			if (prev != MB_NIL && end_of(reserved, prev) > base_of(memory, m))
				below = prev | IN_RESERVED;
			if (!piece_exists(mb, below))
				below = MB_NIL;
		}
	}
	if (top != MB_NIL)
		piece_in_gap(mb, top, r, store_next(mb, reserved, r), below);
}

/* @r, which is still linked, goes: the gap will be that between its neighbours. */
static void index_reserved_removed(struct mb *mb, mb_pos r)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos m = store_below(mb, memory, end_of(reserved, r));
	mb_pos prev, next;

	piece_drop(mb, r | IN_RESERVED);
	if (m == MB_NIL)
		return;
	prev = store_prev(mb, reserved, r);
	next = store_next(mb, reserved, r);
	for (; m != MB_NIL; m = store_prev(mb, memory, m)) {
		piece_in_gap(mb, m, prev, next, MB_NIL);
		if (base_of(memory, m) < base_of(reserved, r))
			return;
	}
}

/*
 * The end of @r is another. What it covers now has pieces that begin with memory; what it uncovered has none:
 *
 *     memory       [  a  ) [  b  ) [  c  )           r grows: b loses its piece, c is host of r's no more
 *     r          [ )                                 or the other way round
 *     r          [             )
 */
static void index_reserved_end(struct mb *mb, mb_pos r)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos next = store_next(mb, reserved, r), m;
	mb_pos top = store_below(mb, memory, end_of(reserved, r));

	for (m = top;
	     m != MB_NIL && base_of(memory, m) >= base_of(reserved, r) && piece_exists(mb, m);
	     m = store_prev(mb, memory, m))
		piece_drop(mb, m);
	if (top == MB_NIL || end_of(memory, top) <= end_of(reserved, r))
		piece_drop(mb, r | IN_RESERVED);
	else
		piece_in_gap(mb, top, r, next, MB_NIL);
	for (m = above_or_first(mb, memory, top);
	     m != MB_NIL && (next == MB_NIL || base_of(memory, m) < base_of(reserved, next));
	     m = store_next(mb, memory, m))
		if (!piece_in_gap(mb, m, r, next, MB_NIL))
			return;
}

/* The same for its base. */
static void index_reserved_base(struct mb *mb, mb_pos r)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos m = store_below(mb, memory, base_of(reserved, r));
	mb_pos prev = store_prev(mb, reserved, r);

	for (mb_pos up = above_or_first(mb, memory, m);
	     up != MB_NIL && base_of(memory, up) < end_of(reserved, r) && piece_exists(mb, up);
	     up = store_next(mb, memory, up))
		piece_drop(mb, up);
	for (; m != MB_NIL; m = store_prev(mb, memory, m))
		if (!piece_in_gap(mb, m, prev, r, MB_NIL))
			return;
}

/* ---- what changes where memory does ------------------------------------------------------------ */

/* Memory region @m is new, or of another class: all of its pieces. */
static void index_memory_added(struct mb *mb, mb_pos m)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos r = store_lower(mb, reserved, base_of(memory, m)), below = MB_NIL;

	piece_in_gap(mb, m, MB_NIL, r, MB_NIL);
	if (piece_exists(mb, m))
		below = m;
	while (r != MB_NIL && end_of(reserved, r) < end_of(memory, m)) {
		mb_pos next = store_next(mb, reserved, r);

		piece_in_gap(mb, m, r, next, below);
		if (piece_exists(mb, r | IN_RESERVED))
			below = r | IN_RESERVED;
		r = next;
	}
}

static void index_memory_removed(struct mb *mb, mb_pos m)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos r = store_lower(mb, reserved, base_of(memory, m));

	piece_drop(mb, m);
	for (; r != MB_NIL && end_of(reserved, r) < end_of(memory, m);
	     r = store_next(mb, reserved, r))
		piece_drop(mb, r | IN_RESERVED);
}

/* The first piece of @m tells the class of all. They leave together, before others come: else a moment would have more
 * classes than regions. */
static void index_memory_class(struct mb *mb, mb_pos m)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	const struct mb_region *mr = store_at(memory, m);
	mb_pos piece = m;

	if (!piece_exists(mb, m)) {
		mb_pos r = store_lower(mb, reserved, mr->base);

		while (r != MB_NIL && end_of(reserved, r) < end_of(memory, m) &&
		       !piece_exists(mb, r | IN_RESERVED))
			r = store_next(mb, reserved, r);
		if (r == MB_NIL || end_of(reserved, r) >= end_of(memory, m))
			return;
		piece = r | IN_RESERVED;
	}
	if (is_of_class(class_at(mb, piece_at(mb, piece)->class), mr))
		return;
	index_memory_removed(mb, m);
	index_memory_added(mb, m);
}

/*
 * The base of @m is another. Reserved regions that end below it, down to the memory below, have no piece (any more);
 * above it they have, up to the first that had the same before.
 */
static void index_memory_base(struct mb *mb, mb_pos m)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos r = store_lower(mb, reserved, base_of(memory, m)), down;
	mb_pos lower = store_prev(mb, memory, m);

	for (down = below_or_last(mb, reserved, r);
	     down != MB_NIL && (lower == MB_NIL || end_of(reserved, down) >= end_of(memory, lower));
	     down = store_prev(mb, reserved, down))
		piece_drop(mb, down | IN_RESERVED);
	piece_in_gap(mb, m, MB_NIL, r, MB_NIL);
	while (r != MB_NIL && end_of(reserved, r) < end_of(memory, m)) {
		mb_pos next = store_next(mb, reserved, r);

		if (!piece_in_gap(mb, m, r, next, MB_NIL) && piece_exists(mb, r | IN_RESERVED))
			return;
		r = next;
	}
}

/* The same for its end. */
static void index_memory_end(struct mb *mb, mb_pos m)
{
	struct mb_collection *memory = &mb->c[MB_MEMORY], *reserved = &mb->c[MB_RESERVED];
	mb_pos r = store_lower(mb, reserved, end_of(memory, m) - 1), next = r;
	mb_pos upper = store_next(mb, memory, m);

	for (mb_pos up = r;
	     up != MB_NIL && (upper == MB_NIL || end_of(reserved, up) <= base_of(memory, upper));
	     up = store_next(mb, reserved, up))
		piece_drop(mb, up | IN_RESERVED);
	piece_in_gap(mb, m, MB_NIL, store_lower(mb, reserved, base_of(memory, m)), MB_NIL);
	for (r = below_or_last(mb, reserved, r);
	     r != MB_NIL && end_of(reserved, r) > base_of(memory, m);
	     next = r, r = store_prev(mb, reserved, r))
		if (!piece_in_gap(mb, m, r, next, MB_NIL) && piece_exists(mb, r | IN_RESERVED))
			return;
}

/* No piece exists; nothing is touched. */
static inline void index_clear(struct mb *mb)
{
	uint32_t *words = mb->c[MB_MEMORY].store;

	words[CLASS_FIRST] = MB_NIL;
	words[CLASS_UNUSED] = MB_NIL;
	words[CLASS_FRESH] = 0;
	if (!++words[EPOCH])
		words[EPOCH] = 1;
}

/* Reserved or memory has become empty: with the former all of memory is free. */
static void index_emptied(struct mb *mb, enum mb_which which)
{
	const struct mb_collection *memory = &mb->c[MB_MEMORY];

	if (which == MB_PHYSMEM)
		return;
	index_clear(mb);
	if (which == MB_RESERVED && memory->cnt)
		for (mb_pos m = store_first(mb, memory); m != MB_NIL; m = store_next(mb, memory, m))
			piece_in_gap(mb, m, MB_NIL, MB_NIL, MB_NIL);
}
