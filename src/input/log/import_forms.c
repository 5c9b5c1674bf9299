/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_forms.c - what a memblock line may look like, from 3.5 to the newest kernels: the operations,
 * the lines of a dump, and what resembles them without being one.
 *
 *     memblock_reserve: [0x...-0x...] [nid=N] [flags=F | flags 0xF] caller      a range
 *     memblock_alloc_try_nid: N bytes align=0xA nid=N from=0xL max_addr=0xU caller  a request
 *     memblock_alloc_hugetlb: N bytes, nid=N, exact_nid=N caller                the same, 6.17
 *     memblock: reserved [array ]is doubled to N at [0x...-0x...]               a growth
 *     MEMBLOCK configuration: / memory size = / memory.cnt = / memory[0x0] ...  a dump
 *
 * A name may have its blanks or its underscores, as kernels had both. What is in front of a name, or
 * of a line of a dump, is some program's prefix and does not matter.
 *
 * A line that was wrapped is parsed in several versions (alone, joined with the next one, with a
 * blank between or without). So each parser also says how complete the text was (enum fit), and the
 * most complete version is taken.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "input/log/import_impl.h"

/* "symbol+0xoff/0xlen" or a bare address, the last thing on a line: kept as "symbol+0xoff". */
static enum fit take_caller(struct boot_log *log, const char *s, struct record *r)
{
	size_t n, length;

	mb_log_blanks(&s);
	n = strcspn(s, " /");
	if (!n)
		return FIT_NO_CALLER;
	if (!isalpha((unsigned char)*s) && *s != '_' && !mb_record_is_address(s, n))
		return FIT_NO_CALLER;
	r->caller_at = s;
	r->caller_size = n;
	length = strcspn(s, " ");
	(void)log;
	if (!memchr(s, '+', n) || s[n] != '/' || strncmp(s + n, "/0x", 3) || s[length - 1] == 'x')
		return mb_record_is_address(s, n) && !s[length] ? FIT_ADDRESS : FIT_SOME_CALLER;
	return s[length] ? FIT_CALLER_AND_MORE : FIT_CALLER;
}

/* ---- operations -------------------------------------------------------------------------------- */

static const struct op_form op_forms[] = {
	{ "memblock_add", FORM_RANGE, MB_OP_ADD, false },
	{ "memblock_add_node", FORM_RANGE, MB_OP_ADD_NODE, false },
	{ "memblock_remove", FORM_RANGE, MB_OP_REMOVE, false },
	{ "memblock_physmem_add", FORM_RANGE, MB_OP_PHYSMEM_ADD, false },
	{ "memblock_phys_free", FORM_RANGE, MB_OP_FREE, false },
	{ "memblock_free", FORM_RANGE, MB_OP_FREE, true },
	{ "__memblock_free_early", FORM_RANGE, MB_OP_FREE, true },
	{ "memblock_free_early", FORM_RANGE, MB_OP_FREE, true },
	{ "memblock_free_late", FORM_RANGE, MB_OP_FREE_LATE, false },
	{ "__memblock_free_late", FORM_RANGE, MB_OP_FREE_LATE, true },
	{ "memblock_reserve", FORM_RESERVE, MB_OP_RESERVE, false },
	{ "__memblock_reserve", FORM_RESERVE, MB_OP_RESERVE, false },
	{ "memblock_reserve_kern", FORM_RESERVE, MB_OP_RESERVE, false },
	{ "memblock_phys_alloc_range", FORM_REQUEST, MB_OP_PHYS_ALLOC_RANGE, false },
	{ "memblock_alloc_try_nid", FORM_REQUEST, MB_OP_ALLOC, false },
	{ "memblock_alloc_try_nid_nopanic", FORM_REQUEST, MB_OP_ALLOC, true },
	{ "memblock_alloc_try_nid_raw", FORM_REQUEST, MB_OP_ALLOC_RAW, false },
	{ "memblock_alloc_exact_nid_raw", FORM_REQUEST, MB_OP_ALLOC_EXACT, false },
	{ "memblock_virt_alloc_try_nid", FORM_REQUEST, MB_OP_ALLOC, true },
	{ "memblock_virt_alloc_try_nid_nopanic", FORM_REQUEST, MB_OP_ALLOC, true },
	{ "memblock_virt_alloc_try_nid_raw", FORM_REQUEST, MB_OP_ALLOC_RAW, true },
	{ "memblock_alloc_hugetlb", FORM_HUGETLB, MB_OP_ALLOC_HUGETLB, false },
};

/* "[A-E] [nid=N] [flags=F|flags 0xF] caller" */
static enum fit parse_range_form(struct boot_log *log, const char *t, struct record *r)
{
	uint64_t flags;

	mb_log_blanks(&t);
	if (!mb_log_take_range(log, &t, &r->base, &r->size))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (mb_log_take(&t, "nid=") && !mb_log_int(&t, &r->nid))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (mb_log_take(&t, "flags=")) {
		if (!mb_log_number(&t, 16, &flags))
			return FIT_NONE;
		r->flags = (uint32_t)flags;
	} else if (mb_log_take(&t, "flags")) {
		mb_log_blanks(&t);
		mb_log_take(&t, "0x");
		if (!mb_log_number(&t, 16, &flags))
			return FIT_NONE;
		r->flags = (uint32_t)flags;
	}
	return take_caller(log, t, r);
}

/* "N bytes align=0xA [nid=N] from=0xL max_addr=0xU caller" */
static enum fit parse_request_form(struct boot_log *log, const char *t, struct record *r)
{
	mb_log_blanks(&t);
	if (!mb_log_number(&t, 10, &r->size))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (!mb_log_take(&t, "bytes"))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (!mb_log_take(&t, "align=") || !mb_log_hex(&t, &r->align) || (r->align & (r->align - 1)))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (mb_log_take(&t, "nid=") && !mb_log_int(&t, &r->nid))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (!mb_log_take(&t, "from=") || !mb_log_hex(&t, &r->lo))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (!mb_log_take(&t, "max_addr=") || !mb_log_hex(&t, &r->hi))
		return FIT_NONE;
	return take_caller(log, t, r);
}

/* "N bytes, nid=N, exact_nid=N caller" */
static enum fit parse_hugetlb_form(struct boot_log *log, const char *t, struct record *r)
{
	mb_log_blanks(&t);
	if (!mb_log_number(&t, 10, &r->size) || !mb_log_take(&t, " bytes, nid=") ||
	    !mb_log_int(&t, &r->nid) || !mb_log_take(&t, ", exact_nid=") ||
	    !mb_log_number(&t, 10, &r->value))
		return FIT_NONE;
	r->value = r->value != 0;
	r->align = r->size;
	if (r->align & (r->align - 1))
		return FIT_NONE;
	return take_caller(log, t, r);
}

enum fit mb_log_parse_op(struct boot_log *log, const struct op_form *form, const char *arguments,
			 struct record *r)
{
	r->nid = MB_NUMA_NO_NODE;
	r->op = form->op;
	switch (form->form) {
	case FORM_RANGE:
		r->kind = REC_OP;
		return parse_range_form(log, arguments, r);
	case FORM_RESERVE:
		r->kind = REC_RESERVE;
		return parse_range_form(log, arguments, r);
	case FORM_REQUEST:
		r->kind = REC_REQUEST;
		return parse_request_form(log, arguments, r);
	default:
		r->kind = REC_REQUEST;
		return parse_hugetlb_form(log, arguments, r);
	}
}

bool mb_log_parse_doubled(struct boot_log *log, const char *t, struct record *r, const char **rest)
{
	uint64_t entries;

	if (!mb_log_take(&t, "memblock: "))
		return false;
	for (r->which = MB_MEMORY; r->which < MB_COLLECTIONS; r->which++)
		if (mb_log_take(&t, mb_which_name(r->which)))
			break;
	mb_log_take(&t, " array");
	if (r->which == MB_COLLECTIONS || !mb_log_take(&t, " is doubled to ") ||
	    !mb_log_number(&t, 10, &entries) || entries < 2 || entries > 1u << 20 ||
	    !mb_log_take(&t, " at"))
		return false;
	mb_log_blanks(&t);
	if (!mb_log_take_range(log, &t, &r->base, &r->size))
		return false;
	r->kind = REC_DOUBLED;
	r->entries = (uint32_t)entries;
	*rest = t;
	return true;
}

/* Does @name, @n bytes, say @word? A blank may stand for an underscore. */
static bool is_name(const char *name, size_t n, const char *word)
{
	size_t i;

	if (strlen(word) != n)
		return false;
	for (i = 0; i < n; i++)
		if (name[i] != word[i] && !(name[i] == ' ' && word[i] == '_'))
			return false;
	return true;
}

const struct op_form *mb_log_find_form(const char *text, const char **arguments)
{
	const struct op_form *form;
	const char *name, *colon;
	size_t n;

	for (name = strstr(text, "memblock"); name; name = strstr(name + 8, "memblock")) {
		const char *start = name;

		while (start > text && start[-1] == '_')
			start--;
		colon = strchr(start, ':');
		if (!colon)
			return NULL;
		n = (size_t)(colon - start);
		for (form = op_forms; form < op_forms + sizeof(op_forms) / sizeof(op_forms[0]);
		     form++) {
			if (is_name(start, n, form->name)) {
				*arguments = colon + 1;
				return form;
			}
		}
	}
	return NULL;
}

/* ---- dumps ------------------------------------------------------------------------------------- */

/* Is "[0x2]" at @s the index of a region, or cut off before it ends? In prose other things follow. */
static bool is_index(const char *s)
{
	s += strlen("[0x");
	while (isxdigit((unsigned char)*s))
		s++;
	if (*s == ']')
		s++;
	return !*s || *s == ' ' || *s == '[';
}

const char *mb_log_find_dump_line(const char *text)
{
	static const char *const starts[] = { "memory size = ", "memory.cnt",  "memory[0x",
					      "reserved.cnt",   "reserved[0x", "physmem.cnt",
					      "physmem[0x" };
	unsigned i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const char *at = strstr(text, starts[i]), *index;

		if (!at || (at != text && (isalnum((unsigned char)at[-1]) || at[-1] == '_')))
			continue;
		index = strstr(starts[i], "[0x");
		if (!index || is_index(at + (index - starts[i])))
			return at;
	}
	return NULL;
}

/* "NAME[0xI] [A-E], 0xS bytes[ on node N][ flags: 0xF]" after the name. */
static enum fit parse_region(struct boot_log *log, const char *t, struct mb_region *region)
{
	uint64_t index, flags;
	enum fit fit = FIT_NO_CALLER;

	if (!mb_log_take(&t, "[") || !mb_log_hex(&t, &index) || !mb_log_take(&t, "]"))
		return FIT_NONE;
	mb_log_blanks(&t);
	if (!mb_log_take_range(log, &t, &region->base, &region->size))
		return FIT_NONE;
	mb_log_take(&t, ",");
	mb_log_blanks(&t);
	if (mb_log_hex(&t, &region->size)) {
		mb_log_blanks(&t);
		if (mb_log_take(&t, "bytes"))
			fit = FIT_ADDRESS;
	}
	mb_log_blanks(&t);
	if (mb_log_take(&t, "on node")) {
		mb_log_blanks(&t);
		if (!mb_log_int(&t, &region->nid))
			return FIT_NONE;
	}
	mb_log_blanks(&t);
	if (mb_log_take(&t, "flags:")) {
		mb_log_blanks(&t);
		if (!mb_log_hex(&t, &flags))
			return FIT_NONE;
		region->flags = (uint32_t)flags;
		fit = FIT_CALLER_AND_MORE;
	}
	mb_log_blanks(&t);
	if (fit == FIT_ADDRESS && *t)
		return FIT_SOME_CALLER; /* perhaps the first half of a word */
	return fit == FIT_CALLER_AND_MORE && !*t ? FIT_CALLER : fit;
}

enum fit mb_log_parse_dump_line(struct boot_log *log, const char *text, struct dump_line *line)
{
	const char *t = text, *digits;
	ptrdiff_t width;

	*line = (struct dump_line){ .region.nid = MB_NUMA_NO_NODE };
	if (mb_log_take(&t, "memory size = ")) {
		line->kind = DUMP_SIZES;
		mb_log_blanks(&t);
		digits = t;
		if (!mb_log_hex(&t, &line->memory_size))
			return FIT_NONE;
		width = t - digits;
		mb_log_blanks(&t);
		if (!mb_log_take(&t, "reserved size ="))
			return FIT_NONE;
		mb_log_blanks(&t);
		digits = t;
		if (!mb_log_hex(&t, &line->reserved_size))
			return FIT_NONE;
		/* Both are padded to the same width, or neither is. */
		if ((width == 10 || width == 18) && t - digits < width &&
		    line->memory_size >> (4 * (width - 2) - 4) == 0)
			return FIT_NO_CALLER;
		return *t ? FIT_CALLER_AND_MORE : FIT_CALLER;
	}
	for (line->which = MB_MEMORY; line->which < MB_COLLECTIONS; line->which++) {
		t = text;
		if (!mb_log_take(&t, mb_which_name(line->which)))
			continue;
		if (*t == '[') {
			line->kind = DUMP_REGION;
			return parse_region(log, t, &line->region);
		}
		line->kind = DUMP_COUNT;
		if (!mb_log_take(&t, ".cnt"))
			return FIT_NONE;
		mb_log_blanks(&t);
		if (!mb_log_take(&t, "="))
			return FIT_NONE;
		mb_log_blanks(&t);
		if (!mb_log_hex(&t, &line->count))
			return FIT_NONE;
		return *t ? FIT_CALLER_AND_MORE : FIT_CALLER;
	}
	return FIT_NONE;
}

bool mb_log_begins_message(const char *text)
{
	const char *arguments;

	return mb_log_find_form(text, &arguments) || mb_log_find_dump_line(text) ||
	       strstr(text, "MEMBLOCK configuration:") || strstr(text, " is doubled to ");
}

/* ---- what resembles memblock ------------------------------------------------------------------- */

/* "[0x...-0x...]", or its end alone: "...ffff]" with eight digits or more. */
static bool has_range(const char *text)
{
	const char *at;

	for (at = strchr(text, ']'); at; at = strchr(at + 1, ']')) {
		const char *s = at;

		while (s > text && isxdigit((unsigned char)s[-1]))
			s--;
		if (at - s >= 8 && (s == text || (s[-1] != '<' && s[-1] != ' ')) &&
		    !(s > text + 1 && s[-1] == 'x' && s[-2] == '0' && s - 2 > text && s[-3] == '['))
			return true;
	}
	return false;
}

/* "symbol+0xoff/0xlen" at the end */
static bool ends_in_caller(const char *text)
{
	const char *last = strrchr(text, ' '), *plus;

	last = last ? last + 1 : text;
	plus = strstr(last, "+0x");
	return plus && strstr(plus, "/0x");
}

bool mb_log_resembles_memblock(const char *text)
{
	if (strstr(text, "max_addr=0x") || strstr(text, " bytes align=0x"))
		return true;
	if (strstr(text, "[mem 0x"))
		return false;
	return has_range(text) && (strstr(text, "memblock") || ends_in_caller(text));
}

bool mb_log_is_elision(const char *text)
{
	static const char *const words[] = { "snip", "snipped", "cut" };
	static const char frame[] = ".[](){}<>-=_~* ", scissors[] = "-=_~*><8% ";
	size_t n = strlen(text), first = strspn(text, frame);
	unsigned i;

	if (strstr(text, "messages dropped") || strstr(text, "messages suppressed"))
		return true;
	/* "...", "[snip]", "-- cut --" */
	if (first == n)
		return strstr(text, "..");
	while (n > first && strchr(frame, text[n - 1]))
		n--;
	for (i = 0; i < sizeof(words) / sizeof(words[0]) && first; i++)
		if (n - first == strlen(words[i]) && !strncmp(text + first, words[i], n - first))
			return true;
	/* "---8<---", "->%>%>%-" */
	return strspn(text, scissors) == strlen(text) &&
	       (strstr(text, "8<") || strstr(text, ">8") || strstr(text, "%<") ||
		strstr(text, ">%"));
}
