/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_advice.c - what to do about a boot: each piece of advice has a number, and a trial behind it.
 *
 * A piece looks for one thing in what was seen, says what it means, and where something can be changed
 * replays the boot with the change (show_trial.c): "an initial size of 256 avoids it" is printed with
 * what that replay did. Advice whose trial does not bear it out says so; it is not dropped.
 *
 *     panic         the boot does not survive               growth       an array doubles
 *     overflow      few slots to spare before resizing      caller       one caller makes many regions
 *     failed        allocations that got nothing            alignment    padding makes regions
 *     blocks        1 GiB blocks that next to nothing breaks   zeroing   one caller zeroes much
 *     differs       the replay is not what was captured     worked-out   how much was not read
 *     unknown       allocations whose address was lost
 */
#include "show/show_impl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	NEAR_SLOTS = 16, /* so few to spare before resizing are a warning */
	TRIALS_MAX_OPERATIONS = 100000,
	MANY_REGIONS = 24, /* of one caller */
};

static struct advice *add(struct sight *s, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void tried(struct advice *a, bool holds, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* There is always room: each piece is added at most twice. */
static struct advice *add(struct sight *s, const char *kind, const char *fmt, ...)
{
	struct advice *a = &s->advice[s->advice_count];
	va_list ap;

	if (s->advice_count < SHOW_ADVICE_MAX - 1)
		s->advice_count++;
	*a = (struct advice){ .kind = kind };
	va_start(ap, fmt);
	vsnprintf(a->text, sizeof(a->text), fmt, ap);
	va_end(ap);
	return a;
}

static void tried(struct advice *a, bool holds, const char *fmt, ...)
{
	va_list ap;

	a->holds = holds;
	va_start(ap, fmt);
	vsnprintf(a->check, sizeof(a->check), fmt, ap);
	va_end(ap);
}

/* May the boot be replayed a dozen times for one number? */
static bool is_small(const struct sight *s)
{
	return s->trace->count <= TRIALS_MAX_OPERATIONS;
}

static bool survives(const struct outcome *o)
{
	return !o->panicked && !o->no_room;
}

/* A replay with @slots for @which. False: it could not be made. */
static bool with_slots(const struct sight *s, enum mb_which which, uint32_t slots,
		       struct outcome *o)
{
	struct trial t = { 0 };

	t.slots[which] = slots;
	return !show_try(s, &t, o);
}

/* The fewest slots of @which in (@bad, @good] with which the boot @survives or does not grow. */
static uint32_t fewest(const struct sight *s, enum mb_which which, uint32_t bad, uint32_t good,
		       bool may_grow)
{
	while (good - bad > 1) {
		uint32_t middle = bad + (good - bad) / 2;
		struct outcome o;

		if (!with_slots(s, which, middle, &o))
			return good;
		if (survives(&o) && (may_grow || !o.growths[which]))
			good = middle;
		else
			bad = middle;
	}
	return good;
}

/* ---- the arrays -------------------------------------------------------------------------------- */

/* A power of two that holds @regions with the two spare slots that splitting wants. */
static uint32_t slots_for(uint32_t regions)
{
	uint32_t slots = 4;

	while (slots < regions + 2 && slots < 1u << 30)
		slots *= 2;
	return slots;
}

static void advise_growth(struct sight *s, enum mb_which which)
{
	const char *name = mb_which_name(which);
	uint32_t slots = show_slots(s, which), enough = slots_for(show_peak(s, which));
	const struct growth *first = NULL;
	struct advice *a;
	size_t times = 0;
	struct outcome o;
	char place[64], often[32];

	for (size_t i = 0; i < s->grown_count; i++) {
		if (s->grown[i].g.which != which)
			continue;
		if (!times++)
			first = &s->grown[i];
	}
	if (!first)
		return;
	snprintf(often, sizeof(often), times > 1 ? "%zu times" : "once", times);
	a = add(s, "growth",
		"%s peaks at %" PRIu32 ": the array of %" PRIu32 " doubles %s, first at %s; an "
		"initial size of %" PRIu32 " avoids it (--variants=array:init=%" PRIu32 ").",
		name, show_peak(s, which), slots, often, show_place(s, first->operation, place),
		enough, enough);
	if (!with_slots(s, which, enough, &o))
		return;
	if (survives(&o) && !o.growths[which] && is_small(s))
		tried(a, true,
		      "with %" PRIu32 " slots no growth; %" PRIu32 " are the fewest without.",
		      enough, fewest(s, which, slots, enough, false));
	else
		tried(a, survives(&o) && !o.growths[which], "with %" PRIu32 " slots %zu growths.",
		      enough, o.growths[which]);
}

static void advise_overflow(struct sight *s, enum mb_which which)
{
	const struct peak *peak = &s->peak[which][BEFORE_RESIZE];
	uint32_t slots = show_slots(s, which), need;
	struct advice *a;
	struct outcome o;
	char place[64];

	if (peak->regions + NEAR_SLOTS < slots && peak->regions < slots / 4 * 3)
		return;
	if (peak->regions > slots)
		a = add(s, "overflow",
			"%s would hold %" PRIu32
			" regions before resizing is allowed (%s), and has %" PRIu32
			" slots: a kernel does not survive that.",
			mb_which_name(which), peak->regions, show_place(s, peak->operation, place),
			slots);
	else
		a = add(s, "overflow",
			"%s holds %" PRIu32 " of %" PRIu32
			" slots before resizing is allowed (%s): %" PRIu32
			" more separate ranges there are fatal.",
			mb_which_name(which), peak->regions, slots,
			show_place(s, peak->operation, place), slots - peak->regions);
	if (!is_small(s))
		return;
	need = slots_for(peak->regions);
	if (need < slots)
		need = slots;
	while (need < 1u << 20 && (!with_slots(s, which, need, &o) || !survives(&o)))
		need *= 2;
	if (with_slots(s, which, need, &o) && survives(&o)) {
		uint32_t least = fewest(s, which, 4, need, true);

		tried(a, true,
		      "with %" PRIu32 " slots the boot survives, with %" PRIu32 " it does not.",
		      least, least - 1);
	}
}

/* The boot ends early: would more slots have carried it? */
static void advise_panic(struct sight *s)
{
	struct trial many = { .slots = { 65536, 65536 } };
	struct outcome now, o;
	struct trial as_it_is = { 0 };
	struct advice *a;
	char place[64];

	if (show_try(s, &as_it_is, &now) || !now.panicked)
		return;
	a = add(s, "panic", "The boot ends with a panic at %s, of %zu operations: %s.",
		show_place(s, now.panicked_at, place), s->trace->count,
		*s->replay.panic ? s->replay.panic : s->panic);
	if (!show_try(s, &many, &o))
		tried(a, !o.panicked, "with 65536 slots in both arrays it %s.",
		      o.panicked ? "panics as well: slots are not the cause" :
				   "reaches its end: slots are the cause");
}

/* ---- who makes the regions --------------------------------------------------------------------- */

static void advise_caller(struct sight *s)
{
	const struct caller *most = NULL;
	struct trial t = { 0 };
	struct advice *a;
	struct outcome o;
	uint32_t peak = show_peak(s, MB_RESERVED);

	for (size_t i = 0; i < s->caller_count; i++)
		if (s->callers[i].name[0] != '(' &&
		    (!most || s->callers[i].regions > most->regions))
			most = &s->callers[i];
	if (!most || most->regions < MANY_REGIONS || most->regions < peak / 4)
		return;
	a = add(s, "caller",
		"%s makes %" PRId64 " of %" PRIu32 " reserved regions in %" PRIu64
		" calls: one block for all of them would keep the array small.",
		most->name, most->regions, peak, most->calls);
	t.without = most->name;
	if (!show_try(s, &t, &o))
		tried(a, o.peak[MB_RESERVED] < peak,
		      "without its calls reserved peaks at %" PRIu32 ".", o.peak[MB_RESERVED]);
}

static void advise_alignment(struct sight *s)
{
	struct trial t = { .unaligned = true };
	struct trial as_it_is = { 0 };
	struct outcome now, o;
	size_t padded = 0;

	for (size_t i = 0; i < s->done; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		padded += op->result && op->align > 8 && op->size && op->size <= op->align / 2;
	}
	if (padded < 8 || show_try(s, &as_it_is, &now) || show_try(s, &t, &o))
		return;
	if (o.peak[MB_RESERVED] + 4 > now.peak[MB_RESERVED])
		return;
	tried(add(s, "alignment",
		  "%zu allocations ask for an alignment of twice their size or more; the holes that "
		  "this leaves keep neighbours from merging.",
		  padded),
	      true,
	      "with no more alignment than size reserved peaks at %" PRIu32 " instead of %" PRIu32
	      ".",
	      o.peak[MB_RESERVED], now.peak[MB_RESERVED]);
}

static void advise_zeroing(struct sight *s)
{
	const struct caller *most = NULL;
	char all[32], own[32];

	for (size_t i = 0; i < s->caller_count; i++)
		if (!most || s->callers[i].zeroed > most->zeroed)
			most = &s->callers[i];
	if (!most || most->zeroed < 64ULL << 20 || most->zeroed < s->bytes_zeroed / 2)
		return;
	add(s, "zeroing",
	    "%s is zeroed, %s of it for %s (%" PRIu64
	    " call%s); where all of it is written anyway, a _raw allocation saves that.",
	    show_bytes_text(s->bytes_zeroed, all), show_bytes_text(most->zeroed, own), most->name,
	    most->calls, most->calls > 1 ? "s" : "");
}

/* ---- what is left ------------------------------------------------------------------------------ */

/* The caller of an operation that took something in [base, end), or "". */
static void who_took(const struct sight *s, uint64_t base, uint64_t end, char name[64])
{
	name[0] = '\0';
	for (size_t i = 0; i < s->done && !*name; i++) {
		const struct mb_op *op = &s->trace->ops[i];
		bool allocated = mb_op_nature(op->kind) == MB_ALLOCATES && op->result &&
				 op->result != MB_RESULT_UNKNOWN;
		bool reserved = mb_op_nature(op->kind) == MB_RESERVES;
		uint64_t at = allocated ? op->result : op->base;

		if ((allocated || reserved) && op->size && at < end && at + op->size > base &&
		    op->caller)
			show_caller_name(op, name);
	}
}

static void advise_blocks(struct sight *s)
{
	const struct blocks *b = &s->blocks[1];
	char bytes[32], name[64];
	struct advice *a;
	struct map map = s->end;

	if (!b->nearly)
		return;
	who_took(s, b->nearly_first, b->nearly_first + b->size, name);
	a = add(s, "blocks",
		"%" PRIu64 " of %" PRIu64 " 1 GiB-aligned blocks are free, and %" PRIu64
		" more but for %s in all, the first at 0x%" PRIx64
		"%s%s: moved elsewhere they leave "
		"gigantic pages whole.",
		b->free, b->all, b->nearly, show_bytes_text(b->nearly_bytes, bytes),
		b->nearly_first, *name ? ", taken by " : "", name);
	/* As if what is in them were elsewhere: free is memory then. */
	map.free = map.memory;
	tried(a, show_blocks(&map, b->size).free >= b->free + b->nearly,
	      "with these ranges free there are %" PRIu64 " such blocks.", b->free + b->nearly);
}

static void advise_failed(struct sight *s)
{
	const struct mb_op *op;
	char place[64], bytes[32], room[32], name[64];
	struct advice *a;

	if (!s->failed)
		return;
	op = &s->trace->ops[s->failed_first - 1];
	show_caller_name(op, name);
	a = add(s, "failed",
		"%zu allocation%s got nothing; the first at %s: %s asked for %s, aligned to 0x%" PRIx64
		". The largest free range it could use has %s.",
		s->failed, s->failed > 1 ? "s" : "", show_place(s, s->failed_first, place), name,
		show_bytes_text(op->size, bytes), op->align, show_bytes_text(s->failed_room, room));
	tried(a, s->replay.allocs == s->replay.allocs_as_captured,
	      s->replay.allocs == s->replay.allocs_as_captured ? "it fails in a replay, too." :
								 "a replay differs, see above.");
}

static void advise_trust(struct sight *s)
{
	const struct mb_replay_result *r = &s->replay;
	const struct mb_trace *t = s->trace;
	struct advice *a;
	char place[64];

	if (t->count && t->reconstructed * 4 >= t->count) {
		a = add(s, "worked-out",
			"%zu of %zu operations (%.0f %%) were worked out, not read: what is said here is "
			"as good as their evidence.",
			t->reconstructed, t->count,
			100 * (double)t->reconstructed / (double)t->count);
		if (r->allocs || r->dumps)
			tried(a, r->allocs == r->allocs_as_captured && r->dumps == r->dumps_matched,
			      "a replay has %" PRIu64 " of %" PRIu64 " allocations and %" PRIu64
			      " of %" PRIu64 " dumps as captured.",
			      r->allocs_as_captured, r->allocs, r->dumps_matched, r->dumps);
		else
			tried(a, false, "the file has no address and no dump to compare with.");
	}
	if (r->diverged_count)
		add(s, "differs",
		    "%" PRIu64
		    " allocations land elsewhere in a replay, the first at %s; before it "
		    "the boot is as captured.",
		    r->allocs - r->allocs_as_captured,
		    show_place(s, (size_t)r->diverged[0].operation, place));
	else if (r->dump_differs)
		add(s, "differs", "A dump differs in a replay, at %s: %s.",
		    show_place(s, (size_t)r->first_dump_operation, place), r->first_dump_why);
	if (s->unknown && !strstr(t->format, "generated"))
		add(s, "unknown",
		    "%zu allocations have lost their address: lines are missing in the log.",
		    s->unknown);
}

void show_advise(struct sight *s)
{
	advise_panic(s);
	for (unsigned w = MB_MEMORY; w <= MB_RESERVED; w++) {
		advise_overflow(s, w);
		advise_growth(s, w);
	}
	advise_caller(s);
	advise_alignment(s);
	advise_failed(s);
	advise_blocks(s);
	advise_zeroing(s);
	advise_trust(s);
}
