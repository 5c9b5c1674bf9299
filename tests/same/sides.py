# SPDX-License-Identifier: GPL-2.0-or-later
"""Both sides of same_answers.py: a tree and its program, a command for both, what comes back, compared."""
import concurrent.futures
import difflib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workloads" / "capture"))
import cache  # noqa: E402  (the path comes first)
import failure  # noqa: E402

# The table of `run`, besides: numbers of rows, and the blanks that follow from their widths.
ROW = re.compile(r"^  +[^\s\"{}\[\]].*\d")  # not of JSON
NUMBER = re.compile(r"(?<![\w.:-])[<~]?[ ]?[+-]?\d+(?:\.\d+)?(?:x|us|ns|ms|s|%)?(?![\w.:-]) ?~?")

SHOWN = 5  # differences of a group that are printed
DIFF_LINES = 14  # of each
LIMIT = 600  # seconds that a command may take


# ---- the two sides -------------------------------------------------------------------------------

class Side:
    """A tree, its program, and a folder to write to."""

    def __init__(self, tree, scratch, masks):
        self.tree = Path(tree).resolve()
        self.scratch = scratch
        self.bench = self.tree / "build" / "memblock-bench"
        self.conformance = next(self.tree.glob("tests/**/conformance.py"), "conformance.py")
        self.files = scratch / "files"  # where commands run that write, or must not find anything
        self.child = None  # what runs now
        for folder in (self.files, scratch / "tmp", scratch / "cache", scratch / "no-programs"):
            folder.mkdir(parents=True)
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("MB_", "MEMBLOCK_", "CI", "MAKE", "LC_", "LANG"))}
        self.environment.update(LC_ALL="C.UTF-8", TMPDIR=str(scratch / "tmp"), PYTHONDONTWRITEBYTECODE="1",
                                XDG_CACHE_HOME=str(scratch / "cache"))
        folders = {"tree": re.escape(str(self.tree)), "scratch": re.escape(str(scratch))}
        self.masks = [(where.split(), re.compile(pattern.format(**folders)), instead.format())
                      for where, pattern, instead, _ in masks]

    def masked(self, text, kind):
        for where, pattern, instead in self.masks:
            if not where or kind in where:
                text = pattern.sub(instead, text)
        if kind in ("run", "simulated"):
            lines = [re.sub(" +", " ", NUMBER.sub(" # ", line)).rstrip() if ROW.match(line) else line
                     for line in text.split("\n")]
            text = "\n".join(lines)
        return text

    def stop(self):
        """Ends what runs, and what it started."""
        if self.child:
            os.killpg(self.child.pid, signal.SIGKILL)

    def run(self, case):
        """{part: text} of what the command printed, said, returned and wrote; None: it did not end."""
        environment = dict(self.environment, **case.environment)
        if case.no_programs:
            environment["PATH"] = str(self.scratch / "no-programs")
        command = [str(self.bench), *case.arguments]
        if case.program:
            command = [word.format(conformance=self.conformance, scratch=self.scratch)
                       for word in case.program]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True, env=environment,
                              cwd=self.files if case.writes else self.tree) as child:
            self.child = child
            try:
                out, err = child.communicate(case.stdin, timeout=case.limit)
            except subprocess.TimeoutExpired:
                self.stop()
                child.communicate()
                return None
            finally:
                self.child = None
        parts = {"status": str(child.returncode), "stdout": out, "stderr": err}
        for path in sorted(p for p in self.files.rglob("*") if not p.is_dir()) if case.writes else ():
            parts[f"file {path.relative_to(self.files)}"] = unpacked(path.read_bytes())
        if case.writes:
            shutil.rmtree(self.files)
            self.files.mkdir()
        return {name: part if isinstance(part, str) else
                self.masked(part.decode("utf-8", "surrogateescape"), case.kind)
                for name, part in parts.items()}


def unpacked(data):
    """The text of what zstd compressed, where that program can be had: a byte more is another file."""
    if not data.startswith(b"\x28\xb5\x2f\xfd") or not shutil.which("zstd"):
        return data
    done = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False)
    return data if done.returncode else done.stdout


class Case:
    """A command for both sides.

    writes: it runs in an empty folder, and what it leaves there is compared, not in the tree
    kind: timed, run or simulated: which masks apply besides those for all
    program: not memblock-bench but this, with {conformance} and {scratch} in its words
    """

    def __init__(self, *arguments, stdin=b"", writes=False, kind="", limit=LIMIT, no_programs=False,
                 program=None, environment=None):
        self.arguments = [str(argument) for argument in arguments]
        self.stdin, self.writes, self.kind, self.limit = stdin, writes, kind, limit
        self.no_programs, self.program, self.environment = no_programs, program, environment or {}

    def __str__(self):
        return shlex.join(self.program or ["memblock-bench", *self.arguments])


# ---- comparing -----------------------------------------------------------------------------------

def readable(text):
    """JSON on one line has no diff worth reading."""
    lines = text.splitlines() or [""]
    return [piece for line in lines
            for piece in (re.split(r"(?<=[,{\[]) (?=[\"{])", line) if line[:1] in "[{" else [line])]


def short_diff(before, after):
    lines = list(difflib.unified_diff(readable(before), readable(after), "before", "after", lineterm="",
                                      n=1)) if len(before) + len(after) < 4_000_000 else \
        [f"{len(before)} and {len(after)} characters, too long for a diff"]
    shown = [line[:200].encode("utf-8", "replace").decode() for line in lines[:DIFF_LINES]]
    return shown + ([f"... and {len(lines) - DIFF_LINES} lines more"] if len(lines) > DIFF_LINES else [])


def kept_sources():
    """Of kernels, unpacked earlier; none where there is no cache that may be used."""
    try:
        return sorted(cache.folder("same").glob("source-*"))
    except failure.Failure:
        return []


class Comparison:
    """Both sides, the options, and the tally."""

    def __init__(self, before, after, folder, options, masks):
        self.before, self.after = Side(before, folder / "a", masks), Side(after, folder / "b", masks)
        self.sides = self.before, self.after
        self.inputs = folder / "inputs"  # files made for both
        self.inputs.mkdir()
        self.quick, self.shared = options.quick, options.shared
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.compared = self.differ = self.differ_here = 0
        self.not_compared = []

    def both(self, function):
        """What function gives for either side, worked out at the same time."""
        return tuple(self.pool.map(function, self.sides))

    def report(self, what, lines):
        """A difference."""
        self.differ += 1
        self.differ_here += 1
        if self.differ_here <= SHOWN:
            print(f"  differs: {what}")
            for line in lines:
                print(f"    {line}")
            sys.stdout.flush()

    def same(self, what, before, after):
        """Compares two dictionaries of texts; one comparison."""
        self.compared += 1
        if before == after:
            return
        lines = []
        for part in sorted(before.keys() | after.keys()):
            a, b = before.get(part), after.get(part)
            if a is None or b is None:
                lines.append(f"{part}: {'only after' if a is None else 'only before'}")
            elif a != b:
                lines += [f"{part}:", *short_diff(a, b)]
        self.report(what, lines)

    def check(self, case):
        """The answers of both sides to one command, compared; None if it does not end."""
        before, after = self.both(lambda side: side.run(case))
        if before is None and after is None:
            self.not_compared.append(f"{case}: no end within {case.limit:.0f} s on either side")
            return None
        for answer, name in ((before, "before"), (after, "after")):
            if answer is None:
                self.compared += 1
                self.report(case, [f"no end within {case.limit:.0f} s {name}, unlike the other side"])
                return before or after
        self.same(case, before, after)
        return before

    def ask(self, *arguments):
        """What the program of before prints, unmasked: lists to go through."""
        done = subprocess.run([self.before.bench, *arguments], cwd=self.before.tree, capture_output=True,
                              env=self.before.environment, text=True, check=True, stdin=subprocess.DEVNULL)
        return done.stdout

    def skip(self, what):
        print(f"  SKIPPED: {what}", flush=True)

    def input(self, name, content):
        """A file for both sides, outside their trees."""
        path = self.inputs / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def kernels(self):
        """{profile: ",linux" or ""}: whether the kernel's own code can be had; the same on both sides."""
        if not hasattr(self, "kernels_found"):
            self.kernels_found = {"new": ""}
            if self.quick:  # taking a package apart takes a minute; an earlier run may have
                for package in kept_sources():
                    for side in self.sides:
                        shutil.copytree(package, side.scratch / "cache" / "memblock-bench" / package.name)
            for profile in ("6.1", "6.12"):
                answer = self.check(Case("verify", "--variants=linux", "--operations=1",
                                         f"--profile={profile}"))
                self.kernels_found[profile] = ",linux" if answer and answer["status"] == "0" else ""
                if not self.kernels_found[profile]:
                    self.skip(f"linux of {profile}: {answer['stderr'].strip() if answer else 'no end'}")
        return self.kernels_found
