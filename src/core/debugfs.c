/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debugfs.c - the files of /sys/kernel/debug/memblock, line by line.
 *
 *        0: 0x0000000000001000..0x000000000009efff    0 NONE
 *        1: 0x0000000100000000..0x000000013fffffff    x HOTPLUG|NOMAP
 *
 * Old kernels print the range alone. Kernels of some years named only the lowest of several flags;
 * here, as in those before and after, all are named.
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

static const char *flag_name(const struct mb *mb, uint32_t flag)
{
	switch (flag) {
	case MB_HOTPLUG:
		return "HOTPLUG";
	case MB_MIRROR:
		return "MIRROR";
	case MB_NOMAP:
		return "NOMAP";
	case MB_DRIVER_MANAGED:
		return "DRV_MNG";
	case MB_RSRV_NOINIT:
		return "RSV_NIT";
	case MB_RSRV_KERN:
		return mb->profile->debugfs_names_kern ? "RSV_KERN" : "UNKNOWN";
	case MB_KHO_SCRATCH:
		return mb->profile->debugfs_names_kern ? "KHO_SCRATCH" : "UNKNOWN";
	case MB_RSRV_HUGETLB:
		return mb->profile->debugfs_names_hugetlb ? "RSV_HUGETLB" : "UNKNOWN";
	default:
		return "UNKNOWN";
	}
}

/* The names of @flags, lowest first. @text has room for 32 of them. */
static void flags_text(const struct mb *mb, uint32_t flags, char *text)
{
	const char *separator = "";

	for (const char *s = flags ? "" : "NONE"; *s; s++)
		*text++ = *s;
	for (; flags; flags &= flags - 1, separator = "|") {
		for (const char *s = separator; *s; s++)
			*text++ = *s;
		for (const char *s = flag_name(mb, flags & -flags); *s; s++)
			*text++ = *s;
	}
	*text = 0;
}

void mb_debugfs_show(struct mb *mb, enum mb_which which, mb_line_fn *line, void *ctx)
{
	int digits = mb_digits(mb);
	unsigned index = 0;
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_regions(&it, mb, which, false); mb_next(&it, &r); index++) {
		/* The last byte; of an empty region it wraps to all ones. */
		unsigned long long first = r.base, last = (r.end - 1) & mb->addr_max;
		int nid = mb->machine.no_numa ? 0 : r.nid;
		char flags[32 * 12];

		if (!mb->profile->debugfs_shows_flags) {
			mb_emit(line, ctx, "%4u: 0x%0*llx..0x%0*llx", index, digits, first, digits,
				last);
			continue;
		}
		flags_text(mb, r.flags, flags);
		if (nid >= 0 && (uint32_t)nid < mb->max_numnodes)
			mb_emit(line, ctx, "%4u: 0x%0*llx..0x%0*llx %4d %s", index, digits, first,
				digits, last, nid, flags);
		else
			mb_emit(line, ctx, "%4u: 0x%0*llx..0x%0*llx %4c %s", index, digits, first,
				digits, last, 'x', flags);
	}
}

/* A size as "(12.0 KiB)": three digits, rounded. */
static void emit_size(const char *name, uint64_t size, mb_line_fn *line, void *ctx)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t whole = size, rest = 0;
	unsigned unit = 0, thousandths;

	for (; whole >= 1024; whole /= 1024, unit++)
		rest = whole % 1024;
	thousandths = (unsigned)(rest * 1000 / 1024);
	thousandths += whole >= 100 ? 500 : whole >= 10 ? 50 : 5;
	if (whole >= 100)
		mb_emit(line, ctx, "%s\t\t(%llu %s)", name,
			(unsigned long long)whole + (thousandths >= 1000), units[unit]);
	else if (whole >= 10)
		mb_emit(line, ctx, "%s\t\t(%llu.%u %s)", name,
			(unsigned long long)whole + (thousandths >= 1000), thousandths % 1000 / 100,
			units[unit]);
	else
		mb_emit(line, ctx, "%s\t\t(%llu.%02u %s)", name,
			(unsigned long long)whole + (thousandths >= 1000), thousandths % 1000 / 10,
			units[unit]);
}

void mb_debugfs_reserve_mem(struct mb *mb, mb_line_fn *line, void *ctx)
{
	for (uint32_t i = 0; i < mb->named_count; i++) {
		if (mb->named[i].size)
			emit_size(mb->named[i].name, mb->named[i].size, line, ctx);
	}
}
