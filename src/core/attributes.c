/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attributes.c - flags and nodes of ranges. */
#include <memblock/variant.h>

#include "core/core_impl.h"

static int mark(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size, uint32_t flag)
{
	if (IS_WHOLE(mb, mark))
		return WHOLE(mb, mark, base, size, flag, true);
	return mb->ops->change_flags(mb, &mb->c[which], base, size, flag, 0);
}

static int clear(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size, uint32_t flag)
{
	if (IS_WHOLE(mb, mark))
		return WHOLE(mb, mark, base, size, flag, false);
	return mb->ops->change_flags(mb, &mb->c[which], base, size, 0, flag);
}

int mb_mark_hotplug(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_MEMORY, base, size, MB_HOTPLUG);
}

int mb_clear_hotplug(struct mb *mb, uint64_t base, uint64_t size)
{
	return clear(mb, MB_MEMORY, base, size, MB_HOTPLUG);
}

int mb_mark_mirror(struct mb *mb, uint64_t base, uint64_t size)
{
	if (mb->machine.kernelcore_mirror)
		mb->has_mirror = true;
	else if (!mb->ops->whole) /* a kernel looks by itself */
		return 0;
	return mark(mb, MB_MEMORY, base, size, MB_MIRROR);
}

int mb_mark_nomap(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_MEMORY, base, size, MB_NOMAP);
}

int mb_clear_nomap(struct mb *mb, uint64_t base, uint64_t size)
{
	return clear(mb, MB_MEMORY, base, size, MB_NOMAP);
}

int mb_reserved_mark_noinit(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_RESERVED, base, size, MB_RSRV_NOINIT);
}

int mb_reserved_mark_kern(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_RESERVED, base, size, MB_RSRV_KERN);
}

int mb_mark_kho_scratch(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_MEMORY, base, size, MB_KHO_SCRATCH);
}

int mb_clear_kho_scratch(struct mb *mb, uint64_t base, uint64_t size)
{
	return clear(mb, MB_MEMORY, base, size, MB_KHO_SCRATCH);
}

void mb_set_region_node(struct mb *mb, enum mb_which which, uint64_t addr, int nid)
{
	if (!mb->machine.no_numa)
		mb->ops->stamp_node(mb, &mb->c[which], addr, nid);
}

int mb_get_region_node(const struct mb *mb, const struct mb_region *r)
{
	return mb->machine.no_numa ? 0 : r->nid;
}

int mb_set_node(struct mb *mb, uint64_t base, uint64_t size, enum mb_which which, int nid)
{
	if (IS_WHOLE(mb, set_node))
		return WHOLE(mb, set_node, base, size, which, nid);
	if (mb->machine.no_numa)
		return 0;
	return mb->ops->change_node(mb, &mb->c[which], base, size, nid);
}
