/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup.c - how an instance comes to be, over slots that the caller has. */
#include <memblock/variant.h>

#include "core/core_impl.h"

static uint32_t static_slots(const struct mb_machine *m, const uint32_t *params,
			     enum mb_which which)
{
	uint32_t asked = params[MB_PARAM_INIT];

	switch (which) {
	case MB_PHYSMEM:
		if (!m->physmem)
			return 0;
		return m->physmem_slots ? m->physmem_slots : 4;
	case MB_RESERVED:
		return asked ? asked : m->reserved_slots ? m->reserved_slots : 128;
	default:
		return asked ? asked : m->memory_slots ? m->memory_slots : 128;
	}
}

static size_t slot_bytes(const struct mb_ops *ops, uint32_t slots)
{
	return ((size_t)ops->static_bytes(slots) + 63) & ~(size_t)63;
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

bool mb_storage(const struct mb *mb, const struct mb_collection *c, unsigned i,
		struct mb_segment *out)
{
	if (mb->ops->segment)
		return mb->ops->segment(mb, c, i, out);
	if (i)
		return false;
	*out = (struct mb_segment){
		.slots = c->slots, .pa = c->slots_pa, .bytes = c->slots_bytes, .origin = c->origin
	};
	if (mb->ops->used_bytes) /* it changes nothing */
		out->used = mb->ops->used_bytes((struct mb *)(uintptr_t)mb,
						(struct mb_collection *)(uintptr_t)c);
	return true;
}

int mb_load(struct mb *mb, enum mb_which which, const struct mb_region *r, uint32_t n,
	    const uint32_t *order)
{
	return mb->ops->load(mb, &mb->c[which], r, n, order);
}
