/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reconstruction's use of dumps: early reservations, nodes, attributes, unseen changes.
 *
 * A dump shows the whole state at one moment. Comparing it with the model, in this order, finds what
 * happened in silence since the last one:
 *
 *     coverage of memory     trimmed to pages? then trim; else added or removed
 *     coverage of reserved   reserved or freed
 *     nodes                  set on memory, and on reserved where the dump shows any there
 *     attributes             marked or cleared
 *
 * The first dump is also looked at before anything else: what it holds and the log does not explain
 * was there from the start.
 *
 * Nodes are set in runs. A kernel sets a node on the whole range of a node's memory, holes included,
 * so what a dump shows is cut by both regions and nodes:
 *
 *     dump    [ 0 ][ 0 ]....[ 0 ]   [ 1 ]...[ 1 ]
 *     set     [        0        )   [     1     )
 */
#include <stdlib.h>
#include <string.h>

#include "reconstruct/reconstruct_impl.h"

/* ---- sets of addresses: sorted, disjoint, not touching ----------------------------------------- */

struct range {
	uint64_t base, end;
};

struct ranges {
	struct range *r;
	size_t count, room;
	bool failed;
};

/* Replace ranges [from, to) by @n new ones. */
static void splice(struct ranges *set, size_t from, size_t to, const struct range *with, size_t n)
{
	size_t count = set->count - (to - from) + n;

	if (count > set->room) {
		size_t room = count * 2 + 16;
		void *larger = realloc(set->r, room * sizeof(*set->r));

		if (!larger) {
			set->failed = true;
			return;
		}
		set->r = larger;
		set->room = room;
	}
	if (set->count > to)
		memmove(set->r + from + n, set->r + to, (set->count - to) * sizeof(*set->r));
	if (n)
		memcpy(set->r + from, with, n * sizeof(*with));
	set->count = count;
}

static uint64_t end_of(uint64_t base, uint64_t size)
{
	return size > UINT64_MAX - base ? UINT64_MAX : base + size;
}

/* The first range whose end is @address or above. */
static size_t first_ending_from(const struct ranges *set, uint64_t address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->r[middle].end < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void ranges_add(struct ranges *set, uint64_t base, uint64_t size)
{
	struct range new = { base, end_of(base, size) };
	size_t from, to;

	if (new.base == new.end)
		return;
	from = first_ending_from(set, new.base);
	for (to = from; to < set->count && set->r[to].base <= new.end; to++) {
		if (set->r[to].base < new.base)
			new.base = set->r[to].base;
		if (set->r[to].end > new.end)
			new.end = set->r[to].end;
	}
	splice(set, from, to, &new, 1);
}

static void ranges_remove(struct ranges *set, uint64_t base, uint64_t size)
{
	uint64_t end = end_of(base, size);
	struct range left[2];
	size_t from, to, n = 0;

	if (base == end)
		return;
	from = first_ending_from(set, base + 1);
	for (to = from; to < set->count && set->r[to].base < end; to++) {
		if (set->r[to].base < base)
			left[n++] = (struct range){ set->r[to].base, base };
		if (set->r[to].end > end)
			left[n++] = (struct range){ end, set->r[to].end };
	}
	splice(set, from, to, left, n);
}

/* Take all of @other out of @set, in one pass over both. */
static void ranges_subtract(struct ranges *set, const struct ranges *other)
{
	struct ranges left = { 0 };
	size_t i, j = 0;

	for (i = 0; i < set->count; i++) {
		uint64_t base = set->r[i].base, end = set->r[i].end;

		while (j < other->count && other->r[j].end <= base)
			j++;
		for (; j < other->count && other->r[j].base < end; j++) {
			if (other->r[j].base > base)
				ranges_add(&left, base, other->r[j].base - base);
			base = other->r[j].end;
			if (base >= end)
				break; /* it may reach into the next one */
		}
		if (base < end)
			ranges_add(&left, base, end - base);
	}
	left.failed |= set->failed;
	free(set->r);
	*set = left;
}

static bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
	return a->count == b->count && (!a->count || !memcmp(a->r, b->r, a->count * sizeof(*a->r)));
}

static void ranges_of_dump(struct ranges *set, const struct mb_dump *dump, enum mb_which which)
{
	uint32_t i;

	for (i = 0; i < dump->cnt[which]; i++)
		ranges_add(set, dump->regions[which][i].base, dump->regions[which][i].size);
}

static void ranges_of_model(struct ranges *set, struct mb *model, enum mb_which which)
{
	struct mb_range r;
	struct mb_iter it;

	for (mb_iter_regions(&it, model, which, false); mb_next(&it, &r);)
		ranges_add(set, r.base, r.end - r.base);
}

/* ---- small operations -------------------------------------------------------------------------- */

static void emit_range(struct rebuild *rb, enum mb_op_kind kind, struct range range, uint32_t line,
		       const char *why)
{
	struct mb_op op = {
		.kind = kind,
		.base = range.base,
		.size = range.end - range.base,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

static void emit_node(struct rebuild *rb, enum mb_which which, uint64_t base, uint64_t size,
		      int nid, uint32_t line, const char *why)
{
	struct mb_op op = {
		.kind = MB_OP_SET_NODE,
		.which = which,
		.base = base,
		.size = size,
		.nid = nid,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

static void emit_flag(struct rebuild *rb, enum mb_op_kind kind, uint64_t base, uint64_t size,
		      uint32_t flag, uint32_t line, const char *why)
{
	struct mb_op op = {
		.kind = kind,
		.base = base,
		.size = size,
		.flags = flag,
		.line = line,
		.why = why,
	};

	rebuild_emit(rb, &op);
}

/* What a kernel stores for "no node" when it resets nodes. */
static int no_node(const struct rebuild *rb)
{
	const struct mb_machine *m = &rb->log->trace->machine;

	return m->profile->numa_reset_is_no_node ? MB_NUMA_NO_NODE : (int)m->max_numnodes;
}

/* ---- before the first dump --------------------------------------------------------------------- */

/*
 * A dump's total of memory still counts what trimming to pages cut off. Where the log begins after that, as
 * many bytes as the total has too much are added behind regions that have room, and trimmed.
 */
static void emit_trimmed(struct rebuild *rb, const struct mb_dump *dump)
{
	uint64_t page = rb->log->trace->machine.page_size, excess = dump->size[MB_MEMORY];
	uint32_t n = dump->cnt[MB_MEMORY], i;
	const char *why;

	if (excess == MB_SIZE_UNKNOWN)
		return;
	for (i = 0; i < n; i++) {
		const struct mb_region *r = &dump->regions[MB_MEMORY][i];

		if (r->base % page || r->size % page || r->size > excess)
			return;
		excess -= r->size;
	}
	if (!excess || excess / page >= n)
		return;
	why = rebuild_why(rb, "before the log; in the total of the dump at line %u", dump->line);
	for (i = 0; i < n && excess; i++) {
		const struct mb_region *r = &dump->regions[MB_MEMORY][i];
		struct range cut = { r->base + r->size, r->base + r->size };

		cut.end += excess < page ? excess : page - 1;
		if (cut.end < cut.base || (i + 1 < n && cut.end > r[1].base))
			continue;
		emit_range(rb, MB_OP_ADD, cut, 0, why);
		excess -= cut.end - cut.base;
	}
	rebuild_emit_simple(rb, MB_OP_TRIM, page, 0, why);
}

void rebuild_early(struct rebuild *rb)
{
	const struct boot_log *log = rb->log;
	struct ranges early[2] = { { 0 } }, seen[2] = { { 0 } };
	const struct mb_dump *dump;
	enum mb_which which;
	const char *why;
	size_t first, i;

	for (first = 0; first < log->count && log->records[first].kind != REC_DUMP; first++)
		;
	if (first == log->count)
		return;
	dump = &log->dumps[log->records[first].dump];
	for (i = 0; i < first; i++) {
		const struct record *r = &log->records[i];

		/* A range put in between moves the ones above it. */
		rb->work += seen[MB_RESERVED].count / 4;
		if (!rebuild_may_run(rb, r->line))
			break;
		if (r->kind == REC_RESERVE)
			ranges_add(&seen[MB_RESERVED], r->base, r->size);
		else if (r->kind == REC_OP && r->op == MB_OP_FREE)
			ranges_remove(&seen[MB_RESERVED], r->base, r->size);
		else if (r->kind == REC_OP && (r->op == MB_OP_ADD || r->op == MB_OP_ADD_NODE))
			ranges_add(&seen[MB_MEMORY], r->base, r->size);
		else if (r->kind == REC_OP && r->op == MB_OP_REMOVE)
			ranges_remove(&seen[MB_MEMORY], r->base, r->size);
	}
	for (which = MB_MEMORY; which <= MB_RESERVED; which++) {
		why = rebuild_why(rb, "before the log; in the dump at line %u", dump->line);
		ranges_of_dump(&early[which], dump, which);
		ranges_subtract(&early[which], &seen[which]);
		for (i = 0; i < early[which].count; i++)
			emit_range(rb, which == MB_MEMORY ? MB_OP_ADD : MB_OP_RESERVE,
				   early[which].r[i], 0, why);
		if (which == MB_MEMORY && !seen[which].count)
			emit_trimmed(rb, dump);
		rb->failed |= early[which].failed | seen[which].failed;
		free(early[which].r);
		free(seen[which].r);
	}
}

/* ---- nodes ------------------------------------------------------------------------------------- */

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

/* Does a stretch of the model show another node than @nid anywhere? */
static bool node_differs(struct mb *model, enum mb_which which, uint64_t base, uint64_t end,
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
		    node_differs(rb->model, MB_MEMORY, r->base, r->base + r->size, r->nid))
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
		emit_node(rb, which, runs->r[i].base, runs->r[i].end - runs->r[i].base,
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
			emit_flag(rb, MB_OP_CLEAR, runs->r[i].base,
				  runs->r[i].end - runs->r[i].base, MB_HOTPLUG, line,
				  "NUMA setup: the node holds reservations");
	free(used);
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
	emit_node(rb, MB_MEMORY, 0, UINT64_MAX, no_node(rb), line, why);
	emit_node(rb, MB_RESERVED, 0, UINT64_MAX, no_node(rb), line, why);
	emit_flag(rb, MB_OP_CLEAR, 0, UINT64_MAX, MB_HOTPLUG, line, why);
	for (i = 0; i < at; i++) {
		const struct record *r = &rb->log->records[i];

		if (r->kind == REC_NUMA_RANGE && r->hotplug)
			emit_flag(rb, MB_OP_MARK, r->base, r->size, MB_HOTPLUG, r->line,
				  "SRAT says hotplug");
	}
	if (mb_bottom_up(rb->model))
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
	mb_set_node(rb->model, 0, UINT64_MAX, MB_MEMORY, no_node(rb));
	grows = rb->grown_count == 1 && rb->grown[0] == MB_MEMORY;
	rebuild_undo(rb);
	if (grows)
		emit_node(rb, MB_MEMORY, 0, UINT64_MAX, no_node(rb), line,
			  "NUMA setup: reset; memory grows");
	return grows;
}

/* ---- at a dump --------------------------------------------------------------------------------- */

static void explain_coverage(struct rebuild *rb, const struct mb_dump *dump, enum mb_which which)
{
	static const enum mb_op_kind add_to[] = { MB_OP_ADD, MB_OP_RESERVE, MB_OP_PHYSMEM_ADD };
	struct ranges want = { 0 }, have = { 0 };
	struct ranges missing = { 0 }, extra = { 0 };
	const char *why;
	size_t i;

	ranges_of_dump(&want, dump, which);
	ranges_of_dump(&missing, dump, which);
	ranges_of_model(&have, rb->model, which);
	if (which == MB_MEMORY && !ranges_equal(&want, &have)) {
		uint64_t page = rb->log->trace->machine.page_size;
		struct ranges trimmed = { 0 };
		bool trims;

		if (rebuild_save(rb)) {
			mb_trim_memory(rb->model, page);
			ranges_of_model(&trimmed, rb->model, which);
			rebuild_undo(rb);
		}
		trims = ranges_equal(&want, &trimmed);
		free(trimmed.r);
		if (trims) {
			rebuild_emit_simple(rb, MB_OP_TRIM, page, dump->line,
					    "the dump is trimmed to pages");
			free(have.r);
			have = (struct ranges){ 0 };
			ranges_of_model(&have, rb->model, which);
		}
	}
	ranges_of_model(&extra, rb->model, which);
	ranges_subtract(&missing, &have);
	ranges_subtract(&extra, &want);
	why = "not logged; shown by the dump";
	for (i = 0; i < extra.count && which != MB_PHYSMEM; i++)
		emit_range(rb, which == MB_MEMORY ? MB_OP_REMOVE : MB_OP_FREE, extra.r[i],
			   dump->line, why);
	for (i = 0; i < missing.count; i++)
		emit_range(rb, add_to[which], missing.r[i], dump->line, why);
	rb->failed |= want.failed | have.failed | missing.failed | extra.failed;
	free(want.r);
	free(have.r);
	free(missing.r);
	free(extra.r);
}

static void explain_nodes(struct rebuild *rb, size_t at, const struct mb_dump *dump,
			  enum mb_which which)
{
	const char *why = "not logged; shown by the dump";
	bool any = false;
	uint32_t i;

	for (i = 0; i < dump->cnt[which]; i++)
		any |= dump->regions[which][i].nid >= 0 && dump->regions[which][i].size;
	if (!any)
		return;
	if (which == MB_MEMORY && rebuild_nodes_differ(rb, at))
		rebuild_emit_nodes(rb, at, dump->line, why);
	for (i = 0; i < dump->cnt[which]; i++) {
		const struct mb_region *r = &dump->regions[which][i];

		if (node_differs(rb->model, which, r->base, r->base + r->size, r->nid))
			emit_node(rb, which, r->base, r->size, r->nid < 0 ? no_node(rb) : r->nid,
				  dump->line, why);
	}
}

static void explain_flags(struct rebuild *rb, const struct mb_dump *dump, enum mb_which which)
{
	uint32_t known = which == MB_MEMORY ? MB_HOTPLUG | MB_MIRROR | MB_NOMAP : MB_RSRV_NOINIT;
	uint32_t cleared = MB_HOTPLUG | MB_NOMAP; /* what can be taken back */
	uint32_t i, flag;

	for (i = 0; i < dump->cnt[which]; i++) {
		const struct mb_region *r = &dump->regions[which][i];
		struct mb_region have;

		if (!r->size || !mb_search(rb->model, which, r->base, &have))
			continue;
		for (flag = 1; flag <= known; flag <<= 1)
			if ((known & flag) && ((have.flags ^ r->flags) & flag) &&
			    ((r->flags | cleared) & flag))
				emit_flag(rb, r->flags & flag ? MB_OP_MARK : MB_OP_CLEAR, r->base,
					  r->size, flag, dump->line,
					  "not logged; shown by the dump");
	}
}

void rebuild_dump(struct rebuild *rb, size_t at)
{
	const struct record *r = &rb->log->records[at];
	const struct mb_dump *dump = &rb->log->dumps[r->dump];
	struct mb_account *account = &rb->log->trace->account;
	char why[160];
	enum mb_which which;

	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
		rb->work += 4 * (dump->cnt[which] + (uint64_t)mb_cnt(rb->model, which));
	if (!rebuild_may_run(rb, r->line)) {
		account->dumps++;
		mb_trace_add_dump(rb->log->trace, dump, r->line);
		return;
	}
	if (!mb_dump_matches(rb->model, dump, NULL, 0)) {
		for (which = MB_MEMORY; which < MB_COLLECTIONS; which++)
			if (which != MB_PHYSMEM || rb->log->has_physmem)
				explain_coverage(rb, dump, which);
		for (which = MB_MEMORY; which <= MB_RESERVED; which++)
			explain_nodes(rb, at, dump, which);
		for (which = MB_MEMORY; which <= MB_RESERVED; which++)
			explain_flags(rb, dump, which);
	}
	account->dumps++;
	if (mb_dump_matches(rb->model, dump, why, sizeof(why))) {
		account->dumps_matched++;
	} else {
		mb_trace_warn(rb->log->trace, r->line, "a dump that cannot be explained: %s", why);
		rebuild_unexplained(rb, r->line);
	}
	mb_trace_add_dump(rb->log->trace, dump, r->line);
}
