/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - a boot as a sequence of memblock operations, in memory and as text.
 *
 *     struct mb_trace     where it comes from, the machine, and ...
 *       ops[]             each with what the captured kernel answered
 *       dumps[]           each that the kernel printed: a checkpoint
 *       warnings[]        what a reader of the input should know
 *
 * Operations that a log does not show and that were worked out carry their evidence. As text it is a
 * trace file (docs/traces.md). Where one comes from: memblock/input.h reads files of many kinds. What
 * can be done with it: memblock/replay.h runs it.
 *
 * A trace owns all that hangs off it; mb_trace_free() releases everything. Host code: uses malloc.
 * Errors are returned as -errno with one line in struct mb_text_error.
 */
#ifndef MEMBLOCK_TRACE_H
#define MEMBLOCK_TRACE_H

#include <memblock/memblock.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The operations: enumerator suffix, name in a trace file, arguments in order. Argument letters:
 * b base, s size, a align, l lower bound, u upper bound, n node, f flags, w collection, v value.
 * => marks an operation with a captured result address (0: it failed), =? one that may have a value,
 * which is not written when it is 0.
 */
#define MB_OPS_TABLE(X)                                                                            \
	X(ADD, "add", "bs")                                                                        \
	X(ADD_NODE, "add_node", "bsnf")                                                            \
	X(REMOVE, "remove", "bs")                                                                  \
	X(PHYSMEM_ADD, "physmem_add", "bs")                                                        \
	X(RESERVE, "reserve", "bs")                                                                \
	X(RESERVE_NODE, "reserve_node", "bsnf")                                                    \
	X(FREE, "free", "bs=?")                                                                    \
	X(FREE_LATE, "free_late", "bs=?")                                                          \
	X(PHYS_ALLOC_RANGE, "phys_alloc_range", "salu=>")                                          \
	X(ALLOC, "alloc", "salun=>")                                                               \
	X(ALLOC_RAW, "alloc_raw", "salun=>")                                                       \
	X(ALLOC_EXACT, "alloc_exact", "salun=>")                                                   \
	X(ALLOC_CORE, "alloc_core", "salunv=>")                                                    \
	X(ALLOC_HUGETLB, "alloc_hugetlb", "snv=>")                                                 \
	X(SET_NODE, "set_node", "wbsn")                                                            \
	X(STAMP_NODE, "stamp_node", "wbn")                                                         \
	X(MARK, "mark", "bsf")                                                                     \
	X(CLEAR, "clear", "bsf")                                                                   \
	X(TRIM, "trim", "a")                                                                       \
	X(ENFORCE_LIMIT, "enforce_limit", "v")                                                     \
	X(CAP_RANGE, "cap_range", "bs")                                                            \
	X(REMOVE_MAP, "remove_map", "v")                                                           \
	X(SET_LIMIT, "set_limit", "u")                                                             \
	X(SET_BOTTOM_UP, "set_bottom_up", "v")                                                     \
	X(ALLOW_RESIZE, "allow_resize", "")                                                        \
	X(SCRATCH_ONLY, "scratch_only", "v")                                                       \
	X(SLAB, "slab", "v")                                                                       \
	X(DEBUG, "debug", "v")                                                                     \
	X(RESERVE_MEM, "reserve_mem", "sav")                                                       \
	X(RELEASE_MEM, "release_mem", "v")                                                         \
	X(FREE_ALL, "free_all", "")                                                                \
	X(FIND, "find", "salunf=>")                                                                \
	X(SEARCH_PFN, "search_pfn", "bsv")                                                         \
	X(SEARCH_CHAIN, "search_chain", "bsv")                                                     \
	X(MAP_MEMORY, "is_map_memory", "bsv")                                                      \
	X(OVERLAPS, "overlaps", "wbs")                                                             \
	X(WALK_FREE, "walk_free", "nf")                                                            \
	X(WALK_ZONE, "walk_zone", "bsn")                                                           \
	X(DISCARD, "discard", "")                                                                  \
	X(GREW, "grew", "wvbs")                                                                    \
	X(DUMP, "dump", "")

enum mb_op_kind {
#define X(id, name, args) MB_OP_##id,
	MB_OPS_TABLE(X)
#undef X
		MB_OP_KINDS
};

/*
 * One operation. Fields that its kind does not take are 0.
 *
 * MARK and CLEAR: one flag; HOTPLUG, MIRROR, NOMAP, KHO_SCRATCH act on memory, RSRV_NOINIT and
 * RSRV_KERN on reserved. CLEAR takes HOTPLUG, NOMAP and KHO_SCRATCH only. ALLOC_CORE is
 * mb_alloc_range_nid(): value is exact_nid, as in ALLOC_HUGETLB; from 2 on it is a form of
 * allocation that takes fewer arguments (enum mb_op_form), the others do not count. FREE with value
 * 1 is mb_free(), by pointer, and FREE_LATE mb_free_reserved_area(). RESERVE_NODE is
 * mb_reserve_kern() where it says what that does. STAMP_NODE is mb_set_region_node(). RESERVE_MEM
 * and RELEASE_MEM are the boot parameter reserve_mem= with the name "n<value>"; the digits of value
 * / 1000000 are how name, alignment and size are spelled, 0 the plain way
 * (src/replay/replay_operation.c). SCRATCH_ONLY, SLAB, DEBUG: on or off. GREW is the captured
 * growth inside the operation that precedes it (value: entries; base, size: new storage, page-
 * rounded; old_*: what was given back): expected from a store that grows by itself, executed as
 * free + reserve where metadata is on the host. DUMP: `dump` indexes mb_trace.dumps.
 *
 * Questions change nothing. FIND is mb_find(). SEARCH_PFN and MAP_MEMORY ask value times, at base,
 * base + size, base + 2 size, ...; SEARCH_CHAIN asks value times within [base, base + size), each
 * address worked out from the answer before, so that no look-up can begin before the last one has
 * ended. WALK_FREE walks all free ranges, WALK_ZONE those in [base, base + size) as deferred
 * initialisation does: from the lowest free range to the first in the zone, and on from there.
 */
struct mb_op {
	enum mb_op_kind kind;
	enum mb_which which;
	int32_t nid;
	uint32_t flags;
	uint64_t base, size;
	uint64_t align, lo, hi; /* hi as passed: MB_ALLOC_* or an exclusive bound */
	uint64_t value;
	uint64_t result;             /* captured address; 0: the allocation failed; or unknown */
	uint64_t old_base, old_size; /* GREW */
	uint32_t dump;
	uint32_t line;      /* where in the source it was read or inferred; 0: nowhere */
	const char *caller; /* symbol+offset, or NULL; owned by the trace */
	const char *why;    /* NULL: captured. Otherwise reconstructed, and this is the evidence */
};

/* mb_op.result: it got an address, but the line that said which is missing. */
#define MB_RESULT_UNKNOWN UINT64_MAX

/* A configuration dump. Regions are as printed: nid is -1 where no node was shown. */
struct mb_dump {
	uint64_t size[MB_COLLECTIONS]; /* header sizes, or MB_SIZE_UNKNOWN; physmem: 0 */
	uint32_t cnt[MB_COLLECTIONS];
	struct mb_region *regions[MB_COLLECTIONS];
	uint32_t line;
};

/* mb_dump.size: the header was not printed. */
#define MB_SIZE_UNKNOWN UINT64_MAX

struct mb_trace_warning {
	uint32_t line;
	char *text;
};

/*
 * How sure an import is: what the captured addresses and dumps say about the operations that were
 * worked out. Not known of traces that nobody imported.
 */
struct mb_account {
	bool known;
	uint64_t allocs, allocs_as_captured; /* of those whose result the log shows */
	uint64_t allocs_unknown;             /* the others */
	uint64_t dumps, dumps_matched;
	uint64_t unexplained;       /* addresses, dumps, growths, lost results */
	uint32_t first_unexplained; /* the line of the first; 0: none */
	uint64_t searched;          /* what only a search decided, or was assumed */
	uint64_t unrecognised;      /* lines that look like memblock and cannot be read */
};

struct mb_trace {
	char *source;              /* file or generator it came from */
	char *format;              /* "dmesg", "trace", ... */
	char *kernel;              /* the text after "Linux version ", or NULL */
	struct mb_machine machine; /* profile set; metadata left at 0 */
	struct mb_op *ops;
	size_t count;
	struct mb_dump *dumps;
	size_t dump_count;
	char digest[65]; /* SHA-256 of the operations as written to a trace file, hex */
	/* About the input, for reports. */
	size_t lines, unrecognised, reconstructed;
	struct mb_account account;
	struct mb_trace_warning *warnings;
	size_t warning_count;
	void *arena; /* strings */
};

struct mb_text_error {
	char text[512]; /* "FILE:LINE: what is wrong: 'offending text'; remedy" */
};

/* mb_op.value of ALLOC_CORE: 0 and 1 are exact_nid. */
enum mb_op_form {
	MB_FORM_PHYS_ALLOC = 2,
	MB_FORM_PHYS_ALLOC_TRY_NID,
	MB_FORM_ALLOC,
	MB_FORM_ALLOC_RAW,
	MB_FORM_ALLOC_FROM, /* lo counts */
	MB_FORM_ALLOC_LOW,
	MB_FORM_ALLOC_NODE, /* nid counts, as with PHYS_ALLOC_TRY_NID */
	MB_FORM_ALLOC_OR_PANIC,
	MB_FORM_END
};

const char *mb_op_name(enum mb_op_kind kind);
/* Its argument letters, as in the table, and whether it has a result. */
const char *mb_op_args(enum mb_op_kind kind);
bool mb_op_has_result(enum mb_op_kind kind);
bool mb_op_may_have_value(enum mb_op_kind kind);
extern const char *const mb_flag_names[8]; /* of bit 0, 1, ... */

/* ---- building one: for readers of other formats ------------------------------------------------ */

/*
 * Want of memory is remembered: build the whole trace, then ask mb_trace_failed() once. NULL: no memory.
 */
struct mb_trace *mb_trace_new(const char *source, const char *format);
void mb_trace_free(struct mb_trace *trace);
/* Append; the strings in @op are copied. Return: the operation, valid until the next call. */
struct mb_op *mb_trace_add(struct mb_trace *trace, const struct mb_op *op);
/* Append a dump (regions copied) and its DUMP operation. */
void mb_trace_add_dump(struct mb_trace *trace, const struct mb_dump *dump, uint32_t line);
/* Warn of something at a line of the source. Of each @fmt the first 20 are kept and the others counted. */
void mb_trace_warn(struct mb_trace *trace, uint32_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Remember which warnings there are; forget those that came since. */
void mb_trace_mark_warnings(struct mb_trace *trace);
void mb_trace_unwarn(struct mb_trace *trace);
/* A string that lives as long as the trace; NULL without memory. The second need not end in 0. */
const char *mb_trace_strdup(struct mb_trace *trace, const char *text);
const char *mb_trace_strndup(struct mb_trace *trace, const char *text, size_t size);
/* An append failed for want of memory at some time: the trace is incomplete. */
bool mb_trace_failed(const struct mb_trace *trace);
/* Once it is complete: compute its digest. */
void mb_trace_seal(struct mb_trace *trace);

/*
 * Compose "FILE:LINE: what: 'text'; remedy" in @error (may be NULL). @line 0, @text NULL and
 * @remedy NULL leave their part out; unprintable bytes of @text show as '?'.
 * Return: @code, so that callers can return it at once.
 */
int mb_text_fail(struct mb_text_error *error, int code, const char *file, uint32_t line,
		 const char *what, const char *text, size_t size, const char *remedy);

/* ---- as text ----------------------------------------------------------------------------------- */

#define MB_TRACE_MAGIC "memblock-trace 1" /* the first line of a file */

/* The operation as a trace file has it, with its result, in @size > 0 bytes; cut if longer. */
void mb_op_text(const struct mb_op *op, char *text, size_t size);

/** mb_trace_write() - write a trace file; compressed when @path ends in .zst. Atomic: a file that
 * cannot be completed is not left behind. */
int mb_trace_write(const struct mb_trace *trace, const char *path, struct mb_text_error *error);

/* Takes the bytes of the operations in the order of the file. Return: 0 or -errno. */
typedef int (*mb_trace_sink)(void *ctx, const char *data, size_t size);
/* The operations as text, without the header: what the digest is of. Return: 0, or what @sink returned. */
int mb_trace_write_ops(const struct mb_trace *trace, mb_trace_sink sink, void *ctx);

/**
 * mb_trace_parse() - read the text of a trace file.
 * @text, @size: its bytes, not compressed; need not end in 0.
 * @path:        its name, for messages.
 * @out:         the trace; release with mb_trace_free().
 *
 * Strict: whatever is not exactly as docs/traces.md says is refused. Return: 0, -EINVAL or -ENOMEM;
 * @error says where and what.
 */
int mb_trace_parse(const char *text, size_t size, const char *path, struct mb_trace **out,
		   struct mb_text_error *error);

#ifdef __cplusplus
}
#endif
#endif
