/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * system_hash.c - hash tables that are sized by the machine: dentries, inodes, sockets.
 *
 *     wanted   one bucket per 2^scale bytes of low memory, or what the caller says
 *     round    up to a power of two, at least a page of buckets
 *     clamp    low_limit <= buckets <= high_limit, or 1/16 of memory, or 2^31
 *     halve    until the allocation succeeds
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

static unsigned log2_of(uint64_t x)
{
	return 63 - (unsigned)__builtin_clzll(x);
}

/* The order of the smallest block of pages that holds @size bytes. */
static unsigned page_order_of(const struct mb *mb, uint64_t size)
{
	uint64_t pages_but_one = (size - 1) / mb->page_size;

	return pages_but_one ? log2_of(pages_but_one) + 1 : 0;
}

static uint64_t power_of_two_above(uint64_t x)
{
	return x > 1 ? 2ULL << log2_of(x - 1) : 1;
}

/* Whole pages of memory below @limit. */
static uint64_t memory_pages(struct mb *mb, uint64_t limit)
{
	uint64_t pages = 0;
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	mb_iter_regions(&it, mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, (int)mb->max_numnodes, &r)) {
		if (r.end > limit)
			r.end = limit;
		if (r.base < r.end)
			pages += r.end - r.base;
	}
	return pages;
}

/* Buckets that fit the machine. */
static uint64_t entries_for(struct mb *mb, uint64_t bucket_size, unsigned scale, unsigned flags,
			    unsigned shift, bool adapt)
{
	const uint64_t mib = 1 << 20, gib = 1 << 30;
	uint64_t pages = memory_pages(mb, mb->machine.max_low_pfn);
	unsigned page_shift = log2_of(mb->page_size);
	uint64_t entries;

	if (mb->page_size < mib)
		pages = (pages + mib / mb->page_size - 1) & ~(mib / mb->page_size - 1);
	if (adapt) { /* one step less dense for each factor of four above 64 GiB */
		for (uint64_t much = 64 * gib / mb->page_size; much < pages; much <<= 2)
			scale++;
	}
	entries = scale > page_shift ? pages >> (scale - page_shift) :
				       pages << (page_shift - scale);
	if (flags & MB_HASH_SMALL) {
		if (!(flags & MB_HASH_EARLY))
			mb_warn(mb, "memblock: a small hash table that is not early");
		return entries >> shift ? entries : 1ULL << shift;
	}
	return entries * bucket_size < mb->page_size ? mb->page_size / bucket_size : entries;
}

static void *alloc_table(struct mb *mb, uint64_t size, unsigned flags)
{
	void *table = NULL;

	if (flags & MB_HASH_EARLY)
		return flags & MB_HASH_ZERO ? mb_alloc(mb, size, mb->machine.cache_line) :
					      mb_alloc_raw(mb, size, mb->machine.cache_line);
	if (!mb->hooks.slab_alloc ||
	    !mb->hooks.slab_alloc(mb->hooks.ctx, size, MB_NUMA_NO_NODE, &table))
		return NULL;
	if (table && (flags & MB_HASH_ZERO) && mb->zeroing)
		mb_memset(table, 0, size);
	return table;
}

void *mb_alloc_large_system_hash(struct mb *mb, const char *name, uint64_t bucket_size,
				 uint64_t entries, unsigned scale, unsigned flags, unsigned *shift,
				 unsigned *mask, uint64_t low_limit, uint64_t high_limit)
{
	const uint64_t most = 1ULL << 31;
	uint64_t limit = high_limit, size;
	bool spread = mb_hashdist_default(mb);
	unsigned order, page_order;
	void *table;

	if (!entries)
		entries = entries_for(mb, bucket_size, scale, flags, shift ? *shift : 0,
				      mb->machine.addr_bits == 64 && !high_limit);
	entries = power_of_two_above(entries);
	if (!limit)
		limit = memory_pages(mb, UINT64_MAX) * mb->page_size / 16 / bucket_size;
	if (limit > most)
		limit = most;
	if (entries < low_limit)
		entries = low_limit;
	if (entries > limit)
		entries = limit;
	order = entries ? log2_of(entries) : 0;

	for (;;) {
		size = bucket_size << order;
		table = alloc_table(mb, size, flags);
		if (table || size <= mb->page_size || order <= 1)
			break;
		order--;
	}
	if (!table)
		mb_bug(mb, "Failed to allocate %s hash table", name);
	page_order = page_order_of(mb, size);
	spread = spread || page_order > mb->machine.max_page_order;
	mb_log(mb, MB_INFO, "%s hash table entries: %llu (order: %u, %llu bytes, %s)", name,
	       1ULL << order, page_order, (unsigned long long)size,
	       !(flags & MB_HASH_EARLY) && spread ? "vmalloc" : "linear");
	if (shift)
		*shift = order;
	if (mask)
		*mask = (unsigned)((1ULL << order) - 1);
	return table;
}

bool mb_hashdist_default(const struct mb *mb)
{
	return mb->machine.addr_bits == 64 && !mb->machine.no_numa;
}
