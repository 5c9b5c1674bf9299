/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list - regions in a doubly linked list sorted by base, as firmware keeps its memory map.
 *
 *     slots   | n0 | n1 | n2 | n3 | ...  |    |    |      position = index of the slot
 *             |<---- handed out once --->|<- fresh |
 *
 *     links   head -> [ n3 ] <-> [ n0 ] <-> [ n2 ] <-> [ n1 ] <- tail     region + prev + next,
 *                                   ^ finger                              32 bytes
 *
 * A region keeps its slot for life (memblock/slot_pool_impl.h looks after the free ones, chained
 * through next). Insert and erase rewrite two links.
 *
 * What costs is finding the place. search=finger keeps the last place that was changed and walks from
 * the nearest, by address, of head, finger and tail: the calls of a boot follow each other closely.
 * search=head walks as plain firmware lists do: upwards from the head, downwards from the tail. The
 * answers are the same. A lookup leaves the finger where it is: questions never write.
 */
#include <memblock/variant.h>

#define MB_STORE list

struct store_slot {
	struct mb_region region;
	uint32_t prev;
	uint32_t next; /* also chains unused slots */
};

_Static_assert(sizeof(struct store_slot) == 32, "two slots in a cache line");

#define SLOT_LINK next
#define SLOT_MARK prev
#define SLOT_UNUSED (MB_NIL - 1)
#include <memblock/slot_pool_impl.h>

/* c->store[] */
enum {
	LIST_HEAD = POOL_WORDS,
	LIST_TAIL,
	LIST_FINGER, /* a region, MB_NIL only if there is none */
};

enum { LIST_SEARCH = MB_PARAM_OWN };
enum { SEARCH_FINGER, SEARCH_HEAD };

static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	{ "search", MB_PARAM_CHOICE, 0, 1, SEARCH_FINGER, "finger|head",
	  "where a walk begins: at the nearest of head, last place and tail, or always at the end" },
	{ .name = NULL },
};

static inline void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	(void)mb;
	(void)max;
	c->store[LIST_HEAD] = MB_NIL;
	c->store[LIST_TAIL] = MB_NIL;
	c->store[LIST_FINGER] = MB_NIL;
	slots_init(c);
}

static inline mb_pos store_first(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return c->store[LIST_HEAD];
}

static inline mb_pos store_last(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return c->store[LIST_TAIL];
}

static inline mb_pos store_next(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return slot_at(c, pos)->next;
}

static inline mb_pos store_prev(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return slot_at(c, pos)->prev;
}

/* ---- finding a place --------------------------------------------------------------------------- */

static inline uint64_t list_base(const struct mb_collection *c, mb_pos pos)
{
	return slot_at(c, pos)->region.base;
}

static inline uint64_t list_end(const struct mb_collection *c, mb_pos pos)
{
	return slot_at(c, pos)->region.base + slot_at(c, pos)->region.size;
}

/* Lowest region that ends above @addr, upwards from @pos; there is one. */
static inline mb_pos up_to_end_above(struct mb *mb, const struct mb_collection *c, mb_pos pos,
				     uint64_t addr)
{
	(void)mb;
	while (list_end(c, pos) <= addr) {
		MB_COUNT(mb, regions_visited, 1);
		pos = slot_at(c, pos)->next;
	}
	return pos;
}

/* The same, downwards from @pos, which ends above @addr; some region does not. */
static inline mb_pos down_to_end_above(struct mb *mb, const struct mb_collection *c, mb_pos pos,
				       uint64_t addr)
{
	mb_pos prev = slot_at(c, pos)->prev;

	(void)mb;
	while (list_end(c, prev) > addr) {
		MB_COUNT(mb, regions_visited, 1);
		pos = prev;
		prev = slot_at(c, pos)->prev;
	}
	return pos;
}

/* Highest region that begins below @addr, upwards from @pos, which does; some region does not. */
static inline mb_pos up_to_base_below(struct mb *mb, const struct mb_collection *c, mb_pos pos,
				      uint64_t addr)
{
	mb_pos next = slot_at(c, pos)->next;

	(void)mb;
	while (list_base(c, next) < addr) {
		MB_COUNT(mb, regions_visited, 1);
		pos = next;
		next = slot_at(c, pos)->next;
	}
	return pos;
}

/* The same, downwards from @pos; there is one. */
static inline mb_pos down_to_base_below(struct mb *mb, const struct mb_collection *c, mb_pos pos,
					uint64_t addr)
{
	(void)mb;
	while (list_base(c, pos) >= addr) {
		MB_COUNT(mb, regions_visited, 1);
		pos = slot_at(c, pos)->prev;
	}
	return pos;
}

/*
 * Both ends are looked at first. That answers calls in ascending and in descending order at once,
 * and lets the walks run without a test for the end of the list.
 *
 *     head .......... finger ................ tail
 *       ->          <-      ->              <-         four ways, the shorter one by address
 */
static inline mb_pos store_lower(struct mb *mb, struct mb_collection *c, uint64_t addr)
{
	mb_pos head = c->store[LIST_HEAD], tail = c->store[LIST_TAIL];
	mb_pos finger = c->store[LIST_FINGER];

	if (head == MB_NIL)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 2);
	if (list_end(c, tail) <= addr)
		return MB_NIL;
	if (list_end(c, head) > addr || mb->params[LIST_SEARCH] == SEARCH_HEAD)
		return up_to_end_above(mb, c, head, addr);
	MB_COUNT(mb, regions_visited, 1);
	if (list_end(c, finger) > addr) {
		if (list_base(c, finger) <= addr)
			return finger;
		else if (list_base(c, finger) - addr < addr - list_end(c, head))
			return down_to_end_above(mb, c, finger, addr);
		else
			return up_to_end_above(mb, c, head, addr);
	} else {
		if (list_base(c, tail) <= addr)
			return tail;
		else if (list_base(c, tail) - addr < addr - list_end(c, finger))
			return down_to_end_above(mb, c, tail, addr);
		else
			return up_to_end_above(mb, c, finger, addr);
	}
}

static inline mb_pos store_below(struct mb *mb, struct mb_collection *c, uint64_t addr)
{
	mb_pos head = c->store[LIST_HEAD], tail = c->store[LIST_TAIL];
	mb_pos finger = c->store[LIST_FINGER];

	if (head == MB_NIL)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 2);
	if (list_base(c, head) >= addr)
		return MB_NIL;
	if (list_base(c, tail) < addr || mb->params[LIST_SEARCH] == SEARCH_HEAD)
		return down_to_base_below(mb, c, tail, addr);
	MB_COUNT(mb, regions_visited, 1);
	if (list_base(c, finger) < addr) {
		if (addr - list_base(c, finger) <= list_base(c, tail) - addr)
			return up_to_base_below(mb, c, finger, addr);
		else
			return down_to_base_below(mb, c, tail, addr);
	} else {
		if (list_base(c, finger) - addr <= addr - list_base(c, head))
			return down_to_base_below(mb, c, finger, addr);
		else
			return up_to_base_below(mb, c, head, addr);
	}
}

/* ---- changing ---------------------------------------------------------------------------------- */

/* Make @prev and @next neighbours; MB_NIL stands for the ends. */
static inline void list_join(struct mb_collection *c, mb_pos prev, mb_pos next)
{
	if (prev == MB_NIL)
		c->store[LIST_HEAD] = next;
	else
		slot_at(c, prev)->next = next;
	if (next == MB_NIL)
		c->store[LIST_TAIL] = prev;
	else
		slot_at(c, next)->prev = prev;
}

static inline mb_pos store_insert(struct mb *mb, struct mb_collection *c, mb_pos before,
				  const struct mb_region *region)
{
	mb_pos prev = before == MB_NIL ? c->store[LIST_TAIL] : slot_at(c, before)->prev;
	mb_pos pos = slot_take(c);

	(void)mb;
	slot_at(c, pos)->region = *region;
	list_join(c, prev, pos);
	list_join(c, pos, before);
	c->store[LIST_FINGER] = pos;
	return pos;
}

/* The run that is erased is chained by next already: it goes to the unused slots as a whole. */
static inline mb_pos store_erase(struct mb *mb, struct mb_collection *c, mb_pos pos, uint32_t n)
{
	mb_pos prev = slot_at(c, pos)->prev, after = pos, last;

	(void)mb;
	do {
		last = after;
		slot_at(c, last)->prev = SLOT_UNUSED;
		after = slot_at(c, last)->next;
	} while (--n);
	slots_give(c, pos, last);
	list_join(c, prev, after);
	c->store[LIST_FINGER] = after == MB_NIL ? prev : after;
	return after;
}

#define store_changed store_changed
static inline void store_changed(struct mb *mb, struct mb_collection *c, mb_pos pos, unsigned what)
{
	(void)mb;
	(void)what;
	c->store[LIST_FINGER] = pos;
}

/* ---- checking ---------------------------------------------------------------------------------- */

/* The walk is bounded by the number of regions, and each link verified before it is followed. */
static const char *store_check(const struct mb_collection *c)
{
	const char *why = slots_check(c);
	mb_pos prev = MB_NIL, pos;
	bool finger_seen = false;
	uint32_t n = 0;

	if (why)
		return why;
	for (pos = c->store[LIST_HEAD]; pos != MB_NIL; pos = slot_at(c, pos)->next) {
		if (!slot_in_use(c, pos))
			return "list: a link leads to a slot that is not in use";
		if (slot_at(c, pos)->prev != prev)
			return "list: a region does not know the one before it";
		if (prev != MB_NIL && list_end(c, prev) > list_base(c, pos))
			return "list: regions are out of order or overlap";
		if (++n > c->cnt)
			return "list: more regions are linked than counted";
		finger_seen |= pos == c->store[LIST_FINGER];
		prev = pos;
	}
	if (n != c->cnt)
		return "list: fewer regions are linked than counted";
	if (prev != c->store[LIST_TAIL])
		return "list: the tail is not the last region";
	if (c->cnt ? !finger_seen : c->store[LIST_FINGER] != MB_NIL)
		return "list: the finger is not at a region";
	return NULL;
}

#include <memblock/variant_impl.h>
