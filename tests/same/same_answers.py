#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two builds, asked the same: does memblock-bench answer the same in both?

    same_answers.py BEFORE AFTER [--quick] [--only=GROUP,...] [--shared=DIR]

BEFORE and AFTER are source trees, each with a finished build in build/. Every command is given to both
programs, each in its own tree and so with its own data, and what they print, what they say on stderr, the
exit status and the files that they write are compared byte for byte, but for what MASKS names, each with its
reason. For a change that must not change answers: moved files, split files.

    linux        whether the kernel's own code can be built, and what is taken out of its package
    data         the captured boots and the synthetic families, as files; what the others stand on
    help         the program and each command: --help, -h, help COMMAND
    list         variants, workloads, operations, counters, families; text and JSON
    usage        for each command: unknown options, each option of its --help with bad values, bad files, bad
                 variants, output that cannot be written
    captured     every captured boot: import, show, replay under each profile, with each metadata mode
    shared       the same of every file in the folders of logs and maps, the bad ones too
    damaged      a trace and logs with a line changed, cut, doubled: which line is named, and with what words
    families     every family: traces of several sizes and seeds, each parameter at its ends; replay, show
    minimise     boots, families and broken logs down to one failure or one hot spot
    verify       a million operations in sequences of each profile and metadata mode; and a kernel with a
                 planted fault: where it is found, and the trace that it is shrunk to
    run          names, digests, context, structural counts; the table with its numbers masked
    callgrind    names and counters; instructions and branches of each row within 0.2 %, their sum not above
    capture      what it refuses, and what it says without QEMU
    conformance  tests/conformance/conformance.py: what it prints, and the suite's own output

Logs and maps are looked for in --shared=DIR, else in ../shared beside AFTER; without them `shared` is
skipped, and so is the kernel's own code where its sources are not installed. Both are said. --quick asks the
same kinds of questions about less; --only asks those of some groups.

A command that does not end on either side (LIMIT) was not compared, and is listed. Everything is written
to a temporary folder that goes at the end, the kernel's compiled code too: each side makes its own.

A line for each group, each difference (the first SHOWN of a group) as a diff; at last 'N comparisons, N
differ'. Exit status: 0 the same; 1 something differs; 2 usage.
"""
import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import counted
import questions
from sides import SHOWN, Comparison

# What two builds of the same source may print differently. (where, pattern, instead, reason); where: the
# kinds of cases that it applies to, "" for all. {tree} and {scratch} are the folders of that side. Besides,
# in the table that `run` prints every number is masked, and the blanks that follow from its width (sides.py,
# ROW).
MASKS = (
    ("", r"{tree}(?![\w.-])", "TREE", "the source tree's name is compiled in"),
    ("", r"{scratch}(?![\w.-])", "SCRATCH", "each side has its own folder to write to"),
    ("", r'("commit": )"\w+"', r'\1"#"', "another commit is the point"),
    ("", r'("commit_dirty": )"\w+"', r'\1"#"', "so is a tree with changes"),
    ("", r'("(?:ns_\w+|null_ns_per_replay|seconds|seconds_building)": )[\d.e+-]+', r"\1#", "times"),
    ("", r"(?m)^memblock-trace \d+$", "memblock-trace #", "the version of the format that is written"),
    ("", r"[\d.]+ s, \d+ operations per second(?:; [\d.]+ s more)?", "# s, # operations per second", "times"),
    ("timed", r"(?m)^(  .*\S)(?: +[\d.]+){{5}}$", r"\1 # # # # #", "replay --latency: a row of times"),
    ("timed", r"(?m)^(  .*\S) +[\d.]+ +[\d.]+$", r"\1 # #", "replay: the last columns are times"),
    ("timed", r"(?m)^    worst: operation .*", "    worst: #", "which operation is slowest is a time, too"),
    ("timed", r'("worst": )\{{[^}}]*\}}', r"\1{{#}}", "which operation is slowest is a time, too"),
    ("timed", r"clock step [\d.]+ ns", "clock step # ns", "measured at the start"),
    ("timed", r'("(?:clock_step_ns|p50|p90|p99|p99\.9)": )[\d.e+-]+', r"\1#", "times"),
    ("timed", r'("histogram_ns": )\[\[.*?\]\]', r"\1[[#]]", "times"),
    ("run simulated", r'("(?:date|noise)": )"[^"]*"', r'\1"#"', "of the moment"),
    ("run simulated", r'("process:\d+": "[^";]*; noise: )[^"]*"', r'\1#"', "of the moment"),
    ("run simulated", r"(?m)^noise: .*\n(?:       .*\n)*", "noise: #\n", "of the moment"),
    ("run simulated", r'("load_avg": )\[[^]]*\]', r"\1[#]", "of the moment"),
    ("run simulated", r'("mhz_per_cpu": )\d+', r"\1#", "of the moment"),
    ("run simulated", r"heap displaced by \d+ bytes(?:, environment by \d+)?", "heap displaced by # bytes",
     "drawn at random"),
    ("run simulated", r"an empty pair takes [\d.]+ ns", "an empty pair takes # ns", "a time"),
    ("run simulated", r'("(?:block|id|program|object:program)": )"[0-9a-f-]+"', r'\1"#"',
     "the digest of another program"),
    ("run simulated", r'("(?:load_start|load_end|steal|ticks|khz_start|khz_end|faulted|interrupted|'
     r'migrated)": )[\d.e+-]+', r"\1#", "of the moment"),
    ("run simulated", r'("(?:iterations|real_time|cpu_time)": )[\d.e+-]+', r"\1#",
     "times, and what follows from them"),
    ("run simulated", r'("(?:page_faults|context_switches|cpu_migrations)": )[\d.e+-]+', r"\1#",
     "what the machine did meanwhile"),
    ("run", r'("(?:instructions|cycles|branches|\w+_misses|\w+_loads)": )[\d.e+-]+', r"\1#",
     "hardware counters of a timed run"),
)

GROUPS = {
    "linux": questions.compare_linux,
    "data": questions.compare_data,
    "help": questions.compare_help,
    "list": questions.compare_lists,
    "usage": questions.compare_usage,
    "captured": questions.compare_captured,
    "shared": questions.compare_shared,
    "damaged": questions.compare_damaged,
    "families": questions.compare_families,
    "minimise": questions.compare_minimise,
    "verify": questions.compare_verify,
    "run": questions.compare_run,
    "callgrind": counted.compare_callgrind,
    "capture": questions.compare_capture,
    "conformance": questions.compare_conformance,
}


def leftovers(to):
    """Nothing of a command may stay in TMPDIR; if it does, it does on both sides."""
    before, after = to.both(lambda side: "\n".join(sorted(
        re.sub(r"[.-]\w{6}\b", ".#", str(path.relative_to(side.scratch))) for path in
        (side.scratch / "tmp").rglob("*"))))
    to.same("what is left in TMPDIR", {"files": before}, {"files": after})


def compare(to, groups):
    for group in groups:
        started, compared, to.differ_here = time.monotonic(), to.compared, 0
        GROUPS[group](to)
        if to.differ_here > SHOWN:
            print(f"  and {to.differ_here - SHOWN} differences more")
        print(f"{group}: {to.compared - compared} comparisons, {to.differ_here} differ "
              f"({time.monotonic() - started:.0f} s)", flush=True)
    leftovers(to)
    for line in to.not_compared:
        print(f"not compared: {line}")
    print(f"{to.compared} comparisons, {to.differ} differ")
    return 1 if to.differ else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=",".join(GROUPS))
    parser.add_argument("--shared", type=Path)
    options = parser.parse_args()
    options.shared = (options.shared or Path(options.after).resolve().parent / "shared").resolve()
    groups = options.only.split(",")
    for group in groups:
        if group not in GROUPS:
            parser.error(f"--only: '{group}' is none of {', '.join(GROUPS)}")
    for tree in (options.before, options.after):
        if not os.access(Path(tree) / "build" / "memblock-bench", os.X_OK):
            parser.error(f"{tree}/build/memblock-bench: missing; build it first")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    with tempfile.TemporaryDirectory(prefix="same-answers.") as folder:
        to = Comparison(options.before, options.after, Path(folder).resolve(), options, MASKS)
        try:
            return compare(to, groups)
        except KeyboardInterrupt:
            return 130
        finally:
            for side in to.sides:
                side.stop()


if __name__ == "__main__":
    sys.exit(main())
