/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object_cache.h - the folder that built objects are kept in, and one out of it (object_cache.c).
 *
 * $XDG_CACHE_HOME/memblock-bench, or $HOME/.cache/memblock-bench: whose code is run is decided there, so
 * nobody but the user may be able to write it. workloads/capture/cache.py has the same rules.
 */
#ifndef MB_OBJECT_CACHE_H
#define MB_OBJECT_CACHE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct mb_object_cache {
	int folder;          /* open */
	char path[PATH_MAX]; /* real, without links */
};

/**
 * mb_object_cache_open() - the folder, made if it is missing, and checked: nothing is made where it is not safe.
 * Return: 0; -errno with a sentence in @error that says what to do.
 */
int mb_object_cache_open(struct mb_object_cache *cache, char *error, size_t error_size);

/* Its real path, to look into it; false: there is none, or none that may be used. Nothing is made. */
bool mb_object_cache_find(char path[PATH_MAX]);

void mb_object_cache_close(struct mb_object_cache *cache);

/**
 * mb_object_open() - the object @name, if it is the user's, and whole.
 *
 * A whole object ends with a line: the SHA-256, in hexadecimal, of its name and a newline and all before
 * that line. ELF does not mind.
 *
 * Return: a descriptor of just that; -errno with a sentence in @error. -EBADMSG: it is damaged.
 */
int mb_object_open(const struct mb_object_cache *cache, const char *name, char *error,
		   size_t error_size);

#endif
