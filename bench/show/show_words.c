/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_words.c - flags, bytes and places as words.
 */
#include "show/show_impl.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const flag_words[] = { "hotplug",        "mirror",      "nomap",
					  "driver-managed", "rsrv-noinit", "rsrv-kern",
					  "kho-scratch",    "rsrv-hugetlb" };

const char *show_flags_text(uint32_t flags, char buf[128])
{
	size_t at = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++)
		if (flags & (1u << i))
			at += (size_t)snprintf(buf + at, 128 - at, "%s%s", at ? "+" : "",
					       flag_words[i]);
	return buf;
}

const char *show_bytes_text(uint64_t bytes, char buf[32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	unsigned unit = 0;

	for (; value >= 1024 && unit < 6; unit++)
		value /= 1024;
	snprintf(buf, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

const char *show_place(const struct sight *s, size_t operation, char buf[64])
{
	uint32_t line =
		operation && operation <= s->trace->count ? s->trace->ops[operation - 1].line : 0;

	if (line)
		snprintf(buf, 64, "operation %zu (line %" PRIu32 ")", operation, line);
	else
		snprintf(buf, 64, "operation %zu", operation);
	return buf;
}
