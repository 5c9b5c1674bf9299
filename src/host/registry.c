/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * registry.c - the variants of variants/variants.def as a table, and NAME[:key=value...] as a choice.
 *
 * Stores, bounded ones and null are compiled four times (enum mb_build), the kernel's file when it is asked for
 * (linux.c); the table is derived from the list, so a variant cannot be registered without code, nor
 * the other way round (a test compares the folders).
 */
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <memblock/variant.h>

#include "host/linux_impl.h"
#include "host/param_impl.h"

/* What a kind contributes: a store, bounded or not, or null its four tables, a kernel none. A peer has two, which stand for those in kernel
 * flags, too; a program may be without (variants.cmake). */
#define DECLARE_store(name)                                                                        \
	extern const struct mb_ops mb_ops_##name##_o2, mb_ops_##name##_o2_counted,                 \
		mb_ops_##name##_kflags, mb_ops_##name##_kflags_counted;
#define DECLARE_null(name) DECLARE_store(name)
#define DECLARE_bounded(name) DECLARE_store(name)
#define DECLARE_kernel(name)
#define DECLARE_peer(name)                                                                         \
	extern const struct mb_ops mb_ops_##name##_o2 __attribute__((weak)),                       \
		mb_ops_##name##_o2_counted __attribute__((weak));
#define TABLES_store(name)                                                                         \
	{                                                                                          \
		[MB_O2] = &mb_ops_##name##_o2, [MB_O2_COUNTED] = &mb_ops_##name##_o2_counted,      \
		[MB_KFLAGS] = &mb_ops_##name##_kflags,                                             \
		[MB_KFLAGS_COUNTED] = &mb_ops_##name##_kflags_counted                              \
	}
#define TABLES_null(name) TABLES_store(name)
#define TABLES_bounded(name) TABLES_store(name)
#define TABLES_peer(name)                                                                          \
	{                                                                                          \
		[MB_O2] = &mb_ops_##name##_o2, [MB_O2_COUNTED] = &mb_ops_##name##_o2_counted,      \
		[MB_KFLAGS] = &mb_ops_##name##_o2,                                                 \
		[MB_KFLAGS_COUNTED] = &mb_ops_##name##_o2_counted                                  \
	}
#define TABLES_kernel(name)                                                                        \
	{                                                                                          \
		NULL                                                                               \
	}

#define MB_VARIANT(name, kind, text) DECLARE_##kind(name)
#define MB_ALIAS(alias, name)
#define MB_NEEDS(name, package)
#include "variants/variants.def"
#undef MB_VARIANT
#undef MB_ALIAS
#undef MB_NEEDS

enum {
	kind_store = MB_KIND_STORE,
	kind_null = MB_KIND_NULL,
	kind_kernel = MB_KIND_KERNEL,
	kind_peer = MB_KIND_PEER,
	kind_bounded = MB_KIND_BOUNDED
};

static const struct mb_variant variants[] = {
#define MB_VARIANT(name, kind, text)                                                               \
	{ #name, (enum mb_variant_kind)kind_##kind, text, TABLES_##kind(name) },
#define MB_ALIAS(alias, name)
#define MB_NEEDS(name, package)
#include "variants/variants.def"
#undef MB_VARIANT
#undef MB_ALIAS
#undef MB_NEEDS
};

static const struct {
	const char *alias, *name;
} aliases[] = {
#define MB_VARIANT(name, kind, text)
#define MB_ALIAS(alias, name) { #alias, #name },
#define MB_NEEDS(name, package)
#include "variants/variants.def"
#undef MB_VARIANT
#undef MB_ALIAS
#undef MB_NEEDS
};

static const struct {
	const char *peer, *package;
} needs[] = {
#define MB_VARIANT(name, kind, text)
#define MB_ALIAS(alias, name)
#define MB_NEEDS(name, package) { #name, package },
#include "variants/variants.def"
#undef MB_VARIANT
#undef MB_ALIAS
#undef MB_NEEDS
};

const char *mb_variant_alias(unsigned i, const char **name)
{
	if (i >= sizeof(aliases) / sizeof(aliases[0]))
		return NULL;
	*name = aliases[i].name;
	return aliases[i].alias;
}

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

const struct mb_variant *mb_variants(unsigned *count)
{
	*count = VARIANTS;
	return variants;
}

const struct mb_param *mb_variant_params(const struct mb_variant *variant)
{
	static const struct mb_param none = { .name = NULL };

	if (variant->kind == MB_KIND_PEER)
		return &none;
	return variant->kind == MB_KIND_KERNEL ? mb_linux_params : variant->ops[MB_O2]->params;
}

int mb_variant_ops(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		   const struct mb_ops **ops, const struct mb_profile **profile, char *label,
		   char *error, size_t error_size)
{
	if (spec->variant->kind == MB_KIND_KERNEL)
		return mb_linux_ops(spec, machine, ops, profile, label, error, error_size);
	*ops = spec->variant->ops[spec->build];
	*profile = machine && machine->profile ? machine->profile : mb_profile_find("6.12");
	if (label)
		snprintf(label, MB_VARIANT_LABEL, "%s", spec->name);
	return 0;
}

bool mb_variant_has_steps(const struct mb_variant_spec *spec)
{
	return spec->variant->kind == MB_KIND_KERNEL && spec->params[MB_LINUX_WITH];
}

bool mb_variant_joins(const struct mb_variant_spec *spec)
{
	return mb_variant_has_steps(spec) &&
	       (spec->params[MB_LINUX_WITH] & 1u << MB_LINUX_STEP_noinit) != 0;
}

const char *mb_variant_step(unsigned i, const char **text)
{
	static const struct {
		const char *name, *text;
	} steps[] = {
#define MB_STEP(name, text) { #name, text },
#include "variants/linux/steps/steps.def"
#undef MB_STEP
	};

	if (i >= sizeof(steps) / sizeof(steps[0]))
		return NULL;
	*text = steps[i].text;
	return steps[i].name;
}

const char *mb_variant_file(const struct mb_ops *ops)
{
	return mb_linux_file(ops);
}

/* Texts of mm/memblock.c and its header that were tested: 6.1.192, 6.12.117, 7.3.4. */
static const char *const tested[] = { "8ab892e1", "8d6f3a0f", "2d5870fe" };

bool mb_variant_is_tested(const char *label)
{
	const char *digest = strchr(label, '-');
	bool is_tested = false;

	for (size_t i = 0; i < sizeof(tested) / sizeof(tested[0]) && digest; i++)
		is_tested |= !strncmp(digest + 1, tested[i], strlen(tested[i]));
	return is_tested;
}

const char *mb_variant_lacks(const struct mb_variant_spec *spec, const struct mb_profile *profile)
{
	return spec->variant->kind == MB_KIND_KERNEL ? mb_linux_lacks(spec, profile) : NULL;
}

static const struct mb_variant *find_variant(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strlen(aliases[i].alias) == len && !memcmp(aliases[i].alias, name, len)) {
			name = aliases[i].name;
			len = strlen(name);
			break;
		}
	}
	for (size_t i = 0; i < VARIANTS; i++) {
		if (strlen(variants[i].name) == len && !memcmp(variants[i].name, name, len))
			return &variants[i];
	}
	return NULL;
}

static void append_names(char *text, size_t size)
{
	for (size_t i = 0; i < VARIANTS; i++)
		snprintf(text + strlen(text), size - strlen(text), "%s%s", i ? ", " : "",
			 variants[i].name);
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		snprintf(text + strlen(text), size - strlen(text), ", %s", aliases[i].alias);
}

/* A peer is built into some programs, where what it is made of is there. */
static int peer_is_there(const struct mb_variant *variant, char *error, size_t error_size)
{
	if (variant->ops[MB_O2])
		return 0;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (strcmp(needs[i].peer, variant->name))
			continue;
		snprintf(
			error, error_size,
			"variant %s: not built into this program; install the package %s, and build it again",
			variant->name, needs[i].package);
		return -ENOENT;
	}
	snprintf(error, error_size,
		 "variant %s: not built into this program; memblock-bench has it", variant->name);
	return -ENOENT;
}

/* A kernel needs its source and a compiler. */
static int is_there(const struct mb_variant_spec *spec, char *error, size_t error_size)
{
	if (spec->variant->kind == MB_KIND_PEER)
		return peer_is_there(spec->variant, error, error_size);
	return spec->variant->kind == MB_KIND_KERNEL ? mb_linux_check(spec, error, error_size) : 0;
}

/* A text that is being parsed, what it gave so far, and where a complaint goes. */
struct parsing {
	const char *text;
	struct mb_variant_spec *spec;
	const struct mb_param *params;
	bool given[MB_PARAMS_MAX];
	char *error;
	size_t error_size;
};

static int __attribute__((format(printf, 2, 3))) refuse(struct parsing *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, p->error_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* src=DIR of a kernel, which is text. */
static int parse_tree(struct parsing *p, const char *part)
{
	const char *tree = part + 4;

	if (!*tree || strlen(tree) >= sizeof(p->spec->src))
		return refuse(p, "bad value in '%s'; src is a kernel tree", p->text);
	if (*p->spec->src)
		return refuse(p, "parameter given twice: '%s' in '%s'", part, p->text);
	strcpy(p->spec->src, tree);
	return 0;
}

static int refuse_unknown(struct parsing *p, const char *part)
{
	refuse(p, "unknown parameter '%s' of variant %s; %s", part, p->spec->variant->name,
	       p->params[0].name ? "known are " : "it has none");
	for (unsigned i = 0; p->params[i].name; i++)
		snprintf(p->error + strlen(p->error), p->error_size - strlen(p->error), "%s%s",
			 i ? ", " : "", p->params[i].name);
	if (p->spec->variant->kind == MB_KIND_KERNEL)
		snprintf(p->error + strlen(p->error), p->error_size - strlen(p->error),
			 ", src=DIR (DIR without comma and colon)");
	return -EINVAL;
}

/* One key=value. */
static int parse_parameter(struct parsing *p, const char *part)
{
	size_t key = strcspn(part, "=");
	const struct mb_param *params = p->params;
	unsigned i;

	if (!*part)
		return refuse(p, "parameter missing after ':' in '%s'", p->text);
	if (p->spec->variant->kind == MB_KIND_KERNEL && !strncmp(part, "src=", 4))
		return parse_tree(p, part);
	for (i = 0; params[i].name; i++) {
		if (strlen(params[i].name) == key && !memcmp(params[i].name, part, key))
			break;
	}
	if (!params[i].name)
		return refuse_unknown(p, part);
	if (p->given[i])
		return refuse(p, "parameter given twice: '%s' in '%s'", part, p->text);
	p->given[i] = true;
	if (!part[key] || !mb_param_parse(&params[i], part + key + 1, &p->spec->params[i])) {
		char range[160];

		mb_param_describe(&params[i], range, sizeof(range));
		return refuse(p, "bad value in '%s' of variant %s; %s is %s", part,
			      p->spec->variant->name, params[i].name, range);
	}
	return 0;
}

/* All that follows the name; @list is cut into its parts. */
static int parse_parameters(struct parsing *p, char *list)
{
	int rc;

	for (char *part = list, *next; part; part = next) {
		next = strchr(part, ':');
		if (next)
			*next++ = 0;
		rc = parse_parameter(p, part);
		if (rc)
			return rc;
	}
	if (*p->spec->src && p->given[MB_LINUX_VERSION])
		return refuse(
			p, "version and src in '%s'; a tree has its version, give one of the two",
			p->text);
	if (p->params[0].name && p->spec->params[MB_PARAM_INIT] &&
	    p->spec->params[MB_PARAM_INIT] < 4)
		return refuse(p, "bad value in '%s'; init is 0, or 4 or more", p->text);
	return 0;
}

int mb_variant_parse(const char *text, struct mb_variant_spec *spec, char *error, size_t error_size)
{
	struct parsing p = { .text = text, .spec = spec, .error = error, .error_size = error_size };
	size_t len = strcspn(text, ":");
	char copy[sizeof(spec->name)];

	memset(spec, 0, sizeof(*spec));
	if (strlen(text) >= sizeof(spec->name))
		return refuse(&p, "variant too long: '%s'", text);
	strcpy(spec->name, text);
	spec->variant = find_variant(text, len);
	if (!spec->variant) {
		refuse(&p, "unknown variant: '%.*s'; known are ", (int)len, text);
		append_names(error, error_size);
		return -EINVAL;
	}
	p.params = mb_variant_params(spec->variant);
	for (unsigned i = 0; p.params[i].name; i++)
		spec->params[i] = p.params[i].preset;
	if (text[len]) {
		int rc;

		strcpy(copy, text + len + 1);
		rc = parse_parameters(&p, copy);
		if (rc)
			return rc;
	}
	return is_there(spec, error, error_size);
}

/* Does a comma in the name of a kernel tree divide @list where it should not? Then @error says that. */
static void explain_comma(const char *list, char *error, size_t error_size)
{
	bool after_tree = false;

	for (;;) {
		size_t len = strcspn(list, ","), name = strcspn(list, ":,");

		if (after_tree && !find_variant(list, name) &&
		    (name != 3 || memcmp(list, "all", 3) != 0)) {
			snprintf(error + strlen(error), error_size - strlen(error),
				 "; DIR of src=DIR cannot have a comma, which ends it");
			return;
		}
		after_tree = memmem(list, len, ":src=", 5) != NULL;
		if (!list[len])
			return;
		list += len + 1;
	}
}

int mb_variant_list(const char *text, struct mb_variant_spec *specs, unsigned max, char *error,
		    size_t error_size)
{
	const char *list = text;
	unsigned n = 0;
	int rc;

	for (;;) {
		size_t len = strcspn(text, ",");
		char one[sizeof(specs->name)];
		bool all = len == 3 && !memcmp(text, "all", 3);
		size_t more = all ? VARIANTS : 1;

		if (len >= sizeof(one) || !len) {
			snprintf(error, error_size, "%s in the list of variants: '%s'",
				 len ? "name too long" : "empty name", text);
			return -EINVAL;
		}
		memcpy(one, text, len);
		one[len] = 0;
		for (size_t i = 0; i < more; i++) {
			bool known = false;

			if (all && variants[i].kind != MB_KIND_STORE)
				continue;
			if (n == max) {
				snprintf(error, error_size, "more than %u variants in the list",
					 max);
				return -EINVAL;
			}
			rc = mb_variant_parse(all ? variants[i].name : one, &specs[n], error,
					      error_size);
			if (rc) {
				explain_comma(list, error, error_size);
				return rc;
			}
			for (unsigned j = 0; j < n; j++)
				known |= !strcmp(specs[j].name, specs[n].name);
			n += !known;
		}
		if (!text[len])
			return (int)n;
		text += len + 1;
	}
}

/* The first field that a table should have and lacks; NULL: it is complete. */
static const char *missing_in(const struct mb_ops *o, const struct mb_variant *variant)
{
	bool peer = variant->kind == MB_KIND_PEER;
	const char *missing = NULL;

#define NEED(field)                                                                                \
	if (!missing && !o->field)                                                                 \
	missing = #field
	NEED(name);
	NEED(init);
	NEED(load);
	NEED(fill);
	NEED(static_bytes);
	NEED(add_range);
	NEED(remove_range);
	NEED(find_free);
	NEED(alloc_range);
	NEED(search);
	NEED(overlaps);
	NEED(next_batch);
	NEED(check);
	if (peer) {
		NEED(whole); /* which refuses what needs the others */
	} else {
		NEED(params);
		NEED(slot_size);
		NEED(change_flags);
		NEED(change_node);
		NEED(stamp_node);
		NEED(trim);
		NEED(keep_range);
		NEED(used_bytes);
	}
#undef NEED
	if (!missing && strcmp(o->name, variant->name) != 0)
		missing = "name (it differs from variants.def)";
	if (!missing && !peer &&
	    (strcmp(o->params[MB_PARAM_INIT].name, "init") != 0 ||
	     strcmp(o->params[MB_PARAM_GROWTH].name, "growth") != 0))
		missing = "MB_PARAM_COMMON at the start of its parameters";
	return missing;
}

const char *mb_variant_check(void)
{
	static char text[128];

	for (size_t i = 0; i < VARIANTS; i++) {
		for (unsigned b = 0; b < MB_BUILDS; b++) {
			const struct mb_ops *o = variants[i].ops[b];
			const char *missing = o ? missing_in(o, &variants[i]) : NULL;

			if (!o && variants[i].kind != MB_KIND_KERNEL &&
			    variants[i].kind != MB_KIND_PEER)
				missing = "a build";
			if (missing) {
				snprintf(text, sizeof(text), "variant %s lacks %s",
					 variants[i].name, missing);
				return text;
			}
		}
	}
	return NULL;
}
