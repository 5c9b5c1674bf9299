/* SPDX-License-Identifier: GPL-2.0-or-later */
/* truncate.c - memory is trimmed to an alignment, cut to a limit, capped to a range. */
#include <memblock/variant.h>

#include "core/core_impl.h"

void mb_trim_memory(struct mb *mb, uint64_t align)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, trim_memory)) {
		WHOLE(mb, trim_memory, align);
		return;
	}
	mb->ops->trim(mb, &mb->c[MB_MEMORY], align);
}

/* The address behind the first @limit bytes of memory; addr_max if there is less. */
static uint64_t find_cut(struct mb *mb, uint64_t limit)
{
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	for (mb_iter_regions(&it, mb, MB_MEMORY, false); mb_next(&it, &r);) {
		if (limit <= r.end - r.base)
			return r.base + limit;
		limit -= r.end - r.base;
	}
	return mb->addr_max;
}

void mb_enforce_memory_limit(struct mb *mb, uint64_t limit)
{
	uint64_t cut;

	if (IS_WHOLE(mb, enforce_memory_limit)) {
		WHOLE(mb, enforce_memory_limit, limit);
		return;
	}
	if (!limit)
		return;
	cut = find_cut(mb, limit);
	if (cut == mb->addr_max)
		return;
	mb->ops->remove_range(mb, &mb->c[MB_MEMORY], cut, mb->addr_max);
	mb->ops->remove_range(mb, &mb->c[MB_RESERVED], cut, mb->addr_max);
}

void mb_cap_memory_range(struct mb *mb, uint64_t base, uint64_t size)
{
	struct mb_collection *reserved = &mb->c[MB_RESERVED];

	if (IS_WHOLE(mb, cap_memory_range)) {
		WHOLE(mb, cap_memory_range, base, size);
		return;
	}
	if (!size)
		return;
	if (mb_phys_mem_size(mb) == 0) { /* or as much as an address is wide: it wraps */
		mb_log(mb, MB_WARNING, "memblock_cap_memory_range: No memory registered yet");
		return;
	}
	if (mb->ops->keep_range(mb, &mb->c[MB_MEMORY], base, size, MB_NOMAP))
		return;
	mb->ops->remove_range(mb, reserved, 0, base);
	mb->ops->remove_range(mb, reserved, (base + size) & mb->addr_max, mb->addr_max);
}

void mb_mem_limit_remove_map(struct mb *mb, uint64_t limit)
{
	uint64_t cut;

	if (IS_WHOLE(mb, mem_limit_remove_map)) {
		WHOLE(mb, mem_limit_remove_map, limit);
		return;
	}
	if (!limit)
		return;
	cut = find_cut(mb, limit);
	if (cut != mb->addr_max)
		mb_cap_memory_range(mb, 0, cut);
}
