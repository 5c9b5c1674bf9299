/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exhaustive_states.c - states as numbers, which of them were met, and the way back to one.
 *
 * A state's number is a digest of 64 bits: with ten million states, two of them share one with a probability of
 * three in a million, and then one of them is not gone on from.
 */
#include "verify/exhaustive_impl.h"

#include <stdlib.h>
#include <string.h>

/* ---- a set of numbers -------------------------------------------------------------------------- */

static size_t place_of(const uint64_t *keys, size_t places, uint64_t key)
{
	size_t at = verify_mix(key, 0) & (places - 1);

	while (keys[at] && keys[at] != key)
		at = (at + 1) & (places - 1);
	return at;
}

static bool enlarge(struct exhaustive_set *set)
{
	size_t places = set->places ? set->places * 2 : 1024, words = set->words;
	uint64_t *keys = calloc(places, sizeof(*keys));
	uint64_t *bits = calloc(places * words + 1, sizeof(*bits));

	if (!keys || !bits) {
		free(keys);
		free(bits);
		return false;
	}
	for (size_t i = 0; i < set->places; i++) {
		size_t at;

		if (!set->keys[i])
			continue;
		at = place_of(keys, places, set->keys[i]);
		keys[at] = set->keys[i];
		memcpy(bits + at * words, set->bits + i * words, words * sizeof(*bits));
	}
	free(set->keys);
	free(set->bits);
	set->keys = keys;
	set->bits = bits;
	set->places = places;
	return true;
}

uint64_t *exhaustive_meet(struct exhaustive_set *set, uint64_t key, bool *added)
{
	size_t at;

	key += !key;
	if (set->used * 4 >= set->places * 3 && !enlarge(set))
		return NULL;
	at = place_of(set->keys, set->places, key);
	*added = !set->keys[at];
	set->used += *added;
	set->keys[at] = key;
	return set->bits + at * set->words;
}

void exhaustive_forget(struct exhaustive_set *set)
{
	free(set->keys);
	free(set->bits);
	*set = (struct exhaustive_set){ .words = set->words };
}

/* ---- a state as numbers ------------------------------------------------------------------------ */

/* A store that must be exact: all of its state is in struct mb. Without one, the reference. */
static const struct mb *told_by(const struct verify_lab *lab)
{
	for (int i = 0; i < lab->count; i++)
		if (!lab->instances[i].kernel && lab->instances[i].exact)
			return lab->instances[i].mb;
	return lab->instances[lab->reference].mb;
}

static uint64_t digest_collection(const struct verify_lab *lab, const struct mb *mb, unsigned w)
{
	const struct mb_collection *c = &mb->c[w];
	uint64_t sum = verify_mix(w, c->max);
	struct mb_segment s;

	for (unsigned i = 0; mb_storage(mb, c, i, &s); i++)
		sum = verify_mix(sum, verify_mix(s.origin, s.pa));

	sum = verify_mix(sum, verify_mix(lab->total[w],
					 c->emptied | c->untidy << 1 | c->stale_total << 2));
	for (uint32_t i = 0; i < lab->cnt[w]; i++) {
		const struct mb_region *r = &lab->regions[w][i];

		sum = verify_mix(verify_mix(sum, r->base), r->size);
		sum = verify_mix(sum, (uint64_t)(uint32_t)r->nid << 32 | r->flags);
	}
	return sum;
}

/* A kernel keeps its settings for itself. */
static uint64_t digest_bytes(const struct mb *mb)
{
	size_t size = mb_snapshot_size(mb);
	unsigned char *bytes = malloc(size);
	uint64_t sum = 0;

	if (!bytes)
		return 0;
	mb_snapshot(mb, bytes);
	for (size_t i = 0; i < size; i++)
		sum = verify_mix(sum, bytes[i]);
	free(bytes);
	return sum;
}

void exhaustive_digest(const struct verify_lab *lab, struct exhaustive_digest *digest)
{
	const struct mb *mb = told_by(lab);
	uint64_t sum;

	for (unsigned w = 0; w < MB_PHYSMEM; w++)
		digest->collections[w] = digest_collection(lab, mb, w);
	sum = (uint64_t)mb->slab_up << 1 | (uint64_t)mb->has_mirror << 2 |
	      (uint64_t)mb->scratch_only << 3 | (uint64_t)mb->discarded << 5 |
	      (uint64_t)mb->managed_reset << 6 | (uint64_t)mb->warned_slab << 7;
	for (unsigned i = 0; i < sizeof(mb->warned_nid) / sizeof(mb->warned_nid[0]); i++)
		sum |= (uint64_t)mb->warned_nid[i] << (8 + i);
	for (uint32_t i = 0; i < mb->named_count; i++) {
		const struct mb_named *named = &mb->named[i];

		sum = verify_mix(verify_mix(sum, named->base), named->size);
		for (unsigned k = 0; k < MB_NAME_SIZE; k++)
			sum = verify_mix(sum, (unsigned char)named->name[k]);
	}
	if (mb->ops->whole)
		sum = verify_mix(sum, digest_bytes(mb));
	/* Where a difference was set aside it is compared with less from there on. */
	for (int i = 0; i < lab->count && lab->explained && lab->explained->count; i++)
		sum = lab->instances[i].left ? verify_mix(sum, 1 + (unsigned)i) : sum;
	digest->settings = verify_mix(sum, lab->instances[lab->reference].slab.used);
	digest->search = verify_mix(mb->bottom_up, mb->current_limit);
	digest->resize = mb->can_resize;
}

/* ---- the way back ------------------------------------------------------------------------------ */

static bool copy_regions(struct mb_region **to, uint32_t *room, const struct mb_region *from,
			 uint32_t cnt)
{
	if (cnt > *room) {
		void *larger = realloc(*to, cnt * sizeof(**to));

		if (!larger)
			return false;
		*to = larger;
		*room = cnt;
	}
	if (cnt)
		memcpy(*to, from, cnt * sizeof(**to));
	return true;
}

bool exhaustive_save(const struct verify_lab *lab, struct exhaustive_saved *saved)
{
	for (int i = 0; i < lab->count; i++) {
		const struct verify_instance *inst = &lab->instances[i];
		size_t size = mb_snapshot_size(inst->mb);

		if (size > saved->instances[i].room) {
			void *larger = realloc(saved->instances[i].bytes, size);

			if (!larger)
				return false;
			saved->instances[i].bytes = larger;
			saved->instances[i].room = size;
		}
		mb_snapshot(inst->mb, saved->instances[i].bytes);
		memcpy(saved->instances[i].arrays, inst->arrays, sizeof(inst->arrays));
		saved->instances[i].slab_count = inst->slab.count;
		saved->instances[i].slab_used = inst->slab.used;
		saved->instances[i].left = inst->left;
	}
	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		saved->cnt[w] = lab->cnt[w];
		saved->total[w] = lab->total[w];
		if (!copy_regions(&saved->regions[w], &saved->room[w], lab->regions[w],
				  lab->cnt[w]))
			return false;
	}
	return true;
}

void exhaustive_restore(struct verify_lab *lab, const struct exhaustive_saved *saved)
{
	for (int i = 0; i < lab->count; i++) {
		struct verify_instance *inst = &lab->instances[i];

		mb_restore(inst->mb, saved->instances[i].bytes);
		memcpy(inst->arrays, saved->instances[i].arrays, sizeof(inst->arrays));
		while (inst->slab.count > saved->instances[i].slab_count)
			free(inst->slab.blocks[--inst->slab.count]);
		inst->slab.used = saved->instances[i].slab_used;
		inst->left = saved->instances[i].left;
		inst->collided = false;
	}
	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		uint32_t room = saved->cnt[w]; /* there was room when it was saved */

		lab->cnt[w] = saved->cnt[w];
		lab->total[w] = saved->total[w];
		copy_regions(&lab->regions[w], &room, saved->regions[w], saved->cnt[w]);
	}
}

void exhaustive_saved_free(struct exhaustive_saved *saved)
{
	for (int i = 0; i < MB_VARIANTS_MAX; i++)
		free(saved->instances[i].bytes);
	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		free(saved->regions[w]);
	*saved = (struct exhaustive_saved){ 0 };
}
