# SPDX-License-Identifier: GPL-2.0-or-later
"""A small kernel that can hand memory over to the next one, built from a kernel's source and kept.

Debian's kernels are configured without KEXEC_HANDOVER. What is built here has what a handover needs (live
updates of memory files, kexec of files), what makes memblock work as in a real machine (nodes, firmware's
tables, deferred initialisation of pages) and a serial console; no drivers, no modules, no network.

    CACHE/kernels/handover_SOURCE_ARCHITECTURE_OPTIONS/vmlinuz System.map config version

What is kept is known by its digest each time it is used (cache.py); what is not whole is built again.
"""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

import cache
import children
import newest
from failure import ENVIRONMENT, USAGE, Failure
from toolchain import need

PACKAGE = re.compile(r"linux-source-(\d+\.\d+)(=.*)?")
OLDEST = (7, 0)         # older sources that are here are passed over
MEMORY_FILES = "mm/memfd_luo.c"  # live updates of memory files
ROOM = 3 << 30          # bytes for an unpacked tree and what is compiled

COMMON = """64BIT SMP NUMA TTY PRINTK PRINTK_TIME KALLSYMS KALLSYMS_ALL BLK_DEV_INITRD BINFMT_ELF EXPERT MULTIUSER
SYSFS PROC_FS DEVTMPFS TMPFS SHMEM MEMFD_CREATE FUTEX DEBUG_KERNEL DEBUG_FS HIGH_RES_TIMERS NO_HZ_IDLE RELOCATABLE
KEXEC_FILE KEXEC_HANDOVER KEXEC_HANDOVER_DEBUGFS LIVEUPDATE LIVEUPDATE_MEMFD CMA HUGETLBFS TRANSPARENT_HUGEPAGE
SPARSEMEM_VMEMMAP MEMORY_HOTPLUG DEFERRED_STRUCT_PAGE_INIT"""
X86 = "PCI ACPI ACPI_NUMA X86_64_ACPI_NUMA EFI EFI_STUB SERIAL_8250 SERIAL_8250_CONSOLE"
ARM64 = "SERIAL_AMBA_PL011 SERIAL_AMBA_PL011_CONSOLE"  # and a device tree, which needs no option


class Target:
    """An architecture, in the words of the kernel's makefiles."""

    def __init__(self, name, prefix, image, options, tools):
        self.name = name
        self.prefix = prefix    # of compiler and binutils
        self.image = image
        self.options = options
        self.tools = tools

    def config(self):
        return "".join(f"CONFIG_{word}=y\n" for word in f"{COMMON} {self.options}".split())


TOOLS = {"make": "make", "flex": "flex", "bison": "bison", "bc": "bc", "gcc": "gcc", "xz": "xz-utils"}
LIBELF = Path("/usr/include/libelf.h")  # for objtool, which x86 has

TARGETS = {
    "x86_64": Target("x86", "x86_64-linux-gnu-", "arch/x86/boot/bzImage",
                     X86, {**TOOLS, "libelf.h": "libelf-dev"}),
    "arm64": Target("arm64", "aarch64-linux-gnu-", "arch/arm64/boot/Image",
                    ARM64, TOOLS),
}


# ---- the source ----------------------------------------------------------------------------------

def version_of(tree):
    """(7, 3, 4) of a tree, as its Makefile says."""
    try:
        text = (Path(tree) / "Makefile").read_text(encoding="latin-1")
    except OSError:
        text = ""
    found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) *= *(\d+)$", text, re.M))
    if len(found) != 3:
        raise Failure(USAGE, f"capture: '{tree}' is not the source of a kernel; it has no Makefile "
                      "that says a version")
    return tuple(int(found[part]) for part in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


class Tree:
    """A source of a kernel: an unpacked tree, or a tarball, which is unpacked for as long as a kernel is
    built."""

    def __init__(self, path):
        self.path = Path(path).resolve()
        if self.path.is_file():
            self.digest = sha256(self.path.read_bytes()).hexdigest()[:12]
            return
        self.check(self.path)
        parts = [self.path / "Makefile", self.path / "mm/memblock.c", self.path / "mm/mm_init.c",
                 *sorted(self.path.glob("kernel/liveupdate/*.c"))]
        text = b"".join(part.read_bytes() for part in parts if part.exists())
        self.digest = sha256(text).hexdigest()[:12]

    @staticmethod
    def check(tree, name=None):
        """name: what it was unpacked from"""
        number = version_of(tree)
        if not (Path(tree) / MEMORY_FILES).exists():
            raise Failure(USAGE, f"capture: '{name or tree}' is Linux {number[0]}.{number[1]}, which hands no memory "
                          f"files over: it has no {MEMORY_FILES}; 7.3 has")

    @contextlib.contextmanager
    def unpacked(self, folder, progress):
        if self.path.is_dir():
            yield self.path
            return
        progress.show(f"capture: {self.path.name}: unpacking")
        with children.start(["tar", "-xf", str(self.path), "-C", str(folder)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            said = process.communicate()[1]
        found = [path.parent for path in Path(folder).glob("*/Makefile")]
        if process.returncode or len(found) != 1:
            raise Failure(ENVIRONMENT, f"capture: cannot unpack {self.path}", said.splitlines()[-5:])
        self.check(found[0], self.path)
        yield found[0]


def source_of(options, progress):
    """The tree given, or the newest source that is here, or the newest that Debian has."""
    if options.source:
        return Tree(options.source)
    wanted = PACKAGE.fullmatch(options.package)
    release = wanted[1] if wanted else options.release or None
    there = [each for each in newest.releases() if newest.release_key(each) >= OLDEST]
    if not release and there:
        release = there[0]
    if release and newest.release_key(release) < OLDEST:
        raise Failure(USAGE, f"capture: --kexec: Linux {release} hands no memory files over; 7.3 does")
    return Tree((newest.find(release) if release else None) or newest.fetch(progress, release))


# ---- the kernel ----------------------------------------------------------------------------------

def need_tools(target):
    tools = {tool: package for tool, package in target.tools.items()
             if tool != LIBELF.name or not LIBELF.exists()}
    need("capture: --kexec builds a kernel", tools, target.prefix)


def make(target, tree, out, what, progress, label):
    """Run the kernel's make; a Failure with the end of what it said."""
    command = ["make", "-C", str(tree), f"O={out}", f"ARCH={target.name}", f"-j{os.cpu_count() or 1}",
               f"CROSS_COMPILE={target.prefix}", "KBUILD_BUILD_USER=memblock-bench",
               "KBUILD_BUILD_HOST=capture", "KBUILD_BUILD_TIMESTAMP=1970-01-01", "KBUILD_BUILD_VERSION=1", *what]
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARCH", "CROSS_COMPILE")}
    lines = []
    with children.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment,
                        stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout:
            lines.append(line.rstrip())
            progress.show(f"capture: {label}: {len(lines)} steps")
    if process.returncode:
        wrong = [line for line in lines if re.search(r"error|Error|No rule|not found", line)]
        raise Failure(ENVIRONMENT, f"capture: {label} failed", (wrong or lines)[-8:])


def configure(target, tree, out, progress, label):
    """allnoconfig with ours on top; every option must have been taken."""
    wanted = target.config()
    (out / "wanted").write_text(wanted)
    make(target, tree, out, [f"KCONFIG_ALLCONFIG={out / 'wanted'}", "allnoconfig"], progress, label)
    there = set((out / ".config").read_text(encoding="latin-1").splitlines())
    missing = [line for line in wanted.splitlines() if line not in there]
    if missing:
        raise Failure(ENVIRONMENT, f"capture: {label}: this kernel does not have "
                      + ", ".join(line.removesuffix("=y") for line in missing))


def built(arch, source, progress):
    """(image, symbols, version) of the small kernel of that source, built if it was not before."""
    target = TARGETS[arch]
    digest = sha256(target.config().encode()).hexdigest()[:8]
    folder = cache.folder() / "kernels" / f"handover_{source.digest}_{arch}_{digest}"
    if not cache.is_noted(folder):
        need_tools(target)
        progress.show("capture: waiting for another that builds a kernel")
        with cache.locked(folder.parent):
            if not cache.is_noted(folder):
                build_there(target, source, folder, progress)
        progress.clear()
    return folder / "vmlinuz", folder / "System.map", (folder / "version").read_text().strip()


def build_there(target, source, folder, progress):
    """Nobody else does. What lies about was left by one that was killed."""
    with cache.writing(folder.parent):
        for left in folder.parent.glob("build.*"):
            shutil.rmtree(left, ignore_errors=True)
        if shutil.disk_usage(folder.parent).free < ROOM:
            raise Failure(ENVIRONMENT, f"capture: building a kernel needs {ROOM >> 30} GiB below "
                          f"{folder.parent}; set XDG_CACHE_HOME to where there is room")
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="build.") as here:
            cache.put(build(target, source, Path(here), progress), folder)


def build(target, source, here, progress):
    """Build below the folder here; the folder with what is kept."""
    out, made, packed = here / "out", here / "made", here / "source"
    for path in (out, made, packed):
        path.mkdir()
    with source.unpacked(packed, progress) as tree:
        version = ".".join(map(str, version_of(tree)))
        label = f"Linux {version} for {target.name}"
        configure(target, tree, out, progress, f"configuring {label}")
        make(target, tree, out, [target.image.rsplit("/", 1)[1]], progress, f"building {label}")
    for name, path in (("vmlinuz", target.image), ("System.map", "System.map"), ("config", ".config")):
        shutil.copyfile(out / path, made / name)
    (made / "version").write_text(version + "\n")
    return made
