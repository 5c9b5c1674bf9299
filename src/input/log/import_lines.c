/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_lines.c - the lines of a console log, cleaned: what is left is the message that the kernel printed.
 *
 * A line loses escape sequences, control characters (carriage returns, firmware's screen codes),
 * quoting, the log level, timestamps and a syslog prefix:
 *
 *     "\033[2J[    0.000000][    T0] memory.cnt"  "<6>[    0.010840] ..."  "> ..."  "+..."
 *     "[Tue Dec  5 22:32:38 2023] ..."  "Nov 22 10:00:00 host kernel: [    0.000000] ..."
 *
 * A mail as it was sent may be quoted-printable, with "=3D" for "=" and a "=" where a line goes on in the
 * next one; an archive's page has "&gt;" for ">". Both are undone, and a line keeps the number of its first
 * part.
 *
 * Tabs become blanks. Lines without a message are left out; each of the others keeps its number in
 * the file. What a diff removes ("-[ ...", "-memblock ...") is no message.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "input/log/import_impl.h"

/* What HTML writes for the character that @from begins with, and its length there; 0: nothing. */
static size_t take_entity(const char *from, size_t size, char *c)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = {
		{ "&gt;", '>' },   { "&lt;", '<' },   { "&amp;", '&' },
		{ "&quot;", '"' }, { "&#39;", '\'' }, { "&nbsp;", ' ' },
	};
	unsigned i;

	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		size_t n = strlen(entities[i].entity);

		if (n <= size && !memcmp(from, entities[i].entity, n)) {
			*c = entities[i].c;
			return n;
		}
	}
	return 0;
}

/* The end of a line in front of @from, if there is one: its length. What was split off ends without. */
static size_t line_end(const char *from, size_t size)
{
	size_t n = size && *from == '\r';

	if (n < size && from[n] == '\n')
		return n + 1;
	return n == size ? n : 0;
}

/* An upper-case digit, as quoted-printable has them; 16: none. */
static unsigned hex_digit(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') :
	       c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 :
				      16;
}

/*
 * "=3D" and its like at @from, and their length; 0: none. Where nothing follows on its line "=" stands for
 * nothing at all (*c == 0). What a log has of its own accord, as in "mem=20M", is not touched.
 */
static size_t take_quoted(const char *from, size_t size, char *c)
{
	size_t end = line_end(from + 1, size - 1);
	unsigned value;

	*c = '\0';
	if (end || size == 1)
		return 1 + end;
	if (size < 3 || hex_digit(from[1]) > 15 || hex_digit(from[2]) > 15)
		return 0;
	value = hex_digit(from[1]) * 16 + hex_digit(from[2]);
	if (value == ' ' || value == '\t') {
		if (size > 3 && !line_end(from + 3, size - 3))
			return 0;
	} else if (value != '=' && value < 0x80) {
		return 0;
	}
	*c = value == 0xa0 || value == '\t' ? ' ' : (char)value;
	return 3;
}

/* How much of the @n bytes of @text is left without a line break of HTML at its end. */
static size_t without_break(const char *text, size_t n)
{
	static const char *const breaks[] = { "<br>", "<br/>", "<br />" };
	unsigned i;

	for (i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		size_t length = strlen(breaks[i]);

		if (n >= length && !memcmp(text + n - length, breaks[i], length))
			return n - length;
	}
	return n;
}

/* Copy a raw line without escape sequences and control characters. @cut: was it longer than what is
 * kept of a line? Return: bytes written. */
static size_t strip_control(const struct log_lines *file, char *to, const char *from, size_t size,
			    bool *cut)
{
	size_t n = 0, i = 0, taken;

	while (i < size && n < LOG_LINE_MAX) {
		unsigned char c = (unsigned char)from[i++];
		char decoded;

		taken = c == '=' && file->quoted_printable ?
				take_quoted(from + i - 1, size - i + 1, &decoded) :
			c == '&' ? take_entity(from + i - 1, size - i + 1, &decoded) :
				   0;
		if (taken) {
			i += taken - 1;
			c = (unsigned char)decoded;
		}
		if (c == 0x1b && i < size && from[i] == '[') {
			for (i++; i < size && !isalpha((unsigned char)from[i]); i++)
				;
			i += i < size;
		} else if (c == 0x1b) {
			i += i < size;
		} else if (c >= 0x20 && c != 0x7f) {
			to[n++] = (char)c;
		} else if (c == '\t') {
			to[n++] = ' ';
		}
	}
	while (i < size && (unsigned char)from[i] <= ' ')
		i++;
	*cut = i < size;
	while (n && to[n - 1] == ' ')
		n--;
	n = without_break(to, n);
	while (n && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	return n;
}

/* The closing bracket of a timestamp or CPU/thread mark at @s, or NULL. Addresses are none. */
static const char *timestamp_end(const char *s)
{
	const char *end = *s == '[' ? strchr(s, ']') : NULL;

	if (!end || end - s > 40 || !strncmp(s, "[0x", 3) || !strncmp(s, "[mem", 4) || s[1] == '<')
		return NULL;
	return end[1] == '.' || !memcmp(s, "[...", 4) || !memcmp(s, "[snip", 5) ||
			       !memcmp(s, "[cut", 4) || !memcmp(s, "[ ...", 5) ?
		       NULL :
		       end;
}

/* "[    0.000000]" or "[    0.000000@0]": its end, or NULL. */
static const char *seconds_end(const char *s)
{
	if (*s++ != '[')
		return NULL;
	while (*s == ' ')
		s++;
	if (!isdigit((unsigned char)*s))
		return NULL;
	while (isdigit((unsigned char)*s))
		s++;
	if (*s++ != '.' || strspn(s, "0123456789") != 6)
		return NULL;
	s += 6;
	if (*s == '@')
		s += 1 + strspn(s + 1, "0123456789");
	return *s == ']' ? s + 1 : NULL;
}

/* The start of the message behind quoting, level, timestamps and a syslog prefix. */
static const char *strip_prefix(const char *s, bool *stamped)
{
	const char *kernel, *end;

	*stamped = false;
	for (;;) {
		while (*s == ' ' || *s == '>' || *s == '|' || (*s == '+' && s[1] != '0'))
			s++;
		end = timestamp_end(s);
		if (end) {
			s = end + 1;
			*stamped = true;
			continue;
		}
		if (*s == '<' && isdigit((unsigned char)s[1]) && strchr(s, '>') &&
		    strchr(s, '>') - s <= 4) {
			s = strchr(s, '>') + 1;
			*stamped = true;
			continue;
		}
		for (kernel = s; *kernel && kernel - s < 64; kernel++)
			if (!strncmp(kernel, " kernel: ", 9))
				break;
		if (*kernel && kernel - s < 64) {
			s = kernel + 9;
			*stamped = true;
			continue;
		}
		return s;
	}
}

/* Where a second message starts in @line, glued to the first: at a timestamp; NULL: nowhere. */
static const char *glued(const char *line)
{
	const char *s = line + 1;

	while (*line && (s = strchr(s, '['))) {
		if (seconds_end(s))
			return s;
		s++;
	}
	return NULL;
}

static bool add_line(struct log_lines *file, char *line, size_t number)
{
	const char *message;
	bool stamped;

	message = strip_prefix(line, &stamped);
	if (line[0] == '-' && line[1]) {
		message = strip_prefix(line + 1, &stamped);
		if (stamped || mb_log_begins_message(message)) {
			if (!file->removed && mb_log_begins_message(message))
				file->first_removed = (uint32_t)number;
			file->removed += mb_log_begins_message(message);
			return true;
		}
		message = line;
	}
	if (!*message)
		return true;
	if (file->count == LOG_LINES_MAX)
		return false;
	if (file->count == file->room) {
		size_t more = file->room ? file->room * 2 : 1024;
		void *larger = realloc(file->lines, more * sizeof(*file->lines));

		if (!larger)
			return false;
		file->lines = larger;
		file->room = more;
	}
	file->lines[file->count].text = message;
	file->lines[file->count].number = (uint32_t)number;
	file->lines[file->count].stamped = stamped;
	file->count++;
	return true;
}

/* One raw line; its text goes to @to. Return: bytes used there; 0 without memory. */
static size_t split_line(struct log_lines *file, char *to, const char *from, size_t size,
			 size_t number)
{
	const char *next;
	bool stamped, cut;
	size_t n = strip_control(file, to, from, size, &cut), used = n + 1;

	if (cut && !file->cut++) {
		file->first_cut = (uint32_t)number;
		file->cut_size = size;
	}
	while ((next = glued(to))) {
		char *second = to + (next - to);
		const char *message;

		*second = '\0';
		message = strip_prefix(to, &stamped);
		if (!*message || (*to == '-' && !to[1])) {
			*second = '['; /* a prefix, and no message */
			break;
		}
		if (!add_line(file, to, number))
			return 0;
		/* Its text ends where the next one starts: that one moves up by one. */
		memmove(second + 1, second, n - (size_t)(second - to) + 1);
		second[1] = '[';
		second[0] = '\0';
		n -= (size_t)(second - to);
		to = second + 1;
		used++;
	}
	return add_line(file, to, number) ? used : 0;
}

/* Does the line from @at to @newline end in a "="? */
static bool goes_on(const char *at, const char *newline)
{
	newline -= newline > at && newline[-1] == '\r';
	return newline > at && newline[-1] == '=';
}

/*
 * Is this a mail as it was sent? Kernels print "align=0x40" and " = 0x1"; nothing else makes "=3D" of the
 * first character. Where there is none, long lines that end in "=" tell, if there is no other "=" at all.
 */
static bool is_quoted_printable(const char *text, size_t size)
{
	const char *at = text, *end = text + size, *line = text, *newline;
	bool soft_ends = false, others = false;
	char c;

	for (; (at = memchr(at, '=', (size_t)(end - at))); at++) {
		if (end - at >= 5 && !memcmp(at, "=3D", 3) &&
		    (!memcmp(at + 3, "0x", 2) || !memcmp(at + 3, "-1", 2) ||
		     !memcmp(at + 3, " 0", 2) || !memcmp(at + 3, "de", 2)))
			return true;
		while ((newline = memchr(line, '\n', (size_t)(at - line))))
			line = newline + 1;
		others |= !take_quoted(at, (size_t)(end - at), &c);
		soft_ends |= at - line >= 69 && at - line < 76 &&
			     line_end(at + 1, (size_t)(end - at - 1));
	}
	return soft_ends && !others;
}

bool mb_log_split(struct log_lines *file, const char *text, size_t size)
{
	const char *at = text, *end = text + size;
	size_t lines = 1, i, used = 0;

	file->quoted_printable = is_quoted_printable(text, size);

	for (i = 0; i < size; i++)
		lines += text[i] == '\n' || text[i] == '[';
	file->storage = malloc(size + lines + 1);
	if (!file->storage)
		return false;
	for (i = 1; at < end; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t first = i, n;

		while (newline && file->quoted_printable && goes_on(at, newline)) {
			newline = memchr(newline + 1, '\n', (size_t)(end - newline - 1));
			i++;
		}
		n = split_line(file, file->storage + used, at,
			       (size_t)((newline ? newline : end) - at), first);
		if (!n)
			return false;
		used += n;
		at = newline ? newline + 1 : end;
	}
	file->total = i - 1;
	return true;
}

void mb_log_lines_free(struct log_lines *file)
{
	free(file->lines);
	free(file->storage);
}

/* More than one byte in fifty is neither text nor part of an escape sequence. */
bool mb_log_is_binary(const char *text, size_t size)
{
	size_t odd = 0, i;

	for (i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		odd += c < 0x20 && !strchr("\t\n\r\b\f\033", c) ? 1 : c == 0;
	}
	return odd * 50 > size;
}
