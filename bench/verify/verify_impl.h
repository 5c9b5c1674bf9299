/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_impl.h - random sequences of operations, run side by side on several variants.
 *
 *     verify_guard.c      calls that come back       panics, crashes, endless loops
 *     verify_survive.c    what is not called        what a kernel does not survive
 *     verify_profiles.c   behaving as which kernel  and who takes part
 *     verify_machine.c    on which machine          and where in its address space
 *     verify_argument.c   called with what          ranges that meet, boundaries
 *     verify_generate.c   what to call next         one operation after the other
 *     verify_explain.c    is that known?            differences that the user set aside
 *     verify_compare.c    is it the same?           the reference against all others, every step
 *     verify_run.c        calling it                instances, what each did
 *     verify_shrink.c     why, in few words         the shortest sequence that still differs
 *     cmd_verify.c        the command
 *
 * Each calls only those above it.
 *
 * A lab is one machine with an instance per variant. It is made once per machine and put back to the
 * empty state for each sequence, because making an instance of the kernel's own code is slow.
 *
 * What must be equal (docs/traces.md, "verify"): an instance is *exact* when it has to do what the
 * reference does in everything. With metadata on the host all are. With metadata=self those are that
 * grow like the kernel, from as many slots as the reference; the others put arrays elsewhere, so only
 * their memory and the sense of their answers are looked at. An instance *leaves* a sequence where it
 * may differ from there on: metadata room is its own matter if it has other slots.
 */
#ifndef BENCH_VERIFY_H
#define BENCH_VERIFY_H

#include <memblock/replay.h>

#include "cli/cli.h"
#include "replay/replay_slab.h"

#define VERIFY_PAGES_MAX (1ULL << 24)   /* that a hand-over may have */
#define VERIFY_SKIPS_MAX (1ULL << 16)   /* places that a search for a huge page may pass over */
#define VERIFY_RELEASE_MAX (1ULL << 28) /* bytes that a call may release page by page */

/* What an instance did in a step. */
struct verify_outcome {
	uint64_t value;                    /* as mb_op_run() returns it */
	uint64_t warnings, lines, growths; /* a count and two digests */
	uint64_t told; /* digest of what the page allocator, the leak tracer ... were told */
	/* Zeroed bytes: a digest of ranges and, not in it yet, the last one, which may still grow. */
	uint64_t zeroed, zero_base, zero_end;
	int64_t grown_bytes; /* of reserved, by arrays */
	int signal;          /* 0, or what it crashed by */
	bool panicked;
	bool full; /* a bounded one, at its limit */
};

/* A call of a hook: what it says, and its arguments. */
struct verify_event {
	const char *what;
	uint64_t a, b;
	int c;
};

#define VERIFY_TEXTS 48u /* different ones in a sequence, of either kind */
#define VERIFY_TEXT 96u

#define VERIFY_EVENTS 16 /* of a step that are kept to be printed */

struct verify_instance {
	const struct mb_variant_spec *spec;
	struct verify_lab *lab;
	struct mb *mb;
	void *empty; /* snapshot of the empty state */
	bool kernel, exact;
	uint32_t static_slots[MB_COLLECTIONS];
	bool left;           /* not looked at for the rest of this sequence */
	uint64_t times_full; /* sequences that it left since it was full, while the lab lives */
	bool collided;       /* two of its arrays were put in one place */
	struct verify_outcome did;
	uint64_t reserved_before;
	struct mb_growth arrays[MB_COLLECTIONS]; /* the newest growth of each; size 0: none */
	struct mb_growth grown[4];               /* in this step */
	unsigned grown_count;
	struct verify_event events[VERIFY_EVENTS]; /* the first ones */
	unsigned event_count;                      /* all */
	char panic[160];
	char text[1024]; /* log lines of the step, as far as they fit */
	size_t text_used;
	struct replay_slab slab;
};

/* What can differ, the weakest last. Up to CHECK: what the instances hold may differ from there on, and a caller
 * sees it. */
enum verify_what {
	VERIFY_RETURNS,
	VERIFY_PANIC,
	VERIFY_CRASH,
	VERIFY_REGIONS,
	VERIFY_GROWTH,
	VERIFY_CHECK, /* mb_check() complains */
	VERIFY_WARNINGS,
	VERIFY_LINES,
	VERIFY_TOLD, /* to the hooks */
	VERIFY_ZEROED,
	VERIFY_ANSWERS, /* of walks and queries */
	VERIFY_WHATS,
};

/* A difference that is known: --explained=FILE has a line for each. NULL conditions: whatever they are. */
struct verify_explanation {
	char *text, *kept; /* as the line is, and what the others point into */
	uint32_t line;
	enum mb_op_kind call; /* MB_OP_KINDS: any */
	enum verify_what what;
	const char *profile, *metadata, *variant, *says;
	uint64_t times; /* it applied */
};

struct verify_explained {
	struct verify_explanation *entries;
	unsigned count;
};

struct verify_lab {
	struct verify_lab *next;
	int config; /* the caller's: which machine this is */
	struct mb_machine machine;
	struct verify_instance instances[MB_VARIANTS_MAX];
	int count, reference;
	bool has_kernel, shrinking;
	bool again; /* a sequence is repeated: what is set aside is not counted */
	struct verify_explained *explained; /* the caller's; NULL: nothing is */
	const struct mb_op *op;             /* of the step under way */
	unsigned steps;                     /* of this sequence */
	/* What the reference holds after the step. */
	struct mb_region *regions[MB_COLLECTIONS];
	uint32_t cnt[MB_COLLECTIONS], room[MB_COLLECTIONS];
	uint64_t total[MB_COLLECTIONS];
	/* The difference: between the reference and this instance. */
	int differs;
	enum verify_what kind;    /* of the difference */
	enum verify_what weakest; /* that is looked at; VERIFY_ANSWERS: all */
	bool alone; /* it shows by itself that it is wrong: mb_check(), or the reference crashed */
	char what[1024];
};

enum verify_verdict {
	VERIFY_SAME,
	VERIFY_SKIPPED, /* not called: a kernel does not survive it, or leaves it undefined */
	VERIFY_OVER, /* the same, and nothing can follow: a panic, an array that was given away */
	VERIFY_DIFFERS, /* lab->what says how */
};

/* ---- guarded calls (verify_guard.c) ------------------------------------------------------------ */

/* Catch crashes and endless loops of variants while a step runs. Once per process. */
void verify_catch_signals(void);

/* Call @f(@inst, @ctx); false when it panicked or crashed: inst->did says which. */
bool verify_guarded(struct verify_instance *inst, void (*f)(struct verify_instance *, void *),
		    void *ctx);
/* The panic hook of an instance, which is its context. */
void verify_on_panic(void *ctx, const char *fmt, va_list ap);

/* ---- what a kernel does not survive (verify_survive.c) ----------------------------------------- */

/* May @op be called, given what the reference holds? */
bool verify_survives(const struct verify_lab *lab, const struct mb_op *op);

/* Does the range meet a grown array of the reference? */
bool verify_meets_array(const struct verify_lab *lab, uint64_t base, uint64_t size);

/* Does memory begin where page numbers cannot be rounded up alike? */
bool verify_top_page_is_cut(const struct verify_lab *lab);

/* A digest of a row of numbers, each added to the sum of those before it. */
static inline uint64_t verify_mix(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * 0x9e3779b97f4a7c15ULL;
	return sum ^ sum >> 29;
}

/* Piece @i of what @inst keeps regions of @which in; its size is 0 if it was not taken out of memory. False: no more. */
bool verify_array(const struct verify_instance *inst, unsigned which, unsigned i, uint64_t *base,
		  uint64_t *size);

/* Does [@base, @base + @size) meet one of those? */
bool verify_meets(const struct verify_instance *inst, unsigned which, uint64_t base, uint64_t size);

/* ---- which profiles (verify_profiles.c) -------------------------------------------------------- */

#define VERIFY_PROFILES_MAX (3 + MB_VARIANTS_MAX) /* the known, and mixtures */

struct verify_profiles {
	const struct mb_profile *of[VERIFY_PROFILES_MAX];
	unsigned count;
};

/* 6.1, 6.12 and new. */
struct verify_profiles verify_profiles_known(void);

/* Those in which two of @specs take part (one, if it is alone). Kernels are built for it. 0; or -errno with @error set:
 * not there, not to be built, or one takes part in none of them (-EPROTONOSUPPORT). */
int verify_profiles_choose(const struct mb_variant_spec *specs, int count,
			   struct verify_profiles *profiles, char *error, size_t error_size);

/* --profile=tree: what the user's tree behaves as. 0, or an exit status. */
int verify_profile_of_tree(const struct mb_variant_spec *specs, int count,
			   const struct mb_profile **profile);

/* ---- generating (verify_machine.c, verify_argument.c, verify_generate.c) ----------------------- */

/* What a sequence does most: the columns `tried` of operations.def. */
enum verify_shape {
	VERIFY_MIXED,
	VERIFY_BUILD,
	VERIFY_FULL,
	VERIFY_ALLOCATE,
	VERIFY_ATTRIBUTES,
	VERIFY_LATE,
	VERIFY_SHAPES,
};

struct verify_generator {
	uint64_t random;
	int config; /* of the machine but for profile and metadata */
	struct mb_machine machine;
	enum verify_shape shape;
	unsigned length, step; /* operations, all and made */
	unsigned fill;         /* the first so many build regions */
	uint64_t start, unit;  /* the part of the address space that is used */
	unsigned units, nodes;
	bool resize; /* allow_resize comes first */
	bool debug;
	char texts[2][VERIFY_TEXTS][VERIFY_TEXT]; /* of its operations: parameters, names */
	unsigned text_count[2];
};

/* Begin the sequence of @seed; texts in the operations of the last one are gone. The seed decides which of
 * @profiles (NULL: of the known) it is of, with @metadata -1 that, and with @held NULL all of the machine; else
 * KEY=VALUE,... as traces have them. */
void verify_generator_start(struct verify_generator *g, uint64_t seed,
			    const struct verify_profiles *profiles, int metadata, const char *held);
/* --machine=KEY=VALUE,...: each of them, and together. An exit status, with all said. */
int verify_machine_check(const char *held);
/* Put what passed that into @machine. */
void verify_machine_hold(struct mb_machine *machine, const char *held);
/* Draw the argument that @letter stands for in operations.def. */
void verify_draw(struct verify_generator *g, const struct verify_lab *lab, char letter,
		 struct mb_op *op);
/* The next operation, given what the reference holds. False: the sequence is complete. */
bool verify_generate(struct verify_generator *g, const struct verify_lab *lab, struct mb_op *op);

/* ---- what is known (verify_explain.c) ---------------------------------------------------------- */

/* 0, or -errno with @error set. */
int verify_explained_read(const char *path, struct verify_explained *list,
			  struct mb_text_error *error);
void verify_explained_free(struct verify_explained *list);
/* What was set aside, and what never was: then the explanation is of something else, or past. */
void verify_explained_print(const struct verify_explained *list, const char *path);
/* [{"line": N, "explanation": "free_all: told", "times": N}, ...] */
struct json_t *verify_explained_json(const struct verify_explained *list);
/* Is it known that @inst differs so, which lab->what says? Then it is counted, and @inst leaves the sequence if
 * it may hold other regions. The reference's own faults never are. */
bool verify_set_aside(struct verify_lab *lab, struct verify_instance *inst, enum verify_what what);
const char *verify_what_word(enum verify_what what);

static inline const char *verify_metadata_name(enum mb_metadata metadata)
{
	return metadata == MB_METADATA_HOST ? "host" : "self";
}

/* ---- comparing (verify_compare.c) -------------------------------------------------------------- */

/* After @op ran everywhere: fill the reference's regions, compare the others. False: lab->what. */
bool verify_compare(struct verify_lab *lab, const struct mb_op *op, bool deep);

/* ---- running (verify_run.c) -------------------------------------------------------------------- */

/**
 * verify_lab_new() - an instance of each of @specs on @machine.
 * Return: NULL when one cannot be made; *code is -errno. A variant that does not have the machine's
 * behaviour is left out.
 */
struct verify_lab *verify_lab_new(const struct mb_machine *machine,
				  const struct mb_variant_spec *specs, int count, int *code);
void verify_lab_free(struct verify_lab *lab);

/* Empty all instances. */
void verify_lab_begin(struct verify_lab *lab);
/* One operation on all instances; @deep: all iterations and queries are compared, not only two walks. */
enum verify_verdict verify_step(struct verify_lab *lab, const struct mb_op *op, bool deep);

/* Labs that were used last, the newest first: each of their instances has address space of its own, and machines are many. */
#define VERIFY_LABS_KEPT 40
struct verify_labs {
	struct verify_lab *first;
	const struct mb_variant_spec *specs; /* the caller's */
	int count;                           /* of specs */
	uint64_t full[MB_VARIANTS_MAX]; /* times_full of labs that are gone, of each of specs */
	uint64_t made;                  /* labs */
};

/* The lab of @config and @machine, made if it is not there; it lives until VERIFY_LABS_KEPT others were asked for. */
struct verify_lab *verify_labs_get(struct verify_labs *labs, int config,
				   const struct mb_machine *machine, int *code);
void verify_labs_free(struct verify_labs *labs);

/* How many sequences did the bounded variant @spec leave at its limit? */
uint64_t verify_times_full(const struct verify_labs *labs, const struct mb_variant_spec *spec);

/* ---- shrinking (verify_shrink.c) --------------------------------------------------------------- */

/* The line of an operation, without a result: whose would it be? */
void verify_print_operation(const struct mb_op *op);

/**
 * verify_again() - run a sequence from the beginning.
 * @only: the instance to compare with the reference; -1: all.
 *
 * Return: operations up to the difference, 0 if there is none.
 */
size_t verify_again(struct verify_lab *lab, int only, const struct mb_op *ops, size_t count);

/* Look at nothing that is weaker than the difference found: it may not become another in the end. */
void verify_keep_kind(struct verify_lab *lab, enum verify_what found);

/**
 * verify_shrink() - the shortest sequence found that still differs.
 * @ops, @count: one that does; changed in place.
 * @ms:          how long to try.
 *
 * Only the reference and the instance that differed take part, and what a caller sees remains such a difference.
 * Return: the new count.
 */
size_t verify_shrink(struct verify_lab *lab, struct mb_op *ops, size_t count, unsigned ms);

/* The sequence as a trace with the reference's results and final state; NULL without memory. */
struct mb_trace *verify_trace(struct verify_lab *lab, const struct mb_op *ops, size_t count,
			      const char *source);

#endif
