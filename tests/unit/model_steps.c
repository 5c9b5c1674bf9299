/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model_steps.c - one random call, on an instance and on the model; see model_steps.h. */
#include "model_steps.h"

#include <stdio.h>

/* How often each comes, of the sum of all. The destructive ones are rare. */
static const struct {
	const char *name;
	unsigned weight;
} kinds[KINDS] = {
	[ADD] = { "add", 40 },
	[ADD_NODE] = { "add_node", 60 },
	[REMOVE] = { "remove", 30 },
	[RESERVE] = { "reserve", 90 },
	[FREE] = { "phys_free", 70 },
	[PHYSMEM] = { "physmem_add", 8 },
	[HOTPLUG] = { "mark_hotplug", 10 },
	[UNHOTPLUG] = { "clear_hotplug", 10 },
	[MIRROR] = { "mark_mirror", 6 },
	[NOMAP] = { "mark_nomap", 12 },
	[UNNOMAP] = { "clear_nomap", 14 },
	[NOINIT] = { "reserved_mark_noinit", 10 },
	[NODE] = { "set_node memory", 24 },
	[RESERVED_NODE] = { "set_node reserved", 8 },
	[TRIM] = { "trim_memory", 2 },
	[ENFORCE] = { "enforce_memory_limit", 1 },
	[CAP] = { "cap_memory_range", 1 },
	[REMOVE_MAP] = { "mem_limit_remove_map", 1 },
	[DIRECTION] = { "set_bottom_up", 10 },
	[LIMIT] = { "set_current_limit", 8 },
	[PHYS_RANGE] = { "phys_alloc_range", 50 },
	[CORE] = { "alloc_range_nid", 50 },
	[VIRTUAL] = { "alloc_try_nid_raw", 60 },
	[EXACT] = { "alloc_exact_nid_raw", 40 },
	[FIND] = { "find", 60 },
	[QUERY] = { "query", 80 },
	[RESERVE_KERN] = { "reserve_kern", 10 },
	[RESERVE_NODE] = { "reserve_node", 8 },
	[MARK_KERN] = { "reserved_mark_kern", 6 },
	[SCRATCH] = { "mark_kho_scratch", 8 },
	[UNSCRATCH] = { "clear_kho_scratch", 6 },
	[SCRATCH_AREA] = { "add_scratch_area", 2 },
	[SCRATCH_ONLY] = { "kho_scratch_only", 4 },
	[HUGETLB] = { "alloc_hugetlb", 16 },
	[FLAGGED_SIZE] = { "reserved_kern_size", 10 },
};

uint64_t random_state;

uint64_t random64(void)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

unsigned below(unsigned n)
{
	return (unsigned)(random64() % n);
}

/* ---- one random step --------------------------------------------------------------------------- */

int random_node(const struct mb_machine *machine)
{
	switch (below(8)) {
	case 0:
		return MB_NUMA_NO_NODE;
	case 1:
		return (int)machine->max_numnodes;
	case 2:
		return (int)machine->max_numnodes + 7; /* out of range in every way */
	default:
		return (int)below(4);
	}
}

static uint64_t random_bound(const struct model *m, bool upper)
{
	switch (below(6)) {
	case 0:
		return upper ? MB_ALLOC_ACCESSIBLE : 0;
	case 1:
		return upper ? MB_ALLOC_ANYWHERE : 0;
	case 2:
		return upper ? MB_ALLOC_NOLEAKTRACE : m->machine->page_size;
	default:
		return model_address(m, below(MODEL_UNITS));
	}
}

struct step random_step(const struct model *m)
{
	struct step s = { 0 };
	unsigned sum = 0, at, length;

	for (unsigned k = 0; k < KINDS; k++)
		sum += kinds[k].weight;
	at = below(sum);
	while (at >= kinds[s.kind].weight)
		at -= kinds[s.kind++].weight;

	/* Short ranges make many regions; now and then one covers a lot of them. */
	length = below(12) ? below(8) : below(MODEL_UNITS);
	if (s.kind == ADD || s.kind == ADD_NODE)
		length *= 1 + below(4);
	s.first = below(MODEL_UNITS);
	s.end = s.first + length;
	if (s.end > MODEL_UNITS)
		s.end = MODEL_UNITS;
	s.base = model_address(m, s.first);
	s.size = model_address(m, s.end) - s.base;
	if (s.end == MODEL_UNITS && s.base + s.size == UINT64_MAX && below(2) && s.kind != CAP)
		s.size = UINT64_MAX; /* is cut at the top; a cap's wraps for reserved */
	s.nid = random_node(m->machine);
	s.on = below(2);
	s.align = below(16) ? MODEL_UNIT << below(7) : 0;
	switch (s.kind) {
	case ADD_NODE:
		s.flags = below(4) ? 0 : (MB_HOTPLUG | MB_DRIVER_MANAGED) & (uint32_t)random64();
		break;
	case TRIM:
		s.align = MODEL_UNIT << below(4);
		break;
	case ENFORCE:
	case REMOVE_MAP:
		s.size = (uint64_t)below(MODEL_UNITS) * MODEL_UNIT;
		break;
	case LIMIT:
		s.hi = below(3) ? model_address(m, below(MODEL_UNITS + 1)) : MB_ALLOC_ANYWHERE;
		break;
	case PHYS_RANGE:
	case CORE:
	case VIRTUAL:
	case EXACT:
	case FIND:
		s.size = (uint64_t)below(24) * MODEL_UNIT;
		s.lo = random_bound(m, false);
		s.hi = random_bound(m, true);
		s.flags = below(3) ? 0 : 0x4f & (uint32_t)random64();
		if (s.kind == FIND && !s.align)
			s.align = MODEL_UNIT;
		/* Of MAX_NUMNODES 6.1 warns once, in a search as in a walk, which is not counted here. */
		if (s.kind == FIND && !m->machine->profile->invalid_nid_is_any &&
		    s.nid == (int)m->machine->max_numnodes)
			s.nid = MB_NUMA_NO_NODE;
		break;
	case RESERVE_NODE:
		s.flags = (MB_RSRV_NOINIT | MB_RSRV_KERN) & (uint32_t)random64();
		break;
	case SCRATCH_ONLY:
		s.on = !below(4);
		break;
	case HUGETLB:
		s.size = (uint64_t)MODEL_UNIT << below(6);
		break;
	case FLAGGED_SIZE:
		s.hi = below(3) ? model_address(m, below(MODEL_UNITS + 1)) : MB_ALLOC_ANYWHERE;
		s.flags = s.on ? MB_RSRV_KERN : MB_RSRV_HUGETLB;
		break;
	default:
		break;
	}
	return s;
}

void describe_step(const struct step *s, char *text, size_t size)
{
	snprintf(text, size,
		 "%s base=%#llx size=%#llx align=%#llx lo=%#llx hi=%#llx nid=%d flags=%#x on=%d",
		 kinds[s->kind].name, (unsigned long long)s->base, (unsigned long long)s->size,
		 (unsigned long long)s->align, (unsigned long long)s->lo, (unsigned long long)s->hi,
		 s->nid, s->flags, s->on);
}

/* ---- the step on an instance, and on the model ------------------------------------------------- */

static uint64_t physical(struct mb *mb, const void *ptr)
{
	return ptr ? mb_virt_to_phys(mb, ptr) : 0;
}

/* Everything that looks up, folded into one number. */
static uint64_t query(struct mb *mb, const struct step *s)
{
	struct mb_region r = { 0 };
	uint64_t a = 0, b = 0, bits;
	int nid = mb_search_pfn_nid(mb, s->base / mb->page_size, &a, &b);

	bits = mb_is_memory(mb, s->base) | mb_is_map_memory(mb, s->base) << 1 |
	       mb_is_reserved(mb, s->base) << 2 | mb_is_region_memory(mb, s->base, s->size) << 3 |
	       mb_is_region_reserved(mb, s->base, s->size) << 4 |
	       mb_overlaps_region(mb, MB_MEMORY, s->base, s->size) << 5;
	mb_search(mb, MB_RESERVED, s->base, &r);
	return bits ^ (a << 8) ^ (b << 20) ^ (uint64_t)(unsigned)nid << 40 ^ r.base << 3 ^
	       r.size << 7 ^ mb_start_of_DRAM(mb) << 1 ^ mb_end_of_DRAM(mb) << 2;
}

/* Nodes and flags of ranges; what is asked for here is none of the other kinds. */
static uint64_t run_attribute(struct mb *mb, const struct step *s)
{
	switch (s->kind) {
	case HOTPLUG:
		return (uint64_t)mb_mark_hotplug(mb, s->base, s->size);
	case UNHOTPLUG:
		return (uint64_t)mb_clear_hotplug(mb, s->base, s->size);
	case MIRROR:
		return (uint64_t)mb_mark_mirror(mb, s->base, s->size);
	case NOMAP:
		return (uint64_t)mb_mark_nomap(mb, s->base, s->size);
	case UNNOMAP:
		return (uint64_t)mb_clear_nomap(mb, s->base, s->size);
	case NOINIT:
		return (uint64_t)mb_reserved_mark_noinit(mb, s->base, s->size);
	case NODE:
		return (uint64_t)mb_set_node(mb, s->base, s->size, MB_MEMORY, s->nid);
	case RESERVED_NODE:
		return (uint64_t)mb_set_node(mb, s->base, s->size, MB_RESERVED, s->nid);
	case MARK_KERN:
		return (uint64_t)mb_reserved_mark_kern(mb, s->base, s->size);
	case SCRATCH:
		return (uint64_t)mb_mark_kho_scratch(mb, s->base, s->size);
	case UNSCRATCH:
		return (uint64_t)mb_clear_kho_scratch(mb, s->base, s->size);
	case SCRATCH_AREA: /* 0, or it is full */
		return mb_add_scratch_area(mb, s->base, s->size) == 1;
	default:
		fail_msg("no call for step %u", s->kind);
		return 0;
	}
}

/* What is in the collections. */
static uint64_t run_change(struct mb *mb, const struct step *s)
{
	switch (s->kind) {
	case ADD:
		return (uint64_t)mb_add(mb, s->base, s->size);
	case ADD_NODE:
		return (uint64_t)mb_add_node(mb, s->base, s->size, s->nid, s->flags);
	case REMOVE:
		return (uint64_t)mb_remove(mb, s->base, s->size);
	case RESERVE:
		return (uint64_t)mb_reserve(mb, s->base, s->size);
	case FREE:
		return (uint64_t)mb_phys_free(mb, s->base, s->size);
	case PHYSMEM:
		return (uint64_t)mb_physmem_add(mb, s->base, s->size);
	case TRIM:
		mb_trim_memory(mb, s->align);
		return 0;
	case ENFORCE:
		mb_enforce_memory_limit(mb, s->size);
		return 0;
	case CAP:
		mb_cap_memory_range(mb, s->base, s->size);
		return 0;
	case REMOVE_MAP:
		mb_mem_limit_remove_map(mb, s->size);
		return 0;
	case RESERVE_KERN:
		return (uint64_t)mb_reserve_kern(mb, s->base, s->size);
	case RESERVE_NODE:
		return (uint64_t)mb_reserve_node(mb, s->base, s->size, s->nid, s->flags);
	default:
		return run_attribute(mb, s);
	}
}

uint64_t run_step(struct mb *mb, const struct step *s)
{
	switch (s->kind) {
	case DIRECTION:
		mb_set_bottom_up(mb, s->on);
		return 0;
	case LIMIT:
		mb_set_current_limit(mb, s->hi);
		return 0;
	case PHYS_RANGE:
		return mb_phys_alloc_range(mb, s->size, s->align, s->lo, s->hi);
	case CORE:
		return mb_alloc_range_nid(mb, s->size, s->align, s->lo, s->hi, s->nid, s->on);
	case VIRTUAL:
		return physical(mb,
				mb_alloc_try_nid_raw(mb, s->size, s->align, s->lo, s->hi, s->nid));
	case EXACT:
		return physical(mb, mb_alloc_exact_nid_raw(mb, s->size, s->align, s->lo, s->hi,
							   s->nid));
	case FIND:
		return mb_find(mb, s->size, s->align, s->lo, s->hi, s->nid, s->flags);
	case QUERY:
		return query(mb, s);
	case SCRATCH_ONLY:
		if (s->on)
			mb_set_kho_scratch_only(mb);
		else
			mb_clear_kho_scratch_only(mb);
		return 0;
	case HUGETLB:
		return physical(mb, mb_alloc_hugetlb(mb, s->size, s->nid, s->on));
	case FLAGGED_SIZE:
		return s->on ? mb_reserved_kern_size(mb, s->hi, s->nid) :
			       mb_reserved_hugetlb_size(mb, s->hi, s->nid);
	default:
		return run_change(mb, s);
	}
}

static void attribute_on_model(struct model *m, const struct step *s)
{
	switch (s->kind) {
	case HOTPLUG:
		model_change(m, MB_MEMORY, s->first, s->end, MB_HOTPLUG, 0);
		break;
	case UNHOTPLUG:
		model_change(m, MB_MEMORY, s->first, s->end, 0, MB_HOTPLUG);
		break;
	case MIRROR:
		if (m->machine->kernelcore_mirror)
			model_change(m, MB_MEMORY, s->first, s->end, MB_MIRROR, 0);
		break;
	case NOMAP:
		model_change(m, MB_MEMORY, s->first, s->end, MB_NOMAP, 0);
		break;
	case UNNOMAP:
		model_change(m, MB_MEMORY, s->first, s->end, 0, MB_NOMAP);
		break;
	case NOINIT:
		model_change(m, MB_RESERVED, s->first, s->end, MB_RSRV_NOINIT, 0);
		break;
	case NODE:
		model_set_node(m, MB_MEMORY, s->first, s->end, s->nid);
		break;
	case RESERVED_NODE:
		model_set_node(m, MB_RESERVED, s->first, s->end, s->nid);
		break;
	case MARK_KERN:
		model_change(m, MB_RESERVED, s->first, s->end, MB_RSRV_KERN, 0);
		break;
	case SCRATCH:
		model_change(m, MB_MEMORY, s->first, s->end, MB_KHO_SCRATCH, 0);
		break;
	case UNSCRATCH:
		model_change(m, MB_MEMORY, s->first, s->end, 0, MB_KHO_SCRATCH);
		break;
	case SCRATCH_AREA:
		model_add_scratch_area(m, s->first, s->end);
		break;
	default:
		break;
	}
}

static void change_on_model(struct model *m, const struct step *s)
{
	int unassigned = (int)m->machine->max_numnodes;

	switch (s->kind) {
	case ADD:
		model_add(m, MB_MEMORY, s->first, s->end, unassigned, 0);
		break;
	case ADD_NODE:
		model_add(m, MB_MEMORY, s->first, s->end, s->nid, s->flags);
		break;
	case REMOVE:
		model_remove(m, MB_MEMORY, s->first, s->end);
		break;
	case RESERVE:
		model_reserve(m, s->first, s->end, MB_NONE);
		break;
	case FREE:
		model_remove(m, MB_RESERVED, s->first, s->end);
		break;
	case PHYSMEM:
		model_add(m, MB_PHYSMEM, s->first, s->end, unassigned, 0);
		break;
	case TRIM:
		model_trim(m, s->align);
		break;
	case ENFORCE:
		model_enforce(m, s->size);
		break;
	case CAP:
		model_cap(m, s->first, s->end);
		break;
	case REMOVE_MAP:
		model_remove_map(m, s->size);
		break;
	case RESERVE_KERN:
		model_reserve(m, s->first, s->end, MB_RSRV_KERN);
		break;
	case RESERVE_NODE:
		model_add(m, MB_RESERVED, s->first, s->end, s->nid, s->flags);
		break;
	default:
		attribute_on_model(m, s);
	}
}

uint64_t run_on_model(struct model *m, const struct step *s)
{
	m->warned = false;
	m->unmerged = false;
	switch (s->kind) {
	case DIRECTION:
		m->bottom_up = s->on;
		break;
	case LIMIT:
		m->limit = s->hi;
		break;
	case PHYS_RANGE:
		return model_alloc_core(m, s->size, s->align, s->lo, s->hi, MB_NUMA_NO_NODE, false);
	case CORE:
		return model_alloc_core(m, s->size, s->align, s->lo, s->hi, s->nid, s->on);
	case VIRTUAL:
		return model_alloc(m, s->size, s->align, s->lo, s->hi, s->nid, false);
	case EXACT:
		return model_alloc(m, s->size, s->align, s->lo, s->hi, s->nid, true);
	case FIND:
		return model_find(m, s->size, s->align, s->lo, s->hi, s->nid, s->flags);
	case SCRATCH_ONLY:
		m->scratch_only = s->on;
		break;
	case HUGETLB:
		return model_alloc_hugetlb(m, s->size, s->nid, s->on);
	case FLAGGED_SIZE:
		return model_reserved_size(m, s->flags, s->hi, s->nid);
	default:
		change_on_model(m, s);
	}
	return 0;
}
