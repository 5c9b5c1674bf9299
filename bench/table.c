/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - printing the table of table.h.
 *
 *     reserve: a new reserved range (gaps: it joins two others)
 *       workload  regions          array                rbtree                  list
 *       random         16     22.1 ±1%       35.0 ±2%    1.58x     20.4 ±1%    0.92x
 *
 * Times are net of the harness where the null variant measured it: that is the loop, the public
 * function and the indirect call, the same for all. The raw results hold the gross times.
 *
 * Where a benchmark failed, its place says so. Times from a millisecond on have their unit behind them.
 *
 * With more variants than fit, the block is repeated for the others, the reference first each time.
 * No mean over boots or sizes is printed: the boots are near-duplicates of one another, and a mean
 * over sizes would only say which sizes were chosen.
 */
#include "table.h"

#include "statistics.h"

#include <math.h>
#include <string.h>

#define COLUMNS_MAX 3 /* variants beside the reference in one block */
#define VARIANTS_MAX 64
#define HEAD_MAX 14 /* characters of a name above its column */

/* A reference that takes less, ns net of the harness, is not one to divide by. */
#define RATIO_LEAST 0.2

/* ---- the cells as a table ---------------------------------------------------------------------- */

struct table {
	FILE *out;
	struct bench_cell *cells;
	size_t count;
	unsigned repetitions;
	const char *variants[VARIANTS_MAX]; /* the reference first; without null */
	unsigned variant_count;
};

static bool has_failed(const struct bench_cell *cell)
{
	return *cell->error != '\0';
}

/* Does the cell appear in the table? */
static bool is_shown(const struct bench_cell *cell)
{
	return !cell->is_null && (cell->sample_count || has_failed(cell));
}

static bool is_replay(const struct bench_cell *cell)
{
	return bench_replay_operation(cell->operation) != NULL;
}

static void find_variants(struct table *table)
{
	unsigned reference = 0; /* the kernel's code, else array, else the first */
	bool found = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct bench_cell *cell = &table->cells[i];
		bool known = !is_shown(cell);

		for (unsigned j = 0; j < table->variant_count; j++)
			known |= !strcmp(table->variants[j], cell->variant);
		if (known || table->variant_count == VARIANTS_MAX)
			continue;
		if (cell->is_kernel && !found) {
			reference = table->variant_count;
			found = true;
		} else if (!found && !strcmp(cell->variant, "array")) {
			reference = table->variant_count;
		}
		table->variants[table->variant_count++] = cell->variant;
	}
	for (; reference > 0; reference--) {
		const char *swap = table->variants[reference];

		table->variants[reference] = table->variants[reference - 1];
		table->variants[reference - 1] = swap;
	}
}

static struct bench_cell *find_cell(const struct table *table, const struct bench_cell *like,
				    const char *operation, const char *variant)
{
	for (size_t i = 0; i < table->count; i++) {
		struct bench_cell *cell = &table->cells[i];

		if (cell->n == like->n && is_shown(cell) && !strcmp(cell->operation, operation) &&
		    !strcmp(cell->workload, like->workload) && !strcmp(cell->variant, variant))
			return cell;
	}
	return NULL;
}

static bool is_o2(const struct bench_cell *cell)
{
	const char *plus = strrchr(cell->variant, '+');

	return plus && !strcmp(plus, "+o2");
}

/* What the harness takes per operation: null, in the same build, of the same boot or of any state. */
static double harness_ns(const struct table *table, const struct bench_cell *of)
{
	for (size_t i = 0; i < table->count; i++) {
		struct bench_cell *cell = &table->cells[i];

		if (cell->is_null && cell->sample_count && is_o2(cell) == is_o2(of) &&
		    !strcmp(cell->operation, of->operation) &&
		    (!is_replay(cell) || !strcmp(cell->workload, of->workload)))
			return bench_median(cell->samples, cell->sample_count);
	}
	return 0;
}

/* Median less the harness; 0 without a cell. */
static double net_ns(const struct table *table, struct bench_cell *cell)
{
	double ns;

	if (!cell || has_failed(cell))
		return 0;
	ns = bench_median(cell->samples, cell->sample_count) - harness_ns(table, cell);
	return ns > 0 ? ns : 0;
}

/* Is this the first cell of its row (@by_operation: of its block)? */
static bool is_first(const struct table *table, size_t at, bool by_operation)
{
	const struct bench_cell *cell = &table->cells[at];

	for (size_t i = 0; i < at; i++) {
		const struct bench_cell *other = &table->cells[i];

		if (!is_shown(other))
			continue;
		if (by_operation && !strcmp(other->operation, cell->operation))
			return false;
		if (!by_operation && other->n == cell->n &&
		    !strcmp(other->workload, cell->workload) &&
		    (is_replay(cell) ? is_replay(other) :
				       !strcmp(other->operation, cell->operation)))
			return false;
	}
	return true;
}

/* ---- printing ---------------------------------------------------------------------------------- */

/*
 * A number in nine columns, the first of them always blank. Whole numbers from 1000 on, with blanks
 * where the others have their decimal; from a million on, in thousands or millions with their unit.
 */
static void print_number(FILE *out, double value, const char *thousands, const char *millions)
{
	char text[32];

	if (value < 999.95)
		snprintf(text, sizeof(text), "%.1f", value);
	else if (value < 999999.5)
		snprintf(text, sizeof(text), "%.0f  ", value);
	else if (value < 99999.5e3)
		snprintf(text, sizeof(text), "%.0f %s", value / 1e3, thousands);
	else if (value < 99999.5e6)
		snprintf(text, sizeof(text), "%.0f %s", value / 1e6, millions);
	else
		snprintf(text, sizeof(text), "%.1e", value);
	/* The sign µ is two bytes and one column. */
	fprintf(out, "%*s", strstr(text, "µ") ? 10 : 9, text);
}

/* Six columns at most of the seven that it has. */
static void format_ratio(char *text, size_t size, double ratio)
{
	if (ratio < 0.001)
		snprintf(text, size, "<.001x");
	else if (ratio >= 9999.5)
		snprintf(text, size, ">9999x");
	else
		snprintf(text, size, "%.*fx", ratio < 0.01 ? 3 : ratio < 99.995 ? 2 : 0, ratio);
}

/* Median and spread of one cell, and its ratio to @reference (NULL: it is that). The sign ± is two bytes
 * and one column. */
static void print_time(const struct table *table, struct bench_cell *cell,
		       struct bench_cell *reference, bool with_ratio)
{
	char spread[16] = "", ratio[16] = "";
	double net = net_ns(table, cell), reference_ns = net_ns(table, reference);
	bool timed = cell && !has_failed(cell);

	if (timed)
		print_number(table->out, net, "µs", "ms");
	else
		fprintf(table->out, "%9s", cell ? "failed" : "-");
	if (timed && cell->sample_count > 1) {
		double gross = bench_median(cell->samples, cell->sample_count);
		double percent =
			100 * bench_deviation(cell->samples, cell->sample_count, gross) / gross;

		if (gross > 0)
			snprintf(spread, sizeof(spread), "±%.0f%%", percent < 999 ? percent : 999);
	}
	if (timed && reference_ns >= RATIO_LEAST)
		format_ratio(ratio, sizeof(ratio), net / reference_ns);
	fprintf(table->out, " %-*s", *spread ? 6 : 5, spread);
	if (with_ratio)
		fprintf(table->out, "%7s", ratio);
}

/* A name as it fits above a column: itself, or its number in the legend. */
static void format_head(const struct table *table, unsigned variant, char *text, size_t size)
{
	if (strlen(table->variants[variant]) <= HEAD_MAX)
		snprintf(text, size, "%s", table->variants[variant]);
	else
		snprintf(text, size, "[%u]", variant + 1);
}

static void print_legend(const struct table *table)
{
	for (unsigned i = 0; i < table->variant_count; i++)
		if (strlen(table->variants[i]) > HEAD_MAX)
			fprintf(table->out, "[%u] is %s\n", i + 1, table->variants[i]);
}

static void print_heads(const struct table *table, const char *label, unsigned from, unsigned to)
{
	char head[HEAD_MAX + 1];

	format_head(table, 0, head, sizeof(head));
	fprintf(table->out, "  %-17s%15s", label, head);
	for (unsigned i = from; i < to; i++) {
		format_head(table, i, head, sizeof(head));
		fprintf(table->out, "%22s", head);
	}
	fputc('\n', table->out);
}

static void print_row(const struct table *table, const struct bench_cell *like,
		      const char *operation, unsigned from, unsigned to)
{
	struct bench_cell *reference = find_cell(table, like, operation, table->variants[0]);

	print_time(table, reference, NULL, false);
	for (unsigned i = from; i < to; i++)
		print_time(table, find_cell(table, like, operation, table->variants[i]), reference,
			   true);
	fputc('\n', table->out);
}

static void print_operation(const struct table *table, size_t first, unsigned from, unsigned to)
{
	const struct bench_cell *head = &table->cells[first];
	const struct bench_operation *operation = bench_operation_find(head->operation);
	double harness = harness_ns(table, head);
	const char *workload = "";

	fprintf(table->out, "\n%s: %s\n", operation->name, operation->description);
	print_heads(table, "workload  regions", from, to);
	for (size_t i = first; i < table->count; i++) {
		const struct bench_cell *cell = &table->cells[i];

		if (!is_shown(cell) || is_replay(cell) ||
		    strcmp(cell->operation, head->operation) || !is_first(table, i, false))
			continue;
		fprintf(table->out, "  %-10s%7u",
			strcmp(workload, cell->workload) ? cell->workload : "", cell->n);
		workload = cell->workload;
		print_row(table, cell, cell->operation, from, to);
	}
	if (harness > 0)
		fprintf(table->out, "  (%.1f ns of harness per operation taken off)\n", harness);
}

static void format_bytes(char *text, size_t size, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;

	while (bytes >= 1024 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, size, "%.*f %s", unit && bytes < 100 ? 1 : 0, bytes, units[unit]);
}

/* The replay's absolute time, and what it saves or costs against the reference. */
static void print_absolute(const struct table *table, const struct bench_cell *like,
			   const char *operation, unsigned from, unsigned to)
{
	double first_us = 0;

	fprintf(table->out, "  %-17s", "  us per replay");
	for (unsigned column = 0; column < to; column = column ? column + 1 : from) {
		struct bench_cell *cell =
			find_cell(table, like, operation, table->variants[column]);
		double us;

		if (!cell || has_failed(cell)) {
			fprintf(table->out, "%*s", column ? 22 : 15, "");
			continue;
		}
		us = net_ns(table, cell) * (double)cell->turn_ops / 1000;
		print_number(table->out, us, "ms", "s");
		if (!column) {
			first_us = us;
			fprintf(table->out, "%6s", "");
		} else if (first_us > 0) {
			fprintf(table->out, " %+9.*fus ", fabs(us - first_us) < 100 ? 1 : 0,
				us - first_us);
		} else {
			fprintf(table->out, "%13s", "");
		}
	}
	fputc('\n', table->out);
}

/* Any that stands, of a store. */
static const struct bench_replay *replay_of(const struct table *table, const char *workload)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct bench_cell *cell = &table->cells[i];

		if (cell->replay && !cell->is_null && !strcmp(cell->workload, workload))
			return cell->replay;
	}
	return NULL;
}

/* Of a boot of the user's own: is what is timed the boot that was captured? */
static void print_fidelity(FILE *out, const struct bench_boot *boot)
{
	if (boot->captured)
		return;
	fprintf(out, "  %llu of %llu allocations as captured",
		(unsigned long long)boot->allocs_as_captured, (unsigned long long)boot->allocs);
	if (boot->trace->warning_count)
		fprintf(out, "; %zu warning%s about the input", boot->trace->warning_count,
			boot->trace->warning_count == 1 ? "" : "s");
	if (boot->trace->warning_count || boot->allocs_as_captured != boot->allocs)
		fputs(": see 'memblock-bench replay'", out);
	fputc('\n', out);
}

static void print_boot(const struct table *table, const struct bench_cell *cell, unsigned from,
		       unsigned to)
{
	static const char *const operations[] = { "replay", "replay_cold" };
	const struct bench_replay *replay = replay_of(table, cell->workload);

	fprintf(table->out, "\n  %s: ", cell->workload);
	if (replay) {
		char zeroed[32], handed_over[32];

		format_bytes(zeroed, sizeof(zeroed), (double)replay->bytes_zeroed);
		format_bytes(handed_over, sizeof(handed_over),
			     (double)replay->pages_handed_over *
				     (double)replay->replayer.mb->page_size);
		fprintf(table->out,
			"%zu operations, %u reserved regions at most\n"
			"  the boot itself zeroes %s and hands over %s\n",
			replay->replayer.count, cell->n, zeroed, handed_over);
		print_fidelity(table->out, replay->boot);
	} else {
		fputs("no variant replays it\n", table->out);
	}
	for (unsigned i = 0; i < 2; i++) {
		bool any = false;

		for (unsigned j = 0; j < table->variant_count; j++)
			any |= !!find_cell(table, cell, operations[i], table->variants[j]);
		if (!any)
			continue;
		fprintf(table->out, "  %-17s", i ? "cold, ns per op" : "warm, ns per op");
		print_row(table, cell, operations[i], from, to);
		print_absolute(table, cell, operations[i], from, to);
	}
}

static bool print_boots(const struct table *table, unsigned from, unsigned to)
{
	bool headed = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct bench_cell *cell = &table->cells[i];

		if (!is_replay(cell) || !is_shown(cell) || !is_first(table, i, false))
			continue;
		if (!headed) {
			fputs("\nreplay: captured boots, allocations not zeroed, harness taken off\n",
			      table->out);
			print_heads(table, "", from, to);
			headed = true;
		}
		print_boot(table, cell, from, to);
	}
	return headed;
}

static void print_worth(FILE *out)
{
	fputs("\nWhat that is worth: on an ordinary machine all range operations of a boot take some\n"
	      "microseconds, about 0.15 % of the instructions before the slab allocator is up; zeroing and\n"
	      "page structs take milliseconds. The absolute difference above is what a boot could save,\n"
	      "whatever the ratio. Machines with very many ranges, worst cases and growth are where it counts.\n",
	      out);
}

/* Of the benchmarks that have times. */
static unsigned fewest_samples(const struct table *table)
{
	unsigned least = table->repetitions;

	for (size_t i = 0; i < table->count; i++)
		if (table->cells[i].sample_count && table->cells[i].sample_count < least)
			least = table->cells[i].sample_count;
	return least;
}

void bench_table_print(FILE *out, struct bench_cell *cells, size_t count, unsigned repetitions)
{
	struct table table = {
		.out = out, .cells = cells, .count = count, .repetitions = repetitions
	};
	char from_to[24] = "";
	bool replays = false;
	unsigned to, least;

	find_variants(&table);
	if (!table.variant_count)
		return;
	least = fewest_samples(&table);
	if (least < repetitions)
		snprintf(from_to, sizeof(from_to), "%u to ", least);
	fprintf(out,
		"\nNanoseconds per operation: median of %s%u repetition%s%s\n"
		"and ratio to %s (below 1: faster).\n",
		from_to, repetitions, repetitions == 1 ? "" : "s",
		repetitions > 1 ? " ± median absolute deviation," : ",", table.variants[0]);
	print_legend(&table);
	for (unsigned from = 1; from == 1 || from < table.variant_count; from = to) {
		to = from + COLUMNS_MAX < table.variant_count ? from + COLUMNS_MAX :
								table.variant_count;
		for (size_t i = 0; i < count; i++)
			if (is_shown(&cells[i]) && !is_replay(&cells[i]) &&
			    is_first(&table, i, true))
				print_operation(&table, i, from, to);
		replays = print_boots(&table, from, to);
		if (to <= from)
			break;
	}
	if (replays)
		print_worth(out);
}
