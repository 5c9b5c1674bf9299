/* SPDX-License-Identifier: GPL-2.0-or-later */
/* release.c - reserved pages go to the page allocator, after the hand-over. */
#include <memblock/variant.h>

#include "core/core_impl.h"

bool mb_can_release(struct mb *mb)
{
	if (!mb->profile->free_releases_pages || mb->machine.no_deferred_init ||
	    !mb->sink.deferred || !mb->sink.deferred(mb->sink.ctx))
		return true;
	mb_warn(mb, "memblock: pages are released before all page structs are set up");
	return false;
}

uint64_t mb_release_pages(struct mb *mb, uint64_t base, uint64_t end)
{
	uint64_t pfn, end_pfn = end / mb->page_size;

	if (end < base || base > mb->addr_max - (mb->page_size - 1))
		return 0;
	pfn = (base + mb->page_size - 1) / mb->page_size;
	if (pfn >= end_pfn)
		return 0;
	for (uint64_t p = pfn; p < end_pfn && mb->sink.free_page; p++)
		mb->sink.free_page(mb->sink.ctx, p);
	return end_pfn - pfn;
}
