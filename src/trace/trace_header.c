/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_header.c - the header of a trace file: source, kernel, profile, machine, account, warnings, digest.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "trace/trace_reader_impl.h"

/* ---- the machine line -------------------------------------------------------------------------- */

enum width { FLAG, NUMBER, WIDE };

#define SLOTS (1 << 20)

static const struct {
	const char *key;
	enum width width;
	size_t offset;
	uint64_t least, most; /* 0 is as if nothing were said */
	bool power;           /* of two */
} fields[] = {
#define FIELD(width, name, ...)                                                                    \
	{                                                                                          \
#name, width, offsetof(struct mb_machine, name), __VA_ARGS__                       \
	}
	FIELD(NUMBER, addr_bits, 32, 64, true),
	FIELD(WIDE, page_size, 1, 1 << 24, true),
	FIELD(NUMBER, cache_line, 1, 1ULL << 31, true),
	FIELD(FLAG, no_numa, 0, 1, false),
	FIELD(NUMBER, max_numnodes, 1, 1 << 20, false),
	FIELD(NUMBER, memory_slots, 1, SLOTS, false),
	FIELD(NUMBER, reserved_slots, 1, SLOTS, false),
	FIELD(NUMBER, physmem_slots, 1, SLOTS, false),
	FIELD(NUMBER, max_page_order, 0, 30, false),
	FIELD(WIDE, max_low_pfn, 0, UINT64_MAX, false),
	FIELD(FLAG, movable_node, 0, 1, false),
	FIELD(FLAG, kernelcore_mirror, 0, 1, false),
	FIELD(FLAG, physmem, 0, 1, false),
	FIELD(FLAG, keep_memblock, 0, 1, false),
	FIELD(FLAG, highmem, 0, 1, false),
	FIELD(FLAG, no_kho_scratch, 0, 1, false),
	FIELD(FLAG, no_deferred_init, 0, 1, false),
#undef FIELD
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

const char *mb_machine_key(unsigned index)
{
	return index < FIELDS ? fields[index].key : NULL;
}

int mb_machine_read(struct mb_machine *machine, const char *text, size_t length)
{
	const char *end = text + length, *equals = memchr(text, '=', length);
	struct span key = { text, equals ? equals : end },
		    value = { equals ? equals + 1 : end, end };
	uint64_t number;
	unsigned i;
	char *at;

	for (i = 0; i < FIELDS && !span_is(key, fields[i].key); i++)
		;
	if (i == FIELDS)
		return -ENOENT;
	if (!span_number(value, &number) || number > (fields[i].width == WIDE ? UINT64_MAX :
						      fields[i].width == FLAG ? 1 :
										UINT32_MAX))
		return -EINVAL;
	at = (char *)machine + fields[i].offset;
	switch (fields[i].width) {
	case FLAG:
		*(bool *)at = number;
		break;
	case NUMBER:
		*(unsigned *)(void *)at = (unsigned)number;
		break;
	case WIDE:
		*(uint64_t *)(void *)at = number;
	}
	return 0;
}

static uint64_t value_of(const struct mb_machine *m, unsigned i)
{
	const char *at = (const char *)m + fields[i].offset;

	switch (fields[i].width) {
	case FLAG:
		return *(const bool *)at;
	case NUMBER:
		return *(const unsigned *)(const void *)at;
	default:
		return *(const uint64_t *)(const void *)at;
	}
}

bool mb_machine_can_be(const struct mb_machine *m)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		uint64_t value = value_of(m, i);

		if (value && (value < fields[i].least || value > fields[i].most ||
			      (fields[i].power && !is_power_of_two(value))))
			return false;
	}
	return true;
}

bool mb_machine_takes(unsigned index, const struct mb_machine *machine, char *range, size_t size)
{
	uint64_t value = value_of(machine, index);
	uint64_t least = fields[index].least, most = fields[index].most;
	bool power = fields[index].power;

	if (most == 2 * least || most == 1)
		snprintf(range, size, "%" PRIu64 " or %" PRIu64, least, most);
	else
		snprintf(range, size, "%s%" PRIu64 " to %" PRIu64, power ? "a power of two, " : "",
			 least, most);
	return value >= least && value <= most && (!power || is_power_of_two(value));
}

static int parse_machine(struct reader *r)
{
	struct mb_machine *m = &r->trace->machine;
	struct span word;

	for (word = reader_next_word(r); word.at != word.end; word = reader_next_word(r))
		if (mb_machine_read(m, word.at, (size_t)(word.end - word.at)))
			return reader_fail(r, "bad machine field", word);
	if (r->rest.at != r->rest.end)
		return reader_fail_line(r, "bad machine line");
	return mb_machine_can_be(m) ? 0 : reader_fail_line(r, "a machine that cannot be");
}

/* ---- the others -------------------------------------------------------------------------------- */

/* How sure the import was: key=value, all of them numbers. */
static int parse_account(struct reader *r)
{
	struct mb_account *a = &r->trace->account;
	uint64_t first = 0;
	const struct {
		const char *key;
		uint64_t *number;
	} fields[] = {
		{ "allocations", &a->allocs },
		{ "as_captured", &a->allocs_as_captured },
		{ "unknown", &a->allocs_unknown },
		{ "dumps", &a->dumps },
		{ "matched", &a->dumps_matched },
		{ "unexplained", &a->unexplained },
		{ "first", &first },
		{ "searched", &a->searched },
		{ "unrecognised", &a->unrecognised },
	};
	struct span word;

	for (word = reader_next_word(r); word.at != word.end; word = reader_next_word(r)) {
		const char *equals = memchr(word.at, '=', (size_t)(word.end - word.at));
		struct span key = { word.at, equals };
		unsigned i = 0, count = sizeof(fields) / sizeof(fields[0]);

		while (equals && i < count && !span_is(key, fields[i].key))
			i++;
		if (!equals || i == count ||
		    !span_number((struct span){ equals + 1, word.end }, fields[i].number) ||
		    first > UINT32_MAX)
			return reader_fail(r, "bad account field", word);
	}
	if (r->rest.at != r->rest.end)
		return reader_fail_line(r, "bad account line");
	a->first_unexplained = (uint32_t)first;
	a->known = true;
	return 0;
}

int reader_header_line(struct reader *r)
{
	struct mb_trace *t = r->trace;
	struct span key = reader_next_word(r), value;

	value = (struct span){ r->rest.at < r->rest.end ? r->rest.at + 1 : r->rest.at,
			       r->rest.end };
	if (span_is(key, "source:")) {
		t->source = (char *)mb_trace_strndup(t, value.at, (size_t)(value.end - value.at));
	} else if (span_is(key, "kernel:")) {
		t->kernel = (char *)mb_trace_strndup(t, value.at, (size_t)(value.end - value.at));
	} else if (span_is(key, "profile:")) {
		char name[16] = "";

		if (value.end - value.at < (ptrdiff_t)sizeof(name))
			memcpy(name, value.at, (size_t)(value.end - value.at));
		t->machine.profile = mb_profile_find(name);
		if (!t->machine.profile)
			return reader_fail(r, "unknown profile", value);
	} else if (span_is(key, "machine:")) {
		return parse_machine(r);
	} else if (span_is(key, "account:")) {
		return parse_account(r);
	} else if (span_is(key, "warning:")) {
		struct span number = reader_next_word(r);
		uint32_t line;

		if (number.at == number.end || *number.at != '@')
			return reader_fail(r, "warning without its line", number);
		number.at++;
		if (!span_u32(number, &line))
			return reader_fail(r, "bad line number", number);
		value = (struct span){ r->rest.at < r->rest.end ? r->rest.at + 1 : r->rest.at,
				       r->rest.end };
		mb_trace_warn(t, line, MB_TRACE_HEADER_WARNING, (int)(value.end - value.at),
			      value.at);
	} else if (span_is(key, "digest:")) {
		if (value.end - value.at != 64)
			return reader_fail(r, "a digest has 64 digits", value);
		memcpy(t->digest, value.at, 64);
	} else if (key.end > key.at && key.end[-1] == ':') {
		return mb_text_fail(r->error, -EINVAL, r->path, r->line_number, "unknown header",
				    key.at, (size_t)(key.end - key.at),
				    r->version == 1 ? NULL : "a newer memblock-bench may know it");
	} else {
		return reader_fail(r, "no header; operations follow an empty line", key);
	}
	return 0;
}
