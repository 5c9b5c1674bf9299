/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump.c - the configuration as `memblock=debug` prints it, byte for byte. */
#include <memblock/variant.h>

#include "core/core_impl.h"

static bool node_is_shown(const struct mb *mb, int nid)
{
	if (mb->machine.no_numa)
		return false;
	if (mb->profile->dump_node_if_valid)
		return nid >= 0 && (uint32_t)nid < mb->max_numnodes;
	return (uint32_t)nid != mb->max_numnodes;
}

static void dump_collection(struct mb *mb, enum mb_which which)
{
	const char *name = mb_which_name(which);
	int digits = mb_digits(mb);
	unsigned index = 0;
	struct mb_iter it;
	struct mb_range r;

	mb_log(mb, MB_INFO, " %s.cnt  = 0x%x", name, mb_cnt(mb, which));
	for (mb_iter_regions(&it, mb, which, false); mb_next(&it, &r); index++) {
		/* The last byte; of an empty region it wraps to all ones. */
		unsigned long long last = (r.end - 1) & mb->addr_max;

		if (node_is_shown(mb, r.nid))
			mb_log(mb, MB_INFO,
			       " %s[0x%x]\t[0x%0*llx-0x%0*llx], 0x%0*llx bytes on node %d flags: 0x%x",
			       name, index, digits, (unsigned long long)r.base, digits, last,
			       digits, (unsigned long long)(r.end - r.base), r.nid, r.flags);
		else
			mb_log(mb, MB_INFO,
			       " %s[0x%x]\t[0x%0*llx-0x%0*llx], 0x%0*llx bytes flags: 0x%x", name,
			       index, digits, (unsigned long long)r.base, digits, last, digits,
			       (unsigned long long)(r.end - r.base), r.flags);
	}
}

void mb_dump_all(struct mb *mb)
{
	int digits = mb_digits(mb);

	if (IS_WHOLE(mb, dump_all)) {
		WHOLE(mb, dump_all);
		return;
	}
	if (!mb->debug)
		return;
	mb_log(mb, MB_INFO, "MEMBLOCK configuration:");
	mb_log(mb, MB_INFO, " memory size = 0x%0*llx reserved size = 0x%0*llx", digits,
	       (unsigned long long)mb_phys_mem_size(mb), digits,
	       (unsigned long long)mb_reserved_size(mb));
	dump_collection(mb, MB_MEMORY);
	dump_collection(mb, MB_RESERVED);
	if (mb->machine.physmem)
		dump_collection(mb, MB_PHYSMEM);
}
