/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_operation.c - one operation of a trace on an instance.
 *
 * mb_op_run() is one switch and nothing else, because timed replays call it too; what it costs
 * besides the operation is measured with the null variant.
 */
#include <inttypes.h>
#include <memblock/replay.h>
#include <stdio.h>

static uint64_t address_of(struct mb *mb, const void *ptr)
{
	return ptr ? mb_virt_to_phys(mb, ptr) : 0;
}

static uint64_t status(int rc)
{
	return (uint64_t)(int64_t)rc;
}

static int run_mark(struct mb *mb, const struct mb_op *op)
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
static int run_clear(struct mb *mb, const struct mb_op *op)
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

/*
 * A number of reserve_mem= as people may spell it: in other bases, with suffixes; and as they should
 * not: without digits, with a blank, a sign, two suffixes, more digits than 64 bits.
 */
static void spell_number(char text[48], uint64_t n, unsigned spelling)
{
	switch (spelling) {
	case 0:
		snprintf(text, 48, "%" PRIu64, n);
		break;
	case 1:
		snprintf(text, 48, n & 1 ? "0X%" PRIX64 : "0x%" PRIx64, n);
		break;
	case 2:
		snprintf(text, 48, "0%" PRIo64, n);
		break;
	case 3:
		snprintf(text, 48, "%" PRIu64 "K", n / 1024);
		break;
	case 4:
		snprintf(text, 48, "0x%" PRIx64 "k", n / 1024);
		break;
	case 5:
		snprintf(text, 48, "0x1%016" PRIx64, n);
		break;
	case 6: /* no digit */
		snprintf(text, 48, "%s", (n & 0x3000) == 0x1000 ? "0x" : n & 0x1000 ? "m" : "");
		break;
	case 7:
		snprintf(text, 48, n & 0x1000 ? " %" PRIu64 : "%" PRIu64 " ", n);
		break;
	case 8:
		snprintf(text, 48, n & 0x1000 ? "-%" PRIu64 : "+%" PRIu64, n);
		break;
	default: /* 8 is no octal digit, B no suffix */
		snprintf(text, 48, n & 0x1000 ? "08%" PRIu64 "kK" : "%" PRIu64 "B", n);
	}
}

/* A name behind its colon: 15 bytes at most, not only blanks; a colon may be part of it. */
static void spell_name(char text[48], uint64_t n, unsigned spelling)
{
	switch (spelling) {
	case 1:
		snprintf(text, 48, ": n%" PRIu64, n);
		break;
	case 2:
		snprintf(text, 48, ":n%014" PRIu64, n);
		break;
	case 3:
		snprintf(text, 48, ":n%015" PRIu64, n);
		break;
	case 4:
		snprintf(text, 48, ":n%" PRIu64 ":", n);
		break;
	case 5:
		snprintf(text, 48, "%s", n & 1 ? ":" : ": \t ");
		break;
	case 6: /* not even the colon */
		text[0] = '\0';
		break;
	default:
		snprintf(text, 48, ":n%" PRIu64, n);
	}
}

static int run_reserve_mem(struct mb *mb, const struct mb_op *op)
{
	unsigned spelling = (unsigned)(op->value / 1000000);
	char size[48], align[48], name[48], text[160];

	spell_number(size, op->size, spelling % 10);
	spell_number(align, op->align, spelling / 10 % 10);
	spell_name(name, op->value % 1000000, spelling / 100 % 10);
	snprintf(text, sizeof(text), "%s:%s%s", size, align, name);
	return mb_reserve_mem(mb, text);
}

static int run_release_mem(struct mb *mb, const struct mb_op *op)
{
	char name[48];

	spell_name(name, op->value % 1000000, (unsigned)(op->value / 100000000) % 10);
	return mb_reserve_mem_release_by_name(mb, *name ? name + 1 : name);
}

/* The forms of allocation that leave something to be chosen for them. */
static uint64_t run_form(struct mb *mb, const struct mb_op *op)
{
	uint64_t size = op->size, align = op->align;

	switch (op->value) {
	case MB_FORM_PHYS_ALLOC:
		return mb_phys_alloc(mb, size, align);
	case MB_FORM_PHYS_ALLOC_TRY_NID:
		return mb_phys_alloc_try_nid(mb, size, align, op->nid);
	case MB_FORM_ALLOC:
		return address_of(mb, mb_alloc(mb, size, align));
	case MB_FORM_ALLOC_RAW:
		return address_of(mb, mb_alloc_raw(mb, size, align));
	case MB_FORM_ALLOC_FROM:
		return address_of(mb, mb_alloc_from(mb, size, align, op->lo));
	case MB_FORM_ALLOC_LOW:
		return address_of(mb, mb_alloc_low(mb, size, align));
	case MB_FORM_ALLOC_NODE:
		return address_of(mb, mb_alloc_node(mb, size, align, op->nid));
	case MB_FORM_ALLOC_OR_PANIC:
		return address_of(mb, mb_alloc_or_panic_as(mb, size, align, "replay"));
	}
	return mb_alloc_range_nid(mb, size, align, op->lo, op->hi, op->nid, true);
}

static int run_reserve_node(struct mb *mb, const struct mb_op *op)
{
	if (op->flags == MB_RSRV_KERN && op->nid == MB_NUMA_NO_NODE &&
	    mb->profile->rsrv_nid_requested)
		return mb_reserve_kern(mb, op->base, op->size);
	return mb_reserve_node(mb, op->base, op->size, op->nid, op->flags);
}

static uint64_t run_free_late(struct mb *mb, const struct mb_op *op)
{
	if (op->value)
		return mb_free_reserved_area(mb, mb_phys_to_virt(mb, op->base),
					     mb_phys_to_virt(mb, op->base + op->size), -1, "area");
	mb_free_late(mb, op->base, op->size);
	return 0;
}

static uint64_t run_alloc(struct mb *mb, const struct mb_op *op)
{
	return address_of(mb, mb_alloc_try_nid(mb, op->size, op->align, op->lo, op->hi, op->nid));
}

static uint64_t run_alloc_raw(struct mb *mb, const struct mb_op *op)
{
	return address_of(mb,
			  mb_alloc_try_nid_raw(mb, op->size, op->align, op->lo, op->hi, op->nid));
}

static uint64_t run_alloc_exact(struct mb *mb, const struct mb_op *op)
{
	return address_of(mb,
			  mb_alloc_exact_nid_raw(mb, op->size, op->align, op->lo, op->hi, op->nid));
}

static uint64_t run_alloc_core(struct mb *mb, const struct mb_op *op)
{
	if (op->value > 1)
		return run_form(mb, op);
	return mb_alloc_range_nid(mb, op->size, op->align, op->lo, op->hi, op->nid, op->value);
}

/* ---- questions --------------------------------------------------------------------------------- */

/* Two cycles, and no part of the next question waits for them. */
static uint64_t fold(uint64_t sum, uint64_t answer)
{
	return (sum << 1 | sum >> 63) ^ answer;
}

/* The node and the first frame of the region with @address, or -1. */
static uint64_t search_pfn(struct mb *mb, uint64_t address)
{
	uint64_t start = 0, end = 0;
	int nid = mb_search_pfn_nid(mb, address / mb->page_size, &start, &end);

	return start ^ end << 1 ^ (uint64_t)(int64_t)nid;
}

static uint64_t run_searches(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < op->value; i++)
		sum = fold(sum, search_pfn(mb, op->base + i * op->size));
	return sum;
}

static uint64_t run_search_chain(struct mb *mb, const struct mb_op *op)
{
	uint64_t answer = 0, at = op->size;

	for (uint64_t i = 0; i < op->value; i++) {
		at = (at ^ answer) * 0x9e3779b97f4a7c15ULL + i;
		answer = search_pfn(mb,
				    op->base + (uint64_t)((unsigned __int128)at * op->size >> 64));
	}
	return at ^ answer;
}

static uint64_t run_map_memory(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < op->value; i++)
		sum = fold(sum, mb_is_map_memory(mb, op->base + i * op->size));
	return sum;
}

static uint64_t run_walk_free(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_free(&it, mb, op->nid, op->flags, false); mb_next(&it, &r);)
		sum = fold(sum, r.base ^ r.end);
	return sum;
}

static uint64_t run_walk_zone(struct mb *mb, const struct mb_op *op)
{
	uint64_t start = op->base / mb->page_size, end = (op->base + op->size) / mb->page_size;
	uint64_t sum = 0;
	struct mb_iter it;
	struct mb_range r;

	mb_iter_free(&it, mb, op->nid, MB_NONE, false);
	while (mb_next_free_pfn_in_zone(&it, start, end, &r))
		sum = fold(sum, r.base ^ r.end);
	return sum;
}

/* ---- the switch -------------------------------------------------------------------------------- */

/* A table: one operation in each row. The branch of FREE is in its row because the compiler orders the
 * blocks of all others by it: as a function it costs some of them a jump. */
/* clang-format off */
uint64_t mb_op_run(struct mb *mb, const struct mb_op *op)
{
	switch (op->kind) {
	case MB_OP_ADD:              return status(mb_add(mb, op->base, op->size));
	case MB_OP_ADD_NODE:         return status(mb_add_node(mb, op->base, op->size, op->nid, op->flags));
	case MB_OP_REMOVE:           return status(mb_remove(mb, op->base, op->size));
	case MB_OP_PHYSMEM_ADD:      return status(mb_physmem_add(mb, op->base, op->size));
	case MB_OP_RESERVE:          return status(mb_reserve(mb, op->base, op->size));
	case MB_OP_RESERVE_NODE:     return status(run_reserve_node(mb, op));
	case MB_OP_FREE:             if (op->value) { mb_free(mb, mb_phys_to_virt(mb, op->base), op->size); return 0; }
	                             return status(mb_phys_free(mb, op->base, op->size));
	case MB_OP_FREE_LATE:        return run_free_late(mb, op);
	case MB_OP_PHYS_ALLOC_RANGE: return mb_phys_alloc_range(mb, op->size, op->align, op->lo, op->hi);
	case MB_OP_ALLOC:            return run_alloc(mb, op);
	case MB_OP_ALLOC_RAW:        return run_alloc_raw(mb, op);
	case MB_OP_ALLOC_EXACT:      return run_alloc_exact(mb, op);
	case MB_OP_ALLOC_CORE:       return run_alloc_core(mb, op);
	case MB_OP_ALLOC_HUGETLB:    return address_of(mb, mb_alloc_hugetlb(mb, op->size, op->nid, op->value));
	case MB_OP_SET_NODE:         return status(mb_set_node(mb, op->base, op->size, op->which, op->nid));
	case MB_OP_STAMP_NODE:       mb_set_region_node(mb, op->which, op->base, op->nid); return 0;
	case MB_OP_MARK:             return status(run_mark(mb, op));
	case MB_OP_CLEAR:            return status(run_clear(mb, op));
	case MB_OP_TRIM:             mb_trim_memory(mb, op->align); return 0;
	case MB_OP_ENFORCE_LIMIT:    mb_enforce_memory_limit(mb, op->value); return 0;
	case MB_OP_CAP_RANGE:        mb_cap_memory_range(mb, op->base, op->size); return 0;
	case MB_OP_REMOVE_MAP:       mb_mem_limit_remove_map(mb, op->value); return 0;
	case MB_OP_SET_LIMIT:        mb_set_current_limit(mb, op->hi); return 0;
	case MB_OP_SET_BOTTOM_UP:    mb_set_bottom_up(mb, op->value); return 0;
	case MB_OP_ALLOW_RESIZE:     mb_allow_resize(mb); return 0;
	case MB_OP_SCRATCH_ONLY:     (op->value ? mb_set_kho_scratch_only : mb_clear_kho_scratch_only)(mb); return 0;
	case MB_OP_SLAB:             mb_set_slab_available(mb, op->value); return 0;
	case MB_OP_DEBUG:            mb_set_debug(mb, op->value); return 0;
	case MB_OP_RESERVE_MEM:      return status(run_reserve_mem(mb, op));
	case MB_OP_RELEASE_MEM:      return status(run_release_mem(mb, op));
	case MB_OP_FREE_ALL:         return mb_free_all(mb);
	case MB_OP_DISCARD:          mb_discard(mb); return 0;
	case MB_OP_FIND:             return mb_find(mb, op->size, op->align, op->lo, op->hi, op->nid, op->flags);
	case MB_OP_SEARCH_PFN:       return run_searches(mb, op);
	case MB_OP_SEARCH_CHAIN:     return run_search_chain(mb, op);
	case MB_OP_MAP_MEMORY:       return run_map_memory(mb, op);
	case MB_OP_OVERLAPS:         return mb_overlaps_region(mb, op->which, op->base, op->size);
	case MB_OP_WALK_FREE:        return run_walk_free(mb, op);
	case MB_OP_WALK_ZONE:        return run_walk_zone(mb, op);
	case MB_OP_GREW:
	case MB_OP_DUMP:
	case MB_OP_KINDS:            break;
	}
	return 0;
}
/* clang-format on */

void mb_op_run_growth(struct mb *mb, const struct mb_op *op)
{
	if (op->old_size)
		mb_phys_free(mb, op->old_base, op->old_size);
	if (op->size && mb->profile->alloc_sets_rsrv_kern)
		mb_reserve_kern(mb, op->base, op->size);
	else if (op->size)
		mb_reserve(mb, op->base, op->size);
}
