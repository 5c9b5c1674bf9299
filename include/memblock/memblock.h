/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memblock: boot-time memory management on an instance.
 *
 * Two sorted collections of address ranges describe a machine before it has a page allocator:
 *
 *     memory    |######|   |##############|      |####|     what exists
 *     reserved     |==|       |===|    |=|                  what is taken
 *     free      |..|  |    |..|   |....|  |      |....|     memory that is not reserved (derived)
 *
 * add and remove change memory; reserve and free change reserved; an allocation finds a free range
 * and reserves it. physmem, a third collection, records RAM untouched by limits (s390).
 *
 * All state lives in an instance, `struct mb`. The structure that holds the regions is a *variant*
 * (an array, a tree, ...), chosen at creation; all give the same answers. See memblock/variant.h.
 *
 * Conventions
 *  - Addresses and sizes are bytes, physical, uint64_t. Ranges are half open: [base, base + size).
 *    A size is cut at the top of the address space: its last byte is never representable, and a
 *    range that starts there is empty.
 *  - Operations on collections return 0 or -errno. -ENOMEM has one cause: the metadata had to grow
 *    and could not; the regions are then unchanged (a first growth of two may have succeeded). Zero
 *    sizes succeed and do nothing.
 *  - find and allocate return an address, 0 when nothing fits (page 0 is never found), or a pointer,
 *    NULL when nothing fits, as the kernel does.
 *  - Metadata starts in static slots and grows out of the memory that is managed (or out of host
 *    memory, mb_machine.metadata), once mb_allow_resize() was called. Any function that changes a
 *    collection may therefore move metadata and add a reserved region of its own.
 *  - An instance is not locked: one thread at a time changes it; while none does, any number may ask.
 *  - Where kernels differ, a profile decides, and what a machine is (memblock/machine.h).
 */
#ifndef MEMBLOCK_MEMBLOCK_H
#define MEMBLOCK_MEMBLOCK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <memblock/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mb; /* an instance; its layout is in memblock/variant.h, for variants and tests */
struct mb_variant_spec;

/* Upper bounds of a request. */
#define MB_ALLOC_ANYWHERE UINT64_MAX       /* no bound */
#define MB_ALLOC_ACCESSIBLE 0              /* the instance's current limit */
#define MB_ALLOC_NOLEAKTRACE 1             /* the same, and the leak tracer is not told */
#define MB_LOW_LIMIT 0                     /* lower bound used by the convenience forms */
#define MB_LOW_ADDRESS_LIMIT 0xffffffffULL /* exclusive upper bound of mb_alloc_low() */

#define MB_NUMA_NO_NODE (-1)

/* Attributes of a region. The kernel's values. */
enum mb_flags {
	MB_NONE = 0,
	MB_HOTPLUG = 0x1,        /* memory: hidden from plain searches while movable_node is on */
	MB_MIRROR = 0x2,         /* memory: preferred by allocations once any is known */
	MB_NOMAP = 0x4,          /* memory: outside the direct map, never allocated */
	MB_DRIVER_MANAGED = 0x8, /* memory: known only through a driver, never allocated */
	MB_RSRV_NOINIT = 0x10,   /* reserved: page structs are left alone at hand-over */
	MB_RSRV_KERN = 0x20,     /* reserved: kernel use as opposed to firmware use (profile new) */
	MB_KHO_SCRATCH = 0x40,   /* memory: kexec-handover scratch (profile new) */
	MB_RSRV_HUGETLB = 0x80,  /* reserved: HugeTLB boot pages (profile new) */
};

/* The collections of an instance. */
enum mb_which { MB_MEMORY, MB_RESERVED, MB_PHYSMEM, MB_COLLECTIONS };

/* A region as stored: covers [base, base + size). The kernel's layout. */
struct mb_region {
	uint64_t base;
	uint64_t size;
	uint32_t flags; /* enum mb_flags */
	int32_t nid;    /* stored node, raw: mb_max_numnodes() or MB_NUMA_NO_NODE mean none */
};

/* A range produced by an iteration: [base, end), and the node of the memory region it lies in. */
struct mb_range {
	uint64_t base;
	uint64_t end;
	int32_t nid;
	uint32_t flags; /* flags of the region of the first collection */
};

/* A growth of a collection's metadata, as it happened. */
struct mb_growth {
	enum mb_which which;
	uint32_t entries; /* slots after the growth */
	uint64_t base,
		size; /* new storage, physical; size as reserved, page-rounded. 0, 0: host or slab */
	uint64_t old_base, old_size; /* storage given back, 0, 0 if it was static */
};

enum mb_level { MB_ERR, MB_WARNING, MB_INFO };

/*
 * The page allocator as memblock sees it (memblock/pages.h has one). A block of order o is 2^o pages.
 */
struct mb_page_sink {
	void *ctx;
	/* Every zone's count of managed pages becomes 0. */
	void (*reset_managed)(void *ctx);
	/* The page structs of the pages that [base, end) touches are reserved; node @nid, or -1 where the
	 * profile does not say. */
	void (*init_reserved)(void *ctx, uint64_t base, uint64_t end, int nid);
	/* A block of hand-over: free from now on. */
	void (*free_block)(void *ctx, uint64_t pfn, unsigned order);
	/* One reserved page is released later; it counts as RAM from now on. */
	void (*free_page)(void *ctx, uint64_t pfn);
	/* Are page structs still being set up? Then no reserved page can be released (profiles with
	 * free_releases_pages): that warns. Not asked with mb_machine.no_deferred_init. */
	bool (*deferred)(void *ctx);
};

/*
 * What the instance asks of its host. Every hook may be NULL, and none may call back into the instance.
 */
struct mb_hooks {
	void *ctx;     /* passed to each hook but zero, map and host_alloc */
	void *mem_ctx; /* passed to zero, map and host_alloc */
	/* kmemleak: an allocation, a free. */
	void (*leak_alloc)(void *ctx, uint64_t pa, uint64_t size);
	void (*leak_free)(void *ctx, uint64_t pa, uint64_t size);
	/* Confidential guests: [pa, pa + size) is about to be used (profiles that accept memory). */
	void (*accept)(void *ctx, uint64_t pa, uint64_t size);
	/* BUG or panic. Must not return (longjmp, abort). If it does, or is NULL: trap. */
	void (*panic)(void *ctx, const char *fmt, va_list ap);
	/* A WARN; execution goes on. NULL: only counted (mb_warnings()). */
	void (*warn)(void *ctx, const char *fmt, va_list ap);
	/* One log line, without a newline. NULL: dropped. */
	void (*log)(void *ctx, enum mb_level level, const char *fmt, va_list ap);
	/* Fill [pa, pa + size) with zeroes. NULL: allocations are not zeroed (timed replays). */
	void (*zero)(void *ctx, uint64_t pa, uint64_t size);
	/* Make [pa, pa + size) accessible and return its address; NULL when impossible. Needed for
	 * metadata=self. Called on growth, by mb_memtest(), and to poison pages. */
	void *(*map)(void *ctx, uint64_t pa, uint64_t size);
	/* Bytes [at, at + size) of an arena outside the managed memory, for metadata=host; NULL when it
	 * is too small. Holds no state: the instance remembers how much it uses. */
	void *(*host_alloc)(void *ctx, uint64_t at, uint64_t size);
	/* The slab allocator, for use after mb_set_slab_available(true). Physical addresses. */
	uint64_t (*slab_alloc)(void *ctx, uint64_t size, int nid, void **ptr);
	void (*slab_free)(void *ctx, void *ptr, uint64_t size);
	/* Metadata grew: it has moved, its storage is not yet reserved. A growth that this one causes
	 * in turn is reported after it. */
	void (*grew)(void *ctx, const struct mb_growth *growth);
	/* Kexec handover: did the previous kernel preserve memory for reserve_mem= under @name? */
	bool (*preserved)(void *ctx, const char *name, uint64_t *base, uint64_t *size);
	/* A word of physical memory, for mb_memtest(). NULL: memory from the map hook is tested. */
	uint64_t (*read)(void *ctx, uint64_t pa);
	void (*write)(void *ctx, uint64_t pa, uint64_t value);
};

/* ---- life of an instance (src/host/host.c) ----------------------------------------------------- */

/**
 * mb_create() - make an empty instance on the host.
 * @machine: the machine; copied. NULL: all defaults.
 * @hooks:   copied; NULL: none. Where map, host_alloc or zero is NULL a sparse simulated memory
 *           serves instead.
 * @spec:    the variant, its parameters and its build (mb_variant_parse()); copied.
 * @out:     the instance, owned by the caller until mb_destroy().
 *
 * Simulated memory reserves no address space: pages are mapped when metadata or zeroing touches
 * them, and mb_destroy() unmaps them.
 *
 * Return: 0; -EINVAL for a machine that cannot be (page size, address width); -ENOMEM; of `linux` also -ENOENT
 * without its source and -EINVAL where it does not build, with a line to the log hook.
 */
int mb_create(const struct mb_machine *machine, const struct mb_hooks *hooks,
	      const struct mb_variant_spec *spec, struct mb **out);

/** mb_destroy() - release @mb and its simulated memory. NULL is allowed. */
void mb_destroy(struct mb *mb);

/**
 * mb_set_zeroing() - whether allocations that promise zeroed memory really touch it (on by default
 * where a zero hook exists). Timed replays switch it off.
 */
void mb_set_zeroing(struct mb *mb, bool on);

/* Call @use for all memory that an instance of mb_create() has of its own: itself, slots, what was mapped. */
void mb_each_storage(const struct mb *mb, void (*use)(const void *at, size_t bytes));

/**
 * mb_snapshot_size() - bytes that mb_snapshot() needs now.
 * mb_snapshot()      - copy the whole state of @mb (instance and used metadata) to @buf.
 * mb_restore()       - put a state back that mb_snapshot() took from the same instance. Hooks,
 *                      zeroing, warnings and counts are not part of the state.
 *
 * A few memcpy; no allocation, no system call. A snapshot stays valid until mb_destroy(), whatever
 * happens to the instance in between.
 */
size_t mb_snapshot_size(const struct mb *mb);
void mb_snapshot(const struct mb *mb, void *buf);
void mb_restore(struct mb *mb, const void *buf);

/* ---- describing memory ------------------------------------------------------------------------- */

/**
 * mb_add() - memory exists at [base, base + size); no node yet, no flags. Bytes already present keep
 * what they have. Return: 0 or -ENOMEM.
 */
int mb_add(struct mb *mb, uint64_t base, uint64_t size);

/** mb_add_node() - mb_add() with a node (stored unchecked) and flags for the bytes that are new. */
int mb_add_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags);

/**
 * mb_remove() - delete the range from memory; regions that cross its ends are split. Absent parts
 * are ignored; reserved is not touched. Needs two spare slots even if nothing is split.
 */
int mb_remove(struct mb *mb, uint64_t base, uint64_t size);

/** mb_physmem_add() - add to physmem. Return: 0, -ENOMEM, or -EINVAL without mb_machine.physmem. */
int mb_physmem_add(struct mb *mb, uint64_t base, uint64_t size);

/** mb_allow_resize() - metadata may grow from now on. Irrevocable. */
void mb_allow_resize(struct mb *mb);

/* ---- reserving and freeing --------------------------------------------------------------------- */

/** mb_reserve() - take the range; it need not be memory. Bytes already reserved are unchanged. */
int mb_reserve(struct mb *mb, uint64_t base, uint64_t size);

/** mb_reserve_node() - mb_reserve() with the node and flags to store (the kernel's __memblock_reserve). */
int mb_reserve_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags);

/** mb_reserve_kern() - mb_reserve() with MB_RSRV_KERN: for the kernel, not firmware. Older profiles,
 * whose kernels have neither, do the same when asked to. */
int mb_reserve_kern(struct mb *mb, uint64_t base, uint64_t size);

/** mb_phys_free() - give the range back (delete it from reserved, splitting). Any subrange may be freed;
 * freeing bytes that are not reserved is not an error. Needs two spare slots. Profile `new`, once slab is up:
 * whole pages go to the page sink instead, and reserved is edited only if the machine keeps memblock. */
int mb_phys_free(struct mb *mb, uint64_t base, uint64_t size);

/** mb_free() - mb_phys_free() of the physical address of @ptr; nothing for NULL. */
void mb_free(struct mb *mb, void *ptr, uint64_t size);

/* ---- truncating memory ------------------------------------------------------------------------- */

/**
 * mb_trim_memory() - align each memory region inwards to @align (bytes, a power of two); regions
 * with nothing left go. As in the kernel, the sizes cut from edges stay in mb_phys_mem_size().
 */
void mb_trim_memory(struct mb *mb, uint64_t align);

/**
 * mb_enforce_memory_limit() - keep the first @limit bytes of memory in address order and delete
 * everything from the cut up, from memory *and* reserved. 0, or more than there is: nothing happens.
 */
void mb_enforce_memory_limit(struct mb *mb, uint64_t limit);

/**
 * mb_cap_memory_range() - keep only [base, base + size) of mappable memory (NOMAP survives
 * anywhere); reserved is cut to the range. Size 0: nothing. Gives up silently if it cannot grow.
 */
void mb_cap_memory_range(struct mb *mb, uint64_t base, uint64_t size);

/** mb_mem_limit_remove_map() - mb_enforce_memory_limit()'s cut, then mb_cap_memory_range() to it. */
void mb_mem_limit_remove_map(struct mb *mb, uint64_t limit);

/* ---- attributes -------------------------------------------------------------------------------- */

/*
 * Each isolates the range (two spare slots needed), changes the regions inside and merges again.
 * Holes are skipped; a range without regions succeeds. Return: 0 or -ENOMEM.
 */
int mb_mark_hotplug(struct mb *mb, uint64_t base, uint64_t size);
int mb_clear_hotplug(struct mb *mb, uint64_t base, uint64_t size);
/* 0 at once without kernelcore_mirror. */
int mb_mark_mirror(struct mb *mb, uint64_t base, uint64_t size);
int mb_mark_nomap(struct mb *mb, uint64_t base, uint64_t size);
int mb_clear_nomap(struct mb *mb, uint64_t base, uint64_t size);
int mb_reserved_mark_noinit(struct mb *mb, uint64_t base, uint64_t size);
int mb_reserved_mark_kern(struct mb *mb, uint64_t base, uint64_t size);
int mb_mark_kho_scratch(struct mb *mb, uint64_t base, uint64_t size);
int mb_clear_kho_scratch(struct mb *mb, uint64_t base, uint64_t size);

/** mb_set_node() - store @nid, unchecked, on the range in @which. Without NUMA: 0, nothing changes. */
int mb_set_node(struct mb *mb, uint64_t base, uint64_t size, enum mb_which which, int nid);

/**
 * mb_set_region_node() - store @nid, unchecked and without merging, in the one region of @which that
 * contains @addr. Nothing happens without NUMA, or where no region is.
 */
void mb_set_region_node(struct mb *mb, enum mb_which which, uint64_t addr, int nid);
/** mb_get_region_node() - the stored node of a region; 0 without NUMA. */
int mb_get_region_node(const struct mb *mb, const struct mb_region *r);

/* Is the flag set? */
static inline bool mb_is_hotpluggable(const struct mb_region *r)
{
	return r->flags & MB_HOTPLUG;
}
static inline bool mb_is_mirror(const struct mb_region *r)
{
	return r->flags & MB_MIRROR;
}
static inline bool mb_is_nomap(const struct mb_region *r)
{
	return r->flags & MB_NOMAP;
}
static inline bool mb_is_driver_managed(const struct mb_region *r)
{
	return r->flags & MB_DRIVER_MANAGED;
}
static inline bool mb_is_reserved_noinit(const struct mb_region *r)
{
	return r->flags & MB_RSRV_NOINIT;
}
static inline bool mb_is_kho_scratch(const struct mb_region *r)
{
	return r->flags & MB_KHO_SCRATCH;
}

/** mb_add_scratch_area() - list the range as an area that a kexec handover passes on: no huge page is put
 * there. Not the same as MB_KHO_SCRATCH. Nothing takes it back. Return: 0; -ENOMEM with MB_SCRATCH_MAX; -EINVAL
 * with mb_machine.no_kho_scratch, which no handover goes without. */
int mb_add_scratch_area(struct mb *mb, uint64_t base, uint64_t size);
#define MB_SCRATCH_MAX 66 /* a kernel has two, and one for each node with memory */
/** mb_kho_scratch_overlap() - does a listed area overlap the range? Flags do not matter. */
bool mb_kho_scratch_overlap(const struct mb *mb, uint64_t base, uint64_t size);

/** mb_has_mirror() - mb_mark_mirror() was called while kernelcore_mirror was set. */
bool mb_has_mirror(const struct mb *mb);

/* ---- direction, limit, debugging --------------------------------------------------------------- */

/** mb_set_bottom_up() - the direction of every later search, growth too. Top-down at first. */
void mb_set_bottom_up(struct mb *mb, bool enable);
bool mb_bottom_up(const struct mb *mb);

/** mb_set_current_limit() - the exclusive ceiling of accessible requests; MB_ALLOC_ANYWHERE, whatever
 * the width of addresses, at first. */
void mb_set_current_limit(struct mb *mb, uint64_t limit);
uint64_t mb_get_current_limit(const struct mb *mb);

/** mb_set_debug() - memblock=debug: calls that log in a kernel log their line, and dumps print. */
void mb_set_debug(struct mb *mb, bool on);

/** mb_set_slab_available() - slab came up, or went down again. While it is up allocations are reported once
 * (a WARN) and come zeroed from the slab hook, wherever they were wanted: virtual ones in all profiles, physical
 * ones but in 6.1, mb_alloc_hugetlb() in none. Growth takes its storage from there as well. */
void mb_set_slab_available(struct mb *mb, bool up);

/** mb_set_kho_scratch_only() - while on, every search, also for metadata, is confined to
 * MB_KHO_SCRATCH memory, without fallback. mb_free_all() switches it off. Nothing with
 * mb_machine.no_kho_scratch. */
void mb_set_kho_scratch_only(struct mb *mb);
void mb_clear_kho_scratch_only(struct mb *mb);

/** mb_dump_all() - the configuration, line by line, to the log hook, if debugging is on. */
void mb_dump_all(struct mb *mb);

/* ---- allocation, physical ---------------------------------------------------------------------- */

/**
 * mb_alloc_range_nid() - the core: find a free range in [start, end) and reserve it.
 * @size:  bytes; the reserved range is exactly [result, result + size). 0: an address, nothing reserved.
 * @align: bytes, a power of two; the result is a multiple of it. 0: the cache line.
 * @start: lowest address allowed (inclusive).
 * @end:   first address not allowed, or MB_ALLOC_ACCESSIBLE, _NOLEAKTRACE, _ANYWHERE.
 * @nid:   node preferred; invalid or MB_NUMA_NO_NODE: any.
 * @exact_nid: do not fall back to other nodes.
 *
 * Order: node, then any node; then both again without the preference for mirrored memory (with a
 * log line). Top-down takes the highest fitting address, bottom-up the lowest. Never zeroed.
 *
 * Return: the address, or 0. A found block whose reservation fails counts as not found.
 */
uint64_t mb_alloc_range_nid(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			    uint64_t end, int nid, bool exact_nid);

/** mb_phys_alloc_range() - any node; @start is a hard bound. */
uint64_t mb_phys_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			     uint64_t end);
/** mb_phys_alloc() - anywhere accessible. */
uint64_t mb_phys_alloc(struct mb *mb, uint64_t size, uint64_t align);
/** mb_phys_alloc_try_nid() - anywhere accessible, @nid preferred. */
uint64_t mb_phys_alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align, int nid);

/**
 * mb_find() - the search alone: where an allocation from [start, end) on @nid with request flags
 * @flags would land now. Changes nothing. Arguments as mb_alloc_range_nid().
 */
uint64_t mb_find(struct mb *mb, uint64_t size, uint64_t align, uint64_t start, uint64_t end,
		 int nid, uint32_t flags);

/* ---- allocation, virtual ----------------------------------------------------------------------- */

/*
 * Each cuts @max_addr to the current limit, tries with @min_addr, and then without it. Result: a
 * pointer into simulated memory (mb_phys_to_virt()), NULL when nothing fits. Zeroed (exactly @size
 * bytes, through the zero hook) unless _raw.
 */
void *mb_alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
		       uint64_t max_addr, int nid);
void *mb_alloc_try_nid_raw(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
			   uint64_t max_addr, int nid);
void *mb_alloc_exact_nid_raw(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
			     uint64_t max_addr, int nid);
void *mb_alloc(struct mb *mb, uint64_t size, uint64_t align);
void *mb_alloc_raw(struct mb *mb, uint64_t size, uint64_t align);
void *mb_alloc_from(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr);
void *mb_alloc_low(struct mb *mb, uint64_t size, uint64_t align);
void *mb_alloc_node(struct mb *mb, uint64_t size, uint64_t align, int nid);

/** mb_alloc_or_panic() - mb_alloc(), or the panic hook with the caller's name and the size. */
#define mb_alloc_or_panic(mb, size, align) mb_alloc_or_panic_as(mb, size, align, __func__)
void *mb_alloc_or_panic_as(struct mb *mb, uint64_t size, uint64_t align, const char *function);

/**
 * mb_alloc_hugetlb() - a HugeTLB boot page: aligned to its size, not mirrored, never overlapping
 * an area of mb_add_scratch_area(), marked MB_RSRV_KERN and MB_RSRV_HUGETLB, not zeroed.
 * @size: bytes, a power of two.
 * @nid, @exact_nid: as mb_alloc_range_nid().
 */
void *mb_alloc_hugetlb(struct mb *mb, uint64_t size, int nid, bool exact_nid);

void *mb_phys_to_virt(const struct mb *mb, uint64_t pa);
uint64_t mb_virt_to_phys(const struct mb *mb, const void *ptr);

/* ---- queries ----------------------------------------------------------------------------------- */

unsigned mb_max_numnodes(const struct mb *mb);             /* first invalid node number */
uint32_t mb_cnt(const struct mb *mb, enum mb_which which); /* regions in use */
uint32_t mb_max(const struct mb *mb, enum mb_which which); /* slots */
uint64_t mb_phys_mem_size(const struct mb *mb);            /* bytes of memory; stale after a trim */
uint64_t mb_reserved_size(const struct mb *mb);            /* bytes reserved */
/* The sum of sizes; after a trim too much, as that is not accounted for. */
uint64_t mb_total_size(const struct mb *mb, enum mb_which which);
/* Pages of memory less those of reserved (profile new: of what is the kernel's); a wrapped number where
 * more is reserved than exists. */
uint64_t mb_estimated_nr_free_pages(const struct mb *mb);
/* Bytes below @limit in reserved regions with MB_RSRV_KERN, MB_RSRV_HUGETLB; of the stored node @nid
 * if that is valid, else of all. */
uint64_t mb_reserved_kern_size(struct mb *mb, uint64_t limit, int nid);
uint64_t mb_reserved_hugetlb_size(struct mb *mb, uint64_t limit, int nid);
uint64_t mb_start_of_DRAM(struct mb *mb); /* 0 when there is no memory */
uint64_t mb_end_of_DRAM(struct mb *mb);   /* exclusive; 0 when there is no memory */
bool mb_is_memory(struct mb *mb, uint64_t addr);
bool mb_is_map_memory(struct mb *mb, uint64_t addr); /* memory and not NOMAP */
bool mb_is_reserved(struct mb *mb, uint64_t addr);
/* The single memory region that contains base also reaches base + size. */
bool mb_is_region_memory(struct mb *mb, uint64_t base, uint64_t size);
bool mb_is_region_reserved(struct mb *mb, uint64_t base,
			   uint64_t size); /* overlaps a reserved one */
bool mb_overlaps_region(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size);
bool mb_addrs_overlap(const struct mb *mb, uint64_t base1, uint64_t size1, uint64_t base2,
		      uint64_t size2);
/* Node and pfn bounds (rounded down) of the memory region with @pfn; -1 and untouched outputs if none. */
int mb_search_pfn_nid(struct mb *mb, uint64_t pfn, uint64_t *start_pfn, uint64_t *end_pfn);
/* Is memory without a valid node at most @threshold_bytes? Logs an error if not. */
bool mb_validate_numa_coverage(struct mb *mb, uint64_t threshold_bytes);
/** mb_search() - the region of @which that contains @addr, copied to @out (may be NULL). */
bool mb_search(struct mb *mb, enum mb_which which, uint64_t addr, struct mb_region *out);

uint64_t mb_region_memory_base_pfn(const struct mb *mb, const struct mb_region *r); /* rounded up */
uint64_t mb_region_memory_end_pfn(const struct mb *mb, const struct mb_region *r);  /* down */
uint64_t mb_region_reserved_base_pfn(const struct mb *mb, const struct mb_region *r); /* down */
uint64_t mb_region_reserved_end_pfn(const struct mb *mb, const struct mb_region *r);  /* up */

/* Counts since creation: WARNs, and metadata bytes in use now (static slots included). */
uint64_t mb_warnings(const struct mb *mb);
uint64_t mb_metadata_bytes(const struct mb *mb);

/* ---- iteration --------------------------------------------------------------------------------- */

/*
 * An iteration fetches ranges in batches from the variant: one indirect call per MB_ITER_BATCH
 * ranges. Collections must not change while one runs. Start it with one of the mb_iter_*()
 * functions, then call mb_next() until it returns false.
 *
 *     struct mb_iter it MB_UNINITIALIZED;
 *     struct mb_range r;
 *
 *     for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false); mb_next(&it, &r);)
 *             use(r.base, r.end, r.nid);
 */
#define MB_ITER_BATCH 32

/* For an iterator on the stack: a compiler that zeroes what is declared there need not. Batches are written first. */
#if defined(__has_attribute)
#if __has_attribute(__uninitialized__)
#define MB_UNINITIALIZED __attribute__((__uninitialized__))
#endif
#endif
#ifndef MB_UNINITIALIZED
#define MB_UNINITIALIZED
#endif

enum mb_iter_kind { MB_ITER_REGIONS, MB_ITER_RANGES, MB_ITER_FREE };

struct mb_iter {
	struct mb *mb;
	enum mb_iter_kind kind;
	enum mb_which a, b; /* ranges of a; FREE: minus b */
	int nid;
	uint32_t flags;
	bool reverse;
	bool done;          /* the variant has no more */
	bool placed;        /* cursor is set */
	uint32_t cursor[2]; /* the variant's: where the next batch continues in a and b */
	uint64_t
		resume; /* the variant's: where a walk starts, then the side of the gap it came from */
	unsigned at, n; /* next of the batch, and its length */
	struct mb_range batch[MB_ITER_BATCH];
};

/* Every region of @which, nothing skipped. */
void mb_iter_regions(struct mb_iter *it, struct mb *mb, enum mb_which which, bool reverse);
/* for_each_mem_range: memory without NOMAP. */
void mb_iter_memory(struct mb_iter *it, struct mb *mb, bool reverse);
/* for_each_free_mem_range: memory minus reserved, filtered by node and request flags. */
void mb_iter_free(struct mb_iter *it, struct mb *mb, int nid, uint32_t flags, bool reverse);
/* The general form: @a minus @b (MB_COLLECTIONS: minus nothing). Only memory is filtered. */
void mb_iter_ranges(struct mb_iter *it, struct mb *mb, enum mb_which a, enum mb_which b, int nid,
		    uint32_t flags, bool reverse);
/* What mb_next() does where a batch is used up: the next one, which has a range; false: there are no more. */
bool mb_refill(struct mb_iter *it);
/* The next range; false: there are no more, and *@out is what it was. */
static inline bool mb_next(struct mb_iter *it, struct mb_range *out)
{
	if (__builtin_expect(it->at == it->n, 0) && !mb_refill(it))
		return false;
	*out = it->batch[it->at++];
	return true;
}
/* for_each_mem_pfn_range: whole pages of memory regions on @nid; base and end are pfns. All nodes:
 * mb_max_numnodes(), or, but in 6.1, any invalid number. Start with mb_iter_regions(it, mb, MB_MEMORY,
 * false); one iterator serves either this or mb_next(). */
bool mb_next_pfn_range(struct mb_iter *it, int nid, struct mb_range *out);

/*
 * Free page ranges of one zone, [start_pfn, end_pfn) on @nid: free memory with flags NONE, whole
 * pages, cut to the zone. Start with mb_iter_free(it, mb, nid, MB_NONE, false); the iterator may be
 * copied and the copy used to go on from there.
 */
bool mb_next_free_pfn_in_zone(struct mb_iter *it, uint64_t zone_start_pfn, uint64_t zone_end_pfn,
			      struct mb_range *out);

/* ---- hand-over and after (src/core/handover.c) ------------------------------------------------- */

/** mb_set_page_sink() - the page allocator that the functions below feed; copied. NULL: none. */
void mb_set_page_sink(struct mb *mb, const struct mb_page_sink *sink);

/**
 * mb_free_all() - hand all free memory to the page allocator and set reserved pages up, in the
 * order of the profile. Clears HOTPLUG on all memory; may split reserved at node boundaries.
 *
 * Return: pages handed over (what is added to the total RAM count).
 */
uint64_t mb_free_all(struct mb *mb);

/** mb_free_late() - after hand-over: release every whole page inside the range. Collections are not
 * consulted or changed (profiles 6.1 and 6.12; `new` uses mb_phys_free()). */
void mb_free_late(struct mb *mb, uint64_t base, uint64_t size);

/**
 * mb_free_reserved_area() - release the whole pages of [start, end) (virtual addresses).
 * @poison: byte to fill each page with first, if 0 to 255.
 * @name:   for the log line `Freeing <name> memory: <n>K`, or NULL.
 *
 * Return: pages released; 0 with a WARN while the page allocator is not ready for them.
 */
uint64_t mb_free_reserved_area(struct mb *mb, void *start, void *end, int poison, const char *name);

/** mb_discard() - release grown arrays, reserved first, when memblock is not needed any more. What
 * they described is gone with them: such a collection is empty. From then on no iteration hides a
 * region. Nothing with mb_machine.keep_memblock. */
void mb_discard(struct mb *mb);

/** mb_reset_all_zones_managed_pages() - zero the page allocator's counts; the first call only. */
void mb_reset_all_zones_managed_pages(struct mb *mb);

/* ---- named reservations (src/core/reserve_mem.c) ----------------------------------------------- */

/**
 * mb_reserve_mem() - the boot parameter `reserve_mem=<size>:<align>:<name>`.
 * @text: the value; sizes with K, M, G, T, P, E and 0x. Names are 1 to 15 characters; 8 entries.
 *
 * Return: 1 when reserved; -EINVAL malformed; -EBUSY table full or name in use; -ENOMEM.
 */
int mb_reserve_mem(struct mb *mb, const char *text);
/** mb_reserve_mem_find_by_name() - 1 and the range, or 0 and untouched outputs. */
int mb_reserve_mem_find_by_name(struct mb *mb, const char *name, uint64_t *start, uint64_t *size);
/** mb_reserve_mem_release_by_name() - release the pages, filled with 0. 1, or 0 if unknown. */
int mb_reserve_mem_release_by_name(struct mb *mb, const char *name);

/* ---- reports (src/core/debugfs.c) -------------------------------------------------------------- */

/* Takes one line of text, without a newline. */
typedef void mb_line_fn(void *ctx, const char *fmt, va_list ap);

/**
 * mb_debugfs_show() - what /sys/kernel/debug/memblock/<collection> holds: a line per region, with
 * node and flags where the profile shows them. All flags are named, lowest first, joined by '|'.
 */
void mb_debugfs_show(struct mb *mb, enum mb_which which, mb_line_fn *line, void *ctx);
/** mb_debugfs_reserve_mem() - its file reserve_mem_param: name and size of each live entry. */
void mb_debugfs_reserve_mem(struct mb *mb, mb_line_fn *line, void *ctx);

/* ---- testing memory (src/core/memtest.c) ------------------------------------------------------- */

/**
 * mb_memtest() - write and verify patterns in all free memory between @start and @end, and reserve
 * what does not hold them (the kernel's early_memtest()).
 * @patterns: tests, at most 17 different ones; the last is all zeroes. 0: nothing happens.
 */
void mb_memtest(struct mb *mb, uint64_t start, uint64_t end, unsigned patterns);
/** mb_memtest_report() - the line EarlyMemtestBad of /proc/meminfo, if a test was run. */
void mb_memtest_report(struct mb *mb, mb_line_fn *line, void *ctx);

/* ---- hash tables (src/core/system_hash.c) ------------------------------------------------------ */

enum mb_hash_flags {
	MB_HASH_EARLY = 1, /* memblock provides the table; else the slab hook does */
	MB_HASH_ZERO = 2,  /* zeroed */
	MB_HASH_SMALL = 4, /* may be smaller than a page: at least 2^*shift buckets (6.1) */
};

/**
 * mb_alloc_large_system_hash() - a hash table sized by the machine's memory.
 * @name:        for the log line and the panic.
 * @bucket_size: bytes per bucket.
 * @entries:     buckets wanted; 0: one for every 2^@scale bytes of low memory (less dense above 64 GiB).
 * @flags:       enum mb_hash_flags.
 * @shift, @mask: log2 of the buckets, and buckets - 1. @shift is read with MB_HASH_SMALL. May be NULL.
 * @low_limit, @high_limit: buckets at least; at most (0: what fits in 1/16 of memory).
 *
 * A power of two; halved until it can be allocated or is down to a page, then: panic.
 *
 * Return: the table, aligned to the cache line.
 */
void *mb_alloc_large_system_hash(struct mb *mb, const char *name, uint64_t bucket_size,
				 uint64_t entries, unsigned scale, unsigned flags, unsigned *shift,
				 unsigned *mask, uint64_t low_limit, uint64_t high_limit);
/** mb_hashdist_default() - are late tables spread over nodes? On 64-bit machines with NUMA. */
bool mb_hashdist_default(const struct mb *mb);

/* ---- checking ---------------------------------------------------------------------------------- */

/**
 * mb_check() - walk every collection and the store's own structure: sorted, disjoint, counts and
 * links right, and, unless a trim or cap made it untrue, merged and totals equal.
 * @why: set to a static sentence about the first fault; may be NULL.
 *
 * Return: 0 or -EINVAL.
 */
int mb_check(struct mb *mb, const char **why);

#ifdef __cplusplus
}
#endif
#endif
