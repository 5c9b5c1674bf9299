/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_row.c - a row of a table of options in words: its choices, its value, its range and default. */
#include "cli/options.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

size_t cli_choice(const char *choices, unsigned index, const char **word)
{
	while (index-- && *choices) {
		choices += strcspn(choices, "|");
		choices += *choices == '|';
	}
	*word = choices;
	return strcspn(choices, "|");
}

const char *cli_dashes(const char *name)
{
	return name[1] ? "--" : "-";
}

const char *cli_value_name(const struct cli_option *option)
{
	return option->value ? option->value : option->choices;
}

/* The preset of a field as a number; UINT64_MAX: it is none. */
static uint64_t preset_number(const struct cli_option *row, const void *field)
{
	switch (row->type) {
	case CLI_BOOL:
		return *(const bool *)field;
	case CLI_INT:
		return (uint64_t)(*(const int *)field);
	case CLI_UNSIGNED:
		return *(const unsigned *)field;
	case CLI_UINT64:
		return *(const uint64_t *)field;
	case CLI_DOUBLE:
		return (uint64_t)(*(const double *)field);
	default:
		return UINT64_MAX;
	}
}

/* The default; "": there is none to tell. */
static void spell_preset(const struct cli_command *command, const struct cli_option *row,
			 char text[160])
{
	const void *field = (const char *)command->presets + row->offset;
	uint64_t number = preset_number(row, field);
	const char *word = row->preset;
	size_t length = 0;

	if (!word && row->name && row->type == CLI_TEXT)
		word = *(const char *const *)field;
	if (word)
		length = strlen(word);
	else if (row->name && row->choices && number < UINT_MAX)
		length = cli_choice(row->choices, (unsigned)number, &word);
	snprintf(text, 160, "%.*s", (int)length, word ? word : "");
	if (!length && cli_is_number(row) && number >= row->min && number <= row->max)
		snprintf(text, 160, "%" PRIu64, number);
}

const char *cli_limits(const struct cli_command *command, const struct cli_option *option,
		       char text[256])
{
	char range[64] = "", preset[160];

	spell_preset(command, option, preset);
	if (cli_is_number(option) && option->max < UINT32_MAX)
		snprintf(range, sizeof(range), "%" PRIu64 " to %" PRIu64, option->min, option->max);
	*text = '\0';
	if (*range || *preset)
		snprintf(text, 256, "(%s%s%s%s)", range, *range && *preset ? "; " : "",
			 *preset ? "default: " : "", preset);
	return text;
}
