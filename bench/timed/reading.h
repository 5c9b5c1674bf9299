/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reading.h - a reading of the clock for loops.h. */
#ifndef BENCH_READING_H
#define BENCH_READING_H

#include "measure/clock.h"
#include "timed/loops.h"

static inline struct bench_reading bench_reading_of_time(void)
{
	return (struct bench_reading){ .what = BENCH_READ_TIME, .tsc = bench_clock.tsc };
}

#endif
