# SPDX-License-Identifier: GPL-2.0-or-later
"""mutants.py - does a comparison notice what the kernel's file is told wrongly?

    python3 -B tests/mutants/mutants.py BUILD             every mutant of table.py (`make mutants`)
    python3 -B tests/mutants/mutants.py BUILD NAME...     those
    --sample=N        every N-th that needs no unit test, on one kernel
    --record=FILE     the table goes there, too (tests/mutants/record.md)

The kernel's mm/memblock.c is the referee of every answer, but what surrounds it here is ours: the macros and
functions of variants/linux that stand for the rest of a kernel (variants/linux/replaced.md). A wrong one would not be
seen where the library shares the mistake. So each is made wrong, one at a time, and comparisons run until one fails:
`verify` in each profile that the mutant is for, then unit tests.

Building takes longer than comparing. So variants/linux is copied, each text of the table becomes a choice between
itself and its mutants, and build.sh makes one object of all, in a cache of its own (BUILD/mutants); MBL_MUTANT in the
environment says which is wrong in this run. With none every comparison that noticed something must pass.

Status 1 if nothing notices a mutant, or a comparison fails without one; 2 if the table does not fit the sources;
77 if there is no kernel source at all. Profiles without one are named and left out (MEMBLOCK_TREE is a tree).
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import table

SOURCE = Path(__file__).resolve().parents[2]
OPERATIONS, SEED = 8000, 1
DEEP_OPERATIONS, DEEP_SEED = 60000, 100  # where arrays grow after slab, for one
CHOICE = """#include <stdlib.h>
static int mbl_mutant;
static __attribute__((constructor)) void mbl_choose(void)
{
	mbl_mutant = atoi(getenv("MBL_MUTANT") ?: "0");
}
"""


def fail(status, text):
    print(f"mutants: {text}", file=sys.stderr)
    sys.exit(status)


def parts(text):
    """before <| expression |> behind"""
    before, found, rest = text.partition("<|")
    if not found:
        before, rest = "", text
    expression, _, behind = rest.partition("|>")
    return before, expression, behind


def with_choices(source, file):
    """@source of @file with each text of the table as a choice, by the number of the mutant."""
    texts = {}
    for number, mutant in enumerate(table.MUTANTS, 1):
        if mutant.file == file:
            texts.setdefault(mutant.text, []).append((number, mutant))
    for text, mutants in texts.items():
        before, choice, behind = parts(text)
        whole = before + choice + behind
        if source.count(whole) != 1:
            fail(2, f"{mutants[0][1].name}: variants/linux/{file} has {source.count(whole)} times '{whole}'; "
                    "correct tests/mutants/table.py")
        for number, mutant in mutants:
            if mutant.statement:
                choice = f"if (mbl_mutant == {number}) {{ {mutant.becomes} }} else {{ {choice} }}"
            else:
                choice = f"(mbl_mutant == {number} ? ({mutant.becomes}) : ({choice}))"
        source = source.replace(whole, before + choice + behind)
    return source


class Bench:
    """A folder with the programs, and beside them what they build objects from."""

    def __init__(self, build, where):
        self.where, share = where, where / "share/memblock-bench"
        for folder in (where / "bin", share / "src"):
            folder.mkdir(parents=True)
        for path in [build / "memblock-bench", *(build / "tests").glob("test_*")]:
            if path.is_file() and os.access(path, os.X_OK):
                self.place(path, where / "bin" / path.name)
        (share / "include").symlink_to(SOURCE / "include")
        (share / "src/core").symlink_to(SOURCE / "src/core")
        shutil.copytree(SOURCE / "variants/linux", share / "variants/linux")
        for path in (share / "variants/linux").glob("*.[ch]"):
            path.write_text((CHOICE if path.name == "adapter.c" else "") + with_choices(path.read_text(), path.name))
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(build / "mutants"), MB_SOURCE_DIR=str(SOURCE))
        self.environment.pop("CI", None)
        self.passed = set()

    @staticmethod
    def place(path, to):
        """A program in another folder: not a link, since it looks for objects' sources beside its own."""
        try:
            os.link(path, to)
        except OSError:
            shutil.copy2(path, to)

    def run(self, number, command):
        """Status and output of a comparison with mutant @number."""
        environment = dict(self.environment, MBL_MUTANT=str(number))
        folder = tempfile.mkdtemp(dir=self.where)
        try:
            done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=900, text=True,
                                  errors="replace", check=False)
            return done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            return -1, "no end"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def must_pass(self, name, command):
        """Without a mutant; asked once."""
        if name not in self.passed:
            status, said = self.run(0, command)
            if status:
                fail(1, f"{name} fails without a mutant:\n{said[-2000:]}")
        self.passed.add(name)

    def verify(self, variant, profile, operations, seed=SEED):
        return [self.where / "bin/memblock-bench", "verify", f"--variants=array,{variant}", f"--profile={profile}",
                f"--operations={operations}", f"--seed={seed}"]

    def unit(self, test):
        program, _, case = test.partition(":")
        return ["env", *([f"MB_TEST_CASE={case}"] if case else []), self.where / "bin" / program]

    def referees(self):
        """Profile -> the variant that has it."""
        found, tree = {}, os.environ.get("MEMBLOCK_TREE")
        for profile, variant in (("new", f"linux:src={tree}" if tree else "linux:version=newest"),
                                 ("6.12", "linux:version=6.12"), ("6.1", "linux:version=6.1")):
            status, said = self.run(0, self.verify(variant, profile, 1))
            if not status:
                found[profile] = variant
            else:
                print(f"SKIPPED: profile {profile}: {(said.strip() or str(status)).splitlines()[-1]}", file=sys.stderr)
        return found


def judge(bench, number, mutant, variants, quick):
    """(comparison, what it said) that notices the mutant, or None."""
    profiles = [profile for profile in mutant.profiles if profile in variants]
    short = [(f"verify {profile}", bench.verify(variants[profile], profile, OPERATIONS)) for profile in profiles]
    deep = bench.verify(variants[profiles[0]], profiles[0], DEEP_OPERATIONS, DEEP_SEED)
    comparisons = short[:1]
    if not quick:
        comparisons += [(test, bench.unit(test)) for test in mutant.tests]
        comparisons += [(f"verify {profiles[0]}, deep", deep), *short[1:]]
    for name, command in comparisons:
        status, said = bench.run(number, command)
        if status not in (0, 77):
            bench.must_pass(name, command)
            lines = [line.strip() for line in said.splitlines() if line.strip()]
            telling = [line for line in lines if " against " in line or "ERROR" in line or "expected" in line]
            return name, (telling or lines or [f"status {status}"])[0][:150]
    return None


def record(path, rows, variants):
    """Put @rows into the table at @path; those of other mutants stay."""
    known = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        cells = line.split(" | ")
        if line.startswith("| `") and len(cells) >= 4:
            known[cells[0], cells[1]] = line
    for mutant, noticed, said in rows:
        said = re.sub(r"src=\S+?(?=:? |$)", "src=DIR", said.replace("|", "\\|").replace("`", "'"))[:100].strip()
        known[f"| `{mutant.entry}`", mutant.what] = f"| `{mutant.entry}` | {mutant.what} | {noticed} | {said} |"
    lines = ["# Mutants of what surrounds the kernel's file", "",
             "What `make mutants UPDATE=1` wrote, with kernels of the profiles " + ", ".join(variants) + ". A row is one",
             "text of variants/linux made wrong, and the first comparison that noticed.", "",
             "| stands for | made wrong | noticed by | as |", "|---|---|---|---|"]
    keys = [(f"| `{mutant.entry}`", mutant.what) for mutant in table.MUTANTS]
    path.write_text("\n".join(lines + [known[key] for key in keys if key in known]) + "\n")


def run(bench, arguments):
    variants = bench.referees()
    if not variants:
        sys.exit(77)
    quick, rows, faults = arguments.sample > 1, [], 0
    numbered = [(n, m) for n, m in enumerate(table.MUTANTS, 1)
                if (not arguments.names or m.name in arguments.names) and not (quick and m.tests)]
    for number, mutant in numbered[::arguments.sample]:
        if not set(mutant.profiles) & set(variants):
            print(f"{mutant.name:26} SKIPPED: no kernel of profile {', '.join(mutant.profiles)}", flush=True)
            continue
        noticed, said = judge(bench, number, mutant, variants, quick) or ("NOTHING", "")
        faults += noticed == "NOTHING"
        print(f"{mutant.name:26} {noticed:22} {said or mutant.what}", flush=True)
        rows.append((mutant, noticed, said))
    if arguments.record:
        record(arguments.record, rows, variants)
    return len(rows), faults


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.names) - {m.name for m in table.MUTANTS}
    if unknown:
        fail(2, f"no mutant '{sorted(unknown)[0]}' in tests/mutants/table.py")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        count, faults = run(Bench(arguments.build.resolve(), Path(folder)), arguments)
    print(f"{count} mutants, {faults} noticed by nothing, {time.monotonic() - started:.0f} s")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
