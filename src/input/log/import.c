/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import.c - from a console log to records: which line says what.
 *
 * A log reaches us through serial ports, terminals, dmesg, mail programs and diffs. So reading has
 * three steps, each of which knows as little as possible of the others:
 *
 *  1. Clean (import_lines.c): a line loses everything that is not its message.
 *  2. Recognise: an operation ("memblock_reserve: [A-E] caller"; import_forms.c), a line of a dump
 *     (import_dump.c), or one of the few other lines that tell what memblock does not print
 *     (import_other.c). A line that was wrapped by a mail program is tried again with the next one.
 *  3. Sort into boots (import_boots.c): the last one that has memblock lines counts.
 *
 * What looks like memblock and cannot be read is counted and reported with its line; it never stops
 * the import. Only a log that holds nothing to replay is an error.
 */

#include "input/log/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

/* The operation of the current line, which a mail program or a terminal may have wrapped. */
static bool parse_wrapped_op(struct scan *s, struct record *r)
{
	char joined[PARTS * (PART_MAX + 1) + 1];
	const char *text = s->lines[s->at].text;
	enum fit best = FIT_NONE;
	size_t extra, used = 0;
	unsigned way;

	for (extra = 0; extra < PARTS && best < FIT_CALLER_AND_MORE; extra++) {
		if (extra && !scan_continuation(s, extra))
			break;
		for (way = 0; way < 1u << extra; way++) {
			struct record candidate = { .line = s->lines[s->at].number };
			const struct op_form *form;
			const char *arguments;
			enum fit fit = FIT_NONE;

			scan_join(s, text, extra, way, joined);
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

static bool parse_wrapped_growth(struct scan *s, const char *text, struct record *r)
{
	char joined[PARTS * (PART_MAX + 1) + 1];
	const char *rest;
	size_t extra;
	unsigned way;

	for (extra = 1; extra < PARTS && scan_continuation(s, extra); extra++) {
		for (way = 0; way < 1u << extra; way++) {
			scan_join(s, text, extra, way, joined);
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

	scan_finish_dump(s);
	if (!mb_log_parse_doubled(s->log, text, &r, &rest)) {
		if (!parse_wrapped_growth(s, text, &r)) {
			scan_unrecognised(s, line, "unreadable growth: '%.80s'");
			return;
		}
		rest = "";
	}
	scan_add_record(s, &r);
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

	if (scan_is_repetition(s, line))
		return;
	if (strstr(line->text, "MEMBLOCK configuration:")) {
		s->boot_loader = false;
		scan_begin_dump(s, line->number);
		return;
	}
	if (strstr(line->text, "lmb_dump_all:"))
		s->boot_loader = true;
	s->boot_loader &= !line->stamped;
	of_dump = mb_log_find_dump_line(line->text);
	if (of_dump && (!s->boot_loader || s->in_dump)) {
		scan_dump_line(s, of_dump);
		return;
	}
	if (doubled && strstr(doubled, " is doubled to ")) {
		scan_doubled(s, doubled);
		return;
	}
	if (mb_log_find_form(line->text, &arguments)) {
		scan_notice_restart(s);
		if (s->at == s->count)
			return;
		scan_finish_dump(s);
		if (parse_wrapped_op(s, &r)) {
			mb_log_arch_of_caller(s->log, r.caller);
			scan_add_record(s, &r);
		} else {
			scan_unrecognised(s, line, "unreadable memblock line: '%.80s'");
		}
		return;
	}
	scan_other_line(s, line);
}

static void release(struct scan *s)
{
	scan_drop_dump(s);
	scan_discard_records(s);
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
	scan_finish_dump(s);
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

int mb_log_import(const char *text, size_t size, const char *source,
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
