/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disturb.h - make the next operation meet a processor that was busy with something else.
 *
 * Between two memblock operations of a boot lie page-table writes, zeroing, printing. A replay in a
 * loop has none of that: everything stays in the first-level cache, and the branch predictor learns
 * the trace by heart. bench_disturb() undoes it before each operation of a cold replay.
 */
#ifndef BENCH_DISTURB_H
#define BENCH_DISTURB_H

/* Allocate the buffer, sized by the machine's second-level cache. 0 or -ENOMEM. Again: nothing. */
int bench_disturb_start(void);

/* Takes 50 to 300 us. */
void bench_disturb(void);

void bench_disturb_end(void);

#endif
