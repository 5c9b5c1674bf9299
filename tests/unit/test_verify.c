/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_verify.c - does verify find what is planted, and what does it make of it?
 *
 * A variant with a fault is a copy of array's table with one entry replaced. Each test plants one kind:
 * wrong regions, a wrong query, a crash, a loop without an end; then sequences run until it shows, are
 * shrunk, and must still show it, as a trace on replay, too.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "verify/verify_impl.h"

enum { SEQUENCES = 60, OPERATIONS_MAX = 2048 };

static struct mb_ops broken_ops;
static struct mb_variant broken_variant;
static const struct mb_ops *sound;

/* array as it is, and array with an entry of its table to be replaced. */
static void plant(struct mb_variant_spec specs[2])
{
	specs[0] = spec_of("array", MB_O2);
	specs[1] = specs[0];
	sound = specs[0].variant->ops[MB_O2];
	broken_ops = *sound;
	broken_variant = *specs[0].variant;
	broken_variant.ops[MB_O2] = &broken_ops;
	specs[1].variant = &broken_variant;
	strcpy(specs[1].name, "broken");
	verify_catch_signals();
}

struct finding {
	struct verify_lab *lab;
	struct verify_generator generator; /* has the texts of ... */
	struct mb_op ops[OPERATIONS_MAX];
	size_t count;
	uint64_t seed;
};

/* Run sequences until one differs; machines that come again get a new lab, for the test is short. */
static bool find_fault(const struct mb_variant_spec specs[2], struct finding *f)
{
	for (f->seed = 1; f->seed < SEQUENCES; f->seed++) {
		struct verify_generator *g = &f->generator;
		enum verify_verdict verdict = VERIFY_SAME;
		int code;

		verify_generator_start(g, f->seed, mb_profile_find("6.12"), MB_METADATA_HOST);
		f->lab = verify_lab_new(&g->machine, specs, 2, &code);
		assert_non_null(f->lab);
		verify_lab_begin(f->lab);
		f->lab->shrinking = true; /* shorter patience */
		f->count = 0;
		while (f->count < OPERATIONS_MAX && verify_generate(g, f->lab, &f->ops[f->count]) &&
		       verdict != VERIFY_OVER) {
			verdict = verify_step(f->lab, &f->ops[f->count], f->count % 16 == 0);
			f->count += verdict != VERIFY_SKIPPED;
			if (verdict == VERIFY_DIFFERS)
				return true;
		}
		verify_lab_free(f->lab);
	}
	return false;
}

/* What is left of the sequence differs when it is replayed as a trace. */
static void assert_replay_differs(const struct mb_variant_spec specs[2], struct finding *f)
{
	struct mb_trace *trace = verify_trace(f->lab, f->ops, f->count, "test");
	struct mb_replay_result a, b;

	assert_non_null(trace);
	assert_int_equal(mb_replay_check(trace, &specs[0], MB_METADATA_HOST, &a), 0);
	assert_int_equal(mb_replay_check(trace, &specs[1], MB_METADATA_HOST, &b), 0);
	assert_int_equal(a.dumps, a.dumps_matched);
	assert_int_equal(a.allocs, a.allocs_as_captured);
	assert_true(a.answers != b.answers || strcmp(a.state_digest, b.state_digest) ||
		    strcmp(a.panic, b.panic));
	mb_trace_free(trace);
}

static void assert_found(const struct mb_variant_spec specs[2], size_t most, unsigned ms,
			 bool replays)
{
	struct finding *f = calloc(1, sizeof(*f));
	size_t before;

	assert_non_null(f);
	if (!f)
		return;
	assert_true(find_fault(specs, f));
	before = f->count;
	f->count = verify_shrink(f->lab, f->ops, f->count, ms);
	print_message("seed %llu: %zu operations, then %zu: %s\n", (unsigned long long)f->seed,
		      before, f->count, f->lab->what);
	assert_true(f->count <= most);
	if (replays)
		assert_replay_differs(specs, f);
	verify_lab_free(f->lab);
	free(f);
}

/* A freed range of one unit is forgotten where two regions would come of it. */
static int broken_remove(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	uint32_t cnt = c->cnt;
	int rc = sound->remove_range(mb, c, base, size);

	if (!rc && c->which == MB_RESERVED && c->cnt > cnt)
		rc = sound->add_range(mb, c, base, size, (int)mb->max_numnodes, 0);
	return rc;
}

static void wrong_regions_are_found(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.remove_range = broken_remove;
	assert_found(specs, 3, 10000, true); /* reserve, free */
}

/* One byte too many: only a query at an edge shows it. */
static bool broken_overlaps(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	return sound->overlaps(mb, c, base, size + 1);
}

static void wrong_queries_are_found(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.overlaps = broken_overlaps;
	assert_found(specs, 2, 10000, true);
}

static uint64_t broken_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			     uint64_t end, int nid, bool exact_nid)
{
	return sound->alloc_range(mb, size, align, start, end, exact_nid ? MB_NUMA_NO_NODE : nid,
				  exact_nid);
}

static void wrong_fallback_is_found(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.alloc_range = broken_alloc;
	assert_found(specs, 4, 10000, true);
}

static int crashing_add(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			int nid, uint32_t flags)
{
	if (c->which == MB_RESERVED && c->cnt == 3)
		raise(SIGSEGV);
	return sound->add_range(mb, c, base, size, nid, flags);
}

static void crashes_are_found(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.add_range = crashing_add;
	assert_found(specs, 6, 10000, false);
}

static void endless_batch(struct mb_iter *it)
{
	sound->next_batch(it);
	if (it->reverse && it->a == MB_RESERVED && it->mb->c[MB_RESERVED].cnt > 1)
		it->done = false; /* and so all over again */
	if (it->reverse && it->a == MB_RESERVED && it->n == 0)
		it->placed = false;
}

/* A walk over free ranges of one node and upwards loses its last range. */
static void short_batch(struct mb_iter *it)
{
	sound->next_batch(it);
	if (!it->reverse && it->b == MB_RESERVED && it->nid == 0 && it->done && it->n)
		it->n--;
}

static void loops_without_end_are_found(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.next_batch = endless_batch;
	assert_found(specs, 400, 2000, false); /* each try is a second */
}

static void endless(struct verify_instance *inst, void *ctx)
{
	volatile unsigned turns = 0;

	(void)inst, (void)ctx;
	for (;;)
		turns++;
}

/* One loop does not use up the patience for the next. */
static void each_call_has_its_own_limit(void **state)
{
	struct mb_variant_spec specs[2];
	struct mb_machine machine = { .profile = mb_profile_find("6.12") };
	struct verify_lab *lab;
	int code;

	(void)state;
	plant(specs);
	lab = verify_lab_new(&machine, specs, 2, &code);
	assert_non_null(lab);
	if (!lab)
		return;
	verify_lab_begin(lab);
	lab->shrinking = true;
	for (int i = 0; i < 2; i++) {
		assert_false(verify_guarded(&lab->instances[i], endless, NULL));
		assert_int_equal(lab->instances[i].did.signal, SIGVTALRM);
	}
	verify_lab_free(lab);
}

/* Walks are compared after each step, not only now and then. */
static void wrong_walks_are_found_at_once(void **state)
{
	struct mb_variant_spec specs[2];
	struct verify_lab *lab;
	struct verify_generator g;
	enum verify_verdict verdict = VERIFY_SAME;
	unsigned steps = 0;
	int code;

	(void)state;
	plant(specs);
	broken_ops.next_batch = short_batch;
	verify_generator_start(&g, 3, mb_profile_find("6.12"), MB_METADATA_HOST);
	lab = verify_lab_new(&g.machine, specs, 2, &code);
	assert_non_null(lab);
	if (!lab)
		return;
	verify_lab_begin(lab);
	for (; verdict == VERIFY_SAME && steps < 200; steps++) {
		struct mb_op op = { .kind = steps < 4 ? MB_OP_ADD_NODE : MB_OP_ALLOW_RESIZE };

		if (steps < 4) {
			op.base = (steps + 1) * 0x1000000ULL;
			op.size = 0x100000;
		}

		verdict = verify_step(lab, &op, false);
	}
	print_message("step %u: %s\n", steps, lab->what);
	assert_int_equal(verdict, VERIFY_DIFFERS);
	verify_lab_free(lab);
}

static const char *complaining_check(struct mb *mb, struct mb_collection *c)
{
	return c->which == MB_RESERVED && c->cnt == 2 ? "planted" : sound->check(mb, c);
}

/* What mb_check() says is said, of the variant that it says it of, and a replay says it as well. */
static void complaints_of_mb_check_are_told(void **state)
{
	struct mb_variant_spec specs[2];
	struct finding *f = calloc(1, sizeof(*f));
	struct mb_replay_result result;
	struct mb_trace *trace;

	(void)state;
	assert_non_null(f);
	if (!f)
		return;
	plant(specs);
	broken_ops.check = complaining_check;
	assert_true(find_fault(specs, f));
	f->count = verify_shrink(f->lab, f->ops, f->count, 10000);
	assert_string_equal(f->lab->what, "broken: mb_check() says: planted");
	assert_true(f->lab->alone);
	assert_true(f->count <= 2);
	trace = verify_trace(f->lab, f->ops, f->count, "test");
	assert_non_null(trace);
	assert_int_equal(mb_replay_check(trace, &specs[1], MB_METADATA_HOST, &result), 0);
	assert_non_null(strstr(result.panic, "planted"));
	mb_trace_free(trace);
	verify_lab_free(f->lab);
	free(f);
}

/* Says once more, and wrongly, what it allocated. */
static uint64_t talkative_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				uint64_t end, int nid, bool exact_nid)
{
	void (*tell)(void *ctx, uint64_t pa, uint64_t bytes) = mb->hooks.leak_alloc;
	uint64_t at = sound->alloc_range(mb, size, align, start, end, nid, exact_nid);

	if (at && size > 1 && tell)
		tell(mb->hooks.ctx, at, size - 1);
	return at;
}

static void calls_of_hooks_are_compared(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.alloc_range = talkative_alloc;
	assert_found(specs, 3, 10000, true);
}

/* What a seed makes is the same every time; what another makes is not. */
static void seeds_make_sequences(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	uint64_t sums[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct verify_generator g;
		struct verify_lab *lab;
		struct mb_op op;
		int code;

		verify_generator_start(&g, i < 2 ? 11 : 12, NULL, -1);
		lab = verify_lab_new(&g.machine, &spec, 1, &code);
		assert_non_null(lab);
		if (!lab)
			return;
		verify_lab_begin(lab);
		while (verify_generate(&g, lab, &op) && verify_step(lab, &op, false) != VERIFY_OVER)
			sums[i] = (sums[i] ^ op.kind ^ op.base ^ op.size) * 31;
		verify_lab_free(lab);
	}
	assert_true(sums[0] == sums[1]);
	assert_true(sums[0] != sums[2]);
}

/* Lines count without the caller, and growth only where all grow alike. */
static void lines_are_compared_without_callers(void **state)
{
	const char *line = "memblock_add: [0x0000000000001000-0x0000000000001fff] a+0x1/0x2";

	(void)state;
	assert_true(mb_line_digest(line, MB_METADATA_SELF) ==
		    mb_line_digest("memblock_add: [0x0000000000001000-0x0000000000001fff] 0x55",
				   MB_METADATA_HOST));
	assert_true(mb_line_digest(line, MB_METADATA_SELF) !=
		    mb_line_digest("memblock_add: [0x0000000000001000-0x0000000000002fff] 0x55",
				   MB_METADATA_SELF));
	line = "memblock: reserved is doubled to 256 at [0x1000-0x27ff]";
	assert_true(mb_line_digest(line, MB_METADATA_HOST) == 0);
	assert_true(mb_line_digest(line, MB_METADATA_SELF) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_regions_are_found),
		cmocka_unit_test(wrong_queries_are_found),
		cmocka_unit_test(wrong_fallback_is_found),
		cmocka_unit_test(crashes_are_found),
		cmocka_unit_test(loops_without_end_are_found),
		cmocka_unit_test(each_call_has_its_own_limit),
		cmocka_unit_test(wrong_walks_are_found_at_once),
		cmocka_unit_test(complaints_of_mb_check_are_told),
		cmocka_unit_test(calls_of_hooks_are_compared),
		cmocka_unit_test(seeds_make_sequences),
		cmocka_unit_test(lines_are_compared_without_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
