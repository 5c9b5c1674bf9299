/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_fdt.c - what a flattened device tree says about memory.
 *
 *     memory reservation block             reserved
 *     /memory@..., device_type "memory"    memory; numa-node-id, hotpluggable; linux,usable-memory for reg
 *     /reserved-memory/..., reg            reserved, or unmapped with no-map
 *                           size           a reservation somewhere: alignment, alloc-ranges
 *     /chosen    linux,usable-memory-range, linux,initrd-start and -end, linux,elfcorehdr
 *
 * The tree is checked by fdt_check_full() before anything is read, so offsets and lengths inside can
 * be followed; what a property means is still doubted. Nodes are walked once, in order, with the depth
 * counted along: looking up a node's parent would walk the tree from its beginning each time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include "input/map/layout_impl.h"

struct tree {
	struct layout *l;
	const void *fdt;
	int address_cells, size_cells; /* of the root */
	bool in_reserved;              /* below /reserved-memory */
	int reserved_address, reserved_size;
};

static const void *property(const struct tree *t, int node, const char *name, int *size)
{
	const void *value = fdt_getprop(t->fdt, node, name, size);

	if (!value)
		*size = 0;
	return value;
}

/* @cells big-endian words at @from; false: they do not fit 64 bits. */
static bool number(const uint8_t *from, int cells, uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < cells * 4; i++) {
		if (*value >> 56)
			return false;
		*value = *value << 8 | from[i];
	}
	return true;
}

/* A property of one or two words as a number. */
static bool number_property(const struct tree *t, int node, const char *name, uint64_t *value)
{
	int size;
	const uint8_t *p = property(t, node, name, &size);

	return p && (size == 4 || size == 8) && number(p, size / 4, value);
}

static bool is_string(const struct tree *t, int node, const char *name, const char *text)
{
	int size;
	const char *p = property(t, node, name, &size);

	return p && size == (int)strlen(text) + 1 && !memcmp(p, text, (size_t)size);
}

static bool is_available(const struct tree *t, int node)
{
	int size;

	return !property(t, node, "status", &size) || is_string(t, node, "status", "okay") ||
	       is_string(t, node, "status", "ok");
}

/* Cells of addresses or sizes that @node prescribes for its children. */
static int cells(struct tree *t, int node, const char *name, int preset)
{
	uint64_t value;
	int size;

	if (!property(t, node, name, &size))
		return preset;
	if (!number_property(t, node, name, &value) || value < 1 || value > 2)
		return layout_fail(t->l, 0, "a device tree whose numbers of cells are not 1 or 2",
				   name, strlen(name), NULL);
	return (int)value;
}

static const char *node_name(const struct tree *t, int node)
{
	const char *name = fdt_get_name(t->fdt, node, NULL);

	return name ? name : "";
}

/* Does @node have the name @name, with or without a unit address? */
static bool is_named(const struct tree *t, int node, const char *name)
{
	const char *have = node_name(t, node);
	size_t size = strlen(name);

	return !strncmp(have, name, size) && (!have[size] || have[size] == '@');
}

/* Each range of a reg-like property to @list. */
static int add_ranges(struct tree *t, int node, const char *name, int address_cells, int size_cells,
		      struct layout_list *list, const struct layout_range *like)
{
	int size, step = (address_cells + size_cells) * 4;
	const uint8_t *p = property(t, node, name, &size);
	int code = 0;

	if (size % step)
		return layout_fail(t->l, 0, "a device tree node whose ranges are cut off",
				   node_name(t, node), strlen(node_name(t, node)), NULL);
	for (int at = 0; at < size && !code; at += step) {
		struct layout_range r = *like;
		uint64_t bytes;

		if (!number(p + at, address_cells, &r.base) ||
		    !number(p + at + address_cells * 4, size_cells, &bytes))
			continue;
		r.end = bytes > UINT64_MAX - r.base ? UINT64_MAX : r.base + bytes;
		code = layout_add(t->l, list, &r);
	}
	return code;
}

static int read_memory(struct tree *t, int node)
{
	struct layout_range r = { .nid = -1, .what = "memory node" };
	uint64_t nid;
	int size;

	if (!is_available(t, node))
		return 0;
	if (number_property(t, node, "numa-node-id", &nid) && nid < 1024)
		r.nid = (int)nid;
	if (property(t, node, "hotpluggable", &size))
		r.flags = MB_HOTPLUG;
	return add_ranges(t, node,
			  property(t, node, "linux,usable-memory", &size) ? "linux,usable-memory" :
									    "reg",
			  t->address_cells, t->size_cells, &t->l->memory, &r);
}

/* A reservation with a size only: the kernel chooses the place. */
static int read_dynamic(struct tree *t, int node, bool nomap)
{
	struct layout_dynamic d = { .align = 4096, .nomap = nomap };
	int size, step = (t->reserved_address + t->reserved_size) * 4;
	const uint8_t *p = property(t, node, "alloc-ranges", &size);
	uint64_t align, bytes;

	if (!number_property(t, node, "size", &d.size) || !d.size)
		return 0;
	if (number_property(t, node, "alignment", &align) && align && !(align & (align - 1)))
		d.align = align;
	if (p && size >= step && number(p, t->reserved_address, &d.lo) &&
	    number(p + t->reserved_address * 4, t->reserved_size, &bytes))
		d.hi = bytes > UINT64_MAX - d.lo ? UINT64_MAX : d.lo + bytes;
	if (t->l->dynamic_count == LAYOUT_DYNAMIC_MAX)
		return layout_fail(t->l, 0, "more than 64 reservations without an address", NULL, 0,
				   NULL);
	t->l->dynamic[t->l->dynamic_count++] = d;
	return 0;
}

static int read_reserved(struct tree *t, int node)
{
	struct layout_range r = { .nid = -1 };
	int size;

	if (!is_available(t, node))
		return 0;
	snprintf(r.what, sizeof(r.what), "%s", node_name(t, node));
	for (char *c = r.what; *c; c++)
		if (*c < '!' || *c > '~')
			*c = '?';
	if (property(t, node, "no-map", &size))
		r.flags = MB_NOMAP;
	if (!property(t, node, "reg", &size))
		return read_dynamic(t, node, r.flags);
	return add_ranges(t, node, "reg", t->reserved_address, t->reserved_size, &t->l->reserved,
			  &r);
}

static int read_chosen(struct tree *t, int node)
{
	struct layout_range r = { .nid = -1 };
	struct layout_list usable = { 0 };
	int code;

	if (number_property(t, node, "linux,initrd-start", &r.base) &&
	    number_property(t, node, "linux,initrd-end", &r.end)) {
		snprintf(r.what, sizeof(r.what), "initrd");
		code = layout_add(t->l, &t->l->reserved, &r);
		if (code)
			return code;
	}
	snprintf(r.what, sizeof(r.what), "elfcorehdr");
	code = add_ranges(t, node, "linux,elfcorehdr", t->address_cells, t->size_cells,
			  &t->l->reserved, &r);
	if (!code)
		code = add_ranges(t, node, "linux,usable-memory-range", t->address_cells,
				  t->size_cells, &usable, &r);
	if (!code &&
	    usable.n) { /* the first; a second one is for small allocations of a crash kernel */
		t->l->usable_base = usable.r[0].base;
		t->l->usable_size = usable.r[0].end - usable.r[0].base;
	}
	free(usable.r);
	return code;
}

static int read_node(struct tree *t, int node, int depth)
{
	if (depth == 1) {
		t->in_reserved = is_named(t, node, "reserved-memory");
		if (t->in_reserved) {
			t->reserved_address = cells(t, node, "#address-cells", t->address_cells);
			t->reserved_size = cells(t, node, "#size-cells", t->size_cells);
			return t->reserved_address < 0 ? t->reserved_address :
			       t->reserved_size < 0    ? t->reserved_size :
							 0;
		}
		if (is_named(t, node, "chosen"))
			return read_chosen(t, node);
	}
	if (depth == 1 && is_string(t, node, "device_type", "memory"))
		return read_memory(t, node);
	return depth == 2 && t->in_reserved ? read_reserved(t, node) : 0;
}

static int read_reserve_block(struct tree *t)
{
	int count = fdt_num_mem_rsv(t->fdt), code = 0;

	for (int i = 0; i < count && !code; i++) {
		struct layout_range r = { .nid = -1, .what = "/memreserve/" };
		uint64_t bytes;

		if (fdt_get_mem_rsv(t->fdt, i, &r.base, &bytes))
			break;
		r.end = bytes > UINT64_MAX - r.base ? UINT64_MAX : r.base + bytes;
		code = layout_add(t->l, &t->l->reserved, &r);
	}
	return code;
}

int layout_fdt_read(struct layout *l, const void *data, size_t size)
{
	struct tree t = { .l = l, .fdt = data };
	int code, node, depth = 0;

	if (size > LAYOUT_FDT_MAX)
		return layout_fail(l, 0, "a device tree of more than 64 MiB", NULL, 0, NULL);
	if (size >= 8 && fdt_totalsize(data) > size)
		return layout_fail(l, 0, "a device tree that is cut off: it says that it is longer",
				   NULL, 0, NULL);
	code = fdt_check_full(data, size);
	if (code)
		return layout_fail(l, 0, "a damaged device tree", fdt_strerror(code),
				   strlen(fdt_strerror(code)), NULL);
	l->fdt_bytes = fdt_totalsize(data);
	t.address_cells = cells(&t, 0, "#address-cells", 1);
	t.size_cells = cells(&t, 0, "#size-cells", 1);
	if (t.address_cells < 0 || t.size_cells < 0)
		return -EINVAL;
	code = read_reserve_block(&t);
	for (node = fdt_next_node(data, 0, &depth); !code && node >= 0 && depth > 0;
	     node = fdt_next_node(data, node, &depth))
		code = read_node(&t, node, depth);
	return code;
}
