/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disturb.c - evicting caches, TLB and predictors (disturb.h).
 *
 * Two parts. A buffer of twice the second-level cache is read line by line, in page strides, so
 * each page costs a TLB entry and prefetchers gain nothing: the first two cache levels and the TLBs
 * then hold the buffer. 4096 branches with random outcomes follow, in 48 KiB and more of code: they
 * overwrite the predictor's history and much of its tables, and the instruction cache. What stays is
 * the last-level cache; a boot's metadata would be there, too.
 */
#include "measure/disturb.h"

#include "measure/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096u
#define LINE 64u
#define L2_UNKNOWN (2u << 20)

static unsigned char *buffer;
static size_t pages;
static uint64_t random_state = 1;

int bench_disturb_start(void)
{
	long l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);

	if (buffer)
		return 0;
	pages = 2 * (l2 > 0 ? (size_t)l2 : L2_UNKNOWN) / PAGE;
	buffer = aligned_alloc(PAGE, pages * PAGE);
	if (!buffer)
		return -ENOMEM;
	memset(buffer, 1, pages * PAGE); /* pages of its own: not the shared zero page */
	return 0;
}

void bench_disturb_end(void)
{
	free(buffer);
	buffer = NULL;
}

/* A branch whose outcome is a bit of @bits; the empty asm keeps it from becoming a conditional move. */
#define BRANCH(i)                                                                                  \
	if (bits & (UINT64_C(1) << ((i) % 64)))                                                    \
		__asm__ volatile("" : "+r"(taken));                                                \
	else                                                                                       \
		taken++;
#define BRANCHES_4(i) BRANCH(i) BRANCH((i) + 1) BRANCH((i) + 2) BRANCH((i) + 3)
#define BRANCHES_16(i) BRANCHES_4(i) BRANCHES_4((i) + 4) BRANCHES_4((i) + 8) BRANCHES_4((i) + 12)
#define BRANCHES_64                                                                                \
	BRANCHES_16(0)                                                                             \
	BRANCHES_16(16) BRANCHES_16(32) BRANCHES_16(48) bits = bench_random(&random_state);
#define BRANCHES_256 BRANCHES_64 BRANCHES_64 BRANCHES_64 BRANCHES_64
#define BRANCHES_1024 BRANCHES_256 BRANCHES_256 BRANCHES_256 BRANCHES_256

static __attribute__((noinline)) uint64_t disturb_predictor(void)
{
	uint64_t bits = bench_random(&random_state), taken = 0;

#ifdef __clang_analyzer__ /* would follow each path */
	BRANCHES_4(0)
#else
	BRANCHES_1024
	BRANCHES_1024
	BRANCHES_1024
	BRANCHES_1024
#endif
	return taken;
}

void bench_disturb(void)
{
	const volatile unsigned char *at = buffer;

	/* Another line in each page, or all would compete for a few sets of the cache. */
	for (size_t i = 0; i < PAGE / LINE; i++) {
		for (size_t page = 0; page < pages; page++)
			(void)at[page * PAGE + (i + page) % (PAGE / LINE) * LINE];
	}
	buffer[0] ^= (unsigned char)disturb_predictor();
}
