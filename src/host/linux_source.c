/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_source.c - where the kernel sources of the variant `linux` are.
 *
 *     /usr/src/linux-source-X.Y, or .tar.*                              a package's, installed
 *     CACHE/sources/linux-source-X.Y_tree                               a tree of the user's, a link
 *     CACHE/sources/linux-source-X.Y_VERSION/linux-source-X.Y.tar.xz    fetched
 *
 * Of one release the first of these that has a source in it; workloads/capture/newest.py puts there what is in the
 * cache, and goes by the same rules (tests/scripts/sources.py holds both against one table). The newest is the one with
 * the highest X.Y. A tree that is a release candidate is passed over, as is a link that leads to no tree, and that is
 * said. What a tarball is, and whether it is what was fetched, is seen when it is unpacked (variants/linux/build.sh).
 */
#include "host/linux_impl.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTALLED "/usr/src"
#define PREFIX "linux-source-"
#define RELEASE(major, minor) ((uint32_t)(major) << 16 | (minor))

static bool is_there(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

static bool is_tarball(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* A line of its Makefile says so: EXTRAVERSION = -rc3. */
static bool is_candidate(const char *tree)
{
	static const char field[] = "EXTRAVERSION";
	char path[PATH_MAX + 16], line[256];
	bool candidate = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/Makefile", tree);
	file = fopen(path, "re");
	for (int i = 0; file && i < 20 && fgets(line, sizeof(line), file); i++) {
		const char *value = line + strlen(field);

		if (strncmp(line, field, strlen(field)) != 0)
			continue;
		value += strspn(value, " \t=");
		candidate = !strncmp(value, "-rc", 3);
	}
	if (file)
		fclose(file);
	return candidate;
}

/* Once per process: which is the newest is asked often. */
static void tell_passed_over(const char *path, const char *why)
{
	static char told[PATH_MAX];

	if (strcmp(told, path) != 0)
		fprintf(stderr, "memblock-bench: variant linux: '%s' is passed over: %s\n", path,
			why);
	snprintf(told, sizeof(told), "%s", path);
}

/* A kernel's tree, that may be a yardstick. */
static bool is_tree(const char *path)
{
	char core[PATH_MAX + 32], target[PATH_MAX], why[PATH_MAX + 64];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	snprintf(core, sizeof(core), "%s/mm/memblock.c", path);
	if (is_there(core)) {
		if (!is_candidate(path))
			return true;
		tell_passed_over(path, "it is a release candidate; linux:src=DIR compares with it");
	} else if (length > 0) {
		snprintf(why, sizeof(why), "it leads to '%.*s', where no kernel tree is",
			 (int)length, target);
		tell_passed_over(path, why);
	}
	return false;
}

/* The release in the name of a file of ours; 0: it is none. What follows is "", ".tar.xz" or "_7.3.4-1". */
static uint32_t release_of(const char *name)
{
	unsigned long major, minor;
	char *end;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	name += strlen(PREFIX);
	if (*name < '0' || *name > '9')
		return 0;
	major = strtoul(name, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9' || major > 999)
		return 0;
	minor = strtoul(end + 1, &end, 10);
	return minor <= 999 && (!*end || *end == '.' || *end == '_') ? RELEASE(major, minor) : 0;
}

/* Of a release, as a package installs it. */
static bool find_installed(uint32_t release, char source[PATH_MAX])
{
	static const char *const forms[] = { "", ".tar.xz", ".tar.gz", ".tar.bz2", ".tar.zst" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(source, PATH_MAX, INSTALLED "/" PREFIX "%u.%u%s", release >> 16,
			 release & 0xffff, forms[i]);
		if (*forms[i] ? is_tarball(source) : is_tree(source))
			return true;
	}
	return false;
}

/* A tree of the user's, by its name; else it was fetched. */
static bool is_given(const char *name)
{
	return !strcmp(strchr(name, '_'), "_tree");
}

/* The path of an entry of the cache's folder; false: there is no source in it. */
static bool entry_path(const char *folder, const char *name, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);
	uint32_t release = release_of(name);

	if (n < 0 || n >= PATH_MAX)
		return false;
	if (is_given(name))
		return is_tree(path);
	n = snprintf(path, PATH_MAX, "%s/%s/" PREFIX "%u.%u.tar.xz", folder, name, release >> 16,
		     release & 0xffff);
	return n > 0 && n < PATH_MAX && is_tarball(path);
}

/* The place of a character in Debian's order of versions: a tilde is before the end, and that before all else. */
static int order_of(char c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

	if (!c || (c >= '0' && c <= '9'))
		return 0;
	return c == '~' ? -1 : letter ? c : (unsigned char)c + 256;
}

/* Two versions in Debian's order (Policy, 5.6.12), below, 0 or above 0: what is no number and numbers alternate. */
static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long m, n;
		char *end;

		for (; order_of(*a) || order_of(*b); a += !!order_of(*a), b += !!order_of(*b)) {
			if (order_of(*a) != order_of(*b))
				return order_of(*a) - order_of(*b);
		}
		m = strtoul(a, &end, 10);
		a = end;
		n = strtoul(b, &end, 10);
		b = end;
		if (m != n)
			return m < n ? -1 : 1;
	}
	return 0;
}

/* Which of two entries of one release is taken: the user's tree, else the newer version. */
static bool is_before(const char *name, const char *other)
{
	bool given = is_given(name);

	return given != is_given(other) ? given : compare_versions(name, other) > 0;
}

/* Of a release, in the cache. */
static bool find_cached(const char *cache, uint32_t release, char source[PATH_MAX])
{
	char folder[PATH_MAX], path[PATH_MAX], best[NAME_MAX + 1] = "";
	const struct dirent *entry;
	DIR *dir;

	if (snprintf(folder, sizeof(folder), "%s/sources", cache) >= (int)sizeof(folder))
		return false;
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (release_of(entry->d_name) != release || !strchr(entry->d_name, '_') ||
		    (*best && !is_before(entry->d_name, best)) ||
		    !entry_path(folder, entry->d_name, path))
			continue;
		snprintf(best, sizeof(best), "%s", entry->d_name);
		memcpy(source, path, sizeof(path));
	}
	if (dir)
		closedir(dir);
	return *best;
}

static bool find_release(const char *cache, uint32_t release, char source[PATH_MAX])
{
	return find_installed(release, source) || find_cached(cache, release, source);
}

/* The highest release below @limit that a folder has an entry of; 0: none. */
static uint32_t highest_in(const char *folder, uint32_t limit)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	uint32_t highest = 0;

	while (dir && (entry = readdir(dir))) {
		uint32_t release = release_of(entry->d_name);

		if (release > highest && release < limit)
			highest = release;
	}
	if (dir)
		closedir(dir);
	return highest;
}

static bool find_newest(const char *cache, char source[PATH_MAX])
{
	uint32_t limit = UINT32_MAX;
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%s/sources", cache) >= (int)sizeof(folder))
		*folder = 0;
	do {
		uint32_t installed = highest_in(INSTALLED, limit);
		uint32_t cached = highest_in(folder, limit);

		limit = installed > cached ? installed : cached;
	} while (limit && !find_release(cache, limit, source));
	return limit;
}

bool mb_linux_is_newer(const char *source)
{
	const char *name = strrchr(source, '/');

	return release_of(name ? name + 1 : source) > RELEASE(6, 12);
}

int mb_linux_source(const struct mb_variant_spec *spec, const char *profile, const char *cache,
		    char source[PATH_MAX], char *error, size_t error_size)
{
	uint32_t wanted = spec->params[MB_LINUX_VERSION];
	bool any = wanted == MB_LINUX_NEWEST ||
		   (wanted == MB_LINUX_AUTO && !strcmp(profile, "new"));

	if (*spec->src) {
		snprintf(source, PATH_MAX, "%s", spec->src);
		if (is_there(source))
			return 0;
		snprintf(error, error_size, "variant linux: no kernel tree at '%s'", spec->src);
		return -ENOENT;
	}
	if (any && find_newest(cache, source))
		return 0;
	if (any || wanted == MB_LINUX_AUTO)
		wanted = strcmp(profile, "6.1") ? RELEASE(6, 12) : RELEASE(6, 1);
	if (find_release(cache, wanted, source))
		return 0;
	snprintf(error, error_size,
		 "variant linux: no source of kernel %u.%u; install it with: apt install "
		 "linux-source-%u.%u (or fetch it: workloads/capture/newest.py --fetch "
		 "--release=%u.%u; or give a tree with linux:src=DIR)",
		 wanted >> 16, wanted & 0xffff, wanted >> 16, wanted & 0xffff, wanted >> 16,
		 wanted & 0xffff);
	return -ENOENT;
}
