/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct.h - what a boot's log shows, as records, and the way from there to a trace.
 *
 * Whoever reads logs (input/log) fills a struct boot_log, which owns its records and dumps, and hands it
 * to mb_reconstruct(). The records are in the order of the log.
 */
#ifndef MB_RECONSTRUCT_H
#define MB_RECONSTRUCT_H

#include <memblock/trace.h>

enum record_kind {
	/* Of memblock itself. */
	REC_OP,      /* add, remove, free ...: a range */
	REC_RESERVE, /* a reserve: of a caller, of an allocation, or of a grown array */
	REC_REQUEST, /* an allocation's own line; its reserve follows if it succeeded */
	REC_DOUBLED, /* an array grew: which, entries, base */
	REC_DUMP,    /* dump */
	/* Other lines that tell something that memblock does not print. */
	REC_NUMA_RANGE, /* a node's range, from SRAT or a faked node: nid, base, size, hotplug */
	REC_NUMA_LINE,  /* NUMA setup is at work */
	REC_NODE_DATA,  /* a node's data was placed: nid (-1: not shown), base, size */
	REC_NODE_RANGE, /* "node N: [mem A-E]", printed when memory is handed to the zones */
	REC_RAM_RANGE,  /* "memory: SIZE @ BASE (usable)", of MIPS, before memblock has it */
	REC_SLAB,       /* the slab allocator is up: memory was handed over before */
};

struct record {
	enum record_kind kind;
	enum mb_op_kind op; /* REC_OP, REC_REQUEST */
	uint32_t line;
	uint64_t base, size;
	uint64_t align, lo, hi;
	int32_t nid;
	uint32_t flags;
	uint64_t value; /* REC_REQUEST: exact_nid of alloc_core */
	enum mb_which which;
	uint32_t entries;
	uint32_t dump;
	bool hotplug;
	bool consumed;          /* became part of an operation already emitted */
	bool by_bare_allocator; /* REC_RESERVE: its caller, an address, is the allocator's */
	const char *caller;
	bool old_form, new_form;
	const char *caller_at; /* while parsing: where it stands in the text, and its size */
	size_t caller_size;
};

enum arch { ARCH_OTHER, ARCH_X86, ARCH_ARM64, ARCH_PPC64, ARCH_S390 };

/* One boot, as far as its log tells. Strings belong to the trace. */
struct boot_log {
	const char *path;                 /* for messages */
	const struct mb_profile *profile; /* chosen by the user; NULL: by the version */
	struct mb_trace *trace;
	struct record *records;
	size_t count, room;
	struct mb_dump *dumps; /* regions are malloc'ed */
	size_t dump_count, dump_room;
	enum arch arch;
	unsigned version;    /* major * 1000 + minor; 0: unknown */
	const char *cmdline; /* NULL: not shown */
	uint32_t cmdline_line;
	uint32_t handover_line;                   /* a kexec handover is found; 0: it is not */
	uint64_t last_pfn;                        /* the largest; 0: none */
	uint64_t low_ram_end;                     /* of a 32-bit kernel; 0: none */
	uint64_t page_size;                       /* 0: not shown */
	unsigned cache_line;                      /* 0: not shown */
	unsigned short_addresses, long_addresses; /* ranges of 8 digits, and of more */
	unsigned padded_addresses;                /* of those, the ones of fourteen */
	bool narrow_cpu;                          /* a 32-bit processor, if shown */
	bool new_forms, old_forms;                /* of lines: kernels after 6.16, before 5.16 */
	bool exclusive_ends;
	bool has_nodes, has_physmem;
};

/* Is the word of @n bytes an address, as kernels without symbols print their callers? */
bool mb_record_is_address(const char *word, size_t n);

/* Work out what @log does not show and fill its trace. 0 or -errno. */
int mb_reconstruct(struct boot_log *log, struct mb_text_error *error);

#endif
