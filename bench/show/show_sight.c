/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_sight.c - what is asked of a sight by those that fill it and those that print it.
 */
#include "show/show_impl.h"

#include <errno.h>
#include <stdlib.h>

uint32_t show_slots(const struct sight *s, enum mb_which which)
{
	const struct mb_machine *m = &s->trace->machine;
	uint32_t slots = which == MB_MEMORY ? m->memory_slots : m->reserved_slots;

	return slots ? slots : 128;
}

uint64_t show_page_size(const struct sight *s)
{
	return s->trace->machine.page_size ? s->trace->machine.page_size : 4096;
}

uint32_t show_peak(const struct sight *s, enum mb_which which)
{
	const struct peak *peak = s->peak[which];

	return peak[0].regions > peak[1].regions ? peak[0].regions : peak[1].regions;
}

int show_node(const struct sight *s, int32_t nid)
{
	if (s->trace->machine.no_numa || nid < 0 || (unsigned)nid >= mb_max_numnodes(s->mb))
		return -1;
	return nid;
}

/* ---- the memory map ---------------------------------------------------------------------------- */

static int ranges_copy(struct ranges *to, struct mb_iter *it)
{
	struct mb_range r;

	while (mb_next(it, &r)) {
		if (r.base == r.end) /* the dummy of an empty 6.1 collection */
			continue;
		if (to->n == to->max) {
			size_t max = to->max ? to->max * 2 : 32;
			struct mb_range *more = realloc(to->r, max * sizeof(*more));

			if (!more)
				return -ENOMEM;
			to->r = more;
			to->max = max;
		}
		to->r[to->n++] = r;
	}
	return 0;
}

int show_map_copy(struct map *map, struct mb *mb)
{
	struct mb_iter it;
	int rc;

	mb_iter_regions(&it, mb, MB_MEMORY, false);
	rc = ranges_copy(&map->memory, &it);
	if (rc)
		return rc;
	mb_iter_regions(&it, mb, MB_RESERVED, false);
	rc = ranges_copy(&map->reserved, &it);
	if (rc)
		return rc;
	mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_HOTPLUG, false);
	return ranges_copy(&map->free, &it);
}

/* ---- blocks ------------------------------------------------------------------------------------ */

/* Bytes of the free ranges in [base, end). @at goes on from call to call with ascending @base. */
static uint64_t free_within(const struct ranges *list, size_t *at, uint64_t base, uint64_t end)
{
	uint64_t bytes = 0;

	while (*at < list->n && list->r[*at].end <= base)
		(*at)++;
	for (size_t i = *at; i < list->n && list->r[i].base < end; i++) {
		uint64_t lo = list->r[i].base > base ? list->r[i].base : base;
		uint64_t hi = list->r[i].end < end ? list->r[i].end : end;

		bytes += hi - lo;
	}
	return bytes;
}

static uint64_t aligned_blocks(const struct mb_range *r, uint64_t size)
{
	uint64_t first = r->base / size + (r->base % size != 0), end = r->end / size;

	return end > first ? end - first : 0;
}

struct blocks show_blocks(const struct map *map, uint64_t size)
{
	enum { LOOK_AT = 1 << 20 };
	struct blocks blocks = { .size = size };
	uint64_t looked = 0;
	size_t at = 0;

	for (size_t i = 0; i < map->free.n; i++)
		blocks.free += aligned_blocks(&map->free.r[i], size);
	for (size_t i = 0; i < map->memory.n; i++) {
		const struct mb_range *r = &map->memory.r[i];
		uint64_t n = aligned_blocks(r, size);
		uint64_t base = (r->base / size + (r->base % size != 0)) * size;

		if (r->flags & MB_NOMAP)
			continue;
		blocks.all += n;
		for (; n && looked < LOOK_AT; n--, looked++, base += size) {
			uint64_t taken = size - free_within(&map->free, &at, base, base + size);

			if (!taken || taken >= size / 100)
				continue;
			if (!blocks.nearly++)
				blocks.nearly_first = base;
			blocks.nearly_bytes += taken;
		}
	}
	return blocks;
}

/* ---- its end ----------------------------------------------------------------------------------- */

static void map_release(struct map *map)
{
	free(map->memory.r);
	free(map->reserved.r);
	free(map->free.r);
}

void show_release(struct sight *s)
{
	for (size_t i = 0; i < s->frame_count; i++)
		map_release(&s->frames[i].map);
	map_release(&s->end);
	mb_destroy(s->mb);
	mb_trace_free(s->trace);
	free(s->delta);
	free(s->callers);
	free(s->grown);
	free(s);
}
