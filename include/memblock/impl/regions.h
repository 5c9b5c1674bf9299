/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/regions.h - regions: arithmetic, who is hidden from a search, insert, erase, merge. Part of
 * memblock/variant_impl.h; stands on nothing but the variant's primitives.
 */

static inline uint64_t region_end(const struct mb_region *r)
{
	return r->base + r->size;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t align_down(uint64_t x, uint64_t align)
{
	return x & ~(align - 1);
}

/* Wraps at the top of the address space, as the kernel's does: callers test for it. An @align that is no
 * power of two gives what it gives there. */
static inline uint64_t align_up(const struct mb *mb, uint64_t x, uint64_t align)
{
	return (((x - 1) | (align - 1)) + 1) & mb->addr_max;
}

/* The last byte of the address space is not representable: cut there. */
static inline uint64_t cap_size(const struct mb *mb, uint64_t base, uint64_t size)
{
	return min_u64(size, base > mb->addr_max ? 0 : mb->addr_max - base);
}

static inline bool nid_is_valid(const struct mb *mb, int nid)
{
	return nid >= 0 && (uint32_t)nid < mb->max_numnodes;
}

/* Does a request for @nid select one node? (Profile 6.1 takes every number but -1 and MAX_NUMNODES.) */
static inline bool nid_selects(const struct mb *mb, int nid)
{
	if (nid == MB_NUMA_NO_NODE)
		return false;
	if (mb->profile->invalid_nid_is_any)
		return nid_is_valid(mb, nid);
	return (uint32_t)nid != mb->max_numnodes;
}

/* Is memory that @has these flags hidden from a request with @flags? Not if they are the same.
 * Apart, as most of either have none. */
static __attribute__((noinline)) bool flags_hide(const struct mb *mb, uint32_t has, uint32_t flags)
{
	if (mb->discarded)
		return false; /* nothing knows any more which collection is memory */
	if ((has & MB_HOTPLUG) && !(flags & MB_HOTPLUG) && mb->machine.movable_node)
		return true;
	if ((flags & MB_MIRROR) && !(has & MB_MIRROR))
		return true;
	if ((has & MB_NOMAP) && !(flags & MB_NOMAP))
		return true;
	if ((has & MB_DRIVER_MANAGED) && !(flags & MB_DRIVER_MANAGED))
		return true;
	return (flags & ~has & MB_KHO_SCRATCH) && mb->profile->scratch_is_flag;
}

/* Is memory region @r hidden from a request for (@nid, @flags)? @by_node: nid_selects(nid). */
static inline bool region_is_hidden(const struct mb *mb, const struct mb_region *r, bool by_node,
				    int nid, uint32_t flags)
{
	if (by_node && r->nid != nid)
		return !mb->discarded;
	return __builtin_expect(r->flags != flags, 0) && flags_hide(mb, r->flags, flags);
}

static inline uint32_t request_flags(const struct mb *mb)
{
	if (mb->scratch_only)
		return MB_KHO_SCRATCH;
	return mb->has_mirror ? MB_MIRROR : MB_NONE;
}

/* The node and flags of reservations that memblock makes itself: allocations, its own slots. */
static inline int reserved_nid(const struct mb *mb)
{
	if (mb->machine.no_numa)
		return 0;
	return mb->profile->rsrv_nid_requested ? MB_NUMA_NO_NODE : (int)mb->max_numnodes;
}

static inline uint32_t reserved_kern_flags(const struct mb *mb)
{
	return mb->profile->alloc_sets_rsrv_kern ? MB_RSRV_KERN : MB_NONE;
}

/* Is there room for the two regions that an isolation may add? The dummy of an empty collection (profile 6.1)
 * has a slot too. */
static inline bool fits_two(const struct mb *mb, const struct mb_collection *c)
{
	return store_fits(c, 2 + (!c->cnt && mb->profile->empty_has_dummy));
}

static inline bool regions_join(const struct mb_region *r, const struct mb_region *next)
{
	return region_end(r) == next->base && r->nid == next->nid && r->flags == next->flags;
}

/* The same for a range that is no region yet: does [base, ...) with these attributes go on where @r ends? */
static inline bool joins_above(const struct mb_region *r, uint64_t base, int nid, uint32_t flags)
{
	return region_end(r) == base && r->nid == nid && r->flags == flags;
}

/* Does [..., end) go on in @r? */
static inline bool joins_below(const struct mb_region *r, uint64_t end, int nid, uint32_t flags)
{
	return r->base == end && r->nid == nid && r->flags == flags;
}

/* Is there a region at @pos, and does it begin below @end? */
static inline bool begins_below(const struct mb_collection *c, mb_pos pos, uint64_t end)
{
	return pos != MB_NIL && store_at(c, pos)->base < end;
}

/* Insert and erase with the accounting of cnt; total_size is the caller's. */
static inline mb_pos put(struct mb *mb, struct mb_collection *c, mb_pos before,
			 const struct mb_region *r)
{
	mb_pos pos;

	if (c->cnt >= c->max)
		mb_bug(mb, "memblock: no free slot in %s", mb_which_name(c->which));
	MB_COUNT(mb, inserts, 1);
	pos = store_insert(mb, c, before, r);
	c->cnt++;
	return pos;
}

static inline mb_pos drop(struct mb *mb, struct mb_collection *c, mb_pos pos, uint32_t n)
{
	mb_pos after;

	MB_COUNT(mb, erases, n);
	after = store_erase(mb, c, pos, n);
	c->cnt -= n;
	return after;
}

/* Regions were dropped: was that the last one? */
static void note_if_emptied(struct mb *mb, struct mb_collection *c)
{
	if (c->cnt)
		return;
	c->emptied = true;
	if (c->total_size)
		mb_warn(mb, "memblock: %s is empty but its size is not 0", mb_which_name(c->which));
}

/* Drop the region at @pos with all that it covers. The position after. */
static inline mb_pos drop_whole(struct mb *mb, struct mb_collection *c, mb_pos pos)
{
	c->total_size -= store_at(c, pos)->size;
	pos = drop(mb, c, pos, 1);
	note_if_emptied(mb, c);
	return pos;
}

/* Region @i of the span; @by_slot is whether it has slots: loops are compiled for either. */
MB_ALWAYS_INLINE struct mb_region *span_at(const struct mb_span *span, uint32_t i, bool by_slot)
{
	return &span->regions[by_slot ? span->slots[i] : i];
}

/* The span from @pos on, of @most regions. One is never cut: where a store has no more the compiler sees that it is 1. */
MB_ALWAYS_INLINE struct mb_span span_from(const struct mb_collection *c, mb_pos pos, uint32_t most)
{
	struct mb_span span = store_span(c, pos);

	if (span.n > 1 && span.n > most)
		span.n = most;
	return span;
}

/* How many regions of the span, from the first on, do not join the one before? That of the first is @r. */
MB_ALWAYS_INLINE uint32_t span_apart(struct mb *mb, const struct mb_collection *c,
				     const struct mb_span *span, const struct mb_region *r,
				     bool by_slot)
{
	for (uint32_t i = 0; i < span->n; i++) {
		const struct mb_region *next = span_at(span, i, by_slot);

		MB_COUNT(mb, regions_visited, 1);
		if (region_end(r) >= next->base) { /* few touch */
			if (regions_join(r, next))
				return i;
			if (region_end(r) > next->base)
				mb_bug(mb, "memblock: %s regions overlap", mb_which_name(c->which));
		}
		r = next;
	}
	return span->n;
}

/*
 * Merge neighbours from @pos on, looking at @pairs pairs. A region that joins the one before it is
 * erased, and the pair that this makes new is not counted again.
 */
static void merge_from(struct mb *mb, struct mb_collection *c, mb_pos pos, uint32_t pairs)
{
	struct mb_region *r;

	if (pos == MB_NIL)
		return;
	for (r = store_at(c, pos); pairs;) {
		mb_pos after = store_next(mb, c, pos);
		struct mb_span span;
		uint32_t apart;
		uint64_t more;

		if (after == MB_NIL)
			return;
		span = span_from(c, after, pairs);
		if (span.slots)
			apart = span_apart(mb, c, &span, r, true);
		else
			apart = span_apart(mb, c, &span, r, false);
		pairs -= apart;
		if (apart) {
			pos = after + apart - 1;
			r = span_at(&span, apart - 1, span.slots != NULL);
		}
		if (apart == span.n)
			continue;
		pairs--;
		more = span_at(&span, apart, span.slots != NULL)->size;
		drop(mb, c, after + apart, 1);
		r = store_at(c, pos);
		r->size += more;
		store_changed(mb, c, pos, MB_CHANGED_END);
	}
}

/* Merge around @n regions from @first on, after they came or changed. */
static void merge_around(struct mb *mb, struct mb_collection *c, mb_pos first, uint32_t n)
{
	mb_pos before = store_prev(mb, c, first);

	if (before == MB_NIL)
		merge_from(mb, c, first, n);
	else
		merge_from(mb, c, before, n + 1);
}

/* The same for one region, @r at @pos: nothing is to be walked. */
static inline void merge_beside(struct mb *mb, struct mb_collection *c, mb_pos pos,
				struct mb_region *r)
{
	mb_pos after = store_next(mb, c, pos), before = store_prev(mb, c, pos);

	MB_COUNT(mb, regions_visited, 2);
	if (after != MB_NIL && regions_join(r, store_at(c, after))) {
		uint64_t more = store_at(c, after)->size;

		drop(mb, c, after, 1);
		r = store_at(c, pos);
		r->size += more;
		store_changed(mb, c, pos, MB_CHANGED_END);
		before = store_prev(mb, c, pos);
	}
	if (before != MB_NIL && regions_join(store_at(c, before), r)) {
		uint64_t more = r->size;

		drop(mb, c, pos, 1);
		store_at(c, before)->size += more;
		store_changed(mb, c, before, MB_CHANGED_END);
	}
}

/*
 * Old kernels look at the whole collection after each change. It matters only where a cap left
 * neighbours unmerged: there it is the profile that decides, elsewhere a store may offer it for its
 * cost (array:merge=full).
 */
static inline void merge_all_if_wanted(struct mb *mb, struct mb_collection *c)
{
#ifdef STORE_MERGES_FULLY
	bool wanted = STORE_MERGES_FULLY(mb);
#else
	bool wanted = false;
#endif

	if (__builtin_expect(c->untidy, 0))
		wanted = mb->profile->merge_scans_all;
	if (__builtin_expect(wanted, 0)) {
		merge_from(mb, c, store_first(mb, c), c->cnt);
		c->untidy = false;
	}
}
