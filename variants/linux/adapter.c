/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adapter.c - the kernel's own mm/memblock.c as a variant.
 *
 * This file includes memblock.c, unmodified, and so reaches its static functions too. It is compiled
 * by build.sh against the headers of the same kernel tree, once per tree, configuration and flag set.
 *
 *     public function --> struct mb_whole --> the kernel's function of the same name
 *     library's code  --> struct mb_ops   --> the static function that does the step
 *
 * State. All of it is the file-scope data of this object, kernel's and ours, plus grown arrays. An
 * object serves several instances by swapping: each instance has room for a copy of the data
 * (mb_ops.extra_bytes); enter() copies the owner's out and the caller's in when the owner changes. A
 * snapshot is the same copy plus the used part of grown arrays.
 *
 * What surrounds memblock.c in a kernel is replaced after its headers and before its text, by macros:
 *
 *   WARN, BUG, panic, printk    the instance's hooks; checks stay compiled in, as in a kernel
 *   __va, phys_to_virt          simulated memory, mapped when it is touched
 *   memset, memcpy              the zero hook; growth of an array is seen here
 *   slab, kmalloc               the slab hooks; with metadata=host only the growth of arrays thinks
 *                               that slab is up, and gets host memory
 *   page allocator, kmemleak    the page sink and the hooks
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The walk over a zone, where tree and configuration have it, is compiled with a zone of ours: the tools' headers
 * have one without bounds. Functions that are declared with theirs are so under another name. */
#define __next_mem_pfn_range_in_zone mbl_declared_only_1
#define reset_node_managed_pages mbl_declared_only_2
#include "tree_includes.h" /* what this tree's memblock.c includes, written by build.sh */
#include "internal.h"

#include "object.h"
#include "tree_features.h" /* what this tree has, written by build.sh */

#undef __next_mem_pfn_range_in_zone
#undef reset_node_managed_pages

/* ---- the instance that the data belongs to ----------------------------------------------------- */

/* Where the array of a collection is. */
struct mbl_array {
	void *regions;
	uint64_t pa, bytes; /* MB_MANAGED: page-rounded */
	enum mb_origin origin;
};

/* Our own part of the data. */
static struct {
	struct mb_linux_services call;
	struct mb *mb;                                /* the owner, NULL: none */
	struct mbl_array arrays[MB_COLLECTIONS], old; /* old: given back by the growth under way */
	void *slab_ptr;                               /* the last slab allocation and its address */
	uint64_t slab_pa;
	uint64_t pages; /* handed over */
	bool slab, host;
} mbl;

static bool mbl_movable_node;

/* What counts branches keeps its counters in the data: they are written before it is replaced, and those that
 * come with the other data have been. */
#ifdef MBL_COVERAGE
void __gcov_dump(void);
void __gcov_reset(void);
#define mbl_keep_coverage() __gcov_dump()
#define mbl_forget_coverage() __gcov_reset()
#else
#define mbl_keep_coverage() ((void)0)
#define mbl_forget_coverage() ((void)0)
#endif

/* Copy the data itself. The compiler does not know that a pointer reaches all these variables, so
 * nothing may be kept in registers across this: it has to be seen where it happens. */
static inline __attribute__((__always_inline__)) void mbl_copy_data(void *to, const void *from,
								    size_t bytes)
{
	mbl_keep_coverage();
	__asm__ volatile("" ::: "memory");
	__builtin_memcpy(to, from, bytes);
	__asm__ volatile("" ::: "memory");
	mbl_forget_coverage();
}

static void *mbl_va(phys_addr_t pa)
{
#if UINTPTR_MAX < UINT64_MAX
	if (pa > UINTPTR_MAX) /* src/core/core_impl.h */
		mbl.call.bug(mbl.mb, "memblock: no pointer of this host reaches 0x%llx",
			     (unsigned long long)pa);
#endif
	return (void *)(uintptr_t)(pa + mbl.mb->offset);
}

/* Memory for an array: accessible, in place. */
static void *mbl_va_mapped(phys_addr_t pa, uint64_t bytes)
{
	struct mb *mb = mbl.mb;
	void *at = mbl_va(pa);

	if (mb->hooks.map && mb->hooks.map(mb->hooks.mem_ctx, pa, bytes) != at)
		mbl.call.bug(mb, "linux: simulated memory at 0x%llx is taken",
			     (unsigned long long)pa);
	return at;
}

static phys_addr_t mbl_pa(const volatile void *ptr)
{
	if (mbl.slab_ptr && ptr == mbl.slab_ptr)
		return (phys_addr_t)mbl.slab_pa;
	return (phys_addr_t)((uintptr_t)ptr - (uintptr_t)mbl.mb->offset);
}

/* ---- messages ---------------------------------------------------------------------------------- */

/* The next number of a message, which has so many l (or a z) before its letter. */
static unsigned long long mbl_number(size_t longs, bool is_signed, va_list *ap)
{
	if (longs > 1)
		return va_arg(*ap, unsigned long long);
	if (is_signed)
		return (unsigned long long)(longs ? va_arg(*ap, long) : va_arg(*ap, int));
	return longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int);
}

/* Kernel formats to plain ones: %pa (address by reference), %pS (symbol) are the additions. */
static void mbl_format(char *out, size_t size, const char *fmt, va_list list)
{
	size_t at = 0;
	va_list ap;

	va_copy(ap, list); /* a parameter may be an array, whose address is of another type */

	while (*fmt && at + 1 < size) {
		char spec[24];
		size_t n = 0, longs = 0;

		if (*fmt != '%' || fmt[1] == '%') {
			fmt += *fmt == '%';
			out[at++] = *fmt++;
			continue;
		}
		spec[n++] = *fmt++;
		while (*fmt && strchr("#0- +.123456789lhz", *fmt) && n + 4 < sizeof(spec)) {
			if (*fmt == 'l' || *fmt == 'z')
				longs++;
			else
				spec[n++] = *fmt;
			fmt++;
		}
		switch (*fmt) {
		case 's':
			spec[n++] = 's';
			spec[n] = 0;
			at += snprintf(out + at, size - at, spec, va_arg(ap, const char *));
			break;
		case 'c':
			out[at++] = (char)va_arg(ap, int);
			break;
		case 'd':
		case 'i':
			memcpy(spec + n, "lld", 4);
			at += snprintf(out + at, size - at, spec, mbl_number(longs, true, &ap));
			break;
		case 'u':
		case 'x':
			spec[n++] = 'l';
			spec[n++] = 'l';
			spec[n++] = *fmt;
			spec[n] = 0;
			/* The kernel's %#x prints 0x0 for zero. */
			at += snprintf(out + at, size - at,
				       spec[1] == '#' && *fmt == 'x' ? "0x%llx" : spec,
				       mbl_number(longs, false, &ap));
			break;
		case 'p':
			if (fmt[1] == 'a') {
				const phys_addr_t *pa = va_arg(ap, const phys_addr_t *);

				at += snprintf(out + at, size - at, "0x%0*llx",
					       (int)(2 * sizeof(*pa)), (unsigned long long)*pa);
				fmt += fmt[2] == 'p' ? 2 : 1;
			} else {
				at += snprintf(out + at, size - at, "0x%llx",
					       (unsigned long long)(uintptr_t)va_arg(ap, void *));
				if (fmt[1] == 'S' || fmt[1] == 's' || fmt[1] == 'F')
					fmt++;
			}
			break;
		default:
			out[at++] = '%';
			continue;
		}
		fmt++;
	}
	va_end(ap);
	out[at < size ? at : size - 1] = 0;
}

static __printf(2, 0) void mbl_vprint(enum mb_level level, const char *fmt, va_list ap)
{
	char line[256];
	size_t n;

	mbl_format(line, sizeof(line), fmt, ap);
	n = strlen(line);
	if (n && line[n - 1] == '\n')
		line[n - 1] = 0;
	mbl.call.log(mbl.mb, level, "%s", line);
}

static __attribute__((cold)) void mbl_print(enum mb_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	mbl_vprint(level, fmt, ap);
	va_end(ap);
}

static __attribute__((cold, noreturn)) void mbl_panic(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	mbl_format(line, sizeof(line), fmt, ap);
	va_end(ap);
	n = strlen(line);
	if (n && line[n - 1] == '\n')
		line[n - 1] = 0;
	mbl.call.bug(mbl.mb, "%s", line);
}

static __attribute__((cold)) void mbl_warn(const char *what)
{
	mbl.call.warn(mbl.mb, "%s", what);
}

#undef WARN
#undef WARN_ON
#undef WARN_ONCE
#undef WARN_ON_ONCE
#undef BUG_ON
#undef BUG
#define WARN_ON(condition)                                                                         \
	({                                                                                         \
		int ret_ = !!(condition);                                                          \
		if (unlikely(ret_))                                                                \
			mbl_warn(#condition);                                                      \
		unlikely(ret_);                                                                    \
	})
#define WARN(condition, ...) WARN_ON(condition)
#define WARN_ON_ONCE(condition)                                                                    \
	({                                                                                         \
		static bool warned_;                                                               \
		int ret_ = !!(condition);                                                          \
		if (unlikely(ret_ && !warned_)) {                                                  \
			warned_ = true;                                                            \
			mbl_warn(#condition);                                                      \
		}                                                                                  \
		unlikely(ret_);                                                                    \
	})
#define WARN_ONCE(condition, ...) WARN_ON_ONCE(condition)
#define BUG_ON(condition)                                                                          \
	do {                                                                                       \
		if (unlikely(condition))                                                           \
			mbl_panic("BUG: %s", #condition);                                          \
	} while (0)
#define BUG() BUG_ON(1)
#undef panic
#define panic(...) mbl_panic(__VA_ARGS__)

#undef printk
#undef pr_err
#undef pr_warn
#undef pr_info
#undef pr_debug
#undef pr_cont
#undef pr_warn_ratelimited
#define printk(...) mbl_print(MB_INFO, __VA_ARGS__)
#define pr_err(...) mbl_print(MB_ERR, __VA_ARGS__)
#define pr_warn(...) mbl_print(MB_WARNING, __VA_ARGS__)
#define pr_info(...) mbl_print(MB_INFO, __VA_ARGS__)
#define pr_warn_ratelimited(...) mbl_print(MB_WARNING, __VA_ARGS__)
#undef dump_stack
#define dump_stack() mbl_print(MB_WARNING, "memblock: allocation without an alignment")

/* ---- the machine ------------------------------------------------------------------------------- */

#undef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES MBL_CACHE_LINE
#undef PAGE_SHIFT
#define PAGE_SHIFT MBL_PAGE_SHIFT
#ifdef MBL_MAX_PAGE_ORDER
#undef MAX_PAGE_ORDER
#undef MAX_ORDER
#define MAX_PAGE_ORDER MBL_MAX_PAGE_ORDER
#define MAX_ORDER (MBL_MAX_PAGE_ORDER + 1) /* kernel 6.1 */
#endif
#define movable_node_is_enabled() (mbl_movable_node)

#undef __va
#undef __pa
#undef phys_to_virt
#undef virt_to_phys
#define __va(pa) mbl_va_mapped(pa, new_alloc_size) /* used by memblock_double_array() only */
#define __pa(ptr) mbl_pa(ptr)
#define phys_to_virt(pa) mbl_va(pa)
#define virt_to_phys(ptr) mbl_pa(ptr)

/* Is the text that this is expanded in part of that function? Folded by the compiler. */
#define mbl_in(function) (__builtin_strcmp(__func__, function) == 0)

/* One instruction in kernels; the tools' headers have the portable steps. */
#undef __ffs
#define __ffs(word) ((unsigned long)__builtin_ctzl(word))

/* ---- slab -------------------------------------------------------------------------------------- */

static void *mbl_kmalloc(size_t size)
{
	struct mb *mb = mbl.mb;
	void *ptr = NULL;

	if (mbl.host) {
		if (mb->hooks.host_alloc)
			ptr = mb->hooks.host_alloc(mb->hooks.mem_ctx, mb->host_used, size);
		if (ptr)
			mb->host_used += (size + 63) & ~63ULL;
	} else if (mb->hooks.slab_alloc) {
		mbl.slab_pa = mb->hooks.slab_alloc(mb->hooks.ctx, size, MB_NUMA_NO_NODE, &ptr);
		mbl.slab_ptr = mbl.slab_pa ? ptr : NULL;
		ptr = mbl.slab_ptr;
	}
	return ptr;
}

/* A request for memory that comes too late. */
static void *mbl_late_alloc(size_t size, int nid)
{
	struct mb *mb = mbl.mb;
	void *ptr = NULL;
	uint64_t pa = 0;

	if (mb->hooks.slab_alloc)
		pa = mb->hooks.slab_alloc(mb->hooks.ctx, size, nid, &ptr);
	return pa ? mbl_va((phys_addr_t)pa) : NULL;
}

static void mbl_kfree(void *ptr)
{
	struct mb *mb = mbl.mb;
	uint64_t bytes = mbl.old.regions == ptr ? mbl.old.bytes : 0;

	for (int i = 0; i < MB_COLLECTIONS && !bytes; i++)
		bytes = mbl.arrays[i].regions == ptr ? mbl.arrays[i].bytes : 0;
	if (!mbl.host && mb->hooks.slab_free)
		mb->hooks.slab_free(mb->hooks.ctx, ptr, bytes);
}

#undef kzalloc_node
#define kmalloc(size, gfp) mbl_kmalloc(size)
#define kfree(ptr) mbl_kfree(ptr)
#define kzalloc_node(size, gfp, nid) mbl_late_alloc(size, nid)
#define slab_is_available() (mbl_in("memblock_double_array") ? mbl.slab || mbl.host : mbl.slab)

/* ---- memory functions: what is written, and the growth of arrays ------------------------------- */

static void mbl_grew(void *to, const void *from, size_t bytes);

#if MB_KMEM
#define mbl_move mb_kmemmove
#define mbl_set mb_kmemset
#else
#define mbl_move __builtin_memmove
#define mbl_set __builtin_memset
#endif

/* Not inlined, as others that stand for a function of the kernel's: what they do is not memblock's work,
 * and does not belong to its functions when those are counted or looked at. */
static __attribute__((__noinline__)) void mbl_zero(void *ptr, int byte, size_t size)
{
	struct mb *mb = mbl.mb;

	if (!size || !mb->zeroing)
		return;
	if (byte == 0 && mb->hooks.zero)
		mb->hooks.zero(mb->hooks.mem_ctx, mbl_pa(ptr), size);
	else if (mb->hooks.map && mb->hooks.map(mb->hooks.mem_ctx, mbl_pa(ptr), size) == ptr)
		__builtin_memset(ptr, byte, size);
}

#undef memset
#undef memcpy
#undef memmove
#define memmove(to, from, size) mbl_move(to, from, size)
#define memcpy(to, from, size)                                                                     \
	do {                                                                                       \
		if (mbl_in("memblock_double_array"))                                               \
			mbl_grew(to, from, size);                                                  \
		mbl_move(to, from, size);                                                          \
	} while (0)
#define memset(to, byte, size)                                                                     \
	(mbl_in("memblock_double_array") ? (void)mbl_set(to, byte, size) : mbl_zero(to, byte, size))

/* ---- page allocator, kmemleak, acceptance ------------------------------------------------------ */

/* Inlined, as the library's own are: on both sides the sink's function is what a kernel's memblock calls. */
static inline __attribute__((__always_inline__)) void mbl_init_reserved(phys_addr_t base,
									phys_addr_t end, int nid)
{
	struct mb *mb = mbl.mb;

	if (mb->sink.init_reserved)
		mb->sink.init_reserved(mb->sink.ctx, base, end, nid);
}

static inline __attribute__((__always_inline__)) void mbl_free_pages(unsigned long pfn,
								     unsigned int order, bool late)
{
	struct mb *mb = mbl.mb;

	if (late) {
		if (mb->sink.free_page)
			mb->sink.free_page(mb->sink.ctx, pfn);
	} else if (mb->sink.free_block) {
		mb->sink.free_block(mb->sink.ctx, pfn, order);
	}
}

static bool mbl_deferred(void)
{
	struct mb *mb = mbl.mb;

	return mb->sink.deferred && mb->sink.deferred(mb->sink.ctx);
}

static void *mbl_reset_managed(void)
{
	struct mb *mb = mbl.mb;

	if (mb->sink.reset_managed)
		mb->sink.reset_managed(mb->sink.ctx);
	return NULL;
}

static __attribute__((__noinline__)) int mbl_early_pfn_to_nid(unsigned long pfn)
{
	unsigned long first, end;
	int nid = NUMA_NO_NODE;

#ifdef CONFIG_NUMA
	nid = memblock_search_pfn_nid(pfn, &first, &end);
#else
	(void)pfn, (void)first, (void)end;
#endif
	return nid < 0 ? 0 : nid;
}

static void mbl_leak(bool alloc, phys_addr_t pa, size_t size)
{
	const struct mb_hooks *hooks = &mbl.mb->hooks;

	if (alloc && hooks->leak_alloc)
		hooks->leak_alloc(hooks->ctx, pa, size);
	if (!alloc && hooks->leak_free)
		hooks->leak_free(hooks->ctx, pa, size);
}

#if MBL_HAS_alloc_hugetlb
/* A kernel keeps the list beside memblock, which neither makes nor reads it: it is the instance's. */
static bool mbl_scratch_overlap(phys_addr_t base, uint64_t size)
{
	const struct mb *mb = mbl.mb;

	for (uint32_t i = 0; i < mb->scratch_count; i++) {
		if (base < mb->scratch[i].base + mb->scratch[i].size &&
		    base + size > mb->scratch[i].base)
			return true;
	}
	return false;
}
#define kho_scratch_overlap(base, size) mbl_scratch_overlap(base, size)
#endif

static void mbl_accept(phys_addr_t pa, uint64_t size)
{
	if (mbl.mb->hooks.accept)
		mbl.mb->hooks.accept(mbl.mb->hooks.ctx, pa, size);
}

#undef pfn_to_page
#undef for_each_online_pgdat
#define pfn_to_page(pfn) ((struct page *)(uintptr_t)(pfn))
#define mbl_pfn_of(page) ((unsigned long)(uintptr_t)(page))
#define for_each_online_pgdat(pgdat) for (pgdat = mbl_reset_managed(); pgdat; pgdat = NULL)
#define early_pfn_to_nid(pfn) mbl_early_pfn_to_nid(pfn)
#define totalram_pages_add(n) (mbl.pages += (n))
#define totalram_pages_inc() ((void)0)
#define mbl_nid_of(first, nid, ...) (nid)
#define reserve_bootmem_region(base, end, ...)                                                     \
	mbl_init_reserved(base, end, mbl_nid_of(0, ##__VA_ARGS__, -1))
/* Newer trees have that function's loop over page structs themselves. It makes one step here, which
 * gets the bounds that the function around it was given. */
#undef for_each_valid_pfn
#define for_each_valid_pfn(pfn, first, end_pfn)                                                    \
	for ((pfn) = (first);                                                                      \
	     mbl_in("memmap_init_reserved_range") ? (pfn) == (first) : (pfn) < (end_pfn); (pfn)++)
#define mbl_reserved_step() mbl_init_reserved(start, end, nid)
/* One of the two calls in it tells that; the first is empty in a kernel without deferred initialisation, which has
 * its answer to the third when it is compiled. That is asked where reserved pages are released. */
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
#define init_deferred_page(pfn, nid) mbl_reserved_step()
#define __SetPageReserved(page) ((void)(page))
#define deferred_pages_enabled() mbl_deferred()
#else
#define init_deferred_page(pfn, nid) ((void)(pfn))
#define __SetPageReserved(page) ((void)(page), mbl_reserved_step())
#define deferred_pages_enabled() false
#endif
#define page_address(page) mbl_va((phys_addr_t)mbl_pfn_of(page) << PAGE_SHIFT)
#define kasan_reset_tag(ptr) (ptr)
#define free_reserved_page(page) mbl_free_pages(mbl_pfn_of(page), 0, true)
#define __is_kernel(addr) ((void)(addr), false)
#define __pa_symbol(ptr) mbl_pa(ptr)
#define K(pages) ((pages) << (PAGE_SHIFT - 10))
#define mbl_late() (mbl_in("memblock_free_late") || mbl_in("memblock_discard"))
/* (page, pfn, order), or (pfn, order) in newer trees. */
#define mbl_free_pages_3(page, pfn, order) mbl_free_pages(pfn, order, mbl_late())
#define mbl_free_pages_2(pfn, order) mbl_free_pages(pfn, order, mbl_late())
#define mbl_by_count(a, b, c, name, ...) name
#define memblock_free_pages(...)                                                                   \
	mbl_by_count(__VA_ARGS__, mbl_free_pages_3, mbl_free_pages_2, 0)(__VA_ARGS__)
#define kmemleak_alloc_phys(pa, size, gfp) mbl_leak(true, pa, size)
#define kmemleak_free_part_phys(pa, size) mbl_leak(false, pa, size)
#if MBL_ACCEPTS_TO_END
#define accept_memory(pa, end) mbl_accept(pa, (end) - (pa))
#else
#define accept_memory(pa, size) mbl_accept(pa, size)
#endif
#if !MBL_HAS_free_reserved_area && MBL_CALLS_FREE_AREA
#define free_reserved_area(start, end, poison, name)                                               \
	mbl.call.free_area(mbl.mb, start, end, poison, name)
#endif

/* What the walk over a zone wants to know of it, and what resetting its pages does. */
struct mbl_zone {
	unsigned long zone_start_pfn, end_pfn;
	int nid;
	atomic_long_t managed_pages;
};
struct mbl_node {
	struct mbl_zone node_zones[MAX_NR_ZONES];
};
#undef zone_end_pfn
#undef zone_to_nid
#define zone mbl_zone
#define pglist_data mbl_node
#define pg_data_t struct mbl_node
#define zone_end_pfn(z) ((z)->end_pfn)
#define zone_to_nid(z) ((z)->nid)
#ifndef U64_MAX
#define U64_MAX UINT64_MAX
#endif

/* A number as kernels read it: 0x needs a digit. What is too large wraps, and a suffix counts without digits;
 * or (7.3) it is all ones, and a suffix without digits is none. */
static unsigned long long mbl_memparse(const char *text, char **end)
{
	static const char digits[] = "0123456789abcdef", suffixes[] = "kmgtpe";
	const bool mbl_saturates = MBL_SIZES_SATURATE;
	unsigned long long value = 0;
	bool large = false, any;
	unsigned base = 10, shift;
	const char *at, *first;

	if (*text == '0') {
		base = 8;
		if ((text[1] | 0x20) == 'x' && text[2] && strchr(digits, text[2] | 0x20)) {
			base = 16;
			text += 2;
		}
	}
	first = text;
	for (; *text && (at = strchr(digits, *text > '9' ? *text | 0x20 : *text)); text++) {
		unsigned digit = (unsigned)(at - digits);

		if (digit >= base)
			break;
		large |= value > (~0ULL - digit) / base;
		value = value * base + digit;
	}
	any = text > first;
	at = *text && (any || !mbl_saturates) ? strchr(suffixes, *text | 0x20) : NULL;
	shift = at ? 10 * (unsigned)(at - suffixes + 1) : 0;
	large |= shift && value > ~0ULL >> shift;
	*end = (char *)text + !!at;
	return large && mbl_saturates ? ~0ULL : value << shift;
}
#undef isspace
#define isspace(c) ((c) == ' ' || ((c) >= '\t' && (c) <= '\r') || (unsigned char)(c) == 0xa0)
#define memparse(text, end) mbl_memparse(text, end)

/* ---- the kernel's file ------------------------------------------------------------------------- */

#include "memblock.c"

#undef memset
#undef memcpy
#undef memmove
#undef zone
#undef pglist_data
#undef pg_data_t

#include "adapter_state.h"
#include "adapter_steps.h"
#include "adapter_calls.h"

/* ---- the object -------------------------------------------------------------------------------- */

static const struct mb_ops mbl_ops = {
	.name = "linux",
	.slot_size = sizeof(struct memblock_region),
	.static_bytes = mbl_static_bytes,
	.params = mbl_params,
	.whole = &mbl_whole,
	.extra_bytes = 0, /* filled by mb_linux_open() */
	.init = mbl_init,
	.load = mbl_load,
	.add_range = mbl_add_range,
	.remove_range = mbl_remove_range,
	.change_flags = mbl_change_flags,
	.change_node = mbl_change_node,
	.stamp_node = mbl_stamp_node,
	.trim = mbl_trim,
	.keep_range = mbl_keep_range,
	.find_free = mbl_find_free,
	.alloc_range = mbl_alloc_range,
	.search = mbl_search,
	.overlaps = mbl_overlaps,
	.next_batch = mbl_next_batch,
	.used_bytes = mbl_used_bytes,
	.check = mbl_check,
};

static const struct mb_profile mbl_behaviour = {
	.name = MBL_NO_RESIZE_PANICS ? "6.12+" : "6.1+",
	.empty_has_dummy = MBL_EMPTY_HAS_DUMMY,
	.no_resize_panics = MBL_NO_RESIZE_PANICS,
	.rsrv_nid_requested = MBL_RSRV_NID_REQUESTED,
	.alloc_sets_rsrv_kern = MBL_ALLOC_SETS_RSRV_KERN,
	.flag_mismatch_needs_flags = MBL_FLAG_MISMATCH_NEEDS_FLAGS,
	.invalid_nid_is_any = MBL_INVALID_NID_IS_ANY,
	.nomap_pages_first = MBL_NOMAP_PAGES_FIRST,
	.slab_check_in_core = MBL_SLAB_CHECK_IN_CORE,
	.numa_reset_is_no_node = MBL_INVALID_NID_IS_ANY, /* elsewhere; they changed together */
	.dump_node_if_valid = MBL_DUMP_NODE_IF_VALID,
	.kern_size_in_estimate = MBL_KERN_SIZE_IN_ESTIMATE,
	.merge_scans_all = !MBL_MERGES_A_WINDOW,
	.counts_if_just_room = MBL_COUNTS_IF_JUST_ROOM,
	.scratch_is_flag = MBL_HAS_mark_kho_scratch,
	.accepts_memory = MBL_ACCEPTS_MEMORY,
	.free_releases_pages = MBL_FREE_RELEASES_PAGES,
	.debugfs_shows_flags = MBL_DEBUGFS_SHOWS_FLAGS,
	.debugfs_names_kern = MBL_DEBUGFS_NAMES_KERN,
	.debugfs_names_hugetlb = MBL_DEBUGFS_NAMES_HUGETLB,
	.highmem_is_handed_over = MBL_HIGHMEM_IS_HANDED_OVER,
	.reserve_mem_reports = MBL_RESERVE_MEM_REPORTS,
	.sizes_saturate = MBL_SIZES_SATURATE,
};

__attribute__((visibility("default"))) const struct mb_linux_object *
mb_linux_open(const struct mb_linux_services *services);

const struct mb_linux_object *mb_linux_open(const struct mb_linux_services *services)
{
	static struct mb_ops ops;
	static struct mb_linux_object object;

	if (services->mb_bytes != sizeof(struct mb))
		return NULL;
	mbl.call = *services;
	ops = mbl_ops;
	ops.extra_bytes = services->data_bytes;
	object.ops = &ops;
	object.behaviour = &mbl_behaviour;
	mbl_copy_data(services->pristine, services->data, services->data_bytes);
	return &object;
}
