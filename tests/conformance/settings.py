# SPDX-License-Identifier: GPL-2.0-or-later
"""settings.py - how the kernel's test suite can be built, and the suite in front of the kernel's own mm/memblock.c.

What the Makefile of tools/testing/memblock builds, built here by hand: with other numbers of nodes, which that
fixes, by another compiler, with checks that go on where they fail, and with a stub of ours where it wants a
library (tests/upstream/include).
"""
import os
import shutil
import subprocess
import tarfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STUBS = os.path.join(ROOT, "tests", "upstream", "include")
PARTS = ("mm/memblock.c", "include/linux", "include/asm-generic", "tools/include", "tools/lib/slab.c",
         "tools/lib/cmdline.c", "lib/cmdline.c", "tools/arch/x86/include/asm", "tools/testing/memblock",
         "tools/testing/shared", "tools/testing/selftests/kselftest.h")


class Setting:
    """WORD,...: numa, nodes_shift=N, debug, phys32, clang; plain is none of them."""

    def __init__(self, text):
        words = dict(word.partition("=")[::2] for word in text.split(",") if word)
        if set(words) - {"numa", "nodes_shift", "debug", "phys32", "clang", "plain"}:
            raise ValueError(text)
        self.numa = "numa" in words or "nodes_shift" in words
        self.nodes_shift = int(words.get("nodes_shift") or 4)
        self.debug, self.phys32, self.clang = "debug" in words, "phys32" in words, "clang" in words
        self.name = text.replace(",", "-").replace("=", "") or "plain"

    def flags(self):
        flags = ["-DCONFIG_NUMA", f"-DCONFIG_NODES_SHIFT={self.nodes_shift}"] * self.numa
        flags += ["-DMEMBLOCK_DEBUG"] * self.debug
        return flags + ["-DMEMBLOCK_PHYS_ADDR_T_32BIT" if self.phys32 else "-DCONFIG_PHYS_ADDR_T_64BIT"]


def run(program, environment):
    """What it printed, and its status; -1: no end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MEMBLOCK_")}
    try:
        done = subprocess.run([program, "-v"], env={**clean, "ASAN_OPTIONS": "detect_leaks=0", **environment},
                              capture_output=True, text=True, errors="replace", timeout=240, check=False)
        return done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired:
        return "no end after 240 s", -1


def unpack(source, place):
    """What the suite needs of a kernel tree, or of the tarball of one."""
    if os.path.exists(os.path.join(place, "complete")):
        return
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    if os.path.isdir(source):
        for part in PARTS:
            at, to = os.path.join(source, part), os.path.join(place, part)
            if os.path.isdir(at):
                shutil.copytree(at, to, symlinks=True)
            elif os.path.exists(at):
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy(at, to)
    else:
        with tarfile.open(source) as archive:
            for member in archive:
                name = member.name.partition("/")[2]
                if any(name == part or name.startswith(part + "/") for part in PARTS):
                    member.name = name
                    archive.extract(member, place)
    with open(os.path.join(place, "complete"), "w", encoding="utf-8"):
        pass


def kernels_own(setting, suite, source, cc, work):
    """((output, status), None) of the suite on the kernel's code, or (None, why it cannot be built)."""
    tree = os.path.join(os.path.dirname(work), f"whole-{suite}")
    unpack(source, tree)
    folder, tools = os.path.join(tree, "tools/testing/memblock"), os.path.join(tree, "tools")
    for name, to in (("linux/memblock.h", "../../../../include/linux/memblock.h"),
                     ("asm/asm.h", "../../../arch/x86/include/asm/asm.h"),
                     ("asm/cmpxchg.h", "../../../arch/x86/include/asm/cmpxchg.h"),
                     ("memblock.c", "../../../mm/memblock.c")):
        at = os.path.join(folder, name)
        if not os.path.lexists(at):
            os.symlink(to, at)
    theirs = [os.path.join(folder, name) for name in ("memblock.c", "mmzone.c", "lib/slab.c")]
    theirs += [os.path.join(tools, "lib", name) for name in ("slab.c", "cmdline.c")
               if os.path.exists(os.path.join(tools, "lib", name))]
    tests = os.path.join(folder, "tests")
    suites = [os.path.join(folder, "main.c")]
    suites += [os.path.join(tests, name) for name in sorted(os.listdir(tests)) if name.endswith(".c")]
    program, objects = os.path.join(work, f"kernel-{suite}"), []
    flags = [flag for flag in setting.flags() if "MEMBLOCK_PHYS" not in flag]
    compiler = [cc, "-std=gnu11", "-g", "-O2", "-w", "-fsanitize=address,undefined", *flags, "-I", STUBS, "-I", folder,
                "-I", os.path.join(tools, "include")]
    # A check that fails goes on, a BUG of the kernel's does not.
    for source in suites + theirs:
        objects.append(os.path.join(work, f"kernel-{suite}-{len(objects)}.o"))
        done = subprocess.run([*compiler, *["-DNDEBUG"] * (source in suites), "-c", "-o", objects[-1], source],
                              capture_output=True, text=True, cwd=folder, check=False)
        if done.returncode:
            return None, done.stderr[-2000:]
    done = subprocess.run([*compiler, "-o", program, *objects], capture_output=True, text=True, check=False)
    if done.returncode:
        return None, done.stderr[-2000:]
    return run(program, {}), None
