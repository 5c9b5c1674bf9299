/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adapter_calls.h - the public calls of struct mb_whole by the kernel's own. Part of adapter.c. */

static int mbl_call_add(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_add(base, size);
}

static int mbl_call_add_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	mbl_enter(mb);
	return memblock_add_node(base, size, nid, flags);
}

static int mbl_call_remove(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_remove(base, size);
}

static int mbl_call_reserve(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_reserve(base, size);
}

static int mbl_call_phys_free(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_phys_free(base, size);
}

static void mbl_call_free(struct mb *mb, void *ptr, uint64_t size)
{
	mbl_enter(mb);
	memblock_free(ptr, size);
}

#if MBL_ALLOC_SETS_RSRV_KERN
static int mbl_call_reserve_kern(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_reserve_kern(base, size);
}
#endif

#ifdef CONFIG_HAVE_MEMBLOCK_PHYS_MAP
static int mbl_call_physmem_add(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_physmem_add(base, size);
}
#endif

#if MBL_HAS_RESERVE_NODE
static int mbl_call_reserve_node(struct mb *mb, uint64_t base, uint64_t size, int nid,
				 uint32_t flags)
{
	mbl_enter(mb);
	return __memblock_reserve(base, size, nid, flags);
}
#endif

#if MBL_HAS_FREE_LATE
static void mbl_call_free_late(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	memblock_free_late(base, size);
}
#endif

/* ---- truncating, attributes -------------------------------------------------------------------- */

static void mbl_call_trim(struct mb *mb, uint64_t align)
{
	mbl_trim(mb, NULL, align);
}

static void mbl_call_enforce(struct mb *mb, uint64_t limit)
{
	mbl_enter(mb);
	memblock_enforce_memory_limit(limit);
}

static void mbl_call_cap(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	mb->untidy = true;
	memblock_cap_memory_range(base, size);
}

static void mbl_call_remove_map(struct mb *mb, uint64_t limit)
{
	mbl_enter(mb);
	mb->untidy = true;
	memblock_mem_limit_remove_map(limit);
}

static int mbl_call_mark(struct mb *mb, uint64_t base, uint64_t size, uint32_t flag, bool set)
{
	mbl_enter(mb);
	switch (flag) {
	case MB_HOTPLUG:
		return (set ? memblock_mark_hotplug : memblock_clear_hotplug)(base, size);
	case MB_NOMAP:
		return (set ? memblock_mark_nomap : memblock_clear_nomap)(base, size);
	case MB_MIRROR:
		if (set)
			return memblock_mark_mirror(base, size);
		break;
#if MBL_HAS_NOINIT
	case MB_RSRV_NOINIT:
		if (set)
			return memblock_reserved_mark_noinit(base, size);
		break;
#endif
#if MBL_HAS_MARK_KERN
	case MB_RSRV_KERN:
		if (set)
			return memblock_reserved_mark_kern(base, size);
		break;
#endif
#if MBL_HAS_KHO_SCRATCH
	case MB_KHO_SCRATCH:
		return (set ? memblock_mark_kho_scratch : memblock_clear_kho_scratch)(base, size);
#endif
	}
	/* This kernel has no function for it. */
	return mbl_change_flags(
		mb, &mb->c[flag & (MB_RSRV_NOINIT | MB_RSRV_KERN) ? MB_RESERVED : MB_MEMORY], base,
		size, set ? flag : 0, set ? 0 : flag);
}

static int mbl_call_set_node(struct mb *mb, uint64_t base, uint64_t size, enum mb_which which,
			     int nid)
{
	mbl_enter(mb);
	return memblock_set_node(base, size, mbl_type(which), nid);
}

/* ---- allocation -------------------------------------------------------------------------------- */

static uint64_t mbl_call_phys_alloc_range(struct mb *mb, uint64_t size, uint64_t align,
					  uint64_t start, uint64_t end)
{
	mbl_enter(mb);
	return memblock_phys_alloc_range(size, align, start, end);
}

static uint64_t mbl_call_phys_alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align, int nid)
{
	mbl_enter(mb);
	return memblock_phys_alloc_try_nid(size, align, nid);
}

static uint64_t mbl_call_phys_alloc(struct mb *mb, uint64_t size, uint64_t align)
{
	mbl_enter(mb);
	return memblock_phys_alloc(size, align);
}

static void *mbl_call_alloc(struct mb *mb, uint64_t size, uint64_t align)
{
	mbl_enter(mb);
	return memblock_alloc(size, align);
}

static void *mbl_call_alloc_raw(struct mb *mb, uint64_t size, uint64_t align)
{
	mbl_enter(mb);
	return memblock_alloc_raw(size, align);
}

static void *mbl_call_alloc_from(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr)
{
	mbl_enter(mb);
	return memblock_alloc_from(size, align, min_addr);
}

static void *mbl_call_alloc_low(struct mb *mb, uint64_t size, uint64_t align)
{
	mbl_enter(mb);
	return memblock_alloc_low(size, align);
}

static void *mbl_call_alloc_node(struct mb *mb, uint64_t size, uint64_t align, int nid)
{
	mbl_enter(mb);
	return memblock_alloc_node(size, align, nid);
}

#if MBL_HAS_OR_PANIC
static void *mbl_call_alloc_or_panic(struct mb *mb, uint64_t size, uint64_t align,
				     const char *function)
{
	mbl_enter(mb);
	return __memblock_alloc_or_panic(size, align, function);
}
#endif

static void *mbl_call_alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
				    uint64_t max_addr, int nid)
{
	mbl_enter(mb);
	return memblock_alloc_try_nid(size, align, min_addr, max_addr, nid);
}

static void *mbl_call_alloc_try_nid_raw(struct mb *mb, uint64_t size, uint64_t align,
					uint64_t min_addr, uint64_t max_addr, int nid)
{
	mbl_enter(mb);
	return memblock_alloc_try_nid_raw(size, align, min_addr, max_addr, nid);
}

static void *mbl_call_alloc_exact(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
				  uint64_t max_addr, int nid)
{
	mbl_enter(mb);
	return memblock_alloc_exact_nid_raw(size, align, min_addr, max_addr, nid);
}

#if MBL_HAS_HUGETLB
static void *mbl_call_alloc_hugetlb(struct mb *mb, uint64_t size, int nid, bool exact_nid)
{
	mbl_enter(mb);
	return memblock_alloc_hugetlb(size, nid, exact_nid);
}
#endif

/* ---- queries ----------------------------------------------------------------------------------- */

#if MBL_HAS_ESTIMATE
static uint64_t mbl_call_estimate(struct mb *mb)
{
	mbl_enter(mb);
	return memblock_estimated_nr_free_pages();
}
#endif

#if MBL_HAS_KERN_SIZE
static uint64_t mbl_call_kern_size(struct mb *mb, uint64_t limit, int nid)
{
	mbl_enter(mb);
	return memblock_reserved_kern_size(limit, nid);
}
#endif

#if MBL_HAS_HUGETLB
static uint64_t mbl_call_hugetlb_size(struct mb *mb, uint64_t limit, int nid)
{
	mbl_enter(mb);
	return memblock_reserved_hugetlb_size(limit, nid);
}
#endif

static uint64_t mbl_call_start(struct mb *mb)
{
	mbl_enter(mb);
	return memblock_start_of_DRAM();
}

/* Undefined in an empty collection: the kernel reads before its array. */
static uint64_t mbl_call_end(struct mb *mb)
{
	mbl_enter(mb);
	return memblock.memory.cnt ? memblock_end_of_DRAM() : 0;
}

static bool mbl_call_is_memory(struct mb *mb, uint64_t addr)
{
	mbl_enter(mb);
	return memblock_is_memory(addr);
}

static bool mbl_call_is_map_memory(struct mb *mb, uint64_t addr)
{
	mbl_enter(mb);
	return memblock_is_map_memory(addr);
}

static bool mbl_call_is_reserved(struct mb *mb, uint64_t addr)
{
	mbl_enter(mb);
	return memblock_is_reserved(addr);
}

static bool mbl_call_is_region_memory(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_is_region_memory(base, size);
}

static bool mbl_call_is_region_reserved(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_is_region_reserved(base, size);
}

static bool mbl_call_overlaps(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	return memblock_overlaps_region(mbl_type(which), base, size);
}

static bool mbl_call_addrs_overlap(const struct mb *mb, uint64_t base1, uint64_t size1,
				   uint64_t base2, uint64_t size2)
{
	(void)mb;
	return memblock_addrs_overlap(base1, size1, base2, size2);
}

/* Inline in the tree's header, which has the page size of the tools' own headers. */
#if MBL_PAGE_SHIFT == 12
static uint64_t mbl_call_region_pfn(const struct mb *mb, const struct mb_region *r,
				    enum mb_which which, bool end)
{
	const struct memblock_region region = { .base = r->base, .size = r->size };

	(void)mb;
	if (which == MB_MEMORY)
		return (end ? memblock_region_memory_end_pfn :
			      memblock_region_memory_base_pfn)(&region);
	return (end ? memblock_region_reserved_end_pfn :
		      memblock_region_reserved_base_pfn)(&region);
}
#endif

#ifdef CONFIG_NUMA
static int mbl_call_search_pfn(struct mb *mb, uint64_t pfn, uint64_t *start_pfn, uint64_t *end_pfn)
{
	unsigned long first = *start_pfn, end = *end_pfn; /* kept where nothing is found */
	int nid;

	mbl_enter(mb);
	nid = memblock_search_pfn_nid(pfn, &first, &end);
	*start_pfn = first;
	*end_pfn = end;
	return nid;
}
#endif

#if MBL_HAS_COVERAGE
static bool mbl_call_coverage(struct mb *mb, uint64_t threshold_bytes)
{
	mbl_enter(mb);
	return memblock_validate_numa_coverage(threshold_bytes);
}
#endif

/* The iterator's cursor is the kernel's: an index, -1 before the first step. */
static bool mbl_call_next_pfn(struct mb_iter *it, int nid, struct mb_range *out)
{
	int index = it->placed ? (int)it->cursor[0] : -1, node = 0;
	unsigned long first, end;

	if (it->done)
		return false;
	mbl_enter(it->mb);
	__next_mem_pfn_range(&index, nid, &first, &end, &node);
	it->cursor[0] = (uint32_t)index;
	it->placed = true;
	it->done = index < 0;
	if (!it->done)
		*out = (struct mb_range){ first, end, node, memblock.memory.regions[index].flags };
	return !it->done;
}

#if MBL_HAS_ZONE_WALK
/* An index of 64 bits, 0 before the first step. The node and flags are those of the region. */
static bool mbl_call_next_in_zone(struct mb_iter *it, uint64_t zone_start_pfn,
				  uint64_t zone_end_pfn, struct mb_range *out)
{
	struct mbl_zone zone = { .zone_start_pfn = zone_start_pfn,
				 .end_pfn = zone_end_pfn,
				 .nid = it->nid };
	u64 index = it->placed ? (u64)it->cursor[1] << 32 | it->cursor[0] : 0;
	const struct memblock_region *r;
	unsigned long first, end;

	if (it->done)
		return false;
	mbl_enter(it->mb);
	__next_mem_pfn_range_in_zone(&index, &zone, &first, &end);
	it->cursor[0] = (uint32_t)index;
	it->cursor[1] = (uint32_t)(index >> 32);
	it->placed = true;
	it->done = index == ~0ULL;
	if (it->done)
		return false;
	r = mbl_region_at(&memblock.memory, (uint32_t)index, (phys_addr_t)first << PAGE_SHIFT);
	*out = (struct mb_range){ first, end, r ? memblock_get_region_node(r) : NUMA_NO_NODE,
				  r ? r->flags : 0 };
	return true;
}
#endif

static void mbl_call_dump(struct mb *mb)
{
	mbl_enter(mb);
	memblock_dump_all();
}

/* ---- hand-over --------------------------------------------------------------------------------- */

static void mbl_call_reset_all(struct mb *mb)
{
	mbl_enter(mb);
	reset_all_zones_managed_pages();
}

#if MBL_HAS_FREE_AREA
static uint64_t mbl_call_free_area(struct mb *mb, void *start, void *end, int poison,
				   const char *name)
{
	mbl_enter(mb);
	return free_reserved_area(start, end, poison, name);
}
#endif

static uint64_t mbl_call_free_all(struct mb *mb)
{
	mbl_enter(mb);
	mbl.pages = 0;
	memblock_free_all();
	mb->scratch_only = false;
	return mbl.pages;
}

static void mbl_call_discard(struct mb *mb)
{
	mbl_enter(mb);
	memblock_discard();
#ifndef CONFIG_ARCH_KEEP_MEMBLOCK
	mb->discarded = true;
#endif
}

#if MBL_HAS_RESERVE_MEM
/* The table is the kernel's; the library reports it (mb_debugfs_reserve_mem()). */
static void mbl_tell_named(struct mb *mb)
{
	mb->named_count = (uint32_t)reserved_mem_count;
	for (int i = 0; i < reserved_mem_count; i++) {
		const struct reserve_mem_table *from = &reserved_mem_table[i];

		mb->named[i].base = from->start;
		mb->named[i].size = from->size;
		memcpy(mb->named[i].name, from->name, sizeof(mb->named[i].name));
	}
}

static int mbl_call_reserve_mem(struct mb *mb, const char *text)
{
	char copy[256];
	int rc;

	mbl_enter(mb);
	if (text)
		snprintf(copy, sizeof(copy), "%s", text);
	rc = reserve_mem(text ? copy : NULL);
	mbl_tell_named(mb);
	return rc;
}

static int mbl_call_reserve_mem_find(struct mb *mb, const char *name, uint64_t *start,
				     uint64_t *size)
{
	phys_addr_t base, bytes;

	mbl_enter(mb);
	if (!reserve_mem_find_by_name(name, &base, &bytes))
		return 0;
	*start = base;
	*size = bytes;
	return 1;
}
#endif

#if MBL_HAS_RELEASE_MEM
static int mbl_call_reserve_mem_release(struct mb *mb, const char *name)
{
	int rc;

	mbl_enter(mb);
	rc = reserve_mem_release_by_name(name);
	mbl_tell_named(mb);
	return rc;
}
#endif

static const struct mb_whole mbl_whole = {
	.add = mbl_call_add,
	.add_node = mbl_call_add_node,
	.remove = mbl_call_remove,
#ifdef CONFIG_HAVE_MEMBLOCK_PHYS_MAP
	.physmem_add = mbl_call_physmem_add,
#endif
	.reserve = mbl_call_reserve,
#if MBL_HAS_RESERVE_NODE
	.reserve_node = mbl_call_reserve_node,
#endif
#if MBL_ALLOC_SETS_RSRV_KERN
	.reserve_kern = mbl_call_reserve_kern,
#endif
	.phys_free = mbl_call_phys_free,
	.free = mbl_call_free,
#if MBL_HAS_FREE_LATE
	.free_late = mbl_call_free_late,
#endif
	.trim_memory = mbl_call_trim,
	.enforce_memory_limit = mbl_call_enforce,
	.cap_memory_range = mbl_call_cap,
	.mem_limit_remove_map = mbl_call_remove_map,
	.mark = mbl_call_mark,
	.set_node = mbl_call_set_node,
	.alloc_range_nid = mbl_alloc_range,
	.phys_alloc_range = mbl_call_phys_alloc_range,
	.phys_alloc = mbl_call_phys_alloc,
	.phys_alloc_try_nid = mbl_call_phys_alloc_try_nid,
	.alloc_try_nid = mbl_call_alloc_try_nid,
	.alloc_try_nid_raw = mbl_call_alloc_try_nid_raw,
	.alloc_exact_nid_raw = mbl_call_alloc_exact,
	.alloc = mbl_call_alloc,
	.alloc_raw = mbl_call_alloc_raw,
	.alloc_from = mbl_call_alloc_from,
	.alloc_low = mbl_call_alloc_low,
	.alloc_node = mbl_call_alloc_node,
#if MBL_HAS_OR_PANIC
	.alloc_or_panic = mbl_call_alloc_or_panic,
#endif
#if MBL_HAS_HUGETLB
	.alloc_hugetlb = mbl_call_alloc_hugetlb,
	.reserved_hugetlb_size = mbl_call_hugetlb_size,
#endif
#if MBL_HAS_ESTIMATE
	.estimated_nr_free_pages = mbl_call_estimate,
#endif
#if MBL_HAS_KERN_SIZE
	.reserved_kern_size = mbl_call_kern_size,
#endif
	.start_of_DRAM = mbl_call_start,
	.end_of_DRAM = mbl_call_end,
	.is_memory = mbl_call_is_memory,
	.is_map_memory = mbl_call_is_map_memory,
	.is_reserved = mbl_call_is_reserved,
	.is_region_memory = mbl_call_is_region_memory,
	.is_region_reserved = mbl_call_is_region_reserved,
	.overlaps_region = mbl_call_overlaps,
	.addrs_overlap = mbl_call_addrs_overlap,
#if MBL_PAGE_SHIFT == 12
	.region_pfn = mbl_call_region_pfn,
#endif
#ifdef CONFIG_NUMA
	.search_pfn_nid = mbl_call_search_pfn,
#endif
#if MBL_HAS_COVERAGE
	.validate_numa_coverage = mbl_call_coverage,
#endif
	.next_pfn_range = mbl_call_next_pfn,
#if MBL_HAS_ZONE_WALK
	.next_free_pfn_in_zone = mbl_call_next_in_zone,
#endif
	.dump_all = mbl_call_dump,
	.reset_all_zones_managed_pages = mbl_call_reset_all,
	.free_all = mbl_call_free_all,
#if MBL_HAS_FREE_AREA
	.free_reserved_area = mbl_call_free_area,
#endif
	.discard = mbl_call_discard,
#if MBL_HAS_RESERVE_MEM
	.reserve_mem = mbl_call_reserve_mem,
	.reserve_mem_find_by_name = mbl_call_reserve_mem_find,
#endif
#if MBL_HAS_RELEASE_MEM
	.reserve_mem_release_by_name = mbl_call_reserve_mem_release,
#endif
	.settings = mbl_settings,
	.refresh = mbl_refresh,
	.state_bytes = mbl_state_bytes,
	.save = mbl_save,
	.restore = mbl_restore,
	.leave = mbl_leave,
};
