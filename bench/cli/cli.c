/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli.c - messages, lists of variants, numbers and wrapped text of the subcommands. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/nearest.h"

int mb_fail(enum mb_exit status, const char *fmt, ...)
{
	char text[8192]; /* two names and more */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* A message is a line, though names of files may have newlines. */
	for (char *c = text; *c; c++)
		*c = *c == '\n' || *c == '\r' ? '?' : *c;
	fprintf(stderr, "memblock-bench: %s\n", text);
	return status;
}

/* What the first unknown name in a list of variants is like. */
static void find_like(const char *list, struct nearest *nearest)
{
	unsigned count;
	const struct mb_variant *variants = mb_variants(&count);

	for (size_t length; *list; list += length + (list[length] == ',')) {
		size_t name = strcspn(list, ",:");
		bool known = name == 3 && !memcmp(list, "all", 3);

		length = strcspn(list, ",");
		*nearest = nearest_to(list, name);
		for (unsigned i = 0; i < count; i++) {
			nearest_offer(nearest, variants[i].name, strlen(variants[i].name));
			known |= !nearest->distance;
		}
		if (!known)
			return;
		*nearest = nearest_to("", 0);
	}
}

int mb_parse_variants(const char *value, struct mb_variant_spec *specs)
{
	struct nearest nearest = nearest_to("", 0);
	char error[768];
	int n = mb_variant_list(value, specs, MB_VARIANTS_MAX, error, sizeof(error));

	if (n == -EINVAL)
		find_like(value, &nearest);
	if (n < 0)
		return -mb_fail(n == -ENOENT ? MB_EXIT_ENVIRONMENT : MB_EXIT_USAGE, "%s%s", error,
				nearest_words(&nearest));
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

unsigned mb_print_wrapped(FILE *out, const char *text, unsigned column, unsigned indent,
			  unsigned width)
{
	bool follows = column > indent; /* a word of the same line */

	while (*text) {
		size_t word = strcspn(text, " ");

		if (follows && column + 1 + word > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			follows = false;
		}
		column += (unsigned)fprintf(out, "%s%.*s", follows ? " " : "", (int)word, text);
		follows = true;
		text += word;
		text += strspn(text, " ");
	}
	return column;
}
