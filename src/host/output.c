/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.c - files written as a whole or not at all; include/memblock/output.h has the cases.
 *
 * rename() replaces a name, not what the name leads to. So a link is followed to its end first, and
 * the temporary file is put there: beside the real file, where it is on the same file system, too.
 */
#include <memblock/output.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard output under another name? Opened anew it would be written from its beginning. */
static bool is_standard_output(const struct stat *st)
{
	struct stat out;

	return !fstat(STDOUT_FILENO, &out) && out.st_dev == st->st_dev && out.st_ino == st->st_ino;
}

static int open_in_place(struct mb_output *output, const char *path, bool standard)
{
	fflush(stdout); /* what was printed before comes before */
	output->fd = standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) :
				open(path, O_WRONLY | O_CLOEXEC);
	return output->fd < 0 ? -errno : 0;
}

/* The file that @path leads to, which need not exist. NULL: errno says why. */
static char *find_target(struct mb_output *output, const char *path, bool exists)
{
	struct stat link;
	int fd;

	if (!exists && lstat(path, &link))
		return strdup(path);
	if (!exists) { /* a link that leads nowhere: make the file to see where that is */
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			return NULL;
		close(fd);
		output->created = true;
	}
	return realpath(path, NULL);
}

static int open_temporary(struct mb_output *output, const struct stat *old)
{
	size_t room = strlen(output->target) + 32;

	output->temporary = malloc(room);
	if (!output->temporary)
		return -ENOMEM;
	snprintf(output->temporary, room, "%s.%ld.tmp", output->target, (long)getpid());
	output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (output->fd < 0)
		return -errno;
	if (old)
		(void)!fchmod(output->fd, old->st_mode & 0777); /* as it was, if that is allowed */
	return 0;
}

static void forget(struct mb_output *output)
{
	free(output->target);
	free(output->temporary);
	output->target = output->temporary = NULL;
}

int mb_output_open(struct mb_output *output, const char *path)
{
	bool dash = !strcmp(path, "-"), exists;
	struct stat st;
	int code;

	*output = (struct mb_output){ .fd = -1 };
	if (dash)
		return open_in_place(output, path, true);
	exists = !stat(path, &st);
	if (exists && (!S_ISREG(st.st_mode) || is_standard_output(&st)))
		return open_in_place(output, path, S_ISREG(st.st_mode));
	if (exists && access(path, W_OK))
		return -errno;
	output->target = find_target(output, path, exists);
	code = output->target ? open_temporary(output, exists ? &st : NULL) : -errno;
	if (code) {
		if (output->created && output->target)
			unlink(output->target);
		forget(output);
	}
	return code;
}

int mb_output_write(struct mb_output *output, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(output->fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int mb_output_close(struct mb_output *output, int code)
{
	if (close(output->fd) && !code)
		code = -errno;
	if (!code && output->target && rename(output->temporary, output->target))
		code = -errno;
	if (code && output->target) {
		unlink(output->temporary);
		if (output->created)
			unlink(output->target);
	}
	forget(output);
	return code;
}

int mb_output_probe(const char *path)
{
	struct mb_output output;
	struct stat st;
	int code;

	if (!stat(path, &st) &&
	    !S_ISREG(st.st_mode)) { /* opening a pipe would wait for its reader */
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		return access(path, W_OK) ? -errno : 0;
	}
	code = mb_output_open(&output, path);
	if (code)
		return code;
	code = mb_output_close(&output, -ECANCELED);
	return code == -ECANCELED ? 0 : code;
}

int mb_write_file(const char *path, const void *data, size_t size)
{
	struct mb_output output;
	int code = mb_output_open(&output, path);

	return code ? code : mb_output_close(&output, mb_output_write(&output, data, size));
}
