/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a console log to records: which line says what.
 *
 * A log reaches us through serial ports, terminals, dmesg, mail programs and diffs. So reading has
 * three steps, each of which knows as little as possible of the others:
 *
 *  1. Clean (import_lines.c): a line loses everything that is not its message.
 *  2. Recognise: an operation ("memblock_reserve: [A-E] caller"), a line of a dump, or one of the few
 *     other lines that tell what memblock does not print (the version, the command line, the end of
 *     memory, SRAT). A line that was wrapped by a mail program is tried again with the next one.
 *  3. Sort into boots. "Linux version" a second time begins a new boot, or the same one again: a
 *     kernel with earlyprintk=...,keep replays its whole log when the real console comes up and from
 *     then on prints each line twice. The last boot that has memblock lines counts, and within a
 *     replayed log an exact repetition of the previous line is dropped once lines come in pairs.
 *
 * What looks like memblock and cannot be read is counted and reported with its line; it never stops
 * the import. Only a log that holds nothing to replay is an error.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import_impl.h"

struct scan {
	struct boot_log *log;
	struct log_lines file;
	const struct log_line *lines; /* file.lines */
	size_t count, at;
	bool failed; /* no memory */
	/* The dump being read. */
	bool in_dump;
	struct mb_dump dump;
	uint32_t announced[MB_COLLECTIONS]; /* counts that the dump promised */
	bool counted[MB_COLLECTIONS];       /* whether it did */
	uint32_t room[MB_COLLECTIONS];
	/* Boots. */
	unsigned boots;
	uint32_t boot_line, boot_first_line; /* "Linux version" of this boot, and of the first */
	bool boot_started;                   /* this boot has records already */
	bool earlier_boot;                   /* so had one before it */
	bool pairs;                          /* every line comes twice by now */
	const char *previous;
};

/* ---- small parsers: each advances *s on success and leaves it alone otherwise ------------------ */

static bool take(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n))
		return false;
	*s += n;
	return true;
}

static void blanks(const char **s)
{
	while (**s == ' ')
		++*s;
}

static bool take_number(const char **s, int base, uint64_t *value)
{
	char *end;

	if (!(base == 16 ? isxdigit((unsigned char)**s) : isdigit((unsigned char)**s)))
		return false;
	errno = 0;
	*value = strtoull(*s, &end, base);
	if (errno)
		return false;
	*s = end;
	return true;
}

static bool take_hex(const char **s, uint64_t *value)
{
	const char *t = *s;

	if (!take(&t, "0x") || !take_number(&t, 16, value))
		return false;
	*s = t;
	return true;
}

static bool take_int(const char **s, int32_t *value)
{
	const char *t = *s;
	bool negative = take(&t, "-");
	uint64_t v;

	if (!take_number(&t, 10, &v) || v > INT32_MAX)
		return false;
	*value = negative ? -(int32_t)v : (int32_t)v;
	*s = t;
	return true;
}

/* "[0xA-0xE]", E inclusive as printed: base and size, wrapped as the kernel wrapped it. */
static bool take_range(struct boot_log *log, const char **s, uint64_t *base, uint64_t *size)
{
	const char *t = *s, *digits;
	uint64_t last;

	if (!take(&t, "["))
		return false;
	digits = t + 2;
	if (!take_hex(&t, base))
		return false;
	if (!log->address_digits || (unsigned)(t - digits) > log->address_digits)
		log->address_digits = (unsigned)(t - digits);
	blanks(&t);
	if (!take(&t, "-"))
		return false;
	blanks(&t);
	if (!take_hex(&t, &last) || !take(&t, "]"))
		return false;
	*size = last - *base + 1;
	if (log->address_digits <= 8)
		*size &= UINT32_MAX;
	*s = t;
	return true;
}

/* "symbol+0xoff/0xlen" or a bare address: the caller as "symbol+0xoff". NULL when there is none. */
static const char *take_caller(struct boot_log *log, const char *s)
{
	size_t n;

	blanks(&s);
	n = strcspn(s, " /");
	if (!n || (!isalpha((unsigned char)*s) && *s != '_' && *s != '0'))
		return NULL;
	return mb_trace_strndup(log->trace, s, n);
}

/* "[mem 0xA-0xE]" */
static bool take_mem(const char **s, uint64_t *base, uint64_t *size)
{
	const char *t = *s;
	uint64_t last;

	if (!take(&t, "[mem ") || !take_hex(&t, base) || !take(&t, "-") || !take_hex(&t, &last) ||
	    !take(&t, "]"))
		return false;
	*size = last - *base + 1;
	*s = t;
	return true;
}

/* ---- records ----------------------------------------------------------------------------------- */

static void add_record(struct scan *s, const struct record *record)
{
	struct boot_log *log = s->log;

	if (log->count == log->room) {
		size_t more = log->room ? log->room * 2 : 256;
		void *larger = realloc(log->records, more * sizeof(*record));

		if (!larger) {
			s->failed = true;
			return;
		}
		log->records = larger;
		log->room = more;
	}
	log->records[log->count++] = *record;
	if (record->kind <= REC_DUMP)
		s->boot_started = true;
}

static void unrecognised(struct scan *s, const struct log_line *line, const char *what)
{
	s->log->trace->unrecognised++;
	mb_trace_warn(s->log->trace, line->number, "%s: '%.80s'", what, line->text);
}

/* ---- operations -------------------------------------------------------------------------------- */

enum form { FORM_RANGE, FORM_RESERVE, FORM_REQUEST, FORM_HUGETLB };

static const struct op_form {
	const char *name;
	enum form form;
	enum mb_op_kind op;
	bool old; /* gone since 5.16 or earlier */
} op_forms[] = {
	{ "memblock_add", FORM_RANGE, MB_OP_ADD, false },
	{ "memblock add", FORM_RANGE, MB_OP_ADD, true },
	{ "memblock_add_node", FORM_RANGE, MB_OP_ADD_NODE, false },
	{ "memblock_remove", FORM_RANGE, MB_OP_REMOVE, false },
	{ "memblock_physmem_add", FORM_RANGE, MB_OP_PHYSMEM_ADD, false },
	{ "memblock_phys_free", FORM_RANGE, MB_OP_FREE, false },
	{ "memblock_free", FORM_RANGE, MB_OP_FREE, true },
	{ "__memblock_free_early", FORM_RANGE, MB_OP_FREE, true },
	{ "memblock_free_late", FORM_RANGE, MB_OP_FREE_LATE, false },
	{ "__memblock_free_late", FORM_RANGE, MB_OP_FREE_LATE, true },
	{ "memblock_reserve", FORM_RESERVE, MB_OP_RESERVE, false },
	{ "__memblock_reserve", FORM_RESERVE, MB_OP_RESERVE, false },
	{ "memblock_phys_alloc_range", FORM_REQUEST, MB_OP_PHYS_ALLOC_RANGE, false },
	{ "memblock_alloc_try_nid", FORM_REQUEST, MB_OP_ALLOC, false },
	{ "memblock_alloc_try_nid_nopanic", FORM_REQUEST, MB_OP_ALLOC, true },
	{ "memblock_alloc_try_nid_raw", FORM_REQUEST, MB_OP_ALLOC_RAW, false },
	{ "memblock_alloc_exact_nid_raw", FORM_REQUEST, MB_OP_ALLOC_EXACT, false },
	{ "memblock_virt_alloc_try_nid", FORM_REQUEST, MB_OP_ALLOC, true },
	{ "memblock_virt_alloc_try_nid_nopanic", FORM_REQUEST, MB_OP_ALLOC, true },
	{ "memblock_virt_alloc_try_nid_raw", FORM_REQUEST, MB_OP_ALLOC_RAW, true },
	{ "memblock_alloc_hugetlb", FORM_HUGETLB, MB_OP_ALLOC_HUGETLB, false },
};

/* "[A-E] [nid=N] [flags=F|flags 0xF] caller" */
static bool parse_range_form(struct scan *s, const char *t, struct record *r)
{
	uint64_t flags;

	blanks(&t);
	if (!take_range(s->log, &t, &r->base, &r->size))
		return false;
	blanks(&t);
	if (take(&t, "nid=") && !take_int(&t, &r->nid))
		return false;
	blanks(&t);
	if ((take(&t, "flags=") && take_number(&t, 16, &flags)) ||
	    (take(&t, "flags ") && take_hex(&t, &flags)))
		r->flags = (uint32_t)flags;
	r->caller = take_caller(s->log, t);
	return true;
}

/* "N bytes align=0xA [nid=N] from=0xL max_addr=0xU caller" */
static bool parse_request_form(struct scan *s, const char *t, struct record *r)
{
	blanks(&t);
	if (!take_number(&t, 10, &r->size) || !take(&t, " bytes"))
		return false;
	blanks(&t);
	if (!take(&t, "align=") || !take_hex(&t, &r->align) || (r->align & (r->align - 1)))
		return false;
	blanks(&t);
	if (take(&t, "nid=") && !take_int(&t, &r->nid))
		return false;
	blanks(&t);
	if (!take(&t, "from=") || !take_hex(&t, &r->lo))
		return false;
	blanks(&t);
	if (!take(&t, "max_addr=") || !take_hex(&t, &r->hi))
		return false;
	r->caller = take_caller(s->log, t);
	return true;
}

/* "N bytes, nid=N, exact_nid=N caller" */
static bool parse_hugetlb_form(struct scan *s, const char *t, struct record *r)
{
	blanks(&t);
	if (!take_number(&t, 10, &r->size) || !take(&t, " bytes, nid=") || !take_int(&t, &r->nid) ||
	    !take(&t, ", exact_nid=") || !take_number(&t, 10, &r->value))
		return false;
	r->align = r->size;
	if (r->align & (r->align - 1))
		return false;
	r->caller = take_caller(s->log, t);
	return true;
}

/* "memblock: NAME [array ]is doubled to N at [A-E]" */
static bool parse_doubled(struct scan *s, const char *t, struct record *r)
{
	uint64_t entries;

	if (!take(&t, "memblock: "))
		return false;
	for (r->which = MB_MEMORY; r->which < MB_COLLECTIONS; r->which++)
		if (take(&t, mb_which_name(r->which)))
			break;
	take(&t, " array");
	if (r->which == MB_COLLECTIONS || !take(&t, " is doubled to ") ||
	    !take_number(&t, 10, &entries) || !take(&t, " at ") ||
	    !take_range(s->log, &t, &r->base, &r->size))
		return false;
	r->kind = REC_DOUBLED;
	r->entries = (uint32_t)entries;
	return true;
}

static bool parse_op(struct scan *s, const struct op_form *form, const char *arguments,
		     struct record *r)
{
	r->nid = MB_NUMA_NO_NODE;
	r->op = form->op;
	switch (form->form) {
	case FORM_RANGE:
		r->kind = REC_OP;
		return parse_range_form(s, arguments, r);
	case FORM_RESERVE:
		r->kind = REC_RESERVE;
		return parse_range_form(s, arguments, r);
	case FORM_REQUEST:
		r->kind = REC_REQUEST;
		return parse_request_form(s, arguments, r);
	default:
		r->kind = REC_REQUEST;
		return parse_hugetlb_form(s, arguments, r);
	}
}

/* The operation that @text names, and where its arguments start. NULL: none. */
static const struct op_form *find_form(const char *text, const char **arguments)
{
	const struct op_form *form;
	const char *name = strstr(text, "memblock"), *colon;
	size_t n;

	if (!name)
		return NULL;
	while (name > text && name[-1] == '_')
		name--;
	colon = strchr(name, ':');
	if (!colon)
		return NULL;
	n = (size_t)(colon - name);
	for (form = op_forms; form < op_forms + sizeof(op_forms) / sizeof(op_forms[0]); form++) {
		if (strlen(form->name) == n && !memcmp(form->name, name, n)) {
			*arguments = colon + 1;
			return form;
		}
	}
	return NULL;
}

static bool starts_dump_line(const char *text)
{
	static const char *const starts[] = { "memory size = ", "memory.cnt",  "memory[0x",
					      "reserved.cnt",   "reserved[0x", "physmem.cnt",
					      "physmem[0x" };
	unsigned i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(text, starts[i], strlen(starts[i])))
			return true;
	return false;
}

/* Is this line a message of its own, and not the rest of a wrapped one? */
static bool begins_message(const char *text)
{
	const char *arguments;

	return find_form(text, &arguments) || starts_dump_line(text) ||
	       strstr(text, "MEMBLOCK configuration:") || strstr(text, " is doubled to ");
}

/*
 * Try the current line, then together with up to two following ones, which a mail program may have
 * cut off; and take a caller that stands alone on the next line. s->at moves to the last line used.
 */
static bool parse_wrapped_op(struct scan *s, struct record *r)
{
	char joined[3 * LOG_LINE_MAX + 3];
	const char *arguments = NULL;
	size_t used = 0, extra;

	for (extra = 0; extra < 3 && s->at + extra < s->count; extra++) {
		const char *text = s->lines[s->at + extra].text;
		const struct op_form *form;

		if (extra && begins_message(text))
			break;
		used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%s",
					 extra ? " " : "", text);
		form = find_form(joined, &arguments);
		*r = (struct record){ .line = s->lines[s->at].number };
		if (!form || !parse_op(s, form, arguments, r))
			continue;
		s->log->old_forms |= form->old;
		s->log->new_forms |= joined[0] == '_' && form->op == MB_OP_RESERVE;
		s->at += extra;
		if (!r->caller && s->at + 1 < s->count) {
			const char *next = s->lines[s->at + 1].text;
			size_t n = strcspn(next, " ");

			if (!next[n] && memchr(next, '+', n) && memchr(next, '/', n)) {
				r->caller = take_caller(s->log, next);
				s->at++;
			}
		}
		return true;
	}
	return false;
}

/* ---- dumps ------------------------------------------------------------------------------------- */

static void drop_dump(struct scan *s)
{
	enum mb_which which;

	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
		free(s->dump.regions[which]);
	memset(&s->dump, 0, sizeof(s->dump));
	memset(s->room, 0, sizeof(s->room));
	memset(s->announced, 0, sizeof(s->announced));
	memset(s->counted, 0, sizeof(s->counted));
	s->in_dump = false;
}

static void finish_dump(struct scan *s)
{
	struct record r = { .kind = REC_DUMP, .line = s->dump.line };
	struct boot_log *log = s->log;
	enum mb_which which;

	if (!s->in_dump)
		return;
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		if (s->announced[which] != s->dump.cnt[which]) {
			if (!s->counted[which])
				mb_trace_warn(log->trace, s->dump.line,
					      "incomplete dump: %s.cnt line missing; %u regions "
					      "seen; not used",
					      mb_which_name(which), s->dump.cnt[which]);
			else
				mb_trace_warn(log->trace, s->dump.line,
					      "incomplete dump: %u of %u regions of %s; not used",
					      s->dump.cnt[which], s->announced[which],
					      mb_which_name(which));
			drop_dump(s);
			return;
		}
	}
	if (!s->announced[MB_MEMORY] && !s->announced[MB_RESERVED]) {
		mb_trace_warn(log->trace, s->dump.line, "a dump without regions; not used");
		drop_dump(s);
		return;
	}
	if (log->dump_count == log->dump_room) {
		size_t more = log->dump_room ? log->dump_room * 2 : 8;
		void *larger = realloc(log->dumps, more * sizeof(s->dump));

		if (!larger) {
			s->failed = true;
			drop_dump(s);
			return;
		}
		log->dumps = larger;
		log->dump_room = more;
	}
	r.dump = (uint32_t)log->dump_count;
	log->dumps[log->dump_count++] = s->dump;
	memset(&s->dump, 0, sizeof(s->dump)); /* the regions moved */
	drop_dump(s);
	add_record(s, &r);
}

static void add_region(struct scan *s, enum mb_which which, const struct mb_region *region)
{
	if (s->dump.cnt[which] == s->room[which]) {
		uint32_t more = s->room[which] ? s->room[which] * 2 : 64;
		void *larger = realloc(s->dump.regions[which], more * sizeof(*region));

		if (!larger) {
			s->failed = true;
			return;
		}
		s->dump.regions[which] = larger;
		s->room[which] = more;
	}
	s->dump.regions[which][s->dump.cnt[which]++] = *region;
}

/* "NAME[0xI] [A-E], 0xS bytes[ on node N][ flags: 0xF]" after the name. */
static bool parse_region(struct scan *s, enum mb_which which, const char *t)
{
	struct mb_region region = { .nid = MB_NUMA_NO_NODE };
	uint64_t index, flags;

	if (!take(&t, "[") || !take_hex(&t, &index) || !take(&t, "]"))
		return false;
	blanks(&t);
	if (!take_range(s->log, &t, &region.base, &region.size))
		return false;
	take(&t, ",");
	blanks(&t);
	if (take_hex(&t, &region.size))
		take(&t, " bytes");
	blanks(&t);
	if (take(&t, "on node ") && !take_int(&t, &region.nid))
		return false;
	blanks(&t);
	if (take(&t, "flags: ") && take_hex(&t, &flags))
		region.flags = (uint32_t)flags;
	if (region.nid >= 0 && region.size)
		s->log->has_nodes = true;
	add_region(s, which, &region);
	return true;
}

/* A line inside a dump. @text is the line, perhaps with the next one joined to it. */
static bool parse_dump_text(struct scan *s, const char *text)
{
	const char *t = text;
	enum mb_which which;
	uint64_t value;

	if (take(&t, "memory size = ")) {
		if (!take_hex(&t, &s->dump.size[MB_MEMORY]))
			return false;
		blanks(&t);
		return take(&t, "reserved size = ") && take_hex(&t, &s->dump.size[MB_RESERVED]);
	}
	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		t = text;
		if (!take(&t, mb_which_name(which)))
			continue;
		if (*t == '[')
			return parse_region(s, which, t);
		if (!take(&t, ".cnt"))
			return false;
		blanks(&t);
		if (!take(&t, "="))
			return false;
		blanks(&t);
		if (!take_hex(&t, &value) || value > UINT32_MAX)
			return false;
		s->announced[which] = (uint32_t)value;
		s->counted[which] = true;
		s->log->has_physmem |= which == MB_PHYSMEM;
		return true;
	}
	return false;
}

static void parse_dump_line(struct scan *s)
{
	const struct log_line *line = &s->lines[s->at];
	char joined[2 * LOG_LINE_MAX + 2];
	size_t n = strlen(line->text);

	if (!s->in_dump) {
		unrecognised(s, line, "a dump without its first line");
		return;
	}
	/* Wrapped behind the range: the size, or at least the flags, are on the next line. */
	if ((line->text[n - 1] == ',' || line->text[n - 1] == '=') && s->at + 1 < s->count &&
	    !begins_message(s->lines[s->at + 1].text)) {
		snprintf(joined, sizeof(joined), "%s %s", line->text, s->lines[s->at + 1].text);
		if (parse_dump_text(s, joined)) {
			s->at++;
			return;
		}
	}
	if (!parse_dump_text(s, line->text))
		unrecognised(s, line, "unreadable line of a dump");
}

/* ---- other lines ------------------------------------------------------------------------------- */

static void discard_records(struct scan *s)
{
	struct boot_log *log = s->log;
	enum mb_which which;
	size_t i;

	for (i = 0; i < log->dump_count; i++)
		for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
			free(log->dumps[i].regions[which]);
	log->count = log->dump_count = 0;
	log->last_pfn = log->low_ram_end = 0;
	log->has_nodes = log->has_physmem = false;
}

static bool memblock_lines_follow(const struct scan *s)
{
	const char *arguments;
	size_t i;

	for (i = s->at; i < s->count; i++)
		if (find_form(s->lines[i].text, &arguments))
			return true;
	return false;
}

static void parse_version(struct scan *s, const char *t, const struct log_line *line)
{
	struct boot_log *log = s->log;
	uint64_t major, minor = 0;

	if (s->boots && s->boot_started) {
		finish_dump(s);
		if (!memblock_lines_follow(s)) {
			mb_trace_warn(log->trace, line->number,
				      "another boot begins, without memblock lines; not read");
			s->at = s->count;
			return;
		}
		discard_records(s);
		s->boot_started = false;
		s->earlier_boot = true;
	}
	s->boots++;
	if (s->boots == 1)
		s->boot_first_line = line->number;
	s->boot_line = line->number;
	log->trace->kernel = (char *)mb_trace_strdup(log->trace, t);
	if (take_number(&t, 10, &major) && take(&t, ".") && take_number(&t, 10, &minor))
		log->version = (unsigned)(major * 1000 + minor);
	if (strstr(line->text, "x86_64") || strstr(line->text, "-amd64"))
		log->arch = ARCH_X86;
	else if (strstr(line->text, "aarch64") || strstr(line->text, "arm64"))
		log->arch = ARCH_ARM64;
	else if (strstr(line->text, "powerpc64") || strstr(line->text, "ppc64"))
		log->arch = ARCH_PPC64;
	else if (strstr(line->text, "s390x"))
		log->arch = ARCH_S390;
}

/* "SRAT: Node N PXM P [mem A-E] [hotplug]", after "SRAT: " */
static bool parse_srat(struct scan *s, const char *t, const struct log_line *line)
{
	struct record r = { .kind = REC_NUMA_RANGE, .line = line->number };
	const char *mem = strstr(t, "[mem ");

	if (!take(&t, "Node ") || !take_int(&t, &r.nid) || !mem ||
	    !take_mem(&mem, &r.base, &r.size))
		return false;
	r.hotplug = strstr(mem, "hotplug") != NULL;
	add_record(s, &r);
	return true;
}

static bool parse_numa_line(struct scan *s, const struct log_line *line)
{
	struct record r = { .kind = REC_NUMA_LINE, .line = line->number, .nid = -1 };
	const char *t;

	t = strstr(line->text, "SRAT: Node ");
	if (t)
		return parse_srat(s, t + 6, line);
	t = strstr(line->text, "Faking a node at [mem ");
	if (t) {
		t += 17;
		r.kind = REC_NUMA_RANGE;
		r.nid = 0;
		if (!take_mem(&t, &r.base, &r.size))
			return false;
		add_record(s, &r);
		return true;
	}
	t = strstr(line->text, "NODE_DATA");
	if (t) {
		r.kind = REC_NODE_DATA;
		t += 9;
		if (take(&t, "(") && (!take_int(&t, &r.nid) || !take(&t, ")")))
			return false;
		t = strstr(t, "[mem ");
		if (!t || !take_mem(&t, &r.base, &r.size))
			return false;
		add_record(s, &r);
		return true;
	}
	if (strncmp(line->text, "NUMA: Node ", 11))
		return false;
	add_record(s, &r);
	return true;
}

static void parse_other(struct scan *s, const struct log_line *line)
{
	struct boot_log *log = s->log;
	const char *t = line->text;
	uint64_t value;

	if (take(&t, "Linux version ")) {
		parse_version(s, t, line);
	} else if (take(&t, "Command line: ") || take(&t, "Kernel command line: ")) {
		log->cmdline = mb_trace_strdup(log->trace, t);
	} else if (take(&t, "last_pfn = ") && take_hex(&t, &value)) {
		if (value > log->last_pfn)
			log->last_pfn = value;
		log->arch = ARCH_X86;
	} else if (take(&t, "low ram: 0 - ") && take_number(&t, 16, &value)) {
		log->low_ram_end = value;
	} else if (take(&t, "dcache_bsize ")) {
		blanks(&t);
		if (take(&t, "= ") && take_hex(&t, &value) && value <= 4096)
			log->cache_line = (unsigned)value;
	} else {
		parse_numa_line(s, line);
	}
}

/* ---- the walk ---------------------------------------------------------------------------------- */

/*
 * Does this line merely repeat the one before? Only in a log that a kept early console printed again,
 * and only once another kind of line has shown that lines come in pairs: the same request twice in a
 * row is perfectly possible, when the first one failed.
 */
static bool is_repetition(struct scan *s, const struct log_line *line)
{
	bool same = s->previous && !strcmp(s->previous, line->text);

	s->previous = line->text;
	if (!same || s->boots < 2 || !s->log->cmdline || !strstr(s->log->cmdline, ",keep"))
		return false;
	if (strlen(line->text) > 20 && !begins_message(line->text))
		s->pairs = true;
	if (s->pairs)
		s->previous = NULL; /* a third one is new */
	return s->pairs;
}

static void scan_line(struct scan *s)
{
	const struct log_line *line = &s->lines[s->at];
	const char *arguments;
	struct record r;

	if (is_repetition(s, line))
		return;
	if (strstr(line->text, "MEMBLOCK configuration:")) {
		finish_dump(s);
		s->in_dump = true;
		s->dump.line = line->number;
		s->dump.size[MB_MEMORY] = s->dump.size[MB_RESERVED] = MB_SIZE_UNKNOWN;
		return;
	}
	if (starts_dump_line(line->text)) {
		parse_dump_line(s);
		return;
	}
	r = (struct record){ .line = line->number };
	if (strstr(line->text, " is doubled to ") && strstr(line->text, "memblock: ")) {
		finish_dump(s);
		if (parse_doubled(s, strstr(line->text, "memblock: "), &r))
			add_record(s, &r);
		else
			unrecognised(s, line, "unreadable growth");
		return;
	}
	if (find_form(line->text, &arguments)) {
		finish_dump(s);
		if (parse_wrapped_op(s, &r))
			add_record(s, &r);
		else
			unrecognised(s, line, "unreadable memblock line");
		return;
	}
	parse_other(s, line);
}

/* 3.5 to 3.10 printed exclusive ends of operations, but not of dumps; a dump decides. */
static void fix_exclusive_ends(struct boot_log *log)
{
	unsigned exclusive = 0, inclusive = 0;
	size_t i;
	uint32_t j;

	for (i = 0; i < log->count && log->records[i].kind != REC_DUMP; i++)
		;
	if (i < log->count) {
		const struct mb_dump *dump = &log->dumps[log->records[i].dump];

		while (i--) {
			const struct record *r = &log->records[i];
			uint64_t end = r->base + r->size;

			if (r->kind != REC_RESERVE)
				continue;
			for (j = 0; j < dump->cnt[MB_RESERVED]; j++) {
				const struct mb_region *d = &dump->regions[MB_RESERVED][j];

				exclusive += d->base + d->size == end - 1;
				inclusive += d->base + d->size == end;
			}
		}
	}
	if (exclusive <= inclusive && (log->version < 3005 || log->version > 3010))
		return;
	log->exclusive_ends = true;
	for (i = 0; i < log->count; i++) {
		struct record *r = &log->records[i];

		if ((r->kind == REC_RESERVE || r->kind == REC_OP) && r->size)
			r->size--;
	}
}

static void release(struct scan *s)
{
	drop_dump(s);
	discard_records(s);
	free(s->log->records);
	free(s->log->dumps);
	mb_log_lines_free(&s->file);
}

static int scan_log(struct scan *s, const char *text, size_t size, struct mb_text_error *error)
{
	struct boot_log *log = s->log;
	const char *path = log->path;

	if (!size)
		return mb_text_fail(error, -EINVAL, path, 1, "the file is empty", NULL, 0, NULL);
	if (mb_log_is_binary(text, size))
		return mb_text_fail(error, -EINVAL, path, 1, "neither a trace nor a console log",
				    text, size < 16 ? size : 16, "the file is binary");
	if (!mb_log_split(&s->file, text, size))
		return -ENOMEM;
	s->lines = s->file.lines;
	s->count = s->file.count;
	log->trace->lines = s->file.total;
	for (s->at = 0; s->at < s->count; s->at++)
		scan_line(s);
	finish_dump(s);
	if (s->failed)
		return -ENOMEM;
	if (!s->boot_started) {
		const char *first = s->count ? s->lines[0].text : "";
		const char *remedy = "boot with memblock=debug, and a log buffer that is large "
				     "enough (log_buf_len=4M)";

		if (log->trace->warning_count)
			return mb_text_fail(error, -EINVAL, path, log->trace->warnings[0].line,
					    "nothing that can be replayed",
					    log->trace->warnings[0].text,
					    strlen(log->trace->warnings[0].text), remedy);
		return mb_text_fail(error, -EINVAL, path, s->count ? s->lines[0].number : 1,
				    "no memblock lines in a file that begins with", first,
				    strlen(first), remedy);
	}
	if (s->earlier_boot)
		mb_trace_warn(
			log->trace, s->boot_line,
			"'Linux version' was seen before, at line %u: the log holds more than "
			"one boot or a kept early console printed it again; the last counts",
			s->boot_first_line);
	fix_exclusive_ends(log);
	return 0;
}

int mb_import(const char *text, size_t size, const char *source, struct mb_trace **out,
	      struct mb_text_error *error)
{
	return mb_import_as(text, size, source, NULL, out, error);
}

int mb_import_as(const char *text, size_t size, const char *source,
		 const struct mb_profile *profile, struct mb_trace **out,
		 struct mb_text_error *error)
{
	const char *slash = strrchr(source, '/');
	struct boot_log log = { .path = source, .profile = profile };
	struct scan scan = { .log = &log };
	int code;

	log.trace = mb_trace_new(slash ? slash + 1 : source, "dmesg");
	if (!log.trace)
		return mb_text_fail(error, -ENOMEM, source, 0, "no memory", NULL, 0, NULL);
	code = scan_log(&scan, text, size, error);
	if (!code)
		code = mb_reconstruct(&log, error);
	if (code == -ENOMEM || (!code && mb_trace_failed(log.trace)))
		code = mb_text_fail(error, -ENOMEM, source, 0, "no memory", NULL, 0, NULL);
	release(&scan);
	if (code) {
		mb_trace_free(log.trace);
		return code;
	}
	mb_trace_seal(log.trace);
	*out = log.trace;
	return 0;
}
