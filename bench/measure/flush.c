/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flush.c - clflush of x86, dc civac of aarch64 (flush.h). */
#define _GNU_SOURCE /* dl_iterate_phdr() */
#include "measure/flush.h"

#include <link.h>
#include <stdint.h>

#define LINE 64u /* of x86; of aarch64 it is at least as long, but for some small ones */

#if defined(__x86_64__)
#define FLUSH(at) __asm__ volatile("clflush (%0)" ::"r"(at) : "memory")
#define WAIT() __asm__ volatile("mfence" ::: "memory")
#define WORKS true
#elif defined(__aarch64__)
#define FLUSH(at) __asm__ volatile("dc civac, %0" ::"r"(at) : "memory")
#define WAIT() __asm__ volatile("dsb ish" ::: "memory")
#define WORKS true
#else
#define FLUSH(at) (void)(at)
#define WAIT() (void)0
#define WORKS false
#endif

bool bench_flush_works(void)
{
	return WORKS;
}

void bench_flush(const void *at, size_t bytes)
{
	uintptr_t first = (uintptr_t)at & ~(uintptr_t)(LINE - 1), end = (uintptr_t)at + bytes;

	for (; first < end; first += LINE)
		FLUSH(first);
	WAIT();
}

static bool is_loaded(const ElfW(Phdr) * part)
{
	return part->p_type == PT_LOAD && (part->p_flags & PF_R);
}

static int flush_if_inside(struct dl_phdr_info *object, size_t size, void *inside)
{
	bool found = false;

	(void)size;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		found |= is_loaded(part) &&
			 (uintptr_t)inside - (object->dlpi_addr + part->p_vaddr) < part->p_memsz;
	}
	for (unsigned i = 0; i < object->dlpi_phnum && found; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (is_loaded(part))
			bench_flush((const void *)(object->dlpi_addr + part->p_vaddr),
				    part->p_memsz);
	}
	return found;
}

void bench_flush_object(const void *inside)
{
	dl_iterate_phdr(flush_if_inside, (void *)(uintptr_t)inside);
}
