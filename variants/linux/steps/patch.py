# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench patch: steps as patches for a kernel tree, to be applied with git am.

A patch is what a step changes in the files of the tree after the steps before it (apply.sh). It is made in a
repository of its own, which has only these files, so nothing of the tree is written. A changelog is the step's text
(NAME.msg: a subject, an empty line, why) and what was counted: instructions of whole boots on the tree's own
mm/memblock.c, before and after the patch, in one run.
"""
import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORE = "mm/memblock.c"
ROWS = 10     # of a table in a changelog
WIDTH = 72    # of a line there
USAGE, REFUSED, LACKING = 2, 1, 3
CALLER = "noinit"  # in the laboratory its caller is a captured boot
# What a cover letter has to say of a step.
EXCEPTIONS = {"local": "an add that was a BUG() of a full array may succeed",
              "noinit": "arrays grow later; a range that was reserved before keeps its flags"}


def stop(status, text):
    print(f"memblock-bench: patch: {text}", file=sys.stderr)
    sys.exit(status)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


def must(*command, status=LACKING, **options):
    done = run(*command, **options)
    if done.returncode:
        stop(status, why(done))
    return done.stdout


def why(done):
    """The line that says it: of the program, what was left out is told before that nothing is left."""
    lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
    said = next((line for line in lines if re.search(r": left out$|differ|cannot|panic|no longer|missing", line)), lines[-1])
    return said.removeprefix("memblock-bench: ")


# ---- the texts -----------------------------------------------------------------------------------

def order_of(names):
    done = run("sh", HERE / "apply.sh", "+".join(names))
    if done.returncode:
        stop(USAGE, done.stderr.strip())
    return done.stdout.split()


def files_of(name):
    """Of the tree, that a step changes."""
    text = (HERE / f"{name}.step").read_text(encoding="utf-8")
    named = re.findall(r"^file (\S+)", text, re.M)
    before = text[:text.index("\nfile ")] if named else text
    return ([CORE] if re.search(r"^\|", before, re.M) else []) + named


def apply(names, path, tree):
    return run("sh", HERE / "apply.sh", "+".join(names), path, tree / path)


def edited(names, path, tree):
    if not names:
        return (tree / path).read_text(encoding="utf-8")
    done = apply(names, path, tree)
    if done.returncode:
        stop(LACKING, why(done) + fitting(names, tree))
    return done.stdout


def fitting(names, tree):
    """Which of several steps the tree takes, where it does not take all."""
    fit = [name for name in names if all((tree / path).exists() and not apply([name], path, tree).returncode
                                         for path in files_of(name))]
    return f"; it takes {' '.join(fit)}" if fit else ""


# ---- what is counted -----------------------------------------------------------------------------

def behaves_as(bench, tree):
    """The profile of the tree, by a boot of each that replays on it without a warning of another."""
    spec = f"linux:src={tree}"
    for boot, profile in (("x86_64-7.3-cloud-4G-2node-exact", "new"), ("x86_64-6.12-cloud-4G-2node", "6.12"),
                          ("x86_64-6.1-full-4G", "6.1")):
        path = boots(bench).get(boot)
        if path:
            said = json.loads(must(bench, "replay", "--rounds=0", "--format=json", f"--variants={spec}", path, status=REFUSED)
                              .splitlines()[0])
            if said["variants"][0]["profile"] == profile:
                return profile
    return None


def boots(bench):
    """{name: path} of the captured boots."""
    listed = json.loads(must(bench, "list", "workloads", "--format=json"))
    return {row["name"]: row["description"] for row in listed if row["kind"] == "captured"}


def chosen_boots(bench, tree):
    profile = behaves_as(bench, tree)
    release = {"new": r"-(?!6\.1-|6\.12-)\d+\.\d+-", "6.12": r"-6\.12-", "6.1": r"-6\.1-"}.get(profile)
    found = [name for name in boots(bench) if release and re.search(release, name)]
    if not found:
        stop(LACKING, f"no captured boot is of a kernel that behaves as '{tree}'; name some: --workloads=FILE,...")
    return found


def count(bench, tree, order, workloads):
    """[{boot: instructions}] before the first step, and after each."""
    variants = [f"linux:src={tree}"] + [f"linux:src={tree}:with={'+'.join(order[:k])}" for k in range(1, len(order) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        print(f"counting {len(workloads)} boots on {len(variants)} kernels ...", file=sys.stderr)
        done = run(bench, "run", "--quick", "--counters=callgrind", "--processes=1", "--operations=replay",
                   f"--workloads={','.join(workloads)}", f"--variants={','.join(variants)}", f"--out={out}")
        if done.returncode or not out.exists():
            stop(USAGE if done.returncode == USAGE else LACKING, why(done))
        rows = json.loads(out.read_text(encoding="utf-8"))["benchmarks"]
    found = [{} for _ in variants]
    for row in rows:
        _, boot, label, _ = row["name"].split("/")
        steps = label.split(":")[0].split("+")[1:]
        if row.get("error_occurred") or "instructions" not in row:
            stop(REFUSED, f"{boot}, {label}: {row.get('error_message', 'nothing was counted')}")
        k = len(order) if steps == ["all"] else len(steps)
        found[k][boot] = row["instructions"] * row["operations"]
    return found


def change(before, after):
    return f"{100 * (after / before - 1):+.1f} %"


def table(before, after):
    """Lines: the boots that change most either way, and the mean of all."""
    share = {boot: after[boot] / before[boot] for boot in before if boot in after}
    by_gain = sorted(share, key=share.get)
    shown = by_gain if len(by_gain) <= ROWS else by_gain[:ROWS - 1] + by_gain[-1:]
    wide = max(map(len, [*shown, "geometric mean of 99 boots"]))
    yield f"  {'instructions of a boot':{wide}} {'before':>11} {'after':>11}"
    for boot in shown:
        yield f"  {boot:{wide}} {before[boot]:11.0f} {after[boot]:11.0f} {change(before[boot], after[boot]):>9}"
    mean = math.exp(sum(math.log(value) for value in share.values()) / len(share))
    yield f"  {f'geometric mean of {len(share)} boots':{wide}} {'':23} {change(1, mean):>9}"


def how(bench, steps):
    version = must(bench, "--version").strip()
    text = (f"Counted by Valgrind on {os.uname().machine}: the memblock calls of boots that were captured, replayed on this "
            f"tree's mm/memblock.c in user space ({version}).")
    if CALLER in steps:
        text += " The caller is not part of that: its two calls were joined in what is replayed."
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return [*lines, line]


# ---- the series ----------------------------------------------------------------------------------

def identity(tree):
    """Of git, for the sign-off."""
    where = tree if (tree / ".git").exists() else Path.cwd()
    found = {key: run("git", "-C", where, "config", f"user.{key}").stdout.strip() for key in ("name", "email")}
    if not all(found.values()):
        stop(LACKING, "git knows no name and address to sign off with; set them: git config --global user.name NAME, user.email ADDRESS")
    return found


def make_series(tree, order, said, out):
    who = identity(tree)
    named = {key: value for role in ("AUTHOR", "COMMITTER") for key, value in
             ((f"GIT_{role}_NAME", who["name"]), (f"GIT_{role}_EMAIL", who["email"]))}
    # In a hook, or a rebase --exec, git's variables are about the user's repository.
    environment = {**{key: value for key, value in os.environ.items() if not key.startswith("GIT_")}, **named, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}

    def git(*words):
        return must("git", "-C", repo, *words, env=environment)

    with tempfile.TemporaryDirectory() as folder:
        repo = Path(folder) / "tree"
        repo.mkdir()
        git("init", "--quiet", "--initial-branch=base")
        for path in dict.fromkeys(path for name in order for path in files_of(name)):
            (repo / path).parent.mkdir(parents=True, exist_ok=True)
            (repo / path).write_text(edited((), path, tree), encoding="utf-8")
        git("add", "-A")
        git("commit", "--quiet", "-m", "base")
        for k, name in enumerate(order, 1):
            for path in files_of(name):
                (repo / path).write_text(edited(order[:k], path, tree), encoding="utf-8")
            text = (HERE / f"{name}.msg").read_text(encoding="utf-8").rstrip()
            git("add", "-A")
            git("commit", "--quiet", "-s", "-m", "\n".join([text, *([""] + said[k] if said else [])]))
        git("format-patch", "--quiet", "--cover-letter", "-o", out, f"HEAD~{len(order)}")
    return sorted(out.glob("*.patch"))


def write_cover(patch, order, said):
    """What format-patch left to be filled in."""
    text = patch.read_text(encoding="utf-8")
    subject = "memblock: fewer instructions for the same answers"
    others = [name for name in order if EXCEPTIONS.get(name)]
    claim = ["One step per patch. No call answers, allocates, warns or grows otherwise", "than before" +
             (", with these exceptions:" if others else ".")]
    body = "\n".join([*claim, *(f"  {name}: {EXCEPTIONS[name]}" for name in others), *([""] + said if said else [])])
    text = text.replace("*** SUBJECT HERE ***", subject).replace("*** BLURB HERE ***", body)
    patch.write_text(text, encoding="utf-8")


def look_at(patches, tree):
    """checkpatch, where the tree has it. What it finds is printed."""
    script, clean = tree / "scripts/checkpatch.pl", True
    if not script.exists() or not shutil.which("perl"):
        print(f"not looked at: {'no perl' if script.exists() else 'the tree has no scripts/checkpatch.pl'}")
        return True
    for patch in patches:
        done = run("perl", script, "--no-tree", "--strict", "--terse", patch, cwd=tree)
        lines = [line for line in done.stdout.splitlines() if not line.startswith("total:")]
        clean &= not lines
        print("\n".join(lines) if lines else f"{patch.name}: clean under checkpatch --strict")
    return clean


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--linux", required=True, type=Path)
    parser.add_argument("--workloads")
    parser.add_argument("-o", dest="out", required=True, type=Path)
    parser.add_argument("steps", nargs="+")
    asked = parser.parse_args(arguments)
    tree, asked.out = asked.linux.resolve(), asked.out.resolve()
    if not (tree / CORE).exists() and "all" in asked.steps:
        stop(LACKING, f"no {CORE} in '{asked.linux}'; name a kernel tree")
    if asked.steps == ["all"]:  # what the tree has the files of
        known = re.findall(r"^MB_STEP\((\w+),", (HERE / "steps.def").read_text(encoding="utf-8"), re.M)
        asked.steps = [name for name in known if all((tree / path).exists() for path in files_of(name))]
        for name in known:
            if name not in asked.steps:
                absent = next(path for path in files_of(name) if not (tree / path).exists())
                print(f"left out: {name}: '{asked.linux}' has no {absent}", file=sys.stderr)
    order = order_of(asked.steps)
    if not shutil.which("git"):
        stop(LACKING, "no git; install it with: apt install git")
    if not (tree / CORE).exists():
        stop(LACKING, f"no {CORE} in '{asked.linux}'; name a kernel tree")
    if asked.out.exists() and (not asked.out.is_dir() or any(asked.out.iterdir())):
        stop(USAGE, f"'{asked.out}' is there already; name a new folder")
    for name in order:
        for path in files_of(name):
            if not (tree / path).exists():
                stop(LACKING, f"'{asked.linux}' has no {path}, which step {name} changes")
            edited(order, path, tree)  # refused before anything is counted
    if asked.workloads != "none" and not (tree / "tools/include").is_dir():
        stop(LACKING, f"'{asked.linux}' is no whole tree (no tools/include), which counting compiles; --workloads=none writes the patches "
                      "without counts")
    said, cover = None, None
    if asked.workloads != "none":
        workloads = asked.workloads.split(",") if asked.workloads else chosen_boots(asked.bench, tree)
        counted = count(asked.bench, tree, order, workloads)
        said = [None] + [[*table(counted[k - 1], counted[k]), "", *how(asked.bench, [order[k - 1]])] for k in range(1, len(order) + 1)]
        cover = [*table(counted[0], counted[-1]), "", *how(asked.bench, order)]
    try:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=asked.out.parent, prefix=".patches-"))
    except OSError as error:
        stop(USAGE, f"cannot write to '{asked.out.parent}': {error.strerror}")
    try:
        patches = make_series(tree, order, said, folder)
        write_cover(patches[0], order, cover)
        folder.chmod(0o755)
        if asked.out.exists():
            asked.out.rmdir()
        folder.rename(asked.out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    patches = [asked.out / patch.name for patch in patches]
    for patch in patches:
        print(patch)
    return 0 if look_at(patches[1:], tree) else REFUSED


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # who reads the list of patches has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
