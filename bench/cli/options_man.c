/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_man.c - the manual page: tables of options in the language of man(7). */
#include "cli/options.h"

/* Text as it is: what troff would take for its own is escaped. */
static void print_text(FILE *out, const char *text)
{
	static const struct {
		char letter;
		const char *escape;
	} escapes[] = {
		{ '\\', "\\e" },  { '-', "\\-" },   { '\'', "\\(aq" },
		{ '`', "\\(ga" }, { '^', "\\(ha" }, { '~', "\\(ti" },
	};

	if (*text == '.')
		fputs("\\&", out);
	for (; *text; text++) {
		const char *escape = NULL;

		for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes) && !escape; i++)
			if (*text == escapes[i].letter)
				escape = escapes[i].escape;
		if (escape)
			fputs(escape, out);
		else
			fputc(*text, out);
	}
}

/* A line "before TEXT after". */
static void print_line(FILE *out, const char *before, const char *text, const char *after)
{
	fputs(before, out);
	print_text(out, text);
	fputs(after, out);
	fputc('\n', out);
}

static void print_notes(FILE *out, const char *title, const struct cli_note *note)
{
	fprintf(out, ".SH %s\n", title);
	for (; note->term; note++) {
		print_line(out, ".TP\n\\fB", note->term, "\\fR");
		print_line(out, "", note->text, "");
	}
}

static void print_row(FILE *out, const struct cli_command *command, const struct cli_option *row)
{
	const char *value = cli_value_name(row);
	char limits[256];

	fputs(".TP\n", out);
	if (row->name) {
		fputs("\\fB", out);
		print_text(out, cli_dashes(row->name));
		print_text(out, row->name);
		fputs("\\fR", out);
		if (value)
			fputc(row->name[1] ? '=' : ' ', out);
	}
	print_line(out, "\\fI", value ? value : "", "\\fR");
	print_line(out, "", row->help, "");
	if (*cli_limits(command, row, limits))
		print_line(out, "", limits, "");
}

static void print_command(FILE *out, const struct cli_command *command)
{
	char text[160];

	print_line(out, ".SS ", command->name, "");
	for (unsigned i = 0; cli_synopsis(command, i, text); i++)
		print_line(out, i ? ".br\n\\fBmemblock\\-bench\\fR " : "\\fBmemblock\\-bench\\fR ",
			   text, "");
	for (unsigned i = 0; i < CLI_PARAGRAPHS && command->about[i]; i++)
		print_line(out, ".PP\n", command->about[i], "");
	for (const struct cli_option *row = command->options; cli_is_row(row); row++)
		if (!row->hidden)
			print_row(out, command, row);
	if (command->notes)
		print_line(out, ".PP\n", command->notes, "");
}

void cli_print_man(FILE *out, const struct cli_program *program)
{
	fprintf(out,
		".\\\" Written by '%s help --man'.\n"
		".TH MEMBLOCK\\-BENCH 1 \"\" \"%s %s\" \"User Commands\"\n"
		".ad l\n.nh\n", /* no gaps in lines, no divided names */
		program->name, program->name, program->version);
	print_line(out, ".SH NAME\nmemblock\\-bench \\- ", program->what, "");
	fputs(".SH SYNOPSIS\n"
	      "\\fBmemblock\\-bench\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIFILE\\fR...]\n.br\n"
	      "\\fBmemblock\\-bench \\-\\-version\\fR\n"
	      ".SH DESCRIPTION\n",
	      out);
	for (unsigned i = 0; i < CLI_PARAGRAPHS && program->about[i]; i++)
		print_line(out, i ? ".PP\n" : "", program->about[i], "");
	fputs(".SH COMMANDS\n", out);
	for (unsigned i = 0; program->commands[i].table; i++) {
		print_line(out, ".TP\n\\fB", program->commands[i].table->name, "\\fR");
		print_line(out, "", program->commands[i].table->what, "");
	}
	fputs(".SH OPTIONS\n"
	      "Options stand anywhere behind the command, as \\fB\\-\\-name=\\fIvalue\\fR or\n"
	      "\\fB\\-\\-name \\fIvalue\\fR; later ones win, and a lone \\fB\\-\\-\\fR ends them. Each command has\n"
	      "\\fB\\-h\\fR, \\fB\\-\\-help\\fR, too.\n",
	      out);
	for (unsigned i = 0; program->commands[i].table; i++)
		print_command(out, program->commands[i].table);
	print_notes(out, "EXIT STATUS", program->exit_status);
	print_notes(out, "ENVIRONMENT", program->environment);
	print_notes(out, "FILES", program->files);
	print_notes(out, "EXAMPLES", program->examples);
}
