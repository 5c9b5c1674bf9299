# SPDX-License-Identifier: GPL-2.0-or-later
"""README.md: every command in it is run, and every variant is in its table and has a page of its own.

Each line of each ```sh block is run, in order, with `sh -e`, in a copy of the working tree whose
build/ is the build directory under test. `make` goes to the source tree itself, since that build
directory belongs to it, with results elsewhere: `make bench` in smoke size; `make test`, which this is
part of, is skipped. Relative links must lead somewhere. Nothing is installed: a command that needs what is
not there (status 3) is left out, and the status is then 77, skipped, but in CI.

    readme.py [FILE]    another file than README.md
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
BUILD = Path(os.environ.get("MB_BUILD_DIR", SOURCE / "build")).resolve()
README = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else SOURCE / "README.md"
SKIPPED = {"make test"}
TESTED = {"make conformance": "python3 tests/conformance/conformance.py"}  # minutes, and a test by themselves
failures, skipped = [], []


def commands(text):
    """(line number, command) of every fenced sh block; a trailing backslash continues."""
    inside, pending, start = False, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside and line.strip() == "```sh"
            continue
        if not inside or not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if pending else number
        pending += line.strip()
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        yield start, pending
        pending = ""


def copy_tree(to):
    """What git knows or would take, without what it ignores."""
    files = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others",
                            "--exclude-standard"], check=True, capture_output=True).stdout
    for name in filter(None, files.decode().split("\0")):
        if (SOURCE / name).is_file():
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, target)
    (to / "build").symlink_to(BUILD)


def run(command, tree):
    words = shlex.split(command)
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "RUN", "CI")}
    environment["MB_NO_INSTALL"] = "1"
    if words[0] == "make":
        words[1:1] = ["-C", str(SOURCE), f"BUILD={BUILD}", f"RESULTS={tree}/results", "QUICK=1"]
        command = shlex.join(words)
    return subprocess.run(["sh", "-e", "-c", command], cwd=tree, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=environment)


def lacks_something(done):
    """Status 3, or the line of a make that ended with it."""
    return done.returncode == 3 or re.search(r"^make: \*\*\* .* Error 3$", done.stderr, re.M)


def fail(number, what, detail=""):
    failures.append(number)
    print(f"{README}:{number}: {what}", file=sys.stderr)
    for line in detail.splitlines()[-5:]:
        print(f"    {line}", file=sys.stderr)


def check_links(text):
    for number, line in enumerate(text.splitlines(), 1):
        for link in re.findall(r"\]\(([^)#\s]+)", line):
            if not re.match(r"[a-z]+:", link) and not (README.parent / link).exists():
                fail(number, f"dead link: '{link}'")


def check_variants(text):
    listed = (SOURCE / "variants" / "variants.def").read_text(encoding="utf-8")
    for name in re.findall(r"^MB_VARIANT\((\w+),", listed, re.M):
        page = SOURCE / "variants" / name / "README.md"
        if not re.search(rf"^\| `{name}` \|.*\(variants/{name}/README\.md\)", text, re.M):
            fail(0, f"the table of variants has no row of {name} that leads to variants/{name}/README.md")
        if not page.exists() or not page.read_text(encoding="utf-8").startswith(f"# {name}"):
            fail(0, f"variants/{name}/README.md is not there, or not about {name}")


def main():
    if os.environ.get("MB_SANITIZED") == "1":
        print("SKIPPED: run in the plain build, on the same commands", file=sys.stderr)
        return 77
    if not shutil.which("git") or subprocess.run(["git", "-C", SOURCE, "rev-parse"],
                                                 capture_output=True).returncode:
        print("SKIPPED: not a checkout of git, which knows the files", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    text = README.read_text(encoding="utf-8")
    if text.count("```") % 2:
        fail(0, "a fenced block is not closed")
    found = list(commands(text))
    if not found:
        fail(0, "no commands in ```sh blocks")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "memblock-bench"
        tree.mkdir()
        copy_tree(tree)
        for number, command in found:
            if command in SKIPPED:
                print(f"skip  {command}")
                continue
            done = run(command + " -n" if command in TESTED else command, tree)
            print(f"run   {command}")
            if command in TESTED and TESTED[command] not in done.stdout:
                fail(number, f"'{command}' does not run {TESTED[command]}", done.stdout)
            if lacks_something(done) and not os.environ.get("CI"):
                skipped.append(number)
                print(f"SKIPPED: '{command}': {done.stderr.strip()}", file=sys.stderr)
                continue
            if done.returncode:
                fail(number, f"status {done.returncode}: '{command}'", done.stdout + done.stderr)
            if command == "make bench" and not list(tree.glob("results/run-*/charts/*.svg")):
                fail(number, "make bench left no charts")
    check_links(text)
    if len(sys.argv) == 1:
        check_variants(text)
    return 1 if failures else 77 if skipped else 0


sys.exit(main())
