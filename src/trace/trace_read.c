/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what a user hands in: a trace, a console log, either of them compressed.
 *
 * A trace is read strictly. Whatever is not exactly as docs/traces.md says (an unknown word, a number
 * that does not fit, an argument too many, a dump that never ends, a digest that does not match) is
 * refused with the line and the offending text, because a measurement of a damaged input is worse
 * than none. A console log is the opposite: it comes over serial lines and through mail programs, and
 * the importer (import.c) takes from it what it can and says what it could not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "input/map/layout_impl.h"
#include "trace/trace_impl.h"

/* ---- words and numbers ------------------------------------------------------------------------- */

struct span {
	const char *at, *end;
};

struct reader {
	const char *path;
	struct mb_text_error *error;
	struct mb_trace *trace;
	const char *at, *end; /* rest of the text */
	uint32_t line_number;
	struct span line; /* the current line, without its newline */
	struct span rest; /* of the line, not read yet */
};

static int fail(struct reader *r, const char *what, struct span text)
{
	return mb_text_fail(r->error, -EINVAL, r->path, r->line_number, what, text.at,
			    (size_t)(text.end - text.at), NULL);
}

static int fail_line(struct reader *r, const char *what)
{
	return fail(r, what, r->line);
}

static bool span_is(struct span s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s.end - s.at) == n && !memcmp(s.at, word, n);
}

static bool span_starts(struct span s, const char *start)
{
	size_t n = strlen(start);

	return (size_t)(s.end - s.at) >= n && !memcmp(s.at, start, n);
}

/* The next line. False at the end of the text. */
static bool next_line(struct reader *r)
{
	const char *newline;

	if (r->at == r->end)
		return false;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	r->line.at = r->at;
	r->line.end = newline ? newline : r->end;
	r->rest = r->line;
	r->at = newline ? newline + 1 : r->end;
	r->line_number++;
	return true;
}

/* The next word of the line; an empty one at its end. Exactly one blank separates words. */
static struct span next_word(struct reader *r)
{
	struct span word;

	if (r->rest.at < r->rest.end && *r->rest.at == ' ' && r->rest.at > r->line.at)
		r->rest.at++;
	word.at = r->rest.at;
	while (r->rest.at < r->rest.end && *r->rest.at != ' ')
		r->rest.at++;
	word.end = r->rest.at;
	return word;
}

static bool parse_number(struct span s, uint64_t *value)
{
	bool hex = s.end - s.at > 2 && s.at[0] == '0' && s.at[1] == 'x';
	uint64_t v = 0;

	if (hex)
		s.at += 2;
	if (s.at == s.end)
		return false;
	for (; s.at < s.end; s.at++) {
		char c = *s.at;
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (hex && c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a' + 10);
		else
			return false;
		if (__builtin_mul_overflow(v, (uint64_t)(hex ? 16 : 10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit, &v))
			return false;
	}
	*value = v;
	return true;
}

static bool parse_u32(struct span s, uint32_t *value)
{
	uint64_t v;

	if (!parse_number(s, &v) || v > UINT32_MAX)
		return false;
	*value = (uint32_t)v;
	return true;
}

static bool parse_node(struct span s, int32_t *nid)
{
	bool negative = s.at < s.end && *s.at == '-';
	uint64_t v;

	s.at += negative;
	if (!parse_number(s, &v) || v > INT32_MAX)
		return false;
	*nid = negative ? -(int32_t)v : (int32_t)v;
	return true;
}

static bool parse_bound(struct span s, uint64_t *bound)
{
	if (span_is(s, "anywhere"))
		*bound = MB_ALLOC_ANYWHERE;
	else if (span_is(s, "accessible"))
		*bound = MB_ALLOC_ACCESSIBLE;
	else if (span_is(s, "noleaktrace"))
		*bound = MB_ALLOC_NOLEAKTRACE;
	else
		return parse_number(s, bound);
	return true;
}

/* none, or names and numbers joined by |. */
static bool parse_flags(struct span s, uint32_t *flags)
{
	*flags = 0;
	if (span_is(s, "none"))
		return true;
	for (;;) {
		const char *bar = memchr(s.at, '|', (size_t)(s.end - s.at));
		struct span name = { s.at, bar ? bar : s.end };
		uint32_t value;
		unsigned bit;

		for (bit = 0; bit < 8 && !span_is(name, mb_flag_names[bit]); bit++)
			;
		if (bit < 8)
			*flags |= 1u << bit;
		else if (parse_u32(name, &value))
			*flags |= value;
		else
			return false;
		if (!bar)
			return true;
		s.at = bar + 1;
	}
}

static bool parse_which(struct span s, enum mb_which *which)
{
	for (*which = MB_MEMORY; *which < MB_COLLECTIONS; ++*which)
		if (span_is(s, mb_which_name(*which)))
			return true;
	return false;
}

/* ---- header ------------------------------------------------------------------------------------ */

/* One key=value of the machine line. */
static bool parse_machine_field(struct mb_machine *m, struct span word)
{
	const char *equals = memchr(word.at, '=', (size_t)(word.end - word.at));
	struct span key = { word.at, equals }, value = { equals ? equals + 1 : word.end, word.end };
	const struct {
		const char *key;
		unsigned *number;
		bool *flag;
		uint64_t *wide;
	} fields[] = {
		{ "addr_bits", &m->addr_bits, NULL, NULL },
		{ "page_size", NULL, NULL, &m->page_size },
		{ "cache_line", &m->cache_line, NULL, NULL },
		{ "no_numa", NULL, &m->no_numa, NULL },
		{ "max_numnodes", &m->max_numnodes, NULL, NULL },
		{ "memory_slots", &m->memory_slots, NULL, NULL },
		{ "reserved_slots", &m->reserved_slots, NULL, NULL },
		{ "physmem_slots", &m->physmem_slots, NULL, NULL },
		{ "max_low_pfn", NULL, NULL, &m->max_low_pfn },
		{ "movable_node", NULL, &m->movable_node, NULL },
		{ "kernelcore_mirror", NULL, &m->kernelcore_mirror, NULL },
		{ "physmem", NULL, &m->physmem, NULL },
		{ "keep_memblock", NULL, &m->keep_memblock, NULL },
		{ "highmem", NULL, &m->highmem, NULL },
	};
	uint64_t number;
	unsigned i;

	if (!equals || !parse_number(value, &number))
		return false;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!span_is(key, fields[i].key))
			continue;
		if (fields[i].wide)
			*fields[i].wide = number;
		if (fields[i].flag)
			*fields[i].flag = number;
		if (fields[i].number)
			*fields[i].number = (unsigned)number;
		return number <= (fields[i].wide ? UINT64_MAX : fields[i].flag ? 1 : UINT32_MAX);
	}
	return false;
}

static bool power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

static int parse_machine(struct reader *r)
{
	struct mb_machine *m = &r->trace->machine;
	struct span word;

	for (word = next_word(r); word.at != word.end; word = next_word(r))
		if (!parse_machine_field(m, word))
			return fail(r, "bad machine field", word);
	if (r->rest.at != r->rest.end)
		return fail_line(r, "bad machine line");
	if ((m->addr_bits && m->addr_bits != 32 && m->addr_bits != 64) ||
	    (m->page_size && (!power_of_two(m->page_size) || m->page_size > 1 << 24)) ||
	    (m->cache_line && !power_of_two(m->cache_line)) || m->max_numnodes > 1 << 20 ||
	    m->memory_slots > 1 << 20 || m->reserved_slots > 1 << 20 || m->physmem_slots > 1 << 20)
		return fail_line(r, "a machine that cannot be");
	return 0;
}

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

	for (word = next_word(r); word.at != word.end; word = next_word(r)) {
		const char *equals = memchr(word.at, '=', (size_t)(word.end - word.at));
		struct span key = { word.at, equals };
		unsigned i = 0, count = sizeof(fields) / sizeof(fields[0]);

		while (equals && i < count && !span_is(key, fields[i].key))
			i++;
		if (!equals || i == count ||
		    !parse_number((struct span){ equals + 1, word.end }, fields[i].number) ||
		    first > UINT32_MAX)
			return fail(r, "bad account field", word);
	}
	if (r->rest.at != r->rest.end)
		return fail_line(r, "bad account line");
	a->first_unexplained = (uint32_t)first;
	a->known = true;
	return 0;
}

static int parse_header_line(struct reader *r)
{
	struct mb_trace *t = r->trace;
	struct span key = next_word(r), value;

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
			return fail(r, "unknown profile", value);
	} else if (span_is(key, "machine:")) {
		return parse_machine(r);
	} else if (span_is(key, "account:")) {
		return parse_account(r);
	} else if (span_is(key, "warning:")) {
		struct span number = next_word(r);
		uint32_t line;

		if (number.at == number.end || *number.at != '@')
			return fail(r, "warning without its line", number);
		number.at++;
		if (!parse_u32(number, &line))
			return fail(r, "bad line number", number);
		value = (struct span){ r->rest.at < r->rest.end ? r->rest.at + 1 : r->rest.at,
				       r->rest.end };
		mb_trace_warn(t, line, MB_TRACE_HEADER_WARNING, (int)(value.end - value.at),
			      value.at);
	} else if (span_is(key, "digest:")) {
		if (value.end - value.at != 64)
			return fail(r, "a digest has 64 digits", value);
		memcpy(t->digest, value.at, 64);
	} else if (key.end > key.at && key.end[-1] == ':') {
		return fail(r, "unknown header", key);
	} else {
		return fail(r, "no header; operations follow an empty line", key);
	}
	return 0;
}

/* ---- operations -------------------------------------------------------------------------------- */

static int parse_argument(struct reader *r, char letter, struct mb_op *op)
{
	struct span word = next_word(r);
	bool ok = false;

	switch (letter) {
	case 'b':
		ok = parse_number(word, &op->base);
		break;
	case 's':
		ok = parse_number(word, &op->size);
		break;
	case 'a':
		ok = parse_number(word, &op->align) && (!op->align || power_of_two(op->align));
		break;
	case 'l':
		ok = parse_number(word, &op->lo);
		break;
	case 'u':
		ok = parse_bound(word, &op->hi);
		break;
	case 'n':
		ok = parse_node(word, &op->nid);
		break;
	case 'f':
		ok = parse_flags(word, &op->flags);
		break;
	case 'w':
		ok = parse_which(word, &op->which);
		break;
	case 'v':
		ok = parse_number(word, &op->value);
		break;
	}
	if (ok)
		return 0;
	return word.at == word.end ? fail_line(r, "an argument is missing") :
				     fail(r, "bad argument", word);
}

/* old=BASE:SIZE of a growth. */
static bool parse_old(struct span word, struct mb_op *op)
{
	const char *colon = memchr(word.at, ':', (size_t)(word.end - word.at));

	if (!span_starts(word, "old=") || !colon)
		return false;
	return parse_number((struct span){ word.at + 4, colon }, &op->old_base) &&
	       parse_number((struct span){ colon + 1, word.end }, &op->old_size);
}

/* An empty word was read: that must be the end of the line, without a blank before it. */
static int end_of_words(struct reader *r)
{
	if (r->rest.at != r->rest.end)
		return fail_line(r, "more than one blank");
	return r->rest.at[-1] == ' ' ? fail_line(r, "a blank at the end of the line") : 0;
}

/* A captured address: neither of the values that mean something else. */
static bool parse_address(struct span word, uint64_t *address)
{
	return parse_number(word, address) && *address && *address != MB_RESULT_UNKNOWN;
}

/* What follows the arguments: [old=...] [=> RESULT] [; [@LINE] [caller=...] [why=...]]. */
static int parse_tail(struct reader *r, struct mb_op *op)
{
	struct span word = next_word(r);

	if (op->kind == MB_OP_GREW && span_starts(word, "old=")) {
		if (!parse_old(word, op))
			return fail(r, "bad argument", word);
		word = next_word(r);
	}
	if (mb_op_has_result(op->kind)) {
		if (!span_is(word, "=>"))
			return fail_line(r, "the result is missing");
		word = next_word(r);
		if (span_is(word, "unknown"))
			op->result = MB_RESULT_UNKNOWN;
		else if (!span_is(word, "failed") && !parse_address(word, &op->result))
			return fail(r, "bad result", word);
		word = next_word(r);
	}
	if (word.at == word.end)
		return end_of_words(r);
	if (!span_is(word, ";"))
		return fail(r, "an argument too many", word);
	for (word = next_word(r); word.at != word.end; word = next_word(r)) {
		if (*word.at == '@') {
			word.at++;
			if (!parse_u32(word, &op->line))
				return fail(r, "bad line number", word);
		} else if (span_starts(word, "caller=")) {
			op->caller = mb_trace_strndup(r->trace, word.at + 7,
						      (size_t)(word.end - word.at - 7));
		} else if (span_starts(word, "why=")) {
			op->why = mb_trace_strndup(r->trace, word.at + 4,
						   (size_t)(r->rest.end - word.at - 4));
			return 0;
		} else {
			return fail(r, "unknown remark", word);
		}
	}
	return end_of_words(r);
}

struct dump_builder {
	struct mb_dump dump;
	uint32_t room[MB_COLLECTIONS];
};

static int dump_region(struct reader *r, struct dump_builder *b, struct span word)
{
	struct mb_region region = { .nid = MB_NUMA_NO_NODE };
	struct span node;
	enum mb_which which;

	if (!parse_which(word, &which))
		return fail(r, "unknown line of a dump", word);
	if (!parse_number(next_word(r), &region.base) || !parse_number(next_word(r), &region.size))
		return fail_line(r, "bad region");
	node = next_word(r);
	if (!span_is(node, "x") && (!parse_node(node, &region.nid) || region.nid < 0))
		return fail(r, "bad node", node);
	if (!parse_flags(next_word(r), &region.flags) || r->rest.at != r->rest.end)
		return fail_line(r, "bad region");
	if (b->dump.cnt[which] == b->room[which]) {
		uint32_t more = b->room[which] ? b->room[which] * 2 : 128;
		void *larger = realloc(b->dump.regions[which], more * sizeof(region));

		if (!larger)
			return -ENOMEM;
		b->dump.regions[which] = larger;
		b->room[which] = more;
	}
	b->dump.regions[which][b->dump.cnt[which]++] = region;
	return 0;
}

static int dump_sizes(struct reader *r, struct dump_builder *b)
{
	enum mb_which which;

	for (which = MB_MEMORY; which <= MB_RESERVED; which++) {
		struct span word = next_word(r);

		if (!span_is(word, "-") && !parse_number(word, &b->dump.size[which]))
			return fail(r, "bad size", word);
	}
	return r->rest.at == r->rest.end ? 0 : fail_line(r, "a size too many");
}

static int parse_dump(struct reader *r, uint32_t line)
{
	struct dump_builder b = { .dump.size = { MB_SIZE_UNKNOWN, MB_SIZE_UNKNOWN, 0 } };
	uint32_t first = r->line_number;
	enum mb_which which;
	int error = 0;

	while (!error) {
		struct span word;

		if (!next_line(r)) {
			r->line_number = first;
			error = fail(r, "a dump without its end", (struct span){ NULL, NULL });
			break;
		}
		if (span_is(r->line, "end")) {
			mb_trace_add_dump(r->trace, &b.dump, line);
			break;
		}
		if (r->line.at == r->line.end || *r->line.at != ' ') {
			error = fail_line(r, "not a line of a dump");
			break;
		}
		r->rest.at++;
		word = next_word(r);
		error = span_is(word, "size") ? dump_sizes(r, &b) : dump_region(r, &b, word);
	}
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
		free(b.dump.regions[which]);
	return error;
}

/* The attributes that a caller can set and take back. Nothing takes back the others. */
static int check_flags(struct reader *r, const struct mb_op *op)
{
	uint32_t known = MB_HOTPLUG | MB_NOMAP | MB_KHO_SCRATCH;

	if (op->kind == MB_OP_MARK)
		known |= MB_MIRROR | MB_RSRV_NOINIT | MB_RSRV_KERN;
	else if (op->kind != MB_OP_CLEAR)
		return 0;
	if (power_of_two(op->flags) && (op->flags & known))
		return 0;
	return fail_line(
		r, op->kind == MB_OP_MARK ?
			   "mark takes one of hotplug, mirror, nomap, noinit, kern, kho_scratch" :
			   "clear takes one of hotplug, nomap, kho_scratch");
}

/* One operation's questions must come to an end. */
static int check_count(struct reader *r, const struct mb_op *op)
{
	bool counts = op->kind == MB_OP_SEARCH_PFN || op->kind == MB_OP_SEARCH_CHAIN ||
		      op->kind == MB_OP_MAP_MEMORY;

	if (!counts || op->value <= MB_TRACE_COUNT_MAX)
		return 0;
	return fail_line(r, "more than 1000000 questions in one operation");
}

static int parse_operation(struct reader *r)
{
	struct mb_op op = { .kind = MB_OP_KINDS };
	struct span word = next_word(r);
	const char *letter;
	unsigned kind;
	int error;

	for (kind = 0; kind < MB_OP_KINDS; kind++)
		if (span_is(word, mb_op_name(kind)))
			op.kind = kind;
	if (op.kind == MB_OP_KINDS)
		return fail(r, "unknown operation", word);
	if (r->trace->count >= MB_TRACE_OPS_MAX)
		return fail_line(r, "more than 5000000 operations");
	for (letter = mb_op_args(op.kind); *letter && *letter != '='; letter++) {
		error = parse_argument(r, *letter, &op);
		if (error)
			return error;
	}
	/* Written only when it is not 0. */
	if (mb_op_may_have_value(op.kind) && r->rest.end - r->rest.at > 1 && r->rest.at[1] >= '1' &&
	    r->rest.at[1] <= '9') {
		error = parse_argument(r, 'v', &op);
		if (error)
			return error;
	}
	error = check_flags(r, &op);
	if (!error)
		error = check_count(r, &op);
	if (error)
		return error;
	error = parse_tail(r, &op);
	if (error)
		return error;
	if (op.kind == MB_OP_DUMP)
		return parse_dump(r, op.line);
	mb_trace_add(r->trace, &op);
	return 0;
}

static int parse_all(struct reader *r)
{
	char expected[65] = "";
	struct mb_sha256 sha;
	int error;

	next_line(r);
	if (!span_is(r->line, MB_TRACE_MAGIC))
		return mb_text_fail(r->error, -EINVAL, r->path, 1, "unknown version of the format",
				    r->line.at, (size_t)(r->line.end - r->line.at),
				    "'" MB_TRACE_MAGIC "' is the one known");
	for (;;) {
		if (!next_line(r))
			return fail(r, "the header does not end", (struct span){ NULL, NULL });
		if (r->line.at == r->line.end)
			break;
		error = parse_header_line(r);
		if (error)
			return error;
	}
	memcpy(expected, r->trace->digest, sizeof(expected));
	mb_sha256_start(&sha);
	mb_sha256_add(&sha, r->at, (size_t)(r->end - r->at));
	mb_sha256_hex(&sha, r->trace->digest);
	if (r->at == r->end)
		return fail(r, "no operations", (struct span){ NULL, NULL });
	if (r->end[-1] != '\n')
		return mb_text_fail(r->error, -EINVAL, r->path, 0,
				    "truncated: the last line has no end", NULL, 0, NULL);
	while (next_line(r)) {
		error = parse_operation(r);
		if (error)
			return error;
	}
	if (expected[0] && strcmp(expected, r->trace->digest))
		return mb_text_fail(r->error, -EINVAL, r->path, 0,
				    "the operations do not have the digest of the header", expected,
				    64, "the file was damaged, or edited: remove the digest line");
	return 0;
}

int mb_trace_parse(const char *text, size_t size, const char *path, struct mb_trace **out,
		   struct mb_text_error *error)
{
	struct reader r = { .path = path, .error = error, .at = text, .end = text + size };
	const char *slash = strrchr(path, '/');
	int code;

	r.trace = mb_trace_new(slash ? slash + 1 : path, "trace");
	if (!r.trace)
		return mb_text_fail(error, -ENOMEM, path, 0, "no memory", NULL, 0, NULL);
	code = parse_all(&r);
	if (code == -ENOMEM || (!code && mb_trace_failed(r.trace)))
		code = mb_text_fail(error, -ENOMEM, path, 0, "no memory", NULL, 0, NULL);
	if (code) {
		mb_trace_free(r.trace);
		return code;
	}
	r.trace->lines = r.line_number;
	mb_trace_fold_warnings(r.trace);
	*out = r.trace;
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------- */

#define FIFO_WAIT_MS 10000

struct bytes {
	char *data;
	size_t size, room;
};

/* Make room for one more chunk. 0, -ENOMEM, or -EFBIG. */
static int bytes_room(struct bytes *b)
{
	size_t more = b->room ? b->room * 2 : 256 * 1024;
	char *larger;

	if (more > MB_TRACE_BYTES_MAX + 128 * 1024)
		more = MB_TRACE_BYTES_MAX + 128 * 1024; /* enough to see that there is more */

	if (b->room - b->size >= 64 * 1024)
		return 0;
	if (b->size > MB_TRACE_BYTES_MAX)
		return -EFBIG;
	larger = realloc(b->data, more);
	if (!larger)
		return -ENOMEM;
	b->data = larger;
	b->room = more;
	return 0;
}

/* A FIFO that nobody writes to would never end. */
static int wait_for_writer(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct stat status;
	int n;

	if (fstat(fd, &status))
		return -errno;
	if (S_ISFIFO(status.st_mode)) {
		do
			n = poll(&wait, 1, FIFO_WAIT_MS);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n ? -errno : -ETIMEDOUT;
	}
	return fcntl(fd, F_SETFL, O_RDONLY) ? -errno : 0;
}

static int read_file(const char *path, struct bytes *b)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int code = 0;

	if (fd < 0)
		return -errno;
	if (!standard)
		code = wait_for_writer(fd);
	while (!code) {
		ssize_t n;

		code = bytes_room(b);
		if (code)
			break;
		n = read(fd, b->data + b->size, b->room - b->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = -errno;
		if (n <= 0)
			break;
		b->size += (size_t)n;
	}
	if (!standard)
		close(fd);
	return code;
}

/* Replace compressed bytes by what they hold. */
static int decompress(struct bytes *b, const char **what)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = { b->data, b->size, 0 };
	struct bytes plain = { 0 };
	size_t left = 1;
	int code = stream ? 0 : -ENOMEM;

	while (!code && (in.pos < in.size || left)) {
		size_t before = in.pos, had = plain.size;
		ZSTD_outBuffer out;

		code = bytes_room(&plain);
		if (code)
			break;
		out = (ZSTD_outBuffer){ plain.data, plain.room, plain.size };
		left = ZSTD_decompressStream(stream, &out, &in);
		plain.size = out.pos;
		if (ZSTD_isError(left)) {
			*what = "damaged zstd data";
			code = -EINVAL;
		} else if (left && in.pos == before && plain.size == had) {
			*what = "truncated zstd data";
			code = -EINVAL;
		}
	}
	ZSTD_freeDStream(stream);
	if (code) {
		free(plain.data);
		return code;
	}
	free(b->data);
	*b = plain;
	return 0;
}

/* Data that some other program unpacks first: its name, and how. */
static const struct packing {
	const char *magic;
	size_t size;
	const char *what, *remedy;
} packings[] = {
	{ "\x1f\x8b", 2, "gzip data", "unpack it first: gzip -dc FILE > boot.log" },
	{ "\xfd"
	  "7zXZ",
	  5, "xz data", "unpack it first: xz -dc FILE > boot.log" },
	{ "BZh", 3, "bzip2 data", "unpack it first: bzip2 -dc FILE > boot.log" },
	{ "\xff\xfe", 2, "UTF-16 text",
	  "convert it first: iconv -f UTF-16 -t UTF-8 FILE > boot.log" },
	{ "\xfe\xff", 2, "UTF-16 text",
	  "convert it first: iconv -f UTF-16 -t UTF-8 FILE > boot.log" },
};

static const struct packing *packing_of(const struct bytes *b)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (b->data && b->size >= packings[i].size &&
		    !memcmp(b->data, packings[i].magic, packings[i].size))
			return &packings[i];
	return NULL;
}

/* A log, or what holds a memory map only. */
static int read_log(const struct bytes *b, const char *path, const struct mb_profile *profile,
		    struct mb_trace **out, struct mb_text_error *error)
{
	int code;

	if (mb_layout_certain(b->data, b->size))
		return mb_layout_load(b->data, b->size, path, profile, out, error);
	code = mb_import_as(b->data, b->size, path, profile, out, error);
	if (code == -EINVAL && mb_layout_possible(b->data, b->size))
		code = mb_layout_load(b->data, b->size, path, profile, out, error);
	return code;
}

int mb_trace_load_as(const char *path, const struct mb_profile *profile, struct mb_trace **out,
		     struct mb_text_error *error)
{
	size_t length = strlen(path);
	bool named_zst = length > 4 && !strcmp(path + length - 4, ".zst");
	const char *what = NULL;
	struct bytes b = { 0 };
	const struct packing *packing;
	int code = read_file(path, &b);

	if (!strcmp(path, "-"))
		path = "standard input"; /* in messages */

	packing = code ? NULL : packing_of(&b);
	if (packing) {
		free(b.data);
		return mb_text_fail(error, -EINVAL, path, 0, packing->what, NULL, 0,
				    packing->remedy);
	}
	if (!code && b.size >= 4 && !memcmp(b.data, "\x28\xb5\x2f\xfd", 4)) {
		code = decompress(&b, &what);
	} else if (!code && named_zst) {
		what = "not zstd data, though the name says so";
		code = -EINVAL;
	}
	if (code == -EFBIG)
		what = "more than 512 MiB, decompressed; cut out the boot that matters";
	if (code == -ETIMEDOUT)
		what = "a FIFO into which nobody wrote for 10 seconds; pipe into - instead";
	if (code && what)
		mb_text_fail(error, code, path, 0, what, NULL, 0, NULL);
	else if (code)
		mb_text_fail(error, code, path, 0, "cannot read", strerror(-code),
			     strlen(strerror(-code)), NULL);
	else if (b.size >= 15 && !memcmp(b.data, "memblock-trace ", 15))
		code = mb_trace_parse(b.data, b.size, path, out, error);
	else
		code = read_log(&b, path, profile, out, error);
	free(b.data);
	if (!code && profile)
		(*out)->machine.profile = profile;
	return code == -EFBIG || code == -ETIMEDOUT ? -EINVAL : code;
}

int mb_trace_load(const char *path, struct mb_trace **out, struct mb_text_error *error)
{
	return mb_trace_load_as(path, NULL, out, error);
}
