/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli.c - messages and argument parsing for the subcommands. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mb_fail(enum mb_exit status, const char *fmt, ...)
{
	va_list ap;

	fputs("memblock-bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int mb_next_arg(struct mb_args *args, const char **value)
{
	const struct mb_option *o;
	const char *arg;
	size_t len;

	if (args->index >= args->argc)
		return MB_ARG_END;
	arg = args->argv[args->index++];
	if (args->only_files || arg[0] != '-' || !strcmp(arg, "-")) {
		*value = arg;
		return MB_ARG_FILE;
	}
	if (!strcmp(arg, "--")) {
		args->only_files = true;
		return mb_next_arg(args, value);
	}
	if (!strcmp(arg, "-h")) /* wherever there is --help */
		arg = "--help";
	len = strcspn(arg, "=");
	for (o = args->options; o->name; o++) {
		/* -x matches an option whose name is the one letter x. */
		size_t dashes = strlen(o->name) == 1 ? 1 : 2;

		if (len == strlen(o->name) + dashes && !strncmp(arg, "--", dashes) &&
		    !memcmp(arg + dashes, o->name, len - dashes))
			break;
	}
	if (!o->name) {
		mb_fail(MB_EXIT_USAGE, "%s: unknown option '%s'; see 'memblock-bench %s --help'",
			args->argv[0], arg, args->argv[0]);
		return MB_ARG_BAD;
	}
	*value = arg[len] ? arg + len + 1 : NULL;
	if (o->takes_value && !*value && args->index < args->argc)
		*value = args->argv[args->index++];
	if (o->takes_value != !!*value) {
		mb_fail(MB_EXIT_USAGE, "%s: option '%.*s' %s; see 'memblock-bench %s --help'",
			args->argv[0], (int)len, arg,
			o->takes_value ? "needs a value" : "takes no value", args->argv[0]);
		return MB_ARG_BAD;
	}
	return o->id;
}

bool mb_parse_format(const char *value, bool *json)
{
	*json = !strcmp(value, "json");
	if (*json || !strcmp(value, "text"))
		return true;
	mb_fail(MB_EXIT_USAGE, "unknown format '%s'; text or json", value);
	return false;
}

bool mb_parse_metadata(const char *value, enum mb_metadata *metadata)
{
	*metadata = strcmp(value, "host") ? MB_METADATA_SELF : MB_METADATA_HOST;
	if (*metadata == MB_METADATA_HOST || !strcmp(value, "self"))
		return true;
	mb_fail(MB_EXIT_USAGE, "unknown metadata mode '%s'; self or host", value);
	return false;
}

int mb_parse_variants(const char *value, struct mb_variant_spec *specs)
{
	char error[768];
	int n = mb_variant_list(value, specs, MB_VARIANTS_MAX, error, sizeof(error));

	if (n < 0)
		return -mb_fail(n == -ENOENT ? MB_EXIT_ENVIRONMENT : MB_EXIT_USAGE, "%s", error);
	return n;
}

bool mb_parse_number(const char *option, const char *value, uint64_t min, uint64_t max,
		     uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && !errno && *number >= min && *number <= max)
		return true;
	mb_fail(MB_EXIT_USAGE, "bad value '%s' for --%s; a number from %llu to %llu", value, option,
		(unsigned long long)min, (unsigned long long)max);
	return false;
}

bool mb_parse_profile(const char *value, const struct mb_profile **profile)
{
	*profile = mb_profile_find(value);
	if (!*profile)
		mb_fail(MB_EXIT_USAGE, "unknown profile '%s'; 6.1, 6.12 or new", value);
	return *profile;
}

void mb_print_wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > 96) {
			fputs("\n ", out);
			column = 1;
		}
		column += (size_t)fprintf(out, "%s%.*s", column ? " " : "", (int)word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
