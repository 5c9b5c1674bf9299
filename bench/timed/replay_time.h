/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay_time.h - how long the operations of a trace take. */
#ifndef MB_REPLAY_TIME_H
#define MB_REPLAY_TIME_H

#include "timed/loops.h"

/* An instance on which a trace can be run again and again. */
struct mb_replayer {
	struct mb *mb;
	const struct bench_loops *loops; /* of the build of its variant */
	void *empty;                     /* snapshot of the new instance */
	const struct mb_op
		*ops; /* what is timed: no dumps; captured growths only with metadata=host */
	size_t count;
};

/* Make one; zeroing is off. 0 or -errno. */
int mb_replayer_create(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		       enum mb_metadata metadata, struct mb_replayer *replayer);
/* The same with hooks of the caller's, which stay its own; NULL: none. */
int mb_replayer_create_hooked(const struct mb_trace *trace, const struct mb_hooks *hooks,
			      const struct mb_variant_spec *spec, enum mb_metadata metadata,
			      struct mb_replayer *replayer);
void mb_replayer_destroy(struct mb_replayer *replayer);

/* Back to the empty instance. */
void mb_replayer_restore(struct mb_replayer *replayer);
/* Run every operation once between two readings, without a check; the fold of the answers. */
static inline uint64_t mb_replayer_run(const struct mb_replayer *r, struct bench_reading *reading)
{
	return r->loops->replay(r->mb, r->ops, r->count, reading);
}
/* The same, not measured. */
uint64_t mb_replayer_run_untimed(const struct mb_replayer *replayer);

/* How many operations mb_replayer_run() executes. */
size_t mb_timed_operations(const struct mb_trace *trace, enum mb_metadata metadata);

/**
 * mb_time_replays() - median ns of @rounds interleaved replays per variant.
 * @skip:    variants that are not timed: they panicked.
 * @ns:      @count + 1 values; the last is null's. Negative: not timed.
 *
 * Return: 0 or -errno.
 */
int mb_time_replays(const struct mb_trace *trace, const struct mb_variant_spec *specs,
		    const bool *skip, int count, enum mb_metadata metadata, uint64_t rounds,
		    double *ns);

#endif
