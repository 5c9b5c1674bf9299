/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the options of a subcommand as one table, and what is read from it.
 *
 * A subcommand's room has a struct for what was asked for, the presets of that struct, and a table. The table is
 * what parses (options.c), what --help prints (options_help.c), the manual page (options_man.c), the completion of
 * bash (options_bash.c), and where a misspelling is looked up (nearest.c). So an option is a row there and nothing
 * else:
 *
 *     { "rounds", "N", CLI_FIELD(struct options, rounds), .max = 100000,
 *       .help = "timed replays per variant; 0: no timing" },
 *
 * sets options.rounds, refuses "many" and "100001", and is shown as
 *
 *     --rounds=N   timed replays per variant; 0: no timing (0 to 100000; default: 31)
 *
 * with the 31 of the presets. What a row's value is follows from it:
 *
 *     choices           one of them; the field gets its index, or the word if it is text, or the profile
 *     max               a whole number from min to max. A preset outside of these means: not given
 *     value, only       text, which must not be empty unless the row says so
 *     none of these     a switch; the field is a bool
 *
 * Options are --name=value or --name value, matched by name only (no abbreviations), anywhere among the operands;
 * later ones win; a lone -- ends them. A row without a name is an operand: words that are no options go to the
 * first such row that has room for them, which is max words.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct mb_profile;

/* Operands of a row that takes several: where they stand in argv now. */
struct cli_words {
	char **words;
	unsigned count;
};

enum cli_type {
	CLI_NO_FIELD, /* only checked, and given to set() */
	CLI_BOOL,
	CLI_INT,
	CLI_UNSIGNED,
	CLI_UINT64,
	CLI_DOUBLE,
	CLI_TEXT,
	CLI_PROFILE,
	CLI_WORDS,
};

/* Member @member of the struct that is filled. Enumerations are unsigned. */
#define CLI_FIELD(struct_type, member)                                                             \
	.type = _Generic(((struct_type *)0)->member,                                               \
		bool: CLI_BOOL,                                                                    \
		int: CLI_INT,                                                                      \
		unsigned: CLI_UNSIGNED,                                                            \
		uint64_t: CLI_UINT64,                                                              \
		double: CLI_DOUBLE,                                                                \
		const char *: CLI_TEXT,                                                            \
		const struct mb_profile *: CLI_PROFILE,                                            \
		struct cli_words: CLI_WORDS),                                                      \
	.offset = offsetof(struct_type, member)

struct cli_option {
	const char *name;    /* -x if it is one letter, else --name; NULL: an operand */
	const char *value;   /* what texts call the value; NULL: its choices */
	const char *choices; /* "self|host"; NULL: not one of a few */
	enum cli_type type;
	size_t offset;
	uint64_t min, max; /* a number's; of an operand: how many words */
	/* Called when the value is good and the field is set. An exit status, with a message printed. */
	int (*set)(void *target, const struct cli_option *option, const char *value);
	const char *help;   /* without the default and the range, which are added */
	const char *preset; /* the default in words, where the presets cannot tell it */
	/* What the shell offers: words, and @files and others of which names are asked for then. */
	const char *complete;
	bool required, may_be_empty;
	bool hidden; /* for the program's own use */
};

/* Is it a row, and not the end of its table? */
static inline bool cli_is_row(const struct cli_option *option)
{
	return option->name || option->value || option->choices;
}

/* Is its value a whole number? */
static inline bool cli_is_number(const struct cli_option *option)
{
	return option->name && option->max;
}

enum { CLI_ROWS_MAX = 64, CLI_PARAGRAPHS = 4 }; /* of a table, of about */

struct cli_command {
	const char *name, *what; /* what it does, in less than a line */
	const char *about[CLI_PARAGRAPHS];
	const char *synopsis[3]; /* behind the name, two at most; none: made from the options */
	const char *notes;       /* a paragraph after the options */
	const char *stray;       /* the remedy where a word has no place */
	const struct cli_option *options; /* ended by { 0 } */
	const void *presets;              /* of the struct that is filled */
	size_t size;
};

#define CLI_PRESETS(object) .presets = &(object), .size = sizeof(object)

/* Rows that several commands have. */
#define CLI_OPTION_PROFILE(field)                                                                  \
	{                                                                                          \
		.name = "profile", .choices = "6.1|6.12|new", field,                               \
		.help = "behaviour of the kernel", .preset = "what the file says"                  \
	}
#define CLI_OPTION_FORMAT(field, text)                                                             \
	{                                                                                          \
		.name = "format", .choices = "text|json", field, .help = (text)                    \
	}

#define CLI_HELP_PRINTED (-1)

/**
 * cli_parse() - fill @target with the presets of @command and with what @argv says.
 * @argv: its operands are moved to the front, [0] is the subcommand's name.
 *
 * Return: MB_EXIT_OK; a status to end with, one line was printed; or CLI_HELP_PRINTED.
 */
int cli_parse(const struct cli_command *command, int argc, char **argv, void *target);

/* ---- a row in words (options_row.c) ------------------------------------------------------------ */

/* Choice @index of "a|b|c", which is *@word up to the length returned; 0: there are fewer. */
size_t cli_choice(const char *choices, unsigned index, const char **word);
/* "-" or "--" before a name. */
const char *cli_dashes(const char *name);
/* What texts call the value; NULL: a switch. */
const char *cli_value_name(const struct cli_option *option);
/* Range and default, "(1 to 100; default: 7)"; "" without any. */
const char *cli_limits(const struct cli_command *command, const struct cli_option *option,
		       char text[256]);

/* ---- the program ------------------------------------------------------------------------------- */

struct cli_note {
	const char *term, *text;
};

struct cli_subcommand {
	const struct cli_command *table;
	int (*run)(int argc, char **argv);
};

struct cli_program {
	const char *name, *version, *what;
	const char *about[CLI_PARAGRAPHS];
	const struct cli_subcommand *commands;
	const struct cli_note *exit_status, *environment, *files,
		*examples; /* all ended by { 0 } */
};

/* What stands behind "memblock-bench" in line @index of the usage; false: there are fewer lines. */
bool cli_synopsis(const struct cli_command *command, unsigned index, char text[160]);
/* --help of a command, of the program (options_help.c). 80 columns. */
void cli_print_command(FILE *out, const struct cli_command *command);
void cli_print_program(FILE *out, const struct cli_program *program);
/* The manual page, for man (options_man.c). */
void cli_print_man(FILE *out, const struct cli_program *program);
/* A file for bash to source (options_bash.c). */
void cli_print_bash(FILE *out, const struct cli_program *program);

#endif
