/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconstruct_impl.h - between the parts of the reconstruction, from the lowest up; reconstruct_walk.c lists them.
 */
#ifndef MB_RECONSTRUCT_IMPL_H
#define MB_RECONSTRUCT_IMPL_H

#include <memblock/replay.h>
#include <memblock/variant.h>
#include <setjmp.h>
#include <string.h>

#include "reconstruct/reconstruct.h"

#define REBUILD_GROWTHS 8

/*
 * The budget of one import, in regions that the model looks at or moves: a measure of time that is the
 * same on every machine, so that the same log always gives the same trace. The largest captured boot
 * needs less than a hundredth of it. Beyond the first bound silent changes are no longer searched for,
 * beyond the second operations are taken as captured, without the model.
 */
#define REBUILD_SEARCH_WORK (1ULL << 29)
#define REBUILD_MODEL_WORK (REBUILD_SEARCH_WORK * 2)

struct rebuild {
	struct boot_log *log;
	struct mb *model; /* holds what the kernel held after the operations emitted so far */
	size_t next;      /* the record that follows what is being emitted */
	enum mb_which grown[REBUILD_GROWTHS]; /* growths of the model not yet found in the log */
	unsigned grown_count;
	bool described;    /* x86: the firmware's map is being added, or was */
	bool limit_low;    /* x86: the limit is 1 MiB */
	bool mapping;      /* x86: the direct map is under construction, or complete */
	bool numa_pending; /* NUMA lines were seen; setup ends before the next record */
	bool numa_done;
	bool low_scratch; /* x86: the low megabyte is scratch memory */
	bool second_boot; /* of a kexec handover, and nothing but the areas is scratch memory */
	bool extending;   /* more of it becomes so; the requests for that were seen */
	uint64_t
		area_align; /* of the areas that the first boot of one allocates; 0: it does not now */
	bool slab_pending; /* the slab allocator is up by the next record */
	bool memory_assumed;
	bool growth_seen[MB_COLLECTIONS]; /* the log tells of one */
	bool too_small[MB_COLLECTIONS];   /* the model grew, and the log tells of no growth */
	uint64_t kernel_end;            /* before 5.12 bottom-up searches began there; 0: not so */
	uint64_t work;                  /* regions looked at or moved so far, over all attempts */
	bool search_ended, model_ended; /* for want of budget; said so in a warning */
	unsigned mapping_limit_count;
	uint64_t mapping_limits[4]; /* bounds of the first requests of init_mem_mapping() */
	bool last_attempt;          /* with arrays of whatever size */
	bool failed;                /* no memory */
	void *saved;                /* a snapshot of the model */
	size_t saved_room;
	char why[96];
	char panic[128];
	jmp_buf panicked;
};

/* ---- records (reconstruct_records.c) ----------------------------------------------------------- */

bool rebuild_called_by(const struct record *r, const char *function);
/* Is a caller an address without a symbol? */
static inline bool rebuild_is_bare(const char *caller)
{
	return mb_record_is_address(caller, strlen(caller));
}
/* Where callers are addresses, mark the reserves of the allocator. Once, when all lines are read. 0 or
 * -ENOMEM. */
int rebuild_find_allocator(struct boot_log *log);
/* The next record of memblock itself from @at on; log->count: none. */
size_t rebuild_next_memblock_record(const struct boot_log *log, size_t at);
/* Was this reserve made by the allocator, for a request? */
bool rebuild_by_allocator(const struct record *r);
/* The operation that a request asks for, without its result. */
struct mb_op rebuild_op_of_request(const struct record *r);
/* The reserve that answers the request at @at, or log->count. */
size_t rebuild_answer_of(const struct boot_log *log, size_t at);

/* ---- the machine (reconstruct_machine.c) ------------------------------------------------------- */

/* Fill in the machine of the log's trace. Once, when all lines are read. */
void rebuild_infer_machine(struct boot_log *log);

/* ---- the model (reconstruct_model.c) ----------------------------------------------------------- */

/* An instance like the machine of the trace. 0 or -errno, with the error set. */
int rebuild_model_make(struct rebuild *rb, struct mb_text_error *error);

/* Is there budget left for a search at record @at's line; for executing operations at all? */
bool rebuild_may_search(struct rebuild *rb, uint32_t line);
bool rebuild_may_run(struct rebuild *rb, uint32_t line);
/* Execute an operation on the model, at the expense of the budget. Return: its result. */
uint64_t rebuild_run(struct rebuild *rb, const struct mb_op *op);
/* Is this attempt to be given up, for want of memory or because an array is too small in it? */
bool rebuild_stops(const struct rebuild *rb);

/* Remember the model; go back to what was remembered. One level. */
bool rebuild_save(struct rebuild *rb);
void rebuild_undo(struct rebuild *rb);

/* Evidence as text, valid until the next call. */
const char *rebuild_why(struct rebuild *rb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Something could not be explained, at a line of the log. */
void rebuild_unexplained(struct rebuild *rb, uint32_t line);

/* The growth that record @at announces, with the free and the reserve that follow it. */
void rebuild_emit_growth(struct rebuild *rb, size_t at);
/* The model grew: the log should say so next. Executing a growth may cause another. */
void rebuild_settle_growth(struct rebuild *rb, uint32_t line);

/* Append an operation that has no result, and execute it on the model. */
void rebuild_emit(struct rebuild *rb, const struct mb_op *op);
/* The same for an operation with one argument: a limit, an alignment, a value. */
void rebuild_emit_simple(struct rebuild *rb, enum mb_op_kind kind, uint64_t value, uint32_t line,
			 const char *why);
/* The same for a range, [base, end); its node; one of its attributes. */
void rebuild_emit_range(struct rebuild *rb, enum mb_op_kind kind, uint64_t base, uint64_t end,
			uint32_t line, const char *why);
void rebuild_emit_node(struct rebuild *rb, enum mb_which which, uint64_t base, uint64_t size,
		       int nid, uint32_t line, const char *why);
void rebuild_emit_flag(struct rebuild *rb, enum mb_op_kind kind, uint64_t base, uint64_t size,
		       uint32_t flag, uint32_t line, const char *why);
/* What a kernel stores for "no node" when it resets nodes. */
int rebuild_no_node(const struct rebuild *rb);
/* A bound that the machine can have: a 32-bit kernel would cut a larger one to its lower half. */
uint64_t rebuild_bound_within(const struct rebuild *rb, uint64_t bound);

/* Does the current limit bear on where this lands? */
bool rebuild_bounded_by_limit(const struct mb_op *op);
/* Would this operation give the captured address now? Leaves the model as it is. */
bool rebuild_would_land(struct rebuild *rb, const struct mb_op *op);

/* ---- nodes (reconstruct_nodes.c) --------------------------------------------------------------- */

/* Does NUMA setup reset nodes, and set them on memory and reserved alike? x86, and arm64 since it shares that code. */
bool rebuild_has_numa_setup(const struct rebuild *rb);
/* That setup, before the record at @at. */
void rebuild_numa(struct rebuild *rb, size_t at);
/* Memory grew unexpectedly: did x86 NUMA setup begin with its reset of nodes? If so, emit it. */
bool rebuild_reset_grows(struct rebuild *rb, uint32_t line);

/* Nodes of memory as the next dump after @at shows them: differ from the model's? apply; emit. */
bool rebuild_nodes_differ(struct rebuild *rb, size_t at);
void rebuild_apply_nodes(struct rebuild *rb, size_t at);
void rebuild_emit_nodes(struct rebuild *rb, size_t at, uint32_t line, const char *why);
/* Does a stretch of the model show another node than @nid anywhere? */
bool rebuild_node_differs(struct mb *model, enum mb_which which, uint64_t base, uint64_t end,
			  int nid);

/* ---- dumps (reconstruct_dump.c) ---------------------------------------------------------------- */

/* What the first dump holds and nothing in the log explains, at the start. */
void rebuild_early(struct rebuild *rb);
/* The dump at record @at: explain how the model differs, then append it. */
void rebuild_dump(struct rebuild *rb, size_t at);

/* ---- kexec handovers (reconstruct_handover.c) -------------------------------------------------- */

/* The scratch areas of a second boot, at the start. */
void rebuild_handover_early(struct rebuild *rb);
/* What happens in silence before the record at @at, and after it. */
void rebuild_handover_before(struct rebuild *rb, size_t at);
void rebuild_handover_after(struct rebuild *rb, size_t at);
/* The same after the allocation @op, which the record at @at shows. */
void rebuild_handover_allocated(struct rebuild *rb, size_t at, const struct mb_op *op);
/* Is the allocation without a request at @at for a node's area? Then @op has its arguments. */
bool rebuild_handover_area(struct rebuild *rb, size_t at, struct mb_op *op);

/* ---- memory that nothing shows (reconstruct_memory.c) ------------------------------------------ */

/* No memory is known where an allocation succeeded, and no dump ever shows it: assume the smallest
 * that holds all allocations. */
void rebuild_assume_memory(struct rebuild *rb, uint32_t line);
/* No memory is shown by adds or dumps: take that of the "node N: [mem ...]" lines, or of the
 * firmware's map. */
void rebuild_memory_of_nodes(struct rebuild *rb);

/* ---- the search (reconstruct_search.c) --------------------------------------------------------- */

#define REBUILD_LIMITS 8

/* Look for the limits that the log mentions, once. */
void rebuild_note_limits(struct rebuild *rb);
/* The ends of memory that the log suggests for the current limit. Return: how many. */
unsigned rebuild_limit_candidates(const struct rebuild *rb, uint64_t limits[REBUILD_LIMITS]);
/*
 * Look for the silent change that makes the allocation of record @at land, and emit it.
 * Return: whether there is one. May change op->lo.
 */
bool rebuild_explain(struct rebuild *rb, struct mb_op *op, size_t at);
/* Before 5.12, once noticed: a bottom-up search begins behind the kernel. */
void rebuild_above_kernel(struct rebuild *rb, struct mb_op *op);

#endif
