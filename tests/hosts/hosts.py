#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The program on other hosts: big-endian, of 32 bits, not of this machine's processor.

    hosts.py [--bench=PROGRAM] [--build=DIR] [--operations=N] [HOST...]

Builds memblock-bench with a cross compiler for each HOST of the table below, against the libraries of Debian's
packages for it (downloaded once, below the user's cache; nothing is installed), and runs it in QEMU's user mode
beside this machine's PROGRAM. What has to be the same: the state after each captured boot on every store, the
traces that families generate, the traces that logs are imported to. Then `verify` compares the stores with each
other and with the kernel's file, which the program there compiles for its own host: a kernel of 32 bits, or of the
other byte order.

A boot whose allocations lie above 4 GiB ends on a host of 32 bits with the message that no pointer reaches them:
that is said of it, and not a difference.

The last line is "N passed, N failed". Exit status: 0 all passed; 1 not; 2 usage; 77 skipped, for something is
missing (with CI set that is 1, too).
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "workloads" / "capture"))

from debian import Archive  # noqa: E402  (the path comes first)
from failure import ENVIRONMENT, Failure, Progress  # noqa: E402

STORES = "array,rbtree,list"
REFUSED = "no pointer of this host reaches"

# The packages that are linked with; each depends on the one with the shared object, of the same version.
LIBRARIES = ("libbenchmark-dev", "libpfm4-dev", "libzstd-dev", "libjansson-dev", "libmd-dev", "libfdt-dev",
             "libcmocka-dev")


class Host:
    def __init__(self, name, triplet, cross, processor, about):
        self.name = name            # Debian's
        self.triplet = triplet      # folder of its libraries
        self.cross = cross          # what begins the names of its compilers
        self.processor = processor  # as uname and QEMU call it
        self.about = about

    def tools(self):
        return {f"{self.cross}-g++": f"g++-{self.cross}", f"qemu-{self.qemu()}": "qemu-user", "cmake": "cmake"}

    def qemu(self):
        return "i386" if self.processor == "i686" else self.processor


HOSTS = {host.name: host for host in (
    Host("s390x", "s390x-linux-gnu", "s390x-linux-gnu", "s390x", "big-endian, 64 bits"),
    Host("arm64", "aarch64-linux-gnu", "aarch64-linux-gnu", "aarch64", "64 bits"),
    Host("i386", "i386-linux-gnu", "i686-linux-gnu", "i686", "32 bits"),
)}


def run(what, command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          **options)
    if done.returncode:
        raise Failure(1, f"hosts: {what}: status {done.returncode}: {' '.join(map(str, command))}",
                      (done.stdout + done.stderr).decode(errors="replace").splitlines()[-20:])
    return done.stdout


# ---- building ------------------------------------------------------------------------------------

def shared_object(archive, package):
    """The package that a -dev package depends on in its own version."""
    text = archive.show(package)
    depends = re.search(r"^Depends: (.*)$", text, re.M)
    found = re.search(r"(lib[a-z0-9.+-]+) \(= ", depends[1] if depends else "")
    if not found:
        raise Failure(ENVIRONMENT, f"hosts: {package} of {archive.architecture} names no library")
    return found[1]


def libraries(host, progress):
    """The folders of the packages, unpacked."""
    archive = Archive(host.name, progress, "hosts", "")
    archive.refresh()
    return [archive.unpacked(package) for dev in LIBRARIES for package in (dev, shared_object(archive, dev))]


def one_tree(folders, tree):
    """What is in the folders, as one; links of links keep what they name."""
    shutil.rmtree(tree, ignore_errors=True)
    for folder in folders:
        shutil.copytree(folder, tree, symlinks=True, dirs_exist_ok=True)


class Program:
    """memblock-bench of a host, made and ready to be run; with the tests if they are wanted."""

    def __init__(self, host, folder, progress, tests=False):
        folder.mkdir(parents=True, exist_ok=True)
        tree = folder / "libraries"
        one_tree(libraries(host, progress), tree)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"))
        self.prefix = [f"qemu-{host.qemu()}", "-L", f"/usr/{host.cross}", "-E",
                       f"LD_LIBRARY_PATH={tree}/usr/lib/{host.triplet}"]
        (folder / "cache").mkdir(exist_ok=True)
        progress.show(f"hosts: {host.name}: building")
        self.build(host, folder, tree, tests)
        self.path = folder / "build" / "memblock-bench"
        progress.clear()

    def build(self, host, folder, tree, tests):
        chain = folder / "toolchain.cmake"
        emulator = ";".join(self.prefix)
        chain.write_text(f"""set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {host.processor})
set(CMAKE_C_COMPILER {host.cross}-gcc)
set(CMAKE_CXX_COMPILER {host.cross}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE {host.triplet})
set(CMAKE_FIND_ROOT_PATH "{tree}")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR "{emulator}")
""")
        run(f"{host.name}: configuring", ["cmake", "-S", ROOT, "-B", folder / "build",
                                          f"-DBUILD_TESTING={'ON' if tests else 'OFF'}",
                                          f"-DCMAKE_TOOLCHAIN_FILE={chain}", f"-DMB_PYTHON={sys.executable}"])
        run(f"{host.name}: building", ["cmake", "--build", folder / "build", "-j",
                                       os.environ.get("JOBS") or str(len(os.sched_getaffinity(0))),
                                       "--target", "all" if tests else "memblock-bench"])

    def run(self, what, *arguments, **options):
        return run(what, [*self.prefix, self.path, *arguments], env=self.environment, **options)


class Here:
    """This machine's."""

    def __init__(self, path):
        self.path = Path(path)

    def run(self, what, *arguments, **options):
        return run(what, [self.path, *arguments], **options)


# ---- what has to be the same ---------------------------------------------------------------------

def digests(program, boot):
    """{variant: digest of its state, or why it ended}"""
    text = program.run(boot.name, "replay", boot, f"--variants={STORES}", "--metadata=host", "--rounds=0",
                       "--format=json")
    return {each["variant"]: each.get("panic") or each["state_digest"] for each in json.loads(text)["variants"]}


class Tally:
    def __init__(self, host):
        self.host = host
        self.passed = self.failed = 0
        self.refused = []

    def take(self, what, good, why=""):
        self.passed += good
        self.failed += not good
        if not good:
            print(f"not ok {self.host}: {what}{': ' if why else ''}{why}")


def compare_boots(tally, there, here):
    for boot in sorted((ROOT / "workloads" / "captured").glob("*.trace.zst")):
        want, got = digests(here, boot), digests(there, boot)
        if all(REFUSED in outcome for outcome in got.values()):
            tally.refused.append(boot.name.removesuffix(".trace.zst"))
            continue
        tally.take(boot.name, got == want, f"{got}, here {want}")


def compare_text(tally, there, here, folder):
    """Generated traces and imported logs."""
    for family in sorted((ROOT / "workloads" / "synthetic").glob("*.json")):
        command = ["gen", family.stem, "size=64", "seed=3", "-o", "/dev/stdout"]
        tally.take(f"gen {family.stem}", there.run(family.stem, *command) == here.run(family.stem, *command))
    for log in sorted((ROOT / "workloads" / "captured").glob("*.log.zst")):
        command = ["import", log, "-o", "/dev/stdout"]
        tally.take(f"import {log.name}", there.run(log.name, *command) == here.run(log.name, *command))


def verify(tally, there, folder, operations):
    for variants, share in ((STORES, 1), ("array,linux", 2)):
        command = ["verify", f"--variants={variants}", f"--operations={operations // share}", "--seed=1"]
        try:
            text = there.run(f"verify {variants}", *command, cwd=folder).decode()
            tally.take(f"verify {variants}", text.startswith("no difference"), text)
            print(f"{tally.host}: {variants}: {text.splitlines()[0]}")
        except Failure as failure:
            tally.take(f"verify {variants}", False, "\n".join([str(failure), *failure.details]))


def judge(host, here, folder, operations, progress):
    there = Program(host, folder, progress)
    tally = Tally(host.name)
    compare_boots(tally, there, here)
    compare_text(tally, there, here, folder)
    verify(tally, there, folder, operations)
    print(f"{host.name} ({host.about}): {tally.passed} passed, {tally.failed} failed"
          + (f", {len(tally.refused)} boots refused: above 4 GiB" if tally.refused else ""))
    return tally


# ---- the whole -----------------------------------------------------------------------------------

def missing_tools(hosts):
    tools = {tool: package for host in hosts for tool, package in host.tools().items()}
    return {tool: package for tool, package in tools.items() if not shutil.which(tool)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--bench", default=os.environ.get("MEMBLOCK_BENCH", ROOT / "build" / "memblock-bench"))
    parser.add_argument("--build", default=ROOT / "build" / "hosts")
    parser.add_argument("--operations", type=int, default=20000)
    parser.add_argument("hosts", nargs="*")
    options = parser.parse_args()
    for name in options.hosts:
        if name not in HOSTS:
            parser.error(f"no host '{name}'; known are {', '.join(HOSTS)}")
    if not os.access(options.bench, os.X_OK):
        parser.error(f"no program '{options.bench}'; run make first")
    hosts = [HOSTS[name] for name in options.hosts or HOSTS]
    missing = missing_tools(hosts)
    progress = Progress()
    passed = failed = 0
    try:
        if missing:
            raise Failure(ENVIRONMENT, f"hosts: no {', '.join(missing)}; install it with: apt install "
                          + " ".join(dict.fromkeys(missing.values())))
        for host in hosts:
            tally = judge(host, Here(options.bench), Path(options.build).resolve() / host.name, options.operations,
                          progress)
            passed += tally.passed
            failed += tally.failed
    except Failure as failure:
        progress.clear()
        print(failure, *failure.details, sep="\n", file=sys.stderr)
        if failure.status == ENVIRONMENT and not os.environ.get("CI"):
            return 77
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
