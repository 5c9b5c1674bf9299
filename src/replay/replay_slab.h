/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_slab.h - what slab gives, where there is no slab: memory with addresses that are the same in
 * every instance, whatever its own memory is.
 *
 * A boot asks slab for little: an array that outgrows memblock's own, a few descriptors. Nothing is given
 * back before the end, so that addresses do not depend on who frees when.
 */
#ifndef MB_REPLAY_SLAB_H
#define MB_REPLAY_SLAB_H

#include <memblock/memblock.h>

struct replay_slab {
	void *blocks[64];
	unsigned count;
	uint64_t base, used; /* addresses where no memory is */
};

void replay_slab_init(struct replay_slab *slab, const struct mb_machine *machine);
/* For the hook slab_alloc. Return: the address, or 0. */
uint64_t replay_slab_alloc(struct replay_slab *slab, uint64_t size, void **ptr);
/* The hook slab_free: does nothing. */
void replay_slab_free(void *ctx, void *ptr, uint64_t size);
/* Is the address one that was given? */
bool replay_slab_has(const struct replay_slab *slab, uint64_t pa);
/* Free everything; the next one gives the same addresses again. */
void replay_slab_release(struct replay_slab *slab);

#endif
