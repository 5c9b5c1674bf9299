/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_guard.c - calls that come back whatever a variant does.
 *
 * A variant under test may do anything: panic, write through a bad pointer, walk a circle. Each call
 * therefore runs guarded: the panic hook and a handful of signals come back here with longjmp(), and
 * a call during which a timer of processor time ticks too often is ended. What happened is an outcome
 * like any other, so that it can be compared, and the sequence that led there can be shrunk.
 */
#include "verify/verify_impl.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#define TICKS_PER_SECOND 4 /* of processor time */
#define SECONDS_MAX 5      /* of processor time, one call; rounded up to a tick */

/* Signals know no context: the instance whose call is under way, the ticks that passed meanwhile, and
 * the way back. */
static struct verify_instance *volatile running;
static volatile sig_atomic_t ticks;
static jmp_buf way_back;

void verify_on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct verify_instance *inst = ctx;

	vsnprintf(inst->panic, sizeof(inst->panic), fmt, ap);
	inst->did.panicked = true;
	if (running == inst)
		longjmp(way_back, 1);
}

static void on_signal(int number)
{
	struct verify_instance *inst = running;

	if (number == SIGVTALRM) {
		int seconds = inst && inst->lab->shrinking ? 1 : SECONDS_MAX;

		if (!inst || ++ticks <= seconds * TICKS_PER_SECOND)
			return;
	}
	if (inst) {
		inst->did.signal = number;
		longjmp(way_back, 1);
	}
	signal(number, SIG_DFL); /* our own fault */
	raise(number);
}

void verify_catch_signals(void)
{
	static const int numbers[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGVTALRM
	};
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER | SA_RESTART };
	struct timeval tick = { .tv_usec = 1000000 / TICKS_PER_SECOND };
	struct itimerval timer = { .it_interval = tick, .it_value = tick };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	/* It ticks as long as the process lives: to begin a call is a store, not a system call. */
	setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

bool verify_guarded(struct verify_instance *inst, void (*f)(struct verify_instance *, void *),
		    void *ctx)
{
	ticks = 0;
	running = inst;
	if (setjmp(way_back)) {
		running = NULL;
		return false;
	}
	f(inst, ctx);
	running = NULL;
	return true;
}
