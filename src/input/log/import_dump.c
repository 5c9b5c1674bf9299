/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_dump.c - the lines of a dump in a log, and whether they are all there. One that lacks a line is
 * not used.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

#define DUMP_REGIONS_MAX (1u << 17) /* of a collection: far more than any kernel had */

void scan_drop_dump(struct scan *s)
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

void scan_finish_dump(struct scan *s)
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
			scan_drop_dump(s);
			return;
		}
	}
	if (!s->announced[MB_MEMORY] && !s->announced[MB_RESERVED]) {
		mb_trace_warn(log->trace, s->dump.line, "a dump without regions; not used");
		scan_drop_dump(s);
		return;
	}
	if (log->dump_count == log->dump_room) {
		size_t more = log->dump_room ? log->dump_room * 2 : 8;
		void *larger = realloc(log->dumps, more * sizeof(s->dump));

		if (!larger) {
			s->failed = true;
			scan_drop_dump(s);
			return;
		}
		log->dumps = larger;
		log->dump_room = more;
	}
	r.dump = (uint32_t)log->dump_count;
	log->dumps[log->dump_count++] = s->dump;
	memset(&s->dump, 0, sizeof(s->dump)); /* the regions moved */
	scan_drop_dump(s);
	scan_add_record(s, &r);
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

void scan_begin_dump(struct scan *s, uint32_t line)
{
	scan_finish_dump(s);
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

void scan_dump_line(struct scan *s, const char *text)
{
	const struct log_line *line = &s->lines[s->at];
	char joined[PARTS * (PART_MAX + 1) + 1];
	struct dump_line best_line = { .kind = DUMP_COUNT }, candidate;
	enum fit best = FIT_NONE;
	size_t extra, used = 0;
	unsigned way;

	for (extra = 0; extra < PARTS && best < FIT_CALLER_AND_MORE; extra++) {
		if (extra && !scan_continuation(s, extra))
			break;
		for (way = 0; way < 1u << extra; way++) {
			enum fit fit;

			scan_join(s, text, extra, way, joined);
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
		scan_unrecognised(s, line, "unreadable line of a dump: '%.80s'");
		return;
	}
	if (!s->in_dump && best_line.kind == DUMP_REGION) {
		scan_unrecognised(s, line, "a dump without its first line: '%.80s'");
		return;
	}
	/* Its first line was lost, but nothing of what counts. */
	if (!s->in_dump || (best_line.kind == DUMP_SIZES && s->counted[MB_MEMORY]))
		scan_begin_dump(s, line->number);
	s->at += used;
	take_dump_line(s, &best_line);
}
