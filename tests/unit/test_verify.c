/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_verify.c - does verify find what is planted, and what does it make of it?
 *
 * A variant with a fault is a copy of array's table with one entry replaced. Each test plants one kind:
 * wrong regions, a wrong query, a crash, a loop without an end; then sequences run until it shows, are
 * shrunk, and must still show it, as a trace on replay, too.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "verify/verify_impl.h"

enum { SEQUENCES = 60, OPERATIONS_MAX = 2048 };

static struct mb_ops broken_ops;
static struct mb_variant broken_variant;
static const struct mb_ops *sound;

static const struct verify_profiles *just(const char *name)
{
	static struct verify_profiles one = { .count = 1 };

	one.of[0] = mb_profile_find(name);
	return &one;
}

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

		verify_generator_start(g, f->seed, just("6.12"), MB_METADATA_HOST, NULL);
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

/* Searches of both kinds keep to twice the alignment. */
static uint64_t coarse_find(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			    uint64_t end, int nid, uint32_t flags)
{
	return sound->find_free(mb, size, align * 2, start, end, nid, flags);
}

static uint64_t coarse_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			     uint64_t end, int nid, bool exact_nid)
{
	return sound->alloc_range(mb, size, align * 2, start, end, nid, exact_nid);
}

/* What an allocation returned does not become what verify's own question is answered, which takes one operation
 * less. */
static void what_callers_see_is_kept(void **state)
{
	struct mb_variant_spec specs[2];
	struct finding *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(f);
	if (!f)
		return;
	plant(specs);
	broken_ops.alloc_range = coarse_alloc;
	assert_true(find_fault(specs, f));
	broken_ops.find_free = coarse_find;
	assert_non_null(strstr(f->lab->what, ": returns "));
	f->count = verify_shrink(f->lab, f->ops, f->count, 10000);
	print_message("%s\n", f->lab->what);
	assert_null(strstr(f->lab->what, " answers "));
	assert_true(f->count <= 3);
	verify_lab_free(f->lab);
	free(f);
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
	verify_generator_start(&g, 3, just("6.12"), MB_METADATA_HOST, NULL);
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

/* Memory is released page by page, also what has a name: 2^48 bytes would take for ever, on a kernel as well. */
static void what_does_not_end_is_not_called(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct mb_op ops[] = {
		{ .kind = MB_OP_ADD, .base = 0x1000, .size = 1ULL << 49 },
		{ .kind = MB_OP_RESERVE_MEM, .text = "0x1000:0:small" },
		{ .kind = MB_OP_RELEASE_MEM, .text = "small" },
		{ .kind = MB_OP_RESERVE_MEM, .text = "0x1000000000000:0:large" },
		{ .kind = MB_OP_RELEASE_MEM, .text = "large" },
	};
	struct verify_generator g;
	struct verify_lab *lab;
	int code;

	(void)state;
	verify_generator_start(&g, 6, just("new"), MB_METADATA_HOST, NULL);
	lab = verify_lab_new(&g.machine, &spec, 1, &code);
	assert_non_null(lab);
	if (!lab)
		return;
	verify_lab_begin(lab);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(verify_step(lab, &ops[i], false),
				 i < 4 ? VERIFY_SAME : VERIFY_SKIPPED);
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

		verify_generator_start(&g, i < 2 ? 11 : 12, NULL, -1, NULL);
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

/* ---- what a seed can be ------------------------------------------------------------------------ */

/* All machines that a kernel may be compiled for: page sizes, cache lines, widths, numbers of nodes and slots. */
static void machines_are_many(void **state)
{
	unsigned pages = 0, lines = 0, odd = 0, tiny = 0, narrow = 0, nodes_used = 0, regions = 0;
	uint64_t start_bits = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 6000; seed++) {
		struct verify_generator g;
		const struct mb_machine *m = &g.machine;

		verify_generator_start(&g, seed, NULL, -1, NULL);
		pages |= (unsigned)(m->page_size ? m->page_size : 4096);
		lines |= m->cache_line ? m->cache_line : 64;
		odd |= m->reserved_slots % 2 ? 1u << m->reserved_slots % 32 : 0;
		tiny |= m->memory_slots < 10 ? 1u << m->memory_slots : 0;
		narrow += m->addr_bits == 32;
		nodes_used = g.nodes > nodes_used ? g.nodes : nodes_used;
		regions = g.fill > regions ? g.fill : regions;
		start_bits |= g.start;
		if (m->metadata == MB_METADATA_SELF)
			assert_true(g.start + g.unit * g.units <= 1ULL << 46);
		assert_true(!g.start || g.start % (m->page_size ? m->page_size : 4096) == 0);
		assert_true(g.start + (g.unit * g.units - 1) >= g.start);
	}
	assert_int_equal(pages, 0x1f000);
	assert_int_equal(lines, 0x1f0);
	assert_true(odd & 1u << 1 && odd & 1u << 3);
	assert_true(__builtin_popcount(odd) >= 4 && __builtin_popcount(tiny) >= 6);
	assert_true(narrow > 1000);
	assert_int_equal(nodes_used, 64);
	assert_true(regions > 3000);
	assert_true(start_bits >> 12 == UINT64_MAX >> 12);
}

/* The field of @a in @op. */
static uint64_t value_of(const struct mb_argument *a, const struct mb_op *op)
{
	uint64_t value;

	if (a->form == MB_FORM_NODE)
		return (uint64_t)(int64_t)op->nid;
	if (a->form == MB_FORM_FLAGS)
		return op->flags;
	memcpy(&value, (const char *)op + a->offset, sizeof(value));
	return value;
}

/* Each number that an operation takes comes at the least and the largest that its row allows. */
static void arguments_reach_their_boundaries(void **state)
{
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct verify_generator g;
	struct verify_lab *lab;
	int code;

	(void)state;
	verify_generator_start(&g, 6, just("new"), MB_METADATA_HOST, NULL);
	assert_true(g.machine.addr_bits != 32 && !g.machine.no_numa);
	lab = verify_lab_new(&g.machine, &spec, 1, &code);
	assert_non_null(lab);
	if (!lab)
		return;
	verify_lab_begin(lab);
	for (const char *letter = "bszaluknqfrdmcxoP"; *letter; letter++) {
		const struct mb_argument *a = mb_argument_of(*letter);
		bool align = a->form == MB_FORM_ALIGN, node = a->form == MB_FORM_NODE;
		uint64_t least = node ? (uint64_t)INT32_MIN : 0;
		uint64_t most = align ? 1ULL << 63 : a->max;
		bool has_least = a->form == MB_FORM_SAID, has_most = has_least;

		for (unsigned i = 0; i < 60000; i++) {
			struct mb_op op = { 0 };
			uint64_t value;

			verify_draw(&g, lab, *letter, &op);
			if (a->form == MB_FORM_SAID)
				continue;
			value = value_of(a, &op);
			has_least |= value == least;
			has_most |= value == most;
			assert_true(node || value <= a->max);
		}
		if (!has_least || !has_most)
			fail_msg("'%c' is never at its %s", *letter, has_least ? "most" : "least");
	}
	verify_lab_free(lab);
}

/* ---- differences that are known ---------------------------------------------------------------- */

static unsigned differences(const struct mb_variant_spec specs[2],
			    struct verify_explained *explained)
{
	unsigned found = 0;

	for (uint64_t seed = 1; seed < 20; seed++) {
		enum verify_verdict verdict = VERIFY_SAME;
		struct verify_generator g;
		struct verify_lab *lab;
		struct mb_op op;
		int code;

		verify_generator_start(&g, seed, just("6.12"), MB_METADATA_HOST, NULL);
		lab = verify_lab_new(&g.machine, specs, 2, &code);
		assert_non_null(lab);
		if (!lab)
			return 0;
		lab->explained = explained;
		verify_lab_begin(lab);
		while (verdict < VERIFY_OVER && verify_generate(&g, lab, &op))
			verdict = verify_step(lab, &op, false);
		found += verdict == VERIFY_DIFFERS;
		verify_lab_free(lab);
	}
	return found;
}

/* Twice as many warnings: nothing else differs from there on. */
static int warning_add(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
		       int nid, uint32_t flags)
{
	uint64_t warnings = mb->warnings;
	int rc = sound->add_range(mb, c, base, size, nid, flags);

	mb->warnings += mb->warnings - warnings;
	return rc;
}

static void known_differences_are_set_aside(void **state)
{
	static const char text[] =
		"# known\n\n  add: warnings profile=6.12\n"
		"*: warnings variant=array:broken metadata=host says=warnings, not\n"
		"*: warnings says=never said\n*: regions\n";
	struct verify_explained list = { 0 };
	struct mb_variant_spec specs[2];
	struct mb_text_error error;
	FILE *file = fopen("known.txt", "w");

	(void)state;
	assert_non_null(file);
	if (!file)
		return;
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	plant(specs);
	strcpy(specs[1].name, "array:broken");
	broken_ops.add_range = warning_add;
	assert_true(differences(specs, NULL) > 0);
	assert_int_equal(verify_explained_read("known.txt", &list, &error), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(differences(specs, &list), 0);
	assert_true(list.entries[0].times > 0 && list.entries[1].times > 0);
	assert_true(list.entries[2].times == 0 && list.entries[3].times == 0);
	/* It stays: a second fault, that nobody explained, is found. */
	broken_ops.overlaps = broken_overlaps;
	broken_ops.remove_range = broken_remove;
	list.entries[3].call = MB_OP_TRIM;
	assert_true(differences(specs, &list) > 0);
	/* It leaves: what it holds then is not looked at. */
	list.entries[3].call = MB_OP_KINDS;
	broken_ops.overlaps = sound->overlaps;
	assert_int_equal(differences(specs, &list), 0);
	assert_true(list.entries[3].times > 0);
	verify_explained_free(&list);
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
		cmocka_unit_test(what_callers_see_is_kept),
		cmocka_unit_test(crashes_are_found),
		cmocka_unit_test(loops_without_end_are_found),
		cmocka_unit_test(each_call_has_its_own_limit),
		cmocka_unit_test(wrong_walks_are_found_at_once),
		cmocka_unit_test(complaints_of_mb_check_are_told),
		cmocka_unit_test(calls_of_hooks_are_compared),
		cmocka_unit_test(seeds_make_sequences),
		cmocka_unit_test(machines_are_many),
		cmocka_unit_test(what_does_not_end_is_not_called),
		cmocka_unit_test(arguments_reach_their_boundaries),
		cmocka_unit_test(known_differences_are_set_aside),
		cmocka_unit_test(lines_are_compared_without_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
