/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block_folder.c - keeps finished blocks (block_folder_impl.h). */
#include "run/block_folder_impl.h"

#include "cli/cli.h"
#include "run/block_measure_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".json"

/* ---- the folder -------------------------------------------------------------------------------- */

/* Call @use with each name in @path. */
static void each_name(const char *path, void (*use)(void *ctx, const char *name), void *ctx)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			use(ctx, entry->d_name);
	if (dir)
		closedir(dir);
}

static void remove_name(void *ctx, const char *name)
{
	char path[4600];

	snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, name);
	unlink(path);
}

/* running/, with what was left in it. */
static void clear_running(const struct bench_folder *folder)
{
	char path[4300];

	snprintf(path, sizeof(path), "%s/running", folder->path);
	each_name(path, remove_name, path);
	rmdir(path);
}

/* Is @name that of a block, of whatever version? */
static bool is_block_name(const char *name)
{
	size_t digits = strspn(name, "0123456789");
	const char *at = name + digits + 1;
	size_t hex = digits && name[digits] == '-' ? strspn(at, "0123456789abcdef") : 0;

	return hex == 32 && !strcmp(at + hex, SUFFIX);
}

static void name_block(const struct bench_folder *folder, const char *id, char path[4400])
{
	snprintf(path, 4400, "%s/%s" SUFFIX, folder->path, id);
}

/* Blocks lie beside a file that is replaced; not beside a pipe or a terminal. */
static bool can_be_beside(const char *out)
{
	struct stat st;

	return out && strcmp(out, "-") && (stat(out, &st) || S_ISREG(st.st_mode));
}

static int make_private(struct bench_folder *folder)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder->path, sizeof(folder->path), "%.4000s/memblock-bench.XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder->path))
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: '%s' cannot be made: %s; set TMPDIR",
			       folder->path, strerror(errno));
	return MB_EXIT_OK;
}

/* Another run may have had the folder, and have removed it, before the lock was ours: then once more. */
static int make_beside(const char *out, struct bench_folder *folder)
{
	struct stat locked, there;

	folder->kept = true;
	snprintf(folder->path, sizeof(folder->path), "%.4090s.blocks", out);
	for (;;) {
		if (mkdir(folder->path, 0777) && errno != EEXIST)
			break;
		folder->lock = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder->lock < 0)
			break;
		if (flock(folder->lock, LOCK_EX | LOCK_NB))
			return mb_fail(
				MB_EXIT_ENVIRONMENT,
				"%s: another run is writing %s; wait for it, or name another "
				"--out",
				folder->path, out);
		if (!fstat(folder->lock, &locked) && !stat(folder->path, &there) &&
		    locked.st_ino == there.st_ino && locked.st_dev == there.st_dev)
			return MB_EXIT_OK;
		close(folder->lock);
	}
	return mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", folder->path, strerror(errno));
}

int bench_folder_open(const char *out, struct bench_folder *folder)
{
	char running[4300];
	int status;

	*folder = (struct bench_folder){ .lock = -1 };
	status = can_be_beside(out) ? make_beside(out, folder) : make_private(folder);
	if (status) {
		if (folder->lock >= 0)
			close(folder->lock);
		return status;
	}
	clear_running(folder);
	snprintf(running, sizeof(running), "%s/running", folder->path);
	snprintf(folder->block, sizeof(folder->block), "%s/running/block", folder->path);
	snprintf(folder->result, sizeof(folder->result), "%s/running/result", folder->path);
	if (!mkdir(running, 0777) || errno == EEXIST)
		return MB_EXIT_OK;
	status = mb_fail(MB_EXIT_USAGE, "%s: cannot be written: %s", running, strerror(errno));
	bench_folder_close(folder, false);
	return status;
}

void bench_folder_close(struct bench_folder *folder, bool complete)
{
	char path[4400];

	clear_running(folder);
	for (size_t i = 0; i < folder->count && (complete || !folder->kept); i++) {
		name_block(folder, folder->ids[i], path);
		unlink(path);
	}
	free(folder->ids);
	rmdir(folder->path); /* unless it holds something */
	if (folder->lock >= 0)
		close(folder->lock);
}

/* ---- results ----------------------------------------------------------------------------------- */

/* A whole result of block @id; NULL with @error. */
static json_t *read_result(const char *path, const char *id, char *error, size_t error_size)
{
	json_error_t why = { .text = "" };
	json_t *result = json_load_file(path, 0, &why);
	const json_t *section = json_object_get(result, "block");
	const char *said = json_string_value(json_object_get(result, "sha256"));
	const char *own = json_string_value(json_object_get(section, "id"));
	char hex[65], other[BENCH_BLOCK_ID] = "", digest[65] = "";
	struct bench_block block = { .process = 0 };

	snprintf(digest, sizeof(digest), "%s", said ? said : "");
	if (!result)
		snprintf(error, error_size, "%s", why.text);
	else if (!own || !said)
		snprintf(error, error_size, "not the result of a block");
	else if (bench_block_parse(json_object_get(section, "specification"), &block, error,
				   error_size))
		;
	else if (!bench_block_identify(&block, other) || strcmp(own, other) || strcmp(own, id))
		snprintf(error, error_size, "it is the result of another block");
	else if (!bench_result_digest(result, hex) || strcmp(hex, digest))
		snprintf(error, error_size, "its digest is not that of what it holds");
	else {
		bench_block_release(&block);
		return result;
	}
	bench_block_release(&block);
	json_decref(result);
	return NULL;
}

json_t *bench_folder_read(struct bench_folder *folder, const char *id)
{
	char path[4400], error[300];
	json_t *result;

	name_block(folder, id, path);
	if (access(path, F_OK))
		return NULL;
	result = read_result(path, id, error, sizeof(error));
	if (!result)
		fprintf(stderr, "memblock-bench: run: %s: damaged, not used: %s\n", path, error);
	folder->finished += result != NULL;
	return result;
}

json_t *bench_folder_finish(struct bench_folder *folder, const char *id, char *error,
			    size_t error_size)
{
	json_t *result = read_result(folder->result, id, error, error_size);
	char path[4400];

	if (!result)
		return NULL;
	name_block(folder, id, path);
	if (!rename(folder->result, path)) {
		folder->finished++;
		return result;
	}
	snprintf(error, error_size, "'%.200s' cannot be written: %s", path, strerror(errno));
	json_decref(result);
	return NULL;
}

struct others {
	const struct bench_folder *folder;
	size_t blocks, foreign;
	char first[256];
};

static void note_other(void *ctx, const char *name)
{
	struct others *others = ctx;

	if (!strcmp(name, "running"))
		return;
	if (is_block_name(name)) {
		for (size_t i = 0; i < others->folder->count; i++)
			if (!strncmp(name, others->folder->ids[i], strlen(others->folder->ids[i])))
				return;
		others->blocks++;
		return;
	}
	if (!others->foreign++)
		snprintf(others->first, sizeof(others->first), "%s", name);
}

void bench_folder_tell_others(const struct bench_folder *folder)
{
	struct others others = { .folder = folder };

	each_name(folder->path, note_other, &others);
	if (others.blocks)
		fprintf(stderr,
			"memblock-bench: run: %s: not used, and left there: %zu block%s of another run; "
			"the program, a boot, the kernel's code or the options have changed\n",
			folder->path, others.blocks, others.blocks == 1 ? "" : "s");
	if (others.foreign)
		fprintf(stderr, "memblock-bench: run: %s: not a block, not used: '%s'%s\n",
			folder->path, others.first, others.foreign > 1 ? " and others" : "");
}
