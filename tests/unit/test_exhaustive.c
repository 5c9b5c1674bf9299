/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_exhaustive.c - does a search of all sequences find what is planted, with as few calls as it takes?
 *
 * A variant with a fault is a copy of array's table with one entry replaced, as in test_verify.c. Faults are planted
 * that one call shows, that only two calls in a row show, and that only a last call shows which reads more than
 * it should.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "verify/exhaustive_impl.h"

static struct mb_ops broken_ops;
static struct mb_variant broken_variant;
static const struct mb_ops *sound;

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

static void stepped(void *ctx, const struct verify_lab *lab)
{
	(void)lab;
	++*(uint64_t *)ctx;
}

static bool stop(void *ctx, const struct exhaustive *x)
{
	(void)ctx, (void)x;
	return false;
}

static bool stop_soon(void *ctx, const struct exhaustive *x)
{
	(void)x;
	return *(uint64_t *)ctx > 10000;
}

static uint64_t steps;

static struct exhaustive *search(const struct mb_variant_spec specs[2], const char *profile,
				 unsigned depth, unsigned pages, int *rc)
{
	struct exhaustive *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	if (!x)
		return NULL;
	steps = 0;
	*x = (struct exhaustive){
		.specs = specs,
		.count = 2,
		.profile = mb_profile_find(profile),
		.metadata = MB_METADATA_SELF,
		.depth = depth,
		.pages = pages,
		.all = true,
		.ctx = &steps,
		.stepped = stepped,
		.stop = stop,
	};
	*rc = exhaustive_search(x);
	return x;
}

static void forget(struct exhaustive *x)
{
	if (x->lab)
		verify_lab_free(x->lab);
	free(x);
}

/* There is a difference, in theme @theme, after @calls that follow a start. */
static void assert_found(const struct mb_variant_spec specs[2], unsigned depth, unsigned pages,
			 const char *theme, size_t operations)
{
	int rc = 0;
	struct exhaustive *x = search(specs, "6.12", depth, pages, &rc);
	struct mb_replay_result a, b;
	struct mb_trace *trace;

	assert_int_equal(rc, 1);
	assert_non_null(x->lab);
	print_message("%s: %zu operations, after %llu calls: %s\n", x->theme, x->op_count,
		      (unsigned long long)steps, x->lab->what);
	assert_string_equal(x->theme, theme);
	x->op_count = verify_shrink(x->lab, x->ops, x->op_count, 10000);
	assert_int_equal(x->op_count, operations);
	trace = verify_trace(x->lab, x->ops, x->op_count, "test");
	assert_non_null(trace);
	assert_int_equal(mb_replay_check(trace, &specs[0], MB_METADATA_SELF, &a), 0);
	assert_int_equal(mb_replay_check(trace, &specs[1], MB_METADATA_SELF, &b), 0);
	assert_int_equal(a.dumps, a.dumps_matched);
	assert_int_equal(a.allocs, a.allocs_as_captured);
	assert_true(a.answers != b.answers || strcmp(a.state_digest, b.state_digest) ||
		    strcmp(a.panic, b.panic));
	mb_trace_free(trace);
	forget(x);
}

static void assert_nothing(const struct mb_variant_spec specs[2], unsigned depth, unsigned pages)
{
	int rc = 0;
	struct exhaustive *x = search(specs, "6.12", depth, pages, &rc);

	assert_int_equal(rc, 0);
	assert_null(x->lab);
	assert_int_equal(steps, x->calls);
	forget(x);
}

/* A removal that would leave two regions of three pages takes the upper one as well. */
static int broken_remove(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size)
{
	uint32_t cnt = c->cnt;
	int rc = sound->remove_range(mb, c, base, size);

	if (!rc && c->which == MB_RESERVED && c->cnt > cnt)
		rc = sound->remove_range(mb, c, base, 2 * size);
	return rc;
}

/* [=1=][ ][=3=] comes of three pages only. */
static void one_call_is_found(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.remove_range = broken_remove;
	assert_found(specs, 1, 3, "nodes", 2); /* reserve, free */
}

static int limited;

/* With another limit than there is at first. */
static uint64_t broken_alloc(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			     uint64_t end, int nid, bool exact_nid)
{
	limited += mb->current_limit != MB_ALLOC_ANYWHERE;
	return mb->current_limit == MB_ALLOC_ANYWHERE || end != mb->current_limit ?
		       sound->alloc_range(mb, size, align, start, end, nid, exact_nid) :
		       0;
}

static void two_calls_are_found_by_two(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.alloc_range = broken_alloc;
	assert_nothing(specs, 1, 2);
	assert_int_equal(limited, 0);
	assert_found(specs, 2, 2, "nodes", 3); /* add, set_limit, alloc */
}

/* Nodes of memory are not set where something is reserved. */
static int curious_change(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			  int nid)
{
	if (c->which == MB_MEMORY && mb->c[MB_RESERVED].cnt)
		return 0;
	return sound->change_node(mb, c, base, size, nid);
}

/*
 * It reads what it should not, so the last call is not made with it; but the one before the last is. This is
 * what the search gives up for its speed, and no more.
 */
static void what_is_spared_is_found_a_call_later(void **state)
{
	struct mb_variant_spec specs[2];

	(void)state;
	plant(specs);
	broken_ops.change_node = curious_change;
	assert_nothing(specs, 1, 1);
	assert_found(specs, 2, 1, "nodes", 3); /* add, reserve, set_node */
}

/* The same starts, states and calls each time; those of 6.12 are no secret. */
static void the_numbers_are_always_the_same(void **state)
{
	struct mb_variant_spec specs[2] = { spec_of("array", MB_O2), spec_of("rbtree", MB_O2) };
	uint64_t calls[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		int rc = 0;
		struct exhaustive *x = search(specs, "6.12", 1, 2, &rc);

		assert_int_equal(rc, 0);
		/* Seven themes; 9 times 4 layouts, or 4 times 9; both directions. Nothing is near its limit. */
		assert_int_equal(x->starts, 7 * 36 * 2);
		assert_int_equal(x->states, x->starts);
		assert_int_equal(x->per_level[0], x->starts);
		calls[i] = x->calls + x->spared + x->not_tried;
		assert_true(x->spared > 0);
		forget(x);
	}
	assert_true(calls[0] == calls[1]);
	assert_int_equal(calls[0] % (36 * 2), 0); /* as many from each state of a theme */
}

/* No combination of layouts is left out or there twice. */
static void layouts_are_all_there(void **state)
{
	struct exhaustive_theme theme;
	struct exhaustive_set set = { .words = 1 };
	uint64_t starts, found = 0;
	bool more, added;

	(void)state;
	assert_true(exhaustive_theme(0, mb_profile_find("6.12"), &theme, &more));
	starts = exhaustive_starts(&theme, 3);
	for (uint64_t n = 0; n < starts; n++) {
		struct mb_op ops[EXHAUSTIVE_PATH];
		size_t count = exhaustive_start(&theme, 3, n, ops);
		uint64_t sum = 1;

		for (size_t i = 0; i < count; i++)
			sum = ((sum ^ ops[i].kind) * 31 ^ ops[i].base ^ ops[i].size << 8 ^
			       (uint64_t)(unsigned)ops[i].nid << 40) *
			      0x9e3779b97f4a7c15ULL;
		if (!count)
			continue;
		assert_non_null(exhaustive_meet(&set, sum, &added));
		assert_true(added);
		found++;
	}
	/* 27 of memory, 8 of reserved, both directions; and those of three regions of memory without growth, */
	/* which are the two that alternate: with all of reserved. */
	assert_int_equal(found, 27 * 8 * 2 + 2 * 8 * 2);
	assert_int_equal(set.used, found);
	exhaustive_forget(&set);
}

/* What was met is met, however many follow, and keeps its bits. */
static void sets_remember(void **state)
{
	struct exhaustive_set set = { .words = 2 };
	bool added;

	(void)state;
	for (uint64_t key = 1; key < 5000; key++) {
		uint64_t *bits = exhaustive_meet(&set, key * 0x10001, &added);

		assert_non_null(bits);
		if (!bits)
			return;
		assert_true(added);
		assert_true(!bits[0] && !bits[1]);
		bits[1] = key;
	}
	for (uint64_t key = 1; key < 5000; key++) {
		uint64_t *bits = exhaustive_meet(&set, key * 0x10001, &added);

		assert_non_null(bits);
		assert_false(added);
		assert_int_equal(bits ? bits[1] : 0, key);
	}
	exhaustive_forget(&set);
}

/* Stopped, it says so. */
static void a_search_can_be_stopped(void **state)
{
	struct mb_variant_spec specs[2] = { spec_of("array", MB_O2), spec_of("list", MB_O2) };
	struct exhaustive x = {
		.specs = specs,
		.count = 2,
		.profile = mb_profile_find("new"),
		.metadata = MB_METADATA_HOST,
		.depth = 1,
		.pages = 6,
		.ctx = &steps,
		.stepped = stepped,
		.stop = stop_soon,
	};

	(void)state;
	steps = 0;
	assert_int_equal(exhaustive_search(&x), 0);
	assert_true(x.stopped);
	assert_true(steps < 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_is_found),
		cmocka_unit_test(two_calls_are_found_by_two),
		cmocka_unit_test(what_is_spared_is_found_a_call_later),
		cmocka_unit_test(the_numbers_are_always_the_same),
		cmocka_unit_test(layouts_are_all_there),
		cmocka_unit_test(sets_remember),
		cmocka_unit_test(a_search_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
