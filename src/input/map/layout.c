/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.c - a memory map becomes a trace: which kind it is, who reads it, and what is made of it.
 *
 *     bytes --> detect --> layout_*_read() --> struct layout --> layout_boot() --> trace
 *
 * Nothing here trusts the input. Ranges are counted and bounded, a device tree is checked as a whole
 * before it is walked, and text is only ever looked at between two pointers.
 */
#include "input/map/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/map/layout_impl.h"

static const char *const kind_words[] = {
	[LAYOUT_NONE] = "memory map", [LAYOUT_E820] = "e820 map",   [LAYOUT_EFI] = "EFI memory map",
	[LAYOUT_FDT] = "device tree", [LAYOUT_DEBUGFS] = "debugfs",
};

static bool is_fdt(const char *data, size_t size)
{
	return size >= 4 && !memcmp(data, "\xd0\x0d\xfe\xed", 4);
}

bool mb_layout_certain(const char *data, size_t size)
{
	return is_fdt(data, size) || layout_is_debugfs(data, size);
}

/* Lines of memblock=debug that the importer gave up on must not be passed over. */
static bool has_memblock_lines(const char *data, size_t size)
{
	static const char *const signs[] = { "memblock_add", "memblock_reserve",
					     "memblock_alloc_try", "MEMBLOCK configuration" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		struct layout_span all = { data, data + size };

		if (size && layout_after(&all, signs[i]))
			return true;
	}
	return false;
}

bool mb_layout_possible(const char *data, size_t size)
{
	return !has_memblock_lines(data, size) && layout_log_kind(data, size) != LAYOUT_NONE;
}

static int read_layout(struct layout *l, const char *data, size_t size)
{
	if (is_fdt(data, size)) {
		l->kind = LAYOUT_FDT;
		return layout_fdt_read(l, data, size);
	}
	if (layout_is_debugfs(data, size)) {
		l->kind = LAYOUT_DEBUGFS;
		return layout_debugfs_read(l, data, size);
	}
	l->kind = layout_log_kind(data, size);
	return layout_log_read(l, data, size);
}

static void describe(struct layout *l, struct mb_trace *trace)
{
	trace->lines = l->lines;
	if (l->kernel)
		trace->kernel = (char *)mb_trace_strndup(trace, l->kernel, l->kernel_size);
	if (l->kind == LAYOUT_DEBUGFS)
		mb_trace_warn(
			trace, 0,
			"generated from a listing of memblock in debugfs, not captured: its ranges "
			"in ascending order; what came when, and what was freed, is not known");
	else
		mb_trace_warn(
			trace, 0,
			"generated from %s %s, not captured: what a kernel would do with such "
			"memory; order and sizes of allocations are assumed",
			l->kind == LAYOUT_FDT ? "a" : "an", kind_words[l->kind]);
}

static void release(struct layout *l)
{
	free(l->map.r);
	free(l->memory.r);
	free(l->reserved.r);
	free(l->nodes.r);
	free(l->physmem.r);
}

int mb_layout_load(const char *data, size_t size, const char *path,
		   const struct mb_profile *profile, struct mb_trace **out,
		   struct mb_text_error *error)
{
	struct layout l = { .path = path, .error = error };
	const char *slash = strrchr(path, '/');
	struct mb_trace *trace = NULL;
	char format[48];
	int code = read_layout(&l, data, size);

	if (!code && !l.memory.n)
		code = layout_fail(&l, 0, "a memory map without usable memory", NULL, 0, NULL);
	snprintf(format, sizeof(format), "%s (generated)", kind_words[l.kind]);
	if (!code)
		trace = mb_trace_new(slash ? slash + 1 : path, format);
	if (!code && !trace)
		code = -ENOMEM;
	if (!code) {
		if (l.profile)
			trace->machine.profile = l.profile;
		if (profile)
			trace->machine.profile = profile;
		describe(&l, trace);
		code = layout_boot(&l, trace);
		mb_trace_seal(trace);
	}
	if (!code && mb_trace_failed(trace))
		code = -ENOMEM;
	if (code == -ENOMEM)
		mb_text_fail(error, code, path, 0, "no memory", NULL, 0, NULL);
	release(&l);
	if (code) {
		mb_trace_free(trace);
		return code;
	}
	*out = trace;
	return 0;
}
