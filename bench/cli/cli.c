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

/* What a parameter of @variant, key=value, is like that has an unknown key, or an unknown word for a value. */
static void find_like_parameter(const struct mb_variant *variant, const char *part, size_t length,
				struct nearest *nearest)
{
	const struct mb_param *params = mb_variant_params(variant);
	const char *end = memchr(part, '=', length), *words = NULL;
	size_t key = end ? (size_t)(end - part) : length;

	*nearest = nearest_to(part, key);
	for (unsigned i = 0; params[i].name; i++) {
		nearest_offer(nearest, params[i].name, strlen(params[i].name));
		if (!nearest->distance && !words)
			words = params[i].choices ? params[i].choices : "";
	}
	if (nearest->distance && variant->kind == MB_KIND_KERNEL)
		nearest_offer(nearest, "src", 3);
	if (nearest->distance)
		return;
	*nearest = nearest_to(end ? end + 1 : "", end ? length - key - 1 : 0);
	for (size_t n; words && *words; words += n + (words[n] == '|')) {
		n = strcspn(words, "|");
		nearest_offer(nearest, words, n);
	}
	if (!nearest->distance)
		*nearest = nearest_to("", 0);
}

/* What the first unknown name in a list of variants is like, or the first unknown word in its parameters. */
static void find_like(const char *list, struct nearest *nearest)
{
	unsigned count;
	const struct mb_variant *variants = mb_variants(&count);
	const char *alias, *of;

	for (size_t length; *list; list += length + (list[length] == ',')) {
		size_t name = strcspn(list, ",:");
		bool known = name == 3 && !memcmp(list, "all", 3);
		const struct mb_variant *variant = NULL;

		length = strcspn(list, ",");
		*nearest = nearest_to(list, name);
		for (unsigned i = 0; i < count; i++) {
			nearest_offer(nearest, variants[i].name, strlen(variants[i].name));
			if (!nearest->distance && !variant)
				variant = &variants[i];
		}
		for (unsigned i = 0; (alias = mb_variant_alias(i, &of)); i++) {
			nearest_offer(nearest, alias, strlen(alias));
			for (unsigned k = 0; k < count && !nearest->distance && !variant; k++)
				variant = strcmp(variants[k].name, of) ? NULL : &variants[k];
		}
		if (!known && !variant)
			return;
		*nearest = nearest_to("", 0);
		for (size_t at = name, n; variant && at < length && !*nearest->best; at += n + 1) {
			n = strcspn(list + at + 1, ":,");
			find_like_parameter(variant, list + at + 1, n, nearest);
		}
		if (*nearest->best)
			return;
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

int mb_parse_full_variants(const char *command, const char *value, struct mb_variant_spec *specs)
{
	int n = mb_parse_variants(value, specs);

	for (int i = 0; i < n; i++)
		if (specs[i].variant->kind == MB_KIND_PEER)
			return -mb_fail(MB_EXIT_USAGE,
					"%s: '%s' is a peer, which offers a few operations only; "
					"'memblock-bench run' measures those",
					command, specs[i].name);
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
