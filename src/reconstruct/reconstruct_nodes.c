/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_nodes.c - which node memory is on: what dumps and other lines show, and x86's NUMA setup, which arm64
 * has as well in the newest kernels.
 *
 * Nodes are set in runs. A kernel sets a node on the whole range of a node's memory, holes included,
 * so what a dump shows is cut by both regions and nodes:
 *
 *     dump    [ 0 ][ 0 ]....[ 0 ]   [ 1 ]...[ 1 ]
 *     set     [        0        )   [     1     )
 */
#include <stdlib.h>

#include "reconstruct/reconstruct_impl.h"

struct node_run {
	uint64_t base, end;
	int nid;
};

struct node_runs {
	struct node_run *r;
	size_t count;
	uint32_t line;    /* of the dump */
	bool on_reserved; /* the dump shows nodes on reserved, too */
};

static const struct mb_dump *next_dump_with_nodes(struct rebuild *rb, size_t at)
{
	const struct boot_log *log = rb->log;
	uint32_t i;

	for (; at < log->count; at++) {
		const struct mb_dump *dump;

		rb->work++;

		if (log->records[at].kind != REC_DUMP)
			continue;
		dump = &log->dumps[log->records[at].dump];
		for (i = 0; i < dump->cnt[MB_MEMORY]; i++)
			if (dump->regions[MB_MEMORY][i].nid >= 0 &&
			    dump->regions[MB_MEMORY][i].size)
				return dump;
	}
	return NULL;
}

static int compare_runs(const void *a, const void *b)
{
	const struct node_run *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

/* Sort pieces by address and join neighbours of one node. A piece without a node (-1) separates. */
static void join_runs(struct node_runs *runs)
{
	size_t i, n = 0;

	if (!runs->count)
		return;
	qsort(runs->r, runs->count, sizeof(*runs->r), compare_runs);
	for (i = 1; i < runs->count; i++) {
		if (runs->r[i].nid != runs->r[n].nid)
			runs->r[++n] = runs->r[i];
		else if (runs->r[i].end > runs->r[n].end)
			runs->r[n].end = runs->r[i].end;
	}
	runs->count = n + 1;
	for (i = n = 0; i < runs->count; i++)
		if (runs->r[i].nid >= 0)
			runs->r[n++] = runs->r[i];
	runs->count = n;
}

static bool runs_of_dump(struct rebuild *rb, const struct mb_dump *dump, struct node_runs *runs)
{
	enum mb_which which;
	uint32_t i;

	*runs = (struct node_runs){ .line = dump->line };
	runs->r =
		calloc((size_t)dump->cnt[MB_MEMORY] + dump->cnt[MB_RESERVED] + 1, sizeof(*runs->r));
	if (!runs->r) {
		rb->failed = true;
		return false;
	}
	for (which = MB_MEMORY; which <= MB_RESERVED; which++) {
		for (i = 0; i < dump->cnt[which]; i++) {
			const struct mb_region *r = &dump->regions[which][i];

			/* A reservation without a node may be younger than the nodes. */
			if (!r->size || (which == MB_RESERVED && r->nid < 0))
				continue;
			runs->on_reserved |= which == MB_RESERVED;
			runs->r[runs->count++] =
				(struct node_run){ r->base, r->base + r->size, r->nid };
		}
	}
	join_runs(runs);
	return true;
}

/* The ranges that SRAT or a faked node announced, for a log that ends before a dump shows nodes. */
static bool runs_of_lines(struct rebuild *rb, size_t at, struct node_runs *runs)
{
	size_t i;

	*runs = (struct node_runs){ .on_reserved = true };
	runs->r = calloc(at + 1, sizeof(*runs->r));
	if (!runs->r) {
		rb->failed = true;
		return false;
	}
	for (i = 0; i < at; i++) {
		const struct record *r = &rb->log->records[i];

		if (r->kind != REC_NUMA_RANGE)
			continue;
		runs->line = r->line;
		runs->r[runs->count++] = (struct node_run){ r->base, r->base + r->size, r->nid };
	}
	join_runs(runs);
	return true;
}

bool rebuild_node_differs(struct mb *model, enum mb_which which, uint64_t base, uint64_t end,
			  int nid)
{
	struct mb_region r;

	while (base < end && mb_search(model, which, base, &r)) {
		if (mb_printed_node(model, r.nid) != nid)
			return true;
		base = r.base + r.size;
	}
	return false;
}

bool rebuild_nodes_differ(struct rebuild *rb, size_t at)
{
	const struct mb_dump *dump = next_dump_with_nodes(rb, at);
	uint32_t i;

	if (!dump)
		return false;
	for (i = 0; i < dump->cnt[MB_MEMORY]; i++) {
		const struct mb_region *r = &dump->regions[MB_MEMORY][i];

		if (r->nid >= 0 &&
		    rebuild_node_differs(rb->model, MB_MEMORY, r->base, r->base + r->size, r->nid))
			return true;
	}
	return false;
}

void rebuild_apply_nodes(struct rebuild *rb, size_t at)
{
	const struct mb_dump *dump = next_dump_with_nodes(rb, at);
	struct node_runs runs;
	size_t i;

	if (!dump || !runs_of_dump(rb, dump, &runs))
		return;
	for (i = 0; i < runs.count; i++)
		mb_set_node(rb->model, runs.r[i].base, runs.r[i].end - runs.r[i].base, MB_MEMORY,
			    runs.r[i].nid);
	free(runs.r);
}

static void emit_runs(struct rebuild *rb, const struct node_runs *runs, enum mb_which which,
		      uint32_t line, const char *why)
{
	size_t i;

	for (i = 0; i < runs->count; i++)
		rebuild_emit_node(rb, which, runs->r[i].base, runs->r[i].end - runs->r[i].base,
				  runs->r[i].nid, line, why);
}

void rebuild_emit_nodes(struct rebuild *rb, size_t at, uint32_t line, const char *why)
{
	const struct mb_dump *dump = next_dump_with_nodes(rb, at);
	struct node_runs runs;

	if (!dump || !runs_of_dump(rb, dump, &runs))
		return;
	emit_runs(rb, &runs, MB_MEMORY, line, why);
	free(runs.r);
}

/* After nodes are set: nodes that hold reservations with a node cannot be unplugged. */
static void clear_hotplug_of_used_nodes(struct rebuild *rb, const struct node_runs *runs,
					uint32_t line)
{
	bool *used = calloc(mb_max_numnodes(rb->model), sizeof(*used));
	struct mb_range r;
	struct mb_iter it;
	size_t i;

	if (!used) {
		rb->failed = true;
		return;
	}
	for (mb_iter_regions(&it, rb->model, MB_RESERVED, false); mb_next(&it, &r);)
		if (r.nid >= 0 && (unsigned)r.nid < mb_max_numnodes(rb->model))
			used[r.nid] = true;
	for (i = 0; i < runs->count; i++)
		if ((unsigned)runs->r[i].nid < mb_max_numnodes(rb->model) && used[runs->r[i].nid])
			rebuild_emit_flag(rb, MB_OP_CLEAR, runs->r[i].base,
					  runs->r[i].end - runs->r[i].base, MB_HOTPLUG, line,
					  "NUMA setup: the node holds reservations");
	free(used);
}

bool rebuild_has_numa_setup(const struct rebuild *rb)
{
	enum arch arch = rb->log->arch;

	return arch == ARCH_X86 || (arch == ARCH_ARM64 && rb->model->profile->rsrv_nid_requested);
}

void rebuild_numa(struct rebuild *rb, size_t at)
{
	const struct mb_dump *dump = next_dump_with_nodes(rb, at);
	uint32_t line = rb->log->records[at].line;
	struct node_runs runs;
	const char *why;
	size_t i;

	rb->numa_pending = false;
	if (!(dump ? runs_of_dump(rb, dump, &runs) : runs_of_lines(rb, at, &runs)))
		return;
	if (!runs.count) {
		free(runs.r);
		return;
	}
	rb->numa_done = true;
	why = "NUMA setup: reset";
	rebuild_emit_node(rb, MB_MEMORY, 0, UINT64_MAX, rebuild_no_node(rb), line, why);
	rebuild_emit_node(rb, MB_RESERVED, 0, UINT64_MAX, rebuild_no_node(rb), line, why);
	rebuild_emit_flag(rb, MB_OP_CLEAR, 0, UINT64_MAX, MB_HOTPLUG, line, why);
	for (i = 0; i < at; i++) {
		const struct record *r = &rb->log->records[i];

		if (r->kind == REC_NUMA_RANGE && r->hotplug)
			rebuild_emit_flag(rb, MB_OP_MARK, r->base, r->size, MB_HOTPLUG, r->line,
					  "SRAT says hotplug");
	}
	if (mb_bottom_up(rb->model) && rb->log->arch == ARCH_X86)
		rebuild_emit_simple(rb, MB_OP_SET_BOTTOM_UP, 0, line, "NUMA setup");
	why = rebuild_why(rb, dump ? "NUMA setup: dump at line %u" : "NUMA setup: line %u",
			  runs.line);
	emit_runs(rb, &runs, MB_MEMORY, line, why);
	if (runs.on_reserved)
		emit_runs(rb, &runs, MB_RESERVED, line, why);
	clear_hotplug_of_used_nodes(rb, &runs, line);
	free(runs.r);
}

/*
 * Did memory grow because x86's NUMA setup began? It resets all nodes before it prints anything. With
 * the array all but full that makes room for two more regions, and the growth is all that shows of it.
 * Return: true if so; the reset was emitted, the growth with it.
 */
bool rebuild_reset_grows(struct rebuild *rb, uint32_t line)
{
	bool grows;

	if (rb->log->arch != ARCH_X86 || rb->numa_done || !rebuild_save(rb))
		return false;
	mb_set_node(rb->model, 0, UINT64_MAX, MB_MEMORY, rebuild_no_node(rb));
	grows = rb->grown_count == 1 && rb->grown[0] == MB_MEMORY;
	rebuild_undo(rb);
	if (grows)
		rebuild_emit_node(rb, MB_MEMORY, 0, UINT64_MAX, rebuild_no_node(rb), line,
				  "NUMA setup: reset; memory grows");
	return grows;
}
