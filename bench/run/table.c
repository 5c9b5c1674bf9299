/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - printing the table of table_impl.h.
 *
 *     reserve: a new reserved range (gaps: it joins two others)
 *       workload  regions          array                rbtree                  list
 *       random         16     22.1 ±1%       35.0 ±2%    1.58x     20.4 ±9%   ~0.92x
 *
 * Times and counts are gross: loop, public function and indirect call included, of all alike. Below each
 * block is what the variants `empty` and `null` took of that; counts are also shown without what an empty call
 * counts. Medians, intervals and ratios are those of measure/bootstrap.h; `~` before a ratio: its interval holds
 * 1, so the two may be alike (format_ratio()). Where a benchmark failed, its place says so. Times from a
 * millisecond on have their unit behind them.
 *
 * With more variants than fit, the block is repeated for the others, the reference first each time. No mean over
 * boots or sizes is printed: boots are near-duplicates, and a mean over sizes only says which were chosen.
 */
#include "run/table_impl.h"

#include "count/phases.h"

#include <math.h>
#include <string.h>

#define COLUMNS_MAX 3 /* variants beside the reference in one block */
#define VARIANTS_MAX 64
#define HEAD_MAX 14 /* characters of a name above its column */

/* A reference that takes less, ns, is not one to divide by. */
#define RATIO_LEAST 0.2

/* ---- the cells as a table ---------------------------------------------------------------------- */

struct table {
	FILE *out;
	const struct bench_entry *entries;
	size_t count;
	const char *variants[VARIANTS_MAX]; /* the reference first; without null */
	unsigned variant_count;
};

/* Does the cell appear in the table? */
static bool is_shown(const struct bench_entry *cell)
{
	return !cell->is_null && (cell->sample_count || *cell->error);
}

static bool is_replay(const struct bench_entry *cell)
{
	return bench_replay_operation(cell->operation) != NULL;
}

static void find_variants(struct table *table)
{
	unsigned reference = 0; /* the kernel's code, else array, else the first */
	bool found = false;
	for (size_t i = 0; i < table->count + table->count; i++) { /* kernels first */
		bool kernel = i < table->count;
		const struct bench_entry *cell = &table->entries[kernel ? i : i - table->count];
		bool known = !is_shown(cell) || cell->is_kernel != kernel;

		for (unsigned j = 0; j < table->variant_count; j++)
			known |= !strcmp(table->variants[j], cell->variant);
		if (known || table->variant_count == VARIANTS_MAX)
			continue;
		if (cell->is_yardstick && !found) {
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

static const struct bench_entry *find_cell(const struct table *table,
					   const struct bench_entry *like, const char *operation,
					   const char *variant)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];

		if (cell->n == like->n && is_shown(cell) && !strcmp(cell->operation, operation) &&
		    !strcmp(cell->workload, like->workload) && !strcmp(cell->variant, variant))
			return cell;
	}
	return NULL;
}

static bool is_o2(const struct bench_entry *cell)
{
	const char *plus = strrchr(cell->variant, '+');

	return plus && !strcmp(plus, "+o2");
}

/* The repetitions of a cell; none without one. */
static struct bench_series series_of(const struct bench_entry *cell)
{
	if (!cell || *cell->error)
		return (struct bench_series){ NULL, 0 };
	return (struct bench_series){ cell->samples, cell->sample_count };
}

static const struct bench_series none = { NULL, 0 };

/* The variant @name, which measures the harness, in the same build, of the same boot or kind of states. */
static const struct bench_entry *harness_of(const struct table *table, const struct bench_entry *of,
					    const char *name)
{
	for (size_t i = 0; of && i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];

		if (cell->is_null && cell->sample_count && is_o2(cell) == is_o2(of) &&
		    !strncmp(cell->variant, name, strlen(name)) &&
		    !strcmp(cell->operation, of->operation) &&
		    !strcmp(cell->workload, of->workload))
			return cell;
	}
	return NULL;
}

/* The time of a cell; all zero without one. */
static struct bench_interval time_of(const struct bench_entry *cell)
{
	struct bench_interval time = { 0 };

	if (!bench_time_interval(series_of(cell), none, &time))
		time = (struct bench_interval){ 0 };
	return time;
}

/* The ratio of two cells' times; false where there is none. */
static bool ratio_of(const struct bench_entry *cell, const struct bench_entry *reference,
		     struct bench_interval *ratio)
{
	return cell && reference && time_of(reference).value >= RATIO_LEAST &&
	       bench_ratio_interval(series_of(cell), none, series_of(reference), none, ratio);
}

/* Is this the first cell of its row (@by_operation: of its block)? */
static bool is_first(const struct table *table, size_t at, bool by_operation)
{
	const struct bench_entry *cell = &table->entries[at];

	for (size_t i = 0; i < at; i++) {
		const struct bench_entry *other = &table->entries[i];

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

/* Six columns at most of the seven that it has. A ratio whose interval holds 1 is an about. */
static void format_ratio(char *text, size_t size, const struct bench_interval *ratio)
{
	const char *about = ratio->low <= 1 && ratio->high >= 1 ? "~" : "";
	double value = ratio->value;

	if (value < 0.001)
		snprintf(text, size, "<.001x");
	else if (value >= 9999.5)
		snprintf(text, size, ">9999x");
	else
		snprintf(text, size, "%s%.*fx", about,
			 value < 0.01  ? 3 :
			 value < 9.995 ? 2 :
			 value < 99.95 ? 1 :
					 0,
			 value);
}

/* Time and half its interval of one cell, and its ratio to @reference (NULL: it is that). The sign ± is
 * two bytes and one column. */
static void print_time(const struct table *table, const struct bench_entry *cell,
		       const struct bench_entry *reference, bool with_ratio)
{
	struct bench_interval time = time_of(cell), over;
	char spread[16] = "", ratio[16] = "";
	bool timed = cell && !*cell->error;

	if (timed)
		print_number(table->out, time.value, "µs", "ms");
	else
		fprintf(table->out, "%9s", cell ? bench_entry_word(cell) : "-");
	if (timed && cell->sample_count > 1 && time.value > 0) {
		double percent = 50 * (time.high - time.low) / time.value;

		snprintf(spread, sizeof(spread), "±%.0f%%", percent < 999 ? percent : 999);
	}
	if (timed && ratio_of(cell, reference, &over))
		format_ratio(ratio, sizeof(ratio), &over);
	fprintf(table->out, " %-*s", *spread ? 6 : 5, spread);
	if (with_ratio)
		fprintf(table->out, "%7s", ratio);
}

/* A name as it fits above a column: itself, or its number in the legend. */
static void format_head(const struct table *table, unsigned variant, char *text, size_t size)
{
	const char *name = table->variants[variant];
	const char *version = strstr(name, ":version=");

	if (version && strlen(name) - strlen("version=") <= HEAD_MAX) /* linux:6.12 */
		snprintf(text, size, "%.*s:%s", (int)(version - name), name,
			 version + strlen(":version="));
	else if (strlen(name) <= HEAD_MAX)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "[%u]", variant + 1);
}

/* The kernels that a column consists of, by the names of its rows. */
static void print_kernels(const struct table *table, unsigned variant)
{
	char text[512] = "", one[128];

	for (size_t i = 0; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];
		const char *label = strchr(strchr(cell->name, '/') + 1, '/');

		if (!cell->is_kernel || strcmp(cell->variant, table->variants[variant]))
			continue;
		snprintf(one, sizeof(one), " %.*s;", (int)strcspn(label + 1, "/"), label + 1);
		if (!strstr(text, one) && strlen(text) + strlen(one) < sizeof(text))
			strcat(text, one);
	}
	if (*text)
		fprintf(table->out, "%s is%.*s\n", table->variants[variant], (int)strlen(text) - 1,
			text);
}

static void print_legend(const struct table *table)
{
	for (unsigned i = 0; i < table->variant_count; i++) {
		char head[HEAD_MAX + 1];

		format_head(table, i, head, sizeof(head));
		if (*head == '[')
			fprintf(table->out, "%s is %s\n", head, table->variants[i]);
		print_kernels(table, i);
	}
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

static void print_row(const struct table *table, const struct bench_entry *like,
		      const char *operation, unsigned from, unsigned to)
{
	const struct bench_entry *reference = find_cell(table, like, operation, table->variants[0]);

	print_time(table, reference, NULL, false);
	for (unsigned i = from; i < to; i++)
		print_time(table, find_cell(table, like, operation, table->variants[i]), reference,
			   true);
	fputc('\n', table->out);
}

/* What was counted under the name that it has in results; false: there is no such count. */
static bool count_of(const struct bench_entry *cell, const char *name, double *value)
{
	const json_t *count = json_object_get(cell->row, name);

	*value = json_number_value(count);
	return count != NULL;
}

/* Has any cell of the table a count of this name? */
static bool is_counted(const struct table *table, const char *name)
{
	double unused;

	for (size_t i = 0; i < table->count; i++)
		if (count_of(&table->entries[i], name, &unused))
			return true;
	return false;
}

/* A count of a cell; @bare: less what an empty call counts. */
static bool count_shown(const struct table *table, const struct bench_entry *cell, const char *name,
			bool bare, double *value)
{
	const struct bench_entry *empty = bare ? harness_of(table, cell, "empty") : NULL;
	double dispatch = 0;

	if (!cell || !count_of(cell, name, value) || (bare && !empty) ||
	    (bare && !count_of(empty, name, &dispatch)))
		return false;
	*value = *value > dispatch ? *value - dispatch : 0;
	return true;
}

/* A row of counts, with ratios. */
static void print_count_row(const struct table *table, const struct bench_entry *like,
			    const char *operation, const char *name, bool bare, unsigned from,
			    unsigned to)
{
	const struct bench_entry *reference = find_cell(table, like, operation, table->variants[0]);
	double first = 0;

	if (count_shown(table, reference, name, bare, &first))
		print_number(table->out, first, "k", "M");
	else
		fprintf(table->out, "%9s", "-");
	fprintf(table->out, "%6s", "");
	for (unsigned i = from; i < to; i++) {
		const struct bench_entry *cell =
			find_cell(table, like, operation, table->variants[i]);
		char ratio[16] = "";
		double value;

		if (!count_shown(table, cell, name, bare, &value)) {
			fprintf(table->out, "%9s%13s", "-", "");
			continue;
		}
		print_number(table->out, value, "k", "M");
		if (first > 0)
			format_ratio(ratio, sizeof(ratio),
				     &(struct bench_interval){ 2, value / first, 2, 0, 0 });
		fprintf(table->out, " %5s%7s", "", ratio);
	}
	fputc('\n', table->out);
}

/* The instructions of one operation's benchmarks, gross or @bare. */
static void print_instructions(const struct table *table, size_t first, bool bare, unsigned from,
			       unsigned to)
{
	const struct bench_entry *head = &table->entries[first];
	const char *workload = "";

	for (size_t i = first; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];

		if (!is_shown(cell) || is_replay(cell) ||
		    strcmp(cell->operation, head->operation) || !is_first(table, i, false))
			continue;
		if (!*workload)
			fputs(bare ? "  the same without dispatch: less those of an empty call\n" :
				     "  instructions per operation\n",
			      table->out);
		fprintf(table->out, "  %-10s%7u",
			strcmp(workload, cell->workload) ? cell->workload : "", cell->n);
		workload = cell->workload;
		print_count_row(table, cell, cell->operation, "instructions", bare, from, to);
	}
}

/* What the harness took of the times above, on all kinds of states: @name is empty or null. */
static bool find_harness(const struct table *table, const struct bench_entry *head,
			 const char *name, double *least, double *most)
{
	*least = *most = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];
		double time = time_of(cell).value;

		if (!cell->is_null || is_o2(cell) != is_o2(head) || time <= 0 ||
		    strncmp(cell->variant, name, strlen(name)) ||
		    strcmp(cell->operation, head->operation))
			continue;
		*least = *most <= 0 || time < *least ? time : *least;
		*most = time > *most ? time : *most;
	}
	return *most > 0;
}

static void print_harness(const struct table *table, const struct bench_entry *head)
{
	static const char *const names[] = { "empty", "null" };
	static const char *const said[] = { "an empty call takes", "null" };
	double least, most;
	bool any = false;

	for (unsigned i = 0; i < 2; i++) {
		if (!find_harness(table, head, names[i], &least, &most))
			continue;
		fprintf(table->out, "%s%s %.1f", any ? ", " : "  (of these ", said[i], least);
		if (most - least >= 0.1)
			fprintf(table->out, " to %.1f", most);
		any = true;
	}
	if (any)
		fputs(" ns)\n", table->out);
}

static void print_operation(const struct table *table, size_t first, unsigned from, unsigned to)
{
	const struct bench_entry *head = &table->entries[first];
	const struct bench_operation *operation = bench_operation_find(head->operation);
	const char *workload = "";

	fprintf(table->out, "\n%s: %s\n", operation->name, operation->description);
	print_heads(table, "workload  regions", from, to);
	for (size_t i = first; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];

		if (!is_shown(cell) || is_replay(cell) ||
		    strcmp(cell->operation, head->operation) || !is_first(table, i, false))
			continue;
		fprintf(table->out, "  %-10s%7u",
			strcmp(workload, cell->workload) ? cell->workload : "", cell->n);
		workload = cell->workload;
		print_row(table, cell, cell->operation, from, to);
	}
	print_harness(table, head);
	if (!is_counted(table, "instructions"))
		return;
	print_instructions(table, first, false, from, to);
	if (harness_of(table, head, "empty"))
		print_instructions(table, first, true, from, to);
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
static void print_absolute(const struct table *table, const struct bench_entry *like,
			   const char *operation, unsigned from, unsigned to)
{
	double first_us = 0;

	fprintf(table->out, "  %-17s", "  us per replay");
	for (unsigned column = 0; column < to; column = column ? column + 1 : from) {
		const struct bench_entry *cell =
			find_cell(table, like, operation, table->variants[column]);
		double us;

		if (!cell || *cell->error || !cell->boot) {
			fprintf(table->out, "%*s", column ? 22 : 15, "");
			continue;
		}
		us = time_of(cell).value * (double)cell->boot->operations / 1000;
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

/* Of a boot of the user's own: is what is timed the boot that was captured? */
static void print_fidelity(FILE *out, const struct bench_boot_facts *boot)
{
	if (boot->captured)
		return;
	fprintf(out, "  %llu of %llu allocations as captured",
		(unsigned long long)boot->allocs_as_captured, (unsigned long long)boot->allocs);
	if (boot->warnings)
		fprintf(out, "; %llu warning%s about the input", (unsigned long long)boot->warnings,
			boot->warnings == 1 ? "" : "s");
	if (boot->warnings || boot->allocs_as_captured != boot->allocs)
		fputs(": see 'memblock-bench replay'", out);
	fputc('\n', out);
}

/* Where the instructions of a boot go. */
static void print_phases(const struct table *table, const struct bench_entry *like, unsigned from,
			 unsigned to)
{
	fprintf(table->out, "  %-17s", "instructions/op");
	print_count_row(table, like, "replay", "instructions", false, from, to);
	if (harness_of(table, like, "empty")) {
		fprintf(table->out, "  %-17s", "without dispatch");
		print_count_row(table, like, "replay", "instructions", true, from, to);
	}
	for (unsigned p = 0; p < BENCH_PHASES; p++) {
		char name[48];

		snprintf(name, sizeof(name), "instructions_%s", bench_phase_names[p]);
		if (!is_counted(table, name))
			continue;
		fprintf(table->out, "    in %-12s", bench_phase_names[p]);
		print_count_row(table, like, "replay", name, false, from, to);
	}
}

static void print_boot(const struct table *table, const struct bench_entry *cell, unsigned from,
		       unsigned to)
{
	static const char *const heads[] = { "warm, ns per op", "cold, ns per op", "cold, no LLC" };
	const struct bench_boot_facts *boot = cell->boot;

	fprintf(table->out, "\n  %s: ", cell->workload);
	if (boot) {
		char zeroed[32], handed_over[32];

		format_bytes(zeroed, sizeof(zeroed), (double)boot->bytes_zeroed);
		format_bytes(handed_over, sizeof(handed_over), (double)boot->bytes_handed_over);
		fprintf(table->out,
			"%llu operations, %u reserved regions at most\n"
			"  the boot itself zeroes %s and hands over %s\n",
			(unsigned long long)boot->operations, cell->n, zeroed, handed_over);
		print_fidelity(table->out, boot);
	} else {
		fputs("no variant replays it\n", table->out);
	}
	for (unsigned i = 0; i < BENCH_WARMTHS; i++) {
		bool any = false;

		for (unsigned j = 0; j < table->variant_count; j++)
			any |= !!find_cell(table, cell, bench_replay_names[i], table->variants[j]);
		if (!any)
			continue;
		fprintf(table->out, "  %-17s", heads[i]);
		print_row(table, cell, bench_replay_names[i], from, to);
		print_absolute(table, cell, bench_replay_names[i], from, to);
	}
	if (is_counted(table, "instructions"))
		print_phases(table, cell, from, to);
}

static bool print_boots(const struct table *table, unsigned from, unsigned to)
{
	bool headed = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];

		if (!is_replay(cell) || !is_shown(cell) || !is_first(table, i, false))
			continue;
		if (!headed) {
			fputs("\nreplay: captured boots, allocations not zeroed, harness included\n",
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
	      "microseconds; zeroing and page structs take milliseconds (docs/method.md, \"The boot's share\").\n"
	      "The absolute difference above is what a boot could save, whatever the ratio. Machines with very\n"
	      "many ranges, worst cases and growth are where it counts.\n",
	      out);
}

/* Of the benchmarks that have times: repetitions and processes, the fewest and the most. */
static void count_samples(const struct table *table, unsigned least[2], unsigned most[2])
{
	least[0] = least[1] = UINT32_MAX;
	most[0] = most[1] = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct bench_entry *cell = &table->entries[i];
		unsigned counts[2] = { cell->sample_count, 0 };

		for (unsigned j = 0; j < cell->sample_count; j++)
			counts[1] += !j || cell->samples[j].process != cell->samples[j - 1].process;
		for (unsigned j = 0; j < 2 && cell->sample_count; j++) {
			least[j] = counts[j] < least[j] ? counts[j] : least[j];
			most[j] = counts[j] > most[j] ? counts[j] : most[j];
		}
	}
}

static void format_count(char text[32], unsigned least, unsigned most) /* "5", "3 to 5" */
{
	if (least == most)
		snprintf(text, 32, "%u", most);
	else
		snprintf(text, 32, "%u to %u", least, most);
}

static void print_explanation(const struct table *table)
{
	char repetitions[32], processes[32];
	unsigned least[2], most[2];

	count_samples(table, least, most);
	format_count(repetitions, least[0], most[0]);
	format_count(processes, least[1], most[1]);
	fprintf(table->out,
		"\nNanoseconds per operation: the median of %s repetition%s in %s process%s",
		repetitions, most[0] == 1 ? "" : "s", processes, most[1] == 1 ? "" : "es");
	if (most[0] > 1)
		fputs(" ± half its\n95 % interval, and the ratio", table->out);
	else
		fputs(", and the ratio\n", table->out);
	fprintf(table->out, " to %s (below 1: faster; ~: its interval holds 1).\n",
		table->variants[0]);
	if (most[1] == 1 && most[0] > 1)
		fputs("One process is one layout of memory: claims about time want --processes=10.\n",
		      table->out);
}

void bench_table_print(FILE *out, const struct bench_entry *entries, size_t count)
{
	struct table table = { .out = out, .entries = entries, .count = count };
	bool replays = false;
	unsigned to;

	find_variants(&table);
	if (!table.variant_count)
		return;
	print_explanation(&table);
	print_legend(&table);
	for (unsigned from = 1; from == 1 || from < table.variant_count; from = to) {
		to = from + COLUMNS_MAX < table.variant_count ? from + COLUMNS_MAX :
								table.variant_count;
		for (size_t i = 0; i < count; i++)
			if (is_shown(&entries[i]) && !is_replay(&entries[i]) &&
			    is_first(&table, i, true))
				print_operation(&table, i, from, to);
		replays = print_boots(&table, from, to);
		if (to <= from)
			break;
	}
	if (replays)
		print_worth(out);
}

unsigned bench_table_imprecise(const struct bench_entry *entries, size_t count, double percent,
			       unsigned *ratios)
{
	struct table table = { .entries = entries, .count = count };
	unsigned imprecise = 0;

	*ratios = 0;
	find_variants(&table);
	for (size_t i = 0; i < count && table.variant_count; i++) {
		const struct bench_entry *cell = &entries[i];
		struct bench_interval ratio;

		if (!is_shown(cell) || !strcmp(cell->variant, table.variants[0]) ||
		    !ratio_of(cell, find_cell(&table, cell, cell->operation, table.variants[0]),
			      &ratio))
			continue;
		++*ratios;
		imprecise += 50 * (ratio.high - ratio.low) > percent * ratio.value;
	}
	return imprecise;
}
