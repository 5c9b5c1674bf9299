/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traces.h - traces and logs in tests: written, loaded or refused, and what is found in them.
 *
 * What cannot be loaded fails the test, with the text that the library has for it.
 */
#ifndef TESTS_TRACES_H
#define TESTS_TRACES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <memblock/trace.h>

/* fail_msg() does not return, but only cmocka knows. */
#define fail_now(...)                                                                              \
	do {                                                                                       \
		fail_msg(__VA_ARGS__);                                                             \
		abort();                                                                           \
	} while (0)

/* The first MiB of a file, with a zero behind it; to be freed. */
char *read_file(const char *path, size_t *size);

struct mb_trace *load_file(const char *path);
/* @text is written to the file @name and loaded from there. */
struct mb_trace *load_text(const char *name, const char *text);
/* @log is no file at all. */
struct mb_trace *import_log(const char *log);

/* @text, in the file @name, must be refused with a message that contains @expected, on one line. */
void refuse(const char *name, const char *text, size_t size, const char *expected);
void refuse_text(const char *name, const char *text, const char *expected);

/* The first operation of a kind, or the one after @n others; NULL: there is none. */
struct mb_op *find_op(const struct mb_trace *trace, enum mb_op_kind kind);
struct mb_op *find_nth_op(const struct mb_trace *trace, enum mb_op_kind kind, unsigned n);

/* Every line was understood and nothing is warned of. @log: what it was made of, for the message. */
void assert_no_warning(const struct mb_trace *trace, const char *log);

#endif
