/* SPDX-License-Identifier: GPL-2.0-or-later */
/* regions.c - the page frames that a region covers. */
#include <memblock/variant.h>

#include "core/core_impl.h"

uint64_t mb_region_memory_base_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_MEMORY, false);
	return ((r->base + mb->page_size - 1) & mb->addr_max) / mb->page_size;
}

uint64_t mb_region_memory_end_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_MEMORY, true);
	return (r->base + r->size) / mb->page_size;
}

uint64_t mb_region_reserved_base_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_RESERVED, false);
	return r->base / mb->page_size;
}

uint64_t mb_region_reserved_end_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_RESERVED, true);
	return ((r->base + r->size + mb->page_size - 1) & mb->addr_max) / mb->page_size;
}
