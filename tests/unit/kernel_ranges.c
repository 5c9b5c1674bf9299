/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_ranges.c - ranges of kernel.h, made and told; see kernel_ranges.h. */
#include "kernel_ranges.h"

#include <stdio.h>
#include <string.h>

char text[1024];

void use(void)
{
	movable_node_enabled = false;
	mirrored_kernelcore = false;
	max_low_pfn = 0;
	if (memblock_use(variant, profile))
		fail_msg("memblock_use(%s, %s) failed", variant, profile);
}

void add(phys_addr_t base, phys_addr_t end)
{
	assert_int_equal(memblock_add(base, end - base), 0);
}

void reserve(phys_addr_t base, phys_addr_t end)
{
	assert_int_equal(memblock_reserve(base, end - base), 0);
}

void say(u64 index, phys_addr_t start, phys_addr_t end)
{
	size_t n = strlen(text);

	snprintf(text + n, sizeof(text) - n, "%s%llx-%llx(%llx)", n ? " " : "",
		 (unsigned long long)start, (unsigned long long)end, (unsigned long long)index);
}

const char *memory_ranges(bool reverse)
{
	phys_addr_t start, end;
	u64 i;

	text[0] = 0;
	if (reverse)
		for_each_mem_range_rev(i, &start, &end) say(i, start, end);
	else
		for_each_mem_range(i, &start, &end) say(i, start, end);
	return text;
}
