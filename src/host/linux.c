/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.c - the variant `linux`: mm/memblock.c itself, found, built and loaded.
 *
 *     linux                   the source of the machine's profile: 6.1, 6.12, or for `new` the newest
 *     linux:version=6.1       that, whatever the profile; linux_source.c knows where it is
 *     linux:version=newest    that with the highest number
 *     linux:src=DIR           any tree from 6.1 on
 *     linux:with=STEP+STEP    with steps of ours in it (variants/linux/steps)
 *
 * variants/linux/build.sh makes one shared object per tree, configuration and flag set, and keeps it
 * in a cache of the user (object_cache.c). An object holds its state in its own file-scope data, which its adapter
 * swaps between the instances that it serves; so an object is loaded once and stays, and the list of
 * loaded ones below is the only thing here that belongs to the process. Objects do not see each
 * other's symbols.
 *
 * What the machine decides is compiled in, as in a kernel: width of addresses, page size, NUMA and the
 * number of nodes, cache line, static slots, physmem, keep-memblock, scratch memory, deferred initialisation.
 */
#define _GNU_SOURCE /* dl_iterate_phdr(), memfd_create(), pipe2() */
#include "host/linux_impl.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "host/object_cache.h"
#include "variants/linux/object.h"

extern char **environ;

const struct mb_param mb_linux_params[] = {
	{ "init", MB_PARAM_UINT, 0, 1 << 20, 0, NULL,
	  "static slots of memory and reserved; 0: what the machine says (4 or more)" },
	{ "growth", MB_PARAM_RATIO, 200, 200, 200, NULL, "the kernel doubles" },
	{ "version", MB_PARAM_RELEASE, MB_LINUX_AUTO, MB_LINUX_NEWEST, MB_LINUX_AUTO, "auto|newest",
	  "which kernel's source, X.Y; auto: that of the profile. src=DIR instead: a kernel tree" },
	{ "compiler", MB_PARAM_CHOICE, 0, 2, 0, "auto|gcc|clang",
	  "of the object; auto: the program's own. The flags of a kernel build go with that one only" },
	{ "with", MB_PARAM_SET, 0, 0, 0,
	  "none"
#define MB_STEP(name, text) "|" #name
#include "variants/linux/steps/steps.def"
#undef MB_STEP
	  "|all",
	  "steps of ours in its file, joined by +; 'list steps' says what they are" },
	{ .name = NULL },
};

/* ---- what is needed ---------------------------------------------------------------------------- */

/* The directory that holds variants/linux, src/core/kmem.c and include: installed, or the source tree. */
static bool find_root(char root[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char path[PATH_MAX + 64];
	char *slash;

	if (length > 0) {
		program[length] = 0;
		slash = strrchr(program, '/');
		if (slash)
			*slash = 0;
		snprintf(path, sizeof(path), "%s/../share/memblock-bench/variants/linux/build.sh",
			 program);
		if (!access(path, R_OK)) {
			snprintf(path, sizeof(path), "%s/../share/memblock-bench", program);
			return realpath(path, root);
		}
	}
	for (int i = 0; i < 2; i++) {
		snprintf(root, PATH_MAX, "%s", i ? MB_DATA_DIR : MB_SOURCE_DIR);
		snprintf(path, sizeof(path), "%s/variants/linux/build.sh", root);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

static bool on_path(const char *program)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(program, '/'))
		return !access(program, X_OK);
	while (at && *at) {
		size_t length = strcspn(at, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)length, at, program);
		if (!access(path, X_OK))
			return true;
		at += length + (at[length] == ':');
	}
	return false;
}

/* The compiler of the program, or what the user has; or the one that is asked for. NULL: there is none. */
static const char *find_compiler(const struct mb_variant_spec *spec)
{
	static const char *const named[] = { NULL, "gcc", "clang" };
	const char *asked = named[spec->params[MB_LINUX_COMPILER]];

	if (asked)
		return on_path(asked) ? asked : NULL;
	return on_path(MB_CC) ? MB_CC : on_path("cc") ? "cc" : on_path("gcc") ? "gcc" : NULL;
}

/* The user's cache, where fetched sources are; where there is none that may be used, a path to nothing. */
static void find_cache(char path[PATH_MAX])
{
	if (!mb_object_cache_find(path))
		snprintf(path, PATH_MAX, "/dev/null");
}

int mb_linux_check(const struct mb_variant_spec *spec, char *error, size_t error_size)
{
	static const char *const profiles[] = { "new", "6.1", "6.12" };
	char path[PATH_MAX], cache[PATH_MAX];

	if (!find_root(path)) {
		snprintf(error, error_size,
			 "variant linux: its adapter is not installed at '%s/variants/linux'",
			 MB_DATA_DIR);
		return -ENOENT;
	}
	if (!find_compiler(spec)) {
		snprintf(error, error_size,
			 "variant linux: no C compiler; install it with: apt install %s",
			 spec->params[MB_LINUX_COMPILER] == MB_LINUX_CLANG ? "clang" : "gcc");
		return -ENOENT;
	}
	find_cache(cache);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (!mb_linux_source(spec, profiles[i], cache, path, error, error_size))
			return 0;
	if (!*spec->src && !spec->params[MB_LINUX_VERSION])
		snprintf(error, error_size,
			 "variant linux: no kernel source; install it with: apt install "
			 "linux-source-6.12 linux-source-6.1 (or give a tree with linux:src=DIR)");
	return -ENOENT;
}

const char *mb_linux_lacks(const struct mb_variant_spec *spec, const struct mb_profile *profile)
{
	uint32_t version = spec->params[MB_LINUX_VERSION];
	bool is_new = !profile || !strcmp(profile->name, "new");
	char source[PATH_MAX], cache[PATH_MAX], unused[768];

	if (*spec->src || !is_new || (version != MB_LINUX_AUTO && version != MB_LINUX_NEWEST))
		return NULL;
	find_cache(cache);
	if (mb_linux_source(spec, "new", cache, source, unused, sizeof(unused)) ||
	    mb_linux_is_newer(source))
		return NULL;
	return "no source of kernels newer than 6.12; fetch it: workloads/capture/newest.py --fetch, "
	       "or name a tree: workloads/capture/newest.py --tree=DIR";
}

/* ---- building ---------------------------------------------------------------------------------- */

/* The last line of what is in @fd. */
static void read_last_line(int fd, char *line, size_t size)
{
	off_t end = lseek(fd, 0, SEEK_END), room = (off_t)size - 1;
	ssize_t n = pread(fd, line, size - 1, end > room ? end - room : 0);
	char *newline;

	if (n < 0)
		n = 0;
	while (n && line[n - 1] == '\n')
		n--;
	line[n] = 0;
	newline = strrchr(line, '\n');
	if (newline)
		memmove(line, newline + 1, strlen(newline + 1) + 1);
}

/* build.sh waits for another program, and says so in a first line; so it is told, and dropped. What is left. */
static size_t tell_waiting(char *out, size_t used)
{
	static const char mark[] = "linux: waiting ";
	const char *end = memchr(out, '\n', used);
	size_t length = end ? (size_t)(end + 1 - out) : 0;

	if (length < sizeof(mark) || memcmp(out, mark, sizeof(mark) - 1) != 0)
		return used;
	fprintf(stderr, "memblock-bench: variant %.*s", (int)length, out);
	memmove(out, end + 1, used - length);
	return used - length;
}

/* Start @argv and read what it prints into @out; errors go to @errors. Its wait status, or -errno. */
static int run_and_read(char *const *argv, int errors, char *out, size_t size)
{
	posix_spawn_file_actions_t actions;
	size_t used = 0;
	int fds[2], status, rc;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (rc) {
		close(fds[0]);
		return -rc;
	}
	while (used + 1 < size) {
		n = read(fds[0], out + used, size - 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used = tell_waiting(out, used + (size_t)n);
	}
	close(fds[0]);
	while (used && out[used - 1] == '\n')
		used--;
	out[used] = 0;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return status;
}

/*
 * Run @argv; what it prints goes to @out, and the last line of its errors to @error. Its exit status
 * (128 and the signal that ended it, as a shell says it), or -errno.
 */
static int run_for_text(char *const *argv, char *out, size_t size, char *error, size_t error_size)
{
	int errors = memfd_create("errors", MFD_CLOEXEC), status;

	if (errors < 0)
		return -errno;
	status = run_and_read(argv, errors, out, size);
	read_last_line(errors, error, error_size);
	close(errors);
	if (status < 0)
		return status;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* INIT_PHYSMEM_REGIONS: memblock.c defines it itself. */
enum { KERNEL_PHYSMEM_SLOTS = 4 };

static unsigned log2_of(uint64_t x)
{
	return 63 - (unsigned)__builtin_clzll(x);
}

/* What an object is asked for with. */
struct request {
	char text[4 * PATH_MAX + 1024]; /* the arguments of build.sh, each with a final 0 */
	size_t used;
	char *argv[32]; /* [AGAIN] and [CACHE] are set when it runs */
	unsigned argc;
};

enum { AGAIN = 2, CACHE = 6 };

static __attribute__((format(printf, 2, 3))) void add_argument(struct request *r, const char *fmt,
							       ...)
{
	size_t room = sizeof(r->text) - r->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->text + r->used, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) /* names a file that is not there */
		n = (int)room - 1;
	r->argv[r->argc++] = r->text + r->used;
	r->used += (size_t)n + 1;
}

/* The steps of @spec joined by '+'; all of them as one word, or by name. Until the next call. */
static const char *steps_of(const struct mb_variant_spec *spec, bool in_short)
{
	static char text[256];
	const struct mb_param *with = &mb_linux_params[MB_LINUX_WITH];

	mb_param_text(with, spec->params[MB_LINUX_WITH], text, sizeof(text));
	if (!in_short && !strcmp(text, "all")) {
		*text = 0;
#define MB_STEP(name, what) strcat(strcat(text, *text ? "+" : ""), #name);
#include "variants/linux/steps/steps.def"
#undef MB_STEP
	}
	return text;
}

/* The command that makes the object of @spec for machine @m. */
static int make_request(const struct mb_variant_spec *spec, const struct mb_machine *m,
			struct request *r, char *error, size_t error_size)
{
	bool kflags = spec->build == MB_KFLAGS || spec->build == MB_KFLAGS_COUNTED;
	const char *profile = m->profile ? m->profile->name : "6.12";
	uint32_t init = spec->params[MB_PARAM_INIT];
	unsigned memory = init ? init : m->memory_slots ? m->memory_slots : 128;
	unsigned reserved = init ? init : m->reserved_slots ? m->reserved_slots : 128;
	unsigned nodes = m->max_numnodes ? m->max_numnodes : 1024;
	char root[PATH_MAX], source[PATH_MAX], cache[PATH_MAX];
	const char *compiler = find_compiler(spec);
	bool other = spec->params[MB_LINUX_COMPILER] &&
		     (spec->params[MB_LINUX_COMPILER] == MB_LINUX_CLANG) !=
			     !!strstr(MB_COMPILER_ID, "Clang");
	int rc;

	memset(r, 0, sizeof(*r));
	if (!find_root(root) || !compiler) {
		mb_linux_check(spec, error, error_size);
		return -ENOENT;
	}
	if (other && kflags) {
		snprintf(
			error, error_size,
			"variant linux: compiler=%s: the flags of a kernel build are known for %s, "
			"which made this program",
			compiler, MB_COMPILER_ID);
		return -EINVAL;
	}
	find_cache(cache);
	rc = mb_linux_source(spec, profile, cache, source, error, error_size);
	if (rc)
		return rc;
	if (nodes & (nodes - 1)) {
		snprintf(error, error_size,
			 "variant linux: %u nodes; a kernel has a power of two of them", nodes);
		return -EINVAL;
	}
	if (m->physmem && m->physmem_slots && m->physmem_slots != KERNEL_PHYSMEM_SLOTS) {
		snprintf(
			error, error_size,
			"variant linux: %u slots of physmem; a kernel has %d, whatever it is built for",
			m->physmem_slots, KERNEL_PHYSMEM_SLOTS);
		return -EINVAL;
	}
	add_argument(r, "/bin/sh");
	add_argument(r, "%s/variants/linux/build.sh", root);
	r->argc = AGAIN + 1;
	add_argument(r, "%s", source);
	add_argument(r, "%s/include", root);
	add_argument(r, "%s/src/core", root);
	r->argc = CACHE + 1;
	add_argument(r, "%s", compiler);
	add_argument(r, "%s", kflags ? MB_FLAGS_KFLAGS : MB_FLAGS_O2);
	if (!m->no_kho_scratch)
		add_argument(r, "-DCONFIG_MEMBLOCK_KHO_SCRATCH");
	if (!m->no_deferred_init)
		add_argument(r, "-DCONFIG_DEFERRED_STRUCT_PAGE_INIT");
	add_argument(r, "-DMBL_CACHE_LINE=%u", m->cache_line ? m->cache_line : 64);
	add_argument(r, "-DMBL_PAGE_SHIFT=%u", log2_of(m->page_size ? m->page_size : 4096));
	add_argument(r, "-DINIT_MEMBLOCK_MEMORY_REGIONS=%u", memory);
	add_argument(r, "-DINIT_MEMBLOCK_RESERVED_REGIONS=%u", reserved);
	if (!m->no_numa) {
		add_argument(r, "-DCONFIG_NUMA");
		add_argument(r, "-DCONFIG_NODES_SHIFT=%u", log2_of(nodes));
	}
	if (m->addr_bits != 32)
		add_argument(r, "-DCONFIG_PHYS_ADDR_T_64BIT");
	if (m->physmem)
		add_argument(r, "-DCONFIG_HAVE_MEMBLOCK_PHYS_MAP");
	if (m->max_page_order)
		add_argument(r, "-DMBL_MAX_PAGE_ORDER=%u", m->max_page_order);
	if (m->keep_memblock)
		add_argument(r, "-DCONFIG_ARCH_KEEP_MEMBLOCK");
	if (m->highmem)
		add_argument(r, "-DCONFIG_HIGHMEM");
	if (spec->params[MB_LINUX_WITH])
		add_argument(r, "-DMBL_WITH=%s", steps_of(spec, false));
	return 0;
}

/* Build or find the object; its name in the cache in @name. */
static int build(struct request *r, struct mb_object_cache *cache, char *name, size_t size,
		 char *error, size_t error_size)
{
	char said[3 * PATH_MAX] = ""; /* by build.sh "linux: ...", or by a program that it ran */
	int rc;

	r->argv[CACHE] = cache->path;
	rc = run_for_text(r->argv, name, size, said, sizeof(said));
	if (!rc)
		return 0;
	if (rc < 0)
		snprintf(error, error_size, "variant linux: cannot run %s: %s", r->argv[0],
			 strerror(-rc));
	else if (rc > 128)
		snprintf(error, error_size, "variant linux: building it was interrupted");
	else if (!strncmp(said, "linux: ", 7))
		snprintf(error, error_size, "variant %.700s", said);
	else
		snprintf(error, error_size, "variant linux: cannot be built: %.600s",
			 *said ? said : "nothing is said about why");
	return rc == 3 ? -ENOENT : -EINVAL;
}

/* ---- loading ----------------------------------------------------------------------------------- */

/* An object in use, and what it was asked for with. */
struct loaded {
	struct loaded *next;
	const struct mb_linux_object *object;
	char label[MB_VARIANT_LABEL];
	char file[PATH_MAX + NAME_MAX + 1];
	size_t key_size;
	char key[];
};

static struct loaded *objects;

/* The writable data of the object that holds an address: the segment behind its read-only part. */
struct data_search {
	uintptr_t inside, start, end;
};

static int find_data(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct data_search *search = ctx;
	uintptr_t start = 0, end = 0, relro_end = 0;
	bool mine = false;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + p->p_vaddr, to = from + p->p_memsz;

		if (p->p_type == PT_LOAD && search->inside >= from && search->inside < to)
			mine = true;
		if (p->p_type == PT_LOAD && (p->p_flags & PF_W)) {
			start = from;
			end = to;
		}
		if (p->p_type == PT_GNU_RELRO)
			relro_end = to;
	}
	if (!mine)
		return 0;
	search->start = relro_end > start ? relro_end : start;
	search->end = end;
	return 1;
}

/* The object's name, linux-X.Y.Z-DIGEST-CONFIGURATION.so, as linux:X.Y-DIGEST: a point release that leaves
 * memblock's text alone is no other kernel. A release candidate, X.Y.0~rc3, is linux:X.Y~rc3-DIGEST. */
static void label_of(const char *name, char label[MB_VARIANT_LABEL])
{
	const char *version = name + strlen("linux-"), *end = strrchr(name, '-');
	size_t length = strcspn(version, "-"), release = strcspn(version, ".");
	size_t candidate = strcspn(version, "~");

	release += strcspn(version + release + (version[release] == '.'), ".-~") +
		   (version[release] == '.');
	if (release > length)
		release = length;
	if (candidate > length)
		candidate = length;
	snprintf(label, MB_VARIANT_LABEL, "linux:%.*s%.*s", (int)release, version,
		 end > version + candidate ? (int)(end - version - candidate) : 0,
		 version + candidate);
}

/* An object as the dynamic linker has it. */
struct opened {
	int fd;
	void *handle;
	uintptr_t entry; /* mb_linux_open_fn */
};

static void close_object(struct opened *o)
{
	if (o->handle)
		dlclose(o->handle);
	o->handle = NULL;
	close(o->fd);
}

/*
 * The object @name; without a handle and with a sentence if it cannot be loaded. What is loaded
 * is what was checked: the descriptor. It stays open, because the linker knows what it has loaded by that
 * name: with the same number a second object would be the first.
 */
static void open_object(const struct mb_object_cache *cache, const char *name, struct opened *o,
			char *error, size_t error_size)
{
	char path[32];

	o->fd = mb_object_open(cache, name, error, error_size);
	if (o->fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	o->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	o->entry = o->handle ? (uintptr_t)dlsym(o->handle, MB_LINUX_OPEN) : 0;
	if (o->entry)
		return;
	snprintf(error, error_size, "'%.500s/%.100s': %s", cache->path, name, dlerror());
	close_object(o);
}

/* Its entry, for as long as the program runs; NULL with a sentence. */
static struct loaded *load(const struct request *r, struct opened *o,
			   const struct mb_object_cache *cache, const char *name, char *error,
			   size_t error_size)
{
	struct mb_linux_services services = {
		.mb_bytes = sizeof(struct mb),
		.warn = mb_warn,
		.bug = mb_bug,
		.log = mb_log,
		.free_area = mb_free_reserved_area,
	};
	struct data_search search = { .inside = o->entry };
	struct loaded *l;

	dl_iterate_phdr(find_data, &search);
	services.data = (void *)search.start;
	services.data_bytes = search.end - search.start;
	services.pristine = malloc(services.data_bytes);
	l = malloc(sizeof(*l) + r->used);
	if (!services.pristine || !l) {
		free(services.pristine);
		free(l);
		close_object(o);
		snprintf(error, error_size, "variant linux: out of memory");
		return NULL;
	}
	memcpy(l->key, r->text, r->used);
	l->key_size = r->used;
	label_of(name, l->label);
	snprintf(l->file, sizeof(l->file), "%s/%.*s", cache->path, NAME_MAX, name);
	l->object = ((mb_linux_open_fn *)o->entry)(&services);
	if (!l->object) {
		free(services.pristine);
		free(l);
		close_object(o);
		snprintf(
			error, error_size,
			"variant linux: its headers are not those of this program; build or install it again");
		return NULL;
	}
	l->next = objects;
	objects = l;
	return l;
}

/* Are all switches set alike? They stand behind name and mark, one bool after the other. */
static bool behaves_as(const struct mb_profile *found, const struct mb_profile *profile)
{
	const size_t from = offsetof(struct mb_profile, empty_has_dummy);
	const size_t end = offsetof(struct mb_profile, reserve_mem_reports) + sizeof(bool);

	return !memcmp((const char *)found + from, (const char *)profile + from, end - from);
}

/* The profile that a tree has. One between two profiles, or a vendor's, is a mixture: its own, of which
 * there is one however many objects have it. */
static const struct mb_profile *profile_of(const struct mb_profile *found)
{
	static const char *const names[] = { "6.1", "6.12", "new" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (behaves_as(found, mb_profile_find(names[i])))
			return mb_profile_find(names[i]);
	}
	for (struct loaded *l = objects; l; l = l->next) {
		if (behaves_as(found, l->object->behaviour))
			found = l->object->behaviour;
	}
	return found;
}

/* Find, build, load. What cannot be loaded, whatever it is that is wrong with it, is built again, once. */
static int obtain(struct request *r, struct loaded **loaded, char *error, size_t error_size)
{
	struct mb_object_cache cache;
	char name[PATH_MAX + NAME_MAX]; /* or that the lock is waited for */
	char why[768] = "";
	struct opened o = { 0 };
	int rc = 0;

	if (mb_object_cache_open(&cache, why, sizeof(why))) {
		snprintf(error, error_size, "variant linux: %s", why);
		return -ENOENT;
	}
	for (int again = 0; !rc && !o.handle && again < 2; again++) {
		r->argv[AGAIN] = (char *)(again ? "--again" : "--");
		rc = build(r, &cache, name, sizeof(name), error, error_size);
		if (!rc)
			open_object(&cache, name, &o, why, sizeof(why));
	}
	if (!rc && !o.handle) {
		snprintf(error, error_size, "variant linux: cannot load %s; set XDG_CACHE_HOME",
			 why);
		rc = -ENOENT;
	}
	if (!rc) {
		*loaded = load(r, &o, &cache, name, error, error_size);
		rc = *loaded ? 0 : -EINVAL;
	}
	mb_object_cache_close(&cache);
	r->argv[CACHE] = NULL;
	for (char *c = error; rc && *c; c++) /* a line, whatever folders are called */
		*c = *c == '\n' ? '?' : *c;
	return rc;
}

/* What begins with "linux:" is a kernel as it is; with other slots, or steps, it is another row. */
static void tell_label(const struct mb_variant_spec *spec, const char *plain,
		       char label[MB_VARIANT_LABEL])
{
	char init[24] = "";

	if (spec->params[MB_PARAM_INIT])
		snprintf(init, sizeof(init), "+init=%u", spec->params[MB_PARAM_INIT]);
	snprintf(label, MB_VARIANT_LABEL, "linux%s%s%s%s", init,
		 spec->params[MB_LINUX_WITH] ? "+" : "",
		 spec->params[MB_LINUX_WITH] ? steps_of(spec, true) : "", plain + strlen("linux"));
}

const char *mb_linux_file(const struct mb_ops *ops)
{
	for (struct loaded *l = objects; l; l = l->next) {
		if (l->object->ops == ops)
			return l->file;
	}
	return "";
}

int mb_linux_ops(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		 const struct mb_ops **ops, const struct mb_profile **profile, char *label,
		 char *error, size_t error_size)
{
	static const struct mb_machine defaults;
	struct request request;
	struct loaded *l;
	int rc = make_request(spec, machine ? machine : &defaults, &request, error, error_size);

	if (rc)
		return rc;
	for (l = objects; l; l = l->next)
		if (l->key_size == request.used && !memcmp(l->key, request.text, request.used))
			break;
	if (!l) {
		rc = obtain(&request, &l, error, error_size);
		if (rc)
			return rc;
	}
	if (!l)
		return -EINVAL;
	*ops = l->object->ops;
	*profile = profile_of(l->object->behaviour);
	if (label)
		tell_label(spec, l->label, label);
	return 0;
}
