/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_model.c - random operations on every variant at once, compared with a plain model.
 *
 * A sequence makes one machine (profile, nodes, width of addresses, where its memory lies) and one
 * instance of every variant and build, with few static slots so that metadata grows often. Each step
 * is one random call. After it every instance must give the model's result, hold the model's
 * regions and totals, and iterate its free ranges in both directions.
 *
 * Metadata is on the host, so that growth does not take part in placement. A second test runs the
 * variants with metadata=self, where no two need agree; there the invariants are what is tested.
 *
 * MB_TEST_SEED and MB_TEST_STEPS override seed and length. A failure prints the two that make its
 * sequence the first one, with the failing step last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define STEPS_PER_SEQUENCE 200
#define INSTANCES_MAX 64

enum kind {
	ADD,
	ADD_NODE,
	REMOVE,
	RESERVE,
	FREE,
	PHYSMEM,
	HOTPLUG,
	UNHOTPLUG,
	MIRROR,
	NOMAP,
	UNNOMAP,
	NOINIT,
	NODE,
	RESERVED_NODE,
	TRIM,
	ENFORCE,
	CAP,
	REMOVE_MAP,
	DIRECTION,
	LIMIT,
	PHYS_RANGE,
	CORE,
	VIRTUAL,
	EXACT,
	FIND,
	QUERY,
	RESERVE_KERN,
	RESERVE_NODE,
	MARK_KERN,
	SCRATCH,
	UNSCRATCH,
	SCRATCH_ONLY,
	HUGETLB,
	FLAGGED_SIZE,
	KINDS
};

/* How often each comes, of the sum of all. The destructive ones are rare. */
static const struct {
	const char *name;
	unsigned weight;
} kinds[KINDS] = {
	[ADD] = { "add", 40 },
	[ADD_NODE] = { "add_node", 60 },
	[REMOVE] = { "remove", 30 },
	[RESERVE] = { "reserve", 90 },
	[FREE] = { "phys_free", 70 },
	[PHYSMEM] = { "physmem_add", 8 },
	[HOTPLUG] = { "mark_hotplug", 10 },
	[UNHOTPLUG] = { "clear_hotplug", 10 },
	[MIRROR] = { "mark_mirror", 6 },
	[NOMAP] = { "mark_nomap", 12 },
	[UNNOMAP] = { "clear_nomap", 14 },
	[NOINIT] = { "reserved_mark_noinit", 10 },
	[NODE] = { "set_node memory", 24 },
	[RESERVED_NODE] = { "set_node reserved", 8 },
	[TRIM] = { "trim_memory", 2 },
	[ENFORCE] = { "enforce_memory_limit", 1 },
	[CAP] = { "cap_memory_range", 1 },
	[REMOVE_MAP] = { "mem_limit_remove_map", 1 },
	[DIRECTION] = { "set_bottom_up", 10 },
	[LIMIT] = { "set_current_limit", 8 },
	[PHYS_RANGE] = { "phys_alloc_range", 50 },
	[CORE] = { "alloc_range_nid", 50 },
	[VIRTUAL] = { "alloc_try_nid_raw", 60 },
	[EXACT] = { "alloc_exact_nid_raw", 40 },
	[FIND] = { "find", 60 },
	[QUERY] = { "query", 80 },
	[RESERVE_KERN] = { "reserve_kern", 10 },
	[RESERVE_NODE] = { "reserve_node", 8 },
	[MARK_KERN] = { "reserved_mark_kern", 6 },
	[SCRATCH] = { "mark_kho_scratch", 8 },
	[UNSCRATCH] = { "clear_kho_scratch", 6 },
	[SCRATCH_ONLY] = { "kho_scratch_only", 4 },
	[HUGETLB] = { "alloc_hugetlb", 16 },
	[FLAGGED_SIZE] = { "reserved_kern_size", 10 },
};

struct step {
	enum kind kind;
	unsigned first, end; /* units */
	uint64_t base, size; /* the same in bytes, or the size of a request */
	uint64_t align, lo, hi;
	int nid;
	uint32_t flags;
	bool on;
};

static uint64_t random_state;

static uint64_t random64(void)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static unsigned below(unsigned n)
{
	return (unsigned)(random64() % n);
}

static uint64_t setting(const char *name, uint64_t preset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : preset;
}

/* ---- one random step --------------------------------------------------------------------------- */

static int random_node(const struct mb_machine *machine)
{
	switch (below(8)) {
	case 0:
		return MB_NUMA_NO_NODE;
	case 1:
		return (int)machine->max_numnodes;
	case 2:
		return (int)machine->max_numnodes + 7; /* out of range in every way */
	default:
		return (int)below(4);
	}
}

static uint64_t random_bound(const struct model *m, bool upper)
{
	switch (below(6)) {
	case 0:
		return upper ? MB_ALLOC_ACCESSIBLE : 0;
	case 1:
		return upper ? MB_ALLOC_ANYWHERE : 0;
	case 2:
		return upper ? MB_ALLOC_NOLEAKTRACE : m->machine->page_size;
	default:
		return model_address(m, below(MODEL_UNITS));
	}
}

static struct step random_step(const struct model *m)
{
	struct step s = { 0 };
	unsigned sum = 0, at, length;

	for (unsigned k = 0; k < KINDS; k++)
		sum += kinds[k].weight;
	at = below(sum);
	while (at >= kinds[s.kind].weight)
		at -= kinds[s.kind++].weight;

	/* Short ranges make many regions; now and then one covers a lot of them. */
	length = below(12) ? below(8) : below(MODEL_UNITS);
	if (s.kind == ADD || s.kind == ADD_NODE)
		length *= 1 + below(4);
	s.first = below(MODEL_UNITS);
	s.end = s.first + length;
	if (s.end > MODEL_UNITS)
		s.end = MODEL_UNITS;
	s.base = model_address(m, s.first);
	s.size = model_address(m, s.end) - s.base;
	if (s.end == MODEL_UNITS && s.base + s.size == UINT64_MAX && below(2))
		s.size = UINT64_MAX; /* is cut at the top */
	s.nid = random_node(m->machine);
	s.on = below(2);
	s.align = below(16) ? MODEL_UNIT << below(7) : 0;
	switch (s.kind) {
	case ADD_NODE:
		s.flags = below(4) ? 0 : (MB_HOTPLUG | MB_DRIVER_MANAGED) & (uint32_t)random64();
		break;
	case TRIM:
		s.align = MODEL_UNIT << below(4);
		break;
	case ENFORCE:
	case REMOVE_MAP:
		s.size = (uint64_t)below(MODEL_UNITS) * MODEL_UNIT;
		break;
	case LIMIT:
		s.hi = below(3) ? model_address(m, below(MODEL_UNITS + 1)) : MB_ALLOC_ANYWHERE;
		break;
	case PHYS_RANGE:
	case CORE:
	case VIRTUAL:
	case EXACT:
	case FIND:
		s.size = (uint64_t)below(24) * MODEL_UNIT;
		s.lo = random_bound(m, false);
		s.hi = random_bound(m, true);
		s.flags = below(3) ? 0 : 0x4f & (uint32_t)random64();
		if (s.kind == FIND && !s.align)
			s.align = MODEL_UNIT;
		break;
	case RESERVE_NODE:
		s.flags = (MB_RSRV_NOINIT | MB_RSRV_KERN) & (uint32_t)random64();
		break;
	case SCRATCH_ONLY:
		s.on = !below(4);
		break;
	case HUGETLB:
		s.size = (uint64_t)MODEL_UNIT << below(6);
		break;
	case FLAGGED_SIZE:
		s.hi = below(3) ? model_address(m, below(MODEL_UNITS + 1)) : MB_ALLOC_ANYWHERE;
		s.flags = s.on ? MB_RSRV_KERN : MB_RSRV_HUGETLB;
		break;
	default:
		break;
	}
	return s;
}

static void describe(const struct step *s, char *text, size_t size)
{
	snprintf(text, size,
		 "%s base=%#llx size=%#llx align=%#llx lo=%#llx hi=%#llx nid=%d flags=%#x on=%d",
		 kinds[s->kind].name, (unsigned long long)s->base, (unsigned long long)s->size,
		 (unsigned long long)s->align, (unsigned long long)s->lo, (unsigned long long)s->hi,
		 s->nid, s->flags, s->on);
}

/* ---- the step on an instance, and on the model ------------------------------------------------- */

static uint64_t physical(struct mb *mb, const void *ptr)
{
	return ptr ? mb_virt_to_phys(mb, ptr) : 0;
}

/* Everything that looks up, folded into one number. */
static uint64_t query(struct mb *mb, const struct step *s)
{
	struct mb_region r = { 0 };
	uint64_t a = 0, b = 0, bits;
	int nid = mb_search_pfn_nid(mb, s->base / mb->page_size, &a, &b);

	bits = mb_is_memory(mb, s->base) | mb_is_map_memory(mb, s->base) << 1 |
	       mb_is_reserved(mb, s->base) << 2 | mb_is_region_memory(mb, s->base, s->size) << 3 |
	       mb_is_region_reserved(mb, s->base, s->size) << 4 |
	       mb_overlaps_region(mb, MB_MEMORY, s->base, s->size) << 5;
	mb_search(mb, MB_RESERVED, s->base, &r);
	return bits ^ (a << 8) ^ (b << 20) ^ (uint64_t)(unsigned)nid << 40 ^ r.base << 3 ^
	       r.size << 7 ^ mb_start_of_DRAM(mb) << 1 ^ mb_end_of_DRAM(mb) << 2;
}

static uint64_t run_step(struct mb *mb, const struct step *s)
{
	switch (s->kind) {
	case ADD:
		return (uint64_t)mb_add(mb, s->base, s->size);
	case ADD_NODE:
		return (uint64_t)mb_add_node(mb, s->base, s->size, s->nid, s->flags);
	case REMOVE:
		return (uint64_t)mb_remove(mb, s->base, s->size);
	case RESERVE:
		return (uint64_t)mb_reserve(mb, s->base, s->size);
	case FREE:
		return (uint64_t)mb_phys_free(mb, s->base, s->size);
	case PHYSMEM:
		return (uint64_t)mb_physmem_add(mb, s->base, s->size);
	case HOTPLUG:
		return (uint64_t)mb_mark_hotplug(mb, s->base, s->size);
	case UNHOTPLUG:
		return (uint64_t)mb_clear_hotplug(mb, s->base, s->size);
	case MIRROR:
		return (uint64_t)mb_mark_mirror(mb, s->base, s->size);
	case NOMAP:
		return (uint64_t)mb_mark_nomap(mb, s->base, s->size);
	case UNNOMAP:
		return (uint64_t)mb_clear_nomap(mb, s->base, s->size);
	case NOINIT:
		return (uint64_t)mb_reserved_mark_noinit(mb, s->base, s->size);
	case NODE:
		return (uint64_t)mb_set_node(mb, s->base, s->size, MB_MEMORY, s->nid);
	case RESERVED_NODE:
		return (uint64_t)mb_set_node(mb, s->base, s->size, MB_RESERVED, s->nid);
	case TRIM:
		mb_trim_memory(mb, s->align);
		return 0;
	case ENFORCE:
		mb_enforce_memory_limit(mb, s->size);
		return 0;
	case CAP:
		mb_cap_memory_range(mb, s->base, s->size);
		return 0;
	case REMOVE_MAP:
		mb_mem_limit_remove_map(mb, s->size);
		return 0;
	case DIRECTION:
		mb_set_bottom_up(mb, s->on);
		return 0;
	case LIMIT:
		mb_set_current_limit(mb, s->hi);
		return 0;
	case PHYS_RANGE:
		return mb_phys_alloc_range(mb, s->size, s->align, s->lo, s->hi);
	case CORE:
		return mb_alloc_range_nid(mb, s->size, s->align, s->lo, s->hi, s->nid, s->on);
	case VIRTUAL:
		return physical(mb,
				mb_alloc_try_nid_raw(mb, s->size, s->align, s->lo, s->hi, s->nid));
	case EXACT:
		return physical(mb, mb_alloc_exact_nid_raw(mb, s->size, s->align, s->lo, s->hi,
							   s->nid));
	case FIND:
		return mb_find(mb, s->size, s->align, s->lo, s->hi, s->nid, s->flags);
	case QUERY:
		return query(mb, s);
	case RESERVE_KERN:
		return (uint64_t)mb_reserve_kern(mb, s->base, s->size);
	case RESERVE_NODE:
		return (uint64_t)mb_reserve_node(mb, s->base, s->size, s->nid, s->flags);
	case MARK_KERN:
		return (uint64_t)mb_reserved_mark_kern(mb, s->base, s->size);
	case SCRATCH:
		return (uint64_t)mb_mark_kho_scratch(mb, s->base, s->size);
	case UNSCRATCH:
		return (uint64_t)mb_clear_kho_scratch(mb, s->base, s->size);
	case SCRATCH_ONLY:
		if (s->on)
			mb_set_kho_scratch_only(mb);
		else
			mb_clear_kho_scratch_only(mb);
		return 0;
	case HUGETLB:
		return physical(mb, mb_alloc_hugetlb(mb, s->size, s->nid, s->on));
	case FLAGGED_SIZE:
		return s->on ? mb_reserved_kern_size(mb, s->hi, s->nid) :
			       mb_reserved_hugetlb_size(mb, s->hi, s->nid);
	case KINDS:
		break;
	}
	return 0;
}

static uint64_t run_on_model(struct model *m, const struct step *s)
{
	int unassigned = (int)m->machine->max_numnodes;

	m->warned = false;
	m->unmerged = false;
	switch (s->kind) {
	case ADD:
		model_add(m, MB_MEMORY, s->first, s->end, unassigned, 0);
		break;
	case ADD_NODE:
		model_add(m, MB_MEMORY, s->first, s->end, s->nid, s->flags);
		break;
	case REMOVE:
		model_remove(m, MB_MEMORY, s->first, s->end);
		break;
	case RESERVE:
		model_reserve(m, s->first, s->end, MB_NONE);
		break;
	case FREE:
		model_remove(m, MB_RESERVED, s->first, s->end);
		break;
	case PHYSMEM:
		model_add(m, MB_PHYSMEM, s->first, s->end, unassigned, 0);
		break;
	case HOTPLUG:
		model_change(m, MB_MEMORY, s->first, s->end, MB_HOTPLUG, 0);
		break;
	case UNHOTPLUG:
		model_change(m, MB_MEMORY, s->first, s->end, 0, MB_HOTPLUG);
		break;
	case MIRROR:
		if (m->machine->kernelcore_mirror)
			model_change(m, MB_MEMORY, s->first, s->end, MB_MIRROR, 0);
		break;
	case NOMAP:
		model_change(m, MB_MEMORY, s->first, s->end, MB_NOMAP, 0);
		break;
	case UNNOMAP:
		model_change(m, MB_MEMORY, s->first, s->end, 0, MB_NOMAP);
		break;
	case NOINIT:
		model_change(m, MB_RESERVED, s->first, s->end, MB_RSRV_NOINIT, 0);
		break;
	case NODE:
		model_set_node(m, MB_MEMORY, s->first, s->end, s->nid);
		break;
	case RESERVED_NODE:
		model_set_node(m, MB_RESERVED, s->first, s->end, s->nid);
		break;
	case TRIM:
		model_trim(m, s->align);
		break;
	case ENFORCE:
		model_enforce(m, s->size);
		break;
	case CAP:
		model_cap(m, s->first, s->end);
		break;
	case REMOVE_MAP:
		model_remove_map(m, s->size);
		break;
	case DIRECTION:
		m->bottom_up = s->on;
		break;
	case LIMIT:
		m->limit = s->hi;
		break;
	case PHYS_RANGE:
		return model_alloc_core(m, s->size, s->align, s->lo, s->hi, MB_NUMA_NO_NODE, false);
	case CORE:
		return model_alloc_core(m, s->size, s->align, s->lo, s->hi, s->nid, s->on);
	case VIRTUAL:
		return model_alloc(m, s->size, s->align, s->lo, s->hi, s->nid, false);
	case EXACT:
		return model_alloc(m, s->size, s->align, s->lo, s->hi, s->nid, true);
	case FIND:
		return model_find(m, s->size, s->align, s->lo, s->hi, s->nid, s->flags);
	case RESERVE_KERN:
		model_reserve(m, s->first, s->end, MB_RSRV_KERN);
		break;
	case RESERVE_NODE:
		model_add(m, MB_RESERVED, s->first, s->end, s->nid, s->flags);
		break;
	case MARK_KERN:
		model_change(m, MB_RESERVED, s->first, s->end, MB_RSRV_KERN, 0);
		break;
	case SCRATCH:
		model_change(m, MB_MEMORY, s->first, s->end, MB_KHO_SCRATCH, 0);
		break;
	case UNSCRATCH:
		model_change(m, MB_MEMORY, s->first, s->end, 0, MB_KHO_SCRATCH);
		break;
	case SCRATCH_ONLY:
		m->scratch_only = s->on;
		break;
	case HUGETLB:
		return model_alloc_hugetlb(m, s->size, s->nid, s->on);
	case FLAGGED_SIZE:
		return model_reserved_size(m, s->flags, s->hi, s->nid);
	case QUERY:
	case KINDS:
		break;
	}
	return 0;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static const char *difference; /* what differed, of the last comparison */
static char detail[256];

static bool same_ranges(struct mb_iter *it, const struct mb_range *want, unsigned n, bool reverse,
			const char *what)
{
	struct mb_range r;
	unsigned i = 0;

	for (; mb_next(it, &r); i++) {
		const struct mb_range *w = &want[reverse ? n - 1 - i : i];

		if (i < n && r.base == w->base && r.end == w->end && r.nid == w->nid &&
		    r.flags == w->flags)
			continue;
		difference = what;
		snprintf(detail, sizeof(detail), "%u: %#llx-%#llx node %d flags %#x", i,
			 (unsigned long long)r.base, (unsigned long long)r.end, r.nid, r.flags);
		if (i < n)
			snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail),
				 ", model %#llx-%#llx node %d flags %#x",
				 (unsigned long long)w->base, (unsigned long long)w->end, w->nid,
				 w->flags);
		return false;
	}
	if (i != n) {
		difference = what;
		snprintf(detail, sizeof(detail), "%u ranges, model %u", i, n);
	}
	return i == n;
}

static bool same_state(struct mb *mb, const struct model *m, int nid, uint32_t flags)
{
	static struct mb_range want[MODEL_UNITS];
	struct mb_iter it;

	for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
		unsigned n = model_regions(m, w, want);

		if (!n && m->machine->profile->empty_has_dummy) {
			want[0] = (struct mb_range){
				0, 0, m->emptied[w] ? (int)m->machine->max_numnodes : 0, 0
			};
			n = 1;
		}
		for (int reverse = 0; reverse < 2; reverse++) {
			mb_iter_regions(&it, mb, w, reverse);
			if (!same_ranges(&it, want, n, reverse, mb_which_name(w)))
				return false;
		}
		if (mb_cnt(mb, w) != n || mb_total_size(mb, w) != m->total[w]) {
			difference = "count or total size of";
			snprintf(detail, sizeof(detail), "%s: %u, %#llx, model %u, %#llx",
				 mb_which_name(w), mb_cnt(mb, w),
				 (unsigned long long)mb_total_size(mb, w), n,
				 (unsigned long long)m->total[w]);
			return false;
		}
	}
	for (int reverse = 0; reverse < 2; reverse++) {
		unsigned n = model_ranges(m, MB_MEMORY, MB_RESERVED, nid, flags, want);

		mb_iter_free(&it, mb, nid, flags, reverse);
		if (!same_ranges(&it, want, n, reverse, "free ranges"))
			return false;
		n = model_ranges(m, MB_RESERVED, MB_PHYSMEM, nid, flags, want);
		mb_iter_ranges(&it, mb, MB_RESERVED, MB_PHYSMEM, nid, flags, reverse);
		if (!same_ranges(&it, want, n, reverse, "reserved minus physmem"))
			return false;
	}
	return true;
}

/* The model has no answer to a query but by looking at every unit. */
static bool query_agrees(struct mb *mb, const struct model *m, const struct step *s)
{
	const struct model_unit *memory = m->units[MB_MEMORY], *reserved = m->units[MB_RESERVED];
	bool one = s->first < MODEL_UNITS && memory[s->first].there, any = false, taken = false;

	for (unsigned i = s->first; i < s->end; i++) {
		one &= memory[i].there && memory[i].nid == memory[s->first].nid &&
		       memory[i].flags == memory[s->first].flags;
		any |= memory[i].there;
		taken |= reserved[i].there;
	}
	return mb_is_memory(mb, s->base) == memory[s->first].there &&
	       mb_is_reserved(mb, s->base) == reserved[s->first].there &&
	       mb_is_map_memory(mb, s->base) ==
		       (memory[s->first].there && !(memory[s->first].flags & MB_NOMAP)) &&
	       mb_is_region_memory(mb, s->base, s->size) == one &&
	       (!s->size || mb_overlaps_region(mb, MB_MEMORY, s->base, s->size) == any) &&
	       (!s->size || mb_is_region_reserved(mb, s->base, s->size) == taken);
}

/* ---- sequences --------------------------------------------------------------------------------- */

static struct fixture fixtures[INSTANCES_MAX];
static unsigned instances;

static void random_machine(struct mb_machine *machine, uint64_t *origin)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	static const uint64_t origins[] = {
		0,                  /* page 0 is there */
		0xffff0000,         /* around 4 GiB; at the top with 32 bits */
		0x123456780000,     /* anywhere */
		0xfffffffffffe0000, /* at the top of the address space */
	};

	*machine = fixture_machine;
	machine->cache_line = MODEL_UNIT;
	machine->profile = mb_profile_find(profiles[below(3)]);
	machine->metadata = MB_METADATA_HOST;
	machine->movable_node = below(2);
	machine->kernelcore_mirror = below(4) == 0;
	machine->physmem = true;
	*origin = origins[below(4)];
	if (below(4) == 0) {
		machine->addr_bits = 32;
		*origin = below(2) ? 0xfffe0000 : 0;
	}
}

/* Every store and build with few slots; those with parameters in other shapes, too. */
static void start_instances(const struct mb_machine *machine)
{
	static const char *const shapes[] = {
		"array:init=8:growth=1.5:search=binary:merge=full",
		"array:init=4:growth=1.1",
	};
	struct mb_variant_spec specs[INSTANCES_MAX / MB_BUILDS];
	unsigned n = store_specs(specs, sizeof(specs) / sizeof(specs[0]));

	instances = 0;
	for (unsigned i = 0; i < n; i++) {
		char text[96];

		for (unsigned b = 0; b < MB_BUILDS; b++) {
			struct mb_variant_spec spec;

			snprintf(text, sizeof(text), b < MB_KFLAGS ? "%s:init=8" : "%s",
				 specs[i].variant->name);
			spec = spec_of(text, b);
			fixture_start(&fixtures[instances++], machine, &spec);
		}
	}
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct mb_variant_spec spec = spec_of(shapes[i], MB_O2);

		fixture_start(&fixtures[instances++], machine, &spec);
	}
	for (unsigned i = 0; i < instances; i++)
		mb_allow_resize(fixtures[i].mb);
}

static void stop_instances(void)
{
	while (instances)
		fixture_stop(&fixtures[--instances]);
}

static void report(uint64_t seed, unsigned step, const struct step *s, const struct fixture *f)
{
	char text[256];

	describe(s, text, sizeof(text));
	print_error("%s: %s: %s\nafter %s\nreplay: MB_TEST_SEED=%llu MB_TEST_STEPS=%u "
		    "MB_SOURCE_DIR=. build/tests/test_model\n",
		    fixture_name(f), difference, detail, text, (unsigned long long)seed, step + 1);
}

/* What a step on @f gave, against the model and the first instance. Sets difference. */
static bool outcome_agrees(struct fixture *f, const struct model *m, const struct step *s,
			   uint64_t got, uint64_t want, uint64_t warnings)
{
	const char *why = NULL;

	snprintf(detail, sizeof(detail), "%#llx, expected %#llx", (unsigned long long)got,
		 (unsigned long long)want);
	if (got != want)
		difference = "result";
	else if ((mb_warnings(f->mb) > warnings) != m->warned)
		difference = m->warned ? "no warning" : "a warning that should not be";
	else if (f->line_count != fixtures[0].line_count)
		difference = "number of log lines";
	else if (mb_check(f->mb, &why))
		difference = why;
	else if (s->kind == QUERY && !query_agrees(f->mb, m, s))
		difference = "query";
	else
		return true;
	return false;
}

/* Run a step on every instance. False, and a report, at the first that differs. */
static bool step_agrees(struct model *m, const struct step *s, uint64_t seed, unsigned number)
{
	uint64_t want = run_on_model(m, s);
	int nid = random_node(m->machine);
	uint32_t flags = below(2) ? 0 : 0x4f & (uint32_t)random64();

	for (unsigned i = 0; i < instances; i++) {
		struct fixture *f = &fixtures[i];
		uint64_t warnings = mb_warnings(f->mb);
		uint64_t got = run_step(f->mb, s);

		if (!i && s->kind == QUERY)
			want = got;
		if (!outcome_agrees(f, m, s, got, want, warnings) ||
		    (!m->unmerged && !same_state(f->mb, m, nid, flags))) {
			report(seed, number, s, f);
			return false;
		}
	}
	return true;
}

static void test_against_model(void **state)
{
	uint64_t seed = setting("MB_TEST_SEED", 20240612);
	unsigned steps = (unsigned)setting("MB_TEST_STEPS", 12000);
	static struct model model;

	(void)state;
	while (steps) {
		struct mb_machine machine;
		uint64_t origin;
		bool agrees = true;

		random_state = seed;
		random_machine(&machine, &origin);
		model_init(&model, &machine, origin);
		start_instances(&machine);
		/* Once alike neighbours may have stayed apart, the model no longer knows where regions end. */
		for (unsigned i = 0; agrees && !model.unmerged && steps && i < STEPS_PER_SEQUENCE;
		     i++) {
			struct step s = random_step(&model);

			agrees = step_agrees(&model, &s, seed, i);
			steps--;
		}
		stop_instances();
		assert_true(agrees);
		seed++;
	}
}

/* ---- metadata in the managed memory ------------------------------------------------------------ */

/*
 * Reserve and free at random until every collection has grown several times. The storage must be
 * reserved as long as it is used, and nothing else may be given out there.
 */
static void exercise_self(const struct mb_variant_spec *spec)
{
	struct mb_machine machine = fixture_machine;
	static struct fixture f;
	uint64_t now[MB_COLLECTIONS] = { 0 }, size[MB_COLLECTIONS] = { 0 };
	unsigned seen = 0;

	machine.metadata = MB_METADATA_SELF;
	fixture_start(&f, &machine, spec);
	mb_allow_resize(f.mb);
	mb_add(f.mb, 0x1000000, 0x4000000);
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t base = 0x1000000 + (uint64_t)below(0x4000) * 0x1000, at = 0;
		const char *why = NULL;

		mb_set_bottom_up(f.mb, below(2));
		if (!below(5)) {
			mb_add(f.mb, 0x100000000 + (uint64_t)below(4000) * 0x2000, 0x1000);
		} else if (below(3)) {
			at = mb_phys_alloc(f.mb, 0x800, 0x1000);
			assert_true(at != 0);
		} else {
			/* Free what is no metadata. */
			for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
				if (base + 0x1000 > now[w] && base < now[w] + size[w])
					base = 0;
			}
			if (base)
				mb_phys_free(f.mb, base, 0x1000);
		}
		for (; seen < f.growth_count; seen++) {
			const struct mb_growth *g = &f.growths[seen];

			assert_int_equal(g->old_base, now[g->which]);
			assert_int_equal(g->old_size, size[g->which]);
			now[g->which] = g->base;
			size[g->which] = g->size;
		}
		for (unsigned w = 0; w < MB_COLLECTIONS; w++) {
			assert_true(!at || !size[w] || at + 0x800 <= now[w] ||
				    at >= now[w] + size[w]);
			for (uint64_t page = 0; page < size[w]; page += 0x1000)
				assert_true(mb_is_reserved(f.mb, now[w] + page));
		}
		if (mb_check(f.mb, &why))
			fail_msg("%s: step %u: %s", fixture_name(&f), i, why);
	}
	assert_true(seen >= 4);
	fixture_stop(&f);
}

static void test_self_metadata(void **state)
{
	struct mb_variant_spec specs[16];
	unsigned n = store_specs(specs, 16);

	(void)state;
	for (unsigned i = 0; i < n * MB_BUILDS; i++) {
		struct mb_variant_spec spec = specs[i / MB_BUILDS];

		spec.build = i % MB_BUILDS;
		random_state = setting("MB_TEST_SEED", 7) + i;
		exercise_self(&spec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_self_metadata),
	};

	return cmocka_run_group_tests_name("random operations", tests, NULL, NULL);
}
