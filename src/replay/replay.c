/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replay: a trace's operations on an instance, and the comparison with what was captured.
 *
 * mb_op_run() is one switch and nothing else, because timed replays call it too; what it costs
 * besides the operation is measured with the null variant.
 *
 * mb_replay_check() runs a trace once and compares everything that the capture knows: the address of
 * each allocation, the regions and totals of each dump, each growth of an array. What differs is a
 * result, not an error, and the replay goes on with the variant's own answer, as the boot would have.
 *
 * A captured growth is treated as the kind of metadata asks:
 *
 *     self  the store grows by itself and reserves its array; the captured event is what to expect
 *     host  the store's growth leaves no mark in the managed memory, so the captured array is reserved,
 *           and the one before it freed, as ordinary operations: on every variant alike, or later
 *           addresses and dumps could not match
 */
#include <inttypes.h>
#include <memblock/replay.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t address_of(struct mb *mb, const void *ptr)
{
	return ptr ? mb_virt_to_phys(mb, ptr) : 0;
}

static uint64_t status(int rc)
{
	return (uint64_t)(int64_t)rc;
}

static int run_mark(struct mb *mb, const struct mb_op *op)
{
	switch (op->flags) {
	case MB_HOTPLUG:
		return mb_mark_hotplug(mb, op->base, op->size);
	case MB_MIRROR:
		return mb_mark_mirror(mb, op->base, op->size);
	case MB_NOMAP:
		return mb_mark_nomap(mb, op->base, op->size);
	case MB_RSRV_NOINIT:
		return mb_reserved_mark_noinit(mb, op->base, op->size);
	case MB_RSRV_KERN:
		return mb_reserved_mark_kern(mb, op->base, op->size);
	case MB_KHO_SCRATCH:
		return mb_mark_kho_scratch(mb, op->base, op->size);
	}
	return 0;
}

/* Nothing clears the others. */
static int run_clear(struct mb *mb, const struct mb_op *op)
{
	switch (op->flags) {
	case MB_HOTPLUG:
		return mb_clear_hotplug(mb, op->base, op->size);
	case MB_NOMAP:
		return mb_clear_nomap(mb, op->base, op->size);
	case MB_KHO_SCRATCH:
		return mb_clear_kho_scratch(mb, op->base, op->size);
	}
	return 0;
}

/*
 * A number of reserve_mem= as people may spell it: in other bases, with suffixes; and as they should
 * not: without digits, with a blank, a sign, two suffixes, more digits than 64 bits.
 */
static void spell_number(char text[48], uint64_t n, unsigned spelling)
{
	switch (spelling) {
	case 0:
		snprintf(text, 48, "%" PRIu64, n);
		break;
	case 1:
		snprintf(text, 48, n & 1 ? "0X%" PRIX64 : "0x%" PRIx64, n);
		break;
	case 2:
		snprintf(text, 48, "0%" PRIo64, n);
		break;
	case 3:
		snprintf(text, 48, "%" PRIu64 "K", n / 1024);
		break;
	case 4:
		snprintf(text, 48, "0x%" PRIx64 "k", n / 1024);
		break;
	case 5:
		snprintf(text, 48, "0x1%016" PRIx64, n);
		break;
	case 6: /* no digit */
		snprintf(text, 48, "%s", (n & 0x3000) == 0x1000 ? "0x" : n & 0x1000 ? "m" : "");
		break;
	case 7:
		snprintf(text, 48, n & 0x1000 ? " %" PRIu64 : "%" PRIu64 " ", n);
		break;
	case 8:
		snprintf(text, 48, n & 0x1000 ? "-%" PRIu64 : "+%" PRIu64, n);
		break;
	default: /* 8 is no octal digit, B no suffix */
		snprintf(text, 48, n & 0x1000 ? "08%" PRIu64 "kK" : "%" PRIu64 "B", n);
	}
}

/* A name behind its colon: 15 bytes at most, not only blanks; a colon may be part of it. */
static void spell_name(char text[48], uint64_t n, unsigned spelling)
{
	switch (spelling) {
	case 1:
		snprintf(text, 48, ": n%" PRIu64, n);
		break;
	case 2:
		snprintf(text, 48, ":n%014" PRIu64, n);
		break;
	case 3:
		snprintf(text, 48, ":n%015" PRIu64, n);
		break;
	case 4:
		snprintf(text, 48, ":n%" PRIu64 ":", n);
		break;
	case 5:
		snprintf(text, 48, "%s", n & 1 ? ":" : ": \t ");
		break;
	case 6: /* not even the colon */
		text[0] = '\0';
		break;
	default:
		snprintf(text, 48, ":n%" PRIu64, n);
	}
}

static int run_reserve_mem(struct mb *mb, const struct mb_op *op)
{
	unsigned spelling = (unsigned)(op->value / 1000000);
	char size[48], align[48], name[48], text[160];

	spell_number(size, op->size, spelling % 10);
	spell_number(align, op->align, spelling / 10 % 10);
	spell_name(name, op->value % 1000000, spelling / 100 % 10);
	snprintf(text, sizeof(text), "%s:%s%s", size, align, name);
	return mb_reserve_mem(mb, text);
}

static int run_release_mem(struct mb *mb, const struct mb_op *op)
{
	char name[48];

	spell_name(name, op->value % 1000000, (unsigned)(op->value / 100000000) % 10);
	return mb_reserve_mem_release_by_name(mb, *name ? name + 1 : name);
}

/* The forms of allocation that leave something to be chosen for them. */
static uint64_t run_form(struct mb *mb, const struct mb_op *op)
{
	uint64_t size = op->size, align = op->align;

	switch (op->value) {
	case MB_FORM_PHYS_ALLOC:
		return mb_phys_alloc(mb, size, align);
	case MB_FORM_PHYS_ALLOC_TRY_NID:
		return mb_phys_alloc_try_nid(mb, size, align, op->nid);
	case MB_FORM_ALLOC:
		return address_of(mb, mb_alloc(mb, size, align));
	case MB_FORM_ALLOC_RAW:
		return address_of(mb, mb_alloc_raw(mb, size, align));
	case MB_FORM_ALLOC_FROM:
		return address_of(mb, mb_alloc_from(mb, size, align, op->lo));
	case MB_FORM_ALLOC_LOW:
		return address_of(mb, mb_alloc_low(mb, size, align));
	case MB_FORM_ALLOC_NODE:
		return address_of(mb, mb_alloc_node(mb, size, align, op->nid));
	case MB_FORM_ALLOC_OR_PANIC:
		return address_of(mb, mb_alloc_or_panic_as(mb, size, align, "replay"));
	}
	return mb_alloc_range_nid(mb, size, align, op->lo, op->hi, op->nid, true);
}

static int run_reserve_node(struct mb *mb, const struct mb_op *op)
{
	if (op->flags == MB_RSRV_KERN && op->nid == MB_NUMA_NO_NODE &&
	    mb->profile->rsrv_nid_requested)
		return mb_reserve_kern(mb, op->base, op->size);
	return mb_reserve_node(mb, op->base, op->size, op->nid, op->flags);
}

static uint64_t run_free_late(struct mb *mb, const struct mb_op *op)
{
	if (op->value)
		return mb_free_reserved_area(mb, mb_phys_to_virt(mb, op->base),
					     mb_phys_to_virt(mb, op->base + op->size), -1, "area");
	mb_free_late(mb, op->base, op->size);
	return 0;
}

/* ---- questions --------------------------------------------------------------------------------- */

/* Two cycles, and no part of the next question waits for them. */
static uint64_t fold(uint64_t sum, uint64_t answer)
{
	return (sum << 1 | sum >> 63) ^ answer;
}

/* The node and the first frame of the region with @address, or -1. */
static uint64_t search_pfn(struct mb *mb, uint64_t address)
{
	uint64_t start = 0, end = 0;
	int nid = mb_search_pfn_nid(mb, address / mb->page_size, &start, &end);

	return start ^ end << 1 ^ (uint64_t)(int64_t)nid;
}

static uint64_t run_searches(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < op->value; i++)
		sum = fold(sum, search_pfn(mb, op->base + i * op->size));
	return sum;
}

static uint64_t run_search_chain(struct mb *mb, const struct mb_op *op)
{
	uint64_t answer = 0, at = op->size;

	for (uint64_t i = 0; i < op->value; i++) {
		at = (at ^ answer) * 0x9e3779b97f4a7c15ULL + i;
		answer = search_pfn(mb,
				    op->base + (uint64_t)((unsigned __int128)at * op->size >> 64));
	}
	return at ^ answer;
}

static uint64_t run_map_memory(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < op->value; i++)
		sum = fold(sum, mb_is_map_memory(mb, op->base + i * op->size));
	return sum;
}

static uint64_t run_walk_free(struct mb *mb, const struct mb_op *op)
{
	uint64_t sum = 0;
	struct mb_iter it;
	struct mb_range r;

	for (mb_iter_free(&it, mb, op->nid, op->flags, false); mb_next(&it, &r);)
		sum = fold(sum, r.base ^ r.end);
	return sum;
}

static uint64_t run_walk_zone(struct mb *mb, const struct mb_op *op)
{
	uint64_t start = op->base / mb->page_size, end = (op->base + op->size) / mb->page_size;
	uint64_t sum = 0;
	struct mb_iter it;
	struct mb_range r;

	mb_iter_free(&it, mb, op->nid, MB_NONE, false);
	while (mb_next_free_pfn_in_zone(&it, start, end, &r))
		sum = fold(sum, r.base ^ r.end);
	return sum;
}

uint64_t mb_op_run(struct mb *mb, const struct mb_op *op)
{
	switch (op->kind) {
	case MB_OP_ADD:
		return status(mb_add(mb, op->base, op->size));
	case MB_OP_ADD_NODE:
		return status(mb_add_node(mb, op->base, op->size, op->nid, op->flags));
	case MB_OP_REMOVE:
		return status(mb_remove(mb, op->base, op->size));
	case MB_OP_PHYSMEM_ADD:
		return status(mb_physmem_add(mb, op->base, op->size));
	case MB_OP_RESERVE:
		return status(mb_reserve(mb, op->base, op->size));
	case MB_OP_RESERVE_NODE:
		return status(run_reserve_node(mb, op));
	case MB_OP_FREE:
		if (op->value) {
			mb_free(mb, mb_phys_to_virt(mb, op->base), op->size);
			return 0;
		}
		return status(mb_phys_free(mb, op->base, op->size));
	case MB_OP_FREE_LATE:
		return run_free_late(mb, op);
	case MB_OP_PHYS_ALLOC_RANGE:
		return mb_phys_alloc_range(mb, op->size, op->align, op->lo, op->hi);
	case MB_OP_ALLOC:
		return address_of(mb, mb_alloc_try_nid(mb, op->size, op->align, op->lo, op->hi,
						       op->nid));
	case MB_OP_ALLOC_RAW:
		return address_of(mb, mb_alloc_try_nid_raw(mb, op->size, op->align, op->lo, op->hi,
							   op->nid));
	case MB_OP_ALLOC_EXACT:
		return address_of(mb, mb_alloc_exact_nid_raw(mb, op->size, op->align, op->lo,
							     op->hi, op->nid));
	case MB_OP_ALLOC_CORE:
		if (op->value > 1)
			return run_form(mb, op);
		return mb_alloc_range_nid(mb, op->size, op->align, op->lo, op->hi, op->nid,
					  op->value);
	case MB_OP_ALLOC_HUGETLB:
		return address_of(mb, mb_alloc_hugetlb(mb, op->size, op->nid, op->value));
	case MB_OP_SET_NODE:
		return status(mb_set_node(mb, op->base, op->size, op->which, op->nid));
	case MB_OP_STAMP_NODE:
		mb_set_region_node(mb, op->which, op->base, op->nid);
		return 0;
	case MB_OP_MARK:
		return status(run_mark(mb, op));
	case MB_OP_CLEAR:
		return status(run_clear(mb, op));
	case MB_OP_TRIM:
		mb_trim_memory(mb, op->align);
		return 0;
	case MB_OP_ENFORCE_LIMIT:
		mb_enforce_memory_limit(mb, op->value);
		return 0;
	case MB_OP_CAP_RANGE:
		mb_cap_memory_range(mb, op->base, op->size);
		return 0;
	case MB_OP_REMOVE_MAP:
		mb_mem_limit_remove_map(mb, op->value);
		return 0;
	case MB_OP_SET_LIMIT:
		mb_set_current_limit(mb, op->hi);
		return 0;
	case MB_OP_SET_BOTTOM_UP:
		mb_set_bottom_up(mb, op->value);
		return 0;
	case MB_OP_ALLOW_RESIZE:
		mb_allow_resize(mb);
		return 0;
	case MB_OP_SCRATCH_ONLY:
		(op->value ? mb_set_kho_scratch_only : mb_clear_kho_scratch_only)(mb);
		return 0;
	case MB_OP_SLAB:
		mb_set_slab_available(mb, op->value);
		return 0;
	case MB_OP_DEBUG:
		mb_set_debug(mb, op->value);
		return 0;
	case MB_OP_RESERVE_MEM:
		return status(run_reserve_mem(mb, op));
	case MB_OP_RELEASE_MEM:
		return status(run_release_mem(mb, op));
	case MB_OP_FREE_ALL:
		return mb_free_all(mb);
	case MB_OP_DISCARD:
		mb_discard(mb);
		return 0;
	case MB_OP_FIND:
		return mb_find(mb, op->size, op->align, op->lo, op->hi, op->nid, op->flags);
	case MB_OP_SEARCH_PFN:
		return run_searches(mb, op);
	case MB_OP_SEARCH_CHAIN:
		return run_search_chain(mb, op);
	case MB_OP_MAP_MEMORY:
		return run_map_memory(mb, op);
	case MB_OP_OVERLAPS:
		return mb_overlaps_region(mb, op->which, op->base, op->size);
	case MB_OP_WALK_FREE:
		return run_walk_free(mb, op);
	case MB_OP_WALK_ZONE:
		return run_walk_zone(mb, op);
	case MB_OP_GREW:
	case MB_OP_DUMP:
	case MB_OP_KINDS:
		break;
	}
	return 0;
}

void mb_op_run_growth(struct mb *mb, const struct mb_op *op)
{
	if (op->old_size)
		mb_phys_free(mb, op->old_base, op->old_size);
	if (op->size && mb->profile->alloc_sets_rsrv_kern)
		mb_reserve_kern(mb, op->base, op->size);
	else if (op->size)
		mb_reserve(mb, op->base, op->size);
}

/* ---- comparison with a dump -------------------------------------------------------------------- */

int mb_printed_node(const struct mb *mb, int nid)
{
	int max = (int)mb_max_numnodes(mb);

	if (mb->machine.no_numa)
		return -1;
	if (mb->profile->dump_node_if_valid)
		return nid >= 0 && nid < max ? nid : -1;
	return nid == max ? -1 : nid; /* and so -1 for -1 */
}

/* The next region that is not the stand-in of an empty collection. */
static const struct mb_region *next_dumped(const struct mb_dump *dump, enum mb_which which,
					   uint32_t *at)
{
	while (*at < dump->cnt[which]) {
		const struct mb_region *r = &dump->regions[which][(*at)++];

		if (r->size)
			return r;
	}
	return NULL;
}

static bool dump_matches_one(struct mb *mb, const struct mb_dump *dump, enum mb_which which,
			     char *why, size_t why_size)
{
	const char *name = mb_which_name(which);
	const struct mb_region *want;
	struct mb_range have;
	struct mb_iter it;
	uint32_t at = 0;

	mb_iter_regions(&it, mb, which, false);
	while (mb_next(&it, &have)) {
		int node = mb_printed_node(mb, have.nid);

		if (have.base == have.end)
			continue;
		want = next_dumped(dump, which, &at);
		if (want && want->base == have.base && want->size == have.end - have.base &&
		    want->flags == have.flags && want->nid == node)
			continue;
		if (why && !want)
			snprintf(why, why_size,
				 "%s has 0x%" PRIx64 "-0x%" PRIx64 " beyond the dump", name,
				 have.base, have.end);
		else if (why)
			snprintf(why, why_size,
				 "%s[%u] is 0x%" PRIx64 "-0x%" PRIx64
				 " node %d flags 0x%x, dumped 0x%" PRIx64 "-0x%" PRIx64
				 " node %d flags 0x%x",
				 name, at - 1, have.base, have.end, node, have.flags, want->base,
				 want->base + want->size, want->nid, want->flags);
		return false;
	}
	want = next_dumped(dump, which, &at);
	if (want && why)
		snprintf(why, why_size, "%s lacks 0x%" PRIx64 "-0x%" PRIx64, name, want->base,
			 want->base + want->size);
	return !want;
}

bool mb_dump_matches(struct mb *mb, const struct mb_dump *dump, char *why, size_t why_size)
{
	enum mb_which which;

	for (which = MB_MEMORY; which < MB_COLLECTIONS; which++) {
		if (which == MB_PHYSMEM && !mb->machine.physmem)
			continue;
		if (!dump_matches_one(mb, dump, which, why, why_size))
			return false;
		if (which == MB_PHYSMEM || dump->size[which] == MB_SIZE_UNKNOWN ||
		    dump->size[which] == mb_total_size(mb, which))
			continue;
		if (why)
			snprintf(why, why_size, "%s size is 0x%" PRIx64 ", dumped 0x%" PRIx64,
				 mb_which_name(which), mb_total_size(mb, which), dump->size[which]);
		return false;
	}
	return true;
}

/* ---- a checked replay -------------------------------------------------------------------------- */

#define REPLAY_SLAB 64 /* allocations out of slab in one replay */

struct replay {
	const struct mb_trace *trace;
	struct mb_replay_result *result;
	struct mb *mb;
	jmp_buf panicked;
	struct mb_answers answers;
	void *slab[REPLAY_SLAB];
	unsigned slab_count;
	uint64_t slab_used;
	uint64_t zero_base, zero_end; /* zeroed, and not among the answers yet */
	/* Growths of the instance that no captured one was compared with yet. */
	struct mb_growth *growths;
	size_t growth_count, growth_room;
	size_t next_check; /* of the store's own structure: the operation, while it is large */
};

static void on_panic(void *ctx, const char *fmt, va_list ap)
{
	struct replay *replay = ctx;

	vsnprintf(replay->result->panic, sizeof(replay->result->panic), fmt, ap);
	longjmp(replay->panicked, 1);
}

static void on_log(void *ctx, enum mb_level level, const char *fmt, va_list ap)
{
	struct replay *replay = ctx;
	uint64_t digest;
	char line[256];

	vsnprintf(line, sizeof(line), fmt, ap);
	digest = mb_line_digest(line, replay->mb->machine.metadata);
	if (digest)
		mb_answer(&replay->answers, "log", level, digest);
}

static uint64_t slab_base(const struct replay *replay)
{
	return replay->mb->machine.addr_bits == 32 ? 0xd0000000ULL : 0x7000000000ULL;
}

/* Slab is not there: what it gives has addresses where no memory is, the same on every variant. */
static uint64_t on_slab_alloc(void *ctx, uint64_t size, int nid, void **ptr)
{
	struct replay *replay = ctx;
	uint64_t at = slab_base(replay) + replay->slab_used;

	(void)nid;
	if (replay->slab_count == REPLAY_SLAB || size > 1 << 20)
		return 0;
	*ptr = calloc(1, size ? size : 1);
	if (!*ptr)
		return 0;
	replay->slab[replay->slab_count++] = *ptr;
	replay->slab_used += (size + 63) & ~63ULL;
	return at;
}

static void on_slab_free(void *ctx, void *ptr, uint64_t size)
{
	(void)ctx, (void)ptr, (void)size; /* all is freed in the end */
}

static void on_free_block(void *ctx, uint64_t pfn, unsigned order)
{
	mb_answer(&((struct replay *)ctx)->answers, "free block", pfn, order);
}

static void on_free_page(void *ctx, uint64_t pfn)
{
	mb_answer(&((struct replay *)ctx)->answers, "free page", pfn, 0);
}

/* Where memory has no node the one of its pages is not memblock's to tell. */
static void on_init_reserved(void *ctx, uint64_t base, uint64_t end, int nid)
{
	struct replay *replay = ctx;
	bool valid = nid >= 0 && nid < (int)mb_max_numnodes(replay->mb);

	mb_answer(&replay->answers, "reserved pages", base, end);
	mb_answer(&replay->answers, "node of reserved pages", base, valid ? (uint64_t)nid : 0);
}

static void on_leak_alloc(void *ctx, uint64_t pa, uint64_t size)
{
	mb_answer(&((struct replay *)ctx)->answers, "traced from here on", pa, size);
}

static void on_leak_free(void *ctx, uint64_t pa, uint64_t size)
{
	mb_answer(&((struct replay *)ctx)->answers, "untraced", pa, size);
}

static void on_accept(void *ctx, uint64_t pa, uint64_t size)
{
	mb_answer(&((struct replay *)ctx)->answers, "accepted", pa, size);
}

static void tell_zeroed(struct replay *replay)
{
	if (replay->zero_base != replay->zero_end)
		mb_answer(&replay->answers, "zeroed", replay->zero_base, replay->zero_end);
	replay->zero_base = replay->zero_end = 0;
}

/* What is zeroed counts, not in how many calls: a kernel releases memory page by page. What slab gives
 * is zeroed already; that a kernel does it once more does not count. */
static void on_zero(void *ctx, uint64_t pa, uint64_t size)
{
	struct replay *replay = ctx;

	if (replay->slab_used && pa - slab_base(replay) < replay->slab_used)
		return;
	if (pa != replay->zero_end) {
		tell_zeroed(replay);
		replay->zero_base = pa;
	}
	replay->zero_end = pa + size;
}

static void on_growth(void *ctx, const struct mb_growth *growth)
{
	struct replay *replay = ctx;

	if (replay->growth_count == replay->growth_room) {
		size_t more = replay->growth_room ? replay->growth_room * 2 : 16;
		void *larger = realloc(replay->growths, more * sizeof(*growth));

		if (!larger)
			return; /* shows as a growth that is not as captured */
		replay->growths = larger;
		replay->growth_room = more;
	}
	replay->growths[replay->growth_count++] = *growth;
}

static void sample_peaks(struct replay *replay)
{
	struct mb_replay_result *result = replay->result;
	uint32_t memory = mb_cnt(replay->mb, MB_MEMORY);
	uint32_t reserved = mb_cnt(replay->mb, MB_RESERVED);
	uint64_t bytes = mb_metadata_bytes(replay->mb);

	if (memory > result->memory_peak)
		result->memory_peak = memory;
	if (reserved > result->reserved_peak)
		result->reserved_peak = reserved;
	if (bytes > result->metadata_bytes_peak)
		result->metadata_bytes_peak = bytes;
}

static uint64_t operation_number(const struct replay *replay, const struct mb_op *op)
{
	return (uint64_t)(op - replay->trace->ops) + 1;
}

static void check_alloc(struct replay *replay, const struct mb_op *op, uint64_t got)
{
	struct mb_replay_result *result = replay->result;

	if (op->kind == MB_OP_ALLOC && got)
		result->bytes_zeroed += op->size;
	if (op->result == MB_RESULT_UNKNOWN)
		return;
	result->allocs++;
	if (got == op->result) {
		result->allocs_as_captured++;
		return;
	}
	if (result->diverged_count < MB_DIVERGENCES_MAX)
		result->diverged[result->diverged_count++] =
			(struct mb_divergence){ op->line, operation_number(replay, op), op->result,
						got };
}

static void check_dump(struct replay *replay, const struct mb_op *op)
{
	struct mb_replay_result *result = replay->result;
	char why[sizeof(result->first_dump_why)] = "";

	result->dumps++;
	if (mb_dump_matches(replay->mb, &replay->trace->dumps[op->dump], why, sizeof(why))) {
		result->dumps_matched++;
		return;
	}
	if (!result->dump_differs) {
		result->dump_differs = true;
		result->first_dump_differs = op->line;
		result->first_dump_operation = operation_number(replay, op);
		memcpy(result->first_dump_why, why, sizeof(why));
	}
}

static void check_growths(struct replay *replay)
{
	struct mb_replay_result *result = replay->result;
	const struct mb_trace *trace = replay->trace;
	size_t at = 0, i;

	for (i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];
		const struct mb_growth *own;

		if (op->kind != MB_OP_GREW)
			continue;
		result->growths++;
		if (at >= replay->growth_count)
			continue;
		own = &replay->growths[at];
		result->growths_as_captured += own->which == op->which &&
					       own->entries == op->value && own->base == op->base &&
					       own->size == op->size;
		at++;
	}
	/* Growths that the kernel did not have are not as captured either. */
	result->growths += replay->growth_count - at;
}

/* The store's own structure after an operation; false ends the replay. Large states are looked at the
 * more seldom the larger they are, so that all checks together take linear time. */
static bool state_holds(struct replay *replay, size_t i)
{
	enum { OFTEN = 1024, EACH = 4 };
	uint32_t cnt = mb_cnt(replay->mb, MB_RESERVED);
	const char *why;

	if (mb_cnt(replay->mb, MB_MEMORY) > cnt)
		cnt = mb_cnt(replay->mb, MB_MEMORY);
	if (i < replay->next_check && cnt > OFTEN)
		return true;
	replay->next_check = i + cnt / EACH;
	if (!mb_check(replay->mb, &why))
		return true;
	if (replay->trace->ops[i].line)
		snprintf(replay->result->panic, sizeof(replay->result->panic), "line %u: %s",
			 replay->trace->ops[i].line, why);
	else
		snprintf(replay->result->panic, sizeof(replay->result->panic), "operation %zu: %s",
			 i + 1, why);
	return false;
}

static void run_all(struct replay *replay, enum mb_metadata metadata)
{
	const struct mb_trace *trace = replay->trace;
	size_t i;

	for (i = 0; i < trace->count; i++) {
		const struct mb_op *op = &trace->ops[i];
		uint64_t got;

		if (op->kind == MB_OP_DUMP) {
			check_dump(replay, op);
			mb_ask(replay->mb, &replay->answers);
			continue;
		}
		if (op->kind == MB_OP_GREW) {
			if (metadata == MB_METADATA_HOST)
				mb_op_run_growth(replay->mb, op);
			sample_peaks(replay);
			continue;
		}
		got = mb_op_run(replay->mb, op);
		tell_zeroed(replay);
		mb_answer(&replay->answers, mb_op_name(op->kind), i, got);
		if (mb_op_has_result(op->kind))
			check_alloc(replay, op, got);
		sample_peaks(replay);
		if (!state_holds(replay, i))
			return;
	}
}

/* Does this variant grow where the kernel does, so that growths can be compared? */
static bool grows_like_kernel(const struct mb_variant_spec *spec, const struct mb_machine *machine)
{
	uint32_t init = spec->params[MB_PARAM_INIT];
	uint32_t slots = machine->memory_slots ? machine->memory_slots : 128;

	if (spec->variant->kind == MB_KIND_KERNEL)
		return true;
	return !strcmp(spec->variant->name, "array") && spec->params[MB_PARAM_GROWTH] == 200 &&
	       (!init || (init == slots && machine->reserved_slots == machine->memory_slots));
}

/* With 32-bit addresses a kernel's region is smaller than a slot of ours: what grows lands elsewhere. */
static bool slots_differ(const struct mb_variant_spec *spec, const struct mb_machine *machine)
{
	return machine->addr_bits == 32 && spec->variant->kind != MB_KIND_KERNEL;
}

int mb_replay_check(const struct mb_trace *trace, const struct mb_variant_spec *spec,
		    enum mb_metadata metadata, struct mb_replay_result *result)
{
	struct replay replay = { .trace = trace, .result = result };
	struct mb_machine machine = trace->machine;
	struct mb_hooks hooks = {
		.ctx = &replay,
		.mem_ctx = &replay,
		.panic = on_panic,
		.log = on_log,
		.zero = on_zero,
		.grew = on_growth,
		.accept = on_accept,
		.leak_alloc = on_leak_alloc,
		.leak_free = on_leak_free,
		.slab_alloc = on_slab_alloc,
		.slab_free = on_slab_free,
	};
	const struct mb_page_sink sink = {
		.ctx = &replay,
		.init_reserved = on_init_reserved,
		.free_block = on_free_block,
		.free_page = on_free_page,
	};
	int code;

	memset(result, 0, sizeof(*result));
	machine.metadata = metadata;
	code = mb_create(&machine, &hooks, spec, &replay.mb);
	if (code)
		return code;
	mb_set_page_sink(replay.mb, &sink);
	sample_peaks(&replay);
	if (!setjmp(replay.panicked))
		run_all(&replay, metadata);
	check_growths(&replay);
	if (metadata != MB_METADATA_SELF || !grows_like_kernel(spec, &machine) ||
	    (replay.growth_count && slots_differ(spec, &machine)))
		result->growths_as_captured = UINT64_MAX;
	result->warnings = mb_warnings(replay.mb);
	result->answers = replay.answers.sum;
	mb_state_digest(replay.mb, result->state_digest);
	mb_destroy(replay.mb);
	while (replay.slab_count)
		free(replay.slab[--replay.slab_count]);
	free(replay.growths);
	return 0;
}
