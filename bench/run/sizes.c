/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sizes.c - code and data of each variant of a run. */
#include "run/sizes_impl.h"

#include "measure/context.h"

#include <string.h>

/* Bytes of the range code of a variant or a kernel; data: of a kernel, whose tables are not at hand here. */
struct bench_size {
	const char *name;
	unsigned text, data;
};

#include "sizes_table.h"

#define KEY "size:"
#define TEXT_AND_DATA "text %u bytes, data %u bytes"

/* What is static before anything grows, and the state of an instance, on a machine of default slots. */
static unsigned data_of(const struct mb_variant_spec *spec)
{
	static const struct mb_machine machine;

	return (unsigned)(mb_static_bytes(&machine, spec->variant->ops[MB_KFLAGS], spec->params) +
			  MB_STATE_BYTES);
}

void bench_sizes_describe(const char *label, const struct mb_variant_spec *spec)
{
	bool is_kernel = spec->variant->kind == MB_KIND_KERNEL;
	const char *name = is_kernel ? label : spec->variant->name;
	const struct bench_size *size = bench_sizes;
	char key[640];

	snprintf(key, sizeof(key), KEY "%s", label);
	while (size->name && strcmp(size->name, name) != 0)
		size++;
	if (size->name)
		bench_context(key, TEXT_AND_DATA, size->text,
			      is_kernel ? size->data : data_of(spec));
	else
		bench_context(key, "absent: %s",
			      *BENCH_SIZES_ABSENT        ? BENCH_SIZES_ABSENT :
			      mb_variant_has_steps(spec) ? "what steps take: results/steps" :
			      is_kernel ? "not counted with this compiler: make sizes UPDATE=1" :
					  "no store");
}

void bench_sizes_print(FILE *out, const json_t *context)
{
	bool any = false;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)context, key, value)
	{
		unsigned text, data;

		if (strncmp(key, KEY, strlen(KEY)) != 0)
			continue;
		if (!any)
			fprintf(out, "\n%-32s %11s %12s\n", "Code and data", "text, bytes",
				"data, bytes");
		any = true;
		fprintf(out, "  %-30.60s", key + strlen(KEY));
		if (sscanf(json_string_value(value), TEXT_AND_DATA, &text, &data) == 2)
			fprintf(out, " %11u %12u\n", text, data);
		else
			fprintf(out, " %s\n", json_string_value(value));
	}
	if (any)
		fputs("Text: the code that ranges go through, -O2 and a kernel's flags, without alignment. Data: what\n"
		      "is static on a machine of 128 and 128 slots. All of it, and -Os: results/sizes.\n",
		      out);
}
