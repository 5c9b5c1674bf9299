/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synthetic.h - traces of synthetic workloads, made from the families in workloads/synthetic/.
 *
 *     NAME.json --> family --> program --> struct mb_trace
 *                           ^           ^
 *          key=value settings           a reference instance
 *
 *     synthetic_family.c    reads a definition, and finds one by its name
 *     synthetic_program.c   compiles its formulas (formula.c evaluates them)
 *     synthetic_trace.c     runs the program
 *
 * A family is data: parameters, and phases that repeat trace operations whose arguments are formulas
 * (formula_impl.h). docs/workloads.md is the page for people who write one.
 *
 * While a trace is made its operations run on a reference instance, so that it carries what each
 * allocation gave and how the arrays grew, as a captured boot does, and so that later operations can
 * name earlier results.
 */
#ifndef MB_SYNTHETIC_H
#define MB_SYNTHETIC_H

#include <jansson.h>
#include <memblock/trace.h>

#define GEN_PREFIX "gen:" /* of a workload's name: gen:FAMILY[:KEY=VALUE...] */
#define GEN_PARAMS 16

/* Above this size the reference is not the kernel's array in the managed memory any more, because
 * building a million of its regions would take an hour, and growth is not in the trace. */
#define GEN_SELF_MAX 100000

struct gen_param {
	const char *name, *about;
	int64_t preset, min, max;
};

struct gen_family {
	char *path;
	json_t *root; /* owns the strings below */
	const char *name, *title, *problem, *source;
	const struct mb_profile *profile;
	struct mb_machine machine;
	bool host; /* never with metadata in the managed memory */
	struct gen_param params[GEN_PARAMS];
	unsigned param_count;
};

/* What one trace is made with. */
struct gen_settings {
	int64_t values[GEN_PARAMS];
	const struct mb_profile *profile;
};

/* What came out, for people. */
struct gen_summary {
	uint64_t allocs, failed, growths;
	bool self; /* the reference had its metadata in the managed memory */
};

/**
 * gen_family_load() - read and check a definition, every formula of it.
 *
 * Return: 0 or -errno with @error set: FILE:LINE for what is not JSON, FILE and the phase otherwise.
 */
int gen_family_load(const char *path, struct gen_family **out, struct mb_text_error *error);
/* The same by name, among those that come with the program. */
int gen_family_find(const char *name, struct gen_family **out, struct mb_text_error *error);
void gen_family_free(struct gen_family *family);

/* All as the family's author chose. */
void gen_settings_preset(const struct gen_family *family, struct gen_settings *settings);
/* Change one by "KEY=VALUE". */
int gen_settings_set(const struct gen_family *family, struct gen_settings *settings,
		     const char *text, size_t length, struct mb_text_error *error);

/* Make the trace. @summary may be NULL. 0 or -errno with @error set. */
int gen_trace(const struct gen_family *family, const struct gen_settings *settings,
	      struct mb_trace **out, struct gen_summary *summary, struct mb_text_error *error);

/* Is @name one of a generated workload? Then gen_load() makes it. @profile NULL: the family's. */
bool gen_is_name(const char *name);
int gen_load(const char *name, const struct mb_profile *profile, struct mb_trace **out,
	     struct mb_text_error *error);

#endif
