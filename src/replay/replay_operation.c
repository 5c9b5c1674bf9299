/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_operation.c - one operation of a trace on an instance.
 *
 * mb_op_run() is one switch and nothing else, because timed replays call it too; what it costs
 * besides the operation is measured with the null variant. Its cases are the calls in operations.def;
 * here are those that are more than one call.
 */
#include <memblock/replay.h>

/* What is more than one call is not inlined: every operation would pay for the registers and the frame. */
#define APART __attribute__((noinline))

static uint64_t address_of(struct mb *mb, const void *ptr)
{
	return ptr ? (uintptr_t)ptr - (uintptr_t)mb->offset : 0;
}

static uint64_t status(int rc)
{
	return (uint64_t)(int64_t)rc;
}

static APART int run_mark(struct mb *mb, const struct mb_op *op)
{
	switch (op->flags) {
	case MB_HOTPLUG:
		return mb_mark_hotplug(mb, op->base, op->size);
	case MB_MIRROR:
		return mb_mark_mirror(mb, op->base, op->size);
	case MB_NOMAP:
		return mb_mark_nomap(mb, op->base, op->size);
	case MB_RSRV_NOINIT:
		return mb_reserved_mark_noinit(mb, op->base, op->size);
	case MB_RSRV_KERN:
		return mb_reserved_mark_kern(mb, op->base, op->size);
	case MB_KHO_SCRATCH:
		return mb_mark_kho_scratch(mb, op->base, op->size);
	}
	return 0;
}

/* Nothing clears the others. */
static APART int run_clear(struct mb *mb, const struct mb_op *op)
{
	switch (op->flags) {
	case MB_HOTPLUG:
		return mb_clear_hotplug(mb, op->base, op->size);
	case MB_NOMAP:
		return mb_clear_nomap(mb, op->base, op->size);
	case MB_KHO_SCRATCH:
		return mb_clear_kho_scratch(mb, op->base, op->size);
	}
	return 0;
}

static APART int run_reserve_node(struct mb *mb, const struct mb_op *op)
{
	if (op->flags == MB_RSRV_KERN && op->nid == MB_NUMA_NO_NODE &&
	    mb->profile->rsrv_nid_requested)
		return mb_reserve_kern(mb, op->base, op->size);
	return mb_reserve_node(mb, op->base, op->size, op->nid, op->flags);
}

static APART uint64_t run_free_area(struct mb *mb, const struct mb_op *op)
{
	return mb_free_reserved_area(mb, mb_phys_to_virt(mb, op->base),
				     mb_phys_to_virt(mb, op->base + op->size), -1, "area");
}

/* ---- questions --------------------------------------------------------------------------------- */

/* Two cycles, and no part of the next question waits for them. */
static uint64_t fold(uint64_t sum, uint64_t answer)
{
	return (sum << 1 | sum >> 63) ^ answer;
}

static APART uint64_t run_search(struct mb *mb, const struct mb_op *op)
{
	struct mb_region r;

	if (!mb_search(mb, op->which, op->base, &r))
		return 0;
	return fold(fold(r.base, r.size), fold(r.flags, (uint64_t)(int64_t)r.nid));
}

/* The node and the first frame of the region with @address, or -1. */
static APART uint64_t search_pfn(struct mb *mb, uint64_t address)
{
	uint64_t start = 0, end = 0;
	int nid = mb_search_pfn_nid(mb, address / mb->page_size, &start, &end);

	return start ^ end << 1 ^ (uint64_t)(int64_t)nid;
}

static APART uint64_t run_searches(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < op->value; i++)
		sum = fold(sum, search_pfn(mb, op->base + i * op->size));
	return sum;
}

/* The upper half of a * b, of which not every compiler has the whole. */
static uint64_t high_product(uint64_t a, uint64_t b)
{
	uint64_t a_low = a & UINT32_MAX, a_high = a >> 32, b_low = b & UINT32_MAX, b_high = b >> 32;
	uint64_t middle = a_high * b_low + (a_low * b_low >> 32);

	return a_high * b_high + (middle >> 32) + (((middle & UINT32_MAX) + a_low * b_high) >> 32);
}

static APART uint64_t run_search_chain(struct mb *mb, const struct mb_op *op)
{
	uint64_t answer = 0, at = op->size;

	for (uint64_t i = 0; i < op->value; i++) {
		at = (at ^ answer) * 0x9e3779b97f4a7c15ULL + i;
		answer = search_pfn(mb, op->base + high_product(at, op->size));
	}
	return at ^ answer;
}

static APART uint64_t run_map_memory(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < op->value; i++)
		sum = fold(sum, mb_is_map_memory(mb, (op->base + i * op->size) & mb->addr_max));
	return sum;
}

/* Does the first byte lie in the collection; does the range lie in a region of memory, or meet one of others? */
static APART uint64_t run_is_region(struct mb *mb, const struct mb_op *op)
{
	switch (op->which) {
	case MB_MEMORY:
		return mb_is_region_memory(mb, op->base, op->size) << 1 |
		       mb_is_memory(mb, op->base);
	case MB_RESERVED:
		return mb_is_region_reserved(mb, op->base, op->size) << 1 |
		       mb_is_reserved(mb, op->base);
	default:
		return mb_overlaps_region(mb, op->which, op->base, op->size) << 1 |
		       mb_search(mb, op->which, op->base, NULL);
	}
}

static APART uint64_t run_sizes(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = fold(mb_phys_mem_size(mb), mb_reserved_size(mb));

	sum = fold(sum, mb_reserved_kern_size(mb, op->hi, op->nid));
	sum = fold(sum, mb_reserved_hugetlb_size(mb, op->hi, op->nid));
	sum = fold(sum, mb_estimated_nr_free_pages(mb));
	return fold(fold(sum, mb_start_of_DRAM(mb)), mb_end_of_DRAM(mb));
}

static APART uint64_t run_find_named(struct mb *mb, const struct mb_op *op)
{
	uint64_t start = 0, size = 0;
	int found = mb_reserve_mem_find_by_name(mb, op->text, &start, &size);

	return fold(fold((uint64_t)found, start), size);
}

/* What is left of the walk, folded. */
static APART uint64_t run_iteration(struct mb_iter *it)
{
	uint64_t sum = 0;
	struct mb_range r;

	while (mb_next(it, &r))
		sum = fold(sum, r.base ^ r.end);
	return sum;
}

static APART uint64_t run_walk(struct mb *mb, const struct mb_op *op)
{
	struct mb_iter it MB_UNINITIALIZED;

	mb_iter_ranges(&it, mb, op->which, MB_COLLECTIONS, op->nid, op->flags, op->value);
	return run_iteration(&it);
}

static APART uint64_t run_walk_free(struct mb *mb, const struct mb_op *op, bool down)
{
	struct mb_iter it MB_UNINITIALIZED;

	mb_iter_free(&it, mb, op->nid, op->flags, down);
	return run_iteration(&it);
}

static APART uint64_t run_walk_pages(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	mb_iter_regions(&it, mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, op->nid, &r))
		sum = fold(sum, fold(r.base ^ r.end, (uint64_t)(int64_t)r.nid));
	return sum;
}

static APART uint64_t run_walk_zone(struct mb *mb, const struct mb_op *op)
{
	uint64_t start = op->base / mb->page_size, end = (op->base + op->size) / mb->page_size;
	uint64_t sum = 0;
	struct mb_iter it MB_UNINITIALIZED;
	struct mb_range r;

	mb_iter_free(&it, mb, op->nid, MB_NONE, false);
	while (mb_next_free_pfn_in_zone(&it, start, end, &r))
		sum = fold(sum, r.base ^ r.end);
	return sum;
}

/* ---- the switch -------------------------------------------------------------------------------- */

#define STATUS(call) return status(call)
#define NOTHING(call)                                                                              \
	call;                                                                                      \
	return 0
#define POINTER(call) return address_of(mb, call)
#define NUMBER(call) return call

uint64_t mb_op_run(struct mb *mb, const struct mb_op *op)
{
	switch (op->kind) {
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, tried, run)           \
	case MB_OP_##id:                                                                           \
		run;
#include <memblock/operations.def>
	case MB_OP_KINDS:
		break;
	}
	return 0;
}

bool mb_op_joins(const struct mb_op *op, const struct mb_op *next, struct mb_op *joined)
{
	if ((op->kind != MB_OP_RESERVE && op->kind != MB_OP_RESERVE_NODE) ||
	    next->kind != MB_OP_MARK || next->flags != MB_RSRV_NOINIT || next->base != op->base ||
	    next->size != op->size)
		return false;
	*joined = *op;
	if (op->kind == MB_OP_RESERVE) {
		joined->nid = MB_NUMA_NO_NODE;
		joined->flags = MB_NONE;
	}
	joined->kind = MB_OP_RESERVE_NODE;
	joined->flags |= MB_RSRV_NOINIT;
	return true;
}

void mb_op_run_growth(struct mb *mb, const struct mb_op *op)
{
	if (op->old_size)
		mb_phys_free(mb, op->old_base, op->old_size);
	if (op->size && mb->profile->alloc_sets_rsrv_kern)
		mb_reserve_kern(mb, op->base, op->size);
	else if (op->size)
		mb_reserve(mb, op->base, op->size);
}
