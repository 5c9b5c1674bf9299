/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_late.c - the functions of kernel.h that a boot calls late: hand-over, discard, named
 * reservations, HugeTLB pages, hash tables, tests of memory. As kernel_calls.c; apart, because few
 * programs need them.
 */
#define CONFIG_NUMA /* the view with nid, which is padding for programs without */
#define MEMBLOCK_KERNEL_IMPLEMENTATION
#include <stdio.h>

#include <memblock/kernel.h>
#include <memblock/variant.h>

/* A program may have its own. */
__attribute__((weak)) unsigned int memtest_pattern;

__attribute__((weak)) void seq_puts(struct seq_file *m, const char *text)
{
	(void)m;
	fputs(text, stdout);
}

void *memblock_alloc_hugetlb(phys_addr_t size, int nid, bool exact_nid)
{
	void *page = mb_alloc_hugetlb(memblock_load(), size, nid, exact_nid);

	memblock_store();
	return page;
}

bool kho_scratch_overlap(phys_addr_t phys, size_t size)
{
	return mb_kho_scratch_overlap(memblock_load(), phys, size);
}

int memblock_add_scratch_area(phys_addr_t base, phys_addr_t size)
{
	return mb_add_scratch_area(memblock_load(), base, size);
}

void *__memblock_alloc_or_panic(phys_addr_t size, phys_addr_t align, const char *func)
{
	void *block = mb_alloc_or_panic_as(memblock_load(), size, align, func);

	memblock_store();
	return block;
}

void memblock_free_all(void)
{
	mb_free_all(memblock_load());
	memblock_store();
}

void memblock_free_late(phys_addr_t base, phys_addr_t size)
{
	mb_free_late(memblock_load(), base, size);
	memblock_store();
}

void memblock_discard(void)
{
	mb_discard(memblock_load());
	memblock_store();
}

void reset_all_zones_managed_pages(void)
{
	mb_reset_all_zones_managed_pages(memblock_load());
}

void reset_node_managed_pages(pg_data_t *pgdat)
{
	for (int i = 0; i < pgdat->nr_zones; i++)
		pgdat->node_zones[i].managed_pages = 0;
}

unsigned long free_reserved_area(void *start, void *end, int poison, const char *name)
{
	unsigned long pages = mb_free_reserved_area(memblock_load(), start, end, poison, name);

	memblock_store();
	return pages;
}

int memblock_reserve_mem(const char *text)
{
	int rc = mb_reserve_mem(memblock_load(), text);

	memblock_store();
	return rc;
}

int reserve_mem_find_by_name(const char *name, phys_addr_t *start, phys_addr_t *size)
{
	return mb_reserve_mem_find_by_name(memblock_load(), name, start, size);
}

int reserve_mem_release_by_name(const char *name)
{
	int found = mb_reserve_mem_release_by_name(memblock_load(), name);

	memblock_store();
	return found;
}

/* Flag by flag: what a name of kernel.h means does not hang on its value in some kernel. */
static unsigned hash_flags(int flags)
{
	unsigned ours = 0;

	if (flags & HASH_EARLY)
		ours |= MB_HASH_EARLY;
	if (flags & HASH_ZERO)
		ours |= MB_HASH_ZERO;
	if (flags & HASH_SMALL)
		ours |= MB_HASH_SMALL;
	return ours;
}

void *alloc_large_system_hash(const char *tablename, unsigned long bucketsize,
			      unsigned long numentries, int scale, int flags,
			      unsigned int *_hash_shift, unsigned int *_hash_mask,
			      unsigned long low_limit, unsigned long high_limit)
{
	void *table = mb_alloc_large_system_hash(memblock_load(), tablename, bucketsize, numentries,
						 (unsigned)scale, hash_flags(flags), _hash_shift,
						 _hash_mask, low_limit, high_limit);

	memblock_store();
	return table;
}

void early_memtest(phys_addr_t start, phys_addr_t end)
{
	mb_memtest(memblock_load(), start, end, memtest_pattern);
	memblock_store();
}

static __attribute__((format(printf, 2, 0))) void to_seq_file(void *ctx, const char *fmt,
							      va_list ap)
{
	char line[128];
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);

	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n] = '\n';
	line[n + 1] = 0;
	seq_puts(ctx, line);
}

void memtest_report_meminfo(struct seq_file *m)
{
	mb_memtest_report(memblock_load(), to_seq_file, m);
}
