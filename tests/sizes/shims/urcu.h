/* SPDX-License-Identifier: GPL-2.0-or-later */
/* urcu.h - what a kernel's tools want of liburcu, for one thread: callbacks run when their owner says so. */
#ifndef SIZES_URCU_H
#define SIZES_URCU_H

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define rcu_read_lock() __asm__ volatile("" ::: "memory")
#define rcu_read_unlock() __asm__ volatile("" ::: "memory")
#define rcu_dereference(p) (*(volatile __typeof__(p) *)&(p))
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

#endif
