/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - stands for mm/internal.h: what the page allocator gives to memblock.
 *
 * The real one needs the whole kernel; what memblock.c uses of it goes to the instance's hooks.
 */
#ifndef MBL_INTERNAL_H
#define MBL_INTERNAL_H

#include <linux/sizes.h>

struct page {
	int unused;
};

static bool mirrored_kernelcore;

#endif
