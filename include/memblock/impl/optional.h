/* SPDX-License-Identifier: GPL-2.0-or-later */
/* impl/optional.h - the optional primitives of a store that has none of its own. Part of memblock/variant_impl.h. */

#ifndef store_changed
static inline void store_changed(struct mb *mb, struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	(void)c;
	(void)pos;
}
#endif

/* Links are indices, which stay what they are. */
#ifndef store_move
static inline void store_move(struct mb *mb, struct mb_collection *c, void *slots, uint32_t max)
{
	(void)mb;
	(void)max;
	mb_memmove(slots, c->slots, store_used_bytes(c));
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
