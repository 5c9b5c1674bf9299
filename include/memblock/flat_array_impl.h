/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flat_array_impl.h - the primitives of a store that keeps its regions in one flat array sorted by base.
 *
 *     slots   | r0 | r1 | r2 | r3 | ... |    |    |        position = index
 *             |<------- cnt ----------->|
 *             |<------------- max ---------------->|
 *
 * Two stores are such an array: `array`, which moves to a larger one when it is full, as the kernel does, and
 * `bounded`, which fails. They share all that follows and differ in what they do then.
 *
 * A store defines MB_STORE, includes this, and puts FLAT_ARRAY_PARAMS behind the first two of its parameters,
 * which are those of variant.h: how the array is searched and merged is read from mb->params.
 */

struct store_slot {
	struct mb_region region;
};

_Static_assert(sizeof(struct store_slot) == 24, "the kernel's size, or growth lands elsewhere");

enum { ARRAY_SEARCH = MB_PARAM_OWN, ARRAY_MERGE };
enum { SEARCH_LINEAR, SEARCH_BINARY, SEARCH_PLACE };
enum { MERGE_LOCAL, MERGE_FULL };

#define FLAT_ARRAY_PARAMS                                                                          \
	{ "search",                                                                                \
	  MB_PARAM_CHOICE,                                                                         \
	  0,                                                                                       \
	  2,                                                                                       \
	  SEARCH_LINEAR,                                                                           \
	  "linear|binary|place",                                                                   \
	  "how add, remove and find-free find their place" },                                      \
	{                                                                                          \
		"merge", MB_PARAM_CHOICE, 0, 1, MERGE_LOCAL, "local|full",                         \
			"what is looked at for merging after an add"                               \
	}

/* Where the collection was changed last, for search=place: a word of struct mb_collection's store[]. It is looked at
 * before it is believed, so that it may be anything; only changes write it, as many may search at once. */
enum { ARRAY_PLACE };

#define STORE_MERGES_FULLY(mb) ((mb)->params[ARRAY_MERGE] == MERGE_FULL)

static inline struct mb_region *array_regions(const struct mb_collection *c)
{
	return &((struct store_slot *)c->slots)->region;
}

static inline void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	(void)mb;
	(void)max;
	c->store[ARRAY_PLACE] = 0;
}

static inline void store_changed(struct mb *mb, struct mb_collection *c, mb_pos pos, unsigned what)
{
	(void)mb;
	(void)what;
	c->store[ARRAY_PLACE] = pos;
}

#define store_changed store_changed

static inline struct mb_region *store_at(const struct mb_collection *c, mb_pos pos)
{
	return &array_regions(c)[pos];
}

static inline mb_pos store_first(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return c->cnt ? 0 : MB_NIL;
}

static inline mb_pos store_last(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	return c->cnt - 1; /* 0 - 1 is MB_NIL */
}

static inline mb_pos store_next(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	return pos + 1 < c->cnt ? pos + 1 : MB_NIL;
}

static inline mb_pos store_prev(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	(void)c;
	return pos - 1; /* 0 - 1 is MB_NIL */
}

/* The last region that begins at or below @addr, or the first; there is one. One load and no branch a
 * step: the answers of a search cannot be predicted. */
static inline const struct mb_region *last_from(struct mb *mb, const struct mb_collection *c,
						uint64_t addr)
{
	const struct mb_region *r = array_regions(c);
	uint32_t n = c->cnt;

	(void)mb;
	while (n > 1) {
		uint32_t half = n / 2;

		MB_COUNT(mb, regions_visited, 1);
		r += r[half].base <= addr ? half : 0;
		n -= half;
	}
	return r;
}

/*
 * Is @at the first region that ends above @addr? @at may be any number. The first of all does not end above @addr, so
 * that there is one before @at, if it is the one.
 */
static inline bool is_lower(const struct mb_collection *c, uint32_t at, uint64_t addr)
{
	const struct mb_region *r = &array_regions(c)[at];

	return at < c->cnt && r->base + r->size > addr && r[-1].base + r[-1].size <= addr;
}

/* So many are scanned in any case: among fewer, halving executes more than the kernel's scan does (test parity). */
enum { FEW_REGIONS = 16 };

static inline bool halves(const struct mb *mb, const struct mb_collection *c)
{
	return mb->params[ARRAY_SEARCH] != SEARCH_LINEAR && c->cnt > FEW_REGIONS;
}

/* The first region that ends above @addr, where it is neither the first of all nor none. */
static __attribute__((noinline)) mb_pos lower_between(struct mb *mb, const struct mb_collection *c,
						      uint64_t addr)
{
	const struct mb_region *r = array_regions(c);
	const struct mb_region *p = r + 1;

	if (!halves(mb, c)) {
		while (p->base + p->size <= addr)
			p++;
		MB_COUNT(mb, regions_visited, p - r);
		return (mb_pos)(p - r);
	}
	if (mb->params[ARRAY_SEARCH] == SEARCH_PLACE) {
		uint32_t place = c->store[ARRAY_PLACE];

		MB_COUNT(mb, regions_visited, 2);
		if (is_lower(c, place, addr))
			return place;
		MB_COUNT(mb, regions_visited, 2);
		if (is_lower(c, place + 1, addr))
			return place + 1;
	}
	p = last_from(mb, c, addr);
	return (mb_pos)(p - r) + (p->base + p->size <= addr);
}

/* First region that ends above @addr. Looks at both ends first: ascending calls are the common case in a boot, and a
 * scan would end at the first, too. */
static inline mb_pos store_lower(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	const struct mb_region *r = array_regions(c);
	const struct mb_region *end = r + c->cnt;

	MB_COUNT(mb, regions_visited, !!c->cnt);
	if (!c->cnt || end[-1].base + end[-1].size <= addr)
		return MB_NIL;
	MB_COUNT(mb, regions_visited, 1);
	return r->base + r->size > addr ? 0 : lower_between(mb, c, addr);
}

/* memblock_search() is binary in every kernel. */
static inline const struct mb_region *array_search(struct mb *mb, const struct mb_collection *c,
						   uint64_t addr)
{
	const struct mb_region *r;

	if (!c->cnt)
		return NULL;
	r = last_from(mb, c, addr);
	return r->base + r->size > addr ? r : NULL;
}

#define STORE_SEARCH array_search

/* Last region whose base is below @addr. Searches from the top, so look there first (what ends the memory is often
 * reserved: at two), and scan from there. Searches are not where changes are: the place is not asked. */
static inline mb_pos store_below(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	const struct mb_region *r = array_regions(c);
	uint32_t at = c->cnt;

	MB_COUNT(mb, regions_visited, !!at);
	if (!at || r[at - 1].base < addr)
		return at - 1; /* 0 - 1 is MB_NIL */
	at--;
	MB_COUNT(mb, regions_visited, halves(mb, c) ? 2 : 0);
	if (halves(mb, c) && r[at - 1].base >= addr)
		return r->base < addr ? (mb_pos)(last_from(mb, c, addr - 1) - r) : MB_NIL;
	while (at && r[at - 1].base >= addr)
		at--;
	MB_COUNT(mb, regions_visited, c->cnt - 1 - at + !!at);
	return at - 1;
}

static inline mb_pos store_insert(struct mb *mb, struct mb_collection *c, mb_pos before,
				  const struct mb_region *region)
{
	struct mb_region *r = array_regions(c);
	uint32_t at = before == MB_NIL ? c->cnt : before;
	size_t tail = (c->cnt - at) * sizeof(*r);

	(void)mb;
	MB_COUNT(mb, bytes_moved, tail);
	mb_memmove(&r[at + 1], &r[at], tail);
	r[at] = *region;
	c->store[ARRAY_PLACE] = at;
	return at;
}

static inline mb_pos store_erase(struct mb *mb, struct mb_collection *c, mb_pos pos, uint32_t n)
{
	struct mb_region *r = array_regions(c);
	size_t tail = (c->cnt - pos - n) * sizeof(*r);

	(void)mb;
	MB_COUNT(mb, bytes_moved, tail);
	mb_memmove(&r[pos], &r[pos + n], tail);
	c->store[ARRAY_PLACE] = pos;
	return pos + n < c->cnt ? pos : MB_NIL;
}

static inline size_t store_used_bytes(const struct mb_collection *c)
{
	return c->cnt * sizeof(struct store_slot);
}

static inline const char *store_check(const struct mb_collection *c)
{
	(void)c;
	return NULL; /* an index cannot be a wrong link */
}
