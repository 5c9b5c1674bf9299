/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover_init.c - the first program of the first kernel of a handover: preserves memory and starts the second.
 *
 *     /init size=BYTES files=N runs=PAGES page=BYTES...
 *
 * size bytes in that many memory files are handed to the live update orchestrator, the n-th file of pages
 * of the n-th size, round and round. With runs, free memory is broken up first: one page in use after each
 * that many free ones, so that no run of preserved pages is longer. What is in use there is given back
 * before the second kernel, /kernel with /ramdisk, is loaded.
 *
 * Success is a line "handover: starting the second kernel" and a jump into it; anything else a line
 * "handover: cannot ..." and a machine that is off. handover.py compiles and packs this.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* The kernel's interface for live updates, of which the headers here may know nothing yet. */
struct create_session {
	uint32_t size;
	int32_t fd;
	uint8_t name[64];
};

struct preserve_fd {
	uint32_t size;
	int32_t fd;
	uint64_t token __attribute__((aligned(8)));
};

#define CREATE_SESSION _IO(0xba, 0x00)
#define PRESERVE_FD _IO(0xba, 0x40)

#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load 294
#endif

enum {
	PAGE = 4096,
	FILES_MAX = 64,
	SIZES_MAX = 8,
	COMMAND_LINE_MAX = 4096,
};

static struct {
	uint64_t size, files, runs;
	uint64_t pages[SIZES_MAX];
	unsigned page_count;
} wanted = { .files = 1 };

static _Noreturn void fail(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	printf("handover: cannot ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf(": %s\n", strerror(error));
	fflush(stdout);
	sync();
	reboot(RB_AUTOBOOT); /* QEMU is told to end instead */
	for (;;)
		pause();
}

/* A kernel also hands on what it does not know itself, nokaslr for one. */
static void parse(const char *word)
{
	const char *value = strchr(word, '=');
	uint64_t number = value ? strtoull(value + 1, NULL, 0) : 0;

	if (!strncmp(word, "size=", 5))
		wanted.size = number;
	else if (!strncmp(word, "files=", 6))
		wanted.files = number;
	else if (!strncmp(word, "runs=", 5))
		wanted.runs = number;
	else if (!strncmp(word, "page=", 5) && wanted.page_count < SIZES_MAX)
		wanted.pages[wanted.page_count++] = number;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail("write '%s' to %s", text, path);
	close(fd);
}

/* ---- memory ------------------------------------------------------------------------------------ */

static int memory_file(const char *name, uint64_t size)
{
	int fd = memfd_create(name, 0);

	if (fd < 0 || ftruncate(fd, (off_t)size) || fallocate(fd, 0, 0, (off_t)size))
		fail("allocate %llu bytes", (unsigned long long)size);
	return fd;
}

/* A file with holes. Its pages come out of large blocks, one after the other, so that what lies beside each
 * other in the file does so in memory; and the holes are what is allocated next, for they are the smallest
 * free blocks there are. */
static int break_up(uint64_t run, uint64_t needed)
{
	uint64_t step = (run + 1) * PAGE, holes = (needed / PAGE + run - 1) / run;
	struct sysinfo info;
	int fd;

	errno = ENOMEM;
	if (sysinfo(&info) || holes * step > (uint64_t)info.freeram * info.mem_unit / 2)
		fail("break up memory: half of it is less than %llu bytes",
		     (unsigned long long)(holes * step));
	fd = memory_file("between", holes * step);
	for (uint64_t i = 0; i < holes; i++)
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(i * step),
			      (off_t)(run * PAGE)))
			fail("break up memory");
	return fd;
}

static void preserve(int session, unsigned number, uint64_t size)
{
	uint64_t page = wanted.pages[number % wanted.page_count];
	struct preserve_fd request = { .size = sizeof(request), .token = number + 1 };

	write_text("/sys/kernel/mm/transparent_hugepage/shmem_enabled",
		   page > PAGE ? "force" : "never");
	size = (size + page - 1) / page * page;
	request.fd = memory_file("preserved", size);
	if (ioctl(session, PRESERVE_FD, &request))
		fail("preserve a memory file of %llu bytes", (unsigned long long)size);
}

static void preserve_all(void)
{
	struct create_session request = { .size = sizeof(request), .name = "memblock-bench" };
	int fd = open("/dev/liveupdate", O_RDWR), between = -1;

	if (fd < 0 || ioctl(fd, CREATE_SESSION, &request))
		fail("begin a live update; it needs LIVEUPDATE, kho=on and liveupdate=on");
	if (wanted.runs)
		between = break_up(wanted.runs, wanted.size + wanted.size / 8);
	for (unsigned i = 0; i < wanted.files; i++)
		preserve(request.fd, i, wanted.size / wanted.files);
	if (between >= 0)
		close(between);
}

/* ---- the second kernel ------------------------------------------------------------------------- */

/* Ours, up to the words that are for this program. */
static void command_line(char *text)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, COMMAND_LINE_MAX - 1);
	char *end;

	if (length < 0)
		fail("read the command line");
	text[length] = 0;
	end = strstr(text, " -- ");
	if (!end)
		end = strchr(text, '\n');
	if (end)
		*end = 0;
	close(fd);
}

int main(int argc, char **argv)
{
	char text[COMMAND_LINE_MAX];
	int kernel, ramdisk;

	if (getpid() != 1) {
		fprintf(stderr,
			"handover: this is the first program of a kernel, and turns it off\n");
		return 2;
	}
	mount("none", "/dev", "devtmpfs", 0, "");
	mount("none", "/proc", "proc", 0, "");
	mount("none", "/sys", "sysfs", 0, "");
	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	errno = EINVAL;
	if (!wanted.size || !wanted.files || wanted.files > FILES_MAX || !wanted.page_count)
		fail("preserve nothing, or in more than %d files", FILES_MAX);
	preserve_all();
	command_line(text);
	kernel = open("/kernel", O_RDONLY);
	ramdisk = open("/ramdisk", O_RDONLY);
	if (kernel < 0 || ramdisk < 0)
		fail("find the second kernel");
	if (syscall(SYS_kexec_file_load, kernel, ramdisk, strlen(text) + 1, text, 0UL))
		fail("load the second kernel");
	printf("handover: starting the second kernel\n");
	fflush(stdout);
	reboot(RB_KEXEC);
	fail("start the second kernel");
}
