/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_text.c - what was seen of a boot, as a page of at most 80 columns.
 *
 * From the whole to the parts: which boot this is and how far it is known, what should be done about
 * it, how full the arrays were, where memory went, who asked for it, when, and the ranges themselves.
 * Lists are cut to what fits a screen; what is left out is counted, and --all prints it.
 */
#include "show/show_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, CALLERS = 12, RANGES = 14, EVENTS = 20, GROWTHS = 8, NODES = 20, WARNINGS = 4 };

/* ---- lines ------------------------------------------------------------------------------------- */

/* @text in lines of WIDTH at most, each after the first indented by @indent. */
static void wrap(const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column > indent && column + 1 + word > WIDTH) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		printf("%.*s", word, text);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static const char *percent(uint64_t part, uint64_t whole, char buf[16])
{
	if (!whole)
		return "-";
	snprintf(buf, 16, "%.0f %%", 100 * (double)part / (double)whole);
	return buf;
}

/* ---- which boot -------------------------------------------------------------------------------- */

static void print_header(const struct sight *s)
{
	const struct mb_trace *trace = s->trace;
	const struct mb_machine *m = &trace->machine;
	const struct mb_replay_result *r = &s->replay;
	const char *kernel = trace->kernel ? trace->kernel : "not named";
	char bytes[32];

	printf("%s\nformat   %s, %zu operations", s->path, trace->format, trace->count);
	if (trace->reconstructed)
		printf(", %zu of them worked out", trace->reconstructed);
	printf("\nkernel   %.*s, profile %s\n",
	       trace->kernel ? (int)strcspn(kernel, " ") : (int)strlen(kernel), kernel,
	       m->profile ? m->profile->name : "6.12");
	printf("machine  %u-bit addresses, pages of %s, %s\n", m->addr_bits ? m->addr_bits : 64,
	       show_bytes_text(show_page_size(s), bytes), m->no_numa ? "no NUMA" : "NUMA");
	if (r->allocs || r->dumps)
		printf("replay   %" PRIu64 " of %" PRIu64 " allocations and %" PRIu64 " of %" PRIu64
		       " dumps as captured\n",
		       r->allocs_as_captured, r->allocs, r->dumps_matched, r->dumps);
	if (s->panic[0])
		printf("panic    after %zu operations: %s\n", s->done, s->panic);
	for (size_t i = 0; i < trace->warning_count && i < WARNINGS; i++) {
		const struct mb_trace_warning *w = &trace->warnings[i];
		char text[320];

		if (w->line)
			snprintf(text, sizeof(text), "line %" PRIu32 ": %s", w->line, w->text);
		else
			snprintf(text, sizeof(text), "%s", w->text);
		printf("warning  ");
		wrap(text, 9);
	}
	if (trace->warning_count > WARNINGS)
		printf("         and %zu more warnings\n", trace->warning_count - WARNINGS);
}

static void print_advice(const struct sight *s)
{
	printf("\nadvice\n");
	for (size_t i = 0; i < s->advice_count; i++) {
		const struct advice *a = &s->advice[i];

		printf("  %-2zu ", i + 1);
		wrap(a->text, 5);
		if (*a->check) {
			printf("     tried: ");
			wrap(a->check, 12);
		}
	}
	if (!s->advice_count)
		printf("  none: nothing stands out\n");
}

/* ---- arrays ------------------------------------------------------------------------------------ */

static void print_peak(const struct sight *s, enum mb_which which, unsigned phase, const char *when)
{
	const struct peak *peak = &s->peak[which][phase];
	uint32_t slots = show_slots(s, which);
	char spare[16];

	if (peak->regions > slots)
		snprintf(spare, sizeof(spare), "%" PRIu32 " over", peak->regions - slots);
	else
		snprintf(spare, sizeof(spare), "%" PRIu32, slots - peak->regions);
	printf("  %-9s %-17s %7" PRIu32 "  %7" PRIu32 "  %8s  %12zu\n", mb_which_name(which), when,
	       peak->regions, slots, spare, peak->operation);
}

static void print_peaks(const struct sight *s)
{
	printf("\nmost regions                     count    slots     spare  at operation\n");
	for (unsigned w = MB_MEMORY; w <= MB_RESERVED; w++) {
		print_peak(s, w, BEFORE_RESIZE, "before resizing");
		if (s->resize_at)
			print_peak(s, w, AFTER_RESIZE, "after");
	}
	if (s->resize_at)
		printf("  Resizing is allowed by operation %zu. Out of slots before it is fatal; after\n"
		       "  it the array doubles, which costs microseconds.\n",
		       s->resize_at);
	else
		printf("  Resizing is never allowed: out of slots is fatal.\n");
}

static void print_one_growth(const struct sight *s, size_t operation, const char *collection,
			     uint64_t slots, uint64_t base, uint64_t size)
{
	bool known = operation && operation <= s->trace->count;
	uint32_t line = known ? s->trace->ops[operation - 1].line : 0;
	char node[16] = "-", bytes[32];
	struct mb_region r;

	if (mb_search(s->mb, MB_MEMORY, base, &r) && show_node(s, r.nid) >= 0)
		snprintf(node, sizeof(node), "%d", show_node(s, r.nid));
	printf("  %-9s %8" PRIu64 "  %10s  0x%012" PRIx64 "  %4s  %9zu  %6" PRIu32 "\n", collection,
	       slots, show_bytes_text(size, bytes), base, node, operation, line);
}

static bool has_growth(const struct mb_trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->ops[i].kind == MB_OP_GREW)
			return true;
	return false;
}

static void print_growth(const struct sight *s)
{
	size_t captured = 0;

	printf("\ngrowth of the arrays\n");
	if (s->grown_count || has_growth(s->trace))
		printf("            to slots       bytes  at              node  operation    line\n");
	for (size_t i = 0; i < s->trace->count; i++) {
		const struct mb_op *op = &s->trace->ops[i];

		if (op->kind == MB_OP_GREW && captured++ < GROWTHS)
			print_one_growth(s, i, mb_which_name(op->which), op->value, op->base,
					 op->size);
	}
	if (captured > GROWTHS)
		printf("  and %zu more\n", captured - GROWTHS);
	if (captured && s->replay.growths_as_captured != UINT64_MAX)
		printf("  captured; a replay grows so in %" PRIu64 " of %" PRIu64 " cases\n",
		       s->replay.growths_as_captured, s->replay.growths);
	if (captured)
		return;
	for (size_t i = 0; i < s->grown_count && i < GROWTHS; i++) {
		const struct growth *g = &s->grown[i];

		print_one_growth(s, g->operation, mb_which_name(g->g.which), g->g.entries,
				 g->g.base, g->g.size);
	}
	if (s->grown_count > GROWTHS)
		printf("  and %zu more\n", s->grown_count - GROWTHS);
	if (s->grown_count)
		printf("  in a replay: none is in the file\n");
	else
		printf("  none: the static slots were enough\n");
}

/* ---- memory ------------------------------------------------------------------------------------ */

struct row {
	int node;
	uint32_t flags;
	uint64_t memory, available, largest;
	size_t ranges;
};

static int by_node_and_flags(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	unsigned left = (unsigned)x->node, right = (unsigned)y->node; /* none comes last */

	if (left != right)
		return left < right ? -1 : 1;
	return x->flags < y->flags ? -1 : x->flags > y->flags;
}

/* One row per node and flags. The caller frees it; NULL without memory. */
static struct row *node_rows(const struct sight *s, size_t *count)
{
	size_t n = 0, kept = 0, all = s->end.memory.n + s->end.free.n;
	struct row *rows = calloc(all + 1, sizeof(*rows));

	if (!rows)
		return NULL;
	for (size_t i = 0; i < all; i++) {
		bool is_free = i >= s->end.memory.n;
		const struct mb_range *r = is_free ? &s->end.free.r[i - s->end.memory.n] :
						     &s->end.memory.r[i];
		uint64_t bytes = r->end - r->base;

		rows[n++] = (struct row){ show_node(s, r->nid), r->flags,
					  is_free ? 0 : bytes,  is_free ? bytes : 0,
					  is_free ? bytes : 0,  !is_free };
	}
	qsort(rows, n, sizeof(*rows), by_node_and_flags);
	for (size_t i = 0; i < n; i++) {
		struct row *last = kept ? &rows[kept - 1] : NULL;

		if (!last || last->node != rows[i].node || last->flags != rows[i].flags) {
			rows[kept++] = rows[i];
			continue;
		}
		last->memory += rows[i].memory;
		last->available += rows[i].available;
		last->ranges += rows[i].ranges;
		if (rows[i].largest > last->largest)
			last->largest = rows[i].largest;
	}
	*count = kept;
	return rows;
}

/* What a node has: taken is memory that is not free, so NOMAP counts as taken. */
static void print_nodes(const struct sight *s, bool all)
{
	char a[32], b[32], c[32], d[32], flags[128];
	size_t count = 0;
	struct row *rows = node_rows(s, &count);

	if (!rows)
		return;
	printf("\nnode  ranges       memory        taken         free  largest free  flags\n");
	for (size_t i = 0; i < count && (all || i < NODES); i++) {
		const struct row *r = &rows[i];
		char name[12] = "none";

		if (r->node >= 0)
			snprintf(name, sizeof(name), "%d", r->node);
		printf("%-4s  %6zu  %11s  %11s  %11s  %12s  %s\n", name, r->ranges,
		       show_bytes_text(r->memory, a), show_bytes_text(r->memory - r->available, b),
		       show_bytes_text(r->available, c), show_bytes_text(r->largest, d),
		       r->flags ? show_flags_text(r->flags, flags) : "-");
	}
	if (!all && count > NODES)
		printf("and %zu more; --all prints them\n", count - NODES);
	free(rows);
}

static void print_end(const struct sight *s)
{
	char a[32], b[32], p[16];

	printf("\nat the end\n");
	printf("  free          %s in %zu ranges, the largest %s (%s)\n",
	       show_bytes_text(s->free_bytes, a), s->end.free.n,
	       show_bytes_text(s->free_largest, b), percent(s->free_largest, s->free_bytes, p));
	for (unsigned i = 0; i < 2; i++)
		printf("  %s blocks  %" PRIu64 " free of %" PRIu64 " aligned ones (%s)\n",
		       i ? "1 GiB" : "2 MiB", s->blocks[i].free, s->blocks[i].all,
		       percent(s->blocks[i].free, s->blocks[i].all, p));
	if (s->crumbs)
		printf("  crumbs        %" PRIu64
		       " free ranges below a page, %s: nobody gets them\n",
		       s->crumbs, show_bytes_text(s->crumb_bytes, a));
	printf("  zeroed        %s in %" PRIu64 " allocations; %s in %" PRIu64 " were not\n",
	       show_bytes_text(s->bytes_zeroed, a), s->allocs_zeroed,
	       show_bytes_text(s->bytes_raw, b), s->allocs_raw);
	printf("  handed over   %" PRIu64 " pages, %s, in %" PRIu64 " blocks%s\n",
	       s->pages_handed_over, show_bytes_text(s->pages_handed_over * show_page_size(s), a),
	       s->pages_blocks, s->handover_in_trace ? "" : " (not in the file)");
}

/* ---- who and when ------------------------------------------------------------------------------ */

static void print_kinds(const struct sight *s)
{
	char bytes[32];

	printf("\noperations            count  worked out        bytes\n");
	for (unsigned k = 0; k < MB_OP_KINDS; k++) {
		bool about_bytes = mb_op_nature(k) != MB_ATTRIBUTES;

		if (!s->kind_count[k])
			continue;
		printf("  %-17s %7" PRIu64 "  %10" PRIu64, mb_op_name(k), s->kind_count[k],
		       s->kind_reconstructed[k]);
		if (s->kind_bytes[k] && about_bytes)
			printf("  %11s", show_bytes_text(s->kind_bytes[k], bytes));
		putchar('\n');
	}
}

static void print_callers(const struct sight *s, bool all)
{
	char bytes[32], zeroed[32];

	printf("\ncallers                            calls       bytes      zeroed  regions\n");
	for (size_t i = 0; i < s->caller_count && (all || i < CALLERS); i++) {
		const struct caller *c = &s->callers[i];

		printf("  %-31.31s %6" PRIu64 "  %10s  %10s  %7" PRId64 "\n", c->name, c->calls,
		       show_bytes_text(c->bytes, bytes),
		       c->zeroed ? show_bytes_text(c->zeroed, zeroed) : "-", c->regions);
	}
	if (!all && s->caller_count > CALLERS)
		printf("  and %zu more; --all prints them\n", s->caller_count - CALLERS);
}

static void print_events(const struct sight *s, bool all)
{
	enum { BAR = 8 };
	uint32_t peak = show_peak(s, MB_RESERVED);
	char memory[32], reserved[32];
	size_t left_out = s->events_left_out;

	printf("\ntime line\noperation   line  what                      memory   reserved regions\n");
	for (size_t i = 0; i < s->event_count; i++) {
		const struct event *e = &s->events[i];
		uint32_t bar = peak ? (uint32_t)((uint64_t)e->state.reserved_regions * BAR / peak) :
				      0;

		if (!all && i >= EVENTS) {
			left_out++;
			continue;
		}
		printf("%9zu %6" PRIu32 "  %-23.23s %10s %10s %7" PRIu32 " %.*s\n", e->state.done,
		       e->line, e->what, show_bytes_text(e->state.memory_bytes, memory),
		       show_bytes_text(e->state.reserved_bytes, reserved),
		       e->state.reserved_regions, (int)bar, "########");
	}
	if (left_out)
		printf("  and %zu more%s\n", left_out, all ? "" : "; --all prints them");
}

/* ---- ranges ------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The size from which on a range is among the RANGES largest; 0: all are shown. */
static uint64_t smallest_shown(const struct ranges *list, bool all)
{
	uint64_t *sizes = all || list->n <= RANGES ? NULL : calloc(list->n, sizeof(*sizes));
	uint64_t smallest;

	if (!sizes)
		return 0;
	for (size_t i = 0; i < list->n; i++)
		sizes[i] = list->r[i].end - list->r[i].base;
	qsort(sizes, list->n, sizeof(*sizes), by_size);
	smallest = sizes[RANGES - 1];
	free(sizes);
	return smallest;
}

static void print_ranges(const struct sight *s, const char *name, const struct ranges *list,
			 bool all)
{
	uint64_t bytes = 0, left_bytes = 0, least = smallest_shown(list, all);
	size_t shown = 0, left_out = 0;
	char text[32], flags[128];

	for (size_t i = 0; i < list->n; i++)
		bytes += list->r[i].end - list->r[i].base;
	printf("\n%s: %zu ranges, %s\n", name, list->n, show_bytes_text(bytes, text));
	for (size_t i = 0; i < list->n; i++) {
		const struct mb_range *r = &list->r[i];
		int node = show_node(s, r->nid);

		if (r->end - r->base < least || (least && shown == RANGES)) {
			left_out++;
			left_bytes += r->end - r->base;
			continue;
		}
		shown++;
		printf("  [0x%012" PRIx64 ", 0x%012" PRIx64 ")  %11s", r->base, r->end,
		       show_bytes_text(r->end - r->base, text));
		if (node >= 0)
			printf("  node %d", node);
		if (r->flags)
			printf("  %s", show_flags_text(r->flags, flags));
		printf("\n");
	}
	if (left_out)
		printf("  and %zu smaller ones, %s in all; --all prints them\n", left_out,
		       show_bytes_text(left_bytes, text));
}

void show_text(const struct sight *s, bool all)
{
	print_header(s);
	print_advice(s);
	print_peaks(s);
	print_growth(s);
	print_nodes(s, all);
	print_end(s);
	print_kinds(s);
	print_callers(s, all);
	print_events(s, all);
	print_ranges(s, "memory", &s->end.memory, all);
	print_ranges(s, "reserved", &s->end.reserved, all);
	if (all)
		print_ranges(s, "free", &s->end.free, all);
}
