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
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every operation: operations.def has a row for each. */
enum mb_op_kind {
#define MB_OPERATION(id, ...) MB_OP_##id,
#include <memblock/operations.def>
	MB_OP_KINDS
};

/* What an operation does. */
enum mb_nature {
	MB_ADDS,       /* a range to memory or physmem */
	MB_REMOVES,    /* a range from memory */
	MB_RESERVES,   /* a range that is named */
	MB_FREES,      /* a range that was reserved */
	MB_ALLOCATES,  /* finds a range and reserves it */
	MB_ATTRIBUTES, /* changes nodes, flags, or the ends of regions */
	MB_TRUNCATES,  /* cuts memory off, and reservations with it */
	MB_SETS,       /* changes how others behave, and no region */
	MB_HANDS_OVER, /* ends the boot allocator */
	MB_ASKS,       /* changes nothing */
	MB_NOTES,      /* says what the captured kernel did or held; executes nothing */
};

/* The hot path that an operation belongs to. An allocation is a search and a reservation. */
enum mb_path {
	MB_PATH_ADD,
	MB_PATH_RESERVE,
	MB_PATH_FREE,
	MB_PATH_FIND_FREE,
	MB_PATH_ALLOC,
	MB_PATH_SET_NODE,
	MB_PATH_GROWTH,
	MB_PATH_HANDOVER,
	MB_PATH_OTHER,
};

/*
 * One operation. Fields that its kind does not take are 0.
 *
 * RESERVE_NODE is mb_reserve_kern() where it says what that does. ALLOC_CORE is mb_alloc_range_nid(),
 * ALLOC_SIMPLE mb_alloc(), which leaves more to be chosen; value is exact_nid there and in
 * ALLOC_HUGETLB. FREE_POINTER is mb_free(), FREE_AREA mb_free_reserved_area(). STAMP_NODE is
 * mb_set_region_node(). MARK and CLEAR: one flag; HOTPLUG, MIRROR, NOMAP, KHO_SCRATCH act on memory,
 * RSRV_NOINIT and RSRV_KERN on reserved; CLEAR takes HOTPLUG, NOMAP and KHO_SCRATCH only. RESERVE_MEM
 * has the text of the boot parameter reserve_mem=, RELEASE_MEM the name in it. SCRATCH_ONLY, SLAB,
 * DEBUG: on or off. GREW is the captured growth inside the operation that precedes it (value: entries;
 * base, size: new storage, page-rounded; old_*: what was given back): expected from a store that grows
 * by itself, executed as free + reserve where metadata is on the host. DUMP: `dump` indexes
 * mb_trace.dumps. EVENT is what befell the kernel there: value indexes mb_event_words, text is what the
 * source says; it executes nothing. SCRATCH_AREA is mb_add_scratch_area().
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
	uint64_t result; /* captured address, 0: the allocation failed; or one of MB_RESULT_* */
	union {
		struct {
			uint64_t old_base, old_size; /* GREW */
		};
		const char *text; /* RESERVE_MEM, RELEASE_MEM, EVENT; owned by the trace */
	};
	union {
		uint32_t dump; /* DUMP */
		/* Node that a request without a node was for, plus 1; 0: not known. */
		uint32_t owner;
	};
	uint32_t line;      /* where in the source it was read or inferred; 0: nowhere */
	const char *caller; /* symbol+offset, or NULL; owned by the trace */
	const char *why;    /* NULL: captured. Otherwise reconstructed, and this is the evidence */
};

/* mb_op.result: it got an address, but the line that said which is missing. */
#define MB_RESULT_UNKNOWN UINT64_MAX
/* Of what gives no address, and would have 0: it failed, as far as the source shows. */
#define MB_RESULT_FAILED (UINT64_MAX - 1)

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

/* ---- what the rows say ------------------------------------------------------------------------- */

/* How an argument is written and read. */
enum mb_argument_form {
	MB_FORM_HEX,
	MB_FORM_DECIMAL,
	MB_FORM_ALIGN,
	MB_FORM_BOUND,
	MB_FORM_LIMIT,
	MB_FORM_NODE,
	MB_FORM_FLAGS,
	MB_FORM_FLAG_SET,
	MB_FORM_FLAG_CLEARED,
	MB_FORM_COLLECTION,
	MB_FORM_EVENT,
	MB_FORM_TEXT,
	MB_FORM_SAID,
	MB_FORM_OLD,
	MB_FORM_RESULT,
};

/* A row MB_ARGUMENT. Its field is a uint64_t, or what its form says. */
struct mb_argument {
	char letter;
	const char *key, *preset;
	enum mb_argument_form form;
	uint64_t max;  /* inclusive */
	size_t offset; /* in struct mb_op */
};

/* A row MB_OPERATION. */
struct mb_operation {
	const char *word;
	const char *arguments; /* letters */
	enum mb_nature nature;
	enum mb_path path;
	/* As they stand there, for people. */
	const char *nature_name, *collection, *path_name, *kernels;
};

extern const struct mb_operation mb_operations[MB_OP_KINDS];
extern const char *const mb_flag_names[8]; /* of bit 0, 1, ... */
/* "handed_over", "cut", "hang", "panic", "oops", "bug", "warning", "failed"; ends with NULL. */
extern const char *const mb_event_words[];
/* The word of an event; "unknown" beyond the last. */
const char *mb_event_word(uint64_t event);

/* The kind of that name; MB_OP_KINDS: there is none. */
enum mb_op_kind mb_op_find(const char *word, size_t length);
/* The argument of a letter in a row's arguments. */
const struct mb_argument *mb_argument_of(char letter);
/* Its word in a trace into its field of @op; false: that cannot be. Not of TEXT, SAID, OLD, RESULT. */
bool mb_argument_read(const struct mb_argument *argument, const char *text, size_t length,
		      struct mb_op *op);

/* Key @index of the machine line of a trace; NULL beyond the last. */
const char *mb_machine_key(unsigned index);
/* A KEY=VALUE of it into its field. 0; -ENOENT: there is no such key; -EINVAL: it takes no such value. */
int mb_machine_read(struct mb_machine *machine, const char *text, size_t length);
/* Can there be one whose fields are so? */
bool mb_machine_can_be(const struct mb_machine *machine);
/* Does key @index take the value that @machine has? @range: what it takes ("0 or 1"). */
bool mb_machine_takes(unsigned index, const struct mb_machine *machine, char *range, size_t size);

static inline const char *mb_op_name(enum mb_op_kind kind)
{
	return (unsigned)kind < MB_OP_KINDS ? mb_operations[kind].word : "unknown";
}

/* Does it have a captured address, or failed? */
static inline bool mb_op_has_result(enum mb_op_kind kind)
{
	return strchr(mb_operations[kind].arguments, '=');
}

static inline enum mb_nature mb_op_nature(enum mb_op_kind kind)
{
	return mb_operations[kind].nature;
}

/* Are they the same in everything, texts and remarks included? */
bool mb_op_same(const struct mb_op *a, const struct mb_op *b);
/* The operation GREW that says @growth. */
struct mb_op mb_op_of_growth(const struct mb_growth *growth);

/* What an allocation asks for. */
struct mb_request {
	uint64_t size, align, lo, hi; /* as in struct mb_op */
	int32_t nid;
	bool exact;    /* of no other node */
	bool physical; /* where nothing is found, it does not try again without its lower bound */
	bool zeroed;
};

/* False: @op is no allocation. */
bool mb_op_request(const struct mb_op *op, struct mb_request *request);

/* Of an argument between quotes. A longer one cannot be read back. */
#define MB_TRACE_TEXT_MAX 255u

/* ---- building one: for readers of other formats ------------------------------------------------ */

/*
 * Want of memory is remembered: build the whole trace, then ask mb_trace_failed() once. NULL: no memory.
 */
struct mb_trace *mb_trace_new(const char *source, const char *format);
void mb_trace_free(struct mb_trace *trace);
/* Append; the strings in @op are copied, `text` up to MB_TRACE_TEXT_MAX bytes. Return: the operation, valid
 * until the next call. */
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

#define MB_TRACE_MAGIC "memblock-trace 2" /* the first line of a file; version 1 is read, too */

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
