/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress.c - the line of progress.h, at most ten times a second and never within a timed part. */
#include "cli/progress.h"

#include "measure/clock.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INTERVAL_NS 100000000u

void bench_progress_start(struct bench_progress *progress, const char *phase, double total)
{
	*progress = (struct bench_progress){
		.terminal = isatty(STDERR_FILENO),
		.total = total > 0 ? total : 1,
		.start_ns = bench_clock_monotonic_ns(),
		.phase = phase,
	};
}

void bench_progress_within(struct bench_progress *progress, double from, double to,
			   uint64_t start_ns)
{
	if (to <= from)
		return;
	progress->total /= to - from;
	progress->done = progress->total * from;
	progress->start_ns = start_ns;
}

static int columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 20)
		return 79;
	return size.ws_col - 1; /* writing the last column may wrap */
}

static void print_left(const struct bench_progress *progress, uint64_t now_ns, char *text,
		       size_t size)
{
	double elapsed_s = (double)(now_ns - progress->start_ns) * 1e-9;
	double left_s;

	if (progress->phase) {
		snprintf(text, size, "%s", progress->phase);
		return;
	}
	if (progress->done < 0.02 * progress->total) {
		*text = '\0'; /* too early to tell */
		return;
	}
	left_s = elapsed_s * (progress->total - progress->done) / progress->done + 0.5;
	if (left_s < 60)
		snprintf(text, size, "%us left", (unsigned)left_s);
	else
		snprintf(text, size, "%um%02us left", (unsigned)left_s / 60, (unsigned)left_s % 60);
}

void bench_progress_show(struct bench_progress *progress, const char *what)
{
	char line[512], left[64];
	uint64_t now_ns;

	if (!progress || !progress->terminal)
		return;
	now_ns = bench_clock_monotonic_ns();
	if (progress->shown_ns && now_ns - progress->shown_ns < INTERVAL_NS)
		return;
	progress->shown_ns = now_ns;
	print_left(progress, now_ns, left, sizeof(left));
	snprintf(line, sizeof(line), "%3.0f%%  %-11s  %s", 100 * progress->done / progress->total,
		 left, what);
	fprintf(stderr, "\r\033[K%.*s", columns(), line);
	fflush(stderr);
}

void bench_progress_done(struct bench_progress *progress, double cost)
{
	if (progress)
		progress->done += cost;
}

void bench_progress_end(struct bench_progress *progress)
{
	if (progress->shown_ns)
		fputs("\r\033[K", stderr);
	progress->shown_ns = 0;
}
