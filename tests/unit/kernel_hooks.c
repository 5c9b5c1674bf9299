/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_hooks.c - an instance behind kernel.h whose hooks record; see kernel_hooks.h. */
#include "kernel_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned char *base;
phys_addr_t at;
char said[1024];
char pages[256];
jmp_buf panicked;

/* ---- an instance whose hooks record ------------------------------------------------------------ */

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	size_t n = strlen(said);

	(void)ctx;
	(void)level;
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	said[0] = 0;
	on_log(ctx, MB_ERR, fmt, ap);
	longjmp(panicked, 1);
}

static void on_reset(void *ctx)
{
	(void)ctx;
	strncat(pages, "reset ", sizeof(pages) - strlen(pages) - 1);
}

static void on_page(void *ctx, uint64_t pfn)
{
	size_t n = strlen(pages);

	(void)ctx;
	snprintf(pages + n, sizeof(pages) - n, "%llx ", (unsigned long long)pfn);
}

/* What is not in our memory is nobody's, and only looked for. */
static void on_zero(void *ctx, uint64_t pa, uint64_t size)
{
	(void)ctx;
	if (pa >= at && pa - at < SIZE)
		memset((void *)(uintptr_t)pa, 0, size);
}

/* In the place of the library's: where a hand-over goes that nobody else asked for. */
void memblock_free_pages(unsigned long pfn, unsigned int order)
{
	size_t n = strlen(pages);

	snprintf(pages + n, sizeof(pages) - n, "%lx:%u ", pfn, order);
}

void begin(void)
{
	const struct mb_hooks hooks = { .log = on_log, .panic = on_panic, .zero = on_zero };
	const struct mb_page_sink sink = { .reset_managed = on_reset, .free_page = on_page };
	struct mb_machine machine = { .max_numnodes = MAX_NUMNODES,
				      .cache_line = SMP_CACHE_BYTES,
				      .page_size = 0x1000,
				      .physmem = true };

	machine.profile = mb_profile_find(profile);
	mirrored_kernelcore = false;
	said[0] = pages[0] = 0;
	if (memblock_use_machine(variant, &machine, &hooks))
		fail_msg("memblock_use_machine(%s), profile %s", variant, profile);
	memblock_set_page_sink(&sink);
}

void expect_at(const char *what, const void *got, phys_addr_t wanted)
{
	if ((phys_addr_t)(uintptr_t)got != at + wanted)
		fail_msg("%s, profile %s: %s: got %p, expected %#llx + %#llx", variant, profile,
			 what, got, (unsigned long long)at, (unsigned long long)wanted);
}

const char *regions(const struct memblock_type *type)
{
	static char text[512];
	size_t n = 0;

	text[0] = 0;
	for (unsigned long i = 0; i < type->cnt && type->regions[i].size; i++) {
		const struct memblock_region *r = &type->regions[i];

		unsigned long long from = r->base, size = r->size;

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%llx-%llx", i ? " " : "", from,
				      from + size);
		if (r->nid >= 0 && r->nid < MAX_NUMNODES)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "@%d", r->nid);
		if (r->flags)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "/%x", r->flags);
	}
	return text;
}

void two_nodes(void)
{
	assert_int_equal(memblock_add_node(0x1000, 0x7000, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(0x8000, 0x8000, 1, MEMBLOCK_NONE), 0);
}

void two_real_nodes(void)
{
	memset(base, 1, SIZE);
	assert_int_equal(memblock_add_node(at, 0x8000, 0, MEMBLOCK_NONE), 0);
	assert_int_equal(memblock_add_node(at + 0x8000, 0x8000, 1, MEMBLOCK_NONE), 0);
}

void expect_bytes(const unsigned char *from, size_t size, unsigned value)
{
	assert_int_equal(from[-1], 1);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(from[i], value);
	if (from + size < base + SIZE)
		assert_int_equal(from[size], 1);
}

int free_memory(void **state)
{
	(void)state;
	memblock_set_page_sink(NULL);
	free(base);
	return 0;
}

int get_memory(void **state)
{
	(void)state;
	base = aligned_alloc(SIZE, SIZE);
	at = (phys_addr_t)(uintptr_t)base;
	return !base || at <= UINT32_MAX;
}
