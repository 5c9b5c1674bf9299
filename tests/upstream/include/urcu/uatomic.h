/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uatomic.h - what the suite's allocator wants of liburcu, whose package it needs for nothing else. */
#ifndef UPSTREAM_URCU_UATOMIC_H
#define UPSTREAM_URCU_UATOMIC_H

#define uatomic_inc(p) ((void)__atomic_add_fetch((p), 1, __ATOMIC_SEQ_CST))
#define uatomic_dec(p) ((void)__atomic_sub_fetch((p), 1, __ATOMIC_SEQ_CST))

#endif
