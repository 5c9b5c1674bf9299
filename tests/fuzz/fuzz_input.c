/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer on everything that is read from outside: console logs and traces.
 *
 *     cmake -S . -B build-fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DMB_FUZZ=ON
 *     cmake --build build-fuzz --target fuzz_import fuzz_trace
 *     build-fuzz/fuzz_import -dict=tests/fuzz/log.dict corpus tests/fuzz/seeds
 *
 * One file, two programs (FUZZ_TRACE): an input is imported, or read as a trace. What is demanded: no
 * crash and no error that a sanitizer sees; a refusal has a message of one line; and what is accepted
 * can be replayed, written and read back as the same trace.
 */
#include <errno.h>
#include <memblock/input.h>
#include <memblock/replay.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	char *data;
	size_t size, room;
} text;

static int keep(void *ctx, const char *data, size_t size)
{
	(void)ctx;
	if (text.size + size > text.room) {
		size_t room = (text.size + size) * 2;
		char *larger = realloc(text.data, room);

		if (!larger)
			return -ENOMEM;
		text.data = larger;
		text.room = room;
	}
	memcpy(text.data + text.size, data, size);
	text.size += size;
	return 0;
}

/* The operations as text are a trace again, and the same one. */
static void check_round_trip(const struct mb_trace *trace)
{
	static const char header[] = MB_TRACE_MAGIC "\n\n";
	struct mb_text_error error = { "" };
	struct mb_trace *again = NULL;

	text.size = 0;
	if (keep(NULL, header, sizeof(header) - 1) || mb_trace_write_ops(trace, keep, NULL))
		return;
	if (!trace->count)
		return;
	if (mb_trace_parse(text.data, text.size, "again", &again, &error)) {
		fprintf(stderr, "cannot be read back: %s\n", error.text);
		abort();
	}
	if (strcmp(again->digest, trace->digest)) {
		fprintf(stderr, "differs when read back\n");
		abort();
	}
	mb_trace_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;
	int code;

#ifdef FUZZ_TRACE
	code = mb_trace_parse((const char *)data, size, "input", &trace, &error);
#else
	code = mb_import((const char *)data, size, "input", &trace, &error);
#endif
	if (code) {
		if (trace || !error.text[0] || strchr(error.text, '\n'))
			abort();
		return 0;
	}
	mb_trace_seal(trace); /* a digest is that of the text as it was: 16 and 0x10 differ there */
	check_round_trip(trace);
#ifndef FUZZ_TRACE
	/* A trace may ask for anything, and does not have to be replayed for that. */
	if (trace->count < 2000) {
		struct mb_replay_result result;
		struct mb_variant_spec spec;
		char why[128];

		if (!mb_variant_parse("array", &spec, why, sizeof(why)))
			mb_replay_check(trace, &spec, MB_METADATA_SELF, &result);
	}
#endif
	mb_trace_free(trace);
	return 0;
}
