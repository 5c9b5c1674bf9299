/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_regions.c - regions in a kernel's maple tree: bytes of nodes, and nodes that inserts ask for.
 *
 *     maple_regions N      prints: bytes of a node, nodes at the end, nodes asked for, the most by one insert,
 *                          is the gap found that is there
 *
 * Compiled by structures.py with lib/maple_tree.c and the tools' headers of a tree; the slab allocator below counts.
 * N regions of a page, two free ones after each, are stored in random order, with gaps tracked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "shared.h"

#include <linux/init.h>
#include <linux/slab.h>

void node_cb(struct rcu_head *head);
#define MAPLE_32BIT 0
#define kfree_rcu(pointer, member) call_rcu(&(pointer)->member, node_cb)
#include "lib/maple_tree.c"

static unsigned long live, asked;
static struct rcu_head *later;

void node_cb(struct rcu_head *head)
{
	kmem_cache_free(maple_node_cache, container_of(head, struct maple_node, rcu));
}

/* What is freed is read until an operation ends. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next = later;
	later = head;
}

static void run_later(void)
{
	while (later) {
		struct rcu_head *head = later;

		later = head->next;
		head->func(head);
	}
}

/* ---- a slab allocator -------------------------------------------------------------------------- */

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, int flags)
{
	void *node = aligned_alloc(sizeof(struct maple_node), sizeof(struct maple_node));

	if (!node)
		abort();
	memset(node, 0, sizeof(struct maple_node));
	live++;
	asked++;
	return node;
}

void kmem_cache_free(struct kmem_cache *cache, void *node)
{
	live--;
	free(node);
}

void kfree(void *node)
{
	kmem_cache_free(NULL, node);
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t n, void **nodes)
{
	while (n--)
		kmem_cache_free(cache, nodes[n]);
}

#ifdef HAS_SHEAVES /* the slab allocator gives nodes ahead, as a sheaf of them */
enum { SHEAF = 64 };

static void fill(struct slab_sheaf *sheaf, unsigned int size)
{
	if (size > SHEAF)
		abort();
	while (sheaf->size < size)
		sheaf->objects[sheaf->size++] = kmem_cache_alloc_lru(NULL, NULL, 0);
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, unsigned int flags)
{
	return calloc(1, sizeof(struct kmem_cache));
}

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *cache, gfp_t gfp, unsigned int size)
{
	struct slab_sheaf *sheaf = calloc(1, sizeof(*sheaf) + SHEAF * sizeof(void *));

	if (!sheaf)
		abort();
	sheaf->capacity = SHEAF;
	fill(sheaf, size);
	return sheaf;
}

int kmem_cache_refill_sheaf(struct kmem_cache *cache, gfp_t gfp, struct slab_sheaf **sheaf,
			    unsigned int size)
{
	fill(*sheaf, size);
	return 0;
}

void kmem_cache_return_sheaf(struct kmem_cache *cache, gfp_t gfp, struct slab_sheaf *sheaf)
{
	kmem_cache_free_bulk(cache, sheaf->size, sheaf->objects);
	free(sheaf);
}

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *cache, gfp_t gfp, struct slab_sheaf *sheaf)
{
	return sheaf->size ? sheaf->objects[--sheaf->size] : NULL;
}
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *))
{
	return calloc(1, 64);
}

int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t n, void **nodes)
{
	for (size_t i = 0; i < n; i++)
		nodes[i] = kmem_cache_alloc_lru(cache, NULL, 0);
	return (int)n;
}
#endif

/* ---- regions ----------------------------------------------------------------------------------- */

enum { PAGE = 4096, STRIDE = 3 * PAGE };

static unsigned long *shuffled(unsigned long n)
{
	unsigned long *order = malloc(n * sizeof(*order));

	if (!order)
		abort();
	for (unsigned long i = 0; i < n; i++) {
		unsigned long j = draw() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 128, most = 0, kept;
	unsigned long *order = shuffled(n);
	struct maple_tree tree;
	MA_STATE(mas, &tree, 0, 0);
	int rc;

	maple_tree_init();
	mt_init_flags(&tree, MT_FLAGS_ALLOC_RANGE);
	for (unsigned long i = 0; i < n; i++) {
		unsigned long before = asked, base = order[i] * STRIDE;

		mas_set_range(&mas, base, base + PAGE - 1);
		if (mas_store_gfp(&mas, xa_mk_value(1), GFP_KERNEL))
			return 1;
		run_later();
		most = asked - before > most ? asked - before : most;
	}
	kept = live;
	mas_set(&mas, 0);
	/* The highest gap of two pages lies above the last region but one, and below what is asked for. */
	rc = mas_empty_area_rev(&mas, 0, n * STRIDE - 2 * PAGE - 1, 2 * PAGE);
	printf("%zu %lu %lu %lu %d\n", sizeof(struct maple_node), kept, asked, most,
	       !rc && mas.index == (n - 1) * STRIDE - 2 * PAGE);
	free(order);
	return 0;
}
