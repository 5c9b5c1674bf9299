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
#include <inttypes.h>
#include <memblock/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

#define OPENING 6
#define DUMP_REGIONS_MAX (1u << 17) /* of a collection: far more than any kernel had */

struct scan {
	struct boot_log *log;
	struct log_lines file;
	const struct log_line *lines; /* file.lines */
	size_t count, at;
	bool failed;      /* no memory */
	bool boot_loader; /* U-Boot lists its own ranges, which look like a dump */
	/* The dump being read. */
	bool in_dump;
	struct mb_dump dump;
	uint64_t announced[MB_COLLECTIONS]; /* counts that the dump promised */
	bool counted[MB_COLLECTIONS];       /* whether it did */
	uint32_t room[MB_COLLECTIONS];
	/* Boots. */
	unsigned boots;
	uint32_t boot_line, boot_first_line; /* "Linux version" of this boot, and of the first */
	bool boot_started;                   /* this boot has records already */
	bool earlier_boot;                   /* so had one before it */
	bool pairs;                          /* every line comes twice by now */
	const char *previous;
	size_t opening[OPENING]; /* the first memblock lines of this boot */
	unsigned opening_count;
	uint32_t elision; /* the first line that says that others were left out; 0: none */
};

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

/* @what shows the text: its %.80s. */
static void unrecognised(struct scan *s, const struct log_line *line, const char *what)
{
	s->log->trace->unrecognised++;
	mb_trace_warn(s->log->trace, line->number, what, line->text);
}

/* ---- operations -------------------------------------------------------------------------------- */

#define PARTS 4 /* lines that one message was wrapped into, at most */
#define PART_MAX 1024

/* The line @at, if it may be the rest of one before. */
static const char *rest(const struct scan *s, size_t at)
{
	const struct log_line *line = &s->lines[at];

	if (at >= s->count || line->stamped || strlen(line->text) > PART_MAX ||
	    mb_log_begins_message(line->text))
		return NULL;
	return line->text;
}

/* The line @extra after the current one, if it may be the rest of it. */
static const char *continuation(const struct scan *s, size_t extra)
{
	return rest(s, s->at + extra);
}

/*
 * Version @way of the current line: joined with @extra following ones, where bit i of @way says that
 * the i-th join has no blank. Mail programs cut at blanks, terminals anywhere.
 */
static void join(const struct scan *s, const char *first, size_t extra, unsigned way, char *joined)
{
	size_t used = (size_t)sprintf(joined, "%.*s", PART_MAX, first), i;

	for (i = 1; i <= extra; i++)
		used += (size_t)sprintf(joined + used, "%s%s", way >> (i - 1) & 1 ? "" : " ",
					s->lines[s->at + i].text);
}

/* The operation of the current line, which a mail program or a terminal may have wrapped. */
static bool parse_wrapped_op(struct scan *s, struct record *r)
{
	char joined[PARTS * (PART_MAX + 1) + 1];
	const char *text = s->lines[s->at].text;
	enum fit best = FIT_NONE;
	size_t extra, used = 0;
	unsigned way;

	for (extra = 0; extra < PARTS && best < FIT_CALLER_AND_MORE; extra++) {
		if (extra && !continuation(s, extra))
			break;
		for (way = 0; way < 1u << extra; way++) {
			struct record candidate = { .line = s->lines[s->at].number };
			const struct op_form *form;
			const char *arguments;
			enum fit fit = FIT_NONE;

			join(s, text, extra, way, joined);
			form = mb_log_find_form(joined, &arguments);
			if (form)
				fit = mb_log_parse_op(s->log, form, arguments, &candidate);
			/* Where one alone makes sense, a joined one must leave nothing over. */
			if (fit <= best || (extra && best && fit == FIT_CALLER_AND_MORE) ||
			    (extra && best && fit < FIT_ADDRESS))
				continue;
			best = fit;
			used = extra;
			*r = candidate;
			r->caller = candidate.caller_at ?
					    mb_trace_strndup(s->log->trace, candidate.caller_at,
							     candidate.caller_size) :
					    NULL;
			r->caller_at = NULL;
			r->old_form = form->old;
			r->new_form = form->name[0] == '_' && form->op == MB_OP_RESERVE;
		}
	}
	if (!best)
		return false;
	s->log->old_forms |= r->old_form;
	s->log->new_forms |= r->new_form;
	s->at += used;
	return true;
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
		bool missing = !s->counted[which] && which != MB_PHYSMEM;

		if (missing || s->announced[which] != s->dump.cnt[which]) {
			if (!s->counted[which])
				mb_trace_warn(log->trace, s->dump.line,
					      "incomplete dump: %s.cnt line missing; %u regions "
					      "seen; not used",
					      mb_which_name(which), s->dump.cnt[which]);
			else
				mb_trace_warn(log->trace, s->dump.line,
					      "incomplete dump: %u of %" PRIu64
					      " regions of %s; not used",
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
	if (s->dump.cnt[which] == DUMP_REGIONS_MAX)
		return; /* fewer than announced, or not announced: not used either way */
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

static void begin_dump(struct scan *s, uint32_t line)
{
	finish_dump(s);
	s->in_dump = true;
	s->dump.line = line;
	s->dump.size[MB_MEMORY] = s->dump.size[MB_RESERVED] = MB_SIZE_UNKNOWN;
}

static void take_dump_line(struct scan *s, const struct dump_line *line)
{
	struct boot_log *log = s->log;

	switch (line->kind) {
	case DUMP_SIZES:
		s->dump.size[MB_MEMORY] = line->memory_size;
		s->dump.size[MB_RESERVED] = line->reserved_size;
		break;
	case DUMP_COUNT:
		s->announced[line->which] = line->count;
		s->counted[line->which] = true;
		log->has_physmem |= line->which == MB_PHYSMEM;
		break;
	default:
		if (line->region.nid >= 0 && line->region.size)
			log->has_nodes = true;
		add_region(s, line->which, &line->region);
	}
}

/* A line of a dump, which may be wrapped as well. @text: the dump's part of the current line. */
static void parse_dump_line(struct scan *s, const char *text)
{
	const struct log_line *line = &s->lines[s->at];
	char joined[PARTS * (PART_MAX + 1) + 1];
	struct dump_line best_line = { .kind = DUMP_COUNT }, candidate;
	enum fit best = FIT_NONE;
	size_t extra, used = 0;
	unsigned way;

	for (extra = 0; extra < PARTS && best < FIT_CALLER_AND_MORE; extra++) {
		if (extra && !continuation(s, extra))
			break;
		for (way = 0; way < 1u << extra; way++) {
			enum fit fit;

			join(s, text, extra, way, joined);
			fit = mb_log_parse_dump_line(s->log, joined, &candidate);
			if (fit <= best ||
			    (extra && best >= FIT_ADDRESS && fit == FIT_CALLER_AND_MORE))
				continue;
			best = fit;
			used = extra;
			best_line = candidate;
		}
	}
	if (!best) {
		unrecognised(s, line, "unreadable line of a dump: '%.80s'");
		return;
	}
	if (!s->in_dump && best_line.kind == DUMP_REGION) {
		unrecognised(s, line, "a dump without its first line: '%.80s'");
		return;
	}
	/* Its first line was lost, but nothing of what counts. */
	if (!s->in_dump || (best_line.kind == DUMP_SIZES && s->counted[MB_MEMORY]))
		begin_dump(s, line->number);
	s->at += used;
	take_dump_line(s, &best_line);
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
		if (mb_log_find_form(s->lines[i].text, &arguments))
			return true;
	return false;
}

/* Another boot, or the same one printed again, begins at @line. False: nothing of it is read. */
static bool begin_boot(struct scan *s, const struct log_line *line)
{
	struct boot_log *log = s->log;

	finish_dump(s);
	if (s->boot_started) {
		if (!s->boot_first_line)
			s->boot_first_line = 1;
		if (!memblock_lines_follow(s)) {
			mb_trace_warn(log->trace, line->number,
				      "another boot begins, without memblock lines; not read");
			s->at = s->count;
			return false;
		}
		discard_records(s);
		s->boot_started = false;
		s->earlier_boot = true;
	}
	s->opening_count = 0;
	s->boots++;
	s->boot_line = line->number;
	return true;
}

static void parse_version(struct scan *s, const char *t, const struct log_line *line)
{
	struct boot_log *log = s->log;
	uint64_t major, minor = 0;

	/* Some architectures print it after their first memblock lines. */
	if (s->boots) {
		if (!begin_boot(s, line))
			return;
	} else {
		s->boots = 1;
		s->boot_line = s->boot_first_line = line->number;
	}
	log->trace->kernel = (char *)mb_trace_strdup(log->trace, t);
	if (mb_log_number(&t, 10, &major) && mb_log_take(&t, ".") && mb_log_number(&t, 10, &minor))
		log->version = (unsigned)(major * 1000 + minor);
	if (strstr(line->text, "aarch64") || strstr(line->text, "arm64"))
		log->arch = ARCH_ARM64;
	else if (strstr(line->text, "powerpc64") || strstr(line->text, "ppc64"))
		log->arch = ARCH_PPC64;
	else if (strstr(line->text, "s390x"))
		log->arch = ARCH_S390;
	else if (strstr(line->text, "x86_64") || strstr(line->text, "-amd64"))
		log->arch = ARCH_X86;
}

/* "SRAT: Node N PXM P [mem A-E] [hotplug]", after "SRAT: " */
static bool parse_srat(struct scan *s, const char *t, const struct log_line *line)
{
	struct record r = { .kind = REC_NUMA_RANGE, .line = line->number };
	const char *mem = strstr(t, "[mem ");

	if (!mb_log_take(&t, "Node ") || !mb_log_int(&t, &r.nid) || !mem ||
	    !mb_log_mem(&mem, &r.base, &r.size))
		return false;
	r.hotplug = strstr(mem, "hotplug") != NULL;
	if (!*mem && continuation(s, 1) && !strncmp(continuation(s, 1), "hotplug", 7)) {
		r.hotplug = true;
		s->at++;
	}
	add_record(s, &r);
	return true;
}

static bool parse_numa_text(struct scan *s, const struct log_line *line, const char *text)
{
	struct record r = { .kind = REC_NUMA_LINE, .line = line->number, .nid = -1 };
	const char *t;

	t = strstr(text, "SRAT: Node ");
	if (t)
		return parse_srat(s, t + 6, line);
	t = strstr(text, "Faking a node at [mem ");
	if (t) {
		t += 17;
		r.kind = REC_NUMA_RANGE;
		r.nid = 0;
		if (!mb_log_mem(&t, &r.base, &r.size))
			return false;
		add_record(s, &r);
		return true;
	}
	t = strstr(text, "NODE_DATA");
	if (t) {
		r.kind = REC_NODE_DATA;
		t += 9;
		if (mb_log_take(&t, "(") && (!mb_log_int(&t, &r.nid) || !mb_log_take(&t, ")")))
			return false;
		t = strstr(t, "[mem ");
		if (!t || !mb_log_mem(&t, &r.base, &r.size))
			return false;
		add_record(s, &r);
		return true;
	}
	t = strstr(text, "node ");
	if (t && strstr(t, ": [mem ")) {
		r.kind = REC_NODE_RANGE;
		t += 5;
		mb_log_blanks(&t);
		if (!mb_log_int(&t, &r.nid) || !mb_log_take(&t, ": ") ||
		    !mb_log_mem(&t, &r.base, &r.size))
			return false;
		add_record(s, &r);
		return true;
	}
	if (!strstr(text, "NUMA: Node "))
		return false;
	add_record(s, &r);
	return true;
}

static bool concerns_nodes(const char *text)
{
	return strstr(text, "SRAT: Node ") || strstr(text, "Faking a node at") ||
	       strstr(text, "NODE_DATA") || strstr(text, "NUMA: Node ") || strstr(text, "node ");
}

/* " memory: 08000000 @ 00000000 (usable)" */
static bool parse_ram_line(struct scan *s, const struct log_line *line)
{
	struct record r = { .kind = REC_RAM_RANGE, .line = line->number, .nid = -1 };
	const char *t = strstr(line->text, "memory: ");

	if (!t)
		return false;
	t += strlen("memory: ");
	if (!mb_log_number(&t, 16, &r.size) || !mb_log_take(&t, " @ ") ||
	    !mb_log_number(&t, 16, &r.base) || !mb_log_take(&t, " (usable"))
		return false;
	add_record(s, &r);
	return true;
}

/* What parse_numa_text() reads, of a line that may be wrapped. */
static bool parse_numa_line(struct scan *s, const struct log_line *line)
{
	char joined[PARTS * (PART_MAX + 1) + 1];
	const struct record *last;
	unsigned way;

	if (!concerns_nodes(line->text))
		return false;
	if (parse_numa_text(s, line, line->text)) {
		last = &s->log->records[s->log->count - 1];
		if (s->failed || last->kind != REC_NUMA_LINE || !continuation(s, 1))
			return true;
		s->log->count--; /* the rest of it may tell more */
	}
	for (way = 0; way < 2 && continuation(s, 1); way++) {
		join(s, line->text, 1, way, joined);
		if (parse_numa_text(s, line, joined)) {
			last = &s->log->records[s->log->count - 1];
			s->at += last->kind != REC_NUMA_LINE;
			return true;
		}
	}
	return false;
}

/* A command line, with the rest of it from the lines that follow. */
static void parse_command_line(struct scan *s, const char *text, const struct log_line *line)
{
	struct boot_log *log = s->log;
	char *whole = calloc(1, 2 * LOG_LINE_MAX);
	size_t used, n;

	if (!whole) {
		s->failed = true;
		return;
	}
	used = strlen(text);
	memcpy(whole, text, used);
	while (continuation(s, 1)) {
		const char *next = continuation(s, 1);

		n = strlen(next);
		if ((!line->stamped && !memchr(next, '=', strcspn(next, " "))) ||
		    used + n + 2 > 2 * LOG_LINE_MAX)
			break;
		whole[used++] = ' ';
		memcpy(whole + used, next, n);
		used += n;
		s->at++;
	}
	log->cmdline = mb_trace_strndup(log->trace, whole, used);
	log->cmdline_line = line->number;
	free(whole);
}

/* Find @word anywhere in *s and go behind it. */
static bool find(const char **s, const char *word)
{
	const char *at = strstr(*s, word);

	if (at)
		*s = at + strlen(word);
	return at;
}

static void parse_other(struct scan *s, const struct log_line *line)
{
	struct boot_log *log = s->log;
	const char *t = line->text;
	uint64_t value;

	if (find(&t, "Linux version ") && isdigit((unsigned char)*t) &&
	    !strstr(line->text, "to boot Linux")) {
		parse_version(s, t, line);
	} else if (find(&t, "Command line: ") || find(&t, "ommand line: ")) {
		parse_command_line(s, t, line);
	} else if (find(&t, "last_pfn = ") && mb_log_hex(&t, &value)) {
		if (value > log->last_pfn)
			log->last_pfn = value;
		log->arch = ARCH_X86;
	} else if (find(&t, "low ram: 0 - ") && mb_log_number(&t, 16, &value)) {
		log->low_ram_end = value;
	} else if (find(&t, "dcache_bsize ")) {
		mb_log_blanks(&t);
		if (mb_log_take(&t, "= ") && mb_log_hex(&t, &value) && value <= 4096 &&
		    value >= 8 && !(value & (value - 1)))
			log->cache_line = (unsigned)value;
	} else if (mb_log_is_elision(line->text)) {
		if ((s->boot_started || s->in_dump) && !s->elision)
			s->elision = line->number;
	} else if (strstr(t, "memblock: Failed to double ")) {
		mb_trace_warn(log->trace, line->number, "an array could not grow: '%.80s'", t);
	} else if (!parse_numa_line(s, line) && !parse_ram_line(s, line)) {
		mb_log_version_of_oops(log, t, continuation(s, 1));
		mb_log_processor(log, t);
		mb_log_page_size(log, t);
		if (mb_log_resembles_memblock(t))
			unrecognised(s, line,
				     "looks like memblock, but is none of its lines: '%.80s'");
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
	if (!same || s->boots < 2 || !s->log->cmdline ||
	    (!strstr(s->log->cmdline, ",keep") && !strstr(s->log->cmdline, "keep_bootcon")))
		return false;
	if (strlen(line->text) > 20 && !mb_log_begins_message(line->text))
		s->pairs = true;
	if (s->pairs)
		s->previous = NULL; /* a third one is new */
	return s->pairs;
}

/* Do two lines say the same? One that was cut off behind its name says it on the next one. */
static bool say_the_same(const struct scan *s, size_t a, size_t b)
{
	const char *next, *other;

	if (strcmp(s->lines[a].text, s->lines[b].text))
		return false;
	if (strstr(s->lines[a].text, "0x"))
		return true;
	next = rest(s, a + 1);
	other = rest(s, b + 1);
	return next && other ? !strcmp(next, other) : next == other;
}

/*
 * A log that lost its first line cannot say "Linux version" again. Where its first memblock lines come
 * once more, one after the other, so does the boot.
 */
static void notice_restart(struct scan *s)
{
	size_t at = s->at;
	unsigned i = 0;

	if (s->opening_count < OPENING) {
		s->opening[s->opening_count++] = s->at;
		return;
	}
	for (; i < OPENING && at < s->count; at++) {
		if (!mb_log_begins_message(s->lines[at].text))
			continue;
		if (!say_the_same(s, at, s->opening[i]))
			return;
		i++;
	}
	if (i < OPENING || s->pairs || !begin_boot(s, &s->lines[s->at]))
		return;
	s->opening[s->opening_count++] = s->at;
}

static bool parse_wrapped_growth(struct scan *s, const char *text, struct record *r)
{
	char joined[PARTS * (PART_MAX + 1) + 1];
	const char *rest;
	size_t extra;
	unsigned way;

	for (extra = 1; extra < PARTS && continuation(s, extra); extra++) {
		for (way = 0; way < 1u << extra; way++) {
			join(s, text, extra, way, joined);
			if (mb_log_parse_doubled(s->log, joined, r, &rest) && !*rest) {
				s->at += extra;
				return true;
			}
		}
	}
	return false;
}

static void scan_doubled(struct scan *s, const char *text)
{
	const struct log_line *line = &s->lines[s->at];
	struct record r = { .line = line->number };
	const char *rest;

	finish_dump(s);
	if (!mb_log_parse_doubled(s->log, text, &r, &rest)) {
		if (!parse_wrapped_growth(s, text, &r)) {
			unrecognised(s, line, "unreadable growth: '%.80s'");
			return;
		}
		rest = "";
	}
	add_record(s, &r);
	/* It is printed without an end of line: what comes next may be on the same one. */
	if (mb_log_find_form(rest, &text)) {
		s->file.lines[s->at].text = rest;
		s->at--;
	}
}

static void scan_line(struct scan *s)
{
	const struct log_line *line = &s->lines[s->at];
	const char *doubled = strstr(line->text, "memblock: ");
	const char *arguments, *of_dump;
	struct record r;

	if (is_repetition(s, line))
		return;
	if (strstr(line->text, "MEMBLOCK configuration:")) {
		s->boot_loader = false;
		begin_dump(s, line->number);
		return;
	}
	if (strstr(line->text, "lmb_dump_all:"))
		s->boot_loader = true;
	s->boot_loader &= !line->stamped;
	of_dump = mb_log_find_dump_line(line->text);
	if (of_dump && (!s->boot_loader || s->in_dump)) {
		parse_dump_line(s, of_dump);
		return;
	}
	if (doubled && strstr(doubled, " is doubled to ")) {
		scan_doubled(s, doubled);
		return;
	}
	if (mb_log_find_form(line->text, &arguments)) {
		notice_restart(s);
		if (s->at == s->count)
			return;
		finish_dump(s);
		if (parse_wrapped_op(s, &r)) {
			mb_log_arch_of_caller(s->log, r.caller);
			add_record(s, &r);
		} else {
			unrecognised(s, line, "unreadable memblock line: '%.80s'");
		}
		return;
	}
	parse_other(s, line);
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
	if (!mb_log_split(&s->file, text, size)) {
		if (s->file.count < LOG_LINES_MAX)
			return -ENOMEM;
		return mb_text_fail(error, -EINVAL, path, s->file.lines[s->file.count - 1].number,
				    "more than 2097152 lines", NULL, 0,
				    "cut out the boot that matters");
	}
	s->lines = s->file.lines;
	s->count = s->file.count;
	log->trace->lines = s->file.total;
	if (s->file.cut)
		mb_trace_warn(log->trace, s->file.first_cut,
			      "a line of %zu bytes: what follows its first %d is not read "
			      "(%zu such lines)",
			      s->file.cut_size, LOG_LINE_MAX, s->file.cut);
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
		mb_trace_warn(log->trace, s->boot_line,
			      "a boot was seen before, from line %u on: the log holds more than "
			      "one, or a kept early console printed it again; the last counts",
			      s->boot_first_line);
	if (s->elision)
		mb_trace_warn(log->trace, s->elision, "lines were left out or lost here");
	if (s->file.removed)
		mb_trace_warn(log->trace, s->file.first_removed,
			      "%zu memblock lines that a diff removes were left out",
			      s->file.removed);
	mb_log_fix_ends(log);
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
