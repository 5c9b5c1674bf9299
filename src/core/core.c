/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core.c - the instance: set-up, collections, attributes, limits, queries.
 *
 * The public functions are thin: they apply what is common to all variants (arguments, profile
 * switches) and make one indirect call into the variant's compiled step (memblock/variant_impl.h).
 * Freestanding, as everything here that a kernel could use (MB_CORE in CMakeLists.txt).
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

/* ---- messages ---------------------------------------------------------------------------------- */

void mb_warn(struct mb *mb, const char *fmt, ...)
{
	va_list ap;

	mb->warnings++;
	if (!mb->hooks.warn)
		return;
	va_start(ap, fmt);
	mb->hooks.warn(mb->hooks.ctx, fmt, ap);
	va_end(ap);
}

void mb_bug(struct mb *mb, const char *fmt, ...)
{
	va_list ap;

	if (mb->hooks.panic) {
		va_start(ap, fmt);
		mb->hooks.panic(mb->hooks.ctx, fmt, ap);
		va_end(ap);
	}
	__builtin_trap(); /* the hook must not return: going on would write beyond the slots */
}

void mb_log(struct mb *mb, enum mb_level level, const char *fmt, ...)
{
	va_list ap;

	if (!mb->hooks.log)
		return;
	va_start(ap, fmt);
	mb->hooks.log(mb->hooks.ctx, level, fmt, ap);
	va_end(ap);
}

int mb_cannot_resize(struct mb *mb, struct mb_collection *c)
{
	if (mb->profile->no_resize_panics)
		mb_bug(mb, "memblock: cannot resize %s array", mb_which_name(c->which));
	return -MB_ENOMEM;
}

void mb_warn_mirror(struct mb *mb, uint64_t size)
{
	mb_log(mb, MB_WARNING, "Could not allocate 0x%0*llx bytes of mirrored memory",
	       mb_digits(mb), (unsigned long long)size);
}

static unsigned long long last_byte(const struct mb *mb, uint64_t base, uint64_t size)
{
	return (base + size - 1) & mb->addr_max; /* wraps, as the kernel's line does */
}

void mb_log_range(struct mb *mb, const char *function, uint64_t base, uint64_t size,
		  unsigned long long caller)
{
	if (__builtin_expect(mb->debug, 0))
		mb_log(mb, MB_INFO, "%s: [0x%0*llx-0x%0*llx] 0x%llx", function, mb_digits(mb),
		       (unsigned long long)base, mb_digits(mb), last_byte(mb, base, size), caller);
}

static void log_node(struct mb *mb, const char *function, uint64_t base, uint64_t size, int nid,
		     uint32_t flags, unsigned long long caller)
{
	if (__builtin_expect(mb->debug, 0))
		mb_log(mb, MB_INFO, "%s: [0x%0*llx-0x%0*llx] nid=%d flags=%x 0x%llx", function,
		       mb_digits(mb), (unsigned long long)base, mb_digits(mb),
		       last_byte(mb, base, size), nid, flags, caller);
}

void mb_log_reserved(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags,
		     const char *caller)
{
	if (mb->profile->rsrv_nid_requested)
		mb_log(mb, MB_INFO, "__memblock_reserve: [0x%0*llx-0x%0*llx] nid=%d flags=%x %s",
		       mb_digits(mb), (unsigned long long)base, mb_digits(mb),
		       last_byte(mb, base, size), nid, flags, caller);
	else
		mb_log(mb, MB_INFO, "memblock_reserve: [0x%0*llx-0x%0*llx] %s", mb_digits(mb),
		       (unsigned long long)base, mb_digits(mb), last_byte(mb, base, size), caller);
}

/* The reservation that completes an allocation. */
void mb_log_allocated(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	mb_log_reserved(mb, base, size, nid, flags, "memblock_alloc_range_nid");
}

/* The free of the old storage, or the reservation of the new, where there was one. */
void mb_log_growth(struct mb *mb, const struct mb_growth *g, bool old)
{
	if (old && g->old_size)
		mb_log(mb, MB_INFO, "memblock_phys_free: [0x%0*llx-0x%0*llx] memblock_double_array",
		       mb_digits(mb), (unsigned long long)g->old_base, mb_digits(mb),
		       last_byte(mb, g->old_base, g->old_size));
	if (!old && g->size)
		mb_log_reserved(mb, g->base, g->size, MB_NUMA_NO_NODE,
				mb->profile->alloc_sets_rsrv_kern ? MB_RSRV_KERN : 0,
				"memblock_double_array");
}

void mb_log_doubled(struct mb *mb, enum mb_which which, uint32_t entries, uint64_t pa,
		    uint64_t bytes)
{
	mb_log(mb, MB_INFO, "memblock: %s is doubled to %u at [0x%0*llx-0x%0*llx]",
	       mb_which_name(which), entries, mb_digits(mb), (unsigned long long)pa, mb_digits(mb),
	       (unsigned long long)(pa + bytes - 1));
}

const char *mb_which_name(enum mb_which which)
{
	static const char *const names[MB_COLLECTIONS] = { "memory", "reserved", "physmem" };

	return names[which];
}

/* ---- set-up ------------------------------------------------------------------------------------ */

static uint32_t static_slots(const struct mb_machine *m, const uint32_t *params,
			     enum mb_which which)
{
	uint32_t asked = params[MB_PARAM_INIT];

	switch (which) {
	case MB_PHYSMEM:
		return m->physmem_slots ? m->physmem_slots : 4;
	case MB_RESERVED:
		return asked ? asked : m->reserved_slots ? m->reserved_slots : 128;
	default:
		return asked ? asked : m->memory_slots ? m->memory_slots : 128;
	}
}

static size_t slot_bytes(const struct mb_ops *ops, uint32_t slots)
{
	return ((size_t)slots * ops->slot_size + 63) & ~(size_t)63;
}

size_t mb_static_bytes(const struct mb_machine *machine, const struct mb_ops *ops,
		       const uint32_t *params)
{
	size_t bytes = ops->extra_bytes;

	for (unsigned i = 0; i < MB_COLLECTIONS; i++)
		bytes += slot_bytes(ops, static_slots(machine, params, i));
	return bytes;
}

static bool is_power_of_two(uint64_t x)
{
	return x && !(x & (x - 1));
}

int mb_init(struct mb *mb, const struct mb_machine *machine, const struct mb_hooks *hooks,
	    const struct mb_ops *ops, const uint32_t *params, void *slots)
{
	char *at = slots;

	__builtin_memset(mb, 0, sizeof(*mb));
	mb->ops = ops;
	mb->machine = *machine;
	if (hooks)
		mb->hooks = *hooks;
	for (unsigned i = 0; i < MB_PARAMS_MAX; i++)
		mb->params[i] = params[i];

	if (!machine->addr_bits)
		mb->machine.addr_bits = 64;
	if (mb->machine.addr_bits != 32 && mb->machine.addr_bits != 64)
		return -MB_EINVAL;
	mb->addr_max = mb->machine.addr_bits == 32 ? UINT32_MAX : UINT64_MAX;
	if (!machine->page_size)
		mb->machine.page_size = 4096;
	if (!machine->cache_line)
		mb->machine.cache_line = 64;
	if (!is_power_of_two(mb->machine.page_size) || !is_power_of_two(mb->machine.cache_line))
		return -MB_EINVAL;
	mb->page_size = mb->machine.page_size;
	if (!machine->max_numnodes)
		mb->machine.max_numnodes = 1024;
	if (machine->no_numa)
		mb->machine.max_numnodes = 1;
	if (mb->machine.max_numnodes > INT32_MAX)
		return -MB_EINVAL;
	if (!machine->max_page_order)
		mb->machine.max_page_order = 10;
	if (mb->machine.max_page_order > 30)
		return -MB_EINVAL;
	mb->max_numnodes = mb->machine.max_numnodes;
	if (!machine->profile)
		mb->machine.profile = mb_profile_find("6.12");
	mb->profile = mb->machine.profile;
	if (!machine->max_low_pfn)
		mb->machine.max_low_pfn = UINT64_MAX;
	mb->current_limit = MB_ALLOC_ANYWHERE;
	mb->zeroing = true;

	for (unsigned i = 0; i < MB_COLLECTIONS; i++) {
		uint32_t n = static_slots(&mb->machine, params, i);

		mb->c[i].which = i;
		ops->init(mb, &mb->c[i], at, n);
		at += slot_bytes(ops, n);
	}
	return 0;
}

void mb_reset_collection(struct mb *mb, enum mb_which which)
{
	struct mb_collection *c = &mb->c[which];

	mb->ops->init(mb, c, c->static_slots, static_slots(&mb->machine, mb->params, which));
	c->emptied = true;
}

int mb_load(struct mb *mb, enum mb_which which, const struct mb_region *r, uint32_t n,
	    const uint32_t *order)
{
	return mb->ops->load(mb, &mb->c[which], r, n, order);
}

/* ---- describing, reserving, freeing ------------------------------------------------------------ */

int mb_add(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, add))
		return WHOLE(mb, add, base, size);
	mb_log_range(mb, "memblock_add", base, size, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_MEMORY], base, size, (int)mb->max_numnodes, 0);
}

int mb_add_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	if (IS_WHOLE(mb, add_node))
		return WHOLE(mb, add_node, base, size, nid, flags);
	log_node(mb, "memblock_add_node", base, size, nid, flags, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_MEMORY], base, size, nid, flags);
}

int mb_remove(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, remove))
		return WHOLE(mb, remove, base, size);
	mb_log_range(mb, "memblock_remove", base, size, CALLER);
	return mb->ops->remove_range(mb, &mb->c[MB_MEMORY], base, size);
}

int mb_physmem_add(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, physmem_add))
		return WHOLE(mb, physmem_add, base, size);
	if (!mb->machine.physmem)
		return -MB_EINVAL;
	mb_log_range(mb, "memblock_physmem_add", base, size, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_PHYSMEM], base, size, (int)mb->max_numnodes, 0);
}

void mb_allow_resize(struct mb *mb)
{
	mb->can_resize = true;
	settings_changed(mb);
}

int mb_reserve(struct mb *mb, uint64_t base, uint64_t size)
{
	int nid = mb->profile->rsrv_nid_requested ? MB_NUMA_NO_NODE : (int)mb->max_numnodes;

	if (IS_WHOLE(mb, reserve))
		return WHOLE(mb, reserve, base, size);
	if (mb->profile->rsrv_nid_requested)
		log_node(mb, "__memblock_reserve", base, size, nid, 0, CALLER);
	else
		mb_log_range(mb, "memblock_reserve", base, size, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_RESERVED], base, size, nid, 0);
}

int mb_reserve_kern(struct mb *mb, uint64_t base, uint64_t size)
{
	int nid = mb->profile->rsrv_nid_requested ? MB_NUMA_NO_NODE : (int)mb->max_numnodes;

	if (IS_WHOLE(mb, reserve_kern))
		return WHOLE(mb, reserve_kern, base, size);
	return mb_reserve_node(mb, base, size, nid, MB_RSRV_KERN);
}

int mb_reserve_node(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	if (IS_WHOLE(mb, reserve_node))
		return WHOLE(mb, reserve_node, base, size, nid, flags);
	log_node(mb, "__memblock_reserve", base, size, nid, flags, CALLER);
	return mb->ops->add_range(mb, &mb->c[MB_RESERVED], base, size, nid, flags);
}

int mb_phys_free(struct mb *mb, uint64_t base, uint64_t size)
{
	int rc = 0;

	if (IS_WHOLE(mb, phys_free))
		return WHOLE(mb, phys_free, base, size);
	mb_log_range(mb, "memblock_phys_free", base, size, CALLER);
	if (mb->hooks.leak_free)
		mb->hooks.leak_free(mb->hooks.ctx, base, size);
	if (mb->slab_up && mb->profile->free_releases_pages) {
		assert_no_wrap(mb, base, size);
		/* The page allocator owns memory now; memblock's own record is kept only where it lives on. */
		if (mb->machine.keep_memblock)
			rc = mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
		if (mb_can_release(mb))
			mb_release_pages(mb, base, (base + size) & mb->addr_max);
		return rc;
	}
	return mb->ops->remove_range(mb, &mb->c[MB_RESERVED], base, size);
}

void mb_free(struct mb *mb, void *ptr, uint64_t size)
{
	if (IS_WHOLE(mb, free))
		WHOLE(mb, free, ptr, size);
	else if (ptr)
		mb_phys_free(mb, mb_virt_to_phys(mb, ptr), size);
}

/* ---- truncating -------------------------------------------------------------------------------- */

void mb_trim_memory(struct mb *mb, uint64_t align)
{
	assert_align(mb, align);
	if (IS_WHOLE(mb, trim_memory)) {
		WHOLE(mb, trim_memory, align);
		return;
	}
	mb->ops->trim(mb, &mb->c[MB_MEMORY], align);
}

/* The address behind the first @limit bytes of memory; addr_max if there is less. */
static uint64_t find_cut(struct mb *mb, uint64_t limit)
{
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_regions(&it, mb, MB_MEMORY, false); mb_next(&it, &r);) {
		if (limit <= r.end - r.base)
			return r.base + limit;
		limit -= r.end - r.base;
	}
	return mb->addr_max;
}

void mb_enforce_memory_limit(struct mb *mb, uint64_t limit)
{
	uint64_t cut;

	if (IS_WHOLE(mb, enforce_memory_limit)) {
		WHOLE(mb, enforce_memory_limit, limit);
		return;
	}
	if (!limit)
		return;
	cut = find_cut(mb, limit);
	if (cut == mb->addr_max)
		return;
	mb->ops->remove_range(mb, &mb->c[MB_MEMORY], cut, mb->addr_max);
	mb->ops->remove_range(mb, &mb->c[MB_RESERVED], cut, mb->addr_max);
}

void mb_cap_memory_range(struct mb *mb, uint64_t base, uint64_t size)
{
	struct mb_collection *reserved = &mb->c[MB_RESERVED];

	if (IS_WHOLE(mb, cap_memory_range)) {
		WHOLE(mb, cap_memory_range, base, size);
		return;
	}
	if (!size)
		return;
	if (mb_phys_mem_size(mb) == 0) { /* or as much as an address is wide: it wraps */
		mb_log(mb, MB_WARNING, "memblock_cap_memory_range: No memory registered yet");
		return;
	}
	if (mb->ops->keep_range(mb, &mb->c[MB_MEMORY], base, size, MB_NOMAP))
		return;
	mb->ops->remove_range(mb, reserved, 0, base);
	mb->ops->remove_range(mb, reserved, (base + size) & mb->addr_max, mb->addr_max);
}

void mb_mem_limit_remove_map(struct mb *mb, uint64_t limit)
{
	uint64_t cut;

	if (IS_WHOLE(mb, mem_limit_remove_map)) {
		WHOLE(mb, mem_limit_remove_map, limit);
		return;
	}
	if (!limit)
		return;
	cut = find_cut(mb, limit);
	if (cut != mb->addr_max)
		mb_cap_memory_range(mb, 0, cut);
}

/* ---- attributes -------------------------------------------------------------------------------- */

static int mark(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size, uint32_t flag)
{
	if (IS_WHOLE(mb, mark))
		return WHOLE(mb, mark, base, size, flag, true);
	return mb->ops->change_flags(mb, &mb->c[which], base, size, flag, 0);
}

static int clear(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size, uint32_t flag)
{
	if (IS_WHOLE(mb, mark))
		return WHOLE(mb, mark, base, size, flag, false);
	return mb->ops->change_flags(mb, &mb->c[which], base, size, 0, flag);
}

int mb_mark_hotplug(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_MEMORY, base, size, MB_HOTPLUG);
}

int mb_clear_hotplug(struct mb *mb, uint64_t base, uint64_t size)
{
	return clear(mb, MB_MEMORY, base, size, MB_HOTPLUG);
}

int mb_mark_mirror(struct mb *mb, uint64_t base, uint64_t size)
{
	if (!mb->machine.kernelcore_mirror)
		return 0;
	mb->has_mirror = true;
	return mark(mb, MB_MEMORY, base, size, MB_MIRROR);
}

int mb_mark_nomap(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_MEMORY, base, size, MB_NOMAP);
}

int mb_clear_nomap(struct mb *mb, uint64_t base, uint64_t size)
{
	return clear(mb, MB_MEMORY, base, size, MB_NOMAP);
}

int mb_reserved_mark_noinit(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_RESERVED, base, size, MB_RSRV_NOINIT);
}

int mb_reserved_mark_kern(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_RESERVED, base, size, MB_RSRV_KERN);
}

int mb_mark_kho_scratch(struct mb *mb, uint64_t base, uint64_t size)
{
	return mark(mb, MB_MEMORY, base, size, MB_KHO_SCRATCH);
}

int mb_clear_kho_scratch(struct mb *mb, uint64_t base, uint64_t size)
{
	return clear(mb, MB_MEMORY, base, size, MB_KHO_SCRATCH);
}

void mb_set_region_node(struct mb *mb, enum mb_which which, uint64_t addr, int nid)
{
	if (!mb->machine.no_numa)
		mb->ops->stamp_node(mb, &mb->c[which], addr, nid);
}

int mb_get_region_node(const struct mb *mb, const struct mb_region *r)
{
	return mb->machine.no_numa ? 0 : r->nid;
}

int mb_set_node(struct mb *mb, uint64_t base, uint64_t size, enum mb_which which, int nid)
{
	if (IS_WHOLE(mb, set_node))
		return WHOLE(mb, set_node, base, size, which, nid);
	if (mb->machine.no_numa)
		return 0;
	return mb->ops->change_node(mb, &mb->c[which], base, size, nid);
}

bool mb_has_mirror(const struct mb *mb)
{
	return mb->has_mirror;
}

/* ---- direction, limit, debugging --------------------------------------------------------------- */

void mb_set_bottom_up(struct mb *mb, bool enable)
{
	mb->bottom_up = enable;
	settings_changed(mb);
}

bool mb_bottom_up(const struct mb *mb)
{
	return mb->bottom_up;
}

void mb_set_current_limit(struct mb *mb, uint64_t limit)
{
	mb->current_limit = limit;
	settings_changed(mb);
}

uint64_t mb_get_current_limit(const struct mb *mb)
{
	return mb->current_limit;
}

void mb_set_debug(struct mb *mb, bool on)
{
	mb->debug = on;
	settings_changed(mb);
}

void mb_set_slab_available(struct mb *mb, bool up)
{
	mb->slab_up = up;
	settings_changed(mb);
}

void mb_set_kho_scratch_only(struct mb *mb)
{
	mb->scratch_only = true;
	settings_changed(mb);
}

void mb_clear_kho_scratch_only(struct mb *mb)
{
	mb->scratch_only = false;
	settings_changed(mb);
}

void mb_set_zeroing(struct mb *mb, bool on)
{
	mb->zeroing = on;
	settings_changed(mb);
}

/* ---- queries ----------------------------------------------------------------------------------- */

unsigned mb_max_numnodes(const struct mb *mb)
{
	return mb->max_numnodes;
}

uint32_t mb_cnt(const struct mb *mb, enum mb_which which)
{
	uint32_t cnt;

	refresh(mb);
	cnt = mb->c[which].cnt;
	return !cnt && mb->profile->empty_has_dummy ? 1 : cnt;
}

uint32_t mb_max(const struct mb *mb, enum mb_which which)
{
	refresh(mb);
	return mb->c[which].max;
}

uint64_t mb_total_size(const struct mb *mb, enum mb_which which)
{
	refresh(mb);
	return mb->c[which].total_size & mb->addr_max; /* when stale it can wrap */
}

uint64_t mb_phys_mem_size(const struct mb *mb)
{
	refresh(mb);
	return mb->c[MB_MEMORY].total_size & mb->addr_max;
}

uint64_t mb_reserved_size(const struct mb *mb)
{
	refresh(mb);
	return mb->c[MB_RESERVED].total_size & mb->addr_max;
}

/* Bytes below @limit in reserved regions with @flag, of node @nid if that is valid. */
static uint64_t flagged_size(struct mb *mb, uint32_t flag, uint64_t limit, int nid)
{
	bool by_node = nid >= 0 && (uint32_t)nid < mb->max_numnodes && !mb->machine.no_numa;
	uint64_t bytes = 0;
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_regions(&it, mb, MB_RESERVED, false); mb_next(&it, &r);) {
		if (!(r.flags & flag) || (by_node && r.nid != nid))
			continue;
		if (r.base >= limit)
			break;
		bytes += (r.end < limit ? r.end : limit) - r.base;
	}
	return bytes;
}

uint64_t mb_reserved_kern_size(struct mb *mb, uint64_t limit, int nid)
{
	if (IS_WHOLE(mb, reserved_kern_size))
		return WHOLE(mb, reserved_kern_size, limit, nid);
	return flagged_size(mb, MB_RSRV_KERN, limit, nid);
}

uint64_t mb_reserved_hugetlb_size(struct mb *mb, uint64_t limit, int nid)
{
	if (IS_WHOLE(mb, reserved_hugetlb_size))
		return WHOLE(mb, reserved_hugetlb_size, limit, nid);
	return flagged_size(mb, MB_RSRV_HUGETLB, limit, nid);
}

uint64_t mb_estimated_nr_free_pages(const struct mb *mb)
{
	struct mb *m = (struct mb *)(uintptr_t)mb; /* iterating changes only the iterator */
	uint64_t taken = mb->c[MB_RESERVED].total_size;

	if (IS_WHOLE(mb, estimated_nr_free_pages))
		return mb->ops->whole->estimated_nr_free_pages(m);
	if (mb->profile->kern_size_in_estimate)
		taken = flagged_size(m, MB_RSRV_KERN, mb->addr_max, MB_NUMA_NO_NODE);
	return ((mb->c[MB_MEMORY].total_size - taken) & mb->addr_max) / mb->page_size;
}

static bool outermost(struct mb *mb, bool last, struct mb_range *out)
{
	struct mb_iter it;

	mb_iter_regions(&it, mb, MB_MEMORY, last);
	return mb_next(&it, out);
}

uint64_t mb_start_of_DRAM(struct mb *mb)
{
	struct mb_range r;

	if (IS_WHOLE(mb, start_of_DRAM))
		return mb->ops->whole->start_of_DRAM(mb);
	return outermost(mb, false, &r) ? r.base : 0;
}

uint64_t mb_end_of_DRAM(struct mb *mb)
{
	struct mb_range r;

	if (IS_WHOLE(mb, end_of_DRAM))
		return mb->ops->whole->end_of_DRAM(mb);
	return outermost(mb, true, &r) ? r.end : 0;
}

bool mb_search(struct mb *mb, enum mb_which which, uint64_t addr, struct mb_region *out)
{
	return mb->ops->search(mb, &mb->c[which], addr, out);
}

bool mb_is_memory(struct mb *mb, uint64_t addr)
{
	if (IS_WHOLE(mb, is_memory))
		return WHOLE(mb, is_memory, addr);
	return mb->ops->search(mb, &mb->c[MB_MEMORY], addr, NULL);
}

bool mb_is_map_memory(struct mb *mb, uint64_t addr)
{
	struct mb_region r;

	if (IS_WHOLE(mb, is_map_memory))
		return WHOLE(mb, is_map_memory, addr);
	return mb->ops->search(mb, &mb->c[MB_MEMORY], addr, &r) && !(r.flags & MB_NOMAP);
}

bool mb_is_reserved(struct mb *mb, uint64_t addr)
{
	if (IS_WHOLE(mb, is_reserved))
		return WHOLE(mb, is_reserved, addr);
	return mb->ops->search(mb, &mb->c[MB_RESERVED], addr, NULL);
}

bool mb_is_region_memory(struct mb *mb, uint64_t base, uint64_t size)
{
	struct mb_region r;

	if (IS_WHOLE(mb, is_region_memory))
		return WHOLE(mb, is_region_memory, base, size);
	if (!mb->ops->search(mb, &mb->c[MB_MEMORY], base, &r))
		return false;
	size = size < mb->addr_max - base ? size : mb->addr_max - base;
	return r.base + r.size >= base + size;
}

bool mb_overlaps_region(struct mb *mb, enum mb_which which, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, overlaps_region))
		return WHOLE(mb, overlaps_region, which, base, size);
	return mb->ops->overlaps(mb, &mb->c[which], base, size);
}

bool mb_is_region_reserved(struct mb *mb, uint64_t base, uint64_t size)
{
	if (IS_WHOLE(mb, is_region_reserved))
		return WHOLE(mb, is_region_reserved, base, size);
	return mb_overlaps_region(mb, MB_RESERVED, base, size);
}

bool mb_addrs_overlap(const struct mb *mb, uint64_t base1, uint64_t size1, uint64_t base2,
		      uint64_t size2)
{
	if (IS_WHOLE(mb, addrs_overlap))
		return WHOLE(mb, addrs_overlap, base1, size1, base2, size2);
	return base1 < ((base2 + size2) & mb->addr_max) && base2 < ((base1 + size1) & mb->addr_max);
}

int mb_search_pfn_nid(struct mb *mb, uint64_t pfn, uint64_t *start_pfn, uint64_t *end_pfn)
{
	struct mb_region r;

	if (IS_WHOLE(mb, search_pfn_nid))
		return WHOLE(mb, search_pfn_nid, pfn, start_pfn, end_pfn);
	if (!mb->ops->search(mb, &mb->c[MB_MEMORY], pfn * mb->page_size & mb->addr_max, &r))
		return MB_NUMA_NO_NODE;
	*start_pfn = r.base / mb->page_size;
	*end_pfn = (r.base + r.size) / mb->page_size;
	return r.nid;
}

uint64_t mb_region_memory_base_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_MEMORY, false);
	return ((r->base + mb->page_size - 1) & mb->addr_max) / mb->page_size;
}

uint64_t mb_region_memory_end_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_MEMORY, true);
	return (r->base + r->size) / mb->page_size;
}

uint64_t mb_region_reserved_base_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_RESERVED, false);
	return r->base / mb->page_size;
}

uint64_t mb_region_reserved_end_pfn(const struct mb *mb, const struct mb_region *r)
{
	if (IS_WHOLE(mb, region_pfn))
		return WHOLE(mb, region_pfn, r, MB_RESERVED, true);
	return ((r->base + r->size + mb->page_size - 1) & mb->addr_max) / mb->page_size;
}

bool mb_validate_numa_coverage(struct mb *mb, uint64_t threshold_bytes)
{
	uint64_t pages = 0, mib = 1024 * 1024;
	struct mb_iter it;
	struct mb_range r;

	if (IS_WHOLE(mb, validate_numa_coverage))
		return WHOLE(mb, validate_numa_coverage, threshold_bytes);
	mb_iter_regions(&it, mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, (int)mb->max_numnodes, &r)) {
		if (r.nid < 0 || (uint32_t)r.nid >= mb->max_numnodes)
			pages += r.end - r.base;
	}
	if (pages * mb->page_size <= threshold_bytes)
		return true;
	mb_log(mb, MB_ERR, "NUMA: no nodes coverage for %lluMB of %lluMB RAM",
	       (unsigned long long)(pages * mb->page_size / mib),
	       (unsigned long long)(mb_phys_mem_size(mb) / mib));
	return false;
}

uint64_t mb_warnings(const struct mb *mb)
{
	return mb->warnings;
}

uint64_t mb_metadata_bytes(const struct mb *mb)
{
	unsigned collections = mb->machine.physmem ? MB_COLLECTIONS : MB_PHYSMEM;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < collections; i++)
		bytes += mb->c[i].slots_bytes;
	return bytes;
}
