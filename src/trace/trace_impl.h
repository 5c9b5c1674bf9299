/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_impl.h - what the files of this folder share and offer to nobody else.
 */
#ifndef MB_TRACE_IMPL_H
#define MB_TRACE_IMPL_H

#include <memblock/trace.h>
#include <memblock/variant.h> /* mb_which_name() */

#define MB_TRACE_OPS_MAX 5000000ULL

#define MB_TRACE_MAGIC_1 "memblock-trace 1"
#define MB_TRACE_HEADER_WARNING "%.*s" /* the format of those that a trace file holds already */

/* Append one warning for those of each kind that mb_trace_warn() did not keep; sealing a trace does that. */
void mb_trace_fold_warnings(struct mb_trace *trace);

/* The header of a trace file. Return: 0, or what @sink returned. */
int mb_trace_write_header(const struct mb_trace *trace, const char *digest, mb_trace_sink sink,
			  void *ctx);

/*
 * Text from outside is kept as printable ASCII, whatever the encoding of the log or of a file name
 * was: it ends in JSON, on terminals and in trace files.
 */
static inline char mb_printable(char character)
{
	unsigned char c = (unsigned char)character;

	return c < 0x20 || c >= 0x7f ? '?' : character;
}

#endif
