/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_callgrind.c - reading callgrind's output, whole and damaged; and that requests do nothing outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters/callgrind.h"

#define HEAD                                                                                        \
	"# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npid: 1\ncmd:  ./x\npart: 1\n\n" \
	"desc: I1 cache: 32768 B, 64 B, 8-way associative\n"
#define EVENTS "positions: line\nevents: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim\n"
#define PART(name, numbers)                                                                        \
	"desc: Timerange: Basic block 0 - 9\ndesc: Trigger: Client Request: " name "\n\n" EVENTS   \
	"summary: " numbers "\n\nfn=(0) main\n0 1 2 3\n\ntotals: 1 2 3\n\n"
#define END                                                                                        \
	"desc: Trigger: Program termination\n\n" EVENTS                                            \
	"summary: 18446744073709545592 5\n\ntotals: 0\n"

static int read_text(const char *text, struct callgrind_part **parts, size_t *count)
{
	FILE *file = fopen("callgrind.out", "w");
	char error[256] = "";
	int rc;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	rc = callgrind_read("callgrind.out", parts, count, error, sizeof(error));
	assert_int_equal(rc != 0, *error != '\0');
	if (rc)
		assert_null(*parts);
	return rc;
}

static void parts_are_found_by_name(void **state)
{
	struct callgrind_part *parts;
	size_t count;

	(void)state;
	assert_int_equal(read_text(HEAD PART("17 warm 4", "6013 1000 1007 2 0 1 2 0 1 1000 10 1 1")
					   PART("reserve/random/array/regions:16", "11 0 7") END,
				   &parts, &count),
			 0);
	assert_int_equal(count, 2); /* not that of the program's end */
	assert_string_equal(parts[0].name, "17 warm 4");
	assert_int_equal(parts[0].events[CALLGRIND_IR], 6013);
	assert_int_equal(parts[0].events[CALLGRIND_DW], 1007);
	assert_int_equal(parts[0].events[CALLGRIND_BCM], 10);
	assert_int_equal(parts[0].events[CALLGRIND_BIM], 1);
	assert_string_equal(parts[1].name, "reserve/random/array/regions:16");
	assert_int_equal(parts[1].events[CALLGRIND_DW], 7);
	assert_int_equal(parts[1].events[CALLGRIND_BIM], 0); /* trailing zeroes are left out */
	free(parts);
}

/* Another order of events, and without the caches. */
static void columns_are_taken_by_name(void **state)
{
	struct callgrind_part *parts;
	size_t count;

	(void)state;
	assert_int_equal(read_text("desc: Trigger: Client Request: a\nevents: Bim Ge Ir\n"
				   "summary: 3 99 70\n",
				   &parts, &count),
			 0);
	assert_int_equal(count, 1);
	assert_int_equal(parts[0].events[CALLGRIND_IR], 70);
	assert_int_equal(parts[0].events[CALLGRIND_BIM], 3);
	assert_int_equal(parts[0].events[CALLGRIND_I1MR], 0);
	free(parts);
}

static void many_parts_are_kept(void **state)
{
	FILE *file = fopen("callgrind.out", "w");
	struct callgrind_part *parts;
	char error[256];
	size_t count;

	(void)state;
	assert_non_null(file);
	for (unsigned i = 0; i < 1000; i++)
		fprintf(file, "desc: Trigger: Client Request: %u\nevents: Ir\nsummary: %u\n", i,
			i * 7);
	fclose(file);
	assert_int_equal(callgrind_read("callgrind.out", &parts, &count, error, sizeof(error)), 0);
	assert_int_equal(count, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(atoi(parts[i].name), i);
		assert_int_equal(parts[i].events[CALLGRIND_IR], i * 7);
	}
	free(parts);
}

static void damaged_files_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"no callgrind\n",
		HEAD,
		HEAD END,
		"desc: Trigger: Client Request: a\nevents: Ir Dr\n", /* cut before the summary */
		"desc: Trigger: Client Request: a\nsummary: 5\n",    /* of what? */
		"desc: Trigger: Client Request: a\nevents: Ir\nsummary: 5 6\n", /* more than events */
		"desc: Trigger: Client Request: a\nevents: Ir\nsummary: five\n",
	};
	struct callgrind_part *parts;
	char error[256] = "";
	size_t count;

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(read_text(texts[i], &parts, &count), -EBADMSG);
	assert_int_equal(callgrind_read("none", &parts, &count, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "none: No such file"));
}

static void requests_do_nothing_outside(void **state)
{
	(void)state;
	assert_false(callgrind_is_running());
	callgrind_begin();
	callgrind_zero();

	callgrind_dump("a");
	callgrind_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found_by_name),
		cmocka_unit_test(columns_are_taken_by_name),
		cmocka_unit_test(many_parts_are_kept),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(requests_do_nothing_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
