/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the trace files share among themselves and offer to nobody else: the model's spare room, one
 * way to word an error, the text form of operations, and the comparison of an instance with a dump.
 */
#ifndef MB_TRACE_IMPL_H
#define MB_TRACE_IMPL_H

#include <memblock/trace.h>

#define MB_TRACE_MAGIC "memblock-trace 1"
#define MB_TRACE_BYTES_MAX (512ULL << 20) /* a file, decompressed */
#define MB_TRACE_OPS_MAX 5000000ULL
#define MB_TRACE_COUNT_MAX 1000000ULL /* questions in one operation */
#define MB_SIZE_UNKNOWN UINT64_MAX    /* mb_dump.size: the header was not printed */

/* A string of @size bytes (need not end in 0) that lives as long as the trace; NULL without memory. */
const char *mb_trace_strndup(struct mb_trace *trace, const char *text, size_t size);
/*
 * mb_trace_warn() keeps the first 20 warnings of each format and counts the others. Folding appends one
 * warning for the others of each kind; sealing a trace does that.
 */
void mb_trace_fold_warnings(struct mb_trace *trace);
/* Remember which warnings there are; forget those that came since. */
void mb_trace_mark_warnings(struct mb_trace *trace);
void mb_trace_unwarn(struct mb_trace *trace);
#define MB_TRACE_HEADER_WARNING "%.*s" /* the format of those that a trace file holds already */
/* An append failed for want of memory at some time: the trace is incomplete. */
bool mb_trace_failed(const struct mb_trace *trace);

/*
 * Compose "FILE:LINE: what: 'text'; remedy" in @error (may be NULL). @line 0, @text NULL and
 * @remedy NULL leave their part out; unprintable bytes of @text show as '?'.
 * Return: @code, so that callers can return it at once.
 */
int mb_text_fail(struct mb_text_error *error, int code, const char *file, uint32_t line,
		 const char *what, const char *text, size_t size, const char *remedy);

/* ---- text of operations (src/trace/trace_write.c) ---------------------------------------------------- */

/* Takes the bytes of the operations in the order of the file. Return: 0 or -errno. */
typedef int (*mb_trace_sink)(void *ctx, const char *data, size_t size);
int mb_trace_write_ops(const struct mb_trace *trace, mb_trace_sink sink, void *ctx);

/* ---- reading (src/trace/trace_read.c) ---------------------------------------------------------------- */

int mb_trace_parse(const char *text, size_t size, const char *path, struct mb_trace **out,
		   struct mb_text_error *error);

/* ---- comparison (src/replay/replay.c) ----------------------------------------------------------------- */

/*
 * Does @mb hold what @dump shows: regions with base, size, node as printed and flags, and the
 * totals of the header? @why (may be NULL) gets the first difference.
 */
bool mb_dump_matches(struct mb *mb, const struct mb_dump *dump, char *why, size_t why_size);
/* The same for one collection. */
bool mb_dump_matches_one(struct mb *mb, const struct mb_dump *dump, enum mb_which which, char *why,
			 size_t why_size);
/* The node that a dump of @mb prints for a region that stores @nid; -1: none. */
int mb_printed_node(const struct mb *mb, int nid);

/* ---- digests (src/trace/digest.c) -------------------------------------------------------------------- */

struct mb_sha256 {
	uint64_t state[32]; /* room for, and alignment of, the context of the library used */
};

void mb_sha256_start(struct mb_sha256 *sha);
void mb_sha256_add(struct mb_sha256 *sha, const void *data, size_t size);
void mb_sha256_hex(struct mb_sha256 *sha, char hex[65]);

#endif
