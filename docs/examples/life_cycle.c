/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * life_cycle.c - a machine from its first reservation to its last page.
 *
 *     cc life_cycle.c -lmemblock ...     or build/docs/life_cycle, which the build makes
 *     life_cycle [VARIANT [PROFILE]]     array, rbtree, list, linux; 6.1, 6.12, new
 *
 * Walks a machine with two nodes through what the setup_arch() of x86 does, through use, through the
 * hand-over to a page allocator, and to the end, and says at each step where memory is. Everything
 * here is the public API: <memblock/memblock.h> and <memblock/pages.h> to do it, and
 * <memblock/variant.h> to choose a variant and to ask what kernel it behaves as.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/memblock.h>
#include <memblock/pages.h>
#include <memblock/variant.h>

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* What firmware says, as an e820 map says it. */
enum kind { RAM, SOFT_RESERVED };
static const struct {
	uint64_t base, end;
	enum kind kind;
} firmware_map[] = {
	{ 0, 0x9fc00, RAM },
	{ MIB(1), 0x7ffdc000, RAM },
	{ 0x7ffdc000, 0x80000000, SOFT_RESERVED },
	{ GIB(4), GIB(8), RAM },
};

#define KERNEL_BASE MIB(16)
#define KERNEL_SIZE MIB(30)
#define INITRD_BASE 0x7d000000
#define INITRD_SIZE (MIB(44) + 0x350)

/* ---- the host's side --------------------------------------------------------------------------- */

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	(void)ctx;
	fputs("panic: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	exit(1); /* an example may */
}

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	(void)ctx;
	(void)level;
	fputs("    | ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
}

/* The slab allocator that comes up near the end. Nobody follows its physical addresses here. */
static uint64_t on_slab_alloc(void *ctx, uint64_t size, int nid, void **ptr)
{
	(void)ctx;
	(void)nid;
	*ptr = malloc(size);
	return *ptr ? GIB(5) : 0;
}

static void on_slab_free(void *ctx, void *ptr, uint64_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

/* ---- the account ------------------------------------------------------------------------------- */

static void step(const char *text)
{
	printf("\n%s\n", text);
}

static void say_memory(struct mb *mb)
{
	printf("    memory %llu KiB in %u regions, reserved %llu KiB in %u (of %u slots)\n",
	       (unsigned long long)mb_phys_mem_size(mb) >> 10, mb_cnt(mb, MB_MEMORY),
	       (unsigned long long)mb_reserved_size(mb) >> 10, mb_cnt(mb, MB_RESERVED),
	       mb_max(mb, MB_RESERVED));
}

static void say_block(const char *what, uint64_t pa, uint64_t size)
{
	printf("    %-28s 0x%09llx  %llu KiB\n", what, (unsigned long long)pa,
	       (unsigned long long)size >> 10);
}

/* Counts, and the proof: no page both reserved and free, none lost. */
static int say_pages(struct mb_pages *pages, struct mb *mb)
{
	struct mb_pages_counts c;
	const char *why;

	for (int nid = 0; nid < 2; nid++) {
		mb_pages_count(pages, nid, &c);
		printf("    node %d: %7llu pages = %7llu free + %6llu used + %6llu reserved;  blocks",
		       nid, (unsigned long long)c.present, (unsigned long long)c.free,
		       (unsigned long long)c.used, (unsigned long long)c.reserved);
		for (unsigned order = 0; order <= 10; order++)
			printf(" %llu",
			       (unsigned long long)mb_pages_free_blocks(pages, nid, order));
		putchar('\n');
	}
	if (!mb_pages_check(pages, mb, &why)) {
		puts("    every page is accounted for, once");
		return 0;
	}
	fprintf(stderr, "life_cycle: %s\n", why);
	return 1;
}

/* ---- the life ---------------------------------------------------------------------------------- */

/* setup_arch(): what must not be overwritten, then RAM, then the limit and the nodes. */
static void set_up(struct mb *mb)
{
	int no_node = mb->profile->numa_reset_is_no_node ? MB_NUMA_NO_NODE :
							   (int)mb_max_numnodes(mb);

	step("1. Set-up: reservations first, then what firmware calls RAM");
	if (mb->profile->alloc_sets_rsrv_kern) /* such kernels tell their own use from firmware's */
		mb_reserve_kern(mb, KERNEL_BASE, KERNEL_SIZE);
	else
		mb_reserve(mb, KERNEL_BASE, KERNEL_SIZE);
	mb_reserve(mb, 0, KIB(64));
	mb_reserve(mb, INITRD_BASE, INITRD_SIZE);
	/* movable_node: until it is known what can be unplugged, stay close to the kernel. */
	mb_set_bottom_up(mb, true);
	mb_set_current_limit(mb, MIB(1));

	mb_allow_resize(mb);
	for (size_t i = 0; i < sizeof(firmware_map) / sizeof(firmware_map[0]); i++) {
		uint64_t base = firmware_map[i].base, size = firmware_map[i].end - base;

		if (firmware_map[i].kind == SOFT_RESERVED)
			mb_reserve(mb, base, size);
		else
			mb_add(mb, base, size);
	}
	mb_trim_memory(mb, 4096);
	say_memory(mb);

	/* The first page tables come from below 1 MiB; then everything is mapped. */
	say_block("page tables, early", mb_phys_alloc_range(mb, KIB(24), 4096, 0, MIB(1)), KIB(24));
	mb_set_current_limit(mb, mb_end_of_DRAM(mb));

	/* SRAT: 4 GiB and up is node 1, and its last GiB can be unplugged. Node 0's cannot, whatever
	 * firmware says, as the kernel is there. */
	mb_set_node(mb, 0, UINT64_MAX, MB_MEMORY, no_node);
	mb_clear_hotplug(mb, 0, UINT64_MAX);
	mb_mark_hotplug(mb, 0, GIB(2));
	mb_mark_hotplug(mb, GIB(7), GIB(1));
	mb_set_bottom_up(mb, false);
	for (int which = MB_MEMORY; which <= MB_RESERVED; which++) {
		mb_set_node(mb, 0, GIB(4), (enum mb_which)which, 0);
		mb_set_node(mb, GIB(4), GIB(4), (enum mb_which)which, 1);
	}
	mb_clear_hotplug(mb, 0, GIB(4));
	say_memory(mb);
	mb_set_debug(mb, true);
	mb_dump_all(mb);
	mb_set_debug(mb, false);
}

struct uses {
	uint64_t scratch, scratch_size;
};

/* What mm_init() and its like allocate before there is a page allocator. */
static void use(struct mb *mb, struct uses *uses)
{
	unsigned shift, mask;
	uint64_t base, size;

	step("2. Use: node data, memmap, per-CPU areas, hash tables, a named reservation");
	for (int nid = 0; nid < 2; nid++) {
		char what[32];

		snprintf(what, sizeof(what), "node data of node %d", nid);
		base = mb_phys_alloc_try_nid(mb, 0x2a800, 64, nid);
		say_block(what, base, 0x2a800);
	}
	base = mb_virt_to_phys(mb, mb_alloc_try_nid_raw(mb, MIB(32), MIB(2), MIB(16), 0, 1));
	say_block("memmap of node 1", base, MIB(32));
	for (int cpu = 0; cpu < 4; cpu++)
		mb_alloc_node(mb, KIB(212), 4096, cpu / 2);
	mb_alloc_large_system_hash(mb, "Dentry cache", 8, 0, 13, MB_HASH_EARLY | MB_HASH_ZERO,
				   &shift, &mask, 0, 0);
	if (mb_reserve_mem(mb, "12K:4096:trace") == 1 &&
	    mb_reserve_mem_find_by_name(mb, "trace", &base, &size))
		say_block("reserve_mem= \"trace\"", base, size);
	uses->scratch_size = MIB(8) + 0x123;
	uses->scratch = mb_phys_alloc(mb, uses->scratch_size, 64);
	say_block("something needed until later", uses->scratch, uses->scratch_size);

	/* Many small ones, with gaps, so that the static slots run out. */
	for (int i = 0; i < 150; i++) {
		base = mb_phys_alloc(mb, KIB(4), KIB(16));
		if (i % 2)
			mb_phys_free(mb, base, KIB(4));
	}
	for (int i = 0; i < 120; i++)
		mb_reserve(mb, GIB(4) + MIB(i), KIB(4));
	say_memory(mb);
}

static int after(struct mb *mb, struct mb_pages *pages, const struct uses *uses)
{
	uint64_t blocks[3], slots;
	int failed;

	step("4. The page allocator serves: one page, 2 MiB, 4 MiB on node 1");
	blocks[0] = mb_pages_alloc(pages, 0, 0);
	blocks[1] = mb_pages_alloc(pages, 9, 0);
	blocks[2] = mb_pages_alloc(pages, 10, 1);
	for (int i = 0; i < 3; i++)
		say_block("block", blocks[i] << 12, KIB(4) << (i ? i + 8 : 0));
	failed = say_pages(pages, mb);
	mb_pages_free(pages, blocks[0], 0);
	mb_pages_free(pages, blocks[1], 9);
	mb_pages_free(pages, blocks[2], 10);

	step("5. Slab is up: the initrd and the scratch block are released, whole pages only");
	mb_set_slab_available(mb, true);
	mb_free_reserved_area(mb, mb_phys_to_virt(mb, INITRD_BASE),
			      mb_phys_to_virt(mb, INITRD_BASE + INITRD_SIZE), -1, "initrd");
	if (mb->profile->free_releases_pages)
		mb_phys_free(mb, uses->scratch, uses->scratch_size);
	else
		mb_free_late(mb, uses->scratch, uses->scratch_size);
	mb_reserve_mem_release_by_name(mb, "trace");
	failed |= say_pages(pages, mb);

	slots = mb_metadata_bytes(mb);
	step("6. Discard: memblock gives back its own arrays, and is history");
	mb_discard(mb);
	printf("    metadata %llu bytes before, %llu (static) after\n", (unsigned long long)slots,
	       (unsigned long long)mb_metadata_bytes(mb));
	return failed | say_pages(pages, mb);
}

int main(int argc, char **argv)
{
	const char *profile = argc > 2 ? argv[2] : "6.12";
	const struct mb_hooks hooks = { .panic = on_panic,
					.log = on_log,
					.slab_alloc = on_slab_alloc,
					.slab_free = on_slab_free };
	struct mb_machine machine = { .max_numnodes = 64, .movable_node = true };
	struct mb_variant_spec spec;
	struct mb_pages *pages;
	struct uses uses;
	char error[256];
	struct mb *mb;
	uint64_t given;
	int failed;

	machine.profile = mb_profile_find(profile);
	if (!machine.profile) {
		fprintf(stderr, "life_cycle: profile: '%s'; use 6.1, 6.12 or new\n", profile);
		return 2;
	}
	if (mb_variant_parse(argc > 1 ? argv[1] : "array", &spec, error, sizeof(error))) {
		fprintf(stderr, "life_cycle: %s\n", error);
		return 2;
	}
	if (mb_create(&machine, &hooks, &spec, &mb)) {
		fprintf(stderr, "life_cycle: no memory for an instance\n");
		return 3;
	}
	printf("A machine with two nodes, 6 GiB, on %s, as Linux %s would boot it.\n", spec.name,
	       strcmp(mb->profile->name, "new") != 0 ? mb->profile->name : "of today");
	set_up(mb);
	use(mb, &uses);

	step("3. Hand-over: reserved pages are set up, the rest goes in the largest blocks");
	if (mb_pages_create(mb, &pages)) {
		fprintf(stderr, "life_cycle: no memory for a page allocator\n");
		mb_destroy(mb);
		return 3;
	}
	mb_pages_attach(pages, mb);
	given = mb_free_all(mb);
	printf("    %llu pages handed over\n", (unsigned long long)given);
	failed = say_pages(pages, mb);
	failed |= after(mb, pages, &uses);

	step("7. Tear-down");
	mb_pages_destroy(pages);
	mb_destroy(mb);
	puts(failed ? "    something was lost" : "    nothing was lost");
	return failed;
}
