/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collections.c - describing memory, reserving, freeing. */
#include <memblock/variant.h>

#include "core/core_impl.h"

int mb_add(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, add))
		return WHOLE(mb, add, base, size);
	log_range(mb, "memblock_add", base, size, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_MEMORY], base, size, (int)mb->max_numnodes, 0);
}

int mb_add_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	if (IS_WHOLE(mb, add_node))
		return WHOLE(mb, add_node, base, size, nid, flags);
	log_node(mb, "memblock_add_node", base, size, nid, flags, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_MEMORY], base, size, nid, flags);
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
	log_range(mb, "memblock_physmem_add", base, size, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_PHYSMEM], base, size, (int)mb->max_numnodes, 0);
}

int mb_reserve(struct mb *mb, uint64_t base, uint64_t size)
{
	int nid = mb->profile->rsrv_nid_requested ? MB_NUMA_NO_NODE : (int)mb->max_numnodes;

	if (IS_WHOLE(mb, reserve))
		return WHOLE(mb, reserve, base, size);
	if (mb->profile->rsrv_nid_requested)
		log_node(mb, "__memblock_reserve", base, size, nid, 0, CALLER);
	else
		log_range(mb, "memblock_reserve", base, size, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_RESERVED], base, size, nid, 0);
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
	log_node(mb, "__memblock_reserve", base, size, nid, flags, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_RESERVED], base, size, nid, flags);
}

int mb_phys_free(struct mb *mb, uint64_t base, uint64_t size)
{
	int rc = 0;

	if (IS_WHOLE(mb, phys_free))
		return WHOLE(mb, phys_free, base, size);
	log_range(mb, "memblock_phys_free", base, size, CALLER);
	if (mb->hooks.leak_free)
		mb->hooks.leak_free(mb->hooks.ctx, base, (size_t)size);
	if (mb->slab_up && mb->profile->free_releases_pages) {
		assert_no_wrap(mb, base, size);
		/* The page allocator owns memory now; memblock's own record is kept only where it lives on. */
		if (mb->machine.keep_memblock)
			rc = mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
		if (mb_can_release(mb))
			mb_release_pages(mb, base, (base + size) & mb->addr_max);
		return rc;
	}
	return mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
}

void mb_free(struct mb *mb, void *ptr, uint64_t size)
{
	if (IS_WHOLE(mb, free))
		WHOLE(mb, free, ptr, size);
	else if (ptr)
		mb_phys_free(mb, mb_virt_to_phys(mb, ptr), size);
}
