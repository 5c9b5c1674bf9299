/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_impl.h - memory maps, between the files of this folder.
 *
 *     layout.c           which of them is it?  reads it, and has a boot generated
 *     layout_lines.c     a kernel's log: which lines count
 *     layout_e820.c      "BIOS-e820:" lines
 *     layout_efi.c       "efi: mem" lines
 *     layout_debugfs.c   memblock/memory and memblock/reserved of debugfs
 *     layout_fdt.c       a flattened device tree
 *     layout_words.c     lists, lines, words: what the readers share
 *     layout_boot.c      the boot: as the architecture's setup would describe and use that memory
 */
#ifndef MB_LAYOUT_IMPL_H
#define MB_LAYOUT_IMPL_H

#include <memblock/trace.h>

enum layout_kind { LAYOUT_NONE, LAYOUT_E820, LAYOUT_EFI, LAYOUT_FDT, LAYOUT_DEBUGFS };

#define LAYOUT_RANGES_MAX 65536 /* of one list; machines have dozens to thousands */
#define LAYOUT_FDT_MAX (64u << 20)

struct layout_range {
	uint64_t base, end; /* exclusive */
	int nid;            /* -1: not said */
	uint32_t flags;     /* enum mb_flags */
	uint32_t line;      /* 0: a device tree has none */
	char what[24];      /* as the input calls it */
};

struct layout_list {
	struct layout_range *r;
	size_t n, room;
};

/* A reservation whose place the kernel chooses (reserved-memory with a size only). */
struct layout_dynamic {
	uint64_t size, align, lo, hi;
	bool nomap;
};

#define LAYOUT_DYNAMIC_MAX 64

struct layout {
	const char *path;
	struct mb_text_error *error;
	enum layout_kind kind;
	struct layout_list map;      /* e820: all entries, of any type */
	struct layout_list memory;   /* what a kernel adds */
	struct layout_list reserved; /* what it reserves because the input says so */
	struct layout_list nodes;    /* which node a range is on */
	struct layout_list physmem;  /* debugfs of s390 */
	struct layout_dynamic dynamic[LAYOUT_DYNAMIC_MAX];
	unsigned dynamic_count;
	uint64_t usable_base, usable_size; /* size 0: all of memory */
	const char *kernel;                /* in the input, or NULL */
	size_t kernel_size;
	const struct mb_profile *profile; /* what the input suggests, or NULL */
	bool mirror;                      /* kernelcore=mirror */
	bool movable_node;
	size_t lines;
	uint64_t fdt_bytes; /* the tree itself */
};

/* Append; a range that is empty is left out. 0, -ENOMEM, or -EINVAL with the error set. */
int layout_add(struct layout *l, struct layout_list *list, const struct layout_range *range);
void layout_sort(struct layout_list *list); /* by base, stable where equal */

/* A message about @line with @text. Return: -EINVAL. */
int layout_fail(struct layout *l, uint32_t line, const char *what, const char *text, size_t size,
		const char *remedy);

/* ---- scanning text ----------------------------------------------------------------------------- */

/* A part of a line. */
struct layout_span {
	const char *at, *end;
};

/* The next line of [*at, end), without its end; false: there is none. */
bool layout_line(const char **at, const char *end, struct layout_span *line);
/* Skip up to and including @text. False: it is not there, and nothing is skipped. */
bool layout_after(struct layout_span *s, const char *text);
/* Take @text, or a number in hexadecimal with or without 0x, from the front. */
bool layout_take(struct layout_span *s, const char *text);
bool layout_hex(struct layout_span *s, uint64_t *value);
void layout_blanks(struct layout_span *s);

/* ---- lines of a log ---------------------------------------------------------------------------- */

struct layout_log {
	struct layout *l;
	uint32_t line;
	struct layout_span whole;
	unsigned changes;
	bool e820_only; /* EFI lines only say what boot services use */
};

/* A message about the current line. Return: -EINVAL. */
int layout_bad_line(struct layout_log *t, const char *what);
/* "[mem 0xA-0xB]", end inclusive, or "A - B", end exclusive, perhaps in parentheses later. */
bool layout_take_range(struct layout_span *s, struct layout_range *r);

/* An entry of the map: @s is behind its name. @anew: such a list replaces the one before. */
bool layout_is_e820(struct layout_span *s, bool *anew);
int layout_read_e820(struct layout_log *t, struct layout_span s);
/* "update [mem A-B] FROM ==> TO", "remove [mem A-B] FROM"; @s is behind "e820: ". */
int layout_change_e820(struct layout_log *t, struct layout_span s);
/* The entries of the map that a kernel adds, in its order: sorted. When all lines are read. */
int layout_take_usable(struct layout *l);

/* An entry of an EFI map: @s is behind "efi: memNN:", or at the address of arm64's form. */
bool layout_is_efi(struct layout_span *s);
int layout_read_efi(struct layout_log *t, struct layout_span s);

/* ---- the inputs: 0 or an error ----------------------------------------------------------------- */

/* Does a log have such lines? LAYOUT_NONE: no. */
enum layout_kind layout_log_kind(const char *text, size_t size);
int layout_log_read(struct layout *l, const char *text, size_t size);

bool layout_is_debugfs(const char *text, size_t size);
int layout_debugfs_read(struct layout *l, const char *text, size_t size);

int layout_fdt_read(struct layout *l, const void *data, size_t size);

/* ---- the boot ---------------------------------------------------------------------------------- */

int layout_boot(struct layout *l, struct mb_trace *trace);

#endif
