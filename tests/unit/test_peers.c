/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_peers.c - peers, C++ containers with a few operations: they answer as array does, and refuse the rest.
 *
 * Random calls on both, in a window so small that most of them meet what is there; after each the answers and all
 * regions, in both directions, are compared. A failure names variant, profile, direction and the number of the call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define PAGE 0x1000ull
#define CALLS 800
#define WINDOW 160 /* pages */

static struct fixture peer, array;

/* The peers that this program has; CI wants all. */
static unsigned peer_specs(struct mb_variant_spec *specs, unsigned max)
{
	unsigned count, n = 0;
	const struct mb_variant *v = mb_variants(&count);
	char error[256];

	for (unsigned i = 0; i < count && n < max; i++) {
		if (v[i].kind != MB_KIND_PEER)
			continue;
		if (!mb_variant_parse(v[i].name, &specs[n], error, sizeof(error)))
			n++;
		else if (getenv("CI"))
			fail_msg("%s", error);
		else
			print_message("SKIP: %s\n", error);
	}
	assert_true(n > 0); /* std::map is always there */
	return n;
}

/* Both, with the same machine: array's metadata is where it does not matter. */
static void start(const struct mb_variant_spec *spec, const struct mb_machine *machine)
{
	struct mb_variant_spec other = spec_of("array", MB_O2);

	fixture_start(&peer, machine, spec);
	fixture_start(&array, machine, &other);
	mb_allow_resize(array.mb);
	mb_set_zeroing(array.mb, false);
	mb_set_zeroing(peer.mb, false);
}

static void stop(void)
{
	fixture_stop(&peer);
	fixture_stop(&array);
}

/* Does a walk show the same of both? An empty collection has a dummy in 6.1, but not in a peer. */
static bool is_same_walk(enum mb_which which, bool reverse)
{
	struct mb_range got = { 0 }, wanted = { 0 };
	struct mb_iter a, b;
	bool more;

	mb_iter_regions(&a, peer.mb, which, reverse);
	mb_iter_regions(&b, array.mb, which, reverse);
	do {
		more = mb_next(&a, &got);
		if (more != (mb_next(&b, &wanted) && array.mb->c[which].cnt))
			return false;
	} while (more && got.base == wanted.base && got.end == wanted.end &&
		 got.nid == wanted.nid && got.flags == wanted.flags);
	return !more;
}

static void expect_same_regions(const char *after)
{
	static char got[1 << 16], wanted[1 << 16];

	for (unsigned i = 0; i < 4; i++) {
		const enum mb_which which = i / 2 ? MB_RESERVED : MB_MEMORY;

		if (!is_same_walk(which, i % 2))
			fail_msg("%s: %s: %s of %s: got '%s', expected '%s'", fixture_name(&peer),
				 after, i % 2 ? "downwards" : "upwards", mb_which_name(which),
				 regions_text(peer.mb, which, got, sizeof(got)),
				 regions_text(array.mb, which, wanted, sizeof(wanted)));
		assert_int_equal(peer.mb->c[which].cnt, array.mb->c[which].cnt);
		assert_true(peer.mb->c[which].total_size == array.mb->c[which].total_size);
	}
}

/* Arguments of a random call. */
struct call {
	unsigned kind;
	uint64_t base, size, align, start, end;
	int nid;
	uint32_t flags;
	bool exact;
};

static struct call draw(uint64_t *random)
{
	static const uint32_t flags[] = { MB_NONE,   MB_NONE,  MB_NONE,           MB_HOTPLUG,
					  MB_MIRROR, MB_NOMAP, MB_DRIVER_MANAGED, MB_KHO_SCRATCH };
	struct call c = { .kind = (unsigned)random_below(random, 16) };

	c.base = (1 + random_below(random, WINDOW)) * PAGE;
	c.size = random_below(random, 12) * PAGE + random_below(random, 2) * 0x40;
	if (!random_below(random, 50)) /* over the end of the address space */
		c.base = UINT64_MAX - random_below(random, 4) * PAGE;
	c.align = 1ull << random_below(random, 17);
	c.start = random_below(random, 3) ? 0 : random_below(random, WINDOW) * PAGE;
	c.end = random_below(random, 3) ? MB_ALLOC_ACCESSIBLE : random_below(random, WINDOW) * PAGE;
	c.nid = (int)random_below(random, 6) - 1; /* none, 0 ... 3, and: */
	if (c.nid == 4)
		c.nid = (int)mb_max_numnodes(array.mb);
	c.flags = flags[random_below(random, sizeof(flags) / sizeof(flags[0]))];
	c.exact = random_below(random, 2);
	return c;
}

static uint64_t make_call(struct mb *mb, const struct call *c)
{
	struct mb_region r = { 0 };
	uint64_t size = c->size ? c->size : 1; /* of a search: that for nothing is not offered */

	switch (c->kind) {
	case 0:
		return (uint64_t)mb_add(mb, c->base, c->size);
	case 1:
	case 2:
	case 3:
		return (uint64_t)mb_add_node(mb, c->base, c->size, c->nid, c->flags);
	case 4:
		return (uint64_t)mb_remove(mb, c->base, c->size / 2);
	case 5:
	case 6:
		return (uint64_t)mb_reserve(mb, c->base, c->size / 4);
	case 7:
		return (uint64_t)mb_reserve_node(mb, c->base, c->size / 4, c->nid,
						 c->flags & MB_RSRV_KERN);
	case 8:
	case 9:
	case 10:
		return (uint64_t)mb_phys_free(mb, c->base, c->size);
	case 11:
		return mb_search(mb, c->exact ? MB_MEMORY : MB_RESERVED, c->base, &r) ?
			       r.base ^ r.size ^ (uint64_t)(uint32_t)r.nid << 32 ^ r.flags :
			       1;
	case 12:
		return mb_overlaps_region(mb, c->exact ? MB_MEMORY : MB_RESERVED, c->base,
					  c->size) +
		       2 * mb_is_memory(mb, c->base) + 4 * mb_is_reserved(mb, c->base);
	case 13:
		return mb_alloc_range_nid(mb, size, c->align, c->start, c->end, c->nid, c->exact);
	default:
		return mb_find(mb, size, c->align, c->start, c->end, c->nid, c->flags);
	}
}

static void differ(const struct mb_variant_spec *spec, const struct mb_machine *machine,
		   bool bottom_up, bool mirror)
{
	void *saved = NULL, *saved_array = NULL;
	uint64_t random = bottom_up + 2 * mirror, found = 0;

	start(spec, machine);
	mb_set_bottom_up(peer.mb, bottom_up);
	mb_set_bottom_up(array.mb, bottom_up);
	peer.mb->has_mirror = array.mb->has_mirror = mirror;
	for (unsigned i = 0; i < CALLS; i++) {
		const struct call c = draw(&random);
		const uint64_t got = make_call(peer.mb, &c), wanted = make_call(array.mb, &c);
		char text[200];

		snprintf(text, sizeof(text), "%s%s, call %u, kind %u(base %#llx, size %#llx)",
			 bottom_up ? "bottom-up" : "top-down", mirror ? ", mirrored" : "", i,
			 c.kind, (unsigned long long)c.base, (unsigned long long)c.size);
		if (got != wanted)
			fail_msg("%s: %s: %#llx, expected %#llx", fixture_name(&peer), text,
				 (unsigned long long)got, (unsigned long long)wanted);
		found += c.kind >= 13 && got;
		expect_same_regions(text);
		assert_int_equal(mb_check(peer.mb, NULL), 0);
		if (i == CALLS / 2) {
			saved = malloc(mb_snapshot_size(peer.mb));
			saved_array = malloc(mb_snapshot_size(array.mb));
			assert_true(saved && saved_array);
			mb_snapshot(peer.mb, saved);
			mb_snapshot(array.mb, saved_array);
		}
	}
	assert_true(found > CALLS / 40); /* or the searches were of nothing */
	mb_restore(peer.mb, saved);
	mb_restore(array.mb, saved_array);
	expect_same_regions("back at the snapshot");
	free(saved);
	free(saved_array);
	stop();
}

static void test_answers_are_those_of_array(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12", "new" };
	struct mb_variant_spec specs[8];
	unsigned n = peer_specs(specs, 8);

	(void)state;
	for (unsigned i = 0; i < n * 3 * 2 * 4; i++) {
		struct mb_variant_spec spec = specs[i / 24];
		struct mb_machine machine = fixture_machine;

		machine.metadata = MB_METADATA_HOST;
		machine.profile = mb_profile_find(profiles[i % 3]);
		machine.movable_node = i / 12 % 2;
		spec.build = i / 12 % 2 ? MB_O2 : MB_O2_COUNTED;
		differ(&spec, &machine, i / 3 % 2, i / 6 % 2);
	}
}

/* A loaded state comes back whole, however far it went; its inserts may be in any order. */
static void test_load_and_restore(void **state)
{
	enum { REGIONS = 2000 };
	static struct mb_region r[REGIONS];
	static uint32_t order[REGIONS];
	struct mb_variant_spec specs[8];
	unsigned n = peer_specs(specs, 8);

	(void)state;
	for (uint32_t i = 0; i < REGIONS; i++) {
		r[i] = (struct mb_region){ .base = (i + 1) * 4 * PAGE, .size = PAGE, .nid = 1 };
		order[i] = i * 7 % REGIONS;
	}
	for (unsigned i = 0; i < 2 * n; i++) {
		struct mb_machine machine = fixture_machine;
		uint64_t bytes;
		void *saved;

		machine.metadata = MB_METADATA_HOST;
		specs[i / 2].build = MB_O2_COUNTED;
		start(&specs[i / 2], &machine);
		assert_int_equal(mb_load(peer.mb, MB_RESERVED, r, REGIONS, i % 2 ? order : NULL),
				 0);
		assert_int_equal(mb_load(array.mb, MB_RESERVED, r, REGIONS, NULL), 0);
		expect_same_regions("loaded");
		bytes = mb_metadata_bytes(peer.mb);
		assert_in_range(bytes, REGIONS * 24, REGIONS * 64);
		saved = malloc(mb_snapshot_size(peer.mb));
		assert_non_null(saved);
		mb_snapshot(peer.mb, saved);
		for (unsigned pass = 0; pass < 2; pass++) {
			mb_phys_free(peer.mb, 0, REGIONS * PAGE);
			mb_reserve(peer.mb, REGIONS * PAGE, 100 * PAGE);
			assert_true(mb_metadata_bytes(peer.mb) < bytes);
			mb_restore(peer.mb, saved);
			expect_same_regions("restored");
			assert_int_equal(mb_metadata_bytes(peer.mb), bytes);
		}
		free(saved);
		stop();
	}
}

static void expect_refusal(unsigned call, const char *what)
{
	struct mb *mb = peer.mb;
	struct mb_iter it;
	struct mb_range range;

	if (!fixture_catch(&peer)) {
		switch (call) {
		case 0:
			mb_mark_hotplug(mb, PAGE, PAGE);
			break;
		case 1:
			mb_set_node(mb, PAGE, PAGE, MB_MEMORY, 1);
			break;
		case 2:
			mb_free_all(mb);
			break;
		case 3:
			mb_iter_free(&it, mb, MB_NUMA_NO_NODE, MB_NONE, false);
			mb_next(&it, &range);
			break;
		case 4:
			mb_find(mb, 0, PAGE, 0, MB_ALLOC_ANYWHERE, MB_NUMA_NO_NODE, MB_NONE);
			break;
		default:
			mb_iter_regions(&it, mb, MB_MEMORY, false);
			mb_next_pfn_range(&it, 0, &range);
		}
		fail_msg("%s: call %u was not refused", fixture_name(&peer), call);
	}
	if (!strstr(peer.panic, "a peer offers no") || !strstr(peer.panic, what))
		fail_msg("%s: '%s' lacks '%s'", fixture_name(&peer), peer.panic, what);
}

static void test_what_is_not_offered_is_refused(void **state)
{
	static const char *const what[] = { "change of flags", "mb_set_node()",
					    "mb_free_all()",   "walk",
					    "no bytes",        "mb_next_pfn_range()" };
	struct mb_variant_spec specs[8];
	unsigned n = peer_specs(specs, 8);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned call = 0; call < sizeof(what) / sizeof(what[0]); call++) {
			fixture_start(&peer, &fixture_machine, &specs[i]);
			mb_add(peer.mb, PAGE, 8 * PAGE);
			expect_refusal(call, what[call]);
			fixture_stop(&peer);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_those_of_array),
		cmocka_unit_test(test_load_and_restore),
		cmocka_unit_test(test_what_is_not_offered_is_refused),
	};

	return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
