/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_run.c - one operation on every instance of a lab.
 *
 * An operation is called guarded (verify_guard.c), unless a kernel would not survive it
 * (verify_survive.c). What a kernel does not survive either, but shows only afterwards, ends the
 * sequence and is no difference:
 *
 *     an array of its own that is given back      free, cap, limit ...: is_over() afterwards
 *     two arrays grown into the same place        the library's code notices; the kernel is not asked
 */
#include "verify/verify_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- hooks ------------------------------------------------------------------------------------- */

static void keep_text(struct verify_instance *inst, const char *line)
{
	static const char indent[] = "    ";
	size_t used = inst->text_used, length = strlen(line), before = sizeof(indent) - 1;

	if (used + before + length + 2 > sizeof(inst->text))
		return;
	memcpy(inst->text + used, indent, before);
	memcpy(inst->text + used + before, line, length);
	inst->text_used = used + before + length + 1;
	inst->text[inst->text_used - 1] = '\n';
	inst->text[inst->text_used] = '\0';
}

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	struct verify_instance *inst = ctx;
	uint64_t digest;
	char line[256];

	if (!strcmp(fmt, MB_LIMIT_LINE)) {
		inst->did.full = true;
		return;
	}
	vsnprintf(line, sizeof(line), fmt, ap);
	digest = mb_line_digest(line, inst->lab->machine.metadata);
	if (!digest)
		return;
	inst->did.lines = verify_mix(verify_mix(inst->did.lines, digest), level);
	keep_text(inst, line);
}

static void on_growth(void *ctx, const struct mb_growth *g)
{
	struct verify_instance *inst = ctx;

	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		inst->collided |= w != g->which && verify_meets(inst, w, g->base, g->size);
	inst->arrays[g->which] = *g;
	if (inst->grown_count < sizeof(inst->grown) / sizeof(inst->grown[0]))
		inst->grown[inst->grown_count++] = *g;
	inst->did.growths = verify_mix(verify_mix(inst->did.growths, g->entries), g->base);
	inst->did.growths = verify_mix(inst->did.growths, g->size);
	inst->did.grown_bytes += (int64_t)g->size - (int64_t)g->old_size;
}

/* Digests only: to print each would cost more than the operation. */
static void on_event(struct verify_instance *inst, const char *what, uint64_t a, uint64_t b, int c)
{
	inst->did.told =
		verify_mix(verify_mix(verify_mix(inst->did.told, a), b), (uint64_t)(int64_t)c);
	inst->did.told = verify_mix(inst->did.told, (uint64_t)what[0]);
	if (inst->event_count < VERIFY_EVENTS)
		inst->events[inst->event_count] = (struct verify_event){ what, a, b, c };
	inst->event_count++;
}

static uint64_t on_slab_alloc(void *ctx, uint64_t size, int nid, void **ptr)
{
	struct verify_instance *inst = ctx;

	on_event(inst, "slab is asked for", size, 0, nid);
	return replay_slab_alloc(&inst->slab, size, ptr);
}

static void on_slab_free(void *ctx, void *ptr, uint64_t size)
{
	struct verify_instance *inst = ctx;

	on_event(inst, "back to slab", size, 0, 0);
	replay_slab_free(&inst->slab, ptr, size);
}

static void on_reset_managed(void *ctx)
{
	on_event(ctx, "managed pages reset", 0, 0, 0);
}

/* Where memory has no node the one of its pages is not memblock's to tell. */
static void on_init_reserved(void *ctx, uint64_t base, uint64_t end, int nid)
{
	const struct verify_instance *inst = ctx;
	bool valid = nid >= 0 && nid < (int)mb_max_numnodes(inst->mb);

	on_event(ctx, "reserved pages", base, end, valid ? nid : 0);
}

static void on_free_block(void *ctx, uint64_t pfn, unsigned order)
{
	on_event(ctx, "free block", pfn, order, 0);
}

static void on_free_page(void *ctx, uint64_t pfn)
{
	on_event(ctx, "page released", pfn, 0, 0);
}

/* No page struct is left to be set up; that it is asked at all is memblock's matter. */
static bool on_deferred(void *ctx)
{
	on_event(ctx, "are page structs set up?", 0, 0, 0);
	return false;
}

static void on_leak_alloc(void *ctx, uint64_t pa, uint64_t size)
{
	on_event(ctx, "traced from here on", pa, size, 0);
}

static void on_leak_free(void *ctx, uint64_t pa, uint64_t size)
{
	on_event(ctx, "untraced", pa, size, 0);
}

static void on_accept(void *ctx, uint64_t pa, uint64_t size)
{
	on_event(ctx, "accepted", pa, size, 0);
}

/* Which bytes are zeroed, in as many calls as may be: a kernel releases memory page by page. What slab
 * gives is zeroed by slab; that a kernel does it once more is not memblock's matter. */
static void on_zero(void *ctx, uint64_t pa, uint64_t size)
{
	struct verify_instance *inst = ctx;
	struct verify_outcome *did = &inst->did;

	if (replay_slab_has(&inst->slab, pa))
		return;
	if (pa != did->zero_end) {
		did->zeroed = verify_mix(verify_mix(did->zeroed, did->zero_base), did->zero_end);
		did->zero_base = pa;
	}
	did->zero_end = pa + size;
}

/* ---- labs -------------------------------------------------------------------------------------- */

/* Does it place its metadata where the kernel does? With short addresses a kernel's regions are
 * smaller than ours, and so are its arrays. */
static bool grows_like_kernel(const struct verify_lab *lab, const struct verify_instance *inst)
{
	assert(inst->spec); /* it was started, as all that the lab counts */
	if (inst->kernel)
		return true;
	if (lab->machine.addr_bits == 32)
		return false;
	return !strcmp(inst->spec->variant->name, "array") &&
	       inst->spec->params[MB_PARAM_GROWTH] == 200;
}

/* Two that grow alike do so in the same places if they begin with the same slots. */
static bool is_exact(const struct verify_lab *lab, const struct verify_instance *inst)
{
	const struct verify_instance *reference = &lab->instances[lab->reference];

	if (inst == reference || lab->machine.metadata == MB_METADATA_HOST)
		return true;
	return grows_like_kernel(lab, inst) && grows_like_kernel(lab, reference) &&
	       !memcmp(inst->static_slots, reference->static_slots, sizeof(inst->static_slots));
}

static int instance_start(struct verify_lab *lab, struct verify_instance *inst,
			  const struct mb_variant_spec *spec)
{
	struct mb_hooks hooks = {
		.ctx = inst,
		.mem_ctx = inst,
		.panic = verify_on_panic,
		.log = on_log,
		.zero = on_zero,
		.grew = on_growth,
		.accept = on_accept,
		.leak_alloc = on_leak_alloc,
		.leak_free = on_leak_free,
		.slab_alloc = on_slab_alloc,
		.slab_free = on_slab_free,
	};
	struct mb_page_sink sink = {
		.ctx = inst,
		.reset_managed = on_reset_managed,
		.init_reserved = on_init_reserved,
		.free_block = on_free_block,
		.free_page = on_free_page,
		.deferred = on_deferred,
	};
	int code;

	inst->lab = lab;
	inst->spec = spec;
	replay_slab_init(&inst->slab, &lab->machine);
	inst->kernel = spec->variant->kind == MB_KIND_KERNEL;
	code = mb_create(&lab->machine, &hooks, spec, &inst->mb);
	if (code) {
		inst->mb = NULL;
		return code;
	}
	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		inst->static_slots[w] = mb_max(inst->mb, w);
	mb_set_page_sink(inst->mb, &sink);
	inst->empty = malloc(mb_snapshot_size(inst->mb));
	if (!inst->empty)
		return -ENOMEM;
	mb_snapshot(inst->mb, inst->empty);
	return 0;
}

static bool is_bounded(const struct verify_instance *inst)
{
	assert(inst->spec);
	return inst->spec->variant->kind == MB_KIND_BOUNDED;
}

/* The instance that the others are compared with: the kernel's code if it takes part, without steps of ours where it
 * does, else the first that places metadata as it does; a bounded one only where it is alone, since it leaves early. */
static int choose_reference(const struct verify_lab *lab)
{
	int best = 0;

	for (int i = lab->count - 1; i >= 0; i--)
		if (!is_bounded(&lab->instances[i]))
			best = i;
	for (int i = lab->count - 1; i >= 0; i--)
		if ((lab->machine.metadata == MB_METADATA_HOST &&
		     !is_bounded(&lab->instances[i])) ||
		    grows_like_kernel(lab, &lab->instances[i]))
			best = i;
	for (int steps = 1; steps >= 0; steps--)
		for (int i = 0; i < lab->count; i++)
			if (lab->instances[i].kernel &&
			    mb_variant_has_steps(lab->instances[i].spec) == steps)
				best = i;
	return best;
}

static void instance_stop(struct verify_instance *inst)
{
	replay_slab_release(&inst->slab);
	free(inst->empty);
	mb_destroy(inst->mb);
	*inst = (struct verify_instance){ 0 };
}

struct verify_lab *verify_lab_new(const struct mb_machine *machine,
				  const struct mb_variant_spec *specs, int count, int *code)
{
	struct verify_lab *lab = calloc(1, sizeof(*lab));

	*code = lab ? 0 : -ENOMEM;
	if (!lab)
		return NULL;
	lab->machine = *machine;
	lab->weakest = VERIFY_ANSWERS;
	/* Stores first: what they notice the kernel's code is spared. */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < count && !*code; i++) {
			struct verify_instance *inst = &lab->instances[lab->count];

			if ((specs[i].variant->kind == MB_KIND_KERNEL) != pass)
				continue;
			*code = instance_start(lab, inst, &specs[i]);
			if (!*code && inst->mb->profile != machine->profile)
				instance_stop(inst);
			else
				lab->count++;
			lab->has_kernel |= inst->kernel;
		}
	}
	if (*code) {
		verify_lab_free(lab);
		return NULL;
	}
	lab->reference = choose_reference(lab);
	for (int i = 0; i < lab->count; i++)
		lab->instances[i].exact = is_exact(lab, &lab->instances[i]);
	return lab;
}

void verify_lab_free(struct verify_lab *lab)
{
	for (int i = 0; i < lab->count; i++)
		instance_stop(&lab->instances[i]);
	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		free(lab->regions[w]);
	free(lab);
}

/* ---- labs that are kept ------------------------------------------------------------------------ */

static bool is_of(const struct verify_lab *lab, int config, const struct mb_machine *machine)
{
	return lab->config == config && lab->machine.profile == machine->profile &&
	       lab->machine.metadata == machine->metadata;
}

/* What is counted in a lab that goes is kept. */
static void let_go(struct verify_labs *labs, struct verify_lab *lab)
{
	for (int i = 0; i < lab->count; i++)
		labs->full[lab->instances[i].spec - labs->specs] += lab->instances[i].times_full;
	verify_lab_free(lab);
}

struct verify_lab *verify_labs_get(struct verify_labs *labs, int config,
				   const struct mb_machine *machine, int *code)
{
	struct verify_lab **link = &labs->first, *lab;

	for (unsigned kept = 1; *link && !is_of(*link, config, machine); kept++) {
		if (kept == VERIFY_LABS_KEPT) {
			let_go(labs, *link);
			*link = NULL;
			break;
		}
		link = &(*link)->next;
	}
	lab = *link;
	if (lab) {
		*link = lab->next;
	} else {
		lab = verify_lab_new(machine, labs->specs, labs->count, code);
		if (!lab)
			return NULL;
		lab->config = config;
		labs->made++;
	}
	lab->next = labs->first;
	labs->first = lab;
	return lab;
}

void verify_labs_free(struct verify_labs *labs)
{
	while (labs->first) {
		struct verify_lab *lab = labs->first;

		labs->first = lab->next;
		let_go(labs, lab);
	}
}

uint64_t verify_times_full(const struct verify_labs *labs, const struct mb_variant_spec *spec)
{
	uint64_t times = labs->full[spec - labs->specs];

	for (const struct verify_lab *lab = labs->first; lab; lab = lab->next)
		for (int i = 0; i < lab->count; i++)
			times += lab->instances[i].spec == spec ? lab->instances[i].times_full : 0;
	return times;
}

void verify_lab_begin(struct verify_lab *lab)
{
	for (int i = 0; i < lab->count; i++) {
		struct verify_instance *inst = &lab->instances[i];

		mb_restore(inst->mb, inst->empty);
		mb_set_debug(inst->mb, false);
		replay_slab_release(&inst->slab);
		memset(inst->arrays, 0, sizeof(inst->arrays));
		inst->left = inst->collided = false;
	}
	memset(lab->cnt, 0, sizeof(lab->cnt));
	memset(lab->total, 0, sizeof(lab->total));
	lab->steps = 0;
	lab->again = false;
	lab->alone = false;
	lab->what[0] = '\0';
}

/* ---- a step ------------------------------------------------------------------------------------ */

static void call(struct verify_instance *inst, void *ctx)
{
	inst->did.value = mb_op_run(inst->mb, ctx);
}

static void run_op(struct verify_instance *inst, const struct mb_op *op)
{
	uint64_t warnings = mb_warnings(inst->mb);

	inst->did = (struct verify_outcome){ 0 };
	inst->text[0] = '\0';
	inst->text_used = 0;
	inst->grown_count = inst->event_count = 0;
	if (!inst->exact)
		inst->reserved_before = mb_reserved_size(inst->mb);
	verify_guarded(inst, call, (void *)(uintptr_t)op);
	inst->did.warnings = mb_warnings(inst->mb) - warnings;
}

/* Two arrays in one place: a store says so, a kernel without a store beside it that grows alike has
 * destroyed itself. */
static bool arrays_collide(const struct verify_instance *inst)
{
	return inst->collided ||
	       (inst->did.panicked && strstr(inst->panic, "reserved array overlaps"));
}

static bool is_reserved(struct mb *mb, uint64_t base, uint64_t size)
{
	struct mb_region r;

	for (uint64_t end = base + size; base < end; base = r.base + r.size)
		if (!mb_search(mb, MB_RESERVED, base, &r))
			return false;
	return true;
}

/* Is everything that @inst took out of memory for its regions still reserved? */
static bool arrays_are_reserved(const struct verify_instance *inst)
{
	uint64_t base, size;

	for (unsigned w = 0; w < MB_COLLECTIONS; w++)
		for (unsigned i = 0; verify_array(inst, w, i, &base, &size); i++)
			if (!is_reserved(inst->mb, base, size))
				return false;
	return true;
}

/* Can nothing follow? Instances that may not go on leave. */
static bool is_over(struct verify_lab *lab, const struct mb_op *op)
{
	bool gives_back = mb_op_nature(op->kind) == MB_FREES ||
			  mb_op_nature(op->kind) == MB_TRUNCATES;

	if (lab->instances[lab->reference].did.panicked || verify_top_page_is_cut(lab) ||
	    (op->kind == MB_OP_DISCARD && !lab->machine.keep_memblock))
		return true;
	if (!gives_back || lab->machine.metadata == MB_METADATA_HOST)
		return false;
	for (int i = 0; i < lab->count; i++) {
		struct verify_instance *inst = &lab->instances[i];

		if (inst->left || arrays_are_reserved(inst))
			continue;
		inst->left = true;
		if (inst->exact)
			return true;
	}
	return false;
}

enum verify_verdict verify_step(struct verify_lab *lab, const struct mb_op *op, bool deep)
{
	if (!verify_survives(lab, op))
		return VERIFY_SKIPPED;
	lab->steps++;
	lab->op = op;
	for (int i = 0; i < lab->count; i++) {
		struct verify_instance *inst = &lab->instances[i];

		if (inst->left)
			continue;
		run_op(inst, op);
		if (inst->did.full) { /* its result; a part of the operation may be done */
			inst->left = true;
			inst->times_full += !lab->again;
			if (i == lab->reference)
				return VERIFY_OVER;
		}
		if (arrays_collide(inst)) {
			inst->left = true;
			if (inst->exact)
				return VERIFY_OVER;
		}
	}
	if (!verify_compare(lab, op, deep))
		return VERIFY_DIFFERS;
	return is_over(lab, op) ? VERIFY_OVER : VERIFY_SAME;
}
