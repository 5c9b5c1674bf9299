/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_help.c - what --help prints: tables of options as text of 80 columns. */
#include "cli/options.h"

#include <ctype.h>
#include <string.h>

#include "cli/cli.h"

/* Texts stand to the right of the names, but where a name is longer than LEFT_MAX in the line below it. */
enum { WIDTH = 80, LEFT_MAX = 24 };

/* ---- rows -------------------------------------------------------------------------------------- */

/* What a usage line has of a row: "FILE", "[KEY=VALUE...]", "-o TRACE"; "" for an option that may be left out. */
static void spell_usage(const struct cli_option *row, char text[80])
{
	bool needed = row->name ? row->required : row->min;

	*text = '\0';
	if (row->name && needed)
		snprintf(text, 80, " %s%s %s", cli_dashes(row->name), row->name,
			 cli_value_name(row));
	else if (!row->name)
		snprintf(text, 80, " %s%s%s%s", needed ? "" : "[", cli_value_name(row),
			 row->max > 1 ? "..." : "", needed ? "" : "]");
}

bool cli_synopsis(const struct cli_command *command, unsigned index, char text[160])
{
	const char *given = command->synopsis[index];
	char word[80];

	snprintf(text, 160, "%s%s%s", command->name, given ? " " : "", given ? given : "");
	if (*command->synopsis || index)
		return given;
	for (const struct cli_option *row = command->options; cli_is_row(row); row++) {
		spell_usage(row, word);
		strncat(text, word, 160 - strlen(text) - 1);
	}
	strncat(text, " [OPTION...]", 160 - strlen(text) - 1);
	return true;
}

/* "--rounds=N", "-o TRACE", "FILE" */
static void spell(const struct cli_option *row, char text[80])
{
	const char *value = cli_value_name(row);

	if (!row->name)
		snprintf(text, 80, "%s", value);
	else if (!value)
		snprintf(text, 80, "%s%s", cli_dashes(row->name), row->name);
	else
		snprintf(text, 80, "%s%s%c%s", cli_dashes(row->name), row->name,
			 row->name[1] ? '=' : ' ', value);
}

/* @left, and from @column on the text, which goes on with @more. */
static void print_row(FILE *out, unsigned column, const char *left, const char *text,
		      const char *more)
{
	unsigned at = (unsigned)fprintf(out, "  %s", left);

	if (at + 2 > column) {
		fputc('\n', out);
		at = 0;
	}
	fprintf(out, "%*s", (int)(column - at), "");
	at = mb_print_wrapped(out, text, column, column, WIDTH);
	mb_print_wrapped(out, more, at, column, WIDTH);
	fputc('\n', out);
}

/* ---- pages ------------------------------------------------------------------------------------- */

static void print_paragraph(FILE *out, const char *text)
{
	fputc('\n', out);
	mb_print_wrapped(out, text, 0, 0, WIDTH);
	fputc('\n', out);
}

void cli_print_command(FILE *out, const struct cli_command *command)
{
	char text[160], left[80], limits[256];
	size_t widest = strlen("-h, --help");

	for (unsigned i = 0; cli_synopsis(command, i, text); i++)
		fprintf(out, "%s memblock-bench %s\n", i ? "      " : "usage:", text);
	for (unsigned i = 0; i < CLI_PARAGRAPHS && command->about[i]; i++)
		print_paragraph(out, command->about[i]);
	fputc('\n', out);
	for (const struct cli_option *row = command->options; cli_is_row(row); row++) {
		spell(row, left);
		if (!row->hidden && strlen(left) > widest && strlen(left) <= LEFT_MAX)
			widest = strlen(left);
	}
	for (const struct cli_option *row = command->options; cli_is_row(row); row++) {
		spell(row, left);
		if (!row->hidden)
			print_row(out, (unsigned)widest + 4, left, row->help,
				  cli_limits(command, row, limits));
	}
	print_row(out, (unsigned)widest + 4, "-h, --help", "this text", "");
	if (command->notes)
		print_paragraph(out, command->notes);
}

void cli_print_program(FILE *out, const struct cli_program *program)
{
	char sentence[160];

	fprintf(out, "usage: %s COMMAND [OPTION...] [FILE...]\n", program->name);
	snprintf(sentence, sizeof(sentence), "%s.", program->what);
	*sentence = (char)toupper((unsigned char)*sentence);
	print_paragraph(out, sentence);
	fputc('\n', out);
	for (unsigned i = 0; program->commands[i].table; i++)
		print_row(out, 12, program->commands[i].table->name,
			  program->commands[i].table->what, "");
	fprintf(out, "\n'%s help COMMAND' describes one. Exit status:\n\n", program->name);
	for (const struct cli_note *note = program->exit_status; note->term; note++)
		print_row(out, 5, note->term, note->text, "");
}
