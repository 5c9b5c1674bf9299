/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * growth.c - what a collection costs that grows from empty, metadata in the managed memory: one variant, one
 * order, one size. For scale.py.
 *
 *     growth VARIANT ORDER N SECONDS         time it; a line of JSON
 *     growth VARIANT ORDER N count [STEP]    the same operations for callgrind: collection is switched on for all of
 *                                            them, or for operation STEP alone
 *     growth VARIANT ORDER N walk            and for a walk over the free ranges that they leave
 *
 * ORDER: random, ascending, descending: N reservations that touch no other, 48 KiB apart. alloc: N allocations from the
 * top, a page each, aligned to two: each looks at the gaps that all before it left, and none fits.
 *
 * Compiled as a kernel is; the loops are those of `run` (timed/loops.h). Before it is timed the whole is done once, step by step,
 * and checked: every region must be there, or every address the one that follows from the order. If that takes more than
 * SECONDS of the processor, nothing is timed, and "stopped_at" says how far it came. The total is the least of all passes.
 */
#include <errno.h>
#include <memblock/trace.h>
#include <memblock/variant.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counters/callgrind.h"
#include "measure/clock.h"
#include "measure/random.h"
#include "timed/loops.h"
#include "timed/reading.h"

#define BASE (UINT64_C(4) << 30)
#define STRIDE (64u << 10)
#define SIZE (16u << 10)
#define PASSES 7u

struct growth {
	struct mb *mb;
	const struct bench_loops *loops;
	struct mb_op *ops;
	size_t n;
	bool allocates;
	void *empty;

	/* Metadata, bytes: now, counting what is under way, and most ever. */
	uint64_t now, peak;
	unsigned growths;
};

static void on_growth(void *ctx, const struct mb_growth *growth)
{
	struct growth *g = ctx;

	g->growths++;
	g->now += growth->size;
	if (g->now > g->peak)
		g->peak = g->now;
	g->now -= growth->old_size;
}

static uint64_t metadata(struct mb *mb)
{
	mb_cnt(mb, MB_RESERVED); /* brings a kernel's figures up to date */
	return mb_metadata_bytes(mb);
}

static uint64_t end_of(size_t n)
{
	return BASE + n * STRIDE;
}

/* 0, or -1: no such order. */
static int set_ops(struct growth *g, const char *order)
{
	uint64_t random = 1;
	size_t n = g->n;

	g->allocates = !strcmp(order, "alloc");
	for (size_t i = 0; i < n; i++)
		g->ops[i] = (struct mb_op){ .kind = MB_OP_RESERVE,
					    .base = BASE + i * STRIDE,
					    .size = SIZE };
	for (size_t i = 0; i < n && g->allocates; i++)
		g->ops[i] = (struct mb_op){ .kind = MB_OP_PHYS_ALLOC_RANGE,
					    .size = BENCH_PAGE,
					    .align = 2 * BENCH_PAGE,
					    .lo = BASE,
					    .hi = end_of(n) };
	for (size_t i = n - 1; i > 0 && !strcmp(order, "random"); i--) {
		size_t j = bench_random_below(&random, i + 1);
		struct mb_op swap = g->ops[i];

		g->ops[i] = g->ops[j];
		g->ops[j] = swap;
	}
	for (size_t i = 0; i < n / 2 && !strcmp(order, "descending"); i++) {
		struct mb_op swap = g->ops[i];

		g->ops[i] = g->ops[n - 1 - i];
		g->ops[n - 1 - i] = swap;
	}
	return g->allocates || !strcmp(order, "random") || !strcmp(order, "ascending") ||
			       !strcmp(order, "descending") ?
		       0 :
		       -1;
}

static int make(struct growth *g, const char *variant)
{
	struct mb_machine machine = { .metadata = MB_METADATA_SELF };
	const struct mb_hooks hooks = { .ctx = g, .grew = on_growth };
	const struct mb_profile *profile = NULL;
	struct mb_variant_spec spec;
	const struct mb_ops *ops;
	char error[768] = "";
	int rc = mb_variant_parse(variant, &spec, error, sizeof(error));

	spec.build = MB_KFLAGS;
	if (!rc)
		rc = mb_variant_ops(&spec, &machine, &ops, &profile, NULL, error, sizeof(error));
	machine.profile = profile;
	if (!rc)
		rc = mb_create(&machine, &hooks, &spec, &g->mb);
	if (!rc)
		rc = mb_add(g->mb, BENCH_METADATA_BASE, BENCH_METADATA_SIZE);
	if (!rc)
		rc = mb_add(g->mb, BASE, end_of(g->n) - BASE);
	if (rc) {
		fprintf(stderr, "growth: %s: %s\n", variant, *error ? error : strerror(-rc));
		return rc == -ENOENT ? 3 : 2;
	}
	mb_set_zeroing(g->mb, false);
	mb_allow_resize(g->mb);
	g->loops = bench_loops_of(spec.build);
	g->empty = malloc(mb_snapshot_size(g->mb));
	if (!g->empty)
		return 3;
	mb_snapshot(g->mb, g->empty);
	return 0;
}

/* Is everything there that was asked for, and nothing else below the metadata? */
static bool is_right(struct growth *g)
{
	uint64_t at = g->allocates ? end_of(g->n) - 2 * g->n * BENCH_PAGE : BASE;
	uint64_t step = g->allocates ? 2 * BENCH_PAGE : STRIDE;
	uint64_t size = g->allocates ? BENCH_PAGE : SIZE;
	const char *why = NULL;
	struct mb_iter it;
	struct mb_range r;
	size_t n = 0;

	for (mb_iter_regions(&it, g->mb, MB_RESERVED, false); mb_next(&it, &r); n++) {
		if (r.base >= BENCH_METADATA_BASE)
			break;
		if (r.base != at + n * step || r.end != r.base + size)
			return false;
	}
	return n == g->n && !mb_check(g->mb, &why);
}

/* Of this process: others that run beside it do not count. */
static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* One pass, each operation between two readings; *@ns: the least that each took. false: the process has had @seconds. */
static bool step_through(struct growth *g, float *ns, bool first, double seconds, size_t *done)
{
	mb_restore(g->mb, g->empty);
	for (*done = 0; *done < g->n; ++*done) {
		struct bench_reading r = bench_reading_of_time();
		double took;

		g->now = first ? metadata(g->mb) : 0;
		g->loops->one(g->mb, &g->ops[*done], &r);
		took = bench_clock_ns(r.ticks);
		if (first || took < ns[*done])
			ns[*done] = (float)took;
		if (*done % 64 == 0 && cpu_seconds() > seconds)
			return false;
	}
	return true;
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Of a single pass the readings are nothing beside what they time. */
static double sum(const float *ns, size_t n)
{
	double all = 0;

	for (size_t i = 0; i < n; i++)
		all += ns[i];
	return all;
}

static int time_all(struct growth *g, double seconds)
{
	double start = cpu_seconds(), once, total = 0;
	float *ns = calloc(g->n, sizeof(*ns));
	size_t done, worst = 0;
	unsigned passes;

	if (!ns)
		return 3;
	if (!step_through(g, ns, true, start + seconds, &done)) {
		printf("{\"stopped_at\": %zu, \"seconds\": %g}\n", done, seconds);
		free(ns);
		return 0;
	}
	once = cpu_seconds() - start;
	if (!is_right(g)) {
		fprintf(stderr, "growth: regions are not those that were asked for\n");
		free(ns);
		return 1;
	}
	printf("{\"growths\": %u, \"bytes\": %llu, \"bytes_peak\": %llu, ", g->growths,
	       (unsigned long long)metadata(g->mb),
	       (unsigned long long)(g->peak > metadata(g->mb) ? g->peak : metadata(g->mb)));
	passes = once * 2 * PASSES < seconds ? PASSES : once * 4 < seconds ? 2 : 1;
	for (unsigned i = 0; i < passes && passes > 1; i++) {
		struct bench_reading r = bench_reading_of_time();

		if (i)
			step_through(g, ns, false, 1e300, &done);
		mb_restore(g->mb, g->empty);
		g->loops->replay(g->mb, g->ops, g->n, &r);
		if (!i || bench_clock_ns(r.ticks) < total)
			total = bench_clock_ns(r.ticks);
	}
	for (size_t i = 0; i < g->n; i++)
		worst = ns[i] > ns[worst] ? i : worst;
	printf("\"passes\": %u, \"ns_total\": %.0f, \"ns_worst\": %.0f, \"worst\": %zu, ", passes,
	       passes > 1 ? total : sum(ns, g->n), ns[worst], worst);
	qsort(ns, g->n, sizeof(*ns), compare_floats);
	printf("\"ns_median\": %.1f}\n", ns[g->n / 2]);
	free(ns);
	return 0;
}

/* Under callgrind, started without instrumentation, which collects only where a loop switches it on. */
static int count(struct growth *g, const char *step)
{
	struct bench_reading nothing = BENCH_READING_OF_NOTHING, r = BENCH_READING_OF_COUNTS;
	bool walks = step && !strcmp(step, "walk");
	size_t at = walks ? g->n : step ? strtoull(step, NULL, 10) : 0;

	g->loops->replay(g->mb, g->ops, at, &nothing);
	callgrind_begin();
	if (walks)
		g->loops->run[BENCH_RUN_WALK_FREE](g->mb, NULL, 1, &r);
	else if (step)
		g->loops->one(g->mb, &g->ops[at], &r);
	else
		g->loops->replay(g->mb, g->ops, g->n, &r);
	callgrind_end();
	return 0;
}

int main(int argc, char **argv)
{
	struct growth g = { 0 };
	int status = 2;

	if (argc > 4)
		g.n = strtoull(argv[3], NULL, 10);
	if (g.n >= 2 && g.n <= 1u << 24)
		g.ops = calloc(g.n, sizeof(*g.ops));
	if (g.ops && !set_ops(&g, argv[2])) {
		bench_clock_start();
		status = make(&g, argv[1]);
		if (!status && !strcmp(argv[4], "count"))
			status = count(&g, argc > 5 ? argv[5] : NULL);
		else if (!status && !strcmp(argv[4], "walk"))
			status = count(&g, "walk");
		else if (!status)
			status = time_all(&g, strtod(argv[4], NULL));
		mb_destroy(g.mb);
	} else {
		fprintf(stderr, "usage: growth VARIANT random|ascending|descending|alloc N "
				"SECONDS | count [STEP] | walk\n");
	}
	free(g.empty);
	free(g.ops);
	return status;
}
