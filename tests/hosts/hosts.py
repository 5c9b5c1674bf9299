#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The program on other hosts: big-endian, of 32 bits, not of this machine's processor.

    hosts.py [--bench=PROGRAM] [--build=DIR] [--operations=N] [--record=FILE] [HOST...]

Builds memblock-bench with a cross compiler for each HOST of the table below, against the libraries of Debian's
packages for it (downloaded once, below the user's cache; nothing is installed), and runs it in QEMU's user mode
beside this machine's PROGRAM. What has to be the same: the state after each captured boot on every store, the
traces that families generate, the traces that logs are imported to. Then `verify` compares the stores with each
other and with the kernel's file, which the program there compiles for its own host, one of the other byte order. (Of
32 bits it is not compared: verify draws sizes of 64 bits, which such a kernel cuts. That is said.)

A boot, or family, whose allocations lie above 4 GiB ends on a host of 32 bits with the message that no pointer reaches
them. Which these are is read off the traces: no other may be refused, none of them replayed, and some are left.

--record writes what was found to a file (tests/hosts/record.md, `make hosts UPDATE=1`), of a whole run that passed.
A kernel whose source is not there is said first and last; for a record, and with CI set, that is a failure.

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
import newest  # noqa: E402

STORES = "array,rbtree,list"
NOT_COMPARED = "not compared: arguments have 64 bits, and a size has 32 in a kernel of such a host"
REFUSED = "no pointer of this host reaches"
BOOTS = sorted((ROOT / "workloads" / "captured").glob("*.trace.zst"))
# (--variants, --profile, of the operations one in how many)
COMPARED = ((STORES, None, 1), ("array,linux:version=6.12", "6.12", 4), ("array,linux:version=6.1", "6.1", 4),
            ("array,linux:version=newest", "new", 4))

# The packages that are linked with; each depends on the one with the shared object, of the same version.
LIBRARIES = ("libbenchmark-dev", "libpfm4-dev", "libzstd-dev", "libjansson-dev", "libmd-dev", "libfdt-dev",
             "libcmocka-dev")


class Host:
    def __init__(self, name, triplet, cross, processor, bits, about):
        self.name = name            # Debian's
        self.triplet = triplet      # folder of its libraries
        self.cross = cross          # what begins the names of its compilers
        self.processor = processor  # as uname and QEMU call it
        self.bits = bits
        self.about = about

    def tools(self):
        return {f"{self.cross}-g++": f"g++-{self.cross}", f"qemu-{self.qemu()}": "qemu-user", "cmake": "cmake",
                "zstd": "zstd"}

    def qemu(self):
        return "i386" if self.processor == "i686" else self.processor


HOSTS = {host.name: host for host in (
    Host("s390x", "s390x-linux-gnu", "s390x-linux-gnu", "s390x", 64, "big-endian, 64 bits"),
    Host("arm64", "aarch64-linux-gnu", "aarch64-linux-gnu", "aarch64", 64, "64 bits"),
    Host("i386", "i386-linux-gnu", "i686-linux-gnu", "i686", 32, "32 bits"),
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
        newest.lend(folder / "cache")
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
        self.path = Path(path).resolve()

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
        self.high = []  # families and logs that are refused
        self.refused, self.replayed, self.texts, self.verified = [], 0, {}, []

    def take(self, what, good, why=""):
        self.passed += good
        self.failed += not good
        if not good:
            print(f"not ok {self.host}: {what}{': ' if why else ''}{why}")


def lies_high(text):
    """Does an allocation of that trace lie above 4 GiB?"""
    return re.search(rb"=> 0x0*[1-9a-f][0-9a-f]{8}", text) is not None


def compare_boots(tally, host, there, here):
    high = {boot for boot in BOOTS if host.bits == 32 and lies_high(run(boot.name, ["zstd", "-dcq", boot]))}
    for boot in BOOTS:
        want, got = digests(here, boot), digests(there, boot)
        if boot in high:
            tally.refused.append(boot.name.removesuffix(".trace.zst"))
            tally.take(f"{boot.name}, above 4 GiB", all(REFUSED in outcome for outcome in got.values()), f"{got}")
            continue
        tally.replayed += got == want
        tally.take(boot.name, got == want, f"{got}, here {want}")
    tally.take("boots", tally.replayed == len(BOOTS) - len(high) > 0,
               f"{tally.replayed} of {len(BOOTS)} replayed, {len(high)} are above 4 GiB")


def compare_text(tally, host, there, here):
    """Generated traces and imported logs. Both are made by replaying: a pointer that lies too high is refused."""
    families = sorted((ROOT / "workloads" / "synthetic").glob("*.json"))
    logs = sorted((ROOT / "workloads" / "captured").glob("*.log.zst"))
    for what, names in (("generated", families), ("imported", logs)):
        tally.texts[what] = 0
        for path in names:
            command = ["gen", path.stem, "size=64", "seed=3"] if what == "generated" else ["import", path]
            want, said = here.run(path.name, *command, "-o", "/dev/stdout"), ""
            try:
                got = there.run(path.name, *command, "-o", "/dev/stdout")
            except Failure as failure:
                got, said = None, "\n".join(failure.details)
            if host.bits == 32 and lies_high(want) and (REFUSED in said or REFUSED.encode() in (got or b"")):
                tally.high.append(path.stem)
                tally.passed += 1
                continue
            tally.texts[what] += got == want and len(want) > 100
            tally.take(f"{what} {path.name}", got == want and len(want) > 100, said)
        tally.take(what, tally.texts[what] > 0, "nothing was")


def absent_kernels(here, folder):
    """{variants: why there is nothing to compare}"""
    found = {}
    for variants, profile, _ in COMPARED[1:]:
        try:
            here.run(variants, "verify", f"--variants={variants}", f"--profile={profile}", "--operations=1", cwd=folder)
        except Failure as failure:
            said = "\n".join(failure.details)
            if "no source of kernel" not in said and "behaves as profile" not in said:
                raise
            found[variants] = failure.details[-1]
    return found


def verify(tally, host, there, folder, operations, absent):
    for variants, profile, share in COMPARED:
        if variants in absent:
            continue
        if host.bits == 32 and "linux" in variants:
            print(f"{host.name}: {variants}: {NOT_COMPARED}", file=sys.stderr)
            tally.verified.append(f"{variants}: {NOT_COMPARED}")
            continue
        command = ["verify", f"--variants={variants}", f"--operations={operations // share}", "--seed=1",
                   *([f"--profile={profile}"] if profile else [])]
        try:
            text = there.run(f"verify {variants}", *command, cwd=folder).decode()
            good = text.startswith("no difference: ") and " took part in 0 of" not in text
            tally.take(f"verify {variants}", good, text)
            tally.verified.append(f"{variants}: {text.splitlines()[0].removeprefix('no difference: ')}")
            print(f"{tally.host}: {variants}: {text.splitlines()[0]}", flush=True)
        except Failure as failure:
            tally.take(f"verify {variants}", False, "\n".join([str(failure), *failure.details]))


def judge(host, here, folder, options, absent, progress):
    there = Program(host, folder, progress)
    tally = Tally(host.name)
    compare_boots(tally, host, there, here)
    print(f"{host.name}: {tally.replayed} of {len(BOOTS)} boots replayed, {len(tally.refused)} lie above 4 GiB",
          flush=True)
    compare_text(tally, host, there, here)
    verify(tally, host, there, folder, options.operations, absent)
    print(f"{host.name} ({host.about}): {tally.passed} passed, {tally.failed} failed", flush=True)
    return tally


def record(path, tallies):
    lines = ["# The program on other hosts", "",
             "What `make hosts UPDATE=1` wrote: one run, in which all passed. The same as on this machine were: the",
             f"states after captured boots ({len(BOOTS)}) on {STORES}, generated traces, imported logs.", "",
             "Refused is what lies above 4 GiB, where no pointer of 32 bits reaches.", "",
             "| host | | boots replayed | refused | traces generated | logs imported | refused of both |",
             "|---|---|---|---|---|---|---|"]
    for tally in tallies:
        lines.append(f"| {tally.host} | {HOSTS[tally.host].about} | {tally.replayed} | {len(tally.refused)} "
                     f"| {tally.texts['generated']} "
                     f"| {tally.texts['imported']} | {len(tally.high)} |")
    lines += ["", "`verify` on each, the kernel's file compiled for that host; no difference where it was compared:",
              "",
              "| host | variants | compared |", "|---|---|---|"]
    lines += [f"| {tally.host} | `{variants}` | {said.partition(' on ')[0]} |" for tally in tallies
              for variants, _, said in (text.partition(": ") for text in tally.verified)]
    path.write_text("\n".join(lines) + "\n")


# ---- the whole -----------------------------------------------------------------------------------

def missing_tools(hosts):
    tools = {tool: package for host in hosts for tool, package in host.tools().items()}
    return {tool: package for tool, package in tools.items() if not shutil.which(tool)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--bench", default=os.environ.get("MEMBLOCK_BENCH", ROOT / "build" / "memblock-bench"))
    parser.add_argument("--build", default=ROOT / "build" / "hosts")
    parser.add_argument("--operations", type=int, default=20000)
    parser.add_argument("--record", type=Path)
    parser.add_argument("hosts", nargs="*")
    options = parser.parse_args()
    for name in options.hosts:
        if name not in HOSTS:
            parser.error(f"no host '{name}'; known are {', '.join(HOSTS)}")
    if not os.access(options.bench, os.X_OK):
        parser.error(f"no program '{options.bench}'; run make first")
    if options.record and options.hosts:
        parser.error("a record is of all hosts")
    hosts = [HOSTS[name] for name in options.hosts or HOSTS]
    missing = missing_tools(hosts)
    progress, here, tallies, failed = Progress(), Here(options.bench), [], 0
    try:
        if missing:
            raise Failure(ENVIRONMENT, f"hosts: no {', '.join(missing)}; install it with: apt install "
                          + " ".join(dict.fromkeys(missing.values())))
        folder = Path(options.build).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        absent = absent_kernels(here, folder)
        tell(absent)
        if absent and (options.record or os.environ.get("CI")):
            raise Failure(1, "hosts: all kernels are wanted for a record and in CI")
        for host in hosts:
            tallies.append(judge(host, here, folder / host.name, options, absent, progress))
        tell(absent)
    except Failure as failure:
        progress.clear()
        print(failure, *failure.details, sep="\n", file=sys.stderr)
        if failure.status == ENVIRONMENT and not os.environ.get("CI"):
            return 77
        failed = 1
    failed += sum(tally.failed for tally in tallies)
    if options.record and not failed:
        record(options.record, tallies)
    print(f"{sum(tally.passed for tally in tallies)} passed, {failed} failed")
    return 1 if failed else 0


def tell(absent):
    for variants, why in absent.items():
        print(f"hosts: {variants} is ABSENT: {why}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
