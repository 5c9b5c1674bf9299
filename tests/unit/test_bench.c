/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_bench.c - what the benchmarks are made of: states, queries, replays, plans' arithmetic.
 *
 * The point of most cases: a benchmark notices a wrong answer. Answers are falsified here on the side of
 * what is expected, since no variant at hand gives wrong ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <memblock/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "measure/clock.h"
#include "measure/statistics.h"
#include "timed/boot.h"
#include "timed/islands_impl.h"
#include "timed/operations.h"

#include "harness.h"

/* ---- states ------------------------------------------------------------------------------------ */

static struct bench_state *state_of(const struct bench_layout *layout,
				    const struct mb_variant_spec *spec, enum mb_metadata metadata)
{
	struct bench_state *s = NULL;
	char why[200];

	if (bench_state_new(layout, spec, metadata, &s, why, sizeof(why)))
		fail_msg("%s", why);
	return s;
}

static void layouts_repeat_and_depend_on_the_seed(void **state)
{
	(void)state;
	for (unsigned w = 0; w < BENCH_SYNTHETIC; w++) {
		struct bench_layout *a = bench_layout_new(w, MB_RESERVED, 100, 1);
		struct bench_layout *b = bench_layout_new(w, MB_RESERVED, 100, 1);
		struct bench_layout *c = bench_layout_new(w, MB_RESERVED, 100, 2);

		assert_int_equal(a->digest, b->digest);
		assert_int_not_equal(a->digest, c->digest);
		for (uint32_t i = 1; i < a->count; i++)
			assert_true(a->regions[i].base >
				    a->regions[i - 1].base + a->regions[i - 1].size);
		bench_layout_free(a);
		bench_layout_free(b);
		bench_layout_free(c);
	}
}

/* Every variant holds n regions, in both modes, and is back there after a restore. */
static void states_hold_n_regions(void **state)
{
	static const char *const variants[] = { "array", "rbtree", "list" };

	(void)state;
	for (unsigned i = 0; i < 3 * 2 * 2 * BENCH_SYNTHETIC; i++) {
		enum mb_which loaded = i % 2 ? MB_MEMORY : MB_RESERVED;
		enum mb_metadata metadata = i / 2 % 2 ? MB_METADATA_SELF : MB_METADATA_HOST;
		struct mb_variant_spec spec = spec_of(variants[i / 4 % 3], MB_O2);
		struct bench_layout *layout = bench_layout_new(i / 12, loaded, 300, 1);
		struct bench_state *s;
		uint64_t digest;
		uint32_t cnt;

		s = state_of(layout, &spec, metadata);
		cnt = mb_cnt(s->mb, loaded);
		assert_in_range(cnt, 300, metadata == MB_METADATA_SELF ? 302 : 300);
		digest = bench_state_digest(s);
		mb_remove(s->mb, layout->base, layout->end - layout->base);
		mb_phys_free(s->mb, layout->base, layout->end - layout->base);
		assert_int_not_equal(bench_state_digest(s), digest);
		bench_state_restore(s);
		assert_int_equal(bench_state_digest(s), digest);
		assert_int_equal(mb_check(s->mb, NULL), 0);
		bench_state_free(s);
		bench_layout_free(layout);
	}
}

/* ---- queries ----------------------------------------------------------------------------------- */

/* On the reference itself everything agrees; then one expected answer, then one state is falsified. */
static void wrong_answers_are_noticed(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_KFLAGS);
	struct bench_layout *layout = bench_layout_new(BENCH_RANDOM, MB_RESERVED, 64, 1);
	struct bench_state *s;
	struct bench_queries *q;
	char why[200];
	double ns;

	(void)state;
	s = state_of(layout, &array, MB_METADATA_HOST);
	q = bench_queries_new(bench_operation_find("alloc"), s, 1);
	assert_non_null(q);
	assert_int_equal(bench_queries_verify(q, s, true, &ns, why, sizeof(why)), 0);
	assert_true(ns > 0);

	q->expected[1] ^= 1;
	assert_int_equal(bench_queries_verify(q, s, true, &ns, why, sizeof(why)), -1);
	assert_string_equal(why, "answers of batch 1 differ from those of array");
	assert_int_equal(bench_queries_verify(q, s, false, &ns, why, sizeof(why)), 0);
	q->expected[1] ^= 1;

	q->last_state ^= 1;
	assert_int_equal(bench_queries_verify(q, s, true, &ns, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "state after batch"));
	bench_queries_free(q);
	bench_state_free(s);
	bench_layout_free(layout);
}

/* Verify @operation on all variants at @n regions, metadata out of the managed memory. */
static void verify_without_growth(const char *variant, uint32_t n)
{
	struct mb_variant_spec array = spec_of("array", MB_KFLAGS);
	struct mb_variant_spec spec = spec_of(variant, MB_KFLAGS);

	for (unsigned i = 0; i < bench_operation_count * BENCH_SYNTHETIC; i++) {
		const struct bench_operation *operation = &bench_operations[i / BENCH_SYNTHETIC];
		struct bench_layout *layout =
			bench_layout_new(i % BENCH_SYNTHETIC, operation->loaded, n, 1);
		struct bench_state *reference, *s;
		struct bench_queries *q;
		char why[200];
		double ns;

		if (layout->workload > BENCH_ISLANDS && (i + 1) % BENCH_SYNTHETIC) {
			bench_layout_free(layout); /* they differ in what makes nothing grow */
			continue;
		}
		reference = state_of(layout, &array, MB_METADATA_HOST);
		s = state_of(layout, &spec, MB_METADATA_SELF);
		q = bench_queries_new(operation, reference, 1);
		if (bench_queries_verify(q, s, true, &ns, why, sizeof(why)))
			fail_msg("%s, %u regions: %s on %s: %s", variant, n, operation->name,
				 bench_workload_names[i % BENCH_SYNTHETIC], why);
		bench_queries_free(q);
		bench_state_free(s);
		bench_state_free(reference);
		bench_layout_free(layout);
	}
}

/* Sizes close below what a store grows to: a batch must not make it grow. */
static void nothing_grows_within_a_batch(void **state)
{
	static const char *const variants[] = { "array", "rbtree", "list" };
	static const uint32_t sizes[] = { 120, 500, 1000, 2040, 4000 };

	(void)state;
	for (unsigned v = 0; v < 3; v++)
		for (unsigned i = 0; i < 5; i++)
			verify_without_growth(variants[v], sizes[i]);
	verify_without_growth("array:init=1060", 1024);
	verify_without_growth("list:growth=1.3", 1024);
}

/* A state is used up until its slots are nearly full: the growth in the batch is found. */
static void growth_within_a_batch_is_noticed(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_KFLAGS);
	struct bench_layout *layout = bench_layout_new(BENCH_RANDOM, MB_RESERVED, 64, 1);
	struct bench_queries *q;
	struct bench_state *s;
	uint64_t at = layout->end - BENCH_PAGE;
	char why[200];
	double ns;

	(void)state;
	s = state_of(layout, &array, MB_METADATA_HOST);
	q = bench_queries_new(bench_operation_find("reserve"), s, 1);
	bench_state_restore(s);
	for (; mb_cnt(s->mb, MB_RESERVED) + 2 < s->mb->c[MB_RESERVED].max; at -= 2 * BENCH_PAGE)
		mb_reserve(s->mb, at, BENCH_PAGE);
	free(s->snapshot);
	s->snapshot = malloc(mb_snapshot_size(s->mb));
	assert_non_null(s->snapshot);
	mb_snapshot(s->mb, s->snapshot);
	assert_int_equal(bench_queries_verify(q, s, true, &ns, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "grow"));
	bench_queries_free(q);
	bench_state_free(s);
	bench_layout_free(layout);
}

/* gaps: a search looks at every gap. random: at a few. */
static void gaps_are_adversarial(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2_COUNTED);

	(void)state;
	for (unsigned w = BENCH_RANDOM; w <= BENCH_GAPS; w += BENCH_GAPS) {
		struct bench_layout *layout = bench_layout_new(w, MB_RESERVED, 256, 1);
		struct bench_structure structure;
		struct bench_queries *q;
		struct bench_state *s;

		s = state_of(layout, &array, MB_METADATA_HOST);
		q = bench_queries_new(bench_operation_find("find_free"), s, 1);
		bench_queries_count(q, s, &structure);
		if (w == BENCH_GAPS)
			assert_true(structure.regions_visited >= 256);
		assert_true(structure.metadata_bytes >= 256 * 24);
		bench_queries_free(q);
		bench_state_free(s);
		bench_layout_free(layout);
	}
}

/* ---- boots ------------------------------------------------------------------------------------- */

static int load_boot(const char *path, bool captured, struct bench_boot **boot,
		     struct mb_text_error *error)
{
	struct mb_trace *trace;
	int rc = mb_trace_load(path, &trace, error);

	*boot = NULL;
	return rc ? rc : bench_boot_new("boot", path, trace, captured, boot, error);
}

/* One that can be loaded. */
static struct bench_boot *loaded_boot(const char *path, bool captured)
{
	struct mb_text_error error = { "" };
	struct bench_boot *boot;

	assert_int_equal(load_boot(path, captured, &boot, &error), 0);
	if (!boot)
		abort(); /* for the static analyser: assert_int_equal() does not come back */
	return boot;
}

/* On node 0 only the harbour holds an aligned block, though other gaps are long enough; elsewhere many do. */
static void islands_are_adversarial(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_O2);

	(void)state;
	for (unsigned w = BENCH_ISLANDS; w < BENCH_SYNTHETIC; w++) {
		struct bench_islands islands = bench_islands_of(w);
		struct bench_layout *layout = bench_layout_new(w, MB_RESERVED, 300, 1);
		struct bench_state *s = state_of(layout, &array, MB_METADATA_SELF);
		uint64_t lo = islands.up ? layout->base : layout->harbour_end;
		uint64_t hi = islands.up ? layout->harbour : layout->end, at, unaligned;
		char name[40];

		snprintf(name, sizeof(name), "islands-%u-%s%s", islands.nodes,
			 islands.align == 64 << 10 ? "64K" :
			 islands.align == 2 << 20  ? "2M" :
			 islands.align == 1 << 30  ? "1G" :
						     "4K",
			 islands.up ? "-up" : "");
		assert_string_equal(bench_workload_names[w], name);
		assert_int_equal(mb_cnt(s->mb, MB_MEMORY), 300);
		at = mb_find(s->mb, islands.size, islands.align, layout->base, layout->end, 0,
			     MB_NONE);
		assert_in_range(at, layout->harbour, layout->harbour_end - islands.size);
		assert_int_equal(mb_find(s->mb, islands.size, islands.align, lo, hi, 0, MB_NONE),
				 0);
		unaligned = islands.align == BENCH_PAGE ? BENCH_PAGE : islands.size;
		assert_int_not_equal(mb_find(s->mb, unaligned, BENCH_PAGE, lo, hi, 0, MB_NONE), 0);
		for (int nid = 1; nid < (int)islands.nodes; nid++)
			assert_int_not_equal(mb_find(s->mb, islands.size, islands.align, lo, hi,
						     nid, MB_NONE),
					     0);
		bench_state_free(s);
		bench_layout_free(layout);
	}
}

static void names_of_boots(void **state)
{
	char name[96], long_name[120];

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	long_name[96] = '\0';
	assert_int_equal(bench_boot_name(long_name, name), -ENAMETOOLONG);
	strcpy(long_name + 95, ".log"); /* the suffix does not count */
	assert_int_equal(bench_boot_name(long_name, name), 0);
	assert_int_equal(strlen(name), 95);
	bench_boot_name("a/b/x86_64-6.1.trace.zst", name);
	assert_string_equal(name, "x86_64-6.1");
	bench_boot_name("my boot.log", name);
	assert_string_equal(name, "my_boot");
	bench_boot_name("plain", name);
	assert_string_equal(name, "plain");
}

/* A captured address is falsified: the replay is refused on every variant with metadata=host, and on
 * array with self. */
static void a_replay_that_does_not_land_is_refused(void **state)
{
	struct mb_variant_spec array = spec_of("array", MB_KFLAGS), list = spec_of("list", MB_O2);
	struct bench_replay *replay;
	struct bench_boot *boot;
	struct mb_catalogue boots;
	char why[200];
	size_t i = 0;

	(void)state;
	mb_catalogue_boots(&boots);
	if (!boots.count) {
		mb_catalogue_free(&boots);
		skip();
	}
	boot = loaded_boot(boots.paths[0], true);
	assert_int_equal(bench_replay_new(boot, &list, MB_METADATA_HOST, &replay, why, sizeof(why)),
			 0);
	assert_int_equal(replay->allocs_as_captured, replay->allocs);
	assert_true(replay->pages_handed_over > 0);
	bench_replay_free(replay);

	while (i < boot->trace->count && !boot->trace->ops[i].result)
		i++;
	assert_true(i < boot->trace->count);
	boot->trace->ops[i].result += 4096;
	assert_int_equal(bench_replay_new(boot, &list, MB_METADATA_HOST, &replay, why, sizeof(why)),
			 -EBADMSG);
	assert_non_null(strstr(why, "as captured"));
	assert_int_equal(bench_replay_new(boot, &array, MB_METADATA_SELF, &replay, why,
					  sizeof(why)),
			 -EBADMSG);
	bench_boot_free(boot);
	mb_catalogue_free(&boots);
}

/* Every captured address but one is falsified, then that one, too: only the second boot is refused. */
static void a_boot_that_lands_nowhere_is_not_loaded(void **state)
{
	static const char path[] = "moved.trace";
	struct mb_text_error error;
	struct bench_boot *boot;
	struct mb_trace *trace;
	struct mb_op *spared = NULL;
	struct mb_catalogue boots;

	(void)state;
	mb_catalogue_boots(&boots);
	if (!boots.count) {
		mb_catalogue_free(&boots);
		skip();
	}
	assert_int_equal(mb_trace_load(boots.paths[0], &trace, &error), 0);
	mb_catalogue_free(&boots);
	for (size_t i = 0; i < trace->count; i++) {
		if (!trace->ops[i].result)
			continue;
		if (spared)
			trace->ops[i].result += 4096;
		else
			spared = &trace->ops[i];
	}
	assert_non_null(spared);
	if (!spared)
		return; /* for the static analyser: assert_non_null() does not come back */
	assert_int_equal(mb_trace_write(trace, path, &error), 0);
	boot = loaded_boot(path, false);
	assert_int_equal(boot->allocs_as_captured, 1);
	assert_true(boot->allocs > 1);
	bench_boot_free(boot);
	spared->result += 4096;
	assert_int_equal(mb_trace_write(trace, path, &error), 0);
	assert_int_equal(load_boot(path, false, &boot, &error), -EINVAL);
	assert_non_null(strstr(error.text, "none of its"));
	remove(path);
	mb_trace_free(trace);
}

/* ---- numbers ----------------------------------------------------------------------------------- */

static void median_and_deviation(void **state)
{
	double odd[] = { 5, 1, 100 }, even[] = { 4, 1, 3, 2 };

	(void)state;
	assert_true(bench_median(odd, 3) == 5);
	assert_true(bench_deviation(odd, 3, 5) == 4);
	assert_true(bench_median(even, 4) == 2.5);
	assert_true(bench_deviation(even, 4, 2.5) == 1);
	assert_true(bench_median(NULL, 0) == 0);
}

static int start(void **state)
{
	(void)state;
	bench_clock_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts_repeat_and_depend_on_the_seed),
		cmocka_unit_test(states_hold_n_regions),
		cmocka_unit_test(wrong_answers_are_noticed),
		cmocka_unit_test(nothing_grows_within_a_batch),
		cmocka_unit_test(growth_within_a_batch_is_noticed),
		cmocka_unit_test(gaps_are_adversarial),
		cmocka_unit_test(islands_are_adversarial),
		cmocka_unit_test(names_of_boots),
		cmocka_unit_test(a_replay_that_does_not_land_is_refused),
		cmocka_unit_test(a_boot_that_lands_nowhere_is_not_loaded),
		cmocka_unit_test(median_and_deviation),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
