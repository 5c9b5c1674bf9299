/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - another program, run to its end in a child that prints nothing and does not outlive us. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_CHILD_UNABLE 127 /* as a shell has it */
#define BENCH_CHILD_SIGNAL 128 /* plus the signal that ended it, as a shell has that, too */

/**
 * bench_child_run() - fork, become another program, and wait.
 * @become: called in the child, to execute the program; it returns only if that fails.
 *
 * The child's standard output is /dev/null. Should this process end, the child is killed, but not what the child
 * has started.
 *
 * Return: the exit status of the program; BENCH_CHILD_UNABLE where it was not executed; BENCH_CHILD_SIGNAL
 * and more where a signal ended it; -1 if there is no child.
 */
int bench_child_run(void (*become)(void *ctx), void *ctx);

/**
 * bench_child_guard() - from now on SIGINT, SIGTERM, SIGHUP and SIGQUIT do not end this process, but the child.
 *
 * One that is ignored stays so. No child is started any more once a signal has come.
 */
void bench_child_guard(void);
/* The signal that has come; 0: none. */
int bench_child_stopped(void);
/* End as by that signal, which is for when everything is tidied up. */
void bench_child_end(void) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
#endif
