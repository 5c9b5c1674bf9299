/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synthetic_family.c - reading the definition of a family, and the settings that a user gives it.
 *
 * A definition is read strictly: a key that is not known, a formula that does not compile, a default
 * outside its own range are errors, found when the family is listed and not when a user of its author
 * happens to ask for that phase.
 */
#include "synthetic/synthetic_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "cli/nearest.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static int fail(struct mb_text_error *error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct mb_text_error *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---- the definition ---------------------------------------------------------------------------- */

/* The machine's fields that a family may set: those of the header of a trace. */
static const struct {
	const char *name;
	size_t offset;
	enum { BOOL, UNSIGNED, BYTES } type;
	json_int_t min, max;
} machine_fields[] = {
#define FIELD(name, type, min, max)                                                                \
	{                                                                                          \
#name, offsetof(struct mb_machine, name), type, min, max                           \
	}
	FIELD(page_size, BYTES, 4096, 65536),      FIELD(cache_line, UNSIGNED, 16, 256),
	FIELD(max_numnodes, UNSIGNED, 1, 65536),   FIELD(memory_slots, UNSIGNED, 4, 65536),
	FIELD(reserved_slots, UNSIGNED, 4, 65536), FIELD(movable_node, BOOL, 0, 1),
	FIELD(kernelcore_mirror, BOOL, 0, 1),      FIELD(keep_memblock, BOOL, 0, 1),
};

static int read_machine(struct gen_family *f, json_t *machine, struct mb_text_error *error)
{
	const char *key;
	json_t *value;

	json_object_foreach(machine, key, value)
	{
		json_int_t v = json_integer_value(value);
		char *field = (char *)&f->machine;
		size_t i;

		for (i = 0; i < COUNT_OF(machine_fields); i++)
			if (!strcmp(machine_fields[i].name, key))
				break;
		if (i == COUNT_OF(machine_fields))
			return fail(error, "%s: machine: unknown key '%s'", f->path, key);
		if (!json_is_integer(value) || v < machine_fields[i].min ||
		    v > machine_fields[i].max)
			return fail(error, "%s: machine: '%s' takes a number from %lld to %lld",
				    f->path, key, (long long)machine_fields[i].min,
				    (long long)machine_fields[i].max);
		field += machine_fields[i].offset;
		if (machine_fields[i].type == BOOL)
			*(bool *)field = v;
		else if (machine_fields[i].type == UNSIGNED)
			*(unsigned *)field = (unsigned)v;
		else
			*(uint64_t *)field = (uint64_t)v;
	}
	return 0;
}

static int read_params(struct gen_family *f, json_t *params, struct mb_text_error *error)
{
	bool size = false, seed = false;
	const char *key;
	json_t *value;

	json_object_foreach(params, key, value)
	{
		struct gen_param *p = &f->params[f->param_count];
		json_int_t preset, min, max;
		json_error_t why;

		if (f->param_count == GEN_PARAMS)
			return fail(error, "%s: more than %d parameters", f->path, GEN_PARAMS);
		if (json_unpack_ex(value, &why, JSON_STRICT, "{s:I, s:I, s:I, s:s}", "default",
				   &preset, "min", &min, "max", &max, "about", &p->about))
			return fail(error,
				    "%s: parameter '%s' needs default, min, max and about: %s",
				    f->path, key, why.text);
		if (min > preset || preset > max || min < 0)
			return fail(error, "%s: parameter '%s': the default is outside its range",
				    f->path, key);
		p->name = key;
		p->preset = preset;
		p->min = min;
		p->max = max;
		f->param_count++;
		size |= !strcmp(key, "size");
		seed |= !strcmp(key, "seed");
	}
	if (!size || !seed)
		return fail(error, "%s: every family has the parameters size and seed", f->path);
	return 0;
}

/* Is the file called as the family is? Names are what users ask for. */
static bool is_named_alike(const struct gen_family *f)
{
	const char *slash = strrchr(f->path, '/'), *file = slash ? slash + 1 : f->path;
	size_t length = strlen(f->name);

	return !strncmp(file, f->name, length) && !strcmp(file + length, ".json");
}

static int read_family(struct gen_family *f, struct mb_text_error *error)
{
	const char *profile = "6.12", *metadata = "self";
	json_t *machine = NULL, *params = NULL, *let = NULL, *tables = NULL, *phases = NULL;
	json_error_t why;
	int rc;

	if (json_unpack_ex(f->root, &why, JSON_STRICT,
			   "{s:s, s:s, s:s, s:s, s?s, s?s, s?o, s:o, s?o, s?o, s:o}", "name",
			   &f->name, "title", &f->title, "problem", &f->problem, "source",
			   &f->source, "profile", &profile, "metadata", &metadata, "machine",
			   &machine, "parameters", &params, "let", &let, "tables", &tables,
			   "phases", &phases))
		return fail(error, "%s: %s", f->path, why.text);
	if (!is_named_alike(f))
		return fail(error, "%s: the file of '%s' is called %s.json", f->path, f->name,
			    f->name);
	f->profile = mb_profile_find(profile);
	if (!f->profile)
		return fail(error, "%s: unknown profile '%s'; 6.1, 6.12 or new", f->path, profile);
	f->host = !strcmp(metadata, "host");
	if (!f->host && strcmp(metadata, "self"))
		return fail(error, "%s: unknown metadata '%s'; self or host", f->path, metadata);
	rc = read_machine(f, machine, error);
	return rc ? rc : read_params(f, params, error);
}

int gen_family_load(const char *path, struct gen_family **out, struct mb_text_error *error)
{
	struct gen_family *f = calloc(1, sizeof(*f));
	struct gen_program *program = calloc(1, sizeof(*program));
	struct gen_settings settings;
	json_error_t why;
	int rc = -ENOMEM;

	if (f && program)
		f->path = strdup(path);
	if (!f || !program || !f->path) {
		fail(error, "%s: out of memory", path);
		goto out;
	}
	f->root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (!f->root) {
		rc = fail(error, "%s:%d: %s", path, why.line > 0 ? why.line : 1, why.text);
		goto out;
	}
	rc = read_family(f, error);
	if (rc)
		goto out;
	gen_settings_preset(f, &settings);
	rc = gen_program_make(f, &settings, program, error);
	gen_program_release(program);
out:
	free(program);
	*out = rc ? NULL : f;
	if (rc)
		gen_family_free(f);
	return rc;
}

void gen_family_free(struct gen_family *family)
{
	if (!family)
		return;
	json_decref(family->root);
	free(family->path);
	free(family);
}

int gen_family_find(const char *name, struct gen_family **out, struct mb_text_error *error)
{
	struct nearest nearest = nearest_to(name, strlen(name));
	char known[300] = "";
	struct mb_catalogue families;
	int rc = -ENOENT;

	mb_catalogue_families(&families);
	for (size_t i = 0; i < families.count && rc == -ENOENT; i++)
		if (!strcmp(families.names[i], name))
			rc = gen_family_load(families.paths[i], out, error);
	for (size_t i = 0; i < families.count; i++)
		nearest_offer(&nearest, families.names[i], strlen(families.names[i]));
	for (size_t i = 0; i < families.count; i++)
		if (strlen(known) + strlen(families.names[i]) + 3 < sizeof(known))
			strcat(strcat(known, i ? ", " : ""), families.names[i]);
	if (rc == -ENOENT && families.count)
		fail(error, "unknown family '%.80s'; known are %s%s", name, known,
		     nearest_words(&nearest));
	else if (rc == -ENOENT)
		fail(error, "no families in %.300s", families.tried);
	mb_catalogue_free(&families);
	return rc;
}

/* ---- settings ---------------------------------------------------------------------------------- */

void gen_settings_preset(const struct gen_family *family, struct gen_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (unsigned i = 0; i < family->param_count; i++)
		settings->values[i] = family->params[i].preset;
	settings->profile = family->profile;
}

static int set_profile(const struct gen_family *family, struct gen_settings *settings,
		       const char *value, struct mb_text_error *error)
{
	settings->profile = mb_profile_find(value);
	return settings->profile ? 0 :
				   fail(error, "%s: unknown profile '%s'; 6.1, 6.12 or new",
					family->name, value);
}

static int unknown_key(const struct gen_family *family, const char *key,
		       struct mb_text_error *error)
{
	char known[GEN_PARAMS * (FORMULA_NAME + 2) + 16] = "";

	for (unsigned i = 0; i < family->param_count; i++)
		strcat(strcat(known, family->params[i].name), ", ");
	return fail(error, "%s: unknown parameter '%s'; known are %sprofile", family->name, key,
		    known);
}

int gen_settings_set(const struct gen_family *family, struct gen_settings *settings,
		     const char *text, size_t length, struct mb_text_error *error)
{
	char copy[128], *value, *end;
	long long number;

	if (length >= sizeof(copy))
		return fail(error, "%s: bad parameter '%.100s...'; KEY=VALUE", family->name, text);
	memcpy(copy, text, length);
	copy[length] = '\0';
	value = strchr(copy, '=');
	if (!value)
		return fail(error, "%s: bad parameter '%s'; KEY=VALUE", family->name, copy);
	*value++ = '\0';
	if (!strcmp(copy, "profile"))
		return set_profile(family, settings, value, error);
	for (unsigned i = 0; i < family->param_count; i++) {
		const struct gen_param *p = &family->params[i];

		if (strcmp(p->name, copy))
			continue;
		errno = 0;
		number = strtoll(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || errno || number < p->min ||
		    number > p->max)
			return fail(error, "%s: bad value '%s' for %s; a number from %lld to %lld",
				    family->name, value, p->name, (long long)p->min,
				    (long long)p->max);
		settings->values[i] = number;
		return 0;
	}
	return unknown_key(family, copy, error);
}

/* ---- names of workloads ------------------------------------------------------------------------ */

bool gen_is_name(const char *name)
{
	return !strncmp(name, GEN_PREFIX, strlen(GEN_PREFIX));
}

int gen_load(const char *name, const struct mb_profile *profile, struct mb_trace **out,
	     struct mb_text_error *error)
{
	const char *at = name + strlen(GEN_PREFIX);
	size_t length = strcspn(at, ":");
	struct gen_settings settings;
	struct gen_family *family;
	char copy[64];
	int rc;

	if (length >= sizeof(copy))
		return fail(error, "unknown family '%.60s...'; see 'memblock-bench gen --list'",
			    at);
	memcpy(copy, at, length);
	copy[length] = '\0';
	rc = gen_family_find(copy, &family, error);
	if (rc)
		return rc == -ENOENT ? -EINVAL : rc;
	gen_settings_preset(family, &settings);
	for (at += length; *at && !rc; at += length) {
		at++;
		length = strcspn(at, ":");
		rc = gen_settings_set(family, &settings, at, length, error);
	}
	if (profile)
		settings.profile = profile;
	if (!rc)
		rc = gen_trace(family, &settings, out, NULL, error);
	gen_family_free(family);
	return rc;
}
