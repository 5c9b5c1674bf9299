/* SPDX-License-Identifier: GPL-2.0-or-later */
/* absl - an interval set on absl::btree_map, Abseil's B-tree: a peer (README.md). */
#include <absl/container/btree_map.h>

#define PEER_NAME absl
#define PEER_MAP absl::btree_map
#define PEER_KEEPS_ITERATORS false
#include <memblock/peer_impl.h>
