/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_explain.c - differences that the user has explained, and that are set aside by what they are.
 *
 * A file has a line for each (docs/traces.md):
 *
 *     free_all: told profile=6.12 says=reserved pages
 *     *: warnings variant=list
 *
 * the call, what differs, and conditions; `says` is the last, for its text goes on to the end of the line. An
 * instance whose regions may differ from the reference's from there on leaves the sequence.
 */
#include "verify/verify_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

static const char *const words[] = {
	[VERIFY_RETURNS] = "returns",   [VERIFY_PANIC] = "panic",     [VERIFY_CRASH] = "crash",
	[VERIFY_REGIONS] = "regions",   [VERIFY_GROWTH] = "growth",   [VERIFY_CHECK] = "check",
	[VERIFY_WARNINGS] = "warnings", [VERIFY_LINES] = "lines",     [VERIFY_TOLD] = "told",
	[VERIFY_ZEROED] = "zeroed",     [VERIFY_ANSWERS] = "answers",
};

const char *verify_what_word(enum verify_what what)
{
	return words[what];
}

/* ---- does it apply? ---------------------------------------------------------------------------- */

static bool is_value(const char *wanted, const char *have)
{
	return !wanted || !strcmp(wanted, have);
}

static bool applies(const struct verify_explanation *e, const struct verify_lab *lab,
		    const struct verify_instance *inst, enum verify_what what)
{
	if (e->what != what || (e->call != MB_OP_KINDS && e->call != lab->op->kind))
		return false;
	if (e->variant && strcmp(e->variant, inst->spec->name) != 0 &&
	    strcmp(e->variant, inst->spec->variant->name) != 0)
		return false;
	return is_value(e->profile, lab->machine.profile->name) &&
	       is_value(e->metadata, verify_metadata_name(lab->machine.metadata)) &&
	       (!e->says || strstr(lab->what, e->says));
}

bool verify_set_aside(struct verify_lab *lab, struct verify_instance *inst, enum verify_what what)
{
	const struct verify_explained *list = lab->explained;

	if (inst == &lab->instances[lab->reference] || !lab->op)
		return false;
	for (unsigned i = 0; list && i < list->count; i++) {
		if (!applies(&list->entries[i], lab, inst, what))
			continue;
		list->entries[i].times += !lab->again;
		inst->left = inst->left || what <= VERIFY_CHECK;
		return true;
	}
	return false;
}

/* ---- reading ----------------------------------------------------------------------------------- */

struct reading {
	const char *path;
	uint32_t line;
	struct mb_text_error *error;
};

static int refuse(const struct reading *r, const char *what, const char *text, const char *remedy)
{
	return mb_text_fail(r->error, -EINVAL, r->path, r->line, what, text, strlen(text), remedy);
}

/* 6.12, and 6.12+, a mixture that comes after it. */
static bool is_profile(const char *value)
{
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(value, "+"), value);
	return mb_profile_find(name);
}

static bool is_variant(const char *value)
{
	size_t length = strcspn(value, ":");
	unsigned count;
	const struct mb_variant *all = mb_variants(&count);

	for (unsigned i = 0; i < count; i++)
		if (strlen(all[i].name) == length && !memcmp(all[i].name, value, length))
			return true;
	return false;
}

/* Without a value that there is it would never apply. */
static int check_condition(const struct reading *r, const char *key, const char *value)
{
	if (!strcmp(key, "profile") && !is_profile(value))
		return refuse(r, "unknown profile", value, "6.1, 6.12 or new is wanted");
	if (!strcmp(key, "metadata") && strcmp(value, "self") != 0 && strcmp(value, "host") != 0)
		return refuse(r, "unknown metadata", value, "self or host is wanted");
	if (!strcmp(key, "variant") && !is_variant(value))
		return refuse(r, "unknown variant", value,
			      "memblock-bench list has those there are");
	return 0;
}

/* KEY=VALUE, which stays where it is. */
static int read_condition(const struct reading *r, struct verify_explanation *e, char *word)
{
	char *value = strchr(word, '=');
	const struct {
		const char *key;
		const char **field;
	} keys[] = { { "profile", &e->profile },
		     { "metadata", &e->metadata },
		     { "variant", &e->variant },
		     { "says", &e->says } };

	if (!value || !value[1])
		return refuse(r, "not a condition", word, "KEY=VALUE is wanted");
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(word, keys[i].key)) {
			*keys[i].field = value;
			return check_condition(r, word, value);
		}
	}
	return refuse(r, "unknown condition", word, "profile, metadata, variant or says is wanted");
}

/* The words of a line behind its call. */
static int read_rest(const struct reading *r, struct verify_explanation *e, char *at)
{
	bool first = true;

	for (;; first = false) {
		size_t length;
		bool last;
		int code = 0;

		at += strspn(at, " \t");
		if (!*at)
			return first ? refuse(r, "nothing is said to differ", e->text,
					      "CALL: WHAT is wanted") :
				       0;
		length = strncmp(at, "says=", 5) || first ? strcspn(at, " \t") : strlen(at);
		last = !at[length];
		at[length] = '\0';
		if (first) {
			unsigned what = 0;

			while (what < VERIFY_WHATS && strcmp(at, words[what]) != 0)
				what++;
			e->what = what;
			if (what == VERIFY_WHATS)
				code = refuse(
					r, "unknown difference", at,
					"returns, panic, crash, regions, growth, check, warnings, "
					"lines, told, zeroed or answers is wanted");
		} else {
			code = read_condition(r, e, at);
		}
		if (code || last)
			return code;
		at += length + 1;
	}
}

static int read_line(const struct reading *r, struct verify_explanation *e, char *line)
{
	char *colon = strchr(line, ':');

	e->line = r->line;
	e->text = strdup(line);
	if (!e->text)
		return -ENOMEM;
	if (!colon)
		return refuse(r, "no call", line, "CALL: WHAT is wanted");
	*colon = '\0';
	e->call = MB_OP_KINDS;
	if (strcmp(line, "*") != 0)
		e->call = mb_op_find(line, strlen(line));
	if (strcmp(line, "*") != 0 && e->call == MB_OP_KINDS)
		return refuse(r, "unknown call", line,
			      "an operation of traces is wanted (docs/traces.md), or *");
	return read_rest(r, e, colon + 1);
}

static int add_line(const struct reading *r, struct verify_explained *list, char *line)
{
	void *larger = realloc(list->entries, (list->count + 1) * sizeof(*list->entries));

	if (!larger) {
		free(line);
		return -ENOMEM;
	}
	list->entries = larger;
	list->entries[list->count] = (struct verify_explanation){ .kept = line };
	return read_line(r, &list->entries[list->count++], line);
}

int verify_explained_read(const char *path, struct verify_explained *list,
			  struct mb_text_error *error)
{
	struct reading r = { .path = path, .error = error };
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	int code = 0;

	if (!file)
		return mb_text_fail(error, -errno, path, 0, strerror(errno), NULL, 0, NULL);
	while (!code && getline(&line, &room, file) >= 0) {
		char *begin = line + strspn(line, " \t");

		r.line++;
		begin[strcspn(begin, "\r\n")] = '\0';
		if (!*begin || *begin == '#')
			continue;
		begin = strdup(begin);
		code = begin ? add_line(&r, list, begin) : -ENOMEM;
	}
	if (!code && ferror(file))
		code = mb_text_fail(error, -EIO, path, r.line, "cannot be read", NULL, 0, NULL);
	if (code == -ENOMEM)
		mb_text_fail(error, code, path, r.line, "out of memory", NULL, 0, NULL);
	free(line);
	fclose(file);
	return code;
}

void verify_explained_print(const struct verify_explained *list, const char *path)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct verify_explanation *e = &list->entries[i];

		if (e->times)
			printf("set aside %" PRIu64 " times", e->times);
		else
			printf("never applied");
		printf(": %s:%" PRIu32 " %s\n", path, e->line, e->text);
	}
}

json_t *verify_explained_json(const struct verify_explained *list)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < list->count; i++)
		json_array_append_new(array,
				      json_pack("{s:I, s:o, s:I}", "line",
						(json_int_t)list->entries[i].line, "explanation",
						mb_json_text(list->entries[i].text), "times",
						(json_int_t)list->entries[i].times));
	return array;
}

void verify_explained_free(struct verify_explained *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		free(list->entries[i].text);
		free(list->entries[i].kept);
	}
	free(list->entries);
	*list = (struct verify_explained){ 0 };
}
