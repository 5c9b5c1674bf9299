/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_boot.c - a plausible boot on a given memory map, as operations.
 *
 * In the order of the architecture that prints such a map:
 *
 *     x86 (e820)      image, low memory, initrd; limit 1 MiB; growth allowed; usable entries; trim;
 *                     limit raised; page tables; nodes; allocations; hand-over
 *     EFI, device     memory (nodes, hotplug, NOMAP); reservations; cap; image; page tables; growth
 *     tree            allowed; nodes; reservations that the kernel places; allocations; hand-over
 *     debugfs         growth allowed; memory and reserved as listed: the end of a boot, and a dump
 *                     of it to compare with. What happened on the way is not in it
 *
 * Each operation says on which line it rests, or what is assumed. The allocations are those that every
 * boot makes (the captured boots are the pattern): page tables, memmap and usage maps per node, node
 * data, per-CPU areas with their tails freed, firmware map entries, hash tables, bounce buffers, and
 * dozens of small ones. Their sizes follow memory and nodes. No kernel gave an address, so none is
 * expected.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/map/layout_impl.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECTION (128 * MIB)
#define NODES 1024

struct boot {
	struct layout *l;
	struct mb_trace *trace;
	uint64_t low, high;         /* extent of memory */
	uint64_t bytes;             /* of memory */
	uint64_t node_bytes[NODES]; /* per node */
	uint64_t node_low[NODES], node_high[NODES];
	unsigned nodes; /* highest node with memory, plus 1 */
	bool x86;
};

/* ---- one operation ----------------------------------------------------------------------------- */

static void put(struct boot *b, struct mb_op op, const char *caller, uint32_t line, const char *fmt,
		...) __attribute__((format(printf, 5, 6)));

static void put(struct boot *b, struct mb_op op, const char *caller, uint32_t line, const char *fmt,
		...)
{
	char why[160] = "generated: ";
	size_t used = strlen(why);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why + used, sizeof(why) - used, fmt, ap);
	va_end(ap);
	op.caller = caller;
	op.line = line;
	op.why = why;
	mb_trace_add(b->trace, &op);
}

static void reserve(struct boot *b, uint64_t base, uint64_t end, const char *caller, uint32_t line,
		    const char *why)
{
	if (end > base)
		put(b, (struct mb_op){ .kind = MB_OP_RESERVE, .base = base, .size = end - base },
		    caller, line, "%s", why);
}

static void alloc(struct boot *b, enum mb_op_kind kind, uint64_t size, uint64_t align, uint64_t lo,
		  uint64_t hi, int nid, const char *caller, const char *why)
{
	struct mb_op op = {
		.kind = kind,
		.size = size,
		.align = align,
		.lo = lo,
		.hi = hi,
		.nid = nid,
		.result = MB_RESULT_UNKNOWN,
	};

	if (kind == MB_OP_PHYS_ALLOC_RANGE)
		op.nid = 0;
	put(b, op, caller, 0, "%s", why);
}

static void small(struct boot *b, uint64_t size, unsigned count, const char *caller)
{
	while (count--)
		alloc(b, MB_OP_ALLOC, size, 64, 0, MB_ALLOC_ACCESSIBLE, -1, caller,
		      "assumed, as in captured boots");
}

/* ---- the machine ------------------------------------------------------------------------------- */

static void measure(struct boot *b)
{
	const struct layout_list *memory = &b->l->memory;

	b->low = UINT64_MAX;
	for (size_t i = 0; i < memory->n; i++) {
		const struct layout_range *r = &memory->r[i];

		b->bytes += r->end - r->base;
		if (r->base < b->low)
			b->low = r->base;
		if (r->end > b->high)
			b->high = r->end;
	}
}

/* Is [base, end) in one usable range of memory? */
static bool is_memory(const struct boot *b, uint64_t base, uint64_t end)
{
	for (size_t i = 0; i < b->l->memory.n; i++) {
		const struct layout_range *r = &b->l->memory.r[i];

		if (r->base <= base && end <= r->end && !(r->flags & MB_NOMAP))
			return true;
	}
	return false;
}

static bool is_taken(const struct boot *b, uint64_t base, uint64_t end)
{
	for (size_t i = 0; i < b->l->reserved.n; i++)
		if (b->l->reserved.r[i].base < end && b->l->reserved.r[i].end > base)
			return true;
	return false;
}

/* Where an image of @size would lie: at @at, or 2 MiB into the first range that has room. 0: nowhere. */
static uint64_t place_image(const struct boot *b, uint64_t at, uint64_t size)
{
	enum { LOOK_AT = 64 };

	if (at && is_memory(b, at, at + size))
		return at;
	for (size_t i = 0; i < b->l->memory.n && i < LOOK_AT; i++) {
		const struct layout_range *r = &b->l->memory.r[i];
		uint64_t base = r->base;

		if (r->flags & MB_NOMAP || r->end - base < size + 4 * MIB)
			continue;
		base = (base + 4 * MIB - 1) & ~(2 * MIB - 1);
		if (!is_taken(b, base, base + size))
			return base;
	}
	return 0;
}

static void count_nodes(struct boot *b, const struct layout_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct layout_range *r = &list->r[i];
		unsigned nid = r->nid >= 0 && r->nid < NODES ? (unsigned)r->nid : 0;

		if (!b->node_bytes[nid] || r->base < b->node_low[nid])
			b->node_low[nid] = r->base;
		if (r->end > b->node_high[nid])
			b->node_high[nid] = r->end;
		b->node_bytes[nid] += r->end - r->base;
		if (nid + 1 > b->nodes)
			b->nodes = nid + 1;
	}
}

/* ---- steps ------------------------------------------------------------------------------------- */

static void set_limit(struct boot *b, uint64_t limit, const char *why)
{
	put(b, (struct mb_op){ .kind = MB_OP_SET_LIMIT, .hi = limit }, NULL, 0, "%s", why);
}

static void allow_resize(struct boot *b, const char *why)
{
	put(b, (struct mb_op){ .kind = MB_OP_ALLOW_RESIZE }, NULL, 0, "%s", why);
}

static void reserve_listed(struct boot *b)
{
	for (size_t i = 0; i < b->l->reserved.n; i++) {
		const struct layout_range *r = &b->l->reserved.r[i];

		if (r->flags & MB_NOMAP) {
			put(b,
			    (struct mb_op){ .kind = MB_OP_MARK,
					    .base = r->base,
					    .size = r->end - r->base,
					    .flags = MB_NOMAP },
			    "firmware", r->line, "%s, no-map", r->what);
			continue;
		}
		reserve(b, r->base, r->end, "firmware", r->line, r->what);
	}
}

/* Memory, in the order of the input, with what is said about it. */
static void add_memory(struct boot *b)
{
	static const uint32_t marks[] = { MB_HOTPLUG, MB_MIRROR, MB_NOMAP };

	for (size_t i = 0; i < b->l->memory.n; i++) {
		const struct layout_range *r = &b->l->memory.r[i];
		struct mb_op op = { .kind = MB_OP_ADD, .base = r->base, .size = r->end - r->base };

		put(b, op, "add_memory", r->line, "%s", r->what);
		op.kind = MB_OP_MARK;
		for (size_t k = 0; k < 3; k++) {
			op.flags = marks[k];
			if (r->flags & marks[k] && (marks[k] != MB_MIRROR || b->l->mirror))
				put(b, op, "add_memory", r->line, "%s", r->what);
		}
	}
}

/* One page of tables per GiB, as with 2 MiB pages, and a few for the upper levels. */
static void page_tables(struct boot *b)
{
	uint64_t count = 3 + b->bytes / GIB;

	for (uint64_t i = 0; i < count && i < 512; i++)
		alloc(b, MB_OP_PHYS_ALLOC_RANGE, 4096, 4096, 0, b->high, -1, "page_tables",
		      "assumed, a page per GiB of memory");
}

static void set_nodes(struct boot *b)
{
	const struct layout_list *list = b->l->nodes.n ? &b->l->nodes : &b->l->memory;
	const char *why = b->l->nodes.n ? "early memory node ranges" : "node of that memory";

	count_nodes(b, list);
	for (size_t i = 0; i < list->n; i++) {
		const struct layout_range *r = &list->r[i];
		struct mb_op op = { .kind = MB_OP_SET_NODE,
				    .which = MB_MEMORY,
				    .base = r->base,
				    .size = r->end - r->base,
				    .nid = r->nid >= 0 ? r->nid : 0 };

		put(b, op, "numa_setup", r->line, "%s",
		    r->nid >= 0 ? why : "assumed, a machine of one node");
		op.which = MB_RESERVED;
		if (b->x86)
			put(b, op, "numa_setup", r->line, "%s, as x86 does for reserved, too",
			    r->nid >= 0 ? why : "assumed");
	}
}

static void node_memory(struct boot *b, int nid)
{
	uint64_t span = b->node_high[nid] - b->node_low[nid];
	uint64_t sections = b->node_bytes[nid] / SECTION + 1;

	if (sections > span / SECTION + 1)
		sections = span / SECTION + 1;
	alloc(b, MB_OP_ALLOC, sections * 64 > 64 * KIB ? 64 * KIB : sections * 64, 64,
	      b->node_low[nid], MB_ALLOC_ACCESSIBLE, nid, "usage_maps", "assumed, per section");
	/* 64 bytes per page struct. */
	alloc(b, MB_OP_ALLOC_EXACT, sections * (SECTION / 64), 2 * MIB, 16 * MIB,
	      MB_ALLOC_ACCESSIBLE, nid, "memmap", "assumed, 64 bytes per page of the node");
	alloc(b, MB_OP_ALLOC_RAW, 4096, 4096, 16 * MIB, MB_ALLOC_ACCESSIBLE, nid, "memmap",
	      "assumed, page tables of the memmap");
}

/* Per-CPU areas: 2 MiB per node, four units of 264 KiB in it, the rest given back. Where the areas lie
 * is not known before the replay, so nothing of them is freed here; the scaffolding is. */
static void per_cpu(struct boot *b)
{
	static const uint16_t sizes[] = { 8, 8, 8, 16, 352, 200, 256, 264, 64, 200, 896, 904, 224 };

	for (unsigned nid = 0; nid < b->nodes; nid++)
		if (b->node_bytes[nid])
			alloc(b, MB_OP_ALLOC, 264 * 4 * KIB, 2 * MIB, 16 * MIB, MB_ALLOC_ACCESSIBLE,
			      (int)nid, "per_cpu", "assumed, four units of 264 KiB");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		small(b, sizes[i], 1, "per_cpu_maps");
}

static uint64_t power_of_two(uint64_t value)
{
	uint64_t power = 4096;

	while (power < value && power < 1ULL << 40)
		power *= 2;
	return power;
}

static void kernel_allocations(struct boot *b)
{
	uint64_t hash = power_of_two(b->bytes / 1024);

	for (unsigned nid = 0; nid < b->nodes; nid++)
		if (b->node_bytes[nid])
			alloc(b, MB_OP_ALLOC_CORE, 174464, 64, 0, MB_ALLOC_ACCESSIBLE, (int)nid,
			      "node_data", "assumed, as in captured boots");
	alloc(b, MB_OP_ALLOC, 16384, 64, 0, MB_ALLOC_ACCESSIBLE, -1, "sections",
	      "assumed, as in captured boots");
	for (unsigned nid = 0; nid < b->nodes; nid++)
		if (b->node_bytes[nid])
			node_memory(b, (int)nid);
	small(b, 104, b->l->map.n && b->l->map.n < 4096 ? (unsigned)b->l->map.n : 8,
	      "firmware_map");
	small(b, 32, b->l->memory.n < 4096 ? (unsigned)b->l->memory.n : 4096, "memory_holes");
	small(b, 109, 2, "command_line");
	per_cpu(b);
	alloc(b, MB_OP_ALLOC_RAW, hash, 64, 0, MB_ALLOC_ACCESSIBLE, -1, "hash_tables",
	      "assumed, names: 1 byte per KiB of memory");
	alloc(b, MB_OP_ALLOC_RAW, hash / 2, 64, 0, MB_ALLOC_ACCESSIBLE, -1, "hash_tables",
	      "assumed, inodes: half of that");
	if (b->high > 4 * GIB && b->low < 3 * GIB)
		alloc(b, MB_OP_ALLOC, 64 * MIB, 4096, 0, 0xffffffff, -1, "bounce_buffers",
		      "assumed, memory above 4 GiB");
	small(b, 8, 4, "cpu_masks");
	put(b, (struct mb_op){ .kind = MB_OP_FREE_ALL }, NULL, 0, "the end of every boot");
}

/* ---- boots ------------------------------------------------------------------------------------- */

/* From the end of memory below 640 KiB on there is firmware. */
static uint64_t end_of_low_memory(const struct boot *b)
{
	uint64_t end = 0;

	for (size_t i = 0; i < b->l->memory.n; i++) {
		const struct layout_range *r = &b->l->memory.r[i];

		if (r->end <= 0xa0000 && r->end > end)
			end = r->end & ~4095ULL;
	}
	return end ? end : 0x9f000;
}

static void boot_x86(struct boot *b)
{
	uint64_t image = place_image(b, 16 * MIB, 44 * MIB);

	b->x86 = true;
	layout_sort(&b->l->memory);
	reserve(b, 0, 0x10000, "low_memory", 0, "assumed, the first 64 KiB");
	reserve(b, end_of_low_memory(b), MIB, "low_memory", 0, "firmware below 1 MiB");
	if (image)
		reserve(b, image, image + 44 * MIB, "image", 0, "assumed, an image of 44 MiB");
	set_limit(b, MIB, "x86, until the direct map is complete");
	allow_resize(b, "x86, before the first memblock_add");
	add_memory(b);
	put(b, (struct mb_op){ .kind = MB_OP_TRIM, .align = 4096 }, NULL, 0, "x86 trims to pages");
	reserve_listed(b);
	alloc(b, MB_OP_PHYS_ALLOC_RANGE, 28672, 4096, 0, MIB, -1, "trampoline",
	      "assumed, as in captured boots");
	reserve(b, 0, MIB, "low_memory", 0, "x86 reserves all below 1 MiB");
	page_tables(b);
	set_limit(b, b->high, "the direct map is complete: the end of memory");
	set_nodes(b);
	kernel_allocations(b);
}

static void boot_tree(struct boot *b)
{
	uint64_t image;

	add_memory(b);
	if (b->l->usable_size)
		put(b,
		    (struct mb_op){ .kind = MB_OP_CAP_RANGE,
				    .base = b->l->usable_base,
				    .size = b->l->usable_size },
		    NULL, 0, "linux,usable-memory-range");
	reserve_listed(b);
	image = place_image(b, 0, 32 * MIB);
	if (image)
		reserve(b, image, image + 32 * MIB, "image", 0, "assumed, an image of 32 MiB");
	if (image && b->l->fdt_bytes &&
	    is_memory(b, image + 64 * MIB, image + 64 * MIB + b->l->fdt_bytes))
		reserve(b, image + 64 * MIB, image + 64 * MIB + b->l->fdt_bytes, "device_tree", 0,
			"the tree itself, assumed 64 MiB above the image");
	page_tables(b);
	allow_resize(b, "once the direct map is complete");
	for (unsigned i = 0; i < b->l->dynamic_count; i++) {
		const struct layout_dynamic *d = &b->l->dynamic[i];

		alloc(b, MB_OP_PHYS_ALLOC_RANGE, d->size, d->align, d->lo,
		      d->hi ? d->hi : MB_ALLOC_ANYWHERE, -1, "firmware",
		      "reserved-memory without an address");
	}
	set_nodes(b);
	kernel_allocations(b);
}

/* Slots that hold @count regions with the two spare ones: what a kernel's array has grown to. */
static unsigned slots_for(size_t count)
{
	unsigned slots = 128;

	while (slots < count + 2)
		slots *= 2;
	return slots;
}

static void fill_region(struct boot *b, struct mb_region *to, const struct layout_range *r)
{
	*to = (struct mb_region){ r->base, r->end - r->base, r->flags, r->nid };
	if (b->l->profile && !strcmp(b->l->profile->name, "6.1"))
		to->flags = 0;
}

static int expect_listed(struct boot *b)
{
	const struct layout_list *lists[] = { &b->l->memory, &b->l->reserved, &b->l->physmem };
	struct mb_dump dump = { .size = { MB_SIZE_UNKNOWN, MB_SIZE_UNKNOWN, 0 } };
	int code = 0;

	for (unsigned w = 0; w < MB_COLLECTIONS && !code; w++) {
		dump.regions[w] = calloc(lists[w]->n + 1, sizeof(struct mb_region));
		if (!dump.regions[w])
			code = -ENOMEM;
		for (size_t i = 0; i < lists[w]->n && !code; i++)
			fill_region(b, &dump.regions[w][i], &lists[w]->r[i]);
		dump.cnt[w] = (uint32_t)lists[w]->n;
	}
	if (!code)
		mb_trace_add_dump(b->trace, &dump, 0);
	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		free(dump.regions[w]);
	return code;
}

static int boot_debugfs(struct boot *b)
{
	static const enum mb_op_kind plain[] = { MB_OP_ADD, MB_OP_RESERVE, MB_OP_PHYSMEM_ADD };
	const struct layout_list *lists[] = { &b->l->memory, &b->l->reserved, &b->l->physmem };
	struct mb_machine *machine = &b->trace->machine;

	machine->memory_slots = slots_for(b->l->memory.n);
	machine->reserved_slots = slots_for(b->l->reserved.n);
	machine->physmem = b->l->physmem.n != 0;
	machine->physmem_slots = machine->physmem ? slots_for(b->l->physmem.n) : 0;
	if (!b->l->reserved.n)
		mb_trace_warn(b->trace, 0, "no list of reserved ranges: only memory is known");
	allow_resize(b, "listed after the boot");
	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		for (size_t i = 0; i < lists[w]->n; i++) {
			const struct layout_range *r = &lists[w]->r[i];
			struct mb_op op = { .kind = plain[w],
					    .base = r->base,
					    .size = r->end - r->base };

			if (w != MB_PHYSMEM && (r->nid >= 0 || r->flags)) {
				op.kind = w == MB_MEMORY ? MB_OP_ADD_NODE : MB_OP_RESERVE_NODE;
				op.nid = r->nid;
				op.flags = r->flags;
			}
			put(b, op, NULL, r->line, "listed; when it came is not known");
		}
	}
	return expect_listed(b);
}

int layout_boot(struct layout *l, struct mb_trace *trace)
{
	struct boot *b = calloc(1, sizeof(*b));
	int code = 0;

	if (!b)
		return -ENOMEM;
	b->l = l;
	b->trace = trace;
	trace->machine.kernelcore_mirror = l->mirror;
	trace->machine.movable_node = l->movable_node;
	measure(b);
	if (l->kind == LAYOUT_DEBUGFS)
		code = boot_debugfs(b);
	else if (l->kind == LAYOUT_E820)
		boot_x86(b);
	else
		boot_tree(b);
	free(b);
	return code;
}
