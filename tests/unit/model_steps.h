/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model_steps.h - one random call: drawn, told, made on an instance and on the model.
 */
#ifndef TESTS_MODEL_STEPS_H
#define TESTS_MODEL_STEPS_H

#include "model.h"

enum kind {
	ADD,
	ADD_NODE,
	REMOVE,
	RESERVE,
	FREE,
	PHYSMEM,
	HOTPLUG,
	UNHOTPLUG,
	MIRROR,
	NOMAP,
	UNNOMAP,
	NOINIT,
	NODE,
	RESERVED_NODE,
	TRIM,
	ENFORCE,
	CAP,
	REMOVE_MAP,
	DIRECTION,
	LIMIT,
	PHYS_RANGE,
	CORE,
	VIRTUAL,
	EXACT,
	FIND,
	QUERY,
	RESERVE_KERN,
	RESERVE_NODE,
	MARK_KERN,
	SCRATCH,
	UNSCRATCH,
	SCRATCH_AREA,
	SCRATCH_ONLY,
	HUGETLB,
	FLAGGED_SIZE,
	KINDS
};

struct step {
	enum kind kind;
	unsigned first, end; /* units */
	uint64_t base, size; /* the same in bytes, or the size of a request */
	uint64_t align, lo, hi;
	int nid;
	uint32_t flags;
	bool on;
};

/* Where all random numbers come from; the same start gives the same ones. */
extern uint64_t random_state;
uint64_t random64(void);
unsigned below(unsigned n);

/* A node that is there, none, or one out of range. */
int random_node(const struct mb_machine *machine);
struct step random_step(const struct model *m);
void describe_step(const struct step *s, char *text, size_t size);

/* The result of @s as a number: a status, an address, or what was looked up. */
uint64_t run_step(struct mb *mb, const struct step *s);
/* The same of the model; to a QUERY it has no answer. */
uint64_t run_on_model(struct model *m, const struct step *s);

#endif
