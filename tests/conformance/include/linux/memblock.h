/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux/memblock.h - stands in front of the kernel's header of that name when its test suite is built.
 *
 * The suite gets the names of kernel.h, and with them any variant as its memblock. What it expects
 * this header to bring along comes from the kernel tree's tools/include.
 */
#ifndef CONFORMANCE_LINUX_MEMBLOCK_H
#define CONFORMANCE_LINUX_MEMBLOCK_H

#include <linux/init.h>
#include <linux/types.h>
#include <linux/numa.h>  /* MAX_NUMNODES, NUMA_NO_NODE */
#include <linux/cache.h> /* SMP_CACHE_BYTES */
#include <linux/mm.h>    /* PAGE_ALIGN, PHYS_ADDR_MAX */

#include <memblock/kernel.h>

#endif
