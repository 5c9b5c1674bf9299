/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_model.c - random operations on every variant at once, compared with a plain model.
 *
 * A sequence makes one machine (profile, nodes, width of addresses, where its memory lies) and one
 * instance of every variant and build, with few static slots so that metadata grows often. Each step
 * is one random call. After it every instance must give the model's result, hold the model's
 * regions and totals, and iterate its free ranges in both directions.
 *
 * Metadata is on the host, so that growth does not take part in placement. A second test runs the
 * variants with metadata=self, where no two need agree; there the invariants are what is tested.
 *
 * MB_TEST_SEED and MB_TEST_STEPS override seed and length. A failure prints the two that make its
 * sequence the first one, with the failing step last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_steps.h"

#define STEPS_PER_SEQUENCE 200
#define INSTANCES_MAX 64

static uint64_t setting(const char *name, uint64_t preset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : preset;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static const char *difference; /* what differed, of the last comparison */
static char detail[256];

static bool same_ranges(struct mb_iter *it, const struct mb_range *want, unsigned n, bool reverse,
			const char *what)
{
	struct mb_range r;
	unsigned i = 0;

	for (; mb_next(it, &r); i++) {
		const struct mb_range *w = &want[reverse ? n - 1 - i : i];

		if (i < n && r.base == w->base && r.end == w->end && r.nid == w->nid &&
		    r.flags == w->flags)
			continue;
		difference = what;
		snprintf(detail, sizeof(detail), "%u: %#llx-%#llx node %d flags %#x", i,
			 (unsigned long long)r.base, (unsigned long long)r.end, r.nid, r.flags);
		if (i < n)
			snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail),
				 ", model %#llx-%#llx node %d flags %#x",
				 (unsigned long long)w->base, (unsigned long long)w->end, w->nid,
				 w->flags);
		return false;
	}
	if (i != n) {
		difference = what;
		snprintf(detail, sizeof(detail), "%u ranges, model %u", i, n);
	}
	return i == n;
}

static bool same_state(struct mb *mb, const struct model *m, int nid, uint32_t flags)
{
	static struct mb_range want[MODEL_UNITS];
	struct mb_iter it;

	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		unsigned n = model_regions(m, w, want);

		if (!n && m->machine->profile->empty_has_dummy) {
			want[0] = (struct mb_range){
				0, 0, m->emptied[w] ? (int)m->machine->max_numnodes : 0, 0
			};
			n = 1;
		}
		for (int reverse = 0; reverse < 2; reverse++) {
			mb_iter_regions(&it, mb, w, reverse);
			if (!same_ranges(&it, want, n, reverse, mb_which_name(w)))
				return false;
		}
		if (mb_cnt(mb, w) != n || mb_total_size(mb, w) != m->total[w]) {
			difference = "count or total size of";
			snprintf(detail, sizeof(detail), "%s: %u, %#llx, model %u, %#llx",
				 mb_which_name(w), mb_cnt(mb, w),
				 (unsigned long long)mb_total_size(mb, w), n,
				 (unsigned long long)m->total[w]);
			return false;
		}
	}
	for (int reverse = 0; reverse < 2; reverse++) {
		unsigned n = model_ranges(m, MB_MEMORY, MB_RESERVED, nid, flags, want);

		mb_iter_free(&it, mb, nid, flags, reverse);
		if (!same_ranges(&it, want, n, reverse, "free ranges"))
			return false;
		n = model_ranges(m, MB_RESERVED, MB_PHYSMEM, nid, flags, want);
		mb_iter_ranges(&it, mb, MB_RESERVED, MB_PHYSMEM, nid, flags, reverse);
		if (!same_ranges(&it, want, n, reverse, "reserved minus physmem"))
			return false;
	}
	return true;
}

/* The model has no answer to a query but by looking at every unit. */
static bool query_agrees(struct mb *mb, const struct model *m, const struct step *s)
{
	const struct model_unit *memory = m->units[MB_MEMORY], *reserved = m->units[MB_RESERVED];
	bool one = s->first < MODEL_UNITS && memory[s->first].there, any = false, taken = false;

	for (unsigned i = s->first; i < s->end; i++) {
		one &= memory[i].there && memory[i].nid == memory[s->first].nid &&
		       memory[i].flags == memory[s->first].flags;
		any |= memory[i].there;
		taken |= reserved[i].there;
	}
	return mb_is_memory(mb, s->base) == memory[s->first].there &&
	       mb_is_reserved(mb, s->base) == reserved[s->first].there &&
	       mb_is_map_memory(mb, s->base) ==
		       (memory[s->first].there && !(memory[s->first].flags & MB_NOMAP)) &&
	       mb_is_region_memory(mb, s->base, s->size) == one &&
	       (!s->size || mb_overlaps_region(mb, MB_MEMORY, s->base, s->size) == any) &&
	       (!s->size || mb_is_region_reserved(mb, s->base, s->size) == taken);
}

/* ---- sequences --------------------------------------------------------------------------------- */

static struct fixture fixtures[INSTANCES_MAX];
static unsigned instances;

static void random_machine(struct mb_machine *machine, uint64_t *origin)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	static const uint64_t origins[] = {
		0,                  /* page 0 is there */
		0xffff0000,         /* around 4 GiB; at the top with 32 bits */
		0x123456780000,     /* anywhere */
		0xfffffffffffe0000, /* at the top of the address space */
	};

	*machine = fixture_machine;
	machine->cache_line = MODEL_UNIT;
	machine->profile = mb_profile_find(profiles[below(3)]);
	machine->metadata = MB_METADATA_HOST;
	machine->movable_node = below(2);
	machine->kernelcore_mirror = below(4) == 0;
	machine->physmem = true;
	*origin = origins[below(4)];
	if (below(4) == 0) {
		machine->addr_bits = 32;
		*origin = below(2) ? 0xfffe0000 : 0;
	}
}

static void start_instance(const struct mb_machine *machine, const char *text, unsigned build)
{
	struct mb_variant_spec spec = spec_of(text, build);

	fixture_start(&fixtures[instances++], machine, &spec);
}

/* Every store and build with few slots, and growing by little at a time; those with parameters in other shapes, too. */
static void start_instances(const struct mb_machine *machine)
{
	struct mb_variant_spec specs[INSTANCES_MAX / MB_BUILDS];
	unsigned n = store_specs(specs, sizeof(specs) / sizeof(specs[0]));

	instances = 0;
	for (unsigned i = 0; i < n; i++) {
		const char *name = specs[i].variant->name;
		char text[96];

		for (unsigned b = 0; b < MB_BUILDS; b++) {
			snprintf(text, sizeof(text), b < MB_KFLAGS ? "%s:init=8" : "%s", name);
			start_instance(machine, text, b);
		}
		snprintf(text, sizeof(text), "%s:init=4:growth=1.1", name);
		start_instance(machine, text, MB_O2);
	}
	start_instance(machine, "array:init=8:growth=1.5:search=binary:merge=full", MB_O2);
	start_instance(machine, "array:init=8:search=place", MB_O2);
	for (unsigned i = 0; i < instances; i++)
		mb_allow_resize(fixtures[i].mb);
}

static void stop_instances(void)
{
	while (instances)
		fixture_stop(&fixtures[--instances]);
}

static void report(uint64_t seed, unsigned step, const struct step *s, const struct fixture *f)
{
	char text[256];

	describe_step(s, text, sizeof(text));
	print_error("%s: %s: %s\nafter %s\nreplay: MB_TEST_SEED=%llu MB_TEST_STEPS=%u "
		    "MB_SOURCE_DIR=. build/tests/test_model\n",
		    fixture_name(f), difference, detail, text, (unsigned long long)seed, step + 1);
}

/* What a step on @f gave, against the model and the first instance. Sets difference. */
static bool outcome_agrees(struct fixture *f, const struct model *m, const struct step *s,
			   uint64_t got, uint64_t want, uint64_t warnings)
{
	const char *why = NULL;

	snprintf(detail, sizeof(detail), "%#llx, expected %#llx", (unsigned long long)got,
		 (unsigned long long)want);
	if (got != want)
		difference = "result";
	else if ((mb_warnings(f->mb) > warnings) != m->warned)
		difference = m->warned ? "no warning" : "a warning that should not be";
	else if (f->line_count != fixtures[0].line_count)
		difference = "number of log lines";
	else if (mb_check(f->mb, &why))
		difference = why;
	else if (s->kind == QUERY && !query_agrees(f->mb, m, s))
		difference = "query";
	else
		return true;
	return false;
}

/* Run a step on every instance. False, and a report, at the first that differs. */
static bool step_agrees(struct model *m, const struct step *s, uint64_t seed, unsigned number)
{
	uint64_t want = run_on_model(m, s);
	int nid = random_node(m->machine);
	uint32_t flags = below(2) ? 0 : 0x4f & (uint32_t)random64();

	for (unsigned i = 0; i < instances; i++) {
		struct fixture *f = &fixtures[i];
		uint64_t warnings = mb_warnings(f->mb);
		uint64_t got = run_step(f->mb, s);

		if (!i && s->kind == QUERY)
			want = got;
		if (!outcome_agrees(f, m, s, got, want, warnings) ||
		    (!m->unmerged && !same_state(f->mb, m, nid, flags))) {
			report(seed, number, s, f);
			return false;
		}
	}
	return true;
}

static void test_against_model(void **state)
{
	uint64_t seed = setting("MB_TEST_SEED", 20240612);
	unsigned steps = (unsigned)setting("MB_TEST_STEPS", 12000);
	static struct model model;

	(void)state;
	while (steps) {
		struct mb_machine machine;
		uint64_t origin;
		bool agrees = true;

		random_state = seed;
		random_machine(&machine, &origin);
		model_init(&model, &machine, origin);
		start_instances(&machine);
		/* Once alike neighbours may have stayed apart, the model no longer knows where regions end. */
		for (unsigned i = 0; agrees && !model.unmerged && steps && i < STEPS_PER_SEQUENCE;
		     i++) {
			struct step s = random_step(&model);

			agrees = step_agrees(&model, &s, seed, i);
			steps--;
		}
		stop_instances();
		assert_true(agrees);
		seed++;
	}
}

/* ---- metadata in the managed memory ------------------------------------------------------------ */

/* Does [base, end) meet a piece of metadata in managed memory? */
static bool meets_metadata(const struct mb *mb, uint64_t base, uint64_t end)
{
	struct mb_segment s;

	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		for (unsigned i = 0; mb_storage(mb, &mb->c[w], i, &s); i++)
			if (s.origin == MB_MANAGED && base < s.pa + s.bytes && s.pa < end)
				return true;
	return false;
}

static void assert_metadata_is_reserved(struct mb *mb)
{
	struct mb_segment s;

	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		for (unsigned i = 0; mb_storage(mb, &mb->c[w], i, &s); i++)
			for (uint64_t page = 0; s.origin == MB_MANAGED && page < s.bytes;
			     page += 0x1000)
				assert_true(mb_is_reserved(mb, s.pa + page));
}

/*
 * Reserve and free at random until every collection has grown several times. The storage must be
 * reserved as long as it is used, and nothing else may be given out there.
 */
static void exercise_self(const struct mb_variant_spec *spec)
{
	struct mb_machine machine = fixture_machine;
	static struct fixture f;
	uint64_t now[MB_COLLECTIONS] = { 0 }, size[MB_COLLECTIONS] = { 0 };
	unsigned seen = 0;

	machine.metadata = MB_METADATA_SELF;
	fixture_start(&f, &machine, spec);
	mb_allow_resize(f.mb);
	mb_add(f.mb, 0x1000000, 0x4000000);
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t base = 0x1000000 + (uint64_t)below(0x4000) * 0x1000, at = 0;
		const char *why = NULL;

		mb_set_bottom_up(f.mb, below(2));
		if (!below(5)) {
			mb_add(f.mb, 0x100000000 + (uint64_t)below(4000) * 0x2000, 0x1000);
		} else if (below(3)) {
			at = mb_phys_alloc(f.mb, 0x800, 0x1000);
			assert_true(at != 0);
		} else {
			/* Free what is no metadata. */
			if (!meets_metadata(f.mb, base, base + 0x1000))
				mb_phys_free(f.mb, base, 0x1000);
		}
		for (; seen < f.growth_count; seen++) {
			const struct mb_growth *g = &f.growths[seen];

			/* What one leaves it had taken; a store that grows by segments leaves nothing. */
			if (g->old_size) {
				assert_int_equal(g->old_base, now[g->which]);
				assert_int_equal(g->old_size, size[g->which]);
			}
			now[g->which] = g->base;
			size[g->which] = g->size;
		}
		assert_true(!at || !meets_metadata(f.mb, at, at + 0x800));
		assert_metadata_is_reserved(f.mb);
		if (mb_check(f.mb, &why))
			fail_msg("%s: step %u: %s", fixture_name(&f), i, why);
	}
	assert_true(seen >= 4);
	fixture_stop(&f);
}

static void test_self_metadata(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);

	(void)state;
	for (unsigned i = 0; i < n * MB_BUILDS; i++) {
		struct mb_variant_spec spec = specs[i / MB_BUILDS];

		spec.build = i % MB_BUILDS;
		random_state = setting("MB_TEST_SEED", 7) + i;
		exercise_self(&spec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_self_metadata),
	};

	return cmocka_run_group_tests_name("random operations", tests, NULL, NULL);
}
