/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc.c - the allocation families.
 *
 * All end in the variant's alloc_range step, which searches with the fallbacks for node and mirror
 * and reserves. What is added here: the slab allocator once it is up, the default alignment, and
 * for virtual results the current limit and the second try without the lower bound. So one request
 * goes through at most
 *
 *     lower bound min_addr:  node, any node, (without mirror) node, any node
 *     lower bound 0:         the same again
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

/*
 * Slab is up: memblock may be gone, so slab serves, and the first caller to ask is reported. Zeroed
 * here, whatever was asked for.
 */
static uint64_t slab_instead(struct mb *mb, uint64_t size, int nid)
{
	void *ptr = NULL;
	uint64_t at = 0;

	if (!mb->warned_slab)
		mb_warn(mb, "memblock: allocation after the slab allocator is up");
	mb->warned_slab = true;
	if (mb->hooks.slab_alloc)
		at = mb->hooks.slab_alloc(mb->hooks.ctx, size, nid, &ptr);
	if (at && ptr && mb->zeroing)
		mb_memset(ptr, 0, size);
	return at;
}

/* A block was reserved: the leak tracer and confidential guests want to know. */
static __attribute__((noinline)) void tell_hooks(struct mb *mb, uint64_t at, uint64_t size,
						 bool trace)
{
	if (mb->hooks.leak_alloc && trace)
		mb->hooks.leak_alloc(mb->hooks.ctx, at, (size_t)size); /* a size_t in kernels */
	if (mb->hooks.accept && mb->profile->accepts_memory)
		mb->hooks.accept(mb->hooks.ctx, at, size);
}

static inline void prepare(struct mb *mb, uint64_t at, uint64_t size, bool trace)
{
	bool heard = ((uintptr_t)mb->hooks.leak_alloc | (uintptr_t)mb->hooks.accept) != 0;

	if (__builtin_expect(heard, 0))
		tell_hooks(mb, at, size, trace);
}

static inline uint64_t alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				   uint64_t end, int nid, bool exact_nid)
{
	uint64_t at;

	if (__builtin_expect(mb->slab_up, 0) && mb->profile->slab_check_in_core)
		return slab_instead(mb, size, nid);
	if (__builtin_expect(!align, 0)) {
		mb_log(mb, MB_WARNING, "memblock: allocation without an alignment");
		align = mb->machine.cache_line;
	}
	if (__builtin_expect(nid == (int)mb->max_numnodes, 0))
		mb_deprecated_nid(mb, 2);
	at = mb->ops->alloc_range(mb, size, align, start, end, nid, exact_nid);
	if (__builtin_expect(at != 0, 1))
		prepare(mb, at, size, end != MB_ALLOC_NOLEAKTRACE);
	return at;
}

uint64_t mb_alloc_range_nid(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			    uint64_t end, int nid, bool exact_nid)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_range_nid))
		return WHOLE(mb, alloc_range_nid, size, align, start, end, nid, exact_nid);
	return alloc_range(mb, size, align, start, end, nid, exact_nid);
}

/* One body for all callers, which jump to it. */
static __attribute__((noinline)) uint64_t
alloc_physical(struct mb *mb, uint64_t size, uint64_t align, uint64_t start, uint64_t end, int nid)
{
	return alloc_range(mb, size, align, start, end, nid, false);
}

static __attribute__((cold, noinline)) uint64_t alloc_physical_told(struct mb *mb, uint64_t size,
								    uint64_t align, uint64_t start,
								    uint64_t end,
								    unsigned long long caller)
{
	mb_log(mb, MB_INFO,
	       "memblock_phys_alloc_range: %llu bytes align=0x%llx from=0x%0*llx max_addr=0x%0*llx 0x%llx",
	       (unsigned long long)size, (unsigned long long)align, mb_digits(mb),
	       (unsigned long long)start, mb_digits(mb), (unsigned long long)(end & mb->addr_max),
	       caller);
	return alloc_physical(mb, size, align, start, end, MB_NUMA_NO_NODE);
}

uint64_t mb_phys_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			     uint64_t end)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, phys_alloc_range))
		return WHOLE(mb, phys_alloc_range, size, align, start, end);
	if (__builtin_expect(mb->debug, 0))
		return alloc_physical_told(mb, size, align, start, end, CALLER);
	return alloc_physical(mb, size, align, start, end, MB_NUMA_NO_NODE);
}

uint64_t mb_phys_alloc(struct mb *mb, uint64_t size, uint64_t align)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, phys_alloc))
		return WHOLE(mb, phys_alloc, size, align);
	if (__builtin_expect(mb->debug, 0))
		return alloc_physical_told(mb, size, align, 0, MB_ALLOC_ACCESSIBLE, CALLER);
	return alloc_physical(mb, size, align, 0, MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
}

uint64_t mb_phys_alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align, int nid)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, phys_alloc_try_nid))
		return WHOLE(mb, phys_alloc_try_nid, size, align, nid);
	return alloc_physical(mb, size, align, 0, MB_ALLOC_ACCESSIBLE, nid);
}

uint64_t mb_find(struct mb *mb, uint64_t size, uint64_t align, uint64_t start, uint64_t end,
		 int nid, uint32_t flags)
{
	assert_align(mb, align);
	if (!mb->ops->whole && nid == (int)mb->max_numnodes)
		mb_deprecated_nid(mb, !mb->bottom_up);
	return mb->ops->find_free(mb, size, align, start, end, nid, flags);
}

/* ---- virtual results ---------------------------------------------------------------------------- */

/* What they have in common. */
static inline void *alloc_virtual(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
				  uint64_t max_addr, int nid, bool exact_nid)
{
	uint64_t at;

	if (__builtin_expect(mb->slab_up, 0) && !mb->profile->slab_check_in_core) {
		at = slab_instead(mb, size, nid);
		return at ? phys_to_virt(mb, at) : NULL;
	}
	if (max_addr > mb->current_limit)
		max_addr = mb->current_limit;
	for (;;) {
		at = alloc_range(mb, size, align, min_addr, max_addr, nid, exact_nid);
		if (__builtin_expect(at != 0, 1))
			return phys_to_virt(mb, at);
		if (!min_addr)
			return NULL;
		min_addr = 0;
	}
}

/* One body of each for all callers, which jump to it. */
static __attribute__((noinline)) void *alloc_zeroed(struct mb *mb, uint64_t size, uint64_t align,
						    uint64_t min_addr, uint64_t max_addr, int nid)
{
	void *ptr = alloc_virtual(mb, size, align, min_addr, max_addr, nid, false);

	/* Slab memory is zeroed already, and need not be simulated memory. */
	if (mb->zeroing && ptr && size && !mb->slab_up && mb->hooks.zero)
		mb->hooks.zero(mb->hooks.mem_ctx, virt_to_phys(mb, ptr), size);
	return ptr;
}

static __attribute__((noinline)) void *alloc_raw(struct mb *mb, uint64_t size, uint64_t align,
						 uint64_t min_addr, uint64_t max_addr, int nid)
{
	return alloc_virtual(mb, size, align, min_addr, max_addr, nid, false);
}

static __attribute__((noinline)) void *alloc_exact(struct mb *mb, uint64_t size, uint64_t align,
						   uint64_t min_addr, uint64_t max_addr, int nid)
{
	return alloc_virtual(mb, size, align, min_addr, max_addr, nid, true);
}

/* Where memblock=debug is on: first the line, with the kernel's name of the function, then @body. A
 * kernel that has no call of this name, but the one that all end in, says it itself. */
static __attribute__((cold, noinline)) void *
alloc_told(struct mb *mb, const char *function, uint64_t size, uint64_t align, uint64_t min_addr,
	   uint64_t max_addr, int nid, unsigned long long caller,
	   void *(*body)(struct mb *, uint64_t, uint64_t, uint64_t, uint64_t, int))
{
	if (!IS_WHOLE(mb, alloc_try_nid))
		mb_log(mb, MB_INFO,
		       "%s: %llu bytes align=0x%llx nid=%d from=0x%0*llx max_addr=0x%0*llx 0x%llx",
		       function, (unsigned long long)size, (unsigned long long)align, nid,
		       mb_digits(mb), (unsigned long long)min_addr, mb_digits(mb),
		       (unsigned long long)(max_addr & mb->addr_max), caller);
	return body(mb, size, align, min_addr, max_addr, nid);
}

/* What a public function ends in; inlined, for the caller's sake. */
#define ALLOC(body, function, mb, size, align, min_addr, max_addr, nid)                            \
	(__builtin_expect((mb)->debug, 0) ?                                                        \
		 alloc_told(mb, function, size, align, min_addr, max_addr, nid, CALLER, body) :    \
		 body(mb, size, align, min_addr, max_addr, nid))

MB_ALWAYS_INLINE void *alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align,
				     uint64_t min_addr, uint64_t max_addr, int nid)
{
	if (IS_WHOLE(mb, alloc_try_nid))
		return WHOLE(mb, alloc_try_nid, size, align, min_addr, max_addr, nid);
	return ALLOC(alloc_zeroed, "memblock_alloc_try_nid", mb, size, align, min_addr, max_addr,
		     nid);
}

void *mb_alloc_try_nid_raw(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
			   uint64_t max_addr, int nid)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_try_nid_raw))
		return WHOLE(mb, alloc_try_nid_raw, size, align, min_addr, max_addr, nid);
	return ALLOC(alloc_raw, "memblock_alloc_try_nid_raw", mb, size, align, min_addr, max_addr,
		     nid);
}

void *mb_alloc_exact_nid_raw(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
			     uint64_t max_addr, int nid)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_exact_nid_raw))
		return WHOLE(mb, alloc_exact_nid_raw, size, align, min_addr, max_addr, nid);
	return ALLOC(alloc_exact, "memblock_alloc_exact_nid_raw", mb, size, align, min_addr,
		     max_addr, nid);
}

void *mb_alloc_try_nid(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr,
		       uint64_t max_addr, int nid)
{
	assert_align(mb, align);
	return alloc_try_nid(mb, size, align, min_addr, max_addr, nid);
}

void *mb_alloc(struct mb *mb, uint64_t size, uint64_t align)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc))
		return WHOLE(mb, alloc, size, align);
	return alloc_try_nid(mb, size, align, MB_LOW_LIMIT, MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
}

void *mb_alloc_raw(struct mb *mb, uint64_t size, uint64_t align)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_raw))
		return WHOLE(mb, alloc_raw, size, align);
	return ALLOC(alloc_raw, "memblock_alloc_try_nid_raw", mb, size, align, MB_LOW_LIMIT,
		     MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
}

void *mb_alloc_from(struct mb *mb, uint64_t size, uint64_t align, uint64_t min_addr)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_from))
		return WHOLE(mb, alloc_from, size, align, min_addr);
	return alloc_try_nid(mb, size, align, min_addr, MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
}

void *mb_alloc_low(struct mb *mb, uint64_t size, uint64_t align)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_low))
		return WHOLE(mb, alloc_low, size, align);
	return alloc_try_nid(mb, size, align, MB_LOW_LIMIT, MB_LOW_ADDRESS_LIMIT, MB_NUMA_NO_NODE);
}

void *mb_alloc_node(struct mb *mb, uint64_t size, uint64_t align, int nid)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_node))
		return WHOLE(mb, alloc_node, size, align, nid);
	return alloc_try_nid(mb, size, align, MB_LOW_LIMIT, MB_ALLOC_ACCESSIBLE, nid);
}

void *mb_alloc_or_panic_as(struct mb *mb, uint64_t size, uint64_t align, const char *function)
{
	void *ptr;

	assert_align(mb, align);
	if (IS_WHOLE(mb, alloc_or_panic_as))
		return WHOLE(mb, alloc_or_panic_as, size, align, function);
	ptr = alloc_try_nid(mb, size, align, MB_LOW_LIMIT, MB_ALLOC_ACCESSIBLE, MB_NUMA_NO_NODE);
	if (!ptr)
		mb_bug(mb, "%s: Failed to allocate 0x%0*llx bytes", function, mb_digits(mb),
		       (unsigned long long)size);
	return ptr;
}

/* ---- HugeTLB boot pages ------------------------------------------------------------------------ */

/* An area of a kexec handover's list that [base, base + size) overlaps, or NULL. */
static const struct mb_scratch *scratch_at(const struct mb *mb, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < mb->scratch_count; i++) {
		const struct mb_scratch *area = &mb->scratch[i];

		if (base < area->base + area->size && base + size > area->base)
			return area;
	}
	return NULL;
}

bool mb_kho_scratch_overlap(const struct mb *mb, uint64_t base, uint64_t size)
{
	return scratch_at(mb, base, size) != NULL;
}

/*
 * Huge pages stay for good, scratch areas must be empty when the next kernel starts: a place that
 * overlaps one is passed over, and the search goes on below it (top-down) or above it.
 */
static uint64_t find_huge(struct mb *mb, uint64_t size, int nid, uint32_t flags)
{
	uint64_t start = 0, end = MB_ALLOC_ACCESSIBLE;

	for (;;) {
		uint64_t at = mb->ops->find_free(mb, size, size, start, end, nid, flags);
		const struct mb_scratch *area = at ? scratch_at(mb, at, size) : NULL;

		if (!area)
			return at;
		if (mb->bottom_up)
			start = area->base + area->size;
		else /* not 0, which means "accessible" */
			end = area->base > mb->page_size ? area->base : mb->page_size;
	}
}

void *mb_alloc_hugetlb(struct mb *mb, uint64_t size, int nid, bool exact_nid)
{
	const uint32_t huge = MB_RSRV_KERN | MB_RSRV_HUGETLB;
	uint32_t flags = mb->scratch_only ? MB_KHO_SCRATCH : MB_NONE;
	bool valid = nid >= 0 && (uint32_t)nid < mb->max_numnodes;
	uint64_t at;

	assert_align(mb, size);
	if (IS_WHOLE(mb, alloc_hugetlb))
		return WHOLE(mb, alloc_hugetlb, size, nid, exact_nid);
	if (__builtin_expect(mb->debug, 0))
		mb_log(mb, MB_INFO,
		       "memblock_alloc_hugetlb: %llu bytes, nid=%d, exact_nid=%d 0x%llx",
		       (unsigned long long)size, nid, exact_nid, CALLER);
	at = find_huge(mb, size, nid, flags);
	if (!at && valid && !exact_nid) {
		nid = MB_NUMA_NO_NODE;
		at = find_huge(mb, size, nid, flags);
	}
	if (!at)
		return NULL;
	if (__builtin_expect(mb->debug, 0))
		mb_log_reserved(mb, at, size, nid, huge, "memblock_alloc_hugetlb");
	if (mb->ops->add_range(mb, &mb->c[MB_RESERVED], at, size, nid, huge))
		return NULL;
	prepare(mb, at, size, true);
	return phys_to_virt(mb, at);
}
