/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_dump.c - what dumps tell: early reservations, nodes, attributes, unseen changes.
 *
 * A dump shows the whole state at one moment. Comparing it with the model, in this order, finds what
 * happened in silence since the last one:
 *
 *     coverage of memory     trimmed to pages? then trim; else added or removed
 *     coverage of reserved   reserved or freed
 *     nodes                  set on memory, and on reserved where the dump shows any there
 *     attributes             marked or cleared
 *
 * What is added to reserved has the flags that the dump shows, in kernels that reserve with flags.
 *
 * The first dump is also looked at before anything else: what it holds and the log does not explain
 * was there from the start.
 */
#include <stdlib.h>
#include <string.h>

#include "reconstruct/reconstruct_impl.h"
#include "reconstruct/reconstruct_ranges_impl.h"

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
		rebuild_emit_range(rb, MB_OP_ADD, cut.base, cut.end, 0, why);
		excess -= cut.end - cut.base;
	}
	rebuild_emit_simple(rb, MB_OP_TRIM, page, 0, why);
}

/* The flags that a reservation is made with; the others are marked afterwards. */
static uint32_t made_with(const struct rebuild *rb, const struct mb_region *r)
{
	return rb->model->profile->rsrv_nid_requested ? r->flags & ~(uint32_t)MB_RSRV_NOINIT : 0;
}

/* Reserve @set, all of which @dump shows, in pieces of equal flags. */
static void emit_reserved(struct rebuild *rb, const struct ranges *set, const struct mb_dump *dump,
			  uint32_t line, const char *why)
{
	struct mb_op op = { .size = 0 };
	uint32_t j = 0;
	size_t i = 0;

	while (i < set->count && j < dump->cnt[MB_RESERVED]) {
		const struct mb_region *r = &dump->regions[MB_RESERVED][j];
		uint64_t end = r->base + r->size, base = r->base;
		uint32_t flags = made_with(rb, r);

		if (base < set->r[i].base)
			base = set->r[i].base;
		if (end < set->r[i].end)
			j++;
		else
			end = set->r[i++].end;
		if (base >= end)
			continue;
		if (op.size && op.flags == flags && op.base + op.size == base) {
			op.size += end - base;
			continue;
		}
		if (op.size)
			rebuild_emit(rb, &op);
		op = (struct mb_op){
			.kind = flags ? MB_OP_RESERVE_NODE : MB_OP_RESERVE,
			.base = base,
			.size = end - base,
			.nid = flags ? MB_NUMA_NO_NODE : 0,
			.flags = flags,
			.line = line,
			.why = why,
		};
	}
	if (op.size)
		rebuild_emit(rb, &op);
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
		if (which == MB_RESERVED)
			emit_reserved(rb, &early[which], dump, 0, why);
		for (i = 0; i < early[which].count && which == MB_MEMORY; i++)
			rebuild_emit_range(rb, MB_OP_ADD, early[which].r[i].base,
					   early[which].r[i].end, 0, why);
		if (which == MB_MEMORY && !seen[which].count)
			emit_trimmed(rb, dump);
		rb->failed |= early[which].failed | seen[which].failed;
		free(early[which].r);
		free(seen[which].r);
	}
}

/* ---- at a dump --------------------------------------------------------------------------------- */

static void explain_coverage(struct rebuild *rb, const struct mb_dump *dump, enum mb_which which)
{
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
		rebuild_emit_range(rb, which == MB_MEMORY ? MB_OP_REMOVE : MB_OP_FREE,
				   extra.r[i].base, extra.r[i].end, dump->line, why);
	if (which == MB_RESERVED)
		emit_reserved(rb, &missing, dump, dump->line, why);
	for (i = 0; i < missing.count && which != MB_RESERVED; i++)
		rebuild_emit_range(rb, which == MB_MEMORY ? MB_OP_ADD : MB_OP_PHYSMEM_ADD,
				   missing.r[i].base, missing.r[i].end, dump->line, why);
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

		if (rebuild_node_differs(rb->model, which, r->base, r->base + r->size, r->nid))
			rebuild_emit_node(rb, which, r->base, r->size,
					  r->nid < 0 ? rebuild_no_node(rb) : r->nid, dump->line,
					  why);
	}
}

/* The flags that the model has otherwise than @r anywhere in it. */
static uint32_t flags_that_differ(struct mb *model, enum mb_which which, const struct mb_region *r)
{
	uint64_t at = r->base, end = r->base + r->size;
	uint32_t differ = 0;
	struct mb_region have;

	while (at < end && mb_search(model, which, at, &have)) {
		differ |= have.flags ^ r->flags;
		at = have.base + have.size;
	}
	return differ;
}

static void explain_flags(struct rebuild *rb, const struct mb_dump *dump, enum mb_which which)
{
	uint32_t known = which == MB_MEMORY ? MB_HOTPLUG | MB_MIRROR | MB_NOMAP | MB_KHO_SCRATCH :
					      MB_RSRV_NOINIT | MB_RSRV_KERN;
	uint32_t cleared = MB_HOTPLUG | MB_NOMAP | MB_KHO_SCRATCH; /* what can be taken back */
	uint32_t i, flag, differ;

	for (i = 0; i < dump->cnt[which]; i++) {
		const struct mb_region *r = &dump->regions[which][i];

		differ = flags_that_differ(rb->model, which, r);
		for (flag = 1; flag <= known; flag <<= 1)
			if ((known & flag) && (differ & flag) && ((r->flags | cleared) & flag))
				rebuild_emit_flag(rb, r->flags & flag ? MB_OP_MARK : MB_OP_CLEAR,
						  r->base, r->size, flag, dump->line,
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
