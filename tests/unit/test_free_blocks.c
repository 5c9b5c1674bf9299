/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_free_blocks.c - aligned blocks in the memory that a boot leaves, counted by hand and in a replay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <memblock/replay.h>

#include "harness.h"

/*
 * Memory, MiB    [1..........2049)[2049...4096)  nodes 0 and 1; 4096-4100 marked for hotplug on node 1; 5121-6144
 * reserved       [7..8) but for its last page: the block at 6 is cut
 */
static void aligned_blocks_are_counted(void **state)
{
	const uint64_t mib = 1 << 20;
	struct mb_machine machine = { .profile = mb_profile_find("6.12"), .movable_node = true };
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct mb_free_blocks left;
		struct mb *mb = NULL;

		assert_int_equal(mb_create(&machine, NULL, &specs[i], &mb), 0);
		mb_count_free_blocks(mb, &left);
		assert_true(left.known && !left.pieces && !left.bytes && !left.blocks_2m);
		mb_add_node(mb, mib, 2048 * mib, 0, MB_NONE);
		mb_add_node(mb, 2049 * mib, 2047 * mib, 1, MB_NONE);
		mb_add_node(mb, 4096 * mib, 4 * mib, 1, MB_HOTPLUG);
		mb_add_node(mb, 5121 * mib, 1023 * mib, 1, MB_NONE);
		mb_reserve(mb, 7 * mib, mib - 0x1000);
		mb_count_free_blocks(mb, &left);
		/* 1-7, 8 less a page to 2049, 2049-4100 with no boundary where the mark begins, 5121-6144. */
		assert_int_equal(left.pieces, 4);
		assert_true(left.bytes == (6 + 2041 + 2051 + 1023) * mib + 0x1000);
		assert_int_equal(left.blocks_2m, 2 + 1020 + 1025 + 511);
		assert_int_equal(left.blocks_1g, 0 + 1 + 1 + 0);
		mb_destroy(mb);
	}
}

/* A trace's hand-over is what counts, and its end where it has none; not memory that was discarded. */
static void blocks_are_those_of_the_hand_over(void **state)
{
	static const struct mb_op ops[] = {
		{ .kind = MB_OP_ADD, .size = 0x40000000 },
		{ .kind = MB_OP_RESERVE, .base = 0x3ff00000, .size = 0x1000 },
		{ .kind = MB_OP_FREE_ALL },
		{ .kind = MB_OP_RESERVE, .base = 0x200000, .size = 0x1000 },
		{ .kind = MB_OP_DISCARD },
	};
	static const unsigned left[] = { 512, 511, 511, 511, 511 },
			      without[] = { 512, 511, 510, 510 };
	struct mb_variant_spec array = spec_of("array", MB_O2);
	struct mb_replay_result result;

	(void)state;
	for (unsigned n = 1; n <= 5; n++) {
		struct mb_trace *whole = mb_trace_new("made up", "trace");
		struct mb_trace *cut = mb_trace_new("made up", "trace");

		for (unsigned i = 0; i < n; i++) {
			mb_trace_add(whole, &ops[i]);
			if (ops[i].kind != MB_OP_FREE_ALL)
				mb_trace_add(cut, &ops[i]);
		}
		assert_int_equal(mb_replay_check(whole, &array, MB_METADATA_SELF, &result), 0);
		assert_true(result.left.known);
		assert_int_equal(result.left.blocks_2m, left[n - 1]);
		assert_int_equal(mb_replay_check(cut, &array, MB_METADATA_SELF, &result), 0);
		assert_int_equal(result.left.blocks_2m, without[n < 3 ? n - 1 : n - 2]);
		mb_trace_free(whole);
		mb_trace_free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligned_blocks_are_counted),
		cmocka_unit_test(blocks_are_those_of_the_hand_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
