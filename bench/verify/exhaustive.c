/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exhaustive.c - breadth first over the states of a tiny machine.
 *
 *     level 0     every start, those with few regions first
 *     level n     what a call made of a state of level n - 1, in the order in which it was found
 *
 * So the first difference found has no shorter sequence of calls, and for that length the layout is one with the
 * fewest regions. But one of a request for nothing, or without an alignment, which nobody would make, or in what only verify
 * asks, is told only if the next states show no other. Snapshots of all states of a level would not fit into memory: a state is kept as the one it came from
 * and the call, is built again by that way once, and then gone back to for each call.
 */
#include "verify/exhaustive_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shrink/shrink.h"

enum { LOOK_ON = 256 }; /* states, after a difference that no caller would see */

/* A state of level 1 or more. */
struct node {
	uint32_t parent; /* a node, of level 1 a number of a start */
	uint16_t call;
	uint16_t level;
};

struct search {
	struct exhaustive *x;
	struct exhaustive_theme theme;
	struct exhaustive_calls calls;
	struct verify_lab *lab;
	struct exhaustive_set seen; /* states; none if calls are made of starts only */
	/* What last calls read, and which were made with it: of one collection or none, of both. Starts that
	 * differ in settings only follow each other. */
	struct exhaustive_set made;
	struct recent {
		uint64_t key;
		uint64_t made[EXHAUSTIVE_CALLS / 64];
	} recent[2]; /* that read the direction, too */
	struct exhaustive_saved saved;
	struct node *nodes;
	size_t count, room;
	struct mb_op path[EXHAUSTIVE_PATH];
	size_t length; /* of the path to the state under way */
	unsigned level;
	struct mb_op odd[EXHAUSTIVE_PATH]; /* a difference that no caller would see */
	size_t odd_count;                  /* 0: none */
	uint64_t odd_at;                   /* states until then */
	bool counted;                      /* of the way to a state what is set aside counts */
};

static uint64_t number_of(const struct exhaustive_digest *d)
{
	return verify_mix(verify_mix(d->collections[MB_MEMORY], d->collections[MB_RESERVED]),
			  verify_mix(verify_mix(d->settings, d->search), d->resize));
}

/* The difference just found is the path and @op. */
static int differs(struct search *s, const struct mb_op *op)
{
	struct exhaustive *x = s->x;

	memcpy(x->ops, s->path, s->length * sizeof(*x->ops));
	x->op_count = s->length;
	if (op)
		x->ops[x->op_count++] = *op;
	x->lab = s->lab;
	x->theme = s->theme.name;
	return 1;
}

/* The path up to @length, and @op, differ in a way that is not worth ending for yet. */
static void keep_odd(struct search *s, size_t length, const struct mb_op *op)
{
	if (s->odd_count)
		return;
	memcpy(s->odd, s->path, length * sizeof(*s->odd));
	if (op)
		s->odd[length++] = *op;
	s->odd_count = length;
	s->odd_at = s->x->states;
}

/* ---- to a state -------------------------------------------------------------------------------- */

/* Run the path to the state; of it, everything is asked. 0, 1 or -errno. */
static int build(struct search *s)
{
	size_t length = s->length;

	verify_lab_begin(s->lab);
	s->lab->again = !s->counted;
	for (size_t i = 0; i < length; i++) {
		switch (verify_step(s->lab, &s->path[i], i + 1 == length)) {
		case VERIFY_DIFFERS:
			if (s->lab->kind == VERIFY_ANSWERS) {
				keep_odd(s, i + 1, NULL);
				break;
			}
			s->length = i + 1;
			return differs(s, NULL);
		case VERIFY_SAME:
			break;
		default:
			return -ENOTRECOVERABLE; /* it was there before */
		}
	}
	s->lab->again = false;
	return 0;
}

/* The path to a state of level 1 or more. */
static bool find_path(struct search *s, size_t n)
{
	const struct node *node = &s->nodes[n];
	const struct node *way[EXHAUSTIVE_DEPTH];
	unsigned steps = 0;

	for (;; node = &s->nodes[node->parent]) {
		way[steps++] = node;
		if (node->level == 1)
			break;
	}
	s->length = exhaustive_start(&s->theme, s->x->pages, node->parent, s->path);
	if (s->length + steps >= EXHAUSTIVE_PATH)
		return false;
	while (steps)
		s->path[s->length++] = s->calls.ops[way[--steps]->call];
	return true;
}

/* ---- from a state ------------------------------------------------------------------------------ */

/* A state that was not seen before is gone on from, unless the levels end there. 0 or -errno. */
static int keep_state(struct search *s, uint32_t parent, unsigned call)
{
	struct exhaustive_digest digest;
	bool added;

	exhaustive_digest(s->lab, &digest);
	if (!exhaustive_meet(&s->seen, number_of(&digest), &added))
		return -ENOMEM;
	if (!added)
		return 0;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 4096;
		void *larger;

		if (room > UINT32_MAX)
			return -E2BIG;
		larger = realloc(s->nodes, room * sizeof(*s->nodes));
		if (!larger)
			return -ENOMEM;
		s->nodes = larger;
		s->room = room;
	}
	s->nodes[s->count++] = (struct node){ parent, (uint16_t)call, (uint16_t)(s->level + 1) };
	return 0;
}

/* Did an array grow, or want to? Where that fails, calls that have no status do not always say it. */
static bool wanted_room(const struct search *s, const struct mb_op *op)
{
	const struct verify_instance *ref = &s->lab->instances[s->lab->reference];
	uint32_t room[2];

	if (ref->grown_count || ref->did.panicked || ref->did.value == (uint64_t)-ENOMEM ||
	    strstr(ref->text, "Failed to double"))
		return true;
	for (unsigned w = 0; w < 2; w++)
		room[w] = mb_max(ref->mb, w) - s->saved.cnt[w];
	switch (mb_op_nature(op->kind)) {
	case MB_FREES:
	case MB_TRUNCATES:
	case MB_HANDS_OVER:
		return room[MB_MEMORY] < 2 || room[MB_RESERVED] < 2;
	case MB_ALLOCATES:
		return !room[MB_RESERVED];
	default:
		return false;
	}
}

/* Is one not compared any more, since its difference was set aside? */
static bool has_left(const struct verify_lab *lab)
{
	for (int i = 0; i < lab->count && lab->explained && lab->explained->count; i++)
		if (lab->instances[i].left)
			return true;
	return false;
}

static bool is_odd(const struct mb_op *op)
{
	return mb_op_nature(op->kind) == MB_ALLOCATES &&
	       ((strchr(mb_operations[op->kind].arguments, 'z') && !op->size) ||
		(strchr(mb_operations[op->kind].arguments, 'a') && !op->align));
}

/* Is it time to be content with the odd one? Then it is as if it were found now. 0, 1, -errno. */
static int tell_odd(struct search *s, bool end)
{
	struct exhaustive *x = s->x;

	if (!s->odd_count || (!end && x->states - s->odd_at < LOOK_ON))
		return 0;
	s->length = s->odd_count;
	memcpy(s->path, s->odd, s->length * sizeof(*s->path));
	differs(s, NULL);
	return verify_again(s->lab, -1, x->ops, x->op_count) ? 1 : -ENOTRECOVERABLE;
}

/* Make the call. 0, 1, -errno. */
static int make_call(struct search *s, uint32_t state, unsigned call)
{
	struct exhaustive *x = s->x;
	struct verify_lab *lab = s->lab;
	const struct mb_op *op = &s->calls.ops[call];
	enum verify_verdict verdict;

	exhaustive_restore(lab, &s->saved);
	verdict = verify_step(lab, op, false);
	if (verdict == VERIFY_SKIPPED) {
		x->not_tried++;
		return 0;
	}
	x->calls++;
	x->stepped(x->ctx, lab);
	if (verdict == VERIFY_DIFFERS && (is_odd(op) || lab->kind == VERIFY_ANSWERS)) {
		keep_odd(s, s->length, op);
		return 0;
	}
	if (verdict == VERIFY_DIFFERS)
		return differs(s, op);
	x->growing += lab->instances[lab->reference].grown_count > 0;
	x->panics += lab->instances[lab->reference].did.panicked;
	x->ended += verdict == VERIFY_OVER;
	if (verdict == VERIFY_OVER || s->level + 1 == x->depth)
		return 0;
	return keep_state(s, state, call);
}

static uint64_t key_of(const struct exhaustive_digest *d, unsigned reads)
{
	uint64_t key = verify_mix(reads + 1, d->settings);

	for (unsigned w = 0; w < 2; w++)
		key = verify_mix(key, reads & 1u << w ? d->collections[w] : 0);
	return verify_mix(key, reads & EXHAUSTIVE_SEARCH ? d->search : 0);
}

/* Which calls were made with what this state has of what they read: a bit for each call. */
static bool find_made(struct search *s, uint64_t *made[EXHAUSTIVE_READS])
{
	struct exhaustive_digest d;
	bool added;

	exhaustive_digest(s->lab, &d);
	for (unsigned turn = 0; turn < 2; turn++) /* an entry moves when others come */
		for (unsigned reads = 1; reads < EXHAUSTIVE_READS; reads++) {
			struct recent *recent = &s->recent[reads / EXHAUSTIVE_SEARCH];
			uint64_t key = key_of(&d, reads);

			if ((reads & EXHAUSTIVE_BOTH) != EXHAUSTIVE_BOTH) {
				made[reads] = exhaustive_meet(&s->made, key, &added);
				if (!made[reads])
					return false;
				continue;
			}
			if (recent->key != key)
				*recent = (struct recent){ .key = key };
			made[reads] = recent->made;
		}
	return true;
}

/* Every call from the state that the path leads to. */
static int expand(struct search *s, uint32_t state)
{
	struct exhaustive *x = s->x;
	bool last = s->level + 1 == x->depth;
	uint64_t *made[EXHAUSTIVE_READS];
	int rc = build(s);

	if (rc)
		return rc;
	if (!exhaustive_save(s->lab, &s->saved) || (last && !find_made(s, made)))
		return -ENOMEM;
	x->states++;
	x->per_level[s->level]++;
	for (unsigned call = 0; call < s->calls.count; call++) {
		uint64_t *word = last ? &made[s->calls.reads[call]][call / 64] : NULL;
		uint64_t bit = 1ULL << call % 64;

		if (word && *word & bit) {
			x->spared++;
			continue;
		}
		rc = make_call(s, state, call);
		if (rc)
			return rc;
		if (word && !has_left(s->lab) && !wanted_room(s, &s->calls.ops[call]))
			*word |= bit;
	}
	x->stopped = x->stop(x->ctx, x);
	return tell_odd(s, false);
}

/* ---- levels ------------------------------------------------------------------------------------ */

/* Do @visit with all starts, those of few regions first, until it does not return 0. */
static int each_start(struct search *s, int (*visit)(struct search *s, uint32_t start))
{
	unsigned pages = s->x->pages;
	uint64_t starts = exhaustive_starts(&s->theme, pages);
	int rc = 0;

	s->level = 0;
	for (unsigned regions = 0; regions <= 2 * pages; regions++)
		for (uint64_t n = 0; n < starts && !rc && !s->x->stopped; n++) {
			if (exhaustive_regions(&s->theme, pages, n) != regions)
				continue;
			s->length = exhaustive_start(&s->theme, pages, n, s->path);
			if (s->length)
				rc = visit(s, (uint32_t)n);
		}
	return rc;
}

/* What starts with is no news when a call leads there. */
static int see_start(struct search *s, uint32_t start)
{
	struct exhaustive_digest digest;
	bool added;
	int rc = build(s);

	(void)start;
	if (rc)
		return rc;
	exhaustive_digest(s->lab, &digest);
	return exhaustive_meet(&s->seen, number_of(&digest), &added) ? 0 : -ENOMEM;
}

static int expand_start(struct search *s, uint32_t start)
{
	int rc;

	s->x->starts++;
	s->counted = true;
	rc = expand(s, start);
	s->counted = false;
	return rc;
}

static int search_theme(struct search *s)
{
	struct exhaustive *x = s->x;
	int rc;

	s->seen.words = 0;
	s->made.words = EXHAUSTIVE_CALLS / 64;
	exhaustive_calls(&s->calls, &s->theme, x->pages);
	if (s->calls.overflow || exhaustive_starts(&s->theme, x->pages) > UINT32_MAX)
		return -E2BIG;
	rc = x->depth > 1 ? each_start(s, see_start) : 0;
	if (!rc)
		rc = each_start(s, expand_start);
	for (size_t n = 0; n < s->count && !rc && !x->stopped; n++) {
		s->level = s->nodes[n].level;
		if (!find_path(s, n))
			return -E2BIG;
		rc = expand(s, (uint32_t)n);
	}
	return rc ? rc : tell_odd(s, true);
}

int exhaustive_search(struct exhaustive *x)
{
	struct search *s = calloc(1, sizeof(*s));
	uint64_t begun;
	bool more = true;
	int rc = s ? 0 : -ENOMEM;

	for (unsigned n = 0; s && more && !rc && !x->stopped; n++) {
		struct mb_machine *machine = &s->theme.machine;

		*s = (struct search){ .x = x };
		if (!exhaustive_theme(n, x->profile, &s->theme, &more))
			continue;
		machine->metadata = x->metadata;
		begun = shrink_now_ms();
		s->lab = verify_lab_new(machine, x->specs, x->count, &rc);
		x->building_ms += shrink_now_ms() - begun;
		if (s->lab)
			s->lab->explained = x->explained;
		if (s->lab && (x->all ? s->lab->count < x->count : x->kernel > s->lab->has_kernel))
			rc = -EPROTONOSUPPORT;
		else if (s->lab && s->lab->count)
			rc = search_theme(s);
		if (s->lab && !x->lab)
			verify_lab_free(s->lab);
		exhaustive_forget(&s->seen);
		exhaustive_forget(&s->made);
		exhaustive_saved_free(&s->saved);
		free(s->nodes);
	}
	free(s);
	return rc;
}
