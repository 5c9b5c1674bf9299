/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.c - what a caller switches: growth, direction, limit, debugging, slab, scratch areas. */
#include <memblock/variant.h>

#include "core/core_impl.h"

void mb_allow_resize(struct mb *mb)
{
	mb->can_resize = true;
	settings_changed(mb);
}

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
	mb->scratch_only = !mb->machine.no_kho_scratch;
	settings_changed(mb);
}

void mb_clear_kho_scratch_only(struct mb *mb)
{
	mb->scratch_only = false;
	settings_changed(mb);
}

int mb_add_scratch_area(struct mb *mb, uint64_t base, uint64_t size)
{
	if (mb->machine.no_kho_scratch)
		return -MB_EINVAL;
	if (base > mb->addr_max)
		return 0;
	if (size > mb->addr_max - base)
		size = mb->addr_max - base;
	if (!size)
		return 0;
	if (mb->scratch_count == MB_SCRATCH_MAX)
		return -MB_ENOMEM;
	mb->scratch[mb->scratch_count++] = (struct mb_scratch){ base, size };
	return 0;
}

void mb_set_zeroing(struct mb *mb, bool on)
{
	mb->zeroing = on;
	settings_changed(mb);
}
