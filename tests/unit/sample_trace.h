/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_trace.h - a trace with every operation, every remark and every kind of number. */
#ifndef TESTS_SAMPLE_TRACE_H
#define TESTS_SAMPLE_TRACE_H

#include <memblock/trace.h>

struct mb_trace *make_sample_trace(void);

/* An operation of that kind, not DUMP, with every argument and remark drawn; texts last for 7 more. */
struct mb_op random_operation(enum mb_op_kind kind, uint64_t *random);

#endif
