/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * countinsn.c - a plugin of QEMU's translator: the instructions inside chosen functions, by call.
 *
 *     qemu-... -plugin countinsn.so,ranges=FILE,out=FILE
 *
 * Serves a whole machine (a kernel's memblock functions) and a program in user mode (the same functions
 * in our replay): one method for both sides of a comparison. FILE of ranges has a line each:
 *
 *     function NAME START END   counted, and a call of it from elsewhere is a call of its own
 *     helper NAME START END     counted while such a call is under way (memmove)
 *     beside NAME START END     counted by itself, whoever calls it
 *     from ADDRESS              all instructions from here up are in the total
 *     after ADDRESS             the count begins when the function there is entered; optional
 *     until ADDRESS             the count ends when the function there has returned
 *
 * What is under way. A call begins where a function is entered from outside all of them, and ends when
 * control is outside and none of them waits for a return: each call instruction that is executed inside
 * puts the address behind it on a stack, and reaching that address takes it off. So what helpers
 * execute (page tables, printing, zeroing) is not counted, and does not end the call.
 *
 * A repeated string instruction of x86 is one instruction, as processors count, however many times QEMU
 * goes round it: a page that is zeroed by `rep stos` in the middle of a function adds one.
 *
 * Debian has no header of QEMU's plugins: what is used of the interface, version 1, is declared below.
 * Instructions are counted by callbacks, one per instruction in the functions (exact) and one per block
 * elsewhere (a block that an exception leaves early counts as a whole).
 */
#define _GNU_SOURCE /* strdup() */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- QEMU's side ------------------------------------------------------------------------------- */

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef void block_translated(plugin_id id, struct qemu_plugin_tb *block);
typedef void executed(unsigned processor, void *context);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, block_translated *callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, executed *callback,
					  int flags, void *context);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed *callback,
					    int flags, void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);

/* What QEMU tells at installation: the target's name comes first, and is all that is read here. */
struct plugin_info {
	const char *target_name;
};

#define EXPORT __attribute__((visibility("default")))
extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc, char **argv);

enum { NO_REGISTERS = 0 }; /* callbacks read no registers */

/* ---- ranges ------------------------------------------------------------------------------------ */

#define RANGES_MAX 512
#define DEPTH_MAX 256

struct range {
	char name[96];
	uint64_t start, end; /* bytes; end exclusive */
	enum { FUNCTION, HELPER, BESIDE } kind;
	uint64_t calls;                /* of a function from outside */
	uint64_t entered;              /* however called */
	uint64_t executed[RANGES_MAX]; /* instructions in range i during its calls */
};

static struct range *ranges;
static unsigned range_count;
static uint64_t from, after, until;
static const char *out_path;
static bool is_arm;

static int find_range(uint64_t address)
{
	for (unsigned i = 0; i < range_count; i++)
		if (address >= ranges[i].start && address < ranges[i].end)
			return (int)i;
	return -1;
}

static bool read_ranges(const char *path)
{
	char line[256], kind[16], name[96];
	FILE *file = fopen(path, "r");
	unsigned number = 0;

	ranges = calloc(RANGES_MAX, sizeof(*ranges));
	while (file && ranges && fgets(line, sizeof(line), file)) {
		struct range *r = &ranges[range_count];
		uint64_t start, end;

		number++;
		if (sscanf(line, "from %" SCNx64, &start) == 1) {
			from = start;
		} else if (sscanf(line, "after %" SCNx64, &start) == 1) {
			after = start;
		} else if (sscanf(line, "until %" SCNx64, &start) == 1) {
			until = start;
		} else if (sscanf(line, "%15s %95s %" SCNx64 " %" SCNx64, kind, name, &start,
				  &end) == 4 &&
			   range_count < RANGES_MAX && start < end) {
			strcpy(r->name, name);
			r->start = start;
			r->end = end;
			r->kind = !strcmp(kind, "helper") ? HELPER :
				  !strcmp(kind, "beside") ? BESIDE :
							    FUNCTION;
			range_count++;
		} else {
			fprintf(stderr, "countinsn: %s:%u: not a range, or too many\n", path,
				number);
			return false;
		}
	}
	if (!range_count || !until)
		fprintf(stderr, "countinsn: cannot read ranges from '%s'\n", path);
	else
		fclose(file);
	return range_count && until;
}

/* ---- counting ---------------------------------------------------------------------------------- */

/* A translated block, or an instruction in a range. They live as long as QEMU: it may translate the
 * same code again, but not often. */
struct place {
	uint64_t start, end; /* bytes; end exclusive */
	uint64_t insns;
	int range; /* -1: in none */
	bool is_call;
	uint64_t repeats_at; /* a block: its last instruction, if that repeats; else 0 */
};

static struct {
	uint64_t total, resumed;
	uint64_t last_end;   /* of the block executed last */
	uint64_t repeats_at; /* its last instruction, if that repeats */
	uint64_t again;      /* the instruction that is gone round again; else 0 */
	uint64_t stop_at;    /* where the function `until` returns to */
	bool begun, over;
	struct range *call; /* under way */
	struct range *last_call;
	unsigned depth;
	uint64_t returns[DEPTH_MAX];
} state;

static void write_result(void)
{
	FILE *file;
	char partial[4096];

	state.over = true;
	snprintf(partial, sizeof(partial), "%s.partial", out_path);
	file = fopen(partial, "w");
	if (!file)
		return;
	fprintf(file, "total %" PRIu64 "\nresumed %" PRIu64 "\n", state.total, state.resumed);
	for (unsigned i = 0; i < range_count; i++) {
		const struct range *r = &ranges[i];

		if (r->entered)
			fprintf(file, "entered %s %" PRIu64 "\n", r->name, r->entered);
		if (r->calls)
			fprintf(file, "call %s %" PRIu64 "\n", r->name, r->calls);
		for (unsigned j = 0; j < range_count; j++)
			if (r->executed[j] && r->kind == BESIDE)
				fprintf(file, "beside %s %" PRIu64 "\n", r->name, r->executed[j]);
			else if (r->executed[j])
				fprintf(file, "in %s %s %" PRIu64 "\n", r->name, ranges[j].name,
					r->executed[j]);
	}
	if (fclose(file) || rename(partial, out_path))
		fprintf(stderr, "countinsn: cannot write '%s'\n", out_path);
}

static void on_block(unsigned processor, void *context)
{
	const struct place *place = context;

	if (processor || state.over)
		return;
	state.begun = state.begun || !after || place->start == after;
	if (!state.begun)
		return;
	if (place->start == state.stop_at) {
		write_result();
		return;
	}
	if (place->start == until)
		state.stop_at = state.last_end;
	state.last_end = place->end;
	state.again = place->start == state.repeats_at ? place->start : 0;
	state.repeats_at = place->repeats_at;
	state.total += place->insns - !!state.again;
	if (place->range < 0 && !state.depth)
		state.call = NULL;
}

static void on_insn(unsigned processor, void *context)
{
	const struct place *place = context;
	struct range *range = &ranges[place->range];

	if (processor || !state.begun || state.over || place->start == state.again)
		return;
	if (range->kind == BESIDE) {
		range->executed[place->range]++;
		return;
	}
	if (range->kind == HELPER) {
		if (state.call)
			state.call->executed[place->range]++;
		return;
	}
	if (state.depth && place->start == state.returns[state.depth - 1])
		state.depth--;
	else if (place->start == range->start)
		range->entered++;
	if (!state.call && place->start == range->start) {
		state.call = state.last_call = range;
		range->calls++;
	} else if (!state.call) { /* back from an exception */
		state.call = state.last_call ? state.last_call : range;
		state.resumed++;
	}
	state.call->executed[place->range]++;
	if (place->is_call && state.depth < DEPTH_MAX)
		state.returns[state.depth++] = place->end;
}

static bool is_call(const uint8_t *bytes, size_t size)
{
	size_t i = 0;
	uint32_t word;

	if (is_arm) {
		memcpy(&word, bytes, sizeof(word));
		/* bl; blr, with and without pointer authentication */
		return (word & 0xfc000000) == 0x94000000 || (word & 0xfeff0000) == 0xd63f0000;
	}
	while (i + 1 < size && (bytes[i] == 0x2e || bytes[i] == 0x3e || bytes[i] == 0x66 ||
				bytes[i] == 0xf2 || (bytes[i] & 0xf0) == 0x40))
		i++; /* prefixes */
	return bytes[i] == 0xe8 ||
	       (bytes[i] == 0xff && i + 1 < size && (bytes[i + 1] & 0x38) == 0x10);
}

/* movs or stos with a prefix that repeats it; QEMU ends a block behind it and comes back to it. */
static bool is_repeated(const uint8_t *bytes, size_t size)
{
	if (is_arm || size < 2 || (bytes[0] != 0xf3 && bytes[0] != 0xf2))
		return false;
	return (bytes[size - 1] & 0xfe) == 0xa4 || (bytes[size - 1] & 0xfe) == 0xaa;
}

static void on_translated(plugin_id id, struct qemu_plugin_tb *block)
{
	size_t n = qemu_plugin_tb_n_insns(block);
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, n - 1);
	uint64_t start = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(block, 0));
	uint64_t end = qemu_plugin_insn_vaddr(insn) + qemu_plugin_insn_size(insn);
	struct place *places;

	(void)id;
	if (start < from || state.over)
		return;
	places = calloc(n + 1, sizeof(*places));
	if (!places)
		abort();
	*places = (struct place){ start, end, n, find_range(start), false, 0 };
	if (is_repeated(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn)))
		places->repeats_at = qemu_plugin_insn_vaddr(insn);
	qemu_plugin_register_vcpu_tb_exec_cb(block, on_block, NO_REGISTERS, places);
	for (size_t i = 0; i < n; i++) {
		struct place *place = &places[i + 1];
		size_t size;

		insn = qemu_plugin_tb_get_insn(block, i);
		size = qemu_plugin_insn_size(insn);
		place->start = qemu_plugin_insn_vaddr(insn);
		place->end = place->start + size;
		place->range = find_range(place->start);
		place->is_call = is_call(qemu_plugin_insn_data(insn), size);
		if (place->range >= 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_insn, NO_REGISTERS, place);
	}
}

int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc, char **argv)
{
	const char *path = NULL;

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "ranges=", 7))
			path = argv[i] + 7;
		if (!strncmp(argv[i], "out=", 4))
			out_path = strdup(argv[i] +
					  4); /* QEMU keeps its arguments only until we return */
	}
	is_arm = !strcmp(info->target_name, "aarch64");
	if (!path || !out_path || !read_ranges(path))
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
	return 0;
}
