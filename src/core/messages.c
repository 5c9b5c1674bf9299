/* SPDX-License-Identifier: GPL-2.0-or-later */
/* messages.c - what an instance says: warnings, bugs, the lines of memblock=debug. */
#include <memblock/variant.h>

#include "core/core_impl.h"

void mb_warn(struct mb *mb, const char *fmt, ...)
{
	va_list ap;

	mb->warnings++;
	if (!mb->hooks.warn)
		return;
	va_start(ap, fmt);
	mb->hooks.warn(mb->hooks.ctx, fmt, ap);
	va_end(ap);
}

void mb_bug(struct mb *mb, const char *fmt, ...)
{
	va_list ap;

	if (mb->hooks.panic) {
		va_start(ap, fmt);
		mb->hooks.panic(mb->hooks.ctx, fmt, ap);
		va_end(ap);
	}
	__builtin_trap(); /* the hook must not return: going on would write beyond the slots */
}

void mb_log(struct mb *mb, enum mb_level level, const char *fmt, ...)
{
	va_list ap;

	if (!mb->hooks.log)
		return;
	va_start(ap, fmt);
	mb->hooks.log(mb->hooks.ctx, level, fmt, ap);
	va_end(ap);
}

int mb_cannot_resize(struct mb *mb, struct mb_collection *c)
{
	if (mb->profile->no_resize_panics)
		mb_bug(mb, "memblock: cannot resize %s array", mb_which_name(c->which));
	return -MB_ENOMEM;
}

void mb_warn_mirror(struct mb *mb, uint64_t size)
{
	mb_log(mb, MB_WARNING, "Could not allocate 0x%0*llx bytes of mirrored memory",
	       mb_digits(mb), (unsigned long long)size);
}

static unsigned long long last_byte(const struct mb *mb, uint64_t base, uint64_t size)
{
	return (base + size - 1) & mb->addr_max; /* wraps, as the kernel's line does */
}

void mb_log_range(struct mb *mb, const char *function, uint64_t base, uint64_t size,
		  unsigned long long caller)
{
	mb_log(mb, MB_INFO, "%s: [0x%0*llx-0x%0*llx] 0x%llx", function, mb_digits(mb),
	       (unsigned long long)base, mb_digits(mb), last_byte(mb, base, size), caller);
}

void mb_log_node(struct mb *mb, const char *function, uint64_t base, uint64_t size, int nid,
		 uint32_t flags, unsigned long long caller)
{
	mb_log(mb, MB_INFO, "%s: [0x%0*llx-0x%0*llx] nid=%d flags=%x 0x%llx", function,
	       mb_digits(mb), (unsigned long long)base, mb_digits(mb), last_byte(mb, base, size),
	       nid, flags, caller);
}

void mb_log_reserved(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags,
		     const char *caller)
{
	if (mb->profile->rsrv_nid_requested)
		mb_log(mb, MB_INFO, "__memblock_reserve: [0x%0*llx-0x%0*llx] nid=%d flags=%x %s",
		       mb_digits(mb), (unsigned long long)base, mb_digits(mb),
		       last_byte(mb, base, size), nid, flags, caller);
	else
		mb_log(mb, MB_INFO, "memblock_reserve: [0x%0*llx-0x%0*llx] %s", mb_digits(mb),
		       (unsigned long long)base, mb_digits(mb), last_byte(mb, base, size), caller);
}

/* The reservation that completes an allocation. */
void mb_log_allocated(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	mb_log_reserved(mb, base, size, nid, flags, "memblock_alloc_range_nid");
}

/* The free of the old storage, or the reservation of the new, where there was one. */
void mb_log_growth(struct mb *mb, const struct mb_growth *g, bool old)
{
	if (old && g->old_size)
		mb_log(mb, MB_INFO, "memblock_phys_free: [0x%0*llx-0x%0*llx] memblock_double_array",
		       mb_digits(mb), (unsigned long long)g->old_base, mb_digits(mb),
		       last_byte(mb, g->old_base, g->old_size));
	if (!old && g->size)
		mb_log_reserved(mb, g->base, g->size, MB_NUMA_NO_NODE,
				mb->profile->alloc_sets_rsrv_kern ? MB_RSRV_KERN : 0,
				"memblock_double_array");
}

void mb_log_doubled(struct mb *mb, enum mb_which which, uint32_t entries, uint64_t pa,
		    uint64_t bytes)
{
	mb_log(mb, MB_INFO, "memblock: %s is doubled to %u at [0x%0*llx-0x%0*llx]",
	       mb_which_name(which), entries, mb_digits(mb), (unsigned long long)pa, mb_digits(mb),
	       (unsigned long long)(pa + bytes - 1));
}

const char *mb_which_name(enum mb_which which)
{
	static const char *const names[MB_COLLECTIONS] = { "memory", "reserved", "physmem" };

	return names[which];
}

void mb_emit(mb_line_fn *line, void *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(ctx, fmt, ap);
	va_end(ap);
}
