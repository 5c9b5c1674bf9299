/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - a boot as a sequence of memblock operations, in memory; read, written, imported, replayed.
 *
 * A trace comes from a trace file (docs/traces.md) or from a kernel's console log (mb_import()).
 * Each operation carries what the captured kernel answered; each dump that the kernel printed is a
 * checkpoint. Operations that a log does not show and that were worked out carry their evidence.
 *
 * Host code: uses malloc. Errors are returned as -errno with one line in struct mb_text_error.
 */
#ifndef MEMBLOCK_TRACE_H
#define MEMBLOCK_TRACE_H

#include <memblock/variant.h>

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
 * RSRV_KERN on reserved. CLEAR takes HOTPLUG, NOMAP and KHO_SCRATCH only.
 * ALLOC_CORE is mb_alloc_range_nid(): value is exact_nid, as in ALLOC_HUGETLB; from 2 on it is a form of
 * allocation that takes fewer arguments (enum mb_op_form), the others do not count. FREE with value 1 is
 * mb_free(), by pointer, and FREE_LATE mb_free_reserved_area(). RESERVE_NODE is mb_reserve_kern() where
 * it says what that does. STAMP_NODE is mb_set_region_node(). RESERVE_MEM and RELEASE_MEM are the boot parameter reserve_mem= with the name
 * "n<value>"; the digits of value / 1000000 are how name, alignment and size are spelled, 0 the plain
 * way (src/replay/replay.c). SCRATCH_ONLY, SLAB, DEBUG: on or off. GREW is the captured growth inside the
 * operation that precedes it (value: entries; base, size: new storage, page-rounded; old_*: what
 * was given back): expected from a store that grows by itself, executed as free + reserve where
 * metadata is on the host. DUMP: `dump` indexes mb_trace.dumps.
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
	uint64_t size[MB_COLLECTIONS]; /* header sizes; physmem: 0 */
	uint32_t cnt[MB_COLLECTIONS];
	struct mb_region *regions[MB_COLLECTIONS];
	uint32_t line;
};

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
/* The operation as a trace file has it, with its result, in @size > 0 bytes; cut if longer. */
void mb_op_text(const struct mb_op *op, char *text, size_t size);
extern const char *const mb_flag_names[8]; /* of bit 0, 1, ... */

/**
 * mb_trace_load() - read any supported file: a trace, a trace.zst, a console log (also .zst).
 * @path: the file; "-" is standard input.
 * @out:  the trace; release with mb_trace_free().
 *
 * Return: 0; -ENOENT, -EACCES ... when it cannot be read; -EINVAL when it holds nothing that can be
 * replayed or is damaged. @error says where and what.
 */
int mb_trace_load(const char *path, struct mb_trace **out, struct mb_text_error *error);

/** mb_trace_load_as() - the same with a behaviour that was chosen, whatever the file says.
 * @profile: NULL: as mb_trace_load(). */
int mb_trace_load_as(const char *path, const struct mb_profile *profile, struct mb_trace **out,
		     struct mb_text_error *error);

/** mb_trace_write() - write a trace file; compressed when @path ends in .zst. Atomic: a file that
 * cannot be completed is not left behind. */
int mb_trace_write(const struct mb_trace *trace, const char *path, struct mb_text_error *error);

void mb_trace_free(struct mb_trace *trace);

/* ---- building one (src/trace/trace.c) ---------------------------------------------------------------- */

struct mb_trace *mb_trace_new(const char *source, const char *format);
/* Append; the strings in @op are copied. Return: the operation, valid until the next call. */
struct mb_op *mb_trace_add(struct mb_trace *trace, const struct mb_op *op);
/* Append a dump (regions copied) and its DUMP operation. */
void mb_trace_add_dump(struct mb_trace *trace, const struct mb_dump *dump, uint32_t line);
void mb_trace_warn(struct mb_trace *trace, uint32_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Once it is complete: compute its digest. */
void mb_trace_seal(struct mb_trace *trace);
/* A string that lives as long as the trace. */
const char *mb_trace_strdup(struct mb_trace *trace, const char *text);

/* ---- import (src/input/log/import.c, src/reconstruct/reconstruct.c) -------------------------------------------------- */

/**
 * mb_import() - a `memblock=debug` console log to a trace.
 * @text, @size: the log's bytes; need not end in 0.
 * @source:      its name, for messages.
 *
 * What the log does not show (docs/traces.md) is worked out and marked.
 */
int mb_import(const char *text, size_t size, const char *source, struct mb_trace **out,
	      struct mb_text_error *error);
/** mb_import_as() - the same with a behaviour that was chosen; @profile NULL: by the log's version. */
int mb_import_as(const char *text, size_t size, const char *source,
		 const struct mb_profile *profile, struct mb_trace **out,
		 struct mb_text_error *error);

/* ---- replay (src/replay/replay.c) --------------------------------------------------------------------- */

/**
 * mb_op_run() - execute one operation on an instance. GREW and DUMP do nothing.
 * Return: the address an allocation or FIND gave (0: none); of FREE_ALL the pages handed over; of the
 * other questions their answers, folded; of everything else what it returned, 0 or -errno as a 64-bit
 * two's complement (0 where it returns nothing).
 */
uint64_t mb_op_run(struct mb *mb, const struct mb_op *op);

/* Execute a captured growth as ordinary operations (metadata=host). */
void mb_op_run_growth(struct mb *mb, const struct mb_op *op);

/* ---- answers (src/replay/answers.c) ------------------------------------------------------------------- */

/*
 * What can be asked of a state besides its regions: every iteration, forward and in reverse, by node
 * and by flags, and the queries at the edges of regions. Folded into one sum, for comparing two
 * instances; with @entries each answer is kept as well, to find the one that differs.
 */
struct mb_answer {
	const char *what; /* static: the function */
	uint64_t argument, answer;
};

struct mb_answers {
	uint64_t sum;
	uint64_t count;
	struct mb_answer *entries; /* NULL: only the sum; else room for @room */
	uint64_t room;
};

/* Ask everything of @mb and append it to @answers. Changes no collection. */
void mb_ask(struct mb *mb, struct mb_answers *answers);
/* Two of its iterations, by @number: cheap enough for after every operation. */
void mb_ask_walks(struct mb *mb, struct mb_answers *answers, uint64_t number);
/* Append one answer. */
void mb_answer(struct mb_answers *answers, const char *what, uint64_t argument, uint64_t answer);

/**
 * mb_line_digest() - a log line as a number, for comparing instances line by line.
 * @metadata: with metadata on the host only some variants report growth, so its lines do not count.
 *
 * The caller at the end of a memblock=debug line does not take part: it is the place in our own
 * code or in the kernel's. Return: 0 for a line that does not count.
 */
uint64_t mb_line_digest(const char *line, enum mb_metadata metadata);

struct mb_divergence {
	uint32_t line;      /* 0: the trace does not say */
	uint64_t operation; /* from 1 */
	uint64_t captured, got;
};

#define MB_DIVERGENCES_MAX 64

/* What a checked replay of a trace on one variant found. */
struct mb_replay_result {
	uint64_t allocs, allocs_as_captured;               /* those with a captured result */
	struct mb_divergence diverged[MB_DIVERGENCES_MAX]; /* the first ones */
	unsigned diverged_count;
	uint64_t dumps, dumps_matched;
	bool dump_differs;
	uint32_t first_dump_differs;   /* line of the first that does; 0: none, or without one */
	uint64_t first_dump_operation; /* the same as a number from 1 */
	char first_dump_why[160];
	uint64_t growths, growths_as_captured; /* the latter UINT64_MAX: not compared */
	uint32_t memory_peak, reserved_peak;
	uint64_t metadata_bytes_peak;
	uint64_t bytes_zeroed; /* what the boot would have zeroed */
	uint64_t warnings;
	/* Statuses, log lines, and at each dump everything that mb_ask() asks. Equal on all variants with
	 * the same slots (metadata=host), or that grow like the kernel (self). */
	uint64_t answers;
	char state_digest[65];
	char panic[160]; /* "" or the message that ended the replay */
};

/**
 * mb_replay_check() - replay once, comparing everything; untimed.
 * @spec:     variant and build.
 * @metadata: self or host.
 *
 * Return: 0 (divergences are results, not errors), or -errno if no instance could be made.
 */
int mb_replay_check(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		    enum mb_metadata metadata, struct mb_replay_result *result);

/* SHA-256 over lines "LIST BASE END NODE|x FLAGS" of memory, reserved, physmem; hex with final 0. */
void mb_state_digest(struct mb *mb, char digest[65]);

#ifdef __cplusplus
}
#endif
#endif
