/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the two halves of the importer: import.c turns the lines of a console log into records,
 * reconstruct.c turns records into a trace.
 */
#ifndef MB_IMPORT_IMPL_H
#define MB_IMPORT_IMPL_H

#include "trace_impl.h"

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
	bool consumed; /* became part of an operation already emitted */
	const char *caller;
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
	unsigned version;     /* major * 1000 + minor; 0: unknown */
	const char *cmdline;  /* NULL: not shown */
	uint64_t last_pfn;    /* the largest; 0: none */
	uint64_t low_ram_end; /* of a 32-bit kernel; 0: none */
	uint64_t page_size;   /* 0: not shown */
	unsigned cache_line;  /* 0: not shown */
	unsigned address_digits;
	uint32_t first_dump_line;
	bool new_forms, old_forms; /* of lines: kernels after 6.16, before 5.16 */
	bool exclusive_ends;
	bool has_nodes, has_physmem;
};

/* ---- lines (src/import_lines.c) ---------------------------------------------------------------- */

#define LOG_LINE_MAX 1024 /* bytes kept of a line: more than anything recognised has */

struct log_line {
	const char *text; /* the message */
	uint32_t number;  /* in the file, from 1 */
};

struct log_lines {
	struct log_line *lines;
	size_t count, total; /* with a message; of the file */
	char *storage;
};

/* Split a log into cleaned lines. False without memory; mb_log_lines_free() either way. */
bool mb_log_split(struct log_lines *file, const char *text, size_t size);
void mb_log_lines_free(struct log_lines *file);
bool mb_log_is_binary(const char *text, size_t size);

/* ---- reconstruction (src/reconstruct.c) -------------------------------------------------------- */

/* Work out what @log does not show and fill its trace. 0 or -errno. */
int mb_reconstruct(struct boot_log *log, struct mb_text_error *error);

#endif
