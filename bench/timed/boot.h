/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.h - replays of captured boots: what is timed, and the proof that it is the boot.
 *
 * A boot is a trace and what the reference says about it. A replay is a boot on one variant, ready
 * to be timed: warm (again and again, the clock around a whole replay) or cold (each operation alone,
 * after a disturbance). Before that it has been replayed with every answer compared.
 */
#ifndef BENCH_BOOT_H
#define BENCH_BOOT_H

#include <memblock/trace.h>

#include "timed/latency.h"
#include "timed/operations.h"
#include "timed/replay_time.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_BOOT_NAME 96

/* How it begins that a bounded store does not hold something: a result, and no failure. */
#define BENCH_EXCEEDED "exceeded its limit"

struct bench_boot {
	char name[BENCH_BOOT_NAME]; /* the file's name, without directories and suffixes */
	char *path;
	struct mb_trace *trace;
	uint64_t allocs, allocs_as_captured; /* of array with metadata=host */
	bool captured;          /* shipped with the project: every placement must be the kernel's */
	uint32_t reserved_peak; /* regions, with array and metadata=self: the N of its benchmarks */
	uint64_t answers;       /* of array with metadata=host */
};

/* The shared parts of a replay, by kind of operation. */
enum bench_share {
	BENCH_SHARE_ADD,
	BENCH_SHARE_RESERVE,
	BENCH_SHARE_FREE,
	BENCH_SHARE_ALLOC,
	BENCH_SHARE_SET_NODE,
	BENCH_SHARE_OTHER,
	BENCH_SHARES,
};

extern const char *const bench_share_names[BENCH_SHARES]; /* "ns_add" ... */

/* How a replay meets the processor. */
enum bench_warmth {
	BENCH_WARM, /* as the replay before it left it */
	BENCH_COLD, /* caches but the last, TLB and predictors disturbed before each operation */
	BENCH_COLD_LLC, /* and what the instance and its code have in any cache is flushed */
	BENCH_WARMTHS,
};

/* "replay", "replay_cold", "replay_cold_llc" */
extern const char *const bench_replay_names[BENCH_WARMTHS];

struct bench_replay {
	const struct bench_boot *boot;
	struct mb_replayer replayer;
	uint64_t answers; /* the fold of all addresses that a replay must give */
	uint64_t allocs, allocs_as_captured;
	uint64_t bytes_zeroed;          /* what the boot zeroes, and no timed replay does */
	uint64_t pages_handed_over;     /* free whole pages at the end */
	double ns_shares[BENCH_SHARES]; /* per replay, each operation timed alone */
	struct bench_latency latency;   /* of those */
	struct bench_structure structure;
	double ns; /* of one replay, roughly */
};

/* The name of a boot from the name of its file: a/b-4G.trace.zst is b-4G. 0 or -ENAMETOOLONG. */
int bench_boot_name(const char *path, char name[BENCH_BOOT_NAME]);

/**
 * bench_boot_new() - let the reference replay a boot.
 * @name:     of bench_boot_name().
 * @path:     of the file, for messages.
 * @trace:    the boot's from now on, also on failure.
 * @captured: it is one of the project's.
 *
 * A boot of which no allocation lands where it did is refused: it would be another one that is timed.
 *
 * Return: 0 or -errno, with @error set.
 */
int bench_boot_new(const char *name, const char *path, struct mb_trace *trace, bool captured,
		   struct bench_boot **out, struct mb_text_error *error);
void bench_boot_free(struct bench_boot *boot);

/**
 * bench_replay_new() - replay the boot on a variant, checking everything, and make it ready.
 *
 * With metadata=host, every variant must give the addresses of the reference; with metadata=self the
 * stores that grow as the kernel does must give the captured ones, and others fail in the same
 * allocations as the kernel did, or in none. Null is not checked, nor a kernel of another profile than the boot's.
 *
 * Return: 0; -errno; or -EBADMSG with @why saying which check failed.
 */
int bench_replay_new(const struct bench_boot *boot, const struct mb_variant_spec *spec,
		     enum mb_metadata metadata, struct bench_replay **out, char *why,
		     size_t why_size);
void bench_replay_free(struct bench_replay *replay);

/* Restore and replay once; the time is that of the operations alone. Return: the fold of answers. */
uint64_t bench_replay_warm(struct bench_replay *replay, double *ns);
uint64_t bench_replay_cold(struct bench_replay *replay, enum bench_warmth warmth, double *ns);
/* What precedes each operation of a cold one. */
void bench_replay_disturb(const struct bench_replay *replay, enum bench_warmth warmth);

#ifdef __cplusplus
}
#endif
#endif
