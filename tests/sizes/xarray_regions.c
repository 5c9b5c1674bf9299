/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xarray_regions.c - regions of pages in a kernel's xarray: bytes of nodes.
 *
 *     xarray_regions N PAGES      prints: bytes of a node, nodes at the end, regions that are found again
 *
 * Compiled by structures.py with lib/xarray.c and the tools' headers of a tree. The machine's PAGES are cut into N
 * equal parts, and in each a region begins and ends at random pages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "shared.h"

#include <linux/slab.h>

#include "lib/xarray.c"

struct kmem_cache *radix_tree_node_cachep;
static unsigned long live;

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, int flags)
{
	struct xa_node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	node->private_list.next = node->private_list.prev = &node->private_list;
	live++;
	return node;
}

void kmem_cache_free(struct kmem_cache *cache, void *node)
{
	live--;
	free(node);
}

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	live--; /* may still be read */
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	func(head);
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 128;
	unsigned long part = (argc > 2 ? strtoul(argv[2], NULL, 0) : 1 << 20) / n;
	unsigned long index, found = 0;
	void *entry, *before = NULL;
	struct xarray array;

	xa_init(&array);
	for (unsigned long i = 0; i < n; i++) {
		unsigned long first = i * part + draw() % (part / 2);
		unsigned long last = first + draw() % (part / 2 - 1);

		if (xa_is_err(xa_store_range(&array, first, last, xa_mk_value(i), GFP_KERNEL)))
			return 1;
	}
	xa_for_each(&array, index, entry)
	{
		found += entry != before;
		before = entry;
	}
	printf("%zu %lu %lu\n", sizeof(struct xa_node), live, found);
	return 0;
}
