/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reserve_mem.c - reserve_mem=<size>:<align>:<name>, memory that is found again by its name.
 *
 *     reserve_mem=12K:4096:trace        12 KiB on a page boundary, called "trace"
 *
 * A boot that uses the same kernel, machine and parameters finds the same memory, so what is written
 * there survives a soft reboot. Eight entries at most, kept in the instance. Newer kernels say why
 * they refuse a parameter, and on a kexec-handover boot take over what the previous kernel preserved
 * under the name (profile switch reserve_mem_reports).
 */
#include <memblock/variant.h>

#include "core/core_impl.h"

/* The value of a digit, 16 for what is none. */
static unsigned digit_of(char c)
{
	char lower = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (lower >= 'a' && lower <= 'f')
		return (unsigned)(lower - 'a') + 10;
	return 16;
}

/*
 * A number as a kernel reads it from its command line: hexadecimal behind 0x if a digit follows that,
 * octal behind 0, else decimal, then one suffix. *text moves behind what was read; blanks and signs are
 * not. What does not fit in 64 bits is lost, and a suffix is read where no digit is; with the profile
 * switch sizes_saturate it makes all ones, and such a suffix is not read.
 */
static uint64_t parse_size(const char **text, bool saturate)
{
	static const char suffixes[] = "KMGTPE";
	const char *at = *text;
	unsigned base = 10, shift = 0;
	uint64_t value = 0;
	bool fits = true, digits;

	if (at[0] == '0') {
		base = 8;
		if ((at[1] | 0x20) == 'x' && digit_of(at[2]) < 16) {
			base = 16;
			at += 2;
		}
	}
	for (digits = digit_of(*at) < base; digit_of(*at) < base; at++) {
		fits = fits && value <= (UINT64_MAX - digit_of(*at)) / base;
		value = value * base + digit_of(*at);
	}
	for (unsigned i = 0; suffixes[i] && (digits || !saturate); i++) {
		if (*at == suffixes[i] || *at == (suffixes[i] | 0x20)) {
			shift = 10 * (i + 1);
			at++;
			break;
		}
	}
	*text = at;
	if (saturate && (!fits || value > UINT64_MAX >> shift))
		return UINT64_MAX;
	return value << shift;
}

/* The blank of 8 bits is one in kernels. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

/* 1 to 15 characters, not only white space. */
static bool name_is_good(const char *name)
{
	bool blank = true;
	size_t length = 0;

	for (; name[length]; length++) {
		if (length + 1 == MB_NAME_SIZE)
			return false;
		blank = blank && is_space(name[length]);
	}
	return !blank;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *a == *b; b++)
		a++;
	return *a == *b;
}

/* The live entry called @name. */
static struct mb_named *find(struct mb *mb, const char *name)
{
	for (uint32_t i = 0; i < mb->named_count; i++) {
		if (mb->named[i].size && same_name(mb->named[i].name, name))
			return &mb->named[i];
	}
	return NULL;
}

static void enter(struct mb *mb, const char *name, uint64_t base, uint64_t size)
{
	struct mb_named *entry = &mb->named[mb->named_count++];

	entry->base = base;
	entry->size = size;
	for (unsigned i = 0; i < MB_NAME_SIZE; i++) {
		entry->name[i] = *name;
		if (*name)
			name++;
	}
}

/* What the previous kernel preserved under @name, if it is what is asked for now; else 0. */
static uint64_t revive(struct mb *mb, const char *name, uint64_t size, uint64_t align)
{
	uint64_t base = 0, preserved = 0;

	if (!mb->profile->reserve_mem_reports || !mb->hooks.preserved ||
	    !mb->hooks.preserved(mb->hooks.ctx, name, &base, &preserved))
		return 0;
	if (base & (align - 1)) {
		mb_log(mb, MB_WARNING, "KHO reserve-mem '%s' has wrong alignment (0x%llx, 0x%llx)",
		       name, (unsigned long long)align, (unsigned long long)base);
		return 0;
	}
	if (preserved != size) {
		mb_log(mb, MB_WARNING, "KHO reserve-mem '%s' has wrong size (0x%llx != 0x%llx)",
		       name, (unsigned long long)preserved, (unsigned long long)size);
		return 0;
	}
	mb_log(mb, MB_INFO, "Revived memory reservation '%s' from KHO", name);
	return base;
}

static int refuse(struct mb *mb, int rc, const char *why)
{
	if (mb->profile->reserve_mem_reports)
		mb_log(mb, MB_ERR, "reserve_mem: %s", why);
	return rc;
}

int mb_reserve_mem(struct mb *mb, const char *text)
{
	static const char malformed[] = "empty or malformed parameter";
	const char *at = text;
	uint64_t size, align, base;

	if (IS_WHOLE(mb, reserve_mem))
		return WHOLE(mb, reserve_mem, text);
	if (!text)
		return refuse(mb, -MB_EINVAL, malformed);
	if (mb->named_count == MB_NAMED_MAX)
		return refuse(mb, -MB_EBUSY, "no more room for reserved memory");
	size = parse_size(&at, mb->profile->sizes_saturate) & mb->addr_max; /* phys_addr_t */
	if (!size || *at++ != ':')
		return refuse(mb, -MB_EINVAL, malformed);
	align = parse_size(&at, mb->profile->sizes_saturate) & mb->addr_max;
	if (*at++ != ':' || !name_is_good(at))
		return refuse(mb, -MB_EINVAL, malformed);
	if (align < mb->machine.cache_line)
		align = mb->machine.cache_line;
	if (find(mb, at)) {
		if (mb->profile->reserve_mem_reports)
			mb_log(mb, MB_ERR, "reserve_mem: name \"%s\" was already used", at);
		return -MB_EBUSY;
	}
	base = revive(mb, at, size, align);
	if (!base)
		base = mb_phys_alloc(mb, size, align);
	if (!base)
		return refuse(mb, -MB_ENOMEM, "memblock allocation failed");
	enter(mb, at, base, size);
	return 1;
}

int mb_reserve_mem_find_by_name(struct mb *mb, const char *name, uint64_t *start, uint64_t *size)
{
	const struct mb_named *entry;

	if (IS_WHOLE(mb, reserve_mem_find_by_name))
		return WHOLE(mb, reserve_mem_find_by_name, name, start, size);
	entry = find(mb, name);
	if (!entry)
		return 0;
	*start = entry->base;
	*size = entry->size;
	return 1;
}

int mb_reserve_mem_release_by_name(struct mb *mb, const char *name)
{
	static const char prefix[] = "reserve_mem:";
	char label[sizeof(prefix) + MB_NAME_SIZE];
	struct mb_named *entry;
	char *to = label;

	if (IS_WHOLE(mb, reserve_mem_release_by_name))
		return WHOLE(mb, reserve_mem_release_by_name, name);
	entry = find(mb, name);
	if (!entry)
		return 0;
	for (const char *from = prefix; *from; from++)
		*to++ = *from;
	for (const char *from = entry->name; *from; from++)
		*to++ = *from;
	*to = 0;
	mb_free_reserved_area(mb, mb_phys_to_virt(mb, entry->base),
			      mb_phys_to_virt(mb, entry->base + entry->size), 0, label);
	entry->size = 0;
	return 1;
}
