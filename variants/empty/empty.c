/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * empty - a memblock of its own whose calls return at once: the cost of reaching one.
 *
 * `linux` answers public calls whole (struct mb_whole), with code that is the kernel's from the first
 * instruction on. What precedes that is the harness: the loop, the public function that asks whether there is
 * a whole call, the indirect call. Here it is by itself. The steps, which `linux` has for what is no call of a
 * kernel's, return at once too.
 */
#include <memblock/variant.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define MB_OPS PASTE(mb_ops_empty_, MB_BUILD_NAME)

/* ---- whole calls ------------------------------------------------------------------------------- */

/* A pointer is none that failed: what the harness does with it belongs to it. */
#define ANSWER(type) (type)(uintptr_t) _Generic((type *)0, void ** : 1, default : 0)

#define MB_CALL(name, kernel, type, params, args, where, remarks)                                  \
	static type call_##name params                                                             \
	{                                                                                          \
		return ANSWER(type);                                                               \
	}
#include <memblock/operations.def>

static int call_mark(struct mb *mb, uint64_t base, uint64_t size, uint32_t flag, bool set)
{
	return 0;
}

static uint64_t call_region_pfn(const struct mb *mb, const struct mb_region *r, enum mb_which which,
				bool end)
{
	return 0;
}

static void nothing(struct mb *mb)
{
}

static size_t no_bytes(struct mb *mb)
{
	return 0;
}

static void no_save(struct mb *mb, void *buf)
{
}

static void no_restore(struct mb *mb, const void *buf)
{
}

static const struct mb_whole whole = {
#define MB_CALL(name, kernel, type, params, args, where, remarks) .name = call_##name,
#include <memblock/operations.def>
	.mark = call_mark,
	.region_pfn = call_region_pfn,
	.settings = nothing,
	.refresh = nothing,
	.state_bytes = no_bytes,
	.save = no_save,
	.restore = no_restore,
	.leave = nothing,
};

/* ---- steps ------------------------------------------------------------------------------------- */

static void step_init(struct mb *mb, struct mb_collection *c, void *slots, uint32_t max)
{
	c->max = max;
	c->slots = slots;
	c->static_slots = slots;
}

static int step_load(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n,
		     const uint32_t *order)
{
	return 0;
}

static int step_fill(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n)
{
	return 0;
}

static int step_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size, int nid,
		      uint32_t flags)
{
	return 0;
}

static int step_remove(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	return 0;
}

static int step_flags(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
		      uint32_t set, uint32_t clear)
{
	return 0;
}

static int step_node(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size, int nid)
{
	return 0;
}

static void step_stamp(struct mb *mb, struct mb_collection *c, uint64_t addr, int nid)
{
}

static void step_trim(struct mb *mb, struct mb_collection *c, uint64_t align)
{
}

static int step_keep(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
		     uint32_t spared)
{
	return 0;
}

static uint64_t step_find(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			  uint64_t end, int nid, uint32_t flags)
{
	return 0;
}

static uint64_t step_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			   uint64_t end, int nid, bool exact_nid)
{
	return 0;
}

static bool step_search(struct mb *mb, struct mb_collection *c, uint64_t addr,
			struct mb_region *out)
{
	return false;
}

static bool step_overlaps(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	return false;
}

static void step_batch(struct mb_iter *it)
{
	it->n = 0;
	it->done = true;
}

static size_t step_used(struct mb *mb, struct mb_collection *c)
{
	return 0;
}

static const char *step_check(struct mb *mb, struct mb_collection *c)
{
	return NULL;
}

static uint64_t step_static_bytes(uint32_t max)
{
	return (uint64_t)max * sizeof(struct mb_region);
}

static const struct mb_param params[] = {
	MB_PARAM_COMMON,
	{ .name = NULL },
};

extern const struct mb_ops MB_OPS;

const struct mb_ops MB_OPS = {
	.name = "empty",
	.slot_size = sizeof(struct mb_region),
	.static_bytes = step_static_bytes,
	.params = params,
	.whole = &whole,
	.init = step_init,
	.load = step_load,
	.fill = step_fill,
	.add_range = step_range,
	.remove_range = step_remove,
	.change_flags = step_flags,
	.change_node = step_node,
	.stamp_node = step_stamp,
	.trim = step_trim,
	.keep_range = step_keep,
	.find_free = step_find,
	.alloc_range = step_alloc,
	.search = step_search,
	.overlaps = step_overlaps,
	.next_batch = step_batch,
	.used_bytes = step_used,
	.check = step_check,
};
