/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memblock_test_impl.h - operations as a case of the kernel's own test suite (memblock_test.c). */
#ifndef BENCH_MEMBLOCK_TEST_IMPL_H
#define BENCH_MEMBLOCK_TEST_IMPL_H

#include <memblock/trace.h>

/* Where memory of a case that writes to it is: free in a program, with sanitizers as well, on x86_64. */
#define MEMBLOCK_TEST_BASE (1ULL << 45)

struct memblock_test {
	const char *what;    /* is shown by it; a line */
	const char *answers; /* whose answers are expected; a line */
	struct mb
		*mb; /* the referee's instance, empty; where it is full, a hook gets out of here */
	const struct mb_op *ops;
	size_t count;
	bool writes; /* set by memblock_test_run(): arrays grow, or memory is zeroed */
	/* What it gave. */
	uint64_t *results;
	struct memblock_test_block {
		uint64_t pfn;
		unsigned order;
	} * blocks; /* of the hand-over */
	size_t block_count, block_room;
};

/* The machine that the suite is built for; what it cannot be, stays to be refused. */
void memblock_test_machine(struct mb_machine *machine);

/* The name of the first operation that no case can have, or NULL. */
const char *memblock_test_lacks(const struct mb_op *ops, size_t count);

/* Move @op to MEMBLOCK_TEST_BASE. */
void memblock_test_move(struct mb_op *op);

/* Run the operations on the instance and keep what it gives. Return: 0 or -ENOMEM. */
int memblock_test_run(struct memblock_test *test);

/* Would a case see a difference between what these two gave? */
bool memblock_test_differ(const struct memblock_test *a, const struct memblock_test *b);

/* Write the case to @path; it is called after the file. After memblock_test_run(). Return: 0 or -errno. */
int memblock_test_write(const struct memblock_test *test, const char *path);

void memblock_test_free(struct memblock_test *test);

#endif
