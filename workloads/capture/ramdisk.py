# SPDX-License-Identifier: GPL-2.0-or-later
"""Initial ramdisks: archives in cpio's newc format, as kernels unpack them."""
import random
from pathlib import Path

PROGRAM, FILE, DEVICE = 0o100755, 0o100644, 0o020600
FOLDER = 0o040755


def entry(name, mode, data=b"", device=(0, 0)):
    """One member; device are major and minor number of a character device."""
    name = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def archive(*entries):
    return b"".join(entries) + entry("TRAILER!!!", 0)


def noise(size):
    """A ramdisk of about size bytes: a program that is never reached, and noise."""
    return archive(entry("init", PROGRAM, b"#!/nothing\n"),
                   entry("noise", FILE, random.Random(1).randbytes(size)))


def write_ramdisk(path, size):
    Path(path).write_bytes(noise(size))
