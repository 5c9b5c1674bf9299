/* SPDX-License-Identifier: GPL-2.0-or-later */
/* statistics.c - median, trimmed mean, deviation (statistics.h). */
#include "measure/statistics.h"

#include <math.h>
#include <stdlib.h>

#define FEW 32

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The bootstrap sorts a handful of values millions of times. */
static void sort(double *values, size_t n)
{
	if (n > FEW) {
		qsort(values, n, sizeof(*values), compare_doubles);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		double value = values[i];
		size_t at = i;

		for (; at && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

double bench_median(double *values, size_t n)
{
	if (!n)
		return 0;
	sort(values, n);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double bench_trimmed_mean(double *values, size_t n)
{
	size_t from = n / 10, to = n - from;
	double sum = 0;

	if (!n)
		return 0;
	qsort(values, n, sizeof(*values), compare_doubles);
	for (size_t i = from; i < to; i++)
		sum += values[i];
	return sum / (double)(to - from);
}

double bench_deviation(const double *values, size_t n, double median)
{
	double *away = malloc((n ? n : 1) * sizeof(*away));
	double result;

	if (!away)
		return 0;
	for (size_t i = 0; i < n; i++)
		away[i] = fabs(values[i] - median);
	result = bench_median(away, n);
	free(away);
	return result;
}
