/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flush.h - take lines out of every cache, the last level's included.
 *
 * Reading a buffer of twice the last-level cache would do it on any machine, but takes milliseconds to tens of them, before
 * each operation, and a cache that others use or that does not replace in order keeps some. A line that is flushed is gone
 * for certain; what has to be flushed is known: what the instance owns and the code that works on it.
 */
#ifndef BENCH_FLUSH_H
#define BENCH_FLUSH_H

#include <stdbool.h>
#include <stddef.h>

/* Has the processor an instruction for it that a program may use? */
bool bench_flush_works(void);

void bench_flush(const void *at, size_t bytes);

/* All that is loaded, code and data, of the program or shared object that @inside points into. */
void bench_flush_object(const void *inside);

#endif
