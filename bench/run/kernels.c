/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels.c - which of the kernel's own files stand beside the variants in a run (kernels_impl.h). */
#include "run/kernels_impl.h"

#include <string.h>

static const char *const unasked[] = { "linux", "linux:version=newest", "linux:version=6.12",
				       "linux:version=6.1" };

unsigned bench_kernels_unasked(struct mb_variant_spec *specs, char *why, size_t why_size)
{
	char other[768];
	unsigned n = 0;

	if (mb_variant_parse(unasked[0], &specs[n], why, why_size))
		return 0;
	n++;
	for (size_t i = 1; i < sizeof(unasked) / sizeof(unasked[0]); i++)
		n += !mb_variant_parse(unasked[i], &specs[n], other, sizeof(other));
	return n;
}

const struct mb_profile *bench_kernels_profile(const struct bench_options *options)
{
	static const struct mb_machine machine;
	const struct mb_profile *profile;
	struct mb_variant_spec newest;
	const struct mb_ops *ops;
	char unused[768];

	if (options->profile)
		return mb_profile_find(options->profile);
	if (!mb_variant_parse("linux:version=newest", &newest, unused, sizeof(unused))) {
		newest.build = options->kflags ? MB_KFLAGS : MB_O2;
		if (!mb_variant_ops(&newest, &machine, &ops, &profile, NULL, unused,
				    sizeof(unused)) &&
		    !strcmp(profile->name, "new"))
			return profile;
	}
	return mb_profile_find("6.12");
}

bool bench_kernel_is_newest(const struct mb_variant_spec *spec)
{
	return spec->variant->kind == MB_KIND_KERNEL && strstr(spec->name, ":version=newest");
}

/* The first kernel that has what an operation is for: 0 all, 1 6.12, 2 new. Late frees are plain ones in new. */
static unsigned since(const struct mb_op *op)
{
	enum { ALL = 0, UNTIL_6_12 = 0, PHYSMEM = 0, SINCE_6_12 = 1, NEW = 2 };
	static const unsigned char kernels[MB_OP_KINDS] = {
#define MB_OPERATION(id, word, arguments, nature, collection, path, kernels, ...)                  \
	[MB_OP_##id] = kernels,
#include <memblock/operations.def>
	};
	const uint32_t newer = MB_RSRV_KERN | MB_KHO_SCRATCH | MB_RSRV_HUGETLB;

	if (op->flags & newer)
		return NEW;
	return op->flags & MB_RSRV_NOINIT && !kernels[op->kind] ? SINCE_6_12 : kernels[op->kind];
}

const char *bench_kernel_lacks(const struct mb_trace *trace, const struct mb_profile *profile,
			       const struct mb_ops *ops)
{
	unsigned has = profile->alloc_sets_rsrv_kern ? 2 : profile->no_resize_panics ? 1 : 0;

	for (size_t i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];

		if (op->kind == MB_OP_ALLOC_HUGETLB && ops->whole && !ops->whole->alloc_hugetlb)
			return mb_operations[op->kind].word;
		if (since(op) <= has)
			continue;
		return op->flags & MB_KHO_SCRATCH ? "kho_scratch" :
		       op->flags & MB_RSRV_NOINIT ? "noinit" :
						    mb_operations[op->kind].word;
	}
	return NULL;
}
