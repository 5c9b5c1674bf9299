/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synthetic_program.c - a family with its settings, compiled: every formula checked, every name resolved.
 *
 * Operations are those of traces, with their arguments under the keys that operations.def gives them; a
 * new kind of operation needs nothing here. What is left out has the value that most callers in a
 * kernel pass.
 */
#include "synthetic/synthetic_impl.h"

#include <errno.h>
#include <memblock/variant.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/nearest.h"

int gen_fail(const struct gen_family *family, const struct gen_program *program,
	     const struct gen_phase *phase, struct mb_text_error *error, const char *fmt, ...)
{
	char what[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (phase)
		snprintf(error->text, sizeof(error->text), "%.100s: phase %d '%.60s': %s",
			 family->path, (int)(phase - program->phases) + 1,
			 phase->about ? phase->about : "", what);
	else
		snprintf(error->text, sizeof(error->text), "%.100s: %s", family->path, what);
	return -EINVAL;
}

/* What is being compiled. */
struct maker {
	const struct gen_family *family;
	struct gen_program *program;
	struct gen_phase *phase; /* NULL: none yet */
	struct mb_text_error *error;
};

#define FAIL(m, ...) gen_fail((m)->family, (m)->program, (m)->phase, (m)->error, __VA_ARGS__)

/* The formula of @key: a string, or a number. */
static int compile(struct maker *m, const char *key, json_t *value, struct formula *formula)
{
	const char *why, *at;
	char number[32];
	const char *text = json_string_value(value);

	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		text = number;
	}
	if (!text)
		return FAIL(m, "'%s' takes a formula", key);
	if (!formula_compile(formula, text, &m->program->scope, &why, &at))
		return 0;
	return FAIL(m, "%s: %s at '%.40s' in '%.100s'", key, why, at, text);
}

static int evaluate(struct maker *m, const char *key, json_t *value, int64_t *result)
{
	struct formula formula = { 0 };
	int rc = compile(m, key, value, &formula);
	const char *why;

	if (!rc && formula_eval(&formula, &m->program->scope, result, &why))
		rc = FAIL(m, "%s: %s: '%.100s'", key, why, formula.text);
	formula_release(&formula);
	return rc;
}

/* ---- operations -------------------------------------------------------------------------------- */

/* Is it an argument that is a word, and never a formula? */
static bool is_word(const struct mb_argument *a)
{
	return a->form == MB_FORM_FLAGS || a->form == MB_FORM_FLAG_SET ||
	       a->form == MB_FORM_FLAG_CLEARED || a->form == MB_FORM_COLLECTION;
}

/* Argument number @n of the operation, with @value as given or NULL. */
static int make_argument(struct maker *m, struct gen_op *op, unsigned n,
			 const struct mb_argument *a, json_t *value)
{
	const char *name = mb_op_name(op->op.kind), *text;
	json_t *made = NULL;
	int rc = 0;

	if (!value && !a->preset)
		return FAIL(m, "%s: '%s' is missing", name, a->key);
	if (!value)
		value = made = json_string(a->preset);
	text = json_string_value(value);
	if (a->form == MB_FORM_TEXT) {
		op->op.text = text; /* the family has it */
		if (!text || strlen(text) > MB_TRACE_TEXT_MAX)
			rc = FAIL(m, "%s: '%s' takes a text of at most %u bytes", name, a->key,
				  MB_TRACE_TEXT_MAX);
	} else if (!text || !mb_argument_read(a, text, strlen(text), &op->op)) {
		if (!is_word(a))
			rc = compile(m, a->key, value, &op->args[n]);
		else
			rc = FAIL(m, "%s: %s: %s", name, a->key,
				  a->form == MB_FORM_COLLECTION ?
					  "memory, reserved or physmem" :
					  "not names of attributes joined by |");
	}
	json_decref(made);
	return rc;
}

/* The argument of @op with that key; NULL: it has none. */
static const struct mb_argument *find_argument(const struct gen_op *op, const char *key)
{
	for (const char *at = mb_operations[op->op.kind].arguments; *at; at++) {
		const struct mb_argument *a = mb_argument_of(*at);

		if (a->key && !strcmp(a->key, key))
			return a;
	}
	return NULL;
}

/* Is @key one that operation @op can have? */
static bool is_known_key(const struct gen_op *op, const char *key)
{
	if (!strcmp(key, "op") || !strcmp(key, "if"))
		return true;
	if (!strcmp(key, "save") || !strcmp(key, "at"))
		return mb_op_has_result(op->op.kind);
	return find_argument(op, key);
}

static int make_save(struct maker *m, struct gen_op *op, json_t *json)
{
	json_t *save = json_object_get(json, "save"), *at = json_object_get(json, "at");
	const char *table = json_string_value(save);
	json_t *made = at ? NULL : json_string("i");
	int rc = 0;

	op->save = -1;
	if (save || at) {
		op->save = table ? formula_find_table(&m->program->scope, table) : -1;
		if (op->save < 0)
			rc = FAIL(m, "save: not the name of a table");
		else
			rc = compile(m, "at", at ? at : made, &op->at);
	}
	json_decref(made);
	return rc;
}

static int unknown_operation(struct maker *m, const char *name)
{
	struct nearest nearest = nearest_to(name, strlen(name));

	for (unsigned kind = 0; kind < MB_OP_KINDS; kind++)
		nearest_offer(&nearest, mb_op_name(kind), strlen(mb_op_name(kind)));
	return FAIL(m, "unknown operation '%.40s'%s", name, nearest_words(&nearest));
}

static int make_op(struct maker *m, struct gen_op *op, json_t *json)
{
	const char *name = json_string_value(json_object_get(json, "op")), *key, *letter;
	json_t *value = json_object_get(json, "if");
	enum mb_op_kind kind;
	unsigned n = 0;
	int rc = 0;

	if (!name)
		return FAIL(m, "an operation without 'op'");
	kind = mb_op_find(name, strlen(name));
	if (kind == MB_OP_KINDS || (mb_op_nature(kind) == MB_NOTES && kind != MB_OP_DUMP))
		return unknown_operation(m, name);
	op->op.kind = kind;
	if (value)
		rc = compile(m, "if", value, &op->condition);
	json_object_foreach(json, key, value)
	{
		if (!rc && !is_known_key(op, key))
			rc = FAIL(m, "%s: unknown key '%.40s'", name, key);
	}
	for (letter = mb_operations[kind].arguments; *letter && !rc; letter++) {
		const struct mb_argument *a = mb_argument_of(*letter);

		if (a->key)
			rc = make_argument(m, op, n++, a, json_object_get(json, a->key));
	}
	return rc ? rc : make_save(m, op, json);
}

/* ---- phases ------------------------------------------------------------------------------------ */

static int make_order(struct maker *m, const char *text)
{
	static const char *const names[] = { "ascending", "descending", "shuffled" };

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(names[i], text))
			continue;
		m->phase->order = i;
		return 0;
	}
	return FAIL(m, "unknown order '%.40s'; ascending, descending or shuffled", text);
}

static int make_lets(struct maker *m, json_t *lets)
{
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach(lets, key, value)
	{
		unsigned n = m->phase->let_count;

		if (n == GEN_LETS)
			return FAIL(m, "let: more than %d", GEN_LETS);
		rc = compile(m, key, value, &m->phase->lets[n]);
		if (rc)
			return rc;
		m->phase->let_places[n] = formula_add_name(&m->program->scope, key);
		m->phase->let_count++;
		if (m->phase->let_places[n] < 0)
			return FAIL(m, "let: '%.40s' cannot be a name, or is one already", key);
	}
	return 0;
}

static int make_phase(struct maker *m, json_t *json)
{
	const char *about = NULL, *order = "ascending";
	json_t *repeat = NULL, *condition = NULL, *let = NULL, *ops = NULL, *op;
	unsigned names = m->program->scope.count;
	json_error_t why;
	size_t i;
	int rc;

	if (json_unpack_ex(json, &why, JSON_STRICT, "{s:s, s?o, s?s, s?o, s?o, s:o}", "about",
			   &about, "repeat", &repeat, "order", &order, "let", &let, "if",
			   &condition, "do", &ops))
		return FAIL(m, "%s", why.text);
	m->phase->about = about;
	if (!json_array_size(ops) || json_array_size(ops) > GEN_OPS)
		return FAIL(m, "'do' takes 1 to %d operations", GEN_OPS);
	m->phase->ops = calloc(json_array_size(ops), sizeof(*m->phase->ops));
	if (!m->phase->ops)
		return FAIL(m, "out of memory");
	rc = make_order(m, order);
	if (!rc && repeat)
		rc = compile(m, "repeat", repeat, &m->phase->repeat);
	if (!rc)
		rc = make_lets(m, let);
	if (!rc && condition)
		rc = compile(m, "if", condition, &m->phase->condition);
	json_array_foreach(ops, i, op)
	{
		if (!rc)
			rc = make_op(m, &m->phase->ops[m->phase->op_count++], op);
	}
	m->program->scope.count = names; /* a phase's names end with it */
	return rc;
}

/* ---- the family -------------------------------------------------------------------------------- */

static int make_names(struct maker *m, const struct gen_settings *settings)
{
	struct formula_scope *scope = &m->program->scope;
	const char *key;
	json_t *value;

	formula_add_name(scope, "i");
	formula_add_name(scope, "n");
	for (unsigned i = 0; i < m->family->param_count; i++) {
		int place = formula_add_name(scope, m->family->params[i].name);

		if (place < 0)
			return FAIL(m, "parameter '%.40s' cannot be a name",
				    m->family->params[i].name);
		scope->values[place] = settings->values[i];
		if (!strcmp(m->family->params[i].name, "seed"))
			scope->seed = scope->stream = (uint64_t)settings->values[i];
	}
	json_object_foreach(json_object_get(m->family->root, "let"), key, value)
	{
		int64_t result;
		int place, rc = evaluate(m, key, value, &result);

		if (rc)
			return rc;
		place = formula_add_name(scope, key);
		if (place < 0)
			return FAIL(m, "let: '%.40s' cannot be a name, or is one already", key);
		scope->values[place] = result;
	}
	json_object_foreach(json_object_get(m->family->root, "tables"), key, value)
	{
		int64_t size;
		int rc = evaluate(m, key, value, &size);

		if (rc)
			return rc;
		if (formula_add_table(scope, key, size) < 0)
			return FAIL(m, "tables: '%.40s' cannot be a name, or is too large", key);
	}
	return 0;
}

int gen_program_make(const struct gen_family *family, const struct gen_settings *settings,
		     struct gen_program *program, struct mb_text_error *error)
{
	struct maker m = { family, program, NULL, error };
	json_t *phases = json_object_get(family->root, "phases"), *phase;
	size_t i;
	int rc;

	memset(program, 0, sizeof(*program));
	program->family = family;
	rc = make_names(&m, settings);
	if (!rc && (!json_array_size(phases) || json_array_size(phases) > GEN_PHASES))
		rc = FAIL(&m, "'phases' takes 1 to %d phases", GEN_PHASES);
	json_array_foreach(phases, i, phase)
	{
		if (rc)
			break;
		m.phase = &program->phases[program->phase_count++];
		rc = make_phase(&m, phase);
	}
	return rc;
}

static void release_op(struct gen_op *op)
{
	formula_release(&op->condition);
	formula_release(&op->at);
	for (unsigned i = 0; i < GEN_ARGS; i++)
		formula_release(&op->args[i]);
}

void gen_program_release(struct gen_program *program)
{
	for (unsigned i = 0; i < program->phase_count; i++) {
		struct gen_phase *phase = &program->phases[i];

		formula_release(&phase->repeat);
		formula_release(&phase->condition);
		for (unsigned k = 0; k < GEN_LETS; k++)
			formula_release(&phase->lets[k]);
		for (unsigned k = 0; k < phase->op_count; k++)
			release_op(&phase->ops[k]);
		free(phase->ops);
	}
	formula_scope_release(&program->scope);
	memset(program, 0, sizeof(*program));
}
