/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * countreplay.c - replays a boot once on the kernel's own memblock.c, to be counted by countinsn.c.
 *
 *     countreplay TRACE
 *
 * A static program of libmemblock's core, the reader of traces and the adapter of variants/linux with the
 * flags of a kernel; built for the architecture of the boot, run in QEMU's user mode. TRACE is plain and
 * without a digest line. Operations are executed up to the hand-over, which is where the kernel's count
 * ends as well: replay_over() is what the plugin waits for.
 *
 * Prints "operations N" and "results N as_captured N", the addresses that allocations gave.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memblock/replay.h>

#include "trace/sha256.h"

#include "../../../variants/linux/object.h"

mb_linux_open_fn mb_linux_open;

/* The one variant of this program, instead of src/host/registry.c. It has one instance, which never has to
 * give way to another: the object's data needs no copy. */
int mb_variant_ops(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		   const struct mb_ops **ops, const struct mb_profile **profile, char *label,
		   char *error, size_t error_size)
{
	const struct mb_linux_services services = {
		.mb_bytes = sizeof(struct mb),
		.warn = mb_warn,
		.bug = mb_bug,
		.log = mb_log,
		.free_area = mb_free_reserved_area,
	};
	const struct mb_linux_object *object = mb_linux_open(&services);

	(void)spec, (void)label;
	if (!object) {
		snprintf(error, error_size, "the object was compiled with other headers");
		return -EINVAL;
	}
	*ops = object->ops;
	*profile = machine->profile; /* predict.py takes the package of the trace's */
	return 0;
}

/* The digest of a trace is checked by the program that hands it to this one, which has no libmd. */
void mb_sha256_start(struct mb_sha256 *sha)
{
	(void)sha;
}

void mb_sha256_add(struct mb_sha256 *sha, const void *data, size_t size)
{
	(void)sha, (void)data, (void)size;
}

void mb_sha256_hex(struct mb_sha256 *sha, char hex[65])
{
	(void)sha;
	*hex = 0;
}

static char *slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;

	*size = 0;
	while (file && !feof(file) && !ferror(file)) {
		char *larger = realloc(text, *size + 65536);

		if (!larger)
			break;
		text = larger;
		*size += fread(text + *size, 1, 65536, file);
	}
	if (file)
		fclose(file);
	return text;
}

/* Where the plugin stops. Not inlined, nor taken for a function without effect. */
__attribute__((noinline)) void replay_over(void);
void replay_over(void)
{
	__asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
	static const struct mb_variant variant = { .name = "linux", .kind = MB_KIND_KERNEL };
	static struct mb_variant_spec spec = { .variant = &variant, .build = MB_KFLAGS };
	unsigned long operations = 0, results = 0, captured = 0;
	struct mb_text_error error = { "" };
	struct mb_trace *trace = NULL;
	struct mb *mb = NULL;
	size_t size;
	char *text;

	text = argc == 2 ? slurp(argv[1], &size) : NULL;
	if (!text || mb_trace_parse(text, size, argv[1], &trace, &error) ||
	    mb_create(&trace->machine, NULL, &spec, &mb)) {
		fprintf(stderr, "countreplay: %s\n", *error.text ? error.text : "cannot begin");
		return 2;
	}
	mb_set_zeroing(mb, false);
	for (size_t i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];
		uint64_t got;

		if (op->kind == MB_OP_DUMP || op->kind == MB_OP_GREW)
			continue;
		got = mb_op_run(mb, op);
		operations++;
		if (mb_op_has_result(op->kind) && op->result != MB_RESULT_UNKNOWN) {
			results++;
			captured += got == op->result;
		}
		if (op->kind == MB_OP_FREE_ALL)
			break;
	}
	replay_over();
	printf("operations %lu\nresults %lu as_captured %lu\n", operations, results, captured);
	mb_destroy(mb);
	mb_trace_free(trace);
	free(text);
	return 0;
}
