/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adapter_steps.h - the steps of struct mb_ops by the kernel's static functions. Part of adapter.c. */

static const struct mb_param mbl_params[] = { { .name = NULL } }; /* src/host/linux.c has them */

static struct memblock_type *mbl_type_of(struct mb *mb, const struct mb_collection *c)
{
	mbl_enter(mb);
	return mbl_type(c->which);
}

static int mbl_add_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			 int nid, uint32_t flags)
{
	return memblock_add_range(mbl_type_of(mb, c), base, size, nid, flags);
}

static int mbl_remove_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	return memblock_remove_range(mbl_type_of(mb, c), base, size);
}

#if MBL_MERGES_A_WINDOW
#define mbl_merge(type, first, end) memblock_merge_regions(type, first, end)
#else
#define mbl_merge(type, first, end) memblock_merge_regions(type)
#endif

/* The kernel has a function per flag; old ones none for flags of reserved. */
static int mbl_change_flags(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			    uint32_t set, uint32_t clear)
{
	struct memblock_type *type = mbl_type_of(mb, c);
	int first, end, rc;

	rc = memblock_isolate_range(type, base, size, &first, &end);
	if (rc)
		return rc;
	for (int i = first; i < end; i++)
		type->regions[i].flags = (type->regions[i].flags | set) & ~clear;
	mbl_merge(type, first, end);
	return 0;
}

static int mbl_change_node(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			   int nid)
{
	return memblock_set_node(base, size, mbl_type_of(mb, c), nid);
}

static void mbl_stamp_node(struct mb *mb, struct mb_collection *c, uint64_t addr, int nid)
{
	struct memblock_type *type = mbl_type_of(mb, c);
	int i = memblock_search(type, addr);

	if (i >= 0)
		memblock_set_region_node(&type->regions[i], nid);
	c->untidy = true;
}

static void mbl_trim(struct mb *mb, struct mb_collection *c, uint64_t align)
{
	(void)c;
	mbl_enter(mb);
	mb->c[MB_MEMORY].stale_total = true;
	memblock_trim_memory(align);
}

static int mbl_keep_range(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			  uint32_t spared)
{
	struct memblock_type *type = mbl_type_of(mb, c);
	int first, end, rc;

	rc = memblock_isolate_range(type, base, size, &first, &end);
	if (rc)
		return rc;
	for (int i = (int)type->cnt - 1; i >= 0; i--) {
		if ((i < first || i >= end) && !(type->regions[i].flags & spared))
			memblock_remove_region(type, i);
	}
	c->untidy = true;
	return 0;
}

static uint64_t mbl_find_free(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			      uint64_t end, int nid, uint32_t flags)
{
	mbl_enter(mb);
	return memblock_find_in_range_node(size, align, start, end, nid, flags);
}

static uint64_t mbl_alloc_range(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				uint64_t end, int nid, bool exact_nid)
{
	mbl_enter(mb);
	return memblock_alloc_range_nid(size, align, start, end, nid, exact_nid);
}

static void mbl_copy(struct mb_region *out, const struct memblock_region *r)
{
	*out = (struct mb_region){ .base = r->base,
				   .size = r->size,
				   .flags = r->flags,
				   .nid = memblock_get_region_node(r) };
}

static bool mbl_search(struct mb *mb, struct mb_collection *c, uint64_t addr, struct mb_region *out)
{
	struct memblock_type *type = mbl_type_of(mb, c);
	int i = type ? memblock_search(type, addr) : -1;

	if (i >= 0 && out)
		mbl_copy(out, &type->regions[i]);
	return i >= 0;
}

static bool mbl_overlaps(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	return memblock_overlaps_region(mbl_type_of(mb, c), base, size);
}

/* ---- iteration --------------------------------------------------------------------------------- */

static void mbl_next_regions(struct mb_iter *it, struct memblock_type *type)
{
	uint32_t cnt = type ? (uint32_t)type->cnt : 0;
	uint32_t done = it->placed ? it->cursor[0] : 0;

	for (; done < cnt && it->n < MB_ITER_BATCH; done++) {
		const struct memblock_region *r =
			&type->regions[it->reverse ? cnt - 1 - done : done];

		it->batch[it->n++] = (struct mb_range){ r->base, r->base + r->size,
							memblock_get_region_node(r), r->flags };
	}
	it->cursor[0] = done;
	it->placed = true;
	it->done = done == cnt;
}

/*
 * The region that a range just yielded, [base, end), lies in. @index is where the kernel's walk goes on: in
 * that region if the range ended at a reserved one, else in the next region, which lies beyond the range.
 */
static inline const struct memblock_region *mbl_region_of(const struct memblock_type *type,
							  uint32_t index, phys_addr_t base,
							  phys_addr_t end, bool reverse)
{
	const struct memblock_region *r = &type->regions[index];

	if (reverse)
		return index < type->cnt && r->base + r->size > base ?
			       r :
			       type->regions + (uint32_t)(index + 1);
	return index < type->cnt && r->base < end ? r : r - 1;
}

static void mbl_next_ranges(struct mb_iter *it, struct memblock_type *a, struct memblock_type *b)
{
	u64 i = it->reverse ? ~0ULL : 0;
	phys_addr_t r_base = 1,
		    r_end = 0; /* the region of the last range, whose flags are still known */
	uint32_t flags = 0;

	if (it->placed)
		i = (u64)it->cursor[1] << 32 | it->cursor[0];
	while (it->n < MB_ITER_BATCH) {
		phys_addr_t base, end;
		int nid = 0;

		if (it->reverse)
			__next_mem_range_rev(&i, it->nid, it->flags, a, b, &base, &end, &nid);
		else
			__next_mem_range(&i, it->nid, it->flags, a, b, &base, &end, &nid);
		if (i == ~0ULL) {
			it->done = true;
			break;
		}
		if (base < r_base || end > r_end) {
			const struct memblock_region *r =
				mbl_region_of(a, (uint32_t)i, base, end, it->reverse);

			r_base = r->base;
			r_end = r->base + r->size;
			flags = r->flags;
		}
		it->batch[it->n++] = (struct mb_range){ base, end, nid, flags };
	}
	it->cursor[0] = (uint32_t)i;
	it->cursor[1] = (uint32_t)(i >> 32);
	it->placed = true;
}

static void mbl_next_batch(struct mb_iter *it)
{
	struct memblock_type *a, *b;

	mbl_enter(it->mb);
	it->at = it->n = 0;
	a = mbl_type(it->a);
	b = it->b < MB_COLLECTIONS ? mbl_type(it->b) : NULL;
	if (!a)
		it->done = true;
	else if (it->kind == MB_ITER_REGIONS)
		mbl_next_regions(it, a);
	else
		mbl_next_ranges(it, a, b);
}

/* ---- set-up and checks ------------------------------------------------------------------------- */

/* Put @n sorted regions in place, with some room, as variant_impl.h's step_load() does. */
static int mbl_load(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n,
		    const uint32_t *order)
{
	struct memblock_type *type = mbl_type_of(mb, c);
	int rc = 0;

	(void)order; /* an array has one order */
	while (!rc && type->max < n + 8 + (n < 640 ? n / 4 : 160))
		rc = memblock_double_array(type, 0, 0);
	if (rc)
		return -ENOMEM;
	type->cnt = n;
	type->total_size = 0;
	for (uint32_t i = 0; i < n; i++) {
		type->regions[i] = (struct memblock_region){ .base = r[i].base,
							     .size = r[i].size,
							     .flags = r[i].flags };
		memblock_set_region_node(&type->regions[i], r[i].nid);
		type->total_size += r[i].size;
	}
	if (c->which != MB_RESERVED)
		return 0;
	for (int i = 0; i < MB_COLLECTIONS && !rc; i++) {
		if (mbl.arrays[i].origin == MB_MANAGED)
			rc = memblock_reserve(mbl.arrays[i].pa, mbl.arrays[i].bytes);
	}
	return rc;
}

static size_t mbl_used_bytes(struct mb *mb, struct mb_collection *c)
{
	(void)mb, (void)c;
	return 0; /* struct mb_whole saves and restores */
}

static const char *mbl_check(struct mb *mb, struct mb_collection *c)
{
	struct memblock_type *type = mbl_type_of(mb, c);

	if (type && type->regions != mbl.arrays[c->which].regions)
		return "the array is not the one that growth reported";
	return NULL;
}
