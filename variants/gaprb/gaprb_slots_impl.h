/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gaprb_slots_impl.h - slots that never move: a table of segments, and which slots of them are free.
 *
 *     static storage  | table | s0 | s1 | s2 | s3 |      position = segment << 26 | slot in it
 *                         |
 *     segment 1           +-> | s0 | s1 | s2 | s3 |
 *     segment 2           +-> | s0 | s1 | ...  |<- fresh |
 *
 * The table lies in front of the static slots, so that it is there whatever else is copied or restored. An address is
 * one load and one addition: origin[] has that of the slot at position 0 as a segment would have it that began
 * there. Memory's table has the origins of reserved too, as if that went on at position 2^31: for what leads to
 * slots of both.
 *
 * Growth writes an entry of the table and none of the new bytes. The table has room for SEGMENTS_MAX pieces: the first
 * SEGMENTS_BY_PARAM are as large as `growth` says, later ones at least as large as all before them together, which
 * 2^26 slots in each bound.
 *
 * Slots that were given back are chained through a link of their own, the others handed out from a high-water mark, as
 * in memblock/slot_pool_impl.h.
 */

#define SLOT_BITS                                                                                  \
	7 /* a slot is 128 bytes: two cache lines, one of the region and one of its piece */
#define SEGMENT_BITS 26
#define SEGMENT_SLOTS (1u << SEGMENT_BITS)
#define SEGMENTS_MAX 32
#define SEGMENTS_BY_PARAM 8

_Static_assert(sizeof(struct store_slot) == 1 << SLOT_BITS, "addresses are made by shifting");

/* c->store[] */
enum {
	POOL_RETURNED, /* slots given back, chained; MB_NIL if there are none */
	POOL_FRESH,    /* slots from this position on were never handed out */
	POOL_SEGMENTS,
	POOL_WORDS,
};

struct segment {
	uint64_t pa;    /* MB_MANAGED only */
	uint64_t bytes; /* as reserved */
	uint32_t slots;
	uint32_t origin; /* enum mb_origin */
};

struct segment_table {
	uintptr_t origin[2 * SEGMENTS_MAX];
	struct segment of[SEGMENTS_MAX];
};

static inline struct segment_table *segments(const struct mb_collection *c)
{
	return c->static_slots;
}

static inline struct store_slot *slot_at(const struct mb_collection *c, uint32_t pos)
{
	return (struct store_slot *)(segments(c)->origin[pos >> SEGMENT_BITS] +
				     ((uintptr_t)pos << SLOT_BITS));
}

static inline struct mb_region *store_at(const struct mb_collection *c, mb_pos pos)
{
	return &slot_at(c, pos)->region;
}

/* The position behind @pos, in the order in which slots are handed out; it may not be there yet. */
static inline uint32_t slot_after(const struct mb_collection *c, uint32_t pos)
{
	uint32_t segment = pos >> SEGMENT_BITS;

	if ((pos & (SEGMENT_SLOTS - 1)) + 1 < segments(c)->of[segment].slots)
		return pos + 1;
	return (segment + 1) << SEGMENT_BITS;
}

static inline void slots_clear(struct mb_collection *c)
{
	c->store[POOL_RETURNED] = MB_NIL;
	c->store[POOL_FRESH] = 0;
}

/* Segment @i, whose slots begin at @at. */
static inline void segment_set(struct mb *mb, struct mb_collection *c, uint32_t i, void *at,
			       const struct segment *s)
{
	const uint32_t in_both = i + SEGMENTS_MAX;

	segments(c)->of[i] = *s;
	segments(c)->origin[i] =
		(uintptr_t)at - (uintptr_t)((uint64_t)i << (SEGMENT_BITS + SLOT_BITS));
	if (c->which == MB_RESERVED)
		segments(&mb->c[MB_MEMORY])->origin[in_both] =
			(uintptr_t)at -
			(uintptr_t)((uint64_t)in_both << (SEGMENT_BITS + SLOT_BITS));
}

/* One segment, the static one; c->slots_bytes are set. */
static inline void slots_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	struct segment s = { .bytes = c->slots_bytes, .slots = max, .origin = MB_STATIC };

	segment_set(mb, c, 0, segments(c) + 1, &s);
	c->store[POOL_SEGMENTS] = 1;
	slots_clear(c);
}

static inline uint32_t slot_take(struct mb_collection *c)
{
	uint32_t pos = c->store[POOL_RETURNED];

	if (pos != MB_NIL) {
		c->store[POOL_RETURNED] = slot_at(c, pos)->links.child[LEFT];
	} else {
		pos = c->store[POOL_FRESH];
		c->store[POOL_FRESH] = slot_after(c, pos);
	}
	return pos;
}

static inline void slot_give(struct mb_collection *c, uint32_t pos)
{
	struct rb_links *links = &slot_at(c, pos)->links;

	links->state = UNUSED;
	links->child[LEFT] = c->store[POOL_RETURNED];
	c->store[POOL_RETURNED] = pos;
}

/* The position that is handed out as the @n th, from 0 on. */
static inline uint32_t slot_nth(const struct mb_collection *c, uint32_t n)
{
	uint32_t segment = 0;

	while (segment < c->store[POOL_SEGMENTS] && n >= segments(c)->of[segment].slots)
		n -= segments(c)->of[segment++].slots;
	return segment << SEGMENT_BITS | n;
}

/* Slots 0 to n - 1 count as handed out and given back, the first of @order last. */
#define store_order store_order
static inline void store_order(struct mb *mb, struct mb_collection *c, const uint32_t *order,
			       uint32_t n)
{
	(void)mb;
	c->store[POOL_FRESH] = slot_nth(c, n);
	c->store[POOL_RETURNED] = MB_NIL;
	while (n--)
		slot_give(c, slot_nth(c, order[n]));
}

/* ---- growth ------------------------------------------------------------------------------------ */

#define store_keeps_storage store_keeps_storage
static inline bool store_keeps_storage(const struct mb_collection *c)
{
	(void)c;
	return true;
}

#define store_bytes store_bytes
static inline uint64_t store_bytes(uint32_t max)
{
	return sizeof(struct segment_table) + (uint64_t)max * sizeof(struct store_slot);
}

/* Slots of the next segment, where @max are wanted in all. */
static inline uint32_t segment_slots(const struct mb_collection *c, uint32_t max)
{
	uint32_t more = max - c->max;

	if (c->store[POOL_SEGMENTS] >= SEGMENTS_BY_PARAM && more < c->max)
		more = c->max;
	return more < SEGMENT_SLOTS ? more : SEGMENT_SLOTS;
}

#define store_grown_bytes store_grown_bytes
static inline uint64_t store_grown_bytes(const struct mb_collection *c, uint32_t max)
{
	return (uint64_t)segment_slots(c, max) * sizeof(struct store_slot);
}

#define store_grow store_grow
static inline uint32_t store_grow(struct mb *mb, struct mb_collection *c,
				  const struct mb_segment *to, uint32_t max)
{
	uint32_t n = c->store[POOL_SEGMENTS], slots = segment_slots(c, max);
	struct segment s = {
		.pa = to->pa, .bytes = to->bytes, .slots = slots, .origin = to->origin
	};

	if (n == SEGMENTS_MAX)
		mb_bug(mb, "memblock: no further segment for %s", mb_which_name(c->which));
	segment_set(mb, c, n, to->slots, &s);
	c->store[POOL_SEGMENTS]++;
	return c->max + slots;
}

#define store_segment store_segment
static bool store_segment(const struct mb *mb, const struct mb_collection *c, unsigned i,
			  struct mb_segment *out)
{
	uint32_t fresh = c->store[POOL_FRESH], slots = fresh & (SEGMENT_SLOTS - 1);
	const struct segment *s = &segments(c)->of[i];

	(void)mb;
	if (i >= c->store[POOL_SEGMENTS])
		return false;
	if (i != fresh >> SEGMENT_BITS)
		slots = i < fresh >> SEGMENT_BITS ? s->slots : 0;
	*out = (struct mb_segment){ .slots = i ? slot_at(c, i << SEGMENT_BITS) : c->static_slots,
				    .pa = s->pa,
				    .bytes = s->bytes,
				    .used = slots * sizeof(struct store_slot),
				    .origin = (enum mb_origin)s->origin };
	if (!i)
		out->used += sizeof(struct segment_table);
	return true;
}

static inline size_t store_used_bytes(const struct mb_collection *c)
{
	struct mb_segment newest = { .used = 0 };

	store_segment(NULL, c, c->store[POOL_SEGMENTS] - 1, &newest);
	return newest.used;
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* Does @pos lead to a region? */
static inline bool slot_in_use(const struct mb_collection *c, uint32_t pos)
{
	return pos < c->store[POOL_FRESH] &&
	       (pos & (SEGMENT_SLOTS - 1)) < segments(c)->of[pos >> SEGMENT_BITS].slots &&
	       slot_at(c, pos)->links.state != UNUSED;
}

/* The walk is bounded by the number of slots, and each link verified before it is followed. */
static inline const char *slots_check(const struct mb_collection *c)
{
	uint32_t n = c->store[POOL_SEGMENTS], handed_out = 0, unused = 0;
	uint32_t fresh = c->store[POOL_FRESH];

	if (!n || n > SEGMENTS_MAX || fresh > n << SEGMENT_BITS)
		return MB_QUOTE(MB_STORE) ": the table of segments is wrong";
	for (uint32_t i = 0; i < n && i <= fresh >> SEGMENT_BITS; i++)
		handed_out += i < fresh >> SEGMENT_BITS ? segments(c)->of[i].slots :
							  fresh & (SEGMENT_SLOTS - 1);
	if (handed_out > c->max)
		return MB_QUOTE(MB_STORE) ": more slots were handed out than there are";
	for (uint32_t pos = c->store[POOL_RETURNED]; pos != MB_NIL;
	     pos = slot_at(c, pos)->links.child[LEFT])
		if (pos >= fresh ||
		    (pos & (SEGMENT_SLOTS - 1)) >= segments(c)->of[pos >> SEGMENT_BITS].slots ||
		    slot_in_use(c, pos) || unused++ >= handed_out)
			return MB_QUOTE(MB_STORE) ": the chain of unused slots leads astray";
	if (unused + c->cnt != handed_out)
		return MB_QUOTE(MB_STORE) ": a slot is neither in use nor chained as unused";
	return NULL;
}
