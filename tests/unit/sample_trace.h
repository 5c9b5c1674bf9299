/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_trace.h - a trace with every operation, every remark and every kind of number. */
#ifndef TESTS_SAMPLE_TRACE_H
#define TESTS_SAMPLE_TRACE_H

#include <memblock/trace.h>

struct mb_trace *make_sample_trace(void);

#endif
