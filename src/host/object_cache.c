/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object_cache.c - the folder that built objects are kept in, and one out of it.
 *
 * What is in the folder is loaded, so the question is who could have put it there:
 *
 *     /            root's or the user's, and others may not write there, but for a folder as /tmp is, whose
 *     home         sticky bit keeps them from what is not theirs. So nobody can put another folder in the
 *     me           place of one below. Links are followed first: what is checked is where they lead to.
 *     .cache
 *     memblock-bench   the user's, and nobody else may write there
 *     linux-...so      a file of the user's, no link, and nobody else may write it
 *
 * root with the HOME of somebody else is refused by that, too. The file is opened once: what is checked,
 * digest included, is what the caller loads. The digest is against damage, not against people: who may
 * write the file may write its digest.
 */
#define _GNU_SOURCE /* O_PATH */
#include "host/object_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SEAL = SHA256_DIGEST_STRING_LENGTH, /* the last line: hexadecimal, and a newline */
	OBJECT_MAX = 64 << 20,              /* bytes; they have some hundred thousand */
};

/* ---- the folder -------------------------------------------------------------------------------- */

/* Where it is said to be; from @made on folders are made. */
static int find_place(char place[PATH_MAX], size_t *made, char *error, size_t error_size)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	bool xdg = base && *base == '/'; /* a relative one does not count, says its specification */
	int n;

	if (!xdg && (!home || *home != '/')) {
		snprintf(error, error_size,
			 "no cache: neither XDG_CACHE_HOME nor HOME is an absolute path; set "
			 "XDG_CACHE_HOME to a folder of yours");
		return -ENOENT;
	}
	n = snprintf(place, PATH_MAX, "%s%s/memblock-bench", xdg ? base : home,
		     xdg ? "" : "/.cache");
	if (n >= PATH_MAX) {
		snprintf(error, error_size, "no cache: %s is too long; set XDG_CACHE_HOME",
			 xdg ? "XDG_CACHE_HOME" : "HOME");
		return -ENAMETOOLONG;
	}
	*made = xdg ? 1 : strlen(home) + 1;
	return 0;
}

static int make_folders(char *place, size_t from)
{
	int rc = 0;

	for (char *slash = strchr(place + from, '/'); slash && !rc;
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(place, 0700) && errno != EEXIST)
			rc = -errno;
		*slash = '/';
	}
	if (!rc && mkdir(place, 0700) && errno != EEXIST)
		rc = -errno;
	return rc;
}

/* What is wrong with a folder on the way, or with the @last one; NULL: nothing. */
static const char *is_unsafe(const struct stat *st, bool last)
{
	if (!S_ISDIR(st->st_mode))
		return "is no folder";
	if (st->st_uid != geteuid() && (last || st->st_uid != 0))
		return last ? "is not yours" : "is neither yours nor root's";
	if (st->st_mode & (S_IWGRP | S_IWOTH) && (last || !(st->st_mode & S_ISVTX)))
		return "can be written by others";
	return NULL;
}

/* Every folder of the real path @path; @st is left to be the last one's. @whole: that is the cache, not one above. */
static const char *find_unsafe(char *path, bool whole, struct stat *st)
{
	const char *wrong = lstat("/", st) ? strerror(errno) : is_unsafe(st, false);

	if (wrong) /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an array is somewhere */
		path[1] = 0;
	for (char *slash = path; !wrong && slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		wrong = lstat(path, st) ? strerror(errno) : is_unsafe(st, !slash && whole);
		if (slash && !wrong)
			*slash = '/';
	}
	return wrong; /* and path ends there */
}

/* The real path of @place, or of so much of it as is there: what is made goes in there. */
static int real_part(const char *place, char path[PATH_MAX], bool *whole)
{
	char part[PATH_MAX], *slash;

	snprintf(part, sizeof(part), "%s", place);
	*whole = true;
	while (!realpath(*part ? part : "/", path)) {
		slash = strrchr(part, '/');
		if (errno != ENOENT || !slash)
			return -errno;
		*slash = 0;
		*whole = false;
	}
	return 0;
}

/* Nothing is made before what is there was found to be safe. */
static int find_folder(struct mb_object_cache *cache, bool make, struct stat *st, char *error,
		       size_t error_size)
{
	const char *wrong = NULL;
	char place[PATH_MAX];
	bool whole = false;
	size_t made;
	int rc = find_place(place, &made, error, error_size);

	if (rc)
		return rc;
	rc = real_part(place, cache->path, &whole);
	if (!rc)
		wrong = find_unsafe(cache->path, whole, st);
	if (!rc && !wrong && !whole) {
		rc = make ? make_folders(place, made) : -ENOENT;
		if (!rc && !realpath(place, cache->path))
			rc = -errno;
		if (!rc)
			wrong = find_unsafe(cache->path, true, st);
	}
	if (rc)
		snprintf(error, error_size, "no cache '%.500s': %s; set XDG_CACHE_HOME", place,
			 strerror(-rc));
	else if (wrong)
		snprintf(error, error_size,
			 "no cache: '%.500s' %s; set XDG_CACHE_HOME to a folder that only you can "
			 "write",
			 cache->path, wrong);
	return wrong ? -EPERM : rc;
}

bool mb_object_cache_find(char path[PATH_MAX])
{
	struct mb_object_cache cache;
	struct stat st;
	char unused[768];

	if (find_folder(&cache, false, &st, unused, sizeof(unused)))
		return false;
	memcpy(path, cache.path, PATH_MAX);
	return true;
}

int mb_object_cache_open(struct mb_object_cache *cache, char *error, size_t error_size)
{
	struct stat st, opened;
	int rc = find_folder(cache, true, &st, error, error_size);

	if (rc)
		return rc;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array is somewhere */
	cache->folder = open(cache->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cache->folder < 0 || fstat(cache->folder, &opened) || opened.st_dev != st.st_dev ||
	    opened.st_ino != st.st_ino) {
		snprintf(error, error_size,
			 "no cache: '%.500s' cannot be opened; set XDG_CACHE_HOME", cache->path);
		mb_object_cache_close(cache);
		return -ENOENT;
	}
	return 0;
}

void mb_object_cache_close(struct mb_object_cache *cache)
{
	if (cache->folder >= 0)
		close(cache->folder);
	cache->folder = -1;
}

/* ---- an object --------------------------------------------------------------------------------- */

static bool read_all(int fd, char *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = pread(fd, data + at, size - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool is_whole(int fd, size_t size, const char *name)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	char *data = size > SEAL ? malloc(size) : NULL;
	SHA256_CTX sha;
	bool whole = data && read_all(fd, data, size);

	if (whole) {
		SHA256Init(&sha);
		SHA256Update(&sha, (const uint8_t *)name, strlen(name));
		SHA256Update(&sha, (const uint8_t *)"\n", 1);
		SHA256Update(&sha, (const uint8_t *)data, size - SEAL);
		SHA256End(&sha, hex);
		whole = !memcmp(hex, data + size - SEAL, SEAL - 1) && data[size - 1] == '\n';
	}
	free(data);
	return whole;
}

int mb_object_open(const struct mb_object_cache *cache, const char *name, char *error,
		   size_t error_size)
{
	/* Not to wait for who writes a pipe of that name. */
	int fd = openat(cache->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *wrong = NULL;
	struct stat st;
	int rc = 0;

	if (fd < 0 || fstat(fd, &st)) {
		rc = -errno;
		wrong = rc == -ELOOP ? "is a link" : strerror(-rc);
	} else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		   st.st_mode & (S_IWGRP | S_IWOTH)) {
		rc = -EPERM;
		wrong = "is no file that only you can write";
	} else if (st.st_size > OBJECT_MAX || !is_whole(fd, (size_t)st.st_size, name)) {
		rc = -EBADMSG;
		wrong = "is damaged";
	}
	if (!rc)
		return fd;
	snprintf(error, error_size, "'%.500s/%.100s' %s", cache->path, name, wrong);
	if (fd >= 0)
		close(fd);
	return rc;
}
