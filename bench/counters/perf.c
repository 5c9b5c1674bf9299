/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf.c - perf_event_open(2): files, their pages, nothing of what they mean.
 *
 * Read in user space only where the page offers both the counter (cap_user_rdpmc) and the time since it
 * was written (cap_user_time): without the latter the page's times stand still while a counter runs, and
 * "ran all the time" could not be told from "did not run". In practice that is x86.
 */
#define _GNU_SOURCE /* syscall */
#include "counters/perf_impl.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#define USER_READ 1
#else
#define USER_READ 0
#endif

bool counter_is_software(const struct counter_encoding *encoding)
{
	return encoding->type == PERF_TYPE_SOFTWARE || encoding->type == PERF_TYPE_TRACEPOINT;
}

bool counter_is_in_kernel(const struct counter_encoding *encoding)
{
	if (encoding->type == PERF_TYPE_SOFTWARE)
		return encoding->config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
		       encoding->config == PERF_COUNT_SW_CPU_MIGRATIONS;
	return encoding->type == PERF_TYPE_TRACEPOINT;
}

static int open_event(const struct counter_encoding *encoding, bool count_kernel, int group_fd)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = encoding->type,
		.config = encoding->config,
		.config1 = encoding->config1,
		.config2 = encoding->config2,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = group_fd < 0, /* the leader decides for all */
		.exclude_kernel = !count_kernel,
		.exclude_hv = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int identify(int fd, uint64_t *id)
{
	return ioctl(fd, PERF_EVENT_IOC_ID, id) ? -errno : 0;
}

static int enable(int leader_fd, bool on)
{
	unsigned long request = on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;

	return ioctl(leader_fd, request, PERF_IOC_FLAG_GROUP) ? -errno : 0;
}

static ssize_t read_group(int fd, void *buffer, size_t size)
{
	ssize_t n = read(fd, buffer, size);

	return n < 0 ? -errno : n;
}

static void close_event(int fd)
{
	close(fd);
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void unmap_page(void *page)
{
	munmap(page, page_size());
}

static void *map_page(int fd)
{
	void *at = USER_READ ? mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	const struct perf_event_mmap_page *page = at;

	if (at == MAP_FAILED)
		return NULL;
	if (page->cap_user_rdpmc && page->cap_user_time)
		return at;
	unmap_page(at);
	return NULL;
}

#if USER_READ
/*
 * The kernel writes the page under a sequence lock whenever the event is moved. The counter itself is
 * pmc_width bits wide and signed, relative to `offset`.
 */
static bool read_page(const void *at, uint64_t *value, uint64_t *enabled, uint64_t *running)
{
	const volatile struct perf_event_mmap_page *page = at;
	uint32_t sequence;

	do {
		uint64_t cycles, quotient, remainder, since;
		uint32_t index, shift;
		int64_t count;

		sequence = page->lock;
		__asm__ volatile("" ::: "memory");
		index = page->index;
		if (!index) /* not on a counter now */
			return false;
		*enabled = page->time_enabled;
		*running = page->time_running;
		__asm__ volatile("lfence" ::: "memory");
		count = (int64_t)(__rdpmc((int)index - 1) << (64 - page->pmc_width));
		cycles = __rdtsc();
		__asm__ volatile("lfence" ::: "memory");
		*value = (uint64_t)(page->offset + (count >> (64 - page->pmc_width)));
		shift = page->time_shift;
		quotient = cycles >> shift;
		remainder = cycles & ((UINT64_C(1) << shift) - 1);
		since = page->time_offset + quotient * page->time_mult +
			((remainder * page->time_mult) >> shift);
		*enabled += since;
		*running += since;
		__asm__ volatile("" ::: "memory");
	} while (page->lock != sequence);
	return true;
}
#else
static bool read_page(const void *page, uint64_t *value, uint64_t *enabled, uint64_t *running)
{
	(void)page;
	(void)value;
	(void)enabled;
	(void)running;
	return false;
}
#endif

struct counter_kernel counter_kernel = {
	.open = open_event,
	.identify = identify,
	.enable = enable,
	.read = read_group,
	.close = close_event,
	.map = map_page,
	.unmap = unmap_page,
	.read_page = read_page,
	.probe = counters_run_probe,
};
