/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stdmap - an interval set on std::map, the red-black tree of the C++ library: a peer (README.md). */
#include <map>

#define PEER_NAME stdmap
#define PEER_MAP std::map
#define PEER_KEEPS_ITERATORS true
#include <memblock/peer_impl.h>
