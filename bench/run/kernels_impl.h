/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernels_impl.h - which of the kernel's own files stand beside the variants in a run.
 *
 * The judge of a workload is the kernel of its profile: bare `linux`. For synthetic states that is the newest there
 * is; a boot has the profile of the kernel that it comes from. Beside it stand the newest, and of states and families also
 * 6.12 and 6.1: they behave otherwise, so their placements are not compared with the judge's, and what they have no
 * call for is not timed on them.
 */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include "run/plan_impl.h"

#include <memblock/trace.h>

/* The kernels that take part unasked, those of which there is a source: how many. @why: what is missing where
 * there is none. */
unsigned bench_kernels_unasked(struct mb_variant_spec *specs, char *why, size_t why_size);

/* The profile of synthetic states: as asked for, or that of the newest source; 6.12 where there is none, or where it
 * is a mixture. */
const struct mb_profile *bench_kernels_profile(const struct bench_options *options);

/* Say of which kernels the text is none of those that were tested, once for each, and how to test it. */
void bench_kernels_tell(const struct bench_plan *plan);

/* Is @spec the newest there is, whatever the workload? */
bool bench_kernel_is_newest(const struct mb_variant_spec *spec);

/* What a kernel has no call for and @trace does; NULL: nothing. */
const char *bench_kernel_lacks(const struct mb_trace *trace, const struct mb_profile *profile,
			       const struct mb_ops *ops);

#endif
