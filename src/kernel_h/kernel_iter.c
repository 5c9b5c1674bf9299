/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_iter.c - the iterators of kernel.h, over the flat view, with the kernel's indices.
 *
 * The position is a pair: the region of A to look at next, and the gap of B. Gap k lies between the
 * regions k-1 and k of B; the first begins at 0, the last ends at the top. Both only move on, so a
 * walk looks at each region and each gap once:
 *
 *     A          [   region 0   )        [  region 1  )
 *     B    gap 0     [  )  gap 1                [ )  gap 2
 *     yield      [--)    [-----)         [-----)   [--)
 *
 * After a yield, whichever of region and gap ends first (begins last, when walking down) is
 * stepped.
 */
#define CONFIG_NUMA /* the view with nid, which is padding for programs without */
#define MEMBLOCK_KERNEL_IMPLEMENTATION
#include <memblock/kernel.h>
#include <memblock/variant.h>

/* The two places where 6.1 warns of MAX_NUMNODES, as mb_deprecated_nid() numbers them. */
enum { WALK_UP = 0, WALK_DOWN = 1 };

/* What an iteration asks for. */
struct request {
	const struct mb *mb;
	bool filters; /* A is memory: hidden regions are passed over */
	bool by_node;
	int nid;
	uint32_t flags;
};

static bool is_node(const struct mb *mb, int nid)
{
	return nid >= 0 && (uint32_t)nid < mb->max_numnodes;
}

static struct request request_for(const struct memblock_type *a, int nid, uint32_t flags,
				  unsigned place)
{
	struct mb *mb = memblock_instance();
	struct request q = { .mb = mb, .nid = nid, .flags = flags };

	q.filters = a == &memblock.memory && !mb->discarded;
	if (mb->profile->invalid_nid_is_any) {
		q.by_node = is_node(mb, nid);
	} else {
		q.by_node = nid != NUMA_NO_NODE && nid != (int)mb->max_numnodes;
		if (nid == (int)mb->max_numnodes)
			mb_deprecated_nid(mb, place);
	}
	return q;
}

static int node_of(const struct request *q, const struct memblock_region *m)
{
	return q->mb->machine.no_numa ? 0 : m->nid;
}

static bool hides(const struct request *q, const struct memblock_region *m)
{
	uint32_t has = m->flags, lacks = ~q->flags;

	if (!q->filters)
		return false;
	if (q->by_node && node_of(q, m) != q->nid)
		return true;
	if ((has & lacks & MEMBLOCK_HOTPLUG) &&
	    (movable_node_enabled || q->mb->machine.movable_node))
		return true;
	if (has & lacks & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED))
		return true;
	/* Asked for, these two exclude everything else. */
	return ~has & q->flags & (MEMBLOCK_MIRROR | MEMBLOCK_KHO_SCRATCH);
}

/* Ends of gap @k of @b. */
static phys_addr_t gap_start(const struct memblock_type *b, unsigned long k)
{
	return k ? b->regions[k - 1].base + b->regions[k - 1].size : 0;
}

static phys_addr_t gap_end(const struct memblock_type *b, unsigned long k)
{
	return k < b->cnt ? b->regions[k].base : PHYS_ADDR_MAX;
}

static void yield(phys_addr_t start, phys_addr_t end, int nid, phys_addr_t *out_start,
		  phys_addr_t *out_end, int *out_nid)
{
	if (out_start)
		*out_start = start;
	if (out_end)
		*out_end = end;
	if (out_nid)
		*out_nid = nid;
}

static u64 index_of(uint32_t region, uint32_t gap)
{
	return gap * 0x100000000ULL + region;
}

static phys_addr_t lower(phys_addr_t a, phys_addr_t b)
{
	return a < b ? a : b;
}

static phys_addr_t higher(phys_addr_t a, phys_addr_t b)
{
	return a > b ? a : b;
}

void __next_mem_range(u64 *idx, int nid, enum memblock_flags flags, struct memblock_type *type_a,
		      struct memblock_type *type_b, phys_addr_t *out_start, phys_addr_t *out_end,
		      int *out_nid)
{
	struct request q = request_for(type_a, nid, flags, WALK_UP);
	uint32_t at = (uint32_t)*idx, gap = (uint32_t)(*idx >> 32);

	for (; at < type_a->cnt; at++) {
		const struct memblock_region *m = &type_a->regions[at];
		phys_addr_t start = m->base, end = m->base + m->size;

		if (hides(&q, m))
			continue;
		if (!type_b) {
			yield(start, end, node_of(&q, m), out_start, out_end, out_nid);
			*idx = index_of(at + 1, gap);
			return;
		}
		for (; gap <= type_b->cnt; gap++) {
			phys_addr_t from = gap_start(type_b, gap), to = gap_end(type_b, gap);

			if (from >= end)
				break;
			if (to <= start)
				continue;
			yield(higher(start, from), lower(end, to), node_of(&q, m), out_start,
			      out_end, out_nid);
			*idx = end <= to ? index_of(at + 1, gap) : index_of(at, gap + 1);
			return;
		}
	}
	*idx = MEMBLOCK_ITER_END;
}

void __next_mem_range_rev(u64 *idx, int nid, enum memblock_flags flags,
			  struct memblock_type *type_a, struct memblock_type *type_b,
			  phys_addr_t *out_start, phys_addr_t *out_end, int *out_nid)
{
	struct request q = request_for(type_a, nid, flags, WALK_DOWN);
	int32_t at = (int32_t)(uint32_t)*idx, gap = (int32_t)(uint32_t)(*idx >> 32);

	if (*idx == MEMBLOCK_ITER_END) {
		at = (int32_t)type_a->cnt - 1;
		gap = type_b ? (int32_t)type_b->cnt : 0;
	}
	for (; at >= 0; at--) {
		const struct memblock_region *m = &type_a->regions[at];
		phys_addr_t start = m->base, end = m->base + m->size;

		if (hides(&q, m))
			continue;
		if (!type_b) {
			yield(start, end, node_of(&q, m), out_start, out_end, out_nid);
			*idx = index_of((uint32_t)at - 1, (uint32_t)gap);
			return;
		}
		for (; gap >= 0; gap--) {
			phys_addr_t from = gap_start(type_b, (uint32_t)gap);
			phys_addr_t to = gap_end(type_b, (uint32_t)gap);

			if (to <= start)
				break;
			if (from >= end)
				continue;
			yield(higher(start, from), lower(end, to), node_of(&q, m), out_start,
			      out_end, out_nid);
			*idx = start >= from ? index_of((uint32_t)at - 1, (uint32_t)gap) :
					       index_of((uint32_t)at, (uint32_t)gap - 1);
			return;
		}
	}
	*idx = MEMBLOCK_ITER_END;
}

static unsigned long pfn_up(const struct mb *mb, phys_addr_t addr)
{
	return (unsigned long)((addr + mb->page_size - 1) / mb->page_size);
}

static unsigned long pfn_down(const struct mb *mb, phys_addr_t addr)
{
	return (unsigned long)(addr / mb->page_size);
}

void __next_mem_pfn_range(int *idx, int nid, unsigned long *out_start_pfn,
			  unsigned long *out_end_pfn, int *out_nid)
{
	struct request q = request_for(NULL, NUMA_NO_NODE, 0, WALK_UP);
	const struct memblock_type *type = &memblock.memory;
	bool by_node = is_node(q.mb, nid);

	if (!q.mb->profile->invalid_nid_is_any)
		by_node = nid != (int)q.mb->max_numnodes; /* 6.1: -1 selects what has -1 stored */
	for (int at = *idx + 1; at < (int)type->cnt; at++) {
		const struct memblock_region *m = &type->regions[at];
		unsigned long start = pfn_up(q.mb, m->base);
		unsigned long end = pfn_down(q.mb, m->base + m->size);

		if (start >= end || (by_node && node_of(&q, m) != nid))
			continue;
		if (out_start_pfn)
			*out_start_pfn = start;
		if (out_end_pfn)
			*out_end_pfn = end;
		if (out_nid)
			*out_nid = node_of(&q, m);
		*idx = at;
		return;
	}
	*idx = -1;
}

void __next_mem_pfn_range_in_zone(u64 *idx, struct zone *zone, unsigned long *out_spfn,
				  unsigned long *out_epfn)
{
	const struct mb *mb = memblock_instance();
	unsigned long zone_start = zone->zone_start_pfn;
	unsigned long zone_end = zone_start + zone->spanned_pages;
	phys_addr_t base, end;

	for (;;) {
		unsigned long start, stop;

		__next_mem_range(idx, zone->node, MEMBLOCK_NONE, &memblock.memory,
				 &memblock.reserved, &base, &end, NULL);
		if (*idx == MEMBLOCK_ITER_END)
			break;
		start = pfn_up(mb, base);
		stop = pfn_down(mb, end);
		if (stop <= zone_start || start >= stop)
			continue;
		if (start >= zone_end) {
			*idx = MEMBLOCK_ITER_END;
			break;
		}
		if (out_spfn)
			*out_spfn = start > zone_start ? start : zone_start;
		if (out_epfn)
			*out_epfn = stop < zone_end ? stop : zone_end;
		return;
	}
	if (out_spfn)
		*out_spfn = ULONG_MAX;
	if (out_epfn)
		*out_epfn = 0;
}
