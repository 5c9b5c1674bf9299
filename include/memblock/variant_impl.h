/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variant_impl.h - the heavy steps, instantiated for one store.
 *
 * A variant's C file includes this once, at its end, after defining MB_STORE (its name) and these
 * inline primitives. MB_NIL stands for no position. An insert or erase may change the positions of
 * the regions above it, never of those below.
 *
 *   struct store_slot                      one slot
 *   struct mb_param store_params[]         its parameters, MB_PARAM_COMMON first
 *   store_init(mb, c, max)                 make c empty over c->slots (bytes undefined)
 *   store_first/last(mb, c)                lowest, highest region
 *   store_next/prev(mb, c, pos)            neighbours
 *   store_at(c, pos)                       the region, in place
 *   store_lower(mb, c, addr)               lowest region whose end is above addr
 *   store_below(mb, c, addr)               highest region whose base is below addr
 *   store_insert(mb, c, before, region)    put a region before `before` (MB_NIL: last); there is a
 *                                          free slot and order holds; returns its position
 *   store_erase(mb, c, pos, n)             delete n regions from pos on; returns the one after
 *   store_used_bytes(c)                    bytes from c->slots on that hold state
 *   store_check(c)                         NULL, or what is wrong with the links
 *
 * cnt and total_size are kept here, not by the primitives: store_insert() finds cnt before the
 * insertion, store_erase() before the deletion.
 *
 * Optional primitives: to have one, define the function, and its name as a macro for itself
 * (`#define store_move store_move`).
 *
 *   store_changed(mb, c, pos)              a region's fields were changed in place (order still holds);
 *                                          else nothing happens then
 *   store_move(mb, c, slots, max)          move everything to larger storage (its bytes undefined);
 *                                          else the bytes in use are copied
 *   store_order(mb, c, order, n)           c is empty: hand slots out in this order from now on;
 *                                          else a store has no slots to choose
 *
 * A store whose regions keep their slot for life takes slot_pool_impl.h: it knows which slots are free
 * and brings store_at(), store_used_bytes() and store_order().
 *
 * Optional replacements, defined before the include:
 *
 *   MB_OVERRIDE_FIND_FREE(mb, size, align, start, end, nid, flags)
 *                                          replaces the walk over free ranges (size > 0, the window is
 *                                          final); both directions and hidden regions are its job
 *   STORE_SEARCH(mb, c, addr)              the region that ends above addr, or NULL, for queries by address
 *   STORE_MERGES_FULLY(mb)                 look at all regions for merging after each change
 *
 * Between an insert or erase and the store_changed() that completes the operation neighbours may
 * overlap or have the same base: a split inserts the lower half before the region that it cuts, and
 * a merge extends a region before it erases the next. Go by position, never by comparing bases.
 *
 * The steps stand in impl/, in this order; each file uses only those before it, and none declares
 * ahead what another defines, so that the compiler refuses a circle:
 *
 *   optional.h  the primitives that a store has not
 *   regions.h   arithmetic, who is hidden from a search, insert, erase, merge
 *   walk.h      questions: search, overlaps, the next batch of an iteration
 *   find.h      the search for free memory
 *   pieces.h    a range goes in, comes out or is marked off, where there is room
 *   grow.h      making room out of free memory
 *   range.h     add, remove, change, trim, keep: ask for room, then pieces.h
 *   alloc.h     find with its fallbacks, then add to reserved
 *
 * Why one header and not one library: a call per region costs three times the work on it. Compiled
 * so, a step walks regions with inlined code, and src/ makes one indirect call per step.
 */
#ifndef MB_STORE
#error "define MB_STORE to the variant's name before including variant_impl.h"
#endif

/* Set by the build for the kind `null`. */
#ifndef MB_VARIANT_IS_NULL
#define MB_VARIANT_IS_NULL 0
#endif

#include <memblock/impl/optional.h>
#include <memblock/impl/regions.h>
#include <memblock/impl/walk.h>
#include <memblock/impl/find.h>
#include <memblock/impl/pieces.h>
#include <memblock/impl/grow.h>
#include <memblock/impl/range.h>
#include <memblock/impl/alloc.h>
#undef EITHER_DIRECTION

static void step_init(struct mb *mb, struct mb_collection *c, void *slots, uint32_t max)
{
	c->cnt = 0;
	c->max = max;
	c->total_size = 0;
	c->slots = slots;
	c->slots_pa = 0;
	c->slots_bytes = (uint64_t)max * sizeof(struct store_slot);
	c->static_slots = slots;
	c->origin = MB_STATIC;
	store_init(mb, c, max);
}

/* Exactly these regions, in the slots that there are: nothing grows, merges or is added. */
static int fill_store(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n,
		      const uint32_t *order)
{
	if (n > c->max)
		return -MB_ENOMEM;
	c->cnt = 0;
	c->total_size = 0;
	store_init(mb, c, c->max);
	if (order)
		store_order(mb, c, order, n);
	for (uint32_t i = 0; i < n; i++) {
		put(mb, c, MB_NIL, &r[i]);
		c->total_size += r[i].size;
	}
	return 0;
}

static int step_fill(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n)
{
	return fill_store(mb, c, r, n, NULL);
}

static int step_load(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n,
		     const uint32_t *order)
{
	/* Room for the changes that follow, so that what is timed on this state does not grow it. */
	while (c->max < n + 8 + (n < 640 ? n / 4 : 160)) {
		int rc = grow(mb, c, 0, 0);

		if (rc)
			return rc;
	}
	fill_store(mb, c, r, n, order);
	if (c->which != MB_RESERVED)
		return 0;
	for (unsigned i = 0; i < MB_COLLECTIONS; i++) {
		int rc = 0;

		if (mb->c[i].origin == MB_MANAGED)
			rc = step_add_range(mb, c, mb->c[i].slots_pa, mb->c[i].slots_bytes,
					    reserved_nid(mb), reserved_kern_flags(mb));
		if (rc)
			return rc;
	}
	return 0;
}

static size_t step_used_bytes(struct mb *mb, struct mb_collection *c)
{
	(void)mb;
	return store_used_bytes(c);
}

static const char *step_check(struct mb *mb, struct mb_collection *c)
{
	(void)mb;
	return store_check(c);
}

/* The table: mb_ops_<store>_<build>. */
#define MB_OPS_PASTE(store, build) mb_ops_##store##_##build
#define MB_OPS_SYMBOL(store, build) MB_OPS_PASTE(store, build)

#ifdef MB_FOLDER
_Static_assert(!__builtin_strcmp(MB_QUOTE(MB_STORE), MB_QUOTE(MB_FOLDER)),
	       "MB_STORE is not the name of the variant's folder");
#endif
_Static_assert(sizeof(store_params) / sizeof(store_params[0]) > MB_PARAM_OWN &&
		       sizeof(store_params) / sizeof(store_params[0]) <= MB_PARAMS_MAX + 1,
	       "store_params: MB_PARAM_COMMON first, an entry without a name last");

extern const struct mb_ops MB_OPS_SYMBOL(MB_STORE, MB_BUILD_NAME);

const struct mb_ops MB_OPS_SYMBOL(MB_STORE, MB_BUILD_NAME) = {
	.name = MB_QUOTE(MB_STORE),
	.slot_size = sizeof(struct store_slot),
	.params = store_params,
	.init = step_init,
	.load = step_load,
	.fill = step_fill,
	.add_range = step_add_range,
	.remove_range = step_remove_range,
	.change_flags = step_change_flags,
	.change_node = step_change_node,
	.stamp_node = step_stamp_node,
	.trim = step_trim,
	.keep_range = step_keep_range,
	.find_free = step_find_free,
	.alloc_range = step_alloc_range,
	.search = step_search,
	.overlaps = step_overlaps,
	.next_batch = step_next_batch,
	.used_bytes = step_used_bytes,
	.check = step_check,
};
