/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_time.c - how long the operations of a trace take.
 *
 * The variants take turns, so that drift of the machine meets all alike, and each round is one reading
 * of the clock (clock.h, as in `run`) around the whole sequence, less what an empty pair takes.
 */
#include "timed/replay_time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/statistics.h"
#include "timed/reading.h"

static bool is_timed(const struct mb_op *op, enum mb_metadata metadata)
{
	if (op->kind == MB_OP_DUMP)
		return false;
	return op->kind != MB_OP_GREW || metadata == MB_METADATA_HOST;
}

size_t mb_timed_operations(const struct mb_trace *trace, enum mb_metadata metadata)
{
	size_t n = 0;

	for (size_t i = 0; i < trace->count; i++)
		n += is_timed(&trace->ops[i], metadata);
	return n;
}

int mb_replayer_create(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		       enum mb_metadata metadata, struct mb_replayer *r)
{
	return mb_replayer_create_hooked(trace, NULL, spec, metadata, r);
}

int mb_replayer_create_hooked(const struct mb_trace *trace, const struct mb_hooks *hooks,
			      const struct mb_variant_spec *spec, enum mb_metadata metadata,
			      struct mb_replayer *r)
{
	struct mb_machine machine = trace->machine;
	struct mb_op *ops;
	int rc;

	memset(r, 0, sizeof(*r));
	machine.metadata = metadata;
	r->loops = bench_loops_of(spec->build);
	rc = mb_create(&machine, hooks, spec, &r->mb);
	if (rc)
		return rc;
	mb_set_zeroing(r->mb, false);
	r->empty = malloc(mb_snapshot_size(r->mb));
	ops = calloc(trace->count + 1, sizeof(*ops));
	r->ops = ops;
	if (!r->empty || !ops) {
		mb_replayer_destroy(r);
		return -ENOMEM;
	}
	mb_snapshot(r->mb, r->empty);
	for (size_t i = 0; i < trace->count; i++) {
		if (is_timed(&trace->ops[i], metadata))
			ops[r->count++] = trace->ops[i];
	}
	/* A pair that is one call stays two operations, of which one does nothing: what is said of an operation is of as
	 * many on all variants. */
	for (size_t i = 0; mb_variant_joins(spec) && i + 1 < r->count; i++) {
		if (mb_op_joins(&ops[i], &ops[i + 1], &ops[i]))
			ops[++i] = (struct mb_op){ .kind = MB_OP_DUMP };
	}
	return 0;
}

void mb_replayer_destroy(struct mb_replayer *r)
{
	mb_destroy(r->mb);
	free(r->empty);
	free((void *)(uintptr_t)r->ops);
	memset(r, 0, sizeof(*r));
}

void mb_replayer_restore(struct mb_replayer *r)
{
	mb_restore(r->mb, r->empty);
}

uint64_t mb_replayer_run_untimed(const struct mb_replayer *r)
{
	struct bench_reading nothing = BENCH_READING_OF_NOTHING;

	return mb_replayer_run(r, &nothing);
}

int mb_time_replays(const struct mb_trace *trace, const struct mb_variant_spec *specs,
		    const bool *skip, int count, enum mb_metadata metadata, uint64_t rounds,
		    double *ns)
{
	struct mb_variant_spec null_spec;
	struct mb_replayer *r = calloc((size_t)count + 1, sizeof(*r));
	double *samples = calloc(((size_t)count + 1) * (rounds + 1), sizeof(*samples));
	char unused[128];
	int rc = r && samples ? 0 : -ENOMEM;

	bench_clock_start();
	for (int i = 0; i <= count; i++)
		ns[i] = -1;
	if (!rc)
		rc = mb_variant_parse("null", &null_spec, unused, sizeof(unused));
	null_spec.build = MB_KFLAGS;
	for (int i = 0; i <= count && !rc && rounds; i++) {
		if (i < count && skip[i])
			continue;
		rc = mb_replayer_create(trace, i < count ? &specs[i] : &null_spec, metadata, &r[i]);
		if (!rc)
			mb_replayer_run_untimed(&r[i]); /* warm up, and map what growth touches */
	}
	for (uint64_t round = 0; round < rounds && !rc; round++) {
		for (int i = 0; i <= count; i++) {
			struct bench_reading reading = bench_reading_of_time();

			if (!r[i].mb)
				continue;
			mb_replayer_restore(&r[i]);
			mb_replayer_run(&r[i], &reading);
			samples[(size_t)i * rounds + round] = bench_clock_ns(reading.ticks);
		}
	}
	for (int i = 0; i <= count && r; i++) {
		if (r[i].mb && !rc)
			ns[i] = bench_median(&samples[(size_t)i * rounds], rounds);
		mb_replayer_destroy(&r[i]);
	}
	free(r);
	free(samples);
	return rc;
}
