/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script.h - worked cases as text.
 *
 * A case is a sequence of statements, separated by ';' or by line ends, that starts from an empty
 * instance (fixture_machine) and is run on every variant. Addresses and sizes are hexadecimal
 * without 0x, counts decimal. A range is `1000-3000` or `1000+2000`; `@1` gives it a node, `/4`
 * flags. Words for numbers: max (all ones, ANYWHERE), acc (ACCESSIBLE), nlt (NOLEAKTRACE), any (-1).
 *
 *   add 1000-3000@1/4; remove, rsv (with @ or /: mb_reserve_node()), kern, free, free_ptr, physmem
 *   hotplug, unhotplug, mirror, nomap, unnomap, noinit, mark_kern, scratch, unscratch,
 *   scratch_area RANGE
 *   node RANGE N; rnode RANGE N (reserved); region_node M|R ADDRESS N
 *   trim ALIGN; enforce LIMIT; cap RANGE; remove_map LIMIT
 *   phys SIZE ALIGN; range SIZE ALIGN LO HI; try SIZE ALIGN NID; core SIZE ALIGN LO HI NID EXACT
 *   raw, exact, nid SIZE ALIGN LO HI NID; alloc, alloc_raw, alloc_low, or_panic SIZE ALIGN;
 *   from SIZE ALIGN MIN; node_alloc SIZE ALIGN NID; find SIZE ALIGN LO HI NID FLAGS
 *   hugetlb SIZE NID EXACT
 *   up, down; limit ADDRESS; allow (growth); debug; slab up|down|fails|works; scratch_only on|off
 *   set movable|mirror; set max_low_pfn PFN
 *   machine keep|highmem; machine max_order ORDER; machine slots COUNT; machine KEY=VALUE
 *                             before everything else: how the instance is made
 *   fill M|R COUNT BASE       COUNT regions of 1000 bytes, 2000 apart, from BASE
 *   dump                      mb_dump_all(); its lines follow as `info "..."`
 *   handover => PAGES         mb_free_all()
 *   late RANGE; discard; reset_managed; area RANGE POISON NAME => PAGES
 *   deferred                  page structs are still being set up
 *   preserved                 a kexec handover kept 8000-a000 as "kept"
 *   debugfs M|R|P; debugfs_named; meminfo     their lines follow as `info "..."`
 *   bad RANGE; memtest LO HI PATTERNS         a hole in physical memory; mb_memtest()
 *   hash BUCKET ENTRIES SCALE FLAGS LOW HIGH => ADDRESS SHIFT MASK; hashdist => 0|1
 *   named TEXT => 1|EINVAL|EBUSY|ENOMEM; found NAME => BASE SIZE | 0; release NAME => 0|1
 *
 * A call that returns a status is expected to return 0, any other needs `=> VALUE`. `=> ENOMEM` and
 * `=> panic TEXT` are the other outcomes; after a panic only the end of the case may follow. A text
 * may stand in quotation marks, for the sake of blanks at its ends.
 *
 * Checks:
 *   M: REGIONS, R: REGIONS, P: REGIONS     the collections as regions_text() writes them
 *   total|cnt|cap_slots M|R VALUE          total size (hexadecimal), regions, slots (decimal)
 *   node_at M|R ADDRESS => NID             as stored; flags_at M|R ADDRESS => what the predicates say
 *   free NID FLAGS: RANGES                 mb_iter_free(), also in reverse; likewise
 *   mem: RANGES                            mb_iter_memory()
 *   minus A B NID FLAGS: RANGES            mb_iter_ranges(); B `-`: nothing
 *   pfn NID: RANGES                        mb_next_pfn_range()
 *   zone NID START END: RANGES             mb_next_free_pfn_in_zone()
 *   is_memory, is_map, is_reserved ADDRESS => 0|1
 *   region_memory, region_reserved BASE SIZE; overlaps M|R BASE SIZE => 0|1
 *   addrs_overlap BASE SIZE BASE SIZE => 0|1; has_mirror => 0|1
 *   pfn_nid PFN => NID [START END]; coverage BYTES => 0|1; dram => START END; pages => COUNT(hex)
 *   kern_size, hugetlb_size LIMIT NID => BYTES
 *   region_pfns M|R ADDRESS => BASE END    whole pages (M), touched pages (R) of that region
 *   warns COUNT                            WARNs so far
 *   log TEXT                               the next line that was logged; err, warning, info TEXT:
 *                                          at that level
 *   grew M|R SLOTS RANGE|- [OLD]           the next growth; `-`: storage not in managed memory
 *   slabs ALLOCS FREES                     calls of the slab hooks so far
 *   byte ADDRESS VALUE                     what is in memory there (two hexadecimal digits)
 *   sink: EVENTS                           what the page allocator was given since the last look, as
 *                                          struct fixture writes it; likewise
 *   leaks: EVENTS; accepts: EVENTS         calls of those hooks
 *
 * A statement can be limited to profiles: `new| R: ...`, `old| ...` (6.1 and 6.12), `6.1| ...`,
 * `6.12| ...`, `post| ...` (6.12 and new), and to what runs it: `ours| ...` (the stores), `linux| ...`
 * (the kernel's own file). mb_check() runs after every statement. At the end no log line, no growth
 * and nothing given to the page allocator may be left unexpected, and WARNs must be as many as the
 * last `warns` said.
 *
 * All that is expected of `linux` otherwise than of the stores, and why:
 *   - profile new: where the newest source there is has it (linux:version=newest). With MEMBLOCK_TREE=DIR in
 *     the environment it is the kernel tree there instead, in the profile that it has;
 *   - the caller in a line of memblock=debug: in that build only an address;
 *   - the node of reserved pages in memory without a node (row 84): the number that the kernel stores,
 *     which means none, goes to the page allocator there; ours gets node 0.
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include "harness.h"

enum script_on {
	ON_ALL_PROFILES = 0,
	ON_61 = 0x1,
	ON_612 = 0x2,
	ON_NEW = 0x4,
	ON_ARRAY_SELF = 0x10, /* growth: array (and linux) with metadata=self only */
	NOT_LINUX = 0x20,     /* differs there for a reason that stands next to the case */
};

struct script_case {
	unsigned row; /* of the table of worked cases; 0: a case of our own */
	const char *name;
	unsigned on; /* enum script_on, combined */
	const char *text;
};

/*
 * One cmocka test per case, each on every variant, build, profile and metadata mode that applies, and
 * on `linux` in the profiles of the kernels that it can be built from. Without it a line says so, and
 * with CI in the environment the tests fail. MB_TEST_CASE in the environment is a pattern: `*hugetlb*`
 * runs only the cases with such a name.
 *
 * With MB_TEST_MACHINE=KEY=VALUE,... (the words of a trace) and MB_TEST_KERNEL=linux:... the cases run
 * on that machine instead of fixture_machine, in that kernel's profile, and what counts is not what
 * they say but that `array` does in each statement what the kernel's file does (script_machine.c).
 */
int script_run_all(const char *group, const struct script_case *cases, size_t count);

#endif
