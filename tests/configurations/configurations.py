#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel in other configurations: its test suite, the worked cases and verify, in each and on each kernel.

    configurations.py BUILD [--jobs=N] [--operations=N] [--record=FILE] [CONFIGURATION...]
    configurations.py BUILD --test

A CONFIGURATION is a row of the table below: what of the machine is held (the words of a trace), how the kernel's suite
is built (tests/conformance/settings.py), what compiles the kernel's file, and the host that the program is built for.
In each, on the newest kernel there is (MEMBLOCK_TREE: that tree), 6.12 and 6.1:

    conformance   the kernel's suite on array and on the kernel's own code: the same checks pass
    rows          the worked cases of tests/unit on array and the kernel's file: the same after each statement
    verify        N operations at random (three million) on array and the kernel's file, on three machines

What was done is kept in BUILD/configurations/state.json, and is not done again as long as what it was done with stays
the same. With --record the table goes to FILE (tests/configurations/record.md). --test is a part of it that takes some
seconds: one kernel, one machine.

The last line is "N passed, N failed". Exit status: 0 all passed; 1 not; 2 usage; 77 skipped, for something is missing
(with CI set that is 1, too).
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "hosts"), str(ROOT / "workloads" / "capture")]

import hosts  # noqa: E402  (the path comes first)
from failure import Failure, Progress  # noqa: E402

CASES = ("add", "alloc", "growth", "handover", "iterate", "reports")


class Configuration:
    def __init__(self, name, about, machine, setting, parameters="", host=""):
        self.name, self.about = name, about
        self.machine = machine          # held in each sequence of verify, and in the rows
        self.setting = setting          # of the kernel's suite
        self.parameters = parameters    # of the variant linux
        self.host = host                # "": this one


CONFIGURATIONS = {c.name: c for c in (
    Configuration("server", "x86_64 as distributions have it: 1024 nodes, scratch memory, deferred initialisation",
                  "addr_bits=64,no_numa=0,max_numnodes=1024,physmem=0,keep_memblock=0,highmem=0,no_kho_scratch=0,"
                  "no_deferred_init=0", "nodes_shift=10"),
    Configuration("two-nodes", "NODES_SHIFT 1", "addr_bits=64,no_numa=0,max_numnodes=2", "nodes_shift=1"),
    Configuration("flat", "no NUMA", "addr_bits=64,no_numa=1", "plain"),
    Configuration("bare", "neither scratch memory nor deferred initialisation; the suite with MEMBLOCK_DEBUG=1",
                  "addr_bits=64,no_numa=0,max_numnodes=16,no_kho_scratch=1,no_deferred_init=1", "numa,debug"),
    Configuration("arm64", "memblock kept; 1024 slots of memory, 129 and one a processor (512) of reserved",
                  "addr_bits=64,no_numa=0,max_numnodes=16,memory_slots=1024,reserved_slots=641,keep_memblock=1,"
                  "physmem=0", "numa"),
    Configuration("s390", "physmem, memblock kept, no deferred initialisation",
                  "addr_bits=64,no_numa=0,max_numnodes=2,physmem=1,keep_memblock=1,no_deferred_init=1",
                  "nodes_shift=1,debug"),
    Configuration("clang", "the kernel's file and its suite compiled by clang",
                  "addr_bits=64,no_numa=0,max_numnodes=16", "numa,clang", parameters=":compiler=clang"),
    Configuration("phys32", "a phys_addr_t of 32 bits with highmem on a host of 64; the suite (32BIT_PHYS_ADDR_T=1) on "
                  "one of 32", "addr_bits=32,no_numa=1,highmem=1,no_kho_scratch=1,no_deferred_init=1,physmem=0",
                  "phys32"),
    Configuration("i386", "everything built for i386, a phys_addr_t of 32 bits",
                  "addr_bits=32,no_numa=1,highmem=1,no_kho_scratch=1,no_deferred_init=1,physmem=0", "phys32,debug",
                  host="i386"),
)}

# The rest of the machine: a kernel is compiled for each, which takes longer than a million operations, so three. What
# is neither here nor in the table is as in the first.
USUAL = ("page_size=4096,cache_line=32,max_numnodes=16,memory_slots=8,reserved_slots=8,max_page_order=10,max_low_pfn=0,"
         "movable_node=0,kernelcore_mirror=1,physmem=0,keep_memblock=0,highmem=0,no_kho_scratch=0,no_deferred_init=0")
MACHINES = (USUAL,
            f"{USUAL},page_size=16384,cache_line=128,memory_slots=128,reserved_slots=128,max_low_pfn=0x100000,"
            "kernelcore_mirror=0,movable_node=1",
            f"{USUAL},cache_line=64,memory_slots=3,reserved_slots=5,max_page_order=4,movable_node=1")


class Place:
    """A build folder: programs, and how they are run."""

    def __init__(self, build, environment=None):
        self.build = Path(build).resolve()
        self.environment = {**os.environ, **(environment or {}), "MB_SOURCE_DIR": str(ROOT), "JOBS": "1"}

    def run(self, command, **more):
        done = subprocess.run([str(word) for word in command], env={**self.environment, **more}, capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, errors="replace", check=False, cwd=self.scratch())
        return done.returncode, done.stdout, done.stderr

    def scratch(self):
        folder = self.build / "configurations" / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def digest(self, part):
        """Of what the answers of a part depend on."""
        whole = hashlib.sha256()
        for path in {"conformance": [self.build / "libmemblock.a"], "verify": [self.build / "memblock-bench"],
                     "rows": [self.build / "tests" / f"test_cases_{name}" for name in CASES]}[part]:
            whole.update(path.read_bytes())
        for folder in (ROOT / "variants" / "linux", ROOT / "tests" / "conformance"):
            for path in sorted(folder.glob("*.*")):
                whole.update(path.read_bytes())
        return whole.hexdigest()[:16]


def place_of_i386(build):
    """The program and its tests for i386, which this processor runs, too."""
    host = hosts.HOSTS["i386"]
    folder = build / "configurations" / "i386"
    hosts.Program(host, folder, Progress(), tests=True)
    libraries = f"{folder}/libraries/usr/lib/{host.triplet}:/usr/{host.cross}/lib"
    return Place(folder / "build", {"LD_LIBRARY_PATH": libraries})


# ---- the kernels ---------------------------------------------------------------------------------

def kernels(place):
    """[(release, variant, profile, suite)], those that are there; and why others are not."""
    tree, found, missing = os.environ.get("MEMBLOCK_TREE"), [], []
    for variant, profile in ((f"linux:src={tree}" if tree else "linux:version=newest", "new"),
                             ("linux:version=6.12", "6.12"), ("linux:version=6.1", "6.1")):
        status, out, err = place.run([place.build / "memblock-bench", "verify", f"--variants=array,{variant}",
                                      f"--profile={profile}", "--operations=1", f"--machine={USUAL}"])
        if status:
            missing.append((err or out).strip().splitlines()[-1])
        else:
            found.append((release_of(variant, profile), variant, profile))
    return found, missing


def release_of(variant, profile):
    if profile != "new":
        return profile
    if "src=" in variant:
        text = (Path(variant.partition("src=")[2]) / "Makefile").read_text(encoding="utf-8")
        return ".".join(re.findall(r"^(?:VERSION|PATCHLEVEL) = (\d+)", text, re.M))
    import newest  # pylint: disable=import-outside-toplevel
    return newest.NAME.findall(str(newest.find()))[-1]


# ---- what is done in each ------------------------------------------------------------------------

def last_line(text):
    return (text.strip().splitlines() or ["nothing was said"])[-1][:300]


def conformance(place, configuration, kernel, _operations):
    """{passed, total, kernel, good, said}"""
    command = [sys.executable, "-B", ROOT / "tests/conformance/conformance.py", place.build,
               f"--setting={configuration.setting}", f"--suite={kernel[2]}", "--json"]
    if kernel[2] == "new" and "src=" in kernel[1]:
        command.append(f"--new={kernel[1].partition('src=')[2]}")
    status, out, err = place.run(command)
    try:
        row = json.loads(last_line(out))[0]
    except (ValueError, IndexError):
        return dict(good=False, said=last_line(err))
    return dict(good=not status, passed=row["passed"], total=row["total"], kernel=row["kernel_passed"],
                excepted=row["excepted"], said="" if not status else last_line(err))


COUNTS = re.compile(r"rows: (\d+) as they say, (\d+) otherwise, (\d+) left out, (\d+) differ; "
                    r"others: (\d+), (\d+), (\d+), (\d+)")


def rows(place, configuration, kernel, _operations, programs=CASES):
    """{rows: [as they say, otherwise, left out, differ], others: the same, good, said}"""
    totals, said, good = [0] * 8, "", True
    for name in programs:
        status, out, err = place.run([place.build / "tests" / f"test_cases_{name}"],
                                     MB_TEST_MACHINE=configuration.machine,
                                     MB_TEST_KERNEL=kernel[1] + configuration.parameters)
        counts = COUNTS.search(out)
        if status or not counts:
            good, said = False, said or (err or out).strip()[:300]
        totals = [a + int(b) for a, b in zip(totals, counts.groups())] if counts else totals
    return dict(good=good, rows=totals[:4], others=totals[4:], said=said)


def held(rest, configuration):
    """What --machine holds: of a key in both the configuration's."""
    keys = dict(word.split("=") for text in (rest, configuration.machine) for word in text.split(","))
    if keys.get("no_numa") == "1":
        keys.pop("max_numnodes", None)
    return ",".join(f"{key}={value}" for key, value in keys.items())


def verify(place, configuration, kernel, operations, machines=MACHINES):
    """{operations, differences, good, said}; another seed on each machine"""
    done = 0
    for number, rest in enumerate(machines):
        machine = held(rest, configuration)
        status, out, err = place.run([place.build / "memblock-bench", "verify", f"--profile={kernel[2]}",
                                      f"--variants=array,{kernel[1]}{configuration.parameters}", "--format=json",
                                      f"--operations={operations // len(machines)}", f"--seed={number * 1000000 + 1}",
                                      f"--machine={machine}",
                                      f"--out={configuration.name}-{kernel[0]}.trace"])
        try:
            said = json.loads(out)
        except ValueError:
            return dict(good=False, operations=done, differences="?", said=last_line(err))
        if status or said["differs"]:
            where = f"--machine={machine}, seed {said['seed']}"
            return dict(good=False, operations=done, differences=1, said=f"{where}: {said.get('what')}"[:700])
        done += said["operations"]
    return dict(good=True, operations=done, differences=0, said="")


PARTS = {"conformance": conformance, "rows": rows, "verify": verify}


# ---- the whole -----------------------------------------------------------------------------------

class State:
    """What was done before, in a file."""

    def __init__(self, path):
        self.path, self.lock = path, threading.Lock()
        self.known = json.loads(path.read_text()) if path.exists() else {}

    def get(self, key, digest):
        found = self.known.get(key)
        return found["outcome"] if found and found["digest"] == digest and found["outcome"]["good"] else None

    def put(self, key, digest, outcome):
        with self.lock:
            self.known[key] = dict(digest=digest, outcome=outcome)
            self.path.write_text(json.dumps(self.known, indent=1, sort_keys=True) + "\n")


def describe(part, outcome):
    if not outcome["good"]:
        return f"{part} FAILED: {outcome['said']}"
    if part == "conformance":
        more = f", but for {outcome['excepted']} about sizes of arrays" if outcome["excepted"] else ""
        return f"conformance {outcome['passed']}/{outcome['total']}, as the kernel's own code{more}"
    if part == "rows":
        same, otherwise, left_out, _ = outcome["rows"]
        return f"{same + otherwise} rows as the kernel's file, {same} of them as they say, {left_out} left out"
    return f"verify {outcome['operations']} operations, no difference"


def run_all(chosen, places, found, options, state):
    """{(configuration, release): {part: outcome}}"""
    results, jobs = {}, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for configuration in chosen:
            for kernel in found:
                for part in PARTS:
                    place = places[configuration.host or ("i386" if part == "conformance" and "phys32" in
                                                          configuration.setting else "")]
                    jobs.append((configuration, kernel, part, place))

        def one(job):
            configuration, kernel, part, place = job
            key, digest = f"{configuration.name} {kernel[0]} {part}", place.digest(part)
            digest += f" {options.operations}" if part == "verify" else ""
            digest += f" {configuration.machine} {configuration.setting} {configuration.parameters}"
            outcome = state.get(key, digest)
            if not outcome:
                outcome = PARTS[part](place, configuration, kernel, options.operations)
                state.put(key, digest, outcome)
            results.setdefault((configuration.name, kernel[0]), {})[part] = outcome
            print(f"{configuration.name}, {kernel[0]}: {describe(part, outcome)}", flush=True)

        list(pool.map(one, jobs))
    return results


PREFACE = """# Configurations

What `make configurations UPDATE=1` wrote. Conformance: checks of the kernel's own suite that `array` passes, of those
in it; the same ones pass on the kernel's own code, which fails some with two nodes, for the suite uses eight. Where a
`phys_addr_t` has 32 bits four fail on `array` alone: they want arrays of a kernel's size, and ours are larger there
(the kernel's code passes 181 of 181). Rows: worked cases in which `array` does after each statement what the kernel's
file does, of those of that profile (the others have addresses of more bits); in brackets how many come out as they are
written, too. The same of other cases, of which some have no kernel to compare with. verify: operations at random on
`array` and the kernel's file, a third each on three machines (small, odd, and usual arrays), and differences."""


def write_record(path, chosen, found, results):
    lines = [*PREFACE.splitlines(), "", "| configuration | what it is | held |", "|---|---|---|"]
    for c in chosen:
        more = f", `linux{c.parameters}`" if c.parameters else ""
        lines.append(f"| {c.name} | {c.about} | `{c.machine}`; suite `{c.setting}`{more} |")
    lines += ["", "| configuration | kernel | conformance | rows | other cases | verify | differences |",
              "|---|---|---|---|---|---|---|"]
    for c in chosen:
        for release, _, _ in found:
            r = results[c.name, release]
            k, w, v = r["conformance"], r["rows"], r["verify"]
            cells = [f"{k.get('passed', 'none')}/{k.get('total', '')}"]
            for counts in (w.get("rows"), w.get("others")):
                cells.append(f"{counts[0] + counts[1]}/{sum(counts)} ({counts[0]})")
            lines.append(f"| {c.name} | {release} | " + " | ".join(cells) +
                         f" | {v['operations']} | {v['differences']} |")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def quick(place, found):
    """A small part, of one kernel; how many failed, and of how many."""
    kernel = next((k for k in found if k[0] == "6.12"), found[0])
    failed = total = 0
    for c in CONFIGURATIONS.values():
        if c.host:
            continue
        operations = 4000 if os.environ.get("MB_SANITIZED") == "1" else 20000
        outcomes = [("verify", verify(place, c, kernel, operations, MACHINES[:1]))]
        if c.name == "flat":
            outcomes.append(("rows", rows(place, c, kernel, 0, ("alloc", "handover"))))
        for part, outcome in outcomes:
            print(f"{c.name}, {kernel[0]}: {describe(part, outcome)}", flush=True)
            total += 1
            failed += not outcome["good"]
    return failed, total


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("build", type=Path)
    parser.add_argument("configurations", nargs="*")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or len(os.sched_getaffinity(0))))
    parser.add_argument("--operations", type=int, default=3000000)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--test", action="store_true")
    options = parser.parse_intermixed_args()
    for name in options.configurations:
        if name not in CONFIGURATIONS:
            parser.error(f"no configuration '{name}'; there are {', '.join(CONFIGURATIONS)}")
    if not (options.build / "memblock-bench").exists():
        parser.error(f"no program in '{options.build}'; run make first")
    chosen = [CONFIGURATIONS[name] for name in options.configurations or CONFIGURATIONS]
    build = options.build.resolve()
    places = {"": Place(build)}
    found, missing = kernels(places[""])
    for line in missing:
        print(f"configurations: SKIPPED: {line}", file=sys.stderr)
    if not found:
        return 1 if os.environ.get("CI") else 77
    if options.test:
        failed, total = quick(places[""], found)
    else:
        try:
            if any(c.host or "phys32" in c.setting for c in chosen):
                print("building for i386", flush=True)
                places["i386"] = place_of_i386(build)
        except Failure as failure:
            print(failure, *failure.details, sep="\n", file=sys.stderr)
            return 77 if failure.status == 3 and not os.environ.get("CI") else 1
        (build / "configurations").mkdir(exist_ok=True)
        results = run_all(chosen, places, found, options, State(build / "configurations" / "state.json"))
        outcomes = [outcome for parts in results.values() for outcome in parts.values()]
        failed, total = sum(not outcome["good"] for outcome in outcomes), len(outcomes)
        if options.record:
            write_record(options.record, chosen, found, results)
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
