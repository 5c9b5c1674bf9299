/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm_init.h - stands for mm/mm_init.h, which newer trees have beside mm/internal.h.
 *
 * What it declares is among the macros of adapter.c.
 */
#ifndef MBL_MM_INIT_H
#define MBL_MM_INIT_H
#endif
