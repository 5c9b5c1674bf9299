/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_registry.c - the variants as a list, and NAME[:key=value...] as a choice.
 *
 * That the folders under variants/ equal variants.def is tested here in the direction that the build
 * cannot see: a folder without a line.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"

static void expect_error(const char *text, const char *message)
{
	struct mb_variant_spec spec;
	char error[256] = "";

	assert_int_equal(mb_variant_parse(text, &spec, error, sizeof(error)), -EINVAL);
	if (!strstr(error, message))
		fail_msg("'%s': \"%s\" lacks \"%s\"", text, error, message);
	assert_null(strchr(error, '\n'));
}

static void test_tables_are_complete(void **state)
{
	const char *missing = mb_variant_check();

	(void)state;
	if (missing)
		fail_msg("%s", missing);
}

static void test_stores_are_described(void **state)
{
	unsigned count, stores = 0, nulls = 0, bounded = 0;
	const struct mb_variant *v = mb_variants(&count);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		const struct mb_param *first = mb_variant_params(&v[i]), *p = first;

		stores += v[i].kind == MB_KIND_STORE;
		nulls += v[i].kind == MB_KIND_NULL;
		bounded += v[i].kind == MB_KIND_BOUNDED;
		assert_true(v[i].description && *v[i].description);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(v[i].name, v[j].name);
		if (v[i].kind == MB_KIND_NULL || v[i].kind == MB_KIND_PEER)
			continue;
		assert_string_equal(p[MB_PARAM_INIT].name, "init");
		assert_string_equal(p[MB_PARAM_GROWTH].name, "growth");
		for (; p->name; p++) {
			assert_true(p - first < MB_PARAMS_MAX);
			assert_in_range(p->preset, p->min, p->max);
			assert_non_null(p->help);
			assert_true((p->kind == MB_PARAM_CHOICE || p->kind == MB_PARAM_RELEASE ||
				     p->kind == MB_PARAM_SET) == (p->choices != NULL));
		}
	}
	assert_true(stores >= 3);
	assert_int_equal(nulls, 2); /* null and empty */
	assert_int_equal(bounded, 1);
}

static void test_builds_differ_in_nothing_but_code(void **state)
{
	unsigned count;
	const struct mb_variant *v = mb_variants(&count);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		if (v[i].kind == MB_KIND_KERNEL || v[i].kind == MB_KIND_PEER)
			continue; /* built when it is asked for; in one flag set */
		for (unsigned b = 1; b < MB_BUILDS; b++) {
			assert_ptr_not_equal(v[i].ops[b], v[i].ops[MB_O2]);
			assert_string_equal(v[i].ops[b]->name, v[i].name);
			assert_int_equal(v[i].ops[b]->slot_size, v[i].ops[MB_O2]->slot_size);
		}
	}
}

static void test_folders_equal_the_list(void **state)
{
	char folder[4096], path[5120];
	struct dirent *entry;
	struct stat st;
	unsigned count;
	const struct mb_variant *v = mb_variants(&count);
	DIR *dir;

	(void)state;
	snprintf(folder, sizeof(folder), "%s", source_path("variants"));
	dir = opendir(folder);
	if (!dir) {
		fail_msg("%s: %s; set MB_SOURCE_DIR", folder, strerror(errno));
		return;
	}
	while ((entry = readdir(dir))) {
		bool known = false;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || stat(path, &st) || !S_ISDIR(st.st_mode))
			continue;
		for (unsigned i = 0; i < count; i++)
			known |= !strcmp(entry->d_name, v[i].name);
		if (!known)
			fail_msg("%s has no line in variants.def", path);
	}
	closedir(dir);
	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s.%s", folder, v[i].name,
			 v[i].kind == MB_KIND_KERNEL ? "adapter" : v[i].name,
			 v[i].kind == MB_KIND_PEER ? "cc" : "c");
		if (stat(path, &st))
			fail_msg("%s: %s", path, strerror(errno));
		snprintf(path, sizeof(path), "%s/%s/README.md", folder, v[i].name);
		if (stat(path, &st))
			fail_msg("%s: %s", path, strerror(errno));
	}
}

static void test_parse_plain(void **state)
{
	struct mb_variant_spec spec = spec_of("rbtree", MB_O2);

	(void)state;
	assert_string_equal(spec.variant->name, "rbtree");
	assert_string_equal(spec.name, "rbtree");
	assert_int_equal(spec.params[MB_PARAM_INIT], 0);
	assert_int_equal(spec.params[MB_PARAM_GROWTH], 200);
}

static void test_parse_parameters(void **state)
{
	struct mb_variant_spec spec =
		spec_of("array:init=8:growth=1.5:search=binary:merge=full", MB_O2);

	(void)state;
	assert_int_equal(spec.params[MB_PARAM_INIT], 8);
	assert_int_equal(spec.params[MB_PARAM_GROWTH], 150);
	assert_int_equal(spec.params[MB_PARAM_OWN], 1);
	assert_int_equal(spec.params[MB_PARAM_OWN + 1], 1);
	assert_string_equal(spec.name, "array:init=8:growth=1.5:search=binary:merge=full");
	spec = spec_of("array:merge=local:growth=2.25:init=1000", MB_O2);
	assert_int_equal(spec.params[MB_PARAM_INIT], 1000);
	assert_int_equal(spec.params[MB_PARAM_GROWTH], 225);
	assert_int_equal(spec.params[MB_PARAM_OWN], 0);
	assert_int_equal(spec.params[MB_PARAM_OWN + 1], 0);
}

/* A list that cannot be had; is it put down to a comma in the name of a tree? */
static void expect_comma(const char *list, bool comma)
{
	struct mb_variant_spec specs[8];
	char error[768] = "";

	assert_true(mb_variant_list(list, specs, 8, error, sizeof(error)) < 0);
	if (!strstr(error, "comma") == comma)
		fail_msg("'%s': %s", list, error);
}

/* The kernel's file, where it can be had: its parameters, its label, and one object per machine. */
static void test_kernel(void **state)
{
	struct mb_machine old = { .profile = mb_profile_find("6.1") };
	const struct mb_profile *profile;
	const struct mb_ops *ops, *again;
	char label[MB_VARIANT_LABEL], error[768] = "";
	struct mb_variant_spec spec;
	int rc;

	(void)state;
	assert_int_equal(mb_variant_parse("linux:src=/nowhere", &spec, error, sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "/nowhere"));
	expect_error("linux:src=", "src=");
	expect_error("linux:growth=1.5", "growth");
	expect_error("linux:src=/a:src=/b", "given twice");
	expect_error("linux:src=/a:version=6.1", "version and src");
	expect_error("linux:version=6.1:src=/a", "version and src");
	expect_error("linux:src=/a:b", "known are init, growth, version, compiler, with, src=DIR");
	expect_comma("linux:src=/nowhere/a,b", true);
	expect_comma("array,linux:src=/,b:c,rbtree", true);
	expect_comma("linux:src=/nowhere,array", false);
	expect_comma("linux:src=/nowhere,default:init=1,all", false);
	rc = mb_variant_parse("linux", &spec, error, sizeof(error));
	if (!rc)
		rc = mb_variant_ops(&spec, &old, &ops, &profile, label, error, sizeof(error));
	if (rc == -ENOENT && !getenv("CI")) {
		print_message("SKIP: %s\n", error);
		skip();
	}
	if (rc) {
		fail_msg("%s", error);
		return;
	}
	assert_string_equal(profile->name, "6.1");
	assert_memory_equal(label, "linux:6.1-", 10);
	assert_int_equal(mb_variant_ops(&spec, &old, &again, &profile, NULL, error, sizeof(error)),
			 0);
	assert_ptr_equal(ops, again);
	old.max_numnodes = 100;
	assert_int_equal(mb_variant_ops(&spec, &old, &ops, &profile, NULL, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "100"));
}

/* Steps in a kernel's file: a set, told in the order in which they are applied; such a kernel is no yardstick. */
static void test_steps(void **state)
{
	static const struct {
		const char *asked, *text, *label;
	} rows[] = {
		{ "linux:version=6.12:with=none", "none", "linux:6.12-" },
		{ "linux:version=6.12:with=binary", "binary", "linux+binary:6.12-" },
		{ "linux:version=6.12:with=ends+binary", "binary+ends", "linux+binary+ends:6.12-" },
		{ "linux:version=6.12:with=all", "all", "linux+all:6.12-" },
	};
	struct mb_variant_spec spec;
	const struct mb_ops *ops;
	const struct mb_profile *profile;
	char error[768], label[MB_VARIANT_LABEL], text[128];
	const char *of = NULL;

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mb_param *p = NULL;

		if (mb_variant_parse(rows[i].asked, &spec, error, sizeof(error))) {
			if (getenv("CI"))
				fail_msg("%s", error);
			print_message("SKIP: %s\n", error);
			skip();
		}
		for (p = mb_variant_params(spec.variant); strcmp(p->name, "with") != 0;)
			p++;
		mb_param_text(p, spec.params[p - mb_variant_params(spec.variant)], text,
			      sizeof(text));
		assert_string_equal(text, rows[i].text);
		assert_int_equal(mb_variant_has_steps(&spec), i > 0);
		assert_int_equal(mb_variant_ops(&spec, NULL, &ops, &profile, label, error,
						sizeof(error)),
				 0);
		assert_memory_equal(label, rows[i].label, strlen(rows[i].label));
	}
	assert_string_equal(mb_variant_step(0, &of), "lower");
	assert_true(*of);
	expect_error("linux:with=", "with=");
	expect_error("linux:with=binary+", "with=binary+");
	expect_error("linux:with=binary+binary", "with=binary+binary");
	expect_error("linux:with=all+binary", "with=all+binary");
	expect_error("linux:with=fast", "none|lower|");
}

static void test_parse_alias(void **state)
{
	struct mb_variant_spec spec = spec_of("default:init=16", MB_O2);

	(void)state;
	assert_int_equal(spec.variant->kind, MB_KIND_STORE);
	assert_string_equal(spec.name, "default:init=16"); /* echoed as asked for */
	assert_int_equal(spec.params[MB_PARAM_INIT], 16);
}

static void test_parse_bad(void **state)
{
	char lengthy[600];

	(void)state;
	expect_error("btree", "'btree'");
	expect_error("btree", "array, "); /* what would be right */
	expect_error("", "''");
	expect_error("arra", "'arra'");
	expect_error("array2", "'array2'");
	expect_error("Array", "'Array'");
	expect_error("array:", "array:");
	expect_error("array:init", "init");
	expect_error("array:init=", "init=");
	expect_error("array:init=x", "init=x");
	expect_error("array:init=-1", "init=-1");
	expect_error("array:init=8x", "init=8x");
	expect_error("array:init=99999999999999999999", "init");
	expect_error("array:init=3", "init=3");
	expect_error("array:growth=2.", "growth=2.");
	expect_error("array:growth=1", "1.10 to 16.00");
	expect_error("array:growth=17", "growth=17");
	expect_error("array:growth=1.", "growth=1.");
	expect_error("array:growth=1.555", "growth=1.555");
	expect_error("array:growth=two", "growth=two");
	expect_error("array:search=hash", "linear|binary");
	expect_error("array:search=lin", "search=lin");
	expect_error("array:depth=2", "'depth=2'");
	expect_error("array:depth=2", "init, growth, search, merge");
	expect_error("array::init=8", "array::init=8");
	expect_error("array:init=8:", "array:init=8:");
	expect_error("array:init=8:init=16", "init");
	expect_error("null:nonsense=1", "nonsense");
	expect_error("bounded:init=3", "init is 4 to");
	expect_error("bounded:init=0", "init is 4 to"); /* its limit is never the machine's */
	expect_error("bounded:growth=2", "growth is 1.00 to 1.00");
	memset(lengthy, 'a', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = 0;
	expect_error(lengthy, "aaa");
}

/* Parse a list and give back its names. */
static const char *names_of(const char *text)
{
	static char names[512];
	struct mb_variant_spec specs[16];
	char error[768] = "";
	int n = mb_variant_list(text, specs, 16, error, sizeof(error));

	if (n < 0)
		fail_msg("%s: %s", text, error);
	names[0] = 0;
	for (int i = 0; i < n; i++) {
		strcat(names, i ? " " : "");
		strcat(names, specs[i].name);
	}
	return names;
}

static void test_list(void **state)
{
	char all[512];

	(void)state;
	assert_string_equal(names_of("rbtree,array"), "rbtree array");
	assert_string_equal(names_of("array,array:init=8,array"), "array array:init=8");
	assert_string_equal(names_of("null"), "null");
	snprintf(all, sizeof(all), "%s", names_of("all"));
	assert_null(strstr(all, "null")); /* stores only */
	assert_null(strstr(all, "bounded"));
	assert_non_null(strstr(all, "array"));
	assert_non_null(strstr(all, "rbtree"));
	assert_non_null(strstr(all, "list"));
	assert_string_equal(names_of("all,array,rbtree"), all); /* no duplicates */
	assert_string_equal(names_of("all,all"), all);
}

static void test_list_bad(void **state)
{
	static const char *const bad[] = { "",           ",",           "array,",
					   ",array",     "array,,list", "array,tree",
					   "array;list", "array list",  "all:init=8" };
	struct mb_variant_spec specs[2];
	char error[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = 0;
		assert_int_equal(mb_variant_list(bad[i], specs, 2, error, sizeof(error)), -EINVAL);
		assert_true(error[0] != 0);
		assert_null(strchr(error, '\n'));
	}
	assert_int_equal(mb_variant_list("array,list,rbtree", specs, 2, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_complete),
		cmocka_unit_test(test_stores_are_described),
		cmocka_unit_test(test_builds_differ_in_nothing_but_code),
		cmocka_unit_test(test_folders_equal_the_list),
		cmocka_unit_test(test_parse_plain),
		cmocka_unit_test(test_parse_parameters),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_parse_alias),
		cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_bad),
	};

	return cmocka_run_group_tests_name("variants", tests, NULL, NULL);
}
