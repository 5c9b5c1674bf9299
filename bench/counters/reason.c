/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason.c - why an event cannot be opened, in one line with the remedy.
 *
 * The counter is then absent, with this reason: in `list counters`, above the table and in the context of the
 * results (count/counting.c), never as a 0.
 */
#include "counters/perf_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* kernel.perf_event_paranoid; 99 where it cannot be read. */
static int read_paranoid(void)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "r");
	int value = 99;

	if (f) {
		if (fscanf(f, "%d", &value) != 1)
			value = 99;
		fclose(f);
	}
	return value;
}

/* Up to 2 a process may count itself in user space, up to 1 also in the kernel. */
static void say_forbidden(const char *event, bool count_kernel, char *text, size_t size)
{
	int paranoid = read_paranoid(), allowed = count_kernel ? 1 : 2;

	if (paranoid > allowed && paranoid != 99)
		snprintf(text, size,
			 "%s: not permitted: kernel.perf_event_paranoid is %d; as root: sysctl "
			 "kernel.perf_event_paranoid=%d (or give CAP_PERFMON)",
			 event, paranoid, allowed);
	else
		snprintf(
			text, size,
			"%s: not permitted, though kernel.perf_event_paranoid is %d: a container's "
			"seccomp profile or a security module; allow perf_event_open there, or run "
			"outside",
			event, paranoid);
}

void counter_reason(int error, const char *event, bool count_kernel, char *text, size_t size)
{
	switch (-error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		snprintf(
			text, size,
			"%s: the kernel has no PMU or the PMU no such event; on a virtual machine the "
			"host must pass its PMU on (QEMU: -cpu host,pmu=on), else use the machine "
			"itself",
			event);
		break;
	case EACCES:
	case EPERM:
		say_forbidden(event, count_kernel, text, size);
		break;
	case EINVAL:
		snprintf(text, size,
			 "%s: the PMU takes no such event or modifier; try another one of 'list "
			 "counters'",
			 event);
		break;
	case EBUSY:
		snprintf(text, size,
			 "%s: another user has the PMU for itself; end it, or see "
			 "/proc/sys/kernel/nmi_watchdog",
			 event);
		break;
	case EMFILE:
	case ENFILE:
		snprintf(text, size, "%s: too many open files; raise 'ulimit -n'", event);
		break;
	case ENOSYS:
		snprintf(text, size,
			 "%s: this kernel has no perf_event_open; it wants CONFIG_PERF_EVENTS",
			 event);
		break;
	default:
		snprintf(text, size, "%s: perf_event_open: %s", event, strerror(-error));
	}
}
