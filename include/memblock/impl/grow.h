/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl/grow.h - growth of a collection out of the memory that it describes. Part of
 * memblock/variant_impl.h; stands on find.h and pieces.h.
 *
 * When: range.h finds that a range's pieces, or the two regions that an isolation may add, do not fit into
 * `max` slots. Before mb_allow_resize() that is the end of the boot (or -ENOMEM, by profile): the memory that
 * slots would be taken from may not be mapped yet. How much: `max` times the parameter `growth`, 2 as in the kernel,
 * so that all moves together cost no more than the inserts did.
 *
 * Growth takes its storage from the memory that is managed: it is found, the slots move there, and
 * only then are the old storage freed and the new reserved, which needs slots in `reserved` itself.
 *
 *     grow(reserved)   move, free old, reserve new        the larger store is already active
 *     grow(memory)     move, [grow(reserved)], free old, [grow(reserved)], reserve new
 *
 * Nothing recurses: freeing and reserving slots happens where there is room (pieces.h).
 *
 * A store that never grows (STORE_NEVER_GROWS) says that it is full, and the operation fails, at any time of the
 * boot.
 */

#ifdef STORE_NEVER_GROWS
static MB_RARE int grow(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	(void)base;
	(void)size;
	mb_log(mb, MB_ERR, MB_LIMIT_LINE, mb_which_name(c->which), c->max);
	return -MB_ENOMEM;
}
#else
/* Free memory for a grown array: any node; without the preference for mirrored memory at last. */
static MB_RARE uint64_t find_for_slots(struct mb *mb, uint64_t start, uint64_t end, uint64_t size)
{
	uint32_t flags = request_flags(mb);
	uint64_t at = step_find_free(mb, size, mb->page_size, start, end, MB_NUMA_NO_NODE, flags);

	if (!at && (flags & MB_MIRROR)) {
		mb_warn_mirror(mb, size);
		at = step_find_free(mb, size, mb->page_size, start, end, MB_NUMA_NO_NODE,
				    flags & ~(uint32_t)MB_MIRROR);
	}
	return at;
}

/*
 * Move @c's slots to larger storage. The range about to be added or isolated, [base, base + size),
 * is left alone when reserved grows: first memory above it is tried, then below. If base is 0 the
 * second window ends at 0, which means "accessible": the kernel's quirk, kept.
 */
static MB_RARE int move_slots(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			      struct mb_growth *g)
{
	uint32_t growth = mb->params[MB_PARAM_GROWTH]; /* hundredths */
	uint32_t max = c->max / 100 * growth + c->max % 100 * growth / 100;
	enum mb_origin origin;
	struct mb_segment to = { .pa = 0 };
	uint64_t bytes, wanted, pa = 0;
	void *slots = NULL;

	if (!mb->can_resize)
		return mb_cannot_resize(mb, c);
	/* The growth itself needs up to two regions; twice as many slots always have room for them. */
	if (growth < 200 && max < c->max + 4)
		max = c->max + 4;
	bytes = wanted = store_grown_bytes(c, max);

	if (mb->machine.metadata == MB_METADATA_HOST) {
		origin = MB_HOST;
		if (mb->hooks.host_alloc)
			slots = mb->hooks.host_alloc(mb->hooks.mem_ctx, mb->host_used, bytes);
		if (slots)
			mb->host_used += (bytes + 63) & ~63ULL;
	} else if (mb->slab_up) {
		origin = MB_SLAB;
		if (mb->hooks.slab_alloc)
			pa = mb->hooks.slab_alloc(mb->hooks.ctx, bytes, MB_NUMA_NO_NODE, &slots);
		if (!pa)
			slots = NULL;
	} else {
		uint64_t rounded = align_up(mb, bytes, mb->page_size);

		origin = MB_MANAGED;
		if (c->which != MB_RESERVED)
			base = size = 0;
		pa = find_for_slots(mb, base + size, mb->current_limit, rounded);
		if (!pa && size)
			pa = find_for_slots(mb, 0, min_u64(base, mb->current_limit), rounded);
		if (pa && mb->hooks.accept && mb->profile->accepts_memory)
			mb->hooks.accept(mb->hooks.ctx, pa, rounded);
		if (pa && mb->hooks.map)
			slots = mb->hooks.map(mb->hooks.mem_ctx, pa, rounded);
		bytes = rounded;
	}
	if (!slots) {
		mb_log(mb, MB_ERR, "memblock: Failed to double %s array from %u to %u entries !",
		       mb_which_name(c->which), c->max, max);
		return -MB_ENOMEM;
	}
	*g = (struct mb_growth){ .which = c->which };
	if (origin == MB_MANAGED) {
		g->base = pa;
		g->size = bytes;
	}
	MB_COUNT(mb, growths, 1);
	to.slots = slots;
	to.pa = g->base;
	to.bytes = bytes;
	to.origin = origin;
	if (store_keeps_storage(c)) {
		max = store_grow(mb, c, &to, max);
	} else {
		if (c->origin == MB_MANAGED) {
			g->old_base = c->slots_pa;
			g->old_size = c->slots_bytes;
		}
		MB_COUNT(mb, bytes_moved, store_used_bytes(c));
		max = store_grow(mb, c, &to, max);
		if (c->origin == MB_SLAB && mb->hooks.slab_free)
			mb->hooks.slab_free(mb->hooks.ctx, c->slots, c->slots_bytes);
	}
	c->slots = slots;
	c->slots_pa = g->base;
	c->slots_bytes = bytes;
	c->origin = origin;
	c->max = g->entries = max;
	if (mb->debug && origin != MB_HOST)
		mb_log_doubled(mb, c->which, max, pa, wanted);
	if (mb->hooks.grew)
		mb->hooks.grew(mb->hooks.ctx, g);
	return 0;
}

/* What is said of a free before it does anything. */
static MB_RARE void tell_of_old_slots(struct mb *mb, const struct mb_growth *g)
{
	if (mb->debug)
		mb_log_growth(mb, g, true);
	if (g->old_size && mb->hooks.leak_free)
		mb->hooks.leak_free(mb->hooks.ctx, g->old_base, g->old_size);
}

/* Once the page allocator takes what is freed, reserved is edited only where it lives on. */
static bool frees_edit_reserved(const struct mb *mb)
{
	return !mb->slab_up || !mb->profile->free_releases_pages || mb->machine.keep_memblock;
}

/* Give the storage that @c moved out of back to free memory. Reserved has room. */
static MB_RARE void free_old_slots(struct mb *mb, const struct mb_growth *g)
{
	if (!g->old_size)
		return;
	if (mb->slab_up && mb->profile->free_releases_pages && mb_can_release(mb))
		mb_release_pages(mb, g->old_base, g->old_base + g->old_size);
	if (frees_edit_reserved(mb))
		cut_range(mb, &mb->c[MB_RESERVED], g->old_base, g->old_base + g->old_size);
}

static MB_RARE void reserve_new_slots(struct mb *mb, const struct mb_growth *g)
{
	struct mb_collection *reserved = &mb->c[MB_RESERVED];

	if (!g->size)
		return;
	add_pieces(mb, reserved, g->base, g->base + g->size, reserved_nid(mb),
		   reserved_kern_flags(mb));
	merge_all_if_wanted(mb, reserved);
}

static MB_RARE int grow_reserved(struct mb *mb, uint64_t base, uint64_t size)
{
	struct mb_growth g;
	int rc = move_slots(mb, &mb->c[MB_RESERVED], base, size, &g);

	if (rc)
		return rc;
	tell_of_old_slots(mb, &g);
	free_old_slots(mb, &g);
	if (mb->debug)
		mb_log_growth(mb, &g, false);
	reserve_new_slots(mb, &g);
	return 0;
}

static MB_RARE int grow(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	struct mb_collection *reserved = &mb->c[MB_RESERVED];
	struct mb_growth g;
	int rc;

	if (!c->max) /* physmem of a machine that has none */
		return -MB_ENOMEM;
	if (c == reserved)
		return grow_reserved(mb, base, size);
	rc = move_slots(mb, c, base, size, &g);
	if (rc)
		return rc;
	/* Giving the old storage back isolates: two slots. If they cannot be had it stays reserved, and
	 * nobody asks. The new storage is not reserved yet, so reserved can only grow into it here; the
	 * kernel would then overwrite its own array. */
	tell_of_old_slots(mb, &g);
	while (!rc && g.old_size && frees_edit_reserved(mb) && !fits_two(mb, reserved)) {
		rc = grow_reserved(mb, g.old_base, g.old_size);
		if (reserved->origin == MB_MANAGED && reserved->slots_pa < g.base + g.size &&
		    g.base < reserved->slots_pa + reserved->slots_bytes)
			mb_bug(mb, "memblock: the grown reserved array overlaps the grown %s array",
			       mb_which_name(c->which));
	}
	if (!rc)
		free_old_slots(mb, &g);
	if (mb->debug)
		mb_log_growth(mb, &g, false);
	rc = 0;
	while (!rc && g.size && !store_fits(reserved, 1))
		rc = grow_reserved(mb, g.base, g.size);
	if (rc)
		mb_bug(mb, "memblock: cannot reserve the grown %s array", mb_which_name(c->which));
	else
		reserve_new_slots(mb, &g);
	return rc;
}
#endif
