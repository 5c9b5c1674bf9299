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
#define store_span order_span
#define store_lower order_lower
#define store_below order_below
#define store_insert order_insert
#define store_erase order_erase
#define store_order(mb, c, order, n) ((void)(mb), order_scatter(c, order, n))
#define store_used_bytes order_used_bytes
#define store_grow(mb, c, to, max) ((void)(mb), order_grow(c, (to)->slots, max))
#define store_check order_check

#include <memblock/variant_impl.h>
