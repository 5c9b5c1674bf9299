/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_dump.c - does an instance hold what a dump shows? And if not, where does it differ first?
 */
#include <inttypes.h>
#include <memblock/replay.h>
#include <stdio.h>

int mb_printed_node(const struct mb *mb, int nid)
{
	int max = (int)mb_max_numnodes(mb);

	if (mb->machine.no_numa)
		return -1;
	if (mb->profile->dump_node_if_valid)
		return nid >= 0 && nid < max ? nid : -1;
	return nid == max ? -1 : nid; /* and so -1 for -1 */
}

/* The next region that is not the stand-in of an empty collection. */
static const struct mb_region *next_dumped(const struct mb_dump *dump, enum mb_which which,
					   uint32_t *at)
{
	while (*at < dump->cnt[which]) {
		const struct mb_region *r = &dump->regions[which][(*at)++];

		if (r->size)
			return r;
	}
	return NULL;
}

static bool dump_matches_one(struct mb *mb, const struct mb_dump *dump, enum mb_which which,
			     char *why, size_t why_size)
{
	const char *name = mb_which_name(which);
	const struct mb_region *want;
	struct mb_range have;
	struct mb_iter it;
	uint32_t at = 0;

	mb_iter_regions(&it, mb, which, false);
	while (mb_next(&it, &have)) {
		int node = mb_printed_node(mb, have.nid);

		if (have.base == have.end)
			continue;
		want = next_dumped(dump, which, &at);
		if (want && want->base == have.base && want->size == have.end - have.base &&
		    want->flags == have.flags && want->nid == node)
			continue;
		if (why && !want)
			snprintf(why, why_size,
				 "%s has 0x%" PRIx64 "-0x%" PRIx64 " beyond the dump", name,
				 have.base, have.end);
		else if (why)
			snprintf(why, why_size,
				 "%s[%u] is 0x%" PRIx64 "-0x%" PRIx64
				 " node %d flags 0x%x, dumped 0x%" PRIx64 "-0x%" PRIx64
				 " node %d flags 0x%x",
				 name, at - 1, have.base, have.end, node, have.flags, want->base,
				 want->base + want->size, want->nid, want->flags);
		return false;
	}
	want = next_dumped(dump, which, &at);
	if (want && why)
		snprintf(why, why_size, "%s lacks 0x%" PRIx64 "-0x%" PRIx64, name, want->base,
			 want->base + want->size);
	return !want;
}

bool mb_dump_matches(struct mb *mb, const struct mb_dump *dump, char *why, size_t why_size)
{
	enum mb_which which;

	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		if (which == MB_PHYSMEM && !mb->machine.physmem)
			continue;
		if (!dump_matches_one(mb, dump, which, why, why_size))
			return false;
		if (which == MB_PHYSMEM || dump->size[which] == MB_SIZE_UNKNOWN ||
		    dump->size[which] == mb_total_size(mb, which))
			continue;
		if (why)
			snprintf(why, why_size, "%s size is 0x%" PRIx64 ", dumped 0x%" PRIx64,
				 mb_which_name(which), mb_total_size(mb, which), dump->size[which]);
		return false;
	}
	return true;
}
