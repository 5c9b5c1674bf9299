/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callgrind.h - counts of a simulated processor: Valgrind's tool callgrind, from inside and from outside.
 *
 * Inside the program that callgrind runs, client requests say what is counted:
 *
 *     callgrind_begin();                  instrumentation on, caches empty
 *     ...                                 warms caches and predictors
 *     callgrind_zero();
 *     ...                                 loops, which switch collection on and off (timed/loops.h)
 *     callgrind_dump("name");             what was collected since the zero becomes a part of that name
 *     callgrind_end();
 *
 * Outside, callgrind_read() finds the parts in the file that it left. Elsewhere than under callgrind the
 * requests do nothing.
 *
 * The processor is one that does not exist: a first data and a first code cache of 32 KiB, a last one of
 * 8 MiB (CALLGRIND_GEOMETRY, always the same), lines of 64 bytes, no prefetching, no out-of-order execution, and a
 * branch predictor that is much simpler than a real one. Instructions and branches are exact.
 */
#ifndef BENCH_CALLGRIND_H
#define BENCH_CALLGRIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CALLGRIND_GEOMETRY "--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64"

/* ---- inside ------------------------------------------------------------------------------------ */

bool callgrind_is_running(void);
void callgrind_begin(void);
void callgrind_end(void);
void callgrind_zero(void);
void callgrind_dump(const char *name);

/* ---- outside ----------------------------------------------------------------------------------- */

enum callgrind_event {
	CALLGRIND_IR, /* instructions */
	CALLGRIND_DR,
	CALLGRIND_DW,
	CALLGRIND_I1MR, /* misses: first code cache, ... */
	CALLGRIND_D1MR,
	CALLGRIND_D1MW,
	CALLGRIND_ILMR, /* ... last cache, of code and of data */
	CALLGRIND_DLMR,
	CALLGRIND_DLMW,
	CALLGRIND_BC, /* conditional branches, and those predicted wrongly */
	CALLGRIND_BCM,
	CALLGRIND_BI, /* indirect ones */
	CALLGRIND_BIM,
	CALLGRIND_EVENTS
};

struct callgrind_part {
	char name[352];
	uint64_t events[CALLGRIND_EVENTS];
};

/**
 * callgrind_read() - the parts of an output file that were dumped by name, in its order.
 * @parts: to be released with free().
 * @error: one line if it fails.
 *
 * Other parts, such as the one of the program's end, are left out. Events that the file does not have are 0.
 *
 * Return: 0 or -errno; -EBADMSG if it is no such file, or a part is incomplete.
 */
int callgrind_read(const char *path, struct callgrind_part **parts, size_t *count, char *error,
		   size_t error_size);

#ifdef __cplusplus
}
#endif
#endif
