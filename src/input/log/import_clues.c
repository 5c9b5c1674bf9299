/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_clues.c - what a log tells about its kernel by the way, where no line says it: the size of a page,
 * the architecture, the version, a narrow processor, whether ends are exclusive.
 */
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

/* "CPU: ARMv7 Processor [412fc09a] revision 10 (ARMv7)": what 64-bit kernels do not print. */
void mb_log_processor(struct boot_log *log, const char *text)
{
	log->narrow_cpu |= strstr(text, "CPU: ") && strstr(text, "(ARMv");
}

/* ---- ends -------------------------------------------------------------------------------------- */

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
