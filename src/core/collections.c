/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collections.c - describing memory, reserving, freeing. */
#include <memblock/variant.h>

#include "core/core_impl.h"

/* Where memblock=debug is on: first the line, then what it tells. Apart, as it needs registers. */
static __attribute__((cold, noinline)) int add_told(struct mb *mb, enum mb_which which,
						    const char *function, bool with_node,
						    uint64_t base, uint64_t size, int nid,
						    uint32_t flags, unsigned long long caller)
{
	if (with_node)
		mb_log_node(mb, function, base, size, nid, flags, caller);
	else
		mb_log_range(mb, function, base, size, caller);
	return mb->ops->add_range(mb, &mb->c[which], base, size, nid, flags);
}

/* What a public function ends in; inlined, for the caller's sake. */
#define ADD(mb, which, function, with_node, base, size, nid, flags)                                \
	(__builtin_expect((mb)->debug, 0) ?                                                        \
		 add_told(mb, which, function, with_node, base, size, nid, flags, CALLER) :        \
		 (mb)->ops->add_range(mb, &(mb)->c[which], base, size, nid, flags))

int mb_add(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, add))
		return WHOLE(mb, add, base, size);
	return ADD(mb, MB_MEMORY, "memblock_add", false, base, size, (int)mb->max_numnodes, 0);
}

int mb_add_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	if (IS_WHOLE(mb, add_node))
		return WHOLE(mb, add_node, base, size, nid, flags);
	return ADD(mb, MB_MEMORY, "memblock_add_node", true, base, size, nid, flags);
}

int mb_remove(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, remove))
		return WHOLE(mb, remove, base, size);
	log_range(mb, "memblock_remove", base, size, CALLER);
	return mb->ops->remove_range(mb, &mb->c[MB_MEMORY], base, size);
}

int mb_physmem_add(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, physmem_add))
		return WHOLE(mb, physmem_add, base, size);
	if (!mb->machine.physmem)
		return -MB_EINVAL;
	return ADD(mb, MB_PHYSMEM, "memblock_physmem_add", false, base, size, (int)mb->max_numnodes,
		   0);
}

int mb_reserve(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, reserve))
		return WHOLE(mb, reserve, base, size);
	if (mb->profile->rsrv_nid_requested)
		return ADD(mb, MB_RESERVED, "__memblock_reserve", true, base, size, MB_NUMA_NO_NODE,
			   0);
	return ADD(mb, MB_RESERVED, "memblock_reserve", false, base, size, (int)mb->max_numnodes,
		   0);
}

int mb_reserve_kern(struct mb *mb, uint64_t base, uint64_t size)
{
	int nid = mb->profile->rsrv_nid_requested ? MB_NUMA_NO_NODE : (int)mb->max_numnodes;

	if (IS_WHOLE(mb, reserve_kern))
		return WHOLE(mb, reserve_kern, base, size);
	return mb_reserve_node(mb, base, size, nid, MB_RSRV_KERN);
}

int mb_reserve_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	if (IS_WHOLE(mb, reserve_node))
		return WHOLE(mb, reserve_node, base, size, nid, flags);
	return ADD(mb, MB_RESERVED, "__memblock_reserve", true, base, size, nid, flags);
}

/* The same with all that may come with it: a line, the leak tracer, the page allocator. */
static __attribute__((noinline)) int free_told(struct mb *mb, uint64_t base, uint64_t size,
					       unsigned long long caller)
{
	int rc = 0;

	log_range(mb, "memblock_phys_free", base, size, caller);
	if (mb->hooks.leak_free)
		mb->hooks.leak_free(mb->hooks.ctx, base, (size_t)size);
	if (!mb->slab_up || !mb->profile->free_releases_pages)
		return mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
	assert_no_wrap(mb, base, size);
	/* The page allocator owns memory now; memblock's own record is kept only where it lives on. */
	if (mb->machine.keep_memblock)
		rc = mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
	if (mb_can_release(mb))
		mb_release_pages(mb, base, (base + size) & mb->addr_max);
	return rc;
}

int mb_phys_free(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, phys_free))
		return WHOLE(mb, phys_free, base, size);
	if (__builtin_expect(mb->debug | mb->slab_up | (mb->hooks.leak_free != NULL), 0))
		return free_told(mb, base, size, CALLER);
	return mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
}

void mb_free(struct mb *mb, void *ptr, uint64_t size)
{
	if (IS_WHOLE(mb, free))
		WHOLE(mb, free, ptr, size);
	else if (ptr)
		mb_phys_free(mb, mb_virt_to_phys(mb, ptr), size);
}
