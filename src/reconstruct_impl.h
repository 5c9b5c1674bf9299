/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the parts of the reconstruction: reconstruct.c walks the records and explains allocations,
 * reconstruct_dump.c explains dumps and nodes.
 */
#ifndef MB_RECONSTRUCT_IMPL_H
#define MB_RECONSTRUCT_IMPL_H

#include <setjmp.h>

#include "import_impl.h"

#define REBUILD_GROWTHS 8

struct rebuild {
	struct boot_log *log;
	struct mb *model; /* holds what the kernel held after the operations emitted so far */
	size_t next;      /* the record that follows what is being emitted */
	enum mb_which grown[REBUILD_GROWTHS]; /* growths of the model not yet found in the log */
	unsigned grown_count;
	bool described;    /* x86: the firmware's map is being added, or was */
	bool limit_low;    /* x86: the limit is 1 MiB */
	bool mapping;      /* x86: the direct map is under construction, or complete */
	bool numa_pending; /* x86: NUMA lines were seen; setup ends before the next record */
	bool numa_done;
	bool no_memory; /* said so */
	bool failed;    /* no memory */
	void *saved;    /* a snapshot of the model */
	size_t saved_room;
	char why[96];
	char panic[128];
	jmp_buf panicked;
};

/* Remember the model; go back to what was remembered. One level. */
bool rebuild_save(struct rebuild *rb);
void rebuild_undo(struct rebuild *rb);

/* Evidence as text, valid until the next call. */
const char *rebuild_why(struct rebuild *rb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Append an operation that has no result, and execute it on the model. */
void rebuild_emit(struct rebuild *rb, const struct mb_op *op);
/* The same for an operation with one argument: a limit, an alignment, a value. */
void rebuild_emit_simple(struct rebuild *rb, enum mb_op_kind kind, uint64_t value, uint32_t line,
			 const char *why);

/* What the first dump holds and nothing in the log explains, at the start. */
void rebuild_early(struct rebuild *rb);
/* The dump at record @at: explain how the model differs, then append it. */
void rebuild_dump(struct rebuild *rb, size_t at);
/* x86 NUMA setup, before the record at @at. */
void rebuild_numa(struct rebuild *rb, size_t at);

/* Nodes of memory as the next dump after @at shows them: differ from the model's? apply; emit. */
bool rebuild_nodes_differ(struct rebuild *rb, size_t at);
void rebuild_apply_nodes(struct rebuild *rb, size_t at);
void rebuild_emit_nodes(struct rebuild *rb, size_t at, uint32_t line, const char *why);

#endif
