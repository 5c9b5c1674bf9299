/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_ranges_impl.h - sets of addresses, to compare what a dump and the model cover.
 *
 * An empty set is all zeros. @r is the owner's to free. Want of memory is remembered in @failed.
 */
#ifndef MB_RECONSTRUCT_RANGES_IMPL_H
#define MB_RECONSTRUCT_RANGES_IMPL_H

#include <memblock/trace.h>

struct range {
	uint64_t base, end;
};

struct ranges {
	struct range *r;
	size_t count, room;
	bool failed;
};

void ranges_add(struct ranges *set, uint64_t base, uint64_t size);
void ranges_remove(struct ranges *set, uint64_t base, uint64_t size);
/* Take all of @other out of @set, in one pass over both. */
void ranges_subtract(struct ranges *set, const struct ranges *other);
bool ranges_equal(const struct ranges *a, const struct ranges *b);
/* Add what a collection of a dump, or of an instance, covers. */
void ranges_of_dump(struct ranges *set, const struct mb_dump *dump, enum mb_which which);
void ranges_of_model(struct ranges *set, struct mb *model, enum mb_which which);

#endif
