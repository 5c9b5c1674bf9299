/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - the kernel and the machine that an instance stands for: all that changes an answer and is no operation.
 */
#ifndef MEMBLOCK_MACHINE_H
#define MEMBLOCK_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Behaviour that differs between kernels, as named switches (src/core/profile.c is the one table). */
struct mb_profile {
	const char *name;        /* "6.1", "6.12", "new" */
	bool empty_has_dummy;    /* an empty collection shows one region of size 0 */
	bool no_resize_panics;   /* growth before mb_allow_resize() panics, else -ENOMEM */
	bool rsrv_nid_requested; /* reservations store -1 or the requested node, else MAX_NUMNODES */
	bool alloc_sets_rsrv_kern;      /* allocations and grown arrays carry MB_RSRV_KERN */
	bool flag_mismatch_needs_flags; /* add warns on differing flags only if the new ones are not 0 */
	bool invalid_nid_is_any; /* every invalid node selects any node; else only -1 and MAX_NUMNODES */
	bool nomap_pages_first; /* hand-over: NOMAP pages before reserved ones, and reserved nids stamped */
	bool slab_check_in_core; /* physical requests divert to slab too; else virtual ones only */
	bool numa_reset_is_no_node; /* x86 NUMA reset stores -1, else MAX_NUMNODES (used by importers) */
	bool dump_node_if_valid;    /* dumps name a valid node only, else any but MAX_NUMNODES */
	bool kern_size_in_estimate; /* estimated free pages subtract kernel reservations only */
	bool merge_scans_all; /* merging looks at the whole collection, which heals splits left by a cap */
	bool counts_if_just_room; /* add: pieces are counted first where the most that can come just fit */
	bool scratch_is_flag; /* a search may be confined to scratch memory; before, that bit means nothing */
	bool accepts_memory;        /* blocks and grown arrays are accepted (confidential guests) */
	bool free_releases_pages;   /* once slab is up, ordinary frees release pages */
	bool debugfs_shows_flags;   /* debugfs lines have node and flags */
	bool debugfs_names_kern;    /* and names for MB_RSRV_KERN and MB_KHO_SCRATCH */
	bool debugfs_names_hugetlb; /* and for MB_RSRV_HUGETLB */
	bool highmem_is_handed_over; /* a kernel with highmem is not cut at max_low_pfn */
	bool sizes_saturate; /* a size too large for 64 bits is all ones, a suffix needs digits */
	bool reserve_mem_reports; /* reserve_mem= says why it refuses, and revives preserved memory */
};

/**
 * mb_profile_find() - look a profile up by its name.
 * @name: "6.1", "6.12" or "new".
 *
 * Return: a static object, or NULL for an unknown name.
 */
const struct mb_profile *mb_profile_find(const char *name);

/* Where metadata goes once the static slots are full. */
enum mb_metadata {
	MB_METADATA_SELF, /* found in and reserved from the managed memory, as a kernel does */
	MB_METADATA_HOST, /* the same bytes outside: placements do not depend on the variant */
};

/* The machine: everything about it that changes an answer. Zero fields mean the default in (). */
struct mb_machine {
	unsigned addr_bits;      /* width of a physical address, 32 or 64 (64) */
	uint64_t page_size;      /* bytes, a power of two (4096) */
	unsigned cache_line;     /* bytes, SMP_CACHE_BYTES: alignment when none is given (64) */
	bool no_numa;            /* regions have no node; selectors mean "any" */
	unsigned max_numnodes;   /* first invalid node number; 1 without NUMA (1024) */
	unsigned memory_slots;   /* static slots (128); a variant's init= parameter overrides */
	unsigned reserved_slots; /* (128) */
	unsigned physmem_slots;  /* (4), where there is physmem; else none */
	bool movable_node;       /* movable_node was on the command line */
	bool kernelcore_mirror;  /* kernelcore=mirror was */
	bool physmem;            /* the machine keeps the physmem collection */
	bool keep_memblock;      /* CONFIG_ARCH_KEEP_MEMBLOCK */
	bool highmem;            /* CONFIG_HIGHMEM: see highmem_is_handed_over */
	bool no_kho_scratch; /* without CONFIG_MEMBLOCK_KHO_SCRATCH: nothing is confined to scratch memory */
	bool no_deferred_init; /* without CONFIG_DEFERRED_STRUCT_PAGE_INIT: the sink is not asked for it */
	uint64_t max_low_pfn;             /* end pfn of directly mapped memory (no cut) */
	unsigned max_page_order;          /* largest block that the page allocator takes (10) */
	const struct mb_profile *profile; /* ("6.12") */
	enum mb_metadata metadata;
};

#ifdef __cplusplus
}
#endif

#endif /* MEMBLOCK_MACHINE_H */
