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

#include <memblock/trace.h>

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

/* Enough reservations that both arrays grow; the log of it replays to the same state. */
static void own_log_replays(const char *variant, const char *profile)
{
	static struct log log;
	struct mb_replay_result result;
	struct mb_variant_spec spec;
	struct mb_text_error error;
	struct mb_trace *trace;
	char digest[65];
	struct mb *mb = logging_instance(&log, variant, profile, &spec);

	mb_allow_resize(mb);
	mb_add(mb, 0x1000000, 0x10000000);
	for (unsigned i = 0; i < 200; i++) {
		mb_reserve(mb, 0x1000000 + i * 0x4000, 0x1000);
		mb_alloc_raw(mb, 100 + i, 64);
		if (i % 7 == 0)
			mb_phys_free(mb, 0x1000000 + i * 0x4000, 0x800);
	}
	mb_dump_all(mb);
	mb_state_digest(mb, digest);
	mb_destroy(mb);

	if (mb_import(log.text, log.used, "own.log", &trace, &error))
		fail_msg("%s %s: %s", variant, profile, error.text);
	assert_string_equal(trace->machine.profile->name, profile);
	assert_int_equal(mb_replay_check(trace, &spec, MB_METADATA_HOST, &result), 0);
	assert_int_equal(result.allocs, 200);
	assert_int_equal(result.allocs_as_captured, 200);
	assert_int_equal(result.dumps, 1);
	if (result.dumps_matched != 1)
		fail_msg("%s %s: %s", variant, profile, result.first_dump_why);
	assert_string_equal(result.state_digest, digest);
	mb_trace_free(trace);
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
	char error[512];

	(void)state;
	if (mb_variant_parse("linux", &spec, error, sizeof(error))) {
		if (getenv("CI"))
			fail_msg("%s", error);
		print_message("SKIP: %s\n", error);
		skip();
	}
	own_log_replays("linux", "6.1");
	own_log_replays("linux", "6.12");
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
		cmocka_unit_test(test_growth_by_reset_of_nodes),
		cmocka_unit_test(test_instances_do_not_share_pages),
	};

	return cmocka_run_group_tests_name("debug_log", tests, NULL, NULL);
}
