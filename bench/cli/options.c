/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - what a command line says, by the table of its subcommand. */
#include "cli/options.h"

#include <ctype.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/nearest.h"

struct parsing {
	const struct cli_command *command;
	int argc, at; /* at: the next word */
	char **argv;
	void *target;
	bool only_operands;           /* after "--" */
	unsigned operands;            /* moved to the front so far */
	unsigned given[CLI_ROWS_MAX]; /* how often each row was */
};

static int refuse_choice(const struct parsing *p, const struct cli_option *option,
			 const char *value)
{
	struct nearest nearest = nearest_to(value, strlen(value));
	char known[160] = "";
	const char *word;
	size_t length;

	for (unsigned i = 0; (length = cli_choice(option->choices, i, &word)); i++) {
		const char *before = !i ? "" : word[length] ? ", " : " or ";

		if (isalpha((
			    unsigned char)*value)) /* a version that is not there is like no other */
			nearest_offer(&nearest, word, length);
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%.*s", before,
			 (int)length, word);
	}
	return mb_fail(MB_EXIT_USAGE, "%s: unknown %s '%s'; %s%s", p->command->name,
		       option->name ? option->name : "word", value, known, nearest_words(&nearest));
}

/* The index of @value among the choices; false: it is none. */
static bool find_choice(const char *choices, const char *value, uint64_t *index)
{
	const char *word;
	size_t length;

	for (unsigned i = 0; (length = cli_choice(choices, i, &word)); i++) {
		*index = i;
		if (strlen(value) == length && !memcmp(word, value, length))
			return true;
	}
	return false;
}

/* Value @value of a row, NULL for a switch, to its field. */
static int set(struct parsing *p, const struct cli_option *option, const char *value)
{
	void *field = (char *)p->target + option->offset;
	struct cli_words *words;
	uint64_t number = 1;

	if (option->choices && !find_choice(option->choices, value, &number))
		return refuse_choice(p, option, value);
	if (cli_is_number(option) &&
	    !mb_parse_number(option->name, value, option->min, option->max, &number))
		return MB_EXIT_USAGE;
	if (option->name && value && !*value && !option->may_be_empty)
		return mb_fail(MB_EXIT_USAGE, "%s: an empty value of '%s%s'", p->command->name,
			       cli_dashes(option->name), option->name);
	switch (option->type) {
	case CLI_NO_FIELD:
		break;
	case CLI_BOOL:
		*(bool *)field = number;
		break;
	case CLI_INT:
		*(int *)field = (int)number;
		break;
	case CLI_UNSIGNED:
		*(unsigned *)field = (unsigned)number;
		break;
	case CLI_UINT64:
		*(uint64_t *)field = number;
		break;
	case CLI_DOUBLE:
		*(double *)field = (double)number;
		break;
	case CLI_TEXT:
		*(const char **)field = value;
		break;
	case CLI_PROFILE:
		*(const struct mb_profile **)field = mb_profile_find(value);
		break;
	case CLI_WORDS: /* one after the other in argv */
		words = field;
		if (!words->count++)
			words->words = &p->argv[p->operands];
		break;
	}
	return option->set ? option->set(p->target, option, value) : MB_EXIT_OK;
}

static int take_operand(struct parsing *p, char *word)
{
	const struct cli_option *row = p->command->options;

	for (; cli_is_row(row); row++) {
		unsigned *given = &p->given[row - p->command->options];

		if (row->name || *given == row->max)
			continue;
		++*given;
		p->argv[++p->operands] = word;
		return set(p, row, word);
	}
	return mb_fail(MB_EXIT_USAGE, "%s: unexpected '%s'; %s", p->command->name, word,
		       p->command->stray);
}

/* The row of an option as it was written, the first @length bytes of @word; NULL: none. */
static const struct cli_option *find_option(const struct cli_command *command, const char *word,
					    size_t length)
{
	for (const struct cli_option *row = command->options; cli_is_row(row); row++) {
		const char *dashes = row->name ? cli_dashes(row->name) : "";
		size_t before = strlen(dashes);

		if (row->name && strlen(row->name) + before == length &&
		    !memcmp(word, dashes, before) &&
		    !memcmp(word + before, row->name, length - before))
			return row;
	}
	return NULL;
}

static int refuse_option(const struct parsing *p, const char *word, size_t length)
{
	struct nearest nearest = nearest_to(word, length);
	char see[80] = "";

	nearest_offer(&nearest, "--help", 6);
	for (const struct cli_option *row = p->command->options; cli_is_row(row); row++) {
		char name[64];

		if (!row->name || row->hidden)
			continue;
		snprintf(name, sizeof(name), "%s%s", cli_dashes(row->name), row->name);
		nearest_offer(&nearest, name, strlen(name));
	}
	if (!*nearest_words(&nearest))
		snprintf(see, sizeof(see), "; see 'memblock-bench %s --help'", p->command->name);
	return mb_fail(MB_EXIT_USAGE, "%s: unknown option '%s'%s%s", p->command->name, word,
		       nearest_words(&nearest), see);
}

static int take_option(struct parsing *p, const char *word)
{
	size_t length = strcspn(word, "=");
	const struct cli_option *row = find_option(p->command, word, length);
	const char *value = word[length] ? word + length + 1 : NULL;
	bool takes_value;

	if (!row)
		return refuse_option(p, word, length);
	takes_value = cli_value_name(row);
	if (takes_value && !value && p->at < p->argc)
		value = p->argv[p->at++];
	if (takes_value != !!value)
		return mb_fail(MB_EXIT_USAGE, "%s: option '%s' %s; see 'memblock-bench %s --help'",
			       p->command->name, word,
			       takes_value ? "needs a value" : "takes no value", p->command->name);
	p->given[row - p->command->options]++;
	return set(p, row, value);
}

/* Is everything there that must be? */
static int find_missing(const struct parsing *p)
{
	char missing[128] = "";

	for (const struct cli_option *row = p->command->options; cli_is_row(row); row++) {
		unsigned given = p->given[row - p->command->options];

		if (given >= (row->name ? row->required : row->min))
			continue;
		snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing), "%s%s%s%s%s",
			 *missing ? " and " : "", row->name ? cli_dashes(row->name) : "",
			 row->name ? row->name : "", row->name ? " " : "",
			 row->name || !row->choices ? cli_value_name(row) : row->choices);
	}
	if (!*missing)
		return MB_EXIT_OK;
	return mb_fail(MB_EXIT_USAGE, "%s: give %s; see 'memblock-bench %s --help'",
		       p->command->name, missing, p->command->name);
}

int cli_parse(const struct cli_command *command, int argc, char **argv, void *target)
{
	struct parsing p = {
		.command = command, .argc = argc, .at = 1, .argv = argv, .target = target
	};
	int status = MB_EXIT_OK;

	memcpy(target, command->presets, command->size);
	while (!status && p.at < argc) {
		char *word = argv[p.at++];

		if (p.only_operands || *word != '-' || !word[1]) {
			status = take_operand(&p, word);
		} else if (!strcmp(word, "--")) {
			p.only_operands = true;
		} else if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
			cli_print_command(stdout, command);
			return CLI_HELP_PRINTED;
		} else {
			status = take_option(&p, word);
		}
	}
	return status ? status : find_missing(&p);
}
