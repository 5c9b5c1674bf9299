/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variant_impl.h - the heavy steps, instantiated for one store.
 *
 * A variant's C file includes this once, at its end, after defining MB_STORE (its name) and these
 * inline primitives. MB_NIL stands for no position. After an insert only the position that it returned is
 * valid; an erase leaves the positions of the regions below it as they are.
 *
 *   struct store_slot                      one slot
 *   struct mb_param store_params[]         its parameters, MB_PARAM_COMMON first
 *   store_init(mb, c, max)                 make c empty over c->slots (bytes undefined)
 *   store_first/last(mb, c)                lowest, highest region
 *   store_next/prev(mb, c, pos)            neighbours
 *   store_at(c, pos)                       the region, in place; the pointer lives until the next insert or erase
 *   store_lower(mb, c, addr)               lowest region whose end is above addr
 *   store_below(mb, c, addr)               highest region whose base is below addr
 *   store_insert(mb, c, before, region)    put a region before `before` (MB_NIL: last); there is a
 *                                          free slot and order holds; returns its position
 *   store_erase(mb, c, pos, n)             delete n regions from pos on; returns the one after
 *   store_used_bytes(c)                    bytes from c->slots on that hold state
 *   store_check(c)                         NULL, or what is wrong with the links
 *
 * cnt and total_size are kept here, not by the primitives: store_insert() finds cnt before the
 * insertion, store_erase() before the deletion. Regions never overlap, not even between two primitives
 * of one operation: a split shortens the lower half before it inserts the upper one, a merge erases the
 * upper region before it extends the lower.
 *
 * Optional primitives: to have one, define the function, and its name as a macro for itself
 * (`#define store_fits store_fits`). impl/optional.h has what happens without.
 *
 *   store_changed(mb, c, pos, what)        fields of a region were changed in place (order still holds);
 *                                          what: a constant of MB_CHANGED_BASE, _END, _ATTRIBUTES,
 *                                          _SMALLER
 *   store_span(c, pos)                     struct mb_span: one region or more from pos on that lie in an array, or are
 *                                          reached through one of slot numbers, and whose positions are pos,
 *                                          pos + 1 ...; for loops upwards, which may change attributes (and
 *                                          tell store_changed(), which moves nothing); else the one at pos
 *   store_bytes(max)                       bytes of static storage for max slots; else max slots' size
 *   store_fits(c, n)                       is there room for n regions more, wherever they go, if each
 *                                          goes above the one before? else cnt + n <= max, as in the kernel.
 *                                          False where that is false: max bounds regions, whatever a slot is
 *   store_holds(c, n)                      before a load: is there room for n regions as a load leaves
 *                                          them? else n <= max
 *   store_clear(mb, c)                     make c empty and keep its storage; else store_init()
 *   store_load(mb, c, regions, n)          c is empty: put all of these in, with room between them where
 *                                          a store has it in use; n <= max. Else each is inserted last
 *   store_order(mb, c, order, n)           c is empty: hand slots out in this order from now on;
 *                                          else a store has no slots to choose
 *   store_grown_bytes(c, max)              bytes to ask for when c is to have max slots
 *   store_grow(mb, c, to, max)             take larger storage (*to; its bytes undefined) into use, c->slots
 *                                          being the old; returns the slots there are then, more than
 *                                          before (or operations wait for room for ever). A store that
 *                                          measures otherwise need not keep to max. Else the bytes in use are copied there
 *
 * store_changed() comes after the change: what was there before is for the store to remember, if it wants it. One
 * call may say that both base and end moved (a trim).
 *
 * A store whose regions keep their slot for life, in one storage, takes slot_pool_impl.h: it knows which slots are free
 * and brings store_at(), store_used_bytes() and store_order().
 *
 * A store that grows by adding a segment moves nothing. It defines store_keeps_storage(c), asked before each growth;
 * true: nothing that it has is given back then, store_grown_bytes() is the size of the next segment, and store_grow()
 * notes it. With it come
 *
 *   store_segment(mb, c, i, segment)       the pieces of its storage, struct mb_segment, 0 and up in the order of
 *                                          their age: the first is the oldest that is in use still
 *                                          (c->static_slots, if they are), c->slots the newest; false: no
 *                                          more. What tells of piece i may lie in
 *                                          older pieces, at the start of i, or in c->store[]. It may hold
 *                                          pointers: a snapshot goes back to where it was taken
 *   store_clear(mb, c)                     without it all but the first piece would be forgotten
 *
 * and store_used_bytes() is what growth that moves would move: of a store that always keeps its storage it says nothing,
 * and may be 0. store_grown_bytes() may be rounded up to pages, and what is won by that be used.
 *
 * A store that never grows defines STORE_NEVER_GROWS: what does not fit fails with -ENOMEM, after the line MB_LIMIT_LINE
 * (variant.h). Its kind is `bounded`.
 *
 * Optional replacements, defined before the include; what is not replaced is used by the others:
 *
 *   STORE_FIND(mb, size, align, start, end, nid, flags)
 *                                          struct mb_found: the search for free memory (size > 0, the window
 *                                          is final); both directions, nodes and hidden regions are its job
 *   STORE_ALLOC_RANGE(...)                 ops->alloc_range() whole: fallbacks, reservation, growth; declared before
 *                                          the include, it may leave what it does not do to alloc_anywhere()
 *   STORE_ADD_RANGE(...)                   ops->add_range() whole; the same, with add_anywhere()
 *   store_find_gap(mb, size, align, start, end, nid, flags), if store_knows_gaps(reserved)
 *                                          as STORE_FIND, of a store that has another form, which find.h
 *                                          searches: in this one. Declared before the include and defined
 *                                          after it, where fit() is at hand
 *   STORE_SEARCH(mb, c, addr)              the region that ends above addr, or NULL, for queries by address
 *   STORE_MERGES_FULLY(mb)                 look at all regions for merging after each change
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

#include <memblock/impl/optional.h>
#include <memblock/impl/regions.h>
#include <memblock/impl/walk.h>
#include <memblock/impl/find.h>
#include <memblock/impl/pieces.h>
#include <memblock/impl/grow.h>
#include <memblock/impl/range.h>
#include <memblock/impl/alloc.h>

static void step_init(struct mb *mb, struct mb_collection *c, void *slots, uint32_t max)
{
	c->cnt = 0;
	c->max = max;
	c->total_size = 0;
	c->slots = slots;
	c->slots_pa = 0;
	c->slots_bytes = store_bytes(max);
	c->static_slots = slots;
	c->origin = MB_STATIC;
	c->untidy = false;
	c->stale_total = false;
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
	store_clear(mb, c);
	if (order)
		store_order(mb, c, order, n);
#ifdef store_load
	store_load(mb, c, r, n);
	c->cnt = n;
#else
	for (uint32_t i = 0; i < n; i++)
		put(mb, c, MB_NIL, &r[i]);
#endif
	for (uint32_t i = 0; i < n; i++)
		c->total_size += r[i].size;
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
	while (!store_holds(c, n + 8 + (n < 640 ? n / 4 : 160))) {
		int rc = grow(mb, c, 0, 0);

		if (rc)
			return rc;
	}
	fill_store(mb, c, r, n, order);
	if (c->which != MB_RESERVED)
		return 0;
	for (unsigned i = 0; i < MB_COLLECTIONS; i++) {
		struct mb_segment segment;

		for (unsigned k = 0; mb_storage(mb, &mb->c[i], k, &segment); k++) {
			int rc = 0;

			if (segment.origin == MB_MANAGED)
				rc = step_add_range(mb, c, segment.pa, segment.bytes,
						    reserved_nid(mb), reserved_kern_flags(mb));
			if (rc)
				return rc;
		}
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
	.static_bytes = store_bytes,
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
#ifdef store_segment
	.segment = store_segment,
#endif
	.check = step_check,
};
