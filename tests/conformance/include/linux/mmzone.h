/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux/mmzone.h - stands in front of the suite's own, which wants atomics of the architecture for a
 * field that no test looks at. kernel.h defines the zones that memblock needs.
 */
#ifndef CONFORMANCE_LINUX_MMZONE_H
#define CONFORMANCE_LINUX_MMZONE_H
#endif
