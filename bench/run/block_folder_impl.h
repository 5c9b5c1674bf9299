/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block_folder_impl.h - where the finished blocks of a run are until it is complete.
 *
 *     FILE.blocks/               beside --out=FILE, or, without it, a private folder that goes with the run
 *             1-0f3a....json     a finished block, by its identifier
 *             running/           of the one that runs: what it is, what it writes
 *
 * A block is finished when its result, read and found whole, is renamed into the folder. So whatever ends a
 * run, and whenever, there are finished blocks and what the next run clears away. One run at a time: the
 * folder is locked as long as a process has it open.
 */
#ifndef BENCH_BLOCK_FOLDER_H
#define BENCH_BLOCK_FOLDER_H

#include "run/block.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bench_folder {
	char path[4200];
	char block[4300], result[4300]; /* in running/ */
	bool kept;                      /* beside --out; else private */
	int lock;
	char (*ids)[BENCH_BLOCK_ID]; /* of all blocks of this run; it frees them */
	size_t count;
	size_t finished; /* those that are in it */
};

/**
 * bench_folder_open() - make or take over the folder of @out (NULL, or no plain file: a private one).
 * Return: MB_EXIT_OK, or an exit status with a message printed.
 */
int bench_folder_open(const char *out, struct bench_folder *folder);

/**
 * bench_folder_read() - the finished block @id.
 * Return: its result; NULL: there is none, or it is damaged, which was said.
 */
json_t *bench_folder_read(struct bench_folder *folder, const char *id);

/**
 * bench_folder_finish() - take the result of @id that was written to @folder->result.
 * Return: it; NULL with @error: it is none, or another's, or cannot be moved.
 */
json_t *bench_folder_finish(struct bench_folder *folder, const char *id, char *error,
			    size_t error_size);

/* Say in one line which files are in it that are not this run's, if any. */
void bench_folder_tell_others(const struct bench_folder *folder);

/* @complete: everything that it was for is written, and the blocks of this run go, with the folder where nothing
 * else is in it; else finished blocks stay. */
void bench_folder_close(struct bench_folder *folder, bool complete);

#ifdef __cplusplus
}
#endif
#endif
