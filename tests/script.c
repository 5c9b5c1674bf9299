/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script.c - runs the worked cases; the language is described in script.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define WORDS_MAX 12
#define TEXT_MAX 16384

/* A run of one case in one configuration. */
struct script {
	struct fixture f;
	const struct script_case *c;
	char statement[512]; /* the current one, for messages */
	unsigned lines_seen, growths_seen;
	uint64_t warns_expected;
	bool failed;
	char why[TEXT_MAX * 2 + 600];
};

__attribute__((format(printf, 2, 3))) static void wrong(struct script *s, const char *fmt, ...)
{
	va_list ap;

	if (s->failed)
		return;
	s->failed = true;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

/* ---- words ------------------------------------------------------------------------------------- */

static uint64_t number(struct script *s, const char *word)
{
	static const struct {
		const char *word;
		uint64_t value;
	} names[] = {
		{ "max", UINT64_MAX },
		{ "acc", MB_ALLOC_ACCESSIBLE },
		{ "nlt", MB_ALLOC_NOLEAKTRACE },
	};
	uint64_t value;
	char *end;

	if (!word) {
		wrong(s, "the case lacks a number here");
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(word, names[i].word))
			return names[i].value;
	}
	value = strtoull(word, &end, 16);
	if (*end || end == word)
		wrong(s, "the case has '%s' where a number belongs", word);
	return value;
}

static int node(struct script *s, const char *word)
{
	if (word && !strcmp(word, "any"))
		return MB_NUMA_NO_NODE;
	if (word && *word == '-')
		return atoi(word);
	return (int)number(s, word);
}

static unsigned decimal(struct script *s, const char *word)
{
	if (!word)
		wrong(s, "the case lacks a count here");
	return word ? (unsigned)strtoul(word, NULL, 10) : 0;
}

static enum mb_which collection(struct script *s, const char *word)
{
	static const char letters[] = "MRP";
	const char *at = word && strlen(word) == 1 ? strchr(letters, *word) : NULL;

	if (!at) {
		wrong(s, "the case lacks a collection (M, R, P)");
		return MB_MEMORY;
	}
	return (enum mb_which)(at - letters);
}

struct range {
	uint64_t base, size;
	int nid;
	uint32_t flags;
	bool attributes; /* nid or flags were given */
};

static struct range range_of(struct script *s, const char *word)
{
	struct range r = { .nid = MB_NUMA_NO_NODE };
	char copy[80], *at, *sign;

	snprintf(copy, sizeof(copy), "%s", word ? word : "");
	sign = strpbrk(copy, "-+");
	if (!sign) {
		wrong(s, "the case has '%s' where a range belongs", copy);
		return r;
	}
	if ((at = strchr(copy, '/'))) {
		*at++ = 0;
		r.flags = (uint32_t)number(s, at);
		r.attributes = true;
	}
	if ((at = strchr(copy, '@'))) {
		*at++ = 0;
		r.nid = node(s, at);
		r.attributes = true;
	}
	at = sign + 1;
	r.size = *sign == '-' ? 1 : 0;
	*sign = 0;
	r.base = number(s, copy);
	r.size = r.size ? number(s, at) - r.base : number(s, at);
	return r;
}

/* ---- operations -------------------------------------------------------------------------------- */

/* Status operations on a range: 0 or -errno. Returns false if @name is none of them. */
static bool run_on_range(struct script *s, char **w, int *rc)
{
	static const struct {
		const char *name;
		int (*call)(struct mb *mb, uint64_t base, uint64_t size);
	} plain[] = {
		{ "remove", mb_remove },
		{ "free", mb_phys_free },
		{ "physmem", mb_physmem_add },
		{ "hotplug", mb_mark_hotplug },
		{ "unhotplug", mb_clear_hotplug },
		{ "mirror", mb_mark_mirror },
		{ "nomap", mb_mark_nomap },
		{ "unnomap", mb_clear_nomap },
		{ "noinit", mb_reserved_mark_noinit },
	};
	struct mb *mb = s->f.mb;
	struct range r;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(w[0], plain[i].name) != 0)
			continue;
		r = range_of(s, w[1]);
		*rc = plain[i].call(mb, r.base, r.size);
		return true;
	}
	if (!strcmp(w[0], "add")) {
		r = range_of(s, w[1]);
		*rc = r.attributes ? mb_add_node(mb, r.base, r.size, r.nid, r.flags) :
				     mb_add(mb, r.base, r.size);
	} else if (!strcmp(w[0], "rsv")) {
		r = range_of(s, w[1]);
		*rc = r.attributes ? mb_reserve_node(mb, r.base, r.size, r.nid, r.flags) :
				     mb_reserve(mb, r.base, r.size);
	} else if (!strcmp(w[0], "node") || !strcmp(w[0], "rnode")) {
		r = range_of(s, w[1]);
		*rc = mb_set_node(mb, r.base, r.size, w[0][0] == 'r' ? MB_RESERVED : MB_MEMORY,
				  node(s, w[2]));
	} else {
		return false;
	}
	return true;
}

static uint64_t physical(struct script *s, const void *ptr)
{
	return ptr ? mb_virt_to_phys(s->f.mb, ptr) : 0;
}

/* Operations that give an address, 0 for none. */
static bool run_alloc(struct script *s, char **w, uint64_t *at)
{
	struct mb *mb = s->f.mb;
	const char *name = w[0];
	uint64_t size, align;

#define IS(word) (!strcmp(name, word))
	if (!(IS("phys") || IS("range") || IS("try") || IS("core") || IS("raw") || IS("exact") ||
	      IS("nid") || IS("alloc") || IS("alloc_raw") || IS("alloc_low") || IS("from") ||
	      IS("node_alloc") || IS("find")))
		return false;
	size = number(s, w[1]);
	align = number(s, w[2]);
	if (IS("phys"))
		*at = mb_phys_alloc(mb, size, align);
	else if (IS("range"))
		*at = mb_phys_alloc_range(mb, size, align, number(s, w[3]), number(s, w[4]));
	else if (IS("try"))
		*at = mb_phys_alloc_try_nid(mb, size, align, node(s, w[3]));
	else if (IS("core"))
		*at = mb_alloc_range_nid(mb, size, align, number(s, w[3]), number(s, w[4]),
					 node(s, w[5]), number(s, w[6]));
	else if (IS("raw"))
		*at = physical(s, mb_alloc_try_nid_raw(mb, size, align, number(s, w[3]),
						       number(s, w[4]), node(s, w[5])));
	else if (IS("exact"))
		*at = physical(s, mb_alloc_exact_nid_raw(mb, size, align, number(s, w[3]),
							 number(s, w[4]), node(s, w[5])));
	else if (IS("nid"))
		*at = physical(s, mb_alloc_try_nid(mb, size, align, number(s, w[3]),
						   number(s, w[4]), node(s, w[5])));
	else if (IS("alloc"))
		*at = physical(s, mb_alloc(mb, size, align));
	else if (IS("alloc_raw"))
		*at = physical(s, mb_alloc_raw(mb, size, align));
	else if (IS("alloc_low"))
		*at = physical(s, mb_alloc_low(mb, size, align));
	else if (IS("from"))
		*at = physical(s, mb_alloc_from(mb, size, align, number(s, w[3])));
	else if (IS("node_alloc"))
		*at = physical(s, mb_alloc_node(mb, size, align, node(s, w[3])));
	else
		*at = mb_find(mb, size, align, number(s, w[3]), number(s, w[4]), node(s, w[5]),
			      (uint32_t)number(s, w[6]));
#undef IS
	return true;
}

static void fill(struct script *s, char **w)
{
	enum mb_which which = collection(s, w[1]);
	unsigned count = decimal(s, w[2]);
	uint64_t base = number(s, w[3]);

	for (unsigned i = 0; i < count; i++, base += 0x2000) {
		int rc = which == MB_MEMORY ? mb_add(s->f.mb, base, 0x1000) :
					      mb_reserve(s->f.mb, base, 0x1000);

		if (rc)
			wrong(s, "region %u returns %d", i, rc);
	}
}

/* Operations without a result, and switches. */
static bool run_void(struct script *s, char **w)
{
	struct mb *mb = s->f.mb;
	struct range r;

	if (!strcmp(w[0], "trim")) {
		mb_trim_memory(mb, number(s, w[1]));
	} else if (!strcmp(w[0], "enforce")) {
		mb_enforce_memory_limit(mb, number(s, w[1]));
	} else if (!strcmp(w[0], "cap")) {
		r = range_of(s, w[1]);
		mb_cap_memory_range(mb, r.base, r.size);
	} else if (!strcmp(w[0], "remove_map")) {
		mb_mem_limit_remove_map(mb, number(s, w[1]));
	} else if (!strcmp(w[0], "up") || !strcmp(w[0], "down")) {
		mb_set_bottom_up(mb, w[0][0] == 'u');
		if (mb_bottom_up(mb) != (w[0][0] == 'u'))
			wrong(s, "the direction was not kept");
	} else if (!strcmp(w[0], "limit")) {
		mb_set_current_limit(mb, number(s, w[1]));
		if (mb_get_current_limit(mb) != number(s, w[1]))
			wrong(s, "the limit was not kept");
	} else if (!strcmp(w[0], "allow")) {
		mb_allow_resize(mb);
	} else if (!strcmp(w[0], "debug")) {
		mb_set_debug(mb, true);
	} else if (!strcmp(w[0], "slab") && w[1]) {
		if (!strcmp(w[1], "up") || !strcmp(w[1], "down"))
			mb_set_slab_available(mb, w[1][0] == 'u');
		else
			s->f.slab_fails = !strcmp(w[1], "fails");
	} else if (!strcmp(w[0], "set") && w[1]) {
		/* What a machine is made with; cases change it half way. */
		if (!strcmp(w[1], "movable"))
			mb->machine.movable_node = true;
		else if (!strcmp(w[1], "scratch_only"))
			mb->scratch_only = true;
		else
			mb->machine.kernelcore_mirror = true;
	} else if (!strcmp(w[0], "fill")) {
		fill(s, w);
	} else {
		return false;
	}
	return true;
}

/* ---- checks ------------------------------------------------------------------------------------ */

static void expect_text(struct script *s, const char *what, const char *is, const char *expected)
{
	if (strcmp(is, expected) != 0)
		wrong(s, "%s is \"%s\" expected \"%s\"", what, is, expected);
}

/* The words of @text in the opposite order. */
static const char *reversed(const char *text, char *buf, size_t size)
{
	char copy[TEXT_MAX], *words[512], *save;
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

/* `free NID FLAGS:` and its relatives, both directions. */
static bool check_ranges(struct script *s, char **w, const char *expected)
{
	char is[TEXT_MAX], turned[TEXT_MAX];
	struct mb *mb = s->f.mb;

	for (int reverse = 0; reverse < 2; reverse++) {
		struct mb_iter it;

		if (!strcmp(w[0], "free")) {
			mb_iter_free(&it, mb, node(s, w[1]), (uint32_t)number(s, w[2]), reverse);
		} else if (!strcmp(w[0], "mem")) {
			mb_iter_memory(&it, mb, reverse);
		} else if (!strcmp(w[0], "minus")) {
			mb_iter_ranges(&it, mb, collection(s, w[1]),
				       w[2] && !strcmp(w[2], "-") ? MB_COLLECTIONS :
								    collection(s, w[2]),
				       node(s, w[3]), (uint32_t)number(s, w[4]), reverse);
		} else if (strlen(w[0]) == 1) {
			mb_iter_regions(&it, mb, collection(s, w[0]), reverse);
		} else {
			return false;
		}
		ranges_text(&it, is, sizeof(is));
		expect_text(s, reverse ? "in reverse it" : w[0], is,
			    reverse ? reversed(expected, turned, sizeof(turned)) : expected);
	}
	return true;
}

static void check_pfn_ranges(struct script *s, int nid, const char *expected)
{
	char is[TEXT_MAX] = "";
	struct mb_range r;
	struct mb_iter it;
	size_t len = 0;

	mb_iter_regions(&it, s->f.mb, MB_MEMORY, false);
	while (mb_next_pfn_range(&it, nid, &r))
		len += (size_t)snprintf(is + len, sizeof(is) - len, "%s%llx-%llx", len ? " " : "",
					(unsigned long long)r.base, (unsigned long long)r.end);
	expect_text(s, "pfn", is, expected);
}

static bool check_query(struct script *s, char **w, char *is, size_t size)
{
	struct mb *mb = s->f.mb;
	uint64_t a = 0, b = 0;

#define IS(word) (!strcmp(w[0], word))
	if (IS("is_memory")) {
		a = mb_is_memory(mb, number(s, w[1]));
	} else if (IS("is_map")) {
		a = mb_is_map_memory(mb, number(s, w[1]));
	} else if (IS("is_reserved")) {
		a = mb_is_reserved(mb, number(s, w[1]));
	} else if (IS("region_memory")) {
		a = mb_is_region_memory(mb, number(s, w[1]), number(s, w[2]));
	} else if (IS("region_reserved")) {
		a = mb_is_region_reserved(mb, number(s, w[1]), number(s, w[2]));
	} else if (IS("overlaps")) {
		a = mb_overlaps_region(mb, collection(s, w[1]), number(s, w[2]), number(s, w[3]));
	} else if (IS("coverage")) {
		a = mb_validate_numa_coverage(mb, number(s, w[1]));
	} else if (IS("pages")) {
		a = mb_estimated_nr_free_pages(mb);
	} else if (IS("dram")) {
		snprintf(is, size, "%llx %llx", (unsigned long long)mb_start_of_DRAM(mb),
			 (unsigned long long)mb_end_of_DRAM(mb));
		return true;
	} else if (IS("pfn_nid")) {
		int nid;

		a = b = 0xdead; /* outputs are kept if nothing is found */
		nid = mb_search_pfn_nid(mb, number(s, w[1]), &a, &b);
		if (nid == MB_NUMA_NO_NODE && a == 0xdead && b == 0xdead)
			snprintf(is, size, "-1");
		else
			snprintf(is, size, "%d %llx %llx", nid, (unsigned long long)a,
				 (unsigned long long)b);
		return true;
	} else if (IS("region_pfns")) {
		enum mb_which which = collection(s, w[1]);
		bool memory = which == MB_MEMORY;
		struct mb_region r = { 0 };

		if (!mb_search(mb, MB_MEMORY, number(s, w[2]), &r))
			wrong(s, "no region there");
		a = memory ? mb_region_memory_base_pfn(mb, &r) :
			     mb_region_reserved_base_pfn(mb, &r);
		b = memory ? mb_region_memory_end_pfn(mb, &r) : mb_region_reserved_end_pfn(mb, &r);
		snprintf(is, size, "%llx %llx", (unsigned long long)a, (unsigned long long)b);
		return true;
	} else {
		return false;
	}
#undef IS
	snprintf(is, size, "%llx", (unsigned long long)a);
	return true;
}

static void check_growth(struct script *s, char **w)
{
	char is[160] = "none", expected[160];
	struct range now = { 0 }, old = { 0 };

	if (w[3] && strcmp(w[3], "-") != 0)
		now = range_of(s, w[3]);
	if (w[3] && w[4])
		old = range_of(s, w[4]);
	if (s->growths_seen < s->f.growth_count) {
		const struct mb_growth *g = &s->f.growths[s->growths_seen++];

		snprintf(is, sizeof(is), "%s %u at %llx+%llx, was at %llx+%llx",
			 mb_which_name(g->which), g->entries, (unsigned long long)g->base,
			 (unsigned long long)g->size, (unsigned long long)g->old_base,
			 (unsigned long long)g->old_size);
	}
	snprintf(expected, sizeof(expected), "%s %u at %llx+%llx, was at %llx+%llx",
		 mb_which_name(collection(s, w[1])), decimal(s, w[2]), (unsigned long long)now.base,
		 (unsigned long long)now.size, (unsigned long long)old.base,
		 (unsigned long long)old.size);
	expect_text(s, "growth", is, expected);
}

/* A logged line up to the caller, which is an address of the test program. */
static const char *without_caller(char *line)
{
	char *last = strrchr(line, ' ');

	if (last && last > line && last[-1] == ']' && !strncmp(last, " 0x", 3))
		*last = 0;
	return line;
}

/* Checks without `=>`. @rest is the statement after its first word. */
static bool check_state(struct script *s, char **w, const char *rest)
{
	char is[64];

	if (!strcmp(w[0], "total") || !strcmp(w[0], "cnt") || !strcmp(w[0], "cap_slots")) {
		enum mb_which which = collection(s, w[1]);

		if (w[0][0] == 't')
			snprintf(is, sizeof(is), "%llx",
				 (unsigned long long)mb_total_size(s->f.mb, which));
		else
			snprintf(is, sizeof(is), "%u",
				 w[0][1] == 'n' ? mb_cnt(s->f.mb, which) : mb_max(s->f.mb, which));
		expect_text(s, w[0], is, w[2] ? w[2] : "");
	} else if (!strcmp(w[0], "warns")) {
		s->warns_expected = decimal(s, w[1]);
		snprintf(is, sizeof(is), "%llu", (unsigned long long)mb_warnings(s->f.mb));
		expect_text(s, "warns", is, w[1] ? w[1] : "");
	} else if (!strcmp(w[0], "log")) {
		expect_text(s, "log",
			    s->lines_seen < s->f.line_count ?
				    without_caller(s->f.lines[s->lines_seen++]) :
				    "",
			    rest);
	} else if (!strcmp(w[0], "grew")) {
		check_growth(s, w);
	} else if (!strcmp(w[0], "slabs")) {
		snprintf(is, sizeof(is), "%u %u", s->f.slab_allocs, s->f.slab_frees);
		expect_text(s, "slabs", is, rest);
	} else {
		return false;
	}
	return true;
}

/* ---- statements -------------------------------------------------------------------------------- */

static char *strip(char *text)
{
	char *end;

	while (*text == ' ' || *text == '\t')
		text++;
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = 0;
	return text;
}

/* Is the statement meant for this profile? Steps over the prefix. */
static bool applies(struct script *s, char **text)
{
	const char *profile = s->f.machine.profile->name;
	char *bar = strchr(*text, '|');
	char prefix[8];

	if (!bar || bar - *text >= (int)sizeof(prefix))
		return true;
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(bar - *text), *text);
	*text = strip(bar + 1);
	if (!strcmp(prefix, "old"))
		return strcmp(profile, "new") != 0;
	if (!strcmp(prefix, "post"))
		return strcmp(profile, "6.1") != 0;
	return !strcmp(profile, prefix);
}

static void run_statement(struct script *s, char *text)
{
	char copy[512], *words[WORDS_MAX + 1] = { 0 }, *save, *expected, *colon;
	char is[512] = "";
	uint64_t at = 0;
	unsigned n = 0;
	int rc = 0;

	expected = strstr(text, "=>");
	if (expected) {
		*expected = 0;
		expected = strip(expected + 2);
	}
	snprintf(copy, sizeof(copy), "%s", text);
	colon = strncmp(text, "log ", 4) ? strchr(copy, ':') : NULL;
	if (colon)
		*colon = 0;
	for (char *w = strtok_r(copy, " ", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (!n) {
		wrong(s, "empty statement");
		return;
	}

	if (colon) {
		char *list = strip(colon + 1);

		if (!strcmp(words[0], "pfn"))
			check_pfn_ranges(s, node(s, words[1]), list);
		else if (!check_ranges(s, words, list))
			wrong(s, "the case has an unknown iteration '%s'", words[0]);
		return;
	}
	text = strip(text);
	if (check_state(s, words, strip(text + strcspn(text, " "))) || run_void(s, words)) {
		if (expected)
			wrong(s, "no panic");
		return;
	}
	if (run_on_range(s, words, &rc)) {
		snprintf(is, sizeof(is), "%s", !rc ? "0" : rc == -ENOMEM ? "ENOMEM" : "error");
		expect_text(s, "return value", is, expected ? expected : "0");
		return;
	}
	if (run_alloc(s, words, &at))
		snprintf(is, sizeof(is), "%llx", (unsigned long long)at);
	else if (!check_query(s, words, is, sizeof(is)))
		wrong(s, "the case has an unknown statement '%s'", words[0]);
	expect_text(s, "result", is, expected ? expected : "nothing: the case lacks =>");
}

static void check_after(struct script *s)
{
	const char *why = NULL;

	if (mb_check(s->f.mb, &why))
		wrong(s, "mb_check: %s", why);
	if (s->f.warn_count != mb_warnings(s->f.mb))
		wrong(s, "%u WARN hooks, mb_warnings() says %llu", s->f.warn_count,
		      (unsigned long long)mb_warnings(s->f.mb));
}

/* What was not asked for must not have happened. */
static void check_end(struct script *s)
{
	if (mb_warnings(s->f.mb) != s->warns_expected)
		wrong(s, "%llu WARNs, expected %llu", (unsigned long long)mb_warnings(s->f.mb),
		      (unsigned long long)s->warns_expected);
	if (s->lines_seen < s->f.line_count)
		wrong(s, "unexpected line: %s", s->f.lines[s->lines_seen]);
	if (s->c->on & ON_ARRAY_SELF && s->growths_seen < s->f.growth_count)
		wrong(s, "unexpected growth of %s",
		      mb_which_name(s->f.growths[s->growths_seen].which));
}

/* One statement, under the protection of setjmp. False when the case is over. */
static bool step(struct script *s, char *text)
{
	static char panic[160]; /* expected message; outlives the longjmp */
	const char *at = strstr(text, "=> panic ");

	snprintf(panic, sizeof(panic), "%s", at ? at + strlen("=> panic ") : "");
	snprintf(s->statement, sizeof(s->statement), "%s", text);
	if (fixture_catch(&s->f)) {
		if (*panic)
			expect_text(s, "panic", s->f.panic, panic);
		else
			wrong(s, "panic: %s", s->f.panic);
		return false;
	}
	run_statement(s, text);
	s->f.catching = false;
	if (*panic)
		wrong(s, "no panic, expected \"%s\"", panic);
	check_after(s);
	return !s->failed;
}

/* Run @c as configured; prints what went wrong. */
static bool run_case(const struct script_case *c, const struct mb_variant_spec *spec,
		     const struct mb_profile *profile, enum mb_metadata metadata)
{
	static struct script s; /* large, and setjmp must not find it in registers */
	struct mb_machine machine = fixture_machine;
	static char text[8192];
	bool over = false;
	char *save;

	memset(&s, 0, sizeof(s));
	s.c = c;
	machine.profile = profile;
	machine.metadata = metadata;
	fixture_start(&s.f, &machine, spec);
	assert_true(strlen(c->text) < sizeof(text));
	strcpy(text, c->text);
	for (char *at = strtok_r(text, ";\n", &save); at && !over;
	     at = strtok_r(NULL, ";\n", &save)) {
		at = strip(at);
		if (*at && applies(&s, &at))
			over = !step(&s, at);
	}
	if (!over)
		check_end(&s);
	if (s.failed)
		print_error("%s: row %u %s: %s: %s\n", fixture_name(&s.f), c->row, c->name,
			    s.statement, s.why);
	fixture_stop(&s.f);
	return !s.failed;
}

/* ---- every configuration ----------------------------------------------------------------------- */

static void run_everywhere(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	const struct script_case *c = *state;
	unsigned on = c->on & (ON_61 | ON_612 | ON_NEW);
	struct mb_variant_spec specs[32];
	unsigned n = 0, failures = 0;

	if (!(c->on & ON_ARRAY_SELF))
		n = store_specs(specs, 30);
	else
		specs[n++] = spec_of("array", MB_O2);
	specs[n++] = spec_of("array:search=binary:merge=full", MB_O2);

	for (unsigned v = 0; v < n; v++) {
		for (unsigned run = 0; run < MB_BUILDS * 3 * 2; run++) {
			unsigned p = run / MB_BUILDS % 3;
			enum mb_metadata metadata = run < MB_BUILDS * 3 ? MB_METADATA_SELF :
									  MB_METADATA_HOST;

			if (on && !(on & 1u << p))
				continue;
			if (c->on & ON_ARRAY_SELF && metadata != MB_METADATA_SELF)
				continue;
			specs[v].build = run % MB_BUILDS;
			failures += !run_case(c, &specs[v], mb_profile_find(profiles[p]), metadata);
		}
	}
	if (failures)
		fail_msg("row %u %s: %u configurations differ", c->row, c->name, failures);
}

int script_run_all(const char *group, const struct script_case *cases, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	char(*names)[96] = calloc(count, sizeof(*names));
	int failed = 1;

	if (!tests || !names)
		goto out;
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), cases[i].row ? "row %u %s" : "%.0u%s",
			 cases[i].row, cases[i].name);
		tests[i].name = names[i];
		tests[i].test_func = run_everywhere;
		tests[i].initial_state = (void *)(uintptr_t)&cases[i];
	}
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
out:
	free(tests);
	free(names);
	return failed;
}
