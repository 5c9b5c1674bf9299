/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux_impl.h - the kernel's own file as a variant: finding it (linux_source.c), building, loading it (linux.c). */
#ifndef MB_LINUX_IMPL_H
#define MB_LINUX_IMPL_H

#include <limits.h>
#include <memblock/variant.h>

/* Parameters of the variant, MB_PARAM_COMMON's init first; `src` is text and kept in the spec. */
enum { MB_LINUX_VERSION = MB_PARAM_OWN, MB_LINUX_COMPILER, MB_LINUX_WITH };
enum { MB_LINUX_AUTO, MB_LINUX_NEWEST }; /* of MB_PARAM_RELEASE */
enum { MB_LINUX_CLANG = 2 };             /* of the choices of MB_LINUX_COMPILER */
enum {                                   /* bits of MB_LINUX_WITH */
#define MB_STEP(name, text) MB_LINUX_STEP_##name,
#include "variants/linux/steps/steps.def"
#undef MB_STEP
};
extern const struct mb_param mb_linux_params[];

/**
 * mb_linux_check() - is there what an object needs: source, compiler, adapter?
 * Return: 0; -ENOENT with a sentence that names what is missing and how to get it.
 */
int mb_linux_check(const struct mb_variant_spec *spec, char *error, size_t error_size);

/**
 * mb_linux_source() - the tree or tarball of @spec for a machine of @profile (linux_source.c).
 * @cache: the user's.
 *
 * Return: 0; -ENOENT with a sentence that names what is missing and how to get it.
 */
int mb_linux_source(const struct mb_variant_spec *spec, const char *profile, const char *cache,
		    char source[PATH_MAX], char *error, size_t error_size);

/* Does a source have a release above 6.12, by its path? */
bool mb_linux_is_newer(const char *source);

/* mb_variant_lacks() of a kernel. */
const char *mb_linux_lacks(const struct mb_variant_spec *spec, const struct mb_profile *profile);

/**
 * mb_linux_ops() - the object of @spec for @machine, built if need be, loaded once per process.
 * @ops:     its table, valid as long as the process lives.
 * @profile: the behaviour that it has, which is not the machine's where trees differ.
 * @label:   of MB_VARIANT_LABEL bytes: "linux:VERSION-DIGEST", with slots or steps "linux+init=N+STEP:VERSION-DIGEST"; may be NULL.
 *
 * Return: 0; -ENOENT when something is missing; -EINVAL when it cannot be built.
 */
int mb_linux_ops(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		 const struct mb_ops **ops, const struct mb_profile **profile, char *label,
		 char *error, size_t error_size);

/* The file of an object's table, in the cache; "" of another table. */
const char *mb_linux_file(const struct mb_ops *ops);

#endif
