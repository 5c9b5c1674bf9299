/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * readers.c - many threads ask one instance at once, as a kernel's do that initialises pages in parallel or keeps
 * memblock after boot. Questions never write: they get the answers that one thread gets, and the instance is
 * byte for byte what it was. Built with ThreadSanitizer (make test CI=1) a write that leaves the same bytes is
 * found as well.
 *
 * Exit status: 0; 1 when something differs.
 */
#include <memblock/replay.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 20, REGIONS = 60 };

struct reader {
	pthread_t thread;
	struct mb *mb;
	uint64_t sum;
};

static uint64_t ask(struct mb *mb)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct mb_answers answers = { 0 };

		mb_ask(mb, &answers);
		mb_ask_walks(mb, &answers, i);
		sum = sum * 31 + answers.sum;
		for (uint64_t size = 0x1000; size < 0x100000; size *= 2)
			sum = sum * 31 + mb_find(mb, size, 0x1000, 0, MB_ALLOC_ANYWHERE,
						 (int)(i % 3) - 1, MB_NONE);
	}
	return sum;
}

static void *read_all(void *arg)
{
	struct reader *reader = arg;

	reader->sum = ask(reader->mb);
	return NULL;
}

/* Two nodes in pieces, reservations in most of them, and an array that has grown. */
static void fill(struct mb *mb)
{
	mb_allow_resize(mb);
	for (uint64_t i = 0; i < REGIONS; i++) {
		mb_add_node(mb, 0x100000 * (i + 1), 0x80000, (int)(i % 2), MB_NONE);
		mb_reserve(mb, 0x100000 * (i + 1) + 0x1000 * (i % 7), 0x3000);
	}
	mb_mark_hotplug(mb, 0x400000, 0x40000);
	mb_mark_nomap(mb, 0x900000, 0x10000);
}

/* Why the instance is not good to many readers; NULL if it is. */
static const char *try_readers(struct mb *mb, void *before, void *after)
{
	struct reader readers[THREADS];
	uint64_t expected;
	unsigned started = 0;
	const char *wrong = NULL;

	fill(mb);
	mb_snapshot(mb, before);
	expected = ask(mb);
	while (started < THREADS) {
		struct reader *reader = &readers[started];

		reader->mb = mb;
		if (pthread_create(&reader->thread, NULL, read_all, reader)) {
			wrong = "no thread";
			break;
		}
		started++;
	}
	while (started--) {
		pthread_join(readers[started].thread, NULL);
		if (readers[started].sum != expected)
			wrong = "a thread beside others gets other answers";
	}
	mb_snapshot(mb, after);
	if (!wrong && memcmp(before, after, mb_snapshot_size(mb)) != 0)
		wrong = "questions have written to it";
	return wrong;
}

static bool is_good(const char *name)
{
	struct mb_machine machine = { .memory_slots = 16, .reserved_slots = 16 };
	struct mb_variant_spec spec;
	void *before = NULL, *after = NULL;
	const char *wrong = "no memory";
	struct mb *mb = NULL;
	char error[256] = "";

	if (mb_variant_parse(name, &spec, error, sizeof(error)) ||
	    mb_create(&machine, NULL, &spec, &mb)) {
		fprintf(stderr, "readers: %s: cannot be made: %s\n", name, error);
		return false;
	}
	before = calloc(1, 1 << 20);
	after = calloc(1, 1 << 20);
	if (before && after)
		wrong = try_readers(mb, before, after);
	if (wrong)
		fprintf(stderr, "readers: %s: %s\n", name, wrong);
	free(before);
	free(after);
	mb_destroy(mb);
	return !wrong;
}

int main(void)
{
	unsigned count;
	const struct mb_variant *variants = mb_variants(&count);
	bool good = true;

	for (unsigned i = 0; i < count; i++)
		if (variants[i].kind == MB_KIND_STORE)
			good &= is_good(variants[i].name);
	return good ? 0 : 1;
}
