/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synthetic_impl.h - a family's program, which synthetic_program.c makes, synthetic_family.c checks and
 * synthetic_trace.c runs.
 */
#ifndef MB_SYNTHETIC_IMPL_H
#define MB_SYNTHETIC_IMPL_H

#include "synthetic/formula_impl.h"
#include "synthetic/synthetic.h"

#define GEN_LETS 16
#define GEN_OPS 16
#define GEN_PHASES 32
#define GEN_ARGS 8

/* An operation of a phase: with the arguments that are words, and formulas of the others in the order of its
 * letters. */
struct gen_op {
	struct mb_op op;
	struct formula condition; /* no text: always */
	struct formula args[GEN_ARGS];
	int save; /* table that gets the result, or -1 */
	struct formula at;
};

struct gen_phase {
	const char *about;
	enum { GEN_ASCENDING, GEN_DESCENDING, GEN_SHUFFLED } order;
	struct formula repeat, condition;
	int let_places[GEN_LETS];
	struct formula lets[GEN_LETS];
	unsigned let_count;
	struct gen_op *ops;
	unsigned op_count;
};

struct gen_program {
	const struct gen_family *family;
	struct formula_scope scope; /* values[0] is i, values[1] is n */
	struct gen_phase phases[GEN_PHASES];
	unsigned phase_count;
};

/* Make one; release it in either case. 0 or -errno with @error set. */
int gen_program_make(const struct gen_family *family, const struct gen_settings *settings,
		     struct gen_program *program, struct mb_text_error *error);
void gen_program_release(struct gen_program *program);

/* "PATH: phase 3 'text': WHAT". Return: -EINVAL. */
int gen_fail(const struct gen_family *family, const struct gen_program *program,
	     const struct gen_phase *phase, struct mb_text_error *error, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
