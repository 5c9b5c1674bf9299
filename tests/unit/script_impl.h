/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_impl.h - what the parts of the script runner share: script.c runs cases, script_calls.c has
 * the statements that call memblock, script_checks.c those that look at the outcome; script_machine.c
 * has other machines than the one that the cases are written for.
 */
#ifndef TESTS_SCRIPT_IMPL_H
#define TESTS_SCRIPT_IMPL_H

#include "script.h"

#define SCRIPT_WORDS 12
#define SCRIPT_TEXT 16384

/* What happened in a run on another machine, to be compared with another run. */
struct script_record {
	char text[1 << 22];
	size_t used;
	bool otherwise; /* than the case says */
};

/* A run of one case in one configuration. */
struct script {
	struct fixture f;
	const struct script_case *c;
	char statement[512]; /* the current one, for messages */
	unsigned lines_seen, growths_seen;
	size_t sink_seen, leaks_seen, accepts_seen; /* bytes of the fixture's texts */
	uint64_t warns_expected;
	bool is_status; /* the last call gave 0 or an error: 0 need not be mentioned */
	struct script_record *record; /* NULL: what the case says has to be */
	bool failed;
	char why[SCRIPT_TEXT * 2 + 600];
};

struct script_range {
	uint64_t base, size;
	int nid;
	uint32_t flags;
	bool attributes; /* nid or flags were given */
};

/* The case is wrong, or memblock is: the first message is kept. */
void script_wrong(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* It is not as the case says. On another machine that is noted. */
void script_unlike(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void script_expect(struct script *s, const char *what, const char *is, const char *expected);

/* Words of a statement. NULL and nonsense are reported through script_wrong(). */
uint64_t script_number(struct script *s, const char *word);
int script_node(struct script *s, const char *word);
unsigned script_decimal(struct script *s, const char *word);
enum mb_which script_collection(struct script *s, const char *word);
struct script_range script_range(struct script *s, const char *word);
/* @text without blanks around it, and without the quotation marks that protect such blanks. */
char *script_strip(char *text);
char *script_unquote(char *text);

/* One run: a variant, profile and metadata of @machine; prints what is wrong. @record: see there, or NULL. */
bool script_run_case(const struct script_case *c, const struct mb_variant_spec *spec,
		     const struct mb_machine *machine, struct script_record *record);
/* script_run_all() on the machine that MB_TEST_MACHINE says, with the kernel of MB_TEST_KERNEL. */
int script_run_on_machine(const char *group, const struct script_case *cases, size_t count);

/* Is this the real kernel's file rather than one of our stores? */
bool script_is_kernel(const struct script *s);
/* A field of the machine changed half way. */
void script_machine_changed(struct script *s);

/*
 * Run the statement @w (its words, the rest NULL) with @rest, the text behind the first word. Each
 * returns false if the statement is none of its kind.
 *
 * A call's outcome is text in @is: a status ("0", "ENOMEM"), an address, or "" for a call without.
 */
bool script_call(struct script *s, char **w, char *rest, char *is, size_t size);
/* Checks that answer: `is_memory 1000 => 1`. */
bool script_query(struct script *s, char **w, char *is, size_t size);
/* Checks that state: `total M 2000`. */
bool script_state(struct script *s, char **w, char *rest);
/* Checks with a list: `free any 0: 1000-2000`. */
bool script_list(struct script *s, char **w, const char *expected);

#endif
