/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_machine.c - which machine a log is of: what its lines say, and where none does what its
 * addresses, its slots and its architecture suggest.
 */
#include <string.h>

#include "reconstruct/reconstruct_impl.h"

static bool has_large_addresses(const struct boot_log *log)
{
	enum mb_which which;
	size_t i;
	uint32_t j;

	for (i = 0; i < log->count; i++)
		if (log->records[i].kind < REC_DUMP &&
		    (log->records[i].base > UINT32_MAX || log->records[i].size > UINT32_MAX ||
		     log->records[i].hi > UINT32_MAX))
			return true;
	for (i = 0; i < log->dump_count; i++)
		for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
			for (j = 0; j < log->dumps[i].cnt[which]; j++)
				if (log->dumps[i].regions[which][j].base > UINT32_MAX)
					return true;
	return false;
}

/*
 * Since 4.13 addresses have as many digits as they are wide. Before, all kernels printed fourteen: there
 * the processor decides, unless an address needs more than it has.
 */
static unsigned addr_bits_of(const struct boot_log *log)
{
	bool narrow = (log->narrow_cpu || log->low_ram_end) &&
		      log->padded_addresses == log->long_addresses;

	if (log->short_addresses <= log->long_addresses && !narrow)
		return 64;
	return has_large_addresses(log) ? 64 : 32;
}

/*
 * A request with align=0x0 is aligned to the cache line of the kernel, SMP_CACHE_BYTES. So all that such
 * requests got are multiples of it. The largest power of two of which that is true gives the same addresses
 * as the right one, whichever that is: where the nearest multiple of the smaller one is one of the larger,
 * it is the nearest of that, too.
 *
 * @assumed is kept if the addresses allow it, unless many of them say that it is more.
 */
static unsigned cache_line_of(const struct boot_log *log, unsigned assumed)
{
	const struct record *request = NULL;
	unsigned seen = 0, uneven = 0, line;
	uint64_t bases = 256;
	size_t i;

	for (i = 0; i < log->count; i++) {
		const struct record *r = &log->records[i];

		if (r->kind == REC_RESERVE && request && r->size == request->size) {
			bases |= r->base;
			seen++;
			uneven += r->size % 256 != 0;
		}
		if (r->kind <= REC_DUMP)
			request = r->kind == REC_REQUEST && !r->align ? r : NULL;
	}
	line = (unsigned)(bases & -bases);
	if (!seen || line < 4 || (line > assumed && uneven < 8))
		return assumed;
	return line;
}

static bool has_word(const char *text, const char *word)
{
	const char *at = text;
	size_t n = strlen(word);

	while (at && (at = strstr(at, word))) {
		if ((at == text || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
		at += n;
	}
	return false;
}

/* Which profile a kernel has: by its version, and without one by the lines it prints. */
static const char *profile_of(const struct boot_log *log)
{
	if (log->version)
		return log->version < 6008 ? "6.1" : log->version < 6016 ? "6.12" : "new";
	return log->new_forms ? "new" : log->old_forms ? "6.1" : "6.12";
}

static void infer_machine(struct boot_log *log)
{
	struct mb_machine *m = &log->trace->machine;
	bool numa = log->has_nodes;
	bool seen[MB_COLLECTIONS] = { false };
	size_t i;

	m->profile = log->profile ? log->profile : mb_profile_find(profile_of(log));
	if (!log->profile && !log->version)
		mb_trace_warn(log->trace, 0,
			      "no 'Linux version' line: profile %s assumed; --profile chooses one",
			      m->profile->name);
	m->addr_bits = addr_bits_of(log);
	m->page_size = log->page_size ? log->page_size : log->arch == ARCH_PPC64 ? 65536 : 4096;
	m->cache_line = cache_line_of(log, log->cache_line         ? log->cache_line :
					   log->arch == ARCH_S390  ? 256 :
					   log->arch == ARCH_PPC64 ? 128 :
								     64);
	m->memory_slots = log->arch == ARCH_ARM64 ? 1024 : 128;
	m->reserved_slots = 128;
	m->physmem_slots = 4;
	m->keep_memblock = log->arch == ARCH_ARM64 || log->arch == ARCH_PPC64;
	m->movable_node = log->cmdline && has_word(log->cmdline, "movable_node");
	m->kernelcore_mirror = log->cmdline && has_word(log->cmdline, "kernelcore=mirror");
	for (i = 0; i < log->count; i++) {
		const struct record *r = &log->records[i];

		numa |= r->kind == REC_NUMA_RANGE || r->kind == REC_NODE_DATA ||
			((r->kind == REC_REQUEST || r->kind == REC_NODE_RANGE) && r->nid > 0);
		m->physmem |= r->op == MB_OP_PHYSMEM_ADD;
		if (r->kind != REC_DOUBLED || seen[r->which])
			continue;
		/* A first growth tells how many slots there were. */
		seen[r->which] = true;
		if (r->which == MB_MEMORY)
			m->memory_slots = r->entries / 2;
		else if (r->which == MB_RESERVED)
			m->reserved_slots = r->entries / 2;
	}
	m->physmem |= log->has_physmem;
	m->no_numa = !numa;
	m->max_numnodes = numa ? 1024 : 1;
}

/* A 32-bit kernel's "anywhere" is its own all ones. */
static void widen_bounds(struct boot_log *log)
{
	size_t i;

	if (log->trace->machine.addr_bits != 32)
		return;
	for (i = 0; i < log->count; i++)
		if (log->records[i].hi == UINT32_MAX)
			log->records[i].hi = MB_ALLOC_ANYWHERE;
}

void rebuild_infer_machine(struct boot_log *log)
{
	infer_machine(log);
	widen_bounds(log);
}
