/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_compare.c - did all instances do the same?
 *
 * After each step, cheapest first: results, panics, warnings, log lines, growth, what the page allocator,
 * the leak tracer and the hook for acceptance were told, which bytes were zeroed; then counts, totals and
 * every region of every collection; the store's own invariants; two iterations of those that mb_ask()
 * knows, chosen by the number of the step; and now and then (`deep`) all of them, and its queries.
 *
 * An instance that need not be exact has arrays in other places, so its reserved collection and the
 * addresses of its allocations are its own. Then it is the sense that is checked: what it hands out is
 * aligned, lies in one region of memory within the bounds, and was not reserved before (reserved grew
 * by exactly that much).
 */
#include "verify/verify_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_ALWAYS = 160, CHECK_EVERY = 8 }; /* regions; steps in larger states */

/* It differs, and lab->what says how. True: that is known, and the comparison goes on. */
__attribute__((format(printf, 4, 5))) static bool differ(struct verify_lab *lab,
							 struct verify_instance *inst,
							 enum verify_what what, const char *fmt,
							 ...)
{
	const char *name = lab->instances[lab->reference].spec->name;
	va_list ap;
	int n;

	if (inst->left || what > lab->weakest) /* by what was known of it */
		return true;
	lab->kind = what;
	lab->differs = (int)(inst - lab->instances);
	lab->alone = lab->alone || lab->differs == lab->reference;
	if (lab->alone)
		n = snprintf(lab->what, sizeof(lab->what), "%s: ", inst->spec->name);
	else
		n = snprintf(lab->what, sizeof(lab->what), "%s against %s: ", inst->spec->name,
			     name);
	va_start(ap, fmt);
	vsnprintf(lab->what + n, sizeof(lab->what) - (size_t)n, fmt, ap);
	va_end(ap);
	return verify_set_aside(lab, inst, what);
}

static unsigned collections(const struct verify_lab *lab)
{
	return mb_collections(&lab->machine);
}

/* ---- what happened ----------------------------------------------------------------------------- */

static bool same_slots(const struct verify_instance *a, const struct verify_instance *b)
{
	/* Not only now: they may have grown to the same number since, perhaps in this very step. */
	for (unsigned w = 0; w < collections(a->lab); w++)
		if (mb_max(a->mb, w) != mb_max(b->mb, w) ||
		    a->static_slots[w] != b->static_slots[w])
			return false;
	return a->spec->params[MB_PARAM_GROWTH] == b->spec->params[MB_PARAM_GROWTH];
}

static bool out_of_room(const struct verify_instance *inst)
{
	return inst->did.panicked || inst->did.value == (uint64_t)-ENOMEM;
}

static const char *ending(const struct verify_instance *inst)
{
	return inst->did.panicked ? inst->panic : "no panic";
}

/* Texts that are the kernel's too must be the same; its BUG() says where it is, not what. */
static bool is_known_panic(const char *text)
{
	return strstr(text, "cannot resize") || strstr(text, "Failed to allocate");
}

static bool same_panic(const struct verify_instance *a, const struct verify_instance *b)
{
	bool known = is_known_panic(a->panic), other = is_known_panic(b->panic);

	if (a->did.panicked != b->did.panicked)
		return false;
	return !a->did.panicked || (known == other && (!known || !strcmp(a->panic, b->panic)));
}

static bool same_event(const struct verify_event *x, const struct verify_event *y)
{
	return x->what == y->what && x->a == y->a && x->b == y->b && x->c == y->c;
}

/* Say what was told from the first difference on. */
static bool differ_in_events(struct verify_lab *lab, struct verify_instance *inst)
{
	const struct verify_instance *ref = &lab->instances[lab->reference];
	const struct verify_instance *both[2] = { inst, ref };
	char text[2][384] = { "" };
	unsigned first = 0;

	while (first < VERIFY_EVENTS && first < inst->event_count && first < ref->event_count &&
	       same_event(&inst->events[first], &ref->events[first]))
		first++;
	for (unsigned k = 0; k < 2; k++) {
		size_t used = 0;

		for (unsigned i = first; i < both[k]->event_count && i < VERIFY_EVENTS; i++) {
			const struct verify_event *e = &both[k]->events[i];

			if (used + 80 > sizeof(text[k]))
				break;
			used += (size_t)snprintf(text[k] + used, sizeof(text[k]) - used,
						 "    %s 0x%" PRIx64 " 0x%" PRIx64 " %d\n", e->what,
						 e->a, e->b, e->c);
		}
	}
	return differ(lab, inst, VERIFY_TOLD, "the hooks are told, from call %u on:\n%s  not:\n%s",
		      first + 1, text[0], text[1]);
}

static bool same_outcome(struct verify_lab *lab, const struct verify_instance *ref,
			 struct verify_instance *inst)
{
	const struct verify_outcome *did = &inst->did, *want = &ref->did;

	if (!same_panic(ref, inst) &&
	    !differ(lab, inst, VERIFY_PANIC, "%s; not: %s", ending(inst), ending(ref)))
		return false;
	if (want->panicked)
		return true;
	if (did->value != want->value &&
	    !differ(lab, inst, VERIFY_RETURNS, "returns 0x%" PRIx64 ", not 0x%" PRIx64, did->value,
		    want->value))
		return false;
	if (did->warnings != want->warnings &&
	    !differ(lab, inst, VERIFY_WARNINGS, "%" PRIu64 " warnings, not %" PRIu64, did->warnings,
		    want->warnings))
		return false;
	if (did->lines != want->lines &&
	    !differ(lab, inst, VERIFY_LINES, "other log lines:\n%s  not:\n%s", inst->text,
		    ref->text))
		return false;
	if (did->told != want->told && !differ_in_events(lab, inst))
		return false;
	if ((did->zeroed != want->zeroed || did->zero_base != want->zero_base ||
	     did->zero_end != want->zero_end) &&
	    !differ(lab, inst, VERIFY_ZEROED,
		    "zeroes 0x%" PRIx64 "-0x%" PRIx64 " last, not 0x%" PRIx64 "-0x%" PRIx64,
		    did->zero_base, did->zero_end, want->zero_base, want->zero_end))
		return false;
	return lab->machine.metadata != MB_METADATA_SELF || did->growths == want->growths ||
	       differ(lab, inst, VERIFY_GROWTH, "arrays grow otherwise");
}

/* ---- regions ----------------------------------------------------------------------------------- */

static bool make_room(struct verify_lab *lab, unsigned w, uint32_t cnt)
{
	uint32_t room = lab->room[w] ? lab->room[w] : 64;
	void *larger;

	while (room < cnt)
		room *= 2;
	if (room == lab->room[w])
		return true;
	larger = realloc(lab->regions[w], room * sizeof(struct mb_region));
	if (!larger)
		return false;
	lab->regions[w] = larger;
	lab->room[w] = room;
	return true;
}

static void fill_reference(struct verify_instance *ref, void *ctx)
{
	struct verify_lab *lab = ctx;

	for (unsigned w = 0; w < collections(lab); w++) {
		struct mb_iter it;
		struct mb_range r;
		uint32_t n = 0;

		mb_iter_regions(&it, ref->mb, w, false);
		while (mb_next(&it, &r) && make_room(lab, w, n + 1))
			lab->regions[w][n++] =
				(struct mb_region){ r.base, r.end - r.base, r.flags, r.nid };
		lab->cnt[w] = n;
		lab->total[w] = mb_total_size(ref->mb, w);
	}
}

static bool same_region(const struct mb_region *a, const struct mb_range *b)
{
	return a->base == b->base && a->base + a->size == b->end && a->nid == b->nid &&
	       a->flags == b->flags;
}

static bool same_collection(struct verify_lab *lab, struct verify_instance *inst, unsigned w)
{
	const struct verify_instance *ref = &lab->instances[lab->reference];
	const char *name = mb_which_name(w);
	struct mb_iter it;
	struct mb_range r;
	uint32_t n = 0;

	if (mb_cnt(inst->mb, w) != mb_cnt(ref->mb, w))
		return differ(lab, inst, VERIFY_REGIONS, "%s.cnt is %u, not %u", name,
			      mb_cnt(inst->mb, w), mb_cnt(ref->mb, w));
	if (mb_total_size(inst->mb, w) != lab->total[w])
		return differ(lab, inst, VERIFY_REGIONS,
			      "%s.total_size is 0x%" PRIx64 ", not 0x%" PRIx64, name,
			      mb_total_size(inst->mb, w), lab->total[w]);
	for (mb_iter_regions(&it, inst->mb, w, false); mb_next(&it, &r); n++) {
		const struct mb_region *want = &lab->regions[w][n];

		if (n < lab->cnt[w] && same_region(want, &r))
			continue;
		if (n >= lab->cnt[w])
			return differ(lab, inst, VERIFY_REGIONS, "%s has more than %u regions",
				      name, lab->cnt[w]);
		return differ(lab, inst, VERIFY_REGIONS,
			      "%s[%u] is 0x%" PRIx64 "-0x%" PRIx64
			      " node %d flags 0x%x, not 0x%" PRIx64 "-0x%" PRIx64
			      " node %d flags 0x%x",
			      name, n, r.base, r.end, r.nid, r.flags, want->base,
			      want->base + want->size, want->nid, want->flags);
	}
	if (n != lab->cnt[w])
		return differ(lab, inst, VERIFY_REGIONS, "%s has %u regions, not %u", name, n,
			      lab->cnt[w]);
	return true;
}

/* ---- an instance that may differ --------------------------------------------------------------- */

/* If it is an allocation, of its own: does it make sense? */
static bool sane_allocation(struct verify_lab *lab, struct verify_instance *inst,
			    const struct mb_op *op)
{
	uint64_t at = inst->did.value, lo, hi;
	uint64_t taken = mb_reserved_size(inst->mb) - inst->reserved_before;
	struct mb_request request;

	if (!mb_op_request(op, &request) || !at || !op->size || inst->mb->slab_up)
		return true;
	lo = request.physical ? request.lo : 0; /* the others give it up when nothing fits */
	hi = request.hi > MB_ALLOC_NOLEAKTRACE ? request.hi : mb_get_current_limit(inst->mb);
	if (!request.physical && mb_get_current_limit(inst->mb) < hi)
		hi = mb_get_current_limit(inst->mb);
	if (request.align && at & (request.align - 1))
		return differ(lab, inst, VERIFY_RETURNS, "0x%" PRIx64 " is not aligned", at);
	if (at < lo || at < inst->mb->page_size || at + op->size > hi)
		return differ(lab, inst, VERIFY_RETURNS, "0x%" PRIx64 " is out of bounds", at);
	if (!mb_is_region_memory(inst->mb, at, op->size))
		return differ(lab, inst, VERIFY_RETURNS, "0x%" PRIx64 " is not in memory", at);
	if (taken != op->size + (uint64_t)inst->did.grown_bytes)
		return differ(lab, inst, VERIFY_RETURNS,
			      "0x%" PRIx64 ": reserved grew by 0x%" PRIx64 ", not by 0x%" PRIx64,
			      at, taken, op->size + (uint64_t)inst->did.grown_bytes);
	return true;
}

static bool compare_loosely(struct verify_lab *lab, struct verify_instance *inst,
			    const struct mb_op *op)
{
	const struct verify_instance *ref = &lab->instances[lab->reference];

	if (out_of_room(ref) != out_of_room(inst)) {
		inst->left = true;
		return true;
	}
	if (inst->did.panicked || (op->kind == MB_OP_DISCARD && !lab->machine.keep_memblock))
		return true;
	if (!sane_allocation(lab, inst, op))
		return false;
	return same_collection(lab, inst, MB_MEMORY) &&
	       (!lab->machine.physmem || same_collection(lab, inst, MB_PHYSMEM));
}

/* ---- iterations and queries -------------------------------------------------------------------- */

struct asking {
	struct mb_answers answers;
	bool deep;
};

static void ask(struct verify_instance *inst, void *ctx)
{
	struct asking *a = ctx;

	if (a->deep)
		mb_ask(inst->mb, &a->answers);
	else
		mb_ask_walks(inst->mb, &a->answers, inst->lab->steps);
}

/* Ask both again, keeping the answers, to name the first that differs. */
static bool differ_in_answers(struct verify_lab *lab, struct verify_instance *ref,
			      struct verify_instance *inst, const struct asking *asked)
{
	struct asking of_ref = { { .room = asked->answers.count * 64 + 65536 }, asked->deep };
	struct asking of_inst = of_ref;
	struct mb_answers a, b;
	bool same = true, named = false;
	uint64_t i = 0;

	ref->text_used = inst->text_used = 0;
	of_ref.answers.entries = calloc(of_ref.answers.room, sizeof(*a.entries));
	of_inst.answers.entries = calloc(of_inst.answers.room, sizeof(*b.entries));
	if (of_ref.answers.entries && of_inst.answers.entries) {
		verify_guarded(ref, ask, &of_ref);
		verify_guarded(inst, ask, &of_inst);
		a = of_ref.answers;
		b = of_inst.answers;
		while (i + 1 < a.room && i < a.count && i < b.count &&
		       a.entries[i].argument == b.entries[i].argument &&
		       a.entries[i].answer == b.entries[i].answer)
			i++;
		named = i < a.count || i < b.count;
		if (named)
			same = differ(lab, inst, VERIFY_ANSWERS,
				      "%s(0x%" PRIx64 ") answers 0x%" PRIx64 ", not %s(0x%" PRIx64
				      ") 0x%" PRIx64,
				      b.entries[i].what ? b.entries[i].what : "nothing",
				      b.entries[i].argument, b.entries[i].answer,
				      a.entries[i].what ? a.entries[i].what : "nothing",
				      a.entries[i].argument, a.entries[i].answer);
	}
	if (!named)
		same = differ(lab, inst, VERIFY_ANSWERS, "queries log:\n%s  not:\n%s", inst->text,
			      ref->text);
	free(of_ref.answers.entries);
	free(of_inst.answers.entries);
	return same;
}

static bool compare_answers(struct verify_lab *lab, bool deep)
{
	struct verify_instance *ref = &lab->instances[lab->reference];
	struct asking want = { .deep = deep };

	ref->did.lines = 0;
	if (!verify_guarded(ref, ask, &want))
		return differ(lab, ref, VERIFY_CRASH, "a query ends by signal %d %s",
			      ref->did.signal, ref->panic);
	for (int i = 0; i < lab->count; i++) {
		struct verify_instance *inst = &lab->instances[i];
		struct asking have = { .deep = deep };

		if (inst == ref || inst->left || !inst->exact)
			continue;
		inst->did.lines = 0;
		if (!verify_guarded(inst, ask, &have)) {
			if (!differ(lab, inst, VERIFY_CRASH, "a query ends by signal %d %s",
				    inst->did.signal, inst->panic))
				return false;
		} else if (lab->weakest == VERIFY_ANSWERS &&
			   (have.answers.sum != want.answers.sum ||
			    inst->did.lines != ref->did.lines) &&
			   !differ_in_answers(lab, ref, inst, &want)) {
			return false;
		}
	}
	return true;
}

/* Does it go on, or end early, without saying so when metadata has no room? */
static bool hides_failure(const struct mb_op *op)
{
	return mb_op_nature(op->kind) == MB_TRUNCATES || op->kind == MB_OP_FREE_ALL;
}

/* ---- all of it --------------------------------------------------------------------------------- */

struct comparison {
	const struct mb_op *op;
	bool same, check;
};

static void compare_one(struct verify_instance *inst, void *ctx)
{
	struct comparison *c = ctx;
	struct verify_lab *lab = inst->lab;
	const struct verify_instance *ref = &lab->instances[lab->reference];
	bool discarded = c->op->kind == MB_OP_DISCARD && !lab->machine.keep_memblock;
	const char *why;

	c->same = true;
	if (inst != ref && !inst->exact) {
		c->same = compare_loosely(lab, inst, c->op);
	} else if (inst != ref && !same_slots(ref, inst) &&
		   (out_of_room(ref) || out_of_room(inst))) {
		inst->left = true;
		return;
	} else if (inst != ref) {
		if (!same_slots(ref, inst)) {
			inst->did.warnings = ref->did.warnings;
			/* A hand-over that grows reserved begins again. */
			if (inst->did.growths != ref->did.growths)
				inst->did.told = ref->did.told;
		}
		c->same = same_outcome(lab, ref, inst);
		for (unsigned w = 0; w < collections(lab); w++)
			if (c->same && !ref->did.panicked && !discarded)
				c->same = same_collection(lab, inst, w);
	}
	/* Where nothing can grow, other slots end an operation elsewhere, often without a word. */
	if (!c->same && !same_slots(ref, inst) &&
	    (!inst->mb->can_resize || (!inst->exact && hides_failure(c->op)))) {
		inst->left = true;
		c->same = true;
	}
	if (!c->same || inst->left || inst->did.panicked || discarded || inst->kernel || !c->check)
		return;
	lab->alone = mb_check(inst->mb, &why);
	if (lab->alone)
		c->same = differ(lab, inst, VERIFY_CHECK, "mb_check() says: %s", why);
	lab->alone = lab->alone && !c->same;
}

bool verify_compare(struct verify_lab *lab, const struct mb_op *op, bool deep)
{
	struct verify_instance *ref = &lab->instances[lab->reference];
	struct comparison c = { .op = op };
	bool gone = op->kind == MB_OP_DISCARD && !lab->machine.keep_memblock;

	for (int i = 0; i < lab->count; i++)
		if (!lab->instances[i].left && lab->instances[i].did.signal &&
		    !differ(lab, &lab->instances[i], VERIFY_CRASH, "ends by signal %d (%s)",
			    lab->instances[i].did.signal, strsignal(lab->instances[i].did.signal)))
			return false;
	if (!ref->did.panicked && !gone && !verify_guarded(ref, fill_reference, lab))
		return differ(lab, ref, VERIFY_CRASH, "an iteration ends by signal %d",
			      ref->did.signal);
	c.check = deep || lab->cnt[MB_MEMORY] + lab->cnt[MB_RESERVED] < CHECK_ALWAYS ||
		  lab->steps % CHECK_EVERY == 0;
	for (int i = 0; i < lab->count; i++) {
		struct verify_instance *inst = &lab->instances[i];

		if (inst->left)
			continue;
		if (!verify_guarded(inst, compare_one, &c))
			c.same = differ(lab, inst, VERIFY_CRASH,
					"walking its regions ends by signal %d %s",
					inst->did.signal, inst->panic);
		if (!c.same)
			return false;
	}
	if (ref->did.panicked || gone || verify_top_page_is_cut(lab))
		return true;
	return compare_answers(lab, deep);
}
