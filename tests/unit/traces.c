/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traces.c - traces and logs in tests; see traces.h. */
#include "traces.h"

#include <errno.h>
#include <memblock/input.h>
#include <stdio.h>
#include <string.h>

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	*size = fread(text, 1, (1 << 20) - 1, file);
	fclose(file);
	return text;
}

struct mb_trace *load_file(const char *path)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;

	if (mb_trace_load(path, &trace, &error))
		fail_now("%s", error.text);
	return trace;
}

struct mb_trace *load_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
	return load_file(name);
}

struct mb_trace *import_log(const char *log)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;

	if (mb_import(log, strlen(log), "test.log", &trace, &error))
		fail_now("%s\nof:\n%s", error.text, log);
	return trace;
}

void refuse(const char *name, const char *text, size_t size, const char *expected)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;
	int code;

	write_file(name, text, size);
	code = mb_trace_load(name, &trace, &error);
	if (code != -EINVAL)
		fail_now("status %d instead of -EINVAL for '%.60s'", code, text);
	if (!strstr(error.text, expected))
		fail_now("message '%s' lacks '%s'", error.text, expected);
	if (strncmp(error.text, name, strlen(name)))
		fail_now("message '%s' does not begin with the file", error.text);
	assert_null(strchr(error.text, '\n'));
	assert_null(trace);
}

void refuse_text(const char *name, const char *text, const char *expected)
{
	refuse(name, text, strlen(text), expected);
}

struct mb_op *find_op(const struct mb_trace *trace, enum mb_op_kind kind)
{
	return find_nth_op(trace, kind, 0);
}

struct mb_op *find_nth_op(const struct mb_trace *trace, enum mb_op_kind kind, unsigned n)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->ops[i].kind == kind && !n--)
			return &trace->ops[i];
	return NULL;
}

void assert_no_warning(const struct mb_trace *trace, const char *log)
{
	if (trace->warning_count)
		fail_now("line %u: %s\nof:\n%s", trace->warnings[0].line, trace->warnings[0].text,
			 log);
	if (trace->unrecognised)
		fail_now("%zu lines were not understood of:\n%s", (size_t)trace->unrecognised, log);
}
