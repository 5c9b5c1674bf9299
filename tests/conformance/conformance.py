#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own memblock test suite, unmodified, against kernel.h on every variant.

    conformance.py BUILD [--test] [--variants=LIST] [--sources=DIR] [--new=TREE]
    conformance.py BUILD --setting=WORD,... [--suite=6.1|6.12|new] [--json]

Takes tools/testing/memblock/tests of Debian's linux-source packages, builds it in front of kernel.h
(the headers in include/ here stand before the kernel's) and runs it for every store of
variants.def: 6.12's suite with profile 6.12, 6.1's with 6.1, without and with NUMA, without and
with -m. Profile new is the suite of the newest source there is (workloads/capture/newest.py), if that is
newer than those packages, or of --new=TREE; --new= leaves it out.

`array` runs with assertions: the first failing check ends the program. The others run with
-DNDEBUG, where a check that fails says "not ok" and goes on; it then says "ok" too, so the number
of "ok" shows only that the suite ran to its end. Checks that look into the array's own growth may
fail there: exceptions.txt names them. At last the same is done with a planted fault, which has to
be seen.

With --setting the suite is built otherwise, as the variables of its Makefile have it: `numa` (NUMA=1),
`nodes_shift=N` (there 4 is fixed), `debug` (MEMBLOCK_DEBUG=1), `phys32` (32BIT_PHYS_ADDR_T=1; BUILD has
to be that of a host of 32 bits: tests/configurations builds one); `clang` compiles it. Some of it the
kernel's own code fails then, for it uses eight nodes. So it is built in front of mm/memblock.c, too
(settings.py), and what array fails has to be what that fails.

Exit status: 0 as expected; 1 not; 2 usage; 3 something is missing. With --test a missing package is
77, skipped, unless CI is set.
"""
import argparse
import concurrent.futures
import configparser
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "workloads", "capture"))
import newest  # noqa: E402  (the path comes first)
import settings  # noqa: E402

PACKAGES = ("6.12", "6.1")
# With sanitizers, where each takes ten times as long, those that have the most checks: of all stores and suites.
SANITIZED = os.environ.get("MB_SANITIZED") == "1"
NUMA = (True,) if SANITIZED else (False, True)
MOVABLE = (False,) if SANITIZED else (False, True)  # -m
CHECKS = {("6.12", False): 181, ("6.12", True): 263, ("6.1", False): 150, ("6.1", True): 202,
          ("new", False): 181, ("new", True): 264}  # 7.3's; a later one may have more
COUNTED = "7.3"
REFERENCE = "array"  # the variant that grows as the kernel does: asserts on, no exceptions

# What of a kernel tree the suite is built from.
TREE_PATHS = ("tools/testing/memblock", "tools/testing/selftests/kselftest.h", "tools/include")

# As the suite's own Makefile has it; its expectations about addresses need that allocator.
SANITIZE = ["-fsanitize=address,undefined"]


class Missing(Exception):
    """Something outside the project is not there."""


def jobs():
    return int(os.environ.get("JOBS") or len(os.sched_getaffinity(0)))


def names_of_variants():
    with open(os.path.join(ROOT, "variants", "variants.def"), encoding="utf-8") as f:
        return re.findall(r"^MB_VARIANT\((\w+), *store,", f.read(), re.M)


def exceptions(suites):
    known = {}
    with open(os.path.join(HERE, "exceptions.txt"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                suite, check, reason = line.split(None, 2)
                if suite in suites:
                    known[suite, check] = reason.strip()
    return known


# ---- the kernel's files --------------------------------------------------------------------------

def find_package(folder, version):
    """A tree, or the archive that the package installs."""
    for form in ("", ".tar.xz", ".tar.gz", ".tar.bz2", ".tar.zst"):
        path = os.path.join(folder, f"linux-source-{version}{form}")
        if os.path.exists(path):
            return path
    raise Missing(f"{folder}/linux-source-{version}.tar.xz: missing: the kernel's test suite is "
                  f"in it; apt-get install linux-source-{version}")


def find_suite(tree):
    for path in TREE_PATHS:
        if not os.path.exists(os.path.join(tree, path)):
            raise Missing(f"{tree}/{path}: missing: no kernel tree, or one without the test suite")
    return tree


def find_newest():
    """The newest source, if it is newer than the packages; and its release."""
    source = newest.find()
    release = newest.NAME.findall(str(source))[-1] if source else "0.0"
    return (str(source), release) if newest.release_key(release) > (6, 12) else (None, None)


def extract(version, source, work):
    """The needed paths of the package: what is unpacked of it in the user's cache, or below work; kept while the package
    stays the same."""
    if os.path.isdir(source):
        return source
    found = newest.unpacked(source)
    if found and all((found / path).exists() for path in TREE_PATHS):
        return str(found)
    tree = os.path.join(work, f"linux-{version}")
    stamp = os.path.join(tree, "stamp")
    about = os.stat(source)
    identity = f"{source} {about.st_size} {about.st_mtime_ns}"
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as f:
            if f.read() == identity:
                return tree
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    root = os.path.basename(source).split(".tar")[0] + "/"
    done = subprocess.run(["tar", "-xf", source, "-C", tree, "--strip-components=1"] +
                          [root + path for path in TREE_PATHS], capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"{source}: cannot be unpacked: '{done.stderr.strip()}'; is it complete?")
    with open(stamp, "w", encoding="utf-8") as f:
        f.write(identity)
    return tree


# ---- building ------------------------------------------------------------------------------------

def digest_of_files(folders):
    digest = hashlib.sha256()
    for folder in folders:
        for path, _, files in sorted(os.walk(folder)):
            for name in sorted(files):
                if name.endswith((".h", ".c")):
                    with open(os.path.join(path, name), "rb") as f:
                        digest.update(name.encode() + b"\0" + f.read())
    return digest.hexdigest()


class Build:
    """The programs: one per suite, NUMA or not, asserts or not. Variants share them, and builds the objects where
    MB_SUITE_OBJECTS names a folder for them: those of a library with sanitizers are the same."""

    def __init__(self, config, work, trees, pool, setting=None):
        self.setting = setting
        self.kept = os.path.abspath(os.environ.get("MB_SUITE_OBJECTS") or work)
        self.config = config
        self.work = work
        self.trees = trees
        self.pool = pool
        self.own = digest_of_files([os.path.join(ROOT, "include"), HERE])

    def program(self, suite, numa, asserts, fault=False):
        return os.path.join(self.work, self.name(suite, numa, asserts) + ("-fault" if fault else ""))

    @staticmethod
    def name(suite, numa, asserts):
        return f"suite-{suite}{'-numa' if numa else ''}{'-assert' if asserts else ''}"

    def compile(self, source, target, flags):
        command = [self.config["cc"], "-std=gnu11", "-g", "-O0", "-w", *SANITIZE, *flags, "-c",
                   source, "-o", target]
        with open(source, "rb") as f:
            text = f.read()
        key = hashlib.sha256(" ".join(command).encode() + self.own.encode() + text).hexdigest()
        mark = target + ".key"
        if os.path.exists(target) and os.path.exists(mark):
            with open(mark, encoding="utf-8") as f:
                if f.read() == key:
                    return None
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return " ".join(command) + "\n" + done.stderr
        with open(mark, "w", encoding="utf-8") as f:
            f.write(key)
        return None

    def objects(self, suite, numa, asserts):
        """(source, object, flags) of one program."""
        tools = os.path.join(self.trees[suite], "tools")
        tests = os.path.join(tools, "testing", "memblock")
        folder = os.path.join(self.work if self.setting else self.kept, self.name(suite, numa, asserts) + ".objects")
        os.makedirs(folder, exist_ok=True)
        flags = ["-I", os.path.join(HERE, "include"), "-I", os.path.join(ROOT, "include"),
                 "-I", tests, "-I", os.path.join(tools, "include")]
        if self.setting:
            flags += self.setting.flags()
        else:
            flags += ["-DCONFIG_PHYS_ADDR_T_64BIT"]
            flags += ["-DCONFIG_NUMA", "-DCONFIG_NODES_SHIFT=4"] * numa
        if not asserts:
            flags += ["-DNDEBUG"]
        sources = [os.path.join(tests, "main.c")]
        sources += [os.path.join(tests, "tests", f)
                    for f in sorted(os.listdir(os.path.join(tests, "tests"))) if f.endswith(".c")]
        return [(s, os.path.join(folder, os.path.basename(s)[:-2] + ".o"), flags) for s in sources]

    def bridge(self):
        """src/kernel_h once more, for what the library is not compiled for: (source, object, flags)."""
        if not self.setting or not self.setting.phys32:
            return []
        folder = os.path.join(ROOT, "src", "kernel_h")
        flags = ["-I", os.path.join(ROOT, "include"), "-I", os.path.join(ROOT, "src"), "-DMEMBLOCK_PHYS_ADDR_T_32BIT"]
        return [(os.path.join(folder, f), os.path.join(self.work, f[:-2] + "-phys32.o"), flags)
                for f in sorted(os.listdir(folder)) if f.endswith(".c")]

    def link(self, suite, numa, asserts, fault=None):
        objects = [o for _, o, _ in self.objects(suite, numa, asserts) + self.bridge()]
        extra = [fault, "-Wl,--wrap=mb_reserve"] if fault else []
        command = [self.config["cc"], *SANITIZE, "-o",
                   self.program(suite, numa, asserts, bool(fault)), *objects, *extra,
                   *self.config["libraries"].split(";"), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        return " ".join(command) + "\n" + done.stderr if done.returncode else None

    def one(self, suite):
        """The suite of a setting, with checks that go on; an error's text, or None."""
        work = self.objects(suite, self.setting.numa, False) + self.bridge()
        errors = [e for e in self.pool.map(lambda j: self.compile(*j), work) if e]
        return errors[0] if errors else self.link(suite, self.setting.numa, False)

    def all(self):
        kinds = [(s, n, a) for s in self.trees for n in NUMA for a in (True, False)]
        work = [job for kind in kinds for job in self.objects(*kind)]
        fault = os.path.join(self.work, "fault.o")
        work.append((os.path.join(HERE, "fault.c"), fault,
                     ["-I", os.path.join(ROOT, "include")]))
        errors = [e for e in self.pool.map(lambda j: self.compile(*j), work) if e]
        if not errors:
            links = [(*kind, None) for kind in kinds]
            links += [("6.12", True, a, fault) for a in (True, False)]
            errors = [e for e in self.pool.map(lambda j: self.link(*j), links) if e]
        for error in errors[:3]:
            print(error, file=sys.stderr)
        return not errors


# ---- running -------------------------------------------------------------------------------------

class Outcome:
    """What one run printed. failed: names of checks, with what they were run for."""

    def __init__(self, status, out, err):
        self.status = status
        self.err = err
        self.ok = len(re.findall(r"^ok \d+", out, re.M))
        self.not_ok = len(re.findall(r"^not ok \d+", out, re.M))
        self.failed = sorted(set(re.findall(r"^not ok \d+.*?: (.+): failed$", out, re.M)))
        # A line of this form without a name must not get lost.
        if self.not_ok and not self.failed:
            self.failed = ["(a check without a name)"]

    @staticmethod
    def name(check):
        return check.split(": ")[-1]


def run_suite(program, variant, suite, movable, log):
    environment = dict(os.environ, MEMBLOCK_VARIANT=variant, MEMBLOCK_PROFILE=suite)
    for name in ("MEMBLOCK_METADATA", "MEMBLOCK_DEBUG"):
        environment.pop(name, None)
    command = [program, "-v"] + (["-m"] if movable else [])
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True,
                              errors="replace", timeout=240)
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        text = done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        outcome = Outcome(-1, "", "no end after 240 s")
        text = outcome.err
    with open(log, "w", encoding="utf-8") as f:
        f.write(text)
    return outcome


def complaints(outcome, variant, suite, numa, known):
    """What is wrong with this run, as lines."""
    wrong = []
    if outcome.status:
        last = outcome.err.strip().splitlines()[-1:] or ["(nothing on stderr)"]
        wrong.append(f"status {outcome.status}: {last[0]}")
    if outcome.ok != CHECKS[suite, numa]:
        wrong.append(f"{outcome.ok} ok, expected {CHECKS[suite, numa]}")
    for check in outcome.failed:
        if variant == REFERENCE or (suite, Outcome.name(check)) not in known:
            wrong.append(f"not ok: {check}")
    return wrong


def show_table(suites, variants, results):
    columns = [(s, n, m) for s in suites for n in NUMA for m in MOVABLE]
    heads = [f"{s}{' NUMA' if n else ''}{' -m' if m else ''}" for s, n, m in columns]
    width = max(len(h) for h in heads) + 2
    print("checks passed of those in the suite".center(12 + width * len(heads)).rstrip())
    print("variant".ljust(12) + "".join(h.rjust(width) for h in heads))
    for variant in variants:
        cells = []
        for suite, numa, movable in columns:
            total = CHECKS[suite, numa]
            outcome = results[variant, suite, numa, movable]
            passed = outcome.ok - len(outcome.failed) if not outcome.status else outcome.ok
            cells.append(f"{passed}/{total}".rjust(width))
        print(variant.ljust(12) + "".join(cells))


def planted_fault_is_seen(build, variants, known, logs):
    """Every reservation is a byte short: both ways of running have to notice."""
    seen = True
    others = [v for v in variants if v != REFERENCE]
    for variant in [REFERENCE] + others[:1]:
        asserts = variant == REFERENCE
        outcome = run_suite(build.program("6.12", True, asserts, True), variant, "6.12", False,
                            os.path.join(logs, f"{variant}-fault.log"))
        wrong = complaints(outcome, variant, "6.12", True, known)
        by = "ended by an assertion" if outcome.status else \
            f"{outcome.not_ok} not ok in {len(outcome.failed)} checks, and {outcome.ok} ok"
        print(f"planted fault, {variant}: {by if wrong else 'NOT SEEN'}")
        seen = seen and bool(wrong)
    return seen


def report(suites, variants, results, known, logs):
    """Table, expected failures, everything else. Returns whether all is as expected."""
    show_table(suites, variants, results)
    used = {}
    good = True
    for (variant, suite, numa, movable), outcome in results.items():
        for check in outcome.failed:
            key = suite, Outcome.name(check)
            if variant != REFERENCE and key in known:
                used.setdefault(key, set()).add(variant)
        for line in complaints(outcome, variant, suite, numa, known):
            what = f"{variant}: suite {suite}{' NUMA' if numa else ''}{' -m' if movable else ''}"
            log = log_name(logs, variant, suite, numa, movable)
            print(f"conformance: {what}: {line}; see {log}", file=sys.stderr)
            good = False
    if used:
        print(f"\nexpected failures ({REFERENCE} has none):")
        for (suite, check), who in sorted(used.items()):
            print(f"  {suite} {check}: {known[suite, check]} ({', '.join(sorted(who))})")
    if any(v != REFERENCE for v in variants):
        for suite, check in sorted(set(known) - set(used)):
            print(f"tests/conformance/exceptions.txt: '{suite} {check}' fails nowhere; take it off",
                  file=sys.stderr)
            good = False
    return good


def log_name(logs, variant, suite, numa, movable):
    name = f"{variant}-{suite}{'-numa' if numa else ''}{'-m' if movable else ''}.log"
    return os.path.join(logs, name.replace(":", "_"))


def judge_setting(setting, build, sources, as_json):
    """array against the kernel's own code, in one setting; an exit status."""
    good, rows = True, []
    for suite, tree in build.trees.items():
        error = build.one(suite)
        kernel, why = (None, error) if error else \
            settings.kernels_own(setting, suite, sources[suite], build.config["cc"], build.work)
        if kernel is None:
            print(f"conformance: {setting.name}: suite {suite}: {why}", file=sys.stderr)
            return 1
        program = build.program(suite, setting.numa, False)
        text, status = settings.run(program, dict(MEMBLOCK_VARIANT="array", MEMBLOCK_PROFILE=suite,
                                                  **({"MEMBLOCK_DEBUG": "1"} if setting.debug else {})))
        ours, theirs = Outcome(status, text, text), Outcome(kernel[1], kernel[0], kernel[0])
        allowed = exceptions([suite]) if setting.phys32 else {}  # arrays of other sizes
        only = [c for c in ours.failed if c not in theirs.failed and (suite, Outcome.name(c)) not in allowed]
        lost = [c for c in theirs.failed if c not in ours.failed]
        same = not only and not lost and ours.ok == theirs.ok and not ours.status == theirs.status == -1
        good = good and same and bool(ours.ok)
        rows.append(dict(suite=suite, total=theirs.ok, passed=ours.ok - len(ours.failed),
                         kernel_passed=theirs.ok - len(theirs.failed), same=same,
                         excepted=len(set(ours.failed) - set(theirs.failed) - set(only))))
        print(f"{setting.name}: suite {suite}: array {rows[-1]['passed']}/{ours.ok}, the kernel's code "
              f"{rows[-1]['kernel_passed']}/{theirs.ok}", file=sys.stderr if as_json else sys.stdout)
        for check in only + lost:
            print(f"conformance: {setting.name}: suite {suite}: {check}: "
                  f"{'array' if check in only else 'the kernel'} alone fails", file=sys.stderr)
    if as_json:
        print(json.dumps(rows))
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("build")
    parser.add_argument("--setting", type=settings.Setting)
    parser.add_argument("--suite", choices=("6.1", "6.12", "new"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--variants")
    parser.add_argument("--sources", default="/usr/src")
    parser.add_argument("--new", metavar="TREE")
    args = parser.parse_args()

    path = os.path.join(args.build, "conformance.conf")
    config = configparser.ConfigParser(interpolation=None)
    if not config.read(path):
        print(f"conformance.py: {path}: missing: not a build folder; run make first",
              file=sys.stderr)
        return 2
    config = config["conformance"]
    library = config["libraries"].split(";")[0]
    if not os.path.exists(library):
        print(f"conformance.py: {library}: missing; run make first", file=sys.stderr)
        return 2
    variants = names_of_variants() if args.variants is None else args.variants.split(",")
    for variant in variants:
        if variant.split(":")[0] not in names_of_variants():
            print(f"conformance.py: --variants: '{variant}' is no store; choose of "
                  f"{', '.join(names_of_variants())}, with parameters", file=sys.stderr)
            return 2
    work = os.path.abspath(os.path.join(args.build, "conformance"))
    logs = os.path.join(work, "logs")
    os.makedirs(logs, exist_ok=True)

    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        try:
            sources = {v: find_package(args.sources, v) for v in PACKAGES}
            source, release = (args.new, COUNTED) if args.new is not None else find_newest()
            if source:
                sources["new"] = find_suite(source) if os.path.isdir(source) else source
            elif args.new is None:
                print("conformance: SKIPPED: profile new: no source that is newer than 6.12; "
                      "workloads/capture/newest.py --fetch gets one", file=sys.stderr)
            if args.suite:
                sources = {args.suite: sources[args.suite]} if args.suite in sources else {}
            found = pool.map(lambda v: extract(v, sources[v], work), sources)
            trees = dict(zip(sources, found))
        except Missing as missing:
            print(f"conformance.py: {missing}", file=sys.stderr)
            return 77 if args.test and not os.environ.get("CI") else 3
        if args.setting:
            work = os.path.join(work, args.setting.name)
            os.makedirs(work, exist_ok=True)
            config = dict(config, cc="clang") if args.setting.clang else config
            return judge_setting(args.setting, Build(config, work, trees, pool, args.setting), sources, args.json)
        build = Build(config, work, trees, pool)
        if not build.all():
            print("conformance: the suite does not build", file=sys.stderr)
            return 1
        runs = [(v, s, n, m) for v in variants for s in trees for n in NUMA for m in MOVABLE]
        results = dict(zip(runs, pool.map(
            lambda r: run_suite(build.program(r[1], r[2], r[0] == REFERENCE), r[0], r[1], r[3],
                                log_name(logs, *r)), runs)))
    if "new" in trees and release != COUNTED:
        for numa in NUMA:  # what the reference, which stops at the first failure, passes
            CHECKS["new", numa] = max(CHECKS["new", numa], results[REFERENCE, "new", numa, False].ok
                                      if (REFERENCE, "new", numa, False) in results else 0)
        print(f"conformance: the suite of {release} is untested here: that of {COUNTED} is known\n")
    known = exceptions(trees)
    good = report(tuple(trees), variants, results, known, logs)
    print()
    good = planted_fault_is_seen(build, variants, known, logs) and good
    print("conformance: as expected" if good else "conformance: FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
