/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_impl.h - between the files that turn the lines of a console log into records, from the lowest
 * up; import.c has the whole of it.
 */
#ifndef MB_IMPORT_IMPL_H
#define MB_IMPORT_IMPL_H

#include <memblock/variant.h>

#include "reconstruct/reconstruct.h"

/* ---- words (import_words.c) -------------------------------------------------------------------- */

/* Words and numbers: each advances *s on success and leaves it alone otherwise. */
bool mb_log_take(const char **s, const char *word);
void mb_log_blanks(const char **s);
bool mb_log_number(const char **s, int base, uint64_t *value);
bool mb_log_hex(const char **s, uint64_t *value); /* with 0x */
bool mb_log_int(const char **s, int32_t *value);
bool mb_log_mem(const char **s, uint64_t *base, uint64_t *size); /* "[mem 0xA-0xE]" */
/* "[0xA-0xE]", E inclusive as printed: base and size, wrapped as the kernel wrapped it. Counts the digits. */
bool mb_log_take_range(struct boot_log *log, const char **s, uint64_t *base, uint64_t *size);

/* ---- forms (import_forms.c) -------------------------------------------------------------------- */

/* How complete a text was, in ascending order. */
enum fit {
	FIT_NONE,            /* not readable */
	FIT_NO_CALLER,       /* ends too early */
	FIT_SOME_CALLER,     /* a word where the caller should be */
	FIT_ADDRESS,         /* the caller's address; a dump's region without flags */
	FIT_CALLER_AND_MORE, /* something follows the caller, or the flags */
	FIT_CALLER,          /* as a kernel prints it */
};

struct op_form {
	const char *name;
	enum { FORM_RANGE, FORM_RESERVE, FORM_REQUEST, FORM_HUGETLB } form;
	enum mb_op_kind op;
	bool old; /* gone since 5.16 or earlier */
};

/* The operation that @text names, and where its arguments start. NULL: none. */
const struct op_form *mb_log_find_form(const char *text, const char **arguments);
/* Its arguments. @r->caller_at points into @arguments. */
enum fit mb_log_parse_op(struct boot_log *log, const struct op_form *form, const char *arguments,
			 struct record *r);
/* "memblock: NAME [array ]is doubled to N at [A-E]"; @rest: what follows. */
bool mb_log_parse_doubled(struct boot_log *log, const char *text, struct record *r,
			  const char **rest);

struct dump_line {
	enum { DUMP_SIZES, DUMP_COUNT, DUMP_REGION } kind;
	enum mb_which which;
	uint64_t count, memory_size, reserved_size;
	struct mb_region region;
};

/* Where the dump's part of a line starts; NULL: it is none of a dump's lines. */
const char *mb_log_find_dump_line(const char *text);
enum fit mb_log_parse_dump_line(struct boot_log *log, const char *text, struct dump_line *line);

/* Is this line a message of its own, and not the rest of a wrapped one? */
bool mb_log_begins_message(const char *text);
/* Nothing above recognised it; does it look like memblock all the same? */
bool mb_log_resembles_memblock(const char *text);
/* "...", "[snip]", "** 12 printk messages dropped **" */
bool mb_log_is_elision(const char *text);

/* ---- lines (import_lines.c) -------------------------------------------------------------------- */

#define LOG_LINE_MAX 4096 /* bytes kept of a line: a command line can be that long */

#define LOG_LINES_MAX (1u << 21) /* with a message: far more than any boot prints */

struct log_line {
	const char *text; /* the message */
	uint32_t number;  /* in the file, from 1 */
	bool stamped;     /* it had a timestamp: it is no rest of the line before */
};

struct log_lines {
	struct log_line *lines;
	size_t count, room, total; /* with a message; of the file */
	char *storage;
	bool quoted_printable; /* a mail as it was sent (RFC 2045) */
	size_t removed;        /* memblock lines that a diff takes away */
	uint32_t first_removed;
	size_t cut, cut_size; /* lines above LOG_LINE_MAX; bytes of the first of them */
	uint32_t first_cut;
};

/* Split a log into cleaned lines. False without memory, or with LOG_LINES_MAX lines and more to come;
 * mb_log_lines_free() either way. */
bool mb_log_split(struct log_lines *file, const char *text, size_t size);
void mb_log_lines_free(struct log_lines *file);
bool mb_log_is_binary(const char *text, size_t size);

/* ---- clues (import_clues.c) -------------------------------------------------------------------- */

/* The size of a page, from a hash table's line. */
void mb_log_page_size(struct boot_log *log, const char *text);
/* A 32-bit processor, from its line. */
void mb_log_processor(struct boot_log *log, const char *text);

/* Symbols that only one architecture has, for a log that lost its first line. */
void mb_log_arch_of_caller(struct boot_log *log, const char *caller);
/* The version, from the second line of an oops, which may go on in the @next one (NULL: it does not). */
void mb_log_version_of_oops(struct boot_log *log, const char *text, const char *next);
/* Where ends are exclusive, take that back. Once, when all lines are read. */
void mb_log_fix_ends(struct boot_log *log);

/* ---- a log on its way to records (import_scan.c) ----------------------------------------------- */

#define OPENING 6 /* memblock lines that show that a boot begins again */

struct scan {
	struct boot_log *log;
	struct log_lines file;
	const struct log_line *lines; /* file.lines */
	size_t count, at;
	bool failed;      /* no memory */
	bool boot_loader; /* U-Boot lists its own ranges, which look like a dump */
	/* The dump being read. */
	bool in_dump;
	struct mb_dump dump;
	uint64_t announced[MB_COLLECTIONS]; /* counts that the dump promised */
	bool counted[MB_COLLECTIONS];       /* whether it did */
	uint32_t room[MB_COLLECTIONS];
	/* Boots. */
	unsigned boots;
	uint32_t boot_line, boot_first_line; /* "Linux version" of this boot, and of the first */
	bool boot_started;                   /* this boot has records already */
	bool earlier_boot;                   /* so had one before it */
	bool pairs;                          /* every line comes twice by now */
	const char *previous;
	size_t opening[OPENING]; /* the first memblock lines of this boot */
	unsigned opening_count;
	uint32_t elision; /* the first line that says that others were left out; 0: none */
};

void scan_add_record(struct scan *s, const struct record *record);
/* Count and warn of a line that cannot be read. @what shows the text: its %.80s. */
void scan_unrecognised(struct scan *s, const struct log_line *line, const char *what);

#define PARTS 4 /* lines that one message was wrapped into, at most */
#define PART_MAX 1024

/* The line @at, if it may be the rest of one before. */
const char *scan_rest(const struct scan *s, size_t at);
/* The line @extra after the current one, if it may be the rest of it. */
const char *scan_continuation(const struct scan *s, size_t extra);
/*
 * Version @way of the current line: joined with @extra following ones, where bit i of @way says that
 * the i-th join has no blank. Mail programs cut at blanks, terminals anywhere. @joined has room for
 * PARTS * (PART_MAX + 1) + 1 bytes.
 */
void scan_join(const struct scan *s, const char *first, size_t extra, unsigned way, char *joined);

/* ---- dumps (import_dump.c) --------------------------------------------------------------------- */

void scan_begin_dump(struct scan *s, uint32_t line);
/* A line of a dump, which may be wrapped as well. @text: the dump's part of the current line. */
void scan_dump_line(struct scan *s, const char *text);
/* Whatever follows, it is none of the dump's: keep it if it is complete. */
void scan_finish_dump(struct scan *s);
void scan_drop_dump(struct scan *s);

/* ---- boots (import_boots.c) -------------------------------------------------------------------- */

/* Another boot, or the same one printed again, begins at @line. False: nothing of it is read. */
bool scan_begin_boot(struct scan *s, const struct log_line *line);
/* Does this line merely repeat the one before? */
bool scan_is_repetition(struct scan *s, const struct log_line *line);
/* The current line is memblock's: does the boot begin once more with it? */
void scan_notice_restart(struct scan *s);
/* Forget what was read of a boot. */
void scan_discard_records(struct scan *s);

/* ---- other lines (import_other.c) -------------------------------------------------------------- */

void scan_other_line(struct scan *s, const struct log_line *line);

#endif
