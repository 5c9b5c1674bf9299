/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_ranges.h - an instance behind kernel.h, filled in one line, and its iterations as text.
 *
 * A range and, in parentheses, the index after it was yielded, all hexadecimal:
 *
 *     memory    [1000        4000)    [6000        8000)
 *     reserved       [2000 3000) [3800      6800)
 *     free      "1000-2000(100000000) 3000-3800(200000000) 6800-8000(200000002)"
 */
#ifndef MB_TEST_KERNEL_RANGES_H
#define MB_TEST_KERNEL_RANGES_H

#include "kernel_stores.h"

/* Choose `variant` and `profile`, with the program's settings as at its start. */
void use(void);

void add(phys_addr_t base, phys_addr_t end);
void reserve(phys_addr_t base, phys_addr_t end);

extern char text[1024];

/* Add a range to the text. */
void say(u64 index, phys_addr_t start, phys_addr_t end);
/* All of memory but what is hidden, as text. */
const char *memory_ranges(bool reverse);

#endif
