/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.c - physical and virtual addresses, which differ by an offset. */
#include <memblock/variant.h>

#include "core/core_impl.h"

void *mb_phys_to_virt(const struct mb *mb, uint64_t pa)
{
	return phys_to_virt(mb, pa);
}

uint64_t mb_virt_to_phys(const struct mb *mb, const void *ptr)
{
	return virt_to_phys(mb, ptr);
}
