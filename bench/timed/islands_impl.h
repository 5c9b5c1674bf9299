/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * islands_impl.h - the synthetic workloads islands-NODES-ALIGN[-up]: a stress, of no real machine.
 *
 * n regions of memory, islands, lie on NODES nodes in turn, and n reserved regions in them. A request is for node 0, where
 * no gap holds an aligned block, while each island of another node does; but for one, the harbour, which a search reaches last: the
 * lowest island, or with -up, bottom-up, the highest. Every other request has a window without the harbour, and fails.
 */
#ifndef BENCH_ISLANDS_H
#define BENCH_ISLANDS_H

#include "timed/state.h"

struct bench_islands {
	unsigned nodes;
	uint64_t align, size; /* of requests, bytes */
	bool up;
};

/* What is in the name of such a workload. */
struct bench_islands bench_islands_of(enum bench_workload workload);

/* Set memory, reserved, regions, bounds and harbour of @layout, of which workload, loaded and n are set. false: no memory. */
bool bench_islands_fill(struct bench_layout *layout);

/* What a state of it holds. 0 or -errno. */
int bench_islands_load(struct mb *mb, const struct bench_layout *layout);

#endif
