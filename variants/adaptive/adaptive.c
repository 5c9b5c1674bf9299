/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adaptive - small as long as boots are, logarithmic beyond: the recommended store.
 *
 * It begins as an array of slot numbers in order (memblock/order_impl.h): 26 bytes a region, and an insert moves two
 * bytes a region. In the static storage first, then, as a kernel's array, in twice as much, and so on. Where that would
 * be more than SMALL_MAX slots it becomes a B+tree with the largest gap of each subtree (btree_impl.h) in a first segment,
 * and grows by further segments from then on; nothing moves any more, and nothing is given back.
 *
 *     | order | regions .... |      then      | table | nodes |   | nodes |   | nodes ... |
 *
 * The form follows from what happened, not from how many regions there are: the tree stays when regions go.
 */
#include <memblock/variant.h>

#define MB_STORE adaptive

struct store_slot {
	struct mb_region region;
};

#define ORDER_IS_WIDE(c) ((void)(c), false)
#include <memblock/order_impl.h>

#include "btree_impl.h"

#include "btree_edit_impl.h"

static const struct mb_param store_params[] = {
	{ "init", MB_PARAM_UINT, 0, ORDER_NARROW_MAX, 0, NULL,
	  "static slots of memory and reserved; 0: what the machine says (4 or more)" },
	{ "growth", MB_PARAM_RATIO, 110, 1600, 125, NULL,
	  "a further segment of the tree makes the nodes this many; before it begins, slots double" },
	{ .name = NULL },
};

#include "passed_impl.h"

static inline bool is_tree(const struct mb_collection *c)
{
	return __builtin_expect(c->store[BTREE_COUNT] != 0, 0);
}

/* Growth makes no more slots than this: a kernel's static ones, doubled twice. Above, the tree is better. */
#define SMALL_MAX 512U

/* So many regions for each node can always be loaded, inner nodes included: see btree_leaves(). */
#define SLOTS_PER_NODE 13U

#define store_bytes store_bytes
static inline uint64_t store_bytes(uint32_t max)
{
	return order_bytes(max < ORDER_NARROW_MAX ? max : ORDER_NARROW_MAX);
}

static inline void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	(void)mb;
	if (max > ORDER_NARROW_MAX)
		c->max = max = ORDER_NARROW_MAX;
	c->store[BTREE_COUNT] = 0;
	order_init(c, max);
	passed_forget(c);
}

#define store_clear store_clear
static inline void store_clear(struct mb *mb, struct mb_collection *c)
{
	if (is_tree(c)) {
		btree_clear(c);
		passed_forget_of_tree(c);
	} else {
		store_init(mb, c, c->max);
	}
}

/* ---- either form ------------------------------------------------------------------------------- */

static inline struct mb_region *store_at(const struct mb_collection *c, mb_pos pos)
{
	return is_tree(c) ? btree_at(c, pos) : order_at(c, pos);
}

static inline mb_pos store_first(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return is_tree(c) ? btree_first(c) : order_first(c);
}

static inline mb_pos store_last(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return is_tree(c) ? btree_last(c) : order_last(c);
}

static inline mb_pos store_next(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return is_tree(c) ? btree_next(c, pos) : order_next(c, pos);
}

#define store_span store_span
static inline struct mb_span store_span(const struct mb_collection *c, mb_pos pos)
{
	return is_tree(c) ? btree_span(c, pos) : order_span(c, pos);
}

static inline mb_pos store_prev(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return is_tree(c) ? btree_prev(c, pos) : order_prev(pos);
}

static __attribute__((noinline)) mb_pos store_lower(struct mb *mb, const struct mb_collection *c,
						    uint64_t addr)
{
	return is_tree(c) ? btree_lower(mb, c, addr) : order_lower(mb, c, addr);
}

static __attribute__((noinline)) mb_pos store_below(struct mb *mb, const struct mb_collection *c,
						    uint64_t addr)
{
	return is_tree(c) ? btree_below(mb, c, addr) : order_below(mb, c, addr);
}

static __attribute__((noinline)) struct mb_region *small_open(struct mb *mb,
							      struct mb_collection *c, mb_pos pos)
{
	passed_inserted(c, pos);
	return order_open(mb, c, pos);
}

/* Where the form is known the region is in registers, and written but once. */
static inline mb_pos store_insert(struct mb *mb, struct mb_collection *c, mb_pos before,
				  const struct mb_region *region)
{
	mb_pos pos = before == MB_NIL ? c->cnt : before;

	if (is_tree(c))
		return btree_insert(mb, c, before, region);
	*small_open(mb, c, pos) = *region;
	return pos;
}

static __attribute__((noinline)) mb_pos store_erase(struct mb *mb, struct mb_collection *c,
						    mb_pos pos, uint32_t n)
{
	if (is_tree(c)) {
		passed_forget_of_tree(c);
		return btree_erase(mb, c, pos, n);
	}
	passed_forget(c);
	return order_erase(mb, c, pos, n);
}

#define store_changed store_changed
static inline void store_changed(struct mb *mb, struct mb_collection *c, mb_pos pos, unsigned what)
{
	(void)mb;
	if (is_tree(c)) {
		if (what & MB_CHANGED_SMALLER)
			passed_forget_of_tree(c);
		if (what & (MB_CHANGED_BASE | MB_CHANGED_END))
			btree_changed(c, pos, what);
	} else if (what & MB_CHANGED_SMALLER) {
		passed_forget(c);
	}
}

#define store_fits store_fits
static inline bool store_fits(const struct mb_collection *c, uint32_t n)
{
	return (uint64_t)c->cnt + n <= c->max && (!is_tree(c) || btree_fits(c, n));
}

#define store_holds store_holds
static inline bool store_holds(const struct mb_collection *c, uint32_t n)
{
	return is_tree(c) ? btree_holds(c, n) : n <= c->max;
}

#define store_load store_load
static inline void store_load(struct mb *mb, struct mb_collection *c, const struct mb_region *r,
			      uint32_t n)
{
	(void)mb;
	if (is_tree(c))
		btree_load(c, r, NULL, n);
	else
		for (c->cnt = 0; c->cnt < n; c->cnt++)
			order_insert(mb, c, MB_NIL, &r[c->cnt]);
}

#define store_order store_order
static inline void store_order(struct mb *mb, struct mb_collection *c, const uint32_t *order,
			       uint32_t n)
{
	(void)mb;
	if (!is_tree(c))
		order_scatter(c, order, n);
}

/* ---- growth ------------------------------------------------------------------------------------- */

static inline bool stays_small(const struct mb_collection *c)
{
	return !is_tree(c) && 2 * c->max <= SMALL_MAX;
}

#define store_keeps_storage is_tree

/*
 * Up to the first segment of the tree as many bytes as the kernel's array has when it doubles. Those of further segments follow
 * from the nodes that are wanted; when half of the table is used each doubles what there is, so that the other half is
 * enough for anything.
 */
#define store_grown_bytes store_grown_bytes
static inline uint64_t store_grown_bytes(const struct mb_collection *c, uint32_t max)
{
	uint64_t bytes = 2ULL * c->max * sizeof(struct mb_region);
	uint32_t nodes;

	if (!is_tree(c))
		return bytes < order_bytes(c->max + 4) ? order_bytes(c->max + 4) : bytes;
	nodes = (max - c->max) / SLOTS_PER_NODE + 1;
	if (c->store[BTREE_COUNT] >= BTREE_SEGMENTS / 2 && nodes < btree_nodes(c))
		nodes = btree_nodes(c);
	if (nodes > 1U << BTREE_NODE_BITS)
		nodes = 1U << BTREE_NODE_BITS;
	return (nodes > 10 ? nodes : 10) * sizeof(struct btree_node);
}

static MB_RARE uint32_t grow_small(struct mb_collection *c, const struct mb_segment *to)
{
	uint32_t max = 2 * c->max;

	while (order_bytes(max) > to->bytes)
		max--;
	return order_grow(c, to->slots, max);
}

#define store_grow store_grow
static inline uint32_t store_grow(struct mb *mb, struct mb_collection *c,
				  const struct mb_segment *to, uint32_t max)
{
	uint32_t count = c->store[BTREE_COUNT];
	struct btree_table *table = count ? btree_table(c) : to->slots;

	(void)max;
	if (stays_small(c))
		return grow_small(c, to);
	if (count == BTREE_SEGMENTS)
		mb_bug(mb, "memblock: no further segment for %s", mb_which_name(c->which));
	table->nodes[count] = count ? to->slots : (void *)(table + 1);
	table->of[count] = (struct btree_segment){ to->pa, (to->bytes & ~7ULL) | to->origin };
	c->store[BTREE_COUNT] = count + 1;
	if (count) {
		c->store[BTREE_FREE] += btree_segment_nodes(table, count);
	} else {
		const struct mb_collection order = *c;

		btree_set_table(c, table);
		btree_clear(c);
		passed_forget_of_tree(c);
		btree_load(c, NULL, &order, c->cnt);
	}
	return btree_nodes(c) * SLOTS_PER_NODE;
}

/* Nodes of segment @i that were handed out. */
static inline uint32_t nodes_used(const struct mb_collection *c, uint32_t i)
{
	uint32_t fresh = c->store[BTREE_FRESH], segment = fresh >> BTREE_NODE_BITS;

	if (i > segment)
		return 0;
	return i < segment ? btree_segment_nodes(btree_table(c), i) :
			     fresh & ((1U << BTREE_NODE_BITS) - 1);
}

#define store_segment store_segment
static bool store_segment(const struct mb *mb, const struct mb_collection *c, unsigned i,
			  struct mb_segment *out)
{
	const struct btree_table *table;
	const struct btree_segment *s;

	(void)mb;
	if (!is_tree(c)) {
		*out = (struct mb_segment){ .slots = c->slots,
					    .pa = c->slots_pa,
					    .bytes = c->slots_bytes,
					    .used = order_used_bytes(c),
					    .origin = c->origin };
		return !i;
	}
	if (i >= c->store[BTREE_COUNT])
		return false;
	table = btree_table(c);
	s = &table->of[i];
	*out = (struct mb_segment){ .slots = i ? (void *)table->nodes[i] : (void *)(uintptr_t)table,
				    .pa = s->pa,
				    .bytes = s->bytes_origin & ~7ULL,
				    .used = nodes_used(c, i) * sizeof(struct btree_node) +
					    (i ? 0 : sizeof(*table)),
				    .origin = (enum mb_origin)(s->bytes_origin & 7) };
	return true;
}

/* What a growth moves: of a tree nothing. */
static inline size_t store_used_bytes(const struct mb_collection *c)
{
	return is_tree(c) ? 0 : order_used_bytes(c);
}

/* ---- checking ----------------------------------------------------------------------------------- */

/* What is wrong with node @n, seen from itself? */
static const char *check_node(const struct mb_collection *c, uint32_t n)
{
	const struct btree_node *node = btree_node(c, n);

	if (node->cnt == BTREE_UNUSED)
		return "adaptive: a node of the tree is an unused one";
	if (node->kind == BTREE_LEAF && node->cnt > BTREE_REGIONS)
		return "adaptive: a leaf has too many regions";
	if (node->kind == BTREE_INNER && (!node->cnt || node->cnt > BTREE_CHILDREN))
		return "adaptive: an inner node has no children, or too many";
	for (uint32_t i = node->cnt; i < BTREE_REGIONS; i++)
		if ((node->kind == BTREE_LEAF ? node->region[i].base : node->key[i]) !=
		    BTREE_ABOVE_ALL)
			return "adaptive: behind the last one of a node there is not the end";
	if (node->kind == BTREE_LEAF)
		return NULL;
	for (uint32_t i = 0; i < node->cnt; i++) {
		const struct btree_node *child = btree_node(c, node->child[i]);

		if (child->up != n || child->place != i)
			return "adaptive: a node does not know its place in the one above it";
		if (node->key[i] != btree_lowest_base(child))
			return "adaptive: a key is not the base of the first region";
		if (child->widest >= child->cnt ||
		    node->gap[i] != btree_gap(c, child, child->widest))
			return "adaptive: a node does not know where its largest gap is";
		for (uint32_t k = 0; k < child->cnt; k++)
			if (k != child->widest && (btree_gap(c, child, k) > node->gap[i] ||
						   btree_gap(c, child, k) >> 1 >> child->rest))
				return "adaptive: a largest gap is wrong";
	}
	return NULL;
}

/* Does a gap hold what the note says that none does? */
static const char *check_passed(const struct mb_collection *c)
{
	uint64_t size = passed_get(c, PASSED_SIZE), align = passed_get(c, PASSED_ALIGN);
	uint64_t at = passed_get(c, PASSED_FLOOR), below = passed_get(c, PASSED_BELOW);
	mb_pos pos = store_first(NULL, c);

	if (!is_tree(c)) {
		if (c->store[PASSED_RANK] == MB_NIL)
			return NULL;
		if (c->store[PASSED_RANK] >= c->cnt)
			return "adaptive: the region that is noted is not there";
		at = btree_end(order_at(c, c->store[PASSED_RANK]));
	}
	for (; at < below; pos = store_next(NULL, c, pos)) {
		uint64_t base = pos == MB_NIL ? below : store_at(c, pos)->base;
		uint64_t end = base < below ? base : below, from = (at + align - 1) & -align;

		if (from >= at && from < end && end - from >= size)
			return "adaptive: a gap holds what none is said to hold";
		if (pos == MB_NIL)
			break;
		if (at < btree_end(store_at(c, pos)))
			at = btree_end(store_at(c, pos));
	}
	return NULL;
}

static bool is_within(const struct mb_collection *c, uint32_t n)
{
	uint32_t segment = n >> BTREE_NODE_BITS;

	return segment < c->store[BTREE_COUNT] &&
	       (n & ((1U << BTREE_NODE_BITS) - 1)) < nodes_used(c, segment);
}

/* Leaf by leaf along the chain, and from each up to the root: every node of the tree is seen. */
static const char *store_check(const struct mb_collection *c)
{
	uint32_t regions = 0, prev = MB_NIL, n = c->store[BTREE_FIRST], leaves = 0, inner = 0;

	if (!is_tree(c)) {
		const char *why = order_check(c);

		return why ? why : check_passed(c);
	}
	for (; n != MB_NIL; prev = n, n = btree_node(c, n)->next) {
		uint32_t up = n, height = 0;
		bool first = true; /* of all leaves below `up` */

		if (!is_within(c, n) || btree_node(c, n)->kind != BTREE_LEAF)
			return "adaptive: the chain of leaves leads astray";
		if (btree_node(c, n)->prev != prev)
			return "adaptive: a leaf does not know the one before it";
		if (!btree_node(c, n)->cnt && c->cnt)
			return "adaptive: a leaf is empty";
		if (++leaves > c->cnt + 1)
			return "adaptive: there are more leaves than regions";
		regions += btree_node(c, n)->cnt;
		for (; up != MB_NIL; up = btree_node(c, up)->up, height++) {
			const char *why = is_within(c, up) ? check_node(c, up) :
							     "adaptive: a link leads astray";

			if (why || height > c->store[BTREE_HEIGHT])
				return why ? why : "adaptive: the tree is higher than it says";
			if (btree_node(c, up)->up == MB_NIL && up != c->store[BTREE_ROOT])
				return "adaptive: a node is not below the root";
			if (btree_node(c, up)->up == MB_NIL)
				continue;
			first &= btree_node(c, btree_node(c, up)->up)->child[0] == up;
			inner += first;
		}
		if (height != c->store[BTREE_HEIGHT] + 1)
			return "adaptive: leaves are at different heights";
	}
	if (prev != c->store[BTREE_LAST])
		return "adaptive: the last leaf is another one";
	n = c->store[BTREE_FINGER];
	if (!is_within(c, n) || btree_node(c, n)->kind != BTREE_LEAF ||
	    btree_node(c, n)->cnt == BTREE_UNUSED)
		return "adaptive: the last change was in a node that is no leaf";
	if (leaves + inner + c->store[BTREE_FREE] != btree_nodes(c))
		return "adaptive: a node is neither in the tree nor to be had";
	if (regions != c->cnt)
		return "adaptive: leaves have more regions than are counted, or fewer";
	return check_passed(c);
}

/* ---- the search for free memory ----------------------------------------------------------------- */

#define store_knows_gaps is_tree
static struct mb_found store_find_gap(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				      uint64_t end, int nid, uint32_t flags);

static uint64_t alloc_from_top(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			       uint64_t end, int nid, bool exact_nid);
#define STORE_ALLOC_RANGE alloc_from_top
static int add_small(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size, int nid,
		     uint32_t flags);
#define STORE_ADD_RANGE(mb, c, base, size, nid, flags)                                             \
	(is_tree(c) ? add_anywhere(mb, c, base, size, nid, flags) :                                \
		      add_small(mb, c, base, size, nid, flags))

#include <memblock/variant_impl.h>

#include "alloc_top_impl.h"

#include "btree_find_impl.h"
