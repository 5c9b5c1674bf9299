/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_calls.c - the functions of kernel.h: load the view, call the library, store the view.
 *
 * What changes something is wrapped in STORED(); a query only loads. kernel_late.c has the calls
 * that belong to hand-over and later.
 */
#define CONFIG_NUMA /* the view with nid, which is padding for programs without */
#define MEMBLOCK_KERNEL_IMPLEMENTATION
#include <memblock/kernel.h>
#include <memblock/variant.h>

/* The value of @call, which memblock_load() precedes and memblock_store() follows. */
#define STORED(call)                                                                               \
	({                                                                                         \
		struct mb *mb = memblock_load();                                                   \
		__typeof__(call) result_ = (call);                                                 \
                                                                                                   \
		memblock_store();                                                                  \
		result_;                                                                           \
	})

#define STORED_VOID(call)                                                                          \
	do {                                                                                       \
		struct mb *mb = memblock_load();                                                   \
                                                                                                   \
		call;                                                                              \
		memblock_store();                                                                  \
	} while (0)

/* Which collection a program means; MB_COLLECTIONS: one of its own. */
static enum mb_which which_of(const struct memblock_type *type)
{
	if (type == &memblock.memory)
		return MB_MEMORY;
	if (type == &memblock.reserved)
		return MB_RESERVED;
	return type == &physmem ? MB_PHYSMEM : MB_COLLECTIONS;
}

/* ---- collections ------------------------------------------------------------------------------- */

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_add(mb, base, size));
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags)
{
	return STORED(mb_add_node(mb, base, size, nid, flags));
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_remove(mb, base, size));
}

int memblock_physmem_add(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_physmem_add(mb, base, size));
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_reserve(mb, base, size));
}

int __memblock_reserve(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags)
{
	return STORED(mb_reserve_node(mb, base, size, nid, flags));
}

int memblock_reserve_kern(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_reserve_kern(mb, base, size));
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_phys_free(mb, base, size));
}

void memblock_free(void *ptr, size_t size)
{
	STORED_VOID(mb_free(mb, ptr, size));
}

void memblock_allow_resize(void)
{
	STORED_VOID(mb_allow_resize(mb));
}

void memblock_trim_memory(phys_addr_t align)
{
	STORED_VOID(mb_trim_memory(mb, align));
}

void memblock_enforce_memory_limit(phys_addr_t limit)
{
	STORED_VOID(mb_enforce_memory_limit(mb, limit));
}

void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size)
{
	STORED_VOID(mb_cap_memory_range(mb, base, size));
}

void memblock_mem_limit_remove_map(phys_addr_t limit)
{
	STORED_VOID(mb_mem_limit_remove_map(mb, limit));
}

/* ---- attributes and nodes ---------------------------------------------------------------------- */

int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_mark_hotplug(mb, base, size));
}

int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_clear_hotplug(mb, base, size));
}

int memblock_mark_mirror(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_mark_mirror(mb, base, size));
}

int memblock_mark_nomap(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_mark_nomap(mb, base, size));
}

int memblock_clear_nomap(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_clear_nomap(mb, base, size));
}

int memblock_reserved_mark_noinit(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_reserved_mark_noinit(mb, base, size));
}

int memblock_reserved_mark_kern(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_reserved_mark_kern(mb, base, size));
}

int memblock_mark_kho_scratch(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_mark_kho_scratch(mb, base, size));
}

int memblock_clear_kho_scratch(phys_addr_t base, phys_addr_t size)
{
	return STORED(mb_clear_kho_scratch(mb, base, size));
}

void memblock_set_kho_scratch_only(void)
{
	STORED_VOID(mb_set_kho_scratch_only(mb));
}

void memblock_clear_kho_scratch_only(void)
{
	STORED_VOID(mb_clear_kho_scratch_only(mb));
}

bool memblock_has_mirror(void)
{
	return mb_has_mirror(memblock_load());
}

int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid)
{
	enum mb_which which = which_of(type);

	if (which == MB_COLLECTIONS)
		mb_bug(memblock_load(), "memblock_set_node: not memory, reserved or physmem");
	return STORED(mb_set_node(mb, base, size, which, nid));
}

bool memblock_validate_numa_coverage(unsigned long threshold_bytes)
{
	return mb_validate_numa_coverage(memblock_load(), threshold_bytes);
}

/* ---- allocation -------------------------------------------------------------------------------- */

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid)
{
	return STORED(mb_alloc_range_nid(mb, size, align, start, end, nid, exact_nid));
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end)
{
	return STORED(mb_phys_alloc_range(mb, size, align, start, end));
}

phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid)
{
	return STORED(mb_phys_alloc_try_nid(mb, size, align, nid));
}

void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid)
{
	return STORED(mb_alloc_try_nid(mb, size, align, min_addr, max_addr, nid));
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid)
{
	return STORED(mb_alloc_try_nid_raw(mb, size, align, min_addr, max_addr, nid));
}

void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid)
{
	return STORED(mb_alloc_exact_nid_raw(mb, size, align, min_addr, max_addr, nid));
}

void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

phys_addr_t memblock_get_current_limit(void)
{
	return memblock.current_limit;
}

/* ---- queries ----------------------------------------------------------------------------------- */

phys_addr_t memblock_phys_mem_size(void)
{
	return mb_phys_mem_size(memblock_load());
}

phys_addr_t memblock_reserved_size(void)
{
	return mb_reserved_size(memblock_load());
}

phys_addr_t memblock_reserved_kern_size(phys_addr_t limit, int nid)
{
	return mb_reserved_kern_size(memblock_load(), limit, nid);
}

phys_addr_t memblock_reserved_hugetlb_size(phys_addr_t limit, int nid)
{
	return mb_reserved_hugetlb_size(memblock_load(), limit, nid);
}

unsigned long memblock_estimated_nr_free_pages(void)
{
	return mb_estimated_nr_free_pages(memblock_load());
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return mb_start_of_DRAM(memblock_load());
}

phys_addr_t memblock_end_of_DRAM(void)
{
	return mb_end_of_DRAM(memblock_load());
}

bool memblock_is_memory(phys_addr_t addr)
{
	return mb_is_memory(memblock_load(), addr);
}

bool memblock_is_map_memory(phys_addr_t addr)
{
	return mb_is_map_memory(memblock_load(), addr);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return mb_is_reserved(memblock_load(), addr);
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	return mb_is_region_memory(memblock_load(), base, size);
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return mb_is_region_reserved(memblock_load(), base, size);
}

bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	enum mb_which which = which_of(type);

	if (which != MB_COLLECTIONS)
		return mb_overlaps_region(memblock_load(), which, base, size);
	if (size > PHYS_ADDR_MAX - base)
		size = PHYS_ADDR_MAX - base;
	for (unsigned long i = 0; i < type->cnt; i++)
		if (memblock_addrs_overlap(base, size, type->regions[i].base,
					   type->regions[i].size))
			return true;
	return false;
}

unsigned long memblock_addrs_overlap(phys_addr_t base1, phys_addr_t size1, phys_addr_t base2,
				     phys_addr_t size2)
{
	return mb_addrs_overlap(memblock_instance(), base1, size1, base2, size2);
}

int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn)
{
	uint64_t start = 0, end = UINT64_MAX; /* no region ends there: nothing was found */
	int nid = mb_search_pfn_nid(memblock_load(), pfn, &start, &end);

	if (end != UINT64_MAX) {
		*start_pfn = start;
		*end_pfn = end;
	}
	return nid;
}

void memblock_dump_all(void)
{
	mb_dump_all(memblock_load());
}
