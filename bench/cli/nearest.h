/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nearest.h - what a misspelled word was meant to be.
 *
 *     struct nearest nearest = nearest_to("hots", 4);
 *
 *     nearest_offer(&nearest, "self", 4);
 *     nearest_offer(&nearest, "host", 4);
 *     nearest_words(&nearest)               ; did you mean 'host'?
 */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word;
	size_t length;
	unsigned
		distance; /* of the best one so far; the worst that is still worth saying is below this */
	char best[64];
	char words[96];
};

struct nearest nearest_to(const char *word, size_t length);
/* Is @name, of @length, nearer than those before? */
void nearest_offer(struct nearest *nearest, const char *name, size_t length);
/* "; did you mean 'host'?", to be put after a message; "" if nothing is near. */
const char *nearest_words(struct nearest *nearest);

#endif
