/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.h - the kernel's own names, on one global memblock.
 *
 * Code that was written against the kernel's <linux/memblock.h> compiles against this header. There
 * is one object, `memblock`, whose fields may be read and written, as the kernel's test suite does:
 *
 *     memblock.memory.regions[0..cnt-1]      sorted ranges, as the kernel keeps them
 *
 * Behind it is an instance of memblock/memblock.h with any variant as its store. The object is a
 * *flat view* of it: each call below loads the store from the view, works, and stores the result
 * back. What a caller wrote therefore counts, whatever the variant: a cleared collection, a changed
 * limit, a pointer to the regions put back to what it was. The cost is two copies per call: this is
 * a bridge for tests and experiments, not for measuring.
 *
 *     memblock --load--> store of the variant --operation--> store of the variant --store--> memblock
 *
 * Which variant and which kernel's behaviour is chosen at run time: memblock_use(), or the
 * environment (MEMBLOCK_VARIANT, MEMBLOCK_PROFILE, MEMBLOCK_METADATA=self|host, MEMBLOCK_DEBUG=1),
 * read before main(). Default: array with profile 6.12.
 *
 * How the machine is configured is decided where this header is included, as in a kernel:
 * CONFIG_NUMA (regions have a node only then), CONFIG_NODES_SHIFT, CONFIG_HAVE_MEMBLOCK_PHYS_MAP,
 * CONFIG_ARCH_KEEP_MEMBLOCK, CONFIG_HIGHMEM, SMP_CACHE_BYTES, CONFIG_PAGE_SHIFT,
 * INIT_MEMBLOCK_MEMORY_REGIONS and INIT_MEMBLOCK_RESERVED_REGIONS; MEMBLOCK_PHYS_ADDR_T_32BIT.
 * All files of a program must agree.
 *
 * Physical and virtual addresses are the same. So memory that is zeroed, or that metadata grows
 * into, must be memory of this process; ranges that are only added and reserved need not exist.
 *
 * Functions behave as memblock/memblock.h says of their mb_ namesakes; where a kernel differs the
 * profile decides, and every function exists in every profile. BUG and panic print and abort, WARNs
 * and messages go to stderr, unless memblock_use_machine() was given other hooks. One thread at a
 * time.
 */
#ifndef MEMBLOCK_KERNEL_H
#define MEMBLOCK_KERNEL_H

#include <limits.h>

#include <memblock/memblock.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t u64;
/* A program with addresses of 32 bits is linked with src/kernel_h/ compiled so, too. */
#ifdef MEMBLOCK_PHYS_ADDR_T_32BIT
typedef uint32_t phys_addr_t;
#else
typedef uint64_t phys_addr_t;
#endif
struct seq_file;

/* ---- configuration ----------------------------------------------------------------------------- */

#ifndef MAX_NUMNODES
#if defined(CONFIG_NUMA) && defined(CONFIG_NODES_SHIFT)
#define MAX_NUMNODES (1 << CONFIG_NODES_SHIFT)
#elif defined(CONFIG_NUMA)
#define MAX_NUMNODES 1024
#else
#define MAX_NUMNODES 1
#endif
#endif
#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE (-1)
#endif
#ifndef PHYS_ADDR_MAX
#define PHYS_ADDR_MAX (~(phys_addr_t)0)
#endif
#ifndef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES 64
#endif
#ifndef CONFIG_PAGE_SHIFT
#define CONFIG_PAGE_SHIFT 12
#endif
#ifndef INIT_MEMBLOCK_REGIONS
#define INIT_MEMBLOCK_REGIONS 128
#endif
#ifndef INIT_MEMBLOCK_MEMORY_REGIONS
#define INIT_MEMBLOCK_MEMORY_REGIONS INIT_MEMBLOCK_REGIONS
#endif
#ifndef INIT_MEMBLOCK_RESERVED_REGIONS
#define INIT_MEMBLOCK_RESERVED_REGIONS INIT_MEMBLOCK_REGIONS
#endif
#ifndef INIT_PHYSMEM_REGIONS
#define INIT_PHYSMEM_REGIONS 4
#endif

/* What the including file chose, for the library. The linker keeps one of them. */
struct memblock_config {
	bool numa, physmem, keep_memblock, highmem;
	unsigned max_numnodes, cache_line, page_shift;
	unsigned memory_regions, reserved_regions, physmem_regions;
};

#ifndef MEMBLOCK_KERNEL_IMPLEMENTATION
#ifdef CONFIG_NUMA
#define MEMBLOCK_CONFIG_NUMA true
#else
#define MEMBLOCK_CONFIG_NUMA false
#endif
#ifdef CONFIG_HAVE_MEMBLOCK_PHYS_MAP
#define MEMBLOCK_CONFIG_PHYSMEM true
#else
#define MEMBLOCK_CONFIG_PHYSMEM false
#endif
#ifdef CONFIG_ARCH_KEEP_MEMBLOCK
#define MEMBLOCK_CONFIG_KEEP true
#else
#define MEMBLOCK_CONFIG_KEEP false
#endif
#ifdef CONFIG_HIGHMEM
#define MEMBLOCK_CONFIG_HIGHMEM true
#else
#define MEMBLOCK_CONFIG_HIGHMEM false
#endif
extern struct memblock_config memblock_config;
__attribute__((weak)) struct memblock_config memblock_config = {
	MEMBLOCK_CONFIG_NUMA,
	MEMBLOCK_CONFIG_PHYSMEM,
	MEMBLOCK_CONFIG_KEEP,
	MEMBLOCK_CONFIG_HIGHMEM,
	MAX_NUMNODES,
	SMP_CACHE_BYTES,
	CONFIG_PAGE_SHIFT,
	INIT_MEMBLOCK_MEMORY_REGIONS,
	INIT_MEMBLOCK_RESERVED_REGIONS,
	INIT_PHYSMEM_REGIONS,
};
#endif

/* ---- types, constants, data -------------------------------------------------------------------- */

enum memblock_flags {
	MEMBLOCK_NONE = MB_NONE,
	MEMBLOCK_HOTPLUG = MB_HOTPLUG,
	MEMBLOCK_MIRROR = MB_MIRROR,
	MEMBLOCK_NOMAP = MB_NOMAP,
	MEMBLOCK_DRIVER_MANAGED = MB_DRIVER_MANAGED,
	MEMBLOCK_RSRV_NOINIT = MB_RSRV_NOINIT,
	MEMBLOCK_RSRV_KERN = MB_RSRV_KERN,
	MEMBLOCK_KHO_SCRATCH = MB_KHO_SCRATCH,
	MEMBLOCK_RSRV_HUGETLB = MB_RSRV_HUGETLB,
};

/* A range, [base, base + size). As large without nid as with it. */
struct memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	enum memblock_flags flags;
#ifdef CONFIG_NUMA
	int nid;
#else
	int no_nid;
#endif
};

/* A collection. `regions` is sorted; slots from cnt on hold leftovers. */
struct memblock_type {
	unsigned long
		cnt; /* regions in use; empty: 0, in profile 6.1 a dummy of size 0 is counted */
	unsigned long max; /* slots */
	phys_addr_t total_size;
	struct memblock_region *regions;
	char *name;
};

struct memblock {
	bool bottom_up; /* direction of searches */
	phys_addr_t current_limit;
	struct memblock_type memory;
	struct memblock_type reserved;
};

extern struct memblock memblock;
extern struct memblock_type physmem; /* RAM untouched by limits; CONFIG_HAVE_MEMBLOCK_PHYS_MAP */

/* Set by the program, as an architecture does. max_low_pfn cuts the hand-over; 0: it does not. */
extern unsigned long max_low_pfn, min_low_pfn, max_pfn;
extern unsigned long long max_possible_pfn;

/* From the command line of a kernel. A program may define these itself. */
extern bool movable_node_enabled; /* movable_node */
extern bool mirrored_kernelcore;  /* kernelcore=mirror */

#define MEMBLOCK_ALLOC_ANYWHERE (~(phys_addr_t)0)
#define MEMBLOCK_ALLOC_ACCESSIBLE 0
#define MEMBLOCK_ALLOC_NOLEAKTRACE 1
#define MEMBLOCK_LOW_LIMIT 0
#ifndef ARCH_LOW_ADDRESS_LIMIT
#define ARCH_LOW_ADDRESS_LIMIT 0xffffffffUL
#endif

/*
 * Flags of alloc_large_system_hash(), to be named: 6.1 has 2 for HASH_SMALL and 4 for HASH_ZERO, the
 * later kernels 2 for HASH_ZERO and no HASH_SMALL. The profile is chosen after this header was
 * compiled, so here each has a value of its own, and means the same in every profile.
 */
#define HASH_EARLY 0x1
#define HASH_ZERO 0x2
#define HASH_SMALL 0x4

#ifdef CONFIG_NUMA
#define HASHDIST_DEFAULT (sizeof(long) == 8)
extern int hashdist;
#else
#define hashdist 0
#endif

/* Section markers: what is discarded with memblock after boot. Nothing is, here. */
#define __init_memblock
#define __initdata_memblock

/* Zones and nodes, as far as memblock looks at them. */
struct zone {
	unsigned long zone_start_pfn;
	unsigned long
		spanned_pages; /* the zone is [zone_start_pfn, zone_start_pfn + spanned_pages) */
	unsigned long managed_pages;
	int node;
};

struct pglist_data {
	struct zone *node_zones;
	int nr_zones;
};

typedef struct pglist_data pg_data_t;

/* ---- choosing ---------------------------------------------------------------------------------- */

/**
 * memblock_use() - begin again with this variant: everything is empty and as before the first call.
 * @variant: NAME[:key=value...] of a store; NULL: as the environment says.
 * @profile: "6.1", "6.12", "new"; NULL: as the environment says.
 *
 * Metadata is kept in the managed memory if the variant's slots are as large as the kernel's
 * regions (it then grows at the same moments, into the same addresses), else beside it.
 *
 * Return: 0, or -errno with a line on stderr; the old state then stays.
 */
int memblock_use(const char *variant, const char *profile);

/**
 * memblock_use_machine() - the same with a machine and hooks of the caller's.
 * @machine: copied; all of it counts, also `metadata` and `profile`; NULL: as configured here.
 * @hooks:   copied; NULL: print, abort. Where zero, map, host_alloc or slab_alloc is NULL the bridge
 *           has its own.
 */
int memblock_use_machine(const char *variant, const struct mb_machine *machine,
			 const struct mb_hooks *hooks);

/* Who gets the pages of a hand-over; copied. NULL: memblock_free_pages(). */
void memblock_set_page_sink(const struct mb_page_sink *sink);

/*
 * The instance behind the view, for what the kernel has no name for: memblock_load() brings it to what
 * the view shows and returns it, memblock_store() shows what it holds.
 */
struct mb *memblock_instance(void);
struct mb *memblock_load(void);
void memblock_store(void);

/* ---- collections ------------------------------------------------------------------------------- */

int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags);
int memblock_remove(phys_addr_t base, phys_addr_t size);
int memblock_physmem_add(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
int __memblock_reserve(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags);
int memblock_reserve_kern(phys_addr_t base, phys_addr_t size);
int memblock_phys_free(phys_addr_t base, phys_addr_t size);
void memblock_free(void *ptr, size_t size);
void memblock_allow_resize(void);
void memblock_trim_memory(phys_addr_t align);
void memblock_enforce_memory_limit(phys_addr_t limit);
void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size);
void memblock_mem_limit_remove_map(phys_addr_t limit);

/* ---- attributes and nodes ---------------------------------------------------------------------- */

int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size);
int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size);
int memblock_mark_mirror(phys_addr_t base, phys_addr_t size);
int memblock_mark_nomap(phys_addr_t base, phys_addr_t size);
int memblock_clear_nomap(phys_addr_t base, phys_addr_t size);
int memblock_reserved_mark_noinit(phys_addr_t base, phys_addr_t size);
int memblock_reserved_mark_kern(phys_addr_t base, phys_addr_t size);
int memblock_mark_kho_scratch(phys_addr_t base, phys_addr_t size);
int memblock_clear_kho_scratch(phys_addr_t base, phys_addr_t size);
void memblock_set_kho_scratch_only(void);
void memblock_clear_kho_scratch_only(void);
/* Of <linux/kexec_handover.h>; a kernel finds the list in what the last one left. */
bool kho_scratch_overlap(phys_addr_t phys, size_t size);
int memblock_add_scratch_area(phys_addr_t base, phys_addr_t size);
bool memblock_has_mirror(void);
int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid);
bool memblock_validate_numa_coverage(unsigned long threshold_bytes);

static inline bool memblock_is_hotpluggable(const struct memblock_region *m)
{
	return m->flags & MEMBLOCK_HOTPLUG;
}

static inline bool memblock_is_mirror(const struct memblock_region *m)
{
	return m->flags & MEMBLOCK_MIRROR;
}

static inline bool memblock_is_nomap(const struct memblock_region *m)
{
	return m->flags & MEMBLOCK_NOMAP;
}

static inline bool memblock_is_driver_managed(const struct memblock_region *m)
{
	return m->flags & MEMBLOCK_DRIVER_MANAGED;
}

static inline bool memblock_is_reserved_noinit(const struct memblock_region *m)
{
	return m->flags & MEMBLOCK_RSRV_NOINIT;
}

static inline bool memblock_is_kho_scratch(const struct memblock_region *m)
{
	return m->flags & MEMBLOCK_KHO_SCRATCH;
}

#ifdef CONFIG_NUMA
static inline void memblock_set_region_node(struct memblock_region *r, int nid)
{
	r->nid = nid;
}

static inline int memblock_get_region_node(const struct memblock_region *r)
{
	return r->nid;
}
#else
static inline void memblock_set_region_node(struct memblock_region *r, int nid)
{
	(void)r;
	(void)nid;
}

static inline int memblock_get_region_node(const struct memblock_region *r)
{
	(void)r;
	return 0;
}
#endif

/* ---- allocation -------------------------------------------------------------------------------- */

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid);
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end);
phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid);
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid);
void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid);
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid);
void *memblock_alloc_hugetlb(phys_addr_t size, int nid, bool exact_nid);
void *__memblock_alloc_or_panic(phys_addr_t size, phys_addr_t align, const char *func);

#define memblock_alloc_or_panic(size, align) __memblock_alloc_or_panic(size, align, __func__)

static inline phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
}

static inline void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

static inline void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid_raw(size, align, MEMBLOCK_LOW_LIMIT,
					  MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

static inline void *memblock_alloc_from(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr)
{
	return memblock_alloc_try_nid(size, align, min_addr, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

static inline void *memblock_alloc_low(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, ARCH_LOW_ADDRESS_LIMIT,
				      NUMA_NO_NODE);
}

static inline void *memblock_alloc_node(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      nid);
}

static inline void memblock_set_bottom_up(bool enable)
{
	memblock.bottom_up = enable;
}

static inline bool memblock_bottom_up(void)
{
	return memblock.bottom_up;
}

void memblock_set_current_limit(phys_addr_t limit);
phys_addr_t memblock_get_current_limit(void);

/* A program that has a slab allocator defines these; the ones here say no, and use the heap. */
bool slab_is_available(void);

void *alloc_large_system_hash(const char *tablename, unsigned long bucketsize,
			      unsigned long numentries, int scale, int flags,
			      unsigned int *_hash_shift, unsigned int *_hash_mask,
			      unsigned long low_limit, unsigned long high_limit);

/* ---- queries ----------------------------------------------------------------------------------- */

phys_addr_t memblock_phys_mem_size(void);
phys_addr_t memblock_reserved_size(void);
phys_addr_t memblock_reserved_kern_size(phys_addr_t limit, int nid);
phys_addr_t memblock_reserved_hugetlb_size(phys_addr_t limit, int nid);
unsigned long memblock_estimated_nr_free_pages(void);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);
bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_map_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size);
unsigned long memblock_addrs_overlap(phys_addr_t base1, phys_addr_t size1, phys_addr_t base2,
				     phys_addr_t size2);
int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn);
void memblock_dump_all(void);

static inline unsigned long memblock_pfn_down(phys_addr_t addr)
{
	return (unsigned long)(addr >> CONFIG_PAGE_SHIFT);
}

static inline unsigned long memblock_pfn_up(phys_addr_t addr)
{
	return memblock_pfn_down(addr + ((phys_addr_t)1 << CONFIG_PAGE_SHIFT) - 1);
}

static inline unsigned long memblock_region_memory_base_pfn(const struct memblock_region *reg)
{
	return memblock_pfn_up(reg->base);
}

static inline unsigned long memblock_region_memory_end_pfn(const struct memblock_region *reg)
{
	return memblock_pfn_down(reg->base + reg->size);
}

static inline unsigned long memblock_region_reserved_base_pfn(const struct memblock_region *reg)
{
	return memblock_pfn_down(reg->base);
}

static inline unsigned long memblock_region_reserved_end_pfn(const struct memblock_region *reg)
{
	return memblock_pfn_up(reg->base + reg->size);
}

/* memtest=<n> of a command line: how many patterns early_memtest() tries. A program may define it.
 * What is tested must be memory of this process. */
extern unsigned int memtest_pattern;
void early_memtest(phys_addr_t start, phys_addr_t end);
/* The line goes to seq_puts(); a program may define that, the one here writes to standard output. */
void memtest_report_meminfo(struct seq_file *m);
void seq_puts(struct seq_file *m, const char *text);

/* ---- hand-over and after ----------------------------------------------------------------------- */

void memblock_free_all(void);
void memblock_free_late(phys_addr_t base, phys_addr_t size);
void memblock_discard(void);
void reset_all_zones_managed_pages(void);
void reset_node_managed_pages(pg_data_t *pgdat);
unsigned long free_reserved_area(void *start, void *end, int poison, const char *name);
/* What reserve_mem=@text on a command line does: 1, or -EINVAL, -EBUSY, -ENOMEM. The name is ours. */
int memblock_reserve_mem(const char *text);
int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size);
int reserve_mem_release_by_name(const char *name);

/* The page allocator: a block of 2^order pages is free now. A program may define it; ours does
 * nothing. */
void memblock_free_pages(unsigned long pfn, unsigned int order);

/* ---- iteration --------------------------------------------------------------------------------- */

/*
 * Iterators walk the view. Their index is the kernel's: the low half counts regions of @type_a, the
 * high half gaps of @type_b; all ones means finished. It points past what was yielded, and may be
 * kept and used to go on.
 *
 *     type_a        [ region 0 )   [ region 1 )          only memory is filtered by nid and flags
 *     type_b     gap 0 [ r0 )  gap 1  [ r1 ) gap 2       NULL: one gap
 *
 * Outputs may be NULL; when an iteration ends they keep their last values. Collections must not
 * change while one runs.
 */
void __next_mem_range(u64 *idx, int nid, enum memblock_flags flags, struct memblock_type *type_a,
		      struct memblock_type *type_b, phys_addr_t *out_start, phys_addr_t *out_end,
		      int *out_nid);
void __next_mem_range_rev(u64 *idx, int nid, enum memblock_flags flags,
			  struct memblock_type *type_a, struct memblock_type *type_b,
			  phys_addr_t *out_start, phys_addr_t *out_end, int *out_nid);
void __next_mem_pfn_range(int *idx, int nid, unsigned long *out_start_pfn,
			  unsigned long *out_end_pfn, int *out_nid);
void __next_mem_pfn_range_in_zone(u64 *idx, struct zone *zone, unsigned long *out_spfn,
				  unsigned long *out_epfn);

static inline void __next_physmem_range(u64 *idx, struct memblock_type *type,
					phys_addr_t *out_start, phys_addr_t *out_end)
{
	__next_mem_range(idx, NUMA_NO_NODE, MEMBLOCK_NONE, &physmem, type, out_start, out_end,
			 NULL);
}

#define MEMBLOCK_ITER_END (~(u64)0)
/* What plain walks over memory ask for: everything but NOMAP. */
#define MEMBLOCK_ITER_ALL ((enum memblock_flags)(MEMBLOCK_HOTPLUG | MEMBLOCK_DRIVER_MANAGED))

#define __for_each_mem_range(i, type_a, type_b, nid, flags, p_start, p_end, p_nid)                 \
	for ((i) = 0, __next_mem_range(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid);   \
	     (i) != MEMBLOCK_ITER_END;                                                             \
	     __next_mem_range(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid))

#define __for_each_mem_range_rev(i, type_a, type_b, nid, flags, p_start, p_end, p_nid)             \
	for ((i) = MEMBLOCK_ITER_END,                                                              \
	    __next_mem_range_rev(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid);         \
	     (i) != MEMBLOCK_ITER_END;                                                             \
	     __next_mem_range_rev(&(i), nid, flags, type_a, type_b, p_start, p_end, p_nid))

#define for_each_mem_range(i, p_start, p_end)                                                      \
	__for_each_mem_range(i, &memblock.memory, NULL, NUMA_NO_NODE, MEMBLOCK_ITER_ALL, p_start,  \
			     p_end, NULL)

#define for_each_mem_range_rev(i, p_start, p_end)                                                  \
	__for_each_mem_range_rev(i, &memblock.memory, NULL, NUMA_NO_NODE, MEMBLOCK_ITER_ALL,       \
				 p_start, p_end, NULL)

#define for_each_free_mem_range(i, nid, flags, p_start, p_end, p_nid)                              \
	__for_each_mem_range(i, &memblock.memory, &memblock.reserved, nid, flags, p_start, p_end,  \
			     p_nid)

#define for_each_free_mem_range_reverse(i, nid, flags, p_start, p_end, p_nid)                      \
	__for_each_mem_range_rev(i, &memblock.memory, &memblock.reserved, nid, flags, p_start,     \
				 p_end, p_nid)

#define for_each_reserved_mem_range(i, p_start, p_end)                                             \
	__for_each_mem_range(i, &memblock.reserved, NULL, NUMA_NO_NODE, MEMBLOCK_NONE, p_start,    \
			     p_end, NULL)

#define for_each_physmem_range(i, type, p_start, p_end)                                            \
	for ((i) = 0, __next_physmem_range(&(i), type, p_start, p_end); (i) != MEMBLOCK_ITER_END;  \
	     __next_physmem_range(&(i), type, p_start, p_end))

#define for_each_mem_pfn_range(i, nid, p_start, p_end, p_nid)                                      \
	for ((i) = -1, __next_mem_pfn_range(&(i), nid, p_start, p_end, p_nid); (i) >= 0;           \
	     __next_mem_pfn_range(&(i), nid, p_start, p_end, p_nid))

#define for_each_free_mem_pfn_range_in_zone(i, zone, p_start, p_end)                               \
	for ((i) = 0, __next_mem_pfn_range_in_zone(&(i), zone, p_start, p_end);                    \
	     (i) != MEMBLOCK_ITER_END; __next_mem_pfn_range_in_zone(&(i), zone, p_start, p_end))

/* Goes on from @i and the outputs as they are. */
#define for_each_free_mem_pfn_range_in_zone_from(i, zone, p_start, p_end)                          \
	for (; (i) != MEMBLOCK_ITER_END; __next_mem_pfn_range_in_zone(&(i), zone, p_start, p_end))

#define for_each_mem_region(region)                                                                \
	for ((region) = memblock.memory.regions;                                                   \
	     (region) < memblock.memory.regions + memblock.memory.cnt; (region)++)

#define for_each_reserved_mem_region(region)                                                       \
	for ((region) = memblock.reserved.regions;                                                 \
	     (region) < memblock.reserved.regions + memblock.reserved.cnt; (region)++)

#ifdef __cplusplus
}
#endif
#endif
