# SPDX-License-Identifier: GPL-2.0-or-later
"""A kexec handover: a kernel that preserves memory and starts another, whose boot is what is recorded.

The first kernel and the second are the same image. The program of the first, handover/handover_init.c, preserves
memory files through the live update orchestrator and jumps; no other program is needed. The second has the
ramdisk and the command line of an ordinary capture.

Where the second boot begins: on the console behind the line with which the first kernel ends (BEGINS), for
the debugger and the counting plugin at the function with which it ends (JUMP). Only there are breakpoints
set on memblock's functions, whose memory the first kernel gave to others long ago; both kernels have them
at the same addresses.
"""
import re
from pathlib import Path

import ramdisk
from counting import build
from failure import CHECK, USAGE, Failure
from machines import command, parse_size
from smallkernel import TARGETS

PROGRAM = Path(__file__).parent / "handover" / "handover_init.c"
BEGINS = re.compile(rb"kexec_core: Starting new kernel|kexec: Starting new kernel")
JUMP = "machine_kexec"
ARGUMENTS = "kho=on liveupdate=on"
# A kernel of arm64 that cannot take processors offline, as the small one, jumps only from a single one.
ARGUMENTS_OF = {"x86_64": ARGUMENTS, "arm64": ARGUMENTS + " nr_cpus=1"}
# The small kernel of x86_64 has no early console: the log holds a line for each page until there is one.
LINE_BYTES, LOG_BYTES = 128, 4 << 20
PAGES = {"4K": 1 << 12, "2M": 1 << 21}
FILES_MAX, RUNS_MAX = 64, 512
FOUND = re.compile(rb"found kexec handover data")
PRESERVED = re.compile(rb"memblock_reserve: \[(?:mem )?(0x[0-9a-f]+)-(0x[0-9a-f]+)\].*"
                       rb"kho_preserved_memory_reserve")


class Shape:
    """What is preserved: how much, in files of which pages, from memory broken up how."""

    def __init__(self, options):
        self.size = parse_size("kexec", options.kexec, PAGES["4K"])
        words = options.pages.split(",")
        unknown = [word for word in words if word.upper() not in PAGES]
        if unknown:
            raise Failure(USAGE, f"capture: --pages: '{unknown[0]}'; 4K, 2M or both: 4K,2M")
        self.pages = [PAGES[word.upper()] for word in words]
        self.files = options.files or len(words)
        self.runs = options.runs
        if self.files > FILES_MAX or len(words) > self.files:
            raise Failure(USAGE, f"capture: --files: '{self.files}'; one for each of --pages at least, "
                          f"and at most {FILES_MAX}")
        if self.size < self.files * max(self.pages):
            raise Failure(USAGE, f"capture: --kexec: '{options.kexec}'; that is less than a page in each "
                          "file")
        if self.runs > RUNS_MAX or (self.runs and max(self.pages) > PAGES["4K"]):
            raise Failure(USAGE, f"capture: --runs: '{self.runs}'; at most {RUNS_MAX} pages of 4K, and not "
                          "with pages of 2M, which memory in pieces does not have")
        if parse_size("memory", options.memory) < 4 * self.size:
            raise Failure(USAGE, f"capture: --kexec: '{options.kexec}'; at most a quarter of --memory")

    def arguments(self, arch):
        """For both kernels."""
        lines = self.size // min(self.pages) + 4096
        if arch != "x86_64" or lines * LINE_BYTES <= LOG_BYTES:
            return ARGUMENTS_OF[arch]
        return f"{ARGUMENTS} log_buf_len={1 << (lines * LINE_BYTES - 1).bit_length() >> 20}M"

    def words(self):
        """For handover/handover_init.c."""
        return " ".join([f"size={self.size}", f"files={self.files}", f"runs={self.runs}",
                         *(f"page={page}" for page in self.pages)])


def program(arch):
    """The compiled handover_init.c."""
    compiler = TARGETS[arch].prefix + "gcc"
    return build([PROGRAM], f"handover-init-{arch}",
                 [compiler, "-std=c17", "-static", "-Os", "-s", str(PROGRAM)])


def first_command(options, image, folder, shape):
    """The command line of QEMU that boots the first kernel, with all that it needs in folder."""
    line = command(options, image, folder)
    second = b""
    if "-initrd" in line:
        second = Path(line[line.index("-initrd") + 1]).read_bytes()
    packed = Path(folder) / "handover.cpio"
    packed.write_bytes(ramdisk.archive(
        *(ramdisk.entry(name, ramdisk.FOLDER) for name in ("dev", "proc", "sys")),
        ramdisk.entry("dev/console", ramdisk.DEVICE, device=(5, 1)),
        ramdisk.entry("init", ramdisk.PROGRAM, program(options.arch).read_bytes()),
        ramdisk.entry("kernel", ramdisk.FILE, Path(image).read_bytes()),
        ramdisk.entry("ramdisk", ramdisk.FILE, second)))
    if "-initrd" not in line:
        at = line.index("-append")
        line[at:at] = ["-initrd", ""]
    line[line.index("-initrd") + 1] = str(packed)
    line[-1] += f" {shape.arguments(options.arch)} -- {shape.words()}"
    return line


def preserved(log, shape):
    """What the second kernel found and reserved, {size of a piece: how many}, from its console; a Failure
    if that is less than what was preserved."""
    pieces = {}
    for first, last in PRESERVED.findall(log):
        size = int(last, 16) - int(first, 16) + 1
        pieces[size] = pieces.get(size, 0) + 1
    total = sum(size * count for size, count in pieces.items())
    if not FOUND.search(log) or total < shape.size:
        raise Failure(CHECK, f"capture: the second kernel found {total} bytes of the {shape.size} that the "
                      "first one preserved; there was no handover")
    return dict(sorted(pieces.items()))


def text(pieces):
    """For people: '65536 of 4K, 128 of 2M'."""
    def name(size):
        return f"{size >> 20}M" if not size % (1 << 20) else f"{size >> 10}K"
    return ", ".join(f"{count} of {name(size)}" for size, count in pieces.items())
