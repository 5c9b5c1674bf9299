/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_scan.c - a log on its way to records: adding one, and what may be the rest of a wrapped line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

void scan_add_record(struct scan *s, const struct record *record)
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

void scan_unrecognised(struct scan *s, const struct log_line *line, const char *what)
{
	s->log->trace->unrecognised++;
	mb_trace_warn(s->log->trace, line->number, what, line->text);
}

/* ---- wrapped lines ----------------------------------------------------------------------------- */

const char *scan_rest(const struct scan *s, size_t at)
{
	const struct log_line *line = &s->lines[at];

	if (at >= s->count || line->stamped || strlen(line->text) > PART_MAX ||
	    mb_log_begins_message(line->text))
		return NULL;
	return line->text;
}

const char *scan_continuation(const struct scan *s, size_t extra)
{
	return scan_rest(s, s->at + extra);
}

void scan_join(const struct scan *s, const char *first, size_t extra, unsigned way, char *joined)
{
	size_t used = (size_t)sprintf(joined, "%.*s", PART_MAX, first), i;

	for (i = 1; i <= extra; i++)
		used += (size_t)sprintf(joined + used, "%s%s", way >> (i - 1) & 1 ? "" : " ",
					s->lines[s->at + i].text);
}
