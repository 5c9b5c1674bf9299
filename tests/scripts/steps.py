# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:with=: what steps change in the kernel's own file (variants/linux/steps).

    each set of steps that can be asked for applies to the texts that it is for
    a tree in which a line that a step looks for is another is refused, by name
    each step, and all together, compiles, replays a boot as it was captured, and answers as the kernel does
"""
import itertools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BENCH = os.environ.get("MEMBLOCK_BENCH", str(SOURCE / "build" / "memblock-bench"))
STEPS = SOURCE / "variants/linux/steps"
CORE = "mm/memblock.c"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "memblock-bench"
# A boot of each release in which arrays grow: its kernel's own steps are all but what older texts have no place for.
BOOTS = {"6.1": ("x86_64-6.1-cloud-4G-memmap190-doubling", {"local"}), "6.12": ("arm64-6.12-dt-2G-reserved150", set()),
         "new": ("x86_64-7.3-kexec-fragmented-exact", set())}
OPERATIONS = 4000
# What a step looks for in a line that a step before it has written.
OF_STEPS = {r"^	for \(idx = memblock_first_above\(type, base\), rgn = &type->regions\[idx\];$"}
WORD = re.compile(r"(has|before|after|instead|to) (.*)")


def run(*command, status=0):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != status:
        sys.exit(f"status {done.returncode}, not {status}: {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr}")
    return done


def apply(names, file, status=0):
    return run("sh", STEPS / "apply.sh", "+".join(names), CORE, file, status=status)


def texts():
    """{profile: mm/memblock.c} of the sources that were unpacked for the program."""
    found = {}
    for core in sorted(CACHE.glob(f"source-*/{CORE}")):
        version = dict(re.findall(r"^(VERSION|PATCHLEVEL) = (\d+)", (core.parents[1] / "Makefile").read_text(), re.M))
        release = f"{version['VERSION']}.{version['PATCHLEVEL']}"
        found[release if release in BOOTS else "new"] = core
    return found


def known():
    listed = run(BENCH, "list", "steps").stdout
    return [line.split()[0] for line in listed.splitlines()]


def closed_sets(names, without):
    """What sets of steps come to, with those that they need; none that needs a step of @without."""
    found = set()
    for n in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, n):
            whole = tuple(run("sh", STEPS / "apply.sh", "+".join(chosen)).stdout.split())
            if not without & set(whole):
                found.add(whole)
    return sorted(found, key=lambda s: (len(s), s))


def looked_for(name):
    """What a step looks for in a kernel's own functions, not in those that steps make."""
    made = "".join(file.read_text() for file in STEPS.glob("*.step"))
    function, about = None, CORE
    for line in (STEPS / f"{name}.step").read_text(encoding="utf-8").splitlines():
        if line.startswith("file "):
            about = line.split()[1]
        elif line.startswith("in "):
            function = line.split()[1]
        elif (found := WORD.match(line)) and about == CORE and not re.search(rf"^\|.*\b{function}\(", made, re.M):
            yield found[2]


def check_refused(name, core, folder):
    """Each of its lines, made another one."""
    lines, refused = core.read_text(encoding="utf-8").split("\n"), 0
    needed = run("sh", STEPS / "apply.sh", name).stdout.split()
    for pattern in looked_for(name):
        hits = [i for i, line in enumerate(lines) if re.search(pattern, line)]
        if not hits:
            assert pattern in OF_STEPS, f"{name}: no line of {core} is like '{pattern}'"
            continue
        other = folder / "memblock.c"
        other.write_text("\n".join(line + " /* ours */" if i in hits and pattern.endswith("$") else
                                   line.replace("mem", "other") if i in hits else line
                                   for i, line in enumerate(lines)), encoding="utf-8")
        said = apply([name], other, status=3).stderr
        assert re.search(rf"^step ({'|'.join(needed)}): \w+\(\) of {CORE} has ", said), said
        refused += 1
    return refused


def check_texts(names, found, folder):
    for profile, core in found.items():
        missing = BOOTS[profile][1]
        sets = closed_sets([n for n in names if n not in missing], missing)
        assert len(sets) >= 40 or missing, sets
        plain = core.read_text(encoding="utf-8")
        changed = {apply(chosen, core).stdout for chosen in sets if chosen != ("noinit",)}
        assert plain not in changed
        for name in missing:
            assert name in apply([name], core, status=3).stderr
        print(f"{profile}: {len(sets)} sets of steps apply, {len(changed)} texts")
    if "new" in found:
        refused = sum(check_refused(name, found["new"], folder) for name in names)
        assert refused >= 20, refused
        print(f"{refused} lines, each changed, are noticed")


def check_in_lab(names, profile):
    boot, missing = BOOTS[profile]
    own = "" if profile == "new" else f":version={profile}"
    asked = [name for name in names if name not in missing]
    whole = "+".join(asked) if missing else "all"
    variants = [f"linux{own}:with={name}" for name in (*asked, whole)]
    for metadata in ("self", "host"):
        run(BENCH, "replay", "--check", "--rounds=0", f"--metadata={metadata}", f"--variants=linux{own},{','.join(variants)}",
            SOURCE / f"workloads/captured/{boot}.trace.zst")
    release = profile if profile != "new" else "newest"
    said = run(BENCH, "verify", f"--profile={profile}", f"--operations={OPERATIONS}", "--machine=max_numnodes=64",
               f"--variants=array,linux:version={release},linux:version={release}:with={whole}").stdout
    assert re.match("no difference", said), said
    print(f"{profile}: {', '.join((*asked, whole))}: {boot}, and {said.splitlines()[0]}")


def main():
    found, names = texts(), known()
    assert sorted(names) == sorted(file.stem for file in STEPS.glob("*.step")), "steps.def and the folder differ"
    if not {"6.12", "new"} <= set(found):
        print("SKIPPED: no source of 6.12 and of the newest kernel was unpacked", file=sys.stderr)
        return 1 if os.environ.get("CI") else 77
    with tempfile.TemporaryDirectory() as folder:
        check_texts(names, found, Path(folder))
    if not int(os.environ.get("MB_SANITIZED", "0")):
        for profile in found:
            check_in_lab(names, profile)
    return 0


if __name__ == "__main__":
    sys.exit(main())
