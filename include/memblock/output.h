/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - files written as a whole or not at all.
 *
 * What is written goes into a file beside the target, which takes the target's place when it is
 * complete. The cases:
 *
 *     "-"                     standard output
 *     a symbolic link         stays one; the file that it points to is replaced
 *     a pipe, a device        written in place: there is nothing that could be replaced
 *     standard output itself  (/dev/stdout, redirected or not) is continued where it is
 *
 * Host code. Errors are returned as -errno.
 */
#ifndef MEMBLOCK_OUTPUT_H
#define MEMBLOCK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mb_output {
	int fd;
	char *target;    /* the file that is replaced at the end; NULL: written in place */
	char *temporary; /* what is written meanwhile */
	bool created;    /* @target was made for this, through a link that led nowhere */
};

/** mb_output_open() - begin to write @path. Return: 0 or -errno; on error there is nothing to close. */
int mb_output_open(struct mb_output *output, const char *path);

/** mb_output_write() - append @size bytes. Return: 0 or -errno. */
int mb_output_write(struct mb_output *output, const void *data, size_t size);

/**
 * mb_output_close() - complete the file, or remove what there is of it.
 * @code: 0: everything was written; else the error that prevented it.
 *
 * Return: @code, or the error of completing it.
 */
int mb_output_close(struct mb_output *output, int code);

/** mb_output_probe() - could @path be written? Leaves nothing behind. Return: 0 or -errno. */
int mb_output_probe(const char *path);

/** mb_write_file() - open, write and close in one. Return: 0 or -errno. */
int mb_write_file(const char *path, const void *data, size_t size);

#ifdef __cplusplus
}
#endif
#endif
