/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_line_forms.c - what a line of a memblock=debug log may look like, and what it must become.
 *
 * Four tables. A row of the first is a line as some kernel prints it, with the operations that a trace must
 * have for it, to the letter. A row of the second is a way on which a log reaches us: each is taken by the
 * same log, which must give the same trace as it does untouched. A row of the third is a line of a dump. A
 * row of the fourth is a line that looks like memblock's and is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <memblock/input.h>

#include "traces.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define TEXT_MAX (1 << 16)

/*
 * The operations of @trace as a trace file has them; without @all those only that a line of the log shows,
 * with their callers, but without the numbers of their lines.
 */
static void body_of(const struct mb_trace *trace, bool all, char *body)
{
	struct mb_text_error error = { "" };
	char line[1024];
	bool in_body = false;
	size_t used = 0;
	FILE *file;

	body[0] = '\0';
	if (mb_trace_write(trace, "forms.trace", &error))
		fail_now("%s", error.text);
	file = fopen("forms.trace", "r");
	assert_non_null(file);
	while (file && fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "; @"), *why = strstr(line, "why=");

		if (!in_body) {
			in_body = line[0] == '\n';
			continue;
		}
		if (!all && why && !strstr(line, "=> "))
			continue;
		if (at)
			memmove(at + 2, at + 3 + strspn(at + 3, "0123456789"),
				strlen(at + 3 + strspn(at + 3, "0123456789")) + 1);
		at = strstr(line, " ; \n");
		if (at)
			memcpy(at, "\n", 2);
		at = strstr(line, ";  ");
		if (at)
			memmove(at + 1, at + 2, strlen(at + 2) + 1);
		assert_true(used + strlen(line) < TEXT_MAX);
		used += (size_t)sprintf(body + used, "%s", line);
	}
	if (file)
		fclose(file);
}

/* ---- lines as kernels print them ---------------------------------------------------------------- */

#define ADDED "add 0x0 0x100000000 ; caller=setup+0x1\n"
#define AC(x) " ; caller=" x

static const struct {
	const char *kernel; /* what follows "Linux version"; NULL: the log lacks that line */
	const char *lines, *operations;
} forms[] = {
	/* Ranges, as 6.1 and later print them. */
	{ "6.1.0", "memblock_add: [0x0000000200000000-0x00000002ffffffff] add+0x10/0x20\n",
	  "add 0x200000000 0x100000000" AC("add+0x10") "\n" },
	{ "6.1.0", "memblock_remove: [0x0000000000001000-0x0000000000001fff] cut+0x10/0x20\n",
	  "remove 0x1000 0x1000" AC("cut+0x10") "\n" },
	{ "6.1.0", "memblock_reserve: [0x0000000000001000-0x0000000000001fff] keep+0x10/0x20\n",
	  "reserve 0x1000 0x1000" AC("keep+0x10") "\n" },
	{ "6.1.0", "memblock_phys_free: [0x0000000000001000-0x0000000000001fff] give+0x10/0x20\n",
	  "free 0x1000 0x1000" AC("give+0x10") "\n" },
	{ "6.12.0", "memblock_free_late: [0x0000000000001000-0x0000000000001fff] late+0x10/0x20\n",
	  "free_late 0x1000 0x1000" AC("late+0x10") "\n" },
	{ "6.1.0",
	  "memblock_add_node: [0x0000000200000000-0x00000002ffffffff] nid=2 flags=1 add+0x1/0x2\n",
	  "add_node 0x200000000 0x100000000 2 hotplug" AC("add+0x1") "\n" },
	{ "6.1.0", "memblock_physmem_add: [0x0000000000000000-0x00000000ffffffff] phys+0x1/0x2\n",
	  "physmem_add 0x0 0x100000000" AC("phys+0x1") "\n" },
	/* The newest: node and flags, which are as good as none where they are what is stored anyway. */
	{ "6.17.0",
	  "__memblock_reserve: [0x0000000000001000-0x0000000000001fff] nid=-1 flags=0 keep+0x1/0x2\n",
	  "reserve 0x1000 0x1000" AC("keep+0x1") "\n" },
	{ "6.17.0",
	  "__memblock_reserve: [0x0000000000001000-0x0000000000001fff] nid=-1 flags=20 keep+0x1/0x2\n",
	  "reserve_node 0x1000 0x1000 -1 kern" AC("keep+0x1") "\n" },
	/* Older names. */
	{ "5.4.0", "   memblock_free: [0x0000000000001000-0x0000000000001fff] give+0x1/0x2\n",
	  "free 0x1000 0x1000" AC("give+0x1") "\n" },
	{ "5.15.0", "memblock_free: [0x0000000000001000-0x0000000000001fff] give+0x1/0x2\n",
	  "free 0x1000 0x1000" AC("give+0x1") "\n" },
	{ "4.20.0", "__memblock_free_early: [0x0000000000001000-0x0000000000001fff] give+0x1/0x2\n",
	  "free 0x1000 0x1000" AC("give+0x1") "\n" },
	{ "5.4.0", "memblock_free_early: [0x0000000000001000-0x0000000000001fff] give+0x1/0x2\n",
	  "free 0x1000 0x1000" AC("give+0x1") "\n" },
	{ "5.15.0", "__memblock_free_late: [0x0000000000001000-0x0000000000001fff] late+0x1/0x2\n",
	  "free_late 0x1000 0x1000" AC("late+0x1") "\n" },
	{ "4.9.0", "memblock_reserve: [0x00000000001000-0x00000000001fff] flags 0x0 keep+0x1/0x2\n",
	  "reserve 0x1000 0x1000" AC("keep+0x1") "\n" },
	{ "4.9.0", "memblock_add: [0x00000200000000-0x000002ffffffff] flags 0x0 add+0x1/0x2\n",
	  "add 0x200000000 0x100000000" AC("add+0x1") "\n" },
	{ "6.1.0", "memblock add: [0x0000000200000000-0x00000002ffffffff] add+0x1/0x2\n",
	  "add 0x200000000 0x100000000" AC("add+0x1") "\n" },
	/* Until 3.13 the end of an operation was exclusive; the first rows have no dump to tell. */
	{ "3.10.0", "memblock_reserve: [0x00000000001000-0x00000000002000] keep+0x1/0x2\n",
	  "reserve 0x1000 0x1000" AC("keep+0x1") "\n" },
	{ "3.13.0", "memblock_reserve: [0x00000000001000-0x00000000002000] keep+0x1/0x2\n",
	  "reserve 0x1000 0x1000" AC("keep+0x1") "\n" },
	{ "3.13.0", "   memblock_free: [0x00000000001000-0x00000000002000] give+0x1/0x2\n",
	  "free 0x1000 0x1000" AC("give+0x1") "\n" },
	{ "3.14.0",
	  "memblock_reserve: [0x00000000001000-0x00000000001fff] flags 0x0 keep+0x1/0x2\n",
	  "reserve 0x1000 0x1000" AC("keep+0x1") "\n" },
	/* Ends that wrap below the base, and ranges of nothing. */
	{ "6.1.0", "memblock_remove: [0x0001000000000000-0x0000fffffffffffe] cut+0x1/0x2\n",
	  "remove 0x1000000000000 0xffffffffffffffff" AC("cut+0x1") "\n" },
	{ "6.1.0", "memblock_phys_free: [0x0000000000001000-0x0000000000000fff] give+0x1/0x2\n",
	  "free 0x1000 0x0" AC("give+0x1") "\n" },
	/* Callers: a bare address, a symbol of a module or of a compiler's copy, a short number, none. */
	{ "4.18.0",
	  "memblock_reserve: [0x0000000000001000-0x0000000000001fff] 0xffffffff81000000\n",
	  "reserve 0x1000 0x1000" AC("0xffffffff81000000") "\n" },
	{ "4.18.0",
	  "memblock_reserve: [0x0000000000001000-0x0000000000001fff] keep.constprop.0+0x1/0x2\n",
	  "reserve 0x1000 0x1000" AC("keep.constprop.0+0x1") "\n" },
	{ "4.18.0", "memblock_reserve: [0x0000000000001000-0x0000000000001fff] 0x4\n",
	  "reserve 0x1000 0x1000\n" },
	{ "4.18.0", "memblock_reserve: [0x0000000000001000-0x0000000000001fff]\n",
	  "reserve 0x1000 0x1000\n" },
	/* Requests, and the reserve that answers each. */
	{ "6.1.0",
	  "memblock_phys_alloc_range: 4096 bytes align=0x1000 from=0x0000000000000000 "
	  "max_addr=0x0000000080000000 ask+0x1/0x2\n"
	  "memblock_reserve: [0x000000007ffff000-0x000000007fffffff] memblock_alloc_range_nid+0x1/0x2\n",
	  "phys_alloc_range 4096 0x1000 0x0 0x80000000 => 0x7ffff000" AC("ask+0x1") "\n" },
	{ "6.1.0",
	  "memblock_alloc_try_nid: 4096 bytes align=0x1000 nid=-1 from=0x0000000000000000 "
	  "max_addr=0x0000000000000000 ask+0x1/0x2\n"
	  "memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] memblock_alloc_range_nid+0x1/0x2\n",
	  "alloc 4096 0x1000 0x0 accessible -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "6.1.0",
	  "memblock_alloc_try_nid_raw: 4096 bytes align=0x1000 nid=-1 from=0x0000000001000000 "
	  "max_addr=0x0000000000000000 ask+0x1/0x2\n"
	  "memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] memblock_alloc_range_nid+0x1/0x2\n",
	  "alloc_raw 4096 0x1000 0x1000000 accessible -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "6.1.0",
	  "memblock_alloc_exact_nid_raw: 4096 bytes align=0x1000 nid=-1 from=0x0000000000000000 "
	  "max_addr=0xffffffffffffffff ask+0x1/0x2\n"
	  "memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] memblock_alloc_range_nid+0x1/0x2\n",
	  "alloc_exact 4096 0x1000 0x0 anywhere -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "6.1.0",
	  "memblock_phys_alloc_range: 4096 bytes align=0x1000 from=0x0000000000000000 "
	  "max_addr=0x0000000000000001 ask+0x1/0x2\n"
	  "memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] memblock_alloc_range_nid+0x1/0x2\n",
	  "phys_alloc_range 4096 0x1000 0x0 noleaktrace => 0xfffff000" AC("ask+0x1") "\n" },
	{ "4.20.0",
	  "memblock_alloc_try_nid_nopanic: 4096 bytes align=0x1000 nid=-1 from=0x0000000000000000 "
	  "max_addr=0x0000000000000000 ask+0x1/0x2\n"
	  "memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] memblock_alloc_internal+0x1/0x2\n",
	  "alloc 4096 0x1000 0x0 accessible -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "4.9.0",
	  "memblock_virt_alloc_try_nid: 4096 bytes align=0x1000 nid=-1 from=0x0 max_addr=0x0 "
	  "ask+0x1/0x2\n"
	  "memblock_reserve: [0x000000fffff000-0x000000ffffffff] flags 0x0 "
	  "memblock_virt_alloc_internal+0x1/0x2\n",
	  "alloc 4096 0x1000 0x0 accessible -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "4.9.0",
	  "memblock_virt_alloc_try_nid_nopanic: 4096 bytes align=0x1000 nid=0 from=0x0 max_addr=0x0 0x4\n"
	  "memblock_reserve: [0x000000fffff000-0x000000ffffffff] flags 0x0 "
	  "memblock_virt_alloc_internal+0x1/0x2\n",
	  "alloc 4096 0x1000 0x0 accessible 0 => 0xfffff000\n" },
	{ "4.18.0",
	  "memblock_virt_alloc_try_nid_raw: 4096 bytes align=0x1000 nid=-1 from=0x0 max_addr=0x0 "
	  "ask+0x1/0x2\n"
	  "memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] "
	  "memblock_virt_alloc_internal+0x1/0x2\n",
	  "alloc_raw 4096 0x1000 0x0 accessible -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "6.17.0",
	  "memblock_alloc_try_nid: 4096 bytes align=0x1000 nid=-1 from=0x0000000000000000 "
	  "max_addr=0x0000000000000000 ask+0x1/0x2\n"
	  "__memblock_reserve: [0x00000000fffff000-0x00000000ffffffff] nid=-1 flags=20 "
	  "memblock_alloc_range_nid+0x1/0x2\n",
	  "alloc 4096 0x1000 0x0 accessible -1 => 0xfffff000" AC("ask+0x1") "\n" },
	{ "6.18.0",
	  "memblock_alloc_hugetlb: 2097152 bytes, nid=0, exact_nid=1 huge+0x1/0x2\n"
	  "__memblock_reserve: [0x00000000ffe00000-0x00000000ffffffff] nid=0 flags=a0 "
	  "memblock_alloc_range_nid+0x1/0x2\n",
	  "alloc_hugetlb 2097152 0 1 => 0xffe00000" AC("huge+0x1") "\n" },
	{ "6.18.0",
	  "memblock_alloc_hugetlb: 2097152 bytes, nid=0, exact_nid=2 huge+0x1/0x2\n"
	  "__memblock_reserve: [0x00000000ffe00000-0x00000000ffffffff] nid=0 flags=a0 "
	  "memblock_alloc_range_nid+0x1/0x2\n",
	  "alloc_hugetlb 2097152 0 1 => 0xffe00000" AC("huge+0x1") "\n" },
	/* A request that is larger than all memory failed. */
	{ "6.1.0",
	  "memblock_alloc_try_nid: 8589934592 bytes align=0x1000 nid=-1 from=0x0000000000000000 "
	  "max_addr=0x0000000000000000 ask+0x1/0x2\n"
	  "memblock_reserve: [0x0000000000001000-0x0000000000001fff] keep+0x1/0x2\n",
	  "alloc 8589934592 0x1000 0x0 accessible -1 => failed" AC(
		  "ask+0x1") "\nreserve 0x1000 0x1000" AC("keep+0x1") "\n" },
};

static void every_form_becomes_its_operation(void **state)
{
	static char log[TEXT_MAX], body[TEXT_MAX], expected[TEXT_MAX];
	unsigned i;

	(void)state;
	for (i = 0; i < ROWS(forms); i++) {
		bool narrow = strstr(forms[i].lines, "[0x00000000001000") ||
			      strstr(forms[i].lines, "[0x000000fffff000");
		bool exclusive = strstr(forms[i].lines, "-0x00000000002000]");
		struct mb_trace *trace;

		snprintf(log, sizeof(log),
			 "Linux version %s (x)\nmemblock_add: [0x%0*x-0x%0*llx] setup+0x1/0x2\n%s",
			 forms[i].kernel, narrow ? 14 : 16, 0, narrow ? 14 : 16,
			 exclusive ? 0x100000000ULL : 0xffffffffULL, forms[i].lines);
		snprintf(expected, sizeof(expected), ADDED "%s", forms[i].operations);
		trace = import_log(log);
		body_of(trace, false, body);
		if (strcmp(body, expected))
			fail_now("row %u:\n%smust become\n%sbut became\n%s", i, log, expected,
				 body);
		assert_no_warning(trace, log);
		mb_trace_free(trace);
	}
}

/* ---- ways on which a log reaches us ------------------------------------------------------------- */

/* Every form once, a growth and a dump, on an invented machine of two nodes. */
static const char *const boot[] = {
	"Linux version 6.12.0 (an example)",
	"Command line: memblock=debug console=ttyS0",
	"memblock_reserve: [0x0000000000001000-0x0000000000001fff] keep_this_page+0x10/0x20",
	"memblock_add: [0x0000000000000000-0x000000003fffffff] firmware_says_so+0x73/0xb0",
	"memblock_add_node: [0x0000000040000000-0x000000007fffffff] nid=1 flags=0 node_of_memory+0x1/0x2",
	"MEMBLOCK configuration:",
	" memory size = 0x0000000080000000 reserved size = 0x0000000000001000",
	" memory.cnt  = 0x2",
	" memory[0x0]\t[0x0000000000000000-0x000000003fffffff], 0x0000000040000000 bytes on node 0 flags: 0x0",
	" memory[0x1]\t[0x0000000040000000-0x000000007fffffff], 0x0000000040000000 bytes on node 1 flags: 0x0",
	" reserved.cnt  = 0x1",
	" reserved[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes flags: 0x0",
	"memblock_phys_alloc_range: 4096 bytes align=0x1000 from=0x0000000000000000 max_addr=0x0000000040000000 page_table_of_this+0x5e/0x70",
	"memblock_reserve: [0x000000003ffff000-0x000000003fffffff] memblock_alloc_range_nid+0xdc/0x150",
	"memblock_alloc_try_nid: 73 bytes align=0x40 nid=-1 from=0x0000000000000000 max_addr=0x0000000000000000 table_of_interrupts+0x90/0x150",
	"memblock_reserve: [0x000000007fffff80-0x000000007fffffc8] memblock_alloc_range_nid+0xdc/0x150",
	"memblock_alloc_exact_nid_raw: 2097152 bytes align=0x200000 nid=0 from=0x0000000001000000 max_addr=0x0000000000000000 map_of_memory+0x9f/0x390",
	"memblock_reserve: [0x000000003fc00000-0x000000003fdfffff] memblock_alloc_range_nid+0xdc/0x150",
	"memblock_phys_free: [0x000000003ffff000-0x000000003fffffff] no_longer_needed+0x1/0x2",
	"printk: console [ttyS0] enabled",
};

enum wrapping {
	AS_IT_IS,
	AT_BLANKS, /* as mail programs do, at 72 columns */
	FLOWED,    /* the same, and a blank stays where the line was cut (RFC 3676) */
	ANYWHERE,  /* as terminals do, at 80 columns */
	QUOTABLE,  /* quoted-printable (RFC 2045): soft line ends, =3D for = */
	ESCAPED,   /* HTML */
};

static const struct {
	const char *name, *prefix, *suffix; /* of each line, or of each part of one */
	const char *stamp;                  /* of the first part */
	enum wrapping wrapping;
} media[] = {
	{ "nothing", "", "\n", "", AS_IT_IS },
	{ "printk.time", "", "\n", "[    0.000000] ", AS_IT_IS },
	{ "one blank", "", "\n", "[ 0.000000] ", AS_IT_IS },
	{ "later", "", "\n", "[   12.345678] ", AS_IT_IS },
	{ "PRINTK_CALLER", "", "\n", "[    0.000000][    T0] ", AS_IT_IS },
	{ "caller is a CPU", "", "\n", "[    0.000000][    C0] ", AS_IT_IS },
	{ "a vendor's CPU number", "", "\n", "[    0.000000@0] ", AS_IT_IS },
	{ "dmesg -T", "", "\n", "[Tue Dec  5 22:32:38 2023] ", AS_IT_IS },
	{ "dmesg -r", "", "\n", "<6>[    0.000000] ", AS_IT_IS },
	{ "levels alone", "", "\n", "<6>", AS_IT_IS },
	{ "syslog", "", "\n", "Nov 22 10:00:00 host kernel: ", AS_IT_IS },
	{ "syslog with stamps", "", "\n", "Nov 22 10:00:00 host kernel: [    0.000000] ",
	  AS_IT_IS },
	{ "journalctl -o short-iso", "", "\n", "2023-12-05T22:32:38+0100 host kernel: ", AS_IT_IS },
	{ "carriage returns", "", "\r\n", "[    0.000000] ", AS_IT_IS },
	{ "escape sequences", "\033[0m", "\033[K\n", "[    0.000000] ", AS_IT_IS },
	{ "indented by a tab", "\t", "\n", "[    0.000000] ", AS_IT_IS },
	{ "an empty line after each", "", "\n\n", "[    0.000000] ", AS_IT_IS },
	{ "quoted", "> ", "\n", "[    0.000000] ", AS_IT_IS },
	{ "quoted four times", "> > >> ", "\n", "[    0.000000] ", AS_IT_IS },
	{ "quoted without stamps", "> ", "\n", "", AS_IT_IS },
	{ "quoted by a bar", "| ", "\n", "[    0.000000] ", AS_IT_IS },
	{ "a diff", "+", "\n", "[    0.000000] ", AS_IT_IS },
	{ "wrapped", "", "\n", "[    0.000000] ", AT_BLANKS },
	{ "wrapped without stamps", "", "\n", "", AT_BLANKS },
	{ "quoted and wrapped", "> > ", "\n", "[    0.000000] ", AT_BLANKS },
	{ "wrapped and then quoted unevenly", ">>> ", "\n", "> [    0.000000] ", AT_BLANKS },
	{ "format=flowed", "", "\n", "[    0.000000] ", FLOWED },
	{ "format=flowed without stamps", "", "\n", "", FLOWED },
	{ "a terminal", "", "\n", "[    0.000000] ", ANYWHERE },
	{ "a serial terminal", "", "\r\n", "[    0.000000] ", ANYWHERE },
	{ "quoted-printable", "", "\n", "[    0.000000] ", QUOTABLE },
	{ "quoted-printable with carriage returns", "", "\r\n", "[    0.000000] ", QUOTABLE },
	{ "quoted-printable, quoted", "> > ", "\n", "[    0.000000] ", QUOTABLE },
	{ "quoted-printable without stamps", "", "\n", "", QUOTABLE },
	{ "HTML", "", "<br>\n", "[    0.000000] ", ESCAPED },
	{ "HTML, quoted", "&gt; ", "\n", "[    0.000000] ", ESCAPED },
	{ "HTML, wrapped", "&gt; ", "<br>\n", "[    0.000000] ", AT_BLANKS },
	{ "XHTML, wrapped", "", "<br />\r\n", "[    0.000000] ", AT_BLANKS },
	{ "HTML, levels", "&gt; &gt;", "\n", "&lt;6&gt;[    0.000000] ", ESCAPED },
};

/* Append @line to @log as @medium does. */
static void append(char *log, unsigned medium, const char *line)
{
	enum wrapping wrapping = media[medium].wrapping;
	char whole[1024], *rest = whole, *to = log + strlen(log);
	bool qp = wrapping == QUOTABLE;
	size_t width = wrapping == ANYWHERE ? 80 : 72;

	if (qp) {
		char *w = whole + sprintf(whole, "%s%s", media[medium].prefix, media[medium].stamp);

		for (; *line; line++)
			w += sprintf(w, *line == '=' ? "=3D" : "%c", *line);
		/* A soft line end is no place for half of an escape. */
		for (; strlen(rest) > 75; rest += 73 - (size_t)(w - rest)) {
			w = rest + 73;
			w -= w[-1] == '=' ? 1 : w[-2] == '=' ? 2 : 0;
			to += sprintf(to, "%.*s=%s", (int)(w - rest), rest, media[medium].suffix);
			w = rest + 73 - (w - rest);
		}
		sprintf(to, "%s%s", rest, media[medium].suffix);
		return;
	}
	sprintf(whole, "%s%s", media[medium].stamp, line);
	while (wrapping != AS_IT_IS && wrapping != ESCAPED && strlen(rest) > width) {
		size_t cut = width;

		while (wrapping != ANYWHERE && cut && rest[cut] != ' ')
			cut--;
		if (cut < 10)
			break; /* a word that long stays whole */
		to += sprintf(to, "%s%.*s%s%s", media[medium].prefix, (int)cut, rest,
			      wrapping == FLOWED ? " " : "", media[medium].suffix);
		rest += cut + (wrapping != ANYWHERE);
	}
	sprintf(to, "%s%s%s", media[medium].prefix, rest, media[medium].suffix);
}

static void every_way_leads_to_the_same_trace(void **state)
{
	static char log[TEXT_MAX], body[TEXT_MAX], plain[TEXT_MAX];
	unsigned i, j;

	(void)state;
	for (i = 0; i < ROWS(media); i++) {
		struct mb_trace *trace;

		log[0] = '\0';
		for (j = 0; j < ROWS(boot); j++)
			append(log, i, boot[j]);
		trace = import_log(log);
		body_of(trace, true, body);
		if (!i) {
			memcpy(plain, body, sizeof(plain));
			assert_non_null(strstr(plain, "alloc_exact 2097152"));
			assert_int_equal(trace->account.allocs_as_captured, 3);
			assert_int_equal(trace->account.dumps_matched, 1);
		}
		if (strcmp(body, plain))
			fail_now("by way of %s:\n%sbecame\n%sinstead of\n%s", media[i].name, log,
				 body, plain);
		assert_no_warning(trace, log);
		assert_string_equal(trace->machine.profile->name, "6.12");
		mb_trace_free(trace);
	}
}

/* A log that is wrapped right behind each name does not begin again where the names repeat. */
static void wrapped_names_are_no_new_boot(void **state)
{
	static char log[TEXT_MAX], body[TEXT_MAX];
	struct mb_trace *trace;
	char *to = log + sprintf(log, "[    0.000000] Linux version 6.12.0 (x)\n");
	size_t i, reserves = 0;

	(void)state;
	for (i = 1; i <= 20; i++)
		to += sprintf(to,
			      "[    0.000000] memblock_reserve:\n"
			      "[0x00000000000%02zx000-0x00000000000%02zx7ff]\nkeep+0x1/0x2\n",
			      i, i);
	trace = import_log(log);
	body_of(trace, false, body);
	for (i = 0; i < trace->count; i++)
		reserves += trace->ops[i].kind == MB_OP_RESERVE;
	assert_int_equal(trace->warning_count, 0);
	assert_int_equal(reserves, 20);
	mb_trace_free(trace);
}

/* Lines whose "=" are only those that join them: no "=3D" says that a mail is quoted-printable. */
static void soft_line_ends_alone_are_noticed(void **state)
{
	static char body[TEXT_MAX];
	struct mb_trace *trace = import_log(
		"[    0.000000] memblock_reserve: [0x0000000000001000-0x0000000000001fff] f=\r\n"
		"irst_of_all+0x10/0x20\r\n"
		"[    0.000000] memblock_reserve: [0x0000000000003000-0x0000000000003fff] =\r\n"
		"second+0x10/0x20\r\n"
		"[    0.000000] memblock_reserve: [0x0000000000005000-0x0000000000005fff]=20\r\n"
		"third+0x10/0x20=\r");

	(void)state;
	body_of(trace, false, body);
	assert_string_equal(body, "reserve 0x1000 0x1000 ; caller=first_of_all+0x10\n"
				  "reserve 0x3000 0x1000 ; caller=second+0x10\n"
				  "reserve 0x5000 0x1000 ; caller=third+0x10\n");
	assert_int_equal(trace->unrecognised, 0);
	mb_trace_free(trace);
}

/* ---- lines of a dump ---------------------------------------------------------------------------- */

static const struct {
	const char *line; /* as it stands in the log, perhaps on several lines */
	const char *region;
} regions[] = {
	/* 6.1 and later; 3.5 to 6.0; before 3.13 without flags. */
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes flags: 0x0",
	  "0x1000 0x1000 x none" },
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes on node 12 "
	  "flags: 0x4",
	  "0x1000 0x1000 12 nomap" },
	{ " memory[0x0]\t[0x00000000001000-0x00000000001fff], 0x1000 bytes on node 0 flags: 0x1",
	  "0x1000 0x1000 0 hotplug" },
	{ " memory[0x0]\t[0x00000000001000-0x00000000001fff], 0x1000 bytes on node 0",
	  "0x1000 0x1000 0 none" },
	{ " memory[0x0]\t[0x00000000001000-0x00000000001fff], 0x1000 bytes",
	  "0x1000 0x1000 x none" },
	{ " memory[0x0]\t[0x00001000-0x00001fff], 0x00001000 bytes flags: 0x2",
	  "0x1000 0x1000 x mirror" },
	/* Blanks for the tab, and what people write behind. */
	{ "  memory[0x0]     [0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes flags: "
	  "0x0",
	  "0x1000 0x1000 x none" },
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes flags: 0x4 "
	  "CMA 8M",
	  "0x1000 0x1000 x nomap" },
	{ " memory[0x0]\t[0x00000000001000-0x00000000001fff], 0x1000 bytes <- here",
	  "0x1000 0x1000 x none" },
	/* Wrapped by a mail program. */
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff],\n0x0000000000001000 bytes on node 1 "
	  "flags: 0x4",
	  "0x1000 0x1000 1 nomap" },
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff],\n0x0000000000001000 bytes on node 1 "
	  "flags: 0x4 !!!!here",
	  "0x1000 0x1000 1 nomap" },
	{ " memory[0x0]\n[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes\nflags: 0x4",
	  "0x1000 0x1000 x nomap" },
	/* Cut by a terminal. */
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 by\ntes on node 1 "
	  "flags: 0x4",
	  "0x1000 0x1000 1 nomap" },
	{ " memory[0x0]\t[0x00000000001000-0x00000000001fff], 0x1000 bytes on no\nde 1",
	  "0x1000 0x1000 1 none" },
	{ " memory[0x0]\t[0x00000000001000-0x00000000001fff], 0x1000 bytes on node\n 1",
	  "0x1000 0x1000 1 none" },
	{ " memory[0x0]\t[0x0000000000001000-0x0000000000001fff], 0x0000000000001000 bytes flags:\n 0x4 "
	  "CMA",
	  "0x1000 0x1000 x nomap" },
	{ " memory[0x0]\t[0x000000000000100\n0-0x0000000000001fff], 0x0000000000001000 bytes flags: 0x4",
	  "0x1000 0x1000 x nomap" },
};

static void every_region_is_read(void **state)
{
	static char log[TEXT_MAX], body[TEXT_MAX], expected[256];
	unsigned i;

	(void)state;
	for (i = 0; i < ROWS(regions); i++) {
		struct mb_trace *trace;

		snprintf(log, sizeof(log),
			 "Linux version 6.1.0 (x)\nMEMBLOCK configuration:\n"
			 " memory size = 0x1000 reserved size = 0x0\n memory.cnt  = 0x1\n%s\n"
			 " reserved.cnt  = 0x0\nnothing more\n",
			 regions[i].line);
		snprintf(expected, sizeof(expected), "\n memory %s\nend\n", regions[i].region);
		trace = import_log(log);
		body_of(trace, true, body);
		if (!strstr(body, expected) || trace->unrecognised)
			fail_now("row %u: %s\nbecame\n%s", i, regions[i].line, body);
		mb_trace_free(trace);
	}
}

/* ---- lines that are none of memblock's ---------------------------------------------------------- */

static const struct {
	const char *line, *warning; /* part of what is said about it; NULL: nothing is */
} others[] = {
	{ "BIOS-e820: [mem 0x0000000000100000-0x00000000bffdffff] usable", NULL },
	{ "ACPI: Reserving FACP table memory at [mem 0xbffe1c21-0xbffe1c94]", NULL },
	{ "memblock: bottom-up allocation failed, memory hotunplug may be affected", NULL },
	{ "memblock_find_in_range_node+0x11c/0x1be", NULL },
	{ " [<004285ac>] memblock_reserve+0x11c/0x1be", NULL },
	{ "memblock=debug on the command line", NULL },
	{ "  DMA32    [mem 0x0000000001000000-0x00000000ffffffff]", NULL },
	{ "memblock_reserve: [0x00000040 0000 0000-0x0000003ffffffffe] by_hand+0x1/0x2",
	  "unreadable memblock line" },
	{ "memblock_reserve: [0x0000000000001000-0x00000000000", "unreadable memblock line" },
	{ "memblock_alloc_try_nid: 64 bytes align=0x3 nid=-1 from=0x0 max_addr=0x0 f+0x1/0x2",
	  "unreadable memblock line" },
	{ "memblock_borrow: [0x0000000000001000-0x0000000000001fff] f+0x1/0x2",
	  "looks like memblock, but is none of its lines" },
	{ "see memory[0x2], which is on node 1, and (above) reserved[0x0])", NULL },
	{ "[...]", "lines were left out or lost here" },
	{ "......snip...", "lines were left out or lost here" },
	{ "(snipped)", "lines were left out or lost here" },
	{ "----8<----", "lines were left out or lost here" },
	{ "** 12 printk messages dropped **", "lines were left out or lost here" },
};

static void what_is_not_memblocks_is_left_alone(void **state)
{
	static char log[TEXT_MAX], body[TEXT_MAX];
	unsigned i;

	(void)state;
	for (i = 0; i < ROWS(others); i++) {
		struct mb_trace *trace;

		snprintf(log, sizeof(log),
			 "Linux version 6.1.0 (x)\n"
			 "memblock_add: [0x0000000000000000-0x00000000ffffffff] setup+0x1/0x2\n%s\n"
			 "memblock_reserve: [0x0000000000001000-0x0000000000001fff] keep+0x1/0x2\n",
			 others[i].line);
		trace = import_log(log);
		body_of(trace, false, body);
		assert_string_equal(body, ADDED "reserve 0x1000 0x1000 ; caller=keep+0x1\n");
		if ((trace->warning_count == 1) != (others[i].warning != NULL) ||
		    (others[i].warning && !strstr(trace->warnings[0].text, others[i].warning)))
			fail_now("%s: %zu warnings, first '%s'", others[i].line,
				 trace->warning_count,
				 trace->warning_count ? trace->warnings[0].text : "");
		if (others[i].warning)
			assert_int_equal(trace->warnings[0].line, 3);
		mb_trace_free(trace);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_becomes_its_operation),
		cmocka_unit_test(every_way_leads_to_the_same_trace),
		cmocka_unit_test(wrapped_names_are_no_new_boot),
		cmocka_unit_test(soft_line_ends_alone_are_noticed),
		cmocka_unit_test(every_region_is_read),
		cmocka_unit_test(what_is_not_memblocks_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
