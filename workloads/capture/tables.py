# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware tables that QEMU does not make by itself: an SRAT with hot-pluggable ranges, and a device
tree with reserved memory."""
import struct

ENABLED, HOT_PLUGGABLE = 1, 2
FOUR_GIB = 1 << 32


def srat(nodes, hotplug, below_hole):
    """The body of an SRAT, revision 3, without the header that QEMU adds.

    Memory of the nodes in order, from address 0; where below_hole is reached it goes on at 4 GiB, as
    on a PC. Both processors are in node 0, which cannot be unplugged.
    """
    body = struct.pack("<IQ", 1, 0)
    for processor in range(2):
        body += struct.pack("<BBBBIB3sI", 0, 16, 0, processor, ENABLED, 0, b"\0\0\0", 0)
    at = 0
    for number, size in enumerate(nodes):
        flags = ENABLED | (HOT_PLUGGABLE if number in hotplug else 0)
        while size:
            part = min(size, below_hole - at) if at < below_hole else size
            body += struct.pack("<BBIHQQIIQ", 1, 40, number, 0, at, part, 0, flags, 0)
            at += part
            size -= part
            if at == below_hole:
                at = FOUR_GIB
    return body


# ---- flattened device trees ----------------------------------------------------------------------

BEGIN_NODE, END_NODE, PROPERTY, NOP, END = 1, 2, 3, 4, 9
HEADER = struct.Struct(">10I")  # magic, size, structure, strings, reservations, version, compatible,
#                                 boot processor, size of strings, size of structure


def add_reserved_nodes(blob, count, base, size=0x10000, step=0x40000):
    """The device tree blob with a /reserved-memory of count ranges, the n-th at base + n * step; every
    third may not be mapped at all."""
    header = list(HEADER.unpack_from(blob))
    if header[0] != 0xd00dfeed:
        raise ValueError("not a device tree")
    structure = blob[header[2]:header[2] + header[9]]
    strings = blob[header[3]:header[3] + header[8]]
    names = {}

    def name_offset(name):
        nonlocal strings
        if name not in names:
            names[name] = len(strings)
            strings += name.encode() + b"\0"
        return names[name]

    def padded(data):
        return data + b"\0" * (-len(data) % 4)

    def prop(name, value=b""):
        return struct.pack(">III", PROPERTY, len(value), name_offset(name)) + padded(value)

    def node(name, content):
        return (struct.pack(">I", BEGIN_NODE) + padded(name.encode() + b"\0") + content +
                struct.pack(">I", END_NODE))

    two = struct.pack(">I", 2)
    content = prop("#address-cells", two) + prop("#size-cells", two) + prop("ranges")
    for i in range(count):
        at = base + i * step
        content += node(f"range@{at:x}", prop("reg", struct.pack(">QQ", at, size)) +
                        (prop("no-map") if i % 3 == 0 else b""))
    # The root is the only node that is still open: its end is the last but one word.
    tail = struct.pack(">II", END_NODE, END)
    if not structure.endswith(tail):
        raise ValueError("a device tree that does not end as it should")
    structure = structure[:-len(tail)] + node("reserved-memory", content) + tail
    reservations = blob[header[4]:]
    end = 0
    while reservations[end:end + 16] != bytes(16):
        end += 16
    reservations = reservations[:end + 16]
    header[4] = HEADER.size
    header[2] = header[4] + len(reservations)
    header[3] = header[2] + len(structure)
    header[8], header[9] = len(strings), len(structure)
    header[1] = header[3] + len(strings)
    return HEADER.pack(*header) + reservations + structure + strings
