/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * static_bytes.c - bytes that an instance has before anything grows, for sizes.py.
 *
 * A line `VARIANT MACHINE SLOTS` for each store and machine: what mb_static_bytes() asks for. Then a line
 * `state STATE KEPT`: of the instance, the part that a kernel would hold (MB_STATE_BYTES), and what of that is
 * asked for after boot: named reservations, bounds of page numbers.
 */
#include <memblock/variant.h>

#include <stddef.h>
#include <stdio.h>

static const struct {
	const char *name;
	struct mb_machine machine;
} machines[] = {
	{ "x86_64", { .page_size = 4096 } },
	{ "arm64", { .page_size = 4096, .memory_slots = 1024, .keep_memblock = true } },
	{ "s390x", { .page_size = 4096, .physmem = true } },
};

int main(void)
{
	unsigned count;
	const struct mb_variant *variants = mb_variants(&count);

	for (unsigned i = 0; i < count; i++) {
		struct mb_variant_spec spec;
		char error[512];

		if (variants[i].kind == MB_KIND_KERNEL || variants[i].kind == MB_KIND_NULL ||
		    variants[i].kind == MB_KIND_PEER)
			continue;
		if (mb_variant_parse(variants[i].name, &spec, error, sizeof(error))) {
			fprintf(stderr, "static_bytes: %s\n", error);
			return 1;
		}
		for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++)
			printf("%s %s %zu\n", variants[i].name, machines[m].name,
			       mb_static_bytes(&machines[m].machine, variants[i].ops[MB_KFLAGS],
					       spec.params));
	}
	printf("state %zu %zu\n", (size_t)MB_STATE_BYTES,
	       sizeof(((struct mb *)0)->named) + sizeof(((struct mb *)0)->named_count));
	return 0;
}
