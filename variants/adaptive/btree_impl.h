/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btree_impl.h - a B+tree of regions: nodes, segments, searches. The form of `adaptive` that has grown.
 *
 *     inner                      [ 0x1000  0x9000  0x20000 ]         key: base of the first region below
 *                               [ 0x800   0x3000  0x4000  ]         gap: the largest one below
 *                                 /         |          \
 *     leaves   [ r r r r ] <-> [ r r r r r ] <-> [ r r r ]          up to 16 regions, by base
 *
 * Each region stands for the gap below it, down to the end of the region before (or to 0): an inner node knows of
 * each child the largest of them. Every change keeps keys and gaps exact, so a search for free memory goes straight to
 * a gap that is large enough; alignment is tried at the gap. Leaves are chained in order.
 *
 * Nodes are numbered, segment << 20 | node, and never move; a region's position is node << 4 | place. Growth adds a
 * segment: nothing is copied and nothing given back. The table of segments lies in the collection's static storage,
 * which is free once a tree has been made of it.
 */

#define BTREE_REGIONS                                                                              \
	16 /* of a leaf: the best for inserts of 8, 16, 32 and 64 (docs/performance-notes.md) */
#define BTREE_CHILDREN 16
#define BTREE_LOADED 11    /* regions that a load puts into a leaf: what random inserts leave */
#define BTREE_SEGMENTS 96  /* enough for growth=1.1 from 128 slots to a million */
#define BTREE_NODE_BITS 20 /* of a node's number: those within its segment */

struct btree_node {
	uint32_t up;         /* the inner node above; MB_NIL: this is the root */
	uint32_t prev, next; /* of a leaf; next chains unused nodes */
	uint16_t cnt;        /* regions or children */
	uint16_t kind;       /* BTREE_LEAF ... */
	union {
		struct mb_region region[BTREE_REGIONS];
		struct {
			uint64_t key[BTREE_CHILDREN];
			uint64_t gap[BTREE_CHILDREN];
			uint32_t child[BTREE_CHILDREN];
		};
	};
};

enum { BTREE_UNUSED, BTREE_LEAF, BTREE_INNER };

/* What either form is asked for: called and not inlined, so that the small form's code does not get longer by it. */
#define TREE_CALL static __attribute__((noinline))

/* A segment: the bytes are a multiple of 8, so the origin has room in the lowest bits. */
struct btree_segment {
	struct btree_node *nodes;
	uint64_t bytes_origin;
};

#define BTREE_TABLE_BYTES (BTREE_SEGMENTS * sizeof(struct btree_segment))

/* c->store[]; a tree has at least one segment. */
enum {
	BTREE_COUNT = ORDER_WORDS, /* segments; 0: there is no tree yet */
	BTREE_ROOT,
	BTREE_FIRST, /* lowest and highest leaf, MB_NIL when empty */
	BTREE_LAST,
	BTREE_HEIGHT,   /* inner nodes on the way to a leaf */
	BTREE_FREE,     /* nodes that can still be had ... */
	BTREE_RETURNED, /* ... chained ones first, ... */
	BTREE_FRESH,    /* ... then from this node on: its number */
};

static inline struct btree_segment *btree_table(const struct mb_collection *c)
{
	return c->static_slots;
}

static inline struct btree_node *btree_node(const struct mb_collection *c, uint32_t n)
{
	return &btree_table(c)[n >> BTREE_NODE_BITS].nodes[n & ((1U << BTREE_NODE_BITS) - 1)];
}

/* No more than can be numbered. */
static inline uint32_t btree_segment_nodes(const struct btree_segment *s)
{
	uint64_t nodes = (s->bytes_origin & ~7ULL) / sizeof(struct btree_node);

	return nodes < 1U << BTREE_NODE_BITS ? (uint32_t)nodes : 1U << BTREE_NODE_BITS;
}

static inline uint32_t btree_leaf_of(mb_pos pos)
{
	return pos / BTREE_REGIONS;
}

static inline uint32_t btree_place_of(mb_pos pos)
{
	return pos % BTREE_REGIONS;
}

static inline mb_pos btree_pos(uint32_t leaf, uint32_t place)
{
	return leaf * BTREE_REGIONS + place;
}

TREE_CALL struct mb_region *btree_at(const struct mb_collection *c, mb_pos pos)
{
	return &btree_node(c, btree_leaf_of(pos))->region[btree_place_of(pos)];
}

static inline uint64_t btree_end(const struct mb_region *r)
{
	return r->base + r->size;
}

/* ---- nodes ------------------------------------------------------------------------------------- */

static inline uint32_t btree_take(struct mb_collection *c, uint16_t kind)
{
	uint32_t n = c->store[BTREE_RETURNED];
	struct btree_node *node;

	if (n != MB_NIL) {
		c->store[BTREE_RETURNED] = btree_node(c, n)->next;
	} else {
		uint32_t segment = (n = c->store[BTREE_FRESH]) >> BTREE_NODE_BITS;
		uint32_t after = n + 1 - (segment << BTREE_NODE_BITS);

		if (after == btree_segment_nodes(&btree_table(c)[segment]))
			c->store[BTREE_FRESH] = (segment + 1) << BTREE_NODE_BITS;
		else
			c->store[BTREE_FRESH]++;
	}
	c->store[BTREE_FREE]--;
	node = btree_node(c, n);
	node->up = node->prev = node->next = MB_NIL;
	node->cnt = 0;
	node->kind = kind;
	return n;
}

static inline void btree_give(struct mb_collection *c, uint32_t n)
{
	btree_node(c, n)->kind = BTREE_UNUSED;
	btree_node(c, n)->next = c->store[BTREE_RETURNED];
	c->store[BTREE_RETURNED] = n;
	c->store[BTREE_FREE]++;
}

/*
 * Each of few inserts may split a leaf and the inner nodes above it; the root splits once, and a new one comes above. Of
 * many some come to the same leaves, and every eighth leaf that is split may split the root once more.
 */
TREE_CALL bool btree_fits(const struct mb_collection *c, uint32_t n)
{
	uint32_t height = c->store[BTREE_HEIGHT];

	return (uint64_t)n * (height ? height : 1) + n / 4 + 2 <= c->store[BTREE_FREE];
}

/* ---- walking ----------------------------------------------------------------------------------- */

TREE_CALL mb_pos btree_first(const struct mb_collection *c)
{
	return c->cnt ? btree_pos(c->store[BTREE_FIRST], 0) : MB_NIL;
}

TREE_CALL mb_pos btree_last(const struct mb_collection *c)
{
	uint32_t leaf = c->store[BTREE_LAST];

	return c->cnt ? btree_pos(leaf, btree_node(c, leaf)->cnt - 1U) : MB_NIL;
}

TREE_CALL mb_pos btree_next(const struct mb_collection *c, mb_pos pos)
{
	const struct btree_node *leaf = btree_node(c, btree_leaf_of(pos));

	if (btree_place_of(pos) + 1 < leaf->cnt)
		return pos + 1;
	return leaf->next == MB_NIL ? MB_NIL : btree_pos(leaf->next, 0);
}

TREE_CALL mb_pos btree_prev(const struct mb_collection *c, mb_pos pos)
{
	uint32_t prev;

	if (btree_place_of(pos))
		return pos - 1;
	prev = btree_node(c, btree_leaf_of(pos))->prev;
	return prev == MB_NIL ? MB_NIL : btree_pos(prev, btree_node(c, prev)->cnt - 1U);
}

/*
 * The last region that begins at or below @addr, or the first; there is one. Halving as in an array: one load and no
 * branch a step, since the answers cannot be predicted.
 */
static __attribute__((noinline)) mb_pos
btree_last_from(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	uint32_t n = c->store[BTREE_ROOT];
	const struct btree_node *node = btree_node(c, n);
	const struct mb_region *r;

	(void)mb;
	while (node->kind == BTREE_INNER) {
		const uint64_t *key = node->key;

		MB_COUNT(mb, regions_visited, 1);
		for (uint32_t left = node->cnt; left > 1; left -= left / 2)
			key += key[left / 2] <= addr ? left / 2 : 0;
		n = node->child[key - node->key];
		node = btree_node(c, n);
	}
	r = node->region;
	for (uint32_t left = node->cnt; left > 1; left -= left / 2) {
		MB_COUNT(mb, regions_visited, 1);
		r += r[left / 2].base <= addr ? left / 2 : 0;
	}
	return btree_pos(n, (uint32_t)(r - node->region));
}

TREE_CALL mb_pos btree_lower(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	mb_pos pos;

	if (!c->cnt)
		return MB_NIL;
	pos = btree_last_from(mb, c, addr);
	return btree_end(btree_at(c, pos)) > addr ? pos : btree_next(c, pos);
}

TREE_CALL mb_pos btree_below(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	mb_pos pos;

	if (!c->cnt || !addr)
		return MB_NIL;
	pos = btree_last_from(mb, c, addr - 1);
	return btree_at(c, pos)->base < addr ? pos : MB_NIL;
}

/* ---- the largest gap --------------------------------------------------------------------------- */

/* End of the region before @place of a leaf: where the gap below that begins. */
static inline uint64_t btree_gap_base(const struct mb_collection *c, const struct btree_node *leaf,
				      uint32_t place)
{
	const struct btree_node *before;

	if (place)
		return btree_end(&leaf->region[place - 1]);
	if (leaf->prev == MB_NIL)
		return 0;
	before = btree_node(c, leaf->prev);
	return btree_end(&before->region[before->cnt - 1]);
}

static uint64_t btree_largest_gap(const struct mb_collection *c, const struct btree_node *node)
{
	uint64_t largest = 0;

	if (node->kind == BTREE_INNER) {
		for (uint32_t i = 0; i < node->cnt; i++)
			largest = node->gap[i] > largest ? node->gap[i] : largest;
	} else {
		uint64_t end = btree_gap_base(c, node, 0);

		for (uint32_t i = 0; i < node->cnt; i++) {
			uint64_t gap = node->region[i].base - end;

			largest = gap > largest ? gap : largest;
			end = btree_end(&node->region[i]);
		}
	}
	return largest;
}

static inline uint64_t btree_lowest_base(const struct btree_node *node)
{
	return node->kind == BTREE_INNER ? node->key[0] : node->region[0].base;
}

static inline uint32_t btree_place_in(const struct btree_node *up, uint32_t n)
{
	uint32_t i = 0;

	while (up->child[i] != n)
		i++;
	return i;
}

/* Regions of leaf @n changed, or the gap below its first: tell the nodes above, as far as it matters to them. */
static __attribute__((noinline)) void btree_tell(struct mb_collection *c, uint32_t n)
{
	const struct btree_node *node = btree_node(c, n);

	while (node->up != MB_NIL) {
		struct btree_node *up = btree_node(c, node->up);
		uint32_t i = btree_place_in(up, n);
		uint64_t gap = btree_largest_gap(c, node), key = btree_lowest_base(node);

		if (up->gap[i] == gap && up->key[i] == key)
			return;
		up->gap[i] = gap;
		up->key[i] = key;
		n = node->up;
		node = up;
	}
}

/* The same, and the last region's end may have moved, which is where the gap below the next leaf's first begins. */
static inline void btree_tell_both(struct mb_collection *c, uint32_t n)
{
	uint32_t next = btree_node(c, n)->next;

	btree_tell(c, n);
	if (next != MB_NIL)
		btree_tell(c, next);
}

static inline void btree_changed(struct mb *mb, struct mb_collection *c, mb_pos pos, unsigned what)
{
	uint32_t leaf = btree_leaf_of(pos);
	bool last = btree_place_of(pos) + 1 == btree_node(c, leaf)->cnt;

	(void)mb;
	if ((what & MB_CHANGED_BASE) || ((what & MB_CHANGED_END) && !last))
		btree_tell(c, leaf);
	if ((what & MB_CHANGED_END) && last && btree_node(c, leaf)->next != MB_NIL)
		btree_tell(c, btree_node(c, leaf)->next);
}
