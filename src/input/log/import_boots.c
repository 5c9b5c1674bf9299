/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_boots.c - which lines of a log belong to the boot that counts, and which are said twice.
 *
 * "Linux version" a second time begins a new boot, or the same one again: a kernel with
 * earlyprintk=...,keep replays its whole log when the real console comes up and from then on prints each
 * line twice. The last boot that has memblock lines counts, and within a replayed log an exact repetition
 * of the previous line is dropped once lines come in pairs.
 */
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

void scan_discard_records(struct scan *s)
{
	struct boot_log *log = s->log;
	enum mb_which which;
	size_t i;

	for (i = 0; i < log->dump_count; i++)
		for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
			free(log->dumps[i].regions[which]);
	log->count = log->dump_count = 0;
	log->last_pfn = log->low_ram_end = 0;
	log->handover_line = 0;
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

bool scan_begin_boot(struct scan *s, const struct log_line *line)
{
	struct boot_log *log = s->log;

	scan_finish_dump(s);
	if (s->boot_started) {
		if (!s->boot_first_line)
			s->boot_first_line = 1;
		if (!memblock_lines_follow(s)) {
			mb_trace_warn(log->trace, line->number,
				      "another boot begins, without memblock lines; not read");
			s->at = s->count;
			return false;
		}
		scan_discard_records(s);
		s->boot_started = false;
		s->earlier_boot = true;
	}
	s->opening_count = 0;
	s->boots++;
	s->boot_line = line->number;
	return true;
}

/*
 * Does this line merely repeat the one before? Only in a log that a kept early console printed again,
 * and only once another kind of line has shown that lines come in pairs: the same request twice in a
 * row is perfectly possible, when the first one failed.
 */
bool scan_is_repetition(struct scan *s, const struct log_line *line)
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
	next = scan_rest(s, a + 1);
	other = scan_rest(s, b + 1);
	return next && other ? !strcmp(next, other) : next == other;
}

/*
 * A log that lost its first line cannot say "Linux version" again. Where its first memblock lines come
 * once more, one after the other, so does the boot.
 */
void scan_notice_restart(struct scan *s)
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
	if (i < OPENING || s->pairs || !scan_begin_boot(s, &s->lines[s->at]))
		return;
	s->opening[s->opening_count++] = s->at;
}
