/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model.c - see model.h. Written for being obvious; nothing here is fast. */
#include <string.h>

#include "model.h"

void model_init(struct model *m, const struct mb_machine *machine, uint64_t origin)
{
	memset(m, 0, sizeof(*m));
	m->machine = machine;
	m->origin = origin;
	m->limit = MB_ALLOC_ANYWHERE;
}

static uint64_t address_max(const struct model *m)
{
	return m->machine->addr_bits == 32 ? UINT32_MAX : UINT64_MAX;
}

uint64_t model_address(const struct model *m, unsigned unit)
{
	uint64_t last = m->origin + (uint64_t)unit * MODEL_UNIT - 1;

	if (unit && last >= address_max(m))
		return address_max(m);
	return unit ? last + 1 : m->origin;
}

static uint64_t bytes(const struct model *m, unsigned first, unsigned end)
{
	return model_address(m, end) - model_address(m, first);
}

static bool is_empty(const struct model *m, enum mb_which which)
{
	for (unsigned i = 0; i < MODEL_UNITS; i++) {
		if (m->units[which][i].there)
			return false;
	}
	return true;
}

static bool alike(const struct model_unit *a, const struct model_unit *b)
{
	return a->there && b->there && a->nid == b->nid && a->flags == b->flags;
}

/* The unit behind the region that contains @unit. */
static unsigned region_end(const struct model *m, enum mb_which which, unsigned unit)
{
	const struct model_unit *u = m->units[which];
	unsigned end = unit + 1;

	while (end < MODEL_UNITS && alike(&u[end], &u[unit]))
		end++;
	return end;
}

/* ---- changing ---------------------------------------------------------------------------------- */

/* Would adding before the region at @unit draw a warning? */
static bool differs(const struct model *m, const struct model_unit *u, int nid, uint32_t flags)
{
	if (!m->machine->no_numa && u->nid != nid)
		return true;
	return u->flags != flags && (flags || !m->machine->profile->flag_mismatch_needs_flags);
}

void model_add(struct model *m, enum mb_which which, unsigned first, unsigned end, int nid,
	       uint32_t flags)
{
	struct model_unit *u = m->units[which];

	if (first >= end || !bytes(m, first, end))
		return;
	if (is_empty(m, which)) {
		m->warned |= m->total[which] != 0;
		m->total[which] = 0;
	}
	for (unsigned i = first + 1; i < end; i++) {
		if (u[i].there && !u[i - 1].there) /* a piece ends here, before a region */
			m->warned |= differs(m, &u[i], nid, flags);
	}
	for (unsigned i = first; i < end; i++) {
		if (u[i].there)
			continue;
		u[i] = (struct model_unit){ true, nid, flags };
		m->total[which] += bytes(m, i, i + 1);
	}
}

void model_remove(struct model *m, enum mb_which which, unsigned first, unsigned end)
{
	bool any = false;

	for (unsigned i = first; i < end; i++) {
		struct model_unit *u = &m->units[which][i];

		if (!u->there)
			continue;
		any = true;
		u->there = false;
		m->total[which] -= bytes(m, i, i + 1);
	}
	if (any && is_empty(m, which)) {
		m->emptied[which] = true;
		m->warned |= m->total[which] != 0;
	}
}

static int unassigned(const struct model *m)
{
	return (int)m->machine->max_numnodes;
}

void model_reserve(struct model *m, unsigned first, unsigned end, uint32_t flags)
{
	bool new = m->machine->profile->rsrv_nid_requested;

	model_add(m, MB_RESERVED, first, end, new ? MB_NUMA_NO_NODE : unassigned(m), flags);
}

void model_change(struct model *m, enum mb_which which, unsigned first, unsigned end, uint32_t set,
		  uint32_t clear)
{
	for (unsigned i = first; i < end; i++) {
		struct model_unit *u = &m->units[which][i];

		u->flags = (u->flags | set) & ~clear;
	}
	if (set & MB_MIRROR)
		m->has_mirror = true;
}

void model_set_node(struct model *m, enum mb_which which, unsigned first, unsigned end, int nid)
{
	for (unsigned i = first; i < end; i++)
		m->units[which][i].nid = nid;
}

void model_trim(struct model *m, uint64_t align)
{
	struct model_unit *u = m->units[MB_MEMORY];
	unsigned end;

	for (unsigned i = 0; i < MODEL_UNITS; i = end) {
		uint64_t lo, hi;

		end = i + 1;
		if (!u[i].there)
			continue;
		end = region_end(m, MB_MEMORY, i);
		lo = model_address(m, i);
		hi = model_address(m, end) & ~(align - 1);
		lo = lo > address_max(m) - (align - 1) ? UINT64_MAX :
							 (lo + align - 1) & ~(align - 1);
		if (lo >= hi) { /* only whole regions are accounted for */
			model_remove(m, MB_MEMORY, i, end);
			continue;
		}
		for (unsigned k = i; k < end; k++)
			u[k].there = model_address(m, k) >= lo && model_address(m, k + 1) <= hi;
	}
}

/* The unit from which on memory goes; MODEL_UNITS + 1 if the limit cuts nothing. */
static unsigned cut_unit(const struct model *m, uint64_t limit)
{
	struct mb_range r[MODEL_UNITS];
	unsigned n = model_regions(m, MB_MEMORY, r);

	for (unsigned i = 0; i < n; i++) {
		if (limit <= r[i].end - r[i].base) {
			uint64_t at = r[i].base + limit;

			return (unsigned)((at - m->origin + MODEL_UNIT - 1) / MODEL_UNIT);
		}
		limit -= r[i].end - r[i].base;
	}
	return MODEL_UNITS + 1;
}

void model_enforce(struct model *m, uint64_t limit)
{
	unsigned cut = limit ? cut_unit(m, limit) : MODEL_UNITS + 1;

	if (cut > MODEL_UNITS)
		return;
	model_remove(m, MB_MEMORY, cut, MODEL_UNITS);
	model_remove(m, MB_RESERVED, cut, MODEL_UNITS);
}

void model_cap(struct model *m, unsigned first, unsigned end)
{
	struct model_unit *u = m->units[MB_MEMORY];

	/* After a trim a kernel may take empty memory for some; where that is a dummy, the dummy goes. */
	if (first >= end || !bytes(m, first, end) || !m->total[MB_MEMORY])
		return;
	m->warned |= is_empty(m, MB_MEMORY) && m->machine->profile->empty_has_dummy;
	for (unsigned i = 0; i < MODEL_UNITS; i++) {
		if ((i < first || i >= end) && u[i].there && !(u[i].flags & MB_NOMAP))
			model_remove(m, MB_MEMORY, i, i + 1);
	}
	model_remove(m, MB_RESERVED, 0, first);
	model_remove(m, MB_RESERVED, end, MODEL_UNITS);
	if ((first && alike(&u[first - 1], &u[first])) ||
	    (end < MODEL_UNITS && alike(&u[end - 1], &u[end])))
		m->unmerged = true;
}

void model_remove_map(struct model *m, uint64_t limit)
{
	unsigned cut = limit ? cut_unit(m, limit) : MODEL_UNITS + 1;

	if (cut <= MODEL_UNITS)
		model_cap(m, 0, cut);
}

/* ---- ranges ------------------------------------------------------------------------------------ */

unsigned model_regions(const struct model *m, enum mb_which which, struct mb_range *out)
{
	return model_ranges(m, which, MB_COLLECTIONS, MB_NUMA_NO_NODE, ~0u, out);
}

static bool selects(const struct model *m, int nid)
{
	if (m->machine->profile->invalid_nid_is_any)
		return nid >= 0 && nid < unassigned(m);
	return nid != MB_NUMA_NO_NODE && nid != unassigned(m);
}

/* The rules by which a request sees a memory region, one line each. */
static bool is_seen(const struct model *m, const struct model_unit *u, int nid, uint32_t flags)
{
	if (selects(m, nid) && u->nid != nid)
		return false;
	if (flags == ~0u) /* everything */
		return true;
	if (m->machine->movable_node && (u->flags & MB_HOTPLUG) && !(flags & MB_HOTPLUG))
		return false;
	if ((flags & MB_MIRROR) && !(u->flags & MB_MIRROR))
		return false;
	if ((u->flags & MB_NOMAP) && !(flags & MB_NOMAP))
		return false;
	if ((flags & MB_KHO_SCRATCH) && m->machine->profile->scratch_is_flag &&
	    !(u->flags & MB_KHO_SCRATCH))
		return false;
	return !(u->flags & MB_DRIVER_MANAGED) || (flags & MB_DRIVER_MANAGED);
}

unsigned model_ranges(const struct model *m, enum mb_which a, enum mb_which b, int nid,
		      uint32_t flags, struct mb_range *out)
{
	const struct model_unit *u = m->units[a];
	unsigned n = 0;

	for (unsigned i = 0; i < MODEL_UNITS; i++) {
		bool seen = u[i].there && !(b < MB_COLLECTIONS && m->units[b][i].there) &&
			    (a != MB_MEMORY || is_seen(m, &u[i], nid, flags));

		/* The gap between regions of b that touch is empty, and yet one within a region of a. */
		if (b < MB_COLLECTIONS && i && alike(&u[i - 1], &u[i]) &&
		    (a != MB_MEMORY || is_seen(m, &u[i], nid, flags)) && m->units[b][i - 1].there &&
		    m->units[b][i].there && !alike(&m->units[b][i - 1], &m->units[b][i]))
			out[n++] = (struct mb_range){ model_address(m, i), model_address(m, i),
						      u[i].nid, u[i].flags };
		if (!seen || !bytes(m, i, i + 1))
			continue;
		if (n && i && out[n - 1].end == model_address(m, i) && alike(&u[i - 1], &u[i]))
			out[n - 1].end = model_address(m, i + 1);
		else
			out[n++] = (struct mb_range){ model_address(m, i), model_address(m, i + 1),
						      u[i].nid, u[i].flags };
	}
	return n;
}

/* ---- searching and allocating ------------------------------------------------------------------ */

static uint64_t clamp(uint64_t x, uint64_t lo, uint64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

uint64_t model_find(const struct model *m, uint64_t size, uint64_t align, uint64_t start,
		    uint64_t end, int nid, uint32_t flags)
{
	struct mb_range r[MODEL_UNITS];
	unsigned n = model_ranges(m, MB_MEMORY, MB_RESERVED, nid, flags, r);

	if (end == MB_ALLOC_ACCESSIBLE || end == MB_ALLOC_NOLEAKTRACE)
		end = m->limit;
	if (start < m->machine->page_size)
		start = m->machine->page_size;
	if (end < start)
		end = start;
	for (unsigned i = 0; i < n; i++) {
		const struct mb_range *range = &r[m->bottom_up ? i : n - 1 - i];
		uint64_t s = clamp(range->base, start, end), e = clamp(range->end, start, end), c;

		if (m->bottom_up) {
			c = (s + align - 1) & ~(align - 1) & address_max(m);
			if (c >= s && c < e && e - c >= size)
				return c;
		} else if (e >= size) {
			c = (e - size) & ~(align - 1);
			if (c >= s)
				return c;
		}
	}
	return 0;
}

static bool try_alloc(struct model *m, uint64_t size, uint64_t align, uint64_t start, uint64_t end,
		      int nid, uint32_t flags, uint64_t *at)
{
	const struct mb_profile *p = m->machine->profile;
	unsigned first;

	*at = model_find(m, size, align, start, end, nid, flags);
	if (*at && size) {
		first = (unsigned)((*at - m->origin) / MODEL_UNIT);
		model_add(m, MB_RESERVED, first, first + (unsigned)(size / MODEL_UNIT),
			  p->rsrv_nid_requested ? nid : unassigned(m),
			  p->alloc_sets_rsrv_kern ? MB_RSRV_KERN : 0);
	}
	return *at != 0;
}

uint64_t model_alloc_core(struct model *m, uint64_t size, uint64_t align, uint64_t start,
			  uint64_t end, int nid, bool exact)
{
	uint64_t at;

	if (!align)
		align = m->machine->cache_line;
	if (!m->machine->profile->invalid_nid_is_any && nid == (int)m->machine->max_numnodes) {
		m->warned |= !m->warned_nid;
		m->warned_nid = true;
	}
	if (m->scratch_only) {
		if (!try_alloc(m, size, align, start, end, nid, MB_KHO_SCRATCH, &at) &&
		    (!selects(m, nid) || exact ||
		     !try_alloc(m, size, align, start, end, MB_NUMA_NO_NODE, MB_KHO_SCRATCH, &at)))
			return 0;
		return at;
	}
	for (uint32_t flags = m->has_mirror ? MB_MIRROR : 0;; flags = 0) {
		if (try_alloc(m, size, align, start, end, nid, flags, &at))
			return at;
		if (selects(m, nid) && !exact &&
		    try_alloc(m, size, align, start, end, MB_NUMA_NO_NODE, flags, &at))
			return at;
		if (!flags)
			return 0;
	}
}

uint64_t model_alloc(struct model *m, uint64_t size, uint64_t align, uint64_t min_addr,
		     uint64_t max_addr, int nid, bool exact)
{
	uint64_t at;

	if (max_addr > m->limit)
		max_addr = m->limit;
	at = model_alloc_core(m, size, align, min_addr, max_addr, nid, exact);
	if (!at && min_addr)
		at = model_alloc_core(m, size, align, 0, max_addr, nid, exact);
	return at;
}

void model_add_scratch_area(struct model *m, unsigned first, unsigned end)
{
	if (first == end || m->areas == MB_SCRATCH_MAX)
		return;
	m->areas++;
	for (unsigned i = first; i < end; i++)
		m->listed[i] = true;
}

/* Is there a unit of the list in [base, base + size)? */
static bool meets_scratch(const struct model *m, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < MODEL_UNITS; i++) {
		if (m->listed[i] && model_address(m, i) < base + size &&
		    model_address(m, i + 1) > base)
			return true;
	}
	return false;
}

/* Every place for a block of @size is tried; the last one in the direction of the search wins. */
static uint64_t find_hugetlb(const struct model *m, uint64_t size, int nid)
{
	struct mb_range r[MODEL_UNITS];
	unsigned n = model_ranges(m, MB_MEMORY, MB_RESERVED, nid,
				  m->scratch_only ? MB_KHO_SCRATCH : MB_NONE, r);
	uint64_t best = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t end = r[i].end < m->limit ? r[i].end : m->limit;
		uint64_t at = (r[i].base + size - 1) & ~(size - 1);

		for (; at >= r[i].base && at < end && end - at >= size; at += size) {
			if (at < m->machine->page_size || meets_scratch(m, at, size))
				continue;
			if (!best || !m->bottom_up)
				best = at;
		}
	}
	return best;
}

uint64_t model_alloc_hugetlb(struct model *m, uint64_t size, int nid, bool exact)
{
	uint64_t at = find_hugetlb(m, size, nid);
	unsigned first;

	if (!at && !exact && nid >= 0 && nid < unassigned(m)) {
		nid = MB_NUMA_NO_NODE;
		at = find_hugetlb(m, size, nid);
	}
	if (!at)
		return 0;
	first = (unsigned)((at - m->origin) / MODEL_UNIT);
	model_add(m, MB_RESERVED, first, first + (unsigned)(size / MODEL_UNIT), nid,
		  MB_RSRV_KERN | MB_RSRV_HUGETLB);
	return at;
}

uint64_t model_reserved_size(const struct model *m, uint32_t flag, uint64_t limit, int nid)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < MODEL_UNITS; i++) {
		const struct model_unit *u = &m->units[MB_RESERVED][i];
		uint64_t base = model_address(m, i), end = model_address(m, i + 1);

		if (!u->there || !(u->flags & flag) || base >= limit)
			continue;
		if (nid >= 0 && nid < unassigned(m) && u->nid != nid)
			continue;
		sum += (end < limit ? end : limit) - base;
	}
	return sum;
}
