/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_survive.c - what the kernel itself does not survive, which is no difference and is not tried.
 *
 *     rounding up in the topmost block            trim: skipped
 *     the same in the topmost page of 32 bits     skipped
 *     the block of page 0 in a 6.1 hand-over      undefined: skipped
 *     reserve_mem= aligned by what is no power    undefined, and debug builds of ours stop: skipped there
 *     discarding what is edited after that        undefined: skipped
 */
#include "verify/verify_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool verify_array(const struct verify_instance *inst, unsigned which, unsigned i, uint64_t *base,
		  uint64_t *size)
{
	struct mb_segment s;

	if (inst->kernel) { /* one array, and its place is known from when it grew */
		*base = inst->arrays[which].base;
		*size = inst->arrays[which].size;
		return !i;
	}
	if (!mb_storage(inst->mb, &inst->mb->c[which], i, &s))
		return false;
	*base = s.pa;
	*size = s.origin == MB_MANAGED ? s.bytes : 0;
	return true;
}

bool verify_meets(const struct verify_instance *inst, unsigned which, uint64_t base, uint64_t size)
{
	uint64_t at, length;

	for (unsigned i = 0; verify_array(inst, which, i, &at, &length); i++)
		if (length && base < at + length && (size > UINT64_MAX - base || at < base + size))
			return true;
	return false;
}

bool verify_meets_array(const struct verify_lab *lab, uint64_t base, uint64_t size)
{
	const struct verify_instance *inst = &lab->instances[lab->reference];

	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		if (verify_meets(inst, w, base, size))
			return true;
	return false;
}

static uint64_t last_memory_end(const struct verify_lab *lab, uint64_t *base)
{
	uint32_t cnt = lab->cnt[MB_MEMORY];
	const struct mb_region *last = cnt ? &lab->regions[MB_MEMORY][cnt - 1] : NULL;

	*base = last ? last->base : 0;
	return last ? last->base + last->size : 0;
}

static bool page_zero_is_free(const struct verify_lab *lab)
{
	struct mb *mb = lab->instances[lab->reference].mb;

	return mb_is_memory(mb, 0) && !mb_is_region_reserved(mb, 0, mb->page_size);
}

/*
 * A range with a bound inside the topmost page of short addresses. Page numbers are rounded up in an
 * unsigned long, which is as short as addresses in such a kernel, but not where its code runs here.
 */
static bool cuts_top_page(const struct verify_lab *lab, const struct mb_op *op)
{
	const struct mb *mb = lab->instances[lab->reference].mb;
	uint64_t top = mb->addr_max - (mb->page_size - 1), end = op->base + op->size;

	return lab->has_kernel && mb->machine.addr_bits == 32 &&
	       (op->base > top || (end > top && end < mb->addr_max));
}

/* The same after a cut elsewhere left a region that begins there. */
bool verify_top_page_is_cut(const struct verify_lab *lab)
{
	const struct mb *mb = lab->instances[lab->reference].mb;
	uint64_t base;

	last_memory_end(lab, &base);
	return lab->has_kernel && mb->machine.addr_bits == 32 &&
	       base > mb->addr_max - (mb->page_size - 1);
}

/* The areas of a handover are so large that a kernel, which passes over them by the size of the huge page
 * that is asked for, would not come to an end. */
static bool skips_for_long(const struct verify_lab *lab, uint64_t size)
{
	const struct mb *mb = lab->instances[lab->reference].mb;
	uint64_t skips = 0;

	for (uint32_t i = 0; i < mb->scratch_count && size; i++)
		skips += mb->scratch[i].size / size;
	return lab->has_kernel && skips > VERIFY_SKIPS_MAX;
}

/* A kernel frees the static array of physmem when it grows. */
static bool physmem_has_room(const struct verify_lab *lab, uint32_t more)
{
	const struct mb *mb = lab->instances[lab->reference].mb;

	return !lab->has_kernel || mb_cnt(mb, MB_PHYSMEM) + more <= mb_max(mb, MB_PHYSMEM);
}

/* A debug build of ours stops at it. More than 64 bits in the second number: all of them are set, if a kernel
 * saturates. */
static bool stops_debug_builds(const struct verify_lab *lab, const char *text)
{
#ifdef NDEBUG
	(void)lab;
	(void)text;
	return false;
#else
	const struct mb *mb = lab->instances[lab->reference].mb;
	const char *align = strchr(text, ':');

	errno = 0;
	return mb->profile->sizes_saturate && align && strtoull(align + 1, NULL, 0) == UINT64_MAX &&
	       errno == ERANGE;
#endif
}

/* What is named goes back page by page; in the topmost one a kernel's rounding up wraps: all pages there are. */
static bool releases_in_time(const struct verify_lab *lab)
{
	const struct mb *mb = lab->instances[lab->reference].mb;

	for (uint32_t i = 0; i < mb->named_count; i++)
		if (mb->named[i].size > VERIFY_RELEASE_MAX ||
		    (lab->has_kernel && mb->named[i].base > mb->addr_max - mb->page_size))
			return false;
	return true;
}

/*
 * A kernel that frees by the page (7.3) discards reserved first. Where that is slab's and slab is not up, which it once
 * was, the free of memory's array then edits reserved, whose array is gone.
 */
static bool discards_what_it_edits(const struct verify_lab *lab)
{
	const struct verify_instance *inst = &lab->instances[lab->reference];
	const struct mb_growth *arrays = inst->arrays;

	return lab->has_kernel && inst->mb->profile->free_releases_pages && !inst->mb->slab_up &&
	       arrays[MB_RESERVED].entries && !arrays[MB_RESERVED].size && arrays[MB_MEMORY].size;
}

bool verify_survives(const struct verify_lab *lab, const struct mb_op *op)
{
	const struct mb *mb = lab->instances[lab->reference].mb;
	uint64_t base, end = last_memory_end(lab, &base), bytes = 0;

	if (cuts_top_page(lab, op))
		return false;

	switch (op->kind) {
	case MB_OP_TRIM:
		return base <= mb->addr_max - (op->align - 1);
	case MB_OP_FREE:
	case MB_OP_FREE_POINTER:
		if (!mb->profile->free_releases_pages || !mb->slab_up)
			return true;
		/* fall through */
	case MB_OP_FREE_LATE: /* page by page */
	case MB_OP_FREE_AREA:
		return op->size <= VERIFY_RELEASE_MAX &&
		       op->base <= mb->addr_max - op->size - mb->page_size;
	case MB_OP_ALLOC_HUGETLB:
		return !skips_for_long(lab, op->size);
	case MB_OP_RESERVE_MEM:
		return !stops_debug_builds(lab, op->text);
	case MB_OP_RELEASE_MEM:
		return releases_in_time(lab);
	case MB_OP_DISCARD:
		return !discards_what_it_edits(lab);
	case MB_OP_FREE_ALL:
		for (uint32_t i = 0; i < lab->cnt[MB_MEMORY]; i++)
			bytes += lab->regions[MB_MEMORY][i].size;
		if (bytes / mb->page_size > VERIFY_PAGES_MAX || end > mb->addr_max - mb->page_size)
			return false;
		return !lab->has_kernel || mb->profile->nomap_pages_first ||
		       !page_zero_is_free(lab);
	case MB_OP_PHYSMEM_ADD:
		return physmem_has_room(lab, mb_cnt(mb, MB_PHYSMEM) + 1);
	case MB_OP_SET_NODE:
		return op->which != MB_PHYSMEM || physmem_has_room(lab, 2);
	case MB_OP_WALK_ZONE: /* see ask_zones() */
		return !lab->has_kernel || mb->machine.addr_bits != 32 ||
		       end <= mb->addr_max - (mb->page_size - 1);
	default:
		return true;
	}
}
