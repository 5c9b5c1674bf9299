/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * formula_impl.h - the formulas in the definitions of synthetic workloads (docs/workloads.md).
 *
 *     "1M + i * stride"      "pick(3, i, 1, 8) * 4K"      "top ? end - need : blocks[i]"
 *
 * A formula is an integer expression as C has them, over named values and tables. It is compiled once
 * to a short program for a stack machine, because a family of a million ranges evaluates a dozen of
 * them for each.
 *
 * Arithmetic is that of 64-bit signed numbers, and a result that does not fit is an error: a family
 * whose addresses wrap would measure something that its author did not mean. Random numbers are
 * defined here and nowhere else (splitmix64), so that a seed gives the same bytes on every machine.
 */
#ifndef MB_FORMULA_IMPL_H
#define MB_FORMULA_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#define FORMULA_NAME 32 /* bytes of a name, with its final 0 */
#define FORMULA_NAMES 64
#define FORMULA_TABLES 8
#define FORMULA_CODE 96 /* instructions */

/* What formulas can see. Names are added as they are defined; each has a place in values[]. */
struct formula_scope {
	char names[FORMULA_NAMES][FORMULA_NAME];
	int64_t values[FORMULA_NAMES];
	unsigned count;
	char table_names[FORMULA_TABLES][FORMULA_NAME];
	int64_t *tables[FORMULA_TABLES]; /* owned */
	int64_t table_sizes[FORMULA_TABLES];
	unsigned table_count;
	uint64_t seed;
	uint64_t stream; /* state of random() */
};

struct formula {
	char *text; /* NULL: there is none */
	struct {
		unsigned char op;
		int64_t arg;
	} code[FORMULA_CODE];
	unsigned length;
};

/* A place for @name; its index, or -1 when it is no name, exists already or there is no room. */
int formula_add_name(struct formula_scope *scope, const char *name);
/* A table of @size zeroes; its index, or -1. */
int formula_add_table(struct formula_scope *scope, const char *name, int64_t size);
int formula_find_table(const struct formula_scope *scope, const char *name);
void formula_scope_release(struct formula_scope *scope);

/**
 * formula_compile() - check a formula and make it ready.
 * @text: copied.
 * @why:  set to a static sentence when it is not one.
 * @at:   set to where in @text.
 *
 * Return: 0 or -EINVAL. Release with formula_release() in either case.
 */
int formula_compile(struct formula *formula, const char *text, const struct formula_scope *scope,
		    const char **why, const char **at);
void formula_release(struct formula *formula);

/* Evaluate. 0, or -EINVAL with @why set to a static sentence. */
int formula_eval(const struct formula *formula, struct formula_scope *scope, int64_t *value,
		 const char **why);

/* A number from @low to @high that depends on the arguments and on nothing else. */
int64_t formula_pick(uint64_t seed, int64_t stream, int64_t k, int64_t low, int64_t high);

#endif
