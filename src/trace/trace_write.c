/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_write.c - a trace as a file, plain or compressed.
 *
 * The operations are produced twice: once into the hash that becomes the header's digest, once into the
 * file. Files are written by output.c, as a whole or not at all, so that nobody ever reads half a trace.
 */
#include <errno.h>
#include <memblock/output.h>
#include <string.h>
#include <zstd.h>

#include "trace/sha256.h"
#include "trace/trace_impl.h"

struct file {
	struct mb_output output;
	ZSTD_CStream *zstd; /* NULL: plain */
};

static int compress_out(struct file *file, const char *data, size_t size, ZSTD_EndDirective mode)
{
	ZSTD_inBuffer in = { data, size, 0 };
	char buf[16384];
	size_t left;

	do {
		ZSTD_outBuffer out = { buf, sizeof(buf), 0 };
		int error;

		left = ZSTD_compressStream2(file->zstd, &out, &in, mode);
		if (ZSTD_isError(left))
			return -EIO;
		error = mb_output_write(&file->output, buf, out.pos);
		if (error)
			return error;
	} while (in.pos < in.size || (mode == ZSTD_e_end && left));
	return 0;
}

static int file_sink(void *ctx, const char *data, size_t size)
{
	struct file *file = ctx;

	return file->zstd ? compress_out(file, data, size, ZSTD_e_continue) :
			    mb_output_write(&file->output, data, size);
}

static int hash_sink(void *ctx, const char *data, size_t size)
{
	mb_sha256_add(ctx, data, size);
	return 0;
}

static int write_trace(const struct mb_trace *trace, struct file *file)
{
	struct mb_sha256 sha;
	char digest[65];
	int error;

	mb_sha256_start(&sha);
	mb_trace_write_ops(trace, hash_sink, &sha);
	mb_sha256_hex(&sha, digest);
	error = mb_trace_write_header(trace, digest, file_sink, file);
	if (!error)
		error = mb_trace_write_ops(trace, file_sink, file);
	if (!error && file->zstd)
		error = compress_out(file, NULL, 0, ZSTD_e_end);
	return error;
}

int mb_trace_write(const struct mb_trace *trace, const char *path, struct mb_text_error *error)
{
	size_t length = strlen(path);
	struct file file = { 0 };
	int code = mb_output_open(&file.output, path);

	if (!code && length > 4 && !strcmp(path + length - 4, ".zst")) {
		file.zstd = ZSTD_createCStream();
		if (!file.zstd)
			code = -ENOMEM;
		else
			ZSTD_CCtx_setParameter(file.zstd, ZSTD_c_compressionLevel,
					       trace->count > 200000 ? 3 : 19);
		if (code)
			mb_output_close(&file.output, code);
	}
	if (!code)
		code = mb_output_close(&file.output, write_trace(trace, &file));
	ZSTD_freeCStream(file.zstd);
	if (code)
		mb_text_fail(error, code, path, 0, "cannot write", strerror(-code),
			     strlen(strerror(-code)), NULL);
	return code;
}
