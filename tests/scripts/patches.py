# SPDX-License-Identifier: GPL-2.0-or-later
"""memblock-bench patch: the series is applied with git am to clean trees, and the kernel's own suite passes after each patch.

The trees are what is kept of 6.12 and of the newest source (tests/scripts/upstream.py), as a repository; all steps of
mm/memblock.c, with NUMA, the newest without it, too. A case that a patch brings has to be among the checks that pass, and to fail
where the patch is wrong. Bad usage gets a line.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import upstream

STEPS = upstream.SOURCE / "variants/linux/steps"
NOT_THERE = {"noinit"}  # of a file that is not kept of the sources
# What could go wrong with a step, as a text of mm/memblock.c and what it becomes: the case that its patch brings notices.
RISKS = {"once": ("\t\t\tfirst = -1;\n", ""), "place": ("rgn[-1].base + rgn[-1].size <= addr", "true"),
         "local": ("memblock_region_is_like(prev, nid, flags)", "true")}
WHO = ("-c", "user.name=A Developer", "-c", "user.email=developer@example.org")


def run(*command, status=0, **more):
    done = upstream.run(command, **more)
    upstream.expect(done.returncode == status, f"not status {status}: {' '.join(map(str, command))}", done)
    return done


def repository(tree, place):
    upstream.copy(tree, place)
    (place / ".gitignore").write_text("*.o\n", encoding="utf-8")
    for words in (("init", "--quiet"), ("add", "-A"), (*WHO, "commit", "--quiet", "-m", "as it is"),
                  ("config", "user.name", "A Developer"), ("config", "user.email", "developer@example.org")):
        run("git", "-C", place, *words)
    return place


def series(tree, out, *steps, status=0):
    return run(upstream.BENCH, "patch", *steps, "--workloads=none", f"--linux={tree}", "-o", out, status=status)


def checks_of(patch):
    """Functions of the suite that a patch brings."""
    return set(re.findall(r"^\+static int memblock_(\w+_check)\(", patch.read_text(encoding="utf-8"), re.M))


def judge(tree, steps, numa, patches, top):
    """Each patch in turn: applied, built and run."""
    place = top / f"{tree.name}-{numa:d}"
    run("git", "clone", "--quiet", tree, place)
    suite = upstream.Suite(place, top / f"suite-{tree.name}-{numa:d}", numa)
    before = len(re.findall(r"^ok ", suite.result().stdout, re.M))
    for patch in patches:
        run("git", "-C", place, *WHO, "am", "--quiet", patch)
        for path in ("mm/memblock.c", "tools/testing/memblock/tests/basic_api.c"):
            (suite.place / path).write_text((place / path).read_text(encoding="utf-8"), encoding="utf-8")
        done = suite.result()
        upstream.expect(not done.returncode and "not ok" not in done.stdout, f"after {patch.name} the suite fails", done)
        after = len(re.findall(r"^ok ", done.stdout, re.M))
        upstream.expect(after == before + len(checks_of(patch)), f"{patch.name}: {before} checks, then {after}", done)
        before = after
    for step, (text, wrong) in RISKS.items() if numa else ():
        core = (place / "mm/memblock.c").read_text(encoding="utf-8")
        assert core.count(text) == 1, (step, core.count(text))
        (suite.place / "mm/memblock.c").write_text(core.replace(text, wrong), encoding="utf-8")
        done = suite.result()
        upstream.expect(done.returncode and "error:" not in done.stderr, f"the suite passes with a wrong {step}", done)
    print(f"{tree.name}, {'NUMA' if numa else 'without NUMA'}: {len(patches)} patches ({' '.join(steps)}), {before} checks pass")


WALKER = """static int __init kho_preserved_memory_reserve(unsigned long key, void *data)
{
	memblock_reserve(phys, sz);
	memblock_reserved_mark_noinit(phys, sz);
	return 0;
}
"""


def check_caller(tree, top):
    """The step of another file, which the kept sources lack: of one with the lines that it looks for. Relative folder, and the
    variables that git has in a hook."""
    walker = tree / "kernel/liveupdate/kexec_handover.c"
    walker.parent.mkdir(parents=True)
    walker.write_text(WALKER, encoding="utf-8")
    before = run("git", "-C", tree, "log", "--oneline").stdout
    run(upstream.BENCH, "patch", "noinit", "--workloads=none", f"--linux={tree}", "-o", "caller", cwd=top,
        env={**os.environ, "GIT_DIR": str(tree / ".git"), "GIT_WORK_TREE": str(tree)})
    assert run("git", "-C", tree, "log", "--oneline").stdout == before and walker.read_text(encoding="utf-8") == WALKER
    cover, patch = sorted((top / "caller").glob("*.patch"))
    assert "noinit: arrays grow later; a range that was reserved before keeps its flags" in cover.read_text(encoding="utf-8")
    text = patch.read_text(encoding="utf-8")
    assert "+\t__memblock_reserve(phys, sz, NUMA_NO_NODE, MEMBLOCK_RSRV_NOINIT);" in text and "mm/memblock.c" not in text, text
    assert re.search(r"^Signed-off-by: A Developer <developer@example.org>$", text, re.M), text
    run("git", "-C", tree, "add", "-A")
    run("git", "-C", tree, *WHO, "commit", "--quiet", "-m", "a walker")
    run("git", "-C", tree, *WHO, "am", "--quiet", patch)


def check(profile, which, top):
    found = upstream.ask(which)
    if not found:
        return False
    tree = repository(upstream.find_tree(found[0]), top / profile)
    known = run(upstream.BENCH, "list", "steps").stdout.splitlines()
    steps = [line.split()[0] for line in known if line.split()[0] not in NOT_THERE]
    out = top / f"patches-{profile}"
    series(tree, out, *steps)
    patches = sorted(out.glob("*.patch"))
    assert len(patches) == len(steps) + 1 and patches[0].name.startswith("0000-cover-letter"), patches
    for numa in (False, True)[profile == "6.12":]:
        judge(tree, steps, numa, patches[1:], top)
    assert "is there already" in series(tree, out, "binary", status=2).stderr
    assert "has no kernel/liveupdate" in series(tree, top / "other", "noinit", status=3).stderr
    assert "cannot write to" in series(tree, "/proc/none/patches", "binary", status=2).stderr
    if profile == "newest":
        check_caller(tree, top)
    core = tree / "mm/memblock.c"
    core.write_text(core.read_text(encoding="utf-8").replace("rend <= base", "base >= rend"), encoding="utf-8")
    assert re.search(r"patch: step lower: memblock_add_range\(\) of mm/memblock.c has 0 lines like",
                     series(tree, top / "other", "binary", status=3).stderr)
    assert series(tree, top / "other", "lower", "walk", "local", status=3).stderr.rstrip().endswith("; it takes walk local")
    assert not (top / "other").exists()
    return True


def main():
    if subprocess.run(["git", "--version"], capture_output=True, check=False).returncode:
        print("SKIPPED: no git", file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        for name, words in {"unknown step 'fast'; known are lower, ": ("fast",), "no mm/memblock.c in": ("binary",)}.items():
            done = upstream.run([upstream.BENCH, "patch", *words, f"--linux={folder}", "-o", top / "none"])
            assert done.returncode in (2, 3) and name in done.stderr and not done.stdout, done
        done = [check(profile, which, top) for profile, which in (("6.12", "version=6.12"), ("newest", "version=newest"))]
    if not all(done):
        print("SKIPPED: no source of 6.12 or of the newest kernel", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
