/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input.h - files that a user hands in, as traces.
 *
 *     mb_trace_load()    any file: a trace (docs/traces.md), a `memblock=debug` console log, a memory
 *                        map (docs/inputs.md); each of them also compressed with zstd
 *     mb_import()        a console log that is in memory already
 *
 * Which kind a file is, its bytes say, not its name. A log or a map does not show everything that the
 * boot did: what was worked out or assumed is marked in the trace (mb_op.why), and what could not be
 * read or explained is among its warnings.
 *
 * The traces that come out are described in memblock/trace.h and released with mb_trace_free(). Errors
 * are returned as -errno with one line in struct mb_text_error; then there is no trace.
 */
#ifndef MEMBLOCK_INPUT_H
#define MEMBLOCK_INPUT_H

#include <memblock/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
