/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernels.c - which of the kernel's own files stand beside the variants in a run (kernels_impl.h). */
#include "run/kernels_impl.h"

#include <stddef.h>
#include <stdio.h>
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

#define SWITCH(name)                                                                               \
	{                                                                                          \
#name, offsetof(struct mb_profile, name)                                           \
	}
static const struct {
	const char *name;
	size_t at;
} switches[] = {
	SWITCH(empty_has_dummy),
	SWITCH(no_resize_panics),
	SWITCH(rsrv_nid_requested),
	SWITCH(alloc_sets_rsrv_kern),
	SWITCH(flag_mismatch_needs_flags),
	SWITCH(invalid_nid_is_any),
	SWITCH(nomap_pages_first),
	SWITCH(slab_check_in_core),
	SWITCH(numa_reset_is_no_node),
	SWITCH(dump_node_if_valid),
	SWITCH(kern_size_in_estimate),
	SWITCH(merge_scans_all),
	SWITCH(counts_if_just_room),
	SWITCH(scratch_is_flag),
	SWITCH(accepts_memory),
	SWITCH(free_releases_pages),
	SWITCH(debugfs_shows_flags),
	SWITCH(debugfs_names_kern),
	SWITCH(debugfs_names_hugetlb),
	SWITCH(highmem_is_handed_over),
	SWITCH(sizes_saturate),
	SWITCH(reserve_mem_reports),
};

static bool is_set(const struct mb_profile *profile, size_t at)
{
	return *(const bool *)((const char *)profile + at);
}

/* The newest is none that we know: in what it differs from the newest that we do. */
static void tell_mixture(const char *label, const struct mb_profile *profile)
{
	const struct mb_profile *known = mb_profile_find("new");

	fprintf(stderr,
		"memblock-bench: run: %s behaves as no profile does (%s), and synthetic states are "
		"6.12's; unlike new:",
		label, profile->name);
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (is_set(profile, switches[i].at) != is_set(known, switches[i].at))
			fprintf(stderr, " %s%s", is_set(profile, switches[i].at) ? "" : "no ",
				switches[i].name);
	fputs("; docs/kernels.md\n", stderr);
}

void bench_kernels_tell(const struct bench_plan *plan)
{
	for (size_t i = 0; i < plan->count && !plan->options->one_workload; i++) {
		const char *lacks = mb_variant_lacks(plan->items[i].spec, NULL);

		if (!lacks || plan->items[i].boot)
			continue;
		fprintf(stderr, "memblock-bench: run: %s is not the newest kernel: %s\n",
			plan->items[i].spec->name, lacks);
		break;
	}
	for (size_t i = 0; i < plan->count && !plan->options->one_workload; i++) {
		const struct bench_plan_item *item = &plan->items[i];
		char label[BENCH_CELL_LABEL], other[BENCH_CELL_LABEL];
		bool told = !plan->cells[i].is_kernel || *item->spec->src;

		if (told)
			continue;
		bench_cell_label(&plan->cells[i], label);
		told = mb_variant_is_tested(label);
		for (size_t j = 0; j < i && !told; j++) {
			bench_cell_label(&plan->cells[j], other);
			told = !strcmp(label, other);
		}
		if (!told)
			fprintf(stderr,
				"memblock-bench: run: %s: a text of mm/memblock.c that was not tested; "
				"'memblock-bench verify --variants=array,linux:version=%.*s' tests it\n",
				label, (int)strcspn(strchr(label, ':') + 1, "-"),
				strchr(label, ':') + 1);
	}
}

const struct mb_profile *bench_kernels_profile(const struct bench_options *options)
{
	static const struct mb_machine machine;
	const struct mb_profile *profile;
	struct mb_variant_spec newest;
	const struct mb_ops *ops;
	char label[MB_VARIANT_LABEL], unused[768];

	if (options->profile)
		return mb_profile_find(options->profile);
	if (!mb_variant_parse("linux:version=newest", &newest, unused, sizeof(unused))) {
		newest.build = options->kflags ? MB_KFLAGS : MB_O2;
		if (!mb_variant_ops(&newest, &machine, &ops, &profile, label, unused,
				    sizeof(unused))) {
			if (mb_profile_find(profile->name))
				return profile;
			tell_mixture(label, profile);
		}
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
