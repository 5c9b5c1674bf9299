/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a console log, cleaned: what is left is the message that the kernel printed.
 *
 * A line loses escape sequences, control characters (carriage returns, firmware's screen codes),
 * quoting, the log level, timestamps and a syslog prefix:
 *
 *     "\033[2J[    0.000000][    T0] memory.cnt"  "<6>[    0.010840] ..."  "> ..."  "+..."
 *     "[Tue Dec  5 22:32:38 2023] ..."  "Nov 22 10:00:00 host kernel: [    0.000000] ..."
 *
 * Tabs become blanks. Lines without a message are left out; each of the others keeps its number in
 * the file. What a diff removes ("-[ ...", "-memblock ...") is no message.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "import_impl.h"

/* Copy a raw line without escape sequences and control characters. Return: bytes written. */
static size_t strip_control(char *to, const char *from, size_t size)
{
	size_t n = 0, i = 0;

	while (i < size && n < LOG_LINE_MAX) {
		unsigned char c = (unsigned char)from[i++];

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
	while (n && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	return n;
}

/* The closing bracket of a timestamp or CPU/thread mark at @s, or NULL. Addresses are none. */
static const char *timestamp_end(const char *s)
{
	const char *end = *s == '[' ? strchr(s, ']') : NULL;

	if (!end || end - s > 40 || !strncmp(s, "[0x", 3) || !strncmp(s, "[mem", 4))
		return NULL;
	return end;
}

/* The start of the message behind quoting, level, timestamps and a syslog prefix. */
static const char *strip_prefix(const char *s)
{
	const char *kernel, *end;

	for (;;) {
		while (*s == ' ' || *s == '>' || *s == '+')
			s++;
		end = timestamp_end(s);
		if (end) {
			s = end + 1;
			continue;
		}
		if (*s == '<' && isdigit((unsigned char)s[1]) && strchr(s, '>') &&
		    strchr(s, '>') - s <= 4) {
			s = strchr(s, '>') + 1;
			continue;
		}
		kernel = strstr(s, " kernel: ");
		if (kernel && kernel - s < 64) {
			s = kernel + 9;
			continue;
		}
		return s;
	}
}

bool mb_log_split(struct log_lines *file, const char *text, size_t size)
{
	const char *at = text, *end = text + size;
	size_t lines = 1, i, used = 0;

	for (i = 0; i < size; i++)
		lines += text[i] == '\n';
	file->lines = calloc(lines, sizeof(*file->lines));
	file->storage = malloc(size + lines + 1);
	if (!file->lines || !file->storage)
		return false;
	for (i = 1; at < end; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		char *line = file->storage + used;
		size_t n = strip_control(line, at, (size_t)(stop - at));
		const char *message = strip_prefix(line);

		if (line[0] == '-' && (line[1] == '[' || !strncmp(line + 1, "memblock", 8)))
			message = "";
		if (*message) {
			file->lines[file->count].text = message;
			file->lines[file->count].number = (uint32_t)i;
			file->count++;
		}
		used += n + 1;
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
