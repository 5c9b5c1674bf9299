/* SPDX-License-Identifier: GPL-2.0-or-later */
/* param.c - parameters of variants, between text and number (param_impl.h). */
#include "host/param_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which of the words of @p is @text, of @length characters? */
static bool find_word(const struct mb_param *p, const char *text, size_t length, uint32_t *index)
{
	const char *word = p->choices;

	for (uint32_t i = 0; word; i++) {
		size_t len = strcspn(word, "|");

		if (length == len && !memcmp(word, text, len)) {
			*index = i;
			return true;
		}
		word = word[len] ? word + len + 1 : NULL;
	}
	return false;
}

static bool parse_choice(const struct mb_param *p, const char *text, uint32_t *value)
{
	return find_word(p, text, strlen(text), value);
}

/* The bits of all words of a set: those between the first and the last. */
static uint32_t full_set(const struct mb_param *p)
{
	uint32_t separators = 0;

	for (const char *c = p->choices; *c; c++)
		separators += *c == '|';
	return separators ? (1u << (separators - 1)) - 1 : 0;
}

/* Words joined by '+', each once; or the one for none of them, or for all. */
static bool parse_set(const struct mb_param *p, const char *text, uint32_t *value)
{
	uint32_t all = full_set(p), set = 0, index;

	for (const char *word = text;; word++) {
		size_t length = strcspn(word, "+");
		uint32_t bit;

		if (!find_word(p, word, length, &index))
			return false;
		bit = index ? 1u << (index - 1) : 0;
		if (bit & ~all)
			bit = all;
		if ((!bit || bit == all) ? length != strlen(text) : (set & bit) != 0)
			return false;
		set |= bit;
		word += length;
		if (!*word)
			break;
	}
	*value = set;
	return true;
}

/* A kernel's X.Y, as it is written; 6.1 is the oldest that the adapter fits. */
static bool parse_release(const char *text, uint32_t *value)
{
	unsigned major, minor;
	char again[32];

	if (*text < '1' || *text > '9' || sscanf(text, "%3u.%3u", &major, &minor) != 2)
		return false;
	snprintf(again, sizeof(again), "%u.%u", major, minor);
	*value = major << 16 | minor;
	return !strcmp(text, again) && *value >= (6 << 16 | 1);
}

bool mb_param_parse(const struct mb_param *p, const char *text, uint32_t *value)
{
	char *end;

	if (p->kind == MB_PARAM_CHOICE)
		return parse_choice(p, text, value);
	if (p->kind == MB_PARAM_RELEASE)
		return parse_choice(p, text, value) || parse_release(text, value);
	if (p->kind == MB_PARAM_SET)
		return parse_set(p, text, value);
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	if (p->kind == MB_PARAM_RATIO) {
		unsigned long long whole = strtoull(text, &end, 10);
		unsigned hundredths = 0, unit = 10;

		if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
			for (end++; *end >= '0' && *end <= '9' && unit; end++, unit /= 10)
				hundredths += (unsigned)(*end - '0') * unit;
		}
		if (errno || *end || whole > UINT32_MAX / 200)
			return false;
		*value = (uint32_t)whole * 100 + hundredths;
	} else {
		unsigned long long whole = strtoull(text, &end, 10);

		if (errno || *end || whole > UINT32_MAX)
			return false;
		*value = (uint32_t)whole;
	}
	return *value >= p->min && *value <= p->max;
}

static void set_text(const struct mb_param *param, uint32_t set, char *text, size_t size)
{
	const char *word = param->choices, *last = strrchr(word, '|') + 1;
	size_t used = 0;

	if (set == full_set(param))
		word = last;
	if (!set || word == last) {
		snprintf(text, size, "%.*s", (int)strcspn(word, "|"), word);
		return;
	}
	for (*text = 0; set && used < size; set >>= 1) {
		word += strcspn(word, "|") + 1;
		if (set & 1)
			used += (size_t)snprintf(text + used, size - used, "%s%.*s",
						 used ? "+" : "", (int)strcspn(word, "|"), word);
	}
}

void mb_param_text(const struct mb_param *param, uint32_t value, char *text, size_t size)
{
	const char *word = param->choices;

	if (param->kind == MB_PARAM_SET)
		set_text(param, value, text, size);
	else if (param->kind == MB_PARAM_RATIO) {
		snprintf(text, size, "%.2f", value / 100.0);
	} else if (param->kind == MB_PARAM_RELEASE && value >> 16) {
		snprintf(text, size, "%u.%u", value >> 16, value & 0xffff);
	} else if (word) {
		for (; value && *word; value--)
			word += strcspn(word, "|") + 1;
		snprintf(text, size, "%.*s", (int)strcspn(word, "|"), word);
	} else {
		snprintf(text, size, "%u", value);
	}
}

void mb_param_describe(const struct mb_param *p, char *text, size_t size)
{
	if (p->kind == MB_PARAM_CHOICE)
		snprintf(text, size, "%s", p->choices);
	else if (p->kind == MB_PARAM_RELEASE)
		snprintf(text, size, "%s|X.Y, from 6.1 on", p->choices);
	else if (p->kind == MB_PARAM_SET)
		snprintf(text, size, "%s, or some of these joined by +", p->choices);
	else if (p->kind == MB_PARAM_RATIO)
		snprintf(text, size, "%u.%02u to %u.%02u", p->min / 100, p->min % 100, p->max / 100,
			 p->max % 100);
	else
		snprintf(text, size, "%u to %u", p->min, p->max);
}
