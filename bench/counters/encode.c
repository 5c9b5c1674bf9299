/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encode.c - names of events to encodings, by libpfm4.
 *
 * The header of libpfm4 brings a struct perf_event_attr of its own, which clashes with the kernel's: so
 * this file includes that one, and perf.c the other. libpfm4 detects a PMU by the processor's model, and
 * encodes happily where there is none; whether an event can be counted only opening it tells.
 */
#include "counters/perf_impl.h"

#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>

int counter_encode(const char *event, struct counter_encoding *encoding, char *why, size_t why_size)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	pfm_perf_encode_arg_t argument = { .attr = &attr, .size = sizeof(argument) };
	int rc = pfm_initialize(); /* once; again it does nothing */

	if (rc == PFM_SUCCESS)
		rc = pfm_get_os_event_encoding(event, PFM_PLM3, PFM_OS_PERF_EVENT, &argument);
	if (rc != PFM_SUCCESS) {
		snprintf(why, why_size, "libpfm4: %s: '%.100s'", pfm_strerror(rc), event);
		return -EINVAL;
	}
	if (attr.exclude_user) {
		snprintf(why, why_size,
			 "'%.100s' leaves out user space, and only that is counted; drop the ':k'",
			 event);
		return -EINVAL;
	}
	*encoding = (struct counter_encoding){ .type = attr.type,
					       .config = attr.config,
					       .config1 = attr.config1,
					       .config2 = attr.config2 };
	return 0;
}
