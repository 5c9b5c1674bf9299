/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callgrind.c - Valgrind's client requests, and the reader of its output (callgrind.h).
 *
 * The output file, as far as it matters (--combine-dumps=yes puts all parts into one):
 *
 *     events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw Bc Bcm Bi Bim
 *     desc: Trigger: Client Request: NAME
 *     summary: 1234 500 ...                   trailing zeroes are left out
 */
#include "counters/callgrind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_START_INSTRUMENTATION (void)0
#define CALLGRIND_STOP_INSTRUMENTATION (void)0
#define CALLGRIND_ZERO_STATS (void)0
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

/* ---- inside ------------------------------------------------------------------------------------ */

bool callgrind_is_running(void)
{
	return RUNNING_ON_VALGRIND;
}

void callgrind_begin(void)
{
	CALLGRIND_START_INSTRUMENTATION;
}

void callgrind_end(void)
{
	CALLGRIND_STOP_INSTRUMENTATION;
}

void callgrind_zero(void)
{
	CALLGRIND_ZERO_STATS;
}

void callgrind_dump(const char *name)
{
	CALLGRIND_DUMP_STATS_AT(name);
}

/* ---- outside ----------------------------------------------------------------------------------- */

static const char *const event_names[CALLGRIND_EVENTS] = { "Ir",   "Dr",   "Dw",   "I1mr", "D1mr",
							   "D1mw", "ILmr", "DLmr", "DLmw", "Bc",
							   "Bcm",  "Bi",   "Bim" };

/* The columns of the file: which event each is, or CALLGRIND_EVENTS. */
struct columns {
	enum callgrind_event event[32];
	unsigned count;
};

static void read_columns(char *text, struct columns *columns)
{
	char *save;

	columns->count = 0;
	for (char *at = strtok_r(text, " \n", &save); at && columns->count < 32;
	     at = strtok_r(NULL, " \n", &save)) {
		unsigned event = 0;

		while (event < CALLGRIND_EVENTS && strcmp(at, event_names[event]))
			event++;
		columns->event[columns->count++] = event;
	}
}

static bool read_summary(const char *text, const struct columns *columns,
			 struct callgrind_part *part)
{
	char *end;

	for (unsigned i = 0;; i++) {
		uint64_t value = strtoull(text, &end, 10);

		if (end == text)
			return !text[strspn(text, " \n")];
		if (i == columns->count)
			return false;
		if (columns->event[i] < CALLGRIND_EVENTS)
			part->events[columns->event[i]] = value;
		text = end;
	}
}

static struct callgrind_part *add_part(struct callgrind_part **parts, size_t count)
{
	struct callgrind_part *more;

	if (count & (count - 1)) /* room for the next power of two */
		return &(*parts)[count];
	more = realloc(*parts, (count ? count * 2 : 1) * sizeof(*more));
	if (!more)
		return NULL;
	*parts = more;
	return &more[count];
}

/* The rest of @line if it begins with @key. */
static char *after(char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) ? NULL : line + n;
}

static int read_parts(FILE *file, struct callgrind_part **parts, size_t *count)
{
	struct columns columns = { .count = 0 };
	char name[sizeof((*parts)->name)] = ""; /* of the part that is being read */
	char *line = NULL, *text;
	size_t size = 0;
	int rc = 0;

	while (!rc && getline(&line, &size, file) > 0) {
		struct callgrind_part *part;

		text = after(line, "events: ");
		if (text)
			read_columns(text, &columns);
		text = after(line, "desc: Trigger: ");
		if (text) {
			text = after(text, "Client Request: ");
			snprintf(name, sizeof(name), "%.*s", text ? (int)strcspn(text, "\n") : 0,
				 text ? text : "");
		}
		/* A part ends with either of them. */
		text = after(line, "summary: ");
		if (!text || !*name)
			continue;
		part = add_part(parts, *count);
		if (!part) {
			rc = -ENOMEM;
			break;
		}
		memset(part, 0, sizeof(*part));
		memcpy(part->name, name, sizeof(name));
		*name = '\0';
		++*count;
		if (!columns.count || !read_summary(text, &columns, part))
			rc = -EBADMSG;
	}
	if (!rc && (*name || ferror(file)))
		rc = -EBADMSG;
	free(line);
	return rc;
}

int callgrind_read(const char *path, struct callgrind_part **parts, size_t *count, char *error,
		   size_t error_size)
{
	FILE *file = fopen(path, "r");
	int rc = file ? 0 : -errno;

	*parts = NULL;
	*count = 0;
	if (file) {
		rc = read_parts(file, parts, count);
		fclose(file);
	}
	if (!rc && !*count)
		rc = -EBADMSG;
	if (!rc)
		return 0;
	snprintf(error, error_size, "%s: %s", path,
		 rc == -EBADMSG ? "no whole output of callgrind" : strerror(-rc));
	free(*parts);
	*parts = NULL;
	*count = 0;
	return rc;
}
