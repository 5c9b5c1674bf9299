/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_checks.c - the statements of a worked case that look at the outcome: collections, iterations,
 * queries, log lines, growths, what a page allocator was given. The language is described in script.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script_impl.h"

/* ---- lists ------------------------------------------------------------------------------------- */

/* The words of @text in the opposite order. */
static const char *reversed(const char *text, char *buf, size_t size)
{
	char copy[SCRIPT_TEXT], *words[512], *save;
	unsigned n = 0;
	size_t len = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *w = strtok_r(copy, " ", &save); w && n < 512; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	buf[0] = 0;
	while (n-- && len < size)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "", words[n]);
	return buf;
}

/* Iterations, in both directions. */
static bool list_ranges(struct script *s, char **w, const char *expected)
{
	char is[SCRIPT_TEXT], turned[SCRIPT_TEXT];
	struct mb *mb = s->f.mb;

	for (int reverse = 0; reverse < 2; reverse++) {
		struct mb_iter it;

		if (!strcmp(w[0], "free")) {
			mb_iter_free(&it, mb, script_node(s, w[1]),
				     (uint32_t)script_number(s, w[2]), reverse);
		} else if (!strcmp(w[0], "mem")) {
			mb_iter_memory(&it, mb, reverse);
		} else if (!strcmp(w[0], "minus")) {
			mb_iter_ranges(&it, mb, script_collection(s, w[1]),
				       w[2] && !strcmp(w[2], "-") ? MB_COLLECTIONS :
								    script_collection(s, w[2]),
				       script_node(s, w[3]), (uint32_t)script_number(s, w[4]),
				       reverse);
		} else if (strlen(w[0]) == 1) {
			mb_iter_regions(&it, mb, script_collection(s, w[0]), reverse);
		} else {
			return false;
		}
		ranges_text(&it, is, sizeof(is));
		script_expect(s, reverse ? "in reverse it" : w[0], is,
			      reverse ? reversed(expected, turned, sizeof(turned)) : expected);
	}
	return true;
}

static void append_pfns(char *is, size_t size, const struct mb_range *r)
{
	size_t len = strlen(is);

	snprintf(is + len, size - len, "%s%llx-%llx", len ? " " : "", (unsigned long long)r->base,
		 (unsigned long long)r->end);
}

static void list_pfns(struct script *s, int nid, const char *expected)
{
	char is[SCRIPT_TEXT] = "";
	struct mb_range r;
	struct mb_iter it;

	mb_iter_regions(&it, s->f.mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, nid, &r))
		append_pfns(is, sizeof(is), &r);
	script_expect(s, "pfn", is, expected);
}

/* Free page frames of a zone; from every range on, a copy of the iterator must go on alike. */
static void list_zone(struct script *s, char **w, const char *expected)
{
	uint64_t start = script_number(s, w[2]), end = script_number(s, w[3]);
	char is[SCRIPT_TEXT] = "";
	struct mb_iter it, copy;
	struct mb_range r, again;

	mb_iter_free(&it, s->f.mb, script_node(s, w[1]), MB_NONE, false);
	for (copy = it; mb_next_free_pfn_in_zone(&it, start, end, &r); copy = it) {
		append_pfns(is, sizeof(is), &r);
		if (!mb_next_free_pfn_in_zone(&copy, start, end, &again) || again.base != r.base ||
		    again.end != r.end)
			script_wrong(s, "a copy of the iterator goes another way");
	}
	if (mb_next_free_pfn_in_zone(&it, start, end, &r))
		script_wrong(s, "the iteration goes on after its end");
	script_expect(s, "zone", is, expected);
}

/* What was noted since the last look. */
static void list_events(struct script *s, const char *what, const char *events, size_t *seen,
			const char *expected)
{
	const char *since = events + *seen;

	script_expect(s, what, *since == ' ' ? since + 1 : since, expected);
	*seen = strlen(events);
}

bool script_list(struct script *s, char **w, const char *expected)
{
	if (!strcmp(w[0], "pfn"))
		list_pfns(s, script_node(s, w[1]), expected);
	else if (!strcmp(w[0], "zone"))
		list_zone(s, w, expected);
	else if (!strcmp(w[0], "sink"))
		list_events(s, "sink", s->f.sink, &s->sink_seen, expected);
	else if (!strcmp(w[0], "leaks"))
		list_events(s, "leaks", s->f.leaks, &s->leaks_seen, expected);
	else if (!strcmp(w[0], "accepts"))
		list_events(s, "accepts", s->f.accepts, &s->accepts_seen, expected);
	else
		return list_ranges(s, w, expected);
	return true;
}

/* ---- queries ----------------------------------------------------------------------------------- */

/* The region of @w[1] that contains the address @w[2]. */
static struct mb_region region_at(struct script *s, char **w)
{
	struct mb_region r = { 0 };

	if (!mb_search(s->f.mb, script_collection(s, w[1]), script_number(s, w[2]), &r))
		script_unlike(s, "no region there");
	return r;
}

/* The predicates on one region, as the word for what is true. */
static void flags_text(const struct mb_region *r, char *is, size_t size)
{
	static const struct {
		const char *name;
		bool (*is)(const struct mb_region *r);
	} predicates[] = {
		{ "hotplug", mb_is_hotpluggable },
		{ "mirror", mb_is_mirror },
		{ "nomap", mb_is_nomap },
		{ "driver", mb_is_driver_managed },
		{ "noinit", mb_is_reserved_noinit },
		{ "scratch", mb_is_kho_scratch },
	};
	size_t len = 0;

	snprintf(is, size, "none");
	for (size_t i = 0; i < sizeof(predicates) / sizeof(predicates[0]); i++) {
		if (predicates[i].is(r))
			len += (size_t)snprintf(is + len, size - len, "%s%s", len ? " " : "",
						predicates[i].name);
	}
}

/* Answers with more than one number. */
static bool query_text(struct script *s, char **w, char *is, size_t size)
{
	struct mb *mb = s->f.mb;
	uint64_t a = 0xdead, b = 0xdead; /* outputs are kept if nothing is found */
	struct mb_region r;

	if (!strcmp(w[0], "dram")) {
		snprintf(is, size, "%llx %llx", (unsigned long long)mb_start_of_DRAM(mb),
			 (unsigned long long)mb_end_of_DRAM(mb));
	} else if (!strcmp(w[0], "pfn_nid")) {
		int nid = mb_search_pfn_nid(mb, script_number(s, w[1]), &a, &b);

		if (nid == MB_NUMA_NO_NODE && a == 0xdead && b == 0xdead)
			snprintf(is, size, "-1");
		else
			snprintf(is, size, "%d %llx %llx", nid, (unsigned long long)a,
				 (unsigned long long)b);
	} else if (!strcmp(w[0], "region_pfns")) {
		bool memory = script_collection(s, w[1]) == MB_MEMORY;

		/* Whatever the collection, the rounding is that of the word. */
		if (!mb_search(mb, MB_MEMORY, script_number(s, w[2]), &r) &&
		    !mb_search(mb, MB_RESERVED, script_number(s, w[2]), &r))
			script_unlike(s, "no region there");
		a = memory ? mb_region_memory_base_pfn(mb, &r) :
			     mb_region_reserved_base_pfn(mb, &r);
		b = memory ? mb_region_memory_end_pfn(mb, &r) : mb_region_reserved_end_pfn(mb, &r);
		snprintf(is, size, "%llx %llx", (unsigned long long)a, (unsigned long long)b);
	} else if (!strcmp(w[0], "node_at")) {
		r = region_at(s, w);
		snprintf(is, size, "%d", mb_get_region_node(mb, &r));
	} else if (!strcmp(w[0], "flags_at")) {
		r = region_at(s, w);
		flags_text(&r, is, size);
	} else {
		return false;
	}
	return true;
}

bool script_query(struct script *s, char **w, char *is, size_t size)
{
	struct mb *mb = s->f.mb;
	uint64_t a = 0;

	if (query_text(s, w, is, size))
		return true;
#define IS(word) (!strcmp(w[0], word))
#define N(i) script_number(s, w[i])
	if (IS("is_memory"))
		a = mb_is_memory(mb, N(1));
	else if (IS("is_map"))
		a = mb_is_map_memory(mb, N(1));
	else if (IS("is_reserved"))
		a = mb_is_reserved(mb, N(1));
	else if (IS("region_memory"))
		a = mb_is_region_memory(mb, N(1), N(2));
	else if (IS("region_reserved"))
		a = mb_is_region_reserved(mb, N(1), N(2));
	else if (IS("overlaps"))
		a = mb_overlaps_region(mb, script_collection(s, w[1]), N(2), N(3));
	else if (IS("addrs_overlap"))
		a = mb_addrs_overlap(mb, N(1), N(2), N(3), N(4));
	else if (IS("coverage"))
		a = mb_validate_numa_coverage(mb, N(1));
	else if (IS("has_mirror"))
		a = mb_has_mirror(mb);
	else if (IS("pages"))
		a = mb_estimated_nr_free_pages(mb);
	else if (IS("kern_size"))
		a = mb_reserved_kern_size(mb, N(1), script_node(s, w[2]));
	else if (IS("hugetlb_size"))
		a = mb_reserved_hugetlb_size(mb, N(1), script_node(s, w[2]));
	else
		return false;
#undef N
#undef IS
	snprintf(is, size, "%llx", (unsigned long long)a);
	return true;
}

/* ---- state ------------------------------------------------------------------------------------- */

static void check_growth(struct script *s, char **w)
{
	struct script_range now = { 0 }, old = { 0 };
	char is[160] = "none", expected[160];

	if (w[3] && strcmp(w[3], "-") != 0)
		now = script_range(s, w[3]);
	if (w[3] && w[4])
		old = script_range(s, w[4]);
	if (s->growths_seen < s->f.growth_count) {
		const struct mb_growth *g = &s->f.growths[s->growths_seen++];

		snprintf(is, sizeof(is), "%s %u at %llx+%llx, was at %llx+%llx",
			 mb_which_name(g->which), g->entries, (unsigned long long)g->base,
			 (unsigned long long)g->size, (unsigned long long)g->old_base,
			 (unsigned long long)g->old_size);
	}
	snprintf(expected, sizeof(expected), "%s %u at %llx+%llx, was at %llx+%llx",
		 mb_which_name(script_collection(s, w[1])), script_decimal(s, w[2]),
		 (unsigned long long)now.base, (unsigned long long)now.size,
		 (unsigned long long)old.base, (unsigned long long)old.size);
	script_expect(s, "growth", is, expected);
}

/*
 * A logged line up to the caller where that is an address (of the test program): after a range, a
 * bound or the flags of a reservation.
 */
static const char *without_caller(char *line)
{
	char *last = strrchr(line, ' ');
	size_t digits;

	if (!last || last == line || strncmp(last, " 0x", 3) != 0)
		return line;
	digits = strspn(last + 3, "0123456789abcdef");
	if (digits && !last[3 + digits] && strncmp(line, "memblock: ", 10) != 0 &&
	    strncmp(line, " ", 1) != 0 && strncmp(line, "Could", 5) != 0)
		*last = 0;
	return line;
}

static void check_line(struct script *s, const char *word, char *rest)
{
	static const struct {
		const char *word;
		int level; /* enum mb_level, -1: any */
	} levels[] = {
		{ "log", -1 },
		{ "err", MB_ERR },
		{ "warning", MB_WARNING },
		{ "info", MB_INFO },
	};
	unsigned at = s->lines_seen;
	char *caller;

	if (at == s->f.line_count) {
		script_unlike(s, "no line was logged");
		return;
	}
	s->lines_seen++;
	rest = script_unquote(rest);
	/* Where we name the caller the kernel's file, as it is built here, has only an address. */
	caller = strstr(rest, "] ");
	caller = caller ? strstr(caller, " memblock_") : NULL;
	if (caller && script_is_kernel(s))
		*caller = 0;
	script_expect(s, word, without_caller(s->f.lines[at]), rest);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!strcmp(word, levels[i].word) && levels[i].level >= 0 &&
		    (int)s->f.levels[at] != levels[i].level)
			script_unlike(s, "the line has level %d", (int)s->f.levels[at]);
	}
}

bool script_state(struct script *s, char **w, char *rest)
{
	struct mb *mb = s->f.mb;
	char is[64];

	if (!strcmp(w[0], "total") || !strcmp(w[0], "cnt") || !strcmp(w[0], "cap_slots")) {
		enum mb_which which = script_collection(s, w[1]);

		if (w[0][0] == 't')
			snprintf(is, sizeof(is), "%llx",
				 (unsigned long long)mb_total_size(mb, which));
		else
			snprintf(is, sizeof(is), "%u",
				 w[0][1] == 'n' ? mb_cnt(mb, which) : mb_max(mb, which));
		script_expect(s, w[0], is, w[2] ? w[2] : "");
		if (which == MB_MEMORY && mb_phys_mem_size(mb) != mb_total_size(mb, which))
			script_wrong(s, "mb_phys_mem_size() says something else");
		if (which == MB_RESERVED && mb_reserved_size(mb) != mb_total_size(mb, which))
			script_wrong(s, "mb_reserved_size() says something else");
	} else if (!strcmp(w[0], "warns")) {
		s->warns_expected = script_decimal(s, w[1]);
		snprintf(is, sizeof(is), "%llu", (unsigned long long)mb_warnings(mb));
		script_expect(s, "warns", is, w[1] ? w[1] : "");
	} else if (!strcmp(w[0], "log") || !strcmp(w[0], "err") || !strcmp(w[0], "warning") ||
		   !strcmp(w[0], "info")) {
		check_line(s, w[0], rest);
	} else if (!strcmp(w[0], "grew")) {
		check_growth(s, w);
	} else if (!strcmp(w[0], "slabs")) {
		snprintf(is, sizeof(is), "%u %u", s->f.slab_allocs, s->f.slab_frees);
		script_expect(s, "slabs", is, rest);
	} else if (!strcmp(w[0], "byte") && w[1]) {
		snprintf(is, sizeof(is), "%02x",
			 *(unsigned char *)mb_phys_to_virt(mb, script_number(s, w[1])));
		script_expect(s, "byte", is, w[2] ? w[2] : "");
	} else {
		return false;
	}
	return true;
}
