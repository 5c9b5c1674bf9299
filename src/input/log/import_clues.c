/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a log tells about its kernel by the way, where no line says it: the size of a page, the architecture,
 * the version, the width of addresses, whether ends are exclusive, the alignment of a request that asks for
 * none, which of its callers is the allocator.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

/* "Dentry cache hash table entries: 16384 (order: 4, 65536 bytes": pages have 4096 bytes. */
void mb_log_page_size(struct boot_log *log, const char *text)
{
	const char *t = strstr(text, "(order: ");
	uint64_t order, bytes;

	if (!t)
		return;
	t += 8;
	if (!mb_log_number(&t, 10, &order) || !mb_log_take(&t, ", ") ||
	    !mb_log_number(&t, 10, &bytes) || !order || order > 20)
		return;
	bytes >>= order;
	if (bytes >= 4096 && bytes <= 1 << 20 && !(bytes & (bytes - 1)))
		log->page_size = bytes;
}

/* Symbols that only one architecture has, for a log that lost its first line. */
void mb_log_arch_of_caller(struct boot_log *log, const char *caller)
{
	static const struct {
		const char *symbol;
		enum arch arch;
	} symbols[] = {
		{ "e820__", ARCH_X86 },           { "memblock_x86_fill", ARCH_X86 },
		{ "init_mem_mapping", ARCH_X86 }, { "alloc_low_pages", ARCH_X86 },
		{ "arm64_", ARCH_ARM64 },         { "early_pgtable_alloc", ARCH_ARM64 },
		{ "hash__", ARCH_PPC64 },         { "radix__", ARCH_PPC64 },
		{ "early_init_mmu", ARCH_PPC64 }, { "vmem_", ARCH_S390 },
	};
	unsigned i;

	for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]) && caller; i++)
		if (!strncmp(caller, symbols[i].symbol, strlen(symbols[i].symbol)) &&
		    (symbols[i].arch != ARCH_PPC64 || log->long_addresses))
			log->arch = symbols[i].arch;
}

/*
 * "CPU: 0 PID: 0 Comm: swapper Not tainted 6.4.0-rc1 #66", which a mail program may have cut off before the
 * version: then it begins @next. Only for a log without its first line.
 */
void mb_log_version_of_oops(struct boot_log *log, const char *text, const char *next)
{
	const char *t = strstr(text, "ainted");
	uint64_t major, minor;
	size_t n;

	if (log->version || !t || (!strstr(text, "PID: ") && !strstr(text, "Pid: ")))
		return;
	t += 6;
	mb_log_take(&t, ":");
	t += strspn(t, " ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (!*t && next)
		t = next;
	text = t;
	if (!mb_log_number(&t, 10, &major) || !mb_log_take(&t, ".") ||
	    !mb_log_number(&t, 10, &minor) || major > 1000 || minor > 999)
		return;
	for (n = strlen(text); n && text[n - 1] == ' '; n--)
		;
	log->trace->kernel = (char *)mb_trace_strndup(log->trace, text, n);
	log->version = (unsigned)(major * 1000 + minor);
}

/* ---- the width of addresses --------------------------------------------------------------------- */

/* "CPU: ARMv7 Processor [412fc09a] revision 10 (ARMv7)": what 64-bit kernels do not print. */
void mb_log_processor(struct boot_log *log, const char *text)
{
	log->narrow_cpu |= strstr(text, "CPU: ") && strstr(text, "(ARMv");
}

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
unsigned mb_log_addr_bits(const struct boot_log *log)
{
	bool narrow = (log->narrow_cpu || log->low_ram_end) &&
		      log->padded_addresses == log->long_addresses;

	if (log->short_addresses <= log->long_addresses && !narrow)
		return 64;
	return has_large_addresses(log) ? 64 : 32;
}

/* ---- ends --------------------------------------------------------------------------------------- */

/* Do operations before the first dump end where its regions do, or one above? */
static void compare_with_dump(const struct boot_log *log, unsigned *exclusive, unsigned *inclusive)
{
	const struct mb_dump *dump;
	size_t i;
	uint32_t j;

	for (i = 0; i < log->count && log->records[i].kind != REC_DUMP; i++)
		;
	if (i == log->count)
		return;
	dump = &log->dumps[log->records[i].dump];
	if (i > 1000)
		i = 1000; /* enough to decide */
	while (i--) {
		const struct record *r = &log->records[i];
		uint64_t end = r->base + r->size;

		if (r->kind != REC_RESERVE)
			continue;
		for (j = 0; j < dump->cnt[MB_RESERVED]; j++) {
			const struct mb_region *d = &dump->regions[MB_RESERVED][j];

			*exclusive += d->base + d->size == end - 1;
			*inclusive += d->base + d->size == end;
		}
	}
}

/*
 * Most ranges are whole pages. Where their ends are inclusive, the last byte of such a one is 0x...fff;
 * 0x...000 is what an exclusive end looks like.
 */
static void compare_with_pages(const struct boot_log *log, unsigned *exclusive, unsigned *inclusive)
{
	size_t i;

	for (i = 0; i < log->count && i < 1000; i++) {
		const struct record *r = &log->records[i];
		uint64_t last = r->base + r->size - 1;

		if (r->kind != REC_RESERVE && (r->kind != REC_OP || r->op != MB_OP_FREE))
			continue;
		*exclusive += (last & 0xfff) == 0;
		*inclusive += (last & 0xfff) == 0xfff;
	}
}

/*
 * Until 3.13 kernels printed exclusive ends of operations, but not of dumps: a dump decides, or else the
 * version, or else the ends themselves.
 */
void mb_log_fix_ends(struct boot_log *log)
{
	unsigned exclusive = 0, inclusive = 0;
	size_t i;

	compare_with_dump(log, &exclusive, &inclusive);
	if (exclusive == inclusive && log->version)
		exclusive += log->version >= 3005 && log->version <= 3013;
	else if (exclusive == inclusive && !log->new_forms)
		compare_with_pages(log, &exclusive, &inclusive);
	if (exclusive <= inclusive)
		return;
	log->exclusive_ends = true;
	for (i = 0; i < log->count; i++) {
		struct record *r = &log->records[i];

		if ((r->kind == REC_RESERVE || r->kind == REC_OP) && r->size)
			r->size--;
	}
}

/* ---- alignment ---------------------------------------------------------------------------------- */

/*
 * A request with align=0x0 is aligned to the cache line of the kernel, SMP_CACHE_BYTES. So all that such
 * requests got are multiples of it. The largest power of two of which that is true gives the same addresses
 * as the right one, whichever that is: where the nearest multiple of the smaller one is one of the larger,
 * it is the nearest of that, too.
 *
 * @assumed is kept if the addresses allow it, unless many of them say that it is more.
 */
unsigned mb_log_cache_line(const struct boot_log *log, unsigned assumed)
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

/* ---- who reserves ------------------------------------------------------------------------------- */

bool mb_log_names_allocator(const struct record *r)
{
	static const char *const names[] = { "memblock_alloc", "memblock_virt_alloc",
					     "__memblock_alloc", "__alloc_memory_core_early" };
	unsigned i;

	for (i = 0; r->caller && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(r->caller, names[i], strlen(names[i])))
			return true;
	return false;
}

/* A reserve whose caller is an address: does it follow a request for as many bytes? */
struct bare_reserve {
	struct record *record;
	bool answers;
};

static int by_caller(const void *a, const void *b)
{
	const struct bare_reserve *x = a, *y = b;

	return strcmp(x->record->caller, y->record->caller);
}

static size_t collect_bare(struct boot_log *log, struct bare_reserve *bare)
{
	const struct record *before = NULL;
	size_t n = 0, i;

	for (i = 0; i < log->count; i++) {
		struct record *r = &log->records[i];

		if (r->kind > REC_DUMP)
			continue;
		if (r->kind == REC_RESERVE && mb_log_names_allocator(r))
			return 0; /* then it has its name everywhere */
		if (r->kind == REC_RESERVE && r->caller && mb_log_is_bare(r->caller)) {
			if (bare)
				bare[n] = (struct bare_reserve){
					r, before && before->kind == REC_REQUEST &&
						   before->size == r->size
				};
			n++;
		}
		before = r;
	}
	return n;
}

/*
 * An allocation is a request and a reserve of as many bytes, which the allocator makes: always the same
 * few callers. Anybody else's reserve follows a failed request for as many bytes by chance only. So a
 * caller most of whose reserves answer the line before is the allocator.
 */
int mb_log_find_allocator(struct boot_log *log)
{
	size_t n = collect_bare(log, NULL), i, end, answers;
	struct bare_reserve *bare;

	if (!n)
		return 0;
	bare = calloc(n, sizeof(*bare));
	if (!bare)
		return -ENOMEM;
	collect_bare(log, bare);
	qsort(bare, n, sizeof(*bare), by_caller);
	for (i = 0; i < n; i = end) {
		answers = 0;
		for (end = i; end < n && !by_caller(&bare[i], &bare[end]); end++)
			answers += bare[end].answers;
		for (; 2 * answers > end - i && i < end; i++)
			bare[i].record->by_bare_allocator = true;
	}
	free(bare);
	return 0;
}
