/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_header.c - the header of a trace file: source, kernel, profile, machine, account, warnings, digest.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "trace/trace_reader_impl.h"

/* ---- the machine line -------------------------------------------------------------------------- */

enum width { FLAG, NUMBER, WIDE };

static const struct {
	const char *key;
	enum width width;
	size_t offset;
} fields[] = {
#define FIELD(width, name)                                                                         \
	{                                                                                          \
#name, width, offsetof(struct mb_machine, name)                                    \
	}
	FIELD(NUMBER, addr_bits),      FIELD(WIDE, page_size),
	FIELD(NUMBER, cache_line),     FIELD(FLAG, no_numa),
	FIELD(NUMBER, max_numnodes),   FIELD(NUMBER, memory_slots),
	FIELD(NUMBER, reserved_slots), FIELD(NUMBER, physmem_slots),
	FIELD(NUMBER, max_page_order), FIELD(WIDE, max_low_pfn),
	FIELD(FLAG, movable_node),     FIELD(FLAG, kernelcore_mirror),
	FIELD(FLAG, physmem),          FIELD(FLAG, keep_memblock),
	FIELD(FLAG, highmem),          FIELD(FLAG, no_kho_scratch),
	FIELD(FLAG, no_deferred_init),
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

bool mb_machine_can_be(const struct mb_machine *m)
{
	return (!m->addr_bits || m->addr_bits == 32 || m->addr_bits == 64) &&
	       (!m->page_size || (is_power_of_two(m->page_size) && m->page_size <= 1 << 24)) &&
	       (!m->cache_line || is_power_of_two(m->cache_line)) && m->max_numnodes <= 1 << 20 &&
	       m->memory_slots <= 1 << 20 && m->reserved_slots <= 1 << 20 &&
	       m->physmem_slots <= 1 << 20 && m->max_page_order <= 30;
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
