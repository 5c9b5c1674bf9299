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

/* ---- signals that stop ------------------------------------------------------------------------- */

static const int stopping[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define STOPPING (sizeof(stopping) / sizeof(stopping[0]))

static volatile sig_atomic_t stopped; /* by this signal */
static volatile pid_t running;        /* the child; 0: there is none */

static void stop(int signal)
{
	stopped = signal;
	if (running > 0)
		kill(running, SIGKILL);
}

void bench_child_guard(void)
{
	struct sigaction old, guard = { .sa_handler = stop };

	for (size_t i = 0; i < STOPPING; i++)
		sigaddset(&guard.sa_mask, stopping[i]);
	for (size_t i = 0; i < STOPPING; i++)
		if (!sigaction(stopping[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(stopping[i], &guard, NULL);
}

int bench_child_stopped(void)
{
	return stopped;
}

void bench_child_end(void)
{
	signal(stopped, SIG_DFL);
	raise(stopped);
	_exit(BENCH_CHILD_SIGNAL + stopped);
}

/* Hold signals that stop back, or let them through as @old has it. */
static void hold(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < STOPPING; i++)
		sigaddset(&set, stopping[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* ---- the child --------------------------------------------------------------------------------- */

/* It is no longer @running before its number can be another's. */
static int wait_for(pid_t pid)
{
	siginfo_t info;
	sigset_t old;
	int status = 0, rc;

	do
		rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	while (rc < 0 && errno == EINTR);
	hold(&old);
	running = 0;
	rc = rc ? -1 : waitpid(pid, &status, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (rc < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : BENCH_CHILD_SIGNAL + WTERMSIG(status);
}

int bench_child_run(void (*become)(void *ctx), void *ctx)
{
	pid_t parent = getpid(), pid;
	sigset_t old;

	fflush(NULL);
	hold(&old);
	pid = stopped ? -1 : fork();
	if (!pid) {
		for (size_t i = 0; i < STOPPING; i++) {
			struct sigaction action;

			if (!sigaction(stopping[i], NULL, &action) && action.sa_handler == stop)
				signal(stopping[i], SIG_DFL);
		}
		sigprocmask(SIG_SETMASK, &old, NULL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* The parent may have ended before that. */
		if (getppid() == parent && silence())
			become(ctx);
		_exit(BENCH_CHILD_UNABLE);
	}
	running = pid > 0 ? pid : 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid < 0 ? -1 : wait_for(pid);
}
