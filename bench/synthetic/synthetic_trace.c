/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synthetic_trace.c - running a family's program: operations on a reference instance, and into a trace.
 *
 * The reference is the array with its metadata in the managed memory, which lands where a kernel
 * does: growths are recorded as a captured boot has them, so a generated trace can be replayed and
 * checked with metadata=self (array and linux) as well as with host (all). Where that would take too
 * long (GEN_SELF_MAX), or a family cannot have it, the reference is the tree with its metadata on the
 * host: the same answers, without growths. The same where an array grows inside the hand-over, whose
 * second half depends on the first: a growth recorded behind it would come too late. And where the
 * kernel's arrays would grow into each other, which it does not survive.
 *
 * A family is finite and has no loops but its phases, so it ends; what bounds its time is the largest
 * size that its author allows, and the limit on the operations of a trace.
 */
#include "synthetic/synthetic_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <memblock/replay.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_MAX 100000000
#define GROWTHS_MAX 8             /* inside one operation */
#define SALT_ORDER 0x6f7264657221 /* the stream of shuffled orders */

struct generator {
	const struct gen_family *family;
	struct gen_program *program;
	const struct gen_phase *phase;
	struct gen_summary summary;
	struct mb_trace *trace;
	struct mb_text_error *error;
	struct mb *mb;
	struct mb_growth growths[GROWTHS_MAX];
	unsigned growth_count;
	jmp_buf panicked;
	char panic[160];
};

#define FAIL(g, ...) gen_fail((g)->family, (g)->program, (g)->phase, (g)->error, __VA_ARGS__)

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct generator *g = ctx;

	vsnprintf(g->panic, sizeof(g->panic), fmt, ap);
	longjmp(g->panicked, 1);
}

static void on_growth(void *ctx, const struct mb_growth *growth)
{
	struct generator *g = ctx;

	if (g->growth_count < GROWTHS_MAX)
		g->growths[g->growth_count++] = *growth;
}

/* ---- checkpoints ------------------------------------------------------------------------------- */

static int add_dump(struct generator *g)
{
	struct mb_dump dump = { .line = 0 };
	int rc = 0;

	for (enum mb_which w = MB_MEMORY; w <= MB_RESERVED; w++) {
		struct mb_iter it;
		struct mb_range r;

		dump.size[w] = mb_total_size(g->mb, w);
		dump.regions[w] = calloc((size_t)mb_cnt(g->mb, w) + 1, sizeof(struct mb_region));
		if (!dump.regions[w]) {
			rc = FAIL(g, "out of memory");
			break;
		}
		for (mb_iter_regions(&it, g->mb, w, false); mb_next(&it, &r);)
			if (r.end > r.base)
				dump.regions[w][dump.cnt[w]++] =
					(struct mb_region){ r.base, r.end - r.base, r.flags,
							    mb_printed_node(g->mb, r.nid) };
	}
	if (!rc)
		mb_trace_add_dump(g->trace, &dump, 0);
	for (enum mb_which w = MB_MEMORY; w <= MB_RESERVED; w++)
		free(dump.regions[w]);
	return rc;
}

/* ---- operations -------------------------------------------------------------------------------- */

static int evaluate(struct generator *g, const char *what, const struct formula *formula,
		    int64_t *value)
{
	struct formula_scope *scope = &g->program->scope;
	const char *why;

	if (!formula_eval(formula, scope, value, &why))
		return 0;
	return FAIL(g, "i = %" PRId64 ": %s: %s: '%.100s'", scope->values[0], what, why,
		    formula->text);
}

/* Does @condition hold? 1, 0 or -errno. */
static int holds(struct generator *g, const struct formula *condition)
{
	int64_t value = 1;
	int rc = condition->text ? evaluate(g, "if", condition, &value) : 0;

	return rc ? rc : value != 0;
}

/* The formula of an argument, which has one, into its field. */
static int set_argument(struct generator *g, const struct mb_argument *a,
			const struct formula *formula, struct mb_op *op)
{
	const char *name = mb_op_name(op->kind);
	void *field = (char *)op + a->offset;
	int64_t v;
	int rc = evaluate(g, name, formula, &v);

	if (rc)
		return rc;
	if (v < (a->form == MB_FORM_NODE ? -1 : 0) || (v > 0 && (uint64_t)v > a->max))
		return FAIL(g,
			    "i = %" PRId64 ": %s: an argument out of range: '%.100s' is %" PRId64,
			    g->program->scope.values[0], name, formula->text, v);
	if (a->form == MB_FORM_ALIGN && v & (v - 1))
		return FAIL(g, "%s: align is not a power of two: '%.100s' is %" PRId64, name,
			    formula->text, v);
	if (a->form == MB_FORM_NODE)
		*(int32_t *)field = (int32_t)v;
	else
		*(uint64_t *)field = (uint64_t)v;
	return 0;
}

static int append(struct generator *g, const struct mb_op *op)
{
	if (mb_trace_add(g->trace, op))
		return 0;
	return FAIL(g, "out of memory, or more operations than a trace can have");
}

static int append_growths(struct generator *g)
{
	int rc = 0;

	for (unsigned i = 0; i < g->growth_count && !rc && g->summary.self; i++) {
		struct mb_op op = mb_op_of_growth(&g->growths[i]);

		rc = append(g, &op);
		g->summary.growths++;
	}
	g->growth_count = 0;
	return rc;
}

static int save(struct generator *g, const struct gen_op *from, uint64_t result)
{
	struct formula_scope *scope = &g->program->scope;
	int64_t at;
	int rc = evaluate(g, "at", &from->at, &at);

	if (rc)
		return rc;
	if (at < 0 || at >= scope->table_sizes[from->save])
		return FAIL(g, "i = %" PRId64 ": save: beyond the end of the table: %" PRId64,
			    scope->values[0], at);
	scope->tables[from->save][at] = (int64_t)result;
	return 0;
}

static int run_op(struct generator *g, const struct gen_op *from)
{
	const char *letter = mb_operations[from->op.kind].arguments;
	struct mb_op op = from->op;
	uint64_t got;
	int rc = 0;

	if (op.kind == MB_OP_DUMP)
		return add_dump(g);
	for (unsigned i = 0; letter[i] && !rc; i++)
		if (from->args[i].text)
			rc = set_argument(g, mb_argument_of(letter[i]), &from->args[i], &op);
	if (rc)
		return rc;
	got = mb_op_run(g->mb, &op);
	if (op.kind == MB_OP_FREE_ALL && g->growth_count && g->summary.self) {
		FAIL(g, "an array grows inside the hand-over");
		return -EAGAIN;
	}
	if (mb_op_has_result(op.kind)) {
		op.result = got;
		g->summary.allocs++;
		g->summary.failed += !got;
		if (from->save >= 0)
			rc = save(g, from, got);
	} else if ((int64_t)got < 0 && mb_op_nature(op.kind) != MB_ASKS) {
		rc = FAIL(g, "i = %" PRId64 ": %s: %s", g->program->scope.values[0],
			  mb_op_name(op.kind), strerror((int)-(int64_t)got));
	}
	if (!rc)
		rc = append(g, &op);
	return rc ? rc : append_growths(g);
}

/* ---- phases ------------------------------------------------------------------------------------ */

/* The values of i in the order of the phase; NULL where it is computed. */
static int make_order(struct generator *g, int64_t n, uint32_t **order)
{
	int64_t stream = SALT_ORDER + (g->phase - g->program->phases);

	*order = NULL;
	if (g->phase->order != GEN_SHUFFLED)
		return 0;
	*order = malloc(((size_t)n + 1) * sizeof(**order));
	if (!*order)
		return FAIL(g, "out of memory");
	for (int64_t i = 0; i < n; i++)
		(*order)[i] = (uint32_t)i;
	for (int64_t i = n - 1; i > 0; i--) {
		int64_t j = formula_pick(g->program->scope.seed, stream, i, 0, i);
		uint32_t swap = (*order)[i];

		(*order)[i] = (*order)[j];
		(*order)[j] = swap;
	}
	return 0;
}

static int run_turn(struct generator *g, int64_t i)
{
	struct formula_scope *scope = &g->program->scope;
	const struct gen_phase *phase = g->phase;
	int rc = 0;

	scope->values[0] = i;
	for (unsigned k = 0; k < phase->let_count && !rc; k++)
		rc = evaluate(g, "let", &phase->lets[k], &scope->values[phase->let_places[k]]);
	if (!rc)
		rc = holds(g, &phase->condition);
	if (rc <= 0)
		return rc;
	rc = 0;
	for (unsigned k = 0; k < phase->op_count && !rc; k++) {
		rc = holds(g, &phase->ops[k].condition);
		if (rc > 0)
			rc = run_op(g, &phase->ops[k]);
	}
	return rc;
}

static int run_phase(struct generator *g)
{
	int64_t n = 1;
	uint32_t *order;
	int rc = 0;

	if (g->phase->repeat.text)
		rc = evaluate(g, "repeat", &g->phase->repeat, &n);
	if (!rc && (n < 0 || n > REPEAT_MAX))
		rc = FAIL(g, "repeat: out of range: '%.100s' is %" PRId64, g->phase->repeat.text,
			  n);
	if (!rc)
		rc = make_order(g, n, &order);
	if (rc)
		return rc;
	g->program->scope.values[1] = n;
	for (int64_t i = 0; i < n && !rc; i++)
		rc = run_turn(g, order                             ? order[i] :
				 g->phase->order == GEN_DESCENDING ? n - 1 - i :
								     i);
	free(order);
	return rc;
}

static int run_phases(struct generator *g)
{
	int rc = 0;

	for (unsigned i = 0; i < g->program->phase_count && !rc; i++) {
		g->phase = &g->program->phases[i];
		rc = run_phase(g);
	}
	return rc ? rc : add_dump(g);
}

/* A panic leaks what a phase had allocated: it is the end of an attempt, and rare. */
static int run_program(struct generator *g)
{
	if (setjmp(g->panicked)) {
		FAIL(g, "i = %" PRId64 ": the reference panics: %s", g->program->scope.values[0],
		     g->panic);
		return g->summary.self ? -EAGAIN : -EINVAL;
	}
	return run_phases(g);
}

/* ---- the whole --------------------------------------------------------------------------------- */

static int64_t size_of(const struct gen_family *family, const struct gen_settings *settings)
{
	for (unsigned i = 0; i < family->param_count; i++)
		if (!strcmp(family->params[i].name, "size"))
			return settings->values[i];
	return 0;
}

/* "gen NAME key=value ...": the command that makes it again. */
static char *command(const struct gen_family *family, const struct gen_settings *settings)
{
	char text[1024];
	size_t used = (size_t)snprintf(text, sizeof(text), "gen %.64s", family->name);

	for (unsigned i = 0; i < family->param_count && used < sizeof(text) - 64; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " %.31s=%" PRId64,
					 family->params[i].name, settings->values[i]);
	snprintf(text + used, sizeof(text) - used, " profile=%s", settings->profile->name);
	return strdup(text);
}

static int make_reference(struct generator *g)
{
	struct mb_machine machine = g->trace->machine;
	struct mb_hooks hooks = { .ctx = g, .panic = on_panic, .grew = on_growth };
	struct mb_variant_spec spec;
	char why[256];
	int rc;

	machine.metadata = g->summary.self ? MB_METADATA_SELF : MB_METADATA_HOST;
	if (mb_variant_parse(g->summary.self ? "array" : "rbtree", &spec, why, sizeof(why)))
		return FAIL(g, "no reference: %s", why);
	rc = mb_create(&machine, &hooks, &spec, &g->mb);
	if (rc)
		return FAIL(g, "cannot create an instance: %s", strerror(-rc));
	mb_set_zeroing(g->mb, false);
	return 0;
}

/* One attempt; -EAGAIN: only without growths. */
static int make_trace(struct generator *g, const struct gen_settings *settings, const char *source)
{
	int rc;

	g->trace = mb_trace_new(source, "generated");
	if (!g->trace)
		return FAIL(g, "out of memory");
	g->trace->machine = g->family->machine;
	g->trace->machine.profile = settings->profile;
	rc = gen_program_make(g->family, settings, g->program, g->error);
	if (!rc)
		rc = make_reference(g);
	if (!rc)
		rc = run_program(g);
	gen_program_release(g->program);
	mb_destroy(g->mb);
	g->mb = NULL;
	if (rc)
		mb_trace_free(g->trace);
	else
		mb_trace_seal(g->trace);
	return rc;
}

int gen_trace(const struct gen_family *family, const struct gen_settings *settings,
	      struct mb_trace **out, struct gen_summary *summary, struct mb_text_error *error)
{
	struct gen_program *program = calloc(1, sizeof(*program));
	bool self = !family->host && size_of(family, settings) <= GEN_SELF_MAX;
	char *source = command(family, settings);
	int rc = -ENOMEM;

	snprintf(error->text, sizeof(error->text), "%s: out of memory", family->name);
	for (; program && source; self = false) {
		struct generator g = { .family = family, .error = error, .program = program };

		g.summary.self = self;
		rc = make_trace(&g, settings, source);
		if (self && rc == -EAGAIN)
			continue;
		if (!rc)
			*out = g.trace;
		if (!rc && summary)
			*summary = g.summary;
		break;
	}
	free(program);
	free(source);
	return rc;
}
