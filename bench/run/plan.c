/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.c - from options to a list of cells (plan_impl.h): the variants, operations, workloads and sizes that
 * the options name, in every combination that has a meaning. prepare.c makes the cells.
 */
#include "run/plan_impl.h"

#include "boots/boots.h"
#include "catalogue/catalogue.h"
#include "cli/cli.h"
#include "cli/nearest.h"
#include "measure/flush.h"
#include "run/kernels_impl.h"

#include <assert.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NULL_REGIONS 128u /* the one size at which null and empty are measured, if they take part */

/* What the lists of the options select. */
struct selection {
	bool workloads[BENCH_SYNTHETIC];
	bool *operations; /* of bench_operations */
	bool replays[BENCH_WARMTHS];
	regex_t filter;
	bool filtered;

	/* What the kernel's own code is not measured on, for want of a source, if it was not asked for. */
	char lacking[512];
	const char *last_lacking;
	char why[768];
};

/* ---- lists ------------------------------------------------------------------------------------- */

/* Call @use for each word of @list; stops at the first that fails. */
static int each_word(const char *list, int (*use)(void *ctx, const char *word), void *ctx)
{
	char *copy = strdup(list), *save = NULL;
	int status = MB_EXIT_OK;

	if (!copy)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	for (char *at = strtok_r(copy, ",", &save); at && !status; at = strtok_r(NULL, ",", &save))
		status = use(ctx, at);
	free(copy);
	return status;
}

static int unknown_operation(const char *word)
{
	struct nearest nearest = nearest_to(word, strlen(word));

	nearest_offer(&nearest, "all", 3);
	for (unsigned i = 0; i < BENCH_WARMTHS; i++)
		nearest_offer(&nearest, bench_replay_names[i], strlen(bench_replay_names[i]));
	for (unsigned i = 0; i < bench_operation_count; i++)
		nearest_offer(&nearest, bench_operations[i].name, strlen(bench_operations[i].name));
	return mb_fail(MB_EXIT_USAGE,
		       "unknown operation '%s'; see 'memblock-bench list operations'%s", word,
		       nearest_words(&nearest));
}

static int select_operation(void *ctx, const char *word)
{
	struct selection *selection = ctx;
	const struct bench_operation *operation = bench_operation_find(word);
	bool all = !strcmp(word, "all");

	for (unsigned i = 0; i < BENCH_WARMTHS; i++)
		selection->replays[i] |= (all && (i != BENCH_COLD_LLC || bench_flush_works())) ||
					 !strcmp(word, bench_replay_names[i]);
	if (selection->replays[BENCH_COLD_LLC] && !bench_flush_works())
		return mb_fail(
			MB_EXIT_ENVIRONMENT,
			"run: replay_cold_llc: this processor lets no program flush its caches; "
			"ask for replay_cold");
	for (unsigned i = 0; i < bench_operation_count; i++)
		selection->operations[i] |= all || operation == &bench_operations[i];
	if (all || operation || bench_replay_operation(word))
		return MB_EXIT_OK;
	return unknown_operation(word);
}

struct workload_list {
	struct bench_plan *plan;
	struct selection *selection;
};

/* The boot at @path, replayed by the reference. 0 or -errno with @error set. */
static int make_boot(const char *path, bool captured, struct bench_boot **boot,
		     struct mb_text_error *error)
{
	char name[BENCH_BOOT_NAME];
	struct mb_trace *trace;
	int rc = bench_boot_name(path, name);

	if (rc) {
		snprintf(error->text, sizeof(error->text),
			 "%.300s: the name is too long for a benchmark; rename the file", path);
		return rc;
	}
	rc = mb_boot_open(path, NULL, &trace, error);
	return rc ? rc : bench_boot_new(name, path, trace, captured, boot, error);
}

static int add_boot(struct bench_plan *plan, const char *path, bool captured)
{
	struct mb_text_error error;
	struct bench_boot *boot, **boots;

	boots = realloc(plan->boots, (plan->boot_count + 1) * sizeof(struct bench_boot *));
	if (!boots)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	plan->boots = boots;
	if (make_boot(path, captured, &boot, &error))
		return mb_fail(MB_EXIT_USAGE, "%s", error.text);
	for (size_t i = 0; i < plan->boot_count; i++) {
		const struct bench_boot *other = plan->boots[i];
		bool same = !strcmp(other->trace->digest, boot->trace->digest) &&
			    other->trace->machine.profile == boot->trace->machine.profile;

		if (strcmp(other->name, boot->name))
			continue;
		bench_boot_free(boot);
		if (same) /* asked for twice */
			return MB_EXIT_OK;
		return mb_fail(MB_EXIT_USAGE,
			       "%s and %s: different boots of the same name '%s'; rename one",
			       other->path, path, other->name);
	}
	for (unsigned i = 0; i < BENCH_SYNTHETIC; i++) {
		if (strcmp(bench_workload_names[i], boot->name))
			continue;
		bench_boot_free(boot);
		return mb_fail(MB_EXIT_USAGE,
			       "%s: '%s' is the name of a synthetic workload; rename the file",
			       path, bench_workload_names[i]);
	}
	plan->boots[plan->boot_count++] = boot;
	return MB_EXIT_OK;
}

static off_t file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

/* The captured boots, or those of them that a run takes unasked; with --quick the one with the
 * smallest file. */
static int load_captured(struct bench_plan *plan, const struct mb_catalogue *boots, bool core)
{
	bool quick = plan->options->quick;
	size_t smallest = boots->count;
	int status = MB_EXIT_OK;

	for (size_t i = 0; i < boots->count && !status; i++) {
		if (core && !mb_catalogue_is_core(boots->paths[i], boots->names[i]))
			continue;
		if (!quick)
			status = add_boot(plan, boots->paths[i], true);
		else if (smallest == boots->count ||
			 file_size(boots->paths[i]) < file_size(boots->paths[smallest]))
			smallest = i;
	}
	if (quick && smallest < boots->count)
		status = add_boot(plan, boots->paths[smallest], true);
	return status;
}

static bool any_replay(const struct selection *selection)
{
	return selection->replays[BENCH_WARM] || selection->replays[BENCH_COLD] ||
	       selection->replays[BENCH_COLD_LLC];
}

static int select_boots(struct workload_list *list, const char *word)
{
	struct selection *selection = list->selection;
	bool all = !strcmp(word, "all"), captured = !strcmp(word, "captured");
	struct mb_catalogue boots;
	int status = -1;

	mb_catalogue_boots(&boots);
	if (all && !boots.count && any_replay(selection))
		fprintf(stderr, "memblock-bench: run: no replays: no captured boots in %s\n",
			boots.tried);
	if (captured && !boots.count)
		status = mb_fail(MB_EXIT_USAGE, "--workloads=captured: none in %s", boots.tried);
	else if (captured || (all && any_replay(selection)))
		status = load_captured(list->plan, &boots, all);
	for (size_t i = 0; i < boots.count && status < 0; i++)
		if (!strcmp(boots.names[i], word))
			status = add_boot(list->plan, boots.paths[i], true);
	mb_catalogue_free(&boots);
	return status;
}

static int unknown_workload(const char *word)
{
	struct nearest nearest = nearest_to(word, strlen(word));
	struct mb_catalogue boots;

	nearest_offer(&nearest, "all", 3);
	nearest_offer(&nearest, "captured", 8);
	nearest_offer(&nearest, "synthetic", 9);
	nearest_offer(&nearest, "islands", 7);
	for (unsigned i = 0; i < BENCH_SYNTHETIC; i++)
		nearest_offer(&nearest, bench_workload_names[i], strlen(bench_workload_names[i]));
	mb_catalogue_boots(&boots);
	for (size_t i = 0; i < boots.count; i++)
		nearest_offer(&nearest, boots.names[i], strlen(boots.names[i]));
	mb_catalogue_free(&boots);
	return mb_fail(
		MB_EXIT_USAGE,
		"unknown workload '%s'; see 'memblock-bench list workloads', or name a file%s",
		word, nearest_words(&nearest));
}

static int select_workload(void *ctx, const char *word)
{
	struct workload_list *list = ctx;
	bool every = !strcmp(word, "all") || !strcmp(word, "synthetic"), known = every;
	int status;

	for (unsigned i = 0; i < BENCH_SYNTHETIC; i++) {
		if ((i < BENCH_ISLANDS ? every : !strcmp(word, "islands")) ||
		    !strcmp(word, bench_workload_names[i]))
			known = list->selection->workloads[i] = true;
	}
	status = select_boots(list, word);
	if (status >= 0)
		return status;
	if (known)
		return MB_EXIT_OK;
	if (mb_boot_is_generated(word) || strchr(word, '/') || !access(word, F_OK))
		return add_boot(list->plan, word, false);
	return unknown_workload(word);
}

/* By default the kernel's own code is there as the yardstick, if it can be had. */
static int parse_variants(const struct bench_options *o, struct mb_variant_spec *specs)
{
	const char *list = o->variants;
	unsigned kernels;
	char why[768];
	int n;

	if (list)
		return mb_parse_variants(list, specs);
	kernels = bench_kernels_unasked(specs, why, sizeof(why));
	if (!kernels)
		fprintf(stderr,
			"memblock-bench: run: without the kernel's own code beside it: %s\n", why);
	n = mb_parse_variants("all,null,empty", specs + kernels);
	return n < 0 ? n : n + (int)kernels;
}

/* Is @spec to be measured in the flag set o2 (or kflags)? A peer is in the one set that it has, whatever is asked for. */
static bool wants_build(const struct bench_options *o, const struct mb_variant_spec *spec, bool o2)
{
	if (spec->variant->kind == MB_KIND_PEER)
		return o2;
	return o2 ? o->o2 : o->kflags;
}

/* The variants of the list, each in each build that is asked for. */
static int select_variants(struct bench_plan *plan)
{
	struct mb_variant_spec *specs = calloc(MB_VARIANTS_MAX, sizeof(*specs));
	const struct bench_options *o = plan->options;
	int n = specs ? parse_variants(o, specs) : -MB_EXIT_ENVIRONMENT;

	plan->specs = calloc(2 * MB_VARIANTS_MAX, sizeof(*plan->specs));
	if (n < 0 || !plan->specs) {
		free(specs);
		return n < 0 ? -n : MB_EXIT_ENVIRONMENT;
	}
	for (unsigned build = 0; build < 2; build++) {
		for (int i = 0; i < n; i++) {
			bool again = false;

			for (int j = 0; j < i; j++)
				again |= !strcmp(specs[i].name, specs[j].name);
			if (again || !wants_build(o, &specs[i], build))
				continue;
			specs[i].build = build ? MB_O2 : MB_KFLAGS;
			plan->specs[plan->spec_count++] = specs[i];
		}
	}
	free(specs);
	return MB_EXIT_OK;
}

/* ---- cells ------------------------------------------------------------------------------------- */

/* The boot or the states of @item are without the kernel's own code: to be said in one line. */
static void note_lacking(struct selection *selection, const struct bench_plan_item *item)
{
	const char *name = item->boot ? item->boot->name : "synthetic states";
	size_t used = strlen(selection->lacking);

	if (selection->last_lacking != name)
		snprintf(selection->lacking + used, sizeof(selection->lacking) - used, "%s%s",
			 used ? ", " : "", name);
	selection->last_lacking = name;
}

/* What @item's kernel lacks is told with the results. */
static int note_not_timed(struct bench_plan *plan, const struct bench_plan_item *item,
			  const char *label, const char *lacking)
{
	char key[BENCH_CELL_LABEL + BENCH_BOOT_NAME + 8];

	if (!plan->not_timed)
		plan->not_timed = json_object();
	snprintf(key, sizeof(key), "%s/%.96s", item->boot->name, label);
	return json_object_set_new(plan->not_timed, key,
				   json_sprintf("this kernel has no %s", lacking));
}

/*
 * Does a kernel that behaves as @item->profile take part in a boot? That of the boot's own profile does. The newest
 * stands beside it, and with families, which come from no kernel, all do; but not where it has no call for what the
 * boot does. Others are left out; of those that were asked for that is said.
 */
static int decide(struct bench_plan *plan, const struct bench_plan_item *item, const char *label,
		  const struct mb_ops *ops, bool *takes_part)
{
	const struct mb_trace *trace = item->boot->trace;
	const char *lacking;

	*takes_part = item->profile == trace->machine.profile;
	if (*takes_part)
		return MB_EXIT_OK;
	if (bench_kernel_is_newest(item->spec) || mb_boot_is_generated(item->boot->path)) {
		lacking = bench_kernel_lacks(trace, item->profile, ops);
		*takes_part = !lacking;
		if (!lacking || !note_not_timed(plan, item, label, lacking))
			return MB_EXIT_OK;
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	}
	if (!item->cold && plan->options->variants)
		fprintf(stderr, "memblock-bench: run: %s: profile %s; %s behaves as %s: left out\n",
			item->boot->name, trace->machine.profile->name, item->spec->name,
			item->profile->name);
	return MB_EXIT_OK;
}

/*
 * A kernel is built for the machine. *@takes_part, or an exit status: where its source is not there it does not,
 * unless the user asked for it. *@object: the file that the code is in. @item's profile is set.
 */
static int find_label(struct bench_plan *plan, struct selection *selection,
		      struct bench_plan_item *item, char label[MB_VARIANT_LABEL],
		      const char **object, bool *takes_part)
{
	struct mb_machine machine = { .metadata = plan->options->metadata,
				      .profile = plan->profile };
	const char *lacks = NULL;
	const struct mb_ops *ops;
	char error[768];
	int rc;

	*takes_part = false;
	if (item->boot)
		machine = item->boot->trace->machine;
	else
		machine.no_deferred_init = item->operation->setting == BENCH_HANDOVER_UNDEFERRED;
	rc = mb_variant_ops(item->spec, &machine, &ops, &item->profile, label, error,
			    sizeof(error));
	if (!rc && item->boot && item->profile != machine.profile &&
	    !bench_kernel_is_newest(item->spec) && !mb_boot_is_generated(item->boot->path))
		lacks = mb_variant_lacks(item->spec, machine.profile);
	if (lacks) { /* what is there in its place is no judge */
		snprintf(error, sizeof(error), "variant linux: %s", lacks);
		rc = -ENOENT;
	}
	if (rc == -ENOENT && !plan->options->variants) {
		note_lacking(selection, item);
		memcpy(selection->why, error, sizeof(error));
		return MB_EXIT_OK;
	}
	if (rc)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: %s", error);
	*object = mb_variant_file(ops);
	*takes_part = true;
	return item->boot ? decide(plan, item, label, ops, takes_part) : MB_EXIT_OK;
}

static int out_of_memory(void)
{
	return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
}

/* What a peer offers not is told with the results, once for all states, or boots. */
static int note_not_offered(struct bench_plan *plan, const struct mb_variant_spec *spec,
			    const char *operation)
{
	char key[BENCH_CELL_LABEL + 32];

	if (!plan->not_timed)
		plan->not_timed = json_object();
	snprintf(key, sizeof(key), "%.24s/%.96s+o2", operation, spec->name);
	return json_object_set_new(plan->not_timed, key, json_string("not offered by this peer")) ?
		       out_of_memory() :
		       MB_EXIT_OK;
}

static int add_cell(struct bench_plan *plan, struct selection *selection,
		    struct bench_plan_item *item, const char *operation, const char *workload,
		    uint32_t n)
{
	struct bench_cell cell = { .subject.cold = item->cold };
	char label[MB_VARIANT_LABEL];
	bool takes_part;
	int status = find_label(plan, selection, item, label, &cell.object, &takes_part);

	if (status || !takes_part)
		return status;
	bench_cell_name(&cell, operation, workload, item->spec, label, n);
	if (selection->filtered && regexec(&selection->filter, cell.subject.name, 0, NULL, 0))
		return 0;
	if (item->spec->variant->kind == MB_KIND_PEER &&
	    !(item->operation && item->operation->by_peers))
		return note_not_offered(plan, item->spec, operation);
	for (size_t i = 0; cell.is_kernel && i < plan->count; i++)
		if (!strcmp(plan->cells[i].subject.name, cell.subject.name))
			return 0; /* asked for in two ways: `linux` is the newest here */
	if (plan->count == plan->room) {
		size_t room = plan->room ? plan->room * 2 : 256;
		void *cells = realloc(plan->cells, room * sizeof(*plan->cells));
		void *items;

		if (!cells)
			return out_of_memory();
		plan->cells = cells;
		items = realloc(plan->items, room * sizeof(*plan->items));
		if (!items)
			return out_of_memory();
		plan->items = items;
		plan->room = room;
	}
	plan->cells[plan->count] = cell;
	plan->items[plan->count++] = *item;
	return 0;
}

/* Null and empty take part once per operation and workload, at one size; and not in walks, since they have nothing to
 * walk over. */
static bool takes_part(const struct bench_plan *plan, const struct bench_plan_item *item,
		       uint32_t n)
{
	uint32_t null_n = plan->options->regions[0];

	assert(item->spec->variant); /* it was parsed */
	if (item->spec->variant->kind != MB_KIND_NULL)
		return true;
	for (unsigned i = 0; i < plan->options->region_count; i++)
		if (plan->options->regions[i] == NULL_REGIONS)
			null_n = NULL_REGIONS;
	return n == null_n && !item->operation->walks;
}

static int add_synthetic(struct bench_plan *plan, struct selection *selection, unsigned operation)
{
	const struct bench_options *o = plan->options;

	for (unsigned w = 0; w < BENCH_SYNTHETIC; w++) {
		if (!selection->workloads[w])
			continue;
		for (unsigned i = 0; i < o->region_count * plan->spec_count; i++) {
			uint32_t n = o->regions[i / plan->spec_count];
			struct bench_plan_item item = {
				.operation = &bench_operations[operation],
				.workload = w,
				.spec = &plan->specs[i % plan->spec_count],
			};
			int rc = 0;

			if (takes_part(plan, &item, n))
				rc = add_cell(plan, selection, &item, item.operation->name,
					      bench_workload_names[w], n);
			if (rc)
				return rc;
		}
	}
	return 0;
}

static int add_replays(struct bench_plan *plan, struct selection *selection)
{
	for (size_t i = 0; i < plan->boot_count; i++) {
		for (unsigned cold = 0; cold < BENCH_WARMTHS; cold++) {
			if (!selection->replays[cold])
				continue;
			for (unsigned j = 0; j < plan->spec_count; j++) {
				struct bench_plan_item item = { .boot = plan->boots[i],
								.spec = &plan->specs[j],
								.cold = cold };
				int rc = add_cell(plan, selection, &item, bench_replay_names[cold],
						  item.boot->name, item.boot->reserved_peak);

				if (rc)
					return rc;
			}
		}
	}
	return 0;
}

/* Is it a store, asked for with another array than a boot has? (Of a kernel more slots change what an add does.) */
static bool grows_otherwise(const struct mb_variant_spec *spec)
{
	const struct mb_param *params = mb_variant_params(spec->variant);

	return spec->variant->kind == MB_KIND_STORE &&
	       (spec->params[MB_PARAM_INIT] != params[MB_PARAM_INIT].preset ||
		spec->params[MB_PARAM_GROWTH] != params[MB_PARAM_GROWTH].preset);
}

/* Synthetic states have room for what is done to them. */
static void tell_of_growth(const struct bench_plan *plan)
{
	for (size_t i = 0; i < plan->count && !plan->options->one_workload; i++) {
		if (plan->items[i].boot || !grows_otherwise(plan->items[i].spec))
			continue;
		fprintf(stderr,
			"memblock-bench: run: %s: synthetic states never grow, so init and growth "
			"change nothing there; boots do grow: --workloads=captured, or replay\n",
			plan->items[i].spec->name);
		break;
	}
}

static int make(struct bench_plan *plan, struct selection *selection)
{
	const struct bench_options *o = plan->options;
	struct workload_list list = { .plan = plan, .selection = selection };
	int status;

	if (o->filter && regcomp(&selection->filter, o->filter, REG_EXTENDED | REG_NOSUB))
		return mb_fail(MB_EXIT_USAGE, "bad value '%s' for --filter; a regular expression",
			       o->filter);
	selection->filtered = o->filter != NULL;
	plan->profile = bench_kernels_profile(o);
	status = select_variants(plan);
	if (!status)
		status = each_word(o->operations, select_operation, selection);
	if (!status)
		status = o->one_workload ? select_workload(&list, o->workloads) :
					   each_word(o->workloads, select_workload, &list);
	if (status)
		return status;
	for (unsigned i = 0; i < bench_operation_count && !status; i++)
		if (selection->operations[i])
			status = add_synthetic(plan, selection, i);
	if (!status)
		status = add_replays(plan, selection);
	if (status)
		return status;
	if (*selection->lacking)
		fprintf(stderr,
			"memblock-bench: run: without the kernel's own code beside it: %s: %s\n",
			selection->lacking, selection->why);
	bench_kernels_tell(plan);
	tell_of_growth(plan);
	if (!plan->count)
		return mb_fail(
			MB_EXIT_USAGE,
			"run: nothing is selected by --operations, --workloads and --filter together");
	return MB_EXIT_OK;
}

int bench_plan_make(const struct bench_options *options, struct bench_plan *plan)
{
	struct selection selection = { 0 };
	int status;

	*plan = (struct bench_plan){ .options = options, .repetitions = options->repetitions };
	selection.operations = calloc(bench_operation_count, sizeof(*selection.operations));
	if (!selection.operations)
		return mb_fail(MB_EXIT_ENVIRONMENT, "run: out of memory");
	status = make(plan, &selection);
	if (selection.filtered)
		regfree(&selection.filter);
	free(selection.operations);
	return status;
}

void bench_plan_release(struct bench_plan *plan)
{
	bench_plan_release_parts(plan);
	for (size_t i = 0; i < plan->count; i++)
		bench_cell_release(&plan->cells[i]);
	for (size_t i = 0; i < plan->boot_count; i++)
		bench_boot_free(plan->boots[i]);
	free(plan->cells);
	free(plan->items);
	free(plan->boots);
	free(plan->specs);
	json_decref(plan->not_timed);
}
