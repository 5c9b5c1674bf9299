/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input.c - what a user hands in: unpacked, and given to the reader of its kind.
 *
 *     file, FIFO, standard input --> bytes --> zstd? unpacked
 *         begins with "memblock-trace "     a trace           trace/trace_parse.c
 *         a device tree, debugfs            a memory map      input/map/layout.c
 *         has memblock lines                a console log     input/log/import.c
 *         has e820 or efi lines only        a memory map      input/map/layout.c
 *
 * The bytes decide, not the name. A trace is read strictly, because a measurement of a damaged input is
 * worse than none. A console log is the opposite: it comes over serial lines and through mail programs,
 * and its reader takes from it what it can and says what it could not.
 */
#include <memblock/input.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "input/log/import.h"
#include "input/map/layout.h"

#define BYTES_MAX (512ULL << 20) /* a file, decompressed */
#define FIFO_WAIT_MS 10000

struct bytes {
	char *data;
	size_t size, room;
};

/* Make room for one more chunk. 0, -ENOMEM, or -EFBIG. */
static int bytes_room(struct bytes *b)
{
	size_t more = b->room ? b->room * 2 : 256 * 1024;
	char *larger;

	if (more > BYTES_MAX + 128 * 1024)
		more = BYTES_MAX + 128 * 1024; /* enough to see that there is more */

	if (b->room - b->size >= 64 * 1024)
		return 0;
	if (b->size > BYTES_MAX)
		return -EFBIG;
	larger = realloc(b->data, more);
	if (!larger)
		return -ENOMEM;
	b->data = larger;
	b->room = more;
	return 0;
}

/* A FIFO that nobody writes to would never end. */
static int wait_for_writer(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct stat status;
	int n;

	if (fstat(fd, &status))
		return -errno;
	if (S_ISFIFO(status.st_mode)) {
		do
			n = poll(&wait, 1, FIFO_WAIT_MS);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n ? -errno : -ETIMEDOUT;
	}
	return fcntl(fd, F_SETFL, O_RDONLY) ? -errno : 0;
}

static int read_file(const char *path, struct bytes *b)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return -errno;
	if (!standard)
		code = wait_for_writer(fd);
	while (!code) {
		ssize_t n;

		code = bytes_room(b);
		if (code)
			break;
		n = read(fd, b->data + b->size, b->room - b->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = -errno;
		if (n <= 0)
			break;
		b->size += (size_t)n;
	}
	if (!standard)
		close(fd);
	return code;
}

/* Replace compressed bytes by what they hold. */
static int decompress(struct bytes *b, const char **what)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = { b->data, b->size, 0 };
	struct bytes plain = { 0 };
	size_t left = 1;
	int code = stream ? 0 : -ENOMEM;

	while (!code && (in.pos < in.size || left)) {
		size_t before = in.pos, had = plain.size;
		ZSTD_outBuffer out;

		code = bytes_room(&plain);
		if (code)
			break;
		out = (ZSTD_outBuffer){ plain.data, plain.room, plain.size };
		left = ZSTD_decompressStream(stream, &out, &in);
		plain.size = out.pos;
		if (ZSTD_isError(left)) {
			*what = "damaged zstd data";
			code = -EINVAL;
		} else if (left && in.pos == before && plain.size == had) {
			*what = "truncated zstd data";
			code = -EINVAL;
		}
	}
	ZSTD_freeDStream(stream);
	if (code) {
		free(plain.data);
		return code;
	}
	free(b->data);
	*b = plain;
	return 0;
}

/* Data that some other program unpacks first: its name, and how. */
static const struct packing {
	const char *magic;
	size_t size;
	const char *what, *remedy;
} packings[] = {
	{ "\x1f\x8b", 2, "gzip data", "unpack it first: gzip -dc FILE > boot.log" },
	{ "\xfd"
	  "7zXZ",
	  5, "xz data", "unpack it first: xz -dc FILE > boot.log" },
	{ "BZh", 3, "bzip2 data", "unpack it first: bzip2 -dc FILE > boot.log" },
	{ "\xff\xfe", 2, "UTF-16 text",
	  "convert it first: iconv -f UTF-16 -t UTF-8 FILE > boot.log" },
	{ "\xfe\xff", 2, "UTF-16 text",
	  "convert it first: iconv -f UTF-16 -t UTF-8 FILE > boot.log" },
};

static const struct packing *packing_of(const struct bytes *b)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (b->data && b->size >= packings[i].size &&
		    !memcmp(b->data, packings[i].magic, packings[i].size))
			return &packings[i];
	return NULL;
}

/* A log, or what holds a memory map only. */
static int read_log(const struct bytes *b, const char *path, const struct mb_profile *profile,
		    struct mb_trace **out, struct mb_text_error *error)
{
	int code;

	if (mb_layout_certain(b->data, b->size))
		return mb_layout_load(b->data, b->size, path, profile, out, error);
	code = mb_log_import(b->data, b->size, path, profile, out, error);
	if (code == -EINVAL && mb_layout_possible(b->data, b->size))
		code = mb_layout_load(b->data, b->size, path, profile, out, error);
	return code;
}

int mb_trace_load_as(const char *path, const struct mb_profile *profile, struct mb_trace **out,
		     struct mb_text_error *error)
{
	size_t length = strlen(path);
	bool named_zst = length > 4 && !strcmp(path + length - 4, ".zst");
	const char *what = NULL;
	struct bytes b = { 0 };
	const struct packing *packing;
	int code = read_file(path, &b);

	if (!strcmp(path, "-"))
		path = "standard input"; /* in messages */

	packing = code ? NULL : packing_of(&b);
	if (packing) {
		free(b.data);
		return mb_text_fail(error, -EINVAL, path, 0, packing->what, NULL, 0,
				    packing->remedy);
	}
	if (!code && b.size >= 4 && !memcmp(b.data, "\x28\xb5\x2f\xfd", 4)) {
		code = decompress(&b, &what);
	} else if (!code && named_zst) {
		what = "not zstd data, though the name says so";
		code = -EINVAL;
	}
	if (code == -EFBIG)
		what = "more than 512 MiB, decompressed; cut out the boot that matters";
	if (code == -ETIMEDOUT)
		what = "a FIFO into which nobody wrote for 10 seconds; pipe into - instead";
	if (code && what)
		mb_text_fail(error, code, path, 0, what, NULL, 0, NULL);
	else if (code)
		mb_text_fail(error, code, path, 0, "cannot read", strerror(-code),
			     strlen(strerror(-code)), NULL);
	else if (b.size >= 15 && !memcmp(b.data, "memblock-trace ", 15))
		code = mb_trace_parse(b.data, b.size, path, out, error);
	else
		code = read_log(&b, path, profile, out, error);
	free(b.data);
	if (!code && profile)
		(*out)->machine.profile = profile;
	return code == -EFBIG || code == -ETIMEDOUT ? -EINVAL : code;
}

int mb_trace_load(const char *path, struct mb_trace **out, struct mb_text_error *error)
{
	return mb_trace_load_as(path, NULL, out, error);
}

int mb_import_as(const char *text, size_t size, const char *source,
		 const struct mb_profile *profile, struct mb_trace **out,
		 struct mb_text_error *error)
{
	return mb_log_import(text, size, source, profile, out, error);
}

int mb_import(const char *text, size_t size, const char *source, struct mb_trace **out,
	      struct mb_text_error *error)
{
	return mb_log_import(text, size, source, NULL, out, error);
}
