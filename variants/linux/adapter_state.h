/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adapter_state.h - owners, growth, snapshots. Part of adapter.c, after memblock.c. */

static struct memblock_type *mbl_type(enum mb_which which)
{
	switch (which) {
	case MB_MEMORY:
		return &memblock.memory;
	case MB_RESERVED:
		return &memblock.reserved;
	default:
#ifdef CONFIG_HAVE_MEMBLOCK_PHYS_MAP
		return &physmem;
#else
		return NULL;
#endif
	}
}

/* ---- owners ------------------------------------------------------------------------------------ */

/* Where an instance keeps the data while another one owns the object: all of its static slots and
 * extra bytes, which it needs for nothing else. */
static void *mbl_home(struct mb *mb)
{
	return mb->c[MB_MEMORY].static_slots;
}

static __attribute__((__noinline__)) void mbl_swap(struct mb *mb)
{
	struct mb_linux_services call = mbl.call;

	if (mbl.mb)
		mbl_copy_data(mbl_home(mbl.mb), call.data, call.data_bytes);
	mbl_copy_data(call.data, mbl_home(mb), call.data_bytes);
}

/* From here on the data is @mb's. */
static inline void mbl_enter(struct mb *mb)
{
	if (unlikely(mbl.mb != mb)) {
		mbl_swap(mb);
		/* Of a call the compiler knows which variables it writes; in its eyes mbl is not among them. */
		__asm__ volatile("" : "+m"(mbl) : : "memory");
	}
}

static void mbl_settings(struct mb *mb)
{
	mbl_enter(mb);
	memblock.bottom_up = mb->bottom_up;
	memblock.current_limit = (phys_addr_t)mb->current_limit;
	memblock_can_resize = mb->can_resize;
	memblock_debug = mb->debug;
	mbl_movable_node = mb->machine.movable_node;
	mirrored_kernelcore = mb->machine.kernelcore_mirror;
	max_low_pfn = mb->machine.max_low_pfn;
	mbl.slab = mb->slab_up;
	mbl.host = mb->machine.metadata == MB_METADATA_HOST;
#if MBL_HAS_mark_kho_scratch
	if (mb->scratch_only)
		memblock_set_kho_scratch_only();
	else
		memblock_clear_kho_scratch_only();
#endif
}

static uint64_t mbl_static_bytes(uint32_t max)
{
	return (uint64_t)max * sizeof(struct memblock_region);
}

/* An empty instance: the data as it was when the object was loaded. */
static void mbl_init(struct mb *mb, struct mb_collection *c, void *slots, uint32_t max)
{
	struct mb_linux_services call;

	c->slots = c->static_slots = slots;
	c->max = max;
	c->slots_bytes = mbl_static_bytes(max);
	if (c->which != MB_COLLECTIONS - 1)
		return;
	/* The last one: memory's slots are known. */
	call = mbl.call;
	if (mbl.mb)
		mbl_copy_data(mbl_home(mbl.mb), call.data, call.data_bytes);
	mbl_copy_data(call.data, call.pristine, call.data_bytes);
	mbl.mb = mb;
	for (int i = 0; i < MB_COLLECTIONS; i++) {
		struct memblock_type *type = mbl_type(i);

		if (!type)
			continue;
		mbl.arrays[i] = (struct mbl_array){ .regions = type->regions,
						    .origin = MB_STATIC,
						    .bytes = type->max * sizeof(*type->regions) };
		if (type->max != mb->c[i].max)
			mbl.call.bug(mb, "linux: built for %lu slots, not %u", type->max,
				     mb->c[i].max);
	}
	mbl_settings(mb);
}

static void mbl_leave(struct mb *mb)
{
	if (mbl.mb == mb)
		mbl.mb = NULL;
}

/* ---- growth ------------------------------------------------------------------------------------ */

/* memblock_double_array() is about to copy the regions of one collection to a larger array. */
static void mbl_grew(void *to, const void *from, size_t bytes)
{
	struct mb *mb = mbl.mb;
	struct mb_growth growth = { 0 };
	struct mbl_array *array;
	int which = MB_MEMORY;

	while (which < MB_COLLECTIONS - 1 && mbl_type(which)->regions != from)
		which++;
	array = &mbl.arrays[which];
	mbl.old = *array;
	array->regions = to;
	array->bytes = 2 * bytes;
	array->pa = 0;
	array->origin = mbl.host ? MB_HOST : mbl.slab ? MB_SLAB : MB_MANAGED;
	if (array->origin == MB_MANAGED) {
		array->pa = mbl_pa(to);
		array->bytes = PAGE_ALIGN(2 * bytes);
		growth.base = array->pa;
		growth.size = array->bytes;
	}
	if (mbl.old.origin == MB_MANAGED) {
		growth.old_base = mbl.old.pa;
		growth.old_size = mbl.old.bytes;
	}
	growth.which = which;
	growth.entries = 2 * bytes / sizeof(struct memblock_region);
	if (mb->hooks.grew)
		mb->hooks.grew(mb->hooks.ctx, &growth);
}

/* ---- what the library wants to know ------------------------------------------------------------ */

static void mbl_refresh(struct mb *mb)
{
	mbl_enter(mb);
	for (int i = 0; i < MB_COLLECTIONS; i++) {
		struct memblock_type *type = mbl_type(i);
		struct mb_collection *c = &mb->c[i];

		if (!type)
			continue;
		c->cnt = (uint32_t)type->cnt;
		c->max = (uint32_t)type->max;
		c->total_size = type->total_size;
		c->slots_bytes = mbl.arrays[i].bytes;
		c->slots_pa = mbl.arrays[i].pa;
		c->origin = mbl.arrays[i].origin;
	}
}

static size_t mbl_grown_bytes(int which)
{
	if (!mbl_type(which) || mbl.arrays[which].origin == MB_STATIC)
		return 0;
	return (mbl_type(which)->cnt + 1) * sizeof(struct memblock_region);
}

static size_t mbl_state_bytes(struct mb *mb)
{
	size_t bytes = mbl.call.data_bytes;

	mbl_enter(mb);
	for (int i = 0; i < MB_COLLECTIONS; i++)
		bytes += mbl_grown_bytes(i);
	return bytes;
}

static void mbl_save(struct mb *mb, void *buf)
{
	char *at = buf;

	mbl_enter(mb);
	mbl_copy_data(at, mbl.call.data, mbl.call.data_bytes);
	at += mbl.call.data_bytes;
	for (int i = 0; i < MB_COLLECTIONS; i++) {
		size_t bytes = mbl_grown_bytes(i);

		if (bytes)
			__builtin_memcpy(at, mbl_type(i)->regions, bytes);
		at += bytes;
	}
}

static void mbl_restore(struct mb *mb, const void *buf)
{
	const char *at = buf;

	mbl_enter(mb); /* saves another owner */
	mbl_copy_data(mbl.call.data, at, mbl.call.data_bytes);
	at += mbl.call.data_bytes;
	for (int i = 0; i < MB_COLLECTIONS; i++) {
		size_t bytes = mbl_grown_bytes(i);

		if (bytes)
			__builtin_memcpy(mbl_type(i)->regions, at, bytes);
		at += bytes;
	}
	mbl_settings(mb);
}
