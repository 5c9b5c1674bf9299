/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages.h - a small page allocator, to hand memory over to.
 *
 * Memblock ends by giving all free memory to the page allocator. This is one: a binary buddy
 * allocator over the page frames of a machine, fed with exactly what a kernel's would get (struct
 * mb_page_sink), which serves pages afterwards and can say about every page what became of it.
 *
 *     order 2   [   0..3   ][   4..7   ]      a block of order o is 2^o pages, aligned to its size
 *     order 1   [0,1][ 2,3 ]                  its buddy is the block whose number differs in bit o
 *     order 0   [2][3]                        two free buddies merge into the next order
 *
 *     mb_pages_create(mb, &pages);            memory and its nodes are known: no more mb_add()
 *     mb_pages_attach(pages, mb);
 *     mb_free_all(mb);                        every page is now free or reserved
 *     pfn = mb_pages_alloc(pages, 3, 0);      eight pages, on node 0 if possible
 *     mb_pages_free(pages, pfn, 3);
 *     mb_pages_check(pages, mb, &why);        none both reserved and free, none lost
 *
 * It holds no memory of the machine and never touches it: page frames are numbers here. Its own
 * state lies in the host's memory, in bitmaps that are backed only where something is recorded: a
 * free block is a bit whatever its size, a reserved page is a bit, set 64 at a time (32 MiB of
 * bitmap for a reserved TiB). So a machine of many terabytes costs what is reserved in it, and the
 * pieces that leaves. Pages that are released after the hand-over come one by one. Instance and
 * allocator keep no reference to each other but those that mb_pages_attach() makes; neither is locked.
 */
#ifndef MEMBLOCK_PAGES_H
#define MEMBLOCK_PAGES_H

#include <memblock/memblock.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mb_pages;

#define MB_PAGES_NONE UINT64_MAX /* no page frame */

enum mb_page_state {
	MB_PAGE_ABSENT,   /* not a whole page of memory */
	MB_PAGE_UNKNOWN,  /* memory of which nothing was said: not handed over, or NOINIT */
	MB_PAGE_RESERVED, /* memblock said so at hand-over */
	MB_PAGE_FREE,
	MB_PAGE_USED, /* handed out by mb_pages_alloc() */
};

/* Page frames, counted. present = unknown + reserved + free + used; managed = free + used from the
 * hand-over on, and present before. */
struct mb_pages_counts {
	uint64_t present, managed, unknown, reserved, free, used;
};

/**
 * mb_pages_create() - set the allocator up for the memory of @mb as it is now.
 * @mb:  its whole pages and their nodes are recorded; memory without a node belongs to node 0.
 * @out: the allocator, owned by the caller until mb_pages_destroy().
 *
 * Nothing is free yet: that is the hand-over's to say.
 *
 * Return: 0 or -ENOMEM.
 */
int mb_pages_create(struct mb *mb, struct mb_pages **out);
void mb_pages_destroy(struct mb_pages *pages); /* NULL is allowed */

/** mb_pages_sink() - the functions through which memblock feeds @pages. */
void mb_pages_sink(struct mb_pages *pages, struct mb_page_sink *sink);
/** mb_pages_attach() - let @mb feed @pages. Each must outlive the other's last use of it. */
void mb_pages_attach(struct mb_pages *pages, struct mb *mb);

/**
 * mb_pages_alloc() - take a block.
 * @order: of the block, at most the machine's max_page_order.
 * @nid:   node preferred; then the others, lowest number first. Invalid: any.
 *
 * Of the smallest order that is large enough the lowest block is taken, and cut.
 *
 * Return: its first page frame, a multiple of 2^order, or MB_PAGES_NONE.
 */
uint64_t mb_pages_alloc(struct mb_pages *pages, unsigned order, int nid);

/**
 * mb_pages_free() - give a block back that mb_pages_alloc() returned; it merges with its buddies.
 *
 * Return: 0, or -EINVAL if no block of that order is in use there; nothing has then changed.
 */
int mb_pages_free(struct mb_pages *pages, uint64_t pfn, unsigned order);

enum mb_page_state mb_page_state(const struct mb_pages *pages, uint64_t pfn);
/* The node of a page; -1 if it is absent. */
int mb_page_node(const struct mb_pages *pages, uint64_t pfn);
/* Counts of node @nid; -1: of all. */
void mb_pages_count(const struct mb_pages *pages, int nid, struct mb_pages_counts *out);
/* Free blocks of exactly @order on @nid (-1: everywhere): a column of /proc/buddyinfo. */
uint64_t mb_pages_free_blocks(const struct mb_pages *pages, int nid, unsigned order);

/**
 * mb_pages_check() - is every page accounted for, once?
 * @mb:  the instance that was handed over, to compare with; NULL: look at the allocator alone.
 * @why: set to a sentence about the first fault, valid until the next call on @pages; may be NULL.
 *
 * The allocator alone: blocks do not overlap each other or reserved pages, free buddies are merged,
 * the counts are right, and nothing impossible was asked of it so far (a page freed twice, a free
 * page reserved, a range reserved on another node than its first page's, a page released that was never
 * reserved). With the instance also: each whole page of memory that reserved does not touch is free or in
 * use, and each that it touches, or that is NOMAP, is reserved, unless it was released since. So it finds memory that memblock allocated
 * after the hand-over (reserved and free at once) and memory freed in memblock only (lost). A page
 * that memblock held when it was released is excused until a check has seen that it let go. A
 * collection that mb_discard() gave up is not compared.
 *
 * Return: 0 or -EINVAL.
 */
int mb_pages_check(struct mb_pages *pages, struct mb *mb, const char **why);

#ifdef __cplusplus
}
#endif
#endif
