/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_other.c - the lines that tell what memblock does not print: the version, the command line, the end
 * of memory, nodes.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

static void parse_version(struct scan *s, const char *t, const struct log_line *line)
{
	struct boot_log *log = s->log;
	uint64_t major, minor = 0;

	/* Some architectures print it after their first memblock lines. */
	if (s->boots) {
		if (!scan_begin_boot(s, line))
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
	if (!*mem && scan_continuation(s, 1) && !strncmp(scan_continuation(s, 1), "hotplug", 7)) {
		r.hotplug = true;
		s->at++;
	}
	scan_add_record(s, &r);
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
		scan_add_record(s, &r);
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
		scan_add_record(s, &r);
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
		scan_add_record(s, &r);
		return true;
	}
	if (!strstr(text, "NUMA: Node "))
		return false;
	scan_add_record(s, &r);
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
	scan_add_record(s, &r);
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
		if (s->failed || last->kind != REC_NUMA_LINE || !scan_continuation(s, 1))
			return true;
		s->log->count--; /* the rest of it may tell more */
	}
	for (way = 0; way < 2 && scan_continuation(s, 1); way++) {
		scan_join(s, line->text, 1, way, joined);
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
	while (scan_continuation(s, 1)) {
		const char *next = scan_continuation(s, 1);

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

void scan_other_line(struct scan *s, const struct log_line *line)
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
	} else if (strstr(t, "KHO: found kexec handover data")) {
		log->handover_line = line->number;
	} else if (!strncmp(t, "SLUB: HWalign=", 14)) {
		struct record r = { .kind = REC_SLAB, .line = line->number };

		scan_add_record(s, &r);
	} else if (mb_log_is_elision(line->text)) {
		if ((s->boot_started || s->in_dump) && !s->elision)
			s->elision = line->number;
	} else if (strstr(t, "memblock: Failed to double ")) {
		mb_trace_warn(log->trace, line->number, "an array could not grow: '%.80s'", t);
	} else if (!parse_numa_line(s, line) && !parse_ram_line(s, line)) {
		mb_log_version_of_oops(log, t, scan_continuation(s, 1));
		mb_log_processor(log, t);
		mb_log_page_size(log, t);
		if (mb_log_resembles_memblock(t))
			scan_unrecognised(s, line,
					  "looks like memblock, but is none of its lines: '%.80s'");
	}
}
