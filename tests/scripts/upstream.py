#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases that minimise writes for the kernel's own test suite: of each fault that the suite does not see
(docs/conformance.md), built and run in it.

    upstream.py [--all] [FAULT...] [--tree=TREE]...
    upstream.py --case=FILE --tree=TREE

In a copy of what the suite needs of a kernel tree the fault is planted: one condition of mm/memblock.c. Then

    minimise tests/upstream/FAULT.trace --format=memblock-test --variants=array,linux:src=COPY

has to find it; without the fault it has to find nothing. The suite with the cases passes on the tree as it
is, each case alone fails with its fault, and the suite by itself passes with the fault, which is why there are
these cases: but for merge-nodes, which it sees where it is built with NUMA=1, by allocations that fail. Without arguments it is one fault, in the package
linux-source-6.12; --all: all, without NUMA, too, in the packages linux-source-6.12 and -6.1 and in the newest
source, if there is a newer one; --tree=TREE: in that tree (which may be given again).

--case=FILE: that case, as minimise wrote it, is built into a copy of TREE's suite and run, with NUMA=1; TREE may be
patched. Status 1 if it fails there.

Status: 0 as expected, 1 not, 2 a tree that is none or has no profile, 77 no kernel source (3 with CI set).
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
CASES = SOURCE / "tests" / "upstream"
BOOT = SOURCE / "workloads" / "captured" / "x86_64-6.12-cloud-4G-2node.trace.zst"
# What of a tree the suite is built from; the kept source of a package has no more (variants/linux/build.sh).
PATHS = ("Makefile", "mm/memblock.c", "include/linux", "include/asm-generic", "tools/include", "tools/lib/slab.c",
         "tools/lib/cmdline.c", "tools/arch/x86/include/asm", "tools/testing/memblock",
         "tools/testing/shared", "tools/testing/selftests/kselftest.h")
# A condition of mm/memblock.c, as a regular expression, and what takes its place.
FAULTS = {
    "merge-nodes": (r"memblock_get_region_node\(this\) !=\s*memblock_get_region_node\(next\)", "0"),
    "mirror": (r"if \(flags & MEMBLOCK_MIRROR\) \{", "if (0) {"),
    "spare-slots": (r"type->cnt \+ 2 > type->max", "type->cnt + 1 > type->max"),
    "page-order": (r"start \+ \(1UL << order\) > end", "order && start + (1UL << order) >= end"),
}
NUMA_ONLY = {"merge-nodes"}  # regions have no node otherwise; and the suite itself sees it
PROFILES = ("6.1", "6.12", "new")  # that minimise writes cases for

sys.path.insert(0, str(SOURCE / "workloads" / "capture"))
import cache  # noqa: E402  (the path comes first)
import newest  # noqa: E402


PARSED = r"\tparse_args\(argc, argv\);\n"  # of the suite's main(): cases come after it


class Wrong(Exception):
    """Not as expected."""


def run(command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, **more)


def expect(good, what, done):
    if not good:
        raise Wrong("\n".join([f"{what} (status {done.returncode})", *(done.stdout + done.stderr).splitlines()[-12:]]))


def ask(which):
    """What the program takes linux:WHICH for: (its label, linux:X.Y-DIGEST, its profile); None: it has none."""
    done = run([BENCH, "replay", f"--variants=linux:{which}", "--rounds=0", "--format=json", BOOT])
    if done.returncode:
        print("upstream:", done.stderr.strip(), file=sys.stderr)
        return None
    row = json.loads(done.stdout)["variants"][0]
    return row["label"], row["profile"]


def has_label(tree, label):
    """Is it of that release, and has it the text? That is what the digest is of."""
    try:
        text = (tree / "mm/memblock.c").read_bytes() + (tree / "include/linux/memblock.h").read_bytes()
        release = version_of(tree)
    except OSError:
        return False
    return re.match(r"linux:(\d+\.\d+)", label)[1] == release and \
        label.endswith("-" + hashlib.sha256(text).hexdigest()[:8])


def find_tree(label):
    """Where the program has it from: a tree, or what it keeps of a tarball."""
    for path in (*newest.INSTALLED.glob("linux-source-*"), *newest.kept().glob("*_tree"),
                 *cache.folder().glob("source-*")):
        if has_label(path, label):
            return path.resolve()
    raise Wrong(f"{label} is in no kept source")


def copy(tree, place):
    for path in PATHS:
        if (tree / path).is_dir():
            shutil.copytree(tree / path, place / path, symlinks=True)
        elif (tree / path).exists():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree / path, place / path)
    return place


def edit(path, pattern, becomes):
    text, times = re.subn(pattern, becomes, path.read_text())
    if times != 1:
        raise Wrong(f"{path}: '{pattern}' is there {times} times")
    path.write_text(text)


class Suite:
    """A copy of the suite, with cases or by itself; of one that was built already, if there is."""

    def __init__(self, tree, place, numa, built=None):
        if built:
            shutil.copytree(built.place, place, symlinks=True)
        self.place = place if built else copy(tree, place)
        self.folder = place / "tools" / "testing" / "memblock"
        self.memblock = place / "mm" / "memblock.c"
        self.numa = numa

    def may_run_one(self):
        """With ONLY=FAULT in the environment its case is all that runs."""
        edit(self.folder / "main.c", PARSED, '\\g<0>\tif (getenv("ONLY"))\n\t\treturn 0;\n')

    def add(self, case):
        """A case, as its head says."""
        name = case.name.removesuffix(".c").replace("-", "_")
        shutil.copy(case, self.folder / "tests" / f"{name}_api.c")
        edit(self.folder / "Makefile", r"TEST_OFILES = ", f"TEST_OFILES = tests/{name}_api.o ")
        edit(self.folder / "main.c", PARSED,
             f"\\g<0>\tint memblock_{name}_checks(void);\n"
             f'\tif (!getenv("ONLY") || !strcmp(getenv("ONLY"), "{case.stem}"))\n\t\tmemblock_{name}_checks();\n')
        if f"memblock_{name}_freed(" in case.read_text():
            stub = self.folder / "mm_init.h"
            stub = stub if stub.exists() and "memblock_free_pages" in stub.read_text() else \
                self.folder / "internal.h"
            edit(stub, r"(void memblock_free_pages\([^)]*\)\s*\{)",
                 f"void memblock_{name}_freed(unsigned long pfn, unsigned int order);\n\\1\n"
                 f"\tmemblock_{name}_freed(pfn, order);\n")

    def result(self, only=None):
        """Build what changed, and run it, or of it the case of one fault."""
        environment = {**os.environ, "CFLAGS": f"-I{CASES}/include -w", "MAKEFLAGS": ""}
        memblock = self.folder / "memblock.o"
        again = ["-o", "include"] * memblock.exists()  # else everything, each time
        memblock.unlink(missing_ok=True)
        done = run(["make", "-C", self.folder, f"-j{len(os.sched_getaffinity(0))}", "main", *again,
                    *["NUMA=1"] * self.numa], env=environment)
        expect(not done.returncode, "the suite does not build", done)
        return run([self.folder / "main", "-v"], env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0",
                                                      **({"ONLY": only} if only else {})})


def write_case(fault, profile, tree, broken, top):
    """What minimise writes; it must find nothing in the tree as it is."""
    def minimise(where, case):
        return run([BENCH, "minimise", CASES / f"{fault}.trace", "--format=memblock-test",
                    f"--profile={profile}", f"--variants=array,linux:src={where}", "-o", case])

    case = top / f"{fault}.c"
    done = minimise(tree, case)
    expect(done.returncode == 2 and "nothing fails" in done.stderr and not case.exists(),
           f"{fault}: a difference in a tree without a fault", done)
    done = minimise(broken, case)
    expect(not done.returncode, f"{fault}: the fault makes no difference", done)
    return case


def judge(faults, profile, tree, numa, top):
    """Faults, in one tree."""
    alone = Suite(tree, top / "alone", numa)
    good = alone.result()
    expect(not good.returncode, "the suite fails by itself", good)
    suite = Suite(tree, top / "with-cases", numa, alone)
    suite.may_run_one()
    broken = {}
    for fault in faults:
        broken[fault] = copy(tree, top / f"broken-{fault}")
        edit(broken[fault] / "mm" / "memblock.c", *FAULTS[fault])
        suite.add(write_case(fault, profile, tree, broken[fault], top))
    good = suite.result()
    expect(not good.returncode, "without a fault a case fails", good)
    passed = len(re.findall(r"^ok ", good.stdout, re.M))
    print(f"{profile:4} {'NUMA' if numa else '':4} without a fault: {passed} checks pass", flush=True)
    for fault in faults:
        for which in (alone, suite):
            shutil.copy(broken[fault] / "mm" / "memblock.c", which.memblock)
        missed, found = alone.result(), suite.result(fault)
        seen = bool(missed.returncode)
        expect(seen == (numa and fault in NUMA_ONLY), f"{fault}: seen by the suite itself: {seen}", missed)
        fails = numa or fault not in NUMA_ONLY
        text = re.search(r"\w+: Assertion.*failed|AddressSanitizer.*", found.stderr)
        expect(bool(text and found.returncode) == fails, f"{fault}: the case alone fails: {not fails}", found)
        print(f"{profile:4} {'NUMA' if numa else '':4} {fault:11} {text[0] if text else 'no nodes here'}",
              flush=True)


def run_case(case, tree):
    """In a copy of the tree's suite."""
    with tempfile.TemporaryDirectory(prefix="memblock-upstream.") as top:
        suite = Suite(tree, Path(top) / "suite", True)
        suite.add(case)
        done = suite.result()
    expect(not done.returncode, f"{case} fails in {tree}", done)
    print(f"{case} passes in {tree}")
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--tree", action="append", default=[], type=Path)
    parser.add_argument("--case", type=Path)
    options = parser.parse_args()
    if options.case:
        if len(options.tree) != 1 or options.faults or options.all or not options.case.is_file() or \
                not (options.tree[0] / "tools/testing/memblock/main.c").is_file():
            parser.error("--case=FILE, a case, goes with one --tree=TREE that has tools/testing/memblock, and nothing else")
        return run_case(options.case, options.tree[0])
    if os.environ.get("MB_SANITIZED") == "1":
        print("upstream: run in the plain build: the kernel's suite is the same in both")
        return 77
    faults = options.faults or (list(FAULTS) if options.all else ["spare-slots"])
    trees = {}  # label: (profile, tree)
    for tree in options.tree:
        said = ask(f"src={tree.resolve()}")
        if said and said[1] not in PROFILES:
            print(f"upstream: {tree} behaves as '{said[1]}', for which minimise writes no cases", file=sys.stderr)
        if not said or said[1] not in PROFILES:
            return 2
        trees[f"{tree}"] = said[1], tree.resolve()
    for version in [] if options.tree else ["6.12", "6.1", "newest"] if options.all else ["6.12"]:
        said = ask(f"version={version}")
        if not said:
            return 3 if os.environ.get("CI") else 77
        if version == "newest" and (said[0] in trees or said[1] not in PROFILES):
            print("upstream: the newest source is", said[0] if said[0] in trees else f"of no profile: {said[1]}")
            continue
        trees[said[0]] = said[1], find_tree(said[0])
    for profile, tree in trees.values():
        for numa in (True, False) if options.all else (True,):
            with tempfile.TemporaryDirectory(prefix="memblock-upstream.") as top:
                judge(faults, profile, tree, numa, Path(top))
    return 0


def version_of(tree):
    found = dict(re.findall(r"^(VERSION|PATCHLEVEL) = (\d+)", (tree / "Makefile").read_text(), re.M))
    return f"{found['VERSION']}.{found['PATCHLEVEL']}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        print("upstream:", wrong, file=sys.stderr)
        sys.exit(1)
