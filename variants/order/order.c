/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order - regions that keep their slot, and a sorted array of slot numbers: see memblock/order_impl.h.
 *
 * The tight store: 26 bytes a region, searches that halve, and inserts that move two bytes a region. It is at its best
 * where boots are, and linear beyond.
 */
#include <memblock/variant.h>

#define MB_STORE order

struct store_slot {
	struct mb_region region;
};

#define ORDER_IS_WIDE(c) ((c)->max > ORDER_NARROW_MAX)
#include <memblock/order_impl.h>

static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	{ .name = NULL },
};

#define store_bytes order_bytes
#define store_at order_at
#define store_init(mb, c, max) ((void)(mb), order_init(c, max))
#define store_first(mb, c) ((void)(mb), order_first(c))
#define store_last(mb, c) ((void)(mb), order_last(c))
#define store_next(mb, c, pos) ((void)(mb), order_next(c, pos))
#define store_prev(mb, c, pos) ((void)(mb), (void)(c), order_prev(pos))
#define store_lower order_lower
#define store_below order_below
#define store_insert order_insert
#define store_erase order_erase
#define store_order(mb, c, order, n) ((void)(mb), order_scatter(c, order, n))
#define store_used_bytes order_used_bytes
#define store_check order_check

/* Larger storage has its regions further up, and wider entries perhaps: entry by entry. */
#define store_grow store_grow
static inline uint32_t store_grow(struct mb *mb, struct mb_collection *c,
				  const struct mb_segment *to, uint32_t max)
{
	struct mb_collection larger = *c;

	(void)mb;
	larger.slots = to->slots;
	larger.max = max;
	order_init(&larger, max);
	for (uint32_t i = 0; i < c->store[ORDER_FRESH]; i++)
		order_set(&larger, i, order_get(c, i));
	mb_memmove(order_regions(&larger), order_regions(c),
		   c->store[ORDER_FRESH] * sizeof(struct mb_region));
	c->store[ORDER_REGIONS] = larger.store[ORDER_REGIONS];
	return max;
}

#include <memblock/variant_impl.h>
