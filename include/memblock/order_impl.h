/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order_impl.h - regions that keep their slot, and an array of slot numbers that keeps their order. The primitives
 * of the store `order`, and of `adaptive` until it is a tree.
 *
 *     order    | 2 | 0 | 3 | 1 | 5   4   |   |   |     position = index here
 *              |<---- cnt ---->|<-free ->|<-unwritten
 *     regions  | r0 | r1 | r2 | r3 | -- | -- |    |    |
 *
 * An insert moves two bytes of each region above, not twenty-four. The order is a permutation of all slots that were
 * ever handed out (ORDER_FRESH of them): those in use come first, by base, then the free ones. So the slot for a new
 * region is the entry behind the last, and no other list of free slots is needed.
 *
 * Entries have 16 bits, where there may be more than 65535 slots 32; ORDER_IS_WIDE(c) says which, and may be a
 * constant.
 */

/* c->store[] */
enum {
	ORDER_FRESH,   /* slots that were handed out once */
	ORDER_REGIONS, /* bytes from c->slots to the regions */
	ORDER_FINGER, /* where a region came or went last: the next call is often about its neighbour */
	ORDER_WORDS,
};

#define ORDER_NARROW_MAX UINT16_MAX

static inline uint64_t order_bytes(uint32_t max)
{
	uint64_t width = max > ORDER_NARROW_MAX ? 4 : 2;

	return ((max * width + 7) & ~7ULL) + (uint64_t)max * sizeof(struct mb_region);
}

static inline uint32_t order_get(const struct mb_collection *c, mb_pos pos)
{
	return ORDER_IS_WIDE(c) ? ((const uint32_t *)c->slots)[pos] :
				  ((const uint16_t *)c->slots)[pos];
}

static inline void order_set(struct mb_collection *c, mb_pos pos, uint32_t slot)
{
	if (ORDER_IS_WIDE(c))
		((uint32_t *)c->slots)[pos] = slot;
	else
		((uint16_t *)c->slots)[pos] = (uint16_t)slot;
}

static inline struct mb_region *order_regions(const struct mb_collection *c)
{
	return (struct mb_region *)((char *)c->slots + c->store[ORDER_REGIONS]);
}

static inline struct mb_region *order_at(const struct mb_collection *c, mb_pos pos)
{
	return &order_regions(c)[order_get(c, pos)];
}

static inline void order_init(struct mb_collection *c, uint32_t max)
{
	c->store[ORDER_FRESH] = 0;
	c->store[ORDER_FINGER] = 0;
	c->store[ORDER_REGIONS] =
		(uint32_t)(order_bytes(max) - (uint64_t)max * sizeof(struct mb_region));
}

static inline mb_pos order_first(const struct mb_collection *c)
{
	return c->cnt ? 0 : MB_NIL;
}

static inline mb_pos order_last(const struct mb_collection *c)
{
	return c->cnt - 1; /* 0 - 1 is MB_NIL */
}

static inline mb_pos order_next(const struct mb_collection *c, mb_pos pos)
{
	return pos + 1 < c->cnt ? pos + 1 : MB_NIL;
}

static inline mb_pos order_prev(mb_pos pos)
{
	return pos - 1; /* 0 - 1 is MB_NIL */
}

static inline struct mb_span order_span(const struct mb_collection *c, mb_pos pos)
{
	if (ORDER_IS_WIDE(c))
		return (struct mb_span){ order_at(c, pos), NULL, 1 };
	return (struct mb_span){ order_regions(c), (const uint16_t *)c->slots + pos, c->cnt - pos };
}

/* The last region that begins at or below @addr, or the first; there is one. One branch a step, that of the loop:
 * the answers of a search cannot be predicted. */
static inline mb_pos order_last_from(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	const struct mb_region *regions = order_regions(c);
	uint32_t n = c->cnt;
	mb_pos pos = 0;

	(void)mb;
	__asm__("" : "+r"(regions)); /* else it is added up from its parts in each step */
	while (n > 1) {
		uint32_t half = n / 2;

		MB_COUNT(mb, regions_visited, 1);
		pos += regions[order_get(c, pos + half)].base <= addr ? half : 0;
		n -= half;
	}
	return pos;
}

/* At the finger, or behind it? MB_NIL: neither. There are regions. */
static inline mb_pos order_near_finger(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	mb_pos pos = c->store[ORDER_FINGER];
	const struct mb_region *r;

	(void)mb;
	if (pos + 1 >= c->cnt)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	r = order_at(c, pos);
	if (r->base + r->size <= addr)
		pos++;
	else if (r->base <= addr)
		return pos;
	else
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	r = order_at(c, pos);
	return r->base + r->size > addr ? pos : MB_NIL;
}

/*
 * Both searches look at the highest region first: ascending calls and searches from the top are most of a boot. Then at
 * the place of the last change: a range that is reserved is marked next, and its neighbour reserved.
 */
static inline mb_pos order_lower(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	const struct mb_region *r;
	mb_pos pos;

	if (!c->cnt)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	r = order_at(c, c->cnt - 1);
	if (r->base <= addr)
		return r->base + r->size > addr ? c->cnt - 1 : MB_NIL;
	pos = order_near_finger(mb, c, addr);
	if (pos != MB_NIL)
		return pos;
	pos = order_last_from(mb, c, addr);
	r = order_at(c, pos);
	return pos + (r->base + r->size <= addr);
}

static inline mb_pos order_below(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	mb_pos pos;

	if (!c->cnt || !addr)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	if (order_at(c, c->cnt - 1)->base < addr)
		return c->cnt - 1;
	pos = order_last_from(mb, c, addr - 1);
	return order_at(c, pos)->base < addr ? pos : MB_NIL;
}

#define ORDER_FEW 48 /* entries: so many move before a call of memmove() has set out */

/* Move @n entries from @from to the place above, or below: four in a word, then one by one. */
MB_ALWAYS_INLINE void order_shift(struct mb_collection *c, mb_pos from, uint32_t n, bool up)
{
	size_t width = ORDER_IS_WIDE(c) ? 4 : 2;
	char *at = (char *)c->slots + from * width;
	uint64_t four;

	if (width != 2 || n > ORDER_FEW) {
		mb_memmove(up ? at + width : at - width, at, n * width);
		return;
	}
	for (; n >= 4; n -= 4, at += up ? 0 : 8) {
		char *word = up ? at + 2 * (n - 4) : at;

		__builtin_memcpy(&four, word, 8);
		__builtin_memcpy(up ? word + 2 : word - 2, &four, 8);
	}
	for (; n; n--, at += up ? 0 : 2) {
		uint16_t *entry = (uint16_t *)(up ? at + 2 * (n - 1) : at);

		entry[up ? 1 : -1] = *entry;
	}
}

/* Make room for a region at @pos; where it is to be written. */
static inline struct mb_region *order_open(struct mb *mb, struct mb_collection *c, mb_pos pos)
{
	uint32_t slot = c->cnt;

	(void)mb;
	if (slot == c->store[ORDER_FRESH])
		c->store[ORDER_FRESH]++;
	else
		slot = order_get(c, slot);
	MB_COUNT(mb, bytes_moved, (c->cnt - pos) * (ORDER_IS_WIDE(c) ? 4 : 2));
	if (pos != c->cnt)
		order_shift(c, pos, c->cnt - pos, true);
	order_set(c, pos, slot);
	c->store[ORDER_FINGER] = pos;
	return &order_regions(c)[slot];
}

static inline mb_pos order_insert(struct mb *mb, struct mb_collection *c, mb_pos before,
				  const struct mb_region *region)
{
	mb_pos pos = before == MB_NIL ? c->cnt : before;

	*order_open(mb, c, pos) = *region;
	return pos;
}

static inline void order_reverse(struct mb_collection *c, mb_pos from, mb_pos end)
{
	while (from + 1 < end) {
		uint32_t slot = order_get(c, from);

		order_set(c, from++, order_get(c, --end));
		order_set(c, end, slot);
	}
}

/* The entries of the erased regions change places with those above, and are free ones behind the last. */
static inline mb_pos order_erase(struct mb *mb, struct mb_collection *c, mb_pos pos, uint32_t n)
{
	(void)mb;
	MB_COUNT(mb, bytes_moved, (c->cnt - pos - n) * (ORDER_IS_WIDE(c) ? 4 : 2));
	c->store[ORDER_FINGER] = pos - (pos > 0);
	if (n == 1) {
		uint32_t slot = order_get(c, pos);

		order_shift(c, pos + 1, c->cnt - pos - 1, false);
		order_set(c, c->cnt - 1, slot);
	} else {
		order_reverse(c, pos, pos + n);
		order_reverse(c, pos + n, c->cnt);
		order_reverse(c, pos, c->cnt);
	}
	return pos + n < c->cnt ? pos : MB_NIL;
}

/* Slots 0 to @n - 1 count as handed out and free, in this order. */
static inline void order_scatter(struct mb_collection *c, const uint32_t *order, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		order_set(c, i, order[i]);
	c->store[ORDER_FRESH] = n;
}

static inline size_t order_used_bytes(const struct mb_collection *c)
{
	return c->store[ORDER_REGIONS] + c->store[ORDER_FRESH] * sizeof(struct mb_region);
}

/* Larger storage at @slots has its regions further up, and wider entries perhaps: entry by entry. */
static inline uint32_t order_grow(struct mb_collection *c, void *slots, uint32_t max)
{
	struct mb_collection larger = *c;

	larger.slots = slots;
	larger.max = max;
	order_init(&larger, max);
	for (uint32_t i = 0; i < c->store[ORDER_FRESH]; i++)
		order_set(&larger, i, order_get(c, i));
	mb_memmove(order_regions(&larger), order_regions(c),
		   c->store[ORDER_FRESH] * sizeof(struct mb_region));
	c->store[ORDER_REGIONS] = larger.store[ORDER_REGIONS];
	return max;
}

/* A number that has nothing to do with @slot's neighbours' (multipliers: the finaliser of MurmurHash3). */
static inline uint64_t order_digest(uint64_t slot)
{
	slot = (slot + 1) * 0xff51afd7ed558ccdULL;
	slot = (slot ^ slot >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return slot ^ slot >> 33;
}

/* A permutation: each slot is in range; and were one there twice, the digests would hardly have the same sum. */
static inline const char *order_check(const struct mb_collection *c)
{
	uint32_t fresh = c->store[ORDER_FRESH];
	uint64_t sum = 0;

	if (fresh > c->max || c->cnt > fresh)
		return MB_QUOTE(
			MB_STORE) ": more slots were handed out than there are, or fewer than regions";
	for (uint32_t i = 0; i < fresh; i++) {
		uint64_t slot = order_get(c, i);

		if (slot >= fresh)
			return MB_QUOTE(
				MB_STORE) ": the order leads to a slot that was never handed out";
		sum += order_digest(slot) - order_digest(i);
	}
	if (sum)
		return MB_QUOTE(MB_STORE) ": a slot occurs twice in the order";
	return NULL;
}
