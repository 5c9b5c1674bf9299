/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_object_cache.c - which folder is taken for the cache, and what of its files is opened. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sha256.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/object_cache.h"

static char top[] = "/tmp/memblock-cache.XXXXXX";
static char error[768];

static const char *in_top(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(top) || setenv("XDG_CACHE_HOME", top, 1))
		return -1;
	return mkdir(in_top("memblock-bench"), 0700);
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static int open_cache(void)
{
	struct mb_object_cache cache;
	int rc = mb_object_cache_open(&cache, error, sizeof(error));

	if (!rc)
		mb_object_cache_close(&cache);
	return rc;
}

/* ---- the folder -------------------------------------------------------------------------------- */

static void expect_folder(int rc, const char *text)
{
	assert_int_equal(open_cache(), rc);
	if (rc)
		assert_non_null(strstr(error, text));
}

static void folder_modes(void **state)
{
	static const struct {
		mode_t last, above;
		int rc;
	} cases[] = {
		{ 0700, 0755, 0 },      { 0755, 0755, 0 },       { 0775, 0700, -EPERM },
		{ 0702, 0700, -EPERM }, { 01777, 0700, -EPERM }, { 0700, 0777, -EPERM },
		{ 0700, 0770, -EPERM }, { 0700, 01777, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		chmod(in_top("memblock-bench"), cases[i].last);
		chmod(top, cases[i].above);
		expect_folder(cases[i].rc, "can be written by others; set XDG_CACHE_HOME");
	}
	chmod(in_top("memblock-bench"), 0700);
	chmod(top, 0700);
}

static void folder_owners(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("SKIPPED: only root can give a folder away\n");
		skip();
	}
	assert_int_equal(chown(in_top("memblock-bench"), 65534, 65534), 0);
	expect_folder(-EPERM, "is not yours");
	assert_int_equal(chown(in_top("memblock-bench"), 0, 0), 0);
	assert_int_equal(chown(top, 65534, 65534), 0);
	expect_folder(-EPERM, "is neither yours nor root's");
	assert_int_equal(chown(top, 0, 0), 0);
	expect_folder(0, "");
}

static void folder_places(void **state)
{
	struct mb_object_cache cache;
	char home[PATH_MAX];
	struct stat st;

	(void)state;
	snprintf(home, sizeof(home), "%s", in_top("home"));
	setenv("XDG_CACHE_HOME", "relative", 1);
	setenv("HOME", home, 1);
	expect_folder(-ENOENT, "No such file"); /* a home is not made */
	assert_int_equal(mkdir(home, 0755), 0);
	assert_int_equal(mb_object_cache_open(&cache, error, sizeof(error)), 0);
	assert_string_equal(cache.path, in_top("home/.cache/memblock-bench"));
	assert_int_equal(fstat(cache.folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	mb_object_cache_close(&cache);
	setenv("HOME", "relative", 1);
	expect_folder(-ENOENT, "absolute");
	unsetenv("HOME");
	unsetenv("XDG_CACHE_HOME");
	expect_folder(-ENOENT, "absolute");

	/* A link counts for where it leads to. */
	assert_int_equal(symlink(home, in_top("link")), 0);
	setenv("XDG_CACHE_HOME", in_top("link"), 1);
	expect_folder(0, "");
	chmod(home, 0777);
	expect_folder(-EPERM, "can be written by others");
	assert_int_equal(close(creat(in_top("file"), 0600)), 0);
	setenv("XDG_CACHE_HOME", in_top("file"), 1);
	expect_folder(-ENOTDIR, "Not a directory");
	setenv("XDG_CACHE_HOME", top, 1);
}

/* Where it is not safe nothing is made, neither there nor where a link leads to; and nothing by who only looks. */
static void folder_is_made_last(void **state)
{
	char home[PATH_MAX], path[PATH_MAX];
	struct stat st;

	(void)state;
	snprintf(home, sizeof(home), "%s", in_top("another-home"));
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", home, 1);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_false(mb_object_cache_find(path));
	assert_int_not_equal(lstat(in_top("another-home/.cache"), &st), 0);

	chmod(home, 0777);
	expect_folder(-EPERM, "another-home' can be written by others");
	assert_int_not_equal(lstat(in_top("another-home/.cache"), &st), 0);
	if (!geteuid()) {
		chmod(home, 0700);
		assert_int_equal(chown(home, 65534, 65534), 0);
		expect_folder(-EPERM, "another-home' is neither yours nor root's");
		assert_int_not_equal(lstat(in_top("another-home/.cache"), &st), 0);
		assert_int_equal(chown(home, 0, 0), 0);
	}
	chmod(home, 0700);
	assert_int_equal(mkdir(in_top("victim"), 0700), 0);
	chmod(in_top("victim"), 0777);
	snprintf(path, sizeof(path), "%s", in_top("victim"));
	assert_int_equal(symlink(path, in_top("another-home/.cache")), 0);
	expect_folder(-EPERM, "victim' can be written by others");
	assert_int_not_equal(lstat(in_top("victim/memblock-bench"), &st), 0);

	chmod(in_top("victim"), 0700);
	expect_folder(0, "");
	assert_true(mb_object_cache_find(path));
	assert_string_equal(path, in_top("victim/memblock-bench"));
	setenv("XDG_CACHE_HOME", top, 1);
}

/* ---- files ------------------------------------------------------------------------------------- */

enum { BODY = 5000, SEAL = SHA256_DIGEST_STRING_LENGTH };

/* A whole file of that name, but for @change: bytes are cut off (negative), or one is changed. */
static void write_object(const char *file, const char *name, int change)
{
	char data[BODY + SEAL], path[PATH_MAX];
	SHA256_CTX sha;
	size_t size = sizeof(data) - (change < 0 ? (size_t)-change : 0);
	int fd;

	snprintf(path, sizeof(path), "%s/memblock-bench/%s", top, file);
	memset(data, 'x', BODY);
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)name, strlen(name));
	SHA256Update(&sha, (const uint8_t *)"\n", 1);
	SHA256Update(&sha, (const uint8_t *)data, BODY);
	SHA256End(&sha, data + BODY);
	data[sizeof(data) - 1] = '\n';
	if (change > 0)
		data[change] ^= 1;
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static int open_object(const char *name)
{
	struct mb_object_cache cache;
	int fd;

	assert_int_equal(mb_object_cache_open(&cache, error, sizeof(error)), 0);
	fd = mb_object_open(&cache, name, error, sizeof(error));
	mb_object_cache_close(&cache);
	if (fd >= 0)
		close(fd);
	return fd;
}

static void file_is_whole(void **state)
{
	static const int cuts[] = { 1,        2,    SEAL - 1,        SEAL,
				    SEAL + 1, BODY, BODY + SEAL - 1, BODY + SEAL };

	(void)state;
	write_object("a.so", "a.so", 0);
	assert_true(open_object("a.so") >= 0);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		write_object("a.so", "a.so", -cuts[i]);
		assert_int_equal(open_object("a.so"), -EBADMSG);
	}
	for (int at = 1; at < BODY + SEAL; at += 7) {
		write_object("a.so", "a.so", at);
		assert_int_equal(open_object("a.so"), -EBADMSG);
	}
	write_object("a.so", "a.so", BODY + SEAL - 1);
	assert_int_equal(open_object("a.so"), -EBADMSG);
	write_object("a.so", "b.so", 0); /* whole, as another */
	assert_int_equal(open_object("a.so"), -EBADMSG);
	assert_non_null(strstr(error, "memblock-bench/a.so' is damaged"));
}

static void file_is_ours(void **state)
{
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s", in_top("memblock-bench/a.so"));
	write_object("a.so", "a.so", 0);
	chmod(path, 0775);
	assert_int_equal(open_object("a.so"), -EPERM);
	chmod(path, 0757);
	assert_int_equal(open_object("a.so"), -EPERM);
	chmod(path, 0755);
	assert_true(open_object("a.so") >= 0);
	if (!geteuid()) {
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(open_object("a.so"), -EPERM);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	assert_int_equal(rename(path, in_top("elsewhere")), 0);
	assert_int_equal(symlink(in_top("elsewhere"), path), 0);
	assert_int_equal(open_object("a.so"), -ELOOP);
	unlink(path);
	assert_int_equal(open_object("a.so"), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_object("a.so"), -EPERM);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(open_object("a.so"), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder_modes),  cmocka_unit_test(folder_owners),
		cmocka_unit_test(folder_places), cmocka_unit_test(folder_is_made_last),
		cmocka_unit_test(file_is_whole), cmocka_unit_test(file_is_ours),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
