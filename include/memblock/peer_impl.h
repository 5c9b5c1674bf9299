/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer_impl.h - a sorted C++ container as a variant: what a kernel's store is compared with.
 *
 * A peer (MB_KIND_PEER) is an interval set as an application would write one: a map from a region's base to
 * the rest of it, and the rules of memblock on top. It takes its nodes from malloc and is compiled as an
 * application is, so it is exempt from the rules for variants, and offers only the calls in `offered()` below;
 * of those the answers are every other variant's. Any other call ends in mb_bug(), but for the settings.
 *
 * variants/<name>/<name>.cc defines, and then includes this:
 *
 *   PEER_NAME                its name
 *   PEER_MAP                 a template as std::map: key, value, comparison, allocator
 *   PEER_KEEPS_ITERATORS     does an iterator survive that other elements come and go?
 *
 * Searching memory has no index of gaps, since a map has none: it walks the regions of memory and, side by
 * side, those reserved. regions_visited of counted builds is what the code here looks at; the container's own
 * comparisons are not seen. Metadata is what the container asks of malloc, without what malloc adds.
 *
 * A snapshot is the regions, and the order in which load() inserted them where they are still those. Restoring
 * it rebuilds the container by inserts in that order: so its shape, and where its nodes lie, is what the same
 * inserts would have left, each time.
 */
#include <memblock/variant.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace
{

/* What a region has besides its base, which is its key. */
struct extent {
	uint64_t size;
	int32_t nid;
	uint32_t flags;
};

#if MB_COUNTED
/* std::allocator, with the bytes that are in use. */
template <class T> struct peer_allocator {
	using value_type = T;

	uint64_t *bytes;

	explicit peer_allocator(uint64_t *counter) : bytes(counter)
	{
	}
	template <class U> peer_allocator(const peer_allocator<U> &other) : bytes(other.bytes)
	{
	}
	T *allocate(size_t n)
	{
		*bytes += n * sizeof(T);
		return std::allocator<T>().allocate(n);
	}
	void deallocate(T *at, size_t n)
	{
		*bytes -= n * sizeof(T);
		std::allocator<T>().deallocate(at, n);
	}
	template <class U> bool operator==(const peer_allocator<U> &other) const
	{
		return bytes == other.bytes;
	}
	template <class U> bool operator!=(const peer_allocator<U> &other) const
	{
		return bytes != other.bytes;
	}
};
#else
template <class T> using peer_allocator = std::allocator<T>;
#endif

using allocator = peer_allocator<std::pair<const uint64_t, extent>>;
using regions = PEER_MAP<uint64_t, extent, std::less<uint64_t>, allocator>;
using place = regions::iterator;

/* One collection; mb_collection::slots points to it. */
struct peer {
#if MB_COUNTED
	uint64_t bytes = 0;
	regions map{ allocator(&bytes) };
#else
	regions map;
#endif
	std::vector<uint64_t> order; /* bases, as load() inserted them */
};

peer *peer_of(const mb_collection *c)
{
	return static_cast<peer *>(c->slots);
}

/* After each change. */
void settle(mb_collection *c)
{
	c->cnt = static_cast<uint32_t>(peer_of(c)->map.size());
#if MB_COUNTED
	c->slots_bytes = peer_of(c)->bytes;
#endif
}

[[noreturn]] void refuse(const mb *mb, const char *what)
{
	mb_bug(const_cast<struct mb *>(mb), "variant " MB_QUOTE(PEER_NAME) ": a peer offers no %s",
	       what);
}

/* ---- regions ------------------------------------------------------------------------------------- */

inline uint64_t end_of(place at)
{
	return at->first + at->second.size;
}

inline mb_region region_at(place at)
{
	mb_region r{};

	r.base = at->first;
	r.size = at->second.size;
	r.nid = at->second.nid;
	r.flags = at->second.flags;
	return r;
}

inline bool alike(const extent &a, const extent &b)
{
	return a.nid == b.nid && a.flags == b.flags;
}

/* The last byte of the address space is not representable: cut there. */
inline uint64_t cap_size(const mb *mb, uint64_t base, uint64_t size)
{
	return std::min(size, base > mb->addr_max ? 0 : mb->addr_max - base);
}

/* The lowest region that ends above @addr. */
inline place first_above(regions &map, uint64_t addr)
{
	place at = map.upper_bound(addr);

	if (at != map.begin()) {
		place before = std::prev(at);

		if (end_of(before) > addr)
			return before;
	}
	return at;
}

/* The region at @at begins elsewhere from now on, between the same neighbours. */
place move_base(regions &map, place at, uint64_t base, const extent &e)
{
	if constexpr (PEER_KEEPS_ITERATORS) { /* its node goes on */
		place after = std::next(at);
		auto node = map.extract(at);

		node.key() = base;
		node.mapped() = e;
		return map.insert(after, std::move(node));
	} else {
		return map.emplace_hint(map.erase(at), base, e);
	}
}

/* ---- changes ------------------------------------------------------------------------------------- */

/* Put @piece at @base, where nothing is, before @next; it joins neighbours that are alike. Where it is now. */
place put(regions &map, place next, uint64_t base, extent piece)
{
	uint64_t end = base + piece.size;
	bool joins_next = next != map.end() && next->first == end && alike(piece, next->second);

	if (next != map.begin()) {
		place before = std::prev(next);

		if (end_of(before) == base && alike(before->second, piece)) {
			before->second.size += piece.size;
			if (!joins_next)
				return before;
			before->second.size += next->second.size;
			return std::prev(map.erase(next));
		}
	}
	if (joins_next) {
		piece.size += next->second.size;
		return move_base(map, next, base, piece);
	}
	return map.emplace_hint(next, base, piece);
}

/* Nothing changes in what is there: the pieces that are missing are added. */
int step_add_range(mb *mb, mb_collection *c, uint64_t base, uint64_t size, int nid, uint32_t flags)
{
	regions &map = peer_of(c)->map;
	uint64_t end = base + cap_size(mb, base, size);

	if (mb->machine.no_numa)
		nid = 0;
	for (place next = first_above(map, base); base < end; ++next) {
		MB_COUNT(mb, regions_visited, 1);
		if (next == map.end() || next->first > base) {
			uint64_t stop = next == map.end() ? end : std::min(end, next->first);

			next = put(map, next, base, extent{ stop - base, nid, flags });
			c->total_size += stop - base;
			if (stop == end)
				break;
		}
		base = end_of(next);
	}
	settle(c);
	return 0;
}

int step_remove_range(mb *mb, mb_collection *c, uint64_t base, uint64_t size)
{
	regions &map = peer_of(c)->map;
	uint64_t end = base + cap_size(mb, base, size);
	place at = first_above(map, base);

	MB_COUNT(mb, regions_visited, 1);
	if (base >= end || at == map.end() || at->first >= end)
		return 0;
	if (at->first < base) {
		extent upper = at->second;
		uint64_t old_end = end_of(at);

		c->total_size -= std::min(old_end, end) - base;
		at->second.size = base - at->first;
		++at;
		if (old_end > end) {
			upper.size = old_end - end;
			map.emplace_hint(at, end, upper);
			settle(c);
			return 0;
		}
	}
	while (at != map.end() && end_of(at) <= end) {
		MB_COUNT(mb, regions_visited, 1);
		c->total_size -= at->second.size;
		at = map.erase(at);
	}
	if (at != map.end() && at->first < end) {
		extent rest = at->second;

		c->total_size -= end - at->first;
		rest.size = end_of(at) - end;
		move_base(map, at, end, rest);
	}
	settle(c);
	c->emptied |= !c->cnt;
	return 0;
}

/* ---- questions ----------------------------------------------------------------------------------- */

bool step_search([[maybe_unused]] mb *mb, mb_collection *c, uint64_t addr, mb_region *out)
{
	regions &map = peer_of(c)->map;
	place at = map.upper_bound(addr);

	MB_COUNT(mb, regions_visited, 1);
	if (at == map.begin() || end_of(--at) <= addr)
		return false;
	if (out)
		*out = region_at(at);
	return true;
}

bool step_overlaps(mb *mb, mb_collection *c, uint64_t base, uint64_t size)
{
	regions &map = peer_of(c)->map;
	place at = first_above(map, base);

	MB_COUNT(mb, regions_visited, 1);
	return at != map.end() && at->first < base + cap_size(mb, base, size);
}

/* Whole regions of one collection, from the one that `resume` leads to. */
void step_next_batch(mb_iter *it)
{
	regions &map = peer_of(&it->mb->c[it->a])->map;
	place at = map.lower_bound(it->resume);

	if (it->kind != MB_ITER_REGIONS)
		refuse(it->mb, "walk but that over regions");
	it->n = 0;
	it->at = 0;
	while (it->n < MB_ITER_BATCH && at != (it->reverse ? map.begin() : map.end())) {
		if (it->reverse)
			--at;
		it->batch[it->n++] =
			mb_range{ at->first, end_of(at), at->second.nid, at->second.flags };
		it->resume = at->first + !it->reverse;
		if (!it->reverse)
			++at;
	}
	it->done = it->n < MB_ITER_BATCH;
}

/* ---- search for free memory ------------------------------------------------------------------------ */

/* A request, with its window. Where a block lands in a gap [lo, hi) of it, or 0. */
struct request {
	const struct mb *mb;
	uint64_t size, align, start, end;
	int nid;
	uint32_t flags;

	uint64_t fit_up(uint64_t lo, uint64_t hi) const
	{
		uint64_t at = (((lo - 1) | (align - 1)) + 1) & mb->addr_max;

		return at >= lo && at < hi && hi - at >= size ? at : 0;
	}
	uint64_t fit_down(uint64_t lo, uint64_t hi) const
	{
		uint64_t at = (hi - size) & ~(align - 1);

		return hi >= size && at >= lo ? at : 0;
	}
	bool selects_node() const
	{
		if (mb->profile->invalid_nid_is_any)
			return nid >= 0 && static_cast<uint32_t>(nid) < mb->max_numnodes;
		return nid != MB_NUMA_NO_NODE && static_cast<uint32_t>(nid) != mb->max_numnodes;
	}
	/* May it have this memory? */
	bool sees(const extent &memory) const
	{
		uint32_t hiding = MB_NOMAP | MB_DRIVER_MANAGED;
		uint32_t wanted = flags & MB_MIRROR;

		if (mb->machine.movable_node)
			hiding |= MB_HOTPLUG;
		if (mb->profile->scratch_is_flag)
			wanted |= flags & MB_KHO_SCRATCH;
		return (!selects_node() || memory.nid == nid) &&
		       !(memory.flags & ~flags & hiding) && !(wanted & ~memory.flags);
	}
};

/*
 * Upwards, lo climbs over what is reserved of a memory region; r is the lowest that may be in the way.
 *
 *     memory     [ lo                        hi )
 *     reserved  [  )      [ r )       [      )
 */
uint64_t find_up(const request &q, regions &memory, regions &reserved)
{
	place m = first_above(memory, q.start), r = reserved.end();
	bool placed = false;

	for (; m != memory.end() && m->first < q.end; ++m) {
		uint64_t lo = std::max(m->first, q.start), hi = std::min(end_of(m), q.end);

		if (hi - lo < q.size || !q.sees(m->second))
			continue;
		if (!placed)
			r = first_above(reserved, lo);
		placed = true;
		for (; r != reserved.end() && r->first < hi; ++r) {
			uint64_t at = lo < r->first ? q.fit_up(lo, r->first) : 0;

			MB_COUNT(const_cast<struct mb *>(q.mb), regions_visited, 1);
			if (at)
				return at;
			lo = std::max(lo, end_of(r));
			if (lo >= hi)
				break; /* it may reach into the next memory region */
		}
		if (lo < hi) {
			uint64_t at = q.fit_up(lo, hi);

			if (at)
				return at;
		}
	}
	return 0;
}

/* The reverse: hi falls below what is reserved. What is before @r is still to come. */
uint64_t find_down(const request &q, regions &memory, regions &reserved)
{
	place m = memory.lower_bound(q.end), r = reserved.end();
	bool placed = false;

	while (m != memory.begin() && end_of(--m) > q.start) {
		uint64_t lo = std::max(m->first, q.start), hi = std::min(end_of(m), q.end);

		if (hi - lo < q.size || !q.sees(m->second))
			continue;
		if (!placed)
			r = reserved.lower_bound(hi);
		placed = true;
		while (r != reserved.begin()) {
			place below = std::prev(r);
			uint64_t gap = std::max(end_of(below), lo);
			uint64_t at = gap < hi ? q.fit_down(gap, hi) : 0;

			MB_COUNT(const_cast<struct mb *>(q.mb), regions_visited, 1);
			if (at)
				return at;
			if (below->first <= lo) {
				lo = hi; /* it may reach into the next memory region */
				break;
			}
			hi = std::min(hi, below->first);
			r = below;
		}
		if (lo < hi) {
			uint64_t at = q.fit_down(lo, hi);

			if (at)
				return at;
		}
	}
	return 0;
}

uint64_t step_find_free(mb *mb, uint64_t size, uint64_t align, uint64_t start, uint64_t end,
			int nid, uint32_t flags)
{
	request q{ mb, size, align, std::max(start, mb->page_size), end, nid, flags };
	regions &memory = peer_of(&mb->c[MB_MEMORY])->map;
	regions &reserved = peer_of(&mb->c[MB_RESERVED])->map;

	if (!size)
		refuse(mb, "search for no bytes");
	if (end == MB_ALLOC_ACCESSIBLE || end == MB_ALLOC_NOLEAKTRACE)
		q.end = mb->current_limit;
	q.end = std::max(q.start, q.end);
	return mb->bottom_up ? find_up(q, memory, reserved) : find_down(q, memory, reserved);
}

uint64_t try_alloc(mb *mb, uint64_t size, uint64_t align, uint64_t start, uint64_t end, int nid,
		   uint32_t flags)
{
	uint64_t at = step_find_free(mb, size, align, start, end, nid, flags);
	bool requested = mb->profile->rsrv_nid_requested;

	if (at)
		step_add_range(mb, &mb->c[MB_RESERVED], at, size,
			       requested ? nid : static_cast<int>(mb->max_numnodes),
			       mb->profile->alloc_sets_rsrv_kern ? MB_RSRV_KERN : MB_NONE);
	return at;
}

/* Find and reserve; then on any node, unless exactly @nid is wanted; then all again without mirrored memory. */
uint64_t step_alloc_range(mb *mb, uint64_t size, uint64_t align, uint64_t start, uint64_t end,
			  int nid, bool exact_nid)
{
	uint32_t flags = mb->scratch_only ? MB_KHO_SCRATCH : mb->has_mirror ? MB_MIRROR : MB_NONE;
	bool other_nodes = !exact_nid && request{ mb, 0, 0, 0, 0, nid, 0 }.selects_node();

	for (;;) {
		uint64_t at = try_alloc(mb, size, align, start, end, nid, flags);

		if (!at && other_nodes)
			at = try_alloc(mb, size, align, start, end, MB_NUMA_NO_NODE, flags);
		if (at || !(flags & MB_MIRROR))
			return at;
		flags &= ~static_cast<uint32_t>(MB_MIRROR);
		mb_warn_mirror(mb, size);
	}
}

/* ---- coming, going, snapshots ---------------------------------------------------------------------- */

uint64_t step_static_bytes(uint32_t) /* malloc has what there is */
{
	return 0;
}

void step_init(mb *, mb_collection *c, void *, uint32_t)
{
	if (!c->slots)
		c->slots = new peer;
	peer_of(c)->map.clear();
	peer_of(c)->order.clear();
	c->total_size = 0;
	c->max = UINT32_MAX;
	settle(c);
}

/* In the order in which slots are handed out, as if they had been inserted so. */
int step_load(mb *, mb_collection *c, const mb_region *r, uint32_t n, const uint32_t *order)
{
	peer *p = peer_of(c);
	std::vector<uint32_t> inserted(n);

	for (uint32_t i = 0; i < n; i++)
		inserted[order ? order[i] : i] = i;
	p->map.clear();
	p->order.clear();
	c->total_size = 0;
	for (uint32_t i : inserted) {
		p->map.emplace(r[i].base, extent{ r[i].size, r[i].nid, r[i].flags });
		p->order.push_back(r[i].base);
		c->total_size += r[i].size;
	}
	settle(c);
	return 0;
}

int step_fill(mb *mb, mb_collection *c, const mb_region *r, uint32_t n)
{
	return step_load(mb, c, r, n, nullptr);
}

const char *step_check(mb *, mb_collection *)
{
	return nullptr; /* the container looks after itself */
}

void nothing(mb *)
{
}

size_t state_bytes(mb *mb)
{
	size_t bytes = 0;

	for (const mb_collection &c : mb->c)
		bytes += sizeof(uint64_t) + c.cnt * sizeof(mb_region);
	return bytes;
}

/* The regions of a collection, as they were inserted where that is known, else as they stand. */
std::vector<mb_region> history(peer *p)
{
	std::vector<mb_region> list;

	for (uint64_t base : p->order) {
		place at = p->map.find(base);

		if (at == p->map.end())
			break;
		list.push_back(region_at(at));
	}
	if (list.size() == p->map.size())
		return list;
	list.clear();
	for (place at = p->map.begin(); at != p->map.end(); ++at)
		list.push_back(region_at(at));
	return list;
}

/* Of each collection their number, and the regions. */
void save(mb *mb, void *buf)
{
	char *to = static_cast<char *>(buf);

	for (const mb_collection &c : mb->c) {
		std::vector<mb_region> list = history(peer_of(&c));
		uint64_t n = list.size();

		__builtin_memcpy(to, &n, sizeof(n));
		to += sizeof(n);
		if (n)
			__builtin_memcpy(to, list.data(), n * sizeof(mb_region));
		to += n * sizeof(mb_region);
	}
}

void restore(mb *mb, const void *buf)
{
	const char *from = static_cast<const char *>(buf);

	for (mb_collection &c : mb->c) {
		regions &map = peer_of(&c)->map;
		mb_region r;
		uint64_t n;

		map.clear();
		__builtin_memcpy(&n, from, sizeof(n));
		from += sizeof(n);
		for (; n; n--, from += sizeof(r)) {
			__builtin_memcpy(&r, from, sizeof(r));
			map.emplace(r.base, extent{ r.size, r.nid, r.flags });
		}
		settle(&c);
	}
}

void leave(mb *mb)
{
	for (mb_collection &c : mb->c) {
		delete peer_of(&c);
		c.slots = nullptr;
	}
}

/* ---- the table ------------------------------------------------------------------------------------- */

inline const mb *instance(const mb *mb)
{
	return mb;
}

inline const mb *instance(const mb_iter *it)
{
	return it->mb;
}

template <class First, class... Rest> const mb *instance_of(First *first, const Rest &...)
{
	return instance(first);
}

/* What every call does that a peer offers not. */
#define MB_CALL(name, kernel, type, params, args, where, remarks)                                  \
	[[noreturn]] type refuse_##name params                                                     \
	{                                                                                          \
		refuse(instance_of args, "mb_" #name "()");                                        \
	}
#include <memblock/operations.def>

[[noreturn]] int refuse_mark(mb *mb, uint64_t, uint64_t, uint32_t, bool)
{
	refuse(mb, "change of flags");
}

[[noreturn]] uint64_t refuse_pfn(const mb *mb, const mb_region *, mb_which, bool)
{
	refuse(mb, "page numbers");
}

/* Calls that are not refused are the library's own, over the steps above. */
constexpr mb_whole offered()
{
	mb_whole whole{};

#define MB_CALL(name, kernel, type, params, args, where, remarks) whole.name = refuse_##name;
#include <memblock/operations.def>
	whole.mark = refuse_mark;
	whole.region_pfn = refuse_pfn;
	whole.add = nullptr;
	whole.add_node = nullptr;
	whole.remove = nullptr;
	whole.reserve = nullptr;
	whole.reserve_node = nullptr;
	whole.reserve_kern = nullptr;
	whole.phys_free = nullptr;
	whole.alloc_range_nid = nullptr;
	whole.phys_alloc_range = nullptr;
	whole.phys_alloc = nullptr;
	whole.phys_alloc_try_nid = nullptr;
	whole.is_memory = nullptr;
	whole.is_reserved = nullptr;
	whole.overlaps_region = nullptr;
	whole.settings = nothing;
	whole.refresh = nothing;
	whole.state_bytes = state_bytes;
	whole.save = save;
	whole.restore = restore;
	whole.leave = leave;
	return whole;
}

constexpr mb_whole whole = offered();

constexpr mb_ops steps()
{
	mb_ops ops{};

	ops.name = MB_QUOTE(PEER_NAME);
	ops.whole = &whole;
	ops.static_bytes = step_static_bytes;
	ops.init = step_init;
	ops.load = step_load;
	ops.fill = step_fill;
	ops.add_range = step_add_range;
	ops.remove_range = step_remove_range;
	ops.find_free = step_find_free;
	ops.alloc_range = step_alloc_range;
	ops.search = step_search;
	ops.overlaps = step_overlaps;
	ops.next_batch = step_next_batch;
	ops.check = step_check;
	return ops;
}

} // namespace

#define PEER_OPS_PASTE(name, build) mb_ops_##name##_##build
#define PEER_OPS(name, build) PEER_OPS_PASTE(name, build)

extern "C" {
extern const struct mb_ops PEER_OPS(PEER_NAME, MB_BUILD_NAME);
const struct mb_ops PEER_OPS(PEER_NAME, MB_BUILD_NAME) = steps();
}
