/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harness.h - what the tests share: an instance whose hooks record, and regions as text.
 *
 * A struct fixture owns one instance and everything its hooks saw: log lines, WARNs, growths, slab
 * traffic, what a page allocator was given. A panic comes back through setjmp, so a test can expect
 * one:
 *
 *     if (fixture_catch(&f))
 *             ... f.panic is the message, the instance may only be destroyed ...
 *     else
 *             mb_reserve(f.mb, ...);
 *
 * Collections are compared as text, "1000-3000@0 3000-5000/4": bounds in hexadecimal, @node where
 * the stored node is valid, /flags where they are not 0. So an expectation reads like the table it
 * was taken from, and a failure prints both sides alike.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <memblock/variant.h>

#include "config.h"

#define FIXTURE_LINES 256
#define FIXTURE_LINE 160
#define FIXTURE_GROWTHS 64
#define FIXTURE_EVENTS 4096

struct fixture {
	struct mb *mb;
	struct mb_machine machine;
	struct mb_variant_spec spec;

	char lines[FIXTURE_LINES][FIXTURE_LINE]; /* log lines, oldest first */
	enum mb_level levels[FIXTURE_LINES];
	unsigned line_count;
	unsigned warn_count; /* calls of the WARN hook */
	struct mb_growth growths[FIXTURE_GROWTHS];
	unsigned growth_count;
	bool slab_fails;
	bool deferred;    /* page structs are still being set up */
	bool plain_nodes; /* the sink is told 0 for what is no node */
	unsigned slab_allocs, slab_frees;
	void *slab_last;         /* of the last allocation */
	uint64_t slab_last_size; /* has to come back with it */
	unsigned leak_allocs, leak_frees;
	/* What happened, in order, separated by spaces; text beyond the room is dropped. */
	char sink[FIXTURE_EVENTS]; /* reset, 8000-9000@1 (reserved pages), 3:0 (block), +2 (late) */
	char leaks[FIXTURE_EVENTS];   /* +f000-10000 for an allocation, -f000-10000 for a free */
	char accepts[FIXTURE_EVENTS]; /* f000-10000 */

	/* Physical memory as a memory test sees it: one word everywhere, wrong in [bad, bad_end). */
	uint64_t word, bad, bad_end;
	bool preserved; /* a kexec handover left "kept", 2000 bytes at 8000 */

	bool catching;
	jmp_buf caught;
	char panic[FIXTURE_LINE];
};

/* The machine of the worked cases: 64-bit addresses, 16 nodes, pages of 0x1000, cache line 0x20. */
extern const struct mb_machine fixture_machine;

/* Make an instance of @spec with recording hooks and sink. Fails the test if that is impossible. */
void fixture_start(struct fixture *f, const struct mb_machine *machine,
		   const struct mb_variant_spec *spec);
void fixture_stop(struct fixture *f);

/* An mb_line_fn: the text joins the log lines. */
void fixture_line(void *ctx, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* 0 now; 1 when a panic came back. */
#define fixture_catch(f) ((f)->catching = true, setjmp((f)->caught))

/* One line naming what runs: "rbtree:init=8 kflags, metadata=self, profile 6.12". */
const char *fixture_name(const struct fixture *f);

/* mb_variant_parse() that fails the test on an error. */
struct mb_variant_spec spec_of(const char *text, enum mb_build build);

extern const char *const build_names[MB_BUILDS];

/* With sanitizers no build has a kernel's flags: what two builds differ in is who counts, and whose memmove() it is,
 * and two of the four have each. The other two are left out there. */
static inline bool build_is_spared(enum mb_build build)
{
	return MB_SANITIZED && (build == MB_O2_COUNTED || build == MB_KFLAGS);
}

/* The stores under test, one specification each (build MB_O2); returns how many, at most @max. */
unsigned store_specs(struct mb_variant_spec *specs, unsigned max);

/*
 * The kernel's own file as a variant, to be compared with. False where it cannot be had, which is said; in
 * CI that fails the test.
 */
bool kernel_is_there(struct mb_variant_spec *spec);

/*
 * Run @body on every store in both metadata modes, in every build or in every profile. @base: another
 * machine than fixture_machine, or NULL. Each instance must pass mb_check() afterwards.
 */
typedef void fixture_body(struct fixture *f);
enum fixture_slots {
	PRESET_SLOTS,
	FEW = 4, /* static ones */
	MANY = 16,
	FEW_SLOWLY =
		FEW |
		0x100, /* and they become a tenth more with each growth, if the store lets them */
};
void every_build(fixture_body *body, const struct mb_machine *base, enum fixture_slots slots);
void every_profile(fixture_body *body, const struct mb_machine *base, enum fixture_slots slots);

/* The regions of a collection, or what an iteration yields, as text in @buf. */
const char *regions_text(struct mb *mb, enum mb_which which, char *buf, size_t size);
const char *ranges_text(struct mb_iter *it, char *buf, size_t size);

/* Reserve @count ranges of 0x1000, none of which touches another: number i is at 0x1000 + i * 0x2000. */
void fill_reserved(struct mb *mb, unsigned from, unsigned count);

/* A number from 0 to @below - 1; the same ones follow from the same @state in every run. */
uint64_t random_below(uint64_t *state, uint64_t below);

/* The file @name of the source tree (MB_SOURCE_DIR, or the place this was compiled from). */
const char *source_path(const char *name);

#endif
