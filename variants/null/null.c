/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * null - a store that remembers nothing. Two uses:
 *
 * 1. It is the skeleton of a new variant. Copy this folder to variants/<name>/, rename the file,
 *    set MB_STORE, fill in the primitives, and add a line to variants/variants.def. `make test` then
 *    runs every test on it and `make bench` every benchmark, with no further edit.
 * 2. It measures the harness: a benchmark of null is the cost of the loop, the dispatch and the
 *    argument checks, which every other variant pays too.
 *
 * The whole contract is at the top of memblock/variant.h and memblock/variant_impl.h. In short: links
 * are indices, never pointers (but to segments); no libc but mb_memmove and mb_memset; no recursion; c->cnt is kept for
 * you and is what it was before the insert or erase while your primitive runs; c->store[] is yours.
 */
#include <memblock/variant.h>

/* The name: of the folder, of this file, and of the line in variants.def. */
#define MB_STORE null

/* One slot. c->slots points to c->max of them. A store with links adds them here, as indices:
 * `mb_pos left, right, parent;`. Its size is what a region costs; growth asks for max times this. */
struct store_slot {
	struct mb_region region;
};

/* A store whose regions keep their slot for life (all with links) need not look after free slots: it
 * includes memblock/slot_pool_impl.h here, which says how, and deletes store_at(), store_used_bytes()
 * below. variants/list/list.c is an example. */

/* What the user may set: NAME:key=value. The common two come first; own ones follow and are read as
 * mb->params[MB_PARAM_OWN], mb->params[MB_PARAM_OWN + 1], ... */
static const struct mb_param store_params[] = {
	MB_PARAM_COMMON,
	{ .name = NULL },
};

/* Make @c empty: set c->store[], hand out slots from 0. The bytes of the slots are undefined; do not
 * touch all of them, creating an instance is timed too. */
static inline void store_init(struct mb *mb, struct mb_collection *c, uint32_t max)
{
	(void)mb;
	(void)c;
	(void)max;
}

/* The region at @pos, in place. Callers change its fields, then call store_changed() if there is one. */
static inline struct mb_region *store_at(const struct mb_collection *c, mb_pos pos)
{
	return &((struct store_slot *)c->slots)[pos].region;
}

/* Lowest and highest region, MB_NIL when empty. */
static inline mb_pos store_first(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	(void)c;
	return MB_NIL;
}

static inline mb_pos store_last(struct mb *mb, const struct mb_collection *c)
{
	(void)mb;
	(void)c;
	return MB_NIL;
}

/* Neighbours in order of base. Called in inner loops: the fewer branches the better. */
static inline mb_pos store_next(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	(void)c;
	(void)pos;
	return MB_NIL;
}

static inline mb_pos store_prev(struct mb *mb, const struct mb_collection *c, mb_pos pos)
{
	(void)mb;
	(void)c;
	(void)pos;
	return MB_NIL;
}

/* The lowest region whose end (base + size) is above @addr: it contains @addr or follows it. This is
 * the lookup of every operation, and of questions, which write nothing. MB_COUNT(mb, regions_visited, n) for
 * each region looked at. */
static inline mb_pos store_lower(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	(void)mb;
	(void)c;
	(void)addr;
	return MB_NIL;
}

/* The highest region whose base is below @addr. Where top-down searches begin. */
static inline mb_pos store_below(struct mb *mb, const struct mb_collection *c, uint64_t addr)
{
	(void)mb;
	(void)c;
	(void)addr;
	return MB_NIL;
}

/* Put a copy of @region directly before the one at @before, last if that is MB_NIL. A slot is free, and order
 * holds. All positions but the one that you return, the new region's, may change. MB_COUNT(mb, bytes_moved, n)
 * for regions that had to move. */
static inline mb_pos store_insert(struct mb *mb, struct mb_collection *c, mb_pos before,
				  const struct mb_region *region)
{
	(void)mb;
	(void)before;
	(void)region;
	/* Forget it: the caller counts it after this. Delete these two lines in a real store. */
	c->cnt--;
	c->total_size = 0;
	return MB_NIL;
}

/* Delete @n regions from @pos upwards; return the position of the one that follows, or MB_NIL. Positions of
 * lower regions stay what they are. */
static inline mb_pos store_erase(struct mb *mb, struct mb_collection *c, mb_pos pos, uint32_t n)
{
	(void)mb;
	(void)c;
	(void)pos;
	(void)n;
	return MB_NIL;
}

/* How many bytes from c->slots on hold state: what a snapshot or a growth has to copy. 0 is right only for
 * a store that always keeps its storage. */
static inline size_t store_used_bytes(const struct mb_collection *c)
{
	(void)c;
	return 0;
}

/* NULL, or a sentence about the first broken link, count or balance. Tests call it after every step. */
static inline const char *store_check(const struct mb_collection *c)
{
	(void)c;
	return NULL;
}

/*
 * More primitives are optional: summaries (store_changed), several regions at a time (store_span), room and bytes by the
 * store's own measure (store_fits, store_bytes), bulk loads, growth by segments. variant_impl.h lists them. To have one, write the function and a
 * macro of its name, without which the compiler refuses it as defined twice:
 *
 *     #define store_changed store_changed
 *     static inline void store_changed(struct mb *mb, struct mb_collection *c, mb_pos pos, unsigned what)
 */

/*
 * Three steps may be replaced by a store that does better than the common code. Here they are so for the second
 * use: a search that finds at once and an allocation that reserves nothing, which is the harness and nothing else.
 * Delete these in a real store, or write them: variant_impl.h has what each is given.
 */
static inline struct mb_found null_find(struct mb *mb, uint64_t size, uint64_t align,
					uint64_t start, uint64_t end, int nid, uint32_t flags)
{
	(void)mb, (void)size, (void)align, (void)end, (void)nid, (void)flags;
	return (struct mb_found){ start, MB_NIL, MB_NIL };
}
#define STORE_FIND null_find

static inline uint64_t null_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				  uint64_t end, int nid, bool exact_nid)
{
	(void)size, (void)align, (void)end, (void)nid, (void)exact_nid;
	return start < mb->page_size ? mb->page_size : start;
}
#define STORE_ALLOC_RANGE null_alloc

static inline int null_add(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			   int nid, uint32_t flags)
{
	(void)mb, (void)c, (void)base, (void)size, (void)nid, (void)flags;
	return 0;
}
#define STORE_ADD_RANGE null_add

/* Compiles the steps and defines the table mb_ops_null_<build>. */
#include <memblock/variant_impl.h>
