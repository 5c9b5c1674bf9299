# SPDX-License-Identifier: GPL-2.0-or-later
"""table.py - one text of variants/linux each, and what it becomes: the mutants of mutants.py.

E(name, entry, what, file, text, becomes, profiles, tests): `entry` is the row of variants/linux/replaced.md that it
is a mutant of. `text` is an expression that is once in `file`, perhaps between what stands before (<|) and behind it
(|>); `becomes` is one of the same type. In S() both are statements. Profiles are tried in that order; `tests` are
unit programs, with a pattern of cases, for what random sequences do not reach. Of CONTROLS, which are no mutants,
`what` is the word that has to come out.

P(name, step, what, text, becomes, steps) and Q(), with statements, are of a step in the kernel's own file
(variants/linux/steps): what is compared has that step, or `steps`. What only costs time is no mutant: a place that is
tried in vain, an index that is lower than need be. `noinit` has none: it is the caller's, which here is a replay.
"""
from typing import NamedTuple

ALL = ("new", "6.12", "6.1")
NEW, OLD, POST = ("new",), ("6.12", "6.1"), ("new", "6.12")
A, STATE, STEPS, CALLS = "adapter.c", "adapter_state.h", "adapter_steps.h", "adapter_calls.h"


class Mutant(NamedTuple):
    name: str
    entry: str
    what: str
    file: str
    text: str
    becomes: str
    profiles: tuple
    tests: tuple
    statement: bool
    steps: str = ""


def E(name, entry, what, file, text, becomes, profiles=ALL, tests=()):
    return Mutant(name, entry, what, file, text, becomes, profiles, tests, False)


def S(name, entry, what, file, text, becomes, profiles=ALL, tests=()):
    return Mutant(name, entry, what, file, text, becomes, profiles, tests, True)


def P(name, step, what, text, becomes, steps="", statement=False):
    return Mutant(name, f"step {step}", what, f"{step}.step", text, becomes, POST, (), statement, steps or step)


def Q(name, step, what, text, becomes, steps=""):
    return P(name, step, what, text, becomes, steps, True)


ARRAYS = 'mbl_in("memblock_double_array")'
SLAB = ARRAYS + " ? mbl.slab || mbl.host : mbl.slab"

MUTANTS = [
    # Messages and checks.
    E("warn_on-silent", "WARN_ON", "does not warn", A, "(unlikely(ret_))", "(0)"),
    E("warn-silent", "WARN", "does not warn", A, "WARN_ON(condition)|>\n#define WARN_ON_ONCE", "!!(condition)",
      NEW, ("test_cases_handover:*before_page_structs*",)),
    E("warn_on_once-always", "WARN_ON_ONCE", "warns each time", A, "ret_ && !warned_", "ret_"),
    E("warn_on_once-never", "WARN_ON_ONCE", "does not warn", A, "ret_ && !warned_", "0"),
    E("warn_once-always", "WARN_ONCE", "warns each time", A, "WARN_ON_ONCE(condition)|>\n#define BUG_ON", "WARN_ON(condition)", ("6.1",)),
    E("bug_on-goes-on", "BUG_ON", "does not stop", A, "(unlikely(condition))", "(0)"),
    E("panic-text", "panic", "without its text", A, "mbl_panic(__VA_ARGS__)", 'mbl_panic("panic")'),
    E("pr_err-level", "pr_err", "at another level", A, "mbl_print(MB_ERR, __VA_ARGS__)", "mbl_print(MB_INFO, __VA_ARGS__)"),
    E("pr_warn-level", "pr_warn", "at another level", A, "mbl_print(MB_WARNING, __VA_ARGS__)|>\n#define pr_info",
      "mbl_print(MB_INFO, __VA_ARGS__)", ALL, ("test_cases_add:*cap_without_memory*",)),
    E("pr_info-level", "pr_info", "at another level", A, "mbl_print(MB_INFO, __VA_ARGS__)|>\n#define pr_warn_ratelimited",
      "mbl_print(MB_WARNING, __VA_ARGS__)"),
    E("pr_warn_ratelimited-level", "pr_warn_ratelimited", "at another level", A, "mbl_print(MB_WARNING, __VA_ARGS__)|>\n#undef dump_stack",
      "mbl_print(MB_INFO, __VA_ARGS__)"),
    E("dump_stack-silent", "dump_stack", "says nothing", A,
      'mbl_print(MB_WARNING, "memblock: allocation without an alignment")', "((void)0)", ALL, ("test_cases_alloc:row 36*",)),
    E("format-address", "printk", "%pa too short", A, "(int)(2 * sizeof(*pa))", "(int)(sizeof(*pa))"),
    E("format-zero", "printk", "%#x of 0 without 0x", A, "spec[1] == '#' && *fmt == 'x'", "0"),
    # The machine.
    E("cache_line", "SMP_CACHE_BYTES", "always 64", A, "MBL_CACHE_LINE|>\n", "64"),
    E("page_shift", "PAGE_SHIFT", "always 12", A, "MBL_PAGE_SHIFT|>\n#ifdef MBL_MAX", "12"),
    E("max_page_order", "MAX_PAGE_ORDER", "one less", A, "MBL_MAX_PAGE_ORDER|>\n#define MAX_ORDER", "(MBL_MAX_PAGE_ORDER - 1)",
      POST, ("test_cases_handover:*largest_block*",)),
    E("max_order", "MAX_ORDER", "one less", A, "(MBL_MAX_PAGE_ORDER + 1)", "(MBL_MAX_PAGE_ORDER)", ("6.1",),
      ("test_cases_handover:*largest_block*",)),
    E("movable-never", "movable_node_is_enabled", "never", A, "(mbl_movable_node)", "(false)"),
    E("movable-always", "movable_node_is_enabled", "always", A, "(mbl_movable_node)", "(true)"),
    E("mirror-never", "mirrored_kernelcore", "never", STATE, "mb->machine.kernelcore_mirror", "false"),
    E("max_low_pfn", "max_low_pfn", "no cut", STATE, "mb->machine.max_low_pfn|>;", "~0UL"),
    E("va-high", "__va", "a page too high", A, "mbl_va_mapped(pa, new_alloc_size)",
      "mbl_va_mapped((pa) + PAGE_SIZE, new_alloc_size)"),
    E("pa-of-slab", "__pa", "an array from slab has no address of its own", A, "mbl.slab_ptr && ptr == mbl.slab_ptr", "0",
      ALL, ("test_cases_growth:*array_from_slab_says*",)),
    E("pa-high", "__pa", "a byte too high", A, "mbl_pa(ptr)|>\n#define phys_to_virt", "mbl_pa(ptr) + 1"),
    E("phys_to_virt-high", "phys_to_virt", "64 bytes too high", A, "mbl_va(pa)|>\n#define virt_to_phys",
      "(void *)((char *)mbl_va(pa) + 64)"),
    E("virt_to_phys-high", "virt_to_phys", "64 bytes too high", A, "mbl_pa(ptr)|>\n\n/* Is the text", "mbl_pa(ptr) + 64",
      POST),
    E("ffs-from-above", "__ffs", "the highest bit", A, "((unsigned long)__builtin_ctzl(word))",
      "((unsigned long)(63 - __builtin_clzl(word)))"),
    # Slab.
    E("kmalloc-fails", "kmalloc", "gives nothing", A, "mbl_kmalloc(size)|>\n", "NULL"),
    E("kmalloc-size", "kmalloc", "asks for more", A, "mb->hooks.slab_alloc(mb->hooks.ctx, size, MB_NUMA_NO_NODE, &ptr)",
      "mb->hooks.slab_alloc(mb->hooks.ctx, size + 8, MB_NUMA_NO_NODE, &ptr)"),
    E("kmalloc-nid", "kmalloc", "on node 0", A, "mb->hooks.slab_alloc(mb->hooks.ctx, size, MB_NUMA_NO_NODE, &ptr)",
      "mb->hooks.slab_alloc(mb->hooks.ctx, size, 0, &ptr)"),
    E("kfree-silent", "kfree", "gives nothing back", A, "mbl_kfree(ptr)|>\n", "(void)(ptr)", ALL, ("test_cases_growth:row 79*",)),
    E("kfree-size", "kfree", "without its size", A, "mb->hooks.slab_free(mb->hooks.ctx, ptr, bytes)",
      "mb->hooks.slab_free(mb->hooks.ctx, ptr, 0)", ALL, ("test_cases_growth:row 79*",)),
    E("kzalloc_node-fails", "kzalloc_node", "gives nothing", A, "mbl_late_alloc(size, nid)|>\n", "NULL"),
    E("kzalloc_node-nid", "kzalloc_node", "on any node", A, "mbl_late_alloc(size, nid)|>\n", "mbl_late_alloc(size, NUMA_NO_NODE)"),
    E("kzalloc_node-size", "kzalloc_node", "asks for more", A, "mbl_late_alloc(size, nid)|>\n", "mbl_late_alloc((size) + 1, nid)"),
    E("slab-never", "slab_is_available", "never but for arrays", A, SLAB, ARRAYS + ' ? mbl.slab || mbl.host : false'),
    E("slab-no-arrays", "slab_is_available", "never for arrays", A, SLAB, ARRAYS + ' ? mbl.host : mbl.slab', ALL,
      ("test_cases_growth:row 79*",)),
    E("slab-no-host", "slab_is_available", "arrays in managed memory with metadata=host", A, SLAB,
      ARRAYS + ' ? mbl.slab : mbl.slab'),
    # Memory functions.
    E("memset-short", "memset", "a byte too few", A, "mb->hooks.zero(mb->hooks.mem_ctx, mbl_pa(ptr), size)",
      "mb->hooks.zero(mb->hooks.mem_ctx, mbl_pa(ptr), size - 1)"),
    E("memset-none", "memset", "allocations are not zeroed", A, "mbl_zero(to, byte, size)", "(void)(size)"),
    E("memset-poison", "memset", "poison is not written", A, "__builtin_memset(ptr, byte, size)", "((void *)0)", NEW,
      ("test_cases_handover:*area_is_poisoned*",)),
    S("memcpy-untold", "memcpy", "growth is not told", A, "mbl_grew(to, from, size);", "(void)0;"),
    E("memcpy-short", "memcpy", "half an array", A, "mbl_move(to, from, size)|>;", "mbl_move(to, from, (size) / 2)"),
    E("memmove-short", "memmove", "a byte too few", A, "mbl_move(to, from, size)|>\n#define memcpy",
      "mbl_move(to, from, (size) ? (size) - 1 : 0)"),
    # Page allocator, kmemleak, acceptance.
    E("pfn_to_page-next", "pfn_to_page", "the next page's", A, "((struct page *)(uintptr_t)(pfn))",
      "((struct page *)(uintptr_t)((pfn) + 1))"),
    E("pgdat-none", "for_each_online_pgdat", "no node", A, "pgdat = mbl_reset_managed()", "pgdat = NULL"),
    E("early_nid-zero", "early_pfn_to_nid", "always node 0", A, "mbl_early_pfn_to_nid(pfn)|>\n", "0", POST,
      ("test_cases_handover:*nomap_pages_are*",)),
    E("early_nid-none", "early_pfn_to_nid", "-1 where memory does not say", A, "nid < 0 ? 0 : nid", "nid", POST,
      ("test_cases_handover:*nodes*",)),
    E("totalram-none", "totalram_pages_add", "nothing is counted", A, "(mbl.pages += (n))", "(mbl.pages += 0)"),
    E("totalram_inc-stops", "totalram_pages_inc", "stops: is it reached?", A, "((void)0)|>\n#define mbl_nid_of",
      'mbl_panic("totalram_pages_inc")', OLD),
    E("reserve_bootmem-end", "reserve_bootmem_region", "a byte too few", A,
      "mbl_init_reserved(base, end, mbl_nid_of(0, ##__VA_ARGS__, -1))", "mbl_init_reserved(base, (end) - 1, mbl_nid_of(0, ##__VA_ARGS__, -1))",
      OLD),
    E("reserve_bootmem-nid", "reserve_bootmem_region", "without its node", A,
      "mbl_init_reserved(base, end, mbl_nid_of(0, ##__VA_ARGS__, -1))", "mbl_init_reserved(base, end, -1)", ("6.12",)),
    E("valid_pfn-all", "for_each_valid_pfn", "each page tells the whole range", A,
      'mbl_in("memmap_init_reserved_range")|> ?', "false", NEW),
    E("valid_pfn-one", "for_each_valid_pfn", "one page of a released area", A, 'mbl_in("memmap_init_reserved_range")|> ?', "true",
      NEW),
    E("deferred_page-nid", "init_deferred_page", "without its node", A, "mbl_init_reserved(start, end, nid)",
      "mbl_init_reserved(start, end, -1)", NEW),
    E("deferred_page-bounds", "init_deferred_page", "a page less", A, "mbl_init_reserved(start, end, nid)",
      "mbl_init_reserved(PAGE_ALIGN((start) + 1), end, nid)", NEW),
    E("set_reserved-stops", "__SetPageReserved", "stops: is it reached?", A, "((void)(page))", 'mbl_panic("reserved")', NEW),
    E("deferred-never", "deferred_pages_enabled", "never", A, "mbl_deferred()|>\n", "false", NEW,
      ("test_cases_handover:*before_page_structs*",)),
    E("deferred-always", "deferred_pages_enabled", "always", A, "mbl_deferred()|>\n", "true", NEW),
    E("page_address-next", "page_address", "the next page's", A, "mbl_va((phys_addr_t)mbl_pfn_of(page) << PAGE_SHIFT)",
      "mbl_va((phys_addr_t)(mbl_pfn_of(page) + 1) << PAGE_SHIFT)", NEW, ("test_cases_handover:*area_is_poisoned*",)),
    E("kasan-next", "kasan_reset_tag", "another address", A, "(ptr)|>\n#define free_reserved_page",
      "(void *)((char *)(ptr) + PAGE_SIZE)", NEW, ("test_cases_handover:*area_is_poisoned*",)),
    E("free_reserved_page-block", "free_reserved_page", "as a block of the hand-over", A,
      "mbl_free_pages(mbl_pfn_of(page), 0, true)", "mbl_free_pages(mbl_pfn_of(page), 0, false)", NEW),
    E("is_kernel-stops", "__is_kernel", "stops: is it reached?", A, "((void)(addr), false)",
      '(mbl_panic("kernel %lx", (unsigned long)(addr)), false)', NEW),
    E("K-pages", "K", "pages, not KiB", A, "((pages) << (PAGE_SHIFT - 10))", "((pages) << 0)", NEW),
    E("free_pages-blocks", "memblock_free_pages", "a late release as a block", A,
      '(mbl_in("memblock_free_late") || mbl_in("memblock_discard"))', "(false)", OLD),
    E("free_pages-late", "memblock_free_pages", "blocks as late releases", A,
      '(mbl_in("memblock_free_late") || mbl_in("memblock_discard"))', "(true)"),
    E("free_pages-order", "memblock_free_pages", "order 0 always", A, "mb->sink.free_block(mb->sink.ctx, pfn, order)",
      "mb->sink.free_block(mb->sink.ctx, pfn, 0)"),
    E("leak-alloc", "kmemleak_alloc_phys", "not told", A, "mbl_leak(true, pa, size)", "((void)0)"),
    E("leak-free", "kmemleak_free_part_phys", "not told", A, "mbl_leak(false, pa, size)", "((void)0)"),
    E("accept-none", "accept_memory", "not told", A, "(mbl.mb->hooks.accept)|>\n", "0", POST),
    E("accept-size", "accept_memory", "an end for a size", A, "mbl_accept(pa, size)|>\n#endif", "mbl_accept(pa, (size) + (pa))", POST),
    # The zone of deferred initialisation.
    E("zone_end", "zone_end_pfn", "a page later", A, "((z)->end_pfn)", "((z)->end_pfn + 1)", OLD, ("test_cases_iterate:*zone*",)),
    E("zone_nid", "zone_to_nid", "any node", A, "((z)->nid)", "(NUMA_NO_NODE)", OLD, ("test_cases_iterate:*zone*",)),
    E("zone_start", "zone", "from page 0", CALLS, ".zone_start_pfn = <|zone_start_pfn", "0", OLD,
      ("test_cases_iterate:*zone*",)),
    # Numbers of the command line.
    E("memparse-octal", "memparse", "0 does not mean octal", A, "base = 8", "base = 10", POST, ("test_reports",)),
    E("memparse-suffix", "memparse", "K is 1000", A, "value << shift", "value * 1000", POST, ("test_reports",)),
    E("memparse-wraps", "memparse", "6.12's in 7.3 and 7.3's in 6.12", A, "mbl_saturates = <|MBL_SIZES_SATURATE", "!MBL_SIZES_SATURATE", POST, ("test_reports",)),
    E("isspace-blank", "isspace", "the blank only", A, "((c) >= '\\t' && (c) <= '\\r')", "0", POST, ("test_reports",)),
    E("isspace-nbsp", "isspace", "no blank of 8 bits", A, "(unsigned char)(c) == 0xa0", "0", POST, ("test_reports",)),
    # Kexec handover.
    E("scratch-none", "kho_scratch_overlap", "no area", A, "i < mb->scratch_count", "i < 0", NEW, ("test_cases_alloc:*hugetlb*",)),
    E("scratch-edge", "kho_scratch_overlap", "an area touches what ends where it begins", A,
      "base + size > mb->scratch[i].base", "base + size >= mb->scratch[i].base", NEW, ("test_cases_alloc:*hugetlb*",)),
    E("scratch-first", "kho_scratch_overlap", "the first area only", A, "i < mb->scratch_count", "i < mb->scratch_count && !i",
      NEW, ("test_cases_alloc:*area*",)),
    S("scratch-flag", "kho_scratch_overlap", "asks the flag of memory, too", A,
      "<|return false;|>\n}\n#define kho_scratch_overlap",
      "struct memblock_region *r; for_each_mem_region(r) if (memblock_is_kho_scratch(r) && "
      "memblock_addrs_overlap(base, size, r->base, r->size)) return true; return false;", NEW,
      ("test_cases_alloc:*area*",)),
    E("scratch_only", "memblock_set_kho_scratch_only", "never", STATE, "(mb->scratch_only)", "(0)", NEW),
    # What a kernel has as a macro, or not at all.
    E("regions-last", "for_each_mem_region", "without the last", STEPS,
      "type ? <|(uint32_t)type->cnt|> : 0;\n\tuint32_t done", "(uint32_t)(type->cnt - (type->cnt > 1))"),
    E("range-flags", "__next_mem_range", "the flags of the next region", STEPS, "index < type->cnt && r->base < end",
      "index < type->cnt"),
    E("range-flags-rev", "__next_mem_range_rev", "the flags of the region below", STEPS,
      "index < type->cnt && r->base + r->size > base", "index < type->cnt"),
    S("setclr-no-merge", "memblock_setclr_flag", "without a merge (flags that this kernel cannot set)", STEPS,
      "mbl_merge(type, first, end);", ";", OLD, ("test_cases_add:*marks_that*",)),
    E("stamp-first", "memblock_set_region_node", "not the first region", STEPS,
      "<|i >= 0|>)\n		memblock_set_region_node", "i > 0"),
    E("end_of_DRAM", "memblock_end_of_DRAM", "1 where there is no memory", CALLS, "memblock.memory.cnt ? memblock_end_of_DRAM() : 0",
      "memblock.memory.cnt ? memblock_end_of_DRAM() : 1", POST, ("test_cases_iterate:*dram*",)),
    E("region_pfn", "memblock_region_memory_base_pfn", "of reserved, too", CALLS, "which == MB_MEMORY", "1"),
    E("search_pfn", "memblock_search_pfn_nid", "outputs are lost where nothing is found", CALLS, "first = <|*start_pfn", "0"),
    E("pfn_range-flags", "__next_mem_pfn_range", "without flags", CALLS, "memblock.memory.regions[index].flags", "0"),
    E("reserve_mem-cut", "reserve_mem", "a long text is cut", CALLS, 'snprintf(copy, sizeof(copy), "%s", text)',
      'snprintf(copy, 12, "%s", text)', POST, ("test_reports",)),
    E("reserve_mem-size", "reserve_mem_find_by_name", "start for size", CALLS, "*size = bytes", "*size = base", POST,
      ("test_reports",)),
    S("free_all-pages", "memblock_free_all", "pages of an earlier hand-over are kept", CALLS, "mbl.pages = 0;", ";",
      ALL, ("test_life",)),
    S("free_all-scratch", "memblock_free_all", "the instance still thinks of scratch only", CALLS,
      "mb->scratch_only = false;", ";", NEW, ("test_cases_handover:*scratch_only*",)),
    # Steps in the kernel's own file.
    P("lower-page", "lower", "passes what ends a page above", "type->regions[idx].size <= <|addr|>)", "addr + 0x1000"),
    P("binary-page", "binary", "passes what ends a page above", "type->regions[mid].size <= <|addr|>)", "addr + 0x1000"),
    P("binary-half", "binary", "begins in the middle", "int idx = <|0|>, end", "type->cnt / 2"),
    P("ends-page", "ends", "passes what ends a page above", "type->regions[type->cnt - 1].size <= <|addr|>)", "addr + 0x1000"),
    Q("once-stale", "once", "as it was before an array moved", "{\n|\t\t\t<|first = -1;", ";"),
    P("walk-up", "walk", "reserved memory is free, upwards", "|\t\t\t\t    <|&memblock.reserved|>, &this_start", "NULL"),
    P("walk-down", "walk", "reserved memory is free, downwards", "|\t\t\t\t\t<|&memblock.reserved|>, &this_start", "NULL"),
    P("place-beyond", "place", "beyond the last region", "<|idx <= type->cnt|> &&", "1"),
    P("place-below", "place", "whatever ends below", "rgn[-1].base + rgn[-1].size <= addr", "1"),
    P("place-next", "place", "one region too far", "return <|++memblock_finger", "memblock_finger += 2"),
    P("local-node", "local", "whatever the node", "memblock_get_region_node(rgn) != nid", "0"),
    P("local-flags", "local", "whatever the flags", "return <|rgn->flags == flags|>;", "1"),
    P("local-below", "local", "a region below that does not touch", "prev->base + prev->size == base", "1"),
    P("local-above", "local", "a region above that does not touch", "base + size == next->base", "1"),
    Q("local-total", "local", "the total stays", "type->total_size += size;", ";"),
    Q("local-unmerged", "local", "what it has reached stays apart", "|\t\t\t<|end_rgn = idx;", "end_rgn = idx - 1;"),
]

CONTROLS = [
    E("control-same", "BUG_ON", "NOTHING", A, "(unlikely(condition))", "(unlikely((condition)))"),
    E("control-dies", "BUG_ON", "DIES", A, "(unlikely(condition))", "(__builtin_trap(), 0)"),
]
