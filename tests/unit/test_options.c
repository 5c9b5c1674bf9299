/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_options.c - tables of options: what a command line sets, and that for each row of each subcommand the parser,
 * --help, the manual page and the completion say the same.
 */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/nearest.h"
#include "cli/options.h"
#include "program.h"

/* ---- a table of the test's own ----------------------------------------------------------------- */

struct asked {
	const char *first, *out;
	struct cli_words rest;
	bool all;
	unsigned mode;
	int side;
	uint64_t rounds;
	double percent;
	const struct mb_profile *profile;
	unsigned called;
};

static int count_call(void *target, const struct cli_option *option, const char *value)
{
	(void)option;
	((struct asked *)target)->called++;
	return strcmp(value, "no") ? MB_EXIT_OK : MB_EXIT_ENVIRONMENT;
}

static const struct asked presets = { .side = -1, .rounds = 31, .out = "there" };

static const struct cli_option rows[] = {
	{ .value = "FIRST",
	  CLI_FIELD(struct asked, first),
	  .min = 1,
	  .max = 1,
	  .help = "one word" },
	{ .value = "REST", CLI_FIELD(struct asked, rest), .max = 2, .help = "two more" },
	{ "o", "FILE", CLI_FIELD(struct asked, out), .help = "where to" },
	{ "all", CLI_FIELD(struct asked, all), .help = "everything" },
	{ "mode", .choices = "slow|fast", CLI_FIELD(struct asked, mode), .help = "how" },
	{ "side", .choices = "left|right", CLI_FIELD(struct asked, side), .help = "which" },
	{ "rounds", "N", CLI_FIELD(struct asked, rounds), .max = 99, .help = "how often" },
	{ "percent", "P", CLI_FIELD(struct asked, percent), .min = 1, .max = 100, .help = "of it" },
	{ "call", "WORD", .set = count_call, .help = "calls" },
	CLI_OPTION_PROFILE(CLI_FIELD(struct asked, profile)),
	{ "secret", CLI_FIELD(struct asked, all), .hidden = true, .help = "for itself" },
	{ 0 },
};

static const struct cli_command command = {
	.name = "test", .stray = "three words", .options = rows, CLI_PRESETS(presets)
};

/* What cli_parse() says of a command line, and prints: to stdout and stderr together. */
static char said[1 << 16];

static int parse_by(const struct cli_command *table, const char *line, void *target)
{
	static char words[1024], *argv[32]; /* operands stay in them */
	FILE *file = tmpfile();
	int argc = 1, status, out = dup(1), err = dup(2);
	char *save = NULL;

	assert_non_null(file);
	argv[0] = (char *)(uintptr_t)table->name;
	snprintf(words, sizeof(words), "%s", line);
	for (char *at = strtok_r(words, " ", &save); at; at = strtok_r(NULL, " ", &save))
		argv[argc++] = at;
	fflush(stdout);
	dup2(fileno(file), 1);
	dup2(fileno(file), 2);
	status = cli_parse(table, argc, argv, target);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	rewind(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	fclose(file);
	return status;
}

static struct asked asked;

static int parse(const char *line)
{
	return parse_by(&command, line, &asked);
}

static void refuses(const char *line, const char *words)
{
	assert_int_equal(parse(line), MB_EXIT_USAGE);
	if (!strstr(said, words))
		fail_msg("'%s': '%s' is not in: %s", line, words, said);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
}

static void presets_hold_where_nothing_is_said(void **state)
{
	(void)state;
	assert_int_equal(parse("x"), MB_EXIT_OK);
	assert_string_equal(asked.first, "x");
	assert_string_equal(asked.out, "there");
	assert_int_equal(asked.side, -1);
	assert_int_equal(asked.rounds, 31);
	assert_false(asked.all);
	assert_null(asked.profile);
	assert_int_equal(asked.rest.count, 0);
}

static void each_kind_of_field_is_set(void **state)
{
	(void)state;
	assert_int_equal(parse("-o f --all --mode=fast --side left --rounds 7 --percent=100 "
			       "--profile=6.1 --call=a --call=b x"),
			 MB_EXIT_OK);
	assert_string_equal(asked.out, "f");
	assert_true(asked.all);
	assert_int_equal(asked.mode, 1);
	assert_int_equal(asked.side, 0);
	assert_int_equal(asked.rounds, 7);
	assert_true(asked.percent > 99.5 && asked.percent < 100.5);
	assert_ptr_equal(asked.profile, mb_profile_find("6.1"));
	assert_int_equal(asked.called, 2);
	assert_int_equal(parse("x --secret -o=g"), MB_EXIT_OK);
	assert_true(asked.all);
	assert_string_equal(asked.out, "g");
}

static void every_profile_that_is_offered_is_one(void **state)
{
	static const char *const lines[] = { "x --profile=6.1", "x --profile=6.12",
					     "x --profile=new" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(parse(lines[i]), MB_EXIT_OK);
		assert_non_null(asked.profile);
		assert_string_equal(asked.profile->name, strchr(lines[i], '=') + 1);
	}
}

static void later_options_win(void **state)
{
	(void)state;
	assert_int_equal(parse("--rounds=7 x --rounds=8 --side=left --side=right"), MB_EXIT_OK);
	assert_int_equal(asked.rounds, 8);
	assert_int_equal(asked.side, 1);
}

static void operands_stand_anywhere(void **state)
{
	(void)state;
	assert_int_equal(parse("a --rounds 7 b --all -- --c"), MB_EXIT_OK);
	assert_string_equal(asked.first, "a");
	assert_int_equal(asked.rest.count, 2);
	assert_string_equal(asked.rest.words[0], "b");
	assert_string_equal(asked.rest.words[1], "--c");
	assert_int_equal(parse("-"), MB_EXIT_OK);
	assert_string_equal(asked.first, "-");
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	refuses("", "test: give FIRST; see 'memblock-bench test --help'");
	refuses("a b c d", "unexpected 'd'; three words");
	refuses("x --rounds=100", "'100' for --rounds; a number from 0 to 99");
	refuses("x --rounds=-1", "'-1' for --rounds");
	refuses("x --rounds=", "'' for --rounds");
	refuses("x --percent=0", "from 1 to 100");
	refuses("x --mode=fsat", "unknown mode 'fsat'; slow or fast; did you mean 'fast'?");
	refuses("x --profile=7", "unknown profile '7'; 6.1, 6.12 or new");
	refuses("x -o=", "an empty value of '-o'");
	refuses("x -o", "'-o' needs a value");
	refuses("x --all=yes", "'--all=yes' takes no value");
	refuses("x --al", "unknown option '--al'; did you mean '--all'?");
	refuses("x --oo", "unknown option '--oo'; see 'memblock-bench test --help'");
	refuses("x --o f", "unknown option '--o'");
	refuses("x --secrte", "see 'memblock-bench test --help'"); /* which is not told */
	assert_int_equal(parse("x --call=no --rounds=7"), MB_EXIT_ENVIRONMENT);
	assert_int_equal(asked.rounds, 31);
}

static void help_is_printed_wherever_it_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(parse("--all --help --nonsense"), CLI_HELP_PRINTED);
	assert_non_null(strstr(said, "usage: memblock-bench test FIRST [REST...] [OPTION...]\n"));
	assert_non_null(
		strstr(said, "\n  --rounds=N              how often (0 to 99; default: 31)\n"));
	assert_non_null(strstr(said, "\n  --percent=P             of it (1 to 100)\n"));
	assert_non_null(strstr(said, "\n  --mode=slow|fast        how (default: slow)\n"));
	assert_non_null(strstr(said, "\n  --side=left|right       which\n"));
	assert_non_null(strstr(said, "\n  -o FILE                 where to (default: there)\n"));
	assert_null(strstr(said, "secret"));
	assert_int_equal(parse("x -h"), CLI_HELP_PRINTED);
	refuses("-- -h --help x y", "unexpected 'y'");
}

static void the_nearest_word_is_the_one_that_was_meant(void **state)
{
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{ "relpay", "replay" },
		{ "RUN", "run" },
		{ "rn", "" },
		{ "capt", "capture" },
		{ "minimize", "minimise" },
		{ "x", "" },
		{ "frobnicate", "" },
		{ "", "" },
	};
	static const char *const names[] = { "replay", "run", "capture", "minimise" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nearest nearest = nearest_to(cases[i].word, strlen(cases[i].word));

		for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++)
			nearest_offer(&nearest, names[j], strlen(names[j]));
		assert_string_equal(nearest.best, cases[i].meant);
	}
}

/* ---- the tables of the program ----------------------------------------------------------------- */

enum page { HELP, MAN, BASH, PAGES };

/* The page of a command, of all or in what is printed for it: in memory. */
static char *print_page(enum page page, const struct cli_command *table)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (page == HELP)
		cli_print_command(out, table);
	else if (page == MAN)
		cli_print_man(out, &mb_program);
	else
		cli_print_bash(out, &mb_program);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* What the page has where it names the option; in @part, where in the text that has to be. */
static void expect(enum page page, const struct cli_command *table, const struct cli_option *row,
		   char part[80], char entry[160])
{
	const char *value = cli_value_name(row), *name = row->name ? row->name : value;
	const char *dashes = row->name ? cli_dashes(row->name) : "";
	const char *between = !row->name || !value ? "" : row->name[1] ? "=" : " ";
	size_t used = 0;

	*part = '\0';
	if (page == HELP) {
		snprintf(entry, 160, "\n  %s%s%s%s", dashes, name, between,
			 value && row->name ? value : "");
	} else if (page == BASH) {
		snprintf(part, 80, "\n\t%s) echo '", table->name);
		snprintf(entry, 160, "%s%s%s ", dashes, name, value ? "=" : "");
	} else {
		snprintf(part, 80, "\n.SS %s\n", table->name);
		used = (size_t)snprintf(entry, 160, ".TP\n%s", row->name ? "\\fB" : "\\fI");
		for (const char *at = dashes; *at; at++)
			used += (size_t)snprintf(entry + used, 160 - used, "\\-");
		for (; *name; name++)
			used += (size_t)snprintf(entry + used, 160 - used,
						 *name == '-' ? "\\-" : "%c", *name);
		snprintf(entry + used, 160 - used, "\\fR");
	}
}

/* Does @text, a page, name the option in its command's part? */
static bool names_it(const char *text, enum page page, const struct cli_command *table,
		     const struct cli_option *row)
{
	char part[80], entry[160];
	const char *begin, *end;

	expect(page, table, row, part, entry);
	begin = strstr(text, part);
	if (!begin)
		return false;
	begin += strlen(part);
	end = page == HELP ? NULL : strstr(begin, page == BASH ? "' ;;" : "\n.S");
	if (!end)
		end = begin + strlen(begin);
	return memmem(begin, (size_t)(end - begin), entry, strlen(entry));
}

static void every_page_names_every_option(void **state)
{
	(void)state;
	for (const struct cli_subcommand *c = mb_program.commands; c->table; c++) {
		for (enum page page = HELP; page < PAGES; page++) {
			char *text = print_page(page, c->table);

			for (const struct cli_option *row = c->table->options; cli_is_row(row);
			     row++) {
				bool wanted = !row->hidden && (row->name || page != BASH);

				if (names_it(text, page, c->table, row) != wanted)
					fail_msg("page %d, %s: '%s' is %s", page, c->table->name,
						 row->name ? row->name : cli_value_name(row),
						 wanted ? "not named" : "named");
			}
			free(text);
		}
	}
}

/* The test above must see an option that a page lacks: each is taken out of each page once. */
static void an_option_that_a_page_lacks_is_noticed(void **state)
{
	(void)state;
	for (const struct cli_subcommand *c = mb_program.commands; c->table; c++) {
		const struct cli_option *row = c->table->options;

		while (!row->name)
			row++;
		for (enum page page = HELP; page < PAGES; page++) {
			char *text = print_page(page, c->table), part[80], entry[160];
			char *at;

			expect(page, c->table, row, part, entry);
			at = strstr(strstr(text, part), entry);
			assert_non_null(at);
			memset(at, '?', strlen(entry));
			assert_false(names_it(text, page, c->table, row));
			free(text);
		}
	}
}

static void no_line_of_help_is_too_long(void **state)
{
	(void)state;
	for (const struct cli_subcommand *c = mb_program.commands; c->table; c++) {
		char *text = print_page(HELP, c->table), *save = NULL;

		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			if (strlen(line) > 80 || line[strlen(line) - 1] == ' ')
				fail_msg("%s: '%s'", c->table->name, line);
		free(text);
	}
}

/* A value that the row takes. */
static const char *good_value(const struct cli_option *row, char text[64])
{
	const char *word = row->complete && *row->complete != '@' ? row->complete : "16";

	if (row->choices)
		snprintf(text, 64, "%.*s", (int)strcspn(row->choices, "|"), row->choices);
	else if (row->max)
		snprintf(text, 64, "%llu", (unsigned long long)row->min);
	else
		snprintf(text, 64, "%.*s", (int)strcspn(word, " "), word);
	return text;
}

/* Parse a line for the table; operands that it wants are put before it. */
static int try(const struct cli_command *table, const char *line)
{
	void *target = calloc(1, table->size);
	char words[512] = "", value[64];
	int status;

	assert_non_null(target);
	for (const struct cli_option *row = table->options; cli_is_row(row); row++) {
		if (!row->name && row->min)
			snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s",
				 row->choices ? good_value(row, value) : "word");
		if (row->name && row->required)
			snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s%s=x",
				 cli_dashes(row->name), row->name);
	}
	snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s", line);
	status = parse_by(table, words, target);
	free(target);
	return status;
}

static void the_parser_takes_every_option(void **state)
{
	(void)state;
	for (const struct cli_subcommand *c = mb_program.commands; c->table; c++) {
		assert_int_equal(try(c->table, ""), MB_EXIT_OK);
		for (const struct cli_option *row = c->table->options; cli_is_row(row); row++) {
			bool switched = !cli_value_name(row);
			char line[160], value[64];

			if (!row->name)
				continue;
			snprintf(line, sizeof(line), "%s%s%s%s", cli_dashes(row->name), row->name,
				 switched ? "" : "=", switched ? "" : good_value(row, value));
			if (try(c->table, line) != MB_EXIT_OK)
				fail_msg("%s %s: %s", c->table->name, line, said);
		}
	}
}

/* The value must be refused, and the line say which option and which value. */
static void must_refuse(const struct cli_command *table, const struct cli_option *row,
			const char *value)
{
	char line[160];

	snprintf(line, sizeof(line), "%s%s=%s", cli_dashes(row->name), row->name, value);
	if (try(table, line) != MB_EXIT_USAGE || !strstr(said, row->name) || !strstr(said, value))
		fail_msg("%s %s: %s", table->name, line, said);
}

static void the_parser_refuses_bad_values(void **state)
{
	(void)state;
	for (const struct cli_subcommand *c = mb_program.commands; c->table; c++) {
		for (const struct cli_option *row = c->table->options; cli_is_row(row); row++) {
			char number[32];

			if (!row->name)
				continue;
			if (!cli_value_name(row) || row->choices || row->max)
				must_refuse(c->table, row, "nonsense");
			else if (!row->may_be_empty)
				must_refuse(c->table, row, "");
			if (row->max && row->max < UINT64_MAX) {
				snprintf(number, sizeof(number), "%llu",
					 (unsigned long long)row->max + 1);
				must_refuse(c->table, row, number);
			}
		}
	}
}

/* A row that sets nothing is a mistake, and so are two of one name. */
static void rows_are_complete(void **state)
{
	(void)state;
	for (const struct cli_subcommand *c = mb_program.commands; c->table; c++) {
		size_t count = 0;

		while (cli_is_row(&c->table->options[count]))
			count++;
		assert_true(count <= CLI_ROWS_MAX);
		assert_true(c->table->what && c->table->stray && c->table->presets && c->run);
		for (const struct cli_option *row = c->table->options; cli_is_row(row); row++) {
			const char *name = row->name ? row->name : row->value;

			if (!row->help)
				fail_msg("%s: '%s' has no help", c->table->name, name);
			if (row->type == CLI_NO_FIELD && !row->set)
				fail_msg("%s: '%s' sets nothing", c->table->name, name);
			if (!cli_value_name(row) && row->type != CLI_BOOL && !row->set)
				fail_msg("%s: '%s' is a switch, but no bool", c->table->name, name);
			if (cli_is_number(row) && row->max > UINT32_MAX &&
			    row->type == CLI_UNSIGNED)
				fail_msg("%s: '%s' has no room", c->table->name, name);
			if (!row->name && !row->max)
				fail_msg("%s: no word fits into '%s'", c->table->name, name);
			for (const struct cli_option *other = c->table->options; other < row;
			     other++)
				if (row->name && other->name && !strcmp(other->name, row->name))
					fail_msg("%s: two rows '%s'", c->table->name, name);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_hold_where_nothing_is_said),
		cmocka_unit_test(each_kind_of_field_is_set),
		cmocka_unit_test(every_profile_that_is_offered_is_one),
		cmocka_unit_test(later_options_win),
		cmocka_unit_test(operands_stand_anywhere),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(help_is_printed_wherever_it_is_asked_for),
		cmocka_unit_test(the_nearest_word_is_the_one_that_was_meant),
		cmocka_unit_test(every_page_names_every_option),
		cmocka_unit_test(an_option_that_a_page_lacks_is_noticed),
		cmocka_unit_test(no_line_of_help_is_too_long),
		cmocka_unit_test(the_parser_takes_every_option),
		cmocka_unit_test(the_parser_refuses_bad_values),
		cmocka_unit_test(rows_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
