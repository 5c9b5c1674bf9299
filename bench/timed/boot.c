/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.c - loading, proving and timing the replays of boot.h.
 *
 * In a timed replay the clock is read twice, around all operations: there are hundreds, so its own
 * cost does not show. In a cold one it is read around each operation and the cost of as many empty pairs
 * is taken off.
 */
#include "timed/boot.h"

#include "measure/disturb.h"
#include "measure/flush.h"
#include "timed/reading.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_share_names[BENCH_SHARES] = {
	[BENCH_SHARE_ADD] = "ns_add",           [BENCH_SHARE_RESERVE] = "ns_reserve",
	[BENCH_SHARE_FREE] = "ns_free",         [BENCH_SHARE_ALLOC] = "ns_alloc",
	[BENCH_SHARE_SET_NODE] = "ns_set_node", [BENCH_SHARE_OTHER] = "ns_other",
};

#define SHARE_PASSES 15 /* replays in which each operation is timed alone */

/* ---- running ----------------------------------------------------------------------------------- */

uint64_t bench_replay_warm(struct bench_replay *replay, double *ns)
{
	struct bench_reading r = bench_reading_of_time();
	uint64_t sum;

	mb_replayer_restore(&replay->replayer);
	sum = mb_replayer_run(&replay->replayer, &r);
	*ns = bench_clock_ns(r.ticks);
	return sum;
}

const char *const bench_replay_names[BENCH_WARMTHS] = {
	[BENCH_WARM] = "replay",
	[BENCH_COLD] = "replay_cold",
	[BENCH_COLD_LLC] = "replay_cold_llc",
};

/*
 * Flushed is all that the instance owns, whether restoring wrote it or not, and the program and the kernel's object whole,
 * of every variant alike. First that, since it needs the pages in the TLB; what disturbs then reads none of it.
 */
void bench_replay_disturb(const struct bench_replay *replay, enum bench_warmth warmth)
{
	const struct mb_replayer *r = &replay->replayer;

	if (warmth == BENCH_COLD_LLC) {
		mb_each_storage(r->mb, bench_flush);
		bench_flush_object(r->loops);
		if (r->mb->ops->whole)
			bench_flush_object(r->mb->ops);
		bench_flush(r->ops, r->count * sizeof(*r->ops));
	}
	bench_disturb();
}

struct disturbance {
	const struct bench_replay *replay;
	enum bench_warmth warmth;
};

static void disturb(void *ctx, const struct mb_op *op)
{
	const struct disturbance *d = ctx;

	(void)op;
	bench_replay_disturb(d->replay, d->warmth);
}

uint64_t bench_replay_cold(struct bench_replay *replay, enum bench_warmth warmth, double *ns)
{
	struct disturbance d = { replay, warmth };
	const struct mb_replayer *r = &replay->replayer;
	struct bench_reading reading = bench_reading_of_time();
	uint64_t sum;

	mb_replayer_restore(&replay->replayer);
	sum = r->loops->cold(r->mb, r->ops, r->count, disturb, &d, &reading);
	*ns = (double)reading.ticks * bench_clock.ns_per_tick -
	      (double)r->count * bench_clock.empty_ns;
	*ns = *ns > 0 ? *ns : 0;
	return sum;
}

/* ---- loading ----------------------------------------------------------------------------------- */

int bench_boot_name(const char *path, char name[BENCH_BOOT_NAME])
{
	static const char *const suffixes[] = { ".zst", ".trace", ".log", ".txt" };
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	size_t length = strlen(file);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && !strncmp(file + length - suffix, suffixes[i], suffix))
			length -= suffix;
	}
	if (length >= BENCH_BOOT_NAME)
		return -ENAMETOOLONG;
	memcpy(name, file, length);
	name[length] = '\0';
	for (char *at = name; *at; at++) /* it becomes one of four parts separated by slashes */
		if (*at <= ' ' || *at == '"' || *at == '\\')
			*at = '_';
	return 0;
}

/*
 * What array answers: its addresses with metadata on the host, which all variants must give there. The
 * peak is that with metadata out of the managed memory, as in the kernel that was captured.
 */
static int ask_reference(struct bench_boot *boot)
{
	struct mb_replay_result result;
	struct mb_variant_spec array;
	struct mb_replayer replayer;
	char unused[128];
	int rc;

	if (mb_variant_parse("array", &array, unused, sizeof(unused)))
		return -EINVAL;
	rc = mb_replay_check(boot->trace, &array, MB_METADATA_SELF, &result);
	if (rc)
		return rc;
	boot->reserved_peak = result.reserved_peak;
	rc = mb_replay_check(boot->trace, &array, MB_METADATA_HOST, &result);
	boot->allocs = result.allocs;
	boot->allocs_as_captured = result.allocs_as_captured;
	if (rc || *result.panic)
		return rc;
	rc = mb_replayer_create(boot->trace, &array, MB_METADATA_HOST, &replayer);
	if (rc)
		return rc;
	boot->answers = mb_replayer_run_untimed(&replayer);
	mb_replayer_destroy(&replayer);
	return 0;
}

int bench_boot_new(const char *name, const char *path, struct mb_trace *trace, bool captured,
		   struct bench_boot **out, struct mb_text_error *error)
{
	struct bench_boot *boot = calloc(1, sizeof(*boot));
	int rc;

	if (boot)
		boot->path = strdup(path);
	if (!boot || !boot->path) {
		snprintf(error->text, sizeof(error->text), "%.300s: out of memory", path);
		free(boot);
		mb_trace_free(trace);
		return -ENOMEM;
	}
	snprintf(boot->name, sizeof(boot->name), "%s", name);
	boot->captured = captured;
	boot->trace = trace;
	rc = ask_reference(boot);
	if (rc)
		snprintf(error->text, sizeof(error->text), "%s: cannot be replayed: %s", path,
			 strerror(-rc));
	if (!rc && boot->allocs && !boot->allocs_as_captured) {
		snprintf(error->text, sizeof(error->text),
			 "%.300s: none of its %llu allocations lands where it did when captured; "
			 "see 'memblock-bench replay --check'",
			 path, (unsigned long long)boot->allocs);
		rc = -EINVAL;
	}
	if (rc) {
		bench_boot_free(boot);
		return rc;
	}
	*out = boot;
	return 0;
}

void bench_boot_free(struct bench_boot *boot)
{
	if (!boot)
		return;
	mb_trace_free(boot->trace);
	free(boot->path);
	free(boot);
}

/* ---- proving ----------------------------------------------------------------------------------- */

/* The fold of a replay's answers. @same: each allocation failed where the kernel's did, only there. */
static uint64_t run_checked(const struct mb_replayer *r, bool *same)
{
	uint64_t sum = 0;

	*same = true;
	for (size_t i = 0; i < r->count; i++) {
		uint64_t answer = mb_replayer_run_op(r->mb, &r->ops[i]);

		/* Others answer, too: the hand-over tells its pages. */
		if (mb_op_has_result(r->ops[i].kind))
			*same &= !answer == !r->ops[i].result;
		sum = bench_fold(sum, answer);
	}
	return sum;
}

#define SEE_CHECK "; see 'memblock-bench replay --check'"

/* What is not as captured, and the first place where. */
static void say_difference(const struct mb_replay_result *result, char *why, size_t why_size)
{
	char where[80] = "";

	if (result->diverged_count)
		snprintf(where, sizeof(where), " (line %u: 0x%llx instead of 0x%llx)",
			 result->diverged[0].line, (unsigned long long)result->diverged[0].got,
			 (unsigned long long)result->diverged[0].captured);
	else if (result->first_dump_differs)
		snprintf(where, sizeof(where), " (dump at line %u)", result->first_dump_differs);
	snprintf(why, why_size, "%llu of %llu allocations, %llu of %llu dumps as captured%s%s",
		 (unsigned long long)result->allocs_as_captured, (unsigned long long)result->allocs,
		 (unsigned long long)result->dumps_matched, (unsigned long long)result->dumps,
		 where, SEE_CHECK);
}

static int check(struct bench_replay *replay, const struct mb_variant_spec *spec,
		 enum mb_metadata metadata, char *why, size_t why_size)
{
	const struct bench_boot *boot = replay->boot;
	struct mb_replay_result result;
	bool fails_alike, grows_alike;
	int rc;

	rc = mb_replay_check(boot->trace, spec, metadata, &result);
	if (rc)
		return rc;
	replay->allocs = result.allocs;
	replay->allocs_as_captured = result.allocs_as_captured;
	replay->bytes_zeroed = result.bytes_zeroed;
	replay->structure.metadata_bytes = (double)result.metadata_bytes_peak;
	if (*result.panic) {
		snprintf(why, why_size, "the replay ended in a panic: %s", result.panic);
		return -EBADMSG;
	}
	if (result.full.operation) {
		snprintf(why, why_size,
			 BENCH_EXCEEDED " of %u regions of %s at operation %llu: needs at least %u",
			 result.full.regions, result.full.collection,
			 (unsigned long long)result.full.operation, result.full.needs);
		return -EBADMSG;
	}
	rc = mb_replayer_create(boot->trace, spec, metadata, &replay->replayer);
	if (rc)
		return rc;
	replay->answers = run_checked(&replay->replayer, &fails_alike);
	/* A kernel that behaves otherwise is shown beside the others: its placements are its own. */
	if (spec->variant->kind == MB_KIND_NULL ||
	    replay->replayer.mb->profile != boot->trace->machine.profile)
		return 0;

	grows_alike = result.growths_as_captured != UINT64_MAX;
	if (boot->captured && (metadata == MB_METADATA_HOST || grows_alike) &&
	    (result.allocs_as_captured != result.allocs || result.dumps_matched != result.dumps)) {
		say_difference(&result, why, why_size);
		return -EBADMSG;
	}
	if (metadata == MB_METADATA_HOST && replay->answers != boot->answers) {
		snprintf(why, why_size, "addresses differ from those of array" SEE_CHECK);
		return -EBADMSG;
	}
	if (boot->captured && !fails_alike) {
		snprintf(why, why_size, "allocations fail that did not when captured" SEE_CHECK);
		return -EBADMSG;
	}
	return 0;
}

/* ---- what a replay consists of ----------------------------------------------------------------- */

static enum bench_share share_of(enum mb_op_kind kind)
{
	static const enum bench_share of[] = {
		[MB_PATH_ADD] = BENCH_SHARE_ADD,      [MB_PATH_RESERVE] = BENCH_SHARE_RESERVE,
		[MB_PATH_FREE] = BENCH_SHARE_FREE,    [MB_PATH_FIND_FREE] = BENCH_SHARE_OTHER,
		[MB_PATH_ALLOC] = BENCH_SHARE_ALLOC,  [MB_PATH_SET_NODE] = BENCH_SHARE_SET_NODE,
		[MB_PATH_GROWTH] = BENCH_SHARE_OTHER, [MB_PATH_HANDOVER] = BENCH_SHARE_OTHER,
		[MB_PATH_OTHER] = BENCH_SHARE_OTHER,
	};

	return of[mb_operations[kind].path];
}

static int measure_shares(struct bench_replay *replay)
{
	const struct mb_replayer *r = &replay->replayer;
	double *typical = calloc(r->count + 1, sizeof(*typical));
	int rc = typical ? bench_latency_of(&replay->replayer, SHARE_PASSES, typical,
					    &replay->latency) :
			   -ENOMEM;

	for (size_t i = 0; i < r->count && !rc; i++)
		replay->ns_shares[share_of(r->ops[i].kind)] += typical[i];
	free(typical);
	return rc;
}

static uint64_t whole_free_pages(struct mb *mb)
{
	uint64_t page = mb->page_size, pages = 0;
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false); mb_next(&it, &r);) {
		uint64_t first = (r.base + page - 1) / page, end = r.end / page;

		pages += end > first ? end - first : 0;
	}
	return pages;
}

static int count_structure(struct bench_replay *replay, const struct mb_variant_spec *spec,
			   enum mb_metadata metadata)
{
	struct mb_variant_spec counted = bench_counted(spec);
	struct mb_replayer replayer;
	double operations = replay->replayer.count ? (double)replay->replayer.count : 1;
	int rc;

	rc = mb_replayer_create(replay->boot->trace, &counted, metadata, &replayer);
	if (rc)
		return rc;
	mb_replayer_run_untimed(&replayer);
	replay->structure.regions_visited =
		(double)replayer.mb->counts.regions_visited / operations;
	replay->structure.bytes_moved = (double)replayer.mb->counts.bytes_moved / operations;
	mb_replayer_destroy(&replayer);
	return 0;
}

int bench_replay_new(const struct bench_boot *boot, const struct mb_variant_spec *spec,
		     enum mb_metadata metadata, struct bench_replay **out, char *why,
		     size_t why_size)
{
	struct bench_replay *replay = calloc(1, sizeof(*replay));
	int rc;

	if (!replay)
		return -ENOMEM;
	replay->boot = boot;
	rc = check(replay, spec, metadata, why, why_size);
	if (!rc)
		rc = count_structure(replay, spec, metadata);
	if (rc) {
		bench_replay_free(replay);
		return rc;
	}
	bench_replay_warm(replay, &replay->ns);
	replay->pages_handed_over = whole_free_pages(replay->replayer.mb);
	rc = measure_shares(replay);
	if (rc) {
		bench_replay_free(replay);
		return rc;
	}
	bench_replay_warm(replay, &replay->ns);
	*out = replay;
	return 0;
}

void bench_replay_free(struct bench_replay *replay)
{
	if (!replay)
		return;
	mb_replayer_destroy(&replay->replayer);
	free(replay);
}
