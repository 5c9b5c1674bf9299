/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options_bash.c - completion for bash: the tables as two functions of the shell, and completion.bash behind them.
 *
 * What a row offers is its choices, or its `complete`: words, among them
 *
 *     @commands                                    the subcommands
 *     @files                                       names of files
 *     @variants @workloads @operations @counters @steps   what the program lists under that name when it is asked
 *     @boots                                       the workloads that are boots
 *     @families                                    those that gen makes
 */
#include "cli/options.h"

#include <string.h>

#include "completion.h"

static void print_names(FILE *out, const struct cli_program *program)
{
	for (unsigned i = 0; program->commands[i].table; i++)
		fprintf(out, "%s ", program->commands[i].table->name);
}

static void print_options(FILE *out, const struct cli_command *command)
{
	fprintf(out, "\t%s) echo '", command->name);
	for (const struct cli_option *row = command->options; cli_is_row(row); row++)
		if (row->name && !row->hidden)
			fprintf(out, "%s%s%s ", cli_dashes(row->name), row->name,
				cli_value_name(row) ? "=" : "");
	fputs("--help' ;;\n", out);
}

static void print_values(FILE *out, const struct cli_program *program,
			 const struct cli_command *command)
{
	for (const struct cli_option *row = command->options; cli_is_row(row); row++) {
		const char *offered = row->choices ? row->choices : row->complete;

		if (!offered || row->hidden)
			continue;
		if (row->name)
			fprintf(out, "\t'%s %s%s') echo '", command->name, cli_dashes(row->name),
				row->name);
		else
			fprintf(out, "\t%s) echo '", command->name);
		if (!strcmp(offered, "@commands"))
			print_names(out, program);
		else
			for (; *offered; offered++)
				fputc(*offered == '|' ? ' ' : *offered, out);
		fputs("' ;;\n", out);
	}
}

void cli_print_bash(FILE *out, const struct cli_program *program)
{
	fprintf(out,
		"# Completion for bash, written by '%s help --bash'.\n\n"
		"# _memblock_bench_options COMMAND - its options, those with a value ending in =\n"
		"_memblock_bench_options()\n{\n\tcase $1 in\n\t'') echo '",
		program->name);
	print_names(out, program);
	fputs("--help --version' ;;\n", out);
	for (unsigned i = 0; program->commands[i].table; i++)
		print_options(out, program->commands[i].table);
	fputs("\tesac\n}\n\n"
	      "# _memblock_bench_values 'COMMAND[ OPTION]' - what its value, or its operands, may be\n"
	      "_memblock_bench_values()\n{\n\tcase $1 in\n",
	      out);
	for (unsigned i = 0; program->commands[i].table; i++)
		print_values(out, program, program->commands[i].table);
	fputs("\tesac\n}\n", out);
	fputs(completion_bash, out);
}
