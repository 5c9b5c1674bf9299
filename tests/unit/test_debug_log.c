/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_debug_log.c - what an instance prints under memblock=debug, and what simulated memory does when
 * two instances want the same page.
 *
 * The log is tested as its reader would: a run of our own, imported again, must replay to the same
 * state with every allocation where it was.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/input.h>
#include <memblock/replay.h>

#include "harness.h"

/* A log that grows with each line of an instance. */
struct log {
	char text[1 << 18];
	size_t used;
};

static void keep_line(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	struct log *log = ctx;

	(void)level;
	log->used +=
		(size_t)vsnprintf(log->text + log->used, sizeof(log->text) - log->used, fmt, ap);
	assert_true(log->used + 2 < sizeof(log->text));
	log->text[log->used++] = '\n';
}

static struct mb *logging_instance(struct log *log, const char *variant, const char *profile,
				   struct mb_variant_spec *spec)
{
	struct mb_hooks hooks = { .ctx = log, .log = keep_line };
	struct mb_machine machine = { .profile = mb_profile_find(profile) };
	struct mb *mb;

	*spec = spec_of(variant, MB_O2);
	log->used = (size_t)snprintf(log->text, sizeof(log->text),
				     "Linux version %s (our own run)\n",
				     !strcmp(profile, "new") ? "7.0.0" : profile);
	assert_int_equal(mb_create(&machine, &hooks, spec, &mb), 0);
	mb_set_zeroing(mb, false);
	mb_set_debug(mb, true);
	return mb;
}

/* One line per call, in the kernel's words; the caller is an address. */
static void test_lines_of_calls(void **state)
{
	static const char *const expected[] = {
		"memblock_add: [0x0000000000100000-0x0000000000ffffff] 0x",
		"memblock_add_node: [0x0000000001000000-0x0000000001ffffff] nid=1 flags=1 0x",
		"memblock_remove: [0x0000000000200000-0x00000000002fffff] 0x",
		"memblock_reserve: [0x0000000000100000-0x0000000000100fff] 0x",
		"memblock_phys_free: [0x0000000000100000-0x00000000001007ff] 0x",
		"memblock_phys_alloc_range: 4096 bytes align=0x1000 from=0x0000000000000000 "
		"max_addr=0x0000000000000000 0x",
		"memblock_reserve: [0x0000000001fff000-0x0000000001ffffff] memblock_alloc_range_nid",
		"memblock_alloc_exact_nid_raw: 64 bytes align=0x40 nid=1 from=0x0000000001000000 "
		"max_addr=0xffffffffffffffff 0x",
		"memblock_reserve: [0x0000000001ffefc0-0x0000000001ffefff] memblock_alloc_range_nid",
	};
	static struct log log;
	struct mb_variant_spec spec;
	struct mb *mb = logging_instance(&log, "array", "6.12", &spec);
	char *line = strchr(log.text, '\n') + 1;

	(void)state;
	mb_add(mb, 0x100000, 0xf00000);
	mb_add_node(mb, 0x1000000, 0x1000000, 1, MB_HOTPLUG);
	mb_remove(mb, 0x200000, 0x100000);
	mb_reserve(mb, 0x100000, 0x1000);
	mb_phys_free(mb, 0x100000, 0x800);
	mb_phys_alloc(mb, 0x1000, 0x1000);
	mb_alloc_exact_nid_raw(mb, 64, 64, 0x1000000, MB_ALLOC_ANYWHERE, 1);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (strncmp(line, expected[i], strlen(expected[i])))
			fail_msg("line %zu is '%.*s', expected '%s...'", i,
				 (int)strcspn(line, "\n"), line, expected[i]);
		line = strchr(line, '\n') + 1;
	}
	assert_int_equal(*line, 0);
	mb_destroy(mb);
}

/*
 * The end of @mb: its log, imported, replays to the same state with every allocation where it was, and
 * nothing in it is a riddle. @what: for messages. Return: how many allocations there were.
 */
static uint64_t expect_replay(struct mb *mb, struct log *log, const struct mb_variant_spec *spec,
			      const char *what)
{
	const char *profile = mb->profile->name;
	struct mb_replay_result result;
	struct mb_text_error error;
	struct mb_trace *trace;
	char digest[65];

	mb_dump_all(mb);
	mb_state_digest(mb, digest);
	mb_destroy(mb);

	if (mb_import(log->text, log->used, "own.log", &trace, &error))
		fail_msg("%s: %s", what, error.text);
	for (size_t i = 0; i < trace->warning_count; i++)
		fail_msg("%s: line %u: %s", what, trace->warnings[i].line, trace->warnings[i].text);
	assert_int_equal(trace->account.unexplained, 0);
	assert_string_equal(trace->machine.profile->name, profile);
	assert_int_equal(mb_replay_check(trace, spec, MB_METADATA_HOST, &result), 0);
	assert_int_equal(result.dumps, 1);
	if (result.allocs_as_captured != result.allocs || result.dumps_matched != 1 ||
	    strcmp(result.state_digest, digest) != 0)
		fail_msg("%s: %llu of %llu allocations, %s", what,
			 (unsigned long long)result.allocs_as_captured,
			 (unsigned long long)result.allocs, result.first_dump_why);
	mb_trace_free(trace);
	return result.allocs;
}

/* Enough reservations that both arrays grow; the log of it replays to the same state. */
static void own_log_replays(const char *variant, const char *profile)
{
	static struct log log;
	struct mb_variant_spec spec;
	struct mb *mb = logging_instance(&log, variant, profile, &spec);

	mb_allow_resize(mb);
	mb_add(mb, 0x1000000, 0x10000000);
	for (unsigned i = 0; i < 200; i++) {
		mb_reserve(mb, 0x1000000 + i * 0x4000, 0x1000);
		mb_alloc_raw(mb, 100 + i, 64);
		if (i % 7 == 0)
			mb_phys_free(mb, 0x1000000 + i * 0x4000, 0x800);
	}
	assert_int_equal(expect_replay(mb, &log, &spec, profile), 200);
}

static void test_own_log_replays(void **state)
{
	(void)state;
	own_log_replays("array", "6.1");
	own_log_replays("array", "6.12");
	own_log_replays("array", "new");
}

/* The same of the kernel's own code: what it prints here is what it prints in a boot. */
static void test_log_of_the_kernel_replays(void **state)
{
	struct mb_variant_spec spec;

	(void)state;
	if (!kernel_is_there(&spec))
		skip();
	own_log_replays("linux", "6.1");
	own_log_replays("linux", "6.12");
}

static uint64_t random_state;

static uint64_t rnd(uint64_t below)
{
	return random_below(&random_state, below);
}

/* One call, of any kind that has a line; many fail, and sizes repeat, so that lines may be mistaken. */
static void random_call(struct mb *mb, unsigned kinds)
{
	uint64_t base = 0x10000000 + rnd(0x14000) * 0x1000, size = (1 + rnd(8)) * 0x800;
	uint64_t align = 64ULL << rnd(8), lo = rnd(4) ? 0 : 0x20000000;
	uint64_t hi = rnd(3) ? MB_ALLOC_ACCESSIBLE : rnd(2) ? MB_ALLOC_ANYWHERE : 0x22000000;
	int nid = rnd(3) ? MB_NUMA_NO_NODE : (int)rnd(2);

	switch (rnd(kinds)) {
	case 0:
		mb_add(mb, base, size * 8);
		break;
	case 1:
		mb_add_node(mb, base, size * 8, (int)rnd(2), (uint32_t)rnd(2));
		break;
	case 2:
		mb_remove(mb, base, size);
		break;
	case 3:
	case 4:
		mb_reserve(mb, base, size);
		break;
	case 5:
		mb_phys_free(mb, base, size);
		break;
	case 6:
		mb_phys_alloc_range(mb, size, align, lo, hi);
		break;
	case 7:
		mb_alloc_try_nid(mb, size, align, lo, hi, nid);
		break;
	case 8:
		mb_alloc_try_nid_raw(mb, size, align, lo, hi, nid);
		break;
	case 9:
		mb_alloc_exact_nid_raw(mb, size, align, lo, hi, nid);
		break;
	case 10: /* the newest kernels' */
		mb_reserve_kern(mb, base, size);
		break;
	default:
		mb_alloc_hugetlb(mb, 0x10000ULL << rnd(3), nid, rnd(2));
		break;
	}
}

static void random_log_replays(const char *variant, const char *profile, unsigned seed)
{
	static struct log log;
	struct mb_variant_spec spec;
	char what[64];
	struct mb *mb = logging_instance(&log, variant, profile, &spec);

	random_state = seed;
	mb_allow_resize(mb);
	mb_add(mb, 0x10000000, 0x4000000);
	mb_add_node(mb, 0x20000000, 0x4000000, 1, 0);
	for (uint64_t n = 20 + rnd(300); n; n--)
		random_call(mb, strcmp(profile, "new") ? 10 : 12);
	snprintf(what, sizeof(what), "%s %s, seed %u", variant, profile, seed);
	expect_replay(mb, &log, &spec, what);
}

/* Whatever was called comes back from its log, and nothing else: failed requests, too. */
static void test_random_logs_replay(void **state)
{
	struct mb_variant_spec spec;
	bool kernel = kernel_is_there(&spec);

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		random_log_replays("array", "6.1", seed);
		random_log_replays("array", "6.12", seed);
		random_log_replays("array", "new", seed);
		if (kernel) {
			random_log_replays("linux", "6.1", seed);
			random_log_replays("linux", "6.12", seed);
		}
	}
}

/*
 * x86 resets all nodes before it prints a word of NUMA. With 127 regions in 128 slots memory grows at
 * that, and the log of it has no other explanation.
 */
static void test_growth_by_reset_of_nodes(void **state)
{
	static struct log log;
	struct mb_variant_spec spec;
	struct mb_text_error error;
	struct mb_trace *trace;
	struct mb *mb = logging_instance(&log, "array", "6.12", &spec);

	(void)state;
	log.used += (size_t)sprintf(log.text + log.used,
				    "last_pfn = 0x2000 max_arch_pfn = 0x400000000\n");
	mb_allow_resize(mb);
	for (unsigned i = 0; i < 127; i++)
		mb_add(mb, 0x1000000 + i * 0x4000, i ? 0x2000 : 0x3000);
	mb_set_node(mb, 0, UINT64_MAX, MB_MEMORY, MB_NUMA_NO_NODE);
	mb_set_node(mb, 0x1000000, 0x1000000, MB_MEMORY, 0);
	mb_alloc_raw(mb, 100, 64);
	mb_dump_all(mb);
	mb_destroy(mb);
	assert_non_null(strstr(log.text, "memory is doubled to 256"));

	assert_int_equal(mb_import(log.text, log.used, "own.log", &trace, &error), 0);
	for (size_t i = 0; i < trace->warning_count; i++)
		fail_msg("%s", trace->warnings[i].text);
	assert_int_equal(trace->account.unexplained, 0);
	mb_trace_free(trace);
}

/*
 * Two instances of which the first has, at low addresses, what the second wants higher up: wherever
 * their offsets lie, no page is shared, and each one's zeroed memory is its own.
 */
static void test_instances_do_not_share_pages(void **state)
{
	enum { INSTANCES = 6, SPAN = 48 };
	struct mb_variant_spec spec = spec_of("array", MB_O2);
	struct mb *mb[INSTANCES];
	unsigned char *p[INSTANCES][SPAN];

	(void)state;
	for (unsigned i = 0; i < INSTANCES; i++) {
		assert_int_equal(mb_create(NULL, NULL, &spec, &mb[i]), 0);
		mb_allow_resize(mb[i]);
	}
	for (unsigned i = 0; i < INSTANCES; i++) {
		for (unsigned k = 0; k < SPAN; k++) {
			mb_add(mb[i], (k + 1ULL) << 32, 1 << 20);
			p[i][k] = mb_alloc(mb[i], 4096, 4096);
			assert_non_null(p[i][k]);
			for (unsigned j = 0; j < 4096; j++)
				assert_int_equal(p[i][k][j], 0);
			memset(p[i][k], (int)(i + 1), 4096);
		}
	}
	for (unsigned i = 0; i < INSTANCES; i++) {
		for (unsigned k = 0; k < SPAN; k++)
			assert_int_equal(p[i][k][4095], i + 1);
		mb_destroy(mb[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_calls),
		cmocka_unit_test(test_own_log_replays),
		cmocka_unit_test(test_log_of_the_kernel_replays),
		cmocka_unit_test(test_random_logs_replay),
		cmocka_unit_test(test_growth_by_reset_of_nodes),
		cmocka_unit_test(test_instances_do_not_share_pages),
	};

	return cmocka_run_group_tests_name("debug_log", tests, NULL, NULL);
}
