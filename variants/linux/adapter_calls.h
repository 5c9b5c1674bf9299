/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adapter_calls.h - the public calls of struct mb_whole by the kernel's own. Part of adapter.c.
 *
 * A call is a row of operations.def. Most of them only enter and call: those functions come from the rows,
 * as the table does. A row MB_CALL_OWN has its function here, by the same name.
 */

/* ---- what this kernel has ---------------------------------------------------------------------- */

/* By configuration; MBL_HAS_<name>, by its text, is in tree_features.h. */
#define MBL_WITH_ANY 1
#ifdef CONFIG_NUMA
#define MBL_WITH_NUMA 1
#else
#define MBL_WITH_NUMA 0
#endif
#ifdef CONFIG_HAVE_MEMBLOCK_PHYS_MAP
#define MBL_WITH_PHYSMEM 1
#else
#define MBL_WITH_PHYSMEM 0
#endif
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
#define MBL_WITH_DEFERRED 1
#else
#define MBL_WITH_DEFERRED 0
#endif

/* MACRO_11 for a call that it has, MACRO_10, MACRO_01 or MACRO_00 for others. */
#define MBL_PICK(macro, has, with) MBL_PICK_(macro, has, with)
#define MBL_PICK_(macro, has, with) macro##_##has##with

/* ---- calls that are the kernel's with the same arguments --------------------------------------- */

#define MBL_WITHOUT_MB(mb, ...) __VA_ARGS__

#define MBL_DEFINE_11(name, kernel, type, params, args)                                            \
	static type mbl_call_##name params                                                         \
	{                                                                                          \
		mbl_enter((struct mb *)(uintptr_t)mb);                                             \
		return kernel(MBL_WITHOUT_MB args);                                                \
	}
#define MBL_DEFINE_10(name, kernel, type, params, args)
#define MBL_DEFINE_01(name, kernel, type, params, args)
#define MBL_DEFINE_00(name, kernel, type, params, args)

#define MB_CALL(name, kernel, type, params, args, where, remarks)                                  \
	MBL_PICK(MBL_DEFINE, MBL_HAS_##name, MBL_WITH_##where)(name, kernel, type, params, args)
#define MB_CALL_OWN(name, ...)
#include <memblock/operations.def>

/* ---- truncating, attributes -------------------------------------------------------------------- */

static void mbl_call_trim_memory(struct mb *mb, uint64_t align)
{
	mbl_trim(mb, NULL, align);
}

static void mbl_call_cap_memory_range(struct mb *mb, uint64_t base, uint64_t size)
{
	mbl_enter(mb);
	mb->c[MB_MEMORY].untidy = true;
	memblock_cap_memory_range(base, size);
}

static void mbl_call_mem_limit_remove_map(struct mb *mb, uint64_t limit)
{
	mbl_enter(mb);
	mb->c[MB_MEMORY].untidy = true;
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
#if MBL_HAS_reserved_mark_noinit
	case MB_RSRV_NOINIT:
		if (set)
			return memblock_reserved_mark_noinit(base, size);
		break;
#endif
#if MBL_HAS_reserved_mark_kern
	case MB_RSRV_KERN:
		if (set)
			return memblock_reserved_mark_kern(base, size);
		break;
#endif
#if MBL_HAS_mark_kho_scratch
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

/* ---- queries ----------------------------------------------------------------------------------- */

/* Undefined in an empty collection: the kernel reads before its array. */
static uint64_t mbl_call_end_of_DRAM(struct mb *mb)
{
	mbl_enter(mb);
	return memblock.memory.cnt ? memblock_end_of_DRAM() : 0;
}

static bool mbl_call_overlaps_region(struct mb *mb, enum mb_which which, uint64_t base,
				     uint64_t size)
{
	mbl_enter(mb);
	return memblock_overlaps_region(mbl_type(which), base, size);
}

/* Arithmetic: it does not matter whose the data is. */
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
#else
#define mbl_call_region_pfn NULL
#endif

#ifdef CONFIG_NUMA
static int mbl_call_search_pfn_nid(struct mb *mb, uint64_t pfn, uint64_t *start_pfn,
				   uint64_t *end_pfn)
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

/* The iterator's cursor is the kernel's: an index, -1 before the first step. */
static bool mbl_call_next_pfn_range(struct mb_iter *it, int nid, struct mb_range *out)
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

#if MBL_HAS_next_free_pfn_in_zone && MBL_WITH_DEFERRED
/* An index of 64 bits, 0 before the first step. The node and flags are those of the region. */
static bool mbl_call_next_free_pfn_in_zone(struct mb_iter *it, uint64_t zone_start_pfn,
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
	r = mbl_region_of(&memblock.memory, (uint32_t)index, 0, (phys_addr_t)end << PAGE_SHIFT,
			  false);
	*out = (struct mb_range){ first, end, memblock_get_region_node(r), r->flags };
	return true;
}
#endif

/* ---- hand-over --------------------------------------------------------------------------------- */

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

#if MBL_HAS_reserve_mem
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

static int mbl_call_reserve_mem_find_by_name(struct mb *mb, const char *name, uint64_t *start,
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

#if MBL_HAS_reserve_mem_release_by_name
static int mbl_call_reserve_mem_release_by_name(struct mb *mb, const char *name)
{
	int rc;

	mbl_enter(mb);
	rc = reserve_mem_release_by_name(name);
	mbl_tell_named(mb);
	return rc;
}
#endif

/* ---- the table --------------------------------------------------------------------------------- */

#define MBL_ENTRY_11(name) mbl_call_##name
#define MBL_ENTRY_10(name) NULL
#define MBL_ENTRY_01(name) NULL
#define MBL_ENTRY_00(name) NULL

static const struct mb_whole mbl_whole = {
#define MB_CALL(name, kernel, type, params, args, where, remarks)                                  \
	.name = MBL_PICK(MBL_ENTRY, MBL_HAS_##name, MBL_WITH_##where)(name),
#include <memblock/operations.def>
	.mark = mbl_call_mark,
	.region_pfn = mbl_call_region_pfn,
	.settings = mbl_settings,
	.refresh = mbl_refresh,
	.state_bytes = mbl_state_bytes,
	.save = mbl_save,
	.restore = mbl_restore,
	.leave = mbl_leave,
};
