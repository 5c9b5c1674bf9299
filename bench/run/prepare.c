/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare.c - making the cells of a plan, proving their answers, dividing the time (plan_impl.h).
 *
 * States are shared: all operations on one workload, size and collection use the same instance of a
 * variant, and each repetition begins by restoring it. All are kept until the end of the run, since
 * the repetitions of all cells are interleaved. Reference and counted instances live only while
 * their group is prepared.
 *
 * Time is divided so that every repetition lasts equally long, T, except where one turn of the loop
 * takes longer: T is the largest within its bounds with which everything fits the budget. Where even
 * the smallest T does not fit, there are fewer repetitions. That is an estimate; what keeps a run to its
 * time is the watch (cell_impl.h).
 */
#include "run/plan_impl.h"

#include "count/counting.h"
#include "measure/clock.h"
#include "measure/context.h"
#include "measure/random.h"
#include "run/block.h"
#include "run/sizes_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPETITION_OVERHEAD 2e4 /* ns: the library's, per repetition */
#define SHORT_CHECK_NS 1e6      /* a check shorter than this is repeated, to be timed warm */
#define DISTURB_SAMPLES 20
#define WATCH_LEAST 3u /* repetitions of each benchmark that no clock drops */

/* ---- parts ------------------------------------------------------------------------------------- */

struct bench_part {
	enum { PART_LAYOUT, PART_STATE, PART_QUERIES, PART_REPLAY } kind;
	void *object;
};

static void release_part(const struct bench_part *part)
{
	switch (part->kind) {
	case PART_LAYOUT:
		bench_layout_free(part->object);
		break;
	case PART_STATE:
		bench_state_free(part->object);
		break;
	case PART_QUERIES:
		bench_queries_free(part->object);
		break;
	case PART_REPLAY:
		bench_replay_free(part->object);
		break;
	}
}

/* The plan releases @object from now on, even if this fails. */
static int keep(struct bench_plan *plan, unsigned kind, void *object)
{
	struct bench_part part = { kind, object };

	if (plan->part_count == plan->part_room) {
		size_t room = plan->part_room ? plan->part_room * 2 : 256;
		struct bench_part *more = realloc(plan->parts, room * sizeof(*more));

		if (!more) {
			release_part(&part);
			return -ENOMEM;
		}
		plan->parts = more;
		plan->part_room = room;
	}
	plan->parts[plan->part_count++] = part;
	return 0;
}

void bench_plan_release_parts(struct bench_plan *plan)
{
	while (plan->part_count) /* states before their layouts */
		release_part(&plan->parts[--plan->part_count]);
	free(plan->parts);
	plan->parts = NULL;
}

/* ---- synthetic cells --------------------------------------------------------------------------- */

/* Cells that share a layout. */
struct group {
	enum bench_workload workload;
	enum mb_which loaded;
	uint32_t n;
	const struct mb_profile *profile; /* a kernel of another has answers of its own */
	enum bench_setting setting;
	struct bench_layout *layout;
	struct bench_state *reference;
};

static bool is_in_group(const struct bench_plan *plan, size_t i, const struct group *group)
{
	const struct bench_plan_item *item = &plan->items[i];

	return item->operation && item->workload == group->workload &&
	       item->profile == group->profile && item->operation->loaded == group->loaded &&
	       item->operation->setting == group->setting && plan->cells[i].n == group->n;
}

/* Some operations are cheap to check; time those when they are warm. */
static int verify(struct bench_cell *cell, const struct bench_queries *queries,
		  struct bench_state *state)
{
	char why[sizeof(cell->subject.error)];

	for (unsigned pass = 0; pass < 2; pass++) {
		if (bench_queries_verify(queries, state, !cell->subject.is_null,
					 &cell->subject.turn_ns, why, sizeof(why))) {
			memcpy(cell->subject.error, why, sizeof(why));
			return -1;
		}
		if (cell->subject.turn_ns * queries->batches > SHORT_CHECK_NS)
			break;
	}
	return 0;
}

/* All cells of @spec in the group: one state for all of them. */
static int prepare_variant(struct bench_plan *plan, const struct group *group,
			   const struct mb_variant_spec *spec, struct bench_queries *const *queries,
			   struct bench_progress *progress)
{
	enum mb_metadata metadata = plan->options->metadata;
	const struct mb_variant_spec counted_spec = bench_counted(spec);
	struct bench_state *state = NULL, *counted = NULL;
	char why[sizeof(plan->cells->subject.error)] = "";
	bool tried = false;
	int rc = 0;

	for (size_t i = 0; i < plan->count && !rc; i++) {
		struct bench_cell *cell = &plan->cells[i];
		const struct bench_queries *q;

		if (!is_in_group(plan, i, group) || plan->items[i].spec != spec)
			continue;
		q = queries[plan->items[i].operation - bench_operations];
		bench_progress_show(progress, cell->subject.name);
		if (!tried) {
			tried = true;
			rc = bench_state_new(group->layout, spec, metadata, &state, why,
					     sizeof(why));
			if (!rc) {
				rc = keep(plan, PART_STATE, state);
				if (rc)
					break;
				rc = bench_state_new(group->layout, &counted_spec, metadata,
						     &counted, why, sizeof(why));
			}
			if (rc == -ENOMEM && spec->variant->kind == MB_KIND_BOUNDED)
				snprintf(why, sizeof(why),
					 BENCH_EXCEEDED
					 " of %u regions: %u, and room for changes, do not fit",
					 spec->params[MB_PARAM_INIT], group->n);
			else if (rc == -ENOMEM) /* also said by a store that cannot grow */
				snprintf(why, sizeof(why), "cannot hold %u regions", group->n);
			else if (rc && !*why)
				snprintf(why, sizeof(why), "loading %u regions: %s", group->n,
					 strerror(-rc));
			rc = 0; /* it is the variant's, others go on */
		}
		if (!state || !counted) {
			memcpy(cell->subject.error, why, sizeof(why));
			bench_progress_done(progress, 1);
			continue;
		}
		bench_cell_synthetic(cell, q, state);
		if (!verify(cell, q, state))
			bench_queries_count(q, counted, &cell->structure);
		bench_progress_done(progress, 1);
	}
	bench_state_free(counted);
	return rc;
}

static int prepare_group(struct bench_plan *plan, struct group *group,
			 struct bench_progress *progress)
{
	struct bench_queries **queries =
		calloc(bench_operation_count, sizeof(struct bench_queries *));
	uint64_t seed = plan->options->seed;
	uint64_t unused = 0, *digest = group->profile == plan->profile ?
					       &plan->workload_digests[group->workload] :
					       &unused;
	int rc = queries ? 0 : -ENOMEM;

	*digest = bench_hash(*digest, group->layout->digest);
	for (size_t i = 0; i < plan->count && !rc; i++) {
		struct bench_queries **q;

		if (!is_in_group(plan, i, group))
			continue;
		q = &queries[plan->items[i].operation - bench_operations];
		if (*q)
			continue;
		bench_progress_show(progress, plan->cells[i].subject.name);
		*q = bench_queries_new(plan->items[i].operation, group->reference, seed);
		rc = *q ? keep(plan, PART_QUERIES, *q) : -ENOMEM;
		if (!rc)
			*digest = bench_hash(*digest, (*q)->answers);
	}
	for (unsigned i = 0; i < plan->spec_count && !rc; i++)
		rc = prepare_variant(plan, group, &plan->specs[i], queries, progress);
	free(queries);
	return rc;
}

/* Prepare the group that cell @at belongs to, unless an earlier cell did. */
static int prepare_synthetic(struct bench_plan *plan, size_t at, struct bench_progress *progress)
{
	struct group group = { .workload = plan->items[at].workload,
			       .loaded = plan->items[at].operation->loaded,
			       .n = plan->cells[at].n,
			       .profile = plan->items[at].profile,
			       .setting = plan->items[at].operation->setting };
	struct mb_variant_spec array;
	char unused[128], why[200];
	int rc;

	for (size_t i = 0; i < at; i++)
		if (is_in_group(plan, i, &group))
			return 0;
	if (mb_variant_parse("array", &array, unused, sizeof(unused)))
		return -EINVAL;
	group.layout = bench_layout_new(group.workload, group.loaded, group.n, plan->options->seed);
	if (!group.layout)
		return -ENOMEM;
	group.layout->profile = group.profile;
	group.layout->setting = group.setting;
	rc = keep(plan, PART_LAYOUT, group.layout);
	if (!rc)
		rc = bench_state_new(group.layout, &array, MB_METADATA_HOST, &group.reference, why,
				     sizeof(why));
	if (rc == -EBADMSG) {
		for (size_t i = at; i < plan->count; i++)
			if (is_in_group(plan, i, &group))
				snprintf(plan->cells[i].subject.error,
					 sizeof(plan->cells[i].subject.error),
					 "the reference: %.180s", why);
		return 0;
	}
	if (!rc)
		rc = prepare_group(plan, &group, progress);
	bench_state_free(group.reference);
	return rc;
}

/* ---- replays ----------------------------------------------------------------------------------- */

static double measure_disturbance(const struct bench_replay *replay, enum bench_warmth warmth)
{
	uint64_t t;

	bench_replay_disturb(replay, warmth);
	t = bench_clock_begin();
	for (unsigned i = 0; i < DISTURB_SAMPLES; i++)
		bench_replay_disturb(replay, warmth);
	return bench_clock_ns(bench_clock_end() - t) / DISTURB_SAMPLES;
}

/* The warm and the cold cells of a boot and variant share the replay; @at is the first of them. */
static int prepare_replay(struct bench_plan *plan, size_t at, struct bench_progress *progress)
{
	const struct bench_plan_item *item = &plan->items[at];
	struct bench_replay *replay = NULL;
	char why[sizeof(plan->cells[at].subject.error)] = "";
	int rc;

	for (size_t i = 0; i < at; i++)
		if (plan->items[i].boot == item->boot && plan->items[i].spec == item->spec)
			return 0;
	bench_progress_show(progress, plan->cells[at].subject.name);
	rc = bench_replay_new(item->boot, item->spec, plan->options->metadata, &replay, why,
			      sizeof(why));
	if (rc && rc != -EBADMSG)
		snprintf(why, sizeof(why), "cannot be replayed: %s", strerror(-rc));
	if (replay) {
		rc = keep(plan, PART_REPLAY, replay);
		if (rc)
			return rc;
	}
	for (size_t i = at; i < plan->count; i++) {
		struct bench_cell *cell = &plan->cells[i];

		if (plan->items[i].boot != item->boot || plan->items[i].spec != item->spec)
			continue;
		if (replay) {
			bench_cell_replay(cell, replay, plan->items[i].cold);
			cell->subject.turn_ns = replay->ns;
			if (cell->subject.cold)
				cell->subject.turn_ns +=
					(double)cell->subject.turn_ops *
					measure_disturbance(replay, cell->subject.cold);
		} else {
			memcpy(cell->subject.error, why, sizeof(why));
		}
		bench_progress_done(progress, 1);
	}
	return 0;
}

/* ---- time -------------------------------------------------------------------------------------- */

static double plan_repetitions(struct bench_plan *plan, double ns)
{
	double total = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct bench_cell *cell = &plan->cells[i];

		if (*cell->subject.error)
			continue;
		bench_cell_plan(cell, ns);
		total += bench_cell_cost(cell) + REPETITION_OVERHEAD;
	}
	return total;
}

static void divide_time(struct bench_plan *plan)
{
	const struct bench_options *o = plan->options;
	double low = o->repetition_ns_min, high = o->repetition_ns_max;
	double least = plan_repetitions(plan, low), budget_ns = o->budget_ns;

	plan->watch.least = o->repetitions < WATCH_LEAST ? o->repetitions : WATCH_LEAST;
	if (o->wall_ns > 0) {
		double spent_ns = (double)(bench_clock_monotonic_ns() - plan->start_ns);

		plan->watch.end_ns = plan->start_ns + (uint64_t)o->wall_ns;
		if (budget_ns > o->wall_ns - spent_ns)
			budget_ns = o->wall_ns - spent_ns;
	}
	while (plan->repetitions > o->repetitions_min && least * plan->repetitions > budget_ns)
		plan->repetitions--;
	for (unsigned step = 0; step < 20 && high > low; step++) {
		double middle = (low + high) / 2;

		if (plan_repetitions(plan, middle) * plan->repetitions > budget_ns)
			high = middle;
		else
			low = middle;
	}
	plan_repetitions(plan, low);
}

int bench_plan_prepare(struct bench_plan *plan, struct bench_progress *progress)
{
	int rc = 0;

	bench_progress_start(progress, "preparing", (double)plan->count);
	bench_block_progress(plan->block, progress, true);
	for (size_t i = 0; i < plan->count && !rc; i++) {
		if (plan->items[i].operation) {
			rc = prepare_synthetic(plan, i, progress);
			continue;
		}
		rc = prepare_replay(plan, i, progress);
	}
	for (size_t i = 0; i < plan->count && plan->counting && !rc; i++)
		rc = bench_count_subject(plan->counting, &plan->cells[i].subject,
					 plan->items[i].spec, plan->options->metadata,
					 &plan->cells[i].counts);
	bench_progress_end(progress);
	if (!rc)
		divide_time(plan);
	return rc;
}

/* ---- context ----------------------------------------------------------------------------------- */

static void describe_variant(const struct mb_variant_spec *spec)
{
	const struct mb_param *params = mb_variant_params(spec->variant);
	char key[640], text[512];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", spec->variant->name);

	for (unsigned i = 0; params && i < MB_PARAMS_MAX && params[i].name; i++) {
		char value[64];

		mb_param_text(&params[i], spec->params[i], value, sizeof(value));
		if (used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s=%s",
						 params[i].name, value);
	}
	snprintf(key, sizeof(key), "variant:%s%s", spec->name, spec->build == MB_O2 ? "+o2" : "");
	bench_context(key, "%s", text);
	if (spec->build != MB_O2 && spec->variant->kind != MB_KIND_KERNEL &&
	    spec->variant->kind != MB_KIND_NULL)
		bench_sizes_describe(spec->name, spec);
}

/* A kernel is named linux:VERSION-DIGEST in results: how it was asked for, once for each. */
static void describe_kernels(const struct bench_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		char label[BENCH_CELL_LABEL], other[BENCH_CELL_LABEL], key[BENCH_CELL_LABEL + 8];
		bool again = !plan->cells[i].is_kernel;
		const char *object;

		bench_cell_label(&plan->cells[i], label);
		for (size_t j = 0; j < i && !again; j++) {
			bench_cell_label(&plan->cells[j], other);
			again = !strcmp(label, other);
		}
		if (again)
			continue;
		snprintf(key, sizeof(key), "variant:%s", label);
		object = strrchr(plan->cells[i].object,
				 '/'); /* linux-X.Y.Z-DIGEST-CONFIGURATION.so */
		object = object ? object + strlen("/linux-") : "";
		bench_context(key, "mm/memblock.c of Linux %.*s, asked for as %s",
			      (int)strcspn(object, "-"), object, plan->items[i].spec->name);
		if (plan->items[i].spec->build != MB_O2)
			bench_sizes_describe(label, plan->items[i].spec);
	}
}

void bench_plan_context(const struct bench_plan *plan)
{
	char key[128];

	for (unsigned i = 0; i < plan->spec_count; i++)
		describe_variant(&plan->specs[i]);
	describe_kernels(plan);
	for (unsigned i = 0; i < BENCH_SYNTHETIC; i++) {
		if (!plan->workload_digests[i])
			continue;
		snprintf(key, sizeof(key), "workload:%s", bench_workload_names[i]);
		bench_context(key, "digest %016llx", (unsigned long long)plan->workload_digests[i]);
	}
	for (size_t i = 0; i < plan->boot_count; i++) {
		const struct mb_trace *trace = plan->boots[i]->trace;

		snprintf(key, sizeof(key), "workload:%s", plan->boots[i]->name);
		bench_context(key, "sha256 %s, %zu operations, kernel %s", trace->digest,
			      trace->count, trace->kernel ? trace->kernel : "unknown");
	}
}
