/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_shrink.c - from a thousand operations that end in a difference to the few that cause it.
 *
 * The search is that of shrink.c. Any difference counts, not only the first one seen, since operations
 * lead to one fault in several ways; but not a weaker one. What is returned or held may not become what only a
 * question of ours shows, which no caller would see. Whether an operation may be run at all is judged while it runs
 * (verify_survive.c), so leaving things out cannot make the rest ask for what a kernel does not survive.
 *
 * Iterations and queries are compared at the end of a try only. A fault that needs them therefore has
 * its last operation just before them.
 */
#include "verify/verify_impl.h"

#include <stdio.h>
#include <string.h>

#include "shrink/shrink.h"

size_t verify_again(struct verify_lab *lab, int only, const struct mb_op *ops, size_t count)
{
	verify_lab_begin(lab);
	lab->again = true;
	for (int i = 0; i < lab->count; i++)
		lab->instances[i].left = only >= 0 && i != lab->reference && i != only;
	for (size_t i = 0; i < count; i++) {
		switch (verify_step(lab, &ops[i], i + 1 == count)) {
		case VERIFY_DIFFERS:
			return i + 1;
		case VERIFY_OVER:
			return 0;
		default:
			break;
		}
	}
	return 0;
}

struct against {
	struct verify_lab *lab;
	int differs; /* the instance that takes part besides the reference */
};

static size_t differs_after(void *ctx, const struct mb_op *ops, size_t count)
{
	struct against *against = ctx;

	return verify_again(against->lab, against->differs, ops, count);
}

void verify_keep_kind(struct verify_lab *lab, enum verify_what found)
{
	lab->weakest = found > VERIFY_CHECK ? found : VERIFY_CHECK;
}

size_t verify_shrink(struct verify_lab *lab, struct mb_op *ops, size_t count, unsigned ms)
{
	struct against against = { lab, lab->differs };
	struct shrink s = {
		.shows = differs_after,
		.ctx = &against,
		.simplify = true,
		.until_ms = shrink_now_ms() + ms,
	};

	lab->shrinking = true;
	verify_keep_kind(lab, lab->kind);
	count = shrink_ops(&s, ops, count);
	differs_after(&against, ops, count); /* lab->what is of this one */
	return count;
}

/* ---- as a trace -------------------------------------------------------------------------------- */

/* What the reference holds, as a checkpoint. */
static void add_dump(struct mb_trace *trace, struct verify_lab *lab)
{
	struct mb_dump dump = { 0 };

	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		dump.cnt[w] = lab->cnt[w];
		dump.regions[w] = lab->regions[w];
		dump.size[w] = lab->total[w];
		for (uint32_t i = 0; i < lab->cnt[w]; i++) {
			struct mb_region *r = &lab->regions[w][i];

			if (lab->machine.no_numa || r->nid < 0 ||
			    r->nid >= (int)mb_max_numnodes(lab->instances[lab->reference].mb))
				r->nid = -1;
		}
	}
	mb_trace_add_dump(trace, &dump, 0);
}

/* With metadata=self the growth of the reference is what to expect. */
static void add_growths(struct mb_trace *trace, const struct verify_instance *ref)
{
	for (unsigned i = 0; i < ref->grown_count; i++) {
		struct mb_op op = mb_op_of_growth(&ref->grown[i]);

		mb_trace_add(trace, &op);
	}
}

struct mb_trace *verify_trace(struct verify_lab *lab, const struct mb_op *ops, size_t count,
			      const char *source)
{
	struct verify_instance *ref = &lab->instances[lab->reference];
	struct mb_trace *trace = mb_trace_new(source, "trace");
	char what[sizeof(lab->what)];

	if (!trace)
		return NULL;
	memcpy(what, lab->what, sizeof(what));
	what[strcspn(what, "\n")] = '\0';
	mb_trace_warn(trace, 0, "%s", what);
	trace->machine = lab->machine;
	verify_lab_begin(lab);
	for (size_t i = 0; i < count; i++) {
		struct mb_op op = ops[i];
		enum verify_verdict verdict = verify_step(lab, &op, false);

		if (verdict == VERIFY_SKIPPED)
			continue;
		if (mb_op_has_result(op.kind))
			op.result = ref->did.value;
		mb_trace_add(trace, &op);
		if (lab->machine.metadata == MB_METADATA_SELF)
			add_growths(trace, ref);
	}
	if (!ref->did.panicked && !ref->did.signal)
		add_dump(trace, lab);
	return trace;
}

void verify_print_operation(const struct mb_op *op)
{
	char text[1280], *result;

	mb_op_text(op, text, sizeof(text));
	result = strstr(text, " => ");
	if (result) /* whose? */
		*result = '\0';
	printf("  %s\n", text);
}
