/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nearest.c - the word with the fewest mistakes between it and what was typed. */
#include "cli/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Letters put in, left out, changed, or swapped with the next one. */
static unsigned count_mistakes(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][sizeof(((struct nearest *)0)->best)];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= b_length; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned *last = before;

		before = above;
		above = row;
		row = last;
		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[b_length];
}

struct nearest nearest_to(const char *word, size_t length)
{
	/* Mistakes: none in two letters, one in up to four, two in up to eight, then one in three letters. */
	size_t worst = length < 3 ? 0 : length < 5 ? 1 : length < 9 ? 2 : length / 3;

	return (struct nearest){ .word = word, .length = length, .distance = (unsigned)worst + 1 };
}

void nearest_offer(struct nearest *nearest, const char *name, size_t length)
{
	bool begins = nearest->length > 2 && nearest->length <= length &&
		      !strncasecmp(nearest->word, name, nearest->length);
	unsigned distance;

	if (length >= sizeof(nearest->best))
		return;
	distance = count_mistakes(nearest->word, nearest->length, name, length);
	/* Whoever types the beginning of a name, in whatever case, means that name. */
	if (begins && distance > 1)
		distance = 1;
	/* Of two that are equally near it is the shorter one. */
	if (distance > nearest->distance ||
	    (distance == nearest->distance && length >= strlen(nearest->best)))
		return;
	nearest->distance = distance;
	snprintf(nearest->best, sizeof(nearest->best), "%.*s", (int)length, name);
}

const char *nearest_words(struct nearest *nearest)
{
	if (*nearest->best)
		snprintf(nearest->words, sizeof(nearest->words), "; did you mean '%s'?",
			 nearest->best);
	return nearest->words;
}
