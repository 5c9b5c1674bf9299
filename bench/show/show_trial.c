/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_trial.c - "what if": a boot once more, with other slots or without some of its operations.
 *
 * The instance is `array` with metadata=self, so it grows when and where a kernel does; captured
 * growths are not executed. A panic ends a trial and is its result.
 */
#include "show/show_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct running {
	const struct trial *t;
	struct outcome *o;
	struct growth *grown;
	size_t room, at;
	jmp_buf panicked;
};

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct running *run = ctx;

	(void)fmt, (void)ap;
	run->o->panicked = true;
	run->o->panicked_at = run->at + 1;
	longjmp(run->panicked, 1);
}

static void on_growth(void *ctx, const struct mb_growth *g)
{
	struct running *run = ctx;
	struct outcome *o = run->o;

	if (g->which <= MB_RESERVED)
		o->growths[g->which]++;
	o->copied += g->old_size ? g->old_size : g->size / 2;
	if (o->grown_count == run->room) {
		size_t room = run->room ? run->room * 2 : 8;
		struct growth *more = realloc(run->grown, room * sizeof(*more));

		if (!more)
			return;
		run->grown = more;
		run->room = room;
	}
	run->grown[o->grown_count++] = (struct growth){ run->at + 1, *g, -1 };
}

static void run_one(struct running *run, struct mb *mb, const struct mb_op *captured)
{
	struct mb_op op = *captured;
	struct outcome *o = run->o;
	char name[64];

	if (op.kind == MB_OP_GREW || op.kind == MB_OP_DUMP)
		return;
	if (run->t->without) {
		show_caller_name(&op, name);
		if (!strcmp(name, run->t->without))
			return;
	}
	if (run->t->unaligned) {
		while (op.align > 8 && op.align / 2 >= op.size)
			op.align /= 2;
	}
	if (mb_op_run(mb, &op) == (uint64_t) - (int64_t)MB_ENOMEM)
		o->no_room++;
	for (unsigned w = MB_MEMORY; w <= MB_RESERVED; w++)
		if (mb_cnt(mb, w) > o->peak[w])
			o->peak[w] = mb_cnt(mb, w);
}

int show_try(const struct sight *s, const struct trial *t, struct outcome *o)
{
	struct running run = { .t = t, .o = o };
	struct mb_hooks hooks = { .ctx = &run, .panic = on_panic, .grew = on_growth };
	struct mb_machine machine = s->trace->machine;
	struct mb_variant_spec spec;
	struct mb *mb;
	char why[128];
	int rc;

	memset(o, 0, sizeof(*o));
	machine.metadata = MB_METADATA_SELF;
	if (t->slots[MB_MEMORY])
		machine.memory_slots = t->slots[MB_MEMORY];
	if (t->slots[MB_RESERVED])
		machine.reserved_slots = t->slots[MB_RESERVED];
	rc = mb_variant_parse("array", &spec, why, sizeof(why));
	if (!rc)
		rc = mb_create(&machine, &hooks, &spec, &mb);
	if (rc)
		return rc;
	mb_set_zeroing(mb, false);
	if (!setjmp(run.panicked)) {
		for (; run.at < s->trace->count; run.at++)
			run_one(&run, mb, &s->trace->ops[run.at]);
	}
	for (size_t i = 0; i < o->grown_count; i++) {
		struct mb_region r;

		if (mb_search(mb, MB_MEMORY, run.grown[i].g.base, &r))
			run.grown[i].node = show_node(s, r.nid);
	}
	mb_destroy(mb);
	if (t->grown)
		*t->grown = run.grown;
	else
		free(run.grown);
	return 0;
}
