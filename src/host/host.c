/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.c - instances on the host: creation, simulated memory, snapshots.
 *
 * Simulated physical memory is sparse and reserves no address space: virtual = physical + offset,
 * and a run of pages is mapped when metadata or zeroing first touches it (MAP_FIXED_NOREPLACE, so
 * that nothing can be hit). An anchor page at simulated address 0, which is never allocated, claims
 * the offset; instances step through offsets until they get one. So a machine of 64 TiB works, and
 * AddressSanitizer and Valgrind do too.
 *
 * Offsets differ by an odd number of pages, so two instances want the same page only by rare accident.
 * The later one then gets its metadata elsewhere (a store does not care where its slots are); zeroing,
 * which must happen at the address that the caller will use, stops with a message.
 *
 * With metadata=host, grown slots come from an arena beside the instance, reserved once and backed
 * page by page; the instance remembers how much it uses, so a restored snapshot reuses the same
 * bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <memblock/variant.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Above the low 16 TiB, which AddressSanitizer keeps for itself, below the host's own mappings; where
 * ThreadSanitizer lets a program map. */
#ifdef __SANITIZE_THREAD__
#define OFFSET_FIRST 0x001100000000ULL
#define OFFSET_LAST 0x005500000000ULL
#define OFFSET_STEP 0x00000a2b3000ULL
#else
#define OFFSET_FIRST 0x110000000000ULL
#define OFFSET_LAST 0x550000000000ULL
#define OFFSET_STEP 0x00100a2b3000ULL
#endif

#define HOST_ARENA_BYTES (UINTPTR_MAX > UINT32_MAX ? 512ULL << 20 : 4ULL << 20)

struct mapping {
	uint64_t pa, size;
};

/* A host instance: what the caller holds is a pointer to mb. */
struct mb_host {
	struct mb mb;
	size_t bytes; /* of this mapping, static slots included */
	struct mapping *mappings;
	size_t mapping_count, mapping_max;
	char *arena;            /* metadata=host */
	struct mb_hooks caller; /* whose map, zero and host_alloc go before the simulated ones */
	uint64_t host_page;
	_Alignas(64) char slots[];
};

static struct mb_host *host_of(struct mb *mb)
{
	return (struct mb_host *)mb; /* mb is the first member */
}

static void *map_at(uint64_t address, uint64_t size)
{
	void *want = (void *)(uintptr_t)address;
	void *got = mmap(want, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

	if (got == MAP_FAILED)
		return NULL;
	if (got != want) { /* a kernel that does not know the flag takes it as a hint */
		munmap(got, size);
		return NULL;
	}
	return got;
}

static bool remember(struct mb_host *host, uint64_t pa, uint64_t size)
{
	if (host->mapping_count == host->mapping_max) {
		size_t max = host->mapping_max ? host->mapping_max * 2 : 16;
		struct mapping *more = realloc(host->mappings, max * sizeof(*more));

		if (!more)
			return false;
		host->mappings = more;
		host->mapping_max = max;
	}
	host->mappings[host->mapping_count++] = (struct mapping){ pa, size };
	return true;
}

/* Map what is not yet mapped of [pa, pa + size), rounded to host pages. */
static void *sim_map(struct mb_host *host, uint64_t pa, uint64_t size)
{
	uint64_t at = pa & ~(host->host_page - 1);
	uint64_t end = (pa + size + host->host_page - 1) & ~(host->host_page - 1);

	while (at < end) {
		uint64_t stop = end;
		bool mapped = false;

		for (size_t i = 0; i < host->mapping_count; i++) {
			const struct mapping *m = &host->mappings[i];

			if (at >= m->pa && at - m->pa < m->size) {
				at = m->pa + m->size;
				mapped = true;
				break;
			}
			if (m->pa > at && m->pa < stop)
				stop = m->pa;
		}
		if (mapped)
			continue;
		if (!map_at(at + host->mb.offset, stop - at))
			return NULL;
		if (!remember(host, at, stop - at)) {
			munmap((void *)(uintptr_t)(at + host->mb.offset), stop - at);
			return NULL;
		}
		at = stop;
	}
	return (void *)(uintptr_t)(pa + host->mb.offset);
}

/* Storage for slots: in place, or apart where another instance has the page. */
static void *host_map(void *ctx, uint64_t pa, uint64_t size)
{
	struct mb_host *host = ctx;
	void *at;

	if (host->caller.map)
		return host->caller.map(host->caller.mem_ctx, pa, size);
#if UINTPTR_MAX < UINT64_MAX
	if (pa > UINTPTR_MAX)
		mb_phys_to_virt(&host->mb,
				pa); /* ends here, as where a kernel asks for its array's pointer */
#endif
	at = sim_map(host, pa, size);
	if (at)
		return at;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	if (!remember(host, (uintptr_t)at - (uintptr_t)host->mb.offset, size)) {
		munmap(at, size);
		return NULL;
	}
	return at;
}

static void host_zero(void *ctx, uint64_t pa, uint64_t size)
{
	struct mb_host *host = ctx;
	void *at;

	if (host->caller.zero) {
		host->caller.zero(host->caller.mem_ctx, pa, size);
		return;
	}
	at = sim_map(host, pa, size);
	if (at)
		memset(at, 0, size);
	else
		mb_bug(&host->mb, "simulated memory at 0x%llx cannot be mapped: taken or no memory",
		       (unsigned long long)pa);
}

static void *host_arena(void *ctx, uint64_t at, uint64_t size)
{
	struct mb_host *host = ctx;

	if (host->caller.host_alloc)
		return host->caller.host_alloc(host->caller.mem_ctx, at, size);
	if (size > HOST_ARENA_BYTES || at > HOST_ARENA_BYTES - size)
		return NULL;
	return host->arena + at;
}

/* Find an offset whose anchor page is free. */
static int claim_offset(struct mb_host *host)
{
	for (uint64_t o = OFFSET_FIRST; o < OFFSET_LAST; o += OFFSET_STEP) {
		if (!map_at(o, host->host_page))
			continue;
		host->mb.offset = o;
		if (remember(host, 0, host->host_page))
			return 0;
		munmap((void *)(uintptr_t)o, host->host_page);
		return -ENOMEM;
	}
	return -ENOMEM;
}

/* Why there is no instance: one log line. */
static __attribute__((format(printf, 2, 3))) void say(const struct mb_hooks *hooks, const char *fmt,
						      ...)
{
	va_list ap;

	if (!hooks || !hooks->log)
		return;
	va_start(ap, fmt);
	hooks->log(hooks->ctx, MB_ERR, fmt, ap);
	va_end(ap);
}

int mb_create(const struct mb_machine *machine, const struct mb_hooks *hooks,
	      const struct mb_variant_spec *spec, struct mb **out)
{
	static const struct mb_machine defaults;
	const struct mb_profile *profile;
	struct mb_machine copy;
	struct mb_hooks h = { 0 };
	const struct mb_ops *ops;
	char error[512];
	struct mb_host *host;
	size_t bytes;
	int rc;

	copy = machine ? *machine : defaults;
	machine = &copy;
	rc = mb_variant_ops(spec, machine, &ops, &profile, NULL, error, sizeof(error));
	if (rc) {
		say(hooks, "%s", error);
		return rc;
	}
	copy.profile = profile;
	if (spec->params[MB_PARAM_INIT] && spec->params[MB_PARAM_INIT] < 4)
		return -EINVAL;
	bytes = sizeof(*host) + mb_static_bytes(machine, ops, spec->params);
	host = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (host == MAP_FAILED)
		return -ENOMEM;
	host->bytes = bytes;
	host->host_page = 4096;

	if (hooks)
		host->caller = h = *hooks;
	h.mem_ctx = host;
	h.map = host_map;
	h.zero = host_zero;
	h.host_alloc = host_arena;
	rc = mb_init(&host->mb, machine, &h, ops, spec->params, host->slots);
	if (!rc)
		rc = claim_offset(host);
	if (!rc && machine->metadata == MB_METADATA_HOST && !host->caller.host_alloc) {
		host->arena = mmap(NULL, HOST_ARENA_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (host->arena == MAP_FAILED) {
			host->arena = NULL;
			rc = -ENOMEM;
		}
	}
	if (rc) {
		mb_destroy(&host->mb);
		return rc;
	}
	*out = &host->mb;
	return 0;
}

void mb_destroy(struct mb *mb)
{
	struct mb_host *host;

	if (!mb)
		return;
	host = host_of(mb);
	if (mb->ops && mb->ops->whole)
		mb->ops->whole->leave(mb);
	for (size_t i = 0; i < host->mapping_count; i++)
		munmap((void *)(uintptr_t)(host->mappings[i].pa + mb->offset),
		       host->mappings[i].size);
	free(host->mappings);
	if (host->arena)
		munmap(host->arena, HOST_ARENA_BYTES);
	munmap(host, host->bytes);
}

void mb_each_storage(const struct mb *mb, void (*use)(const void *at, size_t bytes))
{
	const struct mb_host *host = (const struct mb_host *)mb;

	use(host, host->bytes);
	for (size_t i = 0; i < host->mapping_count; i++)
		use((const void *)(uintptr_t)(host->mappings[i].pa + mb->offset),
		    host->mappings[i].size);
	if (host->arena)
		use(host->arena, mb->host_used);
}

/* ---- snapshots --------------------------------------------------------------------------------- */

size_t mb_snapshot_size(const struct mb *mb)
{
	size_t bytes = MB_STATE_BYTES;
	struct mb_segment s;

	if (mb->ops->whole)
		return bytes + mb->ops->whole->state_bytes((struct mb *)(uintptr_t)mb);
	for (unsigned i = 0; i < MB_COLLECTIONS; i++)
		for (unsigned k = 0; mb_storage(mb, &mb->c[i], k, &s); k++)
			bytes += s.used;
	return bytes;
}

void mb_snapshot(const struct mb *mb, void *buf)
{
	char *at = buf;
	struct mb_segment s;

	memcpy(at, mb, MB_STATE_BYTES);
	at += MB_STATE_BYTES;
	if (mb->ops->whole) {
		mb->ops->whole->save((struct mb *)(uintptr_t)mb, at);
		return;
	}
	for (unsigned i = 0; i < MB_COLLECTIONS; i++)
		for (unsigned k = 0; mb_storage(mb, &mb->c[i], k, &s); k++) {
			memcpy(at, s.slots, s.used);
			at += s.used;
		}
}

/* A store's own list of its pieces lies in the first one, which so comes back before the others are asked for. */
void mb_restore(struct mb *mb, const void *buf)
{
	const char *at = buf;
	struct mb_segment s;

	memcpy((void *)mb, at, MB_STATE_BYTES);
	at += MB_STATE_BYTES;
	if (mb->ops->whole) {
		mb->ops->whole->restore(mb, at);
		return;
	}
	for (unsigned i = 0; i < MB_COLLECTIONS; i++)
		for (unsigned k = 0; mb_storage(mb, &mb->c[i], k, &s); k++) {
			memcpy(s.slots, at, s.used);
			at += s.used;
		}
}
