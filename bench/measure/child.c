/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.c - starts a program and waits for it (child.h). */
#include "measure/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool silence(void)
{
	int null = open("/dev/null", O_WRONLY);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		return false;
	if (null != STDOUT_FILENO) /* where that was closed it is the same */
		close(null);
	return true;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int bench_child_run(void (*become)(void *ctx), void *ctx)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* The parent may have ended before that. */
		if (getppid() == parent && silence())
			become(ctx);
		_exit(BENCH_CHILD_UNABLE);
	}
	return pid < 0 ? -1 : wait_for(pid);
}
