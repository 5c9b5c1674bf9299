/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness.c - instances with recording hooks; see harness.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

const struct mb_machine fixture_machine = {
	.addr_bits = 64,
	.page_size = 0x1000,
	.cache_line = 0x20,
	.max_numnodes = 16,
	.physmem = true,
};

const char *const build_names[MB_BUILDS] = {
	[MB_O2] = "o2",
	[MB_O2_COUNTED] = "o2 counted",
	[MB_KFLAGS] = "kflags",
	[MB_KFLAGS_COUNTED] = "kflags counted",
};

/* ---- hooks ------------------------------------------------------------------------------------- */

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct fixture *f = ctx;

	vsnprintf(f->panic, sizeof(f->panic), fmt, ap);
	if (f->catching)
		longjmp(f->caught, 1);
	fprintf(stderr, "%s: unexpected panic: %s\n", fixture_name(f), f->panic);
	abort();
}

static void on_warn(void *ctx, const char *fmt, va_list ap)
{
	struct fixture *f = ctx;

	(void)fmt;
	(void)ap;
	f->warn_count++;
}

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	struct fixture *f = ctx;

	if (f->line_count == FIXTURE_LINES)
		return;
	f->levels[f->line_count] = level;
	vsnprintf(f->lines[f->line_count++], FIXTURE_LINE, fmt, ap);
}

/*
 * Slab: bytes from the host heap under invented physical addresses, far from everything else.
 * mb_alloc_*() turn the address into a pointer again, so nobody may follow that pointer.
 */
static uint64_t on_slab_alloc(void *ctx, uint64_t size, int nid, void **ptr)
{
	struct fixture *f = ctx;

	(void)nid;
	if (f->slab_fails)
		return 0;
	*ptr = calloc(1, size);
	assert_non_null(*ptr);
	f->slab_last = *ptr;
	f->slab_last_size = size;
	f->slab_allocs++;
	if (f->machine.addr_bits == 32)
		return 0xf0000000 + ((uint64_t)f->slab_allocs << 20);
	return 0xf00000000000 + ((uint64_t)f->slab_allocs << 24);
}

static void on_slab_free(void *ctx, void *ptr, uint64_t size)
{
	struct fixture *f = ctx;

	f->slab_frees++;
	if (ptr == f->slab_last) {
		if (size != f->slab_last_size)
			fail_msg("%s: slab gave %llu bytes and gets back %llu", fixture_name(f),
				 (unsigned long long)f->slab_last_size, (unsigned long long)size);
		f->slab_last = NULL;
	}
	free(ptr);
}

static void on_grew(void *ctx, const struct mb_growth *growth)
{
	struct fixture *f = ctx;

	if (f->growth_count < FIXTURE_GROWTHS)
		f->growths[f->growth_count++] = *growth;
}

__attribute__((format(printf, 2, 3))) static void note(char *events, const char *fmt, ...)
{
	size_t len = strlen(events);
	va_list ap;

	if (len && len < FIXTURE_EVENTS - 1)
		events[len++] = ' ';
	va_start(ap, fmt);
	vsnprintf(events + len, FIXTURE_EVENTS - len, fmt, ap);
	va_end(ap);
}

static void on_leak_alloc(void *ctx, uint64_t pa, uint64_t size)
{
	struct fixture *f = ctx;

	f->leak_allocs++;
	note(f->leaks, "+%llx-%llx", (unsigned long long)pa, (unsigned long long)pa + size);
}

static void on_leak_free(void *ctx, uint64_t pa, uint64_t size)
{
	struct fixture *f = ctx;

	f->leak_frees++;
	note(f->leaks, "-%llx-%llx", (unsigned long long)pa, (unsigned long long)pa + size);
}

static void on_accept(void *ctx, uint64_t pa, uint64_t size)
{
	note(((struct fixture *)ctx)->accepts, "%llx-%llx", (unsigned long long)pa,
	     (unsigned long long)pa + size);
}

static uint64_t on_read(void *ctx, uint64_t pa)
{
	struct fixture *f = ctx;

	return pa >= f->bad && pa < f->bad_end ? ~f->word : f->word;
}

static void on_write(void *ctx, uint64_t pa, uint64_t value)
{
	struct fixture *f = ctx;

	(void)pa;
	f->word = value;
}

static bool on_preserved(void *ctx, const char *name, uint64_t *base, uint64_t *size)
{
	struct fixture *f = ctx;

	*base = 0x8000;
	*size = 0x2000;
	return f->preserved && !strcmp(name, "kept");
}

void fixture_line(void *ctx, const char *fmt, va_list ap)
{
	on_log(ctx, MB_INFO, fmt, ap);
}

/* ---- the page allocator's side ----------------------------------------------------------------- */

static void on_reset_managed(void *ctx)
{
	note(((struct fixture *)ctx)->sink, "reset");
}

static void on_init_reserved(void *ctx, uint64_t base, uint64_t end, int nid)
{
	struct fixture *f = ctx;

	/* In profile 6.1 the dummy of an empty collection is set up, too: no page. */
	if (base == end)
		return;
	if (f->plain_nodes && nid >= (int)mb_max_numnodes(f->mb))
		nid = 0;
	note(f->sink, "%llx-%llx@%d", (unsigned long long)base, (unsigned long long)end, nid);
}

static void on_free_block(void *ctx, uint64_t pfn, unsigned order)
{
	note(((struct fixture *)ctx)->sink, "%llx:%u", (unsigned long long)pfn, order);
}

static void on_free_page(void *ctx, uint64_t pfn)
{
	note(((struct fixture *)ctx)->sink, "+%llx", (unsigned long long)pfn);
}

static bool on_deferred(void *ctx)
{
	return ((struct fixture *)ctx)->deferred;
}

/* ---- life -------------------------------------------------------------------------------------- */

void fixture_start(struct fixture *f, const struct mb_machine *machine,
		   const struct mb_variant_spec *spec)
{
	const struct mb_hooks hooks = {
		.ctx = f,
		.panic = on_panic,
		.warn = on_warn,
		.log = on_log,
		.slab_alloc = on_slab_alloc,
		.slab_free = on_slab_free,
		.grew = on_grew,
		.accept = on_accept,
		.read = on_read,
		.write = on_write,
		.preserved = on_preserved,
		.leak_alloc = on_leak_alloc,
		.leak_free = on_leak_free,
	};
	const struct mb_page_sink sink = {
		.ctx = f,
		.reset_managed = on_reset_managed,
		.init_reserved = on_init_reserved,
		.free_block = on_free_block,
		.free_page = on_free_page,
		.deferred = on_deferred,
	};
	int rc;

	memset(f, 0, sizeof(*f));
	f->machine = *machine;
	f->spec = *spec;
	rc = mb_create(machine, &hooks, spec, &f->mb);
	if (rc)
		fail_msg("mb_create(%s): %s %s", spec->name, strerror(-rc),
			 f->line_count ? f->lines[f->line_count - 1] : "");
	mb_set_page_sink(f->mb, &sink);
}

void fixture_stop(struct fixture *f)
{
	mb_destroy(f->mb);
	f->mb = NULL;
	/* What is still in use when an instance goes belongs to the slab hooks. */
	free(f->slab_last);
	f->slab_last = NULL;
	f->catching = false;
}

const char *fixture_name(const struct fixture *f)
{
	static char name[sizeof(f->spec.name) + 64];

	snprintf(name, sizeof(name), "%s %s, metadata=%s, profile %s", f->spec.name,
		 build_names[f->spec.build],
		 f->machine.metadata == MB_METADATA_HOST ? "host" : "self",
		 f->machine.profile ? f->machine.profile->name : "6.12");
	return name;
}

/* ---- variants ---------------------------------------------------------------------------------- */

struct mb_variant_spec spec_of(const char *text, enum mb_build build)
{
	struct mb_variant_spec spec;
	char error[256];

	if (mb_variant_parse(text, &spec, error, sizeof(error)))
		fail_msg("%s", error);
	spec.build = build;
	return spec;
}

unsigned store_specs(struct mb_variant_spec *specs, unsigned max)
{
	char error[256];
	int n = mb_variant_list("all", specs, max, error, sizeof(error));

	if (n < 0)
		fail_msg("%s", error);
	return (unsigned)n;
}

bool kernel_is_there(struct mb_variant_spec *spec)
{
	char error[512];

	if (!mb_variant_parse("linux", spec, error, sizeof(error)))
		return true;
	if (getenv("CI"))
		fail_msg("%s", error);
	print_message("SKIP: %s\n", error);
	return false;
}

static void on_every_store(fixture_body *body, const struct mb_machine *base,
			   enum fixture_slots slots, bool profiles)
{
	static const char *const names[] = { "6.1", "6.12", "new" };
	const unsigned ways = profiles ? sizeof(names) / sizeof(names[0]) : MB_BUILDS;
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);
	static struct fixture f;

	for (unsigned i = 0; i < n * ways * 2; i++) {
		struct mb_machine machine = base ? *base : fixture_machine;
		const char *store = specs[i / 2 / ways].variant->name;
		unsigned way = i / 2 % ways;
		struct mb_variant_spec spec;
		char text[96];

		if (!profiles && build_is_spared(way))
			continue;
		snprintf(text, sizeof(text), slots ? "%s:init=%u%s" : "%s", store, slots & 0xff,
			 slots == FEW_SLOWLY ? ":growth=1.1" : "");
		spec = spec_of(text, profiles ? MB_O2 : way);
		if (profiles)
			machine.profile = mb_profile_find(names[way]);
		machine.metadata = i % 2 ? MB_METADATA_HOST : MB_METADATA_SELF;
		fixture_start(&f, &machine, &spec);
		body(&f);
		if (!f.catching && mb_check(f.mb, NULL))
			fail_msg("%s: mb_check", fixture_name(&f));
		fixture_stop(&f);
	}
}

void every_build(fixture_body *body, const struct mb_machine *base, enum fixture_slots slots)
{
	on_every_store(body, base, slots, false);
}

void every_profile(fixture_body *body, const struct mb_machine *base, enum fixture_slots slots)
{
	on_every_store(body, base, slots, true);
}

/* ---- what tests do with it -------------------------------------------------------------------- */

void fill_reserved(struct mb *mb, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++)
		assert_int_equal(mb_reserve(mb, 0x1000 + (uint64_t)i * 0x2000, 0x1000), 0);
}

uint64_t random_below(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 20) % below;
}

/* ---- text -------------------------------------------------------------------------------------- */

const char *ranges_text(struct mb_iter *it, char *buf, size_t size)
{
	size_t len = 0;
	struct mb_range r;

	buf[0] = 0;
	while (mb_next(it, &r) && len < size) {
		len += (size_t)snprintf(buf + len, size - len, "%s%llx-%llx", len ? " " : "",
					(unsigned long long)r.base, (unsigned long long)r.end);
		if (r.nid >= 0 && (unsigned)r.nid < mb_max_numnodes(it->mb) && len < size)
			len += (size_t)snprintf(buf + len, size - len, "@%d", r.nid);
		if (r.flags && len < size)
			len += (size_t)snprintf(buf + len, size - len, "/%x", r.flags);
	}
	return buf;
}

const char *regions_text(struct mb *mb, enum mb_which which, char *buf, size_t size)
{
	struct mb_iter it;

	mb_iter_regions(&it, mb, which, false);
	return ranges_text(&it, buf, size);
}

const char *source_path(const char *name)
{
	static char path[4096];
	const char *root = getenv("MB_SOURCE_DIR");

	if (root) {
		snprintf(path, sizeof(path), "%s/%s", root, name);
	} else {
		const char *slash = strrchr(__FILE__, '/');

		snprintf(path, sizeof(path), "%.*s/../../%s", slash ? (int)(slash - __FILE__) : 1,
			 slash ? __FILE__ : ".", name);
	}
	return path;
}
