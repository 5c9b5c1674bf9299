/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_answers.c - what an instance says besides the regions that it holds, in a form that can be compared.
 *
 * Two stores that hold the same regions can still walk or search them wrongly. mb_ask() asks one
 * state everything: each iteration in both directions, by node and by request flags, and each query
 * at the addresses where answers change, which are the edges of regions,
 *
 *          v  v        v  v
 *     .....[==)........[==)....     before, at and behind each edge; first and last address
 *
 * and folds what it hears into a sum. Large states are sampled; which regions are looked at depends on
 * their number alone, so equal states are asked equal questions. A difference is located by asking
 * again with the answers kept. mb_ask_walks() is the cheap form for after every operation: two of the
 * iterations, chosen by a number.
 *
 * What a query leaves untouched where it finds nothing is part of its answer: outputs hold SENTINEL
 * before. What is an unsigned long in a kernel is asked for and heard as one: a host of 32 bits has a kernel of
 * 32 bits in `linux`.
 */
#include <memblock/replay.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { EDGES = 8, NODES = 4, INVALID_NODES = 4 }; /* regions per collection; nodes asked for */

#define SENTINEL 0x5e47154e1ULL

/* The flags that a walk over free ranges may be asked for. */
static const uint32_t requests[] = { MB_NONE,
				     MB_HOTPLUG,
				     MB_MIRROR,
				     MB_NOMAP,
				     MB_KHO_SCRATCH,
				     MB_DRIVER_MANAGED,
				     MB_HOTPLUG | MB_NOMAP | MB_DRIVER_MANAGED,
				     MB_MIRROR | MB_KHO_SCRATCH };

enum { REQUESTS = sizeof(requests) / sizeof(requests[0]) };

static uint64_t mix(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * 0x9e3779b97f4a7c15ULL;
	return sum ^ sum >> 29;
}

void mb_answer(struct mb_answers *answers, const char *what, uint64_t argument, uint64_t answer)
{
	if (answers->entries && answers->count < answers->room)
		answers->entries[answers->count] = (struct mb_answer){ what, argument, answer };
	answers->count++;
	answers->sum = mix(mix(answers->sum, argument), answer);
}

static unsigned collections(const struct mb *mb)
{
	return mb_collections(&mb->machine);
}

/* ---- iterations -------------------------------------------------------------------------------- */

static void ask_iteration(struct mb_iter *it, struct mb_answers *a, const char *what,
			  uint64_t which)
{
	uint64_t n = 0, sum = 0;
	struct mb_range r;

	while (mb_next(it, &r)) {
		n++;
		sum = mix(mix(sum, r.base), r.end);
		sum = mix(sum, (uint64_t)(uint32_t)r.nid << 32 | r.flags);
		if (a->entries)
			mb_answer(a, what, r.base, r.end);
	}
	mb_answer(a, what, which << 32 | n, sum);
}

/* Flags to ask for; only the newest kernels know of scratch memory, the others ignore that bit. */
static uint32_t request(const struct mb *mb, unsigned n)
{
	uint32_t flags = requests[n % REQUESTS];

	return mb->profile->debugfs_names_kern ? flags : flags & ~(uint32_t)MB_KHO_SCRATCH;
}

/*
 * Node @n to ask for: any, the first few, then some that no memory has. Kernel 6.1 warns of MAX_NUMNODES
 * once and never again, so it is asked for another.
 */
static int node_to_ask(const struct mb *mb, unsigned n)
{
	int max = (int)mb->max_numnodes;

	switch (n) {
	case NODES + 1:
		return mb->profile->invalid_nid_is_any ? max : max + 1;
	case NODES + 2:
		return max + 7;
	case NODES + 3:
		return -5;
	case NODES + 4:
		return INT32_MAX;
	default:
		return (int)n - 1;
	}
}

static void ask_free(struct mb *mb, struct mb_answers *a, int nid, uint32_t flags, bool reverse)
{
	struct mb_iter it;

	mb_iter_free(&it, mb, nid, flags, reverse);
	ask_iteration(&it, a, reverse ? "free, reverse" : "free",
		      (uint64_t)(uint32_t)nid << 8 | flags);
}

static void ask_memory(struct mb *mb, struct mb_answers *a, bool reverse)
{
	struct mb_iter it;

	mb_iter_memory(&it, mb, reverse);
	ask_iteration(&it, a, reverse ? "memory, reverse" : "memory", 0);
}

static void ask_pfn_ranges(struct mb *mb, struct mb_answers *a, int nid)
{
	struct mb_iter it;
	struct mb_range r;

	mb_iter_regions(&it, mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, nid, &r)) {
		mb_answer(a, "pfn range", r.base, r.end);
		mb_answer(a, "pfn range's node", r.base, (uint64_t)(int64_t)r.nid);
		mb_answer(a, "pfn range's flags", r.base, r.flags);
	}
}

static void ask_iterations(struct mb *mb, struct mb_answers *a)
{
	struct mb_iter it;

	for (unsigned reverse = 0; reverse < 2; reverse++) {
		for (unsigned w = MB_MEMORY; w < collections(mb); w++) {
			mb_iter_regions(&it, mb, w, reverse);
			ask_iteration(&it, a, "regions", w);
			mb_iter_ranges(&it, mb, w, MB_COLLECTIONS, MB_NUMA_NO_NODE, MB_NONE,
				       reverse);
			ask_iteration(&it, a, "ranges", w);
		}
		ask_memory(mb, a, reverse);
		if (mb->machine.physmem) {
			mb_iter_ranges(&it, mb, MB_PHYSMEM, MB_RESERVED, MB_NUMA_NO_NODE, MB_NONE,
				       reverse);
			ask_iteration(&it, a, "physmem not reserved", reverse);
		}
		for (unsigned n = 0; n <= NODES + INVALID_NODES; n++)
			for (unsigned i = 0; i < REQUESTS; i++)
				ask_free(mb, a, node_to_ask(mb, n), request(mb, i), reverse);
	}
	for (unsigned n = 0; n <= NODES + INVALID_NODES; n++)
		ask_pfn_ranges(mb, a, node_to_ask(mb, n));
}

void mb_ask_walks(struct mb *mb, struct mb_answers *answers, uint64_t number)
{
	unsigned draw = (unsigned)(mix(number + 1, 0) >> 32);
	int nid = node_to_ask(mb, (draw >> 8) % (NODES + INVALID_NODES + 1));

	ask_free(mb, answers, nid, request(mb, draw >> 2), draw & 1);
	if (number % 4 == 3)
		ask_pfn_ranges(mb, answers, nid);
	else
		ask_memory(mb, answers, draw & 2);
}

/*
 * The middle half of memory as a zone, which cuts free ranges at both ends, and what is above it. Not
 * where memory reaches into the topmost page of short addresses: a free range may begin inside it, and its
 * page number is rounded up in an unsigned long, which wraps in such a kernel and here, but not where the
 * kernel's own code runs with 64 bits.
 */
static void ask_zones(struct mb *mb, struct mb_answers *a, uint64_t base, uint64_t end)
{
	uint64_t quarter = (end - base) / 4;
	uint64_t bounds[] = { base + quarter, end - quarter, end };

	if (mb->machine.addr_bits == 32 && end > mb->addr_max - (mb->page_size - 1))
		return;
	if (end / mb->page_size > ULONG_MAX) /* of a host of 32 bits */
		return;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t first = bounds[i] / mb->page_size, last = bounds[i + 1] / mb->page_size;

		for (int nid = MB_NUMA_NO_NODE; nid < 2; nid++) {
			struct mb_iter it;
			struct mb_range r;

			mb_iter_free(&it, mb, nid, MB_NONE, false);
			while (mb_next_free_pfn_in_zone(&it, first, last, &r))
				mb_answer(a, "free pfn in zone", r.base, r.end);
		}
	}
}

/* ---- queries ----------------------------------------------------------------------------------- */

static void ask_search(struct mb *mb, struct mb_answers *a, enum mb_which which, uint64_t addr)
{
	struct mb_region r;

	if (!mb_search(mb, which, addr, &r)) {
		mb_answer(a, "search", addr, 0);
		return;
	}
	mb_answer(a, "search: base", addr, r.base);
	mb_answer(a, "search: size", addr, r.size);
	mb_answer(a, "search: node, flags", addr, (uint64_t)(uint32_t)r.nid << 32 | r.flags);
}

static void ask_at(struct mb *mb, struct mb_answers *a, uint64_t addr)
{
	const uint64_t sizes[] = { 0, 1, mb->page_size, mb->addr_max };
	uint64_t start = (unsigned long)SENTINEL, end = start;

	mb_answer(a, "is_memory", addr, mb_is_memory(mb, addr));
	mb_answer(a, "is_map_memory", addr, mb_is_map_memory(mb, addr));
	mb_answer(a, "is_reserved", addr, mb_is_reserved(mb, addr));
	if (addr / mb->page_size <= ULONG_MAX) {
		mb_answer(a, "search_pfn_nid", addr,
			  (uint64_t)(int64_t)mb_search_pfn_nid(mb, addr / mb->page_size, &start,
							       &end));
		mb_answer(a, "search_pfn_nid: start", addr, (unsigned long)start);
		mb_answer(a, "search_pfn_nid: end", addr, (unsigned long)end);
	}
	ask_search(mb, a, MB_MEMORY, addr);
	ask_search(mb, a, MB_RESERVED, addr);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned w = MB_RESERVED; w < collections(mb); w++)
			mb_answer(a, "overlaps_region, not of memory", addr,
				  mb_overlaps_region(mb, w, addr, sizes[i]));
		mb_answer(a, "addrs_overlap", addr,
			  mb_addrs_overlap(mb, addr, sizes[i], mb->page_size, mb->page_size));
		mb_answer(a, "is_region_memory", addr, mb_is_region_memory(mb, addr, sizes[i]));
		mb_answer(a, "is_region_reserved", addr, mb_is_region_reserved(mb, addr, sizes[i]));
		mb_answer(a, "overlaps_region", addr,
			  mb_overlaps_region(mb, MB_MEMORY, addr, sizes[i]));
	}
}

/* Sizes below a limit, of one node, of no node, and where the number says nothing. */
static void ask_sizes_below(struct mb *mb, struct mb_answers *a, uint64_t limit)
{
	for (unsigned n = 0; n <= NODES + 1; n += n ? NODES : 1) {
		int nid = node_to_ask(mb, n);

		mb_answer(a, "reserved_kern_size", limit, mb_reserved_kern_size(mb, limit, nid));
		mb_answer(a, "reserved_hugetlb_size", limit,
			  mb_reserved_hugetlb_size(mb, limit, nid));
	}
}

/* Not in the topmost page of short addresses, see ask_zones(). */
static void ask_pfns(struct mb *mb, struct mb_answers *a, const struct mb_range *r)
{
	const struct mb_region region = { .base = r->base, .size = r->end - r->base };

	if (mb->machine.addr_bits == 32 && r->end > mb->addr_max - (mb->page_size - 1))
		return;
	mb_answer(a, "region_memory_base_pfn", r->base,
		  (unsigned long)mb_region_memory_base_pfn(mb, &region));
	mb_answer(a, "region_memory_end_pfn", r->base,
		  (unsigned long)mb_region_memory_end_pfn(mb, &region));
	mb_answer(a, "region_reserved_base_pfn", r->base,
		  (unsigned long)mb_region_reserved_base_pfn(mb, &region));
	mb_answer(a, "region_reserved_end_pfn", r->base,
		  (unsigned long)mb_region_reserved_end_pfn(mb, &region));
}

static void ask_edges(struct mb *mb, struct mb_answers *a, enum mb_which which)
{
	uint32_t cnt = mb_cnt(mb, which), every = cnt / EDGES + 1, i = 0;
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_regions(&it, mb, which, false); mb_next(&it, &r); i++) {
		if (i % every && i + 1 != cnt)
			continue;
		if (r.base)
			ask_at(mb, a, r.base - 1);
		ask_at(mb, a, r.base);
		if (r.end > r.base + 1)
			ask_at(mb, a, r.end - 1);
		ask_at(mb, a, r.end);
		ask_pfns(mb, a, &r);
		if (which == MB_RESERVED)
			ask_sizes_below(mb, a, r.base + (r.end - r.base) / 2);
	}
}

static void ask_find(struct mb *mb, struct mb_answers *a)
{
	const uint64_t sizes[] = { 1, mb->page_size, mb->page_size * 5, mb->page_size * 64 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned n = 0; n <= NODES + INVALID_NODES; n += n == 2 ? NODES - 1 : 1)
			mb_answer(a, "find", sizes[i],
				  mb_find(mb, sizes[i], sizes[i] & -sizes[i], 0, MB_ALLOC_ANYWHERE,
					  node_to_ask(mb, n), MB_NONE));
	for (unsigned i = 0; i < REQUESTS; i++)
		mb_answer(a, "find by flags", request(mb, i),
			  mb_find(mb, mb->page_size, mb->page_size, 0, MB_ALLOC_ANYWHERE,
				  MB_NUMA_NO_NODE, request(mb, i)));
}

static void ask_sizes(struct mb *mb, struct mb_answers *a)
{
	struct mb_iter it;
	struct mb_range r;

	for (unsigned w = MB_MEMORY; w < collections(mb); w++) {
		mb_answer(a, "cnt", w, mb_cnt(mb, w));
		mb_answer(a, "total_size", w, mb_total_size(mb, w));
	}
	mb_answer(a, "phys_mem_size", 0, mb_phys_mem_size(mb));
	mb_answer(a, "reserved_size", 0, mb_reserved_size(mb));
	mb_answer(a, "estimated_nr_free_pages", 0, (unsigned long)mb_estimated_nr_free_pages(mb));
	ask_sizes_below(mb, a, 0);
	ask_sizes_below(mb, a, mb->addr_max);
	mb_answer(a, "has_mirror", 0, mb_has_mirror(mb));
	mb_answer(a, "bottom_up", 0, mb_bottom_up(mb));
	mb_answer(a, "current_limit", 0, mb_get_current_limit(mb));
	/* A kernel of 32 bits counts these bytes in an unsigned long. */
	for (unsigned i = 0; i < 4 && mb_phys_mem_size(mb) <= ULONG_MAX; i++) {
		unsigned long bytes =
			(unsigned long)(i ? mb_phys_mem_size(mb) >> (2 * i - 1) : mb->page_size);

		mb_answer(a, "validate_numa_coverage", bytes, mb_validate_numa_coverage(mb, bytes));
	}
	/* Where there is no memory some kernels look before their array for its end. */
	mb_iter_regions(&it, mb, MB_MEMORY, true);
	if (!mb_next(&it, &r) || r.base == r.end)
		return;
	mb_answer(a, "start_of_DRAM", 0, mb_start_of_DRAM(mb));
	mb_answer(a, "end_of_DRAM", 0, mb_end_of_DRAM(mb));
	ask_zones(mb, a, mb_start_of_DRAM(mb), mb_end_of_DRAM(mb));
}

/* The names that traces give (struct mb_op: RESERVE_MEM). */
static void ask_names(struct mb *mb, struct mb_answers *a)
{
	for (unsigned n = 0; n < 10; n++) {
		char name[] = { 'n', (char)('0' + n), '\0' };
		uint64_t start = SENTINEL, size = SENTINEL;

		mb_answer(a, "reserve_mem_find_by_name", n,
			  (uint64_t)mb_reserve_mem_find_by_name(mb, name, &start, &size));
		mb_answer(a, "reserve_mem_find_by_name: start", n, start);
		mb_answer(a, "reserve_mem_find_by_name: size", n, size);
	}
}

void mb_ask(struct mb *mb, struct mb_answers *answers)
{
	ask_sizes(mb, answers);
	ask_iterations(mb, answers);
	ask_at(mb, answers, 0);
	ask_at(mb, answers, mb->addr_max);
	ask_edges(mb, answers, MB_MEMORY);
	ask_edges(mb, answers, MB_RESERVED);
	ask_find(mb, answers);
	ask_names(mb, answers);
	mb_dump_all(mb); /* lines, if it is debugging */
}

/* ---- log lines --------------------------------------------------------------------------------- */

uint64_t mb_line_digest(const char *line, enum mb_metadata metadata)
{
	const char *end = line + strlen(line);
	uint64_t sum = 0xcbf29ce484222325ULL;

	/* A kernel prints its call stack instead. */
	if (strstr(line, "without an alignment"))
		return 0;
	if (metadata == MB_METADATA_HOST &&
	    (strstr(line, " is doubled to ") || strstr(line, "memblock_double_array")))
		return 0;
	while (end > line && end[-1] == '\n')
		end--;
	if (!strncmp(line, "memblock_", 9) || !strncmp(line, "__memblock_", 11)) {
		const char *blank = end;

		while (blank > line && *blank != ' ')
			blank--;
		if (!memchr(blank, ']', (size_t)(end - blank)))
			end = blank;
	}
	for (; line < end; line++)
		sum = (sum ^ (unsigned char)*line) * 0x100000001b3ULL;
	return sum;
}
