/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context.h - what is needed to judge and to repeat a run, recorded in the context of its result. */
#ifndef BENCH_CONTEXT_H
#define BENCH_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The processor's name. */
void bench_cpu_name(char *name, size_t size);

/* The kernel's, with its release. */
void bench_kernel_name(char *name, size_t size);

/* gb_context() with a formatted value; what is longer than 2047 bytes is cut. */
void bench_context(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Everything about the machine, the build and the clock. */
void bench_context_machine(void);

#ifdef __cplusplus
}
#endif
#endif
