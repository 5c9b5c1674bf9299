/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btree_impl.h - a B+tree of regions: nodes, segments, searches. The form of `adaptive` that has grown.
 *
 *     inner                      [ 0       0x9000  0x20000 ]         key: base of the first region below
 *                               [ 0x800   0x3000  0x4000  ]         gap: the largest one below
 *                                 /         |          \
 *     leaves   [ r r r r ] <-> [ r r r r r ] <-> [ r r r ]          up to 16 regions, by base
 *
 * Each region but the first stands for the gap below it, down to the end of the region before: an inner node knows of
 * each child the largest of them. Every change keeps keys and gaps exact, so a search for free memory goes straight to
 * a gap that is large enough; alignment is tried at the gap. Leaves are chained in order.
 *
 * Nodes are numbered, segment << 20 | node, and never move; a region's position is node << 4 | place. Growth adds a
 * segment: nothing is copied and nothing given back. The table of segments lies at the beginning of the first.
 */

#define BTREE_REGIONS 16 /* of a leaf */
#define BTREE_CHILDREN 16
#define BTREE_ABOVE_ALL UINT64_MAX /* no region begins there, and no search asks for it */
#define BTREE_LOADED 11    /* regions that a load puts into a leaf: what random inserts leave */
#define BTREE_GROWN 14     /* what the growth that makes the tree does: it inserts two itself */
#define BTREE_SEGMENTS 64  /* half of them as `growth` says, then each as large as all before it */
#define BTREE_NODE_BITS 20 /* of a node's number: those within its segment */

_Static_assert(BTREE_GROWN + 2 <= BTREE_REGIONS, "growth itself may split a leaf");
_Static_assert(BTREE_REGIONS == 16 && BTREE_CHILDREN == 16, "a search of a node has four steps");

struct btree_node {
	uint32_t up;         /* the inner node above; MB_NIL: this is the root */
	uint32_t prev, next; /* of a leaf; next chains unused nodes */
	uint8_t cnt;         /* regions or children; BTREE_UNUSED */
	uint8_t kind : 1;    /* BTREE_LEAF, BTREE_INNER */
	uint8_t place : 7;   /* among the children of the node above */
	uint8_t widest;      /* one with the largest gap; of the root it means nothing */
	uint8_t rest;        /* the other gaps are shorter than 2 << rest; the same */
	union {              /* behind the last one bases and keys are BTREE_ABOVE_ALL */
		struct mb_region region[BTREE_REGIONS];
		struct {
			uint64_t key[BTREE_CHILDREN];
			uint64_t gap[BTREE_CHILDREN];
			uint32_t child[BTREE_CHILDREN];
		};
	};
};

enum { BTREE_LEAF, BTREE_INNER, BTREE_UNUSED = UINT8_MAX };

/* What either form is asked for: called and not inlined, so that the small form's code does not get longer by it. */
#define TREE_CALL static __attribute__((noinline))

/* The bytes are a multiple of 8, so the origin has room in the lowest bits. */
struct btree_segment {
	uint64_t pa;
	uint64_t bytes_origin;
};

struct btree_table {
	struct btree_node *nodes[BTREE_SEGMENTS];
	struct btree_segment of[BTREE_SEGMENTS];
};

/* c->store[]; a tree has at least one segment. Its table's address takes the words of the form before. */
enum {
	BTREE_TABLE = 0,
	BTREE_FINGER = ORDER_FINGER, /* the leaf of the last change */
	BTREE_COUNT = ORDER_WORDS,   /* segments; 0: there is no tree yet */
	BTREE_ROOT,
	BTREE_FIRST, /* lowest and highest leaf; of an empty tree the only one */
	BTREE_LAST,
	BTREE_HEIGHT,   /* inner nodes on the way to a leaf */
	BTREE_FREE,     /* nodes that can still be had ... */
	BTREE_RETURNED, /* ... chained ones first, ... */
	BTREE_FRESH,    /* ... then from this node on: its number */
};

_Static_assert(BTREE_TABLE + sizeof(void *) / sizeof(uint32_t) <= BTREE_FINGER,
	       "no words for a pointer");

static inline struct btree_table *btree_table(const struct mb_collection *c)
{
	uintptr_t at;

	__builtin_memcpy(&at, &c->store[BTREE_TABLE], sizeof(at));
	return (struct btree_table *)at;
}

static inline void btree_set_table(struct mb_collection *c, struct btree_table *table)
{
	uintptr_t at = (uintptr_t)table;

	__builtin_memcpy(&c->store[BTREE_TABLE], &at, sizeof(at));
}

static inline struct btree_node *btree_node(const struct mb_collection *c, uint32_t n)
{
	return &btree_table(c)->nodes[n >> BTREE_NODE_BITS][n & ((1U << BTREE_NODE_BITS) - 1)];
}

/* No more than can be numbered. */
static inline uint32_t btree_segment_nodes(const struct btree_table *table, uint32_t i)
{
	uint64_t bytes = (table->of[i].bytes_origin & ~7ULL) - (i ? 0 : sizeof(*table));
	uint64_t nodes = bytes / sizeof(struct btree_node);

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

/* @node has less than before: what is behind the last one is no region and no child. */
static MB_RARE void btree_pad(struct btree_node *node)
{
	for (uint32_t i = node->cnt; i < BTREE_REGIONS; i++)
		if (node->kind == BTREE_INNER)
			node->key[i] = BTREE_ABOVE_ALL;
		else
			node->region[i].base = BTREE_ABOVE_ALL;
}

static MB_RARE uint32_t btree_take(struct mb_collection *c, uint8_t kind)
{
	uint32_t n = c->store[BTREE_RETURNED];
	struct btree_node *node;

	if (n != MB_NIL) {
		c->store[BTREE_RETURNED] = btree_node(c, n)->next;
	} else {
		uint32_t segment = (n = c->store[BTREE_FRESH]) >> BTREE_NODE_BITS;
		uint32_t after = n + 1 - (segment << BTREE_NODE_BITS);

		if (after == btree_segment_nodes(btree_table(c), segment))
			c->store[BTREE_FRESH] = (segment + 1) << BTREE_NODE_BITS;
		else
			c->store[BTREE_FRESH]++;
	}
	c->store[BTREE_FREE]--;
	node = btree_node(c, n);
	node->up = node->prev = node->next = MB_NIL;
	node->cnt = 0;
	node->kind = kind & 1;
	btree_pad(node);
	return n;
}

static inline void btree_give(struct mb_collection *c, uint32_t n)
{
	btree_node(c, n)->cnt = BTREE_UNUSED;
	btree_node(c, n)->next = c->store[BTREE_RETURNED];
	c->store[BTREE_RETURNED] = n;
	c->store[BTREE_FREE]++;
}

/*
 * Each of few inserts may split a leaf and the inner nodes above it; the root splits once, and a new one comes above, as
 * each insert goes above the one before (a node that is split at its end stays full, and another below might split it again). Of
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

/* Inlined: what is larger than two words is returned through memory. */
static inline struct mb_span btree_span(const struct mb_collection *c, mb_pos pos)
{
	struct btree_node *leaf = btree_node(c, btree_leaf_of(pos));
	uint32_t place = btree_place_of(pos);

	return (struct mb_span){ &leaf->region[place], NULL, leaf->cnt - place };
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
 * The last region that begins at or below @addr, or the first; there is one. It may be in the leaf of the last change; else
 * from the root. Always four steps, as what is behind the last one begins above every @addr, and no branch: the
 * answers cannot be predicted.
 */
static __attribute__((noinline)) mb_pos
btree_last_from(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	uint32_t n = c->store[BTREE_FINGER];
	const struct btree_node *node = btree_node(c, n);
	const struct mb_region *r = node->region;
	size_t i;

	(void)mb;
	MB_COUNT(mb, regions_visited, 1);
	if ((r[0].base > addr && node->prev != MB_NIL) ||
	    (r[node->cnt - 1].base <= addr && node->next != MB_NIL)) {
		n = c->store[BTREE_ROOT];
		node = btree_node(c, n);
	}
	while (node->kind == BTREE_INNER) {
		const uint64_t *key = node->key;

		MB_COUNT(mb, regions_visited, 1);
		i = (size_t)(key[8] <= addr) << 3;
		i += (size_t)(key[i + 4] <= addr) << 2;
		i += (size_t)(key[i + 2] <= addr) << 1;
		i += key[i + 1] <= addr;
		n = node->child[i];
		node = btree_node(c, n);
	}
	MB_COUNT(mb, regions_visited, 4);
	r = node->region;
	i = (size_t)(r[8].base <= addr) << 3;
	i += (size_t)(r[i + 4].base <= addr) << 2;
	i += (size_t)(r[i + 2].base <= addr) << 1;
	i += r[i + 1].base <= addr;
	return btree_pos(n, (uint32_t)i);
}

TREE_CALL mb_pos btree_lower(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	const struct btree_node *leaf;
	mb_pos pos;

	if (!c->cnt || addr == BTREE_ABOVE_ALL)
		return MB_NIL;
	pos = btree_last_from(mb, c, addr);
	leaf = btree_node(c, btree_leaf_of(pos));
	if (btree_end(&leaf->region[btree_place_of(pos)]) > addr)
		return pos;
	if (btree_place_of(pos) + 1 < leaf->cnt)
		return pos + 1;
	return leaf->next == MB_NIL ? MB_NIL : btree_pos(leaf->next, 0);
}

TREE_CALL mb_pos btree_below(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	const struct btree_node *leaf = btree_node(c, c->store[BTREE_LAST]);
	mb_pos pos;

	if (!c->cnt || !addr)
		return MB_NIL;
	if (leaf->region[leaf->cnt - 1].base < addr) /* searches from the top begin there */
		return btree_pos(c->store[BTREE_LAST], leaf->cnt - 1U);
	pos = btree_last_from(mb, c, addr - 1);
	leaf = btree_node(c, btree_leaf_of(pos));
	return leaf->region[btree_place_of(pos)].base < addr ? pos : MB_NIL;
}

/* ---- the largest gap --------------------------------------------------------------------------- */

/*
 * End of the region before @place of a leaf: where the gap below that begins. The first region of all has none here: that
 * gap is large, and what comes below the region would make it another for all nodes above. A search looks at it apart.
 */
static inline uint64_t btree_gap_base(const struct mb_collection *c, const struct btree_node *leaf,
				      uint32_t place)
{
	const struct btree_node *before;

	if (place)
		return btree_end(&leaf->region[place - 1]);
	if (leaf->prev == MB_NIL)
		return leaf->region[0].base;
	before = btree_node(c, leaf->prev);
	return btree_end(&before->region[before->cnt - 1]);
}

/* The gap below @place of a leaf, or the largest one below a child. */
static inline uint64_t btree_gap(const struct mb_collection *c, const struct btree_node *node,
				 uint32_t place)
{
	if (node->kind == BTREE_INNER)
		return node->gap[place];
	return node->region[place].base - btree_gap_base(c, node, place);
}

static inline uint8_t btree_bits(uint64_t gap)
{
	return (uint8_t)(63 - __builtin_clzll(gap | 1));
}

/* @gap is one of those that are not the largest. */
static inline void btree_note_rest(struct btree_node *node, uint64_t gap)
{
	if (gap >> 1 >> node->rest)
		node->rest = btree_bits(gap);
}

MB_ALWAYS_INLINE void btree_look_at(uint64_t gap, uint32_t i, uint64_t *largest, uint64_t *others,
				    uint32_t *widest)
{
	if (gap <= *largest) {
		*others |= gap;
		return;
	}
	*others |= *largest;
	*largest = gap;
	*widest = i;
}

/* Look at all gaps of @node for the largest, and note where it is: how large? */
static __attribute__((noinline)) uint64_t btree_find_widest(const struct mb_collection *c,
							    struct btree_node *node)
{
	uint64_t largest = btree_gap(c, node, 0), others = 0;
	const struct mb_region *r = node->region;
	uint32_t widest = 0;

	if (node->kind == BTREE_INNER)
		for (uint32_t i = 1; i < node->cnt; i++)
			btree_look_at(node->gap[i], i, &largest, &others, &widest);
	else
		for (uint32_t i = 1; i < node->cnt; i++, r++)
			btree_look_at(r[1].base - btree_end(r), i, &largest, &others, &widest);
	node->widest = (uint8_t)widest;
	node->rest = btree_bits(others);
	return largest;
}

/* Nothing is below the first leaf: its key is 0, and no base there is news for the nodes above. */
static inline uint64_t btree_lowest_base(const struct btree_node *node)
{
	if (node->kind == BTREE_INNER)
		return node->key[0];
	return node->prev == MB_NIL ? 0 : node->region[0].base;
}

/* What the node above knows of @node, which is not the root. */
static inline uint64_t btree_told_gap(const struct mb_collection *c, const struct btree_node *node)
{
	return btree_node(c, node->up)->gap[node->place];
}

/* The first region of @node begins elsewhere. */
static __attribute__((noinline)) void btree_tell_key(struct mb_collection *c,
						     const struct btree_node *node)
{
	uint64_t key = btree_lowest_base(node);

	while (node->up != MB_NIL) {
		struct btree_node *up = btree_node(c, node->up);

		if (up->key[node->place] == key)
			return;
		up->key[node->place] = key;
		if (node->place)
			return;
		node = up;
	}
}

/*
 * The gap at @place of @node is another one, @node->widest is where the largest one was. The nodes above hear of it only
 * if the largest one is another. All gaps of a node are looked at only where the largest one became as small as others may be.
 */
static __attribute__((noinline)) void btree_tell_gap(struct mb_collection *c,
						     struct btree_node *node, uint32_t place)
{
	while (node->up != MB_NIL) {
		struct btree_node *up = btree_node(c, node->up);
		uint64_t *told = &up->gap[node->place], gap = btree_gap(c, node, place);

		if (place != node->widest) {
			btree_note_rest(node, gap < *told ? gap : *told);
			if (gap <= *told)
				return;
			node->widest = (uint8_t)place;
		} else if (gap < *told && !(gap >> 1 >> node->rest)) {
			gap = btree_find_widest(c, node);
		}
		if (gap == *told)
			return;
		*told = gap;
		place = node->place;
		node = up;
	}
}

/* The same for the gap below the first region of a leaf, which begins where the last one of the leaf before ends. */
static inline void btree_tell_first_gap(struct mb_collection *c, uint32_t n)
{
	if (n != MB_NIL)
		btree_tell_gap(c, btree_node(c, n), 0);
}

/* Anything in @node may be another. */
static MB_RARE void btree_tell(struct mb_collection *c, struct btree_node *node)
{
	struct btree_node *up;
	uint64_t gap;

	if (node->up == MB_NIL)
		return;
	btree_tell_key(c, node);
	gap = btree_find_widest(c, node);
	up = btree_node(c, node->up);
	if (up->gap[node->place] == gap)
		return;
	up->gap[node->place] = gap;
	btree_tell_gap(c, up, node->place);
}

TREE_CALL void btree_changed(struct mb_collection *c, mb_pos pos, unsigned what)
{
	struct btree_node *leaf = btree_node(c, btree_leaf_of(pos));
	uint32_t place = btree_place_of(pos);

	c->store[BTREE_FINGER] = btree_leaf_of(pos);
	if (what & MB_CHANGED_BASE) {
		if (!place)
			btree_tell_key(c, leaf);
		btree_tell_gap(c, leaf, place);
	}
	if (what & MB_CHANGED_END) {
		if (place + 1 < leaf->cnt)
			btree_tell_gap(c, leaf, place + 1);
		else
			btree_tell_first_gap(c, leaf->next);
	}
}
