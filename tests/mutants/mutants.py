# SPDX-License-Identifier: GPL-2.0-or-later
"""mutants.py - does a comparison notice what the kernel's file is told wrongly?

    python3 -B tests/mutants/mutants.py BUILD             every mutant of table.py (`make mutants`)
    python3 -B tests/mutants/mutants.py BUILD NAME...     those
    --sample=N [--seed=S]  the controls, and N drawn from those that the record says `verify` of profile new notices
    --record=FILE          a whole run's table goes there, too (tests/mutants/record.md)

The kernel's mm/memblock.c is the referee of every answer, but what surrounds it here is ours: the macros and
functions of variants/linux that stand for the rest of a kernel (variants/linux/replaced.md). So are the steps of
linux:with=, which are its answers with other code. A wrong one would not be
seen where the library shares the mistake. So each is made wrong, one at a time, and comparisons run until one finds a
difference: `verify` in each profile that the mutant is for, then unit tests.

What a comparison says of a mutant is one of these, and nothing else is taken for it:

    a difference    verify ends with 1 and shows it; a unit program counts cases that failed
    DIES            the kernel's object ends by a signal, which the comparison survives and tells; others are tried then
    NOTHING         all comparisons pass

A comparison that ends otherwise - a usage error, a program that dies itself, no end, an object that does not build -
has judged nothing: the run ends with status 2 and names the mutant. Which one does not compile is found out.

Building takes longer than comparing. So variants/linux is copied, each text of the table becomes a choice between
itself and its mutants, and build.sh makes one object of all, in a cache of its own (BUILD/mutants); MBL_MUTANT in the
environment says which is wrong in this run. With none every comparison that noticed something must pass, and of
table.CONTROLS one must be seen by nothing and one must die.

Kernels are those of the packages, and for profile new the newest source that there is (MEMBLOCK_TREE: another tree). A
profile without one is left out, which is said first and last; in CI and for a record it is an error.

Status 1 if nothing but a death notices a mutant, or a comparison fails without one; 2 see above, and if the table does
not fit the sources; 77 if there is no kernel source at all.
"""
import argparse
import os
import random
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
sys.path.insert(0, str(SOURCE / "workloads/capture"))
import newest  # noqa: E402  its place is known only now

RECORD = SOURCE / "tests/mutants/record.md"
OPERATIONS, SEED = 8000, 1
FEW_OPERATIONS = 400  # of the control, where nothing is to be seen
DEEP_OPERATIONS, DEEP_SEED = 60000, 100  # where arrays grow after slab, for one
ALL = [*table.MUTANTS, *table.CONTROLS]  # a mutant's number is its place, from 1 on
DIES, NOTHING = "DIES", "NOTHING"
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


# ---- the table into the sources ------------------------------------------------------------------

def parts(text):
    """before <| expression |> behind"""
    before, found, rest = text.partition("<|")
    if not found:
        before, rest = "", text
    expression, _, behind = rest.partition("|>")
    return before, expression, behind


def with_choices(source, file, numbered=None):
    """@source of @file with each text of the table as a choice, by the number of the mutant."""
    texts = {}
    for number, mutant in enumerate(ALL, 1) if numbered is None else numbered:
        if mutant.file == file:
            texts.setdefault(mutant.text, []).append((number, mutant))
    for text, mutants in texts.items():
        before, choice, behind = parts(text)
        whole = before + choice + behind
        if source.count(whole) != 1:
            fail(2, f"{mutants[0][1].name}: {file} of variants/linux has {source.count(whole)} times '{whole}'; "
                    "correct tests/mutants/table.py")
        for number, mutant in mutants:
            if mutant.statement:
                choice = f"if (mbl_mutant == {number}) {{ {mutant.becomes} }} else {{ {choice} }}"
            else:
                choice = f"(mbl_mutant == {number} ? ({mutant.becomes}) : ({choice}))"
        source = source.replace(whole, before + choice + behind)
    return source


# ---- what a comparison said ----------------------------------------------------------------------

def lines_of(said):
    return [line.strip() for line in said.splitlines() if line.strip()]


def after_shrinking(said):
    """What verify says of a difference: of the whole sequence, else of the shrunk one."""
    lines = lines_of(said)
    for line, following in zip(lines, lines[1:]):
        if line.startswith("difference: "):
            return following
    return ""


def judge_verify(status, said):
    """(word, what it said); word None: it judged nothing. "": no difference."""
    if status == 0 and said.startswith("no difference: "):
        return "", ""
    what = after_shrinking(said)
    if status != 1 or not what:
        return None, f"status {status}: {(lines_of(said) or ['nothing said'])[-1]}"
    return (DIES if re.search(r"ends by signal \d", said) else "difference"), what


def judge_unit(status, said):
    failed = re.search(r"(\d+) FAILED TEST\(S\)", said)
    if status in (0, 77) and not failed:
        return "", ""
    if not failed or status != int(failed[1]):
        return None, f"status {status}: {(lines_of(said) or ['nothing said'])[-1]}"
    telling = [line for line in lines_of(said) if " against " in line or "ERROR" in line or "expected" in line or
               "exception" in line]
    return DIES if "Test failed with exception" in said else "difference", (telling or lines_of(said))[0]


class Bench:
    """A folder with the programs, and beside them what they build objects from."""

    def __init__(self, build, where):
        self.where, self.share = where, where / "share/memblock-bench"
        for folder in (where / "bin", self.share / "src"):
            folder.mkdir(parents=True)
        for path in [build / "memblock-bench", *(build / "tests").glob("test_*")]:
            if path.is_file() and os.access(path, os.X_OK):
                newest.place(path, where / "bin" / path.name)  # it looks for objects' sources beside its own place
        (self.share / "include").symlink_to(SOURCE / "include")
        (self.share / "src/core").symlink_to(SOURCE / "src/core")
        self.write_sources()
        self.cache = build / "mutants/memblock-bench"
        newest.lend(build / "mutants")
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(build / "mutants"), MB_SOURCE_DIR=str(SOURCE))
        self.environment.pop("CI", None)
        self.passed = set()

    def write_sources(self, numbered=None):
        """variants/linux with those mutants, all without."""
        linux = self.share / "variants/linux"
        shutil.rmtree(linux, ignore_errors=True)
        shutil.copytree(SOURCE / "variants/linux", linux)
        for path in (*linux.glob("*.[ch]"), *linux.glob("steps/*.step")):
            path.write_text((CHOICE if path.name == "adapter.c" else "") +
                            with_choices(path.read_text(), path.name, numbered))

    def run(self, number, command):
        """Status and output of a comparison with mutant @number."""
        environment = dict(self.environment, MBL_MUTANT=str(number))
        folder = tempfile.mkdtemp(dir=self.where)
        try:
            done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=900, text=True,
                                  errors="replace", check=False)
            return done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM, "no end within 900 s"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def say_culprit(self, command, said):
        """Objects do not build: because of which mutant? Ends the run."""
        reason = re.search(r"error: .*|cannot build .*", said)
        numbered = list(enumerate(ALL, 1))
        self.write_sources([])
        if self.run(0, command)[0] == 3:
            fail(2, f"the kernel's object does not build, with no mutant either: {lines_of(said)[-1]}")
        while len(numbered) > 1:
            half = numbered[:len(numbered) // 2]
            self.write_sources(half)
            numbered = half if self.run(0, command)[0] == 3 else numbered[len(half):]
        fail(2, f"{numbered[0][1].name}: does not compile: {reason[0] if reason else said}")

    def ask(self, number, mutant, name, command):
        """What comparison @name says of the mutant: a word and a text."""
        status, said = self.run(number, command)
        if status == 3 and "cannot build" in said:
            self.say_culprit(command, said)
        word, what = (judge_verify if "verify" in command else judge_unit)(status, said)
        if word is None:
            fail(2, f"{mutant.name}: {name} judged nothing: {what}")
        if word:
            self.must_pass(name, command, said)
        return word, what

    def must_pass(self, name, command, said):
        """Without a mutant; asked once, of verify from the sequence on that differs."""
        seed = re.search(r"^difference: seed (\d+), step (\d+)", said, re.M)
        if seed:
            command = [f"--seed={seed[1]}" if str(word).startswith("--seed=") else
                       f"--operations={seed[2]}" if str(word).startswith("--operations=") else word for word in command]
        if (*command,) in self.passed:
            return
        status, said = self.run(0, command)
        if status:
            fail(1, f"{name} fails without a mutant:\n{said[-2000:]}")
        self.passed.add((*command,))

    def verify(self, variant, profile, operations, seed=SEED):
        return [self.where / "bin/memblock-bench", "verify", f"--variants=array,{variant}", f"--profile={profile}",
                f"--operations={operations}", f"--seed={seed}"]

    def unit(self, test):
        program, _, case = test.partition(":")
        return ["env", *([f"MB_TEST_CASE={case}"] if case else []), self.where / "bin" / program]

    def referees(self, wanted):
        """(profile -> the variant that has it, what is said of those without one)"""
        found, absent, tree = {}, [], os.environ.get("MEMBLOCK_TREE")
        for profile in wanted:
            variant = f"linux:version={profile}"
            if profile == "new":
                variant = f"linux:src={tree}" if tree else "linux:version=newest"
            command = self.verify(variant, profile, 1)
            status, said = self.run(0, command)
            last = (lines_of(said) or [str(status)])[-1]
            if not status:
                found[profile] = variant
            elif status == 3 and ("no source of kernel" in said or "behaves as profile" in said):
                absent.append(f"profile {profile} is ABSENT: {last}")
            elif status == 3:
                self.say_culprit(command, said)
            else:
                fail(2, f"profile {profile}: {last}")
        return found, absent


# ---- mutants -------------------------------------------------------------------------------------

def comparisons_of(bench, mutant, variants, quick):
    """(name, command), the quick ones first."""
    profiles = [profile for profile in mutant.profiles if profile in variants]
    variants = {profile: variants[profile] + (f":with={mutant.steps}" if mutant.steps else "") for profile in profiles}
    short = [(f"verify {profile}", bench.verify(variants[profile], profile, OPERATIONS)) for profile in profiles]
    deep = bench.verify(variants[profiles[0]], profiles[0], DEEP_OPERATIONS, DEEP_SEED)
    yield short[0]
    if not quick:
        yield from ((test, bench.unit(test)) for test in mutant.tests)
        yield f"verify {profiles[0]}, deep", deep
        yield from short[1:]


def judge(bench, number, mutant, variants, quick):
    """(comparison, what it said): the first that finds a difference, else a death, else nothing."""
    died = None
    for name, command in comparisons_of(bench, mutant, variants, quick):
        word, what = bench.ask(number, mutant, name, command)
        if word == "difference":
            return name, what
        if word == DIES and not died:
            died = (f"{DIES} in {name}", what)
    return died or (NOTHING, "")


def key_of(mutant):
    return f"| `{mutant.entry}` | {mutant.what} |"


def recorded(path):
    """Row of a mutant -> what noticed it, by the record."""
    rows = (re.match(r"(\| `[\w ]+` \| .*? \|) (.*?) \|", line) for line in path.read_text().splitlines())
    return {row[1]: row[2] for row in rows if row}


def record(path, rows, kernels):
    lines = ["# Mutants of what surrounds the kernel's file, and of the steps in it", "",
             "What `make mutants UPDATE=1` wrote, in one run with " + ", ".join(kernels) + ". A row is one",
             "text of variants/linux made wrong, and the first comparison that noticed.", "",
             "| stands for | made wrong | noticed by | as |", "|---|---|---|---|"]
    for mutant, noticed, said in rows:
        said = re.sub(r"src=\S+?(?=:? |$)", "src=DIR", said.replace("|", "\\|").replace("`", "'"))[:100].strip()
        lines.append(f"{key_of(mutant)} {noticed} | {said} |")
    path.write_text("\n".join(lines) + "\n")


def draw(sample, seed):
    """As many numbers of mutants that verify of the newest kernel is known to notice."""
    known = recorded(RECORD)
    for mutant in table.MUTANTS:
        noticed = known.get(key_of(mutant))
        if not noticed or noticed.startswith((NOTHING, DIES)):
            fail(1, f"{mutant.name}: not in tests/mutants/record.md as noticed; make it with: make mutants UPDATE=1")
    able = [n for n, m in enumerate(table.MUTANTS, 1) if known[key_of(m)] == "verify new"]
    if len(able) < 50:
        fail(1, f"verify notices {len(able)} mutants only, by tests/mutants/record.md")
    return sorted(random.Random(seed).sample(able, min(sample, len(able))))


def check_controls(bench, variants):
    """One that is no mutant must pass; one that dies must be said to."""
    profile, variant = next(iter(variants.items()))
    for number, control in enumerate(ALL, 1):
        if control in table.CONTROLS:
            operations = FEW_OPERATIONS if control.what == NOTHING else OPERATIONS
            word, _ = bench.ask(number, control, f"verify {profile}", bench.verify(variant, profile, operations))
            if (word or NOTHING) != control.what:
                fail(1, f"{control.name}: {word or NOTHING}, not {control.what}: this judges nothing")


def choose(arguments):
    if arguments.sample:
        return draw(arguments.sample, arguments.seed)
    return [n for n, m in enumerate(table.MUTANTS, 1) if not arguments.names or m.name in arguments.names]


def run(bench, arguments):
    """How many mutants, and how many of them no difference shows."""
    if arguments.record:  # of what is built now, and of nothing else
        for path in bench.cache.glob("linux-*.so"):
            path.unlink()
    variants, absent = bench.referees(table.ALL if not arguments.sample else table.NEW)
    for line in absent:
        print(f"mutants: {line}", file=sys.stderr)
    if not variants:
        sys.exit(77)
    if absent and (arguments.record or os.environ.get("CI")):
        fail(2, "a record is of all profiles; fetch what is missing" if arguments.record else "in CI all are wanted")
    quick, rows, faults = bool(arguments.sample), [], 0
    check_controls(bench, variants)
    for number in choose(arguments):
        mutant = ALL[number - 1]
        if not set(mutant.profiles) & set(variants):
            print(f"{mutant.name:26} left out: no kernel of profile {', '.join(mutant.profiles)}", flush=True)
            continue
        noticed, said = judge(bench, number, mutant, variants, quick)
        faults += noticed == NOTHING or noticed.startswith(DIES)
        print(f"{mutant.name:26} {noticed:22} {said[:150] or mutant.what}", flush=True)
        rows.append((mutant, noticed, said))
    if arguments.record:
        versions = {path.name.split("-")[1] for path in bench.cache.glob("linux-*.so")}
        ordered = sorted(versions, key=lambda version: [*map(int, version.split("."))])
        record(arguments.record, rows, [f"Linux {version}" for version in ordered])
    for line in absent:
        print(f"mutants: {line}", file=sys.stderr)
    return len(rows), faults


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.names) - {m.name for m in table.MUTANTS}
    if unknown:
        fail(2, f"no mutant '{sorted(unknown)[0]}' in tests/mutants/table.py")
    if arguments.record and (arguments.names or arguments.sample):
        fail(2, "a record is of a whole run")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        count, faults = run(Bench(arguments.build.resolve(), Path(folder)), arguments)
    print(f"{count} mutants, {count - faults} shown by a difference, {faults} not, {time.monotonic() - started:.0f} s")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
