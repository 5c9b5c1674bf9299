/* SPDX-License-Identifier: GPL-2.0-or-later */
/* impl/optional.h - the optional primitives of a store that has none of its own. Part of memblock/variant_impl.h. */

#if defined(store_keeps_storage) &&                                                                \
	!(defined(store_grow) && defined(store_segment) && defined(store_clear))
#error "a store that keeps its storage when it grows defines store_grow, store_segment and store_clear"
#endif

#if defined(STORE_NEVER_GROWS) && (defined(store_keeps_storage) || defined(store_grow))
#error "a store that never grows has no storage to keep and no store_grow"
#endif
#if defined(STORE_FIND) && defined(store_knows_gaps)
#error "STORE_FIND is the whole search: it asks no store_find_gap"
#endif

#ifndef store_span
static inline struct mb_span store_span(const struct mb_collection *c, mb_pos pos)
{
	return (struct mb_span){ store_at(c, pos), NULL, 1 };
}
#endif

#ifndef store_changed
static inline void store_changed(struct mb *mb, struct mb_collection *c, mb_pos pos, unsigned what)
{
	(void)mb;
	(void)c;
	(void)pos;
	(void)what;
}
#endif

#ifndef store_bytes
static inline uint64_t store_bytes(uint32_t max)
{
	return (uint64_t)max * sizeof(struct store_slot);
}
#endif

/* One storage, which store_init() makes empty whether it has grown or not. */
#ifndef store_clear
static inline void store_clear(struct mb *mb, struct mb_collection *c)
{
	store_init(mb, c, c->max);
}
#endif

#ifndef store_fits
static inline bool store_fits(const struct mb_collection *c, uint32_t n)
{
	return (uint64_t)c->cnt + n <= c->max;
}
#endif

#ifndef store_holds
static inline bool store_holds(const struct mb_collection *c, uint32_t n)
{
	return n <= c->max;
}
#endif

#ifndef store_grown_bytes
static inline uint64_t store_grown_bytes(const struct mb_collection *c, uint32_t max)
{
	(void)c;
	return store_bytes(max);
}
#endif

#ifndef store_keeps_storage
static inline bool store_keeps_storage(const struct mb_collection *c)
{
	(void)c;
	return false;
}
#endif

/* Links are indices, which stay what they are. */
#ifndef store_grow
static inline uint32_t store_grow(struct mb *mb, struct mb_collection *c,
				  const struct mb_segment *to, uint32_t max)
{
	(void)mb;
	mb_memmove(to->slots, c->slots, store_used_bytes(c));
	return max;
}
#endif

#ifndef store_order
static inline void store_order(struct mb *mb, struct mb_collection *c, const uint32_t *order,
			       uint32_t n)
{
	(void)mb;
	(void)c;
	(void)order;
	(void)n;
}
#endif
