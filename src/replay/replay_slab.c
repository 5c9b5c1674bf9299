/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay_slab.c - what slab gives, where there is no slab. */
#include "replay/replay_slab.h"

#include <stdlib.h>

#define BASE 0x7000000000ULL
#define BASE_32 0xd0000000ULL /* where addresses or pointers are short */
#define SIZE_MAX_EACH (1 << 20)

void replay_slab_init(struct replay_slab *slab, const struct mb_machine *machine)
{
	bool low = machine->addr_bits == 32 || BASE > UINTPTR_MAX;

	*slab = (struct replay_slab){ .base = low ? BASE_32 : BASE };
}

uint64_t replay_slab_alloc(struct replay_slab *slab, uint64_t size, void **ptr)
{
	uint64_t at = slab->base + slab->used;

	if (slab->count == sizeof(slab->blocks) / sizeof(slab->blocks[0]) || size > SIZE_MAX_EACH)
		return 0;
	*ptr = calloc(1, size ? size : 1);
	if (!*ptr)
		return 0;
	slab->blocks[slab->count++] = *ptr;
	slab->used += (size + 63) & ~63ULL;
	return at;
}

void replay_slab_free(void *ctx, void *ptr, uint64_t size)
{
	(void)ctx, (void)ptr, (void)size;
}

bool replay_slab_has(const struct replay_slab *slab, uint64_t pa)
{
	return slab->used && pa - slab->base < slab->used;
}

void replay_slab_release(struct replay_slab *slab)
{
	while (slab->count)
		free(slab->blocks[--slab->count]);
	slab->used = 0;
}
