/* SPDX-License-Identifier: GPL-2.0-or-later */
/* script.c - runs the worked cases in every configuration; the language is described in script.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/replay.h>

#include "script_impl.h"

/* ---- messages ---------------------------------------------------------------------------------- */

void script_wrong(struct script *s, const char *fmt, ...)
{
	va_list ap;

	if (s->failed)
		return;
	s->failed = true;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

static __attribute__((format(printf, 2, 3))) void note(struct script_record *r, const char *fmt,
						       ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (r->used < sizeof(r->text))
		r->used += (size_t)vsnprintf(r->text + r->used, sizeof(r->text) - r->used, fmt, ap);
	va_end(ap);
}

void script_unlike(struct script *s, const char *fmt, ...)
{
	char why[SCRIPT_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (s->record)
		s->record->otherwise = true;
	else
		script_wrong(s, "%s", why);
}

/* Is a text about lines of the log, or about a panic? On another machine those are looked at as a whole. */
static bool is_message(const char *what)
{
	static const char *const words[] = { "log", "err", "warning", "info", "panic" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(what, words[i]))
			return true;
	return false;
}

void script_expect(struct script *s, const char *what, const char *is, const char *expected)
{
	if (s->record && !is_message(what))
		note(s->record, "  %s: %s\n", what, is);
	if (strcmp(is, expected) != 0)
		script_unlike(s, "%s is \"%s\" expected \"%s\"", what, is, expected);
}

/* ---- words ------------------------------------------------------------------------------------- */

uint64_t script_number(struct script *s, const char *word)
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
		script_wrong(s, "the case lacks a number here");
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(word, names[i].word))
			return names[i].value;
	}
	value = strtoull(word, &end, 16);
	if (*end || end == word)
		script_wrong(s, "the case has '%s' where a number belongs", word);
	return value;
}

int script_node(struct script *s, const char *word)
{
	if (word && !strcmp(word, "any"))
		return MB_NUMA_NO_NODE;
	if (word && *word == '-')
		return atoi(word);
	return (int)script_number(s, word);
}

unsigned script_decimal(struct script *s, const char *word)
{
	if (!word)
		script_wrong(s, "the case lacks a count here");
	return word ? (unsigned)strtoul(word, NULL, 10) : 0;
}

enum mb_which script_collection(struct script *s, const char *word)
{
	static const char letters[] = "MRP";
	const char *at = word && strlen(word) == 1 ? strchr(letters, *word) : NULL;

	if (!at) {
		script_wrong(s, "the case lacks a collection (M, R, P)");
		return MB_MEMORY;
	}
	return (enum mb_which)(at - letters);
}

struct script_range script_range(struct script *s, const char *word)
{
	struct script_range r = { .nid = MB_NUMA_NO_NODE };
	char copy[80], *at, *sign;

	snprintf(copy, sizeof(copy), "%s", word ? word : "");
	sign = strpbrk(copy, "-+");
	if (!sign) {
		script_wrong(s, "the case has '%s' where a range belongs", copy);
		return r;
	}
	if ((at = strchr(copy, '/'))) {
		*at++ = 0;
		r.flags = (uint32_t)script_number(s, at);
		r.attributes = true;
	}
	if ((at = strchr(copy, '@'))) {
		*at++ = 0;
		r.nid = script_node(s, at);
		r.attributes = true;
	}
	at = sign + 1;
	r.size = *sign == '-' ? 1 : 0;
	*sign = 0;
	r.base = script_number(s, copy);
	r.size = r.size ? script_number(s, at) - r.base : script_number(s, at);
	return r;
}

char *script_strip(char *text)
{
	char *end;

	while (*text == ' ' || *text == '\t')
		text++;
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = 0;
	return text;
}

char *script_unquote(char *text)
{
	size_t len = strlen(text);

	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return text;
	text[len - 1] = 0;
	return text + 1;
}

/* ---- the variant at hand ----------------------------------------------------------------------- */

bool script_is_kernel(const struct script *s)
{
	return s->f.spec.variant->kind == MB_KIND_KERNEL;
}

void script_machine_changed(struct script *s)
{
	struct mb *mb = s->f.mb;

	if (mb->ops->whole)
		mb->ops->whole->settings(mb);
}

/* ---- statements -------------------------------------------------------------------------------- */

/* Is a statement with this prefix meant for this run? */
static bool prefix_applies(struct script *s, const char *prefix)
{
	const char *profile = s->f.machine.profile->name;

	if (!strcmp(prefix, "old"))
		return strcmp(profile, "new") != 0;
	if (!strcmp(prefix, "post"))
		return strcmp(profile, "6.1") != 0;
	if (!strcmp(prefix, "ours"))
		return !script_is_kernel(s);
	if (!strcmp(prefix, "linux"))
		return script_is_kernel(s);
	if (strcmp(prefix, "6.1") != 0 && strcmp(prefix, "6.12") != 0 && strcmp(prefix, "new") != 0)
		script_wrong(s, "the case has '%s|', which is no profile", prefix);
	return !strcmp(profile, prefix);
}

/* The same for all prefixes of a statement, which are stepped over. */
static bool applies(struct script *s, char **text)
{
	char prefix[8], *bar;

	while ((bar = strchr(*text, '|')) && bar - *text < (int)sizeof(prefix)) {
		snprintf(prefix, sizeof(prefix), "%.*s", (int)(bar - *text), *text);
		*text = script_strip(bar + 1);
		if (!prefix_applies(s, prefix))
			return false;
	}
	return true;
}

/* Is a colon in @statement part of some text? */
static bool is_text(const char *statement)
{
	size_t len = strcspn(statement, " ");

	static const char *const words[] = { "log",   "err",   "warning", "info",
					     "named", "found", "release" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == len && !memcmp(words[i], statement, len))
			return true;
	}
	return false;
}

static void run_statement(struct script *s, char *text)
{
	char copy[512], rest[512], *words[SCRIPT_WORDS + 1] = { 0 }, *save, *expected, *colon;
	char is[512] = "";
	unsigned n = 0;

	expected = strstr(text, "=>");
	if (expected) {
		*expected = 0;
		expected = script_strip(expected + 2);
	}
	text = script_strip(text);
	snprintf(rest, sizeof(rest), "%s", text + strcspn(text, " "));
	snprintf(copy, sizeof(copy), "%s", text);
	colon = is_text(copy) ? NULL : strchr(copy, ':');
	if (colon)
		*colon = 0;
	for (char *w = strtok_r(copy, " ", &save); w && n < SCRIPT_WORDS;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (!n) {
		script_wrong(s, "empty statement");
		return;
	}

	if (colon) {
		if (!script_list(s, words, script_strip(colon + 1)))
			script_wrong(s, "the case has an unknown list '%s'", words[0]);
	} else if (script_state(s, words, script_strip(rest))) {
		if (expected)
			script_unlike(s, "no panic");
	} else if (script_call(s, words, script_strip(rest), is, sizeof(is)) ||
		   script_query(s, words, is, sizeof(is))) {
		if (expected || (*is && !s->is_status))
			script_expect(s, "result", is,
				      expected ? expected : "nothing: the case lacks =>");
		else
			script_expect(s, "status", is, s->is_status ? "0" : "");
	} else {
		script_wrong(s, "the case has an unknown statement '%s'", words[0]);
	}
}

static void check_after(struct script *s)
{
	const char *why = NULL;

	if (mb_check(s->f.mb, &why))
		script_wrong(s, "mb_check: %s", why);
	if (s->f.warn_count != mb_warnings(s->f.mb))
		script_wrong(s, "%u WARN hooks, mb_warnings() says %llu", s->f.warn_count,
			     (unsigned long long)mb_warnings(s->f.mb));
}

/* What there is after a statement. What is expected of it, which stands behind a colon or =>, does not matter,
 * nor what is left of collections that were discarded. */
static void note_state(struct script *s)
{
	static char regions[SCRIPT_TEXT];

	note(s->record, "%.*s\n", (int)strcspn(s->statement, ":="), s->statement);
	for (unsigned w = s->f.mb->discarded ? MB_PHYSMEM : 0; w < MB_COLLECTIONS; w++)
		if (w != MB_PHYSMEM || s->f.machine.physmem)
			note(s->record, "  %s: %s, %u of %u\n", mb_which_name(w),
			     regions_text(s->f.mb, w, regions, sizeof(regions)), mb_cnt(s->f.mb, w),
			     mb_max(s->f.mb, w));
	note(s->record, "  %u warnings\n", s->f.warn_count);
}

/* A line without the function that called, which is a name or an address. */
static int length_without_caller(const char *line)
{
	const char *last = strrchr(line, ' ');

	return (int)(last && (!strncmp(last, " 0x", 3) || !strncmp(last, " memblock_", 10)) ?
			     last - line :
			     (ptrdiff_t)strlen(line));
}

/* What the hooks were told in the whole run. */
static void note_hooks(struct script *s)
{
	struct fixture *f = &s->f;

	for (unsigned i = 0; i < f->line_count; i++)
		if (mb_line_digest(f->lines[i],
				   f->machine.metadata)) /* else of an array on the host */
			note(s->record, "%d: %.*s\n", (int)f->levels[i],
			     length_without_caller(f->lines[i]), f->lines[i]);
	for (unsigned i = 0; i < f->growth_count; i++)
		note(s->record, "%s grew to %u: %llx+%llx, was at %llx+%llx\n",
		     mb_which_name(f->growths[i].which), f->growths[i].entries,
		     (unsigned long long)f->growths[i].base, (unsigned long long)f->growths[i].size,
		     (unsigned long long)f->growths[i].old_base,
		     (unsigned long long)f->growths[i].old_size);
	note(s->record, "page allocator: %s\nleak tracer: %s\naccepted: %s\nslab: %u %u\n", f->sink,
	     f->leaks, f->accepts, f->slab_allocs, f->slab_frees);
}

/* What was not asked for must not have happened. */
static void check_end(struct script *s)
{
	if (mb_warnings(s->f.mb) != s->warns_expected)
		script_unlike(s, "%llu WARNs, expected %llu",
			      (unsigned long long)mb_warnings(s->f.mb),
			      (unsigned long long)s->warns_expected);
	if (s->lines_seen < s->f.line_count)
		script_unlike(s, "unexpected line: %s", s->f.lines[s->lines_seen]);
	if (s->c->on & ON_ARRAY_SELF && s->growths_seen < s->f.growth_count)
		script_unlike(s, "unexpected growth of %s",
			      mb_which_name(s->f.growths[s->growths_seen].which));
	if (s->f.sink[s->sink_seen])
		script_unlike(s, "the page allocator was given more: %s", s->f.sink + s->sink_seen);
}

/* One statement, under the protection of setjmp. False when the case is over. */
static bool step(struct script *s, char *text)
{
	static char panic[160]; /* expected message; outlives the longjmp */
	const char *at = strstr(text, "=> panic ");

	snprintf(panic, sizeof(panic), "%s", at ? at + strlen("=> panic ") : "");
	snprintf(s->statement, sizeof(s->statement), "%s", text);
	if (fixture_catch(&s->f)) {
		if (s->record)
			note(s->record, "%.*s\n  panic\n", (int)strcspn(s->statement, ":="),
			     s->statement);
		if (*panic)
			script_expect(s, "panic", s->f.panic, panic);
		else
			script_unlike(s, "panic: %s", s->f.panic);
		return false;
	}
	run_statement(s, text);
	s->f.catching = false;
	if (*panic)
		script_unlike(s, "no panic, expected \"%s\"", panic);
	check_after(s);
	if (s->record)
		note_state(s);
	return !s->failed;
}

/* The first statement, if it says how the machine is made; @text is behind it then. */
static char *machine_of_case(struct script *s, char *at, struct mb_machine *machine, char **save)
{
	if (strncmp(at, "machine ", 8) != 0)
		return at;
	at += 8;
	if (!strcmp(at, "keep"))
		machine->keep_memblock = true;
	else if (!strcmp(at, "highmem"))
		machine->highmem = true;
	else if (!strncmp(at, "slots ", 6))
		machine->memory_slots = machine->reserved_slots = script_decimal(s, at + 6);
	else if (!strncmp(at, "max_order ", 10))
		machine->max_page_order = script_decimal(s, at + 10);
	else
		assert_int_equal(mb_machine_read(machine, at, strlen(at)), 0);
	return strtok_r(NULL, ";\n", save);
}

bool script_run_case(const struct script_case *c, const struct mb_variant_spec *spec,
		     const struct mb_machine *base, struct script_record *record)
{
	static struct script s; /* large, and setjmp must not find it in registers */
	struct mb_machine machine = *base;
	static char text[8192];
	bool over = false;
	char *at, *save;

	memset(&s, 0, sizeof(s));
	s.c = c;
	s.record = record;
	assert_true(strlen(c->text) < sizeof(text));
	strcpy(text, c->text);
	at = machine_of_case(&s, strtok_r(text, ";\n", &save), &machine, &save);
	fixture_start(&s.f, &machine, spec);
	s.f.plain_nodes = record;
	for (; at && !over; at = strtok_r(NULL, ";\n", &save)) {
		at = script_strip(at);
		if (*at && applies(&s, &at))
			over = !step(&s, at);
	}
	if (!over)
		check_end(&s);
	if (record)
		note_hooks(&s);
	if (s.failed)
		print_error("%s: row %u %s: %s: %s\n", fixture_name(&s.f), c->row, c->name,
			    s.statement, s.why);
	fixture_stop(&s.f);
	return !s.failed;
}

/* @c on the machine of the cases. */
static bool run_case(const struct script_case *c, const struct mb_variant_spec *spec,
		     const struct mb_profile *profile, enum mb_metadata metadata)
{
	struct mb_machine machine = fixture_machine;

	machine.profile = profile;
	machine.metadata = metadata;
	return script_run_case(c, spec, &machine, NULL);
}

/* ---- every configuration ----------------------------------------------------------------------- */

static const char *const profiles[] = { "6.1", "6.12", "new" };

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

/* Is the kernel's own file there? Says once why not. */
static bool kernel_spec(struct mb_variant_spec *spec)
{
	static bool told;
	char error[512];

	if (!mb_variant_parse("linux", spec, error, sizeof(error)))
		return true;
	if (getenv("CI"))
		fail_msg("the cases cannot run on the kernel's own code: %s", error);
	if (!told)
		print_message("SKIP linux, ALL CASES: the kernel's own code is not the referee of "
			      "this run: %s\n",
			      error);
	told = true;
	return false;
}

/* A kernel tree that the caller names, or else the newest source there is, to be a referee as well, and the
 * profile that it has. A newest one that is 6.12 is one already. */
static bool tree_spec(struct mb_variant_spec *spec, const struct mb_profile **profile)
{
	const char *tree = getenv("MEMBLOCK_TREE");
	bool named = tree && *tree;
	static bool told;
	const struct mb_ops *ops;
	char text[400], error[512];

	snprintf(text, sizeof(text), "linux:%s%s", named ? "src=" : "version=newest",
		 named ? tree : "");
	if (mb_variant_parse(text, spec, error, sizeof(error)) ||
	    mb_variant_ops(spec, &fixture_machine, &ops, profile, NULL, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
	if (named || !*profile || !strcmp((*profile)->name, "new"))
		return true;
	if (!told)
		print_message(
			"SKIP linux, PROFILE new: the newest kernel source here is of profile %s; "
			"workloads/capture/newest.py --fetch gets one\n",
			(*profile)->name);
	told = true;
	return false;
}

/* @c on one variant: builds, metadata modes, profiles (all, or @only). Returns how many runs failed. */
static unsigned run_variant(const struct script_case *c, struct mb_variant_spec *spec,
			    const struct mb_profile *only)
{
	unsigned on = c->on & (ON_61 | ON_612 | ON_NEW), failures = 0;
	bool kernel = spec->variant->kind == MB_KIND_KERNEL;

	for (unsigned run = 0; run < MB_BUILDS * PROFILES * 2; run++) {
		unsigned p = run / MB_BUILDS % PROFILES;
		enum mb_metadata metadata = run < MB_BUILDS * PROFILES ? MB_METADATA_SELF :
									 MB_METADATA_HOST;

		if (on && !(on & 1u << p))
			continue;
		if (c->on & ON_ARRAY_SELF && metadata != MB_METADATA_SELF)
			continue;
		if (only ? strcmp(profiles[p], only->name) != 0 :
			   kernel && !strcmp(profiles[p], "new"))
			continue; /* that is tree_spec()'s */
		spec->build = run % MB_BUILDS;
		if (build_is_spared(spec->build))
			continue;
		if (kernel && (spec->build == MB_O2_COUNTED || spec->build == MB_KFLAGS_COUNTED))
			continue; /* nothing is counted in it */
		if (kernel && spec->build != MB_O2 && strstr(c->text, "machine "))
			continue; /* built for few cases; the usual machine's has both flag sets */
		failures += !run_case(c, spec, mb_profile_find(profiles[p]), metadata);
	}
	return failures;
}

static void run_everywhere(void **state)
{
	const struct script_case *c = *state;
	const struct mb_profile *profile = NULL;
	struct mb_variant_spec specs[32];
	unsigned n = 0, failures = 0;

	if (!(c->on & ON_ARRAY_SELF))
		n = store_specs(specs, 29);
	else
		specs[n++] = spec_of("array", MB_O2);
	specs[n++] = spec_of("array:search=binary:merge=full", MB_O2);
	specs[n++] = spec_of("array:search=place", MB_O2);
	n += !(c->on & NOT_LINUX) && kernel_spec(&specs[n]);
	for (unsigned v = 0; v < n; v++)
		failures += run_variant(c, &specs[v], NULL);
	if (!(c->on & NOT_LINUX) && kernel_spec(&specs[0]) && tree_spec(&specs[0], &profile))
		failures += run_variant(c, &specs[0], profile);
	if (failures)
		fail_msg("row %u %s: %u configurations differ", c->row, c->name, failures);
}

int script_run_all(const char *group, const struct script_case *cases, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	char(*names)[96] = calloc(count, sizeof(*names));
	int failed = 1;

	if (getenv("MB_TEST_MACHINE")) {
		free(tests);
		free(names);
		return script_run_on_machine(group, cases, count);
	}
	if (!tests || !names)
		goto out;
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), cases[i].row ? "row %u %s" : "%.0u%s",
			 cases[i].row, cases[i].name);
		tests[i].name = names[i];
		tests[i].test_func = run_everywhere;
		tests[i].initial_state = (void *)(uintptr_t)&cases[i];
	}
	cmocka_set_test_filter(getenv("MB_TEST_CASE"));
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
out:
	free(tests);
	free(names);
	return failed;
}
