# SPDX-License-Identifier: GPL-2.0-or-later
"""Every variant and the kernel's own code give the same answers on every captured boot and every synthetic
family, under each profile.

    differential.py [SIZE...]     sizes of the families (16 128); captured boots have their own
    differential.py full          make differential: 16 to 1 million, an hour or more

One replay with the metadata on the host compares addresses, states, dumps and answers. Under its own
profile a boot must also be as captured; under another one the kernel would have done something else, and only
the variants are compared. Above 10 000 regions structures that take hours are left out, as listed
below; a replay that takes longer than LIMIT is reported as such. Status 1 if anything differs.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = os.environ.get("MEMBLOCK_BENCH", "build/memblock-bench")
SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
PROFILES = "6.1", "6.12"
LIMIT = 900  # seconds
SANITIZED = os.environ.get("MB_SANITIZED") == "1"  # ten times as slow
FULL = 16, 1000, 10_000, 100_000, 1_000_000
BUILDS = "build-ascending", "build-descending", "build-random"


def has_linux(profile):
    command = [BENCH, "verify", "--variants=linux", "--operations=1", f"--profile={profile}"]
    return subprocess.run(command, capture_output=True).returncode == 0


def variants_for(name, size):
    """Linear structures need hours where each of 100 000 steps looks at as many regions."""
    if size > 100_000:
        return {"build-ascending": "array,rbtree",  # array looks at the last region first
                "churn": "array:search=binary,rbtree",
                "kexec-handover": "array:search=binary,rbtree"}.get(name, "rbtree")
    return "array,rbtree" if size > 10_000 else "all"


def replay(name, variants, *options):
    """The results, one for each variant, and the status; None: it took too long."""
    command = [BENCH, "replay", name, f"--variants={variants}", "--metadata=host", "--check",
               "--rounds=0", "--format=json", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode not in (0, 1) or not done.stdout:
        return [], done.returncode, done.stderr.strip()
    return json.loads(done.stdout)["variants"], done.returncode, done.stderr.strip()


def answers(result):
    return {key: result[key] for key in ("allocs", "dumps", "regions", "state_digest")}


class Tally:
    def __init__(self):
        self.compared = self.failed = 0

    def fail(self, what, why):
        self.failed += 1
        print(f"FAILED: {what}: {why}", file=sys.stderr)

    def check(self, name, variants, *options, own=True):
        what = " ".join([name, variants, *options])
        done = replay(name, variants, *options)
        if done is None:
            print(f"SKIPPED: {what}: not finished within {LIMIT} s", file=sys.stderr)
            return
        results, status, text = done
        self.compared += 1
        if not results or (own and status):
            self.fail(what, text or f"status {status}")
            return
        for other in results[1:]:
            if answers(other) != answers(results[0]):
                self.fail(what, f"{other['variant']} differs from {results[0]['variant']}")
            elif unlike := other.get("answers_unlike"):
                self.fail(what, f"{other['variant']} answers unlike {unlike}")


def captured(tally, kernels):
    boots = sorted((SOURCE / "workloads" / "captured").glob("*.trace.zst"))
    if not boots:
        tally.fail("captured", "there are no boots")
    for boot in boots:
        own = next((profile for profile in PROFILES if f"-{profile}-" in boot.name), "new")
        # Nothing of an older kernel's can follow a handover.
        for profile in (own,) if SANITIZED or own == "new" else PROFILES:
            tally.check(str(boot), "all" + kernels.get(profile, ""), f"--profile={profile}", own=profile == own)


def families(tally, kernels, sizes):
    listed = subprocess.run([BENCH, "gen", "--list", "--format=json"], capture_output=True, text=True,
                            check=True)
    for family in json.loads(listed.stdout):
        name = family["name"]
        most = next(p["max"] for p in family["parameters"] if p["name"] == "size")
        for size in sorted({min(size, most) for size in sizes}):
            workload = f"gen:{name}:size={size}"
            variants = variants_for(name, size)
            if name.startswith("kexec-"):  # without scratch memory, as packaged kernels are
                tally.check(workload, variants)
                workload += ":scratch=0"
            for profile in PROFILES:
                kernel = kernels[profile] if size <= 100_000 else ""
                tally.check(f"{workload}:profile={profile}", variants + kernel)
            if name in BUILDS:
                tally.check(f"{workload}:memory=1", variants)


def main(arguments):
    if "full" in arguments:
        sizes = FULL
    else:
        sizes = [int(size) for size in arguments] or ([16] if SANITIZED else [16, 128])
    kernels = {profile: ",linux" if has_linux(profile) else "" for profile in PROFILES}
    for profile, kernel in kernels.items():
        if not kernel:
            print(f"SKIPPED: linux of {profile}: it cannot be built here", file=sys.stderr)
    tally = Tally()
    captured(tally, kernels)
    families(tally, kernels, sizes)
    print(f"{tally.compared} replays compared, {tally.failed} differ")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
