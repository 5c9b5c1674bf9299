# SPDX-License-Identifier: GPL-2.0-or-later
"""The functions of memblock that change state, and how a call of one is written in a trace.

A letter per argument, in the order of the function's parameters:

    b base   s size   p pointer (becomes a base)   a align   l lower bound   u upper bound
    n node   f flags  w collection (pointer)       x exact   m limit
"""
import re
import struct

MASK32 = (1 << 32) - 1
FLAGS = ("hotplug", "mirror", "nomap", "driver_managed", "noinit", "kern", "kho_scratch", "hugetlb")
ANYWHERE = (1 << 64) - 1

# function: (arguments, operation and arguments as written, result: v virtual, p physical or none)
CALLS = {
    "memblock_add": ("bs", "add {b} {s}", ""),
    "memblock_add_node": ("bsnf", "add_node {b} {s} {n} {f}", ""),
    "memblock_remove": ("bs", "remove {b} {s}", ""),
    "memblock_reserve": ("bs", "reserve {b} {s}", ""),
    "__memblock_reserve": ("bsnf", "reserve_node {b} {s} {n} {f}", ""),
    "memblock_phys_free": ("bs", "free {b} {s}", ""),
    "memblock_free": ("ps", "free {p} {s}", ""),
    "memblock_free_late": ("bs", "free_late {b} {s}", ""),
    "memblock_phys_alloc_range": ("salu", "phys_alloc_range {S} {a} {l} {u}", "p"),
    "memblock_phys_alloc_try_nid": ("san", "alloc_core {S} {a} 0x0 accessible {n} 0", "p"),
    "memblock_alloc_range_nid": ("salunx", "alloc_core {S} {a} {l} {u} {n} {x}", "p"),
    "memblock_alloc_try_nid": ("salun", "alloc {S} {a} {l} {u} {n}", "v"),
    "memblock_alloc_try_nid_raw": ("salun", "alloc_raw {S} {a} {l} {u} {n}", "v"),
    "memblock_alloc_exact_nid_raw": ("salun", "alloc_exact {S} {a} {l} {u} {n}", "v"),
    "memblock_alloc_hugetlb": ("snx", "alloc_hugetlb {S} {n} {x}", "v"),
    "memblock_set_node": ("bswn", "set_node {w} {b} {s} {n}", ""),
    "memblock_mark_hotplug": ("bs", "mark {b} {s} hotplug", ""),
    "memblock_clear_hotplug": ("bs", "clear {b} {s} hotplug", ""),
    "memblock_mark_mirror": ("bs", "mark {b} {s} mirror", ""),
    "memblock_mark_nomap": ("bs", "mark {b} {s} nomap", ""),
    "memblock_clear_nomap": ("bs", "clear {b} {s} nomap", ""),
    "memblock_reserved_mark_noinit": ("bs", "mark {b} {s} noinit", ""),
    "memblock_reserved_mark_kern": ("bs", "mark {b} {s} kern", ""),
    "memblock_mark_kho_scratch": ("bs", "mark {b} {s} kho_scratch", ""),
    "memblock_clear_kho_scratch": ("bs", "clear {b} {s} kho_scratch", ""),
    "memblock_set_kho_scratch_only": ("", "scratch_only 1", ""),
    "memblock_clear_kho_scratch_only": ("", "scratch_only 0", ""),
    "memblock_trim_memory": ("a", "trim {a}", ""),
    "memblock_enforce_memory_limit": ("m", "enforce_limit {m}", ""),
    "memblock_mem_limit_remove_map": ("m", "remove_map {m}", ""),
    "memblock_cap_memory_range": ("bs", "cap_range {b} {s}", ""),
    "memblock_set_current_limit": ("u", "set_limit {m}", ""),
    "memblock_allow_resize": ("", "allow_resize", ""),
    "memblock_dump_all": ("", "dump", ""),
    "__memblock_dump_all": ("", "dump", ""),
    "memblock_free_all": ("", "free_all", ""),
    "memblock_discard": ("", "discard", ""),
}


def flags_text(flags):
    names = [FLAGS[bit] if bit < len(FLAGS) else f"{1 << bit:#x}"
             for bit in range(32) if flags & (1 << bit)]
    return "|".join(names) or "none"


def signed(value):
    value &= MASK32
    return value - (1 << 32) if value >> 31 else value


def bound_text(value):
    return {ANYWHERE: "anywhere", 0: "accessible", 1: "noleaktrace"}.get(value, f"{value:#x}")


def call_text(name, registers, physical, collection):
    """The operation of a trace for a call of the function name with these argument registers.
    physical() makes an address of a pointer, collection() a name of one."""
    letters, form, _ = CALLS[name]
    words = {}
    for letter, value in zip(letters, registers):
        if letter == "n":
            words[letter] = signed(value)
        elif letter == "f":
            words[letter] = flags_text(value & MASK32)
        elif letter == "x":
            words[letter] = value & 1
        elif letter == "w":
            words[letter] = collection(value)
        elif letter == "p":
            words[letter] = f"{physical(value):#x}"
        elif letter == "u":
            words[letter] = bound_text(value)
            words["m"] = "anywhere" if value == ANYWHERE else f"{value:#x}"
        else:
            words[letter] = f"{value:#x}"
            words[letter.upper()] = value
    return form.format(**words)


# ---- state ---------------------------------------------------------------------------------------

MEMBLOCK = struct.Struct("<?7xQ" + "QQQQQ" * 2)  # bottom_up, current_limit; two collections of
#                                                  cnt, max, total_size, regions, name
REGION = struct.Struct("<QQIi")                  # base, size, flags, nid
SCRATCH = struct.Struct("<QQ")                    # an area of a handover's list: address, size
COLLECTIONS = ("memory", "reserved")
REGIONS_MAX = 1 << 20


class State:
    """struct memblock and its two arrays of regions, as read from the kernel's memory."""

    def __init__(self, head, read):
        fields = MEMBLOCK.unpack(head)
        self.bottom_up, self.limit = fields[:2]
        self.cnt, self.max, self.total, self.array, self.regions = {}, {}, {}, {}, {}
        for i, which in enumerate(COLLECTIONS):
            self.cnt[which], self.max[which], self.total[which], self.array[which] = \
                fields[2 + 5 * i:6 + 5 * i]
            if self.cnt[which] > REGIONS_MAX:
                raise ValueError(f"{self.cnt[which]} regions")
        arrays = read(*((self.array[which], self.cnt[which] * REGION.size)
                        for which in COLLECTIONS))
        for which, data in zip(COLLECTIONS, arrays):
            # An empty array of 6.1 has one region without a size.
            self.regions[which] = [r for r in REGION.iter_unpack(data) if r[1]]

    def dump_text(self, nodes_max):
        lines = ["dump", f" size {self.total['memory']:#x} {self.total['reserved']:#x}"]
        for which in COLLECTIONS:
            for base, size, flags, nid in self.regions[which]:
                node = nid if 0 <= nid < nodes_max else "x"
                lines.append(f" {which} {base:#x} {size:#x} {node} {flags_text(flags)}")
        return lines + ["end"]


def changes_between(before, after):
    """What happened between two calls, as operations; [(text, certain)]."""
    found = []
    if before.bottom_up != after.bottom_up:
        found.append((f"set_bottom_up {int(after.bottom_up)}", True))
    if before.limit != after.limit:
        found.append(("set_limit " + ("anywhere" if after.limit == ANYWHERE else
                                      f"{after.limit:#x}"), True))
    for which in COLLECTIONS:
        old, new = before.regions[which], after.regions[which]
        if old == new:
            continue
        if [r[:3] for r in old] == [r[:3] for r in new]:
            found += [(f"stamp_node {which} {b[0]:#x} {b[3]}", True)
                      for a, b in zip(old, new) if a != b]
        else:
            found.append((f"{which} changed outside of any known call", False))
    return found


def profile_of(version):
    """The profile of a kernel by its version text, as an importer chooses it."""
    match = re.match(r"(\d+)\.(\d+)", version or "")
    if not match:
        return "6.12"
    number = (int(match[1]), int(match[2]))
    return "6.1" if number < (6, 8) else "6.12" if number < (6, 16) else "new"
