/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_hooks.h - an instance behind kernel.h whose hooks record, on memory of this process.
 *
 * Collections are compared as text, "1000-2000@0/4": @node where it is valid, /flags where they are not 0.
 */
#ifndef MB_TEST_KERNEL_HOOKS_H
#define MB_TEST_KERNEL_HOOKS_H

#include "kernel_stores.h"

#define SIZE 0x10000 /* of the memory that allocations come from */

extern unsigned char *base; /* that memory, aligned to its size */
extern phys_addr_t at;      /* the same, as an address */
extern char said[1024];     /* lines that were logged */
extern char pages[256];     /* what the page allocator was given */
extern jmp_buf panicked;    /* where a panic goes */

/* Before and after all tests of a program. */
int get_memory(void **state);
int free_memory(void **state);

/* An instance of `variant` and `profile`; nothing is recorded yet. */
void begin(void);
#define EVERY EVERY_STORE(begin)

/* Two nodes of 7 and 8 pages, which nobody looks into. */
void two_nodes(void);
/* Two nodes of 8 pages each, in memory of this process that is filled with ones. */
void two_real_nodes(void);

/* An address in that memory as its distance, so that an expectation does not depend on where that is. */
void expect_at(const char *what, const void *got, phys_addr_t wanted);
/* Did exactly [@from, @from + @size) get the value @value? Around it memory is filled with ones. */
void expect_bytes(const unsigned char *from, size_t size, unsigned value);

const char *regions(const struct memblock_type *type);
#define EXPECT_MEMORY(wanted) expect("memory", regions(&memblock.memory), wanted)
#define EXPECT_RESERVED(wanted) expect("reserved", regions(&memblock.reserved), wanted)

#endif
