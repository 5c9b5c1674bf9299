/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init.c - process 1 of the emulated machine.
 *
 *     /init [paranoid=N] [uid=N] SCENARIO...
 *
 * Mounts /proc and /sys, sets kernel.perf_event_paranoid, then runs each scenario (scenarios.c) in a
 * child of that user id, says how it ended, and switches the machine off:
 *
 *     end SCENARIO            it came to its end
 *     not ok SCENARIO: ...    it did not
 *
 * emulated.py starts the machine and reads what is said here.
 */
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_paranoid(const char *value)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "w");

	if (!f || fprintf(f, "%s\n", value) < 0 || fclose(f))
		printf("not ok init: perf_event_paranoid cannot be set to %s\n", value);
}

static const struct scenario *find(const char *name)
{
	for (unsigned i = 0; i < scenario_count; i++)
		if (!strcmp(name, scenarios[i].name))
			return &scenarios[i];
	return NULL;
}

static void run(const char *name, unsigned uid)
{
	const struct scenario *scenario = find(name);
	int status = 0;
	pid_t child;

	if (!scenario) {
		printf("not ok %s: there is no such scenario\n", name);
		return;
	}
	fflush(stdout);
	child = fork();
	if (!child) {
		if (setresuid(uid, uid, uid)) {
			printf("not ok %s: user id %u\n", name, uid);
			exit(1);
		}
		scenario->run();
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status)
		printf("not ok %s: ended with status %#x\n", name, (unsigned)status);
	else
		printf("end %s\n", name);
}

int main(int argc, char **argv)
{
	unsigned uid = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sysfs", "/sys", "sysfs", 0, NULL))
		printf("not ok init: /proc or /sys cannot be mounted\n");
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "paranoid=", 9))
			set_paranoid(argv[i] + 9);
		else if (!strncmp(argv[i], "uid=", 4))
			uid = (unsigned)strtoul(argv[i] + 4, NULL, 10);
		else
			run(argv[i], uid);
	}
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
