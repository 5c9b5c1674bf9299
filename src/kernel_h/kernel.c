/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.c - the global memblock of kernel.h: a flat view before an instance.
 *
 * Each call of kernel_calls.c is a load, an operation on the instance, and a store:
 *
 *     view (memblock.memory, .reserved, physmem)          instance (any store)
 *       cnt, max, total_size, regions[]    --load-->        static slots, or grown ones
 *                                          <--store--
 *
 * Nothing of what the view shows is remembered beside it, so a program may change it as it likes:
 *
 *   - Which storage a collection has is told by the address in `regions`. The address that was
 *     stored last, after a growth, means the grown slots; any other means the static ones. So a
 *     program that puts the first pointer back, because it has released the memory that the array
 *     grew into, gets an instance that does not touch that memory any more.
 *   - A collection is empty if cnt is 0 or the first region has size 0, as the kernel sees it.
 *   - total_size, current_limit and bottom_up are taken as they are found.
 *
 * Regions of grown collections are shown in a copy on the heap: the slots of a store need not be
 * regions in order. The static ones are shown in three arrays here, whose addresses never change.
 *
 * Virtual addresses are physical ones (offset 0), so storage that is found in managed memory is
 * used at that address, and zeroing is a memset there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CONFIG_NUMA /* the view with nid, which is padding for programs without */
#define MEMBLOCK_KERNEL_IMPLEMENTATION
#include <memblock/kernel.h>
#include <memblock/variant.h>

#define FIXED_MAX 1024 /* static slots that the view can show */
#define ARENA_BYTES (64ULL << 20)

/* Defined by whoever includes kernel.h. */
extern struct memblock_config memblock_config __attribute__((weak));

static struct memblock_region fixed_memory[FIXED_MAX], fixed_reserved[FIXED_MAX],
	fixed_physmem[FIXED_MAX];

struct memblock memblock = {
	.current_limit = MEMBLOCK_ALLOC_ANYWHERE,
	.memory = { .max = INIT_MEMBLOCK_MEMORY_REGIONS,
		    .regions = fixed_memory,
		    .name = "memory" },
	.reserved = { .max = INIT_MEMBLOCK_RESERVED_REGIONS,
		      .regions = fixed_reserved,
		      .name = "reserved" },
};
struct memblock_type physmem = {
	.max = INIT_PHYSMEM_REGIONS,
	.regions = fixed_physmem,
	.name = "physmem",
};

unsigned long max_low_pfn, min_low_pfn, max_pfn;
unsigned long long max_possible_pfn;
int hashdist = HASHDIST_DEFAULT;

/* A program may have its own. */
__attribute__((weak)) bool movable_node_enabled;
__attribute__((weak)) bool mirrored_kernelcore;

__attribute__((weak)) bool slab_is_available(void)
{
	return false;
}

__attribute__((weak)) void memblock_free_pages(unsigned long pfn, unsigned int order)
{
	(void)pfn;
	(void)order;
}

/* How one collection is shown. */
struct view {
	struct memblock_type *type;
	struct memblock_region *fixed; /* while the instance uses its static slots */
	struct memblock_region *grown; /* afterwards; on the heap; NULL: not yet */
	char *name;
	uint32_t fixed_max; /* static slots of the instance */
	uint32_t grown_max;
};

static struct view views[MB_COLLECTIONS] = {
	[MB_MEMORY] = { .type = &memblock.memory, .fixed = fixed_memory, .name = "memory" },
	[MB_RESERVED] = { .type = &memblock.reserved, .fixed = fixed_reserved, .name = "reserved" },
	[MB_PHYSMEM] = { .type = &physmem, .fixed = fixed_physmem, .name = "physmem" },
};

static struct mb *instance;
static struct mb_machine machine_asked; /* before globals are looked at */
static struct mb_region *scratch;       /* room for the regions of one load */
static uint32_t scratch_max;
static char *arena; /* metadata=host */
static struct mb_page_sink sink_asked;
static bool has_sink;

/* ---- hooks ------------------------------------------------------------------------------------- */

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx;
	fflush(stdout);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	abort();
}

static void on_warn(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx;
	fputs("WARNING: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	(void)ctx;
	(void)level;
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

static void on_zero(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	memset((void *)(uintptr_t)pa, 0, size);
}

static void *on_map(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	(void)size;
	return (void *)(uintptr_t)pa;
}

static void *on_host_alloc(void *ctx, uint64_t at, uint64_t size)
{
	(void)ctx;
	if (size > ARENA_BYTES || at > ARENA_BYTES - size)
		return NULL;
	if (!arena) {
		void *got = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (got == MAP_FAILED)
			return NULL;
		arena = got;
	}
	return arena + at;
}

static uint64_t on_slab_alloc(void *ctx, uint64_t size, int nid, void **ptr)
{
	(void)ctx;
	(void)nid;
	*ptr = calloc(1, size ? size : 1);
	return (uint64_t)(uintptr_t)*ptr;
}

static void on_slab_free(void *ctx, void *ptr, uint64_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

static void sink_block(void *ctx, uint64_t pfn, unsigned order)
{
	(void)ctx;
	memblock_free_pages(pfn, order);
}

static void sink_page(void *ctx, uint64_t pfn)
{
	(void)ctx;
	memblock_free_pages(pfn, 0);
}

static void connect_sink(struct mb *mb)
{
	const struct mb_page_sink plain = { .free_block = sink_block, .free_page = sink_page };

	mb->sink = has_sink ? sink_asked : plain;
}

void memblock_set_page_sink(const struct mb_page_sink *sink)
{
	has_sink = sink != NULL;
	if (sink)
		sink_asked = *sink;
	connect_sink(instance);
}

/* ---- load and store ---------------------------------------------------------------------------- */

static struct mb_region *scratch_for(struct mb *mb, uint32_t n)
{
	if (n > scratch_max) {
		struct mb_region *more = realloc(scratch, n * sizeof(*more));

		if (!more)
			mb_bug(mb, "memblock: no memory for a copy of %u regions", n);
		scratch = more;
		scratch_max = n;
	}
	return scratch;
}

/* Bring the collection to what the view shows. Returns whether it is as an operation leaves it. */
static bool load_view(struct mb *mb, enum mb_which which)
{
	struct mb_collection *c = &mb->c[which];
	const struct view *v = &views[which];
	const struct memblock_type *type = v->type;
	bool numa = !mb->machine.no_numa, tidy = true;
	uint64_t n = type->cnt, total = 0;
	struct mb_region *r;

	if (!v->grown || type->regions != v->grown) {
		if (c->slots != c->static_slots)
			mb->ops->init(mb, c, c->static_slots, v->fixed_max);
		c->max = type->max < v->fixed_max ? (uint32_t)type->max : v->fixed_max;
	}
	if (n == 1 && !type->regions[0].size)
		n = 0;
	if (n > c->max)
		mb_bug(mb, "memblock: %s.cnt is %llu, but there are %u slots", v->name,
		       (unsigned long long)n, c->max);
	r = scratch_for(mb, (uint32_t)n + 1);
	for (uint64_t i = 0; i < n; i++) {
		const struct memblock_region *at = &type->regions[i];

		r[i] = (struct mb_region){ at->base, at->size, at->flags, numa ? at->nid : 0 };
		if (i && r[i - 1].base + r[i - 1].size == r[i].base && r[i - 1].nid == r[i].nid &&
		    r[i - 1].flags == r[i].flags)
			tidy = false;
		total += r[i].size;
	}
	mb->ops->fill(mb, c, r, (uint32_t)n);
	c->total_size = type->total_size;
	c->emptied = !n && numa && type->regions[0].nid == (int)mb->max_numnodes;
	return tidy && total == c->total_size;
}

struct mb *memblock_load(void)
{
	struct mb *mb = instance;
	bool grown = false;

	mb->bottom_up = memblock.bottom_up;
	mb->current_limit = memblock.current_limit;
	mb->slab_up = slab_is_available();
	mb->machine.movable_node = machine_asked.movable_node || movable_node_enabled;
	mb->machine.kernelcore_mirror = machine_asked.kernelcore_mirror || mirrored_kernelcore;
	if (max_low_pfn)
		mb->machine.max_low_pfn = max_low_pfn;
	for (unsigned i = 0; i < MB_COLLECTIONS; i++) {
		mb->c[i].untidy = mb->c[i].stale_total = !load_view(mb, i);
		grown |= mb->c[i].slots != mb->c[i].static_slots;
	}
	if (!grown)
		mb->host_used = 0;
	return mb;
}

/* Where the regions of the collection are shown; room for more is made after a growth. */
static struct memblock_region *shown_at(struct mb *mb, struct view *v,
					const struct mb_collection *c)
{
	if (c->slots == c->static_slots)
		return v->type->regions;
	if (!v->grown || v->grown_max != c->max) {
		struct memblock_region *more = calloc(c->max, sizeof(*more));

		if (!more)
			mb_bug(mb, "memblock: no memory to show %u slots", c->max);
		free(v->grown);
		v->grown = more;
		v->grown_max = c->max;
	}
	return v->grown;
}

static void store_view(struct mb *mb, enum mb_which which)
{
	const struct mb_collection *c = &mb->c[which];
	struct view *v = &views[which];
	struct memblock_type *type = v->type;
	struct memblock_region *at = shown_at(mb, v, c);
	struct mb_iter it;
	struct mb_range r;

	if (!at)
		return;
	type->regions = at;
	type->cnt = c->cnt;
	type->max = c->max;
	type->total_size = c->total_size;
	if (!c->cnt) {
		at->base = 0;
		at->size = 0;
		at->flags = MEMBLOCK_NONE;
		if (c->emptied && !mb->machine.no_numa)
			at->nid = (int)mb->max_numnodes;
		type->cnt = mb->profile->empty_has_dummy;
		return;
	}
	for (mb_iter_regions(&it, mb, which, false); mb_next(&it, &r); at++) {
		at->base = r.base;
		at->size = r.end - r.base;
		at->flags = (enum memblock_flags)r.flags;
		at->nid = r.nid;
	}
}

void memblock_store(void)
{
	struct mb *mb = instance;

	memblock.bottom_up = mb->bottom_up;
	memblock.current_limit = mb->current_limit;
	for (unsigned i = 0; i < MB_COLLECTIONS; i++)
		store_view(mb, i);
}

struct mb *memblock_instance(void)
{
	return instance;
}

/* ---- choosing ---------------------------------------------------------------------------------- */

/* The machine as kernel.h was configured. */
static void machine_of_config(struct mb_machine *m)
{
	memset(m, 0, sizeof(*m));
	if (!&memblock_config)
		return;
	m->addr_bits = 8 * sizeof(phys_addr_t);
	m->no_numa = !memblock_config.numa;
	m->max_numnodes = memblock_config.max_numnodes;
	m->cache_line = memblock_config.cache_line;
	m->page_size = 1ULL << memblock_config.page_shift;
	m->memory_slots = memblock_config.memory_regions;
	m->reserved_slots = memblock_config.reserved_regions;
	m->physmem_slots = memblock_config.physmem_regions;
	m->physmem = memblock_config.physmem;
	m->keep_memblock = memblock_config.keep_memblock;
	m->highmem = memblock_config.highmem;
}

/* Everything is empty and static. */
static void show_nothing(struct mb *mb)
{
	memset(fixed_memory, 0, sizeof(fixed_memory));
	memset(fixed_reserved, 0, sizeof(fixed_reserved));
	memset(fixed_physmem, 0, sizeof(fixed_physmem));
	for (unsigned i = 0; i < MB_COLLECTIONS; i++) {
		struct view *v = &views[i];

		free(v->grown);
		v->grown = NULL;
		v->grown_max = 0;
		v->fixed_max = mb->c[i].max;
		v->type->regions = v->fixed;
		v->type->name = v->name;
	}
	memblock_store();
}

/* A variant that is a memblock of its own has its own view; null holds nothing to look at. */
static bool is_store(const struct mb_variant_spec *spec)
{
	if (spec->variant->kind == MB_KIND_STORE)
		return true;
	fprintf(stderr, "kernel.h: variant: '%s' is no store; choose another\n", spec->name);
	return false;
}

/* Put an instance of @spec in the place of the one there is. */
static int begin(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		 const struct mb_hooks *hooks)
{
	const struct mb_ops *ops = spec->variant->ops[spec->build];
	const size_t header = (sizeof(struct mb) + 63) & ~(size_t)63;
	struct mb_hooks h = { .panic = on_panic, .warn = on_warn, .log = on_log };
	struct mb *mb;
	size_t bytes;
	int rc;

	if (!is_store(spec))
		return -EINVAL;
	bytes = header + mb_static_bytes(machine, ops, spec->params);
	if (hooks)
		h = *hooks;
	if (!h.zero)
		h.zero = on_zero;
	if (!h.map)
		h.map = on_map;
	if (!h.host_alloc)
		h.host_alloc = on_host_alloc;
	if (!h.slab_alloc) {
		h.slab_alloc = on_slab_alloc;
		h.slab_free = on_slab_free;
	}
	mb = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	if (!mb)
		return -ENOMEM;
	memset((void *)mb, 0, bytes);
	rc = mb_init(mb, machine, &h, ops, spec->params, (char *)mb + header);
	for (unsigned i = 0; i < mb_collections(machine) && !rc; i++)
		if (mb->c[i].max < 4 || mb->c[i].max > FIXED_MAX)
			rc = -EINVAL;
	if (rc) {
		fprintf(stderr,
			"kernel.h: variant '%s': this machine cannot be; static slots are 4 to %d, "
			"pages and cache lines powers of two\n",
			spec->name, FIXED_MAX);
		free(mb);
		return rc;
	}
	connect_sink(mb);
	free(instance);
	instance = mb;
	machine_asked = *machine;
	show_nothing(mb);
	return 0;
}

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe)

	return value && *value ? value : otherwise;
}

static int parse(const char *variant, struct mb_variant_spec *spec)
{
	char error[256];
	int rc;

	if (!variant)
		variant = environment("MEMBLOCK_VARIANT", "array");
	rc = mb_variant_parse(variant, spec, error, sizeof(error));
	if (rc)
		fprintf(stderr, "kernel.h: %s\n", error);
	return rc;
}

int memblock_use_machine(const char *variant, const struct mb_machine *machine,
			 const struct mb_hooks *hooks)
{
	struct mb_variant_spec spec;
	struct mb_machine m;
	int rc = parse(variant, &spec);

	if (rc)
		return rc;
	if (machine)
		m = *machine;
	else
		machine_of_config(&m);
	return begin(&spec, &m, hooks);
}

int memblock_use(const char *variant, const char *profile)
{
	struct mb_variant_spec spec;
	struct mb_machine m;
	const char *metadata;
	int rc = parse(variant, &spec);

	if (rc)
		return rc;
	if (!is_store(&spec))
		return -EINVAL;
	machine_of_config(&m);
	if (!profile)
		profile = environment("MEMBLOCK_PROFILE", "6.12");
	m.profile = mb_profile_find(profile);
	if (!m.profile) {
		fprintf(stderr, "kernel.h: profile: '%s'; use 6.1, 6.12 or new\n", profile);
		return -EINVAL;
	}
	/* Where slots have the size of the kernel's, growth can be the kernel's too. */
	metadata = spec.variant->ops[spec.build]->static_bytes(1) ==
				   sizeof(struct memblock_region) ?
			   "self" :
			   "host";
	metadata = environment("MEMBLOCK_METADATA", metadata);
	if (strcmp(metadata, "self") != 0 && strcmp(metadata, "host") != 0) {
		fprintf(stderr, "kernel.h: MEMBLOCK_METADATA: '%s'; use self or host\n", metadata);
		return -EINVAL;
	}
	m.metadata = metadata[0] == 's' ? MB_METADATA_SELF : MB_METADATA_HOST;
	rc = begin(&spec, &m, NULL);
	if (!rc)
		mb_set_debug(instance, environment("MEMBLOCK_DEBUG", "0")[0] != '0');
	return rc;
}

/* No call is needed before the first. A wrong environment ends the program, as a panic does. */
__attribute__((constructor)) static void begin_as_environment_says(void)
{
	if (memblock_use(NULL, NULL))
		abort();
}
