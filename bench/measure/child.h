/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - another program, run to its end in a child that prints nothing and does not outlive us. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_CHILD_UNABLE 127 /* as a shell has it */

/**
 * bench_child_run() - fork, become another program, and wait.
 * @become: called in the child, to execute the program; it returns only if that fails.
 *
 * The child's standard output is /dev/null. Should this process end, the child is killed.
 *
 * Return: the exit status of the program, BENCH_CHILD_UNABLE where it was not executed; -1 if there is no
 * child, or it did not exit by itself.
 */
int bench_child_run(void (*become)(void *ctx), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
