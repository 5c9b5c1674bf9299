/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variant.h - what a variant is given and what it delivers.
 *
 * A variant is one folder, variants/<name>/, and one line in variants/variants.def. Its C file
 * defines the slot type and a dozen small inline primitives (listed in variant_impl.h and annotated
 * in variants/null/null.c), then includes <memblock/variant_impl.h>, which compiles the heavy steps
 * for it: add range, remove range, attributes, find free, allocate, search, next batch. The result
 * is one table, struct mb_ops. Each variant is compiled four times: in two flag sets, each timed and
 * counted; the code must not know which.
 *
 * Rules for a variant
 *  - Freestanding: no libc beyond memmove, memset, memcpy; no floating point, no SIMD, no recursion,
 *    bounded stack; no malloc. Slots come from the caller: static ones first, larger ones as the
 *    collection grows.
 *  - Links between slots are indices, never pointers: a store is copied with memcpy, storage by storage.
 *    Only a store of segments (store_keeps_storage()) keeps where each begins, in its first one; a copy
 *    is then put back to the same places.
 *  - Same calls, same answers as every other variant.
 */
#ifndef MEMBLOCK_VARIANT_H
#define MEMBLOCK_VARIANT_H

#include <memblock/memblock.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MB_ENOMEM 12      /* ENOMEM; <errno.h> is not freestanding */
#define MB_NIL UINT32_MAX /* no position */
typedef uint32_t mb_pos;  /* a region's place in a store; see variant_impl.h for what changes it */

/* What store_changed() is told of a region: any of these. A base or end moved outwards, or, with the last one,
 * inwards. */
enum { MB_CHANGED_BASE = 1, MB_CHANGED_END = 2, MB_CHANGED_ATTRIBUTES = 4, MB_CHANGED_SMALLER = 8 };

/* A found place in free memory: where, and the reserved regions that it lies between, so that it can be
 * reserved without another search. By value, as it fits two registers. */
struct mb_found {
	uint64_t at;         /* physical address; 0: nothing fits, and the rest means nothing */
	mb_pos below, above; /* positions in reserved; MB_NIL where there is none */
};

/* Regions in order, for loops that do not ask the store for each: the i-th of @n, which is 1 or more, is regions[slots[i]],
 * or regions[i] where there are no slots (NULL). Gone with the next insert, erase, growth, load or clear. */
struct mb_span {
	struct mb_region *regions;
	const uint16_t *slots;
	uint32_t n;
};

/* ---- parameters: NAME[:key=value...] ----------------------------------------------------------- */

enum mb_param_kind {
	MB_PARAM_UINT,    /* a whole number */
	MB_PARAM_RATIO,   /* a number with up to two decimals, kept in hundredths */
	MB_PARAM_CHOICE,  /* one of `choices`, kept as its index */
	MB_PARAM_RELEASE, /* the same, or a kernel's X.Y, kept as X << 16 | Y */
	MB_PARAM_SET, /* some of `choices` but the first and the last, which are for none and for all of them,
			   * joined by '+'; kept as a bit each */
};

struct mb_param {
	const char *name;
	enum mb_param_kind kind;
	uint32_t min, max, preset; /* inclusive; in the unit of the kind */
	const char *choices;       /* MB_PARAM_CHOICE, _RELEASE, _SET: words separated by '|' */
	const char *help;
};

/* Every store begins its table with these two. */
enum { MB_PARAM_INIT, MB_PARAM_GROWTH, MB_PARAM_OWN };
#define MB_PARAMS_MAX 8
#define MB_PARAM_SLOTS                                                                              \
	{                                                                                           \
		"init", MB_PARAM_UINT, 0, 1 << 20, 0, NULL,                                         \
			"static slots of memory and reserved; 0: what the machine says (4 or more)" \
	}
#define MB_PARAM_COMMON                                                                            \
	MB_PARAM_SLOTS,                                                                            \
	{                                                                                          \
		"growth", MB_PARAM_RATIO, 110, 1600, 200, NULL,                                    \
			"slots are multiplied by this when they run out"                           \
	}

/* ---- state ------------------------------------------------------------------------------------- */

enum mb_origin { MB_STATIC, MB_MANAGED, MB_SLAB, MB_HOST };

#define MB_STORE_WORDS 20

/*
 * One sorted collection. `store` is the variant's, the others are the library's. What every operation
 * reads comes first, so that it lies in two cache lines.
 */
struct mb_collection {
	uint32_t cnt;        /* regions in use */
	uint32_t max;        /* slots */
	uint64_t total_size; /* bytes; stale after a trim, as in the kernel */
	void *slots;         /* storage of the store; of one that grows by segments the newest */
	enum mb_which which;
	bool emptied;     /* lost its last region: from then on the dummy of 6.1 has no node */
	bool untidy;      /* neighbours may be alike; until all were looked at for merging */
	bool stale_total; /* a trim or cap left total_size wrong: mb_check() does not compare it */
	uint32_t store[MB_STORE_WORDS]; /* roots, list heads, hints: indices */
	uint64_t slots_pa;              /* physical address of slots, MB_MANAGED only */
	uint64_t slots_bytes;           /* as reserved: page-rounded for MB_MANAGED */
	void *static_slots; /* where it began; origin is MB_STATIC while slots is the same */
	enum mb_origin origin;
};

/* Collections of @m: physmem comes last, and only some machines have it. */
static inline unsigned mb_collections(const struct mb_machine *m)
{
	return m->physmem ? MB_COLLECTIONS : MB_PHYSMEM;
}

/* A piece of a collection's storage, as mb_storage() tells it. */
struct mb_segment {
	void *slots;
	uint64_t pa;    /* MB_MANAGED only */
	uint64_t bytes; /* as reserved: page-rounded for MB_MANAGED */
	size_t used;    /* bytes from slots on that hold state */
	enum mb_origin origin;
};

/* What an operation did, in counted builds. */
struct mb_counts {
	uint64_t regions_visited; /* regions looked at */
	uint64_t bytes_moved; /* metadata moved or copied to keep the store in order, or to grow */
	uint64_t inserts, erases; /* regions that came and went (a merge erases one) */
	uint64_t growths;
};

struct mb_ops;

/* reserve_mem=: named reservations. */
#define MB_NAMED_MAX 8
#define MB_NAME_SIZE 16
struct mb_named {
	uint64_t base, size; /* size 0: released */
	char name[MB_NAME_SIZE];
};

/* An area of the list that mb_add_scratch_area() makes; it ends below the top of the address space. */
struct mb_scratch {
	uint64_t base, size;
};

/* The state comes first and ends before `ops`: a snapshot is these bytes and the used slots. In both halves what every
 * operation reads lies together. */
struct mb {
	struct mb_collection c[MB_COLLECTIONS];
	uint64_t current_limit;
	bool bottom_up;
	bool can_resize;
	bool slab_up;
	bool has_mirror;
	bool scratch_only;
	bool discarded;       /* mb_discard(): nothing is hidden any more */
	bool managed_reset;   /* mb_reset_all_zones_managed_pages() has run */
	bool warned_slab;     /* the once-only warning of allocations after slab */
	uint64_t host_used;   /* bytes of the host arena, metadata=host */
	bool memtest_done;    /* mb_memtest() has tested some memory */
	uint64_t memtest_bad; /* bytes that it reserved */
	bool warned_nid[3];   /* those of 6.1 for MAX_NUMNODES: walks up, walks down, allocations */
	uint32_t named_count;
	struct mb_named named[MB_NAMED_MAX];
	uint32_t scratch_count; /* areas of a kexec handover's list */
	struct mb_scratch scratch[MB_SCRATCH_MAX];

	const struct mb_ops *ops;
	const struct mb_profile *profile;
	uint64_t addr_max; /* highest address: all ones in addr_bits */
	uint64_t page_size;
	uint64_t offset; /* virtual minus physical address */
	uint32_t max_numnodes;
	bool debug;
	bool zeroing;
	struct mb_machine machine;
	struct mb_hooks hooks;
	uint32_t params[MB_PARAMS_MAX];
	uint64_t warnings;
	struct mb_counts counts;
	struct mb_page_sink sink;
};

#define MB_STATE_BYTES offsetof(struct mb, ops)

/* The pfn that the hand-over ends at. Older kernels give pages of highmem away elsewhere. */
static inline uint64_t mb_handover_end(const struct mb *mb)
{
	return mb->machine.highmem && mb->profile->highmem_is_handed_over ? UINT64_MAX :
									    mb->machine.max_low_pfn;
}

/* The text of what a macro stands for: MB_QUOTE(MB_STORE) is "list". */
#define MB_QUOTE_(x) #x
#define MB_QUOTE(x) MB_QUOTE_(x)

#define MB_ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * A walk that goes up and down alike is one body with a constant that says where. It is always inlined, so
 * that each direction has a loop of its own, which does not ask where it goes.
 */
#define EITHER_DIRECTION MB_ALWAYS_INLINE

/*
 * What a boot does once, or never: in a function of its own, and short rather than fast. What is done for every region of
 * a boot is none of these.
 */
#define MB_RARE __attribute__((noinline, cold))

#if MB_COUNTED
#define MB_COUNT(mb, field, n) ((mb)->counts.field += (n))
#else
#define MB_COUNT(mb, field, n) ((void)0)
#endif

/* ---- what a variant delivers ------------------------------------------------------------------- */

/*
 * Whole public calls of a variant that is a memblock of its own (the kernel's file). Where the table
 * exists the public function of the same name does nothing but call its entry, so that what is
 * compared and timed is that code and not ours. An entry is NULL where that kernel lacks the call:
 * the library's code then runs over the steps of struct mb_ops. operations.def has the calls.
 */
struct mb_whole {
#define MB_CALL(name, kernel, type, params, args, where, remarks) type(*name) params;
#include <memblock/operations.def>

	/* mb_mark_*() and mb_clear_*(): one flag. */
	int (*mark)(struct mb *mb, uint64_t base, uint64_t size, uint32_t flag, bool set);
	/* mb_region_memory_*_pfn() and mb_region_reserved_*_pfn(): of the base or the end. */
	uint64_t (*region_pfn)(const struct mb *mb, const struct mb_region *r, enum mb_which which,
			       bool end);

	/* Never NULL: fields of the instance that the library keeps changed (direction, limit, resizing,
	 * debugging, slab, scratch-only, zeroing, max_low_pfn); bring cnt, max, total_size of mb->c up to
	 * date; the state as bytes, for snapshots; the instance goes away. */
	void (*settings)(struct mb *mb);
	void (*refresh)(struct mb *mb);
	size_t (*state_bytes)(struct mb *mb);
	void (*save)(struct mb *mb, void *buf);
	void (*restore)(struct mb *mb, const void *buf);
	void (*leave)(struct mb *mb);
};

/* One build of a variant. Filled by variant_impl.h; only a variant that is no store writes its own. */
struct mb_ops {
	const char *name;
	uint32_t slot_size;            /* bytes of storage per slot, rounded up */
	const struct mb_param *params; /* ends with a NULL name; at most MB_PARAMS_MAX */
	const struct mb_whole *whole;  /* NULL for a store */
	size_t extra_bytes;            /* an instance's bytes besides its slots; 0 for a store */

	/* Bytes of static storage for @max slots. */
	uint64_t (*static_bytes)(uint32_t max);
	/* Make @c empty over @max slots at @slots. */
	void (*init)(struct mb *mb, struct mb_collection *c, void *slots, uint32_t max);
	/* Replace the contents by @n sorted regions; storage of grown arrays stays reserved. @order
	 * (a permutation of 0..n-1, or NULL) is the order of slots that a store with links hands out,
	 * as if the regions had been inserted so. 0 or -ENOMEM. */
	int (*load)(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n,
		    const uint32_t *order);
	/* Replace the contents by exactly these sorted regions, in the slots that there are; neighbours
	 * that are alike stay apart. -ENOMEM if there are too few slots. NULL where `whole` is set. */
	int (*fill)(struct mb *mb, struct mb_collection *c, const struct mb_region *r, uint32_t n);

	int (*add_range)(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			 int nid, uint32_t flags);
	int (*remove_range)(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size);
	/* Set and clear flags, or store a node, on a range. */
	int (*change_flags)(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			    uint32_t set, uint32_t clear);
	int (*change_node)(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			   int nid);
	/* Store @nid in the region that contains @addr, if there is one; no merging. */
	void (*stamp_node)(struct mb *mb, struct mb_collection *c, uint64_t addr, int nid);
	void (*trim)(struct mb *mb, struct mb_collection *c, uint64_t align);
	/* Isolate the range, then drop every region outside it that has none of @spared's flags. */
	int (*keep_range)(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size,
			  uint32_t spared);

	/* The search for free memory, and the search with its fallbacks plus the reservation. */
	uint64_t (*find_free)(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
			      uint64_t end, int nid, uint32_t flags);
	uint64_t (*alloc_range)(struct mb *mb, uint64_t size, uint64_t align, uint64_t start,
				uint64_t end, int nid, bool exact_nid);

	bool (*search)(struct mb *mb, struct mb_collection *c, uint64_t addr,
		       struct mb_region *out);
	bool (*overlaps)(struct mb *mb, struct mb_collection *c, uint64_t base, uint64_t size);
	/* Fill @it->batch from the cursor on (from @it->resume while not placed); sets n, cursor, placed,
	 * and done when nothing is left. */
	void (*next_batch)(struct mb_iter *it);

	size_t (*used_bytes)(struct mb *mb,
			     struct mb_collection *c); /* bytes from slots on to copy */
	/* The pieces of storage, 0 and up; false: there are no more. NULL: there is one, c->slots. */
	bool (*segment)(const struct mb *mb, const struct mb_collection *c, unsigned i,
			struct mb_segment *out);
	const char *(*check)(struct mb *mb, struct mb_collection *c); /* NULL, or what is broken */
};

/* ---- services for variants (src/core/messages.c, release.c, kmem.c) ---------------------------- */

void mb_warn(struct mb *mb, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));
void mb_bug(struct mb *mb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold, noreturn));
void mb_log(struct mb *mb, enum mb_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Old kernels say once per place that MAX_NUMNODES is not the way to ask for any node. */
static inline void mb_deprecated_nid(struct mb *mb, unsigned place)
{
	if (!mb->profile->invalid_nid_is_any && !mb->warned_nid[place]) {
		mb->warned_nid[place] = true;
		mb_warn(mb, "memblock: MAX_NUMNODES selects no node; use NUMA_NO_NODE");
	}
}

/* What a store that never grows logs when it is full: the collection's name, its slots. Hooks know it by this text. */
#define MB_LIMIT_LINE "memblock: %s is full: no more than %u regions fit"

/* Room is wanted but growth was not permitted yet: panics or gives -ENOMEM, as the profile says. */
int mb_cannot_resize(struct mb *mb, struct mb_collection *c) __attribute__((cold));
/* One line that a request for mirrored memory could not be met. */
void mb_warn_mirror(struct mb *mb, uint64_t size) __attribute__((cold));
const char *mb_which_name(enum mb_which which);
/* Lines of memblock=debug that an allocation's reservation and a growth cause. */
void mb_log_allocated(struct mb *mb, uint64_t base, uint64_t size, int nid, uint32_t flags)
	__attribute__((cold));
void mb_log_growth(struct mb *mb, const struct mb_growth *growth, bool old) __attribute__((cold));
void mb_log_doubled(struct mb *mb, enum mb_which which, uint32_t entries, uint64_t pa,
		    uint64_t bytes) __attribute__((cold));
/* May reserved pages be released already? Warns if not. */
bool mb_can_release(struct mb *mb) __attribute__((cold));
/* Every whole page inside [base, end) goes to the page allocator, one by one; how many. */
uint64_t mb_release_pages(struct mb *mb, uint64_t base, uint64_t end) __attribute__((cold));
/* Metadata accesses go through these: in kernel-flag builds they use general registers only. */
#if MB_KMEM
void *mb_kmemmove(void *to, const void *from, size_t n);
void *mb_kmemset(void *to, int byte, size_t n);
#define mb_memmove mb_kmemmove
#define mb_memset mb_kmemset
#else
#define mb_memmove __builtin_memmove
#define mb_memset __builtin_memset
#endif

/* ---- set-up without a host (src/core/setup.c) -------------------------------------------------- */

/* Bytes of static slots that mb_init() wants for this machine, variant and parameters. */
size_t mb_static_bytes(const struct mb_machine *machine, const struct mb_ops *ops,
		       const uint32_t *params);
/* Set @mb up over @slots (zeroed, 8-aligned). Nothing is allocated. 0 or -EINVAL. */
int mb_init(struct mb *mb, const struct mb_machine *machine, const struct mb_hooks *hooks,
	    const struct mb_ops *ops, const uint32_t *params, void *slots);
/* Piece @i of the storage of @c; false: there are no more. A store that moves when it grows has one; one that
 * grows by segments has what it began with and each that was added. */
bool mb_storage(const struct mb *mb, const struct mb_collection *c, unsigned i,
		struct mb_segment *out);
/* ops->load() of @which, see there. */
int mb_load(struct mb *mb, enum mb_which which, const struct mb_region *r, uint32_t n,
	    const uint32_t *order);

/* ---- registry (src/host/registry.c) ------------------------------------------------------------ */

/* A bounded one is a store that fails at a limit. That it does is a result, and no difference; it is not in `all`. */
enum mb_variant_kind { MB_KIND_STORE, MB_KIND_NULL, MB_KIND_KERNEL, MB_KIND_PEER, MB_KIND_BOUNDED };

/* The builds of every variant: the two flag sets, each timed and counted. */
enum mb_build { MB_O2, MB_O2_COUNTED, MB_KFLAGS, MB_KFLAGS_COUNTED, MB_BUILDS };

struct mb_variant {
	const char *name;
	enum mb_variant_kind kind;
	const char *description;
	const struct mb_ops *ops[MB_BUILDS]; /* MB_KIND_KERNEL: NULL, they depend on the machine */
};

/* The parameters that a variant takes; ends with a NULL name. */
const struct mb_param *mb_variant_params(const struct mb_variant *variant);

/* A value of a parameter as it is written. */
void mb_param_text(const struct mb_param *param, uint32_t value, char *text, size_t size);

#define MB_VARIANT_LABEL 512

/* A variant with its parameters, as asked for. */
struct mb_variant_spec {
	const struct mb_variant *variant;
	enum mb_build build;
	uint32_t params[MB_PARAMS_MAX];
	char src[384];  /* MB_KIND_KERNEL: a tree of its own, or "" */
	char name[512]; /* as the user wrote it */
};

/* All variants, in the order of variants.def; *count entries. */
const struct mb_variant *mb_variants(unsigned *count);

/* The @i-th name that stands for another, and in *@name that one; NULL: there are no more. */
const char *mb_variant_alias(unsigned i, const char **name);

/**
 * mb_variant_parse() - NAME[:key=value...] to a specification.
 * @text:  what the user wrote; an alias is resolved.
 * @spec:  filled; build is MB_O2.
 * @error: on failure a sentence with the offending text and what would be right.
 *
 * Return: 0; -EINVAL; -ENOENT when the environment lacks what it needs (the kernel's source).
 */
int mb_variant_parse(const char *text, struct mb_variant_spec *spec, char *error,
		     size_t error_size);

/**
 * mb_variant_list() - a comma-separated list; `all` is every store, without duplicates.
 * @specs: array of @max; filled in the order given.
 *
 * Return: the number of specifications, or an error of mb_variant_parse() with @error set.
 */
int mb_variant_list(const char *text, struct mb_variant_spec *specs, unsigned max, char *error,
		    size_t error_size);

/**
 * mb_variant_ops() - the code of @spec for @machine.
 * @profile: set to the behaviour that it has: the machine's (or the default), but for a kernel its own.
 * @label:   of MB_VARIANT_LABEL bytes, filled with the name for results: the user's, but for a kernel
 *           linux:VERSION-DIGEST, or linux+init=N+STEP:VERSION-DIGEST. May be NULL.
 *
 * A kernel is built and loaded here. Return: 0; -ENOENT, -EINVAL with @error set.
 */
int mb_variant_ops(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		   const struct mb_ops **ops, const struct mb_profile **profile, char *label,
		   char *error, size_t error_size);

/* Is it a kernel's file with steps of ours in it (`linux:with=`)? Then it is no yardstick and no referee. */
bool mb_variant_has_steps(const struct mb_variant_spec *spec);

/* Does its caller, the walker of a handover, reserve with NOINIT at once (step noinit; mb_op_joins())? */
bool mb_variant_joins(const struct mb_variant_spec *spec);

/* The @i-th step, in the order in which they are applied, and in *@text what it does; NULL: there are no more. */
const char *mb_variant_step(unsigned i, const char **text);

/* The file that a kernel's table was loaded from; "" for the tables of other variants. */
const char *mb_variant_file(const struct mb_ops *ops);

/* Is a kernel's label, as mb_variant_ops() gives it, that of a text of mm/memblock.c that was tested? */
bool mb_variant_is_tested(const char *label);

/**
 * mb_variant_lacks() - is @spec an older kernel than it should be, because no newer source is there?
 * @profile: the behaviour that is wanted; NULL: that of no particular kernel.
 *
 * Return: a sentence with what is missing and how to get it; NULL: it is what it should be.
 */
const char *mb_variant_lacks(const struct mb_variant_spec *spec, const struct mb_profile *profile);

/* NULL if every variant's tables are complete; else a sentence naming variant and field. */
const char *mb_variant_check(void);

#ifdef __cplusplus
}
#endif
#endif
