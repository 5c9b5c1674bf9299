/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_calls.c - the statements of a worked case that call memblock, one table per shape of call.
 * The language is described in script.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "script_impl.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- calls on a range that give a status ------------------------------------------------------- */

static bool call_on_range(struct script *s, char **w, int *rc)
{
	static const struct {
		const char *name;
		int (*call)(struct mb *mb, uint64_t base, uint64_t size);
	} plain[] = {
		{ "remove", mb_remove },
		{ "free", mb_phys_free },
		{ "kern", mb_reserve_kern },
		{ "physmem", mb_physmem_add },
		{ "hotplug", mb_mark_hotplug },
		{ "unhotplug", mb_clear_hotplug },
		{ "mirror", mb_mark_mirror },
		{ "nomap", mb_mark_nomap },
		{ "unnomap", mb_clear_nomap },
		{ "noinit", mb_reserved_mark_noinit },
		{ "mark_kern", mb_reserved_mark_kern },
		{ "scratch", mb_mark_kho_scratch },
		{ "unscratch", mb_clear_kho_scratch },
		{ "scratch_area", mb_add_scratch_area },
	};
	struct mb *mb = s->f.mb;
	struct script_range r;

	for (size_t i = 0; i < COUNT(plain); i++) {
		if (strcmp(w[0], plain[i].name) != 0)
			continue;
		r = script_range(s, w[1]);
		*rc = plain[i].call(mb, r.base, r.size);
		return true;
	}
	if (!strcmp(w[0], "add")) {
		r = script_range(s, w[1]);
		*rc = r.attributes ? mb_add_node(mb, r.base, r.size, r.nid, r.flags) :
				     mb_add(mb, r.base, r.size);
	} else if (!strcmp(w[0], "rsv")) {
		r = script_range(s, w[1]);
		*rc = r.attributes ? mb_reserve_node(mb, r.base, r.size, r.nid, r.flags) :
				     mb_reserve(mb, r.base, r.size);
	} else if (!strcmp(w[0], "node") || !strcmp(w[0], "rnode")) {
		r = script_range(s, w[1]);
		*rc = mb_set_node(mb, r.base, r.size, w[0][0] == 'r' ? MB_RESERVED : MB_MEMORY,
				  script_node(s, w[2]));
	} else {
		return false;
	}
	return true;
}

/* ---- allocations ------------------------------------------------------------------------------- */

static uint64_t physical(struct script *s, const void *ptr)
{
	return ptr ? mb_virt_to_phys(s->f.mb, ptr) : 0;
}

/* The caller that a panic names. */
static void *early_setup(struct mb *mb, uint64_t size, uint64_t align)
{
	return mb_alloc_or_panic(mb, size, align);
}

/* Calls that give an address, 0 for none. */
static bool call_alloc(struct script *s, char **w, uint64_t *at)
{
	struct mb *mb = s->f.mb;
	uint64_t n[6] = { 0 };
	unsigned words = 0;
	void *ptr = NULL;

	/* Each name with the meaning of its words: a number, a node. */
	static const struct {
		const char *name, *words;
	} forms[] = {
		{ "phys", "nn" },      { "range", "nnnn" },  { "try", "nn@" },
		{ "core", "nnnn@n" },  { "raw", "nnnn@" },   { "exact", "nnnn@" },
		{ "nid", "nnnn@" },    { "alloc", "nn" },    { "alloc_raw", "nn" },
		{ "alloc_low", "nn" }, { "from", "nnn" },    { "node_alloc", "nn@" },
		{ "or_panic", "nn" },  { "find", "nnnn@n" }, { "hugetlb", "n@n" },
	};
	const char *form = NULL, *name = w[0];

	for (size_t i = 0; i < COUNT(forms); i++) {
		if (!strcmp(name, forms[i].name))
			form = forms[i].words;
	}
	if (!form)
		return false;
	for (; form[words]; words++) {
		n[words] = form[words] == '@' ? (uint64_t)(int64_t)script_node(s, w[words + 1]) :
						script_number(s, w[words + 1]);
	}
	if (w[words + 1])
		script_wrong(s, "the case has '%s' too many", w[words + 1]);

#define IS(word) (!strcmp(name, word))
	if (IS("phys"))
		*at = mb_phys_alloc(mb, n[0], n[1]);
	else if (IS("range"))
		*at = mb_phys_alloc_range(mb, n[0], n[1], n[2], n[3]);
	else if (IS("try"))
		*at = mb_phys_alloc_try_nid(mb, n[0], n[1], (int)n[2]);
	else if (IS("core"))
		*at = mb_alloc_range_nid(mb, n[0], n[1], n[2], n[3], (int)n[4], n[5]);
	else if (IS("find"))
		*at = mb_find(mb, n[0], n[1], n[2], n[3], (int)n[4], (uint32_t)n[5]);
	else if (IS("raw"))
		ptr = mb_alloc_try_nid_raw(mb, n[0], n[1], n[2], n[3], (int)n[4]);
	else if (IS("exact"))
		ptr = mb_alloc_exact_nid_raw(mb, n[0], n[1], n[2], n[3], (int)n[4]);
	else if (IS("nid"))
		ptr = mb_alloc_try_nid(mb, n[0], n[1], n[2], n[3], (int)n[4]);
	else if (IS("alloc"))
		ptr = mb_alloc(mb, n[0], n[1]);
	else if (IS("alloc_raw"))
		ptr = mb_alloc_raw(mb, n[0], n[1]);
	else if (IS("alloc_low"))
		ptr = mb_alloc_low(mb, n[0], n[1]);
	else if (IS("from"))
		ptr = mb_alloc_from(mb, n[0], n[1], n[2]);
	else if (IS("node_alloc"))
		ptr = mb_alloc_node(mb, n[0], n[1], (int)n[2]);
	else if (IS("or_panic"))
		ptr = early_setup(mb, n[0], n[1]);
	else if (IS("hugetlb"))
		ptr = mb_alloc_hugetlb(mb, n[0], (int)n[1], n[2]);
#undef IS
	if (ptr)
		*at = physical(s, ptr);
	return true;
}

/* ---- switches and calls without a result ------------------------------------------------------- */

static void fill(struct script *s, char **w)
{
	enum mb_which which = script_collection(s, w[1]);
	unsigned count = script_decimal(s, w[2]);
	uint64_t base = script_number(s, w[3]);

	for (unsigned i = 0; i < count; i++, base += 0x2000) {
		int rc = which == MB_MEMORY ? mb_add(s->f.mb, base, 0x1000) :
					      mb_reserve(s->f.mb, base, 0x1000);

		if (rc)
			script_unlike(s, "region %u returns %d", i, rc);
	}
}

/* What a machine is made with; cases change it half way. */
static void set_machine(struct script *s, char **w)
{
	struct mb *mb = s->f.mb;

	if (!strcmp(w[1], "movable"))
		mb->machine.movable_node = true;
	else if (!strcmp(w[1], "mirror"))
		mb->machine.kernelcore_mirror = true;
	else if (!strcmp(w[1], "max_low_pfn"))
		mb->machine.max_low_pfn = script_number(s, w[2]);
	else
		script_wrong(s, "the case sets '%s', which is nothing", w[1]);
	script_machine_changed(s);
}

static bool call_switch(struct script *s, char **w)
{
	struct mb *mb = s->f.mb;

	if (!strcmp(w[0], "up") || !strcmp(w[0], "down")) {
		mb_set_bottom_up(mb, w[0][0] == 'u');
		if (mb_bottom_up(mb) != (w[0][0] == 'u'))
			script_wrong(s, "the direction was not kept");
	} else if (!strcmp(w[0], "limit")) {
		mb_set_current_limit(mb, script_number(s, w[1]));
		if (mb_get_current_limit(mb) != script_number(s, w[1]))
			script_wrong(s, "the limit was not kept");
	} else if (!strcmp(w[0], "allow")) {
		mb_allow_resize(mb);
	} else if (!strcmp(w[0], "debug")) {
		mb_set_debug(mb, true);
	} else if (!strcmp(w[0], "scratch_only") && w[1]) {
		if (w[1][1] == 'n')
			mb_set_kho_scratch_only(mb);
		else
			mb_clear_kho_scratch_only(mb);
	} else if (!strcmp(w[0], "deferred")) {
		s->f.deferred = true;
	} else if (!strcmp(w[0], "preserved")) {
		s->f.preserved = true;
	} else if (!strcmp(w[0], "slab") && w[1]) {
		if (!strcmp(w[1], "up") || !strcmp(w[1], "down"))
			mb_set_slab_available(mb, w[1][0] == 'u');
		else
			s->f.slab_fails = !strcmp(w[1], "fails");
	} else if (!strcmp(w[0], "set") && w[1]) {
		set_machine(s, w);
	} else {
		return false;
	}
	return true;
}

static bool call_void(struct script *s, char **w)
{
	struct mb *mb = s->f.mb;
	struct script_range r;

	if (!strcmp(w[0], "trim")) {
		mb_trim_memory(mb, script_number(s, w[1]));
	} else if (!strcmp(w[0], "enforce")) {
		mb_enforce_memory_limit(mb, script_number(s, w[1]));
	} else if (!strcmp(w[0], "cap")) {
		r = script_range(s, w[1]);
		mb_cap_memory_range(mb, r.base, r.size);
	} else if (!strcmp(w[0], "remove_map")) {
		mb_mem_limit_remove_map(mb, script_number(s, w[1]));
	} else if (!strcmp(w[0], "region_node")) {
		mb_set_region_node(mb, script_collection(s, w[1]), script_number(s, w[2]),
				   script_node(s, w[3]));
	} else if (!strcmp(w[0], "free_ptr")) {
		r = script_range(s, w[1]);
		mb_free(mb, mb_phys_to_virt(mb, r.base), r.size);
		mb_free(mb, NULL, r.size);
	} else if (!strcmp(w[0], "fill")) {
		fill(s, w);
	} else if (!strcmp(w[0], "dump")) {
		mb_dump_all(mb);
	} else if (!strcmp(w[0], "late")) {
		r = script_range(s, w[1]);
		mb_free_late(mb, r.base, r.size);
	} else if (!strcmp(w[0], "discard")) {
		mb_discard(mb);
	} else if (!strcmp(w[0], "reset_managed")) {
		mb_reset_all_zones_managed_pages(mb);
	} else {
		return false;
	}
	return true;
}

/* ---- after the search for memory: hand-over, names --------------------------------------------- */

static bool call_late(struct script *s, char **w, char *rest, char *is, size_t size)
{
	struct mb *mb = s->f.mb;

	if (!strcmp(w[0], "handover")) {
		snprintf(is, size, "%llx", (unsigned long long)mb_free_all(mb));
	} else if (!strcmp(w[0], "area")) {
		struct script_range r = script_range(s, w[1]);
		uint64_t pages = mb_free_reserved_area(mb, mb_phys_to_virt(mb, r.base),
						       mb_phys_to_virt(mb, r.base + r.size),
						       script_node(s, w[2]), w[3]);

		snprintf(is, size, "%llx", (unsigned long long)pages);
	} else if (!strcmp(w[0], "named")) {
		int rc = mb_reserve_mem(mb, script_unquote(rest));

		snprintf(is, size, "%s",
			 rc == 1       ? "1" :
			 rc == -EINVAL ? "EINVAL" :
			 rc == -EBUSY  ? "EBUSY" :
			 rc == -ENOMEM ? "ENOMEM" :
					 "error");
	} else if (!strcmp(w[0], "found")) {
		uint64_t start = 0xdead, bytes = 0xdead; /* outputs are kept if nothing is found */
		int rc = mb_reserve_mem_find_by_name(mb, script_unquote(rest), &start, &bytes);

		if (rc == 1)
			snprintf(is, size, "%llx %llx", (unsigned long long)start,
				 (unsigned long long)bytes);
		else if (rc || start != 0xdead || bytes != 0xdead)
			snprintf(is, size, "returned %d, outputs changed", rc);
		else
			snprintf(is, size, "0");
	} else if (!strcmp(w[0], "release")) {
		snprintf(is, size, "%d", mb_reserve_mem_release_by_name(mb, script_unquote(rest)));
	} else {
		return false;
	}
	return true;
}

/* ---- reports, tests of memory, hash tables ------------------------------------------------------ */

static bool call_report(struct script *s, char **w, char *is, size_t size)
{
	struct mb *mb = s->f.mb;

	*is = 0;
	if (!strcmp(w[0], "debugfs")) {
		mb_debugfs_show(mb, script_collection(s, w[1]), fixture_line, &s->f);
	} else if (!strcmp(w[0], "debugfs_named")) {
		mb_debugfs_reserve_mem(mb, fixture_line, &s->f);
	} else if (!strcmp(w[0], "bad")) {
		struct script_range r = script_range(s, w[1]);

		s->f.bad = r.base;
		s->f.bad_end = r.base + r.size;
	} else if (!strcmp(w[0], "memtest")) {
		mb_memtest(mb, script_number(s, w[1]), script_number(s, w[2]),
			   script_decimal(s, w[3]));
	} else if (!strcmp(w[0], "meminfo")) {
		mb_memtest_report(mb, fixture_line, &s->f);
	} else if (!strcmp(w[0], "hash")) {
		unsigned shift = 0, mask = 0;
		void *table = mb_alloc_large_system_hash(
			mb, "Test", script_number(s, w[1]), script_number(s, w[2]),
			script_decimal(s, w[3]), (unsigned)script_number(s, w[4]), &shift, &mask,
			script_number(s, w[5]), script_number(s, w[6]));

		snprintf(is, size, "%llx %u %x", (unsigned long long)physical(s, table), shift,
			 mask);
	} else if (!strcmp(w[0], "hashdist")) {
		snprintf(is, size, "%d", mb_hashdist_default(mb));
	} else {
		return false;
	}
	return true;
}

bool script_call(struct script *s, char **w, char *rest, char *is, size_t size)
{
	uint64_t at = 0;
	int rc = 0;

	s->is_status = call_on_range(s, w, &rc);
	if (s->is_status)
		snprintf(is, size, "%s", !rc ? "0" : rc == -ENOMEM ? "ENOMEM" : "error");
	else if (call_switch(s, w) || call_void(s, w))
		*is = 0;
	else if (call_alloc(s, w, &at))
		snprintf(is, size, "%llx", (unsigned long long)at);
	else
		return call_late(s, w, rest, is, size) || call_report(s, w, is, size);
	return true;
}
