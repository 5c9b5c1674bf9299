/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show_impl.h - between the parts of memblock-bench show.
 *
 *     show_sight.c     the sight: what is asked of it, its maps, its end
 *     show_words.c     flags, bytes and places as words
 *     show_callers.c   who did how much of it
 *     show_trial.c     "what if": the trace once more, with other slots or without some operations
 *     show_observe.c   executes the trace once and looks at the state on the way
 *     show_advice.c    what to do about it, each piece with a number and a trial that bears it out
 *     show_text.c      a page for a person
 *     show_json.c      one object for programs (docs/charts.md)
 *     cmd_show.c       the command
 *
 * Each calls only those above it.
 *
 * The trace is executed, untimed, on the variant `array` with metadata=host, so that every range is
 * where the captured kernel had it. The printers only read `struct sight`.
 */
#ifndef BENCH_SHOW_H
#define BENCH_SHOW_H

#include <setjmp.h>

#include <memblock/replay.h>

#define SHOW_TIMELINE_MAX 512
#define SHOW_FRAMES_MAX 64
#define SHOW_EVENTS_MAX 48
#define SHOW_ADVICE_MAX 16
#define SHOW_NODES_MAX 1025 /* the nodes of a kernel, and one row for memory without a node */

/* A list of ranges, copied out of an instance. */
struct ranges {
	struct mb_range *r;
	size_t n, max;
};

/* The three lists of the memory map. Free is memory that an allocation could get: no NOMAP. */
struct map {
	struct ranges memory, reserved, free;
};

struct sample {
	size_t done; /* operations executed so far */
	uint64_t memory_bytes, reserved_bytes, free_bytes;
	uint32_t memory_regions, reserved_regions;
};

struct frame {
	size_t done;
	struct map map;
};

/* A moment of the boot that a reader looks for. */
struct event {
	struct sample state; /* after it */
	uint32_t line;
	char what[64];
};

/* Most regions of a collection in one phase, and the operation (from 1) after which; 0: none. */
struct peak {
	uint32_t regions;
	size_t operation;
};

enum { BEFORE_RESIZE, AFTER_RESIZE, PHASES };

struct caller {
	char name[64];
	uint64_t calls, bytes, zeroed;
	int64_t regions; /* reserved regions that its operations added, less those they removed */
};

struct growth {
	size_t operation; /* from 1: the one that caused it */
	struct mb_growth g;
	int node; /* of the memory there; -1: none */
};

struct blocks {
	uint64_t size;
	uint64_t free, all; /* aligned blocks: wholly free, and wholly memory */
	uint64_t nearly;    /* not free for less than a hundredth of their bytes */
	uint64_t nearly_bytes;
	uint64_t nearly_first; /* base of the first such */
};

struct advice {
	const char *kind; /* a word for programs */
	char text[400];
	char check[240]; /* the trial and what it showed; "" where there is nothing to try */
	bool holds;      /* the trial bore it out */
};

/* Everything that was seen. */
struct sight {
	const char *path;
	struct mb_trace *trace;
	struct mb *mb;
	struct mb_replay_result replay; /* array, metadata=self */
	struct map end;
	struct sample timeline[SHOW_TIMELINE_MAX + 2];
	size_t samples;
	struct frame frames[SHOW_FRAMES_MAX + 2];
	size_t frame_count;
	struct event events[SHOW_EVENTS_MAX];
	size_t event_count, events_left_out;
	uint64_t kind_count[MB_OP_KINDS], kind_reconstructed[MB_OP_KINDS], kind_bytes[MB_OP_KINDS];
	int32_t *delta; /* per operation: what it did to the number of reserved regions */
	struct caller *callers;
	size_t caller_count;
	struct peak peak[2][PHASES]; /* of memory, reserved */
	size_t resize_at;            /* the operation from 1 that permits resizing; 0: none does */
	uint64_t reserved_bytes_peak, metadata_bytes_peak;
	uint64_t bytes_zeroed, bytes_raw, allocs_zeroed, allocs_raw;
	size_t failed, failed_first; /* allocations that failed in the capture; first from 1 */
	uint64_t failed_room;        /* largest free range that the first of them could have used */
	size_t unknown;              /* allocations whose captured address is lost */
	struct growth *grown;        /* in a replay that grows as a kernel does */
	size_t grown_count;
	struct blocks blocks[2];                                /* of 2 MiB, 1 GiB */
	uint64_t free_bytes, free_largest, crumbs, crumb_bytes; /* crumbs: less than a page */
	uint64_t pages_handed_over, pages_blocks;
	bool handover_in_trace;
	struct advice advice[SHOW_ADVICE_MAX];
	size_t advice_count;
	size_t done; /* operations executed; fewer than the trace has after a panic */
	jmp_buf panicked;
	char panic[160];
};

/* ---- the sight (show_sight.c) ------------------------------------------------------------------ */

uint32_t show_slots(const struct sight *s, enum mb_which which); /* static ones */
uint64_t show_page_size(const struct sight *s);
/* The larger of the two phases. */
uint32_t show_peak(const struct sight *s, enum mb_which which);
/* The node to show for a stored one; -1: none. */
int show_node(const struct sight *s, int32_t nid);
/* Copy the three lists of @mb. 0 or -ENOMEM. */
int show_map_copy(struct map *map, struct mb *mb);
/* Of @size-aligned blocks: how many are free, are memory, and are nearly free. */
struct blocks show_blocks(const struct map *map, uint64_t size);
/* It, its trace and its instance. */
void show_release(struct sight *s);

/* ---- words (show_words.c) ---------------------------------------------------------------------- */

/* Flags as words joined by '+'; "" for none. */
const char *show_flags_text(uint32_t flags, char buf[128]);
/* Bytes in the largest binary unit that leaves one digit before the point. */
const char *show_bytes_text(uint64_t bytes, char buf[32]);
/* An operation in its source: "operation 7 (line 31)". */
const char *show_place(const struct sight *s, size_t operation, char buf[64]);

/* ---- callers (show_callers.c) ------------------------------------------------------------------ */

/* Fill s->callers, those with most calls first. 0 or -ENOMEM. */
int show_callers(struct sight *s);
/* Who called @op: the symbol without its offset, or what stands for it. */
void show_caller_name(const struct mb_op *op, char name[64]);

/* ---- trials (show_trial.c) --------------------------------------------------------------------- */

struct trial {
	uint32_t slots[2];     /* of memory, reserved; 0: as the machine has */
	const char *without;   /* leave out the operations of this caller */
	bool unaligned;        /* allocations ask for no more than their size rounded up */
	struct growth **grown; /* the growths, for the caller to free; or NULL */
};

struct outcome {
	bool panicked;
	size_t panicked_at; /* operation from 1 */
	size_t no_room;     /* operations that ended in -ENOMEM */
	size_t growths[2];  /* of memory, reserved */
	size_t grown_count;
	uint32_t peak[2];
	uint64_t copied; /* bytes that growing moved */
};

/* Execute s->trace once more on `array` with metadata=self and @t's changes. 0 or -errno. */
int show_try(const struct sight *s, const struct trial *t, struct outcome *o);

/* ---- observing (show_observe.c) ---------------------------------------------------------------- */

/* Execute s->trace and fill in what was seen. 0, or -errno with @error set. */
int show_observe(struct sight *s, struct mb_text_error *error);
/* What the page allocator would get now. The last thing that is done to the instance. */
void show_hand_over(struct sight *s);

/* ---- advice (show_advice.c) -------------------------------------------------------------------- */

void show_advise(struct sight *s);

/* ---- printing ---------------------------------------------------------------------------------- */

void show_text(const struct sight *s, bool all);
int show_json(const struct sight *s);

#endif
